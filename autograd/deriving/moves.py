"""Ops that move numbers, in index notation: what they compute. Their derivatives are their own, made of one another.

An op takes each number from a place of its input (`_moved`), or adds each to a place of its result (`_added`); what
takes and what adds by the same places undo each other. A place is an index, or what is computed from indices: `Flat`
counts through several axes, `Digit` undoes it, `Positions` are class indices and the like.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial, reduce
from typing import Any

import sympy as sp

from autograd.deriving.algebra import expanded
from autograd.deriving.fields import (
    MOVES,
    Above,
    AtLeast,
    Comparison,
    Field,
    Index,
    Shape,
    aligned,
    broadcast,
)

Places = Callable[[Index], Sequence[sp.Expr]]       # of an index the place on each axis

__all__ = ["Digit", "Flat", "Place", "Positions", "drawn", "loosened", "ones_at", "spread_out", "summed"]


class Place(sp.Function):                           # type: ignore[misc]
    """A place along an axis that is computed from indices."""

    is_integer = True

    @classmethod
    def number(cls, *parts: Any) -> Any:
        raise NotImplementedError


class Flat(Place):
    """4n + c: a count through several axes at once. The arguments are each index and its axis's length, in turn."""

    @classmethod
    def eval(cls, *arguments: sp.Expr) -> sp.Expr | None:
        pairs = [(i, n) for i, n in zip(arguments[::2], arguments[1::2]) if n != 1]
        if len(pairs) < 2:
            return pairs[0][0] if pairs else sp.S.Zero
        if len(pairs) * 2 != len(arguments):
            return cls(*[x for pair in pairs for x in pair])
        if all(i.is_Integer for i, _ in pairs):
            return sp.Integer(cls.number(*arguments))
        whole = pairs[0][0].args[0] if isinstance(pairs[0][0], Digit) else None
        stride, found = 1, list[Any]()
        for _, n in pairs[::-1]:                    # all digits of one count are that count
            found.insert(0, Digit(whole, stride, n, pairs[0][0].args[3]) if whole is not None else None)
            stride *= int(n)
        same = whole is not None and stride == pairs[0][0].args[3] and found == [i for i, _ in pairs]
        return whole if same else None

    @classmethod
    def number(cls, *parts: Any) -> Any:
        count = 0
        for i, n in zip(parts[::2], parts[1::2]):
            count = count * int(n) + i
        return count


class Digit(Place):
    """⌊k/4⌋ mod 3: where a count k stands along one axis; of which stride and length, and how far k counts."""

    nargs = 4

    @classmethod
    def eval(cls, k: sp.Expr, stride: sp.Expr, n: sp.Expr, whole: sp.Expr) -> sp.Expr | None:
        if k.is_Integer:
            return sp.Integer(cls.number(int(k), stride, n, whole))
        if stride == 1 and n == whole:
            return k
        if isinstance(k, Digit):
            return cls(k.args[0], k.args[1] * stride, n, k.args[3])
        if isinstance(k, Flat):
            below, inside = 1, list[sp.Expr]()
            for i, length in list(zip(k.args[::2], k.args[1::2]))[::-1]:
                if stride % below == 0 and below * length % (stride * n) == 0:
                    return cls(i, stride / below, n, length)
                if stride <= below and below * length <= stride * n:
                    inside = [i, length, *inside]
                below *= length
            if math.prod(inside[1::2]) == n:
                return Flat(*inside)
        return None

    @classmethod
    def number(cls, *parts: Any) -> Any:
        k, stride, n, _ = parts
        return k // int(stride) % int(n)


class Positions(Place):
    """t_n: an entry of an array of positions, as class indices are."""

    array: Any

    @classmethod
    def number(cls, *parts: Any) -> Any:
        return cls.array.squeeze()[parts] if parts else cls.array.reshape(())


@lru_cache(maxsize=256)
def _positions_of(numbers: bytes, dtype: str, shape: Shape) -> type[Positions]:
    from numpy import frombuffer
    return type("t", (Positions,), {"array": frombuffer(numbers, dtype).reshape(shape)})


def _positions(key: Any, length: int) -> Callable[[Index], sp.Expr]:
    """What an array of positions says at an index; `arange` says the index itself."""
    if key.ndim == 1 and key.shape[0] == length and all(int(i) == n for n, i in enumerate(key)):
        return lambda index: index[-1]
    t = _positions_of(key.tobytes(), key.dtype.str, key.shape)
    return lambda index: t(*[i for i, n in zip(index[len(index) - key.ndim:], key.shape) if n != 1])


# Sums and δ.

def spread_out(x: sp.Expr) -> sp.Expr:
    """Multiplied out, as far as there are δ; what stands below a fraction's line stays."""
    closed: dict[sp.Expr, sp.Expr] = {}

    def close(y: sp.Expr) -> sp.Expr:
        if isinstance(y, (sp.Add, sp.Mul)):
            return y.func(*map(close, y.args))
        below = y.is_Pow and y.base.is_Add and y.exp.could_extract_minus_sign()
        if y.is_Atom or (y.has(sp.KroneckerDelta) and not below):
            return y
        return closed.setdefault(y, sp.Dummy(real=True))

    out = drawn(expanded(close(x)).xreplace({v: k for k, v in closed.items()}))
    return out.replace(lambda y: y.is_Pow and isinstance(y.base, (Comparison, sp.KroneckerDelta)) and y.exp.is_positive,
                       lambda y: y.base)            # of 0 and 1


def summed(body: sp.Expr, index: Sequence[tuple[sp.Symbol, int]], split: bool = False) -> sp.Expr:
    """Σ body over indices: sums of δ are taken at once, and what does not depend on the index stands before the sum.

    With `split`, a sum of terms becomes a sum for each term.
    """
    for k, length in sorted(index, key=lambda pair: not any(solved(d, *pair) for d in body.atoms(sp.KroneckerDelta))):
        deltas = any(solved(d, k, length) for d in body.atoms(sp.KroneckerDelta))
        terms = []
        for term in sp.Add.make_args(spread_out(body)) if split or deltas else [body]:
            found = next(((d, s) for d in sp.Mul.make_args(term) if isinstance(d, sp.KroneckerDelta)
                          and (s := solved(d, k, length))), None)
            if found is not None:
                delta, (other, inside) = found
                terms.append((term / delta).xreplace({k: other}) * inside)
            else:
                without, within = term.as_independent(k, as_Add=False)
                turned = within.xreplace({k: length - 1 - k})       # counted from the other end, if that is plainer
                if within.has(Comparison) and turned.count_ops() < within.count_ops():
                    within = turned
                terms.append(without * (sp.Sum(within, (k, 0, length - 1)) if within != 1 else length))
        body = sp.Add(*terms)
    return body


def drawn(x: sp.Expr) -> sp.Expr:
    """What does not depend on the index of a sum stands before it."""
    if not x.has(sp.Sum):
        return x
    x = x.func(*map(drawn, x.args)) if x.args else x
    if not isinstance(x, sp.Sum):
        return x
    without, within = sp.factor_terms(x.function).as_independent(*[limit[0] for limit in x.limits], as_Add=False)
    return without * (sp.Sum(within, *x.limits) if within != 1 else math.prod(limit[2] + 1 for limit in x.limits))


def solved(delta: sp.KroneckerDelta, k: sp.Symbol, length: int) -> tuple[sp.Expr, sp.Expr] | None:
    """What the index k is where the δ is 1; and 1 where that is on its axis."""
    for one, other in (delta.args, delta.args[::-1]):
        shift = one - k
        if not other.has(k) and not shift.has(k) and shift.is_Integer:
            place = other - shift
            return place, sp.S.One if shift == 0 else AtLeast(place, 0) * Above(length, place)
    return None


def loosened(x: sp.Expr) -> sp.Expr:
    """With a new index for every sum, so that none is another's."""
    if isinstance(x, sp.Sum):
        new = {limit[0]: sp.Dummy("k", integer=True) for limit in x.limits}
        return sp.Sum(loosened(x.function).xreplace(new), *[(new[i], low, high) for i, low, high in x.limits])
    return x.func(*map(loosened, x.args)) if x.has(sp.Sum) else x


def ones_at(one: Index, other: Index) -> sp.Expr:
    """1 where two places are the same: a product of δ."""
    return sp.Mul(*[sp.KroneckerDelta(i, j) for i, j in zip(one, other)])


def fresh(n: int = 2) -> sp.Expr:
    """A new index for an axis of length n."""
    return sp.Dummy("k", integer=True) if n > 1 else sp.S.Zero


def _sum(x: Field, dim: Shape, keepdim: bool) -> Field:
    kept = [i for i in range(x.ndim) if keepdim or i not in dim]
    return _added(x, tuple([1 if i in dim else x.shape[i] for i in kept]),
                  lambda own: [sp.S.Zero if i in dim else own[i] for i in kept])


def _matmul(x: Field, y: Field) -> Field:
    """Σ_k x_ik y_kj."""
    left = _reshape(x, (*((1,) * (x.ndim == 1)), *x.shape, 1))
    right = _reshape(y, (*y.shape, 1) if y.ndim == 1 else y.shape)
    right = _reshape(right, (*right.shape[:-2], 1, *right.shape[-2:]))
    whole = _sum(Field.each(operator.mul, left, right), (max(left.ndim, right.ndim) - 2,), False)
    kept = whole.shape[:-2] + whole.shape[-2:-1] * (x.ndim > 1) + whole.shape[-1:] * (y.ndim > 1)
    return _reshape(whole, kept)


def _cumsum(x: Field, dim: int) -> Field:
    def at(index: Index) -> sp.Expr:
        k = fresh()
        return summed(x.at((*index[:dim], k, *index[dim + 1:])) * AtLeast(index[dim], k), [(k, x.shape[dim])])

    return Field(at, x.shape)


# The same numbers elsewhere.

def _moved(x: Field, shape: Shape, places: Places) -> Field:
    """The field of `shape` whose entry at an index is that of x at the index's `places`."""
    return Field(lambda index: x.at(tuple([sp.S.Zero if n == 1 else i for i, n in zip(places(index), x.shape)])), shape)


def _added(x: Field, shape: Shape, places: Places) -> Field:
    """The field of `shape` to which each entry of x is added at the `places` of its own index: Σ x_i δ_{k, place of i}.

    Where a place is an index but for a constant, the index is known, and nothing is summed.
    """
    def at(index: Index) -> sp.Expr:
        own = tuple(map(fresh, x.shape))
        over = {i: n for i, n in zip(own, x.shape) if n != 1}
        inside, known = sp.S.One, dict[sp.Expr, sp.Expr]()
        for k, place, n in zip(index, places(own), shape):
            i = next((i for i in over if (place - i).is_Integer), None)
            if i is None:
                inside *= sp.KroneckerDelta(place, k)
            else:
                known[i] = k - (place - i)
                inside *= _between(k, place - i, place - i + over.pop(i), n)
        body = x.at(tuple([known.get(i, i) for i in own])) * inside.xreplace(known)
        return summed(body, list(over.items())[::-1])

    return Field(at, shape)


def _between(i: sp.Expr, start: int, stop: int, length: int) -> sp.Expr:
    """1 for the places of an axis from `start` up to `stop`."""
    return (AtLeast(i, start) if start > 0 else 1) * (Above(stop, i) if stop < length else sp.S.One)


def _reshape(x: Field, shape: Shape) -> Field:
    if -1 in shape:
        shape = tuple([x.size // -math.prod(shape) if n == -1 else n for n in shape])
    groups = list(_groups(x.shape, shape))

    def places(index: Index) -> Sequence[sp.Expr]:
        found: list[sp.Expr] = [sp.S.Zero] * x.ndim
        for own, outer in groups:
            count = Flat(*[y for axis in outer for y in (index[axis], sp.Integer(shape[axis]))])
            whole = stride = math.prod(shape[axis] for axis in outer)
            for axis in own:
                stride //= x.shape[axis]
                found[axis] = Digit(count, *map(sp.Integer, (stride, x.shape[axis], whole)))
        return found

    return _moved(x, shape, places)


def _groups(one: Shape, other: Shape) -> Iterator[tuple[list[int], list[int]]]:
    """Axes of two shapes, as few as possible each time, that hold equally many places."""
    left, right = ([i for i, n in enumerate(x) if n != 1] for x in (one, other))
    while left:
        a, b = [left.pop(0)], [right.pop(0)]
        while (m := math.prod(one[i] for i in a)) != (n := math.prod(other[i] for i in b)):
            if m < n:
                a.append(left.pop(0))
            else:
                b.append(right.pop(0))
        yield a, b


def _roll(x: Field, shifts: Shape, dims: Shape) -> Field:
    by = [sum(shift for shift, dim in zip(shifts, dims) if dim == axis) for axis in range(x.ndim)]
    return _moved(x, x.shape, lambda index: [Digit(i - shift, *map(sp.Integer, (1, n, n * n))) if shift else i
                                             for i, shift, n in zip(index, by, x.shape)])


def _concatenate(*inputs: Any) -> Field:
    *given, dim = inputs
    fields = list(map(Field.of, given[0] if isinstance(given[0], (list, tuple)) else given))
    starts = [sum(x.shape[dim] for x in fields[:i]) for i in range(len(fields) + 1)]
    shape = (*fields[0].shape[:dim], starts[-1], *fields[0].shape[dim + 1:])
    parts = [_added(x, shape, partial(_shifted, dim, start)) for x, start in zip(fields, starts)]
    return reduce(operator.add, parts)


def _shifted(dim: int, by: int, index: Index) -> Index:
    return (*index[:dim], index[dim] + by, *index[dim + 1:])


def _key(x_shape: Shape, key: Any) -> tuple[Shape, Places]:
    """x[key]: the shape of the result, and for its index the place on each axis of x."""
    keys = [part for k in (key if isinstance(key, tuple) else (key,))
            for part in (k.nonzero() if getattr(k, "dtype", None) is not None and k.dtype.kind == "b" else (k,))]
    taken = sum(k is not None and k is not Ellipsis for k in keys)
    if Ellipsis not in [k for k in keys if not hasattr(k, "shape")]:
        keys.append(Ellipsis)
    place = next(i for i, k in enumerate(keys) if k is Ellipsis)
    keys[place:place + 1] = [slice(None)] * (len(x_shape) - taken)
    common = broadcast([k.shape for k in keys if getattr(k, "ndim", 0) > 0])
    named = [i for i, k in enumerate(keys) if k is not None and not isinstance(k, slice)]
    first = named[0] if named and named == [*range(named[0], named[-1] + 1)] else 0     # else NumPy puts them in front
    shape: list[int] = []
    axes: list[tuple[Any, Callable[[Any], sp.Expr]]] = []       # which of the indices, and the place on x's axis then
    for i, k in enumerate(keys):
        if i == first:                              # here stand the axes that arrays make
            made = slice(len(shape), len(shape) + len(common))
            shape += common
        if k is None:
            shape.append(1)
            continue
        n = x_shape[len(axes)]
        if isinstance(k, slice):
            axes.append((len(shape), partial(_along, range(n)[k])))
            shape.append(len(range(n)[k]))
        elif getattr(k, "ndim", 0) > 0:
            axes.append((made, _positions(k % n, n)))
        else:
            axes.append((None, partial(_along, [int(k) % n])))
    return tuple(shape), lambda index: [says(sp.S.Zero if i is None else index[i]) for i, says in axes]


def _along(taken: Sequence[int], i: sp.Expr) -> sp.Expr:
    """The place of an index among those that are taken, which lie equally far apart."""
    return i * (taken[1] - taken[0] if len(taken) > 1 else 1) + (taken[0] if taken else 0)


def _picked(shape: Shape, indices: Any, dim: int) -> Places:
    dim, says = dim % len(shape), _positions(indices, shape[dim])
    return lambda index: (*index[:dim], says(index), *index[dim + 1:])


MOVES |= {
    "reshape": _reshape, "roll": _roll, "cast": lambda x, dtype: x,
    "permute": lambda x, dims: _moved(x, tuple([x.shape[axis] for axis in dims]),
                                      lambda index: [index[dims.index(axis)] for axis in range(x.ndim)]),
    "flip": lambda x, dims: _moved(x, x.shape, lambda index: [
        n - 1 - i if axis in dims else i for axis, (i, n) in enumerate(zip(index, x.shape))]),
    "expand": lambda x, shape: _moved(x, shape, lambda index: aligned(index, x.shape)),
    "index": lambda x, key: _moved(x, *_key(x.shape, key)),
    "pick": lambda x, indices, dim: _moved(x, indices.shape, _picked(x.shape, indices, dim)),
    "sum": _sum, "concatenate": _concatenate,
    "reduce_to": lambda x, shape: _added(x, shape, lambda own: aligned(own, shape)),
    "scatter": lambda x, key, shape: _added(x, shape, _key(shape, key)[1]),
    "place": lambda x, indices, dim, shape: _added(x, shape, _picked(shape, indices, dim)),
    "matmul": _matmul, "affine": lambda x, weight, bias: _matmul(x, weight) + bias,
    "tril": lambda x, diagonal: x * Field(lambda index: AtLeast(index[-2] + diagonal, index[-1]), x.shape),
    "triu": lambda x, diagonal: x * Field(lambda index: AtLeast(index[-1], index[-2] + diagonal), x.shape),
    "cumsum": _cumsum,
}
