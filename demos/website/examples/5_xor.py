# Exclusive or: one neuron cannot learn it, four hidden ones can. Try fewer, or another seed.
import random

import nn
from lab import Curve, Plane

random.seed(1)
points = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
targets = [0, 1, 1, 0]
model = nn.MLP(2, [4, 1], nonlin="tanh")
optimizer = nn.optim.SGD(model.parameters(), lr=0.5)
curve = Curve("loss")

for _ in range(150):
    p = [model(point).sigmoid() for point in points]
    loss = -sum((q if y else 1 - q).log() for q, y in zip(p, targets)) / 4
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    curve.add(loss.data)

print(f"loss {loss.data:.3f}")
for (a, b), q in zip(points, p):
    print(f"{a:.0f} xor {b:.0f}: {q.data:.2f}")

Plane(lambda place: model(place).data / 3, points, [2 * y - 1 for y in targets])
