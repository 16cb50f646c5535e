"""The backward pass of a small network, written out: what `loss.backward()` does, line by line.

`python -m demos backward` prints it and runs it as it stands.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograd import Tensor, source


def main(arguments: Sequence[str] = ()) -> None:
    rng = np.random.default_rng(42)
    n, inputs, hidden, classes = 8, 4, 6, 3
    x, labels = Tensor(rng.normal(size=(n, inputs)), label="x"), rng.integers(0, classes, n)
    W1 = Tensor(rng.normal(size=(inputs, hidden)), requires_grad=True)
    b1 = Tensor(rng.normal(size=hidden), requires_grad=True)
    W2 = Tensor(rng.normal(size=(hidden, classes)), requires_grad=True)
    b2 = Tensor(rng.normal(size=classes), requires_grad=True)

    h_in = x @ W1 + b1
    h = h_in.tanh()
    logits = h @ W2 + b2
    counts = logits.exp()
    counts_sum = counts.sum(1, keepdim=True)
    probs = counts / counts_sum
    logprobs = probs.log()
    loss = -logprobs[np.arange(n), labels].mean()
    loss.backward()

    text = source(loss, locals())
    try:
        from rich.console import Console
        from rich.syntax import Syntax
        Console().print(Syntax(text, "python"))
    except ImportError:
        print(text)

    module: dict[str, object] = {}
    exec(text, module)                              # the text, as it stands
    leaves = {"x": x, "W1": W1, "b1": b1, "W2": W2, "b2": b2}
    _, gradients = module["step"](**{name: leaf.numpy() for name, leaf in leaves.items()})  # type: ignore[operator]
    for name, gradient in gradients.items():
        print(f"d{name}: differs from the engine's by at most {np.abs(gradient - leaves[name].grad.numpy()).max():.1e}")


if __name__ == "__main__":
    main()
