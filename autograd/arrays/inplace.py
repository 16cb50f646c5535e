"""Tensor's methods that change it in place.

A leaf's array is replaced, never written to while anyone else holds it, so what a graph has saved stays as the forward
pass saw it. In a graph a change is an op like any other: the tensor, and what it is a part of, become its results (see
`versions`). Where no graph is recorded, a node that is changed may be read; no gradient passes through it any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from sys import getrefcount
from typing import TYPE_CHECKING, Any, NoReturn
from weakref import ref

import numpy as np

from autograd.arrays import structural as st
from autograd.arrays.chance import Generator, random
from autograd.arrays.convert import Array, ArrayNode, cast, handle, one_number, operand
from autograd.arrays.dims import axis_of, index_key
from autograd.arrays.joining import where
from autograd.arrays.versions import becomes, left_behind, parts_of
from autograd.core.modes import is_grad_enabled

if TYPE_CHECKING:
    from typing_extensions import Self

    from autograd.arrays.tensor import Tensor

__all__ = ["InPlace", "part_at", "refuse_changed"]


def _through_a_change(*_: object) -> NoReturn:
    raise ValueError("backward: a tensor on the way was changed by item assignment, or in place, after an op made it, "
                     "under no_grad() or through .data or .detach(), and its gradient is lost; change a "
                     ".clone().detach() instead, or the tensor itself, outside no_grad()")


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


# How a part is found in an array, and in a tensor.
_PARTS: dict[str, Callable[[Any, Any], Any]] = {
    "index": lambda x, key: x[_with_dots(key)],
    "reshape": lambda x, shape: x.reshape(shape), "permute": lambda x, dims: x.transpose(dims),
    "expand": np.broadcast_to}
_PARTS_OF_TENSORS: dict[str, Callable[[Any, Any], Tensor]] = {
    "index": lambda x, key: x[key], "reshape": lambda x, shape: x.reshape(shape),
    "permute": lambda x, dims: x.permute(*dims), "expand": lambda x, shape: x.expand(*shape)}


def part_at(whole: Tensor, kind: str, how: Any) -> Tensor:
    """The part of a tensor that is found so."""
    return _PARTS_OF_TENSORS[kind](whole, how)


def _with_dots(key: Any) -> Any:
    """The index, so that what it gives is an array though it be one number."""
    key = key if type(key) is tuple else (key,)
    return key if any([k is ... for k in key]) else (*key, ...)


def _put(whole: Any, kind: str, how: Any, value: Any) -> Any:
    """The tensor with `value`, which broadcasts there, in the places of a part: as what replaces it in a graph."""
    places = _PARTS[kind](np.arange(whole.numel()).reshape(whole.shape), how)
    if kind == "expand" and places.size > whole.numel():
        raise ValueError(_REPEATED)
    if places.size == 0:
        return whole
    value = value.to(whole.dtype)
    held = np.zeros(whole.numel(), bool)
    held[places] = True
    if value.numel() == 1:
        taken = value.reshape(()) if value.ndim else value
    else:
        source = np.zeros(whole.numel(), np.intp)
        source[places.reshape(-1)] = np.arange(places.size)         # of a place named twice, the last value stays
        lengths = value.shape[max(value.ndim - places.ndim, 0):]    # NumPy lets leading axes of length 1 go
        taken = value.reshape(lengths).expand(*places.shape).reshape(-1)[source].reshape(whole.shape)
    return where(held.reshape(whole.shape), taken, whole)


_REPEATED = "in place: several of these numbers are one in memory, as expand() leaves them; change a .clone()"


def _owners(given: Any) -> Iterator[tuple[Any, str]]:
    """The tensors whose numbers or gradient `.data` or `.grad` gave out as this one, the nearest first."""
    slot = "_data"
    while slot == "_data" and given.op is None and given._saved is not None and len(given._saved) == 2:
        given, slot = given._saved
        if isinstance(given, ref):
            given = given()
            if given is None:
                return
        yield given, slot


class InPlace(ArrayNode):
    """Item assignment, `+=` and its like, and PyTorch's methods whose names end in an underscore."""

    __slots__ = ()

    def __setitem__(self, key: object, value: object) -> None:
        """Change the numbers at `key`. In a graph this is an op: the gradient of those numbers goes to `value`."""
        self._may_change("item assignment")
        value = operand(value, "item assignment", self)
        in_graph = self._in_graph("item assignment", value)
        shared = in_graph or getrefcount(self._data) > 2        # by a graph, a view, another Tensor: they keep the old
        array = self._data                                      # numbers
        if shared or not isinstance(array, np.ndarray) or array.base is not None:
            array = np.array(array)
        try:
            array[index_key(key)] = cast(value._data, self.dtype, "item assignment")
        except IndexError as error:
            raise IndexError(f"item assignment: {error} (of a tensor of shape {self.shape})") from None
        except ValueError as error:
            raise ValueError(f"item assignment: {error} (of a tensor of {self.dtype})") from None
        if in_graph:
            self._write(_put(self, "index", index_key(key), value))
        else:
            self._replace(array)

    def __delitem__(self, key: object) -> NoReturn:
        """Raises TypeError: a tensor keeps its shape."""
        raise TypeError("del: a tensor keeps its shape; join what is to stay, as "
                        "np.delete(t, i) does")

    def _may_change(self, what: str) -> None:
        if self._alone() and not (self.requires_grad and is_grad_enabled()):
            return                                  # the most frequent case, in a few comparisons
        chain = self.within()
        root = chain[-1]
        leaf = next((x for x in chain if x.requires_grad and x.op is None), None)
        if leaf is not None and is_grad_enabled():
            which, remedy = ((f"{self.label or 'this tensor'} is", "change its .data, or work under no_grad()")
                             if leaf is self else
                             (f"this is a part of {leaf.label or 'a tensor'},",
                              "work under no_grad(), or change a .clone()"))
            raise ValueError(f"{what}: {which} a leaf that requires a gradient, and the change would escape it; "
                             f"{remedy}")
        numbers = root._data                        # a part whose whole was changed meanwhile has old numbers
        for part, whole in reversed(list(pairwise(chain))):
            _, kind, how = part.place
            if whole.op is not None and is_grad_enabled():
                if part.op is None or part._saved[0] is not whole._data:
                    becomes(part, part_at(whole, kind, how))
            else:
                numbers = _PARTS[kind](numbers, how)
                part._data = numbers if numbers.ndim else numbers[()]

    def _alone(self) -> bool:
        """Whether it is a leaf and no part of another tensor."""
        return self.op is None and (self._saved is None or len(self._saved) == 2)

    def _in_graph(self, what: str, *others: object) -> bool:
        """Whether a change of it is an op of the graph: it stands in one, or something new in it has a gradient."""
        if not is_grad_enabled():
            return False
        root = self.within()[-1]
        if not any([isinstance(x, ArrayNode) and x.requires_grad for x in others]):
            return root.op is not None
        if root.op is None and root._saved is not None:
            raise ValueError(f"{what}: the value has a gradient, which .data or .grad would lose; "
                             "use value.detach(), assign to the tensor itself, or to a .clone()")
        if self.dtype.kind != "f":
            raise TypeError(f"{what}: the value has a gradient, which a tensor of {self.dtype} can't hold; "
                            "use value.detach(), or make the tensor one of floats")
        return True

    def _write(self, made: Any) -> None:
        """Become `made`; and have what it is a part of become what has `made` in that place."""
        if made is self:                            # nothing was written
            return
        chain = self.within()
        places = [part.place for part in chain[:-1]]
        for (_, kind, how), whole in zip(places, chain[1:]):
            made = _put(whole, kind, how, made)
        root = chain[-1]
        old = root._data if parts_of(root) else None    # one more hold on it would look as if somebody had read it
        becomes(root, made)
        for part, (_, kind, how), whole in reversed(list(zip(chain, places, chain[1:]))):
            becomes(part, part_at(whole, kind, how))
        if old is not None:
            root.keep_up(old)

    def _take(self, what: str, made: Any, *others: object) -> Self:
        """Take the numbers of `made`, of this shape; in a graph become it, or a node with its numbers."""
        if (made.op is None and self._alone()) or not self._in_graph(what, made, *others):
            return self._replace(made._data)
        self._check(made._data)
        made = made.to(self.dtype)
        self._write(made if made.op is not None else _put(self, "reshape", self.shape, made))
        return self

    def _check(self, array: Array) -> None:
        if array.dtype is self._data.dtype and array.shape == self._data.shape:
            return
        if not np.can_cast(array.dtype, self._data.dtype, "same_kind"):
            raise TypeError(f"in place: a result of {array.dtype} does not fit a tensor of {self.dtype}; "
                            "convert it first, or assign the result to a name")
        if array.shape != self._data.shape:
            raise ValueError(f"in place: a result of shape {array.shape} does not fit a tensor of shape {self.shape}")

    def _replace(self, array: Array) -> Self:
        self._check(array)
        array = cast(array, self._data.dtype, "in place")
        if not self._alone() and self.place is not None:
            self._write_through(array)
            return self
        old, in_graph = self._data, self.op is not None
        if in_graph:
            self._cut()
        self._data = array
        if not in_graph and self._saved is not None:
            for owner, slot in _owners(self):
                if slot == "_data" and owner.op is not None:
                    owner._cut()
                before = getattr(owner, slot)
                setattr(owner, slot, array)
                if owner._notes is not None and slot == "_data":
                    owner.keep_up(before)
        if self._notes is not None:
            self.keep_up(old)
        return self

    def keep_up(self, old: Array) -> None:
        """Have its parts, and what `.data` gave out when it was `old`, show the numbers it has now."""
        for part in parts_of(self):
            before = part._data
            if part.is_part:
                whole, kind, how = part._saved
                if whole.op is not None and is_grad_enabled():
                    becomes(part, part_at(whole, kind, how))
                else:
                    numbers = _PARTS[kind](whole._data, how)
                    part._data = numbers if numbers.ndim else numbers[()]
            elif part.op is None and part._saved is not None and before is old:
                part._data = self._data
            else:                                   # it was of other numbers, which have been replaced since
                continue
            part.keep_up(before)

    def _write_through(self, array: Array) -> None:
        """Write to a part of another tensor, as `x[0]` and `x.view(-1)` are, and so to that tensor.

        What else holds the array, such as a graph, keeps the old numbers: it is then copied first.
        """
        *parts, whole = self.within()
        whole._may_change("in place")
        numbers = whole._data
        views = [part._data for part in parts if isinstance(part._data, np.ndarray)]
        holders = 1 + sum([getattr(*owner) is numbers for owner in _owners(whole)]) + len(views)
        alone = (all([owner.op is None for owner, _ in _owners(whole)])
                 and numbers.base is None and numbers.flags.writeable and getrefcount(numbers) == holders + 2
                 and all([view.base is numbers for view in views])
                 and all([getrefcount(part._data) <= 3 for part in parts]))     # its slot, `views`, and the question
        numbers = numbers if alone else np.array(numbers)
        made, target = [], numbers
        for part in reversed(parts):
            _, kind, how = part.place
            made.append((part, kind, how, target, _PARTS[kind](target, how)))
            target = made[-1][-1]
        try:
            target[...] = array
        except ValueError:
            raise ValueError(_REPEATED) from None
        for part, kind, how, outer, inner in reversed(made):
            if kind == "index" and not np.may_share_memory(inner, outer):       # a diagonal, which NumPy copies
                outer[how] = inner
            part._data = inner if inner.ndim else inner[()]
        if not alone or whole.op is not None:
            whole._replace(numbers)
        else:
            whole.keep_up(numbers)

    def _cut(self) -> None:
        """Its numbers are no longer what its op made: no gradient passes here.

        Who read it before keeps what it read.
        """
        left_behind(self)
        self.op, self._a, self._b, self._saved, self.requires_grad = _CHANGED, (), None, (), True

    def __iadd__(self, other: object) -> Self:
        return self._assigned("+=", self.__add__, other)

    def __isub__(self, other: object) -> Self:
        return self._assigned("-=", self.__sub__, other)

    def __imul__(self, other: object) -> Self:
        return self._assigned("*=", self.__mul__, other)

    def __itruediv__(self, other: object) -> Self:
        return self._assigned("/=", self.__truediv__, other)

    def __ipow__(self, other: object) -> Self:
        return self._assigned("**=", self.__pow__, other)

    def __ifloordiv__(self, other: object) -> Self:
        return self._assigned("//=", self.__floordiv__, other)

    def __imod__(self, other: object) -> Self:
        return self._assigned("%=", self.__mod__, other)

    def zero_(self) -> Self:
        """All numbers made zero, in place."""
        return self.put_in_place("zero_", lambda x: handle(np.zeros_like(x._data)))

    def fill_(self, value: object) -> Self:
        """All numbers made `value`, in place."""
        self._may_change("fill_")
        value = operand(value, "fill_", self)
        one_number("fill_", value, self)
        return self._all("fill_", value)

    def _all(self, name: str, value: Any) -> Self:
        """All numbers made those of `value`, which broadcasts to this shape."""
        array = np.empty_like(self._data)
        try:
            array[...] = cast(value._data, self.dtype, name)
        except ValueError:
            raise ValueError(f"{name}: got shape {value.shape}, which does not broadcast to {self.shape}") from None
        if self._in_graph(name, value):
            self._write(_put(self, "reshape", self.shape, value))
            return self
        return self._replace(array)

    def normal_(self, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Self:
        """All numbers drawn from the normal distribution, in place."""
        return self.put_in_place("normal_", lambda x: handle(np.asarray(random(generator).normal(mean, std, x.shape))))

    def uniform_(self, a: float = 0.0, b: float = 1.0, *, generator: Generator | None = None) -> Self:
        """All numbers drawn evenly from a to below b, in place."""
        return self.put_in_place("uniform_", lambda x: handle(np.asarray(random(generator).uniform(a, b, x.shape))))

    def index_add_(self, dim: int, index: object, source: object, *, alpha: float = 1) -> Self:
        """`alpha` times each slice of `source` along `dim` added to the slice that `index` names, in place.

        >>> from autograd import Tensor
        >>> Tensor([0.0, 0.0]).index_add_(0, [1, 1, 0], Tensor([1.0, 2.0, 4.0]))
        tensor([4., 3.])
        """
        self._may_change("index_add_")
        key = (slice(None),) * axis_of("index_add_", dim, self.ndim) + (index_key(index),)
        more = operand(source, "index_add_", self) * alpha
        array = np.array(self._data)
        try:
            np.add.at(array, key, more._data)
        except (IndexError, ValueError) as error:
            raise type(error)(f"index_add_: {error} (of a tensor of shape {self.shape})") from None
        if not self._in_graph("index_add_", more):
            return self._replace(array)
        slices = more.expand(*self._data[key].shape).to(self.dtype)
        return self._take("index_add_", self + slices.apply(st.scatter, slices, key, self.shape), more)

    def copy_(self, other: object) -> Self:
        """All numbers made those of `other`, broadcast to this shape, in place."""
        self._may_change("copy_")
        return self._all("copy_", operand(other, "copy_", self))

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

    def put_in_place(self, name: str, function: Callable[..., Any], *given: object, **options: object) -> Self:
        """What the function makes of it, written into it."""
        self._may_change(name)
        return self._take(name, function(self, *given, **options))

    def _assigned(self, name: str, result: Callable[[object], Self], other: object) -> Self:
        self._may_change(name)
        made = result(other)
        return self._replace(made._data) if made.op is None and self._alone() else self._take(name, made)
