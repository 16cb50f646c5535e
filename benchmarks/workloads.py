"""The work that is timed: one training step of a model, as every contender would naturally write it.

A function here sets one contender up and returns its `step`, which runs one forward and backward pass and returns the
loss and what holds the gradients: arrays, or parameters with a `.grad`. `outcome` reads both, whoever computed them, to
check that all contenders did the same work. A contender whose library is missing raises ImportError. Nothing here
measures; `WORKLOADS` at the end says who competes with whom.
"""

from __future__ import annotations

import importlib.util
import math
import random
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from benchmarks import microgpt, rivals
from benchmarks.steps import Step, array_step, outcome, scalar_step

__all__ = ["GOALS", "WORKLOADS", "Goal", "Workload", "makemore_numpy", "makemore_tensor", "makemore_torch",
           "mlp784_numpy", "mlp784_tensor", "mlp784_torch", "moons", "moons_micrograd", "moons_value", "outcome"]

f32 = np.float32


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


def moons_reference() -> Step:
    from benchmarks.reference import Value

    return moons(Value)


def moons_nary() -> Step:
    """With `nn.MLP`'s n-ary neurons: each neuron's products and sums as one node."""
    import nn
    from autograd import Value
    from autograd.core.nary import total

    random.seed(1337)
    model = nn.MLP(2, [16, 16, 1], nary=True)
    points, labels = _moons_data()
    inputs = [list(map(Value, point)) for point in points]
    weights = model.parameters()

    def step() -> tuple[float, list[Any]]:
        scores = list(map(model, inputs))
        losses = [(1 + -label * score).relu() for label, score in zip(labels, scores)]
        loss = total(losses) * (1.0 / len(losses)) + 1e-4 * total([w * w for w in weights])
        model.zero_grad()
        loss.backward()
        return loss.data, weights

    return step


def _moons_weights() -> list[Any]:
    """micrograd's initial weights: of each layer a matrix, each neuron's weights in a row, and its biases."""
    random.seed(1337)
    layers: list[Any] = []
    for fan_in, fan_out in [(2, 16), (16, 16), (16, 1)]:
        weights = [[random.uniform(-1, 1) for _ in range(fan_in)] for _ in range(fan_out)]
        layers += [np.array(weights), np.zeros(fan_out)]
    return layers


def _in_micrograds_order(layers: list[Any]) -> Any:
    """The gradients of `layers` in one array, each neuron's weights followed by its bias."""
    return np.concatenate([np.c_[W, b].ravel() for W, b in zip(layers[::2], layers[1::2])])


def moons_numpy() -> Step:
    """The whole network by hand, on all points at once."""
    layers = _moons_weights()
    W1, b1, W2, b2, W3, b3 = layers
    points, signs = _moons_data()
    X, y = np.array(points), np.array(signs)[:, None]
    n = len(X)

    def step() -> tuple[float, list[Any]]:
        h1 = np.maximum(X @ W1.T + b1, 0)
        h2 = np.maximum(h1 @ W2.T + b2, 0)
        margins = 1 - y * (h2 @ W3.T + b3)
        loss = np.maximum(margins, 0).mean() + 1e-4 * sum((p * p).sum() for p in layers)

        d_scores = (margins > 0) * -y / n
        d_h2 = d_scores @ W3 * (h2 > 0)
        d_h1 = d_h2 @ W2 * (h1 > 0)
        return loss, [d_h1.T @ X + 2e-4 * W1, d_h1.sum(0) + 2e-4 * b1,
                      d_h2.T @ h1 + 2e-4 * W2, d_h2.sum(0) + 2e-4 * b2,
                      d_scores.T @ h2 + 2e-4 * W3, d_scores.sum(0) + 2e-4 * b3]

    return _flattened(step)


def _flattened(step: Step) -> Step:
    """`step` with its gradients in micrograd's order, which `outcome` alone pays for."""
    class Gradients:
        def __init__(self, layers: list[Any]) -> None:
            self.layers = layers

        @property
        def grad(self) -> Any:
            return _in_micrograds_order(self.layers)

    def flattened() -> tuple[float, list[Any]]:
        loss, layers = step()
        return loss, [Gradients(layers)]

    return flattened


def moons_replay() -> Step:
    """micrograd's own network code on `Value`, recorded once."""
    from autograd import Value, replay

    root, weights = _moons_graph(Value)
    recorded = replay(root, wrt=weights)
    return lambda: (recorded(), [recorded.gradient])


def moons_recording() -> Step:
    """Recording the graph, and one run of it: what replay costs before it saves anything."""
    from autograd import Value, replay

    root, weights = _moons_graph(Value)

    def step() -> tuple[float, list[Any]]:
        recorded = replay(root, wrt=weights)
        return recorded(), [recorded.gradient]

    return step


def moons_casadi() -> Step:
    """The same scalar expression and its gradient as a function of CasADi's virtual machine."""
    import casadi

    weights = casadi.SX.sym("weights", 337)
    loss = _moons_loss(casadi.vertsplit(weights), lambda x: casadi.fmax(x, 0))
    run = casadi.Function("step", [weights], [loss, casadi.gradient(loss, weights)])
    initial = _in_micrograds_order(_moons_weights())
    # Without the buffers most of its time would go into converting the arguments.
    buffer, evaluate = run.buffer()
    value, gradient = np.zeros(1), np.zeros(337)
    buffer.set_arg(0, initial.data)
    buffer.set_res(0, value.data)
    buffer.set_res(1, gradient.data)

    def step() -> tuple[float, list[Any]]:
        evaluate()
        return value[0], [gradient]

    step.kept = buffer, initial     # type: ignore[attr-defined]    # the buffer holds bare addresses
    return step


def _moons_loss(weights: list[Any], relu: Callable[[Any], Any]) -> Any:
    """The loss of single numbers of whatever kind the weights are, in micrograd's order."""
    source = iter(weights)
    points, labels = _moons_data()
    layers = [[([next(source) for _ in range(fan_in)], next(source)) for _ in range(fan_out)]
              for fan_in, fan_out in [(2, 16), (16, 16), (16, 1)]]
    loss = 1e-4 * sum(w * w for w in weights)
    for x, label in zip(points, labels):
        for depth, layer in enumerate(layers):
            x = [sum((w_i * x_i for w_i, x_i in zip(w, x)), b) for w, b in layer]
            if depth < 2:
                x = [relu(score) for score in x]
        loss += relu(1 - label * x[0]) * (1.0 / len(points))
    return loss


def moons_ddx() -> Step:
    return rivals.ddx_graph(_moons_loss, _in_micrograds_order(_moons_weights()))


def moons_numba() -> Step:
    points, signs = _moons_data()
    return rivals.numba_loop(_in_micrograds_order(_moons_weights()), points, signs)


def _moons_graph(value: type) -> tuple[Any, list[Any]]:
    """The root of one step's graph, and the parameters below it."""
    nn = _micrograd_nn(value)
    random.seed(1337)
    model = nn.MLP(2, [16, 16, 1])
    points, labels = _moons_data()
    scores = [model(list(map(value, point))) for point in points]
    losses = [(1 + -label * score).relu() for label, score in zip(labels, scores)]
    return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters()), model.parameters()


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


# A random graph without structure, so that nothing is to be found in it: of so many levels, each so wide.

def irregular(levels: int, width: int) -> tuple[Callable[[], Any], list[Any]]:
    """A function that builds the graph, and its leaves."""
    from autograd import Value

    generator = random.Random(levels)
    leaves = [Value(generator.uniform(-1, 1)) for _ in range(width)]
    half = Value(0.5)

    def build() -> Any:
        generator, before = random.Random(levels), leaves
        for _ in range(levels):
            made = []
            for _ in range(width):
                a, b, kind = generator.choice(before), generator.choice(before), generator.randrange(4)
                if generator.random() < 0.5:        # without which no gradient would survive so many levels
                    b = generator.choice(leaves)
                made.append(half * (a + b) if kind == 0 else a * b if kind == 1 else a.maximum(b) if kind == 2
                            else a.tanh())
            before = made
        return sum(before)

    return build, leaves


def irregular_value(levels: int, width: int) -> Step:
    return scalar_step(*irregular(levels, width))


def irregular_replay(levels: int, width: int) -> Step:
    from autograd import replay

    build, leaves = irregular(levels, width)
    recorded = replay(build(), wrt=leaves)
    return lambda: (recorded(), [recorded.gradient])


def irregular_recording(levels: int, width: int) -> Step:
    from autograd import replay

    build, leaves = irregular(levels, width)
    root = build()

    def step() -> tuple[float, list[Any]]:
        recorded = replay(root, wrt=leaves)
        return recorded(), [recorded.gradient]

    return step


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
    return array_step([Tensor(p, requires_grad=True) for p in arrays], _makemore_loss,
                 contexts, targets, np.arange(len(targets)))


def makemore_torch() -> Step:
    import torch

    arrays, contexts, targets = _makemore_data()
    return array_step([torch.tensor(p, requires_grad=True) for p in arrays], _makemore_loss,
                 torch.tensor(contexts), torch.tensor(targets), torch.arange(len(targets)))


def makemore_replay() -> Step:
    from autograd import Tensor, replay

    arrays, contexts, targets = _makemore_data()
    parameters = [Tensor(p, requires_grad=True) for p in arrays]
    recorded = replay(_makemore_loss(parameters, contexts, targets, np.arange(len(targets))), wrt=parameters)
    return lambda: (recorded(), recorded.gradient)


def _makemore_fused_loss() -> Callable[..., Any]:
    """The loss by layers that are one node each."""
    import autograd.functional as F
    from autograd.arrays.fused import affine, batch_norm

    def loss_of(parameters: list[Any], contexts: Any, targets: Any) -> Any:
        C, W1, b1, W2, b2, gain, bias = parameters
        embedded = C[contexts].view(len(targets), -1)
        h = batch_norm(affine(embedded, W1, b1), gain, bias, correction=1).tanh()
        return F.cross_entropy(affine(h, W2, b2), targets)

    return loss_of


def makemore_fused() -> Step:
    from autograd import Tensor

    arrays, contexts, targets = _makemore_data()
    return array_step([Tensor(p, requires_grad=True) for p in arrays], _makemore_fused_loss(), contexts, targets)


def makemore_fused_replay() -> Step:
    from autograd import Tensor, replay

    arrays, contexts, targets = _makemore_data()
    parameters = [Tensor(p, requires_grad=True) for p in arrays]
    recorded = replay(_makemore_fused_loss()(parameters, contexts, targets), wrt=parameters)
    return lambda: (recorded(), recorded.gradient)


def makemore_fused_torch() -> Step:
    """PyTorch's own fused functions. Its batch norm divides by n, not n − 1, which gain and eps make up for."""
    import torch
    import torch.nn.functional as F

    arrays, contexts, targets = _makemore_data()
    n = len(targets)
    shrink = (n - 1) / n

    def loss_of(parameters: list[Any], contexts: Any, targets: Any) -> Any:
        C, W1, b1, W2, b2, gain, bias = parameters
        hidden = torch.addmm(b1, F.embedding(contexts, C).view(n, -1), W1)
        scaled = F.batch_norm(hidden, None, None, gain[0] * math.sqrt(shrink), bias[0], True, eps=1e-5 * shrink)
        return F.cross_entropy(torch.addmm(b2, torch.tanh(scaled), W2), targets)

    return array_step([torch.tensor(p, requires_grad=True) for p in arrays], loss_of,
                 torch.tensor(contexts), torch.tensor(targets))


def _makemore_numpy_loss(xp: Any, parameters: Any, contexts: Any, targets: Any) -> Any:
    """`_makemore_loss` by NumPy's functions, as `xp` differentiates them."""
    C, W1, b1, W2, b2, gain, bias = parameters
    n = len(targets)
    embedded = xp.reshape(C[contexts], (n, -1))
    hidden = xp.matmul(embedded, W1) + b1
    mean = xp.sum(hidden, axis=0, keepdims=True) * f32(1 / n)
    centred = hidden - mean
    variance = xp.sum(centred ** 2, axis=0, keepdims=True) * f32(1 / (n - 1))
    normal = centred * (variance + f32(1e-5)) ** f32(-0.5)
    logits = xp.matmul(xp.tanh(gain * normal + bias), W2) + b2
    counts = xp.exp(logits - xp.max(logits, axis=1, keepdims=True))
    probabilities = counts / xp.sum(counts, axis=1, keepdims=True)
    return -xp.mean(xp.log(probabilities)[xp.arange(n) if hasattr(xp, "arange") else np.arange(n), targets])


def makemore_mygrad() -> Step:
    import mygrad

    arrays, contexts, targets = _makemore_data()
    parameters = [mygrad.tensor(p) for p in arrays]

    def step() -> tuple[float, list[Any]]:
        for p in parameters:
            p.null_grad()
        loss = _makemore_numpy_loss(mygrad, parameters, contexts, targets)
        loss.backward()
        return loss.item(), parameters

    return step


def makemore_hips() -> Step:
    """HIPS autograd, which has this package's import name: it needs an interpreter of its own."""
    import autograd.numpy as xp

    from autograd import value_and_grad

    arrays, contexts, targets = _makemore_data()
    run = value_and_grad(lambda parameters: _makemore_numpy_loss(xp, parameters, contexts, targets))
    return lambda: run(arrays)


def makemore_jax() -> Step:
    arrays, contexts, targets = _makemore_data()
    return rivals.jax_step(arrays, _makemore_numpy_loss, contexts, targets)


def makemore_mlx() -> Step:
    arrays, contexts, targets = _makemore_data()
    return rivals.mlx_step(arrays, _makemore_numpy_loss, contexts, targets)


def makemore_torch_compiled() -> Step:
    arrays, contexts, targets = _makemore_data()
    return rivals.torch_compiled(arrays, _makemore_loss, contexts, targets, np.arange(len(targets)))


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
    return array_step([Tensor(p, requires_grad=True) for p in arrays], _mlp784_loss,
                 Tensor(images), targets, np.arange(len(targets)))


def mlp784_torch() -> Step:
    import torch

    arrays, images, targets = _mlp784_data()
    return array_step([torch.tensor(p, requires_grad=True) for p in arrays], _mlp784_loss,
                 torch.tensor(images), torch.tensor(targets), torch.arange(len(targets)))


def mlp784_replay() -> Step:
    from autograd import Tensor, replay

    arrays, images, targets = _mlp784_data()
    parameters = [Tensor(p, requires_grad=True) for p in arrays]
    recorded = replay(_mlp784_loss(parameters, Tensor(images), targets, np.arange(len(targets))), wrt=parameters)
    return lambda: (recorded(), recorded.gradient)


def mlp784_torch_compiled() -> Step:
    arrays, images, targets = _mlp784_data()
    return rivals.torch_compiled(arrays, _mlp784_loss, images, targets, np.arange(len(targets)))


def _mlp784_numpy_loss(xp: Any, parameters: Any, images: Any, targets: Any) -> Any:
    """`_mlp784_loss` by NumPy's functions, as `xp` differentiates them."""
    W1, b1, W2, b2 = parameters
    logits = xp.matmul(xp.maximum(xp.matmul(images, W1) + b1, 0), W2) + b2
    shifted = logits - xp.max(logits, axis=1, keepdims=True)
    log_probabilities = shifted - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))
    return -xp.mean(log_probabilities[xp.arange(len(targets)), targets])


def mlp784_jax() -> Step:
    arrays, images, targets = _mlp784_data()
    return rivals.jax_step(arrays, _mlp784_numpy_loss, images, targets)


def mlp784_mlx() -> Step:
    arrays, images, targets = _mlp784_data()
    return rivals.mlx_step(arrays, _mlp784_numpy_loss, images, targets)


def mlp784_tinygrad() -> Step:
    arrays, images, targets = _mlp784_data()
    return rivals.tinygrad_step(arrays, lambda parameters, images, targets: (
        (images @ parameters[0] + parameters[1]).relu() @ parameters[2] + parameters[3]
    ).sparse_categorical_crossentropy(targets), images, targets)


class Workload(NamedTuple):
    """Who competes with whom. The first contender is the measure of the others."""

    part: str                                   # which arguments of `python -m benchmarks` select it
    title: str
    contenders: dict[str, Callable[[], Step]]
    tolerance: float                            # how far losses and gradients may differ, relative to the largest


class Goal(NamedTuple):
    """`contender` shall take at most `bar` times as long as `against`, and better `aim` times."""

    contender: str
    against: str
    bar: float
    aim: float


WORKLOADS: dict[str, Workload] = {
    "moons": Workload("scalar", "two moons, 65,075 scalar nodes", {
        "micrograd": moons_micrograd,
        "closures": moons_reference,
        "ninjagrad": moons_value,
        "ninjagrad, n-ary neurons": moons_nary,
    }, 1e-9),
    "gpt": Workload("scalar", "microgpt, a name of six letters", {
        "its own scalars": microgpt.by_own_class,
        "closures": microgpt.by_closures,
        "ninjagrad": microgpt.by_value,
        "ninjagrad, n-ary": microgpt.by_value_nary,
    }, 1e-12),
    "moons replay": Workload("replay", "two moons, recorded", {
        "NumPy by hand": moons_numpy,
        "ninjagrad replay": moons_replay,
        "a loop by hand, compiled by Numba": moons_numba,
        "ddx": moons_ddx,
        "CasADi": moons_casadi,
    }, 1e-9),
    "moons recording": Workload("replay", "two moons, what recording costs", {
        "ninjagrad": moons_value,
        "ninjagrad, recording and one run": moons_recording,
    }, 1e-9),
    "gpt replay": Workload("replay", "microgpt, a name of six letters, recorded", {
        "its own scalars": microgpt.by_own_class,
        "ninjagrad": microgpt.by_value,
        "ninjagrad replay": microgpt.by_replay,
        "NumPy by hand": microgpt.by_numpy,
        "jax.jit": microgpt.by_jax,
    }, 1e-12),
    **{f"irregular {levels}": Workload("replay", f"random graph {levels}×{width}, levels and width", {
        "ninjagrad": partial(irregular_value, levels, width),
        "ninjagrad replay": partial(irregular_replay, levels, width),
        "ninjagrad, recording and one run": partial(irregular_recording, levels, width),
    }, 1e-9) for levels, width in [(20, 5000), (200, 500), (2000, 50), (20000, 5)]},
    "makemore": Workload("tensor replay", "makemore, 29 array nodes", {
        "NumPy by hand": makemore_numpy,
        "ninjagrad": makemore_tensor,
        "ninjagrad, fused": makemore_fused,
        "ninjagrad replay": makemore_replay,
        "ninjagrad replay, fused": makemore_fused_replay,
        "PyTorch": makemore_torch,
        "PyTorch, fused": makemore_fused_torch,
        "MyGrad": makemore_mygrad,
        "HIPS autograd": makemore_hips,
        "PyTorch, torch.compile": makemore_torch_compiled,
        "jax.jit": makemore_jax,
        "MLX, compiled": makemore_mlx,
    }, 2e-4),
    "mlp784": Workload("tensor", "MLP 784-256-10, 128 samples", {
        "NumPy by hand": mlp784_numpy,
        "ninjagrad": mlp784_tensor,
        "ninjagrad replay": mlp784_replay,
        "PyTorch": mlp784_torch,
        "PyTorch, torch.compile": mlp784_torch_compiled,
        "jax.jit": mlp784_jax,
        "MLX, compiled": mlp784_mlx,
        "tinygrad, TinyJit": mlp784_tinygrad,
    }, 2e-4),
}

GOALS: dict[str, list[Goal]] = {
    "moons": [Goal("ninjagrad", "micrograd", 1 / 16, 1 / 30),
              Goal("ninjagrad, n-ary neurons", "micrograd", 1 / 36, 1 / 80)],
    "gpt": [Goal("ninjagrad", "closures", 1 / 12, 1 / 28)],
    "moons replay": [Goal("ninjagrad replay", "NumPy by hand", 0.65, 0.50),
                     Goal("ninjagrad replay", "a loop by hand, compiled by Numba", 1.5, 1.2),
                     Goal("ninjagrad replay", "CasADi", 1 / 4, 1 / 18)],
    "moons recording": [Goal("ninjagrad, recording and one run", "ninjagrad", 0.6, 0.3)],
    "gpt replay": [Goal("ninjagrad replay", "its own scalars", 1 / 400, 1 / 1000)],
    **{key: [Goal("ninjagrad replay", "ninjagrad", 1 / 40, 1 / 100),
             Goal("ninjagrad, recording and one run", "ninjagrad", 0.6, 0.3)]
       for key in WORKLOADS if key.startswith("irregular")},
    "makemore": [Goal("ninjagrad", "NumPy by hand", 1.20, 1.10),
                 Goal("ninjagrad", "PyTorch", 1 / 3.0, 1 / 3.5),
                 Goal("ninjagrad, fused", "NumPy by hand", 0.88, 0.80),
                 Goal("ninjagrad replay", "NumPy by hand", 0.65, 0.50),
                 Goal("ninjagrad replay, fused", "NumPy by hand", 0.55, 0.45),
                 Goal("ninjagrad replay, fused", "jax.jit", 1.0, 0.9)],
    "mlp784": [Goal("ninjagrad", "PyTorch", 1.0, 0.9),
               Goal("ninjagrad replay", "NumPy by hand", 0.95, 0.90),
               Goal("ninjagrad replay", "PyTorch", 1.0, 0.9),
               Goal("ninjagrad replay", "PyTorch, torch.compile", 1.0, 0.9)],
}
