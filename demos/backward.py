"""The backward pass of a small network, written out: what `loss.backward()` does, line by line.

First every step by itself, as one does it on paper: the chain rule through log, division, sum and exp. Then the same
network with batch norm in it, and batch norm and cross-entropy as one op each: their gradients are closed forms, and
all the lines from the loss to the logits become one, softmax − one-hot. Both texts are printed, then run as they
stand, and their gradients are compared with the engine's.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.syntax import Syntax

import autograd.functional as F
from autograd import Tensor, source
from autograd.arrays.fused import affine, batch_norm

from . import COMMAND

N, INPUTS, HIDDEN, CLASSES = 8, 4, 6, 3


def step_by_step(x: Tensor, labels: Any, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor) -> tuple[Tensor, Any]:
    """A network with one hidden layer and cross-entropy from small steps; the loss, and what every step is called."""
    h_in = affine(x, W1, b1)
    h = h_in.tanh()
    logits = affine(h, W2, b2)
    counts = logits.exp()
    counts_sum = counts.sum(1, keepdim=True)
    probs = counts / counts_sum
    logprobs = probs.log()
    picked = logprobs[np.arange(N), labels]
    total = picked.sum()
    mean = total / N
    loss = -mean
    return loss, locals()


def fused(x: Tensor, labels: Any, W1: Tensor, gain: Tensor, shift: Tensor, W2: Tensor,
          b2: Tensor) -> tuple[Tensor, Any]:
    """The same with batch norm, which makes b1 superfluous, and with two fused ops."""
    h_raw = x @ W1
    h_in = batch_norm(h_raw, gain, shift)
    h = h_in.tanh()
    logits = affine(h, W2, b2)
    loss = F.cross_entropy(logits, labels)
    return loss, locals()


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog=f"{COMMAND} backward", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=("numpy", "torch", "jax"), default="numpy",
                        help="the library whose functions the text calls (default: numpy)")
    options = parser.parse_args(list(arguments))
    rng = np.random.default_rng(42)
    x, labels = Tensor(rng.normal(size=(N, INPUTS))), rng.integers(0, CLASSES, N)

    def parameter(*shape: int) -> Tensor:
        return Tensor(rng.normal(size=shape), requires_grad=True)

    W1, b1, W2, b2 = parameter(INPUTS, HIDDEN), parameter(HIDDEN), parameter(HIDDEN, CLASSES), parameter(CLASSES)
    gain, shift = parameter(1, HIDDEN), parameter(1, HIDDEN)
    show("Every step by itself", *step_by_step(x, labels, W1, b1, W2, b2), options.backend)
    show("Batch norm and cross-entropy as one op each", *fused(x, labels, W1, gain, shift, W2, b2), options.backend)


def show(title: str, loss: Tensor, names: dict[str, Any], backend: str) -> None:
    """Print the text of `loss`, run it, and say how far its gradients are from the engine's."""
    console = Console()
    console.rule(f"[bold]{title}")
    text = source(loss, names, backend)
    if console.is_terminal:
        console.print(Syntax(text, "python", theme="ansi_dark", background_color="default", word_wrap=True))
    else:
        print(text)
    if backend != "numpy":
        return
    for x in names.values():
        if isinstance(x, Tensor):
            x.grad = None
    loss.backward()
    module: dict[str, Any] = {}
    exec(text, module)                              # the text, as it stands
    leaves = {name: x for name, x in names.items() if isinstance(x, Tensor) and x.is_leaf}
    _, gradients = module["step"](**{name: leaf.numpy() for name, leaf in leaves.items()})
    for name, gradient in gradients.items():
        off = np.abs(gradient - leaves[name].grad.numpy()).max()        # type: ignore[union-attr]
        console.print(f"d{name:6} differs from loss.backward()'s by at most {off:.1e}", highlight=False)
    console.print()


if __name__ == "__main__":
    main()
