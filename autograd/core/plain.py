"""Plain characters for a stream that can't write ∂ and ŷ: what is printed there can be read, and raises no error.

Whatever makes text to be printed calls `any_terminal`. The text itself stays as it is, so a file gets all of it.
"""

from __future__ import annotations

import codecs
import sys
import unicodedata
from itertools import groupby

__all__ = ["any_terminal", "plain"]

# What NFKD does not take apart into plain characters. One for one where columns stand under each other.
_PLAIN = {
    "−": "-", "–": "-", "—": "-", "‑": "-", "·": ".", "×": "x", "±": "+-", "√": "sqrt", "∞": "inf", "ℓ": "l",
    "→": "->", "←": "<-", "↑": "^", "↓": "v", "≤": "<=", "≥": ">=", "≈": "~", "≠": "!=", "∈": "in", "⁄": "/", "‖": "||",
    "′": "'", "⊤": "T",
    "∂": "d", "∇": "grad ", "Σ": "sum", "∑": "sum", "Π": "prod", "∏": "prod", "\u0302": "^", "\u0304": "",
    "✓": "+", "✗": "x", "●": "*", "○": "o", "▸": ">", "•": "*", "█": "#", "▏": "|", "…": "...",
    "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "«": '"', "»": '"',
    "⌊": "[", "⌋": "]", "⋯": "...", "ʘ": "o", "▁": "_", "▂": "_", "▃": ".", "▄": "-", "▅": "=", "▆": "+", "▇": "#",
    "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue",
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
