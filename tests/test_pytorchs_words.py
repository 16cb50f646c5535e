"""PyTorch's methods, options and losses that ported code asks for: the same numbers and gradients as PyTorch's."""

import numpy as np
import pytest

import autograd
import autograd.functional as F
import nn
from autograd import Tensor, Value, gradcheck

X = np.array([[1.5, -2.25, 0.75], [-0.5, 3.0, -1.25]])
Y = np.array([[0.5, 1.125, -2.0], [1.5, -0.75, 2.0]])
T = np.array([[1.0, 0.0, 0.25], [0.0, 1.0, 0.5]])

# library (autograd or torch), its F, x, y, targets -> a tensor
PROGRAMS = {
    "x.remainder(y)": lambda t, F, x, y, z: (x.remainder(y.detach()) + x % 2) * y,
    "x // y": lambda t, F, x, y, z: (x.detach() // y.detach() + x.detach().floor_divide(2)) * x,
    "add alpha": lambda t, F, x, y, z: t.add(x, y, alpha=3) + x.sub(y, alpha=0.5),
    "add_ alpha": lambda t, F, x, y, z: x * x.detach().clone().add_(y.detach(), alpha=2).sub_(1.0, alpha=3),
    "index_add_": lambda t, F, x, y, z: x * t.zeros(2, 3, dtype=t.float64).index_add_(
        1, t.tensor([2, 0, 2]), y.detach(), alpha=2),
    "shapes": lambda t, F, x, y, z: x.reshape_as(y.T).view_as(y) * x[:1].expand_as(y).contiguous(),
    "softmax": lambda t, F, x, y, z: x.softmax(1) + y.softmax(dim=0) + t.softmax(x, dim=-1, dtype=t.float64),
    "log_softmax": lambda t, F, x, y, z: x.log_softmax(1) + F.log_softmax(y, dim=0, dtype=t.float64),
    "one number": lambda t, F, x, y, z: x[0, 0].softmax(0) + F.softmax(y[0, 0], dim=-1) + x[1, 1].cumsum(0) * x,
    "dtypes": lambda t, F, x, y, z: x.sum(1, dtype=t.float64) + x.mean(1, dtype=t.float64) + x.prod(1, dtype=t.float64),
    "several dims": lambda t, F, x, y, z: (
        x.amax((0, 1)) + y.amin((0, 1)) + x.logsumexp((0, 1)) + t.logsumexp(y, (0, 1))),
    "masks": lambda t, F, x, y, z: t.where((x.lt(y) & ~y.ge(1.0)) | x.eq(1.5) ^ y.ne(1.125), x, y),
    "finite": lambda t, F, x, y, z: t.where((1 / (x - 1.5)).isfinite() | t.isnan(x) | x.isinf().logical_not(), x, y),
    "softplus": lambda t, F, x, y, z: F.softplus(x, beta=2.0) + F.silu(y) + F.leaky_relu(x, 0.2),
    "layer_norm": lambda t, F, x, y, z: F.layer_norm(x, (3,), y[0], y[1]) + F.layer_norm(x, (2, 3)),
    "l1": lambda t, F, x, y, z: F.l1_loss(x, z, reduction="none"),
    "smooth l1": lambda t, F, x, y, z: F.smooth_l1_loss(x, z, reduction="none", beta=0.7) + F.smooth_l1_loss(y, z),
    "bce": lambda t, F, x, y, z: F.binary_cross_entropy(x.sigmoid(), z, weight=z + 0.5, reduction="none"),
    "bce logits": lambda t, F, x, y, z: F.binary_cross_entropy_with_logits(
        x, z, weight=z + 0.5, pos_weight=t.tensor([1.0, 2.0, 0.5], dtype=t.float64)) * y,
    "in float32": lambda t, F, x, y, z: x.to(dtype=t.float32).to("cpu", t.float64).to(device=t.device("cpu")) * y,
}


def answers(library, functional, program):
    x, y = (library.tensor(a, requires_grad=True) for a in (X, Y))
    out = program(library, functional, x, y, library.tensor(T))
    (out * out).sum().backward()
    zero = np.zeros_like(X)
    return [np.asarray(out.detach().numpy()), *[zero if a.grad is None else a.grad.numpy() for a in (x, y)]]


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_numbers_and_gradients(name):
    torch = pytest.importorskip("torch", reason="the parity extra is not installed")
    for ours, theirs in zip(answers(autograd, F, PROGRAMS[name]), answers(torch, torch.nn.functional, PROGRAMS[name])):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6 if "float32" in name else 1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ["softplus", "smooth l1", "bce", "bce logits", "layer_norm", "several dims"])
def test_gradients_without_a_second_witness(name):
    inputs = [Tensor(X, requires_grad=True), Tensor(Y, requires_grad=True)]
    assert gradcheck(lambda x, y: PROGRAMS[name](autograd, F, x, y, Tensor(T)), inputs)


KINKS = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1e3, -1e3, 1e-300, np.inf, -np.inf])
AT_KINKS = {
    "relu": lambda t, F, x: x.relu(), "abs": lambda t, F, x: x.abs(),
    "leaky_relu": lambda t, F, x: F.leaky_relu(x, 0.1),
    "no leak": lambda t, F, x: F.leaky_relu(x, 0.0), "clamp": lambda t, F, x: x.clamp(-0.5, 1.0),
    "clamp min": lambda t, F, x: x.clamp(min=0.0), "sign": lambda t, F, x: x.sign() * 2.0 + x,
    "maximum": lambda t, F, x: t.maximum(x, t.zeros_like(x)), "minimum": lambda t, F, x: t.minimum(x, x.detach()),
    "sigmoid": lambda t, F, x: x.sigmoid(), "tanh": lambda t, F, x: x.tanh(), "softplus": lambda t, F, x: F.softplus(x),
    "square": lambda t, F, x: x ** 2, "exp": lambda t, F, x: x.exp(), "floor": lambda t, F, x: x.floor() + x,
    "l1_loss": lambda t, F, x: F.l1_loss(x, t.ones_like(x), reduction="none"),
    **{f"smooth_l1_loss, {beta}": lambda t, F, x, beta=beta: F.smooth_l1_loss(
        x, t.zeros_like(x), reduction="none", beta=beta) for beta in (0.0, 0.5, 1.0, 3.0)},
    "where": lambda t, F, x: t.where(x > 0, x, -2.0 * x), "masked_fill": lambda t, F, x: x.masked_fill(x < 0, 0.0),
}


@pytest.mark.parametrize("name", AT_KINKS)
def test_slopes_at_kinks_and_infinities_are_pytorchs(name):
    torch = pytest.importorskip("torch", reason="the parity extra is not installed")
    ours, theirs = (library.tensor(KINKS, requires_grad=True) for library in (autograd, torch))
    for library, functional, x in ((autograd, F, ours), (torch, torch.nn.functional, theirs)):
        AT_KINKS[name](library, functional, x).backward(library.tensor(np.arange(1.0, len(KINKS) + 1)))
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-12)


def test_losses_of_values_take_the_options_too():
    logits = [Value(x) for x in X[0]]
    loss = F.binary_cross_entropy_with_logits(logits, list(T[0]), weight=[1.0, 2.0, 3.0], pos_weight=2.0)
    same = F.binary_cross_entropy_with_logits(Tensor(X[0]), T[0], weight=[1.0, 2.0, 3.0], pos_weight=2.0)
    assert loss.data == pytest.approx(same.item(), rel=1e-14)
    assert [v.data for v in F.l1_loss(logits, [0.0] * 3, reduction="none")] == [1.5, 2.25, 0.75]
    with pytest.raises(ValueError, match="2 weights for 3 inputs"):
        F.binary_cross_entropy_with_logits(logits, [0.0] * 3, weight=[1.0, 2.0])


def test_a_batch_norm_that_counts_all_batches_alike():
    norm, batches = nn.BatchNorm1d(3, momentum=None), np.random.default_rng(0).normal(size=(4, 5, 3))
    for batch in batches:
        norm(Tensor(batch))
    np.testing.assert_allclose(norm.running_mean.numpy(), batches.mean((0, 1)), rtol=1e-12)


@pytest.mark.parametrize("x", [1e-7, -3e-30, 5e-324])
def test_a_small_number_is_not_shown_as_0(x):
    for t in (Tensor([x]), Tensor([1.0, x]), Tensor(x)):
        assert "e-" in repr(t)
    assert repr(Tensor([0.0, 1.5])) == "tensor([0.0, 1.5])"


def test_how_many_digits_are_shown_can_be_chosen():
    autograd.set_printoptions(precision=2, sci_mode=False)
    try:
        assert repr(Tensor([1 / 3])) == "tensor([0.33])"
    finally:
        autograd.set_printoptions()


def test_gradcheck_says_where_it_cannot_tell():
    with pytest.raises(ValueError, match="can't be checked here"):
        gradcheck(lambda x: x.sin(), Value(1e16))
    assert gradcheck(lambda x: x.sin(), Value(10.0))


# Layers with PyTorch's options, by PyTorch's names: the same numbers and gradients, and the same names of parameters.
LAYERS = {
    "ReLU": [{"inplace": False}], "Dropout": [{"p": 0.0, "inplace": True}],
    "Softplus": [{"beta": 2}, {"threshold": 0.5}], "GELU": [{"approximate": "tanh"}],
    "Identity": [{"a": 1}], "Flatten": [{"start_dim": 0}, {"start_dim": 1, "end_dim": 2}, {"start_dim": -2}],
    "Linear": [{"in_features": 2, "out_features": 3, "bias": False, "device": "cpu"}],
    "LayerNorm": [{"normalized_shape": 2, "elementwise_affine": False}, {"normalized_shape": (3, 2), "eps": 0.1},
                  {"normalized_shape": [2], "bias": False}, {"normalized_shape": (4, 3, 2)}],
    "BatchNorm1d": [{"num_features": 3, "affine": False}, {"num_features": 3, "track_running_stats": False},
                    {"num_features": 3, "momentum": None, "eps": 0.1}],
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("name", "options"), [(name, options) for name in LAYERS for options in LAYERS[name]])
def test_layers_take_pytorchs_options(name, options, training):
    torch = pytest.importorskip("torch", reason="the parity extra is not installed")
    theirs, ours = getattr(torch.nn, name)(**options).double().train(training), getattr(nn, name)(**options)
    ours.train(training)
    for p in theirs.parameters():
        p.data = torch.tensor(np.sin(np.arange(1.0, p.numel() + 1))).reshape(p.shape)
    ours.load_state_dict({key: x.numpy() for key, x in theirs.state_dict().items()})
    for seed in range(2):
        batch = np.random.default_rng(seed).normal(size=(4, 3, 2))
        x, y = Tensor(batch, requires_grad=True), torch.tensor(batch, requires_grad=True)
        got, want = ours(x), theirs(y)
        (got * got).sum().backward()
        (want * want).sum().backward()
        np.testing.assert_allclose(got.detach().numpy(), want.detach().numpy(), rtol=1e-12)
        np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-9, atol=1e-12)
    for key, x in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key], x.numpy(), rtol=1e-12)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_a_sequence_by_name_and_in_part():
    net = nn.Sequential({"fc": nn.Linear(2, 3), "act": nn.ReLU(inplace=True)})
    assert [key for key, _ in net.named_parameters()] == ["fc.weight", "fc.bias"]
    assert net.fc is net[0]
    assert net.append(nn.Linear(3, 1))[-1].out_features == 1
    assert [key for key, _ in net.named_parameters()][2:] == ["2.weight", "2.bias"]
    assert len(net[:2]) == 2
    x = Tensor(X[:, :2])
    assert net[:2](x).tolist() == net.fc(x).relu().tolist()


IN_PLACE = {"clamp_": (-1.0, 1.0), "clip_": (-1.0, 1.0), "pow_": (2.0,), "masked_fill_": (X > 0, 9.0), "tril_": (-1,),
            "remainder_": (2.0,), "add_": (2.0,), "sub_": (2.0,), "mul_": (2.0,), "div_": (2.0,), "copy_": (Y,)}
OTHERS = {"requires_grad_", "normal_", "uniform_", "index_add_", "fill_"}


@pytest.mark.parametrize("name", sorted(n for n in dir(Tensor) if n[-1] == "_" != n[0] and hasattr(Tensor, n)))
def test_what_ends_in_a_stroke_changes_the_tensor(name):
    if name in OTHERS:
        return
    torch = pytest.importorskip("torch", reason="the parity extra is not installed")
    given, start = IN_PLACE.get(name, ()), np.abs(X) if "log" in name or "sqrt" in name else X
    ours, theirs = autograd.tensor(start), torch.tensor(start)
    array = ours.numpy()
    assert getattr(ours, name)(*given) is ours
    if hasattr(theirs, name):
        getattr(theirs, name)(*[torch.tensor(x) if isinstance(x, np.ndarray) else x for x in given])
    else:                                           # PyTorch lacks it: the form without the stroke says what is right
        plain = getattr(autograd.tensor(start), name[:-1])(*given)
        theirs.copy_(torch.tensor(plain.tolist(), dtype=theirs.dtype))
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-12)
    assert np.array_equal(array, start)             # what somebody holds stays as it was
    w = Tensor(start, requires_grad=True)
    for reach in (lambda: w.grad, lambda: w.grad.data, lambda: w.grad.data.data):
        w.grad = start
        held = w.grad
        getattr(reach(), name)(*given)
        np.testing.assert_allclose(w.grad.numpy(), theirs.numpy(), rtol=1e-12)
        assert np.array_equal(held.numpy(), start)
    getattr(w.data, name)(*given)
    np.testing.assert_allclose(w.detach().numpy(), theirs.numpy(), rtol=1e-12)
    with pytest.raises(ValueError, match="leaf"):
        getattr(w, name)(*given)
    gradients = []
    for leaf in (Tensor(start, requires_grad=True), torch.tensor(start, requires_grad=True)):
        y = leaf * 1.0                              # a node: the change is an op of its graph
        if hasattr(y, name):
            of = torch.tensor if isinstance(y, torch.Tensor) else np.asarray
            assert getattr(y, name)(*[of(x) if isinstance(x, np.ndarray) else x for x in given]) is y
            (y * y).sum().backward()
            gradients.append(leaf.grad.numpy())
    np.testing.assert_allclose(gradients[0], gradients[-1], rtol=1e-12)
