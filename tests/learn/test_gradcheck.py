"""gradcheck: it must pass what is right, and above all fail what is wrong and refuse what it could not tell."""

import numpy as np
import pytest

import autograd.functional as F
from autograd import Tensor, Value, gradcheck
from autograd.core.nary import Nary
from autograd.core.op import Op
from autograd.learn.gradcheck import GradcheckError, _Check

SLIGHTLY_WRONG = Op("wrong", lambda x: x ** 3, lambda x: x ** 3, lambda out, x: 2.999 * x * x)


@pytest.mark.parametrize("order", [1, 2])
def test_what_is_right_passes(order):
    a, b = Tensor(np.linspace(-1, 1, 6).reshape(2, 3), True), Tensor([0.5, -0.3, 2.0], True)
    assert gradcheck(lambda a, b: (a * b).tanh() @ b, [a, b], order=order)
    assert gradcheck(lambda a: F.log_softmax(a), a, order=order)
    assert gradcheck(lambda x, y: x / y + (x * y).sin(), [Value(0.4), Value(-1.5)], order=order)


def test_what_is_wrong_by_a_third_of_a_thousandth_is_named():
    message = r"by input 1 \(w\) at element \[1, 0\] is 2\.999, .*says (3\.0000|2\.9999)"
    with pytest.raises(GradcheckError, match=message):
        gradcheck(lambda x, w: x.sum() + Tensor.apply(SLIGHTLY_WRONG, w).sum(),
                  [Tensor([1.0], True), Tensor([[0.0], [1.0]], True, label="w")])
    with pytest.raises(GradcheckError, match="by input 0 is"):
        gradcheck(lambda x: Value.apply(SLIGHTLY_WRONG, x), Value(1.0))


def test_a_wrong_second_derivative_is_found_where_the_first_is_right():
    op = Op("kinked", lambda x: x * x, lambda x: x * x, lambda out, x: 2.0 * float(x))
    assert gradcheck(lambda x: Value.apply(op, x), Value(1.5))
    with pytest.raises(GradcheckError, match="gradient of the gradient"):
        gradcheck(lambda x: Value.apply(op, x) * x, Value(1.5), order=2)


def test_a_gradient_that_is_a_constant_nonsense_is_found():
    op = Nary("nonsense", "?", lambda *x: sum(x), lambda out, *x: [123.0] * len(x))
    with pytest.raises(GradcheckError, match=r"is 123\.0, but"):
        gradcheck(lambda x, y: Value.apply(op, x, y) * 1.0, [Value(1.0), Value(3.0)])


def test_large_inputs_are_moved_in_random_directions():
    x = Tensor(np.linspace(0.5, 1.5, 5000), True)
    assert gradcheck(lambda x: (x * x).tanh(), x)
    calls = []
    with pytest.raises(GradcheckError, match="random direction"):
        gradcheck(lambda x: calls.append(1) or Tensor.apply(SLIGHTLY_WRONG, x), x)
    assert len(calls) < 50


@pytest.mark.parametrize(("f", "inputs", "error", "message"), [
    (lambda x: x * 2, Tensor(np.float32([1.0]), True), TypeError, "float32"),
    (lambda x: x.float().sum() if hasattr(x, "float") else x * np.float32(1), Tensor([1.0]), ValueError, "requires"),
    (lambda x: x * 2, Tensor([np.nan], True), ValueError, "not finite"),
    (lambda x: x.log(), Value(0.0), ValueError, "result of f is not finite"),
    (lambda x: x * 2, 3.0, TypeError, "float"),
    (lambda x: 2.0, Value(3.0), TypeError, "float"),
])
def test_what_could_not_be_told_is_refused(f, inputs, error, message):
    with pytest.raises(error, match=message):
        gradcheck(f, inputs if not isinstance(inputs, float) else [inputs])


def test_what_is_not_repeatable_is_refused():
    random = np.random.default_rng(0)
    with pytest.raises(ValueError, match="something else when called again"):
        gradcheck(lambda x: x * random.random(), Value(1.0))


def test_inputs_are_left_as_they_were():
    x, v = Tensor([1.0, 2.0], True), Value(3.0)
    x.grad = [5.0, 6.0]
    v.grad = 7.0
    gradcheck(lambda x: x * x, x, order=2)
    gradcheck(lambda v: v * v, v, order=2)
    assert (x.tolist(), x.grad.tolist(), v.data, v.grad) == ([1.0, 2.0], [5.0, 6.0], 3.0, 7.0)


@pytest.mark.parametrize("witness", ["the central difference", "the forward pass op by op"])
def test_either_witness_suffices(witness, monkeypatch):
    """With the other one silenced, each finds a wrong gradient by itself, of Values and of Tensors."""
    genuine = _Check.compare

    def only(self, what, place, engine, number, name, nodes):
        if name == witness:
            genuine(self, what, place, engine, number, name, nodes)

    monkeypatch.setattr(_Check, "compare", only)
    for x in (Value(0.5), Tensor([0.5, 1.0], requires_grad=True)):
        with pytest.raises(GradcheckError, match=witness):
            gradcheck(lambda x: x.apply(SLIGHTLY_WRONG, x), [x])


@pytest.mark.parametrize("wrong", [{"step": 0.0}, {"step": -1e-5}, {"step": np.nan}, {"step": np.inf}, {"rtol": -1.0},
                                   {"atol": np.nan}])
def test_steps_and_tolerances_that_could_tell_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match="expected a step above 0"):
        gradcheck(lambda x: x * x, [Value(1.0)], **wrong)


def test_order_is_one_or_two():
    with pytest.raises(ValueError, match="expected 1 or 2"):
        gradcheck(lambda x: x, Value(1.0), order=3)


def test_a_number_instead_of_a_node_is_refused_by_name():
    with pytest.raises(TypeError, match="input 0 is a int, expected a Value or a Tensor"):
        gradcheck(lambda x: x * 2.0, 3)
    assert gradcheck(lambda x: x * 2.0, iter([Value(3.0)]))
