"""`stepper`: one HTML page on which a reader goes forward through a graph's values and back through its gradients.

The page is `stepper.html` with a picture and numbers put in: what each node is computed from, and what each use
contributes to its gradient. What happens on the page is written there, not here.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd.core.graph import Node
from autograd.core.ops import PowerBy
from autograd.learn.alike import listed, shape_of, some
from autograd.learn.contributions import gradients, pull, seed, uses
from autograd.see.dot import LayoutError, compose, layout
from autograd.see.naming import full_names, roles, small_enough
from autograd.see.telling import Line, array_text, broadcast, rule_in_names, rule_in_numbers, words_of

if TYPE_CHECKING:
    from autograd.arrays.convert import Array

__all__ = ["stepper"]


def stepper(root: Node, file: str | Path = "backprop.html", *, names: Mapping[str, object] | None = None,
            parameters: object = None, title: str | None = None, direction: str = "LR", max_nodes: int = 300,
            derive: bool = False) -> Path:
    """Write a page that steps through the graph's values and then, backward, through its gradients. Returns its path.

    The page needs nothing beside itself: no network, no server. The gradients are those of `root` itself, computed
    afresh; whether backward() has been run does not matter.

    Args:
        root: a Value or a Tensor.
        file: where to write the page.
        names: what to call nodes without a label, as `names=locals()`; those still without are v1, v2, …
        parameters: which leaves to colour as parameters, as for `draw`.
        title: what stands at the top.
        direction: of the picture: "LR", "TB", "RL" or "BT".
        max_nodes: refuse a larger graph.
        derive: show beside the numbers of each named node how its gradient is derived, as `derive` has it.

    Raises:
        TypeError: if `root` is not a node.
        ValueError: for a graph of more than `max_nodes` nodes.
        RuntimeError: where neither `dot` nor pygraphviz is there to lay it out; its DOT text is written then.
    """
    path = Path(file)
    order = small_enough("stepper", root, max_nodes)
    name_of = full_names(order, names)
    grads = gradients(order, root, seed(root))
    told = {node: _lines(node, name_of[node], grads) for node in order}
    named = {node: "" for node in order if node.label or not re.fullmatch(r"_*v\d+", name_of[node])}
    source = compose(order, roles(order, root, named, parameters), set(), set(), direction, False, told)
    try:
        svg = layout(source, "svg").decode("utf-8")
    except LayoutError as error:
        beside = path.with_suffix(".dot")
        beside.write_text(source, encoding="utf-8")
        reason = str(error).replace("draw:", "stepper:", 1)
        raise RuntimeError(f"{reason} The graph's DOT text is in {beside}.") from None
    title = title or f"Backpropagation from {name_of[root]}, step by step"
    facts = _walk(order, root, name_of, grads, told)
    if derive:
        from autograd.deriving.derive import steps_in_pages
        found = steps_in_pages(root, names)
        facts["derivations"] = {i: found[node] for i, node in enumerate(order) if node in found}
    data = json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")
    page = Path(__file__).with_name("stepper.html").read_text(encoding="utf-8")
    pieces = {"TITLE": html.escape(title), "GRAPH": svg[svg.index("<svg"):], "DATA": data}
    path.write_text(re.sub(r"\{\{(\w+)\}\}", lambda match: pieces[match[1]], page), encoding="utf-8")
    return path


def _lines(node: Node, name: str, grads: Mapping[Node, object]) -> list[Line]:
    """What stands in the node's box when all is revealed; the page hides and shows it line by line."""
    lines = [("name", name), *([("shape", node.kind)] if node.kind else []), ("data", f"data {_shown(node._data)}")]
    if node in grads:
        lines.append(("grad", f"grad {_shown(grads[node], summed_up=True)}"))
    return lines


def _shown(x: object, summed_up: bool = False) -> str:
    return array_text(x, summed_up).replace("\n", "").replace("-", "−")


def _exact(x: object) -> Any:
    """All its digits, for whoever points at it; None where it is large."""
    return listed(x) if math.prod(shape_of(x)) <= 9 else None


def _walk(order: Sequence[Node], root: Node, name_of: Mapping[Node, str], grads: Mapping[Node, Any],
          told: Mapping[Node, Sequence[Line]]) -> dict[str, object]:
    """All that the page knows."""
    position = {node: i for i, node in enumerate(order)}
    used = uses(order)
    nodes = []
    for node in order:
        entry: dict[str, Any] = {
            "name": name_of[node],
            "lines": [kind for kind, _ in told[node]],
            "data": _shown(node._data),
            "exact": _exact(node._data),
        }
        if node.op is not None:
            entry["op"] = node.op.symbol
            entry["inputs"] = [position[x] for x in node.inputs]
            entry["symbols"] = _computation(node, [name_of[x] for x in node.inputs])
            if not node.kind:
                entry["numbers"] = _computation(node, [_signed(x._data) for x in node.inputs])
        if node in grads:
            entry["grad"] = _shown(grads[node], summed_up=True)
            entry["gradExact"] = _exact(grads[node])
            entry["sign"] = _sign(grads[node])
            entry["uses"] = []
            running: Any = 0.0
            for user, which in used[node]:
                if user in grads and node.requires_grad:
                    part = pull(user, which, grads[user])
                    running = running + part
                    entry["uses"].append(_use(node, user, which, position, name_of, grads[user], part, running))
        nodes.append(entry)
    return {"nodes": nodes, "root": position[root],
            "leaves": [position[node] for node in order if node.op is None],
            "forward": [position[node] for node in order if node.op is not None],
            "backward": [position[node] for node in reversed(order) if node in grads]}


def _use(node: Node, user: Node, which: int, position: Mapping[Node, int], name_of: Mapping[Node, str], g: object,
         part: object, running: object) -> dict[str, object]:
    """What one use contributes, in symbols and in numbers."""
    assert user.op is not None
    entry = {"user": position[user], "which": which, "rule": rule_in_names(user, which, name_of),
             "upstream": _shown(g, summed_up=True), "part": _shown(part, summed_up=True),
             "running": _shown(running, summed_up=True)}
    if user.partials:
        entry["partial"] = _shown(float(user.partials[which]))
        entry["filled"] = rule_in_numbers(user, which)
    else:
        entry["words"] = "" if entry["rule"] else words_of(user.op)
        entry["spread"] = broadcast(user, node)
    return entry


def _computation(node: Node, operands: Sequence[str]) -> str:
    """The forward step as it is written: a + b, tanh(n), x^3."""
    assert node.op is not None
    symbol = node.op.symbol
    if len(operands) > 8:
        operands = [*operands[:6], "…", operands[-1]]
    if isinstance(node.op, PowerBy):
        return f"{operands[0]}^{node.op.exponent:g}".replace("-", "−")
    if node.op.name == "neg":
        return f"−{operands[0]}"
    if symbol in ("+", "-", "*", "/", "@", "**") and len(operands) == 2:
        sign = {"*": "·", "-": "−", "**": "^"}.get(symbol, symbol)
        return f"{operands[0]} {sign} {operands[1]}"
    return f"{symbol}({', '.join(operands)})"


def _signed(x: float) -> str:
    return f"({_shown(x)})" if x < 0 else _shown(x)


def _sign(gradient: float | Array) -> str:
    """−, 0 or +, as far as the four digits shown tell; ± where an array has both."""
    plus, minus = some(gradient > 0), some(gradient < 0)
    return "±" if plus and minus else "+" if plus else "−" if minus else "0"
