"""Tensor's methods that change it in place.

A leaf's array is replaced, never written to while anyone else holds it, so what a graph has saved stays as the forward
pass saw it. A node that is changed after its op made it may be read; no gradient passes through it any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from sys import getrefcount
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from autograd.arrays import structural as st
from autograd.arrays.chance import Generator, random
from autograd.arrays.convert import Array, ArrayNode, cast, one_number, operand
from autograd.arrays.dims import axis_of, index_key
from autograd.core.modes import is_grad_enabled

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["InPlace", "changes", "refuse_changed"]


def _through_a_change(*_: object) -> NoReturn:
    raise ValueError("backward: a tensor on the way was changed by item assignment, or in place, after an op made it, "
                     "and its gradient is lost; change a .clone().detach() instead, or use where() or concatenate()")


changes: set[bool] = set()                         # holds something once any tensor was changed: until then none
                                                    # need be looked for


def refuse_changed(order: Sequence[ArrayNode]) -> None:
    """Raise before any gradient is added anywhere, rather than halfway."""
    for node in order:
        if node.op is _CHANGED:
            _through_a_change()


class _Changed(st.Structural):
    """The op of a tensor whose numbers are not an op's any more. There is one, and no reader of graphs can use it."""

    __slots__ = ()
    home = "autograd.arrays.inplace", "_APART"


_CHANGED = _Changed("changed", _through_a_change, joint=_through_a_change, symbol="[ ]=", methods=())
_APART = {"changed": _CHANGED}


_VIEWS = {st.index, st.reshape, st.permute, st.expand}      # the ops that may give the same memory again

# How a part is found in an array.
_PARTS: dict[str, Callable[[Any, Any], Any]] = {
    "index": lambda x, key: x[_with_dots(key)],
    "reshape": lambda x, shape: x.reshape(shape), "permute": lambda x, dims: x.transpose(dims),
    "expand": np.broadcast_to, "pick": lambda x, key: x[key]}


def _with_dots(key: Any) -> Any:
    """The index, so that what it gives is an array though it be one number."""
    key = key if type(key) is tuple else (key,)
    return key if any([k is ... for k in key]) else (*key, ...)


def _owners(handle: Any) -> Iterator[tuple[Any, str]]:
    """Whose numbers or gradient a handle is that `.data` or `.grad` gave out; or both, `.grad.data`."""
    slot = "_data"
    while slot == "_data" and handle.op is None and handle._saved is not None and len(handle._saved) == 2:
        handle, slot = handle._saved
        yield handle, slot


class InPlace(ArrayNode):
    """Item assignment, `+=` and its like, and PyTorch's methods that end in a stroke."""

    __slots__ = ()

    def __setitem__(self, key: object, value: object) -> None:
        """Change the numbers at `key`. No gradient flows through an assignment: one that would have to, raises."""
        self._may_change("item assignment")
        tracked = isinstance(value, ArrayNode) and value.requires_grad and is_grad_enabled()
        if tracked and self._saved is not None and self.op is None:
            raise ValueError("item assignment: the value has a gradient, which .data, or a part of another tensor, "
                             "would lose; use value.detach(), or assign to the whole: x[0, 1] = …")
        shared = getrefcount(self._data) > 2        # by a graph, a view, another Tensor: they keep the old numbers
        array = self._data
        if shared or not isinstance(array, np.ndarray) or array.base is not None:
            array = np.array(array)
        try:
            array[index_key(key)] = operand(value, "item assignment", self)._data
        except IndexError as error:
            raise IndexError(f"item assignment: {error} (of a tensor of shape {self.shape})") from None
        except ValueError as error:
            raise ValueError(f"item assignment: {error} (of a tensor of {self.dtype})") from None
        self._replace(array)
        if tracked and self.op is None:
            self._cut()

    def _may_change(self, what: str) -> None:
        if self.requires_grad and self.op is None and is_grad_enabled():
            raise ValueError(f"{what}: {self.label or 'this tensor'} is a leaf that requires a gradient, and the "
                             "change would escape it; change its .data, or work under no_grad()")
        root: Any = self
        while root.op in _VIEWS:
            root = root._a
        if root is not self and root.op is None and is_grad_enabled() and np.may_share_memory(root._data, self._data):
            raise ValueError(f"{what}: this is a part of {root.label or 'a tensor'}, a leaf that requires a gradient, "
                             "and the change would escape it; work under no_grad(), or change a .clone()")

        if root.is_part:
            *parts, whole = self.within()           # a part whose whole was changed meanwhile has old numbers
            numbers = whole._data
            for part in reversed(parts):
                numbers = _PARTS[part._saved[1]](numbers, part._saved[2])
                part._data = numbers if numbers.ndim else numbers[()]

    def _may_take(self, what: str, other: object) -> None:
        if isinstance(other, ArrayNode) and other.requires_grad and is_grad_enabled():
            raise ValueError(f"{what}: the other one has a gradient, which a change in place would lose; "
                             "use the operator, or other.detach()")

    def _replace(self, array: Array) -> Self:
        if not np.can_cast(array.dtype, self._data.dtype, "same_kind"):
            raise TypeError(f"in place: a result of {array.dtype} does not fit a tensor of {self.dtype}; "
                            "convert it first, or assign the result to a name")
        array = cast(array, self._data.dtype, "in place")
        if array.shape != self._data.shape:
            raise ValueError(f"in place: a result of shape {array.shape} does not fit a tensor of shape {self.shape}")
        if self.is_part:
            self._write_through(array)
            return self
        self._data = array
        for owner, slot in _owners(self):
            setattr(owner, slot, array)
        if self.op is not None:
            self._cut()
        return self

    def _write_through(self, array: Array) -> None:
        """Write to a part of another tensor, as `x[0]` and `x.view(-1)` are, and so to that tensor.

        What else holds the array, such as a graph, keeps the old numbers: it is then copied first.
        """
        *parts, whole = self.within()
        whole._may_change("in place")
        numbers = whole._data
        views = [part._data for part in parts if isinstance(part._data, np.ndarray)]
        holders = 1 + sum([getattr(*owner) is numbers for owner in _owners(whole)]) + len(views)
        alone = (numbers.base is None and numbers.flags.writeable and getrefcount(numbers) == holders + 2
                 and all([view.base is numbers for view in views])
                 and all([getrefcount(part._data) <= 3 for part in parts]))     # its slot, `views`, and the question
        numbers = numbers if alone else np.array(numbers)
        made, target = [], numbers
        for part in reversed(parts):
            _, kind, how = part._saved
            made.append((part, kind, how, target, _PARTS[kind](target, how)))
            target = made[-1][-1]
        try:
            target[...] = array
        except ValueError:
            raise ValueError("in place: several of these numbers are one in memory, as expand() leaves them; change a "
                             ".clone()") from None
        for part, kind, how, outer, inner in reversed(made):
            if kind == "pick":                      # which is no view
                outer[how] = inner
            part._data = inner if inner.ndim else inner[()]
        if not alone or whole.op is not None:
            whole._replace(numbers)

    def _cut(self) -> None:
        """Its numbers are no longer what its op made: they may be read, but no gradient may pass through here."""
        self.op, self._a, self._b, self._saved, self.requires_grad = _CHANGED, (), None, (), True
        changes.add(True)

    def _in_place(self, name: str, result: Callable[[object], Self], other: object) -> Self:
        if self.op is None and not (isinstance(other, ArrayNode) and other.requires_grad and is_grad_enabled()):
            self._may_change(name)
            return self._replace(result(other)._data)
        return result(other)                        # within a graph: an ordinary op under the old name

    def __iadd__(self, other: object) -> Self:
        return self._in_place("+=", self.__add__, other)

    def __isub__(self, other: object) -> Self:
        return self._in_place("-=", self.__sub__, other)

    def __imul__(self, other: object) -> Self:
        return self._in_place("*=", self.__mul__, other)

    def __itruediv__(self, other: object) -> Self:
        return self._in_place("/=", self.__truediv__, other)

    def zero_(self) -> Self:
        """All numbers made zero, in place."""
        self._may_change("zero_")
        return self.fill_(0)

    def fill_(self, value: object) -> Self:
        """All numbers made `value`, in place."""
        self._may_change("fill_")
        self._may_take("fill_", value)
        array = np.empty_like(self._data)
        array[...] = one_number("fill_", value, self)
        return self._replace(array)

    def normal_(self, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Self:
        """All numbers drawn from the normal distribution, in place."""
        self._may_change("normal_")
        return self._replace(np.asarray(random(generator).normal(mean, std, self.shape)))

    def uniform_(self, a: float = 0.0, b: float = 1.0, *, generator: Generator | None = None) -> Self:
        """All numbers drawn evenly from a to below b, in place."""
        self._may_change("uniform_")
        return self._replace(np.asarray(random(generator).uniform(a, b, self.shape)))

    def index_add_(self, dim: int, index: object, source: object, *, alpha: float = 1) -> Self:
        """`alpha` times each slice of `source` along `dim` added to the slice that `index` names, in place.

        >>> from autograd import Tensor
        >>> Tensor([0.0, 0.0]).index_add_(0, [1, 1, 0], Tensor([1.0, 2.0, 4.0]))
        tensor([4., 3.])
        """
        self._may_change("index_add_")
        self._may_take("index_add_", source)
        key = (slice(None),) * axis_of("index_add_", dim, self.ndim) + (index_key(index),)
        array = np.array(self._data)
        try:
            np.add.at(array, key, operand(source, "index_add_", self)._data * alpha)
        except (IndexError, ValueError) as error:
            raise type(error)(f"index_add_: {error} (of a tensor of shape {self.shape})") from None
        return self._replace(array)

    def copy_(self, other: object) -> Self:
        """All numbers made those of `other`, broadcast to this shape, in place."""
        self._may_change("copy_")
        self._may_take("copy_", other)
        array = cast(operand(other, "copy_", self)._data, self.dtype, "copy_")
        return self._replace(np.broadcast_to(array, self.shape).copy())

    def add_(self, other: object) -> Self:
        """`self += other`."""
        return self._assigned("add_", self.__add__, other)

    def sub_(self, other: object) -> Self:
        """`self -= other`."""
        return self._assigned("sub_", self.__sub__, other)

    def mul_(self, other: object) -> Self:
        """`self *= other`."""
        return self._assigned("mul_", self.__mul__, other)

    def div_(self, other: object) -> Self:
        """`self /= other`."""
        return self._assigned("div_", self.__truediv__, other)

    def put_in_place(self, name: str, function: Callable[..., Self], *given: object, **options: object) -> Self:
        """What the function makes of it, written into it; no gradient may have to pass."""
        self._may_change(name)
        for other in (*given, *options.values()):
            self._may_take(name, other)
        return self._replace(function(self, *given, **options)._data)

    def _assigned(self, name: str, result: Callable[[object], Self], other: object) -> Self:
        self._may_change(name)
        self._may_take(name, other)
        return self._replace(result(other)._data)
