"""`source`: a graph and its backward pass as a Python module one can read, run and take elsewhere.

The forward lines are the graph's, one per node. The backward lines come from the ops' own rules, fed with symbols that
remember their text, so what is printed is what the engine does and no derivative stands here. It reads finished
graphs; no engine knows of it.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from inspect import signature
from typing import Any

import numpy as np

from autograd.arrays import structural as st
from autograd.arrays.tensor import Tensor
from autograd.codegen.spelling import BACKENDS, AllButOne, Shares, Speller, Text, as_tuple
from autograd.core.graph import topological
from autograd.core.nary import Nary
from autograd.core.op import TABLE
from autograd.core.symbols import ATOM, SUM
from autograd.core.value import Value

__all__ = ["source"]


def source(root: Any, names: Mapping[str, Any] | None = None, backend: str = "numpy") -> str:
    """The text of a module with one function, `step(**leaves) -> (loss, {name: gradient})`.

    Args:
        root: a Value, or a Tensor of one number.
        names: what to call the nodes, such as `locals()`; otherwise they are called by their labels.
        backend: "numpy", "torch" or "jax": whose functions the text calls.

    The arguments of `step` are the leaves: Tensors that require a gradient, named or not, and everything that has a
    name or a label, targets and indices among them if they are Tensors. Gradients are given for the leaves the engine
    gives one to. A label that can't be a name in Python is made one: `my weights` is `my_weights`, `lambda` is
    `lambda_`, a second `x` is `x_2`.

    Frozen in the text is what is frozen in the graph: shapes, Python's branches, numbers and arrays without a name, a
    maximum that softmax subtracted, and whether cross-entropy ignored any row at all. Maxima are found anew. Python's
    floats follow Python's rules, as in 1 / 0; NumPy's and arrays follow IEEE 754, as the engine does.

    Raises:
        TypeError: for what is not a node, or an op that has no spelling.
        ValueError: for an unknown backend, more than one number, or one that needs no gradient.

    >>> w, x = Value(2.0), Value(3.0)
    >>> print(source((w * x).tanh(), {"w": w, "x": x}))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def step(w, x):
        # forward
        mul_1 = w * x
        loss = np.tanh(mul_1)
        # backward
        dloss = 1.0
        dmul_1 = (1.0 - loss * loss) * dloss
        dw = x * dmul_1
        dx = w * dmul_1
        return loss, {"w": dw, "x": dx}
    <BLANKLINE>
    """
    if not isinstance(root, (Value, Tensor)):
        raise TypeError(f"source: got {type(root).__name__}, expected a Value or Tensor")
    if backend not in BACKENDS:
        raise ValueError(f"source: got backend={backend!r}, expected one of {', '.join(BACKENDS)}")
    if isinstance(root, Tensor) and root._data.size != 1:
        raise ValueError(f"source: got a Tensor of shape {root.shape}, expected one number to differentiate")
    return _Writer(root, names or {}, backend).text()


# What a label may not be called in the text: Python's words, and the names the text itself uses.
_RESERVED = {*keyword.kwlist, "np", "jnp", "torch", "jax", "step", "scatter", "float", "sum", "slice"}
_LONG_SUM = 12                                      # terms: beyond, a chain of + would nest too deep for Python


class _Writer(Speller):
    """Writes one graph.

    Every line is `name = expression`. A node's gradient is called d and the node's name; where it is just another's,
    as that of an addition's inputs, it gets no line and goes by the other's name.
    """

    def __init__(self, root: Any, names: Mapping[str, Any], backend: str) -> None:
        super().__init__(backend)
        self.root = root
        self.scalar = isinstance(root, Value)
        self.immutable = backend == "jax" or (self.scalar and backend == "numpy")
        self.order = topological(root)
        self.lines: list[str] = []
        self.kept: dict[int, tuple[Any, ...]] = {}  # what a fused op's rule wants of its forward pass
        self.numbers: set[int] = set()              # nodes that are Python numbers in the text
        self.symbols: dict[int, Text] = {}
        self.names: dict[int, str] = {}             # of nodes; the empty name is a number's, written where it is used
        self.leaves: list[Any] = []
        self._name_nodes(names)
        self.wanted = self._wanted()
        self.slopes: dict[int, str] = {}            # names of gradients
        self.slope_names: set[str] = set()
        self.gradients: dict[int, Text] = {}        # as far as they are known
        self.shared: set[str] = set()               # gradients that another one is, or looks into

    # Names.

    def _name_nodes(self, names: Mapping[str, Any]) -> None:
        called = {id(x): name for name, x in reversed(list(names.items()))
                  if isinstance(x, (Value, Tensor)) and name.isidentifier() and not name.startswith("_")}
        self.taken = set(_RESERVED)
        given = {id(node): _identifier(called.get(id(node)) or node.label) for node in self.order}
        if isinstance(self.root, Tensor) and not self.root.requires_grad:
            raise ValueError("source: nothing here requires a gradient; make a parameter with requires_grad=True, "
                             "and check for no_grad() or .detach() on the way")
        if self.root.op is not None and not given[id(self.root)]:
            given[id(self.root)] = "loss"
        for node in sorted(self.order, key=lambda node: id(node) not in called):      # what was named, before labels
            if given[id(node)]:
                self.names[id(node)] = self.unused(given[id(node)])
        anonymous = not any(given[id(node)] for node in self.order if node.op is None)
        for node in self.order:
            parameter = node.op is None and (bool(given[id(node)]) or node is self.root or (
                anonymous if isinstance(node, Value) else node.requires_grad))
            if not given[id(node)]:
                number = node.op is None and not parameter and self._may_be_written(node)
                stem = node.op.name if node.op is not None else "x" if parameter else "constant"
                self.names[id(node)] = "" if number else self.numbered(stem)
            if parameter:
                self.leaves.append(node)
            elif node.op is None:
                if self.names[id(node)]:
                    self.constants[self.names[id(node)]] = np.asarray(node._data)
                else:
                    self.numbers.add(id(node))
        self._name_arrays(names)

    def _may_be_written(self, node: Any) -> bool:
        """Whether a constant can stand as a Python number where it is used: it takes the dtype of what it meets."""
        if isinstance(node, Value):
            return True
        return node.ndim == 0 and bool(node.dtype.kind != "f" or node.dtype == self.root.dtype)

    def _name_arrays(self, names: Mapping[str, Any]) -> None:
        """Integer Tensors that index are arguments of `step`; other arrays lend constants their names."""
        indexing = [node._saved[1] for node in self.order if isinstance(node.op, st.Structural)
                    and node.op.name in ("index", "scatter", "cross_entropy")]
        used = {id(k) for key in indexing for k in (key if type(key) is tuple else (key,))}
        arguments = []
        for name, x in names.items():
            if not name.isidentifier() or name.startswith("_") or name in _RESERVED:
                continue
            if (isinstance(x, Tensor) and x.op is None and x.dtype.kind != "b"      # how many a mask picks, is frozen
                    and id(x._data) in used and id(x._data) not in self.keys):
                if id(x) not in self.names:         # else it also computes, and is an argument anyhow
                    arguments.append(self.unused(name))
                self.keys[id(x._data)] = self.named(self.names.get(id(x)) or arguments[-1], x._data)
            elif isinstance(x, np.ndarray) or (isinstance(x, Tensor) and x.op is None and not x.requires_grad):
                self.known[name] = np.asarray(x._data if isinstance(x, Tensor) else x)
        self.arguments = [*arguments, *[self.names[id(leaf)] for leaf in self.leaves]]

    def _wanted(self) -> set[int]:
        """The nodes through which a gradient flows to a leaf that has one."""
        wanted = {id(leaf) for leaf in self.leaves if isinstance(leaf, Value) or leaf.requires_grad}
        for node in self.order:
            if node.op is not None and not node.op.constant and any(id(x) in wanted for x in node.inputs):
                wanted.add(id(node))
        return wanted

    def symbol(self, node: Any) -> Text:
        """A node as an operand: its name, or the number it is."""
        if id(node) not in self.symbols:
            name = self.names[id(node)]
            number = node._data if isinstance(node, Value) or node.dtype == np.float64 else _shortest(node._data)
            text = self.named(name, np.asarray(node._data)) if name else self.operand(number, literal=True)
            text.number = id(node) in self.numbers
            self.symbols[id(node)] = text
        return self.symbols[id(node)]

    def gradient_name(self, x: Any) -> str:
        if id(x) not in self.slopes:
            self.slopes[id(x)] = self.unused(f"d{self.names[id(x)]}")
            self.slope_names.add(self.slopes[id(x)])
        return self.slopes[id(x)]

    # Lines.

    def line(self, name: str, x: Text, zeros: str = "") -> None:
        """Print `name = x`. A sum into places takes two lines: `zeros`, then the sum."""
        if x.into is not None:
            for line, makes in self.statements(name, x, zeros or self._zeros(x.shape, x.dtype)):
                self.lines.append(line + (f"  # {x.shape}" if makes else ""))
            return
        self.lines.append(f"{name} = {self.render(x)}" + (f"  # {x.shape}" if x.shape or not self.scalar else ""))

    def _zeros(self, shape: Any, dtype: Any) -> str:
        return f"{self.np}.zeros({as_tuple(shape)}{self.dtype(dtype, self.np)})"

    def _zeros_for(self, x: Any) -> str:
        """Zeros for the gradient of x; floats, though integers be given for x."""
        name = self.names[id(x)]
        if self.backend == "numpy" and (self.scalar or x.dtype == np.float64):
            return f"np.zeros({name}.shape)"
        return f"{self.np}.zeros_like({name})"

    def let(self, stem: str, x: Text) -> Text:
        """A line of its own for x."""
        name = self.unused(stem)
        self.line(name, x)
        return self.named(name, x)

    def name_what_is_shared(self, results: list[Text | None], names: list[str | None]) -> None:
        """Give a line to each expression the results mention more than once.

        Where it is a result itself, it gets the name it would have had anyhow.
        """
        if not any(result is not None and (self.operands(result) or result.into) for result in results):
            return                                  # names only
        count: dict[int, int] = {}
        order: list[Text] = []
        for result in results:
            stack = [result] if result is not None else []
            while stack:
                x = stack.pop()
                count[id(x)] = count.get(id(x), 0) + 1
                if count[id(x)] == 1:
                    order.append(x)
                    stack += self.operands(x)
                    if x.into is not None:
                        stack += [x.into[0]] if not x.into[0].simple else []
        own = {id(result): name for result, name in zip(results, names) if result is not None and name}
        asked = Counter(map(id, results))
        for x in sorted(order, key=lambda x: x.position):           # operands come before what is made of them
            mentions = count[id(x)] - asked[id(x)]
            if x.simple or x.name is not None or (mentions < 2 and not (mentions and id(x) in own)
                                                  and not (mentions and x.into is not None)):
                continue
            name = own.get(id(x)) or self.unused(x.stem or self._stem(x, results, names))
            self.line(name, x)
            x.name = name

    def _stem(self, x: Text, results: list[Text | None], names: list[str | None]) -> str:
        summed = re.match(r"(\w+)\.sum\(", self.render(x))
        if summed:
            return f"{summed[1]}_sum"
        for result, name in zip(results, names):
            if name and result is not None and result.text == f"{x.within(ATOM)}.sum(0)":
                return f"{name}_row"                # what is left of it without an axis of length 1
        return "part"

    # The forward pass.

    def _forward(self, node: Any) -> None:
        op, inputs = node.op, [self.symbol(x) for x in node.inputs]
        name, like = self.names[id(node)], np.asarray(node._data)
        if isinstance(op, Nary):
            value = self._nary(node, op, inputs)
        elif op.name == "changed":
            raise ValueError("source: a tensor on the way was changed by item assignment, or in place, after an op "
                             "made it, and its gradient is lost; change a .clone().detach() instead")
        elif isinstance(op, st.Structural):
            parameters = node._saved[len(inputs):]
            if op in (st.pick, st.place):           # its rule is to have the same indices
                self.kept[id(node)] = parameters = (self.places(parameters[0]), *parameters[1:])
            if op.keeps:
                value = self._fused(node, op, inputs, parameters)
            elif op is st.max_along:
                value = self._largest(node, inputs[0], *parameters)
            else:
                value = self.call(op, inputs, *parameters) if op.arity is None else self.call(op, *inputs, *parameters)
        else:
            value = self.call(op, *inputs)
        if value.number:
            self.numbers.add(id(node))
        if value.dtype is not None and value.dtype != like.dtype and like.dtype.kind == "f" and not self.scalar:
            value = self._cast(value, like.dtype)
        self.name_what_is_shared([value], [None])
        self.line(name, value)

    def _largest(self, node: Any, x: Text, indices: Any, dim: int, keepdim: bool) -> Text:
        """A maximum along `dim`, with a line for where it stands, as its rule wants to know that."""
        if not np.array_equal(indices, node._saved[0].argmax(dim, keepdims=True)):
            picked = self._pick(x, indices, dim)    # not one that `max` found
            return picked if keepdim else picked.reshape(node.shape)
        if id(node) in self.wanted:
            at = self.let(f"{self.names[id(node)]}_at", self.where_largest(x, dim))
            self.kept[id(node)] = at, dim, keepdim
            self.maxima[id(indices)] = at           # a gradient that is itself a node has them too
        return self.largest(x, dim, keepdim)

    def _nary(self, node: Any, op: Nary, inputs: list[Text]) -> Text:
        if op.name == "cross_entropy":
            rows, reduction = op.rows, op.reduction         # type: ignore[attr-defined]
            logits = self.let("logits", self._array_of(inputs, rows.like.shape))
            loss = self._cross_entropy(node, logits, rows, None, reduction)
            self.kept[id(node)] = (logits, *self.kept[id(node)])
            return loss
        if op.name in ("max", "logsumexp"):
            numbers = self._array_of(inputs, (len(inputs),))
            return self._max_all(numbers) if op.name == "max" else self.call(st.logsumexp, numbers, (0,), False)
        half = len(inputs) // 2
        if op.name == "sum":
            terms = inputs
        elif op.name == "dot":
            terms = [w * x for w, x in zip(inputs[:half], inputs[half:])]
        else:
            raise TypeError(f"source: {op.name} of Values has no spelling")
        number = all(term.number for term in terms)
        if not terms or len(terms) > _LONG_SUM:
            return Text(self, f"sum([{', '.join(map(str, terms))}], 0.0)", number=number)
        value = terms[0]
        for term in terms[1:]:
            value = value + term
        return value

    def _fused(self, node: Any, op: st.Structural, inputs: list[Text], saved: tuple[Any, ...]) -> Text:
        """A fused op, written out: a line for each thing it keeps for its backward pass, then the result.

        What it keeps is called what its function calls it.
        """
        parameters = saved[: len(saved) - op.keeps]
        if op.name == "cross_entropy":
            return self._cross_entropy(node, inputs[0], saved[-3], *parameters)
        result: Text
        result, *kept = op.array(*inputs, *parameters)
        symbols: list[Any] = []
        for stem, x in zip(list(signature(op.joint or op.vjps[0]).parameters)[-op.keeps:], kept):
            self.name_what_is_shared([x], [None])
            x.name = self.unused(stem)
            self.line(x.name, x)
            symbols.append(self.named(x.name, x))
        self.kept[id(node)] = (*parameters, *symbols)
        return result

    def _cross_entropy(self, node: Any, x: Text, rows: Any, target: Any = None, reduction: str = "mean",
                       label_smoothing: float = 0.0, ignore_index: int = -100, weight: Any = None) -> Text:
        """A fused cross-entropy: softmax by way of the maximum, then the logarithms the targets weigh.

        Its rule wants the exponentials and their sum. It is given them, and the targets by name. (Of Values, only
        `rows` says what the targets are.)
        """
        z = x if x.ndim == 2 else x.reshape((1, *x.shape))
        n, classes = z.shape
        where = TABLE["where"]
        shifted = self.let("shifted", z - self.largest(z, 1, True))
        counts = self.let("counts", self.call(TABLE["exp"], shifted))
        counts_sum = self.let("counts_sum", counts.sum(1, keepdims=True))
        logprobs = self.let("logprobs", shifted - self.call(TABLE["log"], counts_sum))
        w = None if weight is None else self.constant(np.asarray(weight).astype(x.dtype), "weight")
        fed = self.keys.get(id(target))             # the target, if it is an argument
        by_class = rows.places is not None or (target is not None and np.ndim(target) != x.ndim)
        labels, kept, divisor = self._labels(rows, target, w, ignore_index, reduction) if by_class else (
            None, None, self.operand(rows.divisor, literal=True))
        if labels is not None:
            y = logprobs.like(f"{self._one_hot(classes, x.dtype)}[{labels}]", z.shape)
        elif target is not None:
            y = (self.constant(np.asarray(target), "y") if fed is None else fed).reshape(z.shape)
        else:
            y = self.constant(rows.q, "y")
            kept = None if rows.kept is None else self.constant(rows.kept, "kept")
        if label_smoothing:
            y = y * (1 - label_smoothing) + label_smoothing / classes
        if w is None and (labels is not None or (fed is None and (rows.q.sum(1) == 1).all())):
            y = Shares(y)
        y = y if w is None else y * w
        y.stem = "y"
        if labels is not None and not label_smoothing:
            gains = logprobs.like(f"{logprobs}[{self.numbers_to(n)}, {labels}]", (n,))
            gains = gains if w is None else w[labels] * gains
        else:
            if not y.simple:                        # used here and by the rule
                y.name = self.unused("y")
                self.line(y.name, y)
            logs = logprobs if rows.q.all() and fed is None else self.call(where, y, logprobs, 0.0)     # 0·log 0 is 0
            gains = (y * logs).sum(1)
        if kept is not None:
            gains = self.call(where, kept, gains, 0.0)
        rest = AllButOne(self, f"{counts_sum} - 1.0", counts_sum.shape, SUM, counts_sum.dtype)
        rest.whole = counts_sum
        symbolic = rows._replace(weights=y, kept=kept, places=None, divisor=1.0 if divisor.text == "1.0" else divisor)
        self.kept[id(node)] = (target, reduction, label_smoothing, ignore_index, weight, symbolic, counts, rest)
        if reduction == "none":
            return -gains if x.ndim == 2 else -gains[0]
        if reduction == "mean" and divisor.number and rows.divisor == n:
            return -gains.like(f"{gains.within(ATOM)}.mean()", ())
        whole: Text = -gains.sum()
        return whole if reduction == "sum" else whole / divisor

    def _labels(self, rows: Any, target: Any, w: Text | None, ignore_index: int,
                reduction: str) -> tuple[Text, Text | None, Text]:
        """The class of each row, which rows are kept (None: all), and what a mean divides by."""
        n, classes = rows.like.shape
        given = rows.places - np.arange(n) * classes if target is None else target
        fed = self.keys.get(id(target))
        labels = self.constant(np.reshape(given, n).astype(np.int64), "labels") if fed is None else fed.reshape((n,))
        kept: Any = None
        if rows.kept is not None:
            ignored: Any = ignore_index
            kept = self.let("kept", labels != ignored)
            labels = self.let("labels_kept", self.call(TABLE["where"], kept, labels, 0))
        if reduction != "mean" or (w is None and kept is None):
            return labels, kept, self.operand(rows.divisor, literal=True)
        counted = kept if w is None else w[labels] if kept is None else w[labels] * kept
        return labels, kept, self.let("divisor", counted.sum())

    def _one_hot(self, classes: int, dtype: Any) -> str:
        return f"{self.np}.eye({classes}{self.dtype(dtype, self.np)})"

    # The backward pass.

    def _backward(self) -> None:
        root = self.symbol(self.root)
        seed = root.like(f"{self.np}.ones_like({root})", root.shape)
        if self.scalar and self.backend != "torch":
            seed = self.operand(1.0)
        if id(self.root) not in self.wanted:
            return
        name = self.gradient_name(self.root)
        self.lines.append(f"{name} = {self.render(seed)}")
        self.gradients[id(self.root)] = self.named(name, seed)
        for node in reversed(self.order):
            if node.op is None or id(node) not in self.gradients or id(node) not in self.wanted:
                continue
            g = self.gradients[id(node)]
            needs = [id(x) in self.wanted for x in node.inputs]
            parts = [self._fitted(x, part) if need and part is not None else None
                     for x, need, part in zip(node.inputs, needs, self._contributions(node, g, needs))]
            first: list[str | None] = []            # names that a part may take: those of gradients it begins
            begun: set[int] = set()
            for x, part in zip(node.inputs, parts):
                begins = part is not None and id(x) not in self.gradients and id(x) not in begun and (
                    x.op is not None or self.immutable or part.own)
                first.append(self.gradient_name(x) if begins else None)
                begun.add(id(x))
            self.name_what_is_shared(parts, first)
            for x, part in zip(node.inputs, parts):
                if part is not None:
                    self._add(x, part)

    def _fitted(self, x: Any, part: Text) -> Text:
        """A contribution in the shape and dtype of what it is for: here, and only here, broadcasting is undone."""
        if part.shape != np.shape(x._data):
            part = self._reduce_to(part, np.shape(x._data))
        if not self.scalar and part.dtype is not None and part.dtype != x._data.dtype and x._data.dtype.kind == "f":
            part = self._cast(part, x._data.dtype)
        return part

    def _add(self, x: Any, part: Text) -> None:
        """Add a contribution to the gradient of x.

        `+=` changes an array that other names may stand for, in NumPy and in PyTorch. So it is written only where the
        array is the gradient's own: made by an expression of its own rather than another's gradient, a view or a
        broadcast of one. JAX's arrays and NumPy's numbers never change, and there `+=` is always safe.
        """
        name, before = self.gradient_name(x), self.gradients.get(id(x))
        if before is None:
            if part.name != name:                   # else its line has been printed, as others wanted it too
                if part.bare.simple and x.op is not None:
                    self.gradients[id(x)] = part    # no line: it goes by the other's name
                    return
                if x.op is None:
                    part = self._handed_out(part)
                self.line(name, part, self._zeros_for(x))
            own = part.own
            if not own:
                self.shared.add(name)
        elif part.into is not None:
            if before.text != name or not (before.fresh or self.immutable):
                self.line(name, self._copied(before))
            self.lines += [line for line, _ in self.statements(name, part, None)]
            own = True
        elif before.text == name and (before.fresh or self.immutable):
            sign, amount = ("-", part.bare.negated) if part.bare.negated is not None else ("+", part.bare)
            self.lines.append(f"{name} {sign}= {self.render(amount)}" + ("" if self.scalar else f"  # {part.shape}"))
            own = True
        else:
            part = before + part if part.negated is None else before - part.negated
            self.line(name, part)
            own = part.own
        self.gradients[id(x)] = self.named(name, part)
        self.gradients[id(x)].fresh = own

    def _handed_out(self, part: Text) -> Text:
        """The gradient of a leaf, copied if it would be a broadcast, or share memory with another leaf's."""
        if self.immutable or part.own:
            return part
        shown = self.render(part)
        name = re.match(r"\w*", shown)[0]           # type: ignore[index]
        if part.narrow is not None or name not in self.slope_names or name in self.shared:
            return self._copied(part)
        self.shared.add(name)
        return part

    def _copied(self, x: Text) -> Text:
        return x.like(f"{x.within(ATOM)}.{'clone' if self.backend == 'torch' else 'copy'}()", x.shape)

    def _contributions(self, node: Any, g: Text, needs: list[bool]) -> list[Any]:
        """What flows back to each input, by the op's own rule."""
        op, out = node.op, self.symbol(node)
        inputs = [self.symbol(x) for x in node.inputs]
        if isinstance(op, Nary) and id(node) in self.kept:      # as the node of Tensors that it was written out as
            logits, *kept = self.kept[id(node)]
            (pulled,) = st.STRUCTURAL[op.name].pulled([True], g, out, [logits], kept)
            gradient = self.let(f"d{logits}", pulled)
            return [gradient[divmod(i, logits.shape[1])] for i in range(len(inputs))]
        if isinstance(op, st.Structural):
            parameters = self.kept.get(id(node), node._saved[len(inputs):])
            if op is st.max_all:                    # whose rule counts equal maxima: written out instead of counted now
                return [g * self.shares(inputs[0], out)]
            return list(op.pulled(needs, g, out, inputs, parameters))
        return [self._flowing(part) for part in op.pulled(needs, g, out, inputs)]

    @staticmethod
    def _flowing(part: Any) -> Any:
        return part

    # The whole text.

    def text(self) -> str:
        for node in self.order:
            if node.op is not None:
                self._forward(node)
        forward, self.lines = self.lines, []
        self._backward()
        returned = []
        for leaf in self.leaves:
            if id(leaf) in self.wanted:
                if id(leaf) in self.gradients:
                    value = self.gradients[id(leaf)].text
                else:
                    value = "0.0" if self.scalar else self._zeros(leaf.shape, leaf.dtype)
                returned.append(f'"{self.names[id(leaf)]}": {value}')
        constants = [f"{name} = {self.array(array, len(name) + 3)}" for name, array in self.constants.items()]
        loss = self.names[id(self.root)]
        lines = ["# forward"] * bool(forward) + forward + ["# backward", *self.lines]
        body = "".join(f"    {line}\n" for line in lines)
        step = _wrapped("def step(", self.arguments, "):") + body + _wrapped(f"    return {loss}, {{", returned, "}")
        parts = [*["\n".join(constants)] * bool(constants), *[f"\n{helper}" for helper in self.helpers.values()],
                 f"\n{step}"]
        imports = {"np": "import numpy as np", "torch": "import torch", "jnp": "import jax.numpy as jnp"}
        everything = "\n".join(parts)
        imported = sorted(line for prefix, line in imports.items()
                          if prefix == self.np or re.search(rf"\b{prefix}\.", everything))
        return "\n\n".join(["\n".join(imported), *parts])


def _wrapped(start: str, items: list[str], end: str) -> str:
    """`start`, the items with commas between, `end`, on as many lines as that takes."""
    lines, line = [], start
    for i, item in enumerate(items):
        item += ", " if i < len(items) - 1 else end
        if len(line) + len(item) > 118 and line.strip():
            lines.append(line.rstrip())
            line = " " * len(start)
        line += item
    return "\n".join([*lines, line if items else start + end]) + "\n"


def _shortest(x: Any) -> Any:
    """A narrow float as the shortest number that rounds to it; others as they are."""
    x = np.asarray(x)
    return float(str(x[()])) if x.dtype.kind == "f" and not x.ndim else x


def _identifier(label: str) -> str:
    """A label as a name Python takes; the same characters mean the same name, as they do to Python."""
    name = re.sub(r"\W", "_", unicodedata.normalize("NFKC", label))
    if name in _RESERVED:
        return f"{name}_"
    return name if not name or name.isidentifier() else f"n_{name}"
