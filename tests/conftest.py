"""How the tests run: hypothesis is seeded, so that failures fail again; `--hypothesis-profile=thorough` goes deeper."""

import gc
import random

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


def pytest_collection_finish():
    """What collecting the tests made lives to the end: without this, each gc.collect() in a test looks at all of it."""
    gc.collect()
    gc.freeze()
