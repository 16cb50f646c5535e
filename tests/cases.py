"""The table of cases: for every op where it is tried, how closely, and what its derivatives are, said a second time.

`test_ops` walks the op tables and fails where one has no case here; `test_mutations` breaks every derivative and fails
where no case notices. The slopes are written from the textbook with `math`, apart from the engine's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd.arrays import structural as st
from autograd.core.nary import NARY, Nary
from autograd.core.op import TABLE, Op
from autograd.core.ops import power_by
from autograd.functional.tensors import rows

Range = tuple[float, float]


class Elementwise(NamedTuple):
    """An op on numbers."""

    op: Op
    ranges: tuple[Range, ...]                       # one for each input, away from kinks
    slopes: tuple[Callable[..., float], ...]        # ∂op/∂input as functions of the inputs
    rtol: float = 1e-7                              # against central differences of fourth order
    order: int = 3                                  # derivatives up to this order are compared
    complex_step: bool = False                      # whether the array function extends to complex numbers

    @property
    def id(self) -> str:
        return f"{self.op.name}{self.op.symbol if self.op.name == 'power_by' else ''}:{self.ranges[0]}"


class Moving(NamedTuple):
    """A structural op on arrays of given shapes, with its parameters."""

    op: st.Structural
    shapes: tuple[tuple[int, ...], ...]
    parameters: tuple[Any, ...]
    reference: Callable[..., Any]                   # the same thing by other means

    @property
    def id(self) -> str:
        return f"{self.op.name}:{self.shapes}"


def _always(slope: float) -> Callable[..., float]:
    return lambda *inputs: slope


def _row(name: str, *ranges: Range, slopes: tuple[Callable[..., float], ...], **more: Any) -> Elementwise:
    return Elementwise(TABLE[name], ranges, slopes, **more)


def _power(n: float, range_: Range, slope: Callable[[float], float], **more: Any) -> Elementwise:
    return Elementwise(power_by(n), (range_,), (slope,), **more)


_ANY, _POSITIVE, _NEGATIVE = (-3.0, 3.0), (0.2, 3.0), (-3.0, -0.2)
_sech2: Callable[[float], float] = lambda x: 1 / math.cosh(x) ** 2      # noqa: E731
_logistic: Callable[[float], float] = lambda x: 1 / (1 + math.exp(-x))  # noqa: E731

# fmt: off
ELEMENTWISE = [
    _row("add", _ANY, _ANY,            slopes=(_always(1), _always(1)), complex_step=True),
    _row("sub", _ANY, _ANY,            slopes=(_always(1), _always(-1)), complex_step=True),
    _row("mul", _ANY, _ANY,            slopes=(lambda x, y: y, lambda x, y: x), complex_step=True),
    _row("div", _ANY, _POSITIVE,       slopes=(lambda x, y: 1 / y, lambda x, y: -x / y ** 2), complex_step=True),
    _row("div", _ANY, _NEGATIVE,       slopes=(lambda x, y: 1 / y, lambda x, y: -x / y ** 2), complex_step=True),
    _row("neg", _ANY,                  slopes=(_always(-1),), complex_step=True),
    _row("power", _POSITIVE, _ANY,     slopes=(lambda x, y: y * x ** (y - 1), lambda x, y: math.log(x) * x ** y)),
    _row("exp", _ANY,                  slopes=(math.exp,), complex_step=True),
    _row("expm1", _ANY,                slopes=(math.exp,), complex_step=True),
    _row("log", _POSITIVE,             slopes=(lambda x: 1 / x,), complex_step=True),
    _row("xlogy", _POSITIVE, _POSITIVE, slopes=(lambda x, y: math.log(y), lambda x, y: x / y), complex_step=True),
    _row("bce", (0.2, 0.8), (0.2, 0.8), slopes=(lambda p, y: (p - y) / (p - p * p), lambda p, y: math.log(1 / p - 1))),
    _row("log1p", (-0.8, 3.0),         slopes=(lambda x: 1 / (1 + x),), complex_step=True),
    _row("sqrt", _POSITIVE,            slopes=(lambda x: 0.5 / math.sqrt(x),), complex_step=True),
    _row("root", _POSITIVE,            slopes=(lambda x: 0.5 / math.sqrt(x),)),
    _row("sin", _ANY,                  slopes=(math.cos,), complex_step=True),
    _row("cos", _ANY,                  slopes=(lambda x: -math.sin(x),), complex_step=True),
    _row("tanh", _ANY,                 slopes=(_sech2,), complex_step=True),
    _row("sigmoid", _ANY,              slopes=(lambda x: _logistic(x) * _logistic(-x),)),
    _row("softplus", _ANY,             slopes=(_logistic,)),
    _row("relu", _POSITIVE,            slopes=(_always(1),)),
    _row("relu", _NEGATIVE,            slopes=(_always(0),)),
    _row("abs", _POSITIVE,             slopes=(_always(1),)),
    _row("abs", _NEGATIVE,             slopes=(_always(-1),)),
    _row("sign", _POSITIVE,            slopes=(_always(0),)),
    _row("sign", _NEGATIVE,            slopes=(_always(0),)),
    _row("maximum", (0, 1), (2, 3),    slopes=(_always(0), _always(1))),
    _row("maximum", (2, 3), (0, 1),    slopes=(_always(1), _always(0))),
    _row("minimum", (0, 1), (2, 3),    slopes=(_always(1), _always(0))),
    _row("minimum", (2, 3), (0, 1),    slopes=(_always(0), _always(1))),
    _row("where", (1, 1), _ANY, _ANY,  slopes=(_always(0), _always(1), _always(0))),
    _row("where", (0, 0), _ANY, _ANY,  slopes=(_always(0), _always(0), _always(1))),
    _row("greater", (1.1, 1.4), (0, 1),        slopes=(_always(0), _always(0))),
    _row("greater_equal", (1.1, 1.4), (2, 3),  slopes=(_always(0), _always(0))),
    _row("exp2", _ANY,                 slopes=(lambda x: 2 ** x * math.log(2),)),
    _row("log2", _POSITIVE,            slopes=(lambda x: 1 / (x * math.log(2)),), complex_step=True),
    _row("log10", _POSITIVE,           slopes=(lambda x: 1 / (x * math.log(10)),), complex_step=True),
    _row("square", _ANY,               slopes=(lambda x: 2 * x,), complex_step=True),
    _row("reciprocal", _POSITIVE,      slopes=(lambda x: -1 / x ** 2,), complex_step=True),
    _row("reciprocal", _NEGATIVE,      slopes=(lambda x: -1 / x ** 2,), complex_step=True),
    _row("arcsin", (-0.8, 0.8),        slopes=(lambda x: 1 / math.sqrt(1 - x * x),), complex_step=True),
    _row("arccos", (-0.8, 0.8),        slopes=(lambda x: -1 / math.sqrt(1 - x * x),), complex_step=True),
    _row("arctan", _ANY,               slopes=(lambda x: 1 / (1 + x * x),), complex_step=True),
    _row("sinh", _ANY,                 slopes=(math.cosh,), complex_step=True),
    _row("cosh", _ANY,                 slopes=(math.sinh,), complex_step=True),
    _row("erf", _ANY,                  slopes=(lambda x: 2 / math.sqrt(math.pi) * math.exp(-x * x),)),
    _row("floor", (1.1, 1.4),          slopes=(_always(0),)),
    _row("ceil", (1.1, 1.4),           slopes=(_always(0),)),
    _row("round", (1.1, 1.4),          slopes=(_always(0),)),
    _row("floor_divide", (1.1, 1.4), (0.8, 1), slopes=(_always(0), _always(0))),
    _row("remainder", (1.1, 1.4), (0.8, 1),    slopes=(_always(1), _always(-1))),
    _row("remainder", (-1.9, -1.1), (0.95, 1), slopes=(_always(1), _always(2))),
    _row("clamp", (1.1, 1.4), (0, 1), (2, 3),    slopes=(_always(1), _always(0), _always(0))),
    _row("clamp", (1.1, 1.4), (2, 3), (4, 5),    slopes=(_always(0), _always(1), _always(0))),
    _row("clamp", (1.1, 1.4), (-1, 0), (0, 1),   slopes=(_always(0), _always(0), _always(1))),
    _power(2.0, _ANY,                  lambda x: 2 * x, complex_step=True),
    _power(3.0, _ANY,                  lambda x: 3 * x * x, complex_step=True),
    _power(1.0, _ANY,                  _always(1), complex_step=True),
    _power(0.0, _ANY,                  _always(0), complex_step=True),
    _power(0.5, _POSITIVE,             lambda x: 0.5 / math.sqrt(x), complex_step=True),
    _power(2.5, _POSITIVE,             lambda x: 2.5 * x * math.sqrt(x), complex_step=True),
    _power(-1.0, _POSITIVE,            lambda x: -1 / (x * x), complex_step=True),
    _power(-2.0, _NEGATIVE,            lambda x: -2 / (x * x * x), complex_step=True),
]


class Many(NamedTuple):
    """An op of any number of Values."""

    op: Nary
    count: int
    slopes: Callable[..., list[float]]

    @property
    def id(self) -> str:
        return f"{self.op.name}:{self.count}"


MANY = [
    Many(NARY["sum"], 1, lambda *x: [1.0]),
    Many(NARY["sum"], 4, lambda *x: [1.0] * 4),
    Many(NARY["logsumexp"], 1, lambda *x: [1.0]),
    Many(NARY["logsumexp"], 4, lambda *x: [math.exp(v) / sum(map(math.exp, x)) for v in x]),
    Many(NARY["dot"], 2, lambda w, x: [x, w]),
    Many(NARY["dot"], 6, lambda *wx: [*wx[3:], *wx[:3]]),
]

_ROWS = np.array([2, 0, 2, 2])
_MASK = np.array([[True, False, True], [False, False, True]])
_AT = np.array([[1], [0]])                          # keeps the axis it points along
_CE = np.array([2, 0]), "mean", 0.1, -100, np.array([1.0, 2.0, 0.5])


def _smoothed(x: Any, *options: Any) -> Any:
    aims = rows("cross_entropy", x, 2, *options)
    shifted = x - np.log(np.exp(x).sum(1, keepdims=True))
    return -(aims.q * shifted).sum() / aims.divisor


MOVING = [
    Moving(st.expand, ((3,),), ((2, 3),),                      np.broadcast_to),
    Moving(st.expand, ((2, 1),), ((4, 2, 3),),                 np.broadcast_to),
    Moving(st.expand, ((),), ((2, 2),),                        np.broadcast_to),
    Moving(st.reduce_to, ((2, 3),), ((3,),),                   lambda x, s: x.sum(0)),
    Moving(st.reduce_to, ((2, 3),), ((2, 1),),                 lambda x, s: x.sum(1, keepdims=True)),
    Moving(st.reduce_to, ((4, 2, 3),), ((2, 1),),              lambda x, s: x.sum((0, 2))[:, None]),
    Moving(st.reduce_to, ((2, 3),), ((),),                     lambda x, s: x.sum()),
    Moving(st.sum_, ((2, 3),), ((0,), False),                  lambda x, d, k: x.sum(d)),
    Moving(st.sum_, ((2, 3),), ((1,), True),                   lambda x, d, k: x.sum(d, keepdims=True)),
    Moving(st.sum_, ((2, 3, 2),), ((0, 2), False),             lambda x, d, k: x.sum(d)),
    Moving(st.sum_, ((5,),), ((0,), False),                    lambda x, d, k: x.sum()),
    Moving(st.pick, ((2, 3),), (_AT, 1),                       lambda x, i, d: np.take_along_axis(x, i, d)),
    Moving(st.pick, ((2, 3, 2),), (np.array([[[1, 2]], [[0, 2]]]), 1), lambda x, i, d: np.take_along_axis(x, i, d)),
    Moving(st.place, ((2, 1),), (_AT, 1, (2, 3)),              lambda x, i, d, s: np.array([[0, x[0, 0], 0],
                                                                                            [x[1, 0], 0, 0]])),
    Moving(st.max_all, ((2, 3),), (),                          lambda x: sorted(x.ravel())[-1]),
    Moving(st.max_along, ((2, 3),), (_AT, 1, False),           lambda x, i, d, k: np.array([x[0, 1], x[1, 0]])),
    Moving(st.max_along, ((2, 3),), (_AT, 1, True),            lambda x, i, d, k: np.array([[x[0, 1]], [x[1, 0]]])),
    Moving(st.logsumexp, ((2, 3),), ((1,), False),             lambda x, d, k: np.log(np.exp(x).sum(1))),
    Moving(st.logsumexp, ((2, 3, 2),), ((0, 2), True),         lambda x, d, k: np.log(np.exp(x).sum(d, keepdims=k))),
    Moving(st.reshape, ((2, 3),), ((3, 2),),                   lambda x, s: x.ravel().reshape(s)),
    Moving(st.permute, ((2, 3, 4),), ((2, 0, 1),),             np.transpose),
    Moving(st.permute, ((2, 3),), ((1, 0),),                   lambda x, d: x.T),
    Moving(st.cast, ((2, 3),), (np.dtype(np.float64),),        lambda x, d: x),
    Moving(st.index, ((3, 2),), (_ROWS,),                      lambda x, k: np.stack([x[2], x[0], x[2], x[2]])),
    Moving(st.index, ((3, 2),), ((slice(1, None), 0),),        lambda x, k: x[1:, 0]),
    Moving(st.index, ((2, 3),), (_MASK,),                      lambda x, k: np.array([x[0, 0], x[0, 2], x[1, 2]])),
    Moving(st.index, ((3, 2),), ((_ROWS, np.array([1, 1, 1, 0])),),
                                                               lambda x, k: x[[2, 0, 2, 2], [1, 1, 1, 0]]),
    Moving(st.scatter, ((4, 2),), (_ROWS, (3, 2)),             lambda x, k, s: np.stack([x[1], 0 * x[0],
                                                                                         x[0] + x[2] + x[3]])),
    Moving(st.scatter, ((3,),), (_MASK, (2, 3)),               lambda x, k, s: np.array([[x[0], 0, x[1]],
                                                                                         [0, 0, x[2]]])),
    Moving(st.matmul, ((2, 3), (3, 4)), (),                    lambda x, y: np.einsum("ij,jk->ik", x, y)),
    Moving(st.matmul, ((3,), (3,)), (),                        lambda x, y: (x * y).sum()),
    Moving(st.matmul, ((2, 3), (3,)), (),                      lambda x, y: np.einsum("ij,j->i", x, y)),
    Moving(st.matmul, ((3,), (3, 2)), (),                      lambda x, y: np.einsum("j,jk->k", x, y)),
    Moving(st.matmul, ((2, 2, 3), (3, 2)), (),                 lambda x, y: np.einsum("bij,jk->bik", x, y)),
    Moving(st.matmul, ((2, 2, 3), (2, 3, 2)), (),              lambda x, y: np.einsum("bij,bjk->bik", x, y)),
    Moving(st.matmul, ((2, 3), (2, 3, 2)), (),                 lambda x, y: np.einsum("ij,bjk->bik", x, y)),
    Moving(st.matmul, ((3,), (2, 3, 2)), (),                   lambda x, y: np.einsum("j,bjk->bk", x, y)),
    Moving(st.matmul, ((2, 2, 3), (3,)), (),                   lambda x, y: np.einsum("bij,j->bi", x, y)),
    Moving(st.concatenate, ((2, 3), (1, 3)), (0,),             lambda x, y, d: np.vstack([x, y])),
    Moving(st.concatenate, ((2, 1), (2, 3), (2, 2)), (1,),     lambda x, y, z, d: np.hstack([x, y, z])),
    Moving(st.flip, ((2, 3),), ((1,),),                        lambda x, d: x[:, ::-1]),
    Moving(st.flip, ((2, 3),), ((0, 1),),                      lambda x, d: x[::-1, ::-1]),
    Moving(st.roll, ((2, 3),), ((1,), (1,)),                   lambda x, n, d: x[:, [2, 0, 1]]),
    Moving(st.roll, ((2, 3),), ((1, -1), (0, 1)),              lambda x, n, d: x[::-1][:, [1, 2, 0]]),
    Moving(st.tril, ((2, 3),), (0,),                           lambda x, k: x * [[1, 0, 0], [1, 1, 0]]),
    Moving(st.tril, ((2, 2, 3),), (-1,),                       lambda x, k: x * [[0, 0, 0], [1, 0, 0]]),
    Moving(st.triu, ((2, 3),), (0,),                           lambda x, k: x * [[1, 1, 1], [0, 1, 1]]),
    Moving(st.triu, ((2, 2, 3),), (1,),                        lambda x, k: x * [[0, 1, 1], [0, 0, 1]]),
    Moving(st.cumsum, ((2, 3),), (1,),                         lambda x, d: x @ np.triu(np.ones((3, 3)))),
    Moving(st.cumsum, ((3, 2),), (0,),                         lambda x, d: np.tril(np.ones((3, 3))) @ x),
    Moving(st.sort, ((2, 3),), (1,),                           lambda x, d: np.array([sorted(row) for row in x])),
    Moving(st.sort, ((4,),), (0,),                             lambda x, d: np.array(sorted(x))),
    Moving(st.STRUCTURAL["affine"], ((2, 3), (3, 4), (4,)), (), lambda x, w, b: np.einsum("ij,jk->ik", x, w) + b),
    Moving(st.STRUCTURAL["affine"], ((2, 2, 3), (3, 2), (2,)), (), lambda x, w, b: np.einsum("bij,jk->bik", x, w) + b),
    Moving(st.STRUCTURAL["batch_norm"], ((4, 2), (2,), (2,)), (1e-5, 1),
                                                               lambda x, g, b, e, c: g * (x - x.mean(0)) / np.sqrt(
                                                                   x.var(0, ddof=c) + e) + b),
    Moving(st.STRUCTURAL["cross_entropy"], ((2, 3),), _CE, _smoothed),
]

# What lets no gradient through.
STOPPING = [
    Moving(st.stop, ((2, 3),), (),                             lambda x: x),
    Moving(st.argsort, ((2, 3),), (1,),                        lambda x, d: np.argsort(x, 1)),
    Moving(st.argmax, ((2, 3),), (1,),                         lambda x, d: np.argmax(x, 1)[:, None]),
    Moving(st.shares, ((2, 3),), (),                           lambda x: (x == np.sort(x.ravel())[-1]) * 1.0),
]
# fmt: on


def uncovered() -> set[str]:
    """The ops that have no case."""
    families = {"power_by"}
    return ((set(TABLE) | families) - {case.op.name for case in ELEMENTWISE}
            | {f"of many: {name}" for name in set(NARY) - {case.op.name for case in MANY}}
            | {f"structural: {name}" for name in set(st.STRUCTURAL) - {case.op.name for case in MOVING + STOPPING}})
