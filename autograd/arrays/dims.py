"""Which axes, and which elements, a caller means: `dim`, NumPy's `axis`, and indices."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from autograd.arrays.convert import Array, ArrayNode, short

__all__ = ["ALL_DIMS", "OWED", "Dim", "axis_of", "dims_of", "from_numpy", "index_key", "one_dim", "owed"]

Dim = int | Sequence[int] | None


def dims_of(name: str, dim: Dim, ndim: int) -> tuple[int, ...]:
    """`dim` as a sorted tuple of axes from 0."""
    if dim is None:
        return ALL_DIMS[ndim]
    if type(dim) is int and 0 <= dim < ndim:
        return (dim,)
    if isinstance(dim, (bool, str)) or not isinstance(dim, (int, np.integer, tuple, list)):
        raise TypeError(f"{name}: got dim={short(dim)}, expected an integer or several")
    if ndim == 0 and dim in (0, -1, (0,), (-1,), [0], [-1]):    # as both libraries have it: one number has an axis
        return ()
    dims = []
    for i in (dim,) if isinstance(dim, (int, np.integer)) else dim:
        position = operator.index(i)
        if not -ndim <= position < ndim:
            raise IndexError(f"{name}: dim {position} is out of range for {ndim} axes")
        dims.append(position % ndim)
    if len(set(dims)) != len(dims):
        raise ValueError(f"{name}: dim {dim} names an axis twice")
    return tuple(sorted(dims))


def axis_of(name: str, dim: int | None, ndim: int) -> int:
    """`dim` as one axis from 0."""
    dims = dims_of(name, dim, ndim)
    if dim is None or len(dims) != 1:
        raise IndexError(f"{name}: got dim={dim} for a tensor of {ndim} axes, expected one of them")
    return dims[0]


def one_dim(name: str, dim: int | None, x: Array) -> int | None:
    """`dim` as one axis from 0, or None for all; an error where there is nothing to choose from."""
    if dim is None:
        if x.size == 0:
            raise ValueError(f"{name}: a tensor of shape {x.shape} has no number to choose")
        return None
    dims = dims_of(name, dim, x.ndim)
    if x.ndim == 0:
        return None
    if len(dims) != 1:
        raise ValueError(f"{name}: got dim={dim}, expected one axis; for several, reshape them into one first")
    if x.shape[dims[0]] == 0:
        raise ValueError(f"{name}: a tensor of shape {x.shape} has no number to choose along dim {dims[0]}")
    return dims[0]


ALL_DIMS = tuple(tuple(range(n)) for n in range(65))       # 64 axes are NumPy's limit


# What the caller of a function that both libraries have is owed: PyTorch's result, or, having written NumPy's words
# (`axis=`, `keepdims=`, or `np.` before the name), NumPy's. Functions that are not here give both the same.
OWED: dict[str, tuple[object, object]] = {
    #           PyTorch's  NumPy's
    "max":     ("pair",    "values"),               # along one axis
    "min":     ("pair",    "values"),
    "sort":    ("pair",    "values"),
    "var":     (1,         0),                      # what is taken off the count that the squares are divided by
    "std":     (1,         0),
    "repeat":  ("whole",   "each"),                 # what is repeated
}


def owed(name: str, numpy_names: dict[str, object]) -> Any:
    """Which result the caller wants, who wrote these of NumPy's names."""
    return OWED[name][bool(numpy_names)]


def from_numpy(name: str, dim: object, keepdim: bool, names: dict[str, object]) -> tuple[Any, bool]:
    """`dim` and `keepdim` where the caller wrote NumPy's `axis` and `keepdims`."""
    if names.get("out") is not None:
        raise TypeError(f"{name}: writes to no `out`; assign the result instead")
    if names.get("axis") is not None and dim not in (None, -1):
        raise TypeError(f"{name}: got dim={short(dim)} and axis={short(names['axis'])}; expected one of the two")
    rest: dict[str, Any] = {k: v for k, v in names.items() if k != "out" and not (k == "dtype" and v is None)}
    dim, keepdim = rest.pop("axis", dim), rest.pop("keepdims", keepdim)
    if rest:
        raise TypeError(f"{name}: unexpected argument {', '.join(map(repr, rest))}")
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
