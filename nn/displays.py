"""How modules and optimisers show themselves in a notebook."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from autograd.core.value import Value
from autograd.learn.alike import norm
from autograd.see.display import card, note, pairs, table
from autograd.see.telling import number_text

if TYPE_CHECKING:
    from nn.module import Module
    from nn.optim import Optimizer

__all__ = ["of_module", "of_optimizer"]

MOST = 40                                           # rows; what a large model has beyond them is summed up in one


def of_module(module: Module) -> str:
    """Its parameters: names, shapes, how many numbers, and the norm of the gradient, which 'none' stands in for."""
    rows, count, slope = [], 0, 0.0
    for name, several in _groups(module).items():
        first = several[0]
        size = len(several) if isinstance(first, Value) else int(first._data.size)
        shape = "single numbers" if isinstance(first, Value) else f"{first.shape} {first.dtype}"
        gradients = [x._grad for x in several if x._grad is not None]
        square = sum(norm(g) ** 2 for g in gradients)
        none = not gradients or (isinstance(first, Value) and square == 0.0)
        rows.append([name, shape, f"{size:,}", "none" if none else number_text(square ** 0.5)])
        count, slope = count + size, slope + square
    buffers = [[name, f"{x.shape} {x.dtype}, not trained", "", ""] for name, x in module.named_buffers()]
    left = len(rows) - MOST
    if left > 0:
        rows[MOST:] = [[f"… and {left:,} more", "", "", ""]]
    rows += [*buffers, ["all", "", f"{count:,}", number_text(slope ** 0.5) if slope else "none"]]
    head = table(["parameter", "shape", "numbers", "norm of its gradient"], rows, total=True)
    described = repr(module)
    if "\n" in described:
        return card(type(module).__name__, f"<pre>{_escaped(described)}</pre>", head)
    return card(described, head)


def _groups(module: Module) -> dict[str, list[Any]]:
    """Parameters by name; the Values of one layer, or of one list, go together."""
    groups: dict[str, list[Any]] = {}
    for name, parameter in module.named_parameters():
        if isinstance(parameter, Value):
            name = re.sub(r"\.neurons\..*|^neurons\..*|(\.\d+)+$", "", name) or "neurons"
        groups.setdefault(name, []).append(parameter)
    return groups


def of_optimizer(optimizer: Optimizer) -> str:
    """Its settings, and the groups of numbers it moves, with what it remembers about each."""
    values = {name: getattr(optimizer, name) for name in optimizer.options}
    settings = [(name, f"{x:.6g}" if type(x) is float else str(x)) for name, x in values.items()]
    rows = []
    for i, group in enumerate(optimizer._parameters):
        what = type(group).__name__.removeprefix("_Of").lower().replace("tensor", "a tensor")
        label = next((x.label for x in group.owners() if x.label), "") if len(group.owners()) == 1 else ""
        rows.append([label or f"{i}", what, f"{group.shape}", f"{group.steps:,}", ", ".join(group.state) or "nothing"])
    left = len(rows) - MOST
    more = note(f"… and {left:,} more", "quiet") if left > 0 else ""
    return card(type(optimizer).__name__, pairs(settings),
                table(["group", "of", "shape", "steps taken", "what it remembers"], rows[:MOST]), more)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
