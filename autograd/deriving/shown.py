"""Mathematics as it is shown: each piece as a line of text, as LaTeX and as MathML, made at once.

`Writer` writes a SymPy expression in the order in which the graph meets its names: positive terms first, numbers before
names before sums, `−ŷ(ŷ − 1)` as `ŷ(1 − ŷ)`. It computes nothing.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sympy as sp

from autograd.core.mathematical import read, tex
from autograd.deriving.fields import Above, AtLeast, Comparison, Same, The
from autograd.deriving.moves import Digit, Flat, Positions

__all__ = ["ATOM", "EQUALS", "NOTHING", "POWER", "PRODUCT", "TIMES", "Shown", "Writer", "decimal", "derivative",
           "joined", "listed", "made", "name", "product", "said", "sigma", "total"]

SUM, PRODUCT, POWER, ATOM = range(4)                # how tightly a piece binds, loosest first
_KINDS = {                                          # of what is made of pieces: as text, as LaTeX, as MathML
    "()": ("(%s)", r"\left(%s\right)", "<mrow><mo>(</mo>%s<mo>)</mo></mrow>"),
    "[]": ("[%s]", "[%s]", "<mrow><mo>[</mo>%s<mo>]</mo></mrow>"),
    "||": ("|%s|", r"\left|%s\right|", "<mrow><mo>|</mo>%s<mo>|</mo></mrow>"),
    "⌊/⌋": ("⌊%s/%s⌋", r"\lfloor %s/%s \rfloor", "<mrow><mo>⌊</mo>%s<mo>/</mo>%s<mo>⌋</mo></mrow>"),
    "/": ("%s/%s", r"\frac{%s}{%s}", "<mfrac><mrow>%s</mrow><mrow>%s</mrow></mfrac>"),
    "∂/∂": ("∂%s/∂%s", r"\frac{\partial %s}{\partial %s}",
            "<mfrac><mrow><mo>∂</mo>%s</mrow><mrow><mo>∂</mo>%s</mrow></mfrac>"),
    "|_": ("%s|_%s", r"\left.%s\right|_{%s}", "<msub><mrow>%s<mo fence='true'>|</mo></mrow>%s</msub>"),
    "^": ("%s%s", "%s^{%s}", "<msup><mrow>%s</mrow><mrow>%s</mrow></msup>"),
    "T": ("%sᵀ", r"%s^{\top}", "<msup>%s<mo>⊤</mo></msup>"),
    "√": ("√%s", r"\sqrt{%s}", "<msqrt>%s</msqrt>"),
    "exp": ("exp(%s)", "e^{%s}", "<msup><mi>e</mi><mrow>%s</mrow></msup>"),
    "−": ("−%s", "-%s", "<mrow><mo form='prefix'>−</mo>%s</mrow>"),
}


class Shown(NamedTuple):
    """A piece of mathematics in three spellings, and how tightly each kind binds."""

    text: str
    latex: str
    mathml: str
    binding: int = ATOM                             # of the text
    tight: int | None = None                        # of LaTeX and MathML, where it is another: a fraction needs no ()
    parts: tuple[Shown, ...] = ()                   # that stand in a row in it

    def pieces(self, products: bool = False) -> list[Shown]:
        """Pieces between which a line may be broken: each begins with a sign. Products are broken only if asked."""
        rows: list[list[Shown]] = [[]]
        parts = [y for x in self.parts or (self,) for y in (x.parts if products and x.parts else (x,))]
        for part in parts:
            if part in (_PLUS, _MINUS, TIMES, _DOT) and rows[-1]:
                rows.append([])
            rows[-1].append(part)
        return [joined(row) for row in rows]

    def enclosed(self) -> Shown:
        """In parentheses."""
        return made("()", self)

    def within(self, binding: int) -> Shown:
        """In parentheses, where what surrounds it binds more tightly."""
        loose, inside = self.binding < binding, (self.binding if self.tight is None else self.tight) < binding
        if not loose and not inside:
            return self
        closed = self.enclosed()
        return Shown(closed.text if loose else self.text, *(closed if inside else self)[1:3])


def made(kind: str, *parts: Shown, binding: int = ATOM, tight: int | None = None) -> Shown:
    """A piece that is made of others."""
    text, latex, mathml = [form % pieces for form, pieces in zip(_KINDS[kind], zip(*[part[:3] for part in parts]))]
    return Shown(text, latex, mathml, binding, tight)


def sign(text: str, latex: str, mathml: str | None = None) -> Shown:
    return Shown(text, latex, f"<mo>{html.escape(text.strip() if mathml is None else mathml)}</mo>")


def name(label: str, indices: Sequence[Shown] = ()) -> Shown:
    """A name as mathematics has it.

    >>> [name(x).text for x in ("y_hat_1", "w_21", "x1", "dL", "alpha", "loss", "h_out")]
    ['ŷ₁', 'w₂₁', 'x₁', 'dL', 'α', 'loss', 'h_out']
    >>> name("ŷ_1").latex, name("loss").latex, name("z", [name("n"), name("c")]).latex
    ('\\\\hat{y}_{1}', '\\\\mathrm{loss}', 'z_{n  c}')
    """
    whole = read(label)
    if not indices:
        return Shown(whole.text, whole.latex, whole.mathml)
    base, below = whole._replace(low=()), ",".join(whole.low)
    text = base.text + whole._replace(strokes=0).text.removeprefix(whole.letter)
    comma = COMMA if any(len(i.text) > 1 for i in indices) else NOTHING
    own = joined([x for i in indices for x in (comma, i)][1:])
    roman = below if whole.numbered or len(below) == 1 else rf"\mathrm{{{tex(below)}}}"
    rows = (f"<mn>{below}</mn>" if whole.numbered else f"<mi>{below}</mi>") + "<mo>,</mo>" if below else ""
    return Shown(text + (f"_{{{own.text}}}" if comma.text else f"_{own.text}"),
                 f"{base.latex}_{{{roman}{',' * bool(below)}{own.latex}}}",
                 f"<msub>{base.mathml}<mrow>{rows}{own.mathml}</mrow></msub>")


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
    return Shown("".join(p.text for p in parts), " ".join(p.latex for p in parts if p.latex),
                 f"<mrow>{''.join(p.mathml for p in parts)}</mrow>", binding, parts=tuple(parts))


def fraction(above: Shown, below: Shown) -> Shown:
    over, under = (x._replace(text=x.within(n).text) for x, n in ((above, PRODUCT), (below, POWER)))
    return made("/", over, under, binding=PRODUCT, tight=POWER)


def derivative(above: Shown, below: Shown, held: Sequence[Shown] = ()) -> Shown:
    """∂u/∂v; with names that are held fixed, by which u depends on v as well, ∂u/∂v|_w."""
    whole = made("∂/∂", above, below)
    return made("|_", whole, joined([part for x in held for part in (COMMA, x)][1:])) if held else whole


def sigma(over: Sequence[sp.Symbol], inner: Shown) -> Shown:
    """Σ_n Σ_c of what stands within."""
    for i in reversed(over):
        inner = inner.within(PRODUCT)
        mark = Shown(f"Σ_{i.name} ", rf"\sum_{{{i.name}}}", f"<munder><mo>∑</mo><mi>{i.name}</mi></munder>")
        inner = joined([mark, *(inner.parts or [inner])], PRODUCT)
    return inner


def root(x: Shown) -> Shown:
    return made("√", x._replace(text=x.within(ATOM).text))


EQUALS = sign(" = ", "=", "=")
TIMES, _DOT, _PLUS, _MINUS = [Shown(text, latex, f"<mo form='infix'>{text.strip()}</mo>") for text, latex in (
    (" · ", r"\cdot"), ("·", r"\cdot"), (" + ", "+"), (" − ", "-"))]
_BESIDE, _SPACE = (Shown(text, "", "<mo>&#x2062;</mo>") for text in ("", " "))
_NEGATIVE = Shown("−", "-", "<mo form='prefix'>−</mo>")


def product(factors: Sequence[Shown]) -> Shown:
    """Factors as they are to be multiplied, each to be seen: a · (−b)."""
    if len(factors) == 1:
        return factors[0]
    parts: list[Shown] = []
    for i, x in enumerate(factors):
        parts += [TIMES] * (i > 0) + [x.within(POWER if x.text.startswith("−") else PRODUCT)]
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


def in_common(x: sp.Add) -> sp.Expr:
    """The number before all terms of a sum, or all that have names: 2 of 2a − 2 and of 2a − 2b + 1."""
    numbers = [t.as_coeff_Mul()[0] for t in x.args]
    named = [n for n, t in zip(numbers, x.args) if not t.is_number]
    for those in (numbers, named):
        if len(those) > 1 and len(set(map(abs, those))) == 1 != abs(those[0]):
            return abs(those[0]) if max(numbers) > 0 else those[0]
    return sp.S.One


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
            return made("[]", joined([left, sign(f" {mark} ", tex), right]))
        if isinstance(x, sp.KroneckerDelta):
            return name("δ", sorted([self.letter(i) for i in x.args], key=lambda i: (len(i.text), i.text)))
        if isinstance(x, sp.Sum):
            return sigma([limit[0] for limit in x.limits][::-1], self(x.function))
        if isinstance(x, sp.log):
            return self.named("log", x.args[0])
        if isinstance(x, sp.Abs):
            return made("||", self(x.args[0]))
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
                inner = made("⌊/⌋", inner._replace(text=inner.within(PRODUCT).text), number(stride))
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
        if (common := in_common(x)) != 1:
            return self.product(sp.Mul(common, x / common, evaluate=False))
        terms = [self(t) for t in sorted(x.args, key=self.order)]
        return total(sorted(terms, key=lambda term: term.text.startswith("−")))

    def product(self, x: sp.Expr) -> Shown:
        coefficient, given = x.as_coeff_mul()
        factors = []
        for f in given:                             # (2a + 2b)c is 2c(a + b)
            base, n = (f.base, f.exp) if f.is_Pow and f.exp.is_Integer else (f, 1)
            common = in_common(base) if base.is_Add else sp.S.One
            coefficient *= common ** n
            factors.append(f if common == 1 else (base / common) ** n)
        factors, minus = self.turned(factors, coefficient < 0, abs(coefficient) == 1)
        below = [1 / f for f in factors if isinstance(f, sp.Pow) and f.exp.could_extract_minus_sign()]
        above = [f for f in factors if 1 / f not in below]
        for f in [f for f in above if f.is_Pow and f.base.is_Integer and f.exp == sp.Rational(1, 2)]:
            if coefficient.q % f.base == 0:         # √3/3 is 1/√3
                above.remove(f)
                below.append(f)
                coefficient *= f.base
        over, under = sp.Rational(abs(coefficient)).as_numer_denom()
        if under > 1000 and 10 ** 60 % under == 0:         # 0.044715, not 8943/200000
            written = f"{float(abs(coefficient)):.12g}"
            numbers, lower = [Shown(written, written, f"<mn>{written}</mn>")], []
        else:
            numbers, lower = [number(over)] * (over != 1), [number(under)] * (under != 1)
        denominator = [*lower, *self.factors(below)]
        apart = [f for f in above if (f in self.spelled and self.spelled[f].text.startswith("∂"))
                 or (isinstance(f, sp.Indexed) and f.base in self.gradients)]
        if apart and denominator and len(above) > len(apart):       # (a/b) ∂L/∂u
            within = [*numbers, *self.factors([f for f in above if f not in apart])]
            shown = self.beside([fraction(self.beside(within), self.beside(denominator)), *self.factors(apart)])
        elif denominator and (apart or any(isinstance(f, sp.Sum) for f in above)) and not any(
                f.free_symbols for f in below if isinstance(f, sp.Add)):
            numbers += self.factors([f for f in above if f.is_number])
            shown = self.beside([fraction(self.beside(numbers or [number(1)]), self.beside(denominator)),
                                 *self.factors([f for f in above if not f.is_number])])
        else:
            shown = self.beside([*numbers, *self.factors(above)] or [number(1)])
            shown = fraction(shown, self.beside(denominator)) if denominator else shown
        return made("−", shown.within(PRODUCT), binding=PRODUCT) if minus else shown

    def turned(self, factors: list[sp.Expr], minus: bool, alone: bool) -> tuple[list[sp.Expr], bool]:
        """Signs moved to where they read best: −ŷ(ŷ − 1) is ŷ(1 − ŷ), and (t − o)(o − 1) is (o − t)(1 − o)."""
        factors = list(factors)

        def turn(f: sp.Expr) -> None:
            factors[factors.index(f)] = (-f.base) ** f.exp if f.is_Pow else -f

        awkward = [f for f in factors if self.turning(f) == 2]
        willing = [f for f in factors if self.turning(f) == 1]
        bases = [g.base if g.is_Pow else g for g in factors]
        for f in awkward:
            length = f.is_Pow and f.free_symbols <= set(self.spelled)       # 1/(1 − N)
            name = 1 + (f.base if f.is_Pow else f)
            known = name.is_Pow or name in bases    # 1 − o beside o, and 1 − o²
            single = name.is_Symbol or isinstance(name, (The, sp.Indexed))
            if minus or length or (not willing and not f.is_Pow and (known or (alone and single))):
                turn(f)
                minus = not minus
            elif willing and (known or isinstance(name, The)):
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
        text, parts = "", list[Shown]()
        for i, f in enumerate(factors):
            inner = f.within(PRODUCT if i == len(factors) - 1 and f.text[:1] == "Σ" else POWER)
            between, last = _BESIDE, text.split(" ")[-1]
            before = factors[i - 1].text
            if before.startswith("√") and not before.endswith(")") and not inner.text.startswith("("):
                between = _SPACE if "_" in inner.text else _DOT
            elif before.startswith(("log ", "∂")):
                between = TIMES
            elif inner.text.startswith("∂"):
                between = _SPACE
            elif not inner.text.startswith("("):
                word = re.search(r"[^\W\d_₀-₉⁰-⁹²³¹]{2,}[₀-₉]*$", last)
                starts = re.match(r"[^\W\d_₀-₉⁰-⁹²³¹]{2,}", inner.text)
                if inner.text[0].isdigit():
                    between = _DOT
                elif "_" in last or re.search(r"[_(]", inner.text) or (starts and " " in inner.text):
                    between = _SPACE
                elif word or starts:
                    between = _DOT
            elif re.search(r"[^\W\d_](\w*)$", text) and "_" in last:
                between = _SPACE
            parts += [between, inner] if i else [inner]
            text = "".join(part.text for part in parts)
        return joined(parts, PRODUCT)

    def power(self, x: sp.Pow) -> Shown:
        base, exponent = x.as_base_exp() if x.exp != -1 else (x.base, x.exp)
        if exponent.could_extract_minus_sign():
            return fraction(number(1), self(1 / x))
        if exponent == sp.Rational(1, 2):
            return root(self(base))
        high = self(exponent)
        up = high.text.translate(_HIGH) if re.fullmatch(r"\d+", high.text) else f"^{high.within(ATOM).text}"
        if isinstance(base, The) and base.op.name not in ("exp", "sqrt") and exponent.is_Integer:       # tanh²(z)
            if self(base).text.endswith(")"):
                return self.named(self.called(base), *base.args, power=(up, high))
            low = self(base).enclosed()             # log² x would be read wrongly
        else:
            low = self(base).within(ATOM)
        return made("^", low, high._replace(text=up), binding=POWER)

    def function(self, x: The) -> Shown:
        if x.op.name in ("sqrt", "exp"):
            return root(self(x.args[0])) if x.op.name == "sqrt" else made("exp", self(x.args[0]))
        return self.named(self.called(x), *x.args)

    def called(self, x: The) -> str:
        return x.op.symbol if x.op.symbol.isalpha() else x.op.name

    def named(self, function: str, *arguments: sp.Expr, power: tuple[str, Shown] | None = None) -> Shown:
        """log ŷ, σ(z), max(a, b); with a power, tanh²(z)."""
        insides = [self(a) for a in arguments]
        known = {"σ": r"\sigma"} | {x: f"\\{x}" for x in ("log", "max", "min", "tanh", "sin", "cos", "sinh", "cosh")}
        latex = known.get(function, rf"\operatorname{{{tex(function)}}}")
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


_HIGH = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(n: int) -> Shown:
    return Shown(str(n), str(n), f"<mn>{n}</mn>")


def decimal(x: float) -> Shown:
    text = f"{x:.6g}".replace("-", "−")
    return Shown(text, text.replace("−", "-"), f"<mn>{text}</mn>")
