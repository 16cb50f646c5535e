"""The museum's bugs as pages: the broken engine and the right one on the same graph, step by step beside each other."""

from __future__ import annotations

import inspect
import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from autograd.see.pair import Course, Event, Sketch, pair

from .engines import EXHIBITS, Exhibit, Small
from .museum_page import slug

__all__ = ["page", "write_pages"]

_SYMBOLS = {"__add__": "+", "__mul__": "*", "__matmul__": "@", "sum": "Σ", "relu": "ReLU", "log_softmax": "log softmax"}


class _Recording:
    """One run of an engine: its nodes in the order they were made, and what each handed on in the last pass back."""

    def __init__(self, exhibit: Exhibit, engine: type[Small]) -> None:
        self.made: list[Any] = []
        self.before: list[Any] = []
        self.pushing: list[Any] = []                # nodes in whose `push` it is, the innermost last
        self.handed: list[tuple[Any, Any, int, Any, Any]] = []
        with np.errstate(all="ignore"):
            self.names = exhibit.graph(self.watched(engine))

    def watched(self, engine: type[Small]) -> Any:
        """The engine, telling what it does."""
        run = self

        class Watched(engine):          # type: ignore[misc, valid-type]
            symbol = ""

            def __init__(self, *given: Any) -> None:
                super().__init__(*given)
                run.made.append(self)

            def backward(self) -> None:
                run.before, run.handed = [], []
                super().backward()

            def push(self) -> None:
                self.pushed = 0
                run.pushing.append(self)
                super().push()
                run.pushing.pop()

            def receive(self, g: Any) -> None:
                run.before = run.before or [node.grad for node in run.made]
                super().receive(g)
                by = run.pushing[-1]
                run.handed.append((by, self, by.pushed, g, self.grad))
                by.pushed += 1

        for name, symbol in _SYMBOLS.items():
            setattr(Watched, name, _named(getattr(engine, name), symbol))
        return Watched


def _named(method: Any, symbol: str) -> Any:
    def call(*given: Any) -> Any:
        out = method(*given)
        out.symbol = symbol
        return out

    return call


def page(number: int, exhibit: Exhibit) -> str:
    """The text of an exhibit's page."""
    broken, right = _Recording(exhibit, exhibit.engine), _Recording(exhibit, Small)
    root = list(right.names.values())[-1]
    kept = [right.made.index(node) for node in root.order()]        # of both runs, as both make the same nodes
    name_of = {id(node): name for name, node in right.names.items()}
    sketches: dict[int, Sketch] = {}
    for i in kept:
        node = right.made[i]
        sketches[i] = Sketch(name_of.get(id(node), ""), node.data, node.symbol,
                             [sketches[right.made.index(x)] for x in node.inputs])
    courses = [_course(title, run, kept, _code(engine, exhibit.method))
               for title, run, engine in (("broken", broken, exhibit.engine), ("right", right, Small))]
    return pair(list(sketches.values()), *courses, title=f"{number}  {exhibit.name}", formula=exhibit.formula,
                why=exhibit.why)


def _course(title: str, run: _Recording, kept: list[int], code: str) -> Course:
    place = {id(run.made[i]): k for k, i in enumerate(kept)}
    events = [Event(place[id(by)], place[id(to)], position, part, grad) for by, to, position, part, grad in run.handed]
    return Course(title, code, [run.made[i].data for i in kept], [run.before[i] for i in kept], events)


def _code(engine: type[Small], method: str) -> str:
    found = getattr(engine, method, engine.backward)
    return textwrap.dedent(inspect.getsource(found)).strip()


def write_pages(folder: Path) -> list[Path]:
    """Write every exhibit's page into a folder, where museum.html links to it.

    Raises:
        LayoutError: where nothing can lay out a picture.
    """
    texts = {folder / f"museum_{slug(exhibit)}.html": page(i, exhibit) for i, exhibit in enumerate(EXHIBITS, 1)}
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return list(texts)
