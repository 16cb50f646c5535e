# %% [markdown]
# # 6 A network of single numbers, recorded
#
# A hundred points lie in two crescents. Can 337 numbers learn to tell them apart? Yes, and you can look at
# each of them.
#
# There is a price: every step of the training builds tens of thousands of nodes, only to forget them. In this
# lesson you train the network in the plain way, see what takes the time, and then record the graph once and
# run it again and again.

# %%
import random

import matplotlib.pyplot as plt
import numpy as np
from ninjagrad.demos.moons import moons

import nn
from autograd import Value, draw, replay

random.seed(0)
X, y = moons(np.random.default_rng(0))
plt.figure(figsize=(4, 2.6), dpi=70)
plt.scatter(*X.T, c=y, cmap="coolwarm", s=18);

# %% [markdown]
# ## The model
#
# Two inputs, two hidden layers of 16 neurons with ReLU, one score at the end. A score above 0 means red.

# %%
model = nn.MLP(2, [16, 16, 1])
model

# %% [markdown]
# One neuron, to see what it is made of: two products, two sums, a ReLU.

# %%
neuron = nn.Neuron(2)
for i, w in enumerate(neuron.w, 1):
    w.label = f"w{i}"
neuron.b.label = "b"
draw(neuron([Value(0.5, label="x1"), Value(-1.0, label="x2")]), parameters=neuron)

# %% [markdown]
# ## The loss
#
# The *hinge loss* asks for a score beyond +1 on one side and beyond −1 on the other: $\max(0, 1 - y \cdot
# \text{score})$. A small penalty on the squared weights keeps the border simple.

# %%
def loss_of(model):
    scores = [model(point) for point in X.tolist()]
    hinge = sum((1 - target * score).relu() for target, score in zip(y.tolist(), scores)) / len(X)
    return hinge + 1e-4 * sum(w * w for w in model.parameters())


loss = loss_of(model)
loss.backward()
print(f"loss {loss.data:.4f}")
model

# %% [markdown]
# The table now shows how long the gradient of each layer is. How many nodes did this one step make?

# %%
from autograd.core.graph import topological

print(f"{len(topological(loss)):,} nodes")

# %% [markdown]
# ## Plain training
#
# Three steps, to see that the loss goes down. **Before you run it:** what must come before `backward()`, and
# why?

# %%
optimizer = nn.optim.SGD(model.parameters(), lr=0.5)
for step in range(3):
    loss = loss_of(model)  # builds the graph anew
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"step {step + 1}  loss {loss.data:.4f}")

# %% [markdown]
# ## Record it
#
# The graph has the same form at every step; only the numbers in it change. `replay` reads the graph once and
# makes a short list of array operations out of it. Neurons of one layer become one matrix product.

# %%
recorded = replay(loss_of(model), wrt=model.parameters())
recorded

# %% [markdown]
# The numbers to train now stand in one array, `recorded.parameters`, with the gradient beside it. Is the
# gradient the same as the engine's?

# %%
replayed = recorded()
loss = loss_of(model)
model.zero_grad()
loss.backward()
engine = np.array([w.grad for w in model.parameters()])
print(f"loss {replayed:.6f} and {loss.data:.6f}")
print("the gradients agree:", np.allclose(engine, recorded.gradient, rtol=0, atol=1e-12))

# %% [markdown]
# ## Train
#
# Two hundred steps. The curve grows while the loop runs.

# %%
optimizer = nn.optim.SGD(recorded, lr=1.0)
schedule = nn.optim.LinearLR(optimizer, 1.0, 0.1, total_iters=200)
for step in nn.progress(200, loss=lambda: loss):
    loss = recorded()
    optimizer.step()
    schedule.step()

# %%
optimizer

# %% [markdown]
# ## What it has learned
#
# Write the numbers back into the model, and ask it about every place of the plane:

# %%
recorded.sync()
xs, ys = np.linspace(-1.6, 2.6, 40), np.linspace(-1.2, 1.7, 28)
plane = [Value(0.0, label="x1"), Value(0.0, label="x2")]
ask = replay(model(plane), wrt=[], inputs=plane)
scores = np.array([[ask.forward([a, b]) for a in xs] for b in ys])
plt.figure(figsize=(4, 2.8), dpi=70)
plt.contourf(xs, ys, scores > 0, cmap="coolwarm", alpha=0.35, levels=1)
plt.scatter(*X.T, c=y, cmap="coolwarm", s=18)
right = np.mean([np.sign(ask.forward(point)) == target for point, target in zip(X, y)])
plt.title(f"{right:.0%} right");

# %% [markdown]
# ## What is frozen
#
# A recording keeps which way Python's `if` went. Here the formula differs for negative numbers, and the
# recording does not know it. `check` finds out:

# %%
def absolute(x):
    return x if x.data > 0 else -x


x = Value(2.0, label="x")
step = replay(absolute(x) * 3.0, wrt=[x])
x.data = -2.0
try:
    step.check(absolute(x) * 3.0)
except ValueError as error:
    print(error)

# %% [markdown]
# ## Your turn
#
# A recording can be fed anew at each call: name its inputs. Record $(w x - t)^2$ with `w` to be trained, and
# `x` and `t` to be fed. The check runs it on data of the line $t = 2x$, for the slope to be found.

# %% tags=["exercise"]
w, x, t = Value(0.0, label="w"), Value(1.0, label="x"), Value(1.0, label="t")
step = None  # TODO: replay(…, wrt=…, inputs=…)

# %% tags=["check"]
if step is None:
    print("not yet: step is None")
else:
    for _ in range(50):
        for number in (1.0, 2.0, -1.0):
            step([number, 2 * number])
            step.parameters -= 0.05 * step.gradient
    slope = step.parameters[0]
    print("✓" if abs(slope - 2) < 1e-3 else "not yet:", f"the slope is {slope:.3f}, expected 2")

# %% tags=["answer"]
step = replay((w * x - t) ** 2, wrt=[w], inputs=[x, t])
