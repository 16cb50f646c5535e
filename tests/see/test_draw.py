"""Pictures: their structure is read from the DOT text, and real ones are laid out by each engine there may be."""

import os
import re
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import autograd
from autograd import Tensor, Value, draw, draw_dot, stepper, tree
from autograd.see.dot import RED, ROLES, without_font_warnings
from tests.needs import needs

NODE = re.compile(r'^    (\w+) \[label=<(.*)> id="\w+" class="(\w+)"', re.M)
EDGE = re.compile(r'^    (\w+) -> (\w+) \[id="(\w+)" class="(\w+)"(.*)\]$', re.M)


def boxes(source: str) -> dict[str, tuple[str, list[str]]]:
    """id -> (role, lines of text)."""
    found = {}
    for identifier, label, role in NODE.findall(source):
        lines = re.findall(r"<TD[^>]*>(.*?)</TD>", label) or [label]
        found[identifier] = role, [re.sub(r"<(?!BR)[^>]*>", "", line) for line in lines]
    return found


def edges(source: str) -> list[tuple[str, str]]:
    return [(tail, head) for tail, head, *_ in EDGE.findall(source)]


def red_edges(source: str) -> set[tuple[str, str]]:
    return {(tail, head) for tail, head, _, _, rest in EDGE.findall(source) if RED in rest}


def neuron() -> tuple[Value, dict[str, Value]]:
    x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.5, label="b")
    n = x * w + b
    out = n.tanh()
    out.backward()
    return out, {"x": x, "w": w, "b": b, "n": n}


def test_every_node_op_and_use_is_drawn() -> None:
    out, _ = neuron()
    found = boxes(draw(out).source)
    assert [key for key in found if key[0] == "n"] == ["n0", "n1", "n2", "n3", "n4", "n5"]
    assert found["n0"] == ("input", ["x", "data 2", "grad -2.359"])
    assert found["o2"] == ("op", ["*"])
    assert found["o5"] == ("op", ["tanh"])
    assert found["n5"] == ("result", ["data 0.4621", "grad 1"])
    assert edges(draw(out).source) == [("n0", "o2"), ("n1", "o2"), ("o2", "n2"), ("n2", "o4"), ("n3", "o4"),
                                       ("o4", "n4"), ("n4", "o5"), ("o5", "n5")]


def test_a_node_used_twice_has_two_edges() -> None:
    a = Value(1.0, label="a")
    assert edges(draw(a + a).source).count(("n0", "o1")) == 2


def test_roles() -> None:
    x, w = Value(1.0, label="x"), Value(2.0, label="w")
    found = boxes(draw(2.0 * x + w, parameters=[w]).source)
    assert [found[f"n{i}"][0] for i in range(5)] == ["constant", "input", "intermediate", "parameter", "result"]
    W = Tensor([1.0, 2.0], requires_grad=True)
    X = Tensor([3.0, 4.0])
    found = boxes(draw((W * X).sum(), names={"X": X}).source)
    assert [found[f"n{i}"][0] for i in range(4)] == ["parameter", "input", "intermediate", "result"]


def test_the_legend_names_the_roles_that_are_there() -> None:
    out, nodes = neuron()
    source = draw(out, parameters=[nodes["w"]]).source
    legend = source[source.index("label=<"):].splitlines()[0]
    assert [role for role in ROLES if f">{role} " in legend] == ["input", "parameter", "intermediate", "result", "op"]
    assert ">parameter " not in draw(out, parameters=[nodes["w"]], legend=False).source


def test_constants_can_be_hidden() -> None:
    x = Value(1.0, label="x")
    source = draw(2.0 * x + 3.0, constants=False).source
    assert "constant" not in source
    assert sum(key[0] == "n" for key in boxes(source)) == 3


def test_names_come_from_variables() -> None:
    weights = [Value(1.0), Value(2.0)]
    product = weights[0] * weights[1]
    found = boxes(draw(product, names=locals()).source)
    assert [found[f"n{i}"][1][0] for i in range(3)] == ["weights[0]", "weights[1]", "product"]
    product.label = "own label"
    assert boxes(draw(product, names=locals()).source)["n2"][1][0] == "own label"


def test_tensors_show_shape_dtype_and_contents() -> None:
    W = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, label="W")
    large = Tensor([[0.5] * 50] * 2, requires_grad=True, dtype="float32", label="large")
    loss = (W @ large).sum()
    found = boxes(draw(loss).source)
    assert found["n0"][1] == ["W", "(2, 2) float64", "data [[1, 2], <BR/>" + "\xa0" * 9 + "[3, 4]]"]
    loss.backward()
    found = boxes(draw(loss).source)
    assert found["n1"][1] == ["large", "(2, 50) float32", "data from 0.5 to 0.5", "grad of norm 50.99"]


def test_broadcasting_is_written_on_its_edge() -> None:
    x, b = Tensor([[1.0, 2.0, 3.0]] * 2, requires_grad=True), Tensor([1.0, 2.0, 3.0], requires_grad=True)
    labelled = [(tail, rest) for tail, _, _, _, rest in EDGE.findall(draw(x + b).source) if "label" in rest]
    assert labelled == [("n1", " label=<(3,) → (2, 3)>")]
    assert "→" not in draw((x @ x.T).sum()).source


def test_highlighting_marks_every_edge_on_a_path() -> None:
    out, nodes = neuron()
    source = draw(out, highlight=nodes["w"]).source
    assert red_edges(source) == {("n1", "o2"), ("o2", "n2"), ("n2", "o4"), ("o4", "n4"), ("n4", "o5"), ("o5", "n5")}
    assert red_edges(draw(out).source) == set()
    assert len(red_edges(draw(out, highlight=[nodes["w"], nodes["b"]]).source)) == 7


@pytest.mark.parametrize("label", ["a < b > c", "{x|y}", "back\\slash \\N \\G", '"quoted"', "ŷ_1 ∂ 漢字", "&amp; &#92;",
                                   "<B>no</B>"])
def test_labels_come_out_as_typed(label: str) -> None:
    pygraphviz = needs("pygraphviz", "render")
    a = Value(1.0, label=label)
    svg = pygraphviz.AGraph(string=draw(a + 1.0).source).draw(format="svg", prog="dot").decode()
    import xml.etree.ElementTree as ET
    texts = [element.text for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert label in [text.replace("\xa0", " ") for text in texts]


def test_drawing_is_linear_and_the_same_every_time() -> None:
    v = Value(1.0)
    for _ in range(18):
        v = v + v
    source = draw(v).source
    assert sum(key[0] == "n" for key in boxes(source)) == 19
    assert draw(v).source == source


def test_a_deep_graph_is_drawn_without_recursion() -> None:
    v = Value(1.0)
    for _ in range(100_000):
        v = v.neg()
    assert len(edges(draw(v, max_nodes=200_000).source)) == 200_000


def test_20000_nodes_within_two_seconds(tmp_path: Path) -> None:
    v = Value(1.0)
    for _ in range(5000):
        v = v * 0.999 + 0.1
    times = []
    for _ in range(3):
        start = time.process_time()
        draw(v, tmp_path / "large.dot", max_nodes=20_001)
        times.append(time.process_time() - start)
    assert min(times) < 2.0


def test_a_large_graph_is_refused_with_its_size_and_the_remedies() -> None:
    v = Value(1.0)
    for _ in range(200):
        v = v * 2.0
    with pytest.raises(ValueError, match=r"401 nodes, more than max_nodes=300; .*one example.*collapse=.*max_nodes"):
        draw(v)
    assert len(boxes(draw(v, max_nodes=401).source)) == 601
    with pytest.raises(ValueError, match="401 nodes"):
        tree(v)


def test_mistakes_are_named() -> None:
    with pytest.raises(TypeError, match="draw: got float, expected a Value or a Tensor"):
        draw(3.0)       # type: ignore[arg-type]
    for show in (draw, stepper):
        with pytest.raises(ValueError, match=f"{show.__name__}: got direction='sideways', expected 'LR'"):
            show(Value(1.0), direction="sideways")
    with pytest.raises(ValueError, match=r"can't write 'graph\.bmp'"):
        draw(Value(1.0), "graph.bmp")
    with pytest.raises(TypeError, match="highlight"):
        draw(Value(1.0), highlight="w")


def test_micrograds_notebook(tmp_path: Path) -> None:
    out, _ = neuron()
    dot = draw_dot(out, format="svg", rankdir="TB")
    assert "rankdir=TB" in dot.source
    path = dot.render(tmp_path / "gout")
    assert Path(path).read_text(encoding="utf-8").count("<svg") == 1


# Laying out.

@pytest.fixture
def bundled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only the engine from PyPI."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Only a `dot` program, which writes down what it was asked."""
    dot = tmp_path / "bin" / "dot"
    dot.parent.mkdir()
    dot.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\necho "<svg>"\n/bin/cat\n')
    dot.chmod(dot.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", str(dot.parent))
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    return tmp_path


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


@pytest.mark.parametrize(("suffix", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF"),
                                                ("dot", b"digraph")])
@pytest.mark.usefixtures("bundled")
def test_files_by_suffix_with_the_bundled_engine(tmp_path: Path, suffix: str, begins: bytes) -> None:
    out, _ = neuron()
    file = tmp_path / f"graph.{suffix}"
    draw(out, file)
    assert file.read_bytes().startswith(begins)


@pytest.mark.usefixtures("bundled")
def test_the_svg_holds_what_the_dot_text_says() -> None:
    out, nodes = neuron()
    svg = draw(out, highlight=nodes["w"]).svg()
    assert svg.count('class="node ') == 6 + 3
    assert svg.count('class="edge ') == 8
    assert svg.count(f'stroke="{RED}"') == 2 * 6      # the line and the head of each
    assert "data 0.4621" in svg


@pytest.mark.usefixtures("bundled")
def test_the_bundled_engine_draws_in_silence_what_it_draws_otherwise() -> None:
    pygraphviz = needs("pygraphviz", "render")
    code = "from autograd import Value, draw; print(draw(Value(1.0, 'ŷ') + 2.0).svg())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8",
                         cwd=Path(__file__).parents[2])
    assert run.stderr == ""
    picture = pygraphviz.AGraph(string=draw(Value(1.0, "ŷ") + 2.0).source).draw(format="svg", prog="dot")
    assert run.stdout.rstrip() == picture.decode().rstrip()


def test_only_warnings_of_fonts_are_kept_back(capfd: pytest.CaptureFixture[str]) -> None:
    with without_font_warnings():
        os.write(2, b"Fontconfig warning: \"/etc/fonts\": unknown element\nError: a syntax error\n")
        assert capfd.readouterr().err == ""
    assert capfd.readouterr().err == "Error: a syntax error\n"


def test_threads_that_draw_at_once_leave_stderr_where_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    def draw_something() -> None:
        for _ in range(20):
            with without_font_warnings():
                time.sleep(0.001)

    threads = [threading.Thread(target=draw_something) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.write(2, b"here\n")
    assert capfd.readouterr().err == "here\n"


# What has a gradient to show.

def test_a_gradient_that_nobody_computed_is_not_shown() -> None:
    """A 0 is shown where a backward pass left it, and only there."""
    x, dead = Value(2.0, label="x"), Value(-1.0, label="dead")
    y = x * 3.0
    loss = y + dead.relu()
    assert "grad" not in draw(loss).source + tree(loss)
    loss.backward()
    assert "dead = -1  grad 0" in tree(loss)
    assert ["dead", "data -1", "grad 0"] in [lines for _, lines in boxes(draw(loss).source).values()]
    further = loss.relu() * y                       # no backward pass was run from here
    assert "x = 2  grad 3" in tree(further)         # this one is x's all the same
    assert not re.search(r"grad 0\b(?!\.)", tree(further) + draw(further).source)
    assert tree(further).splitlines()[0] == "v8 = 36  (*)"


def test_a_tensors_gradient_is_shown_where_it_has_one() -> None:
    x, frozen = Tensor([-1.0, -2.0], requires_grad=True, label="x"), Tensor([1.0, 1.0], label="frozen")
    loss = (x.relu() * frozen).sum()
    assert "grad" not in tree(loss)
    loss.backward()
    assert "x = [-1, -2]  (2,) float64  grad [0, 0]" in tree(loss)
    assert tree(loss).splitlines()[-1].endswith("frozen = [1, 1]  (2,) float64")


def test_the_dot_program_is_used_where_there_is_one(program: Path) -> None:
    out, _ = neuron()
    svg = draw(out).svg()
    assert svg.startswith("<svg>")
    assert svg.removeprefix("<svg>\n") == draw(out).source
    assert "-Tsvg" in (program / "asked").read_text()


@pytest.mark.usefixtures("nothing")
def test_with_neither_the_dot_text_is_written_and_both_remedies_named(tmp_path: Path) -> None:
    out, _ = neuron()
    with pytest.raises(RuntimeError, match=r"install Graphviz.*pip install 'pygraphviz>=2'.*graph\.dot"):
        draw(out, tmp_path / "graph.svg")
    assert (tmp_path / "graph.dot").read_text(encoding="utf-8") == draw(out).source
    draw(out, tmp_path / "other.dot")
    said, _, text = draw(out)._repr_mimebundle_()["text/plain"].partition("\n\n")     # type: ignore[attr-defined]
    assert "pygraphviz>=2" in said
    assert text == tree(out)                        # and no page of DOT
    long = out
    for _ in range(100):
        long = long * 1.5
    text = draw(long)._repr_mimebundle_()["text/plain"]
    assert len(text.splitlines()) == 63             # type: ignore[attr-defined]
    assert "digraph" not in text                    # type: ignore[operator]


@pytest.mark.usefixtures("bundled")
def test_it_shows_itself_in_a_notebook() -> None:
    out, _ = neuron()
    assert "<svg" in draw(out)._repr_mimebundle_()["image/svg+xml"]
    assert draw_dot(out, format="png")._repr_mimebundle_()["image/png"].startswith(b"\x89PNG")


# In a terminal.

def test_labels_as_mathematics(tmp_path: Path) -> None:
    w = [[Value(0.5), Value(-3.0)]]
    x, y = Value(2.0, label="x_in"), Value(1.5, label="y_hat_1")
    loss = (w[0][1] * x - y * y) ** 2
    loss.label = "L"
    loss.backward()
    drawing = draw(loss, names={"w": w}, labels="math")
    found = boxes(drawing.source)
    said = {lines[0]: lines[1:] for _, lines in found.values()}
    assert said["w0,1 = −3"] == ["∂L/∂w0,1 = −33"]
    assert said["ŷ₁ = 1.5"] == ["∂L/∂ŷ₁ = 49.5"]
    assert said["xin = 2"] == ["∂L/∂xin = 49.5"]
    assert said["data −6"] == ["grad −16.5"]        # without a name
    assert {lines[0] for role, lines in found.values() if role == "op"} == {"×", "−", "^2"}
    assert "<I>w</I><SUB>" in drawing.source
    assert boxes(draw(loss, names={"w": w}).source).keys() == found.keys()
    for suffix in ("svg", "pdf"):
        assert drawing.save(tmp_path / f"slide.{suffix}").stat().st_size > 1000
    assert "ŷ₁" in (tmp_path / "slide.svg").read_text("utf-8")
    with pytest.raises(ValueError, match="expected 'plain' or 'math'"):
        draw(loss, labels="latex")


@pytest.mark.parametrize("label", ["a < b & c", "\\N", "x_<b>", "two\nlines", "'", "_", "w[0]_'"])
def test_no_label_breaks_a_picture_in_mathematics(label: str) -> None:
    loss = Tensor([[1.0, -2.0], [3.0, 4.0]], requires_grad=True, label=label).sum()
    loss.label = label
    loss.backward()
    draw(loss, labels="math").svg()


def test_tree_shows_every_node_once_and_names_it_again() -> None:
    out, _ = neuron()
    assert tree(out).splitlines() == [
        "v6 = 0.4621  grad 1  (tanh)",
        "└── v5 = 0.5  grad 0.7864  (+)",
        "    ├── v3 = -6  grad 0.7864  (*)",
        "    │   ├── x = 2  grad -2.359",
        "    │   └── w = -3  grad 1.573",
        "    └── b = 6.5  grad 0.7864",
    ]
    a = Value(2.0, label="a")
    b = a + a
    assert tree(b * b).count("a = 2") == 1
    assert tree(b * b).count("↑") == 2


def test_a_deep_tree_is_linear() -> None:
    v = Value(1.0)
    for _ in range(50_000):
        v = v + 1.0
    text = tree(v, max_nodes=200_000)
    assert len(text) < 200 * 100_001
    assert text.count(" = ") == 100_001                # every node once


def test_importing_the_package_imports_neither_graphviz_nor_the_readers() -> None:
    code = ("import sys, numpy; before = set(sys.modules); import autograd; "
            "late = {'graphviz', 'pygraphviz', 'json', 'html'}; "
            "new = set(sys.modules) - before; "
            "print(sorted(late & new | {name for name in new if name.startswith('autograd.')}))")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                            cwd=Path(__file__).parents[2])
    assert result.stdout.strip() == "[]"


def test_the_late_names_are_public() -> None:
    for name in ("draw", "draw_dot", "tree", "paths", "explain", "stepper"):
        assert name in autograd.__all__
        assert name in dir(autograd)
        assert callable(getattr(autograd, name))
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        getattr(autograd, "nothing_of_the_kind")    # noqa: B009
