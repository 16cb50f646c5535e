"""Training in sight: what is asked, how often it is drawn, and where to."""

import io
import math
import re
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from nn import live
from tests.needs import needs


class Clock:
    """Time that passes only where someone says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(live, "perf_counter", clock)
    return clock


class Slow:
    """A screen on which a drawing takes its time."""

    live = True

    def __init__(self, clock: Clock, takes: float) -> None:
        self.clock, self.takes, self.drawn = clock, takes, [0]
        self.drawn.clear()

    def show(self, run: Any, last: bool) -> None:
        self.clock.now += self.takes
        self.drawn.append(run.done)


@pytest.mark.parametrize("takes", [0.0001, 0.001, 0.02, 0.1])
def test_drawing_takes_less_than_a_hundredth_of_the_time(clock: Clock, takes: float) -> None:
    run = nn.progress(60_000)
    run.screen = screen = Slow(clock, takes)
    begun = clock.now
    for _ in run:
        clock.now += 1e-3                           # a step of 1 ms
    spent = takes * (len(screen.drawn) - 2)         # the first and the last are drawn in any case
    assert spent < 0.01 * (clock.now - begun)
    assert len(screen.drawn) > 3
    assert screen.drawn[0] == 50                    # soon
    assert screen.drawn[-1] == 60_000


def test_a_step_costs_next_to_nothing() -> None:
    """Beside the drawings: under 1% of a step of 1 ms, with a number that is watched."""
    run = nn.progress(20_000, loss=lambda: 1.0)
    run.screen = SimpleNamespace(live=True, show=lambda run, last: None)        # type: ignore[assignment]
    best = math.inf
    for _ in range(5):
        begun = live.perf_counter()
        for _ in run:
            pass
        best = min(best, (live.perf_counter() - begun) / 20_000)
    assert best < 1e-5


def test_what_is_watched_is_asked_after_each_step_and_kept() -> None:
    run = nn.progress(range(5), loss=lambda: loss, twice=lambda: 2 * step)
    for step in run:
        loss = Value(float(step)) if step % 2 else Tensor([step])
    assert run.history == {"loss": [0.0, 1.0, 2.0, 3.0, 4.0], "twice": [0.0, 2.0, 4.0, 6.0, 8.0]}
    assert run.done == 5


@pytest.mark.parametrize("total", [1, 3, 9, 10, 37, 1000])
def test_a_pipe_gets_a_line_at_each_tenth(total: int, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in nn.progress(total, loss=lambda: 0.5):
        pass
    steps = [int(x) for x in re.findall(rf"^step (\d+)/{total}  loss 0\.5  ", capsys.readouterr().out, flags=re.M)]
    assert steps == sorted({math.ceil(total * tenth / 10) for tenth in range(1, 11)})


def test_what_has_no_length_is_told_of_ever_more_seldom(capsys: pytest.CaptureFixture[str]) -> None:
    def steps() -> Iterator[str]:
        yield from "abcdefghij"

    assert "".join(nn.progress(steps())) == "abcdefghij"
    assert re.findall(r"step (\d+)", capsys.readouterr().out) == ["1", "2", "4", "8", "10"]


def test_whoever_stops_early_sees_where(capsys: pytest.CaptureFixture[str]) -> None:
    for step in nn.progress(1000, loss=lambda: 1.0):
        if step == 5:
            break
    line = capsys.readouterr().out
    assert line.startswith("step 5/1000")
    assert "left" not in line                       # nothing is going to happen any more
    with pytest.raises(ZeroDivisionError):
        sum(1 / (step - 3) for step in nn.progress(1000))
    assert capsys.readouterr().out.startswith("step 3/1000")


def test_a_second_run_begins_anew(capsys: pytest.CaptureFixture[str]) -> None:
    run = nn.progress([5.0, 7.0], x=lambda: x)
    for _ in range(2):
        for step in run:
            x = step
        assert run.history == {"x": [5.0, 7.0]}
        assert capsys.readouterr().out.splitlines()[-1].startswith("step 2/2  x 7")


@pytest.mark.parametrize(("found", "words"), [
    (None, "loss gave None"), ("a", "loss gave 'a'"), (np.ones(2), r"loss gave ndarray of shape \(2,\)"),
    (Tensor([1.0, 2.0]), r"loss gave Tensor of shape \(2,\)")])
def test_what_is_watched_must_be_a_number(found: Any, words: str) -> None:
    with pytest.raises(TypeError, match=f"progress: {words}.*, expected one number"):
        list(nn.progress(3, loss=lambda: found))


@pytest.mark.parametrize("steps", [3, np.int64(3), np.arange(3), Tensor([0.0, 1.0, 2.0])])
def test_any_whole_number_counts_and_arrays_are_gone_through(steps: Any) -> None:
    assert [int(x) for x in nn.progress(steps, steps=lambda: 1.0)] == [0, 1, 2]     # a watched thing may be called so


def test_what_is_no_number_leaves_a_gap() -> None:
    assert live.sparks([math.nan, math.inf, -math.inf], 9) == "   "
    assert live.sparks([1.0, math.nan, 1.0], 9) == "▁ ▁"


def test_no_steps(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(nn.progress(0, loss=lambda: 1.0)) == []
    assert capsys.readouterr().out.startswith("step 0/0")


@pytest.mark.parametrize(("steps", "watched", "words"), [
    (10, {"loss": 1.0}, "write loss=lambda: loss"), (2.5, {}, "expected how many steps"), (None, {}, "NoneType")])
def test_what_can_not_be_shown_is_refused(steps: Any, watched: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        nn.progress(steps, **watched)


class TTY(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch) -> TTY:
    tty = TTY()
    monkeypatch.setattr(sys, "stdout", tty)
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    return tty


def test_a_terminal_gets_a_bar_and_a_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    needs("rich", "demos")
    tty = terminal(monkeypatch)
    losses = iter([1.0 / (1 + i) for i in range(40)])
    for _ in nn.progress(40, loss=lambda: next(losses)):
        pass
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", tty.getvalue())
    assert "━━━━" in text
    assert "step 40/40  loss 0.025" in text
    assert re.search(r"loss █[▁▂▃▄▅▆▇█]{39}", text)


@pytest.mark.parametrize("why", ["no colour", "dumb", "no rich"])
def test_where_rich_can_not_or_shall_not_be_used_there_are_lines(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tty = terminal(monkeypatch)
    if why == "no rich":
        monkeypatch.setitem(sys.modules, "rich.live", None)
    else:
        monkeypatch.setenv(*(("NO_COLOR", "1") if why == "no colour" else ("TERM", "dumb")))
    for _ in nn.progress(10):
        pass
    assert tty.getvalue().count("\n") == 10
    assert "\x1b" not in tty.getvalue()


def test_a_notebook_gets_one_display_that_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    handle = SimpleNamespace(update=lambda run: drawn.append(run._repr_html_()))

    def display(run: Any, display_id: bool) -> Any:
        drawn.append(run._repr_html_())
        return handle

    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=1)))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    clock = Clock()
    monkeypatch.setattr(live, "perf_counter", clock)
    for _ in nn.progress(2000, loss=lambda: 1.0 / clock.now):
        clock.now += 1e-3
    assert len(drawn) == 1 + 19 + 1                 # at 0.05 s, then every 0.1 s, and at the end
    assert "step 2000/2000" in drawn[-1]
    assert drawn[-1].count("<img") == 1


@pytest.mark.parametrize("numbers", [[1.0], [1.0, 1.0], [math.nan] * 3, [math.inf, 1.0, 2.0], [1e-9, 1.0, 3.0],
                                     [-1.0, 0.0, 5.0], [0.0] * 1000, [float(i) for i in range(10_000)]])
def test_any_numbers_make_a_curve(numbers: list[float]) -> None:
    path = live.curve("loss", numbers, "#000").split("<path d=")[-1].split('"')[1]
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", path)]
    assert len(heights) == sum(map(math.isfinite, live_points(numbers)))
    assert all(16.0 <= y <= 100.0 for y in heights)
    assert len(live.sparks(numbers, 30)) == min(30, len(numbers))


def live_points(numbers: list[float]) -> list[float]:
    return [y for _, y in live._thinned(numbers, live.POINTS)]
