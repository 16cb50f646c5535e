"""The checks are checked: every derivative of the tables is broken in turn, and a check must notice each time."""

import inspect
import math
import re
import textwrap

import numpy as np
import pytest

from autograd import Tensor, Value, functional, gradcheck
from autograd.arrays import steps
from autograd.arrays.structural import STRUCTURAL
from autograd.core.nary import NARY, dot, total
from autograd.core.op import TABLE, Op
from autograd.core.ops import FAMILIES, PowerBy
from autograd.functional import targets
from autograd.learn.gradcheck import GradcheckError
from tests.cases import ELEMENTWISE, MANY, MOVING
from tests.core.test_ops import applied, arrays_for, points

MUTANTS = {
    "sign": lambda rule: lambda *a: -1.0 * rule(*a),
    "factor 0.99": lambda rule: lambda *a: 0.99 * rule(*a),
    "one too many": lambda rule: lambda *a: rule(*a) + 1.0,
}
NAMES = [name for name in [*TABLE, *FAMILIES] if any(case.op.name == name for case in ELEMENTWISE)]   # see test_ops


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


@pytest.mark.parametrize("name", [name for name in TABLE if TABLE[name].arity == 2
                                  and name not in ("add", "floor_divide", "greater", "greater_equal")])  # both one
def test_swapped_operands_are_caught(name, monkeypatch):
    op = TABLE[name]
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
                steps.write_pull(op)
                with pytest.raises(GradcheckError):
                    gradcheck(lambda *xs, op=op: Tensor.apply(op, *xs) * 1.3, inputs)
            finally:
                op.partials = genuine
                steps.write_pull(op)
            assert gradcheck(lambda *xs, op=op: Tensor.apply(op, *xs) * 1.3, inputs)


def broken_ops():
    """Each structural op with each of its vjps broken in each way: (op, which input, mutant)."""
    for op in [op for op in STRUCTURAL.values() if not op.constant]:
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
    monkeypatch.setattr(op, "pull", steps.pull_generally)
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


def rewritten(op):
    """The op's step of a backward pass, written anew from whatever `steps` and the op now say."""
    steps.write_pull(op)


BROADCASTING = [case for case in ELEMENTWISE if len(case.op.partials) > 1]


@pytest.mark.parametrize("name", sorted({case.op.name for case in BROADCASTING}))
def test_a_forgotten_broadcast_sum_is_caught(name, monkeypatch):
    """The first row's share in place of the sum over the rows, wherever one of the inputs is repeated."""
    op = TABLE[name]

    def first_row(part, data):
        return part[tuple([0] * (part.ndim - data.ndim))]

    def caught(case, narrow):
        random = np.random.default_rng(1)
        inputs = [Tensor(random.uniform(*range_, size=(3,) if i == narrow else (2, 3)), requires_grad=True)
                  for i, range_ in enumerate(case.ranges)]
        return refused(lambda *xs: Tensor.apply(op, *xs), inputs)

    ways = [(case, i) for case in BROADCASTING if case.op is op for i in range(len(case.ranges))]
    assert not any(caught(*way) for way in ways)
    monkeypatch.setattr(steps, "fit", first_row)
    try:
        rewritten(op)
        for position in range(len(op.partials)):
            flat = all(case.slopes[position](*xs) == 0 for case in BROADCASTING if case.op is op
                       for xs in points(case, 2))
            assert flat or any(caught(case, i) for case, i in ways if i == position)
    finally:
        monkeypatch.undo()
        rewritten(op)


def refused(f, inputs):
    try:
        gradcheck(f, inputs)
    except (GradcheckError, ValueError):            # wrong numbers, or numbers of a wrong shape
        return True
    return False


def test_assigning_where_one_must_add_is_caught_for_values():
    """`=` for `+=`: what `backward` does is read, changed and run; every op used twice must show it."""
    text = inspect.getsource(Value.backward)
    sums = sorted(set(re.findall(r"[abx]\._grad \+ [a-z_. *]+|x\._grad \+= .*", text)))
    assert len(sums) == 4                           # two inputs, one, and any number

    def f(x, y):
        return ((x * y + x.tanh() * x) * x.exp() + y / x + total([x, x, y]) + dot([x, y, x], [y, x, x])
                + x.sin() + x.cos() + x * x)

    for genuine in sums:
        broken = text.replace(genuine, genuine.replace("+=", "=") if "+=" in genuine else genuine.split(" + ")[1])
        scope = dict(vars(inspect.getmodule(Value)))
        exec("from __future__ import annotations\n" + textwrap.dedent(broken), scope)
        original = Value.backward
        try:
            Value.backward = scope["backward"]
            assert refused(f, [Value(0.7), Value(0.4)]), genuine
        finally:
            Value.backward = original
    assert gradcheck(f, [Value(0.7), Value(0.4)])


# The step of a backward pass that each op has for Tensors, as text: what is found, and what it is replaced by.
STEPS = {
    "= for +=": [(r"grad \+ part", "part"), (r"grad - part", "-part"),
                 (r"grad \+ g", "st.expand.array(g, data.shape)")],
    "factor 0.99": [(r"part = (?!_?fit)(.+)", r"part = 0.99 * (\1)"), (r"g = (st\.unsummed.+)", r"g = 0.99 * \1")],
    "sign": [(r"part = (?!_?fit)(.+)", r"part = -(\1)"), (r"g = (st\.unsummed.+)", r"g = -\1")],
}
OPS = {op.name: op for op in [*TABLE.values(), *STRUCTURAL.values(), *(case.op for case in ELEMENTWISE)]
       if not op.constant}


def broken_steps(op, mutant):
    """Each mutant of the op's step: there is one for each place that the text has."""
    step = getattr(op.pull, "compiled", lambda: op.pull)()      # at once, rather than when first called
    text = inspect.getsource(step)
    for found, replacement in STEPS[mutant]:
        for match in re.finditer(found, text):
            changed = text[:match.start()] + match.expand(replacement) + text[match.end():]
            scope = dict(step.__globals__)
            exec("from __future__ import annotations\n" + changed, scope)
            yield scope[step.__name__]


def programs(op):
    """Functions of Tensors that take the op's step twice for the same inputs, with inputs to try them on."""
    for case in ELEMENTWISE:
        if case.op.name == op.name:
            inputs = [Tensor([x, x * 1.01], requires_grad=True) for x in points(case, 1)[0]]
            yield (lambda *xs, op=case.op: Tensor.apply(op, *xs) * 1.3 + Tensor.apply(op, *xs) * [0.4, 0.7]), inputs
    for case in MOVING:
        if case.op is op:
            inputs = [Tensor(a, requires_grad=True) for a in arrays_for(case)]
            yield (lambda *xs, case=case: applied(case, xs) ** 2 + applied(case, xs)), inputs


FLAT = ("sign", "floor", "ceil", "round", "floor_divide", "greater", "greater_equal")           # slope 0


@pytest.mark.parametrize("mutant", STEPS)
@pytest.mark.parametrize("name", [name for name in OPS if name not in FLAT])
def test_every_broken_step_is_caught(name, mutant, monkeypatch):
    op = OPS[name]
    assert all([gradcheck(*program) for program in programs(op)])       # and so compiles a family's steps
    broken = list(broken_steps(op, mutant))
    if op.pull is not steps.pull_generally:        # whose contributions come from `joint`, broken above
        assert len(broken) == op.arity
    elif mutant == "= for +=":
        assert len(broken) == 1
    for step in broken:
        caught = []
        for f, inputs in programs(op):
            targets = {case.op for case in ELEMENTWISE if case.op.name == name} | {op}
            with pytest.MonkeyPatch.context() as patch:
                for target in targets:              # a family's members have steps of their own
                    if target.pull.__code__.co_name == step.__name__:
                        patch.setattr(target, "pull", step)
                caught.append(refused(f, inputs))
            assert gradcheck(f, inputs)
        assert any(caught)


@pytest.mark.parametrize("op", [op for op in STRUCTURAL.values() if op.arity and op.arity > 1], ids=lambda op: op.name)
def test_swapped_vjps_are_caught(op, monkeypatch):
    if op.vjps:
        genuine = op.vjps

        def joint(needs, g, out, *saved):
            return [vjp(g, out, *saved) for vjp in (genuine[1], genuine[0], *genuine[2:])]
    else:
        together = op.joint

        def joint(needs, g, out, *saved):
            first, second, *rest = together(needs, g, out, *saved)
            return [second, first, *rest]

    monkeypatch.setattr(op, "joint", joint)
    monkeypatch.setattr(op, "pull", steps.pull_generally)
    case = next(case for case in MOVING if case.op is op)
    assert refused(lambda *xs: applied(case, xs) ** 2, [Tensor(a, requires_grad=True) for a in arrays_for(case)])


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_broken_closed_form_of_cross_entropy_is_caught(mutant, monkeypatch):
    """The one derivative outside the tables, for Tensors and for Values, of indices and of probabilities."""
    monkeypatch.setattr(targets, "closed_form", MUTANTS[mutant](targets.closed_form))
    z = [0.3, -0.2, 1.1]
    for target in (2, [0.2, 0.5, 0.3]):
        with pytest.raises(GradcheckError):
            gradcheck(lambda *values, target=target: functional.cross_entropy(list(values), target),
                      [Value(x) for x in z])
        with pytest.raises(GradcheckError):
            gradcheck(lambda t, target=target: functional.cross_entropy(t, target), [Tensor(z, requires_grad=True)])


def test_mutants_differ_from_what_they_break():
    assert {type(op) for op in (TABLE["exp"], FAMILIES["power_by"](3.0))} == {Op, PowerBy}
    assert all(mutant(lambda: 2.0)() != 2.0 for mutant in MUTANTS.values())
