"""`float(v)` gives the number; what would compute with it, and lose the gradient in silence, is refused."""

import array
import cmath
import math
import operator
import statistics
from math import exp

import numpy as np
import pytest

from autograd import Tensor, Value, no_grad
from tests.needs import needs

NODES = [Value(0.5), Tensor(0.5, requires_grad=True)]
each = pytest.mark.parametrize("v", NODES, ids=["value", "tensor"])
QUESTIONS = {"isnan", "isinf", "isfinite", "floor", "ceil", "trunc"}
FUNCTIONS = [f for name, f in vars(math).items()
             if name[0] != "_" and callable(f) and name not in QUESTIONS | {"isclose"}]


def of_floats(f):
    for arguments in ((0.5,), (0.5, 0.5), ([0.5, 0.5],), ([0.5, 0.5], [0.5, 0.5])):
        try:
            if isinstance(f(*arguments), float):
                return arguments
        except (TypeError, ValueError):
            pass
    return None


@each
@pytest.mark.parametrize("f", [f for f in FUNCTIONS if of_floats(f)], ids=lambda f: f.__name__)
def test_no_function_of_math_loses_a_gradient(v, f):
    arguments = [[v] * len(x) if isinstance(x, list) else v for x in of_floats(f)]
    if f.__name__ in ("prod", "sumprod"):           # which multiply whatever they are given
        assert isinstance(f(*arguments), (Value, Tensor))
        return
    with pytest.raises(TypeError, match="gradient"):
        f(*arguments)


def assigned(v):
    numbers = np.zeros(2)
    numbers[0] = v


def added(v):
    numbers = np.zeros(2)
    numbers[0] += v


def filled(v):
    numbers = np.zeros(2)
    numbers.fill(v)


def by_another_name(v):
    f = math.tanh
    return f(v)


class Held:
    module = math


@each
@pytest.mark.parametrize("lose", [
    assigned, added, filled, by_another_name, lambda v: np.zeros(2).fill(v), lambda v: np.zeros(2).__setitem__(1, v),
    lambda v: operator.setitem(np.zeros(2), 1, v + 1.0),
    lambda v: v * math.exp(v), lambda v: exp(v), lambda v: math.exp(v + 1.0),
    lambda v: Held.module.exp(v), lambda v: [math.log(x) for x in (v, v)], lambda v: cmath.exp(v),
    lambda v: math.pow(2.0, v), lambda v: math.hypot(*[v, v]), lambda v: statistics.fmean([v, v]),
    lambda v: np.fromiter([v, v], float), lambda v: np.array([v, 1.0], dtype=float), lambda v: np.asarray([v], "f4"),
    lambda v: np.sum([1.0, 2.0], initial=v), lambda v: np.add.reduce([1.0], initial=v), lambda v: np.arange(0, v, 0.1),
    lambda v: np.ones(2).sum(initial=v), lambda v: np.ones(2).put(0, v), lambda v: np.random.normal(v, 1.0),
    lambda v: np.random.default_rng(0).uniform(0.0, v), lambda v: np.random.choice([0, 1], p=[v, 0.5]),
    lambda v: np.ones(2).max(initial=v), lambda v: str(math.sqrt(v)), lambda v: max(0.0, math.sin(v)),
])
def test_where_it_would_be_lost_it_says_so(v, lose):
    with pytest.raises((TypeError, ValueError)) as caught:      # NumPy wraps what a Tensor, a sequence to it, raises
        lose(v)
    assert "would be lost" in f"{caught.value} {caught.value.__cause__}"


@each
@pytest.mark.parametrize("look", [
    float, complex, lambda v: float(v), lambda v: float(v * 2.0) / 2.0, lambda v: float("%f" % v),  # noqa: UP031
    lambda v: float(f"{v:.2f}"), lambda v: next(float(x) for x in (v,)), lambda v: next(map(float, [v])),
    lambda v: sorted([v], key=float)[0].item(), lambda v: array.array("d", [float(v)])[0], lambda v: np.float64(v),
    lambda v: math.exp(float(v)) * 0.5 / math.exp(0.5), lambda v: max([v], key=lambda x: float(x)).item(),
    lambda v: np.array([0.0, float(v)])[1], lambda v: v.item(), lambda v: math.floor(v) + 0.5,
    lambda v: 0.5 + math.isnan(v) + math.isinf(v),
])
def test_who_asks_for_the_number_gets_it(v, look):
    assert look(v) == 0.5


@each
@pytest.mark.parametrize("ask", [np.isnan, np.isfinite, np.isinf, np.signbit, np.logical_not])
def test_a_question_of_numpys_is_answered(v, ask):
    assert bool(ask(v)) is bool(ask(0.5))
    with pytest.raises(TypeError):
        ask(v, out=np.zeros((), bool))


def test_values_are_drawn_as_numbers():
    plt = needs("matplotlib.pyplot", "demos")
    plt.switch_backend("agg")
    figure, axes = plt.subplots()
    line, = axes.plot([Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)])
    axes.bar([0, 1], [Value(1.0), Value(2.0)])
    axes.axhline(Value(1.5))
    figure.canvas.draw()
    assert line.get_xydata().tolist() == [[1, 3], [2, 4]]
    plt.close(figure)


def test_what_has_no_gradient_is_a_number_like_any_other():
    assert math.exp(Tensor(0.0)) == 1.0
    with no_grad():
        assert math.exp(Tensor(0.0, requires_grad=True)) == 1.0
