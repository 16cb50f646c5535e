"""Methods that put numbers in other places: against NumPy's, with the gradients of central differences."""

import numpy as np
import pytest

from autograd import Tensor, replay, tensor
from tests.test_tensor import check, random

INDEX, MASK = np.array([[2, 0, 0], [1, 1, 2]]), random(2, 3) > 0

# (method of Tensor, the same in NumPy), on an array of shape (2, 3, 4) or the one given.
MOVES = {
    "flip(1)": (lambda t: t.flip(1), lambda a: a[:, ::-1]),
    "flip all": (lambda t: t.flip(), lambda a: np.flip(a)),
    "flip((0, 2))": (lambda t: t.flip((0, 2)), lambda a: np.flip(a, (0, 2))),
    "roll(1)": (lambda t: t.roll(1), lambda a: np.roll(a, 1)),
    "roll(-2, 1)": (lambda t: t.roll(-2, 1), lambda a: np.roll(a, -2, 1)),
    "roll((1, 2), (0, -1))": (lambda t: t.roll((1, 2), (0, -1)), lambda a: np.roll(a, (1, 2), (0, -1))),
    "tril": (lambda t: t.tril(), np.tril),
    "tril(-1)": (lambda t: t.tril(-1), lambda a: np.tril(a, -1)),
    "triu(1)": (lambda t: t.triu(1), lambda a: np.triu(a, 1)),
    "diagonal": (lambda t: t.diagonal(), lambda a: a.diagonal()),
    "diagonal(1, -1, 0)": (lambda t: t.diagonal(1, -1, 0), lambda a: a.diagonal(1, -1, 0)),
    "diagonal(-1, 1, 2)": (lambda t: t.diagonal(-1, 1, 2), lambda a: a.diagonal(-1, 1, 2)),
    "diagonal beyond": (lambda t: t.diagonal(9), lambda a: a.diagonal(9)),
    "trace": (lambda t: t.trace(), lambda a: a.trace()),
    "diag of a matrix": (lambda t: t[0].diag(1), lambda a: np.diag(a[0], 1)),
    "diag of a vector": (lambda t: t[0, 0].diag(-1), lambda a: np.diag(a[0, 0], -1)),
    "tile": (lambda t: t.tile(2, 1, 3), lambda a: np.tile(a, (2, 1, 3))),
    "tile, fewer": (lambda t: t.tile(2), lambda a: np.tile(a, 2)),
    "tile, more": (lambda t: t.tile(2, 1, 1, 2), lambda a: np.tile(a, (2, 1, 1, 2))),
    "repeat": (lambda t: t.repeat(1, 2, 1), lambda a: np.tile(a, (1, 2, 1))),
    "repeat_interleave": (lambda t: t.repeat_interleave(2, 1), lambda a: np.repeat(a, 2, 1)),
    "np.repeat": (lambda t: np.repeat(t, [1, 0, 2], 1), lambda a: np.repeat(a, [1, 0, 2], 1)),
    "np.repeat all": (lambda t: np.repeat(t, 2), lambda a: np.repeat(a, 2)),
    "moveaxis": (lambda t: t.moveaxis(0, -1), lambda a: np.moveaxis(a, 0, -1)),
    "moveaxis two": (lambda t: t.moveaxis((0, 1), (2, 0)), lambda a: np.moveaxis(a, (0, 1), (2, 0))),
    "gather": (lambda t: t[:, :, 0].gather(1, INDEX), lambda a: np.take_along_axis(a[:, :, 0], INDEX, 1)),
    "gather of some rows": (
        lambda t: t[:, :, 0].gather(1, INDEX[:1, :2]),
        lambda a: np.take_along_axis(a[:1, :, 0], INDEX[:1, :2], 1),
    ),
    "gather by a tensor": (
        lambda t: t[:, :, 0].gather(-1, tensor(INDEX)),
        lambda a: np.take_along_axis(a[:, :, 0], INDEX, 1),
    ),
    "take_along_dim": (
        lambda t: t.take_along_dim(INDEX[:, :, None], 1),
        lambda a: np.take_along_axis(a, INDEX[:, :, None], 1),
    ),
    "masked_fill": (lambda t: t[:, :, 0].masked_fill(MASK, -9.0), lambda a: np.where(MASK, -9.0, a[:, :, 0])),
    "masked_fill, broadcast": (
        lambda t: t.masked_fill(tensor(MASK).unsqueeze(-1), 0.0),
        lambda a: np.where(MASK[..., None], 0.0, a),
    ),
    "split": (lambda t: t.split(3, -1)[1], lambda a: a[..., 3:]),
    "split by sizes": (lambda t: t.split([1, 2], 1)[1], lambda a: a[:, 1:]),
    "chunk": (lambda t: t.chunk(3, 2)[1], lambda a: a[..., 2:]),
    "sort": (lambda t: t.sort(1).values, lambda a: np.sort(a, 1)),
    "sort backwards": (lambda t: t.sort(1, descending=True).values, lambda a: -np.sort(-a, 1)),
    "np.sort": (lambda t: np.sort(t, None), lambda a: np.sort(a, None)),
    "topk": (lambda t: t.topk(2).values, lambda a: -np.sort(-a)[..., :2]),
    "topk of the smallest": (lambda t: t.topk(2, 1, largest=False).values, lambda a: np.sort(a, 1)[:, :2]),
    "cumsum": (lambda t: t.cumsum(1), lambda a: np.cumsum(a, 1)),
    "cumsum of all": (lambda t: t.cumsum(), lambda a: np.cumsum(a)),
    "prod": (lambda t: t.prod(), lambda a: a.prod()),
    "prod(1)": (lambda t: t.prod(1, keepdim=True), lambda a: a.prod(1, keepdims=True)),
    "prod of some": (lambda t: t.prod((0, 2)), lambda a: a.prod((0, 2))),
    "prod of none": (lambda t: t[:, :0].prod(1) + t.sum(), lambda a: a[:, :0].prod(1) + a.sum()),
}


@pytest.mark.parametrize("name", MOVES)
def test_numbers_in_other_places(name):
    ours, numpys = MOVES[name]
    x = random(2, 3, 4)
    np.testing.assert_allclose(ours(Tensor(x)).numpy(), numpys(x), rtol=1e-13)
    check(ours, x)


@pytest.mark.parametrize("name", [name for name in MOVES if name not in ("masked_fill", "prod of none")])
def test_run_again_with_other_numbers_they_go_to_other_places(name):
    ours, numpys = MOVES[name]
    w = Tensor(random(*np.shape(numpys(random(2, 3, 4)))))
    x = Tensor(random(2, 3, 4), requires_grad=True)
    step = replay((ours(x) * w).sum(), [x])
    other = np.random.default_rng(99).standard_normal((2, 3, 4))
    step.parameters[0][...] = other
    fresh = Tensor(other, requires_grad=True)
    loss = (ours(fresh) * w).sum()
    loss.backward()
    assert step() == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(step.gradients[0], fresh.grad.numpy(), rtol=1e-12, atol=1e-14)


def test_zeros_infinities_and_ties():
    x = Tensor([[0.0, 2.0, 0.0], [3.0, 0.0, 5.0]], requires_grad=True)
    x.prod(1).sum().backward()
    assert x.grad.tolist() == [[0, 0, 0], [0, 15, 0]]
    y = Tensor([[1.0, np.inf], [2.0, 3.0]], requires_grad=True)
    assert y.tril().tolist() == [[1, 0], [2, 3]]  # not 0·∞
    tied = Tensor([1.0, 2.0, 1.0, 2.0], requires_grad=True)
    values, indices = tied.sort(descending=True, stable=True)
    assert indices.tolist() == [1, 3, 0, 2]
    (values * Tensor([1.0, 2.0, 3.0, 4.0])).sum().backward()
    assert tied.grad.tolist() == [3, 1, 4, 2]
    nan = Tensor([1.0, np.nan, 3.0])
    assert nan.sort().indices.tolist() == [0, 2, 1]
    assert nan.sort(descending=True).indices.tolist() == [1, 2, 0]
    assert tensor([3, 1, 2]).sort().values.tolist() == [1, 2, 3]
    assert tensor([[True, False]]).prod().item() == 0
    assert Tensor(3.0).sort().values.item() == 3
    assert tensor([5, 1, 7]).argsort(descending=True).tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda t: t.flip(3), IndexError, "flip"),
        (lambda t: t.roll((1, 2), (0,)), ValueError, "2 shifts for 1"),
        (lambda t: t[0, 0].tril(), ValueError, "expected a matrix"),
        (lambda t: t.diagonal(0, 1, 1), ValueError, "twice"),
        (lambda t: t.diag(), ValueError, "vector or a matrix"),
        (lambda t: t.tile(-1), ValueError, "not negative"),
        (lambda t: t.gather(0, [[0]]), ValueError, "as many axes"),
        (lambda t: t.gather(0, [[[0.5]]]), TypeError, "integers"),
        (lambda t: t.masked_fill(t, 0.0), TypeError, "truth values"),
        (lambda t: t.split(0), ValueError, "positive"),
        (lambda t: t.split([1, 3]), ValueError, "sum to 2"),
        (lambda t: t.chunk(0), ValueError, "positive"),
        (lambda t: t.topk(5), ValueError, "from 0 to 4"),
        (lambda t: t.cumsum(5), IndexError, "cumsum"),
        (lambda t: t.norm("nuc"), TypeError, "norm"),
        (lambda t: t.norm(-3), ValueError, "norm"),
        (lambda t: t.moveaxis((0, 0), (1, 2)), ValueError, "moveaxis"),
        (lambda t: t.sort(axis=7), IndexError, "sort"),
    ],
)
def test_what_is_wrong_is_named(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong(Tensor(random(2, 3, 4)))
