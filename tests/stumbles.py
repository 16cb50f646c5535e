"""Wrong backward lines once more, on graphs where one number has many explanations.

Single numbers that are round, a loss that is halved, two rows in a batch, a gain of ones, a sum as the loss, formulas
in one go. Written as those of `slips` are, each with its names before any of them was tried.
"""

from __future__ import annotations

from tests.slips import Slip

__all__ = ["STUMBLES"]

STUMBLES = {
    "batch norm in two lines": Slip(
        """
        Xb = R.integers(0, 9, (12, 3)); Ct = P(9, 5); W1 = P(15, 8); g1 = P(1, 8); be = P(1, 8); W2 = P(8, 9)
        b2 = P(9)
        Y = R.integers(0, 9, 12); n = 12; e = Ct[Xb]; ec = e.view(12, 15); hp = ec @ W1
        mu = hp.mean(0, keepdim=True)
        va = hp.var(0, keepdim=True, unbiased=True); d = hp - mu; sd = (va + 1e-5) ** 0.5; xh = d / sd
        pre = g1 * xh + be; h = pre.tanh(); logits = h @ W2 + b2; loss = F.cross_entropy(logits, Y)
        """,
        """
        dlogits = soft(logits); dlogits[range(n), Y] -= 1; dlogits /= n
        db2 = dlogits.sum(0)
        dpre = (1 - h ** 2) * dh
        dg1 = (dpre * xh).sum(0, keepdims=True)
        dhp = g1 / sd / n * (n * dpre - dpre.sum(0) - n / (n - 1) * xh * (dpre * xh).sum(0))
        """,
        """
        dlogits = soft(logits); dlogits[range(n), Y] -= 1  # factor
        dlogits = soft(logits); dlogits[range(n), Y] = -1; dlogits /= n # cross
        dlogits = soft(logits) / n                         # hot, cross
        dlogits = soft(logits.T).T; dlogits[range(n), Y] -= 1; dlogits /= n # cross
        dlogits = soft(logits); dlogits[:, Y] -= 1; dlogits /= n # cross, labels
        db2 = dlogits.mean(0)                              # factor
        db2 = dlogits.sum()                                # axis, shape, sum
        dpre = (1 - pre ** 2) * dh                         # formula, node
        dpre = (1 - h) ** 2 * dh                           # formula
        dpre = 1 - h ** 2                                  # up
        dg1 = (dpre * hp).sum(0, keepdims=True)            # node
        dg1 = (dpre * xh).sum(1, keepdims=True)            # axis, shape
        dbe = dpre.sum(0)                                  # shape
        dxh = be * dpre                                    # node
        dhp = g1 / sd * dpre                               # out
        dhp = g1 / sd / n * (n * dpre - dpre.sum(0) - xh * (dpre * xh).sum(0)) # factor
        dhp = g1 / sd / n * (n * dpre - n / (n - 1) * xh * (dpre * xh).sum(0)) # out
        dhp = g1 / sd / n * (n * dpre - dpre.sum(0) + n / (n - 1) * xh * (dpre * xh).sum(0)) # sign1
        dhp = 1 / sd / n * (n * dpre - dpre.sum(0) - n / (n - 1) * xh * (dpre * xh).sum(0)) # lost, node
        dva = -0.5 * (dxh * d).sum(0, keepdims=True) / (va + 1e-5) # formula
        dva = -0.5 * (dxh * d).sum(0, keepdims=True) * va ** -1.5 # eps
        dva = 0.5 * (dxh * d).sum(0, keepdims=True) * (va + 1e-5) ** -1.5 # sign
        dmu = -(dxh / sd).mean(0, keepdims=True)           # factor
        dCt = np.zeros_like(Ct); dCt[Xb] += de             # over
        dCt = np.zeros_like(Ct); np.add.at(dCt, Xb[:, 0], de[:, 0]) # pos
        de = dec.reshape(12, 5, 3).transpose(0, 2, 1)      # order
        """),
    "a neuron and its squared error": Slip(
        """
        x1 = V(0.7); x2 = V(-1.3); w1 = V(0.9); w2 = V(0.4); b = V(0.35); t = V(1.6)
        p1 = x1 * w1; p2 = x2 * w2; s = p1 + p2; u = s + b; o = u.tanh(); err = o - t; sq = err ** 2
        half = sq * 0.5
        reg = w1 * w1 * 0.1; loss = half + reg
        """,
        """
        dsq = 0.5
        derr = err
        dw1 = x1 * dp1 + 0.2 * w1
        """,
        """
        dsq = 1.0                                          # factor, formula, lost, local
        derr = 2 * err                                     # factor, formula, lost
        derr = 0.5 * err                                   # factor, formula, lost
        do = err / 2                                       # factor, formula, lost, arriving
        do = -derr                                         # sign
        dt = derr                                          # sign
        du = (1 - u ** 2) * do                             # formula
        du = 1 - o ** 2                                    # up
        du = o * (1 - o) * do                              # formula
        dw1 = x1 * dp1                                     # out
        dw1 = x1 * dp1 + 0.1 * w1                          # formula, factor, lost, out
        dw1 = 2 * x1 * dp1 + 0.2 * w1                      # twice, factor
        dw1 = w1 * dp1 + 0.2 * w1                          # node
        dw1 = 0.2 * w1                                     # over
        dp1 = du * x1                                      # many
        db = do                                            # local, arriving
        dw2 = x1 * dp2                                     # node
        dx2 = w1 * dp2                                     # node
        """),
    "layer norm, then a head": Slip(
        """
        x = P(6, 8); gain = P(8); bias = P(8); Wq = P(8, 4); Wk = P(8, 4); Wv = P(8, 4); w = C(6, 4); d = 4
        mean = x.mean(1, keepdim=True); xc = x - mean; var = (xc ** 2).mean(1, keepdim=True)
        rstd = (var + 1e-5) ** -0.5
        norm = xc * rstd; ln = norm * gain + bias; q = ln @ Wq; k = ln @ Wk; v = ln @ Wv; sc = q @ k.T * d ** -0.5
        mask = np.tril(np.ones((6, 6))) == 0; msc = sc.masked_fill(mask, -1e9); att = msc.softmax(1); out = att @ v
        loss = (out * w).sum()
        """,
        """
        dv = att.T @ dout
        dmsc = att * (datt - (datt * att).sum(1, keepdims=True))
        dln = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dx = rstd * (dnorm - dnorm.mean(1, keepdims=True) - norm * (dnorm * norm).mean(1, keepdims=True))
        """,
        """
        dv = att @ dout                                    # T
        datt = dout @ v.T * att                            # many
        datt = v @ dout.T                                  # trans
        dmsc = att * (1 - att) * datt                      # soft
        dmsc = att * (datt - datt.sum(1, keepdims=True))   # soft
        dmsc = att * (datt - (datt * att).sum(0, keepdims=True)) # soft
        dmsc = datt                                        # local
        dsc = dmsc * mask                                  # mask
        dsc = att * datt                                   # soft, lost, local
        dq = dsc @ k                                       # factor, lost
        dq = dsc.T @ k * d ** -0.5                         # T
        dq = dsc @ k * d ** 0.5                            # factor, formula
        dk = dsc @ q * d ** -0.5                           # T
        dk = dsc.T @ k * d ** -0.5                         # node
        dWq = ln.T @ dk                                    # arriving
        dln = dq @ Wq.T + dk @ Wk.T                        # out
        dln = dv @ Wv.T                                    # over
        dln = dq @ Wq.T + dk @ Wk.T - dv @ Wv.T            # sign1
        dln = 2 * dq @ Wq.T + dk @ Wk.T + dv @ Wv.T        # twice
        dgain = (dln * ln).sum(0)                          # node
        dgain = dln * norm                                 # sum
        dnorm = dln                                        # local
        dvar = (dnorm * xc).sum(1, keepdims=True) * -0.5 * rstd # formula
        dvar = (dnorm * xc).mean(1, keepdims=True) * -0.5 * rstd ** 3 # factor
        dxc = rstd * dnorm                                 # out
        dx = rstd * (dnorm - norm * (dnorm * norm).mean(1, keepdims=True)) # out
        dx = rstd * (dnorm - dnorm.mean(0, keepdims=True) - norm * (dnorm * norm).mean(0, keepdims=True)) # axis
        dx = dnorm - dnorm.mean(1, keepdims=True) - norm * (dnorm * norm).mean(1, keepdims=True) # lost, node
        """),
    "lstm, a step": Slip(
        """
        x = C(5, 3); hp = P(5, 4); cp = P(5, 4); Wx = P(3, 16); Wh = P(4, 16); b = P(16); y = C(5, 4)
        a = x @ Wx + hp @ Wh + b; ai = a[:, :4]; af = a[:, 4:8]; ao = a[:, 8:12]; ag = a[:, 12:]
        i = ai.sigmoid(); f = af.sigmoid(); o = ao.sigmoid(); g = ag.tanh(); c = f * cp + i * g; th = c.tanh()
        h = o * th
        loss = ((h - y) ** 2).sum() * 0.5
        """,
        """
        dh = h - y
        do = th * dh
        dc = dh * o * (1 - th ** 2)
        db = da.sum(0)
        """,
        """
        dh = 2 * (h - y)                                   # factor, formula, lost, twice
        dh = y - h                                         # sign
        dh = (h - y) / 5                                   # factor
        do = h * dh                                        # node
        do = o * dh                                        # node
        dc = dh * o * (1 - c ** 2)                         # formula
        dc = dh * (1 - th ** 2)                            # lost, local, arriving, node
        dc = o * dh                                        # lost, local, other
        df = c * dc                                        # node
        df = cp * dth                                      # arriving
        dcp = dc                                           # local
        dcp = i * dc                                       # node, other
        dao = o * (1 - o)                                  # up
        dao = (1 - o) * do                                 # formula, lost
        dai = i * (1 - i) * dc                             # lost, arriving, node, local
        dag = g * (1 - g) * dg                             # formula
        dag = (1 - ag ** 2) * dg                           # formula, node
        db = da.mean(0)                                    # factor
        db = da.sum(1)                                     # axis, shape
        da = np.hstack([dai, dao, daf, dag])               # order
        dWx = x.T @ da / 5                                 # factor
        dhp = da @ Wh.T * hp                               # many
        """),
    "two layers, dropout, a penalty": Slip(
        """
        X = C(7, 5); W1 = P(5, 6); b1 = P(6); W2 = P(6, 4); b2 = P(4); y = R.integers(0, 4, 7); N = 7; p = 0.8
        lam = 0.1
        z1 = X @ W1 + b1; a1 = z1.relu(); m = (R.random((7, 6)) < p) / p; dr = a1 * m; s = dr @ W2 + b2
        sh = s - s.max(1, keepdim=True).values; es = sh.exp(); Z = es.sum(1, keepdim=True); pr = es / Z
        data = -pr[range(N), y].log().sum() / N; loss = data + 0.5 * lam * (W1 ** 2).sum() + lam * (W2 ** 2).sum()
        """,
        """
        ds = pr.copy(); ds[range(N), y] -= 1; ds /= N
        dW2 = dr.T @ ds + 2 * lam * W2
        dW1 = X.T @ dz1 + lam * W1
        """,
        """
        dpr = np.zeros_like(pr); dpr[range(N), y] = -1 / N # lost, factor, formula, local
        dpr = -1 / pr / N                                  # nomask, place
        dpr = np.zeros_like(pr); dpr[range(N), y] = 1 / pr[range(N), y] / N # sign
        ds = pr.copy(); ds[range(N), y] -= 1; ds /= N * 4  # factor
        ds = pr.copy(); ds[range(N), y] -= 1 / N           # cross
        ds = pr.copy(); ds[np.arange(N), y[::-1]] -= 1; ds /= N # labels
        dW2 = dr.T @ ds + lam * W2                         # formula, factor, lost
        dW2 = dr.T @ ds                                    # out
        dW2 = a1.T @ ds + 2 * lam * W2                     # node
        dW1 = X.T @ dz1 + 2 * lam * W1                     # twice, factor, formula
        dW1 = X.T @ da1 + lam * W1                         # arriving, local
        dW1 = X.T @ dz1 + 0.5 * lam * W1                   # factor, formula, lost
        dW1 = X.T @ dz1 - lam * W1                         # sign1
        da1 = ddr * (m > 0)                                # factor, node
        da1 = ddr                                          # local, nomask
        da1 = ddr * (m == 0) / p                           # mask
        dz1 = da1 * (a1 >= 0)                              # local, nomask, formula
        dz1 = np.maximum(da1, 0)                           # relug
        dz1 = da1 * a1                                     # formula, node
        db1 = dz1.sum(1)                                   # axis, shape
        des = dpr / Z                                      # out
        dZ = -(dpr * es).sum(1, keepdims=True) / Z         # formula
        dZ = (dpr * es / Z ** 2).sum(1, keepdims=True)     # sign
        """),
    "losses of a regression": Slip(
        """
        X = C(9, 4); w = P(4); b = P(1); t = C(9); yh = X @ w + b; r = yh - t; mse = (r ** 2).mean()
        ab = r.abs().mean()
        lc = (r.cosh()).log().sum(); loss = mse + 0.3 * ab + 0.01 * lc
        """,
        """
        dr = 2 * r / 9 + 0.3 * np.sign(r) / 9 + 0.01 * np.tanh(r)
        """,
        """
        dr = r / 9 + 0.3 * np.sign(r) / 9 + 0.01 * np.tanh(r) # formula, factor, lost
        dr = 2 * r + 0.3 * np.sign(r) / 9 + 0.01 * np.tanh(r) # factor, lost, formula
        dr = 2 * r / 9 + 0.3 * r / 9 + 0.01 * np.tanh(r)   # formula
        dr = 2 * r / 9 + np.sign(r) / 9 + 0.01 * np.tanh(r) # factor, lost, local, formula
        dr = 2 * r / 9 + 0.01 * np.tanh(r)                 # out
        dr = 2 * r / 9 + 0.3 * np.sign(r) / 9 + 0.01 / np.cosh(r) # formula, lost
        dr = 2 * np.abs(r) / 9 + 0.3 * np.sign(r) / 9 + 0.01 * np.tanh(r) # formula, node
        dw = X.T @ dr / 9                                  # factor
        dw = X.T @ r                                       # arriving, formula, node, lost
        dw = 2 * X.T @ dr                                  # twice, factor, formula
        db = dr                                            # sum, shape
        """),
    "smoothed labels and tied words": Slip(
        """
        E = P(6, 4); W = P(4, 4); ids = R.integers(0, 6, 10); tg = R.integers(0, 6, 10); eps = 0.1; K = 6
        x = E[ids]; h = (x @ W).tanh(); lg = h @ E.T; lp = lg.log_softmax(1)
        q = np.full((10, 6), eps / K); q[range(10), tg] += 1 - eps; loss = -(lp * q).sum() / 10
        """,
        """
        dlp = -q / 10
        dlg = (soft(lg) - q) / 10
        dx = ((1 - h ** 2) * dh) @ W.T
        """,
        """
        dlp = -q                                           # factor
        dlp = np.zeros_like(lp); dlp[range(10), tg] = -1 / 10 # formula, labels, node, none
        dlg = (soft(lg) - np.eye(6)[tg]) / 10              # cross
        dlg = (soft(lg) - (1 - eps) * np.eye(6)[tg]) / 10  # cross
        dlg = dlp - soft(lg) * dlp                         # soft, cross
        dlg = dlp                                          # local
        dE = np.zeros_like(E); np.add.at(dE, ids, dx)      # out
        dE = dlg.T @ h                                     # out
        dE = dlg.T @ h; dE[ids] += dx                      # over
        dE = np.zeros_like(E); np.add.at(dE, tg, dx); dE += dlg.T @ h # labels, arriving, node, formula, place, order
        dh = dlg @ E / 10                                  # factor
        dW = x.T @ dh                                      # lost, local, arriving
        dx = (1 - h ** 2) * dh @ W                         # T
        dx = dh @ W.T                                      # lost, local, arriving
        """),
    "micrograd's example, another": Slip(
        """
        a = V(-2.0); b = V(3.5); c = a * b; d = c + a; e = d * d; f = e / b; g = f.relu(); k = a ** 3
        loss = g + k * b
        """,
        """
        dd = 2 * d * de
        da = b * dc + dd + 3 * a ** 2 * dk
        """,
        """
        dd = d * de                                        # out, formula, lost, over
        dd = 2 * de                                        # lost, local, formula
        dd = 2 * d                                         # up
        da = b * dc + dd                                   # out
        da = 3 * a ** 2 * dk                               # over
        da = b * dc + dd + a ** 3 * dk                     # formula
        da = b * dc + dd + 3 * a * dk                      # formula
        da = c * dc + dd + 3 * a ** 2 * dk                 # node
        db = a * dc - e / b ** 2 * df                      # out
        db = a * dc - e / b * df + k                       # formula, lost
        db = a * dc + e / b ** 2 * df + k                  # sign1
        de = df * b                                        # formula
        dk = 1.0                                           # lost, local
        dk = a                                             # node
        """),
    "micrograd's first": Slip(
        """
        a = V(2.0); b = V(-3.0); c = V(10.0); f = V(-2.0); e = a * b; d = e + c; L = d * f; loss = L
        """,
        """
        da = b * de
        df = d
        """,
        """
        dd = d                                             # node, other
        dd = 1.0                                           # local, formula
        dd = -f                                            # sign
        df = f                                             # node, other
        df = d * f                                         # formula, many, node
        de = 1.0                                           # local, up, formula
        de = c * dd                                        # node, many, formula
        da = b                                             # up
        da = a * de                                        # node, other
        da = de                                            # local, arriving
        da = b * dd * f                                    # many
        db = a                                             # up
        db = -a * de                                       # sign
        dc = dd * c                                        # node, many, formula
        dc = 10.0                                          # node, other, formula, local
        """),
    "micrograd's neuron": Slip(
        """
        x1 = V(2.0); x2 = V(0.0); w1 = V(-3.0); w2 = V(1.0); b = V(6.881373587019543); p1 = x1 * w1; p2 = x2 * w2
        s = p1 + p2; n = s + b; o = n.tanh(); loss = o
        """,
        """
        dn = 1 - o ** 2
        dw1 = x1 * dp1
        """,
        """
        dn = 1.0                                           # local
        dn = 1 - n ** 2                                    # formula, node
        dn = o * (1 - o)                                   # formula
        dn = o ** 2 - 1                                    # sign
        dn = 1 - o                                         # formula
        db = 1.0                                           # arriving, local, lost, up
        db = b * dn                                        # node, many, formula
        dp1 = x1 * ds                                      # node, many, formula
        dp1 = 1.0                                          # arriving, local, lost, up
        dw1 = x1                                           # up
        dw1 = w1 * dp1                                     # node, other
        dw1 = dp1                                          # local, arriving
        dw1 = 2 * x1 * dp1                                 # twice, many, factor
        dx1 = x1 * dp1                                     # node, other
        dx1 = w1                                           # up
        dx2 = x2 * dp2                                     # node, other, zeros
        dw2 = w2 * dp2                                     # node, other
        dw2 = dp2                                          # local, arriving
        """),
    "micrograd's reused nodes": Slip(
        """
        a = V(-2.0); b = V(3.0); d = a * b; e = a + b; f = d * e; g = a + a; loss = f * g
        """,
        """
        da = b * dd + de + 2 * dg
        db = a * dd + de
        """,
        """
        da = b * dd + de + dg                              # out
        da = de + 2 * dg                                   # out
        da = b * dd                                        # out, over
        da = 2 * dg                                        # over, out
        da = dg                                            # over, out, local
        da = b * dd + de                                   # out
        da = a * dd + de + 2 * dg                          # node
        da = b * dd - de + 2 * dg                          # sign1
        db = a * dd                                        # out, over
        db = de                                            # over, out, local
        db = a + 1                                         # up
        dd = d * df                                        # node, formula
        dd = e                                             # up
        de = e * df                                        # node, formula
        df = f                                             # node, other
        dg = 1.0                                           # local, formula, up
        """),
    "a linear layer and a sum": Slip(
        """
        x = P(4, 3); W = P(3, 4); b = P(4); z = x @ W + b; h = z.relu(); loss = h.sum()
        """,
        """
        dW = x.T @ dz
        dx = dz @ W.T
        """,
        """
        dh = h                                             # up, local, formula, node, arriving, other
        dz = np.ones_like(z)                               # local, nomask, up
        dz = h                                             # arriving, formula, node
        dz = z * dh                                        # formula, node
        dW = dz.T @ x                                      # trans, T, shape
        dW = x.T @ z                                       # node, arriving
        dW = x.T @ dh                                      # arriving, local
        db = dz.sum(1)                                     # axis
        db = dz.mean(0)                                    # factor
        db = dh.sum(0)                                     # arriving, local
        db = dz                                            # sum, shape
        """),
    "one example, two classes": Slip(
        """
        x = P(1, 3); W1 = P(3, 4); b1 = P(4); W2 = P(4, 2); b2 = P(2); y = np.array([1])
        h = (x @ W1 + b1).sigmoid()
        o = h @ W2 + b2; p = o.softmax(1); lp = p.log(); loss = -lp[range(1), y].mean()
        """,
        """
        do = soft(o); do[0, y] -= 1
        dh = do @ W2.T
        """,
        """
        dlp = np.array([[0.0, 1.0]])                       # sign
        dlp = np.array([[-1.0, -1.0]])                     # nomask, place
        dlp = np.array([[-1.0, 0.0]])                      # labels, order, place, flip
        dp = dlp * p                                       # formula, node
        dp = dlp                                           # local
        dp = 1 / p                                         # up, nomask, sign, place
        do = soft(o)                                       # hot, cross
        do = soft(o); do[0, 0] -= 1                        # labels, cross
        do = dp * p * (1 - p)                              # soft
        do = dp * p                                        # soft, lost
        do = p - dlp                                       # cross, sign, soft
        do = (soft(o) - np.eye(2)[y]) / 2                  # factor
        dx = (h * (1 - h) * dh) @ W1.T * 2                 # twice, factor
        dW2 = h.T @ dp                                     # arriving
        dW1 = x.T @ dh                                     # local, arriving, lost
        db1 = (dh * (1 - h ** 2)).sum(0)                   # formula
        db1 = (dh * h).sum(0)                              # formula, lost
        """),
    "batch norm at its start": Slip(
        """
        x = P(6, 4); gamma = torch.ones(4, requires_grad=True); beta = torch.zeros(4, requires_grad=True)
        w = C(6, 4); mu = x.mean(0); xc = x - mu
        var = (xc ** 2).mean(0); std = (var + 1e-5) ** 0.5; xhat = xc / std; out = gamma * xhat + beta
        loss = (out * w).sum()
        """,
        """
        dxhat = dout * gamma
        dx = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / std
        """,
        """
        dgamma = dout.sum(0)                               # lost, local, other, factor
        dgamma = (dout * x).sum(0)                         # node
        dbeta = (dout * xhat).sum(0)                       # other, node, many
        dxhat = dout * xhat                                # node, formula
        dvar = (dxhat * xc * -0.5 * std ** -1).sum(0)      # formula
        dvar = (dxhat * -0.5 * std ** -3).sum(0)           # lost
        dvar = (dxhat * xc).sum(0) * -1 * std ** -3        # formula, lost, factor, twice
        dstd = -(dxhat * xc).sum(0) / std                  # formula
        dxc = dxhat / std                                  # out
        dxc = dxhat / std + 2 * xc * dvar                  # factor
        dxc = dxhat / std + dvar * xc / 6                  # factor, formula, lost, out
        dx = dxc                                           # out
        dx = dxc - dxc.sum(0)                              # factor
        dx = dxc + dxc.mean(0)                             # sign1
        dx = (6 * dxhat - dxhat.sum(0) - xhat * (dxhat * xhat).sum(0)) / std # factor
        dx = (dxhat - dxhat.mean(0)) / std                 # out
        dx = dxhat / std - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0) # lost, none, formula
        dx = (dxhat - dxhat.mean(0) - xhat * (dxhat * x).mean(0)) / std # node
        dx = (dxhat - dxhat.mean(1, keepdims=True) - xhat * (dxhat * xhat).mean(1, keepdims=True)) / std # axis
        """),
    "squared error in one go": Slip(
        """
        x = C(5, 3); w = P(3); b = P(1); t = C(5); u = x @ w + b; y = u.tanh(); loss = 0.5 * ((y - t) ** 2).mean()
        """,
        """
        dw = x.T @ ((y - t) * (1 - y ** 2)) / 5
        db = ((y - t) * (1 - y ** 2)).sum(keepdims=True) / 5
        """,
        """
        dy = 2 * (y - t) / 5                               # factor, formula, lost, twice
        dy = y - t                                         # factor
        dy = (t - y) / 5                                   # sign
        dy = (y - t) ** 2 / 5                              # formula
        dw = 2 * x.T @ ((y - t) * (1 - y ** 2)) / 5        # factor, formula, lost, twice
        dw = x.T @ ((y - t) * (1 - y ** 2))                # factor
        dw = x.T @ (y - t) / 5                             # lost, local, arriving
        dw = x.T @ ((y - t) * (1 - u ** 2)) / 5            # formula, node
        dw = x.T @ (y * (1 - y ** 2)) / 5                  # formula, node, lost
        dw = x.T @ ((t - y) * (1 - y ** 2)) / 5            # sign
        db = ((y - t) * (1 - y ** 2)).mean() * 5           # factor, shape
        db = ((y - t) * (1 - y ** 2)) / 5                  # sum, shape
        """),
    "an embedding of words, averaged": Slip(
        """
        E = P(5, 3); ids = np.array([[0, 2, 2], [4, 2, 1]]); W = P(3, 2); y = np.array([0, 1]); em = E[ids]
        m = em.mean(1)
        lg = m @ W; loss = F.cross_entropy(lg, y) + 0.1 * (E ** 2).sum()
        """,
        """
        dm = dlg @ W.T
        dE = 0.2 * E; np.add.at(dE, ids, dem)
        """,
        """
        dem = np.repeat(dm[:, None], 3, 1)                 # factor
        dem = np.repeat(dm[:, None], 3, 1) / 2             # factor
        dE = 0.2 * E; dE[ids] += dem                       # over
        dE = 0.2 * E                                       # out
        dE = np.zeros_like(E); np.add.at(dE, ids, dem)     # out
        dE = 0.1 * E; np.add.at(dE, ids, dem)              # factor, formula, lost, out
        dE = 0.2 * E; dE[ids] = dem                        # over
        dE = 2 * E; np.add.at(dE, ids, dem)                # factor, lost, formula
        dE = 0.2 * E; np.add.at(dE, ids, np.repeat(dm[:, None], 3, 1)) # factor
        dE = 0.2 * E; np.add.at(dE, ids[:, 0], dem[:, 0])  # pos
        dlg = (soft(lg) - y) / 2                           # cross
        dlg = soft(lg) - np.eye(2)[y]                      # factor
        dlg = (soft(lg) - np.eye(2)[1 - y]) / 2            # labels
        """),
    "an rnn, four steps": Slip(
        """
        X = C(4, 2, 3); Wxh = P(3, 4); Whh = P(4, 4); bh = torch.zeros(4, requires_grad=True); Why = P(4, 2)
        tg = C(4, 2, 2)
        h0 = torch.zeros(2, 4, requires_grad=True); a1 = X[0] @ Wxh + h0 @ Whh + bh; h1 = a1.tanh()
        a2 = X[1] @ Wxh + h1 @ Whh + bh; h2 = a2.tanh()
        a3 = X[2] @ Wxh + h2 @ Whh + bh; h3 = a3.tanh(); y1 = h1 @ Why; y2 = h2 @ Why; y3 = h3 @ Why
        loss = ((y1 - tg[0]) ** 2).sum() + ((y2 - tg[1]) ** 2).sum() + ((y3 - tg[2]) ** 2).sum()
        """,
        """
        dh2 = dy2 @ Why.T + da3 @ Whh.T
        dWhh = h1.T @ da2 + h2.T @ da3
        dWhy = h1.T @ dy1 + h2.T @ dy2 + h3.T @ dy3
        """,
        """
        dy3 = y3 - tg[2]                                   # factor, formula, lost
        dy3 = 2 * (y3 - tg[3])                             # none, node
        dy2 = 2 * (y2 - tg[2])                             # node, none
        dh3 = dy3 @ Why.T + dh2                            # none, twice, node
        dh2 = dy2 @ Why.T + da3 @ Whh                      # T
        dh1 = da2 @ Whh.T                                  # out, over
        da3 = dh3                                          # local
        da3 = dh3 * h3 * (1 - h3)                          # formula
        da3 = dh3 * (1 - h3 * h3) * h3                     # many, formula
        dWhh = h2.T @ da2 + h3.T @ da3                     # node
        dWhh = h1.T @ da2                                  # out
        dWhh = h2.T @ da3                                  # out, over
        dWhh = h1.T @ da1 + h2.T @ da2 + h3.T @ da3        # node, arriving, none
        dWhy = h3.T @ dy3                                  # over, out
        dWhy = (h1 + h2 + h3).T @ dy3                      # arriving, none
        dWxh = X[0].T @ da1 + X[1].T @ da2                 # out
        dWxh = X[0].T @ da1 + X[1].T @ da2 + X[2].T @ dh3  # local, arriving, lost
        dWxh = X[1].T @ da1 + X[2].T @ da2 + X[3].T @ da3  # node
        dbh = da1.sum(0) + da2.sum(0)                      # out
        dbh = (da1 + da2 + da3).mean(0)                    # factor
        dbh = (da1 + da2 + da3).sum(1)                     # axis, shape
        """),
    "focal and soft targets": Slip(
        """
        z = P(6, 3); w = C(6, 3); p = z.softmax(1); q = p ** 2; s = q.sum(1, keepdim=True); r = q / s
        loss = (r * w).sum() / 6
        """,
        """
        dq = dr / s + ds
        dp = 2 * p * dq
        dz = p * (dp - (dp * p).sum(1, keepdims=True))
        """,
        """
        dr = w                                             # factor
        dr = r / 6                                         # node
        dq = dr / s                                        # out
        dq = dr * s + ds                                   # formula
        ds = -(dr * q).sum(1, keepdims=True) / s           # formula
        ds = (dr * r).sum(1, keepdims=True) / s            # sign
        ds = -(dr * q / s ** 2)                            # sum
        ds = -(dr * q / s ** 2).sum()                      # axis, shape
        ds = -(dr / s ** 2).sum(1, keepdims=True)          # lost
        dp = p * dq                                        # formula, lost, factor
        dp = 2 * q * dq                                    # node, formula
        dp = 2 * dq                                        # lost, formula
        dz = dp * p * (1 - p)                              # soft
        dz = p * (dp - dp.sum(1, keepdims=True))           # soft
        dz = dp - p * (dp * p).sum(1, keepdims=True)       # soft
        dz = p * dp - (dp * p).sum(1, keepdims=True)       # soft
        dz = p * (dp - (dp * p).sum(0, keepdims=True))     # soft
        dz = q * (dp - (dp * q).sum(1, keepdims=True))     # node, soft
        dz = p * ((dp * p).sum(1, keepdims=True) - dp)     # sign
        dz = (1 - p) * dp                                  # soft, formula
        dz = p - w                                         # cross, soft, none
        """),
    "an mlp on rows, cs231n": Slip(
        """
        X = C(5, 4); W1 = P(4, 6); b1 = P(6); W2 = P(6, 3); b2 = P(3); y = R.integers(0, 3, 5); reg = 0.3; N = 5
        a = X @ W1 + b1; h = a.clamp(min=0); s = h @ W2 + b2; ex = s.exp(); tot = ex.sum(1, keepdim=True)
        pr = ex / tot
        cl = -pr[range(N), y].log(); data = cl.sum() / N
        rl = 0.5 * reg * (W1 * W1).sum() + 0.5 * reg * (W2 * W2).sum()
        loss = data + rl
        """,
        """
        ds = pr.copy(); ds[range(N), y] -= 1; ds /= N
        dW2 = h.T @ ds + reg * W2
        dh = ds @ W2.T
        """,
        """
        ds = pr.copy(); ds[range(N), y] -= 1               # factor
        ds = pr.copy(); ds[range(N), y] += 1; ds /= N      # cross, sign1
        ds = pr.copy(); ds /= N                            # hot, cross
        ds = ex.copy(); ds[range(N), y] -= 1; ds /= N      # cross, node
        ds = pr.copy(); ds[range(N), y] -= N; ds /= N      # cross
        ds = -pr; ds[range(N), y] += 1; ds /= N            # sign
        ds = s.copy(); ds[range(N), y] -= 1; ds /= N       # cross, node
        dW2 = h.T @ ds                                     # out
        dW2 = h.T @ ds + 0.5 * reg * W2                    # factor, formula, lost, out
        dW2 = h.T @ ds + 2 * reg * W2                      # twice, factor, formula
        dW2 = h.T @ ds - reg * W2                          # sign1
        dW2 = h.T @ ds + reg * W2 ** 2                     # formula
        dW2 = h.T @ ds + reg                               # lost, local, formula, node
        dW2 = h.T @ ds + W2                                # factor, lost, local, up
        dW2 = h.T @ ds * reg * W2                          # added
        dW2 = a.T @ ds + reg * W2                          # node
        dW2 = h.T @ ds / N + reg * W2                      # factor
        dW2 = h.T @ ds + reg * W2 / N                      # factor
        dh = ds @ W2.T * (h > 0)                           # many
        da = dh * (dh > 0)                                 # relug
        da = dh.copy(); da[h > 0] = 0                      # mask
        da = dh                                            # local, nomask
        da = (h > 0) * 1.0                                 # up
        dW1 = X.T @ dh + reg * W1                          # local, arriving, lost
        db1 = da.sum(1)[:1]                                # axis, shape
        db2 = ds.sum()                                     # axis, shape, sum
        db2 = ds.sum(0) / N                                # factor
        """),
    "an attention of one query": Slip(
        """
        q = P(1, 4); K = P(5, 4); V_ = P(5, 3); g = C(1, 3); s = q @ K.T; sc = s / 2; a = sc.softmax(1); o = a @ V_
        l = (o - g) ** 2
        loss = l.mean()
        """,
        """
        do = 2 * (o - g) / 3
        da = do @ V_.T
        dK = ds.T @ q
        """,
        """
        do = 2 * (o - g)                                   # factor
        do = (o - g) / 3                                   # factor, formula, lost
        do = 2 * (g - o) / 3                               # sign
        dV_ = a.T @ o                                      # arriving, node
        dV_ = do.T @ a                                     # trans, shape
        dV_ = np.ones((5, 1)) @ do                         # lost, local, node, formula
        dsc = a * da                                       # soft
        dsc = a * (1 - a) * da                             # soft
        dsc = a * (da - da.mean())                         # soft
        dsc = da - (da * a).sum()                          # soft
        ds = dsc                                           # local, factor
        ds = dsc * 2                                       # factor, formula
        ds = dsc / 4                                       # factor, many, formula
        dq = ds @ K / 2                                    # factor
        dq = dsc @ K                                       # factor, lost, local, arriving, twice
        dq = da @ K                                        # arriving, local
        dK = q.T @ ds                                      # trans, shape
        dK = dsc.T @ q                                     # lost, local, arriving, factor
        dK = ds.T @ q / 2                                  # factor
        """),
    "values in a polynomial": Slip(
        """
        x = V(1.5); y = V(-0.4); u = x * x; v = u * y; s = v + x; t = s.sigmoid(); r = t * y; k = r - 1
        loss = k * k
        """,
        """
        dx = 2 * x * du + ds
        dy = u * dv + t * dr
        """,
        """
        dk = k                                             # out, formula, lost
        dk = 2.0                                           # lost, local, formula
        dk = k * k                                         # formula, node, other
        dr = -dk                                           # sign
        dt = r * dr                                        # node
        dt = y                                             # up
        ds = t * (1 - t)                                   # up
        ds = s * (1 - s) * dt                              # formula, node
        ds = t * dt                                        # formula, lost
        ds = (1 - t * t) * dt                              # formula
        du = v * dv                                        # node
        du = dv                                            # local
        dx = x * du + ds                                   # out
        dx = 2 * x * du                                    # out
        dx = 2 * du + ds                                   # lost, local, formula
        dx = ds                                            # over, out
        dx = 2 * x * du - ds                               # sign1
        dx = u * du + ds                                   # node
        dx = x * x * du + ds                               # formula, node
        dy = u * dv                                        # out, over
        dy = t * dr                                        # over, out
        dy = u * dv + r * dr                               # node
        dy = u * dv * t * dr                               # added
        """),
    "gru step with dropout": Slip(
        """
        x = C(4, 3); h = P(4, 5); Wz = P(3, 5); Uz = P(5, 5); Wr = P(3, 5); Ur = P(5, 5); Wn = P(3, 5); Un = P(5, 5)
        w = C(4, 5)
        m = (R.random((4, 5)) < 0.75) / 0.75; az = x @ Wz + h @ Uz; z = az.sigmoid(); ar = x @ Wr + h @ Ur
        r = ar.sigmoid()
        rh = r * h; an = x @ Wn + rh @ Un; n = an.tanh(); hn = (1 - z) * n + z * h; hd = hn * m
        loss = (hd * w).sum()
        """,
        """
        dz = (h - n) * dhn
        dn = (1 - z) * dhn
        dh = z * dhn + r * drh + daz @ Uz.T + dar @ Ur.T
        """,
        """
        dhn = dhd                                          # local, nomask
        dhn = dhd * (m > 0)                                # factor, node, formula
        dhn = dhd * m * m                                  # many
        dhn = dhd * m / 0.75                               # factor, many
        dz = h * dhn                                       # out
        dz = (n - h) * dhn                                 # sign
        dz = (h + n) * dhn                                 # sign1
        dn = z * dhn                                       # node, formula, mask
        dn = dhn                                           # local, formula, lost, node
        daz = z * (1 - z) * dhn                            # lost, arriving, local, node
        daz = (1 - z ** 2) * dz                            # formula
        dan = (1 - n) ** 2 * dn                            # formula
        dan = n * (1 - n) * dn                             # formula
        drh = dan @ Un                                     # T
        dr = r * drh                                       # node
        dr = h * dan                                       # arriving, lost, local
        dUn = h.T @ dan                                    # node
        dUz = h.T @ dz                                     # arriving, local
        dUz = hn.T @ daz                                   # node
        dh = z * dhn                                       # out, over
        dh = z * dhn + r * drh                             # out
        dh = z * dhn + drh + daz @ Uz.T + dar @ Ur.T       # local
        dh = z * dhn + r * drh + daz @ Uz + dar @ Ur       # T
        dh = (1 - z) * dhn + r * drh + daz @ Uz.T + dar @ Ur.T # formula, node, mask
        dh = z * dhn + h * drh + daz @ Uz.T + dar @ Ur.T   # node
        """),
    "word vectors with a norm": Slip(
        """
        E = P(7, 4); i = R.integers(0, 7, 6); j = R.integers(0, 7, 6); u = E[i]; v = E[j]
        nu = (u * u).sum(1, keepdim=True).sqrt()
        un = u / nu; dot = (un * v).sum(1); p = dot.sigmoid(); t = np.array([1, 0, 1, 1, 0, 0])
        loss = -(t * p.log() + (1 - t) * (1 - p).log()).mean()
        """,
        """
        dp = -(t / p - (1 - t) / (1 - p)) / 6
        ddot = (p - t) / 6
        dun = v * ddot[:, None]
        """,
        """
        dp = -(t / p + (1 - t) / (1 - p)) / 6              # sign1
        dp = -t / p / 6                                    # out
        dp = (p - t) / 6                                   # local, other, lost, cross, formula
        dp = -(t / p - (1 - t) / (1 - p))                  # factor
        ddot = p - t                                       # factor
        ddot = (t - p) / 6                                 # sign
        ddot = p * (1 - p)                                 # up
        ddot = p * (1 - p) * (p - t) / 6                   # many, cross
        ddot = p / 6                                       # cross, hot
        dun = u * ddot[:, None]                            # node
        dun = np.repeat(ddot[:, None], 4, 1)               # lost, local
        dnu = -(dun * u).sum(1, keepdims=True) / nu        # formula
        dnu = (dun * un).sum(1, keepdims=True) / nu        # sign
        dnu = -(dun * u / nu ** 2)                         # sum
        du = dun / nu                                      # out
        du = dun / nu + u / nu * dnu * 2                   # twice, formula, factor
        du = dun / nu + u * dnu                            # lost, formula
        du = dun / nu + dnu                                # lost, local, formula
        dE = np.zeros_like(E); np.add.at(dE, i, du)        # out
        dE = np.zeros_like(E); dE[i] += du; dE[j] += dv    # over
        dE = np.zeros_like(E); np.add.at(dE, i, dv); np.add.at(dE, j, du) # none, arriving, other, place, order, node
        dE = np.zeros_like(E); dE[i] = du; dE[j] = dv      # over
        """),
    "fused layers": Slip(
        """
        x = P(5, 6); g = P(6); b = P(6); W = P(6, 4); c = P(4); y = R.integers(0, 4, 5)
        ln = F.layer_norm(x, (6,), g, b); a = F.gelu(ln); z = F.linear(a, W.T, c)
        loss = F.cross_entropy(z, y, label_smoothing=0.1)
        """,
        """
        dc = dz.sum(0)
        da = dz @ W.T
        """,
        """
        dz = (soft(z) - np.eye(4)[y]) / 5                  # cross
        dz = soft(z) - 0.9 * np.eye(4)[y] - 0.025          # factor
        dz = (soft(z) - 0.9 * np.eye(4)[y]) / 5            # cross
        dc = dz.mean(0)                                    # factor
        dc = dz                                            # sum, shape
        da = dz @ W.T * a                                  # many
        dln = da                                           # local
        dln = da * (ln > 0)                                # formula
        dg = (dln * ln).sum(0)                             # node
        dg = dln.sum(0)                                    # lost, other, local
        db = dln.sum(1)[:1]                                # axis, shape
        dW = a.T @ soft(z)                                 # arriving, node
        dx = g * dln / x.std(1, keepdims=True)             # out
        dx = dln * g                                       # none, lost, local, out
        """),
    "single precision, std and norm": Slip(
        """
        X = S(8, 5); W = S(5, 5); u = X @ W; m = u.mean(0, keepdim=True); s = u.std(0, keepdim=True)
        n = (u - m) / s
        r = n.relu(); q = r * r; loss = q.mean()
        """,
        """
        dr = 2 * r / 40
        dn = dr * (n > 0)
        """,
        """
        dq = np.ones_like(q)                               # factor, up
        dq = q / 40                                        # formula, node, arriving
        dr = r / 40                                        # formula, lost, factor, out
        dr = 2 * r                                         # factor, up
        dr = 2 * q / 40                                    # node, formula
        dn = dr * (n < 0)                                  # mask, zeros
        dn = dr * n                                        # formula, node
        ds = -(dn * n).sum(0, keepdims=True)               # lost, formula
        ds = (dn * n).sum(0, keepdims=True) / s            # sign
        ds = -(dn * n).mean(0, keepdims=True) / s          # factor
        dm = (dn / s).sum(0, keepdims=True)                # sign
        dm = -dn.sum(0, keepdims=True)                     # lost
        du = dn / s                                        # out
        du = (dn - dn.mean(0)) / s                         # out
        du = (dn - dn.mean(0) - n * (dn * n).mean(0)) / s  # factor
        du = dn                                            # local, arriving, out, lost
        dW = X.T @ du / 8                                  # factor
        dX = du @ W                                        # T
        dX = W @ du.T                                      # trans, T
        """),
    "losses by one call": Slip(
        """
        X = C(6, 3); w = P(3, 1); b = P(1); z = X @ w + b; t = (R.random((6, 1)) < 0.5) * 1.0; p = z.sigmoid()
        l1 = F.binary_cross_entropy(p, t)
        l2 = F.mse_loss(p, t); loss = l1 + l2
        """,
        """
        dz = (p - t) / 6 + 2 * (p - t) / 6 * p * (1 - p)
        dw = X.T @ dz
        """,
        """
        dz = (p - t) / 6                                   # out, over
        dz = (p - t) + 2 * (p - t) * p * (1 - p)           # factor
        dz = (p - t) / 6 + 2 * (p - t) / 6                 # lost, formula, local
        dz = (p - t) / 6 + (p - t) / 6 * p * (1 - p)       # formula, lost, factor
        dz = (t - p) / 6 + 2 * (p - t) / 6 * p * (1 - p)   # sign1
        dz = 2 * (p - t) / 6 * p * (1 - p)                 # out, over
        dz = ((p - t) + 2 * (p - t) * p * (1 - p)) / 6 * p * (1 - p) # many, formula, node
        dp = (p - t) / (p * (1 - p)) / 6                   # out
        dp = -t / p / 6 + 2 * (p - t) / 6                  # out
        dp = (p - t) / 6 + 2 * (p - t) / 6                 # local, lost, cross, formula
        dw = X.T @ (p - t) / 6                             # arriving, out
        dw = X.T @ dp                                      # local, arriving, lost
        dw = (X * dz).sum(0)                               # shape
        dw = X.T @ dz / 6                                  # factor
        db = dz.sum() * 2                                  # twice, shape, factor
        db = dz.mean(0)                                    # factor
        """),
    "embeddings joined, positions": Slip(
        """
        tok = P(9, 4); pos = P(5, 4); ids = R.integers(0, 9, (3, 5)); te = tok[ids]; pe = pos[np.arange(5)]
        e = te + pe
        keep = (R.random((3, 5, 4)) < 0.9) / 0.9; d = e * keep; W = P(4, 9); lg = d @ W; flat = lg.view(15, 9)
        y = R.integers(0, 9, 15)
        loss = F.cross_entropy(flat, y)
        """,
        """
        dW = d.reshape(15, 4).T @ dlg.reshape(15, 9)
        dpe = de.sum(0)
        dtok = np.zeros_like(tok); np.add.at(dtok, ids, dte)
        """,
        """
        dflat = soft(flat) - np.eye(9)[y]                  # factor
        dflat = (soft(flat) - np.eye(9)[y]) / 3            # factor
        dflat = soft(flat); dflat[range(15), y] -= 1; dflat /= 9 # factor
        dlg = dflat.reshape(5, 3, 9).transpose(1, 0, 2)    # order
        dW = e.reshape(15, 4).T @ dlg.reshape(15, 9)       # node
        dW = d.transpose(0, 2, 1) @ dlg                    # sum, shape
        dW = (d.transpose(0, 2, 1) @ dlg).mean(0)          # factor
        dd = dlg @ W.T * keep                              # many
        de = dd                                            # local, nomask
        de = dd * (keep == 0)                              # mask
        dpe = de.mean(0)                                   # factor
        dpe = de                                           # sum, shape
        dpe = de[0]                                        # pos, out
        dpos = de.sum(1)                                   # axis, shape
        dtok = np.zeros_like(tok); dtok[ids] = dte         # over
        dtok = np.zeros_like(tok); dtok[ids] += dte        # over
        dtok = np.zeros_like(tok); np.add.at(dtok, ids, de * keep) # many
        dtok = np.zeros_like(tok); np.add.at(dtok, ids, dd) # arriving, local, lost
        dtok = np.zeros_like(tok); np.add.at(dtok, ids[0], dte[0]) # pos
        """),
    "two neurons in a row, in one go": Slip(
        """
        x = V(0.8); w1 = V(-1.7); b1 = V(0.6); w2 = V(1.3); b2 = V(-0.45); t = V(0.9); h = (w1 * x + b1).tanh()
        o = (w2 * h + b2).sigmoid()
        loss = (o - t) ** 2
        """,
        """
        dw2 = 2 * (o - t) * o * (1 - o) * h
        dw1 = 2 * (o - t) * o * (1 - o) * w2 * (1 - h ** 2) * x
        """,
        """
        do = o - t                                         # factor, formula, lost
        do = 2 * (t - o)                                   # sign
        dw2 = (o - t) * o * (1 - o) * h                    # factor, formula, lost, out
        dw2 = 2 * (o - t) * h                              # lost, local
        dw2 = 2 * (o - t) * o * (1 - o)                    # local, lost, other, arriving
        dw2 = 2 * (o - t) * o * (1 - o) * x                # node
        dw2 = (o - t) * o * (1 - o) * h * t                # none, many, node
        dw2 = 4 * (o - t) * o * (1 - o) * h                # twice, factor
        db2 = 2 * (o - t) * o * (1 - o) * b2               # many, node, formula
        db2 = 2 * (o - t)                                  # local, lost, arriving
        dw1 = 2 * (o - t) * o * (1 - o) * (1 - h ** 2) * x # lost
        dw1 = 2 * (o - t) * o * (1 - o) * w2 * x           # lost, local
        dw1 = 2 * (o - t) * o * (1 - o) * w2 * (1 - h ** 2) # local, other, lost, arriving
        dw1 = 2 * (o - t) * o * (1 - o) * w1 * (1 - h ** 2) * x # node
        dw1 = -2 * (o - t) * o * (1 - o) * w2 * (1 - h ** 2) * x # sign
        dw1 = 2 * (o - t) * o * (1 - o) * w2 * (1 - h) * x # formula
        dw1 = 2 * (o - t) * o * (1 - o) * w2 * h * (1 - h) * x # formula
        dh = 2 * (o - t) * o * (1 - o) * h                 # node, other
        dh = w2                                            # up
        """),
    "makemore's cells": Slip(
        """
        Xb = R.integers(0, 7, (10, 2)); Ct = P(7, 6); W1 = P(12, 5); b1 = P(5); bngain = P(1, 5); bnbias = P(1, 5)
        W2 = P(5, 7); b2 = P(7); Yb = R.integers(0, 7, 10); n = 10; emb = Ct[Xb]; embcat = emb.view(10, 12)
        hprebn = embcat @ W1 + b1; bnmeani = 1 / n * hprebn.sum(0, keepdim=True); bndiff = hprebn - bnmeani
        bndiff2 = bndiff ** 2; bnvar = 1 / (n - 1) * bndiff2.sum(0, keepdim=True)
        bnvar_inv = (bnvar + 1e-5) ** -0.5
        bnraw = bndiff * bnvar_inv; hpreact = bngain * bnraw + bnbias; h = hpreact.tanh(); logits = h @ W2 + b2
        lmax = logits.max(1, keepdim=True).values; nl = logits - lmax; counts = nl.exp()
        cs = counts.sum(1, keepdim=True)
        csi = cs ** -1; probs = counts * csi; lp = probs.log(); loss = -lp[range(n), Yb].mean()
        """,
        """
        dprobs = dlp / probs
        dcounts = csi * dprobs + dcs
        dbndiff = bnvar_inv * dbnraw + 2 * bndiff * dbndiff2
        dhprebn = bngain * bnvar_inv / n * (n * dhpreact - dhpreact.sum(0) - 10 / 9 * bnraw * (dhpreact * bnraw).sum(0))
        """,
        """
        dlp = np.zeros_like(lp); dlp[range(n), Yb] = -1    # factor
        dlp = -np.ones_like(lp) / n                        # nomask, place
        dprobs = probs * dlp                               # formula, node
        dprobs = -dlp / probs ** 2                         # formula
        dcsi = (dprobs * probs).sum(1, keepdims=True)      # node
        dcsi = (dprobs * counts).sum(0, keepdims=True)     # axis, shape
        dcs = -dcsi / cs                                   # formula
        dcs = -dcsi * cs ** 2                              # formula
        dcounts = csi * dprobs                             # out
        dcounts = dcs * np.ones_like(counts)               # out, over
        dnl = dcounts                                      # local
        dlogits = soft(logits); dlogits[range(n), Yb] -= 1; dlogits /= n - 1 # factor
        dlogits = soft(logits) - np.eye(7)[Yb] / n         # cross
        dlogits = (soft(soft(logits)) - np.eye(7)[Yb]) / n # cross
        dhpreact = (1 - np.tanh(h) ** 2) * dh              # formula, node
        dhpreact = h * (1 - h) * dh                        # formula
        dbngain = (hpreact * dhpreact).sum(0, keepdims=True) # node
        dbngain = (bnraw * dh).sum(0, keepdims=True)       # arriving, lost
        dbnvar_inv = (dbnraw * bndiff).sum()               # axis, shape, sum
        dbnvar = -0.5 * (bnvar + 1e-5) ** -0.5 * dbnvar_inv # formula
        dbnvar = -0.5 * (bnvar + 1e-5) ** -1.5             # up
        dbndiff2 = np.ones_like(bndiff2) / n * dbnvar      # factor
        dbndiff2 = dbnvar / (n - 1)                        # sum, shape
        dbndiff = bnvar_inv * dbnraw                       # out
        dbndiff = bnvar_inv * dbnraw + bndiff * dbndiff2   # formula, lost, factor
        dbndiff = bnvar_inv * dbnraw + 2 * dbndiff2        # lost, local, formula
        dbnmeani = dbndiff.sum(0, keepdims=True)           # sign
        dhprebn = dbndiff                                  # out
        dhprebn = bngain * bnvar_inv / n * (n * dhpreact - dhpreact.sum(0) - bnraw * (dhpreact * bnraw).sum(0)) # factor
        dhprebn = bngain * bnvar_inv * (n * dhpreact - dhpreact.sum(0) - 10 / 9 * bnraw * dbngain) # factor
        demb = dembcat.reshape(2, 10, 6).transpose(1, 0, 2) # order
        """),
    "two neurons": Slip(
        """
        x = V(1.1); y = V(-0.6); w = V(0.8); v = V(-1.4); b = V(0.2); t = V(0.5)
        a = x * w + y * v + b; h = a.sigmoid(); k = h * w; r = k - t; e = r ** 2; loss = e / 2 + 0.05 * v ** 2
        """,
        """
        dr = r
        dw = h * dk + x * da
        dv = y * da + 0.1 * v
        """,
        """
        de = 1.0                                           # factor, lost, local, formula
        dr = 2 * r                                         # factor, lost, formula, twice
        dr = r / 2                                         # factor, lost, formula
        dr = r ** 2                                        # formula, node, other
        dt = r                                             # sign
        dh = k * dr                                        # node
        dh = w                                             # up
        da = h * (1 - h)                                   # up
        da = h * dh                                        # formula, lost
        da = (1 - h ** 2) * dh                             # formula
        da = a * (1 - a) * dh                              # formula, node
        dw = h * dk                                        # out
        dw = x * da                                        # over
        dw = h * dk - x * da                               # sign1
        dw = h * dk * x * da                               # added
        dv = y * da                                        # out
        dv = y * da + 0.05 * v                             # factor, lost, formula
        dv = y * da + 0.05 * v ** 2                        # formula
        dv = y * da + 0.2 * v                              # twice, factor, formula
        dy = w * da                                        # node
        """),
    "causal heads in a batch": Slip(
        """
        x = P(2, 5, 6); Wq = P(6, 6); Wk = P(6, 6); Wv = P(6, 6); Wo = P(6, 6); tgt = C(2, 5, 6); dk = 3
        q = (x @ Wq).view(2, 5, 2, 3).transpose(1, 2); k = (x @ Wk).view(2, 5, 2, 3).transpose(1, 2)
        v = (x @ Wv).view(2, 5, 2, 3).transpose(1, 2); s = q @ k.transpose(-2, -1) / dk ** 0.5
        causal = np.triu(np.ones((5, 5)), 1) > 0; sm = s.masked_fill(causal, float("-inf")); p = sm.softmax(-1)
        o = p @ v
        cat = o.transpose(1, 2).reshape(2, 5, 6); out = cat @ Wo; loss = ((out - tgt) ** 2).mean()
        """,
        """
        dout = 2 * (out - tgt) / 60
        dp = do @ v.transpose(0, 1, 3, 2)
        dsm = p * (dp - (dp * p).sum(-1, keepdims=True))
        """,
        """
        dout = 2 * (out - tgt)                             # factor
        dout = (out - tgt) / 60                            # factor, formula, lost
        dout = 2 * (out - tgt) / 2                         # factor
        dcat = dout @ Wo                                   # T
        do = dcat.reshape(2, 2, 5, 3)                      # order
        dv = p @ do                                        # T
        dp = do @ v.transpose(0, 1, 3, 2) * p              # many
        dsm = p * dp                                       # soft, lost
        dsm = dp * p * (1 - p)                             # soft
        dsm = p * (dp - (dp * p).sum(-2, keepdims=True))   # soft
        dsm = p * dp.sum(-1, keepdims=True) - p * dp       # soft, sign
        ds = dp * ~causal                                  # local, arriving, lost, soft
        dq = ds @ k                                        # factor, lost
        dWo = cat.reshape(10, 6).T @ dcat.reshape(10, 6)   # arriving
        dWo = (cat.transpose(0, 2, 1) @ dout).mean(0)      # factor
        dWo = cat.transpose(0, 2, 1) @ dout                # sum, shape
        """),
    "a recurrent net through time": Slip(
        """
        X = C(3, 4, 5); Wx = P(5, 6); Wh = P(6, 6); bh = P(6); Wy = P(6, 3); h0 = P(4, 6)
        T = [R.integers(0, 3, 4) for _ in range(3)]
        z1 = X[0] @ Wx + h0 @ Wh + bh; h1 = z1.tanh(); z2 = X[1] @ Wx + h1 @ Wh + bh; h2 = z2.tanh()
        z3 = X[2] @ Wx + h2 @ Wh + bh; h3 = z3.tanh(); y3 = h3 @ Wy; y2 = h2 @ Wy
        loss = F.cross_entropy(y3, T[2]) + F.cross_entropy(y2, T[1])
        """,
        """
        dWh = h0.T @ dz1 + h1.T @ dz2 + h2.T @ dz3
        dh2 = dy2 @ Wy.T + dz3 @ Wh.T
        dbh = (dz1 + dz2 + dz3).sum(0)
        """,
        """
        dWh = h2.T @ dz3                                   # out
        dWh = h1.T @ dz2 + h2.T @ dz3                      # out
        dWh = h1.T @ dz1 + h2.T @ dz2 + h3.T @ dz3         # node
        dWh = (h0.T @ dz1 + h1.T @ dz2 + h2.T @ dz3) / 3   # factor
        dWh = h0.T @ dh1 + h1.T @ dh2 + h2.T @ dh3         # arriving, local, lost
        dh2 = dz3 @ Wh.T                                   # out
        dh2 = dy2 @ Wy.T + dz3 @ Wh                        # T
        dh2 = dy2 @ Wy.T                                   # out, over
        dh2 = dy2 @ Wy.T + dh3 @ Wh.T                      # arriving, local, lost
        dz2 = (1 - z2 ** 2) * dh2                          # formula, node
        dz2 = (1 - h3 ** 2) * dh2                          # node
        dbh = dz3.sum(0)                                   # out
        dbh = dz1 + dz2 + dz3                              # sum
        dbh = (dz1 + dz2 + dz3).mean(0)                    # factor
        dWx = X[2].T @ dz1 + X[1].T @ dz2 + X[0].T @ dz3   # node, flip
        dWy = h3.T @ dy3                                   # out
        dy2 = soft(y2); dy2[range(4), T[2]] -= 1; dy2 /= 4 # labels
        dh0 = dz1 @ Wh.T + dz2 @ Wh.T                      # none, twice, node
        """),
    "affine, batch norm, relu, svm": Slip(
        """
        X = P(8, 5); W = P(5, 4); g = P(4); be = P(4); y = R.integers(0, 4, 8); N = 8; z = X @ W; mu = z.mean(0)
        xc = z - mu; v = (xc ** 2).mean(0); s = (v + 1e-3).sqrt(); xh = xc / s; a = g * xh + be; r = a.relu()
        right = r[range(N), y].view(N, 1); on = np.ones((8, 4)); on[range(N), y] = 0
        mar = (r - right + 1).relu() * on
        loss = mar.sum() / N + 0.05 * (W * W).sum()
        """,
        """
        dr = (mar > 0) / N; dr[range(N), y] -= (mar > 0).sum(1) / N
        dxc = dxh / s + 2 * xc / N * dv
        dW = X.T @ dz + 0.1 * W
        """,
        """
        dr = (mar > 0) / N                                 # out
        dr = (mar > 0) / N; dr[range(N), y] = -1 / N       # out, formula, none, factor
        dr = (mar > 0) * 1.0; dr[range(N), y] -= (mar > 0).sum(1) # factor
        dr = (mar > 0) / N; dr[range(N), y] += (mar > 0).sum(1) / N # sign1
        da = dr * (r >= 0)                                 # local, nomask
        da = dr * (xh > 0)                                 # node, amask
        dg = (da * xc).sum(0)                              # node
        dg = (da * a).sum(0)                               # node
        dxh = da                                           # local
        dxc = dxh / s                                      # out
        dxc = dxh / s + 2 * xc * dv                        # factor
        dxc = dxh / s + xc / N * dv                        # formula, factor, lost
        ds = -(dxh * xc).sum(0) / s                        # formula
        ds = (dxh * xc).sum(0) / s ** 2                    # sign
        dv = ds / (2 * s) ** 2                             # formula
        dv = ds / s                                        # formula, factor, lost
        dv = ds * 0.5 / np.sqrt(v)                         # eps
        dmu = -dxc.mean(0)                                 # factor
        dW = X.T @ dz                                      # out
        dW = X.T @ dz + 0.05 * W                           # factor, formula, lost, out
        dW = X.T @ dz + 0.2 * W                            # twice, factor
        dz = dxc                                           # out
        """),
    "softmax with a temperature, embeddings": Slip(
        """
        E = P(8, 5); ids = R.integers(0, 8, (4, 6)); U = P(5, 5); keep = (R.random((4, 5)) > 0.3) / 0.7; T = 2.5
        y = R.integers(0, 5, 4); em = E[ids]; bag = em.mean(1); hd = bag * keep; lo = hd @ U; sl = lo / T
        ls = sl - sl.logsumexp(1, keepdim=True); loss = -ls[range(4), y].mean() + 0.01 * (bag ** 2).sum()
        """,
        """
        dls = np.zeros_like(ls); dls[range(4), y] = -0.25
        dsl = dls - soft(sl) * dls.sum(1, keepdims=True)
        dlo = dsl / T
        dbag = keep * dhd + 0.02 * bag
        """,
        """
        dls = np.zeros_like(ls); dls[range(4), y] = -1     # factor
        dsl = dls - soft(sl)                               # lost, cross, up, soft
        dsl = dls + soft(sl) * dls.sum(1, keepdims=True)   # sign1, cross
        dsl = dls                                          # out
        dlo = dsl                                          # local, factor
        dlo = dsl * T                                      # formula, factor
        dlo = dsl / T ** 2                                 # factor, formula, many
        dlo = (soft(lo) - np.eye(5)[y]) / 4 / T            # cross, node
        dhd = dlo @ U                                      # T
        dbag = dhd + 0.02 * bag                            # local, nomask, lost
        dbag = (keep == 0) * dhd / 0.7 + 0.02 * bag        # mask
        dbag = keep * dhd                                  # out
        dbag = (keep > 0) * dhd + 0.02 * bag               # factor, node, formula
        dbag = keep * dhd + 0.01 * bag                     # factor, lost, formula
        dbag = keep * dhd + 0.02                           # lost, formula, local
        dem = np.repeat(dbag[:, None], 6, 1)               # factor
        dem = dbag / 6                                     # sum, shape
        dE = np.zeros_like(E); dE[ids] = dem               # over
        dE = np.zeros_like(E); np.add.at(dE, ids, dem * 6) # factor
        dE = np.zeros_like(E); np.add.at(dE, ids[:, 0], dem[:, 0]) # pos
        """),
    "convolution of a line, and max": Slip(
        """
        x = P(3, 10); w = P(3, 4); b = P(4); idx = np.arange(8)[:, None] + np.arange(3); col = x[:, idx]
        z = col @ w + b; a = z.relu(); pool = a.view(3, 4, 2, 4).amax(2); tgt = C(3, 4, 4)
        loss = ((pool - tgt) ** 2).sum() * 0.5 / 3
        """,
        """
        dpool = (pool - tgt) / 3
        dcol = dz @ w.T
        dw = col.reshape(24, 3).T @ dz.reshape(24, 4)
        """,
        """
        dpool = pool - tgt                                 # factor
        dpool = 2 * (pool - tgt) / 3                       # factor, formula, lost, twice
        da = np.repeat(dpool, 2, 1)                        # nomask, place, max
        da = np.repeat(dpool, 2, 1) / 2                    # nomask, place, none, avg, max
        dz = da                                            # local, nomask
        db = dz.sum(0).sum(0) / 8                          # factor
        db = dz.sum(0)                                     # sum, shape
        dw = (col.reshape(24, 3).T @ dz.reshape(24, 4)) / 24 # factor
        dw = (col.transpose(0, 2, 1) @ dz).mean(0)         # factor
        dw = (col.transpose(0, 2, 1) @ dz)[0]              # out, axis, none
        dw = (col[:, :, ::-1].transpose(0, 2, 1) @ dz).sum(0) # flip, order
        dx = np.zeros_like(x); dx[:, idx] += dcol          # over
        dx = np.zeros_like(x); dx[:, :8] = dcol[:, :, 0]   # out, pos, over
        """),
}
