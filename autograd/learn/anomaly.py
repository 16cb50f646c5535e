"""What `detect_anomaly` does: find the first number that is not finite, and say where it comes from and what helps.

Loaded when the mode is first used; the engines call the two checks while it is on, and nothing otherwise.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograd.core.graph import leaves
from autograd.core.modes import watching
from autograd.core.value import Value
from autograd.derivatives import Gradients, numbers, sweep

__all__ = ["check_backward", "check_forward", "check_sums", "checked_numbers"]

_HERE = Path(__file__).parent.parent                # of the package autograd
_OURS = (f"{_HERE}{os.sep}", f"{_HERE.parent / 'nn'}{os.sep}", "<autograd ")

_REMEDIES = {
    "log": "the log of a softmax or sigmoid that underflowed? use log_softmax, or a loss that takes logits",
    "div": "a denominator of 0, or one that underflowed? keep it away from 0: x / (y + eps)",
    "exp": "too large for exp? subtract the maximum first, as softmax, log_softmax and logsumexp do",
    "sqrt": "a root at 0 has an infinite slope: add a small eps inside it",
    "power": "a base of 0 or below with such an exponent? keep it positive, or make the exponent a constant",
    "power_by": "a base of 0 or below with such an exponent? keep it away from 0",
}


def check_forward(node: Any) -> None:
    """Remember which line made `node`; raise if its data is not finite.

    An infinity that was an input's is not this op's doing: a mask of -inf may be meant. A nan never is.
    """
    origins = watching()
    if origins is not None:
        origins[id(node)] = node.op, _caller()
    if not np.isfinite(node._data).all() and (
            np.isnan(node._data).any() or not any([np.isinf(x._data).any() for x in node.inputs])):
        raise ArithmeticError(_message(node, f"the result is {_first_bad(node._data)}"))


def check_backward(root: Any, seed: Any) -> None:
    """Go through the backward pass without assigning anything; raise at the first gradient that is not finite."""
    ends = [x for x in leaves(root) if isinstance(x, Value) or x.requires_grad]
    with np.errstate(all="ignore"):
        gradients = sweep([root], [seed], ends, checked_numbers)
    check_sums(ends, gradients)


def checked_numbers(node: Any, g: Any, wanted: Sequence[bool]) -> list[Any]:
    """The rule `numbers` of a sweep, which raises where what it gives is not finite."""
    parts = numbers(node, g, wanted)
    for x, part in zip(node.inputs, parts):
        if part is not None and not np.isfinite(part).all():
            raise ArithmeticError(_message(node, f"the gradient it passes to {_name(x)} is {_first_bad(part)}"))
    return parts


def check_sums(ends: Sequence[Any], gradients: Gradients) -> None:
    """Raise if what was finite added up to something that is not."""
    for x in ends:
        if id(x) in gradients and not np.isfinite(gradients[id(x)]).all():
            raise ArithmeticError(f"the gradients of {_name(x)} add up to {_first_bad(gradients[id(x)])}")


def _message(node: Any, what: str) -> str:
    op, where = (watching() or {}).get(id(node), (None, None))
    place = f" ({where})" if op is node.op and where else ""
    inputs = ", ".join(f"{_name(x)} = {_brief(x)}" if x.label else _brief(x) for x in node.inputs)
    label = f" {node.label!r}" if node.label else ""
    remedy = _REMEDIES.get(node.op.name)
    return f"{node.op.name}{label}: {what}, from {inputs}{place}" + (f"\n    {remedy}" if remedy else "")


def _name(x: Any) -> str:
    if x.label:
        return str(x.label)
    return "an input" if x.op is None else f"the result of {x.op.name}"


def _brief(x: Any) -> str:
    if isinstance(x, Value):
        return repr(x._data)
    text = np.array2string(np.asarray(x._data), precision=4, threshold=6, edgeitems=2).replace("\n", " ")
    return f"{text} of shape {x.shape}"


def _first_bad(data: Any) -> str:
    data = np.asarray(data)
    positions = np.argwhere(np.isnan(data) if np.isnan(data).any() else np.isinf(data))
    value = float(data[tuple(positions[0])])
    return f"{value}" if isinstance(data, np.ndarray) and data.ndim == 0 else f"{value} at {positions[0].tolist()}"


def _caller() -> str | None:
    """The innermost line that is not this project's own: the user's."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    return None if frame is None else f"{frame.f_code.co_filename}, line {frame.f_lineno}"
