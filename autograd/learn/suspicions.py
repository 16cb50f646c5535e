"""What may be wrong with a gradient: each usual mistake is worked out, and held against the answer.

Here stand the mistakes one can make with a number; those that only arrays allow stand in `shapes`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

from autograd.core.graph import Node, Use
from autograd.core.op import TABLE
from autograd.core.ops import PowerBy
from autograd.learn import mistakes
from autograd.learn.alike import Numbers, close, finite, largest, shaken, shape_of, silence, some
from autograd.learn.contributions import Pass, pull
from autograd.learn.formulas import NAMES, OTHER, evaluated, formulas, right_formula, worded
from autograd.learn.mistakes import Mistake

if TYPE_CHECKING:
    from autograd.arrays.convert import Array

__all__ = ["KINKS", "Case", "Suspicion", "most"]

_busy = getattr(time, "thread_time", time.perf_counter)         # a browser's Python can't tell a thread's own time
_DEEPEST = 400                                      # nodes: beyond, only direct uses are looked at
_FACTORS = (mistakes.SIGN, mistakes.DOUBLED, mistakes.TWICE, mistakes.CONSTANT, mistakes.FACTOR_MISSING,
            mistakes.FACTOR_EXTRA, mistakes.BESSEL, mistakes.ZEROS)
_SEARCH, _STEPS = 0.02, 12                          # for formulas: how many seconds, and how many nameless nodes deep
_NODES = 40                                         # how many are tried in the place of another
_BUDGET = 1.0                                       # seconds for all of a diagnosis

Suspicion = tuple[Mistake, str, str]                # the mistake; what shows it, in numbers; the hint, filled in


# Where an op has a kink, and from where to where its derivative jumps there.
KINKS: dict[str, tuple[Callable[..., Any], float, float]] = {
    "relu": (lambda x: x == 0, 0.0, 1.0), "abs": (lambda x: x == 0, -1.0, 1.0),
    "maximum": (lambda x, y: x == y, 0.0, 1.0), "minimum": (lambda x, y: x == y, 0.0, 1.0)}


class Case:
    """A wrong answer m for the gradient g of t, and what is known of t's part in the graph.

    Where `one`, the backward pass, is not known, only m and g are compared.
    """

    # How far rounding may take an answer: relative to the number itself, and to the largest that went into its sum.
    relative, absolute = 1e-9, 1e-12

    def __init__(self, m: Any, t: Node, g: Any, one: Pass | None, names: Mapping[int, str], name: str,
                 coarse: bool = False) -> None:
        self.m, self.t, self.g, self.one, self.names = m, t, g, one, names
        self.coarse = coarse                        # whether the answer's numbers have only some eight bits
        self.uses = one.uses.get(t, []) if one is not None else []
        self.name = name or self.known(t) or "?"
        self.stop = time.perf_counter() + _BUDGET
        self.tolerate()
        # What cancels in a sum leaves rounding of the size of its terms.
        sizes = [largest(g), *map(self.size, self.uses)]
        self.scale = max([size for size in sizes if math.isfinite(size)], default=0.0)

    def tolerate(self) -> None:
        """Set `relative` and `absolute`, where they are not those of float64."""

    def size(self, use: Use) -> float:
        """How large the terms are that a use adds up."""
        return largest(use.contribution)

    def agrees(self, a: Numbers, b: Numbers) -> bool:
        """The same shape and the same numbers, up to rounding."""
        return close(a, b, self.relative, self.absolute * self.scale)

    def explains(self, predicted: Numbers) -> bool:
        """Whether a mistake that would have given `predicted` explains the answer."""
        return self.agrees(self.m, predicted) and not self.agrees(predicted, self.g)

    # Right, though not to the last digit.

    def forgiven(self) -> str:
        """Why an answer that is not quite the engine's is right all the same; nothing where it is not."""
        if self.one is None or self.rounded_alone():
            return "" if self.one is None else "but for what rounding leaves of large terms that cancel"
        return self.at_a_kink()

    def rounded_alone(self) -> bool:
        """Whether the answer is no further off than rounding, here and further on, may make the truth itself.

        Large terms that cancel leave rounding of their own size, and the ops below pass that on.
        """
        assert self.one is not None
        off = largest(self.m - self.g)
        inside = set(self.one.between(self.t))
        if not inside or len(inside) > _DEEPEST or not off <= 1e-6 * max(map(largest, self.one.gradients.values())):
            return False
        sizes = {node: max(map(self.size, self.one.uses.get(node, [])), default=0.0) for node in inside}
        noise = 0.0
        for seed in range(3):
            def by(x: Node, g: Any, seed: int = seed) -> Any:
                return shaken(g, self.step * sizes.get(x, 0.0), seed)

            noise = max(noise, largest(self.one.shaken(self.t, by, inside) - self.g))
        return close(self.m, self.g, self.relative, self.absolute * self.scale + 30 * noise)

    def nearly(self) -> bool:
        """Whether an answer that shows no mistake is right to about single precision."""
        return close(self.m, self.g, 2e-6, 0.0)

    step = 2.0 ** -50                               # some roundings of a float64

    def at_a_kink(self) -> str:
        """Whether it is off only where a derivative does not exist, and by what some subgradient allows."""
        if len(self.uses) != 1:
            return ""
        use, = self.uses
        kink = KINKS.get(use.by.op.name)
        if kink is None or kink[0](*(x._data for x in use.by.inputs)) is not True:
            return ""
        low, high = sorted((kink[1] * use.arriving, kink[2] * use.arriving))
        return self.kink_words(use) if low <= self.m <= high else ""

    def kink_words(self, use: Use) -> str:
        at = "its two inputs are equal" if len(use.by.inputs) > 1 else "its input is 0"
        return f"other than the engine's only where {use.by.op.name} has a kink, where {at}; either is a subgradient"

    # Words.

    def known(self, node: Node) -> str:
        """A node's label, or the name of a variable that holds it, or nothing."""
        return node.label or self.names.get(id(node), "")

    def called(self, node: Node) -> str:
        """A node's name in backticks; where it has none, what it is and what it is part of."""
        if known := self.known(node):
            return f"`{known}`"
        part_of = next(filter(None, map(self.known, self.one.between(node) if self.one else [])), None)
        what = f"the `{node.op.symbol}`{self.form(node)}" if node.op is not None else "a constant"
        return what + (f" on the way to `{part_of}`" if part_of else "")

    def form(self, node: Node) -> str:
        """What tells a nameless node from others, beside its op."""
        return ""

    def seen(self, mistake: Mistake, evidence: str, by: str = "") -> Suspicion:
        """The mistake with its evidence; `by` is the node that its hint speaks of."""
        bare = by.strip("`")
        return mistake, evidence, mistake.hint.format(t=f"`{self.name}`", bare=self.name,
                                                      by="(its result)" if "`" in bare else bare)

    def slope(self, by: Node) -> str:
        """The local derivative at a use, in words."""
        known = self.known(by)
        return f"∂{known}/∂{self.name}" if known else f"the local derivative of {self.called(by)}"

    def through(self, uses: list[Use]) -> str:
        names = list(dict.fromkeys(self.called(use.by) for use in uses))
        return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]

    # The mistakes.

    def suspicions(self) -> Iterator[Suspicion]:
        """Every mistake that explains the answer, the likeliest first; the last is that none does."""
        for find in self.finders():
            if self.out_of_time():
                break
            yield from find()
        yield self.unknown()

    def finders(self) -> list[Callable[[], Iterator[Suspicion]]]:
        """What is looked for, in this order."""
        return [self.signs_and_zeros, self.left_out_or_counted_twice, self.half_of_the_chain_rule,
                self.another_variable, self.further_on, self.another_formula, self.two_at_once, self.infinite]

    def two_at_once(self) -> Iterator[Suspicion]:
        """The same again for the answer without a factor, or without its sign."""
        if self.second:
            return
        self.second, m = True, self.m
        stop = time.perf_counter() + 3 * _SEARCH
        for factor in self.usual_factors():
            self.m = m / factor
            for mistake, evidence, hint in self.suspicions():
                if mistake not in (mistakes.UNKNOWN, mistakes.NOT_FINITE, *_FACTORS):
                    self.m = m
                    yield mistake, f"{evidence}; and all of it is {self.words_of(factor)}", hint
                    self.m = m / factor
                break
            if time.perf_counter() > stop:
                break
        self.second, self.m = False, m

    second = False                                  # whether the search is one for a second mistake
    until = math.inf                                # when to stop searching

    def usual_factors(self) -> Iterator[float]:
        """By what all of an answer may be off, beside another mistake."""
        return iter(())                             # of a single number nothing can be told

    def words_of(self, factor: float) -> str:
        return "of the wrong sign" if factor == -1 else f"{factor:.4g} times too large"

    def infinite(self) -> Iterator[Suspicion]:
        if finite(self.g) and not finite(self.m):
            count, size = self.count_infinite()
            yield self.seen(mistakes.NOT_FINITE, f"{count} of {size} entries are nan or inf")

    def count_infinite(self) -> tuple[int, int]:
        """How many of the answer's numbers are not finite, and how many it has."""
        return 1, 1

    def signs_and_zeros(self) -> Iterator[Suspicion]:
        if not some(self.m):
            yield self.seen(mistakes.ZEROS, f"every entry is 0; the right ones go up to {most(self.g)}")
        if self.explains(-self.g):
            yield self.seen(mistakes.SIGN, "your numbers are minus the right ones, all of them")

    def left_out_or_counted_twice(self) -> Iterator[Suspicion]:
        """The mistakes one can make with the contributions of the direct uses."""
        uses, g = self.uses, self.g
        if len(uses) >= 2:
            first, *_, last = (use.contribution for use in uses)
            # A backward pass adds the contributions in this order, so what is overwritten leaves the last.
            if self.explains(last) and not self.agrees(last, first):
                yield self.seen(mistakes.OVERWRITTEN, "your numbers are the last piece alone, the one through "
                                f"{self.called(uses[-1].by)}; what came before it, through {self.through(uses[:-1])}, "
                                "is gone")
            count = len(uses) - 1                   # all sets of paths while they are few, else one path left out
            for kept in (c for n in range(count, 0 if count < 8 else count - 1, -1) for c in combinations(uses, n)):
                ids = {id(use) for use in kept}
                missing = [use for use in uses if id(use) not in ids]
                if self.explains(g - sum(use.contribution for use in missing)):
                    yield self.seen(mistakes.LEFT_OUT, self._left_out(list(kept), missing))
        for use in uses:
            part = use.contribution
            if self.explains(2 * g):
                yield self.seen(mistakes.DOUBLED, "your numbers are exactly twice the right ones, which come through "
                                f"{self.through(uses)}")
            elif self.explains(g + part):
                yield self.seen(mistakes.TWICE, "your numbers are the right ones plus once more what comes through "
                                f"{self.called(use.by)} (up to {most(part)})")
            if self.explains(g - 2 * part):
                yield self.seen(mistakes.SIGN_OF_ONE, f"what comes through {self.called(use.by)} has the wrong sign; "
                                "the rest is right")

    def _left_out(self, have: list[Use], missing: list[Use]) -> str:
        by = {use.by for use in have}
        if all(use.by in by for use in missing):
            times = len(have) + len(missing)
            return (f"`{self.name}` stands {times} times in {self.called(missing[0].by)}, and you have counted "
                    f"{len(have)} of them; the missing part goes up to {most(missing[0].contribution)}")
        return (f"you have the path through {self.through(have)}; `{self.name}` is also used by "
                f"{self.through(missing)}, which contributes up to {most(sum(u.contribution for u in missing))}")

    def half_of_the_chain_rule(self) -> Iterator[Suspicion]:
        for use in self.uses:
            rest, by = self.g - use.contribution, use.by
            if any(self.explains(rest + upstream) for upstream in self.in_shape(use.arriving)):
                yield self.seen(mistakes.LOCAL, f"the gradient of {self.called(by)} is passed straight through to "
                                f"`{self.name}`", self.called(by))
            if self.explains(rest + pull(by, use.position, by.filled(1.0))):
                called = self.called(by)
                yield self.seen(mistakes.UPSTREAM, f"your numbers are {self.slope(by)}, as if what arrives at {called} "
                                "were 1", called)

    def in_shape(self, arriving: Array) -> Iterator[Array]:
        """What arrives at a use, as one may have passed it on."""
        yield arriving

    def another_variable(self) -> Iterator[Suspicion]:
        if self.one is None:
            return
        after = set(self.one.between(self.t))
        for node in sorted(self.one.order, key=lambda x: not self.known(x)):       # those with a name first
            gradient = self.one.gradients.get(node)
            if node is self.t or gradient is None or not some(gradient) \
                    or not self.agrees(self.m, gradient) or self.agrees(gradient, self.g):
                continue
            called = self.called(node)
            if node in after:
                yield self.seen(mistakes.LOCAL, f"the gradient of {called}, further on, is passed straight through to "
                                f"`{self.name}`", called)
            else:
                yield self.seen(mistakes.OTHER, f"this is the gradient of {called}")

    def further_on(self) -> Iterator[Suspicion]:
        """One path off by a factor, at a node further on: r·(what flows through it) + the rest."""
        nodes = self.one.between(self.t) if self.one is not None else []
        if self.one is None or len(nodes) > _DEEPEST:
            return
        inside = set(nodes)
        for node in nodes:
            if self.out_of_time():
                return
            flow = self.one.flow(node, self.t, inside)
            if flow is None or largest(flow) <= 1e3 * self.absolute * self.scale:
                continue
            change = self.ratio(self.m - self.g, flow)
            if change is None or not self.explains(self.g + change * flow):
                continue
            by, ratio = self.called(node), 1.0 + change
            up_to = f"(it contributes up to {most(flow)})"
            near = 1e2 * self.relative
            if abs(ratio) < near:
                yield self.seen(mistakes.LEFT_OUT, f"nothing comes through {by} {up_to}")
            elif abs(ratio - 2) < near:
                yield self.seen(mistakes.TWICE, f"what comes through {by} is there twice {up_to}")
            elif abs(ratio + 1) < near:
                yield self.seen(mistakes.SIGN_OF_ONE, f"what comes through {by} has the wrong sign {up_to}")
            elif named := self.factor(ratio):
                yield self.seen(named[0], f"what comes through {by} is {named[1]} times what it should be")

    # The formula that was written.

    def another_formula(self) -> Iterator[Suspicion]:
        """Another local derivative, at a use or at one of the nameless steps behind it, or another gradient there."""
        if self.one is None:
            return
        inside = set(self.one.between(self.t))
        steps = list(self.steps())
        for find in (self.without_upstream, self.with_formula, self.with_another_gradient, self.with_another_node):
            self.until = _busy() + _SEARCH
            for use in steps if type(self.g) is not float else steps[:4]:
                if self.out_of_time():
                    return
                for part, *told in find(use):
                    if part is None:
                        continue
                    change = self.less(part, use.contribution)
                    if use.node is not self.t:
                        change = self.one.carried(use.node, change, self.t, inside)
                    if change is not None and self.explains(self.g + change):
                        yield self.seen(*told)
                    if self.late():
                        break

    def late(self) -> bool:
        return type(self.g) is not float and (_busy() > self.until or time.perf_counter() > self.stop)

    def out_of_time(self) -> bool:
        """Whether a second has gone by: then what is left is not looked at, and that is said."""
        self.stopped = self.stopped or time.perf_counter() > self.stop
        return self.stopped

    stopped = False

    def steps(self) -> Iterator[Use]:
        """The uses of the node, and those of the nameless nodes they lead to."""
        assert self.one is not None
        ahead, seen, count = [self.t], {self.t}, 0
        for node in ahead:
            for use in self.one.uses.get(node, []):
                yield use
                if use.by not in seen and not self.known(use.by) and count < _STEPS:
                    seen.add(use.by)
                    ahead.append(use.by)
                    count += 1

    def less(self, a: Any, b: Any) -> Any:
        return a - b

    def operands(self, use: Use) -> dict[str, Any]:
        """What the names in a formula stand for."""
        return dict(zip(NAMES, (use.by._data, *(x._data for x in use.by.inputs))))

    def contribution(self, use: Use, slope: Any) -> Any:
        """What a use would contribute if that were its local derivative; None where it can't be."""
        return slope * use.arriving

    def without_upstream(self, use: Use) -> Iterator[Any]:
        called = self.called(use.by)
        yield (pull(use.by, use.position, use.by.filled(1.0)), mistakes.UPSTREAM,
               f"your numbers come out as if what arrives at {called} were 1", called)

    def with_formula(self, use: Use) -> Iterator[Any]:
        known = self.operands(use)
        began = _busy()
        tried = formulas(use.by.op, use.position)
        self.until += _busy() - began        # they are made once, and kept
        for formula in tried:
            if self.late():
                return
            if not formula.other and (slope := evaluated(formula, known)) is not None:
                yield (self.contribution(use, slope), mistakes.FORMULA, self._formula(use, formula.text))

    def with_another_node(self, use: Use) -> Iterator[Any]:
        known = self.operands(use)
        mentions = [formula for formula in formulas(use.by.op, use.position) if formula.other]
        for node in self.others(use):
            if (slope := self.with_input(use, node)) is not None:
                yield (self.contribution(use, slope), mistakes.NODE,
                       f"your numbers come out with {self.called(node)} where `{self.name}` belongs")
            for formula in mentions:
                if self.late():
                    return
                slope = evaluated(formula, {**known, OTHER: node._data})
                if slope is not None:
                    yield (self.contribution(use, slope), *self._other(use, formula.text, node))

    def _other(self, use: Use, text: str, node: Node) -> tuple[Mistake, str]:
        """Another node in a formula; where that is part of a nameless operand, what is missing is the rest of it."""
        for x in (use.by, *use.by.inputs):
            rest = [y for y in x.inputs if y is not node]
            if x is not self.t and not self.known(x) and len(rest) == 1 == len(x.inputs) - 1:
                if x.op.name == "add" and largest(rest[0]._data) < 0.1:
                    return mistakes.EPSILON, (f"your numbers come out with {self.called(node)} alone, without the "
                                              f"{self.bare(rest[0])} that is added to it")
                if x.op.name in ("mul", "div"):
                    return mistakes.FORGOTTEN, (f"your numbers come out with {self.called(node)} alone, without "
                                                f"{self.called(rest[0])}, which stands beside it")
        return mistakes.NODE, self._formula(use, text, node)

    def with_input(self, use: Use, other: Node) -> Any:
        """The local derivative at a use, were the variable's numbers those of another node; None if none can be told.

        The nameless steps up to there are computed anew.
        """
        op = use.by.op
        if op.name not in TABLE and not isinstance(op, PowerBy):
            return None
        found: dict[Node, Any] = {self.t: other._data}
        try:
            self._again(use.node, found)
            inputs = [found.get(x, x._data) for x in use.by.inputs]
            return op.partials[use.position](op(*inputs), *inputs)
        except (ArithmeticError, ValueError, TypeError, LookupError):
            return None

    def _again(self, node: Node, found: dict[Node, Any]) -> None:
        """Compute a node anew from `found`, with what lies between."""
        if node in found:
            return
        if node.op is None or (self.known(node) and self.t not in node.inputs):
            found[node] = node._data
            return
        for x in node.inputs:
            self._again(x, found)
        found[node] = node.op(*(found[x] for x in node.inputs))

    def with_another_gradient(self, use: Use) -> Iterator[Any]:
        """The gradient of some other node in the place of what arrives."""
        assert self.one is not None
        called = self.called(use.by)
        for node, g in self.one.gradients.items():
            if self.late():
                return
            if node is not use.by and self.known(node) and self.one.order[-1] is not node \
                    and shape_of(g) == shape_of(use.arriving):
                yield (pull(use.by, use.position, g), mistakes.ARRIVING,
                       f"you start from the gradient of {self.called(node)}; what belongs there is the gradient of "
                       f"{called}", called)

    def others(self, use: Use) -> list[Node]:
        """The nodes that may stand in a formula by mistake, those with a name first."""
        assert self.one is not None
        return [node for node in self.one.order if self.known(node) and node is not use.by
                and self.fits(node, use.by) and all(node is not x for x in use.by.inputs)][:_NODES]

    def fits(self, node: Node, by: Node) -> bool:
        """Whether the node's shape may stand beside the other's."""
        return True

    def _formula(self, use: Use, text: str, other: Node | None = None) -> str:
        by = use.by
        bare = {name: self.bare(x) for name, x in zip(NAMES, (by, *by.inputs))}
        right = worded(right_formula(by.op, use.position) or "", bare)
        if other is not None:
            bare[OTHER] = self.bare(other)
        return (f"you multiply what arrives at {self.called(by)} by {worded(text, bare)}; the derivative of "
                f"`{by.op.symbol}` here is {right}")

    def bare(self, node: Node) -> str:
        """A node's name within a formula."""
        if known := self.known(node):
            return known
        if node.op is None and shape_of(node._data) == ():
            return f"{float(node._data):g}"
        return "result" if node.op is not None else "constant"

    def ratio(self, a: Any, b: Any) -> float | None:
        """The r for which r·b is nearest to a; None where there is none."""
        ratio = a / b if b else math.nan
        return ratio if math.isfinite(ratio) else None

    def factor(self, ratio: float) -> tuple[Mistake, str] | None:
        """The mistake that gives such a factor, and the factor in words. A number alone suggests none."""
        return None

    def unknown(self) -> Suspicion:
        return self.seen(mistakes.UNKNOWN, f"1 of 1 entries are off; the largest error is here: got {self.m:.6g}, "
                         f"expected {self.g:.6g}, off by {abs(self.m - self.g):.3g}" + self.implied(()))

    def implied(self, place: Any) -> str:
        """The local derivative that the answer implies at a place, beside the right one."""
        if len(self.uses) != 1:
            return ""
        use, = self.uses
        if shape_of(use.arriving) != shape_of(self.g) or not right_formula(use.by.op, use.position):
            return ""
        m, g, a = (x if type(x) is float else float(x[place]) for x in (self.m, self.g, use.arriving))
        if not a:
            return ""
        return (f"; there you multiply what arrives at {self.called(use.by)} by {m / a:.3g}, where the derivative of "
                f"`{use.by.op.symbol}` is {g / a:.3g}")


def most(x: object) -> str:
    """The largest size in it, as text."""
    with silence(x):
        return f"{largest(x):.3g}"
