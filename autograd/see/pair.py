"""Two backward passes over the same graph on one page, side by side and in lock-step, differing numbers marked.

What each pass did is handed in as it was recorded: which node handed what to which. Nothing is computed here.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd.core.graph import Node
from autograd.core.mathematical import set_apart
from autograd.core.op import Op
from autograd.see.dot import compose
from autograd.see.stepper import as_json, assemble, exact, padded, shown, svg
from autograd.see.telling import Line

__all__ = ["Course", "Event", "Sketch", "pair"]


class Sketch(Node):
    """A node to be drawn, whoever's engine it comes from: a name, a number or array, an op's symbol, inputs."""

    __slots__ = ("_data", "name")

    def __init__(self, name: str, data: Any, symbol: str = "", inputs: Sequence[Sketch] = ()) -> None:
        self.name, self._data = name, data
        self._notes = self._grad = self._b = None
        self._a = tuple(inputs) or None
        self.op = Op(symbol, _nothing, _nothing, symbol=symbol) if inputs else None


class Event(NamedTuple):
    """A gradient that arrives: handed on by one node to another (their places in the graph), and what is there then."""

    by: int
    to: int
    position: int                                   # as which input of `by`
    part: object
    grad: object


class Course(NamedTuple):
    """A run: its title and code, each node's value and its gradient before the backward pass, and what that did."""

    title: str
    code: str
    values: Sequence[Any]
    before: Sequence[Any]
    events: Sequence[Event]


def pair(nodes: Sequence[Sketch], wrong: Course, right: Course, *, title: str, formula: str = "", why: str = "") -> str:
    """The text of a page that shows both courses on the graph of `nodes`, each after its inputs, the root last.

    Raises:
        RuntimeError: where nothing can lay out the picture.
    """
    told: dict[Node, list[Line]] = {
        node: [*[("name", node.name)] * bool(node.name),
               ("data", f"data ≠ {_widest([wrong.values[i], right.values[i]])}"),
               ("grad", f"grad ≠ {_widest(_gradients(i, wrong, right))}")] for i, node in enumerate(nodes)}
    role_of: dict[Node, str] = {
        node: "result" if node is nodes[-1] else "intermediate" if node.op is not None else
        "input" if node.name else "constant" for node in nodes}
    picture = svg("pair", compose(nodes, role_of, set(), set(), "LR", False, told))
    facts = {"nodes": [{"name": node.name, "math": set_apart(node.name), "lines": [kind for kind, _ in told[node]],
                        "op": "" if node.op is None else node.op.symbol} for node in nodes],
             "sides": [{"values": [_number(x) for x in side.values], "before": [_number(g) for g in side.before],
                        "events": [{"by": e.by, "to": e.to, "position": e.position, "part": shown(e.part),
                                    **_number(e.grad)} for e in side.events]} for side in (wrong, right)]}
    pieces = {"TITLE": html.escape(title), "FORMULA": html.escape(formula), "WHY": html.escape(why),
              "DATA": as_json(facts)}
    for name, side in (("WRONG", wrong), ("RIGHT", right)):
        pieces |= {name: html.escape(side.title), f"{name}_CODE": html.escape(side.code),
                   f"{name}_GRAPH": picture.replace(' id="', f' id="{name[0].lower()}-')}
    return assemble("pair", pieces)


def _nothing(*_: float) -> float:
    return 0.0


def _number(x: Any) -> dict[str, Any]:
    return {"text": shown(x), "exact": exact(x)}


def _gradients(i: int, *courses: Course) -> list[Any]:
    """Every gradient that node i ever has."""
    return [g for course in courses for g in (course.before[i], *[e.grad for e in course.events if e.to == i])]


def _widest(numbers: Sequence[Any]) -> str:
    """The longest text among the numbers', with room behind it."""
    return padded(max([*map(shown, numbers), "0.0000"], key=len), 3)
