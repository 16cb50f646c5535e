"""Kinds of mistakes that belong to certain layers: softmax, cross-entropy, products, masks, embeddings, reshapes.

Each takes the case and works out, from the graph, what the mistake would have given.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.core.graph import Node, Use
from autograd.core.op import TABLE
from autograd.learn import mistakes

if TYPE_CHECKING:
    from autograd.learn.shapes import ArrayCase
    from autograd.learn.suspicions import Suspicion

__all__ = ["cross_entropy", "factors", "masks", "places", "products", "softmax"]

_SAMPLE, _ATOMS = 64, 60                            # numbers looked at first; nodes tried as factors


# Softmax and what comes of it.

def softmax(case: ArrayCase) -> Iterator[Suspicion]:
    """Where the gradient is that of a softmax p of the node: what arrives at p, through another Jacobian."""
    if case.one is None or case.g.ndim == 0 or case.m.shape != case.g.shape:
        return
    for node in case.one.between(case.t):
        p = np.asarray(node._data)
        if p.shape != case.g.shape or not (p >= 0).all():
            continue
        for axis in range(p.ndim):
            if p.shape[axis] < 2 or abs(p.sum(axis) - 1).max(initial=0) > 1e-3:
                continue
            d = case.one.gradients[node]
            right = p * (d - (d * p).sum(axis, keepdims=True))
            scale = case.ratio(case.g, right)
            if scale is None or not case.agrees(scale * right, case.g):
                continue
            name, arrives = case.called(node), f"what arrives at {case.called(node)}"
            for part, words in _jacobians(p, d, right, axis):
                if case.explains(scale * part):
                    yield case.seen(mistakes.SOFTMAX, words.format(p=name, d=arrives))
            return


def _jacobians(p: Any, d: Any, right: Any, axis: int) -> Iterator[tuple[Any, str]]:
    """What another Jacobian would give, and the words for it."""
    along = (d * p).sum(axis, keepdims=True)
    yield p * (1 - p) * d, "you took its diagonal alone, {p}·(1 − {p}) times {d}"
    yield p * d, "{p} times {d}, without the sum over the row: its mean, weighted by {p}, has to be subtracted"
    yield -p * along, "you have the sum over the row alone; {p} times {d} itself is missing"
    yield p * (d + along), "the sum over the row is added; it has to be subtracted"
    for other in range(p.ndim):
        if other != axis:
            yield (p * (d - (d * p).sum(other, keepdims=True)),
                   f"the sum goes over axis {other}; the softmax is over axis {axis}")
    yield p * (d - (d * p).sum()), "the sum goes over everything; it has to stay within each row"
    yield p * (d - d.sum(axis, keepdims=True)), "in the sum over the row {d} is not weighted by {p}"
    yield p * (d - d.mean(axis, keepdims=True)), "in the sum over the row {d} is not weighted by {p}"
    yield d - along, "{p} in front is missing"
    yield p * d - along, "{p} stands before the first term alone, and not before the sum"
    yield p * (1 - d), "you have {p}·(1 − what arrives)"
    if len(set(p.shape)) == 1 and p.ndim > 1:
        yield p * (d - (d * p).sum(axis)), "the sum over the row lost its axis (keepdim), so it is subtracted along " \
                                           "the wrong one"
    yield p * np.ones_like(d), "your numbers are {p} itself, whatever arrives"
    yield p * (right - (right * p).sum(axis, keepdims=True)), "the Jacobian is applied twice"


def cross_entropy(case: ArrayCase) -> Iterator[Suspicion]:
    """Where the gradient is (p − y)·c, with p the softmax of the node, or its sigmoid."""
    x, m, g = np.asarray(case.t._data), case.m, case.g
    if x.ndim == 0 or m.shape != g.shape or not np.isfinite(x).all():
        return
    rows = max(1, x.size // x.shape[-1])
    scales = [(1.0 / rows, f" / {rows}" if rows > 1 else ""), (1.0, ""), (1.0 / x.size, f" / {x.size}")]
    tried = [("softmax", _soft(x, -1)), ("sigmoid", 1 / (1 + np.exp(-x)))]
    for name, p in tried:
        if name == "softmax" and (x.shape[-1] < 2 or abs(g.sum(-1)).max(initial=0) > 1e-3 * case.scale):
            continue
        for c, over in scales:
            y = p - g / c
            near = 1e-3 if case.relative > 1e-6 else 1e-7
            if ((y < -near) | (y > 1 + near)).any() or (name == "softmax" and abs(y.sum(-1) - 1).max() > near):
                continue
            hot = bool(((abs(y) < near) | (abs(y - 1) < near)).all())
            if hot:
                y = np.round(y)
            elif name == "sigmoid":                 # any gradient would do
                continue
            yield from _variants(case, x, p, y, c, f"{name}({case.name})", over, hot)
            return


def _soft(x: Any, axis: int) -> Any:
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def _variants(case: ArrayCase, x: Any, p: Any, y: Any, c: float, name: str, over: str,
              hot: bool) -> Iterator[Suspicion]:
    m, softened = case.m, name.startswith("softmax")
    tried = [(p, f"your numbers are {name}{over}: nothing is subtracted"),
             (p + y, f"your numbers are ({name} + y){over}: y has to be subtracted"),
             (-y, f"your numbers are −y{over}: {name} itself is missing"),
             (np.log(p) - y, f"your numbers are (log {name} − y){over}"),
             (np.exp(x) - y, f"your numbers are (exp({case.name}) − y){over}: the exponentials are not yet divided by "
                             "their sum"),
             (x - y, f"your numbers are ({case.name} − y){over}: the logits themselves in the place of {name}"),
             (p * (1 - p) * (p - y), f"your numbers are p·(1 − p)·(p − y){over} with p = {name}: the derivative of the "
                                     "last step is in p − y already"),
             (p * (p - y), f"your numbers are p·(p − y){over} with p = {name}"),
             (2 * (p - y), f"your numbers are 2·({name} − y){over}, as for squared errors")]
    if hot:
        tried.append((np.where(y > 0.5, -1.0, p),
                      f"your numbers are {name}{over}, but −1{over} at the right class: −1 is set there, where it had "
                      "to be subtracted"))
    if softened:
        tried += [(_soft(x, axis) - y, f"the softmax goes over axis {axis}; it belongs over the last")
                  for axis in range(x.ndim - 1)]
        tried += [(_soft(p, -1) - y, "the softmax is taken twice"),
                  (x / x.sum(-1, keepdims=True) - y, f"{case.name} is divided by its sum, without the exponential")]
    for part, words in tried:
        if case.explains(c * part):
            kind = mistakes.ONE_HOT if part is p else mistakes.CROSS
            yield case.seen(kind, words)
    for b in (c, 1.0, c / x.shape[-1]):
        for a in (c, 1.0):
            if (a, b) not in ((c, c), (1.0, 1.0)) and case.explains(a * p - b * y):
                yield case.seen(mistakes.CROSS, f"your numbers are {a:.3g}·{name} − {b:.3g}·y: the mean divides "
                                                "both by the same")
    if not softened or not case.agrees(m.sum(-1), 0 * m.sum(-1)):
        return
    for scale in dict.fromkeys((c, 1.0)):
        mine = p - m / scale
        near = 1e-3 if case.relative > 1e-6 else 1e-6
        if hot and (abs(mine - np.round(mine)) < near).all() and (np.round(mine).max(-1) == 1).all() \
                and (np.round(mine).min(-1) == 0).all():
            got, right = mine.argmax(-1), y.argmax(-1)
            wrong = np.argwhere(got != right)
            if len(wrong):
                first = tuple(wrong[0].tolist())
                at = f"row {first[0]}" if first else "it"
                yield case.seen(mistakes.LABELS, f"your label in {at} is {int(got[first])}, where it should be "
                                                 f"{int(right[first])}; {len(wrong)} of {right.size} labels are others")
        flat = y - 1.0 / y.shape[-1]
        e = case.ratio(y - mine, flat)
        if e is not None and 0 < e < 1 and case.explains(scale * (p - y + e * flat)):
            yield case.seen(mistakes.CROSS, f"your y is smoothed by {e:.3g}: {1 - e + e / y.shape[-1]:.3g} at the "
                                            f"right class and {e / y.shape[-1]:.3g} elsewhere")


# Products of matrices.

def products(case: ArrayCase) -> Iterator[Suspicion]:
    """A factor of a product transposed, or another node in its place."""
    if case.one is None:
        return
    inside = set(case.one.between(case.t))
    for use in case.steps():
        if use.by.op.name not in ("matmul", "affine") or use.position > 1:
            continue
        other = use.by.inputs[1 - use.position]
        for part, kind, words in _products(case, use, other):
            if case.out_of_time():
                return
            if part.shape != np.shape(use.node._data):
                continue
            change = case.one.carried(use.node, part - use.contribution, case.t, inside)
            if change is not None and case.explains(case.g + change):
                yield case.seen(kind, words)


def _products(case: ArrayCase, use: Use, other: Node) -> Iterator[tuple[Any, Any, str]]:
    g, y = use.arriving, np.asarray(other._data)
    if g.ndim < 2 or y.ndim < 2:
        return
    by, name = case.called(use.by), case.called(other)

    def product(g: Any, y: Any) -> Iterator[Any]:
        try:
            yield g @ _t(y) if use.position == 0 else _t(y) @ g
        except ValueError:
            return

    def kept(parts: Iterator[Any], kind: Any, words: str) -> Iterator[tuple[Any, Any, str]]:
        for part in parts:
            yield _reduced(part, np.shape(use.node._data)), kind, words

    yield from kept(product(g, _t(y)), mistakes.FACTOR_TRANSPOSED, f"{name} stands in your product as it does on the "
                                                                  "way forward; on the way back it is transposed")
    yield from kept(product(_t(g), y), mistakes.FACTOR_TRANSPOSED, f"what arrives at {by} stands transposed in your "
                                                                  "product")
    yield from kept(product(_t(g), _t(y)), mistakes.FACTOR_TRANSPOSED, "both factors of your product are transposed")
    with suppress(ValueError):
        yield _reduced(y @ g if use.position == 0 else g @ _t(y), np.shape(use.node._data)), \
            mistakes.FACTOR_TRANSPOSED, "the factors of your product stand in the other order"
    assert case.one is not None
    for node in case.one.order:
        z = np.asarray(node._data)
        if not case.known(node) or node is other or node is use.by or z.ndim != y.ndim:
            continue
        for z_, form in ((z, ""), (_t(z), ", transposed,")):
            if z_.shape == y.shape:
                yield from kept(product(g, z_), mistakes.NODE,
                                f"you multiply what arrives at {by} by {case.called(node)}{form} where {name} belongs")


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
    with np.errstate(all="ignore"):
        places = np.flatnonzero((g != 0) & np.isfinite(m) & (m != 0) & (abs(g) > 1e-9 * case.scale))[:_SAMPLE]
        if len(places) < 3:
            return
        ratio = m.ravel()[places] / g.ravel()[places]
    atoms = list(_atoms(case, places))
    logs = np.log(abs(ratio))
    for whole, sample, words in atoms:
        size = np.log(abs(sample))
        for k, form in ((1, ""), (2, "²"), (0.5, " to the power ½"), (-1, ""), (-2, "²"), (-0.5, " to the power ½")):
            if np.allclose(logs, k * size, rtol=1e-6, atol=1e-6):
                for sign in (1.0, -1.0):
                    if case.explains(sign * g * whole ** (k if k != int(k) else int(k))):
                        minus = ", with the other sign" if sign < 0 else ""
                        kind = mistakes.TOO_MANY if k > 0 else mistakes.FORGOTTEN
                        does = "the right ones times" if k > 0 else "the right ones without the factor"
                        yield case.seen(kind, f"your numbers are {does} {_form(words, form, k)}{minus}")
    if not atoms:
        return
    table = np.log(abs(np.array([sample for _, sample, _ in atoms])))
    for i, (a, _, a_words) in enumerate(atoms):
        for j in np.flatnonzero(np.isclose(table[i] - table, logs, rtol=1e-6, atol=1e-6).all(1)):
            b, _, b_words = atoms[j]
            if i != j and case.explains(g * (a / b)):
                yield case.seen(mistakes.NODE, f"your numbers are the right ones with {a_words} where {b_words} "
                                                "belongs")
        for k in (0.5, 1.0, 1.5, 2.0, 3.0):         # ε: a and a + ε differ by a constant
            for j in np.flatnonzero(np.isclose(k * (table[i] - table), logs, rtol=1e-6, atol=1e-6).all(1)):
                b, _, b_words = atoms[j]
                off = np.asarray(a - b)
                if 0 < abs(off).max() < 0.1 and np.ptp(off) < 1e-9 and case.explains(g * (a / b) ** k):
                    yield case.seen(mistakes.EPSILON, f"your numbers come out with {b_words}, without the "
                                                      f"{abs(float(off.max())):g} that is added")


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
            given.append((slope, f"the derivative of {case.called(node)}"))
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
    m, g = case.m, case.g
    if not case.agrees(m, g) and g.size > 1 and (m == np.trunc(m)).all() and (g != np.trunc(g)).any() and m.any() and \
            (case.agrees(m, np.trunc(g)) or case.agrees(m, np.round(g))):
        yield case.seen(mistakes.INTEGERS, "every number of yours is whole, and is the right one, cut")
    for use in case.uses:
        if use.by.op.name == "reshape" and len(case.uses) == 1 and m.shape == g.shape and \
                case.agrees(np.sort(m, None), np.sort(g, None)):
            yield case.seen(mistakes.ORDER, "your numbers are the right ones, all of them, at other places")
        by: Any = use.by                            # a Tensor
        key = by._saved[1] if by.op.name == "index" else None
        if type(key) is not np.ndarray or key.dtype.kind != "i":
            continue
        rest = g - use.contribution
        if key.ndim > 1:
            for j in range(key.shape[-1]):
                for kept, words in (((..., j), f"only position {j} of {case.called(use.by)} is counted"),
                                    ((..., [i for i in range(key.shape[-1]) if i != j]),
                                     f"position {j} of {case.called(use.by)} is left out")):
                    part = np.zeros_like(g)
                    np.add.at(part, key[kept], use.arriving[(*kept, *[slice(None)] * (use.arriving.ndim - key.ndim))])
                    if case.explains(rest + part):
                        yield case.seen(mistakes.POSITION, words)
        counts = np.bincount(key.ravel() % len(g), minlength=len(g)).reshape(-1, *[1] * (g.ndim - 1))
        if case.explains(rest + use.contribution / np.maximum(counts, 1)):
            yield case.seen(mistakes.AVERAGED, f"row by row your numbers are the right ones over how often the row is "
                                               f"looked up (up to {counts.max()} times)")


def masks(case: ArrayCase) -> Iterator[Suspicion]:
    """What passes at other places than in the forward pass."""
    for use in case.uses:
        a = use.arriving
        if len(case.uses) != 1 or a.shape != case.g.shape:
            continue
        if case.explains(np.maximum(a, 0)):
            yield case.seen(mistakes.RELU_OF, f"your numbers are max(0, what arrives at {case.called(use.by)})")
        with np.errstate(all="ignore"):
            right, mine = case.g / a, case.m / a
        ok = a != 0
        right, mine = right[ok], mine[ok]
        values = np.unique(np.round(right, 9))
        if len(values) != 2 or values[0] != 0 or not np.isin(np.round(mine, 9), values).all():
            continue
        opened, shut = int((mine > right).sum()), int((mine < right).sum())
        if ((mine == 0) != (right == 0)).all():
            yield case.seen(mistakes.MASK, "your numbers pass exactly where the right ones are 0, and the other way "
                                           "round")
        elif opened or shut:
            yield case.seen(mistakes.ANOTHER_MASK, f"{opened} places pass that were shut, {shut} are shut that passed")
