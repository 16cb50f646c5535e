"""Every demo runs with few steps, writes what it says it wrote, and goes on after an interruption to the same end."""

from __future__ import annotations

import importlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nn
from demos import __main__ as demos
from demos import common
from tests.needs import needs

needs("matplotlib", "demos")
needs("sklearn", "demos")

TRAINED = {"moons": 3, "digits": 30, "names": 30, "xor": 20, "overfit": 20}
PICTURES = {**{name: f"{name}.png" for name in TRAINED}, "temperature": "temperature.png"}


@pytest.fixture(scope="module")
def names_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "names.txt"
    rng = np.random.default_rng(0)
    path.write_text("\n".join("".join(rng.choice(list("abcde"), rng.integers(3, 7))) for _ in range(50)))
    return path


def run(name: str, out: Path, *more: str, names_file: Path | None = None) -> None:
    steps = ["--steps", str(TRAINED[name])] if name in TRAINED and "--steps" not in more else []
    data = ["--names", str(names_file)] if name == "names" else []
    importlib.import_module(f"demos.{name}").main(["--out", str(out), *steps, *data, *more])


@pytest.mark.parametrize("name", PICTURES)
def test_it_runs_and_writes_what_it_names(name, tmp_path, capsys, names_file):
    run(name, tmp_path, names_file=names_file)
    text = capsys.readouterr().out
    written = [Path(path) for path in re.findall(r"^wrote (.+)$", text, re.MULTILINE)]
    assert sorted(written) == sorted(tmp_path.iterdir())
    picture = tmp_path / PICTURES[name]
    assert picture in written
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 5000
    if name in TRAINED:
        lines = re.findall(r"^step (\d+)/(\d+)  .*lr \S+$", text, re.MULTILINE)      # plain lines when piped
        assert lines[-1] == (str(TRAINED[name]), str(TRAINED[name]))
    assert "\x1b" not in text


@pytest.mark.parametrize("name", PICTURES)
def test_without_plots_it_draws_none(name, tmp_path, names_file):
    run(name, tmp_path, "--no-plots", names_file=names_file)
    assert not list(tmp_path.glob("*.png"))


@pytest.mark.parametrize("name", TRAINED)
def test_the_same_seed_gives_the_same_text(name, tmp_path, capsys, names_file):
    texts = []
    for seed in ("3", "3", "4"):
        run(name, tmp_path, "--no-plots", "--seed", seed, names_file=names_file)
        texts.append(re.sub(r"[\d.]+ m?s\b", "", capsys.readouterr().out))
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize("name", TRAINED)
def test_interrupted_and_resumed_it_comes_to_the_same_end(name, tmp_path, capsys, monkeypatch, names_file):
    run(name, tmp_path, "--no-plots", names_file=names_file)
    whole = capsys.readouterr().out
    iterate = common.Run.__iter__

    def interrupted(self):
        for step in iterate(self):
            if step == TRAINED[name] // 2:
                signal.raise_signal(signal.SIGINT)
            yield step

    monkeypatch.setattr(common.Run, "__iter__", interrupted)
    with pytest.raises(SystemExit) as exit_:
        run(name, tmp_path, "--no-plots", names_file=names_file)
    assert exit_.value.code == 130
    text = capsys.readouterr().out
    assert f"Stopped after step {TRAINED[name] // 2 + 1}." in text
    checkpoint = tmp_path / f"{name}.npz"
    assert f"--resume {checkpoint}" in text
    monkeypatch.undo()
    run(name, tmp_path, "--no-plots", "--resume", str(checkpoint), names_file=names_file)
    resumed = capsys.readouterr().out
    end = [re.sub(r"[\d.]+ m?s\b", "", text[text.rindex(f"step {TRAINED[name]}/"):]) for text in (whole, resumed)]
    assert end[0] == end[1]


def test_a_real_ctrl_c(tmp_path):
    process = subprocess.Popen([sys.executable, "-m", "demos", "digits", "--steps", "5000", "--out", str(tmp_path)],
                               stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert process.stdout.readline().startswith("step 500/")        # under way
    process.send_signal(signal.SIGINT)
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert re.search(r"To go on: python -m demos digits --steps 5000 --out .* --resume .*digits\.npz", text)


def test_digits_of_another_demos_checkpoint_are_refused(tmp_path):
    nn.save(tmp_path / "x.npz", nn.Linear(1, 1))
    for path in ("x.npz", "none.npz"):
        with pytest.raises(SystemExit, match="digits: "):
            run("digits", tmp_path, "--resume", str(tmp_path / path))


def test_names_of_bad_files(tmp_path):
    (tmp_path / "few.txt").write_text("anna\nbert\n")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    for file, message in (("few.txt", "2 names, too few"), ("binary.txt", "cannot read"), ("no.txt", "cannot read")):
        with pytest.raises(SystemExit, match=message):
            run("names", tmp_path, "--names", str(tmp_path / file))


@pytest.mark.parametrize("name", PICTURES)
def test_help_teaches(name, capsys):
    with pytest.raises(SystemExit):
        importlib.import_module(f"demos.{name}").main(["--help"])
    text = capsys.readouterr().out
    assert len(text) > 600
    assert all(option in text for option in ("--seed", "--out", "--no-plots"))


def test_the_list_names_every_demo(capsys):
    demos.main(["--help"])
    text = capsys.readouterr().out
    assert all(name in text for name in PICTURES)


def test_what_the_demos_reach(tmp_path, capsys):
    """The figures of the README, seed 0: all 100 moons, and at least 97% of the held-out digits."""
    importlib.import_module("demos.moons").main(["--no-plots"])
    assert "100 of 100 points" in capsys.readouterr().out
    importlib.import_module("demos.digits").main(["--no-plots"])
    assert float(re.search(r"accuracy ([\d.]+)%", capsys.readouterr().out)[1]) >= 97.0


def test_a_missing_library_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(SystemExit, match=r"(?s)digits needs sklearn.*the demos extra.*\[demos\]"):
        demos.run("digits", ["--steps", "1", "--no-plots"])


def test_the_list_fits_eighty_columns(capsys):
    demos.main(["--help"])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


@pytest.mark.parametrize("arguments", [["--stps", "3"], ["--steps", "x"], ["--steps", "0"],
                                       ["worked_example", "--stps", "3"]])
def test_a_slip_on_the_command_line_ends_before_any_lesson(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        demos.main(arguments)
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out, list(tmp_path.iterdir())) == (2, "", [])
    assert arguments[-2] in printed.err
