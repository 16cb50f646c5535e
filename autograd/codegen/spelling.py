"""How NumPy, PyTorch and JAX write each op: expressions that know their text and shape.

A rule fed with `Text`s computes as it would with arrays and leaves the expression a person would have written. Texts
refer to their operands rather than containing them, so what a rule uses twice can be given a name before it is
printed. No derivative stands here, and nothing knows a graph: `codegen` feeds the rules and puts the lines in order.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.arrays import structural as st
from autograd.core.op import TABLE, Op
from autograd.core.ops import PowerBy
from autograd.core.symbols import ATOM, COMPARE, POWER, PRODUCT, SIGN, SUM, Symbol

__all__ = ["BACKENDS", "AllButOne", "Shares", "Speller", "Text", "as_tuple"]

BACKENDS = {"numpy": "np", "torch": "torch", "jax": "jnp"}      # and the prefix of their functions

_OPERAND = re.compile("\x01(\\d+):(\\d)\x02")       # in a text: which expression stands here, how tightly it must bind

# What a text brings along that adds into places which a key may name more than once, where no one call does it.
_SCATTER = """\
def scatter(x, key, out):
    at = torch.arange(out.numel()).reshape(out.shape)[key]
    return out.reshape(-1).index_add(0, at.reshape(-1), x.expand(at.shape).reshape(-1)).reshape(out.shape)
"""


class Text(Symbol):
    """A symbol that knows its shape and dtype, as rules ask for them.

    Attributes:
        simple: a name or a number: it is printed as it stands, however often it occurs.
        number: a Python number or an expression of such only; PyTorch's functions want a tensor.
        fresh: the array it makes is nobody else's, so it may be added to in place.
        narrow: for a broadcast: what is repeated. Whatever broadcasts anyway, takes that.
        into: for a sum into places: (what is added, the key, whether every place is named at most once).
        negated: for −x: x, so that adding it can be written as a subtraction.
        stem: what to call it, if it needs a name.
        name: the name it was given, once a line was printed for it.
    """

    __slots__ = ("dtype", "fresh", "into", "name", "narrow", "negated", "number", "position", "shape", "simple", "stem",
                 "writer")
    writer: Speller

    def __init__(self, writer: Speller, text: str, shape: Iterable[int] = (), binding: int = ATOM, dtype: Any = None,
                 fresh: bool = True, simple: bool = False, number: bool = False) -> None:
        super().__init__(text, binding)
        self.writer = writer
        self.shape = tuple(shape)
        self.dtype = dtype
        self.fresh = fresh
        self.simple = simple
        self.number = number
        self.narrow: Text | None = None
        self.negated: Text | None = None
        self.into: Any = None
        self.stem = ""
        self.name: str | None = None
        self.position = len(writer.expressions)
        if not simple:
            writer.expressions.append(self)

    if TYPE_CHECKING:                               # written below, from `Symbol`'s
        def __add__(self, other: Any) -> Text: ...
        def __radd__(self, other: Any) -> Text: ...
        def __sub__(self, other: Any) -> Text: ...
        def __rsub__(self, other: Any) -> Text: ...
        def __mul__(self, other: Any) -> Text: ...
        def __truediv__(self, other: Any) -> Text: ...
        def __rtruediv__(self, other: Any) -> Text: ...
        def __matmul__(self, other: Any) -> Text: ...
        def __rmatmul__(self, other: Any) -> Text: ...

    def within(self, binding: int) -> str:
        if self.simple:
            return super().within(binding)
        return f"\x01{self.position}:{binding}\x02"

    def __str__(self) -> str:
        return self.within(COMPARE)

    def __rmul__(self, other: Any) -> Text:
        return self if other == 1.0 and not isinstance(other, Text) and self.dtype != np.bool_ else _combined(
            "__rmul__", self, other)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return prod(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def like(self, text: str, shape: Iterable[int], binding: int = ATOM, fresh: bool = True) -> Text:
        """Another expression of the same dtype."""
        return Text(self.writer, text, shape, binding, self.dtype, fresh)

    @property
    def bare(self) -> Text:
        """Itself, or what it is a broadcast of."""
        return self if self.narrow is None else self.narrow

    # A view of what is nobody else's is nobody else's either.

    @property
    def own(self) -> bool:
        """Whether what is printed makes an array that nobody else has."""
        return self.fresh and not self.simple

    def _seen(self, text: str, shape: Iterable[int], fresh: bool = False) -> Text:
        """A view of x. Of one number everywhere: that number in another shape."""
        if self.narrow is not None and not self.narrow.shape:
            return self.writer.broadcast(self.narrow, shape)
        return self.like(text, shape, fresh=fresh)

    @property
    def T(self) -> Text:
        return self._seen(f"{self.within(ATOM)}.T", self.shape[::-1], self.own)

    def swapaxes(self, first: int, second: int) -> Text:
        shape = list(self.shape)
        shape[first], shape[second] = shape[second], shape[first]
        return self._seen(f"{self.within(ATOM)}.swapaxes({first}, {second})", shape, self.own)

    def reshape(self, *shape: Any) -> Text:
        sizes = tuple(shape[0]) if isinstance(shape[0], (tuple, list)) else shape
        rest = prod(n for n in sizes if n != -1)
        full = tuple(self.size // max(rest, 1) if n == -1 else n for n in sizes)
        if full == self.shape:
            return self
        return self._seen(f"{self.within(ATOM)}.reshape({as_tuple(sizes)})", full, self.own)

    def dot(self, other: Any) -> Any:
        return self @ other

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        dims = tuple(range(self.ndim)) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        return self.writer.call(st.sum_, self, dims, keepdims)

    def transpose(self, dims: Any) -> Text:
        shape = tuple(self.shape[i] for i in dims)
        if tuple(dims) == (1, 0):
            return self.T
        method = "permute" if self.writer.backend == "torch" else "transpose"
        return self._seen(f"{self.within(ATOM)}.{method}({as_tuple(dims)})", shape, self.own)

    def __getitem__(self, key: Any) -> Text:
        shape = np.broadcast_to(np.False_, self.shape)[_recorded(key)].shape
        key, array = self.writer.forwards(key, self.shape), self.within(ATOM)
        if self.writer.backend == "jax" and self.text in self.writer.constants:
            array = f"jnp.asarray({array})"         # what is traced can't index what is NumPy's
        return self._seen(f"{array}[{self.writer.key(key)}]", shape)

    def __pow__(self, n: Any) -> Text:
        if isinstance(n, Text):
            return _combined("__pow__", self, n)
        exponent = repr(int(n)) if n.is_integer() and 0 < n < 100 else _number(n, True)[0]
        text = f"{self.within(POWER + 1)} ** {exponent}"
        return Text(self.writer, text, self.shape, POWER, self.dtype, number=self.number)

    def __neg__(self) -> Text:
        symbol = Symbol.__neg__(self.bare)
        out = Text(self.writer, symbol.text, self.bare.shape, symbol.binding, self.dtype, number=self.number)
        out = self.writer.broadcast(out, self.shape)
        out.bare.negated, out.negated = self.bare, self
        return out

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        if function is not np.where or options:
            return NotImplemented
        return self.writer.call(TABLE["where"], *arguments)

    @classmethod
    def apply(cls, op: Op, *inputs: Any) -> Any:
        parts = inputs[0] if isinstance(op, st.Structural) and op.arity is None else inputs
        writer = next(x.writer for x in parts if isinstance(x, Text))
        return writer.call(op, *inputs)


class AllButOne(Text):
    """A sum less its largest term, which is 1: the rules that take it out, add it again."""

    __slots__ = ("whole",)
    whole: Text

    def __radd__(self, other: Any) -> Text:
        return self.whole if other == 1.0 else super().__radd__(other)


class Shares(Text):
    """Rows that sum to 1, and need not be summed to know it."""

    __slots__ = ()

    def __init__(self, x: Text) -> None:
        super().__init__(x.writer, x.text, x.shape, x.binding, x.dtype, x.fresh, x.simple)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        return 1.0 if axis == 1 else super().sum(axis, keepdims)


def _recorded(key: Any) -> Any:
    """The key as it was recorded, as far as shapes go."""
    if type(key) is tuple:
        return tuple([_recorded(k) for k in key])
    return np.zeros(key.shape, int) if isinstance(key, Text) else key


def _combined(method: str, x: Text, y: Any) -> Text:
    y = x.writer.operand(y)
    if "matmul" in method:
        left, right = (x, y) if method == "__matmul__" else (y, x)
        symbol, shape = getattr(Symbol, method)(x, y), _product_shape(left.shape, right.shape)
        return Text(x.writer, symbol.text, shape, symbol.binding, _common(x, y))
    a, b = x.bare, y.bare                           # a broadcast happens by itself here
    if x.writer.backend == "torch":
        a, b = _as_float(a) if b.number else a, _as_float(b) if a.number else b
    symbol = getattr(Symbol, method)(a, b)
    dtype = np.dtype(bool) if symbol.binding == COMPARE else _common(x, y)
    if "truediv" in method and dtype is not None and dtype.kind != "f":
        dtype = np.dtype(float)
    out = Text(x.writer, symbol.text, _broadcast(a.shape, b.shape), symbol.binding, dtype, number=a.number and b.number)
    return x.writer.broadcast(out, _broadcast(x.shape, y.shape))


def _broadcast(x: tuple[int, ...], y: tuple[int, ...]) -> tuple[int, ...]:
    return x if x == y or not y else y if not x else np.broadcast_shapes(x, y)


def _as_float(x: Text) -> Text:
    """Truth values as numbers: of them and a Python number PyTorch makes float32."""
    return x if x.number or x.dtype is None or x.dtype.kind != "b" else x.writer._cast(x, np.float64)


def _common(*inputs: Text) -> Any:
    """The dtype NumPy gives a result of these. Python's numbers take the others'."""
    dtypes = [x.dtype for x in inputs if x.dtype is not None]
    if not dtypes:
        return None
    common = dtypes[0] if dtypes.count(dtypes[0]) == len(dtypes) else np.result_type(*dtypes)
    return np.dtype(float) if common.kind == "b" and any(x.dtype is None for x in inputs) else common


def _product_shape(x: tuple[int, ...], y: tuple[int, ...]) -> tuple[int, ...]:
    rows, columns = x[-2:-1], y[-1:] if len(y) > 1 else ()
    return (*np.broadcast_shapes(x[:-2], y[:-2]), *rows, *columns)


for _name in ("add", "sub", "mul", "truediv", "matmul"):
    for _method in {f"__{_name}__", f"__r{_name}__"} - {"__rmul__"}:
        setattr(Text, _method, lambda x, y, method=_method: _combined(method, x, y))
for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Text, f"__{_name}__", lambda x, y, method=f"__{_name}__": _combined(method, x, y))


def as_tuple(numbers: Any) -> str:
    """A tuple of integers as text."""
    return repr(tuple(int(n) for n in numbers))


def _number(x: Any, literal: bool) -> tuple[str, int]:
    """A number as text, and how tightly that binds. One that a rule computed may be a fraction: 0.125 is 1 / 8."""
    x = x.item() if isinstance(x, (np.generic, np.ndarray)) else x
    if isinstance(x, (bool, int)):
        return repr(x), ATOM if x >= 0 else SIGN
    if x != x or x in (np.inf, -np.inf):
        return f"float('{x}')", ATOM
    if not literal and 1e-4 < x < 0.5 and 1 / (n := round(1 / x)) == x and n % 10:
        return f"1 / {n}", PRODUCT
    return repr(x), ATOM if x >= 0 else SIGN


class Speller:
    """Writes expressions for one library, and collects the constants and helpers they mention."""

    def __init__(self, backend: str) -> None:
        self.backend = backend
        self.np = BACKENDS[backend]
        self.expressions: list[Text] = []
        self.constants: dict[str, Any] = {}
        self.helpers: dict[str, str] = {}
        self.taken: set[str] = set()
        self.counts: dict[str, int] = {}            # how often each name has been asked for
        self.known: dict[str, Any] = {}             # what the caller calls arrays that may turn up as constants
        self.keys: dict[int, Text] = {}             # arrays of indices that are arguments, by id
        self.maxima: dict[int, Text] = {}           # arrays of indices that a maximum found, by id

    # Names.

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
        return Text(self, name, like.shape, ATOM, like.dtype, fresh=False, simple=True)

    def constant(self, array: Any, stem: str = "at") -> Text:
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

    def operand(self, x: Any, literal: bool = False) -> Text:
        """x as an expression; a `literal` number as the user wrote it."""
        if isinstance(x, Text):
            return x
        if isinstance(x, np.ndarray) and x.ndim:
            return self.constant(x, "constant")
        text, binding = _number(x, literal)
        return Text(self, text, (), binding, None, simple=True, number=True)

    # Printing.

    def render(self, x: Text) -> str:
        """The text of x, with its operands' texts or names in place."""
        if x.simple:
            return x.text

        def operand(match: re.Match[str]) -> str:
            part = self.expressions[int(match[1])]
            if part.name is not None:
                return part.name
            text = self.render(part)
            return text if part.binding >= int(match[2]) else f"({text})"

        return _OPERAND.sub(operand, x.text)

    def operands(self, x: Text) -> list[Text]:
        """The expressions that x mentions and that have no name."""
        if x.simple:
            return []
        parts = [self.expressions[int(position)] for position, _ in _OPERAND.findall(x.text)]
        return [part for part in parts if part.name is None]

    def array(self, array: Any, indent: int = 0) -> str:
        """An array as text from which it can be read back exactly."""
        array = np.asarray(array)
        dtype = "" if array.dtype in (np.float64, np.int64, np.bool_) else f", dtype=np.{array.dtype}"
        if not array.size:
            return self.as_constant(f"np.zeros({as_tuple(array.shape)}, np.{array.dtype})")
        prefix = " " * indent + self.as_constant("np.array(")
        with np.printoptions(threshold=sys.maxsize, linewidth=118, floatmode="unique", suppress=False):
            text = np.array2string(array, separator=", ", prefix=prefix.rstrip(")"))
        text = re.sub(r"\b(nan|inf)\b", r"np.\1", text)
        return self.as_constant(f"np.array({text}{dtype})")

    def as_constant(self, text: str) -> str:
        return f"torch.from_numpy({text})" if self.backend == "torch" else text

    def dtype(self, dtype: Any, prefix: str) -> str:
        """A dtype as a last argument, where it is not what the library takes anyhow."""
        return "" if dtype is None or (dtype == np.float64 and prefix != "torch") else f", dtype={prefix}.{dtype.name}"

    def numbers_to(self, n: int) -> str:
        """0, 1, …, n − 1. (In JAX by NumPy: what is known beforehand need not be traced.)"""
        return f"{'torch' if self.backend == 'torch' else 'np'}.arange({n})"

    def key(self, key: Any) -> str:
        """An index as text; arrays become constants of the module."""
        if type(key) is tuple:
            return ", ".join(map(self.key, key)) + ("," if len(key) == 1 else "") if key else "()"
        if isinstance(key, slice):
            parts = ["" if x is None else str(x) for x in (key.start, key.stop)]
            return ":".join(parts) + (f":{key.step}" if key.step is not None else "")
        if isinstance(key, Text):
            return str(key)
        if isinstance(key, np.ndarray) and key.ndim:
            if id(key) in self.keys:
                return str(self.keys[id(key)])
            if key.ndim == 1 and len(key) > 1 and key.dtype.kind == "i" and np.array_equal(key, np.arange(len(key))):
                return self.numbers_to(len(key))
            return self.constant(key).text
        return "..." if key is ... else repr(key.item() if isinstance(key, (np.generic, np.ndarray)) else key)

    def forwards(self, key: Any, shape: tuple[int, ...]) -> Any:
        """The key with a slice that runs backwards, which PyTorch has not, as an array of positions."""
        keys = key if type(key) is tuple else (key,)
        backwards = [i for i, k in enumerate(keys) if isinstance(k, slice) and (k.step or 1) < 0]
        if self.backend != "torch" or not backwards:
            return key
        if len(backwards) > 1 or not all(k is None or k is ... or isinstance(k, slice) for k in keys):
            raise TypeError("source: PyTorch has no slices with a negative step; index with arrays instead")
        axis = backwards[0] - keys[:backwards[0]].count(None)
        if ... in keys[:backwards[0]]:
            axis = len(shape) - sum(k is not None for k in keys[backwards[0]:])
        array = np.arange(shape[axis])[keys[backwards[0]]]
        return (*keys[:backwards[0]], array, *keys[backwards[0] + 1:])

    # Ops.

    def call(self, op: Op, *inputs: Any) -> Text:
        """One op of these inputs: the only place that knows how the libraries spell things."""
        result: Text                                # what `Any` operands make is Any to a type checker
        if isinstance(op, PowerBy):
            result = inputs[0] ** op.exponent
            return result
        if op is st.concatenate:
            return self._concatenate(*inputs)
        if not isinstance(op, st.Structural):
            return self._elementwise(op, [self.operand(x) for x in inputs])
        spell = getattr(self, f"_{op.name}", None)
        if spell is None:
            raise TypeError(f"source: {op.name} has no spelling in {self.backend}; use the op-by-op form of it")
        result = spell(*inputs)
        return result

    def _elementwise(self, op: Op, inputs: Sequence[Text]) -> Text:
        if op.name in _INFIX:
            return _combined(_INFIX[op.name], *inputs)
        if op.name == "neg":
            return -inputs[0]
        n, torch = self.np, self.backend == "torch"
        wide = [x.bare for x in inputs]
        binding = ATOM
        if torch and all(x.number for x in wide[-2:]):          # of a where, its condition does not count
            wide = [*wide[:-2], *[x.like(f"torch.tensor({x}, dtype=torch.float64)", x.shape) for x in wide[-2:]]]
        texts = [str(x) for x in wide]
        if op.name == "sigmoid" and not torch:
            text, binding = f"1.0 / (1.0 + {n}.exp(-{wide[0].within(SIGN)}))", PRODUCT
        elif op.name == "xlogy":
            safe = f"{n}.where({wide[0].within(COMPARE + 1)} == 0, 1.0, {texts[1]})"
            text = f"torch.xlogy({', '.join(texts)})" if torch else f"{wide[0].within(PRODUCT)} * {n}.log({safe})"
            binding = ATOM if torch else PRODUCT
        elif op.name == "softplus":
            zero = f"torch.zeros_like({texts[0]})" if torch else "0.0"
            text = f"{n}.logaddexp({zero}, {texts[0]})"
        elif op.name == "relu":
            text = f"torch.relu({texts[0]})" if torch else f"{n}.maximum({texts[0]}, 0.0)"
        elif op.name == "where":
            condition = texts[0] if wide[0].dtype == np.bool_ else f"{wide[0].within(SUM)} != 0"
            condition = f"torch.tensor({condition})" if torch and wide[0].number else condition
            text = f"{n}.where({condition}, {texts[1]}, {texts[2]})"
        elif op.name in ("maximum", "minimum") and torch:
            like = next(x for x in wide if not x.number)
            texts = [f"torch.full_like({like}, {x})" if x.number else str(x) for x in wide]
            text = f"torch.{op.name}({texts[0]}, {texts[1]})"
        else:
            text = f"{n}.{op.name}({', '.join(texts)})"
        out = Text(self, text, np.broadcast_shapes(*[x.shape for x in wide]), binding, _common(*wide[-2:]))
        return self.broadcast(out, np.broadcast_shapes(*[x.shape for x in inputs]))

    def broadcast(self, x: Text, shape: Any) -> Text:
        """x repeated to `shape`."""
        shape = tuple(shape)
        if x.shape == shape:
            return x
        x = x.bare
        if self.backend == "torch":
            text = f"{x.within(ATOM)}.expand({as_tuple(shape)})"
        else:
            text = f"{self.np}.broadcast_to({x}, {as_tuple(shape)})"
        out = x.like(text, shape, fresh=False)
        out.narrow = x
        return out

    _expand = broadcast

    def _array_of(self, numbers: Sequence[Text], shape: tuple[int, ...]) -> Text:
        """The numbers as a vector or a matrix."""
        if self.backend == "torch":
            texts = [f"torch.tensor({x}, dtype=torch.float64)" if x.number else str(x) for x in numbers]
            text = f"torch.stack([{', '.join(texts)}])" + (f".reshape({as_tuple(shape)})" if len(shape) > 1 else "")
        else:
            texts, width = list(map(str, numbers)), shape[-1]
            rows = [f"[{', '.join(texts[i: i + width])}]" for i in range(0, len(texts), width)]
            text = f"{self.np}.array({rows[0] if len(shape) == 1 else '[' + ', '.join(rows) + ']'})"
        return Text(self, text, shape, dtype=np.dtype(float))

    def _concatenate(self, parts: Sequence[Text], dim: int) -> Text:
        shape = list(parts[0].shape)
        shape[dim] = sum(part.shape[dim] for part in parts)
        function = "torch.cat" if self.backend == "torch" else f"{self.np}.concatenate"
        text = f"{function}([{', '.join(map(str, parts))}], {dim})"
        return Text(self, text, shape, ATOM, _common(*parts))

    def _matmul(self, x: Text, y: Text) -> Text:
        return x @ y

    def _affine(self, x: Text, weight: Text, bias: Text) -> Text:
        return x @ weight + bias

    def _sum(self, x: Text, dim: tuple[int, ...], keepdim: bool) -> Text:
        if not dim and x.ndim:
            return x
        keep = self._keep(keepdim)
        shape = tuple(1 if i in dim else m for i, m in enumerate(x.shape) if keepdim or i not in dim)
        arguments = (str(dim[0]) if len(dim) == 1 and x.ndim > 1 else as_tuple(dim)) + keep
        if len(dim) == x.ndim and (not keepdim or self.backend != "torch"):      # PyTorch wants to be told the axes
            arguments = keep[2:]
        return x.like(f"{x.within(ATOM)}.sum({arguments})", shape)

    def _keep(self, keepdim: bool) -> str:
        return "" if not keepdim else ", keepdim=True" if self.backend == "torch" else ", keepdims=True"

    def _reduce_to(self, x: Text, shape: Any) -> Text:
        extra = x.ndim - len(shape)
        axes = tuple(i for i, m in enumerate(x.shape) if i < extra or shape[i - extra] != m)
        if not axes:
            return x
        lead = axes == tuple(range(extra))
        return self._sum(x, axes, not lead).reshape(tuple(shape))

    def _cast(self, x: Text, dtype: Any) -> Text:
        method, prefix = ("to", "torch") if self.backend == "torch" else ("astype", self.np)
        out = x.like(f"{x.within(ATOM)}.{method}({prefix}.{np.dtype(dtype).name})", x.shape)
        out.dtype = np.dtype(dtype)
        return out

    def _reshape(self, x: Text, shape: Any) -> Text:
        return x.reshape(shape)

    def _permute(self, x: Text, dims: Any) -> Text:
        return x.transpose(dims)

    def _index(self, x: Text, key: Any) -> Text:
        return x[key]

    def _max_all(self, x: Text) -> Text:
        return x.like(f"{x.within(ATOM)}.max()", ())

    def largest(self, x: Text, dim: int, keepdim: bool) -> Text:
        """The largest along `dim`."""
        dim %= x.ndim
        shape = tuple(1 if i == dim else m for i, m in enumerate(x.shape) if keepdim or i != dim)
        return x.like(f"{x.within(ATOM)}.{'amax' if self.backend == 'torch' else 'max'}"
                      f"({dim}{self._keep(keepdim)})", shape)

    def _below(self, x: Text, dim: int) -> Text:
        return x - self.largest(x, dim, True)

    def _logsumexp(self, x: Text, dim: tuple[int, ...], keepdim: bool) -> Text:
        shape = tuple(1 if i in dim else m for i, m in enumerate(x.shape) if keepdim or i not in dim)
        if self.backend == "torch":
            return x.like(f"torch.logsumexp({x}, {as_tuple(dim)}{self._keep(keepdim)})", shape)
        text = str(x)
        for i in reversed(dim):                     # they add up along one axis at a time
            text = f"{self.np}.logaddexp.reduce({text}, {i}{self._keep(keepdim)})"
        return x.like(text, shape)

    def where_largest(self, x: Text, dim: int) -> Text:
        """Where the largest along `dim` stands, with that axis kept."""
        shape = tuple(1 if i == dim % x.ndim else m for i, m in enumerate(x.shape))
        out = x.like(f"{x.within(ATOM)}.argmax({dim % x.ndim}{self._keep(True)})", shape)
        out.dtype = np.dtype(np.int64)
        return out

    def _max_along(self, x: Text, indices: Any, dim: int, keepdim: bool) -> Text:
        return self.largest(x, dim, keepdim)

    def _pick(self, x: Text, indices: Any, dim: int) -> Text:
        function = "take_along_dim" if self.backend == "torch" else "take_along_axis"
        at = self.places(indices)
        return x.like(f"{self.np}.{function}({x}, {at}, {dim % x.ndim})", at.shape)

    def places(self, indices: Any) -> Text:
        """Indices along an axis: known by name, or a constant."""
        if isinstance(indices, Text):
            return indices
        return self.maxima[id(indices)] if id(indices) in self.maxima else self.constant(indices)

    def shares(self, x: Text, out: Text) -> Text:
        """1 where x is the maximum, in equal shares where several are."""
        equal: Any = x == out
        equal.stem = "is_max"
        count = equal.like(f"{self.np}.count_nonzero({equal})", ())
        count.dtype = np.dtype(np.int64)
        if self.backend == "torch":                 # whose quotients of integers are float32
            equal = self._cast(equal, x.dtype)
        share: Text = equal / count
        return share

    # Sums into places. By themselves they are expressions; `codegen` prints them as statements.

    def _place(self, x: Text, indices: Any, dim: int, shape: Any) -> Text:
        """Zeros of `shape` with x where `indices` point along `dim`; along the other axes each stays where it is."""
        at, key = self.places(indices), []
        for i, m in enumerate(at.shape):
            if i == dim % len(shape):
                key.append(str(at))
            else:
                after = len(shape) - 1 - i
                key.append(self.numbers_to(m) + (f"[:{', None' * after}]" if after else ""))
        return self._into(x, ", ".join(key), shape, True)

    def _scatter(self, x: Text, key: Any, shape: Any) -> Text:
        """Zeros of `shape` with x added where the key points."""
        if all(k is None or k is ... or (isinstance(k, slice) and k == slice(None))
               for k in (key if type(key) is tuple else (key,))):
            return x.reshape(tuple(shape))          # only axes of length 1 came or went
        return self._into(x, self.key(self.forwards(key, shape)), shape, self._once(key, shape))

    def _into(self, x: Text, key: str, shape: Any, once: bool) -> Text:
        out = x.like("", shape)
        out.into = x, key, once
        return out

    def _once(self, key: Any, shape: Any) -> bool:
        """Whether the key names every place at most once: for certain, also where some of it is an argument."""
        keys = key if type(key) is tuple else (key,)
        arrays = [k for k in keys if isinstance(k, np.ndarray) and k.dtype.kind in "iu"]
        if not arrays:
            return True
        if any(id(k) in self.keys for k in arrays):             # rows 0, 1, 2, …, whatever columns go with them
            return len({k.shape for k in arrays}) == 1 and any(np.array_equal(k, np.arange(k.size)) for k in arrays
                                                               if id(k) not in self.keys)
        count = np.zeros(shape, np.int32)
        np.add.at(count, key, 1)
        return bool((count <= 1).all())

    def statements(self, name: str, x: Text, zeros: str | None) -> list[tuple[str, bool]]:
        """The lines that add `x.into` to the array `name`; `zeros` is what to make it of, if it is new.

        With each, whether it makes the array.
        """
        x, key, once = x.into
        added = self.render(x.bare)
        if self.backend == "jax":
            return [(f"{name} = {zeros or name}.at[{key}].add({added})", zeros is not None)]
        lines = [] if zeros is None else [(f"{name} = {zeros}", True)]
        if once:
            return [*lines, (f"{name}[{key}] {'+=' if zeros is None else '='} {added}", False)]
        tupled = f"np.s_[{key}]" if ":" in key or "..." in key else f"({key})" if ", " in key or key[-1] == "," else key
        if self.backend == "numpy":
            return [*lines, (f"np.add.at({name}, {tupled}, {added})", False)]
        if "np.s_" not in tupled and "None" not in key:
            tupled = tupled if tupled != key else f"({key},)"
            tupled = re.sub(r"(?<![\w.])-?\d+(?![\w)])", r"torch.tensor(\g<0>)", tupled)
            return [*lines, (f"{name}.index_put_({tupled}, {added}, accumulate=True)", False)]
        self.helpers["scatter"] = _SCATTER
        return [*lines, (f"{name} = scatter({added}, {tupled}, {name})", False)]


def _same(x: Any, y: Any) -> bool:
    return x.shape == y.shape and x.dtype == y.dtype and np.array_equal(x, y, equal_nan=x.dtype.kind == "f")


_INFIX = {"add": "__add__", "sub": "__sub__", "mul": "__mul__", "div": "__truediv__", "power": "__pow__"}
