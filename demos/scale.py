"""Where one process is not enough: a training step, taken along as JAX code and spread over several devices.

`source` prints the step that was built here as a file that needs JAX alone. `jax.jit` compiles it. The batch is cut
into as many parts as there are devices, the weights are on all of them, and JAX adds the parts' gradients up: that is
data parallelism, and nothing of this project takes part in it. The file is the same on one processor, on eight, on a
GPU.

What to look for: every row of the table has the same loss and gradients as the eager step here. Virtual devices share
one processor, so on one machine they show that the step is right, and little about speed.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import autograd.functional as F
from autograd import Tensor, source, tensor

from . import COMMAND
from .common import parser

Network = Callable[[int, int], tuple[Tensor, dict[str, Tensor]]]


def makemore(batch: int, seed: int) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of makemore's network, three letters in and one out; and its leaves by name, X and Y last."""
    rng = np.random.default_rng(seed)
    leaves = _parameters(rng, C=(27, 10), W1=(30, 200), gain=(1, 200), shift=(1, 200), W2=(200, 27), b2=(27,))
    X, Y = tensor(rng.integers(0, 27, (batch, 3))), tensor(rng.integers(0, 27, batch))
    C, W1, gain, shift, W2, b2 = leaves.values()
    hidden = C[X].reshape(batch, 30) @ W1
    spread = hidden - hidden.mean(0, keepdim=True)
    normal = spread * ((spread * spread).mean(0, keepdim=True) + 1e-5) ** -0.5
    logits = (gain * normal + shift).tanh() @ W2 + b2
    return F.cross_entropy(logits, Y), {**leaves, "X": X, "Y": Y}


def transformer(batch: int, seed: int) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of a small transformer: one layer of width 32 with 4 heads, over 16 letters."""
    rng = np.random.default_rng(seed)
    length, width, heads = 16, 32, 4
    leaves = _parameters(rng, letter=(27, width), place=(length, width), query=(width, width), key=(width, width),
                         content=(width, width), mix=(width, width), up=(width, 4 * width), down=(4 * width, width),
                         output=(width, 27))
    X, Y = tensor(rng.integers(0, 27, (batch, length))), tensor(rng.integers(0, 27, batch * length))
    letter, place, query, key, content, mix, up, down, output = leaves.values()
    later = Tensor(np.triu(np.full((length, length), -1e9), 1))

    def normed(x: Tensor) -> Tensor:
        return x * ((x * x).mean(-1, keepdim=True) + 1e-5) ** -0.5

    def apart(x: Tensor) -> Tensor:
        return x.reshape(batch, length, heads, width // heads).transpose(1, 2)

    x = letter[X] + place
    h = normed(x)
    scores = apart(h @ query) @ apart(h @ key).transpose(2, 3) * (width // heads) ** -0.5 + later
    attended = (F.softmax(scores, -1) @ apart(h @ content)).transpose(1, 2).reshape(batch, length, width)
    x = x + attended @ mix
    x = x + (normed(x) @ up).relu() @ down
    return F.cross_entropy((normed(x) @ output).reshape(batch * length, 27), Y), {**leaves, "X": X, "Y": Y}


NETWORKS: dict[str, tuple[Network, int]] = {"makemore": (makemore, 2048), "transformer": (transformer, 128)}


def _parameters(rng: np.random.Generator, **shapes: tuple[int, ...]) -> dict[str, Tensor]:
    return {name: Tensor(rng.normal(size=shape) * shape[0] ** -0.5, requires_grad=True)
            for name, shape in shapes.items()}


def main(arguments: list[str] | None = None) -> None:
    options_ = parser("scale", __doc__ or "")
    options_.add_argument("--devices", type=int, nargs="+", default=[1, 2, 4, 8], metavar="N",
                          help="how many devices to spread the batch over (default: 1 2 4 8)")
    options_.add_argument("--runs", type=int, default=20, help="timed steps on each; the best counts (default: 20)")
    options_.add_argument("--torch", action="store_true", help="PyTorch's spelling too, by torch.compile (a minute)")
    options = options_.parse_args(arguments)
    if importlib.util.find_spec("jax") is None:
        sys.exit(f'{COMMAND}: scale needs JAX, which the jax extra brings: python -m pip install "ninjagrad[jax]"')
    options.out.mkdir(parents=True, exist_ok=True)
    console = Console(highlight=False)
    for name, (network, batch) in NETWORKS.items():
        loss, leaves = network(batch, options.seed)
        loss.backward()
        for backend in "jax", "torch":
            (options.out / f"{name}_{backend}.py").write_text(source(loss, leaves, backend), encoding="utf-8")
        np.savez(options.out / f"{name}.npz", **{leaf: x.numpy() for leaf, x in leaves.items()})
        table = Table("devices", "kind", "steps/s", "samples/s", "loss", "largest difference", title_justify="left",
                      title=f"{name}, a batch of {batch}", box=None)
        expected = {leaf: x.grad.numpy() for leaf, x in leaves.items() if x.grad is not None}
        for devices in options.devices:
            try:
                kind, rate, found = on_devices(name, devices, options)
            except RuntimeError as error:
                console.print(f"on {devices} devices: {error}")
                continue
            off = max([float(np.abs(found[leaf] - gradient).max()) for leaf, gradient in expected.items()])
            table.add_row(str(devices), kind, f"{rate:.1f}", f"{rate * batch:,.0f}", f"{found['loss']:.12f}",
                          f"{off:.1e}")
        table.add_row("eager, here", "", "", "", f"{loss.item():.12f}")
        if options.torch:
            rate, found = by_torch(name, options)
            off = max([float(np.abs(found[leaf] - gradient).max()) for leaf, gradient in expected.items()])
            table.add_row("torch.compile", "cpu", f"{rate:.1f}", f"{rate * batch:,.0f}", f"{found['loss']:.12f}",
                          f"{off:.1e}")
        console.print(table)
        console.print(f"written: {options.out / name}_jax.py and {options.out / name}_torch.py\n")
    console.print("docs/SCALE.md says which lines of sharded.py to change for a cluster, and where this ends.")


def on_devices(name: str, devices: int, options: argparse.Namespace) -> tuple[str, float, dict[str, Any]]:
    """The devices' kind, steps a second, loss and gradients, found by a process of its own.

    JAX reads the number of virtual devices when it is imported, so each number needs a new process. Where there are
    GPUs, JAX takes those.

    Raises:
        RuntimeError: with the last line that the process wrote, if it failed.
    """
    environment = {**os.environ, "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}"}
    found = options.out / f"{name}_found.npz"
    done = subprocess.run([sys.executable, str(Path(__file__).with_name("sharded.py")),
                           *[str(options.out / file) for file in (f"{name}_jax.py", f"{name}.npz")], str(found),
                           str(options.runs)], capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    kind, rate = done.stdout.split("\t")
    return kind, float(rate), dict(np.load(found))


def by_torch(name: str, options: argparse.Namespace) -> tuple[float, dict[str, Any]]:
    """Steps a second, loss and gradients of PyTorch's spelling, compiled."""
    import torch

    step = torch.compile(runpy.run_path(str(options.out / f"{name}_torch.py"))["step"])
    leaves = {leaf: torch.tensor(x) for leaf, x in np.load(options.out / f"{name}.npz").items()}
    loss, gradients = step(**leaves)
    best = float("inf")
    for _ in range(options.runs):
        start = time.perf_counter()
        step(**leaves)
        best = min(best, time.perf_counter() - start)
    return 1 / best, {"loss": loss, **{leaf: gradient.numpy() for leaf, gradient in gradients.items()}}
