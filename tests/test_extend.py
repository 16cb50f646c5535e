"""Ops of one's own: added by the door, and known to every reader at once."""

import math
import random

import numpy as np
import pytest

import autograd.functional as F
from autograd import Tensor, Value, draw, explain, extend, grad, gradcheck, jacobian, replay, source, tree
from autograd.core.op import TABLE
from autograd.core.symbols import Symbol, text_of
from autograd.extend import elementwise, exp, moves
from autograd.replaying import replay as replaying
from tests.needs import needs

ROOT_PI = math.sqrt(math.pi)


def add_erf():
    """No ufunc of NumPy's, and no function of NumPy's at all."""
    return elementwise("erf", math.erf, np.vectorize(math.erf, otypes=[float]),
                       lambda out, x: 2.0 / ROOT_PI * exp(-x * x), symbol="erf", words="the bell curve, integrated",
                       source={"torch": "torch.erf", "jax": "jax.scipy.special.erf"})


def add_arctan():
    """A ufunc, spelled by nobody."""
    return elementwise("arctan", math.atan, np.arctan, lambda out, x: 1.0 / (1.0 + x * x))


def add_branching():
    """Python's `if`, on floats and on arrays: no register and no symbol can be fed to it."""
    def array(x):
        if x.size and x.max() > 1e9:
            return np.zeros_like(x)
        return np.where(x > 0, x, 0.1 * x)

    return elementwise("leaky", lambda x: x if x > 0 else 0.1 * x, array,
                       lambda out, x: np.where(np.asarray(x) > 0, 1.0, 0.1) if isinstance(x, np.ndarray) else
                       (1.0 if x > 0 else 0.1), domain=[(0.5, 2.0)], source={"numpy": "np.maximum({x}, 0.1 * {x})"})


def add_hypot():
    return elementwise("hypotenuse", math.hypot, np.hypot, lambda out, x, y: x / out, lambda out, x, y: y / out,
                       source={"numpy": "np.hypot", "torch": "torch.hypot", "jax": "jnp.hypot"})


def add_flip():
    def flip_array(x, dim):
        return np.flip(x, dim)

    flip = moves("flip", flip_array, lambda g, out, x, dim: flip(g, dim), words="the gradient is flipped back",
                 source={"numpy": "np.flip({x}, {dim})", "torch": "torch.flip({x}, ({dim},))",
                         "jax": "jnp.flip({x}, {dim})"})
    return flip


def add_cumsum():
    reversed_sum = moves("sums_from_the_end", lambda x, dim: np.flip(np.cumsum(np.flip(x, dim), dim), dim),
                         lambda g, out, x, dim: cumsum(g, dim), words="each place gets the sum of those up to it",
                         source={"numpy": "np.flip(np.cumsum(np.flip({x}, {dim}), {dim}), {dim})",
                                 "torch": "torch.flip(torch.cumsum(torch.flip({x}, ({dim},)), {dim}), ({dim},))",
                                 "jax": "jnp.flip(jnp.cumsum(jnp.flip({x}, {dim}), {dim}), {dim})"})
    cumsum = moves("cumsum", np.cumsum, lambda g, out, x, dim: reversed_sum(g, dim),
                   words="each place gets the sum of the gradients from it on",
                   source={"numpy": "np.cumsum({x}, {dim})", "torch": "torch.cumsum({x}, {dim})",
                           "jax": "jnp.cumsum({x}, {dim})"})
    return cumsum


ROWS = [add_erf, add_arctan, add_hypot]
MOVES = [add_flip, add_cumsum]
UNREADABLE = [add_branching]                        # rules that only floats and arrays can be fed


@pytest.mark.parametrize("add", ROWS + UNREADABLE)
def test_a_row_on_numbers(add):
    op = add()
    arity = len(op.partials)
    values = [Value(0.7 + i) for i in range(arity)]
    floats = [v.data for v in values]
    for made in (op(*values), getattr(values[0], op.name)(*values[1:]), getattr(values[0], op.name)(*values[1:])):
        assert type(made) is Value
        assert made.data == op.floats(*floats) == op(*floats)
    assert gradcheck(lambda *xs: op(*xs) * 1.3, values)


@pytest.mark.parametrize("add", ROWS + UNREADABLE)
@pytest.mark.parametrize("shapes", [[(3,), (3,)], [(2, 3), (3,)], [(2, 1), (2, 3)], [(), (4,)]])
def test_a_row_on_arrays_broadcast(add, shapes):
    op = add()
    rng = np.random.default_rng(0)
    xs = [Tensor(rng.uniform(0.5, 2.0, shape), requires_grad=True) for shape in shapes[:len(op.partials)]]
    method = getattr(xs[0], op.name)
    assert gradcheck(lambda *xs: op(*xs), xs)
    assert gradcheck(lambda *xs: (getattr(xs[0], op.name)(*xs[1:]) * op(*xs)).sum(), xs)
    np.testing.assert_array_equal(method(*xs[1:]).numpy(), op.array(*[x.numpy() for x in xs]))
    narrow = [Tensor(x.numpy(), True, dtype=np.float32) for x in xs]
    op(*narrow).sum().backward()
    assert all(x.grad.dtype == np.float32 for x in narrow)


@pytest.mark.parametrize("add", ROWS)
def test_a_row_differentiated_twice_and_more(add):
    op = add()
    values = [Value(0.4 + i) for i in range(len(op.partials))]
    assert gradcheck(lambda *xs: op(*xs), values, order=2)
    tensors = [Tensor([0.3, 0.9], requires_grad=True) for _ in op.partials]
    assert gradcheck(lambda *xs: op(*xs), tensors, order=2)
    slope = grad(op(*values), values[0], create_graph=True)
    assert isinstance(grad(slope, values[0]), float)


@pytest.mark.parametrize("add", ROWS + UNREADABLE)
@pytest.mark.parametrize("way", ["chosen", "loop", "groups", "straight", "batch"])
def test_a_row_recorded_of_values(add, way, monkeypatch):
    op = add()
    if way in ("loop", "groups", "straight"):
        monkeypatch.setattr(replaying, "STRAIGHT", 0.0 if way == "straight" else 1e9)
        monkeypatch.setattr(replaying, "LOOP", 1e9 if way == "groups" else 1e-9)
        monkeypatch.setattr(replaying, "GROUP", 1e-9 if way == "groups" else 1e9)
        monkeypatch.setattr(replaying, "GROUPED", 1e-9 if way == "groups" else 1e9)
        monkeypatch.setattr(replaying, "LARGEST_STRAIGHT", 10 ** 6 if way == "straight" else 0)
    r = random.Random(3)
    leaves = [Value(r.uniform(0.5, 2.0)) for _ in range(6)]
    x = Value(1.0)

    def build():
        parts = [op(*[leaves[(i + j) % 6] * x for j in range(len(op.partials))]) for i in range(6)]
        return sum(parts[1:], parts[0]) * 0.5

    recorded = replay(build(), wrt=leaves, inputs=[x], batch=way == "batch")
    for _ in range(3):
        for leaf in leaves:
            leaf.data, leaf.grad = r.uniform(0.5, 2.0), 0.0
        x.data = r.uniform(0.5, 2.0)
        loss = build()
        loss.backward()
        recorded.parameters[:] = [leaf.data for leaf in leaves]
        assert recorded([[x.data]] if way == "batch" else [x.data]) == pytest.approx(loss.data, rel=1e-13)
        np.testing.assert_allclose(recorded.gradient, [leaf.grad for leaf in leaves], rtol=1e-12)


@pytest.mark.parametrize("add", ROWS + UNREADABLE)
def test_a_row_recorded_of_tensors(add):
    op = add()
    rng = np.random.default_rng(1)
    xs = [Tensor(rng.uniform(0.5, 2.0, shape), requires_grad=True) for shape in [(2, 3), (3,)][:len(op.partials)]]
    recorded = replay((op(*xs) * 1.5).sum(), wrt=xs)
    for place, x in zip(recorded.parameters, xs):
        place[...] = rng.uniform(0.5, 2.0, x.shape)
        x.data = Tensor(place)
    loss = (op(*xs) * 1.5).sum()
    loss.backward()
    assert recorded() == pytest.approx(loss.item(), rel=1e-13)
    for found, x in zip(recorded.gradients, xs):
        np.testing.assert_allclose(found, x.grad.numpy(), rtol=1e-12)


def run(text, backend, leaves):
    scope = {}
    exec(compile(text, "<source>", "exec"), scope)
    if backend == "numpy":
        loss, slopes = scope["step"](**{name: np.array(x) for name, x in leaves.items()})
    elif backend == "torch":
        import torch
        loss, slopes = scope["step"](**{name: torch.from_numpy(np.array(x)) for name, x in leaves.items()})
    else:
        import jax
        jax.config.update("jax_enable_x64", True)
        loss, slopes = jax.jit(scope["step"])(**{name: jax.numpy.asarray(x) for name, x in leaves.items()})
    return float(loss), {name: np.asarray(slope) for name, slope in slopes.items()}


@pytest.mark.parametrize("add", ROWS + MOVES)
@pytest.mark.parametrize("backend", ["numpy", "torch", "jax"])
def test_an_op_printed_as_code(add, backend):
    op = add()
    rng = np.random.default_rng(2)
    arrays = {f"x{i}": rng.uniform(0.5, 2.0, (2, 3)) for i in range(op.arity)}
    leaves = {name: Tensor(array, requires_grad=True) for name, array in arrays.items()}
    loss = (op(*leaves.values(), *([1] if add in MOVES else [])) ** 2).sum()
    if backend not in op.source:
        with pytest.raises(TypeError, match=rf"(?s){op.name}.*{backend}|{op.name}"):
            source(loss, leaves, backend)
        return
    loss.backward()
    if backend != "numpy":
        needs(backend, {"torch": "parity"}.get(backend, backend))
    found, slopes = run(source(loss, leaves, backend), backend, arrays)
    assert found == pytest.approx(loss.item(), rel=1e-12)
    for name, leaf in leaves.items():
        np.testing.assert_allclose(slopes[name], leaf.grad.numpy(), rtol=1e-11)


@pytest.mark.parametrize("add", ROWS)
def test_a_row_seen_and_explained(add):
    op = add()
    leaves = [Value(0.5 + i, label=f"x{i}") for i in range(len(op.partials))]
    out = op(*leaves)
    out.label = "out"
    out.backward()
    assert op.symbol in draw(out).source
    assert f"({op.symbol})" in tree(out)
    told = str(explain(out, leaves[0]))
    assert "✓" in told
    assert "through out" in told
    assert "elementwise; ∂out/∂x = " in getattr(Value, op.name).__doc__
    assert text_of(op.partials[0], "out", *"xy"[:len(leaves)])
    assert str(op(*map(Symbol, "xy"[:len(leaves)]))).startswith(f"{op.name}(")
    from demos.op_table import markdown
    assert f"| `{op.name}` |" in markdown()


@pytest.mark.parametrize("add", MOVES)
def test_an_op_that_moves_numbers(add):
    op = add()
    x = Tensor(np.random.default_rng(4).normal(size=(2, 3, 2)), requires_grad=True, label="x")
    for dim in range(3):
        assert gradcheck(lambda x, dim=dim: op(x, dim) ** 2, x, order=2)
        assert getattr(x, op.name)(dim).tolist() == op.array(x.numpy(), dim).tolist()
        assert op.make(x, dim).tolist() == op(x.numpy(), dim).tolist()
    weights = np.arange(12.0).reshape(2, 3, 2)
    jacobian(lambda x: op(x, 1), x)
    recorded = replay((op(x * 1.0, 1) * weights).sum(), wrt=[x])
    recorded.parameters[0][...] = new = np.random.default_rng(5).normal(size=(2, 3, 2))
    fresh = Tensor(new, requires_grad=True)
    loss = (op(fresh, 1) * weights).sum()
    loss.backward()
    assert recorded() == pytest.approx(loss.item(), rel=1e-13)
    np.testing.assert_allclose(recorded.gradients[0], fresh.grad.numpy(), rtol=1e-13)
    out = op(x, 1).sum()
    out.backward()
    assert op.words in str(explain(out, x))
    assert op.symbol in draw(out).source
    from demos.op_table import markdown
    assert f"`{op.name}`" in markdown()


def test_an_op_of_ones_own_beside_those_of_the_library():
    op = add_erf()
    x = Tensor([[0.2, -1.0, 2.0]], requires_grad=True)
    assert gradcheck(lambda x: F.cross_entropy(op(x), [1]), x)


@pytest.mark.parametrize(("make", "message"), [
    (lambda: elementwise("a b", abs, abs, lambda out, x: 1.0), "expected a Python name"),
    (lambda: elementwise("nothing", abs, abs), "a partial derivative for each input"),
    (lambda: elementwise("backward", abs, abs, lambda out, x: 1.0), "can't be called 'backward'"),
    (lambda: elementwise("__add__", abs, abs, lambda out, x: 1.0), "can't be called"),
    (lambda: moves("data", abs, lambda g, out, x: g), "can't be called 'data'"),
])
def test_names_that_cannot_be(make, message):
    before = dict(TABLE)
    with pytest.raises(ValueError, match=message):
        make()
    assert before == TABLE


def test_ops_by_name():
    assert extend.tanh is TABLE["tanh"]
    with pytest.raises(AttributeError, match="no op called 'tann'; there are add, "):
        _ = extend.tann
