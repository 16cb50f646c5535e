"""The API's pages, from the docstrings, by pdoc: it reads docstrings and type hints as they stand, and needs no pages
or settings beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pdoc
import pdoc.doc
import pdoc.render

from .packages import HERE

__all__ = ["write_reference"]

PACKAGES = ["autograd", "nn"]


def write_reference(folder: Path, shell: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Write a page for each module; (title, where, address, text) of what can be searched for.

    `shell` is what the pages' head and foot are made of.
    """
    pdoc.render.configure(docformat="google", search=False, template_directory=HERE / "templates" / "pdoc",
                          favicon=None)
    pdoc.render.env.globals.update(shell)
    pdoc.pdoc(*PACKAGES, output_directory=folder)
    for path in (folder / "search.js",):
        path.unlink(missing_ok=True)
    for package in PACKAGES:
        yield from _searchable(pdoc.doc.Module.from_name(package))


def _searchable(module: pdoc.doc.Module) -> Iterator[tuple[str, str, str, str]]:
    address = f"api/{module.modulename.replace('.', '/')}.html"
    yield module.modulename, "a module", address, _first(module.docstring)
    for member in module.flattened_own_members:
        if member.name.startswith("_") or not member.docstring:
            continue
        yield member.qualname, f"{member.kind} in {module.modulename}", f"{address}#{member.qualname}", _first(member.docstring)
    for below in module.submodules:
        if not below.name.startswith("_"):
            yield from _searchable(below)


def _first(text: str) -> str:
    return re.sub(r"\s+", " ", text.split("\n\n")[0])[:400]
