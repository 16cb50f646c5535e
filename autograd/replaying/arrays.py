"""A graph of Tensors as a program: each op once, on arrays allocated when it is recorded.

Forward functions and vjps are those the engine uses, fed with registers; what only moves numbers without copying them
(a reshape, a transpose, a slice) becomes a view when it is recorded and costs nothing afterwards. An op that can't be
fed registers is called as it stands, and its result copied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import structural as st
from autograd.graph import topological
from autograd.ops import Op, PowerBy
from autograd.replaying.program import Program, Register, expand_to

__all__ = ["ArrayProgram"]


class _Array(Register):
    """A register that knows how the structural ops write to a place."""

    __slots__ = ()

    @classmethod
    def apply(cls, op: Op, *arguments: Any) -> Any:
        if not isinstance(op, st.Structural):
            return Register.apply.__func__(cls, op, *arguments)     # type: ignore[attr-defined]
        x = arguments[0]
        if op is st.sum_:
            dim, keepdim = arguments[1:]
            return _summed(x, *st._summing(x.shape, dim, keepdim, x.dtype.char), dim, keepdim)
        if op is st.reduce_to:
            shape = arguments[1]
            left, ones, axes = st._reducing(x.shape, shape, x.dtype.char)
            return _summed(x, left, ones, axes, True).reshape(shape) if axes else x
        if op is st.expand:
            return x.program.call(expand_to(arguments[1]), x)
        if op is st.permute:
            return x.view(x.array.transpose(arguments[1]))
        if op is st.index and _plain(arguments[1]):
            return x.view(x.array[arguments[1]])
        if op in (st.reshape, st.matmul):
            return op.array(*arguments)
        if op.arity is None:
            return opaque(lambda *parts: op.array(parts, *arguments[1:]), *x)
        return opaque(lambda *arrays: op.array(*arrays, *arguments[op.arity:]), *arguments[: op.arity])

    def view(self, array: Any) -> _Array:
        return _Array(self.program, array, self.constant)

    def dot(self, other: Any) -> Any:
        return np.matmul(self, other)

    def transpose(self, dims: Any) -> Any:
        return self.view(self.array.transpose(dims))

    def astype(self, dtype: Any) -> Any:
        return opaque(lambda x: x.astype(dtype), self)

    def take(self, rows: Any, axis: Any) -> Any:
        return opaque(lambda x: x.take(rows, axis), self)

    def __len__(self) -> int:
        return len(self.array)

    def __array__(self, *arguments: Any, **options: Any) -> Any:
        raise TypeError("a register's numbers are not to be read while it is being recorded")


class _Recorder(Program):
    """A program whose registers know structural ops, and which may be told that hidden numbers change at each run."""

    def call(self, function: Callable[..., Any], *arguments: Any) -> Register:
        register = super().call(function, *arguments)
        return _Array(self, register.array, register.constant, register.fresh)


def opaque(function: Callable[..., Any], *arrays: Any, live: bool = False) -> Any:
    """`function` of arrays as one step; `live` if it reads what changes from run to run besides them."""
    program = next(x.program for x in arrays if isinstance(x, Register))

    def step(*arguments: Any) -> Any:
        if len(arguments) == len(arrays):
            return np.array(function(*arguments))
        np.copyto(arguments[-1], function(*arguments[:-1]))
        return None

    if not live and not any(_changing(cell) for cell in getattr(function, "__closure__", None) or ()):
        return program.call(step, *arrays)
    plain = [x.array if isinstance(x, Register) else x for x in arrays]
    out = step(*plain)
    program.step(step, *plain, out)
    return _Array(program, out, fresh=True)


_fed: set[int] = set()                              # arrays that are inputs of the graph being recorded, by id


def _changing(cell: Any) -> bool:
    def among(x: Any) -> bool:
        return any(map(among, x)) if isinstance(x, (tuple, list)) else id(x) in _fed

    return among(cell.cell_contents)


def _plain(key: Any) -> bool:
    keys = key if type(key) is tuple else (key,)
    return all(k is None or k is ... or type(k) in (int, slice) for k in keys)


def _summed(x: Any, left: bool, ones: Any, *rest: Any) -> Any:
    axes, keepdim = rest[-2:]
    if ones is not None:
        return x.program.call(np.dot, ones, x) if left else x.program.call(np.dot, x, ones)
    axis = axes if len(axes) != 1 else axes[0]
    reduce: Callable[..., Any] = np.add.reduce      # whose stub takes keepdims by name only
    return x.program.call(lambda x, out=None: reduce(x, axis, None, out, keepdim), x)


class ArrayProgram:
    """Forward and backward programs of a graph of Tensors.

    Attributes:
        parameters, gradients: an array for each of `wrt`.
        inputs: an array for each input, to be written to before a run.
        order: the nodes, and `numbers` and `slopes` their arrays, for who wants to look at what a run computed.
    """

    strategy = "arrays"

    def __init__(self, root: Any, wrt: Sequence[Any], inputs: Sequence[Any]) -> None:
        self.forward_steps, self.backward_steps = _Recorder(), _Recorder()
        self.parameters = [np.array(node._data, order="C") for node in wrt]
        self.inputs = [np.array(node._data, order="C") for node in inputs]
        self._keys = {id(node._data): array for node, array in zip(inputs, self.inputs)}
        self._owners: dict[int, list[int]] = {}
        for node in inputs:
            self._owners.setdefault(id(node._data), []).append(id(node))
        self._reached: set[int] = set()
        registers: dict[int, Any] = {}
        for node, array in zip([*wrt, *inputs], [*self.parameters, *self.inputs]):
            registers[id(node)] = _Array(self.forward_steps, array)
        needs = set(map(id, wrt))
        order = topological(root)
        saved: dict[int, tuple[Any, ...]] = {}
        _fed.clear()
        _fed.update(map(id, self.inputs))
        try:
            with np.errstate(all="ignore"):
                for node in order:
                    self._reached.add(id(node))
                    if node.op is None:
                        if id(node) not in registers:
                            registers[id(node)] = _Array(self.forward_steps, np.array(node._data), constant=True)
                        continue
                    if any(id(x) in needs for x in node.inputs):
                        needs.add(id(node))
                    registers[id(node)], saved[id(node)] = self._forward(node, registers)
                self._backward(root, order, registers, saved, needs, wrt)
        finally:
            _fed.clear()
        unused = [i for i, node in enumerate(inputs) if id(node) not in self._reached]
        if unused:
            raise ValueError(f"replay: inputs[{unused[0]}] is not in the graph. A Tensor on which only constants were "
                             "computed leaves no trace: give it requires_grad=True. Indices must be an integer Tensor, "
                             "made by autograd.tensor, and used as an index itself")
        self._root = registers[id(root)].array
        self.values_of = [(node, registers[id(node)].array) for node in order if node.op is not None]
        self.nodes = len(order)
        self.steps = len(self.forward_steps.steps) + len(self.backward_steps.steps)
        self.bytes = self.forward_steps.bytes + self.backward_steps.bytes

    def _live(self, x: Any) -> Any:
        """A parameter of an op with the arrays of inputs in place of those it was recorded with."""
        if type(x) is tuple:
            return tuple([self._live(y) for y in x])
        if id(x) in self._keys:
            self._reached.update(node for node in self._inputs_at(x))
            return self._keys[id(x)]
        return x

    def _inputs_at(self, x: Any) -> list[int]:
        return self._owners.get(id(x), [])

    def _forward(self, node: Any, registers: dict[int, Any]) -> tuple[Any, tuple[Any, ...]]:
        op = node.op
        inputs = [registers[id(x)] for x in node.inputs]
        if not isinstance(op, st.Structural):
            out = Register.apply.__func__(_Array, op, *inputs)      # type: ignore[attr-defined]
            return self._shaped(out, node), tuple(inputs)
        count = len(inputs)
        parameters = tuple([self._live(x) for x in node._saved[count:]])
        if op is st.max_along:
            x, (indices, dim, keepdim) = inputs[0], parameters
            fresh = np.array(indices)
            _fed.add(id(fresh))
            self._keys[id(indices)] = fresh
            self.forward_steps.step(lambda x, out: np.copyto(out, x.argmax(dim, keepdims=True)), x.array, fresh)
            out = opaque(lambda x: op.array(x, fresh, dim, keepdim), x)
            return out, (x, fresh, dim, keepdim)
        keeps = op.keeps
        if keeps is not None:
            kept = list(keeps(*[x.array for x in inputs], *self._given(op, parameters)))
            given = self._given(op, parameters)
            try:
                start = len(self.forward_steps.steps)
                traced = keeps(*inputs, *given)
                out = op.array(*inputs, *given, *traced)
                return out, (*inputs, *given, *traced)
            except (TypeError, AttributeError):
                del self.forward_steps.steps[start:]

            def run(*arrays: Any) -> Any:
                kept[:] = keeps(*arrays, *given)
                return op.array(*arrays, *given, *kept)

            return opaque(run, *inputs), (*inputs, *given, kept)
        out = op(inputs, *parameters) if op.arity is None else op(*inputs, *parameters)
        return self._shaped(out, node), (*inputs, *parameters)

    def _given(self, op: Any, parameters: tuple[Any, ...]) -> tuple[Any, ...]:
        """The parameters of an op without what its forward pass kept."""
        return parameters[: {"cross_entropy": 2, "batch_norm": 2}.get(op.name, len(parameters))]

    def _shaped(self, out: Any, node: Any) -> Any:
        if out.array.dtype != node._data.dtype:
            out = out.astype(node._data.dtype)
        return out

    def _backward(self, root: Any, order: list[Any], registers: dict[int, Any], saved: dict[int, tuple[Any, ...]],
                  needs: set[int], wrt: Sequence[Any]) -> None:
        program = self.backward_steps
        here: dict[int, Any] = {}

        def again(x: Any) -> Any:                   # a register of the forward program as the backward program sees it
            if isinstance(x, Register):
                if id(x) not in here:
                    here[id(x)] = _Array(program, x.array, x.constant)
                return here[id(x)]
            return x

        gradient: dict[int, Any] = {id(root): _Array(program, np.ones_like(root._data), constant=True)}
        for node in reversed(order):
            if node.op is None or id(node) not in gradient or id(node) not in needs:
                continue
            g, out = gradient[id(node)], again(registers[id(node)])
            wanted = [id(x) in needs for x in node.inputs]
            values = [again(x) for x in saved[id(node)]]
            for x, need, contribution in zip(node.inputs, wanted, self._pull(node.op, wanted, g, out, values)):
                if not need:
                    continue
                if contribution.shape != x.shape:
                    contribution = _Array.apply(st.reduce_to, contribution, x.shape)
                if contribution.dtype != x.dtype:
                    contribution = contribution.astype(x.dtype)
                before = gradient.get(id(x))
                gradient[id(x)] = contribution if before is None else before + contribution
        self.gradients = []
        for node, data in zip(wrt, self.parameters):
            place = np.zeros_like(data)
            if id(node) in gradient:
                program.store(gradient[id(node)], place)
            self.gradients.append(place)
        self.slopes_of = [(node, gradient[id(node)].array) for node in reversed(order) if id(node) in gradient]

    def _pull(self, op: Any, wanted: list[bool], g: Any, out: Any, values: list[Any]) -> Sequence[Any]:
        """The contributions of a node to its inputs' gradients."""
        program = self.backward_steps
        start = len(program.steps)
        if op is not st.max_all and not (values and type(values[-1]) is list):
            try:
                if op.joint is not None and not op.vjps:
                    return op.joint(wanted, g, out, *values)        # type: ignore[no-any-return]
                if isinstance(op, PowerBy) and not op.vjps:
                    return [g * op.partials[0](out, *values)]
                return [op.vjps[i](g, out, *values) if need else None for i, need in enumerate(wanted)]
            except (TypeError, AttributeError):     # it wants plain arrays
                del program.steps[start:]
        kept = values.pop() if values and type(values[-1]) is list else []
        count = len(wanted)
        inputs, parameters = values[:count], values[count:]

        def one(i: int) -> Any:
            def run(g: Any, out: Any, *arrays: Any) -> Any:
                given = *arrays, *parameters, *kept
                if op.vjps:
                    return op.vjps[i](g, out, *given)
                return op.joint([j == i for j in range(count)], g, out, *given)[i]

            return opaque(run, g, out, *inputs, live=bool(kept))

        return [one(i) if need else None for i, need in enumerate(wanted)]

    def forward(self) -> float:
        with np.errstate(all="ignore"):
            self.forward_steps.run()
        return self._root.item()                    # type: ignore[no-any-return]

    def run(self) -> float:
        with np.errstate(all="ignore"):
            self.forward_steps.run()
            self.backward_steps.run()
        return self._root.item()                    # type: ignore[no-any-return]
