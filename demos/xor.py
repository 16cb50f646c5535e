"""Exclusive or: the smallest problem that needs a hidden layer, learned by seventeen numbers.

No straight line parts (0,0) and (1,1) from (0,1) and (1,0), so a single neuron cannot learn this (Minsky and Papert,
1969): its best is to say "one half" each time, a loss of log 2. Hidden tanh neurons draw a line each, and the output
neuron combines them. Two would do, but from many a start they get stuck half-way; four seldom do. Both networks are
trained here on scalar Values by the same loop, and the one that learns it is small enough to be printed whole.
"""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np

import autograd.functional as F
import nn
from autograd import no_grad

from .common import BLUE, ORANGE, Run, parser, plots

POINTS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
TARGETS = [0.0, 1.0, 1.0, 0.0]


def main(arguments: list[str] | None = None) -> None:
    options = parser("xor", __doc__ or "", steps=500).parse_args(arguments)
    rng = np.random.default_rng(options.seed)
    random.seed(options.seed)
    models = {"one neuron": nn.MLP(2, [1]), "four hidden neurons": nn.MLP(2, [4, 1], nonlin="tanh")}
    together = nn.Module()
    together.models = models                        # so that one optimiser and one checkpoint hold both
    optimizer = nn.optim.Adam(together.parameters(), lr=0.05)

    run = Run("xor", options, together, optimizer, rng)
    for _ in run:
        optimizer.zero_grad()
        for name, model in models.items():
            loss = F.binary_cross_entropy_with_logits([model(point) for point in POINTS], TARGETS)
            loss.backward()
            run.report(**{name: loss.data})
        optimizer.step()

    run.say(f"\nthe loss of always saying one half is log 2 = {math.log(2):.4f}\n")
    run.say("                      " + "  ".join(f"{int(a)} xor {int(b)}" for a, b in POINTS))
    for name, model in models.items():
        with no_grad():
            p = [model(point).sigmoid().data for point in POINTS]
        run.say(f"  {name:20}" + "  ".join(f"{x:7.3f}" for x in p))
    hidden, output = models["four hidden neurons"].layers
    run.say("\nthe network that learned it, whole:")
    for i, neuron in enumerate(hidden.neurons):
        run.say(f"  h{i} = tanh({neuron.w[0].data:+.2f}·a {neuron.w[1].data:+.2f}·b {neuron.b.data:+.2f})")
    last = output.neurons[0]
    run.say(f"  p  = σ({' '.join(f'{w.data:+.2f}·h{i}' for i, w in enumerate(last.w))} {last.b.data:+.2f})\n")
    if not options.no_plots:
        run.wrote(plot(options.out, run.history, models))


def plot(out: Path, history: dict[str, list[float]], models: dict[str, nn.MLP]) -> Path:
    """Both losses, and what both networks say of every point of the square."""
    plt = plots()
    out.mkdir(parents=True, exist_ok=True)
    side = np.linspace(-0.4, 1.4, 60)
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.3), layout="constrained")
    for name, losses in history.items():
        axes[0].plot(losses, label=name)
    axes[0].axhline(math.log(2), color="black", lw=0.7, ls="--")
    axes[0].set(title="Loss (dashes: log 2)", xlabel="step", ylim=(0, None))
    axes[0].legend()
    for axis, (name, model) in zip(axes[1:], models.items()):
        with no_grad():
            p = np.array([[model([a, b]).sigmoid().data for a in side.tolist()] for b in side.tolist()])
        shown = axis.imshow(p, extent=(-0.4, 1.4, -0.4, 1.4), origin="lower", cmap="RdYlBu", vmin=0, vmax=1, alpha=0.8)
        axis.contour(side, side, p, levels=[0.5], colors="black", linewidths=1.4)
        axis.scatter(*np.array(POINTS).T, c=[BLUE if y else ORANGE for y in TARGETS], s=90, edgecolors="white",
                     zorder=3)
        axis.set(title=f"What {name} say{'s' if name.startswith('one') else ''}", xticks=[0, 1], yticks=[0, 1])
    figure.colorbar(shown, ax=axes[1:], label="probability of 1", shrink=0.85)
    path = out / "xor.png"
    figure.savefig(path)
    plt.close(figure)
    return path


if __name__ == "__main__":
    main()
