"""The site and its lab: `python -m demos site --out site` writes a folder that any web host serves."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .. import COMMAND
from ..terminal import folder

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog=f"{COMMAND} site", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Writes the site and its lab, in which programs run in the reader's browser: a folder that any "
                    "web host serves.\nIt needs Node.js and the extra `site`; packages come from npm and PyPI, as the "
                    "lock files say.\n\nTo look at it:  python -m http.server --directory site")
    parser.add_argument("--out", type=folder, default=Path("site"), help="where to write (default: site)")
    parser.add_argument("--pyodide", metavar="DIR_OR_URL", help="a full Pyodide distribution, in which NumPy is and "
                        "Tensors work too (default: its core, from npm)")
    options = parser.parse_args(arguments)
    from .packages import MissingError
    try:
        from .pages import write_site
    except ModuleNotFoundError as missing:
        sys.exit(f"site: needs {missing.name}, which the extra brings; in the project's folder:\n"
                 '  python -m pip install -e ".[site]"')
    try:
        count = write_site(options.out, options.pyodide)
    except (MissingError, ValueError) as error:
        sys.exit(str(error))
    size = sum(path.stat().st_size for path in options.out.rglob("*") if path.is_file())
    print(f"wrote {count} pages, {size / 1e6:.0f} MB, into {options.out}")
    print(f"to look at it:  python -m http.server --directory {options.out}")
    return 0
