"""Kinds of mistakes that belong to certain layers: softmax, cross-entropy, products, masks, embeddings, reshapes.

Each takes the case and works out, from the graph, what the mistake would have given.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from itertools import combinations, product
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd.core.graph import Node, Use
from autograd.core.op import TABLE
from autograd.learn import mistakes
from autograd.learn.alike import close, largest, most
from autograd.learn.contributions import raw
from autograd.learn.languages import tell

if TYPE_CHECKING:
    from autograd.learn.shapes import ArrayCase
    from autograd.learn.suspicions import Suspicion

__all__ = [
    "another_loss",
    "cross_entropy",
    "factors",
    "looked_up",
    "masks",
    "multipliers",
    "normalized",
    "places",
    "pooled",
    "products",
    "softmax",
    "some_rows",
    "unmasked",
    "unpicked",
    "within",
]

_SAMPLE, _ATOMS = 64, 60                            # numbers looked at first; nodes tried as factors


# Softmax and what comes of it.

class _Softmax(NamedTuple):
    """A softmax on the way, or its logarithm, whose derivative the right numbers are, up to a scale."""

    sum_is_zero: bool                               # then a slip in that sum changes nothing
    name: str
    logs: bool
    scale: float
    p: Any
    d: Any                                          # what arrives
    right: Any
    axis: int


def softmax(case: ArrayCase, everywhere: bool = False) -> Iterator[Suspicion]:
    """Where the gradient is that of a softmax p of the node: what arrives at p, through another Jacobian.

    One of them, with its sum `everywhere`, is asked for on its own: p − y/n looks like it, too.
    """
    if case.one is None or case.g.ndim == 0 or case.m.shape != case.g.shape:
        return
    found: list[_Softmax] = []
    for node in case.one.between(case.t):
        z = np.asarray(node._data)
        for axis, logs in product(range(z.ndim), (False, True)) if z.shape == case.g.shape else ():
            if logs and (z > 0).any():
                continue
            p = np.exp(z) if logs else z
            if p.shape[axis] < 2 or not (p >= 0).all() or abs(p.sum(axis) - 1).max(initial=0) > 1e-3:
                continue
            d = case.one.gradients[node]
            first = d if logs else p * d
            right = first - p * first.sum(axis, keepdims=True)
            scale = case.ratio(case.g, right)
            noise = case.absolute * max(case.scale, largest(p * d))         # where p is almost one-hot, most cancels
            if scale is not None and close(scale * right, case.g, case.relative, noise):
                found.append(_Softmax(case.agrees(right, first), case.called(node), logs, scale, p, d, right, axis))
    for _, name, logs, scale, p, d, right, axis in sorted(found, key=attrgetter("sum_is_zero")):
        arrives = tell("what arrives at {called}", called=name)
        if everywhere:
            over_all = p * (d - (d * p).sum()), tell("the sum goes over everything; it has to stay within each row")
            variants = iter(() if logs else (over_all,))
        else:
            variants = _logarithms(p, d, axis) if logs else _jacobians(p, d, right, axis)
        for part, words in variants:
            if case.explains(scale * part):
                yield case.seen(mistakes.SOFTMAX, words.format(p=name, d=arrives))


def _logarithms(p: Any, d: Any, axis: int) -> Iterator[tuple[Any, str]]:
    """The same for the logarithm of a softmax p, through which d − p·Σd arrives."""
    total = d.sum(axis, keepdims=True)
    right = tell("log-softmax's derivative gives d − p·Σd, with d {d} and p its exponential")
    yield d - p * d, f"{right}; {tell('the sum over the row is missing')}"
    yield d - total, f"{right}; {tell('p before the sum is missing')}"
    yield d + p * total, f"{right}; {tell('the sum over the row is added; it has to be subtracted')}"
    yield d - p, f"{right}; {tell('the sum over the row is missing')}"
    yield p * (d - (d * p).sum(axis, keepdims=True)), f"{right}; {tell('you have that of softmax')}"
    for other in range(p.ndim):
        if other != axis:
            yield (d - p * d.sum(other, keepdims=True),
                   tell("the sum goes over axis {other}; the softmax is over axis {axis}", other=other, axis=axis))


def _jacobians(p: Any, d: Any, right: Any, axis: int) -> Iterator[tuple[Any, str]]:
    """What another Jacobian would give, and the words for it."""
    along = (d * p).sum(axis, keepdims=True)
    yield p * (1 - p) * d, tell("you took its diagonal alone, {p}·(1 − {p}) times {d}")
    yield p * d, tell("{p} times {d}, without the sum over the row: its mean, weighted by {p}, has to be subtracted")
    if len(np.unique(np.round(along[along != 0], 12))) > 1:         # else it is p alone
        yield -p * along, tell("you have the sum over the row alone; {p} times {d} itself is missing")
    yield p * (d + along), tell("the sum over the row is added; it has to be subtracted")
    for other in range(p.ndim):
        if other != axis:
            yield (p * (d - (d * p).sum(other, keepdims=True)),
                   tell("the sum goes over axis {other}; the softmax is over axis {axis}", other=other, axis=axis))
    yield p * (d - d.sum(axis, keepdims=True)), tell("in the sum over the row {d} is not weighted by {p}")
    yield p * (d - d.mean(axis, keepdims=True)), tell("in the sum over the row {d} is not weighted by {p}")
    yield d - along, tell("{p} in front is missing")
    yield (1 - p) * d, tell("{p} in front is missing")
    yield p - along, tell("{d} is missing in the first term")
    yield p * d - along, tell("{p} stands before the first term alone, and not before the sum")
    yield p * (1 - d), tell("you have {p}·(1 − what arrives)")
    if len(set(p.shape)) == 1 and p.ndim > 1:
        yield p * (d - (d * p).sum(axis)), tell("the sum over the row lost its axis (keepdim), so it is subtracted "
                                                "along the wrong one")
    yield p * np.ones_like(d), tell("your numbers are {p} itself, whatever arrives")
    yield p * (right - (right * p).sum(axis, keepdims=True)), tell("the Jacobian is applied twice")


class _Loss:
    """A gradient of the form (p − y)·c, for logits x: what the case looks like from there."""

    def __init__(self, case: ArrayCase, node: Node, ratio: float, g: Any = None, rest: Any = 0.0) -> None:
        self.case, self.x, self.name = case, np.asarray(node._data), case.known(node) or "logits"
        self.m, self.g, self.ratio = (case.m - rest) / ratio, case.g / ratio if g is None else g, ratio
        self.rest = rest                            # what comes from elsewhere
        self.rows = (self.g != 0).any(-1, keepdims=True)    # the others are masked
        self.soft = self.hot = False
        self.p = self.y = self.x
        self.c, self.over = 1.0, ""

    def explains(self, part: Any) -> bool:
        return self.case.explains(self.rest + self.ratio * np.where(self.rows, part, 0.0))

    def found(self) -> bool:
        """Whether there is such a form: then p, y and c are set."""
        x, g, case = self.x, self.g, self.case
        if x.shape[-1] > 1 and abs(g.sum(-1)).max(initial=0) <= 1e-3 * case.scale:
            self.p, self.soft = _soft(x, -1), True
            return self._split()
        self.p = 1 / (1 + np.exp(-x))
        return self._split()

    def _split(self) -> bool:
        """Which c makes y = p − g/c a target: between 0 and 1, and summing to 1 in each row of a softmax."""
        p, g = self.p, self.g
        near = 1e-3 if self.case.relative > 1e-6 else 1e-7
        counts = dict.fromkeys((np.count_nonzero(self.rows), self.rows.size, 1, g.size))
        tried = []
        one = self.case.one
        for d in [one.gradients[node] for node in self.case.search.between] if one is not None else ():
            total = -d.sum(-1) if np.shape(d) == g.shape else np.zeros(1)
            if np.ptp(total) < 1e-9 * abs(total).max() and (c := float(total.flat[0])) > 0:
                tried.append((c, f" · {c:.3g}"))    # that of the logarithm, −c·y
        tried += [(1.0 / n, f" / {n}" if n > 1 else "") for n in counts if n]
        up = g > 0
        if up.any():                                # where y is 0, g is c·p
            tried.append((c := float(np.median((g / p)[up])), f" · {c:.3g}"))
        for c, over in tried:
            y = np.where(self.rows, p - g / c, 0.0)
            if ((y < -near) | (y > 1 + near)).any() or (self.soft and abs(
                    y.sum(-1, keepdims=True) - 1)[self.rows].max(initial=0) > near):
                continue
            hot = bool(((abs(y) < near) | (abs(y - 1) < near)).all())
            if not self.soft and not hot:           # any gradient would do otherwise
                continue
            self.c, self.over, self.hot = c, over, hot
            self.y = np.round(y) if self.hot else y
            return True
        return False


def cross_entropy(case: ArrayCase) -> Iterator[Suspicion]:
    """Where the gradient is (p − y)·c, with p the softmax of the node, or its sigmoid; or of the node over a number."""
    if case.g.ndim == 0 or case.m.shape != case.g.shape or not np.isfinite(np.asarray(case.t._data)).all():
        return
    one = case.one
    if one is not None and any(case.known(x) and case.agrees(case.m, one.gradients[x]) for x in one.between(case.t)):
        return                                      # −y is what arrives at log-softmax: passed straight through
    logits = [(case.t, 1.0)]
    for use in case.search.near() if case.one is not None else ():
        d, z = use.arriving, np.asarray(use.by._data)
        ratio = case.ratio(case.g, d) if d.shape == case.g.shape == z.shape else None
        if ratio is not None and case.agrees(ratio * d, case.g):
            logits.append((use.by, ratio))          # t over a temperature, say
    for node, ratio in reversed(logits):
        loss = _Loss(case, node, ratio)
        if loss.found():
            yield from _variants(loss)
    for use in case.uses if len(case.uses) > 1 else ():         # one path of several
        if np.shape(use.contribution) == case.g.shape:
            loss = _Loss(case, case.t, 1.0, use.contribution, case.g - use.contribution)
            if loss.found() and loss.soft:
                yield from _variants(loss)


def _soft(x: Any, axis: int | None) -> Any:
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def within(case: ArrayCase) -> Iterator[Suspicion]:
    """The same further on: an answer that comes from another formula for p − y, through the layers between."""
    one = case.one
    for node in one.between(case.t) if one is not None else ():
        if one is None or case.out_of_time():
            return
        g, x = one.gradients[node], np.asarray(node._data)
        if x.ndim == 0 or np.shape(g) != x.shape or not np.isfinite(x).all() or not abs(g.sum(-1)).max(
                initial=0) <= 1e-6 * abs(g).max(initial=0):
            continue
        case.spend(50 * x.size)
        loss = _Loss(case, node, 1.0, g)
        if loss.found() and loss.soft:
            for part, words in _tried(loss):
                if case.search.would_explain(node, loss.c * np.where(loss.rows, part, 0.0) - g):
                    yield case.seen(mistakes.ONE_HOT if part is loss.p else mistakes.CROSS,
                                    tell("this follows from a wrong gradient of {called}, where {words}",
                                         called=case.called(node), words=words))


def another_loss(case: ArrayCase) -> Iterator[Suspicion]:
    """Another loss's gradient, written in one go: (softmax − y)/n where the loss is not a cross-entropy, say."""
    x, m, one = np.asarray(case.t._data), case.m, case.one
    if one is None or x.ndim == 0 or m.shape != x.shape or m.size < 3:
        return
    name = case.bare(case.t)
    with np.errstate(all="ignore"):
        predicted = [(_soft(x, -1), f"softmax({name})"), (1 / (1 + np.exp(-x)), f"sigmoid({name})"), (x, name),
                     (np.exp(x), f"exp({name})")]
    for y, target in _targets(one.order, x.shape):
        for p, words in predicted:
            d = p - y
            ratio = case.ratio(m, d)
            if ratio is None or not case.explains(ratio * d):
                continue
            whole = abs(ratio) if abs(ratio) >= 1 else 1 / abs(ratio)
            if abs(2 * whole - round(2 * whole)) < 1e-6 * whole:
                yield case.seen(mistakes.CROSS if p is not x else mistakes.FORMULA,
                                tell("your numbers are {ratio:.4g}·({words} − {target}), as for another loss",
                                     ratio=ratio, words=words, target=target))


def _targets(order: list[Node], shape: tuple[int, ...]) -> Iterator[tuple[Any, str]]:
    """What may be meant by y: constants of the graph in this shape, or between 0 and 1 in their other forms."""
    for node in order:
        y = np.asarray(node._data)
        if node.op is None and not node.requires_grad and y.shape == shape:
            yield y, node.label or "y"
            if ((y == 0) | (y == 1)).all():
                yield 1 - y, "(1 − y)"
        elif node.op is not None and node.op.name == "index" and np.shape(node.inputs[0]._data) == shape:
            key = node._saved[1]                    # type: ignore[attr-defined]
            y = np.zeros(shape)
            y[key] = 1.0
            if (y.sum(-1) == 1).all():
                yield y, "y"


# Normalization: batch norm, layer norm, group norm.

def normalized(case: ArrayCase) -> Iterator[Suspicion]:
    """Where the node is made to have mean 0 and variance 1: the derivative in one go, with a slip in one of its means.

    With h the result, d what arrives there, and s what it is divided by: (d − mean(d) − h·mean(d·h)·n/(n − k)) / s.
    """
    one, g = case.one, case.g
    if one is None or g.ndim < 2 or case.m.shape != g.shape:
        return
    for node in one.between(case.t):
        h, d = np.asarray(node._data), one.gradients[node]
        if h.shape != g.shape or np.shape(d) != g.shape:
            continue
        case.spend(30 * g.size)
        for axes in _some_axes(g.ndim):
            if abs(h.mean(axes)).max(initial=0) > 1e-6 * abs(h).max(initial=0) or not (h * h).sum(axes).all():
                continue
            case.spend(case.back)
            through = one.flow(node, case.t, set(one.between(case.t)))
            for k in (0, 1) if through is not None else ():
                norm = _Norm(case, node, axes, k, through, d)
                if norm.found():
                    yield from norm.variants(d)
                    for other in one.between(node):     # the gain within the means, or lost
                        e = one.gradients[other]
                        if np.shape(e) == g.shape and case.known(other) and not case.agrees(e, d):
                            yield from norm.variants(e, case.called(other))
                    break


def _some_axes(ndim: int) -> list[tuple[int, ...]]:
    return [axes for n in range(1, ndim + 1) for axes in combinations(range(ndim), n)]


class _Norm:
    """A normalization over some axes: its result h, and the part of the gradient that comes through it."""

    def __init__(self, case: ArrayCase, node: Node, axes: tuple[int, ...], k: int, through: Any, d: Any) -> None:
        self.case, self.h, self.axes, self.k, self.name = case, np.asarray(node._data), axes, k, case.called(node)
        self.n = math.prod(self.h.shape[i] for i in axes)
        self.through, self.rest = through, case.g - through
        self.right = d - self.mean(d) - self.h * self.total(d) / (self.n - k)
        with np.errstate(all="ignore"):
            self.scale = (through * self.right).sum(axes, keepdims=True) / (self.right ** 2).sum(axes, keepdims=True)

    def mean(self, x: Any) -> Any:
        return x.mean(self.axes, keepdims=True)

    def total(self, d: Any) -> Any:
        return (d * self.h).sum(self.axes, keepdims=True)

    def found(self) -> bool:
        return self.case.agrees(self.scale * self.right, self.through)

    def variants(self, d: Any, other: str = "") -> Iterator[Suspicion]:
        """The formula with a slip; `other` is the node whose gradient d is, where that is not what belongs there."""
        case, h, n, k = self.case, self.h, self.n, self.k
        total = self.total(d)
        first: list[tuple[Any, Any, str]] = [(self.mean(d), None, "")]
        second: list[tuple[Any, Any, str]] = [(total / (n - k), None, "")]
        if not other:
            first += [(0.0, mistakes.LEFT_OUT, tell("the path through the mean is missing")),
                      (n * self.mean(d), mistakes.FACTOR_MISSING,
                       tell("the first mean is {n} times too large: a sum", n=n)),
                      (self.mean(d) * n / (n - 1), mistakes.BESSEL,
                       tell("the first mean is over n − 1 where n belongs")),
                      (-self.mean(d), mistakes.SIGN_OF_ONE, tell("the first mean has the wrong sign"))]
            second += [(0.0, mistakes.LEFT_OUT, tell("the path through the variance is missing")),
                       (total, mistakes.FACTOR_MISSING, tell("the second mean is a sum")),
                       (total / (n if k else n - 1), mistakes.BESSEL,
                        tell("the second mean is over n where n − 1 belongs") if k else
                        tell("the second mean is over n − 1 where n belongs")),
                       (-total / (n - k), mistakes.SIGN_OF_ONE, tell("the second mean has the wrong sign")),
                       *((total, mistakes.FORGOTTEN, tell("in the second mean {name} is missing", name=self.name))
                         for total in (n * self.mean(d) / (n - k), self.mean(d)))]
        centred = d - h * total / (n - k)
        for over in _some_axes(h.ndim) if not other else ():
            if over != self.axes:
                mine, right = (f" {tell('and')} ".join(map(str, axes)) for axes in (over, self.axes))
                words = tell("your means go over axis {mine}; they belong over axis {right}", mine=mine, right=right)
                for count in dict.fromkeys((math.prod(h.shape[i] for i in over), n, n - k)):
                    first.append((d.sum(over, keepdims=True) / count, mistakes.AXIS, words))
                    second.append(((d * h).sum(over, keepdims=True) / count, mistakes.AXIS, words))
                    whole = self.scale * centred
                    if case.explains(self.rest + whole - whole.sum(over, keepdims=True) / count):
                        yield case.seen(mistakes.AXIS, words)
        for a, kind, words in first:
            for b, kind_too, words_too in second:
                if case.out_of_time():
                    return
                part = d - a - h * b
                for whole, divided in (
                        (self.scale * part, ""),
                        (part, tell("what {name} is divided by is missing", name=self.name)),
                        (self.scale * d - a - h * b, tell("only the first term is divided, not the whole bracket"))):
                    if case.explains(self.rest + whole):
                        seen = [words, words_too]
                        if other:
                            seen.append(tell("you have the gradient of {other} where that of {name} belongs",
                                             other=other, name=self.name))
                        seen.append(divided)
                        yield case.seen(kind or kind_too or mistakes.FORGOTTEN,
                                        f"; {tell('and')} ".join(dict.fromkeys(filter(None, seen))))


# Pooling by a maximum, and pieces of what was put together.

def pieces(case: ArrayCase, use: Use) -> Iterator[tuple[Any, Any, str]]:
    """What a step contributes where another piece is cut out of what arrives."""
    a, shape = use.arriving, np.shape(use.node._data)
    if use.by.op.name != "concatenate" or a.ndim != len(shape):
        return
    for axis in range(a.ndim):
        for start in range(a.shape[axis] - shape[axis] + 1) if a.shape[axis] > shape[axis] else ():
            part = np.take(a, range(start, start + shape[axis]), axis)
            if not case.agrees(part, use.contribution):
                yield part, mistakes.PLACES, tell(
                    "of what arrives at {by} you take the places from {start} on along axis {axis}; {called} has "
                    "others", by=case.called(use.by), start=start, axis=axis, called=case.called(use.node))


def pooled(case: ArrayCase, use: Use) -> Iterator[tuple[Any, Any, str]]:
    """What a step contributes where a maximum passes its gradient to other places than its own."""
    if use.by.op.name not in ("max_all", "max_along"):
        return
    x, name, called = np.asarray(use.node._data), case.called(use.by), case.called(use.node)
    dims = tuple(range(x.ndim)) if use.by.op.name == "max_all" else (use.by._saved[2],)     # type: ignore[attr-defined]
    top = x.max(dims, keepdims=True)
    a = np.broadcast_to(np.reshape(use.arriving, top.shape), x.shape)
    n = x.size // max(1, top.size)
    yield (a * (x != top), mistakes.MASK, tell("what arrives at {name} passes where {called} is not the largest",
                                               name=name, called=called))
    yield a, mistakes.UNMASKED, tell("what arrives at {name} passes to every place, not to the largest alone",
                                     name=name)
    yield a / n, mistakes.UNMASKED, tell("what arrives at {name} is shared among all {n} places, as for a mean",
                                         name=name, n=n)
    yield a * (x == top) * x, mistakes.TOO_MANY, tell("what arrives at {name} passes to the largest, times that",
                                                      name=name)
    yield a * x, mistakes.FORMULA, tell("what arrives at {name} is multiplied by {called}, in every place", name=name,
                                        called=called)
    yield (a * (x > 0), mistakes.ANOTHER_MASK, tell("what arrives at {name} passes where {called} is above 0",
                                                    name=name, called=called))


def _tried(loss: _Loss) -> list[tuple[Any, str]]:
    """What one may have written in the place of p − y, and the words for it."""
    case, x, p, y, over = loss.case, loss.x, loss.p, loss.y, loss.over
    name = f"{'softmax' if loss.soft else 'sigmoid'}({loss.name})"
    tried = [(p, tell("your numbers are {name}{over}: nothing is subtracted", name=name, over=over)),
             (p + y, tell("your numbers are ({name} + y){over}: y has to be subtracted", name=name, over=over)),
             (-y, tell("your numbers are −y{over}: {name} itself is missing", over=over, name=name)),
             (np.log(p) - y, tell("your numbers are (log {name} − y){over}", name=name, over=over)),
             (np.exp(x) - y, tell("your numbers are (exp({name}) − y){over}: the exponentials are not yet divided by "
                                  "their sum", name=loss.name, over=over)),
             (x - y, tell("your numbers are ({name} − y){over}: the logits themselves in the place of {right}",
                          name=loss.name, over=over, right=name)),
             (p * (1 - p) * (p - y), tell("your numbers are p·(1 − p)·(p − y){over} with p = {name}: the derivative of "
                                          "the last step is in p − y already", over=over, name=name)),
             (p * (1 - p), tell("your numbers are p·(1 − p){over} with p = {name}, whatever y is", over=over,
                                name=name)),
             (p * (p - y), tell("your numbers are p·(p − y){over} with p = {name}", over=over, name=name))]
    if not case.halved():
        tried.append((2 * (p - y), tell("your numbers are 2·({name} − y){over}, as for squared errors", name=name,
                                        over=over)))
    if loss.hot:
        tried.append((np.where(y > 0.5, -1.0, p),
                      tell("your numbers are {name}{over}, but −1{over} at the right class: −1 is set there, where "
                           "it had to be subtracted", name=name, over=over)))
    if loss.soft:
        tried += [(_soft(x, axis) - y, tell("the softmax goes over axis {axis}; it belongs over the last", axis=axis))
                  for axis in range(x.ndim - 1)]
        tried.append((_soft(x, None) - y, tell("the softmax goes over everything; it belongs over the last axis")))
        if loss.hot:
            labels = y.argmax(-1)
            words = tell("the labels themselves are subtracted, as numbers; each stands for a column, in which 1 is "
                         "subtracted")
            if labels.shape == y.shape[-1:]:        # as many rows as classes: NumPy lays the labels along the classes
                tried.append((p - labels, words))
            tried.append((p - labels[..., None], words))
        tried += [(_soft(p, -1) - y, tell("the softmax is taken twice")),
                  (x / x.sum(-1, keepdims=True) - y, tell("{name} is divided by its sum, without the exponential",
                                                          name=loss.name))]
    for node in case.one.order if case.one is not None else ():
        z = np.asarray(node._data)
        if case.known(node) and z.shape == x.shape and z.dtype.kind == "f" and not case.agrees(z, p):
            other = case.called(node)
            tried.append((z - y, tell("your numbers are ({other} − y){over}: {other} in the place of {name}",
                                      other=other, over=over, name=name)))
            if loss.soft and not case.agrees(soft := _soft(z, -1), p):
                tried.append((soft - y, tell("the softmax is that of {other}, in the place of {name}", other=other,
                                             name=name)))
    return tried


def _variants(loss: _Loss) -> Iterator[Suspicion]:
    case, m, x, p, y, c, over = loss.case, loss.m, loss.x, loss.p, loss.y, loss.c, loss.over
    name = f"{'softmax' if loss.soft else 'sigmoid'}({loss.name})"
    case.spend(100 * x.size)
    for part, words in _tried(loss):
        if loss.explains(c * part):
            yield case.seen(mistakes.ONE_HOT if part is p and loss.soft else mistakes.CROSS, words)
    if not loss.rows.all() and case.explains(loss.rest + loss.ratio * c * p):
        yield case.seen(mistakes.ONE_HOT, tell("your numbers are {name}{over}: nothing is subtracted, and the rows "
                                               "that are masked are not 0", name=name, over=over))
    for b in (c, 1.0, c / x.shape[-1]):
        for a in (c, 1.0):
            if (a, b) not in ((c, c), (1.0, 1.0)) and loss.explains(a * p - b * y):
                yield case.seen(mistakes.CROSS, tell("your numbers are {a:.3g}·{name} − {b:.3g}·y: the mean divides "
                                                     "both by the same", a=a, name=name, b=b))
    ratio = case.ratio(case.m, case.g)
    if not loss.soft or (ratio and case.explains(ratio * case.g) and any(case.named_factors(ratio))):
        return                                      # such a factor says more than other targets
    for scale in dict.fromkeys((c, 1.0)):
        yield from _other_targets(loss, np.where(loss.rows, p - m / scale, 0.0), scale)
        mine = m / scale + y                        # what stands in the place of p
        if (mine > 0).all() and abs(mine.sum(-1) - 1).max() < 1e-6:
            logs, right = np.log(mine), np.log(p)
            k = case.ratio(logs - logs.mean(-1, keepdims=True), right - right.mean(-1, keepdims=True))
            if k is not None and abs(k - 1) > 1e-6 and loss.explains(scale * (_soft(k * x, -1) - y)):
                yield case.seen(mistakes.CROSS, tell("your softmax is that of {k:.4g}·{name}: a temperature is lost, "
                                                     "or there twice", k=k, name=loss.name))


def _other_targets(loss: _Loss, mine: Any, scale: float) -> Iterator[Suspicion]:
    """Another target y: other labels, another smoothing, the same in every row. `mine` is the one that was used."""
    case, y, near = loss.case, loss.y, 1e-3 if loss.case.relative > 1e-6 else 1e-6
    if case.agrees(mine, y) or not loss.explains(scale * (loss.p - mine)):
        return
    if (abs(mine - np.round(mine)) < near).all() and (mine > -near).all():
        whole = np.round(mine)
        if loss.hot and (whole.max(-1) == 1).all() and (whole.sum(-1) == 1).all() and (wrong := np.argwhere(
                whole.argmax(-1) != y.argmax(-1))).size:
            first = tuple(wrong[0].tolist())
            at = tell("row {row}", row=first[0]) if first else tell("it")
            got, right = int(whole.argmax(-1)[first]), int(y.argmax(-1)[first])
            yield case.seen(mistakes.LABELS, tell("your label in {at} is {got}, where it should be {right}; {wrong} "
                                                  "of {size} labels are wrong", at=at, got=got, right=right,
                                                  wrong=len(wrong), size=y[..., 0].size))
        elif not loss.hot and (whole.sum(-1) == 1).all():
            yield case.seen(mistakes.CROSS, tell("your y is 1 at the right class and 0 elsewhere; the right one "
                                                 "goes only up to {max:.3g}", max=y.max()))
        elif len(whole) > 1 and (whole == whole[0]).all() and whole.any():
            yield case.seen(mistakes.CROSS, tell("1 is subtracted in the same columns of every row, but each row "
                                                 "has its own label"))
        return
    low, high = mine.min(), mine.max()
    if ((abs(mine - low) < near) | (abs(mine - high) < near)).all() and low >= -near and high <= 1 + near:
        yield case.seen(mistakes.CROSS, tell("your y is {high:.3g} at the right class and {low:.3g} elsewhere, where "
                                             "the right one is {max:.3g} and {min:.3g}", high=high, low=abs(low),
                                             max=y.max(), min=abs(y.min())))


# Products of matrices.

def products(case: ArrayCase, use: Use) -> Iterator[tuple[Any, Any, str]]:
    """What a step contributes with a factor of its product transposed, or with another node in its place."""
    if use.by.op.name not in ("matmul", "affine") or use.position > 1:
        return
    other = use.by.inputs[1 - use.position]
    g, y = use.arriving, np.asarray(other._data)
    shape = np.shape(use.node._data)
    if y.ndim > 1 and len(shape) == 1 and use.position == 1 and g.ndim == y.ndim - 1:
        yield from _of_vector(case, use, other)
    if g.ndim < 2 or y.ndim < 2:
        return
    by, name = case.called(use.by), case.called(other)

    def times(g: Any, y: Any) -> Iterator[Any]:
        try:
            yield g @ _t(y) if use.position == 0 else _t(y) @ g
        except ValueError:
            return

    def kept(parts: Iterator[Any], kind: Any, words: str) -> Iterator[tuple[Any, Any, str]]:
        for part in parts:
            if (part := _reduced(part, shape)).shape == shape:
                yield part, kind, words

    yield from kept(times(g, _t(y)), mistakes.FACTOR_TRANSPOSED, tell("{name} stands in your product as it does on "
                                                                      "the way forward; on the way back it is "
                                                                      "transposed", name=name))
    yield from kept(times(_t(g), y), mistakes.FACTOR_TRANSPOSED, tell("what arrives at {by} stands transposed in "
                                                                      "your product", by=by))
    yield from kept(times(_t(g), _t(y)), mistakes.FACTOR_TRANSPOSED, tell("both factors of your product are "
                                                                          "transposed"))
    with suppress(ValueError):
        yield from kept(iter([y @ g if use.position == 0 else g @ _t(y)]), mistakes.FACTOR_TRANSPOSED,
                        tell("the factors of your product stand in the other order"))
    if len(set(shape[-2:])) == 1 and len(case.uses) > 1:
        yield _t(use.contribution), mistakes.TRANSPOSED, tell("what comes through {by} is transposed", by=by)
    assert case.one is not None
    for node in case.one.order:
        z = np.asarray(node._data)
        if not case.known(node) or node is other or node is use.by or z.ndim != y.ndim:
            continue
        for z_, form in ((z, ""), (_t(z), tell(", transposed,"))):
            if z_.shape == y.shape:
                yield from kept(times(g, z_), mistakes.NODE,
                                tell("you multiply what arrives at {by} by {called}{form} where {name} belongs",
                                     by=by, called=case.called(node), form=form, name=name))


def multipliers(case: ArrayCase, use: Use) -> Iterator[tuple[Any, Any, str]]:
    """What a product contributes where its other factor, probabilities or a mask, was written in another form."""
    if use.by.op.name != "mul":
        return
    other = use.by.inputs[1 - use.position]
    y, name, by = np.asarray(other._data), case.called(other), case.called(use.by)
    if not y.ndim or not y.shape == np.shape(use.node._data) == use.arriving.shape or (y < 0).any():
        return
    if abs(y.sum(-1) - 1).max(initial=0) < 1e-6 and y.max(initial=0) < 1:
        yield (use.arriving * (y == y.max(-1, keepdims=True)), mistakes.NODE, tell(
            "you multiply what arrives at {by} by 1 at the largest of {name} and 0 elsewhere, where {name} belongs",
            by=by, name=name))
    if len(kept := np.unique(y)) == 2 and kept[0] == 0:
        yield (use.arriving * (y == 0) * kept[1], mistakes.MASK, tell(
            "what arrives at {by} passes where {name} is 0", by=by, name=name))


def _of_vector(case: ArrayCase, use: Use, other: Node) -> Iterator[tuple[Any, Any, str]]:
    """What a vector that a matrix was multiplied by receives, with another node in the matrix's place."""
    assert case.one is not None
    for node in case.one.order:
        z = np.asarray(node._data)
        if case.known(node) and node is not other and z.shape == np.shape(other._data):
            yield ((use.arriving[..., None] * z).sum(tuple(range(z.ndim - 1))), mistakes.NODE,
                   tell("you multiply what arrives at {by} by {called}{form} where {name} belongs",
                        by=case.called(use.by), called=case.called(node), form="", name=case.called(other)))


def some_rows(case: ArrayCase, use: Use) -> Iterator[tuple[Any, Any, str]]:
    """What a step contributes where only the first, or the last, of the things that are added up is counted."""
    part, shape, by = np.asarray(raw(use)), np.shape(use.node._data), case.called(use.by)
    x = np.asarray(use.by.inputs[0]._data)
    if part.shape != shape and part.ndim >= len(shape):
        for axis in range(part.ndim):
            at = axis - part.ndim + len(shape)
            if part.shape[axis] > 1 and (at < 0 or shape[at] == 1):
                for j in (0, part.shape[axis] - 1):
                    yield (_summed_to(np.take(part, [j], axis), shape), mistakes.POSITION,
                           tell("only position {j} of axis {axis} of what arrives at {by} is counted", by=by, j=j,
                                axis=axis))
    elif use.by.op.name in ("matmul", "affine") and use.position == 1 and x.ndim == use.arriving.ndim > 1:
        for j in (0, len(x) - 1):
            one, two = np.atleast_2d(x[j]), np.atleast_2d(use.arriving[j])
            yield (_reduced(_t(one) @ two, shape), mistakes.POSITION,
                   tell("only position {j} of axis 0 of what arrives at {by} is counted", by=by, j=j))


def _summed_to(x: Any, shape: tuple[int, ...]) -> Any:
    x = _reduced(x, shape)
    return x.sum(tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


def _t(x: Any) -> Any:
    return x.swapaxes(-1, -2)


def _reduced(x: Any, shape: tuple[int, ...]) -> Any:
    return x.sum(tuple(range(x.ndim - len(shape)))) if x.ndim > len(shape) else x


# Factors that are nodes.

def factors(case: ArrayCase) -> Iterator[Suspicion]:
    """The answer is the gradient times a node, over a node, or with one node in the place of another."""
    m, g = case.m, case.g
    if case.one is None or g.size < 3:
        return
    for node in case.one.order if (m == 0).any() else ():
        z = np.asarray(node._data)
        given = node.op is None and not node.requires_grad
        if (case.known(node) or given) and case.fits(node, case.t) and z.ndim and \
                case.explains(np.where(z > 0, g, 0.0)):
            yield case.seen(mistakes.TOO_MANY, tell("your numbers are the right ones where {called} is above 0, and "
                                                    "0 elsewhere", called=case.called(node)))
    with np.errstate(all="ignore"):
        places = np.flatnonzero((g != 0) & np.isfinite(m) & (m != 0) & (abs(g) > 1e-9 * case.scale))[:_SAMPLE]
        if len(places) < 3:
            return
        ratio = m.ravel()[places] / g.ravel()[places]
    atoms = list(_atoms(case, places))
    logs = np.log(abs(ratio))
    if np.ptp(logs) < 1e-9:
        return                                      # by one number in every place: that is found elsewhere
    divisors = {case.called(x.inputs[1]) for x in case.one.order if x.op is not None and x.op.name == "div"}
    for x in (x for x in case.one.order if x.op is not None and x.op.name == "log"):    # whose derivative divides
        divisors |= {case.called(y) for y in (x.inputs[0], *(x.inputs[0].inputs if x.inputs[0].op is not None and
                                                             x.inputs[0].op.name == "index" else ()))}
    half = " " + tell("to the power ½")
    for powers in (((1, ""), (-1, "")), ((2, "²"), (-2, "²")), ((0.5, half), (-0.5, half))):
        for (whole, sample, words), (k, form) in product(atoms, powers):
            size = np.log(abs(sample))
            if np.allclose(logs, k * size, rtol=1e-6, atol=1e-6):
                for sign in (1.0, -1.0):
                    if case.explains(sign * g * whole ** (k if k != int(k) else int(k))):
                        minus = ", " + tell("with the other sign") if sign < 0 else ""
                        kind = mistakes.TOO_MANY if (k > 0) is (words not in divisors) else mistakes.FORGOTTEN
                        summed = all(use.by.op.name == "sum" for use in case.uses)
                        if (k == 2 and words in divisors) or (summed and words == case.called(case.t)):
                            kind = mistakes.FORMULA     # multiplied by, where it divides; or a sum's derivative, x
                        does = tell("the right ones times") if k > 0 else tell("the right ones over")
                        found = case.seen(kind, tell("your numbers are {does} {form}{minus}", does=does,
                                                     form=_form(words, form, k), minus=minus))
                        if sign > 0:
                            yield found
                        else:
                            case.later.append(found)        # a formula may say both in one
    for (whole, sample, words), k in product(atoms, (1, -1)):       # n in the place of a count that varies
        off = logs - k * np.log(abs(sample))
        number = np.exp(abs(off[0]))
        whole_ones = (sample == np.round(sample)).all() and np.allclose(number, np.round(number), rtol=1e-6)
        if np.ptp(off) < 1e-6 and whole_ones:
            part = np.round(number) ** np.sign(off[0])
            for sign in (1.0, -1.0):
                if case.explains(sign * g * part * whole ** k):
                    yield case.seen(mistakes.NODE, tell("your numbers come out with {called} where {right} belongs",
                                                        called=f"{number:.0f}", right=words))
    if not atoms:
        return
    table = np.log(abs(np.array([sample for _, sample, _ in atoms])))
    for i, (a, _, a_words) in enumerate(atoms):
        for j in np.flatnonzero(np.isclose(table[i] - table, logs, rtol=1e-6, atol=1e-6).all(1)):
            b, _, b_words = atoms[j]
            if i != j and a_words != b_words and case.explains(g * (a / b)):
                yield case.seen(mistakes.NODE, tell("your numbers are the right ones with {a_words} where {b_words} "
                                                    "belongs", a_words=a_words, b_words=b_words))
        for k in (0.5, 1.0, 1.5, 2.0, 3.0):         # ε: a and a + ε differ by a constant
            for j in np.flatnonzero(np.isclose(k * (table[i] - table), logs, rtol=1e-6, atol=1e-6).all(1)):
                b, _, b_words = atoms[j]
                off = np.asarray(a - b)
                if 0 < abs(off).max() < 0.1 and np.ptp(off) < 1e-9 and case.explains(g * (a / b) ** k):
                    yield case.seen(mistakes.EPSILON, tell("your numbers come out with {b_words}, without the "
                                                           "{small:g} that is added", b_words=b_words,
                                                           small=abs(float(off.max()))))


def _form(words: str, form: str, k: float) -> str:
    return f"{words}{form}" if abs(k) != 1 else words


def _atoms(case: ArrayCase, places: Any) -> Iterator[tuple[Any, Any, str]]:
    """Nodes and local derivatives that can be a factor of the gradient: all of it, its numbers at `places`, words."""
    assert case.one is not None
    shape = case.g.shape
    count = 0
    for node in sorted(case.one.order, key=lambda x: not case.known(x)):
        given = [(np.asarray(node._data, float), case.called(node))]
        if node.op is not None and node.op.arity == 1 and node.op.name in TABLE:
            slope = np.asarray(node.op.partials[0](node._data, node.inputs[0]._data), float)
            given.append((slope, tell("the derivative of `{node}`", node=case.known(node) or case.bare(node))))
        for x, words in given:
            try:
                sample = np.broadcast_to(x, shape)[np.unravel_index(places, shape)]
            except ValueError:
                continue
            if np.ptp(sample) == 0 or not np.isfinite(sample).all() or (sample == 0).any():
                continue
            count += 1
            if count > _ATOMS:
                return
            yield x, sample, words


# Numbers at the wrong places, or missing there.

def places(case: ArrayCase) -> Iterator[Suspicion]:
    """What stands at the wrong places, or at some of them only."""
    m, g = case.m, case.g
    if not case.agrees(m, g) and g.size > 1 and (m == np.trunc(m)).all() and (g != np.trunc(g)).any() and m.any() and \
            (case.agrees(m, np.trunc(g)) or case.agrees(m, np.round(g))):
        yield case.seen(mistakes.INTEGERS, tell("each of your numbers is whole: the right one without its decimals"))
    for axis in range(g.ndim):
        if case.explains(np.flip(g, axis)):
            yield case.seen(mistakes.REVERSED, tell("your numbers are the right ones, in reverse along axis {axis}",
                                                    axis=axis))
    if case.one is not None and len(np.unique(g)) > 2 and case.agrees(np.sort(m, None), np.sort(g, None)):
        moved = any(use.by.op.name in ("reshape", "permute") for use in case.search.near())
        yield case.seen(mistakes.ORDER if moved else mistakes.PLACES,
                        tell("your numbers are the right ones, all of them, at other places"))
    picks = any(use.by.op.name in ("index", "gather") for use in case.uses)
    if picks and g.ndim > 1 and case.agrees(np.sort(m, -1), np.sort(g, -1)):
        row = tuple(np.argwhere(case.wrong().any(-1))[0].tolist())
        yield case.seen(mistakes.LABELS, tell("in row {row} your number stands in column {got}, the right one in "
                                              "column {right}", row=", ".join(map(str, row)),
                                              got=int(abs(m[row]).argmax()), right=int(abs(g[row]).argmax())))


def looked_up(case: ArrayCase, use: Use) -> Iterator[tuple[Any, Any, str]]:
    """What a step contributes where numbers are looked up by their places, and only some counted, or their mean."""
    if use.by.op.name != "index":
        return
    by: Any = use.by                                # a Tensor
    key, name, a = by._saved[1], case.called(use.by), use.arriving
    shape = np.shape(use.node._data)
    last = np.zeros_like(use.contribution)
    last[key] = a
    if rows := np.count_nonzero((last != use.contribution).reshape(len(last), -1).any(1)):
        yield last, mistakes.OVERWRITTEN, tell("{rows} rows of {called} are looked up more than once, and hold only "
                                               "what came last", rows=rows, called=case.called(use.node))
    rest = case.g - use.contribution if use.node is case.t else case.g
    if use.node is case.t and not case.agrees(use.contribution, case.g):
        picked = np.zeros(shape, bool)
        picked[key] = True
        yield last - np.where(picked, rest, 0.0), mistakes.OVERWRITTEN, tell("at the places that {name} looks up, "
                                                                             "your numbers are what comes from there "
                                                                             "alone; what came before is gone",
                                                                             name=name)
        there = case.m[picked]
        if there.size > 1 and np.ptp(there) == 0:
            yield np.where(picked, there[0] - rest, 0.0), mistakes.OVERWRITTEN, tell(
                "all the places that {name} looks up hold {there:.4g}, and the others are right: something has to be "
                "added there", name=name, there=there[0])
    size = math.prod(shape)
    sources = np.arange(size).reshape(shape)[key]   # which entry each looked-up number is
    if sources.shape != a.shape:
        return
    for axis in range(a.ndim):
        for j in range(a.shape[axis]) if 1 < a.shape[axis] <= 8 else ():
            one = (slice(None),) * axis + (j,)
            part = np.bincount(sources[one].ravel(), a[one].ravel(), size).reshape(shape)
            yield part, mistakes.POSITION, tell("only position {j} of axis {axis} of {name} is counted", j=j,
                                                axis=axis, name=name)
            yield (use.contribution - part, mistakes.POSITION, tell("position {j} of axis {axis} of {name} is left "
                                                                    "out", j=j, axis=axis, name=name))
    counts = np.bincount(sources.ravel(), minlength=size).reshape(shape)
    if counts.max(initial=0) > 1:
        yield (use.contribution / np.maximum(counts, 1), mistakes.AVERAGED, tell(
            "at each place your number is the right one divided by how often the place is looked up "
            "(up to {max} times)",
            max=counts.max()))


def unpicked(case: ArrayCase) -> Iterator[Suspicion]:
    """`unmasked`, of what the forward pass picks places from: there it is the likeliest."""
    if any(use.by.op.name not in TABLE for use in case.uses):
        yield from unmasked(case)


def unmasked(case: ArrayCase) -> Iterator[Suspicion]:
    """What stands in places that should be 0, too; and what is 0 along some rows, and right in the others."""
    m, g = case.m, case.g
    wrong, none = case.wrong(), g == 0
    if none.any() and not none.all() and not (wrong & ~none).any() and 2 * np.count_nonzero(wrong) >= \
            np.count_nonzero(none) and _everywhere_alike(case, wrong | ~none):
        yield case.seen(mistakes.UNMASKED, tell("your numbers are right wherever the right ones are not 0; {wrong} "
                                                "places that must be 0 hold up to {most}",
                                                wrong=np.count_nonzero(wrong), most=most(m[wrong])))
    if not (m[wrong] == 0).all() or not (m[~wrong] != 0).any():
        return
    for axis in range(g.ndim):
        line = wrong.any(tuple(i for i in range(g.ndim) if i != axis))
        if line.any() and 2 * np.count_nonzero(line) <= len(line) and (m.compress(line, axis) == 0).all():
            left = np.flatnonzero(line).tolist()
            at = ", ".join(map(str, left[:6])) + (" …" if len(left) > 6 else "")
            yield case.seen(mistakes.UNFILLED, tell("your numbers are 0 along axis {axis} at {at}, and right at the "
                                                    "others", axis=axis, at=at))


def _everywhere_alike(case: ArrayCase, where: Any) -> bool:
    """Whether one rule gives the answer's numbers, `where` it has some: a number, what arrives, a node or over it."""
    m = case.m[where]
    near = 1e2 * case.relative
    rules = [np.ones(m.shape)]
    shaped = [x for use in case.uses for x in (use.arriving, use.contribution)]
    if case.one is not None:
        shaped += [np.asarray(x._data) for x in case.one.order]
        shaped += list(case.one.gradients.values())
    for x in shaped:
        for form in (x, x[..., None]):              # the same for each row, too
            with suppress(ValueError):
                rules.append(np.broadcast_to(form, case.m.shape)[where])
    for rule in rules:
        with np.errstate(all="ignore"):
            for ratio in (m / rule, m * rule):
                if np.isfinite(ratio).all() and np.ptp(ratio) <= near * abs(ratio).max():
                    return True
    return False


def masks(case: ArrayCase) -> Iterator[Suspicion]:
    """What passes at other places than in the forward pass."""
    for use in case.uses:
        a = use.arriving
        if len(case.uses) != 1 or a.shape != case.g.shape:
            continue
        if case.explains(np.maximum(a, 0)):
            yield case.seen(mistakes.RELU_OF, tell("your numbers are max(0, what arrives at {called})",
                                                   called=case.called(use.by)))
        with np.errstate(all="ignore"):
            right, mine = case.g / a, case.m / a
        ok = a != 0
        right, mine = right[ok], mine[ok]
        digits = 9 if case.relative < 1e-6 else 4
        right, mine = np.round(right, digits), np.round(mine, digits)
        values = np.unique(right)
        if len(values) != 2 or values[0] != 0 or not np.isin(mine, values).all():
            continue
        for node in case.one.order if case.one is not None else ():
            z = np.asarray(node._data)
            if case.known(node) and z.shape == case.g.shape and not (z > 0).all() and \
                    case.explains(np.where(z > 0, values[1] * a, 0.0)):
                yield case.seen(mistakes.NODE, tell("your numbers pass where {called} is above 0",
                                                    called=case.called(node)))
        opened, shut = int((mine > right).sum()), int((mine < right).sum())
        if ((mine == 0) != (right == 0)).all():
            yield case.seen(mistakes.MASK, tell("your numbers pass exactly where the right ones are 0, and the other "
                                                "way round"))
        elif opened and (mine != 0).all():
            yield case.seen(mistakes.UNMASKED, tell("all places pass; {opened} of them were shut", opened=opened))
        elif opened or shut:
            yield case.seen(mistakes.ANOTHER_MASK, tell("open where the forward pass shuts: {opened} places; shut "
                                                        "where it lets through: {shut}", opened=opened, shut=shut))
