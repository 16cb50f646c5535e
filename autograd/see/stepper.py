"""`stepper`: one HTML page on which a reader goes forward through a graph's values and back through its gradients.

The page is `stepper.html` with its style and script, a picture, and facts put in: what each node is computed from, and
by which rule each use contributes to its gradient. Of Values it also gets the graph as JavaScript, and computes every
number itself; so numbers can be changed on it. Of Tensors it gets the numbers. What happens on the page is written in
its script, not here.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd.codegen.javascript import everything
from autograd.core.graph import Node
from autograd.core.mathematical import set_apart
from autograd.core.op import Op
from autograd.core.ops import PowerBy
from autograd.core.symbols import Symbol
from autograd.core.value import Value
from autograd.core.writing import names_of
from autograd.learn.alike import listed, shape_of, some
from autograd.learn.contributions import gradients, pull, seed, uses
from autograd.see.dot import LayoutError, check_direction, compose, layout
from autograd.see.naming import full_names, roles, small_enough
from autograd.see.page import StepperPage
from autograd.see.telling import Line, array_text, broadcast, rule, words_of

if TYPE_CHECKING:
    from autograd.arrays.convert import Array

__all__ = ["as_json", "assemble", "exact", "padded", "page", "shown", "sides", "stepper", "svg"]

WIDEST = "−1.234e−123"                              # no number of four digits takes more room in a box


def stepper(root: Node, file: str | Path | None = None, *, names: Mapping[str, object] | None = None,
            parameters: object = None, title: str | None = None, direction: str = "LR", max_nodes: int = 300,
            derive: bool = False) -> StepperPage:
    """A page that steps through the graph's values and then, backward, through its gradients.

    In a notebook it shows itself in place; `.save("backprop.html")` writes it, and so does naming a file. It needs
    nothing beside itself: no network, no server, no Python. The gradients are those of `root` itself, computed afresh;
    whether backward() has been run does not matter. In a graph of Values the numbers of leaves can be changed on the
    page, and one step of gradient descent taken after another; the link keeps where one is.

    Args:
        root: a Value or a Tensor.
        file: where to write the page; without, nothing is written.
        names: what to call nodes without a label, as `names=locals()`; those still without are v1, v2, …
        parameters: which leaves to colour as parameters, as for `draw`. They are what a step of descent moves; without
            them it moves every leaf that has a name.
        title: what stands at the top.
        direction: of the picture: "LR", "TB", "RL" or "BT".
        max_nodes: refuse a larger graph.
        derive: show for each named node how its gradient is derived, as `derive` has it.

    Raises:
        TypeError: if `root` is not a node.
        ValueError: for a graph of more than `max_nodes` nodes, or an unknown direction.
        RuntimeError: where neither `dot` nor pygraphviz is there to lay it out; a file gets its DOT text then.
    """
    try:
        text = page(root, names=names, parameters=parameters, title=title, direction=direction, max_nodes=max_nodes,
                    derive=derive)
    except UnlaidError as error:
        if file is None:
            raise
        beside = Path(file).with_suffix(".dot")
        beside.write_text(error.source, encoding="utf-8")
        raise RuntimeError(f"{error} The graph's DOT text is in {beside}.") from None
    written = StepperPage(text, html.unescape(text[text.index("<title>") + 7: text.index("</title>")]))
    if file is not None:
        written.save(file)
    return written


def page(root: Node, *, names: Mapping[str, object] | None = None, parameters: object = None,
         title: str | None = None, direction: str = "LR", max_nodes: int = 300, derive: bool = False) -> str:
    """The text of the page that `stepper` writes, to be put in place elsewhere.

    Raises:
        As `stepper` does.
    """
    order = small_enough("stepper", root, max_nodes)
    check_direction("stepper", direction)
    name_of = full_names(order, names)
    named = {node: "" for node in order if node.label or not re.fullmatch(r"_*v\d+", name_of[node])}
    role_of = roles(order, root, named, parameters)
    facts = _facts(order, root, name_of, role_of)
    compute, facts["fixed"] = _script(root)
    if not compute:
        _add_numbers(facts, order, root)
    if derive:
        from autograd.deriving.derive import steps_in_pages
        found = steps_in_pages(root, names)
        for node, entry in zip(order, facts["nodes"]):
            if node in found:
                entry["derived"] = found[node]
    told = {node: _lines(node, name_of[node], entry) for node, entry in zip(order, facts["nodes"])}
    return assemble("stepper", {
        "TITLE": html.escape(title or f"Backpropagation from {name_of[root]}, step by step"),
        "GRAPH": svg("stepper", compose(order, role_of, set(), set(), direction, False, told)),
        "COMPUTE": f"(() => {{\n{compute}return step;\n}})()" if compute else "null", "DATA": as_json(facts)})


class UnlaidError(LayoutError):
    """Nothing here can lay out the picture of a page; `source` is its DOT text."""

    def __init__(self, message: str, source: str) -> None:
        super().__init__(message)
        self.source = source


def svg(function: str, source: str) -> str:
    """The picture of a page."""
    try:
        text = layout(source, "svg").decode("utf-8")
    except LayoutError as error:
        raise UnlaidError(str(error).replace("draw:", f"{function}:", 1), source) from None
    return text[text.index("<svg"):]


def assemble(name: str, pieces: Mapping[str, str]) -> str:
    """A page with these pieces in their places, and those files of ours that it names."""
    def piece(match: re.Match[str]) -> str:
        what = match[1]
        return pieces[what] if what in pieces else (Path(__file__).parent / what).read_text(encoding="utf-8").strip()

    return re.sub(r"\{\{([\w.]+)\}\}", piece, (Path(__file__).parent / f"{name}.html").read_text(encoding="utf-8"))


def as_json(facts: object) -> str:
    """Facts as they stand in a page, where nothing may look like the end of a script."""
    return json.dumps(facts, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")


def _script(root: Node) -> tuple[str, str]:
    """The graph as JavaScript, or nothing and the reason."""
    if not isinstance(root, Value):
        return "", "The numbers here are fixed: they are arrays, and only single numbers (Values) can be changed."
    try:
        return everything(root), ""
    except TypeError as error:
        return "", f"The numbers here are fixed: {str(error).removeprefix('source: ').split(';')[0]}."


def _lines(node: Node, name: str, entry: dict[str, Any]) -> list[Line]:
    """What stands in the node's box when all is revealed; the page hides and shows it line by line.

    A name of several lines goes into one: the page counts them.
    """
    lines = [("name", padded(name.replace("\n", " "))), *([("shape", node.kind)] if node.kind else []),
             ("data", f"data {padded(entry.get('data', WIDEST), 3)}")]
    if "uses" in entry:
        lines.append(("grad", f"grad {padded(entry.get('grad', WIDEST), 3)}"))
    entry["lines"] = [kind for kind, _ in lines]
    return lines


def padded(text: str, every: int = 5) -> str:
    """The text with room behind it, one space for `every` so many letters: the reader's may be wider than those it is
    laid out with."""
    return text + "\N{NO-BREAK SPACE}" * (len(text) // every)


def shown(x: object, summed_up: bool = False) -> str:
    """A number or an array, as the page's script shows numbers: a zero has no sign."""
    return re.sub(r"−0(?![.\d])", "0", array_text(x, summed_up).replace("\n", "").replace("-", "−"))


def exact(x: object) -> Any:
    """All its digits, for whoever points at it; None where it is large. What JSON has no number for, as text."""
    if math.prod(shape_of(x)) > 9:
        return None
    return _spelled_out(listed(x))


def _spelled_out(x: Any) -> Any:
    if isinstance(x, list):
        return [_spelled_out(y) for y in x]
    return x if math.isfinite(x) else repr(float(x))


# What the page knows. A formula mentions the i-th node as ʘiʘ; the page puts its name there, or its number.

def _facts(order: Sequence[Node], root: Node, name_of: Mapping[Node, str],
           role_of: Mapping[Node, str]) -> dict[str, Any]:
    """All that the page knows but the numbers that are computed."""
    position = {node: i for i, node in enumerate(order)}
    place = {node: f"ʘ{i}ʘ" for i, node in enumerate(order)}
    used = uses(order)
    reached = _reached(order, root)
    movable = "parameter" if "parameter" in role_of.values() else "input"
    nodes = []
    for node in order:
        entry: dict[str, Any] = {"name": name_of[node], "math": set_apart(name_of[node])}
        if node.op is not None:
            entry |= {"op": node.op.symbol, "inputs": [position[x] for x in node.inputs], "sides": sides(node.op),
                      "symbols": _computation(node, [place[x] for x in node.inputs])}
        else:
            entry |= {"exact": exact(node._data), "moves": role_of[node] == movable or node is root}
        if node in reached:
            entry["uses"] = [_use(node, user, which, position, place) for user, which in used[node] if user in reached]
        nodes.append(entry)
    return {"nodes": nodes, "root": position[root], "seed": exact(seed(root)),
            "leaves": [position[node] for node in order if node.op is None],
            "forward": [position[node] for node in order if node.op is not None],
            "backward": [position[node] for node in reversed(order) if node in reached]}


def _reached(order: Sequence[Node], root: Node) -> set[Node]:
    """The nodes a gradient arrives at."""
    reached = {root}
    for node in reversed(order):
        if node in reached and node.op is not None and not node.op.constant:
            reached |= {x for x in node.inputs if x.requires_grad}
    return reached


def _use(node: Node, user: Node, which: int, position: Mapping[Node, int],
         place: Mapping[Node, str]) -> dict[str, object]:
    """How one use contributes, in symbols or in words."""
    assert user.op is not None
    written = rule(user.op, which, Symbol(place[user]), [Symbol(place[x]) for x in user.inputs])
    return {"user": position[user], "which": which, "rule": written, "words": "" if written else words_of(user.op),
            "spread": "" if isinstance(user, Value) else broadcast(user, node)}


def _add_numbers(facts: dict[str, Any], order: Sequence[Node], root: Node) -> None:
    """The numbers of a page that can't compute them."""
    grads = gradients(order, root, seed(root))
    for node, entry in zip(order, facts["nodes"]):
        entry |= {"data": shown(node._data), "exact": exact(node._data)}
        if "uses" not in entry:
            continue
        entry |= {"grad": shown(grads[node], summed_up=True), "gradExact": exact(grads[node]),
                  "sign": _sign(grads[node])}
        running: Any = 0.0
        for use in entry["uses"]:
            user = order[use["user"]]
            part = pull(user, use["which"], grads[user])
            running = running + part
            use |= {"upstream": shown(grads[user], summed_up=True), "part": shown(part, summed_up=True),
                    "running": shown(running, summed_up=True)}


def sides(op: Op) -> list[str]:
    """What to call the operands of an op where it matters which is which; nothing where it does not."""
    if op.arity is None or op.arity < 2 or op.name in ("add", "mul", "maximum", "minimum"):
        return []
    if op.name == "matmul" or (op.methods and op.methods[0].startswith("__")):
        return ["left", "right"]
    return names_of(op) if op.partials else []


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


def _sign(gradient: float | Array) -> str:
    """−, 0 or +, as far as the four digits shown tell; ± where an array has both."""
    plus, minus = some(gradient > 0), some(gradient < 0)
    return "±" if plus and minus else "+" if plus else "−" if minus else "0"
