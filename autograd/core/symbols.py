"""Symbols: operands that remember their text, so that a rule fed with them comes out as code.

Feeding `lambda out, x: 1.0 - out * out` the symbol `out` gives the text "1.0 - out * out". The engines use it to write
each operation's method out from its row, and `source` uses it to print a backward pass. Nothing here knows a node.
"""

from __future__ import annotations

import itertools
import linecache
import weakref
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from autograd.core.ops import Op, Operand, PowerBy

__all__ = ["Method", "Symbol", "compile_function", "late", "text_of"]

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
    def apply(cls, op: Op, *inputs: Any) -> Symbol:
        if isinstance(op, PowerBy):
            base: Any = _as_symbol(inputs[0])
            power: Symbol = base ** op.exponent
            return power
        return cls(f"{op.name}({', '.join(str(_as_symbol(x)) for x in inputs)})")

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


def _as_symbol(x: Any) -> Symbol:
    if isinstance(x, Symbol):
        return x
    text = repr(x)
    if text in _NOT_LITERALS:                       # Python writes these floats by no name of its own
        text = f'float("{text}")'
    return Symbol(text, SIGN if x < 0 and text[0] == "-" else ATOM)


_NOT_LITERALS = ("inf", "-inf", "nan")


def _infix(sign: str, binding: int) -> tuple[Callable[[Any, Any], Symbol], Callable[[Any, Any], Symbol]]:
    """The operator `sign` and its reflection, as methods. Left-associative, save for powers."""
    left, right = (binding + 1, binding) if sign == "**" else (binding, binding + 1)

    def forward(x: Any, y: Any) -> Symbol:
        return Symbol(f"{_as_symbol(x).within(left)} {sign} {_as_symbol(y).within(right)}", binding)

    def reflected(y: Any, x: Any) -> Symbol:
        return forward(x, y)

    return forward, reflected


for _name, _sign, _binding in [("add", "+", SUM), ("sub", "-", SUM), ("mul", "*", PRODUCT), ("truediv", "/", PRODUCT),
                               ("matmul", "@", PRODUCT), ("pow", "**", POWER)]:
    _forward, _reflected = _infix(_sign, _binding)
    setattr(Symbol, f"__{_name}__", _forward)
    setattr(Symbol, f"__r{_name}__", _reflected)
for _name, _sign in [("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="), ("eq", "=="), ("ne", "!=")]:
    setattr(Symbol, f"__{_name}__", _infix(_sign, COMPARE)[0])


def text_of(function: Callable[..., Any], *names: str) -> str | None:
    """The body of a rule as text, with its arguments called `names`; None if it can't be fed symbols.

    >>> text_of(lambda out, x, y: -out / y, "out", "x", "y")
    '-out / y'
    """
    try:
        return str(_as_symbol(function(*map(Symbol, names))))
    except TypeError:                               # math.exp wants a float, a branch wants a truth value
        return None


_serial = itertools.count()


def compile_function(name: str, text: str, namespace: Mapping[str, Any]) -> Callable[..., Any]:
    """Compile `text`, which defines `name`; tracebacks and debuggers show its lines like any other code's."""
    filename = f"<autograd {name} {next(_serial)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    scope = dict(namespace)
    exec(compile(text, filename, "exec"), scope)
    function: Callable[..., Any] = scope.pop(name)      # out of its own globals: no cycle keeps it
    weakref.finalize(function, linecache.cache.pop, filename, None).atexit = False      # the text goes with its code
    return function


# Writing and compiling all methods and every step of a backward pass takes a third of the time of `import numpy`. A
# program uses a few of them, so each is written and compiled when it is first wanted.

Written = tuple[str, str, Mapping[str, Any]]        # what `compile_function` takes

class Method:
    """What stands in `owner`, under each of `names`, for a method that nobody has asked for yet.

    >>> class Number(int):
    ...     pass
    >>> text = "def twice(self):\\n    return two * self\\n"
    >>> twice = Method(Number, ["twice"], lambda: ("twice", text, {"two": 2}))
    >>> Number(3).twice()
    6
    """

    def __init__(self, owner: type, names: Sequence[str], write: Callable[[], Written]) -> None:
        self.owner, self.names, self.write = owner, names, write
        for name in names:
            setattr(owner, name, self)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        method: Any = compile_function(*self.write())
        *_, method.__name__ = self.names            # as Python's own errors call it
        method.__qualname__ = f"{self.owner.__name__}.{method.__name__}"
        for name in self.names:
            setattr(self.owner, name, method)
        return method if instance is None else method.__get__(instance, owner)


def late(owner: Any, slot: str, write: Callable[[], Written]) -> Callable[..., Any]:
    """What stands in `owner`'s `slot` for a function that nobody has called yet."""
    @cache                                          # who keeps the stand-in calls it again and again
    def compiled() -> Callable[..., Any]:
        function = compile_function(*write())
        setattr(owner, slot, function)
        return function

    def stand_in(*arguments: Any) -> Any:
        return compiled()(*arguments)

    stand_in.compiled = compiled                    # type: ignore[attr-defined]
    return stand_in
