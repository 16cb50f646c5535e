"""The algebra that SymPy is asked for, and how much of it: what would become too large is left as it is.

Everything that cancels, multiplies out or factors is here, and all of it keeps one bound on size. SymPy's own
algorithms take minutes on what is little larger, and some of them draw numbers, so that the same line takes longer in
one run than in another.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache, wraps

import sympy as sp
from sympy.core.random import rng

__all__ = ["cancelled", "expanded", "factored", "fraction", "hidden", "solved_for", "within_reach"]

NAMES = 16                                          # different names in what algebra is tried on
TERMS = 400                                         # above and below the line, if all is multiplied out
SEARCHED = 5, 40                                    # names and terms in what is left to SymPy's search for factors


def within_reach(x: sp.Expr) -> bool:
    """Whether algebra on x is quick: x as one fraction, multiplied out, has few terms and few names."""
    above, below = _terms(x)
    return len(x.free_symbols) <= NAMES and above * math.prod(_terms(f)[0] ** n for f, n in below) <= TERMS


@lru_cache(maxsize=10_000)
def _terms(x: sp.Expr) -> tuple[int, tuple[tuple[sp.Expr, int], ...]]:
    """How many terms would stand above the line, if x were one fraction; and the factors below it, with their powers.

    >>> a, b, c = sp.symbols("a b c")
    >>> _terms((a + b) ** 2 * (a + c) + 1/(a + b))      # 2³ · 2 terms and one
    (17, ((a + b, 1),))
    """
    if x.is_Add:
        parts = [(above, dict(below)) for above, below in map(_terms, x.args)]
        common: dict[sp.Expr, int] = {}
        for _, below in parts:
            common |= {f: max(n, common.get(f, 0)) for f, n in below.items()}
        return sum(above * math.prod(_terms(f)[0] ** (n - below.get(f, 0)) for f, n in common.items())
                   for above, below in parts), tuple(common.items())
    if x.is_Mul:
        factors: dict[sp.Expr, int] = {}
        for f, n in [pair for y in x.args for pair in _terms(y)[1]]:
            factors[f] = factors.get(f, 0) + n
        return math.prod(_terms(y)[0] for y in x.args), tuple(factors.items())
    if x.is_Pow and x.exp.is_Integer:
        n = min(abs(int(x.exp)), TERMS)
        above, under = _terms(x.base)
        if x.exp > 0:
            return above ** n, tuple((f, k * n) for f, k in under)
        return math.prod(_terms(f)[0] ** (k * n) for f, k in under), ((x.base, n),)
    return 1, ()


def hidden(x: sp.Expr, *kinds: type[sp.Expr]) -> tuple[sp.Expr, dict[sp.Expr, sp.Expr]]:
    """x with symbols for what algebra need not look into, and what they stand for."""
    closed = {y: sp.Dummy(real=True) for y in sorted(x.atoms(*kinds), key=str)}
    return x.xreplace(closed), {v: k for k, v in closed.items()}


def bounded(algebra: Callable[[sp.Expr], sp.Expr]) -> Callable[[sp.Expr], sp.Expr]:
    """The same algebra, but what is too large is left as it is, and so is the inside of a sum."""
    @wraps(algebra)
    def tried(x: sp.Expr) -> sp.Expr:
        flat, opened = hidden(x, sp.Sum)
        return algebra(flat).xreplace(opened) if within_reach(flat) else x

    return tried


cancelled, expanded = bounded(sp.cancel), bounded(sp.expand)


def fraction(x: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """What stands above and below the line, if x is written as one fraction."""
    return sp.fraction(bounded(sp.together)(x))     # type: ignore[no-any-return]


@bounded
def factored(x: sp.Expr) -> sp.Expr:
    """As a product.

    Of a polynomial that is linear in a name, only what its two coefficients have in common is left to factor.
    Without this SymPy searches in all names at once, from points that it draws at random: a sum of 13 terms in 8 names
    took 10 ms, and more than ten minutes in one run of thirty.
    """
    above, below = sp.fraction(sp.together(x))
    return _factors(above) / _factors(below)


def _factors(x: sp.Expr) -> sp.Expr:
    if x.is_Mul:
        return sp.Mul(*map(_factors, x.args))
    if x.is_Pow and x.exp.is_Integer:
        return _factors(x.base) ** x.exp
    if not x.is_Add:
        return x
    polynomial = sp.Poly(x)
    gens = sorted(polynomial.gens, key=polynomial.degree)
    if len(gens) == 1 or polynomial.degree(gens[0]) > 1 or not polynomial.domain.is_ZZ:
        names, terms = SEARCHED
        if len(gens) > names or len(polynomial.terms()) > terms:
            return sp.factor_terms(x)
        state = rng.getstate()
        rng.seed(0)                                 # so that the search takes equally long each time
        try:
            return sp.factor(x)
        finally:
            rng.setstate(state)
    polynomial = polynomial.reorder(*gens).eject(*gens[1:])
    common, rest = polynomial.primitive()
    return _factors(polynomial.domain.to_sympy(common)) * rest.inject().as_expr()


def solved_for(x: sp.Expr, symbol: sp.Symbol) -> list[sp.Expr]:
    """Where x is 0: the formulas of the symbol, if x is of first or second degree in it."""
    above, _ = fraction(x)
    if not above.is_polynomial(symbol) or not within_reach(above) or sp.degree(above, symbol) not in (1, 2):
        return []
    return list(sp.roots(above, symbol))
