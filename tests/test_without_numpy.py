"""Graphs of Values are drawn, told and diagnosed without NumPy, in the same words as with it.

`python -m tests.test_without_numpy HOW` prints all the texts as JSON; the tests compare them between processes in which
NumPy is "missing" (as if not installed), "unused" (never imported) and "imported" beforehand.
"""

import json
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest


def graphs() -> Any:
    """A name, the root of a graph, and a leaf in it, before any backward pass: every row, and sums of many."""
    from autograd import Value
    from autograd.core.nary import dot, total
    from autograd.core.op import TABLE

    for name, op in TABLE.items():
        inputs = [Value(0.3 * (low + high) - 0.1 * low, f"x_{i}") for i, (low, high) in enumerate(op.domain)]
        leaf = inputs[0]
        yield name, op(*inputs) * leaf + leaf ** 3 - 2.0, leaf
        extreme = Value(0.0, "zero")
        yield f"{name} of 0", op(extreme, *inputs[1:]) * extreme + 1.0 / extreme, extreme
    x, w, b = [Value(1.5, "x1"), Value(-2.0, "x2")], [Value(0.25, "w1"), Value(0.5)], Value(6.88, "b")
    neuron = (dot(w, x) + b).tanh()
    neuron.label = "o"
    yield "neuron", total([neuron, neuron * 3.0, x[0]]), x[0]
    deep = a = Value(1.0, "a")
    for _ in range(60):
        deep = deep + deep * 0.5
    yield "deep", deep, a


def texts() -> dict[str, Any]:
    """What is said of them."""
    from autograd import Value, cmp, detect_anomaly, diagnose, draw, draw_dot, explain, paths, tree
    from autograd.codegen.javascript import everything
    from autograd.core.graph import topological
    from autograd.see.naming import full_names, roles
    from autograd.see.stepper import _facts

    told: dict[str, Any] = {}
    for name, root, leaf in graphs():
        told[f"{name}: before"] = [tree(root), draw(root).source, str(explain(root, leaf))]
        root.backward()
        told[f"{name}: pictures"] = [tree(root, names={"here": root}), draw(root, highlight=leaf, parameters=[leaf],
                                                                           constants=False).source,
                                     draw_dot(root, rankdir="TB").source]
        found = paths(root, leaf, limit=5)
        through = paths(root, leaf, through=root.inputs)
        told[f"{name}: paths"] = [str(found), repr(found), found.total, str(through), list(through.values())]
        told_of = explain(root, leaf)
        told[f"{name}: explain"] = [str(told_of), told_of._repr_html_(), told_of.remainder, told_of.agrees]
        order = topological(root)
        names = full_names(order, None)
        told[f"{name}: stepper"] = [_facts(order, root, names, roles(order, root, names, [leaf])), everything(root)]
        g = leaf.grad
        answers = [g, -g, 2 * g, g + 1, 3 * g, 0.0, float("nan"), float("inf"), leaf.data, root.inputs[0].grad,
                   Value(g / 7), True, *[path.contribution for path in found]]
        told[f"{name}: diagnose"] = [str(diagnose(answer, leaf, root)) for answer in answers]
        told[f"{name}: given"] = [str(diagnose(g, leaf, root, {root.inputs[0]: 5.0}))]
        with redirect_stdout(StringIO()) as lines:
            cmp("leaf", -g, leaf, root)
            cmp("leaf", g * (1 + 1e-15), leaf)
        told[f"{name}: cmp"] = lines.getvalue()
    for compute in (lambda x: x.log(), lambda x: (x - 1.0).log(), lambda x: x.sqrt() * 1.0, lambda x: 1.0 / x):
        try:
            with detect_anomaly():
                compute(Value(0.0, "p")).backward()
        except ArithmeticError as error:
            told.setdefault("anomalies", []).append(str(error))
    return told


class Doubling:
    """What a picture folds: all it asks of a module."""

    def named_modules(self) -> Any:
        yield "", self

    def parameters(self) -> list[Any]:
        return []

    def __call__(self, x: Any) -> Any:
        from autograd.core.carrying import remember_call
        result = x + x * 1.0
        remember_call(self, (x,), result)
        return result


def pages() -> dict[str, Any]:
    """A folded picture, and the stepper's page, or what it says where nothing can lay it out."""
    from autograd import Value, draw, stepper
    model = Doubling()
    root = model(model(Value(1.0, "x"))) * 2.0
    with tempfile.TemporaryDirectory() as directory:
        try:
            page = stepper(root, Path(directory) / "page.html").html
        except RuntimeError as error:
            page = str(error).replace(directory, "")
    return {"folded": draw(root, collapse=model).source, "page": page}


def printed(how: str) -> dict[str, Any]:
    """What a process prints in which NumPy is like that."""
    command = [sys.executable, "-m", "tests.test_without_numpy", how]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@pytest.fixture(scope="module")
def without() -> dict[str, Any]:
    return printed("missing")


@pytest.mark.parametrize("how", ["unused", "imported"])
def test_every_text_is_the_same_with_numpy_and_without(how: str, without: dict[str, Any]) -> None:
    found = printed(how)
    assert len(found) > 300
    for key in found.keys() | without.keys():
        assert str(found[key]) == str(without[key]), key       # as text, since nan is not nan


def test_what_needs_arrays_says_so() -> None:
    code = ("import sys; sys.modules['numpy'] = None\n"
            "from autograd import Value, diagnose\n"
            "x = Value(2.0); y = x * x; y.backward()\n"
            "try: diagnose([4.0], x)\n"
            "except ImportError as error: print(error)")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                         cwd=Path(__file__).parents[1])
    assert run.stdout == "diagnose: this needs NumPy: pip install numpy\n"


if __name__ == "__main__":
    (how,) = sys.argv[1:]
    if how == "missing":
        sys.modules["numpy"] = None                 # type: ignore[assignment]
    elif how == "imported":
        import numpy  # noqa: F401
    everything = texts() | pages()
    assert how != "unused" or "numpy" not in sys.modules
    print(json.dumps(everything))
