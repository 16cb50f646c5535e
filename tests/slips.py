"""Wrong backward lines as people write them, by hand, for the layers that learners meet.

Each graph is a forward pass, its right backward lines, and wrong lines; behind each stands what a teacher would call
it (several where either will do). `P` makes a parameter, `C` a constant, `V` a single number. The second half of the
graphs was kept aside while `diagnose` was worked on.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["HELD", "SLIPS", "Slip"]


class Slip(NamedTuple):
    """A graph: its forward pass, its right backward lines, and wrong ones, each with codes for its names behind it."""

    forward: str
    right: str
    wrong: str


SLIPS = {
    "rnn, a loss at each step": Slip(
        """
        xs = C(3, 4, 2); t = C(3, 4, 3); Wx = P(2, 5); Wh = P(5, 5); b = P(5); h0 = P(4, 5); Wy = P(5, 3)
        x1 = xs[0]; x2 = xs[1]; x3 = xs[2]
        a1 = x1 @ Wx + h0 @ Wh + b; h1 = a1.tanh(); a2 = x2 @ Wx + h1 @ Wh + b; h2 = a2.tanh()
        a3 = x3 @ Wx + h2 @ Wh + b; h3 = a3.tanh(); y1 = h1 @ Wy; y2 = h2 @ Wy; y3 = h3 @ Wy
        e1 = y1 - t[0]; e2 = y2 - t[1]; e3 = y3 - t[2]
        loss = ((e1 ** 2).sum() + (e2 ** 2).sum() + (e3 ** 2).sum()) / 12
        """,
        """
        dy3 = 2 * e3 / 12
        dh3 = dy3 @ Wy.T
        dh2 = dy2 @ Wy.T + da3 @ Wh.T
        da2 = (1 - h2 ** 2) * dh2
        dWh = h2.T @ da3 + h1.T @ da2 + h0.T @ da1
        dWy = h1.T @ dy1 + h2.T @ dy2 + h3.T @ dy3
        db = (da1 + da2 + da3).sum(0)
        """,
        """
        dy3 = 2 * e3                                       # factor
        dy3 = e3 / 12                                      # factor, formula
        dy2 = 2 * (t[1] - y2) / 12                         # sign
        dh2 = dy2 @ Wy.T                                   # out
        dh2 = da3 @ Wh.T                                   # out
        dh2 = da3 @ Wh + dy2 @ Wy.T                        # T
        dh1 = dy1 @ Wy.T + da3 @ Wh.T                      # arriving, other
        dh1 = dy1 @ Wy.T + dh2 @ Wh.T                      # local, arriving
        da2 = (1 - a2 ** 2) * dh2                          # formula
        da2 = (1 - h2) ** 2 * dh2                          # formula
        da2 = 1 - h2 ** 2                                  # up
        da1 = (1 - h2 ** 2) * dh1                          # node
        dWh = h2.T @ da3                                   # out
        dWh = h2.T @ da3 + h1.T @ da2                      # out
        dWh = h3.T @ da3 + h2.T @ da2 + h1.T @ da1         # node
        dWh = h0.T @ da1                                   # over, out
        dWh = h2.T @ dh3 + h1.T @ dh2 + h0.T @ dh1         # local
        dWx = x1.T @ da3 + x2.T @ da2 + x3.T @ da1         # node, arriving
        dWx = x3.T @ da3 + x2.T @ da3 + x1.T @ da3         # arriving
        dWy = h3.T @ dy3                                   # out
        db = da3.sum(0)                                    # out
        db = (da1 + da2 + da3).mean(0)                     # factor
        db = da1 + da2 + da3                               # sum
        dh0 = da1 @ Wh                                     # T
        """),
    "gru": Slip(
        """
        x = C(4, 3); h0 = P(4, 5); Wz = P(8, 5); Wr = P(8, 5); Wn = P(8, 5); w = C(4, 5)
        xh = torch.cat([x, h0], 1); z_ = xh @ Wz; z = z_.sigmoid(); r_ = xh @ Wr; r = r_.sigmoid()
        rh = r * h0; xrh = torch.cat([x, rh], 1); n_ = xrh @ Wn; n = n_.tanh()
        old = z * h0; new = (1 - z) * n; h = old + new; loss = (h ** 2 * w).sum()
        """,
        """
        dh = 2 * h * w
        dz = (h0 - n) * dh
        dn = (1 - z) * dh
        dn_ = (1 - n ** 2) * dn
        dxrh = dn_ @ Wn.T
        drh = dxrh[:, 3:]
        dr = h0 * drh
        dr_ = r * (1 - r) * dr
        dWr = xh.T @ dr_
        dh0 = z * dh + r * drh + dxh[:, 3:]
        """,
        """
        dz = h0 * dh                                       # out
        dz = (h0 + n) * dh                                 # sign1
        dz = -n * dh                                       # out, over
        dz = (n - h0) * dh                                 # sign
        dn = z * dh                                        # formula, node
        dn = dh                                            # local
        dn_ = (1 - n) * dn                                 # formula
        dn_ = (1 - n_ ** 2) * dn                           # formula
        dn_ = n * (1 - n) * dn                             # formula
        dz_ = (1 - z ** 2) * dz                            # formula
        dz_ = z_ * (1 - z_) * dz                           # formula
        dz_ = z * (1 - r) * dz                             # node
        dr_ = r * (1 - r)                                  # up
        dr_ = r * (1 + r) * dr                             # formula
        dr = h0 * dxrh[:, :5]                              # order, other
        dr = h0 * drh * r                                  # many, formula
        dh0 = z * dh                                       # out
        dh0 = z * dh + r * drh                             # out
        dh0 = z * dh + dxh[:, 3:]                          # out
        dh0 = z * dh + drh + dxh[:, 3:]                    # local
        dh0 = (1 - z) * dh + r * drh + dxh[:, 3:]          # formula, node
        dWr = xrh.T @ dr_                                  # node
        dWn = xh.T @ dn_                                   # node
        dxh = dz_ @ Wz.T                                   # out
        drh = dn_ @ Wn.T                                   # shape, local
        """),
    "attention with heads": Slip(
        """
        x = P(2, 4, 6); Wq = P(6, 6); Wk = P(6, 6); Wv = P(6, 6); Wo = P(6, 6); w = C(2, 4, 6)
        past = np.tril(np.ones((4, 4)))
        q = (x @ Wq).view(2, 4, 2, 3).permute(0, 2, 1, 3); k = (x @ Wk).view(2, 4, 2, 3).permute(0, 2, 1, 3)
        v = (x @ Wv).view(2, 4, 2, 3).permute(0, 2, 1, 3)
        raw = q @ k.permute(0, 1, 3, 2); scores = raw / 3 ** 0.5
        masked = torch.where(past > 0, scores, -float('inf')); att = F.softmax(masked, -1)
        heads = att @ v; out = heads.permute(0, 2, 1, 3).reshape(2, 4, 6); y = out @ Wo; loss = (y.tanh() * w).sum()
        """,
        """
        dWo = out.reshape(8, 6).T @ dy.reshape(8, 6)
        dout = dy @ Wo.T
        dheads = dout.reshape(2, 4, 2, 3).transpose(0, 2, 1, 3)
        datt = dheads @ v.transpose(0, 1, 3, 2)
        dv = att.transpose(0, 1, 3, 2) @ dheads
        dmasked = att * (datt - (datt * att).sum(-1, keepdims=True))
        dscores = dmasked * (past > 0)
        draw = dscores / 3 ** 0.5
        dq = draw @ k
        dk = draw.transpose(0, 1, 3, 2) @ q
        """,
        """
        dv = att @ dheads                                  # T
        dv = dheads                                        # local
        datt = dheads @ k.transpose(0, 1, 3, 2)            # node
        datt = dheads @ v.transpose(0, 1, 3, 2) * att      # many
        dmasked = att * (1 - att) * datt                   # soft
        dmasked = att * datt                               # soft
        dmasked = att * (datt - datt.sum(-1, keepdims=True))             # soft
        dmasked = att * (datt - (datt * att).sum(-2, keepdims=True))     # soft
        dmasked = datt - (datt * att).sum(-1, keepdims=True)             # soft
        dmasked = att * (datt - (datt * att).sum())        # soft
        dmasked = att - (datt * att).sum(-1, keepdims=True)              # soft
        draw = dscores                                     # factor, local, lost
        draw = dscores * 3 ** 0.5                          # factor, formula
        draw = dscores / 3                                 # factor, many
        draw = dscores / 6 ** 0.5                          # factor
        dq = draw @ q                                      # node
        dq = draw.transpose(0, 1, 3, 2) @ k                # T
        dq = dscores @ k                                   # factor, local, lost
        dk = draw @ q                                      # T
        dk = draw.transpose(0, 1, 3, 2) @ k                # node
        dk = (q.transpose(0, 1, 3, 2) @ draw).transpose(0, 1, 3, 2)[:, :, ::-1]      # flip
        dheads = dout.reshape(2, 2, 4, 3)                  # order
        dout = dy @ Wo                                     # T
        dWo = dy.reshape(8, 6).T @ out.reshape(8, 6)       # trans, T
        dWo = out[0].T @ dy[0]                             # out, sum, pos
        dWo = out.reshape(8, 6).T @ dy.reshape(8, 6) / 2   # factor
        """),
    "layer norm by std": Slip(
        """
        x = P(6, 8); g = P(8); b = P(8); w = C(6, 8); mu = x.mean(1, keepdim=True); xc = x - mu
        var = (xc ** 2).mean(1, keepdim=True); std = (var + 1e-5).sqrt(); xhat = xc / std
        y = xhat * g + b; s = y.sigmoid(); loss = (s * w).sum() / 6
        """,
        """
        ds = w / 6
        dy = s * (1 - s) * ds
        db = dy.sum(0)
        dg = (xhat * dy).sum(0)
        dxhat = g * dy
        dstd = (-xc / std ** 2 * dxhat).sum(1, keepdims=True)
        dvar = 0.5 / std * dstd
        dxc = dxhat / std + 2 * xc * dvar / 8
        dmu = -dxc.sum(1, keepdims=True)
        dx = dxc + dmu / 8
        """,
        """
        ds = w                                             # factor
        dy = s * (1 - s)                                   # up
        dy = y * (1 - y) * ds                              # formula
        db = dy.sum(1)                                     # axis, shape
        db = dy.sum()                                      # axis, shape
        db = dy.mean(0)                                    # factor
        dg = (x * dy).sum(0)                               # node
        dg = (xc * dy).sum(0)                              # node, lost
        dg = dy.sum(0)                                     # local, other
        dg = xhat * dy                                     # sum
        dxhat = dy                                         # local, lost
        dxhat = b * dy                                     # node
        dstd = (-xc / std * dxhat).sum(1, keepdims=True)   # formula
        dstd = (xc / std ** 2 * dxhat).sum(1, keepdims=True)              # sign
        dstd = (-1 / std ** 2 * dxhat).sum(1, keepdims=True)              # formula, lost
        dstd = -xc / std ** 2 * dxhat                      # sum
        dstd = (-xc / var * dxhat).sum(1, keepdims=True)   # eps, node
        dvar = 0.5 * std * dstd                            # formula
        dvar = 1 / std * dstd                              # formula, twice
        dvar = 0.5 / var * dstd                            # formula, node
        dvar = 0.5 / np.sqrt(var) * dstd                   # eps, formula
        dxc = dxhat / std                                  # out
        dxc = dxhat / std + 2 * xc * dvar                  # factor
        dxc = dxhat * std + 2 * xc * dvar / 8              # formula
        dxc = dxhat / std + xc * dvar / 8                  # formula, factor
        dmu = dxc.sum(1, keepdims=True)                    # sign
        dx = dxc                                           # out
        dx = dxc + dmu                                     # factor
        dx = dxc - dmu / 8                                 # sign1
        dx = dxhat / std                                   # out
        r = dxhat - dxhat.mean(1)[:, None]; dx = (r - xhat * (xhat * dxhat).mean(1)[:, None]) * std # many, formula
        dx = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / std    # axis
        dx = (8 * dxhat - dxhat.sum(1, keepdims=True) - xhat * (dxhat * xhat).sum(1, keepdims=True)) / std    # factor
        dx = (dy - dy.mean(1, keepdims=True) - xhat * (dy * xhat).mean(1, keepdims=True)) / std               # lost
        """),
    "group norm": Slip(
        """
        x = P(3, 4, 5); gain = P(4, 1); bias = P(4, 1); w = C(3, 4, 5); xg = x.view(3, 2, 10)
        m = xg.mean(2, keepdim=True); d = xg - m; v = (d * d).mean(2, keepdim=True); inv = (v + 1e-5) ** -0.5
        nrm = d * inv; nx = nrm.view(3, 4, 5); out = nx * gain + bias; act = out.relu(); loss = (act * w).mean()
        """,
        """
        dact = w / w.size
        dout = (out > 0) * dact
        dgain = (dout * nx).sum((0, 2)).reshape(4, 1)
        dbias = dout.sum((0, 2)).reshape(4, 1)
        dnx = gain * dout
        dnrm = dnx.reshape(3, 2, 10)
        dinv = (d * dnrm).sum(2, keepdims=True)
        dv = -0.5 * (v + 1e-5) ** -1.5 * dinv
        dd = inv * dnrm + 2 * d * dv / 10
        dm = -dd.sum(2, keepdims=True)
        dxg = dd + dm / 10
        dx = dxg.reshape(3, 4, 5)
        """,
        """
        dact = w                                           # factor
        dact = w / 3                                       # factor
        dout = (out >= 0) * dact * out                     # formula, many
        dout = (nx > 0) * dact                             # formula, node, amask
        dout = np.maximum(dact, 0)                         # formula, relug
        dgain = (dout * nx).sum(0)                         # sum, shape, axis
        dgain = (dout * x).sum((0, 2)).reshape(4, 1)       # node
        dgain = (dout * nx).sum(2).sum(0)                  # shape
        dbias = dout.mean((0, 2)).reshape(4, 1)            # factor
        dnx = dout                                         # local, lost
        dnrm = dnx.reshape(3, 10, 2).transpose(0, 2, 1)    # order
        dinv = (x.reshape(3, 2, 10) * dnrm).sum(2, keepdims=True)         # node
        dinv = (d * dnrm).sum(1, keepdims=True)            # axis, shape
        dv = -0.5 * (v + 1e-5) ** -0.5 * dinv              # formula
        dv = 0.5 * (v + 1e-5) ** -1.5 * dinv               # sign
        dv = -0.5 * v ** -1.5 * dinv                       # eps
        dv = -(v + 1e-5) ** -1.5 * dinv                    # formula, factor, twice
        dv = (v + 1e-5) ** -1.5 * dinv                     # formula, factor, sign
        dd = inv * dnrm                                    # out
        dd = inv * dnrm + d * dv / 10                      # out, formula, factor
        dd = inv * dnrm + 2 * d * dv                       # factor
        dd = inv * dnrm + 2 * d * dv / 9                   # factor
        dxg = dd                                           # out
        dxg = dd + dm                                      # factor
        dx = (inv * (dnrm - dnrm.mean(2, keepdims=True))).reshape(3, 4, 5)    # out
        dx = gain * dxg.reshape(3, 4, 5)                   # many
        """),
    "convolution as a product": Slip(
        """
        img = P(3, 12); W = P(4, 2); bias = P(2); V2 = P(18, 3); y = R.integers(0, 3, 3); rows = np.arange(3)
        idx = np.arange(9)[:, None] + np.arange(4)[None, :]
        cols = img[:, idx]; conv = cols @ W + bias; h = conv.relu(); flat = h.view(3, 18); z = flat @ V2
        p = F.softmax(z, 1); loss = -p[rows, y].log().mean()
        """,
        """
        dz = p.copy(); dz[rows, y] -= 1; dz /= 3
        dV2 = flat.T @ dz
        dflat = dz @ V2.T
        dh = dflat.reshape(3, 9, 2)
        dconv = (conv > 0) * dh
        dbias = dconv.sum((0, 1))
        dW = cols.reshape(27, 4).T @ dconv.reshape(27, 2)
        dcols = dconv @ W.T
        dimg = np.zeros_like(img); np.add.at(dimg, (slice(None), idx), dcols)
        """,
        """
        dz = p / 3                                         # hot, cross
        dz = p.copy(); dz[rows, y] -= 1                    # factor
        dz = p.copy(); dz[rows, y] += 1; dz /= 3           # cross, sign1
        dz = -p; dz[rows, y] += 1; dz /= 3                 # sign
        dz = p.copy(); dz[:, y] -= 1; dz /= 3              # cross, labels
        dz = p.copy(); dz[rows, y] -= 1; dz /= 9           # factor
        dV2 = dz.T @ flat                                  # trans
        dV2 = flat.T @ z                                   # arriving, local, node
        dh = dflat.reshape(3, 2, 9).transpose(0, 2, 1)     # order
        dconv = dh                                         # local
        dconv = (h > 0)                                    # up
        dconv = (dh > 0) * dh                              # relug, formula
        dconv = conv * dh                                  # formula
        dbias = dconv.sum(0)                               # sum, axis
        dbias = dconv.sum((0, 1)) / 27                     # factor
        dbias = dconv.mean(0).sum(0)                       # factor
        dW = cols.reshape(27, 4).T @ dh.reshape(27, 2)     # local, arriving
        dW = cols[0].T @ dconv[0]                          # out, pos
        dW = (cols.reshape(27, 4).T @ dconv.reshape(27, 2))[::-1]         # order, flip
        dW = np.einsum('nlk,nlo->nko', cols, dconv).mean(0)               # factor
        dcols = dconv @ W.T[:, ::-1]                       # order, flip, node
        dimg = np.zeros_like(img); dimg[:, idx] = dcols    # over
        dimg = np.zeros_like(img); dimg[:, idx] += dcols   # over
        dimg = np.zeros_like(img); dimg[:, :9] = dcols[:, :, 0]           # out, pos
        """),
    "bag of words": Slip(
        """
        X = np.array([[1, 2, 2], [0, 2, 4], [5, 5, 5], [1, 0, 3]]); E = P(7, 5); W = P(5, 4); b = P(4)
        Y = np.array([1, 3, 0, 2]); rows = np.arange(4); e = E[X]; bag = e.mean(1); h = bag.tanh()
        z = h @ W + b; mx = z.max(1, keepdim=True).values; zs = z - mx; ex = zs.exp(); tot = ex.sum(1, keepdim=True)
        lse = tot.log(); lp = zs - lse; loss = -lp[rows, Y].sum() / 4
        """,
        """
        dlp = np.zeros_like(lp); dlp[rows, Y] = -1 / 4
        dlse = -dlp.sum(1, keepdims=True)
        dtot = 1 / tot * dlse
        dex = np.ones_like(ex) * dtot
        dzs = dlp + ex * dex
        dz = ex / tot / 4; dz[rows, Y] -= 1 / 4
        dh = dz @ W.T
        dbag = (1 - h ** 2) * dh
        de = np.repeat(dbag[:, None] / 3, 3, 1)
        dE = np.zeros_like(E); np.add.at(dE, X, de)
        """,
        """
        dlp = np.zeros_like(lp); dlp[rows, Y] = -1         # factor
        dlp = np.zeros_like(lp); dlp[rows, Y] = 1 / 4      # sign
        dlp = np.zeros_like(lp); dlp[:, Y] = -1 / 4        # labels, cross, place
        dlp = np.full_like(lp, -1 / 4)                     # hot, formula, place
        dlse = dlp.sum(1, keepdims=True)                   # sign
        dlse = -dlp.sum(0)                                 # axis, shape
        dlse = -dlp                                        # sum
        dtot = tot * dlse                                  # formula
        dtot = 1 / tot                                     # up
        dex = np.ones_like(ex)                             # up, local
        dzs = ex * dex                                     # out
        dzs = dlp                                          # out, over
        dzs = dlp + dex                                    # local
        dzs = dlp - ex * dex                               # sign1
        dz = ex / tot / 4                                  # hot, cross
        dz = ex / 4; dz[rows, Y] -= 1 / 4                  # cross
        dz = ex / tot / 4; dz[rows, Y] -= 1                # cross
        dbag = (1 - bag ** 2) * dh                         # formula
        dbag = (1 - h ** 2) * h                            # arriving, formula, node, up
        de = np.repeat(dbag[:, None], 3, 1)                # factor
        dE = np.zeros_like(E); dE[X] = de                  # over
        dE = np.zeros_like(E); dE[X] += de                 # over
        dE = np.zeros_like(E); np.add.at(dE, X[:, 0], de[:, 0])           # out, pos
        dE = np.zeros_like(E); np.add.at(dE, X, np.repeat(dbag[:, None], 3, 1))    # factor
        """),
    "dropout in two layers": Slip(
        """
        x = P(5, 6); W1 = P(6, 7); W2 = P(7, 4); m1 = (R.random((5, 7)) > 0.5) * 2.0
        m2 = (R.random((5, 4)) > 0.25) / 0.75
        a = x @ W1; h = a.relu(); hd = h * m1; o = hd @ W2; od = o * m2; t = C(5, 4); err = od - t
        loss = (err ** 2).mean()
        """,
        """
        derr = 2 * err / 20
        do = m2 * dod
        dW2 = hd.T @ do
        dhd = do @ W2.T
        dh = m1 * dhd
        da = (a > 0) * dh
        dW1 = x.T @ da
        """,
        """
        derr = 2 * err                                     # factor
        derr = 2 * err / 5                                 # factor
        derr = np.abs(err) / 20                            # formula
        do = dod                                           # local
        do = dod / 0.75                                    # local, formula, factor, amask, nomask
        do = (m2 > 0) * dod                                # factor, formula
        do = m2 * dod * 0.75                               # factor, formula
        do = (m2 == 0) * dod                               # mask, formula
        do = m2                                            # up
        dW2 = h.T @ do                                     # node, lost
        dW2 = hd.T @ dod                                   # local, arriving, lost, other
        dhd = dod @ W2.T                                   # arriving, local
        dh = m1 * m1 * dhd                                 # many, formula, twice
        dh = (1 - m1) * dhd                                # formula, mask
        dh = (np.random.default_rng(3).random((5, 7)) > 0.5) * 2.0 * dhd  # amask
        da = (a > 0) * dhd                                 # local, arriving, lost
        da = (x > 0).sum() * dh                            # factor, formula, local
        dW1 = x.T @ dh                                     # local, arriving, lost
        dW1 = x.T @ (m1 * da)                              # many, twice
        """),
    "label smoothing with temperature": Slip(
        """
        z = P(6, 5); T = 2.0; e = 0.1; Y = R.integers(0, 5, 6); rows = np.arange(6)
        hot = np.eye(5)[Y]; q = (1 - e) * hot + e / 5; u = z / T; ex = u.exp(); s = ex.sum(1, keepdim=True)
        ls = s.log(); lp = u - ls; loss = -(lp * q).sum() / 6
        """,
        """
        dlp = -q / 6
        dls = -dlp.sum(1, keepdims=True)
        ds = dls / s
        dex = ds + 0 * ex
        du = dlp + ex * dex
        dz = (ex / s - q) / 6 / T
        """,
        """
        dlp = -q                                           # factor
        dlp = q / 6                                        # sign
        dlp = -hot / 6                                     # cross, node, formula
        dls = -dlp                                         # sum
        ds = dls * s                                       # formula
        ds = -dls / s ** 2                                 # formula
        du = ex * dex                                      # out
        du = (ex / s) / 6                                  # hot, out, cross
        du = (ex / s - hot) / 6                            # cross
        du = (ex / s - q)                                  # factor
        du = (ex - q) / 6                                  # cross
        du = (ex / s + q) / 6                              # cross, sign1
        du = (q - ex / s) / 6                              # sign
        dz = (ex / s - q) / 6                              # lost, factor, twice
        dz = (ex / s - q) / 6 * T                          # factor
        dz = (ex / s - q) / 6 / T ** 2                     # factor, many
        dz = (ex / s - hot) / 6 / T                        # cross
        dz = (np.exp(z) / np.exp(z).sum(1, keepdims=True) - q) / 6 / T    # cross, lost
        dz = (ex / s - q) / 30 / T                         # factor
        dz = (ex / s - ((1 - e) * hot)) / 6 / T            # cross
        dz = (ex / s - ((1 - e) * hot + e / 4 * (1 - hot))) / 6 / T       # cross
        dz = (ex / ex.sum(0) - q) / 6 / T                  # cross, axis
        """),
    "focal loss": Slip(
        """
        x = C(9, 3); w = P(3); b = P(); y = (R.random(9) > 0.5) * 1.0; z = x @ w + b; p = z.sigmoid()
        pt = p * y + (1 - p) * (1 - y); gap = 1 - pt; f = gap ** 2; lpt = pt.log(); l = f * lpt; loss = -l.mean()
        """,
        """
        dl = -np.ones_like(l) / 9
        df = lpt * dl
        dgap = 2 * gap * df
        dlpt = f * dl
        dpt = dlpt / pt - dgap
        dp = (2 * y - 1) * dpt
        dz = p * (1 - p) * dp
        dw = x.T @ dz
        db = dz.sum()
        """,
        """
        dl = -np.ones_like(l)                              # factor
        dl = np.ones_like(l) / 9                           # sign
        df = l * dl                                        # node, formula
        df = f * dl                                        # node, other, formula
        dgap = gap * df                                    # factor, formula, lost
        dgap = 2 * df                                      # formula, lost
        dgap = 2 * f * df                                  # formula, node
        dlpt = dl                                          # local, lost
        dpt = dlpt / pt                                    # out
        dpt = -dgap                                        # out, over
        dpt = dlpt / pt + dgap                             # sign1
        dpt = dlpt * pt - dgap                             # formula
        dpt = dlpt - dgap                                  # local
        dpt = 1 / pt * dlpt - 2 * gap * lpt                # up, factor
        dp = dpt                                           # local, lost, out, sign1
        dp = y * dpt                                       # out
        dp = (1 - 2 * y) * dpt                             # sign
        dz = p * (1 - p)                                   # up
        dz = (1 - p) * dp                                  # formula, lost
        dz = z * (1 - z) * dp                              # formula
        dz = (p - y) / 9                                   # cross
        dw = x.T @ dp                                      # local, arriving
        dw = (x.T @ dz) / 9                                # factor
        db = dz                                            # sum
        db = dz.mean()                                     # factor
        """),
    "hinge loss": Slip(
        """
        x = C(6, 4); W = P(4, 5); Y = R.integers(0, 5, 6); rows = np.arange(6); s = x @ W
        right = s[rows, Y].view(6, 1); m = s - right + 1; keep = 1.0 - np.eye(5)[Y]; h = m.relu(); hk = h * keep
        data = hk.sum() / 6; reg = (W * W).sum() * 0.05; loss = data + reg
        """,
        """
        dhk = np.ones_like(hk) / 6
        dh = keep / 6
        dm = (m > 0) * dh
        dright = -dm.sum(1, keepdims=True)
        ds = dm.copy(); ds[rows, Y] -= dm.sum(1)
        dW = x.T @ ds + 0.1 * W
        """,
        """
        dh = np.ones_like(h) / 6                           # local, amask, nomask, lost
        dh = keep                                          # factor
        dm = dh                                            # local, amask
        dm = (m > 0) * 1.0                                 # up
        dm = (m < 0) * dh                                  # formula, mask
        dm = m * dh                                        # formula
        dm = (s > 0) * dh                                  # formula, node
        dright = dm.sum(1, keepdims=True)                  # sign
        dright = -dm                                       # sum
        dright = -dm.sum(1)                                # shape
        dright = -dm.mean(1, keepdims=True)                # factor
        ds = dm                                            # out
        ds = dm.copy(); ds[rows, Y] = -1 / 6               # pos, formula, over, out
        ds = dm.copy(); ds[rows, Y] += dm.sum(1)           # sign1
        ds = dm.copy(); ds[rows, Y] -= 1 / 6               # pos, formula, over
        dW = x.T @ ds                                      # out
        dW = x.T @ ds + 0.05 * W                           # out, factor, formula, lost
        dW = x.T @ ds - 0.1 * W                            # sign1
        dW = x.T @ ds * 6 + 0.1 * W                        # factor
        dW = x.T @ ds + 0.1 * W.sum()                      # sum
        dW = x.T @ ds + W                                  # factor
        dW = x.T @ dm + 0.1 * W                            # out, arriving
        """),
    "gelu": Slip(
        """
        x = P(6, 5); W = P(5, 4); a = x @ W; a3 = a ** 3; inner = 0.79788456 * (a + 0.044715 * a3); th = inner.tanh()
        g = 0.5 * a * (1 + th); t = C(6, 4); loss = ((g - t) ** 2).mean()
        """,
        """
        dg = 2 * (g - t) / 24
        dth = 0.5 * a * dg
        dinner = (1 - th ** 2) * dth
        da3 = 0.79788456 * 0.044715 * dinner
        da = 0.5 * (1 + th) * dg + 0.79788456 * dinner + 3 * a ** 2 * da3
        dW = x.T @ da
        dx = da @ W.T
        """,
        """
        dg = 2 * (g - t)                                   # factor
        dg = 2 * (t - g) / 24                              # sign
        dg = 2 * (g - t) / 6                               # factor
        dth = a * dg                                       # twice, factor, formula
        dth = 0.5 * dg                                     # lost, formula
        dth = 0.5 * g * dg                                 # node
        dinner = (1 - inner ** 2) * dth                    # formula
        dinner = (1 + th ** 2) * dth                       # formula
        dinner = (1 - th) ** 2 * dth                       # formula
        dinner = 1 - th ** 2                               # up
        da3 = 0.044715 * dinner                            # factor, lost
        da3 = 0.79788456 * dinner                          # factor, lost
        da = 0.5 * (1 + th) * dg                           # out
        da = 0.79788456 * dinner + 3 * a ** 2 * da3        # out, over
        da = 0.5 * (1 + th) * dg + 0.79788456 * dinner     # out
        da = 0.5 * (1 + th) * dg + 3 * a ** 2 * da3        # out
        da = 0.5 * (1 + th) * dg + 0.79788456 * dinner + a ** 2 * da3     # formula, factor
        da = 0.5 * (1 + th) * dg + 0.79788456 * dinner + 3 * a * da3      # formula
        da = 0.5 * (1 + th) * dg + dinner + 3 * a ** 2 * da3              # factor, lost, local
        da = 0.5 * (1 - th) * dg + 0.79788456 * dinner + 3 * a ** 2 * da3 # sign1, formula
        da = 0.5 * th * dg + 0.79788456 * dinner + 3 * a ** 2 * da3       # formula, out
        dx = dg @ W.T                                      # local, arriving
        """),
    "residual block": Slip(
        """
        x = P(5, 6); W1 = P(6, 6); b1 = P(6); W2 = P(6, 6); a = x @ W1 + b1; h = a.relu(); f = h @ W2; r = x + f
        n2 = (r * r).sum(1, keepdim=True); nn = n2.sqrt(); u = r / nn; w = C(5, 6); loss = (u * w).sum()
        """,
        """
        dr = w / nn + 2 * r * dn2
        dnn = (-r / n2 * w).sum(1, keepdims=True)
        dn2 = 0.5 / nn * dnn
        df = dr
        dW2 = h.T @ df
        dh = df @ W2.T
        da = (a > 0) * dh
        dW1 = x.T @ da
        dx = dr + da @ W1.T
        """,
        """
        dx = da @ W1.T                                     # out, over
        dx = dr                                            # out
        dx = dr + da @ W1                                  # T
        dx = dr * (da @ W1.T)                              # formula, added
        dx = dr + dh @ W1.T                                # local, arriving
        dx = 2 * dr + da @ W1.T                            # twice
        dx = dr - da @ W1.T                                # sign1
        dr = w / nn                                        # out
        dr = w / nn + r * dn2                              # formula, out
        dr = w / nn - 2 * r * dn2                          # sign1
        dr = w / nn + 2 * x * dn2                          # node
        dr = w / nn + 2 * r                                # up
        dr = 2 * r * dn2                                   # out, over
        dnn = (-r / nn * w).sum(1, keepdims=True)          # formula
        dnn = (r / n2 * w).sum(1, keepdims=True)           # sign
        dnn = -r / n2 * w                                  # sum
        dnn = (-1 / n2 * w).sum(1, keepdims=True)          # formula, lost
        dn2 = 0.5 * nn * dnn                               # formula
        dn2 = 0.5 / n2 * dnn                               # formula
        dn2 = 0.5 * n2 ** 0.5 * dnn                        # formula
        dW2 = a.T @ df                                     # node
        dW2 = df.T @ h                                     # trans
        dW1 = x.T @ dh                                     # local, arriving
        dW1 = r.T @ da                                     # node
        db1 = dh.sum(0)                                    # local, arriving
        db1 = da                                           # sum
        da = (h < 0) * dh                                  # zeros, formula, mask
        da = (x > 0) * dh                                  # formula, node
        """),
    "policy gradient": Slip(
        """
        s = C(7, 4); W1 = P(4, 6); W2 = P(6, 3); act = R.integers(0, 3, 7); adv = C(7); rows = np.arange(7)
        pre = s @ W1; h = pre.tanh(); z = h @ W2; p = F.softmax(z, 1); lp = p.log(); chosen = lp[rows, act]
        ent = -(p * lp).sum(1); loss = -(chosen * adv).sum() / 7 - 0.01 * ent.mean()
        """,
        """
        dchosen = -adv / 7
        dent = -0.01 / 7 * np.ones_like(ent)
        dlp = -p * dent[:, None]; dlp[rows, act] += dchosen
        dp = dlp / p - lp * dent[:, None]
        dz = p * (dp - (dp * p).sum(1, keepdims=True))
        dW2 = h.T @ dz
        dh = dz @ W2.T
        dpre = (1 - h ** 2) * dh
        dW1 = s.T @ dpre
        """,
        """
        dchosen = adv / 7                                  # sign
        dchosen = -adv                                     # factor
        dchosen = -np.ones_like(adv) / 7                   # local, formula, lost
        dent = 0.01 / 7 * np.ones_like(ent)                # sign
        dent = -0.01 * np.ones_like(ent)                   # factor
        dlp = np.zeros_like(lp); dlp[rows, act] = dchosen  # out
        dlp = -p * dent[:, None]                           # out
        dlp = -p * dent[:, None]; dlp[rows, act] = dchosen # over
        dp = dlp / p                                       # out
        dp = dlp * p - lp * dent[:, None]                  # formula
        dp = dlp / p + lp * dent[:, None]                  # sign1
        dp = dlp - lp * dent[:, None]                      # local
        dz = p * dp                                        # soft, formula
        dz = p * (1 - p) * dp                              # soft
        dz = p * (dp - dp.sum(1, keepdims=True))           # soft
        dz = p * (dp - (dp * p).sum(0, keepdims=True))     # soft
        dz = p * (dp - (dp * p).sum())                     # soft
        dz = p.copy(); dz[rows, act] -= 1; dz *= adv[:, None] / 7         # out
        dz = p.copy(); dz[rows, act] -= 1; dz /= 7         # lost, cross, out
        dW2 = h.T @ p                                      # arriving, local, node
        dW2 = pre.T @ dz                                   # node
        dpre = (1 - pre ** 2) * dh                         # formula
        dpre = (1 - h ** 2)                                # up
        dpre = dh                                          # local
        dW1 = s.T @ dh                                     # local, arriving
        dW1 = (s.T @ dpre) * 7                             # factor
        """),
    "two layers of single numbers": Slip(
        """
        x = V(0.7); w1 = V(-1.2); w2 = V(0.9); b1 = V(0.3); b2 = V(-0.4); v1 = V(1.5); v2 = V(-0.6); t = V(0.25)
        a1 = w1 * x + b1; a2 = w2 * x + b2; h1 = a1.tanh(); h2 = a2.tanh(); m1 = v1 * h1; m2 = v2 * h2
        y = m1 + m2; e = y - t; loss = e ** 2
        """,
        """
        de = 2 * e
        dy = de
        dm1 = dy
        dv1 = h1 * dm1
        dh1 = v1 * dm1
        da1 = (1 - h1 ** 2) * dh1
        dw1 = x * da1
        db1 = da1
        dx = w1 * da1 + w2 * da2
        """,
        """
        de = e                                             # factor, formula, lost
        de = 2                                             # formula, lost
        dt = de                                            # sign
        dy = 2 * (t - y)                                   # sign
        dv1 = dm1                                          # local
        dv1 = a1 * dm1                                     # node
        dv1 = h1                                           # up
        dv1 = h2 * dm1                                     # node, other
        dh1 = v2 * dm1                                     # node, other
        dh1 = dm1                                          # local
        da1 = (1 - h1) * dh1                               # formula
        da1 = (1 - a1 ** 2) * dh1                          # formula
        da1 = (1 - h1 ** 2)                                # up
        da1 = h1 ** 2 * dh1                                # formula
        da1 = (1 - h2 ** 2) * dh1                          # node
        dw1 = x * dh1                                      # local, arriving
        dw1 = w1 * da1                                     # node, formula, local
        dw1 = x + da1                                      # formula
        db1 = dh1                                          # local
        db1 = b1 * da1                                     # formula, node
        dx = w1 * da1                                      # out
        dx = w2 * da2                                      # out, over
        dx = w1 * da1 - w2 * da2                           # sign1
        dx = w1 * da1 * w2 * da2                           # formula, added
        dx = (w1 + w2) * (da1 + da2)                       # formula
        dx = da1 + da2                                     # local
        dx = 2 * (w1 * da1 + w2 * da2)                     # twice
        """),
    "attention pooling": Slip(
        """
        x = P(4, 5, 6); v = P(6); c = (x @ v).tanh(); a = F.softmax(c, 1); ax = a.view(4, 5, 1) * x
        pooled = ax.sum(1); W = P(6, 3); o = pooled @ W; t = C(4, 3); loss = ((o - t) ** 2).sum() / 4
        """,
        """
        do = 2 * (o - t) / 4
        dW = pooled.T @ do
        dpooled = do @ W.T
        dax = np.repeat(dpooled[:, None], 5, 1)
        da = (dax * x).sum(2)
        dc = a * (da - (da * a).sum(1, keepdims=True))
        dx = a[:, :, None] * dax + ((1 - c ** 2) * dc)[:, :, None] * v
        dv = (x * ((1 - c ** 2) * dc)[:, :, None]).sum((0, 1))
        """,
        """
        do = 2 * (o - t)                                   # factor
        do = 2 * (o - t) / 12                              # factor
        dW = pooled.T @ o                                  # arriving, local, node
        dpooled = do @ W.T / 5                             # factor
        dpooled = o @ W.T                                  # arriving, node, local
        dax = np.repeat(dpooled[:, None], 5, 1) / 5        # factor
        dax = np.repeat(dpooled, 5, 0).reshape(5, 4, 6).transpose(1, 0, 2)       # order
        da = (dax * x).sum(1)                              # axis, shape
        da = (dax * x).mean(2)                             # factor
        da = dax.sum(2)                                    # local, lost
        da = dax * x                                       # sum, shape
        dc = a * (1 - a) * da                              # soft
        dc = a * da                                        # soft, formula
        dc = a * (da - (da * a).sum(0))                    # soft
        dc = a * (da - da.mean(1, keepdims=True))          # soft
        dc = a * (da + (da * a).sum(1, keepdims=True))     # soft
        dx = a[:, :, None] * dax                           # out
        dx = ((1 - c ** 2) * dc)[:, :, None] * v           # out, over
        dx = a[:, :, None] * dax + dc[:, :, None] * v      # local, lost
        dx = dax                                           # local, out
        dx = a[:, :, None] * dax + (c * (1 - c) * dc)[:, :, None] * v     # formula
        dv = (x * dc[:, :, None]).sum((0, 1))              # local, lost
        dv = (x * ((1 - c ** 2) * dc)[:, :, None]).mean((0, 1))           # factor
        dv = (x * ((1 - c ** 2) * dc)[:, :, None]).sum(1)  # sum, shape, axis
        dv = (x * (1 - c ** 2)[:, :, None]).sum((0, 1))    # up
        """),
    "l2 and momentum of a loss": Slip(
        """
        x = C(8, 3); W1 = P(3, 5); W2 = P(5, 2); lam = 0.02; h = (x @ W1).sigmoid(); o = h @ W2; t = C(8, 2)
        d = o - t; mse = (d ** 2).sum() / (2 * 8); reg = 0.5 * lam * ((W1 ** 2).sum() + (W2 ** 2).sum())
        loss = mse + reg
        """,
        """
        dd = d / 8
        dW2 = h.T @ do + lam * W2
        dh = do @ W2.T
        dW1 = x.T @ (h * (1 - h) * dh) + lam * W1
        """,
        """
        dd = d                                             # factor
        dd = 2 * d / 8                                     # twice, factor
        dd = d / 16                                        # factor
        dd = (t - o) / 8                                   # sign
        dW2 = h.T @ do                                     # out
        dW2 = lam * W2                                     # out, over
        dW2 = h.T @ do + 2 * lam * W2                      # twice, factor, formula
        dW2 = h.T @ do + 0.5 * lam * W2                    # factor, formula, out, lost
        dW2 = h.T @ do - lam * W2                          # sign1
        dW2 = h.T @ do + lam * W2 / 8                      # factor
        dW2 = (h.T @ do + lam * W2) / 8                    # factor
        dW2 = h.T @ do * 8 + lam * W2                      # factor
        dW2 = h.T @ do + lam * np.abs(W2)                  # formula
        dW2 = h.T @ do + lam * W2 ** 2                     # formula
        dW2 = h.T @ do + lam * np.sign(W2)                 # formula
        dW2 = h.T @ do + W2                                # factor, lost
        dW1 = x.T @ dh + lam * W1                          # local, lost
        dW1 = x.T @ (h * (1 - h) * dh)                     # out
        dW1 = x.T @ (h * (1 - h)) + lam * W1               # up
        dW1 = x.T @ ((1 - h ** 2) * dh) + lam * W1         # formula
        dW1 = x.T @ (h * dh) + lam * W1                    # formula, lost
        """),
}

HELD = {
    "lstm with one product": Slip(
        """
        x = C(4, 3); h0 = P(4, 5); c0 = P(4, 5); Wx = P(3, 20); Wh = P(5, 20); b = P(20); w = C(4, 5)
        z = x @ Wx + h0 @ Wh + b; i = z[:, :5].sigmoid(); f = z[:, 5:10].sigmoid(); g = z[:, 10:15].tanh()
        o = z[:, 15:].sigmoid(); c = f * c0 + i * g; tc = c.tanh(); h = o * tc; loss = (h * w).sum() + (c ** 2).sum()
        """,
        """
        dh = w
        do = tc * dh
        dtc = o * dh
        dc = (1 - tc ** 2) * dtc + 2 * c
        df = c0 * dc
        di = g * dc
        dg = i * dc
        dc0 = f * dc
        dz = np.concatenate([i * (1 - i) * di, f * (1 - f) * df, (1 - g ** 2) * dg, o * (1 - o) * do], 1)
        dWh = h0.T @ dz
        db = dz.sum(0)
        dh0 = dz @ Wh.T
        """,
        """
        do = c * dh                                        # node
        do = tc                                            # up
        dtc = dh                                           # local
        dc = (1 - tc ** 2) * dtc                           # out
        dc = 2 * c                                         # out, over
        dc = (1 - c ** 2) * dtc + 2 * c                    # formula
        dc = dtc + 2 * c                                   # local
        dc = (1 - tc ** 2) * dh + 2 * c                    # lost, arriving, local
        dc = (1 - tc) * dtc + 2 * c                        # formula
        dc = (1 - tc ** 2) * dtc + c                       # formula, factor, lost
        df = c * dc                                        # node
        df = dc                                            # local
        di = i * dc                                        # node, other, formula
        dg = g * dc                                        # node, other, formula
        dc0 = i * dc                                       # node, other
        dc0 = f * dtc                                      # arriving, local
        dz = np.concatenate([i * (1 - i) * di, f * (1 - f) * df, g * (1 - g) * dg, o * (1 - o) * do], 1)     # formula
        dz = np.concatenate([di, df, dg, do], 1)           # local
        dz = np.concatenate([f * (1 - f) * df, i * (1 - i) * di, (1 - g ** 2) * dg, o * (1 - o) * do], 1)    # order
        dz = np.concatenate([i * (1 - i) * di, f * (1 - f) * df, (1 - g ** 2) * dg, (1 - o ** 2) * do], 1)   # formula
        dz = np.concatenate([i * (1 - i) * di, 0 * f, (1 - g ** 2) * dg, o * (1 - o) * do], 1)               # out
        dWh = h.T @ dz                                     # node
        db = dz                                            # sum
        db = dz.mean(0)                                    # factor
        """),
    "contrastive": Slip(
        """
        a = P(5, 4); b = P(5, 4); na = (a ** 2).sum(1, keepdim=True).sqrt(); nb = (b ** 2).sum(1, keepdim=True).sqrt()
        ua = a / na; ub = b / nb; tau = 0.5; sim = ua @ ub.T; z = sim / tau; rows = np.arange(5)
        loss = F.cross_entropy(z, rows)
        """,
        """
        dz = soft(z); dz[rows, rows] -= 1; dz /= 5
        dsim = dz / tau
        dua = dsim @ ub
        dub = dsim.T @ ua
        dna = (-a / na ** 2 * dua).sum(1, keepdims=True)
        da = dua / na + a / na * dna
        """,
        """
        dz = soft(z) / 5                                   # hot, cross
        dz = soft(z); dz[rows, rows] -= 1                  # factor
        dz = soft(z.T).T; dz[rows, rows] -= 1; dz /= 5     # cross, axis
        dz = soft(sim); dz[rows, rows] -= 1; dz /= 5       # cross, lost
        dz = np.eye(5) - soft(z); dz /= 5                  # sign
        dz = soft(z); dz -= 1; dz /= 5                     # cross
        dsim = dz                                          # lost, factor, local
        dsim = dz * tau                                    # factor, formula
        dsim = dz / tau ** 2                               # factor, many, twice
        dua = dsim.T @ ub                                  # T
        dua = dsim @ ua                                    # node
        dua = dsim @ b                                     # node, lost
        dua = dz @ ub                                      # lost, factor, local, arriving
        dub = dsim @ ua                                    # T
        dub = dsim.T @ ub                                  # node
        dna = (-a / na * dua).sum(1, keepdims=True)        # formula
        dna = (a / na ** 2 * dua).sum(1, keepdims=True)    # sign
        dna = -a / na ** 2 * dua                           # sum
        dna = (-a / na ** 2 * dua).sum(0)                  # axis, shape
        da = dua / na                                      # out
        da = dua                                           # local, out
        da = dua / na - a / na * dna                       # sign1
        da = (dua - ua * (dua * ua).sum(1, keepdims=True)) # lost
        da = (dua - ua * (dua * ua).sum(1, keepdims=True)) / na ** 2      # many
        da = (dua - ua * dua.sum(1, keepdims=True)) / na   # formula, lost
        """),
    "variational autoencoder": Slip(
        """
        x = C(6, 5); W = P(5, 8); h = x @ W; mu = h[:, :4]; lv = h[:, 4:]; eps = C(6, 4); half = 0.5 * lv
        sd = half.exp()
        z = mu + sd * eps; D = P(4, 5); xr = (z @ D).sigmoid(); rec = ((xr - x) ** 2).sum() / 6
        ev = lv.exp(); kl = -0.5 * (1 + lv - mu ** 2 - ev).sum() / 6; loss = rec + kl
        """,
        """
        dxr = 2 * (xr - x) / 6
        dD = z.T @ (xr * (1 - xr) * dxr)
        dz = (xr * (1 - xr) * dxr) @ D.T
        dsd = eps * dz
        dhalf = sd * dsd
        dev = np.full_like(ev, 0.5 / 6)
        dmu = dz + mu / 6
        dlv = 0.5 * dhalf + 0.5 * (ev - 1) / 6
        dW = x.T @ dh
        """,
        """
        dxr = 2 * (xr - x)                                 # factor
        dxr = 2 * (xr - x) / 30                            # factor
        dz = (xr * (1 - xr)) @ D.T                         # up
        dz = dxr @ D.T                                     # local, lost
        dz = ((1 - xr ** 2) * dxr) @ D.T                   # formula
        dz = (xr * (1 - xr) * dxr) @ D.T + mu / 6          # twice, other
        dsd = dz                                           # local, lost
        dsd = z * dz                                       # node
        dsd = np.random.default_rng(7).standard_normal((6, 4)) * dz       # amask
        dhalf = dsd                                        # local
        dhalf = sd * sd * dsd                              # formula, many
        dhalf = eps * sd                                   # up
        dev = np.full_like(ev, -0.5 / 6)                   # sign
        dev = np.full_like(ev, 0.5)                        # factor
        dmu = dz                                           # out
        dmu = mu / 6                                       # out, over
        dmu = dz - mu / 6                                  # sign1
        dmu = dz + mu                                      # factor
        dmu = dz + 0.5 * mu / 6                            # factor, formula, lost
        dlv = 0.5 * dhalf                                  # out
        dlv = 0.5 * (ev - 1) / 6                           # out
        dlv = dhalf + 0.5 * (ev - 1) / 6                   # twice, factor, lost, local
        dlv = 0.5 * dhalf + 0.5 * ev / 6                   # out
        dlv = 0.5 * dhalf + 0.5 * (1 - ev) / 6             # sign1
        dlv = 0.5 * dhalf - 0.5 / 6                        # out
        dlv = 0.5 * dhalf + 0.5 * (lv - 1) / 6             # formula, node
        """),
    "swiglu and rms norm": Slip(
        """
        x = P(5, 6); s = P(6); ms = (x * x).mean(1, keepdim=True); rms = (ms + 1e-6).sqrt(); xn = x / rms; xs = xn * s
        W1 = P(6, 7); W3 = P(6, 7); W2 = P(7, 6); u = xs @ W1; v = xs @ W3; sg = u.sigmoid(); sw = u * sg; gv = sw * v
        y = x + gv @ W2; w = C(5, 6); loss = (y.sin() * w).sum()
        """,
        """
        dy = np.cos(y) * w
        dgv = dy @ W2.T
        dsw = v * dgv
        dv = sw * dgv
        dsg = u * dsw
        du = sg * dsw + sg * (1 - sg) * dsg
        dxs = du @ W1.T + dv @ W3.T
        ds = (xn * dxs).sum(0)
        dxn = s * dxs
        drms = (-x / rms ** 2 * dxn).sum(1, keepdims=True)
        dms = 0.5 / rms * drms
        dx = dy + dxn / rms + 2 * x / 6 * dms
        """,
        """
        dy = -np.cos(y) * w                                # sign
        dy = np.sin(y) * w                                 # formula
        dy = np.cos(y)                                     # up
        dsw = u * dgv                                      # node
        dv = u * dgv                                       # node
        dv = sg * dgv                                      # node, lost
        dsg = dsw                                          # local
        du = sg * dsw                                      # out
        du = sg * (1 - sg) * dsw                           # lost, local, formula, out
        du = sg * (1 - sg) * dsg                           # out, over
        du = sg * dsw + (1 - sg) * dsg                     # formula, lost
        du = sg * dsw + u * (1 - u) * dsg                  # formula
        du = dsw + sg * (1 - sg) * dsg                     # local
        du = sw * dsw + sg * (1 - sg) * dsg                # node, many
        dxs = du @ W1.T                                    # out
        dxs = dv @ W1.T + du @ W3.T                        # arriving, node, other
        ds = (x * dxs).sum(0)                              # node
        ds = xn * dxs                                      # sum
        ds = (xn * dxs).sum(1)                             # axis, shape
        dxn = dxs                                          # local
        drms = (-x / rms * dxn).sum(1, keepdims=True)      # formula
        dms = 0.5 * rms * drms                             # formula
        dms = 0.5 / np.sqrt(ms) * drms                     # eps, right
        dx = dxn / rms + 2 * x / 6 * dms                   # out
        dx = dy + dxn / rms                                # out
        dx = dy + dxn / rms + 2 * x * dms                  # factor
        dx = dy + dxn * rms + 2 * x / 6 * dms              # formula
        dx = dy + dxn / rms + x / 6 * dms                  # formula, factor, out
        """),
    "weight tying": Slip(
        """
        X = np.array([2, 0, 2, 5, 1]); Y = np.array([1, 3, 0, 5, 2]); rows = np.arange(5); E = P(6, 4); W = P(4, 4)
        e = E[X]; a = e @ W; h = a.tanh(); z = h @ E.T; p = F.softmax(z, 1); loss = -p[rows, Y].log().sum() / 5
        """,
        """
        dz = p.copy(); dz[rows, Y] -= 1; dz /= 5
        dh = dz @ E
        da = (1 - h ** 2) * dh
        dW = e.T @ da
        de = da @ W.T
        dE = dz.T @ h; np.add.at(dE, X, de)
        """,
        """
        dz = p / 5                                         # hot, cross
        dz = p.copy(); dz[rows, Y] -= 1                    # factor
        dz = p.copy(); dz[rows, X] -= 1; dz /= 5           # labels
        dz = p * (1 - p) / 5                               # cross, soft
        dh = z @ E                                         # arriving, node, local
        dh = dz @ E / 5                                    # factor
        da = (1 - a ** 2) * dh                             # formula
        da = h * (1 - h) * dh                              # formula
        da = dh                                            # local
        dW = h.T @ da                                      # node
        dW = da.T @ e                                      # trans
        dW = e.T @ dh                                      # local, arriving
        de = da @ W                                        # T
        de = dh @ W.T                                      # local, arriving
        dE = dz.T @ h                                      # out
        dE = np.zeros_like(E); np.add.at(dE, X, de)        # out
        dE = dz.T @ h; dE[X] += de                         # over
        dE = dz.T @ h; dE[X] = de                          # over
        dE = np.zeros_like(E); dE[X] = de                  # over, out
        dE = dz.T @ a; np.add.at(dE, X, de)                # node
        dE = dz.T @ h; np.add.at(dE, X, -de)               # sign1
        dE = dz.T @ h; np.add.at(dE, X, dh)                # local, arriving
        dE = dz.T @ h; np.add.at(dE, Y, de)                # order, labels
        """),
    "mean over the real tokens": Slip(
        """
        z = P(4, 6, 5); Y = R.integers(0, 5, (4, 6))
        real = (np.arange(6)[None] < np.array([6, 3, 4, 2])[:, None]) * 1.0
        n = real.sum(); ex = z.exp(); s = ex.sum(2, keepdim=True); p = ex / s; lp = p.log()
        picked = lp[np.arange(4)[:, None], np.arange(6)[None], Y]; kept = picked * real; total = kept.sum()
        loss = -total / n
        """,
        """
        dtotal = -1 / n
        dkept = np.full_like(kept, -1 / n)
        dpicked = -real / n
        dlp = np.zeros_like(lp); dlp[np.arange(4)[:, None], np.arange(6)[None], Y] = dpicked
        dp = dlp / p
        ds = (-ex / s ** 2 * dp).sum(2, keepdims=True)
        dex = dp / s + ds
        dz = p.copy(); dz[np.arange(4)[:, None], np.arange(6)[None], Y] -= 1; dz *= real[:, :, None] / n
        """,
        """
        dtotal = 1 / n                                     # sign
        dkept = np.full_like(kept, -1 / 24)                # factor
        dkept = np.full_like(kept, -1.0)                   # factor
        dpicked = np.full_like(kept, -1 / n)               # local, nomask, amask, lost
        dpicked = -(1 - real) / n                          # mask
        dpicked = real / n                                 # sign
        dpicked = -real / 24                               # factor
        dpicked = -real / 4                                # factor
        dlp = np.full_like(lp, -1 / n)                     # hot, place
        dlp = np.zeros_like(lp); dlp[np.arange(4)[:, None], np.arange(6)[None], Y] = -1 / n # nomask, amask, lost, local
        dp = dlp * p                                       # formula
        dp = 1 / p                                         # up
        ds = (ex / s ** 2 * dp).sum(2, keepdims=True)      # sign
        ds = (-ex / s * dp).sum(2, keepdims=True)          # formula
        ds = -ex / s ** 2 * dp                             # sum
        dex = dp / s                                       # out
        dex = ds + 0 * ex                                  # out, over
        dex = dp / s - ds                                  # sign1
        dz = p.copy(); dz[np.arange(4)[:, None], np.arange(6)[None], Y] -= 1; dz /= n # nomask, cross, lost, amask
        dz = p.copy(); dz[np.arange(4)[:, None], np.arange(6)[None], Y] -= 1; dz *= real[:, :, None] / 24      # factor
        dz = p.copy(); dz[np.arange(4)[:, None], np.arange(6)[None], Y] -= 1; dz *= real[:, :, None]           # factor
        dz = p * real[:, :, None] / n                      # hot, cross
        dz = p / n                                         # hot, cross, nomask
        dz = p.copy(); dz[np.arange(4)[:, None], np.arange(6)[None], Y] -= real; dz /= n       # nomask, cross, amask
        dz = p.copy(); dz[np.arange(4)[:, None], np.arange(6), Y] -= 1; dz *= (1 - real)[:, :, None] / n # mask, cross
        """),
    "cosine similarity": Slip(
        """
        a = P(6, 4); b = P(6, 4); ab = (a * b).sum(1); a2 = (a * a).sum(1); b2 = (b * b).sum(1)
        na = a2.sqrt(); nb = b2.sqrt()
        nn = na * nb; cos = ab / nn; y = C(6); gap = cos - y; loss = (gap ** 2).mean()
        """,
        """
        dgap = 2 * gap / 6
        dab = dcos / nn
        dnn = -ab / nn ** 2 * dcos
        dna = nb * dnn
        da2 = 0.5 / na * dna
        da = b * dab[:, None] + 2 * a * da2[:, None]
        """,
        """
        dgap = 2 * gap                                     # factor
        dgap = gap / 6                                     # factor, formula
        dcos = -dgap                                       # sign
        dab = dcos                                         # local, lost
        dab = dcos * nn                                    # formula
        dab = dcos / na                                    # node, lost
        dnn = ab / nn ** 2 * dcos                          # sign
        dnn = -ab / nn * dcos                              # formula
        dnn = -1 / nn ** 2 * dcos                          # formula, lost
        dnn = -cos / nn ** 2 * dcos                        # node, formula
        dna = na * dnn                                     # node, other, formula
        dna = dnn                                          # local
        da2 = 0.5 * na * dna                               # formula
        da2 = 0.5 / a2 * dna                               # formula
        da2 = dna / na                                     # twice, formula, factor
        da = b * dab[:, None]                              # out
        da = 2 * a * da2[:, None]                          # out, over
        da = b * dab[:, None] + a * da2[:, None]           # out, formula, factor
        da = a * dab[:, None] + 2 * a * da2[:, None]       # node, formula
        da = b * dab[:, None] - 2 * a * da2[:, None]       # sign1
        da = b * dcos[:, None] + 2 * a * da2[:, None]      # arriving, lost, local
        da = (b - a * cos[:, None]) / nn[:, None] * dcos[:, None]         # lost, node
        """),
    "convolution by shifts, and pooling": Slip(
        """
        x = P(3, 10); k = P(3); b = P(1); c = x[:, :8] * k[0] + x[:, 1:9] * k[1] + x[:, 2:] * k[2] + b; h = c.tanh()
        blocks = h.view(3, 4, 2); pooled = blocks.max(2).values; av = pooled.mean(1); t = C(3)
        loss = ((av - t) ** 2).sum()
        """,
        """
        dav = 2 * (av - t)
        dpooled = np.repeat(dav[:, None] / 4, 4, 1)
        dblocks = (blocks == blocks.max(2, keepdims=True)) * dpooled[:, :, None]
        dh = dblocks.reshape(3, 8)
        dc = (1 - h ** 2) * dh
        db = dc.sum().reshape(1)
        dk = np.array([(x[:, i:i + 8] * dc).sum() for i in range(3)])
        dx = sum(np.pad(dc * k[i], ((0, 0), (i, 2 - i))) for i in range(3))
        """,
        """
        dav = av - t                                       # factor, formula
        dpooled = np.repeat(dav[:, None], 4, 1)            # factor
        dpooled = np.repeat(dav[:, None] / 3, 4, 1)        # factor
        dblocks = np.ones_like(blocks) * dpooled[:, :, None]              # amask, nomask, local, max, place
        dblocks = np.ones_like(blocks) * dpooled[:, :, None] / 2          # amask, max, place
        dblocks = (blocks == blocks.max()) * dpooled[:, :, None]          # amask, max
        dblocks = (blocks < blocks.max(2, keepdims=True)) * dpooled[:, :, None]      # mask, flip
        dh = dblocks.reshape(8, 3).T                       # order
        dc = (1 - h) * dh                                  # formula
        dc = (1 - c ** 2) * dh                             # formula
        dc = dh                                            # local
        db = dc.sum(0)                                     # axis, shape, sum
        db = dc.mean().reshape(1)                          # factor
        dk = np.array([(x[:, i:i + 8] * dc).sum() for i in range(3)])[::-1]          # order, flip
        dk = np.array([(x[:, i:i + 8] * dh).sum() for i in range(3)])     # local, arriving
        dk = np.array([(x[:, i:i + 8] * dc).mean() for i in range(3)])    # factor
        dk = np.array([(x[:, :8] * dc).sum() for i in range(3)])          # node
        dk = np.array([dc.sum() for i in range(3)])        # local, other
        dx = sum(np.pad(dc * k[2 - i], ((0, 0), (i, 2 - i))) for i in range(3))      # order, flip, node
        dx = np.pad(dc * k[0], ((0, 0), (0, 2)))           # out
        dx = sum(np.pad(dc * k[i], ((0, 0), (i, 2 - i))) for i in range(2))          # out
        dx = sum(np.pad(dc, ((0, 0), (i, 2 - i))) for i in range(3))      # local, lost
        """),
    "batch norm of a convolution": Slip(
        """
        x = P(4, 3, 5); g = P(1, 3, 1); b = P(1, 3, 1); w = C(4, 3, 5); mu = x.mean((0, 2), keepdim=True); xc = x - mu
        var = (xc ** 2).mean((0, 2), keepdim=True); iv = 1 / (var + 1e-5).sqrt(); xh = xc * iv; y = xh * g + b
        loss = (y.exp() * w).sum()
        """,
        """
        dy = np.exp(y) * w
        dg = (dy * xh).sum((0, 2), keepdims=True)
        db = dy.sum((0, 2), keepdims=True)
        dxh = g * dy
        div = (xc * dxh).sum((0, 2), keepdims=True)
        dvar = -0.5 * iv ** 3 * div
        dxc = iv * dxh + 2 * xc * dvar / 20
        dx = dxc - dxc.mean((0, 2), keepdims=True)
        """,
        """
        dy = w + 0 * y                                     # local
        dy = np.exp(y)                                     # up
        dg = (dy * xh).sum(0, keepdims=True)               # axis, shape, sum
        dg = (dy * x).sum((0, 2), keepdims=True)           # node
        dg = (dy * xh).mean((0, 2), keepdims=True)         # factor
        dg = dy.sum((0, 2), keepdims=True)                 # other, local
        db = dy.sum((0, 1), keepdims=True)                 # axis, shape
        dxh = dy                                           # local, lost
        div = (x * dxh).sum((0, 2), keepdims=True)         # node
        div = (xh * dxh).sum((0, 2), keepdims=True)        # node, many
        dvar = 0.5 * iv ** 3 * div                         # sign
        dvar = -0.5 * iv * div                             # formula
        dvar = -iv ** 3 * div                              # factor, twice, formula
        dvar = -0.5 * iv ** 2 * div                        # formula
        dxc = iv * dxh                                     # out
        dxc = iv * dxh + 2 * xc * dvar                     # factor
        dxc = iv * dxh + 2 * xc * dvar / 4                 # factor
        dxc = iv * dxh + 2 * xc * dvar / 19                # factor
        dx = dxc                                           # out
        dx = dxc - dxc.mean(0, keepdims=True)              # axis
        dx = dxc - dxc.sum((0, 2), keepdims=True)          # factor
        dx = dxc + dxc.mean((0, 2), keepdims=True)         # sign1
        dx = g * iv * (dy - dy.mean((0, 2), keepdims=True))               # out
        dx = g * iv * (dy - dy.mean((0, 2), keepdims=True) - xh * (dy * xh).sum((0, 2), keepdims=True))       # factor
        dx = iv * (dy - dy.mean((0, 2), keepdims=True) - xh * (dy * xh).mean((0, 2), keepdims=True))          # lost
        dx = g * (dy - dy.mean((0, 2), keepdims=True) - xh * (dy * xh).mean((0, 2), keepdims=True))           # lost
        m = lambda a: a.mean((0, 2), keepdims=True); dx = g / iv * (dy - m(dy) - xh * m(dy * xh)) # formula, many, lost
        """),
    "logistic regression of single numbers": Slip(
        """
        x = V(1.4); w = V(-0.6); b = V(0.35); y = V(0.8); z = w * x + b; en = (-z).exp(); q = 1 + en; p = q ** -1
        lp = p.log(); l1 = y * lp; r = 1 - p; lr = r.log(); l0 = (1 - y) * lr; loss = -(l1 + l0)
        """,
        """
        dl1 = -1.0
        dlp = y * dl1
        dlr = -(1 - y)
        dr = dlr / r
        dp = dlp / p - dr
        dq = -q ** -2 * dp
        den = dq
        dz = -en * den
        dw = x * dz
        """,
        """
        dl1 = 1.0                                          # sign
        dlp = dl1                                          # local
        dlp = y                                            # sign, up
        dlr = -y                                           # node, other, formula, local
        dlr = (1 - y)                                      # sign, up
        dr = dlr * r                                       # formula
        dr = dlr / p                                       # node
        dr = 1 / r                                         # up
        dp = dlp / p                                       # out
        dp = -dr                                           # out, over
        dp = dlp / p + dr                                  # sign1
        dp = dlp * p - dr                                  # formula
        dp = dlp - dr                                      # local
        dq = q ** -2 * dp                                  # sign, formula
        dq = -q ** -1 * dp                                 # formula
        dq = -q ** 2 * dp                                  # formula
        dz = en * den                                      # sign
        dz = -den                                          # local
        dz = p * (1 - p)                                   # up, formula
        dz = p - y + 1                                     # none
        dz = y - p                                         # sign
        dw = w * dz                                        # node, formula
        dw = dz                                            # local
        dw = x                                             # up
        db = b * dz                                        # formula, node
        """),
    "huber and log-cosh": Slip(
        """
        x = C(8, 3); w = P(3); b = P(); t = C(8); o = x @ w + b; r = o - t; ab = abs(r); quad = 0.5 * r ** 2
        lin = ab - 0.5
        small = abs(r.detach().numpy()) < 1.0; hub = torch.where(small, quad, lin); ep = r.exp(); en = (-r).exp()
        ch = (ep + en) / 2; lc = ch.log(); loss = hub.mean() + 0.1 * lc.sum()
        """,
        """
        dhub = np.full_like(hub, 1 / 8)
        dquad = small * dhub
        dlin = ~small * dhub
        dab = dlin
        dlc = np.full_like(lc, 0.1)
        dch = dlc / ch
        dep = dch / 2
        den = dch / 2
        dr = np.sign(r) * dab + r * dquad + ep * dep - en * den
        dw = x.T @ dr
        """,
        """
        dhub = np.full_like(hub, 1.0)                      # factor
        dquad = dhub                                       # local, nomask, amask
        dquad = ~small * dhub                              # mask
        dlin = small * dhub                                # mask, other
        dlc = np.full_like(lc, 0.1 / 8)                    # factor
        dch = dlc * ch                                     # formula
        dch = dlc / ch ** 2                                # formula
        dep = dch                                          # factor, twice, local
        dr = np.sign(r) * dab + r * dquad                  # out
        dr = np.sign(r) * dab + r * dquad + ep * dep + en * den           # sign1
        dr = dab + r * dquad + ep * dep - en * den         # local, formula
        dr = r * dquad + ep * dep - en * den               # out
        dr = np.abs(r) * dab + r * dquad + ep * dep - en * den            # formula
        dr = np.sign(r) * dab + r * dquad + dep - en * den # local
        dr = -en * den                                     # out, over
        dr = np.sign(r) * dab + r + ep * dep - en * den    # up
        dw = x.T @ r                                       # arriving, local, node
        dw = x.T @ dr / 8                                  # factor
        db = dr                                            # sum
        db = dr.mean()                                     # factor
        """),
    "distillation": Slip(
        """
        s = P(6, 5); te = C(6, 5); T = 3.0; Y = R.integers(0, 5, 6); rows = np.arange(6); pt = soft(te / T); u = s / T
        ps = F.softmax(u, 1); lps = ps.log(); kl = (pt * (np.log(pt) - lps)).sum() / 6; soft_loss = T * T * kl
        ce = F.cross_entropy(s, Y); loss = 0.7 * soft_loss + 0.3 * ce
        """,
        """
        dkl = 0.7 * T * T
        dlps = -pt / 6 * dkl
        dps = dlps / ps
        du = (ps - pt) / 6 * dkl
        ds = (ps - pt) / 6 * dkl / T + 0.3 * (soft(s) - np.eye(5)[Y]) / 6
        """,
        """
        dkl = 0.7                                          # factor, lost
        dkl = 0.7 * T                                      # factor, lost
        dkl = T * T                                        # factor, lost
        dlps = pt / 6 * dkl                                # sign
        dlps = -pt * dkl                                   # factor
        dlps = -ps / 6 * dkl                               # node
        dps = dlps * ps                                    # formula
        dps = dlps                                         # local
        du = ps * dps                                      # soft, formula, out
        du = ps * (1 - ps) * dps                           # soft
        du = ps * (dps - dps.sum(1, keepdims=True))        # soft
        du = (pt - ps) / 6 * dkl                           # sign
        du = ps / 6 * dkl                                  # cross, soft, hot
        du = (ps - pt) / 30 * dkl                          # factor
        du = (ps - np.eye(5)[Y]) / 6 * dkl                 # cross, labels
        ds = (ps - pt) / 6 * dkl / T                       # out
        ds = 0.3 * (soft(s) - np.eye(5)[Y]) / 6            # out
        ds = (ps - pt) / 6 * dkl + 0.3 * (soft(s) - np.eye(5)[Y]) / 6     # factor, lost, local
        ds = (ps - pt) / 6 * dkl / T ** 2 + 0.3 * (soft(s) - np.eye(5)[Y]) / 6       # factor, many
        ds = (ps - pt) / 6 * dkl / T + (soft(s) - np.eye(5)[Y]) / 6       # factor, lost, up
        ds = (ps - pt) / 6 * dkl / T - 0.3 * (soft(s) - np.eye(5)[Y]) / 6 # sign1
        ds = (ps - pt) / 6 * dkl / T + 0.3 * soft(s) / 6   # out, hot, cross
        """),
}
