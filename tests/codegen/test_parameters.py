"""What `source` calls the parameters of modules: their paths."""

from __future__ import annotations

import ast

import numpy as np
import pytest

import autograd.functional as F
import nn
from autograd import Tensor, Value, source


class Net(nn.Module):
    def __init__(self, hidden: int = 3) -> None:
        self.fc1 = nn.Linear(2, hidden)
        self.blocks = [nn.Linear(hidden, hidden), nn.Tanh(), nn.LayerNorm(hidden)]
        self.heads = {"left": nn.Linear(hidden, 2), "right": nn.Linear(hidden, 2)}

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc1(x)
        for block in self.blocks:
            x = block(x)
        return self.heads["left"](x) + self.heads["right"](x)


def arguments(text: str) -> list[str]:
    (step,) = [x for x in ast.walk(ast.parse(text)) if isinstance(x, ast.FunctionDef) and x.name == "step"]
    return [x.arg for x in step.args.args]


@pytest.mark.parametrize("named", [lambda model: None, lambda model: model, lambda model: {"model": model},
                                   lambda model: {"net": model, "layer": model.fc1, "Net": Net, "np": np}])
@pytest.mark.parametrize("backend", ["numpy", "torch", "jax"])
def test_arguments_are_the_paths(named: object, backend: str) -> None:
    model = Net()
    loss = F.cross_entropy(model(Tensor([[1.0, 2.0], [3.0, 4.0]])), [0, 1])
    text = source(loss, named(model), backend)      # type: ignore[operator]
    assert arguments(text) == [path.replace(".", "_") for path in dict(model.named_parameters())]
    space: dict[str, object] = {}
    if backend == "numpy":
        exec(text, space)
        got, gradients = space["step"](*[p.numpy() for p in model.parameters()])    # type: ignore[operator]
        loss.backward()
        assert got == pytest.approx(loss.item(), rel=1e-12)
        for path, parameter in model.named_parameters():
            assert np.allclose(gradients[path.replace(".", "_")], parameter.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_several_modules_are_told_apart_by_their_variables() -> None:
    embedding, net = nn.Embedding(5, 2), nn.Linear(2, 2)
    loss = F.cross_entropy(net(embedding([1, 2])), [0, 1])
    assert arguments(source(loss, {"embedding": embedding, "net": net})) == [
        "embedding_weight", "net_weight", "net_bias"]
    assert arguments(source(loss)) == ["weight", "weight_2", "bias"]


def test_a_variable_and_a_label_of_ones_own_come_first() -> None:
    model = Net()
    model.fc1.weight.label = "W"
    loss = model(Tensor([[1.0, 2.0]])).sum()
    found = arguments(source(loss, {"shift": model.fc1.bias, "model": model}))
    assert found[:3] == ["W", "shift", "blocks_0_weight"]


def test_modules_of_single_numbers() -> None:
    model = nn.MLP(2, [2, 1])
    loss = model([Value(1.0), 2.0])
    found = arguments(source(loss))
    assert {path.replace(".", "_") for path in dict(model.named_parameters())} <= set(found)
    assert "x_1" in found                           # what it is fed stays an argument


def test_what_cannot_name_is_refused() -> None:
    with pytest.raises(TypeError, match="expected a dict such as locals"):
        source(Value(1.0) * 2.0, [1])
