"""Small engines with one classic bug each, beside the right one: what the museum of broken backprop shows.

Everything the engines share stands in `Small`; an exhibit changes one method. Each is run on a graph where its bug
bites; the expected numbers are autograd's.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd.functional as F
from autograd import Tensor

from . import COMMAND

__all__ = ["EXHIBITS", "ORDER", "ORDER_WHY", "WALKS", "BreadthFirst", "DepthFirst", "Exhibit", "Small", "autograd_leaf",
           "changed_code", "exercise", "expected", "first_wrong", "got"]

Program = Callable[[Any], "dict[str, Any]"]         # how to make a leaf -> the graph's nodes by name, the root last


class Small:
    """A small engine, and a right one: arrays, a list of inputs, and how the gradient flows to each."""

    def __init__(self, data: Any, inputs: Any = (), vjps: Any = ()) -> None:
        self.data = np.asarray(data, float)
        self.grad = np.zeros(self.data.shape)
        self.inputs, self.vjps = inputs, vjps

    def make(self, data: Any, inputs: list[Any], vjps: list[Any]) -> Any:
        return type(self)(data, inputs, vjps)

    def __add__(self, other: Any) -> Any:
        return self.make(self.data + other.data, [self, other], [lambda g: g, lambda g: g])

    def __mul__(self, other: Any) -> Any:
        return self.make(self.data * other.data, [self, other], [lambda g: g * other.data, lambda g: g * self.data])

    def __matmul__(self, other: Any) -> Any:
        return self.make(self.data @ other.data, [self, other],
                         [lambda g: g @ other.data.T, lambda g: self.data.T @ g])

    def sum(self) -> Any:
        return self.make(self.data.sum(), [self], [lambda g: g * np.ones(self.data.shape)])

    def relu(self) -> Any:
        out = np.maximum(self.data, 0.0)
        return self.make(out, [self], [lambda g: g * (self.data > 0)])

    def log_softmax(self) -> Any:
        z = self.data - self.data.max(-1, keepdims=True)
        out = z - np.log(np.exp(z).sum(-1, keepdims=True))
        return self.make(out, [self], [lambda g: g - np.exp(out) * g.sum(-1, keepdims=True)])

    def receive(self, g: Any) -> None:
        self.grad = self.grad + self.fitted(g)

    def fitted(self, g: Any) -> Any:
        while g.ndim > self.data.ndim:
            g = g.sum(0)
        return g

    def zero_grad(self) -> None:
        self.grad = np.zeros(self.data.shape)

    def push(self) -> None:
        for x, vjp in zip(self.inputs, self.vjps):
            x.receive(vjp(self.grad))

    def order(self) -> list[Any]:
        found: list[Any] = []

        def visit(node: Any) -> None:
            if node not in found:
                for x in node.inputs:
                    visit(x)
                found.append(node)

        visit(self)
        return found

    def backward(self) -> None:
        self.grad = np.ones(self.data.shape)
        for node in reversed(self.order()):
            node.push()


class NoOrder(Small):
    def backward(self) -> None:
        self.grad = np.ones(self.data.shape)
        self.descend()

    def descend(self) -> None:
        self.push()
        for x in self.inputs:
            x.descend()


class Overwrites(Small):
    def receive(self, g: Any) -> None:
        self.grad = self.fitted(g)


class ChildrenInASet(Small):
    def make(self, data: Any, inputs: list[Any], vjps: list[Any]) -> Any:
        once = {id(x): (x, vjp) for x, vjp in zip(inputs, vjps)}
        return type(self)(data, [x for x, _ in once.values()], [vjp for _, vjp in once.values()])


class NeverZeroed(Small):
    def zero_grad(self) -> None:
        pass


class LeavesFirst(Small):
    def backward(self) -> None:
        self.grad = np.ones(self.data.shape)
        for node in self.order():
            node.push()


class NoSumOverBroadcastAxes(Small):
    def fitted(self, g: Any) -> Any:
        return g


class SignLost(Small):
    def relu(self) -> Any:
        out = np.maximum(self.data, 0.0)
        return self.make(out, [self], [lambda g: g * (out >= 0)])


class NoShift(Small):
    def log_softmax(self) -> Any:
        p = np.exp(self.data) / np.exp(self.data).sum(-1, keepdims=True)
        return self.make(np.log(p), [self], [lambda g: g - p * g.sum(-1, keepdims=True)])


# Two walks that visit each node once, and yet in no topological order.

class DepthFirst(Small):
    def backward(self) -> None:
        self.grad = np.ones(self.data.shape)
        seen: set[Any] = set()

        def visit(node: Any) -> None:
            seen.add(node)
            node.push()
            for x in node.inputs:
                if x not in seen:
                    visit(x)

        visit(self)


class BreadthFirst(Small):
    def backward(self) -> None:
        self.grad = np.ones(self.data.shape)
        waiting, seen = [self], {self}
        while waiting:
            node = waiting.pop(0)
            node.push()
            for x in node.inputs:
                if x not in seen:
                    seen.add(x)
                    waiting.append(x)


# The graphs. `leaf` makes a leaf of the engine that is being shown.

def doublings(leaf: Any) -> dict[str, Any]:
    a = leaf(1.0)
    b = a + a
    c = b + b
    c.backward()
    return {"a": a, "b": b, "c": c}


def diamond(leaf: Any) -> dict[str, Any]:
    a = leaf(3.0)
    b = a * leaf(2.0)
    c = a * leaf(5.0)
    d = b + c
    d.backward()
    return {"a": a, "b": b, "c": c, "d": d}


def twice(leaf: Any) -> dict[str, Any]:
    a = leaf(3.0)
    b = a + a
    b.backward()
    return {"a": a, "b": b}


def two_steps(leaf: Any) -> dict[str, Any]:
    w = leaf(3.0)
    for x in (1.0, 10.0):
        w.zero_grad()
        loss = w * leaf(x)
        loss.backward()
    return {"w": w, "loss": loss}


def bias(leaf: Any) -> dict[str, Any]:
    x, b = leaf([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), leaf([0.1, 0.2, 0.3])
    y = x + b
    total = y.sum()
    total.backward()
    return {"b": b, "x": x, "y": y, "total": total}


def rectified(leaf: Any) -> dict[str, Any]:
    x = leaf([-2.0, 3.0])
    y = x.relu()
    total = y.sum()
    total.backward()
    return {"x": x, "y": y, "total": total}


def certain(leaf: Any) -> dict[str, Any]:
    z = leaf([1000.0, 0.0])
    logs = z.log_softmax() if isinstance(z, Small) else F.log_softmax(z)
    loss = (logs * leaf([0.0, -1.0])).sum()
    loss.backward()
    return {"z": z, "logs": logs, "loss": loss}


@dataclass(frozen=True)
class Exhibit:
    """A bug: what it is called, the engine that has it, the method it sits in, a graph where it bites, and why."""

    name: str
    engine: type[Small]
    method: str
    graph: Program
    formula: str
    why: str


EXHIBITS = [
    Exhibit("recursion without an order", NoOrder, "descend", doublings, "b = a + a;  c = b + b",
            "b is reached along two edges and hands on all of its gradient each time. With n doublings the answer is "
            "off by up to 2ⁿ, and so is the time. In topological order every node is handed on once, when complete."),
    Exhibit("= for +=", Overwrites, "receive", diamond, "b = 2·a;  c = 5·a;  d = b + c",
            "a is used twice, and the second piece of its gradient replaces the first."),
    Exhibit("children in a set", ChildrenInASet, "make", twice, "b = a + a",
            "A set keeps one of two equal edges. a + a needs both: inputs are a sequence, with repeats."),
    Exhibit("no zero_grad", NeverZeroed, "zero_grad", two_steps, "loss = w·1;  then, a new step, loss = w·10",
            "A leaf adds up what it receives over all backward passes until someone sets it to zero: the second step "
            "moves by the first step's gradient as well."),
    Exhibit("post-order run the wrong way", LeavesFirst, "backward", doublings, "b = a + a;  c = b + b",
            "Leaves stand first in post-order. Going forward through it hands on gradients before they have arrived."),
    Exhibit("no sum over broadcast axes", NoSumOverBroadcastAxes, "fitted", bias, "y = x + b;  total = Σ y",
            "b was repeated for every row of x, so it receives the sum over the rows; without it the gradient has "
            "another shape than b, and the next update silently makes b a matrix."),
    Exhibit("the sign of relu's input lost", SignLost, "relu", rectified, "y = relu(x);  total = Σ y",
            "relu's result is never negative, so out >= 0 is always true and the derivative always 1. Ask the input, "
            "or ask out > 0."),
    Exhibit("log(softmax) without the shift", NoShift, "log_softmax", certain,
            "z = [1000, 0];  loss = −log softmax(z)₁",
            "exp(1000) overflows to inf, and inf/inf is nan. Subtracting the largest logit first changes nothing in "
            "exact arithmetic and everything in this one."),
]


def autograd_leaf(data: Any) -> Tensor:
    """A leaf of autograd's own."""
    return Tensor(data, requires_grad=True)


def expected(exhibit: Exhibit) -> dict[str, Any]:
    """The gradients the graph's nodes should have."""
    return {name: node.grad.numpy() for name, node in exhibit.graph(autograd_leaf).items()}


def got(exhibit: Exhibit, engine: type[Small] | None = None) -> dict[str, Any]:
    """The gradients the exhibit's engine (or another) gives them."""
    with np.errstate(all="ignore"):
        return {name: node.grad for name, node in exhibit.graph(engine or exhibit.engine).items()}


def first_wrong(right: dict[str, Any], broken: dict[str, Any]) -> str:
    """The first node, on the way back from the root, whose gradient is not what it should be."""
    for name in reversed(right):
        if broken[name].shape != right[name].shape or not np.allclose(broken[name], right[name]):
            return name
    return ""


def changed_code(engine: type[Small]) -> tuple[list[str], list[str]]:
    """The methods in which an engine differs from `Small`: its lines, the right ones; those that differ with "! "."""
    names = [name for name, x in vars(engine).items() if inspect.isfunction(x)]
    mine = [line for name in names for line in ["", *_source(engine, name)]][1:]
    right = [line for name in names if hasattr(Small, name) for line in ["", *_source(Small, name)]][1:]
    return tuple([("  " if line in ["", *other] else "! ") + line for line in lines]      # type: ignore[return-value]
                 for lines, other in ((mine, right), (right, mine)))


def exercise(number: int) -> str:
    """The command that begins the exercise in which an engine with this exhibit's bug is to be mended."""
    return f"{COMMAND} ninja start {number + 13}"


def _source(engine: type[Small], method: str) -> list[str]:
    return textwrap.dedent(inspect.getsource(getattr(engine, method))).rstrip().splitlines()


# Why the order matters.

ORDER = "why topological order?"
ORDER_WHY = ("A node may hand on its gradient only when every node that uses it has handed on. Only then is its "
             "gradient complete. The reverse of a topological order promises this. Visiting each node once does not. "
             "Each walk below visits each node once, and you see what every node held when it handed on.")
DIAMOND_TITLE = "a diamond"
SMALLEST_TITLE = "the smallest graph on which going breadth first is wrong"
WALKS: dict[str, type[Small]] = {
    "depth first, each node once": DepthFirst,
    "breadth first, each node once": BreadthFirst,
    "in reverse topological order": Small,
}
