"""Cross-entropy under the microscope: how the steps of its backward pass cancel into softmax − one-hot.

For one sample with three classes it writes
    cross_entropy_graph.svg     the graph logits → exp → Σ → / → log → loss, the paths from one logit in red
    cross_entropy_steps.html    the same graph, to be stepped through in a browser
    cross_entropy.html          the chain's Jacobians, and how their product cancels, column by column
    cross_entropy_error.svg     what log(softmax) loses as logits grow, and log-sum-exp does not
"""

from __future__ import annotations

import argparse
import html
import re
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import autograd.functional as F
from autograd import Tensor, Value, draw, explain, paths, stepper, tree
from autograd.core.nary import total

from . import COMMAND
from .terminal import folder

LOGITS = [2.0, 1.0, 0.1]
TARGET = 1                                          # the true class, counted from 0: the second of three
Y = np.eye(3)[TARGET]


class Graph(NamedTuple):
    """The loss of one sample as a graph of Values, and those of its nodes that have names."""

    z: list[Value]          # the logits
    e: list[Value]          # their exponentials
    s: Value                # the sum of those
    y_hat: Value            # the probability of the true class
    loss: Value


def loss_graph() -> Graph:
    """−log(exp(z_t) / Σ exp(z)), step by step, with every step's result in a node; backward() has been run."""
    z = [Value(number, label=f"z_{i}") for i, number in enumerate(LOGITS, 1)]
    e = [logit.exp() for logit in z]
    s = total(e)
    y_hat = e[TARGET] / s
    logarithm = y_hat.log()
    loss = -logarithm
    for i, power in enumerate(e, 1):
        power.label = f"e_{i}"
    s.label, y_hat.label, logarithm.label, loss.label = "s", f"ŷ_{TARGET + 1}", "log ŷ", "L"
    loss.backward()
    return Graph(z, e, s, y_hat, loss)


def jacobian(out: Tensor, x: Tensor) -> Any:
    """∂out/∂x, a row for each element of `out`: one backward pass from each."""
    rows = []
    for row in np.eye(out.numel()):
        x.zero_grad()
        out.backward(row.reshape(out.shape))
        rows.append(x.grad.numpy().ravel())
    return np.array(rows)


def chain() -> dict[str, Any]:
    """The Jacobians along z → e → ŷ → L, each by the engine, and their products."""
    e = Tensor(np.exp(LOGITS), requires_grad=True)
    y_hat = e / e.sum()
    z = Tensor(LOGITS, requires_grad=True)
    p = Tensor(y_hat.numpy(), requires_grad=True)
    loss = -(Tensor(Y) * p.log()).sum()
    steps = {"∂L/∂ŷ": jacobian(loss, p), "∂ŷ/∂e": jacobian(y_hat, e), "∂e/∂z": jacobian(z.exp(), z)}
    steps["∂ŷ/∂z"] = steps["∂ŷ/∂e"] @ steps["∂e/∂z"]
    steps["∂L/∂z"] = steps["∂L/∂ŷ"] @ steps["∂ŷ/∂z"]
    return steps


# What each path from z_j to L multiplies, as symbols; ~~ marks what cancels.
DIRECT = "~~e_{t}~~ · 1/~~s~~ · ~~s~~/~~e_{t}~~ · (−1)"
THROUGH_SUM = "e_{j} · 1 · (−~~e_{t}~~/s·~~s~~) · ~~s~~/~~e_{t}~~ · (−1)"


def columns(graph: Graph) -> list[dict[str, Any]]:
    """For every logit: the paths from it to the loss, which are its column's terms, and their sum."""
    found = []
    for j, logit in enumerate(graph.z, 1):
        terms = []
        for path in sorted(paths(graph.loss, logit), key=lambda path: graph.s in path.nodes[2:3]):
            by_sum = any(node is graph.s for node in path.nodes)
            terms.append({
                "way": "through the sum s" if by_sum else "through the numerator",
                "symbols": (THROUGH_SUM if by_sum else DIRECT).format(j=j, t=TARGET + 1),
                "left": f"ŷ_{j}" if by_sum else "−1",
                "factors": path.partials,
                "value": path.contribution,
            })
        found.append({"name": logit.label, "terms": terms, "sum": logit.grad,
                      "formula": f"ŷ_{j} − {Y[j - 1]:.0f}", "closed": float(softmax()[j - 1] - Y[j - 1])})
    return found


def softmax() -> Any:
    return F.softmax(Tensor(LOGITS)).numpy()


# The logarithm of a softmax, in three ways.

def naive(z: Tensor) -> Tensor:
    e = z.exp()
    return -(e / e.sum()).log()[0]


def shifted(z: Tensor) -> Tensor:
    return -F.softmax(z).log()[0]


def stable(z: Tensor) -> Tensor:
    return -F.log_softmax(z)[0]


WAYS = {"−log(exp z / Σ exp z)": naive, "−log(softmax(z)), shifted by the maximum": shifted, "log-sum-exp": stable}


def errors(way: Any, dtype: Any, logits: Any) -> Any:
    """The relative error of the loss log(1 + 2·exp(−x)) for logits (x, 0, 0); inf where it is not finite.

    Against 60 digits; below the smallest normal number, which has fewer digits itself, relative to that number.
    """
    found = []
    with localcontext() as context:
        context.prec = 60
        for x in map(float, logits.astype(dtype)):
            power = 2 * Decimal(-x).exp()
            exact = (1 + power).ln() if power > Decimal("1e-30") else power
            loss = way(Tensor([x, 0.0, 0.0], dtype=dtype)).item()
            size = max(exact, Decimal(float(np.finfo(dtype).tiny)))
            found.append(float(abs(Decimal(loss) - exact) / size) if np.isfinite(loss) else np.inf)
    return np.array(found)


def plot(file: Path) -> None:
    """The errors, over logits from −10⁴ to 10⁴."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    grey = "#8792a5"                                # shows on white and on black
    style = {"svg.hashsalt": "cross_entropy", "text.color": grey, "axes.labelcolor": grey, "axes.edgecolor": grey,
             "xtick.color": grey, "ytick.color": grey, "axes.spines.top": False, "axes.spines.right": False}
    size = np.geomspace(1, 1e4, 161)
    logits = np.concatenate([-size[::-1], np.linspace(-1, 1, 41), size])
    with plt.rc_context(style):
        figure, axes = plt.subplots(1, 2, figsize=(10, 3.9), sharey=True)
        for axis, dtype in zip(axes, (np.float32, np.float64)):
            top, epsilon = 1e4, float(np.finfo(dtype).eps)
            for (label, way), colour in zip(WAYS.items(), ("#e11d48", "#e09f1f", "#22a55a")):
                error = errors(way, dtype, logits)
                lost = np.isinf(error)
                error[lost] = np.nan
                axis.plot(logits, np.maximum(error, epsilon / 2), color=colour, label=label, lw=1.8)
                height = top if way is naive else top / 20
                axis.plot(logits[lost], np.full(lost.sum(), height), "x", color=colour, ms=4)
            axis.set(xscale="symlog", yscale="log", ylim=(1e-18, top * 50))
            axis.set_xlabel("logit of the true class; the others are 0")
            axis.axhline(epsilon, color=grey, lw=0.8, ls=":")
            axis.annotate("× inf or nan", (-9e3, top * 5), fontsize=9)
            axis.annotate("ε, one unit in the last place", (0, epsilon / 30), ha="center", fontsize=9)
            axis.set_title(dtype.__name__, color=grey)
            axis.set_xticks([-1e4, -100, 0, 100, 1e4], ["−10⁴", "−100", "0", "100", "10⁴"])
            axis.grid(alpha=0.2)
        axes[0].set_ylabel("relative error of the loss")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="lower center", ncol=3, frameon=False)
        figure.tight_layout(rect=(0, 0.07, 1, 1))
        figure.savefig(file, transparent=True, metadata={"Date": None})
        plt.close(figure)


# The page.

def page(graph: Graph, picture: str, error_plot: str) -> str:
    steps = chain()
    pieces = {
        "TARGET": str(TARGET + 1), "LOGITS": ", ".join(f"{x:g}" for x in LOGITS),
        "GRAPH": _inline(picture),
        "STEPS": " ".join(["<b>·</b>".join(_matrix(name, steps[name]) for name in ("∂L/∂ŷ", "∂ŷ/∂e", "∂e/∂z")),
                           f"<div class=product><b>=</b>{_matrix('∂L/∂z', steps['∂L/∂z'])}</div>"]),
        "SOFTMAX": _matrix("∂ŷ/∂z", steps["∂ŷ/∂z"], sums=True),
        "COLUMNS": "".join(map(_column, columns(graph))),
        "RESULT": "".join(_row(name, numbers) for name, numbers in [
            ("ŷ", softmax()), ("y", Y), ("ŷ − y", softmax() - Y), ("z.grad", [z.grad for z in graph.z])]),
        "SUM": _number(sum(z.grad for z in graph.z)),
        "PLOT": (f"<figure tabindex=0>{_inline(error_plot)}</figure>" if error_plot
                 else "<p>(not plotted: --no-plots)</p>"),
    }
    template = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda match: pieces[match[1]], template)


def _inline(svg: str) -> str:
    return svg[svg.index("<svg"):]


def _number(x: float) -> str:
    return f"{0.0 if abs(x) < 1e-15 else x:.4f}".replace("-", "−")


def _cell(x: float) -> str:
    """A table cell, the redder the more negative, the bluer the more positive."""
    strength = min(60, round(14 * abs(x) ** 0.5 * 2)) if abs(x) > 1e-12 else 0
    return f'<td style="--strength:{strength}%" class="{"plus" if x > 0 else "minus"}">{_number(x)}</td>'


def _matrix(name: str, rows: Any, sums: bool = False) -> str:
    body = ""
    for row in rows:
        total_cell = f"<td class=sum>Σ = {_number(row.sum())}</td>" if sums else ""
        body += f"<tr>{''.join(map(_cell, row))}{total_cell}</tr>"
    return f'<figure class="matrix"><table>{body}</table><figcaption>{_math(name)}</figcaption></figure>'


def _row(name: str, numbers: Any) -> str:
    return f"<tr><th>{_math(name)}</th>{''.join(map(_cell, numbers))}</tr>"


def _math(text: str) -> str:
    text = re.sub(r"(\w\u0302?)_(\w)", r"\1<sub>\2</sub>", html.escape(text, quote=False))
    text = re.sub(r"~~(.*?)~~", r"<s>\1</s>", text)
    return f'<span class="math">{text}</span>'


def _column(column: dict[str, Any]) -> str:
    lines = []
    for term in column["terms"]:
        numbers = " × ".join(_number(x) if x >= 0 else f"({_number(x)})" for x in term["factors"])
        lines.append(f"<li>{term['way']}<br>{_math(term['symbols'])} = <b>{_math(term['left'])}</b>"
                     f"<br><small>{numbers} = {_number(term['value'])}</small></li>")
    total_line = f"{_math(column['formula'])} = <b>{_number(column['sum'])}</b>"
    return f"<article><h3>{_math('∂L/∂' + column['name'])}</h3><ul>{''.join(lines)}</ul><p>{total_line}</p></article>"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog=f"{COMMAND} cross_entropy", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=folder, default=Path("out"), help="where to write (default: out)")
    parser.add_argument("--no-plots", action="store_true", help="leave out the plot of errors")
    options, _ = parser.parse_known_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)

    graph = loss_graph()
    print("The loss of one sample with three classes, step by step:\n")
    print(tree(graph.loss), end="\n\n")
    print(explain(graph.loss, graph.s), end="\n\n")
    for column in columns(graph):
        terms = " + ".join(f"({_number(term['value'])} {term['way']})" for term in column["terms"])
        print(f"∂L/∂{column['name']} = {terms} = {_number(column['sum'])} = {column['formula']}")
        if abs(column["sum"] - column["closed"]) > 1e-15:
            raise ArithmeticError(f"∂L/∂{column['name']} is {column['sum']}, but softmax − one-hot {column['closed']}")
    print(f"their sum: {_number(sum(z.grad for z in graph.z))}\n")

    picture = options.out / "cross_entropy_graph.svg"
    written = [draw(graph.loss, highlight=graph.z[TARGET]).save(picture),
               stepper(graph.loss, options.out / "cross_entropy_steps.html",
                       title="Cross-entropy of one sample, step by step").path]
    error_plot = options.out / "cross_entropy_error.svg"
    if not options.no_plots:
        plot(error_plot)
        written.append(error_plot)
    microscope = options.out / "cross_entropy.html"
    microscope.write_text(page(graph, picture.read_text(encoding="utf-8"),
                               "" if options.no_plots else error_plot.read_text(encoding="utf-8")), encoding="utf-8")
    for file in (microscope, *written):
        print(f"wrote {file}")


if __name__ == "__main__":
    main()
