"""The museum of broken backprop: small engines with one classic bug each, beside the right one.

Everything the engines share stands in `Small`; an exhibit changes one method. Each is run on a graph where its bug
bites, and the first wrong node on the way back is named. The expected numbers are autograd's. Then comes the smallest
graph on which it bites, found by trying all, and what the bug does to the training of a small network. Last, why the
backward pass wants a topological order. With --out, all of it is a page, museum.html, and beside it stands a page of
each bug on which the broken backward pass and the right one go step by step.
"""

from __future__ import annotations

import argparse
import textwrap
from typing import Any

import numpy as np

from autograd.see.dot import LayoutError

from . import COMMAND
from .bites import DIAMOND, smallest, walk
from .curves import beside, text_plot, train, verdict
from .engines import (
    DIAMOND_TITLE,
    EXHIBITS,
    ORDER,
    ORDER_WHY,
    SMALLEST_TITLE,
    WALKS,
    BreadthFirst,
    Exhibit,
    Small,
    changed_code,
    exercise,
    expected,
    first_wrong,
    got,
)
from .museum_page import write
from .museum_pages import write_pages
from .terminal import folder, terminal_width

__all__ = ["EXHIBITS", "Exhibit", "Small", "expected", "first_wrong", "got", "main"]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog=f"{COMMAND} museum", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exhibit", type=int, nargs="?", choices=range(1, len(EXHIBITS) + 2),
                        help=f"its number; {len(EXHIBITS) + 1} is about the order; all of them without")
    parser.add_argument("--out", type=folder, help="write the pages there, museum.html first, in place of printing")
    options = parser.parse_args(arguments)
    if options.out is not None:
        if options.exhibit is not None:
            parser.error(f"--out writes the pages of all exhibits; leave out the number {options.exhibit}")
        options.out.mkdir(parents=True, exist_ok=True)
        try:
            pages = write_pages(options.out)
        except LayoutError as error:                # museum.html draws its own pictures
            print(f"without the pages to step through: {error}")
            pages = []
        print(*[f"wrote {path}" for path in (write(options.out), *pages)], sep="\n")
        return
    for number, exhibit in enumerate(EXHIBITS, 1):
        if options.exhibit in (None, number):
            _show(number, exhibit)
    if options.exhibit in (None, len(EXHIBITS) + 1):
        _show_order()


def _show(number: int, exhibit: Exhibit) -> None:
    from .ninja.runner import say
    right, broken = expected(exhibit), got(exhibit)
    wrong = first_wrong(right, broken)
    room = min(100, terminal_width() - 4)
    say()
    say((f"{number}  {exhibit.name}", "bold"))
    say()
    for title, lines, style in zip(("broken", "right"), changed_code(exhibit.engine), ("red", "green")):
        for i, line in enumerate(lines):
            marked = line.startswith("! ")
            indent = " " * (len(line) - len(line[2:].lstrip()) + 2)
            for j, part in enumerate(textwrap.wrap(line[2:], terminal_width() - 13, subsequent_indent=indent) or [""]):
                say(f"   {title if i == j == 0 else '':6} ", ("> " if marked else "  ", style),
                    (part, style if marked else "dim"))
    say()
    _paragraph(exhibit.why, room)
    say()
    _paragraph(f"where it shows: {exhibit.formula}", room, "dim")
    _table(right, broken, wrong, room)
    say()
    bite = smallest(exhibit.engine, Small)
    again = ", run for two steps" if bite.graph.steps == 2 else ""
    _paragraph(f"the smallest graph on which it bites, of {bite.tried} tried: {_program(bite.graph)}{again}", room)
    names = bite.graph.names
    _table(dict(zip(names, bite.right)), dict(zip(names, bite.broken)), names[bite.wrong[-1]], room)
    say()
    run, bad = train(Small, exhibit.name), train(exhibit.engine, exhibit.name)
    say((f"   the loss of a small network, over {len(run.losses)} steps", "dim"))
    curves = [text_plot(title, x.losses, run.losses, room) for title, x in (("right", run), ("broken", bad))]
    for line in beside(*curves, room):
        say(("   " + line).rstrip())
    _paragraph(verdict(run, bad), room)
    _paragraph(f"mend such an engine yourself: {exercise(number)}", room, "dim")
    say()


def _show_order() -> None:
    from .ninja.runner import say
    room = min(100, terminal_width() - 4)
    say()
    say((f"{len(EXHIBITS) + 1}  {ORDER}", "bold"))
    say()
    _paragraph(ORDER_WHY, room)
    bite = smallest(BreadthFirst, Small)
    for title, graph in ((DIAMOND_TITLE, DIAMOND), (f"{SMALLEST_TITLE} (of {bite.tried} tried)", bite.graph)):
        say()
        _paragraph(f"{title}: {_program(graph)}", room, "bold")
        for name, engine in WALKS.items():
            say()
            say("   ", (name, "dim"))
            for step in walk(graph, engine, Small):
                say(f"     {step.name} hands on {step.held:g}",
                    *([("  too early: ", "red"), f"it should hold {step.right:g}"] if step.early else []))
    say()


def _program(graph: Any) -> str:
    """A graph in one line, to be broken between its formulas alone."""
    return "; ".join(line.replace(" ", "\u00a0") for line in graph.lines())


def _paragraph(text: str, room: int, style: str = "") -> None:
    from .ninja.runner import say
    for line in textwrap.wrap(text, room):
        say("   ", (line.replace("\u00a0", " "), style))


def _table(right: dict[str, Any], broken: dict[str, Any], wrong: str, room: int) -> None:
    """The gradients side by side; in a narrow terminal, below each other."""
    from .ninja.runner import say
    width = max(map(len, right))
    cell = max(len(_short(x)) for x in [*right.values(), *broken.values(), "expected grad"]) + 2
    wide = width + 2 * cell + 16 <= room
    if wide:
        say(("   " + " " * width + f"   {'expected grad':{cell}}{'got':{cell}}", "dim"))
    for name in reversed(right):
        fine = broken[name].shape == right[name].shape and np.allclose(broken[name], right[name])
        note = "" if fine else "← first wrong" if name == wrong else "wrong"
        if wide:
            say(f"   {name:{width}}   {_short(right[name]):{cell}}", (f"{_short(broken[name]):{cell}}", "" if fine else
                "red"), (note, "red"))
        else:
            say(f"   {name:{width}}   expected {_short(right[name])}")
            say(f"   {'':{width}}   got      ", (_short(broken[name]), "" if fine else "red"), ("  " + note, "red"))


def _short(x: Any) -> str:
    if isinstance(x, str):
        return x
    return np.array2string(np.asarray(x), separator=", ", formatter={"float_kind": "{:g}".format}).replace("\n", "")


if __name__ == "__main__":
    main()
