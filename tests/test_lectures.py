"""The makemore lectures, parts 2 to 4, retold: what they do with PyTorch runs here with the imports changed."""

import random
from pathlib import Path

import matplotlib
import numpy as np
import pytest

import autograd as torch
import autograd.functional as F
from autograd import cmp

matplotlib.use("Agg")
from matplotlib import pyplot as plt

words = (Path(__file__).parent.parent / "demos" / "data" / "names.txt").read_text(encoding="utf-8").split()
stoi = {s: i + 1 for i, s in enumerate(sorted(set("".join(words))))} | {".": 0}
itos = {i: s for s, i in stoi.items()}
vocab_size = len(itos)
block_size = 3


def build_dataset(words):
    X, Y = [], []
    for word in words:
        context = [0] * block_size
        for letter in word + ".":
            ix = stoi[letter]
            X.append(context)
            Y.append(ix)
            context = context[1:] + [ix]
    return torch.tensor(X), torch.tensor(Y)


@pytest.fixture(scope="module")
def data():
    shuffled = list(words)
    random.Random(42).shuffle(shuffled)
    n1, n2 = int(0.8 * len(words)), int(0.9 * len(words))
    return {"train": build_dataset(shuffled[:n1]), "val": build_dataset(shuffled[n1:n2]),
            "test": build_dataset(shuffled[n2:])}


def test_counting_bigrams():
    N = torch.zeros((vocab_size, vocab_size), dtype=torch.int32)
    for word in words[:300]:
        letters = ["."] + list(word) + ["."]
        for first, second in zip(letters, letters[1:]):         # noqa: RUF007
            N[stoi[first], stoi[second]] += 1
    assert N.dtype == torch.int32
    assert N.sum().item() == sum(len(word) + 1 for word in words[:300])
    P = (N + 1).float()
    P /= P.sum(1, keepdims=True)
    assert P.dtype == torch.float32
    assert torch.allclose(P.sum(1), torch.ones(vocab_size))
    g = torch.Generator().manual_seed(2147483647)
    drawn = torch.multinomial(P[0], num_samples=20, replacement=True, generator=g)
    again = torch.multinomial(P[0], num_samples=20, replacement=True, generator=g.manual_seed(2147483647))
    assert torch.equal(drawn, again)
    xs = torch.tensor([0, 5, 13])
    xenc = F.one_hot(xs, num_classes=vocab_size).float()
    W = torch.randn((vocab_size, vocab_size), generator=g, requires_grad=True)
    counts = (xenc @ W).exp()
    probs = counts / counts.sum(1, keepdims=True)
    loss = -probs[torch.arange(3), torch.tensor([5, 13, 13])].log().mean() + 0.01 * (W ** 2).mean()
    W.grad = None
    loss.backward()
    W.data += -50 * W.grad
    assert W.grad.shape == W.shape


def test_part_2_an_mlp(data):
    X, Y = data["train"]
    assert X.dtype == torch.int64
    assert X.shape == (Y.shape[0], 3)
    g = torch.Generator().manual_seed(2147483647)
    C = torch.randn((vocab_size, 2), generator=g)
    emb = C[X[:32]]
    assert emb.shape == (32, 3, 2)
    assert torch.equal(torch.cat([emb[:, 0, :], emb[:, 1, :], emb[:, 2, :]], 1), emb.view(32, 6))
    assert torch.equal(torch.cat(torch.unbind(emb, 1), 1), emb.view(-1, 6))
    assert torch.arange(18).view(3, 3, 2)[2, 1, 0].item() == 14
    W1 = torch.randn((6, 100), generator=g)
    b1 = torch.randn(100, generator=g)
    W2 = torch.randn((100, vocab_size), generator=g)
    b2 = torch.randn(vocab_size, generator=g)
    parameters = [C, W1, b1, W2, b2]
    assert sum(p.nelement() for p in parameters) == 2 * vocab_size + 700 + 101 * vocab_size
    for p in parameters:
        p.requires_grad = True

    h = torch.tanh(C[X[:32]].view(-1, 6) @ W1 + b1)
    logits = h @ W2 + b2
    counts = logits.exp()
    prob = counts / counts.sum(1, keepdims=True)
    by_hand = -prob[torch.arange(32), Y[:32]].log().mean()
    assert abs(by_hand.item() - F.cross_entropy(logits, Y[:32]).item()) < 1e-9

    lre = torch.linspace(-3, 0, 1000)
    lrs = 10 ** lre
    lri, lossi = [], []
    for i in range(300):
        ix = torch.randint(0, X.shape[0], (32,), generator=g)
        emb = C[X[ix]]
        h = torch.tanh(emb.view(-1, 6) @ W1 + b1)
        loss = F.cross_entropy(h @ W2 + b2, Y[ix])
        for p in parameters:
            p.grad = None
        loss.backward()
        lr = lrs[i] if i < 0 else 0.1
        for p in parameters:
            p.data += -lr * p.grad
        lri.append(lre[i])
        lossi.append(loss.log10().item())
    assert np.mean(lossi[-50:]) < np.mean(lossi[:50]) - 0.2

    figure, axis = plt.subplots()
    axis.plot(lri, lossi)
    axis.scatter(C[:, 0].data, C[:, 1].data, s=200)
    for i in range(C.shape[0]):
        axis.text(C[i, 0].item(), C[i, 1].item(), itos[i])
    plt.close(figure)

    name, context = "", [0] * block_size
    while len(name) < 30:
        h = torch.tanh(C[torch.tensor([context])].view(1, -1) @ W1 + b1)
        probs = F.softmax(h @ W2 + b2, dim=1)
        ix = torch.multinomial(probs, num_samples=1, generator=g).item()
        context = context[1:] + [ix]
        if ix == 0:
            break
        name += itos[ix]
    assert set(name) <= set(stoi)


def test_part_3_activations_and_batch_norm(data):
    X, Y = data["train"]
    g = torch.Generator().manual_seed(2147483647)
    n_embd, n_hidden = 10, 200
    C = torch.randn((vocab_size, n_embd), generator=g)
    W1 = torch.randn((n_embd * block_size, n_hidden), generator=g) * (5 / 3) / ((n_embd * block_size) ** 0.5)
    W2 = torch.randn((n_hidden, vocab_size), generator=g) * 0.01
    b2 = torch.randn(vocab_size, generator=g) * 0
    bngain, bnbias = torch.ones((1, n_hidden)), torch.zeros((1, n_hidden))
    bnmean_running, bnstd_running = torch.zeros((1, n_hidden)), torch.ones((1, n_hidden))
    parameters = [C, W1, W2, b2, bngain, bnbias]
    for p in parameters:
        p.requires_grad = True
    for _ in range(100):
        ix = torch.randint(0, X.shape[0], (32,), generator=g)
        Xb, Yb = X[ix], Y[ix]
        embcat = C[Xb].view(Xb.shape[0], -1)
        hpreact = embcat @ W1
        bnmeani = hpreact.mean(0, keepdim=True)
        bnstdi = hpreact.std(0, keepdim=True)
        hpreact = bngain * (hpreact - bnmeani) / bnstdi + bnbias
        with torch.no_grad():
            bnmean_running = 0.999 * bnmean_running + 0.001 * bnmeani
            bnstd_running = 0.999 * bnstd_running + 0.001 * bnstdi
        h = torch.tanh(hpreact)
        logits = h @ W2 + b2
        loss = F.cross_entropy(logits, Yb)
        for p in parameters:
            p.grad = None
        loss.backward()
        for p in parameters:
            p.data += -0.1 * p.grad
    assert not bnmean_running.requires_grad
    figure, (left, right) = plt.subplots(2)
    left.hist(h.view(-1).tolist(), 50)
    right.imshow(h.abs() > 0.99, cmap="gray", interpolation="nearest")
    plt.close(figure)

    @torch.no_grad()
    def split_loss(split):
        x, y = data[split]
        hpreact = bngain * (C[x].view(x.shape[0], -1) @ W1 - bnmean_running) / bnstd_running + bnbias
        return F.cross_entropy(torch.tanh(hpreact) @ W2 + b2, y)

    assert split_loss("val").item() < 3.5
    assert not split_loss("val").requires_grad
    with torch.no_grad():
        assert C[X].view(X.shape[0], -1).mean(0, keepdim=True).shape == (1, 30)


class Linear:
    def __init__(self, fan_in, fan_out, g, bias=True):
        self.weight = torch.randn((fan_in, fan_out), generator=g) / fan_in ** 0.5
        self.bias = torch.zeros(fan_out) if bias else None

    def __call__(self, x):
        self.out = x @ self.weight
        if self.bias is not None:
            self.out += self.bias
        return self.out

    def parameters(self):
        return [self.weight] + ([] if self.bias is None else [self.bias])


class BatchNorm1d:
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        self.eps, self.momentum, self.training = eps, momentum, True
        self.gamma, self.beta = torch.ones(dim), torch.zeros(dim)
        self.running_mean, self.running_var = torch.zeros(dim), torch.ones(dim)

    def __call__(self, x):
        if self.training:
            xmean, xvar = x.mean(0, keepdim=True), x.var(0, keepdim=True)
        else:
            xmean, xvar = self.running_mean, self.running_var
        self.out = self.gamma * (x - xmean) / torch.sqrt(xvar + self.eps) + self.beta
        if self.training:
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * xmean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * xvar
        return self.out

    def parameters(self):
        return [self.gamma, self.beta]


class Tanh:
    def __call__(self, x):
        self.out = torch.tanh(x)
        return self.out

    def parameters(self):
        return []


def test_part_3_layers_and_their_statistics(data):
    X, Y = data["train"]
    g = torch.Generator().manual_seed(2147483647)
    C = torch.randn((vocab_size, 10), generator=g)
    layers = [Linear(30, 50, g, bias=False), BatchNorm1d(50), Tanh(), Linear(50, 50, g), BatchNorm1d(50), Tanh(),
              Linear(50, vocab_size, g), BatchNorm1d(vocab_size)]
    with torch.no_grad():
        layers[-1].gamma *= 0.1
        for layer in layers[:-2]:
            if isinstance(layer, Linear):
                layer.weight *= 5 / 3
    parameters = [C] + [p for layer in layers for p in layer.parameters()]
    for p in parameters:
        p.requires_grad = True
    ud = []
    for i in range(20):
        ix = torch.randint(0, X.shape[0], (32,), generator=g)
        x = C[X[ix]].view(32, -1)
        for layer in layers:
            x = layer(x)
        loss = F.cross_entropy(x, Y[ix])
        for layer in layers:
            layer.out.retain_grad()
        for p in parameters:
            p.grad = None
        loss.backward()
        lr = 0.1 if i < 150000 else 0.01
        for p in parameters:
            p.data += -lr * p.grad
        with torch.no_grad():
            ud.append([((lr * p.grad).std() / p.data.std()).log10().item() for p in parameters])
    assert all(np.isfinite(ud[-1]))
    for layer in layers[:-1]:
        if isinstance(layer, Tanh):
            t = layer.out
            text = "layer %d: mean %+.2f, std %.2f, saturated: %.2f%%" % (      # noqa: UP031
                2, t.mean(), t.std(), (t.abs() > 0.97).float().mean() * 100)
            assert "mean" in text
            for values in (t, t.grad):
                hy, hx = torch.histogram(values, density=True)
                assert hx.shape[0] == hy.shape[0] + 1
                assert abs(((hx[1:] - hx[:-1]) * hy).sum().item() - 1) < 1e-9
                plt.plot(hx[:-1].detach(), hy.detach())
    plt.close("all")
    for layer in layers:
        layer.training = False
    x = C[torch.tensor([[0] * block_size])].view(1, -1)
    for layer in layers:
        x = layer(x)
    assert x.shape == (1, vocab_size)


def test_part_4_becoming_a_backprop_ninja(data):
    Xtr, Ytr = data["train"]
    n_embd, n_hidden = 10, 64
    g = torch.Generator().manual_seed(2147483647)
    C = torch.randn((vocab_size, n_embd), generator=g)
    W1 = torch.randn((n_embd * block_size, n_hidden), generator=g) * (5 / 3) / ((n_embd * block_size) ** 0.5)
    b1 = torch.randn(n_hidden, generator=g) * 0.1
    W2 = torch.randn((n_hidden, vocab_size), generator=g) * 0.1
    b2 = torch.randn(vocab_size, generator=g) * 0.1
    bngain = torch.randn((1, n_hidden)) * 0.1 + 1.0
    bnbias = torch.randn((1, n_hidden)) * 0.1
    parameters = [C, W1, b1, W2, b2, bngain, bnbias]
    for p in parameters:
        p.requires_grad = True
    n = 32
    ix = torch.randint(0, Xtr.shape[0], (n,), generator=g)
    Xb, Yb = Xtr[ix], Ytr[ix]

    emb = C[Xb]
    embcat = emb.view(emb.shape[0], -1)
    hprebn = embcat @ W1 + b1
    bnmeani = 1 / n * hprebn.sum(0, keepdim=True)
    bndiff = hprebn - bnmeani
    bndiff2 = bndiff ** 2
    bnvar = 1 / (n - 1) * (bndiff2).sum(0, keepdim=True)
    bnvar_inv = (bnvar + 1e-5) ** -0.5
    bnraw = bndiff * bnvar_inv
    hpreact = bngain * bnraw + bnbias
    h = torch.tanh(hpreact)
    logits = h @ W2 + b2
    logit_maxes = logits.max(1, keepdim=True).values
    norm_logits = logits - logit_maxes
    counts = norm_logits.exp()
    counts_sum = counts.sum(1, keepdims=True)
    counts_sum_inv = counts_sum ** -1
    probs = counts * counts_sum_inv
    logprobs = probs.log()
    loss = -logprobs[range(n), Yb].mean()
    for p in parameters:
        p.grad = None
    for t in [logprobs, probs, counts, counts_sum, counts_sum_inv, norm_logits, logit_maxes, logits, h, hpreact, bnraw,
              bnvar_inv, bnvar, bndiff2, bndiff, hprebn, bnmeani, embcat, emb]:
        t.retain_grad()
    loss.backward()

    dlogprobs = torch.zeros_like(logprobs)
    dlogprobs[range(n), Yb] = -1.0 / n
    dprobs = (1.0 / probs) * dlogprobs
    dcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)
    dcounts = counts_sum_inv * dprobs
    dcounts_sum = (-counts_sum ** -2) * dcounts_sum_inv
    dcounts += torch.ones_like(counts) * dcounts_sum
    dnorm_logits = counts * dcounts
    dlogits = dnorm_logits.clone()
    dlogit_maxes = (-dnorm_logits).sum(1, keepdim=True)
    dlogits += F.one_hot(logits.max(1).indices, num_classes=logits.shape[1]) * dlogit_maxes
    dh = dlogits @ W2.T
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(0)
    dhpreact = (1.0 - h ** 2) * dh
    dbngain = (bnraw * dhpreact).sum(0, keepdim=True)
    dbnraw = bngain * dhpreact
    dbnbias = dhpreact.sum(0, keepdim=True)
    dbndiff = bnvar_inv * dbnraw
    dbnvar_inv = (bndiff * dbnraw).sum(0, keepdim=True)
    dbnvar = (-0.5 * (bnvar + 1e-5) ** -1.5) * dbnvar_inv
    dbndiff2 = (1.0 / (n - 1)) * torch.ones_like(bndiff2) * dbnvar
    dbndiff += (2 * bndiff) * dbndiff2
    dhprebn = dbndiff.clone()
    dbnmeani = (-dbndiff).sum(0)
    dhprebn += 1.0 / n * (torch.ones_like(hprebn) * dbnmeani)
    dembcat = dhprebn @ W1.T
    dW1 = embcat.T @ dhprebn
    db1 = dhprebn.sum(0)
    demb = dembcat.view(emb.shape)
    dC = torch.zeros_like(C)
    for k in range(Xb.shape[0]):
        for j in range(Xb.shape[1]):
            ix = Xb[k, j]
            dC[ix] += demb[k, j]

    assert not cmp("bnmeani", dbnmeani, bnmeani)            # (64,) for (1, 64): the lecture's own slip, broadcast away
    for name, manual, t in [
            ("logprobs", dlogprobs, logprobs), ("probs", dprobs, probs), ("counts", dcounts, counts),
            ("counts_sum_inv", dcounts_sum_inv, counts_sum_inv), ("counts_sum", dcounts_sum, counts_sum),
            ("norm_logits", dnorm_logits, norm_logits), ("logit_maxes", dlogit_maxes, logit_maxes),
            ("logits", dlogits, logits), ("h", dh, h), ("W2", dW2, W2),
            ("b2", db2, b2), ("hpreact", dhpreact, hpreact), ("bngain", dbngain, bngain), ("bnbias", dbnbias, bnbias),
            ("bnraw", dbnraw, bnraw), ("bnvar_inv", dbnvar_inv, bnvar_inv), ("bnvar", dbnvar, bnvar),
            ("bndiff2", dbndiff2, bndiff2), ("bndiff", dbndiff, bndiff), ("hprebn", dhprebn, hprebn),
            ("embcat", dembcat, embcat), ("W1", dW1, W1), ("b1", db1, b1), ("emb", demb, emb), ("C", dC, C)]:
        assert cmp(name, manual, t), name

    assert abs((F.cross_entropy(logits, Yb) - loss).item()) < 1e-12
    dlogits = F.softmax(logits, 1)
    dlogits[range(n), Yb] -= 1
    dlogits /= n
    assert cmp("logits", dlogits, logits)
    figure, axis = plt.subplots()
    axis.imshow(dlogits.detach(), cmap="gray")
    plt.close(figure)
    dhprebn = bngain * bnvar_inv / n * (
        n * dhpreact - dhpreact.sum(0) - n / (n - 1) * bnraw * (dhpreact * bnraw).sum(0))
    assert cmp("hprebn", dhprebn, hprebn)
    with torch.no_grad():
        grads = [dC, dW1, db1, dW2, db2, dbngain, dbnbias]
        before = [p.tolist() for p in parameters]
        for p, grad in zip(parameters, grads):
            p.data += -0.1 * grad
        assert all(p.tolist() != b for p, b in zip(parameters, before) if p is not b1)    # b1's gradient is 0
