"""`draw`: a picture of a finished graph, of numbers or of arrays. Nothing here computes a gradient."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograd.core.graph import Node
from autograd.see.display import fitted
from autograd.see.dot import LayoutError, can_lay_out, check_direction, compose, layout
from autograd.see.folding import Fold, folds, unfolded
from autograd.see.mathematics import in_mathematics, sign
from autograd.see.naming import Nodes, as_nodes, check_size, naming, on_paths, roles, small_enough
from autograd.see.telling import describe
from autograd.see.tree import tree

__all__ = ["Drawing", "draw", "draw_dot"]

FORMATS = ("svg", "png", "pdf", "dot")


class Drawing:
    """A picture of a graph. `.source` is its DOT text; in a notebook it shows itself.

    >>> from autograd import Value
    >>> a = Value(2.0, label="a")
    >>> drawing = draw(a * a)
    >>> drawing.source.startswith("digraph"), drawing.source.count("->")
    (True, 3)
    """

    def __init__(self, source: str, format: str = "svg", text: str = "") -> None:
        self.source, self._text = source, text
        self.format = format

    def svg(self) -> str:
        """The picture as SVG text, laid out."""
        return layout(self.source, "svg").decode("utf-8")

    def save(self, file: str | Path) -> Path:
        """Write the picture to `file`; its suffix says how: .svg, .png, .pdf or .dot.

        Raises:
            ValueError: for another suffix.
            RuntimeError: where nothing can lay out a picture; the DOT text has then been written beside `file`.
        """
        path = Path(file)
        suffix = path.suffix[1:].lower()
        if suffix not in FORMATS:
            raise ValueError(f"draw: can't write {path.name!r}; name it with one of .{', .'.join(FORMATS)}")
        if suffix == "dot":
            path.write_text(self.source, encoding="utf-8")
            return path
        try:
            path.write_bytes(layout(self.source, suffix))
        except LayoutError as error:
            beside = path.with_suffix(".dot")
            beside.write_text(self.source, encoding="utf-8")
            raise LayoutError(f"{error} The graph's DOT text is in {beside}.") from None
        return path

    def render(self, filename: str | Path = "graph", format: str | None = None, **_: object) -> str:
        """Write `filename`.`format`, as the object micrograd's `draw_dot` returned did. Returns the path."""
        return str(self.save(Path(f"{filename}.{format or self.format}")))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        try:
            if self.format == "png":
                return {"image/png": layout(self.source, "png"), "text/plain": repr(self)}
            svg = self.svg()                        # HTML scales it to the cell; who shows no HTML shows the SVG
            return {"text/html": fitted(svg, "the graph"), "image/svg+xml": svg, "text/plain": repr(self)}
        except LayoutError as error:
            return {"text/plain": f"{error}\n\n{self._text or self.source}"}

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        return f"<Drawing: {self.source.count(chr(10))} lines of DOT; .save('graph.svg') writes it>"


def draw(root: Node, file: str | Path | None = None, *, direction: str = "LR", highlight: Nodes = None,
         names: Mapping[str, object] | None = None, parameters: object = None, constants: bool = True,
         labels: str = "plain", legend: bool = True, collapse: object = None, depth: int = 0,
         max_nodes: int = 300) -> Drawing:
    """A picture of the graph that computed `root`: boxes for nodes, circles for ops, edges from input to result.

    Args:
        root: a Value or a Tensor.
        file: where to write it; the suffix .svg, .png, .pdf or .dot says how. Without, nothing is written.
        direction: "LR" (left to right), "TB", "RL" or "BT".
        highlight: a node, or several: every edge on a path from one of them to the root is drawn in red.
        names: what to call nodes that have no label, as `names=locals()` gives it; lists of nodes are numbered.
        parameters: which leaves to colour as parameters, as a list or a model. A Tensor leaf that requires a gradient
            is one anyhow. Any other leaf is an input if it has a name, else a constant.
        constants: whether to show the constants.
        labels: "plain", names as they were given; or "math", as mathematics writes them, for slides and papers:
            `y_hat_1` is ŷ₁, `w[2]` is w₂, `alpha` is α, and a gradient is ∂L/∂w, where L is the root's name.
        legend: whether to explain the colours.
        collapse: an `nn` module, or several: each call of it is folded into one box with its name and how many
            parameters it has. Calls of the same kind on the same inputs share a box, which says ×N.
        depth: how many levels of modules to leave open: 0 folds the model itself, 1 its layers, and so on.
        max_nodes: refuse to draw a larger graph.

    Raises:
        TypeError: if `root` is not a node.
        ValueError: for a graph of more than `max_nodes` nodes, an unknown direction, way of labels or suffix.
        RuntimeError: if `file` is given and neither `dot` nor pygraphviz is there; the DOT text is written then.

    >>> from autograd import Value
    >>> from autograd.see.dot import RED
    >>> w, x = Value(3.0, label="w"), Value(2.0, label="x")
    >>> picture = draw((w * x).tanh(), highlight=w)
    >>> picture.source.count(RED)                   # w -> *, * -> product, product -> tanh, tanh -> result
    4
    """
    check_direction("draw", direction)
    if labels not in ("plain", "math"):
        raise ValueError(f"draw: got labels={labels!r}, expected 'plain' or 'math'")
    order = small_enough("draw", root, max_nodes if collapse is None else sys.maxsize)
    boxes: list[Fold] = []
    if collapse is not None:
        boxes = folds(order, collapse, depth)
        check_size("draw", len(unfolded(order, boxes)[0]), max_nodes)
    name_of = naming(order, names)
    role_of = roles(order, root, name_of, parameters)
    red = on_paths(order, as_nodes("draw", "highlight", highlight))
    hidden = set() if constants else {id(x) for x, role in role_of.items() if role == "constant" and x is not root}

    told = {node: describe(node, name_of.get(node, ""), root) for node in order}
    if labels == "math":
        loss = name_of.get(root, "")
        told = {node: in_mathematics(lines, name_of.get(node, ""), loss) for node, lines in told.items()}
    drawing = Drawing(compose(order, role_of, red, hidden, direction, legend, told, boxes,
                              sign if labels == "math" else str), text=_instead(root, names))
    if file is not None:
        drawing.save(file)
    return drawing


def _instead(root: Node, names: Mapping[str, object] | None) -> str:
    """The graph as text, up to a page of it, where nothing can lay out a picture."""
    if can_lay_out():
        return ""
    lines = tree(root, names=names, max_nodes=sys.maxsize).splitlines()
    return "\n".join(lines if len(lines) <= 60 else [*lines[:60], f"… {len(lines) - 60} lines more; tree() has all"])


def draw_dot(root: Node, format: str = "svg", rankdir: str = "LR", **options: Any) -> Drawing:
    """`draw`, called as the notebooks around micrograd call it.

    >>> from autograd import Value
    >>> draw_dot(Value(1.0) + 1.0, format="svg", rankdir="TB").source.count("rankdir=TB")
    1
    """
    if format not in FORMATS:
        raise ValueError(f"draw_dot: got format={format!r}, expected one of {', '.join(FORMATS)}")
    drawing = draw(root, direction=rankdir, **options)
    drawing.format = format
    return drawing
