"""einsum and its like, against NumPy's, with the gradients of central differences."""

import numpy as np
import pytest

import autograd as torch
from autograd import Tensor, gradcheck
from tests.test_tensor import check, random

EINSUMS = {
    "ij,jk->ik": ((2, 3), (3, 4)),
    "ij,jk": ((2, 3), (3, 4)),
    "bij,bjk->bik": ((2, 3, 4), (2, 4, 2)),
    "i,i": ((3,), (3,)),
    "i,j->ij": ((3,), (2,)),
    "ii": ((3, 3),),
    "ii->i": ((3, 3),),
    "iij->j": ((2, 2, 3),),
    "ij->ji": ((2, 3),),
    "ij->": ((2, 3),),
    "ijk->k": ((2, 3, 4),),
    "ij,ij->ij": ((2, 3), (2, 3)),
    "ij,kj->ik": ((2, 3), (4, 3)),
    "bhid,bhjd->bhij": ((2, 2, 3, 4), (2, 2, 2, 4)),
    "...ij,...jk->...ik": ((2, 2, 3), (2, 3, 4)),
    "...i,i->...": ((2, 3, 4), (4,)),
    "...ij->...ji": ((2, 3, 4),),
    "ij,jk,kl->il": ((2, 3), (3, 4), (4, 2)),
    "a,b,c->abc": ((2,), (3,), (2,)),
    "ij,j->": ((2, 3), (3,)),
    "i,ij,j": ((2,), (2, 3), (3,)),
    "ba": ((2, 3),),
    ",ij->ij": ((), (2, 3)),
    "ij,ij,ij->i": ((2, 3), (2, 3), (2, 3)),
    "...,...": ((2, 3), (3,)),
    "ij,jj->i": ((2, 3), (3, 3)),
    "ij,jk->ik ": ((2, 1), (3, 4)),
}


@pytest.mark.parametrize("subscripts", EINSUMS)
def test_einsum(subscripts):
    arrays = [np.asarray(random(*shape) + i) for i, shape in enumerate(EINSUMS[subscripts])]
    np.testing.assert_allclose(
        torch.einsum(subscripts, *map(Tensor, arrays)).numpy(), np.einsum(subscripts, *arrays), rtol=1e-12, atol=1e-13
    )
    check(lambda *ts: torch.einsum(subscripts, *ts), *arrays)
    assert gradcheck(
        lambda *ts: (torch.einsum(subscripts, *ts) ** 2).sum(), [Tensor(a, requires_grad=True) for a in arrays], order=2
    )


def test_other_products():
    x, y = random(2, 3), random(4, 3)
    for ours, numpys in [
        (lambda a, b: torch.inner(a, b), np.inner),
        (lambda a, b: torch.outer(a[0], b[0]), lambda a, b: np.outer(a[0], b[0])),
        (lambda a, b: torch.tensordot(a, b.T, 1), lambda a, b: np.tensordot(a, b.T, 1)),
        (lambda a, b: torch.tensordot(a, b, ([1], [1])), lambda a, b: np.tensordot(a, b, ([1], [1]))),
        (lambda a, b: torch.tensordot(a, b, 0), lambda a, b: np.tensordot(a, b, 0)),
    ]:
        np.testing.assert_allclose(ours(Tensor(x), Tensor(y)).numpy(), numpys(x, y), rtol=1e-13)
        check(ours, x, y)


@pytest.mark.parametrize(
    ("subscripts", "shapes", "message"),
    [
        ("ij,jk->ik", ((2, 3), (4, 5)), "axis j"),
        ("ij->ij", ((2, 3), (2, 3)), "for 1 tensors, got 2"),
        ("ij", ((2,),), "for 2 axes"),
        ("ij->k", ((2, 3),), "no tensor has"),
        ("ij->ii", ((2, 3),), "twice"),
        ("ii", ((2, 3),), "axis i"),
    ],
)
def test_what_does_not_fit_is_named(subscripts, shapes, message):
    with pytest.raises(ValueError, match=message):
        torch.einsum(subscripts, *[Tensor(random(*shape)) for shape in shapes])
