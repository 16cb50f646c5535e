"""Results in matrices: (Ŷ − Y)/N for (ŷ_nc − y_nc)/N, Hᵀ G for Σ_n h_nj g_nc, column sums for a bias.

What cannot be said so without new signs stays in index notation: nothing is claimed about it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy as sp

from autograd.deriving.fields import The
from autograd.deriving.moves import Positions
from autograd.deriving.points import Point
from autograd.deriving.shown import ATOM, POWER, PRODUCT, TIMES, Shown, Writer, derivative, joined, made, name

__all__ = ["Matrices", "capital"]


def capital(label: str, ndim: int) -> str:
    """The matrix whose entries are ŷ_nc is Ŷ."""
    plain = unicodedata.normalize("NFD", label)
    letter = plain[:1].isascii() and (len(plain) == 1 or not plain[1].isascii() or plain[1] in "_0123456789")
    return label[0].upper() + label[1:] if ndim == 2 and letter else label


class Matrices:
    """Writes an expression with indices as one of matrices: (Ŷ − Y)/N, Hᵀ(Ŷ − Y)/N, 1ᵀ(Ŷ − Y)/N."""

    def __init__(self, write: Writer, own: Sequence[sp.Symbol], lengths: Sequence[int]) -> None:
        self.write, self.own, self.lengths = write, list(own), list(lengths)

    def of(self, expr: sp.Expr) -> tuple[Shown, Callable[[Point], Any], str] | None:
        own = self.own
        if len(own) not in (1, 2) or not expr.has(sp.Indexed):
            return None
        axes = list(zip(own, self.lengths))
        if not expr.has(sp.Sum):
            if len(own) == 2 and (shown := self.elementwise(expr, own)) is not None:
                return shown, lambda point: point(expr, axes), ""
            return None
        coefficient, rest = expr.as_independent(*expr.atoms(sp.Sum), as_Add=False)
        if not isinstance(rest, sp.Sum) or coefficient.has(sp.Indexed) or rest.function.has(sp.Sum) or len(
                rest.limits) > 1:
            return None
        ((k, _, high),), within = rest.limits, rest.function
        n = int(high) + 1
        if within.as_independent(k, as_Add=False)[0] != 1:
            return None
        if len(own) == 1:
            if sp.fraction(coefficient)[0] == 1:
                within, coefficient = within * coefficient, sp.S.One
            summand = self.elementwise(within, [k, own[0]])
            if summand is None or not within.has(own[0]):
                return None
            ones = Shown("1ᵀ", r"\mathbf{1}^{\top}", "<msup><mn mathvariant='bold'>1</mn><mo>⊤</mo></msup>")
            return self.scaled(coefficient, self.times(ones, summand)), lambda point: np.ones(n) @ point(
                within * coefficient, [(k, n), *axes]), "the sums of the columns"
        left = [f for f in sp.Mul.make_args(within) if own[0] in f.free_symbols]
        right = [f for f in sp.Mul.make_args(within) if own[1] in f.free_symbols]
        if set(left) & set(right) or len(left) + len(right) != len(sp.Mul.make_args(within)):
            return None
        one, other = sp.Mul(*left), sp.Mul(*right)
        if other.is_Add and sp.fraction(coefficient)[0] == 1:       # (Ŷ − Y)/N
            other, coefficient = other * coefficient, sp.S.One
        first = self.oriented(one, own[0], k)
        second = self.oriented(other, k, own[1])
        if first is None or second is None:
            return None
        return self.scaled(coefficient, self.times(first, second)), lambda point: point(coefficient) * (
            point(one, [axes[0], (k, n)]) @ point(other, [(k, n), axes[1]])), ""

    def scaled(self, coefficient: sp.Expr, x: Shown) -> Shown:
        """A number times a product of matrices: 2 Hᵀ(O − Y)."""
        if coefficient == 1:
            return x
        c = self.write(coefficient)
        return joined([c._replace(text=f"({c.text})") if "/" in c.text else c,
                       Shown("" if x.text.startswith("(") else " ", "", ""), x], PRODUCT)

    def times(self, a: Shown, b: Shown) -> Shown:
        a, b = a.within(POWER), b.within(PRODUCT if b.text.startswith("(") else POWER)
        between = TIMES if a.text.startswith("∂") else Shown("" if b.text.startswith("(") else " ", "", "")
        return joined([a, between, b], PRODUCT)

    def oriented(self, expr: sp.Expr, row: sp.Symbol, column: sp.Symbol) -> Shown | None:
        straight = self.elementwise(expr, [row, column])
        if straight is not None:
            return straight
        turned = self.elementwise(expr, [column, row])
        if turned is None:
            return None
        inner = turned.within(ATOM)
        if inner.text.startswith("∂"):             # a derivative is transposed as a whole
            inner = inner.enclosed()
        return made("T", inner, binding=POWER)

    def elementwise(self, expr: sp.Expr, index: Sequence[sp.Symbol]) -> Shown | None:
        """The expression if it takes matrices entry by entry, all at the same place, and multiplies no two."""
        entries = expr.atoms(sp.Indexed)
        if not entries or any(list(x.indices) != list(index) for x in entries) or expr.has(
                sp.Sum, sp.KroneckerDelta, Positions):
            return None
        for x in sp.preorder_traversal(expr):
            if isinstance(x, sp.Mul) and sum(f.has(sp.Indexed) for f in x.args) > 1:
                above, below = sp.fraction(x)
                if sum(f.has(sp.Indexed) for f in sp.Mul.make_args(above)) > 1 or below.has(sp.Indexed):
                    return None
            if isinstance(x, sp.Add) and any(not t.has(sp.Indexed) for t in x.args):
                return None                         # 1 − H² would add a number to a matrix
            if isinstance(x, The):
                return None
        whole = {x: sp.Symbol(capital(str(x.base), 2), real=True) for x in entries}
        write = Writer({capital(label, 2): rank for label, rank in self.write.rank.items()})
        write.spelled = dict(self.write.spelled) | {
            whole[x]: derivative(loss, name(capital(label, 2))) for x in entries if x.base in self.write.gradients
            for loss, label in [self.write.gradients[x.base]]}
        return write(expr.xreplace(whole))
