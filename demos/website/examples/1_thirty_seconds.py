# Thirty seconds: a number remembers where it came from, and how it would move.
from autograd import Value, explain

x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.9, label="b")
y = (w * x + b).tanh()
y.label = "y"
y.backward()                        # the chain rule, from y to every leaf

print(f"y = {y.data:.4f}")
print(f"dy/dw = {w.grad:.4f}   dy/dx = {x.grad:.4f}   dy/db = {b.grad:.4f}")

explain(y, w)                       # the last line shows itself below
