"""A derivation: its lines, and how they are shown as text, LaTeX and a page."""

from __future__ import annotations

import html
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import get_terminal_size
from textwrap import wrap
from typing import Any

from autograd.core.plain import any_terminal
from autograd.deriving.shown import NOTHING, Shown, name, said

__all__ = ["WIDEST", "Derivation", "Line", "Section", "Side", "close", "finite", "grouped", "once",
           "table"]


@dataclass
class Side:
    """What stands right of an equals sign, its number at a point, and why it holds."""

    shown: Shown
    number: Callable[[Any], Any]
    why: Shown = NOTHING


@dataclass
class Line:
    """left = side = side = …"""

    left: Shown
    number: Callable[[Any], Any]
    sides: list[Side]
    value: Any = None                               # on the graph's own numbers

    @property
    def width(self) -> int:
        """As text, without reasons."""
        return len(self.left.text) + 3 + max(len(side.shown.text) for side in self.sides)


@dataclass
class Section:
    """Lines that belong together, under a title."""

    title: str
    lines: list[Line] = field(default_factory=list)
    about: Any = None                               # the node by which it derives, if it is about one


class Derivation:
    """Checked lines of mathematics.

    Attributes:
        sections: the lines, in order, by what they are about.
        result: what was derived, as a SymPy expression; a list of them where several nodes were asked for.
        points: the numbers at which every line was checked, the graph's own first.
    """

    def __init__(self, title: str, sections: Sequence[Section], result: Any, points: Sequence[Any]) -> None:
        self.title, self.result, self.points = title, result, points
        self.sections = [section for section in sections if section.lines]

    @property
    def lines(self) -> list[Line]:
        return [line for section in self.sections for line in section.lines]

    def check(self) -> None:
        """Every equality at every point. Raises ArithmeticError for one that does not hold."""
        for line in self.lines:
            for i, point in enumerate(self.points):
                left = line.number(point)
                if i == 0:
                    line.value = left
                for side in line.sides:
                    right = side.number(point)
                    if not close(left, right):
                        raise ArithmeticError(f"derive: {line.left.text} = {side.shown.text} does not hold: "
                                              f"{left} is not {right}. This is a mistake in derive; please report it")

    def text(self, numbers: bool = False, width: int | None = None) -> str:
        """As lines of text, aligned at the equals signs; with `numbers`, each line's number beside it.

        With a `width`, what is longer goes on below, behind the equals sign; so does a reason that finds no room.
        """
        margins = [3 + max(len(line.left.text) for line in section.lines) for section in self.sections]
        column = max(len(short(line.value)) for line in self.lines) if numbers else 0
        wide = min(WIDE, width or WIDE, max(margin + len(side.shown.text) for margin, section in zip(
            margins, self.sections) for line in section.lines for side in line.sides))
        blocks = []
        for margin, section in zip(margins, self.sections):
            rows: list[str] = []
            for line, i, side in [(x, i, side) for x in section.lines for i, side in enumerate(x.sides)]:
                first, *more = ["".join(x.text for x in row).strip() for row in rows_of(
                    side.shown, (width or len(side.shown.text) + margin) - margin)]
                rows += [f"{'' if i else line.left.text:<{margin - 3}} = {first}", *[" " * margin + x for x in more]]
                number = short(line.value) if column and side is line.sides[-1] else ""
                rows[-1] = f"{rows[-1]:<{wide}}    {number:>{column}}{'    ' * bool(column)}"
                why = side.why.text
                fits = width is None or len(rows[-1] + why) <= width
                rows[-1] = (rows[-1] + why * fits).rstrip()
                rows += [" " * margin + x for x in wrap(why * (not fits), max((width or 0) - margin, 20))]
            blocks.append("\n".join(rows))
        return "\n\n".join(blocks)

    def __str__(self) -> str:
        any_terminal()
        return self.text(width=get_terminal_size((120, 24)).columns)

    __repr__ = __str__

    @property
    def latex(self) -> str:
        """As an `align*` of LaTeX (needs amsmath), one reason a line."""
        blocks = []
        for section in self.sections:
            rows = [f"{line.left.latex if i == 0 else ''} &= {broken(side.shown)}"
                    + (f" && {side.why.latex}" if side.why.text else "")
                    for line in section.lines for i, side in enumerate(line.sides)]
            blocks.append(" \\\\\n".join(rows))
        return "\\begin{align*}\n" + " \\\\[1.5ex]\n".join(blocks) + "\n\\end{align*}"

    def _repr_latex_(self) -> str:
        return self.latex

    def save(self, file: str | Path = "derivation.html") -> Path:
        """Write a page that needs nothing beside itself: MathML, light or dark as the screen is. Returns its path."""
        path = Path(file)
        path.write_text(page([("", "", [self], "")], self.title), encoding="utf-8")
        return path

    def mathml(self) -> str:
        """The sections as pieces of a page."""
        return "\n".join(f"<section>\n<h3>{html.escape(section.title)}</h3>\n{table(section)}\n</section>"
                         for section in self.sections)


WIDEST = 160                                        # a longer line of text is hard to read
ROOM = 70                                           # of a row of LaTeX, as text
WIDE = 60                                           # where the reasons begin, in text, unless a line is longer


def grouped(lengths: Sequence[int], room: int) -> list[slice]:
    """As many pieces to a row as there is room for."""
    rows, start, used = [], 0, 0
    for i, n in enumerate(lengths):
        if i > start and used + n > room:
            rows.append(slice(start, i))
            start, used = i, 0
        used += n + 1
    return [*rows, slice(start, None)]


def rows_of(x: Shown, room: int) -> list[list[Shown]]:
    """A formula in rows, each of pieces that begin with a sign; products are broken too, if a piece is long."""
    pieces = x.pieces(products=any(len(piece.text.strip()) > room for piece in x.pieces()))
    return [pieces[row] for row in grouped([len(piece.text.strip()) for piece in pieces], room)]


def broken(x: Shown) -> str:
    """A formula as LaTeX, in rows if it is long."""
    return " \\\\\n&\\quad ".join(" ".join(piece.latex for piece in row) for row in rows_of(x, ROOM))


def in_words(x: Shown) -> str:
    """A reason: words as words, which a page may break, and mathematics between them."""
    if any("<mtext>" in part.mathml for part in x.parts):
        return "".join(map(in_words, x.parts))
    return html.escape(x.text) if x.mathml.startswith("<mtext>") or not x.text else math_of(x.mathml)


def once(sides: Iterable[Side]) -> list[Side]:
    """The sides, each once: of two that look the same, one with both reasons. What is too long to read is left out."""
    sides = list(sides)
    longest = max(WIDEST, min(len(side.shown.text) for side in sides))
    found: list[Side] = []
    for side in sides:
        if found and found[-1].shown.text == side.shown.text:
            both = [why for why in (found[-1].why, side.why) if why.text]
            found[-1].why = said(both[0], *[part for why in both[1:] for part in (", ", why)]) if both else NOTHING
        elif len(side.shown.text) <= longest:
            found.append(side)
    return found


def table(section: Section) -> str:
    """The lines of a section as a table of MathML, each with its number and why it holds."""
    return "<div class=scroll tabindex=0><table>\n" + "\n".join(
        f"<tr><td class=left>{math_of(line.left.mathml) if i == 0 else ''}<td>{math_of('<mo>=</mo>')}"
        f"<td class=right>{'<wbr>'.join(math_of(piece.mathml) for piece in side.shown.pieces())}<td class=number>"
        f"{html.escape(short(line.value)) if i == len(line.sides) - 1 else ''}"
        f"<td class=why>{in_words(side.why)}"
        for line in section.lines for i, side in enumerate(line.sides)) + "\n</table></div>"


def math_of(mathml: str) -> str:
    return f"<math displaystyle=true>{mathml}</math>" if mathml else ""


def short(x: Any) -> str:
    """A number in four digits; nothing for many."""
    return "" if x is None or getattr(x, "size", 1) != 1 else f"{float(x) + 0.0:.4g}".replace("-", "−")


def page(pieces: Sequence[tuple[str, str, Sequence[Derivation], str]], title: str) -> str:
    """A whole page: for each piece a title, words before, derivations, words after."""
    articles = []
    for heading, before, derivations, after in pieces:
        parts = [f"<h2>{html.escape(heading)}</h2>" * bool(heading), f"<p>{in_text(before)}" * bool(before),
                 *[derivation.mathml() for derivation in derivations], f"<p>{in_text(after)}" * bool(after)]
        articles.append("\n".join(["<article>", *filter(None, parts), "</article>"]))
    return PAGE.replace("{{TITLE}}", html.escape(title)).replace("{{BODY}}", "\n".join(articles))


def in_text(words: str) -> str:
    """Words as HTML, with the names among them as mathematics: z_1."""
    return re.sub(r"[^\W\d_]_\w+", lambda match: f"<math>{name(unicodedata.normalize('NFC', match[0])).mathml}</math>",
                  html.escape(words))


PAGE = Path(__file__).with_name("derivation.html").read_text(encoding="utf-8")


def close(x: Any, y: Any, rounding: float = 1e-7) -> bool:
    """Whether two numbers, or all numbers of two arrays, are the same but for rounding."""
    if hasattr(x, "shape") or hasattr(y, "shape"):
        from numpy import allclose
        return bool(allclose(x, y, rtol=rounding, atol=rounding / 100))
    return math.isclose(x, y, rel_tol=rounding, abs_tol=rounding / 100)


def finite(x: Any) -> bool:
    """Whether a number, or all numbers of an array, are finite."""
    if hasattr(x, "shape"):
        from numpy import isfinite
        return bool(isfinite(x).all())
    return isinstance(x, (int, float)) and math.isfinite(x)
