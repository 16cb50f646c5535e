"""The compiled loop: every op has its branches, and on random graphs of all ops a run is equal to the engine's.

`test_ops.py` runs each op in it, at ordinary and at extreme numbers.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from autograd import Value, replay
from autograd.core.nary import NARY, total
from autograd.core.op import TABLE
from autograd.core.ops import PowerBy, power_by
from autograd.extend import elementwise
from autograd.replaying import compiled
from tests.needs import needs

needs("numba", "fast")


def graph(seed: int, ops: int, numbers: Sequence[float]) -> tuple[Value, list[Value]]:
    """A random graph of every op, each used where it has a derivative, and its leaves."""
    rng = random.Random(seed)
    leaves = [Value(x) for x in numbers]
    made = list(leaves)
    for _ in range(ops):
        op = rng.choice([*TABLE.values(), *NARY.values(), *map(power_by, (2.0, 0.5, -1.0, 3.0, 1.7))])
        domain = [(0.2, 3.0)] if isinstance(op, PowerBy) else op.domain or ((-1.0, 1.0),) * 4
        inputs = [low + (high - low) * rng.choice(made[-40:]).sigmoid() for low, high in domain]
        made.append(Value.apply(op, *inputs).tanh() + 0.1 * rng.choice(leaves))
    return total(made[-20:]), leaves


def test_every_op_of_the_table_can_be_compiled() -> None:
    known = compiled._loops(()).codes
    assert [op for op in [*TABLE.values(), *NARY.values()] if op not in known] == []


def draw(generator: np.random.Generator) -> list[float]:
    return generator.uniform(-2.0, 2.0, 9).tolist()


@pytest.mark.parametrize("seed", range(5))
def test_random_graphs_of_every_op(seed: int) -> None:
    generator = np.random.default_rng(seed)
    loss, leaves = graph(seed, 400, draw(generator))
    step = replay(loss, wrt=leaves)
    assert step.stats.strategy == "a compiled loop"
    for _ in range(3):
        step.parameters[:] = numbers = draw(generator)
        fresh, others = graph(seed, 400, numbers)
        fresh.backward()
        assert step() == pytest.approx(fresh.data, rel=1e-12)
        np.testing.assert_allclose(step.gradient, [x.grad for x in others], rtol=1e-11, atol=1e-13)


def test_a_batch_is_the_mean_over_its_rows() -> None:
    loss, leaves = graph(7, 400, draw(np.random.default_rng(0)))
    step = replay(loss, wrt=leaves[:6], inputs=leaves[6:], batch=True)
    one = replay(loss, wrt=leaves[:6], inputs=leaves[6:])
    rows = np.random.default_rng(1).uniform(-2.0, 2.0, (10, 3))
    expected = [(one(row), one.gradient.copy()) for row in rows]
    assert step(rows) == pytest.approx(np.mean([loss for loss, _ in expected]), rel=1e-12)
    assert step.stats.strategy == "a compiled loop"
    np.testing.assert_allclose(step.gradient, np.mean([gradient for _, gradient in expected], 0), rtol=1e-10)


def test_graphs_that_arrays_run_faster_are_left_to_them() -> None:
    weights = [[Value(0.01 * (i + j)) for i in range(30)] for j in range(30)]
    samples = [[0.1 * i * k for i in range(30)] for k in range(20)]
    loss = sum([(sum([w * x for w, x in zip(row, sample)]) - 1.0) ** 2 for row in weights for sample in samples])
    assert replay(loss).stats.strategy == "arrays"


@pytest.mark.parametrize("exponent", [math.inf, -math.inf, math.nan, 1e300, -0.0, 7.5])
def test_any_exponent(exponent: float) -> None:
    x, y = Value(0.5), Value(0.0)
    for _ in range(1000):
        y = (y + x ** exponent).tanh()
    y.backward()
    step = replay(y, wrt=[x])
    np.testing.assert_allclose((step(), step.gradient[0]), (y.data, x.grad), rtol=1e-12)


def test_an_op_of_ones_own_is_left_to_the_loop_that_calls_it() -> None:
    compiled._loops(())                             # else the op, which could be written out too, would be in it
    own = elementwise("c_own", lambda x: x * 3.0, lambda x: x * 3.0, lambda out, x: 3.0, methods=())
    try:
        x = y = Value(0.1)
        for _ in range(2500):
            y = Value.apply(own, y).tanh()
        assert replay(y, wrt=[x]).stats.strategy == "loop"
    finally:
        del TABLE["c_own"]


@pytest.mark.parametrize("why", ["a file is there", "no home", "not writable", "no room for what Numba keeps"])
def test_where_nothing_can_be_kept_on_disk_it_compiles_all_the_same(why: str, tmp_path: Path,
                                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: object, **named: object) -> None:
        raise {"no home": RuntimeError, "not writable": PermissionError}[why]

    cache = tmp_path / "cache"
    monkeypatch.setitem(os.environ, "XDG_CACHE_HOME", str(cache))
    if why == "a file is there":
        cache.touch()
    elif why == "no home":
        monkeypatch.delenv("XDG_CACHE_HOME")
        monkeypatch.setattr(Path, "home", refuse)
    elif why == "not writable":
        monkeypatch.setattr(Path, "write_text", refuse)
    else:
        (cache / "ninjagrad").mkdir(parents=True)
        (cache / "ninjagrad" / "__pycache__").touch()
        (cache / "numba").touch()
    forward, back = compiled._compile("from numba import njit\n" + "".join([
        f"@njit(nogil=True, cache=True)\ndef {name}(): return {n}\n" for n, name in ((1, "forward"), (2, "back"))]))
    assert (forward(), back()) == (1, 2)        # type: ignore[func-returns-value]
