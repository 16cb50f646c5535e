"""Derivations for graphs of Tensors, in index notation: entries, δ and Σ; and the result in matrices.

∂u/∂x is asked of the ops with δ as the gradient that arrives, one entry of u at a time; the chain rule then sums over
the entries of u. Indices get their letters when all is known: equal letters are equal axes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from autograd.core.graph import topological
from autograd.deriving.algebra import cancelled, expanded, factored, fraction, hidden, within_reach
from autograd.deriving.axes import Axes, letter, placed, rebound
from autograd.deriving.board import MISTAKE, ROOM, Board, Local, quiet
from autograd.deriving.derivation import WIDEST, Derivation, Line, Section, Side, close
from autograd.deriving.fields import Comparison, Field, Index, The, generic, long, rational, real, size
from autograd.deriving.matrices import Matrices, capital
from autograd.deriving.moves import Digit, Flat, drawn, ones_at, spread_out, summed
from autograd.deriving.points import Point, flat
from autograd.deriving.reading import WHOLE
from autograd.deriving.rewriting import Form, Rewriter, is_power, ties, weighs_a_logarithm
from autograd.deriving.shown import NOTHING, Shown, decimal, derivative, listed, name, product, said, sigma, total

__all__ = ["IndexBoard"]

LONG = 40                                           # a derivative that is longer keeps its name in what follows


class IndexRewriter(Rewriter):
    """Rewrites expressions with indices."""

    def __init__(self, board: IndexBoard) -> None:
        super().__init__(board)
        self.board: IndexBoard = board
        self.patterns: list[tuple[sp.Expr, sp.Expr]] = []
        reading = board.reading
        helpers = {reading.name[node] for node in reading.helpers}
        for node in [*reading.shown, *reading.helpers, *reading.beside]:
            if node not in reading.formula or not node.shape:
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
            above, below = fraction(formula)
            atoms = {x for x in above.atoms(The) if is_power(x)} | {
                x for x in above.atoms(sp.Indexed) if str(x.base) in helpers}
            if above.is_Add and below.free_symbols and real(index):         # x − μ = x̂·σ
                self.patterns.append((above, reading.field[node].at(index) * below))
            factors = sp.Mul.make_args(above)
            found = [x for x in factors if x in atoms and set(real(index)) <= x.free_symbols]
            if len(found) == 1 and real(index) and not above.is_Add:            # e^z = ŷ·s, and u = x̂/r
                self.patterns.append((found[0], reading.field[node].at(index) * below / (above / found[0])))

    def rooted(self, expr: sp.Expr) -> list[Form]:
        """Without sums that are 0, and with 1/r² for what r is the root of, before algebra takes it apart."""
        forms, known = [Form(expr)], [s for s in expr.atoms(sp.Sum) if self.board.known_sum(s) == 0]
        if known:
            lettered = self.board.axes.lettered(expr)
            known = sorted([s for s in lettered.atoms(sp.Sum) if self.board.known_sum(s) == 0], key=str)
            expr = lettered.xreplace(dict.fromkeys(known, sp.S.Zero))
        found: dict[sp.Expr, sp.Expr] = {}
        for x in sorted(expr.atoms(sp.Add), key=str):
            for pattern, named in self.patterns:
                if pattern.is_Add and (places := matched(pattern, x)) is not None:
                    found[x] = named.xreplace(places)
        if known:
            says = {x.text: x for x in [self.says(s, sp.S.Zero) for s in known]}
            forms.append(Form(expr if found else self.tidy(expr), said("as ", listed([*says.values()]))))
        if found:
            says = {x.text: x for x in [self.says(self.board.axes.lettered(x), y) for x, y in found.items()]}
            forms.append(Form(self.tidy(expr.xreplace(found)), said("as ", listed([*says.values()]))))
        return forms

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
        for delta in sorted(expr.atoms(sp.KroneckerDelta) if within_reach(expr) else [], key=str):
            for old, new in sorted((delta.args, delta.args[::-1]), key=lambda pair: pair[1] not in out):
                if old.is_Symbol:
                    terms = [t / delta if t.has(delta) else t for t in sp.Add.make_args(expanded(expr))]
                    if all(not t.has(delta) for t in terms):
                        moved = sp.Add(*[t.xreplace({old: new}) * delta if had.has(delta) else t
                                         for t, had in zip(terms, sp.Add.make_args(expanded(expr)))])
                        forms += [sp.factor_terms(moved), sp.factor_terms(factored(moved))]
        return self.best([*forms, expr])

    def tidy(self, expr: sp.Expr) -> sp.Expr:
        return super().tidy(self.board.axes.lettered(drawn(expr)))

    def by_one_fact(self, expr: sp.Expr) -> list[Form]:
        for s in sorted(expr.atoms(sp.Sum), key=str):
            if (value := self.board.known_sum(s)) is not None:
                return [Form(self.tidy(expr.xreplace({s: value})), said("as ", self.says(s, value)))]
        return []


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


class IndexBoard(Board):
    """What is known of a graph of Tensors while its derivation is written."""

    def __init__(self, root: Any, wrt: Sequence[Any], names: Mapping[str, Any] | None, given: Sequence[str] = (),
                 limit: int = WHOLE, softmax: bool = True) -> None:
        super().__init__(root, wrt, names, limit, softmax)
        root, reading = self.root, self.reading
        self.axes = Axes(reading)
        for symbol in reading.lengths:
            self.write.spelled[symbol] = name(self.letter_of_length(symbol))
        self.facts = {(node, len(node.shape) - 1): 1.0 for node in reading.order
                      if node.op is None and self.sums_to_one(node)} | dict(map(self.fact, given))
        self.sample(sums=self.facts)
        for (node, axis), value in self.facts.items():
            if not all(close(point.value[node].sum(axis), value) for point in self.points):
                raise ValueError(f"derive: what is given of the sums of {reading.name[node]} holds on these numbers by "
                                 "chance, and fails on others")
        random = np.random.default_rng(0)
        for point in self.points:
            point.seed = random.normal(size=root.shape) if size(root) else np.ones(root.shape)
        if size(root):
            self.name_gradient(root)
        self.rewriter: IndexRewriter = IndexRewriter(self)
        self.sums: dict[sp.Expr, Any] = {}
        self.locals: dict[tuple[Any, Any], Local] = {}
        self.told: set[str] = set()                 # constants that were introduced

    def letter_of_length(self, symbol: sp.Symbol) -> str:
        """N for the axis whose index is n."""
        length = self.reading.lengths[symbol]
        where = symbol.name.rpartition(" ")[2]
        axis = -2 if where == "row" else int(where)
        for node in self.reading.order:
            if node in self.reading.name:
                lengths = long(node)
                spot = axis if axis == -1 or len(lengths) > 1 else -1
                if len(lengths) >= -spot and lengths[spot] == length:
                    letters = self.axes.lists[self.axes.find((self.reading.name[node], len(lengths) + spot))]
                    return letters[0].upper()
        return str(length)

    def fact(self, text: str) -> tuple[tuple[Any, int], float]:
        """A fact about sums, as one writes it: "Σ_c Y_nc = 1". Which array, which axis, and what all its sums are."""
        read = re.fullmatch(r"\s*(?:Σ|sum)_?\s*(\w)\s+(\S+)_(\w+)\s*==?\s*(-?[\d.]+)\s*", text)
        node = read and next((x for x, label in self.reading.name.items() if label == read[2]), None)
        if not read or node is None or len(node.shape) != len(read[3]) or read[3].count(read[1]) != 1:
            arrays = ", ".join(label for x, label in self.reading.name.items() if x.shape)
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
        return bool((x >= 0).all() and np.allclose(x.sum(-1), 1.0)) and weighs_a_logarithm(node, self.reading)

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
        axes = self.lengths_in(x)
        return axes is None or any(np.any(point(x, axes)) for point in self.points)

    def same(self, one: sp.Expr, other: sp.Expr, rounding: float = 1e-9) -> bool:
        axes = self.lengths_in(sp.Tuple(one, other))
        if axes is None:                            # an index that stands in a δ alone: nothing is known of it
            return False
        with quiet():                               # what overflows without the largest taken away is not the same
            return all(close(point(one, axes), point(other, axes), rounding) for point in self.points)

    def known_sum(self, s: sp.Sum) -> sp.Expr | None:
        """0 or 1, if a sum of entries is that whatever the numbers are; and 0 for a sum of what is less its mean."""
        if s not in self.sums:
            labels = {str(x.base) for x in s.atoms(sp.Indexed)}
            nodes = {x for x, label in self.reading.name.items() if label in labels}
            given = [value for (node, _), value in self.facts.items() if node in nodes]
            values = {0.0} if s.function.is_Add else {0.0, 1.0, *given} if s.function.is_Indexed else set()
            if any(node.op is not None for node in nodes) or (given and s.function.is_Indexed):
                self.sums[s] = next((x for x in map(rational, sorted(values)) if self.same(s, x, 1e-7)), None)
        return self.sums.setdefault(s)

    # What stands on the board.

    def index(self, node: Any) -> Index:
        return placed(node, self.axes.of(self.reading.name[node], size(node)))

    def lettered(self, expr: sp.Expr) -> sp.Expr:
        return self.axes.lettered(expr)

    def array(self, point: Point, node: Any) -> Any:
        return flat(point.value[node], [node])

    def introduced(self, formula: sp.Expr) -> Shown:
        """What the constants are that a formula is the first to name."""
        reading, whys = self.reading, list[Shown]()
        names = {str(x) for x in formula.atoms(sp.Symbol)}
        for node in [*reading.shifts, *reading.constants]:
            if (label := reading.name[node]) in names - self.told:
                self.told.add(label)
                x, entry = node._data, self.entry(node, self.index(node))
                binary = label[0] in "MY" and ((x == 0) | (x == 1)).all()
                whys.append(said(entry, *(
                    [", the largest, is a constant: taken from all, it cancels"] if node in reading.shifts else
                    [" = ", decimal(x.item())] if x.size == 1 else [" is a constant"] if not binary else
                    [" is 1 for the true class, else 0" if label[0] == "Y" else " is 1 or 0"])))
        return said(*[part for why in whys for part in (", ", why)][1:]) if whys else NOTHING

    def definitions(self) -> Section:
        reading, lines = self.reading, []
        for node in reading.order:
            if node in reading.formula and (node in reading.shown or node in reading.helpers or node in reading.beside):
                index = self.index(node)
                formula = self.axes.lettered(reading.formula[node].at(index))
                why = self.introduced(formula)
                told = len(self.write.positions)
                self.write(formula)
                for places, label in list(self.write.positions.items())[told:]:
                    numbers = str(places.array.squeeze().tolist()).translate(str.maketrans("[]", "()"))
                    why = said(why, ", " * bool(why.text), "with ", name(label), f" = {numbers}" if len(
                        numbers) < 40 else " the places that are given")
                lines.append(Line(self.entry(node, index), partial(self.array, node=node),
                                  [self.side(Form(formula, why), self.lengths(node, index))]))
        return Section("Definitions", lines)

    def local(self, u: Any, x: Any, letters: tuple[Sequence[str], Sequence[str]] | None = None) -> Local:
        if (u, x) in self.locals and letters is None:
            return self.locals[u, x]
        out = generic(u)
        parts = self.reading.partials(u, Field(lambda index: ones_at(out, index) if real(out) else sp.S.One, u.shape))
        into = generic(x)
        expr = spread_out(parts[x].at(into)) if x in parts else sp.S.Zero
        merged: dict[sp.Symbol, sp.Symbol] = {}
        lengths = dict([*self.lengths(u, out), *self.lengths(x, into)])
        for i in real(out):                         # indices that must be the same
            for j in real(into):
                delta = sp.KroneckerDelta(i, j)
                terms = sp.Add.make_args(expr)
                if expr != 0 and lengths[i] == lengths[j] and all(delta in sp.Mul.make_args(t) for t in terms):
                    expr = sp.Add(*[(t / delta).xreplace({i: j}) for t in terms])
                    merged[i] = j
        outs, ins = letters or [self.axes.of(self.reading.name[y], size(y)) for y in (u, x)]
        spelled = dict(zip(real(into), map(letter, ins)))
        for axis, (i, wish) in enumerate(zip(real(out), outs)):
            if i not in merged:
                choices = [wish, *self.axes.lists[self.axes.find((self.reading.name[u], axis))], *self.axes.more]
                spelled[i] = next(c for c in map(letter, choices) if c not in spelled.values())
        outward, inward = (tuple([spelled.get(merged.get(i, i), i) for i in index]) for index in (out, into))
        expr = expr.xreplace(spelled)
        forms = self.rewriter.shortest(expr, ties(expr, self.tied), real(outward))
        found = Local(outward, inward, forms)
        if letters is None:
            self.locals[u, x] = found
        return found

    def numeric(self, point: Point, u: Any, x: Any, local: Local) -> Any:
        """The entries where indices with one letter are the same; elsewhere all are 0, which is checked too."""
        whole, places = point.jacobian(u, x), real((*local.out, *local.into))
        letters = {i: chr(97 + k) for k, i in enumerate(dict.fromkeys(places))}
        kept = np.einsum(f"{''.join(letters[i] for i in places)}->{''.join(letters.values())}", whole)
        if not np.isclose(np.abs(whole).sum(), np.abs(kept).sum()):
            raise ArithmeticError(f"derive: {self.locally(u, x, local).text} is not 0 where its indices differ. "
                                  f"{MISTAKE}")
        return kept

    def through(self, point: Point, users: Sequence[Any], x: Any) -> Any:
        return sum(np.tensordot(point.gradient(u), point.jacobian(u, x), size(u)) for u in users)

    def seed(self, whole: Any) -> Any:
        return self.points[0].seed.reshape(whole.shape).astype(whole.dtype)

    def of(self, wrt: Any) -> tuple[list[Section], sp.Expr]:
        if wrt not in set(topological(self.root)) or not wrt.requires_grad:
            raise ValueError(f"derive: {self.reading.name[self.root]} does not depend on {self.reading.name[wrt]} in a "
                             "way that is recorded; was it made with requires_grad=True?")
        return super().of(wrt)

    def over(self, u: Any, x: Any) -> list[tuple[sp.Symbol, int]]:
        """The indices of u that are summed over on the way to x."""
        local = self.local(u, x)
        return [(i, n) for i, n in self.lengths(u, local.out) if i not in real(local.into)]

    def chain(self, u: Any, x: Any) -> Shown:
        local = self.local(u, x)
        before = [derivative(self.loss, self.entry(u, local.out))] * (u is not self.root or size(u) > 0)
        return sigma([i for i, _ in self.over(u, x)], product([*before, self.locally(u, x, local)]))

    def put_in(self, x: Any, users: Sequence[Any]) -> tuple[list[Side], sp.Expr]:
        terms, exprs, kept, plainly = [], [], [], True      # plainly: nothing comes of it but a product
        for u in users:
            local, over = self.local(u, x), self.over(u, x)
            g, entry = self.known[u](local.out), local.forms[-1].expr
            factors = [self.write(self.lettered(f)) for f in (g, entry) if f != 1] or [self.write(sp.S.One)]
            terms.append(([i for i, _ in over], factors, self.locally(u, x)))
            opaque = not over and (g == 1 or (g.is_Indexed and not entry.has(sp.KroneckerDelta)))   # it cancels nothing
            exprs.append(g * entry if opaque else summed(self.opened(g * entry), over, split=True))
            taken = opaque or (entry.has(sp.KroneckerDelta) and not exprs[-1].has(sp.KroneckerDelta))
            kept.append(exprs[-1] if taken else self.in_one_sum(g * entry, over))
            plainly = plainly and g.is_Indexed and not entry.is_Add and not entry.has(sp.KroneckerDelta, sp.Sum)
        whole = sp.Add(*exprs)
        ends = [Form(whole)] if opaque and len(users) == 1 else self.rewriter.shortest(whole)
        together = self.lettered(sp.Add(*kept))
        if self.rewriter.length(together) <= self.rewriter.length(ends[-1].expr):
            ends = [Form(together)]
        for most in (math.inf, LONG, LONG // 2, 0):         # what is long by its name, until the line is short
            shown = total([sigma(sums, product([*before, last if len(last.text) <= most else called]))
                           for sums, (*before, last), called in terms])
            if len(shown.text) <= WIDEST - ROOM:
                break
        forms = [*[Form(whole, NOTHING, shown)] * (not plainly), *ends]
        axes = self.lengths(x, self.index(x))
        return [self.side(form, axes) for form in forms], forms[-1].expr

    def in_one_sum(self, expr: sp.Expr, over: Sequence[tuple[sp.Symbol, int]]) -> sp.Expr:
        """Σ expr, what does not depend on the index before it, the sign where it shows least."""
        before, within = self.rewriter.tidy(expr).as_independent(*[i for i, _ in over], as_Add=False)
        before, within = min([(before, within), (-before, -within)], key=lambda pair: sum(
            self.write(x).text.count("−") + 2 * self.write(x).text.startswith("−") for x in pair))
        return before * (sp.Sum(within, *[(i, 0, n - 1) for i, n in over[::-1]]) if over else within)

    def opened(self, expr: sp.Expr) -> sp.Expr:
        """Products cancelled before they are summed."""
        flat, back = hidden(expr, sp.Sum)
        return sp.Add(*map(cancelled, sp.Add.make_args(spread_out(flat)))).xreplace(back)

    def ended(self, section: Section, x: Any, expr: sp.Expr) -> Section:
        """Remember the result, and say it in matrices where that can be said."""
        expr = self.lettered(expr)
        own = real(self.index(x))
        self.known[x] = lambda index: rebound(expr, dict(zip(own, real(index))))
        form = Matrices(self.write, own, long(x)).of(expr)
        if self.rewriter.length(expr) > LONG and x not in self.reading.wrt:
            self.name_gradient(x)
        if form is not None:
            matrix = name(capital(self.reading.name[x], size(x)))
            section.lines.append(Line(derivative(self.loss, matrix), partial(self.gradient, node=x),
                                      [Side(form[0], form[1], said(form[2]))]))
        return self.fitting(section)

    def name_gradient(self, x: Any) -> None:
        """In what follows, ∂L/∂x goes by its name."""
        label = self.reading.name[x]
        base = sp.IndexedBase(f"gradient of {label}", real=True)
        self.write.gradients[base] = self.loss, label
        for axis in range(size(x)):
            self.axes.parent[str(base), axis] = self.axes.find((label, axis))
        for point in self.points:
            point.known[base] = point.gradient(x)
        self.known[x] = lambda index: base[tuple(real(index))]

    def jacobian(self) -> Derivation:
        """∂p_ni/∂z_nj of the root and the one node asked for."""
        p, (z,) = self.root, self.reading.wrt
        if z not in self.parts[p]:
            raise ValueError("jacobian: between the two stand named nodes, or no way leads from one to the other; take "
                             "the labels of what stands between away, or derive through them with derive()")
        outs, ins = (self.axes.of(self.reading.name[x], size(x)) for x in (p, z))
        if outs and ins:                            # ∂p_i/∂z_j
            outs, ins = [*outs[:-1], "i"], [*ins[:-1], "j"]
        local = self.local(p, z, (outs, ins))
        line = self.local_line(p, z, local)
        return self.checked(derivative(self.entry(p), self.entry(z)).text,
                            [self.definitions(), Section("The Jacobian", [line])], local.forms[-1].expr)
