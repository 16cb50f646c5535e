"""From what the rules say to what a lecturer writes: definitions turned round, what cancels, facts that are used.

SymPy does the algebra. Here stands only which algebra is tried, in which order, and what is said about it; of several
forms the one that is shortest to write wins. `simplify` is never asked: it would turn a softmax into cosh.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import sympy as sp

from autograd.deriving.algebra import cancelled, expanded, factored, hidden, solved_for, within_reach
from autograd.deriving.fields import Above, AtLeast, Comparison, Same, The
from autograd.deriving.reading import Reading
from autograd.deriving.shown import EQUALS, NOTHING, Shown, joined, listed, said

if TYPE_CHECKING:
    from autograd.deriving.board import Board

__all__ = ["Fact", "Form", "Rewriter", "facts_by_construction", "read_fact", "weighs_a_logarithm"]

LONG = 60                                           # as text


class Form(NamedTuple):
    """One way of writing an expression, and why it is equal to the one before."""

    expr: sp.Expr
    why: Shown = NOTHING
    shown: Shown | None = None


class Fact(NamedTuple):
    """left = right."""

    left: sp.Expr
    right: sp.Expr
    reason: str = ""                                # how one knows

    @property
    def names(self) -> set[sp.Symbol]:
        return self.left.free_symbols | self.right.free_symbols     # type: ignore[no-any-return]


class Rewriter:
    """Writes the expressions of a reading as shortly as it can."""

    def __init__(self, board: Board, facts: Sequence[Fact] = ()) -> None:
        self.board, self.facts, self.write = board, facts, board.write
        self.reading = reading = board.reading
        self.turned: dict[sp.Expr, sp.Expr] = {}
        self.shapes: dict[sp.Expr, sp.Expr] = {}    # which of those say the same of other indices
        self.claims: list[tuple[sp.Expr, sp.Expr]] = []     # what reasons say; checked as lines are
        self.sound: dict[tuple[sp.Expr, sp.Expr], bool] = {}
        self.lengths: dict[sp.Expr, int] = {}
        formulas, helpers = reading.numbers([*reading.shown, *reading.helpers]), reading.numbers(reading.helpers)
        self.powers = {symbol for symbol, formula in formulas.items() if isinstance(formula, The) and is_power(formula)}
        for symbol, formula in {**formulas, **reading.siblings}.items():
            if symbol not in helpers and symbol not in self.powers:
                self.turn_round(symbol, formula, helpers)

    def turn_round(self, symbol: sp.Expr, formula: sp.Expr, helpers: dict[sp.Expr, sp.Expr]) -> None:
        """e^z = ŷ·s, from ŷ = e^z/s."""
        small = {s: f for s, f in helpers.items() if len(self.powers_of(f)) < 2 and not self.powers_of(formula)}
        powers = self.powers_of(formula.xreplace(small))
        if len(powers) == 1 and powers[0] not in self.turned:
            stand_in = sp.Dummy()
            flat = formula.xreplace(small).xreplace({powers[0]: stand_in})
            if flat.atoms(The, sp.Sum):
                return
            if len(solutions := solved_for(flat - symbol, stand_in)) == 1:
                self.turned[powers[0]] = factored(solutions[0])
                for s in small.keys() & formula.free_symbols:
                    self.turned[s] = factored(cancelled(small[s].xreplace(self.turned)))

    def powers_of(self, expr: sp.Expr) -> list[sp.Expr]:
        """The exponentials in it, written out or by name."""
        return [x for x in expr.atoms(The) if is_power(x)] + sorted(self.powers & expr.free_symbols, key=str)

    def length(self, expr: sp.Expr) -> int:
        """How long it is to read."""
        if expr not in self.lengths:
            text = self.write(expr).text
            common = sum(not sp.factor_terms(x).is_Add for x in expr.atoms(sp.Add))     # ŷ − ŷ², not ŷ(1 − ŷ)
            marks = text.count("/") + text.count(" + ") + text.count(" − ")
            self.lengths[expr] = len(text) + 2 * marks + 5 * common + 3 * (text.count("/(") + text.startswith("−("))
        return self.lengths[expr]

    def best(self, forms: Iterable[sp.Expr]) -> sp.Expr:
        return min(forms, key=self.length)

    def tidy(self, expr: sp.Expr) -> sp.Expr:
        """The shortest of its forms as it is, with what cancels gone, and as a product."""
        if expr.is_Atom:
            return expr
        flat, opened = hidden(expr, sp.Sum, The)
        if not within_reach(flat):
            return expr
        if any(not x.exp.is_number for x in flat.atoms(sp.Pow)):
            flat = sp.powsimp(flat, combine="exp")          # x · xʸ⁻¹
        less = cancelled(flat)
        above, below = sp.fraction(less)
        apart = sp.Add(*[t / below for t in sp.Add.make_args(above)])
        each = sp.Add(*map(cancelled, sp.Add.make_args(flat)))
        forms = [flat, less, apart, factored(less), sp.factor_terms(flat), sp.factor_terms(each)]
        if less.has(Comparison):                    # what jumps is taken out
            smooth, jumps = hidden(less, Comparison)
            numerator, denominator = sp.fraction(smooth)
            terms = expanded(numerator)
            taken = {sp.Mul(*[f for f in sp.Mul.make_args(t) if f in jumps]) for t in sp.Add.make_args(terms)}
            forms.append((sp.collect(terms, sorted(taken - {1}, key=str), factored) / denominator).xreplace(jumps))
        return self.best([x.xreplace(opened) for x in forms])

    def in_names(self, expr: sp.Expr, ties: dict[sp.Expr, sp.Expr] | None = None) -> list[Form]:
        """As the rules say it; then in the names of the graph, if that is shorter."""
        forms = [Form(expr)]
        if ties and (untied := expr.xreplace(ties)) != expr:        # of a long rule only what counts is shown
            forms = [*forms[:len(self.write(expr).text) < LONG], Form(untied, said("where the two are not equal"))]
        used = {old: new for old, new in self.turned.items() if expr.has(old) and self.holds(old, new)}
        plain = self.tidy(forms[-1].expr)
        named = self.tidy(forms[-1].expr.xreplace(used)) if used else plain
        if used and self.length(named) < self.length(plain):
            forms.append(Form(named, said("as ", listed([
                self.turns(old, new) for old, new in {self.shapes.get(old, old): (old, new) for old, new in sorted(
                    used.items(), key=lambda pair: str(pair), reverse=True)}.values()][::-1]))))
        elif self.length(plain) < 0.8 * self.length(forms[-1].expr) and not mixed(forms[-1].expr):
            forms.append(Form(plain))
        return forms

    def holds(self, old: sp.Expr, new: sp.Expr) -> bool:
        """Whether a definition turned round holds for the numbers: of large ones a difference loses its digits."""
        if (old, new) not in self.sound:
            above, below = sp.fraction(new)
            self.sound[old, new] = self.board.same(old * below, above)
        return self.sound[old, new]

    def says(self, left: sp.Expr, right: sp.Expr) -> Shown:
        self.claims.append((left, right))
        return joined([self.write(left), EQUALS, self.write(right)])

    def turns(self, old: sp.Expr, new: sp.Expr) -> Shown:
        """exp(z) = ŷs, from the definition of ŷ; and u r = x̂ for u = x̂/r, which is the definition itself."""
        above, below = sp.fraction(new)
        return self.says(old * below, above)

    def by_facts(self, expr: sp.Expr) -> list[Form]:
        """What is known makes of it, one thing after another."""
        forms: list[Form] = []
        for rewritten in (self.reflected, self.unshifted):
            forms += rewritten(forms[-1].expr if forms else expr)
        while further := self.by_one_fact(forms[-1].expr if forms else expr):
            forms += further
        return forms

    def by_one_fact(self, expr: sp.Expr) -> list[Form]:
        """What the best of the facts makes of it, if that is shorter."""
        found = [form for fact in self.facts for form in self.by_fact(expr, fact)]
        grouped, form = min(found, key=lambda pair: self.length(pair[1].expr), default=(None, Form(expr)))
        if self.length(form.expr) >= self.length(expr):
            return []
        return [grouped, form] if grouped is not None else [form]

    def by_fact(self, expr: sp.Expr, fact: Fact) -> Iterable[tuple[Form | None, Form]]:
        """For each name in the fact: with its left side brought together, and then with its right side in its place."""
        whole = sp.Dummy("S", real=True)
        flat, opened = hidden(expr, The)
        why = said("as ", self.says(fact.left, fact.right), fact.reason)
        if (simply := flat.subs(fact.left, fact.right)) != flat:
            yield None, Form(self.tidy(simply.xreplace(opened)), why)
        for symbol in sorted(fact.left.free_symbols & flat.free_symbols, key=str):
            if fact.left.coeff(symbol).free_symbols or (fact.left - symbol * fact.left.coeff(symbol)).has(symbol):
                continue
            other = symbol + (whole - fact.left) / fact.left.coeff(symbol)
            together = factored(cancelled(flat.subs(symbol, other))).xreplace(opened)
            says = Shown(*self.write(fact.left)[:3], 0)
            result = self.tidy(together.subs(whole, fact.right))
            grouped = None
            if together.has(whole) and not sp.denom(together).has(whole):
                self.write.spelled[whole] = says
                close = sp.collect(expanded(together), whole)
                shown = self.write(self.best([together, close, sp.factor_terms(close)]))
                if len(shown.text) < 1.5 * len(self.write(expr).text):
                    grouped = Form(together.subs(whole, fact.left), NOTHING, shown)
            yield grouped, Form(result, why)

    def reflected(self, expr: sp.Expr) -> list[Form]:
        """σ(−z) is 1 − σ(z)."""
        known = {x: 1 - type(x)(-x.args[0]) for x in sorted(expr.atoms(The), key=str)
                 if x.op.name == "sigmoid" and x.args[0].could_extract_minus_sign()}
        new = self.tidy(expr.xreplace(known)) if known else expr
        if self.length(new) >= self.length(expr):
            return []
        return [Form(new, said("as ", listed([self.says(x, y) for x, y in known.items()])))]

    def unshifted(self, expr: sp.Expr) -> list[Form]:
        """A constant taken from every exponent cancels."""
        powers = [x for x in expr.atoms(The) if is_power(x)]
        shifts = [set(sp.Add.make_args(x.args[0])) for x in powers]
        common = sp.Add(*set.intersection(*shifts)) if shifts else sp.S.Zero
        if common == 0 or expr.has(sp.Indexed) or any(x.args[0] == common for x in powers):
            return []
        factor = sp.Dummy("K", positive=True)
        new = self.tidy(cancelled(expr.xreplace({x: factor * type(x)(x.args[0] - common) for x in powers})))
        if new.has(factor) or not self.board.computed(new):         # without it, large powers overflow
            return []
        return [Form(new, said(self.write(-common), ", which all exponents have, cancels"))]


def mixed(expr: sp.Expr) -> bool:
    """Whether it is a sum of fractions with different denominators: −y/p + (1 − y)/(1 − p) is best left alone."""
    return len({sp.denom(term) for term in sp.Add.make_args(expr)} - {1}) > 1


def is_power(x: The) -> bool:
    return x.op.name == "exp"


def ties(expr: sp.Expr, tied: Callable[[sp.Expr], bool]) -> dict[sp.Expr, sp.Expr]:
    """Comparisons that a tie alone decides, as they are where there is none: [x = y] is 0, [x ≥ y] is [x > y]."""
    return {x: sp.S.Zero for x in expr.atoms(Same) if not tied(x)} | {
        x: Above(*x.args) for x in expr.atoms(AtLeast) if not tied(Same(*x.args))}


def facts_by_construction(reading: Reading) -> list[Fact]:
    """A softmax sums to 1, and so do one-hot constants."""
    facts = []
    definitions = {**reading.numbers(reading.shown), **reading.siblings}
    for whole, formula in reading.numbers([*reading.helpers, *reading.shown]).items():
        shares = {symbol: sp.fraction(expr)[0] for symbol, expr in definitions.items()
                  if sp.fraction(expr)[1] == whole}
        if len(shares) > 1 and sp.expand(sp.Add(*shares.values()) - formula) == 0:
            facts.append(Fact(sp.Add(*shares), sp.S.One))
    groups: dict[str, list[Any]] = {}
    for node in reading.order:
        base, _, number = reading.name.get(node, "").rpartition("_")
        if node.op is None and node.shape == () and base and number.isdigit() and node not in reading.wrt:
            groups.setdefault(base, []).append(node)
    for group in groups.values():
        if sorted(node.data for node in group) == [0.0] * (len(group) - 1) + [1.0] and len(group) > 1 and all(
                weighs_a_logarithm(node, reading) for node in group):
            facts.append(Fact(sp.Add(*[reading.field[node].expr for node in group]), sp.S.One, " (one-hot)"))
    return facts


def weighs_a_logarithm(node: Any, reading: Reading) -> bool:
    """Whether a leaf is used as a target is: only as the factor of a logarithm that moves."""
    uses = [by for by in reading.order if any(x is node for x in by.inputs)]
    others = [x for by in uses for x in by.inputs if x is not node]
    return bool(uses) and all(by.op.name == "mul" for by in uses) and all(
        x in reading.moving and x.op is not None and x.op.name in ("log", "neg", "sub") for x in others)


def read_fact(text: str, reading: Reading) -> Fact:
    """A fact as one writes it: "y_1 + y_2 = 1"."""
    left, equals, right = text.replace("==", "=").partition("=")
    if not equals:
        raise ValueError(f"derive: got given={text!r}; expected an equation, as 'y_1 + y_2 = 1'")
    known = {name: reading.field[node].expr for node, name in reading.name.items() if node.shape == ()}
    known |= {symbol.name: symbol for symbol in reading.siblings}
    try:
        sides = [sp.sympify(side.strip(), locals=known, rational=True) for side in (left, right)]
    except (sp.SympifyError, SyntaxError, TypeError) as error:
        raise ValueError(f"derive: got given={text!r}, which can't be read: {error}") from None
    unknown = {s.name for side in sides for s in side.free_symbols} - set(known)
    if unknown:
        raise ValueError(f"derive: given={text!r} speaks of {', '.join(sorted(unknown))}; the graph has "
                         f"{', '.join(known)}")
    return Fact(*sides)
