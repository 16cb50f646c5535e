"""What all forms of cross-entropy share: their options, and the one place where the derivative stands."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from autograd.core.numbers import is_real
from autograd.functional.given import refuse_reduction

__all__ = ["check_options", "closed_form", "hint_at_softmax", "nothing_to_average", "scale_of", "swapped"]


def closed_form(p: Any, q: Any, mass: Any, scale: Any) -> Any:
    """∂loss/∂z: softmax(z) − y, times 1/N for a mean. (Weighted targets q sum to `mass`; None if that is 1.)"""
    return (p - q if mass is None else mass * p - q) * scale


def scale_of(divisor: float, reduction: str) -> float:
    """What a row's loss is multiplied by."""
    return 1.0 / divisor if reduction == "mean" else 1.0


def check_options(name: str, reduction: str, label_smoothing: float, ignore_index: object, classes: int) -> None:
    """Raise TypeError or ValueError for options no cross-entropy can have."""
    refuse_reduction(name, reduction)
    if not is_real(label_smoothing):
        raise TypeError(f"{name}: got label_smoothing={label_smoothing!r}, expected a number from 0 to 1")
    if isinstance(ignore_index, bool) or not isinstance(ignore_index, Integral):
        raise TypeError(f"{name}: got ignore_index={ignore_index!r}, expected an integer")
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(f"{name}: got label_smoothing={label_smoothing}, expected a number from 0 to 1")
    if classes == 0:
        raise ValueError(f"{name}: the logits have no classes")


def nothing_to_average(name: str, rows: int) -> ValueError:
    """The error for a mean over nothing."""
    why = "the batch is empty" if rows == 0 else "every row is ignored or has weight 0"
    return ValueError(f"{name}: a mean over nothing: {why}; use reduction='sum' where that may happen")


def swapped(logits: Any, target: Any) -> bool:
    """Whether these look like targets and logits, in this order: whole numbers first, then something with an axis more.

    >>> swapped([0, 1], [[2.0, 1.0], [0.1, 2.0]]), swapped([[2, 1], [0, 2]], [0, 1]), swapped([0, 1], [0, 1])
    (True, False, False)
    """
    return _whole(logits) and _axes(target) == _axes(logits) + 1


def _whole(x: Any) -> bool:
    if hasattr(x, "dtype"):
        return bool(x.dtype.kind in "iu")
    return all(map(_whole, x)) if isinstance(x, (list, tuple)) else isinstance(x, Integral)


def _axes(x: Any) -> int:
    if hasattr(x, "dtype"):
        return len(x.shape)
    return 1 + max(map(_axes, x), default=0) if isinstance(x, (list, tuple)) else 0


def hint_at_softmax(name: str, stacklevel: int) -> None:
    """Warn whoever calls `name` with what a softmax made."""
    from warnings import warn  # late: few programs have use for it
    warn(f"{name}: got the result of a softmax, and takes the softmax of logits itself: of what was one already it is "
         "nearly flat, and learning is slow; leave the softmax out, or use nll_loss(p.log(), target)",
         stacklevel=stacklevel)
