"""Symbols: operands that remember their text, so that a rule fed with them comes out as code.

Feeding `lambda out, x: 1.0 - out * out` the symbol `out` gives the text "1.0 - out * out". `writing` makes each op's
method of it, and `source` prints a backward pass with it. Nothing here knows a node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.core.op import Op, Operand, Rule
from autograd.core.ops import PowerBy

__all__ = ["Symbol", "text_of"]

# How tightly each kind of expression binds, loosest first: parentheses go only where Python needs them.
COMPARE, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)


class Symbol(Operand):
    """A piece of Python text that grows when computed with.

    >>> x, y = Symbol("x"), Symbol("y")
    >>> print(-x / (y - 1.0) ** 2)
    -x / (y - 1.0) ** 2
    """

    __slots__ = ("binding", "text")
    __array_ufunc__ = None                          # NumPy must leave symbols to these operators

    def __init__(self, text: str, binding: int = ATOM) -> None:
        self.text = text
        self.binding = binding

    @classmethod
    def apply(cls, op: Op, *inputs: object) -> Symbol:
        if isinstance(op, PowerBy):
            base: Any = cls.of(inputs[0])
            power: Symbol = base ** op.exponent
            return power
        return cls(f"{op.name}({', '.join(str(cls.of(x)) for x in inputs)})")

    @classmethod
    def of(cls, x: Any) -> Symbol:
        """A symbol as it is; a number as the text it has."""
        if isinstance(x, Symbol):
            return x
        x = x if type(x) in (float, int, bool) else float(x)    # NumPy's numbers print as calls
        text = cls.number(x)
        return cls(text, SIGN if x < 0 and text[0] == "-" else ATOM)

    @staticmethod
    def number(x: float) -> str:
        """A number as Python writes it. It has no name of its own for some floats."""
        text = repr(x)
        return f'float("{text}")' if text in ("inf", "-inf", "nan") else text

    def within(self, binding: int) -> str:
        """The text, in parentheses if what surrounds it binds more tightly."""
        return self.text if self.binding >= binding else f"({self.text})"

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Symbol({self.text!r})"

    def __neg__(self) -> Symbol:
        return Symbol(f"-{self.within(SIGN)}", SIGN)

    def __abs__(self) -> Symbol:
        return Symbol(f"abs({self.text})")

    def __bool__(self) -> bool:
        raise TypeError(f"a rule may not branch on a symbol ({self.text}): it has a name, not a value")

    __hash__ = object.__hash__


def _infix(sign: str, binding: int) -> tuple[Callable[[object, object], Symbol], Callable[[object, object], Symbol]]:
    """The operator `sign` and its reflection, as methods. Left-associative, save for powers."""
    left, right = (binding + 1, binding) if sign == "**" else (binding, binding + 1)

    def forward(x: object, y: object) -> Symbol:
        kind = type(x) if isinstance(x, Symbol) else type(y)
        assert issubclass(kind, Symbol)
        return kind(f"{kind.of(x).within(left)} {sign} {kind.of(y).within(right)}", binding)

    def reflected(y: object, x: object) -> Symbol:
        return forward(x, y)

    return forward, reflected


for _name, _sign, _binding in [("add", "+", SUM), ("sub", "-", SUM), ("mul", "*", PRODUCT), ("truediv", "/", PRODUCT),
                               ("matmul", "@", PRODUCT), ("pow", "**", POWER)]:
    _forward, _reflected = _infix(_sign, _binding)
    setattr(Symbol, f"__{_name}__", _forward)
    setattr(Symbol, f"__r{_name}__", _reflected)
for _name, _sign in [("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="), ("eq", "=="), ("ne", "!=")]:
    setattr(Symbol, f"__{_name}__", _infix(_sign, COMPARE)[0])


def text_of(function: Rule, *names: str) -> str | None:
    """The body of a rule as text, with its arguments called `names`; None if it can't be fed symbols.

    >>> text_of(lambda out, x, y: -out / y, "out", "x", "y")
    '-out / y'
    """
    try:
        return str(Symbol.of(function(*map(Symbol, names))))
    except Exception:                               # math.exp wants a float, a branch a truth value, x.item() a method
        return None
