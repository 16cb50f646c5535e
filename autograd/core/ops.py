"""The table: every elementwise operation, with its derivative written exactly once.

A row says how an operation is computed on a float and on an array, and gives one partial derivative per input as a
function of the result and the inputs. The partials use ordinary operators and other rows, so whatever understands
those can read them: floats give `Value` its local derivatives, arrays give `Tensor` its backward pass, nodes give
derivatives of derivatives, and symbols give the backward pass as text. This module knows none of those readers.

Every partial is "∂out/∂input, elementwise": no upstream gradient, no broadcasting. Those belong to the engines.
"""

from __future__ import annotations

import contextvars
import math
from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from operator import add as _add
from operator import mul as _mul
from operator import neg as _neg
from operator import sub as _sub
from operator import truediv as _div
from typing import Any

import numpy as np

__all__ = ["FAMILIES", "NARY", "SILENT", "TABLE", "Nary", "Op", "Operand", "PowerBy", "dot_of", "dot_partials",
           "lookup", "loud", "power_by", "quiet", "quietly"]


class Operand:
    """What rules may be fed beside floats and arrays: a `Value`, a `Tensor`, a symbol. It says how to apply an op."""

    __slots__ = ()

    @classmethod
    def apply(cls, op: Op, *inputs: Any) -> Any:
        raise NotImplementedError(f"{cls.__name__} does not say how to apply {op.name}")


class Op:
    """One row of the table.

    Attributes:
        name: what it is called in Python (`exp`, `mul`) and in error messages.
        symbol: what a person writes and a picture shows (`exp`, `*`).
        scalar: floats -> float. It may raise where Python's arithmetic does; see `ieee`.
        array: arrays -> array, the same function elementwise.
        partials: one function `(out, *inputs) -> ∂out/∂input` per input.
        arity: how many inputs it takes.
        vjps: `(g, out, *inputs) -> g · ∂out/∂input` per input; `Tensor` writes them out from the partials.
        joint: the same for all inputs at once, where an op has any number of them.
        pull: one step of `Tensor.backward`: hands the contributions of a node made by this op to the node's inputs.

    An op can be called on anything a rule may be fed:

    >>> TABLE["sigmoid"](0.0)
    0.5
    >>> TABLE["mul"].partials[0](6.0, 2.0, 3.0)     # ∂(x·y)/∂x = y
    3.0
    """

    __slots__ = ("arity", "array", "joint", "name", "partials", "pull", "scalar", "symbol", "vjps")
    arity: int | None
    joint: Callable[..., Sequence[Any]] | None
    pull: Callable[[Any, object], None]
    vjps: Sequence[Callable[..., Any]]

    def __init__(self, name: str, symbol: str, scalar: Callable[..., float], array: Callable[..., Any],
                 *partials: Callable[..., Any]) -> None:
        self.name = name
        self.symbol = symbol
        self.scalar = scalar
        self.array = array
        self.partials = partials
        self.arity = len(partials)
        self.vjps = ()
        self.joint = None

    def __call__(self, *inputs: Any) -> Any:
        for x in inputs:
            if isinstance(x, Operand):
                return x.apply(self, *inputs)
        floats = all(type(x) is float for x in inputs)      # exactly: np.float64 is a subclass of float
        return self.scalar(*inputs) if floats else self.array(*inputs)

    def ieee(self, *inputs: float) -> tuple[float, list[float]]:
        """The result and the partials as IEEE 754 has them, where Python's floats would raise or turn complex.

        >>> TABLE["div"].ieee(1.0, 0.0)
        (inf, [inf, -inf])
        """
        with np.errstate(all="ignore"):
            wide = [np.float64(x) for x in inputs]
            out = self.array(*wide)
            return float(out), [float(partial(out, *wide)) for partial in self.partials]

    def __repr__(self) -> str:
        return f"<op {self.name} {self.symbol}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return lookup, (self.name,)


SILENT = contextvars.copy_context()
SILENT.run(np.seterr, all="ignore")


def quietly(compute: Callable[..., Any], *inputs: Any) -> Any:
    """`compute(*inputs)` without NumPy's warnings, in a third of np.errstate's time.

    Each call enters a copy, which is as good as free: a context can be entered once at a time, and by one thread.
    """
    return SILENT.copy().run(compute, *inputs)


def quiet(compute: Callable[..., Any]) -> Callable[..., Any]:
    """`compute` without NumPy's warnings: log(0) is -inf and 1/0 is inf by definition, not by accident."""

    @wraps(compute)
    def silently(*inputs: Any) -> Any:
        return SILENT.copy().run(compute, *inputs)

    return silently


def loud(compute: Callable[..., Any]) -> Callable[..., Any]:
    """What `quiet` made quiet, for who is quiet already; anything else as it is."""
    inner: Callable[..., Any] = getattr(compute, "__wrapped__", compute)
    return inner


# How to compute what neither `math` nor NumPy computes directly, on floats and on arrays, without overflow on the way.

def _sigmoid(x: float) -> float:
    small = math.exp(-abs(x))                   # in (0, 1], so nothing overflows
    return (1.0 if x >= 0.0 else small) / (1.0 + small)


@quiet
def _sigmoid_array(x: Any) -> Any:
    small = np.exp(-np.abs(x))
    return np.where(x >= 0.0, x.dtype.type(1.0), small) / (1.0 + small)


@quiet
def _softplus_array(x: Any) -> Any:
    return np.logaddexp(0.0, x)


def _relu_array(x: Any) -> Any:
    return np.maximum(x, 0.0)


def _softplus(x: float) -> float:
    return math.log1p(math.exp(-abs(x))) + (x if x > 0.0 else 0.0)


def _relu(x: float) -> float:
    return x if x > 0.0 or x != x else 0.0      # x != x: a nan stays a nan


def _sign(x: float) -> float:
    return float((x > 0.0) - (x < 0.0)) if x == x else x


def _maximum(x: float, y: float) -> float:
    return x if x >= y or x != x else y


def _minimum(x: float, y: float) -> float:
    return x if x <= y or x != x else y


def _where(condition: float, x: float, y: float) -> float:
    return x if condition else y


def _at0(x: Any, y: Any) -> Any:               # keeps ∂(xʸ)/∂x = y·xʸ⁻¹ from being 0·∞ where it is 0
    return (y == 0.0) * (x * x == 0.0)


TABLE: dict[str, Op] = {}


def row(name: str, symbol: str, scalar: Callable[..., float], array: Callable[..., Any],
        *partials: Callable[..., Any]) -> Op:
    """Add a row to the table. That is all it takes to add an operation to both engines and every other reader."""
    TABLE[name] = Op(name, symbol, scalar, array, *partials)
    return TABLE[name]


# What the rules below mention before it is defined.
cos: Op
log: Op
power: Op
sigmoid: Op
sign: Op

# fmt: off
#              name        symbol      on floats   on arrays       ∂out/∂x, ∂out/∂y
add      = row("add",      "+",        _add,       quiet(_add),    lambda out, x, y: 1.0,
                                                                   lambda out, x, y: 1.0)
sub      = row("sub",      "-",        _sub,       quiet(_sub),    lambda out, x, y: 1.0,
                                                                   lambda out, x, y: -1.0)
mul      = row("mul",      "*",        _mul,       quiet(_mul),    lambda out, x, y: y,
                                                                   lambda out, x, y: x)
div      = row("div",      "/",        _div,       quiet(_div),    lambda out, x, y: 1.0 / y,
                                                                   lambda out, x, y: -out / y)
neg      = row("neg",      "-",        _neg,       _neg,           lambda out, x: -1.0)
power    = row("power",    "**",       math.pow,   quiet(np.power),lambda out, x, y: y * power(x, y - 1.0 + _at0(x, y)),
                                                                   lambda out, x, y: out * log(x + (x == 0.0)))
exp      = row("exp",      "exp",      math.exp,   quiet(np.exp),  lambda out, x: out)
expm1    = row("expm1",    "expm1",    math.expm1, quiet(np.expm1),lambda out, x: out + 1.0)
log      = row("log",      "log",      math.log,   quiet(np.log),  lambda out, x: 1.0 / x)
log1p    = row("log1p",    "log1p",    math.log1p, quiet(np.log1p),lambda out, x: 1.0 / (1.0 + x))
sqrt     = row("sqrt",     "sqrt",     math.sqrt,  quiet(np.sqrt), lambda out, x: 0.5 / out)
sin      = row("sin",      "sin",      math.sin,   quiet(np.sin),  lambda out, x: cos(x))
cos      = row("cos",      "cos",      math.cos,   quiet(np.cos),  lambda out, x: -sin(x))
tanh     = row("tanh",     "tanh",     math.tanh,  np.tanh,        lambda out, x: 1.0 - out * out)
sigmoid  = row("sigmoid",  "σ",        _sigmoid,   _sigmoid_array, lambda out, x: out * (1.0 - out))
softplus = row("softplus", "softplus", _softplus,  _softplus_array,lambda out, x: sigmoid(x))
relu     = row("relu",     "ReLU",     _relu,      _relu_array,    lambda out, x: out > 0.0)
abs_     = row("abs",      "abs",      abs,        np.abs,         lambda out, x: sign(x))
sign     = row("sign",     "sign",     _sign,      np.sign,        lambda out, x: 0.0)
maximum  = row("maximum",  "max",      _maximum,   np.maximum,     lambda out, x, y: (x > y) + 0.5 * (x == y),
                                                                   lambda out, x, y: (x < y) + 0.5 * (x == y))
minimum  = row("minimum",  "min",      _minimum,   np.minimum,     lambda out, x, y: (x < y) + 0.5 * (x == y),
                                                                   lambda out, x, y: (x > y) + 0.5 * (x == y))
where    = row("where",    "where",    _where,     np.where,       lambda out, c, x, y: 0.0,
                                                                   lambda out, c, x, y: c != 0.0,
                                                                   lambda out, c, x, y: c == 0.0)
# fmt: on


@lru_cache(maxsize=1024)
def power_by(n: float) -> Op:
    """The row for `x ** n` with a constant n. It never evaluates log(x), so any base will do; 0 ** 0 is 1.

    >>> power_by(3.0)
    <op power_by **3>
    >>> power_by(3.0).partials[0](8.0, 2.0)         # n·xⁿ⁻¹ = 3·2²
    12.0
    """
    if n == 2.0:                                    # a square is a product: exact, and faster than pow
        return PowerBy(n, lambda x: x * x, lambda out, x: 2.0 * x)
    if n == 1.0 or n == 0.0:                        # n·xⁿ⁻¹ would be 0·∞ at x = 0
        return PowerBy(n, lambda x: math.pow(x, n), lambda out, x: n)
    if n == 0.5:                                    # one answer for floats and arrays: pow(-∞, ½) is ∞, √-∞ is nan
        return PowerBy(n, sqrt.scalar, *sqrt.partials)
    if n < 0.0:                                     # the quotient is as exact as xⁿ⁻¹, and cheaper than another power
        return PowerBy(n, lambda x: math.pow(x, n), lambda out, x: n * out / x)
    return PowerBy(n, lambda x: math.pow(x, n), lambda out, x: n * power_by(n - 1.0)(x))


class PowerBy(Op):
    """A row of the family `power_by`: it knows its exponent."""

    __slots__ = ("exponent",)

    def __init__(self, n: float, scalar: Callable[..., float], partial: Callable[..., Any]) -> None:
        array = quiet(scalar) if n == 2.0 else sqrt.array if n == 0.5 else quiet(lambda x: x ** n)
        super().__init__("power_by", f"**{n:g}", scalar, array, partial)
        self.exponent = n

    def __reduce__(self) -> tuple[Any, ...]:
        return power_by, (self.exponent,)


class Nary(Op):
    """A row for any number of inputs: one function `(out, *inputs)` gives all partials at once.

    `Value` uses these; for a Tensor the same things are reductions (see `structural`).
    """

    __slots__ = ("all_partials",)

    def __init__(self, name: str, symbol: str, scalar: Callable[..., float],
                 all_partials: Callable[..., Sequence[Any]]) -> None:
        super().__init__(name, symbol, scalar, scalar)
        self.arity = None
        self.all_partials = all_partials

    def __reduce__(self) -> tuple[Any, ...]:
        if NARY.get(self.name) is not self:
            raise TypeError(f"{self.name}: a node of this op knows its targets and can't be pickled or deep-copied; "
                            "pickle its inputs and compute it anew")
        return super().__reduce__()


def dot_of(w: Sequence[Any], x: Sequence[Any]) -> Any:
    """Σ wᵢ·xᵢ."""
    return sum(map(_mul, w, x))


def dot_partials(w: Sequence[Any], x: Sequence[Any]) -> Sequence[Any]:
    """∂(Σ wᵢ·xᵢ)/∂wᵢ = xᵢ, for all the w, then ∂/∂xᵢ = wᵢ."""
    return (*x, *w)                                 # a tuple of floats is nothing for the garbage collector to visit


def _halves(wx: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    return wx[:len(wx) // 2], wx[len(wx) // 2:]


FAMILIES: dict[str, Callable[..., Op]] = {"power_by": power_by}
NARY: dict[str, Nary] = {
    "sum": Nary("sum", "Σ", lambda *xs: sum(xs), lambda out, *xs: [1.0] * len(xs)),
    # all the w before all the x
    "dot": Nary("dot", "Σ", lambda *wx: dot_of(*_halves(wx)), lambda out, *wx: dot_partials(*_halves(wx))),
}


def lookup(name: str) -> Op:
    """The op of that name; how a pickled graph finds its ops again."""
    return TABLE[name] if name in TABLE else NARY[name]
