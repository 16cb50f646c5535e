"""The smallest graph on which an engine goes wrong, found by trying all graphs, the smallest first.

A graph is a few leaves and a few operations, each on nodes before it; every node but the last is used. The museum's
engines run it, and where a gradient differs from the right engine's, the search is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement
from typing import Any

import numpy as np

__all__ = ["DIAMOND", "Bite", "Graph", "Step", "gradients", "smallest", "walk"]

LEAVES: list[Any] = [3.0, 2.0, [1.0, 2.0], [[1.0, 2.0], [3.0, 4.0]], [-2.0, 3.0], [1000.0, 0.0]]
OPS: dict[str, tuple[int, Callable[..., Any], str]] = {             # how many inputs, what it does, how it is written
    "add": (2, lambda x, y: x + y, "{} + {}"),
    "mul": (2, lambda x, y: x * y, "{}·{}"),
    "relu": (1, lambda x: x.relu(), "relu({})"),
    "log_softmax": (1, lambda x: x.log_softmax(), "log_softmax({})"),
}


@dataclass(frozen=True)
class Graph:
    """Leaves, and operations on the nodes before them, by position; run `steps` times, as a training loop would."""

    leaves: tuple[Any, ...]
    ops: tuple[tuple[str, tuple[int, ...]], ...]
    steps: int = 1

    @property
    def names(self) -> list[str]:
        """A letter for every node, in order."""
        return [chr(ord("a") + i) for i in range(len(self.leaves) + len(self.ops))]

    def lines(self) -> list[str]:
        """The program, a line for each node.

        >>> Graph((3.0,), (("add", (0, 0)),)).lines()
        ['a = 3', 'b = a + a']
        """
        made = [f"{x:g}" if isinstance(x, float) else str(x).replace(".0", "") for x in self.leaves]
        made += [OPS[op][2].format(*(self.names[i] for i in at)) for op, at in self.ops]
        return [f"{name} = {text}" for name, text in zip(self.names, made)]

    def run(self, engine: Any) -> list[Any]:
        """Its nodes in an engine, after the backward pass from the last of them."""
        leaves = [engine(x) for x in self.leaves]
        for _ in range(self.steps):
            for leaf in leaves:
                leaf.zero_grad()
            nodes = list(leaves)
            for op, at in self.ops:
                nodes.append(OPS[op][1](*(nodes[i] for i in at)))
            nodes[-1].backward()
        return nodes


# Two sides of one length, on a stem: c is used by d and by e, and both by f.
DIAMOND = Graph((3.0, 2.0), (("mul", (0, 1)), ("mul", (0, 2)), ("mul", (1, 2)), ("add", (3, 4))))


@dataclass(frozen=True)
class Bite:
    """A graph on which an engine goes wrong: the gradients it should give, those it gives, and how many were tried."""

    graph: Graph
    right: list[Any]
    broken: list[Any]
    tried: int

    @property
    def wrong(self) -> list[int]:
        """The positions of the nodes whose gradients differ."""
        return [i for i, pair in enumerate(zip(self.right, self.broken)) if not _same(*pair)]


@dataclass(frozen=True)
class Step:
    """A node hands on its gradient: what it held then, and what it should have held."""

    name: str
    held: float
    right: float

    @property
    def early(self) -> bool:
        return not _same(np.asarray(self.held), np.asarray(self.right))


def graphs(size: int) -> Iterator[Graph]:
    """All graphs of so many nodes, the plainest leaves first; those of one step before those of two."""
    for steps in (1, 2):
        for count in range(1, size):
            for leaves in combinations(LEAVES, count):
                yield from (Graph(leaves, ops, steps) for ops in _ops(count, size))


def _ops(count: int, size: int) -> Iterator[tuple[tuple[str, tuple[int, ...]], ...]]:
    """All ways to go on from `count` nodes to `size`, so that each node but the last is used."""
    for op, (inputs, _, _) in OPS.items():
        for at in combinations_with_replacement(range(count), inputs):
            if count + 1 == size:
                yield ((op, at),)
            else:
                yield from (((op, at), *more) for more in _ops(count + 1, size))


def _all_used(graph: Graph) -> bool:
    return {i for _, at in graph.ops for i in at} == set(range(len(graph.names) - 1))


def gradients(graph: Graph, engine: Any) -> list[Any]:
    """The gradient of every node, in order."""
    with np.errstate(all="ignore"):
        return [node.grad for node in graph.run(engine)]


def _same(x: Any, y: Any) -> bool:
    return x.shape == y.shape and bool(np.allclose(x, y))


def smallest(engine: Any, right: Any, largest: int = 5) -> Bite:
    """The first graph on which `engine` and `right` differ in a gradient.

    Raises:
        LookupError: if they agree on all of up to `largest` nodes.
    """
    tried = 0
    for size in range(2, largest + 1):
        for graph in filter(_all_used, graphs(size)):
            try:
                expected = gradients(graph, right)
            except ValueError:                      # shapes that don't fit, or no axis to take a softmax over
                continue
            tried += 1
            got = gradients(graph, engine)
            if not all(map(_same, expected, got)):
                return Bite(graph, expected, got, tried)
    raise LookupError(f"{engine.__name__} is right on all {tried} graphs of up to {largest} nodes")


def walk(graph: Graph, engine: Any, right: Any) -> list[Step]:
    """In which order the nodes hand on their gradients, and what each held then. Leaves have nobody to hand to."""
    handed: list[tuple[Any, float]] = []

    class Watched(engine):                          # type: ignore[misc]
        def push(self) -> None:
            if self.inputs:
                handed.append((self, float(self.grad)))
            super().push()

    nodes = graph.run(Watched)
    expected = gradients(graph, right)
    return [Step(graph.names[at], held, float(expected[at])) for node, held in handed
            for at, other in enumerate(nodes) if other is node]
