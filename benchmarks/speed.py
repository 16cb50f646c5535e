"""The README's short table and its picture of the speed, both read off the tables in RESULTS.md.

`python -m benchmarks.speed` writes them; it measures nothing.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from demos.pages import part, with_part

__all__ = ["draw", "ratios", "table"]

ROOT = Path(__file__).resolve().parent.parent
RESULTS, README = ROOT / "benchmarks" / "RESULTS.md", ROOT / "README.md"
PICTURE = ROOT / "demos" / "gallery" / "speed.svg"
OURS, THEIRS, TEXT = "#3869b0", "#9a9a9a", "#808080"        # each is legible on white and on black

LEFT = 0.0007                                       # where the bars begin

# The rows of the short table: the beginning of a title in RESULTS.md, and the contenders that are named.
ROWS = [
    ("two moons, 65,075 scalar nodes", ["ninjagrad", "ninjagrad, n-ary neurons"]),
    ("two moons, recorded", ["ninjagrad replay"]),
    ("microgpt, a name of six letters, recorded", ["ninjagrad replay"]),
    ("makemore, 29 array nodes", ["ninjagrad", "ninjagrad replay, fused", "PyTorch"]),
]
PANELS = [("two moons, 65,075 scalar nodes", "two moons: 65,075 single numbers"),
          ("microgpt, a name of six letters, recorded", "microgpt: a GPT of single numbers"),
          ("makemore, 29 array nodes", "makemore: 29 arrays")]


def ratios(results: str) -> dict[str, dict[str, float]]:
    r"""For each workload its contenders' times, as multiples of the first one's.

    >>> ratios("| **two moons** | | | |\n| micrograd | 1.00 |  | 1.00 |\n| ninjagrad | 1/16.0 | … | 1/3.0 |")
    {'two moons': {'micrograd': 1.0, 'ninjagrad': 0.0625}}
    """
    found: dict[str, dict[str, float]] = {}
    for name, time in re.findall(r"^\| (.+?) \| ([\d./]*) ?\|.*\|.*\|$", results, flags=re.M):
        if name.startswith("**"):
            times = found[name.strip("*")] = {}
        elif found and time:
            over, _, under = time.partition("/")
            times[name] = float(over) / float(under or 1)
    return found


def table(results: str) -> str:
    """The short table as Markdown."""
    lines = ["| one step, forward and backward | time | measured against |", "|---|---|---|"]
    for title, names in ROWS:
        times = ratios(results)[title]
        for name in names:
            against = next(iter(times)).replace("ninjagrad", "the same graph, eager")
            lines.append(f"| {title}: {name} | {_shown(times[name])} | {against} |")
    return "\n".join(lines)


def _shown(time: float) -> str:
    return f"{time:.2f}" if time >= 0.5 else f"1/{1 / time:.1f}" if time > 0.1 else f"1/{1 / time:.0f}"


def draw(results: str, path: Path) -> None:
    """The picture: a bar for each contender, on a logarithmic scale."""
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    found = {title: {name: time for name, time in times.items() if name != "closures"}
             for title, times in ratios(results).items()}
    counts = [len(found[title]) for title, _ in PANELS]
    look: Any = {"text.color": TEXT, "axes.labelcolor": TEXT, "xtick.color": TEXT, "ytick.color": TEXT,
                 "axes.edgecolor": TEXT, "font.size": 9.5, "svg.hashsalt": "speed"}
    with plt.rc_context(look):
        figure, panels = plt.subplots(len(PANELS), 1, figsize=(7.2, 0.27 * sum(counts) + 1.3), sharex=True,
                                      height_ratios=counts, layout="constrained")
        for axes, (title, words) in zip(panels, PANELS):
            times = found[title]
            colours = [OURS if name.startswith("ninjagrad") else THEIRS for name in times]
            rows = [f"{name}   {_shown(time)}" for name, time in times.items()]
            axes.barh(rows, [time - LEFT for time in times.values()], left=LEFT, color=colours, height=0.62)
            axes.axvline(1.0, color=TEXT, linewidth=0.8, linestyle=":")
            axes.set_title(words, loc="left", fontsize=10, fontweight="bold")
            axes.set_ylim(len(rows) - 0.5, -0.5)
            axes.set_xscale("log")
            axes.set_xlim(LEFT, 25)
            axes.tick_params(length=0)
            axes.spines[["top", "right", "bottom"]].set_visible(False)
        panels[-1].set_xlabel("time of one training step, the first row of each group = 1; shorter is faster")
        panels[-1].set_xticks([0.001, 0.01, 0.1, 1, 10], ["1/1000", "1/100", "1/10", "1", "10"])
        panels[-1].minorticks_off()
        figure.savefig(path, transparent=True, metadata={"Date": None} if path.suffix == ".svg" else None)
        plt.close(figure)


def main() -> None:
    results = part(RESULTS.read_text(encoding="utf-8"), "benchmarks")
    readme = README.read_text(encoding="utf-8")
    README.write_text(with_part(readme, "speed", "python -m benchmarks.speed", table(results)), encoding="utf-8")
    draw(results, PICTURE)
    print(f"wrote the short table into {README} and the picture {PICTURE}")


if __name__ == "__main__":
    main()
