"""The exercises: solutions pass, starters are graded, and whatever a learner's file does is a finding."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from demos.ninja import main, runner
from demos.ninja.borrowing import borrowed, taken
from demos.ninja.exercises import EXERCISES, exercises_in
from demos.ninja.runner import check

HOW_MANY = {0: 5, 1: 26, 2: 1, 3: 1, 4: 7, 5: 3, 6: 6, 7: 4, 8: 2, 9: 9, 10: 11, 11: 5, 12: 6, 13: 6,
            14: 3, 15: 3, 16: 4, 17: 3, 18: 4, 19: 3, 20: 4, 21: 5}
MENDED = [number for number, exercise in EXERCISES.items() if exercise.tests]      # an engine with a bug


def report_on(tmp_path, number, text, **options):
    path = tmp_path / EXERCISES[number].file_name
    path.write_text(text, encoding="utf-8")
    return check(path, EXERCISES[number], **options)


def states(report):
    return {line["name"]: line["state"] for line in report["lines"]}


def changed(number, **lines):
    """The solution with some of its lines replaced: name=("old", "new")."""
    text = EXERCISES[number].solution()
    for old, new in lines.values():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("number", EXERCISES)
def test_a_solution_is_right_and_a_starter_not_yet(tmp_path, number):
    exercise = EXERCISES[number]
    solved = report_on(tmp_path, number, exercise.solution())
    assert solved["error"] is None
    assert set(states(solved).values()) == {"right"}, solved["lines"]
    assert len(solved["lines"]) == HOW_MANY[number]
    begun = report_on(tmp_path, number, exercise.starter())
    assert begun["error"] is None
    assert set(states(begun).values()) == ({"wrong"} if exercise.tests else {"todo"})
    assert list(states(begun)) == list(states(solved))


def test_gradients_that_nobody_set_to_zero_are_called_that(tmp_path):
    number = next(number for number in MENDED if "zero_grad" in EXERCISES[number].source)
    begun = report_on(tmp_path, number, EXERCISES[number].starter())
    assert {line["mistake"] for line in begun["lines"]} == {"gradients of an earlier step"}
    other = EXERCISES[number].starter().replace("(1.0 - out.data ** 2) * out.grad", "out.grad")
    assert "gradients of an earlier step" in {line["mistake"] for line in report_on(tmp_path, number, other)["lines"]}


@pytest.mark.parametrize("number", EXERCISES)
def test_a_starter_gives_nothing_away_and_every_answer_has_its_hint(number):
    exercise = EXERCISES[number]
    starter, solution = exercise.starter(), exercise.solution()
    for mark in ("#?", "#-", "#+", "#:", "#!", "#~", "#=", "expected_"):
        assert mark not in starter
        assert mark not in solution
    assert ("TODO" in starter) is not bool(exercise.tests)
    assert "TODO" not in solution
    assert "None  # TODO" not in solution
    assert set(exercise.asked) <= set(exercise.hints)
    for line in exercise.source.splitlines():
        if line.endswith("  #?"):
            answer = re.sub(r"\s*#\?$", "", line.split("= ", 1)[1])
            assert f"= {answer}\n" not in starter or answer in ("None",)
    for name, hint in exercise.hints.items():
        assert not re.search(rf"\b{name} = ", hint)


def test_training_by_hand_comes_to_the_engines_losses(tmp_path):
    exercise = EXERCISES[4]
    scope = {"__name__": "exercise"}
    exec(exercise.solution(), scope)
    truth = {"__name__": "truth"}
    exec(exercise.truth(), truth)
    ours, engines = np.array(scope["losses"]), np.array(truth["expected_losses"])
    assert ours.shape == engines.shape == (200,)
    assert np.abs(ours - engines).max() < 1e-11
    assert ours[-20:].mean() < ours[:20].mean() - 0.5


def test_mistakes_are_named_where_they_are_and_lines_below_them_are_not_blamed(tmp_path):
    report = report_on(tmp_path, 1, changed(
        1, counts=("dcounts = counts_sum_inv * dprobs + dcounts_sum", "dcounts = counts_sum_inv * dprobs"),
        W2=("dW2 = h.T @ dlogits", "dW2 = (h.T @ dlogits).T"),
        hpreact=("dhpreact = (1.0 - h ** 2) * dh", "dhpreact = dh"),
        bndiff2=("dbnvar / (n - 1)", "dbnvar / n"),
        table=("        dC[Xb[i, j]] += demb", "        dC[Xb[i, j]] = demb")))
    assert report["error"] is None
    by_name = {line["name"]: line for line in report["lines"]}
    assert {name: line["mistake"] for name, line in by_name.items() if line["state"] == "wrong"} == {
        "dcounts": "path left out", "dW2": "transposed", "dhpreact": "local derivative forgotten",
        "dbndiff2": "n against n − 1 (biased or Bessel's variance)", "dC": "= where += was needed"}
    assert by_name["dh"]["state"] == "follows"
    assert by_name["dh"]["from"] == ["dcounts"]
    assert by_name["dprobs"]["state"] == "right"
    assert "`probs`" in by_name["dcounts"]["uses"]
    assert "`counts_sum`" in by_name["dcounts"]["uses"]


def test_a_shape_inherited_from_a_line_further_up_is_not_blamed(tmp_path):
    report = report_on(tmp_path, 1, changed(
        1, inverse=("dcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)", "dcounts_sum_inv = counts * dprobs")))
    by_name = {line["name"]: line for line in report["lines"]}
    assert by_name["dcounts_sum_inv"]["mistake"] == "sum over the broadcast axis forgotten"
    assert by_name["dcounts_sum"]["state"] == "follows"
    assert by_name["dcounts_sum"]["from"] == ["dcounts_sum_inv"]
    report = report_on(tmp_path, 1, changed(        # and a mistake of its own is
        1, inverse=("dcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)", "dcounts_sum_inv = counts * dprobs"),
        counts_sum=("dcounts_sum = -", "dcounts_sum = ")))
    assert states(report)["dcounts_sum"] == "wrong"


def test_lines_after_the_one_that_stopped_the_file_are_not_reached(tmp_path, capsys):
    path = tmp_path / EXERCISES[2].file_name
    path.write_text(EXERCISES[2].solution().replace("dlogits =", "dlogits = 1 / 0\ndlogits ="), encoding="utf-8")
    main(["check", str(path)])
    out = capsys.readouterr().out
    assert "not reached" in out
    assert "no variable" not in out


@pytest.mark.parametrize(("number", "old", "new", "name", "mistake"), [
    (0, "da = 2.0", "da = 1.0", "da", "path left out"),
    (0, "dx = 2.0 * x.data", "dx = -2.0 * x.data", "dx", "wrong sign"),
    (2, "dlogits[range(n), Yb] -= 1\n", "", "dlogits", "one-hot forgotten"),
    (2, "dlogits /= n\n", "", "dlogits", "factor 1/N missing"),
    (3, "n / (n - 1) * bnraw", "bnraw", "dhprebn", "n against n − 1 (biased or Bessel's variance)"),
    (6, "dz = p - y", "dz = y - p", "dz", "wrong sign"),
    (7, "dgamma = (dout * xhat).sum(0)", "dgamma = dout * xhat", "dgamma", "sum over the broadcast axis forgotten"),
    (9, "dq = dscores @ k * d_head ** -0.5", "dq = dscores @ k", "dq", "factor forgotten"),
    (9, "dscores = weights * (dweights - (dweights * weights).sum(1, keepdim=True))", "dscores = dweights", "dscores",
     "local derivative forgotten"),
    (9, "dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T", "dx = dq @ Wq.T + dv @ Wv.T", "dx", "path left out"),
    (4, "dlogits /= n\n", "\n", "dW2", "factor 1/N missing"),
    (4, "(1.0 - h ** 2) * dh", "dh", "dbnbias", "local derivative forgotten"),
    (4, "n / (n - 1) * bnraw", "bnraw", "dW1", "n against n − 1 (biased or Bessel's variance)"),
    (4, "dlogits.sum(0)", "dlogits.mean(0)", "db2", "factor 1/N extra"),
    (4, "return [dC, dW1, dW2", "return [dC, dW1, -dW2", "dW2", "wrong sign"),
    (10, "dh2 = dy2 @ Wy.T + da3 @ Wh.T", "dh2 = dy2 @ Wy.T", "dh2", "= where += was needed"),
    (10, "dWx = x1.T @ da1 + x2.T @ da2 + x3.T @ da3", "dWx = x3.T @ da3", "dWx", "path left out"),
    (10, "db = (da1 + da2 + da3).sum(0)", "db = da1 + da2 + da3", "db", "sum over the broadcast axis forgotten"),
    (10, "da3 = (1.0 - h3 ** 2) * dh3", "da3 = (1.0 - a3 ** 2) * dh3", "da3",
     "another formula for the local derivative"),
    (11, "dh = dthinned * kept / (1.0 - rate)", "dh = dthinned * kept", "dh", "factor forgotten"),
    (11, "dh = dthinned * kept / (1.0 - rate)", "dh = dthinned / (1.0 - rate)", "dh",
     "local derivative forgotten"),
    (11, "dV = thinned.T @ dout", "dV = h.T @ dout", "dV", "another node in the place of a factor"),
    (12, "du = (F.softmax(u, 1) - y) / n", "du = (F.softmax(u, 1) - onehot) / n", "du", "another formula for p − y"),
    (12, "du = (F.softmax(u, 1) - y) / n", "du = F.softmax(u, 1) - y", "du", "factor 1/N missing"),
    (12, "dz = du / T", "dz = du", "dz", "constant factor"),
    (12, "deps = (dy * (1.0 / C - onehot)).sum()", "deps = -(dy * onehot).sum()", "deps", "= where += was needed"),
    (13, "        dflat[places[i, j]] += dcolumns", "        dflat[places[i, j]] = dcolumns", "dflat",
     "= where += was needed"),
    (13, "dcolumns = dout @ weights.T", "dcolumns = dout * kernel.view(-1).flip(0)", "dcolumns", "in reverse order"),
    (13, "dbias = dout.sum()", "dbias = dout.mean()", "dbias", "factor 1/N extra"),
    (8, "dC = F.one_hot(Xb.view(-1), vocab_size).T @ demb.view(-1, n_embd)",
     "dC = torch.zeros_like(C)\nfor i in range(n):\n    for j in range(3):\n        dC[Xb[i, j]] += demb[i, j]",
     "no loop", "a loop"),
])
def test_a_mistake_in_an_exercise(tmp_path, number, old, new, name, mistake):
    report = report_on(tmp_path, number, changed(number, line=(old, new)))
    line = next(line for line in report["lines"] if line["name"] == name)
    assert (line["state"], line.get("mistake")) == ("wrong", mistake)


@pytest.mark.parametrize(("text", "error", "line"), [
    ("raise KeyError('x')", "KeyError: 'x'", 1),
    ("x = 1\nwhile True:\n    pass", "more than 1 seconds", None),
    ("import time\ntime.sleep(60)", "more than 1 seconds", 2),
    ("while True:\n    try:\n        x = 1\n    except Exception:\n        pass", "more than 1 seconds", None),
    ("x = (1\ny = 2", "Python can't read it", 1),
    ("import sys\nsys.exit(3)", "ended Python itself", 2),
    ("dx = None\ny = dx + 1", "still None", 2),
    ("input('> ')", "EOFError", 1),
    ("def f():\n    return f()\nf()", "RecursionError", 2),
    ("import nothing_of_that_name", "ModuleNotFoundError", 1),
], ids=["an exception", "a loop", "sleep", "a loop that catches", "syntax", "exit", "None", "input", "recursion",
        "import"])
def test_what_stops_a_file_is_a_finding(tmp_path, text, error, line):
    report = report_on(tmp_path, 2, text, seconds=1.0)
    assert error in report["error"]["what"]
    assert line is None or report["error"]["line"] == line
    if "except" in text and sys.version_info < (3, 11):     # which handles no signal in such a loop, so that the whole
        assert states(report) == {}                         # process is ended from without, and nothing is graded
    else:
        assert states(report) == {"dlogits": "missing"}


def test_a_file_that_cannot_be_stopped_from_within_is_ended_from_without(tmp_path, monkeypatch):
    report = report_on(tmp_path, 2, "import os\nos._exit(7)")
    assert "exit status 7" in report["error"]["what"]
    assert report["lines"] == []
    wait = subprocess.Popen.communicate
    monkeypatch.setattr(subprocess.Popen, "communicate", lambda process, timeout: wait(process, timeout=timeout - 13))
    stubborn = "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True:\n    pass"
    report = report_on(tmp_path, 2, stubborn, seconds=1.0)
    assert "would not be stopped" in report["error"]["what"]


@pytest.mark.parametrize("answer", ["'hello'", "object()", "[1, [2]]", "{}", "lambda: 1", "1j", "float('nan')", "True",
                                    "__import__('numpy').array(['a'])", "torch", "range(3)", "[]"])
def test_an_answer_of_the_wrong_kind_is_a_finding(tmp_path, answer):
    report = report_on(tmp_path, 2, f"import autograd as torch\ndlogits = {answer}\nprint('so far')")
    assert report["error"] is None
    assert states(report) == {"dlogits": "wrong"}
    assert report["lines"][0]["evidence"]
    assert report["output"] == "so far\n"


def test_a_file_cannot_change_the_truth(tmp_path):
    text = ("import autograd\nimport numpy as np\nfrom autograd.arrays.tensor import Tensor\n"
            "Tensor.backward = lambda self: None\nautograd.functional.softmax = None\nnp.seterr(all='raise')\n"
            "dlogits = 1.0\n")
    assert states(report_on(tmp_path, 2, "import autograd.functional\n" + text)) == {"dlogits": "wrong"}


def test_what_is_printed_is_kept_within_limits(tmp_path):
    report = report_on(tmp_path, 2, "for i in range(200_000):\n    print('x' * 50)", seconds=10.0)
    assert report["error"] is None
    assert len(report["output"]) == 3000


def test_other_names(tmp_path):
    names = tmp_path / "mine.txt"
    names.write_text("\n".join(["łucja", "zoë", "øystein", "björn", "ana", "bo", "cy", "di", "ed", "flo"]), "utf-8")
    report = report_on(tmp_path, 1, EXERCISES[1].solution(), names=names)
    assert set(states(report).values()) == {"right"}
    names.write_text("ana\n", "utf-8")
    report = report_on(tmp_path, 1, EXERCISES[1].solution(), names=names)
    assert "at least 10 are needed" in report["error"]["what"]


def test_a_todo_does_not_stop_the_lines_after_it(tmp_path):
    report = report_on(tmp_path, 1, changed(1, dh=("dh = dlogits @ W2.T", "dh = None")))
    assert report["error"] is None
    found = states(report)
    assert found.pop("dh") == "todo"
    assert set(found.values()) == {"right"}


@pytest.mark.parametrize(("number", "old", "new", "name"), [
    (2, "dlogits /= n\n", "dlogits = logits.grad\n", "dlogits"),
    (3, "dhprebn = ", "dhprebn = hprebn.grad if True else ", "dhprebn"),
    (6, "dz = p - y", "mine = z.grad\ndz = mine * 1.0", "dz"),
])
def test_the_engines_gradient_is_not_an_answer(tmp_path, number, old, new, name):
    report = report_on(tmp_path, number, changed(number, line=(old, new)))
    line = next(line for line in report["lines"] if line["name"] == name)
    assert (line["state"], line["mistake"]) == ("wrong", "the engine's work, not yours")


def test_no_right_number_is_shown_before_the_last_hint(tmp_path, capsys):
    path = tmp_path / "0_warmups.py"
    path.write_text(EXERCISES[0].starter().replace("da = None", "da = 1.2345"), "utf-8")
    shown = []
    for level in range(4):
        main(["check", str(path), "--hints", str(level)])
        shown.append(capsys.readouterr().out)
    assert all("1.2345" in text for text in shown)
    assert not any("expected" in text for text in shown[:3])
    assert "expected 2" in shown[3]


BORROWINGS = {                                      # all end in the right gradient, by the engine's work
    "x.grad": "x.grad", "grad of an alias": "also.grad", "getattr": "getattr(x, 'gr' + 'ad')",
    "vars": "vars(x)['grad']", "a dict": "x.__dict__['grad']", "a format": "float('{0.grad}'.format(x))",
    "its text": "float(repr(x).split('=')[2][:-1])",
    "a pattern": "found[0]", "the stand-in": "__stand_in__('dx', None)", "globals": "globals()['x']",
    "a function": "mine(x)", "a lambda": "(lambda node: node.grad)(x)", "autograd.grad": "autograd.grad(f)(3.0)",
    "an import": "g(f)(3.0)", "a deep import": "by(out)", "everything imported": "grad(f)(3.0)",
    "diagnose": "diagnose(0.0, x).evidence", "the op": "x.op.pulled((True,), 1.0, x, (x,))", "in place": "into[0]",
    "torch": "torch.tensor(1.0)", "a comprehension": "[y.grad for y in (x,)][0]", "a walrus": "(y := x.grad)",
}
BEFORE = {
    "grad of an alias": "also = x", "a pattern": "match x:\n    case Value(grad=y):\n        found = [y]",
    "a function": "def mine(node):\n    return node.grad", "autograd.grad": "import autograd\nf = lambda x: x * x",
    "an import": "from autograd import grad as g\nf = lambda x: x * x",
    "a deep import": "from autograd.derivatives import grad as by", "diagnose": "from autograd import diagnose",
    "everything imported": "from autograd import *\nf = lambda x: x * x", "torch": "import torch",
    "in place": "into = []\ninto.append(x.grad)",
}


@pytest.mark.parametrize("how", BORROWINGS)
def test_every_way_to_borrow_is_found_and_traced_to_the_answer(how):
    starter = "from autograd import Value\nx = Value(3.0)\nout = x * x\nout.backward()\ndx = None  # TODO\ndy = None"
    begun, end = starter.split("dx = None  # TODO\n")
    text = f"{begun}{BEFORE.get(how, '')}\ndx = {BORROWINGS[how]}\ndy = 2.0 * dx\nprint(x.grad)\n{end}"
    assert set(taken(text, starter, ["dx", "dy"])) == {"dx"}
    honest = f"{begun}dx = 2.0 * x.data\ndy = 2.0 * dx\nprint(x.grad)\ncmp('x', dx, x)\nassert x.grad == 6.0\n"
    assert not borrowed(honest, starter)
    assert not taken(honest, starter, ["dx", "dy"])


def test_an_engine_to_be_mended_may_not_be_replaced_by_ours(tmp_path):
    assert [*range(14, 22)] == MENDED
    text = EXERCISES[14].starter().replace("#  The tests", "# The tests") + "\nfrom autograd import Value\n"
    report = report_on(tmp_path, 14, text)
    assert report["verdict"] == "borrowed"
    assert "imports the engine" in report["borrowed"][0]["what"]


@pytest.mark.parametrize("number", MENDED)
def test_what_a_mended_engine_comes_to_is_found_by_the_checkers_own_tests(tmp_path, number):
    text = re.sub(r"^(d\w+) = \w+\.grad$", r"\1 = 1.25", EXERCISES[number].starter(), flags=re.M)
    assert text.count("= 1.25\n") == HOW_MANY[number]
    report = report_on(tmp_path, number, text)
    assert set(states(report).values()) == {"wrong"}
    assert "1.25" not in str(report["lines"])


@pytest.mark.parametrize(("number", "old", "new", "names"), [      # mended, but not right
    (14, "for node in reversed(self.order()):", "for node in self.order():", {"da", "dx", "dp"}),
    (17, "p.grad = 0.0", "p.grad = 1.0", {"dw", "du", "dv"}),
    (18, "visit(x)\n                found", "pass\n                found", {"da", "dx", "dq", "dp"}),
    (19, "g.sum(axis, keepdims=True)", "g.mean(axis, keepdims=True)", {"dc"}),
    (20, "(self.data > 0.0) *", "0.0 *", {"dx"}),
    (21, "Value(-largest)", "Value(min(0.0, 700.0 - x.data))", {"dv1", "dv2"}),
])
def test_an_engine_that_is_still_wrong(tmp_path, number, old, new, names):
    found = states(report_on(tmp_path, number, changed(number, line=(old, new))))
    assert {name for name, state in found.items() if state != "right"} >= names


def test_a_test_that_raises_stops_no_other(tmp_path):
    report = report_on(tmp_path, 20, changed(20, line=("def tanh(self):", "def tan(self):")))
    assert report["error"] is None
    assert states(report) == {"da": "right", "dx": "right", "dw": "wrong", "dv": "wrong"}
    assert "no attribute 'tanh'" in report["lines"][2]["evidence"]


@pytest.mark.parametrize("number", [number for number, exercise in EXERCISES.items() if not exercise.needs_numpy])
def test_an_exercise_on_numbers_alone_is_graded_without_numpy(tmp_path, number):
    exercise = EXERCISES[number]
    path = tmp_path / exercise.file_name
    path.write_text(exercise.solution(), "utf-8")
    code = ("import sys, json; sys.modules['numpy'] = None\nfrom pathlib import Path\n"
            "from demos.ninja.grading import grade\nfrom demos.ninja.exercises import Exercise\n"
            f"print(json.dumps(grade(Path({str(path)!r}), Exercise({number}, Path({str(exercise.path)!r})), 20.0)))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          cwd=Path(__file__).parents[2])
    assert set(states(json.loads(done.stdout)).values()) == {"right"}


def test_all_others_need_numpy():
    assert [number for number, exercise in EXERCISES.items() if not exercise.needs_numpy] == [
        0, *(number for number in MENDED if number != 19)]


def numbers_in(x):
    x = x.tolist() if hasattr(x, "tolist") else getattr(x, "data", x)
    return [y for row in x for y in numbers_in(row)] if isinstance(x, list) else [float(x)]


@pytest.mark.parametrize("number", [0, 5, 6, 12])
def test_nothing_said_before_the_last_hint_passes_when_pasted_back(tmp_path, number):
    exercise = EXERCISES[number]
    solved = {"__name__": "exercise"}
    exec(exercise.solution(), solved)
    for edit in ("-({})", "0.0 * ({})", "({}) * 1.3 - 0.1"):
        lines = exercise.solution().splitlines()
        for i, line in enumerate(lines):
            name = line.split(" = ")[0]
            if name in exercise.asked:
                lines[i] = f"{name} = {edit.format(line.split(' = ', 1)[1])}"
        report = report_on(tmp_path, number, "\n".join(lines))
        assert any(line["state"] == "wrong" for line in report["lines"])
        for line in report["lines"]:
            if line["state"] != "wrong":
                continue
            right = numbers_in(solved[line["name"]])
            shown = " ".join([line["mistake"], line["evidence"], line["hint"]])
            assert "expected" not in re.sub(r"expected \(", "", shown)
            if len(right) == 1 and right[0] not in (1.0, 2.0, -1.0):
                for word in re.findall(r"[-−]?\d+\.?\d*(?:e[-+]?\d+)?", shown):
                    assert abs(float(word.replace("−", "-")) - right[0]) > 1e-6 * abs(right[0]), shown


def test_json_holds_no_right_number_before_the_last_hint(tmp_path, capsys):
    path = tmp_path / "0_warmups.py"
    path.write_text(EXERCISES[0].starter().replace("dr = None", "dr = 1.2345"), "utf-8")
    for level in range(4):
        assert main(["check", str(path), "--hints", str(level), "--json"]) == 1
        report = json.loads(capsys.readouterr().out)
        assert ("2.4" in json.dumps(report["lines"])) is (level == 3)
        assert report["verdict"] == "wrong"


def test_the_truth_stands_in_and_that_is_said(tmp_path, capsys):
    path = tmp_path / EXERCISES[9].file_name
    path.write_text(changed(9, both=("dq = dscores @ k * d_head ** -0.5\n", ""),
                            two=("dk = dscores.T", "dq, dk = None, dscores.T")), "utf-8")
    assert main(["check", str(path)]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "· dq not written yet" in shown
    assert "8 of 9 right" in shown
    assert "dq is not written yet: the lines that use it were given the right gradient" in shown


def test_what_follows_from_a_wrong_line_without_a_graph_is_forgiven(tmp_path):
    report = report_on(tmp_path, 5, changed(
        5, J=("J = (probs.detach()", "J = -(probs.detach()"),
        z=("dz = (probs - y) / T", "dz = (-(y / probs.detach()).view(1, -1) @ J).view(-1)")))
    assert states(report) == {"J": "wrong", "dz": "follows", "dT": "right"}
    assert [line.get("mistake") for line in report["lines"]] == ["wrong sign", None, None]
    assert report["lines"][1]["from"] == ["J"]


def test_what_follows_from_a_path_that_no_node_stands_for_is_forgiven(tmp_path):
    by_paths = ("dz = p - y", "mine = (through_p0 + through_p1) / h[1]\ndz = torch.stack([mine, -mine])")
    report = report_on(tmp_path, 6, changed(6, z=by_paths, one=("through_p0 = -y[0]", "through_p0 = y[0]")))
    assert states(report) == {"dp": "right", "through_p0": "wrong", "through_p1": "right", "dz": "follows",
                              "dW": "follows", "db": "follows"}
    assert all(line["from"] == ["through_p0"] for line in report["lines"] if line["state"] == "follows")
    report = report_on(tmp_path, 6, changed(
        6, z=by_paths, p=("dp = -y / p", "dp = y / p"),
        one=("through_p0 = -y[0] * (1.0 - p[0]) * h[1]", "through_p0 = dp[0] * p[0] * (1.0 - p[0]) * h[1]"),
        two=("through_p1 = y[1] * p[0] * h[1]", "through_p1 = -dp[1] * p[0] * p[1] * h[1]")))
    assert [line["name"] for line in report["lines"] if line["state"] == "wrong"] == ["dp"]
    assert [line["name"] for line in report["lines"] if line["state"] == "right"] == []


def test_a_changed_forward_pass_is_said(tmp_path):
    report = report_on(tmp_path, 5, changed(5, T=("torch.tensor(2.5", "torch.tensor(2.0")))
    assert "was it changed?" in report["note"]
    assert report_on(tmp_path, 5, EXERCISES[5].solution())["note"] == ""
    report = report_on(tmp_path, 0, changed(0, x=("x = Value(-1.5", "x = Value(-1.25")))
    assert "out_x = 1.5625, the exercise's to 2.25" in report["note"]
    report = report_on(tmp_path, 4, changed(4, T=("F.cross_entropy(logits, Yb)", "F.cross_entropy(2.0 * logits, Yb)")))
    assert "was it changed?" in report["note"]
    report = report_on(tmp_path, 4, changed(4, n=("dlogits /= n\n", "\n")))      # other losses, by a wrong gradient
    assert report["note"] == ""
    assert states(report)["losses"] == "follows"


# The command line.

def test_start_check_list(tmp_path, capsys):
    folder = ["--dir", str(tmp_path / "ninja")]
    assert main(folder) == 0
    assert "○  1  every intermediate" in capsys.readouterr().out
    assert main([*folder, "start", "0"]) == 0
    path = tmp_path / "ninja" / "0_warmups.py"
    mine = path.read_text("utf-8").replace("da = None", "da = 2.0").replace("dx = None", "dx = x.data")
    path.write_text(mine, "utf-8")
    assert main([*folder, "start", "0"]) == 1
    assert path.read_text("utf-8") == mine
    assert "stays as it is" in capsys.readouterr().out

    assert main([*folder, "check", "0"]) == 1
    shown = capsys.readouterr().out
    assert "✓ da" in shown
    assert "✗ dx  path left out" in shown
    assert "· dp  not written yet" in shown
    assert "1 of 5 right" in shown
    assert path.read_text("utf-8") == mine
    main(folder)
    assert "1 of 5 right" in capsys.readouterr().out
    path.write_text(EXERCISES[0].solution(), "utf-8")
    assert main([*folder, "check", str(path)]) == 0
    assert "all 5 right" in capsys.readouterr().out
    main(folder)
    assert "✓  0" in capsys.readouterr().out
    (tmp_path / "ninja" / ".progress.json").write_text("[nonsense", "utf-8")
    assert main(folder) == 0


def test_hints_grow(tmp_path, capsys):
    path = tmp_path / "0_warmups.py"
    path.write_text(EXERCISES[0].starter().replace("dx = None", "dx = x.data"), "utf-8")
    lengths = []
    for level in range(4):
        main(["check", str(path), "--hints", str(level)])
        shown = capsys.readouterr().out
        lengths.append(shown.count("→"))
    assert lengths[0] == 0
    assert lengths[0] < lengths[1] < lengths[2] < lengths[3]
    assert EXERCISES[0].hints["dx"] in " ".join(shown.split())      # long lines are wrapped at the terminal's width


def test_exercises_are_numbered_by_all_their_digits(tmp_path, monkeypatch, capsys):
    for name in ("2_b.py", "10_c.py", "1_a.py"):
        (tmp_path / name).write_text(f'"""Exercise {name[:-5]}: of {name}."""\nx = 1  #?\n', "utf-8")
    (tmp_path / "ruff.toml").touch()
    found = exercises_in(tmp_path)
    assert {number: exercise.file_name for number, exercise in found.items()} == {1: "1_a.py", 2: "2_b.py",
                                                                                  10: "10_c.py"}
    assert list(found) == [1, 2, 10]
    monkeypatch.setattr(runner, "EXERCISES", found)
    assert main(["--dir", str(tmp_path / "mine")]) == 0
    assert "○ 10  of 10_c.py" in capsys.readouterr().out
    asked = []
    monkeypatch.setattr(runner, "check", lambda path, exercise, *options: asked.append(exercise.number) or {
        "error": None, "lines": [], "output": "", "borrowed": [], "verdict": "stopped"})
    main(["check", str(tmp_path / "10_c.py")])      # not exercise 1, though its name begins with a 1
    assert asked == [10]


def test_every_file_among_the_exercises_is_one():
    assert len(EXERCISES) == len(list(EXERCISES[0].path.parent.glob("*.py")))


def test_solution_is_python_and_plain_without_rich(capsys, monkeypatch):
    monkeypatch.setattr(runner, "_console", None)
    assert main(["solution", "1"]) == 0
    compile(capsys.readouterr().out, "solution", "exec")
    assert main([]) == 0
    assert "python -m demos ninja start N" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "message"), [
    (["start", "77"], "there are 0 to 21"), (["check", "nowhere.py"], "say --exercise N"),
    (["check", "1_nowhere.py"], "ninja start 1` writes one"), (["check", "5"], "no file"),
    (["check", "77"], "there are 0 to 21"),
])
def test_what_the_command_line_refuses(tmp_path, arguments, message, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(arguments)
    assert message in capsys.readouterr().err


def test_the_started_file_runs_by_itself(tmp_path):
    path = tmp_path / "1_makemore.py"
    begun = EXERCISES[1].starter().replace("dlogprobs = None", "dlogprobs = torch.zeros_like(logprobs)")
    path.write_text(begun, "utf-8")
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)})
    assert done.stdout.startswith("logprobs        | exact: False | approximate: False")
    assert "all zeros" in done.stdout


def test_the_names_that_ship():
    from demos.ninja.lesson import dataset, names
    assert len(set(names())) == len(names()) >= 1000
    X, Y, alphabet = dataset()
    assert X.shape == (len(Y), 3)
    assert alphabet.startswith(".a")
