"""Ops that move numbers, where their spelling hangs on more than their operands: on shapes, axes and indices.

Each is called as the op is. Whatever differs between libraries, their classes say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.codegen.text import Shape, Text, common_dtype

__all__ = ["SPELLED", "largest", "places", "reduce_to", "shares", "where_largest"]


def concatenate(parts: Sequence[Text], dim: int) -> Text:
    page, shape = parts[0].page, list(parts[0].shape)
    shape[dim] = sum(part.shape[dim] for part in parts)
    return page.write(page.library.spelled["concatenate"], {"x": list(parts), "dim": dim}, shape, common_dtype(parts))


def sum_(x: Text, dim: Shape, keepdim: bool) -> Text:
    if not dim and x.ndim:
        return x
    return x.like("{x}.sum({arguments})", _reduced(x, dim, keepdim), arguments=x.page.library.axes(x, dim, keepdim))


def _reduced(x: Text, dim: Shape, keepdim: bool) -> Shape:
    return tuple([1 if i in dim else n for i, n in enumerate(x.shape) if keepdim or i not in dim])


def reduce_to(x: Text, shape: Shape) -> Text:
    extra = x.ndim - len(shape)
    axes = tuple([i for i, n in enumerate(x.shape) if i < extra or shape[i - extra] != n])
    lead = axes == tuple(range(extra))
    return sum_(x, axes, not lead).reshape(tuple(shape)) if axes else x


def largest(x: Text, dim: int, keepdim: bool) -> Text:
    """The largest along `dim`."""
    dim, library = dim % x.ndim, x.page.library
    return x.like(library.spelled["largest"], _reduced(x, (dim,), keepdim), arguments=library.axis(dim, keepdim))


def logsumexp(x: Text, dim: Shape, keepdim: bool) -> Text:
    for i in reversed(dim):                         # one axis at a time
        x = x.like(x.page.library.spelled["logsumexp"], _reduced(x, (i,), keepdim),
                   arguments=x.page.library.axis(i, keepdim))
    return x


def where_largest(x: Text, dim: int) -> Text:
    """Where the largest along `dim` stands, with that axis kept."""
    dim %= x.ndim
    out = x.like("{x}.argmax({arguments})", _reduced(x, (dim,), True), arguments=x.page.library.axis(dim, True))
    out.dtype = np.dtype(np.int64)
    return out


def pick(x: Text, indices: Text, dim: int) -> Text:
    at = places(x, indices)
    return x.like(x.page.library.spelled["pick"], at.shape, at=at, dim=dim % x.ndim)


def places(x: Text, indices: Text) -> Text:
    """Indices along an axis of x: known by name, or a constant."""
    if isinstance(indices, Text):
        return indices
    return x.page.maxima[id(indices)] if id(indices) in x.page.maxima else x.page.constant(indices)


def shares(x: Text, out: Text) -> Text:
    """1 where x is the maximum, in equal shares where several are."""
    equal: Text = x == out
    equal.stem = "is_max"
    count = equal.like(x.page.library.spelled["count"], ())
    count.dtype = np.dtype(np.int64)
    share: Text = x.page.library.shares(equal, x.dtype) / count
    return share


# Sums into places. By themselves they are expressions; the page prints them as statements.

def place(x: Text, indices: Text, dim: int, shape: Shape) -> Text:
    """Zeros of `shape` with x where `indices` point along `dim`; along the other axes each stays where it is."""
    at, key = places(x, indices), []
    for i, n in enumerate(at.shape):
        after = len(shape) - 1 - i
        key.append(at.text if i == dim % len(shape) else
                   x.page.range(n) + (f"[:{', None' * after}]" if after else ""))
    return _into(x, ", ".join(key), shape, True)


def scatter(x: Text, key: object, shape: Shape) -> Text:
    """Zeros of `shape` with x added where the key points."""
    if all(k is None or k is ... or (isinstance(k, slice) and k == slice(None))
           for k in (key if type(key) is tuple else (key,))):
        return x.reshape(tuple(shape))              # only axes of length 1 came or went
    page = x.page
    return _into(x, page.key(page.library.key(key, shape)).text, shape, _once(key, shape, page.keys))


def _into(x: Text, key: str, shape: Shape, once: bool) -> Text:
    out = x.like("0", shape)
    out.parts, out.into = [], (x, key, once)
    return out


def _once(key: Any, shape: Shape, arguments: dict[int, Text]) -> bool:
    """Whether the key names every place at most once: for certain, also where some of it is an argument."""
    keys = key if type(key) is tuple else (key,)
    arrays = [k for k in keys if isinstance(k, np.ndarray) and k.dtype.kind in "iu"]
    if not arrays:
        return True
    if any(id(k) in arguments for k in arrays):     # rows 0, 1, 2, …, whatever columns go with them
        return len({k.shape for k in arrays}) == 1 and any(np.array_equal(k, np.arange(k.size)) for k in arrays
                                                           if id(k) not in arguments)
    count = np.zeros(shape, np.int32)
    np.add.at(count, key, 1)
    return bool((count <= 1).all())


SPELLED: dict[str, Callable[..., Text]] = {
    "concatenate": concatenate, "matmul": lambda x, y: x @ y, "affine": lambda x, weight, bias: x @ weight + bias,
    "sum": sum_, "reduce_to": reduce_to, "expand": lambda x, shape: x.broadcast(shape),
    "cast": lambda x, dtype: x.page.cast(x, dtype), "reshape": lambda x, shape: x.reshape(shape),
    "permute": lambda x, dims: x.transpose(dims), "index": lambda x, key: x[key],
    "logsumexp": logsumexp, "max_all": lambda x: x.like("{x}.max()", ()), "pick": pick, "place": place,
    "put_along": place, "scatter": scatter,
    "max_along": lambda x, indices, dim, keepdim: largest(x, dim, keepdim)}
