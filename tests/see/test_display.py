"""What objects show of themselves in a notebook: the text of their displays, read as a reader would."""

import base64
import re
import sys
from html import unescape
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd.functional as F
import nn
from autograd import Tensor, Value, cmp, diagnose, draw, explain, paths, replay, source, stepper, tree
from autograd.see import display


class Reading(HTMLParser):
    """The text of a piece of HTML, cell by cell; an element that is left open, or closed twice, is an error."""

    EMPTY = ("br", "path", "img")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.pieces: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.EMPTY:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attributes: Any) -> None:
        pass

    def handle_data(self, text: str) -> None:
        if "style" not in self.open and text.strip():
            self.pieces.append(text.strip())


def shown(thing: Any) -> list[str]:
    return Reading(thing._repr_html_()).pieces


def loss_of_three() -> tuple[list[Value], Value]:
    z = [Value(x, label=f"z_{i}") for i, x in enumerate([2.0, 1.0, 0.1], 1)]
    loss = F.cross_entropy_composite(z, 1)
    loss.label = "L"
    return z, loss


@pytest.fixture(scope="module")
def examples() -> dict[str, Any]:
    """One object of each kind that shows itself."""
    z, loss = loss_of_three()
    loss.backward()
    x = Tensor([[1.0, -2.0], [3.0, 4.0]], requires_grad=True, label="x <&>")
    y = (x * x).sum()
    y.backward()
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    cmp("x", 2 * x, x)
    step = nn.progress(3, loss=lambda: 1.0)
    list(step)
    return {"a Value": loss, "a leaf": z[1], "a Tensor": x, "a Tensor of one": y, "whole numbers": Tensor([1, 2]),
            "paths": paths(loss, z[1]), "sums": paths(loss, z[1], through=[z[1]]), "in words": explain(loss, z[1]),
            "code": source(loss), "right": diagnose(2 * x, x), "wrong": diagnose(x, x), "cmp": cmp("x", x, x),
            "a model": model, "of neurons": nn.MLP(2, [3, 1]), "an optimiser": nn.optim.Adam(model.parameters()),
            "of Values": nn.optim.SGD(z, lr=0.1), "a recording": replay(loss), "of Tensors": replay(y),
            "training": step, "a page": stepper(loss)}


def test_every_display_is_whole_and_of_one_style(examples: dict[str, Any]) -> None:
    for name, thing in examples.items():
        html = thing._repr_html_()
        assert html.startswith(f"<style>{display.STYLE}</style><div class=\"ninjagrad\">"), name
        assert Reading(html).pieces, name
        assert not re.search(r"background(-color)?: (#fff|white|black)|[^-]color: (#000|black|white)", html), name


def test_a_name_is_text_and_not_html(examples: dict[str, Any]) -> None:
    assert shown(examples["a Tensor"])[0] == "x <&>: Tensor"
    assert "<b>" not in repr(shown(Value(1.0, label="<b>&")))[:3]
    assert shown(Value(1.0, label="<b>&"))[0] == "<b>&: Value"


def test_a_value_shows_its_number_and_a_gradient_once_there_is_one() -> None:
    z, loss = loss_of_three()
    assert shown(loss)[-1] == "0, or no backward pass has come here yet"
    assert shown(loss)[:2] == ["L: Value", "made by"]
    loss.backward()
    assert shown(z[1]) == ["z_2: Value", "data", "1", "gradient", f"{z[1].grad:.4g}".replace("-", "−")]


def test_a_tensor_shows_shape_dtype_numbers_and_gradient(examples: dict[str, Any]) -> None:
    assert shown(examples["a Tensor"]) == ["x <&>: Tensor", "shape, dtype", "(2, 2) float64", "data", "1", "−2", "3",
                                           "4", "gradient", "2", "−4", "6", "8"]
    assert shown(Tensor([1, 2]))[-1] == "none is asked for"
    assert shown(Tensor([1.0], requires_grad=True))[-1] == "no backward pass has come here yet"


@pytest.mark.parametrize("shape", [(), (0,), (3,), (8,), (9,), (30, 2), (2, 30), (100, 100), (2, 2, 2), (1, 0)])
@pytest.mark.parametrize("dtype", [float, np.float32, int, bool])
def test_arrays_of_all_shapes_are_shown_and_large_ones_in_part(shape: tuple[int, ...], dtype: Any) -> None:
    pieces = shown(Tensor(np.ones(shape, dtype)))
    cells = [piece for piece in pieces if piece in ("1", "True")]
    across, down = (min(n, 7 if n > 8 else 8) for n in (*(1,) * (2 - len(shape)), *shape)[-2:]) if shape else (1, 1)
    if len(shape) <= 2 and 0 not in shape:
        assert len(cells) == across * down
    assert ("⋯" in pieces) == ((len(shape) == 2 and max(shape) > 8) or shape == (9,))


def test_what_is_not_finite_is_shown() -> None:
    pieces = shown(Tensor([np.inf, -np.inf, np.nan, 1.0]))
    assert pieces[pieces.index("data") + 1:][:4] == ["inf", "−inf", "nan", "1"]


def test_paths_and_trees_show_their_content_as_a_last_line() -> None:
    z, loss = loss_of_three()
    for thing in (paths(loss, z[1]), paths(loss, z[1], through=[z[1]]), tree(loss), source(loss)):
        assert repr(thing) == str(thing)
        assert "\n" in repr(thing)
    table = shown(paths(loss, z[1]))
    assert table[0].startswith("2 paths from z_2 to L; ∂L/∂z_2 = ")
    assert table[1:4] == ["path", "product of the partials", "contribution"]
    contributions = [float(x.replace("−", "-")) for x in (table[6], table[9], table[-1])]
    assert contributions[0] + contributions[1] == pytest.approx(contributions[2], abs=2e-3)


def test_a_tree_and_code_are_texts() -> None:
    _, loss = loss_of_three()
    assert isinstance(tree(loss), str)
    assert tree(loss) == str(tree(loss))
    scope: dict[str, Any] = {}
    exec(source(loss), scope)
    assert scope["step"](1.0, 2.0, 0.1)[0] == pytest.approx(loss.data)


@pytest.mark.parametrize("coloured", [True, False])
def test_code_is_shown_with_colours_and_without(coloured: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    _, loss = loss_of_three()
    if not coloured:
        monkeypatch.setitem(sys.modules, "pygments", None)
    html = source(loss)._repr_html_()               # type: ignore[misc]
    assert ('class="k"' in html) == coloured
    assert unescape(re.sub(r"<style>.*?</style>|<[^>]*>", "", html, flags=re.S)).strip() == source(loss).strip()


def test_a_comparison_is_printed_and_then_not_shown_again(capsys: pytest.CaptureFixture[str],
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = SimpleNamespace(execution_count=3)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: notebook))
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    (x * x).sum().backward()
    wrong = cmp("x", x, x)
    assert capsys.readouterr().out.count(wrong.diagnosis.hint) == 1
    assert wrong._ipython_display_() is None        # in its own cell: nothing more
    notebook.execution_count = 4
    with pytest.raises(NotImplementedError):        # in another: by what IPython asks next
        wrong._ipython_display_()
    pieces = shown(wrong)
    assert pieces[0] == "✗ x"
    assert f"✗ dx: {wrong.diagnosis.mistake}" in pieces
    assert wrong.diagnosis.hint in pieces
    assert repr(wrong) == f"<x: {wrong.diagnosis.mistake}>"
    assert repr(cmp("x", 2 * x, x)) == "<x: right>"


def test_a_comparison_without_a_notebook_shows_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    x = Tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    with pytest.raises(NotImplementedError):
        cmp("x", 2 * x, x)._ipython_display_()


def test_a_module_lists_its_parameters() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    pieces = shown(model)
    rows = pieces[pieces.index("norm of its gradient") + 1:]
    assert rows[:4] == ["0.weight", "(3, 2) float64", "6", "none"]
    assert rows[-3:] == ["all", str(sum(p.numel() for p in model.parameters())), "none"]
    assert "1.running_mean" in rows
    model(Tensor(np.eye(2))).exp().sum().backward()
    pieces = shown(model)
    norm = np.sqrt(sum((p.grad.numpy() ** 2).sum() for p in model.parameters()))
    assert pieces[-1] == f"{norm:.3g}"


def test_a_network_of_values_goes_layer_by_layer() -> None:
    model = nn.MLP(2, [16, 16, 1])
    assert repr(model) == "MLP(2 → 16 → 16 → 1, ReLU)"
    pieces = shown(model)
    assert pieces[0] == repr(model)
    assert pieces[5:8] == ["layers.0", "single numbers", "48"]
    assert pieces[-3:] == ["all", f"{len(model.parameters()):,}", "none"]
    assert shown(nn.Layer(2, 3))[5:8] == ["neurons", "single numbers", "9"]
    assert shown(nn.Neuron(2))[5:8] == ["w", "single numbers", "2"]


def test_a_model_of_many_parts_is_cut() -> None:
    model = nn.Sequential(*[nn.Linear(1, 1) for _ in range(50)])
    pieces = shown(model)
    assert "… and 60 more" in pieces
    assert pieces[-2] == "100"


def test_an_optimiser_shows_settings_and_groups() -> None:
    w = Tensor([1.0, 2.0], requires_grad=True, label="w")
    optimizer = nn.optim.Adam([w, Value(1.0)], lr=0.25)
    (w * w).sum().backward()
    optimizer.step()
    pieces = shown(optimizer)
    assert pieces[:3] == ["Adam", "lr", "0.25"]
    at = pieces.index("w")
    assert pieces[at: at + 4] == ["w", "a tensor", "(2,)", "1"]
    assert "values" in pieces


def test_a_recording_says_what_it_holds() -> None:
    z, loss = loss_of_three()
    pieces = shown(replay(loss, wrt=z))
    assert pieces[pieces.index("numbers to train") + 1] == "3"
    recorded = replay(loss, wrt=z)
    recorded()
    assert shown(recorded)[-1] == f"{np.linalg.norm(recorded.gradient):.3g}"


def test_a_page_is_shown_in_place_and_written_where_one_asks(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _, loss = loss_of_three()
    page = stepper(loss)
    assert not list(tmp_path.iterdir())
    assert "save('backprop.html')" in repr(page)
    frame = re.search(r'<iframe [^>]*srcdoc="([^"]*)"', page._repr_html_())
    assert frame is not None
    assert unescape(frame[1]) == page.html
    assert page.save("there.html").read_text(encoding="utf-8") == page.html
    assert "there.html" in repr(page)
    assert stepper(loss, "here.html").path is not None
    assert sorted(x.name for x in tmp_path.iterdir()) == ["here.html", "there.html"]


def test_a_picture_fits_the_cell_as_long_as_it_can_be_read() -> None:
    _, loss = loss_of_three()
    bundle = draw(loss)._repr_mimebundle_()
    found = re.search(r'style="max-width: max\(100%, (\d+)pt\); height: auto" src="data:image/svg\+xml;base64,([^"]*)"',
                      str(bundle["text/html"]))
    assert found is not None
    svg = base64.b64decode(found[2]).decode()
    assert svg == str(bundle["image/svg+xml"])[str(bundle["image/svg+xml"]).index("<svg"):]
    width = re.search(r'width="(\d+)pt"', svg)
    assert width is not None
    assert int(found[1]) == round(0.66 * int(width[1]))
    assert "max-width" not in str(bundle["image/svg+xml"])
