"""Indices and their letters: which axes of a graph's arrays are the same, and what the index along each is called.

Rows are counted by n, the last axis of what is nearest the root by c, hidden ones by j, d, and so on. In graphs of
vectors it is i, and weights are w_ji, as the field writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import sympy as sp

from autograd.deriving.fields import Index, generic, real, size
from autograd.deriving.moves import Positions, loosened
from autograd.deriving.reading import Reading, family

__all__ = ["Axes", "letter", "placed", "rebound"]

MORE = "klrmαβγ"                                     # letters where an axis's own are used up


def letter(x: str) -> sp.Symbol:
    return sp.Symbol(x, integer=True)


class Axes:
    """Which axes of named arrays are the same, and the letters for their indices."""

    ROWS = "nmo"
    LISTS = ("ckr", "jlp", "dfg", "abe", "ihq", "uvw")
    VECTORS = ("ikl", "jmp", "dfg", "abe", "nhq", "uvw")

    def __init__(self, reading: Reading) -> None:
        self.parent: dict[Any, Any] = {}
        self.lists: dict[Any, Sequence[str]] = {}
        named = [node for node in reading.order if node in reading.name]
        formulas = {node: generic(node) for node in named}
        for node, own in formulas.items():
            if node in reading.formula:
                self.unite(reading.formula[node].at(own), node, own, reading)
        batch = any(node.op is not None and size(node) > 1 for node in reading.order)       # else vectors and weights
        names = set(map(family, reading.name.values()))
        rows, self.more, *left = ["".join(x for x in letters if x not in names) for letters in (
            self.ROWS, MORE, *(self.LISTS if batch else self.VECTORS))]
        latest_first = named[::-1]
        for node in sorted(latest_first, key=lambda node: (size(node) < 2, node.op is None)[:: 1 if batch else -1]):
            for axis in range(size(node)):
                group = self.find((reading.name[node], axis))
                if group in self.lists:
                    continue
                first = batch and axis == 0 and size(node) > 1 and rows not in self.lists.values()
                self.lists[group] = rows if first else left.pop(0) if left else self.more

    def find(self, slot: Any) -> Any:
        while self.parent.setdefault(slot, slot) != slot:
            slot = self.parent[slot]
        return slot

    def unite(self, formula: sp.Expr, node: Any, own: Index, reading: Reading) -> None:
        at = {i: (reading.name[node], axis) for axis, i in enumerate(real(own))}
        for i, slot in slots(formula):
            if i in at:
                self.parent[self.find(slot)] = self.find(at[i])
            elif isinstance(i, sp.Dummy):
                at[i] = slot

    def letters_of(self, expr: sp.Expr, index: sp.Symbol) -> Sequence[str]:
        """The letters that an index may have, by where it stands: better where it stands alone."""
        found = sorted([(i != index, self.find(slot)) for i, slot in slots(expr) if i.has(index)], key=itemgetter(0))
        return next((self.lists[group] for _, group in found if group in self.lists), self.more)

    def of(self, label: str, ndim: int) -> list[str]:
        """Letters for all axes of a named array: the first of each axis's list that no other has."""
        found: list[str] = []
        for axis in range(ndim):
            choices = self.lists[self.find((label, axis))]
            found.append(next(x for x in [*choices, *self.more] if x not in found))
        return found

    def lettered(self, expr: sp.Expr) -> sp.Expr:
        """Every index that is summed over gets its letter: one that is free within, and not the letter of another."""
        def rename(x: sp.Expr, taken: set[str]) -> sp.Expr:
            if isinstance(x, sp.Sum):
                body, limits = x.function, []
                for old, low, high in x.limits[::-1]:
                    choice = letter(next(c for c in [*self.letters_of(body, old), *self.more] if c not in taken))
                    taken = taken | {choice.name}
                    body = body.xreplace({old: choice})
                    limits.append((choice, low, high))
                return sp.Sum(rename(body, taken), *limits[::-1])
            return x.func(*[rename(y, taken) for y in x.args]) if x.has(sp.Sum) else x

        return rename(loosened(expr), {s.name for s in expr.free_symbols if s.is_integer})


def slots(expr: sp.Expr) -> list[tuple[sp.Expr, Any]]:
    """Each index, and on which axis of what it stands."""
    return [(i, (str(x.base) if isinstance(x, sp.Indexed) else type(x), axis))
            for x in sorted(expr.atoms(sp.Indexed, Positions), key=str)
            for axis, i in enumerate(x.indices if isinstance(x, sp.Indexed) else x.args)]


def placed(node: Any, letters: Sequence[str]) -> Index:
    rest = iter(letters)
    return tuple([letter(next(rest)) if n != 1 else sp.S.Zero for n in node.shape])


def rebound(expr: sp.Expr, names: dict[sp.Symbol, sp.Symbol]) -> sp.Expr:
    """With other free indices; those that are summed over make room."""
    return loosened(expr).xreplace(names)
