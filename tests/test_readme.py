"""The README says what is so: its table is the engine's, its commands are one line each; its examples are doctests."""

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
