"""The lab's Python side: runs a program, shows what it ends with as a notebook would, and puts errors into words.

Programs may import `display` and `Curve` from here. Away from the lab these show nothing.
"""

import ast
import builtins
import io
import json
import linecache
import random
import sys
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType

PROGRAM = "program.py"
MOST = 200_000                                      # characters of text that are shown
METHODS = {"text/html": "_repr_html_", "image/svg+xml": "_repr_svg_", "text/latex": "_repr_latex_",
           "text/markdown": "_repr_markdown_"}
_tell = None                                        # tells the page; None where there is none
_shown = 0


def warm():
    """Import what most programs use, before Python's memory is written down."""
    import autograd.functional
    import nn
    from autograd import Value, draw, explain, paths, stepper, tree  # noqa: F401
    nn.MLP(2, [2, 1])
    return autograd, nn


def start(layout, tell):
    """The page hands over how to lay out a graph, and where results go."""
    global _tell
    warm()
    random.seed()                                   # Python's memory holds the same seed for everybody
    from autograd.see import dot

    def engine(source, format):
        if format != "svg":
            raise dot.LayoutError(f"draw: the lab lays out svg, not {format}.")
        # No font can be measured here, so the boxes are made for a wider one than most.
        wider = source.replace('margin="0.07,', 'margin="0.15,').replace('margin="0.04,', 'margin="0.1,')
        return layout(wider).encode()

    dot.engine = engine
    builtins.display = display
    builtins.input = _no_input
    _tell = lambda **result: tell(json.dumps(result))       # noqa: E731


def _no_input(prompt=""):
    raise RuntimeError("input: the lab can't ask while a program runs; write the answer into the program")


def bundle(x):
    """What `x` shows itself as: type -> text, as in a notebook."""
    if type(x) is str:
        return {"text/plain": x if "\n" in x else repr(x)}
    if isinstance(x, Path) and x.suffix in (".html", ".svg") and x.is_file():
        return {"text/html" if x.suffix == ".html" else "image/svg+xml": x.read_text(encoding="utf-8")}
    found = {}
    if isinstance(x, type):
        return {"text/plain": repr(x)}
    if hasattr(x, "_repr_mimebundle_"):
        found = x._repr_mimebundle_()
        found = found[0] if isinstance(found, tuple) else found
    for kind, method in METHODS.items():
        if kind not in found and (shown := getattr(x, method, lambda: None)()) is not None:
            found[kind] = shown
    return {"text/plain": repr(x), **{kind: text for kind, text in found.items() if isinstance(text, str)}}


class Shown:
    """Something on the page that can be shown anew."""

    def __init__(self):
        global _shown
        _shown += 1
        self.place, self.last, self.waiting = _shown, 0.0, None

    def update(self, x):
        """Show `x` in its place. What comes too fast to be seen is left out, but never the last."""
        now = time.monotonic()
        self.waiting = x
        if now - self.last > 0.05:
            self.last = now
            self.flush()

    def flush(self):
        if self.waiting is not None and _tell is not None:
            sys.stdout.flush()                      # what was printed before stands before
            _tell(what="show", place=self.place, bundle=bundle(self.waiting))
        self.waiting = None


_places = []


def display(*objects, display_id=None):
    """Show objects under the program, as in a notebook. Returns a handle; its `update` shows another in its place."""
    handle = None
    for x in objects:
        handle = Shown()
        _places.append(handle)
        handle.update(x)
    return handle


class Curve:
    """A live curve: `curve.add(loss.data)` draws it one point longer."""

    def __init__(self, title="loss"):
        self.title, self.numbers, self.handle = title, [], None

    def add(self, number):
        self.numbers.append(float(number))
        if self.handle is None:
            self.handle = display(self)
        else:
            self.handle.update(self)

    def _repr_svg_(self):
        wide, high, left, below = 520, 190, 58, 26
        low, top = min(self.numbers + [0.0]), max(self.numbers) or 1.0
        across = max(1, len(self.numbers) - 1)
        points = " ".join(f"{left + (wide - left - 10) * i / across:.1f},"
                          f"{10 + (high - below - 10) * (top - x) / ((top - low) or 1.0):.1f}"
                          for i, x in enumerate(self.numbers))
        words = [(left - 8, 20, "end", f"{top:.3g}"), (left - 8, high - below, "end", f"{low:.3g}"),
                 (wide - 10, high - 8, "end", f"step {len(self.numbers)}: {self.title} {self.numbers[-1]:.4g}")]
        texts = "".join(f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="13" fill="currentColor">{text}</text>'
                        for x, y, anchor, text in words)
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" role="img" '
                f'aria-label="{self.title}, {len(self.numbers)} steps, now {self.numbers[-1]:.4g}">'
                f'<path d="M{left} 10V{high - below}H{wide - 10}" fill="none" stroke="currentColor" opacity=".35"/>'
                f'<polyline points="{points}" fill="none" stroke="#e11d48" stroke-width="2.2"/>{texts}</svg>')


class Plane:
    """The score of every place of a square, as colours, and points upon it: orange below zero, blue above."""

    def __init__(self, score, points, targets, side=28):
        xs, ys = zip(*points)
        pad = 0.25 * (max(xs) - min(xs))
        self.box = min(xs) - pad, max(xs) + pad, min(ys) - pad, max(ys) + pad
        self.points, self.targets, self.side = points, targets, side
        x0, x1, y0, y1 = self.box
        self.scores = [[score([x0 + (x1 - x0) * (i + 0.5) / side, y1 - (y1 - y0) * (j + 0.5) / side])
                        for i in range(side)] for j in range(side)]

    def _repr_svg_(self):
        size, cell = 340, 340 / self.side
        x0, x1, y0, y1 = self.box
        squares = "".join(
            f'<rect x="{i * cell:.1f}" y="{j * cell:.1f}" width="{cell + 0.3:.1f}" height="{cell + 0.3:.1f}" '
            f'fill="{"#2563eb" if x > 0 else "#e6731f"}" opacity="{0.12 + 0.5 * min(1.0, abs(x)):.2f}"/>'
            for j, row in enumerate(self.scores) for i, x in enumerate(row))
        dots = "".join(f'<circle cx="{size * (x - x0) / (x1 - x0):.1f}" cy="{size * (y1 - y) / (y1 - y0):.1f}" r="5" '
                       f'fill="{"#2563eb" if target > 0 else "#e6731f"}" stroke="#fff" stroke-width="1.5"/>'
                       for (x, y), target in zip(self.points, self.targets))
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{size}" role="img" '
                f'aria-label="What the network says of every place">{squares}{dots}</svg>')


# Running.

class _Text(io.TextIOBase):
    """What is printed, handed to the page; no more of it than a page can hold."""

    encoding = "utf-8"

    def __init__(self, stream):
        self.stream, self.count, self.kept, self.last = stream, 0, "", 0.0

    def writable(self):
        return True

    def write(self, text):
        if self.count < MOST:
            self.count += len(text)
            self.kept += text if self.count < MOST else "\n… and more, which is not shown\n"
            if time.monotonic() - self.last > 0.05:
                self.flush()
        return len(text)

    def flush(self):
        if self.kept and _tell is not None:
            _tell(what="text", stream=self.stream, text=self.kept)
        self.kept, self.last = "", time.monotonic()


def run(source):
    """Run a program and show the value of its last line, or its error."""
    _places.clear()
    out, err = _Text("out"), _Text("err")
    module = ModuleType("__main__")
    sys.modules["__main__"] = module
    linecache.cache[PROGRAM] = (len(source), None, source.splitlines(True), PROGRAM)
    with redirect_stdout(out), redirect_stderr(err):
        try:
            tree = ast.parse(source, PROGRAM)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, PROGRAM, "exec"), module.__dict__)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), PROGRAM, "eval"), module.__dict__)
                if value is not None:
                    display(value)
        except SystemExit:
            pass
        except BaseException as error:
            found = told(error)
        else:
            found = None
        for place in _places:
            place.flush()
    out.flush()
    err.flush()
    if found is not None and _tell is not None:
        _tell(what="error", **found)


def told(error):
    """An error for the page: its kind, its message, the learner's line, and the lines of theirs on the way to it."""
    if isinstance(error, SyntaxError) and error.filename == PROGRAM:
        return {"type": type(error).__name__, "message": error.msg, "line": error.lineno, "column": error.offset,
                "frames": [{"line": error.lineno, "text": (error.text or "").rstrip("\n")}]}
    frames = [{"line": frame.lineno, "text": frame.line or "", "where": frame.name}
              for frame in traceback.extract_tb(error.__traceback__) if frame.filename == PROGRAM]
    message = str(error)
    if isinstance(error, ImportError) and "numpy" in message.lower():
        message += "\nThis lab holds single numbers alone, without NumPy. Tensor lessons need it: install ninjagrad " \
                   "on your computer, or open a lab that was built with a full Pyodide."
    shown = frames if len(frames) <= 12 else [*frames[:6], {"line": None, "text": f"… {len(frames) - 12} more …"},
                                              *frames[-6:]]
    return {"type": type(error).__name__, "message": message, "line": frames[-1]["line"] if frames else None,
            "frames": shown}


def grade(number, source):
    """A learner's answers to one exercise, graded as `ninja check` does; the report as JSON."""
    from ninjagrad.demos.ninja.exercises import EXERCISES
    from ninjagrad.demos.ninja.grading import grade as graded
    exercise = EXERCISES[number]
    file = Path("/home/pyodide") / exercise.file_name
    file.write_text(source, encoding="utf-8")
    return json.dumps(graded(file, exercise, 0))
