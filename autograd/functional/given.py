"""What the functions of this room are given, checked: lists of Values here, Tensors in `tensors`, which needs NumPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from numbers import Integral
from typing import Any

from autograd.core.nary import total
from autograd.core.numbers import is_real, number
from autograd.core.op import Operand, Rule, numpy
from autograd.core.value import Value

__all__ = ["REDUCTIONS", "each", "in_base", "is_values", "named_axis", "plain", "refuse_reduction", "sum_of", "tensors",
           "values"]

REDUCTIONS = ("mean", "sum", "none")


def is_values(x: object) -> bool:
    """Whether x is a list of Values, or of lists of them; numbers may stand among the Values."""
    return isinstance(x, (list, tuple)) and any(isinstance(v, Value) or is_values(v) for v in x)


def values(name: str, x: Sequence[object], dim: int = -1) -> list[Value]:
    """`x` as a list of Values, which has one axis.

    Raises:
        IndexError: for another axis.
    """
    if dim not in (0, -1):
        raise IndexError(f"{name}: dim {dim} is out of range for a list of Values, which has one; leave it out")
    return [Value.operand(v, name) for v in x]


@lru_cache(maxsize=64)
def tensors(name: str) -> Any:
    """The module of what these functions need of arrays; without NumPy an ImportError, in the name of a function."""
    numpy(name)
    return import_module("autograd.functional.tensors")


def named_axis(name: str, dim: int, keepdim: bool = False, **numpys: Any) -> tuple[int, bool]:
    """`dim` and `keepdim`, or what the caller gave by NumPy's names for them, `axis` and `keepdims`."""
    if "axis" in numpys and dim != -1:
        raise TypeError(f"{name}: got dim={dim!r} and axis={numpys['axis']!r}; expected one of the two")
    dim, keepdim = numpys.pop("axis", dim), numpys.pop("keepdims", keepdim)
    if numpys:
        raise TypeError(f"{name}: unexpected argument {', '.join(map(repr, numpys))}")
    if type(dim) is int:
        return dim, bool(keepdim)
    if isinstance(dim, bool) or not isinstance(dim, Integral):
        raise TypeError(f"{name}: got dim={dim!r}, expected one integer")
    return int(dim), bool(keepdim)


def plain(name: str, x: object, what: str = "target") -> Any:
    """Numbers, or lists of them: what an array, a Tensor or anything like them holds.

    Raises:
        ValueError: for what requires a gradient, since none flows there.
    """
    if isinstance(x, Operand):
        if getattr(x, "requires_grad", False):
            raise ValueError(f"{name}: the {what} requires a gradient, and none flows there; use {what}.detach()")
        return x.tolist()                           # type: ignore[attr-defined]
    if hasattr(x, "tolist"):
        return x.tolist()
    return [plain(name, y, what) for y in x] if isinstance(x, (list, tuple, range)) else x


def refuse_reduction(name: str, reduction: str) -> None:
    """Raise a ValueError for what is no reduction."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"{name}: got reduction={reduction!r}, expected 'mean', 'sum' or 'none'")


def sum_of(terms: Any, dim: int = -1, keepdim: bool = False) -> Any:
    """Σ along `dim` of a Tensor; of a list of Values, their sum."""
    if not isinstance(terms, list):
        return terms.sum(dim, keepdim)
    return [total(terms)] if keepdim else total(terms)


def each(formula: Rule, *xs: Any) -> Any:
    """The formula elementwise: of Tensors, or of lists."""
    return list(map(formula, *xs)) if isinstance(xs[0], list) else formula(*xs)


def in_base(nats: Any, base: float | None) -> Any:
    """Nats in another base: with 2, bits.

    Raises:
        TypeError, ValueError: for what is no positive number other than 1.
    """
    if base is None:
        return nats
    if isinstance(base, bool) or not is_real(base):
        raise TypeError(f"base: got {base!r}, expected a positive number other than 1; 2 gives bits")
    if not (base > 0 and base != 1):
        raise ValueError(f"base: got {base}, expected a positive number other than 1; 2 gives bits")
    scale = math.log(number(base, "base"))
    return [x / scale for x in nats] if isinstance(nats, list) else nats / scale
