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
from importlib.util import find_spec
from keyword import iskeyword
from typing import Any

from autograd.core.graph import Node
from autograd.core.op import TABLE, Op, numpy
from autograd.core.op import elementwise as _elementwise

__all__ = ["elementwise", "moves"]

# What rules and readers ask of nodes: an op of that name would take its place.
_ASKED = ("cast", "concatenate", "expand", "index", "matmul", "max", "mean", "min", "permute", "reshape", "scatter",
          "sum", "swapaxes", "transpose")


def elementwise(name: str, floats: Callable[..., float], array: Callable[..., Any] | str,
                *partials: Callable[..., Any], **known: Any) -> Op:
    _refuse("elementwise", name, known)
    for function in (floats, *partials, *([] if isinstance(array, str) else [array])):
        if not callable(function):
            raise TypeError(f"elementwise: {name} was given {function!r}, expected functions: of floats, of arrays (or "
                            "the name of NumPy's), and for each input (out, *inputs) -> ∂out/∂input")
    if isinstance(array, str) and find_spec("numpy") and not hasattr(numpy(name), array):
        raise ValueError(f"elementwise: NumPy has no function {array!r} for {name}; give a function of arrays")
    return _elementwise(name, floats, array, *partials, **known)


def moves(name: str, array: Callable[..., Any], *vjps: Callable[..., Any], **known: Any) -> Any:
    from autograd.arrays import structural, tensor  # noqa: F401  (late, as arrays need NumPy; Tensor takes the method)
    _refuse("moves", name, known)
    if not vjps and known.get("joint") is None:
        raise ValueError(f"moves: {name} was given no vjp; expected (g, out, *arrays, *parameters) -> what the input "
                         "receives, one for each input")
    return structural.moves(name, array, *vjps, **known)


def _refuse(where: str, name: str, known: dict[str, Any]) -> None:
    """A name that is a Python word, or by which nodes are asked for something else, is refused."""
    for taken in (name, *known.get("methods", ())):
        mine = getattr(Node, taken, None) is not None and taken not in TABLE
        if iskeyword(taken) or taken.startswith("_") or taken in _ASKED or mine or taken in _OWN:
            raise ValueError(f"{where}: an op can't be called {taken!r}: nodes are asked for something else by it, "
                             "or it is a word of Python's")


_OWN = ("T", "apply", "backward", "clip", "copy", "data", "detach", "dtype", "grad", "item", "made", "mT", "ndim",
        "numpy", "operand", "record", "requires_grad", "requires_grad_", "shape", "size", "tolist", "write_pull",
        "zero_grad")


def __getattr__(name: str) -> Op:
    """The table's ops by name."""
    if name in TABLE:
        return TABLE[name]
    raise AttributeError(f"autograd.extend: no op called {name!r}; there are {', '.join(TABLE)}")


elementwise.__doc__ = _elementwise.__doc__
moves.__doc__ = """Add an op that moves numbers, or a fused one, to `Tensor` and to every reader of graphs.

    Args:
        name: what it is called in Python.
        array: `(*arrays, *parameters) -> array`.
        vjps: for each input, `(g, out, *arrays, *parameters) -> what the input receives`, g being the gradient of the
            result; written with operators and other ops.
        known: `words`, `symbol`, `methods`, `source`, `remedy`, `joint`, `arity`, `keeps`, `warns`: see
            `autograd.arrays.structural.Structural`.

    Raises:
        ValueError: for a name that can't be, and where there is no vjp.
    """
