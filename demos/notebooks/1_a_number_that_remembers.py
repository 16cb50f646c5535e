# %% [markdown]
# # 1 A number that remembers
#
# You have a formula with a few knobs. You turn one knob a little. How much does the result move?
#
# That question has a name: it asks for a *derivative*. This lesson answers it in three ways: by trying, by
# rule, and by a number that remembers where it came from. The third way is all that a neural network needs in
# order to learn.
#
# After the first lecture of Karpathy's *Neural Networks: Zero to Hero*, in our own words.

# %%
import math

from autograd import Value, draw, explain

# %% [markdown]
# ## By trying
#
# Here is a formula of one number. We turn its knob by a small $h$ and look how far the result moves for each
# unit of $h$:
#
# $$f'(x) \approx \frac{f(x + h) - f(x)}{h}$$

# %%
def f(x):
    return 3 * x ** 2 - 4 * x + 5


x = 3.0
for h in (1.0, 0.1, 0.001, 0.00001):
    print(f"h = {h:<8g} slope = {(f(x + h) - f(x)) / h:.5f}")

# %% [markdown]
# The smaller $h$, the nearer we come to 14. The rule from school agrees: $f'(x) = 6x - 4$, and $6 \cdot 3 - 4
# = 14$.
#
# **Before you run the next cell:** for which $x$ does a small step change (almost) nothing? What does the
# curve look like there?

# %%
for x in (-1.0, 0.0, 2 / 3, 1.0, 3.0):
    slope = (f(x + 1e-6) - f(x)) / 1e-6
    print(f"x = {x:6.3f}   f(x) = {f(x):7.3f}   slope = {slope:7.3f}")

# %% [markdown]
# ## Several knobs
#
# Trying works, but it costs one more run of the formula for each knob. A network has millions of knobs. So we
# want something better. First, a formula with three knobs:

# %%
a, b, c = 2.0, -3.0, 10.0
d = a * b + c
h = 1e-6
print("d =", d)
print(f"turn a: {((a + h) * b + c - d) / h:.3f}")
print(f"turn b: {(a * (b + h) + c - d) / h:.3f}")
print(f"turn c: {(a * b + (c + h) - d) / h:.3f}")

# %% [markdown]
# Look at the numbers: the slope for $a$ is the value of $b$, and the other way round. A product $a \cdot b$
# passes on to each side the value of the other. A sum passes on 1 to both.
#
# ## A number that remembers
#
# A `Value` is a number that keeps three more things: a label, the operation that made it, and the numbers it
# was made of.

# %%
a = Value(2.0, label="a")
b = Value(-3.0, label="b")
c = Value(10.0, label="c")
e = a * b
e.label = "e"
d = e + c
d.label = "d"
d

# %% [markdown]
# It remembers, so we can ask it:

# %%
print("d was made by", d.op.symbol, "of", [x.label for x in d.inputs])
print("e was made by", e.op.symbol, "of", [x.label for x in e.inputs])
print("a was made by", a.op, "of", a.inputs)

# %% [markdown]
# And it can be drawn. Boxes are numbers, circles are operations. There are no gradients yet: nobody has
# computed any.

# %%
draw(d)

# %% [markdown]
# ## Backward
#
# Now the question is asked of the *last* number: how does $d$ move when each of the others moves? For $d$
# itself the answer is 1. Then we walk from right to left. At each operation we multiply what arrives by the
# slope of that one operation:
#
# $$\frac{\partial d}{\partial a} = \frac{\partial d}{\partial e} \cdot \frac{\partial e}{\partial a}$$
#
# This is the *chain rule*. If a wheel turns twice as fast as a second one, and that one three times as fast
# as a third, then the first turns $2 \cdot 3 = 6$ times as fast as the third.
#
# **Guess the five gradients before you run it.**

# %%
d.backward()
draw(d)

# %% [markdown]
# The same in words, for one of them:

# %%
explain(d, a)

# %% [markdown]
# ## A number that is used twice
#
# What if a number goes into a formula twice? Then it moves the result along both ways, and both count. They
# are *added*.

# %%
x = Value(3.0, label="x")
y = x * x + x
y.label = "y"
y.backward()
explain(y, x)

# %% [markdown]
# Check it with the rule from school: $y = x^2 + x$ has the slope $2x + 1$, which is 7 at $x = 3$.
#
# ## A neuron
#
# A neuron multiplies its inputs by weights, adds a bias, and squashes the sum: $o = \tanh(w_1 x_1 + w_2 x_2 +
# b)$. The weights and the bias are the knobs.

# %%
x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
b = Value(6.8813735870195432, label="b")
n = x1 * w1 + x2 * w2 + b
n.label = "n"
o = n.tanh()
o.label = "o"
o.backward()
draw(o, parameters=[w1, w2, b])

# %% [markdown]
# `w2` has the gradient 0, because its input `x2` is 0: that knob is connected to nothing at the moment. `w1`
# has the gradient 1: turn it up by 0.01, and the neuron's output rises by about 0.01. Try it:

# %%
before = o.data
again = (x1 * (w1 + 0.01) + x2 * w2 + b).tanh()
print(f"before {before:.5f}, after {again.data:.5f}, moved by {again.data - before:.5f}")

# %% [markdown]
# ## Learning is turning knobs
#
# We want the output to be 0.2. The loss says how far we are from that. Its gradient says which way each knob
# makes it worse, so we turn each a little the other way, and repeat.

# %%
loss = (o - 0.2) ** 2
losses = [loss.data]
for step in range(20):
    o = (x1 * w1 + x2 * w2 + b).tanh()
    loss = (o - 0.2) ** 2
    for knob in (w1, w2, b):
        knob.grad = 0.0  # gradients add up, so they are set to zero first
    loss.backward()
    for knob in (w1, w2, b):
        knob.data -= 0.1 * knob.grad
    losses.append(loss.data)
print(" ".join(f"{x:.3f}" for x in losses))
print(f"the output is now {o.data:.3f}")

# %% [markdown]
# ## Your turn
#
# Squash the sum with the *logistic* function instead, $\sigma(n) = \dfrac{1}{1 + e^{-n}}$. Build it out of
# `.exp()`, `+`, `/` and a minus sign, so that the engine can find the gradient. Then run the check.

# %% tags=["exercise"]
def logistic(n):
    return n  # TODO: 1 / (1 + e^−n)

# %% tags=["check"]
n = Value(0.5, label="n")
out = logistic(n)
out.backward()
truth = 1 / (1 + math.exp(-0.5))
if abs(out.data - truth) > 1e-9:
    print(f"not yet: the value is {out.data:.4f}, it should be {truth:.4f}")
elif abs(n.grad - truth * (1 - truth)) > 1e-9:
    print(f"not yet: the gradient is {n.grad:.4f}, it should be {truth * (1 - truth):.4f}")
else:
    print("✓ value and gradient are right: σ′(n) = σ(n)·(1 − σ(n)), and nobody had to derive it")

# %% tags=["answer"]
def logistic(n):
    return 1 / (1 + (-n).exp())
