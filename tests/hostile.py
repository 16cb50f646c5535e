"""The hostile cases, as one table: what is done, what must come of it, how exactly; in the words of the promises.

`expected` is a number or nested lists of them (nan equals nan), or the error that must be raised. The tolerance is
relative; 0 means to the last bit. `test_hostile` runs every row, with warnings as errors.
"""

# ruff: noqa: E501 (rows of a table)
from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

import autograd.functional as F
from autograd import Tensor, Value, detect_anomaly, no_grad, tensor, where

inf, nan = math.inf, math.nan


class Case(NamedTuple):
    promise: int
    what: str
    run: Callable[[], Any]
    expected: Any
    rtol: float = 0.0


def value(f: Callable[..., Any], *xs: float) -> list[float]:
    """f of Values, then its gradients."""
    leaves = [Value(x) for x in xs]
    out = f(*leaves)
    out.backward()
    return [out.data, *(x.grad for x in leaves)]


def zero_d(f: Callable[..., Any], *xs: float) -> list[float]:
    """The same with 0-d Tensors."""
    leaves = [param(x) for x in xs]
    out = f(*leaves)
    out.backward()
    return [out.item(), *(x.grad.item() for x in leaves)]


def param(x: Any) -> Tensor:
    return Tensor(x, requires_grad=True)


def tensors(f: Callable[..., Any], *xs: Any) -> list[Any]:
    """f of Tensors, then the gradients of its sum."""
    leaves = [param(x) for x in xs]
    out = f(*leaves)
    out.sum().backward()
    return [out.tolist(), *(x.grad.tolist() for x in leaves)]


CASES: list[Case] = []


def both(promise: int, what: str, f: Callable[..., Any], xs: tuple[float, ...], *expected: float,
         rtol: float = 0.0) -> None:
    CASES.append(Case(promise, f"{what} (Value)", lambda: value(f, *xs), list(expected), rtol))
    CASES.append(Case(promise, f"{what} (0-d Tensor)", lambda: zero_d(f, *xs), list(expected), rtol))


def case(promise: int, what: str, run: Callable[[], Any], expected: Any, rtol: float = 0.0) -> None:
    CASES.append(Case(promise, what, run, expected, rtol))


# fmt: off
# 1. IEEE, not exceptions.                                                                result, gradients
both(1, "1e308 / 1e308",                lambda a, b: a / b,     (1e308, 1e308),           1.0, 1e-308, -1e-308)
both(1, "1e-200 / 1e-200",              lambda a, b: a / b,     (1e-200, 1e-200),         1.0, 1e200, -1e200, rtol=1e-15)
both(1, "1 / 0 is inf",                 lambda b: 1.0 / b,      (0.0,),                   inf, -inf)
both(1, "exp(1000) overflows to inf",   lambda x: x.exp(),      (1000.0,),                inf, inf)
both(1, "exp(-800) underflows to 0",    lambda x: x.exp(),      (-800.0,),                0.0, 0.0)
both(1, "sigmoid(-1000)",               lambda x: x.sigmoid(),  (-1000.0,),               0.0, 0.0)
both(1, "sigmoid(1000)",                lambda x: x.sigmoid(),  (1000.0,),                1.0, 0.0)
both(1, "log(0) is -inf",               lambda x: x.log(),      (0.0,),                   -inf, inf)
both(1, "log(-1) is nan",               lambda x: x.log(),      (-1.0,),                  nan, -1.0)
both(1, "sqrt(-1) is nan",              lambda x: x.sqrt(),     (-1.0,),                  nan, nan)
both(1, "(-8) ** (1/3) is never complex", lambda x: x ** (1 / 3), (-8.0,),                nan, nan)
both(1, "(-inf) ** 0.5",                lambda x: x ** 0.5,     (-inf,),                  nan, nan)
both(1, "0 ** -1 is inf",               lambda x: x ** -1,      (0.0,),                   inf, -inf)
both(1, "softplus(800)",                lambda x: x.softplus(), (800.0,),                 800.0, 1.0)
both(1, "tanh(inf)",                    lambda x: x.tanh(),     (inf,),                   1.0, 0.0)
both(1, "sin(inf) is nan",              lambda x: x.sin(),      (inf,),                   nan, nan)
case(1, "10 ** 400 is inf, no big integer (Value)", lambda: (Value(10) ** 400).data,            inf)
case(1, "10 ** 400 is inf, no big integer (Tensor)", lambda: (Tensor(10.0) ** 400).item(),      inf)
case(1, "a big integer is inf (Value)",     lambda: [Value(10 ** 400).data, Value(-10 ** 400).data], [inf, -inf])
case(1, "a big integer is inf (Tensor)",    lambda: [Tensor(10 ** 400).item(), (Tensor(1.0) * -10 ** 400).item()], [inf, -inf])

# 2. Kinks.
both(2, "relu'(0) = 0",                 lambda x: x.relu(),     (0.0,),                   0.0, 0.0)
both(2, "relu(nan) is nan",             lambda x: x.relu(),     (nan,),                   nan, 0.0)
both(2, "relu(-inf) is 0",              lambda x: x.relu(),     (-inf,),                  0.0, 0.0)
both(2, "abs'(0) = 0",                  abs,                    (0.0,),                   0.0, 0.0)
both(2, "sqrt'(0) = inf",               lambda x: x.sqrt(),     (0.0,),                   0.0, inf)
both(2, "0 ** 0 = 1 with gradient 0",   lambda x: x ** 0,       (0.0,),                   1.0, 0.0)
both(2, "0 ** y at y = 0",              lambda x, y: x ** y,    (0.0, 0.0),               1.0, 0.0, 0.0)
both(2, "1e-310 ** y at y = 0",         lambda x, y: x ** y,    (1e-310, 0.0),            1.0, 0.0, math.log(1e-310), rtol=1e-15)
both(2, "x ** 1 at 0 has gradient 1",   lambda x: x ** 1,       (0.0,),                   0.0, 1.0)
both(2, "x ** y at 0 and 1 likewise",   lambda x, y: x ** y,    (0.0, 1.0),               0.0, 1.0, 0.0)
both(2, "maximum(x, x) shares",         lambda x: x.maximum(x), (3.0,),                   3.0, 1.0)
both(2, "minimum of equals shares",     lambda x, y: x.minimum(y), (3.0, 3.0),            3.0, 0.5, 0.5)
case(2, "ties in max share weights that sum to 1", lambda: tensors(lambda x: x.max(), [2.0, 1.0, 2.0]), [2.0, [0.5, 0, 0.5]])
case(2, "max(dim) pays the index it names", lambda: tensors(lambda x: x.max(0).values, [2.0, 2.0]), [2.0, [1.0, 0.0]])


# 3. No silent wrong gradient after a mutation. Each writes somewhere between forward and backward of Σx² at (1, 2).
def squares(write: Callable[[Tensor, np.ndarray], Any]) -> Callable[[], Any]:
    def run() -> Any:
        source = np.array([1.0, 2.0])
        x = param(source)
        loss = (x * x).sum()
        write(x, source)
        loss.backward()
        return x.grad.tolist()
    return run


def assign(x: Tensor, _: Any) -> None:
    x.data = [9.0, 9.0]


def augment(x: Tensor, _: Any) -> None:
    x.data -= 5.0


def item(x: Tensor, _: Any) -> None:
    x.data[0] = 9.0


def under_no_grad(x: Tensor, _: Any) -> None:
    with no_grad():
        x[0] = 9.0


def source_array(_: Any, source: np.ndarray) -> None:
    source[:] = 9.0


def numpy_view(x: Tensor, _: Any) -> None:
    x.numpy()[0] = 9.0


def out_argument(x: Tensor, _: Any) -> None:
    np.add(x.data, 1, out=x.data)


for _write, _expected in [(assign, [2.0, 4.0]), (augment, [2.0, 4.0]), (item, [2.0, 4.0]), (under_no_grad, [2.0, 4.0]),
                          (source_array, [2.0, 4.0]), (numpy_view, ValueError), (out_argument, TypeError)]:
    case(3, f"a change by {_write.__name__} after the forward pass", squares(_write), _expected)


def interior(change: Callable[[Tensor], Any]) -> Callable[[], Any]:
    def run() -> Any:
        x = param([1.0, 2.0])
        y = x.exp()
        z = y.sum()
        change(y)
        z.backward()
        return x.grad.tolist()
    return run


def interior_under_no_grad(y: Tensor) -> None:
    with no_grad():
        y[0] = 5.0


case(3, "assigning the .data of a result",      interior(lambda y: setattr(y, "data", [0.0, 0.0])), ValueError)
case(3, "writing into a result, under no_grad", interior(interior_under_no_grad), ValueError)
case(3, "a result's .data is a copy",           interior(lambda y: y.data.zero_()), [math.e, math.exp(2.0)], 1e-15)


def index_array() -> Any:
    x, i = param([1.0, 2.0, 3.0]), np.array([0, 1])
    y = x[i].sum()
    i[:] = 2
    y.backward()
    return x.grad.tolist()


def label_array(form: Callable[..., Any]) -> Callable[[], Any]:
    def run() -> Any:
        x, i = param([[0.0, 0.0]]), np.array([0])
        y = form(x, i)
        i[:] = 1
        y.backward()
        return x.grad.tolist()
    return run


def condition_array() -> Any:
    x, c = param([1.0, 2.0]), np.array([True, False])
    y = where(c, x, 0.0).sum()
    c[:] = True
    y.backward()
    return x.grad.tolist()


def seed_is_neither_kept_nor_changed() -> Any:
    x, s = param([1.0, 2.0]), np.ones(2)
    (x + 0.0).backward(s)
    s[:] = 9.0
    (x + 0.0).backward(np.ones(2))
    return [x.grad.tolist(), s.tolist()]


def leaves_share_no_memory() -> Any:
    x, y = param([1.0]), param([1.0])
    (x + y).backward([1.0])
    x.grad[0] = 9.0
    return [x.grad.tolist(), y.grad.tolist(), np.shares_memory(x.grad.numpy(), y.grad.numpy())]


case(3, "writing to an index array",      index_array,      [1.0, 1.0, 0.0])
case(3, "writing to a label array",       label_array(F.cross_entropy), [[-0.5, 0.5]])
case(3, "writing to a label array, composite", label_array(F.cross_entropy_composite), [[-0.5, 0.5]])
case(3, "writing to a condition",         condition_array,  [1.0, 0.0])
case(3, "a seed is neither kept nor changed", seed_is_neither_kept_nor_changed, [[2.0, 2.0], [9.0, 9.0]])
case(3, "two leaves never share memory",  leaves_share_no_memory, [[9.0], [1.0], False])

# 4. Input types.
for _bad in [1j, "1", b"1", None, object(), [1, [2]], np.ma.array([1.0]), [Value(1.0)], np.array([1j]), np.array(["a"]),
             np.datetime64("2020"), {}, np.array([None])]:
    case(4, f"Tensor({_bad!r:.30}) raises", lambda bad=_bad: Tensor(bad), TypeError)
    case(4, f"Value({_bad!r:.30}) raises", lambda bad=_bad: Value(bad), TypeError)
    case(4, f"Tensor + {_bad!r:.30} raises", lambda bad=_bad: param([1.0]) + bad, TypeError)
    case(4, f"Value * {_bad!r:.30} raises", lambda bad=_bad: Value(1.0) * bad, TypeError)
for _good in [1, True, np.float32(1), np.int8(1), np.array(1), Decimal(1), Fraction(1), np.float64(1), np.float16(1)]:
    case(4, f"{_good!r:.30} is a number", lambda n=_good: [Value(n).data, Tensor(n).item(), (Value(2) * n).data,
                                                           (n * Value(2)).data, (param(2.0) * n).item(),
                                                           (n * param(2.0)).item()], [1.0, 1.0, 2.0, 2.0, 2.0, 2.0])
case(4, "a list of Decimals and Fractions", lambda: Tensor([Decimal("0.5"), Fraction(1, 4)]).tolist(), [0.5, 0.25])
case(4, "a Value in a Value raises",      lambda: Value(Value(1.0)),                             TypeError)
case(4, "bools as labels raise",          lambda: F.cross_entropy(param([[1.0, 2.0]]), [True]),  TypeError)
case(4, "float index arrays raise",       lambda: param([1.0, 2.0])[np.array([0.0])],            TypeError)
case(4, "a float index raises",           lambda: param([1.0, 2.0])[0.0],                        TypeError)
case(4, "bool() of two elements raises",  lambda: bool(param([1.0, 2.0])),                       ValueError)
case(4, "ints promote to float64",        lambda: [str(Tensor([1]).dtype), str((param([1.0]) * np.arange(1)).dtype)],
     ["float64", "float64"])
case(4, "a gradient has its data's dtype", lambda: tensors(lambda x, y: x * y, np.float32([3]), [0.5]), [[1.5], [0.5], [3.0]])

# 5. NumPy on the left: our type or an error.
_array = np.array([1.0, 2.0])
for _name, _run in {"*": lambda t: _array * t, "+": lambda t: _array + t, "/": lambda t: _array / t, "**": lambda t: _array ** t,
                    "-": lambda t: np.float64(2) - t, "@": lambda t: _array @ t, "np.exp": np.exp,
                    "np.maximum": lambda t: np.maximum(_array, t), "np.sum": np.sum, "np.mean": np.mean, "np.max": np.max,
                    "np.concatenate": lambda t: np.concatenate([t, _array]), "np.stack": lambda t: np.stack([t, t]),
                    "np.where": lambda t: np.where(_array > 1, t, 0.0), "np.dot": lambda t: np.dot(_array, t),
                    "np.reshape": lambda t: np.reshape(t, (2, 1)), "np.transpose": np.transpose}.items():
    case(5, f"array {_name} Tensor is a Tensor with its history", lambda run=_run: [
        type(run(param([3.0, 4.0]))).__name__, run(param([3.0, 4.0])).requires_grad], ["Tensor", True])
for _name, _run in {"np.arctan": np.arctan, "np.clip": lambda t: np.clip(t, 0, 1), "np.linalg.norm": np.linalg.norm,
                    "np.einsum": lambda t: np.einsum("i,i", t, t), "np.add.reduce": np.add.reduce,
                    "array *= t": lambda t: _array.copy().__imul__(t), "np.sqrt(out=)": lambda t: np.sqrt(t, out=_array.copy()),
                    }.items():
    case(5, f"{_name} of a Tensor raises", lambda run=_run: run(param([3.0, 4.0])), TypeError)
case(5, "np.float64 * Value is a Value",  lambda: type(np.float64(2) * Value(3)).__name__,        "Value")
case(5, "array * Value raises",           lambda: _array * Value(3.0),                           TypeError)
case(5, "np.exp(Value) raises",           lambda: np.exp(Value(1.0)),                            TypeError)


# 6. backward.
def diamonds() -> Any:
    x = y = Value(1.0)
    for _ in range(64):
        y = y + y
    y.backward()
    return x.grad


def a_million_uses() -> Any:
    x = Value(1.0)
    F.total([x] * 10 ** 6).backward()
    return x.grad


case(6, "64 stacked diamonds",            diamonds,                                              2.0 ** 64)
case(6, "one node used a million times",  a_million_uses,                                        1e6)
case(6, "a non-scalar needs a gradient",  lambda: (param([1.0, 2.0]) * 2).backward(),            ValueError)
case(6, "of exactly its shape",           lambda: (param([1.0, 2.0]) * 2).backward([[1.0, 1.0]]), ValueError)
case(6, "not one that would broadcast",   lambda: (param([1.0, 2.0]) * 2).backward([1.0]),       ValueError)
case(6, "nor a string",                   lambda: (param(1.0) * 2).backward("1"),                TypeError)

# 8. Softmax.
_wide = [1e10, -1e10, 0.0]
for _t in [0, -1, nan, -inf]:
    case(8, f"T = {_t} raises",           lambda t=_t: F.softmax(param(_wide), temperature=t),   ValueError)
for _t in ["1", None, True, 1j]:
    case(8, f"T = {_t!r} raises",         lambda t=_t: F.softmax(param(_wide), temperature=t),   TypeError)
case(8, "T = 1e-300 is one-hot",          lambda: tensors(lambda x: F.softmax(x, temperature=1e-300), _wide),
     [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
case(8, "T = inf is uniform",             lambda: F.softmax(param(_wide), temperature=inf).tolist(), [1 / 3] * 3, 1e-15)
case(8, "T = inf keeps what is masked",   lambda: F.softmax(param([1.0, -inf, 3.0]), temperature=inf).tolist(), [0.5, 0.0, 0.5])
case(8, "T = inf, of Values",             lambda: [p.data for p in F.softmax([Value(1.0), Value(-inf)], temperature=inf)], [1.0, 0.0])
case(8, "a masked class has no part",     lambda: tensors(lambda x: F.softmax(x)[:1], [1.0, -inf]), [[1.0], [0.0, 0.0]])
case(8, "an empty axis raises",           lambda: F.softmax(param(np.zeros((2, 0)))),            ValueError)
case(8, "an empty list raises",           lambda: F.softmax([]),                                 ValueError)
# fmt: on

# 9. Cross-entropy, in every form.
_tiny = math.log1p(math.exp(-39.3))
for _form, _ce in {"fused": F.cross_entropy, "softmax": F.cross_entropy_composite,
                   "logsumexp": lambda *a, **k: F.cross_entropy_composite(*a, form="logsumexp", **k)}.items():
    def ce(what: str, run: Callable[[Any], Any], expected: Any, rtol: float = 0.0,
           form: str = _form, f: Any = _ce) -> None:
        case(9, f"{form}: {what}", lambda: run(f), expected, rtol)

    _s = 1 / (1 + math.exp(1.0))
    ce("classes masked with -inf, index target", lambda f: tensors(lambda x: f(x, [0]), [[1.0, -inf, 2.0]]),
       [-math.log(_s), [[_s - 1, 0.0, 1 - _s]]], 1e-15)
    ce("classes masked with -inf, probability target",
       lambda f: tensors(lambda x: f(x, np.array([[0.5, 0.0, 0.5]])), [[1.0, -inf, 2.0]]),
       [-math.log(_s) / 2 - math.log(1 - _s) / 2, [[_s - 0.5, 0.0, 0.5 - _s]]], 1e-15)
    ce("targets that don't sum to 1: gradient (Σt)·p - t",
       lambda f: tensors(lambda x: f(x, np.array([[1.0, 2.0]])), [[0.0, 0.0]]), [3 * math.log(2), [[0.5, -0.5]]], 1e-15)
    if _form != "softmax":                              # the textbook's chain loses what is below 1e-16
        ce("a loss of 8.5e-18 comes out as 8.5e-18", lambda f: f(param([[0.0, -39.3]]), [0]).item(), _tiny, 1e-12)
        ce("an impossible label costs inf", lambda f: f(param([[1.0, -inf]]), [1]).item(), inf)
    ce("an ignored row full of nan contributes 0",
       lambda f: tensors(lambda x: f(x, [-100, 0]), [[nan, nan], [0.0, 0.0]]),
       [math.log(2), [[0.0, 0.0], [-0.5, 0.5]]], 1e-15)
    ce("all ignored: a sum is 0", lambda f: tensors(lambda x: f(x, [-100], reduction="sum"), [[1.0, 2.0]]), [0.0, [[0.0, 0.0]]])
    ce("all ignored: a mean raises", lambda f: f(param([[1.0, 2.0]]), [-100]), ValueError)
    ce("an empty batch: a mean raises", lambda f: f(param(np.zeros((0, 2))), np.zeros(0, int)), ValueError)
    ce("all weights 0: a mean raises", lambda f: f(param([[1.0, 2.0]]), [0], weight=[0.0, 0.0]), ValueError)
    ce("all weights 0, probabilities", lambda f: f(param([[1.0, 2.0]]), np.eye(2)[:1], weight=[0.0, 0.0]), ValueError)
    for _label, _error in {"2": ([2], ValueError), "-1": ([-1], ValueError), "0.0": ([0.0], TypeError),
                           "'a'": (["a"], TypeError), "True": ([True], TypeError), "two": ([0, 1], ValueError),
                           "(N, 1)": ([[0]], ValueError), "2**63": (np.array([2 ** 63], np.uint64), ValueError)}.values():
        ce(f"label {_label} raises", lambda f, label=_label: f(param([[1.0, 2.0]]), label), _error)
    for _width in (np.int8, np.uint8, np.int16, np.uint64):
        ce(f"labels of {_width.__name__}", lambda f, w=_width: f(param(np.zeros((1, 128))), np.array([127], w)).item(),
           math.log(128), 1e-15)
    for _smoothing in (-0.1, 1.1, nan):
        ce(f"label smoothing {_smoothing} raises",
           lambda f, e=_smoothing: f(param([[1.0, 2.0]]), [0], label_smoothing=e), ValueError)
    ce("a weight vector of the wrong length raises", lambda f: f(param([[1.0, 2.0]]), [0], weight=[1.0]), ValueError)
    ce("an unknown reduction raises", lambda f: f(param([[1.0, 2.0]]), [0], reduction="avg"), ValueError)


# 12. Anomaly mode.
def watched(run: Callable[[], Any]) -> Callable[[], Any]:
    def under() -> Any:
        with detect_anomaly():
            return run()
    return under


case(12, "a forward -inf raises (Value)", watched(lambda: Value(0.0).log()), ArithmeticError)
case(12, "a forward -inf raises (Tensor)", watched(lambda: param([1.0, 0.0]).log()), ArithmeticError)
case(12, "an infinite gradient raises (Value)", watched(lambda: value(lambda x: x.sqrt(), 0.0)), ArithmeticError)
case(12, "an infinite gradient raises (Tensor)", watched(lambda: tensors(lambda x: x.sqrt(), [0.0])), ArithmeticError)
case(12, "the log of a softmax that underflowed raises",
     watched(lambda: F.softmax(param([0.0, -1000.0])).log()), ArithmeticError)
case(12, "what is finite passes", watched(lambda: tensors(lambda x: x * 2.0, [1.0])), [[2.0], [2.0]])
case(5, "integer tensors keep out of it", lambda: (np.array([1]) * tensor([2])).tolist(), [2])
