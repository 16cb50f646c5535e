"""Numbers that remember: the table, the graph, `Value`. Needs no NumPy. Read ops, graph, value, in that order."""

from autograd.core import carrying as carrying  # with it, every node can be pickled
from autograd.core import likelihood as likelihood  # a row of the table
from autograd.core import showing as showing  # and shows itself in a notebook


def __getattr__(name: str) -> object:
    """Tell of HIPS autograd, which has the same import name: its `__init__`, laid over ours, asks for this first."""
    if name == "primitive_with_deprecation_warnings":
        raise ImportError("HIPS autograd is installed in the same environment, and its files lie among ninjagrad's; "
                          "both are broken. Remedy: python -m pip uninstall -y autograd ninjagrad; python -m pip "
                          "install --force-reinstall --no-deps ninjagrad. (Each needs an environment of its own.)")
    raise AttributeError(f"module 'autograd.core' has no attribute {name!r}")
