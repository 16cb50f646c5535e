"""Exercise 21: mend a softmax that fails on large logits.

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

    def log(self):
        return Value(math.log(self.data), (self,), (1.0 / self.data,))

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
        for node in reversed(self.order()):
            node.push()


def log_softmax(z):
    """The logarithm of every probability that softmax makes of the logits z, a list of Values."""
    #: exp(1000) is more than a float can hold, and exp(-1000) is 0. Taking the largest logit off all of them changes no
    #: probability, and leaves nothing above exp(0) = 1. The largest is a plain number here: its gradient cancels.
    total = Value(0.0)  #+
    for x in z:  #+
        total = total + x.exp()  #+
    minus_log = total.log() * Value(-1.0)  #+
    return [x + minus_log for x in z]  #+
    largest = max(x.data for x in z)  #-
    shifted = [x + Value(-largest) for x in z]  #-
    total = Value(0.0)  #-
    for x in shifted:  #-
        total = total + x.exp()  #-
    minus_log = total.log() * Value(-1.0)  #-
    return [x + minus_log for x in shifted]  #-


#= The tests: logits far above zero, far below, and two that are large and close.
z1, z2 = Value(1000.0), Value(0.0)
out_z = log_softmax([z1, z2])[1] * Value(-1.0)
out_z.backward()
#! z1: a float ends near exp(709); what can be taken off both logits without changing their softmax?
dz1 = z1.grad  #=

u1, u2, u3 = Value(-1000.0), Value(-1001.0), Value(-1003.0)
out_u = log_softmax([u1, u2, u3])[0] * Value(-1.0)
out_u.backward()
#! u1: far below zero every exp is 0, and so is their sum
du1 = u1.grad  #=
#! u2: as for u1
du2 = u2.grad  #=

v1, v2 = Value(5000.5), Value(5000.0)
out_v = log_softmax([v1, v2])[0] * Value(-2.0) + log_softmax([v1, v2])[1] * Value(-1.0)
out_v.backward()
#! v1: cutting the logits down to the largest that exp can take makes the two the same, and they are not
dv1 = v1.grad  #=
#! v2: as for v1
dv2 = v2.grad  #=

#~ from autograd import Value
#~ from autograd.functional import log_softmax
