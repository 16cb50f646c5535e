"""Functions of logits, probabilities and targets, put together from ops: softmax, cross-entropy, entropy.

Cross-entropy stands here twice. `cross_entropy_composite` builds it as the textbook does, a graph of exp, sum, div and
log whose backward pass is the engine's; `cross_entropy` is one node with the closed form (softmax(z) − y)/N for its
gradient. Everything takes a Tensor, or a list of Values, and answers in kind.

Notation: z logits, of shape (C,) or (N, C); p = softmax(z); y targets, as class indices or as probabilities.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from autograd.arrays import structural as st
from autograd.arrays.fused import affine
from autograd.arrays.silence import quiet, quietly
from autograd.arrays.structural import moves
from autograd.arrays.tensor import Tensor, as_array, named, operand, where
from autograd.core.nary import Nary, total
from autograd.core.numbers import is_real, number
from autograd.core.op import TABLE
from autograd.core.value import Value

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "cross_entropy_composite",
           "cross_entropy_gradient", "embedding", "entropy", "gelu", "hinge_loss", "kl_divergence", "linear",
           "log_softmax", "logsumexp", "mse_loss", "nll_loss", "one_hot", "relu", "sigmoid", "softmax", "softplus",
           "tanh"]


# Softmax and its logarithm.

def softmax(x: Any, dim: int = -1, temperature: float = 1.0) -> Any:
    """exp((x − max x)/T) / Σ exp((x − max x)/T): positive numbers along `dim` that sum to 1.

    Args:
        x: a Tensor, or a list of Values (for which `dim` must be left alone).
        temperature: T > 0; towards 0 the largest takes all, towards infinity all become equal.

    Raises:
        ValueError: for a temperature that is not positive, or an empty axis.

    >>> softmax(Tensor([2.0, 1.0, 0.1]))
    tensor([0.6590, 0.2424, 0.0986])
    >>> [round(p.data, 3) for p in softmax([Value(2.0), Value(1.0), Value(0.1)], temperature=10.0)]
    [0.366, 0.331, 0.303]
    """
    temperature = _temperature(temperature)
    if is_values(x):
        values = _values("softmax", x, dim)
        largest = Value(max(v.data for v in values), label="max")       # a constant: no gradient is meant
        powers = [_over(v - largest, temperature).exp() for v in values]
        whole = total(powers)
        return [power / whole for power in powers]
    x = _tensor("softmax", x, dim)
    if _out_of_range(temperature, x.dtype):
        return softmax(x.to(np.float64), dim, temperature).to(x.dtype)
    shifted = x - Tensor(x._data.max(axis=dim, keepdims=True), dtype=x.dtype)
    exponentials = _over(shifted, temperature).exp()
    return exponentials / exponentials.sum(dim, keepdim=True)


def log_softmax(x: Any, dim: int = -1, temperature: float = 1.0) -> Any:
    """log softmax(x) = x − log Σ exp(x), without ever taking the log of something that underflowed.

    With m the largest of x, it is (x − m) − log(1 + Σ' exp(x − m)), the sum over all but that largest one: exact for
    any finite x, also where the result is as small as 1e-18.

    >>> log_softmax(Tensor([1000.0, 0.0]))
    tensor([    0., -1000.])
    """
    temperature = _temperature(temperature)
    if is_values(x):
        values = _values("log_softmax", x, dim)
        top = max(range(len(values)), key=lambda i: values[i].data)
        below = [_over(v - values[top], temperature) for v in values]
        rest = [b.exp() for i, b in enumerate(below) if i != top]
        normaliser = total(rest).log1p() if rest else Value(0.0)
        return [b - normaliser for b in below]
    x = _tensor("log_softmax", x, dim)
    if _out_of_range(temperature, x.dtype):
        return log_softmax(x.to(np.float64), dim, temperature).to(x.dtype)
    top_ = x._data.argmax(dim, keepdims=True)       # one choice of m for both places, also when this is replayed
    below_ = _over(x - Tensor.apply(st.pick, x, top_, dim), temperature)
    others = np.ones(x.shape, x.dtype)
    np.put_along_axis(others, top_, 0, dim)
    return below_ - (below_.exp() * Tensor(others, dtype=x.dtype)).sum(dim, keepdim=True).log1p()


def logsumexp(x: Any, dim: int = -1, keepdim: bool = False) -> Any:
    """log Σ exp(x) along `dim`, exact for any finite x.

    >>> round(logsumexp([Value(1000.0), Value(1000.0)]).data, 4)
    1000.6931
    """
    if is_values(x):
        values = _values("logsumexp", x, dim)
        largest = max(v.data for v in values)
        shift = largest if math.isfinite(largest) else 0.0
        return total([(v - shift).exp() for v in values]).log() + shift
    return _tensor("logsumexp", x, dim).logsumexp(dim, keepdim)


# Cross-entropy.

class _Rows(NamedTuple):
    """What every form of cross-entropy needs to know of its targets, for logits of shape (N, C)."""

    weights: Any        # (N, C), see `q`; None where `places` say it all
    kept: Any           # (N,): False for ignored rows; None if there are none
    divisor: float      # what a mean divides by
    places: Any         # (N,): where q, flattened, holds a 1, if it is just one-hot rows; else None
    like: Any           # an array of q's shape and dtype

    @property
    def q(self) -> Any:
        """(N, C): the weight of each log-probability; the loss of row i is −Σ_c q_ic log p_ic."""
        if self.weights is not None:
            return self.weights
        q = np.zeros(self.like.shape, self.like.dtype)
        q.reshape(-1)[self.places] = 1
        return q


def cross_entropy(logits: Any, target: Any, reduction: str = "mean", label_smoothing: float = 0.0,
                  ignore_index: int = -100, weight: Any = None) -> Any:
    """Cross-entropy −Σ y log softmax(z) of logits, as one node whose gradient is the closed form (softmax(z) − y)/N.

    Args:
        logits: a Tensor of shape (C,) or (N, C); a list of C Values, or of N such lists.
        target: class indices, an integer or (N,) of them; or probabilities in the shape of the logits.
        reduction: "mean", "sum", or "none" for one loss per row. The mean is weighted, as PyTorch's is.
        label_smoothing: ε in [0, 1]: targets become (1 − ε)·y + ε/C.
        ignore_index: rows with this class index count for nothing.
        weight: (C,): how much each class counts.

    Raises:
        TypeError: for class indices that are not integers.
        ValueError: for a class index out of range, shapes that do not fit, a mean over nothing.

    >>> A = Tensor([[2.0, 1.0, 0.1], [0.1, 2.0, 1.9]], requires_grad=True)
    >>> loss = cross_entropy(A, [1, 0]); loss.backward()
    >>> print(loss.data, A.grad)
    tensor(2.0185) tensor([[ 0.3295, -0.3788,  0.0493],
            [-0.4636,  0.2434,  0.2202]])
    """
    weight = None if weight is None else _fixed("cross_entropy", weight, "weight")
    if type(logits) is not Tensor and is_values(logits):
        return _fused_values(logits, target, reduction, label_smoothing, ignore_index, weight)
    return _FUSED.make(_tensor("cross_entropy", logits, -1), _fixed("cross_entropy", target),
                       reduction, label_smoothing, ignore_index, weight)


def cross_entropy_gradient(logits: Any, target: Any, reduction: str = "mean", label_smoothing: float = 0.0,
                           ignore_index: int = -100, weight: Any = None) -> Any:
    """∂(cross-entropy)/∂logits in closed form: (softmax(A) − Y)/N for a mean, softmax(A) − Y otherwise.

    Takes what `cross_entropy` takes and returns an array in the shape of the logits; for Values, a list of floats.

    >>> [round(g, 4) for g in cross_entropy_gradient([Value(2.0), Value(1.0), Value(-1.0)], 2)]
    [0.7054, 0.2595, -0.9649]
    """
    if is_values(logits):
        nested = _is_rows(logits)
        z = np.array([[v.data for v in _values("cross_entropy", row)] for row in (logits if nested else [logits])])
        rows = _rows("cross_entropy", z, 1 + nested, target, reduction, label_smoothing, ignore_index, weight)
        gradient = _quiet_gradient(*_quiet_forward(z, rows)[1:], rows, reduction).tolist()
        return gradient if nested else gradient[0]
    x = _tensor("cross_entropy", logits, -1)
    fixed = _fixed("cross_entropy", target)
    _, rows, powers, rest = quietly(_fused, x._data, fixed, reduction, label_smoothing, ignore_index, weight)
    return _quiet_gradient(powers, rest, rows, reduction).reshape(x.shape)


def cross_entropy_composite(logits: Any, target: Any, form: str = "softmax", reduction: str = "mean",
                            label_smoothing: float = 0.0, ignore_index: int = -100, weight: Any = None) -> Any:
    """Cross-entropy as a graph of small steps, whose backward pass is the engine's. Same options as `cross_entropy`.

    Args:
        form: "softmax", the textbook's chain: exp, sum, div, log, −Σ y log ŷ, after shifting by the maximum; or
            "logsumexp", by way of `log_softmax`: exact for any finite logits, where the log of a softmax underflows.

    >>> z = [Value(2.0), Value(1.0), Value(0.1)]
    >>> loss = cross_entropy_composite(z, 1); loss.backward()
    >>> max(abs(v.grad - g) for v, g in zip(z, cross_entropy_gradient(z, 1))) < 1e-15
    True
    """
    if form not in ("softmax", "logsumexp"):
        raise ValueError(f"cross_entropy_composite: got form={form!r}, expected 'softmax' or 'logsumexp'")
    if is_values(logits):
        return _composite_values(logits, target, form, reduction, label_smoothing, ignore_index, weight)
    x = _tensor("cross_entropy", logits, -1)
    z = x if x.ndim == 2 else x.unsqueeze(0)
    rows = _rows("cross_entropy", z._data, x.ndim, target, reduction, label_smoothing, ignore_index, weight)
    q = rows.q
    if rows.kept is not None:                       # what an ignored row holds, be it nan, must not be touched
        z, q = z[rows.kept], q[rows.kept]
    if form == "logsumexp":
        logs = log_softmax(z)
        if np.isneginf(logs._data).any():           # 0·log 0 counts as 0
            logs = where(q != 0, logs, 0.0)
    else:
        p = softmax(z)
        if (p._data == 0).any():
            p = where(q != 0, p, 1.0)
        logs = p.log()
    losses = -(Tensor(q, dtype=x.dtype) * logs).sum(1)
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.sum() / rows.divisor
    if rows.kept is not None:
        losses = Tensor.apply(st.scatter, losses, rows.kept, rows.kept.shape)
    return losses if x.ndim == 2 else losses[0]


def _composite_values(logits: Any, target: Any, form: str, reduction: str, *options: Any) -> Any:
    nested = _is_rows(logits)
    samples = [_values("cross_entropy", row) for row in (logits if nested else [logits])]
    z = np.array([[v.data for v in row] for row in samples])
    rows = _rows("cross_entropy", z, 1 + nested, target, reduction, *options)
    losses = []
    for sample, weights in zip(samples, rows.q.tolist()):
        if not any(weights):
            losses.append(Value(0.0))
            continue
        if form == "logsumexp":
            terms = [(w, v) for w, v in zip(weights, log_softmax(sample)) if w != 0.0]
        else:
            terms = [(w, p.log()) for w, p in zip(weights, softmax(sample)) if w != 0.0]
        weighted = [log if w == 1.0 else w * log for w, log in terms]
        losses.append(-(weighted[0] if len(weighted) == 1 else total(weighted)))
    if reduction == "none":
        return losses if nested else losses[0]
    whole = losses[0] if len(losses) == 1 else total(losses)
    return whole if reduction == "sum" or rows.divisor == 1.0 else whole / rows.divisor


def _fused_values(logits: Any, target: Any, reduction: str, *options: Any) -> Any:
    nested = _is_rows(logits)
    samples = [_values("cross_entropy", row) for row in (logits if nested else [logits])]
    z = np.array([[v.data for v in row] for row in samples])
    rows = _rows("cross_entropy", z, 1 + nested, target, reduction, *options)
    if reduction == "none" and nested:
        alone = [_Rows(q[None], None if any(q) else np.array([False]), 1.0, None, q[None]) for q in rows.q]
        return [Value.apply(_fused_op(row, "sum"), *sample) for row, sample in zip(alone, samples)]
    return Value.apply(_fused_op(rows, reduction), *[v for row in samples for v in row])


class _FusedOfValues(Nary):
    """The op of a fused cross-entropy of Values: it knows its targets."""

    __slots__ = ("reduction", "rows")
    rows: _Rows
    reduction: str


def _fused_op(rows: _Rows, reduction: str) -> Nary:
    """The op for these targets."""

    def loss(*z: float) -> float:
        return float(np.sum(_reduced(_quiet_forward(np.reshape(z, rows.like.shape), rows)[0], rows, reduction, 2)))

    def all_partials(out: Any, *z: Any) -> Sequence[Any]:
        if not isinstance(z[0], Value):
            forward = _quiet_forward(np.reshape(z, rows.like.shape), rows)
            return _quiet_gradient(*forward[1:], rows, reduction).ravel().tolist()    # type: ignore[no-any-return]
        width, partials = rows.like.shape[1], []
        scale = _scale(rows, reduction)
        for i, q in enumerate(rows.q.tolist()):
            p = softmax(z[i * width:(i + 1) * width]) if any(q) else [0.0] * width
            partials += [_closed_form(p_c, q_c, sum(q), scale) for p_c, q_c in zip(p, q)]
        return partials

    op = _FusedOfValues("cross_entropy", "CE", loss, all_partials, "softmax minus target, times the gradient")
    op.rows, op.reduction = rows, reduction         # for who writes it out
    return op


_INT64 = np.dtype(np.int64)
_REDUCTIONS = ("mean", "sum", "none")


def _fixed(name: str, x: Any, what: str = "target") -> Any:
    """The target, or the weights, as an array that nobody else will change."""
    if not isinstance(x, Tensor):
        return np.array(x)
    if x.requires_grad:
        raise ValueError(f"{name}: the {what} requires a gradient, and none flows there; use {what}.detach()")
    return x._data


def _rows(name: str, z: Any, ndim: int, target: Any, reduction: str, label_smoothing: float, ignore_index: int,
          weight: Any) -> _Rows:
    """Check the targets and options against logits z of shape (N, C), and say what they come to."""
    n, classes = z.shape
    if (type(target) is np.ndarray and target.dtype is _INT64 and target.shape == (n,) and ndim == 2 and n and classes
            and weight is None and label_smoothing == 0.0 and type(label_smoothing) is float
            and type(ignore_index) is int and ignore_index < 0 and reduction in _REDUCTIONS
            # argmax takes a third of max()'s time, and all this in the plain case saves half of what follows
            and target.item(target.argmin()) >= 0 and target.item(target.argmax()) < classes):
        return named(_Rows, (None, None, float(n), target + _starts(n, classes), z))    # type: ignore[no-any-return]
    if ndim > 2:
        raise ValueError(f"{name}: got logits with {ndim} axes, expected (C,) or (N, C); "
                         "reshape them: logits.reshape(-1, C), with one target for each row")
    if reduction not in _REDUCTIONS:
        raise ValueError(f"{name}: got reduction={reduction!r}, expected 'mean', 'sum' or 'none'")
    if not isinstance(label_smoothing, (int, float, np.number)):
        raise TypeError(f"{name}: got label_smoothing={label_smoothing!r}, expected a number from 0 to 1")
    if isinstance(ignore_index, bool) or not isinstance(ignore_index, (int, np.integer)):
        raise TypeError(f"{name}: got ignore_index={ignore_index!r}, expected an integer")
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(f"{name}: got label_smoothing={label_smoothing}, expected a number from 0 to 1")
    if classes == 0:
        raise ValueError(f"{name}: logits of shape {z.shape} have no classes")
    y = target if type(target) is np.ndarray else _fixed(name, target)
    if y.dtype.kind not in "iuf" and not (y.size == 0 and n == 0):
        raise TypeError(f"{name}: got a target of {y.dtype}, expected integer class indices or probabilities")
    labels = kept = None
    if y.ndim != ndim:
        labels, kept = _labels(name, y.reshape(-1), n, classes, ignore_index)
        if kept is None and weight is None and not label_smoothing and n:
            return _Rows(None, None, float(n), labels + _starts(n, classes), z)
    q = np.zeros(z.shape, z.dtype)
    if labels is None:
        if y.shape != (z.shape if ndim == 2 else z.shape[1:]):
            raise ValueError(f"{name}: got targets of shape {y.shape} for logits of shape {z.shape[2 - ndim:]}; "
                             "expected a class index for each row, or probabilities in the shape of the logits")
        q += y.reshape(z.shape)
    else:
        q[np.arange(n), labels] = 1
    divisor = float(n if kept is None else kept.sum())
    if label_smoothing:
        q *= 1 - label_smoothing
        q += label_smoothing / classes
    if weight is not None:
        w = as_array(_fixed(name, weight, "weight"), z.dtype)
        if w.shape != (classes,):
            raise ValueError(f"{name}: got weights of shape {w.shape}, expected one for each of {classes} classes")
        q *= w
        if labels is not None:
            divisor = float(w[labels].sum() if kept is None else w[labels][kept].sum())
        elif not w.any():
            divisor = 0.0
    if kept is not None:
        q[~kept] = 0
    if reduction == "mean" and divisor == 0:
        why = "the batch is empty" if n == 0 else "every row is ignored or has weight 0"
        raise ValueError(f"{name}: a mean over nothing: {why}; use reduction='sum' where that may happen")
    return _Rows(q, kept, divisor, None, z)


def _labels(name: str, labels: Any, n: int, classes: int, ignore_index: int) -> tuple[Any, Any]:
    """Class indices, checked: integers, one for each row, in range; and which rows to keep, None if none is ignored."""
    if labels.shape != (n,):
        raise ValueError(f"{name}: got {labels.shape[0]} class indices for {n} rows of logits")
    if n and labels.dtype.kind not in "iu":
        raise TypeError(f"{name}: class indices must be integers, got {labels.dtype}; write tensor([0, 1]), "
                        "which keeps them, or a list (probabilities must have the shape of the logits)")
    given, labels = labels, labels.astype(np.int64)
    if given.dtype == np.uint64:                    # 2⁶⁴ − 100 is no -100
        labels = np.where(given > np.uint64(2 ** 63 - 1), np.int64(2 ** 63 - 1), labels)
    kept = labels != ignore_index
    wrong = np.flatnonzero(kept & ((labels < 0) | (labels >= classes)))
    if wrong.size:
        raise ValueError(f"{name}: class index {given[wrong[0]]} at position {wrong[0]} is out of range "
                         f"for {classes} classes (0 to {classes - 1})")
    return np.where(kept, labels, 0), None if kept.all() else kept


@lru_cache(maxsize=64)
def _starts(n: int, classes: int) -> Any:
    """Where each row of an (N, C) array begins in the flat array: `take` with flat positions beats pairs of indices."""
    return np.arange(n) * classes


def _forward(z: Any, rows: _Rows) -> tuple[Any, Any, Any]:
    """The loss of each row of z, (N, C), and what softmax(z) is made of: exp(z − m), and Σ exp(z − m) less 1.

    Taking the largest term, which is 1, out of the sum keeps losses as small as 1e-18 exact. 0·log 0 counts as 0, and
    an ignored row is 0 whatever it holds.
    """
    n, classes = z.shape
    ones = st.ones((classes, 1), z.dtype.char)
    if not n:
        return z.dot(ones).reshape(-1), z, z.dot(ones)
    if not z.flags.c_contiguous:
        z = z.copy()                                # below, places are counted through the flat array
    top = z.argmax(1) + _starts(n, classes)
    below = z - z.take(top)[:, None]
    powers = np.exp(below)
    flat = powers.reshape(-1)
    flat[top] = 0
    rest = powers.dot(ones)
    flat[top] = 1
    normaliser = np.log1p(rest)
    if rows.places is not None:
        return normaliser.reshape(-1) - below.take(rows.places), powers, rest
    losses = np.where(rows.q != 0, rows.q * (below - normaliser), z.dtype.type(0))
    return -losses.dot(ones).reshape(-1), powers, rest


def _reduced(losses: Any, rows: _Rows, reduction: str, ndim: int) -> Any:
    if reduction == "none":
        return losses if ndim == 2 else losses[0]
    whole = st.sum_(losses, (0,), False)
    return whole if reduction == "sum" else whole / rows.divisor


def _scale(rows: _Rows, reduction: str) -> float:
    return 1.0 / rows.divisor if reduction == "mean" else 1.0


def _closed_form(p: Any, q: Any, mass: Any, scale: Any) -> Any:
    """∂loss/∂z: softmax(z) − y, times 1/N for a mean. (Weighted targets q sum to `mass` rather than to 1.)"""
    return (p - q if mass is None else mass * p - q) * scale


def _gradient(powers: Any, rest: Any, rows: _Rows, reduction: str, g: Any = 1.0) -> Any:
    q = rows.q
    mass = None if rows.places is not None else q.sum(1, keepdims=True)
    gradient = _closed_form(powers / (1.0 + rest), q, mass, _scale(rows, reduction) * g)
    return gradient if rows.kept is None else np.where(rows.kept[:, None], gradient, gradient.dtype.type(0))


_quiet_forward, _quiet_gradient = quiet(_forward), quiet(_gradient)             # backward passes are quiet as a whole


def _fused(x: Any, target: Any, reduction: str, label_smoothing: float, ignore_index: int,
           weight: Any) -> tuple[Any, ...]:
    """The loss, and for its gradient the targets as `_Rows` and what `_forward` found."""
    z = x if x.ndim == 2 else x.reshape(1, -1)
    rows = _rows("cross_entropy", z, x.ndim, target, reduction, label_smoothing, ignore_index, weight)
    losses, powers, rest = _forward(z, rows)
    return _reduced(losses, rows, reduction, x.ndim), rows, powers, rest


def _fused_vjp(g: Any, out: Any, x: Any, target: Any, reduction: str, label_smoothing: float, ignore_index: int,
               weight: Any, rows: _Rows, powers: Any, rest: Any) -> Any:
    if reduction == "none":
        g = g[..., None]
    if not isinstance(x, Tensor):
        gradient = _gradient(powers, rest, rows, reduction, g)
        return gradient if x.ndim == 2 else gradient[0]
    z = x if x.ndim == 2 else x.unsqueeze(0)        # nodes: the gradient is to be differentiated again
    q, mass = Tensor(rows.q, dtype=x.dtype), Tensor(rows.q.sum(1, keepdims=True), dtype=x.dtype)
    gradient = _closed_form(softmax(z), q, mass, _scale(rows, reduction) * g)
    if rows.kept is not None:
        gradient = where(rows.kept[:, None], gradient, 0.0)
    return gradient.reshape(x.shape)


_FUSED = moves("cross_entropy", _fused, _fused_vjp, keeps=3, methods=(), symbol="CE",
               words="softmax minus target, times the gradient")


# Other losses.

def nll_loss(log_probabilities: Any, target: Any, reduction: str = "mean", ignore_index: int = -100,
             weight: Any = None, base: float | None = None) -> Any:
    """The negative log-likelihood −Σ log p_t of class indices t, given log-probabilities (N, C) or (C,).

    With `base=2` the result is in bits.

    >>> nll_loss(Tensor([0.25, 0.75]).log(), 0, base=2)
    tensor(2.0000)
    """
    if is_values(log_probabilities):
        nested = _is_rows(log_probabilities)
        samples = [_values("nll_loss", row) for row in (log_probabilities if nested else [log_probabilities])]
        logs = Tensor([[v.data for v in row] for row in samples])
        rows = _rows("nll_loss", logs._data, 1 + nested, target, reduction, 0.0, ignore_index, weight)
        losses = [-total([w * v for w, v in zip(q, row) if w]) if any(q) else Value(0.0)
                  for q, row in zip(rows.q.tolist(), samples)]
        if reduction == "none":
            return [_in_base(loss, base) for loss in losses] if nested else _in_base(losses[0], base)
        whole = total(losses)
        return _in_base(whole / rows.divisor if reduction == "mean" else whole, base)
    x = _tensor("nll_loss", log_probabilities, -1)
    z = x if x.ndim == 2 else x.unsqueeze(0)
    rows = _rows("nll_loss", z._data, x.ndim, target, reduction, 0.0, ignore_index, weight)
    picked = -(where(rows.q != 0, z, 0.0) * Tensor(rows.q, dtype=x.dtype)).sum(1)
    picked = _in_base(picked, base)
    if reduction == "none":
        return picked if x.ndim == 2 else picked[0]
    return picked.sum() if reduction == "sum" else picked.sum() / rows.divisor


def binary_cross_entropy(p: Any, target: Any, reduction: str = "mean", base: float | None = None) -> Any:
    """−[y log p + (1 − y) log(1 − p)] for probabilities p of the positive class; 0·log 0 counts as 0.

    >>> binary_cross_entropy(Tensor([0.5, 0.25]), [1.0, 0.0], reduction="none", base=2)
    tensor([1.000, 0.415])
    """
    if is_values(p) or isinstance(p, Value):
        if any(v.data < 0 or v.data > 1 for v in _values("binary_cross_entropy", p if is_values(p) else [p])):
            raise ValueError(_NOT_PROBABILITIES)
        return _binary_values("binary_cross_entropy", p, target, reduction, base, lambda v, y: _plus(
            (y, lambda: -v.log()), (1.0 - y, lambda: -(-v).log1p())))
    x, y = _pair("binary_cross_entropy", p, target)
    if ((x._data < 0) | (x._data > 1)).any():
        raise ValueError(_NOT_PROBABILITIES)
    losses = -(y * where(y != 0, x, 1.0).log() + (1.0 - y) * (-where(y != 1, x, 0.0)).log1p())
    return _reduce("binary_cross_entropy", _in_base(losses, base), reduction)


_NOT_PROBABILITIES = ("binary_cross_entropy: got probabilities outside 0 to 1; "
                      "for logits use binary_cross_entropy_with_logits")


def binary_cross_entropy_with_logits(logits: Any, target: Any, reduction: str = "mean",
                                     base: float | None = None) -> Any:
    """`binary_cross_entropy` of sigmoid(z): y·softplus(−z) + (1 − y)·softplus(z), exact for any finite logit z.

    >>> binary_cross_entropy_with_logits(Tensor([-800.0, 0.0]), [1.0, 1.0], reduction="none")
    tensor([800.0000,   0.6931])
    """
    if is_values(logits) or isinstance(logits, Value):
        return _binary_values("binary_cross_entropy_with_logits", logits, target, reduction, base, lambda v, y: _plus(
            (y, lambda: (-v).softplus()), (1.0 - y, lambda: v.softplus())))
    x, y = _pair("binary_cross_entropy_with_logits", logits, target)
    losses = y * where(y != 0, -x, 0.0).softplus() + (1.0 - y) * where(y != 1, x, 0.0).softplus()
    return _reduce("binary_cross_entropy_with_logits", _in_base(losses, base), reduction)


def _binary_values(name: str, values: Any, target: Any, reduction: str, base: float | None,
                   loss: Callable[[Value, float], Value]) -> Any:
    one = isinstance(values, Value)
    xs, ys = ([values], [target]) if one else (_values(name, values), list(target))
    if len(xs) != len(ys):
        raise ValueError(f"{name}: got {len(ys)} targets for {len(xs)} inputs")
    losses = [_in_base(loss(x, number(y, name)), base) for x, y in zip(xs, ys)]
    if reduction == "none":
        return losses[0] if one else losses
    if reduction not in ("mean", "sum"):
        raise ValueError(f"{name}: got reduction={reduction!r}, expected 'mean', 'sum' or 'none'")
    return total(losses) / len(losses) if reduction == "mean" else total(losses)


def _plus(*terms: tuple[float, Callable[[], Value]]) -> Value:
    """Σ weight·term over the terms whose weight is not 0: 0·∞ counts as 0."""
    parts = [weight * term() for weight, term in terms if weight != 0.0]
    return parts[0] if len(parts) == 1 else total(parts)


def mse_loss(prediction: Any, target: Any, reduction: str = "mean") -> Any:
    """The squared error (x − y)², averaged over all elements.

    >>> mse_loss(Tensor([1.0, 2.0]), [0.0, 4.0])
    tensor(2.5000)
    """
    if is_values(prediction) or isinstance(prediction, Value):
        return _binary_values("mse_loss", prediction, target, reduction, None, lambda v, y: (v - y) ** 2)
    x, y = _pair("mse_loss", prediction, target)
    return _reduce("mse_loss", (x - y) ** 2, reduction)


def hinge_loss(score: Any, target: Any, reduction: str = "mean") -> Any:
    """The margin loss max(0, 1 − y·s) of scores s for targets y of −1 or +1.

    >>> hinge_loss(Tensor([2.0, 0.5]), [1.0, -1.0], reduction="none")
    tensor([0.0, 1.5])
    """
    if is_values(score) or isinstance(score, Value):
        return _binary_values("hinge_loss", score, target, reduction, None, lambda v, y: (1.0 - y * v).relu())
    x, y = _pair("hinge_loss", score, target)
    return _reduce("hinge_loss", (1.0 - y * x).relu(), reduction)


# Information theory.

def entropy(p: Any, dim: int = -1, base: float | None = None) -> Any:
    """H(p) = −Σ p log p along `dim`, in nats, or in bits with `base=2`; 0·log 0 counts as 0.

    >>> entropy(Tensor([0.5, 0.25, 0.25]), base=2)
    tensor(1.5000)
    """
    if is_values(p):
        return _in_base(_terms([-v * v.log() for v in _values("entropy", p, dim) if v.data != 0.0]), base)
    x = _tensor("entropy", p, dim)
    return _in_base(0.0 - (x * _positive(x, x).log()).sum(dim), base)       # what is certain has 0 bits, not -0


def kl_divergence(p: Any, q: Any, dim: int = -1, base: float | None = None) -> Any:
    """KL(p‖q) = Σ p log(p/q) along `dim`: the bits (with `base=2`) wasted by coding events of p as if they were of q.

    Events of p that q holds impossible make it infinite. Cross-entropy is the entropy of p plus this.

    >>> kl_divergence(Tensor([0.5, 0.5]), Tensor([0.25, 0.75]), base=2)
    tensor(0.2075)
    """
    if is_values(p) or is_values(q):
        pairs = list(zip(p, q))
        if len(p) != len(q):
            raise ValueError(f"kl_divergence: got {len(p)} and {len(q)} probabilities; there must be as many of both")
        pairs = [(Value.operand(a, "kl_divergence"), Value.operand(b, "kl_divergence")) for a, b in pairs]
        return _in_base(_terms([a * (a.log() - b.log()) for a, b in pairs if a.data != 0.0]), base)
    x, y = _tensor("kl_divergence", p, dim), _tensor("kl_divergence", q, dim)
    return _in_base((x * (_positive(x, x).log() - _positive(x, y).log())).sum(dim), base)


def _positive(p: Tensor, x: Tensor) -> Tensor:
    """x where p is not 0, else 1, so that its logarithm weighted by p is 0 there, and so is its gradient."""
    return where(p != 0, x, 1.0) if (p._data == 0).any() else x


def _terms(terms: list[Value]) -> Value:
    return total(terms) if terms else Value(0.0)


def _in_base(nats: Any, base: float | None) -> Any:
    if base is None:
        return nats
    if not isinstance(base, (int, float, np.number)):
        raise TypeError(f"base: got {base!r}, expected a positive number other than 1; 2 gives bits")
    if not (base > 0 and base != 1):
        raise ValueError(f"base: got {base}, expected a positive number other than 1; 2 gives bits")
    return nats / math.log(base)


# Layers as functions.

def one_hot(indices: Any, num_classes: int = -1) -> Tensor:
    """Rows of zeros with a 1 at each index: shape (…,) -> (…, C), float64.

    >>> one_hot([1, 0], 3)
    tensor([[0., 1., 0.],
            [1., 0., 0.]])
    """
    ids = _ids("one_hot", indices)
    if isinstance(num_classes, bool) or not isinstance(num_classes, (int, np.integer)) or num_classes < -1:
        raise ValueError(f"one_hot: got num_classes={num_classes!r}, expected how many there are, or -1 to count them")
    classes = int(ids.max()) + 1 if num_classes == -1 and ids.size else num_classes
    if ids.size and (ids.min() < 0 or ids.max() >= classes):
        raise ValueError(f"one_hot: got indices from {ids.min()} to {ids.max()}, expected 0 to {classes - 1}")
    return Tensor(ids[..., None] == np.arange(classes))


def embedding(indices: Any, weight: Tensor) -> Tensor:
    """The rows of `weight` (V, D) that `indices` name: shape (…,) -> (…, D). Rows named twice get both gradients."""
    ids = _ids("embedding", indices)
    if ids.size and (ids.min() < 0 or ids.max() >= weight.shape[0]):
        raise IndexError(f"embedding: got indices from {ids.min()} to {ids.max()}, "
                         f"expected 0 to {weight.shape[0] - 1}, the rows of the table")
    if isinstance(indices, Tensor) and ids.size:    # as it is: by that `replay` and `source` know their inputs
        return weight[indices]
    return weight[ids]


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x @ weightᵀ + bias, with weight (out, in) as PyTorch keeps it: shape (…, in) -> (…, out)."""
    return x @ weight.T if bias is None else affine(x, weight.T, bias)


def relu(x: Any) -> Any:
    """max(0, x), elementwise."""
    return TABLE["relu"](x)


def tanh(x: Any) -> Any:
    """The hyperbolic tangent, elementwise."""
    return TABLE["tanh"](x)


def sigmoid(x: Any) -> Any:
    """1/(1 + exp(−x)), elementwise."""
    return TABLE["sigmoid"](x)


def softplus(x: Any) -> Any:
    """log(1 + exp(x)), elementwise."""
    return TABLE["softplus"](x)


def gelu(x: Any) -> Any:
    """x·Φ(x) by its tanh approximation (Hendrycks and Gimpel, 2016), as in GPT-2."""
    return 0.5 * x * (1.0 + tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x ** 3)))


# What the functions are given.

def is_values(x: Any) -> bool:
    """Whether x is a list of Values, or of lists of them; numbers may stand among the Values."""
    return isinstance(x, (list, tuple)) and any(isinstance(v, Value) or is_values(v) for v in x)


def _is_rows(x: Any) -> bool:
    return isinstance(x[0], (list, tuple))


def _values(name: str, x: Any, dim: int = -1) -> list[Value]:
    if dim not in (0, -1):
        raise IndexError(f"{name}: dim {dim} is out of range for a list of Values, which has one; leave it out")
    return [Value.operand(v, name) for v in x]


def _tensor(name: str, x: Any, dim: int) -> Tensor:
    """`x` as a Tensor with something to reduce along `dim`."""
    t = x if type(x) is Tensor else operand(x, name, None)
    shape = t._data.shape
    if t._data.dtype.kind != "f":
        t = Tensor(t)
    if isinstance(dim, bool) or not isinstance(dim, (int, np.integer)):
        raise TypeError(f"{name}: got dim={dim!r}, expected one integer")
    if not -len(shape) <= dim < len(shape):
        raise IndexError(f"{name}: dim {dim} is out of range for a tensor of shape {shape}")
    if shape[dim] == 0:
        raise ValueError(f"{name}: nothing along dim {dim} of shape {shape}")
    return t


def _pair(name: str, x: Any, target: Any) -> tuple[Tensor, Tensor]:
    x = operand(x, name, None)
    y = Tensor(target, dtype=x.dtype) if not isinstance(target, Tensor) else target
    if x.shape != y.shape:
        raise ValueError(f"{name}: got targets of shape {y.shape} for inputs of shape {x.shape}; they must agree")
    return x, y


def _reduce(name: str, losses: Tensor, reduction: str) -> Tensor:
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{name}: got reduction={reduction!r}, expected 'mean', 'sum' or 'none'")


def _ids(name: str, indices: Any) -> Any:
    ids = np.asarray(indices._data if isinstance(indices, Tensor) else indices)
    if ids.dtype.kind not in "iu" and ids.size:
        raise TypeError(f"{name}: got indices of {ids.dtype}, expected integers")
    return ids.astype(np.int64)


def _temperature(temperature: Any) -> float:
    if isinstance(temperature, (bool, Value)) or not is_real(temperature):
        raise TypeError(f"softmax: got a temperature of type {type(temperature).__name__}, expected a positive number")
    plain = number(temperature, "softmax")
    if not plain > 0:
        raise ValueError(f"softmax: got temperature {temperature}, expected a positive number")
    return plain


def _out_of_range(temperature: float, dtype: Any) -> bool:
    """Whether a number of that dtype is too narrow for the temperature: as a float32, 1e-300 would be 0."""
    if dtype.itemsize >= 8 or temperature == 1.0 or temperature == math.inf:
        return False
    limits = np.finfo(dtype)
    return not float(limits.tiny) <= temperature <= float(limits.max)


def _over(x: Any, temperature: float) -> Any:
    if temperature == 1.0:
        return x
    if temperature < math.inf:
        return x / temperature
    if isinstance(x, Value):                        # all alike; but what is masked, with -∞, stays so
        return x if x.data == -math.inf else x / temperature
    return where(x._data == -math.inf, x, x / temperature)
