"""The README says what is so: its table is the engine's, its commands are one line each; its examples are doctests."""

import ast
import re
from pathlib import Path

from demos.op_table import BEGIN, END, markdown

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_op_table_is_the_engines_own():
    between = README.split(BEGIN)[1].split(END)[0]
    assert between.strip() == markdown(), "run `python -m demos op_table --write README.md`"


def test_there_are_two_set_up_commands_of_one_line_each():
    commands = re.findall(r"```sh\n(.*?)```", README, flags=re.S)
    assert [command.count("\n") for command in commands] == [1, 1]
    assert commands[0].strip().endswith("-m demos")
    assert commands[1].strip().endswith("-m pytest")


def test_imports_run_one_way_through_the_list_of_modules():
    """From the bottom of the list to its top, within a row either way; what is imported within a function is free."""
    listed = re.findall(r"^\| (`.*?`) \|", README.split("## Where things are")[1], flags=re.M)
    row = {}
    for number, names in enumerate(listed):
        for name in re.findall(r"`(?:autograd/)?([a-z/_]+?)/?(?:\.py)?`", names):
            row[name] = number
    modules = sorted((ROOT / "autograd").rglob("*.py"))
    assert {path.stem for path in modules if path.parent.name == "autograd"} - {"__init__"} <= set(row)
    for path in modules:
        place = row.get("replaying" if path.parent.name == "replaying" else path.stem)
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            if place is None or not isinstance(statement, ast.ImportFrom) or not (statement.module or "").startswith(
                    "autograd"):
                continue
            parts = (statement.module or "").split(".")
            for name in [parts[1]] if len(parts) > 1 else [alias.name for alias in statement.names]:
                assert row[name] <= place, f"{path.name} imports {name}, which stands below it in the README"
