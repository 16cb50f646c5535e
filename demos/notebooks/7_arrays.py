# %% [markdown]
# # 7 Arrays, broadcasting, batch norm
#
# Single numbers are lovely to look at, and too slow for real data. What changes when a node holds a whole
# array? Almost nothing: the rules for single numbers hold in each place. New is only that arrays have
# *shapes*, and that shapes may be stretched.

# %%
import numpy as np
from ninjagrad.demos.names import NAMES, examples, read

import autograd.functional as F
import nn
from autograd import Tensor, draw, explain

nn.manual_seed(0)

# %% [markdown]
# ## A Tensor
#
# An array that remembers. Blue is negative, red is positive.

# %%
x = Tensor(np.random.default_rng(0).normal(size=(4, 3)), requires_grad=True, label="x")
y = (x * x).sum()
y.backward()
x

# %% [markdown]
# $y = \sum_{ij} x_{ij}^2$, so the gradient is $2x$ in each place. It has the shape of `x`. It always has.
#
# ## Broadcasting
#
# A row of shape (3,) is added to a matrix of shape (4, 3). NumPy stretches the row: it is used in each of the
# four rows.
#
# **Predict:** the loss is the sum of all entries. What is the gradient of the row?

# %%
row = Tensor([10.0, 20.0, 30.0], requires_grad=True, label="row")
total = (x + row).sum()
total.label = "total"
total.backward()
explain(total, row)

# %%
draw(total)

# %% [markdown]
# Used four times, so four contributions are added. On the way back, broadcasting becomes a sum. The same
# holds for an axis of length 1:

# %%
column = Tensor(np.ones((4, 1)), requires_grad=True, label="column")
(x.detach() * column).sum().backward()
print("gradient of the column", column.grad.numpy().round(3).ravel(), "shape", column.grad.shape)
print("sums of the rows of x ", x.numpy().sum(1).round(3))

# %% [markdown]
# ## A matrix product
#
# $C = A B$ is many dot products. Its two gradients are matrix products again, and the shapes leave only one
# way to write them:
#
# $$\frac{\partial L}{\partial A} = G\,B^\top, \qquad \frac{\partial L}{\partial B} = A^\top G$$

# %%
A = Tensor(np.random.default_rng(1).normal(size=(2, 3)), requires_grad=True, label="A")
B = Tensor(np.random.default_rng(2).normal(size=(3, 4)), requires_grad=True, label="B")
C = A @ B
C.tanh().sum().backward()
G = C.grad.numpy()
print("dA:", np.allclose(A.grad.numpy(), G @ B.numpy().T))
print("dB:", np.allclose(B.grad.numpy(), A.numpy().T @ G))

# %% [markdown]
# ## Letters
#
# Now real data: names, letter by letter. The network reads three letters and guesses the next.

# %%
names = read(NAMES)
letters = [".", *sorted(set("".join(names)))]
X, Y = examples(names, {letter: i for i, letter in enumerate(letters)})
print(f"{len(names):,} names, {len(X):,} examples, {len(letters)} letters")
for context, target in zip(X[:4], Y[:4]):
    print("".join(letters[i] for i in context), "→", letters[target])

# %%
def network(batch_norm):
    layers = [nn.Embedding(len(letters), 8), nn.Flatten(), nn.Linear(24, 64, bias=not batch_norm)]
    layers += [nn.BatchNorm1d(64)] * batch_norm + [nn.Tanh(), nn.Linear(64, len(letters))]
    return nn.Sequential(*layers)


model = network(batch_norm=False)
model

# %% [markdown]
# **Question.** A network that knows nothing gives each of the letters the same probability. What is its loss?

# %%
loss = F.cross_entropy(model(X[:256]), Y[:256])
print(f"ours {loss.item():.3f}, knowing nothing: ln {len(letters)} = {np.log(len(letters)):.3f}")

# %% [markdown]
# ## Train
#
# A minibatch is an index: some rows of `X`, and the same of `Y`.

# %%
def train(model, steps=600):
    rng = np.random.default_rng(0)
    optimizer = nn.optim.Adam(model.parameters(), lr=0.01)
    progress = nn.progress(steps, loss=lambda: loss)
    for _ in progress:
        rows = rng.integers(0, len(X), 64)
        loss = F.cross_entropy(model(X[rows]), Y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return float(np.mean(progress.history["loss"][-100:]))


print(f"mean loss of the last hundred steps: {train(model):.2f}")

# %%
model

# %% [markdown]
# ## Saturation
#
# Where $\tanh$ gives almost ±1, its slope $1 - \tanh^2$ is almost 0, and no gradient comes through. Here the
# inputs of tanh are made too large on purpose:

# %%
def stuck(scale):
    z = Tensor(scale * np.random.default_rng(0).normal(size=(100, 64)), requires_grad=True)
    h = z.tanh()
    h.sum().backward()
    return np.mean(abs(h.numpy()) > 0.99), np.mean(abs(z.grad.numpy()))


for scale in (0.5, 1.0, 3.0, 10.0):
    share, slope = stuck(scale)
    print(f"scale {scale:4}: {share:4.0%} saturated, mean slope {slope:.3f}")

# %% [markdown]
# ## Batch norm
#
# So one keeps the inputs of tanh at a good size: subtract their mean over the batch, and divide by their
# standard deviation.
#
# $$\hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}}, \qquad y = \gamma \hat x + \beta$$

# %%
norm = nn.BatchNorm1d(3)
z = Tensor(5 + 10 * np.random.default_rng(0).normal(size=(50, 3)), requires_grad=True)
out = norm(z)
print("before: mean", z.numpy().mean(0).round(2), "deviation", z.numpy().std(0).round(2))
print("after:  mean", abs(out.numpy().mean(0).round(2)), "deviation", out.numpy().std(0).round(2))

# %% [markdown]
# Each sample now depends on all the others of its batch, through the mean and the deviation. So its gradient
# does, too. It is even forced: the outputs always have the mean 0, whatever the inputs. So no gradient may
# change the mean. **Predict** the sum of the gradient over the batch:

# %%
(out ** 3).sum().backward()
print("sums of the gradient over the batch are 0:", np.allclose(z.grad.numpy().sum(0), 0.0))

# %%
print(f"with batch norm: {train(network(batch_norm=True)):.2f}")

# %% [markdown]
# ## Your turn
#
# Layer norm does the same for each *sample*, over its features. Write it with `mean`, `var` and
# `keepdim=True`, for `x` of shape (N, F), without γ and β.

# %% tags=["exercise"]
def layer_norm(x, eps=1e-5):
    return x - x.mean(1, keepdim=True)  # TODO: and divided by the deviation

# %% tags=["check"]
a = Tensor(np.random.default_rng(5).normal(3.0, 2.0, (4, 6)), requires_grad=True)
b = Tensor(a.numpy(), requires_grad=True)
mine, truth = layer_norm(a), nn.LayerNorm(6)(b)
(mine ** 3).sum().backward()
(truth ** 3).sum().backward()
if not np.allclose(mine.numpy(), truth.numpy()):
    print(f"not yet: the rows should have the deviation 1, not {mine.numpy().std(1).round(2)}")
elif not np.allclose(a.grad.numpy(), b.grad.numpy()):
    print("not yet: the numbers are right, but the gradient is not")
else:
    print("✓ numbers and gradient are right")

# %% tags=["answer"]
def layer_norm(x, eps=1e-5):
    centred = x - x.mean(1, keepdim=True)
    variance = (centred ** 2).mean(1, keepdim=True)
    return centred / (variance + eps) ** 0.5
