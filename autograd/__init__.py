"""ninjagrad: reverse-mode automatic differentiation you can read over coffee.

The engine is imported at once; whatever only reads a finished graph, and the names kept for PyTorch's sake, when first
asked for, so that `import autograd` is as quick as `import numpy`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from autograd.arrays import generated as generated  # gives Tensor its methods
from autograd.arrays.tensor import Tensor, cat, concatenate, stack, tensor, where
from autograd.core.modes import detect_anomaly, enable_grad, is_grad_enabled, no_grad
from autograd.core.value import Value

if TYPE_CHECKING:                                   # for editors and type checkers; see __getattr__
    from autograd.arrays.torchlike import Generator as Generator
    from autograd.arrays.torchlike import allclose as allclose
    from autograd.arrays.torchlike import arange as arange
    from autograd.arrays.torchlike import equal as equal
    from autograd.arrays.torchlike import eye as eye
    from autograd.arrays.torchlike import full as full
    from autograd.arrays.torchlike import full_like as full_like
    from autograd.arrays.torchlike import linspace as linspace
    from autograd.arrays.torchlike import manual_seed as manual_seed
    from autograd.arrays.torchlike import multinomial as multinomial
    from autograd.arrays.torchlike import ones as ones
    from autograd.arrays.torchlike import ones_like as ones_like
    from autograd.arrays.torchlike import rand as rand
    from autograd.arrays.torchlike import randint as randint
    from autograd.arrays.torchlike import randn as randn
    from autograd.arrays.torchlike import randperm as randperm
    from autograd.arrays.torchlike import zeros as zeros
    from autograd.arrays.torchlike import zeros_like as zeros_like
    from autograd.codegen.source import source as source
    from autograd.derivatives import grad as grad
    from autograd.derivatives import hessian as hessian
    from autograd.derivatives import jacobian as jacobian
    from autograd.derivatives import jvp as jvp
    from autograd.derivatives import vjp as vjp
    from autograd.learn.diagnose import cmp as cmp
    from autograd.learn.diagnose import diagnose as diagnose
    from autograd.learn.gradcheck import gradcheck as gradcheck
    from autograd.replaying.replay import replay as replay
    from autograd.see.draw import draw as draw
    from autograd.see.draw import draw_dot as draw_dot
    from autograd.see.draw import tree as tree
    from autograd.see.explain import explain as explain
    from autograd.see.explain import paths as paths
    from autograd.see.stepper import stepper as stepper

__all__ = ["Tensor", "Value", "cat", "cmp", "concatenate", "detect_anomaly", "diagnose", "draw", "draw_dot",
           "enable_grad", "explain", "grad", "gradcheck", "hessian", "is_grad_enabled", "jacobian", "jvp", "no_grad",
           "paths", "replay", "source", "stack", "stepper", "tensor", "tree", "vjp", "where"]

_HOME = {                                           # where a name is found that is imported later
    **dict.fromkeys(["draw", "draw_dot", "tree"], "see.draw"),
    **dict.fromkeys(["explain", "paths"], "see.explain"),
    **dict.fromkeys(["grad", "hessian", "jacobian", "jvp", "vjp"], "derivatives"),
    "gradcheck": "learn.gradcheck",
    "stepper": "see.stepper",
    "replay": "replaying.replay",
    "source": "codegen.source",
    **dict.fromkeys(["cmp", "diagnose"], "learn.diagnose"),
    **dict.fromkeys(["softmax", "log_softmax"], "functional"),
    **dict.fromkeys(["Generator", "allclose", "arange", "equal", "eye", "full", "full_like", "histogram", "is_tensor",
                     "isclose", "linspace", "manual_seed", "multinomial", "ones", "ones_like", "rand", "rand_like",
                     "randint", "randn", "randn_like", "randperm", "tril", "zeros", "zeros_like"], "arrays.torchlike"),
}


def __getattr__(name: str) -> Any:
    """The names in `_HOME`; PyTorch's dtypes (`float32`); and methods as functions (`tanh(x)`)."""
    if name.startswith("__"):
        raise AttributeError(f"module 'autograd' has no attribute {name!r}")
    if name in _HOME:
        found = getattr(import_module(f"autograd.{_HOME[name]}"), name)
    else:
        creation = import_module("autograd.arrays.torchlike")
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
    creation = import_module("autograd.arrays.torchlike")
    return sorted({*globals(), *_HOME, *creation.DTYPES, *creation.FUNCTIONS})
