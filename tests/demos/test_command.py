"""The command `ninjagrad`, the metadata, and that version, changelog and citation say the same."""

import os
import re
import subprocess
import sys
from importlib import metadata, util
from pathlib import Path

import pytest

import ninjagrad
from ninjagrad import __main__ as command
from ninjagrad import doctor, drawing

ROOT = Path(__file__).parents[2]


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def run(*words, cwd, **environment):
    return subprocess.run([sys.executable, "-m", "ninjagrad", *words], capture_output=True, text=True, cwd=cwd,
                          env={**os.environ, "PYTHONPATH": str(ROOT), **environment}, check=False)


def test_the_version_is_said_once_and_repeated_rightly(capsys):
    assert command.main(["--version"]) == 0
    assert capsys.readouterr().out == f"ninjagrad {ninjagrad.__version__}\n"
    latest, date = re.findall(r"^## (\S+) \((\d{4}-\d\d-\d\d)\)$", text("CHANGELOG.md"), flags=re.M)[0]
    assert latest == ninjagrad.__version__
    assert f"version: {latest}\ndate-released: {date}\n" in text("CITATION.cff")
    assert "version =" not in text("pyproject.toml").split("[project.optional")[0]


def test_there_is_one_base_address():
    addresses = re.findall(r'^(\w+) = "(https://.*?)"', text("pyproject.toml"), flags=re.M)
    (name, home), *others = addresses
    assert name == "Homepage"
    assert {name for name, _ in others} == {"Changelog", "Files"}
    assert all(address.startswith(home + "/") for _, address in others)
    assert f"repository-code: {home}\n" in text("CITATION.cff")


def test_the_list_names_tools_that_run(capsys):
    command.main(["--help"])
    listed = capsys.readouterr().out
    assert all(f"\n  {name} " in listed for name in (*command.TOOLS, "ninja", "museum", "xor"))
    with pytest.raises(SystemExit, match=r"there is no 'nonsense'; there are .*doctor"):
        command.main(["nonsense"])


def test_its_demos_call_themselves_by_the_command(capsys, tmp_path):
    command.main(["ninja", "--dir", str(tmp_path)])
    assert "ninjagrad ninja start N" in capsys.readouterr().out


def test_exercise_and_benchmarks_away_from_the_checkout(tmp_path):
    done = run("ninja", "start", "2", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "ninjagrad ninja check 2" in done.stdout
    begun = (tmp_path / "ninja" / "2_cross_entropy.py").read_text("utf-8")
    assert not re.search(r"sys\.path|/|\\\\", "".join(line for line in begun.splitlines() if "import" in line))
    assert run("ninja", "check", "2", cwd=tmp_path).returncode == 1
    assert "usage: " in run("bench", "--help", cwd=tmp_path).stdout


# draw.

def test_draw_an_expression(tmp_path, capsys):
    out = tmp_path / "graph.dot"
    assert drawing.main(["exp(a) / (exp(a) + b)", "a=2", "b=-1", "--out", str(out)]) == 0
    assert f"wrote {out}" in capsys.readouterr().out
    assert out.read_text("utf-8").count("exp") >= 1
    assert drawing.main(["--tree"]) == 0
    assert "w = -3  grad 0.9738" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "message"), [
    (["a +"], "invalid syntax"), (["2 + 3"], "with a letter in it"), (["a", "a=x"], "not of the form x=2"),
    (["a", "q=2"], "no q in it"), (["frobnicate(a)"], "frobnicate"),
    (["open('x')"], "open"), (["a"], ".xyz"),
])
def test_what_draw_refuses(words, message, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        drawing.main([*words, "--out", "graph.xyz"])
    assert message in capsys.readouterr().err + str(ended.value).replace("graph.xyz'", ".xyz")
    assert list(tmp_path.iterdir()) == []


def test_draw_without_a_layout_engine_shows_the_tree(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    assert drawing.main(["a * a", "--out", str(tmp_path / "x.svg")]) == 1
    out = capsys.readouterr().out
    assert "pip install 'pygraphviz>=2'" in out
    assert "├── a = 1  grad 2" in out


# doctor.

def test_a_healthy_installation(capsys, monkeypatch):
    monkeypatch.setattr(metadata, "version", lambda name: {"ninjagrad": ninjagrad.__version__}.get(name, "2.1"))
    assert doctor.main([]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"ninjagrad {ninjagrad.__version__}, Python 3.")
    assert out.endswith("Nothing is wrong.\n")


def test_hips_autograd_among_our_files_is_found(tmp_path, monkeypatch, capsys):
    package = tmp_path / "autograd"
    (package / "core").mkdir(parents=True)
    (package / "numpy").mkdir()
    for name in ("__init__.py", "tracer.py", "core/ops.py"):
        (package / name).write_text("")
    spec = util.spec_from_file_location("autograd", package / "__init__.py", submodule_search_locations=[str(package)])
    monkeypatch.setattr(util, "find_spec", lambda name: spec)
    assert "HIPS autograd" in doctor.merged()[0]
    assert "pip uninstall -y autograd ninjagrad" in doctor.merged()[0]
    (package / "core" / "ops.py").unlink()
    assert "another package of that name" in doctor.merged()[0]
    (package / "tracer.py").unlink()
    (package / "core" / "ops.py").write_text("")
    assert doctor.merged() == []
    (package / "core" / "ops.py").unlink()
    assert doctor.main([]) == 1
    assert "to mend." in capsys.readouterr().out


def test_the_first_import_tells_of_hips_autograd():
    with pytest.raises(ImportError, match="HIPS autograd is installed in the same environment"):
        from autograd.core import primitive_with_deprecation_warnings  # noqa: F401  (as its __init__ begins)
    import autograd.core
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        autograd.core.nonsense  # noqa: B018


def test_the_command_tells_of_it_too(monkeypatch):
    monkeypatch.setattr(doctor, "merged", lambda: ["both are broken. Remedy: apart"])
    monkeypatch.setitem(sys.modules, "ninjagrad.demos.museum", None)
    with pytest.raises(SystemExit, match="ninjagrad: both are broken"):
        command.main(["museum"])


def test_old_and_missing_packages(monkeypatch, capsys):
    monkeypatch.setattr(metadata, "version", lambda name: "1.26.4")
    assert any("numpy 1.26.4 is too old" in text for text in doctor.versions())

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert doctor.versions() == []
    assert "numpy: missing" in capsys.readouterr().out
