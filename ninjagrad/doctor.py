"""`ninjagrad doctor`: what is installed, what it can do, and what is wrong with it, each with its remedy.

It reads files and names of packages first and imports the engine last, so that a broken installation can be told.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
from importlib import metadata, util
from pathlib import Path

from ninjagrad import __version__

__all__ = ["main"]

EXTRAS = {                                          # extra -> what it brings, by the name it is imported by
    "demos": ["rich", "matplotlib", "PIL", "sklearn"],
    "safetensors": ["safetensors"],
    "jax": ["jax"],
    "parity": ["torch"],
}
OF_HIPS = ["tracer.py", "numpy/numpy_vjps.py", "wrap_util.py"]     # files of HIPS autograd that ours has not


def main(arguments: list[str] | None = None) -> int:
    """Print the findings; 0 if nothing is wrong."""
    argparse.ArgumentParser(prog="ninjagrad doctor", description=__doc__).parse_args(arguments)
    print(f"ninjagrad {__version__}, Python {platform.python_version()} ({platform.system()} {platform.machine()})")
    wrong = [*merged(), *versions()]
    for extra, modules in EXTRAS.items():
        missing = [name for name in modules if util.find_spec(name) is None]
        print(f"  extra {extra}: " + (f"without {', '.join(missing)}: python -m pip install \"ninjagrad[{extra}]\""
                                      if missing else "complete"))
    layout = "the program dot" if shutil.which("dot") else "pygraphviz" if util.find_spec("pygraphviz") else None
    print(f"  pictures: laid out by {layout}" if layout else
          "  pictures: nothing can lay them out; tree() works. Remedy: python -m pip install \"pygraphviz>=2\"")
    print(f"  output: {sys.stdout.encoding}; what it can't write is written in plain characters by the lessons")
    if not wrong:
        wrong = broken()
    for text in wrong:
        print(f"WRONG: {text}")
    print("Nothing is wrong." if not wrong else f"{len(wrong)} thing{'s' * (len(wrong) > 1)} to mend.")
    return 1 if wrong else 0


def merged() -> list[str]:
    """HIPS autograd on PyPI has the same import name: installed beside ours, the two overwrite each other's files."""
    found = util.find_spec("autograd")
    folders = [Path(place) for place in (found.submodule_search_locations or [])] if found else []
    if not folders:
        return ["there is no package autograd. Remedy: " + again()]
    folder = folders[0]
    theirs = [name for name in OF_HIPS if (folder / name).exists()]
    ours = (folder / "core" / "ops.py").exists()
    listed = any(x.metadata["Name"] == "autograd" for x in metadata.distributions(name="autograd"))
    if ours and not theirs and not listed:
        return []
    if not ours:
        return [f"`import autograd` finds another package of that name in {folder}. Remedy: an environment of its own "
                "for ninjagrad, or: " + again()]
    return ["HIPS autograd is installed in the same environment, and its files lie among ours; both are broken. "
            "Remedy: " + again()]


def again() -> str:
    return ("python -m pip uninstall -y autograd ninjagrad; python -m pip install --force-reinstall --no-deps "
            "ninjagrad")


def versions() -> list[str]:
    """Packages that the engine needs: there, and new enough."""
    wrong = []
    for name, least in (("numpy", 2), ("graphviz", 0)):
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            print(f"  {name}: missing (numbers, `Value`, work without it): python -m pip install \"{name}>={least}\"")
            continue
        print(f"  {name} {version}")
        if int(version.split(".")[0]) < least:
            wrong.append(f"{name} {version} is too old. Remedy: python -m pip install \"{name}>={least}\"")
    try:
        if metadata.version("ninjagrad") != __version__:
            wrong.append(f"pip knows ninjagrad {metadata.version('ninjagrad')}, but its files say {__version__}. "
                         "Remedy: " + again())
    except metadata.PackageNotFoundError:
        print("  ninjagrad itself is not installed; it runs from its folder")
    return wrong


def broken() -> list[str]:
    """Whether a derivative comes out, asked of the engine itself."""
    try:
        from autograd import Value
        x = Value(3.0)
        (x * x).backward()
        if x.grad != 6.0:
            return [f"d(x*x)/dx at 3 came out as {x.grad}. Remedy: " + again()]
    except Exception as error:
        return [f"the engine does not run: {type(error).__name__}: {error}. Remedy: " + again()]
    return []
