"""Every module with the first sentence of its docstring, room by room, read off the files."""

from __future__ import annotations

import argparse
import ast
import re
from pathlib import Path

from .pages import write_or_print

__all__ = ["ROOMS", "first_sentence", "markdown"]

ROOT = Path(__file__).resolve().parent.parent
COMMAND = "python -m demos modules --write docs/MODULES.md"

# In the order of the arrows: a room may know those before it. `autograd` itself are the doors and what has no room.
ROOMS = ["autograd", "autograd/core", "autograd/arrays", "autograd/functional", "autograd/replaying",
         "autograd/codegen", "autograd/deriving", "autograd/learn", "autograd/see", "nn", "demos", "demos/ninja",
         "demos/website", "ninjagrad", "benchmarks"]


def markdown(root: Path = ROOT) -> str:
    """The rooms as headings, their modules as tables."""
    lines: list[str] = []
    for room in [room for room in ROOMS if (root / room).is_dir()]:
        lines += [f"## `{room}/`", "", first_sentence(root / room / "__init__.py"), ""]
        files = [path for path in sorted((root / room).glob("*.py")) if not path.name.startswith("__")]
        lines += ["| | |", "|---|---|"] if files else []
        lines += [f"| [`{path.name}`](../{path.relative_to(root).as_posix()}) | {first_sentence(path)} |"
                  for path in files]
        lines += [""] if files else []
    return "\n".join(lines).strip()


def first_sentence(path: Path) -> str:
    """Of the module's docstring.

    Raises:
        ValueError: if it has none.
    """
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    if not text:
        raise ValueError(f"{path}: has no docstring; the first sentence of one says what the module is for")
    paragraph = " ".join(text.split("\n\n")[0].split())
    sentence = re.match(r".*?[.?!](?= |$)", paragraph)
    return (sentence[0] if sentence else paragraph).replace("|", r"\|")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m demos modules", description=__doc__)
    write_or_print(parser, arguments, "modules", COMMAND, markdown, "the modules' first sentences")


if __name__ == "__main__":
    main()
