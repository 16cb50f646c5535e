"""Layers of Tensors, as in PyTorch: rows are samples, columns features. Layers of Values stand in `neurons`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd.functional as F
from autograd import Tensor, tensor
from autograd.arrays import chance
from autograd.arrays.chance import random
from autograd.arrays.convert import widened
from autograd.arrays.devices import check
from autograd.arrays.fused import batch_norm
from autograd.arrays.tensor import operand
from nn.activations import ReLU
from nn.module import Module

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = ["BatchNorm1d", "Dropout", "Embedding", "Flatten", "Identity", "LayerNorm", "Linear", "Sequential",
           "TensorMLP", "manual_seed"]


def manual_seed(seed: int) -> None:
    """Make the initial weights of Tensor layers, and what Dropout drops, from here on the same in every run.

    The generator is that of `autograd.manual_seed`.
    """
    chance.manual_seed(seed)


class Linear(Module):
    """x @ weightᵀ + bias: shape (…, in) -> (…, out).

    Weights and bias are drawn from ±1/√in, as PyTorch's are (after He et al., 2015); weight[i, j] leads from input j
    to output i.
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, dtype: DTypeLike = np.float64,
                 device: Any = None) -> None:
        check("Linear", device)
        if in_features < 1 or out_features < 1:
            raise ValueError(f"Linear: got {in_features} -> {out_features} features, expected at least one of each")
        self.in_features, self.out_features = in_features, out_features
        bound = 1 / math.sqrt(in_features)
        self.weight = Tensor(random().uniform(-bound, bound, (out_features, in_features)), True, dtype, "weight")
        self.bias = Tensor(random().uniform(-bound, bound, out_features), True, dtype, "bias") if bias else None

    def forward(self, x: object) -> Tensor:
        x = x if isinstance(x, Tensor) else Tensor(x, dtype=self.weight.dtype)
        try:
            return F.linear(x, self.weight, self.bias)
        except ValueError:
            n = self.weight.shape[1]
            if x.shape[-1:] == (n,):
                raise
            raise ValueError(f"Linear: got inputs of shape {x.shape}, expected (…, {n})") from None

    def extra_repr(self) -> str:
        out_features, in_features = self.weight.shape
        return f"{in_features} -> {out_features}" + ("" if self.bias is not None else ", no bias")


class Identity(Module):
    """What it is given. Made with any arguments, as it stands for another module."""

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__()

    def forward(self, x: Any) -> Any:
        return x


class Sequential(Module):
    """Modules, or plain functions, one after another; or in a dict, by name.

    >>> from nn import Softmax, Tanh
    >>> Sequential(Linear(2, 3), Tanh(), Linear(3, 2), Softmax())
    Sequential(
      (0): Linear(2 -> 3)
      (1): Tanh()
      (2): Linear(3 -> 2)
      (3): Softmax()
    )
    """

    def __init__(self, *modules: Any) -> None:
        self._names: list[str] | None = None
        if len(modules) == 1 and isinstance(modules[0], Mapping):       # by name, which are attributes then
            self._names = list(modules[0])
            for name, module in modules[0].items():
                setattr(self, name, module)
            modules = tuple(modules[0].values())
        self._list: list[Callable[[Any], Any]] = list(modules)

    def forward(self, x: object) -> Any:
        for module in self._list:
            x = module(x)
        return x

    def __getitem__(self, index: Any) -> Any:
        return Sequential(*self._list[index]) if isinstance(index, slice) else self._list[index]

    def __len__(self) -> int:
        return len(self._list)

    def __iter__(self) -> Iterator[object]:
        return iter(self._list)

    def append(self, module: Callable[[Any], Any]) -> Sequential:
        """Put one more at the end. Returns itself."""
        if self._names is not None:
            self._names.append(str(len(self._list)))
        self._list.append(module)
        return self

    def _inside(self) -> Iterable[tuple[object, object]]:
        names = self._names if self._names is not None else range(len(self._list))
        return zip(names, self._list)               # "0.weight", as PyTorch names it


class TensorMLP(Sequential):
    """What `MLP` is for Values, of Linear layers: nin inputs, layers of `nouts` outputs, `nonlin` between them.

    >>> from nn import Tanh
    >>> TensorMLP(2, [16, 3], nonlin=Tanh)
    TensorMLP(
      (0): Linear(2 -> 16)
      (1): Tanh()
      (2): Linear(16 -> 3)
    )
    """

    def __init__(self, nin: int, nouts: Sequence[int], nonlin: Callable[[], Any] | None = None,
                 dtype: DTypeLike = np.float64) -> None:
        layers: list[Any] = []
        for n in nouts:
            layers += [Linear(nin, n, dtype=dtype), (nonlin or ReLU)()]
            nin = n
        super().__init__(*layers[:-1])


class Embedding(Module):
    """A table of vectors of length `embedding_dim`, looked up by index: shape (…,) of integers -> (…, embedding_dim).

    The vectors are drawn from the normal distribution. Raises IndexError for an index that is not in the table.
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, dtype: Any = np.float64, device: Any = None) -> None:
        check("Embedding", device)
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.weight = Tensor(random().normal(size=(num_embeddings, embedding_dim)), True, dtype, "weight")

    def forward(self, indices: object) -> Tensor:
        return F.embedding(indices, self.weight)

    def extra_repr(self) -> str:
        return "{} × {}".format(*self.weight.shape)


class Flatten(Module):
    """All axes from `start_dim` on made one; the samples of a batch stay apart."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: object) -> Tensor:
        return operand(x, "Flatten", None).flatten(self.start_dim, self.end_dim)


# Keeping activations in a good range.

class BatchNorm1d(Module):
    """(x − mean)/√(variance + ε)·weight + bias for each feature, over a batch of shape (N, C) or (N, C, L).

    In training, mean and (biased) variance are the batch's, and running averages of them are kept; after `eval()`
    the running averages are used instead, so that a sample's result no longer depends on its neighbours.
    (Ioffe and Szegedy, 2015.)

    Args:
        momentum: how much of each batch's statistics enters the running ones; the variance with Bessel's n − 1. With
            None, all batches count alike: the running ones are their means.
        affine: whether there are weight and bias.
        track_running_stats: whether there are running averages; without, a batch is always its own measure.

    Raises:
        ValueError: for another number of features, or in training for a batch of one number per feature.
    """

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
                 dtype: Any = np.float64, affine: bool = True, track_running_stats: bool = True,
                 device: Any = None) -> None:
        check("BatchNorm1d", device)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight = Tensor(np.ones(num_features), True, dtype, "weight") if affine else None
        self.bias = Tensor(np.zeros(num_features), True, dtype, "bias") if affine else None
        self.running_mean: Tensor
        self.running_var: Tensor
        self.num_batches_tracked: Tensor
        self.track_running_stats = track_running_stats
        if track_running_stats:
            self.register_buffer("running_mean", Tensor(np.zeros(num_features), dtype=dtype))
            self.register_buffer("running_var", Tensor(np.ones(num_features), dtype=dtype))
            self.register_buffer("num_batches_tracked", tensor(0))

    def forward(self, inputs: object) -> Tensor:
        x = operand(inputs, "BatchNorm1d", None)
        features = self.num_features
        if x.ndim not in (2, 3) or x.shape[1] != features:
            raise ValueError(f"BatchNorm1d: got shape {x.shape}, expected (N, {features}) or (N, {features}, L)")
        rows = x if x.ndim == 2 else x.permute(0, 2, 1).reshape(-1, features)
        if self.training or not self.track_running_stats:
            self._remember(widened(rows).numpy())
            weight = self.weight if self.weight is not None else Tensor(np.ones(features), dtype=rows.dtype)
            bias = self.bias if self.bias is not None else Tensor(np.zeros(features), dtype=rows.dtype)
            out = batch_norm(rows, weight, bias, self.eps)
        else:
            out = (rows - self.running_mean) / (self.running_var + self.eps).sqrt()
            out = out if self.weight is None else out * self.weight + self.bias
        return out if x.ndim == 2 else out.reshape(x.shape[0], x.shape[2], features).permute(0, 2, 1)

    def _remember(self, rows: np.ndarray) -> None:
        if len(rows) < 2:
            raise ValueError(f"BatchNorm1d: {len(rows)} number per feature has no variance to divide by; "
                             "use a larger batch, or eval()")
        if not self.track_running_stats:
            return
        m = self.momentum if self.momentum is not None else 1 / (self.num_batches_tracked.item() + 1)
        with np.errstate(all="ignore"):
            for name, new in [("running_mean", rows.mean(0)), ("running_var", rows.var(0, ddof=1))]:
                old = getattr(self, name)
                setattr(self, name, ((1 - m) * old + m * new).to(old.dtype))
        self.num_batches_tracked = tensor(self.num_batches_tracked.item() + 1)

    def extra_repr(self) -> str:
        return str(self.num_features)


class LayerNorm(Module):
    """(x − mean)/√(variance + ε)·weight + bias, over the last axes of each sample by itself (Ba et al., 2016).

    Args:
        normalized_shape: the lengths of those last axes: one number, or several.
        elementwise_affine: whether there are weight and, if `bias` says so, bias.
    """

    def __init__(self, normalized_shape: int | Sequence[int], eps: float = 1e-5, dtype: Any = np.float64,
                 bias: bool = True, elementwise_affine: bool = True, device: Any = None) -> None:
        check("LayerNorm", device)
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.normalized_shape, self.eps = shape, eps
        self.weight = Tensor(np.ones(shape), True, dtype, "weight") if elementwise_affine else None
        self.bias = Tensor(np.zeros(shape), True, dtype, "bias") if elementwise_affine and bias else None

    def forward(self, inputs: Any) -> Tensor:
        return F.layer_norm(inputs, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return " × ".join(map(str, self.normalized_shape))


class Dropout(Module):
    """In training, each number made 0 with probability p and the others divided by 1 − p; after `eval()`, nothing.

    What to drop comes from the generator `manual_seed` seeds (Srivastava et al., 2014). `inplace`, PyTorch's way to
    save memory, changes nothing.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"Dropout: got p={p}, expected a probability from 0 to 1")
        self.p = p

    def forward(self, inputs: Any) -> Tensor:
        return F.dropout(inputs, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}"
