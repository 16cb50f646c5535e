"""Karpathy's microgpt as a workload: one training step on a name of six letters, as every contender would write it.

One layer of width 16 with 4 heads, RMS norm and ReLU, over 27 tokens and at most 8 places: 4,064 weights. Scalar
engines go through it place by place with plain operators; arrays take all places at once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.steps import Step, scalar_step

__all__ = ["by_closures", "by_jax", "by_numpy", "by_own_class", "by_replay", "by_value", "by_value_nary"]

WIDTH, HEADS, PLACES, TOKENS, NAME = 16, 4, 8, 27, "sophia"
PER_HEAD = WIDTH // HEADS
LETTERS = [0, *(ord(letter) - ord("a") + 1 for letter in NAME), 0]      # 0 begins and ends a name
GIVEN, NEXT = LETTERS[:-1], LETTERS[1:]
SHAPES = {"letter": (TOKENS, WIDTH), "place": (PLACES, WIDTH), "output": (TOKENS, WIDTH),
          **dict.fromkeys(["query", "key", "content", "mix"], (WIDTH, WIDTH)),
          "up": (4 * WIDTH, WIDTH), "down": (WIDTH, 4 * WIDTH)}


def _weights() -> dict[str, list[list[float]]]:
    generator = random.Random(42)
    return {name: [[generator.gauss(0, 0.08) for _ in range(columns)] for _ in range(rows)]
            for name, (rows, columns) in SHAPES.items()}


# Number by number.

def graph(value: type, total: Callable[[Any], Any] = sum, dot: Callable[[Any, Any], Any] | None = None
          ) -> tuple[Callable[[], Any], list[Any]]:
    """What builds the graph of the loss, and its leaves; `total` and `dot` make sums, and sums of products."""
    w = {name: [[value(x) for x in row] for row in rows] for name, rows in _weights().items()}
    product = dot or (lambda x, y: sum(a * b for a, b in zip(x, y)))

    def linear(matrix: list[list[Any]], x: list[Any]) -> list[Any]:
        return [product(row, x) for row in matrix]

    def softmax(x: list[Any]) -> list[Any]:
        largest = max(v.data for v in x)
        powers = [(v - largest).exp() for v in x]
        whole = total(powers)
        return [power / whole for power in powers]

    def normed(x: list[Any]) -> list[Any]:
        scale = (product(x, x) * (1 / len(x)) + 1e-5) ** -0.5
        return [v * scale for v in x]

    def loss() -> Any:
        keys: list[Any] = []
        contents: list[Any] = []
        losses = []
        for place, (given, following) in enumerate(zip(GIVEN, NEXT)):
            x = normed([a + b for a, b in zip(w["letter"][given], w["place"][place])])
            h = normed(x)
            q = linear(w["query"], h)
            keys.append(linear(w["key"], h))
            contents.append(linear(w["content"], h))
            attended = []
            for start in range(0, WIDTH, PER_HEAD):
                head = slice(start, start + PER_HEAD)
                attention = softmax([product(q[head], k[head]) * PER_HEAD ** -0.5 for k in keys])
                attended += [product(attention, [c[i] for c in contents]) for i in range(start, head.stop)]
            x = [a + b for a, b in zip(x, linear(w["mix"], attended))]
            hidden = [v.relu() for v in linear(w["up"], normed(x))]
            x = [a + b for a, b in zip(x, linear(w["down"], hidden))]
            losses.append(-softmax(linear(w["output"], x))[following].log())
        return total(losses) * (1 / len(losses))

    return loss, [x for rows in w.values() for row in rows for x in row]


def by_own_class() -> Step:
    """A scalar class such as microgpt's own: each node keeps its inputs and its derivatives by them."""
    from benchmarks.reference import Local

    return scalar_step(*graph(Local))


def by_closures() -> Step:
    from benchmarks.reference import Value

    return scalar_step(*graph(Value))


def by_value() -> Step:
    from autograd import Value

    return scalar_step(*graph(Value))


def by_value_nary() -> Step:
    """With sums, and sums of products, as one node each."""
    from autograd import Value
    from autograd.core.nary import dot, total

    return scalar_step(*graph(Value, total, dot))


def by_replay() -> Step:
    from autograd import Value, replay

    loss, leaves = graph(Value)
    recorded = replay(loss(), wrt=leaves)
    return lambda: (recorded(), [recorded.gradient])


# Array by array.

class _Flat:
    """The gradients of all weights in one array, which `outcome` alone pays for."""

    def __init__(self, arrays: Sequence[Any]) -> None:
        self.arrays = arrays

    @property
    def grad(self) -> Any:
        return np.concatenate([np.ravel(array) for array in self.arrays])


def by_numpy() -> Step:
    """The backward pass written by hand."""
    w = {name: np.array(rows) for name, rows in _weights().items()}
    letter, place, output, query, key, content, mix, up, down = w.values()
    n = len(GIVEN)
    rows, given, following = np.arange(n), np.array(GIVEN), np.array(NEXT)
    hidden_from = np.triu(np.full((n, n), -np.inf), 1)

    def normed(x: Any) -> tuple[Any, Any]:
        scale = ((x * x).mean(1, keepdims=True) + 1e-5) ** -0.5
        return x * scale, scale

    def through_norm(x: Any, scale: Any, d: Any) -> Any:
        return d * scale - x * (scale ** 3 * (d * x).sum(1, keepdims=True) / WIDTH)

    def heads(x: Any) -> Any:
        return x.reshape(n, HEADS, PER_HEAD).transpose(1, 0, 2)

    def joined(x: Any) -> Any:
        return x.transpose(1, 0, 2).reshape(n, WIDTH)

    def step() -> tuple[float, list[Any]]:
        x0 = letter[given] + place[:n]
        x1, scale1 = normed(x0)
        h, scale_h = normed(x1)
        q, k, v = heads(h @ query.T), heads(h @ key.T), heads(h @ content.T)
        scores = q @ k.transpose(0, 2, 1) * PER_HEAD ** -0.5 + hidden_from
        attention = np.exp(scores - scores.max(2, keepdims=True))
        attention /= attention.sum(2, keepdims=True)
        attended = joined(attention @ v)
        x2 = x1 + attended @ mix.T
        normal, scale2 = normed(x2)
        hidden = normal @ up.T
        active = np.maximum(hidden, 0.0)
        x3 = x2 + active @ down.T
        logits = x3 @ output.T
        p = np.exp(logits - logits.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        loss = -np.log(p[rows, following]).mean()

        d_logits = p
        d_logits[rows, following] -= 1.0
        d_logits /= n
        d_x3 = d_logits @ output
        d_hidden = d_x3 @ down * (hidden > 0.0)
        d_x2 = d_x3 + through_norm(x2, scale2, d_hidden @ up)
        d_attended = heads(d_x2 @ mix)
        d_attention = d_attended @ v.transpose(0, 2, 1)
        d_scores = attention * (d_attention - (d_attention * attention).sum(2, keepdims=True)) * PER_HEAD ** -0.5
        d_q, d_k = joined(d_scores @ k), joined(d_scores.transpose(0, 2, 1) @ q)
        d_v = joined(attention.transpose(0, 2, 1) @ d_attended)
        d_h = d_q @ query + d_k @ key + d_v @ content
        d_x0 = through_norm(x0, scale1, d_x2 + through_norm(x1, scale_h, d_h))
        d_letter, d_place = np.zeros_like(letter), np.zeros_like(place)
        np.add.at(d_letter, given, d_x0)
        d_place[:n] = d_x0
        return loss, [_Flat([d_letter, d_place, d_logits.T @ x3, d_q.T @ h, d_k.T @ h, d_v.T @ h, d_x2.T @ attended,
                             d_hidden.T @ normal, d_x3.T @ active])]

    return step


def by_jax() -> Step:
    """The forward pass with `jnp`, its value and gradient compiled."""
    import jax
    import jax.numpy as jnp

    config: Any = jax.config                        # their annotations are incomplete
    finished: Any = jax.block_until_ready
    config.update("jax_enable_x64", True)
    weights = [jnp.array(rows) for rows in _weights().values()]
    n = len(GIVEN)
    rows, given, following = jnp.arange(n), jnp.array(GIVEN), jnp.array(NEXT)
    hidden_from = jnp.triu(jnp.full((n, n), -jnp.inf), 1)

    def normed(x: Any) -> Any:
        return x * ((x * x).mean(1, keepdims=True) + 1e-5) ** -0.5

    def heads(x: Any) -> Any:
        return x.reshape(n, HEADS, PER_HEAD).transpose(1, 0, 2)

    def loss(weights: Any) -> Any:
        letter, place, output, query, key, content, mix, up, down = weights
        x = normed(letter[given] + place[:n])
        h = normed(x)
        q, k, v = [heads(h @ matrix.T) for matrix in (query, key, content)]
        attention = jax.nn.softmax(q @ k.transpose(0, 2, 1) * PER_HEAD ** -0.5 + hidden_from, 2)
        x = x + (attention @ v).transpose(1, 0, 2).reshape(n, WIDTH) @ mix.T
        x = x + jnp.maximum(normed(x) @ up.T, 0.0) @ down.T
        return -jax.nn.log_softmax(x @ output.T, 1)[rows, following].mean()

    compiled = jax.jit(jax.value_and_grad(loss))

    def step() -> tuple[float, list[Any]]:
        value, gradients = finished(compiled(weights))
        return value, [_Flat(gradients)]

    return step
