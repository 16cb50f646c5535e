"""Any terminal: output that can't hold ∂, narrow lines, pipes, folders that are files, files in other encodings."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from demos import __main__ as demos
from demos.ninja import main as ninja
from demos.ninja.exercises import EXERCISES
from demos.ninja.runner import check
from demos.terminal import any_terminal, plain

ROOT = Path(__file__).parents[2]


def run(*words, cwd, **environment):
    return subprocess.run([sys.executable, "-m", "demos", *words], capture_output=True, cwd=cwd, check=False,
                          env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "0", **environment})


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437"])
@pytest.mark.parametrize("words", ["museum", "cross_entropy --no-plots", "backward", "op_table", "ninja",
                                   "ninja solution 1", "temperature --no-plots", "xor --help"])
def test_output_that_cannot_hold_the_signs_gets_plain_ones(words, encoding, tmp_path):
    done = run(*words.split(), cwd=tmp_path, PYTHONIOENCODING=encoding)
    complaints = [line for line in done.stderr.splitlines() if not line.startswith(b"Fontconfig")]
    assert (done.returncode, complaints) == (0, [])
    assert len(done.stdout.decode(encoding)) > 200
    assert b"\\u" not in done.stdout


def test_every_sign_in_our_texts_has_a_plain_form():
    """In what the packages print, or could: no sign becomes a question mark."""
    signs = {sign for folder in ("autograd", "nn", "demos", "ninjagrad") for path in (ROOT / folder).rglob("*.py")
             for sign in path.read_text(encoding="utf-8") if not sign.isascii()}
    assert len(signs) > 50
    assert {sign: plain(sign) for sign in signs if "?" in plain(sign) or not plain(sign).isascii()} == {}


@pytest.mark.parametrize("text", ["ŷ − y ≤ ½·α²", "└── x⁻¹ ✓", "Łucja, Zoë, Øystein", "ΔΣ → ∞", "日本"])
def test_plain_is_ascii(text):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="ninjagrad.plain")
    print(text, file=stream, end="")
    stream.flush()
    assert stream.buffer.getvalue().decode("ascii") == plain(text)
    assert plain(text).isascii()
    assert plain(plain(text)) == plain(text)


def test_other_streams_are_left_alone(monkeypatch):
    for stream in (io.StringIO(), io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace"), None):
        monkeypatch.setattr(sys, "stdout", stream)
        any_terminal()
        assert getattr(stream, "errors", None) in (None, "replace")


# Narrow.

@pytest.mark.parametrize("name", ["worked_example", "weight_gradient"])
def test_fifty_columns_cut_no_number(name, tmp_path, capsys, monkeypatch):
    pytest.importorskip("matplotlib", reason="the demos extra is not installed")
    numbers = []
    for columns in ("200", "50"):
        monkeypatch.setenv("COLUMNS", columns)
        words = ["--steps", "1", "--no-plots"] if name == "weight_gradient" else []
        demos.main([name, "--out", str(tmp_path), *words])
        out = capsys.readouterr().out.split("wrote")[0]
        assert "…" not in out
        numbers.append(sorted(re.findall(r"-?\d+\.\d+(?:e-?\d+)?", out)))
    assert numbers[0] == numbers[1]
    assert max(map(len, out.splitlines())) <= 50


def test_lists_fit_fifty_columns(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    monkeypatch.chdir(tmp_path)
    demos.main(["--help"])
    ninja([])
    assert max(len(line) for line in capsys.readouterr().out.splitlines() if "usage" not in line
               and "--help" not in line) <= 50


def test_what_is_said_of_a_line_is_wrapped_once(tmp_path, capsys, monkeypatch):
    text = EXERCISES[1].solution().replace("dcounts = counts_sum_inv * dprobs + dcounts_sum",
                                           "dcounts = counts_sum_inv * dprobs")
    (tmp_path / EXERCISES[1].file_name).write_text(text, "utf-8")
    said = []
    for columns in ("50", "110"):
        monkeypatch.setenv("COLUMNS", columns)
        ninja(["check", "1", "--hints", "3", "--dir", str(tmp_path)])
        out = capsys.readouterr().out.split("1_makemore.py")[1]
        assert max(map(len, out.splitlines())) <= int(columns)
        said.append(" ".join(out.split()))
    assert said[0] == said[1]


def test_no_colour_in_a_pipe_nor_where_nobody_wants_it(tmp_path):
    done = run("museum", "1", cwd=tmp_path, NO_COLOR="1", PYTHONIOENCODING="utf-8")
    assert b"\x1b" not in done.stdout


def test_a_pipe_that_closes_early_is_no_error(tmp_path):
    process = subprocess.Popen([sys.executable, "-m", "demos", "op_table"], stdout=subprocess.PIPE, cwd=tmp_path,
                               stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)})
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait()


# Folders and files.

@pytest.mark.parametrize("name", ["worked_example", "weight_gradient", "cross_entropy", "xor", "temperature", ""])
def test_a_file_is_no_folder_to_write_into(name, tmp_path, capsys):
    pytest.importorskip("matplotlib", reason="the demos extra is not installed")
    file = tmp_path / "README.md"
    file.write_text("here already")
    for out in (file, file / "deeper"):
        with pytest.raises(SystemExit) as ended:
            demos.main([*filter(None, [name]), "--out", str(out)])
        printed = capsys.readouterr()
        assert (ended.value.code, printed.out) == (2, "")
        assert printed.err.splitlines()[-1].endswith(f"{file} is a file; a folder is wanted")


def test_a_folder_that_may_not_be_written_to(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)         # root may write anywhere
    with pytest.raises(SystemExit):
        demos.main(["cross_entropy", "--out", str(tmp_path / "out")])
    assert "choose another folder" in capsys.readouterr().err


def test_what_the_system_refuses_is_one_line(monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "out")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(SystemExit, match=r"^ninja: Permission denied: out$"):
        demos.main(["ninja", "--dir", "ninja_of_mine", "start", "0"])


def test_dir_before_or_after_and_in_the_advice(tmp_path, capsys):
    mine = tmp_path / "my exercises"
    folder = ["--dir", str(mine)]
    for words in ([*folder, "start", "0"], ["start", *folder, "1"], ["start", "2", *folder]):
        assert ninja(words) == 0
        assert f"--dir '{mine}'" in capsys.readouterr().out.replace("\n", " ").replace("  ", " ")
    assert len(list(mine.glob("*.py"))) == 3
    ninja(["list", "--dir", str(mine)])
    assert f"check N --dir '{mine}'" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        ninja(["check", "5", "--dir", str(mine)])
    assert f"start 5 --dir '{mine}'` writes one" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(("encoding", "lines"), [("utf-8-sig", "\n"), ("utf-8", "\r\n"), ("latin-1", "\n")])
def test_an_exercise_in_another_encoding(encoding, lines, tmp_path):
    path = tmp_path / EXERCISES[2].file_name
    solution = re.sub("#.*", "", EXERCISES[2].solution())
    path.write_bytes(("# für später\n" + solution.replace("\n", lines)).encode(encoding))
    report = check(path, EXERCISES[2])
    if encoding == "latin-1":
        assert "save as UTF-8" in report["error"]["what"]
        assert report["error"]["line"] == 1
        path.write_bytes(b"# coding: latin-1\n" + path.read_bytes())        # what Python itself accepts
        report = check(path, EXERCISES[2])
    assert report["error"] is None
    assert [line["state"] for line in report["lines"]] == ["right"]


def test_nothing_started_or_printed_holds_a_path_of_the_machine(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ninja(["start", "1"])
    ninja(["check", "1"])
    ninja([])
    written = (tmp_path / "ninja" / "1_makemore.py").read_text("utf-8")
    for text in (written, capsys.readouterr().out):
        assert str(ROOT) not in text
        assert str(tmp_path) not in text
        assert sys.prefix not in text


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8"])
def test_what_the_engine_gives_to_print(encoding):
    """Everything of `autograd` that is made to be printed is printed wherever it goes."""
    code = """
from autograd import Value, cmp, derive, diagnose, explain, paths, tree
x = Value(2.0, label="ŷ_1")
y = x * x - x
y.label = "ℓ"
y.backward()
for make in (tree, lambda y: explain(y, x), lambda y: paths(y, x), lambda y: next(iter(paths(y, x))),
             lambda y: derive(y, x), lambda y: diagnose(-3.0, x)):
    print(make(y))
cmp("ŷ_1", -3.0, x)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=100, env={
        **os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "0"})
    assert done.returncode == 0, done.stderr.decode()
    text = done.stdout.decode(encoding)
    assert ("∂" in text) is (encoding == "utf-8")
    assert "wrong sign" in text
