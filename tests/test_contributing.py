"""CONTRIBUTING.md is right: each section's pieces, put in a copy of the project where it says, pass its commands."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.needs import needs

needs("rich", "demos")

ROOT = Path(__file__).parent.parent
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
                           flags=re.M | re.S))
PIECE = re.compile(r"^(In|At the end of|A new file) `([\w./]+)`(?:, above the line `(.*?)`)?:\n\n```python\n(.*?)```$",
                   flags=re.M | re.S)


def in_place(section: str, tree: Path) -> None:
    """Put a section's pieces into the project's copy."""
    for where, name, anchor, piece in PIECE.findall(section):
        path = tree / name
        if where == "A new file":
            assert not path.exists()
            path.write_text(piece, encoding="utf-8")
            continue
        text = path.read_text(encoding="utf-8")
        if where == "In":
            assert text.count(f"\n{anchor}\n") == 1, f"{name} should have one line: {anchor}"
            text = text.replace(f"\n{anchor}\n", f"\n{piece}{anchor}\n")
        else:
            text += piece
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the project."""
    for name in ("autograd", "nn", "demos", "ninjagrad", "tests", "benchmarks", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "conftest.py", "README.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@pytest.mark.parametrize(("title", "pieces"), [
    ("An op on numbers: a row", 2), ("An op that moves numbers", 2), ("A layer", 2), ("An exercise", 2),
    ("A library for `source`", 2)])
def test_a_section_does_what_it_says(tree, title, pieces):
    section = SECTIONS[title]
    assert len(PIECE.findall(section)) == pieces
    in_place(section, tree)
    commands = [line for block in re.findall(r"```text\n(.*?)```", section, flags=re.S) for line in block.splitlines()]
    assert commands
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    environment = {key: x for key, x in environment.items() if not key.startswith("PYTEST")}
    for command in commands:
        python, *arguments = shlex.split(command)
        assert python == "python"
        done = subprocess.run([sys.executable, *arguments], cwd=tree, env=environment, capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    if title.startswith("A library"):
        assert done.stdout.startswith("import cupy as cp\n")
        assert "np." not in done.stdout
    if title.startswith("An op"):
        name = re.search(r'"(\w+)"', section)[1]
        assert f"`{name}`" in (tree / "docs" / "OPS.md").read_text(encoding="utf-8")
        assert f"`{name}`" not in (ROOT / "docs" / "OPS.md").read_text(encoding="utf-8")


def test_every_piece_has_a_place():
    for title, section in SECTIONS.items():
        blocks = [block for block in re.findall(r"```python\n(.*?)```", section, flags=re.S) if ">>> " not in block]
        assert len(blocks) == len(PIECE.findall(section)), title
