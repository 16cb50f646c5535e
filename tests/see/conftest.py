"""The browser, opened once for each file of tests: while it is, no other test may drive one."""

import pytest

from tests.see.browsing import chromium

browser = pytest.fixture(scope="module", name="browser")(chromium)
