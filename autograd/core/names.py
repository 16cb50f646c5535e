"""What to say of a name that is not there."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["meant"]


def meant(name: str, names: Iterable[str]) -> str:
    """A question after the name that was meant, to stand at an error's end; nothing where none is like it.

    >>> meant("sofmax", ["softmax", "sigmoid"])
    '; did you mean softmax?'
    """
    from difflib import get_close_matches  # late: few programs have use for it
    shown = {x.lower(): x for x in names if x[0] != "_"}
    found = get_close_matches(name.lower(), shown, 1, 0.75)
    return f"; did you mean {shown[found[0]]}?" if found else ""
