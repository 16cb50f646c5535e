"""`source`: a graph and its backward pass as a Python module one can read, run and take elsewhere.

The forward lines are the graph's, one per node. The backward lines come from the ops' own rules, fed with symbols that
remember their text, so what is printed is what the engine does and no derivative stands here. It reads finished
graphs; no engine knows of it.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import structural as st
from autograd.graph import topological
from autograd.ops import Nary, Op, PowerBy
from autograd.symbols import ATOM, PRODUCT, SUM, Symbol
from autograd.tensors import Tensor
from autograd.value import Value

__all__ = ["source"]

_BACKENDS = ("numpy", "torch", "jax")

# What a text that scatters brings along.
_SCATTER = {"numpy": """\
def scatter(x, shape, *key):
    out = np.zeros(shape, np.asarray(x).dtype)
    np.add.at(out, key, x)
    return out
""", "torch": """\
def scatter(x, shape, *key):
    key = tuple(torch.as_tensor(k) if isinstance(k, np.ndarray) else k for k in key)
    at = torch.arange(torch.Size(shape).numel()).reshape(shape)[key]
    out = x.new_zeros(torch.Size(shape).numel())
    return out.index_add(0, at.reshape(-1), x.expand(at.shape).reshape(-1)).reshape(shape)
"""}


def source(root: Any, names: Mapping[str, Any] | None = None, backend: str = "numpy") -> str:
    """The text of a module with one function, `step(**leaves) -> (loss, {name: gradient})`.

    Args:
        root: a Value, or a Tensor of one number.
        names: what to call the nodes, such as `locals()`; otherwise they are called by their labels.
        backend: "numpy", "torch" or "jax": whose functions the text calls.

    Gradients are given for the leaves the engine gives one to. Constants without a name are written into the text.

    Raises:
        TypeError: for what is not a node, or an op without a rule that can be written out.
        ValueError: for an unknown backend.

    >>> w, x = Value(2.0), Value(3.0)
    >>> print(source((w * x).tanh(), {"w": w, "x": x}))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def step(w, x):
        # forward
        mul_1 = w * x
        loss = np.tanh(mul_1)
        # backward
        dloss = 1.0
        dmul_1 = (1.0 - loss * loss) * dloss
        dw = x * dmul_1
        dx = w * dmul_1
        return loss, {"w": dw, "x": dx}
    <BLANKLINE>
    """
    if not isinstance(root, (Value, Tensor)):
        raise TypeError(f"source: got {type(root).__name__}, expected a Value or Tensor")
    if backend not in _BACKENDS:
        raise ValueError(f"source: got backend={backend!r}, expected one of {', '.join(_BACKENDS)}")
    if isinstance(root, Tensor) and root._data.size != 1:
        raise ValueError(f"source: got a Tensor of shape {root.shape}, expected one number to differentiate")
    return _Writer(root, names or {}, backend).text()


class _Text(Symbol):
    """A symbol that knows its shape, as rules ask for it."""

    __slots__ = ("dtype", "shape", "writer")

    def __init__(self, text: str, binding: int = ATOM, shape: Any = (), writer: Any = None) -> None:
        super().__init__(text, binding)
        self.shape = tuple(shape)
        self.dtype = np.dtype(float)
        self.writer = writer

    if TYPE_CHECKING:                               # written below, from `Symbol`'s
        def __add__(self, other: Any) -> _Text: ...
        def __radd__(self, other: Any) -> _Text: ...
        def __sub__(self, other: Any) -> _Text: ...
        def __rsub__(self, other: Any) -> _Text: ...
        def __mul__(self, other: Any) -> _Text: ...
        def __rmul__(self, other: Any) -> _Text: ...
        def __truediv__(self, other: Any) -> _Text: ...
        def __rtruediv__(self, other: Any) -> _Text: ...
        def __matmul__(self, other: Any) -> _Text: ...
        def __rmatmul__(self, other: Any) -> _Text: ...

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    def __len__(self) -> int:
        return int(self.shape[0])

    def _like(self, text: str, shape: Any, binding: int = ATOM) -> _Text:
        return _Text(text, binding, shape, self.writer)

    @property
    def T(self) -> _Text:
        return self._like(f"{self.within(ATOM)}.T", self.shape[::-1])

    def swapaxes(self, first: int, second: int) -> _Text:
        shape = list(self.shape)
        shape[first], shape[second] = shape[second], shape[first]
        return self._like(f"{self.within(ATOM)}.swapaxes({first}, {second})", shape)

    def reshape(self, *shape: Any) -> _Text:
        sizes = tuple(shape[0]) if isinstance(shape[0], (tuple, list)) else shape
        full = np.empty(self.shape, bool).reshape(sizes).shape
        return self._like(f"{self.within(ATOM)}.reshape({_tuple(sizes)})", full)

    def dot(self, other: Any) -> Any:
        return self @ other

    def transpose(self, dims: Any) -> _Text:
        shape = tuple(self.shape[i] for i in dims)
        if tuple(dims) == tuple(range(self.ndim))[::-1] and self.ndim == 2:
            return self._like(f"{self.within(ATOM)}.T", shape)
        method = "permute" if self.writer.backend == "torch" else "transpose"
        return self._like(f"{self.within(ATOM)}.{method}({_tuple(dims)})", shape)

    def __getitem__(self, key: Any) -> _Text:
        return self._like(f"{self.within(ATOM)}[{self.writer.key(key)}]", np.empty(self.shape, bool)[key].shape)

    def __pow__(self, n: Any) -> _Text:
        return _combined("__pow__", self, n)

    def __neg__(self) -> _Text:
        symbol = Symbol.__neg__(self)
        return self._like(symbol.text, self.shape, symbol.binding)

    @classmethod
    def apply(cls, op: Op, *inputs: Any) -> Any:
        parts = inputs[0] if isinstance(op, st.Structural) and op.arity is None else inputs
        writer = next(x.writer for x in parts if isinstance(x, _Text))
        return writer.call(op, *inputs)


def _combined(method: str, x: _Text, y: Any) -> _Text:
    shapes = [z.shape if isinstance(z, _Text) else np.shape(z) for z in (x, y)]
    if "matmul" in method:
        left, right = shapes if method == "__matmul__" else shapes[::-1]
        shape = (np.empty(left, bool) @ np.empty(right, bool)).shape
    else:
        shape = np.broadcast_shapes(*shapes)
    symbol = getattr(Symbol, method)(x, y)
    return x._like(symbol.text, shape, symbol.binding)


for _name in ("add", "sub", "mul", "truediv", "matmul"):
    for _method in (f"__{_name}__", f"__r{_name}__"):
        setattr(_Text, _method, lambda x, y, method=_method: _combined(method, x, y))
for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(_Text, f"__{_name}__", lambda x, y, method=f"__{_name}__": _combined(method, x, y))


def _tuple(numbers: Any) -> str:
    numbers = tuple(int(n) for n in numbers)
    return repr(numbers) if len(numbers) != 1 else f"({numbers[0]},)"


class _Writer:
    """Writes one graph."""

    def __init__(self, root: Any, names: Mapping[str, Any], backend: str) -> None:
        self.root, self.backend = root, backend
        self.np = {"numpy": "np", "torch": "torch", "jax": "jnp"}[backend]
        self.order = topological(root)
        self.scalar = isinstance(root, Value)
        self.helpers: dict[str, str] = {}
        self.constants: dict[str, Any] = {}
        called = {id(node): name for name, node in reversed(list(names.items()))
                  if isinstance(node, (Value, Tensor)) and name.isidentifier() and not name.startswith("_")}
        self.names: dict[int, str] = {}
        self.taken = {"np", "jnp", "torch", "jax", "step", *keyword.kwlist}
        self.leaves = []
        counts: dict[str, int] = {}
        for node in self.order:
            name = called.get(id(node)) or re.sub(r"\W", "_", node.label)
            if node is root and node.op is not None:
                name = name or "loss"
            if not name and node.op is None:
                if not self._differentiated(node, called) and np.size(node._data) == 1:
                    self.names[id(node)] = ""       # a number, written where it is used
                    continue
                generic = "x" if self._differentiated(node, called) else "constant"
            else:
                generic = ""
            stem = name or generic or node.op.name
            if not stem.isidentifier():
                stem = f"n_{stem}"
            if not name:
                counts[stem] = counts.get(stem, 0) + 1
                name = f"{stem}_{counts[stem]}"
            else:
                name = stem
            while name in self.taken or f"d{name}" in self.taken:
                name += "_"
            self.taken |= {name, f"d{name}"}
            self.names[id(node)] = name
            if node.op is None:
                if not self._differentiated(node, called) and id(node) not in called and not node.label:
                    self.constants[name] = node._data
                else:
                    self.leaves.append(node)

    def _differentiated(self, node: Any, called: dict[int, str]) -> bool:
        if isinstance(node, Value):                 # a number that was written in a formula has no name of its own
            return id(node) in called or bool(node.label)
        return bool(node.requires_grad)

    def symbol(self, node: Any) -> _Text:
        name = self.names[id(node)]
        if name:
            return _Text(name, ATOM, np.shape(node._data), self)
        number = float(node._data)
        text = repr(number) if np.isfinite(number) else f"float('{number}')"
        return _Text(f"({text})" if text.startswith("-") else text, ATOM, np.shape(node._data), self)

    def key(self, key: Any) -> str:
        """An index as text; arrays become constants of the module."""
        if type(key) is tuple:
            return ", ".join(map(self.key, key)) + ("," if len(key) == 1 else "")
        if isinstance(key, slice):
            parts = ["" if x is None else str(x) for x in (key.start, key.stop)]
            return ":".join(parts) + (f":{key.step}" if key.step is not None else "")
        if isinstance(key, np.ndarray):
            return self.constant(key)
        return "..." if key is ... else repr(key)

    def constant(self, array: Any) -> str:
        for name, known in self.constants.items():
            if known.shape == array.shape and known.dtype == array.dtype and np.array_equal(known, array):
                return name
        name = f"at_{len(self.constants) + 1}"
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        self.constants[name] = array
        return name

    def call(self, op: Op, *inputs: Any) -> _Text:
        """The text of one op of these inputs: the only place that knows how the libraries spell things."""
        result: _Text                               # what `Any` operands make is Any to a type checker
        if isinstance(op, PowerBy):
            result = inputs[0] ** op.exponent
            return result
        if op.name in _INFIX:
            method = _INFIX[op.name]
            return _reflected(method, *inputs) if isinstance(inputs[0], float) else _combined(method, *inputs)
        if op.name == "neg":
            result = -inputs[0]
            return result
        if not isinstance(op, st.Structural):
            return self._elementwise(op, inputs)
        if op is st.concatenate:
            return self._concatenate(*inputs)
        n, torch = self.np, self.backend == "torch"
        x: _Text = inputs[0]
        if op is st.matmul:
            result = x @ inputs[1]
            return result
        if op is st.sum_:
            dim, keepdim = inputs[1:]
            shape = tuple(1 if i in dim else m for i, m in enumerate(x.shape) if keepdim or i not in dim)
            along = "" if len(dim) == x.ndim and not keepdim else str(dim[0]) if len(dim) == 1 else _tuple(dim)
            keep = ((", keepdim=True" if torch else ", keepdims=True") if keepdim else "")
            return x._like(f"{x.within(ATOM)}.sum({along}{keep})", shape)
        if op is st.reduce_to:
            shape = tuple(inputs[1])
            extra = x.ndim - len(shape)
            axes = tuple(i for i, m in enumerate(x.shape) if i < extra or shape[i - extra] != m)
            if not axes:
                return x
            lead = axes == tuple(range(extra))
            total = self.call(st.sum_, x, axes, not lead)
            return total if total.shape == shape else total.reshape(shape)
        if op is st.expand:
            if self.backend == "torch":
                return x._like(f"{x.within(ATOM)}.expand({_tuple(inputs[1])})", inputs[1])
            return x._like(f"{n}.broadcast_to({x}, {_tuple(inputs[1])})", inputs[1])
        if op in (st.reshape, st.permute):
            result = op.array(*inputs)
            return result
        if op is st.index:
            return x[inputs[1]]
        if op is st.scatter:
            return self._scatter(x, self.key(inputs[1]), inputs[2])
        if op is st.place:
            return self._place(*inputs)
        if op in (st.pick, st.max_along):
            at, dim = inputs[1], inputs[2] % x.ndim
            take, axis = ("take_along_dim" if torch else "take_along_axis"), f"{self.constant(np.asarray(at))}, {dim}"
            picked = x._like(f"{n}.{take}({x}, {axis})", at.shape)
            if op is st.max_along and not inputs[3]:
                return picked.reshape(tuple(m for i, m in enumerate(at.shape) if i != dim))
            return picked
        if op.name == "affine":
            result = x @ inputs[1] + inputs[2]
            return result
        raise TypeError(f"source: {op.name} has no spelling in {self.backend}; use the op-by-op form of it")

    def _concatenate(self, parts: list[_Text], dim: int) -> _Text:
        shape = list(parts[0].shape)
        shape[dim] = sum(part.shape[dim] for part in parts)
        return parts[0]._like(f"{self.np}.concatenate([{', '.join(map(str, parts))}], {dim})", shape)

    def _place(self, x: _Text, indices: Any, dim: int, shape: Any) -> _Text:
        """Zeros of `shape` with x where `indices` point along `dim`; along the other axes each stays where it is."""
        named, key = self.constant(np.asarray(indices)), []
        for i, m in enumerate(indices.shape):
            along = _tuple(m if j == i else 1 for j in range(len(shape)))
            key.append(named if i == dim % len(shape) else f"{self.np}.arange({m}).reshape({along})")
        return self._scatter(x, ", ".join(key), shape)

    def _scatter(self, x: _Text, key: str, shape: Any) -> _Text:
        """Zeros of `shape` with x added where the key points."""
        if self.backend == "jax":
            return _Text(f"jnp.zeros({_tuple(shape)}, {x.within(ATOM)}.dtype).at[{key}].add({x})", ATOM, shape, self)
        self.helpers["scatter"] = _SCATTER[self.backend]
        key = key.rstrip(",")
        key = re.sub(r"(^|, )(\d*):(\d*)(?=,|$)", lambda m: f"{m[1]}slice({m[2] or None}, {m[3] or None})", key)
        return _Text(f"scatter({x}, {_tuple(shape)}, {key})", ATOM, shape, self)

    def _elementwise(self, op: Op, inputs: Any) -> _Text:
        like = next(x for x in inputs if isinstance(x, _Text))
        shape = np.broadcast_shapes(*[x.shape if isinstance(x, _Text) else () for x in inputs])
        n = self.np
        texts = [str(x) for x in inputs]
        if op.name == "power":
            return _combined("__pow__", *inputs) if isinstance(inputs[0], _Text) else like._like(
                f"{inputs[0]!r} ** {like.within(4)}", shape, 4)
        if op.name == "sigmoid":
            if self.backend != "numpy":
                return like._like(f"{'torch' if n == 'torch' else 'jax.nn'}.sigmoid({texts[0]})", shape)
            return like._like(f"(0.5 * (1.0 + np.tanh(0.5 * {like.within(PRODUCT + 1)})))", shape)
        if op.name == "softplus":
            return like._like(f"{n}.logaddexp({self._zero(like)}, {texts[0]})", shape)
        if op.name == "relu":
            return like._like(f"{n}.maximum({texts[0]}, {self._zero(like)})", shape)
        if op.name == "where":
            return like._like(f"{n}.where({inputs[0].within(SUM)} != 0, {texts[1]}, {texts[2]})", shape)
        return like._like(f"{n}.{op.name}({', '.join(texts)})", shape)

    def _zero(self, x: _Text) -> str:
        return "0.0" if self.backend != "torch" else f"torch.zeros_like({x})"

    # The whole text.

    def text(self) -> str:
        forward = [line for node in self.order if node.op is not None for line in [self._forward(node)]]
        backward, gradients = self._backward()
        imports = {"numpy": ["import numpy as np"], "torch": ["import numpy as np", "import torch"],
                   "jax": ["import jax", "import jax.numpy as jnp", "import numpy as np"]}[self.backend]
        body = "\n".join([*forward, *backward])
        if self.backend == "jax":
            imports = [line for line in imports if line != "import jax" or "jax.nn" in body]
        constants = [f"{name} = {self._array(array)}" for name, array in self.constants.items()]
        if self.backend != "numpy" and not any("np." in line for line in [*constants, *self.helpers.values()]):
            imports.remove("import numpy as np")
        arguments = ", ".join(self.names[id(leaf)] for leaf in self.leaves)
        returned = ", ".join(f'"{name}": {value}' for name, value in gradients)
        parts = ["\n".join(imports)]
        if constants:
            parts.append("\n".join(constants))
        parts += [f"\n{helper}".rstrip("\n") for helper in self.helpers.values()]
        lines = ["# forward", *forward, "# backward", *backward,
                 f"return {self.names[id(self.root)]}, {{{returned}}}"]
        parts.append("\ndef step(" + arguments + "):\n    " + "\n    ".join(lines) + "\n")
        return "\n\n".join(parts)

    def _array(self, array: Any) -> str:
        plain = f"np.array({np.asarray(array).tolist()}, dtype=np.{np.asarray(array).dtype})"
        return f"torch.from_numpy({plain})" if self.backend == "torch" else plain

    def _line(self, name: str, value: _Text, sign: str = "=") -> str:
        shape = "" if self.scalar else f"  # {value.shape}"
        return f"{name} {sign} {value}{shape}"

    def _forward(self, node: Any) -> str:
        op, inputs = node.op, [self.symbol(x) for x in node.inputs]
        if isinstance(op, Nary):
            value = self._nary(op, inputs)
        elif isinstance(op, st.Structural):
            count = len(inputs)
            parameters = node._saved[count:]
            value = self.call(op, inputs, *parameters) if op.arity is None else self.call(op, *inputs, *parameters)
        else:
            value = self.call(op, *inputs)
        return self._line(self.names[id(node)], value._like(value.text, np.shape(node._data)))

    def _nary(self, op: Nary, inputs: list[_Text]) -> _Text:
        half = len(inputs) // 2
        if op.name == "sum":
            terms = inputs
        elif op.name == "dot":
            terms = [w * x for w, x in zip(inputs[:half], inputs[half:])]
        else:
            raise TypeError(f"source: {op.name} of Values has no rule that can be written out; use its composite form")
        value = terms[0]
        for term in terms[1:]:
            value = value + term
        return value

    def _backward(self) -> tuple[list[str], list[tuple[str, str]]]:
        wanted = {id(leaf) for leaf in self.leaves if isinstance(leaf, Value) or leaf.requires_grad}
        for node in self.order:
            if node.op is not None and any(id(x) in wanted for x in node.inputs):
                wanted.add(id(node))
        lines, started = [], {id(self.root)}
        seed = "1.0" if self.scalar else f"{self.np}.ones_like({self.names[id(self.root)]})"
        lines.append(f"d{self.names[id(self.root)]} = {seed}")
        for node in reversed(self.order):
            if node.op is None or id(node) not in started or id(node) not in wanted:
                continue
            g = _Text(f"d{self.names[id(node)]}", ATOM, np.shape(node._data), self)
            for x, contribution in zip(node.inputs, self._contributions(node, g, wanted)):
                if contribution is None:
                    continue
                if contribution.shape != np.shape(x._data):
                    contribution = self.call(st.reduce_to, contribution, np.shape(x._data))
                sign = "=" if id(x) not in started else "+="
                if sign == "+=" and not self.scalar:            # never into an array another name stands for
                    contribution = _Text(f"d{self.names[id(x)]}", ATOM, contribution.shape, self) + contribution
                    sign = "="
                started.add(id(x))
                lines.append(self._line(f"d{self.names[id(x)]}", contribution, sign))
        gradients = []
        for leaf in self.leaves:
            if id(leaf) in wanted:
                name = self.names[id(leaf)]
                zero = "0.0" if self.scalar else f"{self.np}.zeros({_tuple(leaf.shape)})"
                gradients.append((name, f"d{name}" if id(leaf) in started else zero))
        return lines, gradients

    def _contributions(self, node: Any, g: _Text, wanted: set[int]) -> list[Any]:
        op, out = node.op, self.symbol(node)
        inputs = [self.symbol(x) for x in node.inputs]
        needs = [id(x) in wanted for x in node.inputs]
        if isinstance(op, Nary):
            slopes = op.all_partials(out, *inputs)
            return [self._times(slope, g) if need else None for slope, need in zip(slopes, needs)]
        if isinstance(op, st.Structural):
            parameters = node._saved[len(inputs):]
            try:
                if op.vjps:
                    return [vjp(g, out, *inputs, *parameters) if need else None for vjp, need in zip(op.vjps, needs)]
                return list(op.joint(needs, g, out, *inputs, *parameters))      # type: ignore[misc]
            except (AttributeError, TypeError) as error:
                raise TypeError(f"source: the rule of {op.name} can't be written out; use its op-by-op form") from error
        return [self._times(partial(out, *inputs), g) if need else None for partial, need in zip(op.partials, needs)]

    def _times(self, slope: Any, g: _Text) -> Any:
        if isinstance(slope, _Text):
            return slope * g
        return {1.0: g, 0.0: None}.get(slope, -g if slope == -1.0 else _combined("__rmul__", g, slope))


_INFIX = {"add": "__add__", "sub": "__sub__", "mul": "__mul__", "div": "__truediv__"}


def _reflected(method: str, number: float, x: _Text) -> _Text:
    symbol = getattr(Symbol, method.replace("__", "__r", 1))(x, number)
    return x._like(symbol.text, x.shape, symbol.binding)
