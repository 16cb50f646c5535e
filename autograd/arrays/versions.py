"""Versions of a tensor that was changed in place within a graph.

Such a change is an op like any other: the tensor becomes its result, and a hidden node keeps what the tensor was. Who
read the tensor before still points to the tensor. That is corrected when its inputs are next asked for: a node has
saved the arrays it read, and they tell which version it read.
"""

from __future__ import annotations

from collections.abc import Sequence
from sys import getrefcount
from typing import TYPE_CHECKING, Any
from weakref import ref

from autograd.core.graph import Node

if TYPE_CHECKING:
    from autograd.arrays.tensor import Tensor

__all__ = ["becomes", "changes", "current", "holds", "inputs_of", "left_behind", "let_go", "parts_of", "settle"]

changes: dict[int, object] = {}                     # a weak reference to each changed one: while none is alive, nobody
                                                    # need look for old versions

_SLOTS = ("_data", "_a", "_b", "_saved", "op", "requires_grad")


def becomes(node: Tensor, made: Tensor) -> None:
    """Have `node` be what `made` is: the result of an op, which may have read it as it was."""
    if made is node:
        return
    old = _version(node)
    by_made = sum([x is old._data for x in made._saved])
    for slot in _SLOTS:
        setattr(node, slot, getattr(made, slot))
    if node._data is old._data:
        node._data = node._data.copy()
    # Beside its own slot and the question, only `made` holds the old array: nobody else has read it.
    if getrefcount(old._data) - 2 == by_made and "past" not in old._notes:
        _replace_inputs(node, [old if x is node else x for x in inputs_of(node)])
        return
    _keep(node, old)
    _settle_below(node, old)


def left_behind(node: Any) -> None:
    """Have those who have read `node` point to a version that keeps all it was; what it becomes is the caller's."""
    _keep(node, _version(node))


def _version(node: Any) -> Any:
    """A hidden node with all that this one is now, and what was noted of that."""
    old: Any = object.__new__(type(node))
    for slot in _SLOTS:
        setattr(old, slot, getattr(node, slot))
    if old.op is None:
        old._saved = None                           # nobody writes to it any more
    old._grad = None
    notes = dict(node._notes or {})
    old._notes = {"now": ref(node), **{key: notes.pop(key) for key in ("calls", "past") if key in notes}}
    node._notes = notes or None
    return old


def _keep(node: Any, old: Any) -> None:
    """Note what the node was and, for as long as it lives, that it was changed."""
    node._notes = {**(node._notes or {}), "past": old}
    key = id(node)
    changes[key] = ref(node, lambda _: changes.pop(key, None))


def _settle_below(node: Any, old: Any) -> None:
    """Correct the inputs of all that `node` is now made of: who read it before would otherwise point to itself."""
    stack, seen = [node], {id(old)}                 # what is below the old one was put right when that was made
    while stack:
        reader = stack.pop()
        if id(reader) not in seen:
            seen.add(id(reader))
            stack += reader.inputs                  # asking for them corrects them


def settle(node: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs of a node, each as it was when the node read it."""
    found = list(inputs)
    for position, x in enumerate(inputs):
        version = x
        while version is not None and version._data is not node._saved[position]:
            version = version._notes and version._notes.get("past")
        if version is not None:
            found[position] = version
    if all([x is y for x, y in zip(found, inputs)]):
        return inputs
    _replace_inputs(node, found)
    return inputs_of(node)


def current(node: Any) -> Any:
    """The tensor of which this is an old version; itself, if it is none."""
    now = node._notes and node._notes.get("now")
    return node if now is None else now() or node


def inputs_of(node: Any) -> tuple[Any, ...]:
    """The nodes it points to, whichever version of them it read."""
    found: tuple[Any, ...] = Node.inputs.__get__(node)
    return found


def _replace_inputs(node: Any, inputs: Sequence[Any]) -> None:
    if type(node._a) is tuple:
        node._a = tuple(inputs)
    elif inputs:
        node._a, node._b = (*inputs, None)[:2]


# The constants that share a tensor's numbers, its parts and what `.data` gave out, are kept up with it.

def holds(whole: Any, part: Any) -> None:
    """Note that `part` shows numbers of `whole`: weakly, for it may be gone before they change."""
    notes = whole._notes
    if notes is None or "parts" not in notes:
        whole._notes = {**(notes or {}), "parts": [ref(part)]}
        return
    parts = notes["parts"]
    parts.append(ref(part))
    count = len(parts)
    if count >= 64 and count & (count - 1) == 0:    # at powers of two
        parts[:] = [known for known in parts if known() is not None]


def let_go(whole: Any) -> None:
    """Other numbers were put in the place of those that its parts show."""
    if whole._notes is not None:
        whole._notes.pop("parts", None)


def parts_of(whole: Any) -> list[Any]:
    """Those that `whole` holds and that are alive."""
    notes = whole._notes
    if notes is None or "parts" not in notes:
        return []
    alive = [(known, part) for known in notes["parts"] if (part := known()) is not None]
    notes["parts"] = [known for known, _ in alive]
    return [part for _, part in alive]
