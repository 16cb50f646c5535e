"""The walk back, and the two fast passes that must say the same."""

import random

import numpy as np
import pytest

from autograd import Tensor, Value
from autograd.core.graph import back, topological
from autograd.core.interior import interior
from autograd.core.nary import dot, total
from autograd.core.op import TABLE


def tame(op, pool, r):
    """Nodes from the pool, brought to where the op is smooth: a + (b − a)·(1 + tanh x)/2."""
    return [low + (high - low) * 0.5 * (1.0 + r.choice(pool).tanh()) for low, high in op.domain]


def values(seed):
    """A random graph of Values in which every row may occur, and nodes are used many times."""
    r = random.Random(seed)
    pool = leaves = [Value(r.uniform(-2, 2)) for _ in range(r.randint(1, 5))]
    for _ in range(r.randint(1, 40)):
        kind = r.random()
        if kind < 0.2:
            made = total([r.choice(pool) for _ in range(r.randint(1, 5))])
        elif kind < 0.4:
            n = r.randint(1, 4)
            made = dot([r.choice(pool) for _ in range(n)], [r.choice(pool) for _ in range(n)])
        elif kind < 0.5:
            made = (1.5 + r.choice(pool).tanh()) ** r.choice([-2.0, 0.5, 2.0, 3.0])
        else:
            op = r.choice(list(TABLE.values()))
            made = op(*tame(op, pool, r))
        pool = [*pool, made * 0.5]
    return leaves, pool[-1]


def tensors(seed):
    """The same of Tensors, broadcast against each other."""
    r, rng = random.Random(seed), np.random.default_rng(seed)
    shapes = [(), (3,), (2, 3), (2, 1), (1, 3), (4, 2, 3)]
    pool = leaves = [Tensor(rng.uniform(-2, 2, r.choice(shapes)), requires_grad=r.random() < 0.8 or i == 0)
                     for i in range(r.randint(1, 5))]
    for _ in range(r.randint(1, 20)):
        kind, x = r.random(), r.choice(pool)
        if kind < 0.2:
            made = x.sum(r.choice([None, *range(x.ndim)]), keepdim=True) if x.ndim else x.sum()
        elif kind < 0.3:
            made = x.reshape(-1)[: r.randint(1, 3)].sum()
        elif kind < 0.4:
            made = x.T.reshape(x.shape)
        else:
            op = r.choice(list(TABLE.values()))
            made = op(*tame(op, pool, r))
        pool = [*pool, made * 0.5]
    return leaves, (pool[-1] + leaves[0]).sum()


@pytest.mark.parametrize("graph", [values, tensors])
@pytest.mark.parametrize("seed", range(60))
def test_the_fast_passes_say_what_the_walk_says(graph, seed):
    _, root = graph(seed)
    root.backward()
    found = {root: 1.0 if graph is values else np.ones(())}
    with np.errstate(all="ignore"):
        uses = list(back(topological(root), found))
    for node, g in found.items():
        assert np.shape(node._grad) == np.shape(g)
        np.testing.assert_allclose(node._grad, g, rtol=1e-12, atol=1e-13)
    assert all(x in found for x in topological(root) if x.requires_grad)
    edges = [(id(node), i) for node in topological(root) for i, x in enumerate(node.inputs) if x.requires_grad]
    assert sorted((id(use.by), use.position) for use in uses) == sorted(edges)      # each use once
    for use in uses:
        assert use.node is use.by.inputs[use.position]
        assert use.arriving is found[use.by]


@pytest.mark.parametrize("graph", [values, tensors])
@pytest.mark.parametrize("seed", range(20))
def test_the_fast_order_is_an_order_too(graph, seed):
    _, root = graph(seed)
    kept = {node: node._grad for node in topological(root)}
    order = interior(root, object())
    place = {id(node): i for i, node in enumerate(order)}
    assert place.keys() == {id(node) for node in topological(root) if node.op is not None}
    assert len(place) == len(order)
    assert all(place[id(x)] < place[id(node)] for node in order for x in node.inputs if x.op is not None)
    for node, grad in kept.items():
        node._grad = grad


def test_who_asks_may_answer_in_anything():
    """Here the gradients are texts."""
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    y = a * b + a
    texts = {y: "1"}

    def ask(node, g):
        return [f"({slope:g}·{g})" for slope in node.partials]

    assert len(list(back(topological(y), texts, ask, lambda one, other: f"{one} + {other}"))) == 4
    assert sorted([texts[a], texts[b]]) == ["(1·1) + (3·(1·1))", "(2·(1·1))"]


def test_what_needs_nothing_gets_nothing():
    x, constant = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0])
    y = (x * constant).sum()
    found = {y: np.ones(())}
    assert [use.node for use in back(topological(y), found)][-1] is x
    assert constant not in found
    assert found[x].tolist() == [3.0, 4.0]
