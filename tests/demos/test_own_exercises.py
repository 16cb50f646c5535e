"""A teacher's own exercises: linted, set, checked, packed without their solutions."""

import pytest

from demos.ninja import main as ninja
from demos.ninja.classroom import main as class_
from demos.ninja.exercises import EXERCISES, Exercise, exercises_in
from demos.ninja.runner import check, lint

OWN = '''"""Exercise 10: a square and a sine.

What does y = sin(x²) pass back?
"""

import autograd as torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = (x ** 2).sin()
loss = y.sum()
loss.backward()

#: every y counts once
#! y: the loss is a sum
dy = torch.ones_like(y)  #?
#: sin' is cos, and the square brings 2x
#! x: two links: the sine's, then the square's
dx = 2 * x.detach() * (x.detach() ** 2).cos() * dy  #?
#: nothing more is asked
more = 1  #-
'''


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "mine" / "10_square.py"
    path.parent.mkdir()
    path.write_text(OWN, "utf-8")
    return path


@pytest.mark.parametrize("exercise", [EXERCISES[0], EXERCISES[2], EXERCISES[5]], ids=lambda x: x.file_name)
def test_those_that_ship_are_in_order(exercise):
    assert lint(exercise.path) == []


def test_one_of_a_teachers_own(own, capsys):
    assert ninja(["lint", str(own)]) == 0
    assert "10_square.py can be set" in capsys.readouterr().out


@pytest.mark.parametrize(("old", "new", "problem"), [
    ("Exercise 10: a square and a sine.", "A square", "its first line should be"),
    ("  #?", "", "asks for nothing"),
    ("#! y: the loss is a sum\n", "", "dy has no hint"),
    ("#! y:", "#! z: nothing\n#! y:", "a hint for dz"),
    ("2 * x.detach()", "3 * x.detach()", "the solution: dx is wrong"),
    ("loss = y.sum()", "loss = y.sums()", "the solution: stopped: AttributeError"),
    ("dy = torch.ones_like(y)  #?", "dy = y.grad  #?", "the solution: it counts as borrowed: it reads .grad"),
    ("dx = 2", "dx = None\ndx = 2 * torch.ones(2)\ndx = 2", None),
    ("#! y: the loss is a sum\n", "#! y: the loss is a sum\ndy = torch.ones_like(y)  #+\n", None),
])
def test_what_is_wrong_with_an_exercise(own, old, new, problem):
    own.write_text(OWN.replace(old, new), "utf-8")
    found = lint(own)
    assert found == [] if problem is None else any(problem in text for text in found), found


def test_names_and_encodings(tmp_path):
    (tmp_path / "mine.py").write_text(OWN, "utf-8")
    assert "not of the form 10_your_title.py" in lint(tmp_path / "mine.py")[0]
    (tmp_path / "11_x.py").write_bytes(OWN.encode("utf-16"))
    assert "UTF-8" in lint(tmp_path / "11_x.py")[0]
    with pytest.raises(SystemExit):
        ninja(["lint", str(tmp_path / "none.py")])


def test_it_is_started_checked_and_graded_by_its_number(own, tmp_path, capsys):
    words = ["--dir", str(tmp_path / "learner"), "--exercises", str(own.parent)]
    assert ninja(words) == 0
    assert "10  a square and a sine" in capsys.readouterr().out
    assert ninja(["start", "10", *words]) == 0
    advice = f"check 10 --dir {tmp_path / 'learner'} --exercises {own.parent}"
    assert advice in capsys.readouterr().out.replace("\n", "")
    assert ninja(["check", "10", *words]) == 1
    started = tmp_path / "learner" / "10_square.py"
    assert "dy = None  # TODO" in started.read_text("utf-8")
    started.write_text(Exercise(10, own).solution(), "utf-8")
    assert ninja(["check", "10", *words]) == 0
    capsys.readouterr()
    with pytest.raises(SystemExit):
        ninja(["start", "1", *words])
    assert "there is no exercise 1; there is 10" in capsys.readouterr().err
    assert class_(["grade", str(tmp_path), "--exercises", str(own.parent), "--exercise", "10", "--csv",
                   str(tmp_path / "x.csv")]) == 0
    assert "learner,10,10_square.py,right,2,2,2,100" in (tmp_path / "x.csv").read_text("utf-8")


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda x: x.file_name)
def test_a_packed_exercise_starts_and_checks_as_before_and_holds_no_answer(exercise, tmp_path):
    packed = Exercise(exercise.number, tmp_path / exercise.file_name)
    packed.path.write_text(exercise.packed(), "utf-8")
    assert packed.starter() == exercise.starter()
    assert packed.hints == exercise.hints
    assert packed.truth() == exercise.truth()
    assert packed.packed() == packed.source
    starter = exercise.starter().splitlines()
    answers = [line for line in exercise.solution().splitlines()
               if line not in starter and not line.lstrip().startswith("#")]
    assert answers
    assert not [line for line in answers if line.strip() in packed.source]


def test_pack(own, tmp_path, capsys):
    given = tmp_path / "given"
    assert class_(["pack", str(given), "--exercises", str(own.parent)]) == 0
    assert "ninja start N --exercises given" in capsys.readouterr().out
    assert ninja(["solution", "10", "--exercises", str(given)]) == 1
    assert "came without its solution" in capsys.readouterr().out
    learner = tmp_path / "10_square.py"
    learner.write_text(Exercise(10, own).solution(), "utf-8")
    assert check(learner, exercises_in(given)[10])["verdict"] == "right"
    with pytest.raises(SystemExit, match="is there already"):
        class_(["pack", str(given), "--exercises", str(own.parent)])
