# %% [markdown]
# # 8 A GPT of single numbers
#
# What is in the machine that writes texts? The same as in lesson 1: products, sums, a few exponentials. In
# this lesson you build a transformer of single numbers, each of which remembers. It learns to make up names.
#
# After Vaswani et al., *Attention Is All You Need* (2017), and Karpathy's *microgpt*.

# %%
import random
from itertools import pairwise

import numpy as np
from ninjagrad.demos.names import NAMES, read

import nn
from autograd import Value, draw, no_grad, replay
from autograd.core.nary import dot

rng = np.random.default_rng(0)

# %% [markdown]
# ## The pieces
#
# A vector is a list of Values, a matrix a list of rows. There are three pieces. A layer is a matrix product:

# %%
def linear(matrix, x):
    return [dot(row, x) for row in matrix]

# %% [markdown]
# Softmax turns scores into weights that add up to 1 (lesson 3):

# %%
def softmax(scores):
    powers = [score.exp() for score in scores]
    whole = sum(powers)
    return [power / whole for power in powers]

# %% [markdown]
# And a norm keeps vectors at a good length (lesson 7), here by their root mean square:

# %%
def normed(x):
    scale = (sum([v * v for v in x]) / len(x) + 1e-5) ** -0.5
    return [v * scale for v in x]

# %% [markdown]
# ## Attention
#
# Each place in the text asks a question: its *query* $q$. Each place before it offers a *key* $k$, and a
# *value* $v$. Where query and key point the same way, the value is listened to:
#
# $$w_j = \text{softmax}_j\left(\frac{q \cdot k_j}{\sqrt{d}}\right), \qquad \text{out} = \sum_j w_j v_j$$

# %%
def attention(query, memory):
    weights = softmax([dot(query, key) / len(query) ** 0.5 for key, _ in memory])
    return [dot(weights, [value[i] for _, value in memory]) for i in range(len(query))], weights

# %% [markdown]
# Two numbers wide, and three places to look back at. The query points like the second key. **Predict** which
# place gets the largest weight.

# %%
query = [Value(0.0, label="q_1"), Value(3.0, label="q_2")]
keys = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]
memory = [([Value(k) for k in key], [Value(float(j)), Value(1.0)]) for j, key in enumerate(keys)]
out, weights = attention(query, memory)
print("weights", [f"{w.data:.3f}" for w in weights])
print("out    ", [f"{o.data:.3f}" for o in out])

# %% [markdown]
# It is a graph like any other:

# %%
draw(out[0], constants=False)

# %% [markdown]
# ## The model
#
# A letter becomes a point in 12 dimensions, and so does its place in the name. Attention looks back. A hidden
# layer of ReLU units works on what was found. Both *add* to what is there already: that is the residual
# stream, along which gradients flow back undisturbed.

# %%
WIDTH = 12


class GPT(nn.Module):
    def __init__(self, letters, places):
        def matrix(rows, columns):
            numbers = rng.normal(0, 0.15, (rows, columns)).tolist()
            return [[Value(w) for w in row] for row in numbers]

        self.letter, self.place = matrix(letters, WIDTH), matrix(places, WIDTH)
        self.query, self.key, self.value, self.mix = (matrix(WIDTH, WIDTH) for _ in range(4))
        self.up, self.down = matrix(3 * WIDTH, WIDTH), matrix(WIDTH, 3 * WIDTH)
        self.output = matrix(letters, WIDTH)

    def forward(self, letter, memory):
        """Scores for the letter after this one; a letter is a row of zeros with a single 1."""
        place = self.place[len(memory)]
        x = [dot(letter, column) + p for column, p in zip(zip(*self.letter), place)]
        h = normed(x)
        memory.append((linear(self.key, h), linear(self.value, h)))
        found, _ = attention(linear(self.query, h), memory)
        x = [a + b for a, b in zip(x, linear(self.mix, found))]
        hidden = [v.relu() for v in linear(self.up, normed(x))]
        x = [a + b for a, b in zip(x, linear(self.down, hidden))]
        return linear(self.output, normed(x))

    def loss(self, name):
        """Cross-entropy, in nats for each letter."""
        memory, losses = [], []
        for letter, target in pairwise(name):
            scores = self.forward(letter, memory)
            losses.append(sum([s.exp() for s in scores]).log() - dot(target, scores))
        return sum(losses) / len(losses)

# %% [markdown]
# ## Names
#
# We take the names of five letters, so that every name makes the same graph. `.` is the beginning and the
# end.

# %%
LENGTH = 5
names = [name for name in read(NAMES) if len(name) == LENGTH]
letters = [".", *sorted(set("".join(names)))]
model = GPT(len(letters), LENGTH + 1)
print(len(names), "names, such as", ", ".join(names[:6]))
model

# %% [markdown]
# How large is the graph of one name?

# %%
name = [[Value(0.0) for _ in letters] for _ in range(LENGTH + 2)]
for row, letter in zip(name, "." + names[0] + "."):
    row[letters.index(letter)].data = 1.0
loss = model.loss(name)
loss.backward()
inputs = [x for row in name for x in row]
recorded = replay(loss, wrt=model.parameters(), inputs=inputs, batch=True)
print(f"loss {loss.data:.3f}; a model that knows nothing: {np.log(len(letters)):.3f}")
recorded

# %% [markdown]
# ## No look ahead
#
# What keeps the model from copying the next letter? The memory only holds places before it. The gradient
# proves it. Let the loss be the score at the *second* place alone: letters that come later must have the
# gradient 0.

# %%
for row in name:
    for x in row:
        x.grad = 0.0
memory = []
scores = [model(letter, memory) for letter in name[:-1]]
sum(scores[1]).backward()
for i, (letter, row) in enumerate(zip("." + names[0], name)):
    moves = any(x.grad for x in row)
    print(f"place {i}, {letter!r}: {'moves it' if moves else 'does not move it'}")

# %% [markdown]
# ## Train
#
# The recording is fed rows: for each name, the letters as zeros and ones.

# %%
encoded = np.array([[letters.index(letter) for letter in f".{name}."] for name in names])
one_hot = np.eye(len(letters))[encoded].reshape(len(names), -1)
optimizer = nn.optim.Adam(recorded, lr=0.01)
steps = nn.progress(300, loss=lambda: batch_loss)
for _ in steps:
    batch_loss = recorded(one_hot[rng.integers(0, len(names), 16)])
    optimizer.step()
print(f"mean of the last fifty: {np.mean(steps.history['loss'][-50:]):.2f}")

# %% [markdown]
# ## Make up names
#
# Ask for the scores of the next letter, draw one by its probability, go on from there.

# %%
recorded.sync()
random.seed(1)


def made_up():
    text, memory = ".", []
    with no_grad():
        while len(text) <= LENGTH:
            scores = model([float(text[-1] == letter) for letter in letters], memory)
            text += random.choices(letters, [p.data for p in softmax(scores)])[0]
            if text[-1] == ".":
                break
    return text.strip(".")


print(", ".join(made_up() for _ in range(12)))

# %% [markdown]
# ## Your turn
#
# Text becomes more cautious with a *temperature* below 1: all scores are divided by it before softmax. Write
# `cooled`, and see how sure the model gets.

# %% tags=["exercise"]
def cooled(scores, temperature):
    return softmax(scores)  # TODO

# %% tags=["check"]
with no_grad():
    scores = model([float(letter == ".") for letter in letters], [])
    right = True
    for T in (2.0, 1.0, 0.5, 0.1):
        sure = max(p.data for p in cooled(scores, T))
        powers = np.exp(np.array([s.data for s in scores]) / T)
        right = right and np.isclose(sure, powers.max() / powers.sum())
        print(f"T = {T}: the largest probability is {sure:.2f}")
print("✓ the colder, the surer" if right else "not yet: it should change with T")

# %% tags=["answer"]
def cooled(scores, temperature):
    return softmax([score / temperature for score in scores])
