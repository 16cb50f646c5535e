"""The stepper's page, in a real browser, driven by keyboard: going forward and back through the steps."""

import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd.functional as F
from autograd import Tensor, Value, stepper
from autograd.core.graph import topological
from tests.see.browsing import Reader


def neuron() -> Value:
    """x is used twice."""
    x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.5, label="b")
    n = x * w + b
    n.label = "n"
    loss = n.tanh() * x
    loss.label = "L"
    loss.backward()
    return loss


@pytest.fixture
def page(tmp_path: Path) -> tuple[Value, Path]:
    loss = neuron()
    return loss, stepper(loss).save(tmp_path / "backprop.html")


def test_to_the_end_by_keyboard(browser: Any, page: tuple[Value, Path]) -> None:
    loss, file = page
    order = topological(loss)
    reader = Reader(browser, file)
    assert reader.step() == (0, 4 + 7)
    leaves = [node.data if node.op is None else None for node in order]
    assert reader.read("value", len(order)) == leaves
    reader.press("ArrowRight", 4)
    assert reader.read("value", len(order)) == [node.data for node in order]
    assert reader.read("grad", len(order)) == [None] * len(order)
    reader.press("ArrowRight", 7)
    assert reader.step() == (11, 11)
    assert reader.read("grad", len(order)) == [node.grad for node in order]
    for i, node in enumerate(order):
        assert f"grad {node.grad:.4g}".replace("-", "−") in reader.texts(i)
    reader.press("ArrowRight")
    assert reader.step() == (11, 11)
    reader.press("Home")
    assert reader.read("value", len(order)) == leaves
    reader.press("End")
    assert reader.read("grad", len(order)) == [node.grad for node in order]
    reader.press("ArrowLeft")
    assert reader.read("grad", len(order)).count(None) == 1
    reader.done()


def test_each_step_lights_its_node_and_edges_and_tells_the_rule(browser: Any, page: tuple[Value, Path]) -> None:
    loss, file = page
    order = topological(loss)
    reader = Reader(browser, file)
    n = next(i for i, node in enumerate(order) if node.label == "n")
    reader.press("ArrowRight", 2)
    assert reader.lit() == {f"n{n}", f"o{n}", f"r{n}", f"e{n}_0", f"e{n}_1"}
    assert "n = v3 + b = (−6) + 6.5 = 0.5" in reader.panel()
    reader.press("ArrowRight", 2 + 3)                   # L, x's first use and tanh's result have had theirs
    assert reader.lit() == {f"n{n}", f"o{n + 1}", f"e{n + 1}_0", f"r{n + 1}"}
    assert "1 − v6·v6" in reader.panel()
    while "The gradient of x" not in reader.panel():
        reader.press("ArrowRight")
    assert "It is used 2 times" in reader.panel()
    x = order[0]
    running = [line for line in reader.panel().splitlines() if line.startswith("running sum: ")]
    assert len(running) == 2
    assert running[1] == f"running sum: {x.grad:.4g}".replace("-", "−")
    reader.done()


def test_clicking_and_choosing_a_node_explains_it(browser: Any, page: tuple[Value, Path]) -> None:
    _, file = page
    reader = Reader(browser, file)
    reader.page.click("#n4")
    assert "not computed yet" in reader.panel()
    reader.press("End")
    reader.page.click("#n4")
    assert "v3 + b" in reader.panel()
    assert "through v6" in reader.panel()
    reader.press("Escape")
    assert "EXPLAINED" not in reader.panel().upper()
    reader.page.focus("#n0")
    reader.press("Enter")
    assert "x is a leaf" in reader.panel()
    assert reader.step()[0] == 11
    reader.done()


def test_predicting_hides_each_gradient_until_its_sign_is_guessed(browser: Any, page: tuple[Value, Path]) -> None:
    loss, file = page
    order = topological(loss)
    reader = Reader(browser, file)
    reader.press("p")
    reader.press("ArrowRight", 20)
    assert reader.step()[0] == 5                        # the first question
    assert reader.read("grad", len(order)) == [None] * len(order)
    assert "grad ?" in reader.texts(len(order) - 1)
    assert "Which sign" in reader.panel()
    reader.press("End")
    assert reader.step()[0] == 5
    reader.press("-")
    assert "You said −; it is +" in reader.panel()
    assert reader.read("grad", len(order))[-1] == 1.0
    wrong = 1
    for node in reversed(order[:-1]):
        reader.press("ArrowRight")
        i = next(i for i, other in enumerate(order) if other is node)
        assert reader.read("grad", len(order))[i] is None
        assert "=" not in reader.page.inner_text("#panel").split("Which sign")[0].split("through")[0]
        reader.press("+" if node.grad > 0 else "-" if node.grad < 0 else "0")
        assert "✓ Right" in reader.panel()
        assert reader.read("grad", len(order))[i] == node.grad
    assert f"{len(order) - wrong} of {len(order)} guessed right" in reader.panel()
    reader.press("p")
    assert reader.page.get_attribute("#predict", "aria-pressed") == "false"
    reader.done()


def test_buttons_scrubber_and_play(browser: Any, page: tuple[Value, Path]) -> None:
    _, file = page
    reader = Reader(browser, file)
    for button, step in (("next", 1), ("next", 2), ("back", 1), ("last", 11), ("first", 0)):
        reader.page.click(f"#{button}")
        assert reader.step()[0] == step
    reader.page.fill("#scrubber", "6")
    assert reader.step()[0] == 6
    reader.page.click("#play")
    reader.page.wait_for_function("document.getElementById('count').textContent.startsWith('7 ')")
    reader.press("ArrowLeft")                           # pauses
    assert reader.page.get_attribute("#play", "aria-pressed") == "false"
    assert reader.step()[0] == 6
    reader.done()


def test_everything_is_reachable_by_tab(browser: Any, page: tuple[Value, Path]) -> None:
    _, file = page
    reader = Reader(browser, file)
    reached = set()
    for _ in range(40):
        reader.press("Tab")
        reached.add(reader.page.evaluate("document.activeElement.id"))
    assert {"n0", "n6", "fit", "value0", "down", "rate", "next", "play", "scrubber", "predict"} <= reached
    reader.done()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_a_phone_and_is_readable_in_both_schemes(browser: Any, page: tuple[Value, Path], width: int,
                                                         scheme: str) -> None:
    _, file = page
    reader = Reader(browser, file, viewport={"width": width, "height": 780}, color_scheme=scheme)
    reader.press("End")
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= width
    colours = reader.page.evaluate("""() => {
        const rgb = (which, what) =>
            getComputedStyle(document.querySelector(which))[what].match(/[\\d.]+/g).slice(0, 3).map(Number);
        return [[rgb("#n0 text", "fill"), rgb("#n0 > path", "fill")],
                [rgb("#panel", "color"), rgb("#panel", "backgroundColor")],
                [rgb(".pale", "color"), rgb("#panel", "backgroundColor")]];
    }""")
    for text, ground in colours:
        assert contrast(text, ground) > 4.5             # WCAG 2, level AA
    reader.done()


def contrast(one: list[float], other: list[float]) -> float:
    """The contrast ratio of two colours as WCAG 2 defines it."""
    def luminance(rgb: list[float]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in np.array(rgb) / 255]
        return float(np.dot([0.2126, 0.7152, 0.0722], linear))
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_tensors(browser: Any, tmp_path: Path) -> None:
    W = Tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True, label="W")
    b = Tensor([0.1, 0.2], requires_grad=True, label="b")
    x = Tensor([[0.3, 0.4], [0.5, -0.6], [0.7, 0.8]], label="x")
    loss = F.cross_entropy((x @ W + b).tanh(), [0, 1, 1])
    loss.backward()
    order = topological(loss)
    reader = Reader(browser, stepper(loss).save(tmp_path / "tensors.html"))
    reader.press("End")
    for i, node in enumerate(order):
        shown = reader.read("grad", len(order))[i]
        if node.requires_grad:
            np.testing.assert_allclose(shown, node.grad.numpy(), rtol=1e-13)
        else:
            assert shown is None
    reader.page.click(f"#n{next(i for i, node in enumerate(order) if node is b)}")
    assert "broadcast (2,) → (3, 2)" in reader.panel()
    reader.done()


def test_labels_and_titles_come_out_as_typed(browser: Any, tmp_path: Path) -> None:
    label = "a<b> & \"c\" \\N {x|y} </script>"
    a = Value(2.0, label=label)
    reader = Reader(browser, stepper(a * a, title="<T> & </title>").save(tmp_path / "odd.html"))
    assert reader.texts(0)[0] == label
    assert reader.page.title() == "<T> & </title>"
    reader.press("End")
    assert label in reader.panel()
    reader.done()


@pytest.mark.parametrize("label", ["two\nlines", "\n", " ", "a\tb\r", "\u2028"])
def test_any_label_takes_one_line(browser: Any, tmp_path: Path, label: str) -> None:
    x = Value(2.0, label=label)
    reader = Reader(browser, stepper(x * 3.0).save(tmp_path / "lines.html"))
    reader.press("End")
    assert reader.texts(0)[1:] == ["data 2", "grad 3"]
    reader.done()


def test_the_longest_numbers_stay_in_their_boxes(browser: Any, tmp_path: Path) -> None:
    root = (Value(600.0, label="x") * Value(-0.98765, label="w")).exp() * -1.0
    reader = Reader(browser, stepper(root).save(tmp_path / "wide.html"))
    reader.press("End")
    assert any(re.fullmatch("grad −.*e−2..", text) for i in range(2) for text in reader.texts(i))
    for i in range(2):
        box, *texts = (part.bounding_box() for what in ("path", "text")
                       for part in reader.page.locator(f"#n{i} {what}").all())
        for text in texts:
            assert text["x"] + text["width"] <= box["x"] + box["width"] + 0.5
    reader.done()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_long_label_stays_in_its_place(browser: Any, tmp_path: Path, width: int) -> None:
    x = Value(2.0, label="the_learning_rate_of_the_first_layer_of_all")
    reader = Reader(browser, stepper(x * Value(3.0, label="w")).save(tmp_path / "long.html"),
                    viewport={"width": width, "height": 800})
    panel = reader.page.locator("#numbers").bounding_box()
    for what in ("#numbers .number", "#numbers .held"):
        for field in reader.page.locator(what).all():
            at = field.bounding_box()
            assert at["width"] > 30
            assert at["x"] + at["width"] <= panel["x"] + panel["width"]
    box, text = (reader.page.locator(f"#n0 {part}").first.bounding_box() for part in ("path", "text"))
    assert text["x"] + text["width"] <= box["x"] + box["width"] + 0.5
    reader.done()


def test_300_nodes_make_a_small_page_that_answers_at_once(browser: Any, tmp_path: Path) -> None:
    v = Value(0.5, label="x")
    while len(topological(v)) < 298:
        v = (v * 1.01 + 0.01).tanh() if len(topological(v)) % 7 else v + v
    file = stepper(v, max_nodes=310).save(tmp_path / "large.html")
    assert file.stat().st_size < 2_000_000
    reader = Reader(browser, file)
    times = []
    for n in range(1, 6):
        start = time.perf_counter()
        reader.press("ArrowRight")
        assert reader.step()[0] == n
        times.append(time.perf_counter() - start)
    assert min(times) < 1.0                         # the least, as the browser shares the machine with other tests
    reader.press("End")
    assert reader.read("grad", 1) == [pytest.approx(gradient_of(v), rel=1e-12)]
    reader.done()


def gradient_of(root: Value) -> float:
    root.backward()
    return float(topological(root)[0].grad)


def test_the_page_needs_a_layout_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    with pytest.raises(RuntimeError, match=r"stepper: .*pip install 'pygraphviz>=2'"):
        stepper(neuron(), tmp_path / "page.html")
    assert (tmp_path / "page.dot").exists()
    with pytest.raises(TypeError, match="stepper: got float"):
        stepper(3.0)        # type: ignore[arg-type]
