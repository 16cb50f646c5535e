"""Layers as one node against their compositions and against differences, gradients of gradients aside."""

import numpy as np
import pytest

from autograd import Tensor
from autograd.fused import affine, batch_norm
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
