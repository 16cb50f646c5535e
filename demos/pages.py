"""Pages with generated parts: what stands between two markers is written by a command, and by it alone."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

__all__ = ["part", "with_part", "write_or_print"]


def _markers(name: str) -> tuple[str, str]:
    return f"<!-- {name}: ", f"<!-- {name} end -->"


def part(text: str, name: str) -> str:
    r"""What stands between the markers of `name`.

    >>> part("before\n<!-- ops: written by … -->\nthe ops\n<!-- ops end -->\n", "ops")
    'the ops'

    Raises:
        ValueError: if they are not there.
    """
    start, end = _place(text, name)
    return text[text.index("\n", start) + 1:end].strip("\n")


def with_part(text: str, name: str, command: str, content: str) -> str:
    """`text` with `content` between the markers of `name`, which say what `command` wrote it.

    Raises:
        ValueError: if they are not there.
    """
    start, end = _place(text, name)
    return f"{text[:start]}<!-- {name}: written by {command} -->\n{content}\n{text[end:]}"


def _place(text: str, name: str) -> tuple[int, int]:
    begin, end = _markers(name)
    first, last = text.find(begin), text.find(end)
    if first < 0 or last < first:
        raise ValueError(f"found no place for {name}; it begins with a line {begin}… --> and ends with {end}")
    return first, last


def write_or_print(parser: argparse.ArgumentParser, arguments: list[str] | None, name: str, command: str,
                   content: Callable[[], str], what: str) -> None:
    """Print the part called `name`; or, where `--write FILE` is among the arguments, put it between FILE's markers."""
    parser.add_argument("--write", type=Path, metavar="FILE", help=f"put {what} between FILE's markers")
    options = parser.parse_args(arguments)
    if options.write is None:
        print(content())
        return
    text = options.write.read_text(encoding="utf-8")
    options.write.write_text(with_part(text, name, command, content()), encoding="utf-8")
    print(f"wrote {what} into {options.write}")
