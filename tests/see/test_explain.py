"""Paths and explanations, against the textbook's terms, the engine's gradients and counting by hand."""

import importlib
import itertools
import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd.functional as F
from autograd import Tensor, Value, explain, paths
from autograd.arrays.structural import STRUCTURAL, Structural
from autograd.core.nary import NARY, dot, total
from autograd.core.op import TABLE, Op
from autograd.core.symbols import Symbol
from autograd.see.telling import rule


class Network:
    """Two hidden values, two logits, softmax, cross-entropy with target probabilities y."""

    def __init__(self, y: tuple[float, float] = (0.3, 0.7)) -> None:
        self.y = y
        self.h = [Value(0.5, label="h_1"), Value(-0.3, label="h_2")]
        self.w = {(j, i): Value(weight, label=f"w_{j}{i}")                  # from h_j to z_i
                  for (j, i), weight in zip(itertools.product((1, 2), (1, 2)), (0.1, 0.2, 0.7, -0.4))}
        self.z = [self.h[0] * self.w[1, i] + self.h[1] * self.w[2, i] for i in (1, 2)]
        e = [z.exp() for z in self.z]
        s = e[0] + e[1]
        self.p = [x / s for x in e]
        self.loss = -(y[0] * self.p[0].log() + y[1] * self.p[1].log())
        for i in (0, 1):
            self.z[i].label, self.p[i].label = f"z_{i + 1}", f"ŷ_{i + 1}"
        self.loss.label = "L"
        self.loss.backward()


@pytest.mark.parametrize("y", [(0.3, 0.7), (1.0, 0.0), (0.0, 1.0)])
def test_a_weight_reaches_the_loss_through_both_outputs(y: tuple[float, float]) -> None:
    net = Network(y)
    w_21, h_2, (p_1, p_2) = net.w[2, 1], net.h[1].data, net.p
    sums = paths(net.loss, w_21, through=[p_1, p_2])
    assert sums[p_1] == pytest.approx(-y[0] * (1 - p_1.data) * h_2, rel=1e-14, abs=1e-17)
    assert sums[p_2] == pytest.approx(y[1] * p_1.data * h_2, rel=1e-14, abs=1e-17)
    assert sum(sums.values()) == pytest.approx(w_21.grad, rel=1e-14)
    assert w_21.grad == pytest.approx(h_2 * (p_1.data - y[0]), rel=1e-14)
    assert "through ŷ_1" in str(sums)


def test_the_paths_of_that_weight() -> None:
    net = Network()
    found = paths(net.loss, net.w[2, 1])
    assert found.count == 3                             # ŷ_1's numerator, and each output's denominator
    listed = list(found)
    assert [path.nodes[0] for path in listed] == [net.w[2, 1]] * 3
    assert [path.nodes[-1] for path in listed] == [net.loss] * 3
    assert sum(path.contribution for path in listed) == pytest.approx(net.w[2, 1].grad, rel=1e-13)
    assert found.total == pytest.approx(net.w[2, 1].grad, rel=1e-14)
    sizes = [abs(path.contribution) for path in listed]
    assert sizes == sorted(sizes, reverse=True)
    for path in listed:
        assert math.prod(path.partials) == pytest.approx(path.contribution, rel=1e-14)
    assert "w_21 → " in str(found)


def test_counting_and_listing_2_to_the_60_paths() -> None:
    x = v = Value(1.0)
    for _ in range(60):
        v = v + v
    start = time.process_time()
    found = paths(v, x, limit=5)
    assert found.count == 2 ** 60
    assert found.total == 2.0 ** 60
    assert [len(path.nodes) for path in found] == [61] * 5
    assert time.process_time() - start < 1.0


def test_the_largest_come_first_without_listing_the_rest() -> None:
    x = v = Value(1.0)
    for k in range(40):
        v = v * (1.0 + k % 3) + v * 0.125
    sizes = [path.contribution for path in paths(v, x, limit=60)]
    best = math.prod(1.0 + k % 3 for k in range(40))
    assert sizes[0] == best
    assert sizes[1:15] == [best / 8] * 13 + [best / 8]  # one of 14 factors 1 exchanged for 1/8
    assert sizes == sorted(sizes, reverse=True)


@given(st.data())
def test_contributions_sum_to_the_gradient(data: st.DataObject) -> None:
    nodes = [Value(data.draw(st.floats(0.5, 2.0))) for _ in range(2)]
    for _ in range(data.draw(st.integers(1, 9))):
        op = data.draw(st.sampled_from(["add", "mul", "sub", "tanh", "maximum", "sigmoid"]))
        picked = [data.draw(st.sampled_from(nodes[-4:])) for _ in TABLE[op].partials]
        nodes.append(TABLE[op](*picked))
    root, leaf = total(nodes[-2:]), nodes[0]
    root.backward()
    found = paths(root, leaf, limit=10 ** 6)
    listed = list(found)
    assert len(listed) == found.count
    assert len({tuple(map(id, path.nodes)) + path._positions for path in listed}) == len(listed)
    scale = 1e-14 + 1e-12 * sum(abs(path.contribution) for path in listed)
    assert sum(path.contribution for path in listed) == pytest.approx(leaf.grad, abs=scale)
    assert found.total == pytest.approx(leaf.grad, abs=scale)
    assert found.count == brute_force_count(root, leaf)
    if found.count:
        assert explain(root, leaf).agrees


def brute_force_count(node: Value, leaf: Value) -> int:
    return int(node is leaf) or sum(brute_force_count(x, leaf) for x in node.inputs)


def test_paths_that_are_not_there() -> None:
    a, b = Value(1.0, label="a"), Value(2.0, label="b")
    found = paths(a * 2.0, b)
    assert (found.count, found.total, list(found)) == (0, 0.0, [])
    assert [path.contribution for path in paths(a, a)] == [1.0]
    with pytest.raises(TypeError, match="expected nodes"):
        paths(a, 3.0)           # type: ignore[arg-type]
    with pytest.raises(ValueError, match="b in through= is not part"):
        paths(a * 2.0, a, through=[b])


def test_partials_of_zero_and_infinity_do_not_stop_the_listing() -> None:
    x = Value(0.0)
    y = x.sqrt() * x + x.relu() + (x * 0.0) * (1.0 / x)
    assert len(list(paths(y, x))) == paths(y, x).count == 5


def test_paths_through_tensors() -> None:
    W = Tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True, label="W")
    b = Tensor([0.1, 0.2], requires_grad=True, label="b")
    x = Tensor([[0.3, 0.4], [0.5, -0.6], [0.7, 0.8]])
    h = (x @ W + b).tanh()
    loss = (h * b + F.softmax(h)).sum()
    loss.backward()
    for leaf in (W, b):
        found = paths(loss, leaf)
        assert len(list(found)) == found.count
        np.testing.assert_allclose(sum(path.contribution for path in found), leaf.grad.numpy(), rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(found.total, leaf.grad.numpy(), rtol=1e-13, atol=1e-16)
    assert paths(loss, x).count == 0                    # no gradient flows to a constant
    np.testing.assert_allclose(paths(loss, W, through=[h])[h], W.grad.numpy(), rtol=1e-13, atol=1e-16)


def test_a_deep_chain_has_one_path() -> None:
    x = v = Value(1.0)
    for _ in range(100_000):
        v = v.neg()
    found = paths(v, x)
    assert found.count == 1
    (path,) = found
    assert len(path.nodes) == 100_001
    assert path.contribution == 1.0


# Explaining.

def test_explaining_one_use() -> None:
    z = Value(0.5, label="z")
    p = z.sigmoid()
    p.label = "probs"
    loss = -(1.9 * p.log())
    loss.label = "L"
    loss.backward()
    told = str(explain(loss, z))
    numbers = f"−{1.9 / p.data:.3g} × {p.data * (1 - p.data):.3g} = −{1.9 * (1 - p.data):.3g}"
    assert f"∂L/∂probs · ∂probs/∂z = {numbers}" in told
    assert "∂probs/∂z = probs·(1 − probs)" in told
    assert told.endswith("✓")


def test_explaining_several_uses_and_their_sum() -> None:
    net = Network()
    e_1 = net.z[0].exp()                                # not in the graph
    with pytest.raises(ValueError, match="L was not computed from this node"):
        explain(net.loss, e_1)
    told = explain(net.loss, net.h[1])
    assert len(told.contributions) == 2
    assert sum(told.contributions) == pytest.approx(net.h[1].grad, rel=1e-14)
    assert told.gradient == pytest.approx(net.h[1].grad, rel=1e-14)
    assert "sum: " in str(told)
    assert "is used 2 times" in str(told)
    assert "<li" in told._repr_html_()


def test_a_stale_gradient_shows_as_a_remainder() -> None:
    x = Value(3.0, label="x")
    y = x * x
    y.backward()
    assert explain(y, x).agrees
    y.backward()
    told = explain(y, x)
    assert not told.agrees
    assert told.remainder == 6.0
    assert "remainder of 6" in str(told)
    assert "stale" in str(told)
    assert "zero_grad" in str(told)


def test_a_gradient_that_was_never_computed() -> None:
    x = Value(3.0, label="x")
    y = x * x
    y.label = "y"
    assert "no backward pass was run from y; call y.backward()" in str(explain(y, x))
    W = Tensor([1.0], requires_grad=True, label="W")
    assert "no backward pass" in str(explain((W * 2.0).sum(), W))


def test_another_seed_than_one() -> None:
    x = Value(3.0, label="x")
    y = x * x
    y.backward(2.0)
    assert explain(y, x).agrees
    assert explain(y, x).gradient == 12.0
    assert "not from 1" in str(explain(y, x))


def test_explaining_tensors() -> None:
    W = Tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True, label="W")
    b = Tensor([0.1, 0.2], requires_grad=True, label="b")
    x = Tensor([[0.3, 0.4], [0.5, -0.6], [0.7, 0.8]], label="x")
    h = (x @ W + b).tanh()
    h.label = "h"
    loss = F.cross_entropy(h, [0, 1, 1]) + (b * b).sum()
    loss.backward()
    told = str(explain(loss, b))
    assert "broadcast (2,) → (3, 2)" in told
    assert "summed back" in told
    assert told.endswith("✓")
    assert "transposed" in str(explain(loss, W))
    for node in (W, h, b):
        assert explain(loss, node).agrees
    assert "requires no gradient" in str(explain(loss, x))
    loss.backward()
    np.testing.assert_allclose(explain(loss, b).remainder, b.grad.numpy() / 2, rtol=1e-12)


def test_gradients_that_are_not_finite_are_explained_too() -> None:
    x = Tensor([0.0, 1.0], requires_grad=True, label="x")
    z = x.log().exp().sum()
    z.backward()
    assert str(explain(z, x)).endswith("x.grad = [nan, 1] ✓")
    v = Value(0.0, label="v")
    assert "= inf" in str(explain(v.log() * 2.0, v)).splitlines()[0]


def test_float32_agrees_within_its_rounding() -> None:
    x = Tensor(np.linspace(-3, 3, 1000), requires_grad=True, dtype=np.float32)
    loss = (x.exp() * x).sum() + (x ** 3).mean()
    loss.backward()
    assert explain(loss, x).agrees


def test_a_node_used_very_often_is_told_briefly() -> None:
    x = Value(2.0, label="x")
    y = total([x * float(k) for k in range(1000)])
    y.backward()
    told = str(explain(y, x))
    assert len(told.splitlines()) < 30
    assert "980 more uses" in told


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_rule_can_be_told_in_symbols(name: str) -> None:
    op = TABLE[name]
    inputs = [Symbol(letter) for letter in "xyz"[:len(op.partials)]]
    for position in range(len(op.partials)):
        assert rule(op, position, Symbol("out"), inputs)


def ops_without_a_formula() -> list[Op]:
    """Every op that moves numbers or is fused, and every op of many numbers; also those that know their targets."""
    importlib.import_module("autograd.arrays.fused")
    values, tensor = [Value(1.0), Value(2.0)], Tensor([[1.0, 2.0]], requires_grad=True)
    fused = [F.cross_entropy(values, 0).op, F.cross_entropy(tensor, [0]).op]
    return [*STRUCTURAL.values(), *NARY.values(), *filter(None, fused)]


@pytest.mark.parametrize("op", ops_without_a_formula(), ids=lambda op: f"{type(op).__name__}-{op.name}")
def test_every_op_without_a_formula_has_words(op: Op) -> None:
    assert len(op.words) > 15
    assert op.words[-1] not in ".;, "


def test_an_op_of_ones_own_without_words_is_told_by_its_name() -> None:
    own = Structural("own", lambda x: x, lambda g, out, x: g)
    x = Tensor([1.0], requires_grad=True, label="x")
    assert "by the rule of own" in str(explain(Tensor.apply(own, x), x))


def test_rules_of_many_inputs() -> None:
    w, x = [Value(1.0, label="w_1"), Value(2.0, label="w_2")], [Value(3.0, label="x_1"), Value(4.0, label="x_2")]
    y = dot(w, x)
    y.label = "y"
    y.backward()
    assert "∂y/∂w_2 = x_2 = 4" in str(explain(y, w[1]))
    z = [Value(2.0, label="z_1"), Value(1.0)]
    loss = F.cross_entropy(z, 0)
    loss.backward()
    assert explain(loss, z[0]).agrees
