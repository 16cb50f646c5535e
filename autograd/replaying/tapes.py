"""A graph of Values run number by number: for graphs too narrow or too small for arrays to pay.

`Loop` walks the recorded ops with plain floats. `Straight` writes them out as one Python function instead, without the
walk; compiling that pays for small graphs only. Both take value and partials from the table's rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.ops import TABLE, Nary, PowerBy
from autograd.replaying.flat import Flat
from autograd.symbols import compile_function, text_of

__all__ = ["Loop", "Straight"]


class Loop:
    """The recorded ops one after another, on Python floats; it never fails: IEEE 754 says what 1/0 is."""

    strategy = "loop"

    def __init__(self, flat: Flat) -> None:
        parameters, inputs = flat.leaves
        self.flat = flat
        self.leaves = slice(0, parameters + inputs)
        self.data = flat.data.tolist()
        self.slopes: list[Any] = [None] * len(flat)
        self.values = flat.data[self.leaves].copy()
        self.gradients = np.zeros(parameters)
        varies = np.zeros(len(flat), bool)
        varies[self.leaves] = True
        flags = varies.tolist()
        self.tape: list[tuple[Any, ...]] = []
        a, b, codes = flat.a.tolist(), flat.b.tolist(), flat.code.tolist()
        for i, code in enumerate(codes):
            if code:
                x = flat.inputs(i) if i in flat.more else (a[i],) if b[i] < 0 else (a[i], b[i])
                flags[i] = any([flags[j] for j in x])
                if flags[i]:
                    op: Any = flat.ops[code]
                    kind = (0 if op.name == "add" else 1 if op.name == "mul" else 4 if i in flat.more
                            else 1 + len(x))
                    self.tape.append((kind, op, i, x[0], x[1] if len(x) > 1 else -1, x))
        self.steps = len(self.tape)
        self.bytes = 48 * len(flat)

    def forward(self) -> float:
        """Every number, and each node's local derivatives."""
        v, slopes = self.data, self.slopes
        v[self.leaves] = self.values.tolist()
        for kind, op, i, a, b, x in self.tape:
            if kind == 0:
                v[i] = v[a] + v[b]
            elif kind == 1:
                v[i] = v[a] * v[b]
            else:
                inputs = [v[j] for j in x]
                if isinstance(op, Nary):
                    v[i] = out = float(op.scalar(*inputs))
                    slopes[i] = op.all_partials(out, *inputs)
                    continue
                try:
                    v[i] = out = op.scalar(*inputs)
                    slopes[i] = [float(partial(out, *inputs)) for partial in op.partials]
                except (ArithmeticError, ValueError):
                    v[i], slopes[i] = op.ieee(*inputs)
        result: float = v[self.flat.root]
        return result

    def backward(self) -> list[float]:
        """The gradients of the leaves; returns everyone's."""
        v, slopes = self.data, self.slopes
        g = [0.0] * len(v)
        g[self.flat.root] = 1.0
        for kind, _, i, a, b, x in reversed(self.tape):
            up = g[i]
            if kind == 0:
                g[a] += up
                g[b] += up
            elif kind == 1:
                g[a] += up * v[b]
                g[b] += up * v[a]
            elif kind == 2:
                g[a] += up * slopes[i][0]
            else:
                for j, slope in zip(x, slopes[i]):
                    g[j] += up * slope
        self.gradients[:] = g[: len(self.gradients)]
        return g


class Straight:
    """The recorded ops written out as Python, a line each: forward, backward, and nothing between."""

    strategy = "straight-line code"

    def __init__(self, flat: Flat) -> None:
        self.loop = Loop(flat)
        self.values, self.gradients = self.loop.values, self.loop.gradients
        self.steps, self.bytes = self.loop.steps, self.loop.bytes
        parameters, inputs = flat.leaves
        namespace: dict[str, Any] = {name: op.scalar for name, op in TABLE.items()}
        namespace |= {"inf": math.inf, "nan": math.nan}         # as Python prints constants that are
        names = {i: f"v{i}" for i in range(parameters + inputs)}
        forward, backward = [], []
        started: set[int] = set()

        def name(i: int) -> str:
            return names.get(i) or f"({float(flat.data[i])!r})"

        def add(j: int, term: str) -> None:
            if j in names:
                backward.append(f"g{j} += {term}" if j in started else f"g{j} = {term}")
                started.add(j)

        for _, op, i, _, _, x in self.loop.tape:
            names[i] = f"v{i}"
            arguments = [name(j) for j in x]
            if isinstance(op, PowerBy):
                namespace[f"op{i}"] = op.scalar
            if isinstance(op, Nary):
                half = len(x) // 2
                text: str | None = (" + ".join(arguments) if op.name == "sum" else
                                    " + ".join(f"{w} * {y}" for w, y in zip(arguments[:half], arguments[half:])))
            else:
                text = text_of(op.scalar, *arguments)
            compute = f"op{i}" if isinstance(op, PowerBy) else op.name
            forward.append(f"v{i} = {text or f'{compute}({chr(44).join(arguments)})'}")
        for _, op, i, _, _, x in reversed(self.loop.tape):
            if i not in started and i != flat.root:
                continue
            g = f"g{i}" if i != flat.root else "1.0"
            arguments = [name(j) for j in x]
            half = len(x) // 2
            for k, j in enumerate(x):
                if isinstance(op, Nary):
                    slope: str | None = "1.0" if op.name == "sum" else arguments[(k + half) % len(x)]
                else:
                    slope = text_of(op.partials[k], name(i), *arguments)
                if slope is None:
                    raise TypeError(f"{op.name}: its rule can't be written out")
                if slope != "0.0":
                    add(j, {"1.0": g, "-1.0": f"-{g}"}.get(slope, f"{g} * ({slope})"))
        unpack = "".join(f"v{i}, " for i in range(parameters + inputs))
        result = "".join(f"g{i}, " if i in started else "0.0, " for i in range(parameters))
        if flat.root < parameters:
            result = "".join("1.0, " if i == flat.root else "0.0, " for i in range(parameters))
        lines = [f"({unpack}) = values"] if unpack else []
        text = "\n    ".join(["def forward(values):", *lines, *forward, f"return {name(flat.root)}"])
        self._forward = compile_function("forward", text + "\n", namespace)
        lines += [*forward, *backward, f"return {name(flat.root)}, ({result})"]
        text = "\n    ".join(["def step(values):", *lines])
        self._step: Callable[[list[float]], Any] = compile_function("step", text + "\n", namespace)

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
            out = self.loop.forward()
            self.loop.backward()
            return out
