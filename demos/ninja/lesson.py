"""What the exercises stand on: a list of names as training examples, and the same start for everybody.

`NINJA_NAMES` in the environment (set by `--names FILE`) puts another list in the place of the one that ships.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import autograd as torch

__all__ = ["BLOCK_SIZE", "dataset", "minibatch"]

BLOCK_SIZE = 3                                      # letters of context
_SHIPPED = Path(__file__).parent.parent / "data" / "names.txt"


def names() -> list[str]:
    """The names, one per line of the file, in lower case and shuffled."""
    path = Path(os.environ.get("NINJA_NAMES") or _SHIPPED)
    words = [line.strip().lower() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    if len(words) < 10:
        raise ValueError(f"{path} holds {len(words)} names; at least 10 are needed, one per line")
    random.Random(42).shuffle(words)
    return words


def dataset() -> tuple[torch.Tensor, torch.Tensor, str]:
    """Contexts X (N, 3), the letters Y (N,) that follow them, and the alphabet: position 0 is "." (start and end)."""
    words = names()
    alphabet = "." + "".join(sorted(set("".join(words)) - {"."}))
    position = {letter: i for i, letter in enumerate(alphabet)}
    X, Y = [], []
    for word in words:
        context = [0] * BLOCK_SIZE
        for letter in word + ".":
            X.append(context)
            Y.append(position[letter])
            context = context[1:] + [position[letter]]
    return torch.tensor(X), torch.tensor(Y), alphabet


def minibatch(n: int, seed: int = 7) -> tuple[torch.Tensor, torch.Tensor, int]:
    """n examples drawn at random: Xb (n, 3), Yb (n,), and how many letters there are."""
    X, Y, alphabet = dataset()
    chosen = torch.randint(0, len(X), (n,), generator=torch.Generator().manual_seed(seed))
    return X[chosen], Y[chosen], len(alphabet)
