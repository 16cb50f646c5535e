"""`replay`: record a graph once, run it again and again without building it.

A training step builds the same graph every time, with other numbers in it. `replay` reads the graph it is given, plans
how to run it, and from then on a step is a list of array operations. It reads finished graphs; no engine knows of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from autograd.arrays.silence import quietly
from autograd.arrays.tensor import Tensor, cast
from autograd.core.graph import Node, leaves
from autograd.core.modes import active, watching
from autograd.core.nary import DOT, LARGEST, LOGSUMEXP, SUM, Nary
from autograd.core.showing import shown_as
from autograd.core.value import Value
from autograd.replaying.arrays import ArrayProgram
from autograd.replaying.batches import tile
from autograd.replaying.compiled import Compiled, can_compile
from autograd.replaying.flat import Flat, flatten, named
from autograd.replaying.groups import Groups, fold
from autograd.replaying.program import Array
from autograd.replaying.tapes import Loop, Straight

__all__ = ["Stats", "ValueReplay", "replay"]

# What a node, or a group and each node in it, costs forward and backward, in microseconds: by their ratios they decide
# how a graph is run. Fitted to random graphs without structure, the worst case for groups, of 70 nodes and of 100,000
# in 5 to 20,000 levels (`irregular` in benchmarks/workloads.py), every way side by side. A group takes a thousand times
# longer to make than a node of a loop, so groups must halve the time.
STRAIGHT, LOOP, GROUP, GROUPED, COMPILED = 0.09, 0.2, 12.0, 0.025, 0.012
WORTH_GROUPING = 2
SMALLEST_COMPILED = 2000            # nodes; below, few trainings are long enough to pay for importing Numba
LARGEST_STRAIGHT = 1500             # nodes; beyond, compiling the text takes longer than a recording should
BATCH_NODES = 200_000               # how large a batch of examples is repeated: this bounds the memory


class Stats(NamedTuple):
    """What was recorded: nodes, how many calls a run makes, how it is run, and the bytes its buffers take."""

    nodes: int
    steps: int
    strategy: str
    bytes: int


def replay(root: Node, wrt: Iterable[Node] | None = None, inputs: Iterable[Node] | None = None,
           batch: bool = False) -> Any:
    """Record the graph of `root`, to run it forward and backward without building it again.

    Args:
        root: the loss: a Value, or a Tensor of one number.
        wrt: the leaves whose gradients are wanted; by default every leaf that is not an input.
        inputs: the leaves fed anew at each call.
        batch: `root` is the loss of one example; run it on many, for their mean loss and its gradient.

    What is frozen in the recording: which way Python's `if` went, how long its loops were, every number that was not
    a leaf of the graph when it was made (a Python float, something read with `.data`, a maximum subtracted before a
    softmax), what was computed of Tensors without gradient alone, be they inputs, and every leaf that is neither in
    `wrt` nor in `inputs`. `check` finds out whether that matters.

    Raises:
        TypeError: for what is neither a Value nor a Tensor, or an op that can't be replayed.
        ValueError: for leaves named twice, nodes that are not leaves, Tensors to be fed that are not in the graph.

    >>> w, x = Value(2.0), Value(3.0)
    >>> loss = (w * x - 1.0) ** 2
    >>> step = replay(loss, wrt=[w], inputs=[x])
    >>> step([3.0]), step.gradient
    (25.0, array([30.]))
    >>> step.parameters -= 0.01 * step.gradient
    >>> round(step([3.0]), 4)
    16.81
    """
    if isinstance(root, Value):
        return ValueReplay(root, wrt, inputs, batch)
    if isinstance(root, Tensor):
        return TensorReplay(root, wrt, inputs, batch)
    raise TypeError(f"replay: got {type(root).__name__}, expected the Value or Tensor to differentiate")


def _leaves(name: str, nodes: Iterable[Node], kind: type[Value | Tensor] = Value) -> list[Any]:
    leaves: list[Any] = list(nodes)
    for i, node in enumerate(leaves):
        if not isinstance(node, kind):
            raise TypeError(f"replay: {name}[{i}] is of type {type(node).__name__}, expected a leaf of the graph, "
                            f"a {kind.__name__}")
        if node.op is not None:
            raise ValueError(f"replay: {name}[{i}] is the result of {node.op.name}, expected a leaf: "
                             "only what no op made can be set anew")
    return leaves


class ValueReplay:
    """A recorded graph of Values. Made by `replay`.

    Attributes:
        parameters: (P,): the numbers of `wrt`, in order. Write to it.
        gradient: (P,): ∂loss/∂parameters of the last call, or of the mean loss. Read it.
        stats: what was recorded.
    """

    parameters: Array
    gradient: Array

    def __init__(self, root: Value, wrt: Iterable[Node] | None = None, inputs: Iterable[Node] | None = None,
                 batch: bool = False) -> None:
        given = _leaves("inputs", inputs if inputs is not None else [])
        self.wrt = None if wrt is None else _leaves("wrt", wrt)
        named = [*(self.wrt or []), *given]
        if len(set(map(id, named))) != len(named):
            raise ValueError("replay: a leaf is named twice in wrt and inputs; name each once")
        if batch and not given:
            raise ValueError("replay: batch=True needs inputs, the leaves that differ from example to example")
        self.inputs = given
        self.batch = batch
        self._flat, self.wrt = flatten(root, self.wrt, given)
        for op in self._flat.ops:
            if op is not None and not op.partials and not isinstance(op, Nary):
                raise TypeError(f"replay: {op.name} has no row of partial derivatives to replay")
        self._sizes: dict[int, Machine] = {}
        size = len(self.wrt)
        if batch:
            self.parameters, self.gradient = self._flat.data[:size].copy(), np.zeros(size)
            self._limit = 1 << max(0, (BATCH_NODES // len(self._flat)).bit_length() - 1)
            self._limit = min(self._limit, 1024)
            self._machine = self._batch(1)
        else:
            self._machine = _machine(self._flat)
            self.parameters, self.gradient = self._machine.values[:size], self._machine.gradients[:size]
        self._feed = self._machine.values[size: size + len(given)]

    @property
    def stats(self) -> Stats:
        machine = self._machine
        return Stats(len(self._flat), machine.steps, machine.strategy, machine.bytes)

    _repr_html_ = shown_as("of_recording")

    def __repr__(self) -> str:
        stats = self.stats
        return (f"replay of {stats.nodes:,} nodes as {stats.steps:,} steps of {stats.strategy}, {stats.bytes:,} bytes, "
                f"{len(self.parameters)} parameters, {len(self.inputs)} inputs{' per example' * self.batch}")

    def __call__(self, x: object = None) -> float:
        """Run forward and backward with `x` for the inputs; the loss. `gradient` then holds the gradient."""
        return self._run(x, True)

    def forward(self, x: object = None) -> float:
        """Run forward only; the loss."""
        return self._run(x, False)

    def _run(self, x: object, backward: bool) -> float:
        if self.batch:
            return self._run_batch(self._rows(x), backward)
        if x is None and not self.inputs:
            pass
        else:
            self._feed[:] = self._numbers(x)
        machine = self._machine
        loss = machine.run() if backward else machine.forward()
        if active and watching() is not None:
            _examine(Loop(self._flat), machine.values[: len(self.parameters) + len(self.inputs)], backward)
        return loss

    def _numbers(self, x: object) -> Array:
        array = _real(x)
        if array.shape != (len(self.inputs),):
            raise ValueError(f"replay: got inputs of shape {array.shape}, expected ({len(self.inputs)},), "
                             "a number for each of the inputs it was recorded with")
        return array

    # Many examples.

    def _rows(self, x: object) -> Array:
        array = _real(x)
        if array.ndim != 2 or array.shape[1] != len(self.inputs) or not len(array):
            raise ValueError(f"replay: got inputs of shape {array.shape}, expected (N, {len(self.inputs)}), "
                             "a row for each of N ≥ 1 examples")
        return array

    def _batch(self, size: int) -> Machine:
        if size not in self._sizes:
            self._sizes[size] = _machine(tile(self._flat, size))
        return self._sizes[size]

    def _run_batch(self, rows: Array, backward: bool) -> float:
        size = min(self._limit, 1 << (len(rows) - 1).bit_length())
        machine = self._batch(size)
        parameters, inputs = len(self.parameters), len(self.inputs)
        values = machine.values
        values[:parameters] = self.parameters
        fed = values[parameters: parameters + size * inputs].reshape(size, inputs)
        weights = values[parameters + size * inputs: parameters + size * (inputs + 1)]
        loss = 0.0
        if backward:
            self.gradient[:] = 0.0
        for start in range(0, len(rows), size):
            part = rows[start: start + size]
            fed[: len(part)], fed[len(part):] = part, part[0]       # what is left over is a real row of weight 0
            weights[: len(part)], weights[len(part):] = 1 / len(rows), 0.0
            share, slopes = machine.run() if backward else machine.forward(), machine.gradients[:parameters]
            if len(part) < size and not (np.isfinite(share) and (not backward or np.isfinite(slopes).all())):
                share, slopes = self._one_by_one(part, 1 / len(rows))       # 0·∞ is nan
            loss += share
            if backward:
                self.gradient += slopes
            if active and watching() is not None:
                loop = Loop(self._flat)
                for i, row in enumerate(part, start):
                    _examine(loop, np.concatenate([self.parameters, row]), backward, f" (row {i} of the batch)")
        self._machine = machine
        return loss

    def _one_by_one(self, rows: Array, weight: float) -> tuple[float, Array]:
        """The loss and gradient of these rows, each row times `weight`: exact, and slow."""
        loop, loss, gradient = Loop(self._flat), 0.0, np.zeros(len(self.parameters))
        for row in rows:
            loop.values[:] = [*self.parameters, *row]
            with np.errstate(all="ignore"):
                loss += weight * loop.run()
                gradient += weight * loop.gradients
        return loss, gradient

    # Looking after it.

    def trainable(self) -> list[tuple[Array, Array]]:
        """The parameters with the array their gradient appears in: what an optimiser updates."""
        return [(self.parameters, self.gradient)]

    def sync(self) -> None:
        """Write parameters and gradients back into the Values of `wrt`."""
        for node, data, grad in zip(self.wrt or [], self.parameters.tolist(), self.gradient.tolist()):
            node.data, node.grad = data, grad

    def check(self, root: Value, tolerance: float = 1e-10) -> float:
        """Compare a run with `root`, the same loss built afresh from the same leaves, with any numbers in them.

        Returns the largest difference, relative to the largest gradient or loss. The replay's state and the graph's
        gradients are left as they were.

        Raises:
            ValueError: if they differ by more than `tolerance`: something frozen in the recording has changed.
        """
        if not isinstance(root, Value):
            raise TypeError(f"check: got {type(root).__name__}, expected the loss as a Value, built afresh")
        fresh = Loop(flatten(root, self.wrt, self.inputs)[0])
        kept = self.parameters.copy(), self.gradient.copy()
        parameters = len(self.parameters)
        self.parameters[:] = fresh.values[:parameters]
        x = fresh.values[parameters:]
        loss = self(x[None] if self.batch else x if self.inputs else None)
        gradient = self.gradient.copy()
        self.parameters[:], self.gradient[:] = kept
        expected = np.array([fresh.forward(), *fresh.backward()[:parameters]])
        got = np.array([loss, *gradient])
        if np.array_equal(got, expected, equal_nan=True):
            return 0.0
        with np.errstate(all="ignore"):
            off = np.abs(got - expected) / max(np.abs(expected).max(), 1e-300)
        worst = int(np.argmax(np.where(np.isnan(off), np.inf, off)))
        if not off[worst] <= tolerance:
            what = "the loss" if worst == 0 else f"the gradient of wrt[{worst - 1}]"
            raise ValueError(f"check: {what} is {got[worst]:.12g} replayed and {expected[worst]:.12g} built afresh; "
                             "a branch or a number frozen in the recording has changed, so record again")
        return float(off[worst])


class TensorReplay:
    """A recorded graph of Tensors. Made by `replay`.

    Attributes:
        parameters: an array for each of `wrt`. Write into them: `p[...] -= 0.1 * g`.
        gradients: an array for each of `wrt`: ∂loss/∂parameter of the last call. Read them.

    All runs share these arrays: one thread at a time.
    """

    def __init__(self, root: Tensor, wrt: Iterable[Node] | None = None, inputs: Iterable[Node] | None = None,
                 batch: bool = False) -> None:
        if batch:
            raise ValueError("replay: batch=True is for graphs of Values; a graph of Tensors has its batch as an axis")
        if root._data.size != 1 or not root.requires_grad:
            raise ValueError(f"replay: got a Tensor of shape {root.shape} with requires_grad={root.requires_grad}, "
                             "expected one number that depends on parameters")
        self.inputs = _leaves("inputs", inputs if inputs is not None else [], Tensor)
        given = set(map(id, self.inputs))
        self.wrt = ([node for node in leaves(root) if node.requires_grad and id(node) not in given] if wrt is None
                    else _leaves("wrt", wrt, Tensor))
        named = [*self.wrt, *self.inputs]
        if len(set(map(id, named))) != len(named):
            raise ValueError("replay: a leaf is named twice in wrt and inputs; name each once")
        for i, node in enumerate(self.wrt):
            if not node.requires_grad:
                raise ValueError(f"replay: wrt[{i}] has no gradient; give it requires_grad=True before recording")
        self._program = ArrayProgram(root, self.wrt, self.inputs)
        self.parameters = tuple(self._program.parameters)
        self.gradients = self.gradient = tuple(self._program.gradients)

    @property
    def stats(self) -> Stats:
        program = self._program
        return Stats(program.nodes, program.steps, program.strategy, program.bytes)

    _repr_html_ = shown_as("of_recording")

    def __repr__(self) -> str:
        stats = self.stats
        return (f"replay of {stats.nodes:,} nodes as {stats.steps:,} steps of {stats.strategy}, {stats.bytes:,} bytes, "
                f"{len(self.parameters)} parameters, {len(self.inputs)} inputs")

    def __call__(self, *inputs: object) -> float:
        """Run forward and backward with these arrays for the inputs (or a list of them); the loss."""
        self._feed(inputs)
        loss = self._program.run()
        self._examine(True)
        return loss

    def forward(self, *inputs: object) -> float:
        """Run forward only; the loss."""
        self._feed(inputs)
        loss = self._program.forward()
        self._examine(False)
        return loss

    def _feed(self, given: Sequence[object]) -> None:
        places = self._program.inputs
        if len(given) == 1 and isinstance(given[0], (list, tuple)):         # step([a, b]) is step(a, b)
            listed = given[0]
            if len(places) != 1 or (len(listed) == 1 and isinstance(listed[0], (np.ndarray, Tensor))):
                given = listed
        if len(given) != len(places):
            raise ValueError(f"replay: got {len(given)} inputs, expected {len(places)}, as it was recorded with")
        arrays = [x._data if isinstance(x, Tensor) else _real(x) for x in given]
        for i, (array, place) in enumerate(zip(arrays, places)):
            if array.shape != place.shape:
                raise ValueError(f"replay: inputs[{i}] has shape {array.shape}, expected {place.shape}, "
                                 "as it was recorded with")
            if array.dtype is place.dtype:
                continue
            if place.dtype.kind in "iu" and array.dtype.kind not in "iu":
                raise TypeError(f"replay: inputs[{i}] is of dtype {array.dtype}, expected integers ({place.dtype})")
            if place.dtype.kind == "b" and array.dtype.kind != "b":
                raise TypeError(f"replay: inputs[{i}] is of dtype {array.dtype}, expected truth values")
            arrays[i] = cast(array, place.dtype, "replay")
            if place.dtype.kind in "iu" and not np.array_equal(arrays[i], array):
                raise ValueError(f"replay: inputs[{i}] holds integers that {place.dtype}, as it was recorded with, "
                                 "can't hold")
        for array, place in zip(arrays, places):    # only now, so that an error leaves all as it was
            place[...] = array

    def trainable(self) -> list[tuple[Array, Array]]:
        """Each parameter with the array its gradient appears in: what an optimiser updates."""
        return list(zip(self.parameters, self.gradients))

    def sync(self) -> None:
        """Write parameters and gradients back into the Tensors of `wrt`."""
        for node, data, grad in zip(self.wrt, self.parameters, self.gradients):
            node.data, node.grad = Tensor(data, dtype=data.dtype), Tensor(grad, dtype=grad.dtype)

    def check(self, root: Tensor, tolerance: float = 1e-10) -> float:
        """Compare a run with `root`, the same loss built afresh from the same leaves: see `ValueReplay.check`."""
        fresh = ArrayProgram(root, self.wrt, self.inputs)
        expected = [np.array(fresh.run()), *fresh.gradients]
        kept = [array.copy() for array in (*self.parameters, *self.gradients)]
        for place, node in zip(self.parameters, self.wrt):
            place[...] = node._data
        got = [np.array(self(*[node._data for node in self.inputs])), *[g.copy() for g in self.gradients]]
        for place, array in zip((*self.parameters, *self.gradients), kept):
            place[...] = array
        worst = 0.0
        scale = max(1e-300, *[float(np.abs(e).max()) for e in expected if e.size])
        for i, (g, e) in enumerate(zip(got, expected)):
            off = float(np.abs(g - e).max()) / scale if e.size else 0.0
            if not off <= tolerance:
                what = "the loss" if i == 0 else f"the gradient of wrt[{i - 1}]"
                raise ValueError(f"check: {what} differs by {off:.3g} of the largest number between the replay and "
                                 "the graph built afresh; something frozen in the recording has changed: record again")
            worst = max(worst, off)
        return worst

    def _examine(self, backward: bool) -> None:
        """Under detect_anomaly: name the first node whose numbers, or gradient, turned inf or nan."""
        if not active or watching() is None:
            return
        program = self._program
        numbers = {id(node): array for node, array in program.values_of}
        leaves = zip((*self.wrt, *self.inputs), (*self.parameters, *program.inputs))
        numbers |= {id(node): array for node, array in leaves}
        users: dict[int, list[Tensor]] = {}
        for node, array in program.values_of:
            given = [numbers.get(id(x), x._data) for x in node.inputs]
            if _turned_bad(array, given):
                raise FloatingPointError(f"replay: {named(node.op, node.label)} is not finite")
            for x in node.inputs:
                users.setdefault(id(x), []).append(node)
        slopes = [(node, array) for node, array in program.slopes_of if node.op is not None]
        for node, array in [*slopes, *zip(self.wrt, self.gradients)] if backward else ():
            if not np.isfinite(array).all():        # what uses it comes before it here, and had finite gradients
                by = " or ".join(dict.fromkeys([named(user.op, user.label) for user in users.get(id(node), [])]))
                raise FloatingPointError(f"replay: the gradient that {by or 'the result'} passes to "
                                         f"{named(node.op, node.label)} is not finite")


def _turned_bad(array: Array | float, given: Sequence[Array | float]) -> bool:
    """Whether a result is the first to be nan or infinite. An infinity among the operands may be meant: a mask."""
    return not np.isfinite(array).all() and bool(
        np.isnan(array).any() or not any(np.isinf(x).any() for x in given))


def _examine(loop: Loop, leaves: Array, backward: bool, where: str = "") -> None:
    """Under detect_anomaly: run number by number; name the first node that turns inf or nan, or whose gradient does."""
    flat, v = loop.flat, loop.data
    loop.values[:] = leaves
    loop.forward()
    edges = list(loop.edges())
    for i, x, _ in edges:
        if _turned_bad(v[i], [v[j] for j in x]):
            raise FloatingPointError(f"replay: {flat.name(i)} is {v[i]}, computed from "
                                     f"{', '.join(str(v[j]) for j in x)}{where}")
    if not backward:
        return
    gradients = loop.backward()
    for i, x, slopes in reversed(edges):
        for j, slope in zip(x, slopes):
            if not np.isfinite(gradients[i] * slope):
                raise FloatingPointError(f"replay: the gradient that {flat.name(i)} passes to {flat.name(j)} is "
                                         f"{gradients[i] * slope}{where}")
    for i, gradient in enumerate(loop.gradients.tolist()):
        if not np.isfinite(gradient):
            raise FloatingPointError(f"replay: the gradients of {flat.name(i)} add up to {gradient}{where}")


def _real(x: object) -> Array:
    if x is None:
        raise ValueError("replay: it was recorded with inputs; pass their numbers")
    try:
        array = np.asarray(x)
    except ValueError:
        raise ValueError("replay: got inputs of differing lengths, expected an array of numbers") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"replay: got inputs of dtype {array.dtype}, expected real numbers")
    return array


class Machine(Protocol):
    """A way to run a graph of Values: write its leaves' numbers into `values`, run it, read `gradients`."""

    strategy: str
    values: Array
    gradients: Array
    steps: int
    bytes: int

    def forward(self) -> float: ...
    def run(self) -> float: ...


class _Grouped:
    """The group-by-group program as the thing to run."""

    strategy = "arrays"

    def __init__(self, groups: Groups) -> None:
        self.values, self.gradients = groups.values, groups.gradients
        self._root = int(groups.slot[groups.flat.root])
        self._forward, self._backward = groups.forward.run, groups.backward.run
        self.steps = len(groups.forward.steps) + len(groups.backward.steps)
        self.bytes = groups.forward.bytes + groups.backward.bytes

    def forward(self) -> float:
        quietly(self._forward)
        return float(self.values[self._root])

    def run(self) -> float:
        quietly(self._both)
        return float(self.values[self._root])

    def _both(self) -> None:
        self._forward()
        self._backward()


def _machine(flat: Flat) -> Machine:
    """The cheapest way to run a graph, by what a node costs in each."""
    n = len(flat)
    known = all(op is None or op.arity is not None or op in (SUM, DOT, LOGSUMEXP, LARGEST) for op in flat.ops)
    folded = fold(flat, max(8, int(LOOP * n / GROUP / WORTH_GROUPING)))
    grouped = float("inf")
    if folded.level is not None:
        kind = np.where(folded.summing, 0, flat.code[folded.nodes])
        groups = len(np.unique(folded.level * len(flat.ops) * 2 + kind)) if len(folded.nodes) else 0
        grouped = GROUP * groups + GROUPED * len(folded.nodes)
    if n >= SMALLEST_COMPILED and COMPILED * n <= grouped and can_compile(flat):
        return Compiled(flat)
    if known and n <= LARGEST_STRAIGHT and STRAIGHT * n <= grouped:
        return Straight(flat)
    if WORTH_GROUPING * grouped <= LOOP * n:
        return _Grouped(Groups(flat, folded))
    return Loop(flat)
