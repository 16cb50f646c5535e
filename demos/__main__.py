"""`python -m demos` runs the main lesson and lists the others; `python -m demos NAME` runs one of them."""

from __future__ import annotations

import importlib
import os
import sys
import textwrap
from typing import Any

from . import COMMAND
from .terminal import terminal_width

DEMOS = {
    "worked_example": "cross-entropy's gradient three ways (default run)",
    "weight_gradient": "spirals, the last layer's gradient checked (default run)",
    "cross_entropy": "why its gradient is softmax − one-hot: pictures, pages",
    "backward": "a small network's backward pass as code, checked",
    "derive": "gradients derived as mathematics, every line checked",
    "ninja": "exercises: write the gradients, be told what is wrong",
    "class": "for teachers: a folder of submissions graded into a table",
    "museum": "engines with one classic bug each, beside the right one",
    "xor": "why a hidden layer: a network small enough to print whole",
    "moons": "micrograd's two moons on single numbers, recorded",
    "digits": "handwritten digits, and the most mistaken of them",
    "names": "makemore's model with batch norm, and names it makes up",
    "gpt": "a transformer of single numbers: eager against replay",
    "temperature": "softmax from T = 0.1 to 10, and its entropy in bits",
    "overfit": "too many weights for fifteen points, and two things that help",
    "notebooks": "nine lessons as notebooks, run and written for Jupyter",
    "scale": "a step taken along as JAX code, its batch spread over devices",
    "op_table": "every operation with its derivative, read off the engine",
    "modules": "every module with its first sentence, room by room",
    "site": "a site of all this, with a lab that runs in the browser",
}
if COMMAND == "ninjagrad":
    del DEMOS["modules"], DEMOS["site"]             # which read the files of a checkout
MODULES = {"class": "ninja.classroom", "notebooks": "lessons", "site": "website"}   # a module that bears another name


def run(name: str, arguments: list[str], function: str = "main", **options: Any) -> Any:
    """Run one demo. What only the user can mend is said in one line: a library of the extra that is missing, a file
    that can't be written."""
    try:
        module = importlib.import_module(f".{MODULES.get(name, name)}", __package__)
        return getattr(module, function)(arguments, **options)
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.split(".")[0] not in ("PIL", "matplotlib", "rich", "sklearn", "sympy"):
            raise
        if COMMAND == "ninjagrad":
            sys.exit(f"{COMMAND}: {name} needs {missing.name}, which the demos extra brings:\n"
                     '  python -m pip install "ninjagrad[demos]"')
        sys.exit(f"demos: {name} needs {missing.name}, which the demos extra brings; in the project's folder:\n"
                 '  python -m pip install -e ".[demos]"')
    except BrokenPipeError:                         # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except RuntimeError as error:
        if "LayoutError" not in [kind.__name__ for kind in type(error).__mro__]:    # it may not be there to import
            raise
        sys.exit(f"{name}: {error}")
    except OSError as error:
        if error.filename is None:
            raise
        sys.exit(f"{name}: {error.strerror}: {error.filename}")


def main(arguments: list[str], more: dict[str, str] | None = None) -> Any:
    """Run the demo that is named first, or the main lesson. `more` is listed beside the demos: what else there is."""
    if arguments and arguments[0] in DEMOS:
        return run(arguments[0], arguments[1:])
    listed = {**DEMOS, **(more or {})}
    if arguments and not arguments[0].startswith("-"):
        sys.exit(f"{COMMAND}: there is no {arguments[0]!r}; there are {', '.join(listed)}")
    if "-h" in arguments or "--help" in arguments:
        print(f"usage: {COMMAND} [NAME] [options]\n       {COMMAND} NAME --help    a demo's lesson and its options\n")
    else:
        options = run("weight_gradient", arguments, "options_of", command=COMMAND)      # before any lesson
        run("worked_example", ["--out", str(options.out)])
        run("weight_gradient", arguments)
        print()
    print(f"The demos, each run by `{COMMAND} NAME`:\n")
    width = max(map(len, listed))
    for name, description in listed.items():
        print(textwrap.fill(f"  {name:{width}}  {description}", terminal_width(),
                            subsequent_indent=" " * (width + 4)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
