"""The benchmarks measure what they say: the same work by all, refused otherwise, and tables in their place."""

import sys

import numpy as np
import pytest

from benchmarks import growth
from benchmarks.harness import DisagreementError, Result, compete, fresh, ratio, reached
from benchmarks.report import FIRST, markdown, replaced
from benchmarks.workloads import GOALS, WORKLOADS, outcome
from tests.needs import needs

OURS = ("ninjagrad", "closures", "its own scalars", "NumPy by hand", "a loop by hand")


@pytest.mark.parametrize("key", WORKLOADS)
def test_contenders_compute_the_same(key):
    if key.startswith("moons"):
        needs("micrograd", "checks")
    if key == "moons replay":
        needs("numba", "fast")
    found = [outcome(set_up()) for name, set_up in WORKLOADS[key].contenders.items() if name.startswith(OURS)]
    assert len(found) >= 2
    (loss, gradients), *others = found
    expected = np.concatenate([g.ravel() for g in gradients])
    assert np.abs(expected).max() > 0.01
    for other, gradients in others:
        assert other == pytest.approx(loss, rel=WORKLOADS[key].tolerance)
        got = np.concatenate([g.ravel() for g in gradients])
        np.testing.assert_allclose(got, expected, rtol=0, atol=WORKLOADS[key].tolerance * np.abs(expected).max())


def test_goals_are_about_contenders():
    for key, goals in GOALS.items():
        for goal in goals:
            assert goal.aim <= goal.bar
            assert {goal.contender, goal.against} <= WORKLOADS[key].contenders.keys()


def test_workers_take_turns_and_what_differs_is_refused(monkeypatch):
    names = ["NumPy by hand", "ninjagrad", "HIPS autograd"]
    results, absent = compete("makemore", [sys.executable], 2, 0.01, names)
    assert list(absent) == ["HIPS autograd"]                # whose import name is this package's
    assert all(len(times) == 2 and min(times) > 0 for result in results.values() for times in (result.on, result.off))
    assert all(result.ready > 0 for result in results.values())
    assert [goal.against for goal, _ in reached("makemore", results)] == ["NumPy by hand"]
    monkeypatch.setitem(WORKLOADS, "makemore", WORKLOADS["makemore"]._replace(tolerance=0.0))
    with pytest.raises(DisagreementError, match="ninjagrad and NumPy by hand computed different"):
        compete("makemore", [sys.executable], 1, 0.01, names)


def test_ratios_are_taken_within_a_round():
    assert ratio([1.0, 20.0, 3.0], [1.0, 10.0, 1.0]).median == 2.0


@pytest.mark.parametrize("shape", growth.SHAPES)
@pytest.mark.parametrize("engine", growth.ENGINES)
def test_grown_graphs_have_the_nodes_they_claim(shape, engine):
    found = growth.measure(engine, shape, 1000)
    assert found["seconds"] > 0
    assert 50 < found["bytes"] < 2000
    if engine == "ninjagrad":
        from autograd import Value
        from autograd.core.graph import topological

        made = [node for node in topological(growth.SHAPES[shape](1000, Value)) if node.op is not None]
        assert abs(len(made) - 1000) <= 2


def test_a_statement_that_fails_is_left_out():
    times = fresh({"nothing": "pass", "missing": "import no_such_module_anywhere"}, 1)
    assert list(times) == ["nothing"]
    assert len(times["nothing"]) == 1


def test_tables_go_between_the_markers():
    report = {
        "machine": {"system": "s", "processor": "p", "cores": "2", "python": "Python 3", "numpy": "2"},
        "versions": {"torch": "2"},
        "workloads": {"makemore": {
            "times": {"NumPy by hand": Result([1.0, 1.0], [1.0, 1.0])._asdict(),
                      "ninjagrad": Result([1.2, 1.2], [1.1, 1.1], 0.3)._asdict(),
                      "PyTorch": Result([4.8, 4.8], [4.8, 4.8])._asdict()},
            "absent": {"MyGrad": "No module named 'mygrad'"}}},
        "startup": {"import numpy": [0.1, 0.1], FIRST: [0.03, 0.03]},
    }
    tables = markdown(report)
    assert "| ninjagrad | 1.20 | 1.20 to 1.20 | 1.10 | 0.3 s | never |" in tables
    assert "| makemore: ninjagrad ÷ PyTorch | 1/4.0 | 1/3.0 | 1/3.5 | aim reached |" in tables
    assert f"| to the first gradient, {FIRST} ÷ `import numpy` | 1/3.3 | 1/4.0 | 1/10.0 | missed |" in tables
    assert "Could not take part: MyGrad (No module named 'mygrad')." in tables
    text = "before\n<!-- benchmarks: … -->\nold\n<!-- benchmarks end -->\nafter\n"
    once = replaced(text, tables)
    assert once.startswith("before\n<!-- benchmarks: ")
    assert once.endswith(f"{tables}\n<!-- benchmarks end -->\nafter\n")
    assert replaced(once, tables) == once
    with pytest.raises(ValueError, match="no place for benchmarks"):
        replaced("no markers", tables)
