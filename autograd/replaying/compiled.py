"""A graph of Values run as one compiled loop over a tape: for irregular graphs, where Numba is installed.

The loop forward has a branch for each op, and so has the loop back. Both are written as text from the table. No graph
stands in that text, so it is compiled once for all graphs, and Numba keeps the result on disk.
"""

from __future__ import annotations

import builtins
import hashlib
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import numpy as np

from autograd.core import floats
from autograd.core.nary import DOT, LARGEST, LOGSUMEXP, SUM
from autograd.core.op import TABLE, Op, Rule
from autograd.core.ops import PowerBy, power_by
from autograd.core.symbols import Symbol, text_of
from autograd.replaying.flat import Flat
from autograd.replaying.program import ours

__all__ = ["Compiled", "can_compile"]

EXPONENTS = (2.0, 0.5, -1.0, 3.0, -0.5, -2.0, 4.0)  # of `x ** n`; a graph with others has its own text compiled
MANY = 16                                           # exponents; with more of them compiling takes too long


def can_compile(flat: Flat) -> bool:
    """Whether Numba is installed, and every op of this graph is one of this project's that can be written out."""
    ops = [op for op in flat.ops if op is not None]
    powers = {op.exponent for op in ops if isinstance(op, PowerBy)}
    return find_spec("numba") is not None and len(powers) <= MANY and all([
        isinstance(op, PowerBy) or op in _loops(()).codes for op in ops])


class Compiled:
    """The recorded ops, one after another, in compiled code.

    Numbers stand in this order: parameters, inputs, other leaves, then the result of each step of the tape.
    """

    strategy = "a compiled loop"

    def __init__(self, flat: Flat) -> None:
        exponents = {op.exponent for op in flat.ops if isinstance(op, PowerBy)}
        loops = _loops(tuple(sorted(exponents - set(EXPONENTS))))
        codes = np.array([0, *[loops.codes[op] for op in flat.ops if op is not None]], np.int32)
        leaves, tape = np.flatnonzero(flat.code == 0), np.flatnonzero(flat.code)
        slot = np.empty(len(flat), np.int32)
        slot[np.concatenate([leaves, tape])] = np.arange(len(flat))
        first, second = slot[flat.a], slot[flat.b]
        every = [slot[:0]]
        listed = 0
        for i, inputs in flat.more.items():         # their inputs are listed: from where on, and how many
            first[i], second[i] = listed, len(inputs)
            listed += len(inputs)
            every.append(slot[inputs])
        self._tape = codes[flat.code[tape]], first[tape], second[tape], np.concatenate(every)
        self._numbers, self._slopes = np.zeros(len(flat)), np.zeros(len(flat))
        self._numbers[slot] = flat.data
        self._root = int(slot[flat.root])
        parameters, fed = flat.leaves
        self.values, self.gradients = self._numbers[: parameters + fed], self._slopes[:parameters]
        self._forward, self._back = loops.forward, loops.back
        self.steps = len(tape)
        self.bytes = sum([x.nbytes for x in (*self._tape, self._numbers, self._slopes)])

    def forward(self) -> float:
        self._forward(*self._tape, self._numbers)
        return float(self._numbers[self._root])

    def run(self) -> float:
        self._forward(*self._tape, self._numbers)
        self._back(*self._tape, self._numbers, self._slopes, self._root)
        return float(self._numbers[self._root])


# The text of the loops.

_PAGE = '''\
import math
from math import inf, nan

import numpy as np
from numba import njit

{functions}

@njit(error_model="numpy", nogil=True, cache=True)
def forward(code, first, second, every, v):
    leaves = len(v) - len(code)
    for k in range(len(code)):
        op, a, b, i = code[k], first[k], second[k], leaves + k
        {forward}


@njit(error_model="numpy", nogil=True, cache=True)
def back(code, first, second, every, v, gradient, root):
    leaves = len(v) - len(code)
    gradient[:] = 0.0
    gradient[root] = 1.0
    for k in range(len(code) - 1, -1, -1):
        op, a, b, i = code[k], first[k], second[k], leaves + k
        g, out = gradient[i], v[i]
        {back}
'''


class _Loops:
    """Both loops, compiled, and the code that each op has in them."""

    def __init__(self, exponents: Sequence[float]) -> None:
        names = {op: op.name for op in TABLE.values() if ours(*op.partials) and _definition(op, op.name)}
        names |= {power_by(n): f"power_by_{i}" for i, n in enumerate((*EXPONENTS, *exponents))}
        branches = {op: _branch(op, name) for op, name in names.items()} | _nary()
        self.codes = {op: code for code, op in enumerate(branches)}
        functions = [*[_definition(op, name) for op, name in names.items()], _as_it_stands(floats.logsumexp)]
        text = _PAGE.format(functions="\n".join(functions),
                            forward=_chain([forward for forward, _ in branches.values()]),
                            back=_chain([back for _, back in branches.values()]))
        self.forward, self.back = _compile(text)


_loops = lru_cache(maxsize=8)(_Loops)


def _definition(op: Op, name: str) -> str:
    """A row's function of floats as the text of a definition, so that rules may call it; "" if it can't be had.

    Numba has a spelling of its own where the table gives one. Else it is that of the floats' function, which Python's
    `math` or NumPy may have; neither raises once it is compiled.
    """
    arguments = _arguments(op)
    function = inspect.unwrap(op.floats)
    if "numba" not in op.source and name in floats.__all__ and function is getattr(floats, name):
        return _as_it_stands(function)
    text = _spelled(op, "numba") or (text_of(function, *arguments) if op.name not in vars(builtins) else None)
    if text is None and function.__module__ == "math":
        text = f"math.{function.__name__}({', '.join(arguments)})"
    if text is None and isinstance(op, PowerBy):
        text = f"math.pow(x, {op.exponent})"
    text = text or _spelled(op, "numpy")
    return text and f'@njit(error_model="numpy")\ndef {name}({", ".join(arguments)}):\n    return {text}\n'


def _as_it_stands(function: Rule) -> str:
    return "@njit\n" + inspect.getsource(function)


def _spelled(op: Op, library: str) -> str:
    """How the table says that a library writes the op: the name of a function, or a template."""
    found = op.source.get(library, "")
    arguments = _arguments(op)
    return found.format(**{x: x for x in arguments}) if "{" in found else found and f"{found}({', '.join(arguments)})"


def _arguments(op: Op) -> list[str]:
    return list("xyz"[: len(op.partials)])


def _branch(op: Op, name: str) -> tuple[list[str], list[str]]:
    """The lines of a row, in the loop forward and in the loop back."""
    at = ["a", "b"] if len(op.partials) <= 2 else [f"every[a + {k}]" for k in range(len(op.partials))]
    read = [f"{x} = v[{where}]" for x, where in zip(_arguments(op), at)]
    parts = op.pulled([True] * len(at), Symbol("g"), Symbol("out"), [Symbol(x) for x in _arguments(op)])
    return ([*read, f"v[i] = {name}({', '.join(_arguments(op))})"],
            [*read, *[f"gradient[{where}] += {part}" for where, part in zip(at, parts)]])


def _nary() -> dict[Op, tuple[list[str], list[str]]]:
    """The lines of ops of any number of inputs, b of them, listed in `every` from a on."""
    g, out, x, y = map(Symbol, ("g", "out", "x", "y"))
    (of_sum,), (of_share,) = SUM.pulled([True], g, out, [x]), LOGSUMEXP.pulled([True], g, out, [x])
    to_x, to_y = DOT.pulled([True, True], g, out, [x, y])
    each, pairs = "for p in every[a: a + b]:", "for p, q in zip(every[a: a + b // 2], every[a + b // 2: a + b]):"
    return {SUM: (["total = 0.0", each, "    total += v[p]", "v[i] = total"], [each, f"    gradient[p] += {of_sum}"]),
            DOT: (["total = 0.0", pairs, "    total += v[p] * v[q]", "v[i] = total"],
                  [pairs, "    x, y = v[p], v[q]", f"    gradient[p] += {to_x}", f"    gradient[q] += {to_y}"]),
            LARGEST: (["v[i] = v[every[a]]", each, "    v[i] = maximum(v[i], v[p])"], ["pass"]),
            LOGSUMEXP: (["v[i] = logsumexp(v[every[a: a + b]])"],
                        [each, "    x = v[p]", f"    gradient[p] += {of_share}"])}


def _chain(branches: list[list[str]]) -> str:
    return "\n        el".join(["\n            ".join([f"if op == {code}:", *lines])
                               for code, lines in enumerate(branches)])


def _compile(text: str) -> tuple[Callable[..., None], Callable[..., None]]:
    """`forward` and `back` of a page. Numba keeps compiled code beside the file that the text stands in."""
    name = f"ninjagrad_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    module = sys.modules[name] = ModuleType(name)   # where Numba looks for what it kept
    try:
        exec(compile(text, _kept(name, text), "exec"), vars(module))
    except (OSError, RuntimeError):                 # nowhere to keep it, or no home: compiled anew in each process
        exec(compile(text.replace(", cache=True", ""), name, "exec"), vars(module))
    return module.forward, module.back


def _kept(name: str, text: str) -> str:
    """The path of a file with this text, in the user's cache.

    Raises:
        OSError: if the file is not there and can't be written.
        RuntimeError: if the user has no home.
    """
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ninjagrad"
    file = folder / f"{name}.py"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f"{name}.{os.getpid()}"    # another process may be doing the same
        draft.write_text(text, encoding="utf-8")
        draft.replace(file)
    return str(file)
