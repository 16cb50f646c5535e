"""Exercise 7: layer norm.

Like batch norm, but turned by a right angle: every example is normalised by itself, over its D features, with the
biased variance (divided by D). gamma and beta are one number per feature.
"""

import autograd as torch

n, D = 6, 10
g = torch.Generator().manual_seed(5)
x = torch.randn(n, D, generator=g) * 3.0 - 1.0
gamma = torch.randn(D, generator=g) * 0.2 + 1.0
beta = torch.randn(D, generator=g) * 0.2
for p in (x, gamma, beta):
    p.requires_grad = True

mean = x.mean(1, keepdim=True)                      # (n, 1)
diff = x - mean
var = (diff ** 2).mean(1, keepdim=True)             # (n, 1), divided by D
rstd = (var + 1e-5) ** -0.5
xhat = diff * rstd
out = gamma * xhat + beta                           # (n, D)
loss = (torch.sin(out) * torch.randn(n, D, generator=g)).sum()
loss.backward()
dout = out.grad                                     # given: what arrives from above

#: beta is added to every example, gamma multiplied with every example's xhat: both gather over axis 0.
#! beta: the same beta is added to all examples
dbeta = dout.sum(0)  #?
#! gamma: the product's other factor, gathered over the examples
dgamma = (dout * xhat).sum(0)  #?
#! xhat: the product's other factor
dxhat = gamma * dout  #?
#: For one example, with r = rstd: dvar = Σ_k dxhat_k diff_k · (−1/2) r³ = −1/2 r² Σ_k dxhat_k xhat_k.
#:   ddiff_j = r dxhat_j + dvar · 2 diff_j/D = r dxhat_j − r/D · xhat_j Σ_k dxhat_k xhat_k   since r diff_j = xhat_j
#:   dmean = −Σ_j ddiff_j = −r Σ_k dxhat_k, because Σ_j xhat_j = 0
#:   dx_j = ddiff_j + dmean/D = r [dxhat_j − mean(dxhat) − xhat_j mean(dxhat · xhat)], means over the D features.
#! x: rstd times three terms, each with a mean over the features: dxhat, minus its mean, minus xhat times a mean
dx = rstd * (dxhat - dxhat.mean(1, keepdim=True) - xhat * (dxhat * xhat).mean(1, keepdim=True))  #?
