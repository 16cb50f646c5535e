"""ninjagrad: reverse-mode automatic differentiation you can read over coffee."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from autograd.modes import detect_anomaly, enable_grad, is_grad_enabled, no_grad
from autograd.tensors import Tensor, cat, concatenate, stack, tensor, where
from autograd.value import Value

if TYPE_CHECKING:
    from autograd.checking import gradcheck
    from autograd.derivatives import grad, hessian, jacobian, jvp, vjp

__all__ = ["Tensor", "Value", "cat", "concatenate", "detect_anomaly", "enable_grad", "grad", "gradcheck", "hessian",
           "is_grad_enabled", "jacobian", "jvp", "no_grad", "stack", "tensor", "vjp", "where"]

_LAZY = {                                           # imported at first use: most programs need none of them
    "grad": "derivatives", "hessian": "derivatives", "jacobian": "derivatives", "jvp": "derivatives",
    "vjp": "derivatives", "gradcheck": "checking",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'autograd' has no attribute {name!r}")
    return getattr(import_module(f"autograd.{_LAZY[name]}"), name)
