"""Modules, layers and losses: PyTorch's numbers and names, micrograd's neurons one node at a time or n-ary."""

from __future__ import annotations

import copy
import math
import pickle
import random

import numpy as np
import pytest

import autograd.functional as F
import nn
from autograd import Tensor, Value, no_grad
from autograd.core.graph import topological
from autograd.core.op import TABLE
from tests.needs import needs, without
from tests.witnesses import central_differences

try:
    import torch
except ModuleNotFoundError:                         # the parity extra; the other witness is central differences
    torch = None
if torch is not None:
    torch.set_num_threads(1)                        # its threads and BLAS's wait for each other
needs_torch = pytest.mark.skipif(without("torch"), reason="the parity extra is not installed")


def x_of(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


# Modules.

class Block(nn.Module):
    def __init__(self) -> None:
        self.first = nn.Linear(2, 3)
        self.rest = [nn.Linear(3, 3), nn.BatchNorm1d(3)]
        self.by_name = {"head": nn.Linear(3, 1)}
        self.scale = Tensor([1.0], requires_grad=True)
        self.again = self.first                     # shared, not repeated
        self.constant = Tensor([2.0])
        self.note = "not a parameter"


def test_parameters_are_found_where_they_are_kept_in_order_and_once():
    names = [name for name, _ in Block().named_parameters()]
    assert names == ["scale", "first.weight", "first.bias", "rest.0.weight", "rest.0.bias", "rest.1.weight",
                     "rest.1.bias", "by_name.head.weight", "by_name.head.bias"]


def net(base, layers, parameter):
    """Parameters and modules by turns, at two depths, as a class of that library."""
    class Net(base):
        def __init__(self, depth):
            super().__init__()
            self.first = layers.Linear(2, 2)
            self.scale = parameter([1.0, 2.0])
            self.inner = Net(depth - 1) if depth else layers.LayerNorm(2)
            self.parts = layers.ModuleDict({"b": layers.Linear(2, 1), "a": layers.Linear(1, 2)})
            self.shift = parameter([0.5])
            self.several = layers.ModuleList([layers.Embedding(2, 2), layers.Sequential(layers.Linear(2, 2))])

    return Net(2)


def test_parameters_come_in_pytorchs_order():
    torch = needs("torch", "parity")
    ours = net(nn.Module, nn, nn.Parameter)
    theirs = net(torch.nn.Module, torch.nn, lambda x: torch.nn.Parameter(torch.tensor(x)))
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]
    assert [name for name, _ in ours.named_modules()] == [name for name, _ in theirs.named_modules()]
    assert [p.shape for p in ours.parameters()] == [tuple(p.shape) for p in theirs.parameters()]


def test_buffers_are_state_but_not_parameters():
    block = Block()
    assert [name for name, _ in block.named_buffers()] == ["rest.1.running_mean", "rest.1.running_var",
                                                           "rest.1.num_batches_tracked"]
    assert set(block.state_dict()) == {name for name, _ in [*block.named_parameters(), *block.named_buffers()]}


def test_modules_that_contain_each_other_and_deep_ones():
    a, b = nn.Module(), nn.Module()
    a.other, b.other, a.weight = b, a, Value(1.0)
    assert [name for name, _ in a.named_parameters()] == ["weight"]
    deep = nn.Module()
    deep.weight = Value(1.0)
    for _ in range(5000):
        outer = nn.Module()
        outer.inner = deep
        deep = outer
    assert len(deep.parameters()) == 1


def test_train_and_eval_reach_every_module():
    block = Block()
    assert block.eval() is block
    assert not any(module.training for _, module in block.named_modules())
    block.train()
    assert all(module.training for _, module in block.named_modules())


def test_zero_grad():
    net = nn.MLP(1, [1])
    net([2.0]).backward()
    layer = nn.Linear(1, 1)
    layer([[1.0]]).sum().backward()
    net.zero_grad()
    layer.zero_grad()
    assert [p.grad for p in net.parameters()] == [0.0, 0.0]
    assert layer.weight.grad is None


def test_forward_must_be_written():
    with pytest.raises(NotImplementedError, match="forward"):
        nn.Module()(1)


def test_state_dict_is_a_copy_and_comes_back():
    one, two = Block(), Block()
    state = one.state_dict()
    two.load_state_dict(state)
    state["scale"][...] = 7.0
    assert one.scale.item() == two.scale.item() == 1.0
    assert all((a == b).all() for a, b in zip(one.state_dict().values(), two.state_dict().values()))


@pytest.mark.parametrize(("change", "message"), [
    (lambda s: s.pop("scale"), "missing scale"),
    (lambda s: s.update(extra=np.ones(1)), "unexpected extra"),
    (lambda s: s.update(scale=np.ones(2)), r"scale in the state is float64 of shape \(2,\), expected .* \(1,\)"),
    (lambda s: s.update(scale=np.ones(1, np.float32)), "float32.*astype"),
    (lambda s: s.update({f"x{i}": 0 for i in range(9)}), "and 4 more"),
])
def test_a_state_that_does_not_fit_changes_nothing(change, message):
    block, other = Block(), Block()
    before, state = block.state_dict(), other.state_dict()
    change(state)
    with pytest.raises(ValueError, match=message):
        block.load_state_dict(state)
    assert all((a == b).all() for a, b in zip(before.values(), block.state_dict().values()))


def test_a_state_that_is_no_dict():
    with pytest.raises(TypeError, match="dict of arrays"):
        Block().load_state_dict([1.0])


def test_loading_changes_no_gradient_of_an_earlier_graph():
    layer = nn.Linear(2, 1)
    x = Tensor(x_of(3, 2), requires_grad=True)
    loss, w = layer(x).sum(), layer.weight.numpy().copy()
    layer.load_state_dict(nn.Linear(2, 1).state_dict())
    loss.backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.repeat(w, 3, 0))


def test_repr_shows_the_structure():
    assert repr(nn.Sequential(nn.Linear(2, 3, bias=False), nn.Dropout(0.1), nn.Flatten())) == (
        "Sequential(\n  (0): Linear(2 -> 3, no bias)\n  (1): Dropout(p=0.1)\n  (2): Flatten()\n)")


def test_repr_of_modules_that_contain_each_other():
    a, b = nn.Module(), nn.Module()
    a.other, b.others = b, [a, b]
    assert repr(a) == "Module(\n  (other): Module(\n    (0): Module(…)\n    (1): Module(…)\n  )\n)"


def test_a_network_of_values_is_described_in_a_line():
    assert str(nn.MLP(2, [16, 16, 1])) == "MLP(2 → 16 → 16 → 1, ReLU)"
    assert str(nn.MLP(2, [3, 1], nonlin="tanh")) == "MLP(2 → 3 → 1, tanh)"
    assert str(nn.MLP(2, [1])) == "MLP(2 → 1)"
    assert str(nn.Sequential(nn.Layer(2, 3))) == "Sequential(\n  (0): Layer(2 → 3, ReLU)\n)"


def test_activations_are_the_tables():
    from nn.activations import _Elementwise
    kinds = _Elementwise.__subclasses__()
    assert {kind.__name__ for kind in kinds} <= set(nn.__all__)
    for kind in kinds:
        assert kind()(Value(0.3)).data == TABLE[kind.__name__.lower()](0.3)


def test_copies_and_pickles():
    for net in (nn.Sequential(nn.Linear(2, 2), nn.ReLU()), nn.MLP(2, [2, 1], nary=True)):
        x = x_of(1, 2) if isinstance(net, nn.Sequential) else [1.0, 2.0]
        for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
            assert float(np.sum(twin(x).data)) == float(np.sum(net(x).data))
            assert not {id(p) for p in twin.parameters()} & {id(p) for p in net.parameters()}


# Neurons.

@pytest.mark.parametrize("nonlin", [True, False, "tanh", "sigmoid"])
def test_nary_neurons_give_the_same_numbers_with_fewer_nodes(nonlin):
    random.seed(3)
    plain = nn.MLP(3, [4, 4, 1], nonlin=nonlin)
    random.seed(3)
    nary = nn.MLP(3, [4, 4, 1], nonlin=nonlin, nary=True)
    x = [0.3, -0.7, 1.1]
    one, other = plain(x), nary(x)
    one.backward()
    other.backward()
    assert other.data == pytest.approx(one.data, abs=1e-14)
    for p, q in zip(plain.parameters(), nary.parameters()):
        assert q.grad == pytest.approx(p.grad, abs=1e-14)
    assert any(p.grad for p in plain.parameters())
    made = [sum(node.op is not None for node in topological(root)) for root in (other, one)]
    assert made[0] < made[1] / 2


def test_nary_neurons_refuse_what_plain_ones_refuse():
    for nary in (False, True):
        with pytest.raises(ValueError, match=r"2 inputs|for 2"):
            nn.Neuron(3, nary=nary)([1.0, 2.0])
        with pytest.raises(TypeError, match="a Value holds one number"):
            nn.Neuron(1, nary=nary)([Tensor([1.0, 2.0])])
        with pytest.raises(ValueError, match="nonlin='swish'"):
            nn.Neuron(1, "swish", nary=nary)


def test_nary_neurons_heed_no_grad():
    with no_grad():
        assert nn.Neuron(2, nary=True)([1.0, 2.0]).inputs == ()


def test_a_mixture_of_numbers_and_values():
    neuron = nn.Neuron(2, nonlin=False, nary=True)
    x = Value(3.0)
    out = neuron([x, 2])
    out.backward()
    assert out.data == pytest.approx(neuron.w[0].data * 3 + neuron.w[1].data * 2)
    assert x.grad == neuron.w[0].data


# Layers of Tensors: PyTorch's numbers.

PAIRS = {
    "Linear": (lambda: nn.Linear(3, 4), lambda: torch.nn.Linear(3, 4), (5, 3)),
    "Linear, no bias": (lambda: nn.Linear(3, 4, bias=False), lambda: torch.nn.Linear(3, 4, bias=False), (5, 3)),
    "Linear of a stack": (lambda: nn.Linear(3, 4), lambda: torch.nn.Linear(3, 4), (2, 5, 3)),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(3), lambda: torch.nn.BatchNorm1d(3), (5, 3)),
    "BatchNorm1d of sequences": (lambda: nn.BatchNorm1d(3), lambda: torch.nn.BatchNorm1d(3), (5, 3, 4)),
    "LayerNorm": (lambda: nn.LayerNorm(3), lambda: torch.nn.LayerNorm(3), (5, 3)),
    "LayerNorm of two axes": (lambda: nn.LayerNorm([4, 3]), lambda: torch.nn.LayerNorm([4, 3]), (5, 4, 3)),
    "Flatten": (lambda: nn.Flatten(), lambda: torch.nn.Flatten(), (2, 3, 4)),
    "Tanh": (lambda: nn.Tanh(), lambda: torch.nn.Tanh(), (5, 3)),
    "ReLU": (lambda: nn.ReLU(), lambda: torch.nn.ReLU(), (5, 3)),
    "Sigmoid": (lambda: nn.Sigmoid(), lambda: torch.nn.Sigmoid(), (5, 3)),
    "Softplus": (lambda: nn.Softplus(), lambda: torch.nn.Softplus(), (5, 3)),
    "GELU": (lambda: nn.GELU(), lambda: torch.nn.GELU(), (5, 3)),
    "GELU, by tanh": (lambda: nn.GELU("tanh"), lambda: torch.nn.GELU("tanh"), (5, 3)),
    "Softmax": (lambda: nn.Softmax(1), lambda: torch.nn.Softmax(1), (5, 3)),
    "LogSoftmax": (lambda: nn.LogSoftmax(1), lambda: torch.nn.LogSoftmax(1), (5, 3)),
    "Dropout, off": (lambda: nn.Dropout(0.0), lambda: torch.nn.Dropout(0.0), (5, 3)),
}


@needs_torch
@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("name", PAIRS)
def test_layers_equal_pytorchs(name, mode):
    make, make_theirs, shape = PAIRS[name]
    ours, theirs = make(), make_theirs().double()
    for i, parameter in enumerate(theirs.parameters()):
        with torch.no_grad():                       # weights other than the ones and zeros norms start with
            parameter.copy_(torch.tensor(x_of(*parameter.shape, seed=i + 7)))
    ours.load_state_dict(theirs.state_dict())
    for step in range(3):                           # running statistics take part in the third pass of eval
        if mode == "eval" and step == 2:
            ours.eval(), theirs.eval()
        array = x_of(*shape, seed=step)
        x, y = Tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)
        out, expected = ours(x), theirs(y)
        np.testing.assert_allclose(out.numpy(), expected.detach().numpy(), rtol=0, atol=1e-12)
        weights = x_of(*out.shape, seed=99)
        ours.zero_grad(), theirs.zero_grad()
        (out * weights).sum().backward()
        (expected * torch.tensor(weights)).sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=0, atol=1e-12)
        for (path, p), (their_path, q) in zip(ours.named_parameters(), theirs.named_parameters()):
            assert path == their_path
            np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=0, atol=1e-12)
    state = theirs.state_dict()
    assert set(state) == set(ours.state_dict())
    for path, array in ours.state_dict().items():
        np.testing.assert_allclose(array, state[path].numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("make", [lambda: nn.BatchNorm1d(3), lambda: nn.LayerNorm(3), lambda: nn.Linear(3, 2)])
def test_layers_against_central_differences(make):
    layer, x0 = make(), x_of(4, 3)
    weights = x_of(*layer(x0).shape, seed=5)
    x = Tensor(x0, requires_grad=True)
    (layer(x) * weights).sum().backward()
    (expected,) = central_differences(lambda x: (layer(x) * weights).sum().item(), x0)
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-6, atol=1e-8)


@needs_torch
def test_embedding_equals_pytorchs():
    ours, theirs = nn.Embedding(5, 3), torch.nn.Embedding(5, 3).double()
    ours.load_state_dict(theirs.state_dict())
    ids = np.array([[0, 4, 4], [1, 0, 0]])
    (ours(ids) ** 2).sum().backward()
    (theirs(torch.tensor(ids)) ** 2).sum().backward()
    np.testing.assert_allclose(ours.weight.grad.numpy(), theirs.weight.grad.numpy(), rtol=0, atol=1e-12)


def test_float32_all_the_way():
    net = nn.Sequential(nn.Linear(3, 4, dtype=np.float32), nn.BatchNorm1d(4, dtype=np.float32), nn.Tanh(),
                        nn.LayerNorm(4, dtype=np.float32), nn.Dropout(0.5))
    x = Tensor(x_of(6, 3), requires_grad=True, dtype=np.float32)
    out = net(x)
    out.sum().backward()
    assert out.dtype == x.grad.dtype == np.float32
    assert {p.grad.dtype for p in net.parameters()} == {np.dtype(np.float32)}
    assert net[1].running_var.dtype == np.float32


def test_batch_norm_refuses():
    with pytest.raises(ValueError, match=r"expected \(N, 3\)"):
        nn.BatchNorm1d(3)(x_of(5, 4))
    with pytest.raises(ValueError, match="no variance"):
        nn.BatchNorm1d(3)(x_of(1, 3))
    assert nn.BatchNorm1d(3).eval()(x_of(1, 3)).shape == (1, 3)


def test_running_statistics_are_no_part_of_the_graph():
    norm = nn.BatchNorm1d(2)
    for _ in range(5):
        norm(Tensor(x_of(4, 2), requires_grad=True))
    assert norm.running_mean.op is None
    assert not norm.running_mean.requires_grad
    assert norm.num_batches_tracked.item() == 5


def test_dropout_keeps_the_mean_and_the_seed():
    drop, x = nn.Dropout(0.25), Tensor(np.ones((200, 200)), requires_grad=True)
    nn.manual_seed(3)
    out = drop(x)
    out.sum().backward()
    values, counts = np.unique(out.numpy(), return_counts=True)
    assert values.tolist() == [0.0, 1 / 0.75]
    assert counts[0] / x.numel() == pytest.approx(0.25, abs=0.01)
    np.testing.assert_array_equal(x.grad.numpy(), out.numpy())
    nn.manual_seed(3)
    np.testing.assert_array_equal(drop(x).numpy(), out.numpy())
    assert drop.eval()(x) is x
    assert nn.Dropout(1.0)(x).numpy().any() == np.False_
    with pytest.raises(ValueError, match="probability"):
        nn.Dropout(1.5)


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: nn.Linear(0, 3), ValueError, "at least one"),
    (lambda: nn.LayerNorm(3)(x_of(2, 4)), ValueError, r"ends in \(3,\)"),
    (lambda: nn.Embedding(3, 2)([3]), IndexError, "expected 0 to 2"),
    (lambda: nn.Embedding(3, 2)([0.5]), TypeError, "integers"),
    (lambda: nn.Linear(2, 2)(None), TypeError, "None"),
    (lambda: nn.MLP(2, 3), TypeError, r"write \[3\]"),
    (lambda: nn.Linear(3, 2)(x_of(4, 2)), ValueError, r"Linear: got inputs of shape \(4, 2\), expected \(…, 3\)"),
    (lambda: nn.MSELoss(reduction="avg"), ValueError, "'avg'"),
])
def test_layers_refuse(call, error, message):
    with pytest.raises(error, match=message):
        call()


# Losses.

LOSSES = {
    "MSELoss": (x_of(4, 3), x_of(4, 3, seed=1)),
    "BCELoss": (1 / (1 + np.exp(-x_of(4))), np.array([0.0, 1.0, 0.3, 1.0])),
    "BCEWithLogitsLoss": (x_of(4) * 30, np.array([0.0, 1.0, 0.3, 1.0])),
    "CrossEntropyLoss": (x_of(4, 3), np.array([0, 2, 1, 1])),
    "NLLLoss": (np.log(np.abs(x_of(4, 3)) + 0.1), np.array([0, 2, 1, 1])),
}


@needs_torch
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_equal_pytorchs(name, reduction):
    array, target = LOSSES[name]
    x, y = Tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)
    loss = getattr(nn, name)(reduction=reduction)(x, target)
    expected = getattr(torch.nn, name)(reduction=reduction)(y, torch.tensor(target))
    np.testing.assert_allclose(loss.numpy(), expected.detach().numpy(), rtol=1e-12, atol=1e-12)
    loss.sum().backward()
    expected.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-12, atol=1e-12)


def test_losses_equal_their_functions_on_values_too():
    scores, targets = [Value(0.5), Value(-2.0)], [1.0, -1.0]
    assert nn.HingeLoss()(scores, targets).data == F.hinge_loss(scores, targets).data == 0.25
    assert nn.MSELoss("sum")(scores, targets).data == 1.25
    assert nn.NLLLoss(weight=[1.0, 3.0])(Tensor([[-1.0, -2.0]]), [1]).item() == 2.0


def test_a_loss_keeps_no_parameters():
    criterion = nn.CrossEntropyLoss()
    criterion([Value(1.0), Value(2.0)], 0)
    assert criterion.parameters() == []


# Training.

@needs_torch
@pytest.mark.parametrize("optimizer", [("SGD", {"momentum": 0.9, "nesterov": True}), ("Adam", {}), ("AdamW", {}),
                                       ("RMSprop", {})])
def test_fifty_steps_of_training_equal_pytorchs(optimizer):
    name, options = optimizer
    theirs = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.BatchNorm1d(16), torch.nn.Tanh(),
                                 torch.nn.Linear(16, 8), torch.nn.LayerNorm(8), torch.nn.ReLU(),
                                 torch.nn.Linear(8, 3)).double()
    ours = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.Tanh(), nn.Linear(16, 8), nn.LayerNorm(8), nn.ReLU(),
                         nn.Linear(8, 3))
    ours.load_state_dict(theirs.state_dict())
    a = getattr(nn.optim, name)(ours.parameters(), lr=0.01, **options)
    b = getattr(torch.optim, name)(theirs.parameters(), lr=0.01, **options)
    X, Y = x_of(20, 4), np.random.default_rng(0).integers(0, 3, 20)
    for _ in range(50):
        loss, expected = F.cross_entropy(ours(X), Y), torch.nn.functional.cross_entropy(
            theirs(torch.tensor(X)), torch.tensor(Y))
        assert loss.item() == pytest.approx(expected.item(), abs=1e-9)
        a.zero_grad(), b.zero_grad()
        loss.backward(), expected.backward()
        assert nn.optim.clip_grad_norm_(ours.parameters(), 1.0) == pytest.approx(
            torch.nn.utils.clip_grad_norm_(theirs.parameters(), 1.0).item(), abs=1e-9)
        a.step(), b.step()
    state = {path: torch.tensor(array) for path, array in ours.state_dict().items()}
    for path, tensor in theirs.state_dict().items():
        np.testing.assert_allclose(state[path].numpy(), tensor.numpy(), rtol=0, atol=1e-8)
    theirs.load_state_dict(state)                   # and back, by the same names and layouts


def test_training_is_reproducible_to_the_bit():
    def train() -> bytes:
        nn.manual_seed(4)
        net = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.2), nn.ReLU(), nn.Linear(8, 2))
        optimizer = nn.optim.AdamW(net.parameters(), lr=0.01)
        for _ in range(10):
            loss = F.cross_entropy(net(x_of(6, 3)), [0, 1, 0, 1, 1, 0])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return b"".join(array.tobytes() for array in net.state_dict().values())

    assert train() == train()


def test_the_scale_of_initial_weights():
    nn.manual_seed(0)
    w = nn.Linear(100, 400).weight.numpy()
    assert abs(w).max() <= 0.1
    assert w.std() == pytest.approx(0.1 / math.sqrt(3), rel=0.02)


# Frozen parameters.

def frozen_all(net):
    for p in net.parameters():
        p.requires_grad = False


@pytest.mark.parametrize("freeze", [
    lambda net: net.requires_grad_(False), frozen_all, lambda net: setattr(net[0].weight, "requires_grad", False),
    lambda net: net[0].requires_grad_(False), lambda net: net[1].weight.requires_grad_(False)])
def test_frozen_parameters_are_saved_loaded_and_left_alone(freeze, tmp_path):
    torch = needs("torch", "parity")
    net, other = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)), nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    theirs = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1)).double()
    theirs.load_state_dict({name: torch.tensor(x) for name, x in net.state_dict().items()})
    freeze(net)
    freeze(theirs)
    assert [(n, p.requires_grad) for n, p in net.named_parameters()] == [
        (n, p.requires_grad) for n, p in theirs.named_parameters()]
    x, before = np.array([[1.0, -2.0], [0.5, 0.25]]), net.state_dict()
    steps = [library.Adam(model.parameters(), lr=0.1) for library, model in ((nn.optim, net), (torch.optim, theirs))]
    ours, right = net(Tensor(x, requires_grad=True)), theirs(torch.tensor(x, requires_grad=True))
    for y, step in zip((ours, right), steps):
        y.sum().backward()
        step.step()
    for name, p in theirs.state_dict().items():
        np.testing.assert_allclose(net.state_dict()[name], p.numpy(), rtol=1e-9)
    assert set(net.state_dict()) == set(before)
    nn.save(tmp_path / "net.npz", net, steps[0])
    freeze(other)
    nn.load(tmp_path / "net.npz", other, nn.optim.Adam(other.parameters(), lr=0.1))
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(other.state_dict()[name], array)
    net.requires_grad_(True)
    assert all(p.requires_grad for p in copy.deepcopy(net).parameters())


def test_what_stays_as_it_is_may_be_a_parameter_and_a_constant_is_none():
    class Place(nn.Module):
        def __init__(self):
            self.fixed = nn.Parameter(np.ones(2), requires_grad=False)
            self.mask = Tensor(np.ones(2))
            self.several = [nn.Parameter(np.zeros(1)), Tensor(np.zeros(1))]

    place = copy.deepcopy(Place())
    assert [name for name, _ in place.named_parameters()] == ["fixed", "several.0"]
    assert isinstance(place.fixed, nn.Parameter)
    assert not isinstance(place.mask, nn.Parameter)
