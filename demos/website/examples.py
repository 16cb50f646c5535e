"""The lab's examples: programs that run in a browser on numbers alone, and print the same in a terminal."""

from __future__ import annotations

from typing import NamedTuple

from .packages import HERE

__all__ = ["EXAMPLES", "Example"]


class Example(NamedTuple):
    """A program in the lab's menu; `key` stands in links to it."""

    key: str
    title: str
    source: str


TITLES = {"thirty_seconds": "Thirty seconds", "neuron": "A neuron, drawn",
          "cross_entropy": "Cross-entropy of three logits", "derive": "Derive a gradient", "xor": "Exclusive or",
          "moons": "Two moons, live"}

EXAMPLES = [Example(key, title, next(HERE.glob(f"examples/*_{key}.py")).read_text(encoding="utf-8"))
            for key, title in TITLES.items()]
