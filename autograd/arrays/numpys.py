"""NumPy's protocols: what its functions do when they are given a Tensor. No gradient is lost in silence."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.arrays.convert import ArrayNode, operand
from autograd.arrays.joining import concatenate, stack, where
from autograd.core.op import TABLE

__all__ = ["NumPys"]


class NumPys(ArrayNode):
    """`np.exp(t)`, `array * t`, `np.asarray(t)`."""

    __slots__ = ()
    __array_priority__ = 100.0                      # for what asks by priority rather than by __array_ufunc__

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self._data, dtype=dtype) if copy or dtype is not None else self.numpy()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """NumPy's ufuncs by way of the table: `np.exp(t)` is `t.exp()`, `array * t` is a Tensor."""
        function = _ufunc(ufunc)
        if method != "__call__" or options or function is None:
            call = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
            raise TypeError(f"np.{call}: not an operation on Tensors"
                            + (f" with {', '.join(options)}" if options else "") + "; use .numpy() for the array")
        first, *rest = inputs
        like = next(x for x in inputs if isinstance(x, ArrayNode))
        return function(operand(first, ufunc.__name__, like), *rest)

    # (No __getattr__, not even for a better error: it slows every look-up, and a training step by a tenth.)

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:
        """NumPy's other functions: those with a counterpart here give a Tensor; none detaches a gradient silently."""
        ours = _FUNCTIONS.get(function.__name__)
        if ours is not None:
            return ours(*inputs, **options)
        result = function._implementation(*inputs, **options)
        parts = [part for x in inputs for part in (x if isinstance(x, (list, tuple)) else [x])]
        results = result if isinstance(result, (list, tuple)) else [result]
        if (any([isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fc" for x in results])
                and not function.__name__.endswith("_like")
                and any([isinstance(x, ArrayNode) and x.requires_grad for x in parts])):
            raise TypeError(f"np.{function.__name__}: not an operation on Tensors, and its result would have no "
                            "gradient; use .detach() to have it so")
        return result

    @property
    def _mask(self) -> Any:                         # what a masked array on the left asks for, and nothing else
        if self.requires_grad:
            raise TypeError("Tensor: a masked array would lose its gradient; use .filled(value) on the one, or "
                            ".detach() on the other, first")
        return np.ma.nomask


_UFUNCS: dict[str, Callable[..., Any]] = {
    "float_power": operator.pow, "power": operator.pow, "matmul": operator.matmul, "greater": operator.gt,
    "greater_equal": operator.ge, "less": operator.lt, "less_equal": operator.le, "equal": operator.eq,
    "not_equal": operator.ne}


def _ufunc(ufunc: Any) -> Callable[..., Any] | None:
    """What a function of NumPy's is here: the row that computes with it, or that goes by its name."""
    if ufunc.__name__ in _UFUNCS:
        return _UFUNCS[ufunc.__name__]
    for op in TABLE.values():
        if op.array is ufunc or op.name == ufunc.__name__ or _OPERATORS.get(ufunc.__name__) is op.array:
            return op
    return None


_OPERATORS = {"add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
              "negative": operator.neg, "absolute": operator.abs}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "concatenate": lambda tensors, axis=0: concatenate(tensors, axis), "where": where,
    "stack": lambda tensors, axis=0: stack(tensors, axis), "dot": lambda x, y: operand(x, "dot", None) @ y,
    "reshape": lambda x, shape: x.reshape(shape), "ravel": lambda x: x.reshape(-1),
    "expand_dims": lambda x, axis: x.unsqueeze(axis),
}
