"""For teachers: a folder of submissions, one folder for each student, graded into a table.

    class grade SUBMISSIONS --csv marks.csv             every exercise that is found
    class grade SUBMISSIONS --csv marks.csv --exercise 1
    class grade SUBMISSIONS --json reports.json         every line of every submission
    class pack FOLDER --exercises MINE                  exercises of your own, without their solutions
    class notebooks FOLDER                              the exercises as notebooks, with cells that nbgrader marks
    class repository FOLDER                             a template for GitHub Classroom, with its workflow

Each file is run in a process of its own, with limits on time and memory, and (by a watch inside Python; on Linux by the
system too) without network or files outside its folder. That stops accidents and casual cheating. Student code is code:
who sets out to break the watch from within can; grade strangers in a container.

A mark is the share of lines that count: those that are right, and those that are fine for what a mistake further up
fed them, so that one mistake costs one line. The table has both numbers. The verdict "borrowed" means that a file reads
gradients (`.grad`, the engine, the checker) where it should write them, "stopped" that it did not run to its end: look
at these before you mark them.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, NamedTuple

from autograd.learn.languages import LANGUAGES, speaking, tell
from ninjagrad import __version__

from .. import COMMAND
from ..terminal import terminal_width
from .exercises import EXERCISES, Exercise, exercises_in
from .runner import COUNT, LANG, check, in_line, mistake, say

__all__ = ["grade", "main", "submissions"]


COLUMNS = ["student", "exercise", "file", "verdict", "right", "count", "of", "percent", "mistakes",
           "follow from them", "not written", "stopped", "borrowed", "seconds"]


class Submission(NamedTuple):
    student: str
    exercise: int | None                            # None: no file was found
    path: Path


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog=f"{COMMAND} class", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    grade_ = commands.add_parser("grade", help="grade a folder of submissions", description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    grade_.add_argument("folder", type=Path, help="it holds a folder for each student")
    grade_.add_argument("--csv", type=Path, metavar="FILE", help="write a line for each submission, for a spreadsheet")
    grade_.add_argument("--json", type=Path, metavar="FILE", help="write everything, line by line")
    pack_ = commands.add_parser("pack", help="exercises without their solutions, to be given to students")
    pack_.add_argument("folder", type=Path, help="where to write them; students use it as --exercises FOLDER")
    notebooks_ = commands.add_parser("notebooks", help="the exercises as notebooks, for nbgrader and for students")
    notebooks_.add_argument("folder", type=Path, help="where to write source/ (with solutions) and students/")
    repository_ = commands.add_parser("repository", help="a template repository for GitHub Classroom")
    repository_.add_argument("folder", type=Path, help="where to write it; push it, and name it as the template")
    for command in (grade_, pack_, notebooks_, repository_):
        command.add_argument("--exercises", type=Path, metavar="FOLDER", help="exercises of your own (see ninja lint)")
        command.add_argument("--lang", choices=LANGUAGES, default="", help=LANG)
    grade_.add_argument("--exercise", type=int, action="append", metavar="N",
                        help="only this one, expected of everybody; may be given more than once")
    for command in (notebooks_, repository_):
        command.add_argument("--exercise", type=int, action="append", metavar="N",
                             help="only this one; may be given more than once")
    grade_.add_argument("--seconds", type=float, default=20.0, help="how long a file may run (default: 20)")
    grade_.add_argument("--memory", type=int, default=2000, metavar="MB", help="how much it may use (default: 2000)")
    grade_.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time (default: all cores)")
    options = parser.parse_args(arguments)
    with speaking(options.lang):
        return _run(parser, options)


def _run(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    known = EXERCISES if options.exercises is None else exercises_in(options.exercises)
    if not known:
        parser.error(tell("there is no exercise in {folder}: no file called NUMBER_NAME.py", folder=options.exercises))
    if options.command == "pack":
        return _pack(known, options.folder)
    for number in set(options.exercise or ()) - set(known):
        parser.error(tell("there is no exercise {number}", number=number))
    if options.command in ("notebooks", "repository"):
        known = {number: x for number, x in known.items() if number in (options.exercise or known)}
        return (_notebooks if options.command == "notebooks" else _repository)(known, options.folder, options.exercises)
    if not options.folder.is_dir():
        parser.error(tell("{folder} is not a folder", folder=options.folder))
    found = list(submissions(options.folder, options.exercise, known))
    if not found:
        parser.error(tell("there is no student's folder in {folder}", folder=options.folder))
    if min(options.jobs, options.memory, options.seconds) <= 0:
        parser.error(tell("--jobs, --memory and --seconds must be more than 0"))
    for file in filter(None, (options.csv, options.json)):      # better now than when all is graded
        file.open("a").close()

    began = time.monotonic()
    reports = grade(found, known, options.seconds, options.memory, options.jobs)
    if options.csv:
        _write_csv(options.csv, reports)
    if options.json:
        options.json.write_text(json.dumps(reports, indent=1), encoding="utf-8")
    _summary(reports, time.monotonic() - began)
    for file in filter(None, (options.csv, options.json)):
        say(tell("wrote {file}", file=file))
    return 0


def _pack(known: dict[int, Exercise], folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for exercise in known.values():
        if (folder / exercise.file_name).exists():
            sys.exit("class pack: " + tell("{file} is there already; choose an empty folder",
                                           file=folder / exercise.file_name))
    for exercise in known.values():
        (folder / exercise.file_name).write_text(exercise.packed(), encoding="utf-8")
    say(tell("wrote {count} exercises without their solutions into {folder}", count=len(known), folder=folder))
    say(tell("students begin with: {command}", command=f"{COMMAND} ninja start N --exercises {folder.name}"))
    say(tell("(ninjagrad itself brings the solutions of its own exercises; a check of yours needs what stands after "
             "#~)"))
    return 0


def _notebooks(known: dict[int, Exercise], folder: Path, own: Path | None) -> int:
    from .notebooks import write
    try:
        written = write(folder, known, "" if own is None else own.name)
    except FileExistsError as there:
        sys.exit("class notebooks: " + tell("{file} is there already; choose an empty folder", file=there.filename))
    say(tell("wrote {count} notebooks for students, as many with solutions, and nbgrader_config.py, into {folder}",
             count=len(written) // 2, folder=folder))
    say(tell("for nbgrader: {command}", command=f"cd {folder} && nbgrader generate_assignment {written[0].stem}"))
    if own is not None:
        say(tell("they look for the exercises in a folder {name} beside them (see class pack)", name=own.name))
    return 0


def _repository(known: dict[int, Exercise], folder: Path, own: Path | None) -> int:
    from .repository import WORKFLOW, write
    try:
        write(folder, known, __version__, own is not None)
    except FileExistsError as there:
        sys.exit("class repository: " + tell("{file} is there already; choose an empty folder", file=there.filename))
    say(tell("wrote {count} exercises and {file} into {folder}", count=len(known), file=WORKFLOW, folder=folder))
    say(tell("push it to GitHub, mark it as a template, and choose it for an assignment, with grading by the workflow"))
    return 0


def submissions(folder: Path, wanted: list[int] | None = None,
                known: dict[int, Exercise] = EXERCISES) -> Iterator[Submission]:
    """The files to grade: in every student's folder, however deep, those whose name begins with an exercise's number.

    Where `wanted` is given, each of these is expected of every student, and a missing one is listed too. Of two files
    for one exercise, the one saved last counts.
    """
    for home in sorted(place for place in folder.iterdir() if place.is_dir() and not place.name.startswith(".")):
        files: dict[int, Path] = {}
        for path in sorted(home.rglob("*.py"), key=lambda path: (_saved(path), str(path))):
            number = re.match(r"(\d+)_", path.name)
            if number and int(number[1]) in known and path.is_file():
                files[int(number[1])] = path
        for number in wanted if wanted is not None else sorted(files) or [None]:
            if number in files:
                yield Submission(home.name, number, files[number])
            else:
                yield Submission(home.name, None if wanted is None else number, Path())


def _saved(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:                                 # a link that leads nowhere
        return 0.0


def grade(found: list[Submission], known: dict[int, Exercise], seconds: float, megabytes: int,
          jobs: int) -> list[dict[str, Any]]:
    """The reports, in the submissions' order. Whatever a submission does, the others are graded."""
    reports: list[dict[str, Any]] = [{} for _ in found]
    with ThreadPoolExecutor(jobs) as pool:          # each thread waits for a process
        waiting = {pool.submit(_graded, submission, known, seconds, megabytes): i for i, submission in enumerate(found)}
        for done, future in enumerate(as_completed(waiting), 1):
            reports[waiting[future]] = future.result()
            _bar(done, len(found))
    return reports


def _graded(submission: Submission, known: dict[int, Exercise], seconds: float, megabytes: int) -> dict[str, Any]:
    began = time.monotonic()
    report: dict[str, Any] = {"error": None, "lines": [], "output": "", "borrowed": [], "contained": []}
    if submission.path == Path():
        report["verdict"] = "no file"
    else:
        try:
            report = check(submission.path.resolve(), known[submission.exercise or 0], seconds,
                           megabytes=megabytes)
        except Exception as error:                  # of the system's, or of ours: never at the cost of the others
            report |= {"verdict": "not graded", "error": {"what": f"{type(error).__name__}: {error}", "line": None,
                                                          "text": ""}}
    return {"student": submission.student, "exercise": submission.exercise, "file": submission.path.name,
            "seconds": round(time.monotonic() - began, 2), **report}


def _bar(done: int, of: int) -> None:
    if sys.stderr.isatty():
        width = max(10, terminal_width() - 20)
        full = width * done // of
        print(f"\r  {'#' * full}{'.' * (width - full)} {done}/{of}", end="\n" if done == of else "", file=sys.stderr,
              flush=True)
    elif done % max(1, of // 10) == 0 or done == of:
        print("  " + tell("{done}/{of} graded", done=done, of=of), file=sys.stderr, flush=True)


def row(report: dict[str, Any]) -> dict[str, Any]:
    """A report as a line of the table."""
    lines = report["lines"]
    right = sum(line["state"] == "right" for line in lines)
    count = sum(line["state"] in COUNT for line in lines)
    error = report["error"]

    def named(*states: str) -> str:
        return " ".join(line["name"] for line in lines if line["state"] in states)

    return {
        "student": _harmless(report["student"]), "exercise": "" if report["exercise"] is None else report["exercise"],
        "file": _harmless(report["file"]), "verdict": report["verdict"], "right": right, "count": count,
        "of": len(lines), "percent": round(100 * count / len(lines)) if lines else 0,
        "mistakes": "; ".join(f"{line['name']}: {mistake(line)}" for line in lines if line["state"] == "wrong"),
        "follow from them": named("follows"), "not written": named("todo", "missing"),
        "stopped": _harmless(_said(error)) if error else "",
        "borrowed": "; ".join(f"{x['what']}{in_line(x['line'])}" for x in report["borrowed"]),
        "seconds": report["seconds"],
    }


def _said(error: dict[str, Any]) -> str:
    return f"{error['what']}{in_line(error['line'])}"


def _harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    text = " ".join(text.split())
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _write_csv(path: Path, reports: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:     # with the mark by which Excel knows UTF-8
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(map(row, reports))


def _summary(reports: list[dict[str, Any]], seconds: float) -> None:
    """What a teacher wants to know before the next lesson."""
    students = {report["student"] for report in reports}
    say()
    say(tell("{reports} submissions of {students} students, in {seconds:.0f} s", reports=len(reports),
             students=len(students), seconds=seconds))
    for verdict, count in Counter(report["verdict"] for report in reports).most_common():
        say(f"  {count:4}  {tell(verdict)}")
    counted: Counter[str] = Counter()
    where: dict[str, Counter[str]] = {}
    for report in reports:
        for line in report["lines"]:
            if line["state"] == "wrong":
                counted[mistake(line)] += 1
                where.setdefault(mistake(line), Counter())[f"{report['exercise']}: {line['name']}"] += 1
    if counted:
        say()
        say(tell("the commonest mistakes, and where they were made most:"))
        for name, count in counted.most_common(10):
            place, times = where[name].most_common(1)[0]
            where_ = tell("{place}, {times} times", place=place, times=times) if times > 1 else place
            say(f"  {count:4}  {name} ({where_})")
    stopped = Counter(report["error"]["what"].split("  (")[0][:70] for report in reports if report["error"])
    if stopped:
        say()
        say(tell("what stopped files:"))
        for what, count in stopped.most_common(5):
            say(f"  {count:4}  {what}")
    contained = next((report["contained"] for report in reports if report["contained"]), [])
    say()
    say(tell("limited by the system: {contained}; files outside each folder and other programs: by a watch inside "
             "Python, which stops accidents, not experts",
             contained=", ".join(map(tell, contained)) or tell("only time")))
