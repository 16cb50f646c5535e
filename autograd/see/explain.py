"""`explain`: the chain rule for one node, in words, symbols and numbers.

It puts into words what `contributions` found on its way back through a finished graph; nothing is derived here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from autograd.core.graph import Node, topological
from autograd.core.plain import any_terminal
from autograd.learn.alike import close, every, finite_part, largest, shape_of, silence, some
from autograd.learn.contributions import gradients, pull, seed, uses
from autograd.see.display import card, items, note
from autograd.see.naming import full_names
from autograd.see.telling import broadcast, chain, number_text, rule_in_names, size_text, words_of

if TYPE_CHECKING:
    from autograd.arrays.convert import Array

__all__ = ["Explanation", "explain"]


class Explanation:
    """The chain rule for one node: `str()` of it for a terminal; in a notebook it shows itself.

    Attributes:
        gradient: ∂root/∂node, summed over its uses.
        contributions: one per use.
        remainder: what `.grad` has beyond the gradient: not 0 if it is stale.
    """

    def __init__(self, order: Sequence[Node], root: Node, node: Node, name_of: Mapping[Node, str]) -> None:
        self.root, self.node = root, node
        self._name_of = name_of
        start = seed(root)
        grads = gradients(order, root, start)
        self.uses = [(user, position) for user, position in uses(order)[node] if user in grads and node.requires_grad]
        self.contributions = [pull(user, position, grads[user]) for user, position in self.uses]
        self._upstream = [grads[user] for user, _ in self.uses]
        zero = node.filled(0.0)
        self.gradient = start if node is root else grads.get(node, zero)
        self.has_run = root._grad is not None and some(root._grad)
        self.grad = zero if node._grad is None else node._grad
        with silence(zero):
            self.remainder = self.grad - self.gradient
        self._seeded = not every(start == 1.0)

    @property
    def agrees(self) -> bool:
        """Whether `.grad` is the gradient, up to rounding."""
        tolerance = 1e-4 if self.node.kind.endswith("float32") else 1e-9
        return close(self.grad, self.gradient, tolerance, 1e-3 * tolerance * largest(finite_part(self.gradient)))

    def lines(self) -> list[str]:
        """One line per use."""
        return [self._line(*use, g, part) for use, g, part in zip(self.uses, self._upstream, self.contributions)]

    def _line(self, user: Node, position: int, g: float | Array, part: float | Array) -> str:
        name, root, through = (self._name_of[x] for x in (self.node, self.root, user))
        text = rule_in_names(user, position, self._name_of)
        if user.partials:
            factor = f"∂{through}/∂{name}"
            middle = f"{text} = " if text and not re.fullmatch(r"−?[\d.]+", text) else ""
            told = f" with {factor} = {middle}{number_text(user.partials[position])}" if middle else ""
            return (f"through {through}: ∂{root}/∂{through} · {factor} = "
                    f"{chain(' × ', [g, user.partials[position]])} = {number_text(part)}{told}")
        assert user.op is not None
        how = f"∂{through}/∂{name} = {text}" if text else words_of(user.op)
        spread = broadcast(user, self.node)
        summed = f"; broadcast {spread}, so its gradient is summed back over the repeated axes" if spread else ""
        shape = shape_of(user._data)
        return f"through {through} {shape} ({user.op.symbol}): {how}{summed}; contributes {size_text(part)}"

    def verdict(self) -> str:
        """How `.grad` compares."""
        name, root = self._name_of[self.node], self._name_of[self.root]
        if not self.node.requires_grad:
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
            if not self.node.kind and len(self.contributions) <= 8:
                terms = f"{chain(' + ', self.contributions)} = "
            lines.append(f"sum: {terms}{size_text(self.gradient)}")
        if self._seeded:
            lines.append(f"(counted from {self._name_of[self.root]}.grad = {size_text(seed(self.root))}, not from 1)")
        return lines

    def __str__(self) -> str:
        any_terminal()
        head, how = self._head()
        return "\n".join([head, how, *(f"  {line}" for line in self._parts()), self.verdict()])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        head, how = self._head()
        return card(head, note(how) + items(self._parts()) + note(self.verdict(), "right" if self.agrees else "wrong"))


def explain(root: Node, node: Node, *, names: Mapping[str, object] | None = None) -> Explanation:
    """The chain rule for one node's gradient in words, symbols and numbers, checked against its `.grad`.

    Raises:
        TypeError: if either is not a node.
        ValueError: if `root` does not depend on `node`.

    >>> from autograd import Value
    >>> z = Value(0.5, label="z"); p = z.tanh(); p.label = "p"
    >>> loss = p * p; loss.label = "loss"; loss.backward()
    >>> explain(loss, z)
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
