"""`Module`: something with parameters that can be called. It knows nothing of what its parts compute."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from autograd.core.carrying import remember_call
from autograd.core.graph import Node
from autograd.core.op import numpy
from autograd.core.value import Value

if TYPE_CHECKING:
    import numpy as np
    from typing_extensions import Self

    from autograd.arrays.tensor import Tensor

__all__ = ["Module", "is_parameter", "register"]

Parameter = Any                                     # a Value, or a Tensor that requires a gradient


class Module:
    """The base of layers, losses and models: write `forward`, keep parameters and modules in attributes.

    Parameters are found where they are kept, in attributes and in lists, tuples and dicts in attributes, and in the
    order they were put there, but a module's own before those of the modules in it, as in PyTorch; each once, however
    often it is shared. One that is frozen (`requires_grad = False`) stays a parameter, and is saved as one. In other
    collections (sets, deques, arrays of objects) none is looked for: that they are there is an error.

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
    _buffers: tuple[str, ...] = ()

    def __setattr__(self, name: str, part: Any) -> None:
        object.__setattr__(self, name, part)
        if isinstance(part, Node) and is_parameter(part):
            register(part)

    def forward(self, *inputs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}: write a forward method to make it callable")

    def __call__(self, *inputs: object, **options: object) -> Any:
        results = self.forward(*inputs, **options)
        remember_call(self, (*inputs, *options.values()) if options else inputs, results)
        return results

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Every parameter with the path that leads to it, as in "layers.0.weight"."""
        seen: set[int] = set()
        for name, part in self._parts():
            if is_parameter(part) and id(part) not in seen:
                seen.add(id(part))
                register(part)
                yield name, part

    def parameters(self) -> list[Parameter]:
        """The parameters, in the order they were registered."""
        return [parameter for _, parameter in self.named_parameters()]

    def register_buffer(self, name: str, tensor: Tensor) -> None:
        """Keep `tensor` as an attribute that is not trained but belongs to the state, such as a running mean."""
        self._buffers = (*self._buffers, name)
        setattr(self, name, tensor)

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """Every buffer with the path that leads to it."""
        for path, module in self.named_modules():
            for name in module._buffers:
                yield f"{path}.{name}" if path else name, getattr(module, name)

    def state_dict(self) -> dict[str, np.ndarray]:
        """A copy of every parameter's and buffer's numbers, by its path.

        For the same architecture the names and layouts are those of PyTorch, so that weights go both ways:
        `model.load_state_dict(torch_model.state_dict())`, and back by
        `torch_model.load_state_dict({name: torch.tensor(array) for name, array in model.state_dict().items()})`.

        >>> from autograd import Tensor
        >>> class Line(Module):
        ...     def __init__(self):
        ...         self.slope, self.shift = Value(2.0), Tensor([1.0], requires_grad=True)
        >>> Line().state_dict()
        {'slope': array(2.), 'shift': array([1.])}
        """
        array = numpy("state_dict").array
        return {name: array(part._data) for name, part in self._state()}

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """Take over the numbers `state_dict` gave, here or in PyTorch.

        Raises:
            ValueError: for missing or unexpected names, other shapes or dtypes, before anything is changed.
        """
        self.checked_state(state)()

    def checked_state(self, state: Mapping[str, object]) -> Callable[[], None]:
        """Check a state; returns a function that takes it over and cannot fail."""
        np, kind, own = numpy("load_state_dict"), type(self).__name__, dict(self._state())
        if not isinstance(state, Mapping):
            raise TypeError(f"{kind}: got a state of type {type(state).__name__}, expected a dict of arrays by name")
        self._refuse_torn_ties(state, np.array_equal)
        missing, unexpected = _listed(own.keys() - state.keys()), _listed(state.keys() - own.keys())
        if missing or unexpected:
            raise ValueError(f"{kind}: the state does not fit: " + "; ".join(
                ["missing " + missing] * bool(missing) + ["unexpected " + unexpected] * bool(unexpected)))
        new = []
        for name, part in own.items():
            array = np.array(np.asarray(state[name]))       # asarray first: PyTorch's tensors know no copy=
            shape, dtype = np.shape(part._data), np.asarray(part._data).dtype
            if array.shape != shape or array.dtype != dtype:
                raise ValueError(f"{kind}: {name} in the state is {array.dtype} of shape {array.shape}, "
                                 f"expected {dtype} of shape {shape}"
                                 + ("; convert it with .astype, or build the model in its dtype"
                                    if array.dtype != dtype else ""))
            new.append((part, array.item() if isinstance(part, Value) else array))

        def take_over() -> None:
            for part, data in new:
                part._data = data

        return take_over

    def _state(self) -> Iterator[tuple[str, Parameter]]:
        names: dict[str, Any] = {}
        parameters = ((name, part) for name, part in self._parts() if is_parameter(part))
        for name, part in (*parameters, *self.named_buffers()):     # one that is shared stands under each of its names
            if names.setdefault(name, part) is not part:
                raise ValueError(f"{type(self).__name__}: two parameters or buffers have the name {name!r}, and one "
                                 "would be lost; give a key without a dot, and no number as text, to one of them")
            yield name, part

    def _refuse_torn_ties(self, state: Mapping[str, Any], same: Callable[[Any, Any], bool]) -> None:
        first: dict[int, str] = {}
        for name, part in self._state():
            other = first.setdefault(id(part), name)
            if name != other and {name, other} <= state.keys() and not same(state[name], state[other]):
                raise ValueError(f"{type(self).__name__}: {other} and {name} are one parameter here, but differ in "
                                 "the state; make them equal there, or two parameters here")

    def buffers(self) -> Iterator[Tensor]:
        """Every buffer."""
        return (buffer for _, buffer in self.named_buffers())

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """This module, with the name "", and every module in it, each once."""
        yield "", self
        seen = {id(self)}
        for name, part in self._parts():
            if isinstance(part, Module) and id(part) not in seen:
                seen.add(id(part))
                yield name, part

    def _parts(self) -> Iterator[tuple[str, object]]:
        """What attributes hold, what that holds, and so on: (path, part), depth first, in order."""
        stack: list[tuple[str, object]] = [("", self)]
        entered: set[int] = set()
        while stack:
            path, part = stack.pop()
            if path:
                yield path, part
            if isinstance(part, Module):
                inside: Iterable[tuple[object, object]] = sorted(part._inside(), key=_holds_modules)
            elif isinstance(part, dict):
                inside = part.items()
            elif isinstance(part, (list, tuple)):
                inside = enumerate(part)
            else:
                _refuse_hidden(path, part)
                continue
            if id(part) not in entered:
                entered.add(id(part))
                stack += [(f"{path}.{key}" if path else str(key), child) for key, child in reversed(list(inside))]

    def _inside(self) -> Iterable[tuple[object, Any]]:
        """The parts this module looks for parameters and modules in, each with its step of the path."""
        return vars(self).items()

    def modules(self) -> Iterator[Module]:
        """This module and every module in it, each once."""
        return (module for _, module in self.named_modules())

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget every parameter's gradient, before the next backward pass adds to it.

        `set_to_none` is PyTorch's: a Tensor's gradient is None then, which means zero.
        """
        for parameter in self.parameters():
            if isinstance(parameter, Value):
                parameter.grad = 0.0
            else:
                parameter.zero_grad()

    def children(self) -> Iterator[Module]:
        """The modules directly in it."""
        return (module for _, module in self.named_children())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly in it, with their names."""
        names = dict(self.named_modules())
        inner = {name for name in names if name}
        for name in names:                          # those that stand in no other
            steps = name.split(".")
            if name and not any(".".join(steps[:i]) in inner for i in range(1, len(steps))):
                yield name, names[name]

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call `function` with every module in it, itself last: for initial weights. Returns itself.

        >>> from nn import Linear, Sequential, init
        >>> net = Sequential(Linear(2, 3), Linear(3, 1))
        >>> _ = net.apply(lambda module: init.zeros_(module.bias) if isinstance(module, Linear) else None)
        >>> net[1].bias.item()
        0.0
        """
        for _, module in reversed(list(self.named_modules())):
            function(module)
        return self

    def to(self, *target: Any, device: Any = None, dtype: Any = None) -> Self:
        """Parameters and buffers of floats in another dtype, in place; "cpu", the only device, changes nothing.

        Gradients are forgotten where numbers change. Returns itself.
        """
        for part in {id(part): part for _, part in self._state()}.values():
            if isinstance(part, Value):
                continue
            new = part.to(*target, device=device, dtype=dtype)
            if new is not part and part._data.dtype.kind == "f":
                part._data, part._grad = new._data, None
        return self

    def double(self) -> Self:
        """In float64, in place. Returns itself."""
        return self.to("float64")

    def float(self) -> Self:
        """In float32, in place. Returns itself."""
        return self.to("float32")

    def cpu(self) -> Self:
        """Itself: there is no other device."""
        return self

    def cuda(self, *_: object) -> Self:
        """Raise a ValueError: there is no such device."""
        raise ValueError("cuda: there is no device 'cuda' here, only 'cpu'; leave .cuda() out")

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Ask for gradients of its parameters, or, with False, freeze them: no optimiser moves them. Returns itself."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def train(self, mode: bool = True) -> Module:
        """Switch every module in it to training (or, with False, to evaluation). Returns itself."""
        for _, module in self.named_modules():
            module.training = bool(mode)
        return self

    def eval(self) -> Module:
        """Switch to evaluation: dropout off, running statistics used. Returns itself."""
        return self.train(False)

    def extra_repr(self) -> str:
        """What stands in the parentheses of its `repr`."""
        return ""

    def __repr__(self) -> str:
        return _described(self, ())

    def _repr_html_(self) -> str:
        from nn.displays import of_module
        return of_module(self)


def _described(module: Module, around: tuple[Module, ...]) -> str:
    """The text of a module, its parts indented below it; `around` are those it stands in, which it may contain too."""
    kind = type(module).__name__
    if any(module is outer for outer in around):
        return f"{kind}(…)"
    if type(module).__repr__ is not Module.__repr__:
        return repr(module)
    lines = []
    for key, part in module._inside():
        several = isinstance(part, (list, tuple)) and part and isinstance(part[0], Module)
        for name, child in enumerate(part) if several else [(key, part)] if isinstance(part, Module) else []:
            text = _described(child, (*around, module)) if isinstance(child, Module) else repr(child)
            lines.append(f"  ({name}): " + text.replace("\n", "\n  "))
    return "\n".join([f"{kind}({module.extra_repr()}", *lines, ")"]) if lines else f"{kind}({module.extra_repr()})"


def _holds_modules(attribute: tuple[object, object]) -> bool:
    part = attribute[1]
    inside = part.values() if isinstance(part, dict) else part if isinstance(part, (list, tuple)) else (part,)
    return any([isinstance(x, Module) for x in inside])


def _listed(names: Iterable[str]) -> str:
    """The names in order, the first five of them."""
    several = sorted(names)
    return ", ".join(several[:5]) + (f" and {len(several) - 5} more" if len(several) > 5 else "")


def is_parameter(part: object) -> bool:
    """Whether it is a leaf that requires a gradient, or did when a module first kept it: one that was frozen since."""
    return isinstance(part, Node) and part.op is None and (
        part.requires_grad or (part._notes is not None and "parameter" in part._notes))


def register(part: Any) -> None:
    """Remember of a leaf that it is a parameter, though it be frozen later."""
    if not isinstance(part, Value) and not (part._notes and "parameter" in part._notes):
        part._notes = {**(part._notes or {}), "parameter": True}


def _refuse_hidden(path: str, part: Any) -> None:
    """Raise TypeError for parameters and modules where no order, or no path, leads to them."""
    hidden = getattr(getattr(part, "dtype", None), "hasobject", False)
    fields = vars(part) if isinstance(part, SimpleNamespace) or hasattr(part, "__dataclass_fields__") else None
    if hidden or fields or (isinstance(part, Collection) and not isinstance(part, (Node, str, bytes, range))
                            and not hasattr(part, "dtype") and not isinstance(part, type)):
        inside = fields.values() if fields else part.flat if hidden else [
            *part, *(part.values() if isinstance(part, Mapping) else ())]
        if any([isinstance(x, Module) or is_parameter(x) for x in inside]):
            raise TypeError(f"{path}: a {type(part).__name__} with parameters or modules in it, where none are looked "
                            "for; keep them in a list or a dict")
    elif any([is_parameter(x) for x in getattr(part, "__dict__", {}).values()]):    # modules it may but refer to
        raise TypeError(f"{path}: a {type(part).__name__} with parameters in it, where none are looked for; make its "
                        "class a Module, or keep them in a list or a dict")
