"""The text `source` prints, run as it stands, gives the engine's gradients; in NumPy, PyTorch and JAX."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from typing import Any

import numpy as np
import pytest

import autograd as ag
import autograd.functional as F
from autograd import Tensor, Value, source
from tests.test_recording import random_graph, tensor_cases

FUSED: set[str] = set()


def run(text: str, **leaves: Any) -> Any:
    scope: dict[str, Any] = {}
    exec(compile(text, "<source>", "exec"), scope)
    return scope["step"](**leaves)


def parameters() -> dict[str, Tensor]:
    rng = np.random.default_rng(0)
    return {name: Tensor(rng.normal(size=shape), requires_grad=True)
            for name, shape in [("A", (3, 4)), ("B", (4, 3)), ("v", (4,))]}


@pytest.mark.parametrize("name", sorted(set(tensor_cases()) - FUSED))
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_the_text_gives_the_engines_gradients(name: str, backend: str) -> None:
    leaves = parameters()
    loss = tensor_cases()[name](*leaves.values(), ag.tensor([2, 0, 2]))
    loss.backward()
    text = source(loss, leaves, backend)
    given = {name: leaf.numpy().copy() for name, leaf in leaves.items() if leaf.grad is not None}
    if backend == "torch":
        torch = pytest.importorskip("torch")
        given = {name: torch.from_numpy(array) for name, array in given.items()}
    got, gradients = run(text, **given)
    assert float(got) == pytest.approx(loss.item(), rel=1e-12), text
    for name, gradient in gradients.items():
        expected = leaves[name].grad.numpy()
        np.testing.assert_allclose(np.asarray(gradient), expected, rtol=1e-12, atol=1e-12, err_msg=text)


@pytest.mark.parametrize("seed", range(40))
def test_scalar_graphs(seed: int) -> None:
    leaves, build = random_graph(seed)
    loss = build()
    loss.backward()
    named = {f"p{i}": leaf for i, leaf in enumerate(leaves)}
    reached = {id(leaf) for leaf in ag.graph.leaves(loss)}
    got, gradients = run(source(loss, named), **{n: leaf.data for n, leaf in named.items() if id(leaf) in reached})
    assert float(got) == pytest.approx(loss.data, rel=1e-12)
    scale = max(abs(leaf.grad) for leaf in leaves)
    for name, gradient in gradients.items():
        assert float(gradient) == pytest.approx(named[name].grad, rel=1e-12, abs=1e-12 * scale)


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


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: source(3.0), TypeError, "got float, expected a Value or Tensor"),
    (lambda: source(Value(1.0), backend="mxnet"), ValueError, "expected one of numpy, torch, jax"),
    (lambda: source(Tensor([1.0, 2.0], requires_grad=True)), ValueError, r"shape \(2,\), expected one number"),
    (lambda: source(F.cross_entropy([Value(1.0), Value(2.0)], 0)), TypeError, "use its composite form"),
])
def test_errors(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_jax_on_two_devices() -> None:
    """The data split over two devices, the parameters on both; `jax.jit` adds up the gradients between them."""
    pytest.importorskip("jax", reason="needs the optional jax extra")
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
