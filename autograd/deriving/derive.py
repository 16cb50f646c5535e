"""`derive`: the derivation of a gradient as a lecturer writes it on the board, each line checked by numbers.

The labels of a graph decide the steps. The table's rules, fed with mathematics, give each derivative; SymPy multiplies,
adds and cancels; a line that does not hold, on the graph's numbers and on others, is an error and never shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from autograd.core.graph import Node, topological
from autograd.core.value import Value

if TYPE_CHECKING:
    from autograd.deriving.board import Board
    from autograd.deriving.derivation import Derivation

__all__ = ["derive"]

NODES = 300                                         # more are too many to read about
SIZES = 30, 6, 2                                    # parts that are larger get letters, until no line is too long


def derive(root: Any, wrt: Any, *, given: str | Sequence[str] = (),
           names: Mapping[str, Any] | None = None) -> Derivation:
    """The derivation of ∂root/∂wrt, step by step.

    Named nodes stand in it; those without a name are written out. The result prints as text, shows as mathematics in a
    notebook, has `.latex`, and `.save("page.html")` writes a page. Values are derived way by way; Tensors in index
    notation, with δ and Σ, and in matrices where that can be said. `derive.jacobian(p, z)` is one Tensor's Jacobian.
    Every line is checked, on the graph's numbers and on others, before it is shown.

    Args:
        root: the node to derive.
        wrt: by which node; or several, which are derived one after another.
        given: facts about Values to use, as "y_1 + y_2 = 1". Those that hold by construction are found.
        names: what to call nodes without a label, as `names=locals()`.

    Raises:
        ValueError: for an op outside what can be derived, a fact that the numbers contradict, a nameless `wrt`.
        ArithmeticError: for a line that does not hold, which would be a mistake here.
        ImportError: where SymPy is not installed.

    >>> from autograd import Value
    >>> z, y = Value(0.5, label="z"), Value(1.0, label="y")
    >>> p = z.sigmoid(); p.label = "p"
    >>> L = -(y * p.log() + (1 - y) * (1 - p).log()); L.label = "L"
    >>> print(derive(L, z))
    p = σ(z)
    L = −y log p − (1 − y) log(1 − p)
    <BLANKLINE>
    ∂L/∂z = ∂L/∂p · ∂p/∂z                        the chain rule
    <BLANKLINE>
    ∂L/∂p = (1 − y)/(1 − p) − y/p
    ∂p/∂z = p(1 − p)
    <BLANKLINE>
    ∂L/∂z = ((1 − y)/(1 − p) − y/p) · p(1 − p)
          = p − y                                p and 1 − p cancel
    """
    starts = list(wrt) if isinstance(wrt, (list, tuple)) else [wrt]
    for node in (root, *starts):
        if not isinstance(node, Node):
            raise TypeError(f"derive: got {type(node).__name__}, expected a Value or a Tensor")
    facts = [given] if isinstance(given, str) else list(given)
    try:
        from autograd.deriving.derivation import WIDEST
    except ModuleNotFoundError as missing:
        if missing.name != "sympy":
            raise
        raise ImportError('derive: this needs SymPy: pip install "ninjagrad[derive]"') from None
    refuse_large(root, starts)
    from autograd.deriving.board import WideError
    make = partial(board_of(root), root, starts, names, facts)
    for size in SIZES[:-1]:
        try:
            return make(size).derive(WIDEST)
        except WideError:                           # with more letters its lines are shorter
            pass
    return make(SIZES[-1]).derive()


def board_of(root: Any) -> Callable[..., Board]:
    if isinstance(root, Value):
        from autograd.deriving.numbers import NumberBoard
        return NumberBoard
    from autograd.deriving.indexed import IndexBoard
    return IndexBoard


def refuse_large(root: Any, wrt: Sequence[Any]) -> None:
    """A reader is not helped by the mathematics of very many steps."""
    between = set(wrt)
    for node in topological(root):
        if any(x in between for x in node.inputs):
            between.add(node)
    if len(between) > NODES:
        raise ValueError(f"derive: {len(between)} nodes lie between what is derived and what it is derived by, and "
                         f"mathematics helps with up to {NODES}. Derive a part of it, between nodes with labels; "
                         "or ask explain(root) for the numbers and paths(root, x) for the ways")


def steps_in_pages(root: Any, names: Mapping[str, Any] | None = None) -> dict[Any, str]:
    """For each named node on the way from `root` to named leaves: the lines that derive ∂root/∂node, as HTML."""
    wrt = [node for node in topological(root) if node.op is None and node.requires_grad and (
        node.label or any(x is node for x in (names or {}).values()))]
    if not wrt:
        return {}
    board = board_of(root)(root, wrt, names)
    from autograd.deriving.derivation import table
    found = {section.about: table(section) for section in board.steps().sections}
    return {node: found[copy] for node, copy in board.reading.copies.items() if copy in found}


def _jacobian(p: Any, z: Any, *, names: Mapping[str, Any] | None = None) -> Derivation:
    """The Jacobian of one Tensor by another, in index notation: ∂p_i/∂z_j of a softmax is p_i(δ_ij − p_j)."""
    from autograd.deriving.indexed import IndexBoard
    return IndexBoard(p, [z], names, softmax=False).jacobian()


derive.jacobian = _jacobian     # type: ignore[attr-defined]
