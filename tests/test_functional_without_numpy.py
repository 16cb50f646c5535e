"""What is made of Values alone works where NumPy is not installed, to the same bits."""

import subprocess
import sys
from pathlib import Path

PROGRAM = '''
import random
import autograd.functional as F
import nn
from autograd.core.value import Value
from autograd.core.nary import total

assert "numpy" not in sys.modules or sys.modules["numpy"] is None
random.seed(3)

def numbers(n=4, low=-3.0, high=3.0):
    return [Value(random.uniform(low, high)) for _ in range(n)]

def show(name, f, *leaves):
    y = f(*leaves)
    (total([(0.3 + i) * v for i, v in enumerate(y)]) if isinstance(y, list) else y).backward()
    flat = [v for x in leaves for row in (x if isinstance(x, list) else [x])
            for v in (row if isinstance(row, list) else [row])]
    print(name, [v.data for v in (y if isinstance(y, list) else [y])], [v.grad for v in flat])

for name in ("softmax", "log_softmax", "logsumexp"):
    show(name, getattr(F, name), numbers())
    show(name, getattr(F, name), [Value(z) for z in (1000.0, -1000.0, 0.0, 39.3)])
show("hot", lambda z: F.softmax(z, temperature=7.0), numbers())
def exact(*given, **options):
    return F.cross_entropy_composite(*given, form="logsumexp", **options)

for f in (F.cross_entropy, F.cross_entropy_composite, exact):
    for target in ([2, 0, -100], [[0.2, 0.3, 0.5, 0.0], [1.0, 0.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]]):
        for options in ({}, {"label_smoothing": 0.1}, {"weight": [1.0, 2.0, 0.5, 0.25]}, {"reduction": "sum"},
                        {"reduction": "none"}):
            show(f"cross-entropy {options}", lambda z: f(z, target, **options), [numbers(), numbers(), numbers()])
print(F.cross_entropy_gradient([numbers(), numbers()], [1, 3]))
show("nll", lambda z: F.nll_loss(z, [1, 0], weight=[1.0, 2.0, 3.0, 4.0]), [numbers(), numbers()])
for name in ("mse_loss", "hinge_loss", "binary_cross_entropy_with_logits"):
    for reduction in ("mean", "sum", "none"):
        show(name, lambda z: getattr(F, name)(z, [1.0, -1.0, 0.5, 0.0], reduction), numbers())
show("bce", lambda p: F.binary_cross_entropy(p, [1.0, 0.0, 0.25, 1.0]), numbers(4, 0.01, 0.99))
show("entropy", F.entropy, numbers(4, 0.0, 1.0))
show("kl", F.kl_divergence, numbers(4, 0.0, 1.0), numbers(4, 0.1, 1.0))
for name in ("relu", "tanh", "sigmoid", "softplus", "gelu"):
    show(name, getattr(F, name), *numbers(1))
show("gelu by tanh", lambda x: F.gelu(x, approximate="tanh"), *numbers(1))
for nary in (False, True):
    model = nn.MLP(2, [4, 4, 3], nonlin="tanh", nary=nary)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
    for step in range(5):
        loss = criterion(model([0.3, -0.7]), 2)
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= 0.1 * p.grad
    print(model, loss.data, [p.data for p in model.parameters()], criterion.backward())
show("modules", lambda z: nn.LogSoftmax()(nn.Softmax()([nn.GELU()(nn.Tanh()(v)) for v in z])), numbers())
print(nn.MSELoss()(numbers(), [0.0] * 4).data, nn.NLLLoss(weight=[1.0, 2.0])([numbers(2)], [1]).data)
'''
NEEDS = '''
import autograd.functional as F, nn
for use in (lambda: F.softmax([[1.0, 2.0]]), lambda: F.one_hot([1]), lambda: F.mse_loss(1.0, 2.0), lambda: nn.Linear,
            lambda: F.cross_entropy([[1.0]], [0]), lambda: nn.MLP(1, [1]).state_dict(),
            lambda: nn.CrossEntropyLoss()([[1.0, 2.0]], [0])):
    try:
        use()
    except ImportError as error:
        assert "this needs NumPy: pip install numpy" in str(error), error
    else:
        raise AssertionError("it went without")
'''


def run(program: str, numpy: bool) -> str:
    without = "import sys\n" + ("" if numpy else 'sys.modules["numpy"] = None\n')
    result = subprocess.run([sys.executable, "-c", without + program], capture_output=True, text=True,
                            cwd=Path(__file__).parent.parent, timeout=120)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_values_give_the_same_bits_without_numpy():
    imported = "import numpy, autograd.functional.tensors"      # after the check that nothing else imported it
    with_numpy = run(PROGRAM.replace("random.seed(3)", f"{imported}\nrandom.seed(3)"), True)
    assert run(PROGRAM, False) == with_numpy
    assert run(PROGRAM, True) == with_numpy
    assert with_numpy.count("cross-entropy") == 30


def test_what_needs_arrays_says_so():
    run(NEEDS, False)
