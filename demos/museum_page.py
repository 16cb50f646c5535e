"""The museum as a page: every bug with its line, its smallest graph as a picture, and its two loss curves."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .bites import DIAMOND, Graph, Step, smallest, walk
from .curves import STEPS, svg_plot, train, verdict
from .engines import (
    DIAMOND_TITLE,
    EXHIBITS,
    ORDER,
    ORDER_WHY,
    SMALLEST_TITLE,
    WALKS,
    BreadthFirst,
    Exhibit,
    Small,
    changed_code,
    exercise,
)

__all__ = ["page", "picture", "slug", "write"]

_HIGH, _GAP, _ROW = 62, 36, 26                      # a box's height, and what lies between boxes


def slug(exhibit: Exhibit) -> str:
    """Its name as part of a file's name or an address: "= for +=" is its engine, overwrites.

    >>> slug(EXHIBITS[1]), slug(EXHIBITS[0])
    ('overwrites', 'no-order')
    """
    return re.sub(r"(?<!^)([A-Z])", r"-\1", exhibit.engine.__name__).lower()


def write(folder: Path, steps: Mapping[str, str] | None = None) -> Path:
    """Write museum.html into a folder.

    Args:
        folder: where; what is there as museum_SLUG.html, as museum_overwrites.html, is linked to.
        steps: for exhibits by their slug, another page on which they can be stepped through.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "museum.html"
    there = {slug(x): f"museum_{slug(x)}.html" for x in EXHIBITS if (folder / f"museum_{slug(x)}.html").is_file()}
    path.write_text(page(there | dict(steps or {})), encoding="utf-8")
    return path


def page(steps: Mapping[str, str]) -> str:
    """The page's text."""
    pieces = {"CONTENTS": "".join(f'<li><a href="#{slug(x)}">{html.escape(x.name)}</a></li>' for x in EXHIBITS)
              + f'<li><a href="#order">{ORDER}</a></li>',
              "EXHIBITS": "".join(_exhibit(i, x, steps.get(slug(x), "")) for i, x in enumerate(EXHIBITS, 1)),
              "NUMBER": str(len(EXHIBITS) + 1), "ORDER": ORDER, "ORDER_WHY": ORDER_WHY, "WALKS": _walks(),
              "STEPS": str(STEPS), "COUNT": _WORDS[len(EXHIBITS)]}
    template = Path(__file__).with_name("museum.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda match: pieces[match[1]], template)


_WORDS = {8: "eight", 9: "nine", 10: "ten"}


def _exhibit(number: int, exhibit: Exhibit, steps: str) -> str:
    bite = smallest(exhibit.engine, Small)
    run, bad = train(Small, exhibit.name), train(exhibit.engine, exhibit.name)
    mine, right = changed_code(exhibit.engine)
    again = ", run for two steps" if bite.graph.steps == 2 else ""
    link = f'<p><a href="{html.escape(steps)}">Step through it, beside the right engine.</a></p>' if steps else ""
    notes = [(_number(x), _number(y), i in bite.wrong) for i, (x, y) in enumerate(zip(bite.right, bite.broken))]
    return (f'<section id="{slug(exhibit)}"><h2><span>{number}</span> {html.escape(exhibit.name)}</h2>'
            f"<p>{html.escape(exhibit.why, quote=False)}</p>"
            f'<div class="pair">{_code("broken", mine)}{_code("right", right)}</div>'
            f"<h3>The smallest graph on which it bites</h3>"
            f'<p class="small">Of {bite.tried} graph{"s" * (bite.tried != 1)} tried, the smallest first: '
            f'<code>{html.escape("; ".join(bite.graph.lines()))}</code>{again}.</p>'
            f"<figure>{picture(bite.graph, notes)}</figure>"
            f"<h3>What it does to training</h3>"
            f'<div class="pair"><figure>{svg_plot("right", run.losses, run.losses, "right")}</figure>'
            f'<figure>{svg_plot("broken", bad.losses, run.losses, "broken")}</figure></div>'
            f"<p>{html.escape(verdict(run, bad))}</p>{link}"
            f'<p class="small">Mend such an engine yourself: <code>{exercise(number)}</code></p></section>')


def _code(title: str, lines: Sequence[str]) -> str:
    body = "".join(f'<span class="{"changed" if line.startswith("! ") else "same"}">{html.escape(line[2:])}\n</span>'
                   for line in lines)
    return f'<figure class="code {title}"><figcaption>{title}</figcaption><pre>{body}</pre></figure>'


def _number(x: Any) -> str:
    """A gradient in a few characters."""
    return np.array2string(np.asarray(x), separator=", ", formatter={"float_kind": "{:.4g}".format}).replace("\n", "")


def picture(graph: Graph, notes: Sequence[tuple[str, str, bool]], early: Mapping[str, str] | None = None) -> str:
    """A small graph as SVG: a box for each node with its formula and its gradients, an edge for each use.

    Args:
        graph: what to draw.
        notes: for each node the gradient it should have, the one it has, and whether that is wrong.
        early: for nodes that handed on too early, what is to be said below their box.
    """
    texts = [*graph.lines(), *(f"{right} · {broken}" if wrong else right for right, broken, wrong in notes)]
    wide = max(72, 18 + round(7.2 * max(map(len, texts))))
    depth: list[int] = [0] * len(graph.leaves)
    for _, at in graph.ops:
        depth.append(1 + max(depth[i] for i in at))
    rows = [sum(d == depth[j] for j in range(i)) for i, d in enumerate(depth)]
    tallest = max(rows) + 1
    deep = [depth.count(d) for d in range(max(depth) + 1)]
    far = any(depth[i] - depth[j] > 1 for i, (_, at) in enumerate(graph.ops, len(graph.leaves)) for j in at)
    top = 30 if far and tallest == 1 else 6
    place = [(4 + d * (wide + _GAP), top + (row + (tallest - deep[d]) / 2) * (_HIGH + _ROW))
             for d, row in zip(depth, rows)]
    edges, boxes = [], []
    for i, (_, at) in enumerate(graph.ops, len(graph.leaves)):
        for k, j in enumerate(at):
            twice = at.count(j) > 1
            x0, y0 = place[j][0] + wide, place[j][1] + _HIGH / 2
            x1, y1 = place[i][0], place[i][1] + _HIGH / 2
            bend = (14 if k else -14) if twice else 0
            over = depth[i] - depth[j] > 1 and tallest == 1             # an edge past a box goes over it
            lift = -(_HIGH / 2 + 26) * 4 / 3 if over else 0
            edges.append(f'<path class="edge" d="M{x0},{y0 + bend / 2:.0f}C{x0 + 16},{y0 + bend + lift:.0f} {x1 - 20},'
                         f'{y1 + bend + lift:.0f} {x1 - 4},{y1 + bend / 2:.0f}" marker-end="url(#tip)"/>')
    for i, (line, (x, y)) in enumerate(zip(graph.lines(), place)):
        right, broken, wrong = notes[i]
        kind = "leaf" if i < len(graph.leaves) else "result" if i == len(place) - 1 else "inner"
        said = f'<tspan class="right">{right}</tspan>'
        if wrong:
            said += f'<tspan class="broken"> · {broken}</tspan>'
        middle = x + wide / 2
        boxes.append(f'<g class="node {kind}{" wrong" * wrong}">'
                     f'<rect x="{x}" y="{y:.0f}" width="{wide}" height="{_HIGH}" rx="10"/>'
                     f'<text x="{middle}" y="{y + 25:.0f}">{html.escape(line)}</text>'
                     f'<text class="grad" x="{middle}" y="{y + 47:.0f}">{said}</text></g>')
        if early and graph.names[i] in early:
            beside = y - 9 if tallest > 1 else y + _HIGH + 17               # where no edge runs
            boxes.append(f'<text class="early" x="{middle}" y="{beside:.0f}">{early[graph.names[i]]}</text>')
    width = 8 + (max(depth) + 1) * (wide + _GAP) - _GAP
    height = top + tallest * (_HIGH + _ROW) - _ROW + (24 if early is not None and tallest == 1 else 6)
    words = "; ".join(graph.lines())
    return (f'<svg viewBox="0 0 {width} {height}" style="max-width:{width}px;min-width:{min(width, 300)}px" role="img" '
            f'aria-label="{html.escape(words)}"><defs><marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" '
            'markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0L8,4L0,8z"/></marker></defs>'
            f'{"".join(edges)}{"".join(boxes)}</svg>')


def _walks() -> str:
    bite = smallest(BreadthFirst, Small)
    parts = []
    for title, graph, more in ((DIAMOND_TITLE, DIAMOND, ""), (SMALLEST_TITLE, bite.graph, f" Of {bite.tried} tried.")):
        parts.append(f"<h3>{title[0].upper()}{title[1:]}</h3>"
                     f'<p class="small"><code>{html.escape("; ".join(graph.lines()))}</code>.{more}</p>'
                     '<div class="walks">' + "".join(_walk(name, graph, engine) for name, engine in WALKS.items())
                     + "</div>")
    return "".join(parts)


def _walk(name: str, graph: Graph, engine: type[Small]) -> str:
    steps = walk(graph, engine, Small)
    early = {step.name: f"handed on {step.held:g} of {step.right:g}" for step in steps if step.early}
    right, broken = ([float(node.grad) for node in graph.run(x)] for x in (Small, engine))
    notes = [(f"{x:g}", f"{y:g}", x != y) for x, y in zip(right, broken)]
    return (f'<article><div><h4>{name}</h4><ol>{"".join(map(_step, steps))}</ol></div>'
            f"<figure>{picture(graph, notes, early)}</figure></article>")


def _step(step: Step) -> str:
    late = f'<b class="broken">too early: it should hold {step.right:g}</b>' if step.early else ""
    return f"<li><code>{step.name}</code> hands on {step.held:g} {late}</li>"
