"""What each use of a node contributes to its gradient, for whoever tells a reader where a gradient comes from.

These are loops over the walk back. They touch nobody's `.grad`, and derive nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from autograd.core.graph import Gradients, Node, Use, back, topological
from autograd.learn.alike import Numbers, largest, silence, some

__all__ = ["Pass", "each_use", "gradients", "pull", "raw", "recomputed", "seed", "uses"]


def each_use(order: Sequence[Node], grads: Gradients, given: Mapping[Node, Numbers] | None = None) -> Iterator[Use]:
    """Every use of a node, from the end of `order` back to its beginning; `grads` is filled on the way.

    A node in `given` passes on the gradient that stands there in place of its own.
    """
    if not given:
        return back(order, grads)
    return back(order, grads, lambda node, g: node.contributions(given.get(node, g)))


def gradients(order: Sequence[Node], root: Node, start: object) -> Gradients:
    """∂root/∂node for every node below the root, computed afresh, whatever the nodes' own `.grad` say."""
    grads: Gradients = {root: start}
    with silence(start):
        for _ in back(order, grads):
            pass
    return grads


class Pass:
    """A backward pass that keeps what every use of every node contributed.

    Attributes:
        order: the nodes, each after its inputs.
        given: gradients that nodes pass on in place of their own.
        gradients: the gradient of each node that the pass reached.
        uses: the uses of each of them.
    """

    def __init__(self, root: Node, start: object = None, given: Mapping[Node, Numbers] | None = None) -> None:
        start = seed(root) if start is None else start
        self.order = topological(root)
        self.given = given or {}
        self.gradients: Gradients = {root: start}
        self.uses: dict[Node, list[Use]] = {}
        with silence(start):
            for use in each_use(self.order, self.gradients, self.given):
                arriving = self.given.get(use.by, use.arriving)
                self.uses.setdefault(use.node, []).append(use._replace(arriving=arriving))

    def between(self, node: Node) -> list[Node]:
        """The nodes that depend on `node` and have a gradient, nearest first."""
        reached = {node}
        found = []
        for x in self.order:
            if not reached.isdisjoint(x.inputs):
                reached.add(x)
                if x in self.gradients:
                    found.append(x)
        return found

    def flow(self, through: Node, node: Node, between: set[Node]) -> Any:
        """What reaches `node` by the paths that lead through one of the nodes `between`; None if nothing does."""
        on = [x for x in self.order
              if x is through or (x in between and x not in self.given and x is not node)]
        grads = {through: self.given.get(through, self.gradients[through])}
        with silence(grads[through]):
            for _ in each_use(on, grads):
                pass
        return grads.get(node)

    def shaken(self, node: Node, by: Callable[[Node, Any], Any], between: set[Node]) -> Any:
        """The gradient of `node` where those of the nodes `between` are off by a little, `by(node, g)`."""
        root = self.order[-1]
        on = [x for x in self.order if x in between or x is root]
        grads: dict[Node, Any] = {root: self.gradients[root]}
        with silence(grads[root]):
            for _ in back(on, grads, lambda x, g: x.contributions(self.given.get(x, by(x, g)))):
                pass
        return grads.get(node)

    def carried(self, start: Node, g: Any, node: Node, between: set[Node]) -> Any:
        """What `node` receives of a gradient g of `start`, by way of the nodes `between`; None if nothing arrives."""
        if start is node:
            return g
        on = [x for x in self.order if x is start or (x in between and x is not node)]
        grads = {start: g}
        with silence(g):
            for _ in each_use(on, grads):
                pass
        return grads.get(node)

    def moved(self, node: Node, by: Any, between: Sequence[Node]) -> dict[Node, Any]:
        """How far the nodes `between` move where `node` moves by `by`, to first order: each op is tried on both sides.

        The product of this with a change of a node's gradient is that of `by` with the change that `node` receives.
        So it tells, before anything is carried back, whether a change can be the one looked for.
        """
        found = {node: by}
        for x in between:
            found[x] = None if x in self.given else _moved(x, [found.get(y) for y in x.inputs])
        return {x: way for x, way in found.items() if way is not None}


def _moved(node: Any, ways: Sequence[Any]) -> Any:
    """How far a node moves where its inputs move, None for those that stay; None where that can't be told."""
    size = max((largest(way) for way in ways if way is not None), default=0.0)
    if not size:
        return None
    step = 1e-5 / size
    inputs = [x._data if way is None or type(x._data) is float else x._data.astype("float64")
              for x, way in zip(node.inputs, ways)]
    try:
        ahead, behind = (recomputed(node, [x if way is None else x + side * way for x, way in zip(inputs, ways)])
                         for side in (step, -step))
        return (ahead - behind) / (2 * step)
    except (ArithmeticError, ValueError, TypeError, LookupError):
        return None


def recomputed(node: Any, inputs: Sequence[Any]) -> Any:
    """What the node's op makes of other inputs, numbers or arrays."""
    op = node.op
    if not node.kind:
        return op(*map(float, inputs))
    parameters = node._saved[len(inputs):]
    given = parameters[: len(parameters) - getattr(op, "keeps", 0)]         # what it keeps, it must find anew
    return op(*([inputs] if op.arity is None else inputs), *given)


def pull(node: Node, position: int, g: Any) -> Any:
    """What the input at `position` alone receives where the node's gradient is g."""
    with silence(g):
        return node.contributions(g, [i == position for i in range(len(node.inputs))])[position]


def raw(use: Use) -> Any:
    """What a use contributes before broadcasting is undone: the gradient that arrives times the local derivative."""
    with silence(use.arriving):
        return use.by.unfitted(use.arriving, [i == use.position for i in range(len(use.by.inputs))])[use.position]


def seed(root: Node) -> Any:
    """∂root/∂root, or what the last backward pass left there: the gradient from which the root's own were computed."""
    return root._grad if root._grad is not None and some(root._grad) else root.filled(1.0)


def uses(order: Sequence[Node]) -> dict[Node, list[tuple[Node, int]]]:
    """For every node, its uses: by which node, as which of its inputs. By what counts as a constant, it has none."""
    found: dict[Node, list[tuple[Node, int]]] = {node: [] for node in order}
    for node in [node for node in order if node.op is not None and not node.op.constant]:
        for position, x in enumerate(node.inputs):
            found[x].append((node, position))
    return found
