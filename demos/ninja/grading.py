"""Grading, in a process of its own: it is given FILE EXERCISE REPORT SECONDS MEGABYTES, and writes its report as JSON.

The learner's file may do anything: raise, loop for ever, leave variables out, end the process. All of these are
findings. The truth is computed first, from our own copy of the exercise, so that nothing the file does can change it.
An exercise on single numbers is graded without NumPy.
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
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any

from autograd.core.graph import Node, edges, topological
from autograd.core.value import Value
from autograd.learn.diagnose import diagnose
from autograd.learn.languages import tell

from .borrowing import assigned, borrowed, taken
from .containing import guard, limit
from .exercises import Exercise

try:
    import numpy as np

    from autograd import Tensor
    from autograd.arrays.steps import fitted
except ImportError:                                 # enough for the exercises on single numbers
    pass

__all__ = ["grade"]

_BORROWED = "the engine's work, not yours"
_KEPT = "gradients of an earlier step"


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
    tests = exercise.tests                          # read before a guard hides the exercise
    truth: dict[str, Any] = {"__name__": "truth"}
    exec(compile(exercise.truth(), str(exercise.path), "exec"), truth)
    asked = [*exercise.asked, *truth.get("asked", []),
             *(name.removeprefix("expected_") for name in truth if name.startswith("expected_"))]
    asked = list(dict.fromkeys(asked))
    for name, x in truth.items():
        if isinstance(x, Node) and not x.label:
            x.label = name

    output = _Tail()
    answers: dict[str, Any] = {"__name__": "exercise", "__file__": str(path)}
    reached: list[str] = []                         # for what is not its own
    held = limit(megabytes, seconds) if megabytes else []
    end = guard(path.parent, exercise.path.parent, reached.append) if megabytes else lambda: None
    standing = _Standing([] if tests else asked, truth, everywhere=False)
    failed: dict[str, str] = {}
    error = _run(path, answers, output, seconds, standing, tests, failed)
    end()
    try:
        text = text_of(path)
    except UnicodeDecodeError:
        text = ""
    made = taken(text, exercise.starter(), asked)
    lines: list[dict[str, Any]] = []
    kept = _never_zeroed(exercise) if tests and "zero_grad" in truth else {}
    given: dict[Any, Any] = {}
    unsummed: dict[Any, Any] = {}
    for name in asked:
        own = {"name": name, "own": exercise.hints.get(name, "")}
        if name in made:
            lines.append(own | {"state": "wrong", "mistake": _BORROWED, "evidence": made[name],
                                "hint": tell("write the gradient from the forward pass alone")})
            continue
        if name in failed:
            lines.append(own | {"state": "wrong", "mistake": "the test was stopped", "evidence": failed[name],
                                "hint": tell("mend what raises this first; the numbers come after")})
            continue
        line = _graded(name, answers, truth, exercise, given, unsummed)
        if error is not None and line.get("mistake") == "all zeros":    # begun, and stopped before it was filled
            line = {"name": name, "state": "missing"}
        if line.get("mistake") == "unknown" and name in kept and not diagnose(answers[name], kept[name]):
            line |= {"mistake": _KEPT,
                     "evidence": tell("your number is the sum of all backward passes so far, those of earlier steps "
                                      "too"),
                     "hint": tell("where are the last step's gradients forgotten, and does that reach the parameters "
                                  "themselves?")}
        lines.append(line)
        _give(name, answers, truth, given, unsummed)
    if error is None and not tests:
        _forgive(path, asked, truth, exercise, lines, seconds)
    wrong = [line["name"] for line in lines if line["state"] == "wrong"]
    for line in lines:
        above = truth.get("follows", {}).get(line["name"], ())      # what an exercise says of answers without a graph
        if line["state"] == "wrong" and (from_ := [other for other in wrong if other in above]):
            line |= {"state": "follows", "from": from_}
        elif line["state"] == "follows":            # the mistakes above it that it may come from
            node = truth.get(line["name"].removeprefix("d"))
            if not isinstance(node, Node) or f"expected_{line['name']}" in truth:
                line["from"] = [other for other in wrong if asked.index(other) < asked.index(line["name"])]
                continue
            after = {id(x) for x in _after(node, _root(node, truth))}
            line["from"] = [other for other in wrong if id(truth.get(other.removeprefix("d"))) in after] or [
                other for other in wrong if asked.index(other) < asked.index(line["name"])]
    if truth.get("no_loops") and error is None:
        done = all(line["state"] not in ("todo", "missing") for line in lines)
        lines.append(_without_loops(path) if done else {"name": "no loop", "state": "todo", "own": ""})
    findings = borrowed(text, exercise.starter())
    findings += [{"line": None, "what": what} for what in dict.fromkeys(reached)]
    return {"error": error, "lines": lines, "output": output.text, "borrowed": findings, "contained": held,
            "stood in": sorted(_used_after(text, standing.todo), key=asked.index),
            "note": "" if tests else _forward_changed(answers, truth)}


def _never_zeroed(exercise: Exercise) -> dict[str, Node]:
    """The nodes whose gradients the tests ask for, by the answers' names, after a run in which none is set to zero."""
    nodes: dict[str, Any] = {}
    exec(compile(exercise.truth().removesuffix(exercise.tests), str(exercise.path), "exec"), nodes)
    nodes["zero_grad"] = lambda parameters: None
    exec(compile(exercise.tests, str(exercise.path), "exec"), nodes)
    return {name: nodes[name.removeprefix("d")] for name in exercise.asked}


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
        else:
            return answer
        node = self.truth.get(name.removeprefix("d"))
        right = self.truth.get(f"expected_{name}", getattr(node, "grad", None) if isinstance(node, Node) else None)
        if isinstance(node, Value) or right is None:
            return answer if right is None else float(right)
        return Tensor(np.array(right, float))

    def visit_Module(self, module: ast.Module) -> ast.Module:
        last: dict[str, int] = {}
        for i, statement in enumerate(module.body):
            for name in self.asked & assigned(statement):
                last[name] = i
        body: list[ast.stmt] = []
        for i, statement in enumerate(module.body):
            body.append(statement)
            for name in sorted(self.asked & assigned(statement)):
                if last[name] == i and not isinstance(statement, (ast.If, ast.FunctionDef, ast.ClassDef)):
                    added = ast.parse(f"{name} = __stand_in__({name!r}, {name})").body[0]
                    for node in ast.walk(added):
                        ast.copy_location(node, statement)
                    body.append(added)
        module.body = body
        return module


def _used_after(text: str, names: set[str]) -> set[str]:
    """Those of the answers not written yet that a line after them uses."""
    try:
        body = ast.parse(text).body if names else []
    except (SyntaxError, ValueError):
        return set()
    found: set[str] = set()
    there: set[str] = set()
    for statement in body:
        if not isinstance(statement, ast.If):       # `if __name__ == "__main__"`
            found |= {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and node.id in there}
        there |= names & assigned(statement)
    return found


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
        if line in wrong[1:] and name in standing.found and line["mistake"] != _BORROWED \
                and _graded(name, standing.found, truth, exercise, {}, {})["state"] == "right":
            lines[i] = {"name": name, "state": "follows", "own": line["own"]}


def _forward_changed(answers: dict[str, Any], truth: dict[str, Any]) -> str:
    """A sentence where the file's forward pass comes to another loss than the exercise's."""
    pairs = [(name, answers.get(name), x) for name, x in truth.items() if _is_root(name, x)]
    pairs += [("losses[0]", *(_first(x) for x in (answers.get("losses"), truth.get("expected_losses"))))]
    for name, mine, right in pairs:
        try:
            got, wanted = float(mine), float(right)
        except (TypeError, ValueError, ArithmeticError):
            continue
        if not abs(got - wanted) <= 1e-6 * abs(wanted) + 1e-12:
            what = tell("the loss") if name == "loss" else f"{name} ="
            return tell("your forward pass comes to {what} {got:.6g}, the exercise's to {wanted:.6g}: was it changed?",
                        what=what, got=got, wanted=wanted)
    return ""


def _is_root(name: str, x: Any) -> bool:
    """Whether a backward pass of the exercise's began here."""
    return name.startswith(("loss", "out")) and isinstance(x, Node)


def _first(losses: Any) -> Any:
    return losses[0] if isinstance(losses, list) and losses else None


def _run(path: Path, namespace: dict[str, Any], output: Any, seconds: float,
         standing: _Standing, tests: str = "", failed: dict[str, str] | None = None) -> dict[str, Any] | None:
    """Execute the file, then the tests; what went wrong, if anything did. What was assigned stays in `namespace`."""
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
            copies = {ast.unparse(statement) for statement in ast.parse(tests).body}
            tree.body = [statement for statement in tree.body if ast.unparse(statement) not in copies]
            namespace |= {"__stand_in__": standing, "__todo__": standing.todo}
            exec(compile(standing.visit(tree), str(path), "exec"), namespace)
            _test(tests, path, namespace, {} if failed is None else failed)
    except OutOfTime as late:
        return _where(late, path) | {"what": tell("it ran for more than {seconds:g} seconds and was stopped",
                                                  seconds=seconds)}
    except UnicodeDecodeError as wrong:
        if wrong.object != path.read_bytes():
            return _where(wrong, path) | {"what": f"{type(wrong).__name__}: {wrong}"}
        line = wrong.object.count(b"\n", 0, wrong.start) + 1
        return {"what": tell("it is not saved as UTF-8, which Python expects; in your editor: save as UTF-8"),
                "line": line,
                "text": wrong.object.splitlines()[line - 1].decode("latin-1").strip()}
    except SyntaxError as wrong:
        if wrong.filename != str(path):
            return _where(wrong, path) | {"what": f"{type(wrong).__name__}: {wrong}"}
        return {"what": tell("Python can't read it: {why}", why=wrong.msg), "line": wrong.lineno,
                "text": (wrong.text or "").strip()}
    except BaseException as wrong:
        text = str(wrong).strip()
        what = f"{type(wrong).__name__}: {text}" if text else type(wrong).__name__
        if isinstance(wrong, SystemExit):
            what = tell("it ended Python itself (SystemExit), and what came after did not run")
        elif "None" in text:
            what += f"  ({tell('is a line above it still None?')})"
        return _where(wrong, path) | {"what": what}
    finally:
        if can_stop:
            signal.setitimer(signal.ITIMER_REAL, 0)
    return None


def _test(tests: str, path: Path, namespace: dict[str, Any], failed: dict[str, str]) -> None:
    """Run the tests, one statement after the other; `failed` says of the names that could not be had what stopped them.

    What a statement that raised is made of got no gradient, and nor did what follows from it. What the learner's copy
    of the tests may have left behind is removed first.
    """
    body = ast.parse(tests).body
    own = {name for statement in body for name in assigned(statement)}
    for name in own:
        namespace.pop(name, None)
    below: dict[str, set[str]] = {}                 # name -> the names of what it was made of, all the way down
    for statement in body:
        made = assigned(statement)
        used = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)} & own
        why = next((failed[name] for name in sorted(used - made) if name in failed), "")
        if not why:
            try:
                exec(compile(ast.Module([statement], []), "the tests", "exec"), namespace)
            except Exception as wrong:
                where = _where(wrong, path)
                why = f"{type(wrong).__name__}: {wrong}"[:200]
                if where["line"]:
                    why += f" ({tell('line {number}', number=where['line'])})"
        under = used.union(*(below.get(name, set()) for name in used)) - made
        for name in made | under if why else made:
            if why:
                failed.setdefault(name, why)
            else:
                failed.pop(name, None)
                below[name] = under


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
    if name in answers.get("__todo__", ()) or answer is None or (name == "losses" and answer == []):
        return line | {"state": "todo"}
    if f"expected_{name}" in truth:
        right = np.array(truth[f"expected_{name}"], float)
        # There is no forward value of it: numbers that look like no logits stand for one.
        target: Any = Tensor(1e3 * np.arange(right.size).reshape(right.shape), requires_grad=True,
                             label=name.removeprefix("d"))
        target.grad = Tensor(right)
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
                       "evidence": tell("got a {kind}: {why}", kind=kind, why=str(wrong).split(": ", 1)[-1])[:200],
                       "hint": tell("a gradient is a Tensor, an array or a number")}
    if not diagnosis:
        return line
    if diagnosis.mistake == "unknown" and root is not None and any(
            node in unsummed for x, node, _ in edges(root) if x is target):
        return line | {"state": "follows"}          # it was fed a wrong shape: rather no claim than a wrong one
    return line | {"state": "wrong", "mistake": diagnosis.mistake,
                   "evidence": _without_truth(diagnosis.evidence, target, answer),
                   "exact": diagnosis.evidence, "hint": _without_truth(diagnosis.hint, target, answer),
                   "or": [tell(name) for name, _ in diagnosis.others if name != "wrong shape"]}


def _without_truth(text: str, target: Any, answer: Any) -> str:
    """A text without the numbers that would be right: those said to be expected, and whatever else comes to one."""
    text = re.sub(tell(r", where the derivative of `[^`]*` is [-+.\w]+$"), "", text)
    text = re.sub(tell(r",? expected (?!\()[^,;]+(, off by [^,;]+)?"), "", text)
    right, mine = _flat(target.grad), _flat(answer)
    if len(right) > 64:                             # one entry of many gives nothing away
        return text
    text = re.sub(tell(r"(; the missing part goes|; the right ones go) up to [-+.\w]+"), "", text)
    text = re.sub(tell(r"(, which contributes) up to [-+.\w]+"), tell(r"\1 the rest"), text)

    def hidden(match: re.Match[str]) -> str:
        shown = float(match[0].replace("−", "-"))
        near = [abs(shown - x) <= 1e-3 * abs(x) for x in right if x not in (0.0, 1.0, -1.0)]
        said = any(abs(shown - x) <= 1e-3 * abs(x) for x in mine)
        return "…" if any(near) and not said else match[0]

    return re.sub(tell(r"(?<![\w.`\[(])[-−]?\d+(\.\d+)?(e[-+]?\d+)?(?![\w`]| times| of)"), hidden, text)


def _flat(x: Any) -> list[float]:
    """All numbers in a Tensor, an array, a list, a Value or a number."""
    x = x.tolist() if hasattr(x, "tolist") else getattr(x, "data", x)
    try:
        return [y for row in x for y in _flat(row)] if isinstance(x, (list, tuple)) else [float(x)]
    except (TypeError, ValueError):
        return []


def _root(target: Any, truth: dict[str, Any]) -> Any:
    """Where the backward pass that reached `target` began."""
    for name, x in truth.items():
        if _is_root(name, x) and any(node is target for node in topological(x)):
            return x
    raise LookupError(f"nothing called loss, or out…, comes from {target.label}; name so what backward() begins at")


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
    if isinstance(target, Value) or not any(node in unsummed for x, node, _ in edges(root) if x is target):
        return False
    array = np.asarray(getattr(answer, "data", answer), dtype=float)
    summed = _summed(array, np.shape(target.data))
    return summed is not None and not diagnose(summed, target, root, given | unsummed)


def _summed(array: Any, shape: tuple[int, ...]) -> Any:
    """An array of too large a shape, summed to the one it was broadcast from; None if it is not of that kind."""
    try:
        too_large = array.shape != shape and np.broadcast_shapes(array.shape, shape) == array.shape
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
    if isinstance(target, Value):
        with suppress(KeyError, TypeError, ValueError):
            given[target] = float(getattr(answers[name], "data", answers[name]))
        return
    try:
        array = np.asarray(getattr(answers[name], "data", answers[name]), dtype=float)
        summed = _summed(array, np.shape(target.data))
    except Exception:
        return
    if not np.isfinite(array).all():
        return
    if array.shape == np.shape(target.data):
        given[target] = array
    elif summed is not None:
        unsummed[target] = summed


def _uses(target: Any, root: Any) -> str:
    by = [f"`{node.label}` ({node.op.symbol})" if node.label else tell("an unnamed `{symbol}`", symbol=node.op.symbol)
          for x, node, _ in edges(root) if x is target]
    if len(by) == 1:
        return tell("`{label}` is used once: by {by}", label=target.label, by=by[0])
    return tell("`{label}` is used {times} times: by {by}", label=target.label, times=len(by),
                by=", ".join(by)) if by else ""


def _without_loops(path: Path) -> dict[str, Any]:
    tree = ast.parse(text_of(path))
    loops = sorted(node.lineno for node in ast.walk(tree)
                   if isinstance(node, (ast.For, ast.While, ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)))
    if not loops:
        return {"name": "no loop", "state": "right"}
    return {"name": "no loop", "state": "wrong", "mistake": "a loop",
            "evidence": tell("in line {line}", line=loops[0]),
            "hint": tell("one matrix product adds up what the loop adds up"), "own": ""}


def _main(path: str, exercise: str, report: str, seconds: str, megabytes: str) -> None:
    if "numpy" in sys.modules:
        np.seterr(all="ignore")
    result = grade(Path(path).resolve(), Exercise(0, Path(exercise)), float(seconds), int(megabytes))
    Path(report).write_text(json.dumps(result), encoding="utf-8")
    os._exit(0)                                     # whatever threads the file may have left behind


if __name__ == "__main__":
    _main(*sys.argv[1:])
