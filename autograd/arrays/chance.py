"""Where random numbers come from: NumPy's generators, one of which serves all who name none."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

__all__ = ["Generator", "manual_seed", "random"]


class Generator:
    """A source of random numbers: `Generator().manual_seed(2147483647)`.

    >>> from autograd import equal, randn
    >>> g = Generator()
    >>> equal(randn(2, generator=g.manual_seed(7)), randn(2, generator=g.manual_seed(7)))
    True
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.random = np.random.default_rng()

    def manual_seed(self, seed: int) -> Generator:
        """Start its stream anew from `seed`. Returns itself."""
        self.random = np.random.default_rng(abs(operator.index(seed)))
        return self

    def initial_seed(self) -> int:
        raise AttributeError("Generator.initial_seed: outside the subset of PyTorch that is kept here")


default = Generator()


def manual_seed(seed: int) -> Generator:
    """Seed the generator that is used where none is named, by the layers of `nn` too."""
    return default.manual_seed(seed)


def random(generator: Generator | None = None) -> np.random.Generator:
    """NumPy's generator behind `generator`; where none is named, behind the one `manual_seed` seeds."""
    if generator is not None and not isinstance(generator, Generator):
        raise TypeError(f"generator: got {generator!r}, expected a Generator, as Generator().manual_seed(0) makes one")
    return (generator or default).random
