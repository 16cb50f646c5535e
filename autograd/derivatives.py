"""Derivatives as results: gradients that leave `.grad` alone, Jacobians, Hessians, products with them, to any order.

`backward` feeds the rules of the table with floats and arrays; here the same rules are fed the nodes themselves, and
what comes out is a graph again, to be differentiated in its turn. No derivative is written here. The module reads
finished graphs of either engine; the engines know nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from autograd.arrays import structural as st
from autograd.arrays.tensor import Tensor, as_array, stack
from autograd.core.graph import Gradients, Node, back, topological
from autograd.core.modes import enable_grad, recorded_choices, watching
from autograd.core.numbers import number
from autograd.core.op import Op
from autograd.core.value import Value

__all__ = ["grad", "hessian", "jacobian", "jvp", "vjp"]


def grad(outputs: Any, inputs: Any, create_graph: bool = False, grad_outputs: Any = None) -> Any:
    """∂outputs/∂inputs, returned rather than added to `.grad`.

    Args:
        outputs: a node, or several whose derivatives are added up.
        inputs: a node, for which one gradient is returned, or several, for a list of them.
        create_graph: return nodes, which can be differentiated again. Otherwise, as in `.grad`: floats for Values,
            detached Tensors for Tensors.
        grad_outputs: what to multiply from the left, one for each output in its shape; 1 where left out, which for a
            Tensor of more than one number is an error.

    Raises:
        TypeError: for what is not a node, or Values and Tensors together.
        ValueError: for a Tensor that requires no gradient, a `grad_outputs` of the wrong shape, or, with
            `create_graph`, a node whose inputs were changed since it was computed.

    An input the outputs do not depend on has the gradient 0.

    >>> x = Value(2.0)
    >>> slope = grad(x ** 3, x, create_graph=True)
    >>> slope.data, grad(slope, x)
    (12.0, 12.0)
    """
    ends, starts = _nodes("outputs", outputs), _nodes("inputs", inputs)
    if len({isinstance(node, Value) for node in ends + starts}) > 1:
        raise TypeError("grad: got Values and Tensors together; a graph is of one kind")
    for what, nodes in ("output", ends), ("input", starts):
        for node in nodes:
            if isinstance(node, Tensor) and not node.requires_grad:
                raise ValueError(f"grad: {node.label or f'an {what}'} of shape {node.shape} requires no gradient; make "
                                 "it with requires_grad=True, and check for no_grad() or .detach() on the way")
    if isinstance(outputs, Node):
        grad_outputs = [grad_outputs]
    given = [None] * len(ends) if grad_outputs is None else grad_outputs
    if len(given) != len(ends):
        raise ValueError(f"grad: got {len(given)} grad_outputs for {len(ends)} outputs; there must be as many of both")
    seeds = [_seed(end, g, create_graph) for end, g in zip(ends, given)]
    someone = None if create_graph else watching()  # new nodes are looked at as they are made
    with enable_grad(), recorded_choices() if create_graph else nullcontext(), np.errstate(all="ignore"):
        gradients: Gradients = {}
        for end, seed in zip(ends, seeds):
            gradients[end] = gradients[end] + seed if end in gradients else seed
        order, needs = _between(ends, starts)
        ask = _in_nodes if create_graph else _in_numbers
        uses = back(order, gradients, lambda node, g: ask(node, g, [id(x) in needs for x in node.inputs]))
        for use in uses:
            if someone is not None:
                someone.used(use)
    if someone is not None:
        someone.summed((node, gradients[node]) for node in starts if node in gradients)
    results = [_result(node, gradients.get(node), create_graph) for node in starts]
    return results[0] if isinstance(inputs, Node) else results


def jacobian(f: Callable[[Any], Any], x: object, create_graph: bool = False) -> Any:
    """All partial derivatives of f at x.

    For a Tensor x and a Tensor f(x), a Tensor of shape f(x).shape + x.shape. For a Value or nested lists of them, a
    number for each number of f(x) and of x, nested as f(x) is and, within, as x is.

    Args:
        f: takes x, returns a node (or nested lists of Values).
        x: where: a Tensor or an array; a Value, a number, or nested lists of them.
        create_graph: return nodes, which can be differentiated again, with respect to x too.

    >>> jacobian(lambda x: x * x, Tensor([1.0, 2.0, 3.0]))
    tensor([[2., 0., 0.],
            [0., 4., 0.],
            [0., 0., 6.]])
    >>> jacobian(lambda x: [x[0] * x[1], x[0] / x[1]], [Value(1.0), Value(2.0)])
    [[2.0, 1.0], [0.5, -0.25]]
    """
    with enable_grad():
        x = _argument(x, create_graph)
        y = f(x)
        if isinstance(x, Tensor):
            return _tensor_jacobian(_output("jacobian", y, Tensor), x, create_graph)
        flat = _flat(x)
        return _map(lambda end: _like(x, iter(grad(_output("jacobian", end, Value), flat, create_graph))), y)


def hessian(f: Callable[[Any], Any], x: object, create_graph: bool = False) -> Any:
    """All second derivatives of f, which returns one number, at x: shape x.shape + x.shape, or lists nested so.

    >>> hessian(lambda x: (x * x * x).sum(), Tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    >>> hessian(lambda x: x[0] * x[0] * x[1], [Value(3.0), Value(5.0)])
    [[10.0, 6.0], [6.0, 0.0]]
    """
    def one(x: object) -> Any:
        y = f(x)
        if isinstance(y, Tensor) and y._data.size == 1:
            return y.reshape(())
        if not isinstance(y, Value):
            got = f"shape {y.shape}" if isinstance(y, Tensor) else type(y).__name__
            raise ValueError(f"hessian: f returned {got}, expected one number; for more, take jacobian of jacobian")
        return y

    return jacobian(lambda x: jacobian(one, x, create_graph=True), x, create_graph)


def vjp(f: Callable[[Any], Any], x: object, v: object = None, create_graph: bool = False) -> tuple[Any, Any]:
    """f(x), and v · J: the vector v, in the shape of f(x), times the Jacobian of f. One backward pass.

    >>> y, product = vjp(lambda x: x * x, Tensor([1.0, 2.0]), [1.0, 10.0])
    >>> product
    tensor([ 2., 40.])
    """
    with enable_grad():
        x = _argument(x, create_graph)
        y = f(x)
        if isinstance(x, Tensor):
            y = _output("vjp", y, Tensor)
            product = grad(y, x, create_graph, v) if y.requires_grad else Tensor(np.zeros(x.shape), dtype=x.dtype)
            return (y if create_graph else y.detach()), product
        ends = [_output("vjp", end, Value) for end in _flat(y)]
        gradients = grad(ends, _flat(x), create_graph, None if v is None else _flat(v))
        return (y if create_graph else _map(float, y)), _like(x, iter(gradients))


def jvp(f: Callable[[Any], Any], x: object, v: object) -> tuple[Any, Any]:
    """f(x), and J · v: how f(x) moves when x moves along v, which has the shape of x.

    Values are swept forwards with the local derivatives they keep. For Tensors it is two backward passes: v' · J is
    linear in v', and its derivative by v' along v is J · v.

    >>> y, movement = jvp(lambda x: x * x, Tensor([1.0, 2.0]), [1.0, 10.0])
    >>> movement
    tensor([ 2., 40.])
    """
    with enable_grad():
        x = _argument(x, create_graph=False)
        y = f(x)
        if not isinstance(x, Tensor):
            return _map(float, y), _forward(y, x, v)
        y = _output("jvp", y, Tensor)
        v = as_array(v, x.dtype)
        if v.shape != x.shape:
            raise ValueError(f"jvp: got a v of shape {v.shape}, expected {x.shape}, that of x")
        if not y.requires_grad:
            return y.detach(), Tensor(np.zeros(y.shape), dtype=y.dtype)
        dual = Tensor(np.ones(y.shape), True, y.dtype)
        product = grad(y, x, create_graph=True, grad_outputs=dual)
        return y.detach(), grad(product, dual, grad_outputs=v)


# One walk back over the part of the graph between outputs and inputs.

def _between(ends: Sequence[Node], starts: Sequence[Node]) -> tuple[list[Node], set[int]]:
    """The nodes on the ways down from `ends` to `starts`, in order, and the ids of all that lie on one."""
    order = list(dict.fromkeys(node for end in ends for node in topological(end)))
    needs = {id(node) for node in starts}
    for node in order:
        if any([id(x) in needs for x in node.inputs]):
            needs.add(id(node))
        elif node.op is not None and not node.inputs:
            node.op.pulled((), None, node, ())      # changed in place after the fact: its op says so
    return [node for node in order if id(node) in needs], needs


def _in_numbers(node: Node, g: object, needs: Sequence[bool]) -> Sequence[object]:
    return [part if needed else None for needed, part in zip(needs, node.contributions(g, needs))]


def _in_nodes(node: Any, g: object, needs: Sequence[bool]) -> Sequence[object]:
    """What a node's inputs receive, as nodes: its op fed with the nodes themselves."""
    op, inputs = node.op, node.inputs
    if isinstance(node, Value):
        _check_value(node)
        return op.pulled(needs, g, node, inputs)    # type: ignore[no-any-return]
    saved = node._saved
    for x, seen in zip(inputs, saved):
        if x._data is not seen:
            raise _changed(node, x)
    parts = op.pulled(needs, g, node, inputs, saved[len(inputs):])
    return [part if part is None else _fitted_node(part, x) for x, part in zip(inputs, parts)]


def _fitted_node(part: Tensor, x: Tensor) -> Tensor:
    """As the engine does for arrays: broadcasting undone, the dtype restored."""
    if part.shape != x.shape:
        part = st.reduce_to(part, x.shape)
    return part if part.dtype == x.dtype else st.cast(part, x.dtype)


def _check_value(node: Value) -> None:
    """A partial recomputed from the inputs is right only if they still are what the forward pass saw."""
    op: Op = node.op
    again = Value.apply(op, *node.inputs)
    before, now = (node._data, *node.partials), (again._data, *again.partials)
    if not all([a == b or (a != a and b != b) for a, b in zip(before, now)]):
        raise _changed(node, *node.inputs)


def _changed(node: Node, *inputs: Node) -> ValueError:
    labels = [x.label for x in (*inputs, node) if x.label]
    which = f"{', '.join(labels)}: " if labels else ""
    return ValueError(f"grad: {which}.data was changed after {node.op.name} used it, so its derivatives can't be "
                      "differentiated any more; compute the outputs anew after the change")


# Arguments and results.

def _nodes(what: str, nodes: object) -> list[Any]:
    found = [nodes] if isinstance(nodes, Node) else list(nodes) if isinstance(nodes, Iterable) else [nodes]
    for node in found:
        if not isinstance(node, (Value, Tensor)):
            raise TypeError(f"grad: got {what} with a {type(node).__name__} among them, expected Values or Tensors")
    if not found:
        raise ValueError(f"grad: got no {what}")
    return found


def _seed(end: Any, given: Any, create_graph: bool) -> Any:
    if isinstance(end, Value):
        g: Any = given if isinstance(given, Value) else Value(1.0 if given is None else number(given, "grad_outputs"))
        return g if create_graph else g._data
    if given is None:
        if end._data.size != 1:
            raise ValueError(f"grad: an output of shape {end.shape} needs grad_outputs of that shape; "
                             "to differentiate one number, reduce it first: .sum() or .mean()")
        given = np.ones(end.shape)
    g = given if isinstance(given, Tensor) and given.dtype == end.dtype else Tensor(as_array(given, end.dtype))
    if g.shape != end.shape:
        raise ValueError(f"grad: got grad_outputs of shape {g.shape} for an output of shape {end.shape}")
    return g if create_graph else g._data


def _result(x: Any, g: Any, create_graph: bool) -> Any:
    if isinstance(x, Value):
        return g if g is not None else Value(0.0) if create_graph else 0.0
    if g is None:
        g = np.zeros(x.shape, x.dtype)
    if not isinstance(g, Tensor):
        g = Tensor(g, dtype=x.dtype)
    if create_graph and not g.requires_grad:        # a constant gradient can be differentiated too, and gives zeros
        g = g.detach().requires_grad_()
    return g


def _argument(x: object, create_graph: bool) -> Any:
    """x as what f is called with: itself if derivatives are to reach it, else fresh leaves."""
    if isinstance(x, Tensor):
        return x if create_graph and x.requires_grad else Tensor(x, True, label=x.label)
    if isinstance(x, np.ndarray):
        return Tensor(x, True)
    return _map(lambda v: v if isinstance(v, Value) and create_graph else Value(float(v) if isinstance(v, Value) else v,
                                                                              getattr(v, "label", "")), x)


def _output(name: str, y: object, kind: type) -> Any:
    if not isinstance(y, kind):
        raise TypeError(f"{name}: f returned a {type(y).__name__}, expected a {kind.__name__}"
                        + (" or nested lists of them" if kind is Value else ""))
    return y


def _tensor_jacobian(y: Tensor, x: Tensor, create_graph: bool) -> Tensor:
    shape = (*y.shape, *x.shape)
    if not y.requires_grad or 0 in shape:
        return Tensor(np.zeros(shape), create_graph, x.dtype)
    rows = []
    for i in range(y._data.size):
        seed = np.zeros(y._data.size, y.dtype)
        seed[i] = 1
        rows.append(grad(y, x, create_graph, seed.reshape(y.shape)))
    return stack(rows).reshape(shape) if create_graph else Tensor(
        np.stack([row._data for row in rows]).reshape(shape), dtype=x.dtype)


def _forward(y: object, x: object, v: object) -> Any:
    starts, along = _flat(x), _flat(v)
    if len(starts) != len(along):
        raise ValueError(f"jvp: got {len(along)} numbers for v, expected {len(starts)}, as many as x has")
    movement = {id(node): number(d, "jvp") for node, d in zip(starts, along)}

    def moved(end: object) -> float:
        for node in topological(_output("jvp", end, Value)):
            if id(node) not in movement:
                movement[id(node)] = sum((p * movement[id(a)] for p, a in zip(node.partials, node.inputs)), 0.0)
        return movement[id(end)]

    return _map(moved, y)


def _map(function: Callable[[Any], Any], x: object) -> Any:
    return [_map(function, item) for item in x] if isinstance(x, (list, tuple)) else function(x)


def _flat(x: object) -> list[Any]:
    return [leaf for item in x for leaf in _flat(item)] if isinstance(x, (list, tuple)) else [x]


def _like(x: Any, items: Any) -> Any:
    """The items, nested as x is."""
    return [_like(part, items) for part in x] if isinstance(x, (list, tuple)) else next(items)
