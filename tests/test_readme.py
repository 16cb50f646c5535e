"""The pages say what is so: generated parts are up to date, links lead somewhere, commands are one line each.

The examples in README.md and docs/ are doctests.
"""

import re
from pathlib import Path

import pytest

from benchmarks import speed
from demos import modules, op_table
from demos.pages import part, with_part
from tests import mistakes
from tests.hostile import CASES

ROOT = Path(__file__).parent.parent
PAGES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
         for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")]}
README = PAGES["README.md"]


@pytest.mark.parametrize(("page", "name", "written", "command"), [
    ("docs/OPS.md", "ops", op_table.markdown, op_table.COMMAND),
    ("docs/MODULES.md", "modules", modules.markdown, modules.COMMAND),
    ("README.md", "speed", lambda: speed.table(part(PAGES["benchmarks/RESULTS.md"], "benchmarks")),
     "python -m benchmarks.speed"),
    ("README.md", "mistakes", lambda: mistakes.short(PAGES["docs/MISTAKES.md"]), mistakes.COMMAND),
])
def test_generated_parts_are_up_to_date(page, name, written, command):
    assert part(PAGES[page], name) == written(), f"run `{command}`"
    assert f"<!-- {name}: written by {command} -->" in PAGES[page]


def test_there_are_two_set_up_commands_of_one_line_each():
    commands = re.findall(r"```sh\n(.*?)```", README, flags=re.S)
    assert [command.count("\n") for command in commands] == [1, 1]
    assert commands[0].strip().endswith("-m demos")
    assert commands[1].strip().endswith("-m pytest")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings(page):
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", PAGES[page]):
        path, _, heading = link.partition("#")
        target = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        assert target.exists(), link
        if heading:
            titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), flags=re.M)
            assert heading in [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles], link


def test_the_paths_that_the_readme_names_exist():
    named = set(re.findall(r"`((?:autograd|nn|demos|tests|benchmarks|docs)/[\w/.]*)`", README))
    assert "autograd/core/ops.py" in named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_promise_has_its_cases_and_every_case_its_promise():
    promises = [int(number) for number in re.findall(r"^(\d+)\. \*\*", PAGES["docs/PROMISES.md"], flags=re.M)]
    assert promises == list(range(1, 13))
    assert {case.promise for case in CASES} == set(promises)


def test_the_readme_is_three_screens():
    assert README.count("\n") < 180


def test_a_part_is_replaced_and_nothing_else():
    text = "before\n<!-- ops: -->\n<!-- ops end -->\n<!-- other: x -->\nkept\n<!-- other end -->\n"
    once = with_part(text, "ops", "a command", "new\\1")
    assert once == text.replace("<!-- ops: -->\n", "<!-- ops: written by a command -->\nnew\\1\n")
    assert part(once, "ops") == "new\\1"
    assert part(once, "other") == "kept"
    with pytest.raises(ValueError, match="found no place for ops"):
        part("no markers", "ops")


def test_a_module_says_in_its_first_sentence_what_it_is_for(tmp_path):
    (tmp_path / "nn").mkdir()
    (tmp_path / "nn" / "__init__.py").write_text('"""Nets. More."""')
    (tmp_path / "nn" / "a.py").write_text('"""What a is:\nf(x) = 0.5 | x. It knows no b.\n\nMore."""')
    assert modules.markdown(tmp_path).splitlines() == [
        "## `nn/`", "", "Nets.", "", "| | |", "|---|---|", r"| [`a.py`](../nn/a.py) | What a is: f(x) = 0.5 \| x. |"]
    (tmp_path / "nn" / "b.py").write_text("x = 1\n")
    with pytest.raises(ValueError, match="has no docstring"):
        modules.markdown(tmp_path)
