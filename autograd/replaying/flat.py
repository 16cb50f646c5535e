"""A graph of Values as arrays: one position per node, its op as a code, its inputs as positions.

Leaves to be differentiated come first, inputs next, then everything else, each node after its own inputs. This module
reads the graph once and keeps nothing of it; what runs it is another's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np

from autograd.ops import Op

__all__ = ["Flat", "flatten"]


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
        labels: position -> label, where there is one.
        root: the position of the result.
    """

    data: Any
    code: Any
    a: Any
    b: Any
    more: dict[int, Any]
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
        op = self.ops[self.code[i]]
        label = f" labelled {self.labels[i]!r}" if i in self.labels else ""
        return (f"the result of {op.name}" if op is not None else "a leaf") + label


def flatten(root: Any, wrt: Sequence[Any] | None, inputs: Sequence[Any]) -> tuple[Flat, list[Any]]:
    """The graph below `root`, and the leaves to differentiate: if `wrt` is None, all that are not inputs."""
    if wrt is None:
        given = set(map(id, inputs))
        order, gradients = _ordered(root, [])
        _give_back(order, gradients)
        wrt = [node for node in order if node._a is None and id(node) not in given]
    order, gradients = _ordered(root, [*wrt, *inputs])
    n = len(order)
    try:
        made_by = list(map(attrgetter("op"), order))
        first, second = list(map(attrgetter("_a"), order)), list(map(attrgetter("_b"), order))
        codes: dict[Any, int] = {None: 0}
        for op in made_by:
            if op not in codes:
                codes[op] = len(codes)
        more = {}
        if any(op is not None and (op.arity is None or op.arity > 2) for op in codes):
            for i, x in enumerate(first):
                if type(x) is tuple:
                    more[i] = np.array([y._grad for y in x], np.intp)
                    first[i] = None
        labels = {i: label for i, label in enumerate(map(attrgetter("label"), order)) if label}
        flat = Flat(np.fromiter(map(attrgetter("_data"), order), float, n),
                    np.fromiter(map(codes.__getitem__, made_by), np.intp, n),
                    np.array([-1 if x is None else x._grad for x in first], np.intp),
                    np.array([-1 if x is None else x._grad for x in second], np.intp),
                    more, list(codes), (len(wrt), len(inputs)), labels, root._grad)
        return flat, list(wrt)
    finally:
        _give_back(order, gradients)


def _ordered(root: Any, leaves: list[Any]) -> tuple[list[Any], list[float]]:
    """`leaves`, then every other node below `root` after its inputs; and their gradients.

    Until `_give_back`, each node holds its position where its gradient was. That spares a dictionary of all nodes,
    and two thirds of the time.
    """
    order, gradients = leaves, [node._grad for node in leaves]
    for i, node in enumerate(leaves):
        node._grad = i
    stack = [root]
    pop, push, emit, keep = stack.pop, stack.append, order.append, gradients.append
    while stack:
        node = pop()
        if node is None:                            # all below the node under this marker is done
            node = pop()
        elif type(node._grad) is int:               # another path led here before
            continue
        elif (a := node._a) is not None:
            push(node)
            push(None)
            if (b := node._b) is not None:
                if type(b._grad) is not int:
                    push(b)
                if type(a._grad) is not int:
                    push(a)
            elif type(a) is tuple:
                stack += reversed(a)
            elif type(a._grad) is not int:
                push(a)
            continue
        keep(node._grad)
        node._grad = len(order)
        emit(node)
    return order, gradients


def _give_back(order: list[Any], gradients: list[float]) -> None:
    for node, gradient in zip(order, gradients):
        node._grad = gradient
