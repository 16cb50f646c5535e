"""Binary cross-entropy of probabilities, at 0 and 1 too: PyTorch's numbers, in both engines and all readers."""

import itertools

import numpy as np
import pytest

import autograd
import autograd.functional as F
from autograd import Tensor, Value
from tests.needs import needs

PAIRS = np.array(list(itertools.product([0.0, 1.0, 0.3, 1e-13, 1 - 1e-13, 1e-50, 5e-324, 1e-12, 0.9999],
                                        [0.0, 1.0, 0.25, 0.5])))


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_binary_cross_entropy_is_pytorchs(reduction, dtype):
    torch = needs("torch", "parity")
    p, y = PAIRS.T.astype(dtype)
    found = []
    for t, functional in ((autograd, F), (torch, torch.nn.functional)):
        given, target = t.tensor(p, requires_grad=True), t.tensor(y)
        loss = functional.binary_cross_entropy(given, target, reduction=reduction)
        loss.sum().backward()
        found.append((loss.detach().numpy(), given.grad.numpy()))
    exact = 1e-12 if dtype == "float64" else 1e-6
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=exact)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=max(exact, 1e-8))     # its 1e-12 is a float32


def test_both_engines_and_a_recording_agree():
    p, y = PAIRS.T
    given = Tensor(p, requires_grad=True)
    loss = F.binary_cross_entropy(given, y, reduction="none")
    (loss * np.arange(len(p))).sum().backward()
    for i, (at, target) in enumerate(PAIRS):
        one = Value(at)
        each = F.binary_cross_entropy(one, target)
        (each * i).backward()
        assert (each.data, one.grad) == pytest.approx((loss.numpy()[i], given.grad.numpy()[i]), rel=1e-13)
    run = autograd.replay(F.binary_cross_entropy(Tensor(np.full(len(p), 0.5), requires_grad=True), y))
    run.parameters[0][...] = p
    assert run() == F.binary_cross_entropy(Tensor(p), y).item()
