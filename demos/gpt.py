"""A GPT of single numbers: a transformer that learns names on scalar Values, eager against replay.

The model reads a name letter by letter and says, after each, how likely every letter is to come next. A letter is a
point in 16 dimensions, and so is its place in the name. Attention lets each place look back at those before it, in
four heads of four dimensions; a hidden layer of 64 ReLU units then works on what was found. Every weight, every
product and every sum is a Value: about 57,000 of them for a name of six letters.

Names of one length make the same graph, so one graph is recorded for each length and run for all names of that
length. Which letters they are must then be an input: a letter comes in as a row of zeros with a single 1, and
Σ one-hot·column picks its entry from each column of a table. The first steps are taken twice, built afresh and
replayed, and the losses put side by side: they are the same. From then on only the recordings run.

After Vaswani et al., Attention Is All You Need (2017), and Karpathy's nanoGPT and microgpt.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

import nn
from autograd import Value, no_grad, replay
from autograd.core.nary import dot

from .common import GREY, Run, parser, plots, smooth
from .names import END, NAMES, read

WIDTH, HEADS = 16, 4
LENGTHS = 5                                         # recordings: one for each of the commonest lengths
COMPARED = 10                                       # steps taken twice, with one name each
BATCH, RATE = 8, 0.01

Vector = list[Value]


# The model. A vector is a list of Values, a matrix a list of its rows; nothing else is needed.

def linear(matrix: list[Vector], x: Vector) -> Vector:
    """matrix @ x: a node for every product and for every sum."""
    return [sum([w * x_i for w, x_i in zip(row, x)]) for row in matrix]


def softmax(scores: Vector) -> Vector:
    """exp(sᵢ) / Σ exp(sⱼ). Norms keep the scores far below 700, where exp overflows, so no maximum is subtracted."""
    powers = [score.exp() for score in scores]
    whole = sum(powers)
    return [power / whole for power in powers]


def normed(x: Vector) -> Vector:
    """x / √mean(x²), so that no vector gets too long or too short to work with (RMS norm; Zhang, Sennrich, 2019)."""
    scale = (sum([v * v for v in x]) / len(x) + 1e-5) ** -0.5
    return [v * scale for v in x]


def choose(column: Sequence[Value], letter: int | Vector) -> Value:
    """The entry of a letter: by its number, or by its one-hot row, which a recording can be fed."""
    return column[letter] if isinstance(letter, int) else dot(letter, column)


class GPT(nn.Module):
    """One transformer layer over names of fewer than `places` letters, out of an alphabet of `letters` with the end."""

    def __init__(self, rng: np.random.Generator, letters: int, places: int) -> None:
        def matrix(rows: int, columns: int) -> list[Vector]:
            return [[Value(w) for w in row] for row in rng.normal(0, 0.1, (rows, columns)).tolist()]

        self.letter, self.place = matrix(letters, WIDTH), matrix(places, WIDTH)
        self.query, self.key, self.value, self.mix = (matrix(WIDTH, WIDTH) for _ in range(4))
        self.up, self.down = matrix(4 * WIDTH, WIDTH), matrix(WIDTH, 4 * WIDTH)
        self.output = matrix(letters, WIDTH)

    def forward(self, letter: int | Vector, memory: list[tuple[Vector, Vector]]) -> Vector:
        """Scores for what follows `letter`. `memory` holds key and value of each place before; this one's are added."""
        x = [choose(column, letter) + p for column, p in zip(zip(*self.letter), self.place[len(memory)])]
        h = normed(x)
        memory.append((linear(self.key, h), linear(self.value, h)))     # later places aren't in it: that is causality
        x = [a + b for a, b in zip(x, self.attention(linear(self.query, h), memory))]
        hidden = [v.relu() for v in linear(self.up, normed(x))]
        x = [a + b for a, b in zip(x, linear(self.down, hidden))]
        return linear(self.output, normed(x))

    def attention(self, query: Vector, memory: list[tuple[Vector, Vector]]) -> Vector:
        """Each head compares its part of the query with that of every key, and mixes the values accordingly."""
        found: Vector = []
        size = WIDTH // HEADS
        for i in range(0, WIDTH, size):
            head = slice(i, i + size)
            weights = softmax([sum([q * k for q, k in zip(query[head], key[head])]) / size ** 0.5
                               for key, _ in memory])
            found += [sum([w * value[j] for w, (_, value) in zip(weights, memory)]) for j in range(i, i + size)]
        return linear(self.mix, found)

    def loss(self, name: Sequence[int] | list[Vector]) -> Value:
        """Cross-entropy in nats a letter: the mean of −log p = log Σ exp(sⱼ) − s over a name between two ends."""
        memory: list[tuple[Vector, Vector]] = []
        losses = []
        for letter, target in pairwise(name):
            scores = self.forward(letter, memory)
            losses.append(sum([s.exp() for s in scores]).log() - choose(scores, target))
        return sum(losses) / len(losses)


# The same graphs, recorded.

class Recordings:
    """The loss of names of some lengths, each recorded once, to be run for any letters.

    Attributes:
        parameters, gradient: (P,): the weights all of them share, and the gradient of the last loss.
    """

    def __init__(self, model: GPT, lengths: Sequence[int]) -> None:
        self.weights = model.parameters()
        self.parameters = np.array([w.data for w in self.weights])
        self.gradient = np.zeros_like(self.parameters)
        self.one_hot = np.eye(len(model.letter))
        self.replays = {}
        for length in lengths:
            name = [[Value(0.0) for _ in model.letter] for _ in range(length + 2)]      # which letters: fed later
            self.replays[length] = replay(model.loss(name), self.weights, inputs=[x for row in name for x in row])

    def __call__(self, names: list[list[int]], backward: bool = True) -> float:
        """The mean loss of some names, each counting alike, with its gradient in `gradient`."""
        self.gradient[:] = 0.0
        losses = []
        for name in names:
            recorded = self.replays[len(name) - 2]
            recorded.parameters[:] = self.parameters
            letters = self.one_hot[name].ravel()
            losses.append(recorded(letters) if backward else recorded.forward(letters))
            if backward:
                self.gradient += recorded.gradient / len(names)
        return sum(losses) / len(names)

    def trainable(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """What an optimiser updates: the weights, and where their gradient appears."""
        return [(self.parameters, self.gradient)]

    def sync(self) -> None:
        """Write the weights back into the Values."""
        for w, number in zip(self.weights, self.parameters.tolist()):
            w.data = number


def compare(run: Run, model: GPT, recordings: Recordings, names: list[list[int]]) -> list[tuple[float, float]]:
    """Take the same steps eagerly and replayed, and print the losses side by side; and how long a step took."""
    def eager(name: list[int]) -> float:
        model.zero_grad()
        loss = model.loss(name)                     # tens of thousands of new nodes
        loss.backward()
        return loss.data

    def replayed(name: list[int]) -> float:
        return recordings([name])                   # none

    curves, fastest = [], []
    for step, optimizer in ((eager, nn.optim.Adam(model.parameters(), lr=RATE)), (replayed, run.optimizer)):
        losses, seconds = [], []
        for name in names:
            start = time.perf_counter()
            losses.append(step(name))
            optimizer.step()
            seconds.append(time.perf_counter() - start)
        curves.append(losses)
        fastest.append(min(seconds))                # the one other programs disturbed least
    pairs = list(zip(*curves))
    run.say("step  eager              replayed           difference")
    for i, (a, b) in enumerate(pairs, 1):
        run.say(f"{i:4}  {a:.15f}  {b:.15f}  {abs(a - b):.1e}")
    run.say(f"largest difference: {max(abs(a - b) for a, b in pairs):.1e}\n"
            f"the fastest step, optimiser and all: {1e3 * fastest[0]:.1f} ms eagerly, {1e3 * fastest[1]:.2f} ms "
            f"replayed; {fastest[0] / fastest[1]:.0f} times faster\n")
    return pairs


def main(arguments: list[str] | None = None) -> None:
    arguments_ = parser("gpt", __doc__ or "", steps=2000)
    arguments_.add_argument("--names", type=Path, default=NAMES, metavar="FILE", help="one name per line")
    arguments_.add_argument("--samples", type=int, default=20, help="how many names to make up (default: 20)")
    options = arguments_.parse_args(arguments)
    rng = np.random.default_rng(options.seed)

    names = read(options.names)
    lengths = sorted(length for length, _ in Counter(map(len, names)).most_common(LENGTHS))
    names = [name for name in names if len(name) in lengths]
    letters = [END, *sorted(set("".join(names)))]
    rng.shuffle(names)
    encoded = [[letters.index(letter) for letter in END + name + END] for name in names]
    cut = len(names) // 10
    held_out, known = encoded[:cut], encoded[cut:]

    model = GPT(rng, len(letters), max(lengths) + 1)
    start = time.perf_counter()
    recordings = Recordings(model, lengths)
    seconds = time.perf_counter() - start
    optimizer = nn.optim.Adam(recordings, lr=RATE)
    schedule = nn.optim.LinearLR(optimizer, 1.0, 0.05, total_iters=options.steps)
    run = Run("gpt", options, model, optimizer, rng, schedule, sync=recordings.sync)
    run.say(f"{len(names)} names, {len(letters)} letters, {len(recordings.parameters)} weights; knowing nothing costs "
            f"log {len(letters)} = {np.log(len(letters)):.3f} nats a letter\n")
    for length, recorded in recordings.replays.items():
        run.say(f"{length} letters: {recorded.stats.nodes:,} nodes recorded as {recorded.stats.steps} array steps")
    run.say(f"recording them took {seconds:.2f} s\n")

    curves = []
    if options.resume is None:
        curves = compare(run, model, recordings, [known[i] for i in rng.integers(0, len(known), COMPARED)])
    else:
        recordings.parameters[:] = [w.data for w in recordings.weights]         # where the interrupted run stopped
    for _ in run:
        run.report(loss=recordings([known[i] for i in rng.integers(0, len(known), BATCH)]))
        optimizer.step()
        schedule.step()
    recordings.sync()

    train, test = (recordings(part, backward=False) for part in (known, held_out))
    run.say(f"\nloss on the names trained on {train:.4f}, on the tenth held out {test:.4f} nats a letter "
            f"(seed {options.seed}, {options.steps} steps of {BATCH} names)\n")
    made = [sample(model, letters, rng) for _ in range(options.samples)]
    run.say("  ".join(name if name in names else f"[bold]{name}[/]" for name in made))
    run.say(f"({sum(name not in names for name in made)} of these {len(made)} are new)\n")
    if not options.no_plots:
        run.wrote(plot(options.out, run.history["loss"], test, curves))


def sample(model: GPT, letters: list[str], rng: np.random.Generator) -> str:
    """A name, each letter drawn from the softmax of the scores after those before it."""
    name, letter = "", 0
    memory: list[tuple[Vector, Vector]] = []
    with no_grad():
        while len(memory) < len(model.place):
            p = [v.data for v in softmax(model(letter, memory))]
            letter = int(rng.choice(len(letters), p=p))
            if letter == 0:
                break
            name += letters[letter]
    return name


def plot(out: Path, losses: list[float], test: float, curves: list[tuple[float, float]]) -> Path:
    """The steps taken twice, one curve upon the other; the loss over the whole training."""
    plt = plots()
    out.mkdir(parents=True, exist_ok=True)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), width_ratios=[1, 1.6], layout="constrained")
    steps = range(1, len(curves) + 1)
    left.plot(steps, [eager for eager, _ in curves], "o", ms=9, mfc="none", label="eager")
    left.plot(steps, [replayed for _, replayed in curves], label="replayed")
    left.set(title="The same steps twice", xlabel="step, of one name", ylabel="nats a letter")
    left.legend()
    width = max(1, len(losses) // 50)
    right.plot(losses, alpha=0.15)
    mean = smooth(losses, width)
    right.plot(np.arange(len(mean)) + width // 2, mean, color="C0", label="trained on")
    right.axhline(test, color=GREY, ls="--", lw=1, label=f"held out: {test:.3f}")
    right.set(title="Training on, replayed", xlabel=f"step, of {BATCH} names")
    right.legend()
    path = out / "gpt.png"
    figure.savefig(path)
    plt.close(figure)
    return path


if __name__ == "__main__":
    main()
