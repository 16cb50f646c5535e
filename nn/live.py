"""`progress`: training in sight, in one line: a live curve in a notebook, a bar in a terminal, plain lines elsewhere.

What is watched is asked after each step. It is drawn only now and then, so seldom that drawing takes less than a
hundredth of the time. IPython and rich are used where they are, and not imported where they are not.
"""

from __future__ import annotations

import html
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from numbers import Integral
from time import perf_counter
from typing import Any, Generic, Protocol, TypeVar, overload

from autograd.see.display import card, fitted, note

__all__ = ["Progress", "progress"]

T = TypeVar("T")
Number = Any                                        # a float, or what `float` makes one of: a Value, a Tensor of one

COLOURS = ["#3b82f6", "#f97316", "#10b981", "#e11d48", "#8b5cf6"]
GREY = "#8792a5"                                    # shows on white and on black
SPARKS = "▁▂▃▄▅▆▇█"
SHARE = 150                                         # a drawing that took t seconds is followed by none for SHARE·t
POINTS = 240                                        # of a curve, at most; a screen shows no more


class Screen(Protocol):
    """Where progress is shown: drawn anew now and then if it is live, else told at every tenth of the steps."""

    live: bool

    def show(self, run: Progress[Any], last: bool) -> None: ...


class Progress(Generic[T]):
    """Iterate over it for the steps. Made by `progress`.

    Attributes:
        history: what was watched: a list of floats, one for each step, by name.
        total: how many steps there are; None where that is not known.
        seconds: how long the steps took until now.
    """

    def __init__(self, steps: Iterable[T], watched: dict[str, Callable[[], Number]], screen: Screen | None) -> None:
        self.steps, self.watched, self.screen = steps, watched, screen
        self.total = len(steps) if isinstance(steps, Sized) else None
        self.history: dict[str, list[float]] = {name: [] for name in watched}
        self.done = 0
        self.seconds = 0.0
        self.running = False

    def __iter__(self) -> Iterator[T]:
        screen = self.screen or _screen()
        self.history = {name: [] for name in self.watched}      # it may be gone through again, from the first step on
        self.done, self.running = 0, True
        asked = [(name, self.history[name].append, ask) for name, ask in self.watched.items()]
        begun = perf_counter()
        after = begun + 0.05 if screen.live else math.inf       # when to draw; soon at first: something happens
        mark = math.inf if screen.live else self._mark()        # at which step to draw
        try:
            for step in self.steps:
                yield step
                for name, keep, ask in asked:
                    keep(_float(name, ask()))
                self.done += 1
                now = perf_counter()
                if now >= after or self.done >= mark:
                    self.seconds = now - begun
                    screen.show(self, False)
                    mark = self._mark() if self.done >= mark else mark
                    after = now + max(0.1, SHARE * (perf_counter() - now)) if screen.live else math.inf
        finally:
            self.running = False
            self.seconds = perf_counter() - begun
            screen.show(self, True)

    def _mark(self) -> float:
        """The next step of which a line tells: the next tenth, or where their number is not known, twice as many."""
        if self.total is None:
            return max(1, 2 * self.done)
        tenth = math.floor(10 * self.done / max(1, self.total)) + 1
        return math.ceil(tenth * self.total / 10)

    def line(self) -> str:
        """Where it is, in a line: the step, the latest of what is watched, the time."""
        of = f"/{self.total}" if self.total is not None else ""
        numbers = [f"{name} {_short(history[-1])}" for name, history in self.history.items() if history]
        left = ""
        if self.running and self.total and 0 < self.done < self.total:
            left = f", {_time(self.seconds / self.done * (self.total - self.done))} left"
        return "  ".join([f"step {self.done}{of}", *numbers, f"{_time(self.seconds)}{left}"])

    def _repr_html_(self) -> str:
        curves = "".join(fitted(curve(name, history, COLOURS[i % len(COLOURS)]), f"{name}: {_short(history[-1])} "
                                f"after {len(history)} steps")
                         for i, (name, history) in enumerate(self.history.items()) if history)
        curves = f'<div style="display: flex; flex-wrap: wrap; gap: 0 1em">{curves}</div>'
        share = self.done / self.total if self.total else 0.0
        bar = (f'<div style="height: 4px; max-width: 660px; background: #8883; border-radius: 2px"><div style="height: '
               f'4px; width: {share:.1%}; background: {COLOURS[0]}; border-radius: 2px"></div></div>')
        return card("", note(self.line().replace("  ", " · ")), bar if self.total and share < 1.0 else "", curves)

    def __repr__(self) -> str:
        return f"<Progress: {self.line()}>"


@overload
def progress(steps: int, /, **watched: Callable[[], Number]) -> Progress[int]: ...
@overload
def progress(steps: Iterable[T], /, **watched: Callable[[], Number]) -> Progress[T]: ...


def progress(steps: Any, /, **watched: Callable[[], Number]) -> Progress[Any]:
    """The steps of a training run, shown while they run.

    Args:
        steps: how many, or what to iterate over, such as `range(1000)` or a list of batches.
        watched: what to show, each under its name: a function without arguments that gives a number, a Value or a
            Tensor of one number. It is called after each step. `loss=lambda: loss` reads the variable `loss`.

    In a notebook the curves are drawn as they grow; in a terminal there is a bar by rich, if it is installed; in a pipe
    or a file, and where NO_COLOR is set, a line ten times. What was watched is kept in `.history`.

    Raises:
        TypeError: for what can't be iterated over, or a number where a function is expected. While it runs, for a
            function that gives no number.

    >>> from autograd import Value
    >>> w = Value(0.0)
    >>> for step in progress(20, loss=lambda: loss):
    ...     loss = (w - 3.0) ** 2
    ...     w.grad = 0.0
    ...     loss.backward()
    ...     w.data -= 0.3 * w.grad
    step 2/20  loss 1.44  0 s, 0 s left
    ...
    step 20/20  loss 6.8e-15  0 s
    """
    for name, ask in watched.items():
        if not callable(ask):
            raise TypeError(f"progress: got {name}={ask!r}, expected a function that is asked after each step; "
                            f"write {name}=lambda: {name}")
    if isinstance(steps, Integral):            # an int, or one of NumPy's
        steps = range(int(steps))
    if not isinstance(steps, Iterable):
        raise TypeError(f"progress: got {type(steps).__name__}, expected how many steps, or what to iterate over")
    return Progress(steps, watched, None)


def _float(name: str, x: Number) -> float:
    try:
        return float(x)
    except (TypeError, ValueError):
        shape = getattr(x, "shape", ())
        got = f"{type(x).__name__} of shape {shape}" if shape else repr(x)
        raise TypeError(f"progress: {name} gave {got}, expected one number, or a Value or Tensor of one; "
                        f"write {name}=lambda: … so that it gives a number") from None


# Where it is shown.

def _screen() -> Screen:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if hasattr(shell, "kernel"):                    # a notebook; IPython in a terminal has none
        return Notebook()
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not sys.stdout.isatty()
    try:
        return Lines() if plain else Terminal()
    except ImportError:
        return Lines()


class Lines:
    """Plain lines, for pipes and files."""

    live = False

    def __init__(self) -> None:
        self.told = -1

    def show(self, run: Progress[Any], last: bool) -> None:
        if run.done != self.told:
            print(run.line(), flush=True)
        self.told = run.done


class Notebook:
    """Curves under the cell, drawn anew in their place."""

    live = True

    def __init__(self) -> None:
        self.handle: Any = None

    def show(self, run: Progress[Any], last: bool) -> None:
        from IPython.display import display
        if self.handle is None:
            self.handle = display(run, display_id=True)         # type: ignore[no-untyped-call]
        else:
            self.handle.update(run)


class Terminal:
    """A bar and, for each number that is watched, a small curve, by rich."""

    live = True

    def __init__(self) -> None:
        from rich.live import Live
        self.area = Live(auto_refresh=False)
        self.started = False

    def show(self, run: Progress[Any], last: bool) -> None:
        if not self.started:
            self.area.start()
            self.started = True
        self.area.update(_rows(run, self.area.console.width), refresh=True)
        if last:
            self.area.stop()


def _rows(run: Progress[Any], width: int) -> Any:
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    line = run.line()
    head, curves = Table.grid(padding=(0, 1)), Table.grid(padding=(0, 1))
    room = min(40, width - len(line) - 2)
    bar = [ProgressBar(total=run.total, completed=run.done, width=room)] if run.total and room >= 8 else []
    head.add_row(*bar, line)
    longest = max(map(len, run.history), default=0)
    for name, history in run.history.items():
        curves.add_row(name, sparks(history, max(8, min(60, width - longest - 2))))
    return Group(head, curves)


# Curves.

def sparks(history: Sequence[float], width: int) -> str:
    """The numbers as a line of blocks, the smallest lowest.

    >>> sparks([0.0, 1.0, 2.0, 3.0], 10)
    '▁▃▆█'
    """
    points = [y for _, y in _thinned(history, width)]
    *_, height = _scale(points)
    places = [height(y) for y in points]
    return "".join(SPARKS[min(7, int(8 * place))] if math.isfinite(y) else " " for y, place in zip(points, places))


def _thinned(history: Sequence[float], most: int) -> list[tuple[int, float]]:
    """The numbers with their steps: all, or `most` of them at equal distances, the first and the last among them."""
    n = len(history)
    if n <= most:
        return list(enumerate(history))
    return [(i, history[i]) for i in (round(k * (n - 1) / (most - 1)) for k in range(most))]


def _scale(points: Sequence[float]) -> tuple[float, float, Callable[[float], float]]:
    """The smallest, the largest, and how high a number lies between them: by logarithms where they are far apart."""
    finite = [y for y in points if math.isfinite(y)] or [0.0]
    low, high = min(finite), max(finite)
    if low > 0.0 and high > 50.0 * low:
        a, b = math.log(low), math.log(high)
        return low, high, lambda y: (math.log(y) - a) / (b - a) if math.isfinite(y) else 0.0
    return low, high, lambda y: (y - low) / (high - low) if high > low and math.isfinite(y) else 0.0


def curve(name: str, history: Sequence[float], colour: str) -> str:
    """One curve as SVG, with its name, its largest and smallest number, and its last step."""
    points = _thinned(history, POINTS)
    low, high, height = _scale([y for _, y in points])
    last = max(1, len(history) - 1)
    path, pen = [], "M"
    for i, y in points:
        if math.isfinite(y):
            path.append(f"{pen}{60 + 240 * i / last:.1f} {100 - 84 * height(y):.1f}")
            pen = "L"
        else:
            pen = "M"                               # a gap where the number is none
    words = f'font-size="11" font-family="system-ui, sans-serif" fill="{GREY}"'
    scale = " (log scale)" if low > 0.0 and high > 50.0 * low else ""
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 122" width="320" height="122">'
            f'<path d="M60 14V100H302" fill="none" stroke="{GREY}" opacity=".6"/>'
            f'<path d="{"".join(path)}" fill="none" stroke="{colour}" stroke-width="1.6" stroke-linejoin="round"/>'
            f'<text x="56" y="20" text-anchor="end" {words}>{_short(high)}</text>'
            f'<text x="56" y="102" text-anchor="end" {words}>{_short(low)}</text>'
            f'<text x="302" y="115" text-anchor="end" {words}>step {len(history):,}</text>'
            f'<text x="64" y="11" {words}>{html.escape(name)}{scale}</text></svg>')


def _short(x: float) -> str:
    return f"{x:.4g}" if 1e-3 <= abs(x) < 1e5 or x == 0.0 or x != x else f"{x:.1e}"


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:02.0f} s"
