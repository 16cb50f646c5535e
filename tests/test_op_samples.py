"""PyTorch's own samples of every op that both have: the result and its derivatives, first and second. None is wrong.

A sample may be refused, with an error; then it stands in the list of what is refused, with the reason.
"""

import os
import sys
import unittest
import warnings
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest

import autograd
import autograd.functional as F
from autograd import Tensor

try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
        if find_spec("expecttest") is None:         # a base class for tests, which the samples have no use for
            sys.modules["expecttest"] = SimpleNamespace(TestCase=unittest.TestCase)
        from torch.testing._internal.common_methods_invocations import op_db
except ImportError:
    if os.environ.get("CI"):
        raise
    pytest.skip("the parity extra, or what its samples need, is not installed", allow_module_level=True)

REFUSED = (TypeError, ValueError, IndexError, AttributeError, NotImplementedError)
CHANCE = {"rand_like", "randn_like", "randint", "randn", "rand", "multinomial", "dropout", "empty", "randint_like",
          "normal", "bernoulli"}


# Where PyTorch's samples give the arguments in an order of their own.
IN_OTHER_ORDER = {
    "where": lambda x, condition, y: autograd.where(condition, x, y),
    "einsum": lambda tensors, subscripts: autograd.einsum(subscripts, *tensors),
    "nn.functional.embedding": lambda weight, indices, **options: F.embedding(indices, weight, **options),
}


def ours_of(op):
    """Our function, or method, of that name; None where there is none."""
    if op.name in IN_OTHER_ORDER:
        return IN_OTHER_ORDER[op.name]
    name = op.name.removeprefix("nn.functional.")
    if "." in name or name in CHANCE:
        return None
    for home in (F,) if op.name != name else (autograd, Tensor):
        if hasattr(home, name):
            found = getattr(home, name)
            if callable(found) and not isinstance(found, type):
                return found
            if isinstance(found, property):
                return found.fget
    return None


# Whose result may be of another dtype, and why.
OTHER_DTYPE = {
    "linspace": "the default is float64 here",
    "clamp": "float32 and int32 meet in float64, as in NumPy",
}

# What is refused: of which op, by which words of the error, and why.
NOT_HERE = {
    "*": {
        "memory_format": "how numbers lie in memory is nobody's concern here",
        "complex numbers": "there are none",
    },
    "cat": {"dim 1 is out of range": "PyTorch overlooks an empty vector among matrices, for old code's sake"},
    "log_softmax": {"nothing along dim": "a distribution over no classes is a mistake"},
    "softmax": {"nothing along dim": "a distribution over no classes is a mistake"},
    "nn.functional.cross_entropy": {"the target requires a gradient": "it says so rather than to lose it"},
    "gather": {"as many axes": "PyTorch takes any index of no numbers"},
    "norm": {"got p=-": "at a number of 0 it has no slope", "got p=0": "a count has no slope",
             "'nuc'": "it takes singular values"},
    "std": {"by name": "std(0, True) would be read as keepdim=True"},
    "var": {"by name": "var(0, True) would be read as keepdim=True"},
    "zero_": {"a leaf that requires a gradient": "so PyTorch has it; it gives the samples a graph first"},
}


def reason(op, error):
    """Why it may be refused so, or None."""
    for words, why in {**NOT_HERE["*"], **NOT_HERE.get(op.name, {})}.items():
        if words in str(error):
            return why
    return None


OPS = {f"{op.name}-{op.variant_test_name}".rstrip("-"): op for op in op_db
       if ours_of(op) and torch.float64 in op.supported_dtypes("cpu")}


def ours(x, leaves):
    """PyTorch's tensors in x as ours; pairs of those that require a gradient are put aside."""
    if isinstance(x, torch.Tensor):
        if x.dtype.is_complex:
            raise TypeError("complex numbers")
        array = x.detach().numpy()
        made = Tensor(array, requires_grad=x.requires_grad, dtype=array.dtype)
        if x.requires_grad:
            leaves.append((made, x))
        return made
    if isinstance(x, torch.dtype):
        return getattr(autograd, str(x).partition(".")[2])
    if isinstance(x, torch.Size):
        return tuple(x)
    if isinstance(x, (list, tuple)):
        return type(x)([ours(y, leaves) for y in x])
    if isinstance(x, dict):
        return {key: ours(y, leaves) for key, y in x.items()}
    return x


def parts(x):
    return list(x) if isinstance(x, (tuple, list)) else [x]


def array(x):
    if isinstance(x, Tensor):
        return x.numpy()
    return x.detach().numpy(force=True) if isinstance(x, torch.Tensor) else np.asarray(x)


def weights(shape):
    return np.cos(np.arange(np.prod(shape, dtype=int), dtype=float)).reshape(shape) + 0.1


def outcome(op, sample, dtype):
    """"right", or the error with which it is refused; an AssertionError where it is wrong."""
    leaves, close = [], {"rtol": 1e-8, "atol": 1e-10} if dtype == torch.float64 else {"rtol": 2e-4, "atol": 1e-4}
    try:
        given = ours((sample.input, *sample.args), leaves)
        found = parts(ours_of(op)(*given, **ours(sample.kwargs, leaves)))
    except REFUSED as error:
        return error
    wanted = parts(op(sample.input, *sample.args, **sample.kwargs))
    assert len(found) == len(wanted), f"{len(found)} results for {len(wanted)}"
    for got, want in zip(found, wanted):
        assert array(got).shape == array(want).shape
        assert array(got).dtype == array(want).dtype or op.name in OTHER_DTYPE
        np.testing.assert_allclose(array(got), array(want), **close)
    moving = [(got, want) for got, want in zip(found, wanted)
              if isinstance(want, torch.Tensor) and want.requires_grad and want.numel()]
    if not moving or not leaves:
        return "right"
    total = sum((want * torch.tensor(weights(want.shape), dtype=want.dtype)).sum() for _, want in moving)
    inputs = [x for _, x in leaves]
    firsts = torch.autograd.grad(total, inputs, create_graph=op.supports_gradgrad, allow_unused=True)
    lost = [got for got, _ in moving if not (isinstance(got, Tensor) and got.requires_grad)]
    assert not lost or not any(g is not None and g.any() for g in firsts), "a gradient is lost"
    mine = sum((got * weights(got.shape)).sum() for got, _ in moving)
    if not (isinstance(mine, Tensor) and mine.requires_grad):
        return "right"
    try:
        mine.backward()
    except REFUSED as error:
        return error
    for (x, _), g in zip(leaves, firsts):
        np.testing.assert_allclose(0 * array(x) if x.grad is None else array(x.grad),
                                   0 * array(x) if g is None else array(g), **close)
    return seconds(op, mine, leaves, firsts, close)


def seconds(op, mine, leaves, firsts, close):
    """What the derivatives of the gradients' weighted sum are: those of both, compared."""
    turning = [(x, g) for x, g in zip(leaves, firsts) if g is not None and g.requires_grad]
    if not op.supports_gradgrad or not turning:
        return "right"
    slope = sum((g * torch.tensor(weights(g.shape), dtype=g.dtype)).sum() for _, g in turning)
    right = torch.autograd.grad(slope, [x for _, x in leaves], allow_unused=True)
    xs = [x for x, _ in leaves]
    try:
        ours_first = autograd.grad(mine, xs, create_graph=True)
        slope = sum((g * weights(x.shape)).sum() for g, (x, _), first in zip(ours_first, leaves, firsts)
                    if first is not None and first.requires_grad)
        ours_second = autograd.grad(slope, xs) if slope.requires_grad else [x * 0 for x in xs]
    except REFUSED as error:
        return error
    for x, g, want in zip(xs, ours_second, right):
        np.testing.assert_allclose(array(g), 0 * array(x) if want is None else array(want), **close)
    return "right"


def samples(op, dtype):
    return list(op.sample_inputs("cpu", dtype, requires_grad=op.supports_autograd))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("name", OPS)
@pytest.mark.filterwarnings("ignore")
def test_no_sample_is_answered_wrongly(name, dtype):
    op, answered = OPS[name], 0
    for sample in samples(op, dtype):
        found = outcome(op, sample, dtype)
        answered += found == "right"
        assert found == "right" or reason(op, found), f"{sample}: {found!r}"
    assert answered or name in ALL_REFUSED


ALL_REFUSED = {"norm-nuc", "std-unbiased", "var-unbiased", "zero_"}


def test_the_ops_that_both_have_are_many():
    assert len(OPS) > 170
