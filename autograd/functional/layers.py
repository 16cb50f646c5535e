"""Layers as functions, without parameters of their own: linear, embeddings, nonlinearities."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.core.op import TABLE
from autograd.functional.given import tensors

if TYPE_CHECKING:
    from autograd.arrays.tensor import Tensor

__all__ = ["dropout", "embedding", "gelu", "layer_norm", "leaky_relu", "linear", "one_hot", "relu", "sigmoid", "silu",
           "softplus", "tanh"]


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x @ weightᵀ + bias, with weight (out, in) as PyTorch keeps it: shape (…, in) -> (…, out)."""
    if bias is None:
        return x @ weight.T
    product: Tensor = tensors("linear").affine(x, weight.T, bias)
    return product


def embedding(indices: object, weight: Tensor) -> Tensor:
    """The rows of `weight` (V, D) that `indices` name: shape (…,) -> (…, D). Rows named twice get both gradients."""
    ids = tensors("embedding").ids("embedding", indices)
    if ids.size and (ids.min() < 0 or ids.max() >= weight.shape[0]):
        raise IndexError(f"embedding: got indices from {ids.min()} to {ids.max()}, "
                         f"expected 0 to {weight.shape[0] - 1}, the rows of the table")
    if hasattr(indices, "requires_grad") and ids.size:          # a Tensor, by which `replay` and `source` know it
        return weight[indices]
    return weight[ids]


def one_hot(indices: object, num_classes: int = -1) -> Tensor:
    """Rows of zeros with a 1 at each index: shape (…,) -> (…, C), float64.

    >>> one_hot([1, 0], 3)
    tensor([[0., 1., 0.],
            [1., 0., 0.]])
    """
    rows: Tensor = tensors("one_hot").one_hot(indices, num_classes)
    return rows


# `inplace`, PyTorch's way to save memory, is understood, and changes nothing.

def relu(x: object, inplace: bool = False) -> Any:
    """max(0, x), elementwise."""
    return TABLE["relu"](x)


def tanh(x: object) -> Any:
    """The hyperbolic tangent, elementwise."""
    return TABLE["tanh"](x)


def sigmoid(x: object) -> Any:
    """1/(1 + exp(−x)), elementwise."""
    return TABLE["sigmoid"](x)


def softplus(x: Any, beta: float = 1.0, threshold: float = math.inf) -> Any:
    """log(1 + exp(β·x))/β, elementwise; x itself where β·x is above `threshold`.

    PyTorch's threshold is 20, for want of a formula that is exact beyond it. This one is.
    """
    smooth = TABLE["softplus"](x) if beta == 1.0 else TABLE["softplus"](beta * x) / beta
    return smooth if threshold == math.inf else TABLE["where"](beta * x > threshold, x, smooth)


def silu(x: Any, inplace: bool = False) -> Any:
    """x·sigmoid(x), elementwise (Hendrycks and Gimpel, 2016)."""
    return x * TABLE["sigmoid"](x)


def leaky_relu(x: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """x where it is positive, else negative_slope·x, elementwise. At 0 its slope is negative_slope, as in PyTorch.

    >>> leaky_relu(2.0), leaky_relu(-2.0)
    (2.0, -0.02)
    """
    return TABLE["where"](TABLE["relu"](x), x, negative_slope * x)


def layer_norm(x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Tensor:
    """(x − mean)/√(variance + ε)·weight + bias, over the last axes, those of `normalized_shape` (Ba et al., 2016)."""
    x = tensors("layer_norm").operand(x, "layer_norm", None)
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if x.shape[x.ndim - len(shape):] != shape:
        raise ValueError(f"LayerNorm: got shape {x.shape}, expected one that ends in {shape}")
    dims, wide = tuple(range(x.ndim - len(shape), x.ndim)), tensors("layer_norm").widened(x)
    centred = wide - wide.mean(dims, keepdim=True)
    out = centred / ((centred ** 2).mean(dims, keepdim=True) + eps).sqrt()
    out = out if weight is None else out * weight
    out = out if bias is None else out + bias
    return out if wide is x else out.to(x.dtype)    # type: ignore[no-any-return]


def dropout(x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each number made 0 with probability p and the others divided by 1 − p (Srivastava et al., 2014).

    What to drop comes from the generator that `manual_seed` seeds.
    """
    dropped: Tensor = tensors("dropout").dropout(x, p, training)
    return dropped


def gelu(x: Any, approximate: str = "none") -> Any:
    """x·Φ(x), elementwise, Φ being the normal distribution's: x · ½(1 + erf(x/√2)) (Hendrycks and Gimpel, 2016).

    Args:
        approximate: "tanh" for the approximation that GPT-2 uses.

    >>> round(gelu(1.0), 6), round(gelu(1.0, approximate="tanh"), 6)
    (0.841345, 0.841192)
    """
    if approximate == "none":
        return 0.5 * x * (1.0 + TABLE["erf"](x * math.sqrt(0.5)))
    if approximate == "tanh":
        return 0.5 * x * (1.0 + tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x ** 3)))
    raise ValueError(f"gelu: got approximate={approximate!r}, expected 'none' or 'tanh'")
