"""A graph's copy to derive from, in which ops that do many steps at once are written out in small ones.

A fused cross-entropy becomes softmax, logarithm and sum; log-sum-exp becomes log Σ e^x, `log_softmax` x − log Σ e^x.
What counts as a constant, as the largest that softmax takes from all, becomes a leaf. The copies hold the same numbers,
so that all that is derived can be checked against the graph itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd.core.graph import Node, back, topological
from autograd.core.nary import total
from autograd.core.value import Value
from autograd.deriving.fields import OutsideError

__all__ = ["Copy", "copied"]

Leaf = Callable[[Any], Any]                         # makes the new leaf that stands for a node
LARGE = 30                                          # beyond, the largest is taken away before exp


class Copy(Node):
    """A node by itself: its op, inputs, label and numbers."""

    __slots__ = ("_data", "_saved", "data", "dtype", "inputs", "is_array", "largest", "requires_grad", "shape")
    inputs: tuple[Any, ...]
    is_array: bool

    def __init__(self, node: Any, inputs: tuple[Any, ...], label: str, largest: bool = False) -> None:
        self.largest = largest                      # of several, and a constant
        self.op, self.inputs, self._data = node.op, inputs, node._data
        self.data = node._data
        self.is_array = hasattr(node._data, "shape")
        self.shape: tuple[int, ...] = node._data.shape if self.is_array else ()
        self.dtype: Any = node._data.dtype if self.is_array else None
        self.requires_grad = node.requires_grad
        self._saved = getattr(node, "_saved", None)
        self._notes = {"label": label} if label else None
        if largest:
            self.op = self._saved = None
            self.requires_grad = False


def copied(root: Any, names: Mapping[Any, str], memo: dict[Any, Any]) -> Any:
    """The copy of a node and of all below it; `memo` holds what was copied before."""
    order = topological(root)
    masked, shifts = masks(order), cancelling(order)
    for node in order:
        if node in memo:
            continue
        if node in masked:                          # whoever takes e^x of it writes M·e^x
            memo[node] = kept = memo[masked[node]]
            if node.label and not kept.label:
                kept.label = node.label
            continue
        if is_largest(node) or node in shifts:
            memo[node] = Copy(node, (), node.label or "max", largest=True)
            continue
        small = None if node.op is None else in_small_steps(node)
        if small is None:
            memo[node] = Copy(node, tuple(memo[x] for x in node.inputs), (node.label or names.get(node, "")))
        else:
            out, starts = small
            for c, x in enumerate(node.inputs, 1):  # one row of logits without names: z_1, z_2, …
                if hasattr(node.op, "aims") and len(node.op.aims.q) == 1 and x.op is not None and not memo[x].label:
                    memo[x].label = f"z_{c}"
            called = {out: node.label or names.get(node, "")}
            memo[node] = copied(out, called, {leaf: memo[x] for leaf, x in starts.items()})
    return memo[root]


def masks(order: Sequence[Any]) -> dict[Any, Any]:
    """Each node that is −∞ where something is masked, and of which only powers of e are taken: the node it masks."""
    found = {node: kept[0] for node in order if (kept := _kept(node))}
    if not found:
        return found
    users: dict[Any, list[Any]] = {}
    for node in order:
        for x in node.inputs:
            users.setdefault(x, []).append(node)

    def only_powers(node: Any) -> bool:
        return bool(users.get(node)) and all(by.op.name == "exp" or (by.op.name in ("below", "div") and only_powers(by))
                                             for by in users[node])

    return {node: kept for node, kept in found.items() if only_powers(node)}


def cancelling(order: Sequence[Any]) -> set[Any]:
    """Each largest along an axis that is only added or subtracted, where the root does not depend on it.

    That is so in a softmax written by hand.
    """
    found = {node for node in order if node.op is not None and node.op.name in ("max_along", "max_all")
             and all(by.op.name in ("sub", "add") for by in order if any(x is node for x in by.inputs))}
    if found:
        from numpy.random import default_rng
        gradients = {order[-1]: default_rng(0).normal(size=order[-1].shape).astype(order[-1].dtype)}
        for _ in back(order, gradients):
            pass
        found = {x for x in found if abs(gradients[x]).max() < 1e-5 * abs(gradients[x.inputs[0]]).max()}
    return found


def is_largest(node: Any) -> bool:
    """Whether a node is the largest of some Values, which counts as a constant."""
    return isinstance(node, Value) and node.op is not None and node.op.name == "max" and node.op.constant


def in_small_steps(node: Any) -> tuple[Any, dict[Any, Any]] | None:
    """The same computed in small steps from new leaves, and which nodes below it those stand for."""
    stands: dict[Any, Any] = {}

    def leaf(x: Any) -> Any:
        if x not in stands:
            stands[x] = _new(x)
        return stands[x]

    out = SMALL[node.op.name](node, leaf) if node.op.name in SMALL else None
    return None if out is None else (out, {new: x for x, new in stands.items()})


def _cross_entropy(node: Any, leaf: Leaf) -> Any:
    return _of_values(node, leaf) if hasattr(node.op, "aims") else _of_tensor(node, leaf)


def _of_values(node: Any, leaf: Leaf) -> Value:
    z, aims, reduction = [leaf(x) for x in node.inputs], node.op.aims, node.op.reduction
    width, losses = len(aims.q[0]), []
    for i, weights in enumerate(aims.q):
        row = z[i * width:(i + 1) * width]
        m = max(x.data for x in row)
        powers = [x.exp() if abs(m) <= LARGE else (x - m).exp() for x in row]
        whole = total(powers)
        shares = [power / whole for power in powers]
        for c, p in enumerate(shares, 1):
            p.label = f"ŷ_{c}" if len(aims.q) == 1 else ""
        losses += [-w * p.log() if w != 1.0 else -p.log() for w, p in zip(weights, shares) if w != 0.0]
    loss = losses[0] if len(losses) == 1 else total(losses)
    return loss / aims.divisor if reduction == "mean" and aims.divisor != 1.0 else loss


def _of_tensor(node: Any, leaf: Leaf) -> Any:
    from autograd.arrays.tensor import Tensor
    (x,) = node.inputs
    _, reduction, *_, rows, _, _ = node._saved[1:]
    if x._data.ndim > 2:
        return None
    q = rows.q if rows.kept is None else rows.q * rows.kept[:, None]
    z = leaf(x)
    shifted = z - _largest(z, -1) if abs(x._data).max() > LARGE else z
    powers = shifted.exp()
    p = powers / powers.sum(-1, keepdim=True)
    losses = -(Tensor(q if x._data.ndim == 2 else q[0]) * p.log()).sum(-1)
    if reduction == "none":
        return losses
    if reduction == "mean":                         # over fewer than N, a number says it better than N − 1
        return losses.sum() / rows.divisor if rows.kept is None else losses.sum() * (1.0 / rows.divisor)
    return losses.sum()


def _new(node: Any) -> Any:
    """A leaf with the numbers of a node."""
    if isinstance(node, Value):
        return Value(node.data)
    from autograd.arrays.tensor import Tensor
    return Tensor(node._data, requires_grad=node.requires_grad)


def _made_by(x: Any, op: str) -> bool:
    return x.op is not None and x.op.name == op


def _largest(z: Any, dims: Any) -> Any:
    from autograd.arrays.tensor import Tensor
    return Tensor(z._data.max(dims, keepdims=True))


def _below(node: Any, leaf: Leaf) -> Any:
    """x − m, with m a leaf."""
    z = leaf(node.inputs[0])
    return z - _largest(z, node._saved[1])


def _logsumexp(node: Any, leaf: Leaf) -> Any:
    """log Σ e^x; of large x, m + log Σ e^(x − m)."""
    if isinstance(node, Value):
        zs = list(map(leaf, node.inputs))
        m = max(z.data for z in zs)
        out = total([z.exp() if abs(m) <= LARGE else (z - m).exp() for z in zs]).log()
        return out if abs(m) <= LARGE else m + out
    _, dims, keepdim = node._saved
    z = leaf(node.inputs[0])
    if abs(z._data).max() <= LARGE:
        return z.exp().sum(dims, keepdim=keepdim).log()
    m = _largest(z, dims)
    return (m + (z - m).exp().sum(dims, keepdim=True).log()).reshape(node.shape)


def _log_softmax(node: Any, leaf: Leaf) -> Any:
    """x − log Σ e^x for the graph that `log_softmax` makes: u − log Σ e^u, with u = x − max x."""
    u, normaliser = node.inputs
    if not _made_by(normaliser, "logsumexp"):
        return None
    if isinstance(node, Value):
        us = normaliser.inputs
        if not any(x is u for x in us) or not all(_made_by(x, "sub") and is_largest(x.inputs[1]) for x in us) or max(
                abs(x.inputs[0].data) for x in us) > LARGE:
            return None
        return leaf(u.inputs[0]) - total([leaf(x.inputs[0]).exp() for x in us]).log()
    divided = _made_by(u, "div") and u.inputs[1].op is None
    below = u.inputs[0] if divided else u
    if normaliser.inputs[0] is not u or not _made_by(below, "below"):
        return None
    z, dims = leaf(below.inputs[0]), normaliser._saved[1]
    y = z / u.inputs[1]._data if divided else z
    if abs(y._data).max() > LARGE:
        y = y - _largest(y, dims)
    return y - y.exp().sum(dims, keepdim=True).log()


def _weighted(node: Any, leaf: Leaf) -> Any:
    """q·f(p) for q·f(where(q, p, …)): where q is 0, the product is 0 anyway."""
    for q, x in (node.inputs, node.inputs[::-1]):
        functions = []
        while x.op is not None and len(x.inputs) == 1 and x.op.partials and not x.label:
            functions.append(x.op)
            x = x.inputs[0]
        if _made_by(x, "where") and not x.label and _same(x.inputs[0], q):
            found = leaf(x.inputs[1])
            for op in functions[::-1]:
                found = found.apply(op, found)
            return leaf(q) * found
    return None


def _same(x: Any, y: Any) -> bool:
    """Whether two nodes are one, or computed alike from the same."""
    if x is y:
        return True
    if x.op is not None or y.op is not None:
        return x.op is y.op and all(map(_same, x.inputs, y.inputs))
    if x.label or y.label:
        return False
    if isinstance(x, Value):
        return bool(x.data == y.data)
    return not (x.requires_grad or y.requires_grad) and x.shape == y.shape and bool((x._data == y._data).all())


def _batch_norm(node: Any, leaf: Leaf) -> Any:
    """γ·x̂ + β, with x̂ = (x − mean)/√(variance + ε)."""
    z, gain, bias = map(leaf, node.inputs)
    eps, correction = node._saved[3:5]
    centred = z - z.mean(0, keepdim=True)
    r = ((centred ** 2).sum(0, keepdim=True) / (z.shape[0] - correction) + eps) ** -0.5
    x_hat = centred * r
    x_hat.label = (node.inputs[0].label or "x") + "_hat"
    return gain * x_hat + bias


# Choices are kept as they are on these numbers: the largest stands where it stands.

def _max_along(node: Any, leaf: Leaf) -> Any:
    """x at the place of the largest."""
    _, places, dim, keepdim = node._saved
    out = _apply("pick", leaf(node.inputs[0]), places, dim)
    return out if keepdim else out.reshape(node.shape)


def _max_all(node: Any, leaf: Leaf) -> Any:
    import numpy as np
    z = leaf(node.inputs[0])
    if (z._data == z._data.max()).sum() > 1:
        raise OutsideError("derive: several numbers are the largest, and there the derivative jumps")
    places = tuple(map(int, np.unravel_index(z._data.argmax(), z.shape)))
    return z[places] if places else z * 1.0


def _sort(node: Any, leaf: Leaf) -> Any:
    z, dim = leaf(node.inputs[0]), node._saved[1]
    return _apply("pick", z, z._data.argsort(dim, kind="stable"), dim)


def _apply(op: str, *arguments: Any) -> Any:
    from autograd.arrays.structural import STRUCTURAL
    return STRUCTURAL[op](*arguments)


def _masked(node: Any, leaf: Leaf) -> Any:
    """M·e^x for e^x where what is masked was −∞ before: M is 1 where it was not."""
    dims = None
    x = node.inputs[0]
    if _made_by(x, "below"):
        dims, x = x._saved[1], x.inputs[0]
    divisor = 1.0
    if _made_by(x, "div") and x.inputs[1].op is None and x.inputs[1].shape == ():
        x, divisor = x.inputs[0], x.inputs[1]._data
    found = _kept(x)
    if found is None:
        return None
    from autograd.arrays.tensor import Tensor
    z = leaf(found[0])
    z.requires_grad = True
    y = z / divisor if divisor != 1.0 else z
    M = Tensor(found[1], dtype=node.dtype, label=x.inputs[0].label)
    if dims is not None:
        y = y - Tensor(y._data.max(dims, keepdims=True, where=M._data != 0, initial=-math.inf))
    return M * y.exp()


def _kept(node: Any) -> tuple[Any, Any] | None:
    """What a node keeps that is −∞ elsewhere, and where it does."""
    if _made_by(node, "where") and not isinstance(node, Value):
        mask, one, other = node.inputs
        for kept, taken in ((one, other), (other, one)):
            if taken.op is None and taken._data.size == 1 and taken._data == -math.inf:
                return kept, (mask._data != 0) == (kept is one)
    return None


def _where(node: Any, leaf: Leaf) -> Any:
    """M·x + (1 − M)·y, where M is 1 or 0."""
    if isinstance(node, Value) or node.inputs[0].op is not None:
        return None
    from autograd.arrays.tensor import Tensor
    if any(not abs(x._data).max() < math.inf for x in node.inputs[1:]):
        return None
    M = Tensor(node.inputs[0]._data != 0, dtype=node.dtype, label=node.inputs[0].label, requires_grad=True)
    x, y = (M * leaf(node.inputs[1]), (1.0 - M) * leaf(node.inputs[2]))
    gone = [node.inputs[i].op is None and not node.inputs[i]._data.any() for i in (1, 2)]
    return x if gone[1] else y if gone[0] else x + y


def _bce(p: Any, y: Any) -> Any:
    return -(y * p.log() + (1.0 - y) * (1.0 - p).log())


SMALL: dict[str, Callable[[Any, Leaf], Any]] = {    # None where a node is of another kind
    "cross_entropy": _cross_entropy, "below": _below, "logsumexp": _logsumexp, "sub": _log_softmax, "mul": _weighted,
    "batch_norm": _batch_norm, "max_along": _max_along, "max_all": _max_all, "sort": _sort, "exp": _masked,
    "where": _where, "root": lambda node, leaf: leaf(node.inputs[0]).sqrt(),
    "bce": lambda node, leaf: _bce(*map(leaf, node.inputs)),
    "log1p": lambda node, leaf: (1.0 + leaf(node.inputs[0])).log(),
    "xlogy": lambda node, leaf: leaf(node.inputs[0]) * leaf(node.inputs[1]).log()}
