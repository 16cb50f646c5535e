"""The text `source` prints, run as it stands, gives the engine's gradients; in NumPy, PyTorch and JAX."""

from __future__ import annotations

import importlib
import math
import os
import re
import subprocess
import sys
import textwrap
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import autograd as ag
import autograd.functional as F
import nn
from autograd import Tensor, Value, extend, no_grad, source
from autograd.arrays import fused
from autograd.arrays import structural as st
from autograd.codegen.libraries import LIBRARIES
from autograd.codegen.page import Page
from autograd.core.graph import leaves as leaves_of
from autograd.core.nary import dot, total
from autograd.core.op import TABLE
from demos import backward, names
from tests.cases import ELEMENTWISE, MOVING, Moving, uncovered
from tests.needs import needs
from tests.replaying.test_replay import random_graph, tensor_cases
from tests.test_fuzz import broadcast, seeds, tensor_program

EXTREMA = [Moving(st.max_along, ((2, 3, 2),), (None, dim, keepdim), np.max) for dim in (0, 1, 2)
           for keepdim in (False, True)]
BACKENDS = ["numpy", "torch", "jax"]


def function_of(text: str, backend: str = "numpy") -> Any:
    """`step`, as it stands; JAX's compiled, which is how it is meant to be used."""
    scope: dict[str, Any] = {}
    exec(compile(text, "<source>", "exec"), scope)
    if backend == "jax":
        import jax
        return jax.jit(scope["step"])
    return scope["step"]


def run(text: str, **leaves: Any) -> Any:
    return function_of(text)(**leaves)


def converter(backend: str) -> Any:
    """What makes the backend's arrays of NumPy's."""
    if backend == "numpy":
        return np.array
    if backend == "torch":
        torch = needs("torch", "parity")
        return lambda x: torch.from_numpy(np.array(x))
    jax = needs("jax", "jax")
    jax.config.update("jax_enable_x64", True)
    return jax.numpy.asarray


def agree(build: Any, first: list[Any], second: list[Any], backend: str, rtol: float = 1e-12) -> str:
    """Whether the text of `build` recorded at the arrays `first` gives the engine's gradients there and at `second`.

    Gradients must be within `rtol` of the largest, have the leaf's shape and dtype, and share no memory.
    """
    convert, text = converter(backend), None
    for arrays in (first, second):
        leaves = {f"p{i}": Tensor(array, requires_grad=True) for i, array in enumerate(arrays)}
        loss = build(*leaves.values())
        loss.backward()
        if text is None:
            text = source(loss, leaves, backend)
            step = function_of(text, backend)
        reached = {name: leaf for name, leaf in leaves.items() if leaf.grad is not None}
        given = {name: convert(leaf.numpy()) for name, leaf in reached.items()}
        got, gradients = step(**given)
        np.testing.assert_allclose(np.asarray(got), loss.numpy(), rtol=rtol, atol=rtol, err_msg=text)
        assert set(gradients) == set(reached), text
        for name, gradient in gradients.items():
            array, expected = np.asarray(gradient), reached[name].grad.numpy()
            assert (array.shape, array.dtype) == (expected.shape, expected.dtype), text
            scale = max(1.0, np.abs(expected).max(initial=0.0, where=np.isfinite(expected)))
            np.testing.assert_allclose(array, expected, rtol=rtol, atol=rtol * scale, err_msg=f"{name} in\n{text}")
            np.testing.assert_array_equal(np.asarray(given[name]), reached[name].numpy())
        handed = list(gradients.values()) if backend == "numpy" else []
        assert not any(np.shares_memory(g, h) for i, g in enumerate(handed) for h in handed[:i]), text
        assert all(g.flags.writeable for g in handed if isinstance(g, np.ndarray)), text
    return text or ""


def normal(seed: int, *shapes: tuple[int, ...]) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


@pytest.mark.parametrize("name", tensor_cases())
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_text_gives_the_engines_gradients(name: str, backend: str) -> None:
    shapes = (3, 4), (4, 3), (4,)
    agree(lambda A, B, v: tensor_cases()[name](A, B, v, ag.tensor([2, 0, 2])), normal(0, *shapes), normal(1, *shapes),
          backend)


@pytest.mark.parametrize("name", tensor_cases())
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_the_library_differentiates_the_forward_lines_to_the_same(name: str, backend: str) -> None:
    """A second witness: PyTorch's and JAX's own gradient of the loss that the text computes."""
    convert = converter(backend)
    leaves = {name: Tensor(array, requires_grad=True) for name, array in zip("ABv", normal(4, (3, 4), (4, 3), (4,)))}
    text = source(tensor_cases()[name](*leaves.values(), ag.tensor([2, 0, 2])), leaves, backend)
    step = function_of(text, backend)
    given = {name: convert(leaf.numpy()) for name, leaf in leaves.items() if f"{name}," in text or f"{name})" in text}
    if backend == "torch":
        given = {name: x.requires_grad_() for name, x in given.items()}
        loss, gradients = step(**given)
        if name == "floor_divide":                  # PyTorch has no derivative of it, and says so
            with pytest.raises(RuntimeError, match="floor_divide is not implemented"):
                loss.backward()
            return
        if name in ("greater", "greater_equal"):    # nor of a comparison
            assert not loss.requires_grad
            return
        loss.backward()
        expected = {name: x.grad for name, x in given.items()}
        gradients = {name: g.detach() for name, g in gradients.items()}
    else:
        import jax
        expected = jax.jit(jax.grad(lambda given: step(**given)[0]))(given)
        gradients = step(**given)[1]
    for name, gradient in gradients.items():
        np.testing.assert_allclose(np.asarray(gradient), np.asarray(expected[name]), rtol=1e-11, atol=1e-12,
                                   err_msg=text)


def within(ranges: Any, seed: int, *shape: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [rng.uniform(*range_, size=shape) for range_ in ranges]


@pytest.mark.parametrize("case", ELEMENTWISE, ids=lambda case: case.id)
@pytest.mark.parametrize("backend", BACKENDS)
def test_every_row_of_the_table(case: Any, backend: str) -> None:
    """On arrays that broadcast, as numbers, and with a number in each place."""
    def build(*inputs: Tensor) -> Any:
        return (Tensor.apply(case.op, *inputs) * weights).sum()

    weights = Tensor(normal(2, (3, 4))[0])
    first, second = (within(case.ranges, seed, 3, 4) for seed in (0, 1))
    agree(build, first, second, backend)
    weights = Tensor(normal(2, (2, 3, 4))[0])
    parts = np.s_[0, :], np.s_[:, :1], np.s_[:, :]
    agree(build, *[[x[part] for x, part in zip(arrays, parts)] for arrays in (first, second)], backend)
    weights = Tensor(0.7)
    agree(build, [x[0, 0] for x in first], [x[0, 0] for x in second], backend)
    for i in range(len(first)) if len(first) > 1 and backend != "jax" else ():
        def with_numbers(x: Tensor, i: int = i) -> Any:
            inputs = [x if j == i else other[1, 1].item() for j, other in enumerate(first)]
            return (Tensor.apply(case.op, *inputs) * x).sum()

        agree(with_numbers, [first[i]], [second[i]], backend)


@pytest.mark.parametrize("case", [*MOVING, *EXTREMA], ids=lambda case: case.id)
@pytest.mark.parametrize("backend", BACKENDS)
def test_every_structural_op(case: Any, backend: str) -> None:
    def build(*inputs: Tensor) -> Any:
        if case.op is st.max_along:
            _, dim, keepdim = case.parameters
            out = inputs[0].max(dim, keepdim).values
        else:
            out = Tensor.apply(case.op, *([inputs] if case.op.arity is None else inputs), *case.parameters)
        weights = Tensor(np.random.default_rng(5).normal(size=out.shape))
        # used twice, so that gradients are added up: to one of its own, and to what is another's
        return (out * weights).sum() + sum((x * x).sum() for x in inputs) + sum(x.sum() for x in inputs)

    agree(build, normal(0, *case.shapes), normal(1, *case.shapes), backend)
    agree(lambda *inputs: (build(*[x.tanh() for x in inputs]) + inputs[0].sum()), normal(2, *case.shapes),
          normal(3, *case.shapes), backend)


def test_no_op_is_left_out() -> None:
    assert not uncovered()


_TARGETS = {"indices": [2, 0, 1, 2], "ignored": [2, -100, 1, -100], "one-hot": np.eye(3)[[2, 0, 1, 2]],
            "probabilities": np.random.default_rng(3).dirichlet([1.0, 1.0, 1.0], 4), "tensor": ag.tensor([0, 1, 1, 2])}


# each text for JAX is compiled, which takes its time: fewer combinations there, none of them of another kind
@pytest.mark.parametrize(("backend", "reduction"), [
    ("numpy", "mean"), ("numpy", "sum"), ("numpy", "none"), ("torch", "mean"), ("torch", "sum"), ("torch", "none"),
    ("jax", "mean")])
@pytest.mark.parametrize("target", _TARGETS)
@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1}, {"weight": [0.5, 2.0, 1.0]}, {
    "label_smoothing": 0.2, "weight": [0.5, 0.0, 1.0]}], ids=str)
def test_fused_cross_entropy(backend: str, reduction: str, target: str, options: Any) -> None:
    def build(z: Tensor) -> Any:
        losses = F.cross_entropy(z * 3.0, _TARGETS[target], reduction, **options)
        return losses if reduction != "none" else (losses ** 2).sum()

    text = agree(build, normal(0, (4, 3)), normal(1, (4, 3)), backend)
    assert "logprobs" in text


@pytest.mark.parametrize("backend", BACKENDS)
def test_fused_cross_entropy_of_one_row_and_of_masked_classes(backend: str) -> None:
    for reduction in ("mean", "none"):
        for target in (2, [0.2, 0.5, 0.3]):
            agree(lambda z: F.cross_entropy(z, target, reduction) * 2.0, *[normal(i, (3,)) for i in (0, 1)],    # noqa: B023
                  backend)
    masked = [np.array([[1.0, -np.inf, 2.0], [0.5, 0.25, -np.inf]])]
    agree(lambda z: F.cross_entropy(z, [[0.5, 0.0, 0.5], [1.0, 0.0, 0.0]]), masked, masked, backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1, "weight": [0.5, 2.0, 1.0]}, {"ignore_index": 1}],
                         ids=str)
def test_tensors_of_indices_are_arguments(backend: str, options: Any) -> None:
    """Which rows of a table, which class of each row: a text made from one batch runs on another."""
    convert, text = converter(backend), ""
    for seed in (0, 1):
        rng = np.random.default_rng(seed)
        table = Tensor(rng.normal(size=(5, 3)), requires_grad=True)
        ids, labels = ag.tensor(rng.integers(0, 5, 6)), ag.tensor(np.array([1, *rng.integers(0, 3, 5)]))
        logits = table[ids].tanh()
        picked = logits[np.arange(6), labels].sum()
        loss = F.cross_entropy(logits, labels, **options) + picked
        loss.backward()
        text = text or source(loss, {"table": table, "ids": ids, "labels": labels}, backend)
        given = {name: convert(x.numpy()) for name, x in (("table", table), ("ids", ids), ("labels", labels))}
        got, gradients = function_of(text, backend)(**given)
        assert float(got) == pytest.approx(loss.item(), rel=1e-12), text
        np.testing.assert_allclose(np.asarray(gradients["table"]), table.grad.numpy(), rtol=1e-12, atol=1e-12,
                                   err_msg=text)


def test_a_tensor_that_indexes_and_computes_is_one_argument() -> None:
    w, i = Tensor([1.0, 2.0, 3.0], requires_grad=True), ag.tensor([2, 0])
    text = source((w[i] * i).sum(), {"w": w, "i": i})
    got, gradients = run(text, w=w.numpy(), i=np.array([1, 2]))
    assert (got, gradients["w"].tolist()) == (8.0, [0.0, 1.0, 2.0])


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_of_gradients(backend: str) -> None:
    """A gradient with create_graph=True is a graph like any other."""
    def penalty(x: Tensor) -> Any:
        out = (x ** 3).sum() + (x.max(1).values ** 2).sum() + F.cross_entropy(x, [0, 2]) + x.tanh().mean()
        first = ag.grad(out, x, create_graph=True)
        return (first * first).sum()

    agree(penalty, normal(0, (2, 3)), normal(1, (2, 3)), backend)


def test_masks_are_frozen() -> None:
    """How many numbers a mask picks decides shapes: it is written into the text, under its name."""
    x, mask = Tensor([[1.0, 5.0], [7.0, 3.0]], requires_grad=True), ag.tensor([[True, False], [True, True]])
    text = source((x[mask] ** 2).sum(), {"x": x, "mask": mask})
    assert "def step(x):" in text
    assert "mask = np.array([[ True, False]" in text
    assert run(text, x=x.numpy())[1]["x"].tolist() == [[2.0, 0.0], [14.0, 6.0]]


def test_cross_entropy_of_nothing() -> None:
    agree(lambda z, w: F.cross_entropy(z @ w, [], "sum") + w.sum(), [np.zeros((0, 2)), np.ones((2, 3))],
          [np.zeros((0, 2)), np.zeros((2, 3))], "numpy")


def test_thousands_of_one_label() -> None:
    leaves = [Value(float(i), label="w") for i in range(5000)]
    text = source(total(leaves))
    assert "def step(w, w_2, w_3, " in text
    assert '"w_5000": dw_5000}' in text


def test_one_row_and_many_columns_given_anew() -> None:
    """Places that were distinct when it was recorded may coincide in the next call."""
    w, i = Tensor([[1.0, 2.0, 3.0]], requires_grad=True), ag.tensor([2, 0])
    for rows in (np.array([0]), np.array([0, 0]), 0):
        text = source((w[rows, i] ** 2).sum(), {"w": w, "i": i})
        assert run(text, w=w.numpy(), i=np.array([1, 1]))[1]["w"].tolist() == [[0.0, 8.0, 0.0]], text


def test_a_leaf_that_changed_since() -> None:
    """The text is of the graph, whatever its leaves hold by now."""
    x = Tensor([[1.0, 5.0], [7.0, 3.0]], requires_grad=True, label="x")
    loss = (x.max(1).values ** 2).sum() + x.max()
    x.data = x.data * -1.0
    assert run(source(loss), x=np.array([[4.0, 2.0], [1.0, 6.0]]))[1]["x"].tolist() == [[8.0, 0.0], [0.0, 13.0]]


@pytest.mark.parametrize("backend", BACKENDS)
def test_probabilities_may_be_an_argument(backend: str) -> None:
    convert, text = converter(backend), ""
    for seed in (0, 1):
        rng = np.random.default_rng(seed)
        z, y = Tensor(rng.normal(size=(4, 3)), requires_grad=True), Tensor(rng.dirichlet([0.2, 1.0, 1.0], 4))
        loss = F.cross_entropy(z, y, weight=[1.0, 0.5, 2.0], reduction="sum") + F.cross_entropy(z, y)
        loss.backward()
        text = text or source(loss, {"z": z, "y": y}, backend)
        got, gradients = function_of(text, backend)(z=convert(z.numpy()), y=convert(y.numpy()))
        assert float(got) == pytest.approx(loss.item(), rel=1e-12), text
        np.testing.assert_allclose(np.asarray(gradients["z"]), z.grad.numpy(), rtol=1e-12, atol=1e-12, err_msg=text)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_fused_cross_entropy_of_values(backend: str, reduction: str) -> None:
    convert = converter(backend) if backend == "torch" else float
    for target, options in (([2, 0], {}), ([1, -100], {"weight": [1.0, 0.5, 2.0]}), ([[0.0, 0.5, 0.5]] * 2, {}),
                            ([1, 0], {"label_smoothing": 0.3})):
        text = ""
        for seed in (0, 1):
            leaves = {f"z{i}": Value(z) for i, z in enumerate(np.random.default_rng(seed).normal(size=5).tolist())}
            a, b, c, d, e = leaves.values()
            loss = F.cross_entropy([[a, b * a, c], [d, 0.5, e]], target, reduction, **options) * 2.0 + a
            loss.backward()
            text = text or source(loss, leaves, backend)
            got, gradients = run(text, **{name: convert(leaf.data) for name, leaf in leaves.items()})
            assert float(got) == pytest.approx(loss.data, rel=1e-12), text
            for name, leaf in leaves.items():
                assert float(gradients[name]) == pytest.approx(leaf.grad, rel=1e-12, abs=1e-14), text


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("correction", [0, 1])
@pytest.mark.parametrize("shape", [(3,), (1, 3)])
def test_fused_batch_norm(backend: str, correction: int, shape: tuple[int, ...]) -> None:
    text = agree(lambda x, gain, bias: (fused.batch_norm(x, gain, bias, 1e-5, correction).tanh() * x).sum(),
                 *[normal(i, (6, 3), shape, shape) for i in (0, 1)], backend)
    assert "centred" in text
    agree(lambda x, gain: (fused.batch_norm(x * 1.0, gain, gain) ** 3).sum() + gain.sum(),
          *[normal(i, (6, 3), shape) for i in (0, 1)], backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_maxima_are_found_in_the_data_of_the_call(backend: str) -> None:
    """Also where several are equal: all of them share over everything, the first has it along an axis."""
    a, b = np.array([[1.0, 3.0, 3.0], [0.0, 2.0, 1.0]]), np.array([[5.0, 5.0, 5.0], [7.0, 7.0, -1.0]])
    for build in (lambda x: x.max() ** 2, lambda x: (x.max(1).values ** 2).sum(),
                  lambda x: (-x).min(0)[0].sum() * x.max(),
                  lambda x: (x.max(0, keepdim=True).values * x).sum(), lambda x: (x * 1.0).max(1)[0].max() * x.sum()):
        agree(build, [a], [b], backend)
        agree(build, [b], [a], backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_float32_stays_float32(backend: str) -> None:
    for name, build in tensor_cases().items():
        if backend == "jax" and name not in ("maximum", "cross_entropy", "batch_norm", "max", "index"):
            continue
        shapes = (3, 4), (4, 3), (4,)
        first, second = ([x.astype(np.float32) for x in normal(i, *shapes)] for i in (0, 1))
        agree(lambda A, B, v: build(A, B, v, ag.tensor([2, 0, 2])), first, second, backend, rtol=3e-4)  # noqa: B023


@pytest.mark.parametrize("backend", BACKENDS)
def test_mixed_dtypes(backend: str) -> None:
    a, b = normal(0, (3, 4), (4,))
    agree(lambda x, y: (x * y).tanh().sum() + (x.double() @ y).sum() + y.to(np.float32).sum(),
          [a.astype(np.float32), b], [(b * a).astype(np.float32), b], backend, rtol=1e-6)
    narrow = [a.astype(np.float32)]
    text = agree(lambda x: (x * 0.1 + np.float32(0.3)).sum(), narrow, narrow, backend, rtol=1e-6)
    assert "* 0.1" in text                          # as one wrote them
    assert "+ 0.3" in text
    agree(lambda x: (x * Tensor(0.1)).sum(), narrow, narrow, backend, rtol=1e-6)


@given(seeds, some.sampled_from(["numpy", "torch"]))
@settings(max_examples=settings().max_examples * 2)
def test_random_tensor_programs(seed: int, backend: str) -> None:
    shapes = (3, 2), (2,), (3, 1), (1, 3, 2), ()
    agree(lambda *leaves: tensor_program(np.random.default_rng(seed), leaves, lambda a, dim: a.max(dim).values),
          normal(seed, *shapes), normal(seed + 1, *shapes), backend)


def anything(seed: int, leaves: Any) -> Tensor:
    """Up to twenty steps, each on random earlier nodes, of ops that move numbers, fused ones among them."""
    random = np.random.default_rng(seed)
    nodes = list(leaves)

    def fits(x: Tensor, y: Tensor) -> bool:
        return broadcast(x, y) and len(np.broadcast_shapes(x.shape, y.shape)) < 4

    def step(x: Tensor, y: Tensor, dim: int, keepdim: bool) -> Tensor:
        rows = len(x)
        ids = random.integers(0, rows, 3)
        choices: list[Any] = [
            lambda: x + y if fits(x, y) else -x, lambda: x - y if fits(x, y) else x * x,
            lambda: x / (y * y + 1.0) if fits(x, y) else x / 3.0, lambda: x.maximum(y) if fits(x, y) else x.sigmoid(),
            lambda: ag.where(random.normal(size=x.shape) > 0, x, y) if fits(x, y) else x.relu(),
            lambda: x.T, lambda: x.reshape(-1), lambda: x.permute(*random.permutation(x.ndim).tolist()),
            lambda: x[::-1], lambda: x[ids], lambda: x[..., 0], lambda: x[1:] if rows > 1 else x[:, None],
            lambda: ag.cat([x, y * 2.0, x]) if x.shape[1:] == y.shape[1:] else ag.stack([x, x.tanh()], dim),
            lambda: x.sum(dim, keepdim=keepdim), lambda: x.mean(dim), lambda: x.max(dim, keepdim=keepdim).values,
            lambda: x.max() * y, lambda: x.logsumexp(dim), lambda: F.softmax(x, dim), lambda: F.log_softmax(x, dim),
            lambda: x @ (y if x.shape[-1] == y.shape[-2:][0] else x.mT),
            lambda: fused.batch_norm(x, nodes[1], nodes[1]) if x.shape[1:] == (3,) and rows > 2 else x.exp(),
            lambda: F.cross_entropy(x, random.integers(0, x.shape[1], rows), str(random.choice(["mean", "none"])),
                                    0.1 * keepdim) if x.ndim == 2 else x.softplus(),
        ]
        return choices[int(random.integers(len(choices)))]()

    for _ in range(int(random.integers(3, 20))):
        x, y = (nodes[int(random.integers(len(nodes)))] for _ in range(2))
        x, y = (z if z.ndim else z[None] for z in (x, y))
        x = x if x.ndim > 1 else x[None]
        node = step(x, y, int(random.integers(x.ndim)), bool(random.integers(2)))
        if node.numel() < 1000 and node.ndim < 4:
            nodes.append(node.tanh() if np.abs(node.numpy()).max() > 20 else node)
    total = nodes[-1].sum()
    for node in nodes[-5:-1]:
        total = total + (node * node).sum() * 0.5 + node.sum()
    return total


@pytest.mark.filterwarnings("ignore:cross_entropy. got the result of a softmax")    # a random program may
@given(seeds, some.sampled_from(["numpy", "torch"]))
@settings(max_examples=settings().max_examples * 2)
def test_random_programs_of_everything(seed: int, backend: str) -> None:
    first = normal(seed, (4, 3), (3,), (4, 1), (2, 4, 3), ())
    second = [x + 0.001 * y for x, y in zip(first, normal(seed + 1, *[x.shape for x in first]))]
    agree(lambda *leaves: anything(seed, leaves), first, second, backend, rtol=1e-11)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_scalar_graphs(seed: int, backend: str) -> None:
    convert = converter(backend) if backend == "torch" else float
    leaves, build = random_graph(seed)
    named = {f"p{i}": leaf for i, leaf in enumerate(leaves)}
    text = None
    for moved in (0.0, 0.01):
        for leaf in leaves:
            leaf.data, leaf.grad = leaf.data + moved, 0.0
        loss = build()
        loss.backward()
        text = text or source(loss, named, backend)
        reached = {id(leaf) for leaf in leaves_of(loss)}
        got, gradients = run(text, **{n: convert(leaf.data) for n, leaf in named.items() if id(leaf) in reached})
        scale = max(1.0, *[abs(leaf.grad) for leaf in leaves])
        assert float(got) == pytest.approx(loss.data, rel=1e-12, abs=1e-12)
        for name, gradient in gradients.items():
            assert float(gradient) == pytest.approx(named[name].grad, rel=1e-12, abs=1e-12 * scale), text


def test_it_reads_as_one_would_write_it_by_hand() -> None:
    rng = np.random.default_rng(0)
    x = Tensor(rng.normal(size=(5, 3)))
    W, b = Tensor(rng.normal(size=(3, 2)), requires_grad=True), Tensor(rng.normal(size=2), requires_grad=True)
    logits = x @ W + b
    counts = logits.exp()
    counts_sum = counts.sum(1, keepdim=True)
    probs = counts / counts_sum
    logprobs = probs.log()
    loss = -logprobs[np.arange(5), np.array([0, 1, 1, 0, 1])].mean()
    text = source(loss, locals())
    for line in ("logprobs = np.log(probs)  # (5, 2)", "dprobs = (1.0 / probs) * dlogprobs  # (5, 2)",
                 "dcounts += dcounts_sum  # (5, 2)", "dW = x.T @ dlogits  # (3, 2)",
                 "db = dlogits.sum(0)  # (2,)", "def step(x, W, b):"):
        assert line in text, text
    loss.backward()
    _, gradients = run(text, x=x.numpy(), W=W.numpy(), b=b.numpy())
    np.testing.assert_allclose(gradients["W"], W.grad.numpy(), rtol=1e-12)


def changed() -> Tensor:
    x = Tensor([1.0, 2.0], requires_grad=True) * 2.0
    with ag.no_grad():
        x[0] = 5.0
    return x.sum()


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: source(3.0), TypeError, "got float, expected a Value or Tensor"),
    (lambda: source(Value(1.0), backend="mxnet"), ValueError, "expected one of numpy, torch, jax"),
    (lambda: source(Tensor([1.0, 2.0], requires_grad=True)), ValueError, r"shape \(2,\), expected one number"),
    (lambda: source(Tensor(1.0) * 2.0), ValueError, "nothing here requires a gradient"),
    (lambda: source(changed()), ValueError, "was changed by item assignment"),
    (lambda: source(Tensor([[1.0]], requires_grad=True)[::-1, ::-1], backend="torch"), TypeError, "negative step"),
])
def test_errors(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


# What people and programs hand it.

def odd(*labels: str) -> tuple[Tensor, list[Tensor]]:
    leaves = [Tensor([1.0 + i, -2.0], requires_grad=True, label=label) for i, label in enumerate(labels)]
    product = leaves[0]
    for leaf in leaves[1:]:
        product = product * leaf
    return product.tanh().sum(), leaves


@pytest.mark.parametrize(("labels", "names"), [
    (["my weights!", "2nd"], ["my_weights_", "n_2nd"]),
    (["x", "x", "x"], ["x", "x_2", "x_3"]),
    (["x", "dx", "ddx"], ["x", "dx", "ddx"]),
    (["lambda", "None", "class"], ["lambda_", "None_", "class_"]),
    (["np", "loss", "grads", "step"], ["np_", "loss", "grads", "step_"]),
    (["mul_1", "tanh_1", "dmul_1", "sum"], ["mul_1", "tanh_1", "dmul_1", "sum_"]),
    (["h₁", "h1", "σ", "ﬁ"], ["h1", "h1_2", "σ", "fi"]),      # the first two are one name to Python
    (["x y", "x_y", "x-y"], ["x_y", "x_y_2", "x_y_3"]),
    (["", "x_1", ""], ["x_2", "x_1", "x_3"]),
    (["'; import os #", "\n"], ["___import_os__", "_"]),
    (["print", "float", "len"], ["print", "float_", "len"]),
])
def test_odd_labels(labels: list[str], names: list[str]) -> None:
    loss, leaves = odd(*labels)
    loss.backward()
    got, gradients = run(source(loss), **{name: leaf.numpy() for name, leaf in zip(names, leaves)})
    assert got == pytest.approx(loss.item(), rel=1e-14)
    for name, leaf in zip(names, leaves):
        np.testing.assert_allclose(gradients[name], leaf.grad.numpy(), rtol=1e-13)


def test_names_come_before_labels_and_junk_among_them_is_passed_over() -> None:
    w, x = Tensor([1.0], requires_grad=True, label="b"), Tensor([2.0], requires_grad=True, label="a")
    text = source((w * x).sum(), {"a": w, "1x": w, "_": x, "f": len, "text": "a", "np": np, "other": Tensor([3.0])})
    assert "def step(a, a_2):" in text
    assert run(text, a=np.array([3.0]), a_2=np.array([5.0]))[1] == {"a": 5.0, "a_2": 3.0}


def test_a_leaf_as_the_root() -> None:
    for leaf in (Value(2.0), Value(2.0, label="x_1"), Tensor(2.0, requires_grad=True)):
        assert run(source(leaf), x_1=np.array(7.0)) == (7.0, {"x_1": 1.0})
    with no_grad():
        root = Value(2.0) * 3.0
    assert run(source(root), x_1=6.0) == (6.0, {"x_1": 1.0})


def test_shapes_of_one_number_and_of_none() -> None:
    for shape in ((), (1,), (1, 1)):
        agree(lambda x: (x * 2.0).tanh() * Tensor(3.0), normal(0, shape), normal(1, shape), "numpy")
        agree(lambda x, y: (x + y).exp() / Tensor([2.0]), normal(0, shape, ()), normal(1, shape, ()), "numpy")
    for build in (lambda e: (e * e).sum() + e.sum(), lambda e: (e @ np.ones((3, 2))).sum() + e[:, [0, 0]].sum(),
                  lambda e: (e * np.zeros((0, 3))).sum() + (e.T @ e).sum(), lambda e: ag.cat([e, e]).sum()):
        for backend in ("numpy", "torch"):
            agree(build, [np.zeros((0, 3))], [np.zeros((0, 3))], backend)


def test_integer_leaves() -> None:
    w, i = Tensor([1.0, 2.0], requires_grad=True), ag.tensor([3, 4])
    loss = (w * i + w ** i + ag.where(i > 3, w, 0.0)).sum()
    loss.backward()
    text = source(loss, {"w": w, "i": i})
    got, gradients = run(text, w=w.numpy(), i=i.numpy())
    assert (got, gradients["w"].tolist()) == (loss.item(), w.grad.tolist())
    constant = source(loss, {"w": w})
    assert run(constant, w=w.numpy())[1]["w"].tolist() == w.grad.tolist()
    # integers for a leaf of floats: the gradient is of floats all the same
    assert run(source((w[[0, 0]] * 0.5).sum(), {"w": w}), w=np.array([1, 2]))[1]["w"].tolist() == [1.0, 0.0]


def test_constants_that_are_not_finite() -> None:
    mask = np.array([0.0, -np.inf, np.nan])
    for backend in ("numpy", "torch"):
        with np.errstate(all="ignore"):
            agree(lambda x: (x + mask).sum() * 0.0 + (x * np.inf).sum(), normal(0, (3,)), normal(1, (3,)), backend)
    x = Value(2.0, label="x")
    assert run(source(x * float("inf") - float("-inf") + 1.0), x=2.0)[0] == np.inf


def test_one_leaf_in_many_places() -> None:
    agree(lambda x: x.sum() + (x * x).sum() + (x.T @ x).sum() + (x + x.T + x.T.T + x.reshape(3, 3)).sum(),
          normal(0, (3, 3)), normal(1, (3, 3)), "numpy")
    agree(lambda x: (x.T + 0.0).T.reshape(9).sum() + x[0].sum() + x[[0, 0, -1]].sum() + x[::-1, 1:].sum(),
          normal(0, (3, 3)), normal(1, (3, 3)), "torch")
    for backend in BACKENDS:                        # gradients that are another's, or look into it, and those added to
        agree(lambda a, b: ((a + b) + a.T).sum() * 2.0 + (a - b).T.sum(), normal(0, (3, 3), (3, 3)),
              normal(1, (3, 3), (3, 3)), backend)


def test_a_large_graph_is_written_in_time() -> None:
    x = Value(1.0, label="x")
    y = x
    for _ in range(1700):                           # times three
        y = (y * 0.999 + x).tanh()
    wide = total([v * x for v in map(Value, range(2000))])      # one sum of as many terms
    loss = y + wide * 1e-7 + dot([x] * 2000, [x] * 2000) * 1e-7
    loss.backward()
    got, gradients = run(source(loss), x=1.0)
    assert got == pytest.approx(loss.data, rel=1e-12)
    assert gradients["x"] == pytest.approx(x.grad, rel=1e-12)


def test_keys_of_every_kind() -> None:
    keys = [0, -1, (1, 2), ..., None, np.s_[1:, ::2], np.s_[..., None, 0], np.s_[::-1], np.s_[:, ::-2],
            [2, 0, 2], ([0, 0], [1, 1]),
            np.s_[1:, [0, 0, 1]], np.s_[[0, 2, 0], :2], np.s_[None, [1, 1]], np.eye(3, 4) > 0, [True, False, True],
            np.s_[[0, 1], None, [0, 1]], np.array([0, 1], np.uint8), np.int64(1), np.s_[0, [1, 1]], ()]
    for i, key in enumerate(keys):
        def build(x: Tensor, key: Any = key) -> Any:
            return (x[key] ** 2).sum() + (x.tanh()[key] * 3.0).sum() + x.sum()

        for backend in ("numpy", "torch", *["jax"] * (i < 14 and i % 3 == 0)):
            try:
                agree(build, normal(0, (3, 4)), normal(1, (3, 4)), backend)
            except pytest.skip.Exception:
                continue


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_whole_model(backend: str) -> None:
    """The names demo's network: embedding, linear layers, batch norm, cross-entropy, run on another batch."""
    convert, text = converter(backend), ""
    nn.manual_seed(0)
    model = names.Letters(27)
    weights = {name.replace(".", "_"): w for name, w in model.named_parameters()}
    for seed in (0, 1):
        rng = np.random.default_rng(seed)
        letters, targets = ag.tensor(rng.integers(0, 27, (32, 3))), ag.tensor(rng.integers(0, 27, 32))
        loss = F.cross_entropy(model(letters), targets)
        model.zero_grad()
        loss.backward()
        named = {**weights, "letters": letters, "targets": targets}
        text = text or source(loss, named, backend)
        got, gradients = function_of(text, backend)(**{name: convert(x.numpy()) for name, x in named.items()})
        assert float(got) == pytest.approx(loss.item(), rel=1e-12)
        for name, w in weights.items():
            expected = w.grad.numpy()
            np.testing.assert_allclose(np.asarray(gradients[name]), expected, rtol=1e-12,
                                       atol=1e-12 * np.abs(expected).max(), err_msg=f"{name} in\n{text}")
            w.data = w.data - 0.1 * w.grad
    long = [line for line in text.splitlines() if len(line) > 118 and " = " not in line]
    assert not long                                 # the arguments and the gradients take two lines each


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_demo_prints_and_checks_both(backend: str, capsys: pytest.CaptureFixture[str]) -> None:
    backward.main(["--backend", backend])
    shown = capsys.readouterr().out
    assert shown.count("def step(x, W1, ") == 2
    assert "dcounts += dcounts_sum  # (8, 3)\n    dlogits = counts * dcounts  # (8, 3)" in shown
    assert "dlogits = (counts / counts_sum - " in shown
    assert len(max(shown.splitlines(), key=len)) <= 120         # as wide as this file may be
    if backend == "numpy":
        off = [float(line.split()[-1]) for line in shown.splitlines() if "differs from loss.backward()" in line]
        assert len(off) == 9
        assert max(off) < 1e-14


def test_jax_on_two_devices() -> None:
    """The data split over two devices, the parameters on both; `jax.jit` adds up the gradients between them."""
    needs("jax", "jax")
    program = textwrap.dedent("""
        import jax, numpy as np
        jax.config.update("jax_enable_x64", True)
        from jax.sharding import Mesh, NamedSharding, PartitionSpec
        from autograd import Tensor, source
        rng = np.random.default_rng(0)
        x, y = Tensor(rng.normal(size=(8, 3))), Tensor(rng.normal(size=(8, 2)))
        W, b = Tensor(rng.normal(size=(3, 2)), requires_grad=True), Tensor(rng.normal(size=2), requires_grad=True)
        loss = (((x @ W + b).tanh() - y) ** 2).mean()
        loss.backward()
        scope = {}
        exec(source(loss, {"x": x, "y": y, "W": W, "b": b}, backend="jax"), scope)
        assert len(jax.devices()) == 2
        mesh = Mesh(np.array(jax.devices()), ("data",))
        put = lambda a, *axes: jax.device_put(a.numpy(), NamedSharding(mesh, PartitionSpec(*axes)))
        got, gradients = jax.jit(scope["step"])(x=put(x, "data"), y=put(y, "data"), W=put(W), b=put(b))
        assert abs(float(got) - loss.item()) < 1e-12
        for name, leaf in (("W", W), ("b", b)):
            np.testing.assert_allclose(np.asarray(gradients[name]), leaf.grad.numpy(), rtol=1e-12)
        print("two devices agree")
    """)
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-c", program], env={**os.environ, **flags}, capture_output=True, text=True)
    assert done.stdout == "two devices agree\n", done.stderr


# Ops are spelled by their rows, those added by `autograd.extend` too.

@pytest.fixture
def added() -> Any:
    """What `autograd.extend` adds during a test is gone after it."""
    before = dict(TABLE), dict(st.STRUCTURAL), set(vars(Tensor)), set(vars(Value))
    yield
    for table, kept in zip((TABLE, st.STRUCTURAL), before):
        for name in set(table) - set(kept):
            del table[name]
    for engine, kept in zip((Tensor, Value), before[2:]):
        for name in set(vars(engine)) - kept:
            delattr(engine, name)


def own_ops(spelled: bool) -> dict[str, Any]:
    """Four ops of a user's own, each used on a matrix."""
    def says(**source: str) -> dict[str, str]:
        return source if spelled else {}

    each = np.vectorize(math.erf, otypes=[float])
    erf2 = extend.elementwise("erf2", math.erf, lambda x: each(x),
                              lambda out, x: 2 / math.sqrt(math.pi) * extend.exp(-x * x),
                              source=says(numpy="np.vectorize(math.erf)", torch="torch.special.erf",
                                          jax="jax.scipy.special.erf"))
    arctan = extend.elementwise("arctan2nd", math.atan, lambda x: np.arctan(x), lambda out, x: 1.0 / (1.0 + x * x),
                                source=says(numpy="np.pi / 2 - np.arctan2(1.0, {x})", torch="torch.arctan",
                                            jax="jnp.arctan"))
    flip = extend.moves("flip2", lambda x, dims: np.flip(x, dims), lambda g, out, x, dims: flip(g, dims),
                        source=says(numpy="np.flip({x}, {dims})", torch="torch.flip", jax="jnp.flip({x}, {dims})"))
    total = extend.moves("cumsum2", lambda x, dim: np.cumsum(x, dim),
                         lambda g, out, x, dim: flip(total(flip(g, (dim,)), dim), (dim,)),
                         source=says(numpy="np.cumsum({x}, {dim})", torch="torch.cumsum({x}, dim={dim})",
                                     jax="{x}.cumsum({dim})"))
    return {"erf2": lambda x: erf2(x), "arctan2nd": lambda x: arctan(x), "flip2": lambda x: flip(x, (0, 1)),
            "cumsum2": lambda x: total(x, 1)}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.usefixtures("added")
def test_ops_of_ones_own(backend: str) -> None:
    for apply in own_ops(spelled=True).values():
        agree(lambda x: (apply(x * 2.0) * x).sum() + (apply(x) ** 2 * -3.0).sum(),      # noqa: B023
              normal(0, (3, 4)), normal(1, (3, 4)), backend)
    if backend != "jax":
        x = Value(0.3, label="x")
        loss = x.erf2() * x.arctan2nd()                     # type: ignore[attr-defined]
        loss.backward()
        got, gradients = run(source(loss, backend=backend), x=converter(backend)(0.3))
        assert (float(got), float(gradients["x"])) == pytest.approx((loss.data, x.grad), rel=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.usefixtures("added")
def test_an_op_without_a_spelling_is_said_to_have_none(backend: str) -> None:
    title = {"numpy": "NumPy", "torch": "PyTorch", "jax": "JAX"}[backend]
    for name, apply in own_ops(spelled=False).items():
        loss = apply(Tensor([[1.0, 2.0]], requires_grad=True)).sum()
        remedy = f"{name} has no spelling for {title}; give source={{'{backend}': …}} when adding the op"
        with pytest.raises(TypeError, match=re.escape(remedy)):
            source(loss, backend=backend)


@pytest.mark.usefixtures("added")
def test_a_spelling_that_is_none() -> None:
    for text in ("np.exp({w})", "np.exp({x}", "np exp({x})", "{x} * {w}", "np.exp({x"):
        op = extend.elementwise("odd", math.exp, lambda x: np.exp(x), lambda out, x: out, source={"numpy": text})
        with pytest.raises(TypeError, match=r"odd is spelled .* for NumPy, expected an expression with x"):
            source(op(Value(1.0)))


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_name_that_can_be_printed_is_one_of_the_library(backend: str) -> None:
    library = LIBRARIES[backend]
    converter(backend)
    texts = [*library.spelled.values(), *[op.source[backend] for op in (*TABLE.values(), *st.STRUCTURAL.values())
                                          if backend in op.source]]
    assert all(backend in op.source or op.methods[0][:2] == "__" for op in TABLE.values())
    names = {found[0] for text in texts for found in re.finditer(r"(?<![\w.}])[a-z]\w*(\.\w+)+", text)}
    assert len(names) > 30
    for name in names - {"torch.float64"}:
        root, *path = name.split(".")
        thing: Any = importlib.import_module({"np": "numpy", "jnp": "jax.numpy"}.get(root, root))
        for part in path:
            thing = getattr(thing, part)
        assert callable(thing), name


@pytest.mark.parametrize(("text", "operands", "expected"), [
    ("-{x}", "a + b", "-(a + b)"), ("-{x}", "a ** b", "-a ** b"), ("{x} ** 2", "-a", "(-a) ** 2"),
    ("{x} - {x}", "a - b", "a - b - (a - b)"), ("np.exp(-{x})", "a * b", "np.exp(-(a * b))"),
    ("{x}.sum({x})", "a * b", "(a * b).sum(a * b)"), ("1.0 / ({x} + 1)", "a < b", "1.0 / ((a < b) + 1)"),
    ("{x} < 1", "a < b", "(a < b) < 1"), ("[{x}][0]", "a < b", "[a < b][0]"),
    ("f({x})", "a if b else c", "f((a if b else c))"),
])
def test_parentheses_stand_only_where_python_needs_them(text: str, operands: str, expected: str) -> None:
    page = Page(LIBRARIES["numpy"], True)
    assert page.write(text, {"x": page.write(operands, {})}).text == expected
