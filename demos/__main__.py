"""`python -m demos` runs the main lesson and lists the others; `python -m demos NAME` runs one of them."""

from __future__ import annotations

import importlib
import sys
from typing import Any

DEMOS = {
    "worked_example": "cross-entropy's gradient three ways (default run)",
    "weight_gradient": "spirals, the last layer's gradient checked (default run)",
    "cross_entropy": "why its gradient is softmax − one-hot: pictures, pages",
    "backward": "a small network's backward pass as code, checked",
    "derive": "gradients derived as mathematics, every line checked",
    "ninja": "exercises: write the gradients, be told what is wrong",
    "museum": "engines with one classic bug each, beside the right one",
    "xor": "why a hidden layer: a network small enough to print whole",
    "moons": "micrograd's two moons on single numbers, recorded",
    "digits": "handwritten digits, and the most mistaken of them",
    "names": "makemore's model with batch norm, and names it makes up",
    "gpt": "a transformer of single numbers: eager against replay",
    "temperature": "softmax from T = 0.1 to 10, and its entropy in bits",
    "overfit": "too many weights for fifteen points, and two things that help",
    "op_table": "every operation with its derivative, read off the engine",
}


def run(name: str, arguments: list[str], function: str = "main", **options: Any) -> Any:
    """Run one demo; where a library of the extra is missing, say which and how to get it."""
    try:
        return getattr(importlib.import_module(f"demos.{name}"), function)(arguments, **options)
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.split(".")[0] not in ("PIL", "matplotlib", "rich", "sklearn", "sympy"):
            raise
        sys.exit(f"demos: {name} needs {missing.name}, which the demos extra brings; in the project's folder:\n"
                 f"  {sys.executable} -m pip install -e \".[demos]\"")


def main(arguments: list[str]) -> None:
    if arguments and arguments[0] in DEMOS:
        sys.exit(run(arguments[0], arguments[1:]))
    if arguments and not arguments[0].startswith("-"):
        sys.exit(f"demos: there is no demo {arguments[0]!r}; there are {', '.join(DEMOS)}")
    if "-h" in arguments or "--help" in arguments:
        print("usage: python -m demos [NAME] [options]\n"
              "       python -m demos NAME --help    a demo's lesson and its options\n")
    else:
        options = run("weight_gradient", arguments, "options_of", command="python -m demos")     # before any lesson
        run("worked_example", ["--out", str(options.out)])
        run("weight_gradient", arguments)
        print()
    print("The demos, each run by `python -m demos NAME`:\n")
    width = max(map(len, DEMOS))
    for name, description in DEMOS.items():
        print(f"  {name:{width}}  {description}")


if __name__ == "__main__":
    main(sys.argv[1:])
