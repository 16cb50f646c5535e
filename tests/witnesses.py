"""Gradients from elsewhere, to hold the engine's against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def central_differences(f: Callable[..., Any], *arrays: np.ndarray, step: float = 1e-5) -> list[np.ndarray]:
    """∂f/∂x for every element of every array, f taking arrays and returning a number: error of order step²."""
    gradients = []
    for position, x in enumerate(arrays):
        gradient = np.empty(x.shape)
        for i in np.ndindex(x.shape):
            sides = []
            for sign in (1, -1):
                moved = [a.copy() for a in arrays]
                moved[position][i] += sign * step
                sides.append(float(f(*moved)))
            gradient[i] = (sides[0] - sides[1]) / (2 * step)
        gradients.append(gradient)
    return gradients
