"""`Tensor`: a NumPy array that remembers where it came from.

The same engine as `Value`, for arrays. A node keeps the arrays its op read (`_saved`) instead of its local derivatives,
which for arrays would cost work and memory before anyone asks; `backward` feeds them to the op's vjps. Broadcasting is
undone in one place, `_fit`. Arrays are never changed in place: a new array takes an old one's place, so whatever
a graph has saved stays as the forward pass saw it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from sys import getrefcount
from threading import local
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

import numpy as np
from numpy import ndarray

from autograd.arrays import structural as st
from autograd.arrays.silence import SILENT, quietly
from autograd.arrays.steps import Methods, fitted, write_pull
from autograd.core.graph import Node, topological
from autograd.core.interior import interior
from autograd.core.modes import active, is_grad_enabled, watching
from autograd.core.numbers import is_real
from autograd.core.op import TABLE, Op
from autograd.core.operators import COMPARISONS, Operators
from autograd.core.writing import Method

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = ["Extremum", "Tensor", "cat", "concatenate", "stack", "tensor", "where"]

Dim = int | Sequence[int] | None


class Extremum(NamedTuple):
    """What `max(dim)` and `min(dim)` return: the values, and where along `dim` they stand."""

    values: Tensor
    indices: Tensor


class Tensor(Node, Operators):
    """An array with a gradient.

    Args:
        data: numbers, nested lists of them, an array or a Tensor. It is copied. Integers become float64 unless
            `dtype` says otherwise (`tensor` keeps them); float32 stays float32, gradients included.
        requires_grad: whether `backward` should leave a gradient here. Without, it is a constant and costs nothing.
        dtype: a NumPy dtype.
        label: a name for pictures and messages.

    Raises:
        TypeError: for complex numbers, strings, objects, masked arrays, ragged lists; a gradient asked of integers.

    >>> W = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, label="W")
    >>> x = Tensor([1.0, -1.0])
    >>> loss = (W @ x).tanh().sum()
    >>> loss.backward()
    >>> print(W.grad)
    tensor([[ 0.42, -0.42],
            [ 0.42, -0.42]])
    """

    __slots__ = ("__weakref__", "_data", "_saved", "requires_grad")
    __array_priority__ = 100.0                      # for what asks by priority rather than by __array_ufunc__
    _data: Any
    _saved: Any
    requires_grad: bool

    def __init__(self, data: Any, requires_grad: bool = False, dtype: DTypeLike | None = None, label: str = "") -> None:
        array = as_array(data, dtype)
        if dtype is None and array.dtype.kind in "biu":
            array = array.astype(np.float64)
        self._data = array
        self._grad = None
        self.op = None
        self._a = self._b = None
        self._saved = None
        self._notes = {"label": label} if label else None
        self.requires_grad = False
        if requires_grad:
            self.requires_grad_()

    # What it holds.

    @property
    def data(self) -> Tensor:
        """The numbers as a detached Tensor. Changing it in place changes a leaf, but no gradient of earlier results."""
        return _handle(self._data, (self, "_data") if self.op is None else None)

    @data.setter
    def data(self, data: Any) -> None:
        self._data = _like(data, self, "data")
        if self.op is not None:
            self._cut()

    @property
    def grad(self) -> Tensor | None:
        """∂root/∂self after `root.backward()`, detached; None if no backward pass came here."""
        return None if self._grad is None else _handle(self._grad, (self, "_grad"))

    @grad.setter
    def grad(self, grad: Any) -> None:
        self._grad = None if grad is None else _like(grad, self, "grad")

    def numpy(self) -> np.ndarray:
        """The array itself, read-only, since results may depend on it; `.numpy().copy()` may be written to."""
        array: Any = np.asarray(self._data)
        return np.asarray(memoryview(array).toreadonly())           # a lock that flags.writeable can't undo

    def item(self) -> Any:
        """The one number in it, as Python's."""
        if self._data.size != 1:
            raise ValueError(f"item: a tensor of shape {self.shape} holds {self._data.size} numbers, not one; "
                             "use tolist() or index it")
        return self._data.item()

    def tolist(self) -> Any:
        """Its numbers as nested lists."""
        return self._data.tolist()

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

    def dim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    def size(self, dim: int | None = None) -> Any:
        """Its shape, or the length along `dim`; as PyTorch's, a method."""
        return self.shape if dim is None else self.shape[_dims("size", dim, self.ndim)[0]]

    def numel(self) -> int:
        """How many numbers it holds."""
        return int(self._data.size)

    nelement = numel

    @property
    def is_leaf(self) -> bool:
        return self.op is None

    @property
    def kind(self) -> str:
        return f"{self.shape} {self.dtype}"

    @property
    def is_parameter(self) -> bool:
        return self.requires_grad and self.op is None

    def filled(self, x: float) -> Any:
        return np.full(self.shape, x, self.dtype)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Ask for a gradient here (or no longer), in place."""
        if requires_grad and self._data.dtype.kind != "f":
            raise TypeError(f"requires_grad: a tensor of {self.dtype} has no gradient; make it of floats")
        if not requires_grad and self.op is not None:
            raise ValueError("requires_grad: only a leaf can stop requiring one; use .detach()")
        self.requires_grad = requires_grad
        return self

    def detach(self) -> Tensor:
        """The same numbers without history: a constant."""
        return _handle(self._data)

    def retain_grad(self) -> None:
        """Nothing to do: every node keeps its gradient here."""

    def zero_grad(self) -> None:
        """Forget the gradient."""
        self._grad = None

    # Backward.

    def backward(self, gradient: Any = None) -> None:
        """Set `.grad` to ∂self/∂node for every node below that requires it.

        Leaves add to the gradient they have; nodes made by an op start anew.

        Args:
            gradient: ∂(something)/∂self, of exactly this shape; may be left out where self is one number.

        Raises:
            ValueError: if nothing below requires a gradient, or `gradient` is missing or of another shape.
        """
        if not self.requires_grad:
            raise ValueError("backward: nothing here requires a gradient; make a parameter with requires_grad=True, "
                             "and check for no_grad() or .detach() on the way")
        data = self._data
        if gradient is None:
            if data.size != 1:
                raise ValueError(f"backward: from a tensor of shape {self.shape} it needs a gradient of that shape; "
                                 "to differentiate one number, reduce it first: .sum() or .mean()")
            seed = data.dtype.type(1) if data.ndim == 0 else np.ones(data.shape, data.dtype)
        else:
            seed = as_array(gradient, self.dtype)
            if seed.shape != self.shape:
                raise ValueError(f"backward: got a gradient of shape {seed.shape}, expected {self.shape}")
        if self.op is None:
            self._grad = seed if self._grad is None else self._grad + seed
            return
        if active and (someone := watching()) is not None:
            someone.back(self, seed)
        unreached = object()                        # this pass's own: no other gradient `is` it
        try:
            order = interior(self, unreached)
            if _changes:
                _refuse_changed(order)
            self._grad = seed
            SILENT.copy().run(_pull_all, order, unreached)      # `quietly`, without its call
        except BaseException:                       # Ctrl-C too: no node may keep the mark
            for node in topological(self):
                if node._grad is unreached:
                    node._grad = None
            raise
        last_pass.root = ref(self)

    @classmethod
    def apply(cls, op: Op, *arguments: Any) -> Tensor:
        """The tensor `op` makes of its inputs and parameters: the general way."""
        count = op.arity
        inputs, parameters = (arguments[:count], arguments[count:]) if count else (arguments[0], arguments[1:])
        inputs = _operands(op, *inputs)
        arrays = [x._data for x in inputs]
        try:
            out = quietly(op.array, *(arrays if count else [arrays]), *parameters)
            if isinstance(op, st.Structural) and op.keeps:
                out, *kept = out
                parameters = (*parameters, *kept)
        except ValueError as error:
            raise _misfit(op, arrays, error) from None
        return cls.record(op, out, inputs, (*arrays, *parameters))

    @classmethod
    def record(cls, op: Op, out: Any, inputs: tuple[Tensor, ...], saved: tuple[Any, ...]) -> Tensor:
        """A node holding `out`, with these inputs and what the op's vjps will read; a constant if none needs it.

        Methods do the same at greater length, and come here while some mode is on in some thread.
        """
        node = _handle(out)
        if not is_grad_enabled() or not any([x.requires_grad for x in inputs]):
            return node
        node.requires_grad = True
        node.op = op
        node._saved = saved
        if op.arity in (1, 2):
            node._a, node._b = (*inputs, None)[:2]
        else:
            node._a = inputs
        if active and (someone := watching()) is not None:
            someone.made(node)
        return node

    write_pull = staticmethod(write_pull)           # which an op's first step asks for

    def contributions(self, g: Any, needs: Sequence[bool] | None = None) -> Sequence[Any]:
        parts = self.unfitted(g, needs)
        return [part if part is None else fitted(part, x._data) for x, part in zip(self.inputs, parts)]

    def unfitted(self, g: Any, needs: Sequence[bool] | None = None) -> Sequence[Any]:
        inputs, saved = self.inputs, self._saved
        if needs is None:
            needs = [x.requires_grad for x in inputs]
        return self.op.pulled(needs, g, self._data, saved[:len(inputs)], saved[len(inputs):])   # type: ignore[union-attr]

    # The matrix product, of vectors, matrices and stacks of matrices, is NumPy's; its method, like those of the table's
    # rows, is written out in `generated`.

    if TYPE_CHECKING:
        def __matmul__(self, other: Any) -> Tensor: ...
        def matmul(self, other: Any) -> Tensor: ...
        def mm(self, other: Any) -> Tensor: ...
        def dot(self, other: Any) -> Tensor: ...

    def __rmatmul__(self, other: Any) -> Tensor:
        return operand(other, "matmul", self) @ self

    # Other dtypes, other copies.

    def to(self, target: Any) -> Tensor:
        """In another dtype (`t.to(torch.float32)`). "cpu", the only device there is, changes nothing."""
        if isinstance(target, str) and target.startswith(("cpu", "cuda", "mps")):
            if target != "cpu":
                raise ValueError(f"to: there is no device {target!r} here, only 'cpu'")
            return self
        dtype = target.dtype if isinstance(target, Tensor) else np.dtype(target)
        if dtype == self.dtype:
            return self
        if dtype.kind != "f":                       # integers have no gradient
            return _handle(cast(self._data, dtype, "to"))
        return st.cast.make(self, dtype)            # type: ignore[no-any-return]

    def cpu(self) -> Tensor:
        """Itself: there is no other device."""
        return self

    def double(self) -> Tensor:
        """As float64."""
        return self.to(np.float64)

    def long(self) -> Tensor:
        """As int64, rounded towards zero."""
        return self.to(np.int64)

    def clone(self) -> Tensor:
        """The same numbers as a node of their own, through which the gradient passes."""
        return self.reshape(self.shape)

    def log10(self) -> Tensor:
        """The logarithm to base 10: log x / log 10."""
        return self.log() / math.log(10.0)

    # Reductions.

    def sum(self, dim: Dim = None, keepdim: bool = False, **numpy_names: Any) -> Tensor:
        """The sum over `dim` (an axis, several, or all).

        >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).sum(0)
        tensor([4., 6.])
        """
        if numpy_names:
            dim, keepdim = _numpy_names("sum", dim, keepdim, numpy_names)
        x = self._data
        dims = (dim,) if type(dim) is int and 0 <= dim < x.ndim else _dims("sum", dim, x.ndim)
        return st.sum_.make(self, dims, keepdim)    # type: ignore[no-any-return]

    def mean(self, dim: Dim = None, keepdim: bool = False, **numpy_names: Any) -> Tensor:
        """The sum over `dim` divided by how many were summed. Raises ValueError where that is none."""
        if numpy_names:
            dim, keepdim = _numpy_names("mean", dim, keepdim, numpy_names)
        x = self._data
        total = st.sum_.make(self, _ALL_DIMS[x.ndim] if dim is None else _dims("mean", dim, x.ndim), keepdim)
        return total / (x.size // total._data.size if x.size else self._count("mean", dim))     # type: ignore[no-any-return]

    def var(self, dim: Dim = None, correction: int = 1, keepdim: bool = False, unbiased: bool | None = None,
            **numpy_names: Any) -> Tensor:
        """The variance over `dim`: Σ(x − mean)² / (n − correction), by default Bessel's n − 1 as in PyTorch."""
        if numpy_names:
            correction = numpy_names.pop("ddof", correction)
            dim, keepdim = _numpy_names("var", dim, keepdim, numpy_names)
        if isinstance(correction, bool) or type(dim) is bool:
            raise TypeError("var: pass correction= and keepdim= by name")
        if unbiased is not None:
            correction = int(unbiased)
        count = self._count("var", dim) - correction
        if count <= 0:
            raise ValueError(f"var: {count + correction} numbers leave no degree of freedom with "
                             f"correction={correction}; pass correction=0 or more numbers")
        deviation = self - self.mean(dim, keepdim=True)
        return (deviation ** 2).sum(dim, keepdim) / count

    def std(self, dim: Dim = None, correction: int = 1, keepdim: bool = False, unbiased: bool | None = None,
            **numpy_names: Any) -> Tensor:
        """The standard deviation: the square root of `var` with the same arguments."""
        return self.var(dim, correction, keepdim, unbiased, **numpy_names).sqrt()

    def max(self, dim: Any = None, keepdim: bool = False, **numpy_names: Any) -> Any:
        """The largest number; or with `dim` the largest along it, as `(values, indices)`.

        Over everything, equal maxima share the gradient; along `dim` it goes to the index named.

        >>> Tensor([[1.0, 5.0], [7.0, 3.0]]).max(1).values
        tensor([5., 7.])
        """
        if numpy_names:
            dim, keepdim = _numpy_names("max", dim, keepdim, numpy_names)
        if isinstance(dim, Tensor):
            return self.maximum(dim)
        x = self._data
        dim = _one_dim("max", dim, x)
        if dim is None:
            return st.max_all.make(self)
        indices = x.argmax(dim, keepdims=True)
        values = st.max_along.make(self, indices, dim, keepdim)
        return named(Extremum, (values, _handle(indices if keepdim else indices.squeeze(dim))))

    def min(self, dim: Any = None, keepdim: bool = False, **numpy_names: Any) -> Any:
        """The smallest number; or with `dim` the smallest along it, as `(values, indices)`."""
        if numpy_names:
            dim, keepdim = _numpy_names("min", dim, keepdim, numpy_names)
        if isinstance(dim, Tensor):
            return self.minimum(dim)
        x = self._data
        dim = _one_dim("min", dim, x)
        if x.dtype.kind != "f":                     # -x would overflow; and a constant needs no detour
            if dim is None:
                return _handle(np.asarray(x.min()))
            return Extremum(_handle(x.min(dim, keepdims=keepdim)), _handle(x.argmin(dim, keepdims=keepdim)))
        lowest = (-self).max(dim, keepdim)
        return -lowest if isinstance(lowest, Tensor) else Extremum(-lowest.values, lowest.indices)

    def amax(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        """The largest number over `dim`, without its index."""
        largest = self.max(dim, keepdim)
        return largest if isinstance(largest, Tensor) else largest.values

    def amin(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        """The smallest number over `dim`, without its index."""
        smallest = self.min(dim, keepdim)
        return smallest if isinstance(smallest, Tensor) else smallest.values

    def argmax(self, dim: int | None = None, keepdim: bool = False, **numpy_names: Any) -> Tensor:
        """Where the largest number stands (along `dim`, or in the flattened array); a constant."""
        if numpy_names:
            dim, keepdim = _numpy_names("argmax", dim, keepdim, numpy_names)
        return _handle(np.asarray(self._data.argmax(_one_dim("argmax", dim, self._data), keepdims=keepdim)))

    def argmin(self, dim: int | None = None, keepdim: bool = False, **numpy_names: Any) -> Tensor:
        """Where the smallest number stands; a constant."""
        if numpy_names:
            dim, keepdim = _numpy_names("argmin", dim, keepdim, numpy_names)
        return _handle(np.asarray(self._data.argmin(_one_dim("argmin", dim, self._data), keepdims=keepdim)))

    def logsumexp(self, dim: Dim = None, keepdim: bool = False, **numpy_names: Any) -> Tensor:
        """log Σ exp(x) over `dim`, exact for any finite x: the maximum is taken out first.

        >>> print(Tensor([1000.0, 1000.0]).logsumexp())
        tensor(1000.6931)
        """
        if numpy_names:
            dim, keepdim = _numpy_names("logsumexp", dim, keepdim, numpy_names)
        self._count("logsumexp", dim)
        dims = _dims("logsumexp", dim, self.ndim)
        largest = self._data.max(axis=dims, keepdims=True)
        largest = _handle(np.where(np.isfinite(largest), largest, largest.dtype.type(0)))
        summed = (self - largest).exp().sum(dims, keepdim=True).log() + largest
        return summed if keepdim else summed.squeeze(dims)

    def _count(self, name: str, dim: Dim) -> int:
        """How many numbers go into one result of a reduction over `dim`."""
        x = self._data
        count: int = x.size if dim is None else math.prod([x.shape[i] for i in _dims(name, dim, x.ndim)])
        if count == 0:
            raise ValueError(f"{name}: no numbers to reduce over dim {dim} of shape {x.shape}")
        return count

    # Shapes.

    def reshape(self, *shape: Any) -> Tensor:
        """The same numbers in another shape; one length may be -1."""
        sizes = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        try:
            return st.reshape.make(self, sizes)     # type: ignore[no-any-return]
        except TypeError:
            raise TypeError(f"reshape: got {_short(sizes)}, expected integers") from None
        except ValueError:
            raise ValueError(f"reshape: {self._data.size} numbers of shape {self.shape} do not fit {sizes}") from None

    view = reshape

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Tensor:
        """The axes from `start_dim` to `end_dim` made one."""
        shape = self.shape or (1,)
        (start,), (end,) = _dims("flatten", start_dim, len(shape)), _dims("flatten", end_dim, len(shape))
        if start > end:
            raise ValueError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim} of {self.ndim} axes")
        return self.reshape(*shape[:start], math.prod(shape[start:end + 1]), *shape[end + 1:])

    ravel = flatten

    def squeeze(self, dim: Dim = None) -> Tensor:
        """Without the axes of length 1 (all of them, or those in `dim`)."""
        dims = _dims("squeeze", dim, self.ndim)
        return self.reshape(tuple(n for i, n in enumerate(self.shape) if i not in dims or n != 1))

    def unsqueeze(self, dim: int) -> Tensor:
        """With a new axis of length 1 at `dim`."""
        (position,) = _dims("unsqueeze", dim, self.ndim + 1)
        return self.reshape((*self.shape[:position], 1, *self.shape[position:]))

    def expand(self, *shape: Any) -> Tensor:
        """Repeated along axes of length 1 to `shape`; -1 keeps an axis as it is."""
        sizes = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        padded = (1,) * (len(sizes) - self.ndim) + self.shape
        return Tensor.apply(st.expand, self, tuple(old if new == -1 else new for new, old in zip(sizes, padded)))

    def permute(self, *dims: Any) -> Tensor:
        """The axes in another order."""
        order = tuple(dims[0]) if len(dims) == 1 and isinstance(dims[0], (tuple, list)) else dims
        if sorted(_dims("permute", order, self.ndim)) != list(range(self.ndim)):
            raise ValueError(f"permute: got {order}, expected each of the {self.ndim} axes once")
        return Tensor.apply(st.permute, self, tuple(i % self.ndim for i in order))

    def transpose(self, *dims: Any) -> Tensor:
        """Two axes swapped (PyTorch); all of them in a given order, or reversed (NumPy)."""
        if len(dims) == 2:
            return self.swapaxes(*dims)
        return self.T if dims in ((), (None,)) else self.permute(*dims)

    def swapaxes(self, dim0: int, dim1: int) -> Tensor:
        """Two axes swapped."""
        first, second = _dims("swapaxes", dim0, self.ndim)[0], _dims("swapaxes", dim1, self.ndim)[0]
        order = list(range(self.ndim))
        order[first], order[second] = second, first
        return Tensor.apply(st.permute, self, tuple(order))

    @property
    def T(self) -> Tensor:
        """The axes reversed: a matrix transposed."""
        return Tensor.apply(st.permute, self, tuple(range(self.ndim))[::-1])

    @property
    def mT(self) -> Tensor:
        """The last two axes swapped."""
        return self.swapaxes(-1, -2)

    def t(self) -> Tensor:
        """A matrix transposed."""
        if self.ndim > 2:
            raise ValueError(f"t: got {self.ndim} axes, expected at most 2; use transpose(dim0, dim1) or .mT")
        return self.T

    def unbind(self, dim: int = 0) -> tuple[Tensor, ...]:
        """The slices along `dim`, without that axis."""
        (position,) = _dims("unbind", dim, self.ndim)
        return tuple(self[(slice(None),) * position + (i,)] for i in range(self.shape[position]))

    def __getitem__(self, key: Any) -> Tensor:
        try:
            return st.index.make(self, _key(key))       # type: ignore[no-any-return]
        except IndexError as error:
            raise IndexError(f"index: {error} (of a tensor of shape {self.shape})") from None

    def __setitem__(self, key: Any, value: Any) -> None:
        """Change the numbers at `key`. No gradient flows through an assignment: one that would have to, raises."""
        self._may_change("item assignment")
        tracked = isinstance(value, Tensor) and value.requires_grad and is_grad_enabled()
        if tracked and self._saved is not None and self.op is None:
            raise ValueError("item assignment: the value has a gradient, which .data would lose; use value.detach()")
        shared = getrefcount(self._data) > 2        # by a graph, a view, another Tensor: they keep the old numbers
        array = self._data
        if shared or not isinstance(array, np.ndarray) or array.base is not None:
            array = np.array(array)
        try:
            array[_key(key)] = operand(value, "item assignment", self)._data
        except IndexError as error:
            raise IndexError(f"item assignment: {error} (of a tensor of shape {self.shape})") from None
        except ValueError as error:
            raise ValueError(f"item assignment: {error} (of a tensor of {self.dtype})") from None
        self._replace(array)
        if tracked and self.op is None:
            self._cut()

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len: a 0-d tensor has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    # In place. A leaf's array is replaced, never written to, so what a graph has saved stays as it was.

    def _may_change(self, what: str) -> None:
        if self.requires_grad and self.op is None and is_grad_enabled():
            raise ValueError(f"{what}: {self.label or 'this tensor'} is a leaf that requires a gradient, and the "
                             "change would escape it; change its .data, or work under no_grad()")

    def _replace(self, array: Any) -> Tensor:
        if not np.can_cast(array.dtype, self._data.dtype, "same_kind"):
            raise TypeError(f"in place: a result of {array.dtype} does not fit a tensor of {self.dtype}; "
                            "convert it first, or assign the result to a name")
        array = cast(array, self._data.dtype, "in place")
        if array.shape != self._data.shape:
            raise ValueError(f"in place: a result of shape {array.shape} does not fit a tensor of shape {self.shape}")
        self._data = array
        if self.op is None and self._saved is not None:         # the handle that `.data` or `.grad` gave out
            owner, slot = self._saved
            setattr(owner, slot, array)
        if self.op is not None:
            self._cut()
        return self

    def _cut(self) -> None:
        """Its numbers are no longer what its op made: they may be read, but no gradient may pass through here."""
        self.op, self._a, self._b, self._saved, self.requires_grad = _CHANGED, (), None, (), True
        _changes.add(True)

    def _in_place(self, name: str, result: Callable[[Any], Tensor], other: Any) -> Tensor:
        if self.op is None and not (isinstance(other, Tensor) and other.requires_grad and is_grad_enabled()):
            self._may_change(name)
            return self._replace(result(other)._data)
        return result(other)                        # within a graph: an ordinary op under the old name

    def __iadd__(self, other: Any) -> Tensor:
        return self._in_place("+=", self.__add__, other)

    def __isub__(self, other: Any) -> Tensor:
        return self._in_place("-=", self.__sub__, other)

    def __imul__(self, other: Any) -> Tensor:
        return self._in_place("*=", self.__mul__, other)

    def __itruediv__(self, other: Any) -> Tensor:
        return self._in_place("/=", self.__truediv__, other)

    def zero_(self) -> Tensor:
        """All numbers made zero, in place."""
        return self.fill_(0)

    def fill_(self, value: Any) -> Tensor:
        """All numbers made `value`, in place."""
        self._may_change("fill_")
        array = np.empty_like(self._data)
        array[...] = _one_number("fill_", value, self)
        return self._replace(array)

    def copy_(self, other: Any) -> Tensor:
        """All numbers made those of `other`, broadcast to this shape, in place."""
        self._may_change("copy_")
        array = cast(operand(other, "copy_", self)._data, self.dtype, "copy_")
        return self._replace(np.broadcast_to(array, self.shape).copy())

    def add_(self, other: Any) -> Tensor:
        """`self += other`."""
        return self._assigned("add_", self.__add__, other)

    def sub_(self, other: Any) -> Tensor:
        """`self -= other`."""
        return self._assigned("sub_", self.__sub__, other)

    def mul_(self, other: Any) -> Tensor:
        """`self *= other`."""
        return self._assigned("mul_", self.__mul__, other)

    def div_(self, other: Any) -> Tensor:
        """`self /= other`."""
        return self._assigned("div_", self.__truediv__, other)

    def _assigned(self, name: str, result: Callable[[Any], Tensor], other: Any) -> Tensor:
        self._may_change(name)
        if isinstance(other, Tensor) and other.requires_grad and is_grad_enabled():
            raise ValueError(f"{name}: the other one has a gradient, which a change in place would lose; "
                             "use the operator, or other.detach()")
        return self._replace(result(other)._data)

    # As a number, as an array, as text.

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise ValueError(f"bool: a tensor of shape {self.shape} is neither true nor false; use .any() or .all()")
        return bool(self._data.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self._data.size != 1 or self._data.dtype.kind not in "iu":
            raise TypeError(f"index: got a tensor of {self.dtype} and shape {self.shape}, expected one integer")
        return int(self._data.item())

    def any(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """Whether any number (along `dim`) is nonzero."""
        return _handle(np.asarray(self._data.any(_dims("any", dim, self.ndim), keepdims=keepdim)))

    def all(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """Whether all numbers (along `dim`) are nonzero."""
        return _handle(np.asarray(self._data.all(_dims("all", dim, self.ndim), keepdims=keepdim)))

    __hash__ = Node.__hash__

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self._data, dtype=dtype) if copy or dtype is not None else self.numpy()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """NumPy's ufuncs by way of the table: `np.exp(t)` is `t.exp()`, `array * t` is a Tensor."""
        function = _ufunc(ufunc)
        if method != "__call__" or options or function is None:
            call = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
            raise TypeError(f"np.{call}: not an operation on Tensors"
                            + (f" with {', '.join(options)}" if options else "") + "; use .numpy() for the array")
        first, *rest = inputs
        like = next(x for x in inputs if isinstance(x, Tensor))
        return function(operand(first, ufunc.__name__, like), *rest)

    # (No __getattr__, not even for a better error: it slows every look-up, and a training step by a tenth.)

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:
        """NumPy's other functions: those with a counterpart here give a Tensor; none detaches a gradient silently."""
        ours = _FUNCTIONS.get(function.__name__)
        if ours is not None:
            return ours(*inputs, **options)
        result = function._implementation(*inputs, **options)
        parts = [part for x in inputs for part in (x if isinstance(x, (list, tuple)) else [x])]
        results = result if isinstance(result, (list, tuple)) else [result]
        if (any([isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fc" for x in results])
                and not function.__name__.endswith("_like")
                and any([isinstance(x, Tensor) and x.requires_grad for x in parts])):
            raise TypeError(f"np.{function.__name__}: not an operation on Tensors, and its result would have no "
                            "gradient; use .detach() to have it so")
        return result

    @property
    def _mask(self) -> Any:                         # what a masked array on the left asks for, and nothing else
        if self.requires_grad:
            raise TypeError("Tensor: a masked array would lose its gradient; use .filled(value) on the one, or "
                            ".detach() on the other, first")
        return np.ma.nomask

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)

    def __repr__(self) -> str:
        with np.printoptions(precision=4, suppress=True, floatmode="maxprec_equal" if self.ndim else "fixed"):
            body = np.array2string(np.asarray(self._data), prefix="tensor(", separator=", ")
        extras = [f"dtype={self.dtype}"] if self.dtype not in (np.float64, np.int64, np.bool_) else []
        if self.op is not None:
            extras.append(f"op={self.op.name}")
        elif self.requires_grad:
            extras.append("requires_grad=True")
        if self.label:
            extras.append(f"label={self.label!r}")
        return f"tensor({', '.join([body, *extras])})"


def tensor(data: Any, requires_grad: bool = False, dtype: DTypeLike | None = None, label: str = "") -> Tensor:
    """A Tensor of `data` that keeps integers and truth values as they are, as PyTorch's `tensor` does.

    >>> tensor([0, 2, 1]).dtype
    dtype('int64')
    """
    array = as_array(data, dtype)
    return Tensor(array, requires_grad, array.dtype, label)


def as_array(data: Any, dtype: DTypeLike | None = None) -> Any:
    """`data` as a new array of real numbers; a TypeError or ValueError that says what is wrong otherwise."""
    if isinstance(data, Tensor):
        data = data._data
    if np.ma.isMaskedArray(data):
        raise TypeError("Tensor: got a masked array, expected plain numbers; use .filled(value) first")
    try:
        array = np.array(data)
    except ValueError:
        raise TypeError(f"Tensor: the lists in {_short(data)} are of different lengths; "
                        "pad them to one length first") from None
    if array.dtype.kind == "O" and all([is_real(x) for x in array.flat]):
        array = np.array([_float(x) for x in array.flat]).reshape(array.shape)
    if array.dtype.kind not in "biuf":
        what = {"c": "complex numbers", "O": "objects", "U": "strings", "S": "bytes"}.get(array.dtype.kind,
                                                                                           str(array.dtype))
        raise TypeError(f"Tensor: got {what} ({_short(data)}), expected real numbers"
                        + ("; for Values, use their .data" if array.dtype.kind == "O" else ""))
    if not array.dtype.isnative:                    # the other byte order; results would come in this machine's anyhow
        array = array.astype(array.dtype.newbyteorder("="))
    return array if dtype is None else cast(array, np.dtype(dtype), "Tensor")


def cast(array: Any, dtype: np.dtype[Any], name: str) -> Any:
    """The array in that dtype: what a float32 can't hold is inf there, what an integer can't hold is an error."""
    if array.dtype is dtype:
        return array
    if dtype.kind not in "biuf":
        raise TypeError(f"{name}: got dtype {dtype}, expected one of real numbers")
    if dtype.kind in "iu" and array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name}: got inf or nan, which {dtype} can't hold")
    return quietly(array.astype, dtype)


_NUMBERS = frozenset({float, int, bool})


def _float(x: Any) -> float:
    try:
        return float(x)
    except OverflowError:                           # an integer or fraction beyond the floats
        return math.inf if x > 0 else -math.inf


def operand(x: Any, where: str, like: Tensor | None) -> Tensor:
    """`x` as a tensor to compute with: itself, or a constant; a Python number takes the dtype of `like`."""
    if like is not None and type(x) in _NUMBERS:
        data = like._data
        number = _number if x else _number.__wrapped__      # not remembered: to a cache, 0.0 and -0.0 are one
        return _handle(number(x, data.dtype, type(data) is ndarray))
    if isinstance(x, Tensor):
        return x
    if x is None or isinstance(x, (str, bytes, Node)):
        raise TypeError(f"{where}: got {_short(x)}, expected a Tensor, an array or a number")
    return _handle(as_array(x))


@lru_cache(maxsize=256, typed=True)
def _number(x: Any, dtype: np.dtype[Any], array: bool) -> Any:
    """A Python number as an array, for a tensor of that dtype, or as a NumPy scalar.

    An array meets an array and a NumPy scalar a scalar: NumPy takes twice as long over a mixture.
    """
    if dtype.kind != "f":
        number = np.asarray(x)
        return number if number.dtype.kind != "O" else np.asarray(_float(x))    # an integer beyond 64 bits
    if dtype.itemsize < 8 and not -6e4 < x < 6e4:   # what is too large is inf, without a warning
        return quietly(np.array, _float(x), dtype)
    try:
        return np.array(x, dtype) if array else dtype.type(x)
    except OverflowError:                           # an integer beyond the floats
        return np.array(_float(x), dtype)


def _one_number(name: str, x: Any, like: Tensor) -> Any:
    number = operand(x, name, like)._data
    if number.size != 1:
        raise ValueError(f"{name}: got {number.size} numbers, expected one")
    return number.item()


Tensor.operand = staticmethod(operand)      # type: ignore[method-assign, assignment]   # a method around it would be one call more


def where(condition: Any, x: Any, y: Any) -> Tensor:
    """Elementwise x where `condition` holds, else y; gradients go to whichever was taken.

    >>> where(np.array([True, False]), Tensor([1.0, 2.0]), 0.0)
    tensor([1., 0.])
    """
    like = next((t for t in (x, y) if isinstance(t, Tensor)), None)
    return Tensor.apply(TABLE["where"], operand(condition, "where", None), operand(x, "where", like),
                        operand(y, "where", like))


def concatenate(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """The tensors one after another along the axis `dim`, which they already have.

    >>> concatenate([Tensor([1.0]), Tensor([2.0, 3.0])])
    tensor([1., 2., 3.])
    """
    parts = [operand(t, "concatenate", None) for t in tensors]
    if not parts:
        raise ValueError("concatenate: got no tensors")
    if dim is None:
        raise TypeError("concatenate: got dim=None, expected an integer; flatten the tensors first to join all numbers")
    return Tensor.apply(st.concatenate, tuple(parts), _dims("concatenate", dim, parts[0].ndim)[0])


cat = concatenate


def stack(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """The tensors, all of one shape, along a new axis `dim`."""
    return concatenate([operand(t, "stack", None).unsqueeze(dim) for t in tensors], dim)


# Inside.

class _LastPass(local):
    """For each thread, the root of its last backward pass, held weakly: what `diagnose` asks when it is told none."""

    def root(self) -> Tensor | None:
        return None


last_pass: Any = _LastPass()
named: Callable[..., Any] = tuple.__new__           # named(T, values): a NamedTuple in half the time of T(*values)
_new: Callable[..., Tensor] = Tensor.__new__        # a Tensor without __init__'s copying and checking


def _handle(array: Any, owner: tuple[Tensor, str] | None = None) -> Tensor:
    """A leaf around `array`, not copied; if it belongs to `owner`, changing it in place changes that."""
    node = _new(Tensor)
    node._data = array
    node._grad = None
    node.op = None
    node._a = node._b = None
    node._saved = owner
    node._notes = None
    node.requires_grad = False
    return node


def _like(data: Any, owner: Tensor, slot: str) -> Any:
    array = data._data if isinstance(data, Tensor) else as_array(data)
    if array.shape != owner._data.shape:
        raise ValueError(f"{slot}: got shape {array.shape}, expected {owner.shape}, the tensor's own; "
                         "for another shape make a new Tensor")
    return cast(array, owner._data.dtype, slot)


def _dims(name: str, dim: Dim, ndim: int) -> tuple[int, ...]:
    """`dim` as a sorted tuple of axes from 0."""
    if dim is None:
        return _ALL_DIMS[ndim]
    if type(dim) is int and 0 <= dim < ndim:
        return (dim,)
    if isinstance(dim, (bool, str)) or not isinstance(dim, (int, np.integer, tuple, list)):
        raise TypeError(f"{name}: got dim={_short(dim)}, expected an integer or several")
    dims = []
    for i in (dim,) if isinstance(dim, (int, np.integer)) else dim:
        position = operator.index(i)
        if not -ndim <= position < ndim:
            raise IndexError(f"{name}: dim {position} is out of range for {ndim} axes")
        dims.append(position % ndim)
    if len(set(dims)) != len(dims):
        raise ValueError(f"{name}: dim {dim} names an axis twice")
    return tuple(sorted(dims))


def _one_dim(name: str, dim: Any, x: Any) -> int | None:
    """`dim` as one axis from 0, or None for all; an error where there is nothing to choose from."""
    if dim is None:
        if x.size == 0:
            raise ValueError(f"{name}: a tensor of shape {x.shape} has no number to choose")
        return None
    dims = _dims(name, dim, x.ndim)
    if len(dims) != 1:
        raise ValueError(f"{name}: got dim={dim}, expected one axis; for several, reshape them into one first")
    if x.shape[dims[0]] == 0:
        raise ValueError(f"{name}: a tensor of shape {x.shape} has no number to choose along dim {dims[0]}")
    return dims[0]


_ALL_DIMS = tuple(tuple(range(n)) for n in range(65))       # 64 axes are NumPy's limit


def _numpy_names(name: str, dim: Dim, keepdim: bool, names: dict[str, Any]) -> tuple[Any, bool]:
    """`dim` and `keepdim` where the caller wrote NumPy's `axis` and `keepdims`."""
    if names.pop("out", None) is not None:
        raise TypeError(f"{name}: writes to no `out`; assign the result instead")
    names = {k: v for k, v in names.items() if not (k == "dtype" and v is None)}
    dim, keepdim = names.pop("axis", dim), names.pop("keepdims", keepdim)
    if names:
        raise TypeError(f"{name}: unexpected argument {', '.join(map(repr, names))}")
    return dim, keepdim


def _key(key: Any) -> Any:
    """An index as NumPy takes it, its arrays copied: what is written to them later changes no gradient."""
    kind = type(key)
    if kind is ndarray and key.dtype.kind in "iub":
        return key.copy()
    if kind is tuple:
        return tuple([_key(k) for k in key])
    if kind in _PLAIN_KEYS:
        return key
    if isinstance(key, Tensor):
        key = key._data                             # never written to
    elif isinstance(key, (np.ndarray, list, range)):
        key = np.array(key, dtype=np.intp if len(key) == 0 else None)
    if not isinstance(key, (np.ndarray, np.generic)) or key.dtype.kind not in "iub":
        raise TypeError(f"index: got {_short(key)}, expected integers, slices, truth values or arrays of them")
    return key


_PLAIN_KEYS = frozenset({int, bool, slice, type(None), type(...)})


def _short(x: Any) -> str:
    text = repr(x)
    return text if len(text) <= 60 else text[:57] + "..."


def _transposed(x: tuple[int, ...], y: tuple[int, ...]) -> str:
    """Which of two matrices would fit if it were transposed."""
    if len(x) == len(y) == 2 and x[1] == y[1]:
        return "; the right one transposed would fit: .T"
    if len(x) == len(y) == 2 and x[0] == y[0]:
        return "; the left one transposed would fit: .T"
    return ""


def _misfit(op: Op, arrays: Sequence[Any], error: ValueError) -> ValueError:
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


def _through_a_change(*_: Any) -> Any:
    raise ValueError("backward: a tensor on the way was changed by item assignment, or in place, after an op made it, "
                     "and its gradient is lost; change a .clone().detach() instead, or use where() or concatenate()")


_changes: set[bool] = set()                         # holds something once any tensor was changed: until then none
                                                    # need be looked for


def _refuse_changed(order: list[Tensor]) -> None:
    """Raise before any gradient is added anywhere, rather than halfway."""
    for node in order:
        if node.op is _CHANGED:
            _through_a_change()


class _Changed(st.Structural):
    """The op of a tensor whose numbers are not an op's any more. There is one, and no reader of graphs can use it."""

    __slots__ = ()
    home = "autograd.arrays.tensor", "_APART"


_CHANGED = _Changed("changed", _through_a_change, joint=_through_a_change, symbol="[ ]=", methods=())
_APART = {"changed": _CHANGED}


def _pull_all(order: list[Tensor], unreached: object) -> None:
    for node in reversed(order):
        node.op.pull(node, unreached)


def _operands(op: Op, *inputs: Any) -> tuple[Tensor, ...]:
    first = next((x for x in inputs if isinstance(x, Tensor)), None)
    return tuple([operand(x, op.name, first) for x in inputs])


def _comparison(sign: str) -> Callable[[Tensor, Any], Any]:
    compare = getattr(operator, sign)

    def method(self: Tensor, other: Any) -> Any:
        if other is None or isinstance(other, str):
            return NotImplemented
        if isinstance(other, Tensor):
            other = other._data
        elif type(other) is int and self._data.dtype.kind == "f":
            other = _float(other)
        try:
            return _handle(np.asarray(compare(self._data, other)))
        except ValueError as error:
            raise ValueError(f"{sign.strip('_')}: {str(error).strip()}") from None

    return method


# Methods that share their names with Python's types, which the class body needs under those names.
for _name, _dtype in [("float", np.float32), ("int", np.int32), ("bool", np.bool_)]:
    setattr(Tensor, _name, lambda self, _dtype=_dtype: self.to(_dtype))
for _sign in COMPARISONS:
    setattr(Tensor, _sign, _comparison(_sign))

_UFUNCS: dict[str, Callable[..., Any]] = {
    "float_power": operator.pow, "power": operator.pow, "matmul": operator.matmul, "greater": operator.gt,
    "greater_equal": operator.ge, "less": operator.lt, "less_equal": operator.le, "equal": operator.eq,
    "not_equal": operator.ne}


def _ufunc(ufunc: Any) -> Callable[..., Any] | None:
    """What a function of NumPy's is here: the row that computes with it, or that goes by its name."""
    if ufunc.__name__ in _UFUNCS:
        return _UFUNCS[ufunc.__name__]
    for op in TABLE.values():
        if op.array is ufunc or op.name == ufunc.__name__ or _OPERATORS.get(ufunc.__name__) is op.array:
            return op
    return None


_OPERATORS = {"add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
              "negative": operator.neg, "absolute": operator.abs}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "concatenate": lambda tensors, axis=0: concatenate(tensors, axis), "where": where,
    "stack": lambda tensors, axis=0: stack(tensors, axis), "dot": lambda x, y: operand(x, "dot", None) @ y,
    "reshape": lambda x, shape: x.reshape(shape), "ravel": lambda x: x.reshape(-1),
    "expand_dims": lambda x, axis: x.unsqueeze(axis),
}


def _pow(self: Tensor, other: Any) -> Tensor:
    if isinstance(other, _EXPONENTS):
        return _methods.power(_float(other))(self)  # type: ignore[no-any-return]
    return self.power(other)


_EXPONENTS = (int, float, np.floating, np.integer)
_methods = Methods(Tensor, {"misfit": _misfit, "operand": operand, "operands": _operands})
Tensor.__pow__ = _pow                               # type: ignore[method-assign]
Method(Tensor, ("__matmul__", "mm", "dot", "matmul"), partial(_methods.maker, st.matmul, doc=(
    "self @ other: the matrix product, of vectors, matrices and stacks of matrices, as NumPy's.")))
