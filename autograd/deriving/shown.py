"""Mathematics as it is shown: each piece as a line of text, as LaTeX and as MathML, made at once.

`Writer` writes a SymPy expression in the order in which the graph meets its names: positive terms first, numbers before
names before sums, `−ŷ(ŷ − 1)` as `ŷ(1 − ŷ)`. It computes nothing.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sympy as sp

from autograd.core.mathematical import ACCENTS, GREEK, read, tex
from autograd.deriving.fields import Above, AtLeast, Comparison, Same, The
from autograd.deriving.moves import Digit, Flat, Positions

__all__ = ["EQUALS", "NOTHING", "Shown", "Writer", "derivative", "joined", "listed", "name", "product", "said", "total"]

SUM, PRODUCT, POWER, ATOM = range(4)                # how tightly a piece binds, loosest first


class Shown(NamedTuple):
    """A piece of mathematics in three spellings, and how tightly each kind binds."""

    text: str
    latex: str
    mathml: str
    binding: int = ATOM                             # of the text
    tight: int | None = None                        # of LaTeX and MathML, where it is another: a fraction needs no ()

    def enclosed(self) -> Shown:
        """In parentheses."""
        return Shown(f"({self.text})", rf"\left({self.latex}\right)", f"<mrow><mo>(</mo>{self.mathml}<mo>)</mo></mrow>")

    def within(self, binding: int) -> Shown:
        """In parentheses, where what surrounds it binds more tightly."""
        closed = self.enclosed()
        text = closed.text if self.binding < binding else self.text
        tight = self.binding if self.tight is None else self.tight
        return Shown(text, *(closed if tight < binding else self)[1:3])


_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def sign(text: str, latex: str, mathml: str | None = None) -> Shown:
    return Shown(text, latex, f"<mo>{html.escape(text.strip() if mathml is None else mathml)}</mo>")


def name(label: str, indices: Sequence[Shown] = ()) -> Shown:
    """A name as mathematics has it.

    >>> [name(x).text for x in ("y_hat_1", "w_21", "x1", "dL", "alpha", "loss", "h_out")]
    ['ŷ₁', 'w₂₁', 'x₁', 'dL', 'α', 'loss', 'h_out']
    >>> name("ŷ_1").latex, name("loss").latex, name("z", [name("n"), name("c")]).latex
    ('\\\\hat{y}_{1}', '\\\\mathrm{loss}', 'z_{n  c}')
    """
    spelled_out = read(label)
    if not indices:
        return Shown(spelled_out.text, spelled_out.latex, spelled_out.mathml)
    base, accent, low, strokes, _ = spelled_out
    text = unicodedata.normalize("NFC", base + accent)
    if base in GREEK or base == "ℓ":
        latex = f"\\{GREEK.get(base, 'ell')}"
    elif not base.isascii():
        latex = rf"\text{{{tex(base)}}}"
    else:
        latex = base if len(base) == 1 or re.fullmatch("d[A-Z]", base) else rf"\mathrm{{{tex(base)}}}"
    mathml = f"<mi>{html.escape(base)}</mi>"
    if accent:
        over, mark = ACCENTS[accent]
        latex, mathml = rf"\{over}{{{latex}}}", f'<mover accent="true">{mathml}<mo>{mark}</mo></mover>'
    if strokes:
        text, latex = text + "′" * strokes, f"{{{latex}}}" + "'" * strokes
        mathml = f"<msup>{mathml}<mo>{'′' * strokes}</mo></msup>"
    if low or indices:
        below = ",".join(low)
        numbered = all(part.isdigit() for part in low)
        spelled = below.translate(_LOW) if numbered else f"_{below}" if low else ""
        comma = COMMA if any(len(i.text) > 1 for i in indices) else NOTHING
        own = joined([x for i in indices for x in (comma, i)][1:])
        text += spelled + (f"_{{{own.text}}}" if comma.text else f"_{own.text}" if indices else "")
        roman = below if numbered or len(below) == 1 else rf"\mathrm{{{tex(below)}}}"
        latex += f"_{{{roman}{',' if low and indices else ''}{own.latex}}}"
        rows = [f"<mn>{below}</mn>" if numbered else f"<mi>{html.escape(below)}</mi>"] if low else []
        rows += (["<mo>,</mo>"] if low and indices else []) + [own.mathml]
        mathml = f"<msub>{mathml}<mrow>{''.join(rows)}</mrow></msub>"
    return Shown(text, latex, mathml)


def said(*parts: str | Shown) -> Shown:
    """Words and mathematics in a row."""
    return joined([words(part) if isinstance(part, str) else part for part in parts if part != ""])


NOTHING, COMMA = Shown("", "", ""), Shown(",", ",", "<mo>,</mo>")


def listed(names: Sequence[Shown]) -> Shown:
    """a, b and c."""
    parts: list[str | Shown] = []
    for i, each in enumerate(names):
        parts += [*([" and " if i == len(names) - 1 else ", "] * (i > 0)), each]
    return said(*parts)


def words(text: str) -> Shown:
    return Shown(text, rf"\text{{{tex(text)}}}", f"<mtext>{html.escape(text).replace(' ', '&#xa0;')}</mtext>")


def joined(parts: Sequence[Shown], binding: int = ATOM) -> Shown:
    return Shown("".join(p.text for p in parts), " ".join(p.latex for p in parts),
                 f"<mrow>{''.join(p.mathml for p in parts)}</mrow>", binding)


def fraction(above: Shown, below: Shown) -> Shown:
    over, under = above.within(PRODUCT), below.within(POWER)
    text = f"{over.text}/{under.text}"
    return Shown(text, rf"\frac{{{above.latex}}}{{{below.latex}}}",
                 f"<mfrac><mrow>{above.mathml}</mrow><mrow>{below.mathml}</mrow></mfrac>", PRODUCT, POWER)


def derivative(above: Shown, below: Shown, held: Sequence[Shown] = ()) -> Shown:
    """∂u/∂v; with names that are held fixed, by which u depends on v as well, ∂u/∂v|_w."""
    whole = Shown(f"∂{above.text}/∂{below.text}", rf"\frac{{\partial {above.latex}}}{{\partial {below.latex}}}",
                  f"<mfrac><mrow><mo>∂</mo>{above.mathml}</mrow><mrow><mo>∂</mo>{below.mathml}</mrow></mfrac>", ATOM)
    if not held:
        return whole
    low = joined([part for x in held for part in (COMMA, x)][1:])
    return Shown(f"{whole.text}|_{low.text}", rf"\left.{whole.latex}\right|_{{{low.latex}}}",
                 f"<msub><mrow>{whole.mathml}<mo fence='true'>|</mo></mrow>{low.mathml}</msub>", ATOM)


EQUALS = sign(" = ", "=", "=")
_TIMES = sign(" · ", r"\cdot", "·")
_PLUS, _MINUS = sign(" + ", "+", "+"), sign(" − ", "-", "−")
_NEGATIVE = Shown("−", "-", "<mo form='prefix'>−</mo>")


def product(factors: Sequence[Shown]) -> Shown:
    """Factors as they are to be multiplied, each to be seen: a · (−b)."""
    if len(factors) == 1:
        return factors[0]
    parts: list[Shown] = []
    for i, x in enumerate(factors):
        parts += [_TIMES] * (i > 0) + [x.within(POWER if x.text.startswith("−") else PRODUCT)]
    return joined(parts, PRODUCT)


def total(terms: Sequence[Shown]) -> Shown:
    """Terms as they are to be added; one that begins with a minus is taken away."""
    parts: list[Shown] = []
    for term in terms:
        if parts:
            negative = term.text.startswith("−")
            parts.append(_MINUS if negative else _PLUS)
            term = _without_minus(term) if negative else term
        parts.append(term)
    return joined(parts, SUM) if len(parts) > 1 else parts[0]


def _without_minus(term: Shown) -> Shown:
    return Shown(term.text[1:], term.latex.removeprefix("-").strip(),
                 term.mathml.replace(_NEGATIVE.mathml, "", 1), PRODUCT)


def closely(x: Shown) -> Shown:
    """n+1, as indices are written."""
    return x._replace(text=re.sub(" ([+−]) ", r"\1", x.text))


class Writer:
    """Writes expressions.

    Args:
        rank: where the graph meets each name, by which terms and factors are ordered.
    """

    def __init__(self, rank: Mapping[str, int]) -> None:
        self.rank = rank
        self.spelled: dict[sp.Symbol, Shown] = {}
        self.gradients: dict[sp.IndexedBase, tuple[Shown, str]] = {}    # ∂L/∂y as a name, and of what
        self.known: dict[sp.Expr, Shown] = {}       # what was written before
        self.positions: dict[type[Positions], str] = {}

    def __call__(self, x: sp.Expr) -> Shown:
        if x in self.spelled:
            return self.spelled[x]
        if x not in self.known:
            self.known[x] = self.written(x)
        return self.known[x]

    def written(self, x: sp.Expr) -> Shown:
        if isinstance(x, sp.Add):
            return self.sum(x)
        if isinstance(x, (sp.Mul, sp.Rational)):
            return self.product(x)
        if isinstance(x, sp.Pow):
            return self.power(x)
        if isinstance(x, sp.Indexed):
            if x.base in self.gradients:
                loss, label = self.gradients[x.base]
                return derivative(loss, name(label, [self.letter(i) for i in x.indices]))
            return name(str(x.base), [self.letter(i) for i in x.indices])
        if isinstance(x, sp.Symbol):
            return name(x.name)
        if isinstance(x, The):
            return self.function(x)
        if isinstance(x, Comparison):
            mark, tex = {Above: (">", ">"), AtLeast: ("≥", r"\ge"), Same: ("=", "=")}[type(x)]
            left, right = x.args
            if left.is_number and mark != "=":      # c < 3, rather than 3 > c
                left, right, mark, tex = right, left, {">": "<", "≥": "≤"}[mark], {">": "<", "≥": r"\le"}[mark]
            left, right = map(self.letter if x.args[0].is_integer and x.args[1].is_integer else self, (left, right))
            return Shown(f"[{left.text} {mark} {right.text}]", f"[{left.latex} {tex} {right.latex}]",
                         f"<mrow><mo>[</mo>{left.mathml}<mo>{html.escape(mark)}</mo>{right.mathml}<mo>]</mo></mrow>")
        if isinstance(x, sp.KroneckerDelta):
            return name("δ", sorted([self.letter(i) for i in x.args], key=lambda i: (len(i.text), i.text)))
        if isinstance(x, sp.Sum):
            return self.sigma(x)
        if isinstance(x, sp.log):
            return self.named("log", x.args[0])
        if isinstance(x, sp.Abs):
            inner = self(x.args[0])
            return Shown(f"|{inner.text}|", rf"\left|{inner.latex}\right|",
                         f"<mrow><mo>|</mo>{inner.mathml}<mo>|</mo></mrow>")
        return name({sp.pi: "π", sp.E: "e"}.get(x, str(x)))

    def letter(self, i: sp.Expr) -> Shown:
        """An index, or the place that is computed from indices."""
        if isinstance(i, Positions):                # arrays of positions are t, u, v
            taken = {*self.rank, *self.positions.values()}
            self.positions.setdefault(type(i), next(x for x in [*"tuvpqgh", "t′", "u′", "v′"] if x not in taken))
            return name(self.positions[type(i)], [*map(self.letter, i.args)])
        if isinstance(i, Flat):
            strides = [sp.Mul(*i.args[j::2]) for j in range(3, len(i.args) + 2, 2)]
            terms = [self.letter(x) if n == 1 else joined([number(n), self.letter(x)])
                     for x, n in zip(i.args[::2], strides)]
            return closely(total(terms))
        if isinstance(i, Digit):
            k, stride, n, whole = i.args
            inner = self.letter(k)
            if stride != 1:
                over = fraction(inner.within(PRODUCT), number(stride))
                inner = Shown(f"⌊{over.text}⌋", rf"\lfloor {inner.latex}/{stride} \rfloor",
                              f"<mrow><mo>⌊</mo>{inner.mathml}<mo>/</mo><mn>{stride}</mn><mo>⌋</mo></mrow>")
            return inner if stride * n == whole else joined([inner.within(PRODUCT), sign(" mod ", r"\bmod"), number(n)])
        if i.is_Add:
            return closely(total([self.letter(t) for t in sorted(i.args, key=lambda t: (
                t.could_extract_minus_sign(), t.is_number, str(t)))]))
        if i.could_extract_minus_sign():
            return joined([_NEGATIVE, self.letter(-i)])
        return number(i) if i.is_number else name(str(i)) if i.is_Symbol else self(i)

    def order(self, x: sp.Expr) -> tuple[int, int, int, str]:
        """Where a term or factor stands: by the first of its names that the graph meets."""
        ranks = [self.rank.get(str(s.base if isinstance(s, sp.Indexed) else s), 10 ** 6)
                 for s in x.atoms(sp.Symbol, sp.Indexed) if not isinstance(s, sp.Dummy)]
        return (min(ranks, default=-1), max(ranks, default=-1), x.count_ops(), str(x))

    def sum(self, x: sp.Add) -> Shown:
        terms = sorted(x.args, key=self.order)
        return total([self(t) for t in sorted(terms, key=lambda t: bool(self.negative(t)))])

    def negative(self, term: sp.Expr) -> bool:
        return self(term).text.startswith("−")

    def product(self, x: sp.Expr) -> Shown:
        coefficient, factors = x.as_coeff_mul()
        factors, below = list(factors), []
        minus = coefficient < 0
        factors, minus = self.turned(factors, minus, abs(coefficient) == 1)
        above = []
        for f in factors:
            if isinstance(f, sp.Pow) and f.exp.could_extract_minus_sign():
                below.append(1 / f)
            else:
                above.append(f)
        for f in [f for f in above if f.is_Pow and f.base.is_Integer and f.exp == sp.Rational(1, 2)]:
            if coefficient.q % f.base == 0:         # √3/3 is 1/√3
                above.remove(f)
                below.append(f)
                coefficient *= f.base
        over, under = sp.Rational(abs(coefficient)).as_numer_denom()
        if under > 1000 and set(sp.factorint(under)) <= {2, 5}:         # 0.044715, not 8943/200000
            decimal = f"{float(abs(coefficient)):.12g}"
            numbers, lower = [Shown(decimal, decimal, f"<mn>{decimal}</mn>")], []
        else:
            numbers, lower = [number(over)] * (over != 1), [number(under)] * (under != 1)
        large = [f for f in above if isinstance(f, sp.Sum)]
        denominator = [*lower, *self.factors(below)]
        if large and denominator and not any(f.free_symbols for f in below if isinstance(f, sp.Add)):
            shown = self.beside([fraction(self.beside(numbers or [number(1)]), self.beside(denominator)),
                                 *self.factors(above)])
        else:
            shown = self.beside([*numbers, *self.factors(above)] or [number(1)])
            if denominator:
                shown = fraction(shown, self.beside(denominator))
        if minus:
            inner = shown.within(PRODUCT)
            binding = PRODUCT
            return Shown("−" + inner.text, "-" + inner.latex, f"<mrow>{_NEGATIVE.mathml}{inner.mathml}</mrow>", binding)
        return shown

    def turned(self, factors: list[sp.Expr], minus: bool, alone: bool) -> tuple[list[sp.Expr], bool]:
        """Signs moved to where they read best: −ŷ(ŷ − 1) is ŷ(1 − ŷ), and (t − o)(o − 1) is (o − t)(1 − o)."""
        factors = list(factors)

        def turn(f: sp.Expr) -> None:
            factors[factors.index(f)] = (-f.base) ** f.exp if f.is_Pow else -f

        awkward = [f for f in factors if self.turning(f) == 2]
        willing = [f for f in factors if self.turning(f) == 1]
        for f in awkward:
            length = f.is_Pow and f.free_symbols <= set(self.spelled)       # 1/(1 − N)
            names = any(not (g.base if g.is_Pow else g).is_Add for g in factors)
            if minus or length or (alone and names and not f.is_Pow and not willing):
                turn(f)
                minus = not minus
            elif willing:
                turn(f)
                turn(willing.pop())
        if minus and willing:
            turn(willing[0])
            minus = False
        return factors, minus

    def turning(self, x: sp.Expr) -> int:
        """How much better −x reads than x, as a factor: 1 − y than y − 1, and ŷ − y as well as y − ŷ."""
        x = x.base if x.is_Pow and x.exp in (-1, 1) else x
        if not x.is_Add:
            return 0
        constant, negatives = x.as_coeff_Add()[0], sum(t.could_extract_minus_sign() for t in x.args)
        if x.free_symbols <= set(self.spelled):     # N − 1, as N is the larger
            constant = -constant
        if negatives and len(x.args) > 2:
            return 1
        return 0 if negatives == 0 or constant > 0 else 2 if constant < 0 else 1

    def factors(self, factors: Sequence[sp.Expr]) -> list[Shown]:
        def kind(f: sp.Expr) -> float:
            f = f.base if isinstance(f, sp.Pow) else f
            if isinstance(f, (sp.Sum, Comparison)):
                return 5 if isinstance(f, sp.Sum) else 4
            sum_like = f.is_Add or (f in self.spelled and self.spelled[f].binding == SUM)
            if f in self.spelled and self.spelled[f].text.startswith("∂"):
                return 4
            if isinstance(f, sp.log) or (isinstance(f, The) and f.op.symbol == "log"):
                return 3.5
            return 3 if isinstance(f, The) else 2 if sum_like else 1

        return [self(f) for f in sorted(factors, key=lambda f: (kind(f), *self.order(f)))]

    def beside(self, factors: Sequence[Shown]) -> Shown:
        """Factors side by side: w₂₁h₂, 2ab(1 − a), Y_nc log ŷ_nc, loss·x."""
        if len(factors) == 1:
            return factors[0]
        text, latex, mathml = "", "", ""
        for i, f in enumerate(factors):
            inner = f.within(PRODUCT if i == len(factors) - 1 and f.text[:1] == "Σ" else POWER)
            between, space = "", " "
            if text and factors[i - 1].text.startswith(("log ", "∂")):
                between, space = " · ", r" \cdot "
            elif text and inner.text.startswith("∂"):
                between = " "
            elif text and not inner.text.startswith("("):
                word = re.search(r"[^\W\d_₀-₉⁰-⁹²³¹]{2,}[₀-₉]*$", text.split(" ")[-1])
                starts = re.match(r"[^\W\d_₀-₉⁰-⁹²³¹]{2,}", inner.text)
                if inner.text[0].isdigit():
                    between, space = "·", r" \cdot "
                elif "_" in text.split(" ")[-1] or re.search(r"[_(]", inner.text) or (starts and " " in inner.text):
                    between = " "
                elif word or starts:
                    between, space = "·", r" \cdot "
            elif text and re.search(r"[^\W\d_](\w*)$", text) and "_" in text.split(" ")[-1]:
                between = " "
            text += between + inner.text
            latex += (space if latex else "") + inner.latex
            mathml += ("<mo>·</mo>" if "·" in between else "<mo>&#x2062;</mo>" if mathml else "") + inner.mathml
        return Shown(text, latex, f"<mrow>{mathml}</mrow>", PRODUCT)

    def power(self, x: sp.Pow) -> Shown:
        base, exponent = x.as_base_exp() if x.exp != -1 else (x.base, x.exp)
        if exponent.could_extract_minus_sign():
            return fraction(number(1), self(1 / x))
        if exponent == sp.Rational(1, 2):
            return self.root(base)
        high = self(exponent)
        up = high.text.translate(_HIGH) if re.fullmatch(r"\d+", high.text) else f"^{high.within(ATOM).text}"
        if isinstance(base, The) and base.op.name not in ("exp", "sqrt") and exponent.is_Integer:       # tanh²(z)
            if self(base).text.endswith(")"):
                return self.named(self.called(base), *base.args, power=(up, high))
            low = self(base).enclosed()             # log² x would be read wrongly
        else:
            low = self(base).within(ATOM)
        return Shown(low.text + up, f"{low.latex}^{{{high.latex}}}",
                     f"<msup><mrow>{low.mathml}</mrow><mrow>{high.mathml}</mrow></msup>", POWER)

    def root(self, x: sp.Expr) -> Shown:
        inner = self(x)
        return Shown(f"√{inner.within(ATOM).text}", rf"\sqrt{{{inner.latex}}}", f"<msqrt>{inner.mathml}</msqrt>")

    def function(self, x: The) -> Shown:
        if x.op.name == "sqrt":
            return self.root(x.args[0])
        if x.op.name == "exp":
            inner = self(x.args[0])
            return Shown(f"exp({inner.text})", f"e^{{{inner.latex}}}",
                         f"<msup><mi>e</mi><mrow>{inner.mathml}</mrow></msup>")
        return self.named(self.called(x), *x.args)

    def called(self, x: The) -> str:
        return x.op.symbol if x.op.symbol.isalpha() else x.op.name

    def named(self, function: str, *arguments: sp.Expr, power: tuple[str, Shown] | None = None) -> Shown:
        """log ŷ, σ(z), max(a, b); with a power, tanh²(z)."""
        insides = [self(a) for a in arguments]
        latex = {"log": r"\log", "σ": r"\sigma", "max": r"\max", "min": r"\min", "tanh": r"\tanh", "sin": r"\sin",
                 "cos": r"\cos", "sinh": r"\sinh", "cosh": r"\cosh"}.get(
                     function, rf"\operatorname{{{tex(function)}}}")
        head = f"<mi>{html.escape(function)}</mi>"
        if power is not None:
            up, high = power
            function, latex = function + up, f"{latex}^{{{high.latex}}}"
            head = f"<msup>{head}<mrow>{high.mathml}</mrow></msup>"
        thin = "<mspace width='.17em'/>"
        head = f"{thin}{head}<mo>&#x2061;</mo>"
        if function == "log" and insides[0].binding == ATOM and not insides[0].text.startswith("("):
            return Shown(f"log {insides[0].text}", f"{latex} {insides[0].latex}",
                         f"<mrow>{head}{thin}{insides[0].mathml}</mrow>", POWER)
        return Shown(f"{function}({', '.join(i.text for i in insides)})",
                     rf"{latex}\left({', '.join(i.latex for i in insides)}\right)",
                     f"<mrow>{head}<mo>(</mo>{'<mo>,</mo>'.join(i.mathml for i in insides)}<mo>)</mo></mrow>")

    def sigma(self, x: sp.Sum) -> Shown:
        """Σ_k f_k."""
        over = [limit[0] for limit in x.limits][::-1]
        inner = self(x.function)
        inner = inner.within(PRODUCT)
        text = "".join(f"Σ_{i} " for i in over) + inner.text
        latex = "".join(rf"\sum_{{{i}}} " for i in over) + inner.latex
        mathml = "".join(f"<munder><mo>∑</mo><mi>{i}</mi></munder>" for i in over) + inner.mathml
        return Shown(text, latex, f"<mrow>{mathml}</mrow>", PRODUCT)


_HIGH = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(n: int) -> Shown:
    return Shown(str(n), str(n), f"<mn>{n}</mn>")
