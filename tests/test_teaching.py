"""The teacher's guide: its commands run, its exercises and demos are those there are."""

import re
import shlex
from pathlib import Path

import pytest

from demos.__main__ import DEMOS
from demos.ninja.classroom import COLUMNS
from demos.ninja.exercises import EXERCISES
from ninjagrad.__main__ import TOOLS
from ninjagrad.__main__ import main as ninjagrad

TEXT = (Path(__file__).parents[1] / "docs" / "TEACHING.md").read_text("utf-8")
COMMANDS = [line.split("  #")[0] for line in TEXT.splitlines() if line.startswith("ninjagrad ")]
LESSONS = re.findall(r"^\| (\d) \| (.*) \| (.*) \| (.*) \|$", TEXT, re.M)


def test_every_exercise_is_explained_and_set_in_a_lesson():
    explained = {int(number): title for number, title in re.findall(r"^\| (\d+) \| ([^|]*) \| [^|]* \|$", TEXT, re.M)}
    assert explained == {number: exercise.title for number, exercise in EXERCISES.items()}
    assert [number for number, *_ in LESSONS] == list("12345678")
    assert {int(n) for *_, exercises in LESSONS for n in re.findall(r"\d+", exercises)} == set(EXERCISES)


def test_the_demos_and_columns_it_names_are_there():
    named = set(re.findall(r"`ninjagrad (\w+)", TEXT))
    assert named <= {*DEMOS, *TOOLS, "class", "ninja"}
    assert len(named) > 10
    told = re.search(r"\| column .*?\n\n", TEXT, re.S)[0]
    columns = [name for row in re.findall(r"^\| ([a-z ,]+) \|", told, re.M) for name in row.split(", ")]
    assert columns[1:] == [name for name in COLUMNS if name not in ("student", "exercise", "file", "seconds")]


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("ninjagrad draw")])
def test_the_slides_are_made(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert ninjagrad(shlex.split(command)[1:]) == 0
    (made,) = tmp_path.iterdir()
    assert made.stat().st_size > 1000
    if made.suffix == ".svg":
        assert "∂" in made.read_text("utf-8")


def test_the_exercise_it_shows_can_be_set(tmp_path):
    shown = re.search(r'"""Exercise 40.*?#\?\n', TEXT, re.S)[0]
    file = tmp_path / "40_parabola.py"
    file.write_text(shown, "utf-8")
    assert ninjagrad(["ninja", "lint", str(file)]) == 0


def test_the_commands_for_a_class_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "submissions" / "ana").mkdir(parents=True)
    named = [*COMMANDS, *re.findall(r"`(ninjagrad class repository [^`]*)`", TEXT)]
    for command in [line for line in named if re.match("ninjagrad class (notebooks|repository|grade)", line)]:
        assert ninjagrad(shlex.split(command)[1:]) == 0
    assert {"course", "template", "marks.csv"} <= {path.name for path in tmp_path.iterdir()}
