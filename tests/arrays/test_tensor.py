"""`Tensor`: broadcasting, shapes, indexing, dtypes, and the manners PyTorch's and NumPy's users expect of it."""

import gc
import math
import re
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices, mutually_broadcastable_shapes

import autograd.functional as F
from autograd import Tensor, cat, concatenate, no_grad, stack, tensor, where
from tests.cases import MOVING
from tests.witnesses import central_differences


def check(f, *arrays, atol=2e-8):
    """The engine's gradient of Σ w∘f(arrays), for fixed random w, against central differences."""
    out = f(*map(Tensor, arrays))
    w = np.random.default_rng(7).standard_normal(out.shape)

    def loss(*xs):
        return (f(*xs) * Tensor(w)).sum()

    leaves = [Tensor(x, requires_grad=True) for x in arrays]
    loss(*leaves).backward()
    numeric = central_differences(lambda *xs: loss(*map(Tensor, xs)).item(), *arrays)
    for leaf, expected in zip(leaves, numeric):
        assert leaf.grad.shape == leaf.shape
        np.testing.assert_allclose(leaf.grad.numpy(), expected, atol=atol, rtol=1e-7)


def random(*shape):
    return np.random.default_rng(sum(shape) + len(shape)).standard_normal(shape)


# Broadcasting.

@given(mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3))
def test_elementwise_ops_broadcast_and_gradients_come_back_in_shape(shapes):
    (a, b), out = shapes.input_shapes, shapes.result_shape
    x, y = Tensor(random(*a), requires_grad=True), Tensor(random(*b) + 3, requires_grad=True)
    u, v = x.detach(), y.detach()
    for z, dx, dy in ((x * y, v, u), (x + y, 1, 1), (x - y, 1, -1), (x / y, 1 / v, -u / v ** 2)):
        assert z.shape == out
        x.grad = y.grad = None
        w = Tensor(random(*out))
        z.backward(w)
        for leaf, partial in ((x, dx), (y, dy)):
            full = (w * partial).numpy() * np.ones(out)
            extra = tuple(range(full.ndim - leaf.ndim))
            kept = tuple(i + len(extra) for i, n in enumerate(leaf.shape) if n == 1)
            expected = full.sum(extra + kept, keepdims=True).reshape(leaf.shape)
            np.testing.assert_allclose(leaf.grad.numpy(), expected, rtol=1e-12, atol=1e-12)


def test_shapes_that_do_not_broadcast_are_named():
    with pytest.raises(ValueError, match=r"mul: shapes \(3,\) and \(4,\) do not broadcast"):
        Tensor(np.ones(3)) * Tensor(np.ones(4))
    with pytest.raises(ValueError, match=r"matmul: shapes \(2, 3\) and \(2, 3\) do not fit"):
        Tensor(np.ones((2, 3))) @ Tensor(np.ones((2, 3)))


# Structural ops.

REDUCTIONS = {
    "sum": lambda x, **k: x.sum(**k), "mean": lambda x, **k: x.mean(**k), "var": lambda x, **k: x.var(**k),
    "std": lambda x, **k: x.std(**k), "logsumexp": lambda x, **k: x.logsumexp(**k),
}


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("options", [{}, {"dim": 0}, {"dim": -1, "keepdim": True}, {"dim": (0, 2)}, {"axis": 1},
                                     {"axis": (1, 2), "keepdims": True}], ids=str)
def test_reductions(name, options):
    reduce, x = REDUCTIONS[name], random(2, 3, 4)
    check(lambda t: reduce(t, **options), x)
    axis, keep = options.get("dim", options.get("axis")), options.get("keepdim", options.get("keepdims", False))
    ddof = 0 if "axis" in options else 1            # as whose words are written
    expected = {"sum": np.sum, "mean": np.mean, "var": lambda a, **k: np.var(a, ddof=ddof, **k),
                "std": lambda a, **k: np.std(a, ddof=ddof, **k),
                "logsumexp": lambda a, **k: np.log(np.sum(np.exp(a), **k))}[name](x, axis=axis, keepdims=keep)
    np.testing.assert_allclose(reduce(Tensor(x), **options).numpy(), expected, rtol=1e-13)


def test_biased_variance():
    x = Tensor(random(5))
    for biased in (x.var(correction=0), x.var(unbiased=False), x.var(ddof=0)):
        assert biased.item() == pytest.approx(np.var(x.numpy()), rel=1e-14)
    with pytest.raises(ValueError, match="no degree of freedom"):
        Tensor([1.0]).var()


def test_a_mean_over_nothing_raises():
    for empty in (Tensor(np.zeros(0)), Tensor(np.zeros((3, 0)))):
        with pytest.raises(ValueError, match="mean: no numbers"):
            empty.mean()
    with pytest.raises(ValueError, match="mean: no numbers"):
        Tensor(np.zeros((3, 0))).mean(1)


@pytest.mark.parametrize("shapes", [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)),
                                    ((5, 2, 3), (5, 3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)),
                                    ((4, 1, 2, 3), (5, 3, 2)), ((5, 2, 3), (3,)), ((3,), (5, 3, 2))], ids=str)
def test_matrix_products(shapes):
    x, y = random(*shapes[0]), random(*shapes[1]) + 1
    np.testing.assert_allclose((Tensor(x) @ Tensor(y)).numpy(), x @ y, rtol=1e-13)
    check(lambda a, b: a @ b, x, y)


def test_max_over_everything_shares_ties_and_along_a_dim_picks_the_index_named():
    x = Tensor([[1.0, 3.0], [3.0, 2.0]], requires_grad=True)
    x.max().backward()
    assert x.grad.tolist() == [[0, 0.5], [0.5, 0]]
    x.grad = None
    values, indices = x.max(0)
    assert (values.tolist(), indices.tolist()) == ([3, 3], [1, 0])
    values.sum().backward()
    assert x.grad.tolist() == [[0, 1], [1, 0]]
    tied = Tensor([2.0, 2.0], requires_grad=True)
    tied.max(0).values.backward()
    assert tied.grad.tolist() == [1, 0]
    assert x.min(1, keepdim=True).values.tolist() == [[1], [2]]
    assert x.argmax().item() == 1
    assert x.argmax(1).tolist() == [1, 0]
    assert x.argmin(1).tolist() == [0, 1]


@pytest.mark.parametrize("dim", [0, 1, 2, -1])
@pytest.mark.parametrize("keepdim", [False, True])
def test_max_and_min_along_a_dim(dim, keepdim):
    x = random(3, 4, 2)
    for t, a in ((Tensor(x).max(dim, keepdim).values, x.max(dim, keepdims=keepdim)),
                 (Tensor(x).min(dim, keepdim).values, x.min(dim, keepdims=keepdim))):
        np.testing.assert_array_equal(t.numpy(), a)
    check(lambda t: t.max(dim, keepdim).values, x)
    check(lambda t: t.min(dim, keepdim).values, x)


SHAPES = {
    "reshape": lambda t: t.reshape(4, 6), "view": lambda t: t.view(-1), "flatten": lambda t: t.flatten(1),
    "T": lambda t: t[0].T, "permute": lambda t: t.permute(2, 0, 1), "transpose": lambda t: t.transpose(0, 2),
    "swapaxes": lambda t: t.swapaxes(-1, 0), "unsqueeze": lambda t: t.unsqueeze(-1), "mT": lambda t: t.mT,
    "squeeze": lambda t: t[:1].squeeze(0), "expand": lambda t: t[:, :1].expand(2, 5, 4),
    "expand front": lambda t: t.expand(3, -1, -1, -1),
}


@pytest.mark.parametrize("name", SHAPES)
def test_changes_of_shape(name):
    check(SHAPES[name], random(2, 3, 4))


KEYS = [0, -1, slice(None, None, -1), slice(1, None), (slice(None), 0), (..., -1), (None, 1), (slice(None), None),
        np.array([0, 1, 1, 0]), np.array([[0, -1], [1, 1]]), (np.array([0, 1, 1]), np.array([2, 2, 2])),
        (slice(None), np.array([0, 0, 2])), (np.array([0, 1]), slice(None), np.array([1, 1])), [1, 1, 1],
        (range(2), [2, 0]), np.array([True, False]), random(2, 3) > 0, (0, np.array([True, False, True])),
        (np.array([0, 1, 0]), np.array([1, 2, 1]), np.array([3, 3, 3])), (), ...]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_indexing(key):
    x = random(2, 3, 4)
    plain = tuple(list(k) if isinstance(k, range) else k for k in key) if isinstance(key, tuple) else key
    np.testing.assert_array_equal(Tensor(x)[key].numpy(), x[plain])
    check(lambda t: t[key] * 2, x)


@given(st.data())
def test_basic_indexing_of_any_shape(data):
    shape = data.draw(array_shapes(max_dims=4, max_side=4))
    key = data.draw(basic_indices(shape, allow_newaxis=True))
    x = Tensor(np.arange(math.prod(shape), dtype=float).reshape(shape), requires_grad=True)
    picked = x[key]
    np.testing.assert_array_equal(picked.numpy(), x.numpy()[key])
    picked.sum().backward()
    expected = np.zeros(shape)
    expected[key] = 1
    np.testing.assert_array_equal(x.grad.numpy(), expected)


def test_large_gathers_accumulate_like_small_ones():
    ids = np.random.default_rng(0).integers(-50, 50, (400, 8))
    table = Tensor(random(50, 12), requires_grad=True)
    g = random(400, 8, 12)
    (table[ids] * Tensor(g)).sum().backward()
    expected = np.zeros((50, 12))
    np.add.at(expected, ids, g)
    np.testing.assert_allclose(table.grad.numpy(), expected, rtol=1e-12)
    grid, rows, columns = Tensor(random(50, 12), requires_grad=True), ids % 50, ids % 12
    (grid[rows, columns] * Tensor(g[..., 0])).sum().backward()
    expected = np.zeros((50, 12))
    np.add.at(expected, (rows, columns), g[..., 0])
    np.testing.assert_allclose(grid.grad.numpy(), expected, rtol=1e-12)


def test_indices_that_are_wrong_are_refused():
    x = Tensor(random(2, 3))
    with pytest.raises(IndexError, match=r"index: .* shape \(2, 3\)"):
        x[5]
    for bad in (1.0, np.array([0.0]), "a", [0.5], Tensor([0.0])):
        with pytest.raises(TypeError, match="index"):
            x[bad]


def test_joining_and_choosing():
    x, y = random(2, 3), random(2, 3)
    check(lambda a, b: concatenate([a, b, a], dim=1), x, y)
    check(lambda a, b: cat([a, b * 2]), x, y)
    check(lambda a, b: stack([a, b], dim=-1), x, y)
    check(lambda a, b: where(x > 0, a, b), x, y)
    check(lambda a: where(x > 0, a, 0.0), random(3))
    with pytest.raises(ValueError, match=r"concatenate: .*shapes"):
        cat([Tensor(x), Tensor(random(2, 4))])
    with pytest.raises(ValueError, match="no tensors"):
        cat([])


# dtypes and what may be held.

def test_integers_become_float64_and_float32_stays():
    assert Tensor([1, 2]).dtype == np.float64
    assert Tensor(np.array([True])).dtype == np.float64
    assert tensor([1, 2]).dtype == np.int64
    assert tensor([True]).dtype == bool
    a = Tensor(np.ones((3, 2), np.float32), requires_grad=True)
    out = a
    for f in (lambda t: t * 2 + 1.5, lambda t: (t - 0.1) ** 3 / 7, lambda t: t.exp().log().sqrt(), lambda t: abs(t),
              lambda t: t.maximum(t), lambda t: t.sigmoid().tanh().softplus(), lambda t: t / t.sum(1, keepdim=True),
              lambda t: t - t.max(), lambda t: F.softmax(t), lambda t: F.log_softmax(t + 1), lambda t: t[[0, 0, 1]],
              lambda t: where(t.numpy() > 0, t, 0.0), lambda t: t @ np.ones((2, 2), np.float32), lambda t: t.std(0)):
        out = f(out)
        assert out.dtype == np.float32
    loss = F.cross_entropy(out, [1.0, 0.0], label_smoothing=0.1)
    loss.backward()
    assert loss.dtype == a.grad.dtype == np.float32
    wide = Tensor([1.0, 2.0], requires_grad=True)
    (a * wide).sum().backward()
    assert a.grad.dtype == np.float32
    assert wide.grad.dtype == np.float64


@pytest.mark.parametrize("bad", ["a", None, 1j, [1j], ["a"], [None], [[1.0], [1.0, 2.0]],
                                 pytest.param(object(), id="object"), b"x",
                                 np.ma.masked_array([1.0, 2.0], [True, False]), np.array([1, "a"], object)], ids=repr)
def test_what_is_not_real_numbers_is_refused(bad):
    with pytest.raises((TypeError, ValueError), match="Tensor: "):
        Tensor(bad)


def test_only_floats_have_gradients():
    with pytest.raises(TypeError, match="int64 has no gradient"):
        tensor([1, 2], requires_grad=True)


# Gradients.

def test_gradients_accumulate_in_leaves_and_restart_inside():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    loss = (y * y).sum()
    loss.backward()
    loss.backward()
    assert x.grad.tolist() == [16, 32]
    assert y.grad.tolist() == [4, 8]
    assert x.grad.requires_grad is False


def test_backward_wants_the_gradient_it_needs():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ValueError, match=r"shape \(2,\) it needs a gradient"):
        (x * 2).backward()
    with pytest.raises(ValueError, match=r"gradient of shape \(2, 1\), expected \(2,\)"):
        (x * 2).backward(np.ones((2, 1)))
    with pytest.raises(ValueError, match="requires a gradient"):
        Tensor([1.0]).sum().backward()
    seed = np.ones(2)
    y = x + 0.0
    y.backward(seed)
    seed[:] = 5
    assert x.grad.tolist() == [1, 1]
    assert y.grad.tolist() == [1, 1]


def test_a_constant_costs_no_gradient():
    x, c = Tensor([1.0], requires_grad=True), Tensor([2.0])
    y = x * c
    y.sum().backward()
    assert c.grad is None
    assert (c * c).op is None
    with no_grad():
        assert (x * x).op is None
    assert x.detach().requires_grad is False


def test_leaf_gradients_share_no_memory():
    a, b = Tensor([1.0, 2.0], requires_grad=True), Tensor([1.0, 2.0], requires_grad=True)
    (a + b).sum().backward()
    a.reshape(2, 1).sum().backward()
    assert not np.shares_memory(a.grad.numpy(), b.grad.numpy())


@pytest.mark.parametrize("change", [
    lambda p, a: a.__setitem__(0, 50.0),
    lambda p, a: setattr(p, "data", p.data - 0.5 * p.grad if p.grad is not None else p.data * 3),
    lambda p, a: p.data.__setitem__(0, 50.0),
    lambda p, a: p.data.zero_(),
    lambda p, a: p.data.__imul__(2.0),
], ids=["the array it was made from", "assignment", "an item", "zero_", "in place"])
def test_a_change_after_the_forward_pass_changes_no_gradient(change):
    array = np.array([1.0, 2.0])
    p = Tensor(array, requires_grad=True)
    loss = (p * p).sum()
    change(p, array)
    loss.backward()
    assert p.grad.tolist() == [2.0, 4.0]


def test_data_and_grad_change_in_place_as_in_pytorch():
    p = Tensor([1.0, 2.0], requires_grad=True)
    (p * 3).sum().backward()
    p.data -= 0.1 * p.grad
    np.testing.assert_allclose(p.tolist(), [0.7, 1.7])
    p.data[0] = 5
    assert p.tolist()[0] == 5
    p.grad.zero_()
    assert p.grad.tolist() == [0, 0]
    p.grad = None
    assert p.grad is None
    with no_grad():
        q = p
        q -= 1.0
    assert q is p
    assert p.tolist()[0] == 4
    assert p.requires_grad
    with pytest.raises(ValueError, match=r"leaf that requires a gradient.*no_grad"):
        p += 1.0
    with pytest.raises(ValueError, match="item assignment"):
        p[0] = 1.0
    with pytest.raises(ValueError, match=r"data: got shape \(3,\), expected \(2,\)"):
        p.data = np.ones(3)
    with pytest.raises(ValueError, match="read-only"):
        p.numpy()[0] = 1


def test_the_lectures_in_place_arithmetic_outside_the_graph():
    d = tensor(np.full((3, 4), 0.25))
    alias = d
    d[range(3), [1, 0, 3]] -= 1
    d /= 3
    assert alias is d
    np.testing.assert_allclose(d.sum(1).numpy(), 0, atol=1e-16)


# NumPy.

def test_numpy_on_the_left_and_its_functions():
    x = Tensor([1.0, 4.0], requires_grad=True)
    for result in (np.ones(2) * x, np.float64(2) - x, np.sqrt(x), np.exp(x), np.maximum(np.zeros(2), x),
                   np.ones((3, 2)) @ x, np.add(x, 1), np.power(x, 2), np.square(x), 1 / x, 2 ** x):
        assert type(result) is Tensor
        assert result.requires_grad
    np.sqrt(x).sum().backward()
    assert x.grad.tolist() == [0.5, 0.25]
    assert np.asarray(x.detach()).tolist() == [1, 4]
    assert np.array(x.detach(), np.float32).dtype == np.float32
    for bad in (lambda: np.add(x, 1, out=np.zeros(2)), lambda: np.add.reduce(x), lambda: np.logaddexp(x, x)):
        with pytest.raises(TypeError, match="not an operation on Tensors"):
            bad()


def test_truth_and_items():
    with pytest.raises(ValueError, match="neither true nor false"):
        bool(Tensor([1.0, 2.0]))
    with pytest.raises(ValueError, match="item"):
        Tensor([1.0, 2.0]).item()
    assert Tensor([[3.0]]).item() == 3.0
    assert (Tensor([1.0, 2.0]) > 1.5).tolist() == [False, True]
    assert (tensor([1, 2]) == np.array([1, 3])).tolist() == [True, False]
    assert len(Tensor(np.zeros((3, 2)))) == 3
    assert [t.item() for t in Tensor([1.0, 2.0])] == [1, 2]
    assert list(range(5))[tensor(2)] == 2
    assert f"{Tensor(2.0):.1f}" == "2.0"
    assert len({Tensor([1.0]), Tensor([1.0])}) == 2


def test_a_graph_is_freed_without_the_garbage_collector():
    gc.disable()
    try:
        x = Tensor(np.ones((2, 2)), requires_grad=True)
        h = (x @ x).tanh()
        ghost = weakref.ref(h)
        loss = (h[[0, 0]].sum(0) / h.max(0).values).sum()
        loss.backward()
        del h, loss
        assert ghost() is None
    finally:
        gc.enable()


def test_a_hundred_thousand_deep():
    x = Tensor([1.0], requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    y.backward()
    assert x.grad.tolist() == [1.0]
    del y


@pytest.mark.parametrize(("left", "right"), [
    ((3,), (4,)), ((2, 3), (4,)), ((3,), (4, 2)), ((2, 3), (2, 3)), ((), (2, 2)), ((2, 2), ()), ((5, 2, 3), (4, 2)),
    ((5, 2, 3), (4, 3, 2)), ((0, 3), (2, 0))])
def test_a_product_that_does_not_fit_says_so_whatever_the_axes(left, right):
    message = re.escape(f"matmul: shapes {left} and {right} do not fit")
    with pytest.raises(ValueError, match=message):
        Tensor(np.ones(left)) @ Tensor(np.ones(right))
    with pytest.raises(ValueError, match=message):
        np.ones(left) @ Tensor(np.ones(right), requires_grad=True)


def test_a_root_of_one_number_is_that_of_an_array():
    for x in (-math.inf, -0.0, 4.0):
        whole, part = Tensor([x], requires_grad=True), Tensor([x], requires_grad=True)
        (whole ** 0.5).sum().backward()
        (part[0] ** 0.5).backward()
        np.testing.assert_array_equal((part[0] ** 0.5).numpy(), (whole ** 0.5).numpy()[0])
        np.testing.assert_array_equal(part.grad.numpy(), whole.grad.numpy())


def test_numbers_beside_tensors_are_told_apart():
    assert [math.copysign(1.0, (Tensor([1.0]) * zero).item()) for zero in (0.0, -0.0, 0.0)] == [1.0, -1.0, 1.0]
    integers = tensor([1, 2])
    assert [(integers * x).dtype for x in (True, 1, 1.0)] == [np.int64, np.int64, np.float64]
    constant = (Tensor([1.0], requires_grad=True) * 3.0).inputs[1]
    constant.fill_(7.0)
    constant[...] = 8.0
    assert (Tensor([1.0]) * 3.0).item() == 3.0
    assert (tensor([1]) + 10 ** 30).item() == 1e30


def test_gradients_of_nothing_have_the_leaf_s_dtype():
    x = Tensor(np.ones((0, 2)), dtype=np.float16, requires_grad=True)
    where(np.ones((0, 2), bool), x, np.ones((0, 2))).sum().backward()
    assert (x.grad.dtype, x.grad.shape) == (np.float16, (0, 2))


def test_methods_explain_themselves():
    assert Tensor.exp.__doc__ == "exp(x), elementwise; ∂out/∂x = out"
    assert Tensor.__truediv__.__doc__ == "x / y, elementwise; ∂out/∂x = 1.0 / y, ∂out/∂y = -out / y"
    assert "matrix product" in Tensor.matmul.__doc__


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("case", [case for case in MOVING if case.op.arity == 1], ids=lambda case: case.id)
def test_what_a_move_of_one_input_hands_back_fits_it(case, dtype):
    x = Tensor(random(*case.shapes[0]).astype(dtype), requires_grad=True)
    made = case.op(x, *case.parameters)
    part, = made.unfitted(np.ones_like(made._data), [True])          # the written step looks no further
    assert (part.shape, part.dtype) == (x.shape, x.dtype)
