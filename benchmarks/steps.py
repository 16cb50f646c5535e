"""What every contender's step is: one forward and backward pass, after which the loss and the gradients can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["Step", "array_step", "outcome", "scalar_step"]

Step = Callable[[], tuple[float, list[Any]]]


def outcome(step: Step) -> tuple[float, list[Any]]:
    """The loss and the gradients, as arrays, of one step."""
    loss, holders = step()
    return float(loss), [np.asarray(x.grad if hasattr(x, "grad") else x) for x in holders]


def scalar_step(loss_of: Callable[[], Any], weights: list[Any]) -> Step:
    """A step of an engine of single numbers."""

    def step() -> tuple[float, list[Any]]:
        for w in weights:
            w.grad = 0.0
        loss = loss_of()
        loss.backward()
        return loss.data, weights

    return step


def array_step(parameters: list[Any], loss_of: Callable[..., Any], *data: Any) -> Step:
    """A step of an engine of arrays with PyTorch's methods."""

    def step() -> tuple[float, list[Any]]:
        for p in parameters:
            p.grad = None
        loss = loss_of(parameters, *data)
        loss.backward()
        return loss.item(), parameters

    return step
