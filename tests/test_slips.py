"""Slips that everyone makes once: each is told what it is and what to write."""

import warnings

import numpy as np
import pytest

import autograd.functional as F
import nn
from autograd import Tensor, Value, no_grad, tensor
from autograd.arrays.torchlike import randn

LOGITS = Tensor([[2.0, 1.0, 0.1], [0.1, 2.0, 1.9]], requires_grad=True)
VALUES = [[Value(x) for x in row] for row in LOGITS.tolist()]


@pytest.mark.parametrize(("target", "logits"), [
    ([0, 1], LOGITS), ([0, 1], LOGITS.detach()), ([0, 1], LOGITS.numpy()), ([0, 1], LOGITS.tolist()), ([0, 1], VALUES),
    (np.array([0, 1]), LOGITS), (tensor([0, 1]), LOGITS), (1, LOGITS[0]), (1, VALUES[0]), ((0, 1), LOGITS),
    ([[0, 1]], randn(1, 3, 2)),
])
def test_targets_before_logits(target, logits):
    for loss in (F.cross_entropy, *([nn.CrossEntropyLoss()] if isinstance(target, Tensor) else [])):
        with pytest.raises(ValueError, match=r"got the targets first; .*cross_entropy\(logits, target\)"):
            loss(target, logits)


@pytest.mark.parametrize(("logits", "target", "message"), [
    (LOGITS, [0, 7], "class index 7"), (LOGITS, [0.5, 0.5], "must be integers"),
    (LOGITS, LOGITS, "requires a gradient"), ([1, 2, 3], 7, "class index 7"),
])
def test_other_errors_are_not_taken_for_it(logits, target, message):
    with pytest.raises((ValueError, TypeError), match=message):
        F.cross_entropy(logits, target)


def test_a_softmax_before_cross_entropy_is_hinted_at():
    for p in (F.softmax(LOGITS), nn.Sequential(nn.Linear(3, 3), nn.Softmax())(LOGITS), F.softmax(LOGITS[0])):
        with pytest.warns(UserWarning, match="got the result of a softmax.*leave the softmax out"):
            F.cross_entropy(p, [0, 1] if p.ndim == 2 else 0)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("default")
        for _ in range(3):
            F.cross_entropy(F.softmax(LOGITS), [0, 1])
    assert len(told) == 1                           # once
    assert told[0].filename == __file__             # and where the user can see it


@pytest.mark.parametrize("loss", [F.cross_entropy, F.cross_entropy_composite])
@pytest.mark.parametrize("logits", [LOGITS, VALUES, VALUES[0]])
def test_the_hint_is_given_for_numbers_and_for_the_long_form(loss, logits):
    aim = 0 if logits is VALUES[0] else [0, 1]
    p = F.softmax(logits) if logits is not VALUES else [F.softmax(row) for row in VALUES]
    with pytest.warns(UserWarning, match=f"^{loss.__name__}: got the result of a softmax") as told:
        loss(p, aim)
    assert [x.filename for x in told] == [__file__]
    loss(logits, aim)                               # a warning would be an error here


def test_what_is_no_softmax_is_not():
    powers = LOGITS.exp()
    with no_grad():
        p = F.softmax(LOGITS)
    for x in (LOGITS, F.log_softmax(LOGITS), LOGITS / 2.0, powers / powers.sum(0, keepdim=True), powers / 2.0,
              F.softmax(LOGITS) * 5.0, p):
        F.cross_entropy(x, [0, 1])                  # a warning would be an error here
    F.nll_loss(F.softmax(LOGITS).log(), [0, 1])


@pytest.mark.parametrize(("name", "remedy"), [
    ("Conv2d", "Linear"), ("MaxPool2d", "Linear"), ("LSTM", "LayerNorm"), ("DataLoader", "X[i]"),
    ("functional", "import autograd.functional as F"), ("Nonsense", "dir(nn)"),
])
def test_what_nn_has_not(name, remedy):
    with pytest.raises(AttributeError, match=f"module 'nn' has no '{name}'") as error:
        getattr(nn, name)
    assert remedy in str(error.value)


def test_no_other_device():
    with pytest.raises(ValueError, match=r"only 'cpu'; leave \.cuda\(\) out"):
        LOGITS.cuda()
    with pytest.raises(ValueError, match=r"leave \.cuda\(\) out"):
        nn.Linear(1, 1).cuda()
    assert LOGITS.cpu() is LOGITS
