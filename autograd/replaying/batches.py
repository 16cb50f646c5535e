"""A graph recorded for one example, repeated for many: the parts that depend on inputs once per example.

The repeated graph ends in the sum of the results, each times a weight that is an input too; so it is a graph like any
other, and `groups` finds the matrix products in it.
"""

from __future__ import annotations

import numpy as np

from autograd.core.op import TABLE
from autograd.replaying.flat import Flat

__all__ = ["tile"]


def tile(flat: Flat, times: int) -> Flat:
    """The graph for `times` examples. Its inputs: those of the first example, of the second, …, then the weights."""
    parameters, inputs = flat.leaves
    n = len(flat)
    own = np.zeros(n, bool)                         # what each example has for itself
    own[parameters: parameters + inputs] = True
    flags, a, b = own.tolist(), flat.a.tolist(), flat.b.tolist()
    for i, code in enumerate(flat.code.tolist()):
        if code:
            if i in flat.more:
                flags[i] = any([flags[j] for j in flat.inputs(i)])
            else:
                flags[i] = flags[a[i]] or (b[i] >= 0 and flags[b[i]])
    own = np.array(flags)
    own[flat.root] = True

    # Old positions in their new order: parameters, inputs of each example, weights, what is shared, what is not.
    interior = np.arange(n) >= parameters + inputs
    shared, each = np.flatnonzero(interior & ~own), np.flatnonzero(interior & own)
    base = parameters + (inputs + 1) * times
    new = np.empty((times, n), np.intp)             # [example, old position] -> new position
    new[:, :parameters] = np.arange(parameters)
    new[:, parameters: parameters + inputs] = parameters + np.arange(inputs * times).reshape(times, inputs)
    new[:, shared] = base + np.arange(len(shared))
    new[:, each] = base + len(shared) + np.arange(times * len(each)).reshape(times, -1)
    end = base + len(shared) + times * len(each)
    total = end + 2 * times                         # a product and an addition per example
    ops = [*flat.ops, TABLE["mul"], TABLE["add"]]
    data, code = np.ones(total), np.zeros(total, np.intp)
    first, second = np.full(total, -1), np.full(total, -1)
    data[new], code[new] = flat.data, flat.code
    for old, made in ((flat.a, first), (flat.b, second)):
        used = np.flatnonzero(old >= 0)
        made[new[:, used]] = new[:, old[used]]
    more = {int(position): new[t, x] for i, x in flat.more.items() for t, position in enumerate(new[:, i])}
    products = end + np.arange(times)
    code[products], code[products + times] = len(ops) - 2, len(ops) - 1
    first[products] = parameters + inputs * times + np.arange(times)
    second[products] = new[:, flat.root]
    sums = products + times
    first[sums] = np.concatenate([products[:1], sums[:-1]])
    second[sums[1:]] = products[1:]
    if times == 1:
        return Flat(data[:-1], code[:-1], first[:-1], second[:-1], more, ops, (parameters, inputs + 1), {}, end)
    second[sums[0]], first[sums[0]] = products[1], products[0]      # the chain starts from two products
    second[sums[1:-1]], first[sums[1:-1]] = products[2:], sums[:-2]
    return Flat(data[:-1], code[:-1], first[:-1], second[:-1], more, ops, (parameters, (inputs + 1) * times), {},
                int(sums[-2]))
