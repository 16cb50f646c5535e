"""Checkpoints lose no name: what could be saved as one, found nowhere, or put into another's place, is refused."""

from collections import ChainMap, UserList, deque
from dataclasses import make_dataclass
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from nn import optim


class Holder(nn.Module):
    def __init__(self, inside):
        self.inside = inside


def parameter(x):
    return Tensor([x, x + 1.0], requires_grad=True)


@pytest.mark.parametrize("make", [parameter, lambda x: nn.Linear(1, 1), Value])
@pytest.mark.parametrize("keep", [
    lambda p, q: {"x.y": p, "x": {"y": q}}, lambda p, q: {0: p, "0": q}, lambda p, q: {"a": [p], "a.0": q},
    lambda p, q: {1.5: p, 1: {5: q}}, lambda p, q: {True: p, "True": q}])
def test_names_that_collide_are_refused(make, keep, tmp_path):
    model = Holder(keep(make(1.0), make(2.0)))
    for lose in (model.state_dict, lambda: model.load_state_dict({}), lambda: nn.save(tmp_path / "m.npz", model)):
        with pytest.raises(ValueError, match=r"Holder: two parameters or buffers have the name 'inside\.\S*', and one"):
            lose()
    shared = make(1.0)
    assert len(model.parameters()) >= 2
    assert list(Holder(keep(shared, shared)).state_dict())      # one parameter under one name, twice


def test_a_buffer_and_a_parameter_of_one_name_are_refused():
    model = nn.Linear(1, 1)
    model.register_buffer("extra.0", Tensor([1.0]))
    model.extra = [parameter(1.0)]
    with pytest.raises(ValueError, match=r"the name 'extra\.0'"):
        model.state_dict()


def array_of(p, q):
    array = np.empty(2, object)
    array[0], array[1] = p, q
    return array


@pytest.mark.parametrize("make", [parameter, lambda x: nn.Linear(1, 1), Value])
@pytest.mark.parametrize("keep", [lambda *x: set(x), lambda *x: frozenset(x), lambda *x: deque(x), array_of,
                                  lambda p, q: [{"deep": {p, q}}]])
def test_parameters_where_none_are_looked_for_are_refused(make, keep, tmp_path):
    model = Holder(keep(make(1.0), make(2.0)))
    for ask in (model.parameters, model.state_dict, model.zero_grad, lambda: nn.save(tmp_path / "m.npz", model)):
        with pytest.raises(TypeError, match=r"inside\S*: a \w+ with parameters or modules in it.*a list or a dict"):
            ask()
    assert Holder(keep(1.0, "x")).parameters() == []


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
@pytest.mark.parametrize("name", ["optimizer/w", "optimizer/0.momentum_buffer"])
def test_a_parameter_named_as_an_optimisers_array(name, suffix, tmp_path):
    if suffix == "safetensors":
        pytest.importorskip("safetensors", reason="the safetensors extra is not installed")
    path = tmp_path / f"m.{suffix}"

    def model(x):
        made = nn.Module()
        setattr(made, name, parameter(x))
        return made

    nn.save(path, model(1.0))
    other = model(5.0)
    nn.load(path, other)
    assert other.state_dict()[name].tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match=f"save: the name {name!r} begins as.*rename it"):
        nn.save(path, other, nn.optim.SGD(other.parameters(), momentum=0.9))


@pytest.mark.parametrize("make", [parameter, Value])
def test_an_untied_state_does_not_go_into_tied_weights(make, tmp_path):
    apart, tied = Holder([make(1.0), make(5.0)]), Holder([make(3.0)] * 2)
    nn.save(tmp_path / "m.npz", apart)
    before = tied.state_dict()["inside.0"].tolist()
    with pytest.raises(nn.CheckpointError, match=r"inside\.0 and inside\.1 are one parameter here, but differ"):
        nn.load(tmp_path / "m.npz", tied)
    assert tied.state_dict()["inside.0"].tolist() == before
    nn.save(tmp_path / "t.npz", tied)
    for model in (apart, tied):                     # equal numbers fit either
        nn.load(tmp_path / "t.npz", model)
        assert model.state_dict()["inside.1"].tolist() == before


@pytest.mark.parametrize("make", [parameter, Value])
@pytest.mark.parametrize("kind", [nn.optim.Adam, nn.optim.RMSprop])
def test_an_optimisers_state_does_not_go_into_swapped_parameters(kind, make, tmp_path):
    def made(order):
        model = Holder([make(1.0), make(2.0), make(3.0)])
        optimizer = kind([model.inside[i] for i in order], lr=0.1)
        for i, p in enumerate(model.inside):
            loss = p * p * (i + 1.0) if make is Value else (p * p * (i + 1.0)).sum()
            loss.backward()
        optimizer.step()
        return model, optimizer

    nn.save(tmp_path / "m.npz", *made([0, 1, 2]))
    model, optimizer = made([1, 0, 2])
    before = model.state_dict()
    with pytest.raises(nn.CheckpointError, match=r"updates .*inside\.0.*yours.*the same parameters in the same order"):
        nn.load(tmp_path / "m.npz", model, optimizer)
    assert all((before[name] == x).all() for name, x in model.state_dict().items())
    nn.load(tmp_path / "m.npz", *made([0, 1, 2]))


@pytest.mark.parametrize("kind", [set, frozenset])
@pytest.mark.parametrize("optimizer", [nn.optim.SGD, nn.optim.Adam, nn.optim.AdamW, nn.optim.RMSprop])
def test_a_set_of_parameters_is_refused(kind, optimizer):
    with pytest.raises(TypeError, match=f"{optimizer.__name__}: got a set, whose order"):
        optimizer(kind([Value(1.0), Value(2.0)]))


@pytest.mark.parametrize("make", [
    lambda p: {p}, lambda p: frozenset([p]), lambda p: deque([p]), lambda p: UserList([p]),
    lambda p: ChainMap({"a": p}), lambda p: MappingProxyType({"a": p}),
    lambda p: {"a": p}.values(), lambda p: SimpleNamespace(w=p),
    lambda p: make_dataclass("Pair", ["w"])(p), lambda p: [{p}], lambda p: np.array([p, None], dtype=object)],
    ids=lambda make: "")
def test_parameters_where_none_are_looked_for_are_an_error(make):
    for part in (Value(1.0), nn.Linear(1, 1)):
        with pytest.raises(TypeError, match="none are looked for; keep them in a list or a dict"):
            Holder(make(part)).parameters()
        assert Holder([(part,)]).parameters()
    assert Holder([range(3), "text", {1, 2}, np.zeros(2), SimpleNamespace(n=1)]).parameters() == []


@pytest.mark.parametrize("kind", [optim.Adam, optim.AdamW, optim.RMSprop])
def test_an_optimisers_state_knows_parameters_that_have_changed_places(kind):
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    a, b, c, d = model.parameters()
    first = kind([a, b, c, d])
    model(Tensor([[1.0, 2.0]])).sum().backward()
    first.step()
    state = first.state_dict()
    for order in ([c, b, a, d], [a, d, c, b], [c, d, a, b]):
        with pytest.raises(ValueError, match="in the order they had then"):
            kind(order).load_state_dict(state)
    kind([a, b, c, d]).load_state_dict(state)
    model.zero_grad()
    model(Tensor([[1.0, 2.0]])).sum().backward()
    first.step()                                    # the state of a moment ago still fits: a run goes back to it
    kind([a, b, c, d]).load_state_dict(state)
    values = [Value(1.0), Value(2.0)]
    state = kind(values).state_dict()
    kind(values).load_state_dict(state)
    with pytest.raises(ValueError, match="in the order they had then"):
        kind(values[::-1]).load_state_dict(state)


def test_a_module_lists_what_is_in_it_as_pytorchs_does():
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.BatchNorm1d(2), nn.Tanh()))
    assert [type(m).__name__ for m in model.modules()] == ["Sequential", "Linear", "Sequential", "BatchNorm1d", "Tanh"]
    assert [name for name, _ in model.named_children()] == ["0", "1"]
    assert [type(m).__name__ for m in model.children()] == ["Linear", "Sequential"]
    assert len(list(model.buffers())) == 3


def test_param_groups_read_and_set_the_options():
    w = Value(1.0)
    optimizer = optim.SGD([w], lr=0.1)
    (group,) = optimizer.param_groups
    assert (group["lr"], group["params"], set(group)) == (0.1, [w], {"params", *optimizer.options})
    for one in optimizer.param_groups:
        one["lr"] = 0.5
    assert optimizer.lr == 0.5
    for key, x, error in [("lr", -1.0, ValueError), ("learning_rate", 0.1, KeyError), ("momentum", 2.0, ValueError)]:
        with pytest.raises(error):
            group[key] = x
    assert optimizer.lr == 0.5


class Handmade:
    """A layer as learners write one, no Module."""

    def __init__(self):
        self.weight = Tensor([1.0], requires_grad=True)


def test_parameters_in_a_handmade_layer_are_not_overlooked():
    model = nn.Module()
    model.layers = [nn.Linear(1, 1), Handmade()]
    for ask in (model.parameters, model.state_dict, lambda: nn.save("/dev/null", model)):
        with pytest.raises(TypeError, match="make its class a Module"):
            ask()
    model.layers.pop()
    model.owner = Handmade.__new__(Handmade)        # what refers to a module owns none of its parameters
    model.owner.model = model
    assert len(model.parameters()) == 2


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
@pytest.mark.parametrize("key", ["a\0b", "a\\b", "a/b", "a b", "ä", "a\nb", "a" * 300, "..", "", "a/"])
def test_a_name_that_is_saved_can_be_loaded(key, ending, tmp_path):
    if ending == "safetensors":
        pytest.importorskip("safetensors", reason="the safetensors extra is not installed")
    model, other, refused = nn.Module(), nn.Module(), ""
    model.kept, other.kept = ({key: Tensor([x], requires_grad=True)} for x in (1.0, 2.0))
    try:
        nn.save(tmp_path / f"a.{ending}", model)
    except ValueError as error:
        refused = str(error)
    if not refused:
        nn.load(tmp_path / f"a.{ending}", other)
        assert other.kept[key].item() == 1.0
    assert not refused or "rename" in refused
