"""What a picture folds into one box: the nodes made during a call of an `nn` module.

A call is found by the notes that its results carry. Its region is all that they were computed from, back to what the
call was given. Nothing here knows nn; a module is asked only for `named_modules()` and `parameters()`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from autograd.core.carrying import Call, calls
from autograd.core.graph import Node
from autograd.learn.alike import shape_of

__all__ = ["Fold", "folds", "unfolded"]


class Fold:
    """One box: one call, or several of the same kind on the same inputs.

    Attributes:
        title, path: what the module is, and where in the model.
        parameters: how many numbers it trains.
        repeats: how many calls the box stands for.
        results: the nodes they returned.
        inputs: the nodes outside that anything inside was computed from.
        inside: the ids of the nodes that are not shown.
    """

    def __init__(self, title: str, path: str, parameters: int) -> None:
        self.title, self.path, self.parameters = title, path, parameters
        self.repeats = 0
        self.results: list[Node] = []
        self.inputs: list[Node] = []
        self.inside: set[int] = set()

    def lines(self) -> list[tuple[str, str]]:
        """What stands in the box."""
        times = f" ×{self.repeats}" if self.repeats > 1 else ""
        count = f"{self.parameters:,} parameter{'s' * (self.parameters != 1)}" if self.parameters else "no parameters"
        return [("name", self.title + times), *([("path", self.path)] if self.path else []), ("count", count)]


def folds(order: Sequence[Node], models: object, depth: int) -> list[Fold]:
    """The boxes for the calls of the modules that lie `depth` levels deep in one of `models`.

    A module less deep is folded too if there is nothing to open in it: if none of its parts was called.
    """
    noted: dict[Call, list[Node]] = {}
    for node in order:
        for call in calls(node):
            if not any([node is x for x in call.inputs]):       # some modules hand on what they were given
                noted.setdefault(call, []).append(node)
    chosen = _modules(models, depth, {id(call.module()) for call in noted})
    results = {call: made for call, made in noted.items() if id(call.module()) in chosen}
    calls_of: dict[int, int] = {}
    boxes: dict[object, Fold] = {}
    for call, made in results.items():
        module = call.module()
        path = chosen[id(module)]
        calls_of[id(module)] = calls_of.get(id(module), 0) + 1
        size = sum(math.prod(shape_of(p._data)) for p in module.parameters())
        key = (_title(module), size, tuple(map(id, call.inputs))) if call.inputs else call
        if key not in boxes:
            again = f" (call {calls_of[id(module)]})" if calls_of[id(module)] > 1 else ""
            boxes[key] = Fold(_title(module), f"{path}{again}".strip(), size)
        fold = boxes[key]
        if fold.repeats:                            # several modules in one box: their number and what they share
            fold.path = _shared(fold.path, path)
            fold.parameters += size
        fold.repeats += 1
        fold.results += made
        fold.inside |= _region(call, made)
    for fold in boxes.values():
        _settle(order, fold)
    covered = set().union(*(fold.inside for fold in boxes.values()))
    return [fold for fold in boxes.values() if not all(id(node) in covered for node in fold.results)]


def _modules(models: object, depth: int, called: set[int]) -> dict[int, str]:
    """The ids of the modules to fold, with their paths."""
    chosen = {}
    for model in models if isinstance(models, (list, tuple)) else [models]:
        if not hasattr(model, "named_modules"):
            raise TypeError(f"draw: got {type(model).__name__} in collapse=, expected an nn.Module or a list of them")
        paths = dict(model.named_modules())
        for path, module in paths.items():
            above = sum(_within(path, other) for other in paths)
            closed = not any(id(part) in called for other, part in paths.items() if _within(other, path))
            if above == depth or (above < depth and closed):
                chosen[id(module)] = path
    return chosen


def _within(path: str, other: str) -> bool:
    """Whether the module at `path` is a part of the one at `other`."""
    return path != other and (other == "" or path.startswith(other + "."))


def _title(module: object) -> str:
    text = repr(module)
    name = type(module).__name__
    return text if text.startswith(f"{name}(") and "\n" not in text and len(text) <= 32 else name


def _shared(one: str, other: str) -> str:
    """What two paths begin with: "layers.0.neurons" for neurons 3 and 4 of it."""
    parts = []
    for x, y in zip(one.split("."), other.split(".")):
        if x != y:
            break
        parts.append(x)
    return ".".join(parts)


def _region(call: Call, results: Iterable[Node]) -> set[int]:
    """The ids of all that the results were computed from, back to the call's inputs, which are not in it."""
    inside: set[int] = {id(x) for x in call.inputs}
    stack = list(results)
    while stack:
        node = stack.pop()
        if id(node) not in inside:
            inside.add(id(node))
            stack += node.inputs
    return inside - {id(x) for x in call.inputs}


def _settle(order: Sequence[Node], fold: Fold) -> None:
    """Leave outside what is used outside too, and note what the box gets from there."""
    returned = {id(node) for node in fold.results}
    inside = fold.inside
    for node in order:
        if id(node) not in inside:
            for x in node.inputs:
                if id(x) in inside and id(x) not in returned:
                    returned.add(id(x))
                    if x.op is not None:
                        fold.results.append(x)
    found: dict[int, Node] = {}
    for node in order:
        if id(node) in inside:
            for x in node.inputs:
                if id(x) not in inside or (id(x) in returned and x.op is None):
                    found[id(x)] = x
    fold.inputs = list(found.values())
    fold.inside = inside - returned


def unfolded(order: Sequence[Node], boxes: Sequence[Fold]) -> tuple[list[Node], Mapping[int, Fold]]:
    """The nodes still shown, and for those that come out of a box, which."""
    hidden = set().union(*(fold.inside for fold in boxes))
    out_of = {id(node): fold for fold in boxes for node in fold.results}
    return [node for node in order if id(node) not in hidden], out_of
