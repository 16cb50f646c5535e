"""How objects show themselves in a notebook or a browser: the pieces of HTML, their one stylesheet, and who shows what.

Nothing here imports a notebook: an object's `_repr_html_` returns text. The text takes its colours from the page around
it, light or dark, and has no background of its own; where a page removes the stylesheet, plain tables are left.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Sequence
from typing import Any

from autograd.core.graph import Node
from autograd.learn.alike import largest, norm, shape_of, some
from autograd.learn.languages import tell
from autograd.see.telling import number_text

__all__ = ["card", "code", "fitted", "frame", "items", "note", "numbers", "pairs", "table"]

STYLE = """
.ninjagrad { font: 13px/1.5 system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; max-width: 100%;
  overflow-x: auto; color: inherit; }
.ninjagrad .head { font-weight: 600; font-size: 1.08em; }
.ninjagrad ul { margin: .2em 0; padding-left: 1.3em; }
.ninjagrad table { border-collapse: collapse; margin: .35em 0; color: inherit; }
.ninjagrad th, .ninjagrad td { padding: .14em .8em .14em 0; text-align: left !important; border: 0;
  font-variant-numeric: tabular-nums; vertical-align: top; max-width: none; }
.ninjagrad tr { background: none !important; }      /* a notebook's own tables have stripes, and stand to the right */
.ninjagrad thead th { font-weight: 600; opacity: .7; border-bottom: 1px solid #8888; }
.ninjagrad tr.total td { border-top: 1px solid #8888; font-weight: 600; }
.ninjagrad th[scope=row] { font-weight: 400; opacity: .7; padding-right: 1.2em; }
.ninjagrad td.number, .ninjagrad th.number { text-align: right !important; }
.ninjagrad table.grid td { text-align: right !important; padding: .15em .6em; border: 1px solid #8883; }
.ninjagrad pre { margin: .3em 0; padding: 0; background: none; color: inherit; line-height: 1.4; white-space: pre;
  font-family: var(--jp-code-font-family, ui-monospace, Menlo, Consolas, monospace); font-size: 12.5px; }
.ninjagrad .quiet { opacity: .7; }
.ninjagrad .right { color: #16a34a; } .ninjagrad .wrong { color: #e5484d; }
.ninjagrad pre .k, .ninjagrad pre .kn, .ninjagrad pre .ow { color: #a855f7; }
.ninjagrad pre .mf, .ninjagrad pre .mi { color: #0d9488; } .ninjagrad pre .nf { color: #3b82f6; }
.ninjagrad pre .s1, .ninjagrad pre .s2, .ninjagrad pre .sd { color: #d97706; }
.ninjagrad pre .c1 { opacity: .65; font-style: italic; }
.ninjagrad iframe { width: 100%; box-sizing: border-box; border: 1px solid #8884; border-radius: 6px; }
"""
LARGEST_GRID = 8                                    # rows or columns; of a larger array, the first and the last


# Pieces.

def card(head: str, *body: str) -> str:
    """One display: a line in bold, and what stands below it. The head is text, the body HTML."""
    title = f'<div class="head">{_text(head)}</div>' if head else ""
    return f'<style>{STYLE}</style><div class="ninjagrad">{title}{"".join(body)}</div>'


def note(text: str, kind: str = "") -> str:
    """A line of text; its kind may be quiet, right or wrong."""
    return f'<div class="{kind}">{_text(text)}</div>' if kind else f"<div>{_text(text)}</div>"


def items(lines: Iterable[str]) -> str:
    """A list with a bullet for each line."""
    return f"<ul>{''.join(f'<li>{_text(line)}</li>' for line in lines)}</ul>"


def pairs(rows: Iterable[tuple[str, str]], **as_html: str) -> str:
    """A table of facts, each with its name before it. Those in `as_html` are HTML already."""
    cells = [(name, _text(fact)) for name, fact in rows] + list(as_html.items())
    return "<table>" + "".join(f'<tr><th scope="row">{_text(name)}</th><td>{fact}</td></tr>'
                               for name, fact in cells) + "</table>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], total: bool = False) -> str:
    """A table; columns of numbers stand to the right. With `total`, the last row is the sum of the others.

    >>> table(["name", "n"], [["a", "1,000"], ["b", "−2"]]).count('class="number"')
    3
    """
    listed = [list(row) for row in rows]
    right = [any(cells) and all(not x or re.fullmatch(r"[−+\d.,e]+|nan|[−]?inf", x) for x in cells)
             for cells in ([row[i] for row in listed] for i in range(len(head)))]
    kind = [' class="number"' if x else "" for x in right]
    top = "".join(f"<th{k}>{_text(cell)}</th>" for k, cell in zip(kind, head))
    body = "".join(f"<tr{' class=total' * (total and i == len(listed) - 1)}>"
                   + "".join(f"<td{k}>{_text(cell)}</td>" for k, cell in zip(kind, row)) + "</tr>"
                   for i, row in enumerate(listed))
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def code(text: str) -> str:
    """Python, in colours where pygments is installed; the colours are the stylesheet's."""
    try:
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import PythonLexer
    except ImportError:
        return f"<pre>{_text(text)}</pre>"
    return f"<pre>{highlight(text, PythonLexer(), HtmlFormatter(nowrap=True))}</pre>"


def frame(page: str, height: int) -> str:
    """A whole page within the display: as high as it says at first, then as its content, if the content is higher.

    A notebook that comes from elsewhere, and was not run yet, shows the words in it instead.
    """
    grow = ("const d = this.contentDocument; "
            "if (d) this.style.height = Math.max(this.offsetHeight, d.documentElement.scrollHeight + 2) + 'px'")
    return (f'<iframe style="height: {height}px" onload="{grow}" title="a page of its own" '
            f'srcdoc="{html.escape(page)}">Run this cell to see the page.</iframe>')


def fitted(svg: str, alt: str) -> str:
    """The picture for a page of HTML: no wider than the place where it stands, unless nobody could read it then.

    It is made smaller by a third at most. What is still too wide can be scrolled. It goes as an image, since a notebook
    that comes from elsewhere, and was not run yet, shows images but takes SVG for text.
    """
    width = re.search(r'<svg [^>]*?width="([\d.]+)(\w*)"', svg)
    least = f"max(100%, {float(width[1]) * 0.66:.0f}{width[2] or 'px'})" if width else "100%"
    data = base64.b64encode(svg[svg.index("<svg"):].encode()).decode()
    return (f'<div style="overflow-x: auto"><img alt="{html.escape(alt)}" style="max-width: {least}; height: auto" '
            f'src="data:image/svg+xml;base64,{data}"></div>')


def numbers(x: Any) -> str:
    """A number, or an array as a table of its numbers: blue where they are negative, red where positive."""
    if not shape_of(x):
        return f"<b>{_number(x if type(x) is float else x.item())}</b>"
    if x.ndim > 2 or x.size == 0 or x.dtype.kind not in "fiub":
        return f"<pre>{_text(str(x))}</pre>"
    rows = x.reshape(-1, x.shape[-1])
    scale = largest(rows[abs(rows) < float("inf")]) if x.dtype.kind == "f" else 0.0
    across, down = _ends(rows.shape[1]), _ends(rows.shape[0])
    lines = []
    for i in down:
        cells = ["<td>⋯</td>" if i is None or j is None else _cell(rows[i, j].item(), scale) for j in across]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f'<table class="grid">{"".join(lines)}</table>'


def _ends(n: int) -> list[int | None]:
    """Which places to show; None where some are left out."""
    if n <= LARGEST_GRID:
        return list(range(n))
    half = LARGEST_GRID // 2
    return [*range(half), None, *range(n - half + 1, n)]


def _cell(x: Any, scale: float) -> str:
    colour = ""
    if scale and x == x and type(x) is float:
        share = min(1.0, abs(x) / scale)
        colour = f' style="background: rgba({"239, 68, 68" if x > 0 else "59, 130, 246"}, {0.4 * share:.2f})"'
    return f"<td{colour}>{_number(x)}</td>"


def _number(x: Any) -> str:
    return f"{x:.4g}".replace("-", "−") if type(x) is float else str(x).replace("-", "−")


def _text(text: str) -> str:
    return html.escape(text, quote=False)


# Who shows what. An object below this room asks for its display by the name of one of these functions.

def of_node(node: Node) -> str:
    """A Value or a Tensor: its numbers, its gradient where it has one, and what made it."""
    kind = type(node).__name__
    head = f"{node.label}: {kind}" if node.label else kind
    facts = [] if not node.kind else [("shape, dtype", node.kind)]
    if node.op is not None:
        operands = ", ".join(x.label or _short(x) for x in node.inputs[:4]) + ", …" * (len(node.inputs) > 4)
        facts.append(("made by", f"{node.op.name} of {operands}"))
    if not node.requires_grad:
        gradient = '<span class="quiet">none is asked for</span>'
    elif node._grad is None or (type(node._grad) is float and not some(node._grad)):
        gradient = '<span class="quiet">0, or no backward pass has come here yet</span>' if not node.kind else (
            '<span class="quiet">no backward pass has come here yet</span>')
    else:
        gradient = numbers(node._grad)
    return card(head, pairs(facts, data=numbers(node._data), gradient=gradient))


def _short(node: Node) -> str:
    shape = shape_of(node._data)
    return f"{shape}" if shape else number_text(node._data if type(node._data) is float else node._data.item())


def of_source(text: str) -> str:
    """The text that `source` returns."""
    return card("", code(text))


def of_recording(recording: Any) -> str:
    """What `replay` returns."""
    stats = recording.stats
    parameters, gradients = recording.parameters, recording.gradient
    several = isinstance(parameters, tuple)
    count = sum(p.size for p in parameters) if several else parameters.size
    slope = sum(norm(g) ** 2 for g in gradients) ** 0.5 if several else norm(gradients)
    inputs = f"{len(recording.inputs):,}" + " per example" * bool(getattr(recording, "batch", False))
    return card("A recorded graph, to be run again", pairs([
        ("nodes", f"{stats.nodes:,}"),
        ("a run makes", f"{stats.steps:,} step{'s' * (stats.steps != 1)} of {stats.strategy}"),
        ("its buffers take", f"{stats.bytes:,} bytes"), ("numbers to train", f"{count:,}"),
        ("inputs fed anew", inputs), ("norm of the last gradient", number_text(slope))]))


def of_diagnosis(diagnosis: Any) -> str:
    """What `diagnose` returns."""
    if not diagnosis:
        return card("", note(f"✓ {diagnosis}", "right"))
    mistake = tell("none of the usual mistakes") if diagnosis.mistake == "unknown" else tell(diagnosis.mistake)
    facts = [(tell("seen"), diagnosis.evidence), (tell("hint"), diagnosis.hint)]
    facts += [(tell("or"), f"{tell(name)}: {evidence}") for name, evidence in diagnosis.others]
    facts += [(tell("note"), diagnosis.note)] if diagnosis.note else []
    return card("", note(f"✗ d{diagnosis.variable}: {mistake}", "head wrong"), pairs(facts))


def of_comparison(comparison: Any) -> str:
    """What `cmp` returns."""
    facts = [(tell("exact"), str(comparison.exact)), (tell("approximate"), str(comparison.approximate)),
             (tell("largest difference"), f"{comparison.maxdiff:.3g}")]
    mark, kind = ("✓", "head right") if comparison else ("✗", "head wrong")
    return card("", note(f"{mark} {comparison.name}", kind), pairs(facts),
                of_diagnosis(comparison.diagnosis) if comparison.diagnosis else "")


