"""Layers: first those of single numbers, as in micrograd, then those of Tensors, as in PyTorch."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import autograd.functional as F
from autograd import Tensor, Value
from nn.module import Module

__all__ = ["MLP", "Layer", "Linear", "Neuron", "ReLU", "Sequential", "Sigmoid", "Softmax", "Tanh", "manual_seed"]


# Of Values: a network one can see every number of. Initial weights come from Python's `random`, in micrograd's order.

class Neuron(Module):
    """f(Σ wᵢ·xᵢ + b), with weights drawn from −1 to 1.

    Args:
        nin: how many inputs.
        nonlin: True for ReLU, False for none, or the name of a `Value` method such as "tanh".
    """

    def __init__(self, nin: int, nonlin: bool | str = True) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin

    def forward(self, x: Sequence[Any]) -> Value:
        if len(x) != len(self.w):
            raise ValueError(f"Neuron: got {len(x)} inputs, expected {len(self.w)}")
        activation = self.b
        for w, x_i in zip(self.w, x):
            activation = activation + w * x_i
        if not self.nonlin:
            return activation
        result: Value = getattr(activation, "relu" if self.nonlin is True else self.nonlin)()
        return result

    def __repr__(self) -> str:
        kind = self.nonlin.capitalize() if isinstance(self.nonlin, str) else "ReLU" if self.nonlin else "Linear"
        return f"{kind}Neuron({len(self.w)})"


class Layer(Module):
    """Neurons side by side, all fed the same inputs. A layer of one gives its number, not a list of one."""

    def __init__(self, nin: int, nout: int, **options: Any) -> None:
        self.neurons = [Neuron(nin, **options) for _ in range(nout)]

    def forward(self, x: Sequence[Any]) -> Any:
        out = [neuron(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(str, self.neurons))}]"


class MLP(Module):
    """Layers one after another, the last without a nonlinearity: a multi-layer perceptron of Values.

    >>> random.seed(0)
    >>> model = MLP(2, [3, 1])
    >>> model, len(model.parameters())
    (MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(3)]], 13)
    """

    def __init__(self, nin: int, nouts: Sequence[int], nonlin: bool | str = True) -> None:
        sizes = [nin, *nouts]
        self.layers = [Layer(sizes[i], sizes[i + 1], nonlin=nonlin if i < len(nouts) - 1 else False)
                       for i in range(len(nouts))]

    def forward(self, x: Sequence[Any]) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(str, self.layers))}]"


# Of Tensors: rows are samples, columns features.

_generator = np.random.default_rng()


def manual_seed(seed: int) -> None:
    """Make the initial weights of Tensor layers from here on the same in every run."""
    global _generator
    _generator = np.random.default_rng(seed)


class Linear(Module):
    """x @ weightᵀ + bias: shape (…, in) -> (…, out).

    Weights and bias are drawn from ±1/√in, as PyTorch's are (after He et al., 2015); weight[i, j] leads from input j
    to output i.
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, dtype: Any = np.float64) -> None:
        bound = 1 / math.sqrt(in_features)
        self.weight = Tensor(_generator.uniform(-bound, bound, (out_features, in_features)), True, dtype, "weight")
        self.bias = Tensor(_generator.uniform(-bound, bound, out_features), True, dtype, "bias") if bias else None

    def forward(self, x: Any) -> Tensor:
        return F.linear(x if isinstance(x, Tensor) else Tensor(x, dtype=self.weight.dtype), self.weight, self.bias)

    def extra_repr(self) -> str:
        out_features, in_features = self.weight.shape
        return f"{in_features} -> {out_features}" + ("" if self.bias is not None else ", no bias")


class Sequential(Module):
    """Modules, or plain functions, one after another.

    >>> Sequential(Linear(2, 3), Tanh(), Linear(3, 2), Softmax())
    Sequential(
      (0): Linear(2 -> 3)
      (1): Tanh()
      (2): Linear(3 -> 2)
      (3): Softmax()
    )
    """

    def __init__(self, *modules: Callable[[Any], Any]) -> None:
        self.modules = list(modules)

    def forward(self, x: Any) -> Any:
        for module in self.modules:
            x = module(x)
        return x

    def __getitem__(self, index: int) -> Any:
        return self.modules[index]

    def __len__(self) -> int:
        return len(self.modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.modules)


class Tanh(Module):
    """tanh, elementwise."""

    def forward(self, x: Any) -> Any:
        return F.tanh(x)


class ReLU(Module):
    """max(0, x), elementwise."""

    def forward(self, x: Any) -> Any:
        return F.relu(x)


class Sigmoid(Module):
    """1/(1 + exp(−x)), elementwise."""

    def forward(self, x: Any) -> Any:
        return F.sigmoid(x)


class Softmax(Module):
    """Softmax along `dim`, of Tensors or of a list of Values; as an output layer or anywhere else."""

    def __init__(self, dim: int = -1, temperature: float = 1.0) -> None:
        self.dim = dim
        self.temperature = temperature

    def forward(self, x: Any) -> Any:
        return F.softmax(x, self.dim, self.temperature)
