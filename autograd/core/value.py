"""`Value`: one number that remembers where it came from.

A value made by an op keeps its inputs and, beside each, the local derivative: how fast the result moves when that
input does, taken from the op's row when the forward pass runs. Going back is then one rule, the chain rule: walk the
graph from the result to the leaves and add (local derivative × gradient of the result) to each input's gradient.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograd.core.graph import Call, Node, interior
from autograd.core.modes import active, is_grad_enabled, watching
from autograd.core.operators import COMPARISONS, OPERATORS, Operators, described, is_real
from autograd.core.ops import NARY, TABLE, Nary, Op, dot_of, dot_partials, power_by
from autograd.core.symbols import Method, text_of

__all__ = ["Value", "dot", "total"]

ONE = 1.0                                           # ∂(x + y)/∂x, shared: where a node has this very object, `backward`
                                                    # hands g on as it is, and no float of its own is kept


class Value(Node, Operators):
    """A float with a gradient.

    Args:
        data: an int, float, bool, Decimal, Fraction, NumPy scalar or array of size 1.
        label: a name for pictures and messages.

    Raises:
        TypeError: for anything else, saying what to use instead.

    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> loss = (a * b + a).tanh()
    >>> loss.backward()
    >>> print(f"{loss:.4f}  dloss/da = {a.grad:.6f}")
    -0.9993  dloss/da = -0.002682

    After Karpathy's micrograd (2020), whose notebooks run on this class unchanged.
    """

    __slots__ = ("_da", "_data", "_db")
    __array_ufunc__ = None                          # array * Value is refused by `number`, not turned into an array

    def __init__(self, data: Any, label: str = "") -> None:
        self._data: float = data if type(data) is float else number(data, "Value")
        self._grad: float = 0.0
        self.op: Op | None = None
        self._a: Any = None                         # the inputs, as `Node` says
        self._b: Value | None = None
        self._da: Any = None                        # ∂self/∂_a: a float, or a list of them where _a is a tuple
        self._db: Any = None                        # ∂self/∂_b, a float
        self.label = label

    @property
    def data(self) -> float:
        """The number. Assigning another changes no gradient of what was computed before: those are kept."""
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        self._data = number(data, "Value.data")

    @property
    def grad(self) -> float:
        """∂root/∂self after `root.backward()`. A leaf's adds up over calls until it is set to zero."""
        return self._grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        self._grad = number(grad, "Value.grad")

    @property
    def partials(self) -> tuple[float, ...]:
        """The local derivatives ∂self/∂input, one for each of `inputs`, as of the forward pass."""
        if self._b is not None:
            return self._da, self._db
        if self._a is None:
            return ()
        return tuple(self._da) if type(self._a) is tuple else (self._da,)

    def backward(self, gradient: float = 1.0) -> None:
        """Set `.grad` to ∂self/∂node for every node below: the chain rule, from the result to the leaves.

        Leaves add to the gradient they have; nodes made by an op start anew. `gradient` is ∂(something)/∂self.

        >>> x = Value(3.0)
        >>> y = x * x * x; y.backward(); x.grad
        27.0
        """
        gradient = number(gradient, "backward")
        if self._a is None:
            self._grad += gradient
            return
        if active and watching() is not None:
            from autograd.learn.anomaly import check_backward
            check_backward(self, gradient)
        unreached = float("0")                      # this pass's own object: no other gradient `is` it
        order = interior(self, unreached)
        self._grad = gradient
        for node in reversed(order):
            g, a, b = node._grad, node._a, node._b
            if b is not None:
                part = g if node._da is ONE else g * node._da
                a._grad = part if a._grad is unreached else a._grad + part
                part = g if node._db is ONE else g * node._db
                b._grad = part if b._grad is unreached else b._grad + part
            elif type(a) is tuple:
                for x, partial in zip(a, node._da):
                    x._grad += g * partial          # 0 + the first part: saves asking whether it is
            else:
                a._grad = g * node._da if a._grad is unreached else a._grad + g * node._da

    @classmethod
    def apply(cls, op: Op, *inputs: Any) -> Value:
        """The value `op` makes of `inputs`, with its local derivatives: the general way, for any number of inputs."""
        values = [cls.operand(x, op.name) for x in inputs]
        floats = [x._data for x in values]
        if isinstance(op, Nary):
            out = float(op.scalar(*floats))
            return cls.record(op, out, tuple(values), op.all_partials(out, *floats))
        try:
            out = op.scalar(*floats)
            partials = [float(partial(out, *floats)) for partial in op.partials]
        except (ArithmeticError, ValueError):
            out, partials = op.ieee(*floats)
        return cls.record(op, out, tuple(values), partials)

    @classmethod
    def record(cls, op: Any, out: float, inputs: tuple[Value, ...], partials: Sequence[float]) -> Value:
        """A node with these inputs and local derivatives; under `no_grad`, a leaf."""
        node = cls(out)
        if active and not is_grad_enabled():
            return node
        node.op = op
        if op.arity is None:
            node._a, node._da = inputs, partials
        elif len(inputs) == 1:
            (node._a,), (node._da,) = inputs, partials
        elif len(inputs) == 2:
            (node._a, node._b), (node._da, node._db) = inputs, partials
        else:
            node._a, node._da = inputs, partials
        if active and watching() is not None:
            from autograd.learn.anomaly import check_forward
            check_forward(node)
        return node

    def __pow__(self, other: Any) -> Value:         # self ** other
        if isinstance(other, Value):
            return self.power(other)
        return Value.apply(power_by(number(other, "power")), self)

    @classmethod
    def operand(cls, x: Any, where: str, like: Value | None = None) -> Value:
        return x if isinstance(x, Value) else cls(number(x, where))

    def item(self) -> float:
        """The number, as `Tensor.item` and PyTorch have it."""
        return self._data

    def __float__(self) -> float:
        return self._data

    def __int__(self) -> int:
        return int(self._data)

    def __bool__(self) -> bool:
        return self._data != 0.0

    __hash__ = Node.__hash__

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:
        raise TypeError(f"np.{function.__name__}: not an operation on Values; use their methods, `dot` and `total`, "
                        "or Tensors")

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self._data}, grad={self._grad}{label})"

    # What returned it stands where it costs no node a slot: in `_db`, which is free unless there are two inputs.

    @property
    def calls(self) -> tuple[Call, ...]:
        """Which calls of modules returned this value, the innermost first; see `graph.remember_call`."""
        return self._db or () if self._b is None else getattr(self._db, "calls", ())

    def _note(self, calls: tuple[Call, ...]) -> None:
        if self._b is None:
            self._db = calls
        else:
            self._db = _Noted(self._db)
            self._db.calls = calls

    def _state(self) -> dict[str, Any]:
        return super()._state() | {"_db": None if self._b is None else float(self._db)}


class _Noted(float):
    """A local derivative that carries the calls of modules that returned its node."""

    __slots__ = ("calls",)


def total(values: Iterable[Any]) -> Value:
    """The sum of any number of values as one node, where `sum(values)` makes a chain of additions.

    >>> total([Value(1.0), Value(2.0), 3.0]).data
    6.0
    """
    return Value.apply(NARY["sum"], *values)


def dot(weights: Sequence[Any], inputs: Sequence[Any]) -> Value:
    """Σ wᵢ·xᵢ as one node: what a neuron computes, without a node for every product and every sum.

    >>> w, x = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]
    >>> y = dot(w, x); y.backward(); y.data, w[0].grad, x[1].grad
    (11.0, 3.0, 2.0)
    """
    n = len(weights)
    if n != len(inputs):
        raise ValueError(f"dot: got {n} weights for {len(inputs)} inputs; there must be as many of both")
    nodes = (*weights, *inputs)
    try:                                            # straight away, for the time a neuron takes is mostly spent here
        floats = [v._data for v in nodes]
        w, x = floats[:n], floats[n:]
        out = dot_of(w, x)
    except (AttributeError, TypeError):             # numbers among the values, or what is neither
        return Value.apply(_DOT, *nodes)
    if active or type(out) is not float:            # a mode to heed, or not values at all
        return Value.apply(_DOT, *nodes)
    node: Value = Value.__new__(Value)
    node._data = out
    node._grad = 0.0
    node.op = _DOT
    node._a = nodes
    node._b = node._db = None
    node._da = dot_partials(w, x)
    node.label = ""
    return node


_DOT = NARY["dot"]


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
            return float("inf") if x == abs(x) else float("-inf")
    if isinstance(x, Value):
        raise TypeError(f"{where}: got a Value, expected a plain number; use its .data")
    if isinstance(x, np.bool_):
        return float(x)
    if isinstance(x, np.ndarray) and x.size == 1 and x.dtype.kind in "biuf" and not np.ma.isMaskedArray(x):
        return float(x.reshape(()))
    kind = type(x).__name__
    if isinstance(x, (np.ndarray, list, tuple)) or kind == "Tensor":
        shape = f" of shape {x.shape}" if hasattr(x, "shape") else ""
        raise TypeError(f"{where}: got {kind}{shape}, but a Value holds one number; "
                        "make a Value of each element, or a Tensor of the whole")
    raise TypeError(f"{where}: got {x!r} of type {kind}, expected a real number or a Value")


# The methods for the table's rows. Each is `Value.apply` with the row's own text written in place of the calls to
# its functions, which makes a forward pass a third faster; the tests hold the two against each other.

_METHOD = """\
def value_{name}(self{other}):
    {doc!r}
    {convert}
    if active:
        return apply(op, {inputs})
    x = self._data{fetch}
    try:
        out = {out}
        node = new(Value)
        node._data = out
        node._grad = 0.0
        node.op = op
        node._a = self
        node._b = {b}
        node._da = {da}
        node._db = {db}
        node.label = ""
        return node
    except (ArithmeticError, ValueError):
        return apply(op, {inputs})
"""


def _method(op: Op) -> tuple[str, str, dict[str, Any]]:
    """The name, text and namespace of the method of a row with one or two inputs."""
    arguments = ("out", "x", "y")[: 1 + len(op.partials)]
    partials = [text_of(partial, *arguments) for partial in op.partials]
    two = len(partials) == 2
    text = _METHOD.format(
        name=op.name,
        doc=described(op),
        other=", other" if two else "",
        convert=f'if type(other) is not Value:\n        other = operand(other, "{op.name}")' if two else "",
        inputs="self, other" if two else "self",
        fetch="; y = other._data" if two else "",
        out=text_of(op.scalar, *arguments[1:]) or f"compute({', '.join(arguments[1:])})",
        b="other" if two else "None",
        da="ONE" if partials[0] == "1.0" else partials[0],
        db="None" if not two else "ONE" if partials[1] == "1.0" else partials[1],
    )
    rows = {name: row.scalar for name, row in TABLE.items()}
    return f"value_{op.name}", text, {
        **rows, "ONE": ONE, "Value": Value, "active": active, "apply": Value.apply, "compute": op.scalar,
        "new": Value.__new__, "op": op, "operand": Value.operand}


def _comparison(sign: str) -> Callable[[Value, Any], bool]:
    compare = getattr(operator, sign)

    def method(self: Value, other: Any) -> bool:
        if isinstance(other, Value):
            other = other._data
        result: bool = compare(self._data, other)
        return result

    return method


for _op in TABLE.values():
    if len(_op.partials) <= 2:
        Method(Value, OPERATORS.get(_op.name, (_op.name,)), functools.partial(_method, _op))
for _sign in COMPARISONS:
    setattr(Value, _sign, _comparison(_sign))
