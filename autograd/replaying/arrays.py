"""A graph of Tensors as a program: each op once, on arrays allocated when it is recorded.

Forward functions and vjps are those the engine uses, fed with registers; what only moves numbers without copying them
(a reshape, a transpose, a slice) becomes a view when it is recorded and costs nothing afterwards. An op that can't be
fed registers is called as it stands, and its result copied.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.arrays import structural as st
from autograd.arrays.silence import quietly
from autograd.core.graph import Gradients, back, topological
from autograd.core.op import Op
from autograd.replaying.program import Array, Function, Program, Register, copy_to, ours, plain_key, program_of

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from autograd.arrays.tensor import Tensor

__all__ = ["ArrayProgram"]

Saved = tuple[Any, ...]                             # what a node's vjps will read


class _Array(Register):
    """A register that knows how the structural ops write to a place."""

    __slots__ = ()

    @classmethod
    def apply(cls, op: Op, *arguments: object) -> Any:
        if op in _WRITTEN:
            written = _WRITTEN[op](*arguments)
            if written is not None:
                return written
        elif op.arity is not None:
            return super().apply(op, *arguments)
        return program_of(arguments).opaque(op.name, op.array, *arguments)

    def dot(self, other: Array) -> Register:
        if min(self.ndim, other.ndim) > 1 and other.ndim > 2:
            raise TypeError("ndarray.dot of stacks of matrices pairs each with each, unlike matmul")
        return self.program.call(np.dot if self.ndim == other.ndim == 2 else np.matmul, self, other)

    def transpose(self, dims: tuple[int, ...]) -> Register:
        return self.view(self.array.transpose(dims))

    def astype(self, dtype: DTypeLike) -> Register:
        return self.program.opaque("astype", lambda x: x.astype(dtype), self)

    def __len__(self) -> int:
        return len(self.array)


class _Recorder(Program):
    """A program whose registers know structural ops."""

    def register(self, array: Array, constant: bool = False, fresh: bool = False) -> Register:
        return _Array(self, array, constant, fresh)


def _seen(op: Op, *arguments: object) -> tuple[object, ...]:
    """The result of a fused op fed with registers, and what it keeps. Raises TypeError if a register may hide there."""
    out, *kept = op.array(*arguments)
    if not isinstance(out, Register) or not all(map(_visible, kept)):
        raise TypeError(f"{op.name}: what it keeps may hide a register")
    return out, *kept


def _visible(x: Array) -> bool:
    """Whether no register can hide in x, as it could in a dictionary or an object."""
    if isinstance(x, tuple):
        return all(map(_visible, x))
    return x is None or isinstance(x, (Register, np.ndarray, np.generic, int, float, str))


# How the structural ops are written down; None where there is no better way than calling them.

def _summed(x: Array, dim: tuple[int, ...], keepdim: bool) -> Any:
    return _planned(x, *st.sum_plan(x.shape, x.dtype.char, dim, keepdim))


def _reduced(x: Array, shape: tuple[int, ...]) -> Array:
    return _planned(x, *st.reduce_plan(x.shape, x.dtype.char, shape)) if x.shape != shape else x


def _planned(x: Any, function: Function, rest: tuple[Any, ...]) -> Any:
    return x.program.call(function, x, *rest)


def _indexed(x: Any, key: Any) -> Any:
    if plain_key(key):
        return x[key]
    if _integers(key):                              # rows by number
        return x.take(key, 0)
    if type(key) is tuple and len(key) == x.ndim and all(map(_integers, key)) and x.array.flags.c_contiguous:
        places = _places(key, x.shape)
        return None if places is None else x.take(places)
    return None


def _scattered(x: Any, key: Any, shape: tuple[int, ...]) -> Any:
    if type(key) is np.ndarray and key.dtype.kind in "iu" and len(shape) == 2 and x.dtype.kind == "f" and x.size:
        rows = key.reshape(-1).astype(np.intp) % shape[0]
        if x.size * shape[0] < st.SMALL_PRODUCT and shape[0] <= 256:
            one_hot = st.one_hot(shape[0], x.dtype.char).take(rows, 0).T.copy()
            return x.program.call(_embedding_gradient(one_hot, rows, shape), x.reshape(-1, shape[1]))
    if type(key) is tuple and len(key) == len(shape) and all(map(_integers, key)):
        places = _places(key, shape)
        if places is not None and len(np.unique(places)) == places.size:
            put = x.program.call(_put_once(places, shape), x)
            x.program.buffers.pop(id(put.array), None)       # given to nobody, who might spoil the zeros
            return put
    return None


def _embedding_gradient(one_hot: Array, rows: Array, shape: tuple[int, ...]) -> Function:
    def scatter(x: Array, out: Array | None = None) -> Array:
        out = np.dot(one_hot, x, out)
        flat = out.reshape(-1)
        if not math.isfinite(flat.dot(flat)):       # as in `structural`
            np.copyto(out, st.scatter.array(x, rows, shape))
        return out

    return scatter


def _put_once(places: Array, shape: tuple[int, ...]) -> Function:
    """x at `places` of zeros: where nothing else is ever written, the zeros stay from run to run."""
    def put(x: Array, out: Array | None = None) -> Array:
        if out is None:
            out = np.zeros(shape, x.dtype)
        out.reshape(-1)[places] = x
        return out

    return put


def _picked(x: Any, indices: Any, dim: int) -> Any:
    if x.ndim != 2 or not x.array.flags.c_contiguous:
        return None
    return x.take(st.along(x.shape, indices, dim))


def _placed(x: Array, indices: Array, dim: int, shape: tuple[int, ...]) -> Any:
    if len(shape) != 2:
        return None

    def place(x: Array, places: Array, out: Array | None = None) -> Array:
        if out is None:
            out = np.zeros(shape, x.dtype)
        else:
            out.fill(0)
        out.reshape(-1)[places] = x
        return out

    return program_of((x, indices)).call(place, x, st.along(shape, indices, dim))


def _places(key: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """A key of an array of integers for each axis as positions in the flat array; None if any run changes it."""
    if any(isinstance(k, Register) for k in key):
        return None
    wrapped = [k.astype(np.intp) % n for k, n in zip(np.broadcast_arrays(*key), shape)]
    return np.ravel_multi_index(wrapped, shape)


def _integers(key: object) -> bool:
    return isinstance(key, (np.ndarray, Register)) and key.dtype.kind in "iu" and key.ndim > 0


def _largest(x: Array, indices: Array, dim: int, keepdim: bool) -> Any:
    picked = _Array.apply(st.pick, x, indices, dim)
    return picked if keepdim else picked.reshape(tuple([n for i, n in enumerate(picked.shape) if i != dim]))


_WRITTEN: dict[Op, Function] = {
    st.sum_: _summed, st.reduce_to: _reduced, st.index: _indexed, st.scatter: _scattered, st.pick: _picked,
    st.place: _placed, st.max_along: _largest,
    st.expand: lambda x, shape: x.view(np.broadcast_to(x.array, shape)),
    st.permute: lambda x, dims: x.view(x.array.transpose(dims)),
}


class ArrayProgram:
    """Forward and backward programs of a graph of Tensors.

    Attributes:
        parameters, gradients: an array for each of `wrt`.
        inputs: an array for each input, to be written to before a run.
        values_of, slopes_of: each node made by an op with its array, and each that has a gradient with that one's
            array, for who wants to look at what a run computed.
        nodes, steps, bytes: how large it is.
    """

    strategy = "arrays"

    def __init__(self, root: Tensor, wrt: Sequence[Tensor], inputs: Sequence[Tensor]) -> None:
        self.forward_steps, self.backward_steps = _Recorder(), _Recorder()
        self.parameters = [np.array(node._data, order="C") for node in wrt]
        self.inputs = [np.array(node._data, order="C") for node in inputs]
        registers: dict[int, Register] = {}
        self._fed: dict[int, list[Tensor]] = {}     # the input nodes by the ids of their arrays
        for node, array in zip([*wrt, *inputs], [*self.parameters, *self.inputs]):
            registers[id(node)] = _Array(self.forward_steps, array)
        for node in inputs:
            self._fed.setdefault(id(node._data), []).append(node)
        self._live = {array: registers[id(nodes[-1])] for array, nodes in self._fed.items()}
        self._reached: set[int] = set()
        needs = set(map(id, wrt))
        order = topological(root)
        saved: dict[int, Saved] = {}
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

    def _parameter(self, x: Any) -> Any:
        """A parameter of an op with the registers of inputs in place of the arrays it was recorded with."""
        if type(x) in (tuple, list):
            return type(x)([self._parameter(y) for y in x])
        if id(x) in self._live:
            fed = self._fed.get(id(x), [])
            if len(fed) > 1:
                raise ValueError("replay: two of the inputs share one array, which is used as an index, and which of "
                                 "them was meant can't be told; make each with autograd.tensor, not with .detach()")
            self._reached.update(map(id, fed))
            return self._live[id(x)]
        return x

    def _forward(self, node: Tensor, registers: dict[int, Register]) -> tuple[Any, Saved]:
        """The register of a node, and what its vjps will read."""
        op = node.op
        inputs = tuple([registers[id(x)] for x in node.inputs])
        if not isinstance(op, st.Structural):
            return self._shaped(_Array.apply(op, *inputs), node), inputs
        count = len(inputs)
        given = node._saved[count: len(node._saved) - op.keeps]
        if op is st.max_along:                      # where the largest numbers stand may change from run to run
            indices, dim, _ = given
            self._live[id(indices)] = inputs[0].argmax(dim, keepdims=True)
        parameters = self._parameter(given)
        if op.keeps:
            return self._keeping(op, inputs, parameters)
        if not inputs:
            op.array()                              # changed in place after the fact: its op says so
        out = _Array.apply(op, inputs, *parameters) if op.arity is None else _Array.apply(op, *inputs, *parameters)
        return self._shaped(out, node), (*inputs, *parameters)

    def _keeping(self, op: Any, inputs: tuple[object, ...], parameters: tuple[object, ...]) -> tuple[Any, Saved]:
        found = self.forward_steps.attempt(_seen, op, *inputs, *parameters) if ours(op.array) else None
        if found is not None:
            out, *kept = found
            return out, (*inputs, *parameters, *kept)
        hidden = _Kept()

        def run(*arguments: object) -> Any:
            out, *hidden[:] = op.array(*arguments)
            return out

        return self.forward_steps.opaque(op.name, run, *inputs, *parameters), (*inputs, *parameters, hidden)

    def _shaped(self, out: Any, node: Any) -> Any:
        if out.array.dtype != node._data.dtype:
            out = out.astype(node._data.dtype)
        return out

    def _backward(self, root: Tensor, order: list[Tensor], registers: dict[int, Register], saved: dict[int, Saved],
                  needs: set[int], wrt: Sequence[Tensor]) -> None:
        program = self.backward_steps
        here: dict[int, Any] = {}

        def again(x: Any) -> Any:                   # a register of the forward program as the backward program sees it
            if isinstance(x, Register):
                if id(x) not in here:
                    here[id(x)] = _Array(program, x.array, x.constant)
                return here[id(x)]
            if not isinstance(x, tuple):
                return x
            return x._make(map(again, x)) if hasattr(x, "_make") else tuple(map(again, x))

        def ask(node: Tensor, g: object) -> list[Any]:
            wanted = [id(x) in needs for x in node.inputs]
            values = [again(x) for x in saved[id(node)]]
            parts = self._pulled(node, wanted, g, again(registers[id(node)]), values)
            return [_fitted(part, x) if need and part is not None else None
                    for x, need, part in zip(node.inputs, wanted, parts)]

        gradient: Gradients = {root: _Array(program, np.ones_like(root._data), constant=True)}
        for _ in back([node for node in order if id(node) in needs], gradient, ask):
            pass
        self.gradients: list[Array] = []
        self._given: set[int] = set()               # the buffers that are among them
        for node, data in zip(wrt, self.parameters):
            self.gradients.append(self._gradient(gradient.get(node), data))
        self.slopes_of = [(node, gradient[node].array) for node in reversed(order) if node in gradient]

    def _gradient(self, found: Any, data: Array) -> Any:
        """The array in which a leaf's gradient is found after a run: if it can be, the one where it is computed."""
        if found is None:
            place = np.zeros_like(data)
            self.backward_steps.step(copy_to, 0.0, place)       # at each run, as someone may have written to it
            return place
        array = found.array
        owner = array if array.base is None else array.base
        if id(owner) in self.backward_steps.buffers and id(owner) not in self._given and array.size == owner.size \
                and array.flags.c_contiguous and array.flags.writeable:
            self._given.add(id(owner))
            return array
        place = np.array(array, order="C")
        self.backward_steps.step(copy_to, array, place)         # where it is computed may be another leaf's gradient
        return place

    def _pulled(self, node: Tensor, wanted: list[bool], g: object, out: object, values: list[Any]) -> Sequence[Any]:
        """What the inputs of a node receive: its op fed with registers, or called as it stands."""
        op, count, program = node.op, len(wanted), self.backward_steps
        kept = values.pop() if type(values[-1]) is _Kept else ()
        if not kept and ours(*op.partials, *getattr(op, "vjps", ()), getattr(op, "joint", None)):
            parts = program.attempt(op.pulled, wanted, g, out, values[:count], values[count:])
            if parts is not None and all([part is None or isinstance(part, Register) for part in parts]):
                return parts                        # type: ignore[no-any-return]

        def one(i: int) -> Register:
            def run(g: Array, out: Array, *arrays: object) -> Any:
                needs = [j == i for j in range(count)]
                return op.pulled(needs, g, out, arrays[:count], (*arrays[count:], *kept))[i]

            return program.opaque(f"the gradient of {op.name}", run, g, out, *values)

        return [one(i) if need else None for i, need in enumerate(wanted)]

    def forward(self) -> float:
        quietly(self.forward_steps.run)
        return self._root.item()                    # type: ignore[no-any-return]

    def run(self) -> float:
        quietly(self._run)
        return self._root.item()                    # type: ignore[no-any-return]

    def _run(self) -> None:
        self.forward_steps.run()
        self.backward_steps.run()


def _fitted(part: Array, x: Array) -> Array:
    """A contribution in the shape and dtype of what it is for."""
    if part.shape != x.shape:
        part = _reduced(part, x.shape)
    return part if part.dtype == x.dtype else part.astype(x.dtype)


class _Kept(list[Any]):
    """What a fused op that is called as it stands kept in the last run."""
