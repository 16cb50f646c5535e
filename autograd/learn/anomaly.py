"""`detect_anomaly`: find the first number that is not finite, and say where it comes from and what helps.

The mode hands the engines a watcher, which looks at every node they make and goes through every backward pass before
them; no engine knows of this module.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FrameType

from autograd.core.graph import Gradients, Node, Use, back, topological
from autograd.core.modes import Mode, watcher
from autograd.core.op import Op, numpy
from autograd.learn.alike import Numbers, finite, has_nan, silence

__all__ = ["detect_anomaly"]

_HERE = Path(__file__).parent.parent                # of the package autograd
_OURS = (f"{_HERE}{os.sep}", f"{_HERE.parent / 'nn'}{os.sep}", "<autograd ")


class detect_anomaly(Mode):
    """Within it, the first result or gradient that turns inf or nan raises.

    The error, an `ArithmeticError`, names the op, its labels and input values, the line that called it, and a remedy
    where there is a usual one. Gradients are checked before any is assigned, so a failed backward pass changes none.

    >>> from autograd import Value
    >>> with detect_anomaly():
    ...     Value(0.0, label="p").log()
    Traceback (most recent call last):
    ArithmeticError: log: the result is -inf, from p = 0.0 (..., line 2)
        the log of a softmax or sigmoid that underflowed? use log_softmax, or a loss that takes logits
    """

    variable = watcher

    def setting(self) -> Anomalies:
        return watcher.get() or Anomalies()         # type: ignore[return-value]


class Anomalies:
    """Who watches for numbers that are not finite, and remembers which line made each node."""

    def __init__(self) -> None:
        self.origins: dict[int, tuple[Op | None, str | None]] = {}

    def made(self, node: Node) -> None:
        """Remember which line made `node`; raise if its data is not finite.

        An infinity that was an input's is not this op's doing: a mask of -inf may be meant. A nan never is.
        """
        self.origins[id(node)] = node.op, _caller()
        data = node._data
        if not finite(data) and (has_nan(data) or all([finite(x._data) or has_nan(x._data) for x in node.inputs])):
            raise ArithmeticError(self._message(node, f"the result is {_first_bad(data)}"))

    def back(self, root: Node, seed: object) -> None:
        """Go through the backward pass without assigning anything; raise at the first gradient that is not finite."""
        gradients: Gradients = {root: seed}
        with silence(seed):
            for use in back(topological(root), gradients):
                self.used(use)
        self.summed((node, g) for node, g in gradients.items() if node.op is None)

    def used(self, use: Use) -> None:
        """Raise if what a node passes to one of its inputs is not finite."""
        if not finite(use.contribution):
            raise ArithmeticError(self._message(
                use.by, f"the gradient it passes to {_name(use.node)} is {_first_bad(use.contribution)}"))

    def summed(self, leaves: Iterable[tuple[Node, Numbers]]) -> None:
        """Raise if what was finite added up to something that is not."""
        for node, gradient in leaves:
            if not finite(gradient):
                raise ArithmeticError(f"the gradients of {_name(node)} add up to {_first_bad(gradient)}")

    def _message(self, node: Node, what: str) -> str:
        assert node.op is not None
        op, where = self.origins.get(id(node), (None, None))
        place = f" ({where})" if op is node.op and where else ""
        inputs = ", ".join(f"{_name(x)} = {_brief(x)}" if x.label else _brief(x) for x in node.inputs)
        label = f" {node.label!r}" if node.label else ""
        remedy = node.op.remedy
        return f"{node.op.name}{label}: {what}, from {inputs}{place}" + (f"\n    {remedy}" if remedy else "")


def _name(x: Node) -> str:
    if x.label:
        return x.label
    return "an input" if x.op is None else f"the result of {x.op.name}"


def _brief(x: Node) -> str:
    if type(x._data) is float:
        return repr(x._data)
    np = numpy("detect_anomaly")
    text = np.array2string(np.asarray(x._data), precision=4, threshold=6, edgeitems=2).replace("\n", " ")
    return f"{text} of shape {x._data.shape}"


def _first_bad(data: Numbers) -> str:
    if type(data) is float:
        return f"{data}"
    np = numpy("detect_anomaly")
    array = np.asarray(data)
    positions = np.argwhere(np.isnan(array) if np.isnan(array).any() else np.isinf(array))
    value = float(array[tuple(positions[0])])
    return f"{value}" if array.ndim == 0 else f"{value} at {positions[0].tolist()}"


def _caller() -> str | None:
    """The innermost line that is not this project's own: the user's."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    return None if frame is None else f"{frame.f_code.co_filename}, line {frame.f_lineno}"
