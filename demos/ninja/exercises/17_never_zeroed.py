"""Exercise 17: mend a training loop that keeps old gradients.

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


def zero_grad(parameters):
    """Forget the gradients of the last step."""
    for p in parameters:
        #: `grad = 0.0` makes a variable of the function, which is forgotten at its end.
        #: The parameter's gradient stayed what it was.
        grad = 0.0  #+
        p.grad = 0.0  #-


#= The tests: two steps with one weight, and four backward passes of which the last two belong together.
w = Value(3.0)
for number in (1.0, 10.0):
    zero_grad([w])
    loss = w * Value(number)
    loss.backward()
#! w: the last step's gradient alone; what else is in it?
dw = w.grad  #=

u, v = Value(0.5), Value(-1.0)
for number in (1.0, 2.0, 3.0, 4.0):
    if number != 4.0:                               # the third and the fourth make one step
        zero_grad([u, v])
    loss_uv = (u * Value(number) + v).tanh()
    loss_uv.backward()
    if number == 3.0:
        third = u.grad, v.grad
#! u: two backward passes without zero_grad between them add up, and nothing before them counts
du = u.grad  #=
#! v: as for u
dv = v.grad  #=

#~ from autograd import Value
#~ def zero_grad(parameters):
#~     for one in parameters:
#~         setattr(one, 'grad', 0.0)
