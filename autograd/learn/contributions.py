"""What each use of a node contributes to its gradient: a backward pass that keeps what the engines add up and forget.

It goes back through a finished graph by the ops' own rules, touches nobody's `.grad`, and derives nothing. Whoever
tells a reader where a gradient comes from (`walkthrough`, `stepping`, `diagnosis`) reads it here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.arrays.generated import fitted
from autograd.core.value import Value
from autograd.derivatives import fed

__all__ = ["Use", "each_use", "flows", "gradients", "pull", "received", "seed", "uses"]


@dataclass
class Use:
    """One use of a node: by which node, as which of its inputs, and what it adds to the gradient."""

    node: Any
    by: Any
    position: int
    upstream: Any                                   # the gradient of `by`
    raw: Any                                        # upstream times the local derivative, broadcasting not yet undone
    contribution: Any                               # the same in the shape and dtype of the node


def received(node: Any, g: Any, wanted: Sequence[bool] | None = None) -> list[Use]:
    """What each input of `node` gets where the node gets the gradient g, leaving out inputs that have no gradient."""
    inputs = node.inputs
    if isinstance(node, Value):
        parts = [g * partial for partial in node.partials]
        return [Use(x, node, i, g, part, part) for i, (x, part) in enumerate(zip(inputs, parts))]
    if not inputs:
        return []
    wanted = [flows(node, x) for x in inputs] if wanted is None else wanted
    found = []
    with np.errstate(all="ignore"):
        for i, (x, part) in enumerate(zip(inputs, fed(node.op, wanted, g, node._data, node._saved))):
            if wanted[i]:
                raw = np.asarray(part)
                found.append(Use(x, node, i, g, raw, fitted(raw, x._data)))
    return found


def pull(node: Any, position: int, g: Any) -> Any:
    """What the input at `position` alone gets."""
    (use,) = [use for use in received(node, g, [i == position for i in range(len(node.inputs))])
              if use.position == position]
    return use.contribution


def each_use(order: Sequence[Any], grads: dict[Any, Any], given: Mapping[Any, Any] | None = None) -> Iterator[Use]:
    """Every use of a node, from the end of `order` back to its beginning.

    `grads` says with what gradient of which node to begin; the other nodes' are added to it on the way. A node in
    `given` passes on the gradient that stands there in place of its own.
    """
    for node in reversed(order):
        if node not in grads or node.op is None:
            continue
        for use in received(node, grads[node] if given is None or node not in given else given[node]):
            grads[use.node] = grads[use.node] + use.contribution if use.node in grads else use.contribution
            yield use


def gradients(order: Sequence[Any], root: Any, start: Any) -> dict[Any, Any]:
    """∂root/∂node for every node below the root, computed afresh, whatever the nodes' own `.grad` say."""
    grads: dict[Any, Any] = {root: start}
    for _ in each_use(order, grads):
        pass
    return grads


def seed(root: Any) -> Any:
    """∂root/∂root, or what the last backward pass left there: the gradient from which the root's own were computed."""
    if isinstance(root, Value):
        return root.grad or 1.0
    return np.asarray(root._grad) if root._grad is not None and np.any(root._grad) else np.ones(root.shape, root.dtype)


def flows(node: Any, x: Any) -> bool:
    """Whether a gradient flows from `node` to its input x."""
    return isinstance(node, Value) or x.requires_grad


def uses(order: Sequence[Any]) -> dict[Any, list[tuple[Any, int]]]:
    """For every node, its uses: by which node, as which of its inputs."""
    found: dict[Any, list[tuple[Any, int]]] = {node: [] for node in order}
    for node in order:
        for position, x in enumerate(node.inputs):
            found[x].append((node, position))
    return found
