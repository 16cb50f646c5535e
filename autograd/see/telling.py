"""What a picture, a line or a page says of a node: its number or array as text, its gradient, an op's rule and words.

Numbers are told without NumPy. Nothing is computed here but what a large array is summed up by.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autograd.core.graph import Node
from autograd.core.op import Op
from autograd.core.symbols import Symbol
from autograd.learn.alike import norm, shape_of

if TYPE_CHECKING:
    from autograd.arrays.convert import Array

__all__ = ["Line", "array_text", "broadcast", "chain", "describe", "number_text", "reached", "rule",
           "rule_in_names", "size_text", "words_of"]

Line = tuple[str, str]                              # what kind of line it is ("name", "data", …), and its text


# A node.

def broadcast(node: Node, x: Node) -> str:
    """What an elementwise op did to the shape of its input x, as "(3,) → (2, 3)"; nothing if it left it."""
    before, after = shape_of(x._data), shape_of(node._data)
    elementwise = node.op is not None and node.op.partials
    return f"{before} → {after}" if elementwise and before != after else ""


def describe(node: Node, name: str, root: Node) -> list[Line]:
    """What to say of a node in the graph of `root`, line by line."""
    lines = [("name", name), ("shape", node.kind), ("data", f"data {array_text(node._data)}")]
    if reached(node, root):
        lines.append(("grad", f"grad {array_text(node._grad, summed_up=True)}"))
    return [(kind, text) for kind, text in lines if text]


def reached(node: Node, root: Node) -> bool:
    """Whether the node has a gradient to show: not None, and not a 0 that stands there only because none was computed.

    A Value's 0 counts as computed where the root's own gradient is not 0: then a backward pass went through the root,
    and through all that is below it.
    """
    g = node._grad
    return node.requires_grad and g is not None and (type(g) is not float or g != 0.0 or root._grad != 0.0)


def words_of(op: Op) -> str:
    """What an op does to a gradient, in words."""
    return op.words or f"by the rule of {op.name}"


# Numbers as text.

def array_text(x: Any, summed_up: bool = False) -> str:
    """A number; a small array in full; a large one by its range, or by its norm if it is to be summed up."""
    if type(x) is float:
        return f"{x:.4g}"
    if x.ndim == 0:
        return f"{x.item():.4g}"
    if x.size == 0:
        return "empty"
    if x.size > 9 or x.ndim > 2 or x.shape[-1] > 6:
        if not summed_up or x.dtype.kind != "f":
            return f"from {x.min():.4g} to {x.max():.4g}"
        return f"of norm {norm(x):.4g}"
    rows = ["[" + ", ".join(f"{v:.4g}" for v in row) + "]" for row in x.reshape(-1, x.shape[-1]).tolist()]
    return rows[0] if x.ndim == 1 else "[" + ", \n".join(rows) + "]"


def number_text(x: float | Array) -> str:
    """A number in three digits, as mathematics is printed.

    >>> number_text(-0.12345)
    '−0.123'
    """
    return f"{float(x):.3g}".replace("-", "−")


def chain(sign: str, numbers: Sequence[float | Array]) -> str:
    """The numbers with `sign` between them, negative ones in parentheses but for the first."""
    texts = [number_text(x) for x in numbers]
    return sign.join([texts[0], *(f"({text})" if text.startswith("−") else text for text in texts[1:])])


def size_text(x: Any) -> str:
    """A number, a small array, or the size of a large one."""
    if not shape_of(x):
        return number_text(x)
    if x.size <= 6 and x.ndim == 1:
        return "[" + ", ".join(map(number_text, x.tolist())) + "]"
    return f"{x.shape} of norm {number_text(norm(x))}"


# A rule.

def rule(op: Op, position: int, out: object, inputs: Sequence[object]) -> str:
    """∂out/∂input as text: the op's partial, fed with symbols for its result and inputs. Empty where there is none.

    >>> from autograd.core.ops import TABLE
    >>> rule(TABLE["tanh"], 0, Symbol("h"), [Symbol("z")])
    '1 − h·h'
    """
    try:
        slopes = op.slopes(out, *inputs)
        text = str(slopes[position]) if position < len(slopes) else ""
    except (TypeError, AttributeError, ValueError):  # a rule in closed form, which wants numbers
        return ""
    return prettified(text)


def prettified(text: str) -> str:
    """A rule as mathematics is written: 1 for 1.0, · for *, and [x > 0] for "1 where x > 0, else 0"."""
    text = re.sub(r"(?<![\w.])(\d+)\.0(?![\d])", r"\1", text)
    text = re.sub(r" \*\* (-?[\w.]+)", r"^\1", text)
    text = text.replace(" * ", "·").replace(" / ", "/").replace("-", "−")
    return f"[{text}]" if re.fullmatch(r"[^()]* (>|<|==|!=) [^()]*", text) else text


def rule_in_names(node: Node, position: int, name_of: Mapping[Node, str]) -> str:
    """The rule of one use, in the nodes' names."""
    assert node.op is not None
    return rule(node.op, position, Symbol(name_of[node]), [Symbol(name_of[x]) for x in node.inputs])
