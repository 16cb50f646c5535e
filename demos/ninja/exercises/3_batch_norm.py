"""Exercise 3: batch norm in one go.

From dhpreact, the gradient of what batch norm gives, to dhprebn, the gradient of what it takes: one line. Work it out
for a single column, an example x_i among n, with
    m = 1/n Σ x_i,   v = 1/(n − 1) Σ (x_i − m)²,   r_i = (x_i − m)(v + ε)^(−1/2),   y_i = γ r_i + β.
"""

import autograd as torch

n, n_hidden = 32, 64
g = torch.Generator().manual_seed(3)
hprebn = torch.randn(n, n_hidden, generator=g) * 2.0 + 1.0
bngain = torch.randn(1, n_hidden, generator=g) * 0.1 + 1.0
bnbias = torch.randn(1, n_hidden, generator=g) * 0.1
for p in (hprebn, bngain, bnbias):
    p.requires_grad = True

bnmeani = hprebn.mean(0, keepdim=True)
bndiff = hprebn - bnmeani
bnvar = (bndiff ** 2).sum(0, keepdim=True) / (n - 1)
bnvar_inv = (bnvar + 1e-5) ** -0.5
bnraw = bndiff * bnvar_inv
hpreact = bngain * bnraw + bnbias
loss = (torch.tanh(hpreact) * torch.randn(n, n_hidden, generator=g)).sum()
loss.backward()
dhpreact = hpreact.grad                             # given: what arrives from above

#: Write s = (v + ε)^(−1/2) and dr_i = γ dy_i. Backward, step by step:
#:   dv = Σ_j dr_j (x_j − m) · (−1/2)(v + ε)^(−3/2) = −1/2 s² Σ_j dr_j r_j           since (x_j − m) s = r_j
#:   through the difference d_i = x_i − m:
#:   dd_i = s dr_i + dv · 2(x_i − m)/(n − 1) = s dr_i − s/(n − 1) · r_i Σ_j dr_j r_j     since s (x_i − m) = r_i
#:   dm = −Σ_i dd_i = −s Σ_j dr_j, because Σ_i r_i = 0 makes the second part vanish
#:   dx_i = dd_i + dm/n = s [dr_i − 1/n Σ_j dr_j − 1/(n − 1) r_i Σ_j dr_j r_j]
#: With dr = γ dy and 1/n taken out: dx_i = γ s/n [n dy_i − Σ_j dy_j − n/(n − 1) r_i Σ_j dy_j r_j].
#! hprebn: three terms: the gradient itself, minus its mean, minus bnraw times something; n − 1 appears once
dhprebn = bngain * bnvar_inv / n * (n * dhpreact - dhpreact.sum(0, keepdim=True)  #?
                                    - n / (n - 1) * bnraw * (dhpreact * bnraw).sum(0, keepdim=True))  #-
