"""What pyproject.toml can't say: which folders become which packages, the version, and the README for PyPI.

Everything else is in pyproject.toml.
"""

import gzip
import os
import re
import tarfile
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.sdist import sdist

ROOT = Path(__file__).parent
BESIDE = ["demos", "benchmarks"]                    # folders of a checkout that travel as ninjagrad.demos and so on


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def version() -> str:
    return re.findall(r'^__version__ = "(.*)"$', text("ninjagrad/__init__.py"), flags=re.M)[0]


def readme() -> str:
    """The README with the addresses of its pictures and files made absolute, so that they show on PyPI."""
    base = re.findall(r'^Files = "(.*?)"', text("pyproject.toml"), flags=re.M)[0]
    return re.sub(r"\]\((?!https?:|#|mailto:)([^)\s]+)\)", lambda found: f"]({base}{found[1]})", text("README.md"))


class Sdist(sdist):
    """An sdist whose bytes depend on nothing but the files in it and SOURCE_DATE_EPOCH, as the wheel's do."""

    def make_archive(self, base_name, format, root_dir=None, base_dir=None, owner=None, group=None):
        if format != "gztar":
            return super().make_archive(base_name, format, root_dir, base_dir, owner, group)
        when = int(os.environ.get("SOURCE_DATE_EPOCH", 1700000000))

        def same(entry):
            entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = when, 0, 0, "", ""
            entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
            return entry

        archive = f"{base_name}.tar.gz"
        with open(archive, "wb") as file, gzip.GzipFile("", "wb", mtime=when, fileobj=file) as packed, \
                tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for path in sorted(Path(base_dir).rglob("*")):
                tar.add(path, recursive=False, filter=same)
        return archive


setup(
    cmdclass={"sdist": Sdist},
    version=version(),
    long_description=readme(),
    long_description_content_type="text/markdown",
    packages=[*find_packages(include=["autograd*", "nn*", "ninjagrad*"]),
              *(f"ninjagrad.{name}" for folder in BESIDE
                for name in find_packages(include=[folder, f"{folder}.*"], exclude=["demos.website"]))],
    package_dir={f"ninjagrad.{folder}": folder for folder in BESIDE},
    include_package_data=False,                     # the pictures of the gallery stay in the sdist
    package_data={"autograd": ["py.typed", "codegen/*.js", "see/*.css", "see/*.html", "see/*.js",
                               "deriving/*.html"], "nn": ["py.typed"],
                  "ninjagrad.demos": ["*.html", "data/*.txt", "notebooks/*.py"],
                  "ninjagrad.demos.ninja": ["exercises/*.py"]},
)
