"""Initial weights, in place: PyTorch's names for the usual distributions.

What is drawn comes from the generator that `manual_seed` seeds. Fan-in is how many inputs one output has, fan-out how
many outputs one input has: of a weight (out, in), its second and its first length.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from autograd.core.modes import no_grad
from autograd.core.names import meant

if TYPE_CHECKING:
    from autograd.arrays.tensor import Tensor

__all__ = ["calculate_gain", "constant_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_", "uniform_",
           "xavier_normal_", "xavier_uniform_", "zeros_"]


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """From the normal distribution.

    >>> import autograd, nn
    >>> nn.init.normal_(autograd.zeros(2, 3), std=0.02).abs().max() < 0.2
    tensor(True)
    """
    with no_grad():
        return tensor.normal_(mean, std)


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """Evenly from a to below b."""
    with no_grad():
        return tensor.uniform_(a, b)


def constant_(tensor: Tensor, val: float) -> Tensor:
    """All of them `val`."""
    with no_grad():
        return tensor.fill_(val)


def zeros_(tensor: Tensor) -> Tensor:
    """All of them 0."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """All of them 1."""
    return constant_(tensor, 1.0)


def xavier_normal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Normal, with std = gain·√(2/(fan-in + fan-out)) (Glorot and Bengio, 2010)."""
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(_fans("xavier_normal_", tensor))))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Even, from ±gain·√(6/(fan-in + fan-out)) (Glorot and Bengio, 2010)."""
    bound = gain * math.sqrt(6.0 / sum(_fans("xavier_uniform_", tensor)))
    return uniform_(tensor, -bound, bound)


def kaiming_normal_(tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Tensor:
    """Normal, with std = gain/√fan (He et al., 2015); `a` is the slope of a leaky ReLU below 0."""
    return normal_(tensor, 0.0, _he("kaiming_normal_", tensor, a, mode, nonlinearity))


def kaiming_uniform_(tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Tensor:
    """Even, from ±gain·√(3/fan) (He et al., 2015); `a` is the slope of a leaky ReLU below 0."""
    bound = math.sqrt(3.0) * _he("kaiming_uniform_", tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much weights must be larger for a nonlinearity to keep the spread of what passes through it.

    >>> round(calculate_gain("relu"), 4), round(calculate_gain("tanh"), 4)
    (1.4142, 1.6667)
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2.0 / (1.0 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in _GAINS:
        raise ValueError(f"calculate_gain: got {nonlinearity!r}, expected one of {', '.join(_GAINS)}, leaky_relu")
    return _GAINS[nonlinearity]


_GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5.0 / 3.0, "relu": math.sqrt(2.0), "selu": 0.75}


def _he(name: str, tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    """gain/√fan."""
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{name}: got mode={mode!r}, expected 'fan_in' or 'fan_out'")
    fan = _fans(name, tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _fans(name: str, tensor: Tensor) -> tuple[int, int]:
    """Fan-in and fan-out."""
    if tensor.ndim < 2:
        raise ValueError(f"{name}: got shape {tensor.shape}, expected a matrix, whose fans can be told; for a bias use "
                         "zeros_ or uniform_")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def __getattr__(name: str) -> object:
    raise AttributeError(f"module 'nn.init' has no {name!r}; it has {', '.join(__all__)}{meant(name, __all__)}")
