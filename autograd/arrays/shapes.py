"""Tensor's methods that change its shape, or take some of its numbers: nothing is computed."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.arrays import structural as st
from autograd.arrays.convert import ArrayNode, short
from autograd.arrays.dims import Dim, axis_of, dims_of, from_numpy, index_key, owed
from autograd.arrays.joining import where
from autograd.arrays.versions import holds

if TYPE_CHECKING:
    from autograd.arrays.tensor import Tensor

__all__ = ["Shapes", "apart"]


DEEPEST_PART = 32           # a loop that says x = x[1:] must not keep every x there was


def apart(made: Tensor) -> Tensor:
    """`made`, no part of another tensor: what is written to it is written to it alone."""
    if made.op is None:
        made._saved = None
    else:
        made._data = made._data.copy()
    return made


class Shapes(ArrayNode):
    """Shapes, axes, indices."""

    __slots__ = ()

    def reshape(self, *shape: object) -> Tensor:
        """The same numbers in another shape; one length may be -1."""
        sizes = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        try:
            return self._part(st.reshape.make(self, sizes), "reshape")
        except TypeError:
            raise TypeError(f"reshape: got {short(sizes)}, expected integers") from None
        except ValueError:
            raise ValueError(f"reshape: {self._data.size} numbers of shape {self.shape} do not fit {sizes}") from None

    view = reshape

    def reshape_as(self, other: Any) -> Tensor:
        """In the shape of `other`."""
        return self.reshape(tuple(other.shape))

    view_as = reshape_as

    def expand_as(self, other: Any) -> Tensor:
        """Expanded to the shape of `other`."""
        return self.expand(tuple(other.shape))

    def contiguous(self) -> Tensor:
        """Itself, or a copy whose numbers lie in order in memory."""
        if np.asarray(self._data).flags.c_contiguous:
            return self                             # type: ignore[return-value]
        made = apart(st.reshape.make(self, self.shape))
        made._data = np.ascontiguousarray(made._data)       # a constant's reshape shares the memory
        return made

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Tensor:
        """The axes from `start_dim` to `end_dim` made one."""
        shape = self.shape or (1,)
        start, end = axis_of("flatten", start_dim, len(shape)), axis_of("flatten", end_dim, len(shape))
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
        position = axis_of("unsqueeze", dim, self.ndim + 1)
        return self.reshape((*self.shape[:position], 1, *self.shape[position:]))

    def expand(self, *shape: object) -> Tensor:
        """Repeated along axes of length 1 to `shape`; -1 keeps an axis as it is."""
        sizes = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        padded = (1,) * (len(sizes) - self.ndim) + self.shape
        made = self.apply(st.expand, self, tuple(old if new == -1 else new for new, old in zip(sizes, padded)))
        return self._part(made, "expand")

    def permute(self, *dims: Any) -> Tensor:
        """The axes in another order."""
        order = tuple(dims[0]) if len(dims) == 1 and isinstance(dims[0], (tuple, list)) else dims
        if sorted(dims_of("permute", order, self.ndim)) != list(range(self.ndim)):
            raise ValueError(f"permute: got {order}, expected each of the {self.ndim} axes once")
        return self._permuted(tuple(i % self.ndim for i in order))

    def _permuted(self, order: tuple[int, ...]) -> Tensor:
        return self._part(self.apply(st.permute, self, order), "permute", order)

    def transpose(self, *dims: Any) -> Tensor:
        """Two axes swapped (PyTorch); all of them in a given order, or reversed (NumPy)."""
        if len(dims) == 2:
            return self.swapaxes(*dims)
        return self.T if dims in ((), (None,)) else self.permute(*dims)

    def swapaxes(self, dim0: int, dim1: int) -> Tensor:
        """Two axes swapped."""
        first, second = [axis_of("swapaxes", dim, self.ndim or 1) for dim in (dim0, dim1)]
        if not self.ndim:                           # PyTorch's: one number has an axis, 0 or −1
            return self.reshape(())
        order = list(range(self.ndim))
        order[first], order[second] = second, first
        return self._permuted(tuple(order))

    @property
    def T(self) -> Tensor:
        """The axes reversed: a matrix transposed."""
        return self._permuted(tuple(range(self.ndim))[::-1])

    @property
    def mT(self) -> Tensor:
        """The last two axes swapped."""
        return self.swapaxes(-1, -2)

    def t(self) -> Tensor:
        """A matrix transposed."""
        if self.ndim > 2:
            raise ValueError(f"t: got {self.ndim} axes, expected at most 2; use transpose(dim0, dim1) or .mT")
        return self.T

    # The same numbers in other places.

    def flip(self, *axes: Any, dims: Any = None) -> Tensor:
        """Backwards along each of `dims`; along all, if none is named."""
        if dims is None:
            dims = tuple(axes[0]) if len(axes) == 1 and isinstance(axes[0], (tuple, list)) else axes or None
        if self.ndim == 0:
            return self.reshape(1).flip(dims=dims).reshape(())
        return st.flip.make(self, dims_of("flip", dims, self.ndim))

    def roll(self, shifts: Any, dims: int | Sequence[int] | None = None) -> Tensor:
        """Moved on by `shifts` along `dims`; what leaves at the end comes back at the beginning.

        >>> from autograd import Tensor
        >>> Tensor([1.0, 2.0, 3.0]).roll(1)
        tensor([3., 1., 2.])
        """
        steps = (shifts,) if isinstance(shifts, (int, np.integer)) else tuple(shifts)
        if dims is None:
            return self.reshape(-1).roll(steps, 0).reshape(self.shape)
        axes = (dims,) if isinstance(dims, (int, np.integer)) else tuple(dims)
        if len(steps) == 1:                         # NumPy's: the same along each
            steps *= len(axes)
        if len(steps) != len(axes):
            raise ValueError(f"roll: got {len(steps)} shifts for {len(axes)} dims; there must be as many of both")
        places = tuple([axis_of("roll", axis, self.ndim) for axis in axes])
        return st.roll.make(self, tuple([operator.index(n) for n in steps]), places)

    def tril(self, diagonal: int = 0) -> Tensor:
        """What lies on and below a diagonal of the last two axes, 0 elsewhere."""
        return st.tril.make(self, self._diagonal("tril", diagonal))

    def triu(self, diagonal: int = 0) -> Tensor:
        """What lies on and above a diagonal of the last two axes, 0 elsewhere."""
        return st.triu.make(self, self._diagonal("triu", diagonal))

    def _diagonal(self, name: str, diagonal: int) -> int:
        if self.ndim < 2:
            raise ValueError(f"{name}: got shape {self.shape}, expected a matrix, or a stack of them")
        return operator.index(diagonal)

    def diagonal(self, offset: int = 0, dim1: int = 0, dim2: int = 1, **numpy_names: Any) -> Tensor:
        """The numbers on a diagonal of two axes, as a last axis."""
        dim1, dim2 = numpy_names.pop("axis1", dim1), numpy_names.pop("axis2", dim2)
        if numpy_names:
            raise TypeError(f"diagonal: unexpected argument {', '.join(map(repr, numpy_names))}")
        if self.ndim < 2:
            raise ValueError(f"diagonal: got shape {self.shape}, expected two axes or more")
        first, second = axis_of("diagonal", dim1, self.ndim), axis_of("diagonal", dim2, self.ndim)
        others = [i for i in range(self.ndim) if i not in (first, second)]
        if len(others) == self.ndim - 1:
            raise ValueError(f"diagonal: got the axis {first} twice")
        rows, columns = self.shape[first], self.shape[second]
        at = np.arange(max(0, min(rows + min(offset, 0), columns - max(offset, 0))))
        key = (..., at - min(offset, 0), at + max(offset, 0))
        last = self.permute(*others, first, second)
        made = last[key]
        if made.op is None:
            made._saved = last, "index", key        # NumPy copies it; here it is a part, as in PyTorch
            holds(last, made)
        else:
            made._notes = {"diagonal": True}
        return made

    def diag(self, diagonal: int = 0) -> Tensor:
        """A matrix's diagonal; of a vector, the matrix that has it there and 0 elsewhere."""
        if self.ndim == 2:
            made = apart(self.diagonal(diagonal))
            made._notes = None
            return made
        if self.ndim != 1:
            raise ValueError(f"diag: got shape {self.shape}, expected a vector or a matrix; use .diagonal()")
        n, at = self.shape[0] + abs(diagonal), np.arange(self.shape[0])
        return self.apply(st.scatter, self, (at - min(diagonal, 0), at + max(diagonal, 0)), (n, n))

    def trace(self, offset: int = 0, dim1: int = 0, dim2: int = 1, **numpy_names: object) -> Tensor:
        """The sum of a diagonal."""
        numpy_names = {k: v for k, v in numpy_names.items() if v is not None}
        return self.diagonal(offset, dim1, dim2, **numpy_names).sum(-1)

    def tile(self, *sizes: Any) -> Tensor:
        """Laid side by side so many times along each axis.

        >>> from autograd import Tensor
        >>> Tensor([1.0, 2.0]).tile(2, 2)
        tensor([[1., 2., 1., 2.],
                [1., 2., 1., 2.]])
        """
        times = tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)) else sizes
        times = (1,) * (self.ndim - len(times)) + tuple([operator.index(n) for n in times])
        shape = (1,) * (len(times) - self.ndim) + self.shape
        if any(n < 0 for n in times):
            raise ValueError(f"tile: got {times}, expected numbers that are not negative")
        spaced = self.reshape([n for length in shape for n in (1, length)])
        wide = spaced.expand([n for pair in zip(times, shape) for n in pair])
        return apart(wide.reshape([n * length for n, length in zip(times, shape)]))

    def repeat(self, *sizes: object, **numpy_names: object) -> Tensor:
        """PyTorch's `repeat` is `tile`; with NumPy's `axis`, each number is repeated: `repeat_interleave`."""
        if owed("repeat", numpy_names) == "each":
            repeats = numpy_names.pop("repeats", sizes[0] if sizes else None)
            axis: Any = from_numpy("repeat", None, False, numpy_names)[0]
            return self.repeat_interleave(repeats, axis)
        return self.tile(*sizes)

    def repeat_interleave(self, repeats: object, dim: int | None = None, *, output_size: int | None = None) -> Tensor:
        """Each slice along `dim` so many times; of all numbers in a row, if no `dim` is named.

        `output_size`, how many there will be, is PyTorch's to save time; here it is only checked.
        """
        if dim is None:
            return self.reshape(-1).repeat_interleave(repeats, 0, output_size=output_size)
        position = axis_of("repeat_interleave", dim, self.ndim)
        counts = np.asarray(repeats._data if isinstance(repeats, ArrayNode) else repeats)
        if output_size not in (None, np.broadcast_to(counts, self.shape[position]).sum()):
            raise ValueError(f"repeat_interleave: got output_size={output_size}, expected what the repeats sum to")
        return self[(slice(None),) * position + (np.repeat(np.arange(self.shape[position]), counts),)]

    def moveaxis(self, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
        """An axis, or several, moved to other places."""
        pairs: list[list[int]] = [[x] if isinstance(x, (int, np.integer)) else list(x) for x in (source, destination)]
        moved, places = [[axis_of("moveaxis", i, self.ndim) for i in axes] for axes in pairs]
        if len(set(moved)) != len(places) or len(set(places)) != len(places):
            raise ValueError(f"moveaxis: got {source} and {destination}, expected as many axes of both, each once")
        order = [i for i in range(self.ndim) if i not in moved]
        for place, axis in sorted(zip(places, moved)):
            order.insert(place, axis)
        return self.permute(*order)

    # Some of the numbers.

    def gather(self, dim: int, index: object) -> Tensor:
        """What `index` points to along `dim`: out[i][j] = self[index[i][j]][j] for dim 0. Its shape is `index`'s."""
        places = index._data if isinstance(index, ArrayNode) else np.asarray(index)
        if places.dtype.kind not in "iu":
            raise TypeError(f"gather: got an index of {places.dtype}, expected integers")
        if not self.ndim and places.ndim < 2:       # one number has an axis, 0 or −1
            axis_of("gather", dim, 1)
            return self.reshape(1)[index]
        if places.ndim != self.ndim:
            raise ValueError(f"gather: got an index of shape {places.shape} for a tensor of shape {self.shape}; "
                             "expected as many axes")
        position = axis_of("gather", dim, self.ndim)
        key: list[object] = list(np.ogrid[tuple([slice(n) for n in places.shape])])
        key[position] = index if isinstance(index, ArrayNode) else places
        return self[tuple(key)]

    def take_along_dim(self, indices: object, dim: int | None = None) -> Tensor:
        """What `indices` points to along `dim`; axes of length 1 are broadcast. Without `dim`, in a row."""
        if dim is None:
            flat: Any = indices if isinstance(indices, ArrayNode) else np.asarray(indices)
            return self.reshape(-1)[flat.reshape(-1)]
        places = indices._data if isinstance(indices, ArrayNode) else np.asarray(indices)
        position = axis_of("take_along_dim", dim, self.ndim)
        shape = list(np.broadcast_shapes(*[t.shape[:position] + (1,) + t.shape[position + 1:] for t in (self, places)]))
        whole = self.expand(*[self.shape[i] if i == position else n for i, n in enumerate(shape)])
        shape[position] = places.shape[position]
        return whole.gather(position, np.broadcast_to(places, shape) if places.shape != tuple(shape) else indices)

    def masked_fill(self, mask: object, value: object) -> Tensor:
        """`value` where `mask` holds, itself elsewhere. No gradient passes where it was filled."""
        held = mask._data if isinstance(mask, ArrayNode) else np.asarray(mask)
        if held.dtype.kind != "b":
            raise TypeError(f"masked_fill: got a mask of {held.dtype}, expected truth values; compare: mask == 0")
        return where(mask, value, self)

    def split(self, split_size: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
        """Slices along `dim`: of `split_size` each, the last one perhaps shorter; or of the sizes in a list."""
        position = axis_of("split", dim, self.ndim)
        n = self.shape[position]
        if isinstance(split_size, (int, np.integer)):
            if split_size < 1:
                raise ValueError(f"split: got split_size={split_size}, expected a positive integer")
            sizes = [min(int(split_size), n - i) for i in range(0, n, split_size)] or [0]
        else:
            sizes = [operator.index(k) for k in split_size]
            if sum(sizes) != n or any(k < 0 for k in sizes):
                raise ValueError(f"split: got sizes {sizes}, expected some that sum to {n}, the length along dim {dim}")
        ends = np.cumsum(sizes).tolist()
        return tuple([self[(slice(None),) * position + (slice(end - k, end),)] for k, end in zip(sizes, ends)])

    def chunk(self, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
        """At most so many slices along `dim`, of one length but for the last."""
        if chunks < 1:
            raise ValueError(f"chunk: got chunks={chunks}, expected a positive integer")
        position = axis_of("chunk", dim, self.ndim)
        return self.split(max(-(-self.shape[position] // chunks), 1), position)

    def unbind(self, dim: int = 0) -> tuple[Tensor, ...]:
        """The slices along `dim`, without that axis."""
        position = axis_of("unbind", dim, self.ndim)
        return tuple(self[(slice(None),) * position + (i,)] for i in range(self.shape[position]))

    def _part(self, made: Tensor, kind: str, how: Any = None) -> Tensor:
        """`made`, which is a part of self if it is a constant that shares its memory: what is written to it is here."""
        if made.op is None:
            own, new = self._data, made._data
            base = own if own.base is None else own.base
            one = kind == "index" and isinstance(new, np.generic) and isinstance(own, np.ndarray)
            if (new.base is base or one or kind == "expand") and self._depth() <= DEEPEST_PART:
                made._saved = self, kind, made.shape if how is None else how
                holds(self, made)
        return made

    def _depth(self) -> int:
        depth, node = 1, self
        while node.is_part:
            depth, node = depth + 1, node._saved[0]
        return depth

    def __getitem__(self, key: object) -> Tensor:
        try:
            key = index_key(key)
            made = st.index.make(self, key)
            return made if made.op is not None else self._part(made, "index", key)
        except IndexError as error:
            raise IndexError(f"index: {error} (of a tensor of shape {self.shape})") from None

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len: a 0-d tensor has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))
