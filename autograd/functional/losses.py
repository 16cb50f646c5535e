"""Losses of single predictions: squared error, margin, binary cross-entropy. Each formula serves both engines."""

from __future__ import annotations

from typing import Any

from autograd.core.nary import total
from autograd.core.numbers import number
from autograd.core.op import TABLE, Rule
from autograd.core.value import Value
from autograd.functional.given import in_base, is_values, refuse_reduction, tensors, values

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "hinge_loss", "l1_loss", "mse_loss",
           "smooth_l1_loss"]

_where, _bce = TABLE["where"], TABLE["bce"]


def mse_loss(prediction: object, target: object, reduction: str = "mean") -> Any:
    """The squared error (x − y)², averaged over all elements.

    >>> mse_loss([Value(1.0), Value(2.0)], [0.0, 4.0]).data
    2.5
    """
    return _loss("mse_loss", prediction, target, reduction, lambda x, y: (x - y) ** 2)


def hinge_loss(score: object, target: object, reduction: str = "mean") -> Any:
    """The margin loss max(0, 1 − y·s) of scores s for targets y of −1 or +1.

    >>> [loss.data for loss in hinge_loss([Value(2.0), Value(0.5)], [1.0, -1.0], reduction="none")]
    [0.0, 1.5]
    """
    return _loss("hinge_loss", score, target, reduction, lambda s, y: (1.0 - y * s).relu())


def l1_loss(prediction: Any, target: Any, reduction: str = "mean") -> Any:
    """The absolute error |x − y|, averaged over all elements."""
    return _loss("l1_loss", prediction, target, reduction, lambda x, y: abs(x - y))


def smooth_l1_loss(prediction: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
    """(x − y)²/(2β) where |x − y| < β, else |x − y| − β/2: a parabola that goes on as straight lines.

    With β = 0 it is `l1_loss`.

    >>> [loss.data for loss in smooth_l1_loss([Value(0.5), Value(3.0)], [0.0, 0.0], reduction="none")]
    [0.125, 2.5]
    """
    if not beta >= 0:
        raise ValueError(f"smooth_l1_loss: got beta={beta}, expected a number that is not negative")
    if beta == 0:
        return _loss("smooth_l1_loss", prediction, target, reduction, lambda x, y: abs(x - y))

    def formula(x: Any, y: Any) -> Any:
        inner = TABLE["clamp"](x - y, -beta, beta)  # no product of what may be infinite and a slope of 0
        return inner * inner * (0.5 / beta) + (abs(x - y) - beta).relu()

    return _loss("smooth_l1_loss", prediction, target, reduction, formula)


def binary_cross_entropy(p: Any, target: Any, reduction: str = "mean", base: float | None = None,
                         weight: Any = None) -> Any:
    """−[y log p + (1 − y) log(1 − p)] for probabilities p of the positive class.

    As PyTorch has it, no logarithm counts as less than −100, and the slope (p − y) / (p (1 − p)) divides by no less
    than 1e-12: a prediction that is certain and wrong costs 100, and still has a gradient.

    `weight` multiplies the losses: a number, or one for each of them.

    >>> binary_cross_entropy(Value(0.5), 1.0, base=2).data
    1.0
    """
    return _loss("binary_cross_entropy", p, target, reduction, _bce, base, weight, probabilities=True)


def binary_cross_entropy_with_logits(logits: Any, target: Any, reduction: str = "mean",
                                     base: float | None = None, weight: Any = None, pos_weight: Any = 1.0) -> Any:
    """`binary_cross_entropy` of sigmoid(z): y·softplus(−z) + (1 − y)·softplus(z), exact for any finite logit z.

    `weight` multiplies the losses, and `pos_weight` what there is of them for positive targets, the first term.

    >>> binary_cross_entropy_with_logits(Value(-800.0), 1.0).data
    800.0
    """
    return _loss("binary_cross_entropy_with_logits", logits, target, reduction, lambda z, y: (
        pos_weight * (y * _where(y, -z, 0.0).softplus()) + (1.0 - y) * _where(1.0 - y, z, 0.0).softplus()
        ), base, weight)


def _loss(name: str, x: Any, target: Any, reduction: str, formula: Rule, base: float | None = None,
          weight: Any = None, probabilities: bool = False) -> Any:
    """The formula of each prediction and its target, reduced."""
    refuse_reduction(name, reduction)
    if not (is_values(x) or isinstance(x, Value)):
        x, y = tensors(name).pair(name, x, target)
        if probabilities and ((x._data < 0) | (x._data > 1)).any():
            raise ValueError(_NOT_PROBABILITIES)
        losses = in_base(formula(x, y), base)
        losses = losses if weight is None else losses * weight
        return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()
    one = isinstance(x, Value)
    xs, ys = ([x], [target]) if one else (values(name, x), list(target))
    if len(xs) != len(ys):
        raise ValueError(f"{name}: got {len(ys)} targets for {len(xs)} inputs")
    if probabilities and any(v.data < 0 or v.data > 1 for v in xs):
        raise ValueError(_NOT_PROBABILITIES)
    each = [in_base(formula(v, number(y, name)), base) for v, y in zip(xs, ys)]
    if weight is not None:
        weights = list(weight) if hasattr(weight, "__len__") else [weight] * len(each)
        if len(weights) != len(each):
            raise ValueError(f"{name}: got {len(weights)} weights for {len(each)} inputs; there must be as many")
        each = [loss * number(w, name) for loss, w in zip(each, weights)]
    if reduction == "none" or one:
        return each[0] if one else each
    return total(each) / len(each) if reduction == "mean" else total(each)


_NOT_PROBABILITIES = ("binary_cross_entropy: got probabilities outside 0 to 1; "
                      "for logits use binary_cross_entropy_with_logits")
