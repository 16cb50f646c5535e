"""A graph as DOT text, and the text laid out as a picture.

Graphviz lays it out: the program `dot` where there is one, else the engine that pygraphviz brings. What stands in the
boxes is said by whoever calls `compose`.
"""

from __future__ import annotations

import html
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from tempfile import TemporaryFile
from threading import Lock

from autograd.core.graph import Node
from autograd.see.folding import Fold, unfolded
from autograd.see.telling import Line, broadcast

__all__ = ["GREY", "INK", "RED", "ROLES", "LayoutError", "Markup", "as_typed", "can_lay_out", "check_direction",
           "compose", "further", "layout", "without_font_warnings"]

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
FONT = "Helvetica,Arial,Liberation Sans,Nimbus Sans,sans-serif"    # all of the same widths


class Markup(str):
    """Text that is in Graphviz's HTML already."""


engine: Callable[[str, str], bytes] | None = None   # lays out where this is set, as in a browser, which has no programs


class LayoutError(RuntimeError):
    """Nothing here can lay out a picture."""


def can_lay_out() -> bool:
    """Whether there is anything here that lays out a picture."""
    return bool(shutil.which("dot") or find_spec("pygraphviz"))


def layout(source: str, format: str) -> bytes:
    """Lay `source` out as `format`: by `engine` where one is set, by `dot` if it is on the PATH, else by pygraphviz's.

    Raises:
        LayoutError: where there is neither; it names both remedies.
    """
    if engine is not None:
        return engine(source, format)
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
        with without_font_warnings():
            picture: bytes = graph.draw(format=format, prog="dot")
    finally:
        graph.close()
    return picture


@contextmanager
def without_font_warnings() -> Iterator[None]:
    """Within it nothing goes to stderr; afterwards all that was written goes there, but for fontconfig's warnings.

    pygraphviz brings a fontconfig that is older than the files it reads on newer systems, and warns of what it does not
    know in them. It reads /usr/share/fontconfig/conf.avail whatever FONTCONFIG_FILE says, so no setting silences that.
    One thread at a time: two that put stderr aside would each put back the other's.
    """
    with _aside:
        yield from _without_font_warnings()


_aside = Lock()


def _without_font_warnings() -> Iterator[None]:
    try:
        stderr = os.dup(2)
    except OSError:                                 # a process without one
        yield
        return
    with TemporaryFile() as written:
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            written.seek(0)
            for line in written:
                if not line.startswith(b"Fontconfig warning"):
                    os.write(2, line)


def check_direction(function: str, direction: str) -> None:
    """Refuse a direction of which Graphviz would take no notice.

    Raises:
        ValueError: for what is not "LR", "TB", "RL" or "BT".
    """
    if direction not in ("LR", "TB", "RL", "BT"):
        raise ValueError(f"{function}: got direction={direction!r}, expected 'LR', 'TB', 'RL' or 'BT'")


def compose(order: Sequence[Node], role_of: Mapping[Node, str], red: set[int], hidden: set[int], direction: str,
            legend: bool, told: Mapping[Node, Sequence[Line]], boxes: Sequence[Fold] = (),
            sign: Callable[[str], str] = str) -> str:
    """The DOT text: the i-th node is the box n<i>, its op o<i>, the edges to that e<i>_<which input>, from it r<i>.

    What is folded becomes the boxes m<k> with edges i<k>_<j> from their inputs. `sign` spells the ops' symbols.
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
            lines.append(_circle(f"o{i}", sign(node.op.symbol)))
            for use, x in enumerate(node.inputs):
                if id(x) not in hidden:
                    lines.append(_edge(f"n{position[id(x)]}", f"o{i}", f"e{i}_{use}", id(x) in red, broadcast(node, x)))
            lines.append(_edge(f"o{i}", f"n{i}", f"r{i}", id(node) in red))
    present = {role_of[node] for node in shown} | {"op"} | {"module" for _ in boxes}
    return _document(lines, direction, _legend([role for role in ROLES if role in present]) if legend else "")


# The pieces of it.

def _document(lines: Iterable[str], direction: str, label: str) -> str:
    body = "\n".join(f"    {line}" for line in lines)
    legend = f"    label=<{label}>\n" if label else ""
    return (f'digraph {{\n    graph [rankdir={direction} bgcolor="transparent" fontname="{FONT}" '
            f'nodesep=0.22 ranksep=0.32 labelloc=b pad=0.15]\n{legend}'
            f'    node [fontname="{FONT}" fontsize=13 fontcolor="{INK}" penwidth=1.3]\n'
            f'    edge [color="{GREY}" fontname="{FONT}" fontsize=10 fontcolor="{GREY}" arrowsize=0.65 penwidth=1.2]\n'
            f'{body}\n}}\n')


def as_typed(text: str) -> str:
    """`text` as it stands in an HTML-like label: as typed, save for control characters, which no picture can show."""
    if isinstance(text, Markup):
        return text
    printable = "".join(c if c >= " " else "\n" if c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
    escaped = html.escape(printable, quote=False)
    return escaped.replace("\\", "\\\\").replace("\n", "<BR/>")     # Graphviz would read \N as the node's name


def further(kind: str, text: str) -> str:
    """An array's further rows, under its first."""
    numbers = kind in ("data", "grad") and not isinstance(text, Markup)
    return text.replace("\n", "\n" + "\N{NO-BREAK SPACE}" * 9) if numbers else text


def _html(text: str) -> str:
    return f"<{as_typed(text)}>"


def _paint(role: str) -> str:
    _, fill, border = ROLES[role]
    return f'style="rounded,filled" fillcolor="{fill}" color="{border}"'


def _circle(identifier: str, symbol: str) -> str:
    shape = "circle" if len(symbol) <= 2 else "box"
    return (f'{identifier} [label={_html(symbol)} id="{identifier}" class="op" shape={shape} {_paint("op")} '
            'margin="0.04,0.02" width=0.36 height=0.36]')


def _box(identifier: str, role: str, lines: Sequence[Line]) -> str:
    """A rounded box with a line of text for each fact, the name in bold."""
    rows = []
    for kind, text in lines:
        shown = as_typed(further(kind, text))
        if kind != "name":
            shown = f'<FONT POINT-SIZE="11" COLOR="{PALE}">{shown}</FONT>'
        elif not isinstance(text, Markup):
            shown = f"<B>{shown}</B>"
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
