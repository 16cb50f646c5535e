"""What the demos share: their options, their training loop's progress and interruption, and the look of their plots."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column

import nn

from . import COMMAND
from .terminal import folder

BLUE, ORANGE, GREEN, RED, GREY = "#3869b0", "#e6731f", "#33995e", "#c43c4e", "#8a8a8a"


def parser(name: str, lesson: str, steps: int | None = None) -> argparse.ArgumentParser:
    """A parser whose --help is the demo's lesson, with the options every demo has."""
    arguments = argparse.ArgumentParser(prog=f"{COMMAND} {name}", description=lesson,
                                        formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seed", type=int, default=0, help="what all chance comes from (default: 0)")
    if steps is not None:
        arguments.add_argument("--steps", type=int, default=steps, help=f"how long to train (default: {steps})")
        arguments.add_argument("--resume", type=Path, metavar="FILE", help="go on from an interrupted run's file")
    arguments.add_argument("--out", type=folder, default=Path("out"), help="where to write (default: out)")
    arguments.add_argument("--no-plots", action="store_true", help="print only")
    return arguments


class Run:
    """A training run: iterate over it for the steps, `report` numbers from each.

    On a terminal there is a progress bar, in a pipe a line now and then. Ctrl-C lets the step under way finish, writes
    a checkpoint with everything the rest of the run depends on, and says how to go on: to the same end, to the bit.

    Attributes:
        history: what was reported, a list for each name.
    """

    def __init__(self, name: str, options: argparse.Namespace, model: nn.Module, optimizer: nn.optim.Optimizer,
                 rng: np.random.Generator, schedule: nn.optim.Schedule | None = None,
                 sync: Callable[[], None] | None = None) -> None:
        self.name, self.options, self.rng, self.schedule = name, options, rng, schedule
        self.model, self.optimizer, self.sync = model, optimizer, sync
        self.console = Console(highlight=False)
        self.history: dict[str, list[float]] = {}
        self.step = 0
        self.interrupted = False
        if options.steps < 1:
            sys.exit(f"{name}: --steps must be at least 1")
        if options.resume is not None:
            self._resume(options.resume)

    def report(self, **numbers: float) -> None:
        """Remember numbers of this step; the latest are shown beside the bar."""
        for key, x in numbers.items():
            self.history.setdefault(key, []).append(float(x))

    def __iter__(self) -> Iterator[int]:
        before = self._catch_interrupts()
        columns = [TextColumn("step {task.completed}/{task.total}"), BarColumn(),
                   TextColumn("{task.fields[note]}", table_column=Column()), TimeRemainingColumn()]
        total, shown = self.options.steps, 0.0
        every = max(1, total // 10)
        try:
            with Progress(*columns, console=self.console, disable=not self.console.is_terminal) as progress:
                task = progress.add_task("training", total=total, completed=self.step, note="")
                while self.step < total and not self.interrupted:
                    yield self.step
                    self.step += 1
                    now = time.monotonic()
                    if now - shown > 0.1 or self.step == total:     # drawing at every step would cost more than it
                        progress.update(task, completed=self.step, note=self._note())
                        shown = now
                    if not self.console.is_terminal and (self.step % every == 0 or self.step == total):
                        self.say(f"step {self.step}/{total}  {self._note()}")
        finally:
            if before is not None:
                signal.signal(signal.SIGINT, before)
        if self.interrupted and self.step < total:
            self._stop()

    def say(self, text: str = "") -> None:
        """Print, above the bar if there is one; a terminal breaks long lines between words, a pipe gets them whole."""
        self.console.print(text, soft_wrap=not self.console.is_terminal)

    def wrote(self, *paths: Path) -> None:
        """Name the files written."""
        for path in paths:
            self.say(f"wrote [bold]{path}[/]")

    def save(self, path: Path) -> None:
        """Write a checkpoint of the run as it stands."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.sync:                               # where the training moves something else than the model itself
            self.sync()
        nn.save(path, self.model, self.optimizer, demo=self.name, step=self.step, rng=self.rng.bit_generator.state,
                schedule=self.schedule.state_dict() if self.schedule else None, history=self.history)

    def _resume(self, path: Path) -> None:
        try:
            meta = nn.load(path, self.model, self.optimizer)
        except (OSError, ValueError) as error:
            sys.exit(f"{self.name}: {error}")
        if meta.get("demo") != self.name:
            sys.exit(f"{self.name}: {path} is a checkpoint of another demo, {meta.get('demo')}")
        self.step, self.history = meta["step"], meta["history"]
        self.rng.bit_generator.state = meta["rng"]
        if self.schedule:
            self.schedule.load_state_dict(meta["schedule"])
        self.say(f"going on after step {self.step} of {path}")

    def _note(self) -> str:
        parts = [f"{key} {self.history[key][-1]:.4f}" for key in self.history if self.history[key]]
        return "  ".join([*parts, f"lr {self.optimizer.lr:.2g}"])

    def _catch_interrupts(self) -> Any:
        def interrupt(signum: int, frame: Any) -> None:
            if self.interrupted:
                raise KeyboardInterrupt
            self.interrupted = True

        try:
            return signal.signal(signal.SIGINT, interrupt)
        except ValueError:                          # not in the main thread, where Ctrl-C does not come anyway
            return None

    def _stop(self) -> None:
        path = self.options.out / f"{self.name}.npz"
        self.save(path)
        self.wrote(path)
        words = [word for word in sys.argv[1:] if word != self.name]
        if "--resume" in words:
            del words[words.index("--resume"):words.index("--resume") + 2]
        again = " ".join([COMMAND, self.name, *words, "--resume", str(path)])
        self.say(f"Stopped after step {self.step}. To go on: [bold]{again}[/]")
        raise SystemExit(130)


def plots() -> Any:
    """matplotlib's pyplot, without a window and in the demos' style."""
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 11,
                         "axes.titleweight": "bold", "axes.prop_cycle": plt.cycler(color=[BLUE, ORANGE, GREEN, RED]),
                         "figure.dpi": 110, "font.size": 9.5, "legend.frameon": False})
    return plt


def smooth(numbers: list[float], width: int) -> np.ndarray:
    """The means of each `width` numbers in a row."""
    if width <= 1 or len(numbers) < width:
        return np.asarray(numbers)
    return np.convolve(numbers, np.ones(width) / width, "valid")
