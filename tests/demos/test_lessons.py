"""The lessons as notebooks: each runs from beginning to end, shows what is committed, and accepts its own answers."""

import ast
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from demos import lessons
from demos.__main__ import main
from tests.needs import needs

TEXTS = lessons.lessons()


def committed(text: Path) -> Any:
    return json.loads(text.with_suffix(".ipynb").read_text(encoding="utf-8"))


def source(cell: Any) -> str:
    return "".join(cell["source"])


def alike(text: str) -> str:
    """What is the same on every machine: numbers in two digits; of `cmp` whether it is right, not to which bit."""
    text = re.sub(r"exact: \w+ *\||maxdiff: \S+|\| fine: .*", "", text)
    return re.sub(r"-?\d+\.\d+(e[-+]\d+)?", lambda number: f"{float(number[0]):.2g}", text).strip()


def joined(output: Any) -> str:
    found = output.get("text") or output.get("data", {}).get("text/plain", "")
    return found if isinstance(found, str) else "".join(found)


def test_there_are_nine_in_order_and_each_has_its_notebook() -> None:
    assert [text.name[0] for text in TEXTS] == list("123456789")
    assert {path.stem for path in lessons.FOLDER.glob("*.ipynb")} == {text.stem for text in TEXTS}
    assert sum(path.stat().st_size for path in lessons.FOLDER.glob("*.ipynb")) < 2_000_000
    for text in TEXTS:
        assert lessons.title(text).startswith(f"{text.name[0]} ")


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.stem)
def test_a_text_is_plain_python_and_a_whole_lesson(text: Path) -> None:
    written = text.read_text(encoding="utf-8")
    ast.parse(written)
    assert 15 <= written.count("\n# %%") + 1 <= 50
    tags = re.findall(r'^# %% tags=\["(\w+)"\]', written, flags=re.M)
    assert [tag for tag in tags if tag != "varies"] == ["exercise", "check", "answer"]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.stem)
def test_a_lesson_runs_and_shows_what_is_committed(text: Path) -> None:
    for module, extra in [("jupytext", "notebooks"), ("nbclient", "notebooks"), ("ipykernel", "notebooks"),
                          ("matplotlib", "demos"), ("sympy", "demos")]:
        needs(module, extra)
    new, old = lessons.executed(text), committed(text)
    assert [source(cell) for cell in old["cells"]] == [cell.source for cell in new.cells], (
        "another text than the notebook's: run `python -m demos notebooks`")
    for was, now in zip(old["cells"], new.cells):
        if "varies" not in now.metadata.get("tags", []):
            shown = [alike(joined(output)) for output in now.get("outputs", [])]
            assert [alike(joined(output)) for output in was.get("outputs", [])] == shown, now.source
            kinds = [sorted(output.get("data", {})) for output in now.get("outputs", [])]
            assert [sorted(output.get("data", {})) for output in was.get("outputs", [])] == kinds, now.source
        assert not [output for output in now.get("outputs", []) if output.get("name") == "stderr"], now.source


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.stem)
def test_a_notebook_can_be_opened_in_colab_and_leads_to_the_next(text: Path) -> None:
    address = re.findall(r'^Homepage = "(.*)"', (lessons.ROOT / "pyproject.toml").read_text(), flags=re.M)[0]
    assert lessons.address() == address
    cells = committed(text)["cells"]
    page = f"{address.removeprefix('https://github.com/')}/blob/main/demos/notebooks/{text.stem}.ipynb"
    assert f"https://colab.research.google.com/github/{page}" in source(cells[1])
    assert f"git+{address}" in source(cells[2])
    if text != TEXTS[-1]:
        linked = re.findall(r"\((\S+\.ipynb)\)", source(cells[-1]))
        assert (lessons.FOLDER / linked[0]).exists()
    assert address not in text.read_text(encoding="utf-8")     # which is said in one place


def test_without_the_extra_the_command_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jupytext", None)
    with pytest.raises(SystemExit, match=r"notebooks needs jupytext.*\n.*\[notebooks\]"):
        main(["notebooks"])


def test_a_lesson_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        lessons.main(["3", "99"])
    assert "there is no lesson 99; they go from 1 to 9" in capsys.readouterr().err


def test_a_wrong_answer_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("jupytext", "nbclient", "ipykernel"):
        needs(module, "notebooks")
    text = tmp_path / "1_wrong.py"
    text.write_text('# %% [markdown]\n# # 1 Wrong\n\n# %% tags=["exercise"]\nx = 0\n\n# %% tags=["check"]\n'
                    'print("✓" if x == 1 else "not yet")\n\n# %% tags=["answer"]\nx = 2\n', encoding="utf-8")
    monkeypatch.setattr(lessons, "lessons", lambda: [text])
    with pytest.raises(ValueError, match="does not accept the answer"):
        lessons.executed(text)
