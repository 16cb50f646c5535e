"""Tensor's methods that make few numbers of many: sums, means, spreads, extremes, norms.

`dim` is an axis, several, or None for all. NumPy's `axis` and `keepdims` are understood, and whoever writes them is
owed NumPy's result: see `dims.OWED`. float16 is a way to store numbers, not to add them up: means, spreads and
products of it are computed as float32 and rounded once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from autograd.arrays import structural as st
from autograd.arrays.below import BELOW
from autograd.arrays.convert import handle, is_narrow, widened
from autograd.arrays.dims import ALL_DIMS, Dim, axis_of, dims_of, from_numpy, one_dim, owed
from autograd.arrays.joining import concatenate
from autograd.arrays.shapes import Shapes
from autograd.core.op import TABLE, Rule

if TYPE_CHECKING:
    from autograd.arrays.tensor import Tensor

__all__ = ["Extremum", "Reductions", "named"]

named: Rule = tuple.__new__                         # named(T, values): a NamedTuple in half the time of T(*values)


def _a_pair(*_: object, **__: object) -> NoReturn:
    raise TypeError("a pair of (values, indices) is no tensor, expected one of the two; use .values or .indices")


class Extremum(NamedTuple):
    """What `max(dim)`, `min(dim)`, `sort` and `topk` return: the values, and where along `dim` they stood."""

    values: Tensor
    indices: Tensor


_SIGNS = ("add", "sub", "mul", "truediv", "pow", "matmul")

# A pair taken for a tensor would be stacked, or repeated, without a word.
for _name in ["__array__", "__array_function__", "__array_ufunc__", "__neg__", "__abs__", "__float__",
              *[f"__{side}{name}__" for side in ("", "r") for name in _SIGNS],
              "__lt__", "__le__", "__gt__", "__ge__"]:
    setattr(Extremum, _name, _a_pair)


class Reductions(Shapes):
    """Sums and extremes."""

    __slots__ = ()

    if TYPE_CHECKING:
        def to(self, target: Any = None, *more: Any, device: Any = None, dtype: Any = None, **how: Any) -> Tensor: ...

    def sum(self, dim: Dim = None, keepdim: bool = False, **numpy_names: Any) -> Tensor:
        """The sum over `dim` (an axis, several, or all).

        >>> from autograd import Tensor
        >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).sum(0)
        tensor([4., 6.])
        """
        if numpy_names:
            if (dtype := numpy_names.pop("dtype", None)) is not None:
                return self.to(dtype).sum(dim, keepdim, **numpy_names)
            dim, keepdim = from_numpy("sum", dim, keepdim, numpy_names)
        x = self._data
        dims = (dim,) if type(dim) is int and 0 <= dim < x.ndim else dims_of("sum", dim, x.ndim)
        return st.sum_.make(self, dims, keepdim)

    def mean(self, dim: Dim = None, keepdim: bool = False, **numpy_names: object) -> Tensor:
        """The sum over `dim` divided by how many were summed. Raises ValueError where that is none."""
        if numpy_names:
            if (dtype := numpy_names.pop("dtype", None)) is not None:
                return self.to(dtype).mean(dim, keepdim, **numpy_names)
            dim, keepdim = from_numpy("mean", dim, keepdim, numpy_names)
        x = self._data
        if is_narrow(self):
            return widened(self).mean(dim, keepdim).to(self._data.dtype)
        total = st.sum_.make(self, ALL_DIMS[x.ndim] if dim is None else dims_of("mean", dim, x.ndim), keepdim)
        return total / (x.size // total._data.size if x.size else self._count("mean", dim))

    def var(self, dim: Dim = None, correction: int | None = None, keepdim: bool = False, unbiased: bool | None = None,
            **numpy_names: Any) -> Tensor:
        """The variance over `dim`: Σ(x − mean)² / (n − correction).

        The correction is Bessel's 1, as in PyTorch, but 0 for who writes NumPy's `axis`, as in NumPy; `unbiased` and
        NumPy's `ddof` say it too.
        """
        if isinstance(correction, bool) or type(dim) is bool:
            raise TypeError("var: pass correction= and keepdim= by name")
        if unbiased is not None:
            correction = int(unbiased)
        if numpy_names:
            ddof = numpy_names.pop("ddof", None)
            correction = ddof if correction is None else correction
        if correction is None:
            correction = owed("var", numpy_names)
        if numpy_names:
            dim, keepdim = from_numpy("var", dim, keepdim, numpy_names)
        if is_narrow(self):
            return widened(self).var(dim, correction, keepdim).to(self._data.dtype)
        count = self._count("var", dim) - correction
        if count <= 0:
            raise ValueError(f"var: {count + correction} numbers leave no degree of freedom with "
                             f"correction={correction}; pass correction=0 or more numbers")
        deviation = self - self.mean(dim, keepdim=True)
        return (deviation ** 2).sum(dim, keepdim) / count

    def std(self, dim: Dim = None, correction: int | None = None, keepdim: bool = False, unbiased: bool | None = None,
            **numpy_names: object) -> Tensor:
        """The standard deviation: the square root of `var` with the same arguments.

        Where all numbers are equal it is 0, and so is its gradient, as in PyTorch.
        """
        if is_narrow(self):
            return widened(self).std(dim, correction, keepdim, unbiased, **numpy_names).to(self._data.dtype)
        variance = self.var(dim, correction, keepdim, unbiased, **numpy_names)
        return variance.apply(TABLE["root"], variance)

    def norm(self, p: Any = 2, dim: Dim = None, keepdim: bool = False, **numpy_names: object) -> Tensor:
        """(Σ|x|ᵖ)^(1/p) over `dim`: Euclid's length for p = 2; for p = ∞ the largest |x|. At 0 its gradient is 0.

        >>> from autograd import Tensor
        >>> Tensor([3.0, 4.0]).norm()
        tensor(5.0000)
        """
        if numpy_names:
            dim, keepdim = from_numpy("norm", dim, keepdim, numpy_names)
        if isinstance(p, bool) or not (p is None or p == "fro" or isinstance(p, (int, float, np.number))):
            raise TypeError(f"norm: got p={p!r}, expected a number, 'fro' or None for 2")
        if is_narrow(self):
            return widened(self).norm(p, dim, keepdim).to(self._data.dtype)
        if p in (None, "fro", 2):
            total = (self * self).sum(dim, keepdim)
            return total.apply(TABLE["root"], total)
        sizes = abs(self)
        if p == 1:
            return sizes.sum(dim, keepdim)
        if p == math.inf:
            return sizes.amax(dim, keepdim)
        if p == -math.inf:
            return sizes.amin(dim, keepdim)
        if not p > 0:
            raise ValueError(f"norm: got p={p}, expected a positive number, inf or -inf")
        total = (sizes ** p).sum(dim, keepdim)
        positive = total.sign()                     # 0 where all are 0, else 1: a root has no slope at 0
        root: Tensor = (total + (1.0 - positive)) ** (1.0 / p) * positive
        return root

    def prod(self, dim: Dim = None, keepdim: bool = False, **numpy_names: object) -> Tensor:
        """The product over `dim`. It is made of pairs, and so are its derivatives: a zero among them does no harm.

        >>> from autograd import Tensor
        >>> x = Tensor([2.0, 0.0, 3.0], requires_grad=True); x.prod().backward(); x.grad
        tensor([0., 6., 0.])
        """
        if numpy_names:
            if (dtype := numpy_names.pop("dtype", None)) is not None:
                return self.to(dtype).prod(dim, keepdim, **numpy_names)
            dim, keepdim = from_numpy("prod", dim, keepdim, numpy_names)
        if is_narrow(self):
            return widened(self).prod(dim, keepdim).to(self._data.dtype)
        dims = dims_of("prod", dim, self.ndim)
        x: Any = self.long() if self._data.dtype.kind == "b" else self      # type: ignore[attr-defined]
        for axis in dims:
            while (n := x.shape[axis]) > 1:
                before = (slice(None),) * axis
                half = n // 2
                pairs = x[(*before, slice(half))] * x[(*before, slice(half, 2 * half))]
                x = pairs if n % 2 == 0 else concatenate([pairs, x[(*before, slice(n - 1, n))]], axis)
            if n == 0:
                x = x.sum(axis, keepdim=True) + 1
        return x if keepdim else x.squeeze(dims)    # type: ignore[no-any-return]

    def cumsum(self, dim: int | None = None, **numpy_names: object) -> Tensor:
        """The sums of the first 1, 2, 3, … numbers along `dim`; without one, of all numbers in a row, as NumPy's.

        >>> from autograd import Tensor
        >>> Tensor([1.0, 2.0, 3.0]).cumsum(0)
        tensor([1., 3., 6.])
        """
        if numpy_names:
            if (dtype := numpy_names.pop("dtype", None)) is not None:
                return self.to(dtype).cumsum(dim, **numpy_names)
            dim, _ = from_numpy("cumsum", dim, False, numpy_names)
        if dim is None:
            return self.reshape(-1).cumsum(0)
        if self.ndim == 0:                          # PyTorch's: one number has an axis, 0 or −1
            return self.reshape(1).cumsum(dim).reshape(())
        return st.cumsum.make(self, axis_of("cumsum", dim, self.ndim))

    def max(self, dim: Any = None, keepdim: bool = False, **numpy_names: object) -> Any:
        """The largest number; or with `dim` the largest along it, as `(values, indices)`; with `axis`, the values.

        Over everything, equal maxima share the gradient; along `dim` it goes to the index named.

        >>> from autograd import Tensor
        >>> Tensor([[1.0, 5.0], [7.0, 3.0]]).max(1).values
        tensor([5., 7.])
        """
        if numpy_names:
            pair = owed("max", numpy_names) == "pair"
            dim, keepdim = from_numpy("max", dim, keepdim, numpy_names)
            if not pair:
                return self.amax(dim, keepdim)
        if isinstance(dim, Shapes):
            return self.maximum(dim)
        if dim is not None and not self.ndim:       # one number has an axis, 0 or −1
            return self._of_one("max", dim)
        x = self._data
        dim = one_dim("max", dim, x)
        if dim is None:
            return self._kept(st.max_all.make(self), keepdim)
        indices = x.argmax(dim, keepdims=True)
        values = st.max_along.make(self, indices, dim, keepdim)
        return named(Extremum, (values, handle(indices if keepdim else indices.squeeze(dim))))

    def min(self, dim: Any = None, keepdim: bool = False, **numpy_names: object) -> Any:
        """The smallest number; or with `dim` the smallest along it, as `(values, indices)`; with `axis`, the values."""
        if numpy_names:
            pair = owed("min", numpy_names) == "pair"
            dim, keepdim = from_numpy("min", dim, keepdim, numpy_names)
            if not pair:
                return self.amin(dim, keepdim)
        if isinstance(dim, Shapes):
            return self.minimum(dim)
        if dim is not None and not self.ndim:
            return self._of_one("min", dim)
        x = self._data
        dim = one_dim("min", dim, x)
        if x.dtype.kind != "f":                     # -x would overflow; and a constant needs no detour
            if dim is None:
                return self._kept(handle(np.asarray(x.min())), keepdim)
            return Extremum(handle(x.min(dim, keepdims=keepdim)), handle(x.argmin(dim, keepdims=keepdim)))
        lowest = (-self).max(dim, keepdim)
        return -lowest if not isinstance(lowest, Extremum) else Extremum(-lowest.values, lowest.indices)

    def _of_one(self, name: str, dim: Any) -> Extremum:
        axis_of(name, dim, 1)
        return Extremum(self.reshape(()), handle(np.array(0)))

    def amax(self, dim: Dim = None, keepdim: bool = False, **numpy_names: object) -> Tensor:
        """The largest number over `dim`, without its index. Of equal ones along a `dim` the first has the gradient."""
        if numpy_names:
            dim, keepdim = from_numpy("amax", dim, keepdim, numpy_names)
        return self._extreme("amax", type(self).max, dim, keepdim)

    def amin(self, dim: Dim = None, keepdim: bool = False, **numpy_names: object) -> Tensor:
        """The smallest number over `dim`, without its index. Of equal ones along a `dim` the first has the gradient."""
        if numpy_names:
            dim, keepdim = from_numpy("amin", dim, keepdim, numpy_names)
        return self._extreme("amin", type(self).min, dim, keepdim)

    def _extreme(self, name: str, extreme: Rule, dim: Dim, keepdim: bool) -> Tensor:
        """The largest or smallest over an axis, several, or all."""
        dims = dims_of(name, dim, self.ndim)
        if dim is None or isinstance(dim, (int, np.integer)):
            found = extreme(self, dim, keepdim)
            return found.values if isinstance(found, Extremum) else found
        if not dims:
            return self.reshape(self.shape)
        others = [i for i in range(self.ndim) if i not in dims]
        lengths = [self.shape[i] for i in others]
        found = extreme(self.permute(*others, *dims).reshape(*lengths, math.prod([self.shape[i] for i in dims])), -1)
        kept = tuple([1 if i in dims else n for i, n in enumerate(self.shape)])
        return found.values.reshape(kept) if keepdim else found.values  # type: ignore[no-any-return]

    def argmax(self, dim: int | None = None, keepdim: bool = False, **numpy_names: object) -> Tensor:
        """Where the largest number stands (along `dim`, or in the flattened array); a constant."""
        if numpy_names:
            dim, keepdim = from_numpy("argmax", dim, keepdim, numpy_names)
        axis: Any = one_dim("argmax", dim, self._data)
        return handle(np.asarray(self._data.argmax(axis, keepdims=keepdim)))

    def argmin(self, dim: int | None = None, keepdim: bool = False, **numpy_names: object) -> Tensor:
        """Where the smallest number stands; a constant."""
        if numpy_names:
            dim, keepdim = from_numpy("argmin", dim, keepdim, numpy_names)
        axis: Any = one_dim("argmin", dim, self._data)
        return handle(np.asarray(self._data.argmin(axis, keepdims=keepdim)))

    def sort(self, dim: int = -1, descending: bool = False, stable: bool = True, **numpy_names: object) -> Any:
        """The numbers along `dim` in order, as `(values, indices)`; with NumPy's `axis`, the values.

        >>> from autograd import Tensor
        >>> values, indices = Tensor([3.0, 1.0, 2.0]).sort()
        >>> values, indices
        (tensor([1., 2., 3.]), tensor([1, 2, 0]))
        """
        pair = owed("sort", numpy_names) == "pair"
        x: Any = self
        if numpy_names:
            dim, _ = from_numpy("sort", dim, False, _without_kind(numpy_names))
        if dim is None or not self.ndim:            # NumPy's word for all numbers in a row; and one number is a row
            axis_of("sort", 0 if dim is None else dim, 1)
            x, dim = self.reshape(-1), 0
        position = axis_of("sort", dim, x.ndim)
        if descending:                              # turned twice, so that of equal numbers the first stays first
            x = x.flip(position)
        values, places = st.sort.make(x, position), np.argsort(x._data, position, kind="stable")
        if descending:
            values, places = values.flip(position), x.shape[position] - 1 - np.flip(places, position)
        return Extremum(values.reshape(self.shape), handle(places.reshape(self.shape))) if pair else values

    def argsort(self, dim: int = -1, descending: bool = False, stable: bool = True, **numpy_names: object) -> Tensor:
        """Where the numbers along `dim` stand, in their order; a constant."""
        if numpy_names:
            dim, _ = from_numpy("argsort", dim, False, _without_kind(numpy_names))
        x = handle(self._data if dim is not None else self._data.reshape(-1))
        indices: Tensor = x.sort(0 if dim is None else dim, descending).indices
        return indices

    def topk(self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Extremum:
        """The k largest numbers along `dim` (or smallest), the most extreme first, as `(values, indices)`."""
        position = axis_of("topk", dim, max(self.ndim, 1))
        n = self.shape[position] if self.ndim else 1
        if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 0 <= k <= n:
            raise ValueError(f"topk: got k={k!r}, expected an integer from 0 to {n}, the length along dim {dim}")
        values, indices = self.sort(dim, descending=largest)
        first = (slice(None),) * position + (slice(int(k)),) if self.ndim else ()
        return Extremum(values[first], indices[first])

    def logsumexp(self, dim: Dim = None, keepdim: bool = False, **numpy_names: object) -> Tensor:
        """log Σ exp(x) over `dim`, exact for any finite x: the maximum is taken out first.

        >>> from autograd import Tensor
        >>> print(Tensor([1000.0, 1000.0]).logsumexp())
        tensor(1000.6931)
        """
        if numpy_names:
            dim, keepdim = from_numpy("logsumexp", dim, keepdim, numpy_names)
        if is_narrow(self):
            return widened(self).logsumexp(dim, keepdim).to(self._data.dtype)
        self._count("logsumexp", dim)
        dims = dims_of("logsumexp", dim, self.ndim)
        found: Tensor = st.logsumexp.make(self, dims, keepdim)
        return found

    def softmax(self, dim: int = -1, dtype: Any = None, **numpy_names: Any) -> Tensor:
        """exp(x) / Σ exp(x) along `dim`; with more options it is `F.softmax`.

        >>> from autograd import Tensor
        >>> Tensor([0.0, 0.0]).softmax(0)
        tensor([0.5, 0.5])
        """
        if self.ndim == 0:                          # PyTorch's: one number has an axis, 0 or −1
            return self.reshape(1).softmax(dim, dtype, **numpy_names).reshape(())
        x, axis = self._floats("softmax", dim, dtype, numpy_names)
        if is_narrow(x):
            return widened(x).softmax(axis).to(x.dtype)
        powers = BELOW.make(x, axis).exp()
        return powers / powers.sum(axis, keepdim=True)

    def log_softmax(self, dim: int = -1, dtype: Any = None, **numpy_names: Any) -> Tensor:
        """log softmax(x) along `dim`, without ever taking the log of something that underflowed."""
        if self.ndim == 0:
            return self.reshape(1).log_softmax(dim, dtype, **numpy_names).reshape(())
        x, axis = self._floats("log_softmax", dim, dtype, numpy_names)
        if is_narrow(x):
            return widened(x).log_softmax(axis).to(x.dtype)
        below = BELOW.make(x, axis)
        return below - st.logsumexp.make(below, (axis,), True)

    def _floats(self, name: str, dim: Any, dtype: Any, numpy_names: dict[str, Any]) -> tuple[Tensor, int]:
        if numpy_names:
            dim, _ = from_numpy(name, dim, False, numpy_names)
        x: Any = self if dtype is None else self.to(dtype)
        axis = axis_of(name, dim, x.ndim)
        self._count(name, axis)
        return (x if x._data.dtype.kind == "f" else x.to(np.float64)), axis

    def any(self, dim: Dim = None, keepdim: bool = False, **numpy_names: Any) -> Tensor:
        """Whether any number (along `dim`) is nonzero."""
        if numpy_names:
            dim, keepdim = from_numpy("any", dim, keepdim, numpy_names)
        return handle(np.asarray(self._data.any(dims_of("any", dim, self.ndim), keepdims=keepdim)))

    def all(self, dim: Dim = None, keepdim: bool = False, **numpy_names: object) -> Tensor:
        """Whether all numbers (along `dim`) are nonzero."""
        if numpy_names:
            dim, keepdim = from_numpy("all", dim, keepdim, numpy_names)
        return handle(np.asarray(self._data.all(dims_of("all", dim, self.ndim), keepdims=keepdim)))

    def _count(self, name: str, dim: Dim) -> int:
        """How many numbers go into one result of a reduction over `dim`."""
        x = self._data
        count: int = x.size if dim is None else math.prod([x.shape[i] for i in dims_of(name, dim, x.ndim)])
        if count == 0:
            raise ValueError(f"{name}: no numbers to reduce over dim {dim} of shape {x.shape}")
        return count

    def _kept(self, whole: Tensor, keepdim: bool) -> Tensor:
        """One number made of all, with the axes they had as length 1 if they are to be kept."""
        return whole.reshape((1,) * self.ndim) if keepdim else whole


def _without_kind(numpy_names: dict[str, object]) -> dict[str, object]:
    """How NumPy is to sort is nothing to us."""
    return {name: x for name, x in numpy_names.items() if name not in ("kind", "order")}
