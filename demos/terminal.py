"""Any terminal will do: plain characters where a stream can't write the others, and lines that fit.

It serves every demo and the exercises, and needs nothing but Python's own library.
"""

from __future__ import annotations

import argparse
import codecs
import os
import shutil
import sys
import unicodedata
from itertools import groupby
from pathlib import Path

__all__ = ["any_terminal", "folder", "plain", "terminal_width"]

# What NFKD does not take apart into plain characters. One for one where columns stand under each other.
_PLAIN = {
    "−": "-", "–": "-", "—": "-", "‑": "-", "·": ".", "×": "x", "±": "+-", "√": "sqrt", "∞": "inf", "ℓ": "l",
    "→": "->", "←": "<-", "↑": "^", "↓": "v", "≤": "<=", "≥": ">=", "≈": "~", "≠": "!=", "∈": "in", "⁄": "/", "‖": "||",
    "′": "'", "⊤": "T",
    "∂": "d", "∇": "grad ", "Σ": "sum", "∑": "sum", "Π": "prod", "∏": "prod", "\u0302": "^", "\u0304": "",
    "⋯": "...", "ʘ": "o", "▁": ".", "▂": ".", "▃": "-", "▄": "-", "▅": "=", "▆": "=", "▇": "#",
    "✓": "+", "✗": "x", "●": "*", "○": "o", "▸": ">", "•": "*", "█": "#", "▏": "|", "…": "...",
    "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "«": '"', "»": '"',
    "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ß": "ss", "æ": "ae", "œ": "oe"}


def plain(text: str) -> str:
    """The same text in ASCII.

    >>> plain("∂L/∂ŷ = −Σ y·x⁻¹ ≤ α, ✓")
    'dL/dy^ = -sum y.x^-1 <= alpha, +'
    """
    pieces = []
    for kind, letters in groupby(text, _kind):
        pieces.append({"super": "^", "sub": "_"}.get(kind, "") + "".join(map(_plain, letters)))
    return "".join(pieces)


def _kind(letter: str) -> str:
    """Whether a character stands above the line, below it, or on it."""
    how = unicodedata.decomposition(letter)
    return "super" if how.startswith("<super>") else "sub" if how.startswith("<sub>") else ""


def _plain(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter in _PLAIN:
        return _PLAIN[letter]
    apart = unicodedata.normalize("NFKD", letter)
    if apart != letter:
        return "".join(map(_plain, apart))
    name = unicodedata.name(letter, "")
    if name.startswith("GREEK"):
        return name.split()[-1].lower()
    if name.startswith("BOX DRAWINGS"):
        return "+" if " AND " in name else "|" if name.endswith("VERTICAL") else "-"
    return "" if unicodedata.combining(letter) else "?"


def _instead(error: UnicodeError) -> tuple[str, int]:
    """What codecs ask of an error handler: text for the characters that can't be written, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return plain(error.object[error.start:error.end]), error.end


codecs.register_error("ninjagrad.plain", _instead)


def any_terminal() -> None:
    """From now on, what standard output can't write is written in plain characters, where it would raise an error."""
    for stream in (sys.stdout, sys.stderr):
        if getattr(stream, "errors", None) in ("strict", "backslashreplace") and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="ninjagrad.plain")


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
