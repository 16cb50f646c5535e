"""What may be wrong with a gradient: each usual mistake is worked out, and held against the answer.

Here stand the mistakes one can make with a number; those that only arrays allow stand in `shapes`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import combinations, takewhile
from typing import TYPE_CHECKING, Any

from autograd.core.graph import Node, Use
from autograd.core.op import TABLE
from autograd.core.ops import PowerBy
from autograd.learn import mistakes
from autograd.learn.alike import (
    Numbers,
    close,
    finite,
    finite_part,
    largest,
    most,
    norm,
    shaken,
    shape_of,
    size_of,
    some,
)
from autograd.learn.contributions import Pass, pull, work
from autograd.learn.formulas import right_formula
from autograd.learn.languages import tell
from autograd.learn.mistakes import Mistake
from autograd.learn.search import Search

if TYPE_CHECKING:
    from autograd.arrays.convert import Array

__all__ = ["BUDGET", "Case", "Suspicion"]

_DEEPEST = 400                                      # nodes: beyond, only direct uses are looked at
_NO_SECOND = (mistakes.SIGN, mistakes.DOUBLED, mistakes.TWICE, mistakes.CONSTANT, mistakes.ZEROS, mistakes.UNKNOWN,
              mistakes.NOT_FINITE)                  # beside a factor of all numbers
BUDGET = 1e9                                        # work for all of a diagnosis; see `contributions.work`
_SEARCH, _SECOND, _FAR = 2e7, 6e7, 1.5e8            # work for each finder, for a second mistake, further on
_COMPARED = 8                                       # work for each number that is compared
_HALVES = {(0.5, "multiplies"), (2.0, "divides")}  # a number, and what is done by it, that halve
_BETWEEN = ("add", "sub", "mul", "div")             # ops that are written between their inputs

Suspicion = tuple[Mistake, str, str]                # the mistake; what shows it, in numbers; the hint, filled in


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
        self.parts: dict[Node, str | None] = {}     # of which named node a nameless one is a part
        self.spent, self.limit = work(one.order) if one is not None else 0.0, BUDGET
        self.later: list[Suspicion] = []            # what is said where nothing else explains the answer
        self.tolerate()
        # What cancels in a sum leaves rounding of the size of its terms.
        sizes = [largest(g), *map(self.size, self.uses)]
        self.scale = max([size for size in sizes if math.isfinite(size)], default=0.0)

    def tolerate(self) -> None:
        """Set `relative` and `absolute`, where they are not those of float64."""

    def tolerate_fewer_bits(self) -> None:
        """The same, where the answer's numbers have fewer bits than there is room for."""

    def size(self, use: Use) -> float:
        """How large the terms are that a use adds up."""
        return largest(use.contribution)

    def agrees(self, a: Numbers, b: Numbers) -> bool:
        """The same shape and the same numbers, up to rounding."""
        return close(a, b, self.relative, self.absolute * self.scale)

    def explains(self, predicted: Numbers) -> bool:
        """Whether a mistake that would have given `predicted` explains the answer."""
        self.spend(_COMPARED * size_of(self.g))
        return self.agrees(self.m, predicted) and not self.agrees(predicted, self.g)

    def spend(self, more: float) -> None:
        """Count work done: time itself would make the answer depend on what else the machine does."""
        self.spent += more + (15_000 if type(self.g) is float else 10_000)

    @cached_property
    def back(self) -> float:
        """The work of one way back to the node."""
        return work(self.one.between(self.t)) if self.one is not None else 0.0

    # Right, though not to the last digit.

    def forgiven(self) -> str:
        """Why an answer that is not quite the engine's is right all the same; nothing where it is not."""
        if self.one is None:
            return ""
        if self.rounded_alone():
            return tell("except for what rounding leaves of large terms that cancel")
        return self.at_a_kink() or self.beyond_a_kink()

    def rounded_alone(self) -> bool:
        """Whether the answer is no further off than rounding, here and further on, may make the truth itself.

        Large terms that cancel leave rounding of their own size, and the ops below pass that on.
        """
        small = 1e-6 if self.step < 1e-12 else 1e3 * self.step
        if self.one is None or not largest(self.m - self.g) <= small * max(map(largest, self.one.gradients.values())):
            return False
        return self.within_noise(self.relative, self.absolute * self.scale, self.step, self.steps)

    def within_noise(self, relative: float, absolute: float, step: float, steps: int) -> bool:
        """Whether the answer is no further off than so many times what roundings of this size do.

        Neither in one place nor in all of them together: one number that is mostly rounding does not excuse the others.
        """
        noise = steps * self.noise(step)
        error, together = finite_part(self.m - self.g), absolute * math.sqrt(size_of(self.g)) + norm(finite_part(noise))
        return (close(self.m, self.g, relative, absolute + largest(noise)) and
                norm(error) <= together + relative * norm(finite_part(self.g)))

    def noise(self, step: float) -> Any:
        """How far roundings of this size, on the way back, take the gradient: the furthest of some tries."""
        assert self.one is not None
        inside, noise = set(self.one.between(self.t)), 0.0 * self.g
        if not inside or len(inside) > _DEEPEST:
            return noise
        for seed in range(3 if 3 * self.back < self.limit else 1):
            self.spend(self.back)

            def ask(x: Node, g: Any, seed: int = seed) -> Any:
                return self.rounded(x, shaken(g, step, seed, abs(g)), step, seed)

            noise = max(noise, self.one.again(self.t, ask, inside) - self.g, key=norm)
        return noise

    def rounded(self, x: Node, g: Any, step: float, seed: int) -> Any:
        """What a node's inputs receive of g, where its numbers are rounded too."""
        return x.contributions(g)

    def nearly(self, relative: float = 2e-6) -> bool:
        """Whether an answer that shows no mistake is right to about single precision."""
        return close(self.m, self.g, relative, 0.0)

    step, steps = 2.0 ** -50, 30                    # some roundings of a float64, and how many times that is granted

    def at_a_kink(self) -> str:
        """Whether it is off only where a derivative does not exist, and by what some subgradient allows."""
        if len(self.uses) != 1:
            return ""
        use, = self.uses
        kink = use.by.op.kink
        if kink is None or self.kinked(use) is not True:
            return ""
        low, high = sorted(end * use.arriving for end in kink)
        return self.kink_words(use) if low <= self.m <= high else ""

    def beyond_a_kink(self) -> str:
        """The same where the kink lies further on: with another derivative there the answer comes out."""
        assert self.one is not None
        nodes = self.one.between(self.t)
        for use in [use for node in nodes if node not in self.one.given and not self.out_of_time()
                    for use in self.one.uses.get(node, []) if use.by.op.kink is not None]:
            low, high = use.by.op.kink
            there = self.kinked(use)
            if some(there) and shape_of(use.arriving) == shape_of(use.node._data):
                for slope in (low, high, (low + high) / 2):
                    change = there * (slope * use.arriving - use.contribution)
                    if self.search.would_explain(use.node, change):
                        return self.kink_words(use)
        return ""

    def kinked(self, use: Use) -> Any:
        """Where the inputs of an op with a kink are at it."""
        x, y = (*(x._data for x in use.by.inputs), 0.0)[:2]
        return x == y

    def kink_words(self, use: Use) -> str:
        at = tell("its two inputs are equal") if len(use.by.inputs) > 1 else tell("its input is 0")
        return tell("differs from the engine's only where {name} has a kink, since {at}; both are subgradients",
                    name=use.by.op.name, at=at)

    # Words.

    def known(self, node: Node) -> str:
        """A node's label, or the name of a variable that holds it, or nothing."""
        return node.label or self.names.get(id(node), "")

    def called(self, node: Node) -> str:
        """A node's name in backticks; where it has none, what it is and what it is part of."""
        if known := self.known(node):
            return f"`{known}`"
        if node not in self.parts:                  # asked often, and a long way in a long chain
            self.parts[node] = next(filter(None, map(self.known, self.one.between(node) if self.one else [])), None)
        part_of = self.parts[node]
        what = tell("a constant")
        if node.op is not None:
            what = tell("the `{symbol}`{form}", symbol=node.op.symbol, form=self.form(node))
        return tell("{what} on the way to `{name}`", what=what, name=part_of) if part_of else what

    def form(self, node: Node) -> str:
        """What tells a nameless node from others, beside its op."""
        return ""

    def seen(self, mistake: Mistake, evidence: str | Callable[[], str], by: str = "") -> Suspicion:
        """The mistake with its evidence, or what tells it; `by` is the node that its hint speaks of."""
        bare = by.strip("`")
        said, op = evidence if isinstance(evidence, str) else evidence(), tell("(the op's result)")
        return mistake, said, tell(mistake.hint).format(t=f"`{self.name}`", bare=self.name,
                                                        by=op if "`" in bare else bare, node=by)

    def slope(self, by: Node) -> str:
        """The local derivative at a use, in words."""
        known = self.known(by)
        if known:
            return f"∂{known}/∂{self.name}"
        return tell("the local derivative of {called}", called=self.called(by))

    def through(self, uses: list[Use]) -> str:
        names = list(dict.fromkeys(self.called(use.by) for use in uses))
        return names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" {tell('and')} " + names[-1]

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
        # Near a sum or a product a formula gives twice the number only by chance.
        simple = all(use.by.op.name in ("add", "sub", "mul") for use in self.uses)
        soon, late = ([self.doubled], []) if simple else ([], [self.doubled])
        return [self.signs_and_zeros, self.left_out_or_counted_twice, self.constant_factor,
                self.half_of_the_chain_rule, self.multiplied, self.another_variable, self.further_on, *soon,
                self.another_formula, self.odd_factor, *late, self.itself, self.two_at_once,
                self.further_formula, self.infinite]

    def two_at_once(self) -> Iterator[Suspicion]:
        """The same again for the answer without a factor, or without its sign."""
        if self.second or self.one is None:
            return
        self.second, m = True, self.m
        stop = self.spent + _SECOND
        for factor in self.usual_factors():
            if self.agrees(m / factor, self.g):
                continue                            # then that is all
            self.aim_at(m / factor)
            for mistake, evidence, hint in self.suspicions():
                if mistake not in _NO_SECOND:
                    self.aim_at(m)
                    yield mistake, tell("{evidence}; and all of it is {words_of}", evidence=evidence,
                                        words_of=self.words_of(factor)), hint
                    self.aim_at(m / factor)
                break
            if self.spent > stop:
                break
        self.second = False
        self.aim_at(m)

    def aim_at(self, m: Any) -> None:
        """Look for another answer's mistakes."""
        self.later.clear()
        self.m = m
        self.search.aim()

    second = False                                  # whether the search is one for a second mistake

    def usual_factors(self) -> Iterator[float]:
        """By what all of an answer may be off, beside another mistake."""
        return iter(())                             # of a single number nothing can be told

    def words_of(self, factor: float) -> str:
        return tell("of the wrong sign") if factor == -1 else tell("{factor:.4g} times too large", factor=factor)

    def infinite(self) -> Iterator[Suspicion]:
        if finite(self.g) and not finite(self.m):
            count, size = self.count_infinite()
            yield self.seen(mistakes.NOT_FINITE, tell("{count} of {size} entries are nan or inf", count=count,
                                                      size=size))

    def count_infinite(self) -> tuple[int, int]:
        """How many of the answer's numbers are not finite, and how many it has."""
        return 1, 1

    def signs_and_zeros(self) -> Iterator[Suspicion]:
        if not some(self.m):
            yield self.seen(mistakes.ZEROS, tell("every entry is 0; the right ones go up to {most}", most=most(self.g)))
        if self.explains(-self.g):
            yield self.seen(mistakes.SIGN, tell("your numbers are minus the right ones, all of them"))

    def left_out_or_counted_twice(self) -> Iterator[Suspicion]:
        """The mistakes one can make with the contributions of the direct uses."""
        uses, g = self.uses, self.g
        if len(uses) >= 2:
            first, *_, last = (use.contribution for use in uses)
            # A backward pass adds the contributions in this order, so what is overwritten leaves the last.
            if self.explains(last) and not self.agrees(last, first):
                yield self.seen(mistakes.OVERWRITTEN, tell("your numbers are the last piece alone, the one through "
                                                           "{called}; what came before it, through {through}, is gone",
                                                           called=self.called(uses[-1].by),
                                                           through=self.through(uses[:-1])))
            count = len(uses) - 1                   # all sets of paths while they are few, else one path left out
            for kept in (c for n in range(count, 0 if count < 8 else count - 1, -1) for c in combinations(uses, n)):
                ids = {id(use) for use in kept}
                missing = [use for use in uses if id(use) not in ids]
                if self.out_of_time():
                    return
                if self.explains(g - sum(use.contribution for use in missing)):
                    yield self.seen(mistakes.LEFT_OUT, self._left_out(list(kept), missing))
        for use in uses:
            part = use.contribution
            if self.explains(g + part) and not self.explains(2 * g):
                if (half := self.factor(2.0)) and self.halves(use.by):
                    yield self.seen(half[0], tell("what comes through {by} is {named} times what it should be",
                                                  by=self.called(use.by), named=half[1]))
                yield self.seen(mistakes.TWICE, tell("your numbers are the right ones plus once more what comes "
                                                     "through {called} (up to {most})", called=self.called(use.by),
                                                     most=most(part)))
            if len(uses) > 1 and self.explains(g - 2 * part):
                yield self.seen(mistakes.SIGN_OF_ONE, tell("what comes through {called} has the wrong sign; the rest "
                                                           "is right", called=self.called(use.by)))

    def multiplied(self) -> Iterator[Suspicion]:
        """The product of two contributions."""
        if len(self.lines) == 2:
            (first, one), (second, two) = self.lines.items()
            if self.explains(one * two):
                yield self.seen(mistakes.ADDED, tell("your numbers are the product of what comes through {first} and "
                                                     "through {second}", first=self.called(first),
                                                     second=self.called(second)))

    @cached_property
    def lines(self) -> dict[Node, Any]:
        """What the node gets from each line of code that uses it: by the line's result, its contributions added up."""
        found: dict[Node, Any] = {}
        for use in self.uses:
            node = next((x for x in (use.by, *self._behind(use.by, 9)) if self.known(x)), use.by)
            found[node] = found[node] + use.contribution if node in found else use.contribution
        return found

    def halved(self) -> bool:
        """Whether the forward pass halves something on the way: then twice the right numbers are no surprise."""
        if self.one is None:
            return False
        near, all_of_it = self.search.near(), list(self.on_every_path)
        for use in near:                            # 0.5·x·x is one product, though one x stands outside 0.5·x
            line = [use.by, *self._behind(use.by, 9)]
            product = [*takewhile(lambda x: x.op.name in ("mul", "div"), line)]
            if self.on_every_path.keys() & set(product):
                all_of_it += product
        return bool(self.numbers(all_of_it).items() & _HALVES) or any(
            "0.5" in (right_formula(use.by.op, use.position) or "") for use in near)

    def halves(self, node: Node) -> bool:
        """Whether it does so at a node, or at a later step of the line in which that stands."""
        line = [node]
        for after in self._behind(node):
            if self.known(line[-1]):
                break
            line.append(after)
        return bool(self.numbers(line).items() & _HALVES)

    @cached_property
    def on_every_path(self) -> dict[Node, None]:
        """The nodes through which every path from the node to the root goes."""
        nodes = self.one.between(self.t) if self.one is not None else []
        at, furthest, found = {node: i for i, node in enumerate(nodes)}, 0, []
        for i, node in enumerate([self.t, *nodes], -1):
            if i >= 0 and furthest <= i:
                found.append(node)
            furthest = max([furthest, *(at[use.by] for use in self.uses_of(node))])
        return dict.fromkeys(found)

    def numbers(self, nodes: Iterable[Node]) -> dict[float, str]:
        """The numbers by which the nodes multiply or divide, and which of the two they do."""
        found: dict[float, str] = {}
        for node in nodes:
            for position, x in enumerate(node.inputs if node.op is not None and node.op.name in ("mul", "div") else ()):
                a_number = not x.requires_grad or (not x.kind and not self.known(x))    # as a Value, it has a gradient
                if x.op is None and a_number and shape_of(x._data) == ():
                    divides = node.op.name == "div" and position
                    found.setdefault(abs(float(x._data)), "divides" if divides else "multiplies")
        return {number: does for number, does in found.items() if number not in (0.0, 1.0)}

    def uses_of(self, node: Node) -> list[Use]:
        """The uses of a node, on the way to the root."""
        return self.one.uses.get(node, []) if self.one is not None else []

    def _behind(self, node: Node, far: int = 2) -> Iterator[Node]:
        """The nodes after a node, as long as each has one use: (q @ k) / 2 is written in two lines, too."""
        for _ in range(far):
            uses = self.uses_of(node)
            if len(uses) != 1:
                return
            node = uses[0].by
            yield node

    def doubled(self) -> Iterator[Suspicion]:
        """Twice the right numbers: a number lost from a formula that has one, or all of it added twice."""
        if self.uses and self.explains(2 * self.g):
            steps = [use for use in self.search.near() if re.search(
                r"\b0\.5|-1 \* x \*\* -2", right_formula(use.by.op, use.position) or "")]
            yield from self.search.along(steps, [self.search.with_a_number_lost])
            yield self.seen(mistakes.DOUBLED, tell("your numbers are exactly twice the right ones, which come "
                                                   "through {through}", through=self.through(self.uses)))

    def constant_factor(self) -> Iterator[Suspicion]:
        """All of it by the same number: of a single number only twice tells something, where a half can be lost."""
        if self.halved() and self.explains(2 * self.g):
            for mistake, words in self.named_factors(2.0):
                yield self.seen(mistake, tell("your numbers are {words} times the right ones", words=words))
            yield from self.doubled()

    def odd_factor(self) -> Iterator[Suspicion]:
        """All of it times a node that is a single number, or over one; of a single number, also a number written."""
        ratio, alone = None if self.second else self.ratio(self.m, self.g), type(self.g) is float
        if not self.uses or ratio is None or not self.explains(ratio * self.g):     # the root has no use
            return
        near = [self.t, *(use.by for use in self.uses)]
        for node in self.one.order[:-1] if self.one is not None else ():
            beside = any(node is y for x in near for y in x.inputs)
            a_number = size_of(node._data) == 1 and self.known(node)
            size = 0.0 if not a_number else float(node._data if alone else node._data.sum())
            if alone and not beside and float(2 * size).is_integer():
                continue                            # such a number is soon met by chance
            divides = any(use.by.op.name == "div" and use.position for use in self.uses_of(node))
            for value, does, lost in ((size, tell("the right ones times"), divides),
                                      (1 / size if size else 0.0, tell("the right ones over"), not divides)):
                if not value or not self.equal(ratio, value):
                    continue
                use, own = self.uses[0], any(node is x for x in self.t.inputs)
                if alone and not own and right_formula(use.by.op, use.position) == "1":
                    yield self.seen(mistakes.NODE, tell(
                        "you multiply what arrives at {called} by {worded}; the derivative of `{symbol}` here is "
                        "{right}", called=self.called(use.by), worded=self.called(node), symbol=use.by.op.symbol,
                        right="`1`"))
                yield self.seen(mistakes.FORGOTTEN if lost else mistakes.TOO_MANY, tell(
                    "your numbers are {does} {form}{minus}", does=does, form=self.called(node), minus=""))
        for mistake, words in self.named_factors(ratio) if alone else ():
            yield self.seen(mistake, tell("your numbers are {words} times the right ones", words=words))

    def _left_out(self, have: list[Use], missing: list[Use]) -> str:
        by = {use.by for use in have}
        if all(use.by in by for use in missing):
            times = len(have) + len(missing)
            return (tell("`{name}` stands {times} times in {called}, and you have counted {have} of them; the "
                         "missing part goes up to {most}", name=self.name, times=times,
                         called=self.called(missing[0].by), have=len(have), most=most(missing[0].contribution)))
        return (tell("you have the path through {through}; `{name}` is also used by {elsewhere}, which contributes "
                     "up to {most}", through=self.through(have), name=self.name, elsewhere=self.through(missing),
                     most=most(sum(u.contribution for u in missing))))

    def half_of_the_chain_rule(self) -> Iterator[Suspicion]:
        uses = self.uses if 2 <= len(self.uses) <= 8 else []
        straight: list[Any] = [next(iter(self.in_shape(use.arriving)), None) for use in uses]
        if uses and all(x is not None for x in straight) and self.explains(sum(straight)):
            yield self.seen(mistakes.LOCAL, tell("the gradients of {through} are passed straight through to "
                                                 "`{name}`, and added up", through=self.through(uses),
                                                 name=self.name), tell("(the line that uses it)"))
        ones = [pull(use.by, use.position, use.by.filled(1.0)) for use in uses]
        if uses and self.explains(sum(ones)):
            slopes = f" {tell('and')} ".join(dict.fromkeys(self.slope(use.by) for use in uses))
            yield self.seen(mistakes.UPSTREAM, tell("your numbers are the sum of {slopes}, as if 1 arrived at each",
                                                    slopes=slopes), self.called(uses[0].by))
        arrived = {} if self.one is None or len(self.lines) < 2 else self.one.gradients
        for node, part in self.lines.items() if arrived else ():
            for up in self.in_shape(arrived[node]):
                ratio = self.ratio(up, part)        # where it is off by a factor alone, that factor is what was lost
                if self.explains(self.g - part + up) and not (ratio and close(up, ratio * part, self.relative, 0.0)):
                    yield self.seen(mistakes.LOCAL, tell("the gradient of {called} is passed straight through to "
                                                         "`{name}`", called=self.called(node), name=self.name),
                                    self.called(node))
        for use in self.uses:
            rest, by = self.g - use.contribution, use.by
            if any(self.explains(rest + upstream) for upstream in self.in_shape(use.arriving)):
                yield self.seen(mistakes.LOCAL, tell("the gradient of {called} is passed straight through to `{name}`",
                                                     called=self.called(by), name=self.name), self.called(by))
            if self.explains(rest + pull(by, use.position, ones := by.filled(1.0))):
                called = self.called(by)
                yield from self.ones_further_on(use, ones)
                value = self.ratio(use.arriving, ones)
                if value and close(use.arriving, value * ones, self.relative, 0.0) and (lost := self.factor(1 / value)):
                    yield self.seen(lost[0], tell("what comes through {by} is {named} times what it should be",
                                                  by=called, named=lost[1]))     # a number in the loss, most likely
                yield self.seen(mistakes.UPSTREAM, tell("your numbers are {slope}, as if what arrives at {called} "
                                                        "were 1", slope=self.slope(by), called=called), called)

    def ones_further_on(self, use: Use, ones: Any) -> Iterator[Suspicion]:
        """Where 1 arrives at a node further on, it is that gradient which one started from, if one had to sum it."""
        summed = use.by.op.name in ("matmul", "affine") or shape_of(use.by._data) != shape_of(use.node._data)
        if not summed or self.one is None:
            return
        for node in self.one.between(use.by):
            g = self.one.gradients[node]
            if self.known(node) and shape_of(g) == shape_of(ones) and close(g, ones, self.relative, 0.0):
                name = self.called(node)
                yield self.seen(mistakes.LOCAL, tell("you start from the gradient of {name}; what belongs there is the "
                                                     "gradient of {called}", name=name, called=self.called(use.by)),
                                name)
                return

    def itself(self) -> Iterator[Suspicion]:
        """The node in the place of its gradient."""
        if self.one is not None and self.explains(self.t._data):
            yield self.seen(mistakes.NODE, tell("your numbers are those of `{name}` itself", name=self.name))

    def in_shape(self, arriving: Array) -> Iterator[Array]:
        """What arrives at a use, as one may have passed it on."""
        yield arriving

    def another_variable(self, nameless: bool = True) -> Iterator[Suspicion]:
        """The gradient of another node; of a `nameless` one, too."""
        if self.one is None:
            return
        after = set(self.one.between(self.t))
        for node in sorted(self.one.order, key=lambda x: not self.known(x)):       # those with a name first
            gradient = self.one.gradients.get(node)
            if node is self.t or gradient is None or not (nameless or self.known(node)) or not some(gradient) \
                    or not self.agrees(self.m, gradient) or self.agrees(gradient, self.g):
                continue
            called = self.called(node)
            if node in after:
                yield self.seen(mistakes.LOCAL, tell("the gradient of {called}, further on, is passed straight "
                                                     "through to `{name}`", called=called, name=self.name), called)
            elif self.known(node):
                yield self.seen(mistakes.OTHER, tell("this is the gradient of {called}", called=called))

    def further_on(self) -> Iterator[Suspicion]:
        """One path off by a factor, at a node further on: r·(what flows through it) + the rest."""
        nodes = self.one.between(self.t) if self.one is not None else []
        if self.one is None or len(nodes) > _DEEPEST:
            return
        inside, small = set(nodes), 1e2 * self.relative
        for node in nodes:
            if self.out_of_time():
                return
            if node in self.on_every_path:
                continue                            # then it is all of the gradient
            guess = self.search.guess(node)
            if guess is not None and not self.telling(1.0 + guess):
                continue
            self.spend(self.back)
            flow = self.one.flow(node, self.t, inside)
            if flow is None or largest(flow) <= 1e3 * self.absolute * self.scale:
                continue
            change = self.ratio(self.m - self.g, flow)
            if change is None or not self.explains(self.g + change * flow):
                continue
            by, ratio = self.called(node), 1.0 + change
            up_to = tell("(it contributes up to {most})", most=most(flow))
            if abs(ratio) < small:
                yield self.seen(mistakes.LEFT_OUT, tell("nothing comes through {by} {up_to}", by=by, up_to=up_to))
            elif abs(ratio - 2) < small and (half := self.factor(2.0)) and self.halves(node):
                yield self.seen(half[0], tell("what comes through {by} is {named} times what it should be", by=by,
                                              named=half[1]))
            elif abs(ratio - 2) < small:
                yield self.seen(mistakes.TWICE, tell("what comes through {by} is there twice {up_to}", by=by,
                                                     up_to=up_to))
            elif abs(ratio + 1) < small:
                yield self.seen(mistakes.SIGN_OF_ONE, tell("what comes through {by} has the wrong sign {up_to}",
                                                           by=by, up_to=up_to))
            elif named := self.factor(ratio):
                found = self.seen(named[0], tell("what comes through {by} is {named} times what it should be", by=by,
                                                 named=named[1]))
                if named[0] is mistakes.CONSTANT:
                    self.later.append(found)        # a formula says more, if there is one
                else:
                    yield found

    def telling(self, ratio: float) -> bool:
        """Whether what comes through a node may be off by such a factor: not yet known to the last digit."""
        return min(abs(ratio), abs(ratio - 2), abs(ratio + 1)) < 1e-3

    # The formula that was written.

    @cached_property
    def search(self) -> Search:
        """What may have been written at each step."""
        return Search(self)

    def another_formula(self) -> Iterator[Suspicion]:
        """Another local derivative, at a use or at one of the nameless steps behind it, or another gradient there."""
        if self.one is None:
            return
        search = self.search
        steps = search.near() if type(self.g) is not float else search.near()[:4]
        if type(self.g) is float and len(search.between) <= _DEEPEST:       # another formula is soon the same number
            yield from search.along(steps, [search.without_upstream, search.as_a_square, search.with_near_formula])
            yield from search.along([*steps, *search.far()], [search.plainly])
        near = [search.without_upstream, search.as_a_square, search.with_near_formula]
        yield from search.along(steps, [*near, search.with_formula] if type(self.g) is float else near, 3 * _SEARCH)
        yield from search.from_one()
        yield from search.along(steps, [search.with_another_gradient, search.with_another_node, search.with_a_node])

    def formula_from_elsewhere(self) -> Iterator[Suspicion]:
        """A local derivative that is not one edit away from the right one."""
        if self.one is not None:
            yield from self.search.along(self.search.near(), [self.search.with_formula], 3 * _SEARCH)

    def further_formula(self) -> Iterator[Suspicion]:
        """The same at steps further on, as in a formula in one go; then two mistakes at once."""
        if self.one is None or self.second or len(self.search.between) > _DEEPEST:
            return
        search = self.search
        far = search.far()
        if type(self.g) is float:                   # one number says something only where nothing else gives it
            found = list(search.along(far, [search.with_near_formula, search.with_another_node]))
            if len({mistake.name for mistake, *_ in found}) == 1:
                yield found[0]
        if size_of(self.g) < 3:
            return
        yield from search.along(search.near(), [search.with_formula_alone, search.plainly])
        yield from search.together()
        yield from search.along(far, [search.with_formula], _FAR)
        yield from search.along(far, [search.with_another_gradient, search.with_another_node, search.with_a_node],
                                _FAR / 2)
        yield from search.along(far, [search.plainly])
        yield from search.together()

    def out_of_time(self) -> bool:
        """Whether about a second's work is done: then what is left is not looked at, and that is said."""
        self.stopped = self.stopped or self.spent > self.limit
        return self.stopped

    stopped = False

    def less(self, a: Any, b: Any) -> Any:
        return a - b

    def contribution(self, use: Use, slope: Any) -> Any:
        """What a use would contribute if that were its local derivative; None where it can't be."""
        return slope * use.arriving

    def fits(self, node: Node, by: Node) -> bool:
        """Whether the node's shape may stand beside the other's."""
        return True

    def bare(self, node: Node, deep: int = 2) -> str:
        """A node's name within a formula; what it is made of where it has none, so many steps deep."""
        if known := self.known(node):
            return known
        if node.op is None and shape_of(node._data) == ():
            return f"{float(node._data):g}"
        if node.op is None:
            return "constant"
        inside = [self.bare(x, deep - 1) for x in node.inputs] if deep else []
        if len(inside) == 2 and node.op.name in _BETWEEN:
            return f"({f' {node.op.symbol} '.join(inside)})"
        if len(inside) == 1 and isinstance(node.op, PowerBy):
            return f"{inside[0]}{node.op.symbol}"
        return f"{node.op.name}({inside[0]})" if len(inside) == 1 and node.op.name in TABLE else "result"

    def ratio(self, a: Any, b: Any) -> float | None:
        """The r for which r·b is nearest to a; None where there is none."""
        ratio = a / b if b else math.nan
        return ratio if math.isfinite(ratio) else None

    def factor(self, ratio: float) -> tuple[Mistake, str] | None:
        """The mistake that gives such a factor, and the factor in words."""
        return next(self.named_factors(ratio), None)

    def equal(self, ratio: float, value: float) -> bool:
        """Whether a ratio of the answer to the truth is that number, up to rounding."""
        return abs(ratio - value) <= max(1e-7, self.relative) * abs(value)

    def named_factors(self, ratio: float) -> Iterator[tuple[Mistake, str]]:
        """What a ratio may be, with the mistake and words: a number by which the forward pass multiplies or divides."""
        for number, does in self.numbers(self.one.order if self.one is not None else ()).items():
            words = (tell("by which the forward pass divides") if does == "divides" else
                     tell("by which the forward pass multiplies"))
            for value, form in ((number, f"{number:.6g}"), (1 / number, f"1/{number:.6g}")):
                if self.equal(ratio, value):
                    lost = (value == number) == (does == "divides")
                    yield _of_number(number, value, lost), f"{ratio:.6g} ({form}, {words})"
                if self.equal(ratio, value ** 2):
                    yield mistakes.CONSTANT, tell("{ratio:.6g} ({form}, {words}, squared)", ratio=ratio, form=form,
                                                  words=words)

    def unknown(self) -> Suspicion:
        return self.seen(mistakes.UNKNOWN, tell("1 of 1 entries are off; the largest error is here: got {m:.6g}, "
                                                "expected {g:.6g}, off by {off:.3g}", m=self.m, g=self.g,
                                                off=abs(self.m - self.g)) + self.implied(()))

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
        return "; " + tell("there you multiply what arrives at {called} by {m:.3g}, where the derivative of `{symbol}` "
                           "is {g:.3g}", called=self.called(use.by), m=m / a, symbol=use.by.op.symbol, g=g / a)


def _of_number(number: float, value: float, lost: bool) -> Mistake:
    """The mistake of being off by a number of the forward pass."""
    if number in (0.5, 2.0):
        return mistakes.CONSTANT
    if number % 1:
        return mistakes.FORGOTTEN if lost else mistakes.TOO_MANY
    return mistakes.FACTOR_MISSING if value > 1 else mistakes.FACTOR_EXTRA
