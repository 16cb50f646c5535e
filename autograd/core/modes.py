"""What may be switched on around a piece of code: `no_grad`, its undoing `enable_grad`, and a watcher over the engines.

A mode belongs to its context, as Python's `contextvars` has it: to its thread, and to its asyncio task. The engines
look at one thing on their fast path, whether `active` is empty; only if it is not do they ask more.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from autograd.core.graph import Node, Use
    from autograd.core.op import Rule

__all__ = ["Mode", "Watcher", "active", "choices_recorded", "enable_grad", "inference_mode", "is_grad_enabled",
           "no_grad", "recorded_choices", "watcher", "watching"]

active: list[None] = []                             # an entry for each mode that someone is in; empty almost always


class Watcher(Protocol):
    """Who looks at every node made, and at every backward pass before it begins. The engines hand it both."""

    def made(self, node: Node) -> None: ...
    def back(self, root: Node, seed: object) -> None: ...
    def used(self, use: Use) -> None: ...
    def summed(self, leaves: Iterable[tuple[Node, object]]) -> None: ...


recording: ContextVar[bool] = ContextVar("recording", default=True)
choosing: ContextVar[bool] = ContextVar("choosing", default=False)
watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)
_OUTSIDE: dict[ContextVar[Any], Any] = {recording: True, choosing: False, watcher: None}

Entry = tuple[ContextVar[Any], Any, object]         # which variable was set to what, by whom
entered: ContextVar[tuple[Entry, ...]] = ContextVar("entered", default=())


_YIELDS = 0x20 | 0x80 | 0x200                       # flags of code that yields, awaits, or does both


class Mode:
    """A context manager that is also a decorator, with or without parentheses: it sets a context variable."""

    variable: ClassVar[ContextVar[Any]]
    _entries: list[Entry]

    def __new__(cls, function: Rule | None = None) -> Any:
        mode = super().__new__(cls)
        mode._entries = []
        return mode if function is None else mode(function)

    def __call__(self, function: Rule) -> Rule:
        name = type(self).__name__
        if getattr(getattr(function, "__code__", None), "co_flags", 0) & _YIELDS:
            raise TypeError(f"{name}: {function.__name__} yields, and the mode would end before it begins; "
                            f"write `with {name}():` inside it")

        @wraps(function)
        def within(*given: object, **options: object) -> Any:
            with type(self)():                      # anew at each call
                return function(*given, **options)

        return within

    def setting(self) -> object:
        """What the variable is within the mode."""
        raise NotImplementedError

    def __enter__(self) -> None:
        entry = self.variable, self.setting(), object()
        self._entries.append(entry)
        entered.set((*entered.get(), entry))
        self.variable.set(entry[1])
        active.append(None)

    def __exit__(self, *exception: object) -> None:
        active.pop()
        here, entry = entered.get(), self._entries.pop()
        left = tuple([other for other in here if other is not entry])
        if len(left) == len(here):
            return                                  # a generator, closed in another context than it ran in
        entered.set(left)                           # what is left holds: generators do not end in the order they began
        settings = [setting for variable, setting, _ in left if variable is self.variable]
        self.variable.set(settings[-1] if settings else _OUTSIDE[self.variable])


class no_grad(Mode):
    """Within it nothing is recorded: results are leaves without history.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.inputs
    ()
    """

    variable = recording

    def setting(self) -> bool:
        return False


class inference_mode(no_grad):
    """PyTorch's other name for `no_grad`."""


class enable_grad(Mode):
    """Within it operations are recorded although a `no_grad` surrounds it."""

    variable = recording

    def setting(self) -> bool:
        return True


class recorded_choices(Mode):
    """Within it a comparison of nodes is a node: 1 where it holds, else 0. Derivatives that are graphs are made so."""

    variable = choosing

    def setting(self) -> bool:
        return True


def choices_recorded() -> bool:
    """Whether comparisons make nodes here."""
    return bool(active) and choosing.get()


def is_grad_enabled() -> bool:
    """Whether operations are being recorded here."""
    return not active or recording.get()


def watching() -> Watcher | None:
    """Who watches here, if anyone does."""
    return watcher.get() if active else None
