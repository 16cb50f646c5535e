"""A graph of Values run many nodes at a time: nodes of one op at one depth become one NumPy call.

In four steps. Fold: an addition used once joins the sum that uses it, and a product used once joins it as a term, so
that a neuron is one sum of products. Level: a node's level is the longest way to it from a leaf; those of one level
and op form a group. Lay out: each group's numbers stand side by side, so that operands are mostly slices or strided
views. Emit: the table's row is fed with a group's operands; a group of sums of products whose left rows and right
rows form a grid is a matrix product and goes to BLAS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd.arrays.structural import logsumexp
from autograd.core.nary import LARGEST, LOGSUMEXP, Nary
from autograd.core.op import TABLE, Op, Rule, times
from autograd.replaying.flat import Flat
from autograd.replaying.program import Array, Program, Register, expand_to, ours
from autograd.replaying.tapes import at_once

__all__ = ["Folded", "Groups", "fold"]


def _spread(starts: Array, counts: Array) -> Array:
    """The positions start, start + 1, … of each of several runs, one run after another."""
    ends = np.cumsum(counts)
    return np.repeat(starts - ends + counts, counts) + np.arange(ends[-1] if len(ends) else 0)


class Folded:
    """A graph whose additions and products have been gathered into sums of terms.

    Attributes:
        nodes: positions of the nodes left, leaves not among them.
        summing: whether each node is a sum of terms rather than made by its op.
        term_start: (n + 1,): where each node's terms start in `left` and `right`.
        left, right: the terms, left·right, or left alone where right is -1. Other nodes have their inputs in `left`.
        level: (n,): each node's level; None if there are more than `deepest`.
    """

    def __init__(self, flat: Flat, deepest: int) -> None:
        n = len(flat)
        adding, mul, dot = (np.array([op is not None and op.name in names for op in flat.ops])[flat.code]
                            for names in (("add", "sum", "dot"), ("mul",), ("dot",)))

        # Every edge: (the node that uses, left, right), where a dot product's edges are its products.
        several = [(i, x) for i, x in flat.more.items() if not dot[i]]
        dots = [(i, x[: len(x) // 2], x[len(x) // 2:]) for i, x in flat.more.items() if dot[i]]
        one, two = np.flatnonzero(flat.a >= 0), np.flatnonzero(flat.b >= 0)
        user = np.concatenate([one, two, *[np.full(len(x), i) for i, x in several],
                               *[np.full(len(x), i) for i, x, _ in dots]])
        left = np.concatenate([flat.a[one], flat.b[two], *[x for _, x in several], *[x for _, x, _ in dots]])
        plain = len(user) - sum(len(x) for _, x, _ in dots)         # so many edges lead from an input that stands alone
        right = np.concatenate([np.full(plain, -1), *[y for _, _, y in dots]])
        uses = np.bincount(left, minlength=n) + np.bincount(right[plain:], minlength=n)
        user_of = np.full(n, -1)
        user_of[left[:plain]] = user[:plain]        # for what is used once: by whom
        absorbed = (uses == 1) & (user_of >= 0) & adding[user_of] & (adding | mul)
        absorbed[flat.root] = False
        sums, products = absorbed & adding, absorbed & mul
        head = np.where(sums, user_of, np.arange(n))
        while True:                                 # to the end of each chain, doubling the stride
            further = head[head]
            if np.array_equal(further, head):
                break
            head = further

        inside = products[user]
        inside[:plain] |= sums[left[:plain]]
        edges = np.flatnonzero(~inside)
        user, left, right = user[edges], left[edges], right[edges]
        edges = np.lexsort((user, head[user]))      # within a sum, as the chain added them
        user, left, right = head[user[edges]], left[edges], right[edges]
        product = np.flatnonzero((right < 0) & products[left])
        right[product], left[product] = flat.b[left[product]], flat.a[left[product]]
        made = flat.code > 0
        first = _first_alike(flat)
        left, right = first[left], np.where(right < 0, -1, first[right])
        rank = (np.arange(n) >= flat.leaves[0]) + made              # parameters on the left, then constants
        swap = np.flatnonzero((right >= 0) & (rank[left] > rank[right]))
        left[swap], right[swap] = right[swap], left[swap]

        self.nodes = np.flatnonzero(made & ~absorbed)
        self.summing = adding[self.nodes]
        self.left, self.right = left, right
        self.term_start = np.searchsorted(user, np.append(self.nodes, n))
        self.level = self._levels(n, deepest)

    def _levels(self, n: int, deepest: int) -> Any:
        """Longest ways from a leaf, by taking off the nodes whose inputs are all done, again and again."""
        m = len(self.nodes)
        index = np.full(n + 1, -1)
        index[self.nodes] = np.arange(m)
        index[n] = -1
        counts = np.diff(self.term_start)
        user = np.repeat(np.arange(m), counts)
        source = np.concatenate([index[self.left], index[self.right]])      # right is -1: index[-1] is -1
        user = np.concatenate([user, user])
        user, source = user[source >= 0], source[source >= 0]
        order = np.argsort(source, kind="stable")   # five times as fast here as the default
        user, source = user[order], source[order]
        start = np.searchsorted(source, np.arange(m + 1))
        waiting = np.bincount(user, minlength=m)
        level, seat = np.zeros(m, np.intp), np.zeros(m, np.intp)
        front = np.flatnonzero(waiting == 0)
        depth = 0
        while len(front):
            depth += 1
            if depth > deepest:
                return None
            level[front] = depth
            reached = user[_spread(start[front], start[front + 1] - start[front])]
            np.subtract.at(waiting, reached, 1)
            front = reached[waiting[reached] == 0]
            seat[front] = np.arange(len(front))     # of one reached several times, the last stays
            front = front[seat[front] == np.arange(len(front))]
        return level


def fold(flat: Flat, deepest: int) -> Folded:
    return Folded(flat, deepest)


def _first_alike(flat: Flat) -> Array:
    """For each node itself; for a constant, the first one of the same number.

    Code that multiplies weights by plain numbers makes a leaf of each at every use. As one leaf they are one row, and
    the products of several neurons a matrix product.
    """
    found = np.arange(len(flat))
    constants = np.flatnonzero(flat.code[sum(flat.leaves):] == 0) + sum(flat.leaves)
    _, first, which = np.unique(flat.data[constants].view(np.int64), return_index=True, return_inverse=True)
    found[constants] = constants[first[which]]      # by its bits: 0.0 is not -0.0
    return found


class Groups:
    """The program of a folded graph. `values` and `gradients` hold every number, those of the leaves first."""

    def __init__(self, flat: Flat, folded: Folded) -> None:
        self.flat = flat
        nodes = len(flat)
        parameters, inputs = flat.leaves
        self.slot = np.full(nodes, -1)
        leaves = np.flatnonzero(flat.code == 0)
        self.slot[leaves] = np.arange(len(leaves))  # those to differentiate and inputs are the first positions
        self.used = len(leaves)
        total = self.used + len(folded.nodes) + len(folded.nodes) // 4      # a quarter for `_place`'s rows of ones
        self.values = np.zeros(total + 1)           # the last one is 1
        self.values[: self.used] = flat.data[leaves]
        self.values[total] = 1.0
        self.ones = np.zeros(total, bool)           # where else a 1 stands that no node holds
        self.width = np.zeros(total, np.intp)       # of the grid in which a number stands, if in one
        self.gradients = np.zeros(total)
        self.varies = np.zeros(total + 1, bool)
        self.varies[: parameters + inputs] = True
        self.needs = np.zeros(total + 1, bool)
        self.needs[:parameters] = True
        self.written = np.zeros(total, bool)
        self.zeroed = np.zeros(total, bool)
        self.forward, self.backward = Program(), Program()
        self._backwards: list[Callable[[], None]] = []
        with np.errstate(all="ignore"):
            for members in self._grouped(folded):
                self._emit(members, folded)
            self._emit_backward()

    def _grouped(self, folded: Folded) -> list[Array]:
        """Indices into `folded.nodes`: one array per level and op, in order of level."""
        code = np.where(folded.summing, -1, self.flat.code[folded.nodes])
        order = np.lexsort((code, folded.level))
        level, code = folded.level[order], code[order]
        return np.split(order, np.flatnonzero((np.diff(level) != 0) | (np.diff(code) != 0)) + 1) if len(order) else []

    def _emit(self, members: Array, folded: Folded) -> None:
        counts = np.diff(folded.term_start)[members]
        terms = _spread(folded.term_start[members], counts)
        left = self.slot[folded.left[terms]]
        right = np.where(folded.right[terms] >= 0, self.slot[folded.right[terms]], -1)
        if not folded.summing[members[0]]:
            op = self.flat.ops[self.flat.code[folded.nodes[members[0]]]]
            if op in _BY_ROWS:
                for n in np.unique(counts):
                    chosen = counts == n
                    self._by_rows(op, folded.nodes[members[chosen]], left[np.repeat(chosen, counts)].reshape(-1, n))
            elif isinstance(op, Nary):
                for m, row in zip(members, np.split(left, np.cumsum(counts)[:-1])):
                    self._nary(op, folded.nodes[m], row)
            else:
                self._elementwise(op, folded.nodes[members], left.reshape(len(members), -1))
            return
        nodes = folded.nodes[members]
        owner = np.repeat(np.arange(len(members)), counts)
        products = np.bincount(owner, right >= 0, len(members)).astype(int)
        shape = products * (counts.max() + 1) + counts          # how many terms of which kind, as one number
        kinds = np.unique(shape) if (shape != shape[0]).any() else shape[:1]
        if len(kinds) > 4 and len(members) < 64 * len(kinds):
            self._ragged(nodes, owner, counts, left, right)
            return
        for kind in kinds:
            chosen = shape == kind
            rows = chosen[owner]
            n = int(chosen.sum())
            l, r = left[rows].reshape(n, -1), right[rows].reshape(n, -1)
            p = int(products[chosen][0])
            if 0 < p < l.shape[1]:                  # the products first, in every row
                single = r < 0
                if (single == single[0]).all():
                    first = np.argsort(single[0], kind="stable")
                    l, r = l[:, first], r[:, first]
                else:
                    first = np.argsort(single, axis=1, kind="stable")
                    l, r = np.take_along_axis(l, first, 1), np.take_along_axis(r, first, 1)
            self._sums(nodes[chosen], l[:, :p], r[:, :p], l[:, p:])

    # Where numbers stand.

    def _place(self, nodes: Array, *operands: Array, width: int = 0) -> slice:
        """Give `nodes`, which read `operands`, the next slots; then, after a grid of many rows, a row of ones."""
        where = slice(self.used, self.used + len(nodes))
        self.slot[nodes] = np.arange(where.start, where.stop)
        self.used = where.stop
        if 0 < 4 * width <= len(nodes):
            self.width[where] = width
            ones = slice(self.used, self.used + width)
            self.values[ones] = self.ones[ones] = 1
            self.used = ones.stop
        self.varies[where] = any(self.varies[x].any() for x in operands)
        self.needs[where] = any(self.needs[x].any() for x in operands)
        return where

    def _register(self, where: slice, shape: tuple[int, ...]) -> Register:
        return Register(self.forward, self.values[where].reshape(shape), not self.varies[where.start])

    def _store(self, value: Register, place: Register) -> None:
        if place.constant:
            place.array[...] = value.array if type(value) is Register else value
        else:
            self.forward.store(value, place.array)

    def _read(self, index: Array) -> tuple[Register, Array]:
        """The numbers at `index`, and `index` without the axes along which it does not change.

        Numbers no run changes are copied now; others are a strided view where they stand evenly, else gathered.
        """
        for axis in range(index.ndim):
            head = index.take([0], axis)
            if index.shape[axis] > 1 and (index == head).all():
                index = head
        return self._whole(index, blas=False)

    def _receive(self, index: Array, contribution: Register) -> None:
        """Add `contribution`, which may be longer along axes where `index` is 1, to the gradients at `index`."""
        if not self.needs[index].any():
            return
        axes = tuple(i for i, n in enumerate(index.shape) if n != contribution.shape[i])
        if axes:
            contribution = self.backward.call(_Sum(axes), contribution)
        strides, flat = _strides(index), index.ravel()
        if strides is None or not _distinct(flat):
            self.zeroed[flat[~self.written[flat]]] = True
            self.written[flat] = True
            numbers = self.backward.call(_flat, contribution) if contribution.array.ndim > 1 else contribution
            self.backward.step(np.add.at, self.gradients, flat, numbers.array)
            return
        place = _view(self.gradients, index, strides)
        if not self.written[flat].any():
            self.backward.store(contribution, place)
        else:
            self.zeroed[flat[~self.written[flat]]] = True
            self.backward.step(np.add, place, contribution.array, place)
        self.written[flat] = True

    # What each kind of group computes.

    def _elementwise(self, op: Op, nodes: Array, index: Array) -> None:
        order = np.lexsort(index.T[::-1])
        nodes, index = nodes[order], index[order]
        where = self._place(nodes, index, width=int(self.width[index[0, 0]]))
        shape = _grid(index)
        read = [self._read(column.reshape(shape)) for column in index.T]
        inputs = [register for register, _ in read]
        place = self._register(where, shape)
        value = self.forward.attempt(op, *inputs) if ours(op.array, *op.partials) else None
        if not isinstance(value, Register) or value.dtype != float:
            value = self.forward.opaque(op.name, partial(_results, op), *inputs)
        if value.array.shape != shape:
            value = self.forward.call(expand_to(shape), value)
        self._store(value, place)
        if not self.needs[where.start]:
            return

        def backward() -> None:
            g = self._gradient(where, shape)
            needs = [bool(self.needs[at].any()) for _, at in read]
            given = [Register(self.backward, x.array, x.constant) for x in (place, *inputs)]
            for part, (_, at) in zip(self._pulled(op, needs, g, given), read):
                if part is not None:
                    self._receive(at, part)

        self._backwards.append(backward)

    def _pulled(self, op: Op, needs: list[bool], g: Register, given: list[Register]) -> Sequence[Register | None]:
        """What a group's inputs receive: its op fed with registers, or asked number by number."""
        out, *inputs = given
        parts = self.backward.attempt(op.pulled, needs, g, out, inputs) if ours(*op.partials) else None
        if parts is None or not all([part is None or isinstance(part, Register) for part in parts]):
            slopes = [self.backward.opaque(op.name, partial(_slopes_by, op, position), *given) if need else None
                      for position, need in enumerate(needs)]
            parts = [None if slope is None else times(slope, g) for slope in slopes]
        return parts

    def _nary(self, op: Nary, node: int, index: Array) -> None:
        """An op that says for itself how to work on numbers: it is called as the engine calls it."""
        where = self._place(np.array([node]), index)
        out = self.values[where]
        out[0], _ = at_once(op, self.values[index].tolist())

        def forward(index: Array, out: Array) -> None:
            out[0], _ = at_once(op, self.values[index].tolist())

        def pull(index: Array, gradients: Array) -> None:
            _, slopes = at_once(op, self.values[index].tolist())
            np.add.at(gradients, index, self.gradients[where.start] * np.array(slopes))

        def backward() -> None:
            self._gradient(where, (1,))
            self.zeroed[index[~self.written[index]]] = True
            self.written[index] = True
            self.backward.step(pull, index, self.gradients)

        if self.varies[where.start]:
            self.forward.step(forward, index, out)
        if self.needs[where.start] and not op.constant:
            self._backwards.append(backward)

    def _by_rows(self, op: Op, nodes: Array, index: Array) -> None:
        """An op of any number of inputs, for nodes of equally many: what it makes of the rows of an array."""
        where = self._place(nodes, index)
        place = self._register(where, (len(nodes), 1))
        x, at = self._whole(index)
        self._store(self.forward.call(_BY_ROWS[op], x), place)
        if not self.needs[where.start] or op.constant:
            return

        def backward() -> None:
            g = self._gradient(where, place.shape)
            out, row = [Register(self.backward, z.array, z.constant) for z in (place, x)]
            part, = op.pulled([True], g, out, [row])
            self._receive(at, part)

        self._backwards.append(backward)

    def _sums(self, nodes: Array, left: Array, right: Array, alone: Array) -> None:
        """Σ left·right + Σ alone, for rows of equally many terms."""
        n, p = left.shape
        if not p:
            self._added(nodes, alone)
            return
        grid = _cartesian(left, right)
        if grid is None:
            order = np.lexsort((right[:, 0], left[:, 0]))
            shape: tuple[int, ...] = (n,)
        else:
            order, shape = grid
        nodes, left, right, alone = nodes[order], left[order], right[order], alone[order]
        where = self._place(nodes, left, right, alone, width=shape[1] if grid else 0)
        place = self._register(where, shape)
        if grid is None:
            (x, at_x), (y, at_y) = self._read(left), self._read(right)
            value = self.forward.call(_Sum((1,), keep=False), x * y)
            value = self.forward.call(expand_to(shape), value) if value.array.shape != shape else value
        else:
            rows, columns = left.reshape(*shape, p)[:, 0], right.reshape(*shape, p)[0]
            rows, columns, alone = self._with_bias(rows, columns, alone)
            (x, at_x), (y, at_y) = self._whole(rows), self._whole(columns)
            value = _product(x, y.T)
        self._store(value, place)
        extra = [self._read(column.reshape(shape)) for column in alone.T]
        for register, _ in extra:
            if place.constant:
                place.array[...] += register.array
            else:
                np.add(place.array, register.array, place.array)
                self.forward.step(np.add, place.array, register.array, place.array)
        if not self.needs[where.start]:
            return

        def backward() -> None:
            g = self._gradient(where, shape)
            to_x, to_y = _slopes(*[Register(self.backward, z.array, z.constant) for z in (x, y)])
            if grid is None:
                column = g.view(g.array[:, None])
                if self.needs[at_x].any():
                    self._receive(at_x, column * to_x)
                if self.needs[at_y].any():
                    self._receive(at_y, column * to_y)
            elif np.array_equal(at_x, at_y):        # a sum of squares: both ways give the same
                self._receive(at_x, _product(g + g, to_x))
            else:
                if self.needs[at_x].any():
                    self._receive(at_x, _product(g, to_x))
                if self.needs[at_y[:, :p]].any():
                    self._receive(at_y[:, :p], _product(g.T, to_y[:, :p]))
            for _, at in extra:
                self._receive(at, g)

        self._backwards.append(backward)

    def _with_bias(self, rows: Array, columns: Array, alone: Array) -> tuple[Array, Array, Array]:
        """Have a term that each row has for itself multiply a column of ones, if both stand where BLAS finds them.

        A neuron's bias stands beside its weights, and a row of ones behind the numbers they multiply. Then one call
        adds the biases too, and one gives their gradients with the weights': a fifth less time for a small network.
        """
        one = np.full((len(columns), 1), len(self.values) - 1)      # will do where the columns are copied or gathered
        strides = _strides(columns)
        if self.varies[columns].any() and strides is not None:
            one = columns[:, -1:] + strides[1]
            if not self.ones.take(one, mode="clip").all():
                return rows, columns, alone
        for i, term in enumerate(alone.T):
            term = term.reshape(len(rows), len(columns))
            wider = np.hstack([rows, term[:, :1]])
            if (term == term[:, :1]).all() and _strides(wider) is not None:
                return wider, np.hstack([columns, one]), np.delete(alone, i, 1)
        return rows, columns, alone

    def _whole(self, index: Array, blas: bool = True) -> tuple[Register, Array]:
        """As `_read`, with every axis in full length, as a matrix product wants it."""
        if not self.varies[index].any():
            return Register(self.forward, self.values[index], constant=True), index
        strides = _strides(index)
        if strides is not None and not (blas and _awkward(index.shape, strides)):
            return Register(self.forward, _view(self.values, index, strides)), index
        out = np.empty(index.shape)
        np.take(self.values, index, None, out, "clip")
        self.forward.step(_take, self.values, index, out)
        return Register(self.forward, out), index

    def _added(self, nodes: Array, alone: Array) -> None:
        order = np.argsort(alone[:, 0], kind="stable")
        nodes, alone = nodes[order], alone[order]
        where = self._place(nodes, alone)
        place = self._register(where, (len(nodes), 1))
        if alone.shape[1] == 2:
            (x, at_x), (y, at_y) = self._read(alone[:, :1]), self._read(alone[:, 1:])
            value, places = x + y, [at_x, at_y]
        else:
            x, at_x = self._whole(alone)
            value, places = self.forward.call(_Sum((1,)), x), [alone]
        value = self.forward.call(expand_to(place.shape), value) if value.array.shape != place.shape else value
        self._store(value, place)
        if not self.needs[where.start]:
            return

        def backward() -> None:
            g = self._gradient(where, place.shape)
            for at in places:
                self._receive(at, g if at.shape[1] == 1 else self.backward.call(expand_to(at.shape), g))

        self._backwards.append(backward)

    def _ragged(self, nodes: Array, owner: Array, counts: Array, left: Array, right: Array) -> None:
        """Sums of differing numbers of terms: all terms in one row, added up from where each sum starts."""
        where = self._place(nodes, left, right[right >= 0])
        place = self._register(where, (len(nodes),))
        start = np.cumsum(counts) - counts
        one = right < 0
        x = self._whole(left)[0]
        y: Register | None = None
        if not one.all():
            both = np.where(one, left, right)
            y = self._whole(both)[0]
            if one.any():
                y = self.forward.call(_where_one, y, one)
        self._store(self.forward.call(_Segments(start), x if y is None else x * y), place)
        if not self.needs[where.start]:
            return

        def backward() -> None:
            g = self._gradient(where, place.shape)
            each = self.backward.call(_Gather(owner), g)
            if y is None:
                self._receive(left, each)
                return
            to_x, to_y = _slopes(*[Register(self.backward, z.array, z.constant) for z in (x, y)])
            self._receive(left, each * to_x)
            if self.needs[right[~one]].any():
                terms = each * to_y
                if one.any():
                    terms = self.backward.call(_Gather(np.flatnonzero(~one)), terms)
                self._receive(right[~one], terms)

        self._backwards.append(backward)

    # Going back.

    def _gradient(self, where: slice, shape: tuple[int, ...]) -> Register:
        at = np.arange(where.start, where.stop)
        self.zeroed[at[~self.written[at]]] = True
        self.written[at] = True
        return Register(self.backward, self.gradients[where].reshape(shape))

    def _emit_backward(self) -> None:
        """The groups' own ways back, the last group's first.

        `graph.back` adds a contribution to a node's gradient; a group's goes to positions of several groups at once.
        """
        root = self.slot[self.flat.root]
        self.backward.step(np.ndarray.fill, self.gradients, 0.0)        # narrowed below, once it is known what needs it
        self.written[root] = True
        seed = self.gradients[root: root + 1]
        self.backward.step(_one, seed)
        for emit in reversed(self._backwards):
            emit()
        parameters = self.flat.leaves[0]
        self.zeroed[:parameters] |= ~self.written[:parameters]
        zero = np.flatnonzero(self.zeroed)
        if len(zero):
            self.backward.steps[0] = _zero, (self.gradients[zero[0]: zero[-1] + 1],)
        else:
            del self.backward.steps[0]


def _slopes(x: Register, y: Register) -> list[Register]:
    """∂(x·y)/∂x and ∂(x·y)/∂y, as the table has them."""
    return [rule(None, x, y) for rule in TABLE["mul"].partials]


def _product(x: Register, y: Register) -> Register:
    """x @ y; of a column and a row by broadcasting, which takes NumPy half the time that it takes BLAS."""
    product: Register = x * y if x.array.shape[1] == 1 else x @ y
    return product


# An op that can't be fed registers, as the engine has it for Values: its function of arrays serves where it gives plain
# floats; a number it can't be told from (it may raise, or be infinite where Python's floats raise) is asked of floats.

def _results(op: Op, *inputs: Array) -> Array:
    return _as_floats(op.array, lambda *given: at_once(op, given)[0], *inputs)


def _slopes_by(op: Op, position: int, out: Array, *inputs: Array) -> Array:
    return _as_floats(op.partials[position], lambda out, *given: at_once(op, given)[1][position], out, *inputs)


def _as_floats(of_arrays: Rule, of_floats: Callable[..., float], *inputs: Array) -> Array:
    found = np.empty(np.broadcast_shapes(*[x.shape for x in inputs]))
    try:
        result = np.asarray(of_arrays(*inputs))
        exact = result.dtype.kind in "biu" or result.dtype == float
        found[...] = result if exact else np.nan
    except Exception:                               # it wants floats
        found[...] = np.nan
    unknown = ~np.isfinite(found)
    if unknown.any():
        columns = [np.broadcast_to(x, found.shape)[unknown].tolist() for x in inputs]
        found[unknown] = [of_floats(*given) for given in zip(*columns)]
    return found


def _one(out: Array) -> None:
    out[...] = 1.0


def _zero(out: Array) -> None:
    out.fill(0.0)


def _take(values: Array, index: Array, out: Array) -> None:
    np.take(values, index, None, out, "clip")       # "clip" writes to `out` at once; "raise" by way of a copy


def _flat(x: Array, out: Array | None = None) -> Any:
    if out is None:
        return x.flatten()
    np.copyto(out.reshape(x.shape), x)
    return out


def _where_one(y: Array, one: Array, out: Array | None = None) -> Array:
    """y, but 1 where a term stands alone."""
    if out is None:
        out = np.empty_like(y)
    np.copyto(out, y)
    out[one] = 1.0
    return out


def _Sum(axes: tuple[int, ...], keep: bool = True) -> Rule:
    axis: int | tuple[int, ...] = axes[0] if len(axes) == 1 else axes
    reduce: Rule = np.add.reduce                    # whose stub takes keepdims by name only
    return lambda x, out=None: reduce(x, axis, None, out, keep)


def _Segments(start: Array) -> Rule:
    return lambda x, out=None: np.add.reduceat(x, start, 0, None, out)


def _Gather(index: Array) -> Rule:
    return lambda x, out=None: np.take(x, index, None, out, "clip")


def _largest(x: Array, out: Array | None = None) -> Any:
    maximum: Any = TABLE["maximum"].array           # a ufunc
    return maximum.reduce(x, 1, None, out, True)


def _logsumexp(x: Array, out: Array | None = None) -> Any:
    found = logsumexp.array(x, (1,), True)
    if out is not None:
        np.copyto(out, found)
    return found


_BY_ROWS: dict[Op | None, Rule] = {LARGEST: _largest, LOGSUMEXP: _logsumexp}


# Finding the order in positions.

def _strides(index: Array) -> tuple[int, ...] | None:
    """How far apart positions are along each axis, if evenly: 0 for an axis of length 1. None if unevenly."""
    first = index[(0,) * index.ndim]
    expected, strides = np.asarray(first), []
    for axis, n in enumerate(index.shape):
        step = int(index[(0,) * axis + (1,) + (0,) * (index.ndim - axis - 1)] - first) if n > 1 else 0
        strides.append(step)
        expected = expected + (step * np.arange(n)).reshape((-1,) + (1,) * (index.ndim - axis - 1))
    return tuple(strides) if np.array_equal(expected, index) else None


def _view(array: Array, index: Array, strides: tuple[int, ...]) -> Array:
    return np.ndarray(index.shape, float, array, 8 * int(index.flat[0]), [8 * s for s in strides])


def _awkward(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether BLAS can't take such a matrix as it stands: no axis runs through it number by number."""
    (rows, columns), (down, across) = shape, strides
    by_rows = (columns == 1 or across == 1) and (rows == 1 or down >= columns)
    by_columns = (rows == 1 or down == 1) and (columns == 1 or across >= rows)
    return not (by_rows or by_columns)


def _distinct(index: Array) -> bool:
    ascending = np.sort(index)                      # np.unique hashes, and takes twenty times as long
    return bool((ascending[1:] != ascending[:-1]).all())


def _grid(index: Array) -> tuple[int, ...]:
    """The shape in which every column of `index` (n, k) runs evenly, if there is one of two axes; else (n,)."""
    n = len(index)
    widths = {n}
    for column in index.T:
        steps = np.diff(column)
        breaks = np.flatnonzero(steps != steps[0]) if n > 1 else steps
        if len(breaks):
            widths.add(int(breaks[0]) + 1)
    for width in sorted(widths - {n}):
        if n % width == 0 and width > 1:
            shape = n // width, width
            if all(_even(column.reshape(shape)) for column in index.T):
                return shape
    return (n,)


def _even(index: Array) -> bool:
    if (index == index[:, :1]).all():
        index = index[:, :1]
    if (index == index[:1]).all():
        index = index[:1]
    return _strides(index) is not None


def _cartesian(left: Array, right: Array) -> tuple[Array, tuple[int, int]] | None:
    """If the rows are every pair of some left rows and some right rows: their order as a grid, and its shape.

    The columns stay in the order they have, so that what reads them one after another needs no gathering, or else are
    put in order.
    """
    n = len(left)
    for order in np.argsort(left[:, 0], kind="stable"), np.lexsort((right[:, 0], left[:, 0])):
        l, r = left[order], right[order]
        columns = int(np.searchsorted(l[:, 0], l[0, 0], "right"))
        if n % columns or (n > 1 and columns == 1 and not (r == r[:1]).all()):
            return None
        l, r = l.reshape(n // columns, columns, -1), r.reshape(n // columns, columns, -1)
        if (l == l[:, :1]).all() and (r == r[:1]).all():
            return order, (n // columns, columns)
    return None
