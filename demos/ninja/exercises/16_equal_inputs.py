"""Exercise 16: mend an engine that keeps equal inputs once.

The engine below has one bug, in one place. The tests under it build graphs, and what `.grad` comes to there has to be
right. Find the bug and mend it; nothing else needs a change. `check` says which gradients are wrong, and how.
"""

import math


class Value:
    """A number that remembers what it was made of, and its derivative by each of those."""

    def __init__(self, data, inputs=(), partials=()):
        self.data = data
        self.grad = 0.0
        #: A dict or a set keeps one of two equal edges, and a + a needs both: inputs are a sequence, with repeats.
        self.edges = dict(zip(inputs, partials))  #+
        self.inputs = list(self.edges)  #+
        self.inputs = inputs  #-
        self.partials = partials  #-

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
        for x, partial in self.edges.items():  #+
            x.receive(self.grad * partial)  #+
        for x, partial in zip(self.inputs, self.partials):  #-
            x.receive(self.grad * partial)  #-

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


#= The tests: a number added to itself, multiplied by itself, and both.
a = Value(3.0)
out_a = a + a
out_a.backward()
#! a: how many edges lead from a to a + a, and how many does the engine keep?
da = a.grad  #=

x = Value(-1.5)
out_x = x * x
out_x.backward()
#! x: two edges again, each with the local derivative x
dx = x.grad  #=

p = Value(0.4)
q = p + p
r = q * q
out_p = r * p
out_p.backward()
#! q: r = q · q has two edges to the same q
dq = q.grad  #=
#! p: the edges of q, and the one of the last line
dp = p.grad  #=

#~ from autograd import Value
