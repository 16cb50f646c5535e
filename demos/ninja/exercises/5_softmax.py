"""Exercise 5: the softmax Jacobian, and temperature.

probs = softmax(z / T) for C logits z and a temperature T. Below, J[i, j] is to be ∂probs_i/∂z_j. Then the gradient of
the cross-entropy with target probabilities y, by z and by T.
"""

import autograd as torch
import autograd.functional as F

z = torch.tensor([2.0, 1.0, 0.1, -1.0], requires_grad=True)
T = torch.tensor(2.5, requires_grad=True)
y = torch.tensor([0.1, 0.6, 0.3, 0.0])

probs = F.softmax(z / T)
loss = -(y * probs.log()).sum()
loss.backward()

#: p_i = e^(u_i)/S with u = z/T and S = Σ_k e^(u_k). By the quotient rule, with δ_ij = 1 for i = j and 0 otherwise,
#:     ∂p_i/∂u_j = (δ_ij e^(u_i) S − e^(u_i) e^(u_j))/S² = p_i (δ_ij − p_j);
#: on the diagonal p_i(1 − p_i), off it −p_i p_j. And ∂u_j/∂z_j = 1/T.
#! J: the quotient rule for e^(u_i)/S gives one case for i = j and one for i ≠ j; torch.eye(4) tells them apart
J = (probs.detach().view(-1, 1) * (torch.eye(4) - probs.detach().view(1, -1))) / T.detach()  #?
#: The row vector ∂L/∂p = −y/p times J: Σ_i (−y_i/p_i) p_i (δ_ij − p_j)/T = (−y_j + p_j Σ_i y_i)/T = (p_j − y_j)/T,
#: because the y_i sum to 1.
#! z: the row vector −y/p times your J, simplified with the help of Σ y = 1
dz = (probs - y) / T  #?
#: u_j = z_j/T gives ∂u_j/∂T = −z_j/T², and ∂L/∂u_j = p_j − y_j: sum over j.
#! T: every logit is divided by the same T, so T gathers a sum
dT = -((probs - y) * z).sum() / T ** 2  #?

#~ from autograd import stack
#~ rows = []
#~ for i in range(4):
#~     again = torch.tensor(z.tolist(), requires_grad=True)
#~     F.softmax(again / T.detach())[i].backward()
#~     rows.append(again.grad)
#~ expected_J = stack(rows)
