"""Derivations for graphs of Tensors, in index notation: entries, δ and Σ; and the result in matrices.

∂u/∂x is asked of the ops with δ as the gradient that arrives, one entry of u at a time; the chain rule then sums over
the entries of u. Indices get their letters when all is known: equal letters are equal axes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any, NamedTuple

import numpy as np
import sympy as sp

from autograd.core.graph import back, topological
from autograd.deriving.axes import MORE, Axes, Index, generic, letter, placed, real, rebound, shape, size
from autograd.deriving.derivation import Derivation, Line, Section, Side, once
from autograd.deriving.fields import Comparison, Field, The, rational
from autograd.deriving.matrices import Matrices, capital
from autograd.deriving.moves import Digit, Flat, drawn, expanded, ones_at, summed
from autograd.deriving.reading import NOWHERE, TRIES, WHOLE, Point, Reading
from autograd.deriving.rewriting import ALGEBRA, Form, Rewriter, is_power, ties
from autograd.deriving.shown import (
    NOTHING,
    Shown,
    Writer,
    derivative,
    listed,
    name,
    product,
    said,
    total,
)

__all__ = ["derive_tensors", "jacobian_of", "tensor_steps"]

SEED = "gradient of the root"
LONG = 40                                           # a derivative that is longer keeps its name in what follows
MOST = 4_000_000                                    # entries of a Jacobian that are checked


class Local(NamedTuple):
    """∂u/∂x: its entry where u stands at `out` and x at `into`; some of the indices are the same, or the entry is 0."""

    out: Index
    into: Index
    forms: list[Form]


class IndexRewriter(Rewriter):
    """Rewrites expressions with indices."""

    def __init__(self, board: IndexBoard) -> None:
        self.board = board
        super().__init__(board.reading, [], board.write)
        self.patterns: list[tuple[sp.Expr, sp.Expr]] = []
        reading = board.reading
        helpers = {reading.name[node] for node in reading.helpers}
        for node in [*reading.shown, *reading.helpers, *reading.beside]:
            if node not in reading.formula or not shape(node):
                continue
            index = generic(node)
            formula = reading.formula[node].at(index)
            if formula.is_Pow and formula.exp == sp.Rational(-1, 2):        # r = 1/√(variance + ε)
                self.patterns.append((formula.base, reading.field[node].at(index) ** -2))
            if isinstance(formula, The) and is_power(formula):              # e^(x − log s) is e^x/s
                logs = [-t for t in sp.Add.make_args(formula.args[0]) if isinstance(-t, The) and (-t).op.name == "log"]
                if len(logs) == 1:
                    power = type(formula)(formula.args[0] + logs[0])
                    self.patterns.append((power, reading.field[node].at(index) * logs[0].args[0]))
            above, below = sp.fraction(sp.together(formula))
            atoms = {x for x in above.atoms(The) if is_power(x)} | {
                x for x in above.atoms(sp.Indexed) if str(x.base) in helpers}
            if above.is_Add and below.free_symbols and real(index):         # x − μ = x̂·σ
                self.patterns.append((above, reading.field[node].at(index) * below))
            factors = sp.Mul.make_args(above)
            found = [x for x in factors if x in atoms and set(real(index)) <= x.free_symbols]
            if len(found) == 1 and real(index) and not above.is_Add:            # e^z = ŷ·s, and u = x̂/r
                self.patterns.append((found[0], reading.field[node].at(index) * below / (above / found[0])))

    def rooted(self, expr: sp.Expr) -> list[Form]:
        """With 1/r² in the place of what r is the root of, before algebra takes that apart."""
        found: dict[sp.Expr, sp.Expr] = {}
        for x in sorted(expr.atoms(sp.Add), key=str):
            for pattern, named in self.patterns:
                if pattern.is_Add and (places := matched(pattern, x)) is not None:
                    found[x] = named.xreplace(places)
        if not found:
            return [Form(expr)]
        forms = [Form(expr)]
        if gone := {s: sp.S.Zero for s in expr.atoms(sp.Sum) if self.board.known_sum(s) == 0}:
            expr = expr.xreplace(gone)
            whys = {x.text: x for x in [self.says(self.board.axes.lettered(s), sp.S.Zero) for s in gone]}
            forms.append(Form(expr, said("as ", listed([*whys.values()]))))
            found = {x: y for x, y in found.items() if expr.has(x)}
            if not found:
                return forms
        says = {shown.text: shown for shown in (self.says(self.board.axes.lettered(x), y) for x, y in found.items())}
        return [*forms, Form(self.tidy(expr.xreplace(found)), said("as ", listed(list(says.values()))))]

    def shortest(self, expr: sp.Expr, ties: Any = None, out: Sequence[sp.Symbol] = ()) -> list[Form]:
        """In names, by facts, and in names again, as long as that makes it shorter."""
        forms = self.rooted(expr)
        if len(forms) == 1:
            forms = self.rooted(self.tidy(expr))
        found = self.in_names(forms[-1].expr, ties, out)
        forms += found[1:] if found[0].expr == forms[-1].expr else found
        further = self.by_facts(forms[-1].expr)
        if further:
            forms += [*further, *self.in_names(further[-1].expr, ties, out)[1:]]
        return forms

    def in_names(self, expr: sp.Expr, ties: Any = None, out: Sequence[sp.Symbol] = ()) -> list[Form]:
        self.turned = {}
        for atom in sorted(expr.atoms(The, sp.Indexed), key=str):
            for pattern, named in self.patterns:
                found = matched(pattern, atom)
                if found is not None and atom not in self.turned:
                    self.turned[atom] = named.xreplace(found)
                    self.shapes[atom] = pattern
        forms = super().in_names(expr, ties)
        last = self.gathered(forms[-1].expr, out)
        return [*forms[:-1], forms[-1]._replace(expr=last)] if len(forms) > 1 else forms if last == expr else [
            *forms, Form(last)]

    def gathered(self, expr: sp.Expr, out: Sequence[sp.Symbol] = ()) -> sp.Expr:
        """ŷ_k(δ_ck − ŷ_c): where a δ says that two indices are the same, either may be written."""
        forms: list[sp.Expr] = []
        for delta in sorted(expr.atoms(sp.KroneckerDelta) if expr.count_ops() < ALGEBRA else [], key=str):
            for old, new in sorted((delta.args, delta.args[::-1]), key=lambda pair: pair[1] not in out):
                if old.is_Symbol:
                    terms = [t / delta if t.has(delta) else t for t in sp.Add.make_args(sp.expand(expr))]
                    if all(not t.has(delta) for t in terms):
                        moved = sp.Add(*[t.xreplace({old: new}) * delta if had.has(delta) else t
                                         for t, had in zip(terms, sp.Add.make_args(sp.expand(expr)))])
                        forms += [sp.factor_terms(moved), sp.factor_terms(sp.factor(moved))]
        return self.best([*forms, expr])

    def tidy(self, expr: sp.Expr) -> sp.Expr:
        return super().tidy(self.board.axes.lettered(drawn(expr)))

    def by_facts(self, expr: sp.Expr) -> list[Form]:
        reflected, board = self.reflected(expr), self.board
        forms = [reflected] if reflected is not None else []
        expr = forms[-1].expr if forms else expr
        taken = {sp.IndexedBase(board.reading.name[x], real=True) if size(x) else board.reading.entry(x).at(generic(x))
                 for x in board.reading.shifts}
        shifts = {x: sp.S.Zero for x in expr.atoms(sp.Indexed) if x.base in taken} | {
            x: sp.S.Zero for x in taken & expr.free_symbols if x.is_Symbol}
        if shifts and board.same(expr, expr.xreplace(shifts)):
            says = said(listed(list(map(self.write, shifts))), " cancels")
            forms.append(Form(self.tidy(expr.xreplace(shifts)), says))
            expr = forms[-1].expr
        while True:
            for s in sorted(expr.atoms(sp.Sum), key=str):
                value = self.board.known_sum(s)
                if value is None:
                    continue
                result = self.tidy(expr.xreplace({s: value}))
                forms.append(Form(result, said("as ", self.says(s, value))))
                expr = result
                break
            else:
                return forms


def matched(pattern: sp.Expr, x: sp.Expr) -> dict[sp.Expr, sp.Expr] | None:
    """What the pattern's indices are in x, if x is the pattern elsewhere."""
    if isinstance(pattern, sp.Dummy) and pattern.is_integer:
        return {pattern: x}
    atom = pattern.is_Atom and not isinstance(pattern, sp.Indexed)
    if atom or pattern.func is not x.func or len(pattern.args) != len(x.args):
        return {} if pattern == x else None
    if isinstance(pattern, sp.Add):                 # whose terms stand in an order of their own
        ordered = [sorted(y.args, key=lambda t: str(t.xreplace({
            i: letter("i") for i in t.free_symbols if i.is_integer}))) for y in (pattern, x)]
    else:
        ordered = [list(pattern.args), list(x.args)]
    found: dict[sp.Expr, sp.Expr] = {}
    for a, b in zip(*ordered):
        part = matched(a, b)
        if part is None or any(found.get(k, v) != v for k, v in part.items()):
            return None
        found |= part
    return found


class IndexBoard:
    """What is known of a graph of Tensors while its derivation is written."""

    def __init__(self, root: Any, wrt: Sequence[Any], names: Mapping[str, Any] | None,
                 given: Sequence[str] = (), softmax: bool = True, size: int = WHOLE) -> None:
        self.reading = reading = Reading(root, wrt, names, softmax, size)
        self.root = root = reading.root
        self.axes = Axes(reading)
        ranked = [*(x.name for x in reading.lengths), *reading.ranked()]
        self.write = Writer({label: rank for rank, label in enumerate(ranked)})
        for symbol in reading.lengths:
            self.write.spelled[symbol] = name(self.letter_of_length(symbol))
        self.loss = name("L" if "L" not in reading.name.values() else "loss")
        self.points = [Point(reading)]
        for node, x in self.points[0].value.items():
            if not np.allclose(x, node._data, rtol=1e-4, atol=1e-6):
                raise ValueError(f"derive: {node.label or (node.op and node.op.name)} was computed from numbers that "
                                 "have changed since; compute the graph again")
        self.facts = {(node, len(shape(node)) - 1): 1.0 for node in reading.order
                      if node.op is None and self.sums_to_one(node)} | dict(map(self.fact, given))
        random = Random(0)
        for attempt in range(TRIES):
            if len(self.points) < 4:
                with np.errstate(all="ignore"):
                    point = Point(reading, random, sums=self.facts, spread=0.5 ** (attempt // 8))
                if all(np.isfinite(x).all() for x in point.value.values()):
                    self.points.append(point)
        if len(self.points) < 2:
            raise ValueError(NOWHERE)
        for (node, axis), value in self.facts.items():
            if not all(np.allclose(point.value[node].sum(axis), value, atol=1e-9) for point in self.points):
                raise ValueError(f"derive: what is given of the sums of {reading.name[node]} holds on these numbers by "
                                 "chance, and fails on others")
        seed = np.random.default_rng(0)
        self.seed = [np.ones(()) if not real(generic(root)) else seed.normal(size=shape(root)) for _ in self.points]
        self.seed_base = sp.IndexedBase(SEED, real=True)
        for point, g in zip(self.points, self.seed):
            if real(generic(root)):
                point.known[self.seed_base] = g.reshape([n for n in g.shape if n != 1])
        for axis in range(len(real(generic(root)))):
            self.axes.parent[SEED, axis] = self.axes.find((reading.name[root], axis))
        self.rewriter = IndexRewriter(self)
        self.parts = {u: reading.partials(u, Field(sp.S.One) if not shape(u) else Field(
            lambda index: sp.Dummy(), shape(u))) for u in reading.shown}        # by which nodes each is derived
        self.sums: dict[sp.Expr, Any] = {}
        self.jacobians: dict[tuple[Any, Any, int], Any] = {}
        self.locals: dict[tuple[Any, Any], Local] = {}
        self.said: set[tuple[Any, Any]] = set()

    def letter_of_length(self, symbol: sp.Symbol) -> str:
        """N for the axis whose index is n."""
        length = self.reading.lengths[symbol]
        where = symbol.name.rpartition(" ")[2]
        axis = -2 if where == "row" else int(where)
        for node in self.reading.order:
            if node in self.reading.name:
                lengths = [n for n in shape(node) if n != 1]
                spot = axis if axis == -1 or len(lengths) > 1 else -1
                if len(lengths) >= -spot and lengths[spot] == length:
                    letters = self.axes.lists[self.axes.find((self.reading.name[node], len(lengths) + spot))]
                    return letters[0].upper()
        return str(length)

    def fact(self, text: str) -> tuple[tuple[Any, int], float]:
        """A fact about sums, as one writes it: "Σ_c Y_nc = 1". Which array, which axis, and what all its sums are."""
        read = re.fullmatch(r"\s*(?:Σ|sum)_?\s*(\w)\s+(\S+)_(\w+)\s*==?\s*(-?[\d.]+)\s*", text)
        node = read and next((x for x, label in self.reading.name.items() if label == read[2]), None)
        if not read or node is None or len(shape(node)) != len(read[3]) or read[3].count(read[1]) != 1:
            arrays = ", ".join(label for x, label in self.reading.name.items() if shape(x))
            raise ValueError(f"derive: got given={text!r}; of Tensors the sums along an axis may be given, as "
                             f"'Σ_c Y_nc = 1' or 'sum_i p_i = 1'. The graph has {arrays}")
        axis, value = read[3].index(read[1]), float(read[4])
        sums = node._data.sum(axis)
        if not np.allclose(sums, value, rtol=1e-4 if node.dtype.itemsize < 8 else 1e-9):
            raise ValueError(f"derive: given={text!r} contradicts the numbers: the sums are {sums}")
        return (node, axis), value

    def sums_to_one(self, node: Any) -> bool:
        """Whether a constant is a target: rows that sum to 1, and that are used as weights of logarithms."""
        x = node._data
        if node.requires_grad or node not in self.reading.name or x.ndim == 0 or x.dtype.kind != "f":
            return False
        if (x < 0).any() or not np.allclose(x.sum(-1), 1.0):
            return False
        uses = [by for by in self.reading.order if any(x is node for x in by.inputs)]
        others = [y for by in uses for y in by.inputs if y is not node]
        return bool(uses) and all(by.op.name in ("mul",) for by in uses) and all(
            y.op is not None and y.op.name in ("log", "sub", "neg") for y in others)

    def lengths_in(self, expr: sp.Expr) -> list[tuple[sp.Symbol, int]] | None:
        """The free indices of an expression and how long their axes are; None where that can't be told."""
        lengths: dict[sp.Symbol, int] = {}
        for x in expr.atoms(sp.Indexed):
            known = self.points[0].known.get(x.base)
            if known is not None:
                lengths |= {i: n for i, n in zip(x.indices, known.shape) if i.is_Symbol}
        for x in expr.atoms(Flat, Digit):
            pairs = zip(x.args[::2], x.args[1::2]) if isinstance(x, Flat) else [x.args[::3]]
            lengths |= {i: int(n) for i, n in pairs}
        free = [i for i in expr.free_symbols if i.is_integer and i not in self.reading.lengths]
        return [(i, lengths[i]) for i in free] if all(i in lengths for i in free) else None

    def tied(self, x: Comparison) -> bool:
        """Whether a comparison of equals holds anywhere, or may."""
        axes = self.lengths_in(x)
        return axes is None or any(np.any(point(x, axes)) for point in self.points)

    def same(self, one: sp.Expr, other: sp.Expr) -> bool:
        """Whether two expressions have the same numbers at every point."""
        axes = self.lengths_in(sp.Tuple(one, other))
        if axes is None:                            # an index that stands in a δ alone: nothing is known of it
            return False
        with np.errstate(all="ignore"):             # what overflows without the largest taken away is not the same
            return all(np.allclose(point(one, axes), point(other, axes), rtol=1e-9, atol=1e-11)
                       for point in self.points)

    def known_sum(self, s: sp.Sum) -> sp.Expr | None:
        """0 or 1, if a sum of entries is that whatever the numbers are; and 0 for a sum of what is less its mean."""
        if isinstance(s.function, sp.Add) and any(node.op is not None and self.reading.name.get(node) in {
                str(x.base) for x in s.atoms(sp.Indexed)} for node in self.reading.order):
            return sp.S.Zero if self.same(s, sp.S.Zero) else None
        if not isinstance(s.function, sp.Indexed) or str(s.function.base) == SEED:
            return None
        if s not in self.sums:
            node = next((x for x, name in self.reading.name.items() if name == str(s.function.base)), None)
            self.sums[s] = None
            if node is None:
                return None
            summed_over = {limit[0] for limit in s.limits}
            if any(not i.is_Symbol for i in s.function.indices if i.has(*summed_over)):
                return None
            dims = tuple(axis for axis, i in enumerate(s.function.indices) if i in summed_over)
            axes = [axis for axis, n in enumerate(shape(node)) if n != 1]
            given = [self.facts[node, axes[d]] for d in dims if (node, axes[d]) in self.facts]
            if node.op is None and not given:
                return None
            for value in (0, 1, *given):
                if all(np.allclose(self.array(point, node).sum(dims), value, atol=1e-9) for point in self.points):
                    self.sums[s] = rational(float(value))
        return self.sums[s]

    # What stands on the board.

    def entry(self, node: Any, index: Index) -> Shown:
        if not real(index):
            return name(self.reading.name[node])
        return self.write(self.reading.field[node].at(index))

    def matrix(self, node: Any) -> Shown:
        return name(capital(self.reading.name[node], len(real(generic(node)))))

    def lengths(self, node: Any, index: Index) -> list[tuple[sp.Symbol, int]]:
        return [(i, n) for i, n in zip(index, shape(node)) if n != 1]

    def side(self, form: Form, axes: Sequence[tuple[sp.Symbol, int]]) -> Side:
        expr = self.axes.lettered(form.expr)
        return Side(form.shown or self.write(expr), lambda point: point(expr, axes), form.why)

    def array(self, point: Point, node: Any) -> Any:
        return point.value[node].reshape([n for n in shape(node) if n != 1])

    def definitions(self) -> Section:
        reading, lines = self.reading, []
        for node in reading.order:
            if node in reading.formula and (node in reading.shown or node in reading.helpers or any(
                    node is x for x in reading.beside)):
                index = placed(node, self.axes.of(reading.name[node], len(real(generic(node)))))
                formula = self.axes.lettered(reading.formula[node].at(index))
                why = NOTHING
                shifted = [x for x in reading.shifts if str(reading.name[x]) in {
                    str(b) for b in formula.atoms(sp.IndexedBase)} | {str(b) for b in formula.free_symbols}]
                if shifted and not any(x in self.said for x in shifted):
                    self.said |= set(shifted)
                    why = said(self.entry(shifted[0], placed(shifted[0], self.axes.of(
                        reading.name[shifted[0]], len(real(generic(shifted[0])))))),
                        ", the largest, is a constant: taken from all, it cancels")
                told = len(self.write.positions)
                self.write(formula)
                for places, label in list(self.write.positions.items())[told:]:
                    numbers = str(places.array.squeeze().tolist()).translate(str.maketrans("[]", "()"))
                    why = said(why, ", " * bool(why.text), "with ", name(label), f" = {numbers}" if len(
                        numbers) < 40 else " the places that are given")
                lines.append(Line(self.entry(node, index), partial(self.array, node=node),
                                  [self.side(Form(formula, why), self.lengths(node, index))]))
        return Section("Definitions", lines)

    def jacobian(self, u: Any, x: Any, letters: tuple[Sequence[str], Sequence[str]] | None = None) -> Local:
        if (u, x) in self.locals and letters is None:
            return self.locals[u, x]
        out = generic(u)
        parts = self.reading.partials(u, Field(lambda index: ones_at(out, index) if real(out) else sp.S.One, shape(u)))
        into = generic(x)
        expr = expanded(parts[x].at(into)) if x in parts else sp.S.Zero
        merged: dict[sp.Symbol, sp.Symbol] = {}
        lengths = dict([*self.lengths(u, out), *self.lengths(x, into)])
        for i in real(out):                         # indices that must be the same
            for j in real(into):
                delta = sp.KroneckerDelta(i, j)
                terms = sp.Add.make_args(expr)
                if expr != 0 and lengths[i] == lengths[j] and all(delta in sp.Mul.make_args(t) for t in terms):
                    expr = sp.Add(*[(t / delta).xreplace({i: j}) for t in terms])
                    merged[i] = j
        names = self.reading.name
        first = self.axes.of(names[x], len(real(into))) if letters is None else letters[1]
        spelled = dict(zip(real(into), map(letter, first)))
        rest = [i for i in real(out) if i not in merged]
        wanted = dict(zip(real(out), self.axes.of(names[u], len(real(out))) if letters is None else letters[0]))
        taken = set(first)
        for i in rest:
            choice = wanted[i]
            if choice in taken:
                axis = real(out).index(i)
                letters_of = self.axes.lists[self.axes.find((names[u], axis))]
                choice = next(c for c in [*letters_of, *MORE] if c not in taken)
            taken.add(choice)
            spelled[i] = letter(choice)
        outward = tuple([sp.S.Zero if i == 0 else spelled[merged.get(i, i)] for i in out])
        inward = tuple([sp.S.Zero if j == 0 else spelled[j] for j in into])
        expr = expr.xreplace(spelled)
        forms = self.rewriter.shortest(expr, ties([expr], self.tied), real(outward))
        found = Local(outward, inward, forms)
        if letters is None:
            self.locals[u, x] = found
        return found

    def numeric(self, point: Point, u: Any, x: Any) -> Any:
        """The Jacobian in numbers, axes of length 1 left out."""
        key = u, x, id(point)
        if key not in self.jacobians:
            if u._data.size * x._data.size > MOST:
                raise ValueError(f"derive: ∂{self.reading.name[u]}/∂{self.reading.name[x]} has {u._data.size} · "
                                 f"{x._data.size} entries, too many to check; derive a smaller copy of the graph")
            rows = []
            for one in np.eye(u._data.size):
                got = point.pulled(u, one.reshape(shape(u)), through=False).get(x)
                rows.append(np.zeros(shape(x)) if got is None else np.broadcast_to(got, shape(x)))
            self.jacobians[key] = np.array(rows).reshape([n for n in (*shape(u), *shape(x)) if n != 1])
        return self.jacobians[key]

    def held(self, u: Any, x: Any) -> list[Shown]:
        """The named nodes that u takes, by which it depends on x as well: they are held fixed in its own ∂u/∂x."""
        leading = self.reading.leading(x, self.parts)
        return [name(self.reading.name[y]) for y in self.parts[u] if y is not x and y in leading]

    def locally(self, u: Any, x: Any, local: Local) -> Shown:
        return derivative(self.entry(u, local.out), self.entry(x, local.into), self.held(u, x))

    def local_line(self, u: Any, x: Any, local: Local | None = None) -> Line:
        known = local or self.jacobian(u, x)
        left = self.locally(u, x, known)
        if fixed := self.held(u, x):
            first = known.forms[0]._replace(why=said("with ", listed(fixed), " held fixed"))
            known = known._replace(forms=[first, *known.forms[1:]])
        axes: dict[sp.Symbol, int] = dict([*self.lengths(u, known.out), *self.lengths(x, known.into)])
        out, into = real(known.out), real(known.into)

        def number(point: Point) -> Any:
            """The entries where indices with one letter are the same; elsewhere all are 0, which is checked too."""
            whole = self.numeric(point, u, x)
            letters = {i: chr(97 + k) for k, i in enumerate(axes)}
            spec = "".join(letters[i] for i in [*out, *into])
            kept = np.einsum(f"{spec}->{''.join(letters[i] for i in axes)}", whole)
            if not np.isclose(np.abs(whole).sum(), np.abs(kept).sum()):
                raise ArithmeticError(f"derive: {left.text} is not 0 where its indices differ. This is a mistake in "
                                      "derive; please report it")
            return kept

        return Line(left, number, once([self.side(form, list(axes.items())) for form in known.forms]))

    def gradient(self, point: Point, node: Any) -> Any:
        at = next(i for i, p in enumerate(self.points) if p is point)
        if "whole" not in point.__dict__:
            point.__dict__["whole"] = point.pulled(self.root, self.seed[at].reshape(shape(self.root)), through=True)
        got = point.__dict__["whole"].get(node, np.zeros(shape(node)))
        return np.broadcast_to(got, shape(node)).reshape([n for n in shape(node) if n != 1])

    def start(self) -> dict[Any, Callable[[Index], sp.Expr]]:
        """What is known before the first step: ∂L/∂L is 1; of an array, its gradient has a name."""
        if not real(generic(self.root)):
            return {self.root: lambda place: sp.S.One}
        self.write.gradients[self.seed_base] = self.loss, self.reading.name[self.root]
        return {self.root: lambda place: self.seed_base[tuple(real(place))]}

    def of(self, wrt: Any, known: dict[Any, Callable[[Index], sp.Expr]]) -> tuple[list[Section], sp.Expr]:
        """From the root back to `wrt`, one named node after another."""
        reading = self.reading
        parts = self.parts
        before = reading.leading(wrt, parts)
        sections: list[Section] = []
        for x in reversed([x for x in reading.shown if x in before]):
            if x in known:
                continue
            users = [u for u in reading.shown if u in known and x in parts[u]]
            sections.append(self.step(x, users, known))
        index = placed(wrt, self.axes.of(reading.name[wrt], len(real(generic(wrt)))))
        return sections, self.axes.lettered(known[wrt](index))

    def step(self, x: Any, users: Sequence[Any], known: dict[Any, Callable[[Index], sp.Expr]]) -> Section:
        reading = self.reading
        label = reading.name[x]
        index = placed(x, self.axes.of(label, len(real(generic(x)))))
        axes = self.lengths(x, index)
        section = Section(f"By {name(label).text}", about=x)
        scalar_root = not real(generic(self.root))
        loss = self.entry(self.root, ()) if scalar_root else self.loss
        left = derivative(loss, self.entry(x, index))
        chain, terms, exprs, kept = [], [], [], []
        for u in users:
            if u is self.root and scalar_root:
                local = self.jacobian(u, x)
                expr = local.forms[-1].expr.xreplace(dict(zip(real(local.into), real(index))))
                if len(users) == 1:
                    line = self.local_line(u, x)
                    further = self.rewriter.by_facts(expr)
                    line.sides += [self.side(form, axes) for form in further]
                    line.sides = once(line.sides)
                    section.lines.append(line)
                    return self.ended(section, x, index, [Form(expr), *further][-1].expr, known)
                section.lines.append(self.local_line(u, x))
                chain.append(self.locally(u, x, Local((), index, [])))
                terms.append(self.write(self.axes.lettered(expr)))
                exprs.append(expr)
                kept.append(expr)
                continue
            local = self.jacobian(u, x)
            section.lines += [self.local_line(u, x)] if (u, x) not in self.said else []
            self.said.add((u, x))
            over = [(i, n) for i, n in self.lengths(u, local.out) if i not in real(local.into)]
            sums = [i for i, _ in over]
            g, entry = known[u](local.out), local.forms[-1].expr
            chain.append(self.sigma(sums, product([derivative(loss, self.entry(u, local.out)),
                                                   self.locally(u, x, local)])))
            factors = [self.write(self.axes.lettered(f)) for f in (g, entry) if f != 1]
            terms.append(self.sigma(sums, product(factors or [self.write(sp.S.One)])))
            exprs.append(summed(self.opened(g * entry), over, split=True))
            taken = entry.has(sp.KroneckerDelta) and not exprs[-1].has(sp.KroneckerDelta)
            kept.append(exprs[-1] if taken else self.in_one_sum(g * entry, over))
        uses = [(u, self.jacobian(u, x)) for u in users]

        def numbers(point: Point) -> Any:
            return sum(np.tensordot(self.gradient(point, u), self.numeric(point, u, x), len(real(local.out)))
                       for u, local in uses)

        whole = sp.Add(*exprs)
        plainly = all(self.by_itself(known[u](self.jacobian(u, x).out), self.jacobian(u, x).forms[-1].expr)
                      for u in users)
        ends = self.rewriter.shortest(whole)
        together = self.axes.lettered(sp.Add(*kept))
        if self.rewriter.length(together) <= self.rewriter.length(ends[-1].expr):
            ends = [Form(together)]
        forms = [*[Form(whole, NOTHING, total(terms))] * (not plainly), *ends]
        sides = [Side(total(chain), numbers, said("the chain rule"))]
        sides = once([*sides, *[self.side(form, axes) for form in forms]])
        section.lines.append(Line(left, lambda point: self.gradient(point, x), sides))
        return self.ended(section, x, index, forms[-1].expr, known)

    def in_one_sum(self, expr: sp.Expr, over: Sequence[tuple[sp.Symbol, int]]) -> sp.Expr:
        """Σ expr, what does not depend on the index before it, the sign where it shows least."""
        before, within = self.rewriter.tidy(expr).as_independent(*[i for i, _ in over], as_Add=False)
        before, within = min([(before, within), (-before, -within)], key=lambda pair: sum(
            self.write(x).text.count("−") + 2 * self.write(x).text.startswith("−") for x in pair))
        return before * (sp.Sum(within, *[(i, 0, n - 1) for i, n in over[::-1]]) if over else within)

    def by_itself(self, g: sp.Expr, entry: sp.Expr) -> bool:
        """Whether g · entry needs no line of its own: both are short, and nothing comes of it but their product."""
        return g.is_Indexed and not entry.is_Add and not entry.has(sp.KroneckerDelta, sp.Sum)

    def opened(self, expr: sp.Expr) -> sp.Expr:
        """Products cancelled before they are summed."""
        stand_in = {s: sp.Dummy(real=True) for s in expr.atoms(sp.Sum)}
        terms = sp.Add.make_args(expanded(expr.xreplace(stand_in)))
        return sp.Add(*map(sp.cancel, terms)).xreplace({v: k for k, v in stand_in.items()})

    def sigma(self, over: Sequence[sp.Symbol], inner: Shown) -> Shown:
        for i in reversed(over):
            x = inner.within(1)
            inner = Shown(f"Σ_{i.name} {x.text}", rf"\sum_{{{i.name}}} {x.latex}",
                          f"<mrow><munder><mo>∑</mo><mi>{i.name}</mi></munder>{x.mathml}</mrow>", 1)
        return inner

    def ended(self, section: Section, x: Any, index: Index, expr: sp.Expr,
              known: dict[Any, Callable[[Index], sp.Expr]]) -> Section:
        """Remember the result, and say it in matrices where that can be said."""
        expr = self.axes.lettered(expr)
        own = real(index)

        def at(place: Index) -> sp.Expr:
            return rebound(expr, dict(zip(own, real(place))))

        known[x] = at
        form = Matrices(self.write, own, [n for n in shape(x) if n != 1]).of(expr)
        if self.rewriter.length(expr) > LONG and x not in self.reading.wrt:
            base = sp.IndexedBase(f"gradient of {self.reading.name[x]}", real=True)
            self.write.gradients[base] = (self.entry(self.root, ()) if not real(generic(self.root)) else self.loss,
                                          self.reading.name[x])
            for axis in range(len(own)):
                self.axes.parent[str(base), axis] = self.axes.find((self.reading.name[x], axis))
            for point in self.points:
                point.known[base] = self.gradient(point, x)
            known[x] = lambda place: base[tuple(real(place))]
        if form is not None:
            scalar_root = not real(generic(self.root))
            loss = self.entry(self.root, ()) if scalar_root else self.loss
            section.lines.append(Line(derivative(loss, self.matrix(x)), lambda point: self.gradient(point, x),
                                      [Side(form[0], form[1], said(form[2]))]))
        return section


def tensor_steps(root: Any, wrt: Sequence[Any], names: Mapping[str, Any] | None) -> tuple[Reading, Derivation]:
    """From the root back to all of `wrt`, one named node after another."""
    board = IndexBoard(root, wrt, names)
    known = board.start()
    sections = [section for node in board.reading.wrt for section in board.of(node, known)[0]]
    derivation = Derivation("", sections, None, board.points)
    derivation.check()
    return board.reading, derivation


def derive_tensors(root: Any, wrt: Sequence[Any], given: Sequence[str], names: Mapping[str, Any] | None,
                   size: int = WHOLE) -> Derivation:
    board = IndexBoard(root, wrt, names, given, size=size)
    root, wrt = board.root, list(board.reading.wrt)
    known = board.start()
    below = set(topological(root))
    for node in wrt:
        if node not in below or not node.requires_grad:
            raise ValueError(f"derive: {board.reading.name[root]} does not depend on {board.reading.name[node]} in a "
                             "way that is recorded; was it made with requires_grad=True?")
    sections = [board.definitions()]
    results = []
    for node in wrt:
        found, result = board.of(node, known)
        sections += found
        results.append(result)
    title = ", ".join(f"∂{name(board.reading.name[root]).text}/∂{name(board.reading.name[x]).text}" for x in wrt)
    derivation = Derivation(title, sections, results[0] if len(wrt) == 1 else results, board.points)
    derivation.check()
    for left, right in board.rewriter.claims:
        if not board.same(left, right):
            raise ArithmeticError(f"derive: {board.write(left).text} = {board.write(right).text}, which is said as a "
                                  "reason, does not hold. This is a mistake in derive; please report it")
    compare(board, wrt, results)
    return derivation


def compare(board: IndexBoard, wrt: Sequence[Any], results: Sequence[sp.Expr]) -> None:
    """The results against the engine's own gradients."""
    whole, starts = board.reading.origin
    gradients: dict[Any, Any] = {whole: board.seed[0].reshape(whole.shape).astype(whole.dtype)}
    for _ in back(topological(whole), gradients):
        pass
    for node, original, result in zip(wrt, starts, results):
        index = placed(node, board.axes.of(board.reading.name[node], len(real(generic(node)))))
        mine = board.points[0](result, board.lengths(node, index))
        engine = gradients[original].reshape([n for n in shape(node) if n != 1])
        rounding = 1e-4 if node.dtype.itemsize < 8 else 1e-7
        if not np.allclose(mine, engine, rtol=rounding, atol=rounding / 100):
            raise ArithmeticError(f"derive: by {board.reading.name[node]} the result is {mine}, and the engine's "
                                  f"gradient {engine}. This is a mistake in derive; please report it")


def jacobian_of(p: Any, z: Any, names: Mapping[str, Any] | None) -> Derivation:
    """∂p_ni/∂z_nj."""
    board = IndexBoard(p, [z], names, softmax=False)
    reading = board.reading
    p, (z,) = reading.root, reading.wrt
    if z not in reading.partials(p, Field(lambda index: sp.Dummy(), shape(p))):
        raise ValueError("jacobian: between the two stand named nodes, or no way leads from one to the other; take the "
                         "labels of what stands between away, or derive through them with derive()")
    outs, ins = (board.axes.of(reading.name[x], len(real(generic(x)))) for x in (p, z))
    if outs and ins:                                # ∂p_i/∂z_j
        outs, ins = [*outs[:-1], "i"], [*ins[:-1], "j"]
    local = board.jacobian(p, z, (outs, ins))
    title = f"∂{name(reading.name[p]).text}/∂{name(reading.name[z]).text}"
    derivation = Derivation(title, [board.definitions(), Section("The Jacobian", [board.local_line(p, z, local)])],
                            local.forms[-1].expr, board.points)
    derivation.check()
    return derivation
