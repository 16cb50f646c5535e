# Cross-entropy of three logits, step by step. Its gradient is softmax minus one-hot: see where the rest goes.
import autograd.functional as F
from autograd import Value, draw, paths, stepper
from lab import display

z = [Value(2.0, label="z_1"), Value(1.0, label="z_2"), Value(0.1, label="z_3")]
loss = F.cross_entropy_composite(z, 1)      # the true class is the second, z_2
loss.label = "L"
loss.backward()

p = F.softmax(z)
for i in range(3):
    print(f"∂L/∂{z[i].label} = {z[i].grad:+.4f}    softmax − one-hot = {p[i].data - (i == 1):+.4f}")
print(paths(loss, z[1]))            # two ways lead from z_2 to the loss

display(draw(loss, highlight=z[1]))
stepper(loss)                       # step through it with the arrow keys
