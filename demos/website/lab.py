"""Writes the lab: a page on which programs run in the reader's own browser, with all that they need beside it."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

from ..ninja.exercises import EXERCISES, Exercise
from .examples import EXAMPLES
from .packages import HERE, ROOT, bundle, fetched, run

__all__ = ["mends", "scalar", "write_lab"]

CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")


def scalar(exercise: Exercise) -> bool:
    """Whether an exercise is one of single numbers, so that it needs no NumPy."""
    return not re.search(r"autograd as torch|numpy", exercise.source)


def mends(exercise: Exercise) -> bool:
    """Whether it is about an engine with a bug, as the museum shows them."""
    return "#= " in exercise.source


def write_lab(folder: Path, pyodide: str | None) -> dict[str, Any]:
    """Everything of the lab but its page, which is made of what is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    packages = fetched()
    wheels = sorted(wheel.name for wheel in (packages / "wheels").glob("*.whl"))
    (folder / "wheels").mkdir(exist_ok=True)
    for name in wheels:
        shutil.copy(packages / "wheels" / name, folder / "wheels")
    address, files, numpy = _pyodide(folder, pyodide, packages)
    _python(folder / "python.zip")
    bundle(HERE / "browser" / "lab.js", folder / "lab.js", "--format=esm")
    bundle(HERE / "browser" / "worker.js", folder / "worker.js", "--format=esm", "--external:*.mjs")

    exercises = [exercise for exercise in EXERCISES.values() if numpy or scalar(exercise)]
    menu = {"Examples": [(f"example={example.key}", example.title) for example in EXAMPLES], "Exercises": [],
            "The museum's engines, to be mended": []}
    for one in exercises:
        group = "The museum's engines, to be mended" if mends(one) else "Exercises"
        menu[group].append((f"exercise={one.number}", f"{one.number}: {one.title}"))
    snapshot = "" if numpy else "memory.gz"         # with NumPy, Python starts anew: libraries can't be written down
    if snapshot:
        run("node", str(HERE / "browser" / "snapshot.mjs"), str((folder / "pyodide").resolve()),
            str((folder / "python.zip").resolve()), str((folder / snapshot).resolve()), folder=packages)
    files += [snapshot] * bool(snapshot) + ["worker.js", "python.zip", *(f"wheels/{name}" for name in wheels)]
    settings = {"pyodide": address, "numpy": numpy, "wheels": wheels, "snapshot": snapshot, "files": files}
    data = {"settings": settings, "examples": [example._asdict() for example in EXAMPLES],
            "exercises": [{"number": one.number, "title": one.title, "starter": one.starter()} for one in exercises]}
    return {"menu": list(menu.items()), "numpy": numpy, "data": json.dumps(data).replace("<", "\\u003c")}


def _pyodide(folder: Path, given: str | None, packages: Path) -> tuple[str, list[str], bool]:
    """Where Python is in the browser, its files, and whether NumPy is among them.

    Raises:
        ValueError: if `given` is a folder without Pyodide.
    """
    if given is not None and given.startswith(("http:", "https:")):
        return given.rstrip("/") + "/", [], True    # a full distribution is what lies at an address
    source = packages / "node_modules" / "pyodide" if given is None else Path(given)
    missing = [name for name in CORE if not (source / name).is_file()]
    if missing:
        raise ValueError(f"site: {source} holds no Pyodide: {missing[0]} is not there")
    known = json.loads((source / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"]
    wanted = _closure(known, "numpy") if "numpy" in known else []
    numpy = bool(wanted) and all((source / name).is_file() for name in wanted)
    files = [*CORE, *(wanted if numpy else [])]
    (folder / "pyodide").mkdir(exist_ok=True)
    for name in files:
        shutil.copy(source / name, folder / "pyodide")
    return "pyodide/", [f"pyodide/{name}" for name in files], numpy


def _closure(known: dict[str, Any], name: str) -> list[str]:
    """The files of a package and of all that it depends on, by Pyodide's own lock file."""
    found: dict[str, str] = {}
    left = [name]
    while left:
        one = left.pop()
        if one not in found:
            found[one] = known[one]["file_name"]
            left += known[one]["depends"]
    return list(found.values())


def _python(target: Path) -> None:
    """Our packages as a wheel lays them out, and the lab's own module."""
    places = {"autograd": "autograd", "nn": "nn", "ninjagrad": "ninjagrad", "demos": "ninjagrad/demos"}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, place in places.items():
            for path in sorted((ROOT / name).rglob("*")):
                inside = path.relative_to(ROOT / name)
                kept = path.suffix in (".py", ".html", ".css", ".js", ".txt")
                if kept and inside.parts[0] not in ("website", "gallery", "notebooks"):
                    packed.writestr(_same(f"{place}/{inside.as_posix()}"), path.read_bytes())
        packed.writestr(_same("lab.py"), (HERE / "browser" / "lab.py").read_bytes())


def _same(name: str) -> zipfile.ZipInfo:
    """An entry whose bytes depend on its file alone."""
    entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
