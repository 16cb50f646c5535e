"""What a test needs beside the project: where it is missing, the test is skipped at home and fails under CI."""

import importlib
import importlib.util
import os
import shutil
from typing import Any

import pytest


def needs(module: str, extra: str = "") -> Any:
    """The module, imported; else a skip that names the extra which brings it, or under CI a failure."""
    try:
        return importlib.import_module(module)
    except ImportError:
        missing = f"{module} is not installed" + (f": pip install -e '.[{extra}]'" if extra else "")
        if os.environ.get("CI"):
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing, allow_module_level=True)


def without(module: str) -> bool:
    """For `pytest.mark.skipif`: whether the module is missing, at home. Under CI the test runs, and fails."""
    return importlib.util.find_spec(module) is None and not os.environ.get("CI")


def program(name: str, remedy: str = "") -> str:
    """Where a program is on the PATH; else a skip, or under CI a failure."""
    found = shutil.which(name)
    if found is None:
        missing = f"there is no {name} on the PATH" + (f": {remedy}" if remedy else "")
        if os.environ.get("CI"):
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    return found
