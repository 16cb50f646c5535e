"""Derivations: the gradient of softmax with cross-entropy as mathematics, read off the graph, in the five usual ways.

Each is made by `autograd.derive` from a graph with labels: the chain rule over the named nodes, each derivative as the
engine's table has it, what cancels, which fact is used. Every line was checked on the graph's numbers and on others
before it is shown. After the five come neurons, networks, batch norm, layer norm and attention.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import autograd.functional as F
from autograd import Tensor, Value, derive
from autograd.deriving.derivation import page
from demos.common import parser


class Lesson(NamedTuple):
    """A derivation, or several, and the words before and after."""

    title: str
    before: str
    derivations: list[Any]
    after: str = ""


def named(label: str, x: Any) -> Any:
    x.label = label
    return x


def values(name: str, *numbers: float) -> list[Value]:
    return [Value(x, label=f"{name}_{i}") for i, x in enumerate(numbers, 1)]


def parameter(label: str, *shape: int) -> Tensor:
    rng = np.random.default_rng(sum(map(ord, label)))
    return Tensor(rng.normal(size=shape), requires_grad=True, label=label)


def one_hot(labels: list[int], classes: int) -> Tensor:
    return Tensor(np.eye(classes)[labels], label="Y")


# The five documents.

def index() -> Lesson:
    z = values("z", 2.0, 1.0, -1.0)
    y = [named(f"ŷ_{i}", p) for i, p in enumerate(F.softmax(z), 1)]
    loss = named("L", -y[0].log())
    return Lesson("One class is true",
                  "The true class is t = 1. There are two cases of ∂ŷ_t/∂z_i: i = t, and all others.",
                  [derive(loss, z, names={"ŷ": y})],
                  "So it is ŷ_t − 1 at the true class, and ŷ_i at the others.")


def batch() -> Lesson:
    A = Tensor([[2.0, 1.0, 0.1], [0.1, 2.0, 1.9]], requires_grad=True, label="A")
    sigma = named("σ", F.softmax(A))
    logs = named("ℓ", sigma.log())
    loss = named("H", -(one_hot([1, 0], 3) * logs).sum(1).mean())
    whole = named("ℓ", F.softmax(A).log())
    return Lesson("A batch", "Two samples, three classes. H is the mean of −Σ Y_c log σ_c over the samples.",
                  [derive.jacobian(whole, A), derive(loss, A)],      # type: ignore[attr-defined]
                  "Row by row, a row vector times a 3×3 matrix: (−Y/N) · (δ_kc − σ_c) is (σ − Y)/N.")


def two_outputs() -> Lesson:
    h1, h2 = values("h", 0.5, -0.3)
    w11, w21, w12, w22 = (Value(x, label=f"w_{n}") for n, x in {"11": 0.1, "21": 0.2, "12": -0.4, "22": 0.7}.items())
    b1, b2 = values("b", 0.05, -0.02)
    y1, y2 = values("y", 1.0, 0.0)
    z1, z2 = named("z_1", h1 * w11 + h2 * w21 + b1), named("z_2", h1 * w12 + h2 * w22 + b2)
    e1, e2 = z1.exp(), z2.exp()
    p1, p2 = named("ŷ_1", e1 / (e1 + e2)), named("ŷ_2", e2 / (e1 + e2))
    loss = named("L", -(y1 * p1.log() + y2 * p2.log()))
    h, W = parameter("h", 2), parameter("w", 2, 2)
    z = named("z", h @ W)
    p = named("ŷ", F.softmax(z))
    general = named("L", -(Tensor([1.0, 0.0], label="y") * p.log()).sum())
    return Lesson("Two outputs, one weight", "The weight w_21 leads from h_2 to z_1, and from there by both outputs to "
                  "the loss: by ŷ_1, and by ŷ_2, whose denominator z_1 is part of.",
                  [derive(loss, w21), derive(general, W)],
                  "Where the minus sign of L = −Σ y log ŷ is lost, every line after it turns round, and the end is "
                  "h_2(y_1 − ŷ_1): steps against it would make the loss larger.")


def samples() -> Lesson:
    x = parameter("x", 4, 3)
    p = named("ŷ", F.softmax(x))
    loss = named("L", -(one_hot([0, 2, 1, 0], 3) * p.log()).sum(1).mean())
    return Lesson("Samples in a mini-batch", "At the probabilities the gradient is −Y/Ŷ/N; at what goes into softmax "
                  "it is (Ŷ − Y)/N.", [derive(loss, [p, x])])


def logarithm() -> Lesson:
    x = parameter("x", 4)
    logs = named("ℓ", x - x.exp().sum().log())
    s = named("s", (x - x.exp().sum().log()).exp())
    loss = named("L", -(Tensor([0.0, 0.0, 1.0, 0.0], label="y") * logs).sum())
    T = Tensor(2.0, label="T")
    warm, softer = x.exp() / x.exp().sum(), (x / T).exp() / (x / T).exp().sum()
    cool = named("ℓ", x / T - (x / T).exp().sum().log())
    cooled = named("L", -(Tensor([0.0, 0.0, 1.0, 0.0], label="y") * cool).sum())
    return Lesson("By the logarithm", "log s_i = x_i − log Σ_j exp x_j is easier to derive than s_i.",
                  [derive.jacobian(logs, x), derive.jacobian(s, x),         # type: ignore[attr-defined]
                   derive(loss, x, names={"s": warm}), derive(cooled, x, names={"s": softer})],
                  "A temperature T divides the gradient, too.")


# And what goes beyond them.

def neurons() -> Lesson:
    found = []
    for kind in ("tanh", "sigmoid", "relu"):
        x1, x2 = values("x", 2.0, -1.0)
        w1, w2 = values("w", 0.4, 0.3)
        b, t = Value(0.2, label="b"), Value(1.0, label="t")
        n = named("n", w1 * x1 + w2 * x2 + b)
        o = named("o", getattr(n, kind)())
        found.append(derive(named("L", (o - t) ** 2), w1))
    return Lesson("Neurons", "A neuron with tanh, sigmoid and ReLU, and the squared error.", found)


def logits() -> Lesson:
    z, y = Value(0.3, label="z"), Value(1.0, label="y")
    loss = named("L", y * (-z).softplus() + (1.0 - y) * z.softplus())
    p = named("p", z.sigmoid())
    slowly = named("L", -(y * p.log() + (1.0 - y) * (1.0 - p).log()))
    x = parameter("x", 4)
    return Lesson("Binary cross-entropy, and log-sum-exp", "By way of the probability p, and from the logit z at once.",
                  [derive(slowly, z), derive(loss, z), derive(named("ℓ", x.exp().sum().log()), x)])


def two_layers() -> Lesson:
    x, W1, b1, W2, b2 = (parameter(name, *shape) for name, shape in {
        "x": (4, 3), "W1": (3, 5), "b1": (5,), "W2": (5, 3), "b2": (3,)}.items())
    h = named("h", named("a", x @ W1 + b1).tanh())
    loss = named("L", F.cross_entropy(named("z", h @ W2 + b2), np.array([1, 0, 2, 1])))
    return Lesson("Two layers", "From cross-entropy back to the weights of the first layer.",
                  [derive(loss, [W2, b2, W1, b1])])


def norms() -> Lesson:
    x, gamma, beta = parameter("x", 6, 4), parameter("gamma", 4), parameter("beta", 4)
    centred = x - x.mean(0, keepdim=True)
    r = ((centred ** 2).sum(0, keepdim=True) / 5 + 1e-5) ** -0.5
    batch_norm = named("y", gamma * named("x_hat", centred * r) + beta)
    centred = x - x.mean(1, keepdim=True)
    sigma = ((centred ** 2).mean(1, keepdim=True) + 1e-5).sqrt()
    layer_norm = named("y", gamma * named("x_hat", centred / sigma) + beta)
    return Lesson("Batch norm and layer norm", "Batch norm takes mean and variance over the samples n, layer norm over "
                  "the features of one sample.", [derive(batch_norm, [x, gamma, beta]), derive(layer_norm, x)])


def attention() -> Lesson:
    q, k, v = parameter("q", 4, 3), parameter("k", 4, 3), parameter("v", 4, 2)
    a = named("a", F.softmax(named("s", q @ k.T / np.sqrt(3.0))))
    return Lesson("Attention", "Scores s, softmax a, and what comes out, o.", [derive(named("o", a @ v), [v, q, k])])


DOCUMENTS: list[Callable[[], Lesson]] = [index, batch, two_outputs, samples, logarithm]
BEYOND: list[Callable[[], Lesson]] = [neurons, logits, two_layers, norms, attention]


def main(arguments: list[str] | None = None) -> None:
    options = parser("derive", __doc__ or "")
    options.add_argument("--latex", action="store_true", help="print LaTeX")
    chosen = options.parse_args(arguments)
    lessons = [make() for make in [*DOCUMENTS, *BEYOND]]
    for number, lesson in enumerate(lessons, 1):
        print(f"\n{number}. {lesson.title}\n\n{lesson.before}")
        for derivation in lesson.derivations:
            print(f"\n{derivation.latex if chosen.latex else derivation}")
        if lesson.after:
            print(f"\n{lesson.after}")
    if not chosen.no_plots:
        print(f"\nwrote {write(chosen.out, lessons)}")


def write(out: Path, lessons: list[Lesson]) -> Path:
    """All of them as one page."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / "derive.html"
    pieces = [(f"{number}. {lesson.title}", lesson.before, lesson.derivations, lesson.after)
              for number, lesson in enumerate(lessons, 1)]
    path.write_text(page(pieces, "Derivations"), encoding="utf-8")
    return path


if __name__ == "__main__":
    main()
