"""Every op of the tables: on floats, on arrays, as methods, as symbols, and its derivatives against other witnesses."""

import math

import numpy as np
import pytest

from autograd import Tensor, Value, grad, gradcheck
from autograd.arrays import structural as st
from autograd.core.op import TABLE
from autograd.core.ops import FAMILIES, PowerBy
from autograd.core.symbols import text_of
from autograd.core.writing import compile_function
from tests.cases import ELEMENTWISE, MANY, MOVING, STOPPING, Elementwise, Many, Moving, uncovered

elementwise = pytest.mark.parametrize("case", ELEMENTWISE, ids=lambda case: case.id)
many = pytest.mark.parametrize("case", MANY, ids=lambda case: case.id)
moving = pytest.mark.parametrize("case", MOVING, ids=lambda case: case.id)


def points(case: Elementwise, count: int = 7) -> list[list[float]]:
    random = np.random.default_rng(0)
    return [[float(random.uniform(*r)) for r in case.ranges] for _ in range(count)]


def same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def test_every_op_has_a_case():
    assert uncovered() == set()
    assert set(FAMILIES) == {"power_by"}


@elementwise
def test_floats_arrays_and_both_kinds_of_node_agree(case):
    for xs in points(case):
        on_floats = case.op(*xs)
        assert type(on_floats) is float
        arrays = [np.array([x, x]) for x in xs]
        np.testing.assert_allclose(case.op(*arrays), on_floats, rtol=3e-16)
        assert Value.apply(case.op, *xs).data == on_floats
        np.testing.assert_allclose(Tensor.apply(case.op, *map(Tensor, arrays)).numpy(), on_floats, rtol=3e-16)


@elementwise
def test_derivatives_are_those_of_the_textbook(case):
    for xs in points(case):
        expected = [slope(*xs) for slope in case.slopes]
        values = [Value(x) for x in xs]
        Value.apply(case.op, *values).backward()
        np.testing.assert_allclose([v.grad for v in values], expected, rtol=1e-13, atol=1e-15)
        tensors = [Tensor([x, x], requires_grad=True) for x in xs]
        Tensor.apply(case.op, *tensors).sum().backward()
        for t, slope in zip(tensors, expected):
            np.testing.assert_allclose(t.grad.numpy(), [slope, slope], rtol=1e-13, atol=1e-15)


@elementwise
def test_derivatives_are_those_of_finite_differences_and_the_complex_step(case):
    h = 1e-3
    for xs in points(case, 3):
        out = case.op(*xs)
        for position, partial in enumerate(case.op.partials):
            if case.op.name == "where" and position == 0:
                continue                            # a condition has no neighbourhood
            exact = partial(out, *xs)

            def moved(by, xs=xs, position=position):
                return case.op(*[x + by if i == position else x for i, x in enumerate(xs)])

            numeric = (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h)
            assert math.isclose(exact, numeric, rel_tol=case.rtol, abs_tol=1e-8)
            if case.complex_step:
                at = [np.array(x + 1e-200j if i == position else x + 0j) for i, x in enumerate(xs)]
                stepped = complex(case.op.array(*at)).imag / 1e-200
                assert math.isclose(exact, stepped, rel_tol=1e-13, abs_tol=1e-15)


@elementwise
def test_higher_orders_are_derivatives_of_the_order_below(case):
    """Both engines, each order against fourth-order differences of the one below."""
    h = 1e-3

    def derivative(order, position, xs):
        nodes = [Value(x) for x in xs]
        y = Value.apply(case.op, *nodes)
        for _ in range(order):
            y = grad(y, nodes[position], create_graph=True)
        return y.data

    first = 1 if case.op.name == "where" else 0
    for xs in points(case, 2):
        for position in range(first, len(xs)):
            for order in range(1, case.order + 1):
                def moved(by, xs=xs, position=position, order=order):
                    return derivative(order - 1, position, [x + by if i == position else x for i, x in enumerate(xs)])

                numeric = (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h)
                here = derivative(order, position, xs)
                assert math.isclose(here, numeric, rel_tol=1e-6, abs_tol=1e-6)
                tensors = [Tensor([x], requires_grad=True) for x in xs]
                y = Tensor.apply(case.op, *tensors)
                for _ in range(order):
                    y = grad(y.sum(), tensors[position], create_graph=True)
                assert math.isclose(y.item(), here, rel_tol=1e-12, abs_tol=1e-12)


AWKWARD = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 710.0, -750.0, 1e308, -1e308, 1e-308, 5e-324, 1e-200, 1e200, 3.0, -8.0,
           math.inf, -math.inf, math.nan, math.pi]

with np.errstate(all="ignore"):
    ROOT = np.power(-np.inf, 0.5)


@elementwise
def test_methods_do_what_the_general_way_does_bit_for_bit(case):
    """The methods written out of the rows, against `apply`; floats against 0-d arrays; on numbers made to hurt."""
    random = np.random.default_rng(1)
    arity = len(case.op.partials)
    tries = [[x] for x in AWKWARD] if arity == 1 else [list(random.choice(AWKWARD, arity)) for _ in range(150)]
    for xs in [[float(x) for x in xs] for xs in tries]:
        leaves = [Value(x) for x in xs]
        general = Value.apply(case.op, *leaves)
        if isinstance(case.op, PowerBy):
            method = leaves[0] ** case.op.exponent
        elif arity <= 2 and case.op.methods:
            method = getattr(leaves[0], case.op.name)(*leaves[1:])
        else:
            continue
        assert same(method.data, general.data), xs
        assert all(map(same, method.partials, general.partials)), (xs, method.partials, general.partials)
        assert all(type(p) in (float, bool) for p in method.partials)
        assert type(method.data) is float
        if case.op.name == "power" and xs == [-math.inf, 0.5] and ROOT > 0:
            continue                                # NumPy 2.2, the last one for Python 3.10, says inf; later ones nan
        zero_d = [Tensor(x, requires_grad=True) for x in xs]
        with np.errstate(all="ignore"):
            t = getattr(zero_d[0], case.op.name)(*zero_d[1:]) if not isinstance(case.op, PowerBy) else \
                zero_d[0] ** case.op.exponent
        exact = case.op.name in {"add", "sub", "mul", "div", "neg", "relu", "abs", "sign", "maximum", "minimum", "sqrt"}
        np.testing.assert_allclose(t.numpy(), general.data, rtol=0 if exact else 1e-15, atol=0 if exact else 5e-324)
        method.backward()
        t.backward()
        for v, x in zip(leaves, zero_d):
            # 1 - tanh² and its like lose the digits that cancel: one unit in the last place of 1
            np.testing.assert_allclose(x.grad.numpy(), v.grad, rtol=0 if exact else 3e-15, atol=0 if exact else 5e-16,
                                       err_msg=f"{case.op.name} at {xs}")


@elementwise
def test_rules_read_as_symbols_compute_what_they_compute(case):
    arguments = ("out", "a", "b", "c")[: 1 + len(case.op.partials)]
    floats = {name: row.floats for name, row in TABLE.items()}
    for position, partial in enumerate(case.op.partials):
        text = text_of(partial, *arguments)
        assert text is not None
        read = compile_function("read", f"def read({', '.join(arguments)}):\n    return {text}\n", floats)
        for xs in points(case):
            out = case.op(*xs)
            assert read(out, *xs) == partial(out, *xs), (position, text)


@many
def test_ops_of_many(case: Many):
    xs = np.random.default_rng(0).normal(size=case.count).tolist()
    leaves = [Value(x) for x in xs]
    y = Value.apply(case.op, *leaves)
    (y * y).backward()
    np.testing.assert_allclose([v.grad for v in leaves], 2 * y.data * np.array(case.slopes(*xs)), rtol=1e-14)
    assert gradcheck(lambda *values: Value.apply(case.op, *values).tanh(), [Value(x) for x in xs], order=2)


def applied(case: Moving, parts):
    if case.op.arity is None:
        return Tensor.apply(case.op, tuple(parts), *case.parameters)
    return Tensor.apply(case.op, *parts, *case.parameters)


def arrays_for(case: Moving) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.permutation(np.linspace(-1.3, 1.7, math.prod(s))).reshape(s) for s in case.shapes]


@moving
def test_structural_ops_do_what_they_say(case):
    arrays = arrays_for(case)
    before = [a.copy() for a in arrays]
    np.testing.assert_allclose(applied(case, [Tensor(a) for a in arrays]).numpy(),
                               case.reference(*arrays, *case.parameters), rtol=1e-13, atol=1e-15)
    for a, b in zip(arrays, before):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("case", STOPPING, ids=lambda case: case.id)
def test_what_lets_no_gradient_through(case):
    (array,) = arrays_for(case)
    x = Tensor(array, requires_grad=True)
    stopped = applied(case, [x * 1.0])
    np.testing.assert_array_equal(stopped.numpy(), case.reference(array, *case.parameters))
    assert case.op.constant
    assert case.op.words
    (stopped * x.sum()).sum().backward()            # only by the other factor
    np.testing.assert_allclose(x.grad.numpy(), np.full(array.shape, stopped.numpy().sum()))
    y = Tensor(array, requires_grad=True)
    applied(case, [y * 2.0]).sum().backward()
    assert not y.grad.numpy().any()


@moving
def test_structural_gradients(case):
    tensors = [Tensor(a, requires_grad=True) for a in arrays_for(case)]
    # squared, so that the gradient coming in is not constant and the second order has something to find
    assert gradcheck(lambda *parts: (applied(case, parts) ** 2 + applied(case, parts)) * 1.3, tensors, order=2)
    for position in range(len(tensors)):            # each alone, the others constant
        alone = [Tensor(t, requires_grad=i == position) for i, t in enumerate(tensors)]
        assert gradcheck(lambda *parts: applied(case, parts).sum() * 0.7, alone)


@pytest.mark.parametrize("case", [case for case in MOVING if case.op not in (st.cast, st.STRUCTURAL["cross_entropy"])],
                         ids=lambda case: case.id)  # which change the dtype, and take options of theirs
def test_structural_gradients_are_the_adjoint(case):
    """⟨g, J·t⟩ = ⟨J'·g, t⟩ by dot products, in float32 too, whose gradients stay float32."""
    arrays = arrays_for(case)
    for dtype, rtol in ((np.float64, 1e-12), (np.float32, 1e-5)):
        tensors = [Tensor(a.astype(dtype), requires_grad=True) for a in arrays]
        out = applied(case, tensors)
        g = np.random.default_rng(3).normal(size=out.shape).astype(dtype)
        out.backward(g)
        for i, t in enumerate(tensors):
            assert t.grad.dtype == dtype
            assert t.grad.shape == t.shape
            along = np.random.default_rng(4).normal(size=t.shape)
            plus, minus = ([a + s * along if k == i else a for k, a in enumerate(arrays)] for s in (1e-6, -1e-6))
            change = (case.reference(*plus, *case.parameters) - case.reference(*minus, *case.parameters)) / 2e-6
            np.testing.assert_allclose((t.grad.numpy() * along).sum(), (g * change).sum(), rtol=max(rtol, 1e-7),
                                       atol=1e-6 if dtype is np.float64 else 1e-5)
