# %% [markdown]
# # 2 The graph, seen and stepped through
#
# A loss is one number, but hundreds of small steps made it. What does the way from a weight to the loss look
# like? And when there are many ways, which of them counts most?
#
# In this lesson you look at one graph through five windows: a picture, a tree, a list of paths, an
# explanation, and a page on which you go through it step by step.

# %%
from autograd import Value, draw, explain, paths, stepper, tree

# %% [markdown]
# ## A small formula with a knot in it
#
# Here `h` is used twice: once on the way through `tanh`, once directly. So there are two ways from `w` to
# `L`.

# %%
x, w = Value(0.5, label="x"), Value(1.2, label="w")
h = x * w
h.label = "h"
s = h.tanh()
s.label = "s"
L = s * h
L.label = "L"
draw(L, highlight=w)

# %% [markdown]
# In red: every path by which `w` reaches `L`. No box shows a gradient, since no backward pass was run.
#
# **Question.** How many paths lead from `x` to `L`? And from `h`?

# %%
L.backward()
draw(L, highlight=h)

# %% [markdown]
# ## As a tree
#
# In a terminal there are no pictures. A tree shows each number above the numbers it was made of. A number
# that was met before is only named again, with an arrow: it is one number, not two.

# %%
tree(L)

# %% [markdown]
# ## As paths
#
# Along one path the slopes are multiplied. Over all paths the products are added. That is the whole chain
# rule:
#
# $$\frac{\partial L}{\partial w} = \sum_{\text{paths from } w \text{ to } L} \;
# \prod_{\text{steps on the path}} \frac{\partial\,\text{out}}{\partial\,\text{in}}$$

# %%
paths(L, w)

# %% [markdown]
# ## As words

# %%
explain(L, h)

# %% [markdown]
# ## Step by step
#
# Press → to go on. First every value is computed, from left to right. Then every gradient, from right to
# left. Switch on *predict*, and guess the sign of each gradient before you see it.
#
# Then change a number: type it, or drag it in the picture. Everything that depends on it follows. *One step
# down* moves every leaf a little against its gradient, and the curve shows what becomes of $L$.

# %%
stepper(L)

# %% [markdown]
# ## Why nobody lists paths
#
# Twenty doublings: $a_{n+1} = a_n + a_n$. Each doubles the number of paths. Whoever walks all of them walks a
# million. The backward pass visits each *number* once, in the right order, and hands on its gradient when it
# is complete.

# %%
a = Value(1.0, label="a")
y = a
for _ in range(20):
    y = y + y
y.label = "y"
found = paths(y, a)
print(f"{found.count:,} paths, and their sum is {found.total:,.0f}")

# %% [markdown]
# The order matters. Suppose `L` above handed a gradient to `h` along one of its two ways, and `h` handed it
# on to `w` at once. Then the second way would come too late. In *topological order* each number comes after
# all those that use it:

# %%
from autograd.core.graph import topological

print(" → ".join(node.label for node in topological(L)))
print(" ← ".join(node.label for node in reversed(topological(L))))

# %% [markdown]
# ## The whole backward pass
#
# With that, one can write it down. This is the idea of the engine, in seven lines:

# %%
def backward(root):
    gradient = {node: 0.0 for node in topological(root)}
    gradient[root] = 1.0
    for node in reversed(topological(root)):
        for x, partial in zip(node.inputs, node.partials):
            gradient[x] += partial * gradient[node]
    return gradient


for node, g in backward(L).items():
    print(f"{node.label}: ours {g:.6f}, the engine's {node.grad:.6f}")

# %% [markdown]
# ## What a picture can hold
#
# A network has hundreds of numbers. Then one folds the calls of its parts into boxes:

# %%
import random

import nn

random.seed(1)
model = nn.MLP(2, [3, 1])
loss = (model([Value(1.0, label="x1"), Value(-2.0, label="x2")]) - 1.0) ** 2
draw(loss, collapse=model)

# %%
model

# %% [markdown]
# ## Your turn
#
# Write a formula `L` of `p` and `q` in which exactly **five** paths lead from `p` to `L`. Use only `+` and
# `*`.

# %% tags=["exercise"]
p, q = Value(2.0, label="p"), Value(3.0, label="q")
L = p * q  # TODO: five paths from p

# %% tags=["check"]
found = paths(L, p)
if found.count == 5:
    print("✓ five paths")
else:
    print(f"not yet: the number of paths is {found.count}. Each use of p begins a new one")

# %% tags=["answer"]
L = p * p + p * p + p * q
