"""A reader of pages: Chromium, found on the PATH or named by $CHROMIUM, driven by playwright.

Without playwright or Chromium its tests are skipped, unless $CI is set: then they fail.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.needs import needs

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]


def missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def chromium() -> Iterator[Any]:
    """The browser, to be made a fixture of."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed: pip install playwright")
    if CHROMIUM is None:
        missing("there is no Chromium on the PATH: apt install chromium, or name one by $CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Reader:
    """Somebody reading a page; `troubles` is what the console complained of and what was fetched from elsewhere."""

    def __init__(self, browser: Any, file: Path | str, **context: Any) -> None:
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.troubles: list[str] = []
        self.page.on("console", lambda message: self.troubles.append(message.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", lambda request: None if request.url.startswith(("file:", "data:"))
                     else self.troubles.append(request.url))
        self.page.goto(file if isinstance(file, str) else file.as_uri())

    def press(self, key: str, times: int = 1) -> None:
        for _ in range(times):
            self.page.keyboard.press(key)

    def panel(self) -> str:
        return str(self.page.inner_text("#panel"))

    def step(self) -> tuple[int, int]:
        now, of = self.page.inner_text("#count").split(" / ")
        return int(now), int(of)

    def read(self, what: str, count: int) -> list[Any]:
        """The values or gradients on the page, node by node; None where nothing is to be seen."""
        found = [self.page.get_attribute(f"#n{i}", f"data-{what}") for i in range(count)]
        return [None if text is None else json.loads(text) for text in found]

    def texts(self, i: int) -> list[str]:
        return list(self.page.eval_on_selector_all(f"#n{i} text", "found => found.map(text => text.textContent)"))

    def lit(self) -> set[str]:
        return set(self.page.eval_on_selector_all("svg .lit", "found => found.map(element => element.id)"))

    def field(self, i: int) -> Any:
        """Where the number of leaf i is typed."""
        return self.page.locator(f"#value{i}")

    def put(self, i: int, number: str) -> None:
        """Type a number for leaf i, by keyboard alone."""
        self.page.focus(f"#value{i}")
        self.press("Control+a")
        self.page.keyboard.type(number)
        self.press("Enter")

    def kept(self) -> str:
        """The link, once the page has brought it up to date."""
        self.page.wait_for_timeout(200)
        return str(self.page.url)

    def violations(self) -> list[str]:
        """What axe-core finds that not everybody could read or use."""
        needs("axe_playwright_python", "checks")
        from axe_playwright_python.sync_playwright import Axe
        found = Axe().run(self.page).response["violations"]
        return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]

    def done(self) -> None:
        assert self.troubles == []
        self.context.close()
