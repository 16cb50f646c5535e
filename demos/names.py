"""Names, letter by letter: makemore's network with batch norm, and the histograms that show how training goes.

The network reads the last three letters and gives probabilities for the next one. Each letter is a point in a
10-dimensional space (learned); three of them go through a hidden layer of 200 tanh units, whose inputs batch norm
keeps neither too large nor too small; the output is a score for each of the letters and the end (".").

What to look for in the plots: tanh outputs that are not all −1 and +1 (a saturated unit learns nothing), gradients
of like size in all layers, and updates about a thousandth of the weights they change (10⁻³ in the lower right).

After lecture 3 of Karpathy's "makemore" series and Bengio et al., A Neural Probabilistic Language Model (2003).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import autograd.functional as F
import nn
from autograd import Tensor, no_grad

from .common import GREY, Run, parser, plots, smooth

NAMES = Path(__file__).with_name("data") / "names.txt"
CONTEXT, WIDTH, HIDDEN, BATCH = 3, 10, 200, 32
END = "."


class Letters(nn.Module):
    """Logits (N, V) for the letter that follows each row of `CONTEXT` letters (N, CONTEXT)."""

    def __init__(self, letters: int) -> None:
        self.embedding = nn.Embedding(letters, WIDTH)
        self.hidden = nn.Linear(CONTEXT * WIDTH, HIDDEN, bias=False)        # batch norm's own bias would cancel it
        self.norm = nn.BatchNorm1d(HIDDEN)
        self.output = nn.Linear(HIDDEN, letters)
        self.watched: dict[str, Tensor] = {}

    def forward(self, context: np.ndarray) -> Tensor:
        before = self.norm(self.hidden(self.embedding(context).flatten(1)))
        h = before.tanh()
        self.watched = {"into tanh": before, "out of tanh": h}              # every node keeps its gradient
        return self.output(h)


def examples(names: list[str], index: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Every letter of every name, and the letters before it: contexts (N, CONTEXT) and targets (N,)."""
    contexts, targets = [], []
    for name in names:
        context = [0] * CONTEXT
        for letter in name + END:
            contexts.append(context)
            targets.append(index[letter])
            context = [*context[1:], index[letter]]
    return np.array(contexts), np.array(targets)


def read(path: Path) -> list[str]:
    """One name per line, in lower case."""
    try:
        names = [line.strip().lower() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        sys.exit(f"names: cannot read {path}: {error}")
    names = [name for name in names if name and END not in name]
    if len(names) < 20:
        sys.exit(f"names: {path} has {len(names)} names, too few to learn from; one per line is expected")
    return names


def main(arguments: list[str] | None = None) -> None:
    arguments_ = parser("names", __doc__ or "", steps=10_000)
    arguments_.add_argument("--names", type=Path, default=NAMES, metavar="FILE", help="one name per line")
    arguments_.add_argument("--samples", type=int, default=20, help="how many names to make up (default: 20)")
    options = arguments_.parse_args(arguments)
    rng = np.random.default_rng(options.seed)
    nn.manual_seed(options.seed)

    names = read(options.names)
    letters = [END, *sorted(set("".join(names)))]
    index = {letter: i for i, letter in enumerate(letters)}
    rng.shuffle(names)
    cut = len(names) // 10
    X_test, Y_test = examples(names[:cut], index)
    X, Y = examples(names[cut:], index)

    model = Letters(len(letters))
    weights = dict(model.named_parameters())
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    schedule = nn.optim.StepLR(optimizer, step_size=max(1, options.steps * 2 // 3), gamma=0.1)
    run = Run("names", options, model, optimizer, rng, schedule)
    run.say(f"{len(names)} names, {len(letters)} letters, {sum(w.numel() for w in weights.values())} weights; "
            f"knowing nothing costs log {len(letters)} = {np.log(len(letters)):.3f} nats a letter\n")

    ratios: dict[str, list[float]] = {name: [] for name, w in weights.items() if w.ndim == 2}
    for step in run:
        batch = rng.integers(0, len(X), BATCH)
        loss = F.cross_entropy(model(X[batch]), Y[batch])
        optimizer.zero_grad()
        loss.backward()
        if step % 20 == 0:                                      # how large the update is beside what it updates
            for name in ratios:
                w = weights[name]
                ratios[name].append(np.log10(optimizer.lr * w.grad.numpy().std() / w.numpy().std()))
        optimizer.step()
        schedule.step()
        run.report(loss=loss.item())

    watched = {name: (node.numpy(), node.grad.numpy()) for name, node in model.watched.items()}     # of the last batch
    gradients = {name: w.grad.numpy() for name, w in weights.items() if w.ndim == 2}
    model.eval()                                                # batch norm by its running statistics
    with no_grad():
        train, test = (F.cross_entropy(model(x), y).item() for x, y in ((X, Y), (X_test, Y_test)))
    run.say(f"\nloss on the names trained on {train:.4f}, on the tenth held out {test:.4f} nats a letter "
            f"(seed {options.seed}, {options.steps} steps)\n")
    known = set(names)
    made = [sample(model, letters, rng) for _ in range(options.samples)]
    run.say("  ".join(name if name in known else f"[bold]{name}[/]" for name in made))
    run.say(f"({sum(name not in known for name in made)} of these {len(made)} are new)\n")
    run.save(options.out / "names.npz")
    run.wrote(options.out / "names.npz")
    if not options.no_plots:
        run.wrote(plot(options.out, run.history["loss"], test, watched, gradients, ratios))


def sample(model: Letters, letters: list[str], rng: np.random.Generator) -> str:
    """A name, each letter drawn from the probabilities the network gives after those before it."""
    name, context = "", [0] * CONTEXT
    with no_grad():
        while len(name) < 30:
            p = F.softmax(model(np.array([context]))).numpy()[0]
            i = int(rng.choice(len(letters), p=p))
            if i == 0:
                break
            name, context = name + letters[i], [*context[1:], i]
    return name


def plot(out: Path, losses: list[float], test: float, watched: dict[str, tuple[np.ndarray, np.ndarray]],
         gradients: dict[str, np.ndarray], ratios: dict[str, list[float]]) -> Path:
    """The loss, and the lecture's histograms: activations, their gradients, the weights' gradients, update ratios."""
    plt = plots()
    out.mkdir(parents=True, exist_ok=True)
    figure, axes = plt.subplots(2, 3, figsize=(11, 5.6), layout="constrained")
    (loss, activations, saturation), (flowing, weights, updates) = axes

    width = max(1, len(losses) // 50)
    loss.plot(losses, alpha=0.15)
    loss.plot(np.arange(len(smooth(losses, width))) + width // 2, smooth(losses, width), color="C0", label="trained on")
    loss.axhline(test, color=GREY, ls="--", lw=1, label=f"held out: {test:.3f}")
    loss.set(title="Loss", xlabel="step", ylabel="nats a letter")
    loss.legend()

    for name, (values, _) in watched.items():
        density, edges = np.histogram(values, 60, range=(-3, 3), density=True)
        activations.plot(edges[:-1], density, label=f"{name}: std {values.std():.2f}")
    activations.set(title="Activations of the last batch", yticks=[], ylim=(None, 1.3 * activations.get_ylim()[1]))
    activations.legend(fontsize=7.5, loc="upper left", ncols=2)

    out_of_tanh = watched["out of tanh"][0]
    saturation.imshow(np.abs(out_of_tanh) > 0.97, cmap="gray_r", aspect="auto", interpolation="nearest", vmin=0, vmax=1)
    saturation.set(title=f"Saturated (|tanh| > 0.97): {np.mean(np.abs(out_of_tanh) > 0.97):.1%}",
                   xlabel="unit", ylabel="sample")

    for axis, arrays, title in ((flowing, {k: g for k, (_, g) in watched.items()}, "Gradients of activations"),
                                (weights, gradients, "Gradients of weights")):
        reach = 3 * max(g.std() for g in arrays.values())
        for name, g in arrays.items():
            density, edges = np.histogram(g, 60, range=(-reach, reach), density=True)
            axis.plot(edges[:-1], density, label=f"{name}: std {g.std():.1e}")
        axis.set(title=title, yticks=[], ylim=(None, 1.2 * axis.get_ylim()[1]))
        axis.ticklabel_format(axis="x", style="sci", scilimits=(-2, 2))
        axis.legend(fontsize=7.5)

    for name, series in ratios.items():
        updates.plot(20 * np.arange(len(series)), series, label=name, lw=0.7, alpha=0.8)
    updates.axhline(-3, color="black", lw=1)
    updates.set(title="Update / weight (log₁₀ of their spreads)", xlabel="step")
    updates.legend(fontsize=7.5)
    path = out / "names.png"
    figure.savefig(path)
    plt.close(figure)
    return path


if __name__ == "__main__":
    main()
