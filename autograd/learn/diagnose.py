"""`cmp` and `diagnose`: holding a gradient written by hand against the engine's, and saying what is wrong with it.

The engine knows every use of a node and what each contributes to its gradient. So a wrong answer can be held against
what the usual mistakes would have given: a path left out, a sum over the wrong axis, a lost factor 1/N. Here is what a
learner calls; the mistakes stand in `mistakes`, how each shows itself in `suspicions` and `shapes`.
"""

from __future__ import annotations

import math
import sys
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FrameType, ModuleType
from typing import Any

from autograd.core.graph import Node, topological
from autograd.core.numbers import is_real, number
from autograd.core.op import numpy
from autograd.core.plain import any_terminal
from autograd.core.showing import shown_as
from autograd.learn import mistakes
from autograd.learn.alike import Numbers, every, finite, largest, shape_of, silence
from autograd.learn.contributions import Pass, seed, work
from autograd.learn.languages import tell
from autograd.learn.suspicions import BUDGET, Case, Suspicion

__all__ = ["Comparison", "Diagnosis", "cmp", "diagnose"]

_NO_ROOT = "paths were not looked at: the backward pass's root is gone or not known, so pass root=loss"
_TOO_LARGE = "paths were not looked at: a backward pass through this graph takes more than a second"
_OTHERS = 3e6                                       # work to look for other names, once there is one


@dataclass
class Diagnosis:
    """What `diagnose` returns: falsy if the answer is right. `str()` of it is for people.

    Attributes:
        variable: what the gradient is of.
        mistake: the name of the mistake, "" if there is none, "unknown" if it is none of the usual ones.
        evidence: what shows it, in numbers.
        hint: what to think about; it does not give the line away.
        note: anything else worth knowing, also of a right answer.
        others: up to two more mistakes that give the same numbers: (name, evidence) of each.
    """

    variable: str
    mistake: str = ""
    evidence: str = ""
    hint: str = ""
    note: str = ""
    others: list[tuple[str, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.mistake)

    def with_note(self, note: str) -> Diagnosis:
        """The same, with one more note."""
        if note:
            self.note = "; ".join([note, *(x for x in self.note.split("; ") if x and x != tell(_NO_ROOT))])
        return self

    def __str__(self) -> str:
        any_terminal()
        if not self.mistake:
            return tell("d{variable}: right", variable=self.variable) + (f" ({self.note})" if self.note else "")
        title = tell("none of the usual mistakes") if self.mistake == "unknown" else tell(self.mistake)
        lines = [f"d{self.variable}: {title}", f"  {tell('seen')}: {self.evidence}", f"  {tell('hint')}: {self.hint}"]
        lines += [f"  {tell('or')}: {tell(name)}: {evidence}" for name, evidence in self.others]
        return "\n".join(lines + ([f"  {tell('note')}: {self.note}"] if self.note else []))

    __repr__ = __str__
    _repr_html_ = shown_as("of_diagnosis")


@dataclass(repr=False)
class Comparison:
    """What `cmp` returns: truthy if the gradients agree up to rounding.

    Since `cmp` has printed all of it, a console that shows its last line shows only the verdict, and a notebook nothing
    more; in another cell it shows itself.
    """

    name: str
    exact: bool
    approximate: bool
    maxdiff: float
    diagnosis: Diagnosis

    def __post_init__(self) -> None:
        self._printed_in = _cell()

    def __bool__(self) -> bool:
        return self.approximate

    _repr_html_ = shown_as("of_comparison")

    def _ipython_display_(self) -> None:
        if self._printed_in is None or self._printed_in != _cell():
            raise NotImplementedError               # by which IPython knows that it is to be shown as anything else

    def __repr__(self) -> str:
        return f"<{self.name}: {self.diagnosis.mistake or 'right'}>"

    def __str__(self) -> str:
        return (f"{self.name:15s} | exact: {self.exact!s:5s} | approximate: {self.approximate!s:5s} | "
                f"maxdiff: {self.maxdiff:.3g}")


def _cell() -> object:
    """Which cell of a notebook is being run, or None."""
    notebook = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(notebook, "execution_count", None)


class _Memory:
    """The answers that `cmp` has seen for the root it was last asked about; a Tensor's root is held weakly."""

    def __init__(self) -> None:
        self.root: Callable[[], Node | None] = lambda: None
        self.answers: dict[Node, Any] = {}

    def of(self, root: Node | None) -> dict[Node, Any]:
        """The answers seen for this root, to be added to."""
        if root is None:
            return {}
        if self.root() is not root:
            self.answers = {}
            try:
                self.root = weakref.ref(root, lambda _: self.forget())
            except TypeError:                       # a Value has no room for weak references
                self.root = lambda: root
        return self.answers

    def forget(self) -> None:
        """Forget all answers."""
        self.root, self.answers = lambda: None, {}


_memory = _Memory()


def cmp(name: str, manual: Any, t: Any, root: Node | None = None,
        given: Mapping[Node, Any] | None = None) -> Comparison:
    """Print whether `manual` is t's gradient, in the manner of the lecture; where it is not, also what is wrong.

    The answers given so far, for the same root, are remembered: a line that is right for what it was fed is said to be
    so, though its numbers are wrong. `cmp.reset()` forgets them. It speaks German where the locale does, or after
    `autograd.learn.languages.speak("de")`.

    Args:
        name: what to call it.
        manual: the gradient written by hand: a Tensor, an array, a number, a tensor of PyTorch's.
        t: the node it is the gradient of, after a backward pass. Of PyTorch's tensors too, whose graph is then retold
            in ops of ours as far as that goes; their backward pass must keep it: `loss.backward(retain_graph=True)`.
        root: where that backward pass began; for Tensors the last one's is known, for PyTorch's it has to be given.
        given: gradients that the answer was made from, in the place of the remembered ones; {} for none.

    Raises:
        ValueError: if t has no gradient yet.
        TypeError: if `manual` is not made of numbers.

    >>> from autograd import Tensor
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> result = cmp("x", 2 * x, x)
    x               | exact: True  | approximate: True  | maxdiff: 0

    After the `cmp` of Karpathy's lecture "Becoming a backprop ninja" (2022).
    """
    names, t, root, given, stopped = _asked("cmp", sys._getframe(1), t, root, given)
    diagnosis = _examined("cmp", manual, t, root, names, name).with_note(stopped)
    wrong = bool(diagnosis)
    mine, right = _alike("cmp", _numbers("cmp", manual), _gradient("cmp", t, name))
    got, expected = shape_of(mine), shape_of(right)
    seen = _memory.of(_root_of("cmp", t, root)) if given is None else dict(given)
    fed = {node: g for node, g in seen.items() if node is not t}
    if diagnosis and fed:
        diagnosis = _examined("cmp", manual, t, root, names, name, fed).with_note(stopped)
        if not diagnosis:
            diagnosis.note = tell("right for what it was fed: the mistake is further up")
    if got == expected and finite(mine):
        seen[t] = mine
    with silence(mine):
        maxdiff = largest(mine - right) if got == expected else float("nan")
        result = Comparison(name, got == expected and every(mine == right), not wrong, maxdiff, diagnosis)
    line = str(result)
    if got != expected:
        line += " | " + tell("shapes: {got}, expected {expected}", got=got, expected=expected)
    elif (result or not diagnosis) and not result.exact:
        line += " | " + (diagnosis.note or tell("fine: the same sums, rounded in another order"))
    any_terminal()
    print(line)
    if diagnosis:
        print("    " + str(diagnosis).replace("\n", "\n    "))
    return result


cmp.reset = _memory.forget                          # type: ignore[attr-defined]


def diagnose(manual: Any, t: Any, root: Node | None = None, given: Mapping[Node, Any] | None = None) -> Diagnosis:
    """Say what is wrong with a gradient written by hand. What it returns is falsy if the answer is right.

    Takes what `cmp` takes. Nodes are called by their labels, or by the names of the variables around the call.
    `given` are gradients, right or wrong, of nodes nearer to the root. The answer is then judged by what it was made
    from: a line that is right for what it was fed counts as right, though a mistake further up made its numbers wrong.

    >>> from autograd import Tensor
    >>> x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    >>> y = x.exp(); z = x * y; loss = z.sum(); loss.backward()
    >>> print(diagnose(y, x))
    dx: path left out
      seen: you have the path through `z`; `x` is also used by `y`, which contributes up to 14.8
      hint: list every line of the forward pass in which `x` stands on the right; each adds to its gradient
    """
    names, t, root, given, stopped = _asked("diagnose", sys._getframe(1), t, root, given)
    return _examined("diagnose", manual, t, root, names, "", given).with_note(stopped)


# What it is given.

def _asked(where: str, frame: FrameType, t: Any, root: Any, given: Mapping[Any, Any] | None
           ) -> tuple[dict[int, str], Any, Any, Mapping[Any, Any] | None, str]:
    """The names around a call, the nodes it asks about, and what stood in the way of finding them.

    Tensors of PyTorch's are asked about by the nodes that stand for them in the retold graph.
    """
    variables = {**frame.f_globals, **frame.f_locals}
    names: dict[int, str] = {}
    for name, x in [*frame.f_locals.items(), *frame.f_globals.items()]:
        if isinstance(x, Node) and not name.startswith("_"):
            names.setdefault(id(x), name)
    if type(t).__module__.split(".")[0] != "torch":
        return names, t, root, given, ""
    numpy(where)
    from autograd.learn import retold
    if root is None:
        raise TypeError(f"{where}: got a tensor of PyTorch's without the root of its graph; pass root=loss")
    return (names, *retold.asked(where, t, root, given, variables))


def _numbers(where: str, manual: object) -> Any:
    """What was given as a gradient: a float, or an array."""
    if manual is None:
        raise TypeError(f"{where}: got None as the gradient, expected a Tensor, an array or a number")
    if type(manual).__module__.split(".")[0] == "torch":
        manual = _of_torch(manual)
    if isinstance(manual, Node):
        manual = manual._data
    if is_real(manual) and type(manual).__module__ != "numpy":
        return number(manual, where)
    return _of_arrays(where).array_of(manual)


def _of_torch(manual: Any) -> Any:
    """A tensor of PyTorch's as an array; bfloat16, which NumPy lacks, as float32."""
    manual = manual.detach().cpu()
    return (manual.float() if _is_coarse(manual) else manual).numpy()


def _is_coarse(manual: Any) -> bool:
    return str(getattr(manual, "dtype", "")) == "torch.bfloat16"


def _root_of(where: str, t: Node, root: Node | None) -> Node | None:
    """Where the backward pass began, if that is known."""
    return _of_arrays(where).last_root() if root is None and t.kind else root


def _gradient(where: str, t: Any, name: str) -> Any:
    if not isinstance(t, Node):
        raise TypeError(f"{where}: got {type(t).__name__} to compare with, expected the Tensor or Value itself")
    if t._grad is None:
        raise ValueError(f"{where}: {name or t.label or 'the tensor'} has no gradient to compare with; "
                         "run loss.backward() first, and see that it requires a gradient")
    return t._grad


def _alike(where: str, m: Any, g: Any) -> tuple[Any, Any]:
    """The answer and the truth, both as floats where they can be, else both as arrays."""
    if type(g) is float and type(m) is not float and not m.shape and m.dtype.itemsize == 8:
        m = float(m)
    return (m, g) if type(m) is type(g) is float else (_of_arrays(where).array_of(m), _of_arrays(where).array_of(g))


def _of_arrays(where: str) -> ModuleType:
    """What only arrays need; NumPy is imported with it."""
    numpy(where)
    from autograd.learn import shapes
    return shapes


def _examined(where: str, manual: object, t: Any, root: Node | None, names: Mapping[int, str], name: str,
              given: Mapping[Node, Numbers] | None = None) -> Diagnosis:
    """What `cmp` and `diagnose` come to. Right answers are known without another backward pass, nearly always."""
    stored = _gradient(where, t, name)
    m, stored = _alike(where, _numbers(where, manual), stored)
    with silence(m):
        return _examined_quietly(where, m, t, stored, root, names, name, given or {}, _is_coarse(manual))


def _examined_quietly(where: str, m: Any, t: Node, stored: Any, root: Node | None, names: Mapping[int, str], name: str,
                      given: Mapping[Node, Any], coarse: bool) -> Diagnosis:
    kind, like = (Case, float) if type(m) is float else (_of_arrays(where).ArrayCase, _of_arrays(where).array_of)
    case = kind(m, t, stored, None, names, name, coarse)
    if not given and case.agrees(m, stored):
        return Diagnosis(case.name)
    root = _root_of(where, t, root)
    one = None
    small = root is None or work(topological(root)) <= BUDGET
    if root is not None and (small or given or case.nearly(1e-3)):
        one = Pass(root, like(seed(root)), {node: like(_numbers("given", g)) for node, g in given.items()})
        if t not in one.gradients:
            one = None
    if one is not None and given:
        stored = one.gradients[t]
    case = kind(m, t, stored, one, names, name, coarse)
    if case.agrees(m, stored):
        return Diagnosis(case.name)
    if one is not None and not case.agrees(one.gradients[t], stored):
        if case.agrees(m, one.gradients[t]):
            return Diagnosis(case.name, note=tell("for the last backward pass; .grad holds the sum of several, since "
                                                  "nothing set it to zero in between"))
        case = kind(m, t, one.gradients[t], one, names, name, coarse)
    if note := case.forgiven():
        return Diagnosis(case.name, note=note)
    case.tolerate_fewer_bits()
    (mistake, evidence, hint), *others = _likeliest(case)
    if mistake is mistakes.UNKNOWN and case.nearly():
        return Diagnosis(case.name, note=tell("right to single precision"))
    notes = [] if one is not None else [tell(_NO_ROOT if small else _TOO_LARGE)]
    if case.stopped:
        notes.append(tell("the search stopped after a second; there was more to look at"))
    return Diagnosis(case.name, mistake.name, evidence, hint, "; ".join(notes),
                     [(other.name, words) for other, words, _ in others])


def _likeliest(case: Case) -> list[Suspicion]:
    """Up to three mistakes that give the answer's numbers, the likeliest first; or that none is known."""
    found: list[Suspicion] = []
    stop, stopped = math.inf, False
    for suspicion in case.suspicions():
        mistake = suspicion[0]
        if found and (mistake is mistakes.UNKNOWN or case.spent > stop):
            break
        if not found:
            stopped, stop = case.stopped, case.spent + _OTHERS
            case.limit = min(case.limit, stop)        # what else it may be is looked for a little longer
        if all(mistake.name != other.name for other, *_ in found):
            found.append(suspicion)
        fits_too_much = type(case.g) is float and mistake not in (mistakes.CONSTANT, mistakes.DOUBLED)
        if len(found) == 3 or mistake is mistakes.ZEROS or fits_too_much:
            break
    case.stopped = stopped if found and stop < math.inf else case.stopped
    return found
