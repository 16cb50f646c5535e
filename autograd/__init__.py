"""ninjagrad: reverse-mode automatic differentiation you can read over coffee."""

from autograd.modes import enable_grad, is_grad_enabled, no_grad
from autograd.tensors import Tensor, cat, concatenate, stack, tensor, where
from autograd.value import Value

__all__ = ["Tensor", "Value", "cat", "concatenate", "enable_grad", "is_grad_enabled", "no_grad", "stack", "tensor",
           "where"]
