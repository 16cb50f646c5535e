"""Layers as one node against their compositions and against differences, gradients of gradients aside."""

import linecache
import math

import numpy as np
import pytest

import autograd.functional as F
from autograd import Tensor, grad, replay
from autograd.arrays import structural
from autograd.arrays.fused import affine, batch_norm
from autograd.core.op import TABLE
from tests.witnesses import central_differences


def random(*shape):
    return np.random.default_rng(len(shape)).standard_normal(shape)


def composed_batch_norm(x, gain, bias, eps=1e-5, correction=0):
    mean = x.mean(0, keepdim=True)
    variance = ((x - mean) ** 2).sum(0, keepdim=True) / (len(x) - correction)
    return gain * ((x - mean) / (variance + eps).sqrt()) + bias


CASES = {
    "affine": (affine, lambda x, w, b: x @ w + b, (4, 3), (3, 2), (2,)),
    "affine, batched": (affine, lambda x, w, b: x @ w + b, (2, 4, 3), (3, 2), (2,)),
    "affine, one sample": (affine, lambda x, w, b: x @ w + b, (3,), (3, 2), (2,)),
    "batch norm": (batch_norm, composed_batch_norm, (6, 3), (3,), (3,)),
    "batch norm, rows": (batch_norm, composed_batch_norm, (6, 3), (1, 3), (1, 3)),
    "batch norm, Bessel": (lambda *a: batch_norm(*a, correction=1), lambda *a: composed_batch_norm(*a, correction=1),
                           (6, 3), (3,), (3,)),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_one_node_equals_its_composition(name, dtype):
    fused, composed, *shapes = CASES[name]
    arrays = [random(*shape).astype(dtype) for shape in shapes]
    out = composed(*map(Tensor, arrays))
    w = Tensor(np.random.default_rng(9).standard_normal(out.shape), dtype=dtype)
    tolerance = 1e-13 if dtype == np.float64 else 1e-5
    results = []
    for f in (fused, composed):
        leaves = [Tensor(a, requires_grad=True) for a in arrays]
        y = f(*leaves)
        (y * w).sum().backward()
        results.append([y.numpy(), *(leaf.grad.numpy() for leaf in leaves)])
    for one, other in zip(*results):
        assert one.dtype == dtype
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance * 10)
    if dtype == np.float64:
        numeric = central_differences(lambda *a: (fused(*map(Tensor, a)) * w).sum().item(), *arrays)
        for one, other in zip(results[0][1:], numeric):
            np.testing.assert_allclose(one, other, atol=2e-9)


def test_what_does_not_fit_is_named():
    with pytest.raises(ValueError, match=r"affine: .*shapes \(2, 3\) and \(4, 5\) and \(5,\)"):
        affine(Tensor(random(2, 3)), Tensor(random(4, 5)), Tensor(random(5)))
    with pytest.raises(ValueError, match=r"batch_norm: .*N > 1"):
        batch_norm(Tensor(random(1, 3)), Tensor(random(3)), Tensor(random(3)), correction=1)
    with pytest.raises(ValueError, match=r"batch_norm: .*gain and bias of shape"):
        batch_norm(Tensor(random(3, 3)), Tensor(random(3, 1)), Tensor(random(3)))


@pytest.mark.parametrize("name", CASES)
def test_second_derivatives_equal_the_composition_s(name):
    fused, composed, *shapes = CASES[name]
    second = []
    for f in (fused, composed):
        leaves = [Tensor(random(*shape), requires_grad=True) for shape in shapes]
        first = grad((f(*leaves) ** 3).sum(), leaves, create_graph=True)
        second.append(grad(sum((g * g).sum() for g in first), leaves))
    for one, other in zip(*second):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-9, atol=1e-9)


def test_constants_get_no_gradient():
    x, weight, bias = Tensor(random(4, 3)), Tensor(random(3, 2), requires_grad=True), Tensor(random(2))
    affine(x, weight, bias).sum().backward()
    assert x.grad is None
    assert bias.grad is None
    np.testing.assert_allclose(weight.grad.numpy(), x.numpy().sum(0)[:, None] * np.ones((1, 2)))


def test_cross_entropy_of_logits_that_lie_otherwise_in_memory():
    z = Tensor(random(5, 3), requires_grad=True)
    target = [0, 4, 2]
    F.cross_entropy(z.T, target).backward()
    np.testing.assert_allclose(z.grad.numpy().T, F.cross_entropy_gradient(z.numpy().T.copy(), target), rtol=1e-14)


def test_a_fused_op_may_use_other_ops(monkeypatch):
    monkeypatch.setattr(structural, "STRUCTURAL", dict(structural.STRUCTURAL))
    sigmoid = TABLE["sigmoid"]
    swish = structural.moves("swish", lambda x: x * sigmoid(x),
                                        lambda g, out, x: g * (sigmoid(x) + out * (1.0 - sigmoid(x))))
    soft = structural.moves("soft", lambda x: F.softmax(Tensor(x)).numpy(),
                                       lambda g, out, x: out * (g - (g * out).sum()))
    for fused, composed in [(swish, lambda x: x * x.sigmoid()), (soft, F.softmax)]:
        x, weights = Tensor(random(4), requires_grad=True), random(4)
        for make in (fused.make, fused, composed):
            assert make(x).numpy() == pytest.approx(composed(x).numpy(), rel=1e-14)
            x.grad = None
            (make(x) * weights).sum().backward()
            expected = grad((composed(x) * weights).sum(), x)
            assert x.grad.numpy() == pytest.approx(np.asarray(expected), rel=1e-13)


def test_an_op_may_call_itself(monkeypatch):
    monkeypatch.setattr(structural, "STRUCTURAL", dict(structural.STRUCTURAL))
    calls = []

    def compute(x, depth):
        calls.append(depth)
        if depth == 0:
            return np.exp(x)
        return np.concatenate([nested(Tensor(half), depth - 1).numpy() for half in np.split(x, 2)])

    nested = structural.moves("nested", compute, lambda g, out, x, depth: g * out).make
    x = Tensor([710.0, 1.0, -2.0, 0.5], requires_grad=True)         # the first overflows, without a warning
    y = nested(x, 2)
    y.sum().backward()
    assert y.tolist() == x.grad.tolist() == [math.inf, *np.exp(x.numpy()[1:])]
    assert calls == [2, 1, 0, 0, 1, 0, 0]


def test_adopted_rules_may_name_their_arguments_as_they_like(monkeypatch):
    monkeypatch.setattr(structural, "STRUCTURAL", dict(structural.STRUCTURAL))
    rules = [lambda g, out, x, k: g * k, lambda g, out, x, _: g * _, lambda g, out, _, k: g * k,
             lambda g, out, x, *more: g * more[0]]
    for rule in rules:
        make = structural.moves("scaled", lambda x, k: x * k, rule).make
        x = Tensor([1.0, 2.0], requires_grad=True)
        make(x, 3.0).sum().backward()
        assert x.grad.tolist() == [3.0, 3.0]
    joint = structural.moves("scaled", lambda x, k: x * k, joint=lambda needs, g, *rest: [g * 3.0], arity=1)
    nameless = structural.moves("scaled", lambda x, k: x * k, lambda g, out, *rest: g * rest[1])
    for op in (joint, nameless):
        x = Tensor([1.0, 2.0], requires_grad=True)
        op.make(x, 3.0).sum().backward()
        assert x.grad.tolist() == [3.0, 3.0]


def test_a_vjp_that_forgets_to_expand(monkeypatch):
    monkeypatch.setattr(structural, "STRUCTURAL", dict(structural.STRUCTURAL))
    for op in (structural.moves("whole", lambda x: x.sum(), lambda g, out, x: g),
               structural.moves("rows", lambda x: x.sum(1), lambda g, out, x: g[:, None])):
        x = Tensor(random(3, 4), requires_grad=True)
        with pytest.raises(ValueError, match=r"contribution of shape .* to an input of shape \(3, 4\)"):
            op.make(x).sum().backward()
        with pytest.raises(ValueError, match=r"contribution of shape .* to an input of shape \(3, 4\)"):
            replay(op.make(x).sum(), wrt=[x])


def test_an_adopted_op_is_compiled_once(monkeypatch):
    monkeypatch.setattr(structural, "STRUCTURAL", dict(structural.STRUCTURAL))
    twice = structural.moves("twice", lambda x: x * 2.0, lambda g, out, x: g * 2.0).make
    for _ in range(3):
        assert twice(Tensor([1.0])).tolist() == [2.0]
    assert len([name for name in linecache.cache if "tensor_twice" in name]) == 1
