"""`cmp` and `diagnose`: holding a gradient written by hand against the engine's, and saying what is wrong with it.

The engine knows every use of a node and what each contributes to its gradient. So a wrong answer can be compared with
what the usual mistakes would have given: a path left out, a sum over the wrong axis, a lost factor 1/N. This reads a
finished graph and goes back through it once more on its own, touching nobody's `.grad`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from autograd.arrays import structural as st
from autograd.arrays.steps import fitted
from autograd.arrays.tensor import Tensor, as_array, last_pass
from autograd.core.graph import Node, Use, topological
from autograd.core.value import Value
from autograd.learn.contributions import each_use, pull, raw, seed

__all__ = ["Comparison", "Diagnosis", "cmp", "diagnose"]

# How far rounding may take an answer, relative to the number itself and to the largest number that went into its sum.
_TOLERANCE = {8: (1e-9, 1e-12), 4: (1e-4, 1e-5), 2: (3e-2, 3e-3)}
_DEEPEST = 400                                      # nodes: beyond, only direct uses are looked at


@dataclass
class Diagnosis:
    """What `diagnose` returns: falsy if the answer is right. `str()` of it is for people.

    Attributes:
        variable: what the gradient is of.
        mistake: the name of the mistake, "" if there is none, "unknown" if it is none of the usual ones.
        evidence: what shows it, in numbers.
        hint: what to think about; it does not give the line away.
        note: anything else worth knowing, also of a right answer.
    """

    variable: str
    mistake: str = ""
    evidence: str = ""
    hint: str = ""
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.mistake)

    def __str__(self) -> str:
        if not self.mistake:
            return f"d{self.variable}: right" + (f" ({self.note})" if self.note else "")
        title = "none of the usual mistakes" if self.mistake == "unknown" else self.mistake
        lines = [f"d{self.variable}: {title}", f"  seen: {self.evidence}", f"  hint: {self.hint}"]
        return "\n".join(lines + ([f"  note: {self.note}"] if self.note else []))

    __repr__ = __str__


@dataclass
class Comparison:
    """What `cmp` returns: truthy if the gradients agree up to rounding."""

    name: str
    exact: bool
    approximate: bool
    maxdiff: float
    diagnosis: Diagnosis = field(repr=False)

    def __bool__(self) -> bool:
        return self.approximate

    def __str__(self) -> str:
        return (f"{self.name:15s} | exact: {self.exact!s:5s} | approximate: {self.approximate!s:5s} | "
                f"maxdiff: {self.maxdiff:.3g}")


def cmp(name: str, manual: Any, t: Any, root: Any = None) -> Comparison:
    """Print whether `manual` is t's gradient, in the manner of the lecture; if it is not, what is wrong with it.

    Args:
        name: what to call it.
        manual: the gradient written by hand: a Tensor, an array, a number.
        t: the node it is the gradient of, after a backward pass.
        root: where that backward pass began; for Tensors the last one's is known.

    Raises:
        ValueError: if t has no gradient yet.
        TypeError: if `manual` is not made of numbers.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> result = cmp("x", 2 * x, x)
    x               | exact: True  | approximate: True  | maxdiff: 0

    After the `cmp` of Karpathy's lecture "Becoming a backprop ninja" (2022).
    """
    names = _names_around(sys._getframe(1))
    diagnosis = _examined("cmp", manual, t, root, names, name)
    array, grad = _numbers("cmp", manual), _gradient("cmp", t, name)
    fits = array.shape == grad.shape
    with np.errstate(invalid="ignore", over="ignore"):
        maxdiff = float(np.abs(array - grad).max(initial=0.0)) if fits else float("nan")
    result = Comparison(name, fits and bool((array == grad).all()), not diagnosis, maxdiff, diagnosis)
    line = str(result)
    if not fits:
        line += f" | shapes: {array.shape}, expected {grad.shape}"
    elif result and not result.exact:
        line += f" | {diagnosis.note or 'fine: the same sums, rounded in another order'}"
    print(line)
    if diagnosis:
        print("    " + str(diagnosis).replace("\n", "\n    "))
    return result


def diagnose(manual: Any, t: Any, root: Any = None, given: Mapping[Any, Any] | None = None) -> Diagnosis:
    """Say what is wrong with a gradient written by hand. What it returns is falsy if the answer is right.

    Takes what `cmp` takes. Nodes are called by their labels, or by the names of the variables around the call.
    With `given`, gradients of nodes nearer to the root, the answer is judged by what it was made from: a line that is
    right for what it was fed counts as right, though a mistake further up has made its numbers wrong.

    >>> x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    >>> y = x.exp(); z = x * y; loss = z.sum(); loss.backward()
    >>> print(diagnose(y, x))
    dx: path left out
      seen: you have the path through `z`; `x` is also used by `y`, which contributes up to 14.8
      hint: list every line of the forward pass in which `x` stands on the right; each adds to its gradient
    """
    return _examined("diagnose", manual, t, root, _names_around(sys._getframe(1)), "", given)


# The graph, gone through once more.

class _Pass:
    """A backward pass that keeps what every use of every node contributed. It goes on with the gradients `given`."""

    def __init__(self, root: Any, given: Mapping[Any, Any] | None = None) -> None:
        self.given = {node: _numbers("given", gradient) for node, gradient in (given or {}).items()}
        self.order = topological(root)
        self.gradients: dict[Any, Any] = {root: np.float64(seed(root)) if isinstance(root, Value) else seed(root)}
        self.uses: dict[Any, list[Use]] = {}
        with np.errstate(all="ignore"):
            for use in each_use(self.order, self.gradients, self.given):
                self.uses.setdefault(use.node, []).append(use)

    def flow(self, through: Any, t: Any, between: set[int]) -> Any:
        """What reaches t by the paths that lead through one node."""
        nodes = [node for node in self.order
                 if node is through or (id(node) in between and node not in self.given and node is not t)]
        gradients = {through: self.given.get(through, self.gradients[through])}
        for _ in each_use(nodes, gradients):
            pass
        return gradients.get(t)

    def between(self, t: Any) -> list[Any]:
        """The nodes that depend on t, nearest first."""
        reached = {id(t)}
        found = []
        for node in self.order:
            if any(id(x) in reached for x in node.inputs):
                reached.add(id(node))
                if node in self.gradients:
                    found.append(node)
        return found


def _data(node: Any) -> Any:
    return np.asarray(node._data)


# What it is given.

def _names_around(frame: Any) -> dict[int, str]:
    """What the variables around a call are called: id of the node -> name."""
    names: dict[int, str] = {}
    for scope in (frame.f_locals, frame.f_globals):
        for name, x in list(scope.items()):
            if isinstance(x, Node) and not name.startswith("_"):
                names.setdefault(id(x), name)
    return names


def _numbers(where: str, manual: Any) -> Any:
    if isinstance(manual, Value):
        return np.asarray(manual.data)
    if manual is None:
        raise TypeError(f"{where}: got None as the gradient, expected a Tensor, an array or a number")
    return np.asarray(as_array(manual))


def _gradient(where: str, t: Any, name: str) -> Any:
    if not isinstance(t, Node):
        raise TypeError(f"{where}: got {type(t).__name__} to compare with, expected the Tensor or Value itself")
    if t._grad is None:
        raise ValueError(f"{where}: {name or t.label or 'the tensor'} has no gradient to compare with; "
                         "run loss.backward() first, and see that it requires a gradient")
    return np.asarray(t._grad)


@np.errstate(all="ignore")
def _examined(where: str, manual: Any, t: Any, root: Any, names: Mapping[int, str], name: str,
              given: Mapping[Any, Any] | None = None) -> Diagnosis:
    """What `cmp` and `diagnose` come to. Right answers are known without another backward pass, nearly always."""
    m, stored = _numbers(where, manual), _gradient(where, t, name)
    if not given and _Case(m, t, stored, None, names, name).agrees(m, stored):
        return Diagnosis(_Case(m, t, stored, None, names, name).name)
    if root is None and isinstance(t, Tensor):
        root = last_pass.root()
    one = _Pass(root, given) if root is not None else None
    if one is not None and t not in one.gradients:
        one = None
    if one is not None and given:
        stored = one.gradients[t]
    case = _Case(m, t, stored, one, names, name)
    if case.agrees(m, stored):
        return Diagnosis(case.name)
    if one is not None and not case.agrees(one.gradients[t], stored):
        if case.agrees(m, one.gradients[t]):
            return Diagnosis(case.name, note="for the last backward pass; .grad holds the sum of several, "
                                             "since nothing set it to zero in between")
        case = _Case(m, t, one.gradients[t], one, names, name)
    mistake, evidence, hint = next(case.suspicions())
    note = "" if one is not None else ("paths were not looked at: the backward pass's root is gone or not known; "
                                       "pass root=loss")
    return Diagnosis(case.name, mistake, evidence, hint, note)


_HINTS = {
    "left out": "list every line of the forward pass in which {t} stands on the right; each adds to its gradient",
    "twice": "go through the uses of {t} once more and tick each off: one of them is added a second time",
    "doubled": "is everything added twice (a line run twice, += into what was there), or a factor 1/2 lost?",
    "overwritten": "where a gradient arrives in several pieces, each line after the first must add to it",
    "sign": "look for a minus in the forward pass (a subtraction, a negation, a power of −1) that the backward lost",
    "factor": "which line of the forward pass divides, and by how many? its derivative carries that number",
    "Bessel": "look up what the forward pass divides the squared deviations by: n, or n − 1?",
    "transposed": "write the shapes of both factors under each other; only one order of the product fits them all",
    "axis": "along which axis was {t} repeated (or summed) on the way forward? the way back undoes exactly that",
    "broadcast": "{t} was repeated to a larger shape on the way forward: whatever its copies receive belongs to it",
    "local": "what comes from above is only half of the chain rule; the other half is ∂{by}/∂{bare}",
    "upstream": "∂{by}/∂{bare} is only half of the chain rule; the other half is what arrives at {by} from above",
    "one-hot": "at the right class the logit has one path more to the loss: its own −log",
    "maximum": "taking a maximum passes its gradient to one place in each row, and subtracting it cancels: sum it up",
    "other": "read the left side of the line again: whose gradient did you want?",
    "shape": "a gradient has exactly the shape of what it is the gradient of",
    "zeros": "something of this variable does reach the loss: follow its uses forward",
    "finite": "look for a division by zero or the logarithm of one on the way",
    "constant": "all entries are off by the same number, so the shape of your formula is right: check its constants",
    "unknown": "check the line on a single element: pick the one named above and follow its paths by hand",
}

_Suspicion = tuple[str, str, str]


class _Case:
    """A wrong answer m for the gradient g of t, and what is known of t's part in the graph."""

    def __init__(self, m: Any, t: Any, g: Any, one: _Pass | None, names: Mapping[int, str], name: str) -> None:
        self.m, self.t, self.g, self.one, self.names = m, t, g, one, names
        self.uses = one.uses.get(t, []) if one is not None else []
        self.name = name or self.known(t) or "?"
        width = min(x.dtype.itemsize if x.dtype.kind == "f" else 8 for x in (m, g))
        self.relative, self.absolute = _TOLERANCE.get(width, (1e-9, 1e-12))
        sizes = [np.abs(g).max(initial=0.0)]
        # What cancels in a sum leaves rounding of the size of its terms.
        sizes += [np.abs(fitted(np.abs(raw(use)), _data(t))).max(initial=0.0) for use in self.uses]
        self.scale = max([float(size) for size in sizes if np.isfinite(size)], default=0.0)

    def agrees(self, a: Any, b: Any) -> bool:
        """The same shape and the same numbers, up to rounding."""
        if np.shape(a) != np.shape(b):
            return False
        close = np.abs(a - b) <= self.relative * np.abs(b) + self.absolute * self.scale
        return bool((close | (a == b) | (np.isnan(a) & np.isnan(b))).all())

    def explains(self, predicted: Any) -> bool:
        """Whether a mistake that would have given `predicted` explains the answer."""
        return self.agrees(self.m, predicted) and not self.agrees(predicted, self.g)

    def known(self, node: Any) -> str:
        """A node's label, or the name of a variable that holds it, or nothing."""
        return node.label or self.names.get(id(node), "")

    def called(self, node: Any) -> str:
        """A node's name in backticks; where it has none, what it is and what it is part of."""
        if known := self.known(node):
            return f"`{known}`"
        part_of = next(filter(None, map(self.known, self.one.between(node) if self.one else [])), None)
        what = f"the `{node.op.symbol}` of shape {_data(node).shape}" if node.op is not None else "a constant"
        return what + (f" on the way to `{part_of}`" if part_of else "")

    def hint(self, key: str, **words: str) -> str:
        return _HINTS[key].format(t=f"`{self.name}`", bare=self.name, **words)

    def suspicions(self) -> Iterator[_Suspicion]:
        """Every mistake that explains the answer, the likeliest first; the last is that none does."""
        if not np.isfinite(self.m).all() and np.isfinite(self.g).all():
            count = np.count_nonzero(~np.isfinite(self.m))
            yield "not finite", f"{count} of {self.m.size} entries are nan or inf", self.hint("finite")
        if self.m.shape != self.g.shape:
            yield from self._shapes()
            return
        yield from self._signs_and_zeros()
        yield from self._paths()
        yield from self._overwritten_rows()
        yield from self._softmax()
        yield from self._factor()
        yield from self._transposed_or_wrong_axis()
        yield from self._local_derivative()
        yield from self._another_variable()
        yield from self._deeper_paths()
        yield from self._maximum()
        yield self._unknown()

    def _shapes(self) -> Iterator[_Suspicion]:
        m, g = self.m, self.g
        got = f"got the shape {m.shape}, expected {g.shape}"
        if m.ndim == 2 and self.agrees(m.T, g):
            yield "transposed", f"{got}; your numbers transposed are right", self.hint("transposed")
        if m.size == g.size and self.agrees(m.reshape(g.shape), g):
            yield "wrong shape", f"{got}; the numbers are right", self.hint("shape")
        for use in self.uses:
            if m.shape == raw(use).shape and self.agrees(m, raw(use)):
                yield ("sum over the broadcast axis forgotten", f"got the shape {m.shape}, that of "
                       f"{self.called(use.by)}, expected {g.shape}; summed to that your numbers are right",
                       self.hint("broadcast"))
        if m.size > g.size and self.agrees(_summed(m, g.shape), g):
            yield ("sum over the broadcast axis forgotten", f"{got}; summed to that shape your numbers are right",
                   self.hint("broadcast"))
        for use in self.uses:
            for axes in _axes(raw(use).ndim):
                if raw(use).ndim and self.agrees(m.ravel(), raw(use).sum(axes).ravel()):
                    yield ("summed over the wrong axis", f"{got}; what arrives has shape {raw(use).shape}, and yours is "
                           f"its sum over axis {_listed(axes)}", self.hint("axis"))
        for axes in _axes(g.ndim):
            if self.agrees(m.ravel(), g.sum(axes).ravel()):
                yield ("summed over the wrong axis", f"{got}; yours is the right gradient summed over axis "
                       f"{_listed(axes)} as well", self.hint("axis"))
        yield from self._another_variable()
        yield "wrong shape", got, self.hint("shape")

    def _signs_and_zeros(self) -> Iterator[_Suspicion]:
        if not self.m.any():
            yield "all zeros", f"every entry is 0; the right ones go up to {_most(self.g)}", self.hint("zeros")
        if self.explains(-self.g):
            yield "wrong sign", "your numbers are minus the right ones, all of them", self.hint("sign")

    def _paths(self) -> Iterator[_Suspicion]:
        """The mistakes one can make with the contributions of the direct uses."""
        uses = self.uses
        if len(uses) >= 2:
            parts = [use.contribution for use in uses]
            # A backward pass adds the contributions in this order, so what is overwritten leaves the last.
            if self.explains(parts[-1]) and not self.agrees(parts[-1], parts[0]):
                yield ("= where += was needed", f"your numbers are the last piece alone, the one through "
                       f"{self.called(uses[-1].by)}; what came before it, through {self._through(uses[:-1])}, is gone",
                       self.hint("overwritten"))
            most = len(uses) - 1                    # all sets of paths while they are few, else one path left out
            for kept in (c for n in range(most, 0 if most < 8 else most - 1, -1) for c in combinations(uses, n)):
                ids = {id(use) for use in kept}
                missing = [use for use in uses if id(use) not in ids]
                if self.explains(self.g - sum(use.contribution for use in missing)):
                    yield "path left out", self._left_out(list(kept), missing), self.hint("left out")
        for use in uses:
            if self.explains(2 * self.g):
                yield ("path counted twice", "your numbers are exactly twice the right ones, which come through "
                       f"{self._through(uses)}", self.hint("doubled"))
            elif self.explains(self.g + use.contribution):
                yield ("path counted twice", f"your numbers are the right ones plus once more what comes through "
                       f"{self.called(use.by)} (up to {_most(use.contribution)})", self.hint("twice"))
            if self.explains(self.g - 2 * use.contribution):
                yield ("wrong sign on one path", f"what comes through {self.called(use.by)} has the wrong sign; "
                       "the rest is right", self.hint("sign"))

    def _left_out(self, have: list[Use], missing: list[Use]) -> str:
        by = {id(use.by) for use in have}
        if all(id(use.by) in by for use in missing):
            times = len(have) + len(missing)
            return (f"`{self.name}` stands {times} times in {self.called(missing[0].by)}, and you have counted "
                    f"{len(have)} of them; the missing part goes up to {_most(missing[0].contribution)}")
        return (f"you have the path through {self._through(have)}; `{self.name}` is also used by "
                f"{self._through(missing)}, which contributes up to {_most(sum(u.contribution for u in missing))}")

    def _through(self, uses: list[Use]) -> str:
        names = list(dict.fromkeys(self.called(use.by) for use in uses))
        return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]

    def _overwritten_rows(self) -> Iterator[_Suspicion]:
        """`dC[ix] = …` in a loop, where a row is named more than once."""
        for use in self.uses:
            if use.by.op is not None and use.by.op.name == "index":
                last = np.zeros_like(self.g)
                last[use.by._saved[1]] = use.arriving
                if self.explains(self.g - use.contribution + last):
                    rows = np.count_nonzero((last != use.contribution).reshape(len(last), -1).any(1))
                    yield ("= where += was needed", f"{rows} rows of `{self.name}` are looked up more than once, and "
                           "hold only what came last", self.hint("overwritten"))

    def _softmax(self) -> Iterator[_Suspicion]:
        x = _data(self.t)
        if x.ndim == 0 or x.shape[-1] < 2 or self.m.shape != x.shape:
            return
        p = np.exp(x - x.max(-1, keepdims=True))
        p /= p.sum(-1, keepdims=True)
        n = max(1, x.size // x.shape[-1])
        for scale, words in ((1.0 / n, f"softmax({self.name}) / {n}"), (1.0, f"softmax({self.name})")):
            one_hot = p - self.g * n
            is_one_hot = np.abs(one_hot.sum(-1) - 1).max(initial=0) < 1e-3
            if is_one_hot and self.explains(p * scale):
                yield ("one-hot forgotten", f"your numbers are {words}, in every place; the right ones differ in one "
                       "place of each row", self.hint("one-hot"))

    def _factor(self) -> Iterator[_Suspicion]:
        ratio = _ratio(self.m, self.g)
        if ratio is not None and self.explains(self.g * ratio):
            named = self._named_factor(ratio)
            if named:
                yield named[0], f"your numbers are {named[1]} times the right ones", self.hint(named[2])
            elif self.g.size > 1:
                near = [(n, r) for n in range(2, 1000) for r in (n ** 0.5, n ** -0.5)
                        if abs(ratio - r) <= 10 * self.relative * r]
                root = f" ({'' if near[0][1] > 1 else '1/'}√{near[0][0]})" if near else ""
                yield ("constant factor", f"your numbers are {ratio:.6g}{root} times the right ones",
                       self.hint("constant"))

    def _named_factor(self, ratio: float) -> _Suspicion | None:
        """(mistake, the factor in words, hint) of a ratio that is a count of something in the graph."""
        nodes = [self.t, *(self.one.order if self.one else [])]
        counts = {n for node in nodes for n in (*_data(node).shape, _data(node).size) if n > 1}
        near = {n for node in [self.t, *(use.by for use in self.uses)] for n in (*_data(node).shape, _data(node).size)}
        for n in sorted(counts, key=lambda n: (n not in near, n)):
            for value, words in ((n, f"{n}"), (1 / n, f"1/{n}")):
                if abs(ratio - value) <= 1e3 * self.relative * value:
                    what = "missing" if value > 1 else "extra"
                    return f"factor 1/N {what}", words, "factor"
            if n > 2:
                for value, words in ((n / (n - 1), f"{n}/{n - 1}"), ((n - 1) / n, f"{n - 1}/{n}")):
                    if abs(ratio - value) <= self.relative * 1e2:
                        return "n against n − 1 (biased or Bessel's variance)", words, "Bessel"
        return None

    def _transposed_or_wrong_axis(self) -> Iterator[_Suspicion]:
        m, g = self.m, self.g
        for use in self.uses:
            for axes in _axes(raw(use).ndim):
                if len(axes) < raw(use).ndim or raw(use).ndim == 1:
                    other = raw(use).sum(axes)
                    if other.size == g.size and raw(use).shape != g.shape \
                            and self.explains(g - use.contribution + other.reshape(g.shape)):
                        yield ("summed over the wrong axis", f"what arrives has shape {raw(use).shape}; yours is its "
                               f"sum over axis {_listed(axes)}", self.hint("axis"))
            if use.arriving.ndim == 1 and g.ndim == 2 and use.arriving.size == g.shape[0] == g.shape[1]:
                for spread in (use.arriving[:, None], use.arriving[None, :]):
                    if self.explains(g - use.contribution + np.broadcast_to(spread, g.shape)):
                        yield ("summed over the wrong axis", f"the gradient of {self.called(use.by)}, of shape "
                               f"{use.arriving.shape}, is spread along the wrong axis", self.hint("axis"))
        if m.ndim >= 2 and self.explains_transposed():
            yield "transposed", "your numbers transposed are right", self.hint("transposed")

    def explains_transposed(self) -> bool:
        turned = self.m.swapaxes(-1, -2)
        return self.agrees(turned, self.g)

    def _local_derivative(self) -> Iterator[_Suspicion]:
        for use in self.uses:
            rest = self.g - use.contribution
            for upstream in _in_shape(use.arriving, self.g.shape):
                if self.explains(rest + upstream):
                    by = self.called(use.by)
                    yield ("local derivative forgotten", f"the gradient of {by} is passed straight through to "
                           f"`{self.name}`", self.hint("local", by=by.strip("`")))
            ones = np.ones_like(use.arriving)
            local = pull(use.by, use.position, ones)
            if self.explains(rest + local):
                by = self.called(use.by)
                yield ("upstream gradient forgotten", f"your numbers are ∂{by.strip('`')}/∂{self.name}, as if what "
                       f"arrives at {by} were 1", self.hint("upstream", by=by.strip("`")))

    def _another_variable(self) -> Iterator[_Suspicion]:
        if self.one is None:
            return
        after = {id(node) for node in self.one.between(self.t)}
        for node in sorted(self.one.order, key=lambda x: not self.known(x)):       # those with a name first
            gradient = self.one.gradients.get(node)
            if node is self.t or gradient is None or not gradient.any() \
                    or not self.agrees(self.m, gradient) or self.agrees(gradient, self.g):
                continue
            if id(node) in after:
                by = self.called(node)
                yield ("local derivative forgotten", f"the gradient of {by}, further on, is passed straight through to "
                       f"`{self.name}`", self.hint("local", by=by.strip("`")))
            else:
                yield "gradient of another variable", f"this is the gradient of {self.called(node)}", self.hint("other")

    def _deeper_paths(self) -> Iterator[_Suspicion]:
        """One path off by a factor, at a node further on: r·(what flows through it) + the rest."""
        if self.one is None:
            return
        nodes = self.one.between(self.t)
        if len(nodes) > _DEEPEST:
            return
        inside = {id(node) for node in nodes}
        for node in nodes:
            flow = self.one.flow(node, self.t, inside)
            if flow is None or np.abs(flow).max(initial=0.0) <= 1e3 * self.absolute * self.scale:
                continue
            change = _ratio(self.m - self.g, flow)
            if change is None or not self.explains(self.g + change * flow):
                continue
            by, ratio = self.called(node), 1.0 + change
            up_to = f"(it contributes up to {_most(flow)})"
            close = 1e2 * self.relative
            if abs(ratio) < close:
                yield "path left out", f"nothing comes through {by} {up_to}", self.hint("left out")
            elif abs(ratio - 2) < close:
                yield "path counted twice", f"what comes through {by} is there twice {up_to}", self.hint("twice")
            elif abs(ratio + 1) < close:
                yield ("wrong sign on one path", f"what comes through {by} has the wrong sign {up_to}",
                       self.hint("sign"))
            elif named := self._named_factor(ratio):
                yield named[0], f"what comes through {by} is {named[1]} times what it should be", self.hint(named[2])
            elif self.g.size > 2:
                yield ("constant factor", f"what comes through {by} is {ratio:.6g} times what it should be",
                       self.hint("constant"))

    def _maximum(self) -> Iterator[_Suspicion]:
        x = _data(self.t)
        if x.ndim == 0 or x.shape[-1] < 3:
            return
        wrong = np.abs(self.m - self.g) > self.relative * np.abs(self.g) + self.absolute * self.scale
        at_maximum = x == x.max(-1, keepdims=True)
        rows = np.count_nonzero(wrong.reshape(-1, x.shape[-1]).any(1))
        if rows > 1 and not (wrong & ~at_maximum).any():
            yield ("off at the maximum", f"right everywhere but in {rows} rows at the row's largest number, by up to "
                   f"{_most(self.m - self.g)}", self.hint("maximum"))

    def _unknown(self) -> _Suspicion:
        error = np.abs(self.m - self.g)
        worst = np.unravel_index(int(np.argmax(np.nan_to_num(error, nan=np.inf))), error.shape)
        wrong = np.count_nonzero(~(error <= self.relative * np.abs(self.g) + self.absolute * self.scale))
        where = f"at [{', '.join(str(int(i)) for i in worst)}]" if worst else "here"
        evidence = (f"{wrong} of {error.size} entries are off; the largest error is {where}: "
                    f"got {self.m[worst]:.6g}, expected {self.g[worst]:.6g}, off by {error[worst]:.3g}")
        rows = sorted({int(i) for i in np.nonzero(error > self.relative * np.abs(self.g)
                                                  + self.absolute * self.scale)[0]}) if worst else []
        if len(rows) == 1 and error.shape[0] > 1 and wrong > 1:
            evidence += f"; all of them in row {rows[0]}"
        return "unknown", evidence, self.hint("unknown")


def _ratio(a: Any, b: Any) -> float | None:
    """The r for which r·b is nearest to a."""
    ratio = float(np.vdot(b, a) / np.vdot(b, b)) if np.any(b) else float("nan")
    return ratio if np.isfinite(ratio) else None


def _summed(x: Any, shape: tuple[int, ...]) -> Any:
    """x summed to a shape it was broadcast from; itself where it wasn't."""
    try:
        fits = np.broadcast_shapes(x.shape, shape) == x.shape
    except ValueError:
        return x
    return np.asarray(st.reduce_to.array(x, shape)) if fits else x


def _in_shape(x: Any, shape: tuple[int, ...]) -> Iterator[Any]:
    """x broadcast, or summed, to a shape, if it can be."""
    if x.shape == shape:
        yield x
    elif _summed(x, shape).shape == shape:
        yield _summed(x, shape)
    else:
        try:
            yield np.broadcast_to(x, shape)
        except ValueError:
            return


def _axes(ndim: int) -> list[tuple[int, ...]]:
    """All the sets of axes one could sum over."""
    return [axes for n in range(1, ndim + 1) for axes in combinations(range(ndim), n)] if ndim <= 4 else []


def _listed(axes: tuple[int, ...]) -> str:
    return " and ".join(map(str, axes))


def _most(x: Any) -> str:
    return f"{float(np.abs(x).max(initial=0.0)):.3g}"
