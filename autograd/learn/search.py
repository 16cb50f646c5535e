"""The search for what was written: at each step of the backward pass, what may stand there in place of the right thing.

A step is one use of one node. Each finder below answers, for a step, what it would contribute after some mistake. A
change there changes the gradient that is asked about; whether by as much as the answer is off is told from one number,
before anything is carried back: the product of the change with how far the step's node moves along a random direction.
What fails alone is kept, for two mistakes at once.
"""

from __future__ import annotations

import math
import re
import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.core.graph import Node, Use
from autograd.core.op import TABLE
from autograd.core.ops import PowerBy, power_by
from autograd.learn import mistakes
from autograd.learn.alike import close, every, inner, largest, random_like, shape_of, size_of, some, sums_near
from autograd.learn.contributions import pull, recomputed, work
from autograd.learn.formulas import NAMES, OTHER, Formula, evaluated, formulas, right_formula, worded, words_in
from autograd.learn.languages import tell
from autograd.learn.mistakes import Mistake

if TYPE_CHECKING:
    from autograd.learn.suspicions import Case, Suspicion

__all__ = ["Search"]

_SEARCH, _STEPS = 2e7, 12                           # how much work for each finder, and how many nameless nodes deep
_PAIRS = 1e8                                        # work for several mistakes at once
_NODES = 40                                         # how many are tried in the place of another
_COMPARES = re.compile("[<>=]")
_COEFFICIENT = re.compile(r"-?(?!1 )[\d.]+ [*/]")   # a formula that begins with a number, as 2 * x does
_MOVES = ("expand", "flip", "permute", "reshape")
_KEPT, _LARGE = 6000, 20_000                        # how many contributions are kept for pairs, and of what size

Told = tuple[Any, ...]                              # a mistake, its evidence or what tells it, and the node of its hint
Finder = Callable[[Use], Iterator[Any]]             # what a step would contribute, and what to tell of it


class _Tried(NamedTuple):
    """A contribution that does not explain the answer alone."""

    off: float                                      # its product with the random direction
    use: Use
    change: Any
    told: Told


class Search:
    """What may have been written at each step between a case's node and the root."""

    def __init__(self, case: Case) -> None:
        assert case.one is not None
        self.case: Case = weakref.proxy(case)       # which has a search, and should not live on because of it
        self.one = case.one
        self.between = self.one.between(case.t)
        self.inside = set(self.between)
        self.until = 0.0
        self.tried: list[_Tried] = []
        self.probe, self.second = random_like(case.g), random_like(case.g, 1)
        self._moved: list[dict[Node, Any]] = []
        self.began: dict[int, int] = {}             # for each near step, by which use of the node one comes there
        self.way: dict[Node, int] = {}
        self._further: dict[Node, set[Node]] = {}
        self.aim()

    def aim(self) -> None:
        """Look for the case's answer as it is now."""
        self.wanted = inner(self.probe, self.case.m - self.case.g)
        self.wanted_too = inner(self.second, self.case.m - self.case.g)

    # The steps.

    def near(self) -> list[Use]:
        """The uses of the node, and those of the nameless nodes they lead to."""
        ahead, seen, found = [self.case.t], {self.case.t}, []
        for node in ahead:
            for use in self.one.uses.get(node, []):
                found.append(use)
                self.began[id(use)] = id(use) if node is self.case.t else self.way[node]
                self.way.setdefault(use.by, self.began[id(use)])
                moved = use.by.op.name in _MOVES    # people look through these, named or not
                if use.by not in seen and (moved or not self.case.known(use.by)) and len(seen) <= _STEPS:
                    seen.add(use.by)
                    ahead.append(use.by)
        return found

    def far(self) -> list[Use]:
        """All uses between the node and the root but the near ones."""
        near = set(map(id, self.near()))
        return [use for node in self.between if node not in self.one.given
                for use in self.one.uses.get(node, []) if id(use) not in near]

    # Walking through them.

    def along(self, uses: Sequence[Use], finders: Sequence[Finder], budget: float = _SEARCH) -> Iterator[Suspicion]:
        """What explains the answer, alone, at one of the steps; each finder has so much work."""
        case = self.case
        for find in finders:
            self.until = case.spent + budget
            for use in uses:
                if case.out_of_time():
                    return
                cost = 2 * work([use.by])
                for part, *told in find(use):
                    case.spend(cost)
                    if part is not None and self.explained(use, case.less(part, use.contribution), tuple(told)):
                        yield case.seen(*told)
                    if self.late():
                        break

    def late(self) -> bool:
        return type(self.case.g) is not float and self.case.spent > min(self.until, self.case.limit)

    def explained(self, use: Use, change: Any, told: Told) -> bool:
        """Whether a change at a step explains the answer; where it doesn't, it is kept."""
        off = self.off(use.node, change)
        if off is not None and not self.case.second and len(self.tried) < _KEPT and size_of(change) <= _LARGE:
            self.tried.append(_Tried(off, use, change, told))
        return self._explained(use.node, change, off)

    def would_explain(self, node: Node, change: Any) -> bool:
        """Whether a change of the node's gradient explains the answer."""
        return self._explained(node, change, self.off(node, change))

    def _explained(self, node: Node, change: Any, off: float | None) -> bool:
        if off is not None and not abs(off - self.wanted) <= 1e-3 * max(abs(off), abs(self.wanted)):
            return False
        change = self.carried(node, change)
        return change is not None and self.case.explains(self.case.g + change)

    def off(self, node: Node, change: Any) -> float | None:
        """The product of the random direction with what the change here does to the answer; None where unknown."""
        if node is self.case.t:
            return inner(self.probe, change)
        way = self.moved(0).get(node)
        return None if way is None else inner(way, change)

    def moved(self, which: int) -> dict[Node, Any]:
        """How far each node moves along the random direction, or along a second one."""
        while len(self._moved) <= which:
            self.case.spend(2 * self.case.back)
            self._moved.append(self.one.moved(self.case.t, (self.probe, self.second)[len(self._moved)], self.between))
        return self._moved[which]

    def guess(self, node: Node) -> float | None:
        """How many times what comes through a node the answer is off by; nan where it is none, None where unknown."""
        ways = self.moved(0).get(node), self.moved(1).get(node)
        if ways[0] is None or ways[1] is None:
            return None
        flows = [inner(way, self.one.given.get(node, self.one.gradients[node])) for way in ways]
        if not all(flows):
            return None
        one, two = self.wanted / flows[0], self.wanted_too / flows[1]
        return one if abs(one - two) <= 1e-3 * max(abs(one), abs(two)) else math.nan

    def carried(self, node: Node, change: Any) -> Any:
        if node is self.case.t:
            return change
        self.case.spend(self.case.back)
        return self.one.carried(node, change, self.case.t, self.inside)

    # What may stand there.

    def without_upstream(self, use: Use) -> Iterator[Any]:
        called = self.case.called(use.by)
        yield (pull(use.by, use.position, use.by.filled(1.0)), mistakes.UPSTREAM,
               tell("your numbers come out as if what arrives at {called} were 1", called=called), called)

    def from_one(self) -> Iterator[Suspicion]:
        """The way back begun at a node further on, as if 1 arrived there."""
        for node in self.between if len(self.between) <= _NODES else ():
            if self.case.known(node) and node is not self.one.order[-1] and not self.case.out_of_time() and \
                    self.would_explain(node, node.filled(1.0) - self.one.gradients[node]):
                called = self.case.called(node)
                yield self.case.seen(mistakes.UPSTREAM, tell("your numbers come out as if what arrives at {called} "
                                                             "were 1", called=called), called)

    def plainly(self, use: Use) -> Iterator[Any]:
        """Left out, counted twice, subtracted."""
        called, part = self.case.called(use.by), use.contribution
        yield 0 * part, mistakes.LEFT_OUT, tell("nothing comes through {called}", called=called)
        yield 2 * part, mistakes.TWICE, tell("what comes through {called} is there twice", called=called)
        yield -part, mistakes.SIGN_OF_ONE, tell("what comes through {called} has the wrong sign", called=called)

    def with_formula(self, use: Use, far: int = 2, twice: bool = False) -> Iterator[Any]:
        case, known = self.case, dict(zip(NAMES, (use.by._data, *(x._data for x in use.by.inputs))))
        tried = self._formulas(use, far)
        right = right_formula(use.by.op, use.position)
        special = {"1": mistakes.LOCAL}
        if not _COEFFICIENT.match(str(right)):      # 2·x is hardly ever squared by mistake
            special[f"({right}) ** 2"] = mistakes.TOO_MANY
        other = use.by.inputs[1 - use.position] if use.by.op.name in ("mul", "div") else use.node
        a_number = other.op is None and not other.requires_grad and shape_of(other._data) == ()
        if not any(isinstance(x.by.op, PowerBy) for x in self.one.uses.get(other, [])):
            special[f"{right} * {right}"] = mistakes.TOO_MANY       # else it may be the square that the graph has
        mask = NAMES[2 - use.position]
        if use.by.op.name == "mul":                 # by a mask
            special[f"{mask} == 0"] = mistakes.MASK
            if every((known[mask] == 0) | (known[mask] == 1)):
                special[f"1 - {mask}"] = mistakes.MASK
        for formula in tried:
            if self.late():
                return
            if type(case.g) is float and not twice and self._is_twice(use, formula):
                continue                            # all of it twice has likelier reasons
            if not formula.other and (slope := evaluated(formula, known)) is not None and some(slope) and not (
                    _COMPARES.search(formula.text) and size_of(self.case.g) > 1 and some(slope == 1) and
                    every(slope == 1)):             # that is 1, and found as such
                kind = special.get(formula.text, mistakes.CONSTANT if a_number and not words_in(formula.text) -
                                   {mask} else mistakes.FORMULA)
                yield (case.contribution(use, slope), kind, partial(_formula, self.case, use, formula.text),
                       case.called(use.by))
        for x in use.by.inputs:
            for value, words in self._rewritten(x) if x is not use.node else ():
                try:
                    inputs = [value if y is x else y._data for y in use.by.inputs]
                    slope = use.by.op.partials[use.position](use.by.op(*inputs), *inputs)
                except (ArithmeticError, ValueError, TypeError, IndexError):
                    continue
                yield (case.contribution(use, slope), mistakes.FORMULA,
                       tell("your numbers come out with `{words}` where `{bare}` belongs", words=words,
                            bare=case.bare(x)))

    def with_a_number_lost(self, use: Use) -> Iterator[Any]:
        """The same near the right formula, which may be twice what it should be."""
        yield from self.with_formula(use, 0, twice=True)

    def as_a_square(self, use: Use) -> Iterator[Any]:
        """What x·x contributes where its derivative was written in one piece, otherwise than 2·x."""
        twin = [x for x in self.one.uses[use.node] if x.by is use.by and x.position == 1]
        if use.by.op.name != "mul" or use.position or not twin:
            return
        for formula in formulas(power_by(2.0), 0):
            if self.late() or formula.other or formula.far:
                continue
            slope = evaluated(formula, dict(zip(NAMES, (use.by._data, use.node._data))))
            part = None if slope is None else self.case.contribution(use, slope)
            if part is not None:
                bare = {"out": self.case.bare(use.by), "x": self.case.bare(use.node)}
                yield (part - twin[0].contribution, mistakes.LOCAL if formula.text == "1" else mistakes.FORMULA,
                       tell("you multiply what arrives at {called} by {worded}; the derivative of `{symbol}` here is "
                            "{right}", called=self.case.called(use.by), worded=worded(formula.text, bare), symbol="**2",
                            right=worded("2 * x", bare)), self.case.called(use.by))

    def with_near_formula(self, use: Use) -> Iterator[Any]:
        """One edit away from the right one."""
        yield from self.with_formula(use, 0)

    def with_formula_alone(self, use: Use) -> Iterator[Any]:
        """Another local derivative, and nothing of what arrives."""
        case, known = self.case, dict(zip(NAMES, (use.by._data, *(x._data for x in use.by.inputs))))
        alone, called = use._replace(arriving=use.by.filled(1.0)), case.called(use.by)
        for formula in self._formulas(use, 1):
            if self.late():
                return
            written = " " in formula.text and not formula.other
            if written and (slope := evaluated(formula, known)) is not None and shape_of(slope):
                yield (case.contribution(alone, slope), mistakes.UPSTREAM,
                       partial(_formula, case, use, formula.text, alone=True), called)

    def _formulas(self, use: Use, far: int = 2) -> Sequence[Formula]:
        """What may have been written for a local derivative; for a single number the far-fetched is soon true."""
        tried = formulas(use.by.op, use.position)
        if type(self.case.g) is float:
            far = -1 if self._is_one(use) else min(far, 1)
        return [formula for formula in tried if formula.far <= far]

    def _is_twice(self, use: Use, formula: Formula) -> bool:
        """Whether a formula is twice the right one for other numbers, too."""
        op, inputs = use.by.op, [1.1 * float(x._data) + 0.01 for x in use.by.inputs]
        try:
            out = op(*inputs)
            right = op.partials[use.position](out, *inputs)
        except (ArithmeticError, ValueError, TypeError):
            return False
        slope = None if formula.other else evaluated(formula, dict(zip(NAMES, (out, *inputs))))
        return slope is not None and abs(slope - 2 * right) <= 1e-9 * abs(right)

    def _is_one(self, use: Use) -> bool:
        """Whether the local derivative is 1 or −1, so that there is no formula to write."""
        return right_formula(use.by.op, use.position) in ("1", "-1")

    def _rewritten(self, node: Node) -> Iterator[tuple[Any, str]]:
        """What may stand in the place of a nameless operand: one of its parts, or both otherwise put together."""
        if node.op is None or self.case.known(node) or len(node.inputs) != 2 or node.op.name not in _SIGNS:
            return
        (a, b), (one, two) = (x._data for x in node.inputs), map(self.case.bare, node.inputs)
        yield a, one
        yield b, two
        for name, sign in _SIGNS.items():
            for left, right, words in ((a, b, f"{one} {sign} {two}"), (b, a, f"{two} {sign} {one}")):
                if name != node.op.name or (left is b and name in ("sub", "div")):
                    try:
                        yield TABLE[name](left, right), words
                    except ArithmeticError:
                        continue

    def with_another_node(self, use: Use) -> Iterator[Any]:
        case, known = self.case, dict(zip(NAMES, (use.by._data, *(x._data for x in use.by.inputs))))
        yield from self._behind(use)
        mentions = [formula for formula in self._formulas(use) if formula.other]
        for node in self._others(use):
            if use.node is case.t and (slope := self._with_input(use, node)) is not None:
                yield (case.contribution(use, slope), mistakes.NODE,
                       tell("your numbers come out with {called} where `{name}` belongs", called=case.called(node),
                            name=case.name))
            for formula in mentions:
                if self.late():
                    return
                slope = evaluated(formula, {**known, OTHER: node._data})
                if slope is not None and not (self._is_one(use) and size_of(node._data) == 1):
                    yield (case.contribution(use, slope), *self._other(use, formula, node, known))

        counts = {n for x in (use.node, use.by) for n in shape_of(x._data) if n > 2 and not self._is_one(use)}
        for n in sorted(counts):
            for formula in mentions:
                if (slope := evaluated(formula, {**known, OTHER: float(n)})) is not None and not self.late():
                    yield (case.contribution(use, slope), mistakes.NODE,
                           partial(_formula, self.case, use, formula.text, n))

    def _other(self, use: Use, formula: Formula, node: Node, known: dict[str, Any]) -> Told:
        """Another node in a formula; where that is part of a nameless operand, what is missing is the rest of it."""
        case, text = self.case, formula.text
        for x in (use.by, *use.by.inputs):
            rest = [y for y in x.inputs if y is not node]
            if x is not case.t and not case.known(x) and rest == [] and x.inputs:
                return mistakes.FORMULA, partial(_formula, case, use, text, node)
            if x is not case.t and not case.known(x) and len(rest) == 1 == len(x.inputs) - 1:
                whole = evaluated(formula, {**known, OTHER: x._data})
                if whole is None or not self._is_right(use, whole):
                    continue                        # then it is more than the rest that is missing
                if x.op.name == "add" and largest(rest[0]._data) < 0.1:
                    return mistakes.EPSILON, (tell("your numbers come out with {called} alone, without the {bare} "
                                                   "that is added to it", called=case.called(node),
                                                   bare=case.bare(rest[0])))
                if x.op.name in ("mul", "div"):
                    return mistakes.FORGOTTEN, (tell("your numbers come out with {called} alone, without {other}, "
                                                     "which stands beside it", called=case.called(node),
                                                     other=case.called(rest[0])))
        beside = any(node is y for x in (case.t, *(x.by for x in case.uses)) for y in (x, *x.inputs))
        return (mistakes.TOO_MANY if self._is_one(use) and not beside else mistakes.NODE,
                partial(_formula, case, use, text, node))

    def _behind(self, use: Use) -> Iterator[Any]:
        """Another node in a nameless operand that is one node reshaped, or a function of one."""
        for x in use.by.inputs:
            if x is use.node or x.op is None or self.case.known(x) or len(x.inputs) != 1 or self.late():
                continue
            inside, = x.inputs
            for node in self.one.order:
                if self.case.known(node) and node is not inside and shape_of(node._data) == shape_of(inside._data):
                    try:
                        inputs = [recomputed(x, [node._data]) if y is x else y._data for y in use.by.inputs]
                        slope = use.by.op.partials[use.position](use.by.op(*inputs), *inputs)
                    except (ArithmeticError, ValueError, TypeError, LookupError):
                        continue
                    yield (self.case.contribution(use, slope), mistakes.NODE,
                           tell("your numbers come out with {called} where {right} belongs",
                                called=self.case.called(node), right=self.case.called(inside)))

    def _is_right(self, use: Use, slope: Any) -> bool:
        part = self.case.contribution(use, slope)
        return part is not None and shape_of(part) == shape_of(use.contribution) and \
            close(part, use.contribution, 1e2 * self.case.relative, self.case.absolute)

    def _with_input(self, use: Use, other: Node) -> Any:
        """The local derivative at a use, were the variable's numbers those of another node; None if none can be told.

        The nameless steps up to there are computed anew.
        """
        op = use.by.op
        if op.name not in TABLE and not isinstance(op, PowerBy):
            return None
        found: dict[Node, Any] = {self.case.t: other._data}
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
        if node.op is None or (self.case.known(node) and self.case.t not in node.inputs):
            found[node] = node._data
            return
        for x in node.inputs:
            self._again(x, found)
        found[node] = node.op(*(found[x] for x in node.inputs))

    def with_another_gradient(self, use: Use) -> Iterator[Any]:
        """The gradient of some other node in the place of what arrives."""
        called, shape = self.case.called(use.by), shape_of(use.arriving)
        root = self.one.order[-1]
        for node, g in self.one.gradients.items():
            if self.late():
                return
            own = any(node is x for x in (use.by, self.case.t, root))
            nothing = largest(g) <= 1e-9 * largest(use.arriving)        # that would be a path left out
            if not own and not nothing and self.case.known(node) and shape_of(g) == shape:
                after = self._after(use.by)
                name, further = self.case.called(node), node in after or (
                    type(g) is float and any(self.one.gradients[x] == g for x in after))    # as a bias beside it has
                kind = mistakes.LOCAL if further else mistakes.ARRIVING
                yield (pull(use.by, use.position, g), kind,
                       tell("you start from the gradient of {name}; what belongs there is the gradient of {called}",
                            name=name, called=called),
                       name if further else called)

    def with_a_node(self, use: Use) -> Iterator[Any]:
        """A node itself in the place of what arrives."""
        called, shape = self.case.called(use.by), shape_of(use.arriving)
        for node in self.one.order if shape else ():
            if self.late():
                return
            if self.case.known(node) and shape_of(node._data) == shape:
                name = self.case.called(node)
                yield (pull(use.by, use.position, node._data), mistakes.ARRIVING,
                       tell("you start from {name} itself; what belongs there is the gradient of {called}",
                            name=name, called=called), called)

    def _after(self, node: Node) -> set[Node]:
        if node not in self._further:
            self._further[node] = set(self.one.between(node))
        return self._further[node]

    def _others(self, use: Use) -> list[Node]:
        """The nodes that may stand in a formula by mistake, those with a name first."""
        return [node for node in self.one.order if self.case.known(node) and node is not use.by
                and self.case.fits(node, use.by) and all(node is not x for x in use.by.inputs)
                and not (shape_of(node._data) and every(node._data == 1.0))][:_NODES]

    # Several at once.

    def together(self) -> Iterator[Suspicion]:
        """Two contributions that explain the answer together; or, at every use of the node, one of the same kind."""
        self.case.spend(1e3 * len(self.tried))
        stop = self.case.spent + _PAIRS
        for combination in (*self._pairs(), *self._everywhere(), *self._passed_through()):
            if self.case.spent > stop or self.case.out_of_time():
                return
            changes = [self.carried(tried.use.node, tried.change) for tried in combination]
            if any(change is None for change in changes) or not self.case.explains(self.case.g + sum(changes)):
                continue
            first, *_ = combination
            if len(combination) > 2 and all(tried.told[0] is mistakes.LOCAL for tried in combination):
                words = [tell("what arrives at {through} is passed straight through, at each of them",
                              through=self.case.through([tried.use for tried in combination]))]
            else:
                words = list(dict.fromkeys(self.case.seen(*tried.told)[1] for tried in combination))
            yield self.case.seen(first.told[0], f"; {tell('and')} ".join(words), *first.told[2:])

    def _pairs(self) -> list[tuple[_Tried, ...]]:
        """Pairs at different steps that may explain the answer, those of one kind first."""
        tried = sorted((x for x in self.tried if x.off and math.isfinite(x.off)), key=lambda x: x.off)
        slack, all_of_it = 1e-6 * abs(self.wanted), inner(self.probe, self.case.g)
        tried = [x for x in tried if abs(x.off + all_of_it) > slack]        # what leaves nothing fits beside any other
        found, high = [], len(tried) - 1
        for rank, x in enumerate(tried):            # two hands, one from each end
            need = self.wanted - x.off
            while high >= 0 and tried[high].off > need + slack:
                high -= 1
            at = high
            while at > rank and tried[at].off >= need - slack:
                y = tried[at]
                if y.use is not x.use and (x.told[0] is y.told[0] or {id(x.use), id(y.use)} <= self.began.keys()):
                    found.append((x, y))
                at -= 1
            if len(found) > 400:
                break
        return sorted(found, key=lambda pair: (pair[0].told[0] is not pair[1].told[0], *map(_rank, pair)))

    def _everywhere(self) -> list[tuple[_Tried, ...]]:
        """For every use of the node one mistake of the same kind, of which the sum may explain the answer."""
        uses = self.case.uses
        if not 3 <= len(uses) <= 8:
            return []
        found: list[tuple[_Tried, ...]] = []
        here = sorted((x for x in self.tried if id(x.use) in self.began), key=_kind)
        for _, same in groupby(here, key=_kind):
            kept = list(same)
            most = int(5e4 ** (1 / len(uses)))
            choices = [[x for x in kept if self.began[id(x.use)] == id(use)][:most - 1] for use in uses]
            offs = [[0.0, *(x.off for x in choice)] for choice in choices]      # the first: nothing wrong there
            for where in sums_near(offs, self.wanted, 1e-6):
                if sum(map(bool, where)) > 2:
                    found.append(tuple(choice[i - 1] for choice, i in zip(choices, where) if i))
        return found


    def _passed_through(self) -> list[tuple[_Tried, ...]]:
        """The local derivative forgotten at three steps or more, as at all the gates of a cell."""
        steps: dict[Node, _Tried] = {}
        for tried in self.tried:
            if tried.told[0] is mistakes.LOCAL:
                steps.setdefault(tried.use.by, tried)
        choices = list(steps.values())[:14]
        return [tuple(tried for tried, taken in zip(choices, where) if taken)
                for where in sums_near([[0.0, tried.off] for tried in choices], self.wanted, 1e-6) if sum(where) > 2]


def _formula(case: Case, use: Use, text: str, other: Node | int | None = None, alone: bool = False) -> str:
    """What was written for a local derivative, in words. No method: what is kept should not hold the search alive."""
    by = use.by
    bare = {name: case.bare(x) for name, x in zip(NAMES, (by, *by.inputs))}
    right = worded(right_formula(by.op, use.position) or "", bare)
    if other is not None:
        bare[OTHER] = str(other) if isinstance(other, int) else case.bare(other)
    if alone:
        return tell("your numbers are {worded}, whatever arrives at {called}; the derivative of `{symbol}` here is "
                    "{right}",
                    worded=worded(text, bare), called=case.called(by), symbol=by.op.symbol, right=right)
    return tell("you multiply what arrives at {called} by {worded}; the derivative of `{symbol}` here is {right}",
                called=case.called(by), worded=worded(text, bare), symbol=by.op.symbol, right=right)


def _kind(tried: _Tried) -> str:
    """The mistake's name; another step's gradient is one kind, be it a step further on or elsewhere."""
    kind: Mistake = tried.told[0]
    return mistakes.ARRIVING.name if kind is mistakes.LOCAL else kind.name


def _rank(tried: _Tried) -> int:
    """How likely a mistake is beside another: the plain ones first."""
    kind = tried.told[0]
    return _PLAIN.index(kind) if kind in _PLAIN else len(_PLAIN) + (kind is mistakes.ARRIVING)


_PLAIN = (mistakes.LEFT_OUT, mistakes.LOCAL, mistakes.FORGOTTEN, mistakes.SIGN_OF_ONE, mistakes.TWICE)
_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
