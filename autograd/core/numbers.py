"""What counts as one number, and what an op and its derivatives are where Python's arithmetic raises.

Engines ask `number` of what they are given, and `ieee` where a float has no ordinary answer. Neither knows NumPy, whose
numbers are recognised by what they have.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from numbers import Complex, Number, Real
from typing import Any

from autograd.core import floats
from autograd.core.op import Op, Operand

__all__ = ["ieee", "is_real", "number"]


def is_real(x: object) -> bool:
    """Whether `x` is a real number: int, float, bool, Fraction, Decimal, one of NumPy's."""
    return isinstance(x, Real) or (isinstance(x, Number) and not isinstance(x, Complex))    # all a Decimal says it is


def number(x: Any, where: str) -> float:
    """`x` as a float, or a TypeError that names `where` and says what to use instead.

    >>> number([1.0, 2.0], "mul")
    Traceback (most recent call last):
    TypeError: mul: got list, but a Value holds one number; make a Value of each element, or a Tensor of the whole
    """
    if type(x) is float:
        return x
    if is_real(x):
        try:
            return float(x)
        except OverflowError:                       # an integer or fraction beyond the floats
            return math.inf if x == abs(x) else -math.inf
    if isinstance(x, Operand) and not hasattr(x, "shape"):
        raise TypeError(f"{where}: got a {type(x).__name__}, expected a plain number; use its .data")
    kind = type(x).__name__
    if type(x).__module__.partition(".")[0] == "numpy" and getattr(x, "size", 0) == 1 and x.dtype.kind in "biuf" \
            and not hasattr(x, "mask"):             # an array of one number, a truth value; not if it may be masked
        return float(x.reshape(()))
    if hasattr(x, "shape") or isinstance(x, (list, tuple)):
        shape = f" of shape {tuple(x.shape)}" if hasattr(x, "shape") else ""
        raise TypeError(f"{where}: got {kind}{shape}, but a Value holds one number; "
                        "make a Value of each element, or a Tensor of the whole")
    raise TypeError(f"{where}: got {x!r} of type {kind}, expected a real number or a Value")


def ieee(op: Op, *inputs: float) -> tuple[float, Sequence[float]]:
    """The result and the partial derivatives as IEEE 754 has them, where Python's floats would raise.

    >>> from autograd.core.ops import div
    >>> ieee(div, 1.0, 0.0)
    (inf, [inf, -inf])
    """
    given = [_Wide(x) for x in inputs]
    out = _Wide.apply(op, *given)
    return out.x, [float(slope) for slope in op.slopes(out, *given)]


class _Wide(Operand):
    """A float whose arithmetic never raises."""

    __slots__ = ("x",)
    __array_ufunc__ = None

    def __init__(self, x: float) -> None:
        self.x = x

    @classmethod
    def apply(cls, op: Op, *inputs: Any) -> _Wide:
        floats_ = [float(x) for x in inputs]
        try:
            return cls(float(op.floats(*floats_)))
        except (ArithmeticError, ValueError):
            return cls(op.edge(*floats_))

    def __float__(self) -> float:
        return self.x

    def __neg__(self) -> _Wide:
        return _Wide(-self.x)

    def __abs__(self) -> _Wide:
        return _Wide(abs(self.x))

    __hash__ = object.__hash__


def _arithmetic(compute: Callable[[float, float], float]) -> tuple[Callable[..., _Wide], Callable[..., _Wide]]:
    return (lambda self, other: _Wide(compute(self.x, float(other))),
            lambda self, other: _Wide(compute(float(other), self.x)))


for _name, _compute in [("add", operator.add), ("sub", operator.sub), ("mul", operator.mul),
                        ("truediv", floats.divide), ("pow", floats.power)]:
    _forward, _reflected = _arithmetic(_compute)
    setattr(_Wide, f"__{_name}__", _forward)
    setattr(_Wide, f"__r{_name}__", _reflected)
def _comparison(compare: Callable[[float, float], bool]) -> Callable[..., bool]:
    return lambda self, other: compare(self.x, float(other))


for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(_Wide, f"__{_name}__", _comparison(getattr(operator, _name)))
