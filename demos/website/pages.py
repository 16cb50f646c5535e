"""Writes the site's pages in one style: what is on them is read from the notebooks, the docs, the docstrings, the demos."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

import ninjagrad

from .lab import write_lab
from .packages import HERE, bundle

__all__ = ["write_site"]

NAVIGATION = [("Lessons", "lessons/index.html"), ("Lab", "lab/index.html"), ("Exercises", "exercises/index.html"),
              ("Museum", "museum.html"), ("Operations", "operations.html"), ("API", "api/index.html"),
              ("Speed", "speed.html"), ("Promises", "promises.html")]
FOOTER = [("Licences", "licences.html")]
POLICY = "default-src 'self' 'unsafe-inline' data: blob:; script-src 'self' 'unsafe-inline' blob: 'wasm-unsafe-eval'{}; " \
         "connect-src 'self' blob:{}; object-src 'none'; base-uri 'none'; form-action 'none'"

TEMPLATES = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, trim_blocks=True)


class Site:
    """The folder, and what has been written into it."""

    def __init__(self, folder: Path, elsewhere: str = "") -> None:
        self.folder, self.pages = folder, 0
        self.policy = POLICY.format(elsewhere, elsewhere)

    def page(self, address: str, title: str, body: str = "", template: str = "page.html", **more: Any) -> None:
        path = self.folder / address
        path.parent.mkdir(parents=True, exist_ok=True)
        text = TEMPLATES.get_template(template).render(
            title=title, body=body, root="../" * address.count("/"), here=address, navigation=NAVIGATION, footer=FOOTER,
            version=ninjagrad.__version__, policy=self.policy, **{"kind": "", **more})
        path.write_text(text, encoding="utf-8")
        self.pages += 1


def write_site(folder: Path, pyodide: str | None = None) -> int:
    """Write it all; how many pages there are."""
    folder.mkdir(parents=True, exist_ok=True)
    elsewhere = f" {pyodide}" if pyodide and pyodide.startswith("http") else ""
    site = Site(folder, elsewhere)
    for name in ("style.css", "icon.svg", "offline.js"):
        shutil.copy(HERE / "browser" / name, folder)
    bundle(HERE / "browser" / "site.js", folder / "site.js", "--format=iife")
    site.page("lab/index.html", "The lab", template="lab.html", kind="labs", **write_lab(folder / "lab", pyodide))
    return site.pages
