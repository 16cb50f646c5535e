"""Exercise 8: the embedding's gradient without a loop.

Exercise 1 went through all places (i, j) one by one. Do it with one matrix product instead: no `for`, no `while`.
"""

import autograd as torch
import autograd.functional as F
from ninjagrad.demos.ninja.lesson import minibatch

n, n_embd = 32, 10
Xb, _, vocab_size = minibatch(n)
g = torch.Generator().manual_seed(8)
C = torch.randn(vocab_size, n_embd, generator=g, requires_grad=True)
emb = C[Xb]                                         # (n, 3, n_embd)
loss = (torch.tanh(emb) * torch.randn(n, 3, n_embd, generator=g)).sum()
loss.backward()
demb = emb.grad                                     # given: what arrives from above

#: Looking up row k is multiplying with the one-hot row e_k: emb (as (3n, D)) = E C, with E of shape (3n, vocab_size).
#: That is a linear layer, and its weight's gradient is Eᵀ demb: row k of it adds up demb wherever k was looked up.
#! C: F.one_hot makes a matrix E with emb = E @ C, if you make Xb and emb flat first; what is the gradient of C then?
dC = F.one_hot(Xb.view(-1), vocab_size).T @ demb.view(-1, n_embd)  #?

#~ no_loops = True
