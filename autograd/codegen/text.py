"""Expressions that know their text, shape and dtype.

A rule fed with `Text`s computes as it would with arrays, and leaves the expression a person would have written. A text
refers to its operands and does not contain them: what a rule uses twice can be given a name before it is printed. No
derivative stands here, and nothing knows a graph.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from math import prod
from string import Formatter
from typing import TYPE_CHECKING, Any, NamedTuple, Union

import numpy as np

from autograd.arrays import structural as st
from autograd.core.op import TABLE, Op, Operand
from autograd.core.symbols import ATOM, COMPARE, POWER, PRODUCT, SIGN, SUM

if TYPE_CHECKING:
    from autograd.codegen.page import Page

__all__ = ["SIGNS", "AllButOne", "Parts", "Shape", "Shares", "Text", "arithmetic", "as_tuple", "combined_shape",
           "common_dtype", "number_text", "template"]

Shape = tuple[int, ...]
DType = Union["np.dtype[Any]", None]                # None: a Python number's, which takes that of what it meets
Parts = list[Union[str, tuple["Text", int]]]        # text, and operands with how tightly each must bind

_SAMPLES = ("a < b", "a + b", "a * b", "-a", "a ** b")      # what binds as COMPARE, SUM, … do; an atom fits anywhere
_LOOSEST = COMPARE - 1                              # lambda, or, if … else
_BINDINGS: dict[type, int] = {
    ast.Compare: COMPARE, ast.Add: SUM, ast.Sub: SUM, ast.Mult: PRODUCT, ast.Div: PRODUCT, ast.MatMult: PRODUCT,
    ast.FloorDiv: PRODUCT, ast.Mod: PRODUCT, ast.UnaryOp: SIGN, ast.Pow: POWER, ast.Lambda: _LOOSEST,
    ast.IfExp: _LOOSEST, ast.BoolOp: _LOOSEST}


class Template(NamedTuple):
    """An expression with places for operands."""

    pieces: list[tuple[str, str | None, int]]       # some text, the operand behind it, how tightly that must bind
    binding: int                                    # how tightly the whole binds


@cache
def template(text: str) -> Template:
    """Read "1.0 / ({x} + 1.0)". An operand needs parentheses where Python reads the whole differently without them.

    >>> template("-{x} ** {y}")
    Template(pieces=[('-', 'x', 5), (' ** ', 'y', 3)], binding=3)
    """
    found = [(before, name) for before, name, _, _ in Formatter().parse(text)]

    def read(i: int, operand: str) -> str | None:
        filled = [before + ("" if name is None else operand if i == j else "a")
                  for j, (before, name) in enumerate(found)]
        try:
            return ast.dump(ast.parse("".join(filled), mode="eval"))
        except SyntaxError:
            return None

    pieces = [(before, name, max([level + 1 for level, sample in enumerate(_SAMPLES) if name is not None
                                  and read(i, sample) != read(i, f"({sample})")], default=COMPARE))
              for i, (before, name) in enumerate(found)]
    whole: Any = ast.parse("".join(before + ("" if name is None else "a") for before, name in found), mode="eval").body
    return Template(pieces, _BINDINGS.get(type(getattr(whole, "op", whole)), _BINDINGS.get(type(whole), ATOM)))


def _operator(text: str) -> tuple[Callable[[Text, object], Text], Callable[[Text, object], Text]]:
    """The operator and its reflection, as methods."""
    return (lambda x, y: arithmetic(text, x, x.page.operand(y)),
            lambda y, x: arithmetic(text, y.page.operand(x), y))


class Text(Operand):
    """An expression, as rules ask for it: an array that is not there.

    Attributes:
        parts: text and operands, in order.
        simple: a name or a number: it is printed as it stands, however often it occurs.
        number: a Python number or an expression of such only; PyTorch's functions want a tensor.
        fresh: the array it makes is nobody else's, so it may be added to in place.
        narrow: for a broadcast: what is repeated. Whatever broadcasts anyway, takes that.
        into: for a sum into places: (what is added, the key, whether every place is named at most once).
        negated: for −x: x, so that adding it can be written as a subtraction.
        stem: what to call it, if it needs a name.
        name: the name it was given, once a line was printed for it.
    """

    __slots__ = ("binding", "dtype", "fresh", "into", "name", "narrow", "negated", "number", "page", "parts",
                 "position", "shape", "simple", "stem")
    __array_ufunc__ = None                          # NumPy must leave texts to these operators
    __hash__ = object.__hash__

    def __init__(self, page: Page, parts: Parts, shape: Iterable[int] = (), binding: int = ATOM, dtype: DType = None,
                 fresh: bool = True, simple: bool = False, number: bool = False) -> None:
        self.page, self.parts, self.binding = page, parts, binding
        self.shape: Shape = tuple(shape)
        self.dtype = dtype
        self.fresh, self.simple, self.number = fresh, simple, number
        self.narrow: Text | None = None
        self.negated: Text | None = None
        self.into: tuple[Text, str, bool] | None = None
        self.stem = ""
        self.name: str | None = None
        self.position = page.position()

    # Printing.

    @property
    def text(self) -> str:
        """The text, with its operands' texts or names in place."""
        return "".join([part if isinstance(part, str) else part[0].within(part[1]) for part in self.parts])

    def within(self, binding: int) -> str:
        """Its name, if it has one, or its text, in parentheses if what surrounds it binds more tightly."""
        if self.name is not None:
            return self.name
        return self.text if self.binding >= binding else f"({self.text})"

    @property
    def operands(self) -> list[Text]:
        """The expressions it mentions that have no name."""
        return [part[0] for part in self.parts if not isinstance(part, str)
                and not part[0].simple and part[0].name is None]

    def like(self, text: str, shape: Iterable[int] | None = None, fresh: bool = True, /, **operands: object) -> Text:
        """Another expression of the same dtype: of itself, which stands for {x}, and of other operands."""
        shape = self.shape if shape is None else shape
        return self.page.write(text, {"x": self, **operands}, shape, self.dtype, fresh)

    # Operators.

    __add__, __radd__ = _operator("{x} + {y}")
    __sub__, __rsub__ = _operator("{x} - {y}")
    __mul__, _ = _operator("{x} * {y}")
    __truediv__, __rtruediv__ = _operator("{x} / {y}")
    __matmul__, __rmatmul__ = _operator("{x} @ {y}")
    (__lt__, _), (__le__, _) = _operator("{x} < {y}"), _operator("{x} <= {y}")
    (__gt__, _), (__ge__, _) = _operator("{x} > {y}"), _operator("{x} >= {y}")
    (__eq__, _), (__ne__, _) = _operator("{x} == {y}"), _operator("{x} != {y}")     # type: ignore[assignment]

    # What arrays have.

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return prod(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __bool__(self) -> bool:
        raise TypeError(f"source: a rule may not branch on {self.text}: it has a name, not a value")

    @property
    def bare(self) -> Text:
        """Itself, or what it is a broadcast of."""
        return self if self.narrow is None else self.narrow

    @property
    def own(self) -> bool:
        """Whether what is printed makes an array that nobody else has."""
        return self.fresh and not self.simple

    def broadcast(self, shape: Iterable[int]) -> Text:
        """x repeated to `shape`."""
        shape = tuple(shape)
        if self.shape == shape:
            return self
        out = self.bare.like(self.page.library.spelled["expand"], shape, False, shape=shape)
        out.narrow = self.bare
        return out

    def _seen(self, text: str, shape: Iterable[int], fresh: bool | None = None, /, **operands: object) -> Text:
        """A view of x. Of one number everywhere: that number in another shape.

        A view of what is nobody else's is nobody else's either.
        """
        if self.narrow is not None and not self.narrow.shape:
            return self.narrow.broadcast(shape)
        return self.like(text, shape, self.own if fresh is None else fresh, **operands)

    @property
    def T(self) -> Text:
        return self._seen("{x}.T", self.shape[::-1])

    def swapaxes(self, first: int, second: int) -> Text:
        shape = list(self.shape)
        shape[first], shape[second] = shape[second], shape[first]
        return self._seen("{x}.swapaxes({first}, {second})", shape, first=first, second=second)

    def reshape(self, *shape: Any) -> Text:
        sizes = tuple(shape[0]) if isinstance(shape[0], (tuple, list)) else shape
        rest = prod(n for n in sizes if n != -1)
        full = tuple(self.size // max(rest, 1) if n == -1 else n for n in sizes)
        return self if full == self.shape else self._seen("{x}.reshape({shape})", full, shape=sizes)

    def transpose(self, dims: Sequence[int]) -> Text:
        if tuple(dims) == (1, 0):
            return self.T
        return self._seen(self.page.library.spelled["permute"], [self.shape[i] for i in dims], dims=tuple(dims))

    def dot(self, other: Text) -> Text:
        return self @ other

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        dims = tuple(range(self.ndim)) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        return self.page.call(st.sum_, self, dims, keepdims)

    def __getitem__(self, key: object) -> Text:
        shape = np.broadcast_to(np.False_, self.shape)[_recorded(key)].shape
        page, constant = self.page, self.simple and self.text in self.page.constants
        text = page.library.spelled["index_constant" if constant else "index"]
        return self._seen(text, shape, False, key=page.key(page.library.key(key, self.shape)))

    def __rmul__(self, other: object) -> Any:
        if isinstance(other, float) and (other == 0.0 or (other == 1.0 and self.dtype != np.bool_)):
            return self if other else 0.0           # what is 0 whatever x is, is not written
        return arithmetic("{x} * {y}", self.page.operand(other), self)

    def __pow__(self, n: float) -> Text:
        if isinstance(n, Text):
            return arithmetic("{x} ** {y}", self, n)
        exponent = repr(int(n)) if n.is_integer() and 0 < n < 100 else number_text(n, True)[0]
        return self.page.write("{x} ** {n}", {"x": self, "n": exponent}, self.shape, self.dtype, number=self.number)

    def __neg__(self) -> Text:
        x = self.bare
        out = self.page.write("-{x}", {"x": x}, x.shape, x.dtype, number=x.number).broadcast(self.shape)
        out.bare.negated, out.negated = x, self
        return out

    def __abs__(self) -> Text:
        return self.apply(TABLE["abs"], self)

    def __array_function__(self, function: object, types: object, arguments: Any, options: Any) -> Any:
        return NotImplemented if function is not np.where or options else self.apply(TABLE["where"], *arguments)

    @classmethod
    def apply(cls, op: Op, *inputs: Any) -> Text:
        parts = inputs[0] if op.arity is None else inputs
        page: Page = next(x.page for x in parts if isinstance(x, Text))
        return page.call(op, *inputs)


class AllButOne(Text):
    """A sum less its largest term, which is 1: the rules that take it out, add it again."""

    __slots__ = ("whole",)
    whole: Text

    def __radd__(self, other: object) -> Text:
        return self.whole if other == 1.0 else super().__radd__(other)


class Shares(Text):
    """Rows that sum to 1, and need not be summed to know it."""

    __slots__ = ()

    def __init__(self, x: Text) -> None:
        super().__init__(x.page, x.parts, x.shape, x.binding, x.dtype, x.fresh, x.simple)

    def sum(self, axis: object = None, keepdims: bool = False) -> Any:
        return 1.0 if axis == 1 else super().sum(axis, keepdims)


def _recorded(key: object) -> Any:
    """The key as it was recorded, as far as shapes go."""
    if type(key) is tuple:
        return tuple([_recorded(k) for k in key])
    return np.zeros(key.shape, int) if isinstance(key, Text) else key


# Operators.

def arithmetic(text: str, *inputs: Text) -> Text:
    """An expression of operators only. In it a broadcast happens by itself."""
    page, shape = inputs[0].page, _product_shape(*inputs) if "@" in text else combined_shape(inputs)
    bare = list(inputs) if "@" in text else page.library.alike([x.bare for x in inputs])
    if text == "{x} * {y}" and " / " in bare[0].parts and bare[0].binding == PRODUCT and bare[0].name is None:
        text = "({x}) * {y}"                        # (1.0 / x) * dy: what the rule says, then the gradient
    number = "@" not in text and all([x.number for x in bare])
    out = page.write(text, dict(zip("xyz", bare)), shape if "@" in text else combined_shape(bare),
                     common_dtype(inputs), number=number)
    if out.binding == COMPARE:
        out.dtype = np.dtype(bool)
    elif "/" in text and out.dtype is not None and out.dtype.kind != "f":
        out.dtype = np.dtype(float)
    return out.broadcast(shape)


def combined_shape(inputs: Sequence[Text]) -> Shape:
    shapes = {x.shape for x in inputs} - {()}
    return np.broadcast_shapes(*shapes) if len(shapes) != 1 else shapes.pop()


def common_dtype(inputs: Sequence[Text]) -> DType:
    """The dtype NumPy gives a result of these. Python's numbers take the others'."""
    dtypes = [x.dtype for x in inputs if x.dtype is not None]
    if not dtypes:
        return None
    common = dtypes[0] if dtypes.count(dtypes[0]) == len(dtypes) else np.result_type(*dtypes)
    return np.dtype(float) if common.kind == "b" and len(dtypes) < len(inputs) else common


def _product_shape(x: Text, y: Text) -> Shape:
    rows, columns = x.shape[-2:-1], y.shape[-1:] if y.ndim > 1 else ()
    return (*np.broadcast_shapes(x.shape[:-2], y.shape[:-2]), *rows, *columns)


SIGNS = {"__add__": "{x} + {y}", "__sub__": "{x} - {y}", "__mul__": "{x} * {y}", "__truediv__": "{x} / {y}"}


# Numbers.

def as_tuple(numbers: Iterable[int]) -> str:
    """A tuple of integers as text."""
    return repr(tuple(int(n) for n in numbers))


def number_text(x: Any, literal: bool) -> tuple[str, int]:
    """A number as text, and how tightly that binds. One that a rule computed may be a fraction: 0.125 is 1 / 8."""
    x = x.item() if isinstance(x, (np.generic, np.ndarray)) else x
    if isinstance(x, (bool, int)):
        return repr(x), ATOM if x >= 0 else SIGN
    if x != x or x in (np.inf, -np.inf):
        return f"float('{x}')", ATOM
    if not literal and 1e-4 < x < 0.5 and 1 / (n := round(1 / x)) == x and n % 10:
        return f"1 / {n}", PRODUCT
    return repr(x), ATOM if x >= 0 else SIGN
