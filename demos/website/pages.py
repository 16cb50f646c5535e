"""Writes the site's pages in one style: what is on them is read from notebooks, docs, docstrings and demos."""

from __future__ import annotations

import html
import json
import re
import shutil
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

import ninjagrad
from autograd import Value, stepper

from .. import cross_entropy, derive, museum
from ..ninja.exercises import EXERCISES
from .examples import EXAMPLES
from .lab import mends, scalar, write_lab
from .lessons import lessons, link_to
from .markdown import coloured, html_of, with_math
from .packages import HERE, ROOT, bundle, licences, node
from .reference import write_reference

__all__ = ["write_site"]

NAVIGATION = [("Lessons", "lessons/index.html"), ("Lab", "lab/index.html"), ("Exercises", "exercises/index.html"),
              ("Museum", "pages/museum.html"), ("Operations", "operations.html"), ("API", "api/index.html"),
              ("Speed", "speed.html"), ("Promises", "promises.html")]
FOOTER = [("Tour", "tour.html"), ("Named mistakes", "mistakes.html"), ("Modules", "modules.html"),
          ("Changes", "changes.html"), ("Licences", "licences.html")]
# What a page may load: its own folder, and nothing else.
POLICY = ("default-src 'self' 'unsafe-inline' data: blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
          "script-src 'self' 'unsafe-inline' blob: 'wasm-unsafe-eval'{0}; connect-src 'self' blob: data:{0}")

# The repository's pages on the site: file -> address, title
DOCUMENTS = {
    "docs/OPS.md": ("operations.html", "Operations"), "docs/PROMISES.md": ("promises.html", "Promises"),
    "docs/TOUR.md": ("tour.html", "A tour"), "docs/MISTAKES.md": ("mistakes.html", "Named mistakes"),
    "docs/MODULES.md": ("modules.html", "Modules"), "CHANGELOG.md": ("changes.html", "Changes"),
    "benchmarks/RESULTS.md": ("speed.html", "Speed"),
}
START = """\
from autograd import Value
x = Value(3.0); y = x * x + 2 * x; y.backward()
print(f"y = {y.data}, dy/dx = {x.grad}")
"""
CARDS = [
    ("Lessons", "lessons/index.html",
     "From the first derivative to a network that learns, with every picture and every number."),
    ("The lab", "lab/index.html",
     "Python in your browser: graphs, explanations, derivations. A link can hold your program."),
    ("Become a backprop ninja", "exercises/index.html",
     "Write the gradients by hand, and be told what is wrong with a wrong line."),
    ("The museum of broken backprop", "pages/museum.html",
     "Engines with one classic bug each. See where it bites, and mend it in the lab."),
    ("Cross-entropy under the microscope", "pages/cross_entropy.html",
     "Why its gradient is softmax minus one-hot: path by path, matrix by matrix."),
    ("Derivations", "pages/derive.html",
     "The gradients a lecturer writes on the board, read off the graph. Every line is checked by numbers."),
    ("Every operation", "operations.html", "The one table of derivatives from which everything here is read."),
    ("Speed", "speed.html", "Measured beside micrograd, NumPy by hand, PyTorch and others."),
    ("Promises", "promises.html", "What holds at the edges: infinities, kinks, deep graphs, changed data."),
]
TEMPLATES = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, trim_blocks=True)


class Site:
    """The folder, what is written into it, and what can be searched for in it."""

    def __init__(self, folder: Path, elsewhere: str = "") -> None:
        self.folder, self.count = folder, 0
        self.shell = {"navigation": NAVIGATION, "footer": FOOTER, "version": ninjagrad.__version__,
                      "policy": POLICY.format(elsewhere)}
        self.searchable: list[tuple[str, str, str, str]] = []       # title, where, address, text

    def page(self, address: str, title: str, body: str = "", template: str = "page.html", **more: Any) -> None:
        """Write a page, and note its sections for the search."""
        path = self.folder / address
        path.parent.mkdir(parents=True, exist_ok=True)
        text = TEMPLATES.get_template(template).render(title=title, body=body, root="../" * address.count("/"),
                                                       here=address, **{"kind": "", **self.shell, **more})
        path.write_text(text, encoding="utf-8")
        self.count += 1
        pieces = re.split(r'(?=<h[23] id=")', body)
        self.searchable.append((title, "", address, _words(more.get("description", "") + " " + pieces[0])))
        for piece in pieces[1:]:
            found = re.match(r'<h[23] id="([^"]*)"[^>]*>(.*?)</h', piece, re.S)
            if found:
                self.searchable.append((_words(found[2]), title, f"{address}#{found[1]}", _words(piece)))

    def resolve(self, depth: int, path: str) -> str:
        """Where a file of the repository is on the site; what is not on it is at the project's address."""
        root = "../" * depth
        if path in DOCUMENTS:
            return root + DOCUMENTS[path][0]
        if path == "README.md":
            return root + "index.html"
        if path.startswith("demos/notebooks/") and path.endswith(".ipynb") and (ROOT / path).exists():
            return f"{root}lessons/{Path(path).stem}.html"
        if path.startswith(("autograd/", "nn/")) and path.endswith(".py"):
            return f"{root}api/{path[:-3].removesuffix('/__init__')}.html"
        if path.endswith((".svg", ".png")) and (ROOT / path).is_file():
            (self.folder / "pictures").mkdir(exist_ok=True)
            shutil.copy(ROOT / path, self.folder / "pictures")
            return f"{root}pictures/{Path(path).name}"
        return f"{_home()}/blob/main/{path}"


def _home() -> str:
    return str(re.findall(r'^Homepage = "(.*?)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), flags=re.M)[0])


def _words(markup: str) -> str:
    """What can be read of a page, for the search."""
    bare = re.sub(r"<(style|script|svg|math)\b.*?</\1>|<[^>]*>", " ", markup, flags=re.S)
    return html.unescape(re.sub(r"\s+", " ", bare)).strip()


def write_site(folder: Path, pyodide: str | None = None) -> int:
    """Write it all; how many pages there are.

    Raises:
        Missing: if npm or node is not installed.
        ValueError: if `pyodide` is a folder without Pyodide.
    """
    folder.mkdir(parents=True, exist_ok=True)
    site = Site(folder, f" {pyodide}" if pyodide and pyodide.startswith("http") else "")
    for name in ("style.css", "api.css", "icon.svg", "offline.js"):
        shutil.copy(HERE / "browser" / name, folder)
    bundle(HERE / "browser" / "site.js", folder / "site.js", "--format=iife")
    data = write_lab(folder / "lab", pyodide)
    site.page("lab/index.html", "The lab", template="lab.html", kind="labs", **data,
              description="Python in the browser: run, draw, explain, derive, train, solve the exercises")
    for one in EXAMPLES:
        address = f"lab/index.html#example={one.key}"
        site.searchable.append((one.title, "a program in the lab", address, one.source[:300]))
    _made_by_the_demos(site)
    _documents(site)
    first = _lessons(site)
    _exercises(site, data["numpy"])
    _licences(site)
    site.page("index.html", "ninjagrad", template="landing.html", cards=CARDS, lesson=first, start=coloured(START),
              start_link=link_to(START),
              description="Automatic differentiation you can read, see, step through, derive, break and train")
    shown = StringIO()
    with redirect_stdout(shown):
        found = list(write_reference(folder / "api", site.shell))
    site.searchable += found
    _search(site)
    return len(list(folder.rglob("*.html")))


def _made_by_the_demos(site: Site) -> None:
    """The pages that demos write, each as it is, with a way back."""
    out = site.folder / "pages"
    out.mkdir(exist_ok=True)
    x1, x2, w1, w2 = Value(2.0, label="x1"), Value(0.0, label="x2"), Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.9, label="b")
    n = x1 * w1 + x2 * w2 + b
    o = n.tanh()
    n.label, o.label = "n", "o"
    stepper(o, out / "neuron.html", parameters=[w1, w2, b], title="A neuron, step by step")
    with redirect_stdout(StringIO()):
        cross_entropy.main(["--out", str(out)])
        derive.main(["--out", str(out)])
        museum.main(["--out", str(out)])
    back = ('<nav aria-label="Back" style="font:15px Helvetica,Arial,sans-serif;padding:.4rem 0">'
            '<a href="../index.html" style="color:inherit">∂ ninjagrad</a></nav>')
    for path in sorted(out.glob("*.html")):
        name = path.stem
        if name == "neuron":                        # it stands within the landing page
            continue
        text = re.sub(r"(<code>[^<]* ninja start (\d+)</code>)", _in_the_lab, path.read_text(encoding="utf-8"))
        path.write_text(re.sub(r"(<main>\n<h1>|<h1>)", back + r"\1", text, count=1), encoding="utf-8")
        title = re.findall(r"<title>(.*?)</title>", text)[0]
        site.searchable.append((title, "", f"pages/{name}.html", _words(text)[:1500]))


def _in_the_lab(found: re.Match[str]) -> str:
    """A command that starts an exercise, and a link to where it can be solved without."""
    number = int(found[2])
    link = f' or <a href="../lab/index.html#exercise={number}">in the lab</a>' if scalar(EXERCISES[number]) else ""
    return found[1] + link


def _documents(site: Site) -> None:
    made = []
    for name in DOCUMENTS:
        text = (ROOT / name).read_text(encoding="utf-8")
        body = html_of(text, str(Path(name).parent), lambda path: site.resolve(0, path))
        if name.startswith("benchmarks"):           # its pictures before its tables
            picture = site.resolve(0, "demos/gallery/speed.svg")
            words = "The time of one training step beside micrograd, NumPy by hand, PyTorch and others"
            body = body.replace("</h1>", f'</h1><img class="picture" src="{picture}" alt="{words}">', 1)
        made.append(body)
    for (address, title), body in zip(DOCUMENTS.values(), with_math(made)):
        site.page(address, title, body)


def _lessons(site: Site) -> str:
    """The notebooks' pages; the address of the first."""
    found = lessons(lambda path: site.resolve(1, path))
    for i, (lesson, body) in enumerate(zip(found, with_math([lesson.body for lesson in found]))):
        beside = [f'<a href="{other.name}.html">{word}: {html.escape(other.title)}</a>'
                  for word, other in (("Before", found[i - 1] if i else None),
                                      ("Next", found[i + 1] if i + 1 < len(found) else None)) if other]
        site.page(f"lessons/{lesson.name}.html", lesson.title, body + f"<hr><p>{' · '.join(beside)}</p>")
    cards = [(lesson.title, f"{lesson.name}.html", lesson.summary) for lesson in found]
    cards += [("Cross-entropy under the microscope", "../pages/cross_entropy.html",
               "Why its gradient is softmax − one-hot."),
              ("Derivations", "../pages/derive.html",
               "Softmax with cross-entropy five ways; neurons, norms, attention."),
              ("A tour", "../tour.html", "Everything the project does, in one page that runs.")]
    site.page("lessons/index.html", "Lessons", "<h1>Lessons</h1>" + _cards(cards),
              description="The lessons: notebooks to read here or to run")
    return f"lessons/{found[0].name}.html" if found else "lessons/index.html"


def _cards(cards: list[tuple[str, str, str]]) -> str:
    return '<ul class="cards">' + "".join(
        f'<li class="card"><h2><a href="{address}">{html.escape(title)}</a></h2><p>{html.escape(text)}</p></li>'
        for title, address, text in cards) + "</ul>"


def _exercises(site: Site, numpy: bool) -> None:
    items = []
    for exercise in EXERCISES.values():
        name = exercise.path.stem
        title = f"{exercise.number}: {exercise.title}"
        here = numpy or scalar(exercise)
        alone = (f"<p>On your computer: <code>python -m demos ninja start {exercise.number}</code>, and then "
                 f"<code>python -m demos ninja check {exercise.number}</code>.</p>")
        need = "" if here else ('<p class="pale">It is about Tensors, which need NumPy: this site\'s lab holds single '
                                "numbers.</p>")
        text = re.match(r'"""(.*?)"""', exercise.source, re.S)
        what = "Mend it in the lab" if mends(exercise) else "Solve it in the lab"
        lab = f'<a class="button first" href="../lab/index.html#exercise={exercise.number}">{what}</a>'
        words = html_of("\n".join(text[1].split("\n")[1:]) if text else "", "", str)
        state = f'<span class="state" data-exercise="{exercise.number}"></span>'
        site.page(f"exercises/{name}.html", f"Exercise {title}",
                  f"<h1>Exercise {html.escape(title)}</h1><p>{state}</p>{words}"
                  f'{f"<p>{lab}</p>" if here else ""}{alone}{need}<h2>The file</h2>{coloured(exercise.starter())}'
                  "<details><summary>The worked answer, with its derivation</summary>"
                  f"{coloured(exercise.solution())}</details>")
        items.append(f'<li class="card"><h2><a href="{name}.html">{html.escape(title)}</a></h2><p>'
                     f'{"In the lab, or on your computer." if here else "On your computer."}</p>{state}</li>')
    site.page("exercises/index.html", "Exercises",
              "<h1>Become a backprop ninja</h1><p>Write the gradients by hand. A wrong line is told what is wrong "
              "with it, and one that is right for what it was fed is not blamed for a mistake further up.</p>"
              f'<ul class="cards">{"".join(items)}</ul>', description="Exercises in backpropagation by hand")


def _licences(site: Site) -> None:
    parts = ["<h1>Licences</h1><p>ninjagrad is under the MIT licence. This site's folder also holds these packages, "
             "each under its own:</p>"]
    own = (ROOT / "LICENSE").read_text(encoding="utf-8")
    (site.folder / "licences").mkdir(exist_ok=True)
    for name, licence, text in [(f"ninjagrad {ninjagrad.__version__}", "MIT", own), *licences()]:
        file = re.sub(r"[^\w.-]+", "-", name.strip("@")) + ".txt"
        (site.folder / "licences" / file).write_text(text or f"{name}: {licence}\n", encoding="utf-8")
        parts.append(f'<li><a href="licences/{file}">{html.escape(name)}</a>, {html.escape(licence)}</li>')
    site.page("licences.html", "Licences", parts[0] + f"<ul>{''.join(parts[1:])}</ul>")


def _search(site: Site) -> None:
    """The index, built now, so that a page has only to read it."""
    documents = [{"id": i, "title": title, "where": where, "address": address, "text": text}
                 for i, (title, where, address, text) in enumerate(site.searchable)]
    made = node("const MiniSearch = require('minisearch'); const index = new MiniSearch({fields: ['title', 'text'],"
                " storeFields: ['title', 'where', 'address']}); index.addAll(given);"
                " process.stdout.write(JSON.stringify(index));", documents)
    (site.folder / "search-index.js").write_text(f"window.SEARCH = {json.dumps(made)};\n", encoding="utf-8")
