"""Every op of the table and ops of one's own, in every way of replaying: equal to eager at other numbers."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd.replaying.replay as replaying
from autograd import Tensor, Value, replay, tensor
from autograd.arrays import structural
from autograd.core.op import TABLE, Op
from autograd.core.ops import power_by
from autograd.extend import elementwise, exp, moves
from autograd.replaying.batches import tile

WAYS: dict[str, Callable[[Any], Any]] = {
    "straight": replaying.Straight,
    "loop": replaying.Loop,
    "compiled": lambda flat: replaying.Compiled(flat) if replaying.can_compile(flat) else replaying.Loop(flat),
    "groups": lambda flat: replaying._Grouped(replaying.Groups(flat, replaying.fold(flat, 10**9))),
}
EXTREME = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, math.inf, -math.inf, math.nan, 1e300, -1e300, 1e-300]


@pytest.fixture(autouse=True)
def tables_as_before() -> Iterator[None]:
    """What a test adds to the tables and to the engines goes with it."""
    before = [(table, dict(table)) for table in (TABLE, structural.STRUCTURAL)]
    yield
    for table, entries in before:
        for name in table.keys() - entries.keys():
            for engine in Value, Tensor:
                if name in vars(engine):
                    delattr(engine, name)
        table.clear()
        table.update(entries)


def _branching(x: Any) -> Any:
    return np.array([v if v > 0.0 else 0.1 * v for v in np.ravel(x)]).reshape(np.shape(x))


def _by_kind(x: Any) -> Any:
    return x * x * x if isinstance(x, (np.ndarray, np.generic)) else x


def _halves(x: Any) -> Any:
    return (np.asarray(x) * 0.5).astype(np.float32)


def own_ops() -> Iterator[tuple[str, Callable[[], Op]]]:
    """Ops that a user may add, each awkward in another way."""
    slope = lambda out, x: 2.0 / math.sqrt(math.pi) * exp(-x * x)       # noqa: E731
    yield "no ufunc", lambda: elementwise("r_erf", math.erf, np.vectorize(math.erf, otypes=[float]), slope)
    yield "a ufunc", lambda: elementwise("r_arctan", math.atan, "arctan", lambda out, x: 1.0 / (1.0 + x * x))
    yield "a branch", lambda: elementwise("r_leaky", lambda x: x if x > 0.0 else 0.1 * x, _branching,
                                          lambda out, x: 0.1 + 0.9 * (x > 0.0))
    yield "ravel", lambda: elementwise("r_flat", lambda x: x * 2.0, lambda x: (x.ravel() * 2.0).reshape(x.shape),
                                       lambda out, x: 2.0)
    yield "asks for a type", lambda: elementwise("r_kind", lambda x: x * x * x, _by_kind, lambda out, x: 3.0 * x * x)
    yield "another dtype", lambda: elementwise("r_narrow", lambda x: x * 0.5, _halves, lambda out, x: 0.5)
    yield "truth values", lambda: elementwise("r_above", lambda x: float(x > 0.25), lambda x: x > 0.25,
                                              lambda out, x: 0.0)
    yield "partial of np", lambda: elementwise("r_gauss", lambda x: math.exp(-x * x), lambda x: np.exp(-x * x),
                                               lambda out, x: -2.0 * x * np.exp(-x * x))
    yield "np's number", lambda: elementwise("r_third", lambda x: x / 3.0, lambda x: x / 3.0,
                                             lambda out, x: np.float64(1.0) / 3.0)
    yield "it raises", lambda: elementwise("r_cosh", math.cosh, np.cosh, lambda out, x: exp(x) * 0.5 - exp(-x) * 0.5)
    yield "two inputs", lambda: elementwise("r_atan2", math.atan2, "arctan2", lambda out, y, x: x / (x * x + y * y),
                                            lambda out, y, x: -y / (x * x + y * y))
    yield "two, awkward", lambda: elementwise("r_hypot", math.hypot, np.vectorize(math.hypot, otypes=[float]),
                                              lambda out, x, y: x / out, lambda out, x, y: y / out)
    yield "three inputs", lambda: elementwise("r_mix", lambda t, x, y: t * x + (1.0 - t) * y,
                                              lambda t, x, y: t * x + (1.0 - t) * y,
                                              lambda out, t, x, y: x - y, lambda out, t, x, y: t,
                                              lambda out, t, x, y: 1.0 - t)


def _of_floats(x: float) -> float:
    return math.exp(-abs(x))


VALUES_ONLY = {
    "partial of math": lambda: elementwise("r_decay", _of_floats, lambda x: np.exp(-np.abs(x)),
                                           lambda out, x: -math.copysign(math.exp(-abs(float(x))), float(x))),
    "partial that branches": lambda: elementwise("r_hard", lambda x: min(max(x, -1.0), 1.0),
                                                 lambda x: np.clip(x, -1.0, 1.0),
                                                 lambda out, x: 1.0 if -1.0 < x < 1.0 else 0.0),
    "partial with a method": lambda: elementwise("r_whole", lambda x: x * 4.0, lambda x: x * 4.0,
                                                 lambda out, x: 4.0 + 0.0 * x.is_integer()),
    "no arrays at all": lambda: elementwise("r_scalar", lambda x: x * 5.0, lambda x: math.fabs(x.nothing),
                                            lambda out, x: 5.0),
}
ROWS = [*TABLE, *(f"power_by {n}" for n in (-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 2.5, 3.0))]
OWN = dict(own_ops())


def made(name: str) -> Op:
    if name.startswith("power_by"):
        return power_by(float(name.split()[1]))
    return TABLE[name] if name in TABLE else {**OWN, **VALUES_ONLY}[name]()


def numbers(arity: int) -> Iterator[tuple[float, ...]]:
    """What to run at: every extreme number, for several inputs every pair of those, and some ordinary ones."""
    rng = random.Random(0)
    yield from itertools.product(EXTREME, repeat=arity) if arity < 3 else zip(EXTREME, EXTREME[3:], EXTREME[5:])
    yield from [tuple([rng.uniform(-2.0, 2.0) for _ in range(arity)]) for _ in range(5)]


def loss_of(op: Op, leaves: list[Value]) -> Value:
    """The op at the beginning of a graph, twice, beside what uses its inputs too."""
    one, two = Value.apply(op, *leaves), Value.apply(op, *[x * 1.0 for x in reversed(leaves)])
    return one * 3.0 + two + leaves[0] * 0.5


def eager(op: Op, given: tuple[float, ...]) -> tuple[float, list[float]]:
    leaves = [Value(x) for x in given]
    with np.errstate(all="ignore"):
        loss = loss_of(op, leaves)
        loss.backward()
    return loss.data, [x.grad for x in leaves]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [*ROWS, *OWN, *VALUES_ONLY])
def test_values(name: str, way: str) -> None:
    op = made(name)
    leaves = [Value(x) for x in (0.7, 1.3, 1.9)[: len(op.partials)]]
    with np.errstate(all="ignore"):
        machine = WAYS[way](replaying.flatten(loss_of(op, leaves), leaves, [])[0])
        for given in numbers(len(leaves)):
            loss, gradient = eager(op, given)
            machine.values[: len(given)] = given
            np.testing.assert_allclose(machine.run(), loss, rtol=1e-12, err_msg=f"{name} {given}")
            np.testing.assert_allclose(machine.gradients[: len(given)], gradient, rtol=1e-12, err_msg=f"{name} {given}")
            np.testing.assert_allclose(machine.forward(), loss, rtol=1e-12, err_msg=f"{name} {given}")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [*ROWS, *OWN, *VALUES_ONLY])
def test_batches_of_values(name: str, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mean over rows: of ordinary ones, and of ones among which one is extreme, where some rows are padding."""
    monkeypatch.setattr(replaying, "_machine", WAYS[way])
    op = made(name)
    w = [Value(x) for x in (0.7, 1.3, 1.9)[: len(op.partials)]]
    x = Value(1.1)
    with np.errstate(all="ignore"):
        step = replay(loss_of(op, [a * x for a in w]), w, [x], batch=True)
        for rows_ in [[0.4], [0.5, 1.0, 1.5], *([extreme, 0.5, 1.5] for extreme in EXTREME)]:
            losses, gradients = [], []
            for row in rows_:
                leaves, fed = [Value(a.data) for a in w], Value(row)
                loss = loss_of(op, [a * fed for a in leaves])
                loss.backward()
                losses.append(loss.data)
                gradients.append([a.grad for a in leaves])
            np.testing.assert_allclose(step(np.array(rows_)[:, None]), np.mean(losses), rtol=1e-12)
            np.testing.assert_allclose(step.gradient, np.mean(gradients, 0), rtol=1e-12)


# Tensors.

def tensor_loss(op: Op, leaves: list[Tensor]) -> Tensor:
    """Broadcast, on a result and on leaves; of a shape that no other axis has."""
    first, *others = leaves
    return (op(first * 1.0, *others) * 3.0).sum() + op(*leaves[::-1]).sum() * 0.5 + first.sum()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", [*ROWS, *OWN])
def test_tensors(name: str, dtype: Any) -> None:
    op = made(name)
    shapes = [(2, 3), (3,), (1, 1)][: len(op.partials)]
    rng = np.random.default_rng(0)

    def leaves(fill: Callable[[tuple[int, ...]], Any]) -> list[Tensor]:
        return [Tensor(fill(shape), requires_grad=True, dtype=dtype) for shape in shapes]

    with np.errstate(all="ignore"):
        recorded = leaves(lambda shape: rng.uniform(0.3, 0.9, shape))
        step = replay(tensor_loss(op, recorded), recorded)
        for turn in range(25):
            fill = rng.standard_normal if turn < 5 else lambda shape: rng.choice(EXTREME, shape)
            fresh = leaves(fill)
            loss = tensor_loss(op, fresh)
            loss.backward()
            for place, node in zip(step.parameters, fresh):
                place[...] = node.numpy()
            rtol = 1e-13 if dtype is np.float64 else 1e-5
            np.testing.assert_allclose(step(), loss.item(), rtol=rtol)
            for got, node in zip(step.gradients, fresh):
                assert got.dtype == dtype
                np.testing.assert_allclose(got, node.grad.numpy(), rtol=rtol, atol=rtol)
            np.testing.assert_allclose(step.forward(), loss.item(), rtol=rtol)


def _cumsum_back(g: Any, out: Any, x: Any, dim: int) -> Any:
    return OWN_MOVES["r_flip"](OWN_MOVES["r_cumsum"](OWN_MOVES["r_flip"](g, dim), dim), dim)


OWN_MOVES: dict[str, Any] = {}


def own_moves() -> dict[str, tuple[Callable[..., Any], bool]]:
    """name -> (a loss of a (4, 3) Tensor and indices, whether the indices are fed)."""
    OWN_MOVES["r_flip"] = flip = moves("r_flip", np.flip, lambda g, out, x, dim: OWN_MOVES["r_flip"](g, dim))
    OWN_MOVES["r_cumsum"] = cumsum = moves("r_cumsum", np.cumsum, _cumsum_back)
    gather = moves("r_gather", lambda x, at: np.asarray(x)[np.asarray(at)],
                   lambda g, out, x, at: structural.scatter(g, at, x.shape))
    listed = moves("r_listed", lambda x, both: x[both[0]] * 2.0 + x[both[1]],
                   lambda g, out, x, both: structural.scatter(g * 2.0, both[0], x.shape)
                   + structural.scatter(g, both[1], x.shape))
    kinds = moves("r_kinds", lambda x: x * x if isinstance(x, np.ndarray) else x, lambda g, out, x: 2.0 * x * g)
    larger = moves("r_larger", lambda x, y: np.where(np.asarray(x) > np.asarray(y), x, y),
                   lambda g, out, x, y: g * (x >= y), lambda g, out, x, y: g * (x < y))
    keeps = moves("r_keeps", lambda x: ((s := np.exp(-np.abs(x))) * x, {"s": s}),
                  lambda g, out, x, kept: g * kept["s"] * (1.0 - np.abs(x)), keeps=1)
    joined = moves("r_joined", lambda parts: np.concatenate(parts),
                   joint=lambda needs, g, out, *parts: np.split(g, np.cumsum([len(part) for part in parts])[:-1]))
    return {
        "flip": (lambda x, i: (flip(x * 1.0, 0) * x).sum(), False),
        "cumsum": (lambda x, i: (cumsum(x * x, 1) * x).sum(), False),
        "gather": (lambda x, i: (gather(x * 2.0, np.array([0, 3, 3])) ** 2).sum(), False),
        "gather, fed": (lambda x, i: (gather(x * 2.0, i._data) ** 2).sum(), True),
        "a list, fed": (lambda x, i: (listed(x * 2.0, [i._data, np.array([1, 1, 0])]) ** 2).sum(), True),
        "asks for a type": (lambda x, i: (kinds(x * 1.0) * x).sum(), False),
        "two inputs": (lambda x, i: (larger(x * 1.0, x * x) * x).sum(), False),
        "keeps": (lambda x, i: (keeps(x * 1.0) * x).sum(), False),
        "many": (lambda x, i: (joined([x * 1.0, x * x]) ** 2).sum(), False),
    }


MOVES = ["flip", "cumsum", "gather", "gather, fed", "a list, fed", "asks for a type", "two inputs", "keeps", "many"]


@pytest.mark.parametrize("name", MOVES)
def test_moves(name: str) -> None:
    loss_of, fed = own_moves()[name]
    rng = np.random.default_rng(1)

    def leaves(turn: int) -> tuple[Tensor, Tensor]:
        data = rng.standard_normal((4, 3)) if turn < 4 else rng.choice(EXTREME, (4, 3))
        return Tensor(data, requires_grad=True), tensor(rng.integers(0, 4, 3))

    with np.errstate(all="ignore"):
        x, indices = leaves(0)
        step = replay(loss_of(x, indices), [x], [indices] if fed else [])
        for turn in range(12):
            x, indices = leaves(turn)
            loss = loss_of(x, indices)
            loss.backward()
            step.parameters[0][...] = x.numpy()
            np.testing.assert_allclose(step(*([indices] if fed else [])), loss.item(), rtol=1e-13)
            np.testing.assert_allclose(step.gradients[0], x.grad.numpy(), rtol=1e-13, atol=1e-13)


def test_a_shape_that_numbers_decide_is_refused_when_it_changes() -> None:
    above = moves("r_above_zero", lambda x: x[x > 0.0], lambda g, out, x: structural.scatter(g, x > 0.0, x.shape))
    x = Tensor([1.0, -1.0, 2.0], requires_grad=True)
    step = replay(above(x * 1.0).sum(), [x])
    assert step() == 3.0
    step.parameters[0][...] = 1.0
    with pytest.raises(ValueError, match=r"r_above_zero gives float64 of shape \(3,\), expected float64 of shape"):
        step()


def test_a_row_of_a_batch_that_pads_it_may_be_infinite() -> None:
    w, x = Value(2.0), Value(1.0)
    step = replay(w / x, [w], [x], batch=True)
    assert (step([[0.0], [1.0], [1.0]]), step.gradient.tolist()) == (math.inf, [math.inf])
    assert step.forward([[0.0], [1.0], [1.0]]) == math.inf
    assert (step([[1.0], [1.0], [4.0]]), *step.gradient) == pytest.approx((1.5, 0.75))


def test_a_batch_is_a_graph_like_any_other() -> None:
    w, x = Value(2.0, label="w"), Value(1.0)
    flat, _ = replaying.flatten(w * x, [w], [x])
    assert len(tile(flat, 4)) > 4 * 3
    assert flat.name(0) == "a leaf labelled 'w'"
