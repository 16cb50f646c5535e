"""A set of mistakes for `diagnose`: right backward lines of many graphs, and named edits of their source.

Each graph is a forward pass and, line for line, its backward pass written by hand. An edit changes one line in a way
that people do (a term dropped, a sign, an exponent, another name) and says what a teacher would call that. The edits
know nothing of how `diagnose` looks. `python -m tests.mistakes` prints how often each is called by its name;
`--write FILE` writes the table; `--show` prints what was missed.
"""

from __future__ import annotations

import argparse
import ast
import copy
import statistics
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

import autograd as torch
import autograd.functional as F
from autograd import Tensor, Value, diagnose
from demos.pages import with_part
from tests import blunders, lapses, slips, stumbles

COMMAND = "python -m tests.mistakes --write docs/MISTAKES.md"
README = Path(__file__).parent.parent / "README.md"

FACTOR = {"factor 1/N missing", "factor 1/N extra", "constant factor", "n against n − 1 (biased or Bessel's variance)"}
FORMULA = {"another formula for the local derivative"}
NODE = {"another node in the place of a factor", *FORMULA}
LOCAL = {"local derivative forgotten", "factor forgotten", *FORMULA}
UPSTREAM = {"upstream gradient forgotten"}
SUMMED = {"sum over the broadcast axis forgotten", "wrong shape"}
AXIS = {"summed over the wrong axis"}
OUT = {"path left out", "= where += was needed"}
SOFTMAX = {"another formula for softmax's derivative"}
CROSS = {"another formula for p − y"}
OTHER = {"gradient of another variable"}
ARRIVING = {"another gradient in the place of what arrives", "local derivative forgotten", *OTHER}
CODES = {                                           # what stands behind the lines written by hand
    "sign": {"wrong sign"}, "sign1": {"wrong sign on one path", "wrong sign"}, "out": OUT, "over": OUT, "pos": OUT,
    "twice": {"path counted twice"}, "factor": FACTOR, "formula": FORMULA, "node": NODE | OTHER,
    "local": LOCAL, "lost": {"factor forgotten", "local derivative forgotten"}, "many": {"a factor too many"},
    "up": UPSTREAM, "sum": SUMMED, "axis": AXIS, "shape": {"wrong shape"}, "trans": {"transposed"},
    "T": {"transposed factor", "transposed"}, "soft": SOFTMAX, "cross": CROSS | {"one-hot forgotten"},
    "hot": {"one-hot forgotten"},
    "labels": {"other labels"}, "mask": {"complement of the mask"}, "amask": {"another mask"},
    "nomask": {"mask not applied"}, "place": {"mask not applied"}, "max": {"off at the maximum"},
    "eps": {"ε forgotten"},
    "order": {"reshaped in the wrong order", "right numbers at other places"}, "arriving": ARRIVING,
    "flip": {"in reverse order", "reshaped in the wrong order"}, "other": OTHER,
    "relug": {"relu of the gradient"}, "zeros": {"all zeros"}, "added": {"multiplied where + was needed"},
    "avg": {"averaged where += was needed"}, "right": set(), "none": set()}


@dataclass
class Graph:
    """A forward pass, its backward pass, and mistakes that only this graph allows: name -> {what: (line, names)}."""

    forward: str
    backward: str
    special: dict[str, tuple[str, set[str]]] = field(default_factory=dict)
    values: bool = False                            # single numbers, as Values
    by_hand: bool = False                           # its wrong lines are written by hand, and no edits are made


GRAPHS = {
    "perceptron": Graph(
        "x = P(8, 5); W1 = P(5, 6); b1 = P(6); W2 = P(6, 3); b2 = P(3); y = C(8, 3); n = 8\n"
        "hpre = x @ W1 + b1; h = torch.tanh(hpre); out = h @ W2 + b2; diff = out - y; sq = diff ** 2\n"
        "loss = sq.sum() / n",
        "dsq = np.ones_like(sq) / n\n"
        "ddiff = 2 * diff * dsq\n"
        "dW2 = h.T @ dout\n"
        "dh = dout @ W2.T\n"
        "db2 = dout.sum(0)\n"
        "dhpre = (1 - h ** 2) * dh\n"
        "db1 = dhpre.sum(0)\n"
        "dW1 = x.T @ dhpre\n"
        "dx = dhpre @ W1.T",
        {"integers": ("ddiff = (2 * diff * dsq).astype(int)", {"cut to integers", "all zeros"}),
         "relu's derivative": ("dhpre = (hpre > 0) * dh", FORMULA),
         "sigmoid's derivative": ("dhpre = h * (1 - h) * dh", FORMULA)}),
    "batch norm": Graph(
        "x = P(8, 5); gain = P(1, 5); bias = P(1, 5); w = C(8, 5); n = 8\n"
        "mean = x.sum(0, keepdim=True) / n; diff = x - mean; diff2 = diff ** 2\n"
        "var = diff2.sum(0, keepdim=True) / (n - 1); inv = (var + 1e-5) ** -0.5; raw = diff * inv\n"
        "pre = gain * raw + bias; h = torch.tanh(pre); loss = (h * w).sum()",
        "dpre = (1 - h ** 2) * dh\n"
        "dgain = (raw * dpre).sum(0, keepdims=True)\n"
        "dbias = dpre.sum(0, keepdims=True)\n"
        "draw = gain * dpre\n"
        "dinv = (diff * draw).sum(0, keepdims=True)\n"
        "dvar = -0.5 * (var + 1e-5) ** -1.5 * dinv\n"
        "ddiff2 = np.ones_like(diff2) / (n - 1) * dvar\n"
        "ddiff = 2 * diff * ddiff2 + inv * draw\n"
        "dmean = -ddiff.sum(0, keepdims=True)\n"
        "dx = ddiff + np.ones_like(x) / n * dmean",
        {"mean constant": ("dx = ddiff.copy()", OUT),
         "in one go, var constant": ("dx = gain * inv * (dpre - dpre.mean(0))", OUT),
         "in one go, mean constant": ("dx = gain * inv * (dpre - raw * (dpre * raw).sum(0) / (n - 1))", OUT),
         "in one go, n for n − 1": ("dx = gain * inv * (dpre - dpre.mean(0) - raw * (dpre * raw).sum(0) / n)",
                                    FACTOR),
         "in one go, gain twice": ("dx = gain * gain * inv * (dpre - dpre.mean(0) - raw * (dpre * raw).sum(0) "
                                   "/ (n - 1))", {"a factor too many"}),
         "in one go, gain forgotten": ("dx = inv * (dpre - dpre.mean(0) - raw * (dpre * raw).sum(0) / (n - 1))",
                                       {"factor forgotten"}),
         "in one go, a term's sign": ("dx = gain * inv * (dpre - dpre.mean(0) + raw * (dpre * raw).sum(0) / (n - 1))",
                                      {"wrong sign on one path"})}),
    "layer norm": Graph(
        "x = P(6, 7); gamma = P(7); beta = P(7); w = C(6, 7)\n"
        "mean = x.mean(1, keepdim=True); diff = x - mean; var = (diff ** 2).mean(1, keepdim=True)\n"
        "rstd = (var + 1e-5) ** -0.5; xhat = diff * rstd; out = gamma * xhat + beta; loss = (torch.sin(out) * w).sum()",
        "dbeta = dout.sum(0)\n"
        "dgamma = (dout * xhat).sum(0)\n"
        "dxhat = gamma * dout\n"
        "drstd = (diff * dxhat).sum(1, keepdims=True)\n"
        "dvar = -0.5 * (var + 1e-5) ** -1.5 * drstd\n"
        "dout = np.cos(out) * w",
        {"mean constant": ("dx = rstd * (dxhat - xhat * (dxhat * xhat).mean(1, keepdims=True))", OUT),
         "var constant": ("dx = rstd * (dxhat - dxhat.mean(1, keepdims=True))", OUT),
         "rstd forgotten": ("dx = dxhat - dxhat.mean(1, keepdims=True) - xhat * (dxhat * xhat).mean(1, keepdims=True)",
                            {"factor forgotten"}),
         "sine": ("dout = -np.cos(out) * w", {"wrong sign"}), "sin": ("dout = np.sin(out) * w", FORMULA),
         "gamma twice": ("dx = gamma * rstd * (dxhat - dxhat.mean(1, keepdims=True) - xhat * (dxhat * xhat)"
                         ".mean(1, keepdims=True))", {"a factor too many"}),
         "a term's sign": ("dx = rstd * (dxhat - dxhat.mean(1, keepdims=True) + xhat * (dxhat * xhat)"
                           ".mean(1, keepdims=True))", {"wrong sign on one path"})}),
    "attention": Graph(
        "x = P(5, 6); Wq = P(6, 4); Wk = P(6, 4); Wv = P(6, 4); w = C(5, 4); past = np.tril(np.ones((5, 5)))\n"
        "q = x @ Wq; k = x @ Wk; v = x @ Wv; scores = q @ k.T * 0.5\n"
        "masked = torch.where(past > 0, scores, -float('inf')); weights = F.softmax(masked, 1)\n"
        "out = weights @ v; loss = (torch.sin(out) * w).sum()",
        "dv = weights.T @ dout\n"
        "dweights = dout @ v.T\n"
        "dscores = weights * (dweights - (dweights * weights).sum(1, keepdims=True))\n"
        "dq = dscores @ k * 0.5\n"
        "dk = dscores.T @ q * 0.5\n"
        "dWq = x.T @ dq\n"
        "dWk = x.T @ dk\n"
        "dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T",
        {"diagonal only": ("dscores = weights * (1 - weights) * dweights", SOFTMAX),
         "axis": ("dscores = weights * (dweights - (dweights * weights).sum(0, keepdims=True))", SOFTMAX),
         "sum dropped": ("dscores = weights * dweights", SOFTMAX | FORMULA),
         "sum over everything": ("dscores = weights * (dweights - (dweights * weights).sum())", SOFTMAX),
         "weights lost inside": ("dscores = weights * (dweights - dweights.sum(1, keepdims=True))", SOFTMAX),
         "keepdims lost": ("dscores = weights * (dweights - (dweights * weights).sum(1))", SOFTMAX),
         "twice": ("s = weights * (dweights - (dweights * weights).sum(1, keepdims=True))\n"
                   "dscores = weights * (s - (s * weights).sum(1, keepdims=True))", SOFTMAX),
         "k transposed": ("dk = (q.T @ dscores * 0.5).T", {"transposed factor", "transposed"}),
         "dscores for its transpose": ("dk = dscores @ q * 0.5", {"transposed factor"}),
         "dscores transposed": ("dq = dscores.T @ k * 0.5", {"transposed factor"}),
         "q for k": ("dq = dscores @ q * 0.5", NODE)}),
    "softmax by hand": Graph(
        "logits = P(7, 5); Y = R.integers(0, 5, 7); n = 7; rows = np.arange(7)\n"
        "counts = logits.exp(); total = counts.sum(1, keepdim=True); inv = total ** -1; probs = counts * inv\n"
        "logprobs = probs.log(); loss = -logprobs[rows, Y].mean()",
        "dprobs = dlogprobs / probs\n"
        "dinv = (counts * dprobs).sum(1, keepdims=True)\n"
        "dtotal = -total ** -2 * dinv\n"
        "dcounts = inv * dprobs + np.ones_like(counts) * dtotal\n"
        "dlogits = counts * dcounts",
        {"set": ("dlogits = probs.copy(); dlogits[rows, Y] = -1; dlogits /= n", CROSS | {"one-hot forgotten"}),
         "y forgotten": ("dlogits = probs / n", {"one-hot forgotten"}),
         "wrong axis": ("e = np.exp(logits); dlogits = e / e.sum(0); dlogits[rows, Y] -= 1; dlogits /= n", CROSS),
         "twice": ("e = np.exp(probs); dlogits = e / e.sum(1, keepdims=True); dlogits[rows, Y] -= 1; dlogits /= n",
                   CROSS),
         "shifted labels": ("dlogits = probs.copy(); dlogits[rows, np.roll(Y, 1)] -= 1; dlogits /= n",
                            {"other labels"}),
         "labels + 1": ("dlogits = probs.copy(); dlogits[rows, (Y + 1) % 5] -= 1; dlogits /= n", {"other labels"}),
         "smoothing": ("dlogits = probs - 0.02; dlogits[rows, Y] -= 0.9; dlogits /= n", CROSS),
         "mean over C": ("dlogits = probs.copy(); dlogits[rows, Y] -= 1; dlogits /= n * 5", FACTOR),
         "plus": ("dlogits = probs.copy(); dlogits[rows, Y] += 1; dlogits /= n", CROSS | {"wrong sign on one path"}),
         "logits for probs": ("dlogits = logits.copy(); dlogits[rows, Y] -= 1; dlogits /= n", CROSS),
         "y − p": ("dlogits = -probs; dlogits[rows, Y] += 1; dlogits /= n", {"wrong sign"})}),
    "cross-entropy": Graph(
        "h = P(9, 4); W = P(4, 6); b = P(6); Y = R.integers(0, 6, 9); n = 9; rows = np.arange(9)\n"
        "logits = h @ W + b; loss = F.cross_entropy(logits, Y)",
        "dW = h.T @ dlogits\n"
        "dh = dlogits @ W.T\n"
        "db = dlogits.sum(0)",
        {"set": ("p = soft(logits); dlogits = p; dlogits[rows, Y] = -1; dlogits /= n", CROSS),
         "y forgotten": ("dlogits = soft(logits) / n", {"one-hot forgotten"}),
         "n forgotten": ("dlogits = soft(logits); dlogits[rows, Y] -= 1", FACTOR),
         "n forgotten, y forgotten": ("dlogits = soft(logits)", {"one-hot forgotten"}),
         "1/n for y alone": ("dlogits = soft(logits); dlogits[rows, Y] -= 1 / n", CROSS),
         "permuted": ("dlogits = soft(logits); dlogits[rows, Y[::-1]] -= 1; dlogits /= n", {"other labels"}),
         "y alone": ("dlogits = 0 * logits; dlogits[rows, Y] -= 1 / n", CROSS),
         "mean over all": ("dlogits = soft(logits); dlogits[rows, Y] -= 1; dlogits /= dlogits.size", FACTOR),
         "no exponential": ("dlogits = logits / logits.sum(1, keepdims=True); dlogits[rows, Y] -= 1; dlogits /= n",
                            CROSS)}),
    "embedding": Graph(
        "X = R.integers(0, 6, (7, 3)); E = P(6, 4); W = P(12, 5); w = C(7, 5)\n"
        "emb = E[X]; cat = emb.view(7, 12); out = cat @ W; loss = (torch.tanh(out) * w).sum()",
        "dcat = dout @ W.T\n"
        "dW = cat.T @ dout\n"
        "demb = dcat.reshape(emb.shape)",
        {"= in a loop": ("dE = np.zeros_like(E)\nfor i in range(7):\n    for j in range(3):\n"
                         "        dE[X[i, j]] = demb[i, j]", {"= where += was needed"}),
         "+= in one statement": ("dE = np.zeros_like(E); dE[X] += demb", {"= where += was needed"}),
         "first position only": ("dE = np.zeros_like(E); np.add.at(dE, X[:, 0], demb[:, 0])", OUT),
         "last position only": ("dE = np.zeros_like(E); np.add.at(dE, X[:, 2], demb[:, 2])", OUT),
         "counts divided": ("dE = np.zeros_like(E); np.add.at(dE, X, demb)\n"
                            "dE /= np.maximum(np.bincount(X.ravel(), minlength=6), 1)[:, None]",
                            {"averaged where += was needed"}),
         "reshape order": ("demb = dcat.reshape(3, 7, 4).swapaxes(0, 1)", {"reshaped in the wrong order"}),
         "Fortran order": ("demb = dcat.reshape(emb.shape, order='F')", {"reshaped in the wrong order"})}),
    "dropout": Graph(
        "x = P(6, 5); W = P(5, 8); mask = (R.random((6, 8)) > 0.4) / 0.6; w = C(6, 8)\n"
        "pre = x @ W; h = torch.relu(pre); out = h * mask; loss = (out ** 3 * w).sum()",
        "dout = 3 * out ** 2 * w\n"
        "dh = mask * dout\n"
        "dpre = (pre > 0) * dh\n"
        "dx = dpre @ W.T",
        {"mask not applied": ("dh = dout.copy()", LOCAL | {"mask not applied"}),
         "complement": ("dh = (mask == 0) * dout", {"complement of the mask"}),
         "1/(1 − p) lost": ("dh = (mask > 0) * dout", FACTOR),
         "anew": ("dh = (np.random.default_rng(5).random((6, 8)) > 0.4) / 0.6 * dout", {"another mask"}),
         "relu of the gradient": ("dpre = np.maximum(dh, 0)", {"relu of the gradient", *FORMULA}),
         "negated": ("dpre = (pre < 0) * dh", {"complement of the mask", *FORMULA})}),
    "recurrent": Graph(
        "x0 = C(4, 3); x1 = C(4, 3); x2 = C(4, 3); Wx = P(3, 5); Wh = P(5, 5); b = P(5); h0 = P(4, 5); w = C(4, 5)\n"
        "a1 = x0 @ Wx + h0 @ Wh + b; h1 = torch.tanh(a1); a2 = x1 @ Wx + h1 @ Wh + b; h2 = torch.tanh(a2)\n"
        "a3 = x2 @ Wx + h2 @ Wh + b; h3 = torch.tanh(a3); loss = (h3 ** 2 * w).sum()",
        "da3 = (1 - h3 ** 2) * dh3\n"
        "dh2 = da3 @ Wh.T\n"
        "dWh = h2.T @ da3 + h1.T @ da2 + h0.T @ da1\n"
        "dWx = x2.T @ da3 + x1.T @ da2 + x0.T @ da1\n"
        "db = da3.sum(0) + da2.sum(0) + da1.sum(0)\n"
        "dh0 = da1 @ Wh.T",
        {"not transposed": ("dh2 = da3 @ Wh", {"transposed factor"}),
         "the step's own h": ("dWh = h3.T @ da3 + h2.T @ da2 + h1.T @ da1", NODE | {"two at once", "none"}),
         "another step's h": ("dWh = h1.T @ da3 + h1.T @ da2 + h0.T @ da1", NODE)}),
    "lstm": Graph(
        "i_ = P(4, 3); f_ = P(4, 3); g_ = P(4, 3); o_ = P(4, 3); c0 = P(4, 3); w = C(4, 3)\n"
        "i = i_.sigmoid(); f = f_.sigmoid(); g = g_.tanh(); o = o_.sigmoid()\n"
        "keep = f * c0; new = i * g; c = keep + new; tc = c.tanh(); h = o * tc; loss = (h.exp() * w).sum()",
        "dh = np.exp(h) * w\n"
        "do = tc * dh\n"
        "dtc = o * dh\n"
        "dc = (1 - tc ** 2) * dtc\n"
        "df = c0 * dc\n"
        "di = g * dc\n"
        "di_ = i * (1 - i) * di\n"
        "df_ = f * (1 - f) * df\n"
        "dg_ = (1 - g ** 2) * dg\n"
        "do_ = o * (1 - o) * do\n"
        "dc0 = f * dc",
        {"tanh's for sigmoid's": ("df_ = (1 - f ** 2) * df", FORMULA), "one factor": ("di_ = (1 - i) * di", FORMULA)}),
    "binary cross-entropy": Graph(
        "x = P(9, 4); w = P(4); b = P(); y = (R.random(9) > 0.5) * 1.0; n = 9\n"
        "z = x @ w + b; p = z.sigmoid(); loss = -(p.log() * y + (1 - p).log() * (1 - y)).mean()",
        "dp = (p - y) / (p * (1 - p)) / n\n"
        "dz = p * (1 - p) * dp\n"
        "dw = x.T @ dz\n"
        "db = dz.sum()",
        {"sigmoid's derivative once more": ("dz = p * (1 - p) * (p - y) / n", {"a factor too many", *CROSS}),
         "y − p": ("dz = (y - p) / n", {"wrong sign"}), "y forgotten": ("dz = p / n", CROSS | {"path left out"})}),
    "neuron": Graph(
        "x1 = V(2.0); x2 = V(-0.5); w1 = V(-3.0); w2 = V(1.3); b = V(6.7)\n"
        "p1 = x1 * w1; p2 = x2 * w2; s = p1 + p2; n = s + b; o = n.tanh(); q = o ** 3; loss = q * o + q.exp()",
        "dq = o + np.exp(q)\n"
        "do = 3 * o ** 2 * dq + q\n"
        "dn = (1 - o ** 2) * do\n"
        "dw1 = x1 * dp1\n"
        "dx1 = w1 * dp1\n"
        "dw2 = x2 * dp2", values=True),
    "scalars": Graph(
        "a = V(1.7); b = V(-0.8); c = a * b; d = a + c; e = d / b; f = e.sigmoid(); g = (f + 1.3).log(); loss = g * d",
        "dg = d * 1.0\n"
        "df = 1 / (f + 1.3) * dg\n"
        "de = f * (1 - f) * df\n"
        "dd = 1 / b * de + g\n"
        "dc = dd * 1.0\n"
        "db = a * dc + -d / b ** 2 * de\n"
        "da = b * dc + dd",
        {"quotient": ("db = a * dc + -1 / b ** 2 * de", FORMULA | {"factor forgotten"})}, values=True),
    "zoo": Graph(
        "x = P(5, 4); w = C(5, 4); u = (x * x + 0.5).log(); s = x.sigmoid(); r = s * x; e = (-x).exp()\n"
        "k = (x * x + 1.0).sqrt(); v = 1 / k; t = x.sin(); m = r + u; z = m / k; ez = z.exp(); lz = (ez + 1).log()\n"
        "loss = (lz * w + t * e * v).sum()",
        "dez = 1 / (ez + 1) * dlz\n"
        "dz = ez * dez\n"
        "dm = 1 / k * dz\n"
        "dt = e * v\n"
        "dv = t * e\n"
        "dk = -m / k ** 2 * dz + -1 / k ** 2 * dv\n"
        "ds = x * dr"),
    "temperature": Graph(
        "z = P(6, 5); q = soft(C(6, 5)); T = 2.5; u = z / T; p = F.softmax(u, 1); n = 6\n"
        "lp = p.log(); loss = -(lp * q).sum() / n",
        "dlp = -q / n\n"
        "dp = 1 / p * dlp\n"
        "dz = du / T",
        {"T forgotten": ("dz = (p - q) / n", {"factor forgotten", "constant factor", "factor 1/T missing",
                                             "local derivative forgotten"}),
         "1/T²": ("dz = (p - q) / T ** 2 / n", {"constant factor", "a factor too many"}),
         "times T": ("dz = (p - q) * T / n", {"constant factor"}),
         "diagonal only": ("du = p * (1 - p) * dp", SOFTMAX),
         "sum dropped": ("du = p * dp", SOFTMAX | FORMULA | {"path left out"}),
         "off-diagonal only": ("du = -p * (dp * p).sum(1, keepdims=True)", SOFTMAX | OUT | {"one-hot forgotten"}),
         "y forgotten": ("du = p / n", {"one-hot forgotten", *CROSS})}),
    "nats and bits": Graph(
        "x = P(5, 6); q = soft(C(5, 6)); s = x.exp(); t = s.sum(1, keepdim=True); p = s / t; l = p.log2()\n"
        "loss = -(l * q).sum()",
        "dl = -q\n"
        "dp = dl / (p * np.log(2))\n"
        "dt = (-s / t ** 2 * dp).sum(1, keepdims=True)\n"
        "ds = dp / t + np.ones_like(s) * dt",
        {"ln 2 forgotten": ("dp = dl / p", FORMULA | {"constant factor"}),
         "ln 2 forgotten further up": ("ds = q * 0 + (p - q) / s", {"constant factor", "factor forgotten"})}),
    "rms norm": Graph(
        "x = P(5, 6); g = P(6); w = C(5, 6); sq = x ** 2; ms = sq.mean(1, keepdim=True); r = (ms + 1e-3) ** -0.5\n"
        "xn = x * r; out = xn * g; act = torch.relu(out); loss = (act ** 2 * w).sum()",
        "dact = 2 * act * w\n"
        "dout = (out > 0) * dact\n"
        "dg = (xn * dout).sum(0)\n"
        "dxn = g * dout\n"
        "dr = (x * dxn).sum(1, keepdims=True)\n"
        "dms = -0.5 * (ms + 1e-3) ** -1.5 * dr\n"
        "dsq = np.ones_like(sq) / 6 * dms\n"
        "dx = 2 * x * dsq + r * dxn",
        {"eps forgotten": ("dms = -0.5 * ms ** -1.5 * dr", {"ε forgotten", *FORMULA})}),
}


def _written(slip: slips.Slip) -> Graph:
    """A graph of `slips`."""
    forward, right, wrong = (["".join(line).strip() for line in text.strip().splitlines()] for text in slip)
    special = {}
    for text in wrong:
        line, codes = text.split(" # ")
        special[line.strip()] = (line.strip(), set().union(*(CODES[code.strip()] for code in codes.split(","))))
    return Graph("\n".join(forward), "\n".join(right), special, "V(" in slip.forward, by_hand=True)


GRAPHS |= {name: _written(slip) for name, slip in {**slips.SLIPS, **slips.HELD, **lapses.LAPSES,
                                           **blunders.BLUNDERS, **stumbles.STUMBLES}.items()}


def soft(x: Any) -> Any:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


class Run:
    """A graph after its backward pass: the nodes, and what hand-written lines may see."""

    def __init__(self, name: str, seed: int = 1, dtype: Any = np.float64, scale: float = 1.0) -> None:
        self.graph, rng = GRAPHS[name], np.random.default_rng(zlib.crc32(name.encode()) + seed)

        def parameter(*shape: int) -> Any:
            return Tensor(np.asarray(rng.standard_normal(shape) * scale), requires_grad=True, dtype=dtype)

        scope: dict[str, Any] = {
            "P": parameter, "C": lambda *shape: np.asarray(rng.standard_normal(shape), dtype), "R": rng, "V": Value,
            "torch": torch, "F": F, "np": np, "soft": soft,
            "S": lambda *shape: Tensor(rng.standard_normal(shape), requires_grad=True, dtype=np.float32)}
        before = set(scope)
        exec(self.graph.forward, scope)
        scope["loss"].backward()
        self.nodes = {key: x for key, x in scope.items() if isinstance(x, (Tensor, Value))}
        for key, x in self.nodes.items():
            x.label = key
        self.root = scope["loss"]
        self.seen: dict[str, Any] = {"np": np, "soft": soft}
        for key, x in scope.items():
            if key in self.nodes:
                self.seen[key] = np.array(x.data) if isinstance(x, Value) else x.detach().numpy()
                self.seen["d" + key] = np.array(x.grad) if isinstance(x, Value) else x.grad.numpy()
            elif key not in before:
                self.seen[key] = x

    def answer(self, line: str) -> tuple[str, Any]:
        """What a line gives, and of which node it is the gradient."""
        scope = {key: x.copy() if isinstance(x, np.ndarray) else x for key, x in self.seen.items()}
        left = line.rsplit("\n", 1)[-1] if "\nfor" not in line else line
        name = next(word for part in (left.split(";") if "\n" not in left else [left])
                    for word in [part.strip().split(" ")[0].split("[")[0]]
                    if word[0] == "d" and word[1:] in self.nodes)
        with np.errstate(all="ignore"):
            exec(line, scope)
        return name[1:], scope[name]

    def diagnosis(self, line: str) -> Any:
        of, answer = self.answer(line)
        return diagnose(answer, self.nodes[of], self.root)


@dataclass(frozen=True)
class Wrong:
    """A mistake: in which graph, which edit, the line, and what a teacher may call it."""

    graph: str
    edit: str
    line: str
    names: frozenset[str]

    @property
    def held_back(self) -> bool:
        """Whether it was kept out of sight while `diagnose` was written: every third."""
        return zlib.crc32(f"{self.graph} {self.line}".encode()) % 3 == 0 and not GRAPHS[self.graph].by_hand


def edits(line: str, run: Run) -> Iterator[tuple[str, str, set[str]]]:
    """Every named edit that a line allows: its name, the new line, what a teacher calls it."""
    tree = ast.parse(line)
    assign: Any = tree.body[0]
    target = assign.targets[0].id
    several = isinstance(assign.value, ast.BinOp) and isinstance(assign.value.op, ast.Add)
    value = ast.unparse(assign.value)
    yield "sign", f"{target} = -({value})", {"wrong sign"}
    inverse = "** (-2)" in value or "** -2" in value     # whose exponent may stand in front by mistake
    yield "doubled", f"{target} = 2 * ({value})", {"path counted twice"} | (FORMULA if inverse else set())
    terms = _terms(assign.value)
    if several:
        for i in range(len(terms)):
            rest = " + ".join(ast.unparse(x) for j, x in enumerate(terms) if j != i)
            yield "term dropped", f"{target} = {rest}", OUT
            yield "term's sign", f"{target} = {rest} - ({ast.unparse(terms[i])})", {"wrong sign on one path"}
            yield "term twice", f"{target} = {value} + {ast.unparse(terms[i])}", {"path counted twice"}

    def replaced(path: list[tuple[Any, str, Any]], new: ast.AST) -> str:
        fresh = copy.deepcopy(tree)
        node: Any = fresh.body[0]
        for attribute, index in [(a, i) for _, a, i in path[:-1]]:
            node = getattr(node, attribute) if index is None else getattr(node, attribute)[index]
        _, attribute, index = path[-1]
        if index is None:
            setattr(node, attribute, new)
        else:
            getattr(node, attribute)[index] = new
        return ast.unparse(ast.fix_missing_locations(fresh))

    for node, path in _walk(assign):
        if isinstance(node, ast.BinOp):
            left, right = node.left, node.right
            top = node is assign.value or (several and node in terms)
            if isinstance(node.op, ast.Mult):
                for kept, gone in ((left, right), (right, left)):
                    text = ast.unparse(gone)
                    if top and isinstance(kept, ast.Constant):
                        continue                    # nobody writes that
                    if isinstance(gone, ast.Constant) or (isinstance(gone, ast.UnaryOp) and isinstance(
                            gone.operand, ast.Constant)):
                        yield "number dropped", replaced(path, kept), FACTOR | FORMULA | {"path counted twice",
                                                                                          "wrong sign"}
                    elif text.startswith("d") and text in run.seen and top:
                        yield "upstream dropped", replaced(path, kept), UPSTREAM
                    elif top and ast.unparse(kept) in run.seen and ast.unparse(kept).startswith("d"):
                        yield "local dropped", replaced(path, kept), LOCAL | FACTOR
                    else:
                        below = any(isinstance(x, ast.BinOp) and isinstance(x.op, ast.Div) and at == "right"
                                    for x, at, _ in path)
                        yield "factor dropped", replaced(path, kept), LOCAL | UPSTREAM | (
                            {"a factor too many"} if below else set()) | (SOFTMAX if target == "dscores" else set())
                if top and isinstance(left, (ast.Name, ast.BinOp)):
                    yield "/ for *", replaced(path, ast.BinOp(right, ast.Div(), left)), FORMULA | (
                        FACTOR if "ones_like" in line else set())
            if isinstance(node.op, ast.Div):
                text = ast.unparse(right)
                number = text in ("n", "(n - 1)", "n - 1", "6", "T")
                yield "division dropped", replaced(path, left), FACTOR | LOCAL
                if number:
                    yield "divided twice", replaced(path, ast.BinOp(node, ast.Div(), right)), FACTOR | {
                        "a factor too many"} | FORMULA
                else:
                    yield "* for /", replaced(path, ast.BinOp(left, ast.Mult(), right)), FORMULA
            if isinstance(node.op, ast.Pow):
                k = ast.unparse(right)
                for new in {"2": ("3", "1"), "-1.5": ("-0.5", "-1"), "-2": ("-1", "2")}.get(k, ()):
                    power = ast.parse(new, mode="eval").body
                    yield "exponent", replaced([*path, (node, "right", None)], power), FORMULA
            if isinstance(node.op, ast.Sub):
                if ast.unparse(left) == "n":
                    yield "n for n − 1", replaced(path, left), FACTOR
                elif ast.unparse(left) == "1":
                    yield "1 − dropped", replaced(path, right), FORMULA
                    yield "1 + for 1 −", replaced(path, ast.BinOp(left, ast.Add(), right)), FORMULA
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and not isinstance(
                node.operand, ast.Constant):
            yield "minus dropped", replaced(path, node.operand), {"wrong sign", "wrong sign on one path"} | FORMULA
        if isinstance(node, ast.Name) and not node.id.startswith("d") and isinstance(run.seen.get(node.id), np.ndarray):
            others = [x for x in run.nodes if x != node.id and x != "loss" and run.seen[x].shape ==
                      run.seen[node.id].shape and (run.seen[x].ndim or run.graph.values)]
            for other in others[:2]:
                kind = "another name, matrix" if "@" in line else "another name"
                yield kind, replaced(path, ast.Name(other)), NODE
        if isinstance(node, ast.Name) and node.id.startswith("d") and node.id[1:] in run.nodes:
            others = [x for x in run.nodes if x not in (node.id[1:], target[1:], "loss") and
                      run.seen[x].shape == run.seen[node.id].shape and (run.seen[x].ndim or run.graph.values)]
            for other in others[:1]:
                mine, right = run.seen["d" + other], run.seen[node.id]
                ratio = np.vdot(right, mine) / max(np.vdot(right, right), 1e-300)
                again = {"a factor too many"} if np.allclose(mine, ratio * right) else set()    # that step's own factor
                yield "another gradient", replaced(path, ast.Name("d" + other)), {
                    "another gradient in the place of what arrives", "gradient of another variable",
                    "local derivative forgotten", *NODE, *again}
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".sum"):
            yield "sum dropped", replaced(path, node.func.value), SUMMED
            if node.args and isinstance(node.args[0], ast.Constant):
                other = ast.parse(ast.unparse(node)).body[0].value
                other.args[0] = ast.Constant(1 - node.args[0].value)
                yield "wrong axis", replaced(path, other), AXIS | {"wrong shape"}
        if isinstance(node, ast.Attribute) and node.attr == "T":
            yield "transpose dropped", replaced(path, node.value), {"transposed factor"}
    if "@" in line and not several:
        yield "transposed", f"{target} = ({value}).T", {"transposed"}
    if run.graph.values:
        return                                      # one number tells no factor
    yield "two at once", f"{target} = -3.0 * ({value}) + 0.0", {"constant factor", "wrong sign", "factor 1/N missing"}


def _terms(node: Any) -> list[Any]:
    return [*_terms(node.left), node.right] if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) else [node]


Path_ = list[tuple[Any, str, Any]]


def _walk(node: Any, path: Path_ | None = None) -> Iterator[tuple[Any, Path_]]:
    for name, child in ast.iter_fields(node):
        if name in ("targets", "func") and not isinstance(child, ast.Attribute):
            continue
        for i, x in enumerate(child) if isinstance(child, list) else [(None, child)]:
            if isinstance(x, ast.expr):
                here = [*(path or []), (node, name, i)]
                yield x, here
                yield from _walk(x, here)


@lru_cache(maxsize=1)
def runs() -> dict[str, Run]:
    return {name: Run(name) for name in GRAPHS}


@lru_cache(maxsize=1)
def mistakes() -> list[Wrong]:
    """The whole set: what changes nothing, and what no longer runs, is left out."""
    found: dict[tuple[str, str], Wrong] = {}
    for name, run in runs().items():
        made = [] if run.graph.by_hand else [e for line in run.graph.backward.splitlines() for e in edits(line, run)]
        for edit, line, names in [*((key, *x) for key, x in run.graph.special.items()), *made]:
            try:
                of, answer = run.answer(line)
            except ValueError:                      # shapes that do not fit any more
                continue
            truth = run.seen["d" + of]
            answer = np.asarray(answer, float)
            if answer.shape == truth.shape and np.allclose(answer, truth, rtol=1e-7, atol=1e-10):
                continue
            names = set(names) | same_numbers(run, of, answer, truth)
            found.setdefault((name, line), Wrong(name, edit, line, frozenset(names)))
    return list(found.values())


def same_numbers(run: Run, of: str, answer: Any, truth: Any) -> set[str]:
    """What else the very same numbers may be called: nobody can tell these apart."""
    if answer.shape != truth.shape:
        return set()
    names: set[str] = set()
    if any(run.seen["d" + x].shape == answer.shape and np.allclose(run.seen["d" + x], answer, rtol=1e-9, atol=1e-12)
           for x in run.nodes if x != of):
        names |= {"gradient of another variable", "local derivative forgotten"}
    ratio = float(np.vdot(truth, answer) / np.vdot(truth, truth)) if truth.any() else 0.0
    if abs(ratio) > 1e-6 and truth.size > 1 and np.allclose(answer, ratio * truth, rtol=1e-9, atol=1e-12):
        names |= FACTOR
    if np.allclose(answer, 0, atol=1e-10):
        names |= {"all zeros", "path left out"}
    if not np.isfinite(answer).all():
        names |= {"not finite"}
    return names


# Right answers, spelled otherwise.

class _Respelled(ast.NodeTransformer):
    """The same formula in another spelling: factors swapped, squares as products, quotients as products."""

    def __init__(self, rng: Any) -> None:
        self.rng = rng

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        left, right, turn = node.left, node.right, self.rng.integers(3)
        if isinstance(node.op, (ast.Mult, ast.Add)) and turn:
            return ast.BinOp(right, node.op, left)
        if isinstance(node.op, ast.Sub) and turn:
            return ast.BinOp(ast.UnaryOp(ast.USub(), right), ast.Add(), left)
        if isinstance(node.op, ast.Div) and turn:
            return ast.BinOp(left, ast.Mult(), ast.BinOp(right, ast.Pow(), ast.Constant(-1.0)))
        if isinstance(node.op, ast.Pow) and ast.unparse(right) == "2" and turn:
            return ast.BinOp(left, ast.Mult(), left)
        return node


def right_answers(seeds: int = 7) -> Iterator[tuple[str, Any, Any, Any]]:
    """What is right, however computed: (what it is, answer, node, root)."""
    for name, graph in GRAPHS.items():
        for seed in range(1 if graph.by_hand else seeds):
            for dtype, scale in ((np.float64, 1.0), (np.float64, 0.03), (np.float32, 0.5)):
                if (graph.values or graph.by_hand) and (seed or scale != 1.0 or dtype is np.float32):
                    continue
                run, rng = Run(name, seed, dtype, scale), np.random.default_rng(seed)
                with np.errstate(over="ignore"):
                    single, half = ({key: x.astype(fewer) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x
                                     for key, x in run.seen.items()} for fewer in (np.float32, np.float16))
                for line in graph.backward.splitlines():
                    of, plain = run.answer(line)
                    other = line if ";" in line else ast.unparse(
                        ast.fix_missing_locations(_Respelled(rng).visit(ast.parse(line))))
                    full, run.seen = run.seen, single
                    if not graph.values:
                        answer = np.asarray(run.answer(line)[1], float)
                        yield f"{name}, in float32: {line}", answer, run.nodes[of], run.root
                    run.seen = half
                    answer = np.asarray(run.answer(line)[1]) if not graph.values else np.zeros(())
                    if answer.dtype == np.float16 and np.isfinite(answer).all():    # no number of more bits joined in
                        yield f"{name}, in float16: {line}", answer.astype(full[of].dtype), run.nodes[of], run.root
                    run.seen = full
                    node = run.nodes[of]
                    yield f"{name}: {line}", plain, node, run.root
                    yield f"{name}, respelled: {other}", run.answer(other)[1], node, run.root
                    if np.ndim(plain):
                        yield f"{name}, a list: {line}", plain.tolist(), node, run.root
                        yield f"{name}, turned: {line}", np.asfortranarray(plain), node, run.root
                        yield f"{name}, with gaps: {line}", np.repeat(plain, 2, -1)[..., ::2], node, run.root


def results(which: list[Wrong]) -> list[tuple[Wrong, Any, float]]:
    out = []
    for wrong in which:
        start = time.perf_counter()
        diagnosis = runs()[wrong.graph].diagnosis(wrong.line)
        out.append((wrong, diagnosis, time.perf_counter() - start))
    return out


def verdict(wrong: Wrong, diagnosis: Any) -> str:
    """named, unknown (no name was given), false (another name), or silent (called right)."""
    if not diagnosis:
        return "silent"
    return "named" if diagnosis.mistake in wrong.names else "unknown" if diagnosis.mistake == "unknown" else "false"


def table(done: list[tuple[Wrong, Any, float]]) -> str:
    """How often each graph's mistakes are called by their name, as a page."""
    lines = ["# Mistakes, called by their name", "",
             "Each row is a graph: its right backward lines were changed by named edits (`tests/mistakes.py`), and "
             "each changed line was given to `diagnose`; from *rnn* on, the wrong lines are written by hand "
             "(`tests/slips.py`, `lapses.py`, `blunders.py`, `stumbles.py`). A third of the edits was held back while "
             "`diagnose` was written. "
             f"Made by `{COMMAND}`.", "",
             "| graph | mistakes | named first | none named | another name | called right |",
             "|---|---:|---:|---:|---:|---:|"]
    rows = [(name, [x for x in done if x[0].graph == name]) for name in GRAPHS]
    for name, part in [*rows, ("**all**", done), ("held back", [x for x in done if x[0].held_back])]:
        words = [verdict(w, d) for w, d, _ in part]
        shares = (f"{words.count(v)} ({words.count(v) / len(words):.1%})"
                  for v in ("named", "unknown", "false", "silent"))
        lines.append(f"| {name} | {len(words)} | {' | '.join(shares)} |")
    return "\n".join([*lines, ""])


def short(page: str) -> str:
    """What the README shows of that page: the head of its table, and the sums."""
    lines = page.splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith("| graph"))
    return "\n".join([lines[head].replace("graph", "wrong lines of backward passes"), lines[head + 1], *lines[-2:]])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mistakes", description=__doc__)
    parser.add_argument("--write", type=Path, help="where to write the table")
    parser.add_argument("--show", choices=["false", "unknown", "silent", "named"])
    parser.add_argument("--held", action="store_true", help="the part that was held back, too")
    options = parser.parse_args()
    done = results(mistakes())
    if options.write:
        options.write.parent.mkdir(exist_ok=True)
        options.write.write_text(table(done), encoding="utf-8")
        readme = README.read_text(encoding="utf-8")
        README.write_text(with_part(readme, "mistakes", COMMAND, short(table(done))), encoding="utf-8")
    for part in (False, True):
        words = [verdict(w, d) for w, d, _ in done if w.held_back is part]
        print("held back" if part else "tuned on", len(words),
              {v: f"{words.count(v)} ({words.count(v) / len(words):.1%})" for v in sorted(set(words))})
    times = sorted(t for *_, t in done)
    print(f"median {1e3 * statistics.median(times):.1f} ms, 90% {1e3 * times[int(0.9 * len(times))]:.1f} ms, "
          f"longest {1e3 * times[-1]:.1f} ms")
    for wrong, diagnosis, _ in done:
        if verdict(wrong, diagnosis) == options.show and (options.held or not wrong.held_back):
            print(f"{wrong.graph} · {wrong.edit} · {wrong.line!r} wanted {sorted(wrong.names)}\n  {diagnosis}")


if __name__ == "__main__":
    main()
