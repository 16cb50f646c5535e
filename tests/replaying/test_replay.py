"""Replay against the engine: random graphs of every op, at recorded and at changed leaves, in every way of running."""

from __future__ import annotations

import gc
import linecache
import random
import sys
import threading
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import autograd as ag
import autograd.functional as F
import autograd.replaying.replay as recording
import nn
from autograd import Value, enable_grad, no_grad, replay
from autograd.arrays import fused
from autograd.core.nary import dot, total
from autograd.core.op import TABLE
from demos import gpt, moons, names

WAYS = {
    "chosen": recording._machine,
    "straight": recording.Straight,
    "loop": recording.Loop,
    "arrays": lambda flat: recording._Grouped(recording.Groups(flat, recording.fold(flat, 10**9))),
}


def random_graph(seed: int) -> tuple[list[Value], Any]:
    """Leaves, and a function that builds the same graph of them again: every row of the table occurs."""
    rng = random.Random(seed)
    leaves = [Value(rng.uniform(0.5, 1.5) * rng.choice([-1, 1])) for _ in range(rng.randint(1, 12))]
    size, squash = rng.choice([3, 30, 150]), []

    def one(r: random.Random, pool: list[Value]) -> Value:
        a, b, c = (r.choice(pool) for _ in range(3))
        kind = r.random()
        if kind < 0.3:
            return a + b
        if kind < 0.5:
            return a * b * 0.7
        if kind < 0.6:
            n = r.randint(1, 5)
            xs, ys = ([r.choice(pool) for _ in range(n)] for _ in range(2))
            made: Value = r.choice([total, lambda xs: dot(xs, ys), F.logsumexp, lambda xs: F.softmax(xs)[0]])(xs)
            return 0.3 * made
        name = r.choice([*TABLE, "power_by"])
        if name in ("exp", "expm1", "exp2", "sinh", "cosh", "square", "erf"):
            return getattr(a.tanh(), name)()
        if name in ("arcsin", "arccos"):
            return getattr(a.tanh() * 0.9, name)()
        if name in ("log", "log2", "log10", "sqrt", "root", "reciprocal"):
            return TABLE[name](a * a + 0.5)         # type: ignore[no-any-return]
        if name == "log1p":
            return (a * a).log1p()
        if name == "div":
            return a / (b * b + 1.0)
        if name == "power":
            return ((a * a).tanh() + 1.0).power(b.tanh())
        if name == "power_by":
            return (a.tanh() + 1.5) ** r.choice([-2.0, 0.5, 3.0, 2.0, 1.0, -1.0])
        op = TABLE[name]
        inputs = [low + (high - low) * 0.5 * (1.0 + x.tanh()) for x, (low, high) in zip((a, b, c), op.domain)]
        bounded = op.arity == 2 and op.domain[1][0] > 0    # what is not defined for every second input
        return Value.apply(op, *(inputs if bounded else (a, b, c)[: op.arity]))

    def build() -> Value:
        r, pool, first = random.Random(seed), list(leaves), not squash
        for i in range(size):
            value = one(r, pool)
            if first:                               # what kept numbers small at first is part of the graph ever after
                squash.append(abs(value.data) > 50)
            pool.append(value.tanh() if squash[i] else value)
        return total(pool[-8:])

    return leaves, build


def eager(root: Value, leaves: list[Value]) -> tuple[float, np.ndarray]:
    for leaf in leaves:
        leaf.grad = 0.0
    root.backward()
    return root.data, np.array([leaf.grad for leaf in leaves])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("block", range(10))
def test_random_graphs_equal_eager(way: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "_machine", WAYS[way])
    for seed in range(50 * block, 50 * block + 50):
        leaves, build = random_graph(seed)
        root = build()
        step = replay(root, leaves)
        for moved in (0.0, 0.01):
            step.parameters += moved
            for leaf, number in zip(leaves, step.parameters.tolist()):
                leaf.data = number
            loss, gradient = eager(build(), leaves)
            scale = max(1e-300, np.abs(gradient).max())
            assert step() == pytest.approx(loss, rel=1e-10, abs=1e-10 * scale)
            np.testing.assert_allclose(step.gradient, gradient, rtol=1e-10, atol=1e-10 * scale)
            assert step.forward() == pytest.approx(loss, rel=1e-10, abs=1e-10 * scale)


def network(seed: int, biased: bool = True) -> tuple[list[Value], list[Value], Any]:
    """Parameters, inputs, and a function that builds a network's loss; its biases stand in one of many places."""
    rng = random.Random(seed)
    sizes = [rng.choice([1, 2, 5]), *rng.choices([1, 3, 8], k=rng.randint(1, 3))]
    first, shared, twice, fixed, late = (biased and rng.random() < 0.25 for _ in range(5))
    points = [[Value(rng.gauss(0, 1)) for _ in range(sizes[0])] for _ in range(rng.choice([1, 2, 20]))]
    parameters: list[Value] = []

    def new() -> Value:
        parameters.append(Value(rng.gauss(0, 1)))
        return parameters[-1]

    layers = []
    for fan_in, fan_out in pairwise(sizes):
        one = [new()] if shared else None
        neurons = []
        for _ in range(fan_out):
            before = [new()] if first and not shared else None
            weights = [new() for _ in range(fan_in)]
            bias = (one or before or [new()]) if biased else []
            neurons.append((weights, [*bias, *[new()] * twice, *[Value(0.5)] * fixed]))
        layers.append(neurons)
    rng.shuffle(order := list(range(len(points))))

    def loss() -> Value:
        losses = []
        for i in order:
            h = points[i]
            for depth, neurons in enumerate(layers):
                sums = []
                for weights, biases in neurons:
                    terms = [w * x for w, x in zip(weights, h)]
                    sums.append(total([*terms, *biases] if late else [*biases, *terms]))
                h = sums if depth == len(layers) - 1 else [s.tanh() for s in sums]
            losses.append(total(h) ** 2)
        return total(losses) + 0.01 * total([p * p for p in parameters])

    return parameters, [x for point in points for x in point], loss


@pytest.mark.parametrize("fed", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_biases_in_all_places_equal_eager(seed: int, fed: bool) -> None:
    parameters, inputs, build = network(seed)
    flat = recording.flatten(build(), parameters, inputs if fed else [])[0]
    machine: Any = WAYS["arrays"](flat)
    for again in range(2):
        leaves = [*parameters, *inputs] if fed else parameters
        expected, slopes = eager(build(), leaves)
        machine.values[: len(leaves)] = [x.data for x in leaves]
        assert machine.run() == pytest.approx(expected, rel=1e-12)
        np.testing.assert_allclose(machine.gradients[: len(parameters)], slopes[: len(parameters)], 1e-9, 1e-11)
        for x in leaves:
            x.data = 0.7 * x.data + 0.1 * (again + 1)


def test_the_biases_of_a_network_cost_no_call() -> None:
    def steps(biased: bool) -> int:
        model = nn.MLP(2, [8, 8, 1])
        losses = []
        for i in range(100):
            h: list[Any] = [0.1 * i, 1 - 0.2 * i]
            for depth, layer in enumerate(model.layers):
                h = [dot([*n.w], h) + n.b if biased else dot([*n.w], h) for n in layer.neurons]
                h = [x.tanh() for x in h] if depth < 2 else h
            losses.append(h[0] ** 2)
        machine: Any = WAYS["arrays"](recording.flatten(total(losses), model.parameters(), [])[0])
        return machine.steps  # type: ignore[no-any-return]

    assert steps(biased=True) <= steps(biased=False) < 30


@pytest.mark.parametrize("options", [{}, {"reduction": "sum"}, {"label_smoothing": 0.2}, {"weight": [1.0, 2.0, 0.5]},
                                     {"ignore_index": 1}], ids=str)
def test_a_layer_that_is_one_node_is_replayed_as_its_smaller_ops(options: dict[str, Any]) -> None:
    rng = random.Random(1)
    weights = [[Value(rng.gauss(0, 1)) for _ in range(4)] for _ in range(3)]
    leaves = [w for row in weights for w in row]
    points = [[rng.gauss(0, 2) for _ in range(4)] for _ in range(40)]

    def loss() -> Value:
        logits = [[dot(row, point) for row in weights] for point in points]
        made: Value = F.cross_entropy(logits, [i % 3 for i in range(40)], **options) * 2.0
        return made

    with no_grad():
        recorded = replay(loss_with_grad := _with_grad(loss), wrt=leaves)
    assert "cross_entropy" not in [op and op.name for op in recorded._flat.ops]
    for scale in (1.0, -0.5, 300.0):                # at 300 a softmax is 0 and 1
        recorded.parameters[:] = [scale * rng.gauss(0, 1) for _ in leaves]
        for leaf, data in zip(recorded.wrt, recorded.parameters):
            leaf.data = data
        expected, slopes = eager(loss(), recorded.wrt)
        assert recorded() == pytest.approx(expected, rel=1e-12)
        np.testing.assert_allclose(recorded.gradient, slopes, 1e-9, 1e-12)
    assert loss_with_grad.op is not None


def _with_grad(build: Any) -> Value:
    with enable_grad():
        made: Value = build()
    return made


def neuron() -> tuple[list[Value], list[Value], Value]:
    w = [Value(0.5), Value(-0.25), Value(0.1)]
    x = [Value(1.0), Value(2.0)]
    return w, x, ((w[0] * x[0] + w[1] * x[1] + w[2]).tanh() - x[0]) ** 2


@pytest.mark.parametrize("n", [1, 2, 3, 7, 64, 1500])
def test_a_batch_is_the_mean_over_its_rows(n: int) -> None:
    w, x, loss = neuron()
    rows = np.random.default_rng(0).normal(size=(n, 2))
    one, many = replay(loss, w, x), replay(loss, w, x, batch=True)
    losses, gradients = zip(*[(one(row), one.gradient.copy()) for row in rows])
    assert many(rows) == pytest.approx(np.mean(losses), rel=1e-12)
    np.testing.assert_allclose(many.gradient, np.mean(gradients, 0), rtol=1e-10, atol=1e-15)
    assert many.forward(rows) == pytest.approx(np.mean(losses), rel=1e-12)
    assert many.stats.bytes < 10_000_000


def test_training_through_replay_is_training() -> None:
    w, x, loss = neuron()
    step = replay(loss, w, x)
    for _ in range(50):
        for leaf in w:
            leaf.grad = 0.0
        fresh = ((w[0] * x[0] + w[1] * x[1] + w[2]).tanh() - x[0]) ** 2
        fresh.backward()
        assert step([1.0, 2.0]) == pytest.approx(fresh.data, rel=1e-10)
        np.testing.assert_allclose(step.gradient, [leaf.grad for leaf in w], rtol=1e-10)
        step.parameters -= 0.1 * step.gradient
        for leaf in w:
            leaf.data -= 0.1 * leaf.grad
    before = [leaf.data for leaf in w]
    step.sync()
    assert [leaf.data for leaf in w] == pytest.approx(before, rel=1e-10)
    assert [leaf.grad for leaf in w] == step.gradient.tolist()


def test_leaves_that_are_not_used_have_no_gradient() -> None:
    x, y = Value(2.0), Value(3.0)
    step = replay(x * x, [x, y])
    assert (step(), step.gradient.tolist()) == (4.0, [4.0, 0.0])
    step = replay(x, [x, y])
    assert (step(), step.gradient.tolist()) == (2.0, [1.0, 0.0])


def test_the_graph_is_left_as_it_was() -> None:
    w, x, loss = neuron()
    loss.backward()
    before = [(v.data, v.grad) for v in (*w, *x, loss)]
    step = replay(loss, w, x)
    step([4.0, 5.0])
    step.check(loss)
    assert [(v.data, v.grad) for v in (*w, *x, loss)] == before


def test_ieee_numbers_come_out_as_in_eager() -> None:
    for way in WAYS.values():
        x = Value(1.0)
        root = 1.0 / (x - 1.0) + (x * 800.0).exp()
        machine = way(recording.flatten(root, [x], [])[0])
        assert machine.run() == root.data == float("inf")


def test_more_ops_than_the_loop_has_branches_for() -> None:
    x = Value(1.1)
    root = total([(x + 0.1 * n) ** (n + 0.5) for n in range(40)])
    machine = recording.Loop(recording.flatten(root, [x], [])[0])
    root.backward()
    assert machine.run() == root.data
    assert machine.gradients[0] == pytest.approx(x.grad, rel=1e-14)


def test_slopes_in_the_loop_are_ieee_numbers_too() -> None:
    x = Value(0.0)
    root = x ** 0.5 + x.abs() + x / 2.0             # 0.5/√0 raises in Python
    machine = recording.Loop(recording.flatten(root, [x], [])[0])
    assert (machine.run(), machine.gradients[0]) == (0.0, float("inf"))
    machine.values[0] = 4.0
    assert (machine.run(), machine.gradients[0]) == (8.0, 1.75)


def test_an_interrupted_recording_leaves_the_graph_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    w, x, loss = neuron()
    loss.backward()
    before = [v.grad for v in (*w, *x, loss)]

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("autograd.replaying.flat.Flat", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replay(loss, w, x)
    assert [v.grad for v in (*w, *x, loss)] == before


def test_threads_may_record_graphs_of_the_same_leaves() -> None:
    leaves = [Value(0.1 * i) for i in range(1, 50)]
    expected = sum(x.data ** 2 for x in leaves)
    found: list[float] = []

    def record() -> None:
        for _ in range(20):
            found.append(replay(sum([x * x for x in leaves], Value(0.0)), leaves)())

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=record) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert found == pytest.approx([expected] * 80)


def test_the_text_of_a_recording_goes_with_it() -> None:
    w, x, loss = neuron()
    gc.collect()
    gc.disable()
    try:
        before = len(linecache.cache)
        for _ in range(10):
            step = replay(loss, w, x)
            step.forward([1.0, 2.0])
            assert len(linecache.cache) > before
            del step
        assert len(linecache.cache) == before
    finally:
        gc.enable()


def test_constants_may_be_infinite() -> None:
    for constant in (float("inf"), float("-inf")):
        for way in WAYS.values():
            x = Value(2.0)
            machine = way(recording.flatten(x.minimum(Value(constant)) + x.maximum(Value(constant)), [x], [])[0])
            assert (machine.run(), machine.gradients[0]) == (constant, 1.0)


def test_a_leaf_alone_can_be_replayed() -> None:
    x = Value(3.0)
    for way in WAYS.values():
        machine = way(recording.flatten(x, [x], [])[0])
        assert (machine.run(), machine.gradients.tolist()) == (3.0, [1.0])


def test_check_finds_a_frozen_branch() -> None:
    x = Value(2.0)

    def build() -> Value:
        return x * 3.0 if x.data > 0 else x * 5.0

    step = replay(build(), [x])
    assert step.check(build()) == 0.0
    x.data = -2.0
    with pytest.raises(ValueError, match=r"check: the loss is -6 replayed and -10 built afresh.*record again"):
        step.check(build())


@pytest.mark.parametrize("constant", [float("inf"), float("-inf"), float("nan")])
def test_constants_that_are_not_finite(constant: float) -> None:
    for way in WAYS.values():
        x = Value(2.0)
        root = (x + constant).relu() * 0.5 + x
        np.testing.assert_equal(way(recording.flatten(root, [x], [])[0]).run(), root.data)


def test_deep_graphs_need_no_recursion() -> None:
    x = Value(1.0)
    y = x
    for _ in range(100_000):
        y = (y + x) * 0.5
    step = replay(y, [x])
    y.backward()
    assert step() == pytest.approx(y.data)
    assert step.gradient[0] == pytest.approx(x.grad, rel=1e-10)


def test_repr_and_stats_say_what_was_recorded() -> None:
    w, x, loss = neuron()
    step = replay(loss, w, x)
    assert step.stats.nodes == 12
    assert step.stats.strategy == "straight-line code"
    assert repr(step).startswith("replay of 12 nodes as ")


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda w, x, loss: replay(3.0), TypeError, "got float, expected the Value"),
    (lambda w, x, loss: replay(loss, [loss]), ValueError, r"wrt\[0\] is the result of power_by, expected a leaf"),
    (lambda w, x, loss: replay(loss, [1.0]), TypeError, r"wrt\[0\] is of type float"),
    (lambda w, x, loss: replay(loss, [w[0], w[0]]), ValueError, "named twice"),
    (lambda w, x, loss: replay(loss, w, w), ValueError, "named twice"),
    (lambda w, x, loss: replay(loss, w, batch=True), ValueError, "batch=True needs inputs"),
    (lambda w, x, loss: replay(loss, w, x)([1.0]), ValueError, r"got inputs of shape \(1,\), expected \(2,\)"),
    (lambda w, x, loss: replay(loss, w, x)(), ValueError, "recorded with inputs; pass their numbers"),
    (lambda w, x, loss: replay(loss, w, x)(["a", "b"]), TypeError, "dtype <U1, expected real numbers"),
    (lambda w, x, loss: replay(loss, w, x)([1.0, [2.0]]), ValueError, "differing lengths"),
    (lambda w, x, loss: replay(loss, w)([1.0]), ValueError, r"expected \(0,\)"),
    (lambda w, x, loss: replay(loss, w, x, batch=True)([1.0, 2.0]), ValueError, r"expected \(N, 2\)"),
    (lambda w, x, loss: replay(loss, w, x).check(1.0), TypeError, "check: got float"),
])
def test_errors_say_what_was_expected(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(*neuron())


# Tensors.

def tensor_cases() -> dict[str, Any]:
    """One loss per op: a function of parameters A (3, 4), B (4, 3), v (4,) and an integer input i (3,)."""
    return {
        **{name: (lambda A, B, v, i, name=name: TABLE[name](A.tanh() ** 2 * 0.3 + 0.5).sum())
           for name, op in TABLE.items() if op.arity == 1},
        "clamp": lambda A, B, v, i: (A * B.T).clamp(-0.5, 0.4).sum() + TABLE["clamp"](A, B.T, v).sum(),
        **{name: (lambda A, B, v, i, name=name: TABLE[name](A * A + 0.5, v * v + 0.7).sum())
           for name, op in TABLE.items() if op.arity == 2},
        "bce": lambda A, B, v, i: TABLE["bce"](A.sigmoid(), v.sigmoid()).sum(),
        "where": lambda A, B, v, i: ag.where(np.eye(3, 4) > 0, A * v, B.T).sum(),
        "power_by": lambda A, B, v, i: ((A ** 2 + 1.0) ** -0.5 + A ** 3).sum(),
        "matmul": lambda A, B, v, i: ((A @ B).tanh() @ A @ v).sum(),
        "stacks": lambda A, B, v, i: (A.reshape(1, 3, 4) @ B).sum() + (A.reshape(3, 1, 4) @ B.reshape(1, 4, 3)).sum(),
        "outer": lambda A, B, v, i: (v @ B).tanh().sum() + (v @ v),
        "sums": lambda A, B, v, i: (A.sum(0) * v).sum() + (A.sum(1, keepdim=True) * A).mean() + A.var(),
        "max": lambda A, B, v, i: A.max() * (A.max(1).values * B.sum(0)).sum() + A.max(0, keepdim=True).values.sum(),
        "index": lambda A, B, v, i: (A[i] * A[:, 1:2] * v[None, :]).sum() + (A * v)[(np.arange(3), i)].sum(),
        "shapes": lambda A, B, v, i: (A.T.reshape(2, 6) * B.reshape(2, 6)).sum() + (A.permute(1, 0) * B).sum(),
        "cat": lambda A, B, v, i: (ag.cat([A, B.T, A], 1).tanh() ** 2).sum(),
        "softmax": lambda A, B, v, i: (F.softmax(A) * F.log_softmax(B.T)).sum(),
        "cross_entropy": lambda A, B, v, i: F.cross_entropy(A, [0, 3, 1]),
        "cross_entropy_none": lambda A, B, v, i: (F.cross_entropy(A, [0, 3, 1], reduction="none") ** 2).sum(),
        "composite": lambda A, B, v, i: F.cross_entropy_composite(A, [0, 3, 1]),
        "batch_norm": lambda A, B, v, i: (fused.batch_norm(A, v, v) ** 3).sum(),
        "affine": lambda A, B, v, i: (fused.affine(A, B, B.sum(0)) ** 2).sum(),
        "used twice": lambda A, B, v, i: (A + A + A * A - A.sum()).sum(),
        "the parameter itself": lambda A, B, v, i: v.sum(),
    }


@pytest.mark.parametrize("name", tensor_cases())
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_tensor_graphs_equal_eager(name: str, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    build = tensor_cases()[name]

    def leaves() -> tuple[list[ag.Tensor], ag.Tensor]:
        shapes = (3, 4), (4, 3), (4,)
        return ([ag.Tensor(rng.normal(size=shape), requires_grad=True, dtype=dtype) for shape in shapes],
                ag.tensor(rng.integers(0, 3, 3)))

    parameters, ids = leaves()
    inputs = [ids] if name == "index" else []
    step = replay(build(*parameters, ids), parameters, inputs)
    for _ in range(3):                              # other numbers in the same recording, other maxima among them
        parameters, ids = leaves()
        for place, node in zip(step.parameters, parameters):
            place[...] = node.numpy()
        loss = build(*parameters, ids)
        loss.backward()
        tolerance = 1e-10 if dtype is np.float64 else 1e-4
        assert step(*[x.numpy() for x in ([ids] if inputs else [])]) == pytest.approx(loss.item(), rel=tolerance)
        for got, node in zip(step.gradients, parameters):
            expected = np.zeros(node.shape) if node.grad is None else node.grad.numpy()
            assert got.dtype == dtype
            np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance * max(1.0, abs(expected).max()))


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda W, x, loss: replay(W @ x), ValueError, "expected one number"),
    (lambda W, x, loss: replay(loss, batch=True), ValueError, "has its batch as an axis"),
    (lambda W, x, loss: replay(loss, [loss]), ValueError, r"wrt\[0\] is the result of sum"),
    (lambda W, x, loss: replay(loss, [W], [W]), ValueError, "named twice"),
    (lambda W, x, loss: replay(loss, [x]), ValueError, r"wrt\[0\] has no gradient"),
    (lambda W, x, loss: replay(loss, [W], [ag.Tensor([1.0])]), ValueError, r"inputs\[0\] is not in the graph"),
    (lambda W, x, loss: replay(loss, [W], [x])(), ValueError, "got 0 inputs, expected 1"),
    (lambda W, x, loss: replay(loss, [W], [x])(np.ones(3)), ValueError, r"shape \(3,\), expected \(2,\)"),
    (lambda W, x, loss: replay(loss, [W], [x])(["a", "b"]), TypeError, "dtype <U1"),
    (lambda W, x, loss: replay(W[(i := ag.tensor([0, 1]))].sum(), [W], [i])(np.ones(2)), TypeError,
     "expected integers"),
])
def test_tensor_errors_say_what_was_expected(call: Any, error: type[Exception], message: str) -> None:
    W, x = ag.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), ag.Tensor([1.0, -1.0])
    with pytest.raises(error, match=message):
        call(W, x, (W @ x).sum())


def test_tensor_sync_and_check() -> None:
    W, x = ag.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), ag.Tensor([1.0, -1.0])
    step = replay(((W @ x).tanh()).sum(), [W], [x])
    step([2.0, 1.0])
    step.parameters[0][...] *= 0.5
    step.sync()
    assert W.tolist() == [[0.5, 1.0], [1.5, 2.0]]
    assert W.grad.tolist() == step.gradients[0].tolist()
    assert step.check((W @ x).tanh().sum()) < 1e-15
    with pytest.raises(ValueError, match="check: the loss differs"):
        step.check((W @ x).sum())


# Under detect_anomaly.

def value_anomaly(kind: str) -> tuple[Value, Value]:
    """A parameter, and a loss that is fine at 1 and not at 0: 1/p, √p, p·∞ hidden in a quotient, a log of -1."""
    p = Value(1.0, label="p")
    with_label = {"inf": lambda: 1.0 / p, "gradient": lambda: p.sqrt(), "nan": lambda: (p - 1.0 + 1e-300).log(),
                  "hidden": lambda: (p + 0.0) * 0.0 + 1.0 / (1.0 / p)}[kind]
    middle = with_label()
    middle.label = "middle"
    return p, middle * 3.0 + 1.0


VALUE_ANOMALIES = {                                 # at p = 0, or below it where only a nan will do
    "inf": (0.0, r"replay: the result of div labelled 'middle' is inf, computed from 1.0, 0.0"),
    "nan": (-1.0, r"replay: the result of log labelled 'middle' is nan, computed from -2.0"),
    "hidden": (0.0, r"replay: the result of div is inf, computed from 1.0, 0.0"),
    "gradient": (0.0, r"replay: the gradient that the result of sqrt labelled 'middle' passes to a leaf labelled 'p' "
                      r"is inf"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", VALUE_ANOMALIES)
def test_an_anomaly_of_values_is_named(kind: str, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "_machine", WAYS[way])
    bad, message = VALUE_ANOMALIES[kind]
    p, loss = value_anomaly(kind)
    step, fed = replay(loss, [p]), replay(loss, [], [p])
    step.parameters[:] = bad
    step(), step.forward(), fed([bad])              # without the mode it is just a number
    with ag.detect_anomaly():
        with pytest.raises(ArithmeticError, match=message):
            step()
        if kind == "gradient":
            step.forward()
        else:
            for run in (step.forward, lambda: fed([bad]), lambda: fed.forward([bad])):
                with pytest.raises(ArithmeticError, match=message):
                    run()
        step.parameters[:] = 2.0
        step(), fed([2.0])                          # and what is finite passes


@pytest.mark.parametrize("kind", VALUE_ANOMALIES)
def test_an_anomaly_in_a_batch_is_named_with_its_row(kind: str) -> None:
    bad, message = VALUE_ANOMALIES[kind]
    p, loss = value_anomaly(kind)
    w = Value(1.0, label="w")
    step = replay(loss * w, [w], [p], batch=True)
    rows = np.ones((2000, 1))                       # more than are run at once
    rows[1500] = bad
    with ag.detect_anomaly():
        step(np.ones((3, 1)))
        if kind != "gradient":
            for run in (step, step.forward):
                with pytest.raises(ArithmeticError, match=rf"{message}.* \(row 1500 of the batch\)"):
                    run(rows)
        else:
            with pytest.raises(ArithmeticError, match=rf"{message} \(row 1500 of the batch\)"):
                step(rows)
            step.forward(rows)


def test_gradients_that_overflow_only_when_added_up() -> None:
    x = Value(1.0, label="x")
    step = replay(x * 1e308 + x * 1e308, [x])
    step.parameters[:] = 0.1
    message = "the gradients of a leaf labelled 'x' add up to inf"
    with ag.detect_anomaly(), pytest.raises(ArithmeticError, match=message):
        step()


TENSOR_ANOMALIES = {
    "inf": (lambda p: 1.0 / p, 0.0, r"replay: the result of div labelled 'middle' is not finite"),
    "nan": (lambda p: (p - 1.0 + 1e-300).log(), -1.0, r"replay: the result of log labelled 'middle' is not finite"),
    "hidden": (lambda p: 1.0 / (1.0 / p), 0.0, r"replay: the result of div is not finite"),
    "gradient": (lambda p: p.sqrt(), 0.0, r"replay: the gradient that the result of sqrt labelled 'middle' passes to a "
                                          r"leaf labelled 'p' is not finite"),
    "gradient within": (lambda p: (p * 1.0).sqrt(), 0.0, r"replay: the gradient that the result of sqrt labelled "
                                                         r"'middle' passes to the result of mul is not finite"),
    "fused": (lambda p: F.cross_entropy(p, 1), np.nan, r"replay: the result of cross_entropy labelled 'middle' is not "
                                                       r"finite"),
}


@pytest.mark.parametrize("kind", TENSOR_ANOMALIES)
def test_an_anomaly_of_tensors_is_named(kind: str) -> None:
    build, bad, message = TENSOR_ANOMALIES[kind]
    p = ag.Tensor([1.5, 2.0, 3.0], requires_grad=True, label="p")
    middle = build(p)
    middle.label = "middle"
    loss = (middle * 3.0).sum()
    step, fed = replay(loss, [p]), replay(loss, [], [p])
    good, wrong = p.numpy().copy(), p.numpy().copy()
    wrong[1] = bad
    with ag.detect_anomaly():
        step(), fed(good)
        step.parameters[0][...] = wrong
        with pytest.raises(ArithmeticError, match=message):
            step()
        if kind.startswith("gradient"):
            step.forward()
        else:
            for run in (step.forward, lambda: fed(wrong), lambda: fed.forward(wrong)):
                with pytest.raises(ArithmeticError, match=message):
                    run()
        step.parameters[0][...] = good
        step()
    step.parameters[0][...] = wrong
    step()                                          # without the mode it is just a number


def test_an_infinity_that_was_there_before_may_pass() -> None:
    """A mask of -inf is meant; under the mode eager lets it pass too."""
    scores = ag.Tensor([[1.0, 2.0, 3.0]], requires_grad=True)
    mask = ag.Tensor([[0.0, -np.inf, 0.0]])
    step = replay((F.softmax(scores + mask) * ag.Tensor([[1.0, 2.0, 3.0]])).sum(), [scores])
    a, b = Value(1.0), Value(-np.inf)
    masked = replay((a + b).exp() + a, [a])
    with ag.detect_anomaly():
        step()
        masked()
    assert np.isfinite(step.gradients[0]).all()


# Whole training runs of the demos' graphs, eager and replayed apart, each on its own numbers.

STEPS = 12


def same_training(build: Any, weights: list[Any], inputs: list[Any], batches: Any, rate: float) -> None:
    """Train `build(*batch)` eagerly and its recording, each by its own gradients, and compare every step.

    Losses agree to 1e-10, gradients and at last the weights to 1e-10 of the largest.
    """
    values = isinstance(weights[0], Value)
    kind = (lambda arrays: np.array([arrays])) if values else list
    batches = list(batches)
    step = replay(build(*(inputs or ())), weights, inputs)
    recorded = [step.parameters] if values else step.parameters
    first = [array.copy() for array in recorded]
    losses = []
    for batch in batches:
        losses.append((step(*batch), [g.copy() for g in ([step.gradient] if values else step.gradients)]))
        for array, gradient in zip(recorded, losses[-1][1]):
            array -= rate * gradient
    for (replayed, gradients), batch in zip(losses, batches):
        for w in weights:
            w.grad = 0.0 if values else None
        loss = build(*[ag.tensor(x) for x in batch])
        loss.backward()
        assert replayed == pytest.approx(float(loss.data), rel=1e-10)
        expected = kind([w.grad if values else w.grad.numpy() for w in weights])
        for got, gradient in zip(gradients, expected):
            np.testing.assert_allclose(got, gradient, rtol=1e-10, atol=1e-10 * np.abs(gradient).max())
        for w in weights:
            w.data = w.data - rate * w.grad
    for array, start, end in zip(recorded, first, kind([w.data if values else w.numpy() for w in weights])):
        assert np.abs(end - start).max() > 1e-3     # it has gone somewhere
        np.testing.assert_allclose(array, end, rtol=1e-10, atol=1e-10 * np.abs(end).max())


def test_training_on_moons() -> None:
    random.seed(1)
    model = nn.MLP(2, [16, 16, 1])
    X, y = moons.moons(np.random.default_rng(0))
    X, y = X[::4], y[::4]                           # of a hundred points: an eager step of all takes its time

    def build() -> Value:
        hinge = sum((1 - target * model(point)).relu() for target, point in zip(y.tolist(), X.tolist()))
        return hinge / len(y) + 1e-4 * sum(w * w for w in model.parameters())

    same_training(build, model.parameters(), [], [()] * STEPS, 0.5)


def test_training_on_digits() -> None:
    nn.manual_seed(0)
    rng = np.random.default_rng(0)
    model = nn.TensorMLP(64, [128, 64, 10])
    batches = [(rng.uniform(size=(32, 64)), rng.integers(0, 10, 32)) for _ in range(STEPS)]
    same_training(lambda x, y: F.cross_entropy(model(x), y), model.parameters(),
                  [ag.Tensor(np.zeros((32, 64))), ag.tensor(np.zeros(32, int))], batches, 0.1)


def test_training_on_names() -> None:
    """Embedding, batch norm and cross-entropy as the demo has them, with letters and targets for inputs."""
    nn.manual_seed(0)
    rng = np.random.default_rng(0)
    model = names.Letters(27)
    batches = [(rng.integers(0, 27, (32, 3)), rng.integers(0, 27, 32)) for _ in range(STEPS)]
    same_training(lambda x, y: F.cross_entropy(model(x), y), model.parameters(),
                  [ag.tensor(x) for x in batches[-1]], batches, 0.1)


def test_training_on_names_op_by_op() -> None:
    """The lecture's network: every step of batch norm and of cross-entropy is a node of its own."""
    rng = np.random.default_rng(0)
    shapes = (27, 10), (30, 64), (1, 64), (1, 64), (64, 27), (27,)
    C, W1, gain, shift, W2, b2 = weights = [ag.Tensor(rng.normal(size=shape) * 0.3, requires_grad=True)
                                            for shape in shapes]

    def build(x: ag.Tensor, y: ag.Tensor) -> ag.Tensor:
        raw = C[x].reshape(32, 30) @ W1
        h = (gain * (raw - raw.mean(0, keepdim=True)) / (raw.var(0, keepdim=True) + 1e-5).sqrt() + shift).tanh()
        logits = h @ W2 + b2
        shifted = logits - logits.max(1, keepdim=True).values
        counts = shifted.exp()
        probs = counts * counts.sum(1, keepdim=True) ** -1
        return -probs.log()[ag.tensor(range(32)), y].mean()

    batches = [(rng.integers(0, 27, (32, 3)), rng.integers(0, 27, 32)) for _ in range(STEPS)]
    same_training(build, weights, [ag.tensor(x) for x in batches[0]], batches, 0.2)


def test_training_the_gpt() -> None:
    model = gpt.GPT(np.random.default_rng(0), letters=6, places=4)
    same_training(lambda: model.loss([0, 3, 5, 0]), model.parameters(), [], [()] * 5, 0.1)
