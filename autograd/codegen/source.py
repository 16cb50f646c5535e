"""`source`: a graph and its backward pass as a Python module one can read, run and take elsewhere.

The forward lines are the graph's, one per node. The backward lines come from the ops' own rules, fed with symbols that
remember their text, so what is printed is what the engine does and no derivative stands here. It reads finished
graphs; no engine knows of it.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Mapping, Sequence, Set
from inspect import signature
from typing import Any, NamedTuple

import numpy as np

from autograd.arrays import structural as st
from autograd.arrays.tensor import Tensor
from autograd.codegen.crossentropy import write_cross_entropy
from autograd.codegen.javascript import javascript
from autograd.codegen.libraries import LIBRARIES, NumPy
from autograd.codegen.moving import largest, pick, places, reduce_to, shares, where_largest
from autograd.codegen.page import Page
from autograd.codegen.parameters import paths
from autograd.codegen.text import Text
from autograd.core.graph import Gradients, Node, back, topological
from autograd.core.nary import Nary
from autograd.core.op import TABLE
from autograd.core.showing import Lines, shown_as
from autograd.core.symbols import COMPARE
from autograd.core.value import Value

__all__ = ["Source", "source"]


class Source(Lines):
    """A module's text. In a notebook it shows itself as code, in colours where pygments is installed."""

    __slots__ = ()
    _repr_html_ = shown_as("of_source")


def source(root: Tensor, names: object = None, backend: str = "numpy") -> Source:
    """The text of a module with one function, `step(**leaves) -> (loss, {name: gradient})`.

    Args:
        root: a Value, or a Tensor of one number.
        names: what to call the nodes, such as `locals()`, or a model; otherwise they are called by their labels, and
            the parameters of a module the graph ran through by their paths: `fc1.weight` is `fc1_weight`.
        backend: "numpy", "torch" or "jax": whose functions the text calls. Or "js": of Values, JavaScript, whose
            `step({leaves})` gives `[loss, {gradients}]`.

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
    if isinstance(names, str):
        raise TypeError(f"source: got names={names!r}, expected what to call the nodes, as locals(); for the library "
                        f"write backend={names!r}")
    if hasattr(names, "named_parameters"):
        names = {"model": names}
    elif names is not None and not isinstance(names, Mapping):
        raise TypeError(f"source: got names of type {type(names).__name__}, expected a dict such as locals(), or a "
                        "model")
    if backend == "js" and isinstance(root, Value):
        return javascript(root, _of_modules(root, names))
    if backend == "js":
        raise TypeError("source: JavaScript is written of Values only, as it has no arrays to compute with; got a "
                        "Tensor. Choose 'numpy', 'torch' or 'jax', or compute with Values")
    if backend not in LIBRARIES:
        raise ValueError(f"source: got backend={backend!r}, expected one of {', '.join([*LIBRARIES, 'js'])}")
    if isinstance(root, Tensor) and root._data.size != 1:
        raise ValueError(f"source: got a Tensor of shape {root.shape}, expected one number to differentiate")
    return Source(_Writer(root, names or {}, LIBRARIES[backend]).text())


def _of_modules(root: Value, names: Mapping[str, object] | None) -> dict[str, object]:
    """The names, and those of the parameters of the modules among them, by their paths."""
    found: dict[str, object] = dict(names or {})
    if any(hasattr(x, "named_parameters") for x in found.values()):
        for node, path in paths(topological(root), found).items():
            found.setdefault(_identifier(path, set()), node)
    return found


# What a label may not be called in the text: Python's words, the names the text itself uses, and modules (see below).
_RESERVED = {*keyword.kwlist, "np", "jnp", "torch", "jax", "step", "scatter", "float", "sum", "slice"}
_DOTTED = re.compile(r"(?<![\w.])([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*)*)\.[A-Za-z_]")      # a.b in a.b.c
_LONG_SUM = 12                                      # terms: beyond, a chain of + would nest too deep for Python


class _Writer:
    """Writes one graph on a page.

    Every line is `name = expression`. A node's gradient is called d and the node's name; where it is just another's,
    as that of an addition's inputs, it gets no line and goes by the other's name.
    """

    def __init__(self, root: Tensor, names: Mapping[str, object], library: NumPy) -> None:
        self.root, self.library = root, library
        self.scalar = isinstance(root, Value)
        self.page = Page(library, self.scalar)
        self.immutable = library.immutable or (self.scalar and library.name == "numpy")
        self.order = topological(root)
        self.kept: dict[Tensor, tuple[Any, ...]] = {}  # of a node, what its rule wants of its forward pass
        self.numbers: set[Tensor] = set()           # nodes that are Python numbers in the text
        self.symbols: dict[Tensor, Text] = {}
        self.names: dict[Tensor, str] = {}          # of nodes; the empty name is a number's, written where it is used
        self.leaves: list[Tensor] = []
        self.modules = {match[1] for op in (*TABLE.values(), *st.STRUCTURAL.values())
                        for match in _DOTTED.finditer(op.source.get(library.name, ""))}
        self._name_nodes(names)
        self.wanted = self._wanted()
        self.slopes: dict[Tensor, str] = {}         # names of gradients
        self.slope_names: set[str] = set()
        self.gradients: Gradients = {}              # as far as they are known
        self.shared: set[str] = set()               # gradients that another one is, or looks into

    # Names.

    def _name_nodes(self, names: Mapping[str, object]) -> None:
        reserved = self.page.taken = _RESERVED | self.modules
        called = {x: name for name, x in reversed(list(names.items()))
                  if isinstance(x, (Value, Tensor)) and name.isidentifier() and not name.startswith("_")}
        given: dict[Node, str] = {node: _identifier(called.get(node) or node.label, reserved) for node in self.order}
        if isinstance(self.root, Tensor) and not self.root.requires_grad:
            raise ValueError("source: nothing here requires a gradient; make a parameter with requires_grad=True, "
                             "and check for no_grad() or .detach() on the way")
        if self.root.op is not None and not given[self.root]:
            given[self.root] = "loss"
        anonymous = not any(given[node] for node in self.order if node.op is None)      # paths don't count
        path = paths(self.order, names)
        given |= {node: _identifier(where, reserved) for node, where in path.items()
                  if node not in called and node.label in ("", where.split(".")[-1])}    # layers label "weight"
        for node in sorted(self.order, key=lambda node: node not in called):      # what was named, before labels
            if given[node]:
                self.names[node] = self.page.unused(given[node])
        for node in self.order:
            parameter = node.op is None and (bool(given[node]) or node is self.root or (
                anonymous if isinstance(node, Value) else node.requires_grad))
            if not given[node]:
                number = node.op is None and not parameter and self._may_be_written(node)
                stem = node.op.name if node.op is not None else "x" if parameter else "constant"
                self.names[node] = "" if number else self.page.numbered(stem)
            if parameter:
                self.leaves.append(node)
            elif node.op is None:
                if self.names[node]:
                    self.page.constants[self.names[node]] = np.asarray(node._data)
                else:
                    self.numbers.add(node)
        self.arguments = [*self._name_arrays(names), *[self.names[leaf] for leaf in self.leaves]]

    def _may_be_written(self, node: Tensor) -> bool:
        """Whether a constant can stand as a Python number where it is used: it takes the dtype of what it meets."""
        if isinstance(node, Value):
            return True
        return node.ndim == 0 and bool(node.dtype.kind != "f" or node.dtype == self.root.dtype)

    def _name_arrays(self, names: Mapping[str, object]) -> list[str]:
        """Integer Tensors that index are arguments of `step`; other arrays lend constants their names."""
        indexing = [node._saved[1] for node in self.order if isinstance(node.op, st.Structural)
                    and node.op.name in ("index", "scatter", "cross_entropy")]
        used = {id(k) for key in indexing for k in (key if type(key) is tuple else (key,))}
        arguments, page = [], self.page
        for name, x in names.items():
            if not name.isidentifier() or name.startswith("_") or name in _RESERVED | self.modules:
                continue
            if (isinstance(x, Tensor) and x.op is None and x.dtype.kind != "b"      # how many a mask picks, is frozen
                    and id(x._data) in used and id(x._data) not in page.keys):
                if x not in self.names:             # else it also computes, and is an argument anyhow
                    arguments.append(page.unused(name))
                page.keys[id(x._data)] = page.named(self.names.get(x) or arguments[-1], x._data)
            elif isinstance(x, np.ndarray) or (isinstance(x, Tensor) and x.op is None and not x.requires_grad):
                page.known[name] = np.asarray(x._data if isinstance(x, Tensor) else x)
        return arguments

    def _wanted(self) -> set[Tensor]:
        """The nodes through which a gradient flows to a leaf that has one."""
        wanted = {leaf for leaf in self.leaves if isinstance(leaf, Value) or leaf.requires_grad}
        for node in self.order:
            if node.op is not None and not node.op.constant and any(x in wanted for x in node.inputs):
                wanted.add(node)
        return wanted

    def symbol(self, node: Tensor) -> Text:
        """A node as an operand: its name, or the number it is."""
        if node not in self.symbols:
            name = self.names[node]
            number = node._data if isinstance(node, Value) or node.dtype == np.float64 else _shortest(node._data)
            text = self.page.named(name, np.asarray(node._data)) if name else self.page.operand(number, literal=True)
            text.number = node in self.numbers
            self.symbols[node] = text
        return self.symbols[node]

    def gradient_name(self, x: Tensor) -> str:
        if x not in self.slopes:
            self.slopes[x] = self.page.unused(f"d{self.names[x]}")
            self.slope_names.add(self.slopes[x])
        return self.slopes[x]

    # The forward pass.

    def _forward(self, node: Tensor) -> None:
        op, inputs = node.op, [self.symbol(x) for x in node.inputs]
        name, like, page = self.names[node], np.asarray(node._data), self.page
        if isinstance(op, Nary):
            value = self._nary(node, op, inputs)
        elif op.name == "changed":
            raise ValueError("source: a tensor on the way was changed by item assignment, or in place, after an op "
                             "made it, and its gradient is lost; change a .clone().detach() instead")
        elif isinstance(op, st.Structural):
            parameters = node._saved[len(inputs):]
            if op in (st.pick, st.place):           # its rule is to have the same indices
                self.kept[node] = parameters = (places(inputs[0], parameters[0]), *parameters[1:])
            if op.keeps:
                value = self._fused(node, op, inputs, parameters)
            elif op is st.max_along:
                value = self._largest(node, inputs[0], *parameters)
            else:
                value = page.call(op, inputs, *parameters) if op.arity is None else page.call(op, *inputs, *parameters)
        else:
            value = page.call(op, *inputs)
        if value.number:
            self.numbers.add(node)
        if value.dtype is not None and value.dtype != like.dtype and like.dtype.kind == "f" and not self.scalar:
            value = page.cast(value, like.dtype)
        page.name_what_is_shared([value], [None])
        page.line(name, value)

    def _largest(self, node: Tensor, x: Text, indices: Any, dim: int, keepdim: bool) -> Text:
        """A maximum along `dim`, with a line for where it stands, as its rule wants to know that."""
        if not np.array_equal(indices, node._saved[0].argmax(dim, keepdims=True)):
            picked = pick(x, indices, dim)          # not one that `max` found
            return picked if keepdim else picked.reshape(node.shape)
        if node in self.wanted:
            at = self.page.let(f"{self.names[node]}_at", where_largest(x, dim))
            self.kept[node] = at, dim, keepdim
            self.page.maxima[id(indices)] = at      # a gradient that is itself a node has them too
        return largest(x, dim, keepdim)

    def _nary(self, node: Tensor, op: Nary, inputs: list[Text]) -> Text:
        half = len(inputs) // 2
        if op.name == "cross_entropy":
            rows, reduction = op.rows, op.reduction
            logits = self.page.let("logits", self.library.matrix(self.page, inputs, rows.like.shape))
            loss, kept = write_cross_entropy(self.page, logits, rows, None, reduction)
            self.kept[node] = (logits, *kept)
            return loss
        if op.name in ("max", "logsumexp"):
            row = self.library.matrix(self.page, inputs, (1, len(inputs)))
            call = self.page.call
            return call(st.max_all, row) if op.name == "max" else call(st.logsumexp, row, (0, 1), False)
        if op.name == "sum":
            terms = inputs
        elif op.name == "dot":
            terms = [w * x for w, x in zip(inputs[:half], inputs[half:])]
        else:
            raise TypeError(f"source: {op.name} of Values has no spelling; write it with the ops of the table")
        if not terms or len(terms) > _LONG_SUM:
            return self.page.write("sum([{terms}], 0.0)", {"terms": terms}, number=all(term.number for term in terms))
        value = terms[0]
        for term in terms[1:]:
            value = value + term
        return value

    def _fused(self, node: Any, op: st.Structural, inputs: list[Text], saved: tuple[Any, ...]) -> Text:
        """A fused op, written out: a line for each thing it keeps for its backward pass, then the result.

        What it keeps is called what its function calls it.
        """
        page, parameters = self.page, saved[: len(saved) - op.keeps]
        if op.name == "cross_entropy":
            loss, self.kept[node] = write_cross_entropy(page, inputs[0], saved[-3], *parameters)
            return loss
        result: Text
        result, *kept = op.array(*inputs, *parameters)
        symbols: list[Text] = []
        for stem, x in zip(list(signature(op.joint or op.vjps[0]).parameters)[-op.keeps:], kept):
            page.name_what_is_shared([x], [None])
            symbols.append(page.let(stem, x))
            x.name = symbols[-1].text
        self.kept[node] = (*parameters, *symbols)
        return result

    # The backward pass.

    def _backward(self) -> None:
        if self.root not in self.wanted:
            return
        root, name = self.symbol(self.root), self.gradient_name(self.root)
        seed = self.library.one(root, self.scalar)
        self.page.lines.append(f"{name} = {seed.text}")
        self.gradients[self.root] = self.page.named(name, seed)
        for use in back(self.order, self.gradients, self._asked, _Sum):
            reached = self.gradients[use.node]
            before, part = reached if isinstance(reached, _Sum) else (None, reached)
            self.gradients[use.node] = self._added(use.node, before, part)

    def _asked(self, node: Tensor, g: Text) -> list[Text | None]:
        """What the inputs of a node receive. What they share has a line of its own by then."""
        needs = [x in self.wanted for x in node.inputs]
        parts = [self._fitted(x, part) if need and isinstance(part, Text) else None
                 for x, need, part in zip(node.inputs, needs, self._pulled(node, g, needs))]
        first: list[str | None] = []                # names that a part may take: those of gradients it begins
        begun: set[Tensor] = set()
        for x, part in zip(node.inputs, parts):
            begins = part is not None and x not in self.gradients and x not in begun and (
                x.op is not None or self.immutable or part.own)
            first.append(self.gradient_name(x) if begins else None)
            begun.add(x)
        self.page.name_what_is_shared(parts, first)
        return parts

    def _pulled(self, node: Tensor, g: Text, needs: list[bool]) -> Sequence[Text | None]:
        """What flows back to each input, by the op's own rule. (A 0.0 is nothing.)"""
        op, out = node.op, self.symbol(node)
        inputs = [self.symbol(x) for x in node.inputs]
        if isinstance(op, Nary) and node in self.kept:      # as the node of Tensors that it was written out as
            logits, *kept = self.kept[node]
            (pulled,) = st.STRUCTURAL[op.name].pulled([True], g, out, [logits], kept)
            gradient = self.page.let(f"d{logits.text}", pulled)
            return [gradient[divmod(i, logits.shape[1])] for i in range(len(inputs))]
        if op is st.max_all:                        # whose rule counts equal maxima: written out instead of counted now
            return [g * shares(inputs[0], out)]
        rest = self.kept.get(node, node._saved[len(inputs):]) if isinstance(op, st.Structural) else ()
        return op.pulled(needs, g, out, inputs, rest)       # type: ignore[no-any-return]

    def _fitted(self, x: Tensor, part: Text) -> Text:
        """A contribution in the shape and dtype of what it is for: here, and only here, broadcasting is undone."""
        if part.shape != np.shape(x._data):
            part = reduce_to(part, np.shape(x._data))
        if not self.scalar and part.dtype is not None and part.dtype != x._data.dtype and x._data.dtype.kind == "f":
            part = self.page.cast(part, x._data.dtype)
        return part

    def _added(self, x: Any, before: Text | None, part: Text) -> Text:
        """Print how a contribution joins the gradient of x, and give that as an operand.

        `+=` changes an array that other names may stand for, in NumPy and in PyTorch. So it is written only where the
        array is the gradient's own: made by an expression of its own rather than another's gradient, a view or a
        broadcast of one. JAX's arrays and NumPy's numbers never change, and there `+=` is always safe.
        """
        name, page = self.gradient_name(x), self.page
        ours = before is not None and before.text == name and (before.fresh or self.immutable)
        own = True
        if before is None:
            if part.name != name:                   # else its line has been printed, as others wanted it too
                if part.bare.simple and x.op is not None:
                    return part                     # no line: it goes by the other's name
                part = part if x.op is not None else self._handed_out(part)
                dtype = "float64" if self.scalar else x.dtype.name
                page.line(name, part, self.library.zeros_for(self.names[x], dtype))
            own = part.own
            if not own:
                self.shared.add(name)
        elif part.into is not None:
            if not ours:
                page.line(name, self._copied(before))
            page.lines += page.adding(name, part)
        elif ours:
            sign, amount = ("-", part.bare.negated) if part.bare.negated is not None else ("+", part.bare)
            page.lines.append(f"{name} {sign}= {amount.within(COMPARE)}" + ("" if self.scalar else f"  # {part.shape}"))
        else:
            part = before + part if part.negated is None else before - part.negated
            page.line(name, part)
            own = part.own
        gradient = page.named(name, part)
        gradient.fresh = own
        return gradient

    def _handed_out(self, part: Text) -> Text:
        """The gradient of a leaf, copied if it would be a broadcast, or share memory with another leaf's."""
        if self.immutable or part.own:
            return part
        name = re.match(r"\w*", part.within(COMPARE))[0]           # type: ignore[index]
        if part.narrow is not None or name not in self.slope_names or name in self.shared:
            return self._copied(part)
        self.shared.add(name)
        return part

    def _copied(self, x: Text) -> Text:
        return x.like(self.library.spelled["copy"])

    # The whole text.

    def text(self) -> str:
        page = self.page
        for node in self.order:
            if node.op is not None:
                self._forward(node)
        forward, page.lines = page.lines, []
        self._backward()
        returned = []
        for leaf in self.leaves:
            if leaf in self.wanted:
                value = (self.gradients[leaf].text if leaf in self.gradients
                         else "0.0" if self.scalar else self.library.zeros(leaf.shape, leaf.dtype))
                returned.append(f'"{self.names[leaf]}": {value}')
        constants = [f"{name} = {page.array(array, len(name) + 3)}" for name, array in page.constants.items()]
        lines = ["# forward"] * bool(forward) + forward + ["# backward", *page.lines]
        body = "".join(f"    {line}\n" for line in lines)
        end = _wrapped(f"    return {self.names[self.root]}, {{", returned, "}")
        step = _wrapped("def step(", self.arguments, "):") + body + end
        parts = [*["\n".join(constants)] * bool(constants), *[f"\n{helper}" for helper in page.helpers.values()],
                 f"\n{step}"]
        return "\n\n".join(["\n".join(self._imports("\n".join(parts))), *parts])

    def _imports(self, text: str) -> list[str]:
        """What the text imports: its library, and the modules whose functions it calls."""
        imported = {library.prefix: library.imported for library in LIBRARIES.values()}
        found = {self.library.imported}
        for match in _DOTTED.finditer(text):
            root, inner = match.groups()
            if root in imported:
                found.add(imported[root])
            elif root in self.modules:
                found.add(f"import {root}{inner}")
        return sorted(found)


class _Sum(NamedTuple):
    """A gradient and a contribution, not yet printed as one."""

    before: Text
    part: Text


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


def _shortest(x: object) -> object:
    """A narrow float as the shortest number that rounds to it; others as they are."""
    x = np.asarray(x)
    return float(str(x[()])) if x.dtype.kind == "f" and not x.ndim else x


def _identifier(label: str, reserved: Set[str]) -> str:
    """A label as a name Python takes; the same characters mean the same name, as they do to Python."""
    name = re.sub(r"\W", "_", unicodedata.normalize("NFKC", label))
    if name in reserved:
        return f"{name}_"
    return name if not name or name.isidentifier() else f"n_{name}"
