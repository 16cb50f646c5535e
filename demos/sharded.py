"""A step that `source` wrote for JAX, its batch cut over all devices there are. It needs JAX and NumPy alone.

    python sharded.py makemore_jax.py makemore.npz found.npz 20

The first file is the step, the second its leaves; X and Y, which hold the batch, are cut along their first axis. Loss
and gradients go into the third file. It prints the devices' kind and how many steps a second they make.
"""

import runpy
import sys
import time

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec


def main(text: str, leaves: str, found: str, runs: str) -> None:
    jax.config.update("jax_enable_x64", True)       # as NumPy computes here; leave it out for float32
    # On a cluster each process says `jax.distributed.initialize()` here, and reads its own part of the batch below.
    devices = jax.devices()
    mesh = Mesh(np.array(devices), ("batch",))
    whole, cut = NamedSharding(mesh, PartitionSpec()), NamedSharding(mesh, PartitionSpec("batch"))
    given = {name: jax.device_put(x, cut if name in ("X", "Y") else whole) for name, x in np.load(leaves).items()}
    step = jax.jit(runpy.run_path(text)["step"])
    loss, gradients = jax.block_until_ready(step(**given))
    best = float("inf")
    for _ in range(int(runs)):
        start = time.perf_counter()
        jax.block_until_ready(step(**given))
        best = min(best, time.perf_counter() - start)
    np.savez(found, loss=loss, **gradients)
    print(devices[0].device_kind, 1 / best, sep="\t")


if __name__ == "__main__":
    main(*sys.argv[1:])
