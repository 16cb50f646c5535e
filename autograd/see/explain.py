"""Where a gradient comes from: `paths` from a leaf to the result, and `explain`, the chain rule for one node in words.

Both put into words and numbers what `contributions` found on its way back through a finished graph; nothing is derived
here.
"""

from __future__ import annotations

import heapq
import html
import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.core.graph import Node, topological
from autograd.core.op import Op
from autograd.core.symbols import SIGN, Symbol
from autograd.core.value import Value
from autograd.learn.contributions import gradients, pull, seed, uses
from autograd.see.draw import broadcast, full_names, on_paths

__all__ = ["Explanation", "Path", "Paths", "explain", "paths"]


# Paths.

class Path:
    """One way from a leaf to the root.

    Attributes:
        nodes: the nodes on it, the leaf first, the root last.
        contribution: the product of the local derivatives along it; for Tensors, the gradient that flows back along
            it alone, in the leaf's shape.
    """

    def __init__(self, nodes: tuple[Any, ...], positions: tuple[int, ...], name_of: Mapping[Any, str],
                 start: Any) -> None:
        self.nodes = nodes
        self._positions = positions
        self._name_of = name_of
        self.contribution = start
        self.partials: tuple[float, ...] = ()       # ∂node/∂(the one before), for Values
        for node, position in zip(reversed(nodes[1:]), reversed(positions)):
            self.contribution = pull(node, position, self.contribution)
        if isinstance(nodes[0], Value):
            self.partials = tuple(node.partials[position] for node, position in zip(nodes[1:], positions))

    def __len__(self) -> int:
        return len(self.nodes)

    def __str__(self) -> str:
        names = [self._name_of[node] for node in self.nodes]
        way = " → ".join(names if len(names) <= 12 else [*names[:6], f"… {len(names) - 10} more …", *names[-4:]])
        if len(self.partials) <= 12 and self.partials:
            return f"{way}:  {_chain(' × ', self.partials)} = {number_text(self.contribution)}"
        return f"{way}:  {size_text(self.contribution)}"

    def __repr__(self) -> str:
        return f"<Path {self}>"


class Paths:
    """All paths from a leaf to a root: counted, summed up, and listed when asked.

    Attributes:
        count: how many there are, exactly.
        total: the sum of their contributions, which is ∂root/∂leaf; it is computed without listing them.
        limit: iterating ends after so many.
    """

    def __init__(self, order: Sequence[Any], root: Any, leaf: Any, limit: int, name_of: Mapping[Any, str]) -> None:
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
        self._start = 1.0 if isinstance(root, Value) else np.ones(root.shape, root.dtype)
        grads = gradients(self._on, root, self._start) if self.count else {}
        self.total = grads.get(leaf, 0.0 if isinstance(leaf, Value) else np.zeros(leaf.shape, leaf.dtype))

    def _steps(self, node: Any) -> list[tuple[Any, int, float]]:
        """From `node` towards the leaf: (input, position, log of the local derivative's size)."""
        return [(x, position, _log(node.partials[position]) if isinstance(node, Value) else 0.0)
                for position, x in enumerate(node.inputs) if self._ways.get(x) and x.requires_grad]

    def __iter__(self) -> Iterator[Path]:
        """The paths, those with the largest contribution first (for Tensors, in the graph's order), up to `limit`.

        Best first: a half-built path is charged for every step by which it left the best way to the leaf, so the
        cheapest one is always worth completing, and the first path of 2^60 takes no longer than its length.
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

    def _path(self, leaf: Any, trail: Any) -> Path:
        nodes, positions = [leaf], []
        while trail is not None:
            node, position, trail = trail
            nodes.append(node)
            positions.append(position)
        return Path(tuple(nodes), tuple(positions), self._name_of, self._start)

    def __str__(self) -> str:
        leaf, root = self._name_of.get(self.leaf, "leaf"), self._name_of[self.root]
        shown = [str(path) for path in itertools.islice(self, 10)]
        if self.count > len(shown):
            shown.append(f"… and {self.count - len(shown):,} more")
        many = f"{self.count:,} path{'s' * (self.count != 1)}"
        head = f"{many} from {leaf} to {root}; ∂{root}/∂{leaf} = {size_text(self.total)}"
        return "\n".join([head, *(f"  {line}" for line in shown)])

    def __repr__(self) -> str:
        return f"<Paths: {self.count:,} of them, total {size_text(self.total)}>"


class Sums(dict[Any, Any]):
    """node -> the sum of the contributions of the paths that pass it."""

    def __init__(self, sums: Mapping[Any, Any], leaf: str, root: str, name_of: Mapping[Any, str]) -> None:
        super().__init__(sums)
        self._lines = [f"through {name_of[node]}: {size_text(part)}" for node, part in sums.items()]
        self._head = f"∂{root}/∂{leaf}"

    def __str__(self) -> str:
        return "\n".join([self._head, *(f"  {line}" for line in self._lines)])


def paths(root: Node, leaf: Node, *, through: Sequence[Node] | None = None, limit: int = 1000,
          names: Mapping[str, Any] | None = None) -> Any:
    """Every path by which `leaf` reaches `root`. Their contributions sum to ∂root/∂leaf.

    Args:
        through: instead of the paths, sum their contributions by the node they pass: a dict from each of these nodes
            to the sum over the paths through it. (A path that passes two of them counts for both.)
        limit: how many to list at most, the largest first; `.count` and `.total` are always those of all.
        names: what to call nodes without a label, as `names=locals()`.

    Returns:
        A `Paths`, or with `through` a dict.

    >>> x = Value(3.0, label="x")
    >>> y = x * x + x; y.label = "y"
    >>> print(paths(y, x))
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


# Explaining.

def rule(op: Op, position: int, out: Any, inputs: Sequence[Any]) -> str:
    """∂out/∂input as text: the op's partial, fed with symbols for its result and inputs. Empty where there is none.

    >>> from autograd.core.ops import TABLE
    >>> rule(TABLE["tanh"], 0, Symbol("h"), [Symbol("z")])
    '1 − h·h'
    """
    try:
        slopes = op.slopes(out, *inputs)
        text = str(slopes[position]) if position < len(slopes) else ""
    except (TypeError, AttributeError, ValueError):  # a rule in closed form, which wants numbers
        return ""
    return prettified(text)


def prettified(text: str) -> str:
    """A rule as mathematics is written: 1 for 1.0, · for *, and [x > 0] for "1 where x > 0, else 0"."""
    text = re.sub(r"(?<![\w.])(\d+)\.0(?![\d])", r"\1", text)
    text = re.sub(r" \*\* (-?[\w.]+)", r"^\1", text)
    text = text.replace(" * ", "·").replace(" / ", "/").replace("-", "−")
    return f"[{text}]" if re.fullmatch(r"[^()]* (>|<|==|!=) [^()]*", text) else text




def rule_in_names(node: Any, position: int, name_of: Mapping[Any, str]) -> str:
    """The rule of one use, in the nodes' names."""
    return rule(node.op, position, Symbol(name_of[node]), [Symbol(name_of[x]) for x in node.inputs])


def rule_in_numbers(node: Any, position: int) -> str:
    """The rule of one use of a Value, in numbers."""
    symbols = [Symbol(f"{x:.4g}", SIGN if x < 0 else 5) for x in (node.data, *(x.data for x in node.inputs))]
    return rule(node.op, position, symbols[0], symbols[1:])


class Explanation:
    """The chain rule for one node: `str()` of it for a terminal; in a notebook it shows itself.

    Attributes:
        gradient: ∂root/∂node, summed over its uses.
        contributions: one per use.
        remainder: what `.grad` has beyond the gradient: not 0 if it is stale.
    """

    def __init__(self, order: Sequence[Any], root: Any, node: Any, name_of: Mapping[Any, str]) -> None:
        self.root, self.node = root, node
        self._name_of = name_of
        start = seed(root)
        grads = gradients(order, root, start)
        self.uses = [(user, position) for user, position in uses(order)[node] if user in grads and node.requires_grad]
        self.contributions = [pull(user, position, grads[user]) for user, position in self.uses]
        self._upstream = [grads[user] for user, _ in self.uses]
        zero = 0.0 if isinstance(node, Value) else np.zeros(node.shape, node.dtype)
        self.gradient = start if node is root else grads.get(node, zero)
        self.has_run = bool(root.grad) if isinstance(root, Value) else root._grad is not None
        grad = node.grad if isinstance(node, Value) else (zero if node._grad is None else np.asarray(node._grad))
        self.grad = grad
        with np.errstate(all="ignore"):
            self.remainder = grad - self.gradient
        self._seeded = not np.all(np.asarray(start) == 1.0)

    @property
    def agrees(self) -> bool:
        """Whether `.grad` is the gradient, up to rounding."""
        gradient = np.asarray(self.gradient)
        tolerance = 1e-4 if gradient.dtype == np.float32 else 1e-9
        smallest = 1e-3 * tolerance * float(np.max(np.abs(gradient[np.isfinite(gradient)]), initial=0.0))
        return bool(np.allclose(self.grad, gradient, rtol=tolerance, atol=smallest, equal_nan=True))

    def lines(self) -> list[str]:
        """One line per use."""
        return [self._line(*use, g, part) for use, g, part in zip(self.uses, self._upstream, self.contributions)]

    def _line(self, user: Any, position: int, g: Any, part: Any) -> str:
        name, root, through = (self._name_of[x] for x in (self.node, self.root, user))
        text = rule_in_names(user, position, self._name_of)
        if isinstance(user, Value):
            factor = f"∂{through}/∂{name}"
            middle = f"{text} = " if text and not re.fullmatch(r"−?[\d.]+", text) else ""
            told = f" with {factor} = {middle}{number_text(user.partials[position])}" if middle else ""
            return (f"through {through}: ∂{root}/∂{through} · {factor} = "
                    f"{_chain(' × ', [g, user.partials[position]])} = {number_text(part)}{told}")
        how = f"∂{through}/∂{name} = {text}" if text else (user.op.words or f"by the rule of {user.op.name}")
        spread = broadcast(user, self.node)
        summed = f"; broadcast {spread}, so its gradient is summed back over the repeated axes" if spread else ""
        return f"through {through} {user.shape} ({user.op.symbol}): {how}{summed}; contributes {size_text(part)}"

    def verdict(self) -> str:
        """How `.grad` compares."""
        name, root = self._name_of[self.node], self._name_of[self.root]
        if not isinstance(self.node, Value) and not self.node.requires_grad:
            return f"{name} requires no gradient: it is a constant to the engine"
        if self.agrees:
            return f"{name}.grad = {size_text(self.grad)} ✓"
        if not self.has_run:
            return f"{name}.grad = {size_text(self.grad)}: no backward pass was run from {root}; call {root}.backward()"
        return (f"{name}.grad = {size_text(self.grad)}, a remainder of {size_text(self.remainder)}: it is stale. "
                "Gradients add up over calls of backward() until they are set to zero; was backward() run twice, "
                "or zero_grad() forgotten?")

    def _head(self) -> tuple[str, str]:
        name, root = self._name_of[self.node], self._name_of[self.root]
        head = f"∂{root}/∂{name} = {size_text(self.gradient)}"
        if self.node is self.root:
            return head, "it is the root: its gradient is where backward() starts"
        count = len(self.uses)
        how = "not used" if not count else "used once" if count == 1 else f"used {count:,} times"
        return head, f"{name} is {how} on the way to {root}"

    def _parts(self) -> list[str]:
        lines = self.lines()
        if len(lines) > 20:
            rest = sum(self.contributions[20:])
            lines = [*lines[:20], f"… and {len(lines) - 20:,} more uses, which contribute {size_text(rest)} together"]
        if len(self.contributions) > 1:
            terms = ""
            if isinstance(self.node, Value) and len(self.contributions) <= 8:
                terms = f"{_chain(' + ', self.contributions)} = "
            lines.append(f"sum: {terms}{size_text(self.gradient)}")
        if self._seeded:
            lines.append(f"(counted from {self._name_of[self.root]}.grad = {size_text(seed(self.root))}, not from 1)")
        return lines

    def __str__(self) -> str:
        head, how = self._head()
        return "\n".join([head, how, *(f"  {line}" for line in self._parts()), self.verdict()])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        head, how = self._head()
        items = "".join(f"<li style='margin:.2em 0'>{html.escape(line)}</li>" for line in self._parts())
        colour = "#16a34a" if self.agrees else "#e11d48"
        return (f"<div style='font-family:Helvetica,Arial,sans-serif;line-height:1.5'><b style='font-size:1.15em'>"
                f"{html.escape(head)}</b><br/>{html.escape(how)}<ul style='margin:.3em 0'>{items}</ul>"
                f"<span style='color:{colour}'>{html.escape(self.verdict())}</span></div>")


def explain(root: Node, node: Node, *, names: Mapping[str, Any] | None = None) -> Explanation:
    """The chain rule for one node's gradient in words, symbols and numbers, checked against its `.grad`.

    Raises:
        TypeError: if either is not a node.
        ValueError: if `root` does not depend on `node`.

    >>> z = Value(0.5, label="z"); p = z.tanh(); p.label = "p"
    >>> loss = p * p; loss.label = "loss"; loss.backward()
    >>> print(explain(loss, z))
    ∂loss/∂z = 0.727
    z is used once on the way to loss
      through p: ∂loss/∂p · ∂p/∂z = 0.924 × 0.786 = 0.727 with ∂p/∂z = 1 − p·p = 0.786
    z.grad = 0.727 ✓
    """
    for x in (root, node):
        if not isinstance(x, Node):
            raise TypeError(f"explain: got {type(x).__name__}, expected nodes: explain(root, node)")
    order = topological(root)
    name_of = full_names(order, names)
    if node not in name_of:
        raise ValueError(f"explain: {name_of[root]} was not computed from {node.label or 'this node'}")
    return Explanation(order, root, node, name_of)


# Numbers as text.

def number_text(x: Any) -> str:
    return f"{float(x):.3g}".replace("-", "−")


def _chain(sign: str, numbers: Sequence[Any]) -> str:
    """The numbers with `sign` between them, negative ones in parentheses but for the first."""
    texts = [number_text(x) for x in numbers]
    return sign.join([texts[0], *(f"({text})" if text.startswith("−") else text for text in texts[1:])])


def size_text(x: Any) -> str:
    """A number, a small array, or the size of a large one."""
    x = np.asarray(x)
    if x.ndim == 0:
        return number_text(x)
    if x.size <= 6 and x.ndim == 1:
        return "[" + ", ".join(map(number_text, x.tolist())) + "]"
    with np.errstate(all="ignore"):
        return f"{x.shape} of norm {number_text(math.sqrt(float(np.square(x, dtype=np.float64).sum())))}"


def _log_product(x: float, y: float) -> float:
    return x + y if x + y == x + y else math.inf    # 0·∞


def _log(partial: float) -> float:
    """log |partial|; -inf for 0; what is not a number counts as infinitely large, so that it is listed first."""
    size = abs(partial)
    return math.log(size) if 0.0 < size < math.inf else (-math.inf if size == 0.0 else math.inf)
