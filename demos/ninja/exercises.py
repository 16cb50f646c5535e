"""What an exercise is: one file, from which the starter, the worked solution and the hints are cut.

The files in `exercises/` are the solutions, with marks at the lines:

    dx = 2 * x  #?      an answer: "dx = None  # TODO" in the starter
    dx += y  #-         more of an answer: not in the starter
    return None  #+     only in the starter
    #: because …        the derivation: only in the solution
    #! x: …             the hint for dx
    #~ expected_J = …   what the checker runs to know the truth where it is not some node's gradient
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["EXERCISES", "Exercise", "exercises_in"]


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
        """The names to be filled in, in order."""
        return [_left_side(line) for line in self.source.splitlines() if line.endswith("  #?")]

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
            lines.append(line.removesuffix("  #+"))
        return _tidy(lines)

    def solution(self) -> str:
        """The worked answers with their derivations."""
        lines = []
        for line in self.source.splitlines():
            if _is_marked(line, ("#!", "#~")) or line.endswith("  #+"):
                continue
            if _is_marked(line, ("#:",)):
                line = line.replace("#:", "#", 1)
            lines.append(re.sub(r"  #[?-]$", "", line))
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
        """What the checker runs for itself: the starter, and what it needs to know besides."""
        own = [line[3:] for line in self.source.splitlines() if line.startswith("#~ ")]
        return self.starter() + "\n" + "\n".join(own) + "\n"


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
