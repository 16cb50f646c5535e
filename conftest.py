"""For tests and doctests alike: an op that one of them adds to the tables is gone when it ends."""

from collections.abc import Iterator

import pytest

import autograd.functional.tensors  # noqa: F401  (whose ops are in the tables from the beginning)
from autograd.arrays.structural import STRUCTURAL
from autograd.core.op import TABLE


@pytest.fixture(autouse=True)
def tables_as_they_were() -> Iterator[None]:
    tables = [(table, dict(table)) for table in (TABLE, STRUCTURAL)]
    yield
    for table, before in tables:
        if table != before:
            table.clear()
            table.update(before)
