"""Softmax, cross-entropy and their relations: the numbers of the derivation, and the closed form against the graph."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import autograd.functional as F
import nn
from autograd import Tensor, Value
from tests.witnesses import central_differences

A = [[2.0, 1.0, 0.1], [0.1, 2.0, 1.9]]
CLASSES = [1, 0]
Y = np.eye(3)[CLASSES]
SOFTMAX = [[0.659, 0.242, 0.099], [0.073, 0.487, 0.440]]
GRADIENT = [[0.3295, -0.3788, 0.0493], [-0.4636, 0.2434, 0.2202]]

FORMS = {
    "fused": F.cross_entropy,
    "softmax": lambda *a, **k: F.cross_entropy_composite(*a, form="softmax", **k),
    "logsumexp": lambda *a, **k: F.cross_entropy_composite(*a, form="logsumexp", **k),
}
EXACT = [FORMS["fused"], FORMS["logsumexp"]]
every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def values(rows):
    return [[Value(z) for z in row] for row in rows]


def grads(rows):
    return [[v.grad for v in row] for row in rows]


# The worked example, and the derivation's steps.

def test_softmax_rows():
    np.testing.assert_allclose(F.softmax(Tensor(A)).numpy(), SOFTMAX, atol=5e-4)
    np.testing.assert_allclose([[p.data for p in F.softmax(row)] for row in values(A)], SOFTMAX, atol=5e-4)


@every_form
@pytest.mark.parametrize("target", [CLASSES, Y, Y.astype(int), Tensor(Y), np.array(CLASSES)], ids=str)
def test_the_worked_example(form, target):
    x = Tensor(A, requires_grad=True)
    loss = form(x, target)
    loss.backward()
    assert loss.item() == pytest.approx(2.0185, abs=5e-5)
    np.testing.assert_allclose(form(x, target, reduction="none").numpy(), [1.417, 2.620], atol=5e-4)
    np.testing.assert_allclose(x.grad.numpy(), GRADIENT, atol=5e-5)
    np.testing.assert_allclose(x.grad.numpy(), F.cross_entropy_gradient(A, target), rtol=0, atol=1e-15)
    rows = values(A)
    form(rows, target if not isinstance(target, Tensor) else target.numpy()).backward()
    np.testing.assert_allclose(grads(rows), F.cross_entropy_gradient(rows, CLASSES), rtol=0, atol=1e-15)


def test_the_gradient_at_the_probabilities_is_minus_y_over_y_hat():
    x = Tensor(A, requires_grad=True)
    p = F.softmax(x)
    (-(Tensor(Y) * p.log()).sum(1)).mean().backward()
    np.testing.assert_allclose(p.grad.numpy(), -Y / p.numpy() / 2, rtol=1e-15)


def test_the_softmax_jacobian():
    """Diagonal s_i(1 − s_i), off-diagonal −s_i s_j; and −y/s times it is s − y, because the y sum to 1."""
    jacobian = []
    for i in range(3):
        z = [Value(v) for v in A[0]]
        s = F.softmax(z)
        s[i].backward()
        jacobian.append([v.grad for v in z])
    s = np.array([p.data for p in s])
    np.testing.assert_allclose(jacobian, np.diag(s) - np.outer(s, s), rtol=0, atol=1e-16)
    for y in (np.array([0.2, 0.5, 0.3]), Y[0]):
        np.testing.assert_allclose(-y / s @ jacobian, s - y, atol=1e-15)


@pytest.mark.parametrize(("y", "third"), [([1, 0, 0], lambda s: s), ([0, 0, 1], lambda s: s - 1)])
def test_three_classes_one_sample(y, third):
    z = [Value(2.0), Value(1.0), Value(-1.0)]
    F.cross_entropy_composite(z, y).backward()
    s = math.exp(-1) / (math.exp(2) + math.exp(1) + math.exp(-1))
    assert z[2].grad == pytest.approx(third(s), rel=1e-15)


def test_the_last_layers_weights_get_h_times_error():
    rng = np.random.default_rng(1)
    layer = nn.Linear(5, 3)
    h = rng.standard_normal((4, 5))
    target = np.array([0, 2, 1, 1])
    F.cross_entropy_composite(layer(h), target).backward()
    error = F.softmax(layer(h)).numpy() - np.eye(3)[target]
    np.testing.assert_allclose(layer.weight.grad.numpy(), error.T @ h / 4, atol=1e-16)
    np.testing.assert_allclose(layer.bias.grad.numpy(), error.mean(0), atol=1e-16)


def test_the_course_object():
    criterion = nn.CrossEntropyLoss()
    assert float(criterion.forward(np.array(A), Y)) == pytest.approx(2.0185, abs=5e-5)
    np.testing.assert_allclose(criterion.backward(), GRADIENT, atol=5e-5)
    x = Tensor(A, requires_grad=True)
    criterion(x, CLASSES).backward()
    np.testing.assert_array_equal(x.grad.numpy(), criterion.backward())
    assert nn.CrossEntropyLoss(reduction="none").forward(np.array(A), Y).shape == (2,)
    with pytest.raises(RuntimeError, match="call forward"):
        nn.CrossEntropyLoss().backward()


# Every option, the forms against each other and against differences.

OPTIONS = [dict(zip(("reduction", "label_smoothing", "weight"), options))
           for options in itertools.product(("mean", "sum", "none"), (0.0, 0.1, 1.0), (None, [0.5, 2.0, 1.0, 0.0]))]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("target", ["classes", "ignored", "probabilities", "single"])
def test_all_forms_agree_in_every_option(options, target):
    rng = np.random.default_rng(5)
    z = 3 * rng.standard_normal((3, 4))
    y = {"classes": np.array([1, 0, 2]), "ignored": np.array([1, -100, 2]), "single": 2,
         "probabilities": rng.dirichlet(np.ones(4), 3)}[target]
    if target == "single":
        z = z[0]
    results = []
    for form in FORMS.values():
        x = Tensor(z, requires_grad=True)
        loss = form(x, y, **options)
        loss.sum().backward()
        results.append((loss.numpy(), x.grad.numpy()))
        x = [Value(v) for v in z] if target == "single" else values(z)
        loss = form(x, y, **options)
        (loss if isinstance(loss, Value) else sum(loss)).backward()
        results.append((np.array(loss.data if isinstance(loss, Value) else [v.data for v in loss]),
                        np.array([v.grad for v in x] if target == "single" else grads(x))))
    closed = F.cross_entropy_gradient(z, y, **options)
    (numeric,) = central_differences(lambda a: F.cross_entropy(a, y, **options).numpy().sum(), z)
    np.testing.assert_allclose(closed, numeric, atol=2e-9)
    for loss, gradient in results:
        np.testing.assert_allclose(loss, results[0][0], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(gradient, closed, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("form", EXACT)
@pytest.mark.parametrize(("z", "target", "loss", "gradient"), [
    ([1e4, -1e4, 0.0], 0, 0.0, [0, 0, 0]),
    ([1e4, -1e4, 0.0], 1, 2e4, [1, -1, 0]),
    ([1000.0, 0.0], 1, 1000.0, [1, -1]),
    ([-800.0, 0.0], 0, 800.0, [-1, 1]),
    ([0.0, 39.3], 1, math.log1p(math.exp(-39.3)), [math.exp(-39.3), 0]),
])
def test_extreme_logits_are_exact(form, z, target, loss, gradient):
    x, v = Tensor(z, requires_grad=True), [Value(z_i) for z_i in z]
    for result in (form(x, target), form(v, target)):
        result.backward()
        assert float(result) == pytest.approx(loss, rel=1e-12, abs=0)
    np.testing.assert_allclose(x.grad.numpy(), gradient, rtol=1e-12)
    np.testing.assert_allclose([v_i.grad for v_i in v], gradient, rtol=1e-12)


@pytest.mark.parametrize("form", EXACT)
def test_classes_masked_with_minus_infinity(form):
    z = [1.0, -math.inf, 0.5]
    for target in (0, [0.25, 0.0, 0.75]):
        x = Tensor(z, requires_grad=True)
        loss = form(x, target)
        loss.backward()
        p = np.exp([1.0, -np.inf, 0.5]) / (math.exp(1) + math.exp(0.5))
        y = np.eye(3)[0] if target == 0 else np.array(target)
        assert loss.item() == pytest.approx(-sum(y[i] * math.log(p[i]) for i in (0, 2)), rel=1e-14)
        np.testing.assert_allclose(x.grad.numpy(), p - y, atol=1e-15)


@every_form
def test_an_ignored_row_contributes_nothing_even_when_full_of_nan(form):
    x = Tensor([[1.0, 2.0], [math.nan, math.nan]], requires_grad=True)
    loss = form(x, [0, -100])
    loss.backward()
    assert loss.item() == pytest.approx(math.log(1 + math.e), rel=1e-15)
    assert x.grad.numpy()[1].tolist() == [0.0, 0.0]
    assert form(x, [0, -100], reduction="none").numpy()[1] == 0.0
    assert form(x, [0, 7], ignore_index=7).item() == loss.item()


@every_form
@pytest.mark.parametrize(("z", "target", "options", "error", "message"), [
    (A, [0, 3], {}, ValueError, r"class index 3 at position 1 .* 3 classes \(0 to 2\)"),
    (A, [-1, 0], {}, ValueError, "class index -1 at position 0"),
    (A, [0.0, 1.0], {}, TypeError, "must be integers, got float64"),
    (A, [True, False], {}, TypeError, "bool"),
    (A, ["0", "1"], {}, TypeError, "expected integer class indices"),
    (A, [0], {}, ValueError, "1 class indices for 2 rows"),
    (A, np.ones((3, 3)) / 3, {}, ValueError, r"shape \(3, 3\) for logits of shape \(2, 3\)"),
    (np.zeros((0, 3)), np.zeros(0, int), {}, ValueError, "a mean over nothing: the batch is empty"),
    (A, [-100, -100], {}, ValueError, "a mean over nothing: every row is ignored"),
    (A, CLASSES, {"weight": [0.0, 0.0, 1.0]}, ValueError, "a mean over nothing"),
    (np.zeros((2, 0)), [0, 0], {}, ValueError, "nothing along dim -1"),
    (A, CLASSES, {"reduction": "average"}, ValueError, "'mean', 'sum' or 'none'"),
    (A, CLASSES, {"label_smoothing": 1.5}, ValueError, "label_smoothing=1.5"),
    (A, CLASSES, {"label_smoothing": math.nan}, ValueError, "label_smoothing=nan"),
    (A, CLASSES, {"weight": [1.0, 1.0]}, ValueError, "one for each of 3 classes"),
])
def test_what_is_wrong_is_named(form, z, target, options, error, message):
    with pytest.raises(error, match=message):
        form(Tensor(z), target, **options)


def test_inputs_are_left_as_they_were():
    z, y = np.array(A), np.array(CLASSES)
    x = Tensor(z, requires_grad=True)
    loss = F.cross_entropy(x, y)
    y[:] = 2                                        # after the forward pass: changes nothing
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy(), GRADIENT, atol=5e-5)
    np.testing.assert_array_equal(z, A)


# Softmax as an ordinary function.

@given(arrays(float, (3, 4), elements=st.floats(-700, 700)), st.floats(-100, 100))
def test_softmax_sums_to_one_and_ignores_a_shift(x, shift):
    s = F.softmax(Tensor(x)).numpy()
    np.testing.assert_allclose(s.sum(1), 1, rtol=1e-15 * 10)
    np.testing.assert_allclose(F.softmax(Tensor(x + shift)).numpy(), s, rtol=1e-11)
    np.testing.assert_allclose(np.exp(F.log_softmax(Tensor(x)).numpy()), s, rtol=1e-12, atol=1e-300)


def test_temperature():
    x = Tensor([1.0, 2.0, 1e10], requires_grad=True)
    assert F.softmax(x, temperature=1e-300).tolist() == [0, 0, 1]
    assert F.softmax(x, temperature=math.inf).tolist() == [1 / 3] * 3
    np.testing.assert_allclose(F.softmax(Tensor([1.0, 2.0]), temperature=2.0).numpy(),
                               F.softmax(Tensor([0.5, 1.0])).numpy(), rtol=1e-15)
    z = [Value(2.0), Value(1.0)]                    # dL/dx = (s − y)/T
    s = F.softmax(z, temperature=4.0)
    (-s[0].log()).backward()
    assert [v.grad for v in z] == pytest.approx([(s[0].data - 1) / 4, s[1].data / 4], rel=1e-14)
    for bad in (0, -1.0, math.nan):
        with pytest.raises(ValueError, match="positive"):
            F.softmax(x, temperature=bad)
    for bad in ("1", None, True):
        with pytest.raises(TypeError, match="temperature"):
            F.softmax(x, temperature=bad)


def test_softmax_goes_anywhere():
    """As a hidden layer, under a squared error: checked by differences."""
    rng = np.random.default_rng(2)
    W, V = rng.standard_normal((3, 4)), rng.standard_normal((4, 2))

    def loss(w, v):
        return ((F.softmax(Tensor(A) @ w, dim=0) @ v).tanh() ** 2).sum()

    w, v = Tensor(W, requires_grad=True), Tensor(V, requires_grad=True)
    loss(w, v).backward()
    for gradient, numeric in zip((w.grad, v.grad), central_differences(lambda *a: loss(*map(Tensor, a)).item(), W, V)):
        np.testing.assert_allclose(gradient.numpy(), numeric, atol=1e-9)


# The other losses, and information theory.

def test_entropy_counts_bits():
    p = [0.5, 0.25, 0.125, 0.125, 0.0]
    assert F.entropy(Tensor(p), base=2).item() == 1.75
    assert F.entropy([Value(v) for v in p], base=2).data == pytest.approx(1.75, rel=1e-15)
    assert F.entropy(Tensor(p)).item() == pytest.approx(1.75 * math.log(2), rel=1e-15)


def test_cross_entropy_is_entropy_plus_divergence():
    p, q = np.array([0.7, 0.2, 0.1]), np.array([0.1, 0.6, 0.3])
    cross = F.cross_entropy(Tensor(np.log(q)), p).item()
    assert cross == pytest.approx((F.entropy(Tensor(p)) + F.kl_divergence(Tensor(p), Tensor(q))).item(), rel=1e-14)
    assert F.kl_divergence(Tensor(p), Tensor(p)).item() == 0.0
    assert F.kl_divergence(Tensor([0.0, 1.0]), Tensor([0.5, 0.5]), base=2).item() == 1.0
    assert F.kl_divergence(Tensor([0.5, 0.5]), Tensor([0.0, 1.0])).item() == math.inf
    assert F.kl_divergence([Value(0.0), Value(1.0)], [Value(0.5), Value(0.5)], base=2).data == 1.0


def test_gradients_of_entropy_at_zero_are_finite():
    p = Tensor([0.0, 0.5, 0.5], requires_grad=True)
    F.entropy(p).backward()
    np.testing.assert_allclose(p.grad.numpy()[1:], -math.log(0.5) - 1, rtol=1e-15)
    assert p.grad.numpy()[0] == 0.0


def test_binary_cross_entropy_puts_its_brackets_right():
    z, y = np.array([-3.0, 0.5, 40.0, -800.0]), np.array([1.0, 0.0, 1.0, 0.25])
    exact = [math.log1p(math.exp(3)), math.log1p(math.exp(0.5)), math.exp(-40), 0.25 * 800]
    for reduction, expected in (("none", exact), ("sum", sum(exact)), ("mean", sum(exact) / 4)):
        got = F.binary_cross_entropy_with_logits(Tensor(z), y, reduction=reduction).numpy()
        np.testing.assert_allclose(got, expected, rtol=1e-13)
        got = F.binary_cross_entropy_with_logits([Value(v) for v in z], y, reduction=reduction)
        np.testing.assert_allclose([v.data for v in got] if isinstance(got, list) else got.data, expected, rtol=1e-13)
    x = Tensor(z, requires_grad=True)
    F.binary_cross_entropy_with_logits(x, y, reduction="sum").backward()
    sigmoid = 1 / (1 + np.exp(-z[:3]))
    np.testing.assert_allclose(x.grad.numpy()[:3], sigmoid - y[:3], atol=1e-15)
    p = Tensor([0.9, 0.2, 1.0, 0.0], requires_grad=True)
    loss = F.binary_cross_entropy(p, [1.0, 0.0, 1.0, 0.0], reduction="none", base=2)
    np.testing.assert_allclose(loss.numpy(), [-math.log2(0.9), -math.log2(0.8), 0, 0], rtol=1e-14, atol=0)
    loss.sum().backward()
    assert np.isfinite(p.grad.numpy()).all()
    with pytest.raises(ValueError, match="outside 0 to 1"):
        F.binary_cross_entropy(Tensor([1.5]), [1.0])


def test_nll_is_cross_entropy_of_log_softmax():
    x = Tensor(A)
    for options in ({}, {"reduction": "sum"}, {"reduction": "none"}, {"weight": [1.0, 2.0, 3.0]}):
        np.testing.assert_allclose(F.nll_loss(F.log_softmax(x), CLASSES, **options).numpy(),
                                   F.cross_entropy(x, CLASSES, **options).numpy(), rtol=1e-15)
    bits = F.nll_loss([v.log() for v in F.softmax(values(A)[0])], 1, base=2)
    assert bits.data == pytest.approx(1.417 / math.log(2), abs=1e-3)


def test_embedding_adds_up_rows_named_twice():
    table = Tensor(np.arange(6.0).reshape(3, 2), requires_grad=True)
    F.embedding([[0, 2], [2, 2]], table).sum().backward()
    assert table.grad.tolist() == [[1, 1], [0, 0], [3, 3]]
    with pytest.raises(IndexError, match="expected 0 to 2"):
        F.embedding([3], table)
    with pytest.raises(TypeError, match="float64"):
        F.embedding([0.5], table)


def test_weights_of_another_dtype_than_the_logits():
    z = Tensor(A, requires_grad=True, dtype=np.float32)
    F.cross_entropy(z, CLASSES, weight=[1.0, 2.0, 3.0]).backward()
    gradient = F.cross_entropy_gradient(z, CLASSES, weight=[1.0, 2.0, 3.0])
    expected = F.cross_entropy_gradient(Tensor(A), CLASSES, weight=[1.0, 2.0, 3.0])
    assert z.grad.dtype == gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, expected, rtol=1e-6)
    np.testing.assert_allclose(z.grad.numpy(), expected, rtol=1e-6)
