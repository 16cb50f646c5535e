"""A third set of wrong backward lines, in the form of `slips`, written by hand before `diagnose` was held against it.

Its graphs are shaped otherwise than those of the other two sets: no `keepdim`, other batch sizes, single precision,
losses that `diagnose` has no kind for; the last five were written after that. `S` makes a parameter in single
precision.
"""

from __future__ import annotations

from tests.slips import Slip

__all__ = ["LAPSES"]


LAPSES = {
    "batch norm without keepdim": Slip(
        """
        X = P(12, 4); A = P(4, 7); c = P(7); gm = P(7); bt = P(7); V2 = P(7, 3); Y = R.integers(0, 3, 12)
        z = X @ A + c; mu = z.mean(0); zc = z - mu; va = (zc * zc).sum(0) / 11; sd = (va + 1e-5).sqrt()
        zh = zc / sd; o = gm * zh + bt; r = o.relu(); lg = r @ V2; loss = F.cross_entropy(lg, Y)
        """,
        """
        dlg = soft(lg); dlg[np.arange(12), Y] -= 1; dlg /= 12
        dV2 = r.T @ dlg
        dr = dlg @ V2.T
        do = dr * (o > 0)
        dgm = (do * zh).sum(0)
        dbt = do.sum(0)
        dzh = do * gm
        dsd = -(dzh * zc / sd ** 2).sum(0)
        dva = dsd / (2 * sd)
        dzc = dzh / sd + 2 * zc * dva / 11
        dmu = -dzc.sum(0)
        dz = dzc + dmu / 12
        dA = X.T @ dz
        dX = dz @ A.T
        """,
        """
        dlg = soft(lg) / 12                                # hot
        dlg = soft(lg); dlg[np.arange(12), Y] -= 1         # factor
        dlg = soft(lg); dlg[np.arange(12), Y] -= 1; dlg /= 3        # factor
        dlg = np.eye(3)[Y] - soft(lg); dlg /= 12           # sign
        dV2 = o.T @ dlg                                    # node
        do = dr * (zh > 0)                                 # node, amask
        do = dr * r                                        # formula
        do = dr                                            # local, nomask
        dgm = (do * z).sum(0)                              # node
        dgm = (do * zc).sum(0)                             # node, lost
        dgm = (do * gm).sum(0)                             # formula, node
        dbt = do.sum(0) / 12                               # factor
        dzh = do * sd                                      # node
        dsd = -(dzh * zh / sd ** 2).sum(0)                 # node, many
        dsd = -(dzh / sd ** 2).sum(0)                      # formula, lost
        dsd = -(dzh * zc / sd).sum(0)                      # formula
        dva = dsd / (2 * va)                               # node, formula
        dva = dsd / 2 * sd                                 # formula
        dva = dsd * 0.5 * va ** -0.5                       # eps, node, formula
        dzc = dzh / sd + zc * dva / 11                     # factor, formula, out
        dzc = dzh / sd + 2 * zc * dva / 12                 # factor
        dzc = dzh / sd                                     # out
        dmu = -(dzh / sd).sum(0)                           # out
        dmu = dzc.sum(0)                                   # sign
        dz = dzc + dmu                                     # factor
        dz = dzh / sd - (dzh / sd).mean(0)                 # out
        dz = (dzh - dzh.mean(0) - zh * (dzh * zh).mean(0)) / sd            # factor
        dz = gm / sd * (do - do.mean(0) - zh * (do * zh).sum(0))           # factor
        dz = (do - do.mean(0) - zh * (do * zh).sum(0) / 11) / sd           # lost
        dz = gm / sd * (do - do.mean(0) + zh * (do * zh).sum(0) / 11)      # sign1
        dz = gm / sd * (do - do.mean() - zh * (do * zh).sum(0) / 11)       # axis, factor, formula
        dc = dz                                            # sum
        dX = dz @ A.T * X                                  # many
        """),
    "batch norm with var, single": Slip(
        """
        q = S(9, 5); g_ = S(1, 5); b_ = S(1, 5); u = C(9, 5).astype('f4')
        avg = q.mean(0, keepdim=True); vr = q.var(0, keepdim=True); ist = (vr + 1e-3) ** -0.5
        cen = q - avg; hat = cen * ist; out = g_ * hat + b_; act = out.sigmoid(); loss = ((act - u) ** 2).mean()
        """,
        """
        dact = 2 * (act - u) / 45
        dout = act * (1 - act) * dact
        dg_ = (dout * hat).sum(0, keepdims=True)
        db_ = dout.sum(0, keepdims=True)
        dhat = g_ * dout
        dist = (cen * dhat).sum(0, keepdims=True)
        dcen = ist * dhat
        dvr = -0.5 * (vr + 1e-3) ** -1.5 * dist
        davg = -dcen.sum(0, keepdims=True)
        dq = dcen + davg / 9 + 2 * (q - avg) / 8 * dvr
        """,
        """
        dact = 2 * (act - u)                               # factor
        dact = 2 * (act - u) / 9                           # factor
        dact = (act - u) / 45                              # factor, formula
        dact = 2 * (u - act) / 45                          # sign
        dout = out * (1 - out) * dact                      # formula, node
        dout = act * (1 - act)                             # up
        dout = (1 - act ** 2) * dact                       # formula
        dout = (act - 1) * act * dact                      # sign, formula
        dg_ = (dout * cen).sum(0, keepdims=True)           # node, lost
        dg_ = (dout * hat).sum(1, keepdims=True)           # axis, shape
        dg_ = (dact * hat).sum(0, keepdims=True)           # local, arriving
        db_ = dout.sum()                                   # axis, shape
        db_ = dout                                         # sum
        dhat = dout                                        # local
        dist = cen * dhat                                  # sum
        dist = (hat * dhat).sum(0, keepdims=True)          # node, many
        dvr = -0.5 * (vr + 1e-3) ** -0.5 * dist            # formula
        dvr = -(vr + 1e-3) ** -1.5 * dist                  # formula, factor, twice
        dvr = 0.5 * (vr + 1e-3) ** -1.5 * dist             # sign
        dvr = -0.5 * (vr + 1e-3) ** 1.5 * dist             # formula
        dvr = -0.5 * vr ** -1.5 * dist                     # eps
        dcen = g_ * dout                                   # local, lost, other, arriving
        dcen = dhat / ist                                  # formula
        davg = -dhat.sum(0, keepdims=True)                 # local, lost, arriving
        davg = -dcen.mean(0, keepdims=True)                # factor
        dq = dcen + davg / 9                               # out
        dq = dcen + 2 * (q - avg) / 8 * dvr                # out
        dq = dcen + davg / 9 + 2 * (q - avg) / 9 * dvr     # factor
        dq = dcen + davg / 9 + 2 * q / 8 * dvr             # formula, node
        dq = dcen + davg / 9 + 2 * (q - avg) * dvr         # factor
        dq = dcen + davg + 2 * (q - avg) / 8 * dvr         # factor
        dq = dcen - davg / 9 + 2 * (q - avg) / 8 * dvr     # sign1
        """),
    "layer norm from two moments": Slip(
        """
        t = P(3, 4, 6); al = P(6); be = P(6); k = C(3, 4, 6)
        e1 = t.mean(2, keepdim=True); sq = t ** 2; e2 = sq.mean(2, keepdim=True); v = e2 - e1 ** 2
        s = (v + 1e-5).sqrt(); c = t - e1; n = c / s; ln = n * al + be; loss = (ln.tanh() * k).sum() / 12
        """,
        """
        dln = (1 - np.tanh(ln) ** 2) * k / 12
        dal = (dln * n).sum((0, 1))
        dbe = dln.sum((0, 1))
        dn = dln * al
        dc = dn / s
        ds = (-dn * c / s ** 2).sum(2, keepdims=True)
        dv = ds / (2 * s)
        de2 = dv
        de1 = -2 * e1 * dv - dc.sum(2, keepdims=True)
        dsq = de2 / 6 * np.ones((3, 4, 6))
        dt = dc + 2 * t * dsq + de1 / 6
        """,
        """
        dln = (1 - np.tanh(ln) ** 2) * k                   # factor
        dln = (1 - ln ** 2) * k / 12                       # formula
        dln = (1 - np.tanh(ln)) * k / 12                   # formula
        dln = k / 12                                       # local
        dal = (dln * t).sum((0, 1))                        # node
        dal = (dln * n).sum(0)                             # sum, shape
        dal = (dln * n).mean((0, 1))                       # factor
        dal = (dln * n).sum(2)                             # axis, shape
        dbe = dln.sum((0, 2))                              # axis, shape
        dn = dln * be                                      # node
        dn = dln                                           # local
        dc = dn * s                                        # formula
        dc = dn / v                                        # formula, node
        ds = (-dn * c / s).sum(2, keepdims=True)           # formula
        ds = (dn * c / s ** 2).sum(2, keepdims=True)       # sign
        ds = (-dn * n / s ** 2).sum(2, keepdims=True)      # node, many
        ds = (-dn * t / s ** 2).sum(2, keepdims=True)      # node
        dv = ds / s                                        # formula, factor, twice
        dv = ds * s / 2                                    # formula
        dv = 1 / (2 * s)                                   # up
        de1 = -2 * e1 * dv                                 # out
        de1 = -dc.sum(2, keepdims=True)                    # out, over
        de1 = -e1 * dv - dc.sum(2, keepdims=True)          # formula, factor, out
        de1 = 2 * e1 * dv - dc.sum(2, keepdims=True)       # sign1
        dsq = de2 * np.ones((3, 4, 6))                     # factor
        dt = dc + 2 * t * dsq                              # out
        dt = dc + de1 / 6                                  # out
        dt = dc + t * dsq + de1 / 6                        # formula, factor, out
        dt = dc + 2 * t * dsq + de1                        # factor
        dt = (dn - dn.mean(2, keepdims=True)) / s          # out
        dt = (dn - dn.mean(2, keepdims=True) - n * (dn * n).sum(2, keepdims=True)) / s     # factor
        dt = (dn - dn.mean(1, keepdims=True) - n * (dn * n).mean(1, keepdims=True)) / s    # axis, formula
        dt = dn - dn.mean(2, keepdims=True) - n * (dn * n).mean(2, keepdims=True)          # lost
        dt = al / s * (dn - dn.mean(2, keepdims=True) - n * (dn * n).mean(2, keepdims=True))           # many
        """),
    "causal attention in batches": Slip(
        """
        h = P(2, 3, 4); Q = P(4, 4); K = P(4, 4); U = P(4, 4); Y = C(2, 3, 4)
        block = np.where(np.tril(np.ones((3, 3))) > 0, 0.0, -1e9)
        qs = h @ Q; ks = h @ K; vs = h @ U; sc = qs @ ks.transpose(1, 2); sc2 = sc / 2.0; sc3 = sc2 + block
        ex = sc3.exp(); tot = ex.sum(2, keepdim=True); wei = ex / tot; ctx = wei @ vs; res = ctx + h
        err = res - Y; loss = (err ** 2).sum() / 6
        """,
        """
        derr = 2 * err / 6
        dctx = derr
        dwei = dctx @ vs.transpose(0, 2, 1)
        dvs = wei.transpose(0, 2, 1) @ dctx
        dtot = -(dwei * ex / tot ** 2).sum(2, keepdims=True)
        dex = dwei / tot + dtot
        dsc3 = ex * dex
        dsc = dsc3 / 2
        dqs = dsc @ ks
        dks = dsc.transpose(0, 2, 1) @ qs
        dQ = (h.transpose(0, 2, 1) @ dqs).sum(0)
        dh = dqs @ Q.T + dks @ K.T + dvs @ U.T + dres
        """,
        """
        derr = err / 6                                     # factor, formula
        derr = 2 * err / 72                                # factor
        dctx = derr @ U                                    # many, local, node
        dwei = dctx @ ks.transpose(0, 2, 1)                # node
        dvs = wei @ dctx                                   # T
        dvs = sc3.transpose(0, 2, 1) @ dctx                # node
        dtot = -(dwei * ex / tot).sum(2, keepdims=True)    # formula
        dtot = (dwei * ex / tot ** 2).sum(2, keepdims=True)           # sign
        dtot = -(dwei * ex / tot ** 2).sum(1)[:, :, None]  # axis
        dtot = -(dwei * wei / tot ** 2).sum(2, keepdims=True)         # node, many
        dex = dwei / tot                                   # out
        dex = dtot * np.ones((2, 3, 3))                    # out, over
        dex = dwei * tot + dtot                            # formula
        dex = dwei / tot - dtot                            # sign1
        dsc3 = dex                                         # local
        dsc3 = wei * dex                                   # node
        dsc3 = wei * (1 - wei) * dwei                      # soft
        dsc3 = wei * (dwei - (dwei * wei).sum(1, keepdims=True))      # soft
        dsc3 = wei * dwei                                  # soft
        dsc = dsc3                                         # factor, local
        dsc = dsc3 * 2                                     # factor, formula
        dsc = dsc3 / 4                                     # factor, many
        dqs = dsc3 @ ks                                    # factor, lost, local, arriving
        dqs = dsc @ qs                                     # node
        dqs = dsc.transpose(0, 2, 1) @ ks                  # T
        dks = dsc @ qs                                     # T
        dQ = h[0].T @ dqs[0]                               # pos, out
        dQ = (h.transpose(0, 2, 1) @ dqs).mean(0)          # factor
        dQ = h.transpose(0, 2, 1) @ dqs                    # sum, shape
        dQ = (dqs.transpose(0, 2, 1) @ h).sum(0)           # trans, T
        dh = dqs @ Q.T + dks @ K.T + dvs @ U.T             # out
        dh = dqs @ Q.T + dks @ K.T + dres                  # out
        dh = dqs @ Q + dks @ K.T + dvs @ U.T + dres        # T
        dh = dqs @ Q + dks @ K + dvs @ U + dres            # T
        dh = dqs @ K.T + dks @ Q.T + dvs @ U.T + dres      # node, arriving
        """),
    "additive attention": Slip(
        """
        mem = P(5, 3, 4); st = P(5, 6); Wm = P(4, 8); Ws = P(6, 8); vec = P(8); keep = C(5, 3) > -0.8; keep[:, 0] = True
        pm = mem @ Wm; ps = st @ Ws; mix = pm + ps.view(5, 1, 8); th = mix.tanh(); en = th @ vec
        sh = torch.where(keep, en, -1e9); at = F.softmax(sh, 1); cx = (at.view(5, 3, 1) * mem).sum(1)
        tg = C(5, 4); loss = 0.5 * ((cx - tg) ** 2).sum() / 5
        """,
        """
        dcx = (cx - tg) / 5
        dat = (dcx[:, None] * mem).sum(2)
        dsh = at * (dat - (at * dat).sum(1, keepdims=True))
        den = dsh * keep
        dvec = (den[:, :, None] * th).sum((0, 1))
        dth = den[:, :, None] * vec
        dmix = dth * (1 - th ** 2)
        dps = dmix.sum(1)
        dWs = st.T @ dps
        dst = dps @ Ws.T
        dmem = at[:, :, None] * dcx[:, None] + dpm @ Wm.T
        """,
        """
        dcx = 2 * (cx - tg) / 5                            # factor, twice
        dcx = cx - tg                                      # factor
        dcx = (tg - cx) / 5                                # sign
        dat = (dcx[:, None] * mem).sum(1)                  # axis, shape
        dat = (dcx[:, None] * mem).mean(2)                 # factor
        dsh = at * (1 - at) * dat                          # soft
        dsh = at * dat                                     # soft
        dsh = at * (dat - (at * dat).sum(0))               # soft
        dsh = at * (dat - dat.sum(1, keepdims=True))       # soft
        dsh = at * (dat - dat.mean(1, keepdims=True))      # soft
        dsh = dat - (at * dat).sum(1, keepdims=True)       # soft
        den = dat * keep                                   # local, arriving
        dvec = (den[:, :, None] * mix).sum((0, 1))         # node
        dvec = (den[:, :, None] * th).sum(0)               # sum, shape
        dvec = th.sum((0, 1))                              # up
        dth = den[:, :, None] * np.ones(8)                 # local, lost
        dmix = dth * (1 - mix ** 2)                        # formula
        dmix = dth * th * (1 - th)                         # formula
        dmix = dth                                         # local
        dps = dmix                                         # sum, shape
        dps = dmix.mean(1)                                 # factor
        dps = dmix[:, 0]                                   # pos, out
        dWs = st.T @ dmix.mean(1)                          # factor
        dWs = (dps.T @ st)                                 # trans
        dst = dps @ Ws.T * st                              # many
        dmem = at[:, :, None] * dcx[:, None]               # out
        dmem = dpm @ Wm.T                                  # out, over
        dmem = dcx[:, None] + dpm @ Wm.T                   # local
        dmem = en[:, :, None] * dcx[:, None] + dpm @ Wm.T  # node
        """),
    "log-softmax step by step": Slip(
        """
        f = P(10, 3); M = P(3, 6); o = P(6); lab = R.integers(0, 6, 10); ar = np.arange(10)
        s = f @ M + o; mx = s.max(1, keepdim=True).values; d = s - mx; e = d.exp(); z = e.sum(1, keepdim=True)
        lz = z.log(); lp = d - lz; pick = lp[ar, lab]; nll = -pick; loss = nll.sum() / 10
        """,
        """
        dpick = -np.ones(10) / 10
        dlp = np.zeros((10, 6)); dlp[ar, lab] = -0.1
        dlz = -dlp.sum(1, keepdims=True)
        dz = dlz / z
        de = np.ones((10, 6)) * dz
        dd = dlp + e * de
        dmx = -dd.sum(1, keepdims=True)
        ds = soft(s); ds[ar, lab] -= 1; ds /= 10
        dM = f.T @ ds
        do = ds.sum(0)
        df = ds @ M.T
        """,
        """
        dpick = np.ones(10) / 10                           # sign
        dpick = -np.ones(10)                               # factor
        dlp = np.zeros((10, 6)); dlp[ar, lab] = -1         # factor
        dlp = np.zeros((10, 6)); dlp[ar, lab] = 0.1        # sign
        dlp = np.zeros((10, 6)); dlp[:, lab] = -0.1        # nomask, place
        dlp = -np.ones((10, 6)) / 10                       # nomask, place
        dlp = -np.ones((10, 6)) / 60                       # factor, nomask, place, none
        dlp = np.zeros((10, 6)); dlp[ar, lab - 1] = -0.1   # labels, order
        dlz = dlp.sum(1, keepdims=True)                    # sign
        dlz = -dlp                                         # sum, shape
        dz = dlz * z                                       # formula
        dz = dlz / lz                                      # node, formula
        dz = 1 / z                                         # up
        dz = dlz                                           # local
        de = dz                                            # shape, none
        dd = e * de                                        # out
        dd = dlp                                           # out, over
        dd = dlp + de                                      # local
        dd = dlp + d * de                                  # formula, node
        dd = dlp + e                                       # up
        dd = dlp - e * de                                  # sign1
        ds = dd + 0.1 * (s == mx)                          # max
        ds = soft(s) / 10                                  # hot
        ds = soft(s); ds[ar, lab] = -1; ds /= 10           # cross
        ds = soft(s); ds[ar, lab] -= 1 / 10                # cross
        ds = soft(s); ds[ar, lab] += 1; ds /= 10           # cross, sign1
        ds = e.copy(); ds[ar, lab] -= 1; ds /= 10          # cross
        ds = soft(s); ds[ar, lab] -= 1; ds /= 6            # factor
        ds = lp.copy(); ds[ar, lab] -= 1; ds /= 10         # cross
        ds = soft(s.T).T; ds[ar, lab] -= 1; ds /= 10       # cross
        ds = soft(s); ds[ar, lab[::-1]] -= 1; ds /= 10     # labels
        ds = soft(s); ds[ar, 0] -= 1; ds /= 10             # labels, cross
        dM = f.T @ dlp                                     # arriving, out, local
        do = ds.sum(1)                                     # axis, shape
        df = ds @ M.T / 10                                 # factor
        """),
    "softmax and squared error": Slip(
        """
        a = P(7, 4); tau = 2.5; w = P(4, 5); b = P(5); lab = R.integers(0, 5, 7); hot = np.eye(5)[lab]
        s = a @ w + b; st = s / tau; p = F.softmax(st, 1); r = p - hot; rr = r * r; per = rr.sum(1); loss = per.mean()
        """,
        """
        drr = np.ones((7, 5)) / 7
        dr = 2 * r * drr
        dp = dr
        dst = p * (dp - (dp * p).sum(1, keepdims=True))
        ds = dst / tau
        dw = a.T @ ds
        """,
        """
        drr = np.ones((7, 5)) / 35                         # factor
        drr = np.ones((7, 5)) / 5                          # factor
        dr = r * drr                                       # out, formula, factor
        dr = 2 * r                                         # up, factor
        dr = 2 * rr * drr                                  # node, many, formula
        dp = -dr                                           # sign
        dst = (p - hot) / 7                                # cross, soft, local, formula
        dst = 2 * (p - hot) / 7                            # local, arriving, other
        dst = p * (1 - p) * dp                             # soft
        dst = p * dp                                       # soft
        dst = p * (dp - (dp * p).sum(0))                   # soft
        dst = p * (dp - (dp * p).sum(1, keepdims=True)) / tau         # factor, many
        dst = p * (dp - dp.sum(1, keepdims=True))          # soft
        dst = dp * (p - p ** 2)                            # soft
        dst = p * (r - (r * p).sum(1, keepdims=True)) / 7  # factor
        dst = p * (dp + (dp * p).sum(1, keepdims=True))    # soft
        ds = dst                                           # factor, lost, local
        ds = dst * tau                                     # factor, formula
        ds = dst / tau ** 2                                # factor, many
        ds = dp / tau                                      # local, arriving
        dw = a.T @ dst                                     # factor, lost, arriving
        dw = a.T @ ds / 7                                  # factor
        da = ds @ w.T / tau                                # factor, many
        db = ds.mean(0)                                    # factor
        db = dst.sum(0)                                    # factor, lost, arriving
        """),
    "weighted binary loss": Slip(
        """
        fe = P(11, 4); th = P(4); c0 = P(1); y = (C(11) > 0) * 1.0; pw = 3.0
        lo = fe @ th + c0; pr = lo.sigmoid(); lp = pr.log(); ln = (1 - pr).log()
        pos = pw * y * lp; neg = (1 - y) * ln; both = pos + neg; loss = -both.mean()
        """,
        """
        dboth = -np.ones(11) / 11
        dlp = pw * y * dboth
        dln = (1 - y) * dboth
        dpr = dlp / pr - dln / (1 - pr)
        dlo = pr * (1 - pr) * dpr
        dth = fe.T @ dlo
        dc0 = dlo.sum(0, keepdims=True)
        dfe = dlo[:, None] * th
        """,
        """
        dboth = np.ones(11) / 11                           # sign
        dboth = -np.ones(11)                               # factor
        dlp = y * dboth                                    # factor, lost
        dlp = pw * (1 - y) * dboth                         # node, mask, formula
        dlp = pw * dboth                                   # nomask, lost, amask
        dln = y * dboth                                    # mask, node
        dln = -dboth                                       # sign, nomask, none
        dpr = dlp / pr                                     # out
        dpr = dlp / pr + dln / (1 - pr)                    # sign1
        dpr = dlp / pr - dln / pr                          # node, formula
        dpr = dlp * pr - dln * (1 - pr)                    # formula
        dpr = -dln / (1 - pr)                              # out, over
        dpr = (pr - y) / (pr * (1 - pr)) / 11              # factor, lost, none
        dlo = (pr - y) / 11                                # lost, cross, factor, none
        dlo = pw * (pr - y) / 11                           # cross, none, factor, many
        dlo = pr * dpr                                     # formula
        dlo = lo * (1 - lo) * dpr                          # formula, node
        dlo = dpr                                          # local
        dlo = pr * (1 - pr)                                # up
        dth = fe.T @ dpr                                   # local, arriving
        dth = fe.T @ dlo / 11                              # factor
        dth = (fe * dlo[:, None]).mean(0)                  # factor
        dc0 = dlo                                          # sum, shape
        dc0 = dlo.mean(0, keepdims=True)                   # factor
        dfe = dlo[:, None] * np.ones(4)                    # local, lost
        dfe = dlo[:, None] + th                            # formula
        """),
    "perceptron of single numbers": Slip(
        """
        x1 = V(0.5); x2 = V(-1.5); w11 = V(0.8); w12 = V(-0.3); w21 = V(1.1); w22 = V(0.6); c1 = V(0.9); c2 = V(-0.2)
        n1 = w11 * x1 + w12 * x2 + c1; n2 = w21 * x1 + w22 * x2 + c2; o1 = n1.relu(); o2 = n2.tanh()
        u1 = V(0.7); u2 = V(-1.3); s = u1 * o1 + u2 * o2; p = s.sigmoid(); loss = -(p.log())
        """,
        """
        dp = -1 / p
        ds = p - 1
        du1 = o1 * ds
        do2 = u2 * ds
        dn1 = (n1 > 0) * do1
        dn2 = (1 - o2 ** 2) * do2
        dw12 = x2 * dn1
        dx1 = w11 * dn1 + w21 * dn2
        dc1 = dn1
        """,
        """
        dp = 1 / p                                         # sign
        dp = -p                                            # formula
        dp = -np.log(p)                                    # formula
        ds = p * (1 - p)                                   # up
        ds = dp                                            # local
        ds = p                                             # formula, cross, none
        ds = (1 - p)                                       # sign
        du1 = n1 * ds                                      # node, formula, right
        du1 = ds                                           # local
        du1 = o2 * ds                                      # node, other
        do2 = u1 * ds                                      # node, other
        do2 = o2 * ds                                      # node, formula
        dn1 = n1 * do1                                     # formula
        dn1 = 0 * do1                                      # zeros
        dn2 = (1 - o2) * do2                               # formula
        dn2 = (1 - n2 ** 2) * do2                          # formula
        dn2 = (1 + o2 ** 2) * do2                          # formula
        dn2 = do2                                          # local
        dn2 = (1 - o1 ** 2) * do2                          # node
        dw12 = x1 * dn1                                    # node, other
        dw12 = x2 * dn2                                    # arriving, other
        dw12 = x2                                          # up
        dx1 = w11 * dn1                                    # out
        dx1 = w21 * dn2                                    # out, over
        dx1 = w11 * dn1 + w12 * dn2                        # node
        dx1 = w11 * dn1 - w21 * dn2                        # sign1
        dx1 = w11 + w21                                    # up
        dc1 = 1                                            # up
        """),
    "shared parts of single numbers": Slip(
        """
        a = V(-1.4); b = V(2.2); c = a + b; d = a * b + b ** 3; e = c * c; f = d - e; g = f.tanh(); h = a / b
        k = h.exp(); m = k * c; loss = g + m ** 2
        """,
        """
        dm = 2 * m
        dk = c * dm
        dh = k * dk
        df = 1 - g ** 2
        de = -df
        dc = 2 * c * de + k * dm
        da = dc + b * dd + dh / b
        db = dc + a * dd + 3 * b ** 2 * dd - a / b ** 2 * dh
        """,
        """
        dm = m                                             # formula, factor
        dm = 2                                             # formula
        dk = m * dm                                        # node, formula
        dk = dm                                            # local
        dh = h * dk                                        # formula, node
        dh = dk                                            # local
        dh = k                                             # up
        df = 1 - f ** 2                                    # formula
        df = 1                                             # local, up
        de = df                                            # sign
        dc = 2 * c * de                                    # out
        dc = k * dm                                        # out, over
        dc = c * de + k * dm                               # out, formula, local
        dc = 2 * c * de - k * dm                           # sign1
        da = dc + b * dd                                   # out
        da = b * dd + dh / b                               # out
        da = dc + a * dd + dh / b                          # formula, node
        da = dc + b * dd + dh                              # local
        da = dc + b * dd + dh * b                          # formula
        db = dc + a * dd - a / b ** 2 * dh                 # out
        db = dc + a * dd + 3 * b ** 2 * dd                 # out
        db = dc + a * dd + 3 * b ** 2 * dd + a / b ** 2 * dh          # sign1
        db = dc + a * dd + 3 * b ** 2 * dd - a / b * dh    # formula
        db = dc + a * dd + 3 * b * dd - a / b ** 2 * dh    # formula
        db = dc + a * dd + b ** 2 * dd - a / b ** 2 * dh   # formula, lost
        """),
    "tokens and positions": Slip(
        """
        ids = R.integers(0, 5, (4, 6)); tok = P(5, 3); pos = P(6, 3); et = tok[ids]; ep = pos.view(1, 6, 3); x = et + ep
        sq = x * x; ms = sq.mean(2, keepdim=True); r = (ms + 1e-6) ** -0.5; y = x * r; pool = y.mean(1)
        lg = pool @ tok.T; nx = R.integers(0, 5, 4); loss = F.cross_entropy(lg, nx)
        """,
        """
        dlg = soft(lg); dlg[np.arange(4), nx] -= 1; dlg /= 4
        dpool = dlg @ tok
        dy = np.ones((4, 6, 3)) * dpool[:, None] / 6
        dr = (x * dy).sum(2, keepdims=True)
        dms = -0.5 * (ms + 1e-6) ** -1.5 * dr
        dx = r * dy + 2 * x * dms / 3
        dpos = dx.sum(0)
        dtok = dlg.T @ pool; np.add.at(dtok, ids, dx)
        """,
        """
        dlg = soft(lg) / 4                                 # hot
        dlg = soft(lg); dlg[np.arange(4), nx] -= 1         # factor
        dlg = soft(lg); dlg[np.arange(4), nx] -= 1; dlg /= 5          # factor
        dlg = soft(lg); dlg[np.arange(4), ids[:, 0]] -= 1; dlg /= 4   # labels
        dpool = dlg @ tok / 6                              # factor
        dy = np.ones((4, 6, 3)) * dpool[:, None]           # factor
        dy = dpool[:, None] / 6                            # shape, none
        dy = np.ones((4, 6, 3)) * dpool[:, None] / 4       # factor
        dr = x * dy                                        # sum
        dr = (x * dy).sum(1, keepdims=True)                # axis, shape
        dr = (y * dy).sum(2, keepdims=True)                # node, many
        dms = -0.5 * (ms + 1e-6) ** -0.5 * dr              # formula
        dms = 0.5 * (ms + 1e-6) ** -1.5 * dr               # sign
        dms = -0.5 * r * dr                                # formula
        dx = r * dy                                        # out
        dx = r * dy + x * dms / 3                          # factor, out, formula
        dx = r * dy + 2 * x * dms                          # factor
        dx = r * dy - 2 * x * dms / 3                      # sign1
        dx = dy + 2 * x * dms / 3                          # local
        dpos = dx.mean(0)                                  # factor
        dpos = dx.sum(1)                                   # axis, shape
        dpos = dx                                          # sum, shape
        dpos = dx[0]                                       # pos, out
        dtok = dlg.T @ pool                                # out
        dtok = np.zeros((5, 3)); np.add.at(dtok, ids, dx)  # out, over
        dtok = dlg.T @ pool; dtok[ids] += dx               # over, out
        dtok = dlg.T @ pool; dtok[ids] = dx                # over, out
        dtok = dlg.T @ pool + 1; np.add.at(dtok, ids, dx); dtok -= 1 + dlg.T @ pool / 2    # factor, none, out
        """),
    "skip-gram": Slip(
        """
        I = P(8, 5); O = P(8, 5); ci = R.integers(0, 8, 9); co = R.integers(0, 8, 9); neg = R.integers(0, 8, (9, 3))
        vi = I[ci]; uo = O[co]; un = O[neg]; dp = (vi * uo).sum(1); dn = (un * vi.view(9, 1, 5)).sum(2)
        sp = dp.sigmoid(); sn = (-dn).sigmoid(); lp = sp.log(); lo = sn.log(); tot = lp.sum() + lo.sum()
        loss = -tot / 9
        """,
        """
        dsp = -1 / sp / 9
        ddp = (sp - 1) / 9
        ddn = (1 - sn) / 9
        duo = ddp[:, None] * vi
        dun = ddn[:, :, None] * vi[:, None]
        dvi = ddp[:, None] * uo + (ddn[:, :, None] * un).sum(1)
        dI = np.zeros((8, 5)); np.add.at(dI, ci, dvi)
        dO = np.zeros((8, 5)); np.add.at(dO, co, duo); np.add.at(dO, neg, dun)
        """,
        """
        dsp = 1 / sp / 9                                   # sign
        dsp = -1 / sp                                      # factor
        ddp = sp / 9                                       # cross, hot, none, node
        ddp = (1 - sp) / 9                                 # sign
        ddp = sp - 1                                       # factor
        ddp = sp * (1 - sp)                                # up
        ddn = sn / 9                                       # formula, mask, cross, node, none
        ddn = (sn - 1) / 9                                 # sign
        ddn = (1 - sn) / 27                                # factor
        duo = ddp[:, None] * uo                            # node, formula
        duo = ddp[:, None] * np.ones((9, 5))               # local
        dun = ddn[:, :, None] * un                         # node, formula
        dun = -ddn[:, :, None] * vi[:, None]               # sign
        dvi = ddp[:, None] * uo                            # out
        dvi = (ddn[:, :, None] * un).sum(1)                # out, over
        dvi = ddp[:, None] * uo + (ddn[:, :, None] * un).mean(1)      # factor
        dvi = ddp[:, None] * uo + ddn[:, :1] * un[:, 0]    # pos, out
        dvi = ddp[:, None] * uo - (ddn[:, :, None] * un).sum(1)       # sign1
        dvi = ddp[:, None] * vi + (ddn[:, :, None] * un).sum(1)       # node, formula
        dI = np.zeros((8, 5)); dI[ci] = dvi                # over
        dI = np.zeros((8, 5)); dI[ci] += dvi               # over
        dI = np.zeros((8, 5)); np.add.at(dI, co, dvi)      # other, order, node, none
        dO = np.zeros((8, 5)); np.add.at(dO, co, duo)      # out
        dO = np.zeros((8, 5)); np.add.at(dO, neg, dun)     # out, over
        dO = np.zeros((8, 5)); np.add.at(dO, co, duo); dO[neg] += dun          # over, out
        dO = np.zeros((8, 5)); np.add.at(dO, co, duo); np.add.at(dO, neg[:, 0], dun[:, 0])         # pos, out
        """),
    "dropout before the last layer": Slip(
        """
        inp = P(6, 8); F1 = P(8, 7); k1 = P(7); F2 = P(7, 4); k2 = P(4); cls = R.integers(0, 4, 6)
        drop = (C(6, 7) > -0.5) / 0.7; z1 = inp @ F1 + k1; a1 = z1.relu(); d1 = a1 * drop; z2 = d1 @ F2 + k2
        pr = F.softmax(z2, 1); got = pr[np.arange(6), cls]; loss = -got.log().mean()
        """,
        """
        dgot = -1 / got / 6
        dpr = np.zeros((6, 4)); dpr[np.arange(6), cls] = -1 / got / 6
        dz2 = (pr - np.eye(4)[cls]) / 6
        dF2 = d1.T @ dz2
        dd1 = dz2 @ F2.T
        da1 = dd1 * drop
        dz1 = da1 * (z1 > 0)
        dk1 = dz1.sum(0)
        dF1 = inp.T @ dz1
        dinp = dz1 @ F1.T
        """,
        """
        dgot = 1 / got / 6                                 # sign
        dgot = -1 / got                                    # factor
        dpr = -1 / pr / 6                                  # nomask, place
        dpr = np.zeros((6, 4)); dpr[np.arange(6), cls] = -1 / 6       # local, lost
        dz2 = pr / 6                                       # hot
        dz2 = pr - np.eye(4)[cls]                          # factor
        dz2 = pr * (1 - pr) * dpr                          # soft
        dz2 = (pr - np.eye(4)[cls]) * pr / 6               # cross, many
        dz2 = (pr - np.eye(4)[(cls + 2) % 4]) / 6          # labels
        dz2 = (z2 - np.eye(4)[cls]) / 6                    # cross
        dF2 = a1.T @ dz2                                   # node, nomask
        dF2 = z1.T @ dz2                                   # node
        da1 = dd1                                          # local, nomask, lost
        da1 = dd1 * (drop > 0)                             # factor, lost
        da1 = dd1 * drop * 0.7                             # factor, lost
        da1 = dd1 * drop / 0.7                             # factor, many
        da1 = dd1 * (drop == 0)                            # mask
        da1 = dd1 * (drop == 0) / 0.7                      # mask
        da1 = dd1 * np.roll(drop, 1, 0)                    # amask
        dz1 = da1 * (d1 > 0)                               # right, node
        dz1 = da1 * (z1 < 0)                               # mask, formula
        dz1 = da1                                          # nomask, local
        dz1 = da1 * a1                                     # formula
        dz1 = dd1 * (z1 > 0)                               # nomask, lost, local, arriving
        dz1 = np.maximum(da1, 0)                           # relug
        dz1 = da1 * (a1 >= 0)                              # nomask, local, formula
        dk1 = da1.sum(0)                                   # local, nomask, arriving
        dF1 = inp.T @ da1                                  # local, nomask, arriving
        dF1 = inp.T @ dz1 / 6                              # factor
        dinp = dz1 @ F1.T * (inp > 0)                      # many, formula
        dinp = dd1 @ F1.T                                  # local, nomask, arriving
        """),
    "lstm, two steps": Slip(
        """
        x1 = C(3, 2); x2 = C(3, 2); Wi = P(2, 16); Ri = P(4, 16); bi = P(16); h0 = P(3, 4); c0 = P(3, 4); tg = C(3, 4)
        g1 = x1 @ Wi + h0 @ Ri + bi; i1 = g1[:, 0:4].sigmoid(); f1 = g1[:, 4:8].sigmoid(); o1 = g1[:, 8:12].sigmoid()
        n1 = g1[:, 12:16].tanh(); c1 = f1 * c0 + i1 * n1; t1 = c1.tanh(); h1 = o1 * t1
        g2 = x2 @ Wi + h1 @ Ri + bi; i2 = g2[:, 0:4].sigmoid(); f2 = g2[:, 4:8].sigmoid(); o2 = g2[:, 8:12].sigmoid()
        n2 = g2[:, 12:16].tanh(); c2 = f2 * c1 + i2 * n2; t2 = c2.tanh(); h2 = o2 * t2; loss = ((h2 - tg) ** 2).mean()
        """,
        """
        dh2 = 2 * (h2 - tg) / 12
        do2 = t2 * dh2
        dt2 = o2 * dh2
        dc2 = (1 - t2 ** 2) * dt2
        df2 = c1 * dc2
        dn2 = i2 * dc2
        dg2 = np.hstack([i2 * (1 - i2) * di2, f2 * (1 - f2) * df2, o2 * (1 - o2) * do2, (1 - n2 ** 2) * dn2])
        dh1 = dg2 @ Ri.T
        dc1 = f2 * dc2 + o1 * (1 - t1 ** 2) * dh1
        df1 = c0 * dc1
        dc0 = f1 * dc1
        dRi = h0.T @ dg1 + h1.T @ dg2
        dbi = (dg1 + dg2).sum(0)
        """,
        """
        dh2 = 2 * (h2 - tg)                                # factor
        dh2 = 2 * (h2 - tg) / 3                            # factor
        do2 = c2 * dh2                                     # node
        do2 = t2                                           # up
        dt2 = dh2                                          # local
        dc2 = (1 - c2 ** 2) * dt2                          # formula
        dc2 = dt2                                          # local
        dc2 = o2 * (1 - t2) * dh2                          # formula
        df2 = c2 * dc2                                     # node
        df2 = c0 * dc2                                     # node
        df2 = f2 * dc2                                     # formula, node
        dn2 = f2 * dc2                                     # node, other, arriving
        dg2 = np.hstack([i2 * (1 - i2) * di2, f2 * (1 - f2) * df2, o2 * (1 - o2) * do2, (1 - n2) * dn2])  # formula
        dg2 = np.hstack([i2 * (1 - i2) * di2, f2 * (1 - f2) * df2, o2 * (1 - o2) * do2, dn2])  # local
        dg2 = np.hstack([i2 * (1 - i2) * di2, f2 * (1 - f2) * df2, (1 - n2 ** 2) * dn2, o2 * (1 - o2) * do2])  # order
        dg2 = np.hstack([di2, df2, do2, dn2])      # local
        dg2 = np.hstack([i2 * (1 - i2) * di2, f2 * (1 - f2) * df2, 0 * do2, (1 - n2 ** 2) * dn2])  # out
        dh1 = dg2 @ Ri.T + dh2                             # twice, formula, none, local, arriving
        dc1 = f2 * dc2                                     # out
        dc1 = o1 * (1 - t1 ** 2) * dh1                     # out
        dc1 = dc2 + o1 * (1 - t1 ** 2) * dh1               # local
        dc1 = f1 * dc2 + o1 * (1 - t1 ** 2) * dh1          # node
        dc1 = f2 * dc2 + (1 - t1 ** 2) * dh1               # local, lost
        dc1 = f2 * dc2 + o1 * dh1                          # local, formula
        dc1 = f2 * dc2 + o1 * (1 - c1 ** 2) * dh1          # formula
        df1 = c1 * dc1                                     # node
        dc0 = f2 * dc1                                     # node
        dc0 = f1 * f2 * dc2                                # out
        dRi = h1.T @ dg2                                   # out
        dRi = h0.T @ dg1                                   # out
        dRi = h1.T @ dg1 + h2.T @ dg2                      # node
        dbi = dg2.sum(0)                                   # out
        dbi = (dg1 + dg2).mean(0)                          # factor
        """),
    "leaky loop over a sequence": Slip(
        """
        seq = C(4, 5, 3).astype('f4'); Wx = S(3, 6); Wh = S(6, 6); s0 = S(5, 6); Wo = S(6, 2); al = 0.3
        p1 = seq[0] @ Wx + s0 @ Wh; q1 = p1.tanh(); s1 = s0 * 0.7 + q1 * 0.3
        p2 = seq[1] @ Wx + s1 @ Wh; q2 = p2.tanh(); s2 = s1 * 0.7 + q2 * 0.3
        p3 = seq[2] @ Wx + s2 @ Wh; q3 = p3.tanh(); s3 = s2 * 0.7 + q3 * 0.3
        o = s3 @ Wo; lse = o.logsumexp(1); loss = lse.mean() - o[:, 0].mean()
        """,
        """
        do = soft(o); do[:, 0] -= 1; do /= 5
        ds3 = do @ Wo.T
        dq3 = al * ds3
        dp3 = (1 - q3 ** 2) * dq3
        ds2 = 0.7 * ds3 + dp3 @ Wh.T
        ds1 = 0.7 * ds2 + dp2 @ Wh.T
        dWh = s2.T @ dp3 + s1.T @ dp2 + s0.T @ dp1
        dWx = seq[2].T @ dp3 + seq[1].T @ dp2 + seq[0].T @ dp1
        """,
        """
        do = soft(o) / 5                                   # hot, out
        do = soft(o); do[:, 0] -= 1                        # factor
        do = soft(o); do[:, 1] -= 1; do /= 5               # labels
        do = soft(o) - np.eye(2)[np.zeros(5, int)] * 0.2   # factor, cross
        dq3 = ds3                                          # factor, lost, local
        dq3 = 0.7 * ds3                                    # factor, none
        dp3 = (1 - q3 ** 2) * ds3                          # factor, lost, local, arriving
        dp3 = (1 - p3 ** 2) * dq3                          # formula
        dp3 = (1 - s3 ** 2) * dq3                          # node, formula
        dp3 = q3 * (1 - q3) * dq3                          # formula
        ds2 = dp3 @ Wh.T                                   # out
        ds2 = 0.7 * ds3                                    # out
        ds2 = 0.7 * ds3 + dp3 @ Wh                         # T
        ds2 = 0.3 * ds3 + dp3 @ Wh.T                       # factor, formula, none
        ds2 = ds3 + dp3 @ Wh.T                             # factor, lost, local
        ds2 = 0.7 * ds3 + dq3 @ Wh.T                       # local, arriving
        ds1 = 0.7 * ds3 + dp2 @ Wh.T                       # arriving, local
        ds1 = dp2 @ Wh.T                                   # out
        dWh = s2.T @ dp3                                   # out
        dWh = s3.T @ dp3 + s2.T @ dp2 + s1.T @ dp1         # node
        dWh = s2.T @ dq3 + s1.T @ dq2 + s0.T @ dq1         # local, arriving
        dWh = (s2.T @ dp3 + s1.T @ dp2 + s0.T @ dp1) / 3   # factor
        dWx = seq[2].T @ dp3 + seq[1].T @ dp2              # out
        dWx = seq[0].T @ dp3 + seq[1].T @ dp2 + seq[2].T @ dp1        # node, arriving
        """),
    "highway layers, deep": Slip(
        """
        x0 = P(7, 5); T1 = P(5, 5); H1 = P(5, 5); T2 = P(5, 5); H2 = P(5, 5); Z = P(5, 4); lab = R.integers(0, 4, 7)
        t1 = (x0 @ T1).sigmoid(); h1 = (x0 @ H1).relu(); x1 = t1 * h1 + (1 - t1) * x0
        t2 = (x1 @ T2).sigmoid(); h2 = (x1 @ H2).relu(); x2 = t2 * h2 + (1 - t2) * x1; l = x2 @ Z
        loss = F.cross_entropy(l, lab)
        """,
        """
        dl = soft(l); dl[np.arange(7), lab] -= 1; dl /= 7
        dx2 = dl @ Z.T
        dt2 = (h2 - x1) * dx2
        dh2 = t2 * dx2
        dT2 = x1.T @ (dt2 * t2 * (1 - t2))
        dx1 = (1 - t2) * dx2 + (dt2 * t2 * (1 - t2)) @ T2.T + (dh2 * (h2 > 0)) @ H2.T
        dZ = x2.T @ dl
        """,
        """
        dl = soft(l); dl /= 7                              # hot
        dZ = x2.T @ soft(l) / 7                            # hot
        dx2 = soft(l) @ Z.T / 7                            # hot
        dh2 = t2 * (soft(l) @ Z.T) / 7                     # hot
        dx2 = (soft(l) - np.eye(4)[lab]) @ Z.T             # factor
        dt2 = h2 * dx2                                     # out
        dt2 = (h2 + x1) * dx2                              # sign1
        dt2 = -x1 * dx2                                    # out
        dt2 = (h2 - x0) * dx2                              # node
        dt2 = dx2                                          # local
        dh2 = (1 - t2) * dx2                               # formula, mask, node
        dh2 = t1 * dx2                                     # node
        dT2 = x1.T @ dt2                                   # local, lost
        dT2 = x1.T @ (dt2 * t2)                            # formula
        dT2 = x0.T @ (dt2 * t2 * (1 - t2))                 # node
        dT2 = x1.T @ (dt2 * (1 - t2 ** 2))                 # formula
        dx1 = (1 - t2) * dx2                               # out
        dx1 = (1 - t2) * dx2 + (dt2 * t2 * (1 - t2)) @ T2.T           # out
        dx1 = (dt2 * t2 * (1 - t2)) @ T2.T + (dh2 * (h2 > 0)) @ H2.T  # out
        dx1 = t2 * dx2 + (dt2 * t2 * (1 - t2)) @ T2.T + (dh2 * (h2 > 0)) @ H2.T      # formula, node
        dx1 = (1 - t2) * dx2 + (dt2 * t2 * (1 - t2)) @ T2 + (dh2 * (h2 > 0)) @ H2.T  # T
        dx1 = (1 - t2) * dx2 + (dt2 * t2 * (1 - t2)) @ T2.T + dh2 @ H2.T  # local, nomask
        dx1 = (1 - t2) * dx2 + dt2 @ T2.T + (dh2 * (h2 > 0)) @ H2.T  # local
        dx1 = dx2 + (dt2 * t2 * (1 - t2)) @ T2.T + (dh2 * (h2 > 0)) @ H2.T           # local
        """),
    "poolings with a mask": Slip(
        """
        e = P(4, 6, 3); ok = C(4, 6) > -0.7; ok[:, 0] = True; m = ok[:, :, None] * 1.0; cnt = m.sum(1)
        em = e * m; av = em.sum(1) / cnt; low = torch.where(m > 0, e, -1e9); hi = low.max(1).values
        cat = torch.cat([av, hi], 1); W = P(6, 2); o = cat @ W; y = C(4, 2); df_ = o - y; ab = df_.abs()
        loss = ab.mean()
        """,
        """
        dab = np.ones((4, 2)) / 8
        ddf_ = np.sign(df_) / 8
        dcat = do @ W.T
        dav = dcat[:, :3]
        dhi = dcat[:, 3:]
        dem = dav[:, None] / cnt[:, None] * np.ones((4, 6, 3))
        dlow = dhi[:, None] * (low == hi[:, None])
        de = dem * m + dlow * m
        """,
        """
        ddf_ = np.sign(df_)                                # factor
        ddf_ = df_ / 8                                     # formula
        ddf_ = 2 * df_ / 8                                 # formula
        ddf_ = np.sign(df_) / 4                            # factor
        dcat = do @ W.T / 2                                # factor
        dav = dcat[:, 3:]                                  # order, other
        dhi = dav                                          # order, other
        dem = dav[:, None] * np.ones((4, 6, 3))            # local, lost
        dem = dav[:, None] / 6 * np.ones((4, 6, 3))        # node, formula, factor, none
        dem = dav[:, None] / cnt[:, None] * m              # many, nomask, amask, mask, none
        dlow = dhi[:, None] * np.ones((4, 6, 3))           # nomask, place
        dlow = dhi[:, None] * (low != hi[:, None])         # mask
        dlow = dhi[:, None] / 6 * np.ones((4, 6, 3))       # nomask, place, formula, none, factor
        de = dem * m                                       # out
        de = dlow * m                                      # out, over
        de = dem + dlow                                    # nomask, local
        de = dem * (1 - m) + dlow * m                      # mask, formula
        de = dav[:, None] / 6 * m + dlow                   # node, factor, formula, none
        de = dav[:, None] * m + dlow                       # local, lost
        de = dem * m - dlow * m                            # sign1
        de = 2 * dem * m + dlow * m                        # twice
        """),
    "poisson and gaussian losses": Slip(
        """
        d = P(13, 3); wl = P(3); ws = P(3); cnt = R.integers(0, 4, 13) * 1.0; yv = C(13)
        eta = d @ wl; lam = eta.exp(); pois = (lam - cnt * eta).mean()
        mu = d @ ws; ls = P(1); var = (2 * ls).exp(); gd = yv - mu; q = gd ** 2 / var; gs = (0.5 * q + ls).mean()
        loss = pois + gs
        """,
        """
        dlam = np.ones(13) / 13
        deta = (lam - cnt) / 13
        dwl = d.T @ deta
        dgd = gd / var / 13
        dvar = (-0.5 * gd ** 2 / var ** 2).sum(keepdims=True) / 13
        dls = ((1 - q) / 13).sum(keepdims=True)
        dmu = -gd / var / 13
        dd = deta[:, None] * wl + dmu[:, None] * ws
        """,
        """
        deta = lam - cnt                                   # factor
        deta = lam / 13                                    # out
        deta = -cnt / 13                                   # out
        deta = (cnt - lam) / 13                            # sign
        deta = (lam + cnt) / 13                            # sign1
        deta = (eta - cnt) / 13                            # formula, node
        deta = (1 - cnt) / 13                              # local
        deta = (lam - cnt) * lam / 13                      # many
        deta = (1 - cnt / lam) / 13                        # formula, lost, none
        dwl = d.T @ (lam - cnt)                            # factor
        dgd = 2 * gd / var / 13                            # factor, twice
        dgd = gd / 13                                      # lost, local
        dgd = gd * var / 13                                # formula
        dgd = gd / var ** 2 / 13                           # many, formula
        dgd = 0.5 * gd ** 2 / var / 13                     # formula, none
        dvar = (0.5 * gd ** 2 / var ** 2).sum(keepdims=True) / 13     # sign
        dvar = (-0.5 * gd ** 2 / var).sum(keepdims=True) / 13         # formula
        dvar = (-0.5 * gd / var ** 2).sum(keepdims=True) / 13         # formula, lost
        dls = (q / -13).sum(keepdims=True)                 # out
        dls = np.ones(1)                                   # out
        dls = ((1 + q) / 13).sum(keepdims=True)            # sign1
        dls = ((1 - q / 2) / 13).sum(keepdims=True)        # factor, out, formula
        dmu = gd / var / 13                                # sign
        dmu = -gd / 13                                     # lost
        dd = deta[:, None] * wl                            # out
        dd = dmu[:, None] * ws                             # out
        dd = deta[:, None] * wl - dmu[:, None] * ws        # sign1
        dd = deta[:, None] * ws + dmu[:, None] * wl        # node, arriving
        """),
    "batch norm, and a tanh": Slip(
        """
        inp = P(15, 6); W = P(6, 8); ga = P(8); be = P(8); Wo = P(8, 5); tgt = R.integers(0, 5, 15); a = inp @ W
        mu = a.mean(0, keepdim=True); var = a.var(0, keepdim=True, unbiased=False)
        an = (a - mu) / (var + 1e-5).sqrt(); ab = ga * an + be; hh = ab.tanh(); lo = hh @ Wo
        loss = F.cross_entropy(lo, tgt)
        """,
        """
        dlo = soft(lo); dlo[np.arange(15), tgt] -= 1; dlo /= 15
        """,
        """
        dab = (1 - ab ** 2) * dhh                          # formula
        dab = (1 - hh * hh)                                # up
        dab = hh * (1 - hh) * dhh                          # formula
        dga = (ab * dab).sum(0)                            # node
        dga = (a * dab).sum(0)                             # node
        dga = dab.sum(0)                                   # local, other
        dbe = dab.sum(1)                                   # axis, shape
        dbe = dab.mean(0)                                  # factor
        dan = be * dab                                     # node
        dan = dab                                          # local, lost
        dvar = (dan * (a - mu) * -0.5 * (var + 1e-5) ** -0.5).sum(0, keepdims=True) # formula
        dvar = (dan * an * -0.5 * (var + 1e-5) ** -1.5).sum(0, keepdims=True) # node, many, formula
        dvar = (dan * (a - mu) * 0.5 * (var + 1e-5) ** -1.5).sum(0, keepdims=True) # sign
        dvar = (dan * (a - mu) * -0.5 * (var + 1e-5) ** -1.5) # sum
        da = dan / np.sqrt(var + 1e-5)                     # out
        da = dan / np.sqrt(var + 1e-5) + dvar * 2 * (a - mu) / 15 # out
        da = dan / np.sqrt(var + 1e-5) + dmu / 15          # out
        da = 1 / 15 / np.sqrt(var + 1e-5) * (15 * dan - dan.sum(0) - an * (dan * an).sum(0)) * ga # many
        da = 1 / 15 / np.sqrt(var + 1e-5) * (15 * dab - dab.sum(0) - an * (dab * an).sum(0)) # lost
        da = 1 / np.sqrt(var + 1e-5) * (15 * dan - dan.sum(0) - an * (dan * an).sum(0)) # factor
        da = 1 / 14 / np.sqrt(var + 1e-5) * (14 * dan - dan.sum(0) - an * (dan * an).sum(0)) # factor
        da = 1 / 15 / np.sqrt(var + 1e-5) * (15 * dan - dan.sum(0) + an * (dan * an).sum(0)) # sign1
        da = 1 / 15 * np.sqrt(var + 1e-5) * (15 * dan - dan.sum(0) - an * (dan * an).sum(0)) # formula, many
        da = 1 / 15 / (var + 1e-5) * (15 * dan - dan.sum(0) - an * (dan * an).sum(0)) # formula, many
        da = (dan - dan.sum(1)[:, None] / 15 - an * (dan * an).sum(1)[:, None] / 15) / (var + 1e-5) ** 0.5 # axis
        dW = inp.T @ (ga * dab / np.sqrt(var + 1e-5))      # out
        dhh = soft(lo) @ Wo.T / 15                         # hot
        dWo = hh.T @ soft(lo) / 15                         # hot
        dhh = dlo @ Wo.T * 15                              # factor
        """),
    "layer norm, attention, a residual": Slip(
        """
        x = P(6, 5); Wq = P(5, 5); Wk = P(5, 5); g = P(5); b = P(5); tg = C(6, 5); m = x.mean(-1, keepdim=True)
        c = x - m; v = (c * c).mean(-1, keepdim=True); i = 1 / (v + 1e-5).sqrt(); n = c * i; y = n * g + b
        q = y @ Wq; k = y @ Wk; s = q @ k.T / 5 ** 0.5; p = F.softmax(s, -1); o = p @ y; r = o + x
        loss = ((r - tg) ** 2).mean()
        """,
        """
        dr = 2 * (r - tg) / 30
        """,
        """
        dr = 2 * (r - tg)                                  # factor
        dr = 2 * (r - tg) / 6                              # factor
        do = 2 * (o - tg) / 30                             # node, formula
        dp = do @ y                                        # T, shape
        dp = y @ do.T                                      # T, trans
        ds = p * (1 - p) * dp                              # soft
        ds = p * (dp - (p * dp).sum(-1))                   # soft
        ds = p * (dp - (p * dp).sum(0, keepdims=True))     # soft
        ds = p * (dp - (p * dp).mean(-1, keepdims=True))   # soft, factor, none
        ds = dp                                            # local
        dq = ds @ k                                        # factor, lost
        dq = ds @ k / 5                                    # factor
        dq = ds @ q / 5 ** 0.5                             # node
        dq = ds.T @ k / 5 ** 0.5                           # T
        dk = ds @ q / 5 ** 0.5                             # T
        dy = dq @ Wq.T + dk @ Wk.T                         # out
        dy = p.T @ do                                      # out
        dy = dq @ Wq.T + p.T @ do                          # out
        dy = dq @ Wq.T + dk @ Wk.T + p @ do                # T
        dy = dq @ Wq + dk @ Wk + p.T @ do                  # T
        dg = (dy * n).sum(1)                               # axis, shape, none
        dg = (dy * c).sum(0)                               # node, lost
        dg = (dy * y).sum(0)                               # node
        db = (dy * n).sum(0)                               # other, many
        di = (dn * n).sum(-1, keepdims=True)               # node, many
        di = (dn * c)                                      # sum
        dv = -0.5 * (v + 1e-5) ** -0.5 * di                # formula
        dv = -0.5 * v ** -1.5 * di                         # eps
        dv = -0.5 * i ** 2 * di                            # formula
        dc = i * dn                                        # out
        dc = i * dn + 2 * c * dv                           # factor
        dx = dc                                            # out
        dx = dc + dr                                       # out
        dx = dc - dc.mean(-1, keepdims=True)               # out
        dx = dc - dc.mean(0) + dr                          # axis
        dx = i * (dn - dn.mean(-1, keepdims=True) - n * (dn * n).mean(-1, keepdims=True)) # out
        dx = i * (dn - dn.mean(-1, keepdims=True)) + dr    # out
        dx = i * (dn - dn.mean(-1, keepdims=True) - n * (dn * n).sum(-1, keepdims=True)) + dr # factor
        dx = i * (dn - n * (dn * n).mean(-1, keepdims=True)) + dr # out
        """),
    "a neuron, with a penalty": Slip(
        """
        x1 = V(2.0); x2 = V(0.5); w1 = V(-3.0); w2 = V(1.0); b = V(6.4); x1w1 = x1 * w1; x2w2 = x2 * w2
        s = x1w1 + x2w2; n = s + b; e = (2 * n).exp(); o = (e - 1) / (e + 1); y = V(1.0); d = y - o
        loss = d * d + 0.1 * (w1 * w1 + w2 * w2)
        """,
        """
        dd = 2 * d
        """,
        """
        dd = d                                             # out, factor, formula
        do = 2 * d                                         # sign
        do = -d                                            # factor, formula, out
        do = -2 * o                                        # node, formula
        do = dd                                            # sign
        de = do / (e + 1)                                  # out
        de = 1 / (e + 1) - (e - 1) / (e + 1) ** 2          # up
        de = do * (1 / (e + 1) + (e - 1) / (e + 1) ** 2)   # sign1
        dn = e * de                                        # factor, lost, local
        dn = 2 * de                                        # local, lost
        dn = (1 - n ** 2) * do                             # formula
        dn = 1 - o ** 2                                    # up
        dw1 = x1 * dx1w1                                   # out
        dw1 = 0.2 * w1                                     # out
        dw1 = x1 * dn + 0.1 * w1                           # out, factor, formula, local, lost
        dw1 = w1 * dn + 0.2 * w1                           # node, formula
        dw1 = x1 * dn + 2 * w1                             # factor, lost
        dw2 = x1 * dn + 0.2 * w2                           # node
        dw2 = x2 * do + 0.2 * w2                           # local, arriving
        dw2 = x2 * dn - 0.2 * w2                           # sign1
        dx1 = x1 * dn                                      # node, formula
        dx1 = dn                                           # local
        dx1 = w2 * dn                                      # node, other
        db = x1 * dn                                       # other, formula, node
        """),
    "a mean of embeddings, dropout, a temperature": Slip(
        """
        E = P(9, 4); ix = R.integers(0, 9, (5, 4)); W1 = P(4, 6); W2 = P(6, 3); lab = R.integers(0, 3, 5)
        keep = (C(5, 6) > -0.6) * 1.25; ev = E[ix]; mean = ev.mean(1); z = mean @ W1; h = z.relu(); hd = h * keep
        lg = hd @ W2; sc = lg / 0.7; p = F.softmax(sc, 1); pk = p[np.arange(5), lab]; nl = -pk.log()
        loss = nl.mean()
        """,
        """
        dpk = -1 / pk / 5
        """,
        """
        dpk = -1 / pk                                      # factor
        dpk = -1 / 5                                       # shape, local, lost
        dpk = -pk / 5                                      # formula
        dsc = p / 5                                        # hot
        dsc = p - np.eye(3)[lab]                           # factor
        dsc = (p - np.eye(3)[lab]) / 15                    # factor
        dsc = (p - np.eye(3)[lab]) / 5 / 0.7               # factor, many
        dsc = p * (1 - p) * dp                             # soft
        dsc = p - np.eye(3)[lab] / 5                       # cross
        dsc = (soft(lg) - np.eye(3)[lab]) / 5              # cross
        dlg = dsc                                          # factor, lost, local
        dlg = dsc * 0.7                                    # factor, formula
        dlg = (p - np.eye(3)[lab]) / 5                     # factor, lost, local, arriving
        dhd = dsc @ W2.T                                   # lost, factor, arriving
        dhd = (p / 5 / 0.7) @ W2.T                         # hot
        dh = dhd                                           # local, nomask, lost
        dh = dhd * (keep > 0)                              # factor, lost
        dh = dhd * (keep == 0)                             # mask
        dh = dhd * keep * keep                             # many, factor
        dz = dh * h                                        # formula
        dz = dh                                            # nomask, local
        dz = dh * (z < 0)                                  # mask
        dz = dhd * (z > 0)                                 # nomask, lost, local, arriving
        dW1 = ev.mean(1).T @ dh                            # local, nomask, arriving
        dW1 = mean.T @ dz / 5                              # factor
        dmean = dz @ W1.T / 4                              # factor
        dev = np.ones((5, 4, 4)) * dmean[:, None]          # factor
        dev = np.ones((5, 4, 4)) * dmean[:, None] / 5      # factor
        dE = np.zeros((9, 4)); dE[ix] = dev                # over
        dE = np.zeros((9, 4)); dE[ix] += dev               # over
        dE = np.zeros((9, 4)); np.add.at(dE, ix[:, 0], dev[:, 0]) # pos, out
        dE = np.zeros((9, 4)); np.add.at(dE, ix, dev * 4)  # factor
        """),
    "lstm cell, single": Slip(
        """
        x = S(3, 4); h0 = S(3, 5); c0 = S(3, 5); Wf = S(9, 5); Wi = S(9, 5); Wg = S(9, 5); Wo = S(9, 5)
        tg = C(3, 5).astype('f4'); u = torch.cat([x, h0], 1); f = (u @ Wf).sigmoid(); i = (u @ Wi).sigmoid()
        gg = u @ Wg; g = gg.tanh(); oo = u @ Wo; o = oo.sigmoid(); fc = f * c0; ig = i * g; c = fc + ig
        ct = c.tanh(); h = o * ct; er = h - tg; loss = (er * er).sum() / 3
        """,
        """
        der = 2 * er / 3
        """,
        """
        der = er / 3                                       # out, factor, formula
        der = 2 * er                                       # factor
        do = c * dh                                        # node
        do = dh                                            # local
        doo = oo * (1 - oo) * do                           # formula
        doo = (1 - o ** 2) * do                            # formula
        doo = o * (1 - o)                                  # up
        dct = ct * dh                                      # node, formula
        dc = (1 - ct) * dct                                # formula
        dc = (1 - c ** 2) * dct                            # formula
        dc = dct                                           # local
        dc = o * dh                                        # local, arriving
        df = c * dc                                        # node
        df = f * dc                                        # node, formula
        dc0 = i * dc                                       # node
        dc0 = dc                                           # local
        di = i * dc                                        # node, formula
        dg = g * dc                                        # node, formula
        dgg = (1 - g) * (1 + gg) * dg                      # formula
        dgg = g * (1 - g) * dg                             # formula
        dgg = dg                                           # local
        dWg = u.T @ dg                                     # local, arriving
        dWg = h.T @ dgg                                    # shape, node
        dWo = u.T @ do                                     # local, arriving
        du = dgg @ Wg.T + doo @ Wo.T                       # out
        du = dgg @ Wg.T                                    # out
        dh0 = du[:, :5]                                    # order, other
        dx = du[:, 5:]                                     # order, other
        """),
}
