"""The mistakes that only arrays allow: shapes, axes, rows, maxima, factors that are a count of something."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.arrays.steps import fitted
from autograd.arrays.tensor import as_array, last_pass
from autograd.core.graph import Node, Use
from autograd.learn import kinds, mistakes
from autograd.learn.alike import Numbers, close, finite_part, largest, most, shaken, shape_of
from autograd.learn.contributions import pull, raw
from autograd.learn.languages import tell
from autograd.learn.mistakes import Mistake
from autograd.learn.suspicions import BUDGET, Case, Suspicion

if TYPE_CHECKING:
    from autograd.arrays.convert import Array

__all__ = ["ArrayCase", "array_of", "last_root"]

# Kinds that are asked of one use at a time.
_OF_USES = ("looked_up", "multipliers", "pieces", "pooled", "products", "some_rows")
_LOWER = ((np.float32, 2e-5, 5e-6, 2.0 ** -23), (np.float16, 4e-3, 1e-3, 2.0 ** -11))
# By the bytes of a number: what `Case` calls relative, absolute, step and steps. Under 1 stands bfloat16, which keeps
# three bits fewer than float16. Where a step is large few are granted, or a factor of 1.2 would pass.
_TOLERANCE = {8: (1e-9, 1e-12, 2.0 ** -50, 30), 4: (1e-4, 1e-5, 2.0 ** -21, 30), 2: (3e-2, 3e-3, 2.0 ** -11, 4),
              1: (3e-2, 3e-3, 2.0 ** -8, 2)}


def array_of(numbers: object) -> Array:
    """What was given as a gradient, as an array; a TypeError that says what is wrong otherwise."""
    return np.asarray(as_array(numbers))


def last_root() -> Any:
    """Where the last backward pass of Tensors began, if that still lives."""
    return last_pass.root()


class ArrayCase(Case):
    """A wrong answer that is an array, or whose truth is one."""

    def tolerate(self) -> None:
        width = min(x.dtype.itemsize if x.dtype.kind == "f" else 8 for x in (self.m, self.g))
        width = 1 if self.coarse else width
        self.relative, self.absolute, self.step, self.steps = _TOLERANCE.get(width, _TOLERANCE[8])

    def tolerate_fewer_bits(self) -> None:
        m, width = self.m, 8
        for dtype, fewer in ((np.float32, 4), (np.float16, 2)):
            if (m == m.astype(dtype)).all():
                width = fewer
        if (np.frexp(m)[0] * 64 % 1).any():         # else they are simple numbers, and exact
            self.relative, self.absolute = max((self.relative, self.absolute), _TOLERANCE[width][:2])

    def forgiven(self) -> str:
        if self.m.shape != self.g.shape:
            return ""
        return super().forgiven() or self.in_lower_precision()

    def in_lower_precision(self) -> str:
        """Whether the numbers are those of a computation in fewer bits than the array has."""
        m, g = self.m, self.g
        for dtype, relative, absolute, step in _LOWER:
            if dtype().itemsize < min(m.dtype.itemsize, g.dtype.itemsize) and m.any() and (
                    m == m.astype(dtype)).all():
                near = absolute * self.scale + 2 * float(np.finfo(dtype).smallest_subnormal)
                if close(m, g, relative, near) or (self.one is not None and self.within_noise(relative, near, step, 4)):
                    return (tell("right to half precision") if dtype is np.float16 else
                            tell("right to single precision"))
        return ""

    def rounded(self, x: Any, g: Any, step: float, seed: int) -> Any:
        if step < 1e-12:
            return x.contributions(g)
        inputs, saved = x.inputs, x._saved
        out, *rounded = (y if y.dtype.kind != "f" else shaken(y, step, seed + i, y) for i, y in enumerate(
            (np.asarray(x._data), *map(np.asarray, saved[:len(inputs)]))))
        parts = x.op.pulled([y.requires_grad for y in inputs], g, out, rounded, saved[len(inputs):])
        return [part if part is None else fitted(np.asarray(part), y._data) for y, part in zip(inputs, parts)]

    def nearly(self, relative: float = 2e-6) -> bool:
        """Whether an answer that shows no mistake is right to about single precision."""
        return self.m.shape == self.g.shape and close(self.m, self.g, relative, relative * largest(finite_part(self.g)))

    def at_a_kink(self) -> str:
        wrong = self.wrong()
        for use in self.uses:
            rest, a, name = self.m - (self.g - use.contribution), use.arriving, use.by.op.name
            if use.by.op.kink is not None and a.shape == rest.shape:
                ends = [end * a for end in use.by.op.kink]
                slack = self.allowed()
                within = (rest >= np.minimum(*ends) - slack) & (rest <= np.maximum(*ends) + slack)
                if (within & np.broadcast_to(self.kinked(use), a.shape))[wrong].all():
                    return self.kink_words(use)
            elif name in ("max_all", "max_along"):
                by: Any = use.by                    # a Tensor
                x = np.asarray(self.t._data)
                dims = tuple(range(x.ndim)) if name == "max_all" else (by._saved[2],)
                tied = x == x.max(dims, keepdims=True)
                total = use.contribution.sum(dims, keepdims=True)
                same = abs(rest.sum(dims, keepdims=True) - total) <= self.relative * abs(total) + \
                    self.absolute * self.scale
                if same.all() and tied[wrong].all() and (rest * total >= 0)[wrong].all():
                    return tell("differs from the engine's only where several are the largest; any split among them is "
                                "right")
        return ""

    def size(self, use: Use) -> float:
        part = abs(np.asarray(raw(use)))
        shape = np.broadcast_shapes(part.shape, np.shape(use.node._data))       # a constant slope may be one number
        return largest(fitted(np.broadcast_to(part, shape), np.asarray(use.node._data)) if part.ndim else part)

    def agrees(self, a: Numbers, b: Numbers) -> bool:
        return np.shape(a) == np.shape(b) and close(a, b, self.relative, self.absolute * self.scale)

    def form(self, node: Node) -> str:
        return " " + tell("of shape {shape}", shape=shape_of(node._data)) if node.kind else ""

    def count_infinite(self) -> tuple[int, int]:
        return int(np.count_nonzero(~np.isfinite(self.m))), self.m.size

    def finders(self) -> list[Callable[[], Iterator[Suspicion]]]:
        if self.m.shape != self.g.shape:
            return [self.another_shape]
        here = {name: partial(getattr(kinds, name), self) for name in kinds.__all__ if name not in _OF_USES}
        doubled = [] if self.halved() else [self.doubled]
        return [self.signs_and_zeros, *doubled, self.left_out_or_counted_twice, self.looked_up, self.one_hot_forgotten,
                here["softmax"], here["cross_entropy"], partial(kinds.softmax, self, everywhere=True),
                self.constant_factor, self.transposed,
                here["unpicked"], self.half_of_the_chain_rule, self.wrong_axis, self.another_variable,
                self.products, here["places"], self.multiplied, self.further_on,
                here["normalized"], here["masks"], here["unmasked"], self.maximum, self.another_formula,
                self.itself, here["within"], here["factors"], self.formula_from_elsewhere, here["another_loss"],
                self.odd_factor, self.two_at_once, self.further_formula, self.infinite]

    def looked_up(self) -> Iterator[Suspicion]:
        """Rows that are looked up: the last one alone, only some, their mean."""
        if self.one is not None:
            yield from self.search.along(self.search.near(), [partial(kinds.looked_up, self)], BUDGET)

    def products(self) -> Iterator[Suspicion]:
        """A factor of a product transposed, or another node in its place."""
        if self.one is not None:
            finders = (kinds.products, kinds.multipliers, kinds.some_rows, kinds.pooled, kinds.pieces)
            yield from self.search.along(self.search.near(), [partial(kind, self) for kind in finders], BUDGET)

    def unknown(self) -> Suspicion:
        return self.off() if self.m.shape == self.g.shape else self.seen(
            mistakes.SHAPE, tell("got the shape {shape}, expected {wanted}", shape=self.m.shape, wanted=self.g.shape))

    def another_shape(self) -> Iterator[Suspicion]:
        m, g = self.m, self.g
        got = tell("got the shape {shape}, expected {wanted}", shape=m.shape, wanted=g.shape)
        if m.ndim == 2 and self.agrees(m.T, g):
            yield self.seen(mistakes.TRANSPOSED, tell("{got}; your numbers transposed are right", got=got))
        if m.size == g.size and self.agrees(m.reshape(g.shape), g):
            yield self.seen(mistakes.SHAPE, tell("{got}; the numbers are right", got=got))
        arriving = [(use.by, np.asarray(raw(use))) for use in self.uses]
        for by, part in arriving:
            if self.agrees(m, part):
                yield self.seen(mistakes.NOT_SUMMED, tell("got the shape {shape}, that of {called}, expected "
                                                          "{wanted}; summed to that your numbers are right",
                                                          shape=m.shape, called=self.called(by), wanted=g.shape))
        if m.size > g.size and (self.agrees(_summed(m, g.shape), g) or any(
                part.size == g.size and self.agrees(part.reshape(g.shape), g)
                for part in (m.sum(axes) for axes in _axes(m.ndim)))):
            yield self.seen(mistakes.NOT_SUMMED, tell("{got}; summed to that shape your numbers are right", got=got))
        spread = [m, *(np.expand_dims(m, axis) for axis in range(1, g.ndim) if m.ndim + 1 == g.ndim)]
        if any(self.agrees(_spread(x, g.shape), g) for x in spread):
            yield self.seen(mistakes.SHAPE, tell("{got}; repeated to that shape your numbers are right", got=got))
        repeated = any(part.size > g.size for _, part in arriving)      # then there was something to sum
        for find in (self.over_another_axis, self.passed_through) if repeated else (self.passed_through,
                                                                                     self.over_another_axis):
            yield from find(got)
        for use in self.uses if m.any() else ():
            try:
                local = pull(use.by, use.position, use.by.filled(1.0))
                local = self.agrees(np.broadcast_to(m, g.shape), local)
            except ValueError:
                continue
            if local:
                called = self.called(use.by)
                yield self.seen(mistakes.UPSTREAM, tell("{got}; your numbers are {slope}, as if what arrives at "
                                                        "{called} were 1", got=got, slope=self.slope(use.by),
                                                        called=called), called)
        for axes in _axes(g.ndim):
            if self.agrees(m.ravel(), g.sum(axes).ravel()):
                yield self.seen(mistakes.AXIS, tell("{got}; yours is the right gradient summed over axis {listed} as "
                                                    "well", got=got, listed=_listed(axes)))
        yield from self.another_variable(nameless=False)

    def passed_through(self, got: str) -> Iterator[Suspicion]:
        """The gradient of a node further on, in its own shape."""
        one = self.one
        for node in one.between(self.t) if one is not None else []:
            if one is not None and self.m.shape != () and self.known(node) and self.agrees(self.m, one.gradients[node]):
                called = self.called(node)
                yield self.seen(mistakes.LOCAL, tell("{got}; the gradient of {called} is passed straight through to "
                                                     "`{name}`", got=got, called=called, name=self.name), called)

    def over_another_axis(self, got: str) -> Iterator[Suspicion]:
        """What arrives, summed over other axes than those of which there are too many."""
        for part in (np.asarray(raw(use)) for use in self.uses):
            for axes in _axes(part.ndim):
                if self.agrees(self.m.ravel(), part.sum(axes).ravel()):
                    yield self.seen(mistakes.AXIS, tell("{got}; what arrives has shape {shape}, and yours is its sum "
                                                        "over axis {listed}", got=got, shape=part.shape,
                                                        listed=_listed(axes)))

    def one_hot_forgotten(self) -> Iterator[Suspicion]:
        x = np.asarray(self.t._data)
        if x.ndim == 0 or x.shape[-1] < 2:
            return
        p = np.exp(x - x.max(-1, keepdims=True))
        p /= p.sum(-1, keepdims=True)
        n = max(1, x.size // x.shape[-1])
        one_hot = p - self.g * n
        if largest(one_hot.sum(-1) - 1) < 1e-3 and one_hot.min() > -1e-3 and one_hot.max() < 1.001:
            for scale, words in ((1.0 / n, f"softmax({self.name}) / {n}"), (1.0, f"softmax({self.name})")):
                if self.explains(p * scale):
                    yield self.seen(mistakes.ONE_HOT, tell("your numbers are {words}, in every place; the right ones "
                                                           "differ in one place of each row", words=words))

    def constant_factor(self) -> Iterator[Suspicion]:
        ratio = self.ratio(self.m, self.g)
        if self.second or ratio is None or abs(ratio + 1) < 1e-3 * self.relative or not self.explains(self.g * ratio):
            return
        named, halved = False, self.halved()
        for use in self.search.near() if self.one is not None else ():
            mask = use.by.inputs[1 - use.position]._data if use.by.op.name == "mul" else np.zeros(())
            kept = np.unique(mask[mask != 0]) if np.ndim(mask) and (mask == 0).any() else np.zeros(0)
            if len(kept) == 1 and self.equal(ratio, float(kept[0])):        # then it makes no difference where it is 0
                yield self.seen(mistakes.TOO_MANY, tell("your numbers are {does} {form}{minus}", minus="",
                                                        does=tell("the right ones times"),
                                                        form=self.called(use.by.inputs[1 - use.position])))
        for mistake, words in self.named_factors(ratio):
            named = True
            yield self.seen(mistake, tell("your numbers are {words} times the right ones", words=words))
        if not named and self.g.size > 1 and _is_plain(ratio) is not self.odd:
            counts = _counts([self.t, *(use.by for use in self.uses)]) | set(range(2, 21))
            near = [(n, r) for n in counts if math.isqrt(n) ** 2 != n for r in (n ** 0.5, n ** -0.5)
                    if abs(ratio - r) <= 10 * self.relative * r]
            root = f" ({'' if near[0][1] > 1 else '1/'}√{near[0][0]})" if near else ""
            yield self.seen(mistakes.CONSTANT, tell("your numbers are {ratio:.6g}{root} times the right ones",
                                                    ratio=ratio, root=root))

        if halved:
            yield from self.doubled()

    odd = False

    def odd_factor(self) -> Iterator[Suspicion]:
        """A factor that tells no more than that, of all numbers or of one path."""
        yield from self.later
        yield from super().odd_factor()
        self.odd = True
        yield from self.constant_factor()
        self.odd = False

    def halved(self) -> bool:
        near = [use.by for use in self.search.near()] if self.one is not None else []
        counts = _counts([self.t, *near])
        two = any(node.op.name == "cross_entropy" and np.size(node.inputs[0]._data) == 2 * np.shape(
            node.inputs[0]._data)[-1] for node in self.on_every_path)           # their mean divides by 2
        numbers = self.numbers([*near, *self._behind(self.t)])
        return super().halved() or two or any(x % 2 == 0 and x / 2 in counts for x in numbers)

    def ratio(self, a: Numbers, b: Numbers) -> float | None:
        ratio = float(np.vdot(b, a) / np.vdot(b, b)) if np.any(b) else np.nan
        return ratio if np.isfinite(ratio) and abs(ratio) > 1e-9 else None

    def telling(self, ratio: float) -> bool:
        return True

    def factor(self, ratio: float) -> tuple[Mistake, str] | None:
        named = next(self.named_factors(ratio), None)
        return (mistakes.CONSTANT, f"{ratio:.6g}") if named is None and self.g.size > 2 and _is_plain(ratio) else named

    def named_factors(self, ratio: float) -> Iterator[tuple[Mistake, str]]:
        """What a ratio may be, with the mistake and words: counts of something in the graph, or numbers in it."""
        equal = partial(self.equal, ratio)

        near = _counts([self.t, *(use.by for use in self.uses)])
        order = self.one.order if self.one else []
        counts = sorted(near | _counts(order), key=lambda n: (n not in near, n))
        divisors = [y for x in self.numbers(order) for y in (x, 1 / x)]     # of a variance
        for n in counts:
            for value, words in ((n, f"{n}"), (1 / n, f"1/{n}")):
                if equal(value):
                    yield mistakes.FACTOR_MISSING if value > 1 else mistakes.FACTOR_EXTRA, words
            if n > 2 and (equal(n / (n - 1)) or equal((n - 1) / n)) and any(
                    abs(x - k) < 1e-9 * k for x in divisors for k in (n, n - 1)):
                yield mistakes.BESSEL, f"{n}/{n - 1}" if ratio > 1 else f"{n - 1}/{n}"
        yield from super().named_factors(ratio)
        for n, k in combinations(sorted(near), 2):
            for value, words in ((n * k, f"{n * k} ({n}·{k})"), (1 / (n * k), f"1/{n * k} (1/({n}·{k}))"),
                                 (n / k, f"{n}/{k}"), (k / n, f"{k}/{n}")):
                if equal(value):
                    yield mistakes.FACTOR_MISSING if value > 1 else mistakes.FACTOR_EXTRA, words
        for value, words in ((math.log(2), "ln 2"), (math.log(10), "ln 10")):
            if equal(value) or equal(1 / value):
                yield mistakes.CONSTANT, words if equal(value) else f"1/{words}"

    def wrong_axis(self) -> Iterator[Suspicion]:
        g = self.g
        for use in self.uses:
            part, arriving, rest = np.asarray(raw(use)), use.arriving, g - use.contribution
            for axes in _axes(part.ndim):
                if len(axes) < part.ndim or part.ndim == 1:
                    other = part.sum(axes)
                    if other.size == g.size and part.shape != g.shape and self.explains(rest + other.reshape(g.shape)):
                        yield self.seen(mistakes.AXIS, tell("what arrives has shape {shape}; yours is its sum over "
                                                            "axis {listed}", shape=part.shape, listed=_listed(axes)))
            if arriving.ndim == 1 and g.ndim == 2 and arriving.size == g.shape[0] == g.shape[1]:
                for spread in (arriving[:, None], arriving[None, :]):
                    if self.explains(rest + np.broadcast_to(spread, g.shape)):
                        yield self.seen(mistakes.AXIS, tell("the gradient of {called}, of shape {shape}, is spread "
                                                            "along the wrong axis", called=self.called(use.by),
                                                            shape=arriving.shape))

    def transposed(self) -> Iterator[Suspicion]:
        if self.m.ndim >= 2 and self.agrees(self.m.swapaxes(-1, -2), self.g):
            yield self.seen(mistakes.TRANSPOSED, tell("your numbers transposed are right"))

    def in_shape(self, arriving: Array) -> Iterator[Array]:
        """What arrives, broadcast or summed to the gradient's shape, if it can be."""
        shape = self.g.shape
        summed = _summed(arriving, shape)
        if summed.shape == shape:
            yield summed
            return
        try:
            yield np.broadcast_to(arriving, shape)
        except ValueError:
            return

    def usual_factors(self) -> Iterator[float]:
        if self.g.size > 3 and self.m.shape == self.g.shape:
            rows = float(len(self.g))
            yield from dict.fromkeys((-1.0, 2.0, 0.5, rows, 1 / rows, float(self.g.size), 1 / self.g.size))

    def contribution(self, use: Use, slope: Any) -> Any:
        try:
            return fitted(np.asarray(slope * use.arriving), np.asarray(use.node._data))
        except ValueError:
            return None

    def less(self, a: Any, b: Any) -> Any:
        return np.asarray(a - b)

    def fits(self, node: Node, by: Node) -> bool:
        shape, whole = np.shape(node._data), np.shape(by._data)
        return len(shape) <= len(whole) and all(n in (1, m) for n, m in zip(shape[::-1], whole[::-1]))

    def maximum(self) -> Iterator[Suspicion]:
        x = np.asarray(self.t._data)
        if self.one is None or x.ndim == 0 or x.shape[-1] < 3 or not any(
                use.by.op.name in ("max_along", "max_all") for use in self.search.near()):
            return
        wrong = self.wrong()
        at_maximum = x == x.max(-1, keepdims=True)
        rows = np.count_nonzero(wrong.reshape(-1, x.shape[-1]).any(1))
        if rows > 1 and not (wrong & ~at_maximum).any():
            yield self.seen(mistakes.MAXIMUM, tell("right everywhere except at the largest number of {rows} rows; "
                                                   "there it is off by up to {most}", rows=rows,
                                                   most=most(self.m - self.g)))

    def wrong(self) -> Any:
        """Where the answer is off by more than rounding."""
        same = (self.m == self.g) | (np.isnan(self.m) & np.isnan(self.g))
        return ~(same | (np.isfinite(self.g) & (abs(self.m - self.g) <= self.allowed())))

    def allowed(self) -> Array:
        """How far each number may be off by rounding."""
        allowed: Array = self.relative * abs(self.g) + self.absolute * self.scale
        return allowed

    def off(self) -> Suspicion:
        """Where it is off, and by how much."""
        error = np.asarray(abs(self.m - self.g))
        worst = np.unravel_index(int(np.argmax(np.nan_to_num(error, nan=np.inf))), error.shape)
        wrong = self.wrong()
        count = np.count_nonzero(wrong)
        where = tell("at [{place}]", place=", ".join(str(int(i)) for i in worst)) if worst else tell("here")
        evidence = (tell("{count} of {size} entries are off; the largest error is {where}: got {m:.6g}, expected "
                         "{g:.6g}, off by {error:.3g}", count=count, size=error.size, where=where, m=self.m[worst],
                         g=self.g[worst], error=error[worst]))
        rows = set(np.nonzero(wrong)[0].tolist()) if worst else set()
        if len(rows) == 1 and error.shape[0] > 1 and count > 1:
            evidence += "; " + tell("all of them in row {row}", row=rows.pop())
        return self.seen(mistakes.UNKNOWN, evidence + self.implied(worst))


def _is_plain(ratio: float) -> bool:
    """Whether it is a number that one may write: a fraction of small numbers, or the root of one."""
    for x in (abs(ratio), ratio ** 2):
        near = Fraction(x).limit_denominator(20)
        if abs(x - near) <= 1e-7 * x and 0 < near.numerator <= 100:
            return True
    return False


def _counts(nodes: list[Node]) -> set[int]:
    """The lengths and sizes of the nodes' arrays, above 1."""
    return {n for node in nodes for n in (*np.shape(node._data), np.size(node._data)) if n > 1}


def _summed(x: Array, shape: tuple[int, ...]) -> Array:
    """x summed to a shape it was broadcast from; itself where it wasn't."""
    try:
        fits = np.broadcast_shapes(x.shape, shape) == x.shape
    except ValueError:
        return x
    return fitted(x, np.empty(shape, x.dtype)) if fits else x


def _spread(x: Array, shape: tuple[int, ...]) -> Array:
    """x broadcast to a shape; itself where it can't be."""
    try:
        return np.broadcast_to(x, shape)
    except ValueError:
        return x


def _axes(ndim: int) -> list[tuple[int, ...]]:
    """All the sets of axes one could sum over."""
    return [axes for n in range(1, ndim + 1) for axes in combinations(range(ndim), n)] if ndim <= 4 else []


def _listed(axes: tuple[int, ...]) -> str:
    return f" {tell('and')} ".join(map(str, axes))
