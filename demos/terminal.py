"""Any terminal will do: plain characters where a stream can't write the others, and lines that fit.

It serves every demo and the exercises, and needs nothing but Python's own library.
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

from autograd.core.plain import any_terminal, plain

__all__ = ["any_terminal", "folder", "plain", "terminal_width"]


def terminal_width() -> int:
    """How many characters fit a line; in a pipe, 100."""
    return max(20, min(120, shutil.get_terminal_size((100, 24)).columns))


def folder(text: str) -> Path:
    """For argparse: a folder to write into, which may not be there yet.

    Raises:
        argparse.ArgumentTypeError: if it is a file, or nothing may be written there.
    """
    path = Path(text)
    there = next(x for x in (path, *path.absolute().parents) if x.exists())
    if not there.is_dir():
        raise argparse.ArgumentTypeError(f"{there} is a file; a folder is wanted")
    if not os.access(there, os.W_OK):
        raise argparse.ArgumentTypeError(f"nothing may be written in {there.absolute()}; choose another folder")
    return path
