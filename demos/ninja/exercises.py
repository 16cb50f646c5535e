"""What an exercise is: one file, from which the starter, the worked solution and the hints are cut.

The files in `exercises/` are the solutions, with marks at the lines:

    dx = 2 * x  #?      an answer: "dx = None  # TODO" in the starter
    dx += y  #-         more of an answer: not in the starter
    return None  #+     only in the starter
    #: because …        the derivation: only in the solution
    #! x: …             the hint for dx
    dx = x.grad  #=     a test of an engine that is to be mended: graded, and in the starter as it stands
    #= The tests: …     a comment; from here on the checker runs its own copy, whatever the learner's says
    #~ expected_J = …   what the checker runs to know the truth where it is not some node's gradient
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["EXERCISES", "Exercise", "exercises_in"]

# What may be imported without NumPy; softmax and its kin take lists of Values.
_NUMBERS = {"__future__", "collections", "functools", "itertools", "math", "random", "autograd.functional"}


@dataclass(frozen=True)
class Exercise:
    """One exercise, by number."""

    number: int
    path: Path

    @property
    def file_name(self) -> str:
        return self.path.name

    @property
    def source(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def title(self) -> str:
        """The first line of its docstring, after the number."""
        return self.source.split("\n", 1)[0].split(": ", 1)[1].rstrip(".")

    @property
    def asked(self) -> list[str]:
        """The names to be filled in, or found right by a test, in order."""
        return [_left_side(line) for line in self.source.splitlines() if line.endswith(("  #?", "  #="))]

    @property
    def tests(self) -> str:
        """What the checker runs on a learner's engine; "" where nothing is to be mended."""
        lines = self.source.splitlines()
        starts = [i for i, line in enumerate(lines) if line.startswith("#= ")]
        return _tidy([line.removesuffix("  #=") for line in lines[starts[0]:]
                      if not _is_marked(line, ("#:", "#!", "#~", "#="))]) if starts else ""

    @property
    def needs_numpy(self) -> bool:
        """Whether it takes more than numbers: what it imports tells. Those that don't run where NumPy is missing."""
        for node in ast.walk(ast.parse(self.truth())):
            if isinstance(node, ast.Import) and any(alias.name not in _NUMBERS for alias in node.names):
                return True
            if isinstance(node, ast.ImportFrom) and node.module not in _NUMBERS and not (
                    node.module == "autograd" and all(alias.name in ("Value", "cmp") for alias in node.names)):
                return True
        return False

    @property
    def hints(self) -> dict[str, str]:
        """For each name asked for, the strongest hint short of the solution."""
        found = re.findall(r"^\s*#! (\w+): (.*)$", self.source, flags=re.M)
        asked = set(self.asked)
        return {name if name in asked else f"d{name}": text for name, text in found}

    def starter(self) -> str:
        """What the learner gets."""
        lines = []
        for line in self.source.splitlines():
            if _is_marked(line, ("#:", "#!", "#~")) or line.endswith("  #-"):
                continue
            if line.endswith("  #?"):
                indent = line[: len(line) - len(line.lstrip())]
                line = f"{indent}{_left_side(line)} = None  # TODO"
            lines.append(_shown_test(line.removesuffix("  #+")))
        return _tidy(lines)

    def solution(self) -> str:
        """The worked answers with their derivations."""
        lines = []
        for line in self.source.splitlines():
            if _is_marked(line, ("#!", "#~")) or line.endswith("  #+"):
                continue
            if _is_marked(line, ("#:",)):
                line = line.replace("#:", "#", 1)
            lines.append(_shown_test(re.sub(r"  #[?-]$", "", line)))
        return _tidy(lines)

    def packed(self) -> str:
        """The exercise without its answers and derivations, in this same format: enough to start and to check it.

        What the checker computes for itself (the lines `#~`) stays, since it needs it.
        """
        lines = []
        for line in self.source.splitlines():
            if _is_marked(line, ("#:",)) or line.endswith("  #-"):
                continue
            if line.endswith("  #?"):
                line = f"{line[:len(line) - len(line.lstrip())]}{_left_side(line)} = None  #?"
            lines.append(line)
        return _tidy(lines)

    def truth(self) -> str:
        """What the checker runs for itself: the starter, and what it needs to know besides.

        Where an engine is to be mended, that is the tests, on the engine that the lines `#~` name.
        """
        own = "\n".join(line[3:] for line in self.source.splitlines() if line.startswith("#~ "))
        if self.tests:
            return f"{own}\n{self.tests}"
        return f"{self.starter()}\n{own}\n"


def _shown_test(line: str) -> str:
    return line.replace("#= ", "# ", 1) if line.startswith("#= ") else line.removesuffix("  #=")


def _left_side(line: str) -> str:
    return line.split("=")[0].strip()


def _is_marked(line: str, marks: tuple[str, ...]) -> bool:
    return line.lstrip().startswith(marks)


def _tidy(lines: list[str]) -> str:
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).rstrip("\n") + "\n"


def exercises_in(folder: Path) -> dict[int, Exercise]:
    """The exercises in a folder, by the number before the first `_` of their names."""
    files = {int(match[1]): path for path in folder.glob("*.py") if (match := re.match(r"(\d+)_", path.name))}
    return {number: Exercise(number, files[number]) for number in sorted(files)}


EXERCISES = exercises_in(Path(__file__).parent / "exercises")
