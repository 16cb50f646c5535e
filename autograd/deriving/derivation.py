"""A derivation: its lines, and how they are shown as text, LaTeX and a page."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograd.deriving.shown import Shown

__all__ = ["Derivation", "Line", "Section", "Side"]


@dataclass
class Side:
    """What stands right of an equals sign, its number at a point, and why it holds."""

    shown: Shown
    number: Callable[[Any], Any]
    why: str = ""


@dataclass
class Line:
    """left = side = side = …"""

    left: Shown
    number: Callable[[Any], Any]
    sides: list[Side]
    value: Any = None                               # on the graph's own numbers


@dataclass
class Section:
    """Lines that belong together, under a title."""

    title: str
    lines: list[Line] = field(default_factory=list)


class Derivation:
    """Checked lines of mathematics.

    Attributes:
        sections: the lines, in order, by what they are about.
        result: what was derived, as a SymPy expression; a list of them where several nodes were asked for.
    """

    def __init__(self, title: str, sections: Sequence[Section], result: Any) -> None:
        self.title, self.result = title, result
        self.sections = [section for section in sections if section.lines]

    @property
    def lines(self) -> list[Line]:
        return [line for section in self.sections for line in section.lines]

    def check(self, points: Sequence[Any]) -> None:
        """Every equality at every point. Raises ArithmeticError for one that does not hold."""
        for line in self.lines:
            for i, point in enumerate(points):
                left = line.number(point)
                if i == 0:
                    line.value = left
                for side in line.sides:
                    right = side.number(point)
                    if not close(left, right):
                        raise ArithmeticError(f"derive: {line.left.text} = {side.shown.text} does not hold: "
                                              f"{left} is not {right}. This is a mistake in derive; please report it")

    def __str__(self) -> str:
        rows = [[(line.left.text if i == 0 else "", side.shown.text, side.why) for line in section.lines
                 for i, side in enumerate(line.sides)] for section in self.sections]
        wide = min(64, max(len(left) + len(right) for block in rows for left, right, _ in block) + 3)
        blocks = []
        for block in rows:
            margin = max(len(left) for left, _, _ in block)
            lines = [f"{left:>{margin}} = {right}" if not left else f"{left:<{margin}} = {right}" for left, right, _ in block]
            lines = [f"{line:<{wide}}    {why}".rstrip() for line, (_, _, why) in zip(lines, block)]
            blocks.append("\n".join(lines))
        return "\n\n".join(blocks)

    __repr__ = __str__


def close(x: Any, y: Any) -> bool:
    """Whether two numbers, or all numbers of two arrays, are the same but for rounding."""
    if hasattr(x, "shape") or hasattr(y, "shape"):
        from numpy import allclose
        return bool(allclose(x, y, rtol=1e-7, atol=1e-9))
    return math.isclose(x, y, rel_tol=1e-7, abs_tol=1e-9)
