"""Losses as modules, for those who keep their loss beside their model."""

from __future__ import annotations

from functools import partial
from typing import Any

import autograd.functional as F
from autograd.core.graph import Node
from autograd.core.op import Rule, numpy
from nn.module import Module

__all__ = ["BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "HingeLoss", "L1Loss", "MSELoss", "NLLLoss",
           "SmoothL1Loss"]


class _Loss(Module):
    """A function of `F` with its reduction chosen beforehand."""

    function: Rule

    def __init__(self, reduction: str = "mean") -> None:
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"{type(self).__name__}: got reduction={reduction!r}, expected 'mean', 'sum' or 'none'")
        self.reduction = reduction

    def forward(self, prediction: object, target: object) -> Any:
        return type(self).function(prediction, target, reduction=self.reduction)

    def extra_repr(self) -> str:
        return "" if self.reduction == "mean" else f"reduction={self.reduction!r}"


class MSELoss(_Loss):
    """The squared error (x − y)²: `F.mse_loss`.

    >>> from autograd import Value
    >>> MSELoss()([Value(1.0), Value(2.0)], [0.0, 4.0]).data
    2.5
    """

    function = staticmethod(F.mse_loss)


class L1Loss(_Loss):
    """The absolute error |x − y|: `F.l1_loss`."""

    function = staticmethod(F.l1_loss)


class SmoothL1Loss(_Loss):
    """A parabola that goes on as straight lines: `F.smooth_l1_loss`."""

    function = staticmethod(F.smooth_l1_loss)

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = beta

    def forward(self, prediction: Any, target: Any) -> Any:
        return F.smooth_l1_loss(prediction, target, self.reduction, self.beta)


class HingeLoss(_Loss):
    """The margin loss max(0, 1 − y·s) for targets of −1 or +1: `F.hinge_loss`."""

    function = staticmethod(F.hinge_loss)


class BCELoss(_Loss):
    """−[y log p + (1 − y) log(1 − p)] of probabilities: `F.binary_cross_entropy`."""

    function = staticmethod(F.binary_cross_entropy)


class BCEWithLogitsLoss(_Loss):
    """The same of logits, exact however large they are: `F.binary_cross_entropy_with_logits`."""

    function = staticmethod(F.binary_cross_entropy_with_logits)

    def __init__(self, reduction: str = "mean", weight: Any = None, pos_weight: Any = 1.0) -> None:
        super().__init__(reduction)
        self.weights = {"weight": weight, "pos_weight": pos_weight}

    def forward(self, prediction: Any, target: Any) -> Any:
        return F.binary_cross_entropy_with_logits(prediction, target, self.reduction, **self.weights)


class NLLLoss(_Loss):
    """−log p_t of log-probabilities and class indices t: `F.nll_loss`."""

    function = staticmethod(F.nll_loss)

    def __init__(self, weight: object = None, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.weight = weight
        self.ignore_index = ignore_index

    def forward(self, prediction: object, target: object) -> Any:
        return F.nll_loss(prediction, target, self.reduction, self.ignore_index, self.weight)


class CrossEntropyLoss(Module):
    """−Σ y log softmax(z): see `F.cross_entropy` for targets and options.

    Called with a Tensor or Values it gives a node to call `backward` on. Courses also teach it as a pair of functions
    on plain arrays, and it answers to that too: `forward(A, Y)` gives the loss, `backward()` then gives ∂L/∂A, which
    is (softmax(A) − Y)/N for the mean.

    >>> import numpy as np
    >>> criterion = CrossEntropyLoss()
    >>> round(float(criterion.forward(np.array([[2.0, 1.0, 0.1], [0.1, 2.0, 1.9]]), np.array([1, 0]))), 4)
    2.0185
    >>> criterion.backward().round(4)
    array([[ 0.3295, -0.3788,  0.0493],
           [-0.4636,  0.2434,  0.2202]])
    """

    def __init__(self, weight: object = None, ignore_index: int = -100, reduction: str = "mean",
                 label_smoothing: float = 0.0) -> None:
        self.options: dict[str, Any] = {"weight": weight, "ignore_index": ignore_index, "reduction": reduction,
                                        "label_smoothing": label_smoothing}
        self._gradient: Rule | None = None

    def forward(self, logits: Any, target: Any) -> Any:
        self._gradient = None
        nodes = isinstance(logits, Node) or F.is_values(logits)
        if nodes:
            given, loss = logits, F.cross_entropy(logits, target, **self.options)
        else:
            given = numpy("CrossEntropyLoss").array(logits, dtype=float)        # as it is now: `backward` comes later
            loss = F.cross_entropy(given, target, **self.options).numpy()
        self._gradient = partial(F.cross_entropy_gradient, given, target, **self.options)
        return loss

    def backward(self) -> Any:
        """∂L/∂A of the last `forward(A, Y)`, in closed form, in the shape of A: an array, or for Values a list."""
        if self._gradient is None:
            raise RuntimeError("CrossEntropyLoss.backward: there is no forward pass to go back through; "
                               "call forward(A, Y) first")
        return self._gradient()

    def extra_repr(self) -> str:
        return ", ".join(f"{key}={value}" for key, value in self.options.items()
                         if value not in (None, -100, "mean", 0.0))
