"""`cmp` and `diagnose`: every usual mistake is called by its name, and nothing right is called wrong or wrong right."""

import math
import weakref
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as torch
import autograd.functional as F
from autograd import Tensor, Value, cmp, diagnose
from autograd.learn.contributions import raw

N, CONTEXT, VOCABULARY, EMBEDDING, HIDDEN = 32, 3, 27, 10, 64


def network(seed=0, dtype=np.float64):
    """The network of the lecture in small steps, after its backward pass: name -> Tensor."""
    rng = np.random.default_rng(seed)

    def parameter(*shape):
        return Tensor(0.3 * rng.standard_normal(shape), requires_grad=True, dtype=dtype)

    X, Y = rng.integers(0, VOCABULARY, (N, CONTEXT)), rng.integers(0, VOCABULARY, N)
    C, W1, b1 = parameter(VOCABULARY, EMBEDDING), parameter(CONTEXT * EMBEDDING, HIDDEN), parameter(HIDDEN)
    W2, b2 = parameter(HIDDEN, VOCABULARY), parameter(VOCABULARY)
    gain, bias = parameter(1, HIDDEN), parameter(1, HIDDEN)
    emb = C[X]
    embcat = emb.view(N, -1)
    hprebn = embcat @ W1 + b1
    bnmeani = 1 / N * hprebn.sum(0, keepdim=True)
    bndiff = hprebn - bnmeani
    bndiff2 = bndiff ** 2
    bnvar = 1 / (N - 1) * bndiff2.sum(0, keepdim=True)
    bnvar_inv = (bnvar + 1e-5) ** -0.5
    bnraw = bndiff * bnvar_inv
    hpreact = gain * bnraw + bias
    h = torch.tanh(hpreact)
    logits = h @ W2 + b2
    logit_maxes = logits.max(1, keepdim=True).values
    norm_logits = logits - logit_maxes
    counts = norm_logits.exp()
    counts_sum = counts.sum(1, keepdim=True)
    counts_sum_inv = counts_sum ** -1
    probs = counts * counts_sum_inv
    logprobs = probs.log()
    loss = -logprobs[range(N), Y].mean()
    loss.backward()
    nodes = {name: x for name, x in locals().items() if isinstance(x, Tensor)}
    for name, x in nodes.items():
        x.label = name
    return nodes | {"X": X, "Y": Y}


@pytest.fixture
def net():
    return network()


def numbers(t):
    return t.grad.numpy().copy()


def is_named(diagnosis, mistake, *evidence):
    assert diagnosis.mistake == mistake, str(diagnosis)
    for word in evidence:
        assert word in diagnosis.evidence, str(diagnosis)
    assert diagnosis
    assert diagnosis.hint


# Right answers.

@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_right_gradient_is_right_for_every_node_however_rounded(net, dtype):
    net = net if dtype == np.float64 else network(dtype=dtype)
    rng = np.random.default_rng(0)
    for name, t in net.items():
        if isinstance(t, Tensor) and name != "loss":
            g = numbers(t)
            assert not diagnose(g, t), name
            assert not diagnose(g * (1 + 4 * np.finfo(dtype).eps * rng.standard_normal(g.shape).astype(dtype)), t)
            assert str(diagnose(t.grad, t)) == f"d{name}: right"


def test_the_lectures_manual_gradients_are_right(net):
    n = N
    h, logits, counts, probs, Y = net["h"], net["logits"], net["counts"], net["probs"], net["Y"]
    dlogprobs = torch.zeros_like(net["logprobs"])
    dlogprobs[range(n), Y] = -1.0 / n
    dprobs = (1.0 / probs) * dlogprobs
    dcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)
    dcounts = net["counts_sum_inv"] * dprobs
    dcounts_sum = -net["counts_sum"] ** -2 * dcounts_sum_inv
    dcounts += torch.ones_like(counts) * dcounts_sum
    dnorm_logits = counts * dcounts
    dlogit_maxes = (-dnorm_logits).sum(1, keepdim=True)         # zero but for rounding, as it should be
    dlogits = F.softmax(logits, 1)
    dlogits[range(n), Y] -= 1
    dlogits /= n
    dW2 = h.T @ dlogits
    db1 = (net["gain"] * net["bnvar_inv"] / n * (
        n * numbers(net["hpreact"]) - numbers(net["hpreact"]).sum(0)
        - n / (n - 1) * net["bnraw"] * (numbers(net["hpreact"]) * net["bnraw"]).sum(0))).sum(0)     # zero too
    for name, manual in {"logprobs": dlogprobs, "counts": dcounts, "counts_sum": dcounts_sum, "b1": db1, "W2": dW2,
                         "norm_logits": dnorm_logits, "logit_maxes": dlogit_maxes, "logits": dlogits}.items():
        assert cmp(name, manual, net[name]), name


# Each mistake by its name.

def test_a_path_left_out(net):
    dprobs = numbers(net["probs"])
    wrong = net["counts_sum_inv"].numpy() * dprobs
    contribution = np.broadcast_to(net["counts_sum"].grad.numpy(), wrong.shape)
    is_named(diagnose(wrong, net["counts"]), "path left out", "you have the path through `probs`",
             "`counts` is also used by `counts_sum`", f"{np.abs(contribution).max():.3g}")


def test_a_path_left_out_further_on(net):
    """Batch norm in one go without the path through the variance: no direct use is missing as a whole."""
    through_raw = numbers(net["bnraw"]) * net["bnvar_inv"].numpy()
    wrong = through_raw - through_raw.mean(0)
    diagnosis = diagnose(wrong, net["hprebn"])
    is_named(diagnosis, "path left out")
    assert "`bndiff2`" in diagnosis.evidence or "`bnvar`" in diagnosis.evidence


def test_counted_twice(net):
    is_named(diagnose(numbers(net["counts"]) + net["counts_sum_inv"].numpy() * numbers(net["probs"]), net["counts"]),
             "path counted twice", "`probs`")
    is_named(diagnose(2 * numbers(net["h"]), net["h"]), "path counted twice", "`")


def test_overwritten(net):
    spread = np.broadcast_to(numbers(net["counts_sum"]), net["counts"].shape)
    is_named(diagnose(spread, net["counts"]), "= where += was needed", "`counts_sum`", "`probs`")


def test_overwritten_rows_of_an_embedding(net):
    wrong = np.zeros(net["C"].shape)
    for k in range(N):
        for j in range(CONTEXT):
            wrong[net["X"][k, j]] = numbers(net["emb"])[k, j]
    is_named(diagnose(wrong, net["C"]), "= where += was needed", "rows of `C`")


def test_a_node_used_twice_by_the_same_op():
    a = Tensor([3.0, -1.0], requires_grad=True, label="a")
    loss = (a * a).sum()
    loss.backward()
    is_named(diagnose([3.0, -1.0], a), "path left out", "`a` stands 2 times")
    v = Value(3.0, label="v")
    w = v + v
    w.backward()
    is_named(diagnose(1.0, v, root=w), "path left out", "stands 2 times", "`w`")


def test_signs(net):
    is_named(diagnose(-numbers(net["bnmeani"]), net["bnmeani"]), "wrong sign")
    through_probs = net["counts_sum_inv"].numpy() * numbers(net["probs"])
    is_named(diagnose(numbers(net["counts"]) - 2 * through_probs, net["counts"]), "wrong sign on one path", "`probs`")


def test_factors(net):
    is_named(diagnose(N * numbers(net["logprobs"]), net["logprobs"]), "factor 1/N missing", "32")
    is_named(diagnose(numbers(net["bndiff2"]) / N, net["bndiff2"]), "factor 1/N extra", "1/32")
    is_named(diagnose(numbers(net["bndiff2"]) * (N - 1) / N, net["bndiff2"]),
             "n against n − 1 (biased or Bessel's variance)", "31/32")
    is_named(diagnose(numbers(net["logits"]) * 1.7, net["logits"]), "constant factor", "1.7")


def test_bessels_correction_inside_the_formula_in_one_go(net):
    g, raw = numbers(net["hpreact"]), net["bnraw"].numpy()
    wrong = net["gain"].numpy() * net["bnvar_inv"].numpy() / N * (N * g - g.sum(0) - raw * (g * raw).sum(0))
    is_named(diagnose(wrong, net["hprebn"]), "n against n − 1 (biased or Bessel's variance)", "31/32")


def test_transposed(net):
    is_named(diagnose(numbers(net["W2"]).T, net["W2"]), "transposed", "(27, 64)")
    x = Tensor(np.random.default_rng(0).standard_normal((4, 4)), requires_grad=True, label="x")
    loss = (x @ np.arange(16.0).reshape(4, 4)).tanh().sum()
    loss.backward()
    is_named(diagnose(numbers(x).T, x), "transposed")


def test_sums_over_broadcast_axes(net):
    forgotten = "sum over the broadcast axis forgotten"
    is_named(diagnose(numbers(net["logits"]), net["b2"]), forgotten, "(32, 27)", "`logits`")
    is_named(diagnose(-numbers(net["norm_logits"]), net["logit_maxes"]), forgotten, "`norm_logits`")
    is_named(diagnose(numbers(net["hpreact"]).sum(1), net["bias"]), "summed over the wrong axis", "axis 1")
    is_named(diagnose(numbers(net["bias"]).sum(), net["bias"]), "summed over the wrong axis")
    x, b = (Tensor(np.random.default_rng(i).standard_normal(s), requires_grad=True, label="xb"[i])
            for i, s in enumerate([(5, 5), (5,)]))
    y = (x + b).tanh()
    loss = (y * y * np.arange(5.0)).sum()
    loss.backward()
    is_named(diagnose(numbers(x).sum(1), b), "summed over the wrong axis", "axis 1")


def test_a_shape_is_reported_not_broadcast_away(net, capsys):
    result = cmp("bias", numbers(net["bias"])[0], net["bias"])
    assert not result
    assert not result.exact
    is_named(result.diagnosis, "wrong shape", "(64,)", "(1, 64)", "the numbers are right")
    assert "shapes: (64,), expected (1, 64)" in capsys.readouterr().out


def test_the_local_derivative_or_the_upstream_gradient_forgotten(net):
    is_named(diagnose(numbers(net["h"]), net["hpreact"]), "local derivative forgotten", "`h`", "`hpreact`")
    is_named(diagnose(1 - net["h"].numpy() ** 2, net["hpreact"]), "upstream gradient forgotten", "`h`")


def test_the_one_hot_forgotten(net):
    softmax = F.softmax(net["logits"].detach(), 1).numpy()
    is_named(diagnose(softmax / N, net["logits"]), "one-hot forgotten", "softmax(logits) / 32")
    is_named(diagnose(softmax, net["logits"]), "one-hot forgotten", "softmax(logits)")


def test_off_at_the_maximum(net):
    wrong = numbers(net["logits"])
    top = net["logits"].numpy().argmax(1)
    wrong[range(N), top] += np.abs(numbers(net["norm_logits"])).sum(1) * np.linspace(0.5, 1, N)
    is_named(diagnose(wrong, net["logits"]), "off at the maximum", "32 rows")


def test_another_variables_gradient(net):
    is_named(diagnose(numbers(net["bnvar"]), net["gain"]), "gradient of another variable", "`bnvar`")


def test_zeros_and_nan(net):
    is_named(diagnose(np.zeros((32, 64)), net["h"]), "all zeros")
    is_named(diagnose(np.full((32, 64), np.nan), net["h"]), "not finite", "2048")


def test_where_the_largest_error_sits(net):
    wrong = numbers(net["h"])
    wrong[3, 5] += 1.0
    wrong[3, 6] += 0.5
    is_named(diagnose(wrong, net["h"]), "unknown", "2 of 2048", "[3, 5]", "row 3")


# Roots, names, what can't be compared.

def test_the_root_is_held_weakly_and_a_missing_one_is_said():
    x = Tensor([1.0, 2.0], requires_grad=True)

    def pass_back():
        loss = (x * x.exp()).sum()
        loss.backward()
        assert diagnose(x.exp(), x).mistake == "path left out"
        return weakref.ref(loss)

    assert pass_back()() is None
    diagnosis = diagnose(x.exp(), x)
    assert diagnosis
    assert "root=loss" in str(diagnosis)
    assert not diagnose(x.grad, x)


def test_several_backward_passes_accumulate_and_the_last_ones_gradient_is_right_too():
    x = Tensor([1.0, 2.0], requires_grad=True)
    for _ in range(2):
        loss = (x * x).sum()
        loss.backward()
    assert x.grad.tolist() == [4.0, 8.0]
    last = diagnose([2.0, 4.0], x)
    assert not last
    assert "sum of several" in str(last)
    assert not diagnose([4.0, 8.0], x)
    assert diagnose([6.0, 12.0], x)


def test_names_are_those_of_the_variables_around_the_call():
    weights = Tensor([1.0, 2.0], requires_grad=True)
    bent = weights.exp()
    total = (bent * weights).sum()
    total.backward()
    text = str(diagnose(bent.detach(), weights))
    assert text.startswith("dweights:")
    assert "`bent`" in text
    assert "on the way to `total`" in text


def test_values():
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    z = (x * y + x).tanh() * 0.1
    z.backward()
    assert not diagnose(x.grad, x, root=z)
    assert not diagnose(x.grad, x)
    is_named(diagnose(-x.grad, x, root=z), "wrong sign")
    assert diagnose(x.grad * 1.01, x, root=z)


def test_what_cannot_be_compared():
    x = Tensor([1.0], requires_grad=True)
    with pytest.raises(ValueError, match=r"cmp: x has no gradient.*backward"):
        cmp("x", 1.0, x)
    x.sum().backward()
    with pytest.raises(TypeError, match="got None as the gradient"):
        cmp("x", None, x)
    with pytest.raises(TypeError, match="strings"):
        diagnose("1.0", x)
    with pytest.raises(TypeError, match="expected the Tensor or Value itself"):
        diagnose([1.0], x.grad.numpy())


def test_the_lectures_line(net, capsys):
    cmp("h", net["h"].grad, net["h"])
    assert capsys.readouterr().out == "h               | exact: True  | approximate: True  | maxdiff: 0\n"
    cmp("h", net["h"].grad * (1 + 1e-15), net["h"])
    assert "exact: False | approximate: True " in (line := capsys.readouterr().out)
    assert "rounded in another order" in line
    cmp("h", -net["h"].grad, net["h"])
    assert "dh: wrong sign" in capsys.readouterr().out


# Property: mutate right answers in all these ways, and count.

def mutations(t, rng, by):
    """Wrong answers for t's gradient: name -> array."""
    g = numbers(t)
    yield "negated", -g
    yield "doubled", 2 * g
    yield "scaled", g * rng.uniform(1.001, 5)
    yield "one entry", g + np.eye(1, g.size, rng.integers(g.size)).reshape(g.shape) * (1e-6 + np.abs(g).max())
    yield "noise", g + 1e-5 * (1e-3 + np.abs(g).max()) * rng.choice([-1, 1], g.shape) * rng.uniform(1, 2, g.shape)
    yield "zeros", 0 * g
    yield "extra axis", g[None]
    if g.ndim == 2 and min(g.shape) > 1:
        yield "transposed", g.T
    if g.ndim and g.size > 1:
        yield "summed", g.sum(-1)
        yield "rolled", np.roll(g.ravel(), 1).reshape(g.shape)
    for use in by:
        yield "left out", g - use
        yield "twice", g + use
        yield "sign of one", g - 2 * use


def programs():
    """Small networks that use everything more than once and broadcast."""
    yield lambda x, y, w: ((x @ w) * y + x @ w).tanh().sum()
    yield lambda x, y, w: (x.exp() / (x.exp().sum(1, keepdim=True)) * y.sum()).log().mean() + (w * w).sum()
    yield lambda x, y, w: ((x - x.mean(0, keepdim=True)) * (x.var(0, keepdim=True) + 0.1) ** -0.5 @ w * y).tanh().sum()
    yield lambda x, y, w: (torch.cat([x @ w, y * 2.0]) ** 2 * y).mean() + x.max(1).values.sum()


@given(st.integers(0, 3), st.integers(2, 5), st.integers(2, 5), st.integers(0, 10_000))
def test_no_right_answer_is_called_wrong_and_no_wrong_one_right(program, rows, columns, seed):
    rng = np.random.default_rng(seed)
    x, y, w = (Tensor(rng.standard_normal(shape), requires_grad=True)
               for shape in [(rows, columns), (1, columns), (columns, columns)])
    loss = list(programs())[program](x, y, w)
    loss.backward()
    from autograd.learn.contributions import Pass
    one = Pass(loss)
    for t in (x, y, w):
        g = numbers(t)
        assert not diagnose(g, t)
        assert not diagnose(g + 2e-16 * np.abs(g).max() * rng.standard_normal(g.shape), t)
        parts = [use.contribution for use in one.uses[t]]
        scale = max(np.abs(raw(use)).sum() for use in one.uses[t])       # before anything cancels, here or further on
        scale = max(scale, 1e-3 * max(np.abs(g).max() for g in one.gradients.values()))
        for name, wrong in mutations(t, rng, parts):
            if wrong.shape == g.shape and np.allclose(wrong, g, rtol=1e-7, atol=1e-10 * scale):
                continue                            # the mutation changes nothing here
            assert diagnose(wrong, t), (name, wrong, g)


def test_how_often_a_mutation_of_the_network_is_called_by_its_name(net):
    """All nodes of the network, one mutation at a time; where a mutation has two right names, either will do."""
    from autograd.learn.contributions import Pass
    one = Pass(net["loss"])
    named, seen = {}, {}

    def mutate(kind, wrong, t, *names):
        if wrong.shape == t.shape and np.allclose(wrong, numbers(t), rtol=1e-8, atol=1e-12):
            return
        seen[kind] = seen.get(kind, 0) + 1
        diagnosis = diagnose(wrong, t, net["loss"])
        assert diagnosis
        named[kind] = named.get(kind, 0) + (diagnosis.mistake in names)

    for name, t in net.items():
        if not isinstance(t, Tensor) or name in ("loss", "logit_maxes", "b1"):     # the last two are 0 but for rounding
            continue
        g = numbers(t)
        uses = one.uses[t]
        mutate("sign", -g, t, "wrong sign")
        mutate("double", 2 * g, t, "path counted twice", "constant factor",
               *["another formula for the local derivative"] * (name == "counts_sum"))     # −2/x² for −1/x²
        mutate("1/N missing", N * g, t, "factor 1/N missing")
        mutate("1/N extra", g / N, t, "factor 1/N extra")
        mutate("Bessel", g * (N - 1) / N, t, "n against n − 1 (biased or Bessel's variance)")
        if g.ndim == 2 and min(g.shape) > 1:
            mutate("transposed", g.T, t, "transposed")
        for use in uses:
            if len(uses) > 1:
                mutate("left out", g - use.contribution, t, "path left out", "= where += was needed")
                mutate("one sign", g - 2 * use.contribution, t, "wrong sign on one path", "wrong sign")
                mutate("twice", g + use.contribution, t, "path counted twice")
            if raw(use).shape != g.shape:
                mutate("not summed", raw(use), t, "sum over the broadcast axis forgotten")
                if g.shape[-1] == raw(use).shape[1] and len(uses) == 1:
                    mutate("wrong axis", raw(use).sum(1), t, "summed over the wrong axis")
            if use.arriving.shape == g.shape and len(uses) == 1:
                mutate("straight through", use.arriving, t, "local derivative forgotten", "wrong sign",
                       "constant factor", "factor 1/N missing")
    assert named == seen, {kind: (named[kind], seen[kind]) for kind in seen}
    assert sum(seen.values()) > 150


@pytest.mark.parametrize(("forward", "of", "line", "name"), [
    ("0.5 * x * x", "x", "2 * x", "constant factor"),                       # ½ lost
    ("x * x / 2", "x", "2 * x", "constant factor"),
    ("x * x", "x", "4 * x", "path counted twice"),                          # nothing halves
    ("x * x", "x", "x", "path left out"),
    ("x * x * y", "x", "x * x * y", "another formula for the local derivative"),
    ("z.tanh()", "z", "1.0", "local derivative forgotten"),
    ("z.tanh() * y", "z", "y", "local derivative forgotten"),
    ("z.tanh() * y", "z", "2 * y * (1 - 0.5)", "local derivative forgotten"),   # the same number
])
def test_twice_the_right_number_has_the_name_that_the_graph_gives_it(forward, of, line, name):
    """Where tanh's derivative is ½, say, twice the right number is what arrives, passed straight through."""
    nodes = {"x": Value(1.37, label="x"), "y": Value(-0.81, label="y"), "z": Value(math.atanh(0.5 ** 0.5), label="z")}
    loss = eval(forward, dict(nodes))
    loss.backward()
    answer = eval(line, {key: node.data for key, node in nodes.items()})
    assert diagnose(answer, nodes[of], loss).mistake == name


def test_what_else_twice_the_right_numbers_may_be_stands_below():
    x = Tensor(np.arange(1.0, 5.0), requires_grad=True, label="x")
    loss = 0.5 * (x * x).sum()
    loss.backward()
    diagnosis = diagnose(2 * x, x)
    assert diagnosis.mistake == "constant factor"
    assert "path counted twice" in [name for name, _ in diagnosis.others]


def test_zeros_are_not_right_to_half_precision():
    """Where large terms cancel, what is left is small beside them; an answer of zeros is wrong all the same."""
    s = Tensor([[0.0, 8.0, -3.0], [9.0, 0.0, 1.0]], requires_grad=True, label="s")
    p = s.softmax(1)
    loss = (p * np.array([[1.0, 9.0, 2.0], [7.0, 1.0, 3.0]])).sum()
    loss.backward()
    assert diagnose(np.zeros((2, 3)), s).mistake == "all zeros"
    assert not diagnose(s.grad.numpy().astype(np.float16), s)


@pytest.mark.parametrize("line", ["d - p * d", "d - d.sum(1, keepdims=True)", "d + p * d.sum(1, keepdims=True)",
                                  "p * (d - (d * p).sum(1, keepdims=True))", "d - p * d.sum(0, keepdims=True)"])
def test_slips_in_the_derivative_of_log_softmax_have_a_name(line):
    rng = np.random.default_rng(0)
    x = Tensor(rng.standard_normal((4, 3)), requires_grad=True, label="x")
    d = rng.standard_normal((4, 3))
    loss = (x.log_softmax(1) * d).sum()
    loss.backward()
    p = np.exp(x.detach().numpy())
    p /= p.sum(1, keepdims=True)
    assert diagnose(eval(line), x).mistake == "another formula for softmax's derivative"


@pytest.mark.parametrize("number", [partial(Tensor, requires_grad=True), Value])
def test_the_root_has_a_gradient_of_its_own(number):
    a, b = number(3.0, label="a"), number(2.0, label="b")
    loss = a * b
    loss.backward()
    assert not diagnose(np.array(1.0), loss, root=loss)
    assert diagnose(np.array(2.0), loss, root=loss)


def test_a_number_lost_from_a_formula_of_single_numbers():
    v = Value(7.3, label="v")
    s = v.sqrt()
    s.label = "s"
    loss = s * 3.1
    loss.backward()
    told = str(diagnose(3.1 / s.data, v, root=loss))
    assert "another formula" in told
    assert "`0.5 / s`" in told
