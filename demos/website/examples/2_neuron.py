# A neuron with two inputs, drawn: what flows forward stands as data, what flows back as grad.
from autograd import Value, draw, paths

x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
b = Value(6.8813735870195432, label="b")

n = x1 * w1 + x2 * w2 + b
n.label = "n"
o = n.tanh()
o.label = "o"
o.backward()

print(f"o = {o.data:.4f}")
for leaf in (x1, w1, x2, w2, b):
    print(f"do/d{leaf.label} = {leaf.grad:.4f}")
print(paths(o, w1))                 # the way from w1 to o, and what each step multiplies

draw(o, highlight=w1, parameters=[w1, w2, b])
