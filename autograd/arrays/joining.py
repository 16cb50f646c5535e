"""Functions of several tensors that make one of them: `where`, `concatenate`, `stack`; and of lists of tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autograd.arrays import structural as st
from autograd.arrays.convert import ArrayNode, operand
from autograd.arrays.dims import axis_of
from autograd.core.op import TABLE

if TYPE_CHECKING:
    from autograd.arrays.tensor import Tensor

__all__ = ["cat", "concatenate", "gathered", "holds_gradients", "stack", "where"]


def where(condition: object, x: object, y: object) -> Tensor:
    """Elementwise x where `condition` holds, else y; gradients go to whichever was taken.

    >>> import numpy as np
    >>> from autograd import Tensor
    >>> where(np.array([True, False]), Tensor([1.0, 2.0]), 0.0)
    tensor([1., 0.])
    """
    like = next((t for t in (x, y) if isinstance(t, ArrayNode)), None)
    first = operand(x, "where", like)
    return first.apply(TABLE["where"], operand(condition, "where", None), first, operand(y, "where", like))


def concatenate(tensors: Sequence[object], dim: int = 0) -> Tensor:
    """The tensors one after another along the axis `dim`, which they already have.

    >>> from autograd import Tensor
    >>> concatenate([Tensor([1.0]), Tensor([2.0, 3.0])])
    tensor([1., 2., 3.])
    """
    refuse_pair("concatenate", tensors)
    parts = [operand(t, "concatenate", None) for t in tensors]
    if not parts:
        raise ValueError("concatenate: got no tensors")
    if dim is None:
        raise TypeError("concatenate: got dim=None, expected an integer; flatten the tensors first to join all numbers")
    return parts[0].apply(st.concatenate, tuple(parts), axis_of("concatenate", dim, parts[0].ndim))


cat = concatenate


def gathered(x: object, name: str = "tensor") -> Tensor:
    """A tensor of what may be lists, nested, with tensors in them whose gradients pass."""
    refuse_pair(name, x)
    if isinstance(x, (list, tuple)) and holds_gradients(x):
        return stack([gathered(y, name) for y in x])
    return operand(x, name, None)


def holds_gradients(x: object) -> bool:
    """Whether a tensor that has a gradient stands in these lists."""
    if isinstance(x, ArrayNode):
        return x.requires_grad
    return isinstance(x, (list, tuple)) and any(map(holds_gradients, x))


def stack(tensors: Sequence[object], dim: int = 0) -> Tensor:
    """The tensors, all of one shape, along a new axis `dim`."""
    refuse_pair("stack", tensors)
    return concatenate([operand(t, "stack", None).unsqueeze(dim) for t in tensors], dim)


def refuse_pair(name: str, tensors: object) -> None:
    """Raise for what `max(dim)` returns: its values and indices in one tensor are never meant."""
    if hasattr(tensors, "indices") and hasattr(tensors, "values"):
        raise TypeError(f"{name}: got a pair of (values, indices), expected one of the two; use .values or .indices")
