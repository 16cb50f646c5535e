"""For tests and doctests alike: an op that one of them adds is gone, with its methods, when it ends.

Like tests/conftest.py, it works where NumPy is not installed: the tests of numbers run there too.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from autograd.core.op import TABLE
from autograd.core.value import Value

TABLES: list[dict[str, Any]] = [TABLE]
ENGINES: list[type] = [Value]
if find_spec("numpy"):
    import autograd.functional.tensors  # noqa: F401  (whose ops are in the tables from the beginning)
    from autograd.arrays.structural import STRUCTURAL
    from autograd.arrays.tensor import Tensor

    TABLES.append(STRUCTURAL)
    ENGINES.append(Tensor)


@pytest.fixture(autouse=True)
def tables_as_they_were() -> Iterator[None]:
    tables = [(table, dict(table)) for table in TABLES]
    methods = [(engine, dict(vars(engine))) for engine in ENGINES]
    yield
    added = [op for table, before in tables for name, op in table.items() if before.get(name) is not op]
    for table, before in tables:
        if table != before:
            table.clear()
            table.update(before)
    for engine, had in methods:
        for name in {name for op in added for name in op.methods} & set(vars(engine)):
            setattr(engine, name, had[name]) if name in had else delattr(engine, name)
