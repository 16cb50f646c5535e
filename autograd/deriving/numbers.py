"""Derivations for graphs of Values: the chain rule over the named nodes, one term for each way."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import sympy as sp

from autograd.deriving.algebra import cancelled, factored, fraction, solved_for
from autograd.deriving.board import Board, Local
from autograd.deriving.derivation import Line, Section, Side, close, once
from autograd.deriving.fields import Comparison
from autograd.deriving.points import Point
from autograd.deriving.reading import WHOLE, family
from autograd.deriving.rewriting import Fact, Form, Rewriter, facts_by_construction, read_fact, ties
from autograd.deriving.shown import NOTHING, Shown, decimal, derivative, listed, product, said, total

__all__ = ["NumberBoard"]

WAYS = 3                                            # more than these are walked back step by step
LONG, WIDE = 24, 90                                 # in a wider line, what is longer goes by its name


class Factor(NamedTuple):
    """A derivative in a product of the chain rule."""

    expr: sp.Expr
    name: Shown
    number: Callable[[Point], float]


class NumberBoard(Board):
    """What is known of a graph of Values while its derivation is written."""

    def __init__(self, root: Any, wrt: Sequence[Any], names: Mapping[str, Any] | None, given: Sequence[str] = (),
                 limit: int = WHOLE) -> None:
        super().__init__(root, wrt, names, limit)
        self.facts = facts_by_construction(self.reading)
        self.given = [self.believed(read_fact(text, self.reading), text) for text in given]
        self.sample_by_facts()
        self.rewriter = Rewriter(self, [*self.given, *self.facts])
        self.refuse_kinks()
        self.whole: dict[sp.Symbol, sp.Expr] = {}   # derivatives that go by their names
        self.locals: dict[tuple[Any, Any], Local] = {}

    def refuse_kinks(self) -> None:
        """What rounding alone decides can't be checked by numbers."""
        for x in {x for known in self.parts.values() for g in known.values() for x in g.expr.atoms(Comparison)}:
            for point in self.points:
                left, right = map(point, x.args)
                if left != right and close(left, right):
                    raise ValueError(f"derive: {self.write(x.args[0]).text} and {self.write(x.args[1]).text} differ by "
                                     "rounding alone, and there the derivative jumps; which side it is can't be told")

    def believed(self, fact: Fact, text: str) -> Fact:
        left, right = (self.points[0](side) for side in fact[:2])
        if not close(left, right):
            raise ValueError(f"derive: given={text!r} contradicts the numbers: {left:g} is not {right:g}")
        return fact

    def sample_by_facts(self) -> None:
        """Other points, where the facts hold too."""
        reading = self.reading
        leaves = {reading.entry(node).expr for node in reading.order if node.op is None and node in reading.name}
        moving = {reading.entry(node).expr for node in reading.wrt}
        solved: list[tuple[sp.Symbol, sp.Expr]] = []
        for fact in [*self.given, *(fact for fact in self.facts if fact.reason)]:
            if not fact.names <= leaves:
                continue
            free = sorted(fact.names - moving - {symbol for symbol, _ in solved}, key=str)
            solutions = solved_for(fact.left - fact.right, free[-1]) if free else []
            here = [s for s in solutions if close(self.points[0](s), self.points[0](free[-1]))]
            if not here:
                raise ValueError(f"derive: given {self.write(fact.left).text} = {self.write(fact.right).text} can't be "
                                 "solved for one of its names, so that it could not be checked on other numbers")
            solved.append((free[-1], here[0]))
        self.sample(solved)
        for fact in self.given:
            if not fact.names <= leaves and not all(close(p(fact.left), p(fact.right)) for p in self.points):
                raise ValueError(f"derive: given {self.write(fact.left).text} = {self.write(fact.right).text} holds on "
                                 "these numbers by chance: it is about what is computed, and fails on others")

    # What stands on the board.

    def definitions(self) -> Section:
        reading = self.reading
        lines: list[tuple[str, Line]] = []
        for node in reading.order:
            if reading.name.get(node) in dict(lines):               # a number that stands in several places
                continue
            if node in reading.constants or node in reading.shifts:
                why = said("a constant, the largest: taken from all, it cancels") if node in reading.shifts else NOTHING
                lines.append((reading.name[node], Line(self.entry(node), always(node.data), [
                    Side(decimal(node.data), always(node.data), why)])))
            elif node in reading.formula and (node in reading.shown or node in reading.helpers):
                lines.append((reading.name[node], self.equation(reading.field[node].expr, reading.formula[node].expr)))
        for symbol, formula in reading.siblings.items():            # ŷ_1 goes before ŷ_2
            kin = [i for i, (label, _) in enumerate(lines) if family(label) == family(symbol.name)]
            at = next((i for i in kin if lines[i][0] > symbol.name), kin[-1] + 1 if kin else len(lines) - 1)
            lines.insert(at, (symbol.name, self.equation(symbol, formula)))
        return Section("Definitions", [line for _, line in lines])

    def equation(self, left: sp.Expr, right: sp.Expr) -> Line:
        return Line(self.write(left), lambda point: point(left), [self.side(Form(right))])

    def of(self, wrt: Any) -> tuple[list[Section], sp.Expr]:
        if wrt is self.root:
            return [], sp.S.One
        ways = self.ways(wrt) if self.root in self.reading.moving else []
        if not ways:
            why = said("as ", self.loss, " does not depend on ", self.entry(wrt))
            line = Line(derivative(self.loss, self.entry(wrt)), always(0.0), [self.side(Form(sp.S.Zero, why))])
            return [Section("The result", [line])], sp.S.Zero
        sections, result = self.by_ways(wrt, ways) or super().of(wrt)
        while self.whole.keys() & result.free_symbols:
            result = result.xreplace(self.whole)
        return sections, result

    def ways(self, node: Any) -> list[list[Any]]:
        """Every way from the root to `node` by named nodes; as many as are looked at."""
        found: list[list[Any]] = []
        stack = [[self.root]]
        while stack and len(found) <= WAYS:
            way = stack.pop()
            if way[-1] is node:
                found.append(way)
            else:
                stack += [[*way, x] for x in sorted(self.parts[way[-1]], key=self.reading.order.index, reverse=True)
                          if x in self.leading(node)]
        return found

    def local(self, u: Any, x: Any) -> Local:
        if (u, x) not in self.locals:
            expr = self.parts[u][x].expr
            self.locals[u, x] = Local((), (), self.rewriter.in_names(expr, ties(expr, self.tied)))
        return self.locals[u, x]

    def by_ways(self, node: Any, ways: Sequence[Sequence[Any]]) -> tuple[list[Section], sp.Expr] | None:
        """All ways at once, if they are few and short."""
        if len(ways) > WAYS:
            return None
        steps = [list(pairwise(way)) for way in ways]
        if steps == [[(self.root, node)]]:
            section = self.step(node, [self.root])
            section.title = "The derivative"
            return [section], self.known[node](())
        chain = total([product([self.locally(u, v) for u, v in way]) for way in steps])
        if len(ways) > 1 and len(chain.text) > WIDE:
            return None
        left = derivative(self.loss, self.entry(node))
        apart = [[x for x in way if any(x not in other for other in ways)] for way in ways]
        through = [self.entry(x[0]) for x in apart if x]
        why = said("the chain rule", ", one term for each way" * (len(ways) > 1))
        if len({x.text for x in through}) == len(ways) > 1:
            why = said(why, ": through ", listed(through))
        rule = Line(left, partial(self.gradient, node=node), [Side(
            chain, lambda point: sum(math.prod(point.jacobian(u, v) for u, v in way) for way in steps), why)])
        pairs = list(dict.fromkeys(pair for way in steps for pair in way))
        lines = self.local_lines(pairs)
        sides, result = self.multiplied([[self.by_name(*pair) for pair in way] for way in steps])
        if [side.shown.text for side in sides] == [chain.text]:     # all goes by its name
            sides = []
        return [Section("The chain rule", [rule]), self.fitting(Section("Each derivative", lines)), self.fitting(
            Section("Put in", [Line(left, partial(self.gradient, node=node), sides)] if sides else []))], result

    def chain(self, u: Any, x: Any) -> Shown:
        return product([derivative(self.loss, self.entry(u))] * (u is not self.root) + [self.locally(u, x)])

    def put_in(self, x: Any, users: Sequence[Any]) -> tuple[list[Side], sp.Expr]:
        return self.multiplied([[Factor(self.known[u](()), derivative(self.loss, self.entry(u)),
                                        partial(self.gradient, node=u))] * (u is not self.root)
                                + [self.by_name(u, x)] for u in users])

    def by_name(self, u: Any, v: Any) -> Factor:
        return Factor(self.local(u, v).forms[-1].expr, self.locally(u, v), partial(Point.jacobian, u=u, x=v))

    def symbol(self, factor: Factor) -> sp.Symbol:
        """A factor as its name: ∂L/∂h."""
        found = next((s for s, x in self.whole.items() if self.write.spelled[s] == factor.name), None)
        if found is None:
            found = sp.Dummy(real=True)
            self.whole[found], self.write.spelled[found] = factor.expr, factor.name
            for point in self.points:
                point.known[found] = factor.number(point)
        return found

    def multiplied(self, known: Sequence[Sequence[Factor]]) -> tuple[list[Side], sp.Expr]:
        """The product and the sum: put in, what cancels, what is taken out, which fact is used."""
        terms = [[f.expr for f in factors] for factors in known]
        if len(total([product([self.write(x) for x in factors]) for factors in terms]).text) > WIDE:
            terms = [[self.symbol(f) if len(self.write(f.expr).text) > LONG or f.expr.free_symbols & self.whole.keys()
                      else f.expr for f in factors] for factors in known]
        whole = sp.Add(*[sp.Mul(*factors) for factors in terms])
        shown = total([product([self.write(f) for f in factors if f != 1] or [self.write(sp.S.One)])
                       for factors in terms])
        forms = [Form(whole, NOTHING, shown)]
        products = [sp.Mul(*factors) for factors in terms]
        tidy = [self.rewriter.best([self.rewriter.tidy(cancelled(x)), self.rewriter.tidy(x)]) for x in products]
        if len(terms) > 1:
            each = total([self.write(t) for t in tidy if t != 0] or [self.write(sp.S.Zero)])
            forms.append(Form(sp.Add(*tidy), self.cancelled(terms, tidy), each))
        short = self.rewriter.tidy(sp.Add(*tidy))
        further = self.rewriter.by_facts(short)
        if len(terms) == 1 or (short != sp.Add(*tidy) and (not further or further[0].shown is None)):
            forms.append(Form(short, self.cancelled(terms, tidy) if len(terms) == 1 else NOTHING))
        forms += further
        return once(map(self.side, forms)), forms[-1].expr

    def cancelled(self, terms: Sequence[Sequence[sp.Expr]], tidy: Sequence[sp.Expr]) -> Shown:
        """What stood below a fraction's line and does so no longer."""
        gone = [x for factors, t in zip(terms, tidy) if t != 0
                for x in set().union(*map(below, factors)) - below(t)]
        names = [self.write(-x if self.write.turning(x) == 2 else x) for x in sorted(set(gone), key=self.write.order)]
        return said(listed(names), " cancels" if len(names) == 1 else " cancel") if names else NOTHING


def always(x: float) -> Callable[[Point], float]:
    return lambda point: x


def below(x: sp.Expr) -> set[sp.Expr]:
    """The factors under the line of a fraction."""
    factors = sp.Mul.make_args(factored(fraction(x)[1]))
    return {f.as_base_exp()[0] for f in factors if f.free_symbols}
