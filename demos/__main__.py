"""`python -m demos` runs the main lesson and lists the others; `python -m demos NAME` runs one of them."""

from __future__ import annotations

import importlib
import sys

DEMOS = {
    "worked_example": "cross-entropy's gradient three ways (part of the default run)",
    "weight_gradient": "a network whose last gradient is watched (part of the default run)",
    "backward": "the backward pass of a small network, written out as code and checked",
    "op_table": "every operation with its derivative, read off the engine",
}


def main(arguments: list[str]) -> None:
    if arguments and arguments[0] in DEMOS:
        importlib.import_module(f"demos.{arguments[0]}").main(arguments[1:])
        return
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
