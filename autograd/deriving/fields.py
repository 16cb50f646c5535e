"""Fields: operands that hold mathematics, so that an op's rule fed with them comes out as a formula.

A field is an array of SymPy expressions, written once for all its entries: its shape, and the entry at given indices.
A number is a field without indices. What an op computes is asked of the op where that is arithmetic; else it stays a
function by the op's name, which the table can differentiate. No derivative is written here.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import zip_longest
from typing import Any

import sympy as sp

from autograd.core.op import Op, Operand
from autograd.core.ops import PowerBy

__all__ = ["MOVES", "Above", "AtLeast", "Comparison", "Field", "OutsideError", "Positions", "Same", "The", "expanded",
           "ones_at", "rational", "summed", "the"]

Shape = tuple[int, ...]
Index = tuple[sp.Expr, ...]


class OutsideError(ValueError):
    """An op that cannot be written as mathematics here."""


class The(sp.Function):                             # type: ignore[misc]
    """An op's function of some arguments: σ(z), log ŷ, e^z. SymPy knows nothing about it; the table does."""

    op: Op
    is_real = True


@lru_cache(maxsize=256)
def the(op: Op) -> type[The]:
    """The function of an op."""
    return type(op.name, (The,), {"op": op})


class Comparison(sp.Function):                      # type: ignore[misc]
    """1 where it holds, else 0: [x > y]."""

    nargs = 2
    is_real = True
    holds: Callable[..., Any]

    @classmethod
    def eval(cls, x: sp.Expr, y: sp.Expr) -> sp.Expr | None:
        if x.is_number and y.is_number:
            return sp.Integer(bool(cls.holds(x, y)))
        return None


class Above(Comparison):
    holds = operator.gt


class AtLeast(Comparison):
    holds = operator.ge


class Same(Comparison):
    holds = operator.eq


_REMEDIES = {"cross_entropy": "use cross_entropy_composite, which is made of small steps",
             "batch_norm": "write it out: x − mean, over the root of variance + eps"}
_KNOWN = [sp.log(2), sp.log(10), sp.sqrt(sp.pi), 1 / sp.sqrt(sp.pi), sp.sqrt(2 / sp.pi), sp.pi]


def rational(x: float) -> sp.Expr:
    """A float as the number that was meant: 0.5 is 1/2, math.log(2) is log 2."""
    if not math.isfinite(x):
        raise OutsideError(f"derive: {x} stands in the graph, with which no mathematics can be done")
    fraction = Fraction(x).limit_denominator(1000)
    if float(fraction) == x:
        return sp.Rational(fraction.numerator, fraction.denominator)
    for known in _KNOWN:
        fraction = Fraction(x / float(known)).limit_denominator(100)
        if fraction and math.isclose(float(fraction) * float(known), x, rel_tol=4e-16):
            return sp.Rational(fraction.numerator, fraction.denominator) * known
    fraction = Fraction(x * x).limit_denominator(100)
    if fraction and math.isclose(float(fraction), x * x, rel_tol=4e-16):
        return sp.sign(x) * sp.sqrt(sp.Rational(fraction.numerator, fraction.denominator))
    return sp.Rational(repr(float(x)))


class Field(Operand):
    """Mathematics that computes: `at(indices)` is its entry there."""

    __slots__ = ("at", "shape")
    __array_ufunc__ = None                          # NumPy must leave fields to these operators
    dtype = None                                    # mathematics has one kind of number

    def __init__(self, at: Callable[[Index], sp.Expr] | sp.Expr, shape: Shape = ()) -> None:
        self.at: Callable[[Index], sp.Expr] = at if callable(at) and not isinstance(at, sp.Basic) else lambda index: at
        self.shape = shape

    @property
    def expr(self) -> sp.Expr:
        """The formula of a number."""
        return self.at(())

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @classmethod
    def of(cls, x: Any) -> Field:
        if isinstance(x, Field):
            return x
        if isinstance(x, (bool, int, float)) or getattr(x, "ndim", None) == 0:
            return cls(rational(float(x)))
        raise TypeError(f"derive: no formula for {type(x).__name__}")

    @classmethod
    def each(cls, function: Callable[..., sp.Expr], *inputs: Any) -> Field:
        """`function` of the entries, with broadcasting."""
        fields = [cls.of(x) for x in inputs]
        shape = broadcast([x.shape for x in fields])
        return cls(lambda index: function(*[x.at(aligned(index, x.shape)) for x in fields]), shape)

    @classmethod
    def apply(cls, op: Op, *inputs: Any) -> Field:
        if hasattr(op, "vjps"):                     # it moves numbers
            if op.name not in MOVES:
                remedy = _REMEDIES.get(op.name, "write it out of its parts")
                raise OutsideError(f"derive: {op.name} is outside what can be derived; {remedy}")
            return MOVES[op.name](*inputs)
        if isinstance(op, PowerBy):
            return cls.each(lambda x: x ** rational(op.exponent), *inputs)
        if op.name == "power":
            return cls.each(operator.pow, *inputs)
        try:
            return cls.of(op.floats(*map(cls.of, inputs)))      # where that is arithmetic, it is so on formulas too
        except TypeError:
            return cls.each(the(op), *inputs)

    def __neg__(self) -> Field:
        return Field.each(operator.neg, self)

    def __abs__(self) -> Field:
        return Field.each(abs, self)

    def __matmul__(self, other: Any) -> Field:
        return _matmul(self, other)

    def __bool__(self) -> bool:
        raise TypeError("a rule may not branch on a formula: it has no value yet")

    __hash__ = object.__hash__

    # What vector-Jacobian products ask of arrays.

    def reshape(self, *shape: Any) -> Field:
        return _reshape(self, shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape)

    @property
    def T(self) -> Field:
        return _permute(self, tuple(range(self.ndim))[::-1])

    def swapaxes(self, first: int, second: int) -> Field:
        dims = list(range(self.ndim))
        dims[first], dims[second] = dims[second], dims[first]
        return _permute(self, tuple(dims))

    def dot(self, other: Field) -> Field:
        return _matmul(self, other)

    def __getitem__(self, key: Any) -> Field:
        return _index(self, key)


def _operator(function: Callable[[Any, Any], Any]) -> tuple[Callable[[Any, Any], Field], Callable[[Any, Any], Field]]:
    return (lambda x, y: Field.each(function, x, y)), (lambda x, y: Field.each(function, y, x))


for _name in ("add", "sub", "mul", "truediv", "pow"):
    _forward, _reflected = _operator(getattr(operator, _name))
    setattr(Field, f"__{_name}__", _forward)
    setattr(Field, f"__r{_name}__", _reflected)
for _name, _compare in [("gt", Above), ("ge", AtLeast), ("eq", Same)]:
    setattr(Field, f"__{_name}__", _operator(_compare)[0])
for _name, _compare in [("lt", Above), ("le", AtLeast)]:
    setattr(Field, f"__{_name}__", _operator(_compare)[1])
Field.__ne__ = _operator(lambda x, y: 1 - Same(x, y))[0]        # type: ignore[method-assign, assignment]


# Ops that move numbers, in index notation: what they compute. Their derivatives are their own, made of one another.

def broadcast(shapes: Sequence[Shape]) -> Shape:
    turned = zip_longest(*[shape[::-1] for shape in shapes], fillvalue=1)
    return tuple([max(lengths) if 0 not in lengths else 0 for lengths in turned])[::-1]


def aligned(index: Index, shape: Shape) -> Index:
    """The indices of an array of `shape` that stands at `index` after broadcasting."""
    tail = index[len(index) - len(shape):]
    return tuple([sp.S.Zero if n == 1 else i for i, n in zip(tail, shape)])


def expanded(x: sp.Expr) -> sp.Expr:
    """Multiplied out, but for what stands below a fraction's line."""
    closed = {p: sp.Dummy(real=True) for p in x.atoms(sp.Pow) if p.base.is_Add and p.exp.could_extract_minus_sign()}
    return sp.expand(x.xreplace(closed)).xreplace({v: k for k, v in closed.items()})


def summed(body: sp.Expr, index: Sequence[tuple[sp.Symbol, int]], split: bool = False) -> sp.Expr:
    """Σ body over indices: sums of δ are taken at once, and what does not depend on the index stands before the sum.

    With `split`, a sum of terms becomes a sum for each term.
    """
    for k, length in index:
        deltas = any(k in d.args for d in body.atoms(sp.KroneckerDelta))
        terms = []
        for term in sp.Add.make_args(expanded(body)) if split or deltas else [body]:
            delta = next((d for d in sp.Mul.make_args(term) if isinstance(d, sp.KroneckerDelta) and k in d.args), None)
            if delta is not None:
                (other,) = [i for i in delta.args if i != k]
                terms.append((term / delta).xreplace({k: other}))
            else:
                without, within = term.as_independent(k, as_Add=False)
                terms.append(without * (sp.Sum(within, (k, 0, length - 1)) if within != 1 else length))
        body = sp.Add(*terms)
    return body


def ones_at(one: Index, other: Index) -> sp.Expr:
    """1 where two places are the same: a product of δ."""
    return sp.Mul(*[sp.KroneckerDelta(i, j) for i, j in zip(one, other)])


def fresh() -> sp.Symbol:
    return sp.Dummy("k", integer=True)


def _sum(x: Field, dim: Shape, keepdim: bool) -> Field:
    def at(index: Index) -> sp.Expr:
        rest: Iterator[sp.Expr] = iter(index)
        full, over = [], []
        for axis, n in enumerate(x.shape):
            if axis not in dim:
                full.append(next(rest))
                continue
            if keepdim:
                next(rest)
            full.append(fresh() if n > 1 else sp.S.Zero)
            if n > 1:
                over.append((full[-1], n))
        return summed(x.at(tuple(full)), over[::-1])

    shape = tuple([1 if i in dim else n for i, n in enumerate(x.shape) if keepdim or i not in dim])
    return Field(at, shape)


def _reduce_to(x: Field, shape: Shape) -> Field:
    extra = x.ndim - len(shape)
    dims = tuple([i for i, n in enumerate(x.shape) if i < extra or (shape[i - extra] == 1 and n > 1)])
    return _reshape(_sum(x, dims, True), shape)


def _reshape(x: Field, shape: Shape) -> Field:
    if -1 in shape:
        shape = tuple([x.size // -math.prod(shape) if n == -1 else n for n in shape])
    if [n for n in x.shape if n != 1] != [n for n in shape if n != 1]:
        raise OutsideError(f"derive: reshape from {x.shape} to {shape} is outside what can be derived: only "
                           "axes of length 1 may come and go")

    def at(index: Index) -> sp.Expr:
        rest = iter([i for i, n in zip(index, shape) if n != 1])
        return x.at(tuple([sp.S.Zero if n == 1 else next(rest) for n in x.shape]))

    return Field(at, shape)


def _permute(x: Field, dims: Shape) -> Field:
    return Field(lambda index: x.at(tuple([index[dims.index(axis)] for axis in range(x.ndim)])),
                 tuple([x.shape[axis] for axis in dims]))


def _matmul(x: Field, y: Field) -> Field:
    x, y = Field.of(x), Field.of(y)
    left = x if x.ndim > 1 else _reshape(x, (1, *x.shape))
    right = y if y.ndim > 1 else _reshape(y, (*y.shape, 1))
    if left.ndim < right.ndim:
        left = _reshape(left, (1,) * (right.ndim - left.ndim) + left.shape)
    n = left.shape[-1]
    stack = broadcast([left.shape[:-2], right.shape[:-2]])

    def at(index: Index) -> sp.Expr:
        *before, i, j = index
        k = fresh() if n > 1 else sp.S.Zero
        body = (left.at((*aligned(tuple(before), left.shape[:-2]), i, k))
                * right.at((*aligned(tuple(before), right.shape[:-2]), k, j)))
        return summed(body, [(k, n)]) if n > 1 else body

    whole = Field(at, (*stack, left.shape[-2], right.shape[-1]))
    kept = whole.shape[:-2] + whole.shape[-2:-1] * (x.ndim > 1) + whole.shape[-1:] * (y.ndim > 1)
    return _reshape(whole, kept)


class Positions(sp.Function):                       # type: ignore[misc]
    """t_n: an entry of an array of positions, as class indices are."""

    array: Any
    is_integer = True


@lru_cache(maxsize=256)
def positions(numbers: bytes, dtype: str, shape: Shape) -> type[Positions]:
    from numpy import frombuffer
    return type("t", (Positions,), {"array": frombuffer(numbers, dtype).reshape(shape)})


def _positions(key: Any, length: int) -> Callable[[Index], sp.Expr]:
    """What an array of positions says at an index; `arange` says the index itself."""
    if key.ndim == 1 and key.shape[0] == length and all(int(i) == n for n, i in enumerate(key)):
        return lambda index: index[-1]
    t = positions(key.tobytes(), key.dtype.str, key.shape)
    return lambda index: t(*[i for i, n in zip(index[len(index) - key.ndim:], key.shape) if n != 1])


def _read_key(x_shape: Shape, key: Any) -> tuple[Shape, Callable[[Index], tuple[Index, list[tuple[sp.Expr, int]]]]]:
    """The shape of x[key], and which place of x each of its places is."""
    keys = list(key) if isinstance(key, tuple) else [key]
    if any(getattr(k, "dtype", None) is not None and k.dtype.kind == "b" for k in keys):
        raise OutsideError("derive: indexing by a mask is outside what can be derived; use where")
    taken = sum(k is not None and k is not Ellipsis for k in keys)
    if Ellipsis not in [k for k in keys if not hasattr(k, "shape")]:
        keys.append(Ellipsis)
    place = next(i for i, k in enumerate(keys) if k is Ellipsis)
    keys[place:place + 1] = [slice(None)] * (len(x_shape) - taken)
    arrays = [k for k in keys if getattr(k, "ndim", 0) > 0]
    common = broadcast([k.shape for k in arrays])
    shape: list[int] = []
    plan: list[tuple[Any, Any]] = []
    axis, first = 0, None
    for k in keys:
        if k is None:
            plan.append(("new", len(shape)))
            shape.append(1)
            continue
        n = x_shape[axis]
        axis += 1
        if isinstance(k, slice):
            if k != slice(None) and range(n)[k] != range(n):
                raise OutsideError("derive: a slice is outside what can be derived")
            plan.append(("all", len(shape)))
            shape.append(n)
        elif getattr(k, "ndim", 0) > 0:
            if first is None:
                first = len(shape)
                shape += common
            elif plan[-1][0] != "array":
                raise OutsideError("derive: such an index is outside what can be derived")
            plan.append(("array", _positions(k, n)))
        else:
            plan.append(("one", sp.Integer(int(k) % n)))

    def places(index: Index) -> Any:
        own = () if first is None else index[first:first + len(common)]
        return tuple([what if kind == "one" else what(own) if kind == "array" else index[what]
                      for kind, what in plan if kind != "new"])

    return tuple(shape), places


def _index(x: Field, key: Any) -> Field:
    shape, places = _read_key(x.shape, key)
    return Field(lambda index: x.at(tuple([sp.S.Zero if n == 1 else i for i, n in zip(places(index), x.shape)])), shape)


def _scatter(x: Field, key: Any, shape: Shape) -> Field:
    small, places = _read_key(shape, key)

    def at(index: Index) -> sp.Expr:
        inner = tuple([fresh() if n > 1 else sp.S.Zero for n in small])
        body = x.at(inner) * ones_at(places(inner), index)
        return summed(body, [(i, n) for i, n in zip(inner, small) if n > 1])

    return Field(at, shape)


def _pick(x: Field, indices: Any, dim: int) -> Field:
    dim, says = dim % x.ndim, _positions(indices, -1)
    shape = tuple([1 if i == dim else n for i, n in enumerate(x.shape)])
    return Field(lambda index: x.at((*index[:dim], says(index), *index[dim + 1:])), shape)


def _place(x: Field, indices: Any, dim: int, shape: Shape) -> Field:
    dim, says = dim % len(shape), _positions(indices, -1)

    def at(index: Index) -> sp.Expr:
        own = (*index[:dim], sp.S.Zero, *index[dim + 1:])
        return x.at(own) * sp.KroneckerDelta(index[dim], says(own))

    return Field(at, shape)


def _expand(x: Field, shape: Shape) -> Field:
    return Field(lambda index: x.at(aligned(index, x.shape)), shape)


MOVES: dict[str, Callable[..., Field]] = {
    "sum": _sum, "expand": _expand, "reduce_to": _reduce_to, "cast": lambda x, dtype: x, "reshape": _reshape,
    "permute": _permute, "matmul": _matmul, "index": _index, "scatter": _scatter, "pick": _pick, "place": _place,
    "affine": lambda x, weight, bias: _matmul(x, weight) + bias,
}
