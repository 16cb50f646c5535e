"""Ops that move numbers rather than compute on them: sums, shapes, indexing, matrix products.

An elementwise row needs only its partial derivatives; these also change shape, so each says outright how a gradient
flows back through it: its vector-Jacobian product, `vjp(g, out, *inputs, *parameters)` with g the gradient of the
result. The vjps use other ops and operators only, so they take arrays (in a backward pass) and nodes (when the
gradient itself is to be differentiated) alike. Broadcasting is undone by the engine, not here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy import ndarray

from autograd.core.ops import Op, Operand, loud, quiet

__all__ = ["SMALL_PRODUCT", "STRUCTURAL", "Structural", "along", "cast", "concatenate", "expand", "index",
           "matmul", "max_all", "max_along", "one_hot", "ones", "permute", "pick", "place", "reduce_plan", "reduce_to",
           "reshape", "scatter", "sum_", "sum_plan", "summing"]

Shape = tuple[int, ...]


class Structural(Op):
    """An op with its own vector-Jacobian products.

    Attributes:
        arity: how many leading arguments are arrays; None means that the first is a sequence of arrays.
        vjps: one function `(g, out, *inputs, *parameters) -> contribution to that input's gradient` per input.
        joint: for any number of inputs, or where they share work: `(needs, g, out, *saved) -> a contribution each`.
        keeps: how many things a fused op's forward pass finds that its vjps want too. `array` returns them after the
            result, and the vjps are passed them after the parameters.
        array: as a row's; made quiet, unless it is said that it never `warns`.
        make: the op on Tensors, `(*inputs, *parameters) -> Tensor`; `Tensor` writes it out where the arity is fixed.
    """

    __slots__ = ("keeps", "make")
    make: Callable[..., Any]

    def __init__(self, name: str, symbol: str, array: Callable[..., Any], *vjps: Callable[..., Any],
                 joint: Callable[..., Sequence[Any]] | None = None, arity: int | None = None, keeps: int = 0,
                 warns: bool = True) -> None:
        super().__init__(name, symbol, self._no_scalar, quiet(array) if warns else array)
        self.arity = len(vjps) or arity
        self.vjps = vjps
        self.joint = joint
        self.keeps = keeps

    def _no_scalar(self, *inputs: Any) -> float:
        raise TypeError(f"{self.name}: works on arrays; make a Tensor of the numbers first")

    def __call__(self, *arguments: Any) -> Any:
        for x in arguments[0] if self.arity is None else arguments[: self.arity]:
            if isinstance(x, Operand):
                return x.apply(self, *arguments)
        out = self.array(*arguments)
        return out[0] if self.keeps else out

    def __reduce__(self) -> tuple[Any, ...]:
        return _lookup, (self.name,)


STRUCTURAL: dict[str, Structural] = {}

# Ops that undo each other mention each other.
cast: Structural
permute: Structural
place: Structural
reduce_to: Structural
sum_: Structural
scatter: Structural


def _lookup(name: str) -> Structural:
    return STRUCTURAL[name]


def structural(name: str, symbol: str, array: Callable[..., Any], *vjps: Callable[..., Any],
               joint: Callable[..., Sequence[Any]] | None = None, warns: bool = False) -> Structural:
    """Make the op and list it. Most here only move numbers, of which there is nothing to warn."""
    STRUCTURAL[name] = Structural(name, symbol, array, *vjps, joint=joint, warns=warns)
    return STRUCTURAL[name]


# Broadcasting and its undoing: each is the other's vjp.

def _expand(x: Any, shape: Shape) -> Any:
    filled = np.empty(shape, x.dtype)               # filling a new array beats copying np.broadcast_to's view
    filled[...] = x
    return filled


# A sum, planned from shapes alone: the fastest function for it, and what that takes after the array (and before a place
# for the result). Over one short axis it is BLAS's product with ones, in half np.add.reduce's time. The same few shapes
# come back at each step of a training, and plans are remembered.

Plan = tuple[Callable[..., Any], tuple[Any, ...]]
_SHORT_AXIS = 1024                                   # longer ones NumPy adds up in pairs, which is more exact
_add_up: Callable[..., Any] = np.add.reduce         # whose stub takes keepdims by name only


@lru_cache(maxsize=64)
def ones(shape: Shape, dtype: str) -> Any:
    """Ones to multiply by, which adds up."""
    return np.ones(shape, dtype)


@lru_cache(maxsize=1024)
def sum_plan(shape: Shape, dtype: str, dim: tuple[int, ...], keepdim: bool) -> Plan:
    """How to sum over `dim`."""
    n = shape[dim[0]] if len(dim) == 1 else 0
    if dtype in "fd" and 0 < n <= _SHORT_AXIS and (len(shape) == 2 or (len(shape) == 1 and not keepdim)):
        if dim == (1,):
            return np.ndarray.dot, (np.ones((n, 1) if keepdim else n, dtype),)
        return np.ones((1, n) if keepdim else n, dtype).dot, ()
    return lambda x, out=None: _add_up(x, dim, None, out, keepdim), ()


@lru_cache(maxsize=1024)
def reduce_plan(shape: Shape, dtype: str, target: Shape) -> Plan:
    """How to sum over the axes of `shape` that `target` lacks or has as length 1.

    Raises ValueError where `target` does not broadcast to `shape`.
    """
    extra = len(shape) - len(target)
    axes = tuple([i for i, n in enumerate(shape) if i < extra or target[i - extra] != n])
    if extra < 0 or any([i >= extra and target[i - extra] != 1 for i in axes]):
        raise ValueError(f"backward: a vjp gave a contribution of shape {shape} to an input of shape {target}; "
                         "expected that shape, or one to which it broadcasts")
    if not axes:
        return lambda x: x, ()
    if len(shape) == 2 and len(axes) == 1:
        return sum_plan(shape, dtype, axes, len(target) == 2)
    kept = _kept(shape, axes)

    def add_up(x: Any, out: Any = None) -> Any:
        return _add_up(x, axes, None, None if out is None else out.reshape(kept), True).reshape(target)

    return add_up, ()


def planned(plan: Callable[..., Plan]) -> Callable[..., Any]:
    """The function on arrays that is computed by plan."""
    def compute(x: Any, *parameters: Any) -> Any:
        function, rest = plan(x.shape, x.dtype.char, *parameters)
        return function(x, *rest)

    compute.plan = plan                             # type: ignore[attr-defined]
    return compute


def _kept(shape: Shape, dim: tuple[int, ...]) -> Shape:
    """`shape` with the axes in `dim` reduced to 1."""
    return tuple(1 if i in dim else n for i, n in enumerate(shape))


expand = structural("expand", "expand", _expand,
                    lambda g, out, x, shape: reduce_to(g, x.shape))
reduce_to = structural("reduce_to", "Σ", planned(reduce_plan),
                       lambda g, out, x, shape: expand(g, x.shape), warns=True)


cast = structural("cast", "cast", lambda x, dtype: x.astype(dtype),
                  lambda g, out, x, dtype: cast(g, x.dtype), warns=True)


# Reductions. `dim` is a sorted tuple of non-negative axes.

def unsummed(g: Any, x: Any, dim: tuple[int, ...], keepdim: bool) -> Any:
    """The gradient of a sum of x with the axes in `dim` as length 1: it broadcasts to x's shape."""
    return g if keepdim or len(dim) == x.ndim else g.reshape(_kept(x.shape, dim))


sum_ = structural("sum", "Σ", planned(sum_plan),
                  lambda g, out, x, dim, keepdim: expand(unsummed(g, x, dim, keepdim), x.shape), warns=True)


def summing(x: Any) -> Callable[..., Any]:
    """`sum_` for what x is: on arrays without the detour of asking at each call, for who is quiet already."""
    return loud(sum_.array) if type(x) is ndarray else sum_


def _shares(x: Any, out: Any) -> Any:
    """1 where x is the maximum; equal shares that sum to 1 where several are."""
    at_maximum = np.asarray(x) == np.asarray(out)
    count = np.count_nonzero(at_maximum)
    if not count:                                   # nan is the maximum where there is one, and equals nothing
        at_maximum = np.isnan(np.asarray(x))
        count = np.count_nonzero(at_maximum)
    return at_maximum if count <= 1 else at_maximum * x.dtype.type(1 / count)


def _place(x: Any, indices: Any, dim: int, shape: Shape) -> Any:
    """Zeros of `shape`, but x where `indices` (which keeps `dim` as an axis of length 1) points along `dim`."""
    out = np.zeros(shape, x.dtype)
    if len(shape) == 2:
        out.reshape(-1)[along(shape, indices, dim)] = x
    else:
        np.put_along_axis(out, indices, x, dim)
    return out


def _pick(x: Any, indices: Any, dim: int) -> Any:
    return x.take(along(x.shape, indices, dim)) if x.ndim == 2 else np.take_along_axis(x, indices, dim)


def along(shape: Shape, indices: Any, dim: int) -> Any:
    """`indices` along `dim` of a matrix as positions in the flat array: a fifth of the time of `…_along_axis`."""
    return indices + _row_starts(*shape) if dim else indices * shape[1] + _positions(shape[1])


@lru_cache(maxsize=64)
def _row_starts(n: int, m: int) -> Any:
    return np.arange(n)[:, None] * m


@lru_cache(maxsize=64)
def _positions(n: int) -> Any:
    return np.arange(n)


pick = structural("pick", "[ ]", _pick,
                  lambda g, out, x, indices, dim: place(g, indices, dim, x.shape))
place = structural("place", "place", _place,
                   lambda g, out, x, indices, dim, shape: pick(g, indices, dim))
max_all = structural("max_all", "max", lambda x: x.max(),
                     lambda g, out, x: g * _shares(x, out))
max_along = structural("max_along", "max", lambda x, indices, dim, keepdim:
                       _pick(x, indices, dim) if keepdim else _pick(x, indices, dim).squeeze(dim),
                       lambda g, out, x, indices, dim, keepdim:
                       place(g if keepdim else g.reshape(indices.shape), indices, dim, x.shape))


# Shapes: nothing is computed, so nothing is either on the way back.

reshape = structural("reshape", "reshape", lambda x, shape: x.reshape(shape),
                     lambda g, out, x, shape: g.reshape(x.shape))
permute = structural("permute", "permute", lambda x, dims: x.transpose(dims),
                     lambda g, out, x, dims: permute(g, tuple(np.argsort(dims).tolist())))


# Indexing, and adding into the places an index names: each is the other's vjp.

def _index(x: Any, key: Any) -> Any:
    if type(key) is ndarray and key.dtype.kind == "i" and x.ndim:           # rows: `take` needs a third of the time
        return x.take(key, 0)
    return x[key]


def _scatter(x: Any, key: Any, shape: Shape) -> Any:
    if type(key) is ndarray and len(shape) == 2 and key.dtype.kind == "i":
        n, width = shape
        if n <= 256 and 0 < x.size * n < SMALL_PRODUCT:         # an embedding's gradient: a product with one-hot rows
            out = one_hot(n, x.dtype.char).take(key, 0).reshape(-1, n).T.dot(x.reshape(-1, width))
            flat = out.reshape(-1)
            if math.isfinite(flat.dot(flat)):       # else, as 0·∞ is nan, one row may have spoilt the others
                return out
        whole = np.zeros(n * width, x.dtype)        # flat positions: five times faster than whole rows
        places = (key.reshape(-1, 1).astype(np.intp) % n) * width + np.arange(width)
        np.add.at(whole, places.reshape(-1), x.reshape(-1))
        return whole.reshape(n, width)
    keys = key if type(key) is tuple else (key,)
    integers = [k for k in keys if type(k) is ndarray and k.dtype.kind in "iu"]
    out = np.zeros(shape, x.dtype)
    if not integers:                                # nothing can be named twice
        out[key] = x
    elif x.size > 1000 and len(integers) == len(keys) == len(shape):
        places = np.ravel_multi_index(np.broadcast_arrays(*integers), shape, mode="wrap")
        np.add.at(out.reshape(-1), places.reshape(-1), x.reshape(-1))       # again several times faster
    else:
        np.add.at(out, key, x)                      # `out[key] += x` would count what is named twice only once
    return out


SMALL_PRODUCT = 200_000                             # multiplications; beyond, `np.add.at` is faster


@lru_cache(maxsize=16)
def one_hot(n: int, dtype: str) -> Any:
    return np.eye(n, dtype=dtype)


index = structural("index", "[ ]", _index,
                   lambda g, out, x, key: scatter(g, key, x.shape))
scatter = structural("scatter", "scatter", _scatter,
                     lambda g, out, x, key, shape: index(g, key), warns=True)


# Matrix products, for vectors, matrices and stacks of them.

def _matmul_left(g: Any, out: Any, x: Any, y: Any) -> Any:         # ∂(x @ y)/∂x: g @ yᵀ
    if x.ndim == 2 and y.ndim == 2:
        return g.dot(y.T)                                       # two thirds of the time of `@` on small matrices
    if y.ndim == 2 and x.ndim > 2:
        return g @ y.T
    if y.ndim == 1:                                             # (…, n) @ (n,): an outer product
        return g[..., None] * y
    if x.ndim == 1:                                             # (n,) @ (…, n, m)
        return (y @ g[..., None])[..., 0]
    return g @ y.swapaxes(-1, -2)


def _matmul_right(g: Any, out: Any, x: Any, y: Any) -> Any:        # ∂(x @ y)/∂y: xᵀ @ g
    if x.ndim == 2 and y.ndim == 2:
        return x.T.dot(g)
    if x.ndim == 1:
        return x * g if y.ndim == 1 else x[:, None] * g[..., None, :]
    if y.ndim == 1:
        return (x.swapaxes(-1, -2) @ g[..., None])[..., 0]
    if y.ndim == 2 and x.size and g.size:                       # one flat product: no stack to sum over afterwards
        return x.reshape((-1, x.shape[-1])).T @ g.reshape((-1, g.shape[-1]))
    return x.swapaxes(-1, -2) @ g


def _matmul(x: Any, y: Any) -> Any:
    if x.ndim == 2 and y.ndim == 2:
        return x.dot(y)
    if x.ndim > 2 and y.ndim == 2 and x.size and y.size:        # one large product where np.matmul makes many small
        return (x.reshape(-1, x.shape[-1]) @ y).reshape(*x.shape[:-1], y.shape[1])
    return x @ y


matmul = structural("matmul", "@", _matmul, _matmul_left, _matmul_right, warns=True)


# Joining. The parts are found again by slicing.

def _split(needs: Sequence[bool], g: Any, out: Any, *saved: Any) -> list[Any]:
    *parts, dim = saved
    pieces, start = [], 0
    for needed, part in zip(needs, parts):
        stop = start + part.shape[dim]
        pieces.append(index(g, (slice(None),) * dim + (slice(start, stop),)) if needed else None)
        start = stop
    return pieces


concatenate = structural("concatenate", "cat", lambda parts, dim: np.concatenate(parts, axis=dim), joint=_split)
