"""Within a graph a change in place is an op like any other, whichever view it goes through."""

import copy
import pickle
import random
import weakref

import numpy as np
import pytest

import autograd
from autograd import Tensor, no_grad, zeros
from autograd.core.graph import leaves, topological
from tests.needs import needs

START_OF_GRAPH = np.arange(1, 25.0).reshape(2, 3, 4) / 10
VIEWS = [(1, lambda x, i: x[i % x.shape[0]]), (1, lambda x, i: x[..., i % x.shape[-1]]), (1, lambda x, i: x[[0]]),
         (1, lambda x, i: x[i % x.shape[0]:]), (2, lambda x, i: x.transpose(0, 1)), (0, lambda x, i: x.unsqueeze(0)),
         (2, lambda x, i: x.mT), (2, lambda x, i: x.diagonal(i % 2)), (1, lambda x, i: x.flatten() if i % 2 else x[-1])]
CHANGES = [lambda x, i, w: x.fill_(float(i)), lambda x, i, w: x.__setitem__(-1 if x.ndim else (), float(i)),
           lambda x, i, w: x.mul_(1.5), lambda x, i, w: x.__iadd__(0.5), lambda x, i, w: x.clamp_(0.3, 4.0),
           lambda x, i, w: x.mul_(w[0]), lambda x, i, w: x.add_(w[i % 3]), lambda x, i, w: x.zero_(),
           lambda x, i, w: x.__setitem__(..., w[1] * 0.3 * i), lambda x, i, w: x.copy_(x.clone().tanh()),
           lambda x, i, w: x.__setitem__(-1 if x.ndim else (), w[i % 3] * w[0]), lambda x, i, w: x.tanh_(),
           lambda x, i, w: x.__imul__(x.clone()), lambda x, i, w: x.sub_(w[2], alpha=0.5),
           lambda x, i, w: x.masked_fill_(x.detach().clone() > 1.0, 0.25)]


def graph_changed(t, seed):
    """A random program of views, changes in place and readers of a node, or of a constant; and all that came of it."""
    chance = random.Random(seed)
    w = t.tensor(np.array([1.0, 0.5, -0.7]), requires_grad=True)
    p = t.tensor(START_OF_GRAPH, requires_grad=True)
    whole = p * w[0] if seed % 3 else t.tensor(START_OF_GRAPH)
    losses, seen = [], []
    for _ in range(9):
        x = whole
        for _ in range(chance.randrange(4)):
            axes, view = chance.choice(VIEWS)
            x = view(x, chance.randrange(9)) if x.ndim >= axes and 0 not in x.shape else x
        i, kind = chance.randrange(9), chance.randrange(len(CHANGES) + 3)
        if kind < len(CHANGES):
            CHANGES[kind](x, i, w)
        elif kind == len(CHANGES):
            losses.append((x.clone() * w[i % 3]).sum())
        else:
            seen.append(np.array(x.detach().numpy()))
    loss = (whole * whole).sum() + w.sum() + p.sum()
    for other in losses:
        loss = loss + other * other
    loss.backward()
    return [whole.detach().numpy(), loss.item(), w.grad.numpy(), p.grad.numpy(), *seen]


@pytest.mark.parametrize("some", range(10))
def test_changes_in_place_of_a_node_are_ops_of_its_graph(some):
    torch, held = needs("torch", "parity"), 0
    for seed in range(some, 400, 10):
        got = graph_changed(autograd, seed)
        try:
            want = graph_changed(torch, seed)
        except RuntimeError as error:
            if "modified by an inplace operation" not in str(error):
                raise
            continue                                # PyTorch has overwritten what its rules would have read
        for one, other in zip(got, want, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12, err_msg=str(seed))
        held += 1
    assert held > 20


def test_a_recurrence_written_into_a_tensor_is_that_of_a_list():
    """PyTorch refuses it where a rule has read a state that the next line writes beside: here the graph keeps it."""
    w, b = Tensor([[0.5, -0.2], [0.3, 0.1]], requires_grad=True), Tensor([0.1, 0.2], requires_grad=True)

    def in_list():
        states = [Tensor([1.0, -1.0])]
        for _ in range(5):
            states.append((w @ states[-1] + b).tanh())
        return autograd.stack(states)

    def in_tensor():
        states = zeros(6, 2)
        states[0] = Tensor([1.0, -1.0])
        for i in range(1, 6):
            states[i] = (w @ states[i - 1] + b).tanh()
        return states

    gradients = []
    for make in (in_list, in_tensor):
        w.grad = b.grad = None
        (make() ** 2).sum().backward()
        gradients.append((w.grad.numpy(), b.grad.numpy()))
    for one, other in zip(*gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)


def changed_node():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = x * 2
    before = y.exp()
    y[0][1] = x[1, 0] * 5.0
    y.T[0].mul_(y[1].clone())
    return x, (y * y).sum() + before.sum() * 1e-3


def test_every_reader_of_graphs_knows_a_changed_node():
    x, loss = changed_node()
    (gradient,), run = autograd.grad(loss, [x]), autograd.replay(loss)
    for other in (pickle.loads(pickle.dumps(loss)), copy.deepcopy(loss)):
        other.backward()
        (twin,) = [node for node in leaves(other) if node.requires_grad]
        np.testing.assert_allclose(twin.grad.numpy(), gradient.numpy(), rtol=1e-14)
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy(), gradient.numpy(), rtol=1e-14)
    assert run() == loss.item()
    np.testing.assert_allclose(run.gradients[0], gradient.numpy(), rtol=1e-14)
    assert autograd.gradcheck(lambda x: changed_from(x), Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True))


def changed_from(x):
    y = x.exp()
    y[0] *= x[1]
    y[..., 1].add_(x[0, 0])
    return (y * x).sum()


def test_a_changed_node_is_freed_with_its_graph():
    x, loss = changed_node()
    y = x * 2
    z = y * y
    y[0] = z[1]
    node, reader = weakref.ref(y), weakref.ref(z)
    del y, z
    assert node() is None
    assert reader() is None
    assert loss.item() > 0


def test_a_change_that_nobody_can_have_seen_leaves_no_version_behind():
    """So that a loop which fills a buffer, or doubles a result, takes time by its steps and not by their square."""
    w = Tensor([1.0, 2.0], requires_grad=True)
    y, out = w * 3.0, zeros(4, 2)
    y *= 2.0
    for i in range(4):
        out[i] = y * float(i)
    for node in topological(out.sum()):
        assert "past" not in (node._notes or {})


@pytest.mark.parametrize("change", [lambda y: y.add_(1.0), lambda y: y.__setitem__(0, 9.0), lambda y: y[1:].mul_(3.0),
                                    lambda y: setattr(y, "data", Tensor([7.0, 8.0])), lambda y: y.data.add_(1.0)])
def test_who_read_a_result_before_keeps_what_it_read_where_no_graph_is_recorded(change):
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * 1.0
    z = y * y
    with no_grad():
        change(y)
    z.sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
    with pytest.raises(ValueError, match="was changed"):
        (y * y).sum().backward()


def test_data_that_is_put_into_what_was_given_out():
    w = Tensor([1.0, 2.0], requires_grad=True)
    (w * w).sum().backward()
    w.grad.data = Tensor([7.0, 7.0])
    assert w.grad.tolist() == [7.0, 7.0]
    x = Tensor([1.0, 2.0, 3.0])
    v = x[1:]
    v.data = Tensor([50.0, 60.0])                   # from here on v has numbers of its own
    v.add_(1.0)
    assert (v.tolist(), x.tolist()) == ([51.0, 61.0], [1.0, 2.0, 3.0])


@pytest.mark.parametrize("requires_grad", [False, True])
def test_what_is_contiguous_lies_in_order(requires_grad):
    x = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=requires_grad)
    assert x.T.contiguous().detach().numpy().flags.c_contiguous
    assert x.contiguous() is x
