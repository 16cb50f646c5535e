"""Handwritten digits: a network of Tensors on real data, judged on digits it has never seen.

1797 digits of 8 × 8 grey values, written by 43 people (Alpaydin and Kaynak, 1998; scikit-learn ships them). A quarter
is held out. The network (64-128-64-10, ReLU) sees the others in mini-batches, half of each batch shifted by up to one
pixel, so that it learns shapes rather than positions; AdamW moves the weights, at a rate that warms up and then
follows a cosine down to nothing.

Accuracy is one number. The confusion matrix says which digits are taken for which, and the most mistaken digits,
those to which the network gives the least probability of being what they are, say why.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import autograd.functional as F
import nn
from autograd import no_grad

from .common import GREY, Run, parser, plots, smooth

BATCH = 64


def data(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Training images (N, 8, 8) from 0 to 1 and their digits (N,), then the held-out quarter's."""
    from sklearn.datasets import load_digits
    images, digits = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8) / 16.0
    order = rng.permutation(len(images))
    held_out, seen = np.split(order, [len(images) // 4])
    return images[seen], digits[seen], images[held_out], digits[held_out]


def shifted(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Half of the images moved by −1, 0 or 1 pixel along both axes, with zeros coming in at the edge."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    n, (down, right) = np.arange(len(images))[:, None, None], rng.integers(0, 3, (2, len(images), 1, 1))
    still = rng.random((len(images), 1, 1)) < 0.5
    down, right = np.where(still, 1, down), np.where(still, 1, right)
    pixel = np.arange(8)
    return padded[n, pixel[:, None] + down, pixel[None, :] + right]


def main(arguments: list[str] | None = None) -> None:
    options = parser("digits", __doc__ or "", steps=3000).parse_args(arguments)
    rng = np.random.default_rng(options.seed)
    nn.manual_seed(options.seed)
    X, Y, X_test, Y_test = data(rng)
    model = nn.Sequential(nn.Flatten(), *nn.TensorMLP(64, [128, 64, 10]))
    optimizer = nn.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.05)
    schedule = nn.optim.CosineAnnealingLR(optimizer, T_max=options.steps, warmup=100)

    run = Run("digits", options, model, optimizer, rng, schedule)
    for _ in run:
        batch = rng.integers(0, len(X), BATCH)
        loss = F.cross_entropy(model(shifted(X[batch], rng)), Y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        run.report(loss=loss.item())

    with no_grad():
        p = F.softmax(model(X_test)).numpy()
    guess = p.argmax(1)
    wrong = int((guess != Y_test).sum())
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (Y_test, guess), 1)
    run.say(f"\nOf {len(Y_test)} held-out digits {wrong} are mistaken: accuracy {1 - wrong / len(Y_test):.2%}.\n")
    run.say("Rows are what was written, columns what it was taken for:\n")
    run.say("     " + " ".join(f"{k:3}" for k in range(10)))
    for k, row in enumerate(confusion):
        run.say(f"  {k}  " + " ".join(f"[bold]{n:3}[/]" if i == k else f"{n:3}" if n else "  ·"
                                      for i, n in enumerate(row)))
    run.say()
    if not options.no_plots:
        run.wrote(plot(options.out, run.history["loss"], confusion, X_test, Y_test, p))


def plot(out: Path, losses: list[float], confusion: np.ndarray, X: np.ndarray, Y: np.ndarray, p: np.ndarray) -> Path:
    """The loss, the confusion matrix, and the twelve digits given the least probability of being what they are."""
    plt = plots()
    out.mkdir(parents=True, exist_ok=True)
    figure = plt.figure(figsize=(10.5, 4), layout="constrained")
    left, middle, right = figure.subfigures(1, 3, width_ratios=[1, 1.15, 1.45])

    axis = left.subplots()
    axis.plot(losses, alpha=0.25)
    axis.plot(np.arange(len(smooth(losses, 50))) + 25, smooth(losses, 50), color="C0")
    axis.set(title="Loss of the mini-batches", xlabel="step", ylabel="cross-entropy (nats)", yscale="log")

    axis = middle.subplots()
    mistakes = confusion * (1 - np.eye(10, dtype=int))
    axis.imshow(np.where(np.eye(10, dtype=bool), np.nan, mistakes), cmap="Oranges", vmin=0, vmax=max(3, mistakes.max()))
    for i in range(10):
        for j in range(10):
            if confusion[i, j]:
                axis.text(j, i, confusion[i, j], ha="center", va="center", color=GREY if i == j else "black", size=8)
    axis.set(title="What was taken for what", xlabel="taken for", ylabel="written", xticks=range(10), yticks=range(10))
    axis.spines[:].set_visible(False)

    right.suptitle("The most mistaken", weight="bold", size=11)
    worst = np.argsort(p[np.arange(len(Y)), Y])[:12]
    for axis, i in zip(right.subplots(3, 4).flat, worst):
        axis.imshow(X[i], cmap="gray_r")
        guess = p[i].argmax()
        verdict = f"a {Y[i]}: seen as {guess}" if guess != Y[i] else f"a {Y[i]}, only just"
        axis.set_title(f"{verdict}\n({p[i, Y[i]]:.0%} for {Y[i]})", size=7.5, weight="normal",
                       color="black" if guess != Y[i] else GREY)
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    path = out / "digits.png"
    figure.savefig(path)
    plt.close(figure)
    return path


if __name__ == "__main__":
    main()
