"""Tensor's methods that make few numbers of many: sums, means, spreads, extremes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd.arrays import structural as st
from autograd.arrays.convert import handle
from autograd.arrays.dims import ALL_DIMS, Dim, dims_of, from_numpy, one_dim
from autograd.arrays.shapes import Shapes

if TYPE_CHECKING:
    from autograd.arrays.tensor import Tensor

__all__ = ["Extremum", "Reductions", "named"]

named: Callable[..., Any] = tuple.__new__           # named(T, values): a NamedTuple in half the time of T(*values)


class Extremum(NamedTuple):
    """What `max(dim)` and `min(dim)` return: the values, and where along `dim` they stand."""

    values: Tensor
    indices: Tensor


class Reductions(Shapes):
    """Sums and extremes. `dim` is an axis, several, or None for all; NumPy's `axis` and `keepdims` are understood."""

    __slots__ = ()

    def sum(self, dim: Dim = None, keepdim: bool = False, **numpy_names: Any) -> Tensor:
        """The sum over `dim` (an axis, several, or all).

        >>> from autograd import Tensor
        >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).sum(0)
        tensor([4., 6.])
        """
        if numpy_names:
            dim, keepdim = from_numpy("sum", dim, keepdim, numpy_names)
        x = self._data
        dims = (dim,) if type(dim) is int and 0 <= dim < x.ndim else dims_of("sum", dim, x.ndim)
        return st.sum_.make(self, dims, keepdim)

    def mean(self, dim: Dim = None, keepdim: bool = False, **numpy_names: Any) -> Tensor:
        """The sum over `dim` divided by how many were summed. Raises ValueError where that is none."""
        if numpy_names:
            dim, keepdim = from_numpy("mean", dim, keepdim, numpy_names)
        x = self._data
        total = st.sum_.make(self, ALL_DIMS[x.ndim] if dim is None else dims_of("mean", dim, x.ndim), keepdim)
        return total / (x.size // total._data.size if x.size else self._count("mean", dim))

    def var(self, dim: Dim = None, correction: int = 1, keepdim: bool = False, unbiased: bool | None = None,
            **numpy_names: Any) -> Tensor:
        """The variance over `dim`: Σ(x − mean)² / (n − correction), by default Bessel's n − 1 as in PyTorch."""
        if numpy_names:
            correction = numpy_names.pop("ddof", correction)
            dim, keepdim = from_numpy("var", dim, keepdim, numpy_names)
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

        >>> from autograd import Tensor
        >>> Tensor([[1.0, 5.0], [7.0, 3.0]]).max(1).values
        tensor([5., 7.])
        """
        if numpy_names:
            dim, keepdim = from_numpy("max", dim, keepdim, numpy_names)
        if isinstance(dim, Shapes):
            return self.maximum(dim)
        x = self._data
        dim = one_dim("max", dim, x)
        if dim is None:
            return st.max_all.make(self)
        indices = x.argmax(dim, keepdims=True)
        values = st.max_along.make(self, indices, dim, keepdim)
        return named(Extremum, (values, handle(indices if keepdim else indices.squeeze(dim))))

    def min(self, dim: Any = None, keepdim: bool = False, **numpy_names: Any) -> Any:
        """The smallest number; or with `dim` the smallest along it, as `(values, indices)`."""
        if numpy_names:
            dim, keepdim = from_numpy("min", dim, keepdim, numpy_names)
        if isinstance(dim, Shapes):
            return self.minimum(dim)
        x = self._data
        dim = one_dim("min", dim, x)
        if x.dtype.kind != "f":                     # -x would overflow; and a constant needs no detour
            if dim is None:
                return handle(np.asarray(x.min()))
            return Extremum(handle(x.min(dim, keepdims=keepdim)), handle(x.argmin(dim, keepdims=keepdim)))
        lowest = (-self).max(dim, keepdim)
        return -lowest if not isinstance(lowest, Extremum) else Extremum(-lowest.values, lowest.indices)

    def amax(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        """The largest number over `dim`, without its index."""
        largest = self.max(dim, keepdim)
        return largest.values if isinstance(largest, Extremum) else largest

    def amin(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        """The smallest number over `dim`, without its index."""
        smallest = self.min(dim, keepdim)
        return smallest.values if isinstance(smallest, Extremum) else smallest

    def argmax(self, dim: int | None = None, keepdim: bool = False, **numpy_names: Any) -> Tensor:
        """Where the largest number stands (along `dim`, or in the flattened array); a constant."""
        if numpy_names:
            dim, keepdim = from_numpy("argmax", dim, keepdim, numpy_names)
        return handle(np.asarray(self._data.argmax(one_dim("argmax", dim, self._data), keepdims=keepdim)))

    def argmin(self, dim: int | None = None, keepdim: bool = False, **numpy_names: Any) -> Tensor:
        """Where the smallest number stands; a constant."""
        if numpy_names:
            dim, keepdim = from_numpy("argmin", dim, keepdim, numpy_names)
        return handle(np.asarray(self._data.argmin(one_dim("argmin", dim, self._data), keepdims=keepdim)))

    def logsumexp(self, dim: Dim = None, keepdim: bool = False, **numpy_names: Any) -> Tensor:
        """log Σ exp(x) over `dim`, exact for any finite x: the maximum is taken out first.

        >>> from autograd import Tensor
        >>> print(Tensor([1000.0, 1000.0]).logsumexp())
        tensor(1000.6931)
        """
        if numpy_names:
            dim, keepdim = from_numpy("logsumexp", dim, keepdim, numpy_names)
        self._count("logsumexp", dim)
        dims = dims_of("logsumexp", dim, self.ndim)
        largest = self._data.max(axis=dims, keepdims=True)
        largest = handle(np.where(np.isfinite(largest), largest, largest.dtype.type(0)))
        summed = (self - largest).exp().sum(dims, keepdim=True).log() + largest
        return summed if keepdim else summed.squeeze(dims)

    def _count(self, name: str, dim: Dim) -> int:
        """How many numbers go into one result of a reduction over `dim`."""
        x = self._data
        count: int = x.size if dim is None else math.prod([x.shape[i] for i in dims_of(name, dim, x.ndim)])
        if count == 0:
            raise ValueError(f"{name}: no numbers to reduce over dim {dim} of shape {x.shape}")
        return count

    def any(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """Whether any number (along `dim`) is nonzero."""
        return handle(np.asarray(self._data.any(dims_of("any", dim, self.ndim), keepdims=keepdim)))

    def all(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """Whether all numbers (along `dim`) are nonzero."""
        return handle(np.asarray(self._data.all(dims_of("all", dim, self.ndim), keepdims=keepdim)))
