"""What any graph of nodes can be asked, whichever engine made it: its order, its leaves, its edges, its depth.

A node is a number or an array that remembers the op that made it and that op's inputs. Walks here are loops, never
recursion, so a graph may be as deep as memory allows, and each visits a node once however many paths lead to it.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any, TypeVar

from autograd.core.ops import Operand

__all__ = ["Call", "Node", "depths", "edges", "interior", "leaves", "remember_call", "topological"]


class Node(Operand):
    """What `Value` and `Tensor` have in common: an op, its inputs, and a label.

    The inputs live in two slots rather than in a tuple, because the garbage collector must visit every tuple: one
    input in `_a`; two in `_a` and `_b`; any other number as a tuple in `_a`; and a leaf has None in both.
    """

    __slots__ = ("_a", "_b", "_grad", "label", "op")
    _a: Any
    _b: Any
    _grad: Any
    label: str
    op: Any
    __hash__ = object.__hash__                      # nodes compare by data, but are told apart by identity

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The nodes this one was computed from, in order; one used twice stands there twice."""
        if self._b is not None:
            return self._a, self._b
        if self._a is None:
            return ()
        return self._a if type(self._a) is tuple else (self._a,)

    def _note(self, calls: tuple[Call, ...]) -> None:
        """Remember as `calls` which calls of modules returned this node; see `remember_call`."""
        raise NotImplementedError(f"{type(self).__name__} does not say where to remember calls")

    @property
    def _prev(self) -> set[Any]:
        """The inputs as micrograd names them."""
        return set(self.inputs)

    @property
    def _op(self) -> str:
        """The op's symbol as micrograd names it: empty for a leaf."""
        return self.op.symbol if self.op is not None else ""

    # Pickling and deepcopy follow references by recursion, which a deep graph would exhaust. So a result goes as a flat
    # list of all nodes below it. Of results that go together, each brings a graph of its own, over the same leaves.

    def __reduce_ex__(self, protocol: Any) -> Any:
        if self._a is None:
            return super().__reduce_ex__(max(protocol, 2))      # a leaf: its slots
        order = topological(self)
        position = {id(node): i for i, node in enumerate(order)}
        entries = [node if node._a is None else
                   (type(node), node.op, [position[id(x)] for x in node.inputs], node._state()) for node in order]
        return _rebuilt, (entries,)

    def __copy__(self) -> Any:
        twin = type(self).__new__(type(self))
        twin.label, twin.op, twin._a, twin._b = self.label, self.op, self._a, self._b
        for slot, x in self._state().items():
            setattr(twin, slot, x)
        return twin

    def _state(self) -> dict[str, Any]:
        """What it holds beside its op and inputs; which module returned it, a copy forgets."""
        slots = [slot for kind in type(self).__mro__ for slot in getattr(kind, "__slots__", ())]
        own = [slot for slot in slots if slot not in ("op", "_a", "_b", "calls", "__weakref__") and hasattr(self, slot)]
        return {slot: getattr(self, slot) for slot in own}


N = TypeVar("N", bound=Node)


def topological(root: N) -> list[N]:
    """Every node `root` depends on, and `root` itself, each after its inputs and each once.

    >>> from autograd import Value
    >>> a = Value(2.0, label="a"); b = a + a; c = b * a
    >>> [node.label or node.op.symbol for node in topological(c)]
    ['a', '+', '*']
    """
    order: list[N] = []
    seen: set[int] = set()
    stack: list[Any] = [root]
    while stack:
        node = stack.pop()
        if node is None:                            # all below the node under this marker is done
            order.append(stack.pop())
        elif id(node) not in seen:
            seen.add(id(node))
            stack += (node, None, *reversed(node.inputs))
    return order


def interior(root: N, mark: object) -> list[N]:
    """The nodes of `topological(root)` that an op made. On the way every one's gradient becomes `mark`.

    This is the walk of every backward pass, so it is written for speed: marking the nodes instead of keeping a set
    of those seen, and stepping over leaves, take a third off its time and two thirds off its memory. Descending to an
    input at once, with a place on the stack only for what must be returned to, takes off another two fifths.

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


def leaves(root: N) -> list[N]:
    """The nodes no op made, in the order the computation met them."""
    return [node for node in topological(root) if node.op is None]


def edges(root: N) -> Iterator[tuple[N, N, int]]:
    """Every use of a node: (input, node that uses it, which of its inputs it is). `a + a` has two."""
    for node in topological(root):
        for position, x in enumerate(node.inputs):
            yield x, node, position


def depths(root: N) -> dict[N, int]:
    """How many ops lie on the longest way from a leaf to each node; 0 for the leaves."""
    depth: dict[N, int] = {}
    for node in topological(root):
        depth[node] = 1 + max((depth[x] for x in node.inputs), default=-1)
    return depth


# For what surrounds the engine: which module returned a node, and pickled graphs.

class Call:
    """One call of a module: what it was given. Its results point here, and it points weakly to the module."""

    __slots__ = ("given", "module")

    def __init__(self, module: Any, given: Any) -> None:
        self.module: Any = weakref.ref(module)
        self.given = given

    @property
    def inputs(self) -> list[Node]:
        """The nodes it was given, also those in lists and tuples."""
        found, stack = [], [self.given]
        while stack:
            thing = stack.pop()
            if isinstance(thing, Node):
                found.append(thing)
            elif isinstance(thing, (tuple, list)):
                stack += reversed(thing)
        return found


def remember_call(module: Any, given: tuple[Any, ...], results: Any) -> None:
    """Note on each node `module` returned which call made it, so that a picture can fold the call into one box.

    The note hangs on the results and points to what they were computed from, which they keep alive anyhow: no graph
    lives longer for it. What a module hands on as it was given is not noted: it would point to itself.
    """
    for x in given:
        if x is results:
            return
    if isinstance(results, Node):
        results = (results,)
    elif not isinstance(results, (list, tuple)):
        return
    note = (Call(module, [x for x in given if isinstance(x, (Node, list, tuple))]),)
    before = getattr(results[0], "calls", ()) if results else ()        # results of one call are made alike
    for node in results:
        if isinstance(node, Node) and node._a is not None:      # made by an op, with its history recorded
            node._note(getattr(node, "calls", ()) + note if before else note)


def _rebuilt(entries: list[Any]) -> Any:
    nodes: list[Any] = []
    for entry in entries:
        if isinstance(entry, Node):
            nodes.append(entry)
            continue
        kind, op, positions, state = entry
        node = kind.__new__(kind)
        inputs = tuple([nodes[i] for i in positions])
        node.op = op
        if op.arity in (1, 2) and getattr(op, "joint", None) is None:
            node._a, node._b = (*inputs, None)[:2]
        else:
            node._a, node._b = inputs, None
        for slot, x in state.items():
            setattr(node, slot, x)
        nodes.append(node)
    return nodes[-1]
