"""A class's submissions: graded one and all, contained, and told apart from borrowed ones."""

import csv
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from demos import __main__ as demos
from demos.ninja import main as ninja
from demos.ninja.borrowing import borrowed
from demos.ninja.classroom import main, row, submissions
from demos.ninja.exercises import EXERCISES
from demos.ninja.repository import WORKFLOW
from demos.ninja.runner import check
from tests.needs import needs

EXERCISE = EXERCISES[2]
SOLUTION = EXERCISE.solution()
LINUX = sys.platform == "linux"


def hand_in(folder, student, text, exercise=EXERCISE):
    path = folder / student / exercise.file_name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


MUTATED = {                                         # what is changed in the solution -> the mistake's name
    "sign": ("dlogits /= n\n", "dlogits /= -n\n", "wrong sign"),
    "one-hot": ("dlogits[range(n), Yb] -= 1\n", "", "one-hot forgotten"),
    "mean": ("dlogits /= n\n", "", "factor 1/N missing"),
}
STOPS = {                                           # what is added to the solution -> what is said
    "exit": ("\nimport os; os._exit(0)\n", "ended Python itself"),
    "loop": ("\nwhile True:\n    pass\n", "ran for more than"),
    "memory": ("\nx = bytearray(10**11)\n", "MemoryError"),
    "network": ("\nimport socket; socket.create_connection(('127.0.0.1', 9))\n", "PermissionError: calling socket"),
    "program": ("\nimport subprocess; subprocess.run(['ls'])\n", "PermissionError: calling subprocess"),
    "fork": ("\nimport os\nwhile True: os.fork()\n", "PermissionError: calling os.fork"),
    "neighbour": ("\nopen('../right/2_cross_entropy.py').read()\n", "PermissionError: reading 2_cross_entropy.py"),
    "vandal": ("\nimport os; os.remove('../right/2_cross_entropy.py')\n", "PermissionError: changing files"),
    "writer": ("\nopen('../x.txt', 'w')\n", "PermissionError: writing x.txt"),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """One class, graded once: its rows, its reports, and the folder."""
    folder = tmp_path_factory.mktemp("class") / "submissions"
    hand_in(folder, "right", SOLUTION)
    hand_in(folder, "starter", EXERCISE.starter())
    hand_in(folder, "=HYPERLINK(evil)", SOLUTION)
    hand_in(folder, "no python", b"\0\0\0")
    hand_in(folder, "latin", "# für\ndlogits = 1\n".encode("latin-1"))
    hand_in(folder, "deep/er/and/deeper", SOLUTION)
    (folder / "empty").mkdir()
    (folder / ".git").mkdir()
    (folder / "marks.txt").write_text("not a student")
    (folder / "dangling").mkdir()
    (folder / "dangling" / EXERCISE.file_name).symlink_to(folder / "nowhere.py")
    for name, (old, new, _) in MUTATED.items():
        hand_in(folder, name, SOLUTION.replace(old, new))
    for name, (added, _) in STOPS.items():
        hand_in(folder, name, SOLUTION + added)
    hand_in(folder, "borrower", SOLUTION.replace("F.softmax(logits, 1).detach()", "logits.grad * n"))
    hand_in(folder, "truth", "from ninjagrad.demos.ninja.exercises import EXERCISES\nexec(EXERCISES[2].solution())\n")
    out, log = folder.parent / "marks.csv", folder.parent / "reports.json"
    status = main(["grade", str(folder), "--csv", str(out), "--json", str(log), "--exercise", "2", "--seconds", "4",
                   "--memory", "1500", "--jobs", "2"])
    assert status == 0
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    return rows, {report["student"]: report for report in json.loads(log.read_text("utf-8"))}, folder


def test_there_is_a_row_for_every_student(graded):
    rows, reports, folder = graded
    students = {place.name for place in folder.iterdir() if place.is_dir()} - {".git"}
    assert set(reports) == students
    assert set(rows) == students - {"=HYPERLINK(evil)"} | {"'=HYPERLINK(evil)"}      # no formula for a spreadsheet
    assert all(row["exercise"] == "2" for row in rows.values())


def test_the_marks(graded):
    rows, reports, _ = graded
    verdicts = {name: row["verdict"] for name, row in rows.items()}
    assert {name for name, verdict in verdicts.items() if verdict == "right"} == {"right", "'=HYPERLINK(evil)", "deep"}
    assert verdicts["starter"] == "unfinished"
    assert rows["starter"]["not written"] == "dlogits"
    assert {name for name, verdict in verdicts.items() if verdict == "no file"} == {"empty", "dangling"}
    assert (rows["right"]["percent"], rows["starter"]["percent"], rows["empty"]["percent"]) == ("100", "0", "0")
    assert "save as UTF-8" in rows["latin"]["stopped"]
    assert verdicts["no python"] == "stopped"
    for name, (_, _, mistake) in MUTATED.items():
        assert (verdicts[name], rows[name]["mistakes"]) == ("wrong", f"dlogits: {mistake}")
        assert reports[name]["lines"][0]["evidence"]


@pytest.mark.parametrize("name", STOPS)
def test_what_a_submission_may_not_do(name, graded):
    rows, _, folder = graded
    if name == "memory" and not LINUX:
        pytest.skip("this system does not limit a process's memory")
    assert STOPS[name][1] in rows[name]["stopped"]
    assert rows[name]["verdict"] == "stopped"
    assert (folder / "right" / EXERCISE.file_name).read_text("utf-8") == SOLUTION
    assert not (folder / "x.txt").exists()


def test_what_is_borrowed_is_found(graded):
    rows, *_ = graded
    assert rows["borrower"]["verdict"] == "borrowed"
    assert rows["borrower"]["borrowed"].startswith("reads .grad (line ")
    assert "imports ninjagrad.demos.ninja.exercises (line 1)" in rows["truth"]["borrowed"]
    assert rows["truth"]["right"] == "0"            # and the solution could not even be read


@pytest.mark.skipif(not LINUX, reason="other systems have no such limits")
def test_it_says_what_the_system_limits(graded):
    assert {"memory", "time"} <= set(graded[1]["right"]["contained"])


@pytest.mark.parametrize(("line", "what"), [
    ("dx = x.grad", "reads .grad"), ("dx += x.grad.data", "reads .grad"), ("dx = getattr(x, 'gr' + 'ad')", "getattr"),
    ("dx = torch.grad(f)(x)", "reads .grad"), ("from autograd import vjp", "the engine's vjp"),
    ("loss.backward()", "the engine's backward"), ("import gc", "imports gc"), ("import torch", "imports torch"),
    ("from demos.ninja.exercises import EXERCISES", "imports demos.ninja.exercises"), ("eval('x.grad')", "eval"),
    ("def f():\n    return x.grad", "reads .grad"), ("dx = sys._getframe(1).f_locals", "_getframe"),
])
def test_borrowing(line, what):
    starter = EXERCISES[1].starter()
    found = borrowed(starter + line + "\n", starter)
    assert any(what in finding["what"] for finding in found), found
    assert all(finding["line"] > starter.count("\n") for finding in found)


@pytest.mark.parametrize("line", ["print(x.grad)", "assert (dx - x.grad).abs().max() < 1e-9", "cmp('x', x.grad, x)",
                                  "x.grad = None", "import sys, math", "dgrad = 2 * dx", "dx = (", "gradient = 1"])
def test_looking_is_not_borrowing(line):
    assert borrowed(f"dx = 1\n{line}\n", "dx = None") == []


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=str)
def test_a_solution_borrows_nothing(exercise):
    assert borrowed(exercise.solution(), exercise.starter()) == []


def test_the_newest_of_two_files_counts_and_all_exercises_are_found(tmp_path):
    hand_in(tmp_path, "ana", SOLUTION, EXERCISES[2])
    hand_in(tmp_path, "ana/older", SOLUTION, EXERCISES[2])
    hand_in(tmp_path, "ana", "", EXERCISES[0])
    (tmp_path / "ana" / "77_other.py").write_text("")
    os.utime(tmp_path / "ana" / "older" / EXERCISE.file_name, (1, 1))
    found = list(submissions(tmp_path))
    assert [(x.student, x.exercise, x.path.parent.name) for x in found] == [("ana", 0, "ana"), ("ana", 2, "ana")]
    assert [x.exercise for x in submissions(tmp_path, [1])] == [1]


def test_an_error_of_the_graders_own_is_no_end(tmp_path, monkeypatch, capsys):
    def fails(*_, **__):
        raise OSError("no more processes")

    monkeypatch.setattr("demos.ninja.classroom.check", fails)
    hand_in(tmp_path, "ana", SOLUTION)
    hand_in(tmp_path, "bo", SOLUTION)
    assert demos.main(["class", "grade", str(tmp_path)]) == 0
    assert "2  not graded" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["grade"], ["grade", "nowhere"], ["grade", "."], ["grade", ".", "--exercise", "99"]])
def test_slips_of_a_teacher(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2


# GitHub Classroom

@pytest.mark.parametrize("own", [False, True])
def test_a_repository_whose_commands_run(own, tmp_path, monkeypatch):
    yaml = needs("yaml", "notebooks")               # comes with Jupyter
    mine = tmp_path / "mine"
    mine.mkdir()
    for number in (0, 2):
        (mine / EXERCISES[number].file_name).write_text(EXERCISES[number].source, "utf-8")
    more = ["--exercises", str(mine)] if own else ["--exercise", "0", "--exercise", "2"]
    assert main(["repository", str(tmp_path / "set"), *more]) == 0
    monkeypatch.chdir(tmp_path / "set")
    (job,) = yaml.safe_load((tmp_path / "set" / WORKFLOW).read_text("utf-8"))["jobs"].values()
    graded = [step for step in job["steps"] if "command-grader" in step.get("uses", "")]
    assert [step["with"]["max-score"] for step in graded] == [5, 1]
    report = job["steps"][-1]
    assert report["with"]["runners"].split(",") == [step["id"] for step in graded]
    assert report["env"] == {f"{step['id'].upper()}_RESULTS": f"${{{{ steps.{step['id']}.outputs.result }}}}"
                             for step in graded}
    root = Path(__file__).parents[2]
    monkeypatch.setenv("PYTHONPATH", str(root))
    for step, number in zip(graded, (0, 2)):
        program, *words = shlex.split(step["with"]["command"])
        assert program == "ninjagrad"
        for text, status in ((None, 1), (EXERCISES[number].solution(), 0)):
            if text:
                Path(EXERCISES[number].file_name).write_text(text, "utf-8")
            done = subprocess.run([sys.executable, "-m", program, *words], capture_output=True, timeout=100)
            assert done.returncode == status, done.stdout.decode() + done.stderr.decode()
    held = "\n".join(path.read_text("utf-8") for path in tmp_path.glob("set/set/*.py"))
    assert (len(held) > 100) is own
    assert "dlogits /= n" not in held
    with pytest.raises(SystemExit, match="choose an empty folder"):
        main(["repository", str(tmp_path / "set"), *more])


def test_one_mistake_costs_one_line(tmp_path):
    path = tmp_path / EXERCISES[1].file_name
    path.write_text(EXERCISES[1].solution().replace("dcounts = counts_sum_inv * dprobs + dcounts_sum",
                                                    "dcounts = counts_sum_inv * dprobs"), "utf-8")
    report = {"student": "ana", "exercise": 1, "file": path.name, "seconds": 1.0, **check(path, EXERCISES[1])}
    made = row(report)
    assert (made["of"], made["count"], made["percent"]) == (26, 25, 96)
    assert made["right"] < 10
    assert made["mistakes"] == "dcounts: path left out"


# check --json

def test_a_report_as_json(tmp_path, capsys):
    folder = ["--dir", str(tmp_path)]
    path = tmp_path / EXERCISE.file_name
    path.write_text(SOLUTION.replace("dlogits /= n\n", ""), "utf-8")
    for attempts in (1, 2):
        assert ninja(["check", "2", "--json", *folder]) == 1
        report = json.loads(capsys.readouterr().out)
        assert (report["exercise"], report["verdict"], report["right"], report["of"]) == (2, "wrong", 0, 1)
        assert report["lines"][0]["mistake"] == "factor 1/N missing"
        assert (report["attempts"], report["file"]) == (attempts, path.name)
    path.write_text(SOLUTION, "utf-8")
    assert ninja(["check", "2", "--json", *folder]) == 0
    (tmp_path / EXERCISES[0].file_name).write_text(EXERCISES[0].starter(), "utf-8")
    capsys.readouterr()
    assert ninja(["check", "all", "--json", *folder]) == 1
    assert [(x["exercise"], x["verdict"]) for x in json.loads(capsys.readouterr().out)] == [(0, "unfinished"),
                                                                                         (2, "right")]


@pytest.mark.parametrize(("added", "why"), [
    ("\nwhile True:\n    pass\n", "did not run to its end"), ("\nimport sys\nsys.exit()\n", "did not run to its end"),
    ("\ndlogits = logits.grad\n", "reads .grad"),
])
def test_a_right_answer_that_does_not_count_is_told_why(added, why, tmp_path, capsys):
    path = tmp_path / EXERCISE.file_name
    path.write_text(SOLUTION + added, "utf-8")
    assert ninja(["check", str(path), "--seconds", "1"]) == 1
    assert why in " ".join(capsys.readouterr().out.split())


def test_a_line_fed_with_a_wrong_shape_is_not_blamed(tmp_path):
    path = tmp_path / EXERCISES[1].file_name
    text = EXERCISES[1].solution().replace("(counts * dprobs).sum(1, keepdim=True)", "counts * dprobs")
    path.write_text(text, "utf-8")
    assert [line["name"] for line in check(path, EXERCISES[1])["lines"] if line["state"] == "wrong"] == [
        "dcounts_sum_inv"]
