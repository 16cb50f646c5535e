"""Cross-entropy written out: a line for each thing its rule wants again.

Softmax by way of the maximum, then the logarithms the targets weigh. The rule is given the exponentials and their sum,
and the targets by name.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.codegen.moving import largest
from autograd.codegen.page import Page
from autograd.codegen.text import AllButOne, Shares, Text
from autograd.core.op import TABLE
from autograd.core.symbols import SUM

__all__ = ["write_cross_entropy"]


def write_cross_entropy(page: Page, x: Text, rows: Any, target: Any = None, reduction: str = "mean",
                        label_smoothing: float = 0.0, ignore_index: int = -100,
                        weight: object = None) -> tuple[Text, tuple[object, ...]]:
    """The loss, and what its rule is to have. (Of Values, only `rows` says what the targets are.)"""
    z = x if x.ndim == 2 else x.reshape((1, *x.shape))
    n, classes = z.shape
    shifted = page.let("shifted", z - largest(z, 1, True))
    counts = page.let("counts", page.call(TABLE["exp"], shifted))
    counts_sum = page.let("counts_sum", counts.sum(1, keepdims=True))
    logprobs = page.let("logprobs", shifted - page.call(TABLE["log"], counts_sum))
    w = None if weight is None else page.constant(np.asarray(weight).astype(x.dtype), "weight")
    fed = page.keys.get(id(target))                 # the target, if it is an argument
    by_class = rows.places is not None or (target is not None and np.ndim(target) != x.ndim)
    labels, kept, divisor = _labels(page, rows, target, w, ignore_index, reduction) if by_class else (
        None, None, page.operand(rows.divisor, literal=True))
    if labels is not None:
        y = logprobs.like(page.library.spelled["eye"], z.shape, classes=classes, labels=labels,
                          dtype=page.library.dtype_argument(x.dtype))
    elif target is not None:
        y = (page.constant(np.asarray(target), "y") if fed is None else fed).reshape(z.shape)
    else:
        y = page.constant(rows.q, "y")
        kept = None if rows.kept is None else page.constant(rows.kept, "kept")
    if label_smoothing:
        y = y * (1 - label_smoothing) + label_smoothing / classes
    if w is None and (labels is not None or (fed is None and (rows.q.sum(1) == 1).all())):
        y = Shares(y)
    y = y if w is None else y * w
    y.stem = "y"
    if labels is not None and not label_smoothing:
        gains = logprobs.like("{x}[{rows}, {labels}]", (n,), rows=page.range(n), labels=labels)
        gains = gains if w is None else w[labels] * gains
    else:
        if not y.simple:                            # used here and by the rule
            y.name = page.let("y", y).text
        never_zero = fed is None and rows.q.all()   # 0·log 0 is 0
        gains = (y * (logprobs if never_zero else page.call(TABLE["where"], y, logprobs, 0.0))).sum(1)
    if kept is not None:
        gains = page.call(TABLE["where"], kept, gains, 0.0)
    rest = AllButOne(page, [(counts_sum, SUM), " - 1.0"], counts_sum.shape, SUM, counts_sum.dtype)
    rest.whole = counts_sum
    symbolic = rows._replace(weights=y, kept=kept, places=None, divisor=1.0 if divisor.text == "1.0" else divisor)
    saved = (target, reduction, label_smoothing, ignore_index, weight, symbolic, counts, rest)
    if reduction == "none":
        return (-gains if x.ndim == 2 else -gains[0]), saved
    if reduction == "mean" and divisor.number and rows.divisor == n:
        return -gains.like("{x}.mean()", ()), saved
    total: Text = -gains.sum()
    return (total if reduction == "sum" else total / divisor), saved


def _labels(page: Page, rows: Any, target: Any, w: Text | None, ignore_index: int,
            reduction: str) -> tuple[Text, Text | None, Text]:
    """The class of each row, which rows are kept (None: all), and what a mean divides by."""
    n, classes = rows.like.shape
    given = rows.places - np.arange(n) * classes if target is None else target
    fed = page.keys.get(id(target))
    labels = page.constant(np.reshape(given, n).astype(np.int64), "labels") if fed is None else fed.reshape((n,))
    kept: Any = None
    if rows.kept is not None:
        ignored: int | Text = ignore_index
        kept = page.let("kept", labels != ignored)
        labels = page.let("labels_kept", page.call(TABLE["where"], kept, labels, 0))
    if reduction != "mean" or (w is None and kept is None):
        return labels, kept, page.operand(rows.divisor, literal=True)
    counted = kept if w is None else w[labels] if kept is None else w[labels] * kept
    return labels, kept, page.let("divisor", counted.sum())
