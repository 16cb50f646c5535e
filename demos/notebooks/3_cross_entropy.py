# %% [markdown]
# # 3 Cross-entropy by hand, by graph, by derivation
#
# A network gives a score for each class. The true class should have the highest score. How wrong is it? And
# which way should each score move?
#
# The answer to the second question is surprisingly short: $\hat y - y$. In this lesson you find it in three
# ways.

# %%
import math

import autograd.functional as F
from autograd import Tensor, Value, derive, draw, explain, paths

# %% [markdown]
# ## By hand
#
# Three scores (*logits*) and the true class, counted from 0:

# %%
z = [2.0, 1.0, 0.1]
true = 1

# %% [markdown]
# **Softmax** makes probabilities of them: positive numbers that add up to 1.
#
# $$\hat y_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$

# %%
powers = [math.exp(x) for x in z]
probabilities = [p / sum(powers) for p in powers]
print("probabilities", [f"{p:.4f}" for p in probabilities], "sum", f"{sum(probabilities):.4f}")

# %% [markdown]
# **Cross-entropy** looks only at the probability of the true class: $L = -\ln \hat y_t$. If the network is
# sure and right, it is near 0. If it is sure and wrong, it is large.

# %%
for p in (0.99, 0.5, 0.24, 0.01):
    print(f"probability of the true class {p:4}: loss {-math.log(p):.3f}")
loss = -math.log(probabilities[true])
print(f"ours: {loss:.4f}")

# %% [markdown]
# Now turn each score by a little, as in lesson 1.

# %%
def cross_entropy(z):
    return math.log(sum(math.exp(x) for x in z)) - z[true]


h = 1e-6
for i in range(3):
    turned = [x + h * (i == j) for j, x in enumerate(z)]
    slope = (cross_entropy(turned) - cross_entropy(z)) / h
    print(f"z_{i + 1}: slope {slope:+.4f}   ŷ − y = {probabilities[i] - (i == true):+.4f}")

# %% [markdown]
# There it is: the slope is the probability, minus 1 for the true class. The scores of the wrong classes are
# pushed down, each by its probability. The true one is pushed up by what it lacks.
#
# ## By graph
#
# The same loss, of numbers that remember. In red: the ways of the true score.

# %%
z = [Value(x, label=f"z_{i}") for i, x in enumerate([2.0, 1.0, 0.1], 1)]
L = F.cross_entropy_composite(z, true)
L.label = "L"
L.backward()
draw(L, highlight=z[true])

# %% [markdown]
# Where does the −1 come from? The true score reaches the loss in two ways: through the numerator of softmax
# and through the sum below it.

# %%
paths(L, z[true])

# %% [markdown]
# One way gives exactly −1, the other $\hat y_t$. For a wrong class only the second way is there:

# %%
paths(L, z[0])

# %% [markdown]
# ## By derivation
#
# And the same as a lecturer writes it on the board. Each line was checked by numbers before it was shown.

# %%
derive(L, z[true])

# %% [markdown]
# The last line is $\hat y_2 - 1$, since $e^{z_2 - m}/s = \hat y_2$. For a whole batch, with arrays, in index
# notation; $Y_{nc}$ is 1 where $c$ is the true class of sample $n$, else 0:

# %%
A = Tensor([[2.0, 1.0, 0.1], [0.1, 2.0, 1.9]], requires_grad=True, label="Z")
batch_loss = F.cross_entropy_composite(A, [1, 0])
derive(batch_loss, A)

# %% [markdown]
# ## All three agree

# %%
batch_loss.backward()
closed = F.cross_entropy_gradient(A, [1, 0])
print("the graph's gradient")
print(A.grad.numpy().round(4))
print("(softmax − Y)/N")
print(closed.round(4))
print("largest difference below 1e-15:", bool(abs(A.grad.numpy() - closed).max() < 1e-15))

# %% [markdown]
# ## Why the largest score is subtracted
#
# $e^{1000}$ is too large for a computer. But softmax does not change if the same number is subtracted from
# all scores. So one subtracts the largest, and the largest power is $e^0 = 1$. You have seen the `max` in the
# picture.

# %%
try:
    math.exp(1000.0)
except OverflowError as error:
    print("e^1000:", error)
big = [Value(1000.0), Value(0.0)]
loss = F.cross_entropy_composite(big, 0)
loss.backward()
print("with the shift: loss", abs(loss.data), "gradients", [v.grad for v in big])

# %% [markdown]
# That constant has the gradient 0, as it must: it changes nothing.

# %%
from autograd.core.graph import topological

largest = next(node for node in topological(L) if node.op and node.op.symbol == "max")
largest.label = "m"
explain(L, largest)

# %% [markdown]
# ## Softmax with a temperature
#
# Divide all scores by $T$ first. A large $T$ makes all classes alike; a small one lets the best take all.

# %%
for T in (0.1, 0.5, 1.0, 2.0, 10.0):
    print(f"T = {T:4}", [f"{p.data:.3f}" for p in F.softmax([v / T for v in z])])

# %% [markdown]
# ## Your turn
#
# Label smoothing: the target is not "class 1 for certain", but 0.9 for the true class and 0.05 for each of
# the others. The loss is $L = -\sum_i y_i \ln \hat y_i$. What is its gradient with respect to the scores?
# Write it as a formula of `probabilities` and `y`.

# %% tags=["exercise"]
y = [0.05, 0.9, 0.05]


def gradient(probabilities, y):
    return [0.0, 0.0, 0.0]  # TODO

# %% tags=["check"]
scores = [Value(2.0), Value(1.0), Value(0.1)]
(-sum(t * p for t, p in zip(y, F.log_softmax(scores)))).backward()
mine = gradient([p.data for p in F.softmax(scores)], y)
if max(abs(g - v.grad) for g, v in zip(mine, scores)) < 1e-12:
    print("✓ it is the same short formula, whatever the target")
else:
    print("not yet: you have", [round(g, 4) for g in mine])
    print("         expected", [round(v.grad, 4) for v in scores])

# %% tags=["answer"]
def gradient(probabilities, y):
    return [p - t for p, t in zip(probabilities, y)]
