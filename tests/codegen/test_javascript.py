"""The JavaScript `source` writes, run by node as it stands: the engine's values and gradients, on every op of Values.

Node is found on the PATH. Without it these tests are skipped, unless $CI is set: then they fail.
"""

from __future__ import annotations

import copy
import itertools
import json
import math
import random
import subprocess
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import autograd.functional as F
from autograd import Tensor, Value, source
from autograd.codegen.javascript import everything
from autograd.core.graph import leaves as leaves_of
from autograd.core.graph import topological
from autograd.core.nary import LOGSUMEXP, dot, total
from autograd.core.op import TABLE, Op
from autograd.core.ops import power_by
from autograd.extend import elementwise
from autograd.learn.contributions import gradients
from tests.cases import ELEMENTWISE, MANY
from tests.needs import program
from tests.replaying.test_replay import random_graph

RUN = """
const jobs = JSON.parse(require("fs").readFileSync(0));
const number = text => Number(text.replace("inf", "Infinity"));
const told = x => x === undefined ? null : Object.is(Number(x), -0) ? "-0" : String(Number(x));
const deep = x => Array.isArray(x) ? x.map(deep) : x && typeof x === "object"
    ? Object.fromEntries(Object.entries(x).map(([key, y]) => [key, deep(y)])) : told(x);
console.log(JSON.stringify(jobs.map(([text, calls]) => {
    const step = new Function('"use strict";' + text + "; return step;")();
    return calls.map(given => deep(step(...given.map(x => typeof x === "string" ? number(x) : Array.isArray(x)
        ? x.map(number) : Object.fromEntries(Object.entries(x).map(([key, y]) => [key, number(y)]))))));
})));
"""


def in_node(jobs: Sequence[tuple[str, Sequence[Any]]]) -> Any:
    """For each text, what its `step` answers to each list of arguments. Numbers go as text, for nan and −0."""
    run = subprocess.run([program("node"), "-e", RUN], input=json.dumps(list(jobs)), capture_output=True, text=True,
                         check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout, parse_int=float)


def read(x: Any) -> Any:
    if isinstance(x, list):
        return [read(y) for y in x]
    return None if x is None else float(x.replace("Infinity", "inf"))


def close(found: float, expected: float, signs: bool = False) -> bool:
    """Within 1e-12, and alike where it is nan or infinite; with `signs`, zeros too."""
    if math.isnan(expected):
        return math.isnan(found)
    if signs and expected == 0.0 and math.copysign(1.0, found) != math.copysign(1.0, expected):
        return False
    return found == expected or abs(found - expected) <= 1e-12 * max(abs(expected), 1e-300)


Job = tuple[str, list[Any], list[Value]]


def compare(build: Any, points: Sequence[Sequence[float]]) -> Job:
    """A graph written out at the first point, what node is to be given, and the graph at every point."""
    roots = [build(*map(Value, point)) for point in points]
    return everything(roots[0]), [[[repr(leaf.data) for leaf in leaves_of(root)], "1"] for root in roots], roots


def check(jobs: Sequence[Job], signs: bool = False) -> None:
    """Every value, local derivative and gradient of every node at every point."""
    for (text, calls, roots), answers in zip(jobs, in_node([job[:2] for job in jobs])):
        for (leaves, _), root, answer in zip(calls, roots, answers):
            order = topological(root)
            grads = gradients(order, root, 1.0)
            values, slopes, found = (read(answer[key]) for key in ("values", "slopes", "gradients"))
            scale = max([1.0, *[abs(g) for g in grads.values() if math.isfinite(g)]])
            for i, node in enumerate(order):
                where = f"node {i}, {node.op}, with leaves {leaves} in\n{text}"
                assert close(values[i], node.data, signs), f"{values[i]} is not {node.data}: {where}"
                if node.op is not None and not node.op.constant:
                    for slope, expected in zip(slopes[i], node.partials):
                        assert close(slope, expected), f"{slope} is not {expected}: {where}"
                assert (found[i] is None) == (node not in grads), where
                assert found[i] is None or close(found[i], grads[node]) or abs(
                    found[i] - grads[node]) <= 1e-12 * scale, f"{found[i]} is not {grads[node]}: {where}"


def test_every_row_of_the_table() -> None:
    jobs = []
    for case in ELEMENTWISE:
        rng = random.Random(1)
        points = [[rng.uniform(*range_) for range_ in case.ranges] for _ in range(20)]
        jobs.append(compare(lambda *xs, op=case.op: Value.apply(op, *xs).tanh() * 0.5, points))
    assert {case.op.name for case in ELEMENTWISE} >= TABLE.keys()
    check(jobs)


EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 2.0, 3.0, -3.0, 7.25, 1e-9, 5e-324, -5e-324, 1e-310,
         2.5e-308, 0.9999999, 6.5, -37.0, 40.0, 709.5, 710.5, -745.5, -746.0, 1e16, -1e300, 1.7e308, math.inf,
         -math.inf, math.nan]


POWERS = 2.0, 3.0, 0.5, -0.5, -1.0, -2.0, 1.0, 0.0, 2.5, math.inf, math.nan


@pytest.mark.parametrize("op", [*TABLE.values(), *map(power_by, POWERS)], ids=str)
def test_the_edges_of_the_numbers(op: Op) -> None:
    some = EDGES if op.arity != 3 else [*EDGES[::3], math.nan, math.inf]
    points = list(itertools.product(some, repeat=op.arity or 1))
    jobs = [compare(lambda *xs: Value.apply(op, *xs), points)]
    check(jobs, signs=True)


def test_ops_of_many_values() -> None:
    rng = random.Random(2)
    jobs = []
    for case in MANY:
        points: list[list[float]] = [[rng.uniform(-3.0, 3.0) for _ in range(case.count)] for _ in range(5)]
        points += [[rng.choice(EDGES) for _ in range(case.count)] for _ in range(60)]
        jobs.append(compare(lambda *xs, op=case.op: Value.apply(op, *xs), points))
    check(jobs)


LOSSES = {
    "fused": lambda *z: F.cross_entropy(z, 1),
    "several rows": lambda *z: F.cross_entropy([z[:2], z[2:4]], [0, 1]),
    "a sum": lambda *z: F.cross_entropy([z[:2], z[2:4]], [0, 1], reduction="sum"),
    "smoothed, weighted": lambda *z: F.cross_entropy(z, 2, label_smoothing=0.2, weight=[1.0, 2.0, 0.5, 1.0]),
    "probabilities": lambda *z: F.cross_entropy(z, [0.1, 0.2, 0.3, 0.4]),
    "a row ignored": lambda *z: F.cross_entropy([z[:2], z[2:4]], [-100, 1]),
    "step by step": lambda *z: F.cross_entropy_composite(z, 3),
    "by logsumexp": lambda *z: F.cross_entropy_composite(z, 0, form="logsumexp"),
    "softmax": lambda *z: dot(F.softmax(z), [1.0, -2.0, 3.0, 0.5]),
    "log of a sum": lambda *z: Value.apply(LOGSUMEXP, *z) * z[0],
    "squared": lambda *z: total([(x - 1.0) ** 2 for x in z]) / 4.0,
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name: str) -> None:
    rng = random.Random(3)
    points = [[rng.uniform(-3.0, 3.0) for _ in range(4)] for _ in range(10)] + [[700.0, -700.0, 0.0, 5.0]]
    check([compare(LOSSES[name], points)])


def test_random_graphs_at_other_numbers() -> None:
    """Each is written once, and run again and again with other numbers for its leaves."""
    jobs = []
    for seed in range(25):
        leaves, build = random_graph(seed)
        rng = random.Random(seed)

        def again(*numbers: Value, leaves: list[Value] = leaves, build: Any = build) -> Any:
            for leaf, x in zip(leaves, numbers):    # the same leaves: the graph must be built before they move on
                leaf.data = x.data
            return copy.deepcopy(build())

        points = [[leaf.data for leaf in leaves]]
        points += [[rng.uniform(0.5, 1.5) * rng.choice([-1, 1]) for _ in leaves] for _ in range(2)]
        jobs.append(compare(again, points))
    check(jobs)


def test_the_text_is_a_function_of_the_named_leaves() -> None:
    w, x, b = Value(2.0, label="w"), Value(3.0, label="x"), Value(-7.0, label="b")
    loss = (w * x + b).tanh() ** 2
    text = source(loss, backend="js")
    assert "function step({w, x, b}) {" in text
    assert "const tanh_1 = Math.tanh(add_1);" in text
    assert "(1 - tanh_1 * tanh_1) * dtanh_1" in text
    (answer,), = in_node([(text, [[{"w": "2", "x": "3", "b": "-7"}]])])
    loss.backward()
    assert read(answer[0]) == pytest.approx(loss.data, rel=1e-13)
    assert {name: read(g) for name, g in answer[1].items()} == pytest.approx(
        {"w": w.grad, "x": x.grad, "b": b.grad}, rel=1e-13)


@pytest.mark.parametrize("labels", [
    ["class", "NaN", "step"], ["x", "dx", "x_2"], ["x", "x", "x"], ["my weight", "1", "ŷ_1"],
    ["relu", "sigmoid", "Math"], ["d", "loss", "dloss"], ["x²", "½", "①"], ["σ²", "σ_", "__proto__"]])
def test_any_label_makes_a_name(labels: list[str]) -> None:
    leaves = [Value(x, label=label) for x, label in zip((1.5, -0.5, 2.0), labels)]
    loss = (leaves[0] * leaves[1]).sigmoid() + leaves[2].relu() * leaves[0] + leaves[1]
    loss.backward()
    text = source(loss, backend="js")
    called = text.split("step({")[1].split("}")[0].split(", ")
    order = list(leaves_of(loss))
    (answer,), = in_node([(text, [[{name: repr(leaf.data) for name, leaf in zip(called, order)}]])])
    assert [read(answer[1][name]) for name in called] == pytest.approx([leaf.grad for leaf in order], rel=1e-13)


def test_numbers_without_a_name_are_written_out() -> None:
    x = Value(2.0, label="x")
    assert "x * 3" in source(x * 3.0, backend="js")
    assert "x - -1.5" in source(x - -1.5, backend="js")
    assert "Infinity" in source(x * math.inf, backend="js")


def test_what_has_no_spelling_is_refused_and_told_how_to_give_one() -> None:
    with pytest.raises(TypeError, match="Values only"):
        source(Tensor([1.0], requires_grad=True).sum(), backend="js")
    with pytest.raises(ValueError, match="expected one of numpy, torch, jax, js"):
        source(Value(1.0), backend="cupy")
    try:
        gamma = elementwise("lgamma", math.lgamma, np.vectorize(math.lgamma), lambda out, x: x)
        with pytest.raises(TypeError, match=r"lgamma has no spelling for JavaScript; give source=\{'js': …\}"):
            source(Value.apply(gamma, Value(2.0)), backend="js")
        cube = elementwise("cubed", lambda x: x * x * x, lambda x: x ** 3, lambda out, x: 3.0 * x * x)
        assert "x_1 * x_1 * x_1" in source(Value.apply(cube, Value(2.0)), backend="js")
        hyper = elementwise("hyper", lambda x, y: math.hypot(x, y), lambda x, y: x, lambda out, x, y: x / out,
                                   lambda out, x, y: y / out, source={"js": "Math.hypot({x}, {y})"})
        leaky = elementwise("leak", lambda x: x if x > 0 else 0.1 * x, lambda x: x,
                            lambda out, x: (x > 0.0) + 0.1 * (x <= 0.0), source={"js": "{x} > 0 ? {x} : 0.1 * {x}"})
        check([compare(lambda x, y: Value.apply(hyper, x, y) * 2.0, [[3.0, -4.0]]),
               compare(lambda x: -Value.apply(leaky, x * 1.0) * 2.0, [[3.0], [-4.0]])])
        wrong = elementwise("wrong", abs, lambda x: x, lambda out, x: x, source={"js": "{q} + 1"})
        with pytest.raises(TypeError, match="expected an expression with x in braces"):
            source(Value.apply(wrong, Value(2.0)), backend="js")
    finally:
        for name in ("lgamma", "cubed", "hyper", "leak", "wrong"):
            TABLE.pop(name, None)
            if name in Value.__dict__:
                delattr(Value, name)
    by_hand = Value(3.0, (Value(2.0), Value(1.0)), "+")
    with pytest.raises(TypeError, match="no spelling for JavaScript"):
        source(by_hand, backend="js")
