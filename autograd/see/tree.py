"""`tree`: a graph as lines in a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from autograd.core.graph import Node
from autograd.core.plain import any_terminal
from autograd.core.showing import Lines
from autograd.see.naming import full_names, small_enough
from autograd.see.telling import describe

__all__ = ["tree"]

_DEEPEST = 24                                       # levels of indentation; what lies deeper starts again at the margin


def tree(root: Node, *, names: Mapping[str, object] | None = None, max_nodes: int = 300) -> Lines:
    """The graph as a tree of lines, each node above its inputs; one met before is only named again, with ↑.

    >>> from autograd import Value
    >>> a = Value(2.0, label="a")
    >>> loss = a * a + 1.0; loss.backward()
    >>> tree(loss, names={"loss": loss})
    loss = 5  grad 1  (+)
    ├── v2 = 4  grad 1  (*)
    │   ├── a = 2  grad 4
    │   └── a ↑
    └── v3 = 1  grad 1
    """
    order = small_enough("tree", root, max_nodes)
    name_of = full_names(order, names)
    lines: list[str] = []
    seen: set[int] = set()
    starts = [root]
    for start in starts:                            # grows while it is walked
        stack: list[tuple[Node, str, str, int]] = [(start, "", "", 0)]
        if start is not root:
            lines.append("")
        while stack:
            node, before, indent, depth = stack.pop()
            if id(node) in seen:
                lines.append(f"{before}{name_of[node]} ↑")
                continue
            if depth == _DEEPEST and node.op is not None:
                lines.append(f"{before}{name_of[node]} ↓")
                starts.append(node)
                continue
            seen.add(id(node))
            made = f"  ({node.op.symbol})" if node.op is not None else ""
            facts = dict(describe(node, "", root))
            shown = [facts.pop("data").removeprefix("data "), *facts.values()]
            lines.append(f"{before}{name_of[node]} = {'  '.join(shown)}{made}".replace("\n", ""))
            inputs = node.inputs
            for i in range(len(inputs) - 1, -1, -1):
                last = i == len(inputs) - 1
                stack.append((inputs[i], indent + ("└── " if last else "├── "),
                              indent + ("    " if last else "│   "), depth + 1))
    any_terminal()                                  # it is made to be printed
    return Lines("\n".join(lines))
