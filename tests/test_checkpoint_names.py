"""Checkpoints lose no name: what could be saved as one, found nowhere, or put into another's place, is refused."""

from collections import deque

import numpy as np
import pytest

import nn
from autograd import Tensor, Value


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
