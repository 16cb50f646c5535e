"""Exercise 19: mend an engine that broadcasts forward only.

The engine below has one bug, in one place. The tests under it build graphs, and what `.grad` comes to there has to be
right. Find the bug and mend it; nothing else needs a change. `check` says which gradients are wrong, and how.
"""

import numpy as np


class Tensor:
    """An array that remembers what it was made of, and how the gradient flows to each of those."""

    def __init__(self, data, inputs=(), pulls=()):
        self.data = np.asarray(data, float)
        self.grad = np.zeros(self.data.shape)
        self.inputs = inputs
        self.pulls = pulls

    def __add__(self, other):
        return Tensor(self.data + other.data, (self, other), (lambda g: g, lambda g: g))

    def __mul__(self, other):
        return Tensor(self.data * other.data, (self, other), (lambda g: g * other.data, lambda g: g * self.data))

    def tanh(self):
        t = np.tanh(self.data)
        return Tensor(t, (self,), (lambda g: g * (1.0 - t ** 2),))

    def sum(self):
        return Tensor(self.data.sum(), (self,), (lambda g: g * np.ones(self.data.shape),))

    def receive(self, g):
        """A piece of the gradient arrives."""
        self.grad = self.grad + self.fitted(g)

    def fitted(self, g):
        """The piece in the shape of this array, which may have been repeated to fit its partner."""
        #: What was repeated going forward gathers the sum over its copies going back:
        #: over the axes it did not have, and over those where it had length 1.
        while g.ndim > self.data.ndim:  #-
            g = g.sum(0)  #-
        for axis, length in enumerate(self.data.shape):  #-
            if length == 1:  #-
                g = g.sum(axis, keepdims=True)  #-
        return g

    def push(self):
        """Hand the gradient on to the inputs."""
        for x, pull in zip(self.inputs, self.pulls):
            x.receive(pull(self.grad))

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
        self.grad = np.ones(self.data.shape)
        for node in reversed(self.order()):
            node.push()


#= The tests: a row, a column and a single number, each repeated to fit a matrix.
x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
b = Tensor([0.1, 0.2, 0.3])
out_x = (x + b).tanh().sum()
out_x.backward()
#! b: the same row is added to every row of x
db = b.grad  #=

m = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
c = Tensor([[0.5], [-0.5]])
out_m = (m * c).tanh().sum()
out_m.backward()
#! c: a column of length 1 in the second axis: which axis was it repeated along? it keeps that axis
dc = c.grad  #=

y = Tensor([[0.3, -0.4], [0.5, 0.6]])
s = Tensor(2.0)
out_y = (y * s).tanh().sum()
out_y.backward()
#! s: one number for all entries
ds = s.grad  #=

#~ import functools
#~ import autograd
#~ Tensor = functools.partial(autograd.Tensor, requires_grad=True)
