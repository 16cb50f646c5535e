"""Grading, in a process of its own: `python -m demos.ninja.grading FILE NUMBER REPORT SECONDS` writes a JSON report.

The learner's file may do anything: raise, loop for ever, leave variables out, end the process. All of these are
findings. The truth is computed first, from our own copy of the exercise, so that nothing the file does can change it.
"""

from __future__ import annotations

import ast
import io
import json
import os
import signal
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.diagnosis import diagnose
from autograd.graph import Node, edges, topological
from demos.ninja.exercises import EXERCISES, Exercise

__all__ = ["grade"]


class OutOfTime(BaseException):
    """The learner's file ran too long. Not an Exception, so that `except Exception` does not swallow it."""


class _Tail(io.TextIOBase):
    """Keeps the last few thousand characters of what is printed, however much that is."""

    def __init__(self) -> None:
        self.text = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text = (self.text + text)[-3000:]
        return len(text)


def grade(path: Path, exercise: Exercise, seconds: float) -> dict[str, Any]:
    """Run a learner's file and hold every answer in it against the truth."""
    truth: dict[str, Any] = {"__name__": "truth"}
    exec(compile(exercise.truth(), str(exercise.path), "exec"), truth)
    asked = [*exercise.asked, *(name.removeprefix("expected_") for name in truth if name.startswith("expected_"))]
    asked = list(dict.fromkeys(asked))
    for name, x in truth.items():
        if isinstance(x, Node) and not x.label:
            x.label = name

    output = _Tail()
    answers: dict[str, Any] = {"__name__": "exercise", "__file__": str(path)}
    error = _run(path, answers, output, seconds)
    lines = [_graded(name, answers, truth, exercise) for name in asked]
    if truth.get("no_loops") and error is None:
        lines.append(_without_loops(path))
    return {"error": error, "lines": lines, "output": output.text}


def _run(path: Path, namespace: dict[str, Any], output: Any, seconds: float) -> dict[str, Any] | None:
    """Execute the file; what went wrong, if anything did. What it assigned until then stays in `namespace`."""
    def stop(*_: Any) -> None:
        raise OutOfTime

    sys.path.insert(0, str(path.parent))
    can_stop = hasattr(signal, "setitimer")
    try:
        if can_stop:
            signal.signal(signal.SIGALRM, stop)
            signal.setitimer(signal.ITIMER_REAL, seconds)
        with redirect_stdout(output), redirect_stderr(output):
            exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
    except OutOfTime as late:
        return _where(late, path) | {"what": f"it ran for more than {seconds:g} seconds and was stopped"}
    except SyntaxError as wrong:
        if wrong.filename != str(path):
            return _where(wrong, path) | {"what": f"{type(wrong).__name__}: {wrong}"}
        return {"what": f"Python can't read it: {wrong.msg}", "line": wrong.lineno, "text": (wrong.text or "").strip()}
    except BaseException as wrong:
        text = str(wrong).strip()
        what = f"{type(wrong).__name__}: {text}" if text else type(wrong).__name__
        if isinstance(wrong, SystemExit):
            what = "it ended Python itself (SystemExit), and what came after did not run"
        elif "None" in text:
            what += "  (is a line above it still None?)"
        return _where(wrong, path) | {"what": what}
    finally:
        if can_stop:
            signal.setitimer(signal.ITIMER_REAL, 0)
    return None


def _where(error: BaseException, path: Path) -> dict[str, Any]:
    """The last line of the learner's own file on the way to an error."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    if not own:
        return {"line": None, "text": ""}
    try:
        text = path.read_text(encoding="utf-8").splitlines()[(own[-1].lineno or 1) - 1].strip()
    except (IndexError, OSError):
        text = ""
    return {"line": own[-1].lineno, "text": text}


def _graded(name: str, answers: dict[str, Any], truth: dict[str, Any], exercise: Exercise) -> dict[str, Any]:
    """One answer: its state, and if it is wrong, why."""
    line: dict[str, Any] = {"name": name, "state": "right", "own": exercise.hints.get(name, "")}
    if name not in answers:
        return line | {"state": "missing"}
    answer = answers[name]
    if answer is None or (name == "losses" and answer == []):
        return line | {"state": "todo"}
    if f"expected_{name}" in truth:
        target: Any = Tensor(truth[f"expected_{name}"], requires_grad=True, label=name.removeprefix("d"))
        target.grad = target.data
        root = None
    else:
        target = truth[name.removeprefix("d")]
        root = next(x for key, x in truth.items() if key.startswith(("loss", "out")) and isinstance(x, Node)
                    and x.grad is not None and any(node is target for node in topological(x)))
        line["uses"] = _uses(target, root)
    try:
        diagnosis = diagnose(answer, target, root)
    except Exception as wrong:
        kind = type(answer).__name__
        return line | {"state": "wrong", "mistake": "not a gradient",
                       "evidence": f"got a {kind}: {str(wrong).split(': ', 1)[-1]}"[:200],
                       "hint": "a gradient is a Tensor, an array or a number"}
    if not diagnosis:
        return line
    return line | {"state": "wrong", "mistake": diagnosis.mistake, "evidence": diagnosis.evidence,
                   "hint": diagnosis.hint}


def _uses(target: Any, root: Any) -> str:
    by = [f"`{node.label}` ({node.op.symbol})" if node.label else f"an unnamed `{node.op.symbol}`"
          for x, node, _ in edges(root) if x is target]
    return f"`{target.label}` is used {len(by)} time{'s' * (len(by) != 1)}: by " + ", ".join(by) if by else ""


def _without_loops(path: Path) -> dict[str, Any]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    loops = sorted(node.lineno for node in ast.walk(tree)
                   if isinstance(node, (ast.For, ast.While, ast.comprehension, ast.AsyncFor)) and hasattr(node, "lineno"))
    if not loops:
        return {"name": "no loop", "state": "right"}
    return {"name": "no loop", "state": "wrong", "mistake": "a loop", "evidence": f"in line {loops[0]}",
            "hint": "one matrix product adds up what the loop adds up", "own": ""}


def _main(path: str, number: str, report: str, seconds: str) -> None:
    np.seterr(all="ignore")
    result = grade(Path(path).resolve(), EXERCISES[int(number)], float(seconds))
    Path(report).write_text(json.dumps(result), encoding="utf-8")
    os._exit(0)                                     # whatever threads the file may have left behind


if __name__ == "__main__":
    _main(*sys.argv[1:])
