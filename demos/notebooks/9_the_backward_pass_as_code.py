# %% [markdown]
# # 9 The backward pass as code, and on to PyTorch and JAX
#
# You have seen gradients as numbers, as pictures, as mathematics. Now see them as a *program*: what a person
# would write who computes them by hand. And then take everything you have learned to the large libraries.

# %%
import numpy as np

import autograd.functional as F
import nn
from autograd import Tensor, Value, grad, source

nn.manual_seed(0)

# %% [markdown]
# ## One neuron
#
# **Before you run it:** write down the lines that compute `dw` and `dx`. Which of them come first?

# %%
w, x, b = Value(-3.0, label="w"), Value(2.0, label="x"), Value(6.9, label="b")
o = (w * x + b).tanh()
o.label = "o"
source(o)

# %% [markdown]
# Read it from the bottom of the forward part: each backward line belongs to one forward line, in the opposite
# order. A number that is needed in both parts keeps its name. That is why training takes so much memory: the
# forward pass must not forget anything that the backward pass still asks for.
#
# ## It is a program
#
# The text is a module. Run it, and compare with the engine:

# %%
scope = {}
exec(source(o), scope)
result, gradients = scope["step"](w=-3.0, x=2.0, b=6.9)
o.backward()
print("program", {name: round(float(g), 6) for name, g in gradients.items()})
print("engine ", {node.label: round(node.grad, 6) for node in (w, x, b)})

# %% [markdown]
# ## A network
#
# A hidden layer, softmax and cross-entropy for a batch. Look for what you know: `.T` in the matrix products,
# a sum for the bias, and softmax − one-hot.

# %%
X = Tensor(np.random.default_rng(0).normal(size=(5, 4)), label="X")
Y = np.array([0, 2, 1, 1, 0])
W1 = Tensor(np.random.default_rng(1).normal(size=(4, 3)), requires_grad=True, label="W1")
b1 = Tensor(np.zeros(3), requires_grad=True, label="b1")
h = (X @ W1 + b1).tanh()
h.label = "h"
loss = F.cross_entropy(h, Y)
source(loss, names={"Y": Y})

# %% [markdown]
# ## The same for PyTorch
#
# The rules are the same; only the spelling differs. This text uses none of PyTorch's own gradients.

# %%
source(loss, names={"Y": Y}, backend="torch")

# %% [markdown]
# And for JAX, where arrays can't be changed in place:

# %%
source(o, backend="jax")

# %% [markdown]
# ## Side by side
#
# The loop that you know from lesson 7 is PyTorch's loop, name for name:
#
# | here | PyTorch | JAX |
# |---|---|---|
# | `Tensor(x, requires_grad=True)` | `torch.tensor(x, requires_grad=True)` | an array |
# | `loss.backward()`, then `w.grad` | the same | `jax.grad(loss_of)(w)` |
# | `F.cross_entropy(logits, Y)` | the same | `-jax.nn.log_softmax(logits)[range(N), Y].mean()` |
# | `nn.Linear(4, 3)` | the same | a function and two arrays |
# | `nn.optim.Adam(…)`, `zero_grad`, `step` | the same | `optax.adam(…)`, `update` |
# | `with no_grad():` | `with torch.no_grad():` | not needed |
# | `model.state_dict()` | the same | a tree of arrays |
#
# Code written for one runs on the other where it stays within this table:

# %%
def train(torch, nn, F):
    X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    Y = torch.tensor([0, 1, 1, 0])
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    for _ in range(150):
        loss = F.cross_entropy(model(X), Y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model(X).argmax(1).tolist()


import autograd

print("here:", train(autograd, nn, F))

# %% tags=["varies"]
try:
    import torch
except ImportError:
    print("PyTorch is not installed here; with it, the same function runs as it stands")
else:
    torch.manual_seed(0)
    print("PyTorch:", train(torch, torch.nn, torch.nn.functional))

# %% [markdown]
# ## Derivatives of derivatives
#
# JAX's way is a function that makes a function. It is here, too: `grad` differentiates a root, and with
# `create_graph=True` the answer is a graph itself.

# %%
x = Value(2.0, label="x")
y = x ** 4
first = grad(y, x, create_graph=True)
second = grad(first, x, create_graph=True)
third = grad(second, x, create_graph=True)
print(f"x⁴ = {y.data:g}, 4x³ = {first.data:g}, 12x² = {second.data:g}, 24x = {third.data:g}")

# %% [markdown]
# ## Where to go from here
#
# - The engine itself: read `autograd/core/ops.py`, `graph.py` and `value.py`, in this order. That takes a coffee.
# - `python -m demos ninja`: ten exercises with a grader.
# - Karpathy's *Zero to Hero* lectures, whose notebooks run on this engine.
#
# ## Your turn
#
# A last backward pass by hand: for $L = \sum_i (w x_i - t_i)^2$ write the program that `source` would print,
# and return the loss and the gradient of $w$.

# %% tags=["exercise"]
def step(w, x, t):
    loss = ((w * x - t) ** 2).sum()
    dw = 0.0  # TODO
    return loss, dw

# %% tags=["check"]
xs, ts = np.array([1.0, 2.0, -1.5]), np.array([2.0, 3.5, -3.0])
slope = Tensor(0.7, requires_grad=True)
error = ((slope * xs - ts) ** 2).sum()
error.backward()
mine = step(0.7, xs, ts)
if abs(mine[1] - slope.grad.item()) < 1e-12:
    print("✓ you and the engine agree. That was the last lesson: now read the engine")
else:
    print(f"not yet: you have {mine[1]:.4f}, the engine {slope.grad.item():.4f}")

# %% tags=["answer"]
def step(w, x, t):
    off = w * x - t
    loss = (off ** 2).sum()
    doff = 2 * off
    dw = (doff * x).sum()
    return loss, dw
