# %% [markdown]
# # 4 Backprop ninja
#
# `loss.backward()` is one line. Could you write what it does, by hand, for arrays? Whoever can is never
# afraid of a gradient again.
#
# Here is a small layer with softmax and cross-entropy, written in small steps. You go back through it line by
# line. After each line `cmp` compares your gradient with the engine's; if it is wrong, it says what is wrong
# with it.
#
# After Karpathy's lecture *Becoming a backprop ninja*.

# %%
import autograd as torch
from autograd import cmp, draw

# %% [markdown]
# ## Forward
#
# Four samples with three features, five classes.

# %%
g = torch.Generator().manual_seed(1)
X = torch.randn((4, 3), generator=g)
W = (torch.randn((3, 5), generator=g) * 0.5).requires_grad_()
b = (torch.randn((5,), generator=g) * 0.1).requires_grad_()
Y = torch.tensor([1, 0, 4, 2])
n = 4

logits = X @ W + b
maxes = logits.max(1, keepdim=True).values
norm_logits = logits - maxes
counts = norm_logits.exp()
counts_sum = counts.sum(1, keepdim=True)
counts_sum_inv = counts_sum ** -1
probs = counts * counts_sum_inv
logprobs = probs.log()
loss = -logprobs[range(n), Y].mean()
loss.backward()
loss

# %% [markdown]
# Three rules are enough for all of it:
#
# 1. What arrives is multiplied by the slope of the one operation.
# 2. What was used twice gets two contributions, and they are added.
# 3. What was *broadcast* on the way there is *summed* on the way back, and the other way round.
#    A gradient has the shape of its array.

# The picture is wide: scroll it.

# %%
draw(loss, names=globals(), legend=False)

# %% [markdown]
# ## Backward, line by line
#
# **The loss** takes the mean of four entries, with a minus sign. Each of those entries moves it by
# $-\frac14$. No other entry moves it.

# %%
dlogprobs = torch.zeros_like(logprobs)
dlogprobs[range(n), Y] = -1.0 / n
cmp("logprobs", dlogprobs, logprobs)

# %% [markdown]
# **The logarithm** has the slope $1/x$.

# %%
dprobs = dlogprobs / probs
cmp("probs", dprobs, probs)

# %% [markdown]
# **The product** `counts * counts_sum_inv` passes on to each side the value of the other. Watch the shapes:
# `counts` is (4, 5), but `counts_sum_inv` is (4, 1) and was broadcast over the five classes.
#
# Here is a typical slip. What does `cmp` say?

# %%
cmp("counts_sum_inv", counts * dprobs, counts_sum_inv)

# %%
dcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)
cmp("counts_sum_inv", dcounts_sum_inv, counts_sum_inv)

# %% [markdown]
# **The power** $x^{-1}$ has the slope $-x^{-2}$.

# %%
dcounts_sum = -counts_sum ** -2 * dcounts_sum_inv
cmp("counts_sum", dcounts_sum, counts_sum)

# %% [markdown]
# **`counts` was used twice.** Look for it on the right-hand sides of the forward pass. This is only one of
# its two uses:

# %%
cmp("counts", counts_sum_inv * dprobs, counts)

# %% [markdown]
# The second is the sum. It passes the same gradient to each of the five entries of a row:

# %%
dcounts = counts_sum_inv * dprobs + torch.ones_like(counts) * dcounts_sum
cmp("counts", dcounts, counts)

# %% [markdown]
# **The exponential** is its own slope.

# %%
dnorm_logits = counts * dcounts
cmp("norm_logits", dnorm_logits, norm_logits)

# %% [markdown]
# **The maximum** was subtracted only for safety; it changes nothing. So what should its gradient be?

# %%
dmaxes = (-dnorm_logits).sum(1, keepdim=True)
cmp("maxes", dmaxes, maxes)
print("largest entry below 1e-8:", bool(abs(dmaxes.numpy()).max() < 1e-8))

# %% [markdown]
# ## Nine lines, or one
#
# All of that together is a single formula, which you know from lesson 3:
#
# $$\frac{\partial L}{\partial Z} = \frac{1}{N}\left(\hat Y - Y\right)$$

# %%
dlogits = probs.clone().detach()
dlogits[range(n), Y] -= 1.0
dlogits /= n
cmp("logits", dlogits, logits)

# %% [markdown]
# **What is left is the layer** $Z = XW + b$. You need not remember where the transpose goes: only one product
# has the right shape. $W$ is (3, 5), $X$ is (4, 3), and what arrives is (4, 5).

# %%
cmp("W", X.T @ dlogits, W)

# %% [markdown]
# ## Your turn
#
# The bias `b` has shape (5,) and was added to every row. Write its gradient, and that of the input `X`.

# %% tags=["exercise"]
db = dlogits  # TODO
dX = None  # TODO: shape (4, 3)

# %% tags=["check"]
right = bool(cmp("b", db, b))
wanted = dlogits.numpy() @ W.detach().numpy().T
if right and dX is not None and dX.shape == (4, 3) and abs(dX.numpy() - wanted).max() < 1e-12:
    right = "both"
words = {"both": "✓ you are a backprop ninja", True: "b is right; X is not yet", False: "not yet"}
print(words[right])

# %% tags=["answer"]
db = dlogits.sum(0)
dX = (dlogits @ W.T).detach()

# %% [markdown]
# Ten longer exercises of this kind, with a grader, are in the terminal: `python -m demos ninja`.
