"""Nothing chosen by looking at the data is frozen: recorded at one point, every function of F is right at others.

Maxima, where they stand, what is 0 and what is infinite are found anew by `replay`, and by the text of `source`.
"""

import math

import numpy as np
import pytest

import autograd.functional as F
from autograd import Tensor, Value, replay, source
from autograd.core.nary import total

SIGNS, TARGETS, CLASSES = [1.0, -1.0, 1.0, 1.0], [1.0, 0.0, 0.25, 1.0], 2
SHARES = [0.5, 0.0, 0.25, 0.25]

# What is given, as logits or as probabilities, and the function of it.
LOGITS = {
    "softmax": lambda x: F.softmax(x),
    "softmax, hot": lambda x: F.softmax(x, temperature=1e10),
    "softmax, hottest": lambda x: F.softmax(x, temperature=math.inf),
    "log_softmax": lambda x: F.log_softmax(x),
    "logsumexp": lambda x: F.logsumexp(x),
    "cross_entropy": lambda x: F.cross_entropy(x, CLASSES),
    "cross_entropy, shares": lambda x: F.cross_entropy(x, SHARES),
    "composite": lambda x: F.cross_entropy_composite(x, CLASSES),
    "composite, exact": lambda x: F.cross_entropy_composite(x, CLASSES, form="logsumexp"),
    "composite, shares": lambda x: F.cross_entropy_composite(x, SHARES, form="logsumexp"),
    "composite, smoothed": lambda x: F.cross_entropy_composite(x, CLASSES, label_smoothing=0.1),
    "nll_loss": lambda x: F.nll_loss(x, CLASSES),
    "mse_loss": lambda x: F.mse_loss(x, TARGETS),
    "hinge_loss": lambda x: F.hinge_loss(x, SIGNS),
    "binary_cross_entropy_with_logits": lambda x: F.binary_cross_entropy_with_logits(x, TARGETS),
}
PROBABILITIES = {
    "entropy": lambda p: F.entropy(p),
    "kl_divergence": lambda p: F.kl_divergence(p, p[::-1]),
    "binary_cross_entropy": lambda p: F.binary_cross_entropy(p, TARGETS),
}
ELEMENTWISE = {name: getattr(F, name) for name in ("relu", "tanh", "sigmoid", "softplus", "gelu")}
ANY = [[0.3, -1.2, 0.8, 0.1], [5.0, 5.0, 5.0, 5.0], [1000.0, -1000.0, 0.0, 1.0], [-800.0, -801.0, -800.0, 3e-300],
       [1e300, -1e300, 1e-300, -0.0], [0.0, 39.3, -700.0, 0.0], [-math.inf, 1.0, 0.5, 2.0]]
DISTRIBUTIONS = [[0.1, 0.2, 0.3, 0.4], [0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0],
                 [1e-300, 1.0, 5e-324, 0.0], [0.25, 0.25, 0.25, 0.25]]
CASES = [(name, f, points) for group, points in [(LOGITS, ANY), (PROBABILITIES, DISTRIBUTIONS)]
         for name, f in group.items()]
CASES += [(name, lambda x, f=f: [f(v) for v in x] if isinstance(x, list) else f(x), ANY)
          for name, f in ELEMENTWISE.items()]
every_function = pytest.mark.parametrize(("name", "f", "points"), CASES, ids=[case[0] for case in CASES])


def one_number(x):
    """A sum in which every element counts otherwise."""
    if isinstance(x, list):
        return total([(0.3 + i) * v for i, v in enumerate(x)])
    return x if isinstance(x, Value) or not x.ndim else (x * (0.3 + np.arange(x.numel()))).sum()


def eager(f, point, kind):
    x = [Value(v) for v in point] if kind is Value else Tensor(point, requires_grad=True)
    y = one_number(f(x))
    y.backward()
    return y.item(), [v.grad for v in x] if kind is Value else x.grad.tolist()


@every_function
@pytest.mark.parametrize("kind", [Value, Tensor], ids=["values", "tensors"])
@pytest.mark.parametrize("start", [0, 1, 2])
def test_replay_is_right_at_other_points(name, f, points, kind, start):
    x = [Value(v) for v in points[start]] if kind is Value else Tensor(points[start], requires_grad=True)
    y = one_number(f(x))
    step = replay(y, wrt=x if kind is Value else [x])
    for point in points:
        (step.parameters if kind is Value else step.parameters[0])[...] = point
        loss, gradient = eager(f, point, kind)
        np.testing.assert_allclose(step(), loss, rtol=1e-13, atol=1e-300)
        np.testing.assert_allclose(step.gradient if kind is Value else step.gradients[0], gradient,
                                   rtol=1e-13, atol=1e-15)


@every_function
@pytest.mark.parametrize("kind", [Value, Tensor], ids=["values", "tensors"])
def test_source_is_right_at_other_points(name, f, points, kind):
    if name == "gelu":                              # erf is no function of NumPy's
        return
    x = [Value(v) for v in points[1]] if kind is Value else Tensor(points[1], requires_grad=True)
    names = {f"x{i}": v for i, v in enumerate(x)} if kind is Value else {"x": x}
    scope = {}
    exec(source(one_number(f(x)), names), scope)
    step = scope["step"]
    for point in points[:-1] if "entropy" not in name else points[:4]:
        given = {f"x{i}": np.float64(v) for i, v in enumerate(point)} if kind is Value else {"x": np.array(point)}
        with np.errstate(all="ignore"):
            found, gradients = step(**{n: v for n, v in given.items() if n in step.__code__.co_varnames})
        loss, gradient = eager(f, point, kind)
        np.testing.assert_allclose(found, loss, rtol=1e-12, atol=1e-16)
        if not np.isfinite(gradient).all():         # 0·∞ on the way back: which nan there are, is nobody's promise
            continue
        flat = [gradients.get(n, 0.0) for n in given] if kind is Value else gradients["x"]
        np.testing.assert_allclose(flat, gradient, rtol=1e-12, atol=1e-15)


@every_function
def test_values_and_tensors_agree(name, f, points):
    for point in points:
        (a, da), (b, db) = eager(f, point, Value), eager(f, point, Tensor)
        np.testing.assert_allclose(a, b, rtol=1e-15, atol=5e-324)
        if np.isfinite([*da, *db]).all():
            np.testing.assert_allclose(da, db, rtol=2e-15, atol=1e-16)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp", "entropy"])
def test_numpys_names_are_understood(name):
    x = Tensor([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]])
    f = getattr(F, name)
    assert f(x, axis=0).tolist() == f(x, 0).tolist() != f(x, 1).tolist()
    if name in ("logsumexp", "entropy"):
        assert f(x, axis=0, keepdims=True).tolist() == [f(x, 0).tolist()] == f(x, 0, keepdim=True).tolist()
    with pytest.raises(TypeError, match="axes"):
        f(x, axes=0)
    with pytest.raises(TypeError, match="one integer"):
        f(x, axis=(0, 1))
    assert F.kl_divergence(x, x, axis=0, keepdims=True).tolist() == [[0.0, 0.0, 0.0]]
