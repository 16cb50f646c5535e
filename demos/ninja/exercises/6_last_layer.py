"""Exercise 6: the last layer's weights, along both paths.

Everybody knows ∂L/∂w_ji = h_j(ŷ_i − y_i), and few have added it up from its parts.

A last layer with three inputs h and two outputs. W[1, 0] leads from h[1] to z[0] alone. And yet two paths lead from it
to the loss: z[0] stands in both softmax outputs, p[0] and p[1]. Give what comes along each path, then the whole.
"""

import autograd as torch
import autograd.functional as F

h = torch.tensor([0.5, -1.2, 2.0])
W = torch.tensor([[0.3, -0.1], [0.8, 0.4], [-0.5, 0.2]], requires_grad=True)
b = torch.tensor([0.1, -0.2], requires_grad=True)
y = torch.tensor([0.3, 0.7])

z = h @ W + b
p = F.softmax(z)
loss = -(y * p.log()).sum()
loss.backward()

#: L = −Σ y_i log p_i: mind the minus, which some derivations in print lose on the way.
#! p: the derivative of the logarithm, with the minus of the loss
dp = -y / p  #?
#: Along p_0: ∂L/∂p_0 · ∂p_0/∂z_0 · ∂z_0/∂W_10 = (−y_0/p_0) · p_0(1 − p_0) · h_1 = −y_0 (1 − p_0) h_1.
#! through_p0: dp[0], times ∂p_0/∂z_0 (the diagonal case of the softmax Jacobian), times ∂z_0/∂W_10
through_p0 = -y[0] * (1.0 - p[0]) * h[1]  #?
#: Along p_1: ∂L/∂p_1 · ∂p_1/∂z_0 · ∂z_0/∂W_10 = (−y_1/p_1) · (−p_1 p_0) · h_1 = y_1 p_0 h_1.
#! through_p1: dp[1], times ∂p_1/∂z_0 (the other case), times ∂z_0/∂W_10
through_p1 = y[1] * p[0] * h[1]  #?
#: Together: h_1 [−y_0 + y_0 p_0 + y_1 p_0] = h_1 [p_0 (y_0 + y_1) − y_0] = h_1 (p_0 − y_0). The same holds for every
#: output: ∂L/∂z_i = p_i − y_i.
#! z: add both paths and leave out the factor h; Σ y = 1
dz = p - y  #?
#: Each W_ji meets the loss through z_i alone, with ∂z_i/∂W_ji = h_j: an outer product.
#! W: entry [j, i] is h_j times dz_i
dW = h.view(3, 1) * dz.view(1, 2)  #?
#! b: ∂z_i/∂b_i is 1
db = dz  #?

#~ expected_through_p0, expected_through_p1 = [], []
#~ for i, kept in enumerate((expected_through_p0, expected_through_p1)):
#~     again = torch.tensor(W.tolist(), requires_grad=True)
#~     alone = F.softmax(h @ again + b.detach())[i]
#~     (alone * (-y[i] / p[i]).detach()).backward()
#~     kept.append(again.grad[1, 0].item())
#~ expected_through_p0, expected_through_p1 = expected_through_p0[0], expected_through_p1[0]
