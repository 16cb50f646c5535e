"""The operators and methods both engines answer to, and which rows of the table they come from.

The engines write the methods out of the rows (`OPERATORS` gives those that have another name than their row); a row
that is not named here becomes a method of its own name. Here stand the declarations, for readers and type checkers,
and what is the same for both: the reflected operators.
"""

from __future__ import annotations

from numbers import Complex, Number, Real
from typing import TYPE_CHECKING, Any

from autograd.core.ops import Op
from autograd.core.symbols import text_of

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["COMPARISONS", "OPERATORS", "Operators", "described", "is_real"]

OPERATORS = {                                       # row -> the methods it gives, where not just its own name
    "add": ("__add__", "add"),
    "sub": ("__sub__", "sub"),
    "mul": ("__mul__", "mul"),
    "div": ("__truediv__", "div"),
    "neg": ("__neg__", "neg"),
    "abs": ("__abs__", "abs"),
    "power": ("power",),                            # `**` itself asks first whether the exponent is constant
}
COMPARISONS = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">=", "__eq__": "==", "__ne__": "!="}


class Operators:
    """Arithmetic on nodes: with each other and with plain numbers on either side."""

    __slots__ = ()

    if TYPE_CHECKING:
        def __add__(self, other: Any) -> Self: ...
        def __sub__(self, other: Any) -> Self: ...
        def __mul__(self, other: Any) -> Self: ...
        def __truediv__(self, other: Any) -> Self: ...
        def __pow__(self, other: Any) -> Self: ...
        def __neg__(self) -> Self: ...
        def __abs__(self) -> Self: ...
        def __lt__(self, other: Any) -> Any: ...
        def __le__(self, other: Any) -> Any: ...
        def __gt__(self, other: Any) -> Any: ...
        def __ge__(self, other: Any) -> Any: ...
        def __eq__(self, other: object) -> Any: ...
        def __ne__(self, other: object) -> Any: ...
        def add(self, other: Any) -> Self: ...
        def sub(self, other: Any) -> Self: ...
        def mul(self, other: Any) -> Self: ...
        def div(self, other: Any) -> Self: ...
        def power(self, other: Any) -> Self: ...
        def maximum(self, other: Any) -> Self: ...
        def minimum(self, other: Any) -> Self: ...
        def neg(self) -> Self: ...
        def abs(self) -> Self: ...
        def sign(self) -> Self: ...
        def exp(self) -> Self: ...
        def expm1(self) -> Self: ...
        def log(self) -> Self: ...
        def log1p(self) -> Self: ...
        def sqrt(self) -> Self: ...
        def sin(self) -> Self: ...
        def cos(self) -> Self: ...
        def tanh(self) -> Self: ...
        def sigmoid(self) -> Self: ...
        def softplus(self) -> Self: ...
        def relu(self) -> Self: ...

    @classmethod
    def operand(cls, x: Any, where: str, like: Self | None = None) -> Self:
        """`x` as a node of this kind: itself if it is one, else a leaf, of the dtype of `like` where there are several.

        `where` names the op in the error.
        """
        raise NotImplementedError

    def __radd__(self, other: Any) -> Self:         # other + self; the 0 that sum() starts from leaves no node
        return self if type(other) is int and other == 0 else self.operand(other, "add", self) + self

    def __rsub__(self, other: Any) -> Self:         # other - self
        return self.operand(other, "sub", self) - self

    def __rmul__(self, other: Any) -> Self:         # other * self
        return self.operand(other, "mul", self) * self

    def __rtruediv__(self, other: Any) -> Self:     # other / self
        return self.operand(other, "div", self) / self

    def __rpow__(self, other: Any) -> Self:         # other ** self
        return self.operand(other, "power", self).power(self)

    def pow(self, exponent: Any) -> Self:
        """`self ** exponent`."""
        power: Self = self ** exponent
        return power

    def __pos__(self) -> Self:
        return self


def described(op: Op) -> str:
    """What `help` shows of a row's method: the function and its partial derivatives, as the table has them.

    >>> from autograd.core.ops import TABLE
    >>> described(TABLE["tanh"]), described(TABLE["div"])
    ('tanh(x), elementwise; ∂out/∂x = 1.0 - out * out', 'x / y, elementwise; ∂out/∂x = 1.0 / y, ∂out/∂y = -out / y')
    """
    names = "xyz"[:len(op.partials)]
    form = text_of(op.array, *names) if op.name in OPERATORS else None
    partials = [f"∂out/∂{name} = {text_of(partial, 'out', *names)}" for name, partial in zip(names, op.partials)]
    form = form or f"{op.name}({', '.join(names)})"
    return f"{form}, elementwise; {', '.join(partials)}" if partials else op.name


def is_real(x: Any) -> bool:
    """Whether `x` is a real number: int, float, bool, Fraction, Decimal, one of NumPy's."""
    return isinstance(x, Real) or (isinstance(x, Number) and not isinstance(x, Complex))    # all a Decimal says it is
