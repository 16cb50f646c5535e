"""What a caller gives, made an array or a tensor to compute with; or an error that says what is wrong with it.

`ArrayNode` is a node that holds an array, and nothing more: the families of `Tensor`'s methods are written on it, and
know no other class. Results are made by `handle`, which was told which class they are of.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt
from numpy import ndarray

from autograd.arrays import structural as st
from autograd.arrays.silence import quietly
from autograd.arrays.versions import changes, current, inputs_of, settle
from autograd.core.graph import Node
from autograd.core.numbers import is_real
from autograd.core.op import Op
from autograd.core.operators import Operators

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from autograd.arrays.tensor import Tensor

__all__ = ["Array", "ArrayNode", "as_array", "cast", "handle", "is_narrow", "like", "made_by_ops", "misfit",
           "narrowed", "one_number", "operand", "operands", "short", "to_float", "widened"]

Array = npt.NDArray[Any]                          # of real numbers; a NumPy scalar, of one, has its methods too


class ArrayNode(Node, Operators):
    """A node that holds an array."""

    __slots__ = ("__weakref__", "_data", "_saved", "requires_grad")
    _data: Array
    _saved: Any                                     # what the op's vjps will read; of a handle, whose array it is
    requires_grad: bool
    __hash__ = Node.__hash__

    if TYPE_CHECKING:
        @classmethod
        def apply(cls, op: Op, *arguments: object) -> Tensor: ...

    @property
    def shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = self._data.shape
        return shape

    @property
    def dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] = self._data.dtype
        return dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The nodes this one was computed from, in order, as they were then."""
        inputs = inputs_of(self)
        return settle(self, inputs) if changes and inputs else inputs

    @property
    def is_part(self) -> bool:
        """Whether it is a constant that shares memory with another tensor, as `x[0]` does: `_saved` says how."""
        return self.op is None and self._saved is not None and len(self._saved) == 3

    @property
    def place(self) -> tuple[Any, str, Any] | None:
        """Which tensor it shares its numbers with, and how it is found there; None where it shares them with none.

        What is written to a part is written to the whole.
        """
        if self.is_part:
            return self._saved                      # type: ignore[no-any-return]
        if self.op in st.VIEWS:
            whole, data = current(self._a), self._data
            if (np.may_share_memory(data, self._saved[0]) or (self._notes is not None and "diagonal" in self._notes)
                    or self.op is st.expand or (self.op is st.index and isinstance(data, np.generic))):
                return whole, self.op.name, self._saved[1]
        return None

    def within(self) -> list[Any]:
        """Itself, what it is a part of, what that is a part of, and so on."""
        chain: list[Any] = [self]
        while (place := chain[-1].place) is not None:
            chain.append(place[0])
        return chain

    def numpy(self) -> np.ndarray:
        """The array itself, read-only, since results may depend on it; `.numpy().copy()` may be written to."""
        array: Any = np.asarray(self._data)
        return np.asarray(memoryview(array).toreadonly())           # a lock that flags.writeable can't undo


_kind: type[ArrayNode] = ArrayNode
_new: Any = ArrayNode.__new__                       # without __init__'s copying and checking
K = TypeVar("K", bound=type[ArrayNode])


def made_by_ops(kind: K) -> K:
    """Have all results be of this class, which is then complete."""
    global _kind, _new
    _kind, _new = kind, kind.__new__
    return kind


def handle(array: Array, owner: tuple[Any, ...] | None = None) -> Tensor:
    """A leaf around `array`, not copied. If it has an owner, changing it in place changes that.

    An owner is (tensor, slot), whose own array it is; or (tensor, kind, how), of which it is a part.
    """
    node: Tensor = _new(_kind)
    node._data = array
    node._grad = None
    node.op = None
    node._a = node._b = None
    node._saved = owner
    node._notes = None
    node.requires_grad = False
    return node


def as_array(data: object, dtype: DTypeLike | None = None) -> Array:
    """`data` as a new array of real numbers; a TypeError or ValueError that says what is wrong otherwise."""
    if isinstance(data, ArrayNode):
        data = data._data
    if np.ma.isMaskedArray(data):
        raise TypeError("Tensor: got a masked array, expected plain numbers; use .filled(value) first")
    try:
        array = np.array(data)
    except ValueError:
        raise TypeError(f"Tensor: the lists in {short(data)} are of different lengths; "
                        "pad them to one length first") from None
    if array.dtype.kind == "O" and all([is_real(x) for x in array.flat]):
        array = np.array([to_float(x) for x in array.flat]).reshape(array.shape)
    if array.dtype.kind not in "biuf":
        inside = list(array.flat) if array.dtype.kind == "O" else []
        remedy = ("; for Values, use their .data" if any([isinstance(x, Node) for x in inside])
                  else "; make a list of it: list(x)" if any([isinstance(x, Iterable) for x in inside]) else "")
        what = {"c": "complex numbers", "O": "objects", "U": "strings", "S": "bytes"}.get(array.dtype.kind,
                                                                                           str(array.dtype))
        raise TypeError(f"Tensor: got {what} ({short(data)}), expected real numbers"
                        + remedy)
    if not array.dtype.isnative:                    # the other byte order; results would come in this machine's anyhow
        array = array.astype(array.dtype.newbyteorder("="))
    return array if dtype is None else cast(array, np.dtype(dtype), "Tensor")


def is_narrow(x: ArrayNode) -> bool:
    """Whether x is float16, which is a way to store numbers, not to add them up."""
    return x._data.dtype.char == "e"


def widened(x: ArrayNode) -> Tensor:
    """x to compute with: as float32, if it is float16."""
    return st.cast.make(x, np.dtype(np.float32)) if is_narrow(x) else x        # type: ignore[return-value]


def narrowed(x: ArrayNode, like: ArrayNode) -> Tensor:
    """x in the dtype of `like`."""
    return x if x._data.dtype == like._data.dtype else st.cast.make(x, like._data.dtype)    # type: ignore[return-value]


def cast(array: Array, dtype: np.dtype[Any], name: str) -> Array:
    """The array in that dtype: what a float32 can't hold is inf there, what an integer can't hold is an error."""
    if array.dtype is dtype:
        return array
    if dtype.kind not in "biuf":
        raise TypeError(f"{name}: got dtype {dtype}, expected one of real numbers")
    if dtype.kind in "iu" and array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name}: got inf or nan, which {dtype} can't hold")
    converted: Array = quietly(array.astype, dtype)
    return converted


_NUMBERS = frozenset({float, int, bool})


def to_float(x: Any) -> float:
    try:
        return float(x)
    except OverflowError:                           # an integer or fraction beyond the floats
        return math.inf if x > 0 else -math.inf


def operand(x: object, where: str, like: ArrayNode | None) -> Tensor:
    """`x` as a tensor to compute with: itself, or a constant; a Python number takes the dtype of `like`."""
    if like is not None and type(x) in _NUMBERS:
        data = like._data
        number = _number if x else _number.__wrapped__      # not remembered: to a cache, 0.0 and -0.0 are one
        return handle(number(x, data.dtype, type(data) is ndarray))
    if isinstance(x, ArrayNode):
        return x                                    # type: ignore[return-value]
    if x is None or isinstance(x, (str, bytes, Node)):
        raise TypeError(f"{where}: got {short(x)}, expected a Tensor, an array or a number")
    if isinstance(x, np.matrix) and where in ("mul", "power"):
        raise TypeError(f"{where}: got a np.matrix, whose * is the matrix product; expected an array: use "
                        "np.asarray(x), and @ for the product")
    return handle(as_array(x))


@lru_cache(maxsize=256, typed=True)
def _number(x: float, dtype: np.dtype[Any], array: bool) -> Any:
    """A Python number as an array, for a tensor of that dtype, or as a NumPy scalar.

    An array meets an array and a NumPy scalar a scalar: NumPy takes twice as long over a mixture.
    """
    if dtype.kind != "f":
        number = np.asarray(x)
        return number if number.dtype.kind != "O" else np.asarray(to_float(x))    # an integer beyond 64 bits
    if dtype.itemsize < 8 and not -6e4 < x < 6e4:   # what is too large is inf, without a warning
        return quietly(np.array, to_float(x), dtype)
    try:
        return np.array(x, dtype) if array else dtype.type(x)
    except OverflowError:                           # an integer beyond the floats
        return np.array(to_float(x), dtype)


def one_number(name: str, x: object, like: ArrayNode) -> Any:
    number = operand(x, name, like)._data
    if number.size != 1:
        raise ValueError(f"{name}: got {number.size} numbers, expected one")
    return number.item()


def operands(op: Op, *inputs: object) -> tuple[Tensor, ...]:
    first = next((x for x in inputs if isinstance(x, ArrayNode)), None)
    return tuple([operand(x, op.name, first) for x in inputs])


def like(data: object, owner: ArrayNode, slot: str) -> Array:
    array = data._data if isinstance(data, ArrayNode) else as_array(data)
    if array.shape != owner._data.shape:
        raise ValueError(f"{slot}: got shape {array.shape}, expected {owner.shape}, the tensor's own; "
                         "for another shape make a new Tensor")
    return cast(array, owner._data.dtype, slot)


def short(x: object) -> str:
    text = repr(x)
    return text if len(text) <= 60 else text[:57] + "..."


def _transposed(x: tuple[int, ...], y: tuple[int, ...]) -> str:
    """Which of two matrices would fit if it were transposed."""
    if len(x) == len(y) == 2 and x[1] == y[1]:
        return "; the right one transposed would fit: .T"
    if len(x) == len(y) == 2 and x[0] == y[0]:
        return "; the left one transposed would fit: .T"
    return ""


def misfit(op: Op, arrays: Sequence[Array], error: ValueError) -> ValueError:
    """What to say where NumPy, or the op, finds that arrays do not fit."""
    if op is st.matmul:
        x, y = [array.shape for array in arrays]
        return ValueError(f"matmul: shapes {x} and {y} do not fit; the left one's last axis must be as long as the "
                          f"right one's last but one{_transposed(x, y)}")
    if str(error).startswith(f"{op.name}: "):
        return error
    if isinstance(op, st.Structural):
        shapes = " and ".join(str(x.shape) for x in arrays)
        return ValueError(f"{op.name}: {str(error).strip()} (got shape{'s' * (len(arrays) > 1)} {shapes})")
    try:
        np.broadcast_shapes(*[x.shape for x in arrays])
    except ValueError:
        pass
    else:                                           # it is not the shapes
        return ValueError(f"{op.name}: {error}; convert them to floats first: .to(np.float64)")
    *first, last = [str(x.shape) for x in arrays]
    return ValueError(f"{op.name}: shapes {', '.join(first)} and {last} do not broadcast together; "
                      "aligned from the right, lengths must be equal or 1")
