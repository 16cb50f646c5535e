"""What `Tensor` has from the table: its methods, and each op's step of the backward pass, written out from the rules.

One general function for all steps instead makes a training step a fifth slower, one for all methods as much again. Each
is compiled when it is first called. From elsewhere are called `adopt`, for ops that are new, and `fitted`, by backward
passes of another kind.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from inspect import signature
from types import FunctionType
from typing import Any

import numpy as np

from autograd.arrays import structural as st
from autograd.arrays.tensor import _CHANGED, Tensor, _float, _misfit, _new, _operands, operand
from autograd.core.modes import active
from autograd.core.operators import OPERATORS, described
from autograd.core.ops import SILENT, TABLE, Op, loud, power_by, quietly
from autograd.core.symbols import Method, compile_function, late, text_of

__all__ = ["adopt", "fitted"]


# One step of the backward pass for every op.

_PULL = """\
def pull_{name}(node, unreached):
    g = node._grad{measured}{out}
    {saved} = node._saved
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


_reduce_plan = st.reduce_plan


def _fit(part: Any, data: Any) -> Any:
    """A contribution made to fit `data`. Here, and only here, broadcasting is undone and the dtype restored.

    The pulls call it where the sizes differ: comparing bytes and axes takes a quarter of the time of comparing shapes,
    and says the same, since a contribution is never narrower nor of fewer numbers than the input it is for, unless
    that is empty.
    """
    dtype = part.dtype
    add_up, rest = _reduce_plan(part.shape, dtype.char, data.shape)
    part = add_up(part, *rest)
    return part if dtype is data.dtype else part.astype(data.dtype, copy=False)


def fitted(part: Any, data: Any) -> Any:
    """`_fit` where a contribution needs it."""
    return part if part.shape == data.shape and part.dtype == data.dtype else _fit(part, data)


def _own(part: Any, g: Any) -> Any:
    """A leaf's first gradient: copied if it would otherwise be another node's, or a view into one."""
    return part.copy() if part is g or part.base is not None else part


def _write_vjps(op: Op) -> None:
    """Give an elementwise op its vjps, (∂out/∂input) × g for each input, and from them its step of a backward pass."""
    names = ("c", "x", "y") if op.arity == 3 else ("x", "y")[: op.arity]
    texts = [text_of(partial, "out", *names) or "" for partial in op.partials]
    products = [_PRODUCTS.get(text, f"g * ({text})") for text in texts]
    op.vjps = [_VJPS.get(text) or _times_g(partial) for partial, text in zip(op.partials, texts)]
    if op.arity == 3:
        op.joint = _one_by_one(op.vjps)
        op.pull = _pull_joint
        return
    _write_pull(op, names, products, {name: row.array for name, row in TABLE.items()}, op.arity == 2, like_g=True)


def _one_by_one(vjps: Sequence[Callable[..., Any]]) -> Callable[..., list[Any]]:
    """The `joint` of an op whose vjps share no work."""
    return lambda needs, g, *saved: [vjp(g, *saved) if needed else None for needed, vjp in zip(needs, vjps)]


def _times_g(partial: Callable[..., Any]) -> Callable[..., Any]:
    return lambda g, *saved: g * partial(*saved)


_VJPS: dict[str, Callable[..., Any]] = {            # partial -> partial × g without the product, as functions
    "1.0": lambda g, *saved: g, "-1.0": lambda g, *saved: -g,
    "1.0 / x": lambda g, out, x: g / x, "1.0 / y": lambda g, out, x, y: g / y}
_PRODUCTS = {"1.0": "g", "-1.0": "-g", "1.0 / x": "g / x", "1.0 / y": "g / y"}      # the same as text


def _write_pull(op: Op, names: Sequence[str], products: Sequence[str], namespace: dict[str, Any],
                fits: bool = True, like_g: bool = False) -> None:
    """Write `op.pull` from what each input receives.

    `fits`: it may be of another shape or dtype than the input; `like_g`: it is of g's. A negation waits until the
    broadcasting is undone: there is less to negate.
    """
    contributions = ""
    like_g = like_g and "==" not in "".join(products)           # half a truth value is a float64 whatever g is
    slots = ("_a", "_b") if op.joint is None else [f"_a[{i}]" for i in range(len(products))]
    for position, (slot, saved, product) in enumerate(zip(slots, names, products)):
        negative = product == "-g"
        misfit = (_MISFIT_LIKE_G if like_g else _MISFIT).format(saved=saved)
        contributions += _CONTRIBUTION.format(
            input=f"input{position}", slot=slot, product="g" if negative else product, sign="-" if negative else "+",
            first="-part" if negative else "part",
            own="-part" if negative else "part" if product.startswith("g *") else "own(part, g)",
            fit=_FIT.format(saved=saved, misfit=misfit) if fits else "")
    text = _PULL.format(name=op.name, saved=", ".join(names) + ",", contributions=contributions,
                        measured=_MEASURED if fits and like_g else "",
                        out="\n    out = node._data" if "out" in "".join(products) else "")
    op.pull = late(op, "pull", lambda: (f"pull_{op.name}", text, {**namespace, "fit": _fit, "own": _own}))


def _on_arrays(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A rule of `structural` with the ops it names replaced by their functions on arrays.

    In a backward pass nothing else comes along, so looking at each call which kind of thing it is can be spared; and it
    is quiet as a whole.
    """
    if not isinstance(rule, FunctionType) or rule.__globals__ is not vars(st):
        return rule
    arrays = {name: loud(x.array) for name, x in vars(st).items() if isinstance(x, st.Structural)}
    return FunctionType(rule.__code__, {**vars(st), **arrays}, rule.__name__, rule.__defaults__, rule.__closure__)


def _pull_joint(node: Tensor, unreached: object) -> None:
    inputs, g = node._a, node._grad
    needs = [x.requires_grad for x in inputs]
    for x, part in zip(inputs, node.op.joint(needs, g, node._data, *node._saved)):
        if x.requires_grad:
            grad, data = x._grad, x._data
            if part.nbytes != data.nbytes or part.ndim != data.ndim or not part.nbytes:
                part = _fit(part, data)
            if grad is unreached:
                x._grad = part
            elif grad is None:
                x._grad = _own(part, g)
            else:
                x._grad = grad + part


def _pull_sum(node: Tensor, unreached: object) -> None:
    """A sum's gradient is the same for all it summed: where there is one to add it to, NumPy repeats it on the way."""
    g, x, (data, dim, keepdim) = node._grad, node._a, node._saved
    g = st.unsummed(g, data, dim, keepdim)
    grad = x._grad
    if grad is unreached or grad is None:
        x._grad = _expand(g, data.shape)
    else:
        x._grad = grad + g


_expand = st.expand.array


_METHOD = """\
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
    node._grad = None
    node.label = ""
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
# What NumPy computes by itself is made quiet in a context of the method's own: not to copy one at each call, as
# `quietly` must, takes a hundredth off a step of training. It is copied where another thread is in that context.
_SILENTLY = """\
try:
            out = silently(compute, {call})
        except RuntimeError:
            out = quietly(compute, {call})"""
_WIDENED = """
        if out.dtype.itemsize < 8 and out.dtype.kind == "f" != x.dtype.kind:
            node._data = quietly(compute, x.astype(float))      # NumPy's exp of an int8 is a float16"""


def _method(op: Op, doc: str = "") -> tuple[str, str, dict[str, Any]]:
    """The op's function of Tensors and parameters, as `compile_function` wants it.

    It is the method of a row with one or two inputs, and the `make` of a structural op.
    """
    count = op.arity or 0
    fused = isinstance(op, st.Structural)
    names = ["self", "other", *(f"a{i}" for i in range(2, count))][:count]
    arrays = ["x", "y", "z", *(f"x{i}" for i in range(3, count))][:count]
    parameters = _names_of_parameters(op) if fused else []      # type: ignore[arg-type]
    given = ", ".join([*names, *parameters])
    inputs, saved = ", ".join(names), ", ".join([*arrays, *parameters])
    kept = ", *kept" if fused and op.keeps else ""              # type: ignore[attr-defined]
    if fused:
        convert = (f"if {' or '.join(f'type({name}) is not Tensor' for name in names)}:\n"
                   f"        {inputs}, = operands(op, {inputs})")
    else:
        convert = "" if count < 2 else (f"if type(other) is not Tensor:\n"
                                        f"        other = operand(other, {op.name!r}, self)")
    function, compute = _computation(op, arrays, parameters, f"out{kept}")
    text = _METHOD.format(
        name=f"tensor_{op.name}", given=given, doc=doc or described(op), inputs=inputs, convert=convert,
        arrays=", ".join(arrays), compute=compute, saved=f"({saved}{kept},)",
        fetch="; ".join(f"{array} = {name}._data" for array, name in zip(arrays, names)),
        required=" or ".join(f"{name}.requires_grad" for name in names),
        a=f"({inputs},)" if op.joint is not None else names[0],
        b=names[1] if count == 2 and op.joint is None else "None",
        widened=_WIDENED if count == 1 and not fused else "")
    return f"tensor_{op.name}", text, {
        "Tensor": Tensor, "active": active, "compute": function, "misfit": _misfit, "new": _new, "op": op,
        "operand": operand, "operands": _operands, "plan": getattr(function, "plan", None), "quietly": quietly,
        "silent": SILENT, "silently": SILENT.copy().run, "record": Tensor.record}


def _computation(op: Op, arrays: Sequence[str], parameters: Sequence[str], out: str) -> tuple[Callable[..., Any], str]:
    """The function that computes the op on arrays, without what makes it quiet, and the text that calls it."""
    function = loud(op.array)
    call = ", ".join([*arrays, *parameters])
    if hasattr(function, "plan"):
        plan = f"compute, rest = plan(x.shape, x.dtype.char, {', '.join(parameters)})"
        return function, f"{plan}\n        {_SILENTLY.format(call='x, *rest')}"
    if isinstance(op, st.Structural):
        how = "compute(" if function is op.array else "silent.copy().run(compute, "         # as `quietly` does
        return function, f"{out} = {how}{call})"
    if function is op.array:
        return function, f"{out} = {text_of(function, *arrays) or f'compute({call})'}"
    return function, _SILENTLY.format(call=call)


@functools.lru_cache(maxsize=1024)
def _power_method(n: float) -> Callable[[Tensor], Tensor]:
    op = power_by(_float(n))
    _write_vjps(op)
    return compile_function(*_method(op))


_EXPONENTS = (int, float, np.floating, np.integer)


def _pow(self: Tensor, other: Any) -> Tensor:
    if isinstance(other, _EXPONENTS):
        return _power_method(other if type(other) in (int, float) else _float(other))(self)
    return self.power(other)


def _named(rules: Sequence[Callable[..., Any]], first: int) -> list[str]:
    """What the rule that names most of its arguments calls those from the `first` on."""
    longest = max([[str(p.replace(annotation=p.empty, default=p.empty)) for p in signature(rule).parameters.values()]
                   for rule in rules], key=len)
    if len(longest) <= first:
        return ["*rest"] if longest[-1][0] == "*" else []
    return [f"{name}_" for name in longest[first:]]     # with a stroke, so that none is one of the text's own names


def _names_of_saved(op: st.Structural) -> list[str]:
    """What to call, in the step written for the op, the things its forward pass saved: what its vjps call them."""
    names = _named(op.vjps, 2) if op.vjps else []
    if op.vjps and all([name[0] == "*" for name in names]):
        raise ValueError(f"adopt: no vjp of {op.name} names what it is given after g and out; one of them must, "
                         "all inputs and parameters")
    return names


def _names_of_parameters(op: st.Structural) -> list[str]:
    """What to call what the op is given after its inputs; one name with a star where its rules do not say."""
    names = _named(op.vjps, 2) if op.vjps else _named([op.joint], 3) if op.joint else ["*rest"]
    if any([name[0] == "*" for name in names]):
        return ["*parameters"]
    return names[op.arity: len(names) - op.keeps]


def adopt(op: st.Structural) -> st.Structural:
    """Make a structural op known to the engine: a fused op, say, defined outside `structural`.

    Raises ValueError for a name that is no Python name, and where no vjp names what it is given.
    """
    if not op.name.isidentifier():
        raise ValueError(f"adopt: got an op called {op.name!r}, expected a Python name; signs belong in its symbol")
    names = _names_of_saved(op)
    st.STRUCTURAL[op.name] = op
    if len(op.vjps) > 2:
        op.joint = _one_by_one(op.vjps)
    if op.arity is not None:
        op.make = late(op, "make", functools.partial(_method, op))
    if not op.vjps:
        op.pull = _pull_joint
        return op
    rules = {f"vjp{position}": _on_arrays(vjp) for position, vjp in enumerate(op.vjps)}
    _write_pull(op, names, [f"{rule}(g, out, {', '.join(names)})" for rule in rules], rules,
                len(rules) >= 2 or op.vjps[0].__globals__ is not vars(st))
    return op


_CHANGED.pull = _pull_joint
for _moving in list(st.STRUCTURAL.values()):
    adopt(_moving)
st.sum_.pull = _pull_sum
Method(Tensor, ("__matmul__", "mm", "dot", "matmul"), functools.partial(_method, st.matmul, doc=(
    "self @ other: the matrix product, of vectors, matrices and stacks of matrices, as NumPy's.")))
for _op in TABLE.values():
    _write_vjps(_op)
    if _op.arity in (1, 2):
        Method(Tensor, OPERATORS.get(_op.name, (_op.name,)), functools.partial(_method, _op))
Tensor.__pow__ = _pow       # type: ignore[method-assign, assignment]
