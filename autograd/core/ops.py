"""The table: every elementwise operation, with its derivative written exactly once.

A row says how to compute an op on floats and on arrays (a name in quotes is NumPy's function of that name), and gives
one partial derivative per input as a function of the result and the inputs. Partials use ordinary operators and other
ops, so whatever understands those can read them: floats, arrays, nodes, symbols that remember their text. What else an
op can be asked stands in `op.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from operator import add as _add
from operator import floordiv as _floordiv
from operator import mod as _mod
from operator import mul as _mul
from operator import neg as _neg
from operator import sub as _sub
from operator import truediv as _div
from typing import Any

from autograd.core import floats as ieee
from autograd.core.op import TABLE, Op, Rule, elementwise, numpy

__all__ = ["FAMILIES", "TABLE", "Op", "PowerBy", "power_by"]

POSITIVE, INSIDE, BETWEEN = (0.2, 3.0), (-0.8, 0.8), (1.1, 1.4)     # where tests try what elsewhere has kinks or poles
cos: Op                                             # what rules mention before its row
log: Op
power: Op
sigmoid: Op
sign: Op
cosh: Op


def _at0(x: Any, y: Any) -> Any:                    # keeps ∂(xʸ)/∂x = y·xʸ⁻¹ from being 0·∞ where it is 0
    return (y == 0.0) * (x * x == 0.0)


def _sigmoid(x: Any) -> Any:
    small = exp(-abs(x))
    return where(x >= 0.0, 1.0, small) / (1.0 + small)


def _erf(x: Any) -> Any:
    x = x * 1.0                                     # integers have no dtype for the result
    each = numpy("erf").frompyfunc(math.erf, 1, 1)(x)
    return each.astype(x.dtype) if x.ndim else x.dtype.type(each)


def _softplus(x: Any) -> Any:
    return numpy("softplus").logaddexp(0.0, x)


def _relu(x: Any) -> Any:
    return maximum(x, 0.0)


def _xlogy(x: Any, y: Any) -> Any:                  # x·log y, and 0·log 0 is 0
    return x * log(where(x == 0.0, 1.0, y))


def _clamp(x: Any, low: Any, high: Any) -> Any:
    return minimum(maximum(x, low), high)


# fmt: off
#                        name          on floats        on arrays     ∂out/∂x, ∂out/∂y; below: what else is known
add        = elementwise("add",        _add,            _add,         lambda out, x, y: 1.0,
                                                                      lambda out, x, y: 1.0,
             symbol="+", methods=("__add__", "add"))
sub        = elementwise("sub",        _sub,            _sub,         lambda out, x, y: 1.0,
                                                                      lambda out, x, y: -1.0,
             symbol="-", methods=("__sub__", "sub"))
mul        = elementwise("mul",        _mul,            _mul,         lambda out, x, y: y,
                                                                      lambda out, x, y: x,
             symbol="*", methods=("__mul__", "mul"))
div        = elementwise("div",        _div,            _div,         lambda out, x, y: 1.0 / y,
                                                                      lambda out, x, y: -out / y,
             symbol="/", methods=("__truediv__", "div"), edge=ieee.divide, domain=(POSITIVE, POSITIVE),
             remedy="a denominator of 0, or one that underflowed? keep it away from 0: x / (y + eps)")
neg        = elementwise("neg",        _neg,            _neg,         lambda out, x: -1.0,
             symbol="-", methods=("__neg__", "neg"))
power      = elementwise("power",      ieee.power,      "power",
                                       lambda out, x, y: y * power(x, y - 1.0 + _at0(x, y)),
                                       lambda out, x, y: out * log(x + (x == 0.0) * (y >= 0.0)),
             symbol="**", domain=(POSITIVE, (-3.0, 3.0)), source={
             **dict.fromkeys(["numpy", "torch", "jax"], "{x} ** {y}"),
             "numba": "nan if {x} == -inf and {y} == 0.5 else {x} ** {y}"},
             remedy="a base of 0 or below with such an exponent? keep it positive, or make the exponent a constant")
exp        = elementwise("exp",        math.exp,        "exp",        lambda out, x: out, edge=ieee.exp,
             remedy="too large for exp? subtract the maximum first, as softmax, log_softmax and logsumexp do")
exp2       = elementwise("exp2",       ieee.exp2,       "exp2",       lambda out, x: out * math.log(2.0),
             source={"js": "Math.pow(2, {x})"})
expm1      = elementwise("expm1",      math.expm1,      "expm1",      lambda out, x: out + 1.0, edge=ieee.expm1)
log        = elementwise("log",        math.log,        "log",        lambda out, x: 1.0 / x,
             edge=ieee.log, domain=(POSITIVE,),
             remedy="the log of a softmax or sigmoid that underflowed? use log_softmax, or a loss that takes logits")
log2       = elementwise("log2",       ieee.log2,       "log2",       lambda out, x: 1.0 / (x * math.log(2.0)),
             domain=(POSITIVE,))
log10      = elementwise("log10",      ieee.log10,      "log10",      lambda out, x: 1.0 / (x * math.log(10.0)),
             domain=(POSITIVE,))
xlogy      = elementwise("xlogy",      lambda x, y: x * math.log(y if x else 1.0), _xlogy,
                                       lambda out, x, y: log(y + (x == 0.0) * (y == 0.0)),       # never 0·∞
                                       lambda out, x, y: x / (y + (x == 0.0) * (y == 0.0)),
             edge=lambda x, y: x * ieee.log(y), domain=(POSITIVE, POSITIVE),
             source={"numpy": "{x} * np.log(np.where({x} == 0, 1.0, {y}))", "torch": "torch.xlogy",
                     "jax": "jax.scipy.special.xlogy"})
log1p      = elementwise("log1p",      math.log1p,      "log1p",      lambda out, x: 1.0 / (1.0 + x),
             edge=ieee.log1p, domain=(INSIDE,))
sqrt       = elementwise("sqrt",       math.sqrt,       "sqrt",       lambda out, x: 0.5 / out,
             edge=ieee.sqrt, domain=(POSITIVE,),
             remedy="a root at 0 has an infinite slope: add a small eps inside it")
root       = elementwise("root",       math.sqrt,       "sqrt",
                                                   lambda out, x: (out > 0.0) / (2.0 * out + (out <= 0.0)),
             methods=(), edge=ieee.sqrt, symbol="sqrt", domain=(POSITIVE,),
             words="half the gradient over the root; at 0, where all that it is the spread of are equal, none")
square     = elementwise("square",     lambda x: x * x, "square",     lambda out, x: 2.0 * x)
reciprocal = elementwise("reciprocal", lambda x: 1 / x, "reciprocal", lambda out, x: -out * out,
             edge=lambda x: ieee.divide(1.0, x), domain=(POSITIVE,))
sin        = elementwise("sin",        math.sin,        "sin",        lambda out, x: cos(x), edge=ieee.sin)
cos        = elementwise("cos",        math.cos,        "cos",        lambda out, x: -sin(x), edge=ieee.cos)
arcsin     = elementwise("arcsin",     math.asin,       "arcsin",     lambda out, x: 1.0 / sqrt(1.0 - x * x),
             methods=("arcsin", "asin"), domain=(INSIDE,))
arccos     = elementwise("arccos",     math.acos,       "arccos",     lambda out, x: -1.0 / sqrt(1.0 - x * x),
             methods=("arccos", "acos"), domain=(INSIDE,))
arctan     = elementwise("arctan",     math.atan,       "arctan",     lambda out, x: 1.0 / (1.0 + x * x),
             methods=("arctan", "atan"))
sinh       = elementwise("sinh",       math.sinh,       "sinh",       lambda out, x: cosh(x), edge=ieee.sinh)
cosh       = elementwise("cosh",       math.cosh,       "cosh",       lambda out, x: sinh(x), edge=ieee.cosh)
tanh       = elementwise("tanh",       math.tanh,       "tanh",       lambda out, x: 1.0 - out * out)
erf        = elementwise("erf",        math.erf,        _erf,
                                                       lambda out, x: 2 / math.sqrt(math.pi) * exp(-x * x),
             source={"numpy": "np.vectorize(math.erf, otypes=[{dtype}])({x})", "torch": "torch.erf",
                     "jax": "jax.scipy.special.erf"})
sigmoid    = elementwise("sigmoid",    ieee.sigmoid,    _sigmoid,     lambda out, x: out * (1.0 - out), symbol="σ",
             source={"numpy": "1.0 / (1.0 + np.exp(-{x}))", "torch": "torch.sigmoid",
                     "jax": "1.0 / (1.0 + jnp.exp(-{x}))"})
softplus   = elementwise("softplus",   ieee.softplus,   _softplus,    lambda out, x: sigmoid(x),
             source={"numpy": "np.logaddexp(0.0, {x})", "torch": "torch.logaddexp(torch.zeros_like({x}), {x})",
                     "jax": "jnp.logaddexp(0.0, {x})"})
relu       = elementwise("relu",       ieee.relu,       _relu,        lambda out, x: out > 0.0,
             symbol="ReLU", domain=(POSITIVE,), kink=(0.0, 1.0),
             source={"numpy": "np.maximum({x}, 0.0)", "torch": "torch.relu", "jax": "jnp.maximum({x}, 0.0)"})
abs_       = elementwise("abs",        abs,             "abs",        lambda out, x: sign(x),
             methods=("__abs__", "abs"), domain=(POSITIVE,), kink=(-1.0, 1.0))
sign       = elementwise("sign",       ieee.sign,       "sign",       lambda out, x: 0.0, domain=(POSITIVE,))
floor      = elementwise("floor",      ieee.floor,      "floor",      lambda out, x: 0.0, domain=(BETWEEN,),
             source={"js": "Math.floor"})
ceil       = elementwise("ceil",       ieee.ceil,       "ceil",       lambda out, x: 0.0, domain=(BETWEEN,),
             source={"js": "Math.ceil"})
round_     = elementwise("round",      ieee.rounded,    "rint",       lambda out, x: 0.0, domain=(BETWEEN,),
             source={"torch": "torch.round", "js": "rounded"})
floor_div  = elementwise("floor_divide", _floordiv,     "floor_divide", lambda out, x, y: 0.0, lambda out, x, y: 0.0,
             symbol="//", methods=("__floordiv__", "floor_divide"), edge=ieee.divide, domain=(BETWEEN, (0.8, 1.0)),
             source={"js": "floor_divide", "numba": "{x} // {y} if {y} != 0.0 else {x} / {y}"})
remainder  = elementwise("remainder",  _mod,            "remainder",  lambda out, x, y: 1.0,
                                                                      lambda out, x, y: round_((out - x) / y),
             symbol="%", methods=("__mod__", "remainder"), domain=(BETWEEN, (0.8, 1.0)), source={"js": "remainder"})
maximum    = elementwise("maximum",    ieee.maximum,    "maximum",    lambda out, x, y: 0.5 * (x > y) + 0.5 * (x >= y),
                                                                      lambda out, x, y: 0.5 * (x < y) + 0.5 * (x <= y),
             symbol="max", domain=(BETWEEN, INSIDE), kink=(0.0, 1.0))
minimum    = elementwise("minimum",    ieee.minimum,    "minimum",    lambda out, x, y: 0.5 * (x < y) + 0.5 * (x <= y),
                                                                      lambda out, x, y: 0.5 * (x > y) + 0.5 * (x >= y),
             symbol="min", domain=(BETWEEN, INSIDE), kink=(0.0, 1.0))
clamp      = elementwise("clamp",      ieee.clamp,      _clamp,
                                                       lambda out, x, low, high: (x >= low) * (x <= high),
                                                       lambda out, x, low, high: (x < low) * (low <= high),
                                                       lambda out, x, low, high: maximum(x, low) > high,
             methods=(), domain=(BETWEEN, INSIDE, (2.0, 3.0)),
             source={"numpy": "np.clip", "torch": "torch.clamp", "jax": "jnp.clip"})
where      = elementwise("where",      ieee.where,      "where",      lambda out, c, x, y: 0.0,
                                                                      lambda out, c, x, y: c != 0.0,
                                                                      lambda out, c, x, y: c == 0.0, methods=())
# fmt: on


@lru_cache(maxsize=1024)
def power_by(n: float) -> PowerBy:
    """The row for `x ** n` with a constant n. It never evaluates log(x), so any base will do; 0 ** 0 is 1.

    >>> power_by(3.0)
    <op power_by **3>
    >>> power_by(3.0).partials[0](8.0, 2.0)         # n·xⁿ⁻¹ = 3·2²
    12.0
    """
    if n == 2.0:                                    # a square is a product: exact, and faster than pow
        return PowerBy(n, lambda x: x * x, lambda x: x * x, lambda out, x: 2.0 * x)
    if n == 0.5:                                    # one answer for floats and arrays: pow(-∞, ½) is ∞, √-∞ is nan
        return PowerBy(n, sqrt.floats, "sqrt", sqrt.partials[0], sqrt.edge)
    slope: Rule = lambda out, x: n * power_by(n - 1.0)(x)                       # noqa: E731
    if n == 1.0 or n == 0.0:                        # n·xⁿ⁻¹ would be 0·∞ at x = 0
        slope = lambda out, x: n                    # noqa: E731
    elif n < 0.0:                                   # the quotient is as exact as xⁿ⁻¹, and cheaper than another power
        slope = lambda out, x: n * out / x          # noqa: E731
    return PowerBy(n, lambda x: math.pow(x, n), lambda x: x ** n, slope)


class PowerBy(Op):
    """A row of the family `power_by`: it knows its exponent."""

    __slots__ = ("exponent",)

    def __init__(self, n: float, floats: Rule, array: Rule | str, partial: Rule, edge: Rule | None = None) -> None:
        super().__init__("power_by", floats, array, partial, symbol=f"**{n:g}", methods=("__pow__",),
                         edge=edge or (lambda x: ieee.power(x, n)),
                         remedy="a base of 0 or below with such an exponent? keep it away from 0")
        self.exponent = n


FAMILIES: dict[str, Callable[..., Op]] = {"power_by": power_by}
