"""A graph that PyTorch recorded is retold: its mistakes have names here, and what stops the retelling is said."""

import numpy as np
import pytest

from autograd import cmp, diagnose
from tests.needs import needs

torch = needs("torch", "parity")
F = torch.nn.functional

x = torch.linspace(-1.3, 2.1, 24).reshape(6, 4).sin() * 2
y = torch.tensor([0, 1, 2, 0, 1, 2])


def batch_norm(W):
    pre = x @ W
    diff = pre - pre.mean(0, keepdim=True)
    return F.cross_entropy((diff * ((diff ** 2).sum(0, keepdim=True) / 5 + 1e-5) ** -0.5)[:, :3], y)


def attention(W):
    q, k, v = (x @ W).chunk(3, 1)[:3] if W.shape[1] % 3 == 0 else (x @ W,) * 3
    scores = (q @ k.T / 2).masked_fill(torch.ones(6, 6).triu(1) > 0, -torch.inf)
    return (torch.softmax(scores, -1) @ v).pow(3).mean()


def many(W):
    h = torch.cat([(x @ W).relu(), (x @ W).sigmoid().exp()], 1)
    t = torch.stack([h, h * 2]).permute(1, 0, 2).reshape(6, -1)[1:5, ::2]
    return (t.max(1).values.sum() + t.std() + t.var(0).log1p().sum() + t.logsumexp(1).sum() + (t.abs() +
            0.1).sqrt().mean() +
            F.gelu(t).sum() + F.silu(t).mean() + F.softplus(t).mean() + torch.where(t > 1, t, t * t).sum() +
            t.unsqueeze(1).expand(4, 3, t.shape[1]).sum() + torch.maximum(t, 1 - t).sum() +
            t.select(0, 1).prod().detach())


def losses(W):
    z = x @ W
    return (F.mse_loss(z, z.detach() * 2) + F.binary_cross_entropy_with_logits(z, (z.detach() > 0).float()) +
            F.nll_loss(F.log_softmax(z, 1), y, reduction="sum") - z.gather(1, y[:, None]).sum() / 3)


@pytest.mark.parametrize("program", [batch_norm, attention, many, losses])
def test_the_retold_graph_has_the_same_gradients(program):
    W = torch.linspace(-1, 1, 24).reshape(4, 6).cos().requires_grad_()
    loss = program(W)
    loss.backward(retain_graph=True)
    right = diagnose(W.grad, W, root=loss)
    assert str(right) == "dW: right"
    assert not diagnose(W.grad.bfloat16(), W, root=loss)
    assert diagnose(-W.grad, W, root=loss).mistake == "wrong sign"
    assert diagnose(W.grad + 0.1 * W.grad.abs().max(), W, root=loss)


@pytest.mark.parametrize("make", [
    lambda: torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.LayerNorm(5), torch.nn.Linear(5, 2)),
    lambda: torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.BatchNorm1d(5), torch.nn.ReLU()),
    lambda: torch.nn.Sequential(torch.nn.Unflatten(1, (1, 4)), torch.nn.Conv1d(1, 3, 2, padding=1), torch.nn.Flatten()),
    lambda: torch.nn.Sequential(torch.nn.Unflatten(1, (1, 2, 2)), torch.nn.Conv2d(1, 3, 2, padding=1, stride=2)),
    lambda: torch.nn.GRUCell(4, 3), lambda: torch.nn.LSTMCell(4, 3)],
    ids=["linear", "batch norm", "conv1d", "conv2d", "gru", "lstm"])
def test_a_module_of_pytorchs_is_helped_by_the_names_of_its_parameters(make):
    torch.manual_seed(0)
    model = make()
    out = model(x)
    out = out[0] if isinstance(out, tuple) else out
    loss = (out ** 2 * torch.linspace(0.5, 1, out.numel()).reshape(out.shape)).sum()
    loss.backward(retain_graph=True)
    for name, parameter in model.named_parameters():
        assert str(diagnose(parameter.grad, parameter, root=loss)) == f"dmodel.{name}: right"
        if parameter.grad.abs().max() > 1e-5:       # a bias before batch norm has the gradient 0
            assert diagnose(-parameter.grad, parameter, root=loss).mistake == "wrong sign"


def test_mistakes_have_the_names_they_have_here():
    W = torch.linspace(-1, 1, 12).reshape(4, 3).requires_grad_()
    hpre = x @ W
    h = torch.tanh(hpre)
    loss = (h * h + h).sum()
    for node in hpre, h:
        node.retain_grad()
    loss.backward(retain_graph=True)
    formula = diagnose((1 - hpre ** 2) * h.grad, hpre, root=loss)
    assert formula.mistake == "another formula for the local derivative"
    assert "`1 - hpre**2`" in formula.evidence
    assert diagnose(h.grad, hpre, root=loss).mistake == "local derivative forgotten"
    assert diagnose(2 * h.detach(), h, root=loss).mistake == "path left out"


def test_cmp_remembers_for_pytorchs_graph_too(capsys):
    W = torch.linspace(-1, 1, 12).reshape(4, 3).requires_grad_()
    h = torch.tanh(hpre := x @ W)
    loss = h.sum()
    hpre.retain_grad()
    loss.backward(retain_graph=True)
    cmp.reset()
    assert not cmp("hpre", 2 * hpre.grad, hpre, root=loss)
    cmp("W", x.T @ (2 * hpre.grad), W, root=loss)
    assert "right for what it was fed" in capsys.readouterr().out
    cmp.reset()


def test_what_stops_the_retelling_is_said():
    W = torch.linspace(-1, 1, 12).reshape(4, 3).requires_grad_()
    h = torch.cummax(x @ W, 0).values
    h.retain_grad()
    loss = h.exp().sum()
    loss.backward(retain_graph=True)
    assert "CummaxBackward0 is not among" in str(diagnose(-W.grad, W, root=loss))
    assert diagnose(-W.grad, W, root=loss).mistake == "wrong sign"
    assert diagnose(np.ones((6, 3)), h, root=loss).mistake == "local derivative forgotten"      # nearer to the root
    loss = (torch.tanh(x @ W + 0.3) ** 2).sum() + (x @ W).sum()
    loss.backward(retain_graph=True)                # one of two paths is cut: then nothing is called wrong for that
    assert "does not keep the number" in str(right := diagnose(W.grad, W, root=loss))
    assert not right
    loss = (x @ W).exp().sum()
    loss.backward()
    assert "retain_graph=True" in str(diagnose(-W.grad, W, root=loss))
    with pytest.raises(TypeError, match="root=loss"):
        diagnose(W.grad, W)
