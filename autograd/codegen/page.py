"""The page that texts are written on: one library's module, line by line, with its names, constants and helpers.

How an op is spelled is read here: from its row, or from `moving`, where a line of text is not enough. Nothing here
knows a graph.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from inspect import signature
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.arrays import structural as st
from autograd.codegen import moving
from autograd.codegen.libraries import NumPy
from autograd.codegen.text import (
    SIGNS,
    Parts,
    Text,
    arithmetic,
    as_tuple,
    combined_shape,
    common_dtype,
    number_text,
    template,
)
from autograd.core.op import Op
from autograd.core.ops import PowerBy
from autograd.core.symbols import ATOM, COMPARE

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from autograd.arrays.convert import Array
    from autograd.codegen.text import DType

__all__ = ["Page"]


class Page:
    """Writes expressions and lines for one library. `scalar`: of single numbers, whose shape is not worth a comment."""

    def __init__(self, library: NumPy, scalar: bool) -> None:
        self.library, self.scalar = library, scalar
        self.position = count().__next__            # of each text, in the order they are made
        self.lines: list[str] = []
        self.constants: dict[str, Array] = {}
        self.helpers: dict[str, str] = {}
        self.taken: set[str] = set()
        self.counts: dict[str, int] = {}            # how often each name has been asked for
        self.known: dict[str, Array] = {}           # what the caller calls arrays that may turn up as constants
        self.keys: dict[int, Text] = {}             # arrays of indices that are arguments, by id
        self.maxima: dict[int, Text] = {}           # arrays of indices that a maximum found, by id

    def unused(self, stem: str) -> str:
        """`stem`, with a number behind it if something has that name already; from now on that is taken."""
        if stem in self.taken:
            return self.numbered(stem)
        self.taken.add(stem)
        self.counts.setdefault(stem, 1)
        return stem

    def numbered(self, stem: str) -> str:
        """`stem` with the next number behind it that makes a name of its own."""
        while True:
            self.counts[stem] = self.counts.get(stem, 0) + 1
            name = f"{stem}_{self.counts[stem]}"
            if name not in self.taken:
                self.taken.add(name)
                return name

    def named(self, name: str, like: Any) -> Text:
        """A name as an expression, for something of the shape and dtype of `like`."""
        return Text(self, [name], like.shape, ATOM, like.dtype, fresh=False, simple=True)

    def constant(self, array: Array, stem: str = "at") -> Text:
        """The name of a constant of the module."""
        array = np.asarray(array)
        if array.dtype.kind in "iu" and array.dtype != np.int64 and stem == "at":
            array = array.astype(np.int64)          # PyTorch takes uint8 for truth values
        for name, other in self.constants.items():
            if _same(other, array):
                return self.named(name, array)
        called = [name for name, other in self.known.items() if _same(other, array)]
        name = self.unused(called[0] if called else stem)
        self.constants[name] = array
        return self.named(name, array)

    # Expressions.

    def write(self, text: str, operands: Mapping[str, object], shape: Iterable[int] = (), dtype: DType = None,
              fresh: bool = True, number: bool = False) -> Text:
        """An expression from a text with its operands in braces: texts, lists of them, code as str, other values."""
        pieces, binding = template(text)
        parts: Parts = []
        for before, name, needed in pieces:
            parts += [before] if name is None else [before, *_parts(operands[name], needed)]
        return Text(self, parts, shape, binding, dtype, fresh, number=number)

    def operand(self, x: object, literal: bool = False) -> Text:
        """x as an expression; a `literal` number as the user wrote it."""
        if isinstance(x, Text):
            return x
        if isinstance(x, np.ndarray) and x.ndim:
            return self.constant(x, "constant")
        text, binding = number_text(x, literal)
        return Text(self, [text], (), binding, simple=True, number=True)

    def cast(self, x: Text, dtype: DTypeLike | None) -> Text:
        dtype = np.dtype(dtype)
        out = x.like(self.library.spelled["cast"], dtype=self.library.dtype(dtype))
        out.dtype = dtype
        return out

    def key(self, key: object) -> Text:
        """An index as an expression; arrays become constants of the module."""
        if isinstance(key, Text):
            return key
        if isinstance(key, np.ndarray) and key.ndim and id(key) in self.keys:
            return self.keys[id(key)]
        text: Any
        if type(key) is tuple:
            text = [self.key(k) for k in key] or "()"
            parts = [*_parts(text, COMPARE), *[","] * (len(key) == 1)]
            return Text(self, parts)
        if isinstance(key, slice):
            text = ":".join(["" if x is None else str(x) for x in (key.start, key.stop)])
            text += f":{key.step}" if key.step is not None else ""
        elif isinstance(key, np.ndarray) and key.ndim:
            if key.ndim > 1 or len(key) < 2 or key.dtype.kind != "i" or not np.array_equal(key, np.arange(len(key))):
                return self.constant(key)
            text = self.range(len(key))
        else:
            text = "..." if key is ... else repr(key.item() if isinstance(key, (np.generic, np.ndarray)) else key)
        return Text(self, [text], simple=True)

    def range(self, n: int) -> str:
        """0, 1, …, n − 1."""
        return self.library.spelled["range"].format(n=n)

    # Ops.

    def call(self, op: Op, *inputs: Any) -> Text:
        """One op of these inputs."""
        if isinstance(op, PowerBy):
            power: Text = inputs[0] ** op.exponent
            return power
        if not isinstance(op, st.Structural):
            return self._elementwise(op, [self.operand(x) for x in inputs])
        if op.name in moving.SPELLED and not op.source:
            return moving.SPELLED[op.name](*inputs)
        return self._moved(op, *inputs)

    def _spelling(self, op: Op, arguments: Sequence[str], known: Iterable[str]) -> str:
        """How the library writes an op, as its row says: a function of all arguments, or a text of `known` ones."""
        text, title = op.source.get(self.library.name), self.library.title
        if text is None:
            raise TypeError(f"source: {op.name} has no spelling for {title}; give source={{{self.library.name!r}: …}} "
                            "when adding the op")
        text = text if "{" in text else f"{text}({', '.join(f'{{{name}}}' for name in arguments)})"
        try:
            if {name for _, name, _ in template(text).pieces} <= {*known, None}:
                return text
        except (SyntaxError, ValueError):           # no Python; a brace too many
            pass
        raise TypeError(f"source: {op.name} is spelled {text!r} for {title}, expected an expression with "
                        f"{', '.join(known)} in braces")

    def _elementwise(self, op: Op, inputs: list[Text]) -> Text:
        sign = op.methods[0] if op.methods else ""
        if sign in SIGNS:
            return arithmetic(SIGNS[sign], *inputs)
        if sign == "__neg__":
            return -inputs[0]
        names = "xyz"[:len(inputs)]
        text = self._spelling(op, names, [*names, "dtype"])
        if "(" not in text:
            return arithmetic(text, *inputs)
        if op.name == "where" and inputs[0].dtype != np.bool_:
            inputs[0] = arithmetic("{x} != {y}", inputs[0], self.operand(0))
        wide = self.library.arguments(op.name, [x.bare for x in inputs])
        dtype = common_dtype(wide[op.name == "where":])
        exact = dtype if dtype is not None and dtype.kind == "f" else np.dtype(float)
        operands = {**dict(zip(names, wide)), "dtype": self.library.dtype(exact)}
        return self.write(text, operands, combined_shape(wide), dtype).broadcast(combined_shape(inputs))

    def _moved(self, op: st.Structural, *arguments: Any) -> Text:
        """An op that moves numbers, as its `source` says. Zeros go through it to find the shape."""
        taken = op.arity or 1
        rule, leading = (op.joint, 3) if op.joint else (op.vjps[0], 2)
        names = list(signature(rule).parameters)[leading:] if op.arity else list(signature(op.array).parameters)
        inputs: Any = [list(x) if op.arity is None else self.operand(x) for x in arguments[:taken]]
        operands = dict(zip(names, [*inputs, *map(self._parameter, arguments[taken:])])) | dict(zip("xyz", inputs))
        text = self._spelling(op, [*"xyz"[:taken], *names[taken:]], operands)
        with np.errstate(all="ignore"):
            zeros: Any = [np.zeros(x.shape, x.dtype) for x in (inputs if op.arity else inputs[0])]
            out = op(*(zeros if op.arity else [zeros]), *arguments[taken:])
        return self.write(text, operands, out.shape, out.dtype, False)

    def _parameter(self, x: object) -> Text | str:
        """What an op is given beside its inputs, as an operand."""
        if isinstance(x, np.ndarray):
            return self.constant(x)
        return x if isinstance(x, Text) else self.library.dtype(x) if isinstance(x, np.dtype) else repr(x)

    # Lines.

    def line(self, name: str, x: Text, zeros: str = "") -> None:
        """Print `name = x`. A sum into places takes two lines: `zeros`, then the sum."""
        if x.into is not None:
            first, *rest = self.adding(name, x, zeros or self.library.zeros(x.shape, x.dtype))
            self.lines += [f"{first}  # {x.shape}", *rest]
            return
        self.lines.append(f"{name} = {x.text}" + (f"  # {x.shape}" if x.shape or not self.scalar else ""))

    def adding(self, name: str, x: Text, zeros: str = "") -> list[str]:
        """The lines that add `x.into` to the array `name`, made of `zeros` if it is new."""
        assert x.into is not None
        added, key, once = x.into
        return self.library.into(self, name, key, added.bare.within(COMPARE), once, zeros)

    def let(self, stem: str, x: Text) -> Text:
        """A line of its own for x."""
        name = self.unused(stem)
        self.line(name, x)
        return self.named(name, x)

    def name_what_is_shared(self, results: Sequence[Text | None], names: Sequence[str | None]) -> None:
        """Give a line to each expression the results mention more than once.

        Where it is a result itself, it gets the name it would have had anyhow.
        """
        mentioned: Counter[Text] = Counter()
        stack = [result for result in results if result is not None]
        asked = Counter(stack)
        while stack:
            x = stack.pop()
            mentioned[x] += 1
            if mentioned[x] == 1:
                stack += x.operands if x.into is None or x.into[0].simple else [*x.operands, x.into[0]]
        own = {result: name for result, name in zip(results, names) if result is not None and name}
        for x in sorted(mentioned, key=lambda x: x.position):       # operands come before what is made of them
            mentions = mentioned[x] - asked[x]
            if not x.simple and x.name is None and (mentions > 1 or (mentions and (x in own or x.into is not None))):
                name = own.get(x) or self.unused(x.stem or self._stem(x, results, names))
                self.line(name, x)
                x.name = name

    def _stem(self, x: Text, results: Sequence[Text | None], names: Sequence[str | None]) -> str:
        summed = re.match(r"(\w+)\.sum\(", x.text)
        if summed:
            return f"{summed[1]}_sum"
        for result, name in zip(results, names):
            if name and result is not None and result.text == f"{x.within(ATOM)}.sum(0)":
                return f"{name}_row"                # what is left of it without an axis of length 1
        return "part"

    def array(self, array: Array, indent: int = 0) -> str:
        """An array as text from which it can be read back exactly."""
        array, constant = np.asarray(array), self.library.spelled["constant"]
        dtype = "" if array.dtype in (np.float64, np.int64, np.bool_) else f", dtype=np.{array.dtype}"
        if not array.size:
            return constant.format(x=f"np.zeros({as_tuple(array.shape)}, np.{array.dtype})")
        prefix = " " * indent + constant.format(x="np.array(")
        with np.printoptions(threshold=sys.maxsize, linewidth=118, floatmode="unique", suppress=False):
            text = np.array2string(array, separator=", ", prefix=prefix.rstrip(")"))
        text = re.sub(r"\b(nan|inf)\b", r"np.\1", text)
        return constant.format(x=f"np.array({text}{dtype})")


def _parts(x: object, needed: int) -> Parts:
    """An operand of a template as parts."""
    if isinstance(x, Text):
        return [(x, needed)]
    if not isinstance(x, list):
        return [x if isinstance(x, str) else as_tuple(x) if isinstance(x, tuple) else repr(x)]
    parts: Parts = []
    for i, item in enumerate(x):
        parts += [", "] * (i > 0)
        parts += ["[", *_parts(item, COMPARE), "]"] if isinstance(item, list) else _parts(item, COMPARE)
    return parts


def _same(x: Any, y: Any) -> bool:
    return x.shape == y.shape and x.dtype == y.dtype and np.array_equal(x, y, equal_nan=x.dtype.kind == "f")
