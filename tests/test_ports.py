"""Code in the manner of known lectures and projects runs after `import autograd as torch`, with PyTorch's own losses.

Each program is text, run once with its lines of import leading here and, where PyTorch is installed, once as it is, the
initial weights carried over.
"""

import importlib
import io
import subprocess
import sys

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor

HEADER = """
import torch
import torch.nn as nn
from torch.nn import functional as F
"""

BIGRAM = HEADER + """
torch.manual_seed(1337)
device = 'cuda' if torch.cuda.is_available() else 'cpu'
vocabulary, block = 7, 4
data = torch.tensor([i * i % vocabulary for i in range(60)], dtype=torch.long)

def batch(step):
    ix = [(3 * step + 5 * k) % 50 for k in range(8)]
    x = torch.stack([data[i:i + block] for i in ix])
    y = torch.stack([data[i + 1:i + block + 1] for i in ix])
    return x.to(device), y.to(device)

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(vocabulary, vocabulary)

    def forward(self, idx, targets=None):
        logits = self.table(idx)
        if targets is None:
            return logits, None
        B, T, C = logits.shape
        return logits, F.cross_entropy(logits.view(B * T, C), targets.view(B * T))

    def generate(self, idx, n):
        for _ in range(n):
            logits, loss = self(idx)
            probs = F.softmax(logits[:, -1, :], dim=-1)
            idx = torch.cat((idx, torch.multinomial(probs, num_samples=1)), dim=1)
        return idx
"""

TRAIN = """
model = prepared(Model())
m = model.to(device)
count = sum(p.numel() for p in m.parameters())
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)

@torch.no_grad()
def estimate():
    model.eval()
    losses = torch.zeros(3)
    for k in range(3):
        losses[k] = model(*batch(k))[1].item()
    model.train()
    return losses.mean()

trace = []
for step in range(12):
    xb, yb = batch(step)
    logits, loss = model(xb, yb)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    trace.append(float(f"{loss}"))
trace.append(float(f"{estimate():.12f}"))
sample = m.generate(torch.zeros((1, 1), dtype=torch.long, device=device), 9)[0].tolist()
"""

GPT = BIGRAM.split("class Model")[0] + """
class Head(nn.Module):
    def __init__(self, width, size):
        super().__init__()
        self.key = nn.Linear(width, size, bias=False)
        self.query = nn.Linear(width, size, bias=False)
        self.value = nn.Linear(width, size, bias=False)
        self.register_buffer('mask', torch.tril(torch.ones(block, block)))
        self.dropout = nn.Dropout(0.0)

    def forward(self, x):
        B, T, C = x.shape
        k, q = self.key(x), self.query(x)
        scores = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5
        scores = scores.masked_fill(self.mask[:T, :T] == 0, float('-inf'))
        return self.dropout(F.softmax(scores, dim=-1)) @ self.value(x)

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.heads = nn.ModuleList([Head(width, width // 2) for _ in range(2)])
        self.proj = nn.Linear(width, width)
        self.net = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width), nn.Dropout(0.0))
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x):
        h = self.ln1(x)
        x = x + self.proj(torch.cat([head(h) for head in self.heads], dim=-1))
        return x + self.net(self.ln2(x))

class Model(nn.Module):
    def __init__(self, width=6):
        super().__init__()
        self.parts = nn.ModuleDict(dict(
            tokens=nn.Embedding(vocabulary, width),
            blocks=nn.ModuleList([Block(width) for _ in range(2)]),
            norm=nn.LayerNorm(width)))
        self.places = nn.Parameter(torch.zeros(1, block, width))
        self.head = nn.Linear(width, vocabulary)
        self.apply(self._start)

    def _start(self, module):
        if isinstance(module, nn.Linear):
            torch.nn.init.normal_(module.weight, mean=0.0, std=0.3)
            if module.bias is not None:
                torch.nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            torch.nn.init.xavier_uniform_(module.weight)

    def forward(self, idx, targets=None):
        B, T = idx.size()
        x = self.parts.tokens(idx) + self.places[:, :T, :]
        for one in self.parts.blocks:
            x = one(x)
        logits = self.head(self.parts.norm(x))
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)

    @torch.inference_mode()
    def generate(self, idx, n):
        for _ in range(n):
            logits, _ = self(idx[:, -block:])
            logits = logits[:, -1, :] / 0.8
            v, _ = torch.topk(logits, 3)
            logits[logits < v[:, [-1]]] = -float('Inf')
            idx = torch.cat((idx, torch.multinomial(F.softmax(logits, dim=-1), num_samples=1)), dim=1)
        return idx
"""

MLP = BIGRAM.split("class Model")[0] + """
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte = nn.Embedding(vocabulary + 1, 3)
        self.mlp = nn.Sequential(nn.Linear(block * 3, 10), nn.Tanh(), nn.Linear(10, vocabulary))

    def forward(self, idx, targets=None):
        embedded = []
        for k in range(block):
            embedded.append(self.wte(idx))
            idx = torch.roll(idx, 1, 1)
            idx[:, 0] = vocabulary
        logits = self.mlp(torch.cat(embedded, -1))
        loss = None
        if targets is not None:
            loss = F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)
        return logits, loss

    def generate(self, idx, n):
        for _ in range(n):
            p = F.softmax(self(idx[:, -block:])[0][:, -1, :], dim=-1)
            idx = torch.cat((idx, torch.topk(p, k=1, dim=-1)[1]), dim=1)
        return idx
"""

RNN = BIGRAM.split("class Model")[0] + """
class Cell(nn.Module):
    def __init__(self):
        super().__init__()
        self.into, self.out = nn.Linear(9, 6), nn.Linear(9, 6)

    def forward(self, x, h):
        both = torch.cat([x, h], dim=1)
        z = F.sigmoid(self.out(both))
        return (1 - z) * h + z * F.tanh(self.into(both))

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.start = nn.Parameter(torch.zeros(1, 6))
        self.wte = nn.Embedding(vocabulary, 3)
        self.cell, self.head = Cell(), nn.Linear(6, vocabulary)

    def forward(self, idx, targets=None):
        b, t = idx.size()
        h = self.start.expand((b, -1))
        embedded, hidden = self.wte(idx), []
        for i in range(t):
            h = self.cell(embedded[:, i, :], h)
            hidden.append(h)
        logits = self.head(torch.stack(hidden, 1))
        loss = None if targets is None else F.cross_entropy(logits.view(-1, vocabulary), targets.view(-1))
        return logits, loss

    def generate(self, idx, n):
        return idx.repeat(1, n + 1)
"""
PROGRAMS = {"bigram": BIGRAM, "gpt": GPT, "mlp": MLP, "rnn": RNN}


def run(text, prepared, here):
    """What the program leaves in its names."""
    if here:
        for there, back in [("import torch\n", "import autograd as torch\n"), ("import torch.nn", "import autograd.nn"),
                            ("from torch.nn", "from autograd.nn")]:
            text = text.replace(there, back)
    names = {"prepared": prepared, "__name__": "program"}
    exec(compile(text, "<program>", "exec"), names)
    return names


def printed(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_runs_unchanged_and_learns(name):
    found = run(PROGRAMS[name] + TRAIN, lambda model: model, here=True)
    trace = found["trace"]
    assert np.mean(trace[-4:]) < np.mean(trace[:3])
    assert found["count"] == sum(p.numpy().size for p in found["model"].parameters())
    assert len(found["sample"]) == 10
    again = run(PROGRAMS[name] + TRAIN, lambda model: model, here=True)
    assert (again["trace"], again["sample"]) == (trace, found["sample"])        # torch.manual_seed seeds the layers too


@pytest.mark.parametrize("name", PROGRAMS)
def test_its_losses_are_pytorchs(name):
    torch = pytest.importorskip("torch", reason="the parity extra is not installed")
    start = {}

    def theirs(model):
        model.double()
        start.update({name: x.detach().numpy().copy() for name, x in model.state_dict().items()})
        return model

    def ours(model):
        model.load_state_dict(start)
        return model

    there = run(PROGRAMS[name] + TRAIN, theirs, here=False)
    here = run(PROGRAMS[name] + TRAIN, ours, here=True)
    np.testing.assert_allclose(here["trace"], there["trace"], rtol=1e-6)       # its estimate is kept in float32
    np.testing.assert_allclose(here["trace"][:-1], there["trace"][:-1], rtol=1e-11)
    weights = here["model"].state_dict()
    for key, x in there["model"].state_dict().items():
        np.testing.assert_allclose(weights[key], x.numpy(), rtol=1e-9, atol=1e-11)
    assert here["count"] == there["count"]
    assert torch.is_tensor(torch.zeros(1))


@pytest.mark.parametrize("line", ["import autograd.nn as nn", "from autograd import nn",
                                  "import autograd\nnn = autograd.nn"])
def test_the_layers_are_found_by_pytorchs_path(line):
    """And they are the same classes: a second copy would fail every isinstance."""
    code = (f"{line}\nimport nn as ours, autograd.nn.functional as F, autograd.functional as G, autograd.optim as o\n"
            "assert nn.Linear is ours.Linear and F is G and nn.functional is G and o.SGD is ours.optim.SGD\n"
            "assert o.lr_scheduler.StepLR is ours.optim.StepLR and nn.init is ours.init\n"
            "try:\n    import autograd.nn.layers\nexcept ImportError:\n    print('one copy')\n")
    assert printed(code) == "one copy\n"


def test_a_program_runs_where_the_name_torch_leads_here():
    code = "import sys, autograd\nsys.modules['torch'] = autograd\nprepared = lambda model: model" + GPT + TRAIN
    code += "import torch.nn.functional as G, torch.optim.lr_scheduler\nassert G is F\nprint(trace[-1] < trace[0])"
    assert printed(code) == "True\n"


def test_nothing_of_nn_is_loaded_before_it_is_asked_for():
    code = "import sys, autograd\nautograd.Tensor\nprint([x for x in sys.modules if x.partition('.')[0] == 'nn'])"
    assert printed(code) == "[]\n"


def test_saved_tensors_come_back(tmp_path):
    state = {"w": autograd.tensor([[1.0, 2.0]], requires_grad=True), "n": [1, (2.5, None, "x")], 3: np.arange(2),
             "flags": autograd.tensor([True])}
    for place in (tmp_path / "state.pt", str(tmp_path / "b"), io.BytesIO()):
        autograd.save(state, place)
        if isinstance(place, io.BytesIO):
            place.seek(0)
        back = autograd.load(place, map_location="cpu", weights_only=True)
        assert back["w"].requires_grad
        assert back["w"].tolist() == [[1.0, 2.0]]
        assert back["n"] == [1, (2.5, None, "x")]
        assert back[3].tolist() == [0, 1]
        assert back["flags"].dtype == bool
    model = nn.Linear(2, 3)
    autograd.save(model.state_dict(), tmp_path / "m")
    other = nn.Linear(2, 3)
    other.load_state_dict(autograd.load(tmp_path / "m"))
    assert other.weight.tolist() == model.weight.tolist()
    with pytest.raises(TypeError, match=r"save: got a Linear.*state_dict"):
        autograd.save(model, tmp_path / "m")
    (tmp_path / "bad").write_bytes(b"no archive")
    with pytest.raises(ValueError, match=r"no file that autograd\.save wrote"):
        autograd.load(tmp_path / "bad")


@pytest.mark.parametrize(("where", "wrong", "right"), [
    ("autograd", "zeross", "zeros"), ("autograd", "no_gard", "no_grad"), ("autograd", "arrange", "arange"),
    ("autograd.functional", "sofmax", "softmax"), ("autograd.functional", "cross_entrpy", "cross_entropy"),
    ("nn.optim", "Adm", "Adam"), ("autograd.optim", "AdmaW", "AdamW"), ("nn.init", "xavier_unifrm_", "xavier_uniform_"),
    ("nn", "ReLu", "ReLU"), ("nn", "Linaer", "Linear"), ("autograd.nn", "Embeding", "Embedding"),
])
def test_a_misspelt_name_is_asked_about(where, wrong, right):
    with pytest.raises(AttributeError, match=f"{wrong}.*did you mean {right}\\?"):
        getattr(importlib.import_module(where), wrong)


def test_a_misspelt_method_is_asked_about_by_python_itself():
    """A `__getattr__` of ours would treble the time of every attribute's look-up."""
    code = "import autograd\nautograd.Tensor([1.0]).sumn()"
    assert "Did you mean: 'sum'" in subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr


@pytest.mark.parametrize(("name", "remedy"), [
    ("storage", r"\.numpy\(\)"), ("scatter_", "item assignment"), ("register_hook", "contributions"),
    ("conv2d", "outside the subset")])
def test_a_method_that_is_missing_says_so(name, remedy):
    with pytest.raises(AttributeError, match=f"{name}.*outside the subset.*{remedy}|{remedy}"):
        getattr(Tensor([1.0]) if name != "conv2d" else autograd, name)
    assert not hasattr(Tensor, name)
