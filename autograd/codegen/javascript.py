"""Graphs of Values as JavaScript: what `source(…, backend="js")` writes, and what a page computes with.

It needs no NumPy, as Values need none. The forward lines are the rows' own functions and the backward lines the rows'
own partial derivatives, both fed with symbols whose text is JavaScript; no derivative stands here. What JavaScript's
`Math` lacks, stands in `floats.js`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cache
from pathlib import Path
from typing import Any

from autograd.core.graph import Gradients, back, topological
from autograd.core.nary import Nary
from autograd.core.op import TABLE, Op, times
from autograd.core.ops import PowerBy
from autograd.core.symbols import ATOM, PRODUCT, SIGN, SUM, Symbol
from autograd.core.value import Value

__all__ = ["Script", "everything", "javascript"]

# The functions of `math` that JavaScript's `Math` has by the same name.
_MATH = {"acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "cos", "cosh", "exp", "expm1", "floor",
         "ceil", "hypot", "log", "log10", "log1p", "log2", "sin", "sinh", "sqrt", "tan", "tanh", "trunc"}
_LOOSEST = -1                                       # what a row writes out: in parentheses wherever it is an operand
_WORDS = {*re.findall(r"\w+", """
    arguments await break case catch class const continue debugger default delete do else enum eval export extends false
    finally for function if implements import in instanceof interface let new null package private protected public
    return static super switch this throw true try typeof undefined var void while with yield
    Math Number NaN Infinity step leaves seed __proto__""")}


class Script(Symbol):
    """A piece of JavaScript that grows when computed with.

    >>> x = Script("x")
    >>> print(-(-x) * 1e20, Script.apply(PowerBy(3.0, pow, pow, pow), x))
    -(-x) * 1e+20 Math.pow(x, 3)
    """

    __slots__ = ()

    @classmethod
    def apply(cls, op: Op, *inputs: object) -> Script:
        return spelled(op, [_script(x) for x in inputs])

    @staticmethod
    def number(x: float) -> str:
        text = repr(float(x)).removesuffix(".0")
        return text.replace("nan", "NaN").replace("inf", "Infinity")

    def __neg__(self) -> Script:                    # two signs in a row would count down
        return Script(f"-{self.within(SIGN + 1)}", SIGN)

    def __abs__(self) -> Script:
        return Script(f"Math.abs({self.text})")

    def __pow__(self, n: object) -> Script:
        return Script(f"power({self.text}, {_script(n).text})")


def _script(x: object) -> Script:
    found = Script.of(x)
    assert isinstance(found, Script)
    return found


def javascript(root: Value, names: Mapping[str, object]) -> str:
    """The text `source` gives: one function, `step({leaves}) -> [loss, {gradients}]`.

    Raises:
        TypeError: for an op that has no spelling.
    """
    order = topological(root)
    called, leaves = _names(order, root, names)
    symbols = {node: _script(node._data) if node not in called else Script(called[node]) for node in order}
    wanted = set(leaves)
    for node in order:
        if node.op is not None and not node.op.constant and not wanted.isdisjoint(node.inputs):
            wanted.add(node)
    unused = _Unused(called.values())
    slopes = {node: Script(unused(f"d{called[node]}")) for node in order if node in wanted}
    lines = ["// forward"] * (root.op is not None)
    lines += [f"const {symbols[node]} = {_forward(node, symbols)};" for node in order if node.op is not None]
    lines += ["// backward", *_backward(order, root, symbols, slopes, Script("1"))]
    reached = _reached(order, root, wanted)
    returned = ", ".join(f"{called[leaf]}: {slopes[leaf] if leaf in reached else 0}" for leaf in leaves)
    arguments = ", ".join(called[leaf] for leaf in leaves)
    lines.append(f"return [{symbols[root]}, {{{returned}}}];")
    return _module(f"function step({{{arguments}}}) {{", lines)


def everything(root: Value) -> str:
    """The same computation, told in full: `step(leaves, seed) -> {values, slopes, gradients}`.

    `leaves` are the numbers of all leaves in topological order, `seed` the gradient of the root. Of each node, in that
    order, come its value, its local derivatives and its gradient (undefined where none arrives).
    """
    order = topological(root)
    symbols = {node: Script(f"v{i}") for i, node in enumerate(order)}
    gradients = {node: Script(f"d{i}") for i, node in enumerate(order)}
    leaves = [str(symbols[node]) for node in order if node.op is None]
    lines = [f"const [{', '.join(leaves)}] = leaves;"]
    kept: dict[Any, list[Script]] = {}
    for i, node in enumerate(order):
        if node.op is not None:
            lines.append(f"const v{i} = {_forward(node, symbols)};")
            if not node.op.constant:
                before, found = _slopes(node, symbols)
                lines += [*before, f"const s{i} = [{', '.join(map(str, found))}];"]
                kept[node] = [Script(f"s{i}[{j}]") for j in range(len(node.inputs))]
    lines += _backward(order, root, symbols, gradients, Script("seed"), kept)
    reached = _reached(order, root, set(order))
    lines.append(f"return {{values: [{', '.join(map(str, symbols.values()))}],")
    slopes = [f"s{i}" if node in kept else "[]" for i, node in enumerate(order)]
    lines.append(f"    slopes: [{', '.join(slopes)}],")
    told = [str(gradients[node]) if node in reached else "undefined" for node in order]
    lines.append(f"    gradients: [{', '.join(told)}]}};")
    return _module("function step(leaves, seed) {", lines)


# Ops.

def spelled(op: Op, inputs: Sequence[Script]) -> Script:
    """An op of these inputs: as its row says, by its function's name, or as that function writes it itself.

    Raises:
        TypeError: where it can't be told.
    """
    text = op.source.get("js")
    function: Any = op.floats
    if isinstance(op, PowerBy) and op.exponent not in (2.0, 0.5):
        n = _script(op.exponent)
        text = f"Math.pow({{x}}, {n})" if abs(op.exponent) < float("inf") else f"power({{x}}, {n})"
    elif text is None:
        text = _by_name(function)
    if text is not None and "{" not in text:
        return Script(f"{text}({', '.join(x.text for x in inputs)})")
    if text is not None:
        call = re.fullmatch(r"[\w.]+\((\{\w\}|[^(){}]|, )*\)", text)
        try:
            filled = text.format(**{name: x.text if call else x.within(ATOM) for name, x in zip("xyz", inputs)})
        except (KeyError, IndexError, ValueError):  # another name in braces; a brace too many
            raise TypeError(f"source: {op.name} is spelled {text!r} for JavaScript, expected an expression with "
                            f"{', '.join('xyz'[:len(inputs)])} in braces") from None
        return Script(filled, ATOM if call else _LOOSEST)
    for written in (function, op._array):
        if callable(written) and op.partials:
            try:
                return _script(written(*inputs))
            except Exception:                       # it wants floats or arrays, or branches on what it is given
                continue
    raise TypeError(f"source: {op.name} has no spelling for JavaScript; give source={{'js': …}} when adding the op: "
                    "the name of a function, or an expression of {x}, {y} and {z}")


def _by_name(function: Any) -> str | None:
    """The JavaScript function that is called as a Python function is, if there is one."""
    name, module = getattr(function, "__name__", ""), getattr(function, "__module__", "")
    if module in ("math", "autograd.core.floats"):
        if name in _helpers():
            return str(name)
        if module == "math":
            return "power" if name == "pow" else f"Math.{name}" if name in _MATH else None
    return None


def _forward(node: Value, symbols: Mapping[Any, Script]) -> Script:
    op, inputs = node.op, [symbols[x] for x in node.inputs]
    if op.arity is not None:
        return spelled(op, inputs)
    half, row = len(inputs) // 2, f"[{', '.join(map(str, inputs))}]"
    if op.name == "sum":
        return _total(inputs)
    if op.name == "dot":
        return _total([_script(TABLE["mul"].floats(w, x)) for w, x in zip(inputs[:half], inputs[half:])])
    if op.name in ("logsumexp", "max") and isinstance(op, Nary):
        return Script(f"{'largest' if op.name == 'max' else op.name}({row})")
    if op.name == "cross_entropy":
        terms = [Script(f"cross_entropy({_row(inputs, i, q)}, [{', '.join(map(Script.number, q))}])")
                 for i, q in enumerate(op.aims.q) if any(q)]
        whole = _total(terms)
        return spelled(TABLE["div"], [whole, _script(op.aims.divisor)]) if op.reduction == "mean" else whole
    raise TypeError(f"source: {op.name} of Values has no spelling for JavaScript; write it with the ops of the table")


def _row(inputs: Sequence[Script], i: int, q: Sequence[float]) -> str:
    return f"[{', '.join(map(str, inputs[i * len(q):(i + 1) * len(q)]))}]"


def _total(terms: Sequence[Script]) -> Script:
    if len(terms) == 1:
        return terms[0]
    return Script(" + ".join([x.within(SUM if i == 0 else PRODUCT) for i, x in enumerate(terms)]) or "0", SUM)


def _slopes(node: Value, symbols: Mapping[Any, Script]) -> tuple[list[str], list[Script]]:
    """Every ∂node/∂input, and the lines that must stand before."""
    op, inputs, out = node.op, [symbols[x] for x in node.inputs], symbols[node]
    if op.name != "cross_entropy":
        return [], [_script(slope) for slope in op.slopes(out, *inputs)]
    lines, found = [], []
    for i, q in enumerate(op.aims.q):
        shares = f"{out}$p{i}"                      # no label has a $ left
        lines += [f"const {shares} = softmax({_row(inputs, i, q)});"] * any(q)
        found += op.slopes_of([Script(f"{shares}[{j}]") for j in range(len(q))], q)
    return lines, [_script(slope) for slope in found]


def _backward(order: Sequence[Value], root: Value, symbols: Mapping[Any, Script], names: Mapping[Any, Script],
              seed: Script, kept: Mapping[Any, Sequence[Script]] | None = None) -> Iterator[str]:
    """The lines of the backward pass: how each use adds to the gradient of what is used."""
    waiting: list[str] = []

    def asked(node: Value, g: object) -> list[Script | None]:
        if kept is None:
            lines, slopes = _slopes(node, symbols)
            waiting.extend(lines)
        else:
            slopes = list(kept[node])
        return [_product(slope, names[node]) if x in names else None for x, slope in zip(node.inputs, slopes)]

    if root not in names:
        return
    often: dict[Any, int] = {}
    for node in order:
        if node.op is not None and not node.op.constant and node in names:
            for x in node.inputs:
                often[x] = often.get(x, 0) + 1
    yield f"const {names[root]} = {seed};"
    gradients: Gradients = {root: names[root]}
    begun: set[Any] = set()
    for use in back(order, gradients, asked, lambda before, part: part):
        yield from waiting
        waiting.clear()
        first = use.node not in begun
        begun.add(use.node)
        declared = ("let " if often[use.node] > 1 else "const ") if first else ""
        yield f"{declared}{names[use.node]} {'=' if first else '+='} {use.contribution};"


def _product(slope: Script, g: Script) -> Script:
    return _script(times(1.0 if slope.text == "1" else -1.0 if slope.text == "-1" else slope, g))


def _reached(order: Sequence[Value], root: Value, wanted: Set[Value]) -> set[Value]:
    """The nodes a gradient arrives at."""
    reached = {root} & set(wanted)
    for node in reversed(order):
        if node in reached and node.op is not None and not node.op.constant:
            reached |= set(node.inputs) & set(wanted)
    return reached


# Names and text.

def _names(order: Sequence[Value], root: Value, names: Mapping[str, object]) -> tuple[dict[Value, str], list[Value]]:
    """What nodes are called; numbers without a name are not. And the leaves that are arguments."""
    called = {x: name for name, x in reversed(list(names.items()))
              if isinstance(x, Value) and name.isidentifier() and not name.startswith("_")}
    given = {node: _identifier(called.get(node) or node.label) for node in order}
    if root.op is not None and not given[root]:
        given[root] = "loss"
    anonymous = not any(given[node] for node in order if node.op is None or node is not root)
    found: dict[Value, str] = {}
    unused = _Unused()
    for node in sorted(order, key=lambda node: node not in called):
        if given[node]:
            found[node] = unused(given[node])
    leaves = []
    for node in order:
        if node.op is None and (given[node] or node is root or anonymous):
            leaves.append(node)
        if node not in found and (node.op is not None or node in leaves):
            found[node] = unused(node.op.name if node.op is not None else "x", 1)
    return found, leaves


class _Unused:
    """Hands out each name once; a second one gets a number."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = {*taken, *_WORDS, *_helpers()}
        self.counts: dict[str, int] = {}

    def __call__(self, stem: str, first: int = 0) -> str:
        name = f"{stem}_{first}" if first else stem
        while name in self.taken:
            self.counts[stem] = self.counts.get(stem, 1) + 1
            name = f"{stem}_{self.counts[stem]}"
        self.taken.add(name)
        return name


def _identifier(label: str) -> str:
    """A label as a name JavaScript takes."""
    name = "".join([x if f"_{x}".isidentifier() else "_" for x in unicodedata.normalize("NFC", label)])
    return name if not name or name.isidentifier() else f"n_{name}"


@cache
def _helpers() -> dict[str, str]:
    """The functions of `floats.js`, each with the comment above it, by name."""
    text = Path(__file__).with_name("floats.js").read_text(encoding="utf-8")
    return {found[1]: found[0].strip() for found in re.finditer(r"(?:^//.*\n)*^function (\w+)\([\s\S]*?^}\n", text,
                                                                 re.MULTILINE)}


def _module(head: str, lines: Sequence[str]) -> str:
    """The text: the helpers that are called, those they call, then the function."""
    body = "\n".join([head, *[f"    {line}" for line in lines], "}"])
    needed: dict[str, str] = {}
    stack = [body]
    while stack:
        text = stack.pop()
        for name in re.findall(r"(?<![\w.])(\w+)\(", text):
            if name in _helpers() and name not in needed:
                needed[name] = _helpers()[name]
                stack.append(needed[name])
    return "\n\n".join([*[needed[name] for name in _helpers() if name in needed], body]) + "\n"
