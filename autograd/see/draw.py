"""Pictures of a finished graph: `draw` with Graphviz, `tree` in a terminal. It reads graphs of either engine.

The picture is DOT text, written here node by node; Graphviz lays it out, by the `dot` program where there is one and
by the engine bundled with pygraphviz where there is not. Nothing here computes a gradient.
"""

from __future__ import annotations

import html
import math
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograd.arrays.structural import Structural
from autograd.arrays.tensor import Tensor
from autograd.core.graph import Node, topological
from autograd.core.value import Value
from autograd.see.folding import Fold, folds, unfolded

__all__ = ["Drawing", "draw", "draw_dot", "tree"]

FORMATS = ("svg", "png", "pdf", "dot")

# role -> (what the legend calls it, fill, border). What lies outside a box is mid grey, to show on white and on black.
ROLES = {
    "input": ("input", "#dbeafe", "#3b82f6"),
    "parameter": ("parameter", "#dcfce7", "#22a55a"),
    "constant": ("constant", "#f1f5f9", "#94a3b8"),
    "intermediate": ("intermediate", "#ffffff", "#64748b"),
    "result": ("result", "#fef3c7", "#e09f1f"),
    "op": ("op", "#ede9fe", "#8b5cf6"),
    "module": ("module", "#fae8ff", "#c026d3"),
}
INK, PALE, GREY, RED = "#0f172a", "#475569", "#8792a5", "#e11d48"
FONT = "Helvetica,Arial,sans-serif"


class Drawing:
    """A picture of a graph. `.source` is its DOT text; in a notebook it shows itself.

    >>> a = Value(2.0, label="a")
    >>> drawing = draw(a * a)
    >>> drawing.source.startswith("digraph"), drawing.source.count("->")
    (True, 3)
    """

    def __init__(self, source: str, format: str = "svg") -> None:
        self.source = source
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

    def render(self, filename: str | Path = "graph", format: str | None = None, **_: Any) -> str:
        """Write `filename`.`format`, as the object micrograd's `draw_dot` returned did. Returns the path."""
        return str(self.save(Path(f"{filename}.{format or self.format}")))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        try:
            if self.format == "png":
                return {"image/png": layout(self.source, "png"), "text/plain": repr(self)}
            return {"image/svg+xml": self.svg(), "text/plain": repr(self)}
        except LayoutError as error:
            return {"text/plain": f"{error}\n\n{self.source}"}

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        return f"<Drawing: {self.source.count(chr(10))} lines of DOT; .save('graph.svg') writes it>"


class LayoutError(RuntimeError):
    """Nothing here can lay out a picture."""


def layout(source: str, format: str) -> bytes:
    """Lay `source` out as `format`: by `dot` if it is on the PATH, else by pygraphviz's engine.

    Raises:
        LayoutError: where there is neither; it names both remedies.
    """
    if shutil.which("dot"):
        import graphviz
        laid_out: bytes = graphviz.pipe("dot", format, source.encode("utf-8"), quiet=True)
        return laid_out
    try:
        import pygraphviz
    except ImportError:
        raise LayoutError("draw: nothing here can lay out a picture. Either install Graphviz, so that `dot` is on "
                          "the PATH (apt install graphviz, brew install graphviz), or its engine from PyPI: "
                          "pip install 'pygraphviz>=2'.") from None
    graph = pygraphviz.AGraph(string=source)
    try:
        picture: bytes = graph.draw(format=format, prog="dot")
    finally:
        graph.close()
    return picture


def draw(root: Node, file: str | Path | None = None, *, direction: str = "LR", highlight: Any = None,
         names: Mapping[str, Any] | None = None, parameters: Any = None, constants: bool = True, legend: bool = True,
         collapse: Any = None, depth: int = 0, max_nodes: int = 300) -> Drawing:
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
        legend: whether to explain the colours.
        collapse: an `nn` module, or several: each call of it is folded into one box with its name and how many
            parameters it has. Calls of the same kind on the same inputs share a box, which says ×N.
        depth: how many levels of modules to leave open: 0 folds the model itself, 1 its layers, and so on.
        max_nodes: refuse to draw a larger graph.

    Raises:
        TypeError: if `root` is not a node.
        ValueError: for a graph of more than `max_nodes` nodes, an unknown direction or suffix.
        RuntimeError: if `file` is given and neither `dot` nor pygraphviz is there; the DOT text is written then.

    >>> w, x = Value(3.0, label="w"), Value(2.0, label="x")
    >>> picture = draw((w * x).tanh(), highlight=w)
    >>> picture.source.count(RED)                   # w -> *, * -> product, product -> tanh, tanh -> result
    4
    """
    if direction not in ("LR", "TB", "RL", "BT"):
        raise ValueError(f"draw: got direction={direction!r}, expected 'LR', 'TB', 'RL' or 'BT'")
    order = small_enough("draw", root, max_nodes if collapse is None else sys.maxsize)
    boxes: list[Fold] = []
    if collapse is not None:
        boxes = folds(order, collapse, depth)
        check_size("draw", len(unfolded(order, boxes)[0]), max_nodes)
    name_of = naming(order, names)
    role_of = roles(order, root, name_of, parameters)
    red = on_paths(order, as_nodes("draw", "highlight", highlight))
    hidden = set() if constants else {id(x) for x, role in role_of.items() if role == "constant" and x is not root}

    drawing = Drawing(compose(order, role_of, red, hidden, direction, legend,
                              {node: describe(node, name_of.get(node, "")) for node in order}, boxes))
    if file is not None:
        drawing.save(file)
    return drawing


def compose(order: Sequence[Any], role_of: Mapping[Any, str], red: set[int], hidden: set[int], direction: str,
            legend: bool, told: Mapping[Any, list[tuple[str, str]]], boxes: Sequence[Fold] = ()) -> str:
    """The DOT text: the i-th node is the box n<i>, its op o<i>, the edges to that e<i>_<which input>, from it r<i>.

    What is folded becomes the boxes m<k> with edges i<k>_<j> from their inputs.
    """
    position = {id(node): i for i, node in enumerate(order)}
    shown, out_of = unfolded(order, boxes)
    shown = [node for node in shown if id(node) not in hidden]
    lines = []
    for k, fold in enumerate(boxes):
        lines.append(_box(f"m{k}", "module", fold.lines()))
        lines += [_edge(f"n{position[id(x)]}", f"m{k}", f"i{k}_{j}", id(x) in red)
                  for j, x in enumerate(fold.inputs) if id(x) not in hidden]
    number = {id(fold): k for k, fold in enumerate(boxes)}
    for node in shown:
        i = position[id(node)]
        lines.append(_box(f"n{i}", role_of[node], told[node]))
        if id(node) in out_of:
            lines.append(_edge(f"m{number[id(out_of[id(node)])]}", f"n{i}", f"r{i}", id(node) in red))
        elif node.op is not None:
            lines.append(_circle(f"o{i}", node.op.symbol))
            for use, x in enumerate(node.inputs):
                if id(x) not in hidden:
                    lines.append(_edge(f"n{position[id(x)]}", f"o{i}", f"e{i}_{use}", id(x) in red, broadcast(node, x)))
            lines.append(_edge(f"o{i}", f"n{i}", f"r{i}", id(node) in red))
    present = {role_of[node] for node in shown} | {"op"} | {"module" for _ in boxes}
    return _document(lines, direction, _legend([role for role in ROLES if role in present]) if legend else "")


def draw_dot(root: Node, format: str = "svg", rankdir: str = "LR", **options: Any) -> Drawing:
    """`draw`, called as the notebooks around micrograd call it.

    >>> draw_dot(Value(1.0) + 1.0, format="svg", rankdir="TB").source.count("rankdir=TB")
    1
    """
    if format not in FORMATS:
        raise ValueError(f"draw_dot: got format={format!r}, expected one of {', '.join(FORMATS)}")
    drawing = draw(root, direction=rankdir, **options)
    drawing.format = format
    return drawing


_DEEPEST = 24                                       # levels of indentation; what lies deeper starts again at the margin


def tree(root: Node, *, names: Mapping[str, Any] | None = None, max_nodes: int = 300) -> str:
    """The graph as a tree of lines, each node above its inputs; one met before is only named again, with ↑.

    >>> a = Value(2.0, label="a")
    >>> loss = a * a + 1.0; loss.backward()
    >>> print(tree(loss, names={"loss": loss}))
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
        stack: list[tuple[Any, str, str, int]] = [(start, "", "", 0)]
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
            facts = dict(describe(node, ""))
            shown = [facts.pop("data").removeprefix("data "), *facts.values()]
            lines.append(f"{before}{name_of[node]} = {'  '.join(shown)}{made}".replace("\n", ""))
            inputs = node.inputs
            for i in range(len(inputs) - 1, -1, -1):
                last = i == len(inputs) - 1
                stack.append((inputs[i], indent + ("└── " if last else "├── "),
                              indent + ("    " if last else "│   "), depth + 1))
    return "\n".join(lines)


# What a picture says of a node.

def small_enough(function: str, root: Any, max_nodes: int) -> list[Any]:
    """The graph in topological order; a ValueError if there is too much of it to look at."""
    if not isinstance(root, Node):
        raise TypeError(f"{function}: got {type(root).__name__}, expected a Value or a Tensor, a computation's result")
    order = topological(root)
    check_size(function, len(order), max_nodes)
    return order


def check_size(function: str, count: int, max_nodes: int) -> None:
    """A ValueError if that is too much to look at."""
    if count > max_nodes:
        remedy = "draw one example instead of a batch, fold modules with collapse=model, or raise max_nodes"
        if function != "draw":
            remedy = "take one example instead of a batch, or raise max_nodes"
        raise ValueError(f"{function}: the graph has {count:,} nodes, more than max_nodes={max_nodes:,}; {remedy}")


def as_nodes(function: str, argument: str, nodes: Any) -> list[Node]:
    """One node, several, or None, as a list."""
    if nodes is None:
        return []
    listed = [nodes] if isinstance(nodes, Node) else list(nodes)
    for node in listed:
        if not isinstance(node, Node):
            raise TypeError(f"{function}: got {type(node).__name__} in {argument}, expected nodes of the graph")
    return listed


def naming(order: Sequence[Any], names: Mapping[str, Any] | None) -> dict[Any, str]:
    """What to call each node that has a name: its label, else the variable or list element that holds it."""
    found: dict[Any, str] = {}
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


def full_names(order: Sequence[Any], names: Mapping[str, Any] | None) -> dict[Any, str]:
    """`naming`, with v1, v2, … for the nodes that have no name; no two nodes are called the same."""
    given = naming(order, names)
    taken = set(given.values())
    full: dict[Any, str] = {}
    used: dict[str, int] = {}
    for i, node in enumerate(order, 1):
        name = given.get(node) or f"v{i}"
        while node not in given and name in taken:
            name = f"_{name}"
        used[name] = used.get(name, 0) + 1
        full[node] = name if used[name] == 1 else f"{name}#{used[name]}"
    return full


def roles(order: Iterable[Any], root: Any, name_of: Mapping[Any, str], parameters: Any) -> dict[Any, str]:
    """The part each node plays: "input", "parameter", "constant", "intermediate" or "result"."""
    listed = parameters.parameters() if hasattr(parameters, "parameters") else parameters
    parameter_ids = {id(p) for p in as_nodes("draw", "parameters", listed)}
    role: dict[Any, str] = {}
    for node in order:
        if node is root:
            role[node] = "result"
        elif node.op is not None:
            role[node] = "intermediate"
        elif id(node) in parameter_ids or (isinstance(node, Tensor) and node.requires_grad):
            role[node] = "parameter"
        else:
            role[node] = "input" if node in name_of else "constant"
    return role


def on_paths(order: Iterable[Any], starts: Iterable[Any]) -> set[int]:
    """The ids of the nodes that one of `starts` leads to, those themselves included."""
    reached = {id(node) for node in starts}
    for node in order:                              # inputs come before what uses them
        if any([id(x) in reached for x in node.inputs]):
            reached.add(id(node))
    return reached


def broadcast(node: Any, x: Any) -> str:
    """What an elementwise op did to the shape of its input x, as "(3,) → (2, 3)"; nothing if it left it."""
    if isinstance(node, Value) or isinstance(node.op, Structural) or x.shape == node.shape:
        return ""
    return f"{x.shape} → {node.shape}"


def describe(node: Any, name: str) -> list[tuple[str, str]]:
    """What to say of a node, line by line: (kind of line, text)."""
    lines = [("name", name)] if name else []
    if isinstance(node, Value):
        return [*lines, ("data", f"data {node.data:.4g}"), ("grad", f"grad {node.grad:.4g}")]
    lines += [("shape", f"{node.shape} {node.dtype}"), ("data", f"data {array_text(node._data)}")]
    if node.requires_grad:
        lines.append(("grad", f"grad {array_text(node._grad, norm=True)}"))
    return lines


def array_text(x: Any, norm: bool = False) -> str:
    """A small array in full, a large one by its range or (for a gradient) its norm."""
    if x is None:
        return "none yet"
    x = np.asarray(x)
    if x.ndim == 0:
        return f"{x.item():.4g}"
    if x.size == 0:
        return "empty"
    if x.size > 9 or x.ndim > 2 or x.shape[-1] > 6:
        if not norm or x.dtype.kind != "f":
            return f"from {x.min():.4g} to {x.max():.4g}"
        with np.errstate(all="ignore"):
            return f"of norm {math.sqrt(float(np.square(x, dtype=np.float64).sum())):.4g}"
    rows = ["[" + ", ".join(f"{v:.4g}" for v in row) + "]" for row in np.atleast_2d(x).tolist()]
    return rows[0] if x.ndim == 1 else "[" + ", \n".join(rows) + "]"


# DOT.

def _document(lines: Iterable[str], direction: str, label: str) -> str:
    body = "\n".join(f"    {line}" for line in lines)
    legend = f"    label=<{label}>\n" if label else ""
    return (f'digraph {{\n    graph [rankdir={direction} bgcolor="transparent" fontname="{FONT}" '
            f'nodesep=0.22 ranksep=0.32 labelloc=b pad=0.15]\n{legend}'
            f'    node [fontname="{FONT}" fontsize=13 fontcolor="{INK}" penwidth=1.3]\n'
            f'    edge [color="{GREY}" fontname="{FONT}" fontsize=10 fontcolor="{GREY}" arrowsize=0.65 penwidth=1.2]\n'
            f'{body}\n}}\n')


def _text(text: str) -> str:
    """`text` as it stands in an HTML-like label: as typed, save for control characters, which no picture can show."""
    printable = "".join(c if c >= " " else "\n" if c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
    escaped = html.escape(printable, quote=False)
    return escaped.replace("\\", "\\\\").replace("\n", "<BR/>")     # Graphviz would read \N as the node's name


def _html(text: str) -> str:
    return f"<{_text(text)}>"


def _paint(role: str) -> str:
    _, fill, border = ROLES[role]
    return f'style="rounded,filled" fillcolor="{fill}" color="{border}"'


def _circle(identifier: str, symbol: str) -> str:
    shape = "circle" if len(symbol) <= 2 else "box"
    return (f'{identifier} [label={_html(symbol)} id="{identifier}" class="op" shape={shape} {_paint("op")} '
            'margin="0.04,0.02" width=0.36 height=0.36]')


def _box(identifier: str, role: str, lines: Sequence[tuple[str, str]]) -> str:
    """A rounded box with a line of text for each fact, the name in bold."""
    rows = []
    for kind, text in lines:
        if kind in ("data", "grad"):
            text = text.replace("\n", "\n" + "\N{NO-BREAK SPACE}" * 9)  # an array's further rows, under its first
        small = f'<FONT POINT-SIZE="11" COLOR="{PALE}">{_text(text)}</FONT>'
        shown = f"<B>{_text(text)}</B>" if kind == "name" else small
        rows.append(f'<TR><TD ALIGN="LEFT" BALIGN="LEFT">{shown}</TD></TR>')
    table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{"".join(rows)}</TABLE>'
    return (f'{identifier} [label=<{table}> id="{identifier}" class="{role}" shape=box {_paint(role)} '
            'margin="0.07,0.04" height=0]')


def _edge(tail: str, head: str, identifier: str, red: bool, label: str = "") -> str:
    marks = f' color="{RED}" penwidth=2.2' if red else ""
    marks += f" label={_html(label)}" if label else ""
    return f'{tail} -> {head} [id="{identifier}" class="{"path" if red else "use"}"{marks}]'


def _legend(shown: Iterable[str]) -> str:
    cells = []
    for role in shown:
        meaning, fill, border = ROLES[role]
        cells.append(f'<TD><TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="5" STYLE="ROUNDED" '
                     f'COLOR="{border}" BGCOLOR="{fill}"><TR><TD></TD></TR></TABLE></TD>'
                     f'<TD ALIGN="LEFT"><FONT POINT-SIZE="11" COLOR="{GREY}">{meaning}  </FONT></TD>')
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="2"><TR>{"".join(cells)}</TR></TABLE>'
