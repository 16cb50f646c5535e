"""What can be asked of a number and of an array alike. Of a number it is answered without NumPy.

A number here is a Python float, as a `Value` holds it; all else is an array of NumPy's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from random import Random
from typing import TYPE_CHECKING, Any, Union

from autograd.core.op import numpy

if TYPE_CHECKING:
    from autograd.arrays.convert import Array

__all__ = ["close", "every", "finite", "finite_part", "has_nan", "inner", "largest", "listed", "most", "norm",
           "random_like", "shaken", "shape_of", "silence", "size_of", "some",
           "sums_near"]

Numbers = Union[float, "Array"]                     # one, or an array of them


def shape_of(x: Any) -> tuple[int, ...]:
    """Its shape; a number's is ()."""
    shape: tuple[int, ...] = () if type(x) is float else x.shape
    return shape


def size_of(x: Any) -> int:
    """How many numbers it has."""
    return 1 if type(x) is float else int(x.size)


def inner(x: Any, y: Any) -> float:
    """Σ xᵢ·yᵢ of two of the same shape."""
    return float(x * y) if type(x) is float else float(numpy("inner").vdot(x, y))


def sums_near(choices: Sequence[Sequence[float]], wanted: float, relative: float) -> list[tuple[int, ...]]:
    """Which of each choice to take, for a sum of about `wanted`; at most twenty ways.

    >>> sums_near([[1.0, 2.0], [5.0, 7.0]], 7.0, 1e-6)
    [(1, 0)]
    """
    np = numpy("sums_near")
    total = np.zeros(())
    for choice in choices:
        total = np.add.outer(total, np.asarray(choice))
    return [tuple(map(int, where)) for where in np.argwhere(abs(total - wanted) <= relative * abs(wanted))[:20]]


def random_like(x: Any) -> Any:
    """Normal random numbers in x's shape, the same ones each time; for a number, 1."""
    return 1.0 if type(x) is float else numpy("random_like").random.default_rng(0).standard_normal(x.shape)


def listed(x: Any) -> Any:
    """Its numbers as Python's, an array's in nested lists."""
    return x if type(x) is float else x.tolist()


def some(x: Numbers) -> bool:
    """Whether it is not 0, or is true, in some place."""
    return bool(x) if isinstance(x, (float, bool)) else bool(x.any())


def every(x: Any) -> bool:
    """Whether a truth value, or every one of an array of them, is true."""
    return x if type(x) is bool else bool(x.all())


def finite(x: object) -> bool:
    """Whether it is neither inf nor nan, in no place."""
    return math.isfinite(x) if type(x) is float else bool(numpy("finite").isfinite(x).all())


def has_nan(x: object) -> bool:
    """Whether it is nan in some place."""
    return x != x if type(x) is float else bool(numpy("has_nan").isnan(x).any())


def finite_part(x: Any) -> Any:
    """Itself without what is inf or nan; of a number that is, 0."""
    if type(x) is float:
        return x if math.isfinite(x) else 0.0
    return x[numpy("finite_part").isfinite(x)]


def largest(x: Any) -> float:
    """The largest size of a number in it; 0 where there is none."""
    return abs(x) if type(x) is float else float(abs(x).max(initial=0.0))


def most(x: object) -> str:
    """The largest size in it, as text."""
    with silence(x):
        return f"{largest(x):.3g}"


def norm(x: object) -> float:
    """√Σx², in float64."""
    if type(x) is float:
        return abs(x)
    with silence(x):
        return math.sqrt(float(numpy("norm").square(x, dtype="float64").sum()))


def close(x: Any, y: Any, relative: float, absolute: float) -> bool:
    """Whether x is y in every place, up to rounding: |x − y| ≤ relative·|y| + absolute; nan is like nan here.

    >>> close(1.0, 1.0 + 1e-12, 1e-9, 0.0), close(1.0, float("inf"), 1e-9, 0.0)
    (True, False)
    """
    if type(x) is float and type(y) is float:
        near = math.isfinite(y) and abs(x - y) <= relative * abs(y) + absolute
        return near or x == y or (x != x and y != y)
    np = numpy("close")
    with silence(y):
        near = np.isfinite(y) & (abs(x - y) <= relative * abs(y) + absolute)
        return bool((near | (x == y) | (np.isnan(x) & np.isnan(y))).all())


def shaken(x: Any, by: float, seed: int) -> Any:
    """x, with every number moved by up to `by`, to one side or the other."""
    if type(x) is float:
        return x + by * Random(seed).choice((-1.0, 1.0))
    return x + (by * numpy("shaken").random.default_rng(seed).choice((-1.0, 1.0), x.shape)).astype(x.dtype)


def silence(x: object) -> AbstractContextManager[object]:
    """Where x is an array, NumPy's warnings are off; there are none for numbers, which never see NumPy."""
    return nullcontext() if type(x) is float else numpy("silence").errstate(all="ignore")
