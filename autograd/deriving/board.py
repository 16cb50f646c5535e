"""What the derivations of numbers and of arrays share: the walk back over the named nodes, and the checks.

A `Board` knows the graph as mathematics, the numbers at which lines are checked, and what stands there already.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from random import Random
from typing import Any, NamedTuple

import sympy as sp

from autograd.core.graph import back, topological
from autograd.deriving.derivation import WIDEST, Derivation, Line, Section, Side, close, finite, grouped, once
from autograd.deriving.fields import Comparison, Field, Index, long, real, size
from autograd.deriving.points import NOWHERE, TRIES, Point
from autograd.deriving.reading import WHOLE, Reading
from autograd.deriving.rewriting import Form, Rewriter
from autograd.deriving.shown import Shown, Writer, derivative, listed, name, said, total

__all__ = ["MISTAKE", "ROOM", "Board", "Local", "WideError", "quiet"]

ROOM = 20                                           # for what stands left of the equals sign
LARGEST = 1e100                                     # products of a few larger numbers overflow
MISTAKE = "This is a mistake in derive; please report it"


class WideError(Exception):
    """A line has become too long to read."""


class Local(NamedTuple):
    """∂u/∂x: its entry where u stands at `out` and x at `into`; some of the indices are the same, or the entry is 0."""

    out: Index
    into: Index
    forms: list[Form]


class Board:
    """What is known of a graph while its derivation is written.

    Attributes:
        reading: the graph as mathematics.
        points: the numbers at which each line is checked, the graph's own first.
        parts: for each named node those by which it is derived, and how, as the rules say it.
        known: for each node that was reached, the root's derivative by it, of an index.
        said: local derivatives that stand on the board.
    """

    rewriter: Rewriter

    def __init__(self, root: Any, wrt: Sequence[Any], names: Mapping[str, Any] | None, limit: int = WHOLE,
                 softmax: bool = True) -> None:
        self.reading = reading = Reading(root, wrt, names, softmax, limit)
        self.root = reading.root
        self.loss = name(reading.name[self.root] if not size(self.root) else
                         "L" if "L" not in reading.name.values() else "loss")
        ranked = [*(x.name for x in reading.lengths), *reading.ranked()]
        self.write = Writer({label: rank for rank, label in enumerate(ranked)})
        self.points = [Point(reading)]
        for node, x in self.points[0].value.items():
            which = node.label or (node.op and node.op.name)
            if not node.is_array and not abs(x) < LARGEST:
                raise ValueError(f"derive: {which} is {x:.3g}, expected a number below {LARGEST:.0e} in size, as each "
                                 "line is checked on numbers; give the leaves smaller ones")
            if not close(x, node._data, 1e-4 if node.is_array else 1e-7):
                raise ValueError(f"derive: {which} was computed from numbers that have changed since; compute the "
                                 "graph again")
        self.parts = {u: reading.partials(u, Field(sp.S.One) if not u.shape else Field(
            lambda index: sp.Dummy(), u.shape)) for u in reading.shown}
        self.known: dict[Any, Callable[[Index], sp.Expr]] = {self.root: lambda index: sp.S.One}
        self.said: set[tuple[Any, Any]] = set()
        self.groups = 0
        self.width = math.inf

    def sample(self, facts: Sequence[tuple[sp.Symbol, sp.Expr]] = (),
               sums: Mapping[tuple[Any, int], float] | None = None) -> None:
        """Other points, where the facts hold too."""
        random = Random(0)
        for attempt in range(TRIES):
            if len(self.points) < 4:
                try:
                    with quiet():
                        point = Point(self.reading, random, facts, sums, 0.5 ** (attempt // 8))
                except (ArithmeticError, ValueError):
                    continue
                if all(map(finite, point.value.values())):
                    self.points.append(point)
        if len(self.points) < 2:
            raise ValueError(NOWHERE)

    # What a derivation is made of.

    def derive(self, width: float = math.inf) -> Derivation:
        """The definitions, and the steps for each node that is asked for; checked, and held against the engine.

        Raises WideError for a line of text that is longer than `width`.
        """
        self.width = width
        sections, results = [self.fitting(self.definitions())], []
        for node in self.reading.wrt:
            found, result = self.of(node)
            sections += found
            results.append(result)
        title = ", ".join(derivative(self.entry(self.root), self.entry(x)).text for x in self.reading.wrt)
        derivation = self.checked(title, sections, results[0] if len(results) == 1 else results)
        self.compare(results)
        return derivation

    def fitting(self, section: Section) -> Section:
        if any(line.width > self.width for line in section.lines):
            raise WideError
        return section

    def checked(self, title: str, sections: Sequence[Section], result: Any) -> Derivation:
        """With every line and every reason held against the numbers."""
        derivation = Derivation(title, sections, result, self.points)
        derivation.check()
        for left, right in self.rewriter.claims:
            if not self.same(left, right):
                raise ArithmeticError(f"derive: {self.write(left).text} = {self.write(right).text}, which is said as a "
                                      f"reason, does not hold. {MISTAKE}")
        return derivation

    def steps(self) -> Derivation:
        """From the root back to all that is asked for, one named node after another."""
        return self.checked("", [section for node in self.reading.wrt for section in self.step_by_step(node)], None)

    def definitions(self) -> Section:
        raise NotImplementedError

    def of(self, wrt: Any) -> tuple[list[Section], sp.Expr]:
        """The sections that derive the root by one node, and the result."""
        sections = self.step_by_step(wrt)
        return sections, self.lettered(self.known[wrt](self.index(wrt)))

    def step_by_step(self, wrt: Any) -> list[Section]:
        """From the root back, one named node after another."""
        before = self.leading(wrt)
        return [self.step(x, [u for u in self.reading.shown if x in self.parts[u]])
                for x in reversed([x for x in self.reading.shown if x in before]) if x not in self.known]

    def step(self, x: Any, users: Sequence[Any]) -> Section:
        """∂L/∂x: the derivatives of all that takes x, the chain rule, and what comes of it."""
        index = self.index(x)
        section, axes = Section(f"By {self.entry(x).text}", about=x), self.lengths(x, index)
        if users == [self.root] and not size(self.root):
            line, expr = self.local_line(self.root, x), self.local(self.root, x).forms[-1].expr
            further = self.rewriter.by_facts(expr)
            line.sides = once([*line.sides, *[self.side(form, axes) for form in further]])
            section.lines.append(line)
            return self.ended(section, x, [Form(expr), *further][-1].expr)
        section.lines += self.local_lines([(u, x) for u in users])
        self.fitting(section)
        chain = [self.chain(u, x) for u in users]
        rows = grouped([len(term.text) + 2 for term in chain], WIDEST - ROOM)
        if len(rows) == 1:
            rule, (sides, result) = total(chain), self.put_in(x, users)
        else:
            sides, (rule, result) = [], self.in_groups(section, x, users, rows)
        rule_side = Side(rule, partial(self.through, users=users, x=x), said("the chain rule"))
        section.lines.append(Line(derivative(self.loss, self.entry(x, index)), partial(self.gradient, node=x),
                                  once([rule_side, *sides])))
        return self.ended(section, x, result)

    def in_groups(self, section: Section, x: Any, users: Sequence[Any], rows: Sequence[slice]) -> tuple[Shown, sp.Expr]:
        """A line for each group of ways, where all are too many for one: their sum, and what it comes to."""
        parts, results, at = [], [], list(map(self.write, real(self.index(x))))
        for row in rows:
            self.groups += 1
            part, group = name(f"{self.reading.free('g', 'G', 'q')}_{self.groups}", at), users[row]
            sides, result = self.put_in(x, group)
            why = said("the ways through ", listed([self.entry(u) for u in group]))
            number = partial(self.through, users=group, x=x)
            section.lines.append(Line(part, number, once([
                Side(total([self.chain(u, x) for u in group]), number, why), *sides])))
            parts.append(part)
            results.append(result)
        return total(parts), sp.Add(*results)

    def ended(self, section: Section, x: Any, expr: sp.Expr) -> Section:
        """Remember the result."""
        self.known[x] = lambda index: expr
        return self.fitting(section)

    def local_lines(self, pairs: Sequence[tuple[Any, Any]]) -> list[Line]:
        """Each local derivative that is not said yet."""
        return [self.local_line(u, x) for u, x in pairs if (u, x) not in self.said]

    def local_line(self, u: Any, x: Any, local: Local | None = None) -> Line:
        """As the rules say it, then in names."""
        self.said.add((u, x))
        local = local or self.local(u, x)
        forms = local.forms
        if fixed := self.held(u, x):
            forms = [forms[0]._replace(why=said("with ", listed(fixed), " held fixed")), *forms[1:]]
        axes = list(dict([*self.lengths(u, local.out), *self.lengths(x, local.into)]).items())
        return Line(self.locally(u, x, local), partial(self.numeric, u=u, x=x, local=local),
                    once([self.side(form, axes) for form in forms]))

    def local(self, u: Any, x: Any) -> Local:
        raise NotImplementedError

    def chain(self, u: Any, x: Any) -> Shown:
        """One term of the chain rule, through u."""
        raise NotImplementedError

    def put_in(self, x: Any, users: Sequence[Any]) -> tuple[list[Side], sp.Expr]:
        """What the chain rule comes to with what is known put in, and the result."""
        raise NotImplementedError

    # How it is written.

    def index(self, node: Any) -> Index:
        return ()

    def lengths(self, node: Any, index: Index) -> list[tuple[sp.Symbol, int]]:
        return [(i, n) for i, n in zip(index, node.shape) if n != 1]

    def lettered(self, expr: sp.Expr) -> sp.Expr:
        """With letters for the indices that are summed over."""
        return expr

    def entry(self, node: Any, index: Index = ()) -> Shown:
        if not real(index):
            return name(self.reading.name[node])
        return self.write(self.reading.field[node].at(index))

    def side(self, form: Form, axes: Sequence[tuple[sp.Symbol, int]] = ()) -> Side:
        expr = self.lettered(form.expr)
        return Side(form.shown or self.write(expr), lambda point: point(expr, axes), form.why)

    def leading(self, x: Any) -> set[Any]:
        return self.reading.leading(x, self.parts)

    def held(self, u: Any, x: Any) -> list[Shown]:
        """The named nodes that u takes, by which it depends on x as well: they are held fixed in its own ∂u/∂x."""
        leading = self.leading(x)
        return [self.entry(y) for y in self.parts[u] if y is not x and y in leading]

    def locally(self, u: Any, x: Any, local: Local | None = None) -> Shown:
        local = local or self.local(u, x)
        return derivative(self.entry(u, local.out), self.entry(x, local.into), self.held(u, x))

    # Its numbers.

    def numeric(self, point: Point, u: Any, x: Any, local: Local) -> Any:
        """The entries of ∂u/∂x."""
        return point.jacobian(u, x)

    def gradient(self, point: Point, node: Any) -> Any:
        return point.gradient(node)

    def through(self, point: Point, users: Sequence[Any], x: Any) -> Any:
        """The chain rule in numbers."""
        return sum(point.gradient(u) * point.jacobian(u, x) for u in users)

    def tied(self, x: Comparison) -> bool:
        """Whether a comparison of equals holds anywhere, or may."""
        return any(point(x) for point in self.points)

    def same(self, one: sp.Expr, other: sp.Expr) -> bool:
        """Whether two expressions have the same numbers at every point."""
        return all(close(point(one), point(other)) for point in self.points)

    def computed(self, expr: sp.Expr) -> bool:
        """Whether a number can be computed at all points."""
        with quiet():
            return all(finite(point(expr)) for point in self.points)

    def compare(self, results: Sequence[sp.Expr]) -> None:
        """The results against what the engine computes, at the graph's own numbers and at the others."""
        whole, starts = self.reading.origin
        gradients = {whole: self.seed(whole)}
        for _ in back(topological(whole), gradients):
            pass
        for node, original, result in zip(self.reading.wrt, starts, results):
            axes = self.lengths(node, self.index(node))
            rounding = 1e-4 if node.is_array and node.dtype.itemsize < 8 else 1e-7
            for point in self.points:
                engine = self.gradient(point, node)
                if point is self.points[0]:
                    engine = gradients.get(original, 0.0)
                    engine = engine.reshape(long(node)) if node.is_array else engine
                if not close(mine := point(result, axes), engine, rounding):
                    raise ArithmeticError(f"derive: by {self.entry(node).text} the result {self.write(result).text} is "
                                          f"{mine}, and the engine's gradient {engine}. {MISTAKE}")

    def seed(self, whole: Any) -> Any:
        """The gradient of the root."""
        return 1.0


@contextmanager
def quiet() -> Iterator[None]:
    """Without a word about an overflow, where numbers are tried."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
