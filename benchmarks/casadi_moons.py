"""The two-moons step in CasADi beside replay, where casadi is installed.

    PYTHONPATH=. python benchmarks/casadi_moons.py
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import casadi as ca
import numpy as np

from autograd import Value, replay
from benchmarks.replay import fastest, moons
from nn import MLP

LAYERS = [(2, 16), (16, 16), (16, 1)]


def loss_of(weights: Sequence[Any], relu: Callable[[Any], Any], constant: Callable[[float], Any]) -> Any:
    """micrograd's loss, hinge and L2, as a formula of either library's numbers."""
    points, labels = moons()
    weight = iter(weights)
    layers = [[([next(weight) for _ in range(fan_in)], next(weight)) for _ in range(fan_out)]
              for fan_in, fan_out in LAYERS]
    hinge: Any = None
    for row, label in zip(points.tolist(), labels.tolist()):
        x = [constant(number) for number in row]
        for k, layer in enumerate(layers):
            outputs = []
            for ws, bias in layer:
                activation = bias
                for w, xi in zip(ws, x):
                    activation = activation + w * xi
                outputs.append(relu(activation) if k < len(layers) - 1 else activation)
            x = outputs
        loss = relu(1 + -label * x[0])
        hinge = loss if hinge is None else hinge + loss
    squares: Any = None
    for w in weights:
        squares = w * w if squares is None else squares + w * w
    return hinge * 0.01 + 1e-4 * squares


def main() -> None:
    """By how much the two differ, and the ratio of their times."""
    random.seed(1337)
    parameters = MLP(2, [16, 16, 1]).parameters()
    step = replay(loss_of(parameters, lambda a: a.relu(), Value), parameters)

    count = len(parameters)
    w = ca.SX.sym("w", count)
    formula = loss_of([w[i] for i in range(count)], lambda a: ca.fmax(a, 0), lambda number: number)
    function = ca.Function("f", [w], [formula, ca.gradient(formula, w)])
    buffer, call = function.buffer()                # the fastest way in: no arrays are made or copied
    given, loss, gradient = step.parameters.copy(), np.zeros(1), np.zeros(count)
    buffer.set_arg(0, memoryview(given))
    buffer.set_res(0, memoryview(loss))
    buffer.set_res(1, memoryview(gradient))
    call()
    print(abs(loss[0] - step()), abs(gradient - step.gradient).max())

    times = fastest(300, casadi=call, replay=step)
    print("casadi/replay", times["casadi"] / times["replay"])


if __name__ == "__main__":
    main()
