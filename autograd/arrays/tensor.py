"""`Tensor`: a NumPy array that remembers where it came from.

The same engine as `Value`, for arrays. A node keeps the arrays its op read (`_saved`) instead of its local derivatives,
which for arrays would cost work and memory before anyone asks; `backward` feeds them to the op's vjps. Broadcasting is
undone in one place, `fitted`. What else a Tensor can do stands by family: `shapes`, `reductions`, `inplace`, `numpys`;
and every op of the tables gives it a method.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import partial
from threading import local
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from autograd.arrays import structural as st
from autograd.arrays.convert import (
    as_array,
    cast,
    handle,
    like,
    made_by_ops,
    misfit,
    operand,
    operands,
    to_float,
)
from autograd.arrays.devices import check, device
from autograd.arrays.dims import axis_of
from autograd.arrays.inplace import InPlace, part_at, refuse_changed
from autograd.arrays.joining import cat, concatenate, gathered, holds_gradients, stack, where
from autograd.arrays.missing import MISSING, Missing
from autograd.arrays.numpys import NumPys
from autograd.arrays.questions import Questions
from autograd.arrays.reductions import Extremum, Reductions, named
from autograd.arrays.shapes import apart
from autograd.arrays.silence import SILENT, quietly
from autograd.arrays.steps import Methods, fitted, write_pull
from autograd.arrays.versions import changes, holds, let_go
from autograd.core.asking import refuse_silent
from autograd.core.comparing import compared
from autograd.core.graph import topological
from autograd.core.interior import interior, one_at_a_time
from autograd.core.modes import active, choices_recorded, is_grad_enabled, watching
from autograd.core.op import TABLE, Op
from autograd.core.operators import COMPARISONS
from autograd.core.writing import Method

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from autograd.arrays.convert import Array

__all__ = ["Extremum", "Tensor", "as_array", "cast", "cat", "concatenate", "last_pass", "named", "operand", "st",
           "stack", "tensor", "where"]


@made_by_ops
class Tensor(Reductions, Questions, InPlace, NumPys):
    """An array with a gradient.

    Args:
        data: numbers, nested lists of them, an array or a Tensor. It is copied. Integers become float64 unless
            `dtype` says otherwise (`tensor` keeps them); float32 stays float32, gradients included.
        requires_grad: whether `backward` should leave a gradient here. Without, it is a constant and costs nothing.
        dtype: a NumPy dtype.
        label: a name for pictures and messages.

    Raises:
        TypeError: for complex numbers, strings, objects, masked arrays, ragged lists; a gradient asked of integers.

    >>> W = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, label="W")
    >>> x = Tensor([1.0, -1.0])
    >>> loss = (W @ x).tanh().sum()
    >>> loss.backward()
    >>> print(W.grad)
    tensor([[ 0.42, -0.42],
            [ 0.42, -0.42]])
    """

    __slots__ = ()

    def __init__(self, data: object, requires_grad: bool = False, dtype: DTypeLike | None = None,
                 label: str = "") -> None:
        array = as_array(data, dtype)
        if dtype is None and array.dtype.kind in "biu":
            array = array.astype(np.float64)
        self._data = array
        self._grad = None
        self.op = None
        self._a = self._b = None
        self._saved = None
        self._notes = None
        if label:
            self.label = label
        self.requires_grad = False
        if requires_grad:
            self.requires_grad_()

    # What it holds.

    @property
    def data(self) -> Tensor:
        """The numbers as a detached Tensor.

        Changing it in place changes this tensor, but no gradient of earlier results.
        """
        if self.op is None:
            same = handle(self._data, self._saved if self.is_part else (self, "_data"))
            if not self.requires_grad:              # a parameter's keeps the numbers it had: each step of training
                holds(same._saved[0], same)         # would be slower
            return same
        if self.op in st.VIEWS and (place := self.place) is not None:
            return part_at(place[0].data, *place[1:])
        same = handle(self._data, (ref(self), "_data"))         # weakly: what is detached keeps no graph alive
        holds(self, same)
        return same

    @data.setter
    def data(self, data: object) -> None:
        array = like(data, self, "data")
        if array is self._data and self.op is None:
            return                                  # `p.data -= …` has put it there
        if self.op is not None:
            self._cut()
        elif self._saved is not None:
            owner, slot = self._saved[:2]
            if slot == "_grad" and owner._grad is self._data:
                owner._grad = array                 # `w.grad.data = g`
            else:
                self._saved = None                  # from here on it shows numbers of its own
        self._data = array
        let_go(self)

    @property
    def grad(self) -> Tensor | None:
        """∂root/∂self after `root.backward()`, detached; None if no backward pass came here."""
        return None if self._grad is None else handle(self._grad, (self, "_grad"))

    @grad.setter
    def grad(self, grad: object) -> None:
        self._grad = None if grad is None else like(grad, self, "grad")

    def item(self) -> Any:
        """The one number in it, as Python's."""
        if self._data.size != 1:
            raise ValueError(f"item: a tensor of shape {self.shape} holds {self._data.size} numbers, not one; "
                             "use tolist() or index it")
        return self._data.item()

    def tolist(self) -> Any:
        """Its numbers as nested lists."""
        return self._data.tolist()

    def dim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    def size(self, dim: int | None = None) -> Any:
        """Its shape, or the length along `dim`; as PyTorch's, a method."""
        return self.shape if dim is None else self.shape[axis_of("size", dim, self.ndim)]

    def numel(self) -> int:
        """How many numbers it holds."""
        return int(self._data.size)

    nelement = numel

    @property
    def is_leaf(self) -> bool:
        return self.op is None

    @property
    def kind(self) -> str:
        return f"{self.shape} {self.dtype}"

    @property
    def is_parameter(self) -> bool:
        return self.requires_grad and self.op is None

    def filled(self, x: float) -> Array:
        return np.full(self.shape, x, self.dtype)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Ask for a gradient here (or no longer), in place."""
        if requires_grad and self._data.dtype.kind != "f":
            raise TypeError(f"requires_grad: a tensor of {self.dtype} has no gradient; make it of floats")
        if not requires_grad and self.op is not None:
            raise ValueError("requires_grad: only a leaf can stop requiring one; use .detach()")
        self.requires_grad = requires_grad
        return self

    def detach(self) -> Tensor:
        """The same numbers without history: a constant. Changing it in place changes a leaf, as `.data` does."""
        return self.data

    def retain_grad(self) -> None:
        """Nothing to do: every node keeps its gradient here."""

    def zero_grad(self) -> None:
        """Forget the gradient."""
        self._grad = None

    # Backward.

    def backward(self, gradient: object = None) -> None:
        """Set `.grad` to ∂self/∂node for every node below that requires it.

        Leaves add to the gradient they have; nodes made by an op start anew.

        Args:
            gradient: ∂(something)/∂self, of exactly this shape; may be left out where self is one number.

        Raises:
            ValueError: if nothing below requires a gradient, or `gradient` is missing or of another shape.
        """
        if not self.requires_grad:
            raise ValueError("backward: nothing here requires a gradient; make a parameter with requires_grad=True, "
                             "and check for no_grad() or .detach() on the way")
        data = self._data
        if gradient is None:
            if data.size != 1:
                raise ValueError(f"backward: from a tensor of shape {self.shape} it needs a gradient of that shape; "
                                 "to differentiate one number, reduce it first: .sum() or .mean()")
            seed = data.dtype.type(1) if data.ndim == 0 else np.ones(data.shape, data.dtype)
        else:
            seed = as_array(gradient, self.dtype)
            if seed.shape != self.shape:
                raise ValueError(f"backward: got a gradient of shape {seed.shape}, expected {self.shape}")
        if active and (someone := watching()) is not None:
            someone.back(self, seed)
        with one_at_a_time:
            if self.op is None:
                self._grad = seed if self._grad is None else self._grad + seed
                return
            unreached = object()                    # this pass's own: no other gradient `is` it
            try:
                if changes:
                    refuse_changed(topological(self))           # which has each find its inputs as they were
                order = interior(self, unreached)
                self._grad = seed
                SILENT.copy().run(_pull_all, order, unreached)      # `quietly`, without its call
            except BaseException:                   # Ctrl-C too: no node may keep the mark
                for node in topological(self):
                    if node._grad is unreached:
                        node._grad = None
                raise
        last_pass.root = ref(self)

    @classmethod
    def apply(cls, op: Op, *arguments: Any) -> Tensor:
        """The tensor `op` makes of its inputs and parameters: the general way."""
        count = op.arity
        inputs, parameters = (arguments[:count], arguments[count:]) if count else (arguments[0], arguments[1:])
        inputs = operands(op, *inputs)
        arrays = [x._data for x in inputs]
        try:
            out = quietly(op.array, *(arrays if count else [arrays]), *parameters)
            if isinstance(op, st.Structural) and op.keeps:
                out, *kept = out
                parameters = (*parameters, *kept)
        except ValueError as error:
            raise misfit(op, arrays, error) from None
        return cls.record(op, out, inputs, (*arrays, *parameters))

    @classmethod
    def record(cls, op: Op, out: Array, inputs: tuple[Tensor, ...], saved: tuple[object, ...]) -> Tensor:
        """A node holding `out`, with these inputs and what the op's vjps will read; a constant if none needs it.

        Methods do the same at greater length, and come here while some mode is on in some thread.
        """
        node = handle(out)
        if not is_grad_enabled() or not any([x.requires_grad for x in inputs]):
            return node
        node.requires_grad = True
        node.op = op
        node._saved = saved
        if op.arity in (1, 2):
            node._a, node._b = (*inputs, None)[:2]
        else:
            node._a = inputs
        if active and (someone := watching()) is not None:
            someone.made(node)
        return node

    write_pull = staticmethod(write_pull)           # which an op's first step asks for

    def contributions(self, g: Any, needs: Sequence[bool] | None = None) -> Sequence[Any]:
        parts = self.unfitted(g, needs)
        return [part if part is None else fitted(part, x._data) for x, part in zip(self.inputs, parts)]

    def unfitted(self, g: Any, needs: Sequence[bool] | None = None) -> Sequence[Any]:
        inputs, saved = self.inputs, self._saved
        if needs is None:
            needs = [x.requires_grad for x in inputs]
        parts: Sequence[Any] = self.op.pulled(needs, g, self._data, saved[:len(inputs)], saved[len(inputs):])
        return parts

    # The matrix product, of vectors, matrices and stacks of matrices, is NumPy's; its method, like those of the table's
    # rows, is written out below.

    if TYPE_CHECKING:
        def __matmul__(self, other: object) -> Tensor: ...
        def matmul(self, other: object) -> Tensor: ...
        def mm(self, other: object) -> Tensor: ...
        def dot(self, other: object) -> Tensor: ...

    def __rmatmul__(self, other: object) -> Tensor:
        return operand(other, "matmul", self) @ self

    # Other dtypes, other copies.

    def to(self, target: Any = None, *more: Any, device: Any = None, dtype: Any = None, **how: Any) -> Tensor:
        """In another dtype (`t.to(torch.float32)`). "cpu", the only device there is, changes nothing.

        PyTorch's `copy` and `non_blocking` are understood; there is nothing to do for them.
        """
        if device is not None or target is None or str(target).startswith(("cpu", "cuda", "mps")):
            check("to", device or target)
            target = dtype if dtype is not None else more[0] if more else None
            if target is None:
                return self
        dtype = target.dtype if isinstance(target, Tensor) else np.dtype(target)
        if dtype == self.dtype:
            return self
        if dtype.kind != "f":                       # integers have no gradient
            return handle(cast(self._data, dtype, "to"))
        return st.cast.make(self, dtype)

    @property
    def device(self) -> device:
        """Where its numbers lie: `device("cpu")`."""
        return device()

    def cpu(self) -> Tensor:
        """Itself: there is no other device."""
        return self

    def cuda(self, *_: Any) -> Tensor:
        """Raises ValueError: there is no other device than the CPU."""
        raise ValueError("cuda: there is no device 'cuda' here, only 'cpu'; leave .cuda() out")

    def double(self) -> Tensor:
        """As float64."""
        return self.to(np.float64)

    def long(self) -> Tensor:
        """As int64, rounded towards zero."""
        return self.to(np.int64)

    def clone(self) -> Tensor:
        """The same numbers as a node of their own, through which the gradient passes."""
        return apart(st.reshape.make(self, self.shape))

    copy = clone                                    # NumPy's name

    def astype(self, dtype: Any) -> Tensor:
        """NumPy's name for `to`."""
        return self.to(dtype)

    # As a number, as an array, as text.

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise ValueError(f"bool: a tensor of shape {self.shape} is neither true nor false; use .any() or .all()")
        return bool(self._data.item())

    def __float__(self) -> float:
        """The number, for `float(t)`. Where a gradient would be lost unasked, as in `math.exp(t)`, it raises."""
        if self.requires_grad and is_grad_enabled():
            refuse_silent("Tensor", ".item()")
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self._data.size != 1 or self._data.dtype.kind not in "iu":
            raise TypeError(f"index: got a tensor of {self.dtype} and shape {self.shape}, expected one integer")
        return int(self._data.item())

    def __format__(self, spec: str) -> str:         # one number is written as one, as PyTorch has it
        return format(self.item(), spec) if spec or self.ndim == 0 else repr(self)

    def __repr__(self) -> str:
        x = np.asarray(self._data)
        digits = printing["precision"]
        lost = x.dtype.kind == "f" and ((x != 0) & (abs(x) < 0.5 * 10.0 ** -digits)).any()      # 1e-7 is not 0
        with np.printoptions(precision=digits, suppress=not lost, floatmode="maxprec_equal" if self.ndim else "fixed"):
            body = np.array2string(x, prefix="tensor(", separator=", ")
        extras = [f"dtype={self.dtype}"] if self.dtype not in (np.float64, np.int64, np.bool_) else []
        if self.op is not None:
            extras.append(f"op={self.op.name}")
        elif self.requires_grad:
            extras.append("requires_grad=True")
        if self.label:
            extras.append(f"label={self.label!r}")
        return f"tensor({', '.join([body, *extras])})"


def tensor(data: object, requires_grad: bool = False, dtype: DTypeLike | None = None, label: str = "") -> Tensor:
    """A Tensor of `data` that keeps integers and truth values as they are, as PyTorch's `tensor` does.

    >>> tensor([0, 2, 1]).dtype
    dtype('int64')

    Of a tensor that has a gradient, or a list with some in it, the result is no leaf: the gradient passes. (A new leaf
    is made of a tensor's numbers where `requires_grad` asks for it.)

    >>> q = Tensor(2.0, requires_grad=True); tensor([q * 3, 1.0]).sum().backward(); q.grad
    tensor(3.0000)
    """
    if holds_gradients(data) and not (requires_grad and isinstance(data, Tensor)):
        joined: Tensor = gathered(data).clone()
        joined = joined if dtype is None else joined.to(dtype)
        if label:
            joined.label = label
        return joined
    array = as_array(data, dtype)
    return Tensor(array, requires_grad, array.dtype, label)


printing = {"precision": 4}                         # see torchlike.set_printoptions


# Inside.

class _LastPass(local):
    """For each thread, the root of its last backward pass, held weakly: what `diagnose` asks when it is told none."""

    def root(self) -> Tensor | None:
        return None


last_pass: Any = _LastPass()


def _pull_all(order: list[Tensor], unreached: object) -> None:
    for node in reversed(order):
        node.op.pull(node, unreached)


def _comparison(sign: str) -> Callable[[Tensor, object], object]:
    compare = getattr(operator, sign)

    def method(self: Tensor, other: object) -> Any:
        if other is None or isinstance(other, str):
            return NotImplemented
        if active and choices_recorded() and (self.requires_grad or getattr(other, "requires_grad", False)):
            return compared(sign, self, other)
        if isinstance(other, Tensor):
            other = other._data
        elif type(other) is int and self._data.dtype.kind == "f":
            other = to_float(other)
        try:
            return handle(np.asarray(compare(self._data, other)))
        except ValueError as error:
            raise ValueError(f"{sign.strip('_')}: {str(error).strip()}") from None

    return method


def _with_alpha(name: str, plain: Callable[[Tensor, Any], Tensor]) -> Callable[..., Tensor]:
    """PyTorch's `x.add(y, alpha=a)`: x + a·y."""
    def method(self: Tensor, other: Any, *, alpha: Any = 1) -> Tensor:
        return plain(self, other if alpha == 1 else operand(other, name, self) * alpha)

    method.__name__, method.__doc__ = name, f"`{name}(other)`; with `alpha`, of alpha·other."
    return method


def _with_rounding(plain: Callable[[Tensor, Any], Tensor]) -> Callable[..., Tensor]:
    """PyTorch's `x.div(y, rounding_mode=…)`."""
    def div(self: Tensor, other: Any, *, rounding_mode: str | None = None) -> Tensor:
        """`self / other`; with `rounding_mode` "floor" or "trunc" a whole number, which has no slope."""
        if rounding_mode == "floor":
            return self // other                    # type: ignore[no-any-return]
        quotient = plain(self, other)
        if rounding_mode == "trunc":
            return quotient.sign() * abs(quotient).floor()
        if rounding_mode is not None:
            raise ValueError(f"div: got rounding_mode={rounding_mode!r}, expected 'floor', 'trunc' or None")
        return quotient

    return div


def _with_decimals(plain: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    """PyTorch's `x.round(decimals=…)`."""
    def round(self: Tensor, decimals: int = 0) -> Tensor:
        """To the nearest number of so many decimals, of two the even one. It has no slope."""
        decimals = operator.index(decimals)
        if decimals == 0:
            return plain(self)
        scale = 10.0 ** abs(decimals)
        return plain(self * scale) / scale if decimals > 0 else plain(self / scale) * scale

    return round


def _changing(name: str) -> Callable[..., Tensor]:
    """PyTorch's method that ends in a stroke: what the one without it gives, written into the tensor itself."""
    def method(self: Tensor, *given: Any, **options: Any) -> Tensor:
        return self.put_in_place(f"{name}_", getattr(type(self), name), *given, **options)

    method.__name__, method.__doc__ = f"{name}_", f"`self.{name}(…)`, in place."
    return method


# Methods that share their names with Python's types, which the class body needs under those names.
for _name, _dtype in [("float", np.float32), ("int", np.int32), ("bool", np.bool_)]:
    setattr(Tensor, _name, lambda self, _dtype=_dtype: self.to(_dtype))
for _sign in COMPARISONS:
    setattr(Tensor, _sign, _comparison(_sign))
    setattr(Tensor, _sign.strip("_"), getattr(Tensor, _sign))


def _pow(self: Tensor, other: Any) -> Tensor:
    if isinstance(other, _EXPONENTS):
        return _methods.power(to_float(other))(self)  # type: ignore[no-any-return]
    return self.power(other)


_EXPONENTS = (int, float, np.floating, np.integer)
_methods = Methods(Tensor, {"misfit": misfit, "operand": operand, "operands": operands})
Tensor.__pow__ = _pow                               # type: ignore[method-assign, assignment]
Method(Tensor, ("__matmul__", "mm", "dot", "matmul"), partial(_methods.maker, st.matmul, doc=(
    "self @ other: the matrix product, of vectors, matrices and stacks of matrices, as NumPy's.")))
Tensor.operand = staticmethod(operand)      # type: ignore[method-assign, assignment]   # a method around it would be one call more
for _name, _sign in [("add", "__add__"), ("sub", "__sub__")]:
    setattr(Tensor, _name, _with_alpha(_name, getattr(Tensor, _sign)))
    setattr(Tensor, f"{_name}_", _with_alpha(f"{_name}_", getattr(Tensor, f"{_name}_")))
for _name, _method in [("div", _with_rounding(Tensor.__truediv__)), ("round", _with_decimals(Tensor.round))]:
    setattr(Tensor, _name, _method)
for _name in ("clamp", "clip", "masked_fill", "pow", "remainder", "tril", "triu",
              *[name for op in TABLE.values() if op.arity == 1 for name in op.methods if name[0] != "_"]):
    setattr(Tensor, f"{_name}_", _changing(_name))
for _name in MISSING:
    if not hasattr(Tensor, _name):
        setattr(Tensor, _name, Missing(_name))
