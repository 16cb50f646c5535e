"""Exercise 14: mend an engine that walks without an order.

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

    #: A node that is used twice was reached twice, and handed on all of its gradient each time.
    #: It may hand on only once, and only when every piece has arrived: after all nodes that use it.
    def backward(self):  #+
        self.grad = 1.0  #+
        self.descend()  #+

    def descend(self):  #+
        """Hand the gradient on, and so on below."""  #+
        self.push()  #+
        for x in self.inputs:  #+
            x.descend()  #+
    def order(self):  #-
        """All nodes below this one, each after its inputs; this one is the last."""  #-
        found, seen = [], set()  #-

        def visit(node):  #-
            if node not in seen:  #-
                seen.add(node)  #-
                for x in node.inputs:  #-
                    visit(x)  #-
                found.append(node)  #-

        visit(self)  #-
        return found  #-

    def backward(self):  #-
        self.grad = 1.0  #-
        for node in reversed(self.order()):  #-
            node.push()  #-


#= The tests: doublings, ten of them, and a diamond that stands on a longer stem.
a = Value(1.0)
b = a + a
out_ab = b + b
out_ab.backward()
#! a: how often does b hand its gradient on, and what did b hold each time?
da = a.grad  #=

x = Value(1.0)
y = x
for _ in range(10):
    y = y + y
out_x = y
out_x.backward()
#! x: ten doublings, so 2 to the power of 10; how large an answer says how often the walk came by
dx = x.grad  #=

p = Value(0.5)
q = p * Value(2.0)
r = q.tanh()
s = q * Value(3.0)
out_p = r + s
out_p.backward()
#! p: visiting each node once is not enough: q must come after both r and s
dp = p.grad  #=

#~ from autograd import Value
