"""What SymPy is asked for: `factored` against products that are known, and all of it in the time that it may take."""

from __future__ import annotations

import random
from itertools import permutations
from time import process_time

import pytest

sp = pytest.importorskip("sympy")

from autograd.deriving.algebra import cancelled, expanded, factored, solved_for, within_reach  # noqa: E402


def random_sum(r, names):
    """A few terms, each of up to three names or their powers."""
    terms = [[r.choice(names) ** r.choice([1, 1, 1, 2, 3]) for _ in range(r.randint(0, 3))]
             for _ in range(r.randint(2, 4))]
    return sp.Add(*[r.choice([1, 1, -1, 2]) * sp.Mul(*factors) for factors in terms])


@pytest.mark.parametrize("seed", range(40))
def test_a_product_of_random_sums_is_found_again(seed):
    """In a name of its own each factor is linear, so that each can be told from the others."""
    r = random.Random(seed)
    names = sp.symbols("a b c d", real=True)
    known = [random_sum(r, names) * z + random_sum(r, names) for z in sp.symbols("x y z", real=True)[:r.randint(1, 3)]]
    below = r.choice(names) ** 2
    found = factored(sp.expand(sp.Mul(*known)) / below)
    assert sp.expand(found * below - sp.Mul(*known)) == 0
    # SymPy may split a factor further, where its two coefficients have something in common
    sums = [f for f in sp.Mul.make_args(sp.fraction(found)[0]) if f.as_base_exp()[0].is_Add]
    assert len(sums) >= len(known)


@pytest.mark.parametrize("seed", range(40))
def test_it_is_as_far_taken_apart_as_sympy_takes_it(seed):
    r = random.Random(seed)
    x = sp.expand(sp.Mul(*[random_sum(r, sp.symbols("a b c")) for _ in range(2)]))
    ours, theirs = ({sp.expand(f.as_base_exp()[0] ** 2) for f in sp.Mul.make_args(y(x)) if not f.is_Number}
                    for y in (factored, sp.factor))
    assert ours == theirs                           # squared, as a factor may stand with either sign


def test_what_sympy_searches_for_minutes_is_found_at_once():
    """A line of a fraction of several levels; which order of the names is slow there depends on numbers drawn."""
    a, b, c, d, e, f, s, t = names = sp.symbols("a b c d e f s t", real=True)
    x = (a - b * s ** 3 - d * s ** 2 - f * s) * (a - c * t ** 3 - e * t ** 2) + f * s ** 2 * t
    begin = process_time()
    for order in list(permutations(names))[::2000]:
        renamed = sp.expand(x.xreplace(dict(zip(names, order))) * order[0])
        assert factored(renamed).is_Mul
    assert process_time() - begin < 10


@pytest.mark.parametrize("x", ["a/2 + b/2", "sqrt(a)*b + sqrt(a)", "a**b + a", "2*pi*a + 2*pi*b", "a", "3",
                               "1.5*a + 3.0*a*b", "(a + b)**c*(a*b + a)", "a**8 - b**8", "1/(a*b + a) + 1/b"])
def test_what_is_no_polynomial_keeps_its_value(x):
    x = sp.sympify(x)
    at = dict(zip(sorted(x.free_symbols, key=str), (0.7, 1.3, 2.1)))
    assert float(factored(x).subs(at)) == pytest.approx(float(x.subs(at)), rel=1e-14)


def nested(r, names, depth):
    """Sums, products, powers and fractions within one another."""
    if depth == 0 or r.random() < 0.15:
        return r.choice(names) ** r.choice([1, 1, 1, 2, 3])
    parts = [nested(r, names, depth - 1) for _ in range(r.randint(2, 4))]
    return r.choice([sp.Add(*parts), sp.Mul(*parts[:3]), parts[0] / parts[1], (parts[0] - 2 * parts[1]) ** 2])


@pytest.mark.parametrize("block", range(4))
def test_whatever_is_asked_takes_no_time_worth_a_thought(block):
    """What is within reach keeps its value, and the rest is left as it is."""
    within = 0
    for seed in range(25 * block, 25 * block + 25):
        r = random.Random(seed)
        names = sp.symbols(f"x0:{r.randint(2, 20)}", positive=True)
        x = nested(r, names, r.randint(1, 6))
        at = {name: sp.Rational(r.randint(3, 9), 7) for name in names}
        begin = process_time()
        found = [algebra(x) for algebra in (cancelled, expanded, factored)]
        assert process_time() - begin < 5
        if within_reach(x):
            within += 1
            assert {y.subs(at) for y in found} == {x.subs(at)}
        else:
            assert found == [x, x, x]
    assert 3 < within < 25


def test_an_equation_is_solved_for_what_stands_in_it_once_or_squared():
    a, b, x = sp.symbols("a b x", positive=True)
    assert solved_for(a / (1 + x) - b, x) == [(a - b) / b]
    assert set(solved_for(x ** 2 + b - a, x)) == {sp.sqrt(a - b), -sp.sqrt(a - b)}
    assert solved_for(x ** 5 - a * x - b, x) == solved_for(sp.exp(x) - a, x) == []
