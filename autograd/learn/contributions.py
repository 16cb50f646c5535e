"""What each use of a node contributes to its gradient, for whoever tells a reader where a gradient comes from.

Loops over the walk back: they touch nobody's `.grad`, and derive nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograd.core.graph import Node, Use, back
from autograd.core.op import numpy

__all__ = ["each_use", "gradients", "pull", "raw", "seed", "uses"]


def each_use(order: Sequence[Any], grads: dict[Any, Any], given: Mapping[Any, Any] | None = None) -> Iterator[Use]:
    """Every use of a node, from the end of `order` back to its beginning; `grads` is filled on the way.

    A node in `given` passes on the gradient that stands there in place of its own.
    """
    if not given:
        return back(order, grads)
    return back(order, grads, lambda node, g: node.contributions(given.get(node, g)))


def gradients(order: Sequence[Any], root: Any, start: Any) -> dict[Any, Any]:
    """∂root/∂node for every node below the root, computed afresh, whatever the nodes' own `.grad` say."""
    grads: dict[Any, Any] = {root: start}
    with _silence(root):
        for _ in back(order, grads):
            pass
    return grads


def pull(node: Node, position: int, g: Any) -> Any:
    """What the input at `position` alone receives where the node's gradient is g."""
    with _silence(node):
        return node.contributions(g, [i == position for i in range(len(node.inputs))])[position]


def raw(use: Use) -> Any:
    """What a use contributes before broadcasting is undone: the gradient that arrives times the local derivative."""
    node = use.by
    if not hasattr(node, "_saved"):
        return use.contribution
    inputs, saved = node.inputs, node._saved
    needs = [i == use.position for i in range(len(inputs))]
    with _silence(node):
        parts = node.op.pulled(needs, use.arriving, node._data, saved[:len(inputs)], saved[len(inputs):])
    return numpy("raw").asarray(parts[use.position])


def seed(root: Any) -> Any:
    """∂root/∂root, or what the last backward pass left there: the gradient from which the root's own were computed."""
    if type(root._data) is float:
        return root.grad or 1.0
    np = numpy("seed")
    return np.asarray(root._grad) if root._grad is not None and np.any(root._grad) else np.ones(root.shape, root.dtype)


def uses(order: Sequence[Any]) -> dict[Any, list[tuple[Any, int]]]:
    """For every node, its uses: by which node, as which of its inputs."""
    found: dict[Any, list[tuple[Any, int]]] = {node: [] for node in order}
    for node in order:
        for position, x in enumerate(node.inputs):
            found[x].append((node, position))
    return found


class _silence:
    """NumPy's warnings off, for graphs of arrays; nothing for graphs of numbers, which need no NumPy."""

    def __init__(self, node: Any) -> None:
        self.state: Any = None if type(node._data) is float else numpy("gradients").errstate(all="ignore")

    def __enter__(self) -> None:
        if self.state is not None:
            self.state.__enter__()

    def __exit__(self, *exception: Any) -> None:
        if self.state is not None:
            self.state.__exit__(*exception)
