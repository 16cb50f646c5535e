"""Exercise 9: attention.

One head of causal self-attention over a sequence of t tokens: each looks back at those before it and at itself.
"""

import autograd as torch
import autograd.functional as F

t, d, d_head = 5, 8, 3
g = torch.Generator().manual_seed(9)
x = torch.randn(t, d, generator=g)
Wq, Wk, Wv = (torch.randn(d, d_head, generator=g) * d ** -0.5 for _ in range(3))
for p in (x, Wq, Wk, Wv):
    p.requires_grad = True

q, k, v = x @ Wq, x @ Wk, x @ Wv                    # (t, d_head) each
scores = q @ k.T * d_head ** -0.5                   # (t, t)
past = torch.tril(torch.ones(t, t)) > 0             # row i may look at columns 0 … i
masked = torch.where(past, scores, -float("inf"))
weights = F.softmax(masked, 1)                      # (t, t)
out = weights @ v                                   # (t, d_head)
loss = (torch.sin(out) * torch.randn(t, d_head, generator=g)).sum()
loss.backward()
dout = out.grad                                     # given: what arrives from above

#: A matrix product A B has dA = dOut Bᵀ and dB = Aᵀ dOut.
#! v: out = weights @ v; only one product of weights (or its transpose) and dout has the shape of v
dv = weights.T @ dout  #?
#! weights: only one product of dout and v (or its transpose) is (t, t)
dweights = dout @ v.T  #?
#: Softmax by rows, with the Jacobian w_i(δ_ij − w_j): ds_j = Σ_i dw_i w_i (δ_ij − w_j) = w_j (dw_j − Σ_i dw_i w_i).
#: Where the mask put −∞ the weight is 0, and with it the gradient.
#! scores: the row vector dweights times the softmax Jacobian, without ever building that Jacobian
dscores = weights * (dweights - (dweights * weights).sum(1, keepdim=True))  #?
#: scores = q kᵀ/√d_head: dq = dscores k/√d_head, and for k the transpose: dk = dscoresᵀ q/√d_head.
#! q: a matrix product, and a factor that is easily lost
dq = dscores @ k * d_head ** -0.5  #?
#! k: it stands transposed in the product, so dk is (the gradient of k.T) transposed
dk = dscores.T @ q * d_head ** -0.5  #?
#! Wq: a linear layer: the input transposed, times the gradient of the output
dWq = x.T @ dq  #?
#! Wk: as for Wq
dWk = x.T @ dk  #?
#! Wv: as for Wq
dWv = x.T @ dv  #?
#: x is used three times, by q, k and v: three pieces add.
#! x: it stands on the right of three products; one piece for each
dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T  #?
