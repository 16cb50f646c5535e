"""Replay beside hand-written NumPy, CasADi and the eager engine. Ratios, each from one interleaved run.

    python -m benchmarks replay
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Value, replay
from nn import MLP


def fastest(rounds: int, **contenders: Callable[[], Any]) -> dict[str, float]:
    """The least time of each over rounds in which they take turns."""
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(rounds):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def moons() -> tuple[Any, Any]:
    """100 points on two half-circles."""
    t, rng = np.linspace(0, np.pi, 50), np.random.default_rng(0)
    points = np.concatenate([np.c_[np.cos(t), np.sin(t)], np.c_[1 - np.cos(t), 0.5 - np.sin(t)]])
    return points + rng.normal(scale=0.1, size=(100, 2)), np.repeat([-1.0, 1.0], 50)


def two_moons() -> None:
    """micrograd's demo: MLP 2-16-16-1, hinge loss, L2."""
    random.seed(1337)
    points, labels = moons()
    model = MLP(2, [16, 16, 1])
    parameters = model.parameters()
    rows = [list(map(Value, row)) for row in points.tolist()]

    def build() -> Value:
        losses = [(1 + -y * model(row)).relu() for row, y in zip(rows, labels.tolist())]
        return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in parameters)    # type: ignore[return-value]

    def eager() -> None:
        build().backward()

    root = build()
    step = replay(root, parameters)
    p = step.parameters

    def by_hand() -> Any:
        a, b, c = p[:48].reshape(16, 3), p[48:320].reshape(16, 17), p[320:]
        h1 = np.maximum(points @ a[:, :2].T + a[:, 2], 0)
        h2 = np.maximum(h1 @ b[:, :16].T + b[:, 16], 0)
        margin = 1 - labels * (h2 @ c[:16] + c[16])
        loss = np.maximum(margin, 0).sum() / 100 + 1e-4 * (p @ p)
        g = 2e-4 * p
        da, db, dc = g[:48].reshape(16, 3), g[48:320].reshape(16, 17), g[320:]
        ds = (margin > 0) * (-labels / 100)
        dc[:16] += ds @ h2
        dc[16] += ds.sum()
        d2 = np.outer(ds, c[:16]) * (h2 > 0)
        db[:, :16] += d2.T @ h1
        db[:, 16] += d2.sum(0)
        d1 = (d2 @ b[:, :16]) * (h1 > 0)
        da[:, :2] += d1.T @ points
        da[:, 2] += d1.sum(0)
        return loss, g

    loss, gradient = by_hand()
    assert abs(step() - loss) < 1e-12
    assert np.abs(step.gradient - gradient).max() < 1e-12
    short = fastest(2000, hand=by_hand, replay=step)
    long = fastest(7, eager=eager, recording=lambda: replay(root, parameters))
    print(f"two moons: {step!r}")
    print(f"  replay / hand-written NumPy {short['replay'] / short['hand']:8.2f}")
    print(f"  eager / replay              {long['eager'] / short['replay']:8.0f}")
    print(f"  recording / eager step      {long['recording'] / long['eager']:8.2f}")


def irregular(levels: int, width: int) -> None:
    """A random graph without structure."""
    rng = random.Random(levels)
    leaves = [Value(rng.uniform(-1, 1)) for _ in range(width)]

    def build() -> Value:
        r, before, pool = random.Random(1), leaves, leaves
        for _ in range(levels):
            pool = []
            for _ in range(width):
                a, b, kind = r.choice(before), r.choice(before), r.randrange(4)
                pool.append(a + b if kind == 0 else a * b if kind == 1 else a.tanh() if kind == 2 else a - b)
            before = pool
        return sum(pool)                            # type: ignore[return-value]

    root = build()
    step = replay(root, leaves)
    times = fastest(3, eager=lambda: build().backward(), replay=step, recording=lambda: replay(root, leaves))
    print(f"{levels} levels × {width}, {step.stats.strategy}: eager / replay {times['eager'] / times['replay']:6.1f}   "
          f"recording / eager {times['recording'] / times['eager']:.2f}")


def main() -> None:
    two_moons()
    for levels, width in [(20, 5000), (200, 500), (2000, 50), (20000, 5)]:
        irregular(levels, width)


if __name__ == "__main__":
    main()
