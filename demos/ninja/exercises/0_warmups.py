"""Exercise 0: warm-ups on single numbers.

One rule does it all: a variable's gradient is the sum, over every place where it is used, of
(gradient of what it was used for) × (local derivative there).

Write each gradient as an expression in a, x, p, q, r (use .data for their numbers) and the gradients you already have.
"""

from autograd import Value

# A number added to itself.
a = Value(3.0, label="a")
out_a = a + a
out_a.backward()

#: a stands twice on the right, and each place has the local derivative 1: 1 + 1.
#! a: write out_a = u + v with u = a and v = a; what do du and dv come to, and where do they both arrive?
da = 2.0  #?

# A number times itself.
x = Value(-1.5, label="x")
out_x = x * x
out_x.backward()

#: ∂(u·v)/∂u = v and ∂(u·v)/∂v = u; with u = v = x the two places give x + x.
#! x: the left factor's local derivative is the right factor, and the other way round
dx = 2.0 * x.data  #?

# A diamond: p reaches the result by two ways.
p = Value(0.8, label="p")
q = p * 3.0
r = p.tanh()
q.label, r.label = "q", "r"
out_p = q * r
out_p.label = "out_p"
out_p.backward()

#: out = q·r: each factor's local derivative is the other factor.
#! q: out_p is a product; hold r fixed and ask how fast it moves with q
dq = r.data  #?
#! r: hold q fixed and ask how fast out_p moves with r
dr = q.data  #?
#: p is used by q, with local derivative 3, and by r, with tanh' = 1 − tanh² = 1 − r². Both ways arrive at p and add.
#! p: two ways lead down to p, by q and by r; the derivative of tanh can be written with tanh itself
dp = 3.0 * dq + (1.0 - r.data ** 2) * dr  #?
