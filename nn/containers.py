"""Modules that hold modules by position or by name, and the word for a tensor to be trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autograd.core.value import Value
from nn.module import Module, is_parameter, register

__all__ = ["ModuleDict", "ModuleList", "Parameter"]


class ModuleList(Module):
    """Modules by position. They are called one by one, by whoever keeps them.

    >>> from nn import Linear
    >>> heads = ModuleList([Linear(2, 1) for _ in range(3)])
    >>> len(heads), [name for name, _ in heads.named_parameters()][:2]
    (3, ['0.weight', '0.bias'])
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        self._list: list[Any] = [_module("ModuleList", module) for module in modules]

    def __getitem__(self, index: Any) -> Any:
        return ModuleList(self._list[index]) if isinstance(index, slice) else self._list[index]

    def __setitem__(self, index: int, module: Module) -> None:
        self._list[index] = _module("ModuleList", module)

    def __len__(self) -> int:
        return len(self._list)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._list)

    def append(self, module: Module) -> ModuleList:
        """Put one more at the end. Returns itself."""
        self._list.append(_module("ModuleList", module))
        return self

    def extend(self, modules: Iterable[Module]) -> ModuleList:
        """Put more at the end. Returns itself."""
        for module in modules:
            self.append(module)
        return self

    def _inside(self) -> Iterable[tuple[Any, Any]]:
        return enumerate(self._list)


class ModuleDict(Module):
    """Modules by name, which are attributes too: `parts["wte"]` is `parts.wte`.

    >>> from nn import Embedding, Linear
    >>> parts = ModuleDict(dict(wte=Embedding(5, 2), head=Linear(2, 5)))
    >>> parts["head"] is parts.head, list(parts)
    (True, ['wte', 'head'])
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()) -> None:
        self._dict: dict[str, Any] = {}
        for name, module in dict(modules).items():
            self[name] = module

    def __getitem__(self, name: str) -> Any:
        return self._dict[name]

    def __setitem__(self, name: str, module: Module) -> None:
        self._dict[name] = _module("ModuleDict", module)

    def __getattr__(self, name: str) -> Any:
        if name in vars(self).get("_dict", ()):
            return self._dict[name]
        raise AttributeError(f"ModuleDict: there is no {name!r} in it; it has {', '.join(vars(self).get('_dict', ()))}")

    def __contains__(self, name: object) -> bool:
        return name in self._dict

    def __len__(self) -> int:
        return len(self._dict)

    def __iter__(self) -> Iterator[str]:
        return iter(self._dict)

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._dict.keys()

    def values(self) -> Iterable[Any]:
        """The modules."""
        return self._dict.values()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Both."""
        return self._dict.items()

    def _inside(self) -> Iterable[tuple[Any, Any]]:
        return self._dict.items()


def _module(name: str, module: Any) -> Any:
    if not isinstance(module, Module):
        raise TypeError(f"{name}: got a {type(module).__name__}, expected modules; plain functions may stand in a "
                        "Sequential or a list")
    return module


class _Word(type):
    """A class that is but a word for some of the Tensors: its instances are whatever leaf requires a gradient."""

    def __call__(cls, data: Any, requires_grad: bool = True) -> Any:
        from autograd.arrays.tensor import Tensor  # late: without NumPy there are modules of Values
        tensor = Tensor(data, requires_grad)
        register(tensor)
        return tensor

    def __instancecheck__(cls, x: object) -> bool:
        return is_parameter(x) and not isinstance(x, Value)


class Parameter(metaclass=_Word):
    """`Parameter(data)` is `Tensor(data, requires_grad=True)`, which is all a module looks for. It may be frozen.

    >>> from nn import Linear
    >>> isinstance(Parameter([1.0, 2.0]), Parameter), isinstance(Linear(1, 1).weight, Parameter)
    (True, True)
    """
