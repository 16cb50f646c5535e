"""The measurements as Markdown tables, and those tables in their place in a file."""

from __future__ import annotations

import math
import statistics
from typing import Any

from benchmarks.harness import Ratio, Result, ratio, reached
from benchmarks.workloads import WORKLOADS
from demos.pages import with_part

__all__ = ["markdown", "replaced"]

FIRST = "a Value of ninjagrad"
COMMAND = "python -m benchmarks --write benchmarks/RESULTS.md"
BYTES_GOAL, FIRST_GRADIENT_GOAL = (120, 104), (0.25, 0.1)        # bar and aim


def markdown(report: dict[str, Any], machine: bool = True) -> str:
    """Everything in `report`, table by table; without `machine` only the ratios, for the page."""
    parts = [_contenders(report["workloads"]) if report.get("workloads") else "",
             _goals(report) if machine else "", _growth(report["memory"]) if "memory" in report else "",
             _startup(report["startup"]) if "startup" in report else "", _small_print(report, machine)]
    return "\n\n".join(part for part in parts if part)


def replaced(text: str, tables: str) -> str:
    """`text` with what stands between the markers replaced by `tables`. Raises ValueError if they are not there."""
    return with_part(text, "benchmarks", COMMAND, tables)


def _results(workload: dict[str, Any]) -> dict[str, Result]:
    return {name: Result(**times) for name, times in workload["times"].items()}


def _contenders(workloads: dict[str, Any]) -> str:
    lines = ["| one step, forward and backward | time | middle half of the rounds | gc off | ready after | "
             "pays after |", "|---|---|---|---|---|---|"]
    for key in [key for key in WORKLOADS if key in workloads]:
        results = _results(workloads[key])
        lines.append(f"| **{WORKLOADS[key].title}** | | | | | |")
        if not results:
            continue
        first = next(iter(results.values()))
        for name, result in results.items():
            on, off = ratio(result.on, first.on), ratio(result.off, first.off)
            spread = "" if result is first else f"{_times(on.low)} to {_times(on.high)}"
            lines.append(f"| {name} | {_times(on.median)} | {spread} | {_times(off.median)} | "
                         f"{_seconds(result.ready)} | {_pays_after(result, first)} |")
    return "\n".join(lines) + (
        "\n\nReady after: the seconds until a contender has its first result, imports apart: building, recording, "
        "compiling.\nPays after: so many steps, compared with the first of its group.")


def _pays_after(result: Result, first: Result) -> str:
    """After how many steps a contender has made up for getting ready, compared with another."""
    saved = statistics.median(first.on) - statistics.median(result.on)
    later = result.ready - first.ready
    if result is first or (saved <= 0 and later >= 0):
        return "" if result is first else "never"
    return "at once" if later <= 0 else f"{math.ceil(later / saved):,}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"


def _goals(report: dict[str, Any]) -> str:
    rows = []
    for key in [key for key in WORKLOADS if key in report.get("workloads", {})]:
        for goal, found in reached(key, _results(report["workloads"][key])):
            rows.append((f"{WORKLOADS[key].title.split(',')[0]}: {goal.contender} ÷ {goal.against}", found, goal.bar,
                         goal.aim, _times))
    for row in report.get("memory", []):
        if row["engine"] == "ninjagrad" and row["shape"] == "sum of products":
            found = row["sizes"][-1]["bytes"]
            rows.append(("bytes per node of a sum of products", Ratio(found, found, found), *BYTES_GOAL,
                         lambda x: f"{x:.0f}"))
    starts = report.get("startup", {})
    if FIRST in starts:
        rows.append((f"to the first gradient, {FIRST} ÷ `import numpy`",
                     ratio(starts[FIRST], starts["import numpy"]), *FIRST_GRADIENT_GOAL, _times))
    if not rows:
        return ""
    lines = ["| goal | reached | bar | aim | |", "|---|---|---|---|---|"]
    for what, found, bar, aim, show in rows:
        verdict = "aim reached" if found.median <= aim else "bar reached" if found.median <= bar else "missed"
        lines.append(f"| {what} | {show(found.median)} | {show(bar)} | {show(aim)} | {verdict} |")
    return "\n".join(lines)


def _growth(rows: list[dict[str, Any]]) -> str:
    sizes = [size["nodes"] for size in max((row["sizes"] for row in rows), key=len)]
    powers = [f"10{str(round(math.log10(n))).translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))}" for n in sizes]
    title = f"scalar graph of {', '.join(powers)} nodes"
    lines = [f"| {title} | bytes per node | time per node, 10³ = 1 | gc off | slope |", "|---|---|---|---|---|"]
    for row in rows:
        found = row["sizes"]
        bytes_ = ", ".join(f"{size['bytes']:.0f}" for size in found)
        times, apart = (", ".join(f"{size[which] / found[0][which]:.2f}" for size in found)
                        for which in ("seconds", "apart"))
        lines.append(f"| {row['shape']}, {row['engine']} | {bytes_} | {times} | {apart} | {_slope(found):+.3f} |")
    return "\n".join(lines) + """

The slope is of log(time per node) over log(nodes): 0 where time is linear in nodes. What rises is the share of Python's
garbage collector, which goes through all nodes again whenever there are a quarter more of them; `gc off` is without it.
Before building graphs of a million Values write `gc.set_threshold(10_000)`, or `gc.disable()` while they are built."""


def _slope(sizes: list[dict[str, float]]) -> float:
    if len(sizes) < 2:
        return 0.0
    return statistics.linear_regression([math.log(size["nodes"]) for size in sizes],
                                        [math.log(size["seconds"]) for size in sizes]).slope


def _startup(starts: dict[str, list[float]]) -> str:
    lines = ["| in a new process | time, `import numpy` = 1 | middle half of the rounds |", "|---|---|---|"]
    for name, times in starts.items():
        found = ratio(times, starts["import numpy"])
        what = f"`{name}`" if name.startswith("import") else f"to the first gradient, {name}"
        lines.append(f"| {what} | {_times(found.median)} | {_times(found.low)} to {_times(found.high)} |")
    return "\n".join(lines)


def _small_print(report: dict[str, Any], machine: bool) -> str:
    on = report["machine"]
    versions = "".join(f", {name} {version}" for name, version in report["versions"].items())
    absolute = [f"{WORKLOADS[key].title.split(',')[0]}: " +
                ", ".join(f"{name} {_milliseconds(min(result.on))}" for name, result in _results(workload).items())
                for key, workload in report.get("workloads", {}).items()]
    absolute += [f"{name} {_milliseconds(min(times))}" for name, times in report.get("startup", {}).items()]
    times = f" Best times in ms: {'; '.join(absolute)}." if absolute else ""
    workloads = report.get("workloads", {}).values()
    said = {name: what for workload in workloads for name, what in workload["absent"].items()}
    missing = [f"{name} ({what.splitlines()[0]})" for name, what in sorted(said.items())]
    absent = f" Could not take part: {'; '.join(missing)}." if missing else ""
    here = f"; {on['processor']}, {on['cores']} cores, {on['system']}.{times}{absent}" if machine else "."
    return (f"<sub>Median over rounds of a contender's time ÷ the first one's in the same round, each in a process of "
            f"its own. {on['python']}, NumPy {on['numpy']}{versions}{here}</sub>")


def _times(x: float) -> str:
    """A ratio of times: how many times as long, or how many times faster where it is less than half.

    >>> _times(1.3046), _times(0.05)
    ('1.30', '1/20.0')
    """
    return f"{x:.2f}" if x >= 0.5 else f"1/{1 / x:.1f}"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.3g}"
