"""The exercises as notebooks: what nbgrader wants of their cells, and that right and wrong answers are marked so."""

import json
import os
import re
from pathlib import Path

import pytest

from demos import __main__ as demos
from demos.ninja.exercises import EXERCISES, Exercise
from demos.ninja.notebooks import file_of, notebook, pieces
from tests.needs import needs

nbformat = needs("nbformat", "notebooks")
NotebookClient = needs("nbclient", "notebooks").NotebookClient
ROOT = Path(__file__).parents[2]


def lines(text):
    return [line for line in text.splitlines() if line.strip() and not line.startswith("# Answer")]


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda x: x.path.stem)
def test_cut_into_cells_and_put_together_again(exercise):
    cut = pieces(exercise)
    assert lines(file_of(exercise, [])) == lines(exercise.starter())
    assert lines(file_of(exercise, [x.head() + x.solution() for x in cut if x.answer])) == lines(exercise.solution())
    assert [x.answer for x in cut if x.answer] == list(range(1, 1 + sum(x.answer > 0 for x in cut)))
    assert not any(x.asked and not x.answer for x in cut if not exercise.source.count("  #="))


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda x: x.path.stem)
def test_cells_are_as_nbgrader_wants_them(exercise):
    """By its documentation: schema 3, ids that are unique, a graded cell has points, an answer is unlocked."""
    for solved in (False, True):
        made = notebook(exercise, ["da", "no loop", "losses[0]"], solved)
        nbformat.validate(nbformat.from_dict(made))
        marks = [cell["metadata"]["nbgrader"] for cell in made["cells"]]
        ids = [mark["grade_id"] for mark in marks]
        assert len(set(ids)) == len(ids) == len({cell["id"] for cell in made["cells"]})
        for cell, mark in zip(made["cells"], marks):
            text = "".join(cell["source"])
            assert re.fullmatch(r"[\w-]+", mark["grade_id"])
            assert mark["schema_version"] == 3
            assert mark["task"] is False
            assert mark["locked"] is not mark["solution"]
            assert ("points" in mark) == mark["grade"]
            assert text.count("### BEGIN SOLUTION") == text.count("### END SOLUTION") == (solved and mark["solution"])
        assert sum(mark.get("points", 0) for mark in marks) == 3
        told = exercise.solution().splitlines()
        hidden = [line for line in told if line.strip() and line not in exercise.starter().splitlines()]
        text = json.dumps(made, ensure_ascii=False)
        assert all((json.dumps(line, ensure_ascii=False)[1:-1] in text) is solved for line in hidden)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One of ours and one of a teacher's own, written as a teacher would."""
    folder = tmp_path_factory.mktemp("class")
    mine = folder / "mine"
    mine.mkdir()
    (mine / "2_cross_entropy.py").write_text(EXERCISES[2].source, "utf-8")
    (mine / "20_relu.py").write_text(EXERCISES[20].source, "utf-8")
    assert demos.main(["class", "notebooks", str(folder / "course"), "--exercises", str(mine)]) == 0
    return folder


def run(path, number, change, at):
    """A student's notebook with the answers of `change`, run from top to bottom: what each cell of points says."""
    made = nbformat.read(path, 4)
    cut = {f"answer-{x.answer}": x for x in pieces(EXERCISES[number]) if x.answer}
    for cell in made.cells:
        name = cell.metadata.nbgrader.grade_id
        if name in cut:
            cell.source = change(cell.source, cut[name].head() + cut[name].solution())
    NotebookClient(made, timeout=120, kernel_name="python3", allow_errors=True,
                   resources={"metadata": {"path": str(at)}}).execute()
    said = {}
    for cell in made.cells:
        if cell.metadata.nbgrader.grade:
            said[cell.source] = [x.get("evalue", "") for x in cell.outputs]
    return said


STUB = "# YOUR CODE HERE\nraise NotImplementedError()\n"


@pytest.mark.parametrize(("number", "change", "says"), [
    (2, lambda starter, solution: solution, None),
    (2, lambda starter, solution: solution.replace("dlogits /= n\n", ""), "dlogits: factor 1/N missing: your numbers"),
    (2, lambda starter, solution: f"{starter}\n{STUB}", "dlogits: not written yet"),
    (20, lambda starter, solution: starter, "da: "),
])
def test_answers_are_marked(number, change, says, folder, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    name = EXERCISES[number].path.stem
    said = run(folder / "course" / "students" / f"{name}.ipynb", number, change, folder)
    assert len(said) == len(EXERCISES[number].asked)
    if says is None:
        assert not any(said.values())
    else:
        first = next(iter(said.values()))
        assert len(first) == 1
        assert first[0].startswith(says)


def test_what_is_there_is_not_written_over(folder):
    with pytest.raises(SystemExit, match="choose an empty folder"):
        demos.main(["class", "notebooks", str(folder / "course"), "--exercises", str(folder / "mine")])
    assert (folder / "course" / "nbgrader_config.py").read_text("utf-8").startswith("c = get_config()")


def test_the_last_run_of_a_cell_counts():
    exercise: Exercise = EXERCISES[2]
    text = file_of(exercise, [
        "print(1)", "# Answer 1: x\ndlogits = 1", "%time\n# no answer", "# Answer 1: x\n%timeit 1\ndlogits = 2"])
    assert "dlogits = 2\n" in text
    assert "dlogits = 1" not in text
    assert "%" not in text.split("loss.backward()")[1]
