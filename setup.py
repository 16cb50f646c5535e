"""What pyproject.toml can't say: which folders become which packages, the version, and the README for PyPI.

Everything else is in pyproject.toml.
"""

import re
from pathlib import Path

from setuptools import find_packages, setup

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


setup(
    version=version(),
    long_description=readme(),
    long_description_content_type="text/markdown",
    packages=[*find_packages(include=["autograd*", "nn*", "ninjagrad*"]),
              *(f"ninjagrad.{name}" for folder in BESIDE for name in find_packages(include=[folder, f"{folder}.*"]))],
    package_dir={f"ninjagrad.{folder}": folder for folder in BESIDE},
    include_package_data=False,                     # the pictures of the gallery stay in the sdist
    package_data={"autograd": ["py.typed", "see/*.html"], "nn": ["py.typed"],
                  "ninjagrad.demos": ["*.html", "data/*.txt"], "ninjagrad.demos.ninja": ["exercises/*.py"]},
)
