"""The site and its lab, in a real browser: what a reader does by keyboard, and what the pages may not do.

The site that is read is built once, or lies where $NINJAGRAD_SITE says. Without Node.js, the extra `site`, playwright
or Chromium these tests are skipped, unless $CI is set: then they fail.
"""

import functools
import html
import os
import posixpath
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from demos.ninja.exercises import EXERCISES
from tests.see.browsing import chromium, missing

ROOT = Path(__file__).parents[2]
PATIENCE = 60_000                                  # milliseconds; what is usual is far less
LIBRARIES = {"jinja2": "jinja2", "markdown_it": "markdown-it-py", "mdit_py_plugins": "mdit-py-plugins", "pdoc": "pdoc",
             "pygments": "pygments", "matplotlib": "matplotlib", "sympy": "sympy"}


def buildable() -> None:
    lacking = [name for module, name in LIBRARIES.items() if find_spec(module) is None]
    if lacking:
        missing(f'the site needs {", ".join(lacking)}: pip install -e ".[site]"')
    if not shutil.which("npm"):
        missing("the site needs npm: apt install nodejs npm")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built."""
    if given := os.environ.get("NINJAGRAD_SITE"):
        return Path(given)
    buildable()
    out = tmp_path_factory.mktemp("host") / "site"
    done = subprocess.run([sys.executable, "-m", "demos", "site", "--out", str(out)], cwd=ROOT, capture_output=True,
                          check=False, text=True)
    assert done.returncode == 0, done.stderr
    return out


class Quiet(SimpleHTTPRequestHandler):
    def guess_type(self, path: Any) -> str:
        return "text/javascript" if str(path).endswith("js") else super().guess_type(path)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """Where the site is served: under another path than the host's root."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder.parent)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/{folder.name}/"
    server.shutdown()
    server.server_close()
    thread.join()


browser = pytest.fixture(scope="module", name="browser")(chromium)


class Reader:
    """Somebody with a browser. `troubles` is what the console said and what was asked of another host."""

    def __init__(self, browser: Any, address: str, **context: Any) -> None:
        self.context = browser.new_context(**context)
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.address = address
        self.troubles: list[str] = []
        self.page.on("console", lambda message: self.troubles.append(message.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        host = "/".join(address.split("/")[:3])
        own = (host, f"blob:{host}", "data:", "about:")
        self.context.on("request", lambda request: None if request.url.startswith(own)
                        else self.troubles.append(request.url))

    def open(self, where: str) -> None:
        self.page.goto(self.address + where)

    def choose(self, what: str) -> None:
        """From the menu."""
        self.page.select_option("#menu", what)
        self.page.wait_for_selector("#result > p.pale:only-child")

    def write(self, program: str) -> None:
        """Into the editor, by keyboard: all that was there goes."""
        self.page.focus(".cm-content")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(program)

    def try_out(self, program: str) -> str:
        """Write a program of one's own, and run it."""
        self.choose("example=thirty_seconds")
        self.write(program)
        return self.run()

    def run(self) -> str:
        """By keyboard; what is under the program when it has ended."""
        self.page.focus(".cm-content")
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_selector("body[data-state=done]")
        return str(self.page.inner_text("#result"))

    def printed(self) -> str:
        return "".join(self.page.eval_on_selector_all("#result > pre.out", "all => all.map(one => one.textContent)"))


@pytest.fixture(scope="module")
def lab(browser: Any, address: str) -> Iterator[Reader]:
    """A lab that has been opened once, for those who only run something in it."""
    reader = Reader(browser, address, bypass_csp=False)
    reader.open("lab/index.html")
    yield reader
    assert reader.troubles == []
    reader.context.close()


# The lab.

def test_the_first_program_runs_right_after_opening(browser, address, record_property):
    """With a progress line meanwhile. How fast it is depends on what else the machine does, and is only recorded."""
    reader = Reader(browser, address)
    begin = time.perf_counter()
    reader.open("lab/index.html")
    assert reader.page.is_visible("#status")
    assert "…" in reader.page.inner_text("#status")
    shown = reader.run()
    record_property("seconds", time.perf_counter() - begin)
    assert "dy/dw = 0.9738" in shown
    assert "w is used once on the way to y" in shown
    assert reader.troubles == []
    reader.context.close()


def test_every_example_prints_what_it_prints_in_a_terminal(lab, tmp_path):
    from demos.website.examples import EXAMPLES
    shows = {"neuron": "svg", "cross_entropy": "iframe", "derive": "math", "xor": "svg", "moons": "svg polyline"}
    for example in EXAMPLES:
        lab.choose(f"example={example.key}")
        lab.run()
        file = tmp_path / "program.py"
        file.write_text(example.source, encoding="utf-8")
        alone = subprocess.run([sys.executable, str(file)], capture_output=True, check=True, text=True, cwd=tmp_path,
                               env={**os.environ, "PYTHONUTF8": "1",
                                    "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "demos/website/browser")])})
        assert lab.printed() == alone.stdout, example.key
        assert lab.page.query_selector("#result .failed") is None
        if example.key in shows:
            assert lab.page.query_selector(f"#result .shown {shows[example.key]}"), example.key


def test_the_engines_of_the_museum_can_be_mended(lab):
    mended = [one for one in EXERCISES.values() if "#= " in one.source and "numpy" not in one.source]
    assert len(mended) >= 7
    for exercise in mended:
        lab.choose(f"exercise={exercise.number}")
        assert "✗" in lab.run(), exercise.title
        lab.write(exercise.solution())
        assert "right, by hand." in lab.run(), exercise.title


def test_a_wrong_program_reads_the_message_first_and_then_its_own_lines(lab):
    shown = lab.try_out("from autograd import Value, draw\n\ndef broken(x):\n    return draw(x, direction='up')\n\n"
                        "broken(Value(1.0))\n")
    assert shown.startswith("ValueError: draw: got direction='up', expected 'LR'")
    assert lab.page.get_attribute("#result details", "open") is None
    lab.page.focus("#result summary")
    lab.page.keyboard.press("Enter")
    where = lab.page.inner_text("#result details pre").splitlines()
    assert where == ["line 6:  broken(Value(1.0))", "line 4, in broken:  return draw(x, direction='up')"]
    assert lab.page.inner_text(".cm-wrong") == "    return draw(x, direction='up')"


@pytest.mark.parametrize(("program", "message", "line"), [
    ("x = 1\ny = (2\n", "SyntaxError: '(' was never closed", "line 2"),
    ("x = 1\n  y = 2\n", "IndentationError: unexpected indent", "line 2"),
    ("import numpy\n", "This lab holds single numbers alone", "line 1"),
    ("from autograd import Tensor\nTensor([1.0])\n", "This lab holds single numbers alone", "line 1"),
    ("input()\n", "the lab can't ask while a program runs", "line 1"),
])
def test_errors_point_at_the_line(lab, program, message, line):
    shown = lab.try_out(program)
    assert message in shown
    assert lab.page.inner_text("#result .failed button") == line
    assert lab.page.query_selector(".cm-wrong") is not None


def test_a_loop_without_an_end_is_stopped_and_the_next_program_runs(lab):
    lab.choose("example=thirty_seconds")
    lab.write("n = 0\nwhile True:\n    n += 1\n    print(n)\n")
    lab.page.keyboard.press("Control+Enter")
    lab.page.wait_for_selector("#result pre.out")
    lab.page.focus("#stop")
    lab.page.keyboard.press("Enter")
    assert "Stopped" in lab.page.inner_text("#result")
    lab.write("print(6 * 7)")
    assert lab.run().strip() == "42"


def test_what_a_program_shows_can_harm_nothing(lab):
    lab.try_out("class Page:\n    def _repr_html_(self):\n        return '<b onclick=\"x()\">b</b>"
                "<img src=x onerror=alert(1)><iframe srcdoc=\"<p>in</p>\"></iframe>'\nPage()\n")
    assert lab.page.eval_on_selector("#result .shown", "box => box.innerHTML.includes('onerror') || "
                                     "box.innerHTML.includes('onclick')") is False
    assert lab.page.get_attribute("#result iframe", "sandbox") == "allow-scripts"
    lab.troubles.clear()                            # the picture that is not there


def test_a_program_can_reach_no_other_host(lab):
    """The page's policy is the worker's too: a stranger's program, in a link, can't send anything anywhere."""
    asked = []

    class Elsewhere(Quiet):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        shown = lab.try_out(f"import js\nask = js.XMLHttpRequest.new()\n"
                            f"ask.open('GET', 'http://127.0.0.1:{server.server_port}/told', False)\n"
                            "try:\n    ask.send()\n    print('sent')\nexcept Exception:\n    print('refused')\n")
        server.shutdown()
        thread.join()
    assert shown.strip() == "refused"
    assert asked == []
    lab.troubles.clear()                            # the address that was asked for in vain


def test_a_link_holds_the_program(browser, address, lab):
    lab.choose("example=thirty_seconds")
    lab.write("print('Grüße, ∂y/∂x')\n")
    lab.page.focus("#link")
    lab.page.keyboard.press("Enter")
    lab.page.wait_for_selector("#status >> text=program")
    other = Reader(browser, address)
    other.open("lab/index.html" + lab.page.url[lab.page.url.index("#"):])
    other.page.wait_for_selector(".cm-content >> text=Grüße")
    assert other.page.inner_text("#result") == "Run the program to see its result here."    # nothing runs unasked
    assert other.run().strip() == "Grüße, ∂y/∂x"
    other.open("index.html")
    other.open("lab/index.html#code=!")
    assert "can't be read" in other.page.inner_text("#result")
    assert other.troubles == []
    other.context.close()


def test_a_lesson_is_opened_in_the_lab_and_runs(folder, lab):
    pages = sorted((folder / "lessons").glob("*.html"))
    found = [path for path in pages if "lab/index.html#code=" in path.read_text(encoding="utf-8")]
    assert found
    for path in found:
        lab.page.goto(f"{lab.address}lessons/{path.name}")
        lab.page.click("text=Open its code in the lab")
        lab.page.wait_for_selector("body[data-state=ready]")
        lab.run()
        assert lab.page.query_selector("#result .failed") is None, lab.page.inner_text("#result .failed")


def test_an_exercise_is_solved_and_still_is_after_a_reload(browser, address):
    reader = Reader(browser, address)
    reader.open("exercises/0_warmups.html")
    reader.page.click("text=Solve it in the lab")
    solution = EXERCISES[0].solution()
    assert "0 of 5 right" in reader.run()
    reader.write(solution.replace("dx = 2.0 * x.data", "dx = x.data"))
    shown = reader.run()
    assert "path left out" in shown
    assert "4 of 5 right" in shown
    reader.page.reload()
    reader.page.wait_for_selector("#task-state >> text=4 of 5 right")
    assert "dx = x.data" in reader.page.inner_text(".cm-content")
    reader.write(solution)
    assert "All 5 right, by hand." in reader.run()
    reader.page.reload()
    reader.page.wait_for_selector("#task-state >> text=solved")
    assert "solved" in reader.page.inner_text("#menu option[value='exercise=0']")
    reader.write(solution.replace("da = 2.0", "da = a.grad"))
    assert "the engine's work, not yours" in reader.run()
    reader.open("exercises/index.html")
    assert "4 of 5 right" in reader.page.inner_text("[data-exercise='0']")
    assert reader.troubles == []
    reader.context.close()


def test_the_lab_is_used_by_keyboard_alone(browser, address):
    """Tab stays in the editor, where it indents; Escape and Tab lead out of it."""
    reader = Reader(browser, address)
    reader.open("lab/index.html")
    page = reader.page
    page.focus(".cm-content")
    page.keyboard.press("Control+Home")
    page.keyboard.press("Tab")
    assert page.inner_text(".cm-line >> nth=0").startswith("    #")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "result"
    assert "Esc" in page.inner_text("#keys")
    reader.context.close()


def test_the_lab_works_without_a_network_once_it_was_loaded(browser, address):
    reader = Reader(browser, address)
    reader.open("lab/index.html")
    reader.page.wait_for_selector("body[data-kept=true]")
    reader.page.reload()                            # from here on the page is the service worker's
    reader.page.wait_for_function("navigator.serviceWorker.controller !== null")
    reader.page.wait_for_selector("body[data-kept=true]")
    reader.context.set_offline(True)
    reader.page.reload()
    assert "dy/dw = 0.9738" in reader.run()
    reader.choose("example=derive")
    reader.run()
    assert reader.page.query_selector("#result .shown math")
    reader.context.close()


# The site.

def pages_of(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))


def test_every_link_leads_somewhere(folder):
    """Each address within the folder is a file in it, and each place on a page is there."""
    known = {page: set(re.findall(r'\bid="([^"]+)"', (folder / page).read_text(encoding="utf-8")))
             for page in pages_of(folder)}
    lost, count = [], 0
    for page in known:
        text = re.sub(r"<(script|pre)\b.*?</\1>", "", (folder / page).read_text(encoding="utf-8"), flags=re.S)
        for found in re.findall(r'<[^>]*?\s(?:href|src)="([^"]*)"', text):
            target, _, place = html.unescape(found).partition("#")
            if re.match(r"https?:|data:|mailto:", target):
                continue
            assert not target.startswith("/"), f"{page}: {target} holds only at a host's root"
            count += 1
            file = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(target))) if target else page
            if not (folder / file).is_file():
                lost.append(f"{page}: {found}")
            elif place and "=" not in place and file in known and unquote(place) not in known[file]:
                lost.append(f"{page}: {found} (no such place)")
    assert lost == []
    assert count > 1000


def test_links_into_the_lab_open_what_they_name(folder, lab):
    from demos.website.examples import EXAMPLES
    texts = [(folder / page).read_text(encoding="utf-8") for page in pages_of(folder) if not page.startswith("api/")]
    named = {match for text in texts for match in re.findall(r"lab/index\.html#(example|exercise)=([\w-]+)", text)}
    assert {key for kind, key in named if kind == "example"} <= {example.key for example in EXAMPLES}
    options = set(lab.page.eval_on_selector_all("#menu option", "all => all.map(one => one.value)"))
    assert {f"{kind}={key}" for kind, key in named} <= options


@pytest.mark.parametrize(("width", "scheme", "read"), [(390, "dark", True), (1280, "light", True),
                                                       (390, "light", False), (1280, "dark", False)])
def test_every_kind_of_page_is_quiet_fits_and_can_be_read_by_all(browser, address, folder, width, scheme, read):
    """No word on the console, no request elsewhere, no sideways scrolling; and axe-core, by which all can read it."""
    axe = next((ROOT / "build/website").glob("*/node_modules/axe-core/axe.min.js"), None)
    if axe is None:
        missing("axe-core is not there: python -m demos site fetches it")
    script = axe.read_text(encoding="utf-8")
    reader = Reader(browser, address, viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
    every = {"api/": 40, "exercises/": 6, "pages/museum_": 4}           # of pages that are made alike, a few
    kinds: dict[str, list[str]] = {}
    for page in pages_of(folder):
        kinds.setdefault(next((kind for kind in every if page.startswith(kind)), ""), []).append(page)
    wrong = []
    for page in [page for kind, pages in kinds.items() for page in pages[::every.get(kind, 1)]]:
        reader.open(page)
        if page.startswith("lab/"):
            reader.run()
        if reader.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wrong.append(f"{page}: scrolls sideways")
        if read:
            reader.page.evaluate(script)
            found = reader.page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
            wrong += [f"{page}: {one['id']}: {one['nodes'][0]['html'][:150]}" for one in found]
        wrong += [f"{page}: {trouble}" for trouble in reader.troubles]
        reader.troubles.clear()
    assert not wrong, "\n".join(wrong)
    reader.context.close()


def test_the_search_finds_pages_functions_and_examples(browser, address):
    reader = Reader(browser, address)
    for start in ("index.html", "api/autograd/see/draw.html"):
        for words, wanted in [("cross entropy", "cross_entropy"), ("gradcheck", "gradcheck"), ("two moons", "moons")]:
            reader.open(start)
            reader.page.keyboard.press("/")
            reader.page.keyboard.type(words)
            reader.page.wait_for_selector("#found a")
            addresses = reader.page.eval_on_selector_all("#found a", "all => all.map(one => one.href)")
            assert any(wanted in one for one in addresses), (words, addresses)
            reader.page.keyboard.press("Enter")
            reader.page.wait_for_url(addresses[0])
    assert reader.troubles == []
    reader.context.close()


def test_pages_work_from_a_folder_too(browser, folder):
    """But for the lab, which browsers run from a host alone."""
    reader = Reader(browser, folder.as_uri() + "/")
    reader.open("index.html")
    reader.page.keyboard.press("/")
    reader.page.keyboard.type("promises")
    reader.page.wait_for_selector("#found a")
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_selector("h1 >> text=romises")
    reader.troubles = [one for one in reader.troubles if not one.startswith("file:")]
    assert reader.troubles == []
    reader.context.close()


# Another Pyodide.

def test_a_full_distribution_is_a_matter_of_its_folder(tmp_path):
    """Where its lock file names NumPy and its files are there, they are taken along; where not, the lab says so."""
    buildable()
    import json

    from demos.website.lab import CORE, _pyodide
    given, out = tmp_path / "given", tmp_path / "out"
    given.mkdir()
    out.mkdir()
    for name in CORE:
        (given / name).write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match=r"holds no Pyodide: pyodide\.mjs is not there"):
        _pyodide(out, str(tmp_path), tmp_path)
    lock = {"packages": {"numpy": {"file_name": "numpy.whl", "depends": ["blas"]}, "blas": {"file_name": "blas.zip",
                                                                                            "depends": []}}}
    (given / "pyodide-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    (given / "numpy.whl").touch()
    assert _pyodide(out, str(given), tmp_path)[2] is False
    (given / "blas.zip").touch()
    place, files, numpy = _pyodide(out, str(given), tmp_path)
    assert (place, numpy) == ("pyodide/", True)
    assert {"pyodide/numpy.whl", "pyodide/blas.zip"} <= set(files)
    assert (out / "pyodide/blas.zip").is_file()
    assert _pyodide(out, "https://host.example/full", tmp_path) == ("https://host.example/full/", [], True)
