"""What an op is: how to compute it, its partial derivatives, and all else that its readers ask of it.

An op answers one question, `pulled`: what does each input receive of the gradient that arrives at the result? It
answers whatever it is fed: floats, arrays, nodes, texts. `elementwise` makes an op and puts it in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, ClassVar

__all__ = ["TABLE", "Op", "Operand", "elementwise", "for_each_row", "numpy", "times"]

Rule = Callable[..., Any]
TABLE: dict[str, Op] = {}


class Operand:
    """What rules may be fed beside floats and arrays: a `Value`, a `Tensor`, a text. It says how to apply an op."""

    __slots__ = ()

    @classmethod
    def apply(cls, op: Op, *inputs: object) -> Any:
        raise NotImplementedError(f"{cls.__name__} does not say how to apply {op.name}")


class Op:
    """One row of the table.

    Attributes:
        name, symbol: what it is called in Python (`mul`) and in a picture (`*`).
        floats: floats -> float. It may raise where Python's arithmetic does; then `edge` is asked, which never does.
        array: arrays -> array, the same function elementwise.
        partials: one function `(out, *inputs) -> ∂out/∂input` per input.
        arity: how many inputs it takes; None for any number.
        methods: what `Value` and `Tensor` call it; an operator's method stands first.
        source: how each library writes it, by the library's name; see `elementwise`.
        words: what it does to a gradient, where no formula says it.
        remedy: what usually helps where its result is inf or nan.
        constant: whether its result counts as a constant: nothing flows back.
        domain: for each input, where the tests may try it: away from kinks and poles.
        kink: from where to where ∂out/∂x jumps at 0, of two inputs where they are equal; None where it does not.

    An op can be called on anything a rule may be fed:

    >>> TABLE["sigmoid"](0.0)
    0.5
    >>> TABLE["mul"].partials[0](6.0, 2.0, 3.0)     # ∂(x·y)/∂x = y
    3.0
    """

    __slots__ = ("_array", "arity", "array", "constant", "domain", "edge", "floats", "kink", "methods", "name",
                 "partials", "pull", "remedy", "source", "symbol", "words")
    home: ClassVar[tuple[str, str]] = ("autograd.core.op", "TABLE")     # where ops of its kind are listed
    arity: int | None
    array: Rule

    def __init__(self, name: str, floats: Rule, array: Rule | str, *partials: Rule, symbol: str | None = None,
                 methods: Sequence[str] | None = None, edge: Rule | None = None,
                 source: Mapping[str, str] | None = None,
                 words: str = "", remedy: str = "", domain: Sequence[tuple[float, float]] = (),
                 kink: tuple[float, float] | None = None) -> None:
        self.name, self.symbol = name, name if symbol is None else symbol
        self.floats, self._array, self.partials = floats, array, partials
        if not isinstance(array, str):
            self.array = array
        self.arity = len(partials)
        self.methods = (name,) if methods is None else tuple(methods)
        self.edge = edge or _nan
        shared = {"numpy": f"np.{array}", "torch": f"torch.{array}", "jax": f"jnp.{array}"}
        self.source = {**(shared if isinstance(array, str) else {}), **(source or {})}
        self.words, self.remedy, self.constant = words, remedy, False
        self.kink = kink
        self.domain = tuple(domain) or ((-3.0, 3.0),) * len(partials)
        self.pull: Callable[[Any, object], None] = _written_first       # its step of `Tensor.backward`

    def __getattr__(self, name: str) -> Any:
        """NumPy's functions are named, and looked up when `array` is first wanted: numbers need no NumPy."""
        if name != "array":
            raise AttributeError(f"an op has no attribute {name!r}")
        self.array = getattr(numpy(self.name), str(self._array))
        return self.array

    def __call__(self, *inputs: object) -> Any:
        for x in inputs:
            if isinstance(x, Operand):
                return x.apply(self, *inputs)
        floats = all(type(x) is float for x in inputs)      # exactly: np.float64 is a subclass of float
        return self.floats(*inputs) if floats else self.array(*inputs)

    def slopes(self, out: object, *inputs: object) -> Sequence[Any]:
        """Every ∂out/∂input."""
        return [partial(out, *inputs) for partial in self.partials]

    def pulled(self, needs: Sequence[bool], g: object, out: object, inputs: Sequence[object],
               rest: Sequence[object] = ()) -> Sequence[Any]:
        """What each input receives of g, the gradient of `out`: ∂out/∂input · g, or None where it `needs` nothing.

        `rest` is what the op was given beside its inputs. Broadcasting is not undone here.

        >>> TABLE["mul"].pulled([True, False], 10.0, 6.0, [2.0, 3.0])
        [30.0, None]
        """
        return [times(partial(out, *inputs), g) if needed else None for needed, partial in zip(needs, self.partials)]

    def __repr__(self) -> str:
        return f"<op {self.name} {self.symbol}>"


def times(slope: Any, g: Any) -> Any:
    """slope · g; a slope that is the number 1 or −1 costs no product."""
    if type(slope) is float and (slope == 1.0 or slope == -1.0):
        return g if slope == 1.0 else -g
    return slope * g


def _nan(*inputs: float) -> float:
    return float("nan")


def _written_first(node: Any, unreached: object) -> None:
    node.write_pull(node.op)
    node.op.pull(node, unreached)


_readers: list[Callable[[Op], None]] = []


def for_each_row(reader: Callable[[Op], None]) -> None:
    """Have `reader` called with every row of the table, and with every row still to come."""
    _readers.append(reader)
    for op in list(TABLE.values()):
        reader(op)


def elementwise(name: str, floats: Rule, array: Rule | str, *partials: Rule, **known: Any) -> Op:
    """Add a row to the table: that is all it takes to add an op to both engines and to every other reader.

    Args:
        name: what it is called in Python.
        floats: the function of floats.
        array: the same function of arrays, elementwise; or the name of NumPy's, which PyTorch and JAX are then taken
            to share.
        partials: for each input, `(out, *inputs) -> ∂out/∂input`, written with operators and other ops.
        known: anything of `Op`'s attributes: `symbol`, `methods`, `edge`, `source`, `words`, `remedy`, `domain`.

    `source` maps "numpy", "torch", "jax", "js" or "numba" to a function's name ("torch.erf") or, where that is not
    enough, to an expression of x, y and z in braces ("np.maximum({x}, 0.0)"), and of the result's dtype. JavaScript and
    Numba are told only what `floats` does not say: a function of `math`, or an expression of operators and other ops,
    they take from there.

    Raises:
        ValueError: for what is no Python name, or no partial derivative.
    """
    if not name.isidentifier() or not partials:
        raise ValueError(f"elementwise: got the name {name!r} and {len(partials)} partial derivatives; expected a "
                         "Python name, and a partial derivative for each input")
    op = TABLE[name] = Op(name, floats, array, *partials, **known)
    for reader in _readers:
        reader(op)
    return op


def numpy(what: str) -> ModuleType:
    """NumPy, for what needs it.

    Raises:
        ImportError: that says so, where it is not installed.
    """
    try:
        return import_module("numpy")
    except ImportError:
        raise ImportError(f"{what}: this needs NumPy: pip install numpy") from None
