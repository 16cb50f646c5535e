"""PyTorch as a second witness: the same programs, the same numbers. Needs the `parity` extra."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the parity extra is not installed")

import autograd.functional as F  # noqa: E402
from autograd import Tensor  # noqa: E402

TF = torch.nn.functional


def both(program, *arrays):
    """Run `program(library tensors, F-like module)` here and in PyTorch; compare results and gradients."""
    ours = [Tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    theirs = [torch.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    here, there = program(*ours), program(*theirs)
    w = np.random.default_rng(3).standard_normal(tuple(there.shape)).astype(arrays[0].dtype)
    (here * Tensor(w)).sum().backward()
    (there * torch.tensor(w)).sum().backward()
    tolerance = 1e-12 if arrays[0].dtype == np.float64 else 2e-5
    np.testing.assert_allclose(here.numpy(), there.detach().numpy(), rtol=tolerance, atol=tolerance)
    for t, u in zip(ours, theirs):
        if u.requires_grad:
            np.testing.assert_allclose(t.grad.numpy(), u.grad.numpy(), rtol=tolerance, atol=tolerance)
            assert t.grad.numpy().dtype == u.grad.numpy().dtype


def random(*shape, dtype=np.float64):
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(dtype)


PROGRAMS = {
    "mlp": (lambda x, w, v: ((x @ w).tanh() @ v).relu().sum(1), (5, 3), (3, 4), (4, 2)),
    "many functions": (lambda x: (x.sigmoid() + x.abs().sqrt() + x.expm1() - (x * x).log1p()) / (2 + x.cos()), (4, 3)),
    "max along": (lambda x: x.max(1, keepdim=True).values * x, (4, 5)),
    "max of all": (lambda x: x.max() * x, (4, 5)),
    "variance": (lambda x: (x - x.mean(0, keepdim=True)) / (x.var(0, keepdim=True) + 1e-5) ** 0.5, (6, 3)),
    "logsumexp": (lambda x: x.logsumexp(dim=1), (4, 5)),
    "batched": (lambda x, y: x @ y, (3, 2, 4), (4, 5)),
    "broadcast powers": (lambda x, y: (x * x + 0.5) ** y, (3, 1), (1, 4)),
    "shapes": (lambda x: x.permute(2, 0, 1).reshape(4, -1)[1:, ::2].unsqueeze(0).expand(2, -1, -1), (2, 3, 4)),
    "transposed": (lambda x: x.transpose(1, 2).flatten(1).T, (2, 3, 4)),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_programs(name, dtype):
    program, *shapes = PROGRAMS[name]
    both(program, *(random(*shape, dtype=dtype) for shape in shapes))


def test_functional():
    x, w, b = random(6, 4), random(5, 4), random(5)
    both(lambda t, u, v: t @ u.T + v, x, w, b)
    for name in ("softmax", "log_softmax"):
        ours, theirs = getattr(F, name), getattr(TF, name)
        both(lambda t: (ours if isinstance(t, Tensor) else theirs)(t, dim=0), x)  # noqa: B023
    for how in ({}, {"approximate": "none"}, {"approximate": "tanh"}):
        both(lambda t: (F if isinstance(t, Tensor) else TF).gelu(t, **how), 3 * x)  # noqa: B023
    p = 1 / (1 + np.exp(-x))
    y = (x > 0.3).astype(float)
    for reduction in ("mean", "sum", "none"):
        def loss(name, t, target, **options):
            library, make = (F, Tensor) if isinstance(t, Tensor) else (TF, torch.tensor)
            return getattr(library, name)(t, make(target), **options)
        both(lambda t: loss("binary_cross_entropy", t, y, reduction=reduction), p)  # noqa: B023
        both(lambda t: loss("binary_cross_entropy_with_logits", t, y, reduction=reduction), x)  # noqa: B023
        both(lambda t: loss("mse_loss", t, y, reduction=reduction), x)  # noqa: B023


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("target", ["classes", "ignored", "probabilities"])
def test_cross_entropy(reduction, smoothing, weighted, target):
    z = random(5, 4)
    y = {"classes": np.array([0, 3, 1, 1, 2]), "ignored": np.array([0, -100, 1, -100, 2]),
         "probabilities": np.random.default_rng(0).dirichlet(np.ones(4), 5)}[target]
    w = np.array([0.5, 1.0, 2.0, 0.0]) if weighted else None

    def program(t):
        if isinstance(t, Tensor):
            return F.cross_entropy(t, y, reduction=reduction, label_smoothing=smoothing, weight=w)
        return TF.cross_entropy(t, torch.tensor(y), reduction=reduction, label_smoothing=smoothing,
                                weight=None if w is None else torch.tensor(w))
    both(program, z)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("shape", [(2, 4, 3), (2, 4, 3, 2), (2, 4, 0)])
def test_losses_of_logits_with_more_axes(reduction, shape):
    if not np.prod(shape) and reduction == "mean":
        return                                      # theirs is nan, ours an error
    rng = np.random.default_rng(1)
    classes = rng.integers(0, 4, (shape[0], *shape[2:]))
    classes.reshape(-1)[1:2] = -100
    probabilities = np.moveaxis(rng.dirichlet(np.ones(4), classes.shape), -1, 1)
    for name, y, options in [("cross_entropy", classes, {"label_smoothing": 0.1}), ("cross_entropy", classes, {}),
                             ("cross_entropy", probabilities, {}), ("nll_loss", classes, {})]:
        def program(t):
            ours = isinstance(t, Tensor)
            weight = np.array([0.5, 1.0, 2.0, 0.3])
            return getattr(F if ours else TF, name)(t, y if ours else torch.tensor(y), reduction=reduction, **options,  # noqa: B023
                                                    weight=weight if ours else torch.tensor(weight))
        both(program, random(*shape))
    z = Tensor(random(*shape), requires_grad=True)
    F.cross_entropy(z, classes, reduction="sum").backward()
    np.testing.assert_allclose(z.grad.numpy(), F.cross_entropy_gradient(z, classes, reduction="sum"), rtol=1e-14)
    with pytest.raises(ValueError, match=r"axis 1 is the classes.*reshape\(-1, C\)"):
        F.cross_entropy(z, np.zeros((2, 5), int))


def test_a_makemore_step_in_float32():
    rng = np.random.default_rng(0)
    X, Y = rng.integers(0, 27, (32, 3)), rng.integers(0, 27, 32)
    shapes = {"C": (27, 10), "W1": (30, 64), "b1": (64,), "gain": (1, 64), "bias": (1, 64), "W2": (64, 27), "b2": (27,)}
    arrays = [0.3 * rng.standard_normal(shape).astype(np.float32) for shape in shapes.values()]

    def program(C, W1, b1, gain, bias, W2, b2):
        pre = C[X].view(32, -1) @ W1 + b1
        mean = pre.mean(0, keepdim=True)
        variance = ((pre - mean) ** 2).sum(0, keepdim=True) / 31
        h = (gain * (pre - mean) * (variance + 1e-5) ** -0.5 + bias).tanh()
        logits = h @ W2 + b2
        counts = (logits - logits.max(1, keepdim=True).values).exp()
        probabilities = counts * counts.sum(1, keepdim=True) ** -1
        return -probabilities.log()[range(32), Y].mean()

    both(program, *arrays)
