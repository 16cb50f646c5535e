"""micrograd's own code on a Value: its constructor, and `_backward` written by hand. Needs no NumPy."""

import copy
import math
import pickle
import random

import pytest

from autograd import Value, draw_dot, grad, replay, source, tree
from autograd.core.byhand import OWN
from autograd.core.graph import topological


def times(a, b):
    out = Value(a.data * b.data, (a, b), "*")

    def step():
        a.grad += b.data * out.grad
        b.grad += a.data * out.grad

    out._backward = step
    return out


def tanh(a):
    out = Value(math.tanh(a.data), (a,), _op="tanh", label="t")

    def step():
        a.grad += (1 - out.data ** 2) * out.grad

    out._backward = step
    return out


def random_expression(seed, times, tanh):
    chance = random.Random(seed)
    leaves = [Value(chance.uniform(-1, 1)) for _ in range(3)]
    nodes = list(leaves)
    for _ in range(12):
        a, b = chance.choice(nodes), chance.choice(nodes)
        nodes.append(chance.choice([lambda: times(a, b), lambda: a + b, lambda: tanh(a), lambda: a * b])())  # noqa: B023
    return leaves, sum(nodes)


@pytest.mark.parametrize("seed", range(20))
def test_steps_written_by_hand_give_the_same_gradients(seed):
    leaves, out = random_expression(seed, times, tanh)
    same, genuine = random_expression(seed, lambda a, b: a * b, lambda a: a.tanh())
    out.backward()
    genuine.backward()
    assert [x.grad for x in leaves] == pytest.approx([x.grad for x in same], rel=1e-12)
    by_steps, root = random_expression(seed, times, tanh)       # as the lecture does it, step by step
    root.grad = 1.0
    for node in reversed(topological(root)):
        node._backward()
    assert [x.grad for x in by_steps] == pytest.approx([x.grad for x in same], rel=1e-12)


def test_micrograds_constructor():
    a, b = Value(2.0, label="a"), Value(3.0, "b")
    c = Value(6.0, (a, b), "*", "c")
    assert (a.label, b.label, c.label, c._op) == ("a", "b", "c", "*")
    assert c._prev == {a, b}
    assert c.inputs == (a, b)
    leaf = Value(1.0, (), "")
    assert (leaf.inputs, leaf._op) == ((), "")

    class Number(Value):
        def __init__(self, data, _children=(), _op="", label=""):
            super().__init__(data, _children=_children, _op=_op, label=label)
            self.note = "own"                       # a subclass has room for attributes

    assert (Number(1.0) * Number(2.0)).data == 2.0
    assert Number(1.0, label="n").label == "n"
    with pytest.raises(TypeError, match="float among _children, expected Values"):
        Value(1.0, (2.0,), "+")


def test_what_is_not_known_by_hand_is_refused():
    a = Value(2.0)
    lost = Value(4.0, (a, a), "*")
    with pytest.raises(ValueError, match="no _backward"):
        (lost + 1.0).backward()
    assert a.grad == 0.0
    out = times(a, a) + a
    for ask in (lambda: grad(out, a), lambda: grad(out, a, create_graph=True), lambda: replay(out),
                lambda: source(out)):
        with pytest.raises(TypeError, match=r"by.hand"):
            ask()
    assert a.grad == 0.0
    out.backward()
    assert a.grad == 5.0
    assert "*" in str(draw_dot(out))
    assert "*" in tree(out)
    for node, why in [(a * a, "mul knows its derivatives"), (a, "a leaf has no step back")]:
        with pytest.raises(AttributeError, match=rf"_backward: {why}.*Value\(data, \(a, b\), 'op'\)"):
            node._backward = lambda: None


@pytest.mark.parametrize("label", [3, 2.5, ["a"]])
def test_a_label_is_a_text(label):
    with pytest.raises(TypeError, match=r"label: got .* expected a text"):
        Value(1.0, label=label)
    v = Value(1.0)
    with pytest.raises(TypeError, match=r"label: got .* expected a text"):
        v.label = label
    with pytest.raises(UnicodeEncodeError):
        v.label = "\udc80"


def test_a_parameter_carries_what_optimisers_hang_on_it():
    p = Value(3.0, "p")
    assert not hasattr(p, "m")
    for _ in range(2):
        p.m = 0.9 * getattr(p, "m", 0.0) + 0.1
    assert (p.m, p.label) == (pytest.approx(0.19), "p")
    assert not hasattr(p * 2.0, "m")
    with pytest.raises(AttributeError, match="'Value' object has no attribute 'v'"):
        p.v += 1.0


@pytest.mark.parametrize("name", OWN)
def test_what_learners_hang_on_a_value_hangs_there_alone(name):
    v, other, result = Value(1.0, label="v"), Value(2.0), Value(1.0) * 2.0
    assert not hasattr(v, name)
    with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
        getattr(other, name)
    for node in (v, result):
        setattr(node, name, 0.5)
        for carried in (node, copy.deepcopy(node), pickle.loads(pickle.dumps(node))):
            assert getattr(carried, name) == 0.5
    assert v.label == "v"
    assert not hasattr(other, name)
