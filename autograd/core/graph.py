"""A graph of nodes: its order, the walk back through it, and what else any graph can be asked.

A node is a number or an array that remembers the op that made it and that op's inputs. Walks here are loops, never
recursion, so a graph may be as deep as memory allows, and each visits a node once however many paths lead to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import add
from typing import Any, NamedTuple, TypeVar

from autograd.core.op import Operand

__all__ = ["Gradients", "Node", "Use", "back", "edges", "leaves", "topological"]


class Node(Operand):
    """What `Value` and `Tensor` have in common: an op, its inputs, a gradient, a label.

    The inputs live in two slots rather than in a tuple, because the garbage collector must visit every tuple: one
    input in `_a`; two in `_a` and `_b`; any other number as a tuple in `_a`; and a leaf has None in both.
    """

    __slots__ = ("_a", "_b", "_grad", "_notes", "op")
    _a: Any
    _b: Any
    _data: Any                                      # a float or an array, in a slot of the kind's own
    _grad: Any
    _notes: dict[str, Any] | None                   # what surrounds the engine hangs on a node; None almost always
    op: Any                                         # an Op; None for a leaf
    requires_grad: bool
    __hash__ = object.__hash__                      # nodes are told apart by identity

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The nodes this one was computed from, in order; one used twice stands there twice."""
        if self._b is not None:
            return self._a, self._b
        if self._a is None:
            return ()
        return self._a if type(self._a) is tuple else (self._a,)

    @property
    def label(self) -> str:
        """A name for pictures and messages."""
        return "" if self._notes is None else self._notes.get("label", "")

    @label.setter
    def label(self, label: str) -> None:
        if not isinstance(label, str):
            raise TypeError(f"label: got {label!r} of type {type(label).__name__}, expected a text")
        label.encode()                              # half a character, which no picture could show, raises here
        self._notes = {**(self._notes or {}), "label": label}

    # What readers of graphs ask of numbers and arrays alike. Here stand a number's answers; an array gives its own.

    @property
    def partials(self) -> tuple[float, ...]:
        """The local derivatives, one for each of `inputs`, where the node keeps them; an array keeps none."""
        return ()

    @property
    def kind(self) -> str:
        """The shape and dtype of an array, as text; nothing for a number."""
        return ""

    @property
    def is_parameter(self) -> bool:
        """Whether it is a leaf that was asked to have a gradient; of a number nobody can tell."""
        return False

    def filled(self, x: float) -> Any:
        """A gradient of this node's shape and dtype that is x in every place."""
        return x

    def contributions(self, g: Any, needs: Sequence[bool] | None = None) -> Sequence[Any]:
        """What each input receives, in numbers, where this node's gradient is g; None where nothing is needed.

        `needs` says which inputs are asked about; by default, those that require a gradient.
        """
        raise NotImplementedError

    def unfitted(self, g: Any, needs: Sequence[bool] | None = None) -> Sequence[Any]:
        """`contributions` before broadcasting is undone."""
        return self.contributions(g, needs)


N = TypeVar("N", bound=Node)
Gradients = dict[Any, Any]                          # of nodes: a number, an array, a node or a text for each


class Use(NamedTuple):
    """One use of a node on the way back, and what it adds to the node's gradient."""

    node: Node
    by: Node                                        # the node that uses it
    position: int                                   # as which of its inputs
    arriving: Any                                   # the gradient of `by`
    contribution: Any


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


def back(order: Sequence[Any], gradients: Gradients,
         ask: Callable[[Any, Any], Sequence[Any]] = lambda node, g: node.contributions(g),
         add: Callable[[Any, Any], Any] = add) -> Iterator[Use]:
    """The walk back: from the end of `order` to its beginning, every use of every node, once.

    All backward passes are loops over this walk, but for `Value.backward` and `Tensor.backward`, its two fast forms.

    Args:
        order: nodes, each after its inputs, as `topological` gives them.
        gradients: with which gradient of which node to begin. On the way everyone's is put in.
        ask: what the inputs of a node receive when its gradient is g: one contribution each, None for none. It may
            answer in numbers, nodes or text.
        add: how a further contribution joins a gradient.

    >>> from autograd import Value
    >>> x = Value(3.0); y = x * x + x; gradients = {y: 1.0}
    >>> [use.contribution for use in back(topological(y), gradients)], gradients[x]
    ([1.0, 1.0, 3.0, 3.0], 7.0)
    """
    for node in reversed(order):
        if node.op is None or node.op.constant or node not in gradients:
            continue
        g = gradients[node]
        for position, (x, part) in enumerate(zip(node.inputs, ask(node, g))):
            if part is not None:
                gradients[x] = add(gradients[x], part) if x in gradients else part
                yield Use(x, node, position, g, part)


def leaves(root: N) -> list[N]:
    """The nodes no op made, in the order the computation met them."""
    return [node for node in topological(root) if node.op is None]


def edges(root: N) -> Iterator[tuple[N, N, int]]:
    """Every use of a node: (input, node that uses it, which of its inputs it is). `a + a` has two."""
    for node in topological(root):
        for position, x in enumerate(node.inputs):
            yield x, node, position
