"""A graph of Values as arrays: one position per node, its op as a code, its inputs as positions.

Leaves to be differentiated come first, inputs next, then everything else, each node after its own inputs. This module
reads the graph once and keeps nothing of it; what runs it is another's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.core.graph import topological
from autograd.core.modes import enable_grad
from autograd.core.nary import Nary
from autograd.core.op import Op
from autograd.core.value import Value

__all__ = ["Flat", "flatten", "named"]


@dataclass
class Flat:
    """A graph as arrays.

    Attributes:
        data: (n,): each node's number when it was recorded.
        code: (n,): which of `ops` made it; 0 for a leaf.
        a, b: (n,): positions of the first and second input; -1 where there is none.
        more: position -> positions of all inputs, for nodes with any other number of them.
        ops: the op of each code.
        leaves: how many leaves are to be differentiated, and how many are inputs.
        labels: position -> the node's label, for nodes that have one.
        root: the position of the result.
    """

    data: NDArray[np.float64]
    code: NDArray[np.intp]
    a: NDArray[np.intp]
    b: NDArray[np.intp]
    more: dict[int, NDArray[np.intp]]
    ops: list[Op | None]
    leaves: tuple[int, int]
    labels: dict[int, str]
    root: int

    def __len__(self) -> int:
        return len(self.data)

    def inputs(self, i: int) -> tuple[int, ...]:
        """The positions of node i's inputs."""
        if i in self.more:
            return tuple(self.more[i].tolist())
        return tuple(int(x) for x in (self.a[i], self.b[i]) if x >= 0)

    def name(self, i: int) -> str:
        """What to call node i in a message."""
        return named(self.ops[self.code[i]], self.labels.get(i, ""))


def named(op: Op | None, label: str) -> str:
    """What to call a node in a message."""
    return (f"the result of {op.name}" if op is not None else "a leaf") + (f" labelled {label!r}" if label else "")


def flatten(root: Value, wrt: Sequence[Value] | None, inputs: Sequence[Value]) -> tuple[Flat, list[Value]]:
    """The graph below `root`, and the leaves to differentiate: if `wrt` is None, all that are not inputs."""
    if wrt is None:
        given = set(map(id, inputs))
        with _positions(root, []) as order:
            wrt = [node for node in order if node._a is None and id(node) not in given]
    with _positions(root, [*wrt, *inputs]) as order:
        made_by = [node.op for node in order]
        codes = {op: i for i, op in enumerate(dict.fromkeys([None, *made_by]))}
        if not any([isinstance(op, Nary) and type(op).composed is not Nary.composed for op in codes]):
            n = len(order)
            code = np.fromiter(map(codes.__getitem__, made_by), np.intp, n)
            more, first = {}, [node._a for node in order]
            if any([op is not None and (op.arity is None or op.arity > 2) for op in codes]):
                more = {i: np.array([y._grad for y in x], np.intp) for i, x in enumerate(first) if type(x) is tuple}
                for i in more:
                    first[i] = None
            a = np.fromiter([-1 if x is None else x._grad for x in first], np.intp, n)
            b = np.fromiter([-1 if (x := node._b) is None else x._grad for node in order], np.intp, n)
            data = np.fromiter([node._data for node in order], float, n)
            notes = [node._notes for node in order]     # most often of nobody
            labels = {} if notes.count(None) == n else {i: order[i].label for i, note in enumerate(notes) if note}
            leaves = len(wrt), len(inputs)
            return Flat(data, code, a, b, more, list(codes), leaves, labels, int(root._grad)), list(wrt)
    return flatten(_in_smaller_ops(root), wrt, inputs)


def _in_smaller_ops(root: Value) -> Value:
    """The same graph, with the composition of smaller ops in place of each op that is a whole layer.

    One such node would keep a graph from being run as compiled code or as arrays, and make it fifty times slower.
    """
    new: dict[Value, Value] = {}
    with enable_grad():
        for node in topological(root):
            inputs = [new.get(x, x) for x in node.inputs]
            composed = node.op.composed(*inputs) if isinstance(node.op, Nary) else None
            if composed is not None:
                new[node] = composed
            elif any([x in new for x in node.inputs]):
                new[node] = Value.apply(node.op, *inputs)
            if node in new and node.label:
                new[node].label = node.label
    return new.get(root, root)


@contextmanager
def _positions(root: Value, leaves: list[Value]) -> Iterator[list[Value]]:
    """`leaves`, then every other node below `root` after its inputs.

    Until the end of the `with`, each holds its position where its gradient was. That spares a dictionary of all nodes,
    and half the time.
    """
    order: list[Value] = []
    gradients: list[float] = []
    with _ONE_AT_A_TIME:
        try:
            _walk(root, leaves, order, gradients)
            yield order
        finally:
            for node, gradient in zip(order, gradients):
                node._grad = gradient


_ONE_AT_A_TIME = Lock()                             # of the threads, whose graphs may have nodes in common


def _walk(root: Value, leaves: list[Value], order: list[Value], gradients: list[float]) -> None:
    """Put nodes into `order`, their gradients into `gradients` and their positions in their place."""
    stack: list[Any] = []                           # as in `graph.interior`, whose walk this is, but for the leaves
    pop, push, emit, keep = stack.pop, stack.append, order.append, gradients.append
    for position, node in enumerate(leaves):
        emit(node)
        keep(node._grad)
        node._grad = position
    if type(root._grad) is int:                     # it is one of the leaves
        return
    position, node = len(leaves), root
    while True:
        a, b = node._a, node._b
        if b is not None:
            if type(b._grad) is not int:
                push(node)
                if type(a._grad) is not int:
                    push(b)
                    push(None)
                    node = a
                else:
                    node = b
                continue
            if type(a._grad) is not int:
                push(node)
                node = a
                continue
        elif type(a) is tuple:
            push(node)
            for x in reversed(a):
                if type(x._grad) is not int:
                    stack += (x, None)
            node = pop()
        elif a is not None and type(a._grad) is not int:
            push(node)
            node = a
            continue
        while True:
            if node is not None:                    # all below it has its position, and so has it now
                emit(node)
                keep(node._grad)
                node._grad = position
                position += 1
            else:
                node = pop()
                if type(node._grad) is not int:     # no other path led here meanwhile
                    break
            if not stack:
                return
            node = pop()
