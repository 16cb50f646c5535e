"""ninjagrad: reverse-mode automatic differentiation you can read over coffee.

The engine is imported at once; whatever only reads a finished graph, and the names kept for PyTorch's sake, when first
asked for, so that `import autograd` is as quick as `import numpy`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from autograd import generated as generated  # gives Tensor its methods
from autograd.modes import detect_anomaly, enable_grad, is_grad_enabled, no_grad
from autograd.tensors import Tensor, cat, concatenate, stack, tensor, where
from autograd.value import Value

if TYPE_CHECKING:                                   # for editors and type checkers; see __getattr__
    from autograd.checking import gradcheck as gradcheck
    from autograd.codegen import source as source
    from autograd.creation import Generator as Generator
    from autograd.creation import allclose as allclose
    from autograd.creation import arange as arange
    from autograd.creation import equal as equal
    from autograd.creation import eye as eye
    from autograd.creation import full as full
    from autograd.creation import full_like as full_like
    from autograd.creation import linspace as linspace
    from autograd.creation import manual_seed as manual_seed
    from autograd.creation import multinomial as multinomial
    from autograd.creation import ones as ones
    from autograd.creation import ones_like as ones_like
    from autograd.creation import rand as rand
    from autograd.creation import randint as randint
    from autograd.creation import randn as randn
    from autograd.creation import randperm as randperm
    from autograd.creation import zeros as zeros
    from autograd.creation import zeros_like as zeros_like
    from autograd.derivatives import grad as grad
    from autograd.derivatives import hessian as hessian
    from autograd.derivatives import jacobian as jacobian
    from autograd.derivatives import jvp as jvp
    from autograd.derivatives import vjp as vjp
    from autograd.diagnosis import cmp as cmp
    from autograd.diagnosis import diagnose as diagnose
    from autograd.recording import replay as replay
    from autograd.rendering import draw as draw
    from autograd.rendering import draw_dot as draw_dot
    from autograd.rendering import tree as tree
    from autograd.stepping import stepper as stepper
    from autograd.walkthrough import explain as explain
    from autograd.walkthrough import paths as paths

__all__ = ["Tensor", "Value", "cat", "cmp", "concatenate", "detect_anomaly", "diagnose", "draw", "draw_dot",
           "enable_grad", "explain", "grad", "gradcheck", "hessian", "is_grad_enabled", "jacobian", "jvp", "no_grad",
           "paths", "replay", "source", "stack", "stepper", "tensor", "tree", "vjp", "where"]

_HOME = {                                           # where a name is found that is imported later
    **dict.fromkeys(["draw", "draw_dot", "tree"], "rendering"),
    **dict.fromkeys(["explain", "paths"], "walkthrough"),
    **dict.fromkeys(["grad", "hessian", "jacobian", "jvp", "vjp"], "derivatives"),
    "gradcheck": "checking",
    "stepper": "stepping",
    "replay": "recording",
    "source": "codegen",
    **dict.fromkeys(["cmp", "diagnose"], "diagnosis"),
    **dict.fromkeys(["softmax", "log_softmax"], "functional"),
    **dict.fromkeys(["Generator", "allclose", "arange", "equal", "eye", "full", "full_like", "histogram", "is_tensor",
                     "isclose", "linspace", "manual_seed", "multinomial", "ones", "ones_like", "rand", "rand_like",
                     "randint", "randn", "randn_like", "randperm", "tril", "zeros", "zeros_like"], "creation"),
}


def __getattr__(name: str) -> Any:
    """The names in `_HOME`; PyTorch's dtypes (`float32`); and methods as functions (`tanh(x)`)."""
    if name.startswith("__"):
        raise AttributeError(f"module 'autograd' has no attribute {name!r}")
    if name in _HOME:
        found = getattr(import_module(f"autograd.{_HOME[name]}"), name)
    else:
        creation = import_module("autograd.creation")
        if name in creation.DTYPES:
            found = creation.DTYPES[name]
        elif name in creation.FUNCTIONS:
            found = creation.FUNCTIONS[name]
        elif name in ("nn", "optim"):               # not imported here: nothing in the engine knows nn
            raise AttributeError(f"module 'autograd' has no {name!r}: it is a package of its own beside autograd; "
                                 "write `import nn`, and then nn.Linear, nn.optim.SGD and so on")
        else:
            raise AttributeError(f"module 'autograd' has no {name!r}: it is outside the subset of PyTorch that is "
                                 "kept here; dir(autograd) lists what is in it")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    creation = import_module("autograd.creation")
    return sorted({*globals(), *_HOME, *creation.DTYPES, *creation.FUNCTIONS})
