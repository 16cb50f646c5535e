"""Functions of several tensors that make one of them: `where`, `concatenate`, `stack`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autograd.arrays import structural as st
from autograd.arrays.convert import ArrayNode, operand
from autograd.arrays.dims import dims_of
from autograd.core.op import TABLE

if TYPE_CHECKING:
    from autograd.arrays.tensor import Tensor

__all__ = ["cat", "concatenate", "stack", "where"]


def where(condition: Any, x: Any, y: Any) -> Tensor:
    """Elementwise x where `condition` holds, else y; gradients go to whichever was taken.

    >>> import numpy as np
    >>> from autograd import Tensor
    >>> where(np.array([True, False]), Tensor([1.0, 2.0]), 0.0)
    tensor([1., 0.])
    """
    like = next((t for t in (x, y) if isinstance(t, ArrayNode)), None)
    first = operand(x, "where", like)
    return first.apply(TABLE["where"], operand(condition, "where", None), first, operand(y, "where", like))


def concatenate(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """The tensors one after another along the axis `dim`, which they already have.

    >>> from autograd import Tensor
    >>> concatenate([Tensor([1.0]), Tensor([2.0, 3.0])])
    tensor([1., 2., 3.])
    """
    parts = [operand(t, "concatenate", None) for t in tensors]
    if not parts:
        raise ValueError("concatenate: got no tensors")
    if dim is None:
        raise TypeError("concatenate: got dim=None, expected an integer; flatten the tensors first to join all numbers")
    return parts[0].apply(st.concatenate, tuple(parts), dims_of("concatenate", dim, parts[0].ndim)[0])


cat = concatenate


def stack(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """The tensors, all of one shape, along a new axis `dim`."""
    return concatenate([operand(t, "stack", None).unsqueeze(dim) for t in tensors], dim)
