"""NumPy's functions given a Tensor that has a gradient: a Tensor with the right gradient, or an error; nothing else."""

import inspect
import warnings

import numpy as np
import pytest

from autograd import Tensor, Value, tensor
from autograd.arrays import numpys

_VECTOR, _MATRIX = (
    np.array([0.31, 0.72, 0.463, 0.624]),
    np.array([[0.31, 0.62, 0.43], [0.74, 0.26, 0.56], [0.87, 0.18, 0.69]]),
)
_UNCALLED = (
    "save",
    "load",
    "from",
    "gen",
    "show",
    "info",
    "get",
    "set",
    "test",
    "memmap",
    "print",
    "buf",
    "err",
    "open",
    "may_share",
    "empty",
    "bmat",
    "asmatrix",
    "shares",
    "broadcast",
    "nditer",
    "ndenumerate",
    "nested",
    "poly1d",
    "char",
    "rec",
    "busday",
)

# What to try each function with: t stands for a Tensor that has a gradient, a for an array.
CALLS = {
    "t": lambda t, a: (t,),
    "t, t": lambda t, a: (t, t * 2),
    "t, a": lambda t, a: (t, a),
    "a, t": lambda t, a: (a, t),
    "[t, t]": lambda t, a: ([t, t * 2],),
    "[t, a]": lambda t, a: ([t, a],),
    "t, 0": lambda t, a: (t, 0),
    "t, 1": lambda t, a: (t, 1),
    "t, 2": lambda t, a: (t, 2),
    "a, 0, t": lambda t, a: (a, 0, t),
    "3, t": lambda t, a: (3, t),
    "t, ints": lambda t, a: (t, np.array([1, 0])),
    "t, bools": lambda t, a: (t, a > 0.5),
    "a, bools, t": lambda t, a: (a, a > 0.5, t),
    "bools, t, a": lambda t, a: (a > 0.5, t, a),
    "t, a, t": lambda t, a: (t, np.sort(a), t),
    "[[t, a], [a, t]]": lambda t, a: ([[t, a], [a, t]],),
}


def functions():
    for module, prefix in ((np, "np."), (np.linalg, "np.linalg."), (np.fft, "np.fft.")):
        for name in sorted(dir(module)):
            f = getattr(module, name)
            if callable(f) and not inspect.isclass(f) and not name.startswith(("_", *_UNCALLED)):
                yield pytest.param(f, id=prefix + name)


def plainly(f, call, x):
    """The result for arrays, flattened; None where NumPy refuses, or has nothing numerical to say."""
    try:
        return flat(f(*call(x.copy(), (x * 0.9 + 0.02).copy())))
    except Exception:
        return None


def flat(result):
    if isinstance(result, (list, tuple)):
        return [x for part in result for x in flat(part)]
    return [result]


def floats(result):
    """The arrays of floats in a result, and Tensors."""
    return [
        x
        for x in flat(result)
        if (isinstance(x, Tensor) and x.dtype.kind == "f")
        or (isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fcO")
        or type(x) in (float, complex)
    ]


@pytest.mark.parametrize("f", list(functions()))
def test_a_gradient_is_right_or_an_error(f):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for x in (_VECTOR, _MATRIX, np.array(0.4)):
            for what, call in CALLS.items():
                expected = plainly(f, call, x)
                if expected is None:
                    continue
                t, other = Tensor(x, requires_grad=True), x * 0.9 + 0.02
                before = other.copy()
                arguments = call(t, other)
                assert not any(a is None for a in arguments)
                result = tried(f, arguments)
                assert np.array_equal(other, before), f"{what}: written into an array"
                if isinstance(result, Exception):
                    assert len(str(result)) > 15, what
                else:
                    check(f, call, x, t, result, expected, what)


def tried(f, arguments):
    try:
        return f(*arguments)
    except (TypeError, ValueError, IndexError, AttributeError) as error:
        return error


def check(f, call, x, t, result, expected, what):
    found, wanted = floats(result), floats(expected)
    if not found:
        assert not moving(f, call, x, wanted), f"{what}: nothing came of it"
        return
    assert len(found) == len(wanted), what
    for got, want in zip(found, wanted):
        shown = got.numpy() if isinstance(got, Tensor) else np.asarray(got)
        np.testing.assert_allclose(shown, want, rtol=1e-10, atol=1e-12, err_msg=what)
        assert shown.shape == np.shape(want), what
    if not all(np.isfinite(want).all() for want in wanted):
        return
    slopes = moving(f, call, x, wanted)
    ours = [got for got in found if isinstance(got, Tensor) and got.requires_grad]
    if slopes and not ours:
        raise AssertionError(f"{what}: a bare {type(found[0]).__name__}, whose gradient is lost")
    if ours:
        weights = [np.cos(np.arange(np.size(w), dtype=float)).reshape(np.shape(w)) for w in wanted]
        sum((got * w).sum() for got, w in zip(found, weights) if isinstance(got, Tensor)).backward()
        np.testing.assert_allclose(t.grad.numpy(), slope(f, call, x, weights), atol=2e-7, err_msg=what)


def moving(f, call, x, wanted):
    """Whether the result moves with x."""
    return (
        any(
            np.abs(
                slope(f, call, x, [np.cos(np.arange(np.size(w), dtype=float)).reshape(np.shape(w)) for w in wanted])
            ).ravel()
            > 1e-6
        )
        if wanted
        else False
    )


def slope(f, call, x, weights):
    out = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        sides = []
        for h in (1e-6, -1e-6):
            moved = x.copy()
            moved[i] += h
            arguments = list(call(moved.copy(), (x * 0.9 + 0.02).copy()))
            sides.append(sum(np.sum(np.real(got) * w) for got, w in zip(floats(f(*arguments)), weights)))
        out[i] = (sides[0] - sides[1]) / 2e-6
    return out


def param(x):
    return Tensor(x, requires_grad=True)


@pytest.mark.parametrize(
    "lose",
    [
        lambda t: np.asarray(t),
        lambda t: np.array([t, t]),
        lambda t: np.array([[t[0], 0.0], [0.0, 1.0]]),
        lambda t: np.r_[t, t],
        lambda t: np.c_[t, t],
        lambda t: np.mean([t[0], t[1]]),
        lambda t: np.linalg.norm([t[0], t[1]]),
        lambda t: np.full(2, t[0]),
        lambda t: np.zeros(2).__setitem__(slice(None), t),
        lambda t: np.copyto(np.zeros(2), t),
        lambda t: np.put(np.zeros(2), [0, 1], t),
        lambda t: np.place(np.zeros(2), [True, True], t),
        lambda t: np.fill_diagonal(np.zeros((2, 2)), t),
        lambda t: np.vectorize(lambda x: x * 2)(t),
        lambda t: np.frompyfunc(lambda x: x * 2, 1, 1)(t),
        lambda t: np.ones(2).dot(t),
        lambda t: np.asarray(t) * t,
        lambda t: np.ones(2).__iadd__(t),
        lambda t: np.full_like(np.ones(2), t),
        lambda t: np.array(t, copy=True),
        lambda t: np.array(t, dtype=np.float32),
        lambda t: np.array(list(t)),
        lambda t: np.float64(t),
        lambda t: np.linspace(t[0], t[1], 3),
        lambda t: np.interp(0.5, [0.0, 1.0], t),
        lambda t: np.save("/dev/null", t),
        lambda t: Tensor([t, t]),
        lambda t: Tensor([t[0] * 3]),
    ],
)
def test_what_would_lose_a_gradient_in_silence_says_what_to_do(lose):
    with pytest.raises(TypeError, match=r"detach\(\)|`out`|not an operation"):
        lose(param([1.0, 2.0]))


def test_what_plots_and_prints_need_goes_on_working():
    t = param([1.0, 2.0])
    for look in (
        lambda: np.asarray(t.detach()),
        lambda: np.asarray((t * 2).data),
        t.numpy,
        lambda: (t * 2).numpy(),
        t.tolist,
        lambda: np.array(tensor([1.0, 2.0])),
        lambda: np.mean(t.detach().numpy()),
    ):
        assert np.asarray(look()).sum() > 0
    assert "1." in repr(t)
    assert float(t[0]) == 1.0
    assert np.shape(t) == (2,)
    assert np.ndim(t) == 1
    assert np.size(t) == 2
    assert np.zeros_like(t).tolist() == [0, 0]
    assert np.argmax(t).item() == 1
    assert np.allclose(t, [1.0, 2.0])
    assert np.array_equal(t, [1.0, 2.0])


def test_a_tensor_of_tensors_is_their_stack():
    p, q = param(2.0), param(3.0)
    m = tensor([[p, 0.0], [q * 2, 1.0]])
    assert m.tolist() == [[2, 0], [6, 1]]
    (m * np.array([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert (p.grad.item(), q.grad.item()) == (1, 6)
    assert tensor([p.detach(), 1.0]).is_leaf


OURS = [*numpys.FUNCTIONS, *sorted(numpys.METHODS), *numpys.MOVING]


def named(name):
    found = np
    for part in name.split("."):
        found = getattr(found, part)
    return found


def test_functions_are_named_as_numpy_names_them():
    assert all(map(callable, map(named, OURS)))


# The same call in other words: by names, with what NumPy assumes said aloud, and with an option more.
OPTIONS = [{"order": "F"}, {"mode": "wrap"}, {"mode": "clip"}, {"mode": "edge"}, {"mode": "mean"}, {"kind": "stable"},
           {"dtype": float}, {"dtype": float, "out": None}, {"casting": "unsafe"}, {"keepdims": True},
           {"keepdims": False, "axis": -1}, {"axis": 0}, {"axis": (0,)}, {"initial": 0.5}, {"prepend": 0.25},
           {"append": 0.25}, {"returned": True}, {"optimize": True}, {"include_initial": True}, {"ddof": 1},
           {"constant_values": 0.75}, {"where": np.array([True, False, True])}, {"stable": True}, {"copy": None}]


MORE_CALLS = {
    "swapaxes": lambda t, a: (t, 0, -1), "moveaxis": lambda t, a: (t, -1, 0), "reshape": lambda t, a: (t, -1),
    "broadcast_to": lambda t, a: (t, (2, *t.shape)), "dsplit": lambda t, a: (np.reshape(t, (1, 1, -1)), [1, 2]),
    "einsum": lambda t, a: ("...i,...i->...", t, a), "broadcast_arrays": lambda t, a: (t, a[..., :1]),
    "pad": lambda t, a: (t, ((0, 1),)), "rot90": lambda t, a: (t, 3), "take": lambda t, a: (t, [1, 2], -1),
    "resize": lambda t, a: (t, (2, 5)), "select": lambda t, a: ([a > 0.6, a > 0.3], [t, t * t]),
    "compress": lambda t, a: ([True, False, True], t, -1), "extract": lambda t, a: (a > 0.5, t),
    "lib.stride_tricks.sliding_window_view": lambda t, a: (t, 2, -1)}


def in_other_words(f, arguments):
    """Ways to write a call, each as its places and names."""
    try:
        bound = inspect.signature(f).bind(*arguments)
    except (TypeError, ValueError):
        return
    parameters = bound.signature.parameters.values()
    places = [bound.arguments[p.name] for p in parameters
              if p.kind is p.POSITIONAL_ONLY and p.name in bound.arguments]
    names = {p.name: bound.arguments[p.name] for p in parameters
             if p.kind is p.POSITIONAL_OR_KEYWORD and p.name in bound.arguments}
    assumed = {p.name: p.default for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
               and p.default is not p.empty and p.default is not np._NoValue}
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        yield arguments, {}
    else:
        yield places, names
        yield places, assumed | names
    for options in OPTIONS:
        yield arguments, options
        for name, x in options.items():
            if name in assumed:
                yield places, assumed | names | {name: x}


def said(f, name, make, x):
    """A function of the tensor and the array that makes the call in words of ours, and what they are."""
    start = list(in_other_words(f, make(x, x)))
    for i in range(len(start)):
        def call(t, a, i=i):
            return list(in_other_words(f, make(t, a)))[i]

        yield call, f"np.{name} {start[i][1]}"


@pytest.mark.parametrize("name", OURS)
def test_a_call_in_other_words_is_right_or_an_error_of_ours(name):
    f, tried_any = named(name), False
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for x in (_VECTOR, _MATRIX):
            for make in [*CALLS.values(), *([MORE_CALLS[name]] if name in MORE_CALLS else [])]:
                for call, what in said(f, name, make, x):
                    def spoken(places, names):
                        return f(*places, **names)

                    expected = plainly(spoken, call, x)
                    if expected is None:
                        continue
                    tried_any = True
                    t, other = Tensor(x, requires_grad=True), x * 0.9 + 0.02
                    result = tried(spoken, call(t, other))
                    if isinstance(result, Exception):
                        assert "got an unexpected keyword" not in str(result), (what, result)
                        assert "positional argument" not in str(result), (what, result)
                    else:
                        check(spoken, call, x, t, result, expected, what)
    assert tried_any


# What is given to an array's methods; fill and __setitem__ stand in tests/core/test_asking.
NOT_METHODS = {"tofile", "dump", "dumps", "setflags", "getfield", "setfield", "tobytes", "astype", "view", "byteswap",
               "fill"}
WITH_DTYPE = {"cumprod", "cumsum", "mean", "prod", "std", "sum", "var", "__ipow__"}         # as the second argument
ARRAY_METHODS = sorted(name for name in dir(np.ndarray)
                       if name[0] != "_" and callable(getattr(np.ndarray, name)) and name not in NOT_METHODS)
ARRAY_METHODS += [f"__{side}{name}__" for side in ("", "i", "r")
                  for name in ("add", "sub", "mul", "truediv", "pow", "matmul", "floordiv", "mod")]
ARRAY_METHODS += ["__lt__", "__ge__", "__eq__"]


@pytest.mark.parametrize("name", ARRAY_METHODS)
def test_a_method_of_an_array_loses_no_gradient(name):
    """Given a Tensor: our type with its gradient, places, truth values, or an error. Nothing is written."""
    def given(t):
        more = [(t, t), (0, t), (slice(None), t), ([0, 1, 2], t), (t[0],), (0, t[0]), (1.0, t[0])]
        return [(t,)] if name in WITH_DTYPE else [(t,), *more]

    for i in range(len(given(np.ones(3)))):
        t, array = param([0.25, 0.5, 0.75]), np.array([3.0, 1.0, 2.0])
        before = array.copy()
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                result = getattr(array, name)(*given(t)[i])
            except (TypeError, ValueError, IndexError, AttributeError, OverflowError):
                continue
            finally:
                if "sort" not in name and "partition" not in name:          # which are about the array's own numbers
                    assert np.array_equal(array, before), (name, i)
        for found in floats(result):
            assert isinstance(found, Tensor), (name, i, found)
            assert found.requires_grad or found.dtype.kind != "f", (name, i)


@pytest.mark.parametrize("name", sorted(n for n in dir(np) if isinstance(getattr(np, n), np.ufunc)))
@pytest.mark.parametrize("options", [{}, {"out": 1}, {"where": 1}, {"dtype": 1}, {"casting": 1}])
def test_a_ufunc_of_a_tensor_or_a_value_is_ours_or_an_error(name, options):
    ufunc = getattr(np, name)
    options = {key: {"out": np.zeros(3), "where": np.array([True, False, True]), "dtype": np.float64,
                     "casting": "unsafe"}[key] for key in options}
    for make in (lambda: param([0.25, 0.5, 0.75]), lambda: Value(0.5)):
        t, plain = make(), np.array([0.3, 0.6, 0.2])
        for arguments in {1: [(t,)], 2: [(t, t), (t, plain), (plain, t), (t, 2.0), (2.0, t)]}.get(ufunc.nin, []):
            for method in ("__call__", "reduce", "accumulate", "outer"):
                try:
                    result = getattr(ufunc, method)(*arguments[: 1 if method in ("reduce", "accumulate") else None],
                                                    **options)
                except (TypeError, ValueError, RuntimeError):       # some can't be reduced
                    continue
                for found in floats(result):
                    assert isinstance(found, (Tensor, Value)) or not isinstance(
                        arguments[0 if method in ("reduce", "accumulate") else -1], (Tensor, Value)), (method, found)


# What has no gradient goes through NumPy like any array.

@pytest.mark.parametrize("name", sorted(n for n in dir(np) if isinstance(getattr(np, n), np.ufunc)))
def test_a_ufunc_of_a_constant_is_numpys(name):
    ufunc, numbers = getattr(np, name), [np.array([0.25, 0.5, 0.75]), np.array([3.0, 1.0, 2.0])]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for kind in (float, int, bool):
            arrays = [x.astype(kind) for x in numbers[:ufunc.nin]]
            try:
                expected = flat(ufunc(*arrays))
            except (TypeError, ValueError):
                continue
            constants, places = [tensor(a) for a in arrays], tuple([np.zeros_like(x) for x in expected])
            for options in ({}, {"casting": "unsafe"}, {"out": places}, {"out": places, "where": arrays[0] > 0.3}):
                if ufunc.signature and "where" in options:
                    continue
                found, wanted = flat(ufunc(*constants, **options)), flat(ufunc(*arrays, **options))
                for got, want in zip(found, wanted, strict=True):
                    np.testing.assert_allclose(np.asarray(got), want, err_msg=f"{kind} {options}")


def test_what_has_a_gradient_is_asked_for_places_and_truth():
    t = param([1.0, np.nan])
    assert np.isnan(t).tolist() == [False, True]
    assert np.logical_or(t > 0, [False, True]).tolist() == [True, True]
    assert np.argsort(t).tolist() == [0, 1]
    running = np.ones(2)
    running += t.detach()
    assert running[0] == 2.0
    with pytest.raises(TypeError, match="not an operation on Tensors"):
        np.add.at(t.detach(), [0], 1.0)


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix_of_numpys_does_not_multiply_by_element():
    t, m = param([[1.0, 2.0], [3.0, 4.0]]), np.matrix([[0.0, 1.0], [1.0, 0.0]])
    for wrong in (lambda: m * t, lambda: t * m, lambda: t ** m):
        with pytest.raises(TypeError, match=r"np\.asarray"):
            wrong()
    assert (m @ t).tolist() == [[3, 4], [1, 2]]
    assert (t + m).tolist() == [[1, 3], [4, 4]]
