"""The two-moons step in CasADi beside replay: `PYTHONPATH=. python benchmarks/casadi_moons.py`, where casadi is installed."""

import random

import casadi as ca, numpy as np
from autograd import Value, replay
from nn import MLP
from benchmarks.replay import moons, fastest
random.seed(1337); P,L=moons(); m=MLP(2,[16,16,1]); ps=m.parameters()
def loss_of(ws,mx,lift):
    it=iter(ws); Ws=[]
    for i,o in ((2,16),(16,16),(16,1)): Ws.append([([next(it) for _ in range(i)],next(it)) for _ in range(o)])
    tot=None
    for row,y in zip(P.tolist(),L.tolist()):
        x=[lift(v) for v in row]
        for k,layer in enumerate(Ws):
            out=[]
            for w,b in layer:
                a=b
                for wi,xi in zip(w,x): a=a+wi*xi
                out.append(mx(a) if k<2 else a)
            x=out
        l=mx(1+-y*x[0]); tot=l if tot is None else tot+l
    reg=None
    for p in ws: reg=p*p if reg is None else reg+p*p
    return tot*0.01+1e-4*reg
s=replay(loss_of(ps,lambda a:a.relu(),Value),ps)
w=ca.SX.sym("w",337); l=loss_of([w[i] for i in range(337)],lambda a:ca.fmax(a,0),lambda v:v)
f=ca.Function("f",[w],[l,ca.gradient(l,w)])
buf,call=f.buffer(); p0=s.parameters.copy(); o1=np.zeros(1); o2=np.zeros(337)
buf.set_arg(0,memoryview(p0)); buf.set_res(0,memoryview(o1)); buf.set_res(1,memoryview(o2)); call()
print(abs(o1[0]-s()), abs(o2-s.gradient).max())
t=fastest(300,casadi=call,replay=s); print("casadi/replay",t["casadi"]/t["replay"])
