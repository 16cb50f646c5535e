"""Two moons, one number at a time: micrograd's demo, eager for one step and replayed from then on.

A hundred points lie in two crescents, one for each class. A network of 337 scalar Values (2-16-16-1, ReLU) gives each
point a score; the hinge loss max(0, 1 − y·score) asks for a score beyond +1 on one side and −1 on the other, and a
small penalty on the squared weights keeps the boundary simple.

The first step runs eagerly: every product and every sum is a node one could look at. The graph is the same at every
step, so it is recorded, and the steps of the training run as array operations on the same numbers. The optimiser does
not care: it moves the recording's flat array of weights as it would move the Values.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import numpy as np

import nn
from autograd import Value, no_grad, replay

from .common import BLUE, ORANGE, Run, parser, plots

POINTS = 100


def moons(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, 2) in two crescents, and their classes, −1 or +1."""
    angle = np.linspace(0, np.pi, POINTS // 2)
    upper = np.stack([np.cos(angle), np.sin(angle)], 1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], 1)
    X = np.concatenate([upper, lower]) + rng.normal(0, 0.1, (POINTS, 2))
    return X, np.repeat([-1.0, 1.0], POINTS // 2)


def main(arguments: list[str] | None = None) -> None:
    options = parser("moons", __doc__ or "", steps=200).parse_args(arguments)
    rng = np.random.default_rng(options.seed)
    random.seed(options.seed)                                   # Neuron draws its weights from Python's generator
    X, y = moons(rng)
    model = nn.MLP(2, [16, 16, 1])
    weights = model.parameters()

    start = time.perf_counter()
    scores = [model(point) for point in X.tolist()]
    hinge = sum((1 - target * score).relu() for target, score in zip(y.tolist(), scores)) / POINTS
    loss = hinge + 1e-4 * sum(w * w for w in weights)
    loss.backward()
    eager = time.perf_counter() - start

    step = replay(loss, wrt=weights)                            # step.parameters, step.gradient: flat arrays, live
    optimizer = nn.optim.SGD(step, lr=1.0)
    schedule = nn.optim.LinearLR(optimizer, 1.0, 0.1, total_iters=options.steps)
    run = Run("moons", options, model, optimizer, rng, schedule, sync=step.sync)
    step.parameters[:] = [w.data for w in weights]              # where an interrupted run stopped
    run.say(f"{step}\n")

    replayed = time.perf_counter()
    for _ in run:
        run.report(loss=step())                                 # forward and backward
        optimizer.step()
        schedule.step()
    seconds = time.perf_counter() - start
    replayed = (time.perf_counter() - replayed) / options.steps
    step.sync()                                                 # the weights back into the Values

    with no_grad():
        right = sum(target * model(point).data > 0 for target, point in zip(y.tolist(), X.tolist()))
    run.say(f"\n{right} of {POINTS} points on the right side after {options.steps} steps, {seconds:.2f} s in all: "
            f"{1e3 * eager:.0f} ms for an eager step, {1e3 * replayed:.2f} ms for one replayed and shown.")
    if not options.no_plots:
        run.wrote(plot(options.out, model, X, y, run.history["loss"]))


def plot(out: Path, model: nn.MLP, X: np.ndarray, y: np.ndarray, losses: list[float]) -> Path:
    """The score over the plane, its zero line, the points; the loss."""
    plt = plots()
    out.mkdir(parents=True, exist_ok=True)
    side_x, side_y = np.linspace(-1.8, 2.8, 64), np.linspace(-1.5, 2.0, 48)
    place = [Value(0.0), Value(0.0)]
    score = replay(model(place), inputs=place)                  # recorded for one place, run for three thousand
    scores = np.array([[score.forward([a, b]) for a in side_x] for b in side_y])
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), width_ratios=[1.7, 1], layout="constrained")
    limit = 4.0
    left.contourf(side_x, side_y, scores.clip(-limit, limit), levels=np.linspace(-limit, limit, 33), cmap="RdYlBu",
                  alpha=0.75)
    left.contour(side_x, side_y, scores, levels=[-1, 0, 1], colors="black", linewidths=[0.7, 1.6, 0.7],
                 linestyles=["dashed", "solid", "dashed"])
    left.scatter(*X.T, c=np.where(y > 0, BLUE, ORANGE), edgecolors="white", linewidths=0.7, s=34, zorder=3)
    left.set(title="Score of each place: 0 along the line, ±1 along the dashes", xticks=[], yticks=[])
    right.plot(np.arange(1, len(losses) + 1), losses)
    right.set(title="Loss", xlabel="step", yscale="log")
    path = out / "moons.png"
    figure.savefig(path)
    plt.close(figure)
    return path


if __name__ == "__main__":
    main()
