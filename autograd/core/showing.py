"""How the engine's objects show themselves in a notebook: each asks, when it is shown, what stands in `see.display`.

What a notebook asks is a method of a fixed name, `_repr_html_`. So no notebook is imported here, and no picture.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from autograd.core.graph import Node

__all__ = ["Lines", "shown_as"]


def shown_as(what: str) -> Callable[[Any], str]:
    """The `_repr_html_` of a class, which the function `what` of `autograd.see.display` answers when it is called."""
    def _repr_html_(self: object) -> str:
        found: str = getattr(import_module("autograd.see.display"), what)(self)
        return found

    return _repr_html_


class Lines(str):
    """A text of several lines, which the last line of a cell or of a console shows as it is, not in quotes.

    >>> Lines("one" + chr(10) + "two")
    one
    two
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


Node._repr_html_ = shown_as("of_node")              # type: ignore[attr-defined]
