"""Overfitting, and what helps: one network, fifteen noisy points, three ways to train it.

The points follow a sine with some noise. A network of 4,000 weights can pass through every one of them, and left to
itself it will: the loss on the points falls and falls while the loss on fresh points of the same sine rises. That gap
is overfitting. Weight decay adds Σ w² to the loss and so prefers smooth curves; stopping early keeps the weights of
the step at which fresh points were predicted best. (That choice looks at those fresh points, so a third set judges.)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import autograd.functional as F
import nn
from autograd import Tensor, no_grad

from .common import BLUE, GREEN, GREY, ORANGE, Run, parser, plots

FEW, MANY, NOISE = 15, 200, 0.25
PENALTY = 3e-3                                      # of the squared weights, where they decay


def sine(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """n places from −1 to 1, and sin(πx) there with noise, both (n, 1)."""
    x = np.sort(rng.uniform(-1, 1, (n, 1)), axis=0)
    return x, np.sin(np.pi * x) + rng.normal(0, NOISE, (n, 1))


def main(arguments: list[str] | None = None) -> None:
    options = parser("overfit", __doc__ or "", steps=3000).parse_args(arguments)
    rng = np.random.default_rng(options.seed)
    (x, y), fresh, judge = sine(FEW, rng), sine(MANY, rng), sine(MANY, rng)

    both = nn.Module()
    both.free, both.decayed = (network(options.seed) for _ in range(2))
    both.best = network(options.seed)               # a copy of `free` at its best on the fresh points
    optimizer = nn.optim.Adam(both.parameters(), lr=1.5e-3)    # of both: neither's gradients depend on the other
    run = Run("overfit", options, both, optimizer, rng)
    for step in run:
        error, decayed = (evaluate(model, *fresh) for model in (both.free, both.decayed))
        if step == 0 or error < min(run.history["fresh"]):
            both.best.load_state_dict(both.free.state_dict())
        loss, loss_decayed = F.mse_loss(both.free(x), y), F.mse_loss(both.decayed(x), y)
        penalty = PENALTY * sum((w ** 2).sum() for w in both.decayed.parameters() if w.ndim == 2)
        optimizer.zero_grad()
        (loss + loss_decayed + penalty).backward()
        optimizer.step()
        run.report(seen=loss.item(), fresh=error, **{"seen, decayed": loss_decayed.item(), "fresh, decayed": decayed})

    stopped = int(np.argmin(run.history["fresh"]))
    run.say(f"\nmean squared error (the noise itself has {NOISE**2:.3f})      seen   judged")
    for name, model in {"left to itself": both.free, f"stopped after step {stopped + 1}": both.best,
                        "with weight decay": both.decayed}.items():
        run.say(f"  {name:40}  {evaluate(model, x, y):9.4f}{evaluate(model, *judge):9.4f}")
    run.say()
    if not options.no_plots:
        run.wrote(plot(options.out, run.history, stopped, x, y, both))


def network(seed: int) -> nn.Sequential:
    """1-64-64-1, the same weights each time; its input spread out a little, so that it can bend quickly."""
    nn.manual_seed(seed)
    return nn.Sequential(lambda x: 5.0 * Tensor(x), *nn.TensorMLP(1, [64, 64, 1], nonlin=nn.Tanh))


def evaluate(model: nn.Module, x: np.ndarray, y: np.ndarray) -> float:
    with no_grad():
        return float(F.mse_loss(model(x), y).item())


def plot(out: Path, history: dict[str, list[float]], stopped: int, x: np.ndarray, y: np.ndarray,
         both: nn.Module) -> Path:
    """The losses on seen and fresh points, and the three curves."""
    plt = plots()
    out.mkdir(parents=True, exist_ok=True)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    for colour, suffix, name in ((ORANGE, "", "left to itself"), (GREEN, ", decayed", "weight decay")):
        left.plot(history["seen" + suffix], color=colour, ls=":", lw=1.2)
        left.plot(history["fresh" + suffix], color=colour, label=f"{name}: fresh (dots: seen)")
    left.axvline(stopped, color=BLUE, lw=1, label="best on fresh points: stop here")
    left.axhline(NOISE ** 2, color=GREY, lw=1, ls="--", label="the noise itself")
    left.set(title="Mean squared error", xlabel="step", yscale="log")
    left.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2)

    line = np.linspace(-1, 1, 400)[:, None]
    with no_grad():
        for model, colour, name in ((both.free, ORANGE, "left to itself"), (both.best, BLUE, "stopped early"),
                                    (both.decayed, GREEN, "weight decay")):
            right.plot(line, model(line).numpy(), color=colour, label=name)
    right.plot(line, np.sin(np.pi * line), color=GREY, ls="--", lw=1, label="the sine")
    right.scatter(x, y, color="black", s=22, zorder=3)
    right.set(title=f"Three curves through {FEW} points", ylim=(-2.2, 2.2))
    right.legend(fontsize=8)
    path = out / "overfit.png"
    figure.savefig(path)
    plt.close(figure)
    return path


if __name__ == "__main__":
    main()
