"""The exercises as notebooks, with cells that nbgrader marks: `ninjagrad class notebooks FOLDER`.

A notebook holds the exercise's text, what is given (locked), a cell for each answer, and one cell of points for each
line that is graded. A cell of points puts the answers back into a file, and asks the checker, so that a line is judged
in a notebook as it is in a file. Teachers get `source/`, with the solutions where nbgrader cuts them out; students
get `students/`, without them. nbgrader is not needed to write or to solve them.
"""

from __future__ import annotations

import ast
import json
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .exercises import EXERCISES, Exercise, exercises_in
from .runner import COUNT, check, said, show, stopped

__all__ = ["Piece", "checked", "file_of", "notebook", "pieces", "points", "write"]

_ANSWER = re.compile(r"# Answer (\d+):")
_STUBS = re.compile(r"^\s*(# YOUR CODE HERE|raise NotImplementedError\(\)|### (BEGIN|END) SOLUTION|"
                    r"get_ipython\(\).*|[%!].*)\n?", re.M)      # nbgrader's, and IPython's own commands


@dataclass(frozen=True)
class Piece(Exercise):
    """Some lines of an exercise that become a cell: an answer, or what is given."""

    text: str
    answer: int                                     # which answer it is, from 1; 0 for what is given

    @property
    def source(self) -> str:
        return self.text

    def head(self) -> str:
        """The line by which an answer's cell is known."""
        defined = re.findall(r"^(?:def|class) (\w+)", self.text, re.M)
        return f"# Answer {self.answer}: {', '.join([*self.asked, *defined]) or 'these lines'}\n"


def pieces(exercise: Exercise) -> list[Piece]:
    """An exercise's file, cut between its statements: each that holds something to be written is an answer.

    >>> [(piece.answer, piece.asked) for piece in pieces(EXERCISES[2])]
    [(0, []), (1, ['dlogits'])]
    """
    lines = exercise.source.splitlines()
    kept = [i for i, line in enumerate(lines) if not line.endswith("  #+")]     # without these it is valid Python
    tree = ast.parse("\n".join(lines[i] for i in kept))
    starts = [0]                                    # of the statements, the comments before them included
    for statement, after in zip(tree.body[1:], tree.body[2:]):                  # the first is the docstring
        end = kept[(statement.end_lineno or 1) - 1] + 1
        first = min([after.lineno, *(x.lineno for x in getattr(after, "decorator_list", []))])
        while end < kept[first - 1] and lines[end].endswith("  #+"):
            end += 1
        starts.append(end)
    starts[0] = kept[(tree.body[0].end_lineno or 1) - 1] + 1
    found: list[tuple[bool, list[str]]] = []
    for start, end in zip(starts, [*starts[1:], len(lines)]):
        chunk = lines[start:end]
        written = any(line.endswith(("  #?", "  #-", "  #+")) for line in chunk)
        goes_on = written and not any(line.endswith("  #?") for line in chunk) and chunk[0].endswith("  #-")
        if found and (goes_on or written == found[-1][0] is False):
            found[-1][1].extend(chunk)
        else:
            found.append((written, chunk))
    numbers = iter(range(1, len(found) + 1))
    return [Piece(exercise.number, exercise.path, "\n".join(chunk), next(numbers) if written else 0)
            for written, chunk in found]


def notebook(exercise: Exercise, graded: Iterable[str], solved: bool, folder: str = "") -> dict[str, Any]:
    """The notebook, as the JSON of its file; `solved` with the solutions, in the marks by which nbgrader cuts them out.

    Args:
        graded: the names of the lines that get a point each.
        folder: where the cells of points find the exercise, if it is none of ours.
    """
    where = f", exercises={folder!r}" if folder else ""
    opening = ast.get_docstring(ast.parse(exercise.solution())) or ""
    title, _, text = opening.partition("\n")
    cells = [_cell("markdown", "text", f"# {title.rstrip('.')}\n{_for_notebooks(text)}")]
    for i, piece in enumerate(pieces(exercise)):
        if not piece.answer:
            cells.append(_cell("code", f"given-{i}", piece.starter().strip("\n"), locked=True))
            continue
        text = piece.head() + piece.starter().strip("\n")
        if solved:
            text += f"\n### BEGIN SOLUTION\n{piece.solution().strip(chr(10))}\n### END SOLUTION"
        cells.append(_cell("code", f"answer-{piece.answer}", text, solution=True))
    number = exercise.number
    cells.append(_cell("code", "look", "# How far you are. Run the cells above first.\n"
                       f"from ninjagrad.demos.ninja.notebooks import checked, points\n\nchecked({number}{where})",
                       locked=True))
    cells += [_cell("code", "points-" + re.sub(r"\W+", "-", name), f"points({name!r}, {number}{where})", locked=True,
                    points=1) for name in graded]
    return {"cells": cells, "metadata": {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}


def _cell(kind: str, name: str, text: str, locked: bool = False, solution: bool = False,
          points: int = 0) -> dict[str, Any]:
    """A cell with nbgrader's metadata, as its documentation gives them (schema version 3)."""
    marks: dict[str, Any] = {"schema_version": 3, "grade_id": name, "grade": bool(points), "solution": solution,
                             "locked": locked or kind == "markdown", "task": False}
    marks |= {"points": points} if points else {}
    cell: dict[str, Any] = {"cell_type": kind, "id": name.replace("_", "-")[:64], "metadata": {"nbgrader": marks},
                            "source": text.strip("\n").splitlines(keepends=True)}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def _for_notebooks(text: str) -> str:
    """The words on the command line, as they are in a notebook."""
    return re.sub(r"`check`", "the first cell below the answers", text)


def write(folder: Path, known: dict[int, Exercise], own: str = "") -> list[Path]:
    """Write every exercise twice: FOLDER/source/NAME/NAME.ipynb for nbgrader, FOLDER/students/NAME.ipynb."""
    written = []
    for exercise in known.values():
        name, graded = exercise.path.stem, _graded(exercise)
        for path, solved in ((folder / "source" / name / f"{name}.ipynb", True),
                             (folder / "students" / f"{name}.ipynb", False)):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(json.dumps(notebook(exercise, graded, solved, own), indent=1, ensure_ascii=False) + "\n")
            written.append(path)
    settings = folder / "nbgrader_config.py"
    with settings.open("x", encoding="utf-8") as file:
        file.write('c = get_config()\nc.CourseDirectory.course_id = "ninjagrad"\n'
                   "# what stands for a solution in the students' notebooks: the TODO above it is enough\n"
                   'c.ClearSolutions.code_stub = {"python": ""}\n')
    return [*written, settings]


def _graded(exercise: Exercise) -> list[str]:
    """The names of the lines that the checker grades, as it says of the solution.

    Raises:
        ValueError: if it does not find the solution right.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / exercise.file_name
        path.write_text(exercise.solution(), encoding="utf-8")
        report = check(path, exercise)
    if report["verdict"] != "right":
        raise ValueError(f"the solution of exercise {exercise.number} is not right; see ninja lint")
    return [line["name"] for line in report["lines"]]


def file_of(exercise: Exercise, cells: Iterable[str]) -> str:
    """The exercise's file, with the answers of the cells that begin as an answer's cell does; the last one counts."""
    answers = {}
    for text in cells:
        if match := _ANSWER.match(text.lstrip()):
            answers[int(match[1])] = _STUBS.sub("", text.lstrip() + "\n")
    opening = exercise.starter().partition('"""\n')[0] + '"""\n'
    chunks = [answers.get(piece.answer, piece.starter()) for piece in pieces(exercise)]
    return opening + "".join(chunk.rstrip("\n") + "\n" for chunk in chunks)


# What stands in the cells.

_last: tuple[str, dict[str, Any]] = ("", {})


def _report(number: int, exercises: str | Path) -> tuple[Exercise, dict[str, Any]]:
    """The checker's report on the answers as they were last run. It is kept, for the next cell of points."""
    global _last
    from IPython import get_ipython  # late: only a notebook has use for it
    known = exercises_in(Path(exercises)) if exercises else EXERCISES
    if number not in known:
        raise ValueError(f"there is no exercise {number} in {exercises or 'ninjagrad'}")
    exercise = known[number]
    text = file_of(exercise, get_ipython().user_ns["In"])
    if _last[0] != text:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / exercise.file_name
            path.write_text(text, encoding="utf-8")
            _last = text, check(path, exercise)
    return exercise, _last[1]


def checked(exercise: int, exercises: str | Path = "", hints: int = 1) -> None:
    """Print how far the answers above are, and what is wrong with those that are; `hints` as on the command line."""
    known, report = _report(exercise, exercises)
    show(report, known, "", hints, ask="hints=")


def points(name: str, exercise: int, exercises: str | Path = "") -> None:
    """Pass if the line `name` is right, or fine for what a mistake further up fed it.

    Raises:
        AssertionError: if it is not; it says why.
    """
    _, report = _report(exercise, exercises)
    if report["borrowed"]:
        found = report["borrowed"][0]
        raise AssertionError(f"{name}: not by hand: this notebook {found['what']}")
    (line,) = [line for line in report["lines"] if line["name"] == name] or [{"state": "missing"}]
    if line["state"] in COUNT and report["error"] is None:
        return
    why = said(line, report)[0] + (f": {line['evidence']}" if "evidence" in line else "")
    if report["error"] is not None:
        why = f"{why}; {stopped(report['error'])}".lstrip("; ")
    raise AssertionError(f"{name}: {why}")
