"""The libraries `source` can write for, by name: each a class that says how its library spells things."""

from autograd.codegen.libraries.jaxes import Jax
from autograd.codegen.libraries.numpys import NumPy
from autograd.codegen.libraries.torches import Torch

__all__ = ["LIBRARIES", "NumPy"]

LIBRARIES: dict[str, NumPy] = {library.name: library for library in (NumPy(), Torch(), Jax())}
