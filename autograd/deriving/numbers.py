"""Derivations for graphs of Values: the chain rule over the named nodes, one term for each way."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple

import sympy as sp

from autograd.core.graph import back, topological
from autograd.deriving.derivation import Derivation, Line, Section, Side, close, once
from autograd.deriving.fields import Comparison
from autograd.deriving.reading import NOWHERE, TRIES, WHOLE, Point, Reading, family
from autograd.deriving.rewriting import Fact, Form, Rewriter, facts_by_construction, read_fact, ties
from autograd.deriving.shown import NOTHING, Shown, Writer, derivative, listed, name, product, said, total

__all__ = ["derive_values", "value_steps"]

WAYS = 3                                            # more than these are walked back step by step
LONG, WIDE = 24, 90                                 # in a wider line, what is longer goes by its name


def derive_values(root: Any, wrt: Sequence[Any], given: Sequence[str], names: Mapping[str, Any] | None,
                  size: int = WHOLE) -> Derivation:
    board = Board(root, wrt, given, names, size)
    root, wrt = board.root, list(board.reading.wrt)
    sections = [board.definitions()]
    results = []
    for node in wrt:
        found, result = board.of(node)
        sections += found
        while board.whole.keys() & result.free_symbols:
            result = result.xreplace(board.whole)
        results.append(result)
    title = ", ".join(derivative(board.shown(root), board.shown(x)).text for x in wrt)
    derivation = Derivation(title, sections, results[0] if len(wrt) == 1 else results, board.points)
    derivation.check()
    for left, right in board.rewriter.claims:
        for point in board.points:
            if not close(point(left), point(right)):
                raise ArithmeticError(f"derive: {board.write(left).text} = {board.write(right).text}, which is said as "
                                      "a reason, does not hold. This is a mistake in derive; please report it")
    board.compare(wrt, results)
    return derivation


def value_steps(root: Any, wrt: Sequence[Any], names: Mapping[str, Any] | None) -> tuple[Reading, Derivation]:
    """From the root back to all of `wrt`, one named node after another."""
    board = Board(root, wrt, (), names)
    sections, _ = board.step_by_step(list(board.reading.wrt))
    derivation = Derivation("", sections, None, board.points)
    derivation.check()
    return board.reading, derivation


class ValueRewriter(Rewriter):
    """Rewrites expressions that are numbers at given points."""

    points: Sequence[Point] = ()

    def finite(self, expr: sp.Expr) -> bool:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")         # of the overflow that is asked about
            return all(math.isfinite(point(expr)) for point in self.points)


class Factor(NamedTuple):
    """A derivative in a product of the chain rule."""

    expr: sp.Expr
    name: Shown
    number: Callable[[Point], float]


class Board:
    """What is known of a graph of Values while its derivation is written."""

    def __init__(self, root: Any, wrt: Sequence[Any], given: Sequence[str], names: Mapping[str, Any] | None,
                 size: int = WHOLE) -> None:
        self.reading = Reading(root, wrt, names, size=size)
        self.root = self.reading.root
        self.write = Writer({name: i for i, name in enumerate(self.reading.ranked())})
        self.points = [Point(self.reading)]
        self.refuse_changed()
        self.facts = facts_by_construction(self.reading)
        self.given = [self.believed(read_fact(text, self.reading), text) for text in given]
        self.sample()
        self.rewriter = ValueRewriter(self.reading, [*self.given, *self.facts], self.write)
        self.rewriter.points = self.points
        self.partials = {node: self.reading.partials(node) for node in self.reading.shown}
        self.refuse_kinks()
        self.ties = ties([g.expr for known in self.partials.values() for g in known.values()],
                         lambda x: any(point(x) for point in self.points))
        self.whole: dict[sp.Symbol, sp.Expr] = {}   # derivatives that go by their names
        self.said: set[tuple[Any, Any]] = set()     # local derivatives that stand on the board
        self.local: dict[tuple[Any, Any], sp.Expr] = {}

    def refuse_changed(self) -> None:
        for node, x in self.points[0].value.items():
            if not close(x, node.data) and math.isfinite(x):
                raise ValueError(f"derive: {node.label or node.op.name} was computed from numbers that have changed "
                                 "since; compute the graph again")
            if not math.isfinite(x):
                raise ValueError(f"derive: {node.label or node.op.name} is {x}, with which nothing can be checked")

    def refuse_kinks(self) -> None:
        """What rounding alone decides can't be checked by numbers."""
        for x in {x for known in self.partials.values() for g in known.values() for x in g.expr.atoms(Comparison)}:
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

    def sample(self) -> None:
        """Other points, where the facts hold too."""
        leaves = {sp.Symbol(self.reading.name[node], real=True) for node in self.reading.order
                  if node.op is None and node in self.reading.name}
        moving = {sp.Symbol(self.reading.name[node], real=True) for node in self.reading.wrt}
        solved: list[tuple[sp.Symbol, sp.Expr]] = []
        for fact in [*self.given, *(fact for fact in self.facts if fact.reason)]:
            if not fact.names <= leaves:
                continue
            free = sorted(fact.names - moving - {symbol for symbol, _ in solved}, key=str)
            solutions = sp.solve(fact.left - fact.right, free[-1]) if free else []
            here = [s for s in solutions if close(self.points[0](s), self.points[0](free[-1]))]
            if not here:
                raise ValueError(f"derive: given {self.write(fact.left).text} = {self.write(fact.right).text} can't be "
                                 "solved for one of its names, so that it could not be checked on other numbers")
            solved.append((free[-1], here[0]))
        random = Random(0)
        for attempt in range(TRIES):
            if len(self.points) == 4:
                break
            try:
                point = Point(self.reading, random, solved, spread=0.5 ** (attempt // 8))
            except (ArithmeticError, ValueError):
                continue
            if all(isinstance(x, float) and math.isfinite(x) for x in point.value.values()):
                self.points.append(point)
        if len(self.points) < 2:
            raise ValueError(NOWHERE)
        for fact in self.given:
            if not fact.names <= leaves and not all(close(p(fact.left), p(fact.right)) for p in self.points):
                raise ValueError(f"derive: given {self.write(fact.left).text} = {self.write(fact.right).text} holds on "
                                 "these numbers by chance: it is about what is computed, and fails on others")

    # What stands on the board.

    def shown(self, node: Any) -> Shown:
        return name(self.reading.name[node])

    def held(self, u: Any, v: Any) -> list[Any]:
        """The named nodes that u takes, by which it depends on v as well: they are held fixed in its own ∂u/∂v."""
        return [x for x in self.partials[u] if x is not v and x in self.leading(v)]

    def leading(self, v: Any) -> set[Any]:
        return self.reading.leading(v, self.partials)

    def locally(self, u: Any, v: Any) -> Shown:
        return derivative(self.shown(u), self.shown(v), [self.shown(x) for x in self.held(u, v)])

    def side(self, form: Form) -> Side:
        return Side(form.shown or self.write(form.expr), lambda point: point(form.expr), form.why)

    def definitions(self) -> Section:
        reading = self.reading
        lines: list[tuple[str, Line]] = []
        for node in reading.order:
            if node in reading.constants or node in reading.shifts:
                number = f"{node.data:.6g}".replace("-", "−")
                why = said("a constant, the largest: taken from all, it cancels") if node in reading.shifts else NOTHING
                lines.append((reading.name[node], Line(self.shown(node), always(node.data), [
                    Side(Shown(number, number.replace("−", "-"), f"<mn>{number}</mn>"), always(node.data), why)])))
            elif node in reading.formula and (node in reading.shown or node in reading.helpers):
                lines.append((reading.name[node], self.equation(reading.field[node].expr, reading.formula[node].expr)))
        for symbol, formula in reading.siblings.items():            # ŷ_1 goes before ŷ_2
            kin = [i for i, (label, _) in enumerate(lines) if family(label) == family(symbol.name)]
            at = next((i for i in kin if lines[i][0] > symbol.name), kin[-1] + 1 if kin else len(lines) - 1)
            lines.insert(at, (symbol.name, self.equation(symbol, formula)))
        return Section("Definitions", [line for _, line in lines])

    def equation(self, left: sp.Expr, right: sp.Expr) -> Line:
        return Line(self.write(left), lambda point: point(left), [self.side(Form(right))])

    def of(self, node: Any) -> tuple[list[Section], sp.Expr]:
        """The sections that derive the root by one node, and the result."""
        if node is self.root:
            return [], sp.S.One
        ways = self.ways(node) if self.root in self.reading.moving else []
        if not ways:
            left = derivative(self.shown(self.root), self.shown(node))
            why = said("as ", self.shown(self.root), " does not depend on ", self.shown(node))
            line = Line(left, lambda point: 0.0, [self.side(Form(sp.S.Zero, why))])
            return [Section("The result", [line])], sp.S.Zero
        if len(ways) <= WAYS:
            return self.by_ways(node, ways)
        return self.step_by_step([node])

    def ways(self, node: Any) -> list[list[Any]]:
        """Every way from the root to `node` by named nodes; as many as are looked at."""
        found: list[list[Any]] = []
        stack = [[self.root]]
        while stack and len(found) <= WAYS:
            way = stack.pop()
            if way[-1] is node:
                found.append(way)
            else:
                stack += [[*way, x] for x in sorted(self.partials[way[-1]], key=self.reading.order.index, reverse=True)
                          if x in self.leading(node)]
        return found

    def local_lines(self, pairs: Sequence[tuple[Any, Any]]) -> list[Line]:
        """Each local derivative that is not said yet: as the rules say it, then in names."""
        lines = []
        for u, v in pairs:
            forms = self.rewriter.in_names(self.partials[u][v].expr, self.ties)
            self.local[u, v] = forms[-1].expr
            if (u, v) not in self.said:
                self.said.add((u, v))
                if fixed := self.held(u, v):
                    why = said("with ", listed([self.shown(x) for x in fixed]), " held fixed")
                    forms = [Form(forms[0].expr, why), *forms[1:]]
                lines.append(Line(self.locally(u, v), partial(Point.partial, node=u, x=v),
                                  once(map(self.side, forms))))
        return lines

    def by_ways(self, node: Any, ways: Sequence[Sequence[Any]]) -> tuple[list[Section], sp.Expr]:
        steps = [list(pairwise(way)) for way in ways]
        left = derivative(self.shown(self.root), self.shown(node))
        if len(ways) == 1 and len(ways[0]) == 2:
            (line,) = self.local_lines(steps[0])
            further = self.rewriter.by_facts(self.local[self.root, node])
            line.sides += map(self.side, further)
            return [Section("The derivative", [line])], [Form(self.local[self.root, node]), *further][-1].expr
        chain = total([product([self.locally(u, v) for u, v in way]) for way in steps])
        if len(ways) > 1 and len(chain.text) > WIDE:
            return self.step_by_step([node])
        apart = [[x for x in way if any(x not in other for other in ways)] for way in ways]
        through = [self.shown(x[0]) for x in apart if x]
        why = said("the chain rule", ", one term for each way" * (len(ways) > 1))
        if len({x.text for x in through}) == len(ways) > 1:
            why = said(why, ": through ", listed(through))
        rule = Line(left, partial(self.gradient, node=node), [Side(
            chain, lambda point: sum(math.prod(point.partial(u, v) for u, v in way) for way in steps), why)])
        pairs = list(dict.fromkeys(pair for way in steps for pair in way))
        lines = self.local_lines(pairs)
        sides, result = self.put_in([[self.by_name(*pair) for pair in way] for way in steps])
        return [Section("The chain rule", [rule]), Section("Each derivative", lines),
                Section("Put in", [Line(left, lambda point: self.gradient(point, node), sides)])], result

    def step_by_step(self, starts: Sequence[Any]) -> tuple[list[Section], sp.Expr]:
        """The same from the root back, one named node after another, where there are many ways; and the last result."""
        before = set().union(*map(self.leading, starts))
        known: dict[Any, sp.Expr] = {self.root: sp.S.One}
        sections = []
        for x in reversed([x for x in self.reading.shown if x in before and x is not self.root]):
            users = [u for u in self.reading.shown if u in known and x in self.partials[u]]
            lines = self.local_lines([(u, x) for u in users])
            left = derivative(self.shown(self.root), self.shown(x))
            if users == [self.root]:
                known[x] = self.local[self.root, x]
                sections.append(Section(f"By {self.shown(x).text}", lines, x))
                continue
            chain = total([product([derivative(self.shown(self.root), self.shown(u))] * (u is not self.root)
                                   + [self.locally(u, x)]) for u in users])
            rule = Side(chain, partial(self.by_chain, users=users, x=x), said("the chain rule"))
            sides, known[x] = self.put_in([[Factor(known[u], derivative(self.shown(self.root), self.shown(u)),
                                                   partial(self.gradient, node=u))] * (u is not self.root)
                                           + [self.by_name(u, x)] for u in users])
            sections.append(Section(f"By {self.shown(x).text}", [
                *lines, Line(left, partial(self.gradient, node=x), once([rule, *sides]))], x))
        return sections, known[starts[-1]]

    def by_name(self, u: Any, v: Any) -> Factor:
        return Factor(self.local[u, v], self.locally(u, v), partial(Point.partial, node=u, x=v))

    def symbol(self, factor: Factor) -> sp.Symbol:
        """A factor as its name: ∂L/∂h."""
        found = next((s for s, x in self.whole.items() if self.write.spelled[s] == factor.name), None)
        if found is None:
            found = sp.Dummy(real=True)
            self.whole[found], self.write.spelled[found] = factor.expr, factor.name
            for point in self.points:
                point.known[found] = factor.number(point)
        return found

    def put_in(self, known: Sequence[Sequence[Factor]]) -> tuple[list[Side], sp.Expr]:
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
        tidy = [self.rewriter.best([self.rewriter.tidy(sp.cancel(x)), self.rewriter.tidy(x)]) for x in products]
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

    # The engine's word.

    def by_chain(self, point: Point, users: Sequence[Any], x: Any) -> float:
        return sum(self.gradient(point, u) * point.partial(u, x) for u in users)

    def gradient(self, point: Point, node: Any) -> float:
        if "whole" not in point.__dict__:
            point.__dict__["whole"] = point.pulled(self.root, 1.0, through=True)
        return float(point.__dict__["whole"].get(node, 0.0))

    def compare(self, wrt: Sequence[Any], results: Sequence[sp.Expr]) -> None:
        """The results against what the engine computes, at the graph's own numbers and at the others."""
        whole, starts = self.reading.origin
        gradients = {whole: 1.0}
        for _ in back(topological(whole), gradients):
            pass
        for node, original, result in zip(wrt, starts, results):
            for point in self.points:
                engine = gradients.get(original, 0.0) if point is self.points[0] else self.gradient(point, node)
                if not close(engine, point(result)):
                    raise ArithmeticError(f"derive: by {self.shown(node).text} the result {self.write(result).text} is "
                                          f"{point(result)}, and the engine's gradient {engine}. This is a mistake in "
                                          "derive; please report it")


def always(x: float) -> Callable[[Point], float]:
    return lambda point: x


def below(x: sp.Expr) -> set[sp.Expr]:
    """The factors under the line of a fraction."""
    factors = sp.Mul.make_args(sp.factor(sp.denom(sp.together(x))))
    return {f.as_base_exp()[0] for f in factors if f.free_symbols}
