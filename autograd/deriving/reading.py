"""A graph read as mathematics: what its nodes are called, their formulas, their derivatives.

Derivatives come from the one walk, `graph.back`, which asks the ops: here with formulas, in `points.py` with numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import sympy as sp

from autograd.core.graph import Node, back, edges, topological
from autograd.deriving.copies import copied
from autograd.deriving.fields import MOVES, Field, OutsideError, The, generic, rational

__all__ = ["WHOLE", "Reading", "family", "parameters"]

SOFTMAX, LARGE = ["ŷ", "p"], ["a"]                 # nameless nodes that are steps of their own
MOST = 14                                           # operations in a nameless part
PRODUCT = 15                                        # what a product of matrices counts, as it brings sums
WHOLE = 30                                          # the same, where each use of a part counts


class Reading:
    """The graph under `root` as mathematics.

    Attributes:
        order: its nodes, each after its inputs.
        name: what nodes are called; those that are not are written out.
        moving: the nodes that depend on what is asked for.
        shown: the named nodes among these: the steps of the derivation.
        helpers: unnamed nodes that got a letter, because they are used more than once.
        field: each node as it stands in the formulas of others.
        formula: each node by its op, in the names of its inputs.
        rests: constants that are 1 − y, with that y.
        siblings: names for what is no node of the graph, with their formulas.
    """

    def __init__(self, root: Any, wrt: Sequence[Any], names: Mapping[str, Any] | None, softmax: bool = True,
                 size: int = WHOLE) -> None:
        given = named_nodes(names)
        self.steps = SOFTMAX if softmax else None   # whether a nameless softmax is a step, or stands inside others
        self.size = size                            # operations in what is written out; more become a step
        self.most = min(MOST, 3 * size)             # the same, where each part counts once
        self.copies: dict[Any, Any] = {}
        self.origin = root, wrt
        root, *wrt = [copied(node, given, self.copies) for node in (root, *wrt)]
        self.root, self.wrt = root, dict.fromkeys(wrt)      # dicts, as `in` a list would ask Tensors for ==
        self.order: list[Any] = topological(root)
        self.name = called(dict.fromkeys([*self.order, *wrt]))
        self.name.setdefault(root, self.free("L"))
        self.shifts = dict.fromkeys(x for x in self.copies.values() if x.largest and x in self.name)
        for node in self.shifts:                    # what softmax takes from all scores
            if node.label == "max":
                self.name[node] = self.free("m")
        for node in wrt:
            if node not in self.name:
                raise ValueError("derive: the node to derive by has no name; give it a label, or pass names=locals()")
        self.moving: set[Any] = set()
        for node in self.order:
            if node in self.wrt or any(x in self.moving for x in node.inputs):
                self.moving.add(node)
        self.shown = dict.fromkeys(node for node in self.order if node in self.name and node in self.moving)
        self.field: dict[Any, Field] = {}
        self.formula: dict[Any, Field] = {}
        self.helpers: dict[Any, None] = {}
        self.spelled: dict[Any, Any] = {}           # the first node of each formula
        self.constants: dict[Any, str] = {}
        self.lengths: dict[sp.Symbol, int] = {}
        self.sizes: dict[Any, int] = {}
        self.above: dict[Any, set[Any]] = {}
        self.users: dict[Any, list[Any]] = {node: [] for node in self.order}
        for x, by, _ in edges(root):
            self.users[x].append(by)
        self.uses = self.uses_of_alike()
        self.beside = self.read_beside(given)
        self.rests = {x: y for i, x in enumerate(self.order) for j, y in enumerate(self.order)
                      if is_rest(x, y) and (y in self.name or j < i)}
        for node in self.order:
            self.read(node, any(by.op.name == "div" and by.inputs[1] is node for by in self.users[node]))
        self.shown = dict.fromkeys(node for node in self.order if node in self.name and node in self.moving
                                   and node not in self.helpers)
        self.siblings = self.numbers(self.beside)
        for helper in [node for node in self.helpers if not node.shape]:
            self.siblings |= self.shares(helper, self.siblings)

    def ranked(self) -> list[str]:
        """All names in the order in which products and sums have them: leaves, what is computed, what only helps."""
        named = [(node.op is not None, self.name[node]) for node in self.order if node in self.name
                 and node not in self.helpers] + [(True, str(symbol)) for symbol in self.siblings]
        families: dict[str, int] = {}               # z_1 before z_2, whichever the graph meets first
        for _, label in named:
            families.setdefault(family(label), len(families))
        named.sort(key=lambda pair: (pair[0], families[family(pair[1])], pair[1]))
        return [*(label for _, label in named), *(self.name[node] for node in self.helpers)]

    def uses_of_alike(self) -> dict[Any, int]:
        """How often each array is used, or one that computes the same: x − μ, written twice."""
        first: dict[Any, Any] = {}
        alike: dict[Any, Any] = {}
        for node in self.order:
            number = node.op is None and not node.shape and not node.label
            alike[node] = node if node.op is None and not number else first.setdefault(
                float(node._data) if number else
                (node.op, *[id(alike[x]) for x in node.inputs], str(parameters(node))), node)
        users: dict[Any, set[Any]] = {}
        for node in self.order:
            users.setdefault(alike[node], set()).update(alike[by] for by in self.users[node])
        return {node: len(users[alike[node]]) for node in self.order if node.shape}

    def read_beside(self, given: Mapping[Any, str]) -> dict[Any, None]:
        """Named nodes outside the graph that are made of it; they are read with it, after the root."""
        found: dict[Any, None] = {}
        inside = set(self.order)
        for node, name in given.items():
            copy = copied(node, given, self.copies)
            below = topological(copy)
            if copy not in inside and name not in self.name.values() and any(x in self.moving for x in below) and all(
                    x in inside or x.op is not None or not (x.requires_grad if x.is_array else x.label) for x in below):
                self.name[copy] = name
                new = [x for x in below if x not in inside]
                inside.update(new)
                self.order += new
                self.users |= {x: [] for x in new}
                found[copy] = None
        return found

    def free(self, *wishes: str) -> str:
        """A name nobody has yet: the first of the wishes that is free, or one with a number."""
        taken = set(self.name.values())
        return next(name for name in [*wishes, *(f"{wishes[0]}_{i}" for i in range(1, 1000))] if name not in taken)

    def read(self, node: Any, divides: bool) -> None:
        """Make the node's formula, and decide how others speak of it."""
        if node.op is None:
            if node not in self.name and node.shape == () and not is_long(float(node._data)):
                self.field[node] = Field(rational(float(node._data)))
                return
            if node not in self.name and node in self.rests:
                self.field[node] = Field.of(1) - self.entry(self.rests[node])       # type: ignore[operator]
                return
            if node not in self.name:
                same = next((x for x in self.constants if x.shape == () == node.shape
                             and x._data == node._data), None)
                letter = self.free(*self.wishes(node)) if same is None else self.name[same]
                self.name[node] = self.constants[node] = letter
            self.field[node] = self.entry(node)
            return
        try:
            formula = Field.apply(node.op, *self.operands(node), *parameters(node))
        except (TypeError, AttributeError, NotImplementedError, IndexError) as error:
            raise outside(node) from error
        self.formula[node] = formula
        spelled = str(formula.at(tuple([sp.Dummy(f"i{axis}") for axis in range(len(node.shape))])))
        twin = self.spelled.setdefault((node.shape, spelled), node)
        twin = twin if twin in self.helpers else None
        if twin is not None and node not in self.name:      # the same sum once more
            self.field[node] = self.field[twin]
            return
        if node not in self.name and (wishes := self.helps(node, formula, divides)):
            if wishes not in (self.steps, LARGE) or node not in self.moving:
                self.helpers[node] = None
            self.name[node] = self.free(*wishes)
        self.field[node] = self.entry(node) if node in self.name else formula

    def helps(self, node: Any, formula: Field, divides: bool) -> Sequence[str]:
        """Letters for a nameless node that gets one: a softmax; what is used twice, or for a whole row, or divides."""
        expr, shape, inputs = formula.at(generic(node)), node.shape, node.inputs
        if node not in self.moving:
            return LARGE if sp.count_ops(expr) > self.most else []
        if shape and node.op.name == "div" and powers(inputs[0]) and any(x is inputs[0] for x in inputs[1].inputs):
            return SOFTMAX
        if node.is_array and node.op.name == "sum" and powers(inputs[0]):
            return ["s", "S"]
        if node.op.name == "sum" and len(inputs) > 1 and all(map(powers, inputs)):
            return ["s", "S"]
        if powers(node) and {by.op.name for by in self.users[node]} <= {"div", "sum"}:
            return []
        spread = any(len(by.shape) and math.prod(by.shape) > math.prod(shape) and by.op.name not in (
            "matmul", "affine") for by in self.users[node])
        if self.whole(node) > self.size * (1 if len(self.users[node]) > 1 else 3):       # too much to go through
            return LARGE
        large = sp.count_ops(expr) > self.most and any(by.op.name not in ("add", "sum", "sub", "neg")
                                                  for by in self.users[node])
        if (large and not divides) or sp.count_ops(expr) > 4 * self.most:        # too much to write out inside another
            return LARGE
        if not (max(len(self.users[node]), self.uses.get(node, 0)) > 1 or divides or (spread and shape)):
            return []
        if node.op.name == "sqrt" or (expr.is_Pow and expr.exp == sp.Rational(1, 2)):
            return ["σ", "ρ"]
        if spread and node.op.name == "div" and inputs[0].op is not None and inputs[0].op.name == "sum":
            return ["μ", "ν"]
        plain = isinstance(expr, The) or (sp.count_ops(expr) <= 1 and not expr.is_Add and not expr.has(sp.Sum))
        return [] if plain else [*("sSq" if node.op.name in ("sum", "add") else "ruv" if expr.is_Pow else "uvr")]

    def whole(self, node: Any) -> int:
        """How long a derivative through the node is: the argument of a function stands in its derivative again."""
        if node not in self.sizes:
            inside = sum(self.whole(x) for x in node.inputs if x in self.moving and x.op is not None and (
                x in self.helpers or x not in self.name))
            plain = hasattr(node.op, "vjps") or node.op.name in ("add", "sub", "neg", "mul", "div", "sum", "dot")
            self.sizes[node] = PRODUCT + 4 * inside if node.op.name == "matmul" else 1 + inside * (1 if plain else 2)
        return self.sizes[node]

    def wishes(self, node: Any) -> str:
        """Letters for a nameless constant: m for maxima, Y for rows that sum to 1, x for data, else c."""
        x = node._data
        if node.shape == ():
            return "ε" if 0 < float(x) < 1e-3 else "c"
        for by in self.order:
            if by.op is not None and by.op.name == "sub" and by.inputs[1] is node:
                whole = by.inputs[0]._data
                axes = tuple(i for i, n in enumerate(x.shape) if n != whole.shape[i]) if x.ndim == whole.ndim else ()
                if axes and (whole == x).any(axes).all():
                    self.shifts[node] = None
                    return "m"
        sums = x.sum(-1)
        if x.ndim and (x >= 0).all() and ((abs(sums - 1) < 1e-9) | (sums == 0)).all() and sums.any():
            return "Y"
        data = any(by.op.name in ("matmul", "affine") and by.inputs[0] is node for by in self.users[node])
        return "xc" if data else "M" if ((x == 0) | (x == 1)).all() else "c"

    def operands(self, node: Any) -> list[Field]:
        """The inputs as they stand in the node's formula; a mean divides by a length, and not by a number."""
        fields = [self.field[x] for x in node.inputs]
        if node.op.name == "div" and node.inputs[1].op is None and node.inputs[1].shape == ():
            total, divisor = node.inputs[0], float(node.inputs[1]._data)
            while total.op is not None and total.op.name == "neg":
                total = total.inputs[0]
            if total.op is not None and total.op.name == "sum" and total.inputs[0].shape:
                shape, (dims, _) = total.inputs[0].shape, parameters(total)
                count = math.prod(shape[i] for i in dims)
                if count > 1 and (divisor == count or (divisor == count - 1 and len(dims) == 1)):
                    length = sp.Mul(*[self.length(i - len(shape), shape[i], len(shape)) for i in dims if shape[i] > 1])
                    fields[1] = Field(length - int(count - divisor))
        return fields

    def length(self, axis: int, length: int, ndim: int) -> sp.Symbol:
        """N: how many there are along an axis; `axis` counts from the last."""
        where = "row" if axis == -2 or ndim == 1 else axis
        symbol = sp.Symbol(f"length {length} at {where}", positive=True, integer=True)
        self.lengths[symbol] = length
        return symbol

    def entry(self, node: Any) -> Field:
        """The node by its name: a symbol, or an array's entry."""
        shape, name = node.shape, self.name[node]
        if all(n == 1 for n in shape):
            return Field(sp.Symbol(name, real=True), shape)
        base = sp.IndexedBase(name, real=True)
        return Field(lambda index: base[tuple([i for i, n in zip(index, shape) if n != 1])], shape)

    def numbers(self, nodes: Iterable[Any]) -> dict[sp.Symbol, sp.Expr]:
        """The names and formulas of those among the nodes that are numbers, and computed."""
        return {self.field[node].expr: self.formula[node].expr for node in nodes
                if node in self.formula and not node.shape}

    def shares(self, helper: Any, found: dict[sp.Symbol, sp.Expr]) -> dict[sp.Symbol, sp.Expr]:
        """Names for the shares of a sum that have none: e^{z_2}/s is ŷ_2 where e^{z_1}/s is ŷ_1."""
        whole, parts = self.field[helper].expr, sp.Add.make_args(self.formula[helper].expr)
        named = {expr: symbol.name for symbol, expr in {**self.numbers(self.shown), **found}.items()}
        suffixes = {part / whole: min(filter(str.isdigit, (s.name.rpartition("_")[2] for s in part.free_symbols)),
                                      default="") for part in parts}
        have = {named[share]: suffix for share, suffix in suffixes.items() if share in named}
        bases = {label.removesuffix(f"_{suffix}") for label, suffix in have.items()}
        if len(bases) != 1 or bases & have.keys():
            return {}
        (base,) = bases
        new = {share: f"{base}_{suffix}" for share, suffix in suffixes.items() if suffix and share not in named}
        return {sp.Symbol(label, real=True): share for share, label in new.items() if label not in self.name.values()}

    # Derivatives.

    def partials(self, node: Any, g: Field) -> dict[Any, Field]:
        """∂node/∂x, for every named x below it that a way without further names leads to, as the table's rules say it:
        what x receives where the gradient of `node` is g.
        """
        stops = {x for x in self.shown if x is not node}
        got = self.pulled(node, g, stops, self.field, self.operands, lambda part, x: fitted(Field.of(part), x.shape))
        return {x: g for x, g in got.items() if x in stops}

    def pulled(self, node: Any, g: Any, stops: Collection[Any], value: Mapping[Any, Any],
               inputs_of: Callable[[Any], Sequence[Any]], fit: Callable[[Any, Any], Any]) -> dict[Any, Any]:
        """What all below `node` receives where its gradient is g; nothing goes through `stops`."""
        gradients: dict[Any, Any] = {node: g}

        def ask(by: Any, g: Any) -> Sequence[Any]:
            needs = [x in self.moving for x in by.inputs]
            if by in stops or not any(needs):
                return [None] * len(needs)
            inputs = inputs_of(by)
            try:
                parts = by.op.pulled(needs, g, value[by], inputs, parameters(by))
                return [part if part is None else fit(part, x) for part, x in zip(parts, inputs)]
            except OutsideError:
                raise
            except (TypeError, AttributeError, NotImplementedError, ValueError) as error:
                raise outside(by) from error

        for _ in back(self.order, gradients, ask):
            pass
        return gradients

    def leading(self, x: Any, partials: Mapping[Any, Mapping[Any, Any]]) -> set[Any]:
        """The named nodes that depend on `x`, and `x` itself."""
        if x not in self.above:
            self.above[x] = {x}
            for node in self.shown:
                if any(y in self.above[x] for y in partials[node]):
                    self.above[x].add(node)
        return self.above[x]


def fitted(part: Field, shape: tuple[int, ...]) -> Field:
    """Broadcasting undone, as the engine does it."""
    if part.shape == shape:
        return part
    return MOVES["reduce_to"](part if part.shape else MOVES["expand"](part, shape), shape)


def outside(node: Any) -> OutsideError:
    where = f" (at {node.label})" if node.label else ""
    remedy = "; use cross_entropy_composite" if node.op.name == "cross_entropy" else "; write it out of smaller steps"
    return OutsideError(f"derive: {node.op.name} is outside what can be derived{where}{remedy}")


def parameters(node: Any) -> Sequence[Any]:
    """What the op was given beside its inputs."""
    saved = getattr(node, "_saved", None)
    return () if saved is None else saved[len(node.inputs):]


def family(label: str) -> str:
    """z, of z_1 and z_2."""
    return label.partition("_")[0]


def powers(node: Any) -> bool:
    """Whether a node is e^x, or that where nothing masks it: M·e^x."""
    if node.op is None or node.op.name != "mul":
        return node.op is not None and node.op.name == "exp"
    return any(x.op is None and powers(y) for x, y in (node.inputs, node.inputs[::-1]))


def is_rest(x: Any, y: Any) -> bool:
    """Whether a nameless constant was made as 1 − y, of which the graph keeps no trace."""
    return x.op is None is y.op and x is not y and not x.label and x.is_array and y.is_array and math.prod(
        x.shape) > 1 and x.shape == y.shape and x.dtype.kind == "f" and not x.requires_grad and bool(
            (x._data == 1 - y._data).all())


def is_long(x: float) -> bool:
    """Whether a number is better called by a letter."""
    r = rational(x)
    return bool(0 < abs(x) < 1e-3 or (r.is_Rational and r.q > 1000 and len(repr(abs(x)).lstrip("0.")) > 6))


def named_nodes(names: Mapping[str, Any] | None) -> dict[Any, str]:
    """What nodes are called by `names`; those in lists with numbers from 1, as z_1 or w_21. A label goes first."""
    found: dict[Any, str] = {}

    def take(name: str, x: Any, numbers: tuple[int, ...] = ()) -> None:
        if isinstance(x, Node):
            by = ("" if all(n < 10 for n in numbers) else "_").join(map(str, numbers))
            found.setdefault(x, x.label or (f"{name}_{by}" if numbers else name))
        elif isinstance(x, (list, tuple)) and len(numbers) < 3:
            for i, each in enumerate(x, 1):
                take(name, each, (*numbers, i))

    for name, x in (names or {}).items():
        take(name, x)
    return found


def called(order: Iterable[Any]) -> dict[Any, str]:
    """The labels of nodes; one that has another's gets a stroke."""
    found: dict[Any, str] = {}
    for node in order:
        name = node.label
        if name:
            while name in found.values():
                name += "′"
            found[node] = name
    return found
