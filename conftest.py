"""For tests and doctests alike: an op that one of them adds to the tables is gone when it ends.

Like tests/conftest.py, it works where NumPy is not installed: the tests of numbers run there too.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from autograd.core.op import TABLE

TABLES: list[dict[str, Any]] = [TABLE]
if find_spec("numpy"):
    import autograd.functional.tensors  # noqa: F401  (whose ops are in the tables from the beginning)
    from autograd.arrays.structural import STRUCTURAL

    TABLES.append(STRUCTURAL)


@pytest.fixture(autouse=True)
def tables_as_they_were() -> Iterator[None]:
    tables = [(table, dict(table)) for table in TABLES]
    yield
    for table, before in tables:
        if table != before:
            table.clear()
            table.update(before)
