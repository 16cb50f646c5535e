"""Checks what the files to be published hold: `python .ci/contents.py FILE…` (wheels and sdists)."""

import re
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = {"autograd": "autograd", "nn": "nn", "ninjagrad": "ninjagrad", "demos": "ninjagrad/demos",
           "benchmarks": "ninjagrad/benchmarks"}    # in the checkout -> in the wheel


def wanted() -> set[str]:
    """The wheel's files, by what is in the checkout: modules, pages, exercises, data; no pictures and no site."""
    found = set()
    for folder, place in FOLDERS.items():
        for path in (ROOT / folder).rglob("*"):
            inside = path.relative_to(ROOT / folder).as_posix()
            if path.suffix in (".py", ".html", ".css", ".js", ".txt", ".typed") \
                    and not inside.startswith(("gallery/", "website/")):
                found.add(f"{place}/{inside}")
    return found


def size(path: str) -> str:
    return f"{Path(path).stat().st_size // 1024} kB"


def check_wheel(path: str) -> None:
    wheel = zipfile.ZipFile(path)
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == wanted(), f"missing: {sorted(wanted() - held)}; too many: {sorted(held - wanted())}"
    metadata = wheel.read(next(name for name in wheel.namelist() if name.endswith("METADATA"))).decode()
    files = re.findall(r"^Project-URL: Files, (.*)$", metadata, flags=re.M)[0]
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]*)\)", metadata)
    assert pictures, "the README's pictures are gone"
    for address in pictures:
        assert address.startswith(files), f"{address} does not show on PyPI"
        assert (ROOT / address.removeprefix(files)).is_file(), f"{address} leads nowhere"
    print(f"{Path(path).name}: {len(held)} files, {size(path)}, {len(pictures)} pictures linked")


def check_sdist(path: str) -> None:
    with tarfile.open(path) as sdist:
        held = {name.split("/", 1)[1] for name in sdist.getnames() if "/" in name}
    for folder in (*FOLDERS, "tests"):
        missing = [file for file in (ROOT / folder).rglob("*.*") if file.is_file() and "__pycache__" not in str(file)
                   and file.relative_to(ROOT).as_posix() not in held]
        assert not missing, f"the sdist lacks {missing}"
    print(f"{Path(path).name}: {len(held)} files, {size(path)}")


for file in sys.argv[1:]:
    (check_wheel if file.endswith(".whl") else check_sdist)(file)
