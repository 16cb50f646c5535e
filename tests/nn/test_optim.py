"""Optimisers against PyTorch and against their own formulas, on every kind of parameter; what they must not touch."""

from __future__ import annotations

import gc
import math
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, replay
from nn import optim
from tests.needs import needs

STEPS, SHAPE = 100, (3, 4)
CASES = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"weight_decay": 0.1}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.9, "centered": True, "weight_decay": 0.01, "alpha": 0.9}),
    ("Adam", {}),
    ("Adam", {"betas": (0.8, 0.95), "weight_decay": 0.1, "eps": 1e-6}),
    ("AdamW", {}),
    ("AdamW", {"weight_decay": 0.3}),
]
IDS = [f"{name}-{'-'.join(options)}" for name, options in CASES]


class Replay:
    """What an optimiser sees of a recorded graph: two live arrays."""

    def __init__(self, data: np.ndarray) -> None:
        self.parameters, self.gradient = data, np.zeros_like(data)

    def trainable(self) -> list[tuple[np.ndarray, np.ndarray]]:
        return [(self.parameters, self.gradient)]


def gradients(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=SHAPE), rng.normal(size=(STEPS, *SHAPE))


def run(name: str, options: dict, kind: str, w0: np.ndarray, gs: np.ndarray) -> np.ndarray:
    """Where the weights end up after the given gradients, for parameters of one kind."""
    make = getattr(optim, name)
    if kind == "tensor":
        w = Tensor(w0, requires_grad=True)
        optimizer = make([w], lr=0.01, **options)
        for g in gs:
            w.grad = g
            optimizer.step()
        return w.numpy()
    if kind == "values":
        values = [Value(x) for x in w0.ravel()]
        optimizer = make((v for v in values), lr=0.01, **options)       # a generator will do
        for g in gs:
            for v, x in zip(values, g.ravel()):
                v.grad = x
            optimizer.step()
        return np.reshape([v.data for v in values], SHAPE)
    replay = Replay(w0.copy())
    address = replay.parameters.ctypes.data
    optimizer = make(replay, lr=0.01, **options)
    for g in gs:
        replay.gradient[...] = g
        optimizer.step()
    assert replay.parameters.ctypes.data == address
    return replay.parameters


@pytest.mark.parametrize("kind", ["tensor", "values", "array"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_a_hundred_steps_equal_pytorchs(name, options, kind):
    torch = needs("torch", "parity")
    w0, gs = gradients()
    w = torch.tensor(w0.copy(), requires_grad=True)
    optimizer = getattr(torch.optim, name)([w], lr=0.01, **options)
    for g in gs:
        w.grad = torch.tensor(g)
        optimizer.step()
    np.testing.assert_allclose(run(name, options, kind, w0, gs), w.detach().numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", ["tensor", "values", "array"])
def test_adam_equals_its_formula(kind):
    """The second witness, which needs no PyTorch: Algorithm 1 of the paper."""
    w0, gs = gradients(1)
    w, m, v = w0.copy(), np.zeros(SHAPE), np.zeros(SHAPE)
    for t, g in enumerate(gs, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g ** 2
        w = w - 0.01 * (m / (1 - 0.9 ** t)) / (np.sqrt(v / (1 - 0.999 ** t)) + 1e-8)
    np.testing.assert_allclose(run("Adam", {}, kind, w0, gs), w, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", ["tensor", "values", "array"])
def test_nesterov_equals_its_formula(kind):
    w0, gs = gradients(2)
    w, v = w0.copy(), np.zeros(SHAPE)
    for g in gs:
        v = 0.9 * v + g
        w = w - 0.01 * (g + 0.9 * v)
    np.testing.assert_allclose(run("SGD", {"momentum": 0.9, "nesterov": True}, kind, w0, gs), w, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_float32_stays_float32(name, options):
    w = Tensor(np.ones(3), requires_grad=True, dtype=np.float32)
    optimizer = getattr(optim, name)([w], lr=np.float64(0.1), **options)
    for _ in range(3):
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()
    assert w.dtype == np.float32
    assert {array.dtype for array in optimizer.state_dict()["arrays"].values()} <= {np.dtype(np.float32)}


# A graph's saved arrays never change under it.

@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_graphs_that_live_on_keep_their_gradients(name, options):
    """Every graph of a run is kept; going backward in each at the end gives what it gave at the time."""
    w = Tensor([1.0, -2.0], requires_grad=True)
    optimizer = getattr(optim, name)([w], lr=0.1, **options)
    kept = []
    for _ in range(6):
        loss = (w ** 3 * np.array([1.0, 2.0])).sum()
        optimizer.zero_grad()
        loss.backward()
        kept.append((loss, w.numpy().copy(), w.grad.numpy().copy()))
        optimizer.step()
    for loss, data, gradient in kept:
        w.grad = None
        loss.backward()
        np.testing.assert_array_equal(w.grad.numpy(), gradient)
        np.testing.assert_array_equal(gradient, 3 * data ** 2 * [1.0, 2.0])


@pytest.mark.parametrize("hold", [
    lambda w: w.numpy(), lambda w: w.numpy()[:1], lambda w: w.data, lambda w: w.detach(),
    lambda w: memoryview(w.numpy()), lambda w: w.reshape(1, 2).detach(), lambda w: w.data[0],
], ids=["numpy", "slice", "data", "detach", "memoryview", "reshape", "item"])
def test_what_somebody_holds_of_a_parameter_never_changes(hold):
    w = Tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)
    held, seen = [], []
    for _ in range(8):
        held.append(hold(w))
        seen.append(np.array(held[-1]).copy())
        w.grad = np.ones(2)
        optimizer.step()
    for now, then in zip(held, seen):
        np.testing.assert_array_equal(np.array(now), then)


def test_data_given_to_a_parameter_stays_the_givers():
    shared = Tensor([5.0, 6.0])
    w = Tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)
    for _ in range(4):
        w.grad = np.ones(2)
        optimizer.step()
        w.data = shared
    assert shared.tolist() == [5.0, 6.0]


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_a_warm_step_allocates_no_arrays(name, options):
    n = 100_000
    w = Tensor(np.ones(n), requires_grad=True)
    data, gradient = np.ones(n), np.ones(n)
    w.grad = gradient
    optimizer = getattr(optim, name)([w, (data, gradient)], lr=0.01, **options)
    for _ in range(3):
        optimizer.step()
    gc.collect()
    tracemalloc.start()
    for _ in range(3):
        optimizer.step()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000                            # an array of the parameter's size would be 800,000


def test_two_buffers_change_places():
    w = Tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)
    addresses = []
    for _ in range(6):
        w.grad = [1.0]
        optimizer.step()
        addresses.append(w._data.ctypes.data)
    assert len(set(addresses)) == 2
    assert addresses[0] == addresses[2] == addresses[4]


# What they refuse, and what touches what.

def w() -> Tensor:
    return Tensor([1.0, 2.0], requires_grad=True)


twice = w()
REFUSED = [
    ("no parameters", ValueError, "no parameters", lambda make: make([], lr=0.1)),
    ("an exhausted generator", ValueError, "no parameters", lambda make: make((p for p in ()), lr=0.1)),
    ("a bare tensor", TypeError, r"model.parameters\(\)", lambda make: make(w(), lr=0.1)),
    ("a bare value", TypeError, "a single Value", lambda make: make(Value(1.0), lr=0.1)),
    ("a bare array", TypeError, "a single ndarray", lambda make: make(np.ones(2), lr=0.1)),
    ("a module", TypeError, r"model.parameters\(\)", lambda make: make(__import__("nn").Linear(1, 1), lr=0.1)),
    ("a constant", TypeError, "requires_grad", lambda make: make([Tensor([1.0])], lr=0.1)),
    ("a result", TypeError, "the result of mul", lambda make: make([w() * 2], lr=0.1)),
    ("a number", TypeError, "not a parameter", lambda make: make([1.0], lr=0.1)),
    ("a parameter twice", ValueError, "twice", lambda make: make([twice, twice], lr=0.1)),
    ("a value twice", ValueError, "twice", lambda make: make([v := Value(1.0), v], lr=0.1)),
    ("overlapping arrays", ValueError, "share memory",
     lambda make: make([((a := np.ones(4))[:3], np.ones(3)), (a[2:], np.ones(2))], lr=0.1)),
    ("a read-only array", TypeError, "written to", lambda make: make([(w().numpy(), np.ones(2))], lr=0.1)),
    ("an integer array", TypeError, "int64", lambda make: make([(np.ones(2, int), np.ones(2))], lr=0.1)),
    ("a gradient of another shape", ValueError, r"\(3,\)", lambda make: make([(np.ones(2), np.ones(3))], lr=0.1)),
    ("a negative rate", ValueError, "lr=-0.1", lambda make: make([w()], lr=-0.1)),
    ("a nan rate", ValueError, "lr=nan", lambda make: make([w()], lr=math.nan)),
    ("an infinite rate", ValueError, "lr=inf", lambda make: make([w()], lr=math.inf)),
    ("a rate in words", TypeError, "lr='0.1'", lambda make: make([w()], lr="0.1")),
    ("a negative decay", ValueError, "weight_decay", lambda make: make([w()], lr=0.1, weight_decay=-1.0)),
    ("a nan decay", ValueError, "weight_decay", lambda make: make([w()], lr=0.1, weight_decay=math.nan)),
]


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adam", "AdamW"])
@pytest.mark.parametrize(("error", "message", "call"), [case[1:] for case in REFUSED],
                         ids=[case[0] for case in REFUSED])
def test_what_all_of_them_refuse(name, error, message, call):
    with pytest.raises(error, match=message):
        call(getattr(optim, name))


@pytest.mark.parametrize(("name", "options"), [
    ("Adam", {"betas": (1.0, 0.9)}), ("Adam", {"betas": (0.9, -0.1)}), ("AdamW", {"betas": (0.9, math.nan)}),
    ("Adam", {"eps": -1.0}), ("SGD", {"momentum": 1.0}), ("SGD", {"momentum": -0.1}), ("SGD", {"nesterov": True}),
    ("RMSprop", {"alpha": 1.0}), ("RMSprop", {"momentum": math.nan}),
])
def test_options_out_of_range(name, options):
    with pytest.raises(ValueError, match=name):
        getattr(optim, name)([w()], lr=0.1, **options)


def test_betas_must_be_two():
    with pytest.raises(TypeError, match="two numbers"):
        optim.Adam([w()], betas=(0.9,))


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
@pytest.mark.parametrize("kind", ["tensors", "values", "arrays"])
def test_a_nan_gradient_touches_its_own_parameter_only(name, options, kind):
    data = [np.array([1.0]), np.array([2.0]), np.array([3.0])]
    grads = [np.array([1.0]), np.array([math.nan]), np.array([1.0])]
    parameters = {"tensors": lambda: [Tensor(x, requires_grad=True) for x in data],
                  "values": lambda: [Value(x) for x in data], "arrays": lambda: list(zip(data, grads))}[kind]()
    for p, g in zip(parameters, grads):
        if kind != "arrays":
            p.grad = g
    optimizer = getattr(optim, name)(parameters, lr=0.1, **options)
    for _ in range(3):
        optimizer.step()
    after = [float(p[0][0] if kind == "arrays" else p.data) for p in parameters]
    assert [math.isnan(x) for x in after] == [False, True, False]


def test_a_gradient_of_another_shape_stops_the_step_before_anything_moves():
    a, b = w(), w()
    a.grad, b.grad = np.ones(2), np.ones(2)
    b._grad = np.ones(3)
    optimizer = optim.Adam([a, b])
    with pytest.raises(ValueError, match=r"shape \(2,\) and its gradient \(3,\)"):
        optimizer.step()
    assert a.tolist() == [1.0, 2.0]
    assert optimizer.state_dict()["steps"] == [0, 0]


def test_parameters_without_a_gradient_stay_and_do_not_age():
    a, b = w(), w()
    optimizer = optim.AdamW([a, b], lr=0.1)
    a.grad = np.ones(2)
    optimizer.step()
    assert b.tolist() == [1.0, 2.0]
    assert optimizer.state_dict()["steps"] == [1, 0]


def test_zero_grad_of_every_kind():
    t, v, pair = w(), Value(1.0), (np.ones(2), np.ones(2))
    t.grad, v.grad = np.ones(2), 3.0
    optim.SGD([t, v, pair], lr=0.1).zero_grad()
    assert t.grad is None
    assert v.grad == 0.0
    assert pair[1].tolist() == [0.0, 0.0]


def test_an_optimiser_of_ones_own_needs_only_update():
    class Sign(optim.Optimizer):
        def update(self, p, w, g, out):
            np.subtract(w, self.lr * np.sign(g), out=out)

    t, v = w(), Value(1.0)
    t.grad, v.grad = [3.0, -4.0], 5.0
    Sign([t, v], lr=0.5).step()
    assert (t.tolist(), v.data) == ([0.5, 2.5], 0.5)


# Going on where one stopped.

@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_state_dict_goes_on_to_the_bit(name, options):
    w0, gs = gradients(3)
    one = Tensor(w0, requires_grad=True)
    first = getattr(optim, name)([one], lr=0.02, **options)
    for g in gs[:5]:
        one.grad = g
        first.step()
    two = Tensor(one.numpy(), requires_grad=True)
    second = getattr(optim, name)([two], lr=0.5)    # its own options are replaced
    second.load_state_dict(first.state_dict())
    for g in gs[5:10]:
        one.grad, two.grad = g, g
        first.step()
        second.step()
    np.testing.assert_array_equal(one.numpy(), two.numpy())


def test_a_state_that_does_not_fit_changes_nothing():
    a = w()
    a.grad = np.ones(2)
    adam = optim.Adam([a], lr=0.1)
    adam.step()
    before = adam.state_dict()
    for wrong, message in [
        (optim.SGD([w()], lr=0.1).state_dict(), "another optimiser, SGD"),
        (optim.Adam([w(), w()]).state_dict(), "2 parameters"),
        (before | {"options": before["options"] | {"lr": -1.0}}, "lr=-1.0"),
        (before | {"options": {}}, "options"),
        (before | {"arrays": {"0.exp_avg": np.ones(3)}}, r"shape \(3,\)"),
        (before | {"arrays": {"0.exp_avg": np.ones(2, np.float32)}}, "float32"),
        (before | {"arrays": {"7.exp_avg": np.ones(2)}}, "7.exp_avg"),
        ({}, "state_dict"), (None, "state_dict"),
    ]:
        with pytest.raises(ValueError, match=message):
            adam.load_state_dict(wrong)
        after = adam.state_dict()
        assert after["options"] == before["options"]
        assert all((after["arrays"][key] == array).all() for key, array in before["arrays"].items())


# Schedules and clipping.

SCHEDULES = [
    ("StepLR", {"step_size": 7, "gamma": 0.3}),
    ("CosineAnnealingLR", {"T_max": 50, "eta_min": 0.001}),
    ("LinearLR", {"start_factor": 0.1, "end_factor": 0.9, "total_iters": 20}),
    ("LambdaLR", {"lr_lambda": lambda t: 1 / (1 + t)}),
]


@pytest.mark.parametrize(("name", "options"), SCHEDULES, ids=[name for name, _ in SCHEDULES])
def test_schedules_equal_pytorchs(name, options):
    torch = needs("torch", "parity")
    ours = optim.SGD([Value(0.0)], lr=0.1)
    theirs = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    schedule = getattr(optim, name)(ours, **options)
    reference = getattr(torch.optim.lr_scheduler, name)(theirs, **options)
    for _ in range(50):
        assert ours.lr == pytest.approx(theirs.param_groups[0]["lr"], abs=1e-12)
        theirs.step()
        schedule.step()
        reference.step()


def test_warmup_rises_to_the_rate_then_hands_over():
    optimizer = optim.SGD([Value(0.0)], lr=1.0)
    schedule = optim.CosineAnnealingLR(optimizer, T_max=4, warmup=4)
    rates = []
    for _ in range(10):
        rates.append(optimizer.lr)
        schedule.step()
    assert rates[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert rates[5:] == pytest.approx([0.5 * (1 + math.cos(math.pi * t / 4)) for t in (1, 2, 3, 4, 4)])


def test_a_schedule_goes_on_where_it_stopped():
    one, two = optim.SGD([Value(0.0)], lr=0.1), optim.SGD([Value(0.0)], lr=0.7)
    first, second = optim.StepLR(one, 2, warmup=3), optim.StepLR(two, 2, warmup=3)
    for _ in range(5):
        first.step()
    second.load_state_dict(first.state_dict())
    assert one.lr == two.lr


@pytest.mark.parametrize(("make", "error"), [
    (lambda o: optim.StepLR(o, 0), ValueError), (lambda o: optim.StepLR(o, 1.5), TypeError),
    (lambda o: optim.CosineAnnealingLR(o, 10, warmup=-1), ValueError), (lambda o: optim.StepLR(w(), 1), TypeError),
    (lambda o: optim.LambdaLR(o, lambda t: -1.0), ValueError),
])
def test_schedules_refuse(make, error):
    with pytest.raises(error):
        make(optim.SGD([Value(0.0)], lr=0.1))


@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.0, math.inf])
@pytest.mark.parametrize("max_norm", [0.5, 100.0])
def test_clipping_equals_pytorchs(norm_type, max_norm):
    torch = needs("torch", "parity")
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(3, 2)), rng.normal(size=4)]
    theirs = [torch.zeros(x.shape, dtype=torch.float64, requires_grad=True) for x in arrays]
    ours = [Tensor(np.zeros(x.shape), requires_grad=True) for x in arrays]
    for p, q, g in zip(theirs, ours, arrays):
        p.grad, q.grad = torch.tensor(g), g
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type).item()
    assert optim.clip_grad_norm_(ours, max_norm, norm_type) == pytest.approx(expected, abs=1e-12)
    for p, q in zip(theirs, ours):
        np.testing.assert_allclose(q.grad.numpy(), p.grad.numpy(), rtol=0, atol=1e-12)


def test_clipping_scales_every_kind_and_nobody_elses_arrays():
    t, v, pair = Tensor([0.0], requires_grad=True), Value(0.0), (np.zeros(1), np.array([4.0]))
    t.grad, v.grad = [2.0], -4.0
    held = t.grad
    assert optim.clip_grad_norm_([t, v, pair], 3.0) == pytest.approx(6.0)
    assert [t.grad.item(), v.grad, pair[1][0]] == pytest.approx([1.0, -2.0, 2.0], abs=1e-6)
    assert held.item() == 2.0


def test_clipping_of_enormous_and_of_broken_gradients():
    big, bad = w(), w()
    big.grad, bad.grad = [3e300, 4e300], [math.nan, 1.0]
    assert optim.clip_grad_norm_([big], 1.0) == pytest.approx(5e300)
    assert big.grad.tolist() == pytest.approx([0.6, 0.8])
    big.grad = [3.0, 4.0]
    assert math.isnan(optim.clip_grad_norm_([big, bad], 1.0))
    assert big.grad.tolist() == [3.0, 4.0]
    with pytest.raises(ValueError, match="nan"):
        optim.clip_grad_norm_([big, bad], 1.0, error_if_nonfinite=True)


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_a_replay_trains_as_its_values_do(name, options):
    def loss_of(a: Value, b: Value) -> Value:
        return (a * b - 1.0) ** 2 + 0.1 * a * a + (b - 0.5).exp()

    eager, recorded = [Value(0.7), Value(-0.3)], [Value(0.7), Value(-0.3)]
    step = replay(loss_of(*recorded), wrt=recorded)
    one = getattr(optim, name)(eager, lr=0.05, **options)
    other = getattr(optim, name)(step, lr=0.05, **options)
    for _ in range(20):
        loss = loss_of(*eager)
        one.zero_grad()
        loss.backward()
        other.zero_grad()
        assert step() == pytest.approx(loss.data, abs=1e-12)
        one.step()
        other.step()
    step.sync()
    assert [v.data for v in recorded] == pytest.approx([v.data for v in eager], abs=1e-12)


def test_an_optimiser_shows_what_it_was_told():
    assert repr(optim.SGD([Value(1.0)], lr=0.1)) == \
        "SGD(1 parameter, lr=0.1, momentum=0.0, nesterov=False, weight_decay=0.0)"


# One rule for floats and arrays; one protocol for whoever has arrays.

@pytest.mark.parametrize("options", [
    {"momentum": momentum, "nesterov": nesterov, "weight_decay": decay}
    for momentum, nesterov in [(0.0, False), (0.9, False), (0.9, True)] for decay in (0.0, 0.1)], ids=str)
def test_sgd_of_values_gives_the_bits_of_sgd_of_arrays(options):
    rng = np.random.default_rng(0)
    data, gradient = rng.standard_normal(50), np.zeros(50)
    values = [Value(x) for x in data]
    optimizers = optim.SGD(values, lr=0.1, **options), optim.SGD([(data, gradient)], lr=0.1, **options)
    for turn in range(12):
        gradient[:] = rng.standard_normal(50) * 10.0 ** rng.integers(-20, 20, 50)
        gradient[:3] = [math.inf, math.nan, 1e308] if turn == 8 else gradient[:3]
        for v, g in zip(values, gradient.tolist()):
            v.grad = g
        for optimizer in optimizers:
            optimizer.step()
        if turn == 5:                               # the state goes through a checkpoint and comes back
            for optimizer in optimizers:
                optimizer.load_state_dict(optimizer.state_dict())
        np.testing.assert_array_equal([v.data for v in values], data)
    states = [optimizer.state_dict() for optimizer in optimizers]
    assert states[0]["arrays"].keys() == states[1]["arrays"].keys()
    for name, array in states[0]["arrays"].items():
        np.testing.assert_array_equal(array, states[1]["arrays"][name])


def test_a_rule_of_ones_own_serves_values_too():
    class Halved(optim.SGD):
        def update(self, p, w, g, out):
            np.subtract(w, 0.5 * self.lr * g, out=out)

    v = Value(1.0)
    v.grad = 1.0
    Halved([v], lr=0.5).step()
    assert v.data == 0.75


def test_sgd_of_values_needs_no_numpy():
    program = """
import sys
sys.modules["numpy"] = None                         # as where it is not installed
import importlib.util
from autograd import Value
spec = importlib.util.spec_from_file_location("optim", sys.argv[1])
optim = importlib.util.module_from_spec(spec)
sys.modules["optim"] = optim
spec.loader.exec_module(optim)
w = [Value(1.0), Value(-2.0)]
sgd = optim.SGD(w, lr=0.1, momentum=0.5, nesterov=True, weight_decay=0.1)
schedule = optim.StepLR(sgd, 1)
for _ in range(3):
    sgd.zero_grad()
    (w[0] * w[1]).backward()
    sgd.step()
    schedule.step()
print([v.data for v in w])
try:
    optim.Adam(w).step()
except ImportError as error:
    print(error)
"""
    path = optim.__file__
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=False,
                          cwd=Path(path).parent.parent)
    numbers, message = done.stdout.splitlines() or [done.stderr, ""]
    w = [Value(1.0), Value(-2.0)]
    sgd = optim.SGD(w, lr=0.1, momentum=0.5, nesterov=True, weight_decay=0.1)
    schedule = optim.StepLR(sgd, 1)
    for _ in range(3):
        sgd.zero_grad()
        (w[0] * w[1]).backward()
        sgd.step()
        schedule.step()
    assert numbers == str([v.data for v in w])
    assert message == "nn.optim: this needs NumPy: pip install numpy"


def test_replays_are_trainable_and_clipped():
    w, x = Value(3.0), Tensor([3.0, 4.0], requires_grad=True)
    for recorded in replay(w * w * 0.5, [w]), replay((x * x).sum() * 0.5, [x]):
        assert isinstance(recorded, optim.Trainable)
        recorded()
        norm = optim.clip_grad_norm_(recorded, 1.0)
        (data, gradient), = recorded.trainable()
        assert norm == pytest.approx(np.linalg.norm(data))
        assert np.linalg.norm(gradient) == pytest.approx(1.0, rel=1e-5)
        before = data.copy()
        optim.SGD(recorded, lr=0.5).step()
        np.testing.assert_array_equal(data, before - gradient * 0.5)


# Groups of parameters with options of their own.

KINDS = [("SGD", {"momentum": 0.9}, {"momentum": 0.0, "weight_decay": 0.1}),
         ("AdamW", {"weight_decay": 0.1}, {"lr": 0.2}),
         ("Adam", {"betas": (0.8, 0.9)}, {"eps": 0.1, "betas": (0.5, 0.6)}),
         ("RMSprop", {"alpha": 0.9}, {"centered": True, "lr": 0.3})]


def grouped(library, optimizers, kind, options, own):
    """An optimiser of two groups, its parameters, and a step of both."""
    ws = [library.tensor(np.array(x), requires_grad=True) for x in ([[1.0, -2.0], [0.5, 3.0]], [0.25, -1.0], [4.0])]
    optimizer = getattr(optimizers, kind)([{"params": ws[:2]}, {"params": ws[2:], **own}], lr=0.1, **options)

    def step(seed):
        optimizer.zero_grad()
        sum((w * w * math.cos(seed + i)).sum() for i, w in enumerate(ws)).backward()
        optimizer.step()

    return optimizer, ws, step


RATES = {None: {}, "StepLR": {"step_size": 2}, "CosineAnnealingLR": {"T_max": 8, "eta_min": 0.01}}


@pytest.mark.parametrize(("kind", "options", "own"), KINDS, ids=[kind[0] for kind in KINDS])
@pytest.mark.parametrize("schedule", RATES)
def test_groups_go_by_their_own_options_as_pytorchs_do(kind, options, own, schedule):
    torch = needs("torch", "parity")
    theirs, vs, back = grouped(torch, torch.optim, kind, options, own)
    ours, ws, step = grouped(autograd, optim, kind, options, own)

    def plan(home, optimizer):
        return getattr(home, schedule)(optimizer, **RATES[schedule]) if schedule else None

    their_plan, our_plan = plan(torch.optim.lr_scheduler, theirs), plan(optim, ours)
    for seed in range(5):
        back(seed)
        step(seed)
        if schedule:
            their_plan.step()
            our_plan.step()
        if seed == 2:                               # goes on from a state as if nothing had been
            state, told, numbers = ours.state_dict(), our_plan and our_plan.state_dict(), ws
            ours, ws, step = grouped(autograd, optim, kind, options, own)
            our_plan = plan(optim, ours)
            for w, x in zip(ws, numbers):
                w.data = x
            ours.load_state_dict(state)
            if schedule:
                our_plan.load_state_dict(told)
        for w, v in zip(ws, vs):
            np.testing.assert_allclose(w.numpy(), v.detach().numpy(), rtol=1e-9, atol=1e-12)
        assert [g["lr"] for g in ours.param_groups] == pytest.approx([g["lr"] for g in theirs.param_groups], abs=1e-15)


def test_groups_of_values_and_tensors_and_what_is_wrong_with_some():
    v, t = Value(1.0), Tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([{"params": [v], "lr": 0.5}, {"params": t}], 0.1)
    (v * 2.0).backward()
    (t * 2.0).sum().backward()
    optimizer.step()
    assert (v.data, t.item()) == (0.0, pytest.approx(0.8))
    optimizer.lr = 1.0
    assert [group["lr"] for group in optimizer.param_groups] == [1.0, 1.0]
    optimizer.param_groups[1]["momentum"] = 0.5
    assert [group["momentum"] for group in optimizer.param_groups] == [0.0, 0.5]
    for wrong in ([{"params": [v]}, {"params": [v]}], [{"parameters": [v]}], [{"params": [v], "learning_rate": 1.0}],
                  [{"params": [v], "lr": -1.0}], [{"params": []}]):
        with pytest.raises(ValueError, match="SGD"):
            optim.SGD(wrong)
    with pytest.raises(ValueError, match="groups"):
        optim.SGD([v, t]).load_state_dict(optimizer.state_dict())


def test_values_of_gradients_are_clipped():
    t, v, pair = Tensor([0.0, 0.0], requires_grad=True), Value(0.0), (np.zeros(1), np.array([-math.inf]))
    t.grad, v.grad = [2.0, -0.5], -4.0
    nn.utils.clip_grad_value_([t, v, pair], 1.0)
    assert (t.grad.tolist(), v.grad, pair[1][0]) == ([1.0, -0.5], -1.0, -1.0)
    assert nn.utils.clip_grad_norm_ is optim.clip_grad_norm_
