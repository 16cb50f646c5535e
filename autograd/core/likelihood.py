"""The row under `F.binary_cross_entropy`: how surprising a label 0 or 1 is, given the probability of 1."""

from __future__ import annotations

from typing import Any

from autograd.core import floats as ieee
from autograd.core.op import elementwise
from autograd.core.ops import TABLE

__all__ = ["bce"]

_log, _log1p, _maximum = TABLE["log"], TABLE["log1p"], TABLE["maximum"]


def _loss(p: Any, y: Any) -> Any:
    return -(y * _maximum(_log(p), -100.0) + (1.0 - y) * _maximum(_log1p(-p), -100.0))


def _certain(p: float, y: float) -> float:
    """The same for p = 0 and p = 1, where `math.log` raises."""
    return -(y * ieee.maximum(ieee.log(p), -100.0) + (1.0 - y) * ieee.maximum(ieee.log1p(-p), -100.0))


# As PyTorch has it: no logarithm is less than -100, and the slope divides by no less than 1e-12.
_NUMPY = "-({y} * np.maximum(np.log({x}), -100.0) + (1.0 - {y}) * np.maximum(np.log1p(-{x}), -100.0))"
bce = elementwise(
    "bce", _loss, _loss,
    lambda out, p, y: (p - y) / _maximum(p * (1.0 - p), 1e-12),
    lambda out, p, y: _maximum(_log1p(-p), -100.0) - _maximum(_log(p), -100.0),
    symbol="BCE", methods=(), domain=((0.2, 0.8), (0.2, 0.8)), edge=_certain,
    source={"numpy": _NUMPY, "jax": _NUMPY.replace("np.", "jnp."),
            "torch": "-({y} * torch.log({x}).clamp(min=-100.0) + (1.0 - {y}) * torch.log1p(-{x}).clamp(min=-100.0))"},
    remedy="probabilities outside 0 to 1? for logits use binary_cross_entropy_with_logits")
