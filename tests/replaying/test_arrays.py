"""Replay of graphs of Tensors: fused layers, labels and indices fed anew, gradients that share nothing."""

from typing import NamedTuple

import numpy as np
import pytest

import autograd
import autograd.functional as F
from autograd import Tensor, replay
from autograd.arrays import structural
from autograd.arrays.fused import affine, batch_norm

RNG = np.random.default_rng(5)


def layers():
    shapes = [(6, 5), (5,), (1, 5), (1, 5), (5, 4), (4,)]
    return [Tensor(RNG.standard_normal(shape), requires_grad=True) for shape in shapes]


def loss_of(parameters, x, labels, **options):
    W, b, gain, bias, V, c = parameters
    h = batch_norm(affine(x, W, b), gain, bias, correction=1).tanh()
    return F.cross_entropy(affine(h, V, c), labels, **options)


OPTIONS = [{}, {"reduction": "sum"}, {"label_smoothing": 0.1}, {"weight": [1.0, 2.0, 0.5, 1.5]}, {"ignore_index": 2},
           {"ignore_index": 2, "label_smoothing": 0.2, "weight": np.array([1.0, 2.0, 0.5, 1.5])}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("fed", [True, False])
def test_fused_layers_replayed(options, fed):
    parameters, x, labels = layers(), Tensor(RNG.standard_normal((7, 6)), requires_grad=True), RNG.integers(0, 4, 7)
    given = autograd.tensor(labels)
    recorded = replay(loss_of(parameters, x, given if fed else labels, **options), wrt=parameters,
                      inputs=[x, given] if fed else [x])
    for _ in range(3):
        for p, place in zip(parameters, recorded.parameters):
            p.data = RNG.standard_normal(p.shape)
            place[...] = p.numpy()
        new = Tensor(RNG.standard_normal((7, 6)))
        if fed:
            labels = RNG.integers(0, 4, 7)
        loss = loss_of(parameters, new, labels, **options)
        for p in parameters:
            p.grad = None
        loss.backward()
        assert recorded(new, labels) == pytest.approx(loss.item(), rel=1e-13) if fed else recorded(new) is not None
        for p, gradient in zip(parameters, recorded.gradients):
            np.testing.assert_allclose(gradient, p.grad.numpy(), rtol=1e-11, atol=1e-13)


def test_probability_targets_can_be_fed():
    z, y = Tensor(RNG.standard_normal((3, 4)), requires_grad=True), Tensor(np.full((3, 4), 0.25))
    recorded = replay(F.cross_entropy(z, y), wrt=[z], inputs=[y])
    new = RNG.dirichlet(np.ones(4), 3)
    recorded(new)
    np.testing.assert_allclose(recorded.gradients[0], F.cross_entropy_gradient(z, new), rtol=1e-13, atol=1e-16)


def test_a_fed_label_out_of_range_raises():
    z, labels = Tensor(RNG.standard_normal((3, 4)), requires_grad=True), autograd.tensor([0, 1, 2])
    recorded = replay(F.cross_entropy(z, labels), wrt=[z], inputs=[labels])
    with pytest.raises(ValueError, match="class index 4 at position 1"):
        recorded(np.array([0, 4, 2]))


def test_a_fed_index_out_of_range_raises():
    table, rows = Tensor(RNG.standard_normal((3, 4)), requires_grad=True), autograd.tensor([0, 1, 2])
    recorded = replay((table[rows] ** 2).sum(), wrt=[table], inputs=[rows])
    with pytest.raises(IndexError):
        recorded(np.array([0, 3, 2]))


@pytest.mark.parametrize("key", [np.array([0, -1, 2, 2]), np.array([[0, 1], [-3, 2]]),
                                 (np.array([0, -1, 1]), np.array([2, 0, 2])), (np.array([[0], [1]]), np.array([1, 3])),
                                 (slice(None), np.array([1, 1])), np.array([True, False, True]), 1, (1, 2),
                                 (np.array([0, 0]), np.array([1, 1]))], ids=str)
def test_indices_replayed(key):
    table = Tensor(RNG.standard_normal((3, 4)), requires_grad=True)
    recorded = replay((table[key] ** 2).sum(), wrt=[table])
    for _ in range(2):
        table.data = RNG.standard_normal((3, 4))
        table.grad = None
        recorded.parameters[0][...] = table.numpy()
        loss = (table[key] ** 2).sum()
        loss.backward()
        assert recorded() == pytest.approx(loss.item(), rel=1e-14)
        np.testing.assert_allclose(recorded.gradients[0], table.grad.numpy(), rtol=1e-14)


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4), (5,)])
@pytest.mark.parametrize("keepdim", [False, True])
def test_maxima_move(dim, shape, keepdim):
    if dim >= len(shape):
        dim = 0
    x = Tensor(RNG.standard_normal(shape), requires_grad=True)
    weights = Tensor(RNG.standard_normal(x.max(dim, keepdim).values.shape))
    recorded = replay((x.max(dim, keepdim).values * weights).sum(), wrt=[x])
    for _ in range(3):
        x.data, x.grad = RNG.standard_normal(shape), None
        recorded.parameters[0][...] = x.numpy()
        loss = (x.max(dim, keepdim).values * weights).sum()
        loss.backward()
        assert recorded() == pytest.approx(loss.item(), rel=1e-14)
        np.testing.assert_array_equal(recorded.gradients[0], x.grad.numpy())


def test_an_infinite_row_spoils_no_other():
    table = Tensor(np.ones((3, 2)), requires_grad=True)
    recorded = replay((table[np.array([0, 1, 1])] ** 2).sum(), wrt=[table])
    recorded.parameters[0][1] = np.inf
    recorded()
    np.testing.assert_array_equal(recorded.gradients[0], [[2.0, 2.0], [np.inf, np.inf], [0.0, 0.0]])


def test_gradients_share_no_memory():
    a, b, c = [Tensor(RNG.standard_normal((2, 3)), requires_grad=True) for _ in range(3)]
    recorded = replay((a + b + c + c.reshape(3, 2).T.reshape(2, 3)).sum(), wrt=[a, b, c])
    recorded()
    for i, first in enumerate(recorded.gradients):
        for second in [*recorded.gradients[i + 1:], *recorded.parameters]:
            assert not np.shares_memory(first, second)


def test_a_transposed_product_into_a_fused_loss():
    W, x = Tensor(RNG.standard_normal((4, 6)), requires_grad=True), Tensor(RNG.standard_normal((6, 3)))
    labels = np.array([0, 3, 1])
    recorded = replay(F.cross_entropy((W @ x).T, labels), wrt=[W])
    W.data = RNG.standard_normal((4, 6))
    recorded.parameters[0][...] = W.numpy()
    loss = F.cross_entropy((W @ x).T, labels)
    loss.backward()
    assert recorded() == pytest.approx(loss.item(), rel=1e-14)
    np.testing.assert_allclose(recorded.gradients[0], W.grad.numpy(), rtol=1e-13, atol=1e-15)


def test_two_leaves_whose_gradient_is_the_same():
    a, b = [Tensor(RNG.standard_normal((2, 3)), requires_grad=True) for _ in range(2)]
    recorded = replay((a + b).exp().sum(), wrt=[a, b])
    for _ in range(2):
        recorded.parameters[0][...] = RNG.standard_normal((2, 3))
        recorded()
        expected = np.exp(recorded.parameters[0] + recorded.parameters[1])
        np.testing.assert_allclose(recorded.gradients, [expected, expected], rtol=1e-15)


def test_gradients_may_be_written_to():
    x = Tensor(RNG.standard_normal((2, 3)), requires_grad=True)
    recorded = replay((x[np.array([0, 1]), np.array([2, 0])] ** 2).sum(), wrt=[x])
    recorded()
    first = recorded.gradients[0].copy()
    recorded.gradients[0][...] += 1.0               # weight decay, say
    recorded()
    np.testing.assert_array_equal(recorded.gradients[0], first)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint32, np.uint64, np.int64])
@pytest.mark.parametrize(("n", "width", "count"), [(300, 2, 5), (100, 200, 30), (200, 3, 5), (100, 10, 1600)])
def test_narrow_indices(dtype, n, width, count):
    rows, columns = RNG.integers(0, 100, count).astype(dtype), RNG.integers(0, min(width, 100), count).astype(dtype)
    if np.dtype(dtype).kind == "i":
        rows[0] = -1
    for key in rows, (rows, columns):
        table = Tensor(RNG.standard_normal((n, width)), requires_grad=True)
        weights = RNG.standard_normal(table[key].shape)
        loss = (table[key] * weights).sum()
        loss.backward()
        expected = np.zeros((n, width))
        np.add.at(expected, tuple(k.astype(int) for k in key) if type(key) is tuple else key.astype(int), weights)
        np.testing.assert_allclose(table.grad.numpy(), expected, rtol=1e-12, atol=1e-12)
        recorded = replay(loss, wrt=[table])
        recorded()
        np.testing.assert_allclose(recorded.gradients[0], expected, rtol=1e-12, atol=1e-12)


def square_of_rows(indices):
    table = Tensor(np.ones((300, 2)), requires_grad=True)
    return replay((table[indices] ** 2).sum(), wrt=[table], inputs=[indices])


def test_inputs_that_do_not_fit_the_dtype_recorded():
    with pytest.raises(ValueError, match="uint8"):
        square_of_rows(autograd.tensor(np.array([0, 1], np.uint8)))([299, 1])
    with pytest.raises(ValueError, match="int64"):
        square_of_rows(autograd.tensor([0, 1]))(np.array([2 ** 63, 1], np.uint64))
    x, mask = Tensor(np.ones(2), requires_grad=True), autograd.tensor([True, False])
    y = Tensor([1.0, 1.0], dtype=np.float32)
    with pytest.raises(TypeError, match="truth values"):
        replay((x * mask).sum(), inputs=[mask])([0.5, 0.0])
    assert replay((x * y).sum(), inputs=[y])([1e300, 1.0]) == np.inf


def test_an_input_refused_leaves_the_others_as_they_were():
    x, y, z = Tensor(np.ones(2), requires_grad=True), Tensor(np.ones(2)), Tensor(np.ones(2))
    recorded = replay((x * y * z).sum(), inputs=[y, z])
    with pytest.raises(ValueError, match="shape"):
        recorded([5.0, 5.0], [1.0])
    assert [place.tolist() for place in recorded._program.inputs] == [[1.0, 1.0], [1.0, 1.0]]


def test_two_inputs_in_one_array_are_refused_as_indices():
    first, table = autograd.tensor([0, 1]), Tensor(np.ones((3, 2)), requires_grad=True)
    second = first.detach()
    with pytest.raises(ValueError, match="share one array"):
        replay((table[first] * table[second]).sum(), wrt=[table], inputs=[first, second])


def test_a_ufunc_of_two_results_is_called_as_it_stands(monkeypatch):
    monkeypatch.setattr(structural, "STRUCTURAL", dict(structural.STRUCTURAL))
    fraction = structural.moves("fraction_of_one", lambda x: np.divmod(x, 1.0)[1], lambda g, out, x: g)
    x = Tensor(RNG.standard_normal(5), requires_grad=True)
    recorded = replay(fraction.make(x * 1.0).sum(), wrt=[x])
    recorded.parameters[0][...] = new = RNG.standard_normal(5)
    assert recorded() == pytest.approx((new % 1.0).sum(), rel=1e-14)


class Pair(NamedTuple):
    first: object
    second: object


@pytest.mark.parametrize(("keep", "read"), [
    (lambda x: x, lambda kept: kept), (lambda x: (x, None), lambda kept: kept[0]),
    (lambda x: [x], lambda kept: kept[0]),
    (lambda x: {"x": x}, lambda kept: kept["x"]), (lambda x: Pair(x, 1), lambda kept: kept.first),
    (lambda x: lambda: x, lambda kept: kept())])
def test_what_a_fused_op_keeps_may_be_anything(monkeypatch, keep, read):
    monkeypatch.setattr(structural, "STRUCTURAL", dict(structural.STRUCTURAL))
    square = structural.moves("squared", lambda x: (x * x, keep(2.0 * x)),
                                         lambda g, out, x, kept: read(kept) * g, keeps=1)
    x = Tensor(RNG.standard_normal(5), requires_grad=True)
    recorded = replay((square.make(x * 1.0) ** 2).sum(), wrt=[x])
    recorded.parameters[0][...] = new = RNG.standard_normal(5)
    recorded()
    np.testing.assert_allclose(recorded.gradients[0], 4.0 * new ** 3, rtol=1e-13)


@pytest.mark.parametrize("shape", [(), (1, 1), (0, 3), (2, 0, 3)])
def test_a_broadcast_gradient_may_be_written_to(shape):
    x = Tensor(RNG.standard_normal(shape), requires_grad=True)
    recorded = replay((x.sum() ** 2).sum(), wrt=[x])
    for _ in range(2):
        recorded()
        np.testing.assert_allclose(recorded.gradients[0], np.full(shape, 2.0 * x.numpy().sum()), rtol=1e-15)
        recorded.gradients[0][...] += 1.0


@pytest.mark.parametrize("key", [np.array([0, 1]), np.array([[0, 1]]), np.zeros(0, int)], ids=str)
def test_rows_without_numbers(key):
    table = Tensor(np.zeros((3, 0)), requires_grad=True)
    loss = (table[key] ** 2).sum()
    loss.backward()
    assert replay(loss, wrt=[table])() == 0.0
    assert table.grad.shape == (3, 0)


def test_an_unused_parameter_keeps_no_gradient():
    x, unused = Tensor(np.ones(2), requires_grad=True), Tensor(np.ones(2), requires_grad=True)
    recorded = replay((x * x).sum(), wrt=[x, unused])
    for _ in range(2):
        recorded()
        assert recorded.gradients[1].tolist() == [0.0, 0.0]
        recorded.gradients[1][...] += 1.0


def test_one_number_has_no_rows():
    for x in Tensor(1.0), Tensor([1.0, 2.0]).sum():
        for key in np.array([0, -1]), autograd.tensor([0]), [0]:
            with pytest.raises(IndexError, match=r"of a tensor of shape \(\)"):
                x[key]
