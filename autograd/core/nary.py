"""Ops of any number of Values: `total`, one node for a sum, `dot`, one for what a neuron computes, log Σ exp.

An op here gives all its partial derivatives at once. For Tensors the same things are reductions; see `structural`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import mul
from typing import Any, TypeVar

from autograd.core import floats
from autograd.core.modes import active
from autograd.core.op import Op, Rule, times
from autograd.core.ops import exp
from autograd.core.value import Value

__all__ = ["DOT", "LARGEST", "LOGSUMEXP", "NARY", "SUM", "Nary", "dot", "dot_of", "dot_partials", "total"]

T = TypeVar("T")


class Nary(Op):
    """An op of any number of inputs: one function `(out, *inputs)` gives all its partial derivatives."""

    __slots__ = ("all_partials",)
    home = "autograd.core.nary", "NARY"

    def __init__(self, name: str, symbol: str, floats: Rule, all_partials: Callable[..., Sequence[Any]],
                 words: str = "") -> None:
        super().__init__(name, floats, floats, symbol=symbol, methods=(), words=words)
        self.arity = None
        self.all_partials = all_partials

    def slopes(self, out: object, *inputs: object) -> Sequence[Any]:
        return self.all_partials(out, *inputs)

    def pulled(self, needs: Sequence[bool], g: object, out: object, inputs: Sequence[object],
               rest: Sequence[object] = ()) -> Sequence[Any]:
        return [times(slope, g) if needed else None for needed, slope in zip(needs, self.slopes(out, *inputs))]

    def composed(self, *inputs: Value) -> Value | None:
        """The same by smaller ops, where the op is a whole layer: for who can work with those alone."""
        return None


class _Constant(Nary):
    """An op whose result counts as a constant. It is not in `NARY`: its derivative is no derivative."""

    __slots__ = ()
    home = "autograd.core.nary", "CONSTANTS"

    def pulled(self, needs: Sequence[bool], g: object, out: object, inputs: Sequence[object],
               rest: Sequence[object] = ()) -> Sequence[Any]:
        return [None] * len(inputs)


def dot_of(w: Sequence[object], x: Sequence[object]) -> Any:
    """Σ wᵢ·xᵢ."""
    return sum(map(mul, w, x))


def dot_partials(w: Sequence[T], x: Sequence[T]) -> Sequence[T]:
    """∂(Σ wᵢ·xᵢ)/∂wᵢ = xᵢ, for all the w, then ∂/∂xᵢ = wᵢ."""
    return (*x, *w)                                 # a tuple of floats is nothing for the garbage collector to visit


def _halves(wx: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    return wx[:len(wx) // 2], wx[len(wx) // 2:]


SUM = Nary("sum", "Σ", lambda *xs: sum(xs), lambda out, *xs: [1.0] * len(xs),
           words="every summand gets the sum's gradient")
DOT = Nary("dot", "Σ", lambda *wx: dot_of(*_halves(wx)), lambda out, *wx: dot_partials(*_halves(wx)),
           words="each factor gets the gradient times the other factor")


LOGSUMEXP = Nary("logsumexp", "LSE", lambda *xs: floats.logsumexp(xs), lambda out, *xs: [exp(x - out) for x in xs],
                 "each input gets its share, its softmax, of the gradient")
NARY = {"sum": SUM, "dot": DOT, "logsumexp": LOGSUMEXP}
LARGEST = _Constant("max", "max", lambda *xs: reduce(floats.maximum, xs), lambda out, *xs: (),
                    "for the gradient it counts as a constant: softmax does not change with it")
LARGEST.constant = True
CONSTANTS = {"max": LARGEST}


def total(values: Iterable[object]) -> Value:
    """The sum of any number of values as one node, where `sum(values)` makes a chain of additions.

    >>> total([Value(1.0), Value(2.0), 3.0]).data
    6.0
    """
    return Value.apply(SUM, *values)


def dot(weights: Sequence[Any], inputs: Sequence[Any]) -> Value:
    """Σ wᵢ·xᵢ as one node: what a neuron computes, without a node for every product and every sum.

    >>> w, x = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]
    >>> y = dot(w, x); y.backward(); y.data, w[0].grad, x[1].grad
    (11.0, 3.0, 2.0)
    """
    n = len(weights)
    if n != len(inputs):
        raise ValueError(f"dot: got {n} weights for {len(inputs)} inputs; there must be as many of both")
    nodes = (*weights, *inputs)
    try:                                            # straight away, for the time a neuron takes is mostly spent here
        xs = [v._data for v in nodes]
        w, x = xs[:n], xs[n:]
        out = dot_of(w, x)
    except (AttributeError, TypeError):             # numbers among the values, or what is neither
        return Value.apply(DOT, *nodes)
    if active or type(out) is not float:            # a mode to heed, or not values at all
        return Value.apply(DOT, *nodes)
    node: Value = Value.__new__(Value)
    node._data, node._grad, node.op = out, 0.0, DOT
    node._a, node._da = nodes, dot_partials(w, x)
    node._b = node._db = node._notes = None
    return node
