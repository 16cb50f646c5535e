"""What the functions of this room need of Tensors: what is checked of them, and the fused cross-entropy of arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np

from autograd.arrays import structural as st
from autograd.arrays.below import BELOW
from autograd.arrays.chance import random
from autograd.arrays.convert import Array, is_narrow, narrowed, widened
from autograd.arrays.fused import affine
from autograd.arrays.silence import quiet, quietly
from autograd.arrays.structural import moves
from autograd.arrays.tensor import Tensor, as_array, named, operand, where
from autograd.core.op import TABLE
from autograd.functional import targets
from autograd.functional.given import REDUCTIONS
from autograd.functional.probabilities import softmax

__all__ = ["Tensor", "affine", "aims", "below", "cross_entropy", "cross_entropy_gradient", "dropout", "ids",
           "logsumexp", "narrowed", "one_hot", "operand", "pair", "rows_of", "spread", "tensor", "widened"]

_DIV, _EXP = TABLE["div"], TABLE["exp"]


# What is given, checked.

def tensor(name: str, x: object, dim: int = -1) -> Tensor:
    """`x` as a Tensor with something to reduce along `dim`."""
    t = x if type(x) is Tensor else operand(x, name, None)
    shape = t._data.shape
    if t._data.dtype.kind != "f":
        t = Tensor(t)
    if not -len(shape) <= dim < len(shape):
        raise IndexError(f"{name}: dim {dim} is out of range for a tensor of shape {shape}")
    if shape[dim] == 0:
        raise ValueError(f"{name}: nothing along dim {dim} of shape {shape}")
    return t


def _logits(name: str, x: object) -> Tensor:
    """Logits as a Tensor of at least one class, (C,), (N, C) or (N, C, d1, …)."""
    t = x if type(x) is Tensor else operand(x, name, None)
    return tensor(name, t, 1 if t._data.ndim > 2 else -1)


def pair(name: str, x: object, target: object) -> tuple[Tensor, Tensor]:
    """Predictions and targets of one shape."""
    x = operand(x, name, None)
    y = Tensor(target, dtype=x.dtype) if not isinstance(target, Tensor) else target
    if x.shape != y.shape:
        raise ValueError(f"{name}: got targets of shape {y.shape} for inputs of shape {x.shape}; they must agree")
    return x, y


def ids(name: str, indices: object) -> Array:
    """Indices as an array of int64."""
    found = np.asarray(indices._data if isinstance(indices, Tensor) else indices)
    if found.dtype.kind not in "iu" and found.size:
        raise TypeError(f"{name}: got indices of {found.dtype}, expected integers")
    return found.astype(np.int64)


def one_hot(indices: object, num_classes: int = -1) -> Tensor:
    """Rows of zeros with a 1 at each index."""
    found = ids("one_hot", indices)
    if isinstance(num_classes, bool) or not isinstance(num_classes, Integral) or num_classes < -1:
        raise ValueError(f"one_hot: got num_classes={num_classes!r}, expected how many there are, or -1 to count them")
    classes = int(found.max()) + 1 if num_classes == -1 and found.size else int(num_classes)
    if found.size and (found.min() < 0 or found.max() >= classes):
        raise ValueError(f"one_hot: got indices from {found.min()} to {found.max()}, expected 0 to {classes - 1}")
    return Tensor(found[..., None] == np.arange(classes))


def dropout(x: Any, p: float, training: bool) -> Tensor:
    """Some numbers made 0, the others larger."""
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout: got p={p}, expected a probability from 0 to 1")
    t = operand(x, "dropout", None)
    if not training or p == 0.0:
        return t
    kept = random().random(t.shape) >= p
    return t * Tensor(kept / (1.0 - p) if p < 1.0 else kept, dtype=t.dtype)


# What softmax and its kin compute with.

def below(x: Tensor, dim: int, temperature: float) -> Tensor:
    """x less its largest along `dim`, in a dtype wide enough to be summed and to be divided by the temperature."""
    x = widened(x)
    if x.dtype.itemsize < 8 and temperature != 1.0:
        limits = np.finfo(x.dtype)
        if not float(limits.tiny) <= temperature <= float(limits.max):      # as a float32, 1e-300 would be 0
            x = x.to(np.float64)
    return BELOW.make(x, dim % x.ndim)


def logsumexp(x: Tensor, dim: int, keepdim: bool) -> Tensor:
    """log Σ exp(x) along `dim`."""
    return narrowed(st.logsumexp.make(widened(x), (dim % x.ndim,), keepdim), x)


# The targets of cross-entropy.

class Rows(NamedTuple):
    """What every form of cross-entropy needs to know of its targets, for logits of shape (N, C)."""

    weights: Array | None  # (N, C), see `q`; None where `places` say it all
    kept: Any           # (N,): False for ignored rows; None if there are none
    divisor: float      # what a mean divides by
    places: Array | None  # (N,): where q, flattened, holds a 1, if it is just one-hot rows; else None
    like: Array         # an array of q's shape and dtype

    @property
    def q(self) -> Array:
        """(N, C): the weight of each log-probability; the loss of row i is −Σ_c q_ic log p_ic."""
        if self.weights is not None:
            return self.weights
        q = np.zeros(self.like.shape, self.like.dtype)
        q.reshape(-1)[self.places] = 1
        return q


def rows_of(q: list[list[float]], kept: list[bool], divisor: float, labels: list[int] | None) -> Rows:
    """The targets of lists of Values as `Rows`."""
    weights = np.array(q)
    places = None if labels is None else np.array(labels) + _starts(*weights.shape)
    return Rows(weights if labels is None else None, None if all(kept) else np.array(kept), divisor, places, weights)


_INT64 = np.dtype(np.int64)


def _fixed(name: str, x: object, what: str = "target") -> Array:
    """The target, or the weights, as an array that nobody else will change."""
    if not isinstance(x, Tensor):
        return np.array(x)
    if x.requires_grad:
        raise ValueError(f"{name}: the {what} requires a gradient, and none flows there; use {what}.detach()")
    return x._data


def rows(name: str, z: Array, ndim: int, target: object, reduction: str, label_smoothing: float, ignore_index: int,
         weight: object) -> Rows:
    """Check the targets and options against logits z of shape (N, C), and say what they come to.

    `ndim` is 1 where the logits were given as one row, without an axis for the samples.
    """
    n, classes = z.shape
    if (type(target) is np.ndarray and target.dtype is _INT64 and target.shape == (n,) and ndim == 2 and n and classes
            and weight is None and label_smoothing == 0.0 and type(label_smoothing) is float
            and type(ignore_index) is int and ignore_index < 0 and reduction in REDUCTIONS
            # argmax takes a third of max()'s time, and all this in the plain case saves half of what follows
            and target.item(target.argmin()) >= 0 and target.item(target.argmax()) < classes):
        return named(Rows, (None, None, float(n), target + _starts(n, classes), z))     # type: ignore[no-any-return]
    targets.check_options(name, reduction, label_smoothing, ignore_index, classes)
    y = target if type(target) is np.ndarray else _fixed(name, target)
    if y.dtype.kind not in "iuf" and not (y.size == 0 and n == 0):
        raise TypeError(f"{name}: got a target of {y.dtype}, expected integer class indices or probabilities")
    labels = kept = None
    if y.ndim != ndim:
        labels, kept = _labels(name, y.reshape(-1), n, classes, ignore_index)
        if kept is None and weight is None and not label_smoothing and n:
            return Rows(None, None, float(n), labels + _starts(n, classes), z)
    q = np.zeros(z.shape, z.dtype)
    if labels is None:
        if y.shape != (z.shape if ndim == 2 else z.shape[1:]):
            raise ValueError(f"{name}: got targets of shape {y.shape} for logits of shape {z.shape[2 - ndim:]}; "
                             "expected a class index for each row, or probabilities in the shape of the logits")
        q += y.reshape(z.shape)
    else:
        q[np.arange(n), labels] = 1
    divisor = float(n if kept is None else kept.sum())
    if label_smoothing:
        q *= 1 - label_smoothing
        q += label_smoothing / classes
    if weight is not None:
        w = as_array(_fixed(name, weight, "weight"), z.dtype)
        if w.shape != (classes,):
            raise ValueError(f"{name}: got weights of shape {w.shape}, expected one for each of {classes} classes")
        q *= w
        if labels is not None:
            divisor = float(w[labels].sum() if kept is None else w[labels][kept].sum())
        elif not w.any():
            divisor = 0.0
    if kept is not None:
        q[~kept] = 0
    if reduction == "mean" and divisor == 0:
        raise targets.nothing_to_average(name, n)
    return Rows(q, kept, divisor, None, z)


def _labels(name: str, labels: Array, n: int, classes: int, ignore_index: int) -> tuple[Array, Array | None]:
    """Class indices, checked: integers, one for each row, in range; and which rows to keep, None if none is ignored."""
    if labels.shape != (n,):
        raise ValueError(f"{name}: got {labels.shape[0]} class indices for {n} rows of logits")
    if n and labels.dtype.kind not in "iu":
        raise TypeError(f"{name}: class indices must be integers, got {labels.dtype}; write tensor([0, 1]), "
                        "which keeps them, or a list (probabilities must have the shape of the logits)")
    given, labels = labels, labels.astype(np.int64)
    if given.dtype == np.uint64:                    # 2⁶⁴ − 100 is no -100
        labels = np.where(given > np.uint64(2 ** 63 - 1), np.int64(2 ** 63 - 1), labels)
    kept = labels != ignore_index
    wrong = np.flatnonzero(kept & ((labels < 0) | (labels >= classes)))
    if wrong.size:
        raise ValueError(f"{name}: class index {given[wrong[0]]} at position {wrong[0]} is out of range "
                         f"for {classes} classes (0 to {classes - 1})")
    return np.where(kept, labels, 0), None if kept.all() else kept


@lru_cache(maxsize=64)
def _starts(n: int, classes: int) -> Array:
    """Where each row of an (N, C) array begins in the flat array: `take` with flat positions beats pairs of indices."""
    return np.arange(n) * classes


# Logits of more axes, (N, C, d1, …) as PyTorch has them, are rows too: one for each sample and each place in it.

def _flat(name: str, x: Tensor, target: object) -> tuple[Tensor, Any, tuple[int, ...]]:
    """Logits (N, C, d1, …) as (N·d1·…, C), the targets to match, and the shape of the losses: (N, d1, …)."""
    shape = (x.shape[0], *x.shape[2:])
    y = _fixed(name, target)
    if y.shape == x.shape:
        y = np.moveaxis(y, 1, -1).reshape(-1, x.shape[1])
    elif y.shape == shape:
        y = y.reshape(-1)
    else:
        raise ValueError(f"{name}: got targets of shape {y.shape} for logits of shape {x.shape}, whose axis 1 is the "
                         f"classes; expected class indices of shape {shape}, or probabilities in the shape of the "
                         "logits. If the classes stand last, write logits.reshape(-1, C), and target.reshape(-1)")
    return x.permute(0, *range(2, x.ndim), 1).reshape(-1, x.shape[1]), y, shape


def aims(name: str, x: object, target: object, reduction: str,
         *options: Any) -> tuple[Tensor, Rows, Callable[[Tensor], Tensor]]:
    """The logits as rows (N, C), their targets, and what makes the result of a loss for each row."""
    given = _logits(name, x)
    x = widened(given)
    z, shape, ndim = x, None, x.ndim
    if x.ndim > 2:
        z, target, shape = _flat(name, x, target)
        ndim = 2
    elif x.ndim == 1:
        z = x.unsqueeze(0)
    found = rows(name, z._data, ndim, target, reduction, *options)

    def back(losses: Tensor) -> Tensor:
        if reduction != "none":
            losses = losses.sum() / found.divisor if reduction == "mean" else losses.sum()
        elif ndim == 1:
            losses = losses[0]
        elif shape is not None:
            losses = losses.reshape(shape)
        return narrowed(losses, given)

    return z, found, back


def spread(losses: Tensor, kept: Array) -> Tensor:
    """The losses of the rows that are kept among zeros for those that are not."""
    return Tensor.apply(st.scatter, losses, kept, kept.shape)


# Cross-entropy as one op.

def cross_entropy(x: object, target: object, reduction: str, label_smoothing: float, ignore_index: int,
                  weight: object) -> Tensor:
    """Of a Tensor, as one node."""
    x = _logits("cross_entropy", x)
    if is_softmax(x):
        targets.hint_at_softmax("cross_entropy", 4)
    weight = None if weight is None else _fixed("cross_entropy", weight, "weight")
    if is_narrow(x):
        return cross_entropy(widened(x), target, reduction, label_smoothing, ignore_index, weight).to(x.dtype)
    if x.ndim <= 2:
        target = _fixed("cross_entropy", target)
        return _FUSED.make(x, target, reduction, label_smoothing, ignore_index, weight)
    z, target, shape = _flat("cross_entropy", x, target)
    losses: Tensor = _FUSED.make(z, target, reduction, label_smoothing, ignore_index, weight)
    return losses.reshape(shape) if reduction == "none" else losses


def is_softmax(x: Tensor) -> bool:
    """Whether it is a quotient of exp(…) by the sum of the same, over the classes."""
    if x.op is not _DIV:
        return False
    powers, whole = x.inputs
    return (powers.op is _EXP and whole.op is not None and whole.op.name == "sum" and whole.inputs[0] is powers
            and x.ndim > 0 and whole.shape == (*x.shape[:-1], 1))


def cross_entropy_gradient(x: object, target: object, reduction: str, *options: object) -> Array:
    """Its gradient in closed form, as an array in the shape of the logits."""
    given = _logits("cross_entropy", x)
    x = widened(given)
    z, target = _flat("cross_entropy", x, target)[:2] if x.ndim > 2 else (x, _fixed("cross_entropy", target))
    _, found, powers, rest = quietly(_fused, z._data, target, reduction, *options)
    gradient: Array = _quiet_gradient(powers, rest, found, reduction).astype(given.dtype, copy=False)
    if x.ndim <= 2:
        return gradient.reshape(x.shape)
    return np.moveaxis(gradient.reshape(x.shape[0], *x.shape[2:], x.shape[1]), -1, 1)


def _forward(z: Array, found: Rows) -> tuple[Array, Array, Array]:
    """The loss of each row of z, (N, C), and what softmax(z) is made of: exp(z − m), and Σ exp(z − m) less 1.

    Taking the largest term, which is 1, out of the sum keeps losses as small as 1e-18 exact. 0·log 0 counts as 0, and
    an ignored row is 0 whatever it holds.
    """
    n, classes = z.shape
    ones = st.ones((classes, 1), z.dtype.char)
    if not n:
        return z.dot(ones).reshape(-1), z, z.dot(ones)
    if not z.flags.c_contiguous:
        z = z.copy()                                # below, places are counted through the flat array
    top = z.argmax(1) + _starts(n, classes)
    largest = z.take(top)[:, None]
    below = z - largest
    powers = np.exp(below)
    flat = powers.reshape(-1)
    flat[top] = 0
    rest = powers.dot(ones)
    rest += largest * 0                             # nan where the largest logit is infinite
    flat[top] = 1
    normaliser = np.log1p(rest)
    if found.places is not None:
        return normaliser.reshape(-1) - below.take(found.places), powers, rest
    losses = np.where(found.q != 0, found.q * (below - normaliser), z.dtype.type(0))
    return -losses.dot(ones).reshape(-1), powers, rest


def _reduced(losses: Array, found: Rows, reduction: str, ndim: int) -> Array:
    if reduction == "none":
        return losses if ndim == 2 else losses[0]
    whole: Array = st.sum_(losses, (0,), False)
    return whole if reduction == "sum" else whole / found.divisor


def _gradient(powers: Array, rest: Array, found: Rows, reduction: str, g: Array | float = 1.0) -> Array:
    q = found.q
    mass = None if found.places is not None else q.sum(1, keepdims=True)
    gradient: Array = targets.closed_form(powers / (1.0 + rest), q, mass,
                                          targets.scale_of(found.divisor, reduction) * g)
    return gradient if found.kept is None else np.where(found.kept[:, None], gradient, gradient.dtype.type(0))


_quiet_gradient = quiet(_gradient)                  # backward passes are quiet as a whole


def _fused(x: Array, target: object, reduction: str, label_smoothing: float, ignore_index: int,
           weight: object) -> tuple[object, ...]:
    """The loss, and for its gradient the targets as `Rows` and what `_forward` found."""
    z = x if x.ndim == 2 else x.reshape(1, -1)
    found = rows("cross_entropy", z, x.ndim, target, reduction, label_smoothing, ignore_index, weight)
    losses, powers, rest = _forward(z, found)
    return _reduced(losses, found, reduction, x.ndim), found, powers, rest


def _fused_vjp(g: Any, out: object, x: Any, target: object, reduction: str, label_smoothing: float, ignore_index: int,
               weight: object, rows: Rows, powers: Array, rest: Array) -> Any:
    if reduction == "none":
        g = g[..., None]
    if not isinstance(x, Tensor):
        alone = _gradient(powers, rest, rows, reduction, g)
        return alone if x.ndim == 2 else alone[0]
    z = x if x.ndim == 2 else x.unsqueeze(0)        # nodes: the gradient is to be differentiated again
    q, mass = Tensor(rows.q, dtype=x.dtype), Tensor(rows.q.sum(1, keepdims=True), dtype=x.dtype)
    gradient = targets.closed_form(softmax(z), q, mass, targets.scale_of(rows.divisor, reduction) * g)
    if rows.kept is not None:
        gradient = where(rows.kept[:, None], gradient, 0.0)
    return gradient.reshape(x.shape)


_FUSED = moves("cross_entropy", _fused, _fused_vjp, keeps=3, methods=(), symbol="CE",
               words="softmax minus target, times the gradient")
