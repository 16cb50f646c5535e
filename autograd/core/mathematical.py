"""Names as mathematics writes them: `y_hat_1` is ŷ₁, `w21` is w₂₁, `alpha` is α, `h_out` is h with a small "out" below.

`read` takes a label apart; what it finds is written as text, HTML, LaTeX and MathML. It knows nothing of nodes.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import NamedTuple

__all__ = ["ACCENTS", "GREEK", "Name", "read", "set_apart", "tex"]

GREEK = {unicodedata.lookup(f"GREEK SMALL LETTER {n.upper()}"): n for n in
         ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "mu", "nu", "xi", "pi", "rho",
          "sigma", "tau", "phi", "chi", "psi", "omega"]} | {"λ": "lambda"}
ACCENTS = {"\u0302": ("hat", "^"), "\u0304": ("bar", "¯"), "\u0303": ("tilde", "~")}    # -> LaTeX's word, MathML's mark
_LETTERS = {latin: greek for greek, latin in GREEK.items()}
_WORDS = {word: accent for accent, (word, _) in ACCENTS.items()}
_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_LINE = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


class Name(NamedTuple):
    """A name taken apart: what stands on the line, its accent, its indices, and its strokes.

    >>> [read(x).text for x in ("y_hat_1", "w_21", "x1", "dL", "alpha", "loss", "h_out", "w[2][1]", "z'")]
    ['ŷ₁', 'w₂₁', 'x₁', 'dL', 'α', 'loss', 'h_out', 'w₂,₁', 'z′']
    >>> read("yhat_out").html, read("ŷ_1").latex, read("loss").latex
    ('<i>ŷ</i><sub>out</sub>', '\\\\hat{y}_{1}', '\\\\mathrm{loss}')
    >>> read("z")._replace(running=("n", "c")).latex
    'z_{nc}'
    """

    base: str
    accent: str = ""                                # a combining character
    low: tuple[str, ...] = ()                       # what the label itself has below the line
    strokes: int = 0                                # of a second node of the same name
    running: tuple[str, ...] = ()                   # letters that run over the positions of an array

    @property
    def letter(self) -> str:
        """What stands on the line, with its accent."""
        return unicodedata.normalize("NFC", self.base + self.accent)

    @property
    def numbered(self) -> bool:
        """Whether all its own indices are numbers."""
        return all(part.isdigit() for part in self.low)

    @property
    def text(self) -> str:
        """In one line of Unicode. A word below is written h_out: most letters have no small form."""
        below = ",".join(self.low)
        text = self.letter + (below.translate(_LOW) if self.numbered else f"_{below}")
        return text + "_" * bool(self.running) + "".join(self.running) + "′" * self.strokes

    @property
    def html(self) -> str:
        """In HTML: a single letter is italic, a word is not."""
        letter, below = html.escape(self.letter), html.escape(",".join([*self.low, *self.running]))
        shown = f"<i>{letter}</i>" if len(self.base) == 1 and self.base.isalpha() else letter
        return shown + (f"<sub>{below}</sub>" if below else "") + "′" * self.strokes

    @property
    def latex(self) -> str:
        if self.base in GREEK or self.base == "ℓ":
            latex = f"\\{GREEK.get(self.base, 'ell')}"
        elif not self.base.isascii():
            latex = rf"\text{{{tex(self.base)}}}"
        elif len(self.base) == 1 or re.fullmatch("d[A-Z]", self.base):
            latex = tex(self.base)
        else:
            latex = rf"\mathrm{{{tex(self.base)}}}"
        latex = rf"\{ACCENTS[self.accent][0]}{{{latex}}}" if self.accent else latex
        if self.low or self.running:
            below = ",".join(self.low)
            below = below if self.numbered or len(below) == 1 else rf"\mathrm{{{tex(below)}}}"
            running = "".join(f"\\{GREEK[i]} " if i in GREEK else i for i in self.running)
            latex += f"_{{{below}{',' if self.low and running else ''}{running}}}"
        return "{" + latex + "}" + "'" * self.strokes if self.strokes else latex

    @property
    def mathml(self) -> str:
        mathml = f"<mi>{html.escape(self.base)}</mi>"
        if self.accent:
            mathml = f'<mover accent="true">{mathml}<mo>{ACCENTS[self.accent][1]}</mo></mover>'
        if self.low or self.running:
            below = html.escape(",".join(self.low))
            rows = [f"<mn>{below}</mn>" if self.numbered else f"<mi>{below}</mi>"] if below else []
            rows += ["<mo>,</mo>"] * bool(below and self.running) + [f"<mi>{html.escape(i)}</mi>" for i in self.running]
            mathml = f"<msub>{mathml}<mrow>{''.join(rows)}</mrow></msub>"
        return f"<msup>{mathml}<mo>{'′' * self.strokes}</mo></msup>" if self.strokes else mathml


def read(label: str) -> Name:
    """A label taken apart. `w[2][1]` has the indices 2 and 1, as `w_2_1` has; a point or a blank belongs to a word."""
    bare = label.rstrip("′'")
    strokes = len(label) - len(bare)
    bare = re.sub(r"\[([^][]+)\]", r"_\1", bare.translate(_LINE))
    base, *low = [part for part in re.split("_+", bare) if part] or [bare]
    accent = ""
    if low and low[0] in _WORDS:
        accent, low = _WORDS[low[0]], low[1:]
    elif len(base) == 4 and base[1:] in _WORDS:     # yhat
        base, accent = base[0], _WORDS[base[1:]]
    split = re.fullmatch(r"(\D|[a-z]{3,7})(\d+)", base)
    if not low and split and (len(split[1]) == 1 or split[1] in _LETTERS):
        base, low = split[1], [split[2]]
    plain = unicodedata.normalize("NFD", base)
    if len(plain) == 2 and plain[1] in ACCENTS:
        base, accent = plain[0], plain[1]
    return Name(_LETTERS.get(base, base), accent, tuple(low), strokes)


def set_apart(label: str) -> tuple[str, str]:
    """A label as a letter with its accent, and what stands below it. What is no name but a text stays as it is.

    >>> [set_apart(x) for x in ("w_21", "alpha_1", "ŷ", "loss", "my weights")]
    [('w', '21'), ('α', '1'), ('ŷ', ''), ('loss', ''), ('my weights', '')]
    """
    if not all(c.isalnum() or c in "_′'" or unicodedata.combining(c) for c in label):
        return label, ""
    name = read(label)
    return name.letter + "′" * name.strokes, ",".join(name.low)


def tex(text: str) -> str:
    """A text that LaTeX takes as it stands."""
    text = re.sub(r"([_%&#${}])", r"\\\1", text.replace("\\", "\0"))
    return text.replace("\0", r"\backslash ").replace("^", r"\wedge ").replace("~", r"\sim ")
