"""Which nodes a picture or a page is of, what each is called, and which part it plays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Union

from autograd.core.graph import Node, topological

__all__ = ["as_nodes", "check_size", "full_names", "naming", "on_paths", "roles", "small_enough"]

Nodes = Union[Node, Iterable[Node], None]           # one, several, or none


def small_enough(function: str, root: object, max_nodes: int) -> list[Node]:
    """The graph in topological order.

    Raises:
        TypeError: if `root` is no node.
        ValueError: for a graph of more than `max_nodes` nodes.
    """
    if not isinstance(root, Node):
        raise TypeError(f"{function}: got {type(root).__name__}, expected a Value or a Tensor, a computation's result")
    order = topological(root)
    check_size(function, len(order), max_nodes)
    return order


def check_size(function: str, count: int, max_nodes: int) -> None:
    """Raise a ValueError if that is too much to look at."""
    if count > max_nodes:
        remedy = "draw one example instead of a batch, fold modules with collapse=model, or raise max_nodes"
        if function != "draw":
            remedy = "take one example instead of a batch, or raise max_nodes"
        raise ValueError(f"{function}: the graph has {count:,} nodes, more than max_nodes={max_nodes:,}; {remedy}")


def as_nodes(function: str, argument: str, nodes: Nodes) -> list[Node]:
    """One node, several, or None, as a list."""
    if nodes is None:
        return []
    listed = [nodes] if isinstance(nodes, Node) else list(nodes)
    for node in listed:
        if not isinstance(node, Node):
            raise TypeError(f"{function}: got {type(node).__name__} in {argument}, expected nodes of the graph")
    return listed


def naming(order: Sequence[Node], names: Mapping[str, object] | None) -> dict[Node, str]:
    """What to call each node that has a name: its label, else the variable or the list's element that holds it."""
    found: dict[Node, str] = {}
    for name, thing in (names or {}).items():
        if name.startswith("_"):
            continue
        stack = [(name, thing)]
        while stack:
            name, thing = stack.pop()
            if isinstance(thing, Node):
                found.setdefault(thing, name)
            elif isinstance(thing, (list, tuple)) and name.count("[") < 3 and len(thing) <= 1000:
                stack += [(f"{name}[{i}]", part) for i, part in reversed(list(enumerate(thing)))]
    return {node: node.label or found[node] for node in order if node.label or node in found}


def full_names(order: Sequence[Node], names: Mapping[str, object] | None) -> dict[Node, str]:
    """`naming`, with v1, v2, … for the nodes that have no name; no two nodes are called the same."""
    given = naming(order, names)
    taken = set(given.values())
    full: dict[Node, str] = {}
    used: dict[str, int] = {}
    for i, node in enumerate(order, 1):
        name = given.get(node) or f"v{i}"
        while node not in given and name in taken:
            name = f"_{name}"
        used[name] = used.get(name, 0) + 1
        full[node] = name if used[name] == 1 else f"{name}#{used[name]}"
    return full


def roles(order: Iterable[Node], root: Node, name_of: Mapping[Node, str], parameters: Any) -> dict[Node, str]:
    """The part each node plays: "input", "parameter", "constant", "intermediate" or "result"."""
    listed = parameters.parameters() if hasattr(parameters, "parameters") else parameters
    parameter_ids = {id(p) for p in as_nodes("draw", "parameters", listed)}
    role: dict[Node, str] = {}
    for node in order:
        if node is root:
            role[node] = "result"
        elif node.op is not None:
            role[node] = "intermediate"
        elif id(node) in parameter_ids or node.is_parameter:
            role[node] = "parameter"
        else:
            role[node] = "input" if node in name_of else "constant"
    return role


def on_paths(order: Iterable[Node], starts: Iterable[Node]) -> set[int]:
    """The ids of the nodes that one of `starts` leads to, those themselves included; not by way of a constant."""
    reached = {id(node) for node in starts}
    for node in order:                              # inputs come before what uses them
        if any([id(x) in reached for x in node.inputs]) and not node.op.constant:
            reached.add(id(node))
    return reached
