"""Random programs against other engines: forward-mode duals, PyTorch where it is installed, and the laws of algebra.

Seeded, a few seconds in all; `--hypothesis-profile=thorough` runs fifty times as many.
"""

import math
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays

from autograd import Tensor, Value, grad, jvp
from tests.needs import without

try:
    import torch
except ImportError:
    torch = None

seeds = some.integers(0, 2 ** 32 - 1)


class Dual:
    """A number and how fast it moves; its rules owe nothing to the table."""

    def __init__(self, x, d=0.0):
        self.x, self.d = x, d

    def __add__(self, o):
        return Dual(self.x + o.x, self.d + o.d)

    def __sub__(self, o):
        return Dual(self.x - o.x, self.d - o.d)

    def __mul__(self, o):
        return Dual(self.x * o.x, self.d * o.x + self.x * o.d)

    def __truediv__(self, o):
        return Dual(self.x / o.x, (self.d * o.x - self.x * o.d) / (o.x * o.x))

    def __neg__(self):
        return Dual(-self.x, -self.d)

    def __abs__(self):
        return self if self.x > 0 else -self

    def tanh(self):
        return Dual(math.tanh(self.x), self.d / math.cosh(self.x) ** 2)

    def sin(self):
        return Dual(math.sin(self.x), self.d * math.cos(self.x))

    def cos(self):
        return Dual(math.cos(self.x), -self.d * math.sin(self.x))

    def exp(self):
        return Dual(math.exp(self.x), self.d * math.exp(self.x))

    def log(self):
        return Dual(math.log(self.x), self.d / self.x)

    def sqrt(self):
        return Dual(math.sqrt(self.x), self.d / (2 * math.sqrt(self.x)))

    def sigmoid(self):
        s = 1 / (1 + math.exp(-self.x))
        return Dual(s, self.d * s / (1 + math.exp(self.x)))

    def softplus(self):
        return Dual(math.log(1 + math.exp(self.x)), self.d / (1 + math.exp(-self.x)))

    def relu(self):
        return self if self.x > 0 else Dual(0.0)

    def maximum(self, o):
        return self if self.x > o.x else o

    def minimum(self, o):
        return self if self.x < o.x else o

    def __pow__(self, n):
        return Dual(self.x ** n, self.d * n * self.x ** (n - 1))


ONE_INPUT = ["tanh", "sin", "cos", "sigmoid", "softplus", "relu", "__neg__", "__abs__"]
TWO_INPUTS = ["__add__", "__sub__", "__mul__", "maximum", "minimum"]


def random_graph(seed, leaves):
    """The last of up to 30 steps, each on random earlier nodes; tanh and safe denominators keep magnitudes in hand."""
    random = np.random.default_rng(seed)
    nodes = list(leaves)
    for _ in range(int(random.integers(1, 30))):
        a, b = (nodes[int(random.integers(len(nodes)))] for _ in range(2))
        kind = random.random()
        if kind < 0.45:
            node = getattr(a, TWO_INPUTS[int(random.integers(len(TWO_INPUTS)))])(b)
        elif kind < 0.8:
            node = getattr(a, ONE_INPUT[int(random.integers(len(ONE_INPUT)))])()
        elif kind < 0.87:
            node = a / (b * b).softplus()           # at least log 2
        elif kind < 0.9:
            node = a ** 3
        elif kind < 0.93:
            node = (a * a).softplus().log() + (b * b).softplus().sqrt()
        else:
            node = a.tanh().exp()
        nodes.append(node.tanh() if abs(node.x if isinstance(node, Dual) else node.data) > 3 else node)
    return nodes[-1] + nodes[-2] * nodes[-1]


@given(seeds)
@settings(max_examples=settings().max_examples * 5)
def test_scalar_graphs_against_forward_duals(seed):
    xs = np.random.default_rng(seed + 1).normal(size=3).tolist()
    leaves = [Value(x) for x in xs]
    out = random_graph(seed, leaves)
    out.backward()
    for i, leaf in enumerate(leaves):
        dual = random_graph(seed, [Dual(x, float(i == j)) for j, x in enumerate(xs)])
        assert math.isclose(out.data, dual.x, rel_tol=1e-12, abs_tol=1e-12)
        assert math.isclose(leaf.grad, dual.d, rel_tol=1e-9, abs_tol=1e-9)


@given(seeds)
def test_second_order_is_symmetric_and_forward_agrees_with_backward(seed):
    xs = np.random.default_rng(seed + 1).normal(size=2).tolist()
    leaves = [Value(x) for x in xs]
    out = random_graph(seed, leaves)
    first = grad(out, leaves, create_graph=True)
    mixed = grad(first[0], leaves[1]), grad(first[1], leaves[0])
    assert math.isclose(*mixed, rel_tol=1e-8, abs_tol=1e-7)
    moved = jvp(lambda leaves: random_graph(seed, leaves), leaves, [1.0, -2.0])[1]
    assert math.isclose(moved, first[0].data - 2.0 * first[1].data, rel_tol=1e-9, abs_tol=1e-9)


# Tensor programs against PyTorch: the same text runs on both.

OPERATIONS = [operator.add, operator.mul, operator.sub]


def tensor_program(random, leaves, library_max):
    nodes = list(leaves)
    for _ in range(int(random.integers(2, 12))):
        a, b = (nodes[int(random.integers(len(nodes)))] for _ in range(2))
        choice = int(random.integers(12))
        dim = int(random.integers(a.ndim)) if a.ndim else None
        if choice < 3:
            node = OPERATIONS[choice](a, b) if broadcast(a, b) else a * 0.5
        elif choice == 3:
            node = a / (b * b + 1.0) if broadcast(a, b) else a / 2.0
        elif choice == 4:
            node = a.tanh()
        elif choice == 5:
            node = a.sigmoid() * a
        elif choice == 6:
            node = a.sum(dim, keepdim=True) if dim is not None else a.exp().log()
        elif choice == 7:
            node = a.mean(dim) if dim is not None else -a
        elif choice == 8:
            node = library_max(a, dim) if dim is not None else a.relu()
        elif choice == 9:
            node = a.reshape(-1)[[0, -1, 0]] if a.ndim else a.sin()
        elif choice == 10:
            node = a.T @ b if a.ndim == b.ndim == 2 and a.shape[0] == b.shape[0] else a.cos()
        else:
            node = a[..., None] * 0.5 if a.ndim < 3 else a.sum()
        nodes.append(node)
    total = nodes[-1].sum()
    for node in nodes[-4:-1]:
        total = total + (node * node).sum()
    return total


def broadcast(a, b):
    try:
        shape = np.broadcast_shapes(tuple(a.shape), tuple(b.shape))
    except ValueError:
        return False
    return math.prod(shape) <= 2000 and len(shape) < 4


@pytest.mark.skipif(without("torch"), reason="PyTorch is not installed")
@given(seeds, some.sampled_from(["float64", "float32"]))
@settings(max_examples=settings().max_examples * 2)
def test_broadcasting_tensor_programs_against_pytorch(seed, dtype):
    random = np.random.default_rng(seed)
    shapes = [(3, 2), (2,), (3, 1), (1, 3, 2), ()]
    data = [random.normal(size=shape).astype(dtype) for shape in shapes]
    ours = [Tensor(a, requires_grad=True) for a in data]
    theirs = [torch.tensor(a, requires_grad=True) for a in data]
    out = tensor_program(np.random.default_rng(seed), ours, lambda a, dim: a.max(dim).values)
    expected = tensor_program(np.random.default_rng(seed), theirs, lambda a, dim: a.max(dim).values)
    rtol = 1e-9 if dtype == "float64" else 2e-3
    if not abs(expected.item()) < 1e4:
        return                                      # too large to compare digits of its parts
    np.testing.assert_allclose(out.item(), expected.item(), rtol=rtol, atol=rtol)
    out.backward()
    expected.backward()
    for a, b in zip(ours, theirs):
        if b.grad is None:
            assert a.grad is None or not a.grad.numpy().any()
            continue
        assert a.grad.shape == tuple(b.grad.shape)
        assert str(a.grad.dtype) == dtype
        scale = max(1.0, float(b.grad.abs().max()))
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=rtol, atol=rtol * scale)


EXTREMES = [0.0, 5e-324, 1e-310, 1e-200, 0.5, 1.0, 3.0, 700.0, 1e200, 1e308, math.inf]
EXTREMES = [*EXTREMES, *(-x for x in EXTREMES), math.nan]


@pytest.mark.skipif(without("torch"), reason="PyTorch is not installed")
@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "tanh", "sigmoid", "sin", "cos", "expm1", "neg"])
def test_extreme_floats_against_pytorch(name):
    ours, theirs = Tensor(EXTREMES, requires_grad=True), torch.tensor(EXTREMES, requires_grad=True, dtype=torch.float64)
    same(getattr(ours, name)(), getattr(theirs, name)(), [ours], [theirs])


@pytest.mark.skipif(without("torch"), reason="PyTorch is not installed")
@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul, operator.truediv])
def test_pairs_of_extreme_floats_against_pytorch(operation):
    pairs = [grid.ravel() for grid in np.meshgrid(EXTREMES, EXTREMES)]
    ours, theirs = [Tensor(a, requires_grad=True) for a in pairs], [torch.tensor(a, requires_grad=True) for a in pairs]
    same(operation(*ours), operation(*theirs), ours, theirs)


def same(out, expected, ours, theirs):
    out.sum().backward()
    expected.sum().backward()
    for a, b in [(out, expected.detach()), *((x.grad, y.grad) for x, y in zip(ours, theirs))]:
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12, atol=0)        # nan must meet nan, inf inf


# Laws.

shapes_that_broadcast = arrays.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3)
floats = some.floats(-10, 10, width=32).map(float)


@given(shapes_that_broadcast, seeds)
def test_broadcast_gradients_count_how_often_each_element_was_used(shapes, seed):
    random = np.random.default_rng(seed)
    (a_shape, b_shape), shape = shapes
    a, b = (Tensor(random.normal(size=s), requires_grad=True) for s in (a_shape, b_shape))
    (a + b).sum().backward()
    for x in (a, b):
        count = math.prod(shape) / max(x.numel(), 1)
        np.testing.assert_array_equal(x.grad.numpy(), np.full(x.shape, count))
    a.grad = b.grad = None
    (a * b).sum().backward()
    full = np.broadcast_to(b.numpy(), shape)
    extra = tuple(range(len(shape) - len(a_shape)))
    kept = tuple(i for i, n in enumerate(a_shape) if shape[i + len(extra)] != n)
    np.testing.assert_allclose(a.grad.numpy(), full.sum(extra).sum(kept, keepdims=True), rtol=1e-12, atol=1e-12)


@given(some.data())
def test_indexing_reads_what_numpy_reads_and_pays_each_element_as_often(data):
    shape = data.draw(arrays.array_shapes(max_dims=3, max_side=4))
    key = data.draw(arrays.basic_indices(shape, allow_newaxis=True)
                    | arrays.integer_array_indices(shape, dtype=np.int64))
    x = Tensor(np.arange(math.prod(shape), dtype=float).reshape(shape), requires_grad=True)
    picked = x[key]
    np.testing.assert_array_equal(picked.numpy(), x.numpy()[key])
    picked.sum().backward()
    count = np.zeros(shape)
    np.add.at(count, key, 1.0)
    np.testing.assert_array_equal(x.grad.numpy(), count)


@given(arrays.arrays(np.float64, arrays.array_shapes(max_dims=3, max_side=3), elements=floats), seeds)
def test_gradients_are_linear(array, seed):
    p, q = np.random.default_rng(seed).normal(size=2)
    x = Tensor(array, requires_grad=True)
    f, g = (x.tanh() * x).sum(), x.sin().mean()
    together = grad(f * p + g * q, x).numpy()
    np.testing.assert_allclose(together, p * grad(f, x).numpy() + q * grad(g, x).numpy(), rtol=1e-10, atol=1e-12)


@given(arrays.arrays(np.float64, arrays.array_shapes(min_dims=2, max_dims=3, max_side=4), elements=floats))
def test_changes_of_shape_undo_each_other(array):
    x = Tensor(array, requires_grad=True)
    y = x.T.reshape(-1).reshape(x.shape[::-1]).T.swapaxes(0, 1).swapaxes(0, 1)
    np.testing.assert_array_equal(y.numpy(), array)
    y.backward(array)
    np.testing.assert_array_equal(x.grad.numpy(), array)


@given(floats, floats, floats)
def test_algebra_holds_for_values_and_their_gradients(a, b, c):
    def both(f):
        leaves = [Value(v) for v in (a, b, c)]
        y = f(*leaves)
        y.backward()
        return [y.data, *(leaf.grad for leaf in leaves)]

    for left, right in [(lambda x, y, z: x * (y + z), lambda x, y, z: x * y + x * z),
                        (lambda x, y, z: (x + y) + z, lambda x, y, z: x + (y + z)),
                        (lambda x, y, z: x - y + z * 0, lambda x, y, z: -(y - x) + z * 0),
                        (lambda x, y, z: (x * y) ** 2 + z, lambda x, y, z: x ** 2 * y ** 2 + z),
                        (lambda x, y, z: x.sigmoid() + y + z, lambda x, y, z: 1 - (-x).sigmoid() + y + z)]:
        np.testing.assert_allclose(both(left), both(right), rtol=1e-9, atol=1e-9)
