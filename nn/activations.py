"""Nonlinearities as modules, of Tensors and of Values. They need no NumPy where they are given Values."""

from __future__ import annotations

import math
from typing import Any

import autograd.functional as F
from autograd.core.op import TABLE
from nn.module import Module

__all__ = ["GELU", "LogSoftmax", "ReLU", "Sigmoid", "Softmax", "Softplus", "Tanh"]


class _Elementwise(Module):
    """The op of the table that bears the class's name."""

    def forward(self, x: object) -> Any:
        return TABLE[type(self).__name__.lower()](x)


class Tanh(_Elementwise):
    """tanh, elementwise."""


class ReLU(_Elementwise):
    """max(0, x), elementwise. `inplace`, PyTorch's way to save memory, changes nothing."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()


class Sigmoid(_Elementwise):
    """1/(1 + exp(−x)), elementwise."""


class Softplus(Module):
    """log(1 + exp(β·x))/β, elementwise; x itself where β·x is above `threshold`."""

    def __init__(self, beta: float = 1.0, threshold: float = math.inf) -> None:
        self.beta, self.threshold = beta, threshold

    def forward(self, x: object) -> Any:
        return F.softplus(x, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return "" if (self.beta, self.threshold) == (1.0, math.inf) else f"beta={self.beta}, threshold={self.threshold}"


class GELU(Module):
    """x·Φ(x), elementwise, Φ being the normal distribution's; or its approximation by "tanh", as in GPT-2."""

    def __init__(self, approximate: str = "none") -> None:
        if approximate not in ("none", "tanh"):
            raise ValueError(f"GELU: got approximate={approximate!r}, expected 'none' or 'tanh'")
        self.approximate = approximate

    def forward(self, x: object) -> Any:
        return F.gelu(x, self.approximate)

    def extra_repr(self) -> str:
        return "" if self.approximate == "none" else f"approximate={self.approximate!r}"


class Softmax(Module):
    """Softmax along `dim`, of Tensors or of a list of Values; as an output layer or anywhere else."""

    def __init__(self, dim: int = -1, temperature: float = 1.0) -> None:
        self.dim = dim
        self.temperature = temperature

    def forward(self, x: object) -> Any:
        return F.softmax(x, self.dim, self.temperature)


class LogSoftmax(Module):
    """The logarithm of softmax along `dim`, without ever taking the log of what underflowed."""

    def __init__(self, dim: int = -1, temperature: float = 1.0) -> None:
        self.dim = dim
        self.temperature = temperature

    def forward(self, x: object) -> Any:
        return F.log_softmax(x, self.dim, self.temperature)
