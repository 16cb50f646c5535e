"""Folding: what `draw(collapse=…)` puts into boxes, and that noting calls keeps nothing alive."""

import copy
import gc
import pickle
import weakref
from typing import Any

import numpy as np
import pytest

import autograd.functional as F
import nn
from autograd import Tensor, Value, draw
from autograd.core.carrying import calls
from tests.test_rendering import RED, boxes, edges, red_edges


def modules(source: str) -> list[list[str]]:
    return [lines for role, lines in boxes(source).values() if role == "module"]


def network() -> tuple[nn.Sequential, Tensor, Tensor]:
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Sequential(nn.Linear(8, 8), nn.Tanh()), nn.Linear(8, 3))
    x = Tensor(np.ones((2, 4)), label="x")
    return model, x, F.cross_entropy(model(x), [0, 1])


def test_the_whole_model_in_one_box() -> None:
    model, _, loss = network()
    source = draw(loss, collapse=model).source
    assert modules(source) == [["Sequential", f"{4 * 8 + 8 + 8 * 8 + 8 + 8 * 3 + 3} parameters"]]
    assert [role for role, _ in boxes(source).values()].count("op") == 1                # the cross-entropy
    assert len(edges(source)) == 4                      # x -> model -> logits -> CE -> loss
    assert not any(role == "parameter" for role, _ in boxes(source).values())


def test_depth_says_how_many_levels_stay_open() -> None:
    model, _, loss = network()
    assert modules(draw(loss, collapse=model, depth=1).source) == [
        ["Linear(4 -&gt; 8)", "0", "40 parameters"], ["Tanh()", "1", "no parameters"],
        ["Sequential", "2", "72 parameters"], ["Linear(8 -&gt; 3)", "3", "27 parameters"]]
    deeper = modules(draw(loss, collapse=model, depth=2).source)
    assert [lines[:2] for lines in deeper] == [["Linear(4 -&gt; 8)", "0"], ["Tanh()", "1"],
                                               ["Linear(8 -&gt; 8)", "2.0"], ["Tanh()", "2.1"],
                                               ["Linear(8 -&gt; 3)", "3"]]


class Side(nn.Module):
    """Heads side by side on one input."""

    def __init__(self, count: int) -> None:
        self.heads = [nn.Linear(2, 3) for _ in range(count)]

    def forward(self, x: Tensor) -> Any:
        return sum(head(x) for head in self.heads)


def test_repeats_share_a_box() -> None:
    model = Side(5)
    x = Tensor([[1.0, 2.0]], label="x")
    source = draw(model(x).sum(), collapse=model, depth=1).source
    assert modules(source) == [["Linear(2 -&gt; 3) ×5", "heads", "45 parameters"]]


def test_one_module_called_again_has_a_box_for_each_call() -> None:
    cell = nn.Linear(3, 3)
    h = cell(cell(cell(Tensor([1.0, 2.0, 3.0]))))
    assert modules(draw(h.sum(), collapse=cell).source) == [
        ["Linear(3 -&gt; 3)", "12 parameters"], ["Linear(3 -&gt; 3)", "(call 2)", "12 parameters"],
        ["Linear(3 -&gt; 3)", "(call 3)", "12 parameters"]]


def test_a_network_of_values_that_is_too_large_otherwise() -> None:
    model = nn.MLP(2, [16, 16, 1])
    x = [Value(1.0, label="x_1"), Value(2.0, label="x_2")]
    loss = (model(x) - 1.0) ** 2
    with pytest.raises(ValueError, match="collapse=model"):
        draw(loss)
    assert modules(draw(loss, collapse=model).source) == [["MLP(2 → 16 → 16 → 1, ReLU)", "337 parameters"]]
    source = draw(loss, collapse=model, depth=1).source
    assert modules(source) == [["Layer(2 → 16, ReLU)", "layers.0", "48 parameters"],
                               ["Layer(16 → 16, ReLU)", "layers.1", "272 parameters"],
                               ["Layer(16 → 1)", "layers.2", "17 parameters"]]
    assert sum(tail == "m0" for tail, _ in edges(source)) == 16


def test_red_paths_go_through_boxes() -> None:
    model, x, loss = network()
    source = draw(loss, collapse=model, highlight=x).source
    assert RED in source
    assert len(red_edges(source)) == 4


def test_what_is_used_outside_stays_outside() -> None:
    model = nn.Linear(2, 2)
    x = Tensor([[1.0, 2.0]], label="x")
    loss = model(x).sum() + 0.1 * (model.weight ** 2).sum()
    source = draw(loss, collapse=model).source
    (weight,) = [key for key, (_, lines) in boxes(source).items() if lines[0] == "weight"]
    assert (weight, "m0") in edges(source)              # into the box, and into the penalty
    assert sum(tail == weight for tail, _ in edges(source)) == 2
    assert {end for edge in edges(source) for end in edge} <= set(boxes(source))


def test_only_modules_can_be_folded() -> None:
    with pytest.raises(TypeError, match=r"got str in collapse=, expected an nn\.Module"):
        draw(Value(1.0) + 1.0, collapse="model")


def test_noting_calls_keeps_no_graph_alive() -> None:
    gc.collect()
    gc.disable()
    try:
        model, _, loss = network()
        logits = model(Tensor(np.ones((2, 4))))
        watched, model_watched = weakref.ref(logits), weakref.ref(model)
        del logits
        assert watched() is None
        del model
        assert model_watched() is None                  # although the loss's graph remains
        assert loss.item() > 0
    finally:
        gc.enable()


def test_what_a_module_hands_on_is_not_noted() -> None:
    class Same(nn.Module):
        def forward(self, x: Any) -> Any:
            return x

    before = Value(2.0) * 3.0
    assert Same()(before) is before
    assert calls(before) == ()                           # else it would keep itself alive


def test_a_noted_value_is_a_value_like_any_other() -> None:
    model = nn.MLP(2, [2, 1])                           # its last node is a sum, the ones before are ReLUs
    x = [Value(1.0), Value(2.0)]
    score = model(x)
    assert [type(call.module()).__name__ for call in calls(score)] == ["Layer", "MLP"]
    inner, last = model.layers
    hidden = inner.forward(x)
    plain = last.forward(hidden)
    assert calls(plain) == () == calls(hidden[0])
    assert type(score) is Value
    assert (score.data, score.partials) == (plain.data, plain.partials)
    assert [type(p) for p in copy.copy(score).partials] == [float, float]
    assert calls(copy.copy(score)) == ()
    score.backward()
    found = [p.grad for p in model.parameters()]
    model.zero_grad()
    plain.backward()
    assert found == [p.grad for p in model.parameters()]
    assert pickle.loads(pickle.dumps(score)).partials == plain.partials


def test_noted_nodes_can_be_copied_and_pickled() -> None:
    logits = nn.Linear(2, 2)(Tensor([[1.0, 2.0]]))
    for other in (copy.deepcopy(logits), pickle.loads(pickle.dumps(logits))):
        assert other.tolist() == logits.tolist()
        assert draw(other, collapse=nn.Linear(2, 2)).source
