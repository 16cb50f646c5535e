"""`cmp` remembers: a line that is right for what it was fed is not blamed. And answers that are PyTorch's tensors."""

import gc
import weakref

import numpy as np
import pytest

from autograd import Tensor, Value, cmp, diagnose


def chain(label=""):
    x = Tensor([0.3, -0.4, 0.9], requires_grad=True, label="x")
    h = x.tanh()
    h.label = "h"
    y = h * h * Tensor([2.0, -1.0, 0.5])
    y.label = "y"
    loss = y.exp().sum()
    loss.backward()
    return x, h, y, loss


def test_a_line_below_a_wrong_one_is_right_for_what_it_was_fed(capsys):
    cmp.reset()
    x, h, _, loss = chain()
    wrong = -np.asarray(h.grad)
    assert cmp("h", wrong, h).diagnosis.mistake == "wrong sign"
    follows = cmp("x", (1 - np.asarray(h.data) ** 2) * wrong, x)
    assert not follows.diagnosis
    assert not follows
    assert "right for what it was fed" in capsys.readouterr().out
    own = cmp("x", (1 - np.asarray(x.data) ** 2) * wrong, x)            # and a mistake of its own is one
    assert own.diagnosis.mistake == "another formula for the local derivative"
    assert cmp("x", (1 - np.asarray(h.data) ** 2) * wrong, x, given={}).diagnosis
    cmp.reset()
    assert cmp("x", (1 - np.asarray(h.data) ** 2) * wrong, x).diagnosis
    assert loss is not None


def test_another_root_knows_nothing_of_the_first_and_roots_are_held_weakly():
    cmp.reset()

    def first():
        _, h, _, loss = chain()
        cmp("h", -np.asarray(h.grad), h)
        return weakref.ref(loss)

    gone = first()
    x, _, _, loss = chain()
    result = cmp("x", -np.asarray(x.grad), x)
    assert result.diagnosis
    assert loss is not None
    gc.collect()
    assert gone() is None


def test_values_are_remembered_where_the_root_is_named():
    cmp.reset()
    a = Value(2.0, label="a")
    b = a * 3.0
    c = b.exp()
    c.backward()
    assert cmp("b", 2 * b.grad, b, root=c).diagnosis
    assert not cmp("a", 3.0 * 2 * b.grad, a, root=c).diagnosis
    cmp.reset()
    assert cmp("a", 3.0 * 2 * b.grad, a, root=c).diagnosis


def test_answers_of_pytorch():
    torch = pytest.importorskip("torch")
    x, h, _, loss = chain()
    right = torch.tensor(np.asarray(h.grad), requires_grad=True)
    assert not diagnose(right, h, loss)
    assert not diagnose(right.to(torch.bfloat16), h, loss)
    assert not diagnose(right.float() * 1.0, h, loss)
    assert diagnose(right.to(torch.bfloat16) * 1.2, h, loss)
    assert diagnose(-right, h, loss).mistake == "wrong sign"
    assert cmp("x", torch.tensor(np.asarray(x.grad)), x)
