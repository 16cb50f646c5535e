"""The checks are checked: every derivative of the tables is broken in turn, and a check must notice each time."""

import inspect
import math
import re
import textwrap

import numpy as np
import pytest

from autograd import Tensor, Value, generated, gradcheck
from autograd.checking import GradcheckError
from autograd.ops import FAMILIES, NARY, TABLE, Op, PowerBy
from autograd.structural import STRUCTURAL
from tests.cases import ELEMENTWISE, MANY, MOVING
from tests.test_ops import applied, arrays_for, points

MUTANTS = {
    "sign": lambda rule: lambda *a: -1.0 * rule(*a),
    "factor 0.99": lambda rule: lambda *a: 0.99 * rule(*a),
    "one too many": lambda rule: lambda *a: rule(*a) + 1.0,
}
NAMES = [*TABLE, *FAMILIES]


def cases_of(name):
    return [case for case in ELEMENTWISE if case.op.name == name]


def noticed(name, position):
    """Whether some case of the op finds the partial at `position` wrong, in either engine."""
    for case in cases_of(name):
        for xs in points(case, 2):
            values = [Value(x) for x in xs]
            try:
                with np.errstate(all="ignore"):
                    Value.apply(case.op, *values).backward()
            except (TypeError, AttributeError):
                return True
            if not math.isclose(values[position].grad, case.slopes[position](*xs), rel_tol=1e-9, abs_tol=1e-12):
                return True
    return False


PARTIALS = [(name, position) for name in NAMES for position in range(len(cases_of(name)[0].op.partials))]


@pytest.mark.parametrize("mutant", MUTANTS)
@pytest.mark.parametrize(("name", "position"), PARTIALS)
def test_every_broken_partial_is_caught(name, position, mutant, monkeypatch):
    assert not noticed(name, position)
    changed = False
    originals = {id(case.op): case.op.partials for case in cases_of(name)}      # several cases may share an op
    for case in cases_of(name):
        broken = list(originals[id(case.op)])
        genuine, broken[position] = broken[position], MUTANTS[mutant](broken[position])
        changed |= any(broken[position](case.op(*xs), *xs) != genuine(case.op(*xs), *xs) for xs in points(case, 2))
        monkeypatch.setattr(case.op, "partials", tuple(broken))
    assert noticed(name, position) == changed       # minus nothing and 0.99 times nothing are nothing
    assert changed or all(case.slopes[position](*xs) == 0 for case in cases_of(name) for xs in points(case, 2))


@pytest.mark.parametrize("name", [name for name in TABLE if TABLE[name].arity == 2])
def test_swapped_operands_are_caught(name, monkeypatch):
    op = TABLE[name]
    if name in ("add",):                            # both are 1
        return
    monkeypatch.setattr(op, "partials", op.partials[::-1])
    assert noticed(name, 0)
    assert noticed(name, 1)


@pytest.mark.parametrize("mutant", MUTANTS)
@pytest.mark.parametrize("name", [name for name in NAMES if name != "where"])
def test_every_broken_backward_step_of_tensors_is_caught(name, mutant):
    """The step written out for a Tensor is written anew from the broken partials, and gradcheck must see it."""
    for case in cases_of(name):
        op, genuine = case.op, case.op.partials
        for position in range(len(genuine)):
            broken = list(genuine)
            broken[position] = MUTANTS[mutant](broken[position])
            if all(broken[position](op(*xs), *xs) == genuine[position](op(*xs), *xs) for xs in points(case, 3)):
                continue
            inputs = [Tensor([x, x * 1.01], requires_grad=True) for x in points(case, 1)[0]]
            try:
                op.partials = tuple(broken)
                generated._write_vjps(op)
                with pytest.raises(GradcheckError):
                    gradcheck(lambda *xs, op=op: Tensor.apply(op, *xs) * 1.3, inputs)
            finally:
                op.partials = genuine
                generated._write_vjps(op)
            assert gradcheck(lambda *xs, op=op: Tensor.apply(op, *xs) * 1.3, inputs)


def broken_ops():
    """Each structural op with each of its vjps broken in each way: (op, which input, mutant)."""
    for op in STRUCTURAL.values():
        for position in range(max(len(case.shapes) for case in MOVING if case.op is op)):
            for mutant in MUTANTS:
                yield pytest.param(op, position, mutant, id=f"{op.name}-{position}-{mutant}")


@pytest.mark.parametrize(("op", "position", "mutant"), list(broken_ops()))
def test_every_broken_vjp_is_caught(op, position, mutant, monkeypatch):
    break_ = MUTANTS[mutant]
    if op.joint is not None:
        genuine = op.joint

        def joint(needs, g, out, *saved):
            parts = list(genuine(needs, g, out, *saved))
            if position < len(parts) and parts[position] is not None:
                parts[position] = break_(lambda: parts[position])() if mutant != "sign" else -parts[position]
            return parts

        monkeypatch.setattr(op, "joint", joint)
    else:
        vjps = list(op.vjps)
        vjps[position] = break_(vjps[position])
        monkeypatch.setattr(op, "vjps", vjps)
    monkeypatch.setattr(op, "pull", generated._pull_joint)
    if op.joint is None:
        monkeypatch.setattr(op, "joint", lambda needs, g, out, *saved: [
            vjp(g, out, *saved) if needed else None for needed, vjp in zip(needs, op.vjps)])
        monkeypatch.setattr(op, "arity", op.arity)
    caught = 0
    for case in MOVING:
        if case.op is op and position < len(case.shapes):
            parts = [Tensor(a, requires_grad=True) for a in arrays_for(case)]
            with pytest.raises(GradcheckError):
                gradcheck(lambda *xs, case=case: applied(case, xs) ** 2, parts)
            caught += 1
    assert caught


@pytest.mark.parametrize("mutant", MUTANTS)
@pytest.mark.parametrize("name", NARY)
def test_every_broken_op_of_many_is_caught(name, mutant, monkeypatch):
    op = NARY[name]
    case = next(case for case in MANY if case.op is op and case.count > 1)
    genuine = op.all_partials
    monkeypatch.setattr(op, "all_partials", lambda out, *xs: [MUTANTS[mutant](lambda p: p)(p)
                                                              for p in genuine(out, *xs)])
    with pytest.raises(GradcheckError):
        gradcheck(lambda *xs: Value.apply(op, *xs), [Value(0.3 + 0.5 * i) for i in range(case.count)])


def test_a_forgotten_broadcast_sum_is_caught(monkeypatch):
    """The first row's share in place of the sum over the rows."""
    monkeypatch.setattr(generated, "_fit", lambda part, data: part[tuple([0] * (part.ndim - data.ndim))])
    wide, narrow = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True), Tensor(np.ones(3), requires_grad=True)
    for op in TABLE.values():
        if op.arity == 2:
            generated._write_vjps(op)
    try:
        with pytest.raises(GradcheckError):
            gradcheck(lambda x, y: x * y, [wide, narrow])
    finally:
        monkeypatch.undo()
        for op in TABLE.values():
            if op.arity == 2:
                generated._write_vjps(op)
    assert gradcheck(lambda x, y: x * y, [wide, narrow])


def test_assigning_where_one_must_add_is_caught_for_values():
    """`=` for `+=`: what `backward` does is read, changed and run; every op used twice must show it."""
    text = inspect.getsource(Value.backward)
    sums = sorted(set(re.findall(r"(?:a|b|x)\._grad \+ [a-z_. *]+", text)))
    assert len(sums) >= 3
    for genuine in sums:
        broken = text.replace(genuine, genuine.split(" + ")[1])
        scope = dict(vars(inspect.getmodule(Value)))
        exec("from __future__ import annotations\n" + textwrap.dedent(broken), scope)
        original = Value.backward
        try:
            Value.backward = scope["backward"]
            with pytest.raises(GradcheckError):
                gradcheck(lambda x, y: (x * y + x.tanh() * x) * x.exp() + y / x + Value.apply(NARY["sum"], x, x, y)
                          + x.sin() + x.cos() + x * x, [Value(0.7), Value(0.4)])
        finally:
            Value.backward = original


def test_assigning_where_one_must_add_is_caught_for_tensors(monkeypatch):
    for slot in ("else:\n            {input}._grad = grad {sign} part",):
        assert slot in generated._CONTRIBUTION
    monkeypatch.setattr(generated, "_CONTRIBUTION", generated._CONTRIBUTION.replace("grad {sign} part", "{first}"))
    generated._write_vjps(TABLE["mul"])
    try:
        x = Tensor([0.5, 2.0], requires_grad=True)
        with pytest.raises(GradcheckError):
            gradcheck(lambda x: x * x, [x])
    finally:
        monkeypatch.undo()
        generated._write_vjps(TABLE["mul"])
    assert gradcheck(lambda x: x * x, [x])


def test_mutants_differ_from_what_they_break():
    assert {type(op) for op in (TABLE["exp"], FAMILIES["power_by"](3.0))} == {Op, PowerBy}
    assert all(mutant(lambda: 2.0)() != 2.0 for mutant in MUTANTS.values())
