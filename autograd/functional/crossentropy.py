"""Cross-entropy, twice: as a graph of small steps, and as one node.

`cross_entropy_composite` builds it as the textbook does, a graph of exp, sum, div and log whose backward pass is the
engine's; `cross_entropy` is one node with the closed form (softmax(z) − y)/N for its gradient. What is done with lists
of Values stands here, on plain floats; what is done with Tensors needs NumPy and stands in `tensors`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral
from typing import Any, NamedTuple

from autograd.core.nary import Nary, total
from autograd.core.op import TABLE
from autograd.core.value import Value
from autograd.functional import targets
from autograd.functional.given import in_base, is_values, plain, tensors, values
from autograd.functional.probabilities import log_softmax, softmax

__all__ = ["cross_entropy", "cross_entropy_composite", "cross_entropy_gradient", "nll_loss"]

_where = TABLE["where"]


def cross_entropy(logits: Any, target: object, reduction: str = "mean", label_smoothing: float = 0.0,
                  ignore_index: int = -100, weight: object = None) -> Any:
    """Cross-entropy −Σ y log softmax(z) of logits, as one node whose gradient is the closed form (softmax(z) − y)/N.

    Args:
        logits: a Tensor of shape (C,), (N, C) or (N, C, d1, …); a list of C Values, or of N such lists.
        target: class indices, an integer or (N,) or (N, d1, …) of them; or probabilities in the shape of the logits.
        reduction: "mean", "sum", or "none" for one loss per row. The mean is weighted, as PyTorch's is.
        label_smoothing: ε in [0, 1]: targets become (1 − ε)·y + ε/C.
        ignore_index: rows with this class index count for nothing.
        weight: (C,): how much each class counts.

    Raises:
        TypeError: for class indices that are not integers.
        ValueError: for a class index out of range, shapes that do not fit, a mean over nothing.

    >>> z = [Value(2.0), Value(1.0), Value(0.1)]
    >>> loss = cross_entropy(z, 1); loss.backward()
    >>> round(loss.data, 4), [round(v.grad, 4) for v in z]
    (1.417, [0.659, -0.7576, 0.0986])
    """
    options = label_smoothing, ignore_index, weight
    if not is_values(logits):
        try:
            return tensors("cross_entropy").cross_entropy(logits, target, reduction, *options)
        except (TypeError, ValueError, IndexError):
            if targets.swapped(logits, target):
                raise ValueError("cross_entropy: got the targets first; the logits come first: "
                                 "cross_entropy(logits, target)") from None
            raise
    samples, nested = _samples("cross_entropy", logits)
    if all([_is_softmax(sample) for sample in samples]):
        targets.hint_at_softmax("cross_entropy", 3)
    aims = _aims("cross_entropy", samples, nested, target, reduction, *options)
    if reduction == "none" and nested:
        return [Value.apply(_fused(aims.row(i), "sum"), *sample) for i, sample in enumerate(samples)]
    return Value.apply(_fused(aims, reduction), *[v for sample in samples for v in sample])


def cross_entropy_gradient(logits: Any, target: object, reduction: str = "mean", label_smoothing: float = 0.0,
                           ignore_index: int = -100, weight: object = None) -> Any:
    """∂(cross-entropy)/∂logits in closed form: (softmax(A) − Y)/N for a mean, softmax(A) − Y otherwise.

    Takes what `cross_entropy` takes and returns an array in the shape of the logits; for Values, a list of floats.

    >>> [round(g, 4) for g in cross_entropy_gradient([Value(2.0), Value(1.0), Value(-1.0)], 2)]
    [0.7054, 0.2595, -0.9649]
    """
    options = label_smoothing, ignore_index, weight
    if not is_values(logits):
        return tensors("cross_entropy").cross_entropy_gradient(logits, target, reduction, *options)
    samples, nested = _samples("cross_entropy", logits)
    aims = _aims("cross_entropy", samples, nested, target, reduction, *options)
    rows = [_slopes([v.data for v in sample], q, targets.scale_of(aims.divisor, reduction))
            for sample, q in zip(samples, aims.q)]
    return rows if nested else rows[0]


def cross_entropy_composite(logits: Any, target: object, form: str = "softmax", reduction: str = "mean",
                            label_smoothing: float = 0.0, ignore_index: int = -100, weight: object = None) -> Any:
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
    options = label_smoothing, ignore_index, weight
    if not is_values(logits):
        return _composite(logits, target, form, reduction, *options)
    samples, nested = _samples("cross_entropy", logits)
    if all([_is_softmax(sample) for sample in samples]):
        targets.hint_at_softmax("cross_entropy_composite", 3)
    aims = _aims("cross_entropy", samples, nested, target, reduction, *options)
    losses = []
    for sample, q in zip(samples, aims.q):
        if not any(q):                              # what an ignored row holds, be it nan, must not be touched
            losses.append(Value(0.0))
        elif form == "logsumexp":
            losses.append(_weighted(q, log_softmax(sample)))
        else:
            losses.append(_weighted(q, [p.log() if w else p for w, p in zip(q, softmax(sample))]))
    return _reduced(losses, nested, reduction, aims.divisor)


def nll_loss(log_probabilities: Any, target: object, reduction: str = "mean", ignore_index: int = -100,
             weight: object = None, base: float | None = None) -> Any:
    """The negative log-likelihood −Σ log p_t of class indices t, given log-probabilities (C,), (N, C) or (N, C, d1, …).

    With `base=2` the result is in bits.

    >>> round(nll_loss([Value(0.25).log(), Value(0.75).log()], 0, base=2).data, 12)
    2.0
    """
    if is_values(log_probabilities):
        samples, nested = _samples("nll_loss", log_probabilities)
        aims = _aims("nll_loss", samples, nested, target, reduction, 0.0, ignore_index, weight)
        losses = [_weighted(q, row) if any(q) else Value(0.0) for q, row in zip(aims.q, samples)]
        return in_base(_reduced(losses, nested, reduction, aims.divisor), base)
    with_numpy = tensors("nll_loss")
    z, rows, back = with_numpy.aims("nll_loss", log_probabilities, target, reduction, 0.0, ignore_index, weight)
    q = with_numpy.Tensor(rows.q, dtype=z.dtype)
    return in_base(back(-(_where(q, z, 0.0) * q).sum(1)), base)


# Of Tensors.

def _composite(logits: object, target: object, form: str, reduction: str, *options: object) -> Any:
    with_numpy = tensors("cross_entropy")
    if isinstance(logits, with_numpy.Tensor) and with_numpy.is_softmax(logits):
        targets.hint_at_softmax("cross_entropy_composite", 4)
    z, rows, back = with_numpy.aims("cross_entropy", logits, target, reduction, *options)
    q = with_numpy.Tensor(rows.q, dtype=z.dtype)
    if rows.kept is not None:                       # what an ignored row holds, be it nan, must not be touched
        z, q = z[rows.kept], q[rows.kept]
    # 0·log 0 counts as 0
    logs = _where(q, log_softmax(z), 0.0) if form == "logsumexp" else _where(q, softmax(z), 1.0).log()
    losses = -(q * logs).sum(1)
    return back(losses if rows.kept is None else with_numpy.spread(losses, rows.kept))


# Of lists of Values.

class _Aims(NamedTuple):
    """The targets of N rows of C logits."""

    q: list[list[float]]        # the weight of each log-probability: the loss of row i is −Σ_c q_ic log p_ic
    kept: list[bool]            # False for ignored rows
    divisor: float              # what a mean divides by
    labels: list[int] | None    # the class of each row, where q is just one-hot rows

    def row(self, i: int) -> _Aims:
        """Row i alone."""
        return _Aims(self.q[i:i + 1], self.kept[i:i + 1], 1.0, self.labels and self.labels[i:i + 1])


def _samples(name: str, x: Sequence[Any]) -> tuple[list[list[Value]], bool]:
    """The rows, and whether there were several: whether x was a list of lists."""
    nested = isinstance(x[0], (list, tuple))
    samples = [values(name, row) for row in (x if nested else [x])]
    lengths = sorted({len(row) for row in samples})
    if len(lengths) > 1:
        raise ValueError(f"{name}: got rows of {lengths[0]} and of {lengths[-1]} logits; there must be as many in each")
    return samples, nested


def _is_softmax(sample: list[Value]) -> bool:
    """Whether the numbers are powers of e, each by the sum of all."""
    whole = sample[0].inputs[-1:] if sample else ()
    return bool(whole) and whole[0].op is not None and whole[0].op.name == "sum" and all(
        [x.op is TABLE["div"] and x.inputs[1] is whole[0] and x.inputs[0].op is TABLE["exp"] for x in sample]
    ) and whole[0].inputs == tuple([x.inputs[0] for x in sample])


def _aims(name: str, samples: list[list[Value]], nested: bool, target: Any, reduction: str, label_smoothing: float,
          ignore_index: int, weight: Any) -> _Aims:
    """Check the targets and options, and say what they come to."""
    n, classes = len(samples), len(samples[0])
    targets.check_options(name, reduction, label_smoothing, ignore_index, classes)
    y = plain(name, target)
    kept, labels = [True] * n, None
    if _depth(y) == 1 + nested:
        rows = y if nested else [y]
        if [len(row) for row in rows] != [classes] * n:
            raise ValueError(f"{name}: got targets of shape {_shape(rows, nested)} for logits of shape "
                             f"{_shape(samples, nested)}; expected a class index for each row, or probabilities in the "
                             "shape of the logits")
        q = [[_probability(name, p) for p in row] for row in rows]
    else:
        labels = _labels(name, _flat(y), n, classes, ignore_index)
        kept = [label is not None for label in labels]
        q = [[float(c == label) for c in range(classes)] for label in labels]
    divisor = float(sum(kept))
    if label_smoothing:
        q = [[p * (1 - label_smoothing) + label_smoothing / classes for p in row] for row in q]
    if weight is not None:
        w = [float(x) for x in _flat(plain(name, weight, "weight"))]
        if len(w) != classes:
            raise ValueError(f"{name}: got weights of shape ({len(w)},), expected one for each of {classes} classes")
        q = [[p * w_c for p, w_c in zip(row, w)] for row in q]
        divisor = sum([w[label] for label in labels if label is not None], 0.0) if labels else divisor * any(w)
    if reduction == "mean" and divisor == 0:
        raise targets.nothing_to_average(name, n)
    q = [row if keep else [0.0] * classes for row, keep in zip(q, kept)]
    simple = labels is not None and all(kept) and not label_smoothing and weight is None
    return _Aims(q, kept, divisor, [label for label in labels or () if label is not None] if simple else None)


def _labels(name: str, labels: list[Any], n: int, classes: int, ignore_index: int) -> list[int | None]:
    """Class indices, checked: integers, one for each row, in range; None for ignored rows."""
    if len(labels) != n:
        raise ValueError(f"{name}: got {len(labels)} class indices for {n} rows of logits")
    for i, label in enumerate(labels):
        if isinstance(label, bool) or not isinstance(label, Integral):
            raise TypeError(f"{name}: class indices must be integers, got {type(label).__name__}; write [0, 1] "
                            "(probabilities must have the shape of the logits)")
        if label != ignore_index and not 0 <= int(label) < classes:
            raise ValueError(f"{name}: class index {label} at position {i} is out of range for {classes} classes "
                             f"(0 to {classes - 1})")
    return [None if label == ignore_index else int(label) for label in labels]


def _probability(name: str, p: float) -> float:
    try:
        return float(p)
    except (TypeError, ValueError):
        raise TypeError(f"{name}: got a target of {type(p).__name__}, expected integer class indices or "
                        "probabilities") from None


def _depth(y: object) -> int:
    return 1 + _depth(y[0]) if isinstance(y, list) and y else int(isinstance(y, list))


def _flat(y: object) -> list[Any]:
    return [x for row in y for x in _flat(row)] if isinstance(y, list) else [y]


def _shape(rows: Sequence[Sequence[object]], nested: bool) -> tuple[int, ...]:
    return (len(rows), len(rows[0])) if nested else (len(rows[0]),)


def _weighted(q: Sequence[float], logs: Sequence[Value]) -> Value:
    """−Σ q·log p over the classes whose weight is not 0: 0·log 0 counts as 0."""
    terms = [log if w == 1.0 else w * log for w, log in zip(q, logs) if w]
    return -(terms[0] if len(terms) == 1 else total(terms))


def _reduced(losses: list[Value], nested: bool, reduction: str, divisor: float) -> Any:
    if reduction == "none":
        return losses if nested else losses[0]
    whole = losses[0] if len(losses) == 1 else total(losses)
    return whole if reduction == "sum" or divisor == 1.0 else whole / divisor


# As one node. What follows computes on floats.

class _Fused(Nary):
    """The op of a fused cross-entropy of Values: it knows its targets."""

    __slots__ = ("aims", "reduction")
    aims: _Aims
    reduction: str

    def slopes_of(self, p: Sequence[Any], q: Sequence[float]) -> list[Any]:
        """∂loss/∂z of one row, given its softmax and its targets: for who writes the op out, its rule."""
        mass, scale = sum(q), targets.scale_of(self.aims.divisor, self.reduction)
        return [targets.closed_form(p_c, q_c, None if mass == 1.0 else mass, scale) if any(q) else 0.0
                for p_c, q_c in zip(p, q)]

    def composed(self, *inputs: Value) -> Value:
        width = len(inputs) // len(self.aims.q)
        losses = [_weighted(q, log_softmax(inputs[i * width:(i + 1) * width])) if any(q) else Value(0.0)
                  for i, q in enumerate(self.aims.q)]
        whole: Value = _reduced(losses, True, self.reduction, self.aims.divisor)
        return whole

    @property
    def rows(self) -> Any:
        """The targets as those of Tensors are kept, for who writes the op out."""
        return tensors("cross_entropy").rows_of(*self.aims)


def _fused(aims: _Aims, reduction: str) -> _Fused:
    """The op for these targets."""
    width, scale = len(aims.q[0]), targets.scale_of(aims.divisor, reduction)

    def loss(*z: float) -> float:
        losses = [_row(z[i * width:(i + 1) * width], q)[0] for i, q in enumerate(aims.q) if any(q)]
        whole = sum(losses, 0.0)
        return whole / aims.divisor if reduction == "mean" else whole

    def all_partials(out: object, *z: object) -> Sequence[object]:
        return [slope for i, q in enumerate(aims.q) for slope in _slopes(z[i * width:(i + 1) * width], q, scale)]

    op = _Fused("cross_entropy", "CE", loss, all_partials, "softmax minus target, times the gradient")
    op.aims, op.reduction = aims, reduction
    return op


def _row(z: Sequence[float], q: Sequence[float]) -> tuple[float, list[float]]:
    """The loss of one row of logits, and their softmax.

    Taking the largest exponential, which is 1, out of the sum keeps losses as small as 1e-18 exact.
    """
    top = max(range(len(z)), key=z.__getitem__)
    below = [x - z[top] for x in z]
    powers = [math.exp(b) for b in below]
    rest = sum(powers[:top]) + sum(powers[top + 1:]) + 0.0 * z[top]         # nan where it is infinite
    normaliser = math.log1p(rest)
    loss = sum([w * (normaliser - b) for w, b in zip(q, below) if w], 0.0)
    return loss, [power / (1.0 + rest) for power in powers]


def _slopes(z: Sequence[Any], q: Sequence[float], scale: float) -> list[object]:
    """∂loss/∂z of one row: of floats, or of Values where it is to be differentiated again."""
    if not any(q):
        return [0.0] * len(q)
    p = softmax(z) if isinstance(z[0], Value) else _row(z, q)[1]
    mass = sum(q)
    return [targets.closed_form(p_c, q_c, mass, scale) for p_c, q_c in zip(p, q)]
