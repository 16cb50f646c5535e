"""The work that is timed: one training step each of three models, as every contender would naturally write it.

A function here sets one contender up and returns its `step`, which runs one forward and backward pass and returns the
loss and what holds the gradients: arrays, or parameters with a `.grad`. `outcome` reads both, whoever computed them, to
check that all contenders did the same work. Nothing here measures.
"""

from __future__ import annotations

import importlib.util
import random
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["WORKLOADS", "makemore_numpy", "makemore_tensor", "makemore_torch", "mlp784_numpy", "mlp784_tensor",
           "mlp784_torch", "moons", "moons_micrograd", "moons_value", "outcome"]

Step = Callable[[], tuple[float, list[Any]]]
f32 = np.float32


def outcome(step: Step) -> tuple[float, list[Any]]:
    """The loss and the gradients, as arrays, of one step."""
    loss, holders = step()
    return loss, [np.asarray(x if isinstance(x, np.ndarray) else x.grad) for x in holders]


# Two moons, from micrograd's demo: a 2-16-16-1 network of scalar neurons on 100 points. 65,075 nodes.

def moons(value: type) -> Step:
    """micrograd's own network code on the engine `value`: micrograd's class Value, or one that does the same."""
    nn = _micrograd_nn(value)
    random.seed(1337)
    model = nn.MLP(2, [16, 16, 1])
    points, labels = _moons_data()
    inputs = [list(map(value, point)) for point in points]

    def step() -> tuple[float, list[Any]]:
        scores = list(map(model, inputs))
        losses = [(1 + -label * score).relu() for label, score in zip(labels, scores)]
        data_loss = sum(losses) * (1.0 / len(losses))
        loss = data_loss + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        return float(loss.data), model.parameters()

    return step


def moons_micrograd() -> Step:
    from micrograd.engine import Value

    return moons(Value)


def moons_value() -> Step:
    from autograd import Value

    return moons(Value)


def _micrograd_nn(value: type) -> Any:
    """A copy of the module `micrograd.nn` of its own, with `value` for its Value."""
    spec = importlib.util.find_spec("micrograd.nn")
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError("moons: needs micrograd's network code; pip install micrograd")
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.Value = value
    return module


def _moons_data() -> tuple[list[list[float]], list[float]]:
    angle = np.linspace(0, np.pi, 50)
    upper = np.c_[np.cos(angle), np.sin(angle)]
    lower = np.c_[1 - np.cos(angle), 0.5 - np.sin(angle)]
    points = np.concatenate([upper, lower]) + np.random.RandomState(1337).randn(100, 2) * 0.1
    return points.tolist(), [-1.0] * 50 + [1.0] * 50


# The character model of Karpathy's makemore lectures, its batch norm and cross-entropy written op by op: embedding of
# 27 characters in 10 dimensions, 3 characters of context, 200 hidden units, 32 samples, float32. 29 nodes.

def _makemore_data() -> tuple[list[Any], Any, Any]:
    rng = np.random.default_rng(0)
    parameters = [
        rng.standard_normal((27, 10)),              # C, the embedding
        rng.standard_normal((30, 200)) * 0.3,       # W1
        rng.standard_normal(200) * 0.1,             # b1
        rng.standard_normal((200, 27)) * 0.1,       # W2
        rng.standard_normal(27) * 0.1,              # b2
        rng.standard_normal((1, 200)) * 0.1 + 1,    # gain
        rng.standard_normal((1, 200)) * 0.1,        # bias
    ]
    return [p.astype(f32) for p in parameters], rng.integers(0, 27, (32, 3)), rng.integers(0, 27, 32)


def _makemore_loss(parameters: list[Any], contexts: Any, targets: Any, rows: Any) -> Any:
    """The loss by ops that a Tensor and a torch.Tensor both have."""
    C, W1, b1, W2, b2, gain, bias = parameters
    n = len(rows)
    embedded = C[contexts].view(n, -1)
    hidden = embedded @ W1 + b1
    mean = 1 / n * hidden.sum(0, keepdim=True)
    centred = hidden - mean
    variance = 1 / (n - 1) * (centred ** 2).sum(0, keepdim=True)
    normal = centred * (variance + 1e-5) ** -0.5
    logits = (gain * normal + bias).tanh() @ W2 + b2
    shifted = logits - logits.max(1, keepdim=True).values
    counts = shifted.exp()
    probabilities = counts * counts.sum(1, keepdim=True) ** -1
    return -probabilities.log()[rows, targets].mean()


def makemore_numpy() -> Step:
    """As a person writes it who has worked the gradients out on paper: batch norm's and cross-entropy's in one go."""
    (C, W1, b1, W2, b2, gain, bias), contexts, targets = _makemore_data()
    n = len(targets)
    rows = np.arange(n)

    def step() -> tuple[float, list[Any]]:
        embedding = C[contexts]
        embedded = embedding.reshape(n, -1)
        hidden = embedded @ W1 + b1
        mean = hidden.sum(0, keepdims=True) * f32(1 / n)
        centred = hidden - mean
        variance = (centred * centred).sum(0, keepdims=True) * f32(1 / (n - 1))
        inverse = (variance + f32(1e-5)) ** f32(-0.5)
        normal = centred * inverse
        h = np.tanh(gain * normal + bias)
        logits = h @ W2 + b2
        counts = np.exp(logits - logits.max(1, keepdims=True))
        probabilities = counts / counts.sum(1, keepdims=True)
        loss = -np.log(probabilities)[rows, targets].mean()

        d_logits = probabilities.copy()
        d_logits[rows, targets] -= 1
        d_logits /= n
        d_h = d_logits @ W2.T
        dW2 = h.T @ d_logits
        db2 = d_logits.sum(0)
        d_scaled = (1 - h * h) * d_h
        d_gain = (normal * d_scaled).sum(0, keepdims=True)
        d_bias = d_scaled.sum(0, keepdims=True)
        d_hidden = gain * inverse / n * (
            n * d_scaled - d_scaled.sum(0) - n / (n - 1) * normal * (d_scaled * normal).sum(0))
        dW1 = embedded.T @ d_hidden
        db1 = d_hidden.sum(0)
        dC = np.zeros_like(C)
        np.add.at(dC, contexts, (d_hidden @ W1.T).reshape(embedding.shape))
        return loss.item(), [dC, dW1, db1, dW2, db2, d_gain, d_bias]

    return step


def makemore_tensor() -> Step:
    from autograd import Tensor

    arrays, contexts, targets = _makemore_data()
    return _step([Tensor(p, requires_grad=True) for p in arrays], _makemore_loss,
                 contexts, targets, np.arange(len(targets)))


def makemore_torch() -> Step:
    import torch

    arrays, contexts, targets = _makemore_data()
    return _step([torch.tensor(p, requires_grad=True) for p in arrays], _makemore_loss,
                 torch.tensor(contexts), torch.tensor(targets), torch.arange(len(targets)))


# A classifier of 28 by 28 pixels: 784-256-10, 128 samples, float32.

def _mlp784_data() -> tuple[list[Any], Any, Any]:
    rng = np.random.default_rng(0)
    parameters = [
        rng.standard_normal((784, 256)) * (2 / 784) ** 0.5,
        np.zeros(256),
        rng.standard_normal((256, 10)) * (1 / 256) ** 0.5,
        np.zeros(10),
    ]
    return [p.astype(f32) for p in parameters], rng.random((128, 784)).astype(f32), rng.integers(0, 10, 128)


def _mlp784_loss(parameters: list[Any], images: Any, targets: Any, rows: Any) -> Any:
    W1, b1, W2, b2 = parameters
    logits = (images @ W1 + b1).relu() @ W2 + b2
    shifted = logits - logits.max(1, keepdim=True).values
    log_probabilities = shifted - shifted.exp().sum(1, keepdim=True).log()
    return -log_probabilities[rows, targets].mean()


def mlp784_numpy() -> Step:
    """By hand, with cross-entropy's gradient (p − y)/n in one go."""
    (W1, b1, W2, b2), images, targets = _mlp784_data()
    n = len(targets)
    rows = np.arange(n)

    def step() -> tuple[float, list[Any]]:
        hidden = images @ W1 + b1
        h = np.maximum(hidden, 0)
        logits = h @ W2 + b2
        shifted = logits - logits.max(1, keepdims=True)
        counts = np.exp(shifted)
        sums = counts.sum(1, keepdims=True)
        loss = -(shifted - np.log(sums))[rows, targets].mean()

        d_logits = counts / sums
        d_logits[rows, targets] -= 1
        d_logits /= n
        d_hidden = d_logits @ W2.T
        d_hidden[hidden <= 0] = 0
        return loss.item(), [images.T @ d_hidden, d_hidden.sum(0), h.T @ d_logits, d_logits.sum(0)]

    return step


def mlp784_tensor() -> Step:
    from autograd import Tensor

    arrays, images, targets = _mlp784_data()
    return _step([Tensor(p, requires_grad=True) for p in arrays], _mlp784_loss,
                 Tensor(images), targets, np.arange(len(targets)))


def mlp784_torch() -> Step:
    import torch

    arrays, images, targets = _mlp784_data()
    return _step([torch.tensor(p, requires_grad=True) for p in arrays], _mlp784_loss,
                 torch.tensor(images), torch.tensor(targets), torch.arange(len(targets)))


def _step(parameters: list[Any], loss_of: Callable[..., Any], *data: Any) -> Step:
    """A step of an engine that computes the gradients itself."""

    def step() -> tuple[float, list[Any]]:
        for p in parameters:
            p.grad = None
        loss = loss_of(parameters, *data)
        loss.backward()
        return loss.item(), parameters

    return step


WORKLOADS: dict[str, dict[str, Callable[[], Step]]] = {
    "two moons": {"micrograd": moons_micrograd, "ninjagrad": moons_value},
    "makemore": {"NumPy by hand": makemore_numpy, "ninjagrad": makemore_tensor, "PyTorch": makemore_torch},
    "MLP 784-256-10": {"NumPy by hand": mlp784_numpy, "ninjagrad": mlp784_tensor, "PyTorch": mlp784_torch},
}
