"""Functions of floats as IEEE 754 has them: 1/0 is inf and log(-1) is nan, where Python's own raise.

The table's rows compute with Python's functions, which are faster, and ask these where those raise. What neither Python
nor `math` has stands here too. Nothing in this module knows an op.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps

__all__ = [
    "acos",
    "asin",
    "ceil",
    "clamp",
    "cos",
    "cosh",
    "divide",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "log",
    "log1p",
    "log2",
    "log10",
    "logsumexp",
    "maximum",
    "minimum",
    "power",
    "relu",
    "rounded",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softplus",
    "sqrt",
    "where",
]

inf, nan = math.inf, math.nan
Function = Callable[[float], float]


def _whole(compute: Function, edge: Function) -> Function:
    """`compute`, and `edge` where it raises."""
    @wraps(compute)
    def answer(x: float) -> float:
        try:
            return compute(x)
        except (ArithmeticError, ValueError):
            return edge(x)

    return answer


def _logarithm(x: float) -> float:
    return -inf if x == 0.0 else nan


exp = _whole(math.exp, lambda x: inf)
expm1 = _whole(math.expm1, lambda x: inf)
exp2 = _whole(lambda x: math.pow(2.0, x), lambda x: inf)
log = _whole(math.log, _logarithm)
log2 = _whole(math.log2, _logarithm)
log10 = _whole(math.log10, _logarithm)
log1p = _whole(math.log1p, lambda x: -inf if x == -1.0 else nan)
sqrt = _whole(math.sqrt, lambda x: nan)
sin = _whole(math.sin, lambda x: nan)
cos = _whole(math.cos, lambda x: nan)
sinh = _whole(math.sinh, lambda x: math.copysign(inf, x))
cosh = _whole(math.cosh, lambda x: inf)
asin = _whole(math.asin, lambda x: nan)
acos = _whole(math.acos, lambda x: nan)
floor = _whole(lambda x: math.copysign(math.floor(x), x), lambda x: x)       # copysign: a zero keeps its sign
ceil = _whole(lambda x: math.copysign(math.ceil(x), x), lambda x: x)
rounded = _whole(lambda x: math.copysign(round(x), x), lambda x: x)


def divide(x: float, y: float) -> float:
    """x / y; by zero it is an infinity of the quotient's sign, and nan for 0/0.

    >>> divide(1.0, 0.0), divide(1.0, -0.0), divide(0.0, 0.0)
    (inf, -inf, nan)
    """
    try:
        return x / y
    except ZeroDivisionError:
        return nan if x == 0.0 or x != x else math.copysign(inf, x) * math.copysign(1.0, y)


def power(x: float, y: float) -> float:
    """x ** y; nan for a negative base with a fraction as exponent, and for the root of -inf, as in NumPy.

    >>> power(0.0, -1.0), power(-10.0, 309.0), power(-8.0, 1 / 3)
    (inf, -inf, nan)
    """
    if x == -inf and y == 0.5:
        return nan
    try:
        return math.pow(x, y)
    except (ArithmeticError, ValueError):           # too large, a pole at 0, or no real number
        if x < 0.0 and math.fmod(y, 1.0) != 0.0:
            return nan
        odd = not math.isinf(y) and abs(math.fmod(y, 2.0)) == 1.0       # Python 3.10 raises for 0 ** -inf too
        return math.copysign(inf, x) if odd else inf


def sigmoid(x: float) -> float:
    """1 / (1 + exp(-x))."""
    small = math.exp(-abs(x))                       # in (0, 1], so nothing overflows
    return (1.0 if x >= 0.0 else small) / (1.0 + small)


def softplus(x: float) -> float:
    """log(1 + exp(x))."""
    return math.log1p(math.exp(-abs(x))) + (x if x > 0.0 else 0.0)


def relu(x: float) -> float:
    """x where it is above 0, else 0; nan stays nan."""
    return x if x > 0.0 or x != x else 0.0


def sign(x: float) -> float:
    """-1, 0 or 1; nan stays nan."""
    return float((x > 0.0) - (x < 0.0)) if x == x else x


def maximum(x: float, y: float) -> float:
    """The larger of two; nan where either is."""
    return x if x >= y or x != x else y


def minimum(x: float, y: float) -> float:
    """The smaller of two; nan where either is."""
    return x if x <= y or x != x else y


def where(condition: float, x: float, y: float) -> float:
    """x where the condition is not 0, else y."""
    return x if condition else y


def clamp(x: float, low: float, high: float) -> float:
    """x, but no less than `low` and no more than `high`; nan stays nan."""
    return minimum(maximum(x, low), high)


def logsumexp(xs: Sequence[float]) -> float:
    """log Σ exp(x): the largest apart, whose term is then 1; without that no digit of a small rest would be left."""
    top = 0
    for i in range(len(xs)):
        if xs[i] > xs[top]:
            top = i
    shift = xs[top] if math.isfinite(xs[top]) else 0.0
    rest = 0.0
    for i in range(len(xs)):
        if i != top:
            rest += exp(xs[i] - shift)
    return xs[top] + math.log1p(rest)
