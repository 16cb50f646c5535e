"""More wrong backward lines as people write them: of networks by hand, of assignments, of loops over time.

Written as those of `slips` are, each with its names before any of them was tried.
"""

from __future__ import annotations

from tests.slips import Slip

__all__ = ["BLUNDERS"]

MAKEMORE = """
X = R.integers(0, 7, (8, 3)); Cm = P(7, 4); W1 = P(12, 6); b1 = P(6); bngain = P(1, 6); bnbias = P(1, 6)
W2 = P(6, 7); b2 = P(7); Yb = R.integers(0, 7, 8); n = 8; V = 7
emb = Cm[X]; embcat = emb.view(8, 12); hprebn = embcat @ W1 + b1; bnmeani = hprebn.sum(0, keepdim=True) / n
bndiff = hprebn - bnmeani; bndiff2 = bndiff ** 2; bnvar = bndiff2.sum(0, keepdim=True) / (n - 1)
bnvar_inv = (bnvar + 1e-5) ** -0.5; bnraw = bndiff * bnvar_inv; hpreact = bngain * bnraw + bnbias
h = hpreact.tanh(); logits = h @ W2 + b2; logit_maxes = logits.max(1, keepdim=True).values
norm_logits = logits - logit_maxes; counts = norm_logits.exp(); counts_sum = counts.sum(1, keepdim=True)
counts_sum_inv = counts_sum ** -1; probs = counts * counts_sum_inv; logprobs = probs.log()
loss = -logprobs[range(n), Yb].mean()
"""

BLUNDERS = {
    "makemore's network": Slip(
        MAKEMORE,
        """
        dlogprobs = np.zeros_like(logprobs); dlogprobs[range(n), Yb] = -1.0 / n
        dprobs = dlogprobs / probs
        dbnraw = bngain * dhpreact
        dhpreact = (1 - h ** 2) * dh
        """,
        """
        dlogprobs = np.full(logprobs.shape, -1.0 / n)      # nomask, place
        dlogprobs = np.zeros_like(logprobs); dlogprobs[range(n), Yb] = -1.0 # factor
        dlogprobs = np.zeros_like(logprobs); dlogprobs[range(n), Yb] = 1.0 / n # sign
        dlogprobs = np.zeros_like(logprobs); dlogprobs[:, Yb] = -1.0 / n # nomask, place, labels
        dprobs = (1 / probs)                               # up
        dprobs = probs * dlogprobs                         # formula, node
        dcounts_sum_inv = counts * dprobs                  # sum
        dcounts_sum_inv = (counts * dprobs).sum(0, keepdims=True) # axis, shape
        dcounts_sum = -counts_sum ** -2 * dcounts_sum_inv * counts # many, shape, sum
        dcounts_sum = -1 / counts_sum * dcounts_sum_inv    # formula
        dcounts_sum = counts_sum ** -2 * dcounts_sum_inv   # sign
        dcounts = counts_sum_inv * dprobs                  # out
        dcounts = np.ones_like(counts) * dcounts_sum       # out, over
        dcounts = counts_sum_inv * dprobs + counts * dcounts_sum # many, node, formula, local
        dnorm_logits = norm_logits * dcounts               # formula, node
        dnorm_logits = dcounts                             # local
        dlogit_maxes = -dnorm_logits                       # sum
        dW2 = hpreact.T @ dlogits                          # node
        db2 = dlogits.sum()                                # shape, axis
        db2 = dlogits.mean(0)                              # factor
        dhpreact = (1 - hpreact ** 2) * dh                 # formula
        dhpreact = (1 - np.tanh(h) ** 2) * dh              # formula
        dhpreact = 1 - h ** 2                              # up
        dbngain = (hpreact * dhpreact).sum(0, keepdims=True) # node
        dbngain = bnraw * dhpreact                         # sum
        dbnbias = dhpreact.mean(0, keepdims=True)          # factor
        dbnbias = dhpreact                                 # sum
        dbnraw = bnraw * dhpreact                          # node, formula
        dbnvar_inv = (bnraw * dbnraw).sum(0, keepdims=True) # node
        dbnvar = -0.5 * (bnvar + 1e-5) ** -0.5 * dbnvar_inv # formula
        dbnvar = 0.5 * (bnvar + 1e-5) ** -1.5 * dbnvar_inv # sign
        dbnvar = (bnvar + 1e-5) ** -1.5 * dbnvar_inv       # factor, formula
        dbndiff2 = np.ones_like(bndiff2) / n * dbnvar      # factor
        dbndiff2 = np.ones_like(bndiff2) * dbnvar          # factor
        dbndiff = bnvar_inv * dbnraw                       # out
        dbndiff = 2 * bndiff * dbndiff2                    # out, over
        dbndiff = bnvar_inv * dbnraw + bndiff * dbndiff2   # factor, formula, lost
        dbndiff = bnvar_inv * dbnraw + 2 * dbndiff2        # local, lost
        dbnmeani = dbndiff.sum(0, keepdims=True)           # sign
        dbnmeani = -dbndiff.mean(0, keepdims=True)         # factor
        dhprebn = dbndiff                                  # out
        dhprebn = dbndiff + dbnmeani                       # factor, lost, local
        dhprebn = bngain * bnvar_inv / n * (n * dhpreact - dhpreact.sum(0) - bnraw * (dhpreact *\
 bnraw).sum(0))  # factor, formula
        dhprebn = bngain * bnvar_inv * (n * dhpreact - dhpreact.sum(0) - n / (n - 1) * bnraw * (dhpreact *\
 bnraw).sum(0))  # factor
        dhprebn = bngain * bnvar_inv / n * (n * dhpreact - dhpreact.sum(0)) # out
        dhprebn = bngain * bnvar_inv * dhpreact            # out
        dembcat = dhpreact @ W1.T                          # arriving
        dW1 = embcat.T @ dhpreact                          # arriving
        dCm = np.zeros((7, 4)); dCm[X] = demb              # over
        dlogits = probs; dlogits[range(n), Yb] -= 1 / n    # cross
        dlogits = soft(logits).T; dlogits = dlogits.T / n  # hot, cross
        """),
    "affine and relu, with a penalty": Slip(
        """
        X = C(6, 5); W1 = P(5, 8); b1 = P(8); W2 = P(8, 3); b2 = P(3); y = R.integers(0, 3, 6); N = 6; reg = 0.7
        a = X @ W1 + b1; hid = a.relu(); scores = hid @ W2 + b2; data = F.cross_entropy(scores, y)
        l2 = (W1 ** 2).sum() + (W2 ** 2).sum(); loss = data + 0.5 * reg * l2
        """,
        """
        dscores = soft(scores); dscores[range(N), y] -= 1; dscores /= N
        dW2 = hid.T @ dscores + reg * W2
        """,
        """
        dscores = soft(scores); dscores[range(N), y] -= 1  # factor
        dscores = np.exp(scores) / np.exp(scores).sum(); dscores[range(N), y] -= 1; dscores /= N # cross, soft
        dscores = np.exp(scores); dscores[range(N), y] -= 1; dscores /= N # cross
        dW2 = hid.T @ dscores                              # out
        dW2 = hid.T @ dscores + 2 * reg * W2               # factor, twice
        dW2 = hid.T @ dscores + reg * W2 * W2              # many, formula
        dW2 = hid.T @ dscores + reg * W2 / N               # factor
        dW2 = hid.T @ dscores - reg * W2                   # sign1
        dW2 = a.T @ dscores + reg * W2                     # node, nomask
        dW2 = (hid.T @ dscores + reg * W2) / N             # factor
        da = dhid * hid                                    # formula, node
        da = dhid * (hid >= 0)                             # nomask, local, formula
        da = dhid; da[hid < 0] = 0                         # local, nomask
        dhid = dscores @ W2.T * hid                        # many
        dW1 = X.T @ dhid + reg * W1                        # local, arriving, nomask
        dW1 = X.T @ da + W1                                # factor, lost
        db1 = da.sum(1)                                    # axis, shape
        """),
    "lstm step with two losses": Slip(
        """
        x = P(4, 3); prev_h = P(4, 5); prev_c = P(4, 5); Wx = P(3, 20); Wh = P(5, 20); b = P(20); wh = C(4, 5)
        wc = C(4, 5)
        a = x @ Wx + prev_h @ Wh + b; ai = a[:, :5]; af = a[:, 5:10]; ao = a[:, 10:15]; ag = a[:, 15:]
        i = ai.sigmoid(); f = af.sigmoid(); o = ao.sigmoid(); g = ag.tanh(); next_c = f * prev_c + i * g
        tc = next_c.tanh(); next_h = o * tc; loss = (next_h ** 2 * wh).sum() + (next_c * wc).sum()
        """,
        """
        dnext_c = wc + dnext_h * o * (1 - tc ** 2)
        dao = dnext_h * tc * o * (1 - o)
        """,
        """
        dnext_c = wc.copy()                                # out
        dnext_c = dnext_h * o * (1 - tc ** 2)              # out, over
        dnext_c = wc + dnext_h * o * (1 - next_c ** 2)     # formula
        dnext_c = wc + dnext_h * (1 - tc ** 2)             # lost, local
        dnext_c = wc + dnext_h * o                         # local, lost
        dnext_c = wc + o * (1 - tc ** 2)                   # up, lost
        dnext_c = wc + dnext_h * o * (1 - next_h ** 2)     # formula, node
        dao = dnext_h * next_c * o * (1 - o)               # node
        dao = dnext_h * tc * (1 - o ** 2)                  # formula
        dao = dnext_h * o * (1 - o)                        # lost, local
        daf = dnext_c * prev_c * f                         # formula, lost
        daf = dnext_c * f * (1 - f)                        # lost, local
        daf = dnext_h * prev_c * f * (1 - f)               # arriving
        dag = dnext_c * i * g * (1 - g)                    # formula
        dag = dnext_c * i * (1 + g ** 2)                   # formula
        dai = dnext_c * g * ai * (1 - ai)                  # formula, node
        dprev_c = dnext_c                                  # local
        dprev_c = dnext_c * (1 - f)                        # formula, mask
        dprev_c = dnext_h * f                              # arriving, other
        dprev_h = da @ Wx.T                                # shape, node
        db = da.sum(0) / 4                                 # factor
        dWh = x.T @ da                                     # shape, node, other
        dWx = x.T @ np.hstack([di, df, do, dg])            # local, arriving
        """),
    "layer norm with a root": Slip(
        """
        x = P(5, 8); gamma = P(8); beta = P(8); wt = C(5, 8); D = 8
        mu = x.mean(1, keepdim=True); xmu = x - mu; sq = xmu ** 2; var = sq.mean(1, keepdim=True)
        std = (var + 1e-5).sqrt(); ivar = 1 / std; xhat = xmu * ivar; gx = gamma * xhat; out = gx + beta
        act = out.sigmoid(); loss = (act * wt).sum()
        """,
        """
        dstd = -1 / std ** 2 * divar
        dvar = 0.5 / std * dstd
        dx = dxmu + dmu / D
        """,
        """
        dout = act * (1 - act)                             # up
        dout = out * (1 - out) * dact                      # formula
        dgamma = (xhat * dout).sum(1)                      # axis, shape
        dgamma = (x * dout).sum(0)                         # node
        dbeta = dout.sum()                                 # shape, axis
        divar = (xmu * dxhat).sum(0)                       # axis, shape
        divar = (xmu * dxhat).mean(1, keepdims=True)       # factor
        dstd = -1 / std * divar                            # formula
        dstd = 1 / std ** 2 * divar                        # sign
        dstd = -1 / var ** 2 * divar                       # formula, node
        dvar = 0.5 * std * dstd                            # formula
        dvar = 1 / std * dstd                              # factor, formula
        dvar = 0.5 / np.sqrt(var) * dstd                   # eps, right
        dsq = dvar / 5 * np.ones((5, 8))                   # factor
        dsq = dvar                                         # shape, factor, sum, local
        dxmu = ivar * dxhat                                # out
        dxmu = ivar * dxhat + 2 * dsq                      # lost, local
        dxmu = ivar * dxhat + 2 * x * dsq                  # node
        dxmu = ivar * dout + 2 * xmu * dsq                 # arriving, local, lost
        dmu = -dxmu.sum(0)                                 # axis, shape
        dx = dxmu                                          # out
        dx = dxmu + dmu                                    # lost, factor
        dx = dxmu - dmu / D                                # sign1
        dx = (D * dxhat - dxhat.sum(1, keepdims=True) - xhat * (dxhat * xhat).sum(1, keepdims=True)) * ivar # factor
        dx = ivar / D * (D * dout - dout.sum(1, keepdims=True) - xhat * (dout * xhat).sum(1,\
 keepdims=True))  # lost, local, arriving
        dx = ivar / D * (D * dxhat - dxhat.sum(1, keepdims=True) - xhat * dxhat.sum(1,\
 keepdims=True))  # lost, local, formula
        dx = ivar / D * (D * dxhat - dxhat.sum(0) - xhat * (dxhat * xhat).sum(0)) # axis
        dx = gamma * ivar * dxhat - gamma * ivar * dxhat.mean(1, keepdims=True) # out, many
        """),
    "neuron with its tanh spelled out": Slip(
        """
        x1 = V(1.5); x2 = V(-2.0); w1 = V(0.8); w2 = V(0.3); b = V(0.4); t = 2.0
        m1 = w1 * x1; m2 = w2 * x2; z = m1 + m2 + b; e = (2 * z).exp(); num = e - 1; den = e + 1; o = num / den
        diff = o - t; sq = diff ** 2; loss = sq + 0.1 * w1 ** 2
        """,
        """
        dnum = 1 / den * do
        dden = -num / den ** 2 * do
        """,
        """
        ddiff = diff * dsq                                 # factor, formula
        ddiff = 2 * dsq                                    # lost, formula, local
        do = -ddiff                                        # sign
        dnum = den * do                                    # formula
        dnum = 1 / den                                     # up
        dden = num / den ** 2 * do                         # sign
        dden = -num / den * do                             # formula
        dden = -1 / den ** 2 * do                          # lost, formula
        de = dnum                                          # out
        de = dden                                          # out, over
        de = dnum - dden                                   # sign1
        dz = e * de                                        # factor, formula, lost
        dz = 2 * de                                        # lost, local, formula
        dz = 1 - o ** 2                                    # up, lost
        dz = (1 - z ** 2) * do                             # formula
        dw1 = x1 * dm1                                     # out
        dw1 = 0.2 * w1                                     # out, over
        dw1 = x1 * dm1 + 0.1 * w1                          # factor, formula, lost
        dx1 = x1 * dm1                                     # node, formula, other
        db = 0.0                                           # zeros, out, lost
        """),
    "attention, written out": Slip(
        """
        x = P(5, 8); Wq = P(8, 4); Wk = P(8, 4); Wv = P(8, 4); Wo = P(4, 8); target = C(5, 8); dk_ = 4
        q = x @ Wq; k = x @ Wk; v = x @ Wv; s = q @ k.T; sc = s / dk_ ** 0.5; mk = np.triu(np.ones((5, 5)), 1)
        ms = torch.where(mk > 0, -1e9, sc); p = F.softmax(ms, -1); ctx = p @ v; y = ctx @ Wo
        loss = ((y - target) ** 2).mean()
        """,
        """
        dy = 2 * (y - target) / 40
        dms = p * (dp - (p * dp).sum(-1, keepdims=True))
        """,
        """
        dy = 2 * (y - target) / 5                          # factor
        dy = y - target                                    # factor
        dWo = v.T @ dy                                     # node
        dp = v @ dctx.T                                    # trans, T
        dv = p @ dctx                                      # T
        dms = p * dp                                       # soft, out, formula
        dms = dp * p * (1 - p)                             # soft
        dms = p * (dp - (p * dp).sum())                    # soft
        dms = p * (dp - dp.sum(-1, keepdims=True))         # soft
        dms = p * (dp - (p * dp).mean(-1, keepdims=True))  # soft, factor
        dms = dp - (p * dp).sum(-1, keepdims=True)         # soft, lost
        dms = p * dp - (p * dp).sum(-1, keepdims=True)     # soft, lost
        dsc = p * (dp - (p * dp).sum(0))                   # soft, axis
        ds = dsc                                           # factor, lost, local
        ds = dsc / dk_                                     # factor, many, formula
        ds = dsc * dk_ ** 0.5                              # factor, formula
        dq = dsc @ k                                       # factor, lost, arriving, local
        dq = ds @ q                                        # node
        dq = ds.T @ k                                      # T
        dk = ds @ q                                        # T
        dx = dq @ Wq.T + dk @ Wk.T                         # out
        dx = dv @ Wv.T                                     # out, over
        dx = dq @ Wk.T + dk @ Wq.T + dv @ Wv.T             # node
        dx = dq @ Wq.T + dk @ Wk.T - dv @ Wv.T             # sign1
        """),
    "inverted dropout and squares": Slip(
        """
        x = P(7, 4); W = P(4, 6); b = P(6); keep = 0.8; mask = (R.random((7, 6)) < keep) * 1.0; U = P(6, 2)
        y = C(7, 2)
        z = x @ W + b; a = z.sigmoid(); ad = a * mask / keep; o = ad @ U; err = o - y
        loss = (err ** 2).sum() / (2 * 7)
        """,
        """
        derr = err / 7
        da = dad * mask / keep
        """,
        """
        derr = err                                         # factor
        derr = 2 * err / 7                                 # factor, twice
        derr = err / 14                                    # factor
        dU = a.T @ do                                      # node, nomask
        da = dad * mask                                    # factor, lost
        da = dad / keep                                    # nomask, lost, local
        da = dad * (1 - mask) / keep                       # mask
        da = dad * mask / (1 - keep)                       # factor
        da = dad * mask * keep                             # factor, formula
        da = dad * ad                                      # formula, node
        dz = ad * (1 - ad) * da                            # formula, node
        dz = a * (1 - a)                                   # up
        dz = a * (1 - a) * dad                             # nomask, lost, local, arriving
        dz = (1 - a) * da                                  # formula, lost
        db = dz.sum(0) / 7                                 # factor
        """),
    "mean of embeddings and positions": Slip(
        """
        tok = R.integers(0, 5, (4, 6)); E = P(5, 3); pos = P(6, 3); W = P(3, 5); y = R.integers(0, 5, 4)
        te = E[tok]; s = te + pos; m = s.mean(1); lg = m @ W; loss = F.cross_entropy(lg, y)
        """,
        """
        dm = dlg @ W.T
        dE = np.zeros_like(E); np.add.at(dE, tok, dte)
        """,
        """
        dlg = soft(lg); dlg[:, y] -= 1; dlg /= 4           # labels, cross
        dlg = soft(lg) - y[:, None]; dlg /= 4              # cross, hot
        ds = np.repeat(dm[:, None], 6, 1)                  # factor
        ds = dm[:, None] / 6                               # shape, sum
        dpos = ds                                          # sum
        dpos = ds.mean(0)                                  # factor
        dpos = ds.sum(1)                                   # axis, shape
        dte = dm                                           # shape, factor, local
        dE = np.zeros_like(E); dE[tok] = dte               # over
        dE = np.zeros_like(E); dE[tok] += dte              # over
        dE = np.zeros_like(E); np.add.at(dE, tok[:, 0], dte[:, 0]) # pos, out
        dE = dte.sum((0, 1)) * np.ones_like(E)             # labels, other, sum, nomask, place
        dE = np.zeros_like(E); np.add.at(dE, tok, s)       # up, node, arriving, local
        dE = np.zeros_like(E); np.add.at(dE, tok, -dte)    # sign
        """),
    "multiclass svm": Slip(
        """
        X = C(6, 4); W = P(4, 3); y = R.integers(0, 3, 6); N = 6; rows = np.arange(6)
        s = X @ W; right = s[rows, y]; m = s - right.view(6, 1) + 1; notY = np.ones((6, 3)); notY[rows, y] = 0
        hin = m.relu() * notY; loss = hin.sum() / N + 0.3 * (W ** 2).sum()
        """,
        """
        dm = (m > 0) * notY / N
        ds = dm.copy(); ds[rows, y] -= dm.sum(1)
        dW = X.T @ ds + 0.6 * W
        """,
        """
        dm = (m > 0) / N                                   # nomask
        dm = (m > 0) * notY                                # factor
        ds = dm                                            # out
        ds = dm.copy(); ds[rows, y] -= 1 / N               # local, lost, cross, formula, over
        ds = dm.copy(); ds[rows, y] += dm.sum(1)           # sign1
        dright = dm.sum(1)                                 # sign
        dright = -dm                                       # sum, shape
        dright = -dm.sum(0)                                # axis, shape
        dW = X.T @ ds + 0.3 * W                            # factor, formula, lost
        dW = X.T @ ds                                      # out
        dW = X.T @ dm + 0.6 * W                            # out, arriving
        dW = X.T @ ds / N + 0.6 * W                        # factor
        """),
    "convolution by gathered columns": Slip(
        """
        img = P(3, 16)
        idx = np.array([[4 * r + c + k for k in (0, 1, 4, 5)] for r in range(3) for c in range(3)])
        K = P(4, 5); b = P(5); cols = img[:, idx]; o = cols @ K + b; a = o.relu(); pool = a.mean(1); w = C(3, 5)
        loss = (pool ** 2 * w).sum()
        """,
        """
        da = np.repeat(dpool[:, None], 9, 1) / 9
        dK = cols.reshape(27, 4).T @ do.reshape(27, 5)
        db = do.sum((0, 1))
        """,
        """
        dpool = pool * w                                   # factor, formula
        da = np.repeat(dpool[:, None], 9, 1)               # factor
        da = np.repeat(dpool[:, None], 9, 1) / 3           # factor
        do = da                                            # local, nomask
        do = da * (da > 0)                                 # relug
        dK = cols[0].T @ do[0]                             # out
        dK = (cols.reshape(27, 4).T @ do.reshape(27, 5)) / 3 # factor
        dK = cols.reshape(27, 4).T @ da.reshape(27, 5)     # local, nomask, arriving
        db = do.sum(0)                                     # shape, sum
        dimg = np.zeros((3, 16)); dimg[:, idx] += dcols    # over
        dimg = np.zeros((3, 16)); dimg[:, idx] = dcols     # over
        dimg = np.zeros((3, 16)); dimg[:, idx[:, 0]] = dcols[:, :, 0] # pos, out
        """),
    "entropy of a softmax": Slip(
        """
        z = P(6, 4); r = C(6); p = F.softmax(z, 1); lp = p.log(); pl = p * lp; H = -pl.sum(1); loss = (H * r).mean()
        """,
        """
        dpl = -dH[:, None] * np.ones((6, 4))
        dp = lp * dpl + dlp / p
        """,
        """
        dH = r                                             # factor
        dpl = dH[:, None] * np.ones((6, 4))                # sign
        dlp = lp * dpl                                     # node, formula, other
        dp = lp * dpl                                      # out
        dp = dlp / p                                       # out, over
        dp = lp * dpl + dlp                                # local, lost
        dp = (lp - 1) * dpl                                # sign1
        dz = p * (1 - p) * dp                              # soft
        dz = p * dp - (p * dp).sum(1, keepdims=True)       # soft, lost
        dz = p * (dp - (p * dp).sum(0, keepdims=True))     # soft, axis
        dz = p * (dp + (p * dp).sum(1, keepdims=True))     # soft, sign1
        """),
    "rnn that looks its input up": Slip(
        """
        ix = R.integers(0, 4, (5, 3)); Wxh = P(4, 6); Whh = P(6, 6); bh = P(6); Why = P(6, 4); by = P(4)
        tg = R.integers(0, 4, (5, 3)); h0 = P(5, 6)
        e1 = Wxh[ix[:, 0]]; r1 = e1 + h0 @ Whh + bh; h1 = r1.tanh(); y1 = h1 @ Why + by; e2 = Wxh[ix[:, 1]]
        r2 = e2 + h1 @ Whh + bh; h2 = r2.tanh(); y2 = h2 @ Why + by
        e3 = Wxh[ix[:, 2]]; r3 = e3 + h2 @ Whh + bh; h3 = r3.tanh(); y3 = h3 @ Why + by
        loss = F.cross_entropy(y1, tg[:, 0]) + F.cross_entropy(y2, tg[:, 1]) + F.cross_entropy(y3, tg[:, 2])
        """,
        """
        dh2 = dy2 @ Why.T + dr3 @ Whh.T
        dWhh = h2.T @ dr3 + h1.T @ dr2 + h0.T @ dr1
        """,
        """
        dy3 = soft(y3); dy3[range(5), tg[:, 2]] -= 1       # factor
        dy3 = soft(y3); dy3[range(5), tg[:, 1]] -= 1; dy3 /= 5 # labels
        dy2 = (soft(y2) - np.eye(4)[tg[:, 1]]) / 15        # factor
        dh2 = dy2 @ Why.T                                  # out
        dh2 = dr3 @ Whh.T                                  # out, over
        dh2 = dy2 @ Why.T + dh3 @ Whh.T                    # local, arriving
        dh1 = dy1 @ Why.T + dr2 @ Whh                      # T
        dr2 = (1 - h2 * h2)                                # up
        dr2 = (1 - r2 * r2) * dh2                          # formula
        dr2 = (1 - h1 * h1) * dh2                          # node
        dWhh = h3.T @ dr3 + h2.T @ dr2 + h1.T @ dr1        # node
        dWhh = h2.T @ dr3 + h1.T @ dr2                     # out
        dWhh = dr3.T @ h2 + dr2.T @ h1 + dr1.T @ h0        # trans, T
        dWhy = h3.T @ dy3 + h2.T @ dy2                     # out
        dWhy = (h3 + h2 + h1).T @ (dy3 + dy2 + dy1)        # formula, node, arriving, twice
        dby = dy3.sum(0)                                   # out
        dbh = (dr1 + dr2 + dr3).mean(0)                    # factor
        dbh = (dh1 + dh2 + dh3).sum(0)                     # local, arriving
        dh0 = dr1 @ Whh                                    # T
        dWxh = np.zeros((4, 6)); np.add.at(dWxh, ix[:, 2], dr3); np.add.at(dWxh, ix[:, 1], dr2) # out
        dWxh = np.zeros((4, 6)); dWxh[ix[:, 0]] += dr1; dWxh[ix[:, 1]] += dr2; dWxh[ix[:, 2]] += dr3 # over
        """),
    "makemore's network, again": Slip(
        MAKEMORE,
        """
        dlogprobs = np.zeros_like(logprobs); dlogprobs[range(n), Yb] = -1.0 / n
        dbndiff = bnvar_inv * dbnraw + 2 * bndiff * dbndiff2
        """,
        """
        dprobs = dlogprobs / logprobs                      # formula, node
        dprobs = -dlogprobs / probs                        # sign
        dprobs = dlogprobs / probs / n                     # factor
        dcounts_sum_inv = (probs * dprobs).sum(1, keepdims=True) # node
        dcounts_sum_inv = (counts * dprobs).mean(1, keepdims=True) # factor
        dcounts_sum = -2 * counts_sum ** -2 * dcounts_sum_inv # factor, formula
        dcounts_sum = -counts_sum ** -2                    # up
        dcounts = dcounts_sum_inv * dprobs + dcounts_sum   # other, arriving, node, factor
        dcounts = counts_sum_inv * dprobs - dcounts_sum    # sign1
        dnorm_logits = probs * dcounts                     # node, formula
        dlogits = probs.copy(); dlogits[range(n), Yb] -= 1 # factor
        dlogits = probs / n                                # hot, cross
        dlogit_maxes = -dnorm_logits.sum(1)                # shape, right
        dlogits = counts.copy(); dlogits[range(n), Yb] -= 1; dlogits /= n # cross
        dlogits = probs.copy(); dlogits[range(n), Yb - 1] -= 1; dlogits /= n # labels
        dh = dlogits @ W2.T @ W2 @ W2.T                    # many
        dW2 = (dlogits.T @ h)                              # shape, trans
        dW2 = h.T @ dlogits / n                            # factor
        dW2 = h.T @ logits                                 # up, arriving, node
        db2 = dlogits.sum(1)                               # axis, shape
        db2 = dlogits[0]                                   # out
        dhpreact = h * dh                                  # formula, node
        dhpreact = (1 - h) ** 2 * dh                       # formula
        dhpreact = dh * (1 + h ** 2)                       # formula
        dhpreact = -(1 - h ** 2) * dh                      # sign
        dhpreact = (1 - h ** 2) * h                        # up, arriving, node
        dbngain = (bndiff * dhpreact).sum(0, keepdims=True) # node
        dbngain = (bnraw * dhpreact).sum(1, keepdims=True) # axis, shape
        dbngain = (bnraw * dh).sum(0, keepdims=True)       # arriving, local, lost
        dbnbias = dh.sum(0, keepdims=True)                 # arriving, local, lost
        dbnraw = dhpreact                                  # local
        dbnvar_inv = (bndiff * dbnraw)                     # sum
        dbnvar_inv = (hprebn * dbnraw).sum(0, keepdims=True) # node
        dbnvar = -0.5 * bnvar_inv ** 3                     # up
        dbnvar = -0.5 * bnvar ** -1.5 * dbnvar_inv         # eps, right
        dbnvar = -1.5 * (bnvar + 1e-5) ** -2.5 * dbnvar_inv # formula
        dbnvar = -0.5 * (bnvar + 1e-5) ** 1.5 * dbnvar_inv # formula
        dbndiff2 = dbnvar / (n - 1)                        # shape, sum
        dbndiff2 = np.ones_like(bndiff2) / (n + 1) * dbnvar # factor
        dbndiff = bnvar_inv * dbnraw + 2 * hprebn * dbndiff2 # node
        dbndiff = bnvar_inv * dbnraw - 2 * bndiff * dbndiff2 # sign1
        dbndiff = dbnraw + 2 * bndiff * dbndiff2           # local, lost
        dbndiff = bnvar * dbnraw + 2 * bndiff * dbndiff2   # node
        dbnmeani = -dbndiff                                # sum
        dhprebn = dbndiff - dbnmeani / n                   # sign1
        dhprebn = dbndiff + dbnmeani / (n - 1)             # factor
        dhprebn = bngain * bnvar_inv * (dhpreact - dhpreact.mean(0) - bnraw * (dhpreact *\
 bnraw).mean(0))  # factor, formula
        dhprebn = bngain * bnvar_inv * (dhpreact - dhpreact.mean(0) - bnraw * dhpreact.mean(0)) # lost, formula
        dhprebn = bnvar_inv / n * (n * dhpreact - dhpreact.sum(0) - n / (n - 1) * bnraw * (dhpreact *\
 bnraw).sum(0))  # lost, local
        dhprebn = bngain * bnvar_inv / n * (n * dhpreact + dhpreact.sum(0) - n / (n - 1) * bnraw * (dhpreact *\
 bnraw).sum(0))  # sign1
        dhprebn = bngain * bnvar_inv / n * (n * dh - dh.sum(0) - n / (n - 1) * bnraw * (dh *\
 bnraw).sum(0))  # arriving, local, lost
        dhprebn = bngain * bnvar / n * (n * dhpreact - dhpreact.sum(0) - n / (n - 1) * bnraw * (dhpreact *\
 bnraw).sum(0))  # node
        dW1 = embcat.T @ dhprebn * n                       # factor
        demb = dembcat.reshape(8, 4, 3).transpose(0, 2, 1) # order
        dCm = np.zeros((7, 4)); dCm[X] += demb             # over
        dCm = np.zeros((7, 4)); np.add.at(dCm, X[:, :2], demb[:, :2]) # pos, out
        """),
    "batch norm with a root": Slip(
        """
        x = P(6, 4); gamma = P(4); beta = P(4); N = 6; w = C(6, 4)
        mu = x.sum(0) / N; xmu = x - mu; sq = xmu ** 2; var = sq.sum(0) / N; std = (var + 1e-3).sqrt()
        ivar = 1 / std
        xhat = xmu * ivar; out = gamma * xhat + beta; act = out.relu(); loss = (act ** 2 * w).sum() / 2
        """,
        """
        dact = act * w
        divar = (xmu * dxhat).sum(0)
        dxmu = dxhat * ivar + 2 * xmu * dsq
        """,
        """
        dact = 2 * act * w                                 # factor, twice
        dout = dact * act                                  # formula, node
        dout = (out > 0) * w                               # up, arriving
        dbeta = dout.sum(1)                                # axis, shape
        dgamma = (xmu * dout).sum(0)                       # node
        dgamma = (xhat * dxhat).sum(0)                     # arriving, many, node
        divar = xmu * dxhat                                # sum
        dstd = -ivar * divar                               # formula
        dstd = -divar / var                                # node, eps, formula
        dvar = 0.5 * (var + 1e-3) ** 0.5 * dstd            # formula
        dvar = 0.5 * (var + 1e-3) ** -0.5                  # up
        dvar = -0.5 * ivar ** 3 * dstd                     # many, formula, arriving
        dsq = dvar / N                                     # shape, sum
        dsq = np.ones((6, 4)) * dvar                       # factor
        dxmu = 2 * xmu * dsq                               # out, over
        dxmu = dxhat * ivar + xmu * dsq                    # factor, formula, lost
        dxmu = dxhat * std + 2 * xmu * dsq                 # node, formula
        dxmu = dout * ivar + 2 * xmu * dsq                 # arriving, local, lost
        dmu = -dxmu.sum(0) / N                             # factor
        dmu = dxmu.sum(0)                                  # sign
        dx = dxmu + dmu                                    # factor, lost
        dx = dxhat * ivar + dmu / N                        # out
        dx = gamma * ivar / N * (N * dxhat - dxhat.sum(0) - xhat * (dxhat * xhat).sum(0)) # many
        dx = ivar / N * (N * dxhat - xhat * (dxhat * xhat).sum(0)) # out
        dx = ivar / N * (dxhat - dxhat.sum(0) - xhat * (dxhat * xhat).sum(0)) # factor
        """),
    "gated unit, a row at a time": Slip(
        """
        x = C(3, 4); hp = P(3, 5); Wz = P(4, 5); Uz = P(5, 5); Wn = P(4, 5); Un = P(5, 5); w = C(3, 5)
        az = x @ Wz + hp @ Uz; z = az.sigmoid(); an = x @ Wn + hp @ Un; nn_ = an.tanh(); hn = z * hp + (1 - z) * nn_
        sc = (hn * w).sum(1); loss = (sc ** 2).mean()
        """,
        """
        dsc = 2 * sc / 3
        dhn = dsc[:, None] * w
        dz = dhn * (hp - nn_)
        """,
        """
        dsc = 2 * sc                                       # factor
        dhn = dsc.sum() * w                                # axis, arriving, formula, sum
        dhn = w.copy()                                     # up
        dz = dhn * hp                                      # out
        dz = dhn * (hp + nn_)                              # sign1
        dnn_ = z * dhn                                     # formula, node, mask
        dan = (1 - an ** 2) * dnn_                         # formula
        dan = (1 - nn_ ** 2) * dhn                         # lost, local, arriving
        daz = az * (1 - az) * dz                           # formula, node
        daz = z * dz                                       # formula, lost
        daz = z * (z - 1) * dz                             # sign
        dhp = z * dhn                                      # out
        dhp = z * dhn + daz @ Uz.T                         # out
        dhp = z * dhn + daz @ Uz + dan @ Un                # T
        dhp = z * dhn + daz @ Un.T + dan @ Uz.T            # node
        dhp = (1 - z) * dhn + daz @ Uz.T + dan @ Un.T      # formula, node
        dUz = hp.T @ dz                                    # local, arriving
        dUn = hn.T @ dan                                   # node
        """),
    "rms norm by division": Slip(
        """
        x = P(4, 6); g = P(6); tgt = C(4, 6); ms = (x ** 2).mean(-1, keepdim=True); den = (ms + 1e-6).sqrt()
        xn = x / den
        y = xn * g; err = y - tgt; loss = (err ** 2).mean()
        """,
        """
        dxn = g * dy
        dden = (-x / den ** 2 * dxn).sum(-1, keepdims=True)
        """,
        """
        dy = 2 * (y - tgt)                                 # factor
        dy = 2 * (tgt - y) / 24                            # sign
        dg = (x * dy).sum(0)                               # node
        dg = xn * dy                                       # sum
        dxn = dy                                           # local
        dden = (-xn / den ** 2 * dxn).sum(-1, keepdims=True) # node
        dden = (-x / den * dxn).sum(-1, keepdims=True)     # formula
        dden = (x / den ** 2 * dxn).sum(-1, keepdims=True) # sign
        dms = 0.5 * den * dden                             # formula
        dx = dxn / den                                     # out
        dx = dxn / den + x * dms / 6                       # factor, formula, lost
        dx = dxn / den + 2 * x * dms                       # factor, lost
        dx = dxn * den + 2 * x * dms / 6                   # formula
        dx = (dxn - xn * (dxn * xn).sum(-1, keepdims=True)) / den # factor
        dx = (dy - xn * (dy * xn).mean(-1, keepdims=True)) / den # lost, local, arriving
        """),
    "values used twice": Slip(
        """
        a = V(2.0); b = V(-3.0); c = V(10.0); f = V(-2.0); k = V(0.7)
        e = a * b; d = e + c; L1 = d * f; s = 1 / (1 + (-k).exp()); u = s * a; r = u.relu(); p = r ** 3; q = d / p
        t = L1.tanh()
        loss = q + t + p * k
        """,
        """
        dd = f * dL1 + dq / p
        dp = -d / p ** 2 * dq + k
        da = b * de + s * du
        """,
        """
        dt = 0.0                                           # zeros, out
        dL1 = (1 - L1 ** 2) * dt                           # formula
        dL1 = 1 - t                                        # formula
        dd = f * dL1                                       # out
        dd = dq / p                                        # out, over
        dd = L1 * dL1 + dq / p                             # node, formula
        dp = -d / p ** 2 * dq                              # out
        dp = d / p ** 2 * dq + k                           # sign1
        dp = -1 / p ** 2 * dq + k                          # lost, formula
        dr = 3 * r * dp                                    # formula
        dr = r ** 2 * dp                                   # factor, formula
        dr = 3 * r ** 2                                    # up
        ds = s * du                                        # node, formula
        dk = (1 - s) * ds + p                              # formula, lost
        dk = s * (1 - s) * ds                              # out
        dk = p                                             # out, over
        da = s * du                                        # out, over
        da = b * de * s * du                               # added
        de = 1.0                                           # up, local, lost
        """),
    "two heads over other tokens": Slip(
        """
        xq = P(4, 6); xk = P(5, 6); Wq = P(6, 6); Wk = P(6, 6); Wv = P(6, 6); lab = R.integers(0, 6, 4)
        q = (xq @ Wq).view(4, 2, 3).permute(1, 0, 2); k = (xk @ Wk).view(5, 2, 3).permute(1, 0, 2)
        v = (xk @ Wv).view(5, 2, 3).permute(1, 0, 2)
        s = q @ k.permute(0, 2, 1) / 3 ** 0.5; p = F.softmax(s, -1); o = p @ v; y = o.permute(1, 0, 2).reshape(4, 6)
        loss = F.cross_entropy(y + xq, lab)
        """,
        """
        dy = soft(y + xq); dy[range(4), lab] -= 1; dy /= 4
        do = dy.reshape(4, 2, 3).transpose(1, 0, 2)
        dp = do @ v.transpose(0, 2, 1)
        """,
        """
        dy = soft(y); dy[range(4), lab] -= 1; dy /= 4      # cross, out, node
        dy = soft(y + xq); dy[range(4), lab] -= 1          # factor
        do = dy.reshape(2, 4, 3)                           # order
        dp = do @ k.transpose(0, 2, 1)                     # node
        dv = p.transpose(0, 2, 1) @ do / 2                 # factor
        ds = p * (dp - (dp * p).sum(-2, keepdims=True))    # soft, axis
        ds = p * (1 - p) * dp                              # soft
        ds = (dp - (dp * p).sum(-1, keepdims=True))        # soft, lost
        dq = ds @ k                                        # factor, lost
        dq = ds @ k / 3                                    # factor, many
        dk = ds.transpose(0, 2, 1) @ q / 6 ** 0.5          # factor
        dk = ds.transpose(0, 2, 1) @ q                     # factor, lost
        dxq = dy                                           # out, other
        dxq = (dq.transpose(1, 0, 2).reshape(4, 6)) @ Wq.T # out, over
        dxq = dy + dq.transpose(1, 0, 2).reshape(4, 6) @ Wq # T
        dxk = (dk.transpose(1, 0, 2).reshape(5, 6)) @ Wk.T # out
        dxk = (dk.transpose(1, 0, 2).reshape(5, 6)) @ Wv.T + dv.transpose(1, 0, 2).reshape(5, 6) @ Wk.T # node
        dWv = xk.T @ dv.reshape(5, 6)                      # order
        dWq = xk[:4].T @ dq.transpose(1, 0, 2).reshape(4, 6) # node
        """),
    "dropped embeddings and a residual": Slip(
        """
        w1 = R.integers(0, 9, 12); E = P(9, 4); m = (R.random((12, 4)) > 0.3) / 0.7; W = P(4, 4); b = P(4)
        y = C(12, 4)
        x = E[w1]; xd = x * m; z = xd @ W + b; a = z.relu(); res = a + xd; err = res - y
        loss = 0.5 * (err ** 2).sum() / 12
        """,
        """
        dres = err / 12
        dxd = dres + dz @ W.T
        dE = np.zeros_like(E); np.add.at(dE, w1, dx)
        """,
        """
        dres = err                                         # factor
        dres = 2 * err / 12                                # factor, twice
        dz = dres                                          # local, nomask
        dz = da * (res > 0)                                # node, formula, amask
        dxd = dz @ W.T                                     # out
        dxd = dres                                         # out, other
        dxd = dres * (dz @ W.T)                            # added
        dxd = dz + dz @ W.T                                # arriving, local, formula
        dx = dxd                                           # nomask, local, lost
        dx = dxd * (m > 0)                                 # factor, lost
        dx = dxd * (m == 0)                                # mask
        dx = dxd * m * m                                   # many
        dE = np.zeros_like(E); dE[w1] = dx                 # over
        dE = np.zeros_like(E); np.add.at(dE, w1, dxd)      # nomask, lost, local, arriving
        dE = np.zeros_like(E); np.add.at(dE, w1, dx); dE /= np.maximum(np.bincount(w1, minlength=9), 1)[:, None] # avg
        dW = x.T @ dz                                      # node, nomask
        db = dz.sum(0) / 12                                # factor
        """),
    "bigrams with a penalty": Slip(
        """
        a = R.integers(0, 5, 10); b = R.integers(0, 5, 10); xenc = np.eye(5)[a]; W = P(5, 5); n = 10
        lg = xenc @ W; cnt = lg.exp(); tot = cnt.sum(1, keepdim=True); pr = cnt / tot; pick = pr[range(n), b]
        nl = pick.log(); loss = -nl.mean() + 0.01 * (W ** 2).mean()
        """,
        """
        dpick = -1 / pick / n
        dlg = (pr - np.eye(5)[b]) / n
        dW = xenc.T @ dlg + 0.02 * W / 25
        """,
        """
        dpick = -pick / n                                  # formula
        dpick = -1 / n / nl                                # formula, node
        dpr = np.zeros((n, 5)); dpr[range(n), a] = dpick   # labels, nomask, place, order
        dpr = np.repeat(dpick[:, None], 5, 1)              # nomask, place
        dcnt = dpr / tot                                   # out
        dcnt = dpr / tot + dtot * cnt                      # many, node, formula
        dtot = (cnt / tot ** 2 * dpr).sum(1, keepdims=True) # sign
        dtot = (-cnt / tot * dpr).sum(1, keepdims=True)    # formula
        dtot = -cnt / tot ** 2 * dpr                       # sum
        dlg = (pr - np.eye(5)[a]) / n                      # labels
        dlg = pr / n                                       # hot
        dlg = pr * (1 - pr) / n                            # cross, soft
        dW = xenc.T @ dlg                                  # out
        dW = xenc.T @ dlg + 0.02 * W                       # factor, lost
        dW = dlg.T @ xenc + 0.02 * W / 25                  # T, trans
        dW = np.zeros((5, 5)); dW[a] += dlg; dW += 0.02 * W / 25 # over
        """),
    "distillation and labels": Slip(
        """
        s = P(5, 4); t = C(5, 4); T = 3.0; pt = soft(t / 3.0); u = s / T; ls = F.log_softmax(u, 1)
        kl = (pt * (np.log(pt) - ls)).sum(1); hard = R.integers(0, 4, 5)
        loss = T * T * kl.mean() * 0.6 + 0.4 * F.cross_entropy(s, hard)
        """,
        """
        dls = -pt * 0.6 * T * T / 5
        du = (soft(u) - pt) * 0.6 * T * T / 5
        ds = du / T + 0.4 * (soft(s) - np.eye(4)[hard]) / 5
        """,
        """
        dls = pt * 0.6 * T * T / 5                         # sign
        dls = -pt * 0.6 * T / 5                            # factor, lost
        du = (soft(u) - pt) * 0.6 / 5                      # factor, lost
        du = soft(u) * 0.6 * T * T / 5                     # hot, out, cross
        du = (soft(s) - pt) * 0.6 * T * T / 5              # cross, node
        du = dls - soft(u) * dls                           # soft, cross, formula
        ds = du / T                                        # out
        ds = du + 0.4 * (soft(s) - np.eye(4)[hard]) / 5    # lost, local, factor
        ds = du / T + (soft(s) - np.eye(4)[hard]) / 5      # factor, lost, up
        ds = 0.4 * (soft(s) - np.eye(4)[hard]) / 5         # out, over
        ds = du / T + 0.4 * soft(s) / 5                    # hot, out
        ds = du / T + 0.6 * (soft(s) - np.eye(4)[hard]) / 5 # factor
        """),
    "convolution and pooling in a row": Slip(
        """
        x = P(2, 8); K = P(3); pad = np.array([[j + i for i in range(3)] for j in range(6)]); win = x[:, pad]
        c = win @ K
        pr = c.view(2, 3, 2); mx = pr.max(2).values; w = C(2, 3); o = mx.tanh(); loss = (o * w).sum()
        """,
        """
        dmx = (1 - o ** 2) * w
        dpr = (pr == mx[..., None]) * dmx[..., None]
        """,
        """
        dmx = (1 - mx ** 2) * w                            # formula
        dmx = 1 - o ** 2                                   # up
        dpr = np.repeat(dmx[..., None], 2, 2)              # nomask, local, max, place
        dpr = np.repeat(dmx[..., None], 2, 2) / 2          # nomask, local, max, formula, place, factor
        dpr = (pr != mx[..., None]) * dmx[..., None]       # mask
        dpr = pr * dmx[..., None]                          # formula, node
        dK = (win * dc[..., None]).sum(1)                  # sum, shape
        dK = (win * dc[..., None]).mean((0, 1))            # factor
        dK = (win * dc[..., None])[:, 0].sum(0)            # out, pos
        dwin = dc[..., None] * K[::-1]                     # flip
        dx = np.zeros((2, 8)); dx[:, pad] += dwin          # over
        dx = np.zeros((2, 8)); dx[:, pad[:, 1]] = dwin[:, :, 1] # pos, out
        dc = dpr.transpose(0, 2, 1).reshape(2, 6)          # order
        """),
    "elastic net": Slip(
        """
        X = C(10, 3); w = P(3); b = P(); y = C(10); lam = 0.2; pred = X @ w + b; r = pred - y; sse = (r ** 2).sum()
        l1 = w.abs().sum(); loss = sse / 20 + lam * (w * w).sum() + 0.05 * l1
        """,
        """
        dr = r / 10
        dw = X.T @ dr + 2 * lam * w + 0.05 * np.sign(w)
        db = dr.sum()
        """,
        """
        dr = 2 * r                                         # factor
        dr = r / 20                                        # factor
        dr = (y - pred) / 10                               # sign
        dw = X.T @ dr + 2 * lam * w                        # out
        dw = X.T @ dr                                      # out
        dw = X.T @ dr + lam * w + 0.05 * np.sign(w)        # factor, out, formula, over
        dw = X.T @ dr + 2 * lam * w + 0.05                 # formula, lost, local
        dw = X.T @ dr + 2 * lam * w + 0.05 * np.abs(w)     # formula, node
        dw = X.T @ r + 2 * lam * w + 0.05 * np.sign(w)     # factor, lost, arriving
        dw = X.T @ dpred / 10 + 2 * lam * w + 0.05 * np.sign(w) # factor
        db = dr.mean()                                     # factor
        db = dr                                            # sum, shape
        """),
    "swish gate with a residual": Slip(
        """
        x = P(5, 4); W = P(4, 6); U = P(4, 6); Dn = P(6, 4); w = C(5, 4)
        g = x @ W; s = g.sigmoid(); sw = g * s; u = x @ U; hh = sw * u; o = hh @ Dn; y = o + x
        loss = (y.sin() * w).mean()
        """,
        """
        dy = y * 0 + np.cos(y) * w / 20
        dg = s * dsw + s * (1 - s) * ds
        """,
        """
        dy = np.sin(y) * w / 20                            # formula
        dy = -np.cos(y) * w / 20                           # sign
        dy = np.cos(y) * w                                 # factor
        do = dy * o                                        # many, formula
        du = g * dhh                                       # node
        dsw = u                                            # up
        ds = sw * dsw                                      # node
        dg = s * dsw                                       # out
        dg = s * (1 - s) * ds                              # out, over
        dg = s * (1 - s) * dsw                             # out, lost, formula
        dg = (s + s * (1 - s)) * dsw                       # lost, arriving
        dg = s * dsw + g * (1 - g) * ds                    # formula
        dx = dg @ W.T + du @ U.T                           # out
        dx = dg @ W.T + dy                                 # out
        dx = dg @ U.T + du @ W.T + dy                      # node
        dDn = sw.T @ do                                    # node
        """),
    "hinge of single numbers": Slip(
        """
        x1 = V(0.6); x2 = V(-1.1); w1 = V(0.9); w2 = V(-0.35); b = V(0.15); v = V(1.4); y = -1.0
        z = w1 * x1 + w2 * x2 + b; h = z.relu(); s = h * v; margin = 1 + -y * s; hinge = margin.relu()
        reg = w1 * w1 + w2 * w2 + v * v; loss = hinge + 0.05 * reg
        """,
        """
        dhinge = 1.0
        ds = -y * dmargin
        dv = h * ds + 0.1 * v
        """,
        """
        dmargin = margin * dhinge                          # formula
        ds = y * dmargin                                   # sign
        dv = h * ds                                        # out
        dv = h * ds + 0.05 * v                             # factor, formula, lost, out, over
        dv = v * ds + 0.1 * v                              # node, formula
        dv = ds + 0.1 * v                                  # local
        dh = ds                                            # local, lost
        dh = h * ds                                        # formula, node
        dz = -dh                                           # sign
        dz = h * dh                                        # formula
        dw1 = x1 * dz                                      # out, over
        dw1 = x1 * dz + 0.1                                # formula, lost, local
        dw1 = w1 * dz + 0.1 * w1                           # node, formula
        dw2 = x2 * dz - 0.1 * w2                           # sign1
        db = x1 * dz                                       # node, formula, other
        dreg = 0.1                                         # factor, twice
        """),
    "binary loss by hand": Slip(
        """
        X = C(8, 3); w = P(3, 4); c = P(4); u = P(4, 1); t = (R.random((8, 1)) > 0.5) * 1.0
        a = X @ w + c; h = a.sigmoid(); o = h @ u; p = o.sigmoid(); lp = p.log(); lq = (1 - p).log()
        L = t * lp + (1 - t) * lq; loss = -L.sum() / 8
        """,
        """
        dlp = -t / 8
        dp = dlp / p - dlq / (1 - p)
        do = (p - t) / 8
        """,
        """
        dlp = -t                                           # factor
        dlp = t / 8                                        # sign
        dlq = -t / 8                                       # formula, node, mask, other
        dlq = (t - 1)                                      # factor
        dp = dlp / p                                       # out
        dp = dlp / p + dlq / (1 - p)                       # sign1
        dp = dlp / p - dlq / p                             # formula, node
        dp = dlp * p - dlq * (1 - p)                       # formula
        dp = (p - t) / 8                                   # lost, local, cross, other
        do = p * (1 - p) * (p - t) / 8                     # many, cross, formula
        do = p - t                                         # factor
        do = (t - p) / 8                                   # sign
        do = (o - t) / 8                                   # cross, formula, node
        do = p * dp                                        # formula, lost
        dh = do * h                                        # node, formula, lost
        du = h.T @ p                                       # arriving, up, node
        du = a.T @ do                                      # node
        da = dh * a * (1 - a)                              # formula
        da = dh * (1 - h ** 2)                             # formula
        da = h * (1 - h)                                   # up
        dw = X.T @ dh                                      # local, arriving
        dc = da                                            # sum
        dc = da.sum(1)                                     # axis, shape
        """),
    "norm before attention": Slip(
        """
        x = P(5, 6); g = P(6); b = P(6); Wq = P(6, 4); Wk = P(6, 4); Wv = P(6, 6); m = np.tril(np.ones((5, 5)))
        tg = C(5, 6)
        mu = x.mean(1, keepdim=True); xc = x - mu; v2 = (xc * xc).mean(1, keepdim=True); r = (v2 + 1e-5) ** -0.5
        xh = xc * r; n = g * xh + b
        q = n @ Wq; k = n @ Wk; v = n @ Wv; s = (q @ k.T) * 0.5
        w = F.softmax(torch.where(m > 0, s, -float('inf')), 1); a = w @ v; y = x + a; e = y - tg
        loss = (e * e).sum() / 10
        """,
        """
        de = 2 * e / 10
        dv = w.T @ da
        dn = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        """,
        """
        de = e / 10                                        # factor, formula, out, over
        de = 2 * e / 30                                    # factor
        de = 2 * e                                         # factor
        dw = a @ v.T                                       # arriving, up, node
        dv = w @ da                                        # T
        ds = w * (dw - (w * dw).sum(1))                    # soft, axis
        ds = w * dw - w * dw.sum(1, keepdims=True)         # soft
        ds = w * (1 - w) * dw                              # soft
        ds = w * (dw - (w * dw).sum(1, keepdims=True)) * 0.5 # many, factor
        dq = ds @ k                                        # factor, lost
        dq = ds.T @ k * 0.5                                # T
        dk = ds @ q * 0.5                                  # T
        dk = ds.T @ k * 0.5                                # node
        dn = dq @ Wq.T + dk @ Wk.T                         # out
        dn = dq @ Wk.T + dk @ Wq.T + dv @ Wv.T             # node, arriving
        dn = dq @ Wq.T + dk @ Wk.T + dv @ Wv               # T
        dg = (xc * dn).sum(0)                              # node
        dg = (xh * dn)                                     # sum
        dxh = dn                                           # local
        dr = (xh * dxh).sum(1, keepdims=True)              # node
        dv2 = -0.5 * r * dr                                # formula
        dv2 = -0.5 * r ** 2 * dr                           # formula
        dxc = r * dxh                                      # out
        dxc = r * dxh + xc * dv2 / 6                       # factor, out, formula, over, lost
        dxc = r * dxh + 2 * xc * dv2                       # factor, lost
        dx = dxc + dmu / 6                                 # out
        dx = de + dxc                                      # out
        dx = de + dxc + dmu                                # factor, lost
        dx = dxc - dxc.mean(1, keepdims=True)              # out
        """),
    "lstm on joined inputs": Slip(
        """
        x1 = C(3, 2); x2 = C(3, 2); W = P(6, 16); bb = P(16); h0 = P(3, 4); c0 = P(3, 4); Wy = P(4, 5)
        lab = R.integers(0, 5, 3)
        i1 = torch.cat([x1, h0], 1); a1 = i1 @ W + bb; g1 = a1[:, :4].sigmoid(); r1 = a1[:, 4:8].sigmoid()
        o1 = a1[:, 8:12].sigmoid(); u1 = a1[:, 12:].tanh(); c1 = g1 * u1 + r1 * c0; t1 = c1.tanh(); h1 = o1 * t1
        i2 = torch.cat([x2, h1], 1); a2 = i2 @ W + bb; g2 = a2[:, :4].sigmoid(); r2 = a2[:, 4:8].sigmoid()
        o2 = a2[:, 8:12].sigmoid(); u2 = a2[:, 12:].tanh(); c2 = g2 * u2 + r2 * c1; t2 = c2.tanh(); h2 = o2 * t2
        y1 = h1 @ Wy; y2 = h2 @ Wy; loss = F.cross_entropy(y1, lab) + F.cross_entropy(y2, lab)
        """,
        """
        dy2 = (soft(y2) - np.eye(5)[lab]) / 3
        dh1 = dy1 @ Wy.T + di2[:, 2:]
        dc1 = r2 * dc2 + o1 * (1 - t1 ** 2) * dh1
        """,
        """
        dy2 = soft(y2) - np.eye(5)[lab]                    # factor
        dy2 = (soft(y1) - np.eye(5)[lab]) / 3              # cross, node, other
        dy2 = soft(y2) / 3                                 # hot
        dh1 = dy1 @ Wy.T                                   # out, over
        dh1 = di2[:, 2:]                                   # out, over
        dh1 = dy1 @ Wy.T + di2[:, :4]                      # order, other, none, node
        dc1 = r2 * dc2                                     # out, over
        dc1 = o1 * (1 - t1 ** 2) * dh1                     # out, over
        dc1 = r1 * dc2 + o1 * (1 - t1 ** 2) * dh1          # node
        dc1 = r2 * dc2 + o1 * (1 - t1) * dh1               # formula
        dc1 = r2 * dc2 + t1 * (1 - t1 ** 2) * dh1          # node
        dr2 = c2 * dc2                                     # node
        dr2 = c1 * dh2                                     # arriving
        do1 = dh1 * c1                                     # node
        du2 = g2 * (1 - u2 ** 2) * dc2                     # many, formula
        dW = i2.T @ da2                                    # out, over
        dW = i1.T @ da2 + i2.T @ da1                       # node, arriving
        dWy = h2.T @ dy2                                   # out, over
        dWy = h2.T @ dy1 + h1.T @ dy2                      # node, arriving
        dbb = (da1 + da2).mean(0)                          # factor
        dc0 = dc1                                          # local
        dc0 = r2 * dc1                                     # node
        """),
    "dropped embeddings, a softmax by hand": Slip(
        """
        tok = R.integers(0, 6, (5, 4)); E = P(6, 3); mask = (R.random((5, 4, 3)) > 0.25) / 0.75; W = P(3, 4)
        b = P(4); y = R.integers(0, 4, 5); n = 5
        e = E[tok]; d = e * mask; s = d.sum(1); z = s @ W + b; ex = z.exp(); den = ex.sum(1, keepdim=True)
        p = ex / den; pick = p[range(n), y]; loss = -pick.log().mean()
        """,
        """
        dpick = -1 / (n * pick)
        dz = (p - np.eye(4)[y]) / n
        de = mask * dd
        """,
        """
        dpick = -1 / pick                                  # factor
        dpick = 1 / (n * pick)                             # sign
        dpick = np.full(5, -1 / n)                         # lost, local
        dp = np.zeros((5, 4)); dp[range(n), y] = -1 / n    # local, lost, arriving, other
        dex = dp / den                                     # out
        dex = dp / den - (dp * p).sum(1, keepdims=True)    # lost, local
        dden = (dp * ex / den ** 2).sum(1, keepdims=True)  # sign
        dden = -(dp * ex / den).sum(1, keepdims=True)      # formula
        dden = -(dp * ex / den ** 2).sum(0, keepdims=True) # axis, shape
        dz = dex                                           # local
        dz = z * dex                                       # formula, node
        dz = p * dex                                       # node, formula
        dz = p - np.eye(4)[y]                              # factor
        dz = (p - 1) / n                                   # cross
        dz = p * (p - np.eye(4)[y]) / n                    # many, cross
        dW = s.T @ z                                       # arriving, up, node
        dd = ds[:, None] / 4 * np.ones((5, 4, 3))          # factor
        de = dd                                            # nomask, local, lost
        de = dd * (mask > 0)                               # factor, lost
        de = dd / mask.max() * (mask > 0)                  # factor, formula
        dE = np.zeros((6, 3)); dE[tok] += de               # over
        dE = np.zeros((6, 3)); np.add.at(dE, tok, dd)      # nomask, local, lost, arriving
        dE = np.zeros((6, 3)); np.add.at(dE, tok[:, 0], de[:, 0]) # pos, out
        """),
}
