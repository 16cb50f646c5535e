"""`paths`: the ways from a leaf to the result, and what each contributes to the leaf's gradient.

They are counted and summed without being listed, since there may be 2^60 of them. Nothing is derived here: what a use
contributes, `contributions` says.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autograd.core.graph import Node, topological
from autograd.core.plain import any_terminal
from autograd.learn.contributions import gradients, pull
from autograd.see.display import card, items, table
from autograd.see.naming import full_names, on_paths
from autograd.see.telling import chain, size_text

if TYPE_CHECKING:
    from autograd.arrays.convert import Array

__all__ = ["Path", "Paths", "paths"]


class Path:
    """One way from a leaf to the root.

    Attributes:
        nodes: the nodes on it, the leaf first, the root last.
        contribution: the product of the local derivatives along it; for Tensors, the gradient that flows back along
            it alone, in the leaf's shape.
        partials: for Values, these derivatives: ∂node/∂(the one before it).
    """

    def __init__(self, nodes: tuple[Node, ...], positions: tuple[int, ...], name_of: Mapping[Node, str],
                 start: float | Array) -> None:
        self.nodes = nodes
        self._positions = positions
        self._name_of = name_of
        self.contribution = start
        self.partials = tuple(node.partials[position] for node, position in zip(nodes[1:], positions) if node.partials)
        for node, position in zip(reversed(nodes[1:]), reversed(positions)):
            self.contribution = pull(node, position, self.contribution)

    def __len__(self) -> int:
        return len(self.nodes)

    def cells(self) -> list[str]:
        """The way, the product along it where that is short, and what it comes to."""
        names = [self._name_of[node] for node in self.nodes]
        way = " → ".join(names if len(names) <= 12 else [*names[:6], f"… {len(names) - 10} more …", *names[-4:]])
        product = chain(" × ", self.partials) if 0 < len(self.partials) <= 12 else ""
        return [way, product, size_text(self.contribution)]

    def __str__(self) -> str:
        any_terminal()
        way, product, result = self.cells()
        return f"{way}:  {product} = {result}" if product else f"{way}:  {result}"

    def __repr__(self) -> str:
        return f"<Path {self}>"


class Paths:
    """All paths from a leaf to a root: counted, summed up, and listed when asked.

    Attributes:
        count: how many there are, exactly.
        total: the sum of their contributions, which is ∂root/∂leaf; it is computed without listing them.
        limit: iterating ends after so many.
    """

    def __init__(self, order: Sequence[Node], root: Node, leaf: Node, limit: int, name_of: Mapping[Node, str]) -> None:
        self.root, self.leaf, self.limit = root, leaf, limit
        self._name_of = name_of
        reached = on_paths(order, [leaf])
        self._on = [node for node in order if id(node) in reached]
        self._ways = ways = {leaf: 1}               # how many paths lead from the leaf to each node
        self._best = best = {leaf: 0.0}             # the largest product along one of them, as a logarithm
        for node in self._on:
            if node is leaf:
                continue
            steps = self._steps(node)
            ways[node] = sum(ways[x] for x, _, _ in steps)
            best[node] = max((_log_product(weight, best[x]) for x, _, weight in steps), default=-math.inf)
        self.count = ways.get(root, 0)
        self._start = root.filled(1.0)
        grads = gradients(self._on, root, self._start) if self.count else {}
        self.total = grads.get(leaf, leaf.filled(0.0))

    def _steps(self, node: Node) -> list[tuple[Node, int, float]]:
        """From `node` towards the leaf: (input, position, log of the local derivative's size)."""
        if node.op is not None and node.op.constant:
            return []
        return [(x, position, _log(node.partials[position]) if node.partials else 0.0)
                for position, x in enumerate(node.inputs) if self._ways.get(x) and x.requires_grad]

    def __iter__(self) -> Iterator[Path]:
        """The paths, those with the largest contribution first (for Tensors, in the graph's order), up to `limit`.

        They are built from the root towards the leaf. A path that is under way is charged for what it lost each time it
        left the best way; the one with the smallest charge goes on. So the first of 2^60 paths takes as many steps as
        it is long.
        """
        if not self.count:
            return
        serial = itertools.count()
        waiting: list[Any] = [(0.0, 0, next(serial), self.root, None)]
        listed = 0
        while waiting and listed < self.limit:
            charge, depth, _, node, trail = heapq.heappop(waiting)
            if node is self.leaf:
                listed += 1
                yield self._path(node, trail)
                continue
            for x, position, weight in self._steps(node):
                through = _log_product(weight, self._best[x])
                lost = 0.0 if through == self._best[node] else self._best[node] - through
                heapq.heappush(waiting, (charge + lost, depth - 1, next(serial), x, (node, position, trail)))

    def _path(self, leaf: Node, trail: Any) -> Path:
        nodes, positions = [leaf], []
        while trail is not None:
            node, position, trail = trail
            nodes.append(node)
            positions.append(position)
        return Path(tuple(nodes), tuple(positions), self._name_of, self._start)

    def head(self) -> str:
        """How many there are, and their sum, in a line."""
        leaf, root = self._name_of.get(self.leaf, "leaf"), self._name_of[self.root]
        many = f"{self.count:,} path{'s' * (self.count != 1)}"
        return f"{many} from {leaf} to {root}; ∂{root}/∂{leaf} = {size_text(self.total)}"

    def __str__(self) -> str:
        any_terminal()
        shown = [str(path) for path in itertools.islice(self, 10)]
        if self.count > len(shown):
            shown.append(f"… and {self.count - len(shown):,} more")
        return "\n".join([self.head(), *(f"  {line}" for line in shown)])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        rows = [path.cells() for path in itertools.islice(self, 10)]
        if self.count > len(rows):
            rows.append([f"… and {self.count - len(rows):,} more", "", ""])
        return card(self.head(), table(["path", "product of the partials", "contribution"],
                                       [*rows, ["sum", "", size_text(self.total)]], total=True))


class Sums(dict[Node, Any]):
    """node -> the sum of the contributions of the paths that pass it."""

    def __init__(self, sums: Mapping[Node, object], leaf: str, root: str, name_of: Mapping[Node, str]) -> None:
        super().__init__(sums)
        self._lines = [f"through {name_of[node]}: {size_text(part)}" for node, part in sums.items()]
        self._head = f"∂{root}/∂{leaf}"

    def __str__(self) -> str:
        any_terminal()
        return "\n".join([self._head, *(f"  {line}" for line in self._lines)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return card(self._head, items(self._lines))


def paths(root: Node, leaf: Node, *, through: Sequence[Node] | None = None, limit: int = 1000,
          names: Mapping[str, object] | None = None) -> Any:
    """Every path by which `leaf` reaches `root`. Their contributions sum to ∂root/∂leaf.

    Args:
        through: nodes. For each of them, the contributions of the paths that pass it are summed. (A path that passes
            two of them counts for both.)
        limit: how many to list at most, the largest first; `.count` and `.total` are always those of all.
        names: what to call nodes without a label, as `names=locals()`.

    Returns:
        A `Paths`; with `through`, a dict from each of these nodes to its sum.

    >>> from autograd import Value
    >>> x = Value(3.0, label="x")
    >>> y = x * x + x; y.label = "y"
    >>> paths(y, x)
    3 paths from x to y; ∂y/∂x = 7
      x → v2 → y:  3 × 1 = 3
      x → v2 → y:  3 × 1 = 3
      x → y:  1 = 1
    """
    for node in (root, leaf, *(through or ())):
        if not isinstance(node, Node):
            raise TypeError(f"paths: got {type(node).__name__}, expected nodes: paths(root, leaf)")
    order = topological(root)
    name_of = full_names(order, names)
    found = Paths(order, root, leaf, limit, name_of)
    if through is None:
        return found
    grads = gradients(found._on, root, found._start) if found.count else {}
    sums = {}
    for node in through:
        if node not in name_of:
            raise ValueError(f"paths: {node.label or 'a node'} in through= is not part of the graph")
        below = topological(node)
        reached = on_paths(below, [leaf])
        on = [x for x in below if id(x) in reached]
        back = gradients(on, node, grads[node]) if node in grads and id(node) in reached else {}
        sums[node] = back.get(leaf, found.total * 0.0)
    return Sums(sums, name_of.get(leaf, "leaf"), name_of[root], name_of)


def _log_product(x: float, y: float) -> float:
    return x + y if x + y == x + y else math.inf    # 0·∞


def _log(partial: float) -> float:
    """log |partial|; -inf for 0; what is not a number counts as infinitely large, so that it is listed first."""
    size = abs(partial)
    return math.log(size) if 0.0 < size < math.inf else (-math.inf if size == 0.0 else math.inf)
