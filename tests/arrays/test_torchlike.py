"""PyTorch's names: shapes, dtypes, chance that repeats itself, changes in place, and what is outside."""

import numpy as np
import pytest

import autograd as torch
from autograd import Tensor


def test_known_numbers():
    assert torch.zeros(2, 3).shape == torch.zeros((2, 3)).shape == torch.zeros([2, 3]).shape == (2, 3)
    assert torch.zeros(()).shape == ()
    assert torch.ones(3, dtype=torch.int32).dtype == torch.int32
    assert torch.full((2, 2), 7).tolist() == [[7, 7], [7, 7]]
    assert torch.arange(2, 8, 3).tolist() == [2, 5]
    assert torch.arange(0, 1, 0.25).dtype == torch.float64
    np.testing.assert_allclose(torch.linspace(-3, 0, 4).tolist(), [-3, -2, -1, 0])
    assert torch.eye(2, 3).tolist() == [[1, 0, 0], [0, 1, 0]]
    x = torch.ones(2, 2, dtype=torch.float32, requires_grad=True)
    assert x.requires_grad
    for like in (torch.zeros_like(x), torch.ones_like(x), torch.full_like(x, 3.0), torch.randn_like(x)):
        assert like.shape == (2, 2)
        assert like.dtype == torch.float32
        assert not like.requires_grad
    (torch.tril(x) * 2).sum().backward()
    assert x.grad.tolist() == [[2, 0], [2, 2]]
    with pytest.raises(TypeError, match=r"zeros: got .*expected integers"):
        torch.zeros(2.5)
    with pytest.raises(ValueError, match="not negative"):
        torch.ones(-1)
    with pytest.raises(ValueError, match="'cuda'"):
        torch.zeros(2, device="cuda")
    assert torch.zeros(2, device="cpu").cpu().to("cpu").shape == (2,)


@pytest.mark.parametrize("draw", [
    lambda g: torch.randn(4, 2, generator=g), lambda g: torch.rand((3,), generator=g),
    lambda g: torch.randint(0, 100, (20,), generator=g), lambda g: torch.randperm(20, generator=g),
    lambda g: torch.multinomial(torch.ones(30), 10, generator=g),
    lambda g: torch.randn_like(torch.ones(3), generator=g),
])
def test_chance_repeats_itself(draw):
    first, second = (draw(torch.Generator().manual_seed(2147483647)) for _ in range(2))
    other = draw(torch.Generator().manual_seed(1))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    torch.manual_seed(3)
    third = draw(None)
    torch.manual_seed(3)
    assert torch.equal(third, draw(None))


def test_what_chance_gives():
    g = torch.Generator().manual_seed(0)
    x = torch.randn(10_000, generator=g)
    assert abs(x.mean().item()) < 0.05
    assert abs(x.std().item() - 1) < 0.05
    u = torch.rand(10_000, generator=g)
    assert 0 <= u.min().item() < 0.01
    assert 0.99 < u.max().item() < 1
    assert sorted(torch.randperm(10, generator=g).tolist()) == list(range(10))
    assert set(torch.randint(3, (1000,), generator=g).tolist()) == {0, 1, 2}
    assert set(torch.randint(low=5, high=7, size=(100,), generator=g).tolist()) == {5, 6}
    p = torch.tensor([0.7, 0.0, 0.3])
    drawn = torch.multinomial(p, 10_000, replacement=True, generator=g).numpy()
    np.testing.assert_allclose(np.bincount(drawn, minlength=3) / 10_000, [0.7, 0, 0.3], atol=0.02)
    assert torch.multinomial(torch.ones(2, 5), 5, generator=g).numpy().sum(1).tolist() == [10, 10]
    with pytest.raises(ValueError, match="replacement=True"):
        torch.multinomial(p, 3)
    for wrong in ([-1.0, 2.0], [0.0, 0.0], [np.nan, 1.0]):
        with pytest.raises(ValueError, match="finite, not negative, and not all zero"):
            torch.multinomial(wrong, 1)
    with pytest.raises(ValueError, match="no integer"):
        torch.randint(3, 3, (2,))
    with pytest.raises(TypeError, match="randint"):
        torch.randint(3)
    with pytest.raises(TypeError, match="Generator"):
        torch.randn(2, generator=42)


def test_agreement():
    x = torch.tensor([1.0, 2.0])
    assert torch.allclose(x, x + 1e-9)
    assert not torch.allclose(x, x + 1e-3)
    assert not torch.allclose(torch.tensor([float("nan")]), torch.tensor([float("nan")]))
    assert torch.equal(x, [1.0, 2.0])
    assert not torch.equal(x, torch.tensor([[1.0, 2.0]]))
    assert torch.all(x > 0).item() is True
    assert torch.any(x > 1, 0).item() is True
    assert torch.all(torch.tensor([[True, False], [True, True]]), dim=1).tolist() == [False, True]
    assert torch.is_tensor(x)


def test_functions_are_the_methods():
    x = torch.tensor([[1.0, 4.0], [9.0, 16.0]], requires_grad=True)
    assert torch.equal(torch.sqrt(x), x.sqrt())
    assert torch.equal(torch.sum(x, 1, keepdim=True), x.sum(1, keepdim=True))
    assert torch.equal(torch.max(x, 1).indices, x.max(1).indices)
    assert torch.exp(torch.tensor([0, 1])).dtype == torch.float64
    torch.tanh(x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 1 - np.tanh(x.numpy()) ** 2)


def test_dtypes_and_casts():
    x = torch.tensor([1.7, -1.7], requires_grad=True)
    assert x.float().dtype == torch.float32
    assert x.long().tolist() == [1, -1]
    assert x.int().dtype == torch.int32
    assert x.bool().tolist() == [True, True]
    assert x.double() is x
    assert x.to(torch.float32).to(x) .dtype == torch.float64
    (x.float() * 3).sum().backward()
    assert x.grad.dtype == torch.float64
    assert x.grad.tolist() == [3, 3]
    assert not x.long().requires_grad
    with pytest.raises(ValueError, match="no device 'cuda'"):
        x.to("cuda")


def test_clone_unbind_t_and_log10():
    x = torch.tensor([[1.0, 10.0, 100.0], [2.0, 20.0, 200.0]], requires_grad=True)
    np.testing.assert_allclose(x.log10().tolist()[0], [0, 1, 2], rtol=1e-15)
    copy = x.detach().clone()
    copy[0, 0] = 50.0
    assert x[0, 0].item() == 1
    columns = torch.unbind(x, 1)
    assert [c.tolist() for c in columns] == [[1, 2], [10, 20], [100, 200]]
    assert x.t().shape == (3, 2)
    (x.clone() * 2 + columns[0].sum()).sum().backward()
    assert x.grad.tolist() == [[8, 2, 2], [8, 2, 2]]


def test_changes_in_place():
    x = torch.zeros(2, 2)
    same = x
    assert x.add_(4).mul_(3).sub_(2).div_(5) is same
    assert same.tolist() == [[2, 2], [2, 2]]
    x.copy_(torch.tensor([1.0, 2.0]))
    assert x.tolist() == [[1, 2], [1, 2]]
    x.fill_(7)
    x.zero_()
    assert x.sum().item() == 0
    p = torch.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match=r"add_.*no_grad"):
        p.add_(1)
    with torch.no_grad():
        p.mul_(3)
    assert p.tolist() == [3, 3]
    p.data.copy_([8, 9])
    assert p.tolist() == [8, 9]
    x.add_(p)
    x.sum().backward()
    assert p.grad.tolist() == [2, 2]
    with pytest.raises(ValueError, match="add_: the value has a gradient"):
        p.data.add_(p)
    with pytest.raises(TypeError, match="add_: the value has a gradient, which a tensor of int64 can't hold"):
        torch.tensor([1, 2]).add_(p)


def test_item_assignment_touches_nobody_elses_array():
    x = torch.zeros(3)
    view, detached, numpy = x.reshape(3, 1), x.detach(), x.numpy()
    w = torch.ones(3, requires_grad=True)
    loss = (w * x).sum()
    for i in range(3):
        x[i] += i + 1.0
    assert x.tolist() == [1, 2, 3]
    assert view.tolist() == [[1], [2], [3]]         # they are parts of x
    assert detached.tolist() == [1, 2, 3]
    assert numpy.sum() == 0
    loss.backward()
    assert w.grad.tolist() == [0, 0, 0]
    owner = x._data
    del view, detached, numpy, loss
    x[0] = 5.0                                      # `owner` holds it too: a copy
    assert owner[0] == 1
    del owner
    where = x._data.__array_interface__["data"][0]
    x[1] = 6.0                                      # nobody does: in place
    assert x._data.__array_interface__["data"][0] == where
    assert x.tolist() == [5, 6, 3]


def test_a_node_changed_where_no_graph_is_recorded_may_be_read_but_passes_no_gradient():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    for change in (lambda h: h.__setitem__(0, 7.0), lambda h: h[0].fill_(7.0), lambda h: h.view(2, 1)[0].zero_(),
                   lambda h: h.add_(1.0), lambda h: h.detach().mul_(2.0), lambda h: setattr(h, "data", [7.0, 7.0])):
        h = x.tanh()                                # whose rule reads its own result
        before = h.tolist()
        with torch.no_grad():
            change(h)
        assert h.tolist() != before
        with pytest.raises(ValueError, match="changed by item assignment"):
            h.sum().backward()
    for change in (lambda h: h.data.__setitem__(0, 7.0), lambda h: h.detach()[0].fill_(7.0),
                   lambda h: h[:1].data.zero_()):
        h = x.tanh()
        change(h)
        assert h.tolist()[0] != np.tanh(1.0)
        with pytest.raises(ValueError, match="changed by item assignment"):
            h.sum().backward()
    with pytest.raises(ValueError, match=r"\.detach"):
        x.data[0] = x[1] * 2


def test_what_is_outside_the_subset_is_named():
    with pytest.raises(AttributeError, match=r"'conv2d'.*outside the subset.*dir\(autograd\)"):
        torch.conv2d  # noqa: B018
    with pytest.raises(AttributeError, match=r"no attribute 'storage'.*\.numpy\(\)"):
        torch.zeros(2).storage()
    with pytest.raises(ImportError):
        from autograd import conv2d  # noqa: F401
    for name in dir(torch):
        assert getattr(torch, name) is not None or name.startswith("__")
    for name in torch.__all__:
        assert getattr(torch, name)
    assert not hasattr(Tensor([1.0]), "storage")


def test_histogram():
    counts, edges = torch.histogram(torch.tensor([0.0, 0.1, 0.9, 1.0]), bins=2)
    assert counts.tolist() == [2, 2]
    np.testing.assert_allclose(edges.tolist(), [0, 0.5, 1])
    assert torch.histogram(torch.ones(3), bins=2).bin_edges.shape == (3,)
