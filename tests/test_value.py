"""`Value`: the scalar engine, and the manners micrograd's code expects of it."""

import copy
import gc
import math
import operator
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, no_grad
from autograd.core.graph import edges, leaves, topological
from autograd.core.nary import NARY, dot, total

finite = st.floats(-1e3, 1e3)


def test_a_node_used_twice_gets_both_gradients():
    a = Value(3.0)
    b = a + a
    b.backward()
    assert a.grad == 2.0
    assert b.inputs == (a, a)
    assert len(list(edges(b))) == 2


def test_every_path_counts_once():
    x = Value(2.0)
    y = x * x                                       # the diamond: dy/dx by the left and by the right
    z = y + y * x                                   # z = x² + x³
    z.backward()
    assert x.grad == 2 * 2 + 3 * 4
    assert y.grad == 1 + 2


def test_sixty_four_stacked_diamonds_take_one_step_each():
    x = y = Value(1.0)
    for _ in range(64):
        y = y + y
    y.backward()
    assert x.grad == 2.0 ** 64


def test_leaves_accumulate_and_interior_nodes_restart():
    a = Value(2.0)
    b = a * 3
    c = b * b
    c.backward()
    assert (a.grad, b.grad) == (36.0, 12.0)
    c.backward()
    assert (a.grad, b.grad, c.grad) == (72.0, 12.0, 1.0)
    a.grad = 0
    c.backward(0.5)
    assert (a.grad, b.grad) == (18.0, 6.0)


def test_two_losses_share_a_subgraph():
    a = Value(2.0)
    shared = a * a
    first, second = shared * 3, shared * 5
    first.backward()
    second.backward()
    assert a.grad == (3 + 5) * 4


def test_backward_from_a_leaf_adds_the_seed():
    a = Value(1.0)
    a.backward()
    a.backward(2)
    assert a.grad == 3.0


def test_a_change_of_data_changes_no_gradient_of_what_was_computed_before():
    a, b = Value(2.0), Value(3.0)
    c = a * b
    a.data = 100.0
    b.data -= 50
    c.backward()
    assert (a.grad, b.grad) == (3.0, 2.0)


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow])
def test_plain_numbers_stand_on_either_side(operation):
    for number in (3, 3.0, True, np.float64(3), np.float32(3), np.int64(3), Fraction(3), Decimal(3), np.array([3.0])):
        plain = float(np.squeeze(number))
        left, right = operation(number, Value(2.0)), operation(Value(2.0), number)
        assert type(left) is type(right) is Value
        assert left.data == operation(plain, 2.0)
        assert right.data == operation(2.0, plain)


def test_sum_leaves_no_stray_zero():
    a, b = Value(1.0), Value(2.0)
    assert len(topological(sum([a, b]))) == 3


@pytest.mark.parametrize("bad", ["1", b"1", None, 1j, [1.0], (1.0,), {}, np.ones(2), Value(1.0),
                                 pytest.param(object(), id="object"),
                                 np.array(1j), np.ma.masked_array([1.0], [True])])
def test_what_is_not_a_number_is_refused(bad):
    with pytest.raises(TypeError, match="Value"):
        Value(bad)


@pytest.mark.parametrize("bad", ["1", None, 1j, [1.0], np.ones(2), np.ones((2, 2))])
@pytest.mark.parametrize("operation", [operator.add, operator.mul, operator.sub, operator.truediv, operator.pow])
def test_what_is_not_a_number_is_refused_as_an_operand(bad, operation):
    with pytest.raises(TypeError):
        operation(Value(1.0), bad)
    with pytest.raises(TypeError):
        operation(bad, Value(1.0))


def test_an_array_times_a_value_says_what_to_do():
    with pytest.raises(TypeError, match=r"mul: got ndarray of shape \(3,\), but a Value holds one number.*Tensor"):
        np.ones(3) * Value(1.0)


def test_a_refused_operation_leaves_no_trace():
    a = Value(2.0)
    with pytest.raises(TypeError):
        a * "b"
    (a * 3).backward()
    assert a.grad == 3.0


@pytest.mark.parametrize(("expression", "data", "grad"), [
    (lambda x: x.exp(), math.inf, math.inf),
    (lambda x: x ** 200, math.inf, math.inf),
    (lambda x: 1 / (x - x), math.inf, math.nan),
    (lambda x: (x - x).log(), -math.inf, math.nan),
    (lambda x: (-x) ** (1 / 3), math.nan, math.nan),
    (lambda x: (-x).sqrt(), math.nan, math.nan),
    (lambda x: (x - x) ** -1, math.inf, math.nan),
])
def test_floats_follow_ieee(expression, data, grad):
    x = Value(1000.0)
    y = expression(x)
    y.backward()
    np.testing.assert_equal(y.data, data)
    np.testing.assert_equal(x.grad, grad)
    assert type(y.data) is float
    assert type(x.grad) is float


def test_comparisons_look_at_the_data_and_hashing_at_the_identity():
    a, b = Value(1.0), Value(1.0)
    assert a == a
    assert a != b                                   # another node, as in micrograd
    assert b not in [a]
    assert a == 1.0
    assert a <= b
    assert a < 2
    assert Value(3) > 2.5
    assert a != 2.0
    assert a != "a"
    assert len({a, b}) == 2
    assert max([Value(1.0), Value(3.0), Value(2.0)]).data == 3.0
    assert float(a) == 1.0
    assert int(Value(2.7)) == 2
    assert bool(a)
    assert not Value(0.0)


def test_data_and_grad_are_floats_and_stay_so():
    a = Value(3)
    assert type(a.data) is float
    a.data = np.float32(2)
    a.grad = 1
    assert type(a.data) is float
    assert type(a.grad) is float
    with pytest.raises(TypeError, match=r"Value.data: .*\.data"):
        a.data = Value(1.0)


def test_no_grad_records_nothing():
    a = Value(2.0)
    with no_grad():
        b = a * a + total([a, a])
    assert b.data == 8.0
    assert b.inputs == ()
    b.backward()
    assert a.grad == 0.0


def test_micrograds_names_work():
    a = Value(2.0, label="a")
    c = a * a + 1
    assert (a._op, c._op) == ("", "+")
    assert {v.data for v in c._prev} == {4.0, 1.0}
    assert (a ** 3)._op == "**3"
    assert repr(Value(1.5)) == "Value(data=1.5, grad=0.0)"
    assert f"{a:.2f} {a}" == "2.00 Value(data=2.0, grad=0.0, label='a')"


def test_total_and_dot_are_one_node():
    w, x = [Value(1.0), Value(-2.0)], [Value(3.0), 4.0]
    y = dot(w, x) + total(w)
    y.backward()
    assert y.data == 1 * 3 - 2 * 4 + 1 - 2
    assert [v.grad for v in w] == [3 + 1, 4 + 1]
    assert x[0].grad == 1.0
    assert [n.op for n in topological(y) if n.op and n.op.name in NARY] == [NARY["dot"], NARY["sum"]]
    with pytest.raises(ValueError, match="2 weights for 1 inputs"):
        dot(w, [1.0])


def test_a_graph_can_be_asked_its_shape():
    a, b = Value(1.0), Value(2.0)
    c = a * b
    d = c + a
    assert topological(d) == [a, b, c, d]
    assert leaves(d) == [a, b]


def test_a_graph_is_freed_without_the_garbage_collector():
    def values():
        return sum(type(o) is Value for o in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = values()
        x = Value(1.0)
        y = ((x * 2 + 1).tanh() / x).exp() + total([x, x])
        y.backward()
        assert values() > before + 5
        del y
        assert values() == before + 1
    finally:
        gc.enable()


def test_a_hundred_thousand_deep():
    x = y = Value(1.0)
    for _ in range(100_000):
        y = y * 1.0
    y.backward()
    assert x.grad == 1.0
    assert len(topological(y)) == 200_001
    del y


def test_an_interrupted_backward_pass_does_no_harm(monkeypatch):
    from autograd.core import value
    x = Value(2.0)
    y = x * x * x

    def interrupted(root, mark):
        real(root, mark)
        raise KeyboardInterrupt

    real = value.interior
    monkeypatch.setattr(value, "interior", interrupted)
    with pytest.raises(KeyboardInterrupt):
        y.backward()
    monkeypatch.undo()
    y.backward()
    assert x.grad == 12.0


@given(finite, finite, finite)
def test_the_laws_of_calculus_hold(a, b, c):
    x, y, z = Value(a), Value(b), Value(c)
    ((x + y) * z - y * z / 2).backward()
    assert x.grad == c
    assert y.grad == pytest.approx(c / 2, abs=1e-9)
    assert z.grad == pytest.approx(a + b / 2, abs=1e-9)


def test_leaves_can_be_copied():
    a = Value(1.5, label="a")
    assert copy.copy(a).data == copy.deepcopy(a).data == 1.5
