"""`Value`: one number that remembers where it came from.

A value made by an op keeps its inputs and, beside each, the local derivative: how fast the result moves when that
input does, taken from the op's row when the forward pass runs. Going back is then one rule, the chain rule: walk the
graph from the result to the leaves and add (local derivative × gradient of the result) to each input's gradient.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

from autograd.core import floats, ops
from autograd.core.byhand import ByHand, give_inputs, steps_by_hand
from autograd.core.graph import Node, leaves
from autograd.core.interior import interior, one_at_a_time
from autograd.core.modes import active, is_grad_enabled, watching
from autograd.core.numbers import ieee, number
from autograd.core.op import Op, for_each_row
from autograd.core.operators import OneNumber, Operators
from autograd.core.ufuncs import Ufuncs
from autograd.core.writing import ONE, write_method_of_value

__all__ = ["Value"]


class Value(Node, Operators, OneNumber, Ufuncs, ByHand):
    """A float with a gradient.

    Two Values are equal (`==`) if they are the same node, as in micrograd; a Value and a number, by its data.

    Args:
        data: an int, float, bool, Decimal, Fraction, NumPy scalar or array of size 1.
        label: a name for pictures and messages; may stand second. (_children and _op are micrograd's: see `byhand`.)

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
    requires_grad = True

    def __init__(self, data: Any, _children: Any = "", _op: str = "", label: str = "") -> None:
        self._data: float = data if type(data) is float else number(data, "Value")
        self._grad: float = 0.0
        self.op = None
        self._a = self._b = None                    # the inputs, as `Node` says
        self._da: Any = None                        # ∂self/∂_a: a float, or a list of them where _a is a tuple
        self._db: Any = None                        # ∂self/∂_b, a float
        self._notes = None
        if type(_children) is str:
            label = label or _children
        else:
            give_inputs(self, _children, _op)
        if label:
            self.label = label

    @property
    def data(self) -> float:
        """The number. Assigning another changes no gradient of what was computed before: those are kept."""
        return self._data

    @data.setter
    def data(self, data: object) -> None:
        self._data = number(data, "Value.data")

    @property
    def grad(self) -> float:
        """∂root/∂self after `root.backward()`. A leaf's adds up over calls until it is set to zero, or to None."""
        return self._grad

    @grad.setter
    def grad(self, grad: object) -> None:
        self._grad = 0.0 if grad is None else number(grad, "Value.grad")

    @property
    def partials(self) -> tuple[float, ...]:
        """The local derivatives ∂self/∂input, one for each of `inputs`, as of the forward pass."""
        if self._a is None:
            return ()
        if type(self._a) is tuple:
            return tuple(self._da[:])               # what stands there in `byhand` raises
        return (self._da,) if self._b is None else (self._da, self._db)

    @classmethod
    def apply(cls, op: Op, *inputs: object) -> Value:
        """The value `op` makes of `inputs`, with its local derivatives: the general way, for any op."""
        values = tuple([cls.operand(x, op.name) for x in inputs])
        xs = [x._data for x in values]
        try:
            out = float(op.floats(*xs))
        except (ArithmeticError, ValueError):
            out = float(op.edge(*xs))
        return cls.made(op, out, *values)

    @classmethod
    def made(cls, op: Op, out: float, *inputs: Value) -> Value:
        """The node that holds `out`, with these inputs and their local derivatives; under `no_grad`, a leaf."""
        node = cls(out)
        if active and not is_grad_enabled():
            return node
        xs = [x._data for x in inputs]
        try:
            slopes: Any = op.slopes(out, *xs)
            slopes = slopes if op.arity is None else [float(slope) for slope in slopes]
        except (ArithmeticError, ValueError):
            _, slopes = ieee(op, *xs)
        node.op = op
        if op.arity in (1, 2):
            (node._a, node._b), (node._da, node._db) = (*inputs, None)[:2], (*slopes, None)[:2]
        else:
            node._a, node._da = inputs, slopes
        if active and (someone := watching()) is not None:
            someone.made(node)
        return node

    # What one writes. For the methods of the other rows see `Operators`.

    def __add__(self, other: object) -> Value:      # self + other
        other = Value.operand(other, "add")
        return Value.made(ops.add, self._data + other._data, self, other)

    def __mul__(self, other: object) -> Value:      # self * other
        other = Value.operand(other, "mul")
        return Value.made(ops.mul, self._data * other._data, self, other)

    def __truediv__(self, other: object) -> Value:  # self / other
        other = Value.operand(other, "div")
        return Value.made(ops.div, floats.divide(self._data, other._data), self, other)

    def __pow__(self, other: object) -> Value:      # self ** other
        if isinstance(other, Value):
            return self.power(other)
        return Value.apply(ops.power_by(number(other, "power")), self)

    def exp(self) -> Value:
        return Value.made(ops.exp, floats.exp(self._data), self)

    def log(self) -> Value:
        return Value.made(ops.log, floats.log(self._data), self)

    def tanh(self) -> Value:
        return Value.made(ops.tanh, math.tanh(self._data), self)

    def backward(self, gradient: float = 1.0) -> None:
        """Set `.grad` to ∂self/∂node for every node below: the chain rule, from the result to the leaves.

        Leaves add to the gradient they have; nodes made by an op start anew. `gradient` is ∂(something)/∂self.

        >>> x = Value(3.0)
        >>> y = x * x * x; y.backward(); x.grad
        27.0
        """
        gradient = number(gradient, "backward")
        if active and (someone := watching()) is not None:
            someone.back(self, gradient)
        with one_at_a_time:
            if self._a is None:
                self._grad += gradient
                return
            unreached = float("0")                  # this pass's own object: no other gradient `is` it
            rest = reversed(interior(self, unreached))
            before = steps_by_hand and [(x, x._grad) for x in leaves(self)]
            self._grad = gradient
            stopped: BaseException | None = None
            node, a, g, parts = cast("Any", (self, (), gradient, ()))   # parts: what a node of many inputs still gives
            while True:
                try:
                    if parts is None:
                        parts = zip(a, node._da)
                    for x, partial in parts:        # 0 + the first part saves asking whether it is
                        x._grad += g * partial
                    for node in rest:               # Ctrl-C stops between two nodes, or where something is called
                        g, a, b = node._grad, node._a, node._b
                        if b is not None:
                            part = g if node._da is ONE else g * node._da
                            a._grad = part if a._grad is unreached else a._grad + part
                            part = g if node._db is ONE else g * node._db
                            b._grad = part if b._grad is unreached else b._grad + part
                        elif node.op.arity == 1:
                            a._grad = g * node._da if a._grad is unreached else a._grad + g * node._da
                        else:
                            parts = None
                            parts = zip(a, node._da)
                            for x, partial in parts:
                                x._grad += g * partial
                    break
                except BaseException as error:      # Ctrl-C waits until the sums are made: none may be left half made
                    stopped = error
                    if before:                      # or a step written by hand failed: then none is
                        for x, grad in before:
                            x._grad = grad
                        break
            if stopped is not None:
                raise stopped

    def contributions(self, g: float, needs: Sequence[bool] | None = None) -> Sequence[float]:
        return [g * partial for partial in self.partials]

    @classmethod
    def operand(cls, x: object, where: str, like: Value | None = None) -> Value:
        """`x` as a Value to compute with: itself, or a leaf for a number."""
        return x if isinstance(x, Value) else cls(number(x, where))

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self._data}, grad={self._grad}{label})"


for_each_row(lambda op: write_method_of_value(Value, op))      # the faster texts take the methods' places
