"""`gradcheck`: is a gradient right? It holds the backward pass against two witnesses that know only the forward pass.

The first is the central difference of the whole function. The second goes through its graph forwards, op by op, and
takes each op's movement along a direction from the op's forward function alone: it shares neither the table's
derivatives nor the order of the backward pass. Nothing in the engines imports this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.arrays.tensor import Tensor
from autograd.core.graph import Node, topological
from autograd.core.modes import enable_grad
from autograd.core.value import Value
from autograd.derivatives import grad
from autograd.learn.contributions import recomputed

if TYPE_CHECKING:
    from autograd.arrays.convert import Array
    from autograd.core.op import Rule

__all__ = ["GradcheckError", "gradcheck"]

Place = tuple[int, tuple[int, ...]]                 # which input, and which of its elements


class GradcheckError(AssertionError):
    """A gradient disagrees with a witness; the message says at which input, at which element, and both numbers."""


def gradcheck(f: Rule, inputs: object, order: int = 1, rtol: float = 1e-6, atol: float = 1e-7,
              step: float = 1e-5, full: int = 200) -> bool:
    """Check the derivatives of f(*inputs) that the engine computes; True, or an error that says where they are wrong.

    Args:
        f: takes the inputs, returns a node; the same at each call, and smooth at the inputs.
        inputs: a node or several: Values, or Tensors of float64. Tensors that require no gradient are constants.
        order: 1 for the gradient; 2 for the gradient and the gradient of the gradient.
        rtol, atol: they agree if |a − b| ≤ atol + rtol·max(|a|, |b|).
        step: how far the first witness moves each number, relative to its size where that is above 1.
        full: up to so many numbers every one is moved by itself; more are moved all together, in random directions.

    Raises:
        GradcheckError: for a gradient that disagrees with a witness.
        TypeError: for float32, whose rounding would hide any error.
        ValueError: for inputs or results that are not finite, for an f that returns something else when repeated, and
            for a step that is not positive or a negative tolerance.

    >>> gradcheck(lambda x, y: (x * y).tanh(), [Value(0.5), Value(-2.0)], order=2)
    True
    """
    if order not in (1, 2):
        raise ValueError(f"gradcheck: got order={order!r}, expected 1 or 2")
    if not (0.0 < step < np.inf and rtol >= 0.0 and atol >= 0.0):
        raise ValueError(f"gradcheck: got step={step}, rtol={rtol}, atol={atol}, "
                         "expected a step above 0 and tolerances from 0")
    given: list[Any] = [inputs] if isinstance(inputs, Node) or not isinstance(inputs, Iterable) else list(inputs)
    for position, x in enumerate(given):
        _refuse(x, f"input {position}")
    check = _Check(rtol, atol, step, full)
    numbers: list[Array] = [np.array(x._data, dtype=float) for x in given]
    moving = [i for i, x in enumerate(given) if x.requires_grad]
    if not moving:
        raise ValueError("gradcheck: no input requires a gradient; make them with requires_grad=True")
    labels = [x.label for x in given]
    kinds = [type(x) for x in given]

    def fresh(arrays: list[Array]) -> list[Value | Tensor]:
        return [Value(float(a), label) if kind is Value else Tensor(a, i in moving, label=label)
                for i, (a, kind, label) in enumerate(zip(arrays, kinds, labels))]

    with enable_grad(), np.errstate(all="ignore"):
        check.run("gradient", f, fresh, numbers, moving)
        if order == 2:
            def gradient(*nodes: object) -> Any:
                """One number that all first derivatives go into."""
                out = f(*nodes)
                parts = grad(out, [nodes[i] for i in moving], create_graph=True, grad_outputs=_weights(out))
                return sum((part * np.random.default_rng(i).uniform(0.5, 1.5, part.shape)).sum() if part.kind else part
                           for i, part in enumerate(parts))

            check.run("gradient of the gradient", gradient, fresh, numbers, moving)
    return True


class _Check:
    """The tolerances, and the comparison of one function's gradient with both witnesses."""

    def __init__(self, rtol: float, atol: float, step: float, full: int) -> None:
        self.rtol, self.atol, self.step, self.full = rtol, atol, step, full

    def run(self, what: str, f: Rule, fresh: Callable[[list[Array]], list[Value | Tensor]], numbers: list[Array],
            moving: list[int]) -> None:
        nodes = fresh(numbers)
        out = f(*nodes)
        _refuse(out, "the result of f")
        again = f(*fresh(numbers))
        if not np.array_equal(np.asarray(again._data), np.asarray(out._data)):
            raise ValueError("gradcheck: f returned something else when called again; make it repeatable, "
                             "by seeding what is random in it")
        wanted = [nodes[i] for i in moving]
        weights = _weights(out)
        gradients = [np.asarray(_array(g), dtype=float) for g in _gradients(out, wanted, weights)]
        for i, g in zip(moving, gradients):
            if g.shape != numbers[i].shape:
                raise GradcheckError(f"gradcheck: the {what} by input {i} has shape {g.shape}, "
                                     f"the input {numbers[i].shape}")
        order = topological(out)
        for along, place in self.directions(numbers, moving):
            engine = float(sum(np.sum(g * along[i]) for i, g in zip(moving, gradients)))
            difference, finer = [self.difference(f, fresh, numbers, along, weights, h)
                                 for h in (self.step, self.step / 4)]
            if np.isfinite(engine) and not np.isfinite(difference + finer):
                raise ValueError("gradcheck: f can't be checked here: a small step away it is not finite; check it at "
                                 "other inputs, farther from where its domain ends")
            if abs(difference - finer) > 0.5 * max(abs(difference), abs(finer)) > self.atol * 1e3:
                raise ValueError("gradcheck: f can't be checked here: over the steps that differences need it runs to "
                                 f"and fro (its slope seems {difference:.3g}, or with a quarter of the step "
                                 f"{finer:.3g}); check it at other inputs, nearer to 0")
            sharper = (16 * finer - difference) / 15            # without the error that goes with the step's square
            nearest = min(difference, sharper, key=lambda found: abs(found - engine))
            self.compare(what, place, engine, nearest, "the central difference", nodes)
            moved = _movement(order, {id(x): a for x, a in zip(nodes, along)})
            self.compare(what, place, engine, float(np.sum(weights * moved)), "the forward pass op by op", nodes)

    def difference(self, f: Callable[..., Any], fresh: Callable[..., Any], numbers: list[Any], along: list[Any],
                   weights: Any, step: float) -> float:
        """How f moves along a direction, by the central difference."""
        above, below = [np.asarray(f(*fresh([x + h * a for x, a in zip(numbers, along)]))._data, dtype=float)
                        for h in (step, -step)]
        return float(np.sum(weights * (above - below)) / (2 * step))

    def directions(self, numbers: list[Any], moving: list[int]) -> Iterator[tuple[list[Any], Place | None]]:
        """Where to move: (a direction for each input, (input, element) or None); relative to the numbers' size."""
        if sum(numbers[i].size for i in moving) <= self.full:
            for i in moving:
                for element in np.ndindex(numbers[i].shape):
                    along = [np.zeros(x.shape) for x in numbers]
                    along[i][element] = max(1.0, abs(float(numbers[i][element])))
                    yield along, (i, element)
            return
        random = np.random.default_rng(2)
        for _ in range(8):
            yield [np.where(random.random(x.shape) < 0.5, -1.0, 1.0) * np.maximum(1.0, abs(x)) if i in moving
                   else np.zeros(x.shape) for i, x in enumerate(numbers)], None

    def compare(self, what: str, place: Place | None, engine: float, witness: float, name: str,
                nodes: Sequence[Node]) -> None:
        if abs(engine - witness) <= self.atol + self.rtol * max(abs(engine), abs(witness)):     # a nan fails this
            return
        if place is None:
            where = "in a random direction over all inputs (pass full= larger to find the element)"
        else:
            i, element = place
            x = nodes[i]
            scale = max(1.0, abs(float(np.asarray(x._data)[element])))
            engine, witness = engine / scale, witness / scale
            where = f"by input {i}{f' ({x.label})' if x.label else ''}"
            where += f" at element {list(element)}" if element else ""
        raise GradcheckError(f"gradcheck: the {what} {where} is {engine!r}, but {name} says {witness!r}")


def _weights(out: Node) -> Any:
    """What to multiply the result by: different for each of its numbers, so that errors don't cancel."""
    if np.size(out._data) == 1:
        return np.ones(np.shape(out._data))
    return np.random.default_rng(0).uniform(0.5, 1.5, np.shape(out._data))


def _gradients(out: Any, wanted: Sequence[Value | Tensor], weights: Array) -> list[Any]:
    """By way of `backward`, since that is what is to be trusted."""
    for x in wanted:
        x.grad = None
    if out.requires_grad:
        out.backward(weights)
    return [np.zeros(np.shape(x._data)) if x._grad is None else x._grad for x in wanted]


def _movement(order: Sequence[Node], along: dict[int, Array]) -> Any:
    """How the last node of `order` moves when the leaves move `along`, each op's part from its forward function only.

    Fourth-order differences: (8·(f(h) − f(−h)) − (f(2h) − f(−2h))) / 12h.
    """
    h = 1e-3
    moved: dict[int, Any] = {}
    for node in order:
        if node.op is None:
            moved[id(node)] = along.get(id(node), np.zeros(np.shape(node._data)))
            continue
        inputs = node.inputs
        moving = [np.asarray(x._data).dtype.kind == "f" for x in inputs]        # places are integers, and stay
        arrays = [np.asarray(x._data, dtype=float if real else None) for x, real in zip(inputs, moving)]
        tangents = [moved[id(x)] if real else np.zeros(x.shape) for x, real in zip(inputs, moving)]
        size = max([1e-300, *(float(np.max(np.abs(t) / _reach(abs(x)), initial=0.0))
                              for t, x in zip(tangents, arrays))])
        total: Array | float = 0.0
        for multiple, factor in ((1, 8.0), (-1, -8.0), (2, -1.0), (-2, 1.0)):
            shifted = [x + multiple * (h / size) * t if real else x
                       for x, t, real in zip(arrays, tangents, moving)]
            out = recomputed(node, shifted)
            total = total + factor * np.asarray(out, dtype=float)
        moved[id(node)] = total / (12 * h / size)
    return moved[id(order[-1])]


def _reach(x: Array) -> Any:
    """How far, in thousandths, numbers of this size may be moved: by their own size, if they are not large."""
    return np.maximum(np.maximum(np.minimum(x, 1.0), 1e-5 * x), 1e-2)


def _refuse(x: object, what: str) -> None:
    if not isinstance(x, Node):
        raise TypeError(f"gradcheck: {what} is a {type(x).__name__}, expected a Value or a Tensor")
    dtype = np.asarray(x._data).dtype
    if x.requires_grad and dtype != np.float64:
        raise TypeError(f"gradcheck: {what} is {dtype}, whose rounding would hide an error; use float64")
    if not np.isfinite(np.asarray(x._data)).all():
        raise ValueError(f"gradcheck: {what} is not finite, so nothing can be compared: {x!r}")


def _array(g: Node | Array) -> Array:
    return g._data if isinstance(g, Node) else g
