"""Exercise 2: cross-entropy in one go.

Exercise 1 went back through eight small steps from the loss to the logits. On paper nearly all of it cancels. Find what
is left, and write dlogits with the softmax of the logits: two or three short lines.
"""

import autograd as torch
import autograd.functional as F
from ninjagrad.demos.ninja.lesson import minibatch

n = 32
Xb, Yb, vocab_size = minibatch(n)
logits = torch.randn(n, vocab_size, generator=torch.Generator().manual_seed(1), requires_grad=True)
loss = F.cross_entropy(logits, Yb)
loss.backward()

#: One example with the true class t: L = −log p_t, where p_t = exp(z_t) / Σ_k exp(z_k).
#: Take the logarithm first: L = −z_t + log Σ_k exp(z_k). Then
#:     ∂L/∂z_i = −[i = t] + exp(z_i) / Σ_k exp(z_k) = p_i − [i = t].
#: The long way gives the same: ∂L/∂p_t = −1/p_t, and ∂p_t/∂z_i is p_t(1 − p_t) for i = t and −p_t p_i otherwise;
#: the products are p_t − 1 and p_i. The loss is a mean over n examples, so each counts 1/n.
#! logits: with L = −z_t + log Σ exp(z_k) for one example, what is ∂L/∂z_i for i = t, and for any other i? then the mean
dlogits = F.softmax(logits, 1).detach()  #?
dlogits[range(n), Yb] -= 1  #-
dlogits /= n  #-
