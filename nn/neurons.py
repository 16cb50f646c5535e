"""Layers of Values, as in micrograd: a network one can see every number of. They need no NumPy.

Initial weights come from Python's `random`, in micrograd's order.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from operator import methodcaller
from typing import Any

from autograd.core.nary import dot
from autograd.core.value import Value
from nn.module import Module

__all__ = ["MLP", "Layer", "Neuron"]


class Neuron(Module):
    """f(Σ wᵢ·xᵢ + b), with weights drawn from −1 to 1.

    Args:
        nin: how many inputs.
        nonlin: True for ReLU, False for none, or the name of a `Value` method such as "tanh".
        nary: make Σ wᵢ·xᵢ one node (drawn as Σ) instead of a product and a sum for each input: several times faster,
            with the same numbers up to rounding.
    """

    def __init__(self, nin: int, nonlin: bool | str = True, nary: bool = False) -> None:
        if not isinstance(nonlin, (bool, str)) or (isinstance(nonlin, str) and not hasattr(Value, nonlin)):
            raise ValueError(f"Neuron: got nonlin={nonlin!r}, expected True, False or the name of a Value's method, "
                             "such as 'tanh'")
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.nary = nary
        self.activate = methodcaller("relu" if nonlin is True else nonlin or "__pos__")

    def forward(self, x: Sequence[object]) -> Value:
        if self.nary:
            return self.activate(dot(self.w, x) + self.b)       # type: ignore[no-any-return]
        if len(x) != len(self.w):
            raise ValueError(f"Neuron: got {len(x)} inputs, expected {len(self.w)}")
        activation = self.b
        for w, x_i in zip(self.w, x):
            activation = activation + w * x_i
        return self.activate(activation)                        # type: ignore[no-any-return]

    def __repr__(self) -> str:
        kind = self.nonlin.capitalize() if isinstance(self.nonlin, str) else "ReLU" if self.nonlin else "Linear"
        return f"{kind}Neuron({len(self.w)})"


class Layer(Module):
    """Neurons side by side, all fed the same inputs. A layer of one gives its number, not a list of one."""

    def __init__(self, nin: int, nout: int, **options: Any) -> None:
        self.neurons = [Neuron(nin, **options) for _ in range(nout)]

    def forward(self, x: Sequence[object]) -> Any:
        out = [neuron.forward(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def __repr__(self) -> str:
        neuron = self.neurons[0] if self.neurons else None
        return f"Layer({len(neuron.w)} → {len(self.neurons)}{_named(neuron)})" if neuron else "Layer()"


class MLP(Module):
    """Layers one after another, the last without a nonlinearity: a multi-layer perceptron of Values.

    >>> random.seed(0)
    >>> model = MLP(2, [3, 1])
    >>> model, len(model.parameters())
    (MLP(2 → 3 → 1, ReLU), 13)
    """

    def __init__(self, nin: int, nouts: Sequence[int], nonlin: bool | str = True, nary: bool = False) -> None:
        if isinstance(nouts, int):
            raise TypeError(f"MLP: got nouts={nouts}, expected a list of each layer's width; write [{nouts}]")
        sizes = [nin, *nouts]
        self.layers = [Layer(sizes[i], sizes[i + 1], nonlin=nonlin if i < len(nouts) - 1 else False, nary=nary)
                       for i in range(len(nouts))]

    def forward(self, x: Sequence[object]) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def __repr__(self) -> str:
        if not self.layers:
            return "MLP()"
        widths = " → ".join(str(n) for n in (len(self.layers[0].neurons[0].w),
                                             *(len(layer.neurons) for layer in self.layers)))
        return f"MLP({widths}{_named(self.layers[0].neurons[0]) if len(self.layers) > 1 else ''})"


def _named(neuron: Neuron) -> str:
    return f", {'ReLU' if neuron.nonlin is True else neuron.nonlin}" if neuron.nonlin else ""
