"""What may be switched on around a piece of code, per thread: `no_grad`, its undoing `enable_grad`, `detect_anomaly`.

The engines look at one thing on their fast path, whether `active` is empty; only if it is not do they ask more.
"""

from __future__ import annotations

from contextlib import ContextDecorator
from inspect import iscoroutinefunction, isgeneratorfunction
from threading import get_ident
from typing import Any

__all__ = ["active", "detect_anomaly", "enable_grad", "is_grad_enabled", "no_grad", "watching"]

active: dict[tuple[str, int], Any] = {}             # (mode, thread) -> how deep; empty almost always


class _Mode(ContextDecorator):
    """A context manager that is also a decorator, with or without parentheses."""

    def __new__(cls, function: Any = None) -> Any:
        mode = super().__new__(cls)
        return mode if function is None else mode(function)

    def __call__(self, function: Any) -> Any:
        if isgeneratorfunction(function) or iscoroutinefunction(function):
            raise TypeError(f"{type(self).__name__}: {function.__name__} yields, and the mode would end before it "
                            f"begins; write `with {type(self).__name__}():` inside it")
        return super().__call__(function)

    def _recreate_cm(self) -> Any:                  # a decorated function enters anew at each call
        return type(self)()


class no_grad(_Mode):
    """Within it, in this thread, nothing is recorded: results are leaves without history.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.inputs
    ()
    """

    def __enter__(self) -> None:
        key = "no_grad", get_ident()
        active[key] = active.get(key, 0) + 1

    def __exit__(self, *exception: object) -> None:
        key = "no_grad", get_ident()
        depth = active[key] - 1
        if depth:
            active[key] = depth
        else:
            del active[key]


class enable_grad(_Mode):
    """Within it, in this thread, operations are recorded although a `no_grad` surrounds it."""

    def __init__(self, function: Any = None) -> None:
        self._suspended: list[Any] = []

    def __enter__(self) -> None:
        self._suspended.append(active.pop(("no_grad", get_ident()), None))

    def __exit__(self, *exception: object) -> None:
        depth = self._suspended.pop()
        if depth is not None:
            active["no_grad", get_ident()] = depth


def is_grad_enabled() -> bool:
    """Whether operations are being recorded in this thread."""
    return not active or ("no_grad", get_ident()) not in active


class detect_anomaly(_Mode):
    """Within it, in this thread, the first result or gradient that turns inf or nan raises.

    The error, an `ArithmeticError`, names the op, its labels and input values, the line that called it, and a remedy
    where there is a usual one. Gradients are checked before any is assigned, so a failed backward pass changes none.

    >>> from autograd import Value
    >>> with detect_anomaly():
    ...     Value(0.0, label="p").log()
    Traceback (most recent call last):
    ArithmeticError: log: the result is -inf, from p = 0.0 (..., line 2)
        the log of a softmax or sigmoid that underflowed? use log_softmax, or a loss that takes logits
    """

    def __enter__(self) -> None:
        key = "anomaly", get_ident()
        depth, origins = active.get(key, (0, {}))
        active[key] = depth + 1, origins

    def __exit__(self, *exception: object) -> None:
        key = "anomaly", get_ident()
        depth, origins = active[key]
        if depth > 1:
            active[key] = depth - 1, origins
        else:
            del active[key]


def watching() -> dict[int, Any] | None:
    """Where the nodes of this thread were made, by their ids, if `detect_anomaly` is on; else None."""
    mode = active.get(("anomaly", get_ident()))
    return None if mode is None else mode[1]
