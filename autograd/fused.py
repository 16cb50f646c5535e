"""Whole layers as one node: what a composition of ops computes, in fewer passes over memory.

Nothing here is needed; each is held against its composition in the tests. Where a gradient is itself to be
differentiated, the vjps are fed nodes and build the composition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import structural as st
from autograd.structural import Structural, reducing, summing
from autograd.tensors import Tensor, adopt

__all__ = ["affine", "batch_norm"]


def affine(x: Any, weight: Tensor, bias: Tensor) -> Tensor:
    """x @ weight + bias as one node: shapes (…, n), (n, m), (m,) -> (…, m).

    >>> affine(Tensor([[1.0, 2.0]]), Tensor([[1.0], [10.0]]), Tensor([0.5]))
    tensor([[21.5]])
    """
    return Tensor.apply(_AFFINE, x, weight, bias)


def _affine(x: Any, weight: Any, bias: Any) -> Any:
    if weight.ndim != 2 or x.shape[-1:] != weight.shape[:1] or bias.shape != weight.shape[1:]:
        raise ValueError("inputs, weights and bias do not fit; expected shapes (…, n), (n, m) and (m,)")
    return _plus(st.matmul.array(x, weight), bias)


def _affine_bias(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    return reducing(g)(g, bias.shape)


def _affine_x(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    return _matmul_left(g, out, x, weight)


def _affine_weight(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    return _matmul_right(g, out, x, weight)


_matmul_left, _matmul_right = st.matmul.vjps
_AFFINE = adopt(Structural("affine", "xW+b", _affine, _affine_x, _affine_weight, _affine_bias))


def batch_norm(x: Any, gain: Tensor, bias: Tensor, eps: float = 1e-5, correction: int = 0) -> Tensor:
    """gain · (x − mean)/√(variance + eps) + bias, each column of x (N, D) by its own mean and variance, as one node.

    The variance divides by N − `correction` (0 in PyTorch's layer, 1 in the lectures). After Ioffe and Szegedy, 2015;
    with r the normalised x, n samples and g = ∂L/∂out,

        ∂L/∂x = gain/√(variance + eps) · (g − Σg/n − r · Σ(g·r)/(n − correction)).

    Raises ValueError for fewer samples than the variance needs.

    >>> batch_norm(Tensor([[1.0], [3.0]]), Tensor([2.0]), Tensor([0.0]), eps=0.0)
    tensor([[-2.],
            [ 2.]])
    """
    return Tensor.apply(_BATCH_NORM, x, gain, bias, eps, correction)


def _batch_norm(x: Any, gain: Any, bias: Any, eps: float, correction: int) -> tuple[Any, Any, Any, Any]:
    """The result; and for the gradient x − mean, 1/√(variance + eps), and that times the gain."""
    n = len(x)
    if x.ndim != 2 or n <= correction:
        raise ValueError(f"expected inputs of shape (N, D) with N > {correction}")
    if (gain.ndim != 1 and gain.shape[:-1] != (1,)) or (bias.ndim != 1 and bias.shape[:-1] != (1,)):
        raise ValueError("expected gain and bias of shape (D,) or (1, D)")
    sum_ = summing(x)
    centred = x - sum_(x, (0,), True) * (1 / n)
    scale = (sum_(centred * centred, (0,), True) * (1 / (n - correction)) + eps) ** -0.5
    stretch = scale * gain
    return _plus(centred * stretch, bias), centred, scale, stretch


def _batch_norm_joint(needs: Sequence[bool], g: Any, out: Any, x: Any, gain: Any, bias: Any, eps: float,
                      correction: int, centred: Any, scale: Any, stretch: Any) -> list[Any]:
    if isinstance(x, Tensor):
        _, centred, scale, stretch = _batch_norm(x, gain, bias, eps, correction)
    n = len(x)
    sum_, reduce_to = summing(g), reducing(g)
    whole, aligned = sum_(g, (0,), True), sum_(g * centred, (0,), True) * scale       # Σg and Σ(g·r)
    dx = None
    if needs[0]:
        # Of the formula only g and r = centred · scale are as large as x; what multiplies them is one row.
        dx = _minus(g * stretch, centred * (stretch * scale * aligned * (1 / (n - correction))))
        dx = _minus(dx, stretch * whole * (1 / n))
    return [dx, reduce_to(aligned, gain.shape) if needs[1] else None,
            reduce_to(whole, bias.shape) if needs[2] else None]


_BATCH_NORM = adopt(Structural("batch_norm", "BN", _batch_norm, joint=_batch_norm_joint, arity=3, keeps=3))


# Sums into an array that nobody else has seen yet: half the time of a new one.

def _plus(fresh: Any, y: Any) -> Any:
    if type(fresh) is not np.ndarray or fresh.dtype != y.dtype:
        return fresh + y
    fresh += y
    return fresh


def _minus(fresh: Any, y: Any) -> Any:
    if type(fresh) is not np.ndarray or fresh.dtype != y.dtype:
        return fresh - y
    fresh -= y
    return fresh
