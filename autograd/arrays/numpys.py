"""NumPy's protocols: what its functions do when they are given a Tensor. No gradient is lost in silence.

What NumPy computes by ufuncs goes by the table. Of its other functions those with a counterpart here give a Tensor. The
rest sees plain arrays, and may answer only what has no gradient: places, counts, truth values, text. An array is handed
out in silence (`np.asarray(t)`, `array[:] = t`) only of a tensor without a gradient, as in PyTorch.
"""

from __future__ import annotations

import inspect
import operator
import string
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.arrays import joining, products
from autograd.arrays.convert import ArrayNode, operand, short
from autograd.arrays.dims import axis_of
from autograd.core.op import TABLE, Rule
from autograd.core.ufuncs import answers

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from autograd.arrays.tensor import Tensor

__all__ = ["FUNCTIONS", "METHODS", "NumPys"]


class NumPys(ArrayNode):
    """`np.exp(t)`, `array * t`, `np.asarray(t)`."""

    __slots__ = ()
    __array_priority__ = 100.0                      # for what asks by priority rather than by __array_ufunc__

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        if self.requires_grad:
            raise TypeError("NumPy asks for the array of a tensor that has a gradient, which would be lost; expected "
                            "an operation that has a counterpart here (stack() for a list of tensors); for the "
                            "numbers alone use .detach() first, or .numpy()")
        return np.array(self._data, dtype=dtype) if copy or dtype is not None else self.numpy()

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: object, **options: Any) -> Any:
        """NumPy's ufuncs by way of the table: `np.exp(t)` is `t.exp()`, `array * t` is a Tensor."""
        function = _ufunc(ufunc)
        options = {name: x for name, x in options.items() if _USUAL.get(name, _USUAL) is not x}
        if method != "__call__" or options or function is None:
            changed = inputs[:1] if method == "at" else options.get("out", ())
            no_gradient = (answers(ufunc) and not options) or not _has_gradient((inputs, options))
            if no_gradient and not any([isinstance(x, ArrayNode) for x in changed]):
                return getattr(ufunc, method)(*_plain(inputs), **_plain(options))
            call = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
            raise TypeError(f"np.{call}: not an operation on Tensors"
                            + (f" with {', '.join(options)}" if options else "") + "; use .numpy() for the array")
        first, *rest = inputs
        like = next(x for x in inputs if isinstance(x, ArrayNode))
        return function(operand(first, ufunc.__name__, like), *rest)

    # (No __getattr__, not even for a better error: it slows every look-up, and a training step by a tenth.)

    def __array_function__(self, function: Any, types: object, inputs: Any, options: Any) -> Any:
        """NumPy's other functions."""
        name = f"{function.__module__}.{function.__name__}".removeprefix("numpy.")
        if name in FUNCTIONS:
            return _called(name, function, inputs, options)
        if name in METHODS:                         # NumPy calls the method, and its arguments by their names
            return function._implementation(*inputs, **options)
        if name in MOVING:
            return _moved(name, function, inputs, options)
        lost = _has_gradient((inputs[1:] if name.endswith("_like") else inputs, options))
        result = function._implementation(*_plain(inputs, lost), **_plain(options, lost))
        if lost and _may_be_computed(result):
            raise TypeError(f"np.{name}: not an operation on Tensors, and its result would have no "
                            "gradient; use .detach() to have it so")
        return result

    @property
    def _mask(self) -> Any:                         # what a masked array on the left asks for, and nothing else
        if self.requires_grad:
            raise TypeError("Tensor: a masked array would lose its gradient; use .filled(value) on the one, or "
                            ".detach() on the other, first")
        return np.ma.nomask


def _plain(x: Any, copy: bool = False) -> Any:
    """x with arrays for the tensors in it; copies, where what is written to them must not be seen."""
    if isinstance(x, ArrayNode):
        return np.asarray(x._data)
    if type(x) in (tuple, list):
        return type(x)([_plain(y, copy) for y in x])
    if type(x) is dict:
        return {name: _plain(y, copy) for name, y in x.items()}
    return x.copy() if copy and isinstance(x, np.ndarray) else x


def _has_gradient(x: object) -> bool:
    if isinstance(x, ArrayNode):
        return x.requires_grad
    if isinstance(x, dict):
        x = list(x.values())
    return isinstance(x, (tuple, list)) and any(map(_has_gradient, x))


def _may_be_computed(result: object) -> bool:
    """Whether numbers with a gradient may be in it, or were written elsewhere: nothing came back."""
    if isinstance(result, (tuple, list)):
        return any(map(_may_be_computed, result))
    if isinstance(result, (np.ndarray, np.generic)):
        return result.dtype.kind not in "biuSU"
    return not isinstance(result, (bool, int, str, np.dtype))


_UFUNCS: dict[str, Rule] = {
    "float_power": operator.pow, "power": operator.pow, "matmul": operator.matmul, "greater": operator.gt,
    "greater_equal": operator.ge, "less": operator.lt, "less_equal": operator.le, "equal": operator.eq,
    "not_equal": operator.ne, "positive": operator.pos}
_USUAL = {"casting": "same_kind", "order": "K", "subok": True, "dtype": None, "where": True}    # said for nothing


def _ufunc(ufunc: np.ufunc) -> Rule | None:
    """What a function of NumPy's is here: the row that computes with it, or that goes by its name."""
    if ufunc.__name__ in _UFUNCS:
        return _UFUNCS[ufunc.__name__]
    for op in TABLE.values():
        if op.methods and (op.array is ufunc or op.name == ufunc.__name__
                           or _OPERATORS.get(ufunc.__name__) is op.array):
            return op
    return None


def _called(name: str, function: Any, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Our counterpart of a function, without what NumPy takes for granted: `out=None`, `order="C"`."""
    ours, bound = FUNCTIONS[name], _bound(function, inputs, options)
    if bound is None:
        return ours(*inputs, **options)
    parameters, known = bound.signature.parameters, inspect.signature(ours).parameters
    takes_any = any([parameter.kind is parameter.VAR_KEYWORD for parameter in known.values()])
    places, names = list[Any](), dict[str, Any]()
    for key, x in bound.arguments.items():
        kind = parameters[key].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            places += x
        elif kind is inspect.Parameter.POSITIONAL_ONLY:
            places.append(x)
        else:
            names |= x if kind is inspect.Parameter.VAR_KEYWORD else {key: x}
    for key, x in list(names.items()):
        if key in known or takes_any:
            continue
        if x is not None and not (isinstance(x, (bool, str)) and key in parameters and x == parameters[key].default):
            raise TypeError(f"np.{name}: {key}={short(x)} is not done with Tensors; leave it out, or use .detach() for "
                            "the array's numbers alone")
        del names[key]
    return ours(*places, **names)


def _bound(function: Any, inputs: Sequence[Any], options: dict[str, Any]) -> inspect.BoundArguments | None:
    """What is given to which parameter; None of a function that does not say what its parameters are."""
    try:
        return inspect.signature(function).bind(*inputs, **options)
    except ValueError:
        return None


# What moves numbers is done to their places, 0, 1, 2, …, by NumPy's own function: of which parameter.
MOVING = {"rot90": "m", "rollaxis": "a", "delete": "arr", "resize": "a", "compress": "a", "extract": "arr",
          "fft.fftshift": "x", "fft.ifftshift": "x", "lib.stride_tricks.sliding_window_view": "x", "pad": "array"}


def _moved(name: str, function: Any, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    bound = _bound(function, inputs, options)
    x = bound.arguments[MOVING[name]] if bound is not None else None
    if bound is None or _has_gradient([y for y in bound.arguments.values() if y is not x]):
        raise TypeError(f"np.{name}: only numbers that move may have a gradient; use .detach() on the other argument")
    x = _tensor(x)
    mode = options.get("mode", inputs[2] if name == "pad" and len(inputs) > 2 else "constant")
    if name == "pad" and (mode not in ("constant", "edge", "reflect", "symmetric", "wrap")
                          or "reflect_type" in options or "end_values" in options):
        raise TypeError(f"np.pad: mode={short(mode)} computes, which is not done with Tensors; expected 'constant', "
                        "'edge', 'reflect', 'symmetric' or 'wrap'")

    def done(start: Any, **others: Any) -> Any:
        bound.arguments[MOVING[name]] = start
        return function._implementation(*_plain(bound.args), **{**_plain(bound.kwargs), **others})

    places = np.arange(x._data.size).reshape(x.shape)
    if name != "pad" or mode != "constant":
        return x.reshape(-1)[done(places)]
    places = done(places, constant_values=-1)       # −1 is where there was nothing
    return joining.where(places >= 0, x.reshape(-1)[places], done(np.zeros(x.shape, x.dtype)))


_OPERATORS = {"add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
              "negative": operator.neg, "absolute": operator.abs, "fabs": operator.abs}


# NumPy's functions, by their names. Where its function calls the method of that name, and says `axis=`, that is left
# to it; the others stand here, in NumPy's words.

METHODS = {"all", "amax", "amin", "any", "argmax", "argmin", "argsort", "max", "mean", "min", "prod",
           "repeat", "std", "sum", "swapaxes", "transpose", "var", "ndim", "shape"}


def _tensor(x: object) -> Any:
    """A tensor, of a list that holds some too."""
    return x if isinstance(x, ArrayNode) else joining.gathered(x)


def _each(name: str, dimensions: int) -> Rule:
    """np.atleast_1d and its like."""
    def function(*arrays: object) -> Any:
        found = []
        for x in map(_tensor, arrays):
            shape = x.shape
            if dimensions == 3 and x.ndim == 1:
                x = x.reshape(1, -1, 1)
            elif dimensions == 3 and x.ndim == 2:
                x = x.unsqueeze(-1)
            else:
                x = x.reshape((1,) * (dimensions - len(shape)) + shape)
            found.append(x)
        return found[0] if len(found) == 1 else tuple(found)

    function.__name__ = name
    return function


def _joined(axis_of: Callable[[Sequence[Any]], int], dimensions: int) -> Rule:
    def function(tup: Sequence[object]) -> Any:
        parts = [_each("", dimensions)(x) for x in tup]
        return joining.concatenate(parts, axis_of(parts))

    return function


def _column_stack(tup: Sequence[object]) -> Tensor:
    return joining.concatenate([t.unsqueeze(1) if t.ndim == 1 else t for t in map(_tensor, tup)], 1)


def _append(arr: object, values: object, axis: int | None = None) -> Tensor:
    if axis is None:
        arr, values, axis = _tensor(arr).reshape(-1), _tensor(values).reshape(-1), 0
    return joining.concatenate([arr, values], axis)


def _average(a: object, axis: int | None = None, weights: object = None, returned: bool = False, *,
             keepdims: bool = False) -> Any:
    x = _tensor(a)
    if weights is None:
        mean = x.mean(axis, keepdims)
        return (mean, x.detach().sum(axis, keepdims) * 0 + x._data.size // mean._data.size) if returned else mean
    w = operand(weights, "average", x)
    if w.ndim == 1 and x.ndim > 1 and isinstance(axis, int):    # one weight for each slice along the axis
        w = w.reshape([w.shape[0] if i == axis % x.ndim else 1 for i in range(x.ndim)])
    elif w.shape != x.shape:
        raise ValueError(f"average: got weights of shape {w.shape} for numbers of shape {x.shape}")
    w = w * np.ones(x.shape, x.dtype)
    whole = w.sum(axis, keepdims)
    mean = (x * w).sum(axis, keepdims) / whole
    return (mean, whole) if returned else mean


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    x = _tensor(x)
    matrix = (x.ndim == 2 and axis is None) or (isinstance(axis, (tuple, list)) and len(axis) == 2)
    if (matrix and ord not in (None, "fro")) or (ord is not None and axis is None and x.ndim > 2):
        raise TypeError(f"np.linalg.norm: ord={ord!r} of a matrix is not an operation on Tensors; expected 'fro', or "
                        "one axis, or use .detach()")
    return x.norm(2 if ord is None else ord, axis, keepdims)


def _row(x: object) -> Any:
    """x, or one number as the row of it that NumPy's cumsum makes."""
    t = _tensor(x)
    return t if t.ndim else t.reshape(1)


def _split(ary: Any, indices_or_sections: int | Sequence[int], axis: int = 0, equal: bool = True) -> Any:
    x = ary
    n = x.shape[axis]
    if isinstance(indices_or_sections, (int, np.integer)):
        if equal and n % indices_or_sections:
            raise ValueError(f"split: {n} can't be divided into {indices_or_sections} equal parts")
        size, longer = divmod(n, int(indices_or_sections))
        sizes = [size + (i < longer) for i in range(int(indices_or_sections))]
        return list(x.split(sizes, axis))
    ends = [*indices_or_sections, n]
    places = [slice(start, end) for start, end in zip([0, *ends], ends)]
    return [x[(slice(None),) * (axis % x.ndim) + (place,)] for place in places]


def _diff(a: Any, n: int = 1, axis: int = -1, prepend: object = None, append: object = None) -> Any:
    like = next(y for y in (a, prepend, append) if isinstance(y, ArrayNode))
    x = operand(a, "diff", like)
    if n == 0:
        return x
    position = axis_of("diff", axis, x.ndim)
    before, edge = (slice(None),) * position, (*x.shape[:position], 1, *x.shape[position + 1:])
    first, last = [[] if y is None else [operand(y, "diff", like)] for y in (prepend, append)]
    x = joining.concatenate([*[y if y.ndim else y.expand(*edge) for y in first], x,
                             *[y if y.ndim else y.expand(*edge) for y in last]], position)
    for _ in range(n):
        x = x[(*before, slice(1, None))] - x[(*before, slice(None, -1))]
    return x


def _select(condlist: Sequence[object], choicelist: Sequence[object], default: Any = 0) -> Any:
    if len(condlist) != len(choicelist):
        raise ValueError(f"select: got {len(condlist)} conditions and {len(choicelist)} choices; expected as many of "
                         "both")
    for condition, choice in zip(condlist[::-1], choicelist[::-1]):
        default = joining.where(condition, choice, default)
    return default


def _broadcast_arrays(*args: object, subok: bool = False) -> Any:
    tensors = [_tensor(x) for x in args]
    return tuple([x.expand(np.broadcast_shapes(*[y.shape for y in tensors])) for x in tensors])


def _reshape(a: Any, shape: Any, order: str = "C") -> Any:
    if order not in ("C", "F"):
        raise TypeError(f"np.reshape: got order={order!r}, expected 'C' or 'F'")
    shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    x = _tensor(a)
    return x.reshape(shape) if order == "C" else x.T.reshape(shape[::-1]).T


def _einsum(*operands: Any, optimize: object = False) -> Tensor:
    if isinstance(operands[0], str):
        return products.einsum(*operands)
    names = ["".join(["..." if i is Ellipsis else string.ascii_letters[i] for i in axes])       # by turns with arrays
             for axes in (*operands[1::2], *(operands[-1:] if len(operands) % 2 else ()))]
    arrays = operands[:len(operands) // 2 * 2:2]
    return products.einsum(",".join(names[:len(arrays)]) + "->" * (len(operands) % 2) + "".join(names[len(arrays):]),
                           *arrays)


def _take(a: Any, indices: Any, axis: int | None = None, mode: Any = "raise") -> Any:
    x = _tensor(a).reshape(-1) if axis is None else _tensor(a)
    position = axis_of("take", axis or 0, x.ndim)
    return x[(slice(None),) * position + (np.take(np.arange(x.shape[position]), _plain(indices), mode=mode),)]


def _clip(a: object, a_min: object = None, a_max: object = None, *, min: object = None, max: object = None) -> Tensor:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    return operand(a, "clip", next((x for x in (low, high) if isinstance(x, ArrayNode)), None)).clamp(low, high)


def _expand_dims(a: Any, axis: Any) -> Any:
    axes = (axis,) if isinstance(axis, (int, np.integer)) else tuple(axis)
    lengths = iter(a.shape)
    places = [axis_of("expand_dims", i, a.ndim + len(axes)) for i in axes]
    return a.reshape([1 if i in places else next(lengths) for i in range(a.ndim + len(axes))])


def _where(condition: object, *choices: object) -> Any:
    return joining.where(condition, *choices) if choices else np.nonzero(_plain(condition))


def _concatenate(arrays: Any, axis: Any = 0, *, dtype: Any = None) -> Tensor:
    parts = [_tensor(x) if axis is not None else _tensor(x).reshape(-1) for x in arrays]
    joined = joining.concatenate(parts, axis or 0)
    return joined if dtype is None else joined.to(dtype)


def _block(arrays: object) -> Tensor:
    def depth(x: object) -> int:
        return 1 + max(map(depth, x)) if isinstance(x, list) else 0

    def joined(x: object, level: int, axes: int) -> Tensor:
        if not isinstance(x, list):
            t = operand(x, "block", None)
            return t.reshape((1,) * (axes - t.ndim) + t.shape)
        return joining.concatenate([joined(y, level - 1, axes) for y in x], -level)

    levels = depth(arrays)
    axes = max([levels, *[operand(x, "block", None).ndim for x in _flat(arrays)]])
    return joined(arrays, levels, axes)


def _flat(x: object) -> list[Any]:
    return [z for y in x for z in _flat(y)] if isinstance(x, list) else [x]


FUNCTIONS: dict[str, Rule] = {
    "concatenate": _concatenate, "append": _append, "block": _block, "column_stack": _column_stack,
    "stack": lambda arrays, axis=0: joining.stack(arrays, axis),
    "vstack": _joined(lambda parts: 0, 2), "dstack": _joined(lambda parts: 2, 3),
    "hstack": _joined(lambda parts: 0 if parts[0].ndim == 1 else 1, 1),
    "atleast_1d": _each("atleast_1d", 1), "atleast_2d": _each("atleast_2d", 2), "atleast_3d": _each("atleast_3d", 3),
    "where": _where, "dot": lambda a, b: products.dot(a, b), "vdot": lambda a, b: products.inner(
        _tensor(a).reshape(-1), _tensor(b).reshape(-1)),
    "inner": products.inner, "outer": lambda a, b: products.outer(_tensor(a).reshape(-1), _tensor(b).reshape(-1)),
    "linalg.outer": products.outer, "einsum": _einsum,
    "tensordot": lambda a, b, axes=2: products.tensordot(a, b, axes),
    "linalg.norm": _norm, "linalg.vector_norm": lambda x, *, axis=None, keepdims=False, ord=2: x.norm(
        ord, axis, keepdims),
    "average": _average, "ravel": lambda a, order="C": _reshape(a, -1, order), "copy": lambda a: a.clone(),
    "reshape": _reshape, "squeeze": lambda a, axis=None: a.squeeze(axis), "take": _take,
    "clip": _clip, "expand_dims": _expand_dims,
    "moveaxis": lambda a, source, destination: _tensor(a).moveaxis(source, destination),
    "broadcast_to": lambda array, shape: array.expand(shape), "permute_dims": lambda a, axes=None: a.transpose(axes),
    "matrix_transpose": lambda x: x.mT, "linalg.matrix_transpose": lambda x: x.mT,
    "flip": lambda m, axis=None: m.flip(*(() if axis is None else axis if isinstance(axis, tuple) else (axis,))),
    "fliplr": lambda m: m.flip(1), "flipud": lambda m: m.flip(0),
    "roll": lambda a, shift, axis=None: a.roll(shift, axis), "tril": lambda m, k=0: m.tril(k),
    "triu": lambda m, k=0: m.triu(k), "diag": lambda v, k=0: v.diag(k),
    "diagonal": lambda a, offset=0, axis1=0, axis2=1: a.diagonal(offset, axis1, axis2),
    "linalg.diagonal": lambda x, *, offset=0: x.diagonal(offset, -2, -1),
    "trace": lambda a, offset=0, axis1=0, axis2=1: a.trace(offset, axis1, axis2),
    "linalg.trace": lambda x, *, offset=0: x.trace(offset, -2, -1),
    "sort": lambda a, axis=-1, kind=None, stable=None: a.sort(axis=axis),
    "tile": lambda A, reps: A.tile(*np.atleast_1d(reps).tolist()),
    "cumsum": lambda a, axis=None, **options: _row(a).cumsum(axis, **options),
    "cumulative_sum": lambda x, *, axis=None: _row(x).cumsum(0 if axis is None else axis),
    "take_along_axis": lambda arr, indices, axis=-1: arr.take_along_dim(indices, axis),
    "size": lambda a, axis=None: a._data.size if axis is None else a.shape[axis], "split": _split,
    "array_split": lambda ary, indices_or_sections, axis=0: _split(ary, indices_or_sections, axis, equal=False),
    "vsplit": lambda ary, indices_or_sections: _split(ary, indices_or_sections, 0),
    "hsplit": lambda ary, indices_or_sections: _split(ary, indices_or_sections, 0 if ary.ndim == 1 else 1),
    "dsplit": lambda ary, indices_or_sections: _split(ary, indices_or_sections, 2),
    "unstack": lambda x, *, axis=0: x.unbind(axis), "diff": _diff, "select": _select,
    "diagflat": lambda v, k=0: v.reshape(-1).diag(k), "broadcast_arrays": _broadcast_arrays,
    "round": lambda a, decimals=0: a.round(decimals),
    "ptp": lambda a, axis=None, keepdims=False: a.amax(axis, keepdims) - a.amin(axis, keepdims),
}
FUNCTIONS["around"] = FUNCTIONS["round"]
