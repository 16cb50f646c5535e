"""Tensor's methods that change its shape, or take some of its numbers: nothing is computed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from autograd.arrays import structural as st
from autograd.arrays.convert import ArrayNode, short
from autograd.arrays.dims import Dim, dims_of, index_key

if TYPE_CHECKING:
    from autograd.arrays.tensor import Tensor

__all__ = ["Shapes"]


class Shapes(ArrayNode):
    """Shapes, axes, indices."""

    __slots__ = ()

    def reshape(self, *shape: Any) -> Tensor:
        """The same numbers in another shape; one length may be -1."""
        sizes = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        try:
            return st.reshape.make(self, sizes)
        except TypeError:
            raise TypeError(f"reshape: got {short(sizes)}, expected integers") from None
        except ValueError:
            raise ValueError(f"reshape: {self._data.size} numbers of shape {self.shape} do not fit {sizes}") from None

    view = reshape

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Tensor:
        """The axes from `start_dim` to `end_dim` made one."""
        shape = self.shape or (1,)
        (start,), (end,) = dims_of("flatten", start_dim, len(shape)), dims_of("flatten", end_dim, len(shape))
        if start > end:
            raise ValueError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim} of {self.ndim} axes")
        return self.reshape(*shape[:start], math.prod(shape[start:end + 1]), *shape[end + 1:])

    ravel = flatten

    def squeeze(self, dim: Dim = None) -> Tensor:
        """Without the axes of length 1 (all of them, or those in `dim`)."""
        dims = dims_of("squeeze", dim, self.ndim)
        return self.reshape(tuple(n for i, n in enumerate(self.shape) if i not in dims or n != 1))

    def unsqueeze(self, dim: int) -> Tensor:
        """With a new axis of length 1 at `dim`."""
        (position,) = dims_of("unsqueeze", dim, self.ndim + 1)
        return self.reshape((*self.shape[:position], 1, *self.shape[position:]))

    def expand(self, *shape: Any) -> Tensor:
        """Repeated along axes of length 1 to `shape`; -1 keeps an axis as it is."""
        sizes = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        padded = (1,) * (len(sizes) - self.ndim) + self.shape
        return self.apply(st.expand, self, tuple(old if new == -1 else new for new, old in zip(sizes, padded)))

    def permute(self, *dims: Any) -> Tensor:
        """The axes in another order."""
        order = tuple(dims[0]) if len(dims) == 1 and isinstance(dims[0], (tuple, list)) else dims
        if sorted(dims_of("permute", order, self.ndim)) != list(range(self.ndim)):
            raise ValueError(f"permute: got {order}, expected each of the {self.ndim} axes once")
        return self.apply(st.permute, self, tuple(i % self.ndim for i in order))

    def transpose(self, *dims: Any) -> Tensor:
        """Two axes swapped (PyTorch); all of them in a given order, or reversed (NumPy)."""
        if len(dims) == 2:
            return self.swapaxes(*dims)
        return self.T if dims in ((), (None,)) else self.permute(*dims)

    def swapaxes(self, dim0: int, dim1: int) -> Tensor:
        """Two axes swapped."""
        first, second = dims_of("swapaxes", dim0, self.ndim)[0], dims_of("swapaxes", dim1, self.ndim)[0]
        order = list(range(self.ndim))
        order[first], order[second] = second, first
        return self.apply(st.permute, self, tuple(order))

    @property
    def T(self) -> Tensor:
        """The axes reversed: a matrix transposed."""
        return self.apply(st.permute, self, tuple(range(self.ndim))[::-1])

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
        (position,) = dims_of("unbind", dim, self.ndim)
        return tuple(self[(slice(None),) * position + (i,)] for i in range(self.shape[position]))

    def __getitem__(self, key: Any) -> Tensor:
        try:
            return st.index.make(self, index_key(key))
        except IndexError as error:
            raise IndexError(f"index: {error} (of a tensor of shape {self.shape})") from None

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len: a 0-d tensor has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))
