"""Exercise 18: mend an engine that begins at the wrong end.

The engine below has one bug, in one place. The tests under it build graphs, and what `.grad` comes to there has to be
right. Find the bug and mend it; nothing else needs a change. `check` says which gradients are wrong, and how.
"""

import math


class Value:
    """A number that remembers what it was made of, and its derivative by each of those."""

    def __init__(self, data, inputs=(), partials=()):
        self.data = data
        self.grad = 0.0
        self.inputs = inputs
        self.partials = partials

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, (self,), (1.0 - t * t,))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, (self,), (e,))

    def receive(self, g):
        """A piece of the gradient arrives."""
        self.grad += g

    def push(self):
        """Hand the gradient on to the inputs."""
        for x, partial in zip(self.inputs, self.partials):
            x.receive(self.grad * partial)

    def order(self):
        """All nodes below this one, each after its inputs; this one is the last."""
        found, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for x in node.inputs:
                    visit(x)
                found.append(node)

        visit(self)
        return found

    def backward(self):
        self.grad = 1.0
        #: In `order` every node comes after its inputs. Backward, every node must come before them.
        for node in self.order():  #+
            node.push()  #+
        for node in reversed(self.order()):  #-
            node.push()  #-


#= The tests: a chain, doublings, and a bridge over a longer way.
a = Value(0.7)
b = a.tanh()
out_a = b * Value(3.0)
out_a.backward()
#! a: what was in b's gradient when b handed it on?
da = a.grad  #=

x = Value(1.0)
y = x + x
out_x = y + y
out_x.backward()
#! x: y must wait for both pieces from above before it hands on
dx = x.grad  #=

p = Value(0.5)
q = p * p
r = q.tanh()
s = r.exp()
out_p = s * q
out_p.backward()
#! q: one way to q is short and one is long; q may hand on only after both have arrived
dq = q.grad  #=
#! p: everything that q gathered goes on to p, twice
dp = p.grad  #=

#~ from autograd import Value
