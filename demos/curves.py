"""What a bug does to training: the loss of one small network, by the right engine and by a broken one.

The network has a residual connection and a square, so that nodes are used more than once and one of them twice in a
row; its data are two half moons. For the softmax without the shift, the inputs are those of a network that nobody has
scaled: large ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["STEPS", "Run", "beside", "svg_plot", "text_plot", "train", "verdict"]

STEPS = 60
UNSCALED = "log(softmax) without the shift"         # the exhibit that needs large logits to show


def data() -> tuple[Any, Any]:
    """Two half moons: points (40, 2), and which of the two each belongs to, as one-hot rows (40, 2)."""
    rng = np.random.default_rng(0)
    angle = np.linspace(0.0, math.pi, 20)
    upper = np.stack([np.cos(angle), np.sin(angle)], 1)
    lower = np.stack([1.0 - np.cos(angle), 0.4 - np.sin(angle)], 1)
    points = np.concatenate([upper, lower]) - [0.5, 0.2] + rng.normal(0.0, 0.1, (40, 2))
    return points, np.repeat(np.eye(2), 20, axis=0)


class Run(NamedTuple):
    """A training run: the loss at each step, up to one that is no number; the parameters whose shape has changed."""

    losses: list[float]
    grown: dict[str, tuple[int, ...]]


def train(engine: Any, exhibit: str = "") -> Run:
    """Train the network by an engine."""
    points, classes = data()
    scale, rate = (2000.0, 50.0) if exhibit == UNSCALED else (1.0, 1.2)
    rng = np.random.default_rng(1)
    W1, b1 = engine(rng.normal(0.0, 1.0, (2, 8))), engine(np.zeros(8))
    W2, b2 = engine(rng.normal(0.0, 0.35, (8, 8))), engine(np.zeros(8))
    W3, b3 = engine(rng.normal(0.0, 0.35, (8, 2))), engine(np.zeros(2))
    parameters = [W1, b1, W2, b2, W3, b3]
    shapes = [p.data.shape for p in parameters]
    x, minus_mean = engine(points), engine(-classes / len(points))
    losses = []
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            for p in parameters:
                p.zero_grad()
            h = (x @ W1 + b1).relu()
            r = h + (h @ W2 + b2).relu()            # h is used twice
            s = r + r * r * engine(0.2)             # and r three times
            logits = (s @ W3 + b3) * engine(scale)
            loss = (logits.log_softmax() * minus_mean).sum()
            losses.append(float(loss.data))
            if not math.isfinite(losses[-1]):
                break
            loss.backward()
            for p in parameters:
                p.data = p.data - rate / scale ** 2 * p.grad
    names = ("W1", "b1", "W2", "b2", "W3", "b3")
    return Run(losses, {name: p.data.shape for name, p, shape in zip(names, parameters, shapes)
                        if p.data.shape != shape})


def verdict(run: Run, other: Run) -> str:
    """What two runs come to, by the right engine and by a broken one, in a few sentences."""
    right, broken = run.losses, other.losses
    if not math.isfinite(broken[-1]):
        what = "before the first step" if len(broken) == 1 else f"after {len(broken) - 1} steps"
        return f"The right engine comes from {right[0]:.3g} to {right[-1]:.3g}; the broken one to {broken[-1]} {what}."
    text = f"From {right[0]:.3g}, the right engine comes to {right[-1]:.3g}, and the broken one to {broken[-1]:.3g}."
    if other.grown:
        name, shape = next(iter(other.grown.items()))
        return (f"{text} That looks like success. But {name} has the shape {shape} now: each of the {shape[0]} "
                f"examples has numbers of its own, and no other example can be computed.")
    if np.allclose(broken, broken[0]):
        return f"{text} It does not move: nothing arrives at the parameters."
    if broken[-1] < 1.5 * right[-1]:
        return (f"{text} The curve does not give the bug away. Only the gradients do: hold them against "
                "another engine's.")
    return text


def _range(right: Sequence[float]) -> tuple[float, float]:
    """From what to what the loss is shown: what the right curve needs, and half as much again above."""
    return 0.0, 1.5 * max(right)


def _tick(y: float) -> str:
    return f"{y:.1f}" if 0.0 < y < 100.0 else f"{y:.0f}"


def text_plot(title: str, losses: Sequence[float], right: Sequence[float], room: int, height: int = 7) -> list[str]:
    """A curve in characters, all lines of one length; ^ is a loss above the top, ! one that is no number."""
    low, high = _range(right)
    width = max(12, min(STEPS, (room - 18) // 2 if room >= 60 else room - 8))
    rows = [[" "] * width for _ in range(height)]
    for i, loss in enumerate(losses):
        column = round(i * (width - 1) / (len(right) - 1))
        if not math.isfinite(loss):
            rows[0][column] = "!"
        elif loss > high:
            rows[0][column] = "^"
        else:
            rows[height - 1 - round((loss - low) / (high - low) * (height - 1))][column] = "•"
    ticks = {0: _tick(high), height - 1: _tick(low)}
    lines = [f"{ticks.get(i, ''):>4} |{''.join(row)}" for i, row in enumerate(rows)]
    return [f"     {title}".ljust(width + 6), *lines, ("     +" + "-" * width)]


def beside(left: list[str], right: list[str], room: int) -> list[str]:
    """Two blocks of lines side by side, or below each other where there is no room."""
    if len(left[0]) + len(right[0]) + 4 > room:
        return [*left, *right]
    return [f"{a}    {b}" for a, b in zip(left, right)]


def svg_plot(title: str, losses: Sequence[float], right: Sequence[float], kind: str) -> str:
    """A curve as SVG, coloured by the page; beside a broken one, the right one is drawn pale."""
    low, high = _range(right)
    width, height, left, top = 300, 150, 34, 30

    def at(i: int, loss: float) -> str:
        y = top + height * (1.0 - (min(loss, high) - low) / (high - low))
        return f"{left + width * i / (STEPS - 1):.1f},{y:.1f}"

    def line(points: Sequence[float], name: str) -> str:
        shown = [at(i, loss) for i, loss in enumerate(points) if math.isfinite(loss)]
        return f'<polyline class="{name}" points="{" ".join(shown)}"/>' if len(shown) > 1 else ""

    end = ""
    if not math.isfinite(losses[-1]):
        x = left + width * (len(losses) - 1) / (STEPS - 1)
        end = (f'<text class="lost" x="{x + 4:.0f}" y="{top + 16}">× {losses[-1]}</text>'
               f'<line class="lost" x1="{x:.0f}" x2="{x:.0f}" y1="{top}" y2="{top + height}"/>')
    pale = line(right, "pale") if kind == "broken" else ""
    ticks = "".join(f'<text class="tick" x="{left - 6}" y="{top + height * (1 - y) + 4:.0f}">'
                    f"{_tick(low + y * (high - low))}</text>" for y in (0, 0.5, 1))
    return (f'<svg viewBox="0 0 {left + width + 12} {top + height + 26}" role="img" '
            f'aria-label="{title}: the loss, step by step">{ticks}'
            f'<path class="axis" d="M{left},{top}V{top + height}H{left + width}"/>{pale}{line(losses, kind)}{end}'
            f'<text class="tick" x="{left + width}" y="{top + height + 17}">step {STEPS}</text>'
            f'<text class="name {kind}" x="{left + width}" y="{top - 14}">{title}</text></svg>')
