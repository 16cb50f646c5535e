"""The API's pages, from the docstrings, by pdoc: it reads docstrings and type hints as they stand, and needs no pages
or settings beside them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pdoc
import pdoc.doc
import pdoc.render
from markupsafe import Markup

from .packages import HERE, ROOT

__all__ = ["write_reference"]

PACKAGES = ["autograd", "nn"]


def write_reference(folder: Path, shell: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Write a page for each module; (title, where, address, text) of what can be searched for.

    `shell` is what the pages' head and foot are made of.
    """
    pdoc.render.configure(docformat="google", search=False, template_directory=HERE / "templates" / "pdoc",
                          favicon=None)
    pdoc.render.env.globals.update(shell)
    pdoc.render.env.filters["readable"] = _readable
    modules = sorted(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
                     for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Error parsing type annotation")      # such a one is shown as it stands
        pdoc.pdoc(*modules, output_directory=folder)
        found = [entry for name in modules for entry in _searchable(pdoc.doc.Module.from_name(name))]
    yield from found


def _readable(page: str) -> str:
    """pdoc's page for whoever hears it or uses the keyboard: landmarks, headings without gaps, boxes that scroll."""
    page = re.sub(r'<a href="[^"]*#_\w[^"]*">(.*?)</a>', r"\1", page)       # to what is private, which has no place
    page = re.sub(r"<h[56]\b[^>]*>(.*?)</h[56]>", r"<p><b>\1</b></p>", page)
    page = page.replace('<main class="pdoc">', '<main class="pdoc" id="content" tabindex="-1">')
    page = page.replace('<a class="headerlink"', '<a class="headerlink" aria-label="A link to this place"')
    return Markup(page.replace("<pre>", '<pre tabindex="0">'))


def _searchable(module: pdoc.doc.Module) -> Iterator[tuple[str, str, str, str]]:
    address = f"api/{module.modulename.replace('.', '/')}.html"
    yield module.modulename, "a module", address, _first(module.docstring)
    for member in module.flattened_own_members:
        if member.name.startswith("_") or not member.docstring:
            continue
        yield (member.qualname, f"{member.kind} in {module.modulename}", f"{address}#{member.qualname}",
               _first(member.docstring))


def _first(text: str) -> str:
    return re.sub(r"\s+", " ", text.split("\n\n")[0])[:400]
