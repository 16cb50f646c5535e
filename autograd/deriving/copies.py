"""A graph's copy to derive from, in which ops that do many steps at once are written out in small ones.

A fused cross-entropy becomes softmax, logarithm and sum; `log_softmax`, which avoids underflow by a detour, becomes
x − log Σ e^x. The copies hold the same numbers, so that all that is derived can be checked against the graph itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd.core.graph import Node, topological
from autograd.core.nary import total
from autograd.core.value import Value

__all__ = ["Copy", "copied"]


class Copy(Node):
    """A node by itself: its op, inputs, label and numbers."""

    __slots__ = ("_data", "_saved", "inputs", "requires_grad")
    inputs: tuple[Any, ...]

    def __init__(self, node: Any, inputs: tuple[Any, ...], label: str) -> None:
        self.op, self.inputs, self._data = node.op, inputs, node._data
        self.requires_grad = node.requires_grad
        self._saved = getattr(node, "_saved", None)
        self._notes = {"label": label} if label else None

    @property
    def data(self) -> Any:
        return self._data

    @property
    def shape(self) -> tuple[int, ...]:
        return getattr(self._data, "shape", ())

    @property
    def dtype(self) -> Any:
        return self._data.dtype

    @property
    def is_array(self) -> bool:
        return hasattr(self._data, "shape")


def copied(root: Any, names: Mapping[Any, str], memo: dict[Any, Any]) -> Any:
    """The copy of a node and of all below it; `memo` holds what was copied before."""
    for node in topological(root):
        if node not in memo:
            small = None if node.op is None else in_small_steps(node)
            if small is None:
                memo[node] = Copy(node, tuple(memo[x] for x in node.inputs), (node.label or names.get(node, "")))
            else:
                out, starts = small
                called = {out: node.label or names.get(node, "")}
                memo[node] = copied(out, called, {leaf: memo[x] for leaf, x in starts.items()})
    return memo[root]


def in_small_steps(node: Any) -> tuple[Any, dict[Any, Any]] | None:
    """The same computed in small steps from new leaves, and which inputs of the node those stand for."""
    if node.op.name == "cross_entropy" and hasattr(node.op, "rows"):
        leaves = [Value(x.data) for x in node.inputs]
        return _of_values(leaves, node.op.rows, node.op.reduction), dict(zip(leaves, node.inputs))
    if node.op.name == "cross_entropy" and hasattr(node.op, "vjps"):
        return _of_tensor(node)
    return _log_softmax(node) if node.op.name == "sub" and not isinstance(node, Value) else None


def _of_values(z: list[Value], rows: Any, reduction: str) -> Value:
    width, losses = rows.like.shape[1], []
    for i, weights in enumerate(rows.q.tolist()):
        powers = [x.exp() for x in z[i * width:(i + 1) * width]]
        whole = total(powers)
        losses += [-w * (power / whole).log() if w != 1.0 else -(power / whole).log()
                   for w, power in zip(weights, powers) if w != 0.0]
    loss = losses[0] if len(losses) == 1 else total(losses)
    return loss / rows.divisor if reduction == "mean" and rows.divisor != 1.0 else loss


def _of_tensor(node: Any) -> tuple[Any, dict[Any, Any]] | None:
    from autograd.arrays.tensor import Tensor
    (x,) = node.inputs
    _, reduction, *_, rows, _, _ = node._saved[1:]
    if x._data.ndim != 2 or rows.kept is not None:
        return None
    z = Tensor(x._data, requires_grad=True)
    shifted = z - Tensor(x._data.max(1, keepdims=True)) if abs(x._data).max() > 30 else z
    powers = shifted.exp()
    p = powers / powers.sum(1, keepdim=True)
    losses = -(Tensor(rows.q) * p.log()).sum(1)
    if reduction == "none":
        return losses, {z: x}
    return losses.sum() / rows.divisor if reduction == "mean" else losses.sum(), {z: x}


def _log_softmax(node: Any) -> tuple[Any, dict[Any, Any]] | None:
    """x − log Σ e^x for the graph that `log_softmax` makes: u − log(1 + Σ' e^u), with u = x − max x."""
    from autograd.arrays.tensor import Tensor
    below, normaliser = node.inputs

    def made_by(x: Any, op: str) -> bool:
        return x.op is not None and x.op.name == op

    if not made_by(normaliser, "log1p") or not made_by(normaliser.inputs[0], "sum"):
        return None
    (masked,) = normaliser.inputs[0].inputs
    if not made_by(masked, "mul") or not made_by(masked.inputs[0], "exp") or masked.inputs[0].inputs[0] is not below:
        return None
    divided = made_by(below, "div") and below.inputs[1].op is None
    difference = below.inputs[0] if divided else below
    if not made_by(difference, "sub") or not made_by(difference.inputs[1], "pick"):
        return None
    x = difference.inputs[0]
    z = Tensor(x._data, requires_grad=True)
    y = z / below.inputs[1]._data if divided else z
    dims = normaliser.inputs[0]._saved[1]
    if abs(y._data).max() > 30:
        y = y - Tensor(y._data.max(dims, keepdims=True))
    return y - y.exp().sum(dims, keepdim=True).log(), {z: x}
