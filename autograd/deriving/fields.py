"""Fields: operands that hold mathematics, so that an op's rule fed with them comes out as a formula.

A field is an array of SymPy expressions, written once for all its entries: its shape, and the entry at given indices.
A number is a field without indices. What an op computes is asked of the op where that is arithmetic; else it stays a
function by the op's name, which the table can differentiate. No derivative is written here.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import zip_longest
from typing import Any

import sympy as sp

from autograd.core.op import Op, Operand
from autograd.core.ops import PowerBy

__all__ = ["MOVES", "Above", "AtLeast", "Comparison", "Field", "Index", "OutsideError", "Same", "Shape", "The",
           "aligned", "broadcast", "generic", "long", "rational", "real", "size", "the"]

Shape = tuple[int, ...]
Index = tuple[sp.Expr, ...]


class OutsideError(ValueError):
    """An op that cannot be written as mathematics here."""


class The(sp.Function):                             # type: ignore[misc]
    """An op's function of some arguments: σ(z), log ŷ, e^z. SymPy knows nothing about it; the table does."""

    op: Op
    is_real = True

    @classmethod
    def number(cls, *parts: Any) -> Any:
        try:
            return cls.op(*[float(x) if isinstance(x, int) else x for x in parts])
        except (ArithmeticError, ValueError):
            return float(cls.op.edge(*parts))


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
        if x.is_integer and y.is_integer:           # of indices: 2 − c ≥ 2 − k is k ≥ c
            terms = sp.Add.make_args(x - y)
            left = sp.Add(*[t for t in terms if not t.could_extract_minus_sign()])
            right = sp.Add(*[-t for t in terms if t.could_extract_minus_sign()])
            return None if (left, right) == (x, y) else cls(left, right)
        return None

    @classmethod
    def number(cls, *parts: Any) -> Any:
        return cls.holds(*parts) * 1.0


class Above(Comparison):
    holds = operator.gt


class AtLeast(Comparison):
    holds = operator.ge


class Same(Comparison):
    holds = operator.eq


MOVES: dict[str, Callable[..., Field]] = {}       # what ops that move numbers compute; see moves.py
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
        if isinstance(at, sp.Basic):
            self.at: Callable[[Index], sp.Expr] = lambda index: at
        else:
            self.at = at if shape else lru_cache(maxsize=None)(at)      # a number's formula is made once
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
                raise OutsideError(f"derive: {op.name} is outside what can be derived; write it out of smaller steps")
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
        return MOVES["matmul"](self, other)

    def __bool__(self) -> bool:
        raise TypeError("a rule may not branch on a formula: it has no value yet")

    __hash__ = object.__hash__

    # What vector-Jacobian products ask of arrays.

    def reshape(self, *shape: Any) -> Field:
        return MOVES["reshape"](self, shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape)

    @property
    def T(self) -> Field:
        return MOVES["permute"](self, tuple(range(self.ndim))[::-1])

    def swapaxes(self, first: int, second: int) -> Field:
        dims = list(range(self.ndim))
        dims[first], dims[second] = dims[second], dims[first]
        return MOVES["permute"](self, tuple(dims))

    def dot(self, other: Field) -> Field:
        return MOVES["matmul"](self, other)

    def __getitem__(self, key: Any) -> Field:
        return MOVES["index"](self, key)


def long(node: Any) -> list[int]:
    """The lengths of the axes that have more than one place."""
    return [n for n in node.shape if n != 1]


def size(node: Any) -> int:
    """How many of those there are."""
    return len(long(node))


def generic(node: Any) -> Index:
    """A new index for each axis; 0 where there is but one place."""
    return tuple([sp.Dummy("i", integer=True) if n != 1 else sp.S.Zero for n in node.shape])


def real(index: Index) -> list[sp.Expr]:
    return [i for i in index if i != 0]


def broadcast(shapes: Sequence[Shape]) -> Shape:
    turned = zip_longest(*[shape[::-1] for shape in shapes], fillvalue=1)
    return tuple([max(lengths) if 0 not in lengths else 0 for lengths in turned])[::-1]


def aligned(index: Index, shape: Shape) -> Index:
    """The indices of an array of `shape` that stands at `index` after broadcasting."""
    tail = index[len(index) - len(shape):]
    return tuple([sp.S.Zero if n == 1 else i for i, n in zip(tail, shape)])


def _operator(name: str, function: Callable[[Any, Any], Any]) -> None:
    setattr(Field, f"__{name}__", lambda x, y: Field.each(function, x, y))
    setattr(Field, f"__r{name}__", lambda x, y: Field.each(function, y, x))


for _name in ("add", "sub", "mul", "truediv", "pow"):
    _operator(_name, getattr(operator, _name))
for _name, _function in {"gt": Above, "ge": AtLeast, "eq": Same, "lt": lambda x, y: Above(y, x),
                         "le": lambda x, y: AtLeast(y, x), "ne": lambda x, y: 1 - Same(x, y)}.items():
    _operator(_name, _function)
