# %% [markdown]
# # 5 Why a bug bites
#
# An engine for backpropagation is short. So are the bugs in it: a `=` where `+=` belongs, a set where a list
# belongs. They raise no error. The loss even goes down for a while. How does one see them?
#
# The museum holds eight small engines, each with one classic bug. For each you predict what goes wrong, run
# it, and find the first wrong number on the way back.

# %%
import inspect

import numpy as np
from ninjagrad.demos.museum import EXHIBITS, Small, expected, first_wrong, got

from autograd import Value, draw, explain, gradcheck, paths

for number, exhibit in enumerate(EXHIBITS, 1):
    print(number, exhibit.name)

# %% [markdown]
# A little helper shows the broken method, and below it each node's right gradient beside the broken one, from
# the result back to the leaves:

# %%
def show(number, code=True):
    exhibit = EXHIBITS[number - 1]
    print(f"{exhibit.formula}\n")
    if code:
        print(inspect.getsource(getattr(exhibit.engine, exhibit.method)))
    right, broken = expected(exhibit), got(exhibit)
    wrong = first_wrong(right, broken)
    for name in reversed(right):
        note = "← first wrong" if name == wrong else ""
        print(f"{name:6} right {text(right[name]):22} got {text(broken[name]):26} {note}".rstrip())


def text(x):
    return np.array2string(np.asarray(x), separator=", ").replace("\n", "")

# %% [markdown]
# ## 2: `=` for `+=`
#
# Here is the graph it is run on. `a` is used twice.

# %%
a, two, five = Value(3.0, label="a"), Value(2.0), Value(5.0)
b, c = a * two, a * five
d = b + c
b.label, c.label, d.label = "b", "c", "d"
d.backward()
draw(d, highlight=a)

# %% [markdown]
# **Predict:** the right gradient of `a` is $2 + 5 = 7$. What do you get if the second contribution *replaces*
# the first?

# %%
show(2)

# %% [markdown]
# `d`, `b` and `c` are right, as each of them is used once. That is why this bug hides: it bites only where a
# number is used *more than once*. In a network every weight is used once for each sample, so it bites
# everywhere, and only the last sample counts.

# %%
paths(d, a)

# %% [markdown]
# ## 3: inputs in a set
#
# The first version of micrograd kept a node's inputs in a set. **Predict:** for which formula does that
# matter?

# %%
show(3)

# %% [markdown]
# ## 1 and 5: no order, wrong order
#
# Two doublings: $b = a + a$, $c = b + b$. Each number may hand on its gradient only when that is complete.

# %%
show(1)

# %%
show(5)

# %% [markdown]
# The first of these is wrong *and* slow: with $n$ doublings it makes $2^n$ calls.
#
# ## 4: no `zero_grad`
#
# This one is in the code of the user, not of the engine. Gradients add up over calls of `backward()`.

# %%
show(4)

# %% [markdown]
# Our engine adds up, too, as PyTorch does, and for a good reason: the loss of a large batch may be computed
# in parts. So the training loop has to set the gradients to zero. `explain` notices:

# %%
w = Value(3.0, label="w")
for x in (1.0, 10.0):
    loss = w * x
    loss.label = "loss"
    loss.backward()
explain(loss, w)

# %% [markdown]
# ## 6: no sum over broadcast axes
#
# $y = x + b$, where `b` is a row and `x` a matrix: `b` was copied into every row. **Predict:** which shape
# does the wrong gradient have?

# %%
show(6)

# %% [markdown]
# ## 7: the sign of ReLU's input
#
# ReLU lets a gradient pass where its *input* was positive. This engine asks its *output*, with `>=`.

# %%
show(7)

# %% [markdown]
# ## 8: softmax without the shift
#
# This engine is right on paper. **Predict** what $e^{1000}$ does to it.

# %%
show(8)

# %% [markdown]
# ## How to catch all of them
#
# None of these bugs raises an error, but all of them give a wrong number. So compare with a slope found by
# trying, as in lesson 1. `gradcheck` does this for a function, at a point:

# %%
print(gradcheck(lambda x, y: (x * y + x).tanh(), [Value(0.3), Value(-0.7)]))

# %% [markdown]
# Two rules make such a check bite. Use a formula in which numbers are used **twice**. And use numbers that
# are **not special**: at $x = 1$ the slopes of $x^2$ and of $2x$ are the same.
#
# ## Your turn
#
# This engine has a bug of its own. Find a formula of one number on which it is wrong: let `formula(leaf)`
# return the root, where `leaf(3.0)` makes a leaf. Use `+` and `*`.

# %%
class Mystery(Small):
    def __mul__(self, other):
        return self.make(self.data * other.data, [self, other],
                         [lambda g: g * other.data, lambda g: g * other.data])

# %% tags=["exercise"]
def formula(leaf):
    x = leaf(3.0)
    return x * x  # TODO: this one does not show it. Why not?

# %% tags=["check"]
def gradients(engine):
    made = []

    def leaf(data):
        made.append(engine(data))
        return made[-1]

    formula(leaf).backward()
    return [float(x.grad) for x in made]


right, mystery = gradients(Small), gradients(Mystery)
if right != mystery:
    print(f"✓ caught: right {right}, got {mystery}")
else:
    print(f"not yet: both give {right}. In x * x both sides have the same value,")
    print("so it does not matter which of them is passed on")

# %% tags=["answer"]
def formula(leaf):
    return leaf(3.0) * leaf(2.0)
