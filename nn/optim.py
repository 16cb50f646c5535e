"""Optimisers: what to do with gradients. They take parameters of either engine, and rebind what they change."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor, Value

__all__ = ["SGD", "Optimizer"]


class Optimizer:
    """The base: a list of parameters, checked once, and a learning rate.

    Raises:
        TypeError: if `parameters` is a single parameter rather than a list, or holds something that is not one.
        ValueError: if it is empty, names a parameter twice, or lr is not a positive number.
    """

    def __init__(self, parameters: Iterable[Any], lr: float) -> None:
        if isinstance(parameters, (Tensor, Value)):
            raise TypeError(f"{type(self).__name__}: got a single {type(parameters).__name__}, expected a list of "
                            "parameters; write [parameter] or model.parameters()")
        self.parameters = list(parameters)
        if not self.parameters:
            raise ValueError(f"{type(self).__name__}: got no parameters")
        for p in self.parameters:
            if not isinstance(p, Value) and not (isinstance(p, Tensor) and p.requires_grad):
                raise TypeError(f"{type(self).__name__}: {p!r} is not a parameter; expected Values, or Tensors "
                                "with requires_grad=True")
        if len({id(p) for p in self.parameters}) != len(self.parameters):
            raise ValueError(f"{type(self).__name__}: a parameter is listed twice, and would be updated twice")
        if not (isinstance(lr, (int, float)) and lr >= 0 and math.isfinite(lr)):
            raise ValueError(f"{type(self).__name__}: got lr={lr!r}, expected a finite number that is not negative")
        self.lr = lr

    def zero_grad(self) -> None:
        """Forget the gradients, before the next backward pass adds to them."""
        for p in self.parameters:
            if isinstance(p, Value):
                p.grad = 0.0
            else:
                p.grad = None

    def step(self) -> None:
        """Move every parameter that has a gradient."""
        for i, p in enumerate(self.parameters):
            if p.grad is None:
                continue
            if isinstance(p, Value):
                p.data = p.data + self.change(i, p.data, p.grad)
            else:
                data, grad = p.data.numpy(), p.grad.numpy()
                if grad.shape != data.shape:
                    raise ValueError(f"{type(self).__name__}: parameter {i} has shape {data.shape} and a gradient of "
                                     f"shape {grad.shape}; they must agree")
                p.data = data + self.change(i, data, grad)

    def change(self, i: int, data: Any, grad: Any) -> Any:
        """What to add to parameter `i`, given its data and gradient."""
        raise NotImplementedError


class SGD(Optimizer):
    """Gradient descent: v ← momentum·v + ∂L/∂w, w ← w − lr·v (without momentum, w ← w − lr·∂L/∂w).

    >>> w = Value(1.0); (w * w).backward()
    >>> SGD([w], lr=0.1).step(); w.data
    0.8
    """

    def __init__(self, parameters: Iterable[Any], lr: float, momentum: float = 0.0) -> None:
        super().__init__(parameters, lr)
        if not 0 <= momentum < 1:
            raise ValueError(f"SGD: got momentum={momentum}, expected a number from 0 to below 1")
        self.momentum = momentum
        self._velocity: list[Any] = [None] * len(self.parameters)

    def change(self, i: int, data: Any, grad: Any) -> Any:
        if self.momentum:
            before = self._velocity[i]
            grad = self._velocity[i] = np.copy(grad) if before is None else self.momentum * before + grad
        return -self.lr * grad
