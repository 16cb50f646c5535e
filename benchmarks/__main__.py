"""python -m benchmarks [scalar tensor replay memory startup]: this project beside its peers, as tables of ratios.

A contender whose library is missing is left out. Libraries in other environments join with --python PATH, which may be
given more than once; HIPS autograd must be in one, since it has this package's import name. The exit code is 1 if
contenders disagree about a loss or gradient, or if --guard finds a ratio beyond its limit.

python -m benchmarks --against PATH [WORKLOAD …]: this tree beside another tree of this project, turn and turn about.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.harness import PATIENCE, DisagreementError, Worker, beside, compete, fresh, machine, ratio
from benchmarks.report import FIRST, markdown, replaced
from benchmarks.workloads import WORKLOADS

PARTS = ("scalar", "tensor", "replay", "memory", "startup")
LITTLE_PATIENCE = 8.0                               # as PATIENCE, where a rough ratio will do
PACKAGES = ["micrograd", "mygrad", "autograd", "casadi", "ddx-ad", "numba", "torch", "jax", "mlx", "tinygrad"]

SLOW_TO_COMPILE = ("ddx", "PyTorch, torch.compile", "tinygrad, TinyJit", "MLX, compiled")   # which --quick leaves out

# Generous limits for the guard, about twice what is usual: a change that makes something slow must show, a machine that
# is busy must not. (workload, contender, against, at most)
GUARDS = [
    ("gpt", "ninjagrad", "closures", 0.20),
    ("gpt replay", "ninjagrad replay", "ninjagrad", 0.02),
    ("makemore", "ninjagrad", "NumPy by hand", 2.5),
    ("makemore", "ninjagrad, fused", "NumPy by hand", 2.0),
]
BYTES_LIMIT, FIRST_LIMIT = 160, 0.5

# What is timed beside another tree, where nothing is named.
BESIDE = ("moons", "gpt", "makemore", "mlp784", "moons replay", "gpt replay")

# What a fresh process is timed at: imports, and the way to the first gradient.
STARTS = {
    "import numpy": "import numpy",
    "import autograd": "import autograd",
    FIRST: "from autograd import Value; x = Value(3.0); (x * x).backward(); x.grad",
    "a Tensor of ninjagrad": "from autograd import Tensor; x = Tensor(3.0, requires_grad=True); (x * x).backward(); "
                             "x.grad",
    "micrograd": "from micrograd.engine import Value; x = Value(3.0); (x * x).backward(); x.grad",
    "PyTorch": "import torch; x = torch.tensor(3.0, requires_grad=True); (x * x).backward(); x.grad",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help=f"{', '.join(PARTS)}; all of them if none is named. With --against: workloads, "
                             f"{', '.join(WORKLOADS)}; {', '.join(BESIDE)} if none is named")
    parser.add_argument("--python", action="append", default=[], metavar="PATH",
                        help="another interpreter to look for peers in")
    parser.add_argument("--against", type=Path, metavar="PATH",
                        help="the folder of another tree of this project, to be measured beside this one")
    parser.add_argument("--rounds", type=int,
                        help=f"how many turns each contender has: 51, for {PATIENCE:g} s at most; with --against, 101")
    parser.add_argument("--seconds", type=float, default=0.02, help="how long a turn lasts (0.02), or three steps")
    parser.add_argument("--threads", type=int, default=1, help="of each contender (1); 0: as its libraries like")
    parser.add_argument("--quick", action="store_true", help="3 rounds, graphs up to 10^4 nodes, no slow compilers")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every round's times there")
    parser.add_argument("--load", type=Path, metavar="FILE", help="measure nothing but what this JSON file lacks")
    parser.add_argument("--write", type=Path, metavar="FILE", help="replace the tables between the markers in FILE")
    parser.add_argument("--guard", action="store_true", help="only hold a few ratios against generous limits")
    options = parser.parse_args()
    known = WORKLOADS if options.against else PARTS
    if unknown := set(options.parts) - set(known):
        parser.error(f"unknown part {', '.join(sorted(unknown))}; choose from {', '.join(known)}")
    if options.against and not (options.against / "benchmarks" / "worker.py").is_file():
        parser.error(f"--against: found no benchmarks/worker.py in {options.against}; expected a tree of this project")
    if options.quick:
        options.rounds, options.seconds = 3, 0.02
    options.rounds = options.rounds or (101 if options.against else 51)
    try:
        if options.guard:
            return guard()
        if options.against:
            return side_by_side(options.parts or BESIDE, options.against, options.rounds, options.seconds)
        report: dict[str, Any] = json.loads(options.load.read_text(encoding="utf-8")) if options.load else {}
        run(options, report)
    except DisagreementError as error:
        print(error, file=sys.stderr)
        return 1
    print(markdown(report))
    if options.json:
        options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.write:
        text = options.write.read_text(encoding="utf-8")
        options.write.write_text(replaced(text, markdown(report, machine=False)), encoding="utf-8")
    return 0


def run(options: argparse.Namespace, report: dict[str, Any]) -> None:
    """Measure the parts asked for, and put the results into `report`."""
    pythons = [sys.executable, *options.python]
    parts = options.parts or PARTS
    report.setdefault("machine", machine())
    report.setdefault("versions", {}).update(versions(pythons))
    for key, workload in WORKLOADS.items():
        if set(workload.part.split()) & set(parts) and key not in report.setdefault("workloads", {}):
            say(f"{workload.title} …")
            names = [name for name in workload.contenders if not (options.quick and name in SLOW_TO_COMPILE)]
            results, absent = compete(key, pythons, options.rounds, options.seconds, names, options.threads,
                                      patience=LITTLE_PATIENCE if options.quick else PATIENCE)
            report["workloads"][key] = {"times": {name: result._asdict() for name, result in results.items()},
                                        "absent": absent}
    if "memory" in parts and "memory" not in report:
        say("growing graphs …")
        report["memory"] = grow([10 ** 3, 10 ** 4] if options.quick else [10 ** 3, 10 ** 4, 10 ** 5, 10 ** 6])
    if "startup" in parts and "startup" not in report:
        say("fresh processes …")
        report["startup"] = fresh(STARTS, min(options.rounds, 15))


def side_by_side(workloads: Iterable[str], tree: Path, rounds: int, seconds: float) -> int:
    """Print, for each of our contenders, its time here ÷ its time in the other tree."""
    print(f"time in this tree ÷ time in {tree}: median and quartiles of {rounds} turns")
    for workload in workloads:
        for name in WORKLOADS[workload].contenders:
            if name.startswith("ninjagrad"):
                found = beside(workload, name, tree, rounds, seconds)
                print(f"  {workload}: {name:36} {found.median:.3f}  {found.low:.3f} to {found.high:.3f}", flush=True)
    return 0


def grow(sizes: list[int], engines: tuple[str, ...] = ("ninjagrad", "closures")) -> list[dict[str, Any]]:
    """Time and bytes per node of each shape of graph at each size; the closure engine up to 10^5 only."""
    from benchmarks.growth import SHAPES

    rows = []
    for engine in engines:
        for shape in SHAPES:
            worker = Worker(sys.executable)
            some = [n for n in sizes if engine == "ninjagrad" or n < 10 ** 6]
            state, answer = worker.ask("grow", engine, shape, some)
            worker.close()
            if state != "ok":
                raise DisagreementError(f"{shape}: {engine} failed: {answer}")
            rows.append({"engine": engine, "shape": shape, "sizes": answer})
    return rows


def versions(pythons: list[str]) -> dict[str, str]:
    """Of the peers, in whichever interpreter has them first."""
    found: dict[str, str] = {}
    for python in reversed(pythons):
        worker = Worker(python)
        found.update(worker.ask("versions", PACKAGES)[1])
        worker.close()
    return found


def guard() -> int:
    """Hold this machine's ratios against the limits above: 0 if all are kept."""
    slow = 0

    def check(what: str, found: float, limit: float) -> None:
        nonlocal slow
        slow += found > limit
        print(f"{'SLOW' if found > limit else 'ok':5} {what}: {found:.3g}, at most {limit:g}")

    for workload in dict.fromkeys(row[0] for row in GUARDS):
        rows = [row for row in GUARDS if row[0] == workload]
        names = list(dict.fromkeys([row[2] for row in rows] + [row[1] for row in rows]))
        results, absent = compete(workload, [sys.executable], 15, 0.02, names, patience=LITTLE_PATIENCE)
        if absent:
            raise DisagreementError(f"{workload}: {', '.join(absent)} could not be imported")
        for _, name, against, limit in rows:
            check(f"{workload}: {name} ÷ {against}", ratio(results[name].on, results[against].on).median, limit)
    check("bytes per node of a sum of products", grow([10 ** 5], ("ninjagrad",))[-1]["sizes"][0]["bytes"], BYTES_LIMIT)
    starts = fresh({name: STARTS[name] for name in ("import numpy", FIRST)}, 7)
    check("to the first gradient of a Value ÷ import numpy", ratio(starts[FIRST], starts["import numpy"]).median,
          FIRST_LIMIT)
    return 1 if slow else 0


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
