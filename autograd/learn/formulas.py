"""The formula that was written: which local derivative does a wrong answer imply, and how does one write that?

The right formula is read off the table as text. What people write in its place is close to it: the input for the
result, an exponent kept or dropped, a lost parenthesis, another op's derivative. So the text is edited in all these
ways, and each edited formula is held against the answer. The search is bounded in time, and works for floats alike.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from types import CodeType
from typing import Any, NamedTuple

from autograd.core.op import TABLE, Op
from autograd.core.ops import PowerBy
from autograd.core.symbols import text_of

__all__ = ["NAMES", "Formula", "evaluated", "formulas", "right_formula", "worded", "words_in"]

NAMES = ("out", "x", "y", "z")                      # an op's result and its inputs, as its rule names them
OTHER = "w"                                         # some other node, tried in the place of each of them


# The same derivatives, as they are also written.
_ALSO = {("div", 1): ("-x / y ** 2",), ("sqrt", 0): ("1 / (2 * out)",),
         ("sigmoid", 0): ("exp(-x) / (1 + exp(-x)) ** 2",)}


class Formula(NamedTuple):
    """A formula for a local derivative: its text, the same compiled, whether it mentions another node, and how far it
    is from the right one: 0 is one edit away, 1 comes from elsewhere, 2 is far-fetched."""

    text: str
    code: CodeType
    other: bool
    far: int


def right_formula(op: Op, position: int) -> str | None:
    """The rule for the input at `position` as text; None for ops that have no such rule.

    >>> right_formula(TABLE["tanh"], 0)
    '1 - out * out'
    """
    if isinstance(op, PowerBy):
        n = op.exponent
        return "2 * x" if n == 2.0 else f"{n:g} * x ** {n - 1:g}"
    if op.arity is None or position >= len(op.partials):
        return None
    text = text_of(op.partials[position], *NAMES[:op.arity + 1])
    return None if text is None else _short(text)


@lru_cache(maxsize=512)
def formulas(op: Op, position: int) -> tuple[Formula, ...]:
    """What one may have written in the place of the right formula, the likeliest first.

    >>> texts = [formula.text for formula in formulas(TABLE["tanh"], 0)]
    >>> "1 - x * x" in texts, "out * (1 - out)" in texts, "1 - out * out" in texts
    (True, True, False)
    """
    right = right_formula(op, position)
    names = NAMES[:(op.arity or 0) + 1]
    if right in ("1", "-1"):                        # there is hardly a formula to get wrong
        return tuple(_made([*names[1:], *(f"-{name}" for name in names[1:]), OTHER, f"-{OTHER}"], right))
    if right is None or right == "0":
        return ()
    found: dict[str, None] = {}
    written = [right, *_ALSO.get((op.name, position), ())]
    edited = [new for text in written for new in _edited(text, names)]
    whole = [re.sub(rf"\b{name}\b", other, right) for name in names for other in (*names, OTHER) if name != other]
    again = [re.sub(r"\bout\b", f"{op.name}(out)", right)] if op.arity == 1 and op.name in TABLE else []
    near = dict.fromkeys([*edited, *whole, *again, f"1 / ({right})", f"({right}) ** 2", "1", *names,
                          *(f"-{name}" for name in names)])
    for text in (*near, f"abs({right})", *_powers(op), *_alike(names)):
        found.setdefault(text)
    for text in written:
        found.pop(text, None)
    return tuple(sorted(_made(found, " ".join(written), near), key=lambda formula: (formula.other, formula.far > 1)))


def _made(texts: Iterable[str], right: str, near: Container[str] = ()) -> Iterator[Formula]:
    for text in texts:
        with suppress(SyntaxError, ValueError):
            far = 2 if _strange(text) - _strange(right) else int(text not in near)
            yield Formula(text, compile(text, "<formula>", "eval"), OTHER in words_in(text), far)


def _strange(text: str) -> set[str]:
    """What hardly anyone writes where the rule has none of it: it may give the same number by chance."""
    inputs = set(NAMES[1:]) & words_in(text)
    return set(re.findall(r"[<>=]+|sign|abs", text)) | ({"two inputs"} if len(inputs) > 1 else set())


def words_in(text: str) -> set[str]:
    """The names in a formula."""
    return set(re.findall(r"[a-z_]\w*", text))


def _alike(names: Sequence[str]) -> Iterator[str]:
    """Formulas that do not come from the right one: the usual powers, and the derivatives of other ops."""
    operands = names[1:]
    yield from ("1", "-1", "2", "0.5")
    for a in names:
        yield from (a, f"-{a}", f"1 - {a}", f"{a} * (1 - {a})", f"1 - {a} * {a}", f"(1 - {a}) ** 2", f"{a} * {a}",
                    f"1 / {a}",
                    f"1 / ({a} * {a})", f"-1 / {a}", f"-1 / ({a} * {a})", f"2 * {a}", f"{a} > 0", f"{a} < 0",
                    f"{a} == 0", f"exp({a})", f"log(abs({a}))", f"sign({a})", f"2 * sign({a})", f"{a} ** 3",
                    f"1 / sqrt(abs({a}))")
    if len(operands) == 1:
        for other in TABLE.values():
            if other.arity == 1 and (text := right_formula(other, 0)) is not None:
                yield text
    for a in operands:
        for b in operands:
            if a != b:
                yield from (f"{a} / {b}", f"-{a} / {b}", f"{a} * {b}", f"-{a} / ({b} * {b})", f"{a} + {b}",
                            f"{a} - {b}", f"{a} / ({b} * {b})")


def _powers(op: Op) -> Iterator[str]:
    """What one may have written for the derivative of xⁿ."""
    if isinstance(op, PowerBy):
        n = op.exponent
        for factor in dict.fromkeys((n, -n, 1.0, -1.0, n - 1, n + 1)):
            for k in dict.fromkeys((n - 1, n, n + 1, n - 2, n - 0.5, n + 0.5, -n, 1 - n, 1.0)):
                yield f"{factor:g} * x ** {k:g}"


# Edits of a formula's text.

def _short(text: str) -> str:
    """The text as people write it: 1 for 1.0."""
    return re.sub(r"(\d)\.0\b", r"\1", text)


def _edited(text: str, names: Sequence[str]) -> Iterator[str]:
    """The text after one edit, in every way."""
    tree = ast.parse(text, mode="eval")
    for path, node in _parts(tree, ()):
        for new in _in_place_of(node, names):
            yield ast.unparse(_put(tree, path, new))


def _parts(node: Any, path: tuple[tuple[str, int | None], ...]) -> Iterator[tuple[Any, Any]]:
    for name, child in ast.iter_fields(node):
        for i, x in enumerate(child) if isinstance(child, list) else [(None, child)]:
            if isinstance(x, ast.expr) and name != "func":
                yield (*path, (name, i)), x
                yield from _parts(x, (*path, (name, i)))


def _put(tree: Any, path: Sequence[tuple[str, int | None]], new: ast.expr) -> Any:
    fresh = copy.deepcopy(tree)
    node = fresh
    for name, i in path[:-1]:
        node = getattr(node, name) if i is None else getattr(node, name)[i]
    name, i = path[-1]
    if i is None:
        setattr(node, name, new)
    else:
        getattr(node, name)[i] = new
    return fresh


_SWAPPED: dict[type[ast.operator], Callable[[], ast.operator]] = {
    ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Add: ast.Sub, ast.Sub: ast.Add}


def _in_place_of(node: ast.expr, names: Sequence[str]) -> Iterator[ast.expr]:
    if isinstance(node, ast.Name):
        for name in (*names, OTHER):
            if name != node.id:
                yield ast.Name(name)
        yield ast.Compare(node, [ast.Gt()], [ast.Constant(0)])
        yield ast.Compare(node, [ast.Eq()], [ast.Constant(0)])
        yield ast.BinOp(node, ast.Mult(), node)
    elif isinstance(node, ast.Constant):
        c: Any = node.value
        for value in dict.fromkeys((c - 1, c + 1, -c, 1, 2 * c, c / 2, c - 0.5, c + 0.5)):
            yield ast.Constant(value)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
        if isinstance(node.operand, ast.Constant):
            c = node.operand.value
            for value in (1 - c, -1 - c, 2 - c, 0.5 - c, -0.5 - c):
                yield ast.Constant(value)
    elif isinstance(node, ast.Call):
        yield from node.args
        for other in ("sin", "cos", "exp", "log", "tanh", "sigmoid"):
            yield ast.Call(ast.Name(other), node.args, [])
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for sign in (ast.Lt(), ast.GtE(), ast.LtE(), ast.Eq(), ast.NotEq(), ast.Gt()):
            if type(sign) is not type(node.ops[0]):
                yield ast.Compare(node.left, [sign], node.comparators)
        yield node.left
        yield ast.Constant(1)
    elif isinstance(node, ast.BinOp):
        left, right, op = node.left, node.right, node.op
        yield left
        yield right
        if type(op) in _SWAPPED:
            yield ast.BinOp(left, _SWAPPED[type(op)](), right)
        if isinstance(op, (ast.Sub, ast.Div, ast.Pow)):
            yield ast.BinOp(right, op, left)
        # Parentheses lost or put elsewhere: a − b·c for (a − b)·c, and back.
        if isinstance(left, ast.BinOp):
            yield ast.BinOp(left.left, left.op, ast.BinOp(left.right, op, right))
        if isinstance(right, ast.BinOp):
            yield ast.BinOp(ast.BinOp(left, op, right.left), right.op, right.right)
    if not isinstance(node, (ast.Constant, ast.Compare)):
        yield ast.UnaryOp(ast.USub(), node)


def evaluated(formula: Formula, known: dict[str, Any]) -> Any:
    """The formula's number or array; None where there is none. `known` says what its names stand for."""
    try:
        value = eval(formula.code, _OF_FLOATS if type(known["out"]) is float else _FUNCTIONS, known)
    except (ArithmeticError, ValueError, TypeError):
        return None
    if type(value) in (int, bool):
        return float(value)
    return None if type(value) is complex else value


_FUNCTIONS: dict[str, Any] = {"__builtins__": {"abs": abs}, **TABLE}
_OF_FLOATS: dict[str, Any] = {"__builtins__": {"abs": abs}, **{
    name: lambda *inputs, op=op: op.floats(*map(float, inputs)) for name, op in TABLE.items()}}


def worded(text: str, called: dict[str, str]) -> str:
    """The text with its names replaced by the nodes' own, in one pair of backticks.

    >>> worded("1 - out * out", {"out": "h", "x": "hpre"})
    '`1 - h**2`'
    """
    text = re.sub(r"\b(\w+) \* \1\b(?! \*\*)", r"\1**2", text).replace(" ** ", "**")
    return "`" + re.sub(r"[a-z_]\w*", lambda name: called.get(name[0], name[0]), text) + "`"
