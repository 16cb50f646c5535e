"""The order in which the two fast backward passes go: that of `graph.topological`, found more quickly."""

from __future__ import annotations

from _thread import RLock  # `threading` would take longer to import than the rest of `core`
from typing import Any

from autograd.core.graph import N

__all__ = ["interior", "one_at_a_time"]

one_at_a_time = RLock()                             # of the threads, whose graphs may have nodes in common: the fast
                                                    # passes leave marks on nodes

def interior(root: N, mark: object) -> list[N]:
    """The nodes of `topological(root)` that an op made. On the way every one's gradient becomes `mark`.

    This is the order of the fast backward passes, so it is written for speed: marking the nodes instead of keeping a
    set of those seen, and stepping over leaves, take a third off its time and two thirds off its memory. Descending
    to an input at once, with a place on the stack only for what must be returned to, takes off another two fifths.

    >>> from autograd import Value
    >>> a = Value(2.0); b = a * a; c = b.exp(); d = b + c       # from d: down to c, whose b comes first, then back up
    >>> [node.op.symbol for node in interior(d, object())]
    ['*', 'exp', '+']
    """
    order: list[N] = []
    stack: list[Any] = []                           # nodes whose inputs are under way; before a None, one not entered
    node: Any = root
    while True:
        node._grad = mark
        a, b = node._a, node._b
        if b is not None and b._a is not None and b._grad is not mark:
            stack.append(node)
            if a._a is not None and a._grad is not mark:
                stack.append(b)
                stack.append(None)
                node = a
            else:
                node = b
            continue
        if b is None and type(a) is tuple:
            stack.append(node)
            for x in a:
                if x._a is not None and x._grad is not mark:
                    stack += (x, None)
        elif a._a is not None and a._grad is not mark:
            stack.append(node)
            node = a
            continue
        else:
            order.append(node)                      # nothing below it but leaves and nodes already in order
        while stack:
            node = stack.pop()
            if node is not None:
                order.append(node)
            else:
                node = stack.pop()
                if node._grad is not mark:          # no other path led here meanwhile
                    break
        else:
            return order
