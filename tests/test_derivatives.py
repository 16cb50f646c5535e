"""grad, jacobian, hessian, vjp and jvp: against closed forms, differences and PyTorch's semantics, to any order."""

import copy
import math
import pickle

import numpy as np
import pytest

import autograd.functional as F
from autograd import Tensor, Value, grad, hessian, jacobian, jvp, no_grad, vjp


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("n", range(1, 9))
def test_the_nth_derivative_of_a_power_and_of_a_sine(n):
    x = Value(0.7)
    y = x ** 6
    z = x.sin()
    for _ in range(n):
        y, z = grad(y, x, create_graph=True), grad(z, x, create_graph=True)
    exact = math.perm(6, n) * 0.7 ** (6 - n) if n <= 6 else 0.0
    assert math.isclose(y.data, exact, rel_tol=1e-12, abs_tol=1e-12)
    assert math.isclose(z.data, math.sin(0.7 + n * math.pi / 2), rel_tol=1e-12)


def test_a_tensor_goes_as_far():
    t = Tensor([0.7, -0.2], requires_grad=True)
    y = t.tanh()
    polynomial = np.polynomial.Polynomial([0, 1])           # d tanh/dx = 1 - tanh², and so on by the chain rule
    for _ in range(5):
        y = grad(y.sum(), t, create_graph=True)
        polynomial = polynomial.deriv() * np.polynomial.Polynomial([1, 0, -1])
    np.testing.assert_allclose(y.numpy(), polynomial(np.tanh([0.7, -0.2])), rtol=1e-12)


def test_grad_leaves_every_grad_alone_and_agrees_with_backward():
    x, w = Tensor(normal(3, 4), requires_grad=True), Tensor(normal(4), requires_grad=True)
    loss = ((x @ w).tanh() * x[:, 0]).sum() + x.max()
    gx, gw = grad(loss, [x, w])
    assert x.grad is None
    assert w.grad is None
    assert not gx.requires_grad
    loss.backward()
    np.testing.assert_array_equal(gx.numpy(), x.grad.numpy())
    np.testing.assert_array_equal(gw.numpy(), w.grad.numpy())
    a = Value(2.0)
    assert (grad(a * a, a), a.grad) == (4.0, 0.0)


def test_inputs_may_be_results_and_outputs_may_be_several():
    x = Value(3.0)
    y = x * x
    z = y * x
    assert grad(z, [y, x]) == [3.0, 27.0]
    assert grad([y, z], x) == 6.0 + 27.0
    assert grad([y, z], x, grad_outputs=[10.0, 1.0]) == 60.0 + 27.0
    assert grad(x, x) == 1.0
    assert grad(y, Value(1.0)) == 0.0
    t = Tensor([1.0, 2.0], requires_grad=True)
    np.testing.assert_array_equal(grad(t * t, t, grad_outputs=[1.0, 10.0]).numpy(), [2.0, 40.0])
    np.testing.assert_array_equal(grad(t.sum(), Tensor([1.0], requires_grad=True)).numpy(), [0.0])


def test_broadcasting_and_dtypes_hold_at_second_order():
    x, b = Tensor(normal(3, 2), requires_grad=True), Tensor(np.float32([0.5, 2.0]), requires_grad=True)
    gx, gb = grad((x * b * b).tanh().sum(), [x, b], create_graph=True)
    assert (gb.shape, gb.dtype, gx.dtype) == ((2,), np.float32, np.float64)
    second = grad(gb.sum() + gx.sum(), b)
    assert (second.shape, second.dtype) == ((2,), np.float32)
    wide = np.float64([0.5, 2.0])
    numeric = hessian(lambda b: (Tensor(x) * b * b).tanh().sum(), wide).numpy().sum(0)
    np.testing.assert_allclose(grad(gb.sum(), b).numpy(), numeric, rtol=1e-5)


def test_a_wrong_use_is_named():
    t, v = Tensor([1.0, 2.0], requires_grad=True), Value(1.0)
    for make, error, message in [
        (lambda: grad(t * 2, t), ValueError, "shape \\(2,\\) needs grad_outputs"),
        (lambda: grad(t * 2, t, grad_outputs=[1.0]), ValueError, "shape \\(1,\\)"),
        (lambda: grad((t * 2).sum(), Tensor([1.0])), ValueError, "requires no gradient"),
        (lambda: grad(Tensor(1.0), t), ValueError, "requires no gradient"),
        (lambda: grad(t.sum(), v), TypeError, "Values and Tensors"),
        (lambda: grad(3.0, v), TypeError, "float"),
        (lambda: grad(v, []), ValueError, "no inputs"),
        (lambda: grad([v, v], v, grad_outputs=[1.0]), ValueError, "1 grad_outputs for 2"),
        (lambda: hessian(lambda t: t * 2, t), ValueError, "one number"),
        (lambda: jacobian(lambda t: 3.0, t), TypeError, "float"),
        (lambda: jvp(lambda t: t * 2, t, [1.0]), ValueError, "shape \\(1,\\)"),
    ]:
        with pytest.raises(error, match=message):
            make()


# Closed forms.

@pytest.mark.parametrize("kind", ["tensor", "values"])
def test_the_jacobian_of_softmax(kind):
    z = normal(4)
    s = np.exp(z) / np.exp(z).sum()
    found = jacobian(F.softmax, Tensor(z) if kind == "tensor" else [Value(v) for v in z])
    np.testing.assert_allclose(np.asarray(found), np.diag(s) - np.outer(s, s), rtol=0, atol=1e-15)


@pytest.mark.parametrize("loss", [F.cross_entropy, F.cross_entropy_composite,
                                  lambda z, y: F.cross_entropy_composite(z, y, form="logsumexp")])
def test_the_hessian_of_cross_entropy(loss):
    z, labels = normal(3, 4), [1, 3, 0]
    h = hessian(lambda z: loss(z, labels), z).numpy()
    for i in range(3):
        s = np.exp(z[i]) / np.exp(z[i]).sum()
        for j in range(3):
            np.testing.assert_allclose(h[i, :, j], (np.diag(s) - np.outer(s, s)) / 3 * (i == j), rtol=0, atol=1e-15)
    values = [Value(v) for v in z[0]]
    s = np.exp(z[0]) / np.exp(z[0]).sum()
    np.testing.assert_allclose(hessian(lambda z: loss(z, 1), values), np.diag(s) - np.outer(s, s), rtol=0, atol=1e-15)


def test_the_hessian_of_a_quadratic_form_is_its_matrix():
    a = normal(3, 3)
    np.testing.assert_allclose(hessian(lambda x: x @ Tensor(a) @ x, normal(3)).numpy(), a + a.T, rtol=1e-14)


def test_third_order_by_nesting():
    third = jacobian(lambda x: hessian(lambda x: (x ** 3).sum() * x[0], x, create_graph=True), Tensor([2.0, 3.0]))
    assert third.shape == (2, 2, 2)
    np.testing.assert_allclose(third.numpy()[0, 0, 0], 24 * 2.0)        # of x₀⁴
    np.testing.assert_allclose(third.numpy()[0, 1, 1], 6 * 3.0)         # of x₀·x₁³
    nested = jacobian(lambda x: jacobian(lambda x: x[0] * x[1] * x[1], x, create_graph=True), [Value(2.0), Value(3.0)])
    assert nested == [[0.0, 6.0], [6.0, 4.0]]


def test_products_agree_with_the_jacobian():
    w, x, v, u = normal(3, 4), normal(4, seed=1), normal(4, seed=2), normal(3, seed=3)

    def f(x):
        return (Tensor(w) @ x).sigmoid() * x[:3]

    j = jacobian(f, x).numpy()
    y, uj = vjp(f, x, u)
    np.testing.assert_allclose(y.numpy(), f(Tensor(x)).numpy())
    np.testing.assert_allclose(uj.numpy(), u @ j, rtol=1e-13)
    np.testing.assert_allclose(jvp(f, x, v)[1].numpy(), j @ v, rtol=1e-13)

    def g(xs):
        return [xs[0] * xs[1].exp(), xs[1] / xs[0], xs[0] + 0.0]

    xs = [Value(1.5), Value(-0.5)]
    j = np.array(jacobian(g, xs))
    np.testing.assert_allclose(jvp(g, xs, [2.0, -1.0])[1], j @ [2.0, -1.0], rtol=1e-14)
    np.testing.assert_allclose(vjp(g, xs, [1.0, 2.0, 3.0])[1], [1.0, 2.0, 3.0] @ j, rtol=1e-14)
    assert all(x.grad == 0.0 for x in xs)


def test_constant_functions_have_zero_derivatives():
    np.testing.assert_array_equal(jacobian(lambda x: Tensor([1.0, 2.0]), Tensor([3.0])).numpy(), np.zeros((2, 1)))
    np.testing.assert_array_equal(hessian(lambda x: x.sum(), Tensor([3.0, 1.0])).numpy(), np.zeros((2, 2)))
    assert hessian(lambda x: x * 2, Value(1.0)) == 0.0


def test_no_grad_outside_does_not_reach_in():
    with no_grad():
        assert hessian(lambda x: x * x * x, Value(2.0)) == 12.0


# Gradients of what was computed, or an error.

def test_a_change_after_the_forward_pass_is_an_error_not_a_wrong_second_derivative():
    x = Value(1.0, label="x")
    y = x.sin()
    x.data = -1.0                                   # cos(1) = cos(-1): only the sine itself tells
    with pytest.raises(ValueError, match=r"x: \.data was changed after sin"):
        grad(y, x, create_graph=True)
    assert grad(y, x) == math.cos(1.0)
    w = Tensor([1.0, 2.0], requires_grad=True, label="w")
    loss = (w * w).sum()
    w.data -= 1.0
    with pytest.raises(ValueError, match=r"w: \.data was changed after mul"):
        grad(loss, w, create_graph=True)
    np.testing.assert_array_equal(grad(loss, w).numpy(), [2.0, 4.0])


def test_a_hundred_thousand_deep():
    x = Value(1.0)
    y = x
    for _ in range(100_000):
        y = y * 1.00001
    slope = grad(y, x, create_graph=True)
    assert math.isclose(slope.data, 1.00001 ** 100_000, rel_tol=1e-9)
    assert grad(slope, x) == 0.0


def test_two_to_the_sixty_four_paths():
    x = Value(1.0)
    z = x
    for _ in range(64):
        z = z + z
    assert grad(z, x) == 2.0 ** 64
    assert grad(grad(z * x, x, create_graph=True), x) == 2.0 ** 65


@pytest.mark.parametrize("how", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"])
@pytest.mark.parametrize("make", [lambda: Value(1.5, "x"), lambda: Tensor([1.5, 2.0], requires_grad=True, label="x")],
                         ids=["value", "tensor"])
def test_graphs_can_be_copied_whole(how, make):
    x = make()
    y = (x * x).exp() + x ** 3
    y = y if isinstance(y, Value) else y.sum() + F.cross_entropy(x, 1)
    x2, y2 = how((x, y))
    assert x2 is not x
    assert x2.label == "x"
    y2.backward()
    assert not np.any(np.asarray(x.grad.numpy() if x.grad is not None and not isinstance(x, Value) else x.grad or 0))
    assert str(x2.grad) == str(grad(y, x))
    assert str(grad(grad(y2, x2, create_graph=True) * 1.0 if isinstance(x, Value) else
                    grad(y2, x2, create_graph=True).sum(), x2)) == str(
        grad(grad(y, x, create_graph=True) * 1.0 if isinstance(x, Value) else
             grad(y, x, create_graph=True).sum(), x))
    deep = x
    for _ in range(10_000):
        deep = deep * 1.0
    again = how(deep)
    assert repr(again.data) == repr(deep.data)


def test_what_cannot_be_pickled_says_so():
    with pytest.raises(TypeError, match="knows its targets"):
        pickle.dumps(F.cross_entropy([Value(1.0), Value(2.0)], 1))
