"""Cross-entropy by hand, by graph and by formula: three ways to one gradient.

Two samples with three classes. The composite graph computes softmax, picks −Σ y log ŷ and averages, every step an op
with its own backward; the fused node knows the closed form; and the closed form itself is (softmax(A) − Y)/N.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

import autograd.functional as F
from autograd import Tensor, Value, draw

from . import COMMAND
from .terminal import folder

LOGITS = [[2.0, 1.0, 0.1], [0.1, 2.0, 1.9]]
TARGETS = [1, 0]                                    # the true classes
Y = np.eye(3)[TARGETS]                              # the same as one-hot rows
N = len(LOGITS)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog=f"{COMMAND} worked_example", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=folder, default=Path("out"), help="where to write the picture (default: out)")
    options = parser.parse_args(arguments)
    console = Console()
    console.rule("[bold]Cross-entropy on two samples")

    # The logits as Tensor and as Values; the loss as a graph of small steps, and fused into one node.
    composite, fused = (Tensor(LOGITS, requires_grad=True) for _ in range(2))
    probabilities = F.softmax(composite)
    losses = -(Tensor(Y) * probabilities.log()).sum(1)
    loss = losses.mean()
    loss.backward()
    F.cross_entropy(fused, TARGETS).backward()

    values, fused_values = ([[Value(z) for z in row] for row in LOGITS] for _ in range(2))
    F.cross_entropy_composite(values, TARGETS).backward()
    F.cross_entropy(fused_values, TARGETS).backward()
    closed_form = F.cross_entropy_gradient(Tensor(LOGITS), TARGETS)

    forward = table("sample", "logits", "softmax ŷ", "true class", "loss −log ŷ_t")
    for i in range(N):
        forward.add_row(str(i + 1), row(LOGITS[i], 1), row(probabilities.numpy()[i], 3), str(TARGETS[i]),
                        f"{losses.numpy()[i]:.3f}")
    console.print(forward)
    console.print(f"mean loss  L = {loss.item():.4f}\n")

    ways = {
        "graph, Tensor": composite.grad.numpy(),
        "fused, Tensor": fused.grad.numpy(),
        "graph, Values": grads(values),
        "fused, Values": grads(fused_values),
        "(softmax(A) − Y)/N": closed_form,
    }
    backward = table("∂L/∂A by", "sample 1", "sample 2")
    for name, gradient in ways.items():
        backward.add_row(name, row(gradient[0], 4), row(gradient[1], 4))
    console.print(backward)
    largest = max(np.abs(gradient - closed_form).max() for gradient in ways.values())
    console.print(f"largest difference between any of them and the closed form: {largest:.1e}\n")

    console.print("[bold]On the way[/]: every node keeps its gradient, so read the chain link by link.")
    at_softmax = probabilities.grad.numpy()
    by_formula = -Y / probabilities.numpy() / N
    links = table("", "sample 1", "sample 2")
    links.add_row("∂L/∂ŷ in the graph", row(at_softmax[0], 4), row(at_softmax[1], 4))
    links.add_row("−(1/N) y/ŷ", row(by_formula[0], 4), row(by_formula[1], 4))
    console.print(links)

    s = probabilities.numpy()[0]
    jacobian = softmax_jacobian(LOGITS[0])
    console.print("The softmax Jacobian, s_i(1 − s_i) on the diagonal and −s_i s_j beside it:")
    square = table("∂s_i/∂z_j, sample 1", *(f"j = {j + 1}" for j in range(3)))
    for i in range(3):
        square.add_row(f"i = {i + 1}", *(f"[bold]{v:.4f}[/]" if i == j else f"{v:.4f}"
                                        for j, v in enumerate(jacobian[i])))
    console.print(square)
    difference = np.abs(jacobian - (np.diag(s) - np.outer(s, s))).max()
    console.print(f"largest difference from diag(s) − s sᵀ: {difference:.1e}")
    console.print(f"∂L/∂ŷ times the Jacobian: {row(at_softmax[0] @ jacobian, 4)}")
    console.print("which is (ŷ − y)/N again, because the y sum to 1.\n")

    picture = options.out / "cross_entropy.svg"
    options.out.mkdir(parents=True, exist_ok=True)
    z = [Value(v, label=f"z{i + 1}") for i, v in enumerate(LOGITS[0])]
    sample_loss = F.cross_entropy_composite(z, TARGETS[0])
    sample_loss.label = "loss"
    sample_loss.backward()
    draw(sample_loss, picture)
    console.print(f"wrote [bold]{picture}[/], the graph of sample 1's loss\n")


def softmax_jacobian(logits: list[float]) -> np.ndarray:
    """∂s_i/∂z_j, one backward pass from each s_i."""
    rows = []
    for i in range(len(logits)):
        z = [Value(v) for v in logits]
        F.softmax(z)[i].backward()
        rows.append([v.grad for v in z])
    return np.array(rows)


def grads(values: list[list[Value]]) -> np.ndarray:
    return np.array([[v.grad for v in line] for line in values])


def table(*columns: str) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        shown.add_column(column, overflow="fold")    # in a narrow terminal a line more, and never a number cut short
    return shown


def row(numbers: Any, digits: int) -> str:
    return " ".join(f"{round(float(number), digits) + 0.0:{digits + 3}.{digits}f}" for number in numbers)


if __name__ == "__main__":
    main()
