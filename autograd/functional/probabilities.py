"""Softmax, its logarithm, and the logarithm of a sum of exponentials.

All subtract the largest first, so that nothing overflows. For the gradient it counts as a constant: whatever is
subtracted from all, the result stays the same. It is a node all the same, so that a recording finds it anew.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any

from autograd.core.nary import LARGEST, LOGSUMEXP, total
from autograd.core.numbers import is_real, number
from autograd.core.op import Rule
from autograd.core.value import Value
from autograd.functional.given import is_values, named_axis, tensors, values

__all__ = ["log_softmax", "logsumexp", "softmax"]


def softmax(x: Any, dim: int = -1, temperature: float = 1.0, **numpys: Any) -> Any:
    """exp((x − max x)/T) / Σ exp((x − max x)/T): positive numbers along `dim` that sum to 1.

    Args:
        x: a Tensor, or a list of Values (for which `dim` must be left alone).
        temperature: T > 0; towards 0 the largest takes all, towards infinity all become equal.
        numpys: `axis`, as NumPy calls `dim`; and `dtype`, in which to compute.

    Raises:
        ValueError: for a temperature that is not positive, or an empty axis.

    >>> [round(p.data, 3) for p in softmax([Value(2.0), Value(1.0), Value(0.1)])]
    [0.659, 0.242, 0.099]
    >>> [round(p.data, 3) for p in softmax([Value(2.0), Value(1.0), Value(0.1)], temperature=10.0)]
    [0.366, 0.331, 0.303]
    """
    def of_values(below: list[Value]) -> list[Value]:
        powers = [b.exp() for b in below]
        whole = total(powers)
        return [power / whole for power in powers]

    def of_tensor(below: Any, dim: int) -> Any:
        powers = below.exp()
        return powers / powers.sum(dim, keepdim=True)

    return _of_below("softmax", of_values, of_tensor, x, dim, temperature, **numpys)


def log_softmax(x: Any, dim: int = -1, temperature: float = 1.0, **numpys: Any) -> Any:
    """log softmax(x) = x − log Σ exp(x), without ever taking the log of something that underflowed.

    It is exact for any finite x, also where the result is as small as 1e-18.

    >>> [v.data for v in log_softmax([Value(1000.0), Value(0.0)])]
    [0.0, -1000.0]
    """
    def of_values(below: list[Value]) -> list[Value]:
        normaliser = Value.apply(LOGSUMEXP, *below)
        return [b - normaliser for b in below]

    def of_tensor(below: Any, dim: int) -> Any:
        return below - tensors("log_softmax").logsumexp(below, dim, True)

    return _of_below("log_softmax", of_values, of_tensor, x, dim, temperature, **numpys)


def _of_below(name: str, of_values: Rule, of_tensor: Rule, x: Any, dim: int, temperature: object, dtype: Any = None,
              **numpys: Any) -> Any:
    """What is made of (x − max x)/T, of a list of Values or of a Tensor."""
    if dtype is not None:
        x = tensors(name).operand(x, name, None).to(dtype)
    dim, _ = named_axis(name, dim, **numpys)
    if getattr(x, "ndim", 1) == 0:                  # PyTorch's: one number has an axis, 0 or −1
        return _of_below(name, of_values, of_tensor, x.reshape(1), dim, temperature).reshape(())
    positive = _temperature(temperature)
    if is_values(x):
        return of_values(_below(name, x, dim, positive))
    arrays = tensors(name)
    x = arrays.tensor(name, x, dim)
    return arrays.narrowed(of_tensor(_over(arrays.below(x, dim, positive), positive), dim), x)


def logsumexp(x: Any, dim: Any = -1, keepdim: bool = False, **numpys: Any) -> Any:
    """log Σ exp(x) along `dim`, exact for any finite x; along several, of a Tensor.

    >>> round(logsumexp([Value(1000.0), Value(1000.0)]).data, 4)
    1000.6931
    """
    if isinstance(dim, (tuple, list)) and not is_values(x):
        return tensors("logsumexp").operand(x, "logsumexp", None).logsumexp(dim, keepdim, **numpys)
    dim, keepdim = named_axis("logsumexp", dim, keepdim, **numpys)
    if is_values(x):
        summed = Value.apply(LOGSUMEXP, *values("logsumexp", x, dim))
        return [summed] if keepdim else summed
    return tensors("logsumexp").logsumexp(tensors("logsumexp").tensor("logsumexp", x, dim), dim, keepdim)


def _below(name: str, x: Sequence[object], dim: int, temperature: float) -> list[Value]:
    """(x − max x)/T."""
    given = values(name, x, dim)
    largest = Value.apply(LARGEST, *given)
    return [_over(v - largest, temperature) for v in given]


def _over(x: Any, temperature: float) -> Any:
    if temperature == 1.0:
        return x
    if temperature < math.inf:
        return x / temperature
    return x / sys.float_info.max / sys.float_info.max         # all alike; but what is masked, with -∞, stays so


def _temperature(temperature: object) -> float:
    if type(temperature) is float and temperature > 0:
        return temperature
    if isinstance(temperature, (bool, Value)) or not is_real(temperature):
        raise TypeError(f"softmax: got a temperature of type {type(temperature).__name__}, expected a positive number")
    positive = number(temperature, "softmax")
    if not positive > 0:
        raise ValueError(f"softmax: got temperature {temperature}, expected a positive number")
    return positive
