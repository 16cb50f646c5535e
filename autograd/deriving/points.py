"""Numbers for the formulas of a graph: those of the graph itself, and others, at which each line is checked."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Any

import sympy as sp

from autograd.deriving.moves import loosened
from autograd.deriving.reading import Reading, parameters

__all__ = ["NOWHERE", "TRIES", "Point", "evaluate", "flat"]

MOST_ENTRIES = 4_000_000                            # of a Jacobian that is checked
TRIES = 80                                          # at other numbers, nearer each time
NOWHERE = "derive: near the graph's numbers no others were found at which it is finite; no line could be checked"


class Point:
    """Numbers for all names: those of the graph where `random` is None, else others near them.

    `facts` are pairs of a leaf's name and a formula for it, by which facts hold at other points too; `sums` are what an
    array's sums along an axis are there.
    """

    def __init__(self, reading: Reading, random: Random | None = None,
                 facts: Sequence[tuple[sp.Symbol, sp.Expr]] = (), sums: Mapping[tuple[Any, int], float] | None = None,
                 spread: float = 1.0) -> None:
        self.reading = reading
        self.value: dict[Any, Any] = {}
        self.known: dict[Any, Any] = dict(reading.lengths)
        order = reading.order
        for node in sorted(order, key=lambda node: node in reading.rests):
            if node in reading.rests:
                self.value[node] = 1.0 - self.value[reading.rests[node]]
            elif node.op is None:
                free = node in reading.name and node not in reading.constants
                self.value[node] = start(node, random if free else None, spread)
                for (x, axis), whole in (sums or {}).items():       # rows that sum to 1 do so elsewhere too
                    if x is node and random is not None:
                        array = self.value[node]
                        self.value[node] = (array / array.sum(axis, keepdims=True) * whole if whole else
                                            array - array.mean(axis, keepdims=True))
                self.know(node)
        for symbol, formula in facts if random is not None else ():
            node = next(x for x in order if reading.name.get(x) == symbol.name)
            self.value[node] = self(formula)
            self.know(node)
        for node in order:
            if node.op is not None:
                self.value[node] = forward(node, [self.value[x] for x in node.inputs])
                self.know(node)
        for symbol, formula in reading.siblings.items():
            self.known[symbol] = self(formula)
        self.locally: dict[Any, list[dict[Any, Any]]] = {}
        self.whole: dict[Any, Any] = {}
        self.seed: Any = 1.0                        # the gradient of the root

    def know(self, node: Any) -> None:
        if node in self.reading.name:
            x, label = flat(self.value[node], [node]), self.reading.name[node]
            if getattr(x, "shape", ()):
                self.known[sp.IndexedBase(label, real=True)] = x
            else:
                self.known[sp.Symbol(label, real=True)] = float(x)

    def __call__(self, expr: sp.Expr, axes: Sequence[tuple[sp.Symbol, int]] = ()) -> Any:
        return evaluate(expr, self.known, axes)

    def pulled(self, node: Any, g: Any, through: bool) -> dict[Any, Any]:
        """What everything below `node` receives where its gradient is g; `through` named nodes or not."""
        stops = set() if through else {x for x in self.reading.shown if x is not node}
        return self.reading.pulled(node, g, stops, self.value, lambda by: [self.value[x] for x in by.inputs], reduced)

    def gradient(self, node: Any) -> Any:
        """The root's derivative by a node; axes of length 1 are left out."""
        if not self.whole:
            self.whole = self.pulled(self.reading.root, self.seed, through=True)
        return flat(self.whole.get(node, 0.0), [node])

    def jacobian(self, u: Any, x: Any) -> Any:
        """∂u/∂x, through unnamed nodes alone; axes of length 1 are left out."""
        if x.is_array and u._data.size * x._data.size > MOST_ENTRIES:
            raise ValueError(f"derive: ∂{self.reading.name[u]}/∂{self.reading.name[x]} has {u._data.size} · "
                             f"{x._data.size} entries, too many to check; derive a smaller copy of the graph")
        if u not in self.locally:
            self.locally[u] = [self.pulled(u, g, through=False) for g in ones(u)]
        rows = [known.get(x, 0.0) for known in self.locally[u]]
        if not x.is_array:
            return rows[0]
        from numpy import array, broadcast_to
        return flat(array([broadcast_to(row, x.shape) for row in rows]), [u, x])


def ones(node: Any) -> Iterable[Any]:
    """One gradient for each of the node's numbers: 1 there, and 0 elsewhere."""
    if not node.is_array:
        return [1.0]
    from numpy import eye
    return eye(node._data.size).reshape(-1, *node.shape)


def flat(x: Any, nodes: Sequence[Any]) -> Any:
    """Numbers with the axes of nodes, but for those of length 1."""
    if not nodes[0].is_array:
        return x
    from numpy import broadcast_to, size
    whole = [n for node in nodes for n in node.shape]
    return (x if size(x) == math.prod(whole) else broadcast_to(x, whole)).reshape([n for n in whole if n != 1])


def reduced(part: Any, x: Any) -> Any:
    if not hasattr(x, "shape"):
        return float(part)
    from autograd.arrays.steps import fitted
    return fitted(part, x)


def start(node: Any, random: Random | None, spread: float) -> Any:
    """A leaf's number, or another near it; how near, `spread` says."""
    if not node.is_array:
        x = node.data
        return x if random is None else x + spread * (x * random.uniform(-0.2, 0.25) + random.uniform(0.02, 0.3))
    x = node._data.astype("d" if node.dtype.kind == "f" else node.dtype)
    if random is None or node.dtype.kind != "f":
        return x
    from numpy.random import default_rng
    rng = default_rng(random.getrandbits(32))
    return x + spread * (x * rng.uniform(-0.2, 0.25, x.shape) + rng.uniform(0.02, 0.3, x.shape))


def forward(node: Any, inputs: Sequence[Any]) -> Any:
    """What the node's op makes of other numbers."""
    op = node.op
    if not node.is_array:
        try:
            return float(op.floats(*inputs))
        except (ArithmeticError, ValueError):
            return float(op.edge(*inputs))
    out = op.array(*([inputs] if op.arity is None else inputs), *parameters(node)[: None if not getattr(
        op, "keeps", 0) else -op.keeps])
    return out[0] if getattr(op, "keeps", 0) else out


def evaluate(expr: sp.Expr, known: Mapping[Any, Any], axes: Sequence[tuple[sp.Symbol, int]] = ()) -> Any:
    """The number of a formula; for one with indices the array of its entries, one axis for each of `axes`."""
    expr = loosened(sp.sympify(expr))               # as one letter may stand for axes of two lengths
    bound = {limit[0]: int(limit[2]) + 1 for s in expr.atoms(sp.Sum) for limit in s.limits}
    lengths = {**dict(axes), **bound}
    position = {index: axis for axis, index in enumerate(lengths)}
    if position or expr.has(sp.Indexed):
        import numpy as np

    def value(x: sp.Expr) -> Any:
        if x in known:
            return known[x]
        if x in position:
            return np.arange(lengths[x]).reshape([-1 if i == x else 1 for i in position])
        if isinstance(x, sp.Indexed):               # a place beyond the axis stands beside a 0
            array = known[x.base]
            return array[tuple([np.clip(int(i) if i.is_Integer else value(i), 0, n - 1)
                                for i, n in zip(x.indices, array.shape)])]
        if isinstance(x, sp.Sum):
            inner = value(x.function) + 0.0
            for index, *_ in x.limits:
                full = list(getattr(inner, "shape", None) or [1] * len(position))
                full[position[index]] = lengths[index]
                inner = np.broadcast_to(inner, full).sum(position[index], keepdims=True)
            return inner
        if x.is_Atom and not x.is_Symbol:
            return int(x) if x.is_Integer and position else float(x)
        number = getattr(x, "number", None) or NUMBERS.get(x.func)
        if number is None:
            raise TypeError(f"derive: no number for {x!r} in {expr}")
        return number(*map(value, x.args))

    result = value(expr)
    if not axes:
        return result
    full = [lengths[i] for i in position]
    whole = [n if i < len(axes) else 1 for i, n in enumerate(full)]
    return np.squeeze(np.broadcast_to(result, whole), tuple(range(len(axes), len(full))))


NUMBERS: dict[Any, Callable[..., Any]] = {          # what SymPy's functions are of numbers
    sp.Add: lambda *terms: sum(terms), sp.Mul: lambda *factors: math.prod(factors), sp.Pow: operator.pow, sp.Abs: abs,
    sp.log: math.log, sp.KroneckerDelta: lambda i, j: (i == j) * 1.0}
