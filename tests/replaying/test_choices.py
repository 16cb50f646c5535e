"""Derivatives that are graphs choose nothing for good: recorded at one point, they are right where others are taken."""

import math

import numpy as np
import pytest

import autograd.functional as F
from autograd import Tensor, Value, grad, replay, source, tensor
from autograd.core.op import TABLE
from autograd.core.ops import power_by

POINTS = np.array([[0.3, 1.2, 2.5], [2.5, 0.4, 1.1], [-0.5, -0.1, 0.9], [0.7, 0.7, -2.0], [-3.0, 2.0, 0.2]])
U, W = np.array([1.0, 3.0, 7.0]), np.array([1.0, 2.0, 5.0])
ROWS = {name: op for name, op in TABLE.items() if op.arity == 1 and op.domain == ((-3.0, 3.0),)}
ROWS |= {name: TABLE[name] for name in ("relu", "abs", "sign", "floor", "ceil", "round")}
ROWS |= {f"** {n}": power_by(n) for n in (2.0, 3.0)}
PAIRS = {name: TABLE[name] for name in ("maximum", "minimum", "mul", "sub", "remainder")}
ELEMENTWISE = {name: lambda x, op=op: op(x - 0.5) for name, op in ROWS.items()}
ELEMENTWISE |= {f"{name}, with itself": lambda x, op=op: op(x * x, x + 0.3) for name, op in PAIRS.items()}
ELEMENTWISE |= {
    "clamp": lambda x: x.clamp(-0.3, 1.15), "leaky_relu": lambda x: F.leaky_relu(x), "gelu": lambda x: F.gelu(x),
    "softplus": lambda x: F.softplus(x), "silu": lambda x: F.silu(x), "abs of a relu": lambda x: abs(x.relu() - 1.0)}
REDUCTIONS = {
    "sort": lambda x: (x.sort().values ** 3 * U).sum(), "np.sort": lambda x: (np.sort(x) ** 3 * U).sum(),
    "descending": lambda x: (x.sort(descending=True).values ** 3 * U).sum(),
    "topk": lambda x: (x.topk(2).values ** 3 * U[:2]).sum(), "max": lambda x: x.max() ** 3,
    "max(0)": lambda x: x.max(0).values ** 3, "min(0)": lambda x: x.min(0).values ** 3, "amax": lambda x: x.amax() ** 3,
    "max(0) times another": lambda x: x.max(0).values * (x * U).sum(), "ptp": lambda x: np.ptp(x) ** 3,
    "max, of a matrix": lambda x: (x.reshape(3, 1) * W).max(0).values.prod() * x.sum(),
    "sort, of a matrix": lambda x: ((x.reshape(3, 1) * W).sort(0).values ** 2 * U).sum(),
    "norm": lambda x: x.norm() ** 3, "norm, 1": lambda x: x.norm(1) ** 3, "norm, inf": lambda x: x.norm(math.inf) ** 3,
    "std": lambda x: x.std() ** 3, "prod": lambda x: x.prod() ** 2, "cumsum": lambda x: (x.cumsum(0) ** 3).sum(),
    "logsumexp": lambda x: x.logsumexp() ** 2, "softmax": lambda x: (F.softmax(x) * U).sum(),
    "cross_entropy": lambda x: F.cross_entropy(x, 1), "smooth_l1_loss": lambda x: F.smooth_l1_loss(x, W),
    "hinge_loss": lambda x: F.hinge_loss(x, [1.0, -1.0, 1.0]) ** 2}


def slope(f, x):
    """One number of the gradient of f, with which it moves."""
    g = grad(f(x), x, create_graph=True)
    return (g * g * W + g).sum() + (x * 0.0).sum()


def slope_of_values(f, xs):
    gs = grad(sum(u * f(x) ** 2 for u, x in zip(U.tolist(), xs)), xs, create_graph=True)
    return sum(g * g * w + g for g, w in zip(gs, W.tolist())) + sum(0.0 * x for x in xs)


def of_tensors(f, point):
    x = Tensor(point, requires_grad=True)
    y = slope(f, x)
    y.backward()
    return y, x


@pytest.mark.parametrize("name", [*ELEMENTWISE, *REDUCTIONS])
def test_second_derivatives_of_tensors_replay(name):
    f = REDUCTIONS.get(name) or (lambda x: (ELEMENTWISE[name](x) ** 2 * U).sum())
    for start in POINTS[:3]:
        y, x = of_tensors(f, start)
        step = replay(y, wrt=[x])
        for point in POINTS:
            step.parameters[0][...] = point
            found = step()
            wanted, at = of_tensors(f, point)
            np.testing.assert_allclose(found, wanted.item(), rtol=1e-12)
            np.testing.assert_allclose(step.gradients[0], at.grad.numpy(), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_second_derivatives_of_values_replay(name):
    f = ELEMENTWISE[name]
    for start in POINTS[:2].tolist():
        xs = [Value(x) for x in start]
        step = replay(slope_of_values(f, xs), wrt=xs)
        for point in POINTS.tolist():
            step.parameters[...] = point
            found = step()
            at = [Value(x) for x in point]
            wanted = slope_of_values(f, at)
            wanted.backward()
            np.testing.assert_allclose(found, wanted.data, rtol=1e-12)
            np.testing.assert_allclose(step.gradient, [x.grad for x in at], rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", ["relu", "abs", "clamp", "maximum, with itself", "sort", "max", "max(0)", "norm, inf"])
def test_second_derivatives_as_source(name):
    """It is right at other points, or says that NumPy has no such expression."""
    f = REDUCTIONS.get(name) or (lambda x: (ELEMENTWISE[name](x) ** 2 * U).sum())
    y, x = of_tensors(f, POINTS[0])
    if name in ("max", "norm, inf"):
        with pytest.raises(TypeError, match="shares"):
            source(y, {"x": x})
        return
    scope = {}
    exec(source(y, {"x": x}), scope)
    for point in POINTS:
        found, gradients = scope["step"](x=point.copy())
        wanted, at = of_tensors(f, point)
        np.testing.assert_allclose(found, wanted.item(), rtol=1e-12)
        np.testing.assert_allclose(gradients["x"], at.grad.numpy(), rtol=1e-11, atol=1e-12)


def test_comparisons_outside_are_what_they_were():
    x, v = Tensor([1.0, -1.0], requires_grad=True), Value(1.0)
    grad(grad((x.relu() ** 2).sum(), x, create_graph=True).sum(), x)
    assert (x > 0.0).dtype == np.bool_
    assert (v > 0.0) is True
    assert (v == Value(1.0)) is False
    assert (v != 1.0) is False
    assert not (tensor([1.0]) == tensor([2.0])).any()
