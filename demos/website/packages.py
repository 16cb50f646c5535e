"""What the site takes from the registries: npm's and PyPI's packages, pinned and verified by their lock files.

npm verifies what it installs against package-lock.json, pip against requirements.txt. Both are kept in build/, outside
of what is committed, and are fetched anew when a lock file changes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["HERE", "MissingError", "bundle", "fetched", "licences", "node", "run"]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LOCKS = ("package.json", "package-lock.json", "requirements.txt")
LICENCES = ("LICENSE*", "LICENCE*", "license*", "COPYING*")


class MissingError(RuntimeError):
    """A program that the build needs is not there; the message says how to get it."""


def run(*command: str, folder: Path, given: str | None = None) -> str:
    """Run a program; what it prints.

    Raises:
        MissingError: if it is not installed.
        RuntimeError: with its last words, if it fails.
    """
    program = shutil.which(command[0])
    if program is None:
        raise MissingError(f"site: needs {command[0]}, which comes with Node.js 20 or newer (apt install nodejs npm)")
    environment = {**os.environ, "NO_COLOR": "1", "NODE_PATH": str(folder / "node_modules")}
    done = subprocess.run([program, *command[1:]], cwd=folder, input=given, capture_output=True, check=False,
                          encoding="utf-8", env=environment)
    if done.returncode:
        raise RuntimeError(f"site: {' '.join(command[:3])} failed:\n{(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout


def fetched() -> Path:
    """The folder that holds node_modules/ and wheels/, as the lock files say; filled if it is not there yet."""
    text = b"".join((HERE / name).read_bytes() for name in LOCKS)
    folder = ROOT / "build" / "website" / hashlib.sha256(text).hexdigest()[:16]
    if (folder / "complete").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for name in LOCKS:
        shutil.copy(HERE / name, folder)
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
    run(sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:",
        "--requirement", "requirements.txt", "--dest", "wheels", folder=folder)
    (folder / "complete").touch()
    return folder


def bundle(source: Path, target: Path, *options: str) -> None:
    """One script of ours with all that it imports, as one file."""
    packages = fetched()
    run("node", str(packages / "node_modules/esbuild/bin/esbuild"), str(source), "--bundle", "--minify",
        "--legal-comments=none", "--target=es2022", f"--outfile={target.resolve()}", "--log-level=warning", *options,
        folder=packages)


def node(script: str, given: object) -> str:
    """What a script of node's prints that is given `given` as JSON; it may `require` the packages."""
    reads = "const given = JSON.parse(require('fs').readFileSync(0, 'utf8'));\n"
    return run("node", "-e", reads + script, folder=fetched(), given=json.dumps(given))


def licences() -> Iterator[tuple[str, str, str]]:
    """(name and version, licence, its text) of every package that goes into the folder."""
    folder = fetched()
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))
    for place, facts in sorted(lock["packages"].items()):
        path = folder / place
        if not place or facts.get("dev") or not path.is_dir() or "/@types/" in place or place.endswith("/ws"):
            continue                                # a tool of the build, or what only a server would use
        texts = [file.read_text(encoding="utf-8") for kind in LICENCES for file in sorted(path.glob(kind))]
        yield f"{place.removeprefix('node_modules/')} {facts['version']}", facts.get("license", ""), "\n".join(texts)
    for wheel in sorted((folder / "wheels").glob("*.whl")):
        name, version = wheel.name.split("-")[:2]
        with zipfile.ZipFile(wheel) as inside:
            texts = [inside.read(file).decode("utf-8") for file in inside.namelist()
                     if Path(file).name.startswith(("LICENSE", "COPYING"))]
        yield f"{name} {version}", "BSD-3-Clause", "\n".join(texts)
