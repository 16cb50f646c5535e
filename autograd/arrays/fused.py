"""Whole layers as one node: what a composition of ops computes, in fewer passes over memory.

Nothing here is needed; each is held against its composition in the tests. Where a gradient is itself to be
differentiated, the vjps are fed nodes and build the composition.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.arrays import structural as st
from autograd.arrays.convert import is_narrow, widened
from autograd.arrays.structural import moves
from autograd.arrays.tensor import Tensor

if TYPE_CHECKING:
    from autograd.arrays.convert import Array

__all__ = ["affine", "batch_norm"]


def affine(x: object, weight: Tensor, bias: Tensor) -> Tensor:
    """x @ weight + bias as one node: shapes (…, n), (n, m), (m,) -> (…, m).

    >>> affine(Tensor([[1.0, 2.0]]), Tensor([[1.0], [10.0]]), Tensor([0.5]))
    tensor([[21.5]])
    """
    return _AFFINE.make(x, weight, bias)


def _affine(x: Array, weight: Array, bias: Array) -> Array:
    try:
        if weight.ndim == 2 and bias.shape == weight.shape[1:]:
            return _plus(x.dot(weight) if x.ndim == 2 else st.matmul.array(x, weight), bias)
    except ValueError:                              # NumPy's, of the product
        pass
    raise ValueError("inputs, weights and bias do not fit; expected shapes (…, n), (n, m) and (m,)")


def _affine_input(g: Array, out: Array, x: Array, weight: Array, bias: Array) -> Any:
    return _left(g, out, x, weight)


def _affine_weight(g: Array, out: Array, x: Array, weight: Array, bias: Array) -> Any:
    return _right(g, out, x, weight)


def _affine_bias(g: Array, out: Array, x: Array, weight: Array, bias: Array) -> Array:
    return g                                        # broadcast in the sum, so the engine adds it up


_left, _right = st.matmul.vjps
_AFFINE = moves("affine", _affine, _affine_input, _affine_weight, _affine_bias, methods=(), symbol="xW+b",
                words="the gradient is multiplied by the other factor, transposed; a bias gets its sum over the rows")


def batch_norm(x: object, gain: Tensor, bias: Tensor, eps: float = 1e-5, correction: int = 0) -> Tensor:
    """gain · (x − mean)/√(variance + eps) + bias, each column of x (N, D) by its own mean and variance, as one node.

    The variance divides by N − `correction` (0 in PyTorch's layer, 1 in the lectures). After Ioffe and Szegedy, 2015;
    with r the normalised x, n samples and g = ∂L/∂out,

        ∂L/∂x = gain/√(variance + eps) · (g − Σg/n − r · Σ(g·r)/(n − correction)).

    Raises ValueError for fewer samples than the variance needs.

    >>> batch_norm(Tensor([[1.0], [3.0]]), Tensor([2.0]), Tensor([0.0]), eps=0.0)
    tensor([[-2.],
            [ 2.]])
    """
    if isinstance(x, Tensor) and is_narrow(x):
        return batch_norm(widened(x), widened(gain), widened(bias), eps, correction).to(x.dtype)
    return _BATCH_NORM.make(x, gain, bias, eps, correction)


def _batch_norm(x: Array, gain: Array, bias: Array, eps: float, correction: int) -> tuple[Array, Array, Array, Array]:
    """The result; and for the gradient x − mean, 1/√(variance + eps), and that times the gain."""
    n = len(x)
    if x.ndim != 2 or n <= correction:
        raise ValueError(f"expected inputs of shape (N, D) with N > {correction}")
    if (gain.ndim != 1 and gain.shape[:-1] != (1,)) or (bias.ndim != 1 and bias.shape[:-1] != (1,)):
        raise ValueError("expected gain and bias of shape (D,) or (1, D)")
    total = _totals(x, n)
    centred = x - total(x) * (1 / n)
    scale = (total(centred * centred) * (1 / (n - correction)) + eps) ** -0.5
    stretch = scale * gain
    return _plus(centred * stretch, bias), centred, scale, stretch


def _batch_norm_joint(needs: Sequence[bool], g: Array, out: Array, x: Array, gain: Array, bias: Array, eps: float,
                      correction: int, centred: Array, scale: Array, stretch: Array) -> list[Array | None]:
    if isinstance(x, Tensor):
        _, centred, scale, stretch = _batch_norm(x, gain, bias, eps, correction)
    n = len(x)
    total = _totals(g, n)
    whole, aligned = total(g), total(g * centred) * scale                               # Σg and Σ(g·r)
    dx = None
    if needs[0]:
        # Of the formula only g and r = centred · scale are as large as x; what multiplies them is one row.
        dx = g * stretch
        dx -= centred * (stretch * scale * aligned * (1 / (n - correction)))            # into an array of its own:
        dx -= stretch * whole * (1 / n)                                                 # half the time of a new one
    return [dx, aligned, whole]


_BATCH_NORM = moves("batch_norm", _batch_norm, joint=_batch_norm_joint, arity=3, keeps=3, methods=(), symbol="BN",
                    words="the gradient, less its mean and less its part along the normalised input, is stretched by "
                          "gain/√(variance + eps); the gain gets Σ gradient · normalised input, the bias Σ gradient")


def _totals(x: Array, n: int) -> Callable[[Array], Array]:
    """What adds up the n rows of x and its like: for arrays, a product with ones."""
    if type(x) is np.ndarray and n <= st.SHORT_AXIS:
        return st.ones((1, n), x.dtype.char).dot
    return lambda x: st.sum_(x, (0,), True)


def _plus(fresh: Array, y: Array) -> Array:
    """Their sum, where it fits, in the array `fresh`, which nobody else has seen yet: half the time of a new one."""
    if fresh.dtype != y.dtype:
        return fresh + y
    fresh += y
    return fresh
