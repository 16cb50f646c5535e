"""Exercise 15: mend an engine that loses a part of a gradient.

The engine below has one bug, in one place. The tests under it build graphs, and what `.grad` comes to there has to be
right. Find the bug and mend it; nothing else needs a change. `check` says which gradients are wrong, and how.
"""

import math


class Value:
    """A number; every operation leaves a function behind that hands the gradient on."""

    def __init__(self, data, inputs=()):
        self.data = data
        self.grad = 0.0
        self.inputs = inputs
        self.hand_on = lambda: None

    def __add__(self, other):
        out = Value(self.data + other.data, (self, other))

        def hand_on():
            #: A number used twice receives two pieces, and the second must not replace the first.
            self.grad = out.grad  #+
            other.grad = out.grad  #+
            self.grad += out.grad  #-
            other.grad += out.grad  #-

        out.hand_on = hand_on
        return out

    def __mul__(self, other):
        out = Value(self.data * other.data, (self, other))

        def hand_on():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.hand_on = hand_on
        return out

    def tanh(self):
        out = Value(math.tanh(self.data), (self,))

        def hand_on():
            self.grad += (1.0 - out.data ** 2) * out.grad

        out.hand_on = hand_on
        return out

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for x in node.inputs:
                    visit(x)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            node.hand_on()


#= The tests: a number added to itself, a diamond, and a sum of products.
a = Value(3.0)
out_a = a + a
out_a.backward()
#! a: both sides of the + are the same number; what is in its gradient after the first line of `hand_on`?
da = a.grad  #=

p = Value(0.8)
q = p + Value(1.0)
r = p + Value(-2.0)
out_p = q * r
out_p.backward()
#! p: it receives a piece from q and a piece from r
dp = p.grad  #=

x = Value(1.5)
y = x * x
z = y + x
out_x = z + x
out_x.backward()
#! x: three lines use it, one of them twice
dx = x.grad  #=

#~ from autograd import Value
