# The derivation of a gradient, as a lecturer writes it. Every line is checked by numbers before it is shown.
from autograd import Value, derive

z, y = Value(0.5, label="z"), Value(1.0, label="y")
p = z.sigmoid()
p.label = "p"
L = -(y * p.log() + (1 - y) * (1 - p).log())
L.label = "L"
L.backward()

print(f"∂L/∂z = {z.grad:.4f}    p − y = {p.data - y.data:.4f}")

derive(L, z)                        # SymPy is loaded the first time
