"""The exercises' command line: list, start, check, solution.

A learner's file is run by another process (`grading`) with a time limit, and only ever read here. The one file written
beside the learner's is `.progress.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import ninjagrad
from autograd.learn.languages import LANGUAGES, VARIABLE, language, speaking, tell

from .. import COMMAND
from ..terminal import terminal_width
from .exercises import EXERCISES, Exercise, exercises_in

COUNT = ("right", "follows")                        # the states of a line that earn its point
LANG = "the language the checker speaks (default: the locale's)"

__all__ = ["check", "main"]

try:
    from rich.console import Console
    from rich.syntax import Syntax
    from rich.text import Text
    _console: Any = Console(highlight=False)
except ImportError:                                 # plain text will do
    _console = None

Segment = str | tuple[str, str]
FOLDER = Path("ninja")


def say(*segments: Segment) -> None:
    """Print a line made of pieces, each a text or a (text, style)."""
    if _console is None:
        print("".join(piece if isinstance(piece, str) else piece[0] for piece in segments))
    else:
        _console.print(Text.assemble(*segments), soft_wrap=not _console.is_terminal)


def command(words: str, options: argparse.Namespace) -> str:
    """What to type: the exercises' command with these words, and with `--dir` where the folder isn't the usual one."""
    text = f"{COMMAND} ninja {words}"
    if options.dir != FOLDER and not words.startswith("solution"):
        text += f" --dir {shlex.quote(str(options.dir))}"
    if options.exercises is not None:
        text += f" --exercises {shlex.quote(str(options.exercises))}"
    return text


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog=f"{COMMAND} ninja", description="Backpropagation by hand, with a checker that says what went wrong.")
    where = "where your files are (default: ninja)"
    others = "a folder of other exercises, in the format that `lint` checks"
    anywhere = argparse.ArgumentParser(add_help=False)              # these may stand after the command too
    for place, usual, other in ((parser, FOLDER, None), (anywhere, argparse.SUPPRESS, argparse.SUPPRESS)):
        place.add_argument("--dir", type=Path, default=usual, help=where)
        place.add_argument("--exercises", type=Path, default=other, metavar="FOLDER", help=others)
        place.add_argument("--lang", choices=LANGUAGES, default=other, help=LANG)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def add(name: str, help: str, more: str = "") -> argparse.ArgumentParser:
        return commands.add_parser(name, help=help, description=help, epilog=more, parents=[anywhere])

    add("list", "the exercises, and how far you are; the same without a command")
    start_ = add("start", "write an exercise's file: the forward pass, and TODOs")
    start_.add_argument("number", type=int)
    check_ = add("check", "grade a file, line by line", "The exit status: 0 if all answers are right and written by "
                 "hand, 1 if not (or the file did not run to its end), 2 for a slip in the command.")
    check_.add_argument("file", help="the file, or the exercise's number, or all")
    check_.add_argument("--json", action="store_true", help="the report as JSON: verdict, and for each line its "
                        "name, state, mistake, evidence and hint")
    check_.add_argument("--exercise", type=int, help="which exercise it is, if its name does not begin with the number")
    check_.add_argument("--hints", type=int, choices=range(4), default=1,
                        help="0: the mistake; 1: and what to think about (default); 2: and where the variable is used; "
                             "3: and a strong hint, with the numbers that are right")
    check_.add_argument("--seconds", type=float, default=20.0, help="how long the file may run (default: 20)")
    check_.add_argument("--names", type=Path, help="a file of names, one a line, in the place of the one that ships")
    solution_ = add("solution", "the worked answer, with its derivation")
    solution_.add_argument("number", type=int)
    lint_ = add("lint", "for teachers: check an exercise of your own")
    lint_.add_argument("file", type=Path)
    options = parser.parse_args(arguments)
    with speaking(options.lang or ""):
        return _run(parser, options)


def _run(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    if options.command == "lint":
        if not options.file.is_file():
            parser.error(tell("there is no file {file}", file=options.file))
        return _lint(options.file)
    options.known = EXERCISES if options.exercises is None else exercises_in(options.exercises)
    if not options.known:
        parser.error(tell("there is no exercise in {folder}: no file called NUMBER_NAME.py", folder=options.exercises))
    if options.command in ("start", "solution") and options.number not in options.known:
        parser.error(tell("there is no exercise {number}", number=options.number) + "; " + _there_are(options))
    if options.command == "start":
        return _start(options.known[options.number], options)
    if options.command == "solution":
        return _solution(options.known[options.number])
    if options.command == "check":
        return _check(parser, options)
    return _list(options)


def _there_are(options: argparse.Namespace) -> str:
    numbers = list(options.known)
    if len(numbers) == numbers[-1] - numbers[0] + 1 > 1:
        return tell("there are {first} to {last}", first=numbers[0], last=numbers[-1])
    return tell("there is {numbers}", numbers=", ".join(map(str, numbers)))


# The commands.

def _list(options: argparse.Namespace) -> int:
    folder = options.dir
    progress = _progress(folder)
    digits = len(str(max(options.known)))
    say()
    for number, exercise in options.known.items():
        done = progress.get(str(number))
        if done and done["right"] == done["of"] > 0:
            mark: Segment = ("✓", "bold green")
            state: Segment = ("done", "green")
        elif done:
            mark, state = ("●", "yellow"), (tell("{right} of {of} right", right=done["right"], of=done["of"]), "yellow")
        elif (folder / exercise.file_name).exists():
            mark, state = ("●", "yellow"), ("started", "yellow")
        else:
            mark, state = ("○", "dim"), ""
        room = min(58, terminal_width() - 22)
        first, *more = textwrap.wrap(tell(exercise.title), room)
        say("  ", mark, f" {number:{digits}}  {first:{room}} ", state)
        for line in more:
            say(" " * (6 + digits) + line)
    say()
    advice = {command("start N", options): tell("write exercise N's file into {folder}", folder=f"{folder}{os.sep}"),
              command("check N", options): tell("grade it (--hints 0 to 3: how much help you want)"),
              command("solution N", options): tell("the worked answer, with its derivation")}
    width = max(map(len, advice))
    for words, what in advice.items():
        if width + len(what) + 6 <= terminal_width():
            say((f"  {words:{width}}  ", "bold"), what)
        else:
            say((f"  {words}", "bold"))
            for line in textwrap.wrap(what, terminal_width() - 6):
                say("      " + line)
    say()
    return 0


def _start(exercise: Exercise, options: argparse.Namespace) -> int:
    folder = options.dir
    path = folder / exercise.file_name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:          # x: never over something that is there
            file.write(exercise.starter())
    except FileExistsError:
        if not folder.is_dir():
            raise                                   # a file of the folder's name
        say(tell("{path} is there already, and stays as it is; to begin again, move it away first", path=path))
        return 1
    say(tell("wrote"), " ", (str(path), "bold"), f": {tell(exercise.title)}")
    do = tell("find the bug and mend it, then:") if exercise.tests else tell("fill in the TODOs, then:")
    say(f"  {do} {command(f'check {exercise.number}', options)}")
    return 0


def _solution(exercise: Exercise) -> int:
    if exercise.packed() == exercise.source:
        say(tell("exercise {number} came without its solution", number=exercise.number))
        return 1
    if _console is not None and _console.is_terminal:
        _console.print(Syntax(exercise.solution(), "python", theme="ansi_dark", background_color="default"))
    else:
        print(exercise.solution(), end="")
    return 0


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Check a file, or all that are there. The exit status says whether all are right; a slip in the command is 2."""
    files = [options.file]
    if options.file == "all":
        files = [str(n) for n, exercise in options.known.items() if (options.dir / exercise.file_name).is_file()]
        if not files:
            parser.error(tell("there is no exercise in {folder}", folder=options.dir))
    reports: list[dict[str, Any]] = []
    status = max(_check_one(parser, argparse.Namespace(**vars(options) | {"file": file}), reports) for file in files)
    if options.json:
        print(json.dumps(reports if options.file == "all" else reports[0], indent=2))
    return status


def _check_one(parser: argparse.ArgumentParser, options: argparse.Namespace, reports: list[dict[str, Any]]) -> int:
    if options.file.isdigit():
        if int(options.file) not in options.known:
            parser.error(tell("there is no exercise {number}", number=options.file) + "; " + _there_are(options))
        path = options.dir / options.known[int(options.file)].file_name
    else:
        path = Path(options.file)
    number = options.exercise if options.exercise is not None else int("0" + re.findall(r"^\d*", path.name)[0])
    if number not in options.known or (options.exercise is None and not path.name[:1].isdigit()):
        parser.error(tell("which exercise is {path}? its name begins with none of their numbers ({there_are}); say "
                          "--exercise N", path=path, there_are=_there_are(options)))
    exercise = options.known[number]
    if not path.is_file():
        parser.error(tell("there is no file {file}; `{command}` writes one", file=path,
                          command=command(f"start {exercise.number}", options)))
    if options.names is not None and not options.names.is_file():
        parser.error(tell("there is no file {file}", file=options.names))
    report = check(path, exercise, options.seconds, options.names)
    right = sum(line["state"] == "right" for line in report["lines"])
    attempts = _remember(path.parent, exercise.number, right, len(report["lines"]))
    if options.json:
        if options.hints < 3:                       # a number that is right is shown with the last hint, not before
            for line in report["lines"]:
                line.pop("exact", None)
        reports.append({"exercise": exercise.number, "title": exercise.title, "file": path.name, "right": right,
                        "of": len(report["lines"]), "attempts": attempts, **report})
    else:
        show(report, exercise, path, options.hints)
    return 0 if report["verdict"] == "right" else 1


def check(path: Path, exercise: Exercise, seconds: float = 20.0, names: Path | None = None,
          megabytes: int = 0) -> dict[str, Any]:
    """The report on a file, made by another process, which is ended if it does not end by itself.

    With `megabytes`, the file may use so much memory, and neither network nor files outside its folder (`containing`).

    Returns:
        error: None, or what stopped the file, in which line. lines: a state for every answer. output: what it printed.
        borrowed: where it reads gradients in place of writing them. contained: what the system limited.
        verdict: "right", "wrong", "unfinished", "stopped" (it did not run to its end), "borrowed".
    """
    environment = dict(os.environ) | {VARIABLE: language()}
    root = str(Path(ninjagrad.__file__).resolve().parents[1])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, environment.get("PYTHONPATH")]))
    if names is not None:
        environment["NINJA_NAMES"] = str(names.resolve())
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        process = subprocess.Popen(
            [sys.executable, "-m", "ninjagrad.demos.ninja.grading", str(path), str(exercise.path.resolve()),
             str(report), str(seconds), str(megabytes)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment,
            start_new_session=True)
        try:
            _, complaint = process.communicate(timeout=seconds + 15)
            stopped = tell("it ended Python itself (exit status {status}), so nothing could be graded",
                           status=process.returncode)
            if process.returncode == 1 and complaint:       # the truth could not be computed: an odd --names file
                stopped = complaint.decode(errors="replace").strip().splitlines()[-1]
        except subprocess.TimeoutExpired:
            stopped = tell("it ran for more than {seconds:g} seconds and would not be stopped", seconds=seconds)
        finally:
            _end(process)
        if report.is_file():
            result: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        else:
            result = {"error": {"what": stopped, "line": None, "text": ""}, "lines": [], "output": "", "borrowed": [],
                      "contained": []}
    return result | {"verdict": _verdict(result)}


def _verdict(report: dict[str, Any]) -> str:
    states = {line["state"] for line in report["lines"]}
    if report["error"] is not None or not states:
        return "stopped"
    if report["borrowed"]:
        return "borrowed"
    return "right" if states == {"right"} else "wrong" if "wrong" in states else "unfinished"


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


def mistake(line: dict[str, Any]) -> str:
    """A mistake's name, in the language that is spoken."""
    return tell("none of the usual mistakes") if line["mistake"] == "unknown" else tell(line["mistake"])


def in_line(number: int | None) -> str:
    return f" ({tell('line {number}', number=number)})" if number else ""


def called(line: dict[str, Any]) -> str:
    """A line's name: a variable, or the words for something else that is asked for."""
    return tell(line["name"]) if " " in line["name"] else str(line["name"])


def said(line: dict[str, Any], report: dict[str, Any]) -> tuple[str, str]:
    """What is said of an answer, in a few words, and their style."""
    if line["state"] == "wrong":
        return mistake(line), "red"
    if line["state"] == "follows":
        above = ", ".join(line["from"]) or tell("the lines above")
        return tell("fine for what it was fed; look further up: {above}", above=above), "yellow"
    if line["state"] == "missing":
        return tell("not reached") if report["error"] else tell("there is no variable of this name"), "yellow"
    return (tell("not written yet") if line["state"] == "todo" else ""), "dim"


def stopped(error: dict[str, Any]) -> str:
    """What ended a file before its end."""
    if error["line"]:
        return tell("stopped in line {line}: {what}", line=error["line"], what=error["what"])
    return tell("stopped: {what}", what=error["what"])


def show(report: dict[str, Any], exercise: Exercise, path: Path | str, hints: int, ask: str = "--hints ") -> int:
    """Print a report; how many answers are right. More help is had by `ask` and a number."""
    lines = report["lines"]
    say()
    title, where = f"{exercise.number}  {tell(exercise.title)}", f"   {path}"
    if len(title) + len(where) < terminal_width():
        say((title, "bold"), (where, "dim"))
    else:
        for line in textwrap.wrap(title, terminal_width() - 1, subsequent_indent="    "):
            say((line, "bold"))
        say((where, "dim"))
    say()
    if report["output"]:
        for line in report["output"].splitlines()[-8:]:
            say(("  │ " + line, "dim"))
        say()
    width = max([len(called(line)) for line in lines], default=0)
    for line in lines:
        words: list[Segment] = ["  ", _MARKS[line["state"]], f" {called(line):{width}}  "]
        indent = " " * (width + 6 if terminal_width() - width > 50 else 6)     # in a narrow terminal, below the name
        room = terminal_width() - len(indent) - 1
        text, style = said(line, report)
        text = textwrap.fill(text, terminal_width() - 1, initial_indent=" " * (width + 6), subsequent_indent=indent)
        say(*words, (text.lstrip(), style))
        if line["state"] in ("right", "follows"):
            continue
        help_ = [line.get("hint") if hints >= 1 else "", line.get("uses") if hints >= 2 else "",
                 tell(line.get("own", "")) if hints >= 3 else ""]
        seen = line.get("exact") if hints >= 3 else None
        if line.get("or"):
            help_.insert(0, tell("or it is: {these}", these=f"; {tell('or')}: ".join(line["or"])))
        for text, lead, style in [(seen or line.get("evidence"), "", ""), *((x, "→ ", "cyan") for x in help_)]:
            if text:
                for i, part in enumerate(textwrap.wrap(text, room - 2)):
                    say(indent, (("  " if i and lead else lead) + part, style))
    waiting = report.get("stood in", [])
    notes = [report.get("note", "")]
    if waiting:
        notes.append(tell("{name} is not written yet: the lines that use it were given the right gradient",
                          name=waiting[0]) if len(waiting) == 1 else
                     tell("{names} are not written yet: the lines that use them were given the right gradient",
                          names=", ".join(waiting)))
    for note in filter(None, notes):
        say()
        for text in textwrap.wrap(note, terminal_width() - 3):
            say("  ", (text, "yellow"))
    error = report["error"]
    if error is not None:
        say()
        say("  ", (stopped(error), "bold red"))
        if error["text"]:
            say("      ", (error["text"], "dim"))
    right = sum(line["state"] == "right" for line in lines)
    say()
    borrowed = [x["what"] + in_line(x["line"]) for x in report["borrowed"]]
    if lines and right == len(lines) and error is None and not borrowed:
        say("  ", (tell("all {right} right", right=right), "bold green"), ", " + tell("by hand."))
    elif lines and right == len(lines):
        why = (tell("the file did not run to its end, so they do not count yet") if error is not None else
               tell("not by hand: this file {does}", does=", ".join(borrowed[:3])))
        for line in textwrap.wrap(tell("all {right} right, but {why}", right=right, why=why), terminal_width() - 3):
            say("  ", (line, "yellow"))
    elif lines:
        more = hints < 3 and any(x["state"] == "wrong" for x in lines)
        say("  " + tell("{right} of {of} right", right=right, of=len(lines))
            + ("; " + tell("more help: {how}", how=f"{ask}{hints + 1}") if more else ""))
    say()
    return right


# A teacher's own exercises.

def _lint(path: Path) -> int:
    problems = lint(path)
    for problem in problems:
        for i, line in enumerate(textwrap.wrap(problem, terminal_width() - 4)):
            say("  ", ("✗ " if i == 0 else "  ", "bold red"), line)
    if not problems:
        say("  ", ("✓", "bold green"), " " + tell("{name} can be set: `{command}`", name=path.name,
            command=f"{COMMAND} ninja start N --exercises {shlex.quote(str(path.parent))}"))
    return 1 if problems else 0


def lint(path: Path) -> list[str]:
    """What is wrong with an exercise in the annotated format (see `exercises`); nothing, if it can be set.

    The last thing asked is the best: that the checker finds its solution right, and nothing done in its starter.
    """
    match = re.match(r"(\d+)_\w+\.py$", path.name)
    if match is None:
        return [tell("its name, {name}, is not of the form 10_your_title.py", name=path.name)]
    exercise = Exercise(int(match[1]), path)
    try:
        first = exercise.source.split("\n", 1)[0]
    except UnicodeDecodeError:
        return [tell("it is not saved as UTF-8; in your editor: save as UTF-8")]
    problems = []
    if not re.match(rf'"""Exercise {exercise.number}: .+\.$', first):
        problems.append(tell('its first line should be """Exercise {number}: your title. (with a full stop)',
                             number=exercise.number))
    if not exercise.asked:
        return [*problems, tell("it asks for nothing: no line ends in two spaces and #? (or, for a test, #=)")]
    for name in exercise.asked:
        if name not in exercise.hints:
            problems.append(tell("{name} has no hint: a line such as   #! {bare}: what to think about", name=name,
                                 bare=name.removeprefix("d")))
    for name in exercise.hints.keys() - set(exercise.asked):
        problems.append(tell("there is a hint for {name}, which is not asked for", name=name))
    for what, told, text, wanted in (("solution", tell("the solution:"), exercise.solution(), "right"),
                                     ("starter", tell("the starter:"), exercise.starter(), "todo")):
        with tempfile.TemporaryDirectory() as folder:
            written = Path(folder) / path.name
            written.write_text(text, encoding="utf-8")
            report = check(written, exercise)
        if report["error"] is not None:
            problems.append(f"{told} {stopped(report['error'])}")
        for line in report["lines"]:
            fine = line["state"] != "right" if exercise.tests and wanted == "todo" else line["state"] == wanted
            if not fine and line["name"] in exercise.asked:
                state, evidence = tell(line["state"]), f": {mistake(line)}, {line['evidence']}" * ("evidence" in line)
                problems.append(f"{told} " + (
                    tell("{name} is {state}, and must not be", name=line["name"], state=state)
                    if line["state"] == "right" else
                    tell("{name} is {state}, and should be {wanted}", name=line["name"], state=state,
                         wanted=tell(wanted))) + evidence)
        problems += [f"{told} " + tell("it counts as borrowed: it {does}, line {line}", does=x["what"], line=x["line"])
                     for x in report["borrowed"]]
        if problems and what == "solution":
            break                                   # what is said of the starter would be the same
    return problems


# Progress.

def _progress(folder: Path) -> dict[str, dict[str, int]]:
    try:
        read = json.loads((folder / ".progress.json").read_text(encoding="utf-8"))
        return {str(key): {"right": int(value["right"]), "of": int(value["of"]),
                           "attempts": int(value.get("attempts", 1))} for key, value in read.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _remember(folder: Path, number: int, right: int, of: int) -> int:
    """Note how far an exercise is; how often it has been checked."""
    progress = _progress(folder)
    attempts = progress.get(str(number), {}).get("attempts", 0) + 1
    if not of and str(number) in progress:          # nothing could be graded: what was reached stays
        right, of = progress[str(number)]["right"], progress[str(number)]["of"]
    if folder.is_dir() and os.access(folder, os.W_OK):
        progress[str(number)] = {"right": right, "of": of, "attempts": attempts}
        (folder / ".progress.json").write_text(json.dumps(progress), encoding="utf-8")
    return attempts


if __name__ == "__main__":
    sys.exit(main())
