"""What surrounds the engine: pickled and copied graphs, and which call of a module returned a node.

Nodes and ops learn here to be carried, so that the modules one reads first need not speak of it. `autograd.core`
imports this module, and with it every node can be pickled.
"""

from __future__ import annotations

import weakref
from importlib import import_module
from typing import Any

from autograd.core.graph import Node, topological
from autograd.core.op import Op
from autograd.core.ops import PowerBy, power_by

__all__ = ["Call", "calls", "remember_call"]


# Pickling and deepcopy follow references by recursion, which a deep graph would exhaust. So a result goes as a flat
# list of all nodes below it. Of results that go together, each brings a graph of its own, over the same leaves.

def _reduced(node: Node, protocol: int) -> object:
    if node._a is None:
        return _leaf(object.__reduce_ex__(node, max(protocol, 2)))
    order = topological(node)
    position = {id(x): i for i, x in enumerate(order)}
    entries = [x if x._a is None else (type(x), x.op, [position[id(y)] for y in x.inputs], _state(x)) for x in order]
    return _rebuilt, (entries,)


def _leaf(reduced: Any) -> Any:
    """A leaf as its slots; without what says of a handle or a part whose numbers it holds."""
    if isinstance(reduced[2], tuple) and "_saved" in reduced[2][1]:
        reduced[2][1]["_saved"] = None
    return reduced


def _copied(node: Node) -> object:
    twin = type(node).__new__(type(node))
    twin.op, twin._a, twin._b = node.op, node._a, node._b
    for slot, x in _state(node).items():
        setattr(twin, slot, x)
    return twin


def _state(node: Node) -> dict[str, object]:
    """What it holds beside its op and inputs; which module returned it, and what it was before, a copy forgets."""
    slots = [slot for kind in type(node).__mro__ for slot in getattr(kind, "__slots__", ())]
    state = {slot: getattr(node, slot) for slot in slots
             if slot not in ("op", "_a", "_b", "__weakref__") and hasattr(node, slot)}
    state["_notes"] = {key: x for key, x in (node._notes or {}).items() if key not in _FORGOTTEN} or None
    return state


_FORGOTTEN = frozenset({"calls", "past", "now", "parts"})


def _rebuilt(entries: list[Any]) -> Any:
    nodes: list[Any] = []
    for entry in entries:
        if isinstance(entry, Node):
            nodes.append(entry)
            continue
        kind, op, positions, state = entry
        node = kind.__new__(kind)
        inputs = tuple([nodes[i] for i in positions])
        node.op = op
        if op.arity in (1, 2) and not getattr(op, "gathers", False):
            node._a, node._b = (*inputs, None)[:2]
        else:
            node._a, node._b = inputs, None
        for slot, x in state.items():
            setattr(node, slot, x)
        nodes.append(node)
    return nodes[-1]


Node.__reduce_ex__ = _reduced                       # type: ignore[method-assign, assignment]
Node.__copy__ = _copied                             # type: ignore[attr-defined]


# An op goes by its name, and is looked up where ops of its kind are listed.

def _lookup(module: str, registry: str, name: str, defined: str | None = None) -> Op:
    listed: dict[str, Op] = getattr(import_module(module), registry)
    if name not in listed and defined:
        import_module(defined)                      # which adds it
    return listed[name]


def _named(op: Op) -> tuple[object, ...]:
    if isinstance(op, PowerBy):
        return power_by, (op.exponent,)
    if getattr(import_module(op.home[0]), op.home[1]).get(op.name) is not op:
        raise TypeError(f"{op.name}: a node of this op knows its targets and can't be pickled or deep-copied; "
                        "pickle its inputs and compute it anew")
    return _lookup, (*op.home, op.name, getattr(op._array, "__module__", None))


Op.__reduce__ = _named                              # type: ignore[method-assign, assignment]


# Which module returned a node.

class Call:
    """One call of a module: what it was given. Its results point here, and it points weakly to the module."""

    __slots__ = ("given", "module")

    def __init__(self, module: object, given: object) -> None:
        self.module: Any = weakref.ref(module)
        self.given = given

    @property
    def inputs(self) -> list[Node]:
        """The nodes it was given, also those in lists and tuples."""
        found, stack = [], [self.given]
        while stack:
            thing = stack.pop()
            if isinstance(thing, Node):
                found.append(thing)
            elif isinstance(thing, (tuple, list)):
                stack += reversed(thing)
        return found


def calls(node: Node) -> tuple[Call, ...]:
    """Which calls of modules returned this node, the innermost first."""
    return () if node._notes is None else node._notes.get("calls", ())


def remember_call(module: object, given: tuple[object, ...], results: object) -> None:
    """Note on each node `module` returned which call made it, so that a picture can fold the call into one box.

    The note hangs on the results and points to what they were computed from, which they keep alive anyhow: no graph
    lives longer for it. What a module hands on as it was given is not noted: it would point to itself.
    """
    for x in given:
        if x is results:
            return
    if isinstance(results, Node):
        results = (results,)
    elif not isinstance(results, (list, tuple)):
        return
    call = Call(module, [x for x in given if isinstance(x, (Node, list, tuple))])
    alone = {"calls": (call,)}                      # one for all results: notes are replaced, never changed
    for node in results:
        if isinstance(node, Node) and node._a is not None:      # made by an op, with its history recorded
            notes = node._notes
            node._notes = alone if notes is None else {**notes, "calls": (*notes.get("calls", ()), call)}
