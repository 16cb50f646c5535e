"""Exercise 11: dropout.

While a network is trained, dropout sets every entry of h to zero with probability `rate`. Those that are kept are
divided by 1 − rate, so that the expected value stays what it was. Which ones are kept is drawn once, going forward.
"""

import autograd as torch

n, d, d_hidden, d_out, rate = 6, 4, 8, 3, 0.4
g = torch.Generator().manual_seed(11)
x = torch.randn(n, d, generator=g)
W = torch.randn(d, d_hidden, generator=g) * d ** -0.5
V = torch.randn(d_hidden, d_out, generator=g) * d_hidden ** -0.5
for p in (x, W, V):
    p.requires_grad = True

h = torch.tanh(x @ W)                               # (n, d_hidden)
kept = (torch.rand(n, d_hidden, generator=g) >= rate) * 1.0         # 1 where an entry is kept, else 0
thinned = h * kept / (1.0 - rate)                   # (n, d_hidden)
out = thinned @ V                                   # (n, d_out)
loss = (torch.sin(out) * torch.randn(n, d_out, generator=g)).sum()
loss.backward()
dout = out.grad                                     # given: what arrives from above

#! V: a linear layer, whose input is what dropout has left over
dV = thinned.T @ dout  #?
#! thinned: a linear layer again
dthinned = dout @ V.T  #?
#: thinned = h · kept/(1 − rate), entry by entry, with kept a constant: the same entries, the same factor.
#! h: what is multiplied going forward multiplies what comes back: the very same mask, and the same factor
dh = dthinned * kept / (1.0 - rate)  #?
#: Through tanh, then through the layer below.
#! W: first through tanh (write its derivative with h), then the linear layer x @ W
dW = x.T @ ((1.0 - h ** 2) * dh)  #?
#! x: the same two links, with the other product at the end
dx = ((1.0 - h ** 2) * dh) @ W.T  #?
