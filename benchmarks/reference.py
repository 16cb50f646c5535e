"""A scalar engine in the manner of micrograd, for comparison only: a closure for every op and a set of inputs.

It is what `autograd` would be without any thought for speed, and has the few ops that micrograd lacks, so that the
guard in continuous integration needs no other package. No other module may use it.
"""

from __future__ import annotations

import math
from typing import Any

__all__ = ["Local", "Value"]


class Arithmetic:
    """What both classes below make of sums, products and powers."""

    __slots__ = ()
    __add__: Any
    __mul__: Any

    def __neg__(self) -> Any:
        return self * -1

    def __sub__(self, other: Any) -> Any:
        return self.__add__(-other)

    def __truediv__(self, other: Any) -> Any:
        return self.__mul__(other ** -1)


class Value(Arithmetic):
    def __init__(self, data: Any, inputs: Any = ()) -> None:
        self.data, self.grad, self.inputs = data, 0.0, set(inputs)
        self.pull: Any = lambda: None                       # adds to the inputs' gradients

    def __add__(self, other: Any) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def pull() -> None:
            self.grad += out.grad
            other.grad += out.grad
        out.pull = pull
        return out

    def __mul__(self, other: Any) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))

        def pull() -> None:
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out.pull = pull
        return out

    def _unary(self, data: float, partial: float) -> Value:
        out = Value(data, (self,))

        def pull() -> None:
            self.grad += partial * out.grad
        out.pull = pull
        return out

    def __pow__(self, n: float) -> Value:
        return self._unary(self.data ** n, n * self.data ** (n - 1))

    def exp(self) -> Value:
        return self._unary(math.exp(self.data), math.exp(self.data))

    def log(self) -> Value:
        return self._unary(math.log(self.data), 1 / self.data)

    def relu(self) -> Value:
        return self._unary(max(self.data, 0.0), float(self.data > 0))

    def backward(self) -> None:
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack += [(node, True), *((x, False) for x in node.inputs)]
        self.grad = 1.0
        for node in reversed(order):
            node.pull()

    __radd__, __rmul__ = __add__, __mul__


class Local(Arithmetic):
    """In the manner of microgpt's class: each node keeps its inputs and its derivatives by them."""

    __slots__ = ("data", "grad", "inputs", "slopes")

    def __init__(self, data: float, inputs: tuple[Local, ...] = (), slopes: tuple[float, ...] = ()) -> None:
        self.data, self.grad, self.inputs, self.slopes = data, 0.0, inputs, slopes

    def __add__(self, other: Any) -> Local:
        other = other if isinstance(other, Local) else Local(other)
        return Local(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Any) -> Local:
        other = other if isinstance(other, Local) else Local(other)
        return Local(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n: float) -> Local:
        return Local(self.data ** n, (self,), (n * self.data ** (n - 1),))

    def exp(self) -> Local:
        return Local(math.exp(self.data), (self,), (math.exp(self.data),))

    def log(self) -> Local:
        return Local(math.log(self.data), (self,), (1 / self.data,))

    def relu(self) -> Local:
        return Local(max(self.data, 0.0), (self,), (float(self.data > 0),))

    def backward(self) -> None:
        order: list[Local] = []
        seen = set()

        def visit(node: Local) -> None:
            if node not in seen:
                seen.add(node)
                for x in node.inputs:
                    visit(x)
                order.append(node)
        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for x, slope in zip(node.inputs, node.slopes):
                x.grad += slope * node.grad

    __radd__, __rmul__ = __add__, __mul__
