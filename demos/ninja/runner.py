"""The exercises' command line: list, start, check, solution.

A learner's file is run by another process (`grading`) with a time limit, and only ever read here. The one file written
beside the learner's is `.progress.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

from demos.ninja.exercises import EXERCISES, Exercise

__all__ = ["check", "main"]

try:
    from rich.console import Console
    from rich.syntax import Syntax
    from rich.text import Text
    _console: Any = Console(highlight=False)
except ImportError:                                 # plain text will do
    _console = None

Segment = str | tuple[str, str]


def say(*segments: Segment) -> None:
    """Print a line made of pieces, each a text or a (text, style)."""
    if _console is None:
        print("".join(piece if isinstance(piece, str) else piece[0] for piece in segments))
    else:
        _console.print(Text.assemble(*segments), soft_wrap=not _console.is_terminal)


def terminal_width() -> int:
    """How many characters fit a line."""
    return min(120, shutil.get_terminal_size((100, 24)).columns)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m demos ninja", description="Backpropagation by hand, with a checker that says what went wrong.")
    parser.add_argument("--dir", type=Path, default=Path("ninja"), help="where your files are (default: ninja)")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("list", help="the exercises, and how far you are; the same without a command")
    start_ = commands.add_parser("start", help="write an exercise's file: the forward pass, and TODOs")
    start_.add_argument("number", type=int)
    check_ = commands.add_parser("check", help="grade a file, line by line")
    check_.add_argument("file", help="the file, or the exercise's number")
    check_.add_argument("--exercise", type=int, help="which exercise it is, if its name does not begin with the number")
    check_.add_argument("--hints", type=int, choices=range(4), default=1,
                        help="0: the mistake; 1: and what to think about (default); 2: and where the variable is used; "
                             "3: and a strong hint")
    check_.add_argument("--seconds", type=float, default=20.0, help="how long the file may run (default: 20)")
    check_.add_argument("--names", type=Path, help="a file of names, one a line, in the place of the one that ships")
    solution_ = commands.add_parser("solution", help="the worked answer, with its derivation")
    solution_.add_argument("number", type=int)
    options = parser.parse_args(arguments)

    if options.command in ("start", "solution") and options.number not in EXERCISES:
        parser.error(f"there is no exercise {options.number}; there are 0 to {max(EXERCISES)}")
    if options.command == "start":
        return _start(EXERCISES[options.number], options.dir)
    if options.command == "solution":
        return _solution(EXERCISES[options.number])
    if options.command == "check":
        return _check(parser, options)
    return _list(options.dir)


# The commands.

def _list(folder: Path) -> int:
    progress = _progress(folder)
    width = len(str(max(EXERCISES)))
    say()
    for number, exercise in EXERCISES.items():
        done = progress.get(str(number))
        if done and done["right"] == done["of"]:
            mark: Segment = ("✓", "bold green")
            state: Segment = ("done", "green")
        elif done:
            mark, state = ("●", "yellow"), (f"{done['right']} of {done['of']} right", "yellow")
        elif (folder / exercise.file_name).exists():
            mark, state = ("●", "yellow"), ("started", "yellow")
        else:
            mark, state = ("○", "dim"), ""
        say("  ", mark, f" {number:{width}}  {exercise.title:58}", state)
    say()
    say(("  python -m demos ninja start N       ", "bold"), f"write exercise N's file into {folder}/")
    say(("  python -m demos ninja check N       ", "bold"), "grade it (--hints 0 to 3: how much help you want)")
    say(("  python -m demos ninja solution N    ", "bold"), "the worked answer, with its derivation")
    say()
    return 0


def _start(exercise: Exercise, folder: Path) -> int:
    path = folder / exercise.file_name
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:          # x: never over something that is there
            file.write(exercise.starter())
    except FileExistsError:
        say(f"{path} is there already, and stays as it is; to begin again, move it away first")
        return 1
    say("wrote ", (str(path), "bold"), f": {exercise.title}")
    say(f"  fill in the TODOs, then: python -m demos ninja check {exercise.number}")
    return 0


def _solution(exercise: Exercise) -> int:
    if _console is not None and _console.is_terminal:
        _console.print(Syntax(exercise.solution(), "python", theme="ansi_dark", background_color="default"))
    else:
        print(exercise.solution(), end="")
    return 0


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    if options.file.isdigit():
        if int(options.file) not in EXERCISES:
            parser.error(f"there is no exercise {options.file}; there are 0 to {max(EXERCISES)}")
        path = options.dir / EXERCISES[int(options.file)].file_name
    else:
        path = Path(options.file)
    number = options.exercise if options.exercise is not None else path.name.split("_")[0]
    if str(number) not in map(str, EXERCISES):
        parser.error(f"which exercise is {path}? its name begins with no number from 0 to {max(EXERCISES)}; "
                     "say --exercise N")
    exercise = EXERCISES[int(number)]
    if not path.is_file():
        parser.error(f"there is no file {path}; `python -m demos ninja start {exercise.number}` writes one")
    if options.names is not None and not options.names.is_file():
        parser.error(f"there is no file {options.names}")
    report = check(path, exercise, options.seconds, options.names)
    right = _show(report, exercise, path, options.hints)
    if report["lines"]:
        _remember(path.parent, exercise.number, right, len(report["lines"]))
    return 0 if report["error"] is None and report["lines"] and right == len(report["lines"]) else 1


def check(path: Path, exercise: Exercise, seconds: float = 20.0, names: Path | None = None) -> dict[str, Any]:
    """The report on a file, made by another process, which is ended if it does not end by itself.

    Returns:
        error: None, or what stopped the file, in which line. lines: a state for every answer. output: what it printed.
    """
    environment = dict(os.environ)
    root = str(Path(__file__).resolve().parents[2])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, environment.get("PYTHONPATH")]))
    if names is not None:
        environment["NINJA_NAMES"] = str(names.resolve())
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        process = subprocess.Popen(
            [sys.executable, "-m", "demos.ninja.grading", str(path), str(exercise.number), str(report), str(seconds)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment,
            start_new_session=True)
        try:
            _, complaint = process.communicate(timeout=seconds + 15)
            stopped = f"it ended Python itself (exit status {process.returncode}), so nothing could be graded"
            if process.returncode == 1 and complaint:       # the truth could not be computed: an odd --names file
                stopped = complaint.decode(errors="replace").strip().splitlines()[-1]
        except subprocess.TimeoutExpired:
            stopped = f"it ran for more than {seconds:g} seconds and would not be stopped"
        finally:
            _end(process)
        if report.is_file():
            result: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
            return result
    return {"error": {"what": stopped, "line": None, "text": ""}, "lines": [], "output": ""}


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process, and whatever it started."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except (ProcessLookupError, PermissionError):   # it has ended by itself
        pass
    process.wait()
    if process.stderr is not None:
        process.stderr.close()


_MARKS: dict[str, Segment] = {"right": ("✓", "bold green"), "wrong": ("✗", "bold red"), "todo": ("·", "dim"),
                              "missing": ("?", "yellow"), "follows": ("↑", "yellow")}


def _show(report: dict[str, Any], exercise: Exercise, path: Path, hints: int) -> int:
    """Print a report; how many answers are right."""
    lines = report["lines"]
    say()
    say((f"{exercise.number}  {exercise.title}", "bold"), (f"   {path}", "dim"))
    say()
    if report["output"]:
        for line in report["output"].splitlines()[-8:]:
            say(("  │ " + line, "dim"))
        say()
    width = max([len(line["name"]) for line in lines], default=0)
    for line in lines:
        words: list[Segment] = ["  ", _MARKS[line["state"]], f" {line['name']:{width}}  "]
        indent = " " * (width + 6)
        room = max(40, terminal_width() - len(indent) - 1)
        if line["state"] == "wrong":
            words.append((("none of the usual mistakes" if line["mistake"] == "unknown" else line["mistake"]), "red"))
        elif line["state"] == "follows":
            above = ", ".join(line["from"]) or "the lines above"
            text = f"fine for what it was fed; look further up: {above}"
            words.append((f"\n{indent}".join(textwrap.wrap(text, room)), "yellow"))
        elif line["state"] == "missing":
            words.append(("not reached" if report["error"] else "there is no variable of this name", "yellow"))
        elif line["state"] == "todo":
            words.append(("not written yet", "dim"))
        say(*words)
        if line["state"] in ("right", "follows"):
            continue
        help_ = [line.get("hint") if hints >= 1 else "", line.get("uses") if hints >= 2 else "",
                 line.get("own") if hints >= 3 else ""]
        seen = line.get("exact") if hints >= 3 else None
        for text, lead, style in [(seen or line.get("evidence"), "", ""), *((x, "→ ", "cyan") for x in help_)]:
            if text:
                for i, part in enumerate(textwrap.wrap(text, room - 2)):
                    say(indent, (("  " if i and lead else lead) + part, style))
    if report.get("note"):
        say()
        say("  ", (report["note"], "yellow"))
    error = report["error"]
    if error is not None:
        say()
        where = f"stopped in line {error['line']}: " if error["line"] else "stopped: "
        say("  ", (where + error["what"], "bold red"))
        if error["text"]:
            say("      ", (error["text"], "dim"))
    right = sum(line["state"] == "right" for line in lines)
    say()
    if lines and right == len(lines) and error is None:
        say("  ", (f"all {right} right", "bold green"), ", by hand.")
    elif lines:
        more = f"; more help: --hints {hints + 1}" if hints < 3 and any(x["state"] == "wrong" for x in lines) else ""
        say(f"  {right} of {len(lines)} right{more}")
    say()
    return right


# Progress.

def _progress(folder: Path) -> dict[str, dict[str, int]]:
    try:
        read = json.loads((folder / ".progress.json").read_text(encoding="utf-8"))
        return {str(key): {"right": int(value["right"]), "of": int(value["of"])} for key, value in read.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _remember(folder: Path, number: int, right: int, of: int) -> None:
    if folder.is_dir():
        progress = _progress(folder) | {str(number): {"right": right, "of": of}}
        (folder / ".progress.json").write_text(json.dumps(progress), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
