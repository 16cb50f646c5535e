"""Lessons as notebooks: made from the texts in demos/notebooks, run, and written beside them with what they show.

A lesson's text is a Python file in jupytext's percent format, in which a diff can be read. A cell tagged `exercise` is
the reader's to change, the next one tagged `check` says whether it is right, and one tagged `answer` is folded away in
the notebook. The address from which a notebook in Colab installs the project is pyproject.toml's Homepage.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from importlib.metadata import metadata
from itertools import pairwise
from pathlib import Path
from typing import Any

from . import COMMAND
from .terminal import folder

__all__ = ["FOLDER", "address", "built", "executed", "lessons", "texts"]

FOLDER = Path(__file__).resolve().parent / "notebooks"
ROOT = Path(__file__).resolve().parents[1]


def lessons() -> list[Path]:
    """The lessons' texts, in order."""
    return sorted(FOLDER.glob("[0-9]*.py"))


def address() -> str:
    """Where the project lives: the Homepage in pyproject.toml, or in what was installed from it."""
    project = ROOT / "pyproject.toml"
    if project.exists():
        return re.findall(r'^Homepage = "(.*?)"', project.read_text(encoding="utf-8"), flags=re.M)[0]
    return next(url.split(", ")[1] for url in metadata("ninjagrad").get_all("Project-URL") or []
                if url.startswith("Homepage, "))


def built(text: Path) -> Any:
    """The notebook of a lesson, not yet run."""
    import jupytext
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
    cells = []
    for cell in jupytext.read(text, fmt="py:percent").cells:
        tags = cell.metadata.get("tags", [])
        if "answer" in tags:
            cells.append(new_markdown_cell("<details><summary>An answer</summary>\n\n```python\n"
                                           f"{cell.source}\n```\n</details>"))
        elif cell.cell_type == "markdown":
            cells.append(new_markdown_cell(cell.source))
        else:
            cells.append(new_code_cell(cell.source, metadata={"tags": tags} if tags else {}))
    page = f"{address().removeprefix('https://')}/blob/main/demos/notebooks/{text.stem}.ipynb"
    colab = f"https://colab.research.google.com/{page.replace('github.com', 'github')}"
    cells[1:1] = [
        new_markdown_cell(f"[Open in Colab]({colab}), where the next cell installs what the lesson needs. "
                          "Elsewhere it does nothing."),
        new_code_cell("import sys\n\nif \"google.colab\" in sys.modules:\n    "
                      f"%pip install -q \"ninjagrad[demos] @ git+{address()}\"", metadata={"tags": ["colab"]})]
    after = lessons()[lessons().index(text) + 1:][:1]
    for lesson in after:
        cells.append(new_markdown_cell(f"**Next:** [{title(lesson)}]({lesson.stem}.ipynb)"))
    for i, cell in enumerate(cells):
        cell["id"] = f"cell-{i + 1}"                # the same each time, so that only changes show in a diff
    return new_notebook(cells=cells, metadata={
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"}})


def title(text: Path) -> str:
    """A lesson's first heading."""
    return re.findall(r"^# # (.*)$", text.read_text(encoding="utf-8"), flags=re.M)[0]


def executed(text: Path) -> Any:
    """The notebook of a lesson with what it shows.

    Then, in the same process, each answer is put in the place of its exercise, and its check run again: the notebook
    does not keep this.

    Raises:
        nbclient.exceptions.CellExecutionError: if a cell raises.
        ValueError: for an answer that its own check does not accept.
    """
    import jupytext
    from nbclient import NotebookClient
    from nbformat.v4 import new_code_cell
    notebook = built(text)
    kept = len(notebook.cells)
    tagged = [(tag, cell.source) for cell in jupytext.read(text, fmt="py:percent").cells
              for tag in cell.metadata.get("tags", []) if tag in ("check", "answer")]
    for (before, check), (tag, answer) in pairwise(tagged):
        if (before, tag) == ("check", "answer"):
            notebook.cells += [new_code_cell(answer), new_code_cell(check)]
    with tempfile.TemporaryDirectory() as elsewhere:
        checkout = str(ROOT) if (ROOT / "pyproject.toml").exists() else ""
        paths = os.pathsep.join(filter(None, [checkout, os.environ.get("PYTHONPATH")]))
        client = NotebookClient(notebook, timeout=300, kernel_name="python3", record_timing=False,
                                coalesce_streams=True, resources={"metadata": {"path": elsewhere}})
        client.execute(env={**os.environ, "PYTHONPATH": paths, "COLUMNS": "120",        # wherever it runs
                            "PYTHONWARNINGS": "error::DeprecationWarning:__main__"})
    for cell in notebook.cells[kept + 1::2]:
        if not re.search("^✓", "".join(texts(cell)), flags=re.M):
            raise ValueError(f"{text.name}: the check does not accept the answer: {texts(cell)}\n{cell.source}")
    del notebook.cells[kept:]
    for output in [output for cell in notebook.cells for output in cell.get("outputs", [])]:
        data = output.get("data", {})
        for kind in {"text/plain", "text/html"} & data.keys():      # how long it took, which is never the same
            data[kind] = re.sub(r"(  | · )\d+ (min \d+ )?s(?=[<>])", "", data[kind])
    return notebook


def texts(cell: Any) -> list[str]:
    """What a cell shows, as text."""
    return [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", [])]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog=f"{COMMAND} notebooks", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lesson", nargs="*", type=int, help="which, by their numbers; all of them without")
    parser.add_argument("--out", type=folder, default=Path("notebooks") if COMMAND == "ninjagrad" else FOLDER,
                        help="the folder to write into (default: %(default)s)")
    options = parser.parse_args(arguments)
    unknown = set(options.lesson) - set(range(1, len(lessons()) + 1))
    if unknown:
        parser.error(f"there is no lesson {min(unknown)}; they go from 1 to {len(lessons())}")
    try:
        import jupytext  # noqa: F401
        import nbclient  # noqa: F401
        import nbformat
    except ModuleNotFoundError as missing:
        what = '"ninjagrad[notebooks]"' if COMMAND == "ninjagrad" else '-e ".[notebooks]"'
        sys.exit(f"{COMMAND}: notebooks needs {missing.name}, which the notebooks extra brings:\n"
                 f"  python -m pip install {what}")
    options.out.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(lessons(), 1):
        if not options.lesson or number in options.lesson:
            path = options.out / f"{text.stem}.ipynb"
            nbformat.write(executed(text), path)
            print(f"wrote {path}: {path.stat().st_size // 1024} kB", flush=True)


if __name__ == "__main__":
    main()
