"""Exercise 10: a recurrent network, back through time.

Three steps of a small recurrent network. The same Wx, Wh and b are used at every step, and every state h is used twice:
for the output of its own step, and for the state of the next one.
"""

import autograd as torch

n, d, d_hidden, d_out = 4, 3, 5, 2
g = torch.Generator().manual_seed(10)
x1, x2, x3 = (torch.randn(n, d, generator=g) for _ in range(3))
Wx = torch.randn(d, d_hidden, generator=g) * d ** -0.5
Wh = torch.randn(d_hidden, d_hidden, generator=g) * d_hidden ** -0.5
b = torch.randn(d_hidden, generator=g) * 0.1
Wy = torch.randn(d_hidden, d_out, generator=g)
h0 = torch.randn(n, d_hidden, generator=g) * 0.5
for p in (Wx, Wh, b, Wy, h0):
    p.requires_grad = True

a1 = x1 @ Wx + h0 @ Wh + b                          # (n, d_hidden)
h1 = torch.tanh(a1)
a2 = x2 @ Wx + h1 @ Wh + b
h2 = torch.tanh(a2)
a3 = x3 @ Wx + h2 @ Wh + b
h3 = torch.tanh(a3)
y1, y2, y3 = h1 @ Wy, h2 @ Wy, h3 @ Wy              # (n, d_out)
loss = (torch.sin(y1) + torch.sin(2.0 * y2) + torch.sin(3.0 * y3)).sum()
loss.backward()
dy1, dy2, dy3 = y1.grad, y2.grad, y3.grad           # given: what arrives from above

#: The last state is used by its output alone.
#! h3: nothing comes after the last step: a linear layer, as in exercise 1
dh3 = dy3 @ Wy.T  #?
#: tanh' = 1 − tanh², and tanh(a3) is h3.
#! a3: write the derivative of tanh with tanh itself
da3 = (1.0 - h3 ** 2) * dh3  #?
#: h2 is used by y2, and by a3 through Wh: two ways, and both add.
#! h2: it stands on the right of two lines: y2's and a3's
dh2 = dy2 @ Wy.T + da3 @ Wh.T  #?
#! a2: as for a3
da2 = (1.0 - h2 ** 2) * dh2  #?
#! h1: as for h2, one step earlier
dh1 = dy1 @ Wy.T + da2 @ Wh.T  #?
#! a1: as for a3
da1 = (1.0 - h1 ** 2) * dh1  #?
#: The first state has no output of its own.
#! h0: it stands on the right of one line
dh0 = da1 @ Wh.T  #?
#: A weight that is used three times gathers three pieces: the input of each step, transposed, times what arrives there.
#! Wy: three products, one for each step; each piece is as for a linear layer
dWy = h1.T @ dy1 + h2.T @ dy2 + h3.T @ dy3  #?
#! Wx: three pieces, from a1, a2 and a3
dWx = x1.T @ da1 + x2.T @ da2 + x3.T @ da3  #?
#! Wh: three pieces again; which state was multiplied with Wh to make a1?
dWh = h0.T @ da1 + h1.T @ da2 + h2.T @ da3  #?
#! b: the same b is added to every row, at every step
db = (da1 + da2 + da3).sum(0)  #?
