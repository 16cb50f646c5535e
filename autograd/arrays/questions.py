"""Tensor's methods that answer in truth values, and what is done with those. All of it is constant."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.arrays.convert import ArrayNode, handle, operand

if TYPE_CHECKING:
    from autograd.arrays.tensor import Tensor

__all__ = ["Questions"]


class Questions(ArrayNode):
    """Is it a number? Is it the same? And, or, not."""

    __slots__ = ()

    def __contains__(self, x: object) -> bool:
        """Whether any of its numbers is x."""
        return bool((self._data == operand(x, "in", self)._data).any())

    def isnan(self) -> Tensor:
        """Where there is no number."""
        return handle(np.asarray(np.isnan(self._data)))

    def isinf(self) -> Tensor:
        """Where there is ∞ or −∞."""
        return handle(np.asarray(np.isinf(self._data)))

    def isfinite(self) -> Tensor:
        """Where there is neither."""
        return handle(np.asarray(np.isfinite(self._data)))

    def equal(self, other: Any) -> bool:
        """Whether both have the same shape and the same numbers."""
        return bool(np.array_equal(self._data, operand(other, "equal", None)._data))

    def allclose(self, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
        """Whether |self − other| ≤ atol + rtol·|other| everywhere."""
        return bool(np.allclose(self._data, operand(other, "allclose", None)._data, rtol, atol, equal_nan))

    def logical_not(self) -> Tensor:
        """Where there is 0."""
        return handle(np.logical_not(np.asarray(self._data)))

    def logical_and(self, other: Any) -> Tensor:
        """Where neither is 0."""
        return handle(np.logical_and(np.asarray(self._data), operand(other, "logical_and", None)._data))

    def logical_or(self, other: Any) -> Tensor:
        """Where one is not 0."""
        return handle(np.logical_or(np.asarray(self._data), operand(other, "logical_or", None)._data))

    def __invert__(self) -> Tensor:
        return handle(np.asarray(~_bits("~", np.asarray(self._data))))


def _bits(sign: str, x: Any) -> Any:
    if x.dtype.kind == "f":
        raise TypeError(f"{sign}: got floats, expected truth values or integers; compare first: x > 0")
    return x


def _of_bits(name: str, sign: str) -> Callable[[Questions, Any], Any]:
    combine = getattr(np, f"bitwise_{name}")

    def method(self: Questions, other: Any) -> Any:
        return handle(np.asarray(combine(_bits(sign, self._data), _bits(sign, operand(other, sign, None)._data))))

    return method


for _name, _sign in [("and", "&"), ("or", "|"), ("xor", "^")]:
    for _side in ("", "r"):
        setattr(Questions, f"__{_side}{_name}__", _of_bits(_name, _sign))
