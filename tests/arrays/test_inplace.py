"""What is written to a part of a tensor is written to the tensor, as in PyTorch; a graph keeps what it has read."""

import copy
import pickle
import random
import weakref

import numpy as np
import pytest

import autograd
from autograd import Tensor, no_grad, zeros
from tests.needs import needs

START = np.arange(24.0).reshape(2, 3, 4)

# Ways to a part: what they are called with is a tensor, and how many axes it must have.
PARTS = [(1, lambda x, i: x[i % x.shape[0]]), (1, lambda x, i: x[..., i % x.shape[-1]]),
         (1, lambda x, i: x[i % x.shape[0]:]), (2, lambda x, i: x.transpose(0, 1)), (0, lambda x, i: x.unsqueeze(0)),
         (0, lambda x, i: x.detach()), (0, lambda x, i: x.data), (1, lambda x, i: x.unbind(0)[-1]),
         (1, lambda x, i: x.chunk(2)[0]), (2, lambda x, i: x.mT), (1, lambda x, i: next(iter(x))),
         (2, lambda x, i: x.diagonal(i % 2))]
WRITES = [lambda x, i: x.fill_(float(i)), lambda x, i: x.__setitem__(-1, float(i)) if x.ndim else x.zero_(),
          lambda x, i: x.mul_(1.5), lambda x, i: x.__iadd__(2.0), lambda x, i: x.clamp_(3.0, 40.0)]
WHOLES = [lambda t: (lambda x: lambda: x)(t.tensor(START)), lambda t: of_parameter(t, "data"),
          lambda t: of_parameter(t, "grad")]


def of_parameter(t, slot):
    p = t.tensor(START, requires_grad=True)
    (p * t.tensor(START)).sum().backward()
    return lambda: getattr(p, slot)


def outcome(t, seed):
    """A random program of parts, writes and graphs that read what is there; and all that came of it."""
    chance, whole, w = random.Random(seed), WHOLES[seed % 3](t), t.tensor([1.0], requires_grad=True)
    losses, seen = [], []
    for _ in range(12):
        x = whole()
        for _ in range(chance.randrange(4)):
            axes, part = chance.choice(PARTS)
            x = part(x, chance.randrange(9)) if x.ndim >= axes and 0 not in x.shape else x
        kind = chance.randrange(7)
        if kind < 5:
            WRITES[kind](x, chance.randrange(100))
        elif kind == 5:
            losses.append((w * (x if t is autograd else x.clone())).sum())
        else:
            x.clone().mul_(7.0)
            seen.append(np.array(x.numpy()))
    for loss in losses:
        loss.backward()
    return [whole().numpy(), 0.0 if w.grad is None else w.grad.numpy(), *[loss.item() for loss in losses], *seen]


@pytest.mark.parametrize("seed", range(400))
def test_writes_reach_the_whole_and_no_graph(seed):
    torch = needs("torch", "parity")
    for got, want in zip(outcome(autograd, seed), outcome(torch, seed), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12)


def test_item_by_item():
    m = zeros(2, 3)
    for i in range(2):
        for j in range(3):
            m[i][j] = 3.0 * i + j
    m[1][:2] *= 10.0
    m.view(-1)[5] = -1.0
    for row in m:
        row[1] += 100.0
    assert m.tolist() == [[0, 101, 2], [30, 140, -1]]


def test_a_leaf_that_requires_a_gradient_is_protected():
    w = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    for part in (lambda: w[0], lambda: w.view(-1)[1:], lambda: w.T[0]):
        with pytest.raises(ValueError, match="leaf that requires a gradient"):
            part()[0] = 5.0
        with pytest.raises(ValueError, match="leaf that requires a gradient"):
            part().zero_()
    w[[0, 1]].fill_(0.0)                            # a copy
    with no_grad():
        w[0][1] = 5.0
        w[1] -= 1.0
    assert w.tolist() == [[1, 5], [2, 3]]


def test_a_part_with_old_numbers_writes_none_of_them():
    m = zeros(2, 2)
    held = m[0]
    m[0, 1] = 5.0
    held += 1.0
    assert m.tolist() == [[1, 6], [0, 0]]


def test_what_expand_repeats_can_not_be_written_to():
    with pytest.raises(ValueError, match="one in memory"):
        zeros(3, 1).expand(3, 2)[0, 0] = 1.0


def test_a_loop_of_parts_keeps_few_of_them():
    x = Tensor(np.arange(1000.0))
    first = weakref.ref(x)
    for _ in range(900):
        x = x[1:]
    assert first() is None
    x[0] = -1.0
    assert x[:2].tolist() == [-1, 901]


def test_a_copy_of_a_part_is_whole():
    m = Tensor(np.zeros((1000, 2)))
    for copied in (copy.deepcopy(m[0]), pickle.loads(pickle.dumps(m[0])), m[0].clone(), m.diag(), m[[0, 1]][0]):
        copied[0] = 1.0
        assert copied.tolist() == [1, 0]
    assert len(pickle.dumps(m[0])) < 2000
    assert not m.any()


KEPT_UP = [lambda x: x[0], lambda x: x.view(-1), lambda x: x.T, lambda x: x.detach(), lambda x: x.data[1:],
           lambda x: x.T[1], lambda x: x[1, 1], lambda x: x[0][1:], lambda x: x.diagonal()]
OF_DATA = 3, 4                                      # of a parameter, these keep the numbers it had
ON_THE_WHOLE = [lambda x: x.__iadd__(1.0), lambda x: x.__setitem__(..., 7.0), lambda x: x.__setitem__((0, 1), 5.0),
                lambda x: x[1].mul_(3.0), lambda x: x.zero_(), lambda x: x.T[1].fill_(2.0)]


@pytest.mark.parametrize("change", range(len(ON_THE_WHOLE)))
@pytest.mark.parametrize("view", range(len(KEPT_UP)))
def test_a_view_of_a_constant_shows_what_the_whole_becomes(view, change):
    torch, shown = needs("torch", "parity"), []
    for t in (autograd, torch):
        for make in (lambda: t.tensor([[1.0, 2.0], [3.0, 4.0]]),            # noqa: B023
                     lambda: t.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)):  # noqa: B023
            with t.no_grad():
                x = make()
                held = KEPT_UP[view](x)
                ON_THE_WHOLE[change](x)
                shown.append((x.tolist(), held.tolist() if not x.requires_grad or view not in OF_DATA else None))
    assert shown[:2] == shown[2:]
