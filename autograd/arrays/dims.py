"""Which axes, and which elements, a caller means: `dim`, NumPy's `axis`, and indices."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from autograd.arrays.convert import ArrayNode, short

__all__ = ["ALL_DIMS", "Dim", "dims_of", "from_numpy", "index_key", "one_dim"]

Dim = int | Sequence[int] | None


def dims_of(name: str, dim: Dim, ndim: int) -> tuple[int, ...]:
    """`dim` as a sorted tuple of axes from 0."""
    if dim is None:
        return ALL_DIMS[ndim]
    if type(dim) is int and 0 <= dim < ndim:
        return (dim,)
    if isinstance(dim, (bool, str)) or not isinstance(dim, (int, np.integer, tuple, list)):
        raise TypeError(f"{name}: got dim={short(dim)}, expected an integer or several")
    dims = []
    for i in (dim,) if isinstance(dim, (int, np.integer)) else dim:
        position = operator.index(i)
        if not -ndim <= position < ndim:
            raise IndexError(f"{name}: dim {position} is out of range for {ndim} axes")
        dims.append(position % ndim)
    if len(set(dims)) != len(dims):
        raise ValueError(f"{name}: dim {dim} names an axis twice")
    return tuple(sorted(dims))


def one_dim(name: str, dim: Any, x: Any) -> int | None:
    """`dim` as one axis from 0, or None for all; an error where there is nothing to choose from."""
    if dim is None:
        if x.size == 0:
            raise ValueError(f"{name}: a tensor of shape {x.shape} has no number to choose")
        return None
    dims = dims_of(name, dim, x.ndim)
    if len(dims) != 1:
        raise ValueError(f"{name}: got dim={dim}, expected one axis; for several, reshape them into one first")
    if x.shape[dims[0]] == 0:
        raise ValueError(f"{name}: a tensor of shape {x.shape} has no number to choose along dim {dims[0]}")
    return dims[0]


ALL_DIMS = tuple(tuple(range(n)) for n in range(65))       # 64 axes are NumPy's limit


def from_numpy(name: str, dim: Dim, keepdim: bool, names: dict[str, Any]) -> tuple[Any, bool]:
    """`dim` and `keepdim` where the caller wrote NumPy's `axis` and `keepdims`."""
    if names.pop("out", None) is not None:
        raise TypeError(f"{name}: writes to no `out`; assign the result instead")
    names = {k: v for k, v in names.items() if not (k == "dtype" and v is None)}
    dim, keepdim = names.pop("axis", dim), names.pop("keepdims", keepdim)
    if names:
        raise TypeError(f"{name}: unexpected argument {', '.join(map(repr, names))}")
    return dim, keepdim


def index_key(key: Any) -> Any:
    """An index as NumPy takes it, its arrays copied: what is written to them later changes no gradient."""
    kind = type(key)
    if kind is ndarray and key.dtype.kind in "iub":
        return key.copy()
    if kind is tuple:
        return tuple([index_key(k) for k in key])
    if kind in _PLAIN_KEYS:
        return key
    if isinstance(key, ArrayNode):
        key = key._data                             # never written to
    elif isinstance(key, (np.ndarray, list, range)):
        key = np.array(key, dtype=np.intp if len(key) == 0 else None)
    if not isinstance(key, (np.ndarray, np.generic)) or key.dtype.kind not in "iub":
        raise TypeError(f"index: got {short(key)}, expected integers, slices, truth values or arrays of them")
    return key


_PLAIN_KEYS = frozenset({int, bool, slice, type(None), type(...)})
