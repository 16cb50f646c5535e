"""Graphs of any size, to see whether time and memory per node stay flat: a chain, a ladder of diamonds, a wide sum."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable
from importlib import import_module
from typing import Any

__all__ = ["ENGINES", "SHAPES", "measure"]

ENGINES = {"ninjagrad": "autograd", "closures": "benchmarks.reference"}


def chain(n: int, value: type) -> Any:
    """((x·w + …)·w …: each node feeds the next."""
    x, w = value(0.5), value(1.0)
    for _ in range(n // 2):
        x = x * w + w
    return x


def ladder(n: int, value: type) -> Any:
    """Each rung used twice by the next: 2^(n/2) paths, n nodes."""
    x, half = value(1.0), value(0.5)
    for _ in range(n // 2):
        x = (x + x) * half
    return x


def wide(n: int, value: type) -> Any:
    """A sum of products: Σ w_i·x_i, as a neuron with n/2 inputs computes it."""
    some = [value(0.1 * i) for i in range(100)]
    out = value(0.0)
    for i in range(n // 2):
        out = out + some[i % 100] * some[i % 99]
    return out


SHAPES: dict[str, Callable[[int, type], Any]] = {"chain": chain, "diamond ladder": ladder, "sum of products": wide}


def measure(engine: str, shape: str, nodes: int) -> dict[str, float]:
    """Seconds and bytes per node of a forward and a backward pass, the graph still held.

    `apart` are the seconds where Python's garbage collector does not run meanwhile.
    """
    value, build = import_module(ENGINES[engine]).Value, SHAPES[shape]
    best = {True: float("inf"), False: float("inf")}
    for collecting in (True, False) * max(3, min(50, 200_000 // nodes)):
        gc.collect()
        (gc.enable if collecting else gc.disable)()
        start = time.perf_counter()
        root = build(nodes, value)
        root.backward()
        best[collecting] = min(best[collecting], time.perf_counter() - start)
        gc.enable()
        del root
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    root = build(nodes, value)
    root.backward()
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return {"nodes": nodes, "seconds": best[True] / nodes, "apart": best[False] / nodes, "bytes": held / nodes}
