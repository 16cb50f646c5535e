"""The last layer's weights: ∂L/∂w_ji = h_j(ŷ_i − y_i), watched while a network learns.

A network with one hidden layer and a softmax output separates three spirals. At every step the engine's gradient of
the last layer is compared with the formula: for each sample by itself, and as hᵀ(Ŷ − Y)/N for the batch. The update
is plain gradient descent with momentum, w ← w − α ∂L/∂w.

(Derivations in print sometimes lose the minus sign of L = −Σ y log ŷ on the way and end at (y − ŷ)h: uphill.)
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column

import autograd.functional as F
import nn
from autograd import Tensor, no_grad

from . import COMMAND
from .terminal import folder

CLASSES, PER_CLASS, HIDDEN = 3, 60, 48


def spirals(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Three arms of points that wind around each other: positions (N, 2) and classes (N,)."""
    radius = np.linspace(0.1, 1.0, PER_CLASS)
    points, classes = [], []
    for k in range(CLASSES):
        angle = 4.0 * radius + 2 * np.pi * k / CLASSES + rng.normal(0, 0.12, PER_CLASS)
        points.append(np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1))
        classes.append(np.full(PER_CLASS, k))
    return np.concatenate(points), np.concatenate(classes)


def options_of(arguments: list[str] | None, command: str = f"{COMMAND} weight_gradient") -> argparse.Namespace:
    """What the command line says; ends the program if that is not an option or a value of one."""
    parser = argparse.ArgumentParser(prog=command, description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=300, help="passes over all points (default: 300)")
    parser.add_argument("--out", type=folder, default=Path("out"), help="where to write the plots (default: out)")
    parser.add_argument("--no-plots", action="store_true")
    options = parser.parse_args(arguments)
    if options.steps < 1:
        parser.error("--steps must be at least 1")
    return options


def main(arguments: list[str] | None = None) -> None:
    options = options_of(arguments)
    console = Console()
    console.rule("[bold]Three spirals, and the last layer's gradient")

    X, classes = spirals(np.random.default_rng(options.seed))
    Y = np.eye(CLASSES)[classes]
    N = len(X)
    nn.manual_seed(options.seed)
    hidden = nn.Sequential(nn.Linear(2, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, HIDDEN), nn.Tanh())
    last = nn.Linear(HIDDEN, CLASSES)
    optimizer = nn.optim.SGD(hidden.parameters() + last.parameters(), lr=0.3, momentum=0.9)

    history, worst_sample, worst_batch = [], 0.0, 0.0
    columns = [TextColumn("step {task.completed}/{task.total}"), BarColumn(),
               TextColumn("{task.fields[note]}", table_column=Column()), TimeRemainingColumn()]
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("training", total=options.steps, note="")
        for step in range(options.steps):
            h = hidden(X)
            logits = last(h)
            loss = F.cross_entropy(logits, classes)
            optimizer.zero_grad()
            loss.backward()

            # The formula beside the engine: weight[i, j] leads from h_j to output i.
            error = F.softmax(logits.detach()).numpy() - Y                              # ŷ − y, one row per sample
            batch = error.T @ h.numpy() / N                                             # hᵀ(Ŷ − Y)/N
            worst_batch = max(worst_batch, np.abs(last.weight.grad.numpy() - batch).max())
            each = error[:, :, None] * h.numpy()[:, None, :]                            # h_j(ŷ_i − y_i)
            worst_sample = max(worst_sample, np.abs(per_sample(last, h.detach(), classes) - each).max())

            optimizer.step()                                                            # w ← w − α ∂L/∂w
            accuracy = (logits.numpy().argmax(1) == classes).mean()
            history.append((loss.item(), accuracy))
            note = f"loss {loss.item():.4f}  accuracy {accuracy:6.1%}  |engine − formula| ≤ {worst_sample:.0e}"
            progress.update(task, advance=1, note=note)
            if not console.is_terminal and (step + 1) % max(1, options.steps // 5) == 0:
                console.print(f"step {step + 1}/{options.steps}  {note}")

    console.print(f"\nFinal loss {history[-1][0]:.4f}, accuracy {history[-1][1]:.1%} on {N} points.")
    console.print("Over the whole run, the largest difference between the engine's ∂L/∂w_ji and")
    console.print(f"  h_j(ŷ_i − y_i), each of the {N} samples by itself:  {worst_sample:.1e}")
    console.print(f"  hᵀ(Ŷ − Y)/N, the batch:                            {worst_batch:.1e}")
    console.print("A derivation that ends at (y − ŷ)h has lost the minus sign of L = −Σ y log ŷ.\n")
    if not options.no_plots:
        options.out.mkdir(parents=True, exist_ok=True)
        for picture in plot(options.out, history, hidden, last, X, classes):
            console.print(f"wrote [bold]{picture}[/]")


def per_sample(last: nn.Linear, h: Tensor, classes: np.ndarray) -> np.ndarray:
    """The engine's ∂L_n/∂w_ji for every sample n: each gets a copy of the weights, and the copies keep gradients."""
    copies = last.weight.expand(len(classes), *last.weight.shape)                       # (N, outputs, hidden)
    logits = (copies @ h.unsqueeze(2)).squeeze(2) + last.bias.detach()
    before = last.weight.grad
    F.cross_entropy(logits, classes, reduction="sum").backward()
    last.weight.grad = before                                                           # leave the training as it was
    return copies.grad.numpy()


def plot(out: Path, history: list[tuple[float, float]], hidden: nn.Sequential, last: nn.Linear, X: np.ndarray,
         classes: np.ndarray) -> list[Path]:
    """The loss curve, and which class the network sees at every point of the plane."""
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    colours = np.array([[0.22, 0.42, 0.69], [0.90, 0.45, 0.13], [0.20, 0.60, 0.37]])
    figure, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
    axis.plot([loss for loss, _ in history], color=colours[0])
    axis.set(xlabel="step", ylabel="cross-entropy (nats)", title="Learning three spirals", ylim=(0, None))
    axis.spines[["top", "right"]].set_visible(False)
    accuracy = axis.twinx()
    accuracy.plot([share for _, share in history], color=colours[1], alpha=0.8)
    accuracy.set(ylabel="accuracy", ylim=(0, 1.02))
    accuracy.yaxis.label.set_color(colours[1])
    axis.yaxis.label.set_color(colours[0])
    accuracy.spines[["top"]].set_visible(False)
    figure.savefig(out / "loss.png", dpi=130)
    plt.close(figure)

    side = np.linspace(-1.3, 1.3, 300)
    plane = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    with no_grad():
        p = F.softmax(last(hidden(plane))).numpy().reshape(300, 300, CLASSES)
    figure, axis = plt.subplots(figsize=(5, 5), layout="constrained")
    shade = 0.35 + 0.55 * (1 - p.max(-1, keepdims=True))                                # pale where it is unsure
    axis.imshow((p @ colours) * (1 - shade) + shade, extent=(-1.3, 1.3, -1.3, 1.3), origin="lower")
    axis.scatter(*X.T, c=colours[classes], edgecolors="white", linewidths=0.6, s=26)
    axis.set(title="What the network sees where", xticks=[], yticks=[])
    figure.savefig(out / "regions.png", dpi=130)
    plt.close(figure)
    return [out / "loss.png", out / "regions.png"]


if __name__ == "__main__":
    main()
