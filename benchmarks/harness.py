"""Runs contenders against each other: a process for each, turn and turn about, and ratios instead of times.

A machine's speed drifts by more than contenders differ, so each round gives every contender one turn, short against the
drift, ratios are taken within a round, and the median over many rounds counts. Before that, each must have computed the
same loss and gradients. Processes of their own keep one library's threads and garbage out of another's times.
"""

from __future__ import annotations

import os
import pickle
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.workloads import GOALS, WORKLOADS, Goal

__all__ = ["PATIENCE", "DisagreementError", "Ratio", "Result", "Worker", "beside", "compete", "fresh", "machine",
           "ratio", "reached"]

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 45.0                                     # seconds for a workload
OURS = ("ninjagrad", "NumPy by hand", "closures", "its own") # what these names begin with can't fail


class DisagreementError(Exception):
    """Contenders computed different things, so their times mean nothing."""


class Worker:
    """A process for one contender of the tree at `root`, with so many threads (0: as many as its libraries like)."""

    def __init__(self, python: str, threads: int = 1, root: Path = ROOT) -> None:
        place = "first" if python == sys.executable else "last"
        environment = dict(os.environ)
        if threads:
            environment |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
            environment["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={'false' if threads == 1 else 'true'}"
        self.process = subprocess.Popen([python, str(root / "benchmarks" / "worker.py"), place],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, env=environment)
        self.requests: Any = self.process.stdin
        self.answers: Any = self.process.stdout

    def ask(self, *request: Any) -> tuple[str, Any]:
        """("ok", the answer), ("absent", which import is missing) or ("failed", why)."""
        try:
            pickle.dump(request, self.requests)
            self.requests.flush()
            answer: tuple[str, Any] = pickle.load(self.answers)
        except (BrokenPipeError, EOFError):
            return "failed", f"the process ended with code {self.process.wait()}"
        return answer

    def close(self) -> None:
        self.requests.close()
        self.process.wait()
        self.answers.close()


class Ratio(NamedTuple):
    """The median over rounds, and the quartiles."""

    median: float
    low: float
    high: float


class Result(NamedTuple):
    """What a contender took, with the garbage collector on and off: seconds per step of each round.

    `ready` is how many seconds passed before its first result, imports apart: building, recording, compiling.
    """

    on: list[float]
    off: list[float]
    ready: float = 0.0


def compete(workload: str, pythons: Sequence[str], rounds: int, seconds: float,
            names: Sequence[str] | None = None, threads: int = 1,
            patience: float = PATIENCE) -> tuple[dict[str, Result], dict[str, str]]:
    """Each contender's times, and who could not take part, with what it said.

    Args:
        pythons: interpreters; a contender runs in the first that has what it imports.
        rounds: how many turns each has.
        seconds: how long a turn lasts.
        names: which contenders; all, if left out.
        threads: how many each may use; on a busy machine, more than one mostly measures the others' waiting.
        patience: after so many seconds no further round begins.

    Raises:
        DisagreementError: if a contender's loss or gradients differ from the first one's, or if one of ours fails.
    """
    title, contenders, tolerance = WORKLOADS[workload][1:]
    workers: dict[str, Worker] = {}
    absent: dict[str, str] = {}
    ready: dict[str, float] = {}
    found: dict[str, Any] = {}
    try:
        for name in names or contenders:
            for python in pythons:
                worker = Worker(python, threads)
                state, answer = worker.ask("set up", workload, name)
                if state == "ok":
                    break
                worker.close()
                absent[name] = answer
                if state == "failed" and name.startswith(OURS):
                    raise DisagreementError(f"{title}: {name} failed: {answer}")
            else:
                continue
            absent.pop(name, None)
            *found[name], ready[name] = answer
            workers[name] = worker
            _agree(title, found, tolerance)
        results = _take_turns(title, workers, rounds, seconds, patience)
        return {name: result._replace(ready=ready[name]) for name, result in results.items()}, absent
    finally:
        for worker in workers.values():
            worker.close()


def beside(workload: str, name: str, tree: Path, rounds: int, seconds: float, threads: int = 1) -> Ratio:
    """A contender's time here ÷ its time in another tree of this project, each in a process of its own.

    Raises:
        DisagreementError: if it fails in one of them, or its loss or gradients differ.
    """
    title, _, tolerance = WORKLOADS[workload][1:]
    workers = {"this tree": Worker(sys.executable, threads), str(tree): Worker(sys.executable, threads, tree.resolve())}
    found: dict[str, Any] = {}
    try:
        for where, worker in workers.items():
            state, answer = worker.ask("set up", workload, name)
            if state != "ok":
                raise DisagreementError(f"{title}: {name} failed in {where}: {answer}")
            found[where] = answer[:2]
        _agree(f"{title}, {name}", found, tolerance)
        here, there = _take_turns(title, workers, rounds, seconds, float("inf"), [True]).values()
        return ratio(here.on, there.on)
    finally:
        for worker in workers.values():
            worker.close()


def _agree(title: str, found: dict[str, Any], tolerance: float) -> None:
    """Hold the last contender's loss and gradients against the first one's."""
    first, *_, last = [*found, *found]
    for what, expected, got in zip(("loss", "gradients"), *[(np.array([loss]), np.concatenate(gradients))
                                                            for loss, gradients in (found[first], found[last])]):
        if got.shape != expected.shape or not np.abs(got - expected).max() <= tolerance * np.abs(expected).max():
            raise DisagreementError(f"{title}: {last} and {first} computed different {what}")


def _take_turns(title: str, workers: dict[str, Worker], rounds: int, seconds: float, patience: float,
                collecting: Sequence[bool] = (True, False)) -> dict[str, Result]:
    """So many rounds, in each of which every worker has a turn with the garbage collector on and one with it off."""
    results = {name: Result([], []) for name in workers}
    names = list(workers)
    begun = time.monotonic()
    for turn in range(rounds):
        if turn and time.monotonic() - begun > patience:
            break
        shift = turn % max(1, len(names))
        for name in names[shift:] + names[:shift]:              # nobody is always first
            for collect in collecting:
                state, answer = workers[name].ask("clock", seconds, collect)
                if state != "ok":
                    raise DisagreementError(f"{title}: {name} failed: {answer}")
                (results[name].on if collect else results[name].off).append(answer)
    return results


def ratio(times: list[float], against: list[float]) -> Ratio:
    """Of two contenders, round by round."""
    ratios = [a / b for a, b in zip(times, against)]
    low, _, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else [ratios[0]] * 3
    return Ratio(statistics.median(ratios), low, high)


def reached(workload: str, results: dict[str, Result]) -> list[tuple[Goal, Ratio]]:
    """The workload's goals, and where each stands."""
    return [(goal, ratio(results[goal.contender].on, results[goal.against].on)) for goal in GOALS.get(workload, [])
            if goal.contender in results and goal.against in results]


def fresh(statements: dict[str, str], rounds: int, python: str = sys.executable) -> dict[str, list[float]]:
    """Seconds each statement takes as the first in a new process; one that fails is left out."""
    times: dict[str, list[float]] = {name: [] for name in statements}
    with tempfile.TemporaryDirectory() as compiled:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for turn in range(rounds + 1):
            for name, statement in statements.items():
                if name not in times:
                    continue
                code = f"import time; start = time.perf_counter(); {statement}; print(time.perf_counter() - start)"
                done = subprocess.run([python, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment,
                                      check=False)
                if done.returncode:
                    del times[name]
                elif turn:                                      # the first run only leaves the modules compiled
                    times[name].append(float(done.stdout))
    return times


def machine() -> dict[str, str]:
    """What this runs on."""
    processor = platform.processor() or platform.machine()
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        models = [line.split(":", 1)[1].strip() for line in cpus.read_text().splitlines()
                  if line.startswith("model name")]
        processor = models[0] if models else processor
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {"system": f"{platform.system()} {platform.machine()}", "processor": processor,
            "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
            "python": f"{platform.python_implementation()} {platform.python_version()}",
            "numpy": f"{np.__version__} ({blas['name']} {blas['version']})"}
