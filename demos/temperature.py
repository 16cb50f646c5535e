"""Softmax with a temperature: five scores from T = 0.1, where the best takes all, to T = 10, where all are equal.

softmax(z/T) keeps the order of the scores and changes how much it matters. Its entropy H = −Σ p log₂ p says how many
bits it takes on average to tell which one came up: none as T → 0, log₂ 5 = 2.32 as T → ∞.

Temperature also scales what is learned: with cross-entropy the gradient at the scores is (p − y)/T, and that is
checked here at every temperature, against the engine's backward pass.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.console import Console

import autograd.functional as F
from autograd import Tensor

from .common import GREY, parser, plots

SCORES = {"cat": 2.0, "dog": 1.6, "fox": 1.0, "owl": 0.0, "yak": -1.0}
TRUE = 0


def main(arguments: list[str] | None = None) -> None:
    options = parser("temperature", __doc__ or "").parse_args(arguments)
    console = Console(highlight=False)
    z = np.array(list(SCORES.values()))
    names = "".join(f"{name:>7}" for name in SCORES)
    console.print(f"\n[bold]     T   {names}    entropy   |∂L/∂z − (p − y)/T|[/]", soft_wrap=True)
    y = np.eye(len(z))[TRUE]
    for T in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0):
        scores = Tensor(z, requires_grad=True)
        log_p = F.log_softmax(scores, temperature=T)
        F.nll_loss(log_p, TRUE).backward()
        p = F.softmax(z, temperature=T)
        error = np.abs(scores.grad.numpy() - (p.numpy() - y) / T).max()
        bits = F.entropy(p, base=2).item()
        console.print(f"  {T:5g}  " + "".join(f"{x:7.3f}" for x in p.tolist()) + f"  {bits:6.3f} bits   {error:.0e}")
    console.print(f"\nEqual probabilities would have log₂ {len(z)} = {np.log2(len(z)):.3f} bits.\n")
    if not options.no_plots:
        console.print(f"wrote [bold]{plot(options.out, z)}[/]", soft_wrap=True)


def plot(out: Path, z: np.ndarray) -> Path:
    """The probabilities and the entropy over temperature."""
    plt = plots()
    out.mkdir(parents=True, exist_ok=True)
    T = np.geomspace(0.1, 10, 200)
    p = np.array([F.softmax(z, temperature=t).numpy() for t in T])
    bits = F.entropy(p, base=2).numpy()
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    shades = plt.get_cmap("viridis")(np.linspace(0.1, 0.9, len(z)))
    left.stackplot(T, p.T, colors=shades)
    for name, share, above in zip(SCORES, p[120], p[120].cumsum()):
        left.text(T[120], above - share / 2, name, color="white", ha="center", va="center", weight="bold")
    left.set(xscale="log", xlim=(0.1, 10), ylim=(0, 1), xlabel="temperature", title="softmax(z/T)")
    right.plot(T, bits)
    right.axhline(np.log2(len(z)), color=GREY, ls="--", lw=1)
    right.text(0.11, np.log2(len(z)) - 0.12, f"all equal: log₂ {len(z)} bits", color=GREY, size=8.5)
    right.axvline(1, color=GREY, lw=0.7)
    right.set(xscale="log", xlim=(0.1, 10), ylim=(0, None), xlabel="temperature", ylabel="bits", title="Entropy")
    path = out / "temperature.png"
    figure.savefig(path)
    plt.close(figure)
    return path


if __name__ == "__main__":
    main()
