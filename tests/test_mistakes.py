"""Mistakes made by named edits of right lines are called by their name; what is right, however spelled, is right."""

import random
import statistics
import time

import numpy as np
import pytest

from autograd import Tensor, diagnose
from tests.mistakes import GRAPHS, Wrong, edits, mistakes, results, right_answers, runs, same_numbers, verdict
from tests.needs import needs


def test_the_backward_lines_are_right_before_they_are_edited():
    for run in runs().values():
        for line in run.graph.backward.splitlines():
            of, answer = run.answer(line)
            truth = run.seen["d" + of]
            near = (1e-10, 1e-12) if truth.dtype == np.float64 else (1e-4, 1e-6)
            np.testing.assert_allclose(answer, truth, *near, err_msg=line)


def test_nine_in_ten_are_named_and_hardly_one_by_another_name():
    done = results(mistakes()[::2])                 # docs/MISTAKES.md counts all of them
    assert len(done) >= 300
    assert len(GRAPHS) >= 12
    for part in (done, [x for x in done if x[0].held_back]):
        words = [verdict(wrong, diagnosis) for wrong, diagnosis, _ in part]
        assert words.count("silent") == 0
        assert words.count("named") >= 0.95 * len(words)
        assert words.count("false") <= 0.015 * len(words)
    assert statistics.median(seconds for *_, seconds in done) < 0.06         # 0.006 where nothing else runs


def test_no_right_answer_is_called_wrong():
    count = 0
    for what, answer, node, root in right_answers():
        count += 1
        diagnosis = diagnose(answer, node, root)
        assert not diagnosis, f"{what}\n{diagnosis}"
    assert count >= 3000


def test_where_the_truth_is_infinite_only_that_is_right():
    q = Tensor([0.0, 2.0], requires_grad=True, label="q")
    loss = q.log().sum()
    loss.backward()
    assert not diagnose([np.inf, 0.5], q, loss)
    for wrong in ([-7, 0.5], [-np.inf, 0.5], [np.nan, 0.5], [np.inf, 0.6]):
        assert diagnose(wrong, q, loss)
    assert "1 of 2" in str(diagnose([-7, 0.5], q, loss))


@pytest.mark.parametrize(("make", "right", "wrong"), [
    (lambda x: x.relu(), [0.5, 1, 0], [1.5, 1, 0]),
    (lambda x: abs(x), [-0.3, 1, -1], [-1.3, 1, -1]),
    (lambda x: (x * Tensor([1.0, 0.0, -1.0]) + Tensor([0.0, 2.0, 1.0])).max(), [0, 0, 1], [0, 0, 2]),
], ids=["relu", "abs", "max"])
def test_at_a_kink_every_subgradient_is_right(make, right, wrong):
    x = Tensor([0.0, 2.0, -1.0], requires_grad=True, label="x")
    y = make(x)
    loss = y.sum() if y.ndim else y * 1.0
    loss.backward()
    if make(x).ndim:
        assert "subgradient" in str(diagnose(right, x, loss))
    assert diagnose(wrong, x, loss)


def test_ties_may_be_shared_as_one_likes():
    x = Tensor([[2.0, 2.0, -1.0], [0.0, 1.0, 1.0]], requires_grad=True, label="x")
    loss = (x.max(1).values * Tensor([1.0, 3.0])).sum()
    loss.backward()
    for right in ([[1, 0, 0], [0, 3, 0]], [[0, 1, 0], [0, 0, 3]], [[0.5, 0.5, 0], [0, 1.5, 1.5]]):
        assert not diagnose(np.array(right, float), x, loss)
    assert diagnose([[1.0, 1.0, 0], [0, 3, 0]], x, loss)
    assert diagnose([[1.0, 0, 0], [3.0, 0, 0]], x, loss)


def test_what_cancels_two_ops_away_is_zero():
    rng = np.random.default_rng(0)
    b = Tensor(rng.standard_normal(5), requires_grad=True, label="b")
    shifted = (b * 3.0).view(1, 5) + rng.standard_normal((8, 5))
    loss = (((shifted - shifted.mean(0, keepdim=True)) * 100.0).tanh() * rng.standard_normal((8, 5))).sum()
    loss.backward()
    assert not diagnose(np.zeros(5), b, loss)
    assert diagnose(np.full(5, 1e-4), b, loss)


def test_a_diagnosis_ends_after_a_second_and_says_so():
    rng = np.random.default_rng(0)
    h = x = Tensor(rng.standard_normal((2048, 200)), requires_grad=True, label="x")
    for _ in range(6):
        h = (h @ (rng.standard_normal((200, 200)) * 0.07)).tanh()
    loss = (h * h).sum()
    loss.backward()
    start = time.thread_time()
    diagnosis = diagnose(np.asarray(x.grad) + rng.standard_normal(x.shape), x, loss)
    assert diagnosis.mistake == "unknown"
    assert time.thread_time() - start < 4.0


def test_what_a_diagnosis_comes_to_does_not_hang_on_the_clock(monkeypatch):
    """Work is counted: nothing in there asks for the time."""
    for clock in ("perf_counter", "thread_time", "process_time", "monotonic", "time"):
        monkeypatch.setattr(time, clock, lambda: pytest.fail("a clock was read"))
    run = runs()["group norm"]
    assert run.diagnosis("dd = inv * dnrm + 2 * d * dv / 9 + 0.01").mistake == "unknown"


def test_a_graph_that_is_too_large_is_not_walked(monkeypatch):
    monkeypatch.setattr("autograd.learn.diagnose.BUDGET", 1e4)
    x = Tensor(np.linspace(-1.0, 1.0, 40), requires_grad=True, label="x")
    loss = x.tanh().sin().sum()
    loss.backward()
    right = np.asarray(x.grad)
    monkeypatch.setattr("autograd.learn.contributions.Pass.__init__", lambda *_: pytest.fail("it was walked"))
    assert "more than a second" in str(diagnose(np.cos(np.arange(40.0)), x, loss))
    assert diagnose(3 * right, x, loss).mistake == "constant factor"


@pytest.mark.parametrize(("right", "wrong"), [([0.5, 1.0, 0.0], [1.5, 1.0, 0.0]), ([1.0, 1.0, 0.0], [0.5, 1.0, 0.1])])
def test_a_kink_further_on_is_forgiven(right, wrong):
    x = Tensor([0.0, 2.0, -1.0], requires_grad=True, label="x")
    y = x * 3.0
    z = y.relu()
    loss = (z / 3.0).sum()
    loss.backward()
    assert "subgradient" in str(diagnose(right, x, loss))
    assert diagnose(wrong, x, loss)


def test_a_number_in_half_precision_is_right_and_a_slip_in_it_is_wrong():
    run = runs()["rms norm"]
    half = {key: x.astype(np.float16) for key, x in run.seen.items() if isinstance(x, np.ndarray)}
    right = (half["g"] * half["dout"]).astype(float)
    assert "half precision" in str(diagnose(right, run.nodes["xn"], run.root))
    assert diagnose((1.05 * right).astype(np.float16).astype(float), run.nodes["xn"], run.root)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_few_bits_make_no_right_answer_wrong_and_hardly_a_wrong_one_right(dtype):
    if dtype == "bfloat16":                         # which NumPy has not
        torch = needs("torch", "parity")
    passed = {-1.0: 0, 1.2: 0, 0.0: 0}
    count = 0
    for name, graph in GRAPHS.items():
        if graph.values:
            continue
        run = runs()[name]
        for line in graph.backward.splitlines()[::2]:
            of, right = run.answer(line)
            if not 1e-3 < abs(np.asarray(right)).max() < 1e4:
                continue
            for factor in (1.0, *passed):
                x = factor * np.asarray(right, float)
                answer = torch.tensor(x).bfloat16() if dtype == "bfloat16" else x.astype(np.float16)
                if factor == 1.0:
                    assert not diagnose(answer, run.nodes[of], run.root), f"{name}: {line}"
                else:
                    passed[factor] += not diagnose(answer, run.nodes[of], run.root)
                    count += 1
    assert count > 750
    assert passed[-1.0] < 0.01 * count / 3
    assert passed[0.0] < 0.01 * count / 3           # where a softmax is so sure that its gradient is mostly rounding
    assert passed[1.2] < 0.05 * count / 3


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_mistakes_in_numbers_of_few_bits_are_named_whatever_array_holds_them(dtype):
    words = []
    for wrong in mistakes()[::31]:
        run = runs()[wrong.graph]
        of, answer = run.answer(wrong.line)
        truth = run.seen["d" + of]
        few = np.asarray(answer, dtype)
        if run.graph.values or few.shape != truth.shape or np.allclose(few, truth, 3e-2, 3e-2 * abs(truth).max()):
            continue
        words.append(verdict(wrong, diagnose(few.astype(float), run.nodes[of], run.root)))
    assert len(words) > 50
    assert words.count("named") >= (0.8 if dtype is np.float16 else 0.9) * len(words)


def test_of_two_mistakes_at_once_one_is_named_or_none_is():
    """Lines edited twice: seldom is anything named but the two, though some pairs come to what a third one gives."""
    choose = random.Random(0)
    lines = [(run, line) for run in runs().values() for line in run.graph.backward.splitlines() if ";" not in line]
    words: list[str] = []
    while len(words) < 300:
        run, line = choose.choice(lines)
        names: set[str] = set()
        for _ in range(2):
            made = [x for x in edits(line, run) if x[0] not in ("two at once", "sum dropped", "transposed")]
            _, line, more = choose.choice(made)
            names |= more
        try:
            of, answer = run.answer(line)
        except (ValueError, IndexError, SyntaxError, NameError, TypeError):
            continue
        truth, answer = run.seen["d" + of], np.asarray(answer, float)
        if answer.shape != truth.shape or np.allclose(answer, truth, 1e-7, 1e-10):
            continue
        names |= same_numbers(run, of, answer, truth)
        words.append(verdict(Wrong("", "", line, frozenset(names)), diagnose(answer, run.nodes[of], run.root)))
    assert words.count("silent") == 0
    assert words.count("false") <= 0.08 * len(words)
    assert words.count("named") >= 0.6 * len(words)


def test_two_mistakes_at_once_and_others_that_give_the_same_numbers():
    run = runs()["perceptron"]
    both = run.diagnosis("dhpre = -(1 - hpre ** 2) * dh")
    assert both.mistake == "another formula for the local derivative"
    one = run.diagnosis("dhpre = (1 - hpre ** 2) * dh")
    assert "`1 - hpre**2`" in one.evidence
    assert "`1 - h**2`" in one.evidence
    assert run.diagnosis("dhpre = np.cos(hpre * 3) * dh").evidence.count("where the derivative of `tanh` is") == 1
