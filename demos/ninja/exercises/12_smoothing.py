"""Exercise 12: label smoothing, with a temperature.

The target is not one-hot: the true class gets 1 − ε, and ε is shared evenly by all C classes, the true one included.
The logits are divided by a temperature T before the softmax. Give the gradient for every step, for T, and for ε.
"""

import autograd as torch
import autograd.functional as F

n, C = 5, 4
g = torch.Generator().manual_seed(12)
z = torch.randn(n, C, generator=g) * 2.0
T = torch.tensor(1.7)
eps = torch.tensor(0.2)
for p in (z, T, eps):
    p.requires_grad = True
Y = torch.randint(0, C, (n,), generator=g)
onehot = F.one_hot(Y, C) * 1.0                      # (n, C)

y = (1.0 - eps) * onehot + eps / C                  # (n, C); every row sums to 1
u = z / T
logp = F.log_softmax(u, 1)                          # (n, C)
loss = -(y * logp).sum() / n
loss.backward()

#: loss = −1/n Σ y·logp: each factor's derivative is the other factor, with the −1/n.
#! logp: the product's other factor, and what stands before the sum
dlogp = -y / n  #?
#! y: as for logp, the other way round
dy = -logp / n  #?
#: logp_j = u_j − log Σ_k e^(u_k). With Σ y = 1, as in exercise 2: softmax − target, and the mean.
#! u: exercise 2, with y in the place of one-hot; why does it matter that y sums to 1?
du = (F.softmax(u, 1) - y) / n  #?
#: u = z/T.
#! z: each z is divided by T
dz = du / T  #?
#: ∂u/∂T = −z/T² for every entry, and T gathers them all.
#! T: all entries are divided by the same T; the derivative of 1/T
dT = -(du * z).sum() / T ** 2  #?
#: ∂y/∂ε = −onehot + 1/C for every entry.
#! eps: y holds it twice in each entry: once with onehot, once without
deps = (dy * (1.0 / C - onehot)).sum()  #?
