"""The door for ops of one's own: `elementwise` and `moves`, by which the built-in ops are made too.

An op added here has a method on `Value` and `Tensor`, derivatives of any order, a place in `replay`, `source`, `draw`,
`explain`, `gradcheck` and the table, like any other. Rules are written with operators and other ops; those of the table
can be imported from here by their names.

>>> import math
>>> from autograd import Tensor, Value, gradcheck
>>> from autograd.extend import elementwise, exp
>>> import numpy as np
>>> gauss = elementwise("gauss", lambda x: math.exp(-x * x), lambda x: np.exp(-x * x), lambda out, x: -2.0 * x * out,
...                     source={"numpy": "np.exp(-({x}) ** 2)"}, words="falls off on both sides")
>>> x = Value(1.0); y = x.gauss(); y.backward(); round(x.grad, 4)
-0.7358
>>> Tensor([0.0, 1.0]).gauss()
tensor([1.0000, 0.3679])
>>> gradcheck(gauss, Tensor([0.3, -0.7], requires_grad=True), order=2)
True

`moves(name, array, vjp, words=…)` adds an op that moves numbers, or a fused one, with a vector-Jacobian product for
each input. Both return the op, which can be called on anything a rule can be fed: floats, arrays, nodes, symbols.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from autograd.core.op import TABLE, Op, Rule
from autograd.core.op import elementwise as _elementwise

if TYPE_CHECKING:
    from autograd.arrays.structural import Structural

__all__ = ["elementwise", "moves"]

_PROTOCOL = ("apply", "backward", "contributions", "data", "dtype", "grad", "inputs", "item", "label", "made", "numpy",
             "op", "operand", "partials", "record", "requires_grad", "shape")


def elementwise(name: str, floats: Callable[..., float], array: Rule | str,
                *partials: Rule, **known: object) -> Op:
    _refuse(name)
    return _elementwise(name, floats, array, *partials, **known)


def moves(name: str, array: Rule, *vjps: Rule, **known: object) -> Structural:
    from autograd.arrays import structural, tensor  # noqa: F401  (late, as arrays need NumPy; Tensor takes the method)
    _refuse(name)
    return structural.moves(name, array, *vjps, **known)


def _refuse(name: str) -> None:
    if name in _PROTOCOL or name.startswith("_"):
        raise ValueError(f"extend: an op can't be called {name!r}, by which nodes are asked for something else")


def __getattr__(name: str) -> Op:
    """The table's ops by name."""
    if name in TABLE:
        return TABLE[name]
    raise AttributeError(f"autograd.extend: no op called {name!r}; there are {', '.join(TABLE)}")


elementwise.__doc__ = _elementwise.__doc__
