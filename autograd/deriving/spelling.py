"""Names as mathematics has them: which letter, which hat, which index. It needs nothing but the label.

>>> tuple(pieces("y_hat_1"))
('y', '\\u0302', ['1'], 0)
>>> [set_apart(x) for x in ("w_21", "alpha_1", "ŷ", "loss", "my weights")]
[('w', '21'), ('α', '1'), ('ŷ', ''), ('loss', ''), ('my weights', '')]
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

__all__ = ["GREEK", "Pieces", "pieces", "set_apart"]

GREEK = {unicodedata.lookup(f"GREEK SMALL LETTER {n.upper()}"): n for n in
         ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "mu", "nu", "xi", "pi", "rho",
          "sigma", "tau", "phi", "chi", "psi", "omega"]} | {"λ": "lambda"}
_LETTERS = {latin: greek for greek, latin in GREEK.items()}
_WORDS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303"}


class Pieces(NamedTuple):
    """What a name consists of."""

    base: str                                       # the letter, or the word
    accent: str                                     # a combining mark over it, or nothing
    low: list[str]                                  # what stands below, right of it
    strokes: int                                    # how many ′ stand behind it


def pieces(label: str) -> Pieces:
    """A label taken apart: `y_hat_1` is y under a hat, with a low 1."""
    bare = label.rstrip("′'")
    strokes = len(label) - len(bare)
    bare = bare.translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789"))
    base, *low = [part for part in re.split("_+", bare) if part] or [bare]
    accent = ""
    if low and low[0] in _WORDS:
        accent, low = _WORDS[low[0]], low[1:]
    elif len(base) == 4 and base[-3:] in _WORDS:
        base, accent = base[0], _WORDS[base[-3:]]
    split = re.fullmatch(r"(\D|[a-z]{3,7})(\d+)", base)
    if not low and split and (len(split[1]) == 1 or split[1] in _LETTERS):
        base, low = split[1], [split[2]]
    plain = unicodedata.normalize("NFD", base)
    if len(plain) == 2 and plain[1] in _WORDS.values():
        base, accent = plain[0], plain[1]
    return Pieces(_LETTERS.get(base, base), accent, low, strokes)


def set_apart(label: str) -> tuple[str, str]:
    """A label as a letter with its hat, and what stands below it. What is no name but a text stays as it is."""
    if not all(c.isalnum() or c in "_′'" or unicodedata.combining(c) for c in label):
        return label, ""
    base, accent, low, strokes = pieces(label)
    return unicodedata.normalize("NFC", base + accent) + "′" * strokes, ",".join(low)
