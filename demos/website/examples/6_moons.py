# Two moons, one number at a time: a network of single Values learns to tell two crescents apart, while you watch.
import math
import random

import nn
from lab import Curve, Plane

random.seed(4)
points, targets = [], []
for i in range(40):
    angle = math.pi * (i // 2) / 19
    upper = i % 2 == 0
    x, y = (math.cos(angle), math.sin(angle)) if upper else (1 - math.cos(angle), 0.5 - math.sin(angle))
    points.append([x + random.gauss(0, 0.08), y + random.gauss(0, 0.08)])
    targets.append(-1 if upper else 1)

model = nn.MLP(2, [8, 8, 1])
weights = model.parameters()
optimizer = nn.optim.SGD(weights, lr=1.0)
curve = Curve("loss")

for step in range(80):
    scores = [model(point) for point in points]
    hinge = sum((1 - target * score).relu() for target, score in zip(targets, scores)) / len(points)
    loss = hinge + 1e-4 * sum(w * w for w in weights)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    optimizer.lr = 1.0 - 0.9 * step / 80
    curve.add(loss.data)

right = sum(target * model(point).data > 0 for target, point in zip(targets, points))
print(f"{len(weights)} weights, {right} of {len(points)} points on the right side")

Plane(lambda place: model(place).data, points, targets)
