"""A program: NumPy calls on arrays allocated once, written down while they are made the first time.

A `Register` is an operand around an array. Rules of the table fed with registers compute, as they would with plain
arrays, and every call they make is also noted with its result as the place to write to. Running the program makes the
same calls again: nothing is allocated, no rule is evaluated, no derivative is written here. Nothing here knows a node.

Only rules of this project are fed registers, since the tests hold each of them against the engine. Anyone else's may
look at what it is given in ways that leave no trace (it asks for a type, say), so each run calls it as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import BuiltinFunctionType, FunctionType
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autograd.core.op import Op, Operand, Rule

__all__ = ["Array", "Program", "Register", "copy_to", "expand_to", "ours", "plain_key", "program_of", "registers_in"]

Array: TypeAlias = NDArray[Any]
Function: TypeAlias = Rule


def ours(*rules: Function | None) -> bool:
    """Whether rules may be fed registers: those written in this package, and what NumPy and Python themselves compute.

    >>> ours(np.exp), ours(np.vectorize(float))
    (True, False)
    """
    for rule in rules:
        if type(rule) is FunctionType:
            if not rule.__globals__.get("__name__", "").startswith("autograd."):
                return False
        elif not (rule is None or type(rule) is BuiltinFunctionType
                  or getattr(np, getattr(rule, "__name__", ""), None) is rule):
            return False
    return True


class Program:
    """Calls in order, each (function, arguments)."""

    def __init__(self) -> None:
        self.steps: list[tuple[Function, tuple[object, ...]]] = []
        self.buffers: dict[int, Array] = {}         # every array written to, by id

    def call(self, function: Function, *arguments: object) -> Register:
        """The result of `function`, which takes the place to write to as last argument. Of constants: a constant."""
        arrays = [x.array if isinstance(x, Register) else x for x in arguments]
        if float in map(type, arrays):              # NumPy takes half as long over an array of one number
            kinds = {x.dtype for x in arrays if isinstance(x, np.ndarray) and x.dtype.kind == "f"}
            if len(kinds) == 1:
                arrays = [np.array(x, *kinds) if type(x) is float else x for x in arrays]
        out = np.asarray(function(*arrays))
        constant = all([not isinstance(x, Register) or x.constant for x in arguments])
        if not constant:
            self.step(function, *arrays, out)
        return self.register(out, constant, fresh=not constant)

    def attempt(self, function: Function, *arguments: object) -> Any:
        """`function` of registers; None, with nothing noted, if it can't be fed them, whatever it raises then."""
        steps, buffers = len(self.steps), len(self.buffers)
        try:
            return function(*arguments)
        except Exception:                           # called with plain arrays it will say itself if it must
            del self.steps[steps:]
            while len(self.buffers) > buffers:
                self.buffers.popitem()
            return None

    def opaque(self, name: str, function: Function, *arguments: object) -> Register:
        """`function` of plain arrays as one step, whose result is copied: right for any function, and slower.

        Raises ValueError in a run that gives a result of another shape or dtype than the first.
        """
        plain = _unwrapped(arguments)
        out = np.array(function(*plain))
        constant = all([x.constant for x in registers_in(arguments)])

        def again(plain: Sequence[Array], out: Array) -> None:
            found = np.asarray(function(*plain))
            if found.shape != out.shape or found.dtype != out.dtype:
                raise ValueError(f"replay: {name} gives {found.dtype} of shape {found.shape}, expected {out.dtype} of "
                                 f"shape {out.shape}, as it was recorded with; record again for other shapes")
            np.copyto(out, found)

        if not constant:
            self.step(again, plain, out)
        return self.register(out, constant, fresh=not constant)

    def register(self, array: Array, constant: bool = False, fresh: bool = False) -> Register:
        return Register(self, array, constant, fresh)

    def step(self, function: Function, *arguments: object) -> None:
        """Note a call; its last argument is what it writes to."""
        self.steps.append((_NAMED_OUT.get(function, function), arguments))
        out = arguments[-1]
        if isinstance(out, np.ndarray):
            out = out if out.base is None else out.base
            self.buffers[id(out)] = out

    def store(self, value: Register | Array | float, place: Array) -> None:
        """Have `value` in the array `place`: written there at once if the last call made it, else copied."""
        if isinstance(value, Register) and value.fresh and self.steps and self.steps[-1][1][-1] is value.array \
                and value.array.shape == place.shape and value.array.dtype == place.dtype:
            function, arguments = self.steps.pop()
            self.buffers.pop(id(value.array), None)
            place[...] = value.array
            self.step(function, *arguments[:-1], place)
            value.array, value.fresh = place, False             # whoever reads it from now on finds it there
        elif isinstance(value, Register) and not value.constant:
            np.copyto(place, value.array)
            self.step(copy_to, value.array, place)
        else:
            place[...] = value.array if isinstance(value, Register) else value
            self.step(copy_to, np.array(place), place)

    def run(self) -> None:
        """Make the calls."""
        for function, arguments in self.steps:
            function(*arguments)

    @property
    def bytes(self) -> int:
        return sum(buffer.nbytes for buffer in self.buffers.values())


# NumPy wants these two to be told by name where to write.
_NAMED_OUT: dict[object, Function] = {np.maximum: lambda x, y, out: np.maximum(x, y, out=out),
                                             np.minimum: lambda x, y, out: np.minimum(x, y, out=out)}


def copy_to(source: Array | float, place: Array) -> None:
    np.copyto(place, source)


def registers_in(x: object) -> Iterator[Register]:
    """The registers in x, also within tuples and lists."""
    if isinstance(x, Register):
        yield x
    elif isinstance(x, (tuple, list)):
        for y in x:
            yield from registers_in(y)


def program_of(arguments: object) -> Program:
    """The program of the first register in `arguments`."""
    return next(registers_in(arguments)).program


def _unwrapped(x: Any) -> Any:
    """x with arrays for registers, also within tuples and lists."""
    if isinstance(x, Register):
        return x.array
    return type(x)(map(_unwrapped, x)) if type(x) in (tuple, list) else x


class Register(Operand):
    """An array that computes like one and has each call written into its program.

    >>> program = Program()
    >>> x = Register(program, np.array([1.0, 2.0]))
    >>> y = 1.0 - x * x
    >>> x.array[:] = 3.0; program.run(); y.array
    array([-8., -8.])
    """

    __slots__ = ("array", "constant", "fresh", "program")

    def __init__(self, program: Program, array: Array, constant: bool = False, fresh: bool = False) -> None:
        self.program = program
        self.array = array
        self.constant = constant                    # no run changes it
        self.fresh = fresh                          # a call made it, and `store` may yet have it made elsewhere

    if TYPE_CHECKING:                               # written below, from NumPy's functions
        def __add__(self, other: object) -> Register: ...
        def __radd__(self, other: object) -> Register: ...
        def __sub__(self, other: object) -> Register: ...
        def __rsub__(self, other: object) -> Register: ...
        def __mul__(self, other: object) -> Register: ...
        def __rmul__(self, other: object) -> Register: ...
        def __truediv__(self, other: object) -> Register: ...
        def __rtruediv__(self, other: object) -> Register: ...
        def __matmul__(self, other: object) -> Register: ...
        def __rmatmul__(self, other: object) -> Register: ...

    @classmethod
    def apply(cls, op: Op, *inputs: object) -> Register:
        program = program_of(inputs)
        out = program.attempt(op.array, *inputs) if ours(op.array) else None
        return out if isinstance(out, Register) else program.opaque(op.name, op.array, *inputs)

    def view(self, array: Array) -> Register:
        """The same numbers seen another way."""
        return self.program.register(array, self.constant)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: object, **options: object) -> Any:
        if method != "__call__" or options or ufunc.nout != 1:
            return NotImplemented
        return self.program.call(ufunc, *inputs)

    def __array_function__(self, function: Function, types: object, arguments: Sequence[object],
                           options: object) -> Any:
        if function not in (np.where, np.dot) or options:
            return NotImplemented
        return self.program.call(_where if function is np.where else np.dot, *arguments)

    def __array__(self, *arguments: object, **options: object) -> NoReturn:
        raise TypeError("a register's numbers are not to be read while it is being recorded")

    def __float__(self) -> float:
        raise TypeError("a register's number is not to be read while it is being recorded")

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype

    @property
    def size(self) -> int:
        return self.array.size

    @property
    def T(self) -> Register:
        return self.view(self.array.T)

    def swapaxes(self, first: int, second: int) -> Register:
        return self.view(self.array.swapaxes(first, second))

    def reshape(self, *shape: Any) -> Register:
        view = self.array.reshape(*shape)
        if np.may_share_memory(view, self.array) or not self.array.size:
            return self.view(view)
        contiguous = self.program.call(_contiguous, self)       # a transposed array has no such view
        return contiguous.view(contiguous.array.reshape(*shape))

    def copy(self) -> Register:
        return self.program.call(_contiguous, self)

    @property
    def flags(self) -> Any:
        return self.array.flags

    def argmax(self, dim: int, keepdims: bool = False) -> Register:
        return self.program.call(lambda x, out=None: x.argmax(dim, out, keepdims=keepdims), self)

    def take(self, indices: Register | Array, axis: int | None = None) -> Register:
        """As NumPy's. Indices that no run changes were in range when this was recorded; others are checked anew."""
        if isinstance(indices, Register) and not indices.constant:
            return self.program.call(lambda x, i, out=None: x.take(i, axis, out), self, indices)
        plain = indices.array if isinstance(indices, Register) else indices
        self.array.take(plain, axis)                # raises if one is out of range
        plain = plain.astype(np.intp) % (self.array.size if axis is None else self.shape[axis])
        return self.program.call(lambda x, out=None: x.take(plain, axis, out, "clip"), self)   # "raise" would buffer

    def __getitem__(self, key: object) -> Register:  # rules that pick by index call the op `index`
        if not plain_key(key):
            raise TypeError("a register is read by slices alone")
        whole = key if type(key) is tuple else (key,)
        return self.view(self.array[whole if ... in whole else (*whole, ...)])     # of one number, too, a view

    def __setitem__(self, key: Any, value: Any) -> None:
        if self.constant or isinstance(value, Register):
            raise TypeError("a register is written to by plain numbers alone")
        where = key.array if isinstance(key, Register) else key
        self.array[where] = value
        self.program.step(lambda where, out: out.__setitem__(where, value), where, self.array)

    def _in_place(self, ufunc: np.ufunc, other: object) -> Register:
        y = other.array if isinstance(other, Register) else other
        if self.constant:
            raise TypeError("a constant register can't be changed in place")
        ufunc(self.array, y, out=self.array)
        self.program.step(ufunc, self.array, y, self.array)
        return self

    def __iadd__(self, other: object) -> Register:
        return self._in_place(np.add, other)

    def __isub__(self, other: object) -> Register:
        return self._in_place(np.subtract, other)

    def __imul__(self, other: object) -> Register:
        return self._in_place(np.multiply, other)

    def __itruediv__(self, other: object) -> Register:
        return self._in_place(np.divide, other)

    def __neg__(self) -> Any:
        return np.negative(self)

    def __abs__(self) -> Any:
        return np.abs(self)

    def __pow__(self, n: float) -> Any:
        if type(n) in (float, int) and n in _POWERS and self.dtype.kind == "f":
            return _POWERS[n](self)                 # what NumPy's own ** makes of these exponents
        return self.program.call(np.power, self, n)

    def __bool__(self) -> bool:
        raise TypeError("a rule may not branch on a number that is replayed")

    __hash__ = object.__hash__


_POWERS: dict[float, Function] = {2.0: np.square, 0.5: np.sqrt, -1.0: lambda x: np.divide(1.0, x)}


def _contiguous(x: Array, out: Array | None = None) -> Array:
    if out is None:
        return np.array(x, order="C")
    np.copyto(out, x)
    return out


def _where(condition: Array, x: Array, y: Array, out: Array | None = None) -> Array:
    if out is None:
        return np.where(condition, x, y)
    np.copyto(out, y)
    np.copyto(out, x, where=condition if condition.dtype == bool else condition != 0)
    return out


def _infix(ufunc: np.ufunc) -> tuple[Function, Function]:
    return lambda x, y: ufunc(x, y), lambda y, x: ufunc(x, y)


for _name, _ufunc in [("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("truediv", np.divide),
                      ("matmul", np.matmul)]:
    _forward, _reflected = _infix(_ufunc)
    setattr(Register, f"__{_name}__", _forward)
    setattr(Register, f"__r{_name}__", _reflected)
for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    _compare = {"lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal,
                "ne": np.not_equal}[_name]
    setattr(Register, f"__{_name}__", _infix(_compare)[0])


def plain_key(key: object) -> bool:
    """Whether an index is of integers and slices only, so that it gives a view."""
    keys = key if type(key) is tuple else (key,)
    return all(k is None or k is ... or type(k) in (int, slice) for k in keys)


def expand_to(shape: tuple[int, ...]) -> Function:
    """The function that broadcasts an array to `shape`, into a buffer if it is given one."""
    def expand(x: Array, out: Array | None = None) -> Array:
        if out is None:
            return np.broadcast_to(x, shape).copy()
        np.copyto(out, x)
        return out

    return expand
