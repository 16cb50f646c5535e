"""How far the engines go: deep, wide and many-pathed graphs, memory per node, and nothing left behind."""

import gc
import sys
import tracemalloc
import weakref

import numpy as np
import pytest

from autograd import Tensor, Value, cat, where
from autograd.core.byhand import steps_by_hand
from autograd.core.graph import topological
from autograd.core.interior import interior

DEEP = 100_000


def leaf(engine, number):
    return Value(number) if engine is Value else Tensor(number, requires_grad=True)


def number(x):
    """A gradient of either engine as a float."""
    return x if isinstance(x, float) else x.item()


@pytest.mark.parametrize("engine", [Value, Tensor])
class TestShapesOfGraphs:
    def test_a_chain_deeper_than_any_recursion(self, engine):
        assert sys.getrecursionlimit() < DEEP
        x = leaf(engine, 1.0)
        y = x
        for _ in range(DEEP):
            y = -y + 0.0
        y.backward()
        assert number(x.grad) == 1.0                # (−1) to an even power
        del y                                       # freeing it must not recurse either

    def test_a_chain_along_the_second_input(self, engine):
        x = leaf(engine, 1.0)
        y = x
        for _ in range(DEEP):
            y = x + y
        y.backward()
        assert number(x.grad) == DEEP + 1.0

    def test_64_diamonds_are_walked_by_node_not_by_path(self, engine):
        x = leaf(engine, 1.0)
        y = x
        for _ in range(64):
            y = y + y                               # 2⁶⁴ paths lead from the last to x
        y.backward()
        assert number(x.grad) == 2.0 ** 64

    def test_64_diamonds_with_different_sides(self, engine):
        x = leaf(engine, 1.0)
        y = x
        for _ in range(64):
            y = y * 3.0 - (-y)
        assert len(topological(y)) == 1 + 64 * 4    # x, and for each: two nodes, the 3, the difference
        y.backward()
        assert number(x.grad) == 4.0 ** 64

    def test_a_second_pass_adds_the_same_again(self, engine):
        x = leaf(engine, 3.0)
        y = x * x
        z = y * y + y
        for times in (1, 2, 3):
            z.backward()
            assert number(x.grad) == times * (4 * 27.0 + 6.0)
            assert number(y.grad) == 19.0

    def test_a_graph_is_freed_without_the_collector(self, engine):
        gc.collect()
        gc.disable()
        try:
            x, w = leaf(engine, 0.5), leaf(engine, -2.0)
            y = (x * w + x).tanh() ** 2 / (w - x).exp()
            (y + y.relu()).backward()
            del y
            assert gc.collect() == 0
        finally:
            gc.enable()


def test_a_value_used_a_million_times():
    x = Value(0.5)
    y = Value(0.0)
    for _ in range(1_000_000):
        y = y + x
    y.backward()
    assert x.grad == 1e6


def test_a_tensor_used_a_hundred_thousand_times():
    x = Tensor([0.5, 1.0], requires_grad=True)
    y = x
    for _ in range(DEEP - 1):
        y = y + x
    y.backward([1.0, 2.0])
    assert x.grad.tolist() == [DEEP, 2.0 * DEEP]


@pytest.mark.parametrize("fresh", [False, True], ids=["few leaves", "a leaf per use"])
def test_bytes_per_value(fresh):
    pool = [Value(0.1 * i) for i in range(20)]
    products = 100_000
    steps_by_hand.clear()                           # what other tests left: with it each leaf would be noted
    tracemalloc.start()
    try:
        total = Value(0.0)
        for i in range(products):
            a, b = (Value(0.5 * i), Value(0.25 * i)) if fresh else (pool[i % 20], pool[i * 7 % 20])
            total = total + a * b
        total.backward()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak / (products * (4 if fresh else 2)) <= 140


def test_tensors_die_with_the_last_name():
    gc.collect()
    gc.disable()
    try:
        W = Tensor(np.ones((4, 3)), requires_grad=True)
        hidden = (Tensor(np.ones((2, 4))) @ W).relu()
        picked = hidden[np.array([0, 1, 1])].max(1).values
        loss = cat([picked, hidden.reshape(6)]).logsumexp(0) + where(hidden > 0, hidden, 0.0).mean()
        loss.backward()
        dying = [weakref.ref(node) for node in (hidden, picked, loss)]
        del hidden, picked, loss
        assert [ref() for ref in dying] == [None, None, None]
        assert gc.collect() == 0
    finally:
        gc.enable()


SHARING = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "add of negatives": lambda x, y: -x + -y,
    "where": lambda x, y: where(np.ones((3, 4), bool), x, y),
    "cat": lambda x, y: cat([x, y]),
    "cat of one": lambda x, y: cat([x]) + cat([y]),
    "reshape": lambda x, y: x.reshape(4, 3) + y.reshape(4, 3),
    "transpose": lambda x, y: x.T + y.T,
    "index": lambda x, y: x[:] + y[::-1],
    "sum": lambda x, y: x.sum(0) + y.sum(0),
    "expand": lambda x, y: x.expand(3, 4) + y.expand(2, 3, 4),
}


@pytest.mark.parametrize("function", SHARING.values(), ids=SHARING)
@pytest.mark.parametrize("passes", [1, 2])
def test_gradients_of_leaves_share_no_memory(function, passes):
    leaves = [Tensor(np.ones((3, 4)), requires_grad=True) for _ in range(2)]
    out = function(*leaves)
    seed = np.ones(out.shape)
    for _ in range(passes):
        out.backward(seed)
    x, y = (t.grad.numpy() for t in leaves)
    assert x.shape == y.shape == (3, 4)
    assert not np.shares_memory(x, y)
    assert not np.shares_memory(x, seed)
    assert not np.shares_memory(x, out.grad.numpy())
    assert not np.shares_memory(y, out.grad.numpy())


def test_the_gradient_given_is_not_kept():
    x = Tensor([1.0, 2.0], requires_grad=True)
    seed = np.array([3.0, 4.0])
    x.backward(seed)
    (x + 0.0).backward(seed)
    seed[:] = 0.0
    assert x.grad.tolist() == [6.0, 8.0]


def test_expand_to_its_own_shape_keeps_the_gradient():
    x = Tensor(np.ones((3, 4)), requires_grad=True)
    x.expand(3, 4).sum().backward()
    assert x.grad.tolist() == np.ones((3, 4)).tolist()


@pytest.mark.parametrize("data", ["float32", "float64"])
@pytest.mark.parametrize("other", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(), (1,), (3,), (1, 3), (2, 1), (2, 3)])
def test_a_gradient_has_the_shape_and_dtype_of_its_data(data, other, shape):
    x = Tensor(np.full(shape, 0.5), requires_grad=True, dtype=data)
    y = Tensor(np.full((2, 3), 0.25), requires_grad=True, dtype=other)
    for out in (x * y - x, y / x, (x + 1.5) ** -0.5 + y, x.sum() * y.mean(), (x > 0.0) * y + x.relu()):
        x.grad = y.grad = None
        out.sum().backward()
        for t in (x, y):
            assert t.grad.shape == t.shape
            assert t.grad.dtype == t.dtype


def test_no_warning_where_ieee_has_an_answer():             # warnings are errors in this suite
    assert (Tensor([1.0]) / Tensor([0.0])).tolist() == [np.inf]
    assert (Tensor([0.0]) ** -1).tolist() == [np.inf]
    x = Tensor([0.0], requires_grad=True)
    x.log().sum().backward()
    assert x.grad.tolist() == [np.inf]


def test_interior_puts_every_node_after_its_inputs_once():
    rng = np.random.default_rng(0)
    for _ in range(50):
        nodes = [Value(1.0) for _ in range(3)]
        for _ in range(60):
            i, j = rng.integers(0, len(nodes), 2)
            nodes.append([nodes[i] + nodes[j], nodes[i].tanh(), nodes[i] * 2.0][rng.integers(3)])
        order = interior(nodes[-1], float("nan"))
        place = {id(node): i for i, node in enumerate(order)}
        assert len(place) == len(order)
        assert set(place) == {id(node) for node in topological(nodes[-1]) if node.op is not None}
        assert all(place[id(x)] < place[id(node)] for node in order for x in node.inputs if x.op is not None)
