"""A graph that PyTorch recorded, retold in the ops of this library, so that the same help can be given for it.

PyTorch's graph begins at `loss.grad_fn`; each step of it leads to its inputs' steps and keeps what its derivative
needs. From that, and from the tensors that the variables around hold, the numbers are computed anew. Where an op isn't
known here, or a number was not kept, the retelling stops there and says so. PyTorch itself is not imported.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import autograd.functional as F
from autograd.arrays.joining import cat, stack, where
from autograd.arrays.tensor import Tensor
from autograd.core.graph import topological
from autograd.core.modes import enable_grad
from autograd.core.op import TABLE
from autograd.learn.contributions import gradients
from autograd.learn.languages import tell

__all__ = ["asked"]


class Stopped(Exception):                           # noqa: N818
    """The retelling can't go on; the message says at which op, and why."""


def is_torch(x: object) -> bool:
    """Whether it is a tensor or a parameter of PyTorch's."""
    return type(x).__module__.split(".")[0] == "torch" and hasattr(x, "grad_fn")


def numbers_of(x: Any) -> Any:
    """A tensor of PyTorch's as an array; bfloat16, which NumPy lacks, as float32."""
    x = x.detach().cpu()
    return (x.float() if str(x.dtype) == "torch.bfloat16" else x).numpy()


class Retold:
    """A graph of PyTorch's, retold: its root here, and for each of its steps and leaves a Tensor of ours."""

    def __init__(self, root: Any, variables: Mapping[str, Any]) -> None:
        self.of_root = weakref.ref(root)
        self.made: dict[Any, Any] = {}              # a Tensor, or several by their numbers
        self.stopped: dict[Any, str] = {}
        self.variables = {name: x for name, x in variables.items() if is_torch(x)}
        self.values = {(x.grad_fn, x.output_nr): numbers_of(x) for x in self.variables.values()
                       if x.grad_fn is not None}
        order = _order(root.grad_fn)
        self._read(order)
        with enable_grad(), np.errstate(all="ignore"):
            for step in order:
                self._retell(step)
        self.name(variables)
        if root.grad_fn not in self.made:
            raise Stopped(self.stopped[root.grad_fn])
        self.root = self.made[root.grad_fn]
        self.gradients = gradients(topological(self.root), self.root, np.ones_like(self.root._data))
        mine, theirs = self.root._data, numbers_of(root)
        if not np.allclose(mine, theirs, rtol=1e-3, atol=1e-5, equal_nan=True):
            raise Stopped(tell("the retold graph gives another result than PyTorch's: {mine:.6g} in the place of "
                               "{theirs:.6g}", mine=np.ravel(mine)[0], theirs=np.ravel(theirs)[0]))

    def name(self, variables: Mapping[str, Any]) -> None:
        """Label the Tensors with the names of the variables that hold what they stand for."""
        held = [(f"{name}.{part}", x) for name, module in variables.items() if hasattr(type(module), "named_parameters")
                for part, x in module.named_parameters()]
        for name, x in [*held, *variables.items()]:
            if is_torch(x) and (node := self.of(x)) is not None and not node.label:
                node.label = name

    def of(self, x: Any) -> Tensor | None:
        """The Tensor that stands for one of PyTorch's; None where there is none."""
        return self.made.get(id(x)) if x.grad_fn is None else self._part(x.grad_fn, x.output_nr)

    def _part(self, step: Any, number: int) -> Tensor | None:
        """One result of a step, which may have several."""
        found = self.made.get(step)
        return found.get(number) if isinstance(found, dict) else found

    def why(self, x: Any) -> str:
        """Why there is no Tensor for it."""
        if x.grad_fn in self.stopped:
            return self.stopped[x.grad_fn]
        return next(iter(self.stopped.values()), tell("root does not depend on it"))

    def cut(self, x: Any) -> str:
        """Which op stopped the retelling on a way from the root to this tensor of PyTorch's; nothing if none did."""
        for step, why in self.stopped.items():
            if any(below is x.grad_fn if x.grad_fn is not None else getattr(below, "variable", None) is x
                   for below in _order(step)[:-1]):
                return why
        return ""

    def _read(self, order: Sequence[Any]) -> None:
        """Take the numbers of steps from what they, and those that use them, have kept for their derivatives."""
        for step in order:
            try:
                if (out := getattr(step, "_saved_result", None)) is not None:
                    self.values.setdefault((step, 0), numbers_of(out))
                    if (back := _INVERSE.get(step.name().rstrip("0"))) is not None:
                        self.values.setdefault(step.next_functions[0], back(numbers_of(out)))
                for position, source in enumerate(step.next_functions):
                    kept = _kept(step, position)
                    if is_torch(kept) and source[0] is not None:
                        self.values.setdefault(source, numbers_of(kept))
            except RuntimeError:
                raise Stopped(tell("PyTorch has freed what its graph had kept; call "
                                   "loss.backward(retain_graph=True), and ask again")) from None

    def _retell(self, step: Any) -> None:
        """Make the Tensor of a step, from those of its inputs."""
        if hasattr(step, "variable"):
            self.made[step] = self.made[id(step.variable)] = Tensor(numbers_of(step.variable), requires_grad=True)
            return
        inputs = [None if x is None else self._part(x, number) for x, number in step.next_functions]
        missing = [x for x, number in step.next_functions if x is not None and self._part(x, number) is None]
        name = step.name().removeprefix("torch::autograd::")
        rule = _RULES.get(name.rstrip("0123456789").removesuffix("Backward").lower())
        try:
            if missing:
                raise Stopped(self.stopped.get(missing[0], f"PyTorch's {name} could not be retold"))
            if rule is None:
                raise Stopped(tell("PyTorch's {name} is not among the ops that can be retold", name=name))
            self.made[step] = rule(_Step(step, inputs, self.values.get((step, 0))))
        except (Stopped, AttributeError, TypeError, ValueError, IndexError) as error:
            self.stopped[step] = (str(error) if isinstance(error, Stopped) else
                                  tell("PyTorch's {name} could not be retold", name=name))
            known = {number: Tensor(x, requires_grad=True) for (of, number), x in self.values.items() if of is step}
            if known:                               # what lies nearer to the root can be told all the same
                self.made[step] = known


_last: list[Retold] = []


def retold(root: Any, variables: Mapping[str, Any]) -> Retold:
    """The graph of `root`, retold; the last one is remembered.

    Raises:
        Stopped: where that can't be done.
    """
    if root.grad_fn is None:
        raise Stopped(tell("root was not computed from anything that requires a gradient"))
    if not _last or _last[0].of_root() is not root:
        _last[:] = [Retold(root, variables)]
    _last[0].name(variables)
    return _last[0]


def asked(where: str, t: Any, root: Any, given: Mapping[Any, Any] | None, variables: Mapping[str, Any]
          ) -> tuple[Tensor, Tensor | None, Mapping[Any, Any] | None, str]:
    """The nodes that stand for PyTorch's tensors, with their gradients; where there are none, t alone, and the reason.

    Raises:
        ValueError: if neither the retold graph nor PyTorch says what the gradient is.
    """
    try:
        graph = retold(root, variables)
        node = graph.of(t)
        if node is None or node not in graph.gradients:
            raise Stopped(graph.why(t))
        if why := graph.cut(t):
            raise Stopped(why)
        node._grad = graph.gradients[node]
        fed = None if given is None else {graph.of(x) if is_torch(x) else x: g for x, g in given.items()}
        return node, graph.root, fed, ""
    except Stopped as stopped:
        gradient = t.grad if t.is_leaf or t.retains_grad else None
        if gradient is None:
            raise ValueError(f"{where}: {stopped}; and the tensor holds no gradient: for one that is not a leaf, call "
                             "retain_grad() before loss.backward()") from None
        alone = Tensor(numbers_of(t), requires_grad=True,
                       label=next((name for name, x in variables.items() if x is t), ""))
        alone._grad = numbers_of(gradient)
        return alone, None, given, str(stopped)


def _order(end: Any) -> list[Any]:
    """The steps up to this one, each after its inputs."""
    order, seen, stack = [], set(), [end]
    while stack:
        step = stack.pop()
        if step is None:
            order.append(stack.pop())
        elif step not in seen:
            seen.add(step)
            stack += (step, None, *(x for x, _ in step.next_functions if x is not None))
    return order


class _Step:
    """A step of PyTorch's graph as the rules below read it."""

    def __init__(self, step: Any, inputs: list[Tensor | None], value: Any) -> None:
        self.step, self.inputs, self.value = step, inputs, value

    @property
    def x(self) -> Tensor:
        return self.input(0)

    @property
    def y(self) -> Tensor:
        return self.input(1)

    def input(self, position: int) -> Tensor:
        found = self.inputs[position]
        if found is None:                           # a constant: kept for the others' derivatives, or not at all
            kept = _kept(self.step, position)
            if not is_torch(kept):
                raise Stopped(tell("PyTorch's {name} has a constant input that was not kept; hold its result in a "
                                   "variable", name=self.step.name()))
            return Tensor(numbers_of(kept))
        return found

    def __getattr__(self, name: str) -> Any:
        """What the step has kept, by its name in PyTorch."""
        kept = getattr(self.step, f"_saved_{name}")
        if is_torch(kept):
            return numbers_of(kept)
        return tuple(map(_signed, kept)) if type(kept) is tuple else _signed(kept)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of its result."""
        return tuple(self.step._input_metadata[0].shape)

    def summed(self) -> dict[str, Any]:
        """Over which dimensions it goes; over all where it has kept none."""
        dim = getattr(self.step, "_saved_dim", None)
        return {} if dim is None else {"dim": self.dim or None, "keepdim": self.keepdim}

    def added(self, sign: float) -> Tensor:
        """x ± y, where one of the two may be a constant that only the result tells."""
        x, y = self.inputs
        alpha = sign * float(self.step._saved_alpha)
        if x is not None and y is not None:
            return x + y if alpha == 1.0 else x - y if alpha == -1.0 else x + y * alpha
        if self.value is None:
            raise Stopped(tell("PyTorch's {name} does not keep the number that is added; hold its result in a "
                               "variable", name=self.step.name()))
        if x is not None:
            other: Tensor = x + (self.value - x._data)
            return other
        assert y is not None
        y = y * alpha
        return y + (self.value - y._data)           # type: ignore[no-any-return]


def _signed(x: Any) -> Any:
    """PyTorch keeps −1 as 2⁶⁴ − 1."""
    return x - 2 ** 64 if type(x) is int and x >= 2 ** 63 else x


def _kept(step: Any, position: int) -> Any:
    """What a step has kept of its input at a position, if anything."""
    names = (("self",), ("mat1",), ("mat2",)) if "Addmm" in step.name() else \
        (("self", "input"), ("other", "mat2", "weight", "exponent", "tensor", "vec"))
    for name in names[position] if position < len(names) else ():
        if (kept := getattr(step, f"_saved_{name}", None)) is not None:
            return kept
    return None


Rule = Callable[[_Step], Any]
_INVERSE: dict[str, Callable[[Any], Any]] = {           # for what a step was fed, from its result
    "SqrtBackward": np.square, "RsqrtBackward": lambda out: out ** -2.0, "ExpBackward": np.log}
_REDUCTIONS = ("none", "mean", "sum")


def _taken_from(s: _Step) -> Any:
    """A number minus x: only the result tells the number."""
    alpha = float(s.step._saved_alpha)
    if s.value is None:
        raise Stopped(tell("PyTorch's {name} does not keep the number it subtracts from; hold its result in a "
                           "variable", name=s.step.name()))
    return (s.value + alpha * s.x._data) - s.x * alpha


def _named(name: str) -> Rule:
    return lambda s: getattr(s.x, name)()


def _index(s: _Step) -> Tensor:
    return s.x[tuple(slice(None) if i is None else numbers_of(i) for i in s.step._saved_indices)]


def _sliced(s: _Step) -> Tensor:
    ways: list[Any] = [slice(None)] * s.x.ndim
    ways[s.dim] = slice(s.start, min(s.end, s.x.shape[s.dim]), s.step._saved_step)
    return s.x[tuple(ways)]


def _selected(s: _Step) -> Tensor:
    ways: list[Any] = [slice(None)] * s.x.ndim
    ways[s.dim] = s.index
    return s.x[tuple(ways)]


def _nll(s: _Step) -> Tensor:
    if s.step._saved_weight is not None or s.x.ndim != 2:
        raise Stopped(tell("PyTorch's NllLoss is retold for logits of shape (N, C) without weights only"))
    y = s.target
    used = np.flatnonzero(y != s.ignore_index)
    picked = -s.x[used, y[used]]
    return picked.mean() if s.reduction == 1 else picked.sum() if s.reduction == 2 else picked


def _squares(s: _Step) -> Tensor:
    x, y = (s.inputs[0], s.inputs[1])
    x, y = (Tensor(s.self) if x is None else x), (Tensor(s.target) if y is None else y)
    squares = (x - y) ** 2
    return squares.mean() if s.reduction == 1 else squares.sum() if s.reduction == 2 else squares


def _with_logits(s: _Step) -> Any:
    return F.binary_cross_entropy_with_logits(s.x, s.target, reduction=_REDUCTIONS[s.reduction])


def _binary(s: _Step) -> Any:
    return F.binary_cross_entropy(s.x, s.target, reduction=_REDUCTIONS[s.reduction])


def _layer_norm(s: _Step) -> Any:
    dims = tuple(range(-len(s.normalized_shape), 0))
    eps = float(np.mean(1 / s.result2.astype(float) ** 2 - s.x._data.astype(float).var(dims, keepdims=True)))
    xc = s.x - s.x.mean(dims, keepdim=True)
    y = xc * ((xc * xc).mean(dims, keepdim=True) + eps) ** -0.5
    weight, bias = s.inputs[1:3]
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def _batch_norm(s: _Step) -> Any:
    if not s.step._saved_training:
        raise Stopped(tell("PyTorch's batch norm is retold while training only"))
    shape = [1, -1] + [1] * (s.x.ndim - 2)
    dims = (0, *range(2, s.x.ndim))
    xc = s.x - s.x.mean(dims, keepdim=True)
    y = xc * ((xc * xc).mean(dims, keepdim=True) + s.eps) ** -0.5
    weight, bias = (None if x is None else x.reshape(*shape) for x in s.inputs[1:3])
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def _convolved(s: _Step) -> Tensor:
    """A convolution as a product: the windows of x, looked up, times the kernels."""
    x, w = s.input(0), s.input(1)
    if s.groups != 1 or s.transposed or not 3 <= x.ndim <= 4 or set(s.dilation) != {1}:
        raise Stopped(tell("PyTorch's convolution is retold in one or two dimensions, without groups or dilation only"))
    spatial = range(2, x.ndim)
    for dim, pad in zip(spatial, s.padding):
        if pad:
            edge = Tensor(np.zeros([pad if i == dim else n for i, n in enumerate(x.shape)], x._data.dtype))
            x = cat([edge, x, edge], dim)
    starts = [np.arange(0, x.shape[dim] - w.shape[dim] + 1, step) for dim, step in zip(spatial, s.stride)]
    at = [start[:, None] + np.arange(w.shape[dim]) for dim, start in zip(spatial, starts)]
    if len(at) == 1:
        windows = x[:, :, at[0]].permute(0, 2, 1, 3)
    else:
        windows = x[:, :, at[0][:, None, :, None], at[1][None, :, None, :]].permute(0, 2, 3, 1, 4, 5)
    shape = [len(x), *map(len, starts)]
    y = windows.reshape(*shape, -1) @ w.reshape(len(w), -1).T
    y = y if s.inputs[2] is None else y + s.inputs[2]
    return y.permute(0, y.ndim - 1, *range(1, y.ndim - 1))


def _split(s: _Step) -> dict[int, Tensor]:
    parts: dict[int, Tensor] = {}
    start = 0
    for meta in s.step._input_metadata:
        ways: list[Any] = [slice(None)] * s.x.ndim
        ways[s.dim] = slice(start, start := start + meta.shape[s.dim])
        parts[len(parts)] = s.x[tuple(ways)]
    return parts


def _unbound(s: _Step) -> dict[int, Tensor]:
    return {i: s.x[(slice(None),) * (s.dim % s.x.ndim) + (i,)] for i in range(s.x.shape[s.dim])}


def _filled(s: _Step) -> Tensor:
    value = -np.inf if s.value is None else s.value
    return where(s.mask, value, s.x)


def _larger(s: _Step) -> Any:
    dim = getattr(s.step, "_saved_dim", None)
    return s.x.max() if dim is None else s.x.max(s.dim, keepdim=s.keepdim).values


def _spread(name: str) -> Rule:
    def rule(s: _Step) -> Tensor:
        correction = s.step._saved_correction
        how: dict[str, Any] = s.summed()
        return getattr(s.x, name)(**how, correction=1 if correction is None else int(correction))  # type: ignore[no-any-return]
    return rule


def _transposed(s: _Step) -> Tensor:
    return s.x.transpose(s.dim0, s.dim1)


_reshaped: Rule = lambda s: s.x.reshape(s.shape)            # noqa: E731
_same: Rule = lambda s: s.x                                 # noqa: E731
_product: Rule = lambda s: s.x @ s.y                        # noqa: E731
_RULES: dict[str, Rule] = {name.lower(): rule for name, rule in {
    "Add": lambda s: s.added(1.0), "Sub": lambda s: s.added(-1.0), "Rsub": _taken_from,
    "Mul": lambda s: s.x * s.y, "Div": lambda s: s.x / s.y,
    "Pow": lambda s: s.x ** (s.y if len(s.inputs) > 1 else float(s.exponent)),
    "Square": lambda s: s.x ** 2.0, "Rsqrt": lambda s: s.x ** -0.5, "Reciprocal": lambda s: 1 / s.x,
    **{name.capitalize(): _named(name) for name in ("neg", "exp", "log", "log2", "log10", "log1p", "expm1", "tanh",
       "sigmoid", "relu", "sqrt", "sin", "cos", "abs", "erf", "sinh", "cosh")},
    "Silu": lambda s: s.x * s.x.sigmoid(), "Softplus": lambda s: F.softplus(s.x),
    "Gelu": lambda s: F.gelu(s.x, approximate=s.approximate),
    "Maximum": lambda s: TABLE["maximum"](s.x, s.y), "Minimum": lambda s: TABLE["minimum"](s.x, s.y),
    "Where": lambda s: where(s.condition, *(0.0 if x is None else x for x in s.inputs[-2:])), "MaskedFill": _filled,
    "Sum": lambda s: s.x.sum(**s.summed()), "Mean": lambda s: s.x.mean(**s.summed()), "Max": _larger, "Amax": _larger,
    "Var": _spread("var"), "Std": _spread("std"), "Logsumexp": lambda s: s.x.logsumexp(**s.summed()),
    "Softmax": lambda s: F.softmax(s.x, s.dim), "LogSoftmax": lambda s: F.log_softmax(s.x, s.dim),
    "Mm": _product, "Bmm": _product, "Mv": _product, "Dot": _product,
    "Addmm": lambda s: s.input(1) @ s.input(2) + s.x,
    **dict.fromkeys(("View", "UnsafeView", "ReshapeAlias", "Squeeze", "Unsqueeze"), _reshaped),
    **dict.fromkeys(("Clone", "ToCopy", "Alias"), _same),
    "T": lambda s: s.x.T, "Transpose": _transposed, "Permute": lambda s: s.x.permute(*s.dims),
    "Expand": lambda s: s.x.expand(*s.shape), "Slice": _sliced, "Select": _selected, "Index": _index,
    "Embedding": lambda s: s.x[s.indices], "Gather": lambda s: s.x.gather(s.dim, s.index),
    "Cat": lambda s: cat([s.input(i) for i in range(len(s.inputs))], s.dim),
    "Stack": lambda s: stack([s.input(i) for i in range(len(s.inputs))], s.dim),
    "NllLoss": _nll, "MseLoss": _squares, "BinaryCrossEntropyWithLogits": _with_logits, "BinaryCrossEntropy": _binary,
    "NativeLayerNorm": _layer_norm, "NativeBatchNorm": _batch_norm, "Convolution": _convolved,
    "Split": _split, "UnsafeSplit": _split, "Unbind": _unbound,
}.items()}
