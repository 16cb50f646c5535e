"""Optimisers: what to do with gradients. Then learning-rate schedules and gradient clipping.

An update rule is written once, on arrays; what it updates may be Values, Tensors, or the arrays of whatever is
`Trainable`, such as a `replay`. Nothing is allocated per step once the second one is done, and no array that a graph
may still read is ever written to (`_OfTensor` says how). The formulas, defaults and names are PyTorch's, so runs can be
compared. NumPy is imported when it is first needed: `SGD` of Values does without it.
"""

from __future__ import annotations

import math
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from decimal import Decimal
from inspect import signature
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Protocol, Union, runtime_checkable

from autograd.core.graph import Node
from autograd.core.names import meant
from autograd.core.numbers import number as as_number
from autograd.core.op import numpy
from autograd.core.value import Value
from nn.module import is_parameter

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    from autograd import Tensor

    Array: TypeAlias = NDArray[Any]
else:
    class _NumPy:
        """NumPy before anyone has asked for it: the first to ask puts the module in this one's place."""

        def __getattr__(self, name: str) -> object:
            global np
            np = numpy("nn.optim")
            return getattr(np, name)

    np = _NumPy()

__all__ = ["SGD", "Adam", "AdamW", "CosineAnnealingLR", "LambdaLR", "LinearLR", "Optimizer", "RMSprop", "Schedule",
           "StepLR", "Trainable", "clip_grad_norm_", "clip_grad_value_"]

State = dict[str, Any]                              # what is remembered from step to step, by name


# What can be updated. Each kind of parameter says where its numbers and gradients are and where to write new numbers.

@runtime_checkable
class Trainable(Protocol):
    """What owns arrays to be trained, as a `replay` does. An optimiser can be given it in place of parameters."""

    def trainable(self) -> Iterable[tuple[Array, Array]]:
        """Each array with the one its gradient appears in. An optimiser updates the first in place."""


# Nodes, or arrays with their gradients; of an optimiser, also groups of them, with options of their own.
Parameters = Union[Iterable[Union[Node, "tuple[Array, Array]", "Mapping[str, Any]"]], Trainable]


class _Parameters:
    """Numbers that are updated together, with what the rule remembers about them.

    Attributes:
        state: what the rule keeps from step to step (a velocity, a mean of squares), by name.
        steps: how many updates there were.
    """

    shape: tuple[int, ...]
    dtype: Any

    def __init__(self) -> None:
        self.state: State = {}
        self.steps = 0

    def owners(self) -> list[Any]:
        """The Values or the Tensor that are updated; none where they are arrays."""
        return []

    def read(self) -> tuple[Array, Array | None]:
        """The numbers and their gradient, or None for the gradient where there is none."""
        raise NotImplementedError

    def marks(self) -> list[int]:
        """By which its numbers are known again; and so in whatever order they are."""
        numbers = self.read()[0]
        return [zlib.crc32(np.ascontiguousarray(x).tobytes()) for x in (numbers, np.sort(numbers, axis=None))]

    def room(self, w: Array) -> Array:
        """Where the new numbers may be written: possibly over the old ones, `w`."""
        return w

    def write(self, out: Array) -> None:
        """Take `out` for the new numbers."""

    def zero_gradients(self) -> None:
        raise NotImplementedError

    def change_gradients(self, change: Callable[[Any], Any]) -> None:
        """Put `change(g)` in the place of each gradient, of an array or a number."""
        raise NotImplementedError

    def kept(self, name: str) -> Array:
        """The array the rule keeps under that name; zeros at first."""
        if name not in self.state:
            self.state[name] = np.zeros(self.shape, self.dtype)
        return self.state[name]                     # type: ignore[no-any-return]


class _OfValues(_Parameters):
    """All the Values of an optimiser, gathered into one array so that a thousand cost little more than one."""

    def __init__(self, values: list[Value]) -> None:
        super().__init__()
        self.values = values
        self.shape, self.dtype = (len(values),), "float64"

    def owners(self) -> list[Any]:
        return list(self.values)

    def read(self) -> tuple[Array, Array]:
        return np.array([v._data for v in self.values], float), np.array([v._grad for v in self.values], float)

    def write(self, out: Array) -> None:
        for v, number in zip(self.values, out.tolist()):
            v._data = number

    def zero_gradients(self) -> None:
        for v in self.values:
            v._grad = 0.0

    def change_gradients(self, change: Callable[[Any], Any]) -> None:
        for v in self.values:
            v._grad = float(change(v._grad))

    def kept_numbers(self, name: str) -> list[float]:
        """As `kept`, a list of floats."""
        numbers = self.state.setdefault(name, [0.0] * len(self.values))
        if type(numbers) is not list:               # it was loaded
            numbers = self.state[name] = numbers.tolist()
        return numbers                              # type: ignore[no-any-return]


class _OfTensor(_Parameters):
    """One Tensor, which has two buffers that change places at each step.

    The forward pass saved the array the tensor holds, and a graph that still lives may go backward once more. So the
    new numbers go to another buffer: the one the tensor held a step earlier, provided nothing refers to it any more.
    The reference count knows: a graph, a view, a detached handle, anything that could read the buffer counts in it.
    If something does refer to it, a new buffer is allocated and the old one left in peace.
    """

    def __init__(self, tensor: Tensor) -> None:
        super().__init__()
        self.tensor = tensor
        self.spare: Array | None = None
        self.shape, self.dtype = tensor._data.shape, tensor._data.dtype

    def owners(self) -> list[Any]:
        return [self.tensor]

    def read(self) -> tuple[Array, Array | None]:
        w, g = self.tensor._data, self.tensor._grad
        return np.asarray(w), None if g is None else np.asarray(g)

    def room(self, w: Array) -> Array:
        spare = self.spare is not None and _references(self) == _ALONE
        return self.spare if spare else np.empty(self.shape, self.dtype)       # type: ignore[return-value]

    def write(self, out: Array) -> None:
        old = self.tensor._data
        own = type(old) is np.ndarray and old.base is None and old.flags.writeable
        self.tensor._data, self.spare = out, old if own else None       # a view's memory is not ours to write to

    def zero_gradients(self) -> None:
        self.tensor._grad = None

    def change_gradients(self, change: Callable[[Any], Any]) -> None:
        g = self.tensor._grad                       # somebody may hold the old one
        self.tensor._grad = None if g is None else change(g).astype(self.dtype, copy=False)


class _OfArray(_Parameters):
    """An array and the array its gradient appears in, both belonging to somebody else: updated in place."""

    def __init__(self, data: Array, gradient: Array) -> None:
        super().__init__()
        self.data, self.gradient = data, gradient
        self.shape, self.dtype = data.shape, data.dtype

    def read(self) -> tuple[Array, Array]:
        return self.data, self.gradient

    def zero_gradients(self) -> None:
        self.gradient[...] = 0.0

    def change_gradients(self, change: Callable[[Any], Any]) -> None:
        self.gradient[...] = change(self.gradient)


def _references(holder: Any) -> int:
    return sys.getrefcount(holder.spare)


class _Holder:
    def __init__(self) -> None:
        self.spare = [0.0]


# What `_references` says of a buffer nobody else refers to (interpreters differ); -1 where it cannot be known.
_ALONE = _references(_Holder()) if hasattr(sys, "getrefcount") else -1


def _gather(name: str, parameters: Parameters) -> list[_Parameters]:
    """What `parameters` are, checked: of the right kind, at least one, none twice."""
    if isinstance(parameters, Node) or _is_array(parameters):
        raise TypeError(f"{name}: got a single {type(parameters).__name__}, expected a list of parameters; "
                        "write [parameter] or model.parameters()")
    if callable(getattr(parameters, "parameters", None)):
        raise TypeError(f"{name}: got a {type(parameters).__name__}, expected its parameters; "
                        "write model.parameters()")
    if parameters is None:
        raise TypeError(f"{name}: got None, expected a list of parameters, as model.parameters() gives")
    if isinstance(parameters, (set, frozenset)):
        raise TypeError(f"{name}: got a set, whose order is another in every run; expected a list")
    listed = list(parameters.trainable() if isinstance(parameters, Trainable) else parameters)
    if not listed:
        raise ValueError(f"{name}: got no parameters")
    if len({id(p) for p in listed}) != len(listed):
        raise ValueError(f"{name}: a parameter is listed twice, and would be updated twice")
    values = [p for p in listed if isinstance(p, Value)]
    gathered: list[_Parameters] = [_OfValues(values)] if values else []
    for p in listed:
        if isinstance(p, Node) and is_parameter(p):     # one that is frozen has no gradient, and stays as it is
            if not isinstance(p, Value):
                gathered.append(_OfTensor(p))       # type: ignore[arg-type]
        elif isinstance(p, tuple) and len(p) == 2 and all(map(_is_array, p)):
            gathered.append(_of_array(name, *p))
        else:
            what = f"the result of {p.op.name}" if isinstance(p, Node) and p.op is not None else repr(p)
            raise TypeError(f"{name}: {what} is not a parameter; expected Values, Tensors with requires_grad=True, "
                            "or pairs (array, gradient array)")
    arrays = [p.data for p in gathered if isinstance(p, _OfArray)]
    for i, x in enumerate(arrays):
        if any(np.may_share_memory(x, y) for y in arrays[:i]):
            raise ValueError(f"{name}: two of the arrays share memory, which would be updated twice")
    return gathered


def _is_array(x: object) -> bool:
    return sys.modules.get("numpy") is not None and isinstance(x, np.ndarray)


def _of_array(name: str, data: Array, gradient: Array) -> _OfArray:
    if data.dtype.kind != "f" or not data.flags.writeable:
        raise TypeError(f"{name}: got an array of {data.dtype}{'' if data.flags.writeable else ', read-only'}; "
                        "expected floats that may be written to")
    if gradient.shape != data.shape:
        raise ValueError(f"{name}: got a gradient of shape {gradient.shape} for an array of shape {data.shape}; "
                         "they must agree")
    return _OfArray(data, gradient)


def _number(name: str, what: str, x: object, below: float = math.inf) -> float:
    """`x` if it is a number from 0 to less than `below`, else an error."""
    if isinstance(x, (bool, Value)) or not isinstance(x, (Real, Decimal)):
        raise TypeError(f"{name}: got {what}={x!r} of type {type(x).__name__}, expected a number")
    plain = as_number(x, name)                      # 10 ** 400 is inf
    if not 0.0 <= plain < below:
        limit = "a finite number that is not negative" if below == math.inf else f"a number from 0 to below {below:g}"
        raise ValueError(f"{name}: got {what}={plain}, expected {limit}")
    return plain


# The optimisers, in order of growing complexity.

class Optimizer:
    """The base: parameters, checked once; a learning rate; and `step`, which applies a subclass's `update`.

    Args:
        parameters: Values, Tensors that require a gradient, or pairs (array, gradient array), in any iterable; or
            what is `Trainable`, as a replay, whose arrays it then keeps up to date. Or a list of groups of them that
            go by options of their own, `{"params": parameters, "lr": 0.1}`: what a group does not say, the others do.
        lr: the learning rate; may be assigned to at any time, which is what schedules do.

    Raises:
        TypeError: if `parameters` is a single parameter rather than a list, or holds something that is not one.
        ValueError: if it is empty, names a parameter twice, or lr is negative, infinite or nan.
    """

    options: tuple[str, ...] = ("lr",)              # the hyperparameters: what a checkpoint stores beside the state
    _parts: tuple[Optimizer, ...]                   # one for each group, if there are groups
    _parameters: list[_Parameters]

    def __new__(cls, parameters: Any = (), *given: Any, **options: Any) -> Optimizer:
        optimizer = super().__new__(cls)
        optimizer._parts = ()
        if isinstance(parameters, (list, tuple)) and parameters and all([isinstance(x, Mapping) for x in parameters]):
            names = [name for name in signature(cls.__init__).parameters if name not in ("self", "parameters")]
            said = {**dict(zip(names, given)), **options}
            optimizer._parts = tuple([_of_group(cls, group, said) for group in parameters])
        return optimizer

    def __init__(self, parameters: Parameters, lr: float) -> None:
        name = type(self).__name__
        self._lr = _number(name, "lr", lr)
        self._parameters = [p for part in self._parts for p in part._parameters] or _gather(name, parameters)
        if len({id(owner) for owner in self.owners()}) != len(self.owners()):
            raise ValueError(f"{name}: a parameter is listed in two groups, and would be updated twice")
        self._scratch: dict[np.dtype[Any], tuple[Array, Array]] = {}

    @property
    def lr(self) -> float:
        """The learning rate. Where there are groups, assigning one gives it to all of them."""
        return self._parts[0].lr if self._parts else self._lr

    @lr.setter
    def lr(self, lr: float) -> None:
        self._lr = _number(type(self).__name__, "lr", lr)
        for part in self._parts:
            part.lr = lr

    @property
    def parts(self) -> tuple[Optimizer, ...]:
        """An optimiser for each group of parameters; itself, where there are no groups."""
        return self._parts or (self,)

    def __repr__(self) -> str:
        n = len(self._parameters)
        options = ", ".join(f"{name}={getattr(self, name)}" for name in self.options)
        return f"{type(self).__name__}({n} parameter{'s' * (n != 1)}, {options})"

    def _repr_html_(self) -> str:
        from nn.displays import of_optimizer
        return of_optimizer(self)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, before the next backward pass adds to them. (`set_to_none` is PyTorch's.)"""
        for p in self._parameters:
            p.zero_gradients()

    def step(self) -> None:
        """Move every parameter that has a gradient. Raises ValueError for a gradient of another shape."""
        for part in self._parts:
            part.step()
        if self._parts:
            return
        ready = []
        for p in self._parameters:                  # all are looked at before any is changed
            if isinstance(p, _OfValues):
                continue
            w, g = p.read()
            if g is None:
                continue
            if g.shape != w.shape:
                raise ValueError(f"{type(self).__name__}: a parameter has shape {w.shape} and its gradient "
                                 f"{g.shape}; they must agree")
            ready.append((p, w, g))
        if type(first := self._parameters[0]) is _OfValues:         # all Values stand there
            first.steps += 1
            self.update_values(first)
        if ready:
            with np.errstate(all="ignore"):
                for p, w, g in ready:
                    p.steps += 1
                    out = p.room(w)
                    self.update(p, w, g, out)
                    p.write(out)

    def update_values(self, p: _OfValues) -> None:
        """`update` for all the Values together."""
        w, g = p.read()
        with np.errstate(all="ignore"):
            self.update(p, w, g, w)
        p.write(w)

    def update(self, p: _Parameters, w: Array, g: Array, out: Array) -> None:
        """Write the new numbers to `out`, given the old ones w and their gradient g; both are to be left unchanged.

        `out` may be w itself, so w must have been read for the last time when `out` is written.
        """
        raise NotImplementedError(f"{type(self).__name__}: write an update method")

    def scratch(self, like: Array) -> tuple[Array, Array]:
        """Two arrays of the shape and dtype of `like`, for results in between; shared by all parameters."""
        pair = self._scratch.get(like.dtype)
        if pair is None or pair[0].size < like.size:
            pair = self._scratch[like.dtype] = np.empty(like.size, like.dtype), np.empty(like.size, like.dtype)
        return pair[0][: like.size].reshape(like.shape), pair[1][: like.size].reshape(like.shape)

    @property
    def param_groups(self) -> list[MutableMapping[str, Any]]:
        """PyTorch's way to the options: for each group `params` and each option by its name, to read and to set.

        >>> w = Value(1.0); optimizer = SGD([w], lr=0.1)
        >>> for group in optimizer.param_groups:
        ...     group["lr"] = 0.5
        >>> optimizer.lr
        0.5
        """
        return [_Group(part) for part in self.parts]

    def owners(self) -> list[Any]:
        """The Values and Tensors it updates, in the order of its state."""
        return [owner for p in self._parameters for owner in p.owners()]

    def settings(self) -> dict[str, Any]:
        """The options, by name."""
        return {name: getattr(self, name) for name in self.options}

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on as if never interrupted: kind, options, steps, and a copy of the state."""
        groups = {"groups": [part.settings() for part in self._parts]} if self._parts else {}
        return {"kind": type(self).__name__, "options": self.settings(), **groups,
                "steps": [p.steps for p in self._parameters], "numbers": [p.marks() for p in self._parameters],
                "arrays": {f"{i}.{name}": np.array(array) for i, p in enumerate(self._parameters)
                           for name, array in p.state.items()}}

    def load_state_dict(self, state: State) -> None:
        """Take over what `state_dict` gave. Raises ValueError, before anything is changed, if it does not fit."""
        self.checked_state(state)()

    def checked_state(self, state: State) -> Callable[[], None]:
        """Check a state; returns a function that takes it over and cannot fail."""
        name = type(self).__name__
        try:
            kind, options, steps, arrays = (state[key] for key in ("kind", "options", "steps", "arrays"))
        except (KeyError, TypeError):
            raise ValueError(f"{name}: got {type(state).__name__}, expected what {name}.state_dict() gives") from None
        if kind != name:
            raise ValueError(f"{name}: the state is that of another optimiser, {kind}")
        if set(options) != set(self.options) or len(steps) != len(self._parameters):
            raise ValueError(f"{name}: the state has options {sorted(options)} and {len(steps)} parameters, expected "
                             f"{sorted(self.options)} and {len(self._parameters)}")
        groups = state.get("groups", [])
        if len(groups) != len(self._parts):
            raise ValueError(f"{name}: the state is of {len(groups)} groups of parameters, expected {len(self._parts)}")
        for said in (options, *groups):
            type(self)([Value(0.0)], **said)        # raises if an option is out of range
        self._refuse_others(state.get("numbers"))
        states: list[State] = [{} for _ in self._parameters]
        for path, array in arrays.items():
            i, _, key = path.partition(".")
            if not (i.isdecimal() and int(i) < len(states)):
                raise ValueError(f"{name}: the state has {path!r} for {len(states)} parameters")
            p = self._parameters[int(i)]
            if array.shape != p.shape or array.dtype != p.dtype:
                raise ValueError(f"{name}: {path} is {array.dtype} of shape {array.shape}, expected {p.dtype} of "
                                 f"shape {p.shape}")
            states[int(i)][key] = array.copy()

        def take_over() -> None:
            for part, said in zip((self, *self._parts), (options, *groups)):
                for key, x in said.items():
                    setattr(part, key, tuple(x) if isinstance(x, list) else x)
            for p, count, arrays_ in zip(self._parameters, steps, states):
                p.steps, p.state = count, arrays_

        return take_over


    def _refuse_others(self, then: list[list[int]] | None) -> None:
        """Raise where a parameter holds the numbers that another held when the state was made: they were exchanged."""
        firsts = [marks[0] for marks in then or []]
        for i, (p, marks) in enumerate(zip(self._parameters, then or [])):
            first, sorted_ = p.marks()
            if first != marks[0] and (first in firsts or sorted_ == marks[1]):
                raise ValueError(f"{type(self).__name__}: parameter {i} holds the numbers that another one had when "
                                 "the state was made; give the optimiser its parameters in the order they had then")


def _of_group(kind: type[Optimizer], group: Mapping[str, Any], said: dict[str, Any]) -> Optimizer:
    """The optimiser of one group: with its own options, or else what was said for all."""
    unknown = [key for key in group if key not in ("params", *kind.options)]
    if "params" not in group or unknown:
        raise ValueError(f"{kind.__name__}: got a group with {', '.join(map(repr, group)) or 'nothing'}, expected "
                         f"'params' and options among {', '.join(kind.options)}")
    listed = [group["params"]] if isinstance(group["params"], Node) else group["params"]
    return kind(listed, **{**said, **{key: x for key, x in group.items() if key != "params"}})


class _Group(MutableMapping[str, Any]):
    """An optimiser's parameters and options, as PyTorch hands them out."""

    def __init__(self, optimizer: Optimizer) -> None:
        self._optimizer = optimizer

    def __getitem__(self, key: str) -> Any:
        if key == "params":
            return self._optimizer.owners()
        if key not in self._optimizer.options:
            raise KeyError(key)
        return getattr(self._optimizer, key)

    def __setitem__(self, key: str, x: Any) -> None:
        if key not in self._optimizer.options:
            raise KeyError(f"{type(self._optimizer).__name__} has no option {key!r}; it has "
                           f"{', '.join(self._optimizer.options)}")
        type(self._optimizer)([Value(0.0)], **{**self._optimizer.settings(), key: x})       # raises if out of range
        setattr(self._optimizer, key, x)

    def __delitem__(self, key: str) -> None:
        raise TypeError(f"{type(self._optimizer).__name__}: an option can't be deleted")

    def __iter__(self) -> Iterator[str]:
        return iter(("params", *self._optimizer.options))

    def __len__(self) -> int:
        return 1 + len(self._optimizer.options)

    def __repr__(self) -> str:
        return repr(dict(self))


class SGD(Optimizer):
    """Gradient descent: v ← momentum·v + g, w ← w − lr·v; without momentum, w ← w − lr·g.

    Args:
        momentum: how much of the last step's velocity remains, from 0 to below 1.
        nesterov: step along g + momentum·v, the velocity one step ahead (Sutskever et al., 2013).
        weight_decay: λ, adds λ·w to the gradient.

    >>> w = Value(1.0); (w * w).backward()
    >>> SGD([w], lr=0.1).step(); w.data
    0.8
    """

    options = ("lr", "momentum", "nesterov", "weight_decay")

    def __init__(self, parameters: Parameters, lr: float = 1e-3, momentum: float = 0.0, nesterov: bool = False,
                 weight_decay: float = 0.0) -> None:
        super().__init__(parameters, lr)
        self.momentum = _number("SGD", "momentum", momentum, below=1.0)
        self.weight_decay = _number("SGD", "weight_decay", weight_decay)
        self.nesterov = bool(nesterov)
        if self.nesterov and not self.momentum:
            raise ValueError("SGD: nesterov needs a momentum above 0")

    def update(self, p: _Parameters, w: Array, g: Array, out: Array) -> None:
        a, b = self.scratch(w)
        if self.weight_decay:
            g = np.add(g, np.multiply(w, self.weight_decay, out=a), out=a)
        if self.momentum:
            v = p.kept("momentum_buffer")
            np.multiply(v, self.momentum, out=v)
            np.add(v, g, out=v)
            g = np.add(g, np.multiply(v, self.momentum, out=b), out=a) if self.nesterov else v
        np.subtract(w, np.multiply(g, self.lr, out=b), out=out)

    def update_values(self, p: _OfValues) -> None:
        if type(self).update is not SGD.update:     # a rule of somebody's own
            super().update_values(p)
            return
        gradients = [v._grad for v in p.values]     # the same formula on floats, which gives the same bits
        if decay := self.weight_decay:
            gradients = [g + v._data * decay for v, g in zip(p.values, gradients)]
        if momentum := self.momentum:
            kept = p.kept_numbers("momentum_buffer")
            kept[:] = [v * momentum + g for v, g in zip(kept, gradients)]
            gradients = [g + v * momentum for v, g in zip(kept, gradients)] if self.nesterov else kept
        lr = self.lr
        for v, g in zip(p.values, gradients):
            v._data -= g * lr


class RMSprop(Optimizer):
    """w ← w − lr·g/(√s + ε), with s a running mean of g²: steps of like size whatever the gradient's (Hinton, 2012).

    Args:
        alpha: how much of the running mean remains at each step, from 0 to below 1.
        eps: ε, what keeps the quotient finite.
        weight_decay: λ, adds λ·w to the gradient.
        momentum: as in SGD, of the quotient.
        centered: divide by the running standard deviation instead: √(s − m²), m a running mean of g.
    """

    options = ("lr", "alpha", "eps", "weight_decay", "momentum", "centered")

    def __init__(self, parameters: Parameters, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
                 weight_decay: float = 0.0, momentum: float = 0.0, centered: bool = False) -> None:
        super().__init__(parameters, lr)
        self.alpha = _number("RMSprop", "alpha", alpha, below=1.0)
        self.eps = _number("RMSprop", "eps", eps)
        self.weight_decay = _number("RMSprop", "weight_decay", weight_decay)
        self.momentum = _number("RMSprop", "momentum", momentum, below=1.0)
        self.centered = bool(centered)

    def update(self, p: _Parameters, w: Array, g: Array, out: Array) -> None:
        a, b = self.scratch(w)
        if self.weight_decay:
            g = np.add(g, np.multiply(w, self.weight_decay, out=a), out=a)
        s = p.kept("square_avg")
        _towards_square(s, g, self.alpha, b)
        if self.centered:
            m = p.kept("grad_avg")
            _towards(m, g, self.alpha, b)
            size = np.subtract(s, np.multiply(m, m, out=b), out=b)
        else:
            size = s
        size = np.add(np.sqrt(size, out=b), self.eps, out=b)
        quotient = np.divide(g, size, out=b)
        if self.momentum:
            v = p.kept("momentum_buffer")
            np.multiply(v, self.momentum, out=v)
            quotient = np.add(v, quotient, out=v)
        np.subtract(w, np.multiply(quotient, self.lr, out=b), out=out)


class Adam(Optimizer):
    """w ← w − lr·m̂/(√ŝ + ε): running means m of g and s of g², freed of their bias towards 0 (Kingma and Ba, 2015).

    Args:
        betas: how much of m and of s remains at each step, each from 0 to below 1.
        eps: ε, what keeps the quotient finite.
        weight_decay: λ, adds λ·w to the gradient. (`AdamW` shrinks w itself, which is rarely what Adam's does.)

    >>> from autograd import Tensor
    >>> w = Tensor([1.0, -2.0], requires_grad=True); (w ** 2).sum().backward()
    >>> Adam([w], lr=0.1).step(); print(w.data)
    tensor([ 0.9, -1.9])
    """

    options = ("lr", "betas", "eps", "weight_decay")

    def __init__(self, parameters: Parameters, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0.0) -> None:
        name = type(self).__name__
        super().__init__(parameters, lr)
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise TypeError(f"{name}: got betas={betas!r}, expected two numbers")
        self.betas = tuple(_number(name, "beta", beta, below=1.0) for beta in betas)
        self.eps = _number(name, "eps", eps)
        self.weight_decay = _number(name, "weight_decay", weight_decay)

    def update(self, p: _Parameters, w: Array, g: Array, out: Array) -> None:
        a, b = self.scratch(w)
        if self.weight_decay:
            g = np.add(g, np.multiply(w, self.weight_decay, out=a), out=a)
        self.adapt(p, w, g, out, b)

    def adapt(self, p: _Parameters, w: Array, g: Array, out: Array, b: Array) -> None:
        """The step along m̂/(√ŝ + ε); `b` is for results in between."""
        beta1, beta2 = self.betas
        m, s = p.kept("exp_avg"), p.kept("exp_avg_sq")
        _towards(m, g, beta1, b)
        _towards_square(s, g, beta2, b)
        np.sqrt(s, out=b)
        np.divide(b, math.sqrt(1.0 - beta2 ** p.steps), out=b)
        np.add(b, self.eps, out=b)
        np.divide(m, b, out=b)
        np.subtract(w, np.multiply(b, self.lr / (1.0 - beta1 ** p.steps), out=b), out=out)


class AdamW(Adam):
    """Adam with decoupled weight decay: w shrinks by lr·λ·w, apart from Adam's step (Loshchilov and Hutter, 2019)."""

    def __init__(self, parameters: Parameters, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 1e-2) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def update(self, p: _Parameters, w: Array, g: Array, out: Array) -> None:
        a, b = self.scratch(w)
        self.adapt(p, np.multiply(w, 1.0 - self.lr * self.weight_decay, out=a), g, out, b)


def _towards(mean: Array, g: Array, keep: float, work: Array) -> None:
    """mean ← keep·mean + (1 − keep)·g, in place."""
    np.multiply(mean, keep, out=mean)
    np.add(mean, np.multiply(g, 1.0 - keep, out=work), out=mean)


def _towards_square(mean: Array, g: Array, keep: float, work: Array) -> None:
    """mean ← keep·mean + (1 − keep)·g², in place."""
    np.multiply(mean, keep, out=mean)
    np.add(mean, np.multiply(np.multiply(g, g, out=work), 1.0 - keep, out=work), out=mean)


# Schedules: the learning rate as a function of how many steps were taken.

class Schedule:
    """The base: optimizer.lr = (its lr at the start) · `factor(t)`, with t counted by `step()`; each group's its own.

    Args:
        warmup: for so many steps the rate first rises in a straight line; the schedule itself begins after them.

    >>> optimizer = SGD([Value(0.0)], lr=1.0)
    >>> schedule = StepLR(optimizer, step_size=2, gamma=0.1, warmup=2)
    >>> rates = []
    >>> for _ in range(6):
    ...     rates.append(round(optimizer.lr, 3)); schedule.step()
    >>> rates
    [0.5, 1.0, 1.0, 1.0, 0.1, 0.1]
    """

    def __init__(self, optimizer: Optimizer, warmup: int = 0) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}: got a {type(optimizer).__name__}, expected an optimiser")
        self.optimizer = optimizer
        self.base_lrs = [part.lr for part in optimizer.parts]
        self.warmup = _count(type(self).__name__, "warmup", warmup, 0)
        self.t = 0
        self._set()

    def factor(self, t: int) -> float:
        """What the initial learning rate is multiplied by after t steps (not counting those of the warm-up)."""
        raise NotImplementedError(f"{type(self).__name__}: write a factor method")

    def step(self) -> None:
        """Count one step, to be called after the optimiser's own, and set the learning rate."""
        self.t += 1
        self._set()

    def _set(self) -> None:
        warm = self.t < self.warmup
        for i, part in reversed([*enumerate(self.optimizer.parts)]):    # at the end base_lr is the first's
            self.base_lr = self.base_lrs[i]
            part.lr = self.base_lr * ((self.t + 1) / self.warmup if warm else self.factor(self.t - self.warmup))

    def state_dict(self) -> State:
        """Where it is, as plain numbers."""
        groups = {"base_lrs": list(self.base_lrs)} if len(self.base_lrs) > 1 else {}
        return {"t": self.t, "base_lr": self.base_lr, **groups}

    def load_state_dict(self, state: State) -> None:
        """Go on from there."""
        t, rates = _count("Schedule", "t", state["t"], 0), state.get("base_lrs", [state["base_lr"]])
        if len(rates) != len(self.base_lrs):
            raise ValueError(f"{type(self).__name__}: the state is of {len(rates)} groups of parameters, expected "
                             f"{len(self.base_lrs)}")
        self.t, self.base_lrs = t, [_number("Schedule", "base_lr", rate) for rate in rates]
        self._set()


class LambdaLR(Schedule):
    """The rate times `lr_lambda(t)`, any function of the steps taken."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float], warmup: int = 0) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer, warmup)

    def factor(self, t: int) -> float:
        return self.lr_lambda(t)


class StepLR(Schedule):
    """The rate times gamma after every `step_size` steps."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, warmup: int = 0) -> None:
        self.step_size = _count("StepLR", "step_size", step_size, 1)
        self.gamma = _number("StepLR", "gamma", gamma)
        super().__init__(optimizer, warmup)

    def factor(self, t: int) -> float:
        return float(self.gamma ** (t // self.step_size))


class LinearLR(Schedule):
    """The rate from `start_factor` to `end_factor` times itself in a straight line over `total_iters` steps."""

    def __init__(self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0,
                 total_iters: int = 5, warmup: int = 0) -> None:
        self.start_factor = _number("LinearLR", "start_factor", start_factor)
        self.end_factor = _number("LinearLR", "end_factor", end_factor)
        self.total_iters = _count("LinearLR", "total_iters", total_iters, 1)
        super().__init__(optimizer, warmup)

    def factor(self, t: int) -> float:
        return self.start_factor + (self.end_factor - self.start_factor) * min(t / self.total_iters, 1.0)


class CosineAnnealingLR(Schedule):
    """The rate down to `eta_min` along half a cosine over `T_max` steps, then constant (Loshchilov, Hutter, 2017)."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, warmup: int = 0) -> None:
        self.T_max = _count("CosineAnnealingLR", "T_max", T_max, 1)
        self.eta_min = _number("CosineAnnealingLR", "eta_min", eta_min)
        super().__init__(optimizer, warmup)

    def factor(self, t: int) -> float:
        if self.base_lr == 0.0:
            return 0.0
        lowest = self.eta_min / self.base_lr
        return lowest + (1.0 - lowest) * (1.0 + math.cos(math.pi * min(t / self.T_max, 1.0))) / 2.0


def _count(name: str, what: str, n: object, least: int) -> int:
    if isinstance(n, bool) or not isinstance(n, Integral):
        raise TypeError(f"{name}: got {what}={n!r}, expected a whole number")
    if n < least:
        raise ValueError(f"{name}: got {what}={n}, expected at least {least}")
    return int(n)


# Clipping.

def clip_grad_norm_(parameters: Parameters, max_norm: float, norm_type: float = 2.0,
                    error_if_nonfinite: bool = False) -> float:
    """Scale all gradients by one factor so that their norm, taken over all of them together, is at most `max_norm`.

    Args:
        parameters: as for an optimiser.
        norm_type: 2 for the Euclidean norm, or any p ≥ 1; math.inf for the largest absolute value.

    Returns the norm there was before. If that is not finite, no factor would help: the gradients stay as they are, or
    with `error_if_nonfinite` a ValueError is raised.

    >>> from autograd import Tensor
    >>> w = Tensor([0.0, 0.0], requires_grad=True); (w * Tensor([3.0, 4.0])).sum().backward()
    >>> clip_grad_norm_([w], 1.0), w.grad.numpy().round(3).tolist()
    (5.0, [0.6, 0.8])
    """
    max_norm = _number("clip_grad_norm_", "max_norm", max_norm)
    if not isinstance(norm_type, (int, float)):
        raise TypeError(f"clip_grad_norm_: got norm_type={norm_type!r}, expected a number from 1 to infinity")
    if not norm_type >= 1:
        raise ValueError(f"clip_grad_norm_: got norm_type={norm_type}, expected a number from 1 to infinity")
    gathered = _gather("clip_grad_norm_", parameters)
    gradients = [g for g in (p.read()[1] for p in gathered) if g is not None]
    norm = _norm([_norm([g], norm_type) for g in gradients], norm_type)
    if not math.isfinite(norm):
        if error_if_nonfinite:
            raise ValueError(f"clip_grad_norm_: the norm of the gradients is {norm}")
        return norm
    factor = max_norm / (norm + 1e-6)               # PyTorch's guard against 0/0; it makes the result a hair smaller
    if factor < 1.0:
        with np.errstate(all="ignore"):
            for p in gathered:
                p.change_gradients(lambda g: g * factor)
    return norm


def clip_grad_value_(parameters: Parameters, clip_value: float) -> None:
    """Every number in every gradient made at most `clip_value`, and at least −clip_value. An infinite one too.

    >>> w = Value(1.0); (w * 50.0).backward()
    >>> clip_grad_value_([w], 5.0); w.grad
    5.0
    """
    limit = _number("clip_grad_value_", "clip_value", clip_value)
    for p in _gather("clip_grad_value_", parameters):
        p.change_gradients(lambda g: np.clip(g, -limit, limit))


def _norm(arrays: Sequence[Array | float], norm_type: float) -> float:
    """The norm of all the numbers in `arrays` together: of the largest times that of the rest in units of it."""
    flat = np.concatenate([np.ravel(x) for x in arrays]) if arrays else np.zeros(0)
    largest = float(np.abs(flat).max(initial=0.0))
    if largest == 0.0 or not math.isfinite(largest) or norm_type == math.inf:
        return largest
    scaled = np.abs(flat.astype(np.float64) / largest)      # so that no power over- or underflows
    return largest * float((scaled ** norm_type).sum() ** (1.0 / norm_type))


def __getattr__(name: str) -> object:
    raise AttributeError(f"module 'nn.optim' has no {name!r}; it has {', '.join(__all__)}{meant(name, __all__)}")
