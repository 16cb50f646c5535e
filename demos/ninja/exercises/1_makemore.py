"""Exercise 1: every intermediate of a small character model.

A network with an embedding, batch norm and cross-entropy, written out in steps so small that each has a derivative you
can do on paper. Give the gradient of the loss for every intermediate, from the last line up to the embedding table.
A line you have not written yet stays None. Every dx has exactly the shape of x.

Run this file to see how you do (`cmp` prints a line each), or `python -m ninjagrad ninja check 1`.
"""

import autograd as torch
from autograd import cmp
from ninjagrad.demos.ninja.lesson import minibatch

n = 32                                              # examples in the batch
Xb, Yb, vocab_size = minibatch(n)
n_embd, n_hidden = 10, 64

g = torch.Generator().manual_seed(2147483647)
C = torch.randn(vocab_size, n_embd, generator=g)
W1 = torch.randn(n_embd * 3, n_hidden, generator=g) * (5 / 3) / (n_embd * 3) ** 0.5
b1 = torch.randn(n_hidden, generator=g) * 0.1
W2 = torch.randn(n_hidden, vocab_size, generator=g) * 0.1
b2 = torch.randn(vocab_size, generator=g) * 0.1
bngain = torch.randn(1, n_hidden, generator=g) * 0.1 + 1.0
bnbias = torch.randn(1, n_hidden, generator=g) * 0.1
parameters = [C, W1, b1, W2, b2, bngain, bnbias]
for p in parameters:
    p.requires_grad = True

# The forward pass.
emb = C[Xb]                                         # (n, 3, n_embd)
embcat = emb.view(n, -1)                            # (n, 3·n_embd)
hprebn = embcat @ W1 + b1                           # (n, n_hidden)
bnmeani = 1 / n * hprebn.sum(0, keepdim=True)       # (1, n_hidden)
bndiff = hprebn - bnmeani                           # (n, n_hidden)
bndiff2 = bndiff ** 2
bnvar = 1 / (n - 1) * bndiff2.sum(0, keepdim=True)  # (1, n_hidden), with Bessel's n − 1
bnvar_inv = (bnvar + 1e-5) ** -0.5
bnraw = bndiff * bnvar_inv                          # (n, n_hidden)
hpreact = bngain * bnraw + bnbias
h = torch.tanh(hpreact)
logits = h @ W2 + b2                                # (n, vocab_size)
logit_maxes = logits.max(1, keepdim=True).values    # (n, 1)
norm_logits = logits - logit_maxes
counts = norm_logits.exp()
counts_sum = counts.sum(1, keepdim=True)            # (n, 1)
counts_sum_inv = counts_sum ** -1
probs = counts * counts_sum_inv
logprobs = probs.log()
loss = -logprobs[range(n), Yb].mean()
loss.backward()

# The backward pass: yours. No .grad on the right of a line.

#: loss = −1/n Σᵢ logprobs[i, Yᵢ]. An entry that was picked counts with −1/n, all others not at all.
#! logprobs: which n of its entries does the loss look at, and with what weight? torch.zeros_like is a start
dlogprobs = torch.zeros_like(logprobs)  #?
dlogprobs[range(n), Yb] = -1.0 / n  #-
#: d log p/dp = 1/p, elementwise.
#! probs: elementwise: (what comes from above) × log'(probs)
dprobs = dlogprobs / probs  #?
#: probs = counts · counts_sum_inv, where the (n, 1) column counts_sum_inv is repeated along each row. The local
#: derivative is the other factor; being repeated forward means being summed backward, along axis 1.
#! counts_sum_inv: the product's other factor, then a sum along the axis it was broadcast over; keep the axis
dcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)  #?
#: d(s⁻¹)/ds = −s⁻².
#! counts_sum: the power rule, elementwise on a column
dcounts_sum = -counts_sum ** -2 * dcounts_sum_inv  #?
#: counts is used twice: as a factor of probs (other factor: counts_sum_inv), and in the sum of its row, where every
#: entry has the local derivative 1, so that the row's one dcounts_sum goes to all of them. Both add.
#! counts: it stands on the right of two lines; the second sends one number per row to the whole row
dcounts = counts_sum_inv * dprobs + dcounts_sum  #?
#: exp is its own derivative, and exp(norm_logits) is counts.
#! norm_logits: the derivative of exp at norm_logits has a name already
dnorm_logits = counts * dcounts  #?
#: norm_logits = logits − logit_maxes with the (n, 1) column repeated along the row: minus the sum over the row.
#: It comes out as zero but for rounding: subtracting any number from a whole row leaves its softmax as it is.
#! logit_maxes: there is a minus in front of it, and it was repeated along axis 1
dlogit_maxes = -dnorm_logits.sum(1, keepdim=True)  #?
#: Two uses: in norm_logits with derivative 1, and in the maximum, which passes its gradient to the largest entry alone.
#! logits: one use passes straight through; the other reaches one entry per row: logits.max(1).indices says which
dlogits = dnorm_logits.clone()  #?
dlogits[range(n), logits.max(1).indices] += dlogit_maxes.view(-1)  #-
#: logits_ic = Σ_j h_ij W_jc + b_c. So dh_ij = Σ_c dlogits_ic W_jc, which is dlogits Wᵀ,
#! h: only one product of dlogits and W2 (or W2's transpose) has the shape of h
dh = dlogits @ W2.T  #?
#: dW_jc = Σ_i h_ij dlogits_ic, which is hᵀ dlogits,
#! W2: only one product of h (or its transpose) and dlogits has the shape of W2
dW2 = h.T @ dlogits  #?
#: and db_c = Σ_i dlogits_ic: b was repeated for every example.
#! b2: the same b2 is added to every row
db2 = dlogits.sum(0)  #?
#: tanh' = 1 − tanh², and tanh(hpreact) is h.
#! hpreact: write the derivative of tanh with tanh itself
dhpreact = (1.0 - h ** 2) * dh  #?
#: hpreact = bngain · bnraw + bnbias, the (1, n_hidden) rows repeated for every example: sums over axis 0.
#! bngain: the product's other factor, then the sum over what it was broadcast along
dbngain = (bnraw * dhpreact).sum(0, keepdim=True)  #?
#! bnbias: the same row is added to every example
dbnbias = dhpreact.sum(0, keepdim=True)  #?
#! bnraw: the other factor; here nothing was repeated
dbnraw = bngain * dhpreact  #?
#: bnraw = bndiff · bnvar_inv; bnvar_inv is a repeated row.
#! bnvar_inv: the product's other factor, then the sum over the examples
dbnvar_inv = (bndiff * dbnraw).sum(0, keepdim=True)  #?
#: d(v + ε)^(−1/2)/dv = −1/2 (v + ε)^(−3/2).
#! bnvar: the power rule with exponent −1/2
dbnvar = -0.5 * (bnvar + 1e-5) ** -1.5 * dbnvar_inv  #?
#: bnvar is the sum over the examples divided by n − 1: each of them receives the row dbnvar/(n − 1).
#! bndiff2: a sum sends its gradient to all it summed; mind what it is divided by, and the shape
dbndiff2 = torch.ones_like(bndiff2) * dbnvar / (n - 1)  #?
#: Two uses: as a factor of bnraw, and squared in bndiff2, with d(u²)/du = 2u.
#! bndiff: it stands on the right of two lines
dbndiff = bnvar_inv * dbnraw + 2.0 * bndiff * dbndiff2  #?
#: bndiff = hprebn − bnmeani: minus the sum over the examples. (bndiff sums to zero over them, so the part through the
#: variance vanishes here.)
#! bnmeani: there is a minus in front of it, and one row of it is used by all examples; keep its shape
dbnmeani = -dbndiff.sum(0, keepdim=True)  #?
#: Two uses: in bndiff with derivative 1, and in the mean, where each example counts 1/n.
#! hprebn: it stands on the right of two lines, and the second one divides
dhprebn = dbndiff + dbnmeani / n  #?
#: A linear layer again: dhprebn W1ᵀ, embcatᵀ dhprebn, and the sum over the examples (which is zero but for rounding:
#: batch norm subtracts the mean, and with it any bias).
#! embcat: as for h, with W1
dembcat = dhprebn @ W1.T  #?
#! W1: as for W2, with embcat
dW1 = embcat.T @ dhprebn  #?
#! b1: as for b2
db1 = dhprebn.sum(0)  #?
#: view moves no number: the same numbers in the old shape.
#! emb: undo the .view
demb = dembcat.view(n, 3, n_embd)  #?
#: emb[i, j] = C[Xb[i, j]]: a row of C gathers the gradients of all the places that looked it up.
#! C: go through all (i, j) and add demb[i, j] to the row that was looked up there; some rows are looked up often
dC = torch.zeros_like(C)  #?
for i in range(n):  #-
    for j in range(3):  #-
        dC[Xb[i, j]] += demb[i, j]  #-

if __name__ == "__main__":
    for name, manual in list(globals().items()):
        if name.startswith("d") and name[1:] in globals() and manual is not None:
            cmp(name[1:], manual, globals()[name[1:]], loss)
