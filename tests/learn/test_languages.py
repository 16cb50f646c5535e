"""Every text that a learner sees stands in the catalogue, in English and in German, with the same gaps to be filled."""

import ast
import contextlib
import math
import os
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest

from autograd import Tensor, Value, cmp, diagnose
from autograd.learn import languages
from autograd.learn.german import TEXTS
from autograd.learn.languages import language, speak, speaking, tell
from demos.ninja import grading
from demos.ninja.classroom import main as a_class
from demos.ninja.exercises import EXERCISES
from demos.ninja.runner import lint, main, show
from tests import mistakes

ROOT = Path(__file__).parents[2]
SPEAKING = [*sorted((ROOT / "autograd" / "learn").glob("*.py")), *sorted((ROOT / "demos" / "ninja").glob("*.py")),
            ROOT / "autograd" / "see" / "display.py"]
# Texts that are told by a variable that holds them: names of states, verdicts and limits, and the grader's mistakes.
HELD = {"right", "wrong", "todo", "missing", "follows", "unfinished", "stopped", "borrowed", "no file", "not graded",
        "memory", "time", "size of files", "network", "no loop", "a loop", "the engine's work, not yours",
        "the test was stopped", "gradients of an earlier step", "not a gradient",
        mistakes.diagnose.__globals__["_NO_ROOT"], mistakes.diagnose.__globals__["_TOO_LARGE"]}
ENGLISH = re.compile(r"\b(the|your|is|are|of|and|with|to|where|what|which|by|at|from|its|it|not|only|right|wrong|there"
                     r"|line|rows|numbers|times|you|has|have|this|that|but|every|left|missing)\b", re.I)


def told() -> dict[str, str]:
    """Every text that is told, with the module it stands in."""
    found = dict.fromkeys(HELD, "held")
    for path in SPEAKING:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("tell", "Mistake"):
                texts = node.args if ast.unparse(node.func) == "Mistake" else node.args[:1]
                found |= {x.value: path.name for x in texts if isinstance(x, ast.Constant)}
    for exercise in EXERCISES.values():
        found |= dict.fromkeys([exercise.title, *exercise.hints.values()], exercise.file_name)
    return found


def gaps(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def is_pattern(text: str) -> bool:
    return "\\" in text


def test_both_catalogues_have_the_same_keys() -> None:
    english = told()
    assert len(english) > 400
    assert sorted(english.keys() - TEXTS.keys()) == []
    assert sorted(TEXTS.keys() - english.keys()) == []


def test_a_translation_has_the_same_gaps() -> None:
    hints = {hint for exercise in EXERCISES.values() for hint in exercise.hints.values()}
    for text, german in TEXTS.items():
        if is_pattern(text):                        # what the checker takes out of a text
            re.compile(german)
        elif text in hints:                         # never filled in, and full of code
            assert set(re.findall(r"[\w.]*[_@][\w.]*", text)) == set(re.findall(r"[\w.]*[_@][\w.]*", german)), text
        else:
            assert set(gaps(german)) == set(gaps(text)), text       # a name may stand twice
            assert german.endswith((".", ":", "?")) or not text.endswith((".", ":", "?")), text


class Wiped(dict):
    """A language in which nothing is said: of each text only the gaps are left."""

    def get(self, text: str, default: str = "") -> str:
        if is_pattern(text):
            return text
        pieces = []
        for literal, name, form, how in string.Formatter().parse(text):
            pieces.append(re.sub(r"[^\W\d_]+", "·", literal))
            if name is not None:
                pieces.append("{" + name + f"!{how}" * bool(how) + f":{form}" * bool(form) + "}")
        return "".join(pieces)


@pytest.fixture(params=["xx", "de"])
def foreign(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(languages.LANGUAGES, "xx", "")
    monkeypatch.setitem(languages._read, "xx", Wiped())
    with speaking(request.param):
        yield request.param


def left(text: str) -> str:
    """A message without what is code: names in backticks, formulas, the numbers."""
    return re.sub(r"`[^`]*`|∂\S+|\([^()]*\)", "", text)


def test_no_text_of_a_diagnosis_stands_outside(foreign: str) -> None:
    every = mistakes.mistakes()
    seen: set[str] = set()
    for wrong, diagnosis, _ in mistakes.results(every[::16]):
        text = str(diagnosis)
        assert not ENGLISH.search(left(text)), f"{wrong.graph}: {wrong.line}\n{text}"
        seen.add(diagnosis.mistake)
    assert len(seen) > 20
    assert seen - {"", "unknown"} <= TEXTS.keys()   # the names stay what they are


def test_no_text_of_cmp_stands_outside(foreign: str, capsys: pytest.CaptureFixture[str]) -> None:
    x = Tensor([1.0, -2.0, 3.0], requires_grad=True, label="x")
    y = x.relu() * x
    loss = (y * y).sum()
    loss.backward()
    for manual in (x.grad, x.grad + 1e-13, -x.grad, x.grad * 0, [1.0, 2.0], [math.inf] * 3, x.grad + 1.0,
                   x.grad.numpy().astype("float32")):
        cmp("x", manual, x)
    v = Value(0.0)
    (v.relu() + v * 2.0).backward()
    cmp("v", 5.0, v)
    print(diagnose(2.0, v), diagnose(-2.0, v))
    text = re.sub(r"\| (exact|approximate|maxdiff): *\S+", "", capsys.readouterr().out)
    assert not ENGLISH.search(left(text)), text


CHANGED = [lambda s: s, lambda s: s.replace(" = -", " = "),
           lambda s: re.sub(r"(?m)^(d\w+ = ).*", r"\1None", s, count=1),
           lambda s: re.sub(r"\.sum\(0(, keepdim=True)?\)", "", s), lambda s: s + "\nimport sys; sys.exit()\n",
           lambda s: s + "\nthis is no Python\n", lambda s: re.sub(r"(?m)^(d\w+ = ).*", r"\1'text'", s, count=1),
           lambda s: re.sub(r"(?m)^d(\w+) = .*", r"d\1 = \1.grad", s, count=1)]


@pytest.mark.parametrize("number", [2, 8, 15])
def test_no_text_of_the_checker_stands_outside(number: int, foreign: str, tmp_path: Path,
                                               capsys: pytest.CaptureFixture[str]) -> None:
    exercise = EXERCISES[number]
    for i, change in enumerate(CHANGED):
        path = tmp_path / f"{number}_{i}.py"
        path.write_text(change(exercise.solution()), "utf-8")
        report = grading.grade(path, exercise, 2.0)
        for hints in (0, 3):
            show(report, exercise, path.name, hints)
    path.write_bytes("# für\n".encode("latin-1"))
    show(grading.grade(path, exercise, 2.0), exercise, path.name, 1)
    text = capsys.readouterr().out
    text = re.sub(r"SyntaxError.*|^      .*|[A-Z]\w+Error: .*", "", text, flags=re.M)      # Python's own words
    for line in text.splitlines():
        if "Python" not in line and "│" not in line:
            assert not ENGLISH.search(left(line)), line


def test_no_text_of_the_command_line_stands_outside(foreign: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                    capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "own"
    own.mkdir()
    (own / "40_x.py").write_text("x = 1\n")
    for words in ([], ["start", "2"], ["start", "2"], ["start", "99"], ["check", "3"], ["check", "x.py"],
                  ["check", "all"], ["--exercises", "nowhere"], ["lint", "no.py"]):
        with contextlib.suppress(SystemExit):
            main(words)
    print(*lint(own / "40_x.py"), *lint(own / "no.py"), sep="\n") if (own / "40_x.py").is_file() else None
    (tmp_path / "class" / "ana").mkdir(parents=True)
    for more in ([], ["--jobs", "0"], ["--exercise", "99"]):
        with contextlib.suppress(SystemExit):
            a_class(["grade", "class", "--exercise", "2", *more])
    out, error = capsys.readouterr()
    error = "\n".join(line for line in error.splitlines() if "usage" not in line)
    for line in (out + error).splitlines():
        line = re.sub(r"(?:ninjagrad|python -m demos) (ninja|class) \S+( \S+)*|: error:|#[!?=~].*|\"\"\".*", "", line)
        assert not ENGLISH.search(left(line)), line


@pytest.mark.parametrize("number", [0, 2, 6, 16])
def test_german_gives_no_number_away_that_english_keeps(number: int, tmp_path: Path) -> None:
    exercise = EXERCISES[number]
    path = tmp_path / exercise.file_name
    edits = [*CHANGED, lambda s: re.sub(r"(?m)^(d\w+ = .*)", r"\1 * 1.37", s),
             lambda s: re.sub(r"(?m)^(d\w+ = )(.*) \+ .*", r"\1\2", s), lambda s: exercise.starter()]
    told = 0
    for change in edits:
        path.write_text(change(exercise.solution()), "utf-8")
        said = {}
        for code in ("en", "de"):
            with speaking(code):
                said[code] = grading.grade(path, exercise, 5.0)["lines"]
        for english, german in zip(said["en"], said["de"]):
            for key in ("evidence", "exact"):
                numbers = [sorted(re.findall(r"\d+(?:\.\d+)?", line.get(key) or "")) for line in (english, german)]
                assert numbers[0] == numbers[1], f"{english}\n{german}"
                told += "evidence" in english
    assert told > 5


# Which language is spoken.

@pytest.mark.parametrize(("variables", "code"), [
    ({}, "en"), ({"LANG": "de_DE.UTF-8"}, "de"), ({"LANG": "de_AT"}, "de"), ({"LANG": "fr_FR.UTF-8"}, "en"),
    ({"LANG": "en_US.UTF-8", "LANGUAGE": "de:en"}, "de"), ({"LANG": "de_DE.UTF-8", "LANGUAGE": "en"}, "en"),
    ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, "en"), ({"LANG": "C", "LANGUAGE": "de"}, "en"),
    ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "de_CH.UTF-8"}, "de"), ({"LANG": "fr_FR", "LANGUAGE": "fr:de:en"}, "de"),
    ({"LANG": "en_GB", "NINJAGRAD_LANG": "de"}, "de"), ({"NINJAGRAD_LANG": "xx", "LANG": "de"}, "de"),
])
def test_the_locale_says_which(variables: dict[str, str], code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "NINJAGRAD_LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language() == code
    with speaking("de"):
        assert language() == "de"
    assert language() == code
    with pytest.raises(ValueError, match="expected one of en, de"):
        speak("fr")


def test_german_from_the_command_line(tmp_path: Path) -> None:
    exercise = EXERCISES[2]
    (tmp_path / exercise.file_name).write_text(exercise.solution().replace("dlogits /= n\n", ""), "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "NINJAGRAD_LANG": ""}
    for words, more in ((["--lang", "de"], {}), ([], {"LANG": "de_DE.UTF-8", "LC_ALL": "", "LANGUAGE": ""})):
        done = subprocess.run([sys.executable, "-m", "ninjagrad", "ninja", "check", exercise.file_name, *words],
                              capture_output=True, cwd=tmp_path, env=environment | more, timeout=100)
        text = done.stdout.decode()
        assert "Faktor 1/N fehlt" in text
        assert "deine Zahlen sind 32 mal so groß wie die richtigen" in text
        assert "0 von 1 richtig; mehr Hilfe: --hints 2" in text
    done = subprocess.run([sys.executable, "-m", "ninjagrad", "ninja", "check", exercise.file_name, "--json", "--lang",
                           "de"], capture_output=True, cwd=tmp_path, env=environment, timeout=100)
    assert b'"mistake": "factor 1/N missing"' in done.stdout        # names are names in every language


def test_what_is_not_translated_is_told_in_english() -> None:
    with speaking("de"):
        assert tell("a text of tomorrow, {x}", x=1) == "a text of tomorrow, 1"
