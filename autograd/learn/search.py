"""The search for what was written: at each step of the backward pass, what may stand there in place of the right thing.

A step is one use of one node. Each finder below answers, for a step, what it would contribute after some mistake. A
change there changes the gradient that is asked about; whether by as much as the answer is off is told from one number,
before anything is carried back: the product of the change with how far the step's node moves along a random direction.
What fails alone is kept, for two mistakes at once.
"""

from __future__ import annotations

import math
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.core.graph import Node, Use
from autograd.core.op import TABLE
from autograd.core.ops import PowerBy
from autograd.learn import mistakes
from autograd.learn.alike import inner, largest, random_like, shape_of, size_of, some, sums_near
from autograd.learn.contributions import pull
from autograd.learn.formulas import NAMES, OTHER, evaluated, formulas, right_formula, worded
from autograd.learn.languages import tell
from autograd.learn.mistakes import Mistake

if TYPE_CHECKING:
    from autograd.learn.suspicions import Case, Suspicion

__all__ = ["Search"]

_SEARCH, _STEPS = 0.02, 12                          # how many seconds for each finder, and how many nameless nodes deep
_PAIRS = 0.1                                        # seconds for several mistakes at once
_NODES = 40                                         # how many are tried in the place of another
_KEPT, _LARGE = 6000, 20_000                        # how many contributions are kept for pairs, and of what size

busy = getattr(time, "thread_time", perf_counter)   # a browser's Python can't tell a thread's own time

Told = tuple[Any, ...]                              # a mistake, its evidence, and the node that its hint speaks of
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
        self.probe = random_like(case.g)
        self._moved: dict[Node, Any] | None = None
        self.began: dict[int, int] = {}             # for each near step, by which use of the node one comes there
        self.way: dict[Node, int] = {}
        self._further: dict[Node, set[Node]] = {}
        self.aim()

    def aim(self) -> None:
        """Look for the case's answer as it is now."""
        self.wanted = inner(self.probe, self.case.m - self.case.g)

    # The steps.

    def near(self) -> list[Use]:
        """The uses of the node, and those of the nameless nodes they lead to."""
        ahead, seen, found = [self.case.t], {self.case.t}, []
        for node in ahead:
            for use in self.one.uses.get(node, []):
                found.append(use)
                self.began[id(use)] = id(use) if node is self.case.t else self.way[node]
                self.way.setdefault(use.by, self.began[id(use)])
                if use.by not in seen and not self.case.known(use.by) and len(seen) <= _STEPS:
                    seen.add(use.by)
                    ahead.append(use.by)
        return found

    def far(self) -> list[Use]:
        """All uses between the node and the root but the near ones."""
        near = set(map(id, self.near()))
        return [use for node in self.between if node not in self.one.given
                for use in self.one.uses.get(node, []) if id(use) not in near]

    # Walking through them.

    def along(self, uses: Sequence[Use], finders: Sequence[Finder], seconds: float = _SEARCH) -> Iterator[Suspicion]:
        """What explains the answer, alone, at one of the steps; each finder has so many seconds."""
        case = self.case
        for find in finders:
            self.until = busy() + seconds
            for use in uses:
                if case.out_of_time():
                    return
                for part, *told in find(use):
                    if part is not None and self.explained(use, case.less(part, use.contribution), tuple(told)):
                        yield case.seen(*told)
                    if self.late():
                        break

    def late(self) -> bool:
        return type(self.case.g) is not float and (busy() > self.until or perf_counter() > self.case.stop)

    def explained(self, use: Use, change: Any, told: Told) -> bool:
        """Whether a change at a step explains the answer; where it doesn't, it is kept."""
        off = self.off(use.node, change)
        if off is not None and not self.case.second and len(self.tried) < _KEPT and size_of(change) <= _LARGE:
            self.tried.append(_Tried(off, use, change, told))
        if off is not None and not abs(off - self.wanted) <= 1e-3 * max(abs(off), abs(self.wanted)):
            return False
        change = self.carried(use.node, change)
        return change is not None and self.case.explains(self.case.g + change)

    def off(self, node: Node, change: Any) -> float | None:
        """The product of the random direction with what the change here does to the answer; None where unknown."""
        if node is self.case.t:
            return inner(self.probe, change)
        if self._moved is None:
            self._moved = self.one.moved(self.case.t, self.probe, self.between)
        way = self._moved.get(node)
        return None if way is None else inner(way, change)

    def carried(self, node: Node, change: Any) -> Any:
        if node is self.case.t:
            return change
        return self.one.carried(node, change, self.case.t, self.inside)

    # What may stand there.

    def without_upstream(self, use: Use) -> Iterator[Any]:
        called = self.case.called(use.by)
        yield (pull(use.by, use.position, use.by.filled(1.0)), mistakes.UPSTREAM,
               tell("your numbers come out as if what arrives at {called} were 1", called=called), called)

    def plainly(self, use: Use) -> Iterator[Any]:
        """Left out, counted twice, subtracted."""
        called, part = self.case.called(use.by), use.contribution
        yield 0 * part, mistakes.LEFT_OUT, tell("nothing comes through {called}", called=called)
        yield 2 * part, mistakes.TWICE, tell("what comes through {called} is there twice", called=called)
        yield -part, mistakes.SIGN_OF_ONE, tell("what comes through {called} has the wrong sign", called=called)

    def with_formula(self, use: Use) -> Iterator[Any]:
        case, known = self.case, dict(zip(NAMES, (use.by._data, *(x._data for x in use.by.inputs))))
        began = busy()
        tried = formulas(use.by.op, use.position)
        special = {"1": mistakes.LOCAL, f"({right_formula(use.by.op, use.position)}) ** 2": mistakes.TOO_MANY}
        if use.by.op.name == "mul":                 # by a mask
            special[f"{NAMES[2 - use.position]} == 0"] = mistakes.MASK
        self.until += busy() - began         # they are made once, and kept
        for formula in tried:
            if self.late():
                return
            if not formula.other and (slope := evaluated(formula, known)) is not None and some(slope):
                kind = special.get(formula.text, mistakes.FORMULA)
                yield case.contribution(use, slope), kind, self._formula(use, formula.text), case.called(use.by)
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
        mentions = [formula for formula in formulas(use.by.op, use.position) if formula.other]
        for node in self._others(use):
            if use.node is case.t and (slope := self._with_input(use, node)) is not None:
                yield (case.contribution(use, slope), mistakes.NODE,
                       tell("your numbers come out with {called} where `{name}` belongs", called=case.called(node),
                            name=case.name))
            for formula in mentions:
                if self.late():
                    return
                slope = evaluated(formula, {**known, OTHER: node._data})
                if slope is not None:
                    yield (case.contribution(use, slope), *self._other(use, formula.text, node))

    def _other(self, use: Use, text: str, node: Node) -> Told:
        """Another node in a formula; where that is part of a nameless operand, what is missing is the rest of it."""
        case = self.case
        for x in (use.by, *use.by.inputs):
            rest = [y for y in x.inputs if y is not node]
            if x is not case.t and not case.known(x) and len(rest) == 1 == len(x.inputs) - 1:
                if x.op.name == "add" and largest(rest[0]._data) < 0.1:
                    return mistakes.EPSILON, (tell("your numbers come out with {called} alone, without the {bare} "
                                                   "that is added to it", called=case.called(node),
                                                   bare=case.bare(rest[0])))
                if x.op.name in ("mul", "div"):
                    return mistakes.FORGOTTEN, (tell("your numbers come out with {called} alone, without {other}, "
                                                     "which stands beside it", called=case.called(node),
                                                     other=case.called(rest[0])))
        return mistakes.NODE, self._formula(use, text, node)

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
            if node is not use.by and self.case.known(node) and node is not root and shape_of(g) == shape:
                name, further = self.case.called(node), node in self._after(use.by)
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
                and self.case.fits(node, use.by) and all(node is not x for x in use.by.inputs)][:_NODES]

    def _formula(self, use: Use, text: str, other: Node | None = None) -> str:
        by, case = use.by, self.case
        bare = {name: case.bare(x) for name, x in zip(NAMES, (by, *by.inputs))}
        right = worded(right_formula(by.op, use.position) or "", bare)
        if other is not None:
            bare[OTHER] = case.bare(other)
        return (tell("you multiply what arrives at {called} by {worded}; the derivative of `{symbol}` here is {right}",
                     called=case.called(by), worded=worded(text, bare), symbol=by.op.symbol, right=right))

    # Several at once.

    def together(self) -> Iterator[Suspicion]:
        """Two contributions that explain the answer together; or, at every use of the node, one of the same kind."""
        stop = perf_counter() + _PAIRS
        for combination in (*self._pairs(), *self._everywhere()):
            if perf_counter() > stop or self.case.out_of_time():
                return
            changes = [self.carried(tried.use.node, tried.change) for tried in combination]
            if any(change is None for change in changes) or not self.case.explains(self.case.g + sum(changes)):
                continue
            first, *_ = combination
            words = list(dict.fromkeys(tried.told[1] for tried in combination))
            yield self.case.seen(first.told[0], f"; {tell('and')} ".join(words), *first.told[2:])

    def _pairs(self) -> list[tuple[_Tried, ...]]:
        """Pairs at different steps that may explain the answer, those of one kind first."""
        tried = sorted((x for x in self.tried if x.off and math.isfinite(x.off)), key=lambda x: x.off)
        found, high = [], len(tried) - 1
        slack = 1e-6 * abs(self.wanted)
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
            choices = [[x for x in kept if self.began[id(x.use)] == id(use)][:most] for use in uses]
            for where in sums_near([[x.off for x in choice] for choice in choices], self.wanted, 1e-6):
                found.append(tuple(choice[i] for choice, i in zip(choices, where)))
        return found


def _kind(tried: _Tried) -> str:
    """The mistake's name; another step's gradient is one kind, be it a step further on or elsewhere."""
    kind: Mistake = tried.told[0]
    return mistakes.ARRIVING.name if kind is mistakes.LOCAL else kind.name


def _rank(tried: _Tried) -> int:
    """How likely a mistake is beside another: the plain ones first."""
    kind = tried.told[0]
    return _PLAIN.index(kind) if kind in _PLAIN else len(_PLAIN)


_PLAIN = (mistakes.LEFT_OUT, mistakes.LOCAL, mistakes.FORGOTTEN, mistakes.SIGN_OF_ONE, mistakes.TWICE)
_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
