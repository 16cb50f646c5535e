"""A graph of Values run number by number: for graphs too narrow or too small for arrays to pay.

`Loop` walks the recorded ops with plain floats. `Straight` writes them out as one Python function instead, without the
walk; compiling that pays for small graphs only. Both have the table's rows write value and partials out as text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from types import BuiltinFunctionType
from typing import Any, NamedTuple

import numpy as np

from autograd.core.graph import Gradients, back
from autograd.core.numbers import ieee
from autograd.core.op import TABLE, Op, Rule, times
from autograd.core.symbols import Symbol, text_of
from autograd.core.writing import compile_function
from autograd.replaying.flat import Flat

__all__ = ["Loop", "Straight", "at_once"]

BRANCHES = 24                       # how many ops have a branch of their own in the loop: the most frequent ones


class Loop:
    """The recorded ops one after another, on Python floats; it never fails: IEEE 754 says what 1/0 is."""

    strategy = "loop"

    def __init__(self, flat: Flat) -> None:
        parameters, inputs = flat.leaves
        self.flat = flat
        self.leaves = slice(0, parameters + inputs)
        self.data = flat.data.tolist()
        self.values = flat.data[self.leaves].copy()
        self.gradients = np.zeros(parameters)
        a, b, codes = flat.a.tolist(), flat.b.tolist(), flat.code.tolist()
        often = np.argsort(-np.bincount(flat.code), kind="stable")[:BRANCHES].tolist()
        branches = {code: branch for code in often if (branch := _branch(code, flat.ops[code]))}
        lines = [branch.text for branch in branches.values()] or ["if code < 0: pass"]
        self._forward = compile_function("forward", _WALK.format(branches="\n            el".join(lines)),
                                         _names() | {"ops": flat.ops})
        known = [branches.get(code, _OTHER) for code in range(len(flat.ops))]
        self.slopes = [known[code].da for code in codes], [known[code].db for code in codes]
        self.tape: list[tuple[int, int, Any, int]] = []     # (code, the result, its input or all inputs, its second)
        varies = (np.arange(len(flat)) < self.leaves.stop).tolist()
        for i, code in enumerate(codes):
            if code:
                x: Any = a[i]
                if code in branches:
                    varies[i] = varies[x] or (b[i] >= 0 and varies[b[i]])
                else:
                    x, b[i] = flat.inputs(i), -1
                    varies[i] = any([varies[j] for j in x])
                if varies[i]:
                    self.tape.append((code, i, x, b[i]))
        self.steps = len(self.tape)
        self.bytes = 48 * len(flat)

    def forward(self) -> float:
        """Every number, and each node's local derivatives."""
        self.data[self.leaves] = self.values.tolist()
        self._forward(self.tape, self.data, *self.slopes)
        result: float = self.data[self.flat.root]
        return result

    def backward(self) -> list[float]:
        """The gradients of the leaves; returns everyone's.

        This is no walk of a graph, which `graph.back` is for, but a recorded program being run: a tape has no nodes.
        """
        da, db = self.slopes
        g = [0.0] * len(self.data)
        g[self.flat.root] = 1.0
        for _, i, a, b in reversed(self.tape):
            up = g[i]
            if b >= 0:
                g[a] += up * da[i]
                g[b] += up * db[i]
            elif type(a) is int:
                g[a] += up * da[i]
            else:
                for j, slope in zip(a, da[i]):
                    g[j] += up * slope
        self.gradients[:] = g[: len(self.gradients)]
        return g

    def run(self) -> float:
        loss = self.forward()
        self.backward()
        return loss

    def edges(self) -> Iterator[tuple[int, Sequence[int], Sequence[float]]]:
        """After a forward pass, for each node in its order: its inputs, and the derivatives by them."""
        da, db = self.slopes
        for _, i, a, b in self.tape:
            if b >= 0:
                yield i, (a, b), (da[i], db[i])
            elif type(a) is int:
                yield i, (a,), (da[i],)
            else:
                yield i, a, da[i]


_WALK = """\
def forward(tape, v, da, db):
    for code, i, a, b in tape:
        try:
            {branches}
            else: v[i], da[i] = at_once(ops[code], [v[j] for j in a])
        except (ArithmeticError, ValueError):
            v[i], da[i], db[i] = ieee(ops[code], v[a], v[b])
"""


class _Branch(NamedTuple):
    """What the walk does for a node of some op, and the slopes that are the same for all of those."""

    text: str
    da: float | None
    db: float | None


_OTHER = _Branch("", None, None)                    # whatever has no branch


def _branch(code: int, op: Op | None) -> _Branch | None:
    """The branch for an op of one or two inputs; None if its row can't be written out."""
    if op is None or op.arity not in (1, 2):
        return None
    names = "xy"[: op.arity]
    slopes = [text_of(partial, "out", *names) for partial in op.partials]
    if None in slopes:
        return None
    out = text_of(op.floats, *names) or f"ops[{code}].floats({', '.join(names)})"
    fixed = [_number(slope) for slope in slopes]
    todo = [*(f"{x} = v[{at}]" for x, at in zip(names, "ab")), f"v[i] = out = {out}",
            *(f"d{at}[i] = {slope}" for at, slope, number in zip("ab", slopes, fixed) if number is None)]
    return _Branch(f"if code == {code}: {'; '.join(todo)}", fixed[0], fixed[-1])


def _number(text: Any) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _ieee(op: Op, x: float, y: float) -> tuple[float, float, float | None]:
    out, slopes = ieee(op, *(x, y)[: len(op.partials)])
    return out, slopes[0], slopes[1] if len(slopes) == 2 else None


def at_once(op: Op, inputs: Sequence[float]) -> tuple[float, Sequence[float]]:
    """The result and the partial derivatives, as `Value.apply` finds them."""
    try:
        out = float(op.floats(*inputs))
        slopes = op.slopes(out, *inputs)
        return out, slopes if op.arity is None else [float(slope) for slope in slopes]
    except (ArithmeticError, ValueError):
        return ieee(op, *inputs)


def _names() -> dict[str, Any]:
    """What the texts call by name."""
    return {name: op.floats for name, op in TABLE.items()} | {"ieee": _ieee, "at_once": at_once}


class _Line:
    """A line of straight-line code as `graph.back` walks it: what it is called, its op, the lines it reads."""

    __slots__ = ("inputs", "name", "op", "started", "varies")

    def __init__(self, name: str, varies: bool, op: Op | None = None, inputs: tuple[_Line, ...] = ()) -> None:
        self.name, self.varies, self.op, self.inputs = name, varies, op, inputs
        self.started = False                        # whether a line gave it a gradient to add to


def _pulled(line: _Line, g: object, namespace: dict[str, Any]) -> Sequence[object]:
    """What the inputs of a line receive, as text: its op fed with symbols, or called where it wants floats."""
    op: Any = line.op
    needs = [x.varies for x in line.inputs]
    names = [line.name, *[x.name for x in line.inputs]]
    try:
        out, *inputs = map(Symbol, names)
        return op.pulled(needs, g, out, inputs)     # type: ignore[no-any-return]
    except Exception:                               # as `text_of` has it
        slopes = [_called(op, f"partial{k}", partial, names, namespace) for k, partial in enumerate(op.partials)]
        return [times(Symbol(slope), g) if need else None for need, slope in zip(needs, slopes)]


def _called(op: Op, what: str, function: Rule, arguments: Sequence[str],
            namespace: dict[str, Any]) -> str:
    """A call of a function that can't be written out, which `namespace` gets to know; the answer as a float."""
    name = f"{op.name}_{what}_{id(op)}"
    namespace[name] = function
    call = f"{name}({', '.join(arguments)})"
    return call if isinstance(function, BuiltinFunctionType) else f"float({call})"


class Straight:
    """The recorded ops written out as Python, a line each: forward, backward, and nothing between."""

    strategy = "straight-line code"

    def __init__(self, flat: Flat) -> None:
        self.loop = Loop(flat)
        self.values, self.gradients = self.loop.values, self.loop.gradients
        self.steps, self.bytes = self.loop.steps, self.loop.bytes
        parameters, inputs = flat.leaves
        namespace = _names() | {"inf": math.inf, "nan": math.nan}       # as Python prints such constants
        names = {i: f"v{i}" for i in range(parameters + inputs)}
        lines_of: dict[int, _Line] = {}
        forward, backward = [], []

        def line(i: int) -> _Line:
            if i not in lines_of:
                lines_of[i] = _Line(names.get(i) or f"({float(flat.data[i])!r})", i in names)
            return lines_of[i]

        for code, i, _, _ in self.loop.tape:
            op: Any = flat.ops[code]
            names[i] = f"v{i}"
            lines_of[i] = made = _Line(names[i], True, op, tuple([line(j) for j in flat.inputs(i)]))
            arguments = [x.name for x in made.inputs]
            text = text_of(op.floats, *arguments) or _called(op, "floats", op.floats, arguments, namespace)
            forward.append(f"v{i} = {text.removeprefix('0 + ')}")                   # 0: what sum() starts from

        def ask(line: _Line, g: object) -> Sequence[object]:
            return _pulled(line, g, namespace)

        root = line(flat.root)
        gradient: Gradients = {root: 1.0}
        order = [lines_of[i] for _, i, _, _ in self.loop.tape]
        for use in back(order, gradient, ask, add=lambda g, part: g):
            x: Any = use.node                       # a `_Line`
            name = "g" + x.name[1:]
            backward.append(f"{name} {'+=' if x.started else '='} {use.contribution}")
            gradient[x], x.started = Symbol(name), True
        unpack = "".join(f"v{i}, " for i in range(parameters + inputs))
        result = "".join([f"{gradient.get(line(i), 0.0)}, " for i in range(parameters)])
        lines = [f"({unpack}) = values"] if unpack else []
        text = "\n    ".join(["def forward(values):", *lines, *forward, f"return {root.name}"])
        self._forward_alone = "forward", text + "\n", namespace
        lines += [*forward, *backward, f"return {root.name}, ({result})"]
        text = "\n    ".join(["def step(values):", *lines])
        self._step: Callable[[list[float]], tuple[float, tuple[float, ...]]]
        self._step = compile_function("step", text + "\n", namespace)

    @cached_property
    def _forward(self) -> Callable[[list[float]], float]:
        return compile_function(*self._forward_alone)           # training never asks for it

    def forward(self) -> float:
        try:
            return float(self._forward(self.values.tolist()))
        except (ArithmeticError, ValueError):       # 1/0, exp(1000): the loop knows what IEEE 754 makes of them
            return self.loop.forward()

    def run(self) -> float:
        try:
            out, self.gradients[:] = self._step(self.values.tolist())
            return float(out)
        except (ArithmeticError, ValueError):
            return self.loop.run()
