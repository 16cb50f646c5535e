"""Whole layers as one node: what a composition of ops computes, in fewer passes over memory.

Nothing here is needed; each is held against its composition in the tests. Where a gradient is itself to be
differentiated, the vjps are fed nodes and build the composition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import structural as st
from autograd.structural import Structural
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
    out = st.matmul.array(x, weight)
    if out.ndim == 0 or out.dtype != np.result_type(out, bias):
        return out + bias
    out += bias                                     # nobody else has seen the product yet
    return out


def _affine_joint(needs: Sequence[bool], g: Any, out: Any, x: Any, weight: Any, bias: Any) -> list[Any]:
    return [st.matmul.vjps[0](g, out, x, weight) if needs[0] else None,
            st.matmul.vjps[1](g, out, x, weight) if needs[1] else None,
            st.reduce_to(g, bias.shape) if needs[2] else None]


_AFFINE = adopt(Structural("affine", "xW+b", _affine, joint=_affine_joint, arity=3))


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


def _normalised(x: Any, gain: Any, bias: Any, eps: float, correction: int) -> tuple[Any, Any]:
    """(x − mean)/√(variance + eps), and 1/√(variance + eps)."""
    if x.ndim != 2 or len(x) <= correction:
        raise ValueError(f"batch_norm: got inputs of shape {x.shape}, expected (N, D) with N > {correction}")
    n, number = len(x), x.dtype.type
    centred = x - st.sum_(x, (0,), True) * number(1 / n)
    variance = st.sum_(centred * centred, (0,), True) * number(1 / (n - correction))
    scale = (variance + number(eps)) ** -0.5
    return centred * scale, scale


def _batch_norm(x: Any, gain: Any, bias: Any, eps: float, correction: int, normal: Any, scale: Any) -> Any:
    return normal * gain + bias


def _batch_norm_joint(needs: Sequence[bool], g: Any, out: Any, x: Any, gain: Any, bias: Any, eps: float,
                      correction: int, normal: Any, scale: Any) -> list[Any]:
    if isinstance(x, Tensor):
        normal, scale = _normalised(x, gain, bias, eps, correction)
    n, number = len(x), x.dtype.type
    whole, aligned = st.sum_(g, (0,), True), st.sum_(g * normal, (0,), True)        # Σg and Σ(g·r)
    dx = None
    if needs[0]:
        dx = (g - whole * number(1 / n) - normal * (aligned * number(1 / (n - correction)))) * (gain * scale)
    return [dx, st.reduce_to(aligned, gain.shape) if needs[1] else None,
            st.reduce_to(whole, bias.shape) if needs[2] else None]


_BATCH_NORM = adopt(Structural("batch_norm", "BN", _batch_norm, joint=_batch_norm_joint, arity=3, keeps=_normalised))
