"""Ops that move numbers rather than compute on them: sums, shapes, indexing, matrix products.

An elementwise row needs only its partial derivatives; these also change shape, so each says outright how a gradient
flows back through it: its vector-Jacobian product, `vjp(g, out, *inputs, *parameters)` with g the gradient of the
result. The vjps use other ops and operators only, so they take arrays (in a backward pass) and nodes (when the
gradient itself is to be differentiated) alike. Broadcasting is undone by the engine, not here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray

from autograd.core.op import TABLE, Op, Operand, Rule

if TYPE_CHECKING:
    from autograd.arrays.convert import Array
    from autograd.arrays.tensor import Tensor

__all__ = ["SHORT_AXIS", "SMALL_PRODUCT", "STRUCTURAL", "VIEWS", "Structural", "along", "argsort", "cast",
           "concatenate", "cumsum", "expand", "flip", "for_each_structural", "index", "logsumexp", "matmul", "max_all",
           "max_along", "moves", "one_hot", "ones", "permute", "pick", "place", "reduce_plan", "reduce_to", "reshape",
           "roll", "scatter", "sort", "stop", "sum_", "sum_plan", "tril", "triu", "unsummed"]

Shape = tuple[int, ...]                             # functions here are typed for arrays; nodes behave as they do


class Structural(Op):
    """An op with its own vector-Jacobian products.

    Attributes:
        arity: how many leading arguments are arrays; None means that the first is a sequence of arrays.
        vjps: one function `(g, out, *inputs, *parameters) -> contribution to that input's gradient` per input.
        joint: for any number of inputs, or where they share work: `(needs, g, out, *saved) -> a contribution each`.
        keeps: how many things a fused op's forward pass finds that its vjps want too. `array` returns them after the
            result, and the vjps are passed them after the parameters.
        warns: whether NumPy may have something to warn of in `array`.
        make: the op on Tensors, `(*inputs, *parameters) -> Tensor`; written out where the arity is fixed.
    """

    __slots__ = ("joint", "keeps", "make", "vjps", "warns")
    home = "autograd.arrays.structural", "STRUCTURAL"
    make: Callable[..., Tensor]

    def __init__(self, name: str, array: Rule, *vjps: Rule,
                 joint: Callable[..., Sequence[Any]] | None = None, arity: int | None = None, keeps: int = 0,
                 warns: bool = True, **known: Any) -> None:
        super().__init__(name, self._no_floats, array, **known)
        self.arity = len(vjps) or arity
        self.vjps, self.joint, self.keeps, self.warns = vjps, joint, keeps, warns

    def _no_floats(self, *inputs: object) -> float:
        raise TypeError(f"{self.name}: works on arrays; make a Tensor of the numbers first")

    def __call__(self, *arguments: Any) -> Any:
        for x in arguments[0] if self.arity is None else arguments[: self.arity]:
            if isinstance(x, Operand):
                return x.apply(self, *arguments)
        out = self.array(*arguments)
        return out[0] if self.keeps else out

    def pulled(self, needs: Sequence[bool], g: object, out: object, inputs: Sequence[object],
               rest: Sequence[object] = ()) -> Sequence[Any]:
        if self.joint is not None:
            return self.joint(needs, g, out, *inputs, *rest)
        return [vjp(g, out, *inputs, *rest) if needed else None for needed, vjp in zip(needs, self.vjps)]


STRUCTURAL: dict[str, Structural] = {}
_known: list[Structural] = []                       # those that stand in no table too
_readers: list[Callable[[Structural], None]] = []

# Ops that undo each other mention each other.
argmax: Structural
cast: Structural
permute: Structural
place: Structural
put_along: Structural
reduce_to: Structural
scatter: Structural
shares: Structural
sum_: Structural


def for_each_structural(reader: Callable[[Structural], None]) -> None:
    """Have `reader` called with every op that moves numbers, and with every one still to come."""
    _readers.append(reader)
    for op in list(_known):
        reader(op)


def moves(name: str, array: Rule, *vjps: Rule, **known: Any) -> Structural:
    """Add an op that moves numbers, or a fused one: `Tensor` computes it, and every reader of graphs knows it.

    Args:
        name: what it is called in Python.
        array: `(*arrays, *parameters) -> array`.
        vjps: for each input, `(g, out, *arrays, *parameters) -> what the input receives`, g being the gradient of the
            result; written with operators and other ops.
        known: `words`, what it does to a gradient, for `explain`; `symbol`, `methods`, `source` and `remedy` as for
            `elementwise` (in `source`, the parameters stand in braces too); `joint`, `arity`, `keeps` and `warns` as
            `Structural` has them.

    Raises:
        ValueError: for a name that is no Python name.
    """
    if not name.isidentifier():
        raise ValueError(f"moves: got an op called {name!r}, expected a Python name; signs belong in its symbol")
    op = STRUCTURAL[name] = introduced(Structural(name, array, *vjps, **known))
    return op


def introduced(op: Structural) -> Structural:
    """The op, made known to every reader of such ops; whether it stands in a table is the caller's affair."""
    _known.append(op)
    for reader in _readers:
        reader(op)
    return op


_inner = partial(moves, methods=())                 # what methods written by hand lead to, which check what is given


# Broadcasting and its undoing: each is the other's vjp.

def _expand(x: Array, shape: Shape) -> Array:
    filled = np.empty(shape, x.dtype)               # filling a new array beats copying np.broadcast_to's view
    filled[...] = x
    return filled


# A sum, planned from shapes alone: the fastest function for it, and what that takes after the array (and before a place
# for the result). Over one short axis it is BLAS's product with ones, in half np.add.reduce's time. The same few shapes
# come back at each step of a training, and plans are remembered.

Plan = tuple[Callable[..., "Array"], tuple[object, ...]]
SHORT_AXIS = 1024                                   # longer ones NumPy adds up in pairs, which is more exact
_add_up: Callable[..., Array] = np.add.reduce       # whose stub takes keepdims by name only


@lru_cache(maxsize=64)
def ones(shape: Shape, dtype: str) -> Array:
    """Ones to multiply by, which adds up."""
    return np.ones(shape, dtype)


@lru_cache(maxsize=1024)
def sum_plan(shape: Shape, dtype: str, dim: tuple[int, ...], keepdim: bool) -> Plan:
    """How to sum over `dim`."""
    n = shape[dim[0]] if len(dim) == 1 else 0
    if dtype in "fd" and 0 < n <= SHORT_AXIS and (len(shape) == 2 or (len(shape) == 1 and not keepdim)):
        if dim == (1,):
            return np.ndarray.dot, (np.ones((n, 1) if keepdim else n, dtype),)
        return np.ones((1, n) if keepdim else n, dtype).dot, ()
    return _adder(shape, dtype, dim, keepdim), ()


def _adder(shape: Shape, dtype: str, dim: tuple[int, ...], keepdim: bool) -> Callable[..., Array]:
    """NumPy's sum over `dim`, rounded once.

    Along the last axes of an array that lies in order NumPy adds in pairs, which loses little. Over other axes it adds
    one row after another, and a million float32 lose a hundredth: such sums, and all of float16, are made in a wider
    type.
    """
    def add_up(x: Array, out: Array | None = None) -> Array:
        return _add_up(x, dim, None, out, keepdim)

    count = math.prod([shape[i] for i in dim])
    if dtype not in "ef" or (dtype == "f" and count <= SHORT_AXIS):
        return add_up
    in_pairs = dtype == "f" and dim == tuple(range(len(shape) - len(dim), len(shape)))

    def add_up_wide(x: Array, out: Array | None = None) -> Array:
        if in_pairs and x.flags.c_contiguous:
            return add_up(x, out)
        total = _add_up(x, dim, np.float64, None, keepdim)
        if out is None:
            return total.astype(x.dtype)
        out[...] = total
        return out

    return add_up_wide


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
    kept, adder = _kept(shape, axes), _adder(shape, dtype, axes, True)

    def add_up(x: Array, out: Array | None = None) -> Array:
        return adder(x, None if out is None else out.reshape(kept)).reshape(target)

    return add_up, ()


def planned(plan: Callable[..., Plan]) -> Rule:
    """The function on arrays that is computed by plan."""
    def compute(x: Array, *parameters: object) -> Array:
        function, rest = plan(x.shape, x.dtype.char, *parameters)
        return function(x, *rest)

    compute.plan = plan                             # type: ignore[attr-defined]
    return compute


def _kept(shape: Shape, dim: tuple[int, ...]) -> Shape:
    """`shape` with the axes in `dim` reduced to 1."""
    return tuple(1 if i in dim else n for i, n in enumerate(shape))


expand = _inner("expand", _expand,
               lambda g, out, x, shape: reduce_to(g, x.shape), warns=False,
               words="the copies' gradients are summed")
reduce_to = _inner("reduce_to", planned(reduce_plan),
                  lambda g, out, x, shape: expand(g, x.shape), symbol="Σ",
                  words="every summand gets the sum's gradient")
cast = _inner("cast", lambda x, dtype: x.astype(dtype),
             lambda g, out, x, dtype: cast(g, x.dtype),
             words="the gradient takes the input's dtype")


# Reductions. `dim` is a sorted tuple of non-negative axes.

def unsummed(g: Array, x: Array, dim: tuple[int, ...], keepdim: bool) -> Array:
    """The gradient of a sum of x with the axes in `dim` as length 1: it broadcasts to x's shape."""
    return g if keepdim or len(dim) == x.ndim else g.reshape(_kept(x.shape, dim))


sum_ = _inner("sum", planned(sum_plan),
             lambda g, out, x, dim, keepdim: expand(unsummed(g, x, dim, keepdim), x.shape), symbol="Σ",
             words="every summand gets the sum's gradient")


def _is_node(x: object) -> bool:
    """Whether a rule is fed nodes: then what it chooses must be a node too, to be chosen anew by who runs it again."""
    return hasattr(x, "_data")


def _shares(x: Array, out: Array) -> Array:
    """1 where x is the maximum; equal shares that sum to 1 where several are."""
    at_maximum = np.asarray(x == out)
    count = np.count_nonzero(at_maximum)
    if not count:                                   # nan is the maximum where there is one, and equals nothing
        at_maximum = np.asarray(np.isnan(x))
        count = np.count_nonzero(at_maximum)
    return at_maximum if count <= 1 else at_maximum * x.dtype.type(1 / count)


def _place(x: Array, indices: Array, dim: int, shape: Shape) -> Array:
    """Zeros of `shape`, but x where `indices` (which keeps `dim` as an axis of length 1) points along `dim`."""
    out = np.zeros(shape, x.dtype)
    if len(shape) == 2:
        out.reshape(-1)[along(shape, indices, dim)] = x
    else:
        np.put_along_axis(out, indices, x, dim)
    return out


def _pick(x: Array, indices: Array, dim: int) -> Array:
    return x.take(along(x.shape, indices, dim)) if x.ndim == 2 else np.take_along_axis(x, indices, dim)


def along(shape: Shape, indices: Array, dim: int) -> Array:
    """`indices` along `dim` of a matrix as positions in the flat array: a fifth of the time of `…_along_axis`."""
    return indices + _row_starts(*shape) if dim else indices * shape[1] + _positions(shape[1])


@lru_cache(maxsize=64)
def _row_starts(n: int, m: int) -> Array:
    return np.arange(n)[:, None] * m


@lru_cache(maxsize=64)
def _positions(n: int) -> Array:
    return np.arange(n)


pick = _inner("pick", _pick,
             lambda g, out, x, indices, dim: place(g, indices, dim, x.shape), symbol="[ ]", warns=False,
             words="the gradient goes to the element that was picked, 0 to the others")
place = _inner("place", _place,
              lambda g, out, x, indices, dim, shape: pick(g, indices, dim), warns=False,
              words="each element gets the gradient of the place it went to")
max_all = _inner("max_all", lambda x: x.max(),
                lambda g, out, x: g * (shares(x) if _is_node(x) else _shares(x, out)), symbol="max", warns=False,
                words="the gradient goes to the largest, 0 to the others")
max_along = _inner("max_along", lambda x, indices, dim, keepdim:
                  _pick(x, indices, dim) if keepdim else _pick(x, indices, dim).squeeze(dim),
                  lambda g, out, x, indices, dim, keepdim:
                  _back_to(g if keepdim else g.reshape(indices.shape), x, argmax, indices, dim),
                  symbol="max", warns=False,
                  words="the gradient goes to the largest, 0 to the others")


def _back_to(g: Any, x: Any, places: Structural, indices: Any, dim: int) -> Any:
    """g where it came from along `dim`: to the `indices`, or, of nodes, to where the op `places` finds them."""
    return put_along(g, places(x, dim), dim, x.shape) if _is_node(x) else place(g, indices, dim, x.shape)


def _logsumexp(x: Array, dim: tuple[int, ...], keepdim: bool) -> Array:
    kept = _kept(x.shape, dim)
    for axis in dim:
        x = _log_of_sum(x, axis)
    return x.reshape(kept) if keepdim else x.reshape(tuple(n for i, n in enumerate(kept) if i not in dim))


def _log_of_sum(x: Array, axis: int) -> Array:
    """log Σ exp(x) along one axis, which stays. Without the largest term, 1, no digit of a small rest is lost."""
    last = x if axis == x.ndim - 1 else x.swapaxes(axis, -1)
    rows = last.reshape(-1, last.shape[-1])
    n, width = rows.shape
    if not rows.flags.c_contiguous:
        rows = rows.copy()
    top = rows.argmax(1) + _positions(n) * width
    largest = rows.take(top)
    powers = np.exp(rows - np.where(abs(largest) < math.inf, largest, x.dtype.type(0))[:, None])
    powers.reshape(-1)[top] = 0
    out: Array = (largest + np.log1p(powers.dot(ones((width,), x.dtype.char)))).reshape((*last.shape[:-1], 1))
    return out if last is x else out.swapaxes(axis, -1)


logsumexp = _inner("logsumexp", _logsumexp,
                   lambda g, out, x, dim, keepdim:
                   unsummed(g, x, dim, keepdim) * TABLE["exp"](x - unsummed(out, x, dim, keepdim)), symbol="LSE",
                   words="each input gets its share, its softmax, of the gradient")


# What lets no gradient through. A choice that depends on the numbers is a node too: whoever runs the graph again with
# other numbers makes the choice anew.

def _spelled(numpy: str, torch: str) -> dict[str, str]:
    """How the libraries write it, where JAX writes as NumPy does."""
    return {"numpy": numpy, "torch": torch, "jax": numpy.replace("np.", "jnp.")}


stop = _inner("stop", lambda x: x.copy(), lambda g, out, x: None, warns=False, symbol="stop",
              words="the gradient stops here", source=_spelled("np.array({x})", "({x}).detach()"))
argsort = _inner("argsort", lambda x, dim: np.argsort(x, dim, kind="stable"), lambda g, out, x, dim: None, warns=False,
                 words="a place has no gradient",
                 source=_spelled("np.argsort({x}, {dim})", "torch.argsort({x}, {dim})"))
argmax = _inner("argmax", lambda x, dim: x.argmax(dim, keepdims=True), lambda g, out, x, dim: None, warns=False,
                words="a place has no gradient",
                source=_spelled("np.argmax({x}, {dim}, keepdims=True)", "torch.argmax({x}, {dim}, keepdim=True)"))
shares = _inner("shares", lambda x: _shares(x, x.max()).astype(x.dtype), lambda g, out, x: None, warns=False,
                words="shares have no gradient")
for _op in (stop, argsort, argmax, shares):
    _op.constant = True


class _Along(Structural):
    """An op one of whose inputs holds places, which have no slope. It stands in no table: no step could show that."""

    __slots__ = ()
    home = "autograd.arrays.structural", "ALONG"


take_along = introduced(_Along(
    "take_along", lambda x, places, dim: np.take_along_axis(x, places, dim),
    lambda g, out, x, places, dim: put_along(g, places, dim, x.shape),
    lambda g, out, x, places, dim: places * 0, warns=False, methods=(),
    words="the gradient goes to the elements that were taken, 0 to the others",
    source=_spelled("np.take_along_axis({x}, {y}, {dim})", "torch.gather({x}, {dim}, {y})")))
put_along = introduced(_Along(
    "put_along", lambda x, places, dim, shape: _place(x, places, dim, shape),
    lambda g, out, x, places, dim, shape: take_along(g, places, dim),
    lambda g, out, x, places, dim, shape: places * 0, warns=False, methods=(),
    words="each element gets the gradient of the place it went to"))
ALONG = {op.name: op for op in (take_along, put_along)}


# Shapes: nothing is computed, so nothing is either on the way back.

reshape = _inner("reshape", lambda x, shape: x.reshape(shape),
                lambda g, out, x, shape: g.reshape(x.shape), warns=False,
                words="the gradient is reshaped back")
permute = _inner("permute", lambda x, dims: x.transpose(dims),
                lambda g, out, x, dims: permute(g, tuple(np.argsort(dims).tolist())), warns=False,
                words="the gradient's axes are put back in order")


# Indexing, and adding into the places an index names: each is the other's vjp.

def _index(x: Array, key: Any) -> Any:
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
        places = (key.reshape(-1, 1).astype(np.intp) % n) * width + np.arange(width)
        return _added_at(places.reshape(-1), x.reshape(-1), n * width).reshape(n, width)    # five times faster
    keys = key if type(key) is tuple else (key,)
    integers = [k for k in keys if type(k) is ndarray and k.dtype.kind in "iu"]
    if not integers:                                # nothing can be named twice
        out = np.zeros(shape, x.dtype)
        out[key] = x
        return out
    if x.size > 1000 and len(integers) == len(keys) == len(shape):
        places = np.ravel_multi_index(np.broadcast_arrays(*integers), shape, mode="wrap")
        return _added_at(places.reshape(-1), x.reshape(-1), math.prod(shape)).reshape(shape)    # again faster
    return _added_at(key, x, shape)                 # `out[key] += x` would count what is named twice only once


def _added_at(key: Any, x: Array, shape: Shape | int) -> Any:
    """Zeros with x added at `key`, rounded once."""
    if x.dtype.char not in "ef" or (x.dtype.char == "f" and x.size <= SHORT_AXIS):
        out = np.zeros(shape, x.dtype)
        np.add.at(out, key, x)
        return out
    return _added_at(key, x.astype(np.float64), shape).astype(x.dtype)


SMALL_PRODUCT = 200_000                             # multiplications; beyond, `np.add.at` is faster


@lru_cache(maxsize=16)
def one_hot(n: int, dtype: str) -> Array:
    return np.eye(n, dtype=dtype)


index = _inner("index", _index,
              lambda g, out, x, key: scatter(g, key, x.shape), symbol="[ ]", warns=False,
              words="the gradient goes back to where the elements were taken from, 0 elsewhere")
scatter = _inner("scatter", _scatter,
                lambda g, out, x, key, shape: index(g, key),
                words="each element gets the gradient of the place it was added to")
VIEWS = frozenset({index, reshape, permute, expand})            # those that may give the same memory again


# Matrix products, for vectors, matrices and stacks of them.

def _matmul_left(g: Array, out: Array, x: Array, y: Array) -> Any:  # ∂(x @ y)/∂x: g @ yᵀ
    if x.ndim == 2 and y.ndim == 2:
        return g.dot(y.T)                                       # two thirds of the time of `@` on small matrices
    if y.ndim == 2 and x.ndim > 2:
        return g @ y.T
    if y.ndim == 1:                                             # (…, n) @ (n,): an outer product
        return g[..., None] * y
    if x.ndim == 1:                                             # (n,) @ (…, n, m)
        return (y @ g[..., None])[..., 0]
    return g @ y.swapaxes(-1, -2)


def _matmul_right(g: Array, out: Array, x: Array, y: Array) -> Any:  # ∂(x @ y)/∂y: xᵀ @ g
    if x.ndim == 2 and y.ndim == 2:
        return x.T.dot(g)
    if x.ndim == 1:
        return x * g if y.ndim == 1 else x[:, None] * g[..., None, :]
    if y.ndim == 1:
        return (x.swapaxes(-1, -2) @ g[..., None])[..., 0]
    if y.ndim == 2 and 0 not in (*x.shape, *g.shape):           # one flat product: no stack to sum over afterwards
        return x.reshape((-1, x.shape[-1])).T @ g.reshape((-1, g.shape[-1]))
    return x.swapaxes(-1, -2) @ g


def _matmul(x: Array, y: Array) -> Any:
    if x.ndim == 2 and y.ndim == 2:
        return x.dot(y)
    if x.ndim > 2 and y.ndim == 2 and x.size and y.size:        # one large product where np.matmul makes many small
        return (x.reshape(-1, x.shape[-1]) @ y).reshape(*x.shape[:-1], y.shape[1])
    return x @ y


matmul = _inner("matmul", _matmul, _matmul_left, _matmul_right, symbol="@",
               words="the gradient is multiplied by the other factor, transposed")


# Joining. The parts are found again by slicing.

def _split(needs: Sequence[bool], g: Array, out: Array, *saved: Any) -> list[Array | None]:
    *parts, dim = saved
    pieces, start = [], 0
    for needed, part in zip(needs, parts):
        stop = start + part.shape[dim]
        pieces.append(index(g, (slice(None),) * dim + (slice(start, stop),)) if needed else None)
        start = stop
    return pieces


concatenate = _inner("concatenate", lambda parts, dim: np.concatenate(parts, axis=dim), joint=_split, symbol="cat",
                    warns=False, words="each part gets its slice of the gradient")


# Order: the same numbers elsewhere, or some of them; and sums of those before.

def _cumsum(x: Array, dim: int) -> Array:
    return x.cumsum(dim, np.float64).astype(x.dtype) if x.dtype.char in "ef" else x.cumsum(dim)    # rounded once


flip: Structural
roll: Structural
tril: Structural
triu: Structural
cumsum: Structural
flip = _inner("flip", lambda x, dims: np.flip(x, dims),
             lambda g, out, x, dims: flip(g, dims), warns=False,
             words="the gradient is turned back", source=_spelled("np.flip({x}, {dims})", "torch.flip({x}, {dims})"))
roll = _inner("roll", lambda x, shifts, dims: np.roll(x, shifts, dims),
             lambda g, out, x, shifts, dims: roll(g, tuple([-n for n in shifts]), dims), warns=False,
             words="the gradient is rolled back",
             source=_spelled("np.roll({x}, {shifts}, {dims})", "torch.roll({x}, {shifts}, {dims})"))
tril = _inner("tril", lambda x, diagonal: np.tril(x, diagonal),
             lambda g, out, x, diagonal: tril(g, diagonal), warns=False,
             words="the gradient goes to what was kept, 0 to the others",
             source=_spelled("np.tril({x}, {diagonal})", "torch.tril({x}, {diagonal})"))
triu = _inner("triu", lambda x, diagonal: np.triu(x, diagonal),
             lambda g, out, x, diagonal: triu(g, diagonal), warns=False,
             words="the gradient goes to what was kept, 0 to the others",
             source=_spelled("np.triu({x}, {diagonal})", "torch.triu({x}, {diagonal})"))
cumsum = _inner("cumsum", _cumsum,
               lambda g, out, x, dim: flip(cumsum(flip(g, (dim,)), dim), (dim,)), symbol="Σ…",
               words="each summand gets the gradients of all sums that it is in",
               source=_spelled("np.cumsum({x}, {dim})", "torch.cumsum({x}, {dim})"))
sort = _inner("sort", lambda x, dim: np.sort(x, dim),
             lambda g, out, x, dim: _back_to(g, x, argsort, None if _is_node(x) else argsort(x, dim), dim), warns=False,
             words="each element gets the gradient of the place it went to",
             source=_spelled("np.sort({x}, {dim})", "torch.sort({x}, dim={dim}).values"))
