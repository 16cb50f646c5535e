"""What `Tensor` has from the tables: each op's step of the backward pass, and its methods.

The general forms stand here: `fitted`, in which broadcasting is undone, and `pull_generally`, the step of any op. For
ops of one or two inputs `writing` makes a text of the same; each is compiled when it is first called. This module is
handed the class `Tensor`, and does not import it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from inspect import signature
from typing import TYPE_CHECKING

import numpy as np

from autograd.arrays import structural as st
from autograd.arrays.silence import SILENT, quietly
from autograd.core import writing
from autograd.core.op import TABLE, Op, Rule, for_each_row
from autograd.core.ops import power_by
from autograd.core.symbols import text_of
from autograd.core.writing import Method, Written, described, late, names_of

if TYPE_CHECKING:
    from autograd.arrays.convert import Array
    from autograd.arrays.tensor import Tensor

__all__ = ["Methods", "fit", "fitted", "pull_generally", "write_pull"]


# Steps of the backward pass.

_reduce_plan = st.reduce_plan


def fit(part: Array, data: Array) -> Array:
    """A contribution made to fit `data`. Here, and only here, broadcasting is undone and the dtype restored.

    The pulls call it where the sizes differ: comparing bytes and axes takes a quarter of the time of comparing shapes,
    and says the same, since a contribution is never narrower nor of fewer numbers than the input it is for, unless
    that is empty.
    """
    dtype = part.dtype
    add_up, rest = _reduce_plan(part.shape, dtype.char, data.shape)
    part = add_up(part, *rest)
    return part if dtype is data.dtype else part.astype(data.dtype, copy=False)


def fitted(part: Array, data: Array) -> Array:
    """`fit` where a contribution needs it."""
    return part if part.shape == data.shape and part.dtype == data.dtype else fit(part, data)


def pull_generally(node: Tensor, unreached: object) -> None:
    """Hand the contributions of a node to its inputs: the step of any op."""
    g = node._grad
    for x, part in zip(node.inputs, node.contributions(g)):
        if part is not None:
            grad = x._grad
            if grad is unreached:
                x._grad = part
            elif grad is None:
                x._grad = part.copy() if part is g or part.base is not None else part
            else:
                x._grad = grad + part


def _pull_sum(node: Tensor, unreached: object) -> None:
    """A sum's gradient is the same for all it summed: where there is one to add it to, NumPy repeats it on the way."""
    g, x, (data, dim, keepdim) = node._grad, node._a, node._saved
    g = st.unsummed(g, data, dim, keepdim)
    grad = x._grad
    if grad is unreached or grad is None:
        x._grad = st.expand.array(g, data.shape)
    else:
        x._grad = grad + g


def _pull_nothing(node: Tensor, unreached: object) -> None:
    """Nothing passes. Whoever has no other gradient has one of zeros."""
    x = node._a
    if x.requires_grad and (x._grad is unreached or x._grad is None):
        x._grad = np.zeros(x._data.shape, x._data.dtype)


def write_pull(op: Op) -> None:
    """Give an op its step, written out if it can be."""
    op.pull = pull_generally
    if op is st.sum_:
        op.pull = _pull_sum
    elif op.constant:
        op.pull = _pull_nothing
    elif op.arity:
        written = _pull_of_moves(op) if isinstance(op, st.Structural) else _pull_of_row(op)
        if written is not None:
            op.pull = late(op, "pull", written)


def _pull_of_row(op: Op) -> Callable[[], Written] | None:
    names = names_of(op)
    texts = [text_of(partial, "out", *names) for partial in op.partials]
    if None in texts or len(texts) > 2:
        return None
    products = [writing.PRODUCTS.get(str(text), f"g * ({text})") for text in texts]
    rows = {name: row.array for name, row in TABLE.items()} if "(" in "".join(products) else {}
    fits = op.arity == 2 or not isinstance(op.array, np.ufunc)         # another's function may return another dtype
    return lambda: writing.pull(op, names, products, {**rows, "fit": fit}, fits, like_g=True)


def _pull_of_moves(op: st.Structural) -> Callable[[], Written] | None:
    names = _named(op.vjps, 2) if op.vjps else _named([op.joint], 3) if op.joint else []
    if not names:
        return None
    saved, joint = ", ".join(names), ""
    if op.joint is None:
        rules = {f"vjp{position}": vjp for position, vjp in enumerate(op.vjps)}
        products = [f"{rule}(g, out, {saved})" for rule in rules]
    else:
        inputs = ["_a", "_b"][:op.arity] if op.arity in (1, 2) else [f"_a[{i}]" for i in range(op.arity or 0)]
        rules, products = {"joint": op.joint}, [f"parts[{i}]" for i in range(len(inputs))]
        joint = f"parts = joint([{', '.join([f'node.{x}.requires_grad' for x in inputs])}], g, out, {saved})"
    # Of this project's own moves of one input the tests know that what they hand back fits.
    fits = op.arity != 1 or not all([rule.__module__.startswith("autograd.") for rule in rules.values()])
    return lambda: writing.pull(op, names, products, {**rules, "fit": fit}, fits, joint=joint)


def _named(rules: Sequence[Rule], first: int) -> list[str]:
    """What the rule that names most of its arguments calls those from the `first` on; nothing if that is not known."""
    longest = max([[str(p.replace(annotation=p.empty, default=p.empty)) for p in signature(rule).parameters.values()]
                   for rule in rules], key=len)
    names = longest[first:]
    if any([name[0] == "*" for name in names]) or (not names and longest[-1][0] == "*"):
        return []
    return [f"{name}_" for name in names]           # with a stroke, so that none is one of the text's own names


# Makers and methods.

class Methods:
    """Gives the class `Tensor` a method for every op, now and as ops are added.

    `namespace` holds what the written texts call by name.
    """

    def __init__(self, tensor: type[Tensor], namespace: dict[str, object]) -> None:
        self.tensor = tensor
        self.namespace = namespace | {"Tensor": tensor, "new": tensor.__new__, "quietly": quietly,
                                      "record": tensor.record, "silent": SILENT, "silently": SILENT.copy().run}
        st.for_each_structural(self.take_moves)
        for_each_row(self.take_row)

    def take_row(self, op: Op) -> None:
        write_pull(op)
        if op.arity in (1, 2):
            if op.methods:
                Method(self.tensor, op.methods, partial(self.maker, op))
        else:
            self.generally(op)

    def take_moves(self, op: st.Structural) -> None:
        write_pull(op)
        if op.arity is not None:
            op.make = late(op, "make", partial(self.maker, op))
        self.generally(op)

    def generally(self, op: Op) -> None:
        def method(this: Tensor, *others: object, **named: object) -> Tensor:
            if named:                               # parameters, by the names that the op's function gives them
                others = signature(op.array).bind(this, *others, **named).args[1:]
            return this.apply(op, this, *others)

        method.__doc__ = op.words or described(op)
        for name in op.methods:
            setattr(self.tensor, name, method)

    def maker(self, op: Op, doc: str = "") -> Written:
        """The text of the op's function of Tensors: a row's method, and the `make` of an op that moves numbers."""
        namespace = self.namespace | {"compute": op.array}
        if not isinstance(op, st.Structural):
            return writing.maker(op, [], "row", namespace, doc or described(op))
        plan = getattr(op.array, "plan", None)
        how = "plan" if plan is not None else "quietly" if op.warns else "stands"
        return writing.maker(op, _parameters(op), how, namespace | {"plan": plan}, doc or op.words or op.name,
                             op.keeps > 0)

    @lru_cache(maxsize=1024)                        # noqa: B019    # there is one object of this class
    def power(self, n: float) -> Rule:
        """`x ** n` for a constant n."""
        return writing.compile_function(*self.maker(power_by(n)))


def _parameters(op: st.Structural) -> list[str]:
    """What to call what the op is given after its inputs; one name with a star where its rules do not say."""
    names = _named(op.vjps, 2) if op.vjps else _named([op.joint], 3) if op.joint else []
    return names[op.arity: len(names) - op.keeps] if names else ["*parameters"]
