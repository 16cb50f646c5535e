"""`python -m demos` runs the main lesson and lists the others; `python -m demos NAME` runs one of them."""

from __future__ import annotations

import importlib
import sys

DEMOS = {
    "worked_example": "cross-entropy's gradient three ways (part of the default run)",
    "weight_gradient": "a network whose last gradient is watched (part of the default run)",
    "cross_entropy": "how cross-entropy's backward pass cancels into softmax − one-hot: pictures and pages",
    "backward": "the backward pass of a small network, written out as code and checked",
    "ninja": "the exercises: write the gradients yourself, and be told what is wrong with them",
    "museum": "broken engines, each with one classic bug, beside the right one",
    "xor": "why a hidden layer: a network small enough to print whole",
    "moons": "micrograd's two moons on scalar values, with the decision boundary",
    "digits": "handwritten digits, mini-batches, and the most mistaken ones as pictures",
    "names": "makemore: a character model with batch norm, its histograms, and names it makes up",
    "gpt": "a transformer of single numbers on names: eager against replay, and the names it makes up",
    "temperature": "softmax from T = 0.1 to 10, and its entropy in bits",
    "overfit": "too many weights for fifteen points, and two things that help",
    "op_table": "every operation with its derivative, read off the engine",
}


def main(arguments: list[str]) -> None:
    if arguments and arguments[0] in DEMOS:
        sys.exit(importlib.import_module(f"demos.{arguments[0]}").main(arguments[1:]))
    if arguments and not arguments[0].startswith("-"):
        sys.exit(f"demos: there is no demo {arguments[0]!r}; there are {', '.join(DEMOS)}")
    if "-h" in arguments or "--help" in arguments:
        print("usage: python -m demos [NAME] [options]; `python -m demos NAME --help` explains a demo's own\n")
    else:
        for name in ("worked_example", "weight_gradient"):
            importlib.import_module(f"demos.{name}").main(arguments)
        print()
    print("The demos, each run by `python -m demos NAME`:\n")
    width = max(map(len, DEMOS))
    for name, description in DEMOS.items():
        print(f"  {name:{width}}  {description}")


if __name__ == "__main__":
    main(sys.argv[1:])
