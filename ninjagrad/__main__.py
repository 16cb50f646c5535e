"""The command `ninjagrad`, the same as `python -m ninjagrad`: the lessons, the exercises, and a few tools.

Without a word it runs the main lesson and lists the rest.
"""

from __future__ import annotations

import runpy
import sys
from importlib import import_module
from pathlib import Path

from ninjagrad import __path__ as places
from ninjagrad import __version__

TOOLS = {
    "draw": "the graph of an expression, as a picture or as text",
    "bench": "this project beside its peers, in one run",
    "doctor": "what is installed, and what is wrong with it",
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command that the first word names. Returns the exit status: 0 if all is well."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["--version"]:
        print(f"ninjagrad {__version__}")
        return 0
    if words[:1] == ["doctor"]:                     # before anything that a broken installation would break
        return int(import_module("ninjagrad.doctor").main(words[1:]))
    try:
        demos = import_module("ninjagrad.demos.__main__")
        if words[:1] == ["draw"]:
            return int(import_module("ninjagrad.drawing").main(words[1:]))
        if words[:1] == ["bench"]:
            return bench(words[1:])
        return int(demos.main(words, TOOLS) or 0)
    except ImportError:
        if wrong := import_module("ninjagrad.doctor").merged():
            sys.exit("ninjagrad: " + wrong[0])
        raise


def bench(words: list[str]) -> int:
    """`python -m benchmarks`, wherever the package is: a program of its own, which calls itself by this name."""
    sys.path.insert(0, str(next(Path(place) for place in reversed(places) if Path(place, "benchmarks").is_dir())))
    sys.argv = ["ninjagrad bench", *words]
    runpy.run_module("benchmarks", run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
