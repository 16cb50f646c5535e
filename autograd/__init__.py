"""ninjagrad: reverse-mode automatic differentiation you can read over coffee."""

from typing import TYPE_CHECKING, Any

from autograd.modes import enable_grad, is_grad_enabled, no_grad
from autograd.tensors import Tensor, cat, concatenate, stack, tensor, where
from autograd.value import Value

if TYPE_CHECKING:                                   # imported when first used, see __getattr__
    from autograd.rendering import draw as draw
    from autograd.rendering import draw_dot as draw_dot
    from autograd.rendering import tree as tree
    from autograd.stepping import stepper as stepper
    from autograd.walkthrough import explain as explain
    from autograd.walkthrough import paths as paths

__all__ = ["Tensor", "Value", "cat", "concatenate", "draw", "draw_dot", "enable_grad", "explain", "is_grad_enabled",
           "no_grad", "paths", "stack", "stepper", "tensor", "tree", "where"]

_LATER = {"draw": "rendering", "draw_dot": "rendering", "explain": "walkthrough", "paths": "walkthrough",
          "stepper": "stepping", "tree": "rendering"}


def __getattr__(name: str) -> Any:
    """What only reads a finished graph is imported when it is first asked for: `import autograd` stays quick."""
    if name not in _LATER:
        raise AttributeError(f"module 'autograd' has no attribute {name!r}")
    import importlib

    thing = getattr(importlib.import_module(f"autograd.{_LATER[name]}"), name)
    globals()[name] = thing
    return thing


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
