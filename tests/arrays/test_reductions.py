"""Sums and extremes: whose result a caller is owed, what is rounded, what has no slope, what a replay finds anew."""

import numpy as np
import pytest

import autograd.functional as F
import nn
from autograd import Tensor, replay
from autograd.arrays.dims import OWED
from autograd.arrays.fused import batch_norm
from autograd.arrays.reductions import Extremum
from tests.arrays.test_tensor import check, random
from tests.needs import needs


def numbers(result):
    """What came out, as arrays: both of a pair."""
    parts = result if isinstance(result, tuple) else (result,)
    return [np.asarray(part.detach()) if hasattr(part, "detach") else np.asarray(part) for part in parts]


# Functions of both libraries, with the arguments they take in each one's words.
BOTH = [
    "sum",
    "mean",
    "var",
    "std",
    "max",
    "min",
    "amax",
    "amin",
    "argmax",
    "argmin",
    "sort",
    "argsort",
    "prod",
    "cumsum",
    "any",
    "all",
]
KEEPING = set(BOTH) - {"sort", "argsort", "cumsum"}


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("where", [0, 1, -1])
@pytest.mark.parametrize("keep", [False, True])
def test_each_caller_gets_the_result_of_the_library_whose_words_it_writes(name, where, keep):
    x = random(3, 4)
    ours = getattr(Tensor(x), name)
    by_torch, by_numpy = {"dim": where}, {"axis": where}
    if keep and name in KEEPING:
        by_torch["keepdim"], by_numpy["keepdims"] = True, True
    owed = numbers(getattr(np, name)(x, **by_numpy))
    for result in (ours(**by_numpy), getattr(np, name)(Tensor(x), **by_numpy)):
        assert isinstance(result, Tensor)
        for got, want in zip(numbers(result), owed, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-13)
            assert got.shape == want.shape
    assert isinstance(ours(**by_torch), Extremum) == (OWED.get(name, ("", ""))[0] == "pair")
    torch = needs("torch", "parity")
    owed = numbers(getattr(torch.tensor(x), name)(**by_torch))
    by_place = () if name in ("var", "std", "sort", "argsort") and keep else ((ours(*by_torch.values())),)
    for result in (ours(**by_torch), *by_place):
        for got, want in zip(numbers(result), owed, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-13)
            assert got.shape == want.shape


@pytest.mark.parametrize("name", sorted(KEEPING))
def test_everything_keeps_its_axes_if_asked(name):
    x = random(2, 3)
    expected = getattr(np, name)(x, keepdims=True)
    for got in (
        getattr(Tensor(x), name)(keepdim=True),
        getattr(Tensor(x), name)(keepdims=True, **({"ddof": 0} if name in ("var", "std") else {})),
        getattr(np, name)(Tensor(x), keepdims=True),
    ):
        assert got.shape == expected.shape == (1, 1)
    np.testing.assert_allclose(got.numpy(), expected, rtol=1e-13)


def test_the_commonest_line_of_all():
    z = Tensor([[1.0, 3.0], [2.0, 0.0]], requires_grad=True)
    for largest in (
        z.max(axis=1, keepdims=True),
        np.max(z, axis=1, keepdims=True),
        np.amax(z, 1, keepdims=True),
        z.amax(1, keepdim=True),
    ):
        e = np.exp(z - largest)
        loss = -np.log((e / e.sum(axis=1, keepdims=True))[[0, 1], [1, 0]]).mean()
        assert loss.item() == pytest.approx(0.12692801104297263, rel=1e-14)
    assert np.max(z).item() == 3
    check(lambda t: t.amax((0, 2)), random(2, 3, 4))
    check(lambda t: t.amin((-1, 0), keepdim=True), random(2, 3, 4))


@pytest.mark.parametrize(
    "use",
    [
        lambda x, pair: x - pair,
        lambda x, pair: pair - x,
        lambda x, pair: pair * 2,
        lambda x, pair: 2 * pair,
        lambda x, pair: pair + pair,
        lambda x, pair: x @ pair,
        lambda x, pair: np.exp(pair),
        lambda x, pair: np.sum(pair),
        lambda x, pair: np.asarray(pair),
        lambda x, pair: Tensor(pair),
        lambda x, pair: -pair,
        lambda x, pair: pair > 1,
        lambda x, pair: pair**2,
        lambda x, pair: np.ones(2) * pair,
        lambda x, pair: x.maximum(pair),
        lambda x, pair: x == pair,
        lambda x, pair: F.softmax(pair),
        lambda x, pair: float(pair),
    ],
)
def test_a_pair_is_no_tensor(use):
    for x in (Tensor([[1.0, 2.0]], requires_grad=True), Tensor([[1.0, 2.0]])):
        with pytest.raises(TypeError, match=r"\.values"):
            use(x, x.max(1))


@pytest.mark.parametrize("name", ["sum", "mean", "var", "max", "amin", "argmax", "norm", "logsumexp", "any", "softmax"])
def test_two_axes_that_disagree_are_refused(name):
    x = Tensor(random(2, 3))
    for call in (lambda: getattr(x, name)(dim=0, axis=1), lambda: getattr(x, name)(axis=1, dim=1)):
        with pytest.raises(TypeError, match="one of the two"):
            call()
    for name in ("softmax", "entropy", "logsumexp"):
        with pytest.raises(TypeError, match="one of the two"):
            getattr(F, name)(x, 0, axis=1)


# float16, and many rows.


def half(*shape, value=0.0):
    return Tensor(np.full(shape, value, np.float16), requires_grad=True)


def test_many_numbers_are_summed_in_a_wider_type_and_rounded_once():
    x = half(70_000)
    x.mean().backward()
    assert x.grad.dtype == np.float16
    assert x.grad.numpy()[0] == np.float16(1 / 70_000)
    tenths = Tensor(np.full((1_000_000, 3), 0.1, np.float32))
    assert tenths.sum(0).tolist() == pytest.approx([100_000.0] * 3, rel=1e-7)
    assert tenths.mean(0).tolist() == pytest.approx([0.1] * 3, rel=1e-7)
    assert tenths.T.sum(1).tolist() == pytest.approx([100_000.0] * 3, rel=1e-7)
    assert Tensor(tenths.numpy().reshape(1000, 3, 1000)).sum((0, 2)).tolist() == pytest.approx(
        [100_000.0] * 3, rel=1e-7
    )
    bias = half(2)
    (half(100_000, 2) + bias).backward(np.full((100_000, 2), 0.01))
    assert bias.grad.tolist() == pytest.approx([1000.0] * 2, rel=1e-3)
    wide = Tensor(np.zeros(2, np.float32), requires_grad=True)
    (Tensor(np.zeros((1_000_000, 2), np.float32)) + wide).backward(np.full((1_000_000, 2), 0.1, np.float32))
    assert wide.grad.tolist() == pytest.approx([100_000.0] * 2, rel=1e-7)
    table = half(2, 3)
    table[np.zeros(50_000, int)].backward(np.full((50_000, 3), 0.01))
    assert table.grad.tolist()[0] == pytest.approx([500.0] * 3, rel=1e-3)
    assert half(5000, value=1.0).cumsum(0).tolist()[-1] == 5000


def test_spreads_of_large_halves_are_finite():
    rows = np.random.default_rng(0).normal(100, 3, (500, 4)).astype(np.float16)
    exact = rows.astype(float)
    x = Tensor(rows, requires_grad=True)
    for got, want in [
        (x.mean(0), exact.mean(0)),
        (x.var(0), exact.var(0, ddof=1)),
        (x.std(0), exact.std(0, ddof=1)),
        (x.norm(dim=0), np.linalg.norm(exact, axis=0)),
        (halved_batch_norm(x), (exact - exact.mean(0)) / exact.std(0)),
    ]:
        assert got.dtype == np.float16
        np.testing.assert_allclose(got.detach().numpy(), want, rtol=2e-3, atol=3e-3)
    x.var(0).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * (exact - exact.mean(0)) / 499, rtol=1e-2, atol=1e-4)


def halved_batch_norm(x):
    return batch_norm(x, Tensor(np.ones(4), dtype=np.float16), Tensor(np.zeros(4), dtype=np.float16))


ROWS = 70_000                                       # more than float16 can count
CLASSES = np.arange(ROWS) % 3
STORED_IN_HALVES = {
    "softmax": (lambda x: F.softmax(x, 0) * 1e3, (ROWS, 2)), "log_softmax": (lambda x: F.log_softmax(x, 0), (ROWS, 2)),
    "Tensor.softmax": (lambda x: x.softmax(0) * 1e3, (ROWS, 2)), "hot": (lambda x: F.softmax(x, 0, 4.0), (2000, 2)),
    "Tensor.log_softmax": (lambda x: x.T.log_softmax(1), (ROWS, 2)),
    "logsumexp": (lambda x: F.logsumexp(x, 0), (ROWS, 2)), "Tensor.logsumexp": (lambda x: x.logsumexp(), (ROWS, 2)),
    "layer_norm": (lambda x: F.layer_norm(x, (8,)), (500, 8)), "wide": (lambda x: F.layer_norm(x, (ROWS,)), (2, ROWS)),
    "LayerNorm": (lambda x: nn.LayerNorm(8, dtype=x.dtype)(x), (500, 8)),
    "BatchNorm1d": (lambda x: nn.BatchNorm1d(2, dtype=x.dtype)(x), (ROWS, 2)),
    "running": (lambda x: x.mean() * 0 + ran(x), (ROWS, 2)),
    "cross_entropy": (lambda x: F.cross_entropy(x, CLASSES), (ROWS, 3)),
    "weighted": (lambda x: F.cross_entropy(x, CLASSES, weight=[1.0, 2.0, 3.0]), (ROWS, 3)),
    "smoothed": (lambda x: F.cross_entropy(x, CLASSES, label_smoothing=0.1), (ROWS, 3)),
    "ignored": (lambda x: F.cross_entropy(x, CLASSES, ignore_index=1), (ROWS, 3)),
    "classes": (lambda x: F.cross_entropy(x, [0, 1]), (2, ROWS)),
    "composite": (lambda x: F.cross_entropy_composite(x, CLASSES), (ROWS, 3)),
    "nll_loss": (lambda x: F.nll_loss(F.log_softmax(x), CLASSES), (ROWS, 3)),
    "mse_loss": (lambda x: F.mse_loss(x, np.ones(ROWS)), (ROWS,)),
    "hinge_loss": (lambda x: F.hinge_loss(x, np.where(CLASSES, 1.0, -1.0)), (ROWS,)),
    "with_logits": (lambda x: F.binary_cross_entropy_with_logits(x, CLASSES > 0), (ROWS,)),
}


def ran(x):
    layer = nn.BatchNorm1d(2, dtype=x.dtype)
    layer(x)
    return layer.running_var + layer.running_mean


@pytest.mark.parametrize("loc", [0.0, 100.0])
@pytest.mark.parametrize("name", STORED_IN_HALVES)
def test_in_halves_the_result_is_that_of_doubles_rounded(name, loc):
    f, shape = STORED_IN_HALVES[name]
    halves = np.random.default_rng(0).normal(loc, 1, shape).astype(np.float16)
    x, exact = Tensor(halves, requires_grad=True), Tensor(halves.astype(float), requires_grad=True)
    got, want = f(x), f(exact)
    assert got.dtype == np.float16
    atol = 2e-3 * abs(want.detach().numpy()).max()
    np.testing.assert_allclose(got.detach().numpy(), want.detach().numpy(), rtol=2e-3, atol=atol)
    weights = np.cos(np.arange(want.numel())).reshape(want.shape)
    for y, like in ((got, np.float16), (want, float)):
        y.backward(weights.astype(np.float16).astype(like))
    g, right = x.grad.numpy(), exact.grad.numpy()
    np.testing.assert_allclose(g, right, rtol=1e-2, atol=1e-2 * abs(right).max() + 6e-8)


# What has no slope.


@pytest.mark.parametrize(
    "spread",
    [
        lambda x: x.std(0),
        lambda x: x.std(),
        lambda x: x.std(0, correction=0),
        lambda x: (x - x.mean()).norm(),
        lambda x: (x * 0).norm(3),
        lambda x: (x * 0).norm(1),
        lambda x: np.std(x),
        lambda x: np.linalg.norm(x - x),
    ],
)
def test_at_equal_numbers_a_spread_has_no_slope(spread):
    x = Tensor([2.0, 2.0, 2.0], requires_grad=True)
    y = spread(x)
    assert y.item() == 0
    y.backward()
    assert x.grad.tolist() == [0, 0, 0]


@pytest.mark.parametrize("p", [1, 2, 3, 2.5, 0.5, np.inf, -np.inf, "fro", None])
@pytest.mark.parametrize("dim", [None, 0, -1])
def test_norms(p, dim):
    x = random(3, 4)
    if p in ("fro", None) or dim is not None:
        np.testing.assert_allclose(
            Tensor(x).norm(p, dim).numpy(), np.linalg.norm(x, None if p in (None, "fro") else p, dim), rtol=1e-13
        )
    else:
        np.testing.assert_allclose(Tensor(x).norm(p).numpy(), np.linalg.norm(x.ravel(), p), rtol=1e-13)
    check(lambda t: t.norm(p, dim), x)


# What depends on the numbers is chosen anew.


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.logsumexp(),
        lambda x: x.reshape(2, 2).logsumexp(1).sum(),
        lambda x: x.max(),
        lambda x: x.reshape(2, 2).max(1).values.sum(),
        lambda x: x.amin(),
        lambda x: x.std(),
        lambda x: x.norm(),
        lambda x: x.norm(3),
        lambda x: x.prod(),
        lambda x: (x.sort().values * Tensor([1.0, 2.0, 3.0, 4.0])).sum(),
        lambda x: x.topk(2).values.sum(),
        lambda x: (x.cumsum(0) ** 2).sum(),
        lambda x: x.amax((0,)),
        lambda x: x.reshape(2, 2).amax((0, 1)),
    ],
)
def test_a_replay_elsewhere_is_what_eager_is_there(function):
    x = Tensor([0.3, -1.0, 0.8, 0.1], requires_grad=True)
    step = replay(function(x), [x])
    rng = np.random.default_rng(0)
    places = [rng.normal(size=4) * scale for scale in (1, 1, 30)] + [
        np.array([2000.0, 1.0, -2000.0, 3.0]),
        np.array([5.0, 5.0, 5.0, 5.0]),
        np.array([-np.inf, 1.0, 2.0, 3.0]),
    ]
    for place in places:
        step.parameters[0][...] = place
        fresh = Tensor(place, requires_grad=True)
        loss = function(fresh)
        loss.backward()
        np.testing.assert_allclose(step(), loss.item(), rtol=1e-12)
        np.testing.assert_allclose(step.gradients[0], fresh.grad.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", sorted(KEEPING - {"var", "std"}))
@pytest.mark.parametrize("dim", [0, -1])
def test_one_number_may_be_reduced_too(name, dim):
    got = getattr(Tensor(3.0), name)(dim)
    values = got.values if isinstance(got, Extremum) else got
    assert values.shape == ()
    assert values.item() == getattr(np, name)(np.array([3.0]), axis=dim)
    with pytest.raises(IndexError, match=name):
        getattr(Tensor(3.0), name)(1)
