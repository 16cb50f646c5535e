"""Code written for micrograd runs on `Value` and `nn` unchanged, to the same numbers."""

import random

import numpy as np
import pytest

from autograd import Value
from nn import MLP, Layer, Neuron


def test_the_expression_of_its_readme():
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert f"{g.data:.4f} {a.grad:.4f} {b.grad:.4f}" == "24.7041 138.8338 645.5773"


def test_its_sanity_check():
    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    y = h + q + q * x
    y.backward()
    assert (y.data, x.grad) == (-20.0, 46.0)


def test_its_neural_network_api():
    random.seed(1337)
    model = MLP(2, [16, 16, 1])
    assert len(model.parameters()) == 337
    assert str(model) == "MLP(2 → 16 → 16 → 1, ReLU)"
    random.seed(1337)                               # the same weights as micrograd draws
    assert model.parameters()[0].data == random.uniform(-1, 1)
    assert isinstance(Neuron(2)([1.0, 2.0]), Value)
    assert len(Layer(2, 3)([1.0, 2.0])) == 3
    assert isinstance(Layer(2, 1)([1.0, 2.0]), Value)
    with pytest.raises(ValueError, match="got 3 inputs, expected 2"):
        Neuron(2)([1.0, 2.0, 3.0])


def test_its_training_loop_learns():
    """Four points, the hinge loss and plain gradient descent, as in its demo."""
    random.seed(0)
    X = np.array([[2.0, 3.0], [3.0, -1.0], [-0.5, -1.0], [1.0, 1.0]])
    y = np.array([1, -1, -1, 1])
    model = MLP(2, [8, 1])
    for k in range(40):
        inputs = [list(map(Value, row)) for row in X]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores)]
        data_loss = sum(losses) * (1.0 / len(losses))
        reg_loss = 1e-4 * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        model.zero_grad()
        assert all(p.grad == 0 for p in model.parameters())
        total_loss.backward()
        for p in model.parameters():
            p.data -= (0.5 - 0.4 * k / 40) * p.grad
    assert [score.data > 0 for score in scores] == [True, False, False, True]
    assert total_loss.data < 0.05


def test_a_step_gives_micrograds_own_gradients():
    """Against the formulas of a one-neuron network, to the last bit."""
    random.seed(3)
    neuron = Neuron(2, nonlin=False)
    x = [0.5, -1.5]
    loss = (neuron(x) - 1.0) ** 2
    loss.backward()
    error = 2 * (neuron.w[0].data * x[0] + neuron.w[1].data * x[1] - 1.0)
    assert [w.grad for w in neuron.w] == pytest.approx([error * x[0], error * x[1]], rel=1e-15)
    assert neuron.b.grad == pytest.approx(error, rel=1e-15)
