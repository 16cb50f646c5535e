"""What micrograd's own code writes on a Value: its constructor's arguments, `_prev`, `_op`, `_backward`; and its notes.

In micrograd a node is `Value(data, (a, b), "*")` and gets a function `_backward` that adds to the gradients of a and b.
Such a node is a node here too: the backward pass calls the function where others multiply by local derivatives.
Nobody knows those derivatives, so what needs them (replay, source, higher derivatives) refuses the node by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NoReturn
from weakref import WeakSet

from autograd.core.op import Op

__all__ = ["ByHand", "give_inputs", "steps_by_hand"]

Step = Callable[[], None]
steps_by_hand: WeakSet[Op] = WeakSet()              # of the nodes with such a step, those that live


class _ByHand(Op):
    """The op of a node whose way back somebody wrote by hand."""

    __slots__ = ("__weakref__",)

    def pulled(self, *_: Any) -> NoReturn:
        raise unknown(self)


def unknown(op: Op) -> TypeError:
    """The error for who asks a derivative that nobody knows."""
    return TypeError(f"{op.symbol}: the step back from this node was written by hand, and its derivatives are not "
                     "known; for anything but backward() write it with autograd.extend.elementwise")


class _Steps:
    """Stands where a node keeps its local derivatives; to go through it is to take the step back."""

    __slots__ = ("op", "step")

    def __init__(self, op: Op) -> None:
        self.op = op
        self.step: Step | None = None

    def __getitem__(self, key: Any) -> NoReturn:    # `Value.partials` asks so
        raise unknown(self.op)

    def __iter__(self) -> Iterator[float]:          # the pass goes through it beside the inputs, and gets none
        if self.step is None:
            raise ValueError("backward: a Value on the way was given inputs, but no _backward that says what they "
                             "receive; assign one, or make it with operators")
        self.step()
        yield from ()


def give_inputs(node: Any, children: Any, symbol: str) -> None:
    """Make a leaf the node with these inputs, in micrograd's way."""
    inputs = tuple(children)
    for x in inputs:
        if not isinstance(x, ByHand):
            raise TypeError(f"Value: got a {type(x).__name__} among _children, expected Values")
    if inputs:
        node.op = _ByHand("by_hand", _unknown, _unknown, symbol=str(symbol) or "by hand", methods=())
        steps_by_hand.add(node.op)
        node.op.arity = None
        node._a, node._da = inputs, _Steps(node.op)


def _unknown(*_: Any) -> float:
    return float("nan")


class ByHand:
    """micrograd's names on a Value."""

    __slots__ = ()

    @property
    def _prev(self) -> set[Any]:
        """The inputs."""
        return set(self.inputs)                     # type: ignore[attr-defined]

    @property
    def _op(self) -> str:
        """The op's symbol: empty for a leaf."""
        return self.op.symbol if self.op is not None else ""        # type: ignore[attr-defined]

    @property
    def _backward(self) -> Step:
        """The step from this node to its inputs, as a function: it adds to their gradients."""
        this: Any = self
        if isinstance(this._da, _Steps):
            return this._da.step or _nothing

        def step() -> None:
            for x, part in zip(this.inputs, this.contributions(this._grad)):
                x._grad += part

        return step

    @_backward.setter
    def _backward(self, step: Step) -> None:
        this: Any = self
        if not isinstance(this._da, _Steps):
            what = "a leaf has no step back" if this.op is None else f"{this.op.name} knows its derivatives"
            raise AttributeError(f"_backward: {what}; to write a step by hand, name the inputs as micrograd does, "
                                 "Value(data, (a, b), 'op'), or give the op its derivatives with "
                                 "autograd.extend.elementwise")
        this._da.step = step


# What learners hang on a parameter, their optimisers above all. A Value has no room for just any name: a `__dict__`
# would take a third more memory (128 bytes for 96), a `__setattr__` twenty times as long where any attribute is set.
# A subclass has that room. These names lie where labels do, and cost nothing where they are not used.
OWN = ("m", "v", "s", "t", "u", "momentum", "velocity", "mom", "vel", "cache", "acc", "delta", "prev", "prev_grad",
       "rms", "avg", "momentum_buffer", "exp_avg", "exp_avg_sq", "square_avg", "sum_of_squares", "step", "steps", "lr",
       "name", "id", "idx", "index", "layer", "color", "tag", "note", "info", "visited", "depth", "frozen", "mask")


def _own(name: str) -> property:
    def get(self: Any) -> Any:
        try:
            return (self._notes or {})[name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}") from None

    def put(self: Any, x: object) -> None:
        self._notes = {**(self._notes or {}), name: x}

    return property(get, put, doc="Whatever you hang on it.")


for _name in OWN:
    setattr(ByHand, _name, _own(_name))


def _nothing() -> None:
    """Nothing to do."""
