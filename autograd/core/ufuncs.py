"""What NumPy's functions do when they are given a Value. NumPy asks; nothing here needs it."""

from __future__ import annotations

import operator
from functools import lru_cache
from typing import Any, ClassVar

from autograd.core.op import TABLE, Op, Rule

__all__ = ["Ufuncs", "answers"]

_NAMES = {"subtract": "sub", "multiply": "mul", "divide": "div", "negative": "neg", "absolute": "abs", "fabs": "abs",
          "float_power": "power", "greater": "gt", "greater_equal": "ge", "less": "lt",
          "less_equal": "le", "equal": "eq", "not_equal": "ne"}


@lru_cache(maxsize=256)
def _row_of(ufunc: str) -> Op | str | None:
    """The row that computes what a ufunc does, or the operator that compares so, by its name."""
    name = _NAMES.get(ufunc, ufunc)
    if name in ("gt", "ge", "lt", "le", "eq", "ne"):
        return name
    return next((op for op in TABLE.values() if op.methods and name in (op.name, op._array)), None)


@lru_cache(maxsize=256)
def answers(ufunc: Any) -> bool:
    """Whether it answers in truth values, as `np.isnan` does: no gradient is asked for, and none is lost."""
    answers = [types[-1] for types in ufunc.types if "O" not in types]
    return bool(answers) and set(answers) == {"?"}


class Ufuncs:
    """NumPy's protocols for one number."""

    __slots__ = ()

    operand: ClassVar[Any]                          # the class's own

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: object) -> Any:
        """`np.tanh(v)` is `v.tanh()`, and `np.float64(2) * v` a Value; an array with a Value is refused."""
        op = _row_of(ufunc.__name__)
        if answers(ufunc) and not isinstance(op, str) and not options:
            return getattr(ufunc, method)(*[getattr(x, "_data", x) for x in inputs])
        if op is None or method != "__call__" or options:
            call = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
            raise TypeError(f"np.{call}: not an operation on Values{' with ' * bool(options)}{', '.join(options)}; "
                            "expected one of the methods that dir(Value) lists, or a Tensor")
        if isinstance(op, str):
            return getattr(operator, op)(*[x.item() if hasattr(x, "dtype") else x for x in inputs])
        first, *rest = inputs
        return getattr(self.operand(first, op.name), op.methods[0])(*rest)

    def __array_function__(self, function: Rule, types: object, inputs: object, options: object) -> Any:
        raise TypeError(f"np.{function.__name__}: not an operation on Values; use their methods, `dot` and `total`, "
                        "or Tensors")

    @property
    def _mask(self) -> Any:                         # what a masked array on the left asks for, and nothing else
        raise TypeError("Value: a masked array holds no Values; use .filled(value) on the one, or .data of the other")
