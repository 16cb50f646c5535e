"""The browser, opened once for each file of tests: while it is, no other test may drive one."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.see.browsing import CHROMIUM, FLAGS, missing


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed: pip install playwright")
    if CHROMIUM is None:
        missing("there is no Chromium on the PATH: apt install chromium, or name one by $CHROMIUM")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()
