"""What is made of numbers alone works without NumPy; what needs arrays says so. This file needs no NumPy itself."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MISSING = """\
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "numpy":
            raise ModuleNotFoundError("No module named 'numpy'", name="numpy")
sys.meta_path.insert(0, Missing())
"""


def run(code: str) -> str:
    """What `code` prints in a process of its own, in which NumPy is missing."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", MISSING + code], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_numbers_and_their_gradients():
    assert run("from autograd import Value\nx = Value(3.0)\ny = x * x + x ** 3 / 2\ny.backward()\n"
               "print(y.data, x.grad, 'numpy' in sys.modules)") == "22.5 19.5 False"


@pytest.mark.parametrize("code", ["autograd.Tensor", "autograd.tanh", "autograd.zeros"])
def test_what_needs_arrays_says_so(code):
    assert run(f"import autograd\ntry:\n    {code}\nexcept (ImportError, AttributeError) as error:\n"
               "    print(error)").endswith("this needs NumPy: pip install numpy")


def test_names_can_be_asked_for():
    assert run("import autograd\nprint(hasattr(autograd, 'pytest_plugins'), 'Value' in dir(autograd), "
               "'Tensor' in dir(autograd))") == "False True True"


def test_inspect_and_its_like_are_not_loaded():
    """Each takes a large part of the time to the first gradient."""
    def loaded(code):
        code = f"from __future__ import annotations\nimport sys, typing\n{code}\nprint(*sys.modules)"
        return subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT,
                              capture_output=True, text=True, check=True).stdout.split()

    brought = loaded("class Pair(typing.NamedTuple):\n    x: float")       # in Python 3.14, ast
    heavy = {"inspect", "dataclasses", "ast", "dis", "numpy"} - {*brought}
    assert heavy >= {"inspect", "dataclasses", "dis", "numpy"}
    alone = loaded("from autograd import Value\nx = Value(3.0)\n(x * x).backward()")
    assert heavy.isdisjoint(alone)
    assert "autograd.core.value" in alone
