"""Exercise 20: mend an engine whose relu lets everything through.

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
            self.grad += out.grad
            other.grad += out.grad

        out.hand_on = hand_on
        return out

    def __mul__(self, other):
        out = Value(self.data * other.data, (self, other))

        def hand_on():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.hand_on = hand_on
        return out

    def relu(self):
        out = Value(max(self.data, 0.0), (self,))

        def hand_on():
            #: relu's result is never below 0, so `out.data >= 0.0` is always true.
            #: Ask the input, or ask `out.data > 0.0`.
            self.grad += (out.data >= 0.0) * out.grad  #+
            self.grad += (self.data > 0.0) * out.grad  #-

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


#= The tests: a number below zero, both sides at once, and a neuron that is off.
a = Value(-2.0)
out_a = a.relu() * Value(3.0)
out_a.backward()
#! a: relu is flat below zero
da = a.grad  #=

x = Value(2.0)
out_x = x.relu() * Value(2.0) + (x * Value(-1.0)).relu() * Value(3.0)
out_x.backward()
#! x: one of the two relus is on, and the other is off
dx = x.grad  #=

w, v, u = Value(0.5), Value(-2.0), Value(0.3)
h = w * v + u
k = h.relu()
out_w = (k + w).tanh()
out_w.backward()
#! w: it is used twice, and one of the ways leads through a relu that is off
dw = w.grad  #=
#! v: every way from v to the result leads through the relu
dv = v.grad  #=

#~ from autograd import Value
