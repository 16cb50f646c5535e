"""Compilers as rivals: what a training step takes when the program that runs it was made for it alone.

Each function here sets one up, as in `workloads`. What they take to compile counts apart: the harness measures it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.steps import Step, array_step

__all__ = ["ddx_graph", "jax_step", "mlx_step", "numba_loop", "tinygrad_step", "torch_compiled"]


def numba_loop(weights: Any, points: Any, signs: Any) -> Step:
    """Two moons as a person would write it in C, point by point, compiled: the limit for one core.

    `weights` holds, for each neuron of layers 2-16, 16-16 and 16-1, its weights and then its bias.
    """
    import numba

    @numba.njit(error_model="numpy", fastmath=True)
    def run(w: Any, X: Any, y: Any, g: Any) -> float:
        hidden, second, d_first, d_second = np.empty(16), np.empty(16), np.empty(16), np.empty(16)
        W1, W2, W3 = w[:48].reshape(16, 3), w[48:320].reshape(16, 17), w[320:]
        G1, G2, G3 = g[:48].reshape(16, 3), g[48:320].reshape(16, 17), g[320:]
        loss = 0.0
        for i in range(len(w)):
            loss += 1e-4 * w[i] * w[i]
            g[i] = 2e-4 * w[i]
        for n in range(len(y)):
            a, b = X[n]
            for i in range(16):
                hidden[i] = max(W1[i, 0] * a + W1[i, 1] * b + W1[i, 2], 0.0)
            score = W3[16]
            for i in range(16):
                total = W2[i, 16]
                for j in range(16):
                    total += W2[i, j] * hidden[j]
                second[i] = max(total, 0.0)
                score += W3[i] * second[i]
            margin = 1.0 - y[n] * score
            if margin <= 0.0:
                continue
            loss += margin / len(y)
            d = -y[n] / len(y)
            G3[16] += d
            d_first[:] = 0.0
            for i in range(16):
                G3[i] += d * second[i]
                d_second[i] = d * W3[i] if second[i] > 0.0 else 0.0
                G2[i, 16] += d_second[i]
                for j in range(16):
                    G2[i, j] += d_second[i] * hidden[j]
                    d_first[j] += d_second[i] * W2[i, j]
            for j in range(16):
                if hidden[j] > 0.0:
                    G1[j, 0] += d_first[j] * a
                    G1[j, 1] += d_first[j] * b
                    G1[j, 2] += d_first[j]
        return loss

    w, X, y, gradient = np.array(weights), np.array(points), np.array(signs), np.zeros(len(weights))
    return lambda: (run(w, X, y, gradient), [gradient])


def ddx_graph(loss_of: Callable[[list[Any], Callable[[Any], Any]], Any], weights: Any) -> Step:
    """A graph of single numbers, compiled through LLVM by ddx. `loss_of` is given the weights, and max(x, 0)."""
    import ddx

    names = [f"w{i:04}" for i in range(len(weights))]
    zero = ddx.Expression(0.0)
    model = ddx.equation(lambda: loss_of([ddx.var(name) for name in names], lambda x: ddx.max(x, zero))).compile()
    order = [names.index(name) for name in model.inputs]
    call = model.buffer(np.array(weights)[order], want=ddx.Want.JACOBIAN)
    model.wait_for_kernel(want=ddx.Want.JACOBIAN)

    def step() -> tuple[float, list[Any]]:
        call()
        gradient = np.empty(len(names))
        gradient[order] = np.ravel(call.jacobian)
        return np.ravel(call.value)[0], [gradient]

    return step


def torch_compiled(parameters: list[Any], loss_of: Callable[..., Any], *data: Any) -> Step:
    """By `torch.compile`; PyTorch's methods in `loss_of`."""
    import torch

    return array_step([torch.tensor(p, requires_grad=True) for p in parameters], torch.compile(loss_of),
                      *map(torch.tensor, data))


def jax_step(parameters: list[Any], loss_of: Callable[..., Any], *data: Any) -> Step:
    """By `jax.jit`; `loss_of` is first given the module that stands for NumPy, as in `mlx_step`."""
    import jax

    run = jax.jit(jax.value_and_grad(lambda parameters, data: loss_of(jax.numpy, parameters, *data)))
    given = jax.device_put((parameters, data))
    finished: Any = jax.block_until_ready           # its annotations are incomplete
    return lambda: finished(run(*given))


def mlx_step(parameters: list[Any], loss_of: Callable[..., Any], *data: Any) -> Step:
    """By MLX's `compile`, on the processor."""
    import mlx.core as mx

    mx.set_default_device(mx.cpu)
    arrays, given = [mx.array(p) for p in parameters], [mx.array(x) for x in data]
    run = mx.compile(mx.value_and_grad(lambda arrays: loss_of(mx, arrays, *given)))

    def step() -> tuple[float, list[Any]]:
        loss, gradients = run(arrays)
        mx.eval(loss, gradients)
        return loss.item(), gradients

    return step


def tinygrad_step(parameters: list[Any], loss_of: Callable[..., Any], *data: Any) -> Step:
    """By tinygrad's `TinyJit`; its methods in `loss_of`."""
    from tinygrad import Tensor, TinyJit

    arrays, given = [Tensor(p) for p in parameters], [Tensor(x) for x in data]

    def once() -> list[Any]:
        for p in arrays:
            p.grad = None
        loss = loss_of(arrays, *given).backward()
        return [loss.realize(), *[p.grad.realize() for p in arrays]]

    run = TinyJit(once)

    def step() -> tuple[float, list[Any]]:
        loss, *gradients = run()
        return loss.item(), [gradient.numpy() for gradient in gradients]

    return step
