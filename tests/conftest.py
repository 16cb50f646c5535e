"""How the tests run: hypothesis is seeded, so that failures fail again; `--hypothesis-profile=thorough` goes deeper."""

import gc
import os
import random

# Read when NumPy is loaded. The tests' matrices are small: a second thread saves them nothing, and waits in a loop
# wherever something else wants the core, which has made a test take ten times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

import nn

settings.register_profile("default", max_examples=60, deadline=None, derandomize=True)
settings.register_profile("thorough", max_examples=3000, deadline=None)
settings.load_profile("default")


@pytest.fixture(autouse=True)
def seeded() -> None:
    random.seed(0)
    nn.manual_seed(0)


@pytest.fixture(autouse=True, scope="module")
def frozen() -> None:
    """What there is when a module's tests begin mostly lives to the end; a gc.collect() in them need not look at it."""
    gc.freeze()
