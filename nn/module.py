"""`Module`: something with parameters that can be called. It knows nothing of what its parts compute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograd import Tensor, Value

__all__ = ["Module"]

Parameter = Any                                     # a Value, or a Tensor that requires a gradient


class Module:
    """The base of layers, losses and models: write `forward`, keep parameters and modules in attributes.

    Parameters are found where they are kept, in attributes and in lists, tuples and dicts in attributes, and in the
    order they were put there; each once, however often it is shared.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.shift = Value(2.0), Value(1.0)
    ...     def forward(self, x):
    ...         return self.slope * x + self.shift
    >>> line = Line()
    >>> line(3.0).data, [name for name, _ in line.named_parameters()]
    (7.0, ['slope', 'shift'])
    """

    training = True

    def forward(self, *inputs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}: write a forward method to make it callable")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        return self.forward(*inputs, **options)

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Every parameter with the path that leads to it, as in "layers.0.weight"."""
        seen: set[int] = set()
        for name, part in self._parts():
            if _is_parameter(part) and id(part) not in seen:
                seen.add(id(part))
                yield name, part

    def parameters(self) -> list[Parameter]:
        """The parameters, in the order they were registered."""
        return [parameter for _, parameter in self.named_parameters()]

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """This module, with the name "", and every module in it."""
        yield "", self
        for name, part in self._parts():
            if isinstance(part, Module):
                yield name, part

    def _parts(self) -> Iterator[tuple[str, Any]]:
        """What attributes hold, what that holds, and so on: (path, part), depth first, in order."""
        stack: list[tuple[str, Any]] = [("", self)]
        entered: set[int] = set()
        while stack:
            path, part = stack.pop()
            if path:
                yield path, part
            if isinstance(part, Module):
                inside: Any = vars(part).items()
            elif isinstance(part, dict):
                inside = part.items()
            elif isinstance(part, (list, tuple)):
                inside = enumerate(part)
            else:
                continue
            if id(part) not in entered:
                entered.add(id(part))
                stack += [(f"{path}.{key}" if path else str(key), child) for key, child in reversed(list(inside))]

    def zero_grad(self) -> None:
        """Forget every parameter's gradient, before the next backward pass adds to it."""
        for parameter in self.parameters():
            if isinstance(parameter, Value):
                parameter.grad = 0.0
            else:
                parameter.zero_grad()

    def train(self, mode: bool = True) -> Module:
        """Switch every module in it to training (or, with False, to evaluation). Returns itself."""
        for _, module in self.named_modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Switch to evaluation: dropout off, running statistics used. Returns itself."""
        return self.train(False)

    def extra_repr(self) -> str:
        """What stands in the parentheses of its `repr`."""
        return ""

    def __repr__(self) -> str:
        children = [(key, value) for key, value in vars(self).items()
                    if isinstance(value, Module)
                    or (isinstance(value, (list, tuple)) and value and isinstance(value[0], Module))]
        if not children:
            return f"{type(self).__name__}({self.extra_repr()})"
        lines = []
        for key, value in children:
            for name, module in ([(key, value)] if isinstance(value, Module) else enumerate(value)):
                lines.append(f"  ({name}): " + repr(module).replace("\n", "\n  "))
        return "\n".join([f"{type(self).__name__}({self.extra_repr()}", *lines, ")"])


def _is_parameter(part: Any) -> bool:
    return (isinstance(part, Value) and part.op is None) or (
        isinstance(part, Tensor) and part.requires_grad and part.op is None)
