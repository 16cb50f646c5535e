"""Products of several tensors by their axes' names: `einsum`, and `outer`, `inner`, `tensordot` that it gives for free.

Each is a composition: axes are put in order, and what is left is one matrix product, or a stack of them.
"""

from __future__ import annotations

import string
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from autograd.arrays.convert import ArrayNode, operand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.arrays.tensor import Tensor

__all__ = ["dot", "einsum", "inner", "outer", "tensordot"]


def einsum(subscripts: str, *operands: object) -> Tensor:
    """Products of tensors, summed over what the result's axes do not name.

    Args:
        subscripts: a letter for each axis of each tensor, then, after `->`, for each of the result: "ij,jk->ik".
            Without `->`, the result has the letters that stand once, in the order of the alphabet. `...` stands for
            any axes.

    >>> from autograd import Tensor
    >>> x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> einsum("ij,jk->ik", x, x)
    tensor([[ 7., 10.],
            [15., 22.]])
    >>> einsum("ii", x)
    tensor(5.0000)
    """
    if not isinstance(subscripts, str):
        raise TypeError(f"einsum: got {type(subscripts).__name__} first, expected the subscripts as text: 'ij,jk->ik'")
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    like = next((x for x in operands if isinstance(x, ArrayNode)), None)
    tensors = [operand(x, "einsum", like) for x in operands]
    names, result = _read(subscripts, [t.ndim for t in tensors])
    lengths: dict[str, int] = {}
    for letters, tensor in zip(names, tensors):
        for letter, n in zip(letters, tensor.shape):
            if lengths.setdefault(letter, n) not in (n, 1) and n != 1:
                raise ValueError(f"einsum: {subscripts!r} asks that axis {letter} be {lengths[letter]} and {n} long")
            lengths[letter] = max(n, lengths[letter]) if n != 0 else 0
    parts = [_simple(tensor, letters) for tensor, letters in zip(tensors, names)]
    whole, letters = parts[0]
    for i, (part, others) in enumerate(parts[1:], 1):
        wanted = set(result).union(*[names for _, names in parts[i + 1:]])
        whole, letters = _product(whole, letters, part, others, wanted)
    summed = tuple([i for i, letter in enumerate(letters) if letter not in result])
    whole = whole.sum(summed) if summed else whole
    letters = "".join([letter for letter in letters if letter in result])
    return whole.permute(*[letters.index(letter) for letter in result])


def _read(subscripts: str, axes: list[int]) -> tuple[list[str], str]:
    """The letters of each tensor's axes, and of the result's. Dots become letters of their own."""
    text = subscripts.replace(" ", "")
    given, arrow, result = text.partition("->")
    names = given.split(",")
    if len(names) != len(axes):
        raise ValueError(f"einsum: {subscripts!r} is for {len(names)} tensors, got {len(axes)}")
    free = [letter for letter in string.ascii_letters if letter not in text]
    dots = max([n - len(name.replace("...", "")) for name, n in zip(names, axes) if "..." in name], default=0)
    spread = "".join(free[:max(dots, 0)])
    full = []
    for name, n in zip(names, axes):
        count = n - len(name.replace("...", ""))
        letters = name.replace("...", spread[len(spread) - count:] if count > 0 else "")
        if len(letters) != n or any(letter not in string.ascii_letters for letter in letters):
            raise ValueError(f"einsum: {name!r} in {subscripts!r} is for {len(letters)} axes, got a tensor of {n}")
        full.append(letters)
    if arrow:
        result = result.replace("...", spread)
    else:
        counts = Counter("".join(full))
        result = spread + "".join(sorted([x for x, n in counts.items() if n == 1 and x not in spread]))
    if len(set(result)) != len(result) or not set(result) <= set("".join(full)):
        raise ValueError(f"einsum: the result of {subscripts!r} names an axis twice, or one that no tensor has")
    return full, result


def _simple(x: Tensor, letters: str) -> tuple[Tensor, str]:
    """x with its diagonal for a letter that stands twice."""
    for letter in set(letters):
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            if x.shape[first] != x.shape[second]:
                raise ValueError(f"einsum: axis {letter} is {x.shape[first]} and {x.shape[second]} long in one tensor")
            x = x.diagonal(0, first, second)
            letters = letters[:first] + letters[first + 1:second] + letters[second + 1:] + letter
    return x, letters


def _product(x: Tensor, a: str, y: Tensor, b: str, wanted: set[str]) -> tuple[Tensor, str]:
    """The product of two, summed over what both have and nobody wants: a stack of matrix products."""
    for one in (letter for letter in a if letter in b):         # what is 1 long in one of them is broadcast
        n, m = x.shape[a.index(one)], y.shape[b.index(one)]
        if n != m and n == 1:
            x, a = x.squeeze(a.index(one)), a.replace(one, "")
        elif n != m:
            y, b = y.squeeze(b.index(one)), b.replace(one, "")
    stacked = "".join([letter for letter in a if letter in b and letter in wanted])
    summed = "".join([letter for letter in a if letter in b and letter not in wanted])
    rows = "".join([letter for letter in a if letter not in b])
    columns = "".join([letter for letter in b if letter not in a])
    lengths = {**dict(zip(b, y.shape)), **dict(zip(a, x.shape))}

    def size(letters: str) -> int:
        return int(np.prod([lengths[letter] for letter in letters], dtype=int))

    left = x.permute(*[a.index(letter) for letter in stacked + rows + summed])
    right = y.permute(*[b.index(letter) for letter in stacked + summed + columns])
    product = left.reshape(size(stacked), size(rows), size(summed)) @ right.reshape(
        size(stacked), size(summed), size(columns))
    letters = stacked + rows + columns
    return product.reshape([lengths[letter] for letter in letters]), letters


def outer(x: object, y: object) -> Tensor:
    """Every number of x times every number of y: shapes (n,), (m,) -> (n, m)."""
    left, right = _both("outer", x, y)
    return left.reshape(-1, 1) * right.reshape(1, -1)


def dot(x: object, y: object) -> Tensor:
    """NumPy's product: of x's last axis and y's last but one; a number multiplies."""
    left, right = _both("dot", x, y)
    if not left.ndim or not right.ndim:
        return left * right
    return left @ right if right.ndim <= 2 else tensordot(left, right, ([-1], [-2]))


def inner(x: object, y: object) -> Tensor:
    """The products of the last axes, summed."""
    left, right = _both("inner", x, y)
    if not left.ndim or not right.ndim:
        return left * right
    return tensordot(left, right, ([-1], [-1]))


def tensordot(x: object, y: object, dims: int | Sequence[int | Sequence[int]] = 2) -> Tensor:
    """The product summed over `dims`: so many of x's last axes and y's first, or a list of axes of each."""
    left, right = _both("tensordot", x, y)
    if isinstance(dims, (int, np.integer)):
        ours, theirs = list(range(left.ndim - int(dims), left.ndim)), list(range(int(dims)))
    else:
        ours, theirs = [[int(i)] if isinstance(i, (int, np.integer)) else list(i) for i in dims]
    a, b = list(string.ascii_lowercase[:left.ndim]), list(string.ascii_uppercase[:right.ndim])
    for i, j in zip(ours, theirs):
        b[j] = a[i]
    summed = {a[i] for i in ours}
    result = "".join([letter for letter in a + b if letter not in summed])
    return einsum(f"{''.join(a)},{''.join(b)}->{result}", left, right)


def _both(name: str, x: object, y: object) -> tuple[Tensor, Tensor]:
    like = next((t for t in (x, y) if isinstance(t, ArrayNode)), None)
    return operand(x, name, like), operand(y, name, like)
