"""The names PyTorch has for making tensors, for chance, and for asking whether two tensors agree.

With these, code of the makemore lectures runs after `import autograd as torch`. Random numbers come from NumPy's
generators: seeded and reproducible, but not PyTorch's stream. Everything is float64 unless a dtype says otherwise.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.arrays import products
from autograd.arrays.chance import Generator, random
from autograd.arrays.devices import check
from autograd.arrays.tensor import Tensor, operand, printing, tensor

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from autograd.core.op import Rule

__all__ = ["DTYPES", "FUNCTIONS", "Histogram", "allclose", "arange", "as_tensor", "empty", "equal", "eye", "from_numpy",
           "full", "full_like", "histogram", "is_tensor", "isclose", "linspace", "multinomial", "ones", "ones_like",
           "rand", "rand_like", "randint", "randn", "randn_like", "randperm", "set_printoptions", "tril", "zeros",
           "zeros_like"]

DTYPES: dict[str, object] = {"float64": np.float64, "double": np.float64, "float32": np.float32, "float": np.float32,
                          "float16": np.float16, "half": np.float16, "int64": np.int64, "long": np.int64,
                          "int32": np.int32, "int": np.int32, "int16": np.int16, "int8": np.int8, "uint8": np.uint8,
                          "bool": np.bool_}


def _finished(array: Any, requires_grad: bool = False, device: Any = None) -> Tensor:
    check("device", device)
    return Tensor(array, requires_grad, array.dtype)


def _shape(name: str, size: tuple[Any, ...]) -> tuple[int, ...]:
    """A shape given as several integers, or as one tuple or list of them."""
    lengths = tuple(size[0]) if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
    try:
        shape = tuple([operator.index(n) for n in lengths])
    except TypeError:
        raise TypeError(f"{name}: got {size} as a shape, expected integers") from None
    if any(n < 0 for n in shape):
        raise ValueError(f"{name}: got the shape {shape}, expected lengths that are not negative")
    return shape


# Numbers one knows beforehand.

def zeros(*size: object, dtype: DTypeLike = np.float64, requires_grad: bool = False, device: object = None) -> Tensor:
    """Zeros of a shape.

    >>> zeros(2, 3).shape, zeros((2, 3)).shape
    ((2, 3), (2, 3))
    """
    return _finished(np.zeros(_shape("zeros", size), dtype), requires_grad, device)


def ones(*size: object, dtype: DTypeLike = np.float64, requires_grad: bool = False, device: object = None) -> Tensor:
    """Ones of a shape."""
    return _finished(np.ones(_shape("ones", size), dtype), requires_grad, device)


def full(size: object, fill_value: object, dtype: DTypeLike | None = None, requires_grad: bool = False,
         device: object = None) -> Tensor:
    """`fill_value` in every place of a shape; its own dtype if none is given."""
    shape = _shape("full", tuple(size) if isinstance(size, (tuple, list)) else (size,))
    if isinstance(fill_value, Tensor) and fill_value.requires_grad:
        filled = fill_value.expand(shape)           # no leaf: its gradient passes
        return filled if dtype is None else filled.to(dtype)
    return _finished(np.full(shape, fill_value, dtype), requires_grad, device)


empty = zeros                                       # numbers nobody has chosen might as well be 0


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a tensor; one stays itself. An array is copied, unlike PyTorch's."""
    check("as_tensor", device)
    made = data if isinstance(data, Tensor) else tensor(data)
    return made if dtype is None else made.to(dtype)


def from_numpy(array: Any) -> Tensor:
    """A tensor of an array's numbers, which are copied."""
    return as_tensor(array)


def zeros_like(x: Any, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Zeros in the shape and dtype of x."""
    return full_like(x, 0, dtype, requires_grad, device)


def ones_like(x: object, dtype: DTypeLike | None = None, requires_grad: bool = False, device: object = None) -> Tensor:
    """Ones in the shape and dtype of x."""
    return full_like(x, 1, dtype, requires_grad, device)


def full_like(x: object, fill_value: object, dtype: DTypeLike | None = None, requires_grad: bool = False,
              device: object = None) -> Tensor:
    """`fill_value` in the shape and dtype of x."""
    array = np.asarray(operand(x, "full_like", None)._data)
    return _finished(np.full_like(array, fill_value, dtype), requires_grad, device)


def arange(start: float, end: float | None = None, step: float = 1, dtype: DTypeLike | None = None,
           requires_grad: bool = False, device: object = None) -> Tensor:
    """start, start + step, … below `end`; with one argument, from 0. Integers stay integers.

    >>> arange(4)
    tensor([0, 1, 2, 3])
    """
    first, last = (0, start) if end is None else (start, end)
    numbers = [_number("arange", x) for x in (first, last, step)]
    return _finished(np.arange(*numbers, dtype=dtype), requires_grad, device)


def linspace(start: float, end: float, steps: int, dtype: DTypeLike = np.float64, requires_grad: bool = False,
             device: object = None) -> Tensor:
    """`steps` numbers at equal distances from `start` to `end`, both included."""
    first, last = [_number("linspace", x) for x in (start, end)]
    return _finished(np.linspace(first, last, steps, dtype=dtype), requires_grad, device)


def _number(name: str, x: object) -> Any:
    """x as Python's number; a tensor's as float64 holds it."""
    if isinstance(x, Tensor) and x.requires_grad:
        raise TypeError(f"{name}: got a tensor that has a gradient, which would be lost; expected a number, such as "
                        ".item() gives")
    return x.item() if isinstance(x, (Tensor, np.generic)) else x


def eye(n: int, m: int | None = None, dtype: DTypeLike = np.float64, requires_grad: bool = False,
        device: object = None) -> Tensor:
    """Ones on the diagonal, zeros elsewhere."""
    return _finished(np.eye(n, m, dtype=dtype), requires_grad, device)


def tril(x: object, diagonal: int = 0) -> Tensor:
    """x on and below the diagonal, zeros above; so does its gradient.

    >>> tril(ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    return operand(x, "tril", None).tril(diagonal)


# Chance.

def randn(*size: Any, generator: Generator | None = None, dtype: Any = np.float64, requires_grad: bool = False,
          device: Any = None) -> Tensor:
    """Numbers drawn from the standard normal distribution."""
    drawn = np.asarray(random(generator).standard_normal(_shape("randn", size)))
    return _finished(drawn.astype(dtype, copy=False), requires_grad, device)


def rand(*size: object, generator: Generator | None = None, dtype: DTypeLike = np.float64, requires_grad: bool = False,
         device: object = None) -> Tensor:
    """Numbers drawn evenly from 0 to below 1."""
    drawn = np.asarray(random(generator).random(_shape("rand", size)))
    return _finished(drawn.astype(dtype, copy=False), requires_grad, device)


def randn_like(x: object, generator: Generator | None = None, dtype: DTypeLike | None = None) -> Tensor:
    """Standard normal numbers in the shape of x."""
    return randn(operand(x, "randn_like", None).shape, generator=generator, dtype=dtype or _float_of(x))


def rand_like(x: object, generator: Generator | None = None, dtype: DTypeLike | None = None) -> Tensor:
    """Numbers from 0 to below 1 in the shape of x."""
    return rand(operand(x, "rand_like", None).shape, generator=generator, dtype=dtype or _float_of(x))


def _float_of(x: object) -> DTypeLike:
    dtype = operand(x, "dtype", None).dtype
    return dtype if dtype.kind == "f" else np.float64


def randint(*bounds_and_size: Any, low: int = 0, high: int | None = None, size: Any = None,
            generator: Generator | None = None, dtype: DTypeLike | None = np.int64, device: Any = None) -> Tensor:
    """Integers drawn evenly: `randint(high, size)` from 0, `randint(low, high, size)` from `low`, to below `high`.

    >>> randint(0, 5, (100,)).max() < 5
    tensor(True)
    """
    given = list(bounds_and_size)
    if size is None and given and isinstance(given[-1], (tuple, list)):
        size = given.pop()
    if len(given) == 2:
        low, high = given
    elif len(given) == 1:
        low, high = (low, given[0]) if high is None else (given[0], high)
    if size is None or high is None or len(given) > 2:
        raise TypeError("randint: expected randint(high, size) or randint(low, high, size), with a tuple as the size")
    low, high = operator.index(low), operator.index(high)
    if low >= high:
        raise ValueError(f"randint: there is no integer from {low} to below {high}")
    return _finished(np.asarray(random(generator).integers(low, high, _shape("randint", (size,)))).astype(dtype),
                     device=device)


def randperm(n: int, generator: Generator | None = None) -> Tensor:
    """The integers from 0 to n − 1 in random order."""
    return _finished(random(generator).permutation(n))


def multinomial(input: object, num_samples: int, replacement: bool = False,
                generator: Generator | None = None) -> Tensor:
    """Positions drawn with the probabilities (or weights, which need not sum to 1) that stand there.

    Args:
        input: (C,) or (N, C), not negative; a row of zeros can't be drawn from.
        num_samples: how many to draw from each row; without `replacement` a position comes at most once.

    >>> multinomial(ones(3), 3).sum()
    tensor(3)
    """
    weights = np.asarray(operand(input, "multinomial", None)._data, np.float64)
    if weights.ndim not in (1, 2) or weights.shape[-1] == 0:
        raise ValueError(f"multinomial: got weights of shape {weights.shape}, expected (C,) or (N, C)")
    if not (np.isfinite(weights).all() and (weights >= 0).all() and (weights.sum(-1) > 0).all()):
        raise ValueError("multinomial: weights must be finite, not negative, and not all zero")
    rows = weights.reshape(-1, weights.shape[-1])
    if num_samples < 1 or (not replacement and num_samples > np.count_nonzero(rows, axis=1).min(initial=num_samples)):
        raise ValueError(f"multinomial: can't draw {num_samples} from so few positions with a weight; "
                         "pass replacement=True")
    chance = random(generator)
    drawn = np.array([chance.choice(len(row), num_samples, replacement, row / row.sum()) for row in rows], np.int64)
    return _finished(drawn.reshape(*weights.shape[:-1], num_samples))


def set_printoptions(precision: int = 4, sci_mode: Any = None, **others: Any) -> None:
    """How many digits after the point are shown of tensors. (What else PyTorch's takes changes nothing here.)"""
    if isinstance(precision, bool) or not isinstance(precision, int) or precision < 0:
        raise ValueError(f"set_printoptions: got precision={precision!r}, expected how many digits to show")
    printing["precision"] = precision


# Do they agree?

def is_tensor(x: object) -> bool:
    """Whether x is a Tensor."""
    return isinstance(x, Tensor)


def isclose(x: object, y: object, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Where |x − y| ≤ atol + rtol·|y|."""
    a, b = operand(x, "isclose", None)._data, operand(y, "isclose", None)._data
    with np.errstate(invalid="ignore"):
        return _finished(np.asarray(np.isclose(a, b, rtol, atol, equal_nan)))


def allclose(x: object, y: object, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether |x − y| ≤ atol + rtol·|y| everywhere; shapes are broadcast, as PyTorch's `allclose` does."""
    return bool(isclose(x, y, rtol, atol, equal_nan)._data.all())


def equal(x: object, y: object) -> bool:
    """Whether both have the same shape and the same numbers.

    >>> equal(ones(3), ones(1, 3))
    False
    """
    return bool(np.array_equal(operand(x, "equal", None)._data, operand(y, "equal", None)._data))


class Histogram(tuple[Tensor, Tensor]):
    """What `histogram` returns: `hist`, how many numbers (or what density) in each bin, and `bin_edges`."""

    __slots__ = ()
    hist = property(lambda self: self[0])
    bin_edges = property(lambda self: self[1])


def histogram(x: object, bins: Any = 100, range: tuple[float, float] | None = None, density: bool = False,
              weight: object = None) -> Histogram:
    """How the numbers in x are spread over `bins` intervals, or between the edges in `bins`: (counts, edges).

    `weight` says for how much each number counts. Counts and edges are constants.
    """
    numbers, limits = operand(x, "histogram", None)._data, operand(bins, "histogram", None)._data
    weights = None if weight is None else operand(weight, "histogram", None)._data
    counts, edges = np.histogram(numbers, limits if limits.ndim else bins, range, density, weights)
    dtype = _float_of(x)
    return Histogram((_finished(counts.astype(dtype)), _finished(edges.astype(dtype))))


# Methods as functions: torch.tanh(x) is x.tanh(). `autograd` hands these out by name, so that `from autograd import *`
# brings no second `sum`.

def _function(name: str) -> Rule:
    def function(input: object, *arguments: object, **options: object) -> Any:
        return getattr(operand(input, name, None), name)(*arguments, **options)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"`input.{name}(…)`, as a function."
    return function


# Methods that no function of PyTorch's is, as they are the tensor's own.
_METHODS_ALONE = {"apply", "backward", "bool", "contributions", "cpu", "dim", "double", "expand", "float", "int",
                  "item", "long", "numpy", "operand", "record", "repeat", "retain_grad", "size", "tolist", "to", "view",
                  "write_pull", "zero_grad"}
FUNCTIONS: dict[str, Rule] = {
    name: _function(name) for name in dir(Tensor)
    if callable(getattr(Tensor, name, None)) and name[0] != "_" and name[-1] != "_" and name not in _METHODS_ALONE}
FUNCTIONS |= {"einsum": products.einsum, "inner": products.inner, "outer": products.outer,
              "tensordot": products.tensordot}
