"""Grading, in a process of its own: it is given FILE EXERCISE REPORT SECONDS MEGABYTES, and writes its report as JSON.

The learner's file may do anything: raise, loop for ever, leave variables out, end the process. All of these are
findings. The truth is computed first, from our own copy of the exercise, so that nothing the file does can change it.
"""

from __future__ import annotations

import ast
import io
import json
import os
import re
import signal
import sys
import tokenize
import traceback
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from autograd.core.graph import Node, edges, topological
from autograd.core.op import numpy
from autograd.learn.alike import finite, shape_of
from autograd.learn.diagnose import diagnose

from .borrowing import borrowed
from .containing import guard, limit
from .exercises import Exercise

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


def grade(path: Path, exercise: Exercise, seconds: float, megabytes: int = 0) -> dict[str, Any]:
    """Run a learner's file and hold every answer in it against the truth; with `megabytes`, contained."""
    truth: dict[str, Any] = {"__name__": "truth"}
    exec(compile(exercise.truth(), str(exercise.path), "exec"), truth)
    asked = [*exercise.asked, *(name.removeprefix("expected_") for name in truth if name.startswith("expected_"))]
    asked = list(dict.fromkeys(asked))
    for name, x in truth.items():
        if isinstance(x, Node) and not x.label:
            x.label = name

    output = _Tail()
    answers: dict[str, Any] = {"__name__": "exercise", "__file__": str(path)}
    reached: list[str] = []                         # for what is not its own
    held = limit(megabytes, seconds) if megabytes else []
    end = guard(path.parent, exercise.path.parent, reached.append) if megabytes else lambda: None
    error = _run(path, answers, output, seconds, _Standing(asked, truth, everywhere=False))
    end()
    taken = _taken(path, exercise, asked)
    lines: list[dict[str, Any]] = []
    given: dict[Any, Any] = {}
    unsummed: dict[Any, Any] = {}
    for name in asked:
        if name in taken:
            lines.append({"name": name, "state": "wrong", "mistake": "the engine's work, not yours",
                          "evidence": taken[name], "hint": "write the gradient from the forward pass alone",
                          "own": exercise.hints.get(name, "")})
            continue
        line = _graded(name, answers, truth, exercise, given, unsummed)
        if error is not None and line.get("mistake") == "all zeros":    # begun, and stopped before it was filled
            line = {"name": name, "state": "missing"}
        lines.append(line)
        _give(name, answers, truth, given, unsummed)
    if error is None:
        _forgive(path, asked, truth, exercise, lines, seconds)
    wrong = [line["name"] for line in lines if line["state"] == "wrong"]
    for line in lines:
        if line["state"] == "follows":              # the mistakes above it that it may come from
            node = truth.get(line["name"].removeprefix("d"))
            if not isinstance(node, Node) or f"expected_{line['name']}" in truth:
                line["from"] = [other for other in wrong if asked.index(other) < asked.index(line["name"])]
                continue
            after = {id(x) for x in _after(node, _root(node, truth))}
            line["from"] = [other for other in wrong if id(truth.get(other.removeprefix("d"))) in after]
    if truth.get("no_loops") and error is None:
        done = all(line["state"] not in ("todo", "missing") for line in lines)
        lines.append(_without_loops(path) if done else {"name": "no loop", "state": "todo", "own": ""})
    try:
        findings = borrowed(text_of(path), exercise.starter())
    except (UnicodeDecodeError, SyntaxError):
        findings = []
    findings += [{"line": None, "what": what} for what in dict.fromkeys(reached)]
    return {"error": error, "lines": lines, "output": output.text, "borrowed": findings, "contained": held,
            "note": _forward_changed(answers, truth)}


class _Standing(ast.NodeTransformer):
    """Lets the truth stand in for answers: where one is None; or `everywhere`, after the last line that assigns it.

    In the second case the answer itself is kept, in `found`: what it would be were all above it right.
    """

    def __init__(self, asked: list[str], truth: dict[str, Any], everywhere: bool) -> None:
        self.asked, self.truth, self.everywhere = set(asked), truth, everywhere
        self.found: dict[str, Any] = {}
        self.todo: set[str] = set()

    def __call__(self, name: str, answer: Any) -> Any:
        """What stands for an answer from here on."""
        if self.everywhere:
            self.found[name] = getattr(answer, "data", answer)
        elif answer is None:
            self.todo.add(name)
        if f"expected_{name}" in self.truth:
            return _tensor(self.truth[f"expected_{name}"])
        node = self.truth.get(name.removeprefix("d"))
        if not isinstance(node, Node) or node.grad is None:
            return answer
        return node.grad if not node.kind else _tensor(node.grad)

    def visit_Module(self, module: ast.Module) -> ast.Module:
        last: dict[str, int] = {}
        for i, statement in enumerate(module.body):
            for name in self.asked & _assigned(statement):
                last[name] = i
        body: list[ast.stmt] = []
        for i, statement in enumerate(module.body):
            body.append(statement)
            for name in sorted(self.asked & _assigned(statement)):
                if last[name] == i and (self.everywhere or _is_none(statement)):
                    added = ast.parse(f"{name} = __stand_in__({name!r}, {name})").body[0]
                    for node in ast.walk(added):
                        ast.copy_location(node, statement)
                    body.append(added)
        module.body = body
        return module


def _assigned(statement: ast.stmt) -> set[str]:
    """The names that a statement, or one within it, assigns or changes in place."""
    found = set()
    for node in ast.walk(statement):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(
            node, ast.AugAssign) else []
        for x in targets:
            while isinstance(x, (ast.Subscript, ast.Attribute)):
                x = x.value
            found |= {y.id for y in ast.walk(x) if isinstance(y, ast.Name)}
    return found


def _is_none(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant) \
        and statement.value.value is None


def _forgive(path: Path, asked: list[str], truth: dict[str, Any], exercise: Exercise, lines: list[dict[str, Any]],
             seconds: float) -> None:
    """Find the wrong answers that would be right were those above them right: the file is run again, on the truth."""
    wrong = [line for line in lines if line["state"] == "wrong" and "mistake" in line]
    if len(wrong) < 2:
        return
    standing = _Standing(asked, truth, everywhere=True)
    again: dict[str, Any] = {"__name__": "exercise", "__file__": str(path)}
    if _run(path, again, _Tail(), seconds, standing) is not None:
        return
    for i, line in enumerate(lines):
        name = line["name"]
        if line in wrong[1:] and name in standing.found and line["mistake"] != "the engine's work, not yours" \
                and _graded(name, standing.found, truth, exercise, {}, {})["state"] == "right":
            lines[i] = {"name": name, "state": "follows", "own": line["own"]}


_ENGINES = {"grad", "backward", "cross_entropy_gradient", "gradient", "vjp", "jacobian", "jvp", "hessian"}


def _taken(path: Path, exercise: Exercise, asked: list[str]) -> dict[str, str]:
    """The answers made from a gradient of the engine's own, and in which line."""
    try:
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return {}
    starter = {ast.unparse(statement) for statement in ast.parse(exercise.starter()).body}
    found: dict[str, str] = {}
    for statement in tree.body:
        if ast.unparse(statement) in starter or isinstance(statement, (ast.Import, ast.ImportFrom, ast.FunctionDef)):
            continue
        value: Any = getattr(statement, "value", statement)
        called = [node.func for node in ast.walk(value) if isinstance(node, ast.Call)]
        used = {node.attr for node in ast.walk(value) if isinstance(node, ast.Attribute)} | \
               {function.id for function in called if isinstance(function, ast.Name)}
        before = {node.id for node in ast.walk(value) if isinstance(node, ast.Name) and node.id in found
                  and node.id not in asked}
        if _is_none(statement):
            continue
        if how := sorted(used & _ENGINES):
            for name in _assigned(statement):
                found[name] = f"line {statement.lineno} takes it from the engine (`{how[0]}`)"
        elif before:
            for name in _assigned(statement):
                found[name] = f"line {statement.lineno} uses `{min(before)}`, and {found[min(before)]}"
    return {name: why for name, why in found.items() if name in asked}


def _forward_changed(answers: dict[str, Any], truth: dict[str, Any]) -> str:
    """A sentence where the file's forward pass comes to another loss than the exercise's."""
    try:
        mine, right = float(answers["loss"]), float(truth["loss"])
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return ""
    if abs(mine - right) <= 1e-6 * abs(right) + 1e-12:
        return ""
    return f"your forward pass comes to the loss {mine:.6g}, the exercise's to {right:.6g}: was it changed?"


def _run(path: Path, namespace: dict[str, Any], output: Any, seconds: float,
         standing: _Standing) -> dict[str, Any] | None:
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
            tree = ast.parse(text_of(path), str(path))
            namespace |= {"__stand_in__": standing, "__todo__": standing.todo}
            exec(compile(standing.visit(tree), str(path), "exec"), namespace)
    except OutOfTime as late:
        return _where(late, path) | {"what": f"it ran for more than {seconds:g} seconds and was stopped"}
    except UnicodeDecodeError as wrong:
        if wrong.object != path.read_bytes():
            return _where(wrong, path) | {"what": f"{type(wrong).__name__}: {wrong}"}
        line = wrong.object.count(b"\n", 0, wrong.start) + 1
        return {"what": "it is not saved as UTF-8, which Python expects; in your editor: save as UTF-8", "line": line,
                "text": wrong.object.splitlines()[line - 1].decode("latin-1").strip()}
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


def text_of(path: Path) -> str:
    """A Python file's text: UTF-8, with or without a byte order mark, or what its first lines declare.

    Raises:
        UnicodeDecodeError: if it is not saved in that encoding.
    """
    content = path.read_bytes()
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content if b"coding" in content[:200] else content[:3]).readline)
    return content.decode(encoding).replace("\r\n", "\n")


def _where(error: BaseException, path: Path) -> dict[str, Any]:
    """The last line of the learner's own file on the way to an error."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    if not own:
        return {"line": None, "text": ""}
    try:
        text = text_of(path).splitlines()[(own[-1].lineno or 1) - 1].strip()
    except (IndexError, OSError):
        text = ""
    return {"line": own[-1].lineno, "text": text}


def _graded(name: str, answers: dict[str, Any], truth: dict[str, Any], exercise: Exercise,
            given: dict[Any, Any], unsummed: dict[Any, Any]) -> dict[str, Any]:
    """One answer: its state, and if it is wrong, why."""
    line: dict[str, Any] = {"name": name, "state": "right", "own": exercise.hints.get(name, "")}
    if name not in answers:
        return line | {"state": "missing"}
    answer = answers[name]
    if name in answers.get("__todo__", ()):
        return line | {"state": "todo"}
    if answer is None or (name == "losses" and answer == []):
        return line | {"state": "todo"}
    if f"expected_{name}" in truth:
        target: Any = _tensor(truth[f"expected_{name}"], requires_grad=True, label=name.removeprefix("d"))
        target.grad = target.data
        root = None
    else:
        target = truth[name.removeprefix("d")]
        root = _root(target, truth)
        line["uses"] = _uses(target, root)
    try:
        diagnosis = diagnose(answer, target, root)
        if diagnosis and root is not None and given:
            diagnosis = diagnose(answer, target, root, given)       # is the mistake in this line, or above it?
            if not diagnosis:
                return line | {"state": "follows"}
        if diagnosis and root is not None and _inherits_shape(answer, target, root, given, unsummed):
            return line | {"state": "follows"}
    except Exception as wrong:
        kind = type(answer).__name__
        return line | {"state": "wrong", "mistake": "not a gradient",
                       "evidence": f"got a {kind}: {str(wrong).split(': ', 1)[-1]}"[:200],
                       "hint": "a gradient is a Tensor, an array or a number"}
    if not diagnosis:
        return line
    if diagnosis.mistake == "unknown" and root is not None and any(
            node in unsummed for x, node, _ in edges(root) if x is target):
        return line | {"state": "follows"}          # it was fed a wrong shape: rather no claim than a wrong one
    return line | {"state": "wrong", "mistake": diagnosis.mistake, "evidence": _without_truth(diagnosis.evidence),
                   "exact": diagnosis.evidence, "hint": diagnosis.hint}


def _without_truth(evidence: str) -> str:
    """The evidence without the number that would be right."""
    evidence = re.sub(r", where the derivative of `[^`]*` is [-+.\w]+$", "", evidence)
    return re.sub(r", expected (?!\()[^,;]+, off by [^,;]+", "", evidence)


def _root(target: Any, truth: dict[str, Any]) -> Any:
    """Where the backward pass that reached `target` began."""
    return next(x for name, x in truth.items() if name.startswith(("loss", "out")) and isinstance(x, Node)
                and any(node is target for node in topological(x)))


def _after(target: Any, root: Any) -> list[Any]:
    """The nodes that depend on `target`."""
    after = [target]
    reached = {id(target)}
    for node in topological(root):
        if any(id(x) in reached for x in node.inputs):
            after.append(node)
            reached.add(id(node))
    return after[1:]


def _inherits_shape(answer: Any, target: Any, root: Any, given: dict[Any, Any], unsummed: dict[Any, Any]) -> bool:
    """Whether an answer has too large a shape only because a line it was made from lacks its sum."""
    if not any(node in unsummed for x, node, _ in edges(root) if x is target):
        return False
    summed = _summed(_numbers(answer), shape_of(target.data))
    return summed is not None and not diagnose(summed, target, root, given | unsummed)


def _tensor(numbers: Any, **options: Any) -> Any:
    """A Tensor of numbers. Exercises on single numbers need none, and are graded where NumPy is missing too."""
    from autograd.arrays.tensor import Tensor
    return Tensor(numpy("grading").array(numbers, float), **options)


def _numbers(answer: Any) -> Any:
    """An answer as a float, or as an array."""
    x = getattr(answer, "data", answer)
    return float(x) if isinstance(x, (int, float)) else numpy("grading").asarray(x, dtype=float)


def _summed(array: Any, shape: tuple[int, ...]) -> Any:
    """An array of too large a shape, summed to the one it was broadcast from; None if it is not of that kind."""
    if shape_of(array) == shape:
        return None
    from autograd.arrays.steps import fitted
    np = numpy("grading")
    try:
        too_large = np.broadcast_shapes(shape_of(array), shape) == shape_of(array)
    except ValueError:
        return None
    return fitted(array, np.empty(shape)) if too_large else None


def _give(name: str, answers: dict[str, Any], truth: dict[str, Any], given: dict[Any, Any],
          unsummed: dict[Any, Any]) -> None:
    """Remember an answer, if it can be reckoned with, for judging the lines below it.

    In `given` as it is; in `unsummed`, where its sum over a broadcast axis is missing, with that sum taken.
    """
    target = truth.get(name.removeprefix("d"))
    if name in answers.get("__todo__", ()):
        return
    if f"expected_{name}" in truth or not isinstance(target, Node):
        return
    try:
        array = _numbers(answers[name])
        summed = _summed(array, shape_of(target.data))
    except Exception:
        return
    if not finite(array):
        return
    if shape_of(array) == shape_of(target.data):
        given[target] = array
    elif summed is not None:
        unsummed[target] = summed


def _uses(target: Any, root: Any) -> str:
    by = [f"`{node.label}` ({node.op.symbol})" if node.label else f"an unnamed `{node.op.symbol}`"
          for x, node, _ in edges(root) if x is target]
    return f"`{target.label}` is used {len(by)} time{'s' * (len(by) != 1)}: by " + ", ".join(by) if by else ""


def _without_loops(path: Path) -> dict[str, Any]:
    tree = ast.parse(text_of(path))
    loops = sorted(node.lineno for node in ast.walk(tree)
                   if isinstance(node, (ast.For, ast.While, ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)))
    if not loops:
        return {"name": "no loop", "state": "right"}
    return {"name": "no loop", "state": "wrong", "mistake": "a loop", "evidence": f"in line {loops[0]}",
            "hint": "one matrix product adds up what the loop adds up", "own": ""}


def _main(path: str, exercise: str, report: str, seconds: str, megabytes: str) -> None:
    numpy("grading").seterr(all="ignore")
    result = grade(Path(path).resolve(), Exercise(0, Path(exercise)), float(seconds), int(megabytes))
    Path(report).write_text(json.dumps(result), encoding="utf-8")
    os._exit(0)                                     # whatever threads the file may have left behind


if __name__ == "__main__":
    _main(*sys.argv[1:])
