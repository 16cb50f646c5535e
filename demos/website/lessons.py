"""The notebooks as pages: their words, their code, and what each cell showed when it was run."""

from __future__ import annotations

import ast
import base64
import html
import json
import re
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from .markdown import Resolve, coloured, html_of
from .packages import ROOT

__all__ = ["Lesson", "lessons", "link_to"]

NOTEBOOKS = ROOT / "demos" / "notebooks"


class Lesson(NamedTuple):
    """A notebook: its page's name, its title, its first paragraph, its HTML."""

    name: str
    title: str
    summary: str
    body: str


def lessons(resolve: Resolve) -> list[Lesson]:
    """Every notebook, in the order of their names."""
    return [_lesson(path, resolve) for path in sorted(NOTEBOOKS.glob("*.ipynb"))]


def link_to(program: str) -> str:
    """What a link to the lab ends in that holds a program: deflated, in letters that may stand in an address."""
    packer = zlib.compressobj(9, wbits=-15)
    packed = packer.compress(program.encode("utf-8")) + packer.flush()
    return "#code=" + base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")


def _lesson(path: Path, resolve: Resolve) -> Lesson:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    words = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    title = next((line.lstrip("# ") for line in "\n".join(words).splitlines() if line.startswith("#")), path.stem)
    summary = next((text for text in "\n\n".join(words).split("\n\n") if text and not text.startswith("#")), "")
    cells = [cell for cell in cells if "google.colab" not in "".join(cell["source"])]       # it installs what is here
    parts = []
    whole = "\n\n".join(_shown(cell) for cell in cells if cell["cell_type"] == "code")
    if not re.search(r"numpy|[Tt]ensor|torch|matplotlib|replay|demos|^\s*[%!]|nn\.(Linear|Seq)", whole, flags=re.M):
        parts.append(f'<p><a class="button" href="../lab/index.html{link_to(whole)}">Open its code in the lab</a></p>')
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(html_of(source, "demos/notebooks", resolve))
        elif cell["cell_type"] == "code" and source.strip():
            shown = "".join(_output(output) for output in cell.get("outputs", []))
            block = coloured(source) + (f'<div class="output">{shown}</div>' if shown else "")
            if "answer" in cell["metadata"].get("tags", []):
                block = f"<details><summary>An answer</summary>{block}</details>"
            parts.append(block)
    return Lesson(path.stem, title, re.sub(r"[*`_$]", "", summary).replace("\n", " "), "\n".join(parts))


def _shown(cell: dict[str, Any]) -> str:
    """A cell's code as part of a program: the value that it ends with is displayed."""
    source = "".join(cell["source"])
    with suppress(SyntaxError):
        last = ast.parse(source).body[-1:]
        if last and isinstance(last[0], ast.Expr) and not ast.unparse(last[0]).startswith(("print(", "display(")):
            lines = source.splitlines()
            return "\n".join([*lines[:last[0].lineno - 1], f"display({ast.unparse(last[0])})"])
    return source


def _output(output: dict[str, Any]) -> str:
    """What a cell showed, in the richest form that a page can hold."""
    if output["output_type"] == "stream":
        return f"<pre tabindex=0>{html.escape(''.join(output['text']))}</pre>"
    if output["output_type"] == "error":
        return f"<pre tabindex=0>{html.escape(output['ename'])}: {html.escape(output['evalue'])}</pre>"
    data = {kind: text if isinstance(text, str) else "".join(text) for kind, text in output["data"].items()
            if isinstance(text, (str, list))}
    if "image/svg+xml" in data:
        svg = data["image/svg+xml"]
        return f'<div class="shown" tabindex="0" role="group" aria-label="A picture">{svg[svg.index("<svg"):]}</div>'
    if "text/html" in data:
        return data["text/html"].replace("<pre", "<pre tabindex=0")
    if "image/png" in data:
        address = f"data:image/png;base64,{data['image/png'].strip()}"
        return f'<img class="picture" alt="A picture that the cell made" src="{address}">'
    if "text/latex" in data:
        formula = data["text/latex"].strip().strip("$")
        return f'<span data-math="block">{html.escape(formula)}</span>'
    return f"<pre tabindex=0>{html.escape(data.get('text/plain', ''))}</pre>"
