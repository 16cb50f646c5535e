"""Losses as modules, for those who keep their loss beside their model."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd.functional as F
from autograd import Tensor, Value
from nn.module import Module

__all__ = ["CrossEntropyLoss"]


class CrossEntropyLoss(Module):
    """−Σ y log softmax(z): see `F.cross_entropy` for targets and options.

    Called with a Tensor or Values it gives a node to call `backward` on. Courses also teach it as a pair of functions
    on plain arrays, and it answers to that too: `forward(A, Y)` gives the loss, `backward()` then gives ∂L/∂A, which
    is (softmax(A) − Y)/N for the mean.

    >>> criterion = CrossEntropyLoss()
    >>> round(float(criterion.forward(np.array([[2.0, 1.0, 0.1], [0.1, 2.0, 1.9]]), np.array([1, 0]))), 4)
    2.0185
    >>> criterion.backward().round(4)
    array([[ 0.3295, -0.3788,  0.0493],
           [-0.4636,  0.2434,  0.2202]])
    """

    def __init__(self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean",
                 label_smoothing: float = 0.0) -> None:
        self.options: dict[str, Any] = {"weight": weight, "ignore_index": ignore_index, "reduction": reduction,
                                        "label_smoothing": label_smoothing}
        self._gradient: Any = None

    def forward(self, logits: Any, target: Any) -> Any:
        self._gradient = None
        nodes = isinstance(logits, Tensor) or F.is_values(logits)
        loss = F.cross_entropy(logits if nodes else Tensor(logits), target, **self.options)
        data = [v.data for v in logits] if F.is_values(logits) and isinstance(logits[0], Value) else logits
        self._gradient = (logits if nodes else np.array(data, dtype=np.float64)), target
        return loss if nodes else loss.numpy()

    def backward(self) -> Any:
        """∂L/∂A of the last `forward(A, Y)`, in closed form, as an array in the shape of A."""
        if self._gradient is None:
            raise RuntimeError("CrossEntropyLoss.backward: there is no forward pass to go back through; "
                               "call forward(A, Y) first")
        logits, target = self._gradient
        return F.cross_entropy_gradient(logits, target, **self.options)

    def extra_repr(self) -> str:
        return ", ".join(f"{key}={value}" for key, value in self.options.items()
                         if value not in (None, -100, "mean", 0.0))
