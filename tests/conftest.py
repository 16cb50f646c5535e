"""How the tests run: hypothesis is seeded, so that failures fail again; `--hypothesis-profile=thorough` goes deeper.

A test file whose first line says "needs no NumPy" or "without NumPy" also runs where pytest is all there is: `.ci/run`
makes such an environment. So nothing is imported here that may be missing there.
"""

import gc
import os
import random
from importlib.util import find_spec

# Read when NumPy is loaded. The tests' matrices are small: a second thread saves them nothing, and waits in a loop
# wherever something else wants the core, which has made a test take ten times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["NINJAGRAD_LANG"] = "en"                 # whatever the locale of whoever runs them

import pytest

NUMPY = find_spec("numpy") is not None

if find_spec("hypothesis"):
    from hypothesis import given, settings, strategies

    settings.register_profile("default", max_examples=60, deadline=None, derandomize=True)
    settings.register_profile("thorough", max_examples=3000, deadline=None)
    settings.load_profile("default")


@pytest.fixture(autouse=True)
def seeded() -> None:
    random.seed(0)
    if NUMPY:
        import nn

        nn.manual_seed(0)


@pytest.fixture(autouse=True, scope="session")
def begun() -> None:
    """Run hypothesis once before anything is frozen.

    From Python 3.14 on its first run looks for who holds its random numbers, and does not see frozen objects.
    """
    if find_spec("hypothesis"):
        given(strategies.none())(lambda nothing: None)()


@pytest.fixture(autouse=True, scope="module")
def frozen(begun: None) -> None:
    """What there is when a module's tests begin mostly lives to the end; a gc.collect() in them need not look at it."""
    gc.freeze()
