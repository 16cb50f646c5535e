"""All the code that is written out as text from the table, for speed: methods of `Value`, makers and pulls of `Tensor`.

Each text is a compiled form of something general (`Value.apply`, `Tensor.apply`, `Op.pulled`), and the tests hold the
two against each other. Only what was measured to pay is written: without the methods of `Value` a forward pass takes a
third longer; without the pulls and makers of `Tensor` a training step takes 6% longer.
"""

from __future__ import annotations

import itertools
import re
import weakref
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from autograd.core.modes import active
from autograd.core.op import TABLE, Op, Rule
from autograd.core.symbols import text_of

__all__ = ["ONE", "Method", "Written", "compile_function", "described", "late", "maker", "names_of", "pull",
           "write_method_of_value"]

ONE = 1.0                                           # ∂(x + y)/∂x, shared: where a node has this very object, `backward`
                                                    # hands g on as it is, and no float of its own is kept
_serial = itertools.count()


def compile_function(name: str, text: str, namespace: Mapping[str, object]) -> Rule:
    """Compile `text`, which defines `name`; tracebacks and debuggers show its lines like any other code's."""
    import linecache  # late: with what it imports it takes as long as the rest of `core`

    filename = f"<autograd {name} {next(_serial)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    scope: dict[str, Any] = dict(namespace)
    exec(compile(text, filename, "exec"), scope)
    function: Rule = scope.pop(name)                    # out of its own globals: no cycle keeps it
    weakref.finalize(function, linecache.cache.pop, filename, None).atexit = False      # the text goes with its code
    return function


# Writing and compiling all methods and every step of a backward pass takes a third of the time of `import numpy`. A
# program uses a few of them, so each is written and compiled when it is first wanted.

Written = tuple[str, str, Mapping[str, object]]     # what `compile_function` takes


class Method:
    """What stands in `owner`, under each of `names`, for a method that nobody has asked for yet.

    The method that stood there before, if any, is its `__wrapped__`: the same thing said slowly, to read and test by.

    >>> class Number(int):
    ...     pass
    >>> text = "def twice(self):\\n    return two * self\\n"
    >>> twice = Method(Number, ["twice"], lambda: ("twice", text, {"two": 2}))
    >>> Number(3).twice()
    6
    """

    def __init__(self, owner: type, names: Sequence[str], write: Callable[[], Written]) -> None:
        self.owner, self.names, self.write, self.asked = owner, names, write, False
        self.slow = vars(owner).get(names[0])
        if isinstance(self.slow, Method):           # an op of that name is defined anew
            self.slow = None
        for name in names:
            setattr(owner, name, self)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if self.slow is not None and not self.asked:
            self.asked = True                       # compiled at the second call: the first gradient comes sooner
            return self.slow.__get__(instance, owner)
        method: Any = compile_function(*self.write())
        *_, method.__name__ = self.names            # as Python's own errors call it
        method.__qualname__ = f"{self.owner.__name__}.{method.__name__}"
        if self.slow is not None:
            method.__wrapped__ = self.slow
        for name in self.names:
            setattr(self.owner, name, method)
        return method if instance is None else method.__get__(instance, owner)


def late(owner: object, slot: str, write: Callable[[], Written]) -> Rule:
    """What stands in `owner`'s `slot` for a function that nobody has called yet."""
    @cache                                          # who keeps the stand-in calls it again and again
    def compiled() -> Rule:
        function = compile_function(*write())
        setattr(owner, slot, function)
        return function

    def stand_in(*arguments: object) -> Any:
        return compiled()(*arguments)

    stand_in.compiled = compiled                    # type: ignore[attr-defined]
    return stand_in


def names_of(op: Op) -> list[str]:
    """What a row's inputs are called in formulas: x, y; a third one is the condition before them, or bounds after."""
    return {"where": ["c", "x", "y"], "clamp": ["x", "low", "high"]}.get(op.name, list("xyzuvw"[:len(op.partials)]))


def described(op: Op) -> str:
    """What `help` shows of a row's method: the function and its partial derivatives, as the table has them.

    >>> described(TABLE["tanh"]), described(TABLE["div"])
    ('tanh(x), elementwise; ∂out/∂x = 1.0 - out * out', 'x / y, elementwise; ∂out/∂x = 1.0 / y, ∂out/∂y = -out / y')
    """
    names = names_of(op)
    form = text_of(op.floats, *names) if op.methods[:1] and op.methods[0].startswith("__") else None
    partials = [f"∂out/∂{name} = {text_of(partial, 'out', *names)}" for name, partial in zip(names, op.partials)]
    form = form or f"{op.name}({', '.join(names)})"
    return f"{form}, elementwise; {', '.join(partials)}" if partials else op.name


# The methods of Value. Each is `Value.apply` with the row's own text in place of the calls to its functions.

_METHOD_OF_VALUE = """\
def value_{name}(self{other}):
    {doc!r}
    {convert}
    if active:
        return apply(op, {inputs})
    x = self._data{fetch}
    try:
        out = {out}
        node = new(Value)
        node._data = out
        node._grad = 0.0
        node.op = op
        node._a = self
        node._b = {b}
        node._da = {da}
        node._db = {db}
        node._notes = None
        return node
    except (ArithmeticError, ValueError):
        return apply(op, {inputs})
"""
_PLAIN_METHOD_OF_VALUE = """\
def value_{name}(self{others}):
    {doc!r}
    return apply(op, self{others})
"""


def write_method_of_value(value: type, op: Op) -> None:
    """Give the class Value the methods of a row; they are written when one is first called."""
    if op.methods:
        Method(value, op.methods, partial(_method_of_value, value, op))


def _method_of_value(value: Any, op: Op) -> Written:
    arguments = ("out", "x", "y")[: 1 + len(op.partials)]
    partials = [text_of(partial, *arguments) for partial in op.partials] if len(op.partials) <= 2 else [None]
    namespace = {"apply": value.apply, "op": op}
    if None in partials:                            # a rule that can't be fed symbols, or more inputs than two
        others = "".join(f", {name}" for name in names_of(op)[1:])
        text = _PLAIN_METHOD_OF_VALUE.format(name=op.name, doc=described(op), others=others)
        return f"value_{op.name}", text, namespace
    two = len(partials) == 2
    text = _METHOD_OF_VALUE.format(
        name=op.name,
        doc=described(op),
        other=", other" if two else "",
        convert=f'if type(other) is not Value:\n        other = operand(other, "{op.name}")' if two else "",
        inputs="self, other" if two else "self",
        fetch="; y = other._data" if two else "",
        out=text_of(op.floats, *arguments[1:]) or f"compute({', '.join(arguments[1:])})",
        b="other" if two else "None",
        da="ONE" if partials[0] == "1.0" else partials[0],
        db="None" if not two else "ONE" if partials[1] == "1.0" else partials[1],
    )
    rows = {name: row.floats for name, row in TABLE.items()}
    return f"value_{op.name}", text, {**rows, **namespace, "ONE": ONE, "Value": value, "active": active,
                                      "compute": op.floats, "new": value.__new__, "operand": value.operand}


# One step of `Tensor.backward` for an op: what `Op.pulled` answers, made to fit and added up.

_PULL = """\
def pull_{name}(node, unreached):
    g = node._grad{measured}{out}
    {saved} = node._saved{joint}
{contributions}"""
_CONTRIBUTION = """\
    {input} = node.{slot}
    if {input}.requires_grad:
        part = {product}{fit}
        grad = {input}._grad
        if grad is unreached:
            {input}._grad = {first}
        elif grad is None:
            {input}._grad = {own}
        else:
            {input}._grad = grad {sign} part
"""
# Whether a contribution must be made to fit. An elementwise op's is of g's shape and dtype, so g is measured once.
_FIT = """
        if {misfit}:
            part = fit(part, {saved})"""
_MISFIT = "part.nbytes != {saved}.nbytes or part.ndim != {saved}.ndim or not part.nbytes"
_MISFIT_LIKE_G = "{saved}.nbytes != size or {saved}.ndim != ndim"
_MEASURED = """
    size, ndim = g.nbytes or -1, g.ndim"""
# A leaf's first gradient is its own: copied if it would otherwise be another node's, or a view into one.
_OWN = "part.copy() if part is g or part.base is not None else part"
# A product of g's dtype: half a truth value is a float64, whatever g is.
_LIKE_G = re.compile(r"[^<>=!]*|g \* \(\w+ [<>=!]+ [\w.]+\)")
# A partial derivative -> its product with g, where that is cheaper than a product.
PRODUCTS = {"1.0": "g", "-1.0": "-g", "1.0 / x": "g / x", "1.0 / y": "g / y"}


def pull(op: Op, names: Sequence[str], products: Sequence[str], namespace: Mapping[str, object], fits: bool = True,
         like_g: bool = False, joint: str = "") -> Written:
    """The step of an op, from what each input receives.

    `fits`: it may be of another shape or dtype than the input; `like_g`: it is of g's. A negation waits until the
    broadcasting is undone: there is less to negate. `joint` is a statement in which the inputs share work.
    """
    contributions = ""
    like_g = like_g and all(map(_LIKE_G.fullmatch, products))
    slots = ("_a", "_b") if op.arity in (1, 2) else [f"_a[{i}]" for i in range(len(products))]
    for position, (slot, saved, product) in enumerate(zip(slots, names, products)):
        negative = product == "-g"
        misfit = (_MISFIT_LIKE_G if like_g else _MISFIT).format(saved=saved)
        contributions += _CONTRIBUTION.format(
            input=f"input{position}", slot=slot, product="g" if negative else product, sign="-" if negative else "+",
            first="-part" if negative else "part",
            own="-part" if negative else "part" if product.startswith("g *") else _OWN,
            fit=_FIT.format(saved=saved, misfit=misfit) if fits else "")
    text = _PULL.format(name=op.name, saved=", ".join(names) + ",", contributions=contributions,
                        measured=_MEASURED if fits and like_g else "",
                        out="\n    out = node._data" if "out" in joint + "".join(products) else "",
                        joint=joint and f"\n    {joint}")
    return f"pull_{op.name}", text, namespace


# An op's function of Tensors and parameters: what `Tensor.apply` does, for one op.

_MAKER = """\
def {name}({given}):
    {doc!r}
    {convert}
    {fetch}
    try:
        {compute}
    except ValueError as error:
        raise misfit(op, ({arrays},), error) from None
    if active:
        return record(op, out, ({inputs},), {saved})
    node = new(Tensor)
    node._data = out
    node._grad = node._notes = None
    if {required}:
        node.requires_grad = True
        node.op = op
        node._a = {a}
        node._b = {b}
        node._saved = {saved}
    else:
        node.requires_grad = False
        node.op = node._a = node._b = node._saved = None{widened}
    return node
"""
# What NumPy computes by itself is made quiet in a context of the function's own: not to copy one at each call, as
# `quietly` must, takes a hundredth off a step of training. It is copied where another thread is in that context.
_SILENTLY = """\
try:
            out = silently(compute, {call})
        except RuntimeError:
            out = quietly(compute, {call})"""
_WIDENED = """
        if out.dtype.itemsize < 8 and out.dtype.kind == "f" != x.dtype.kind:
            node._data = quietly(compute, x.astype(float))      # NumPy's exp of an int8 is a float16"""


def maker(op: Op, parameters: Sequence[str], how: str, namespace: Mapping[str, object], doc: str,
          keeps: bool = False) -> Written:
    """The function of an op of so many Tensors, then of `parameters`.

    `how` it is computed: "quietly", as a "row" that NumPy itself computes, by "plan" from shapes, or as it "stands".
    """
    count = op.arity or 0
    row = how == "row"
    names = ["self", "other", *(f"a{i}" for i in range(2, count))][:count]
    arrays = ["x", "y", "z", *(f"x{i}" for i in range(3, count))][:count]
    inputs, saved = ", ".join(names), ", ".join([*arrays, *parameters])
    kept = ", *kept" if keeps else ""
    call = ", ".join([*arrays, *parameters])
    if row and count == 1:
        convert = ""
    elif row:
        convert = f"if type(other) is not Tensor:\n        other = operand(other, {op.name!r}, self)"
    else:
        convert = (f"if {' or '.join(f'type({name}) is not Tensor' for name in names)}:\n"
                   f"        {inputs}, = operands(op, {inputs})")
    compute = {"row": _SILENTLY.format(call=call),
               "plan": f"compute, rest = plan(x.shape, x.dtype.char, {', '.join(parameters)})\n        "
                       + _SILENTLY.format(call="x, *rest"),
               "stands": f"out{kept} = compute({call})",
               "quietly": f"out{kept} = silent.copy().run(compute, {call})"}[how]
    text = _MAKER.format(
        name=f"tensor_{op.name}", given=", ".join([*names, *parameters]), doc=doc, inputs=inputs, convert=convert,
        arrays=", ".join(arrays), compute=compute, saved=f"({saved}{kept},)",
        fetch="; ".join(f"{array} = {name}._data" for array, name in zip(arrays, names)),
        required=" or ".join(f"{name}.requires_grad" for name in names),
        a=f"({inputs},)" if count > 2 else names[0], b=names[1] if count == 2 else "None",
        widened=_WIDENED if count == 1 and row else "")
    return f"tensor_{op.name}", text, {**namespace, "active": active, "op": op}
