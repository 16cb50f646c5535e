"""One contender in a process of its own, doing what the harness asks of it over a pipe.

    python worker.py first|last

`first` puts this project before everything installed; `last` behind it, in another interpreter, where HIPS autograd
goes by the name `autograd`. Requests and answers are pickles on standard input and output.
"""

from __future__ import annotations

import builtins
import gc
import os
import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BATCHES = 5             # a time is the best of so many batches' means: other processes only ever add to it
FEW_BATCHES = 3         # where a single step takes so long that five would outlast the turn


def main() -> None:
    root = str(Path(__file__).resolve().parent.parent)
    sys.path[:] = [p for p in sys.path if p not in ("", root, str(Path(__file__).resolve().parent))]
    sys.path.insert(0 if sys.argv[1] == "first" else len(sys.path), root)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)                                       # what libraries print is no answer
    state: dict[str, Any] = {}
    while True:
        try:
            request = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer: Any = "ok", ANSWERS[request[0]](state, *request[1:])
        except ImportError as error:
            answer = "absent", str(error)
        except Exception as error:
            answer = "failed", f"{type(error).__name__}: {error}"
        pickle.dump(answer, answers, protocol=4)
        answers.flush()


def set_up(state: dict[str, Any], workload: str, contender: str) -> tuple[float, list[list[float]], float]:
    """Make the contender's step; its loss, its gradients, and the seconds until it had them, without imports."""
    from benchmarks.workloads import WORKLOADS, outcome

    imported = ImportClock()
    with imported:
        start = time.perf_counter()
        state["step"] = WORKLOADS[workload].contenders[contender]()
        loss, gradients = outcome(state["step"])
        seconds = time.perf_counter() - start
    return (loss, [gradient.astype(float).ravel().tolist() for gradient in gradients], seconds - imported.seconds)


class ImportClock:
    """How long the imports take that are made within its `with`: by whom, and how deeply nested, is no matter."""

    def __enter__(self) -> None:
        self.seconds, self.depth, self.known = 0.0, 0, builtins.__import__
        builtins.__import__ = self.timed

    def __exit__(self, *error: object) -> None:
        builtins.__import__ = self.known

    def timed(self, *arguments: Any, **named: Any) -> Any:
        self.depth += 1
        start = time.perf_counter()
        try:
            return self.known(*arguments, **named)
        finally:
            self.depth -= 1
            if not self.depth:
                self.seconds += time.perf_counter() - start


def clock(state: dict[str, Any], seconds: float, collect: bool) -> float:
    """Seconds per step, measured for about so many seconds, with the garbage collector on or off."""
    step, now = state["step"], time.perf_counter
    gc.collect()
    if not collect:
        gc.disable()
    try:
        if collect:
            step()                                      # training never starts from a clean heap, so neither does this
        start = now()
        step()
        once = now() - start
        repeats = max(1, round(seconds / BATCHES / once))
        batches = BATCHES if once * BATCHES < seconds else FEW_BATCHES
        best = float("inf")
        for _ in range(batches):
            start = now()
            for _ in range(repeats):
                step()
            best = min(best, (now() - start) / repeats)
        return best
    finally:
        gc.enable()


def grow(state: dict[str, Any], engine: str, shape: str, sizes: list[int]) -> list[dict[str, float]]:
    from benchmarks.growth import measure

    return [measure(engine, shape, size) for size in sizes]


def versions(state: dict[str, Any], names: list[str]) -> dict[str, str]:
    """Of the packages that are installed here."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


ANSWERS: dict[str, Callable[..., Any]] = {"set up": set_up, "clock": clock, "grow": grow, "versions": versions}

if __name__ == "__main__":
    main()
