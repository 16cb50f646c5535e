"""ninjagrad: reverse-mode automatic differentiation you can read over coffee."""

from importlib import import_module
from typing import Any

from autograd.creation import (
    Generator,
    allclose,
    arange,
    equal,
    eye,
    full,
    full_like,
    histogram,
    is_tensor,
    isclose,
    linspace,
    manual_seed,
    multinomial,
    ones,
    ones_like,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
    tril,
    zeros,
    zeros_like,
)
from autograd.modes import enable_grad, is_grad_enabled, no_grad
from autograd.tensors import Tensor, cat, concatenate, stack, tensor, where
from autograd.value import Value

__all__ = ["Generator", "Tensor", "Value", "allclose", "arange", "cat", "cmp", "concatenate", "diagnose", "enable_grad",
           "equal", "eye", "full", "full_like", "histogram", "is_grad_enabled", "is_tensor", "isclose", "linspace",
           "manual_seed", "multinomial", "no_grad", "ones", "ones_like", "rand", "rand_like", "randint", "randn",
           "randn_like", "randperm", "stack", "tensor", "tril", "where", "zeros", "zeros_like"]

# What is loaded when it is first asked for: name -> module.
_ON_DEMAND = {
    "cmp": "diagnosis", "diagnose": "diagnosis",
    "softmax": "functional", "log_softmax": "functional",
}


def __getattr__(name: str) -> Any:
    """The names in `_ON_DEMAND`; PyTorch's dtypes (`float32`); and methods as functions (`tanh(x)`)."""
    from autograd import creation
    if name in _ON_DEMAND:
        found = getattr(import_module(f"autograd.{_ON_DEMAND[name]}"), name)
    elif name in creation.DTYPES:
        found = creation.DTYPES[name]
    elif name in creation.FUNCTIONS:
        found = creation.FUNCTIONS[name]
    else:
        raise AttributeError(f"module 'autograd' has no {name!r}: it is outside the subset of PyTorch that is kept "
                             "here; dir(autograd) lists what is in it")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    from autograd import creation
    return sorted({*globals(), *_ON_DEMAND, *creation.DTYPES, *creation.FUNCTIONS})
