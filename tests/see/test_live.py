"""The stepper's page where numbers can be changed: in a browser, by keyboard, against the engine at every point."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import autograd.functional as F
from autograd import Tensor, Value, stepper
from autograd.core.graph import topological
from autograd.learn.contributions import gradients
from autograd.see.stepper import page as text_of_page
from tests.see.browsing import Reader

Build = Callable[..., Any]


def three_logits(*z: Value) -> Any:
    loss = F.cross_entropy_composite(z, 1)
    loss.label = "L"
    return loss


def neuron(x: Value, w: Value, b: Value) -> Any:
    n = x * w + b
    return (n.tanh() - x) ** 2 / 2.0


def kinks(a: Value, b: Value, c: Value) -> Any:
    return a.relu() * b.maximum(c) - (a / b).abs() % 0.7 + c.sigmoid().log()


GRAPHS = {"cross-entropy": (three_logits, ["z_1", "z_2", "z_3"], [1.0, 2.0, 0.1]),
          "neuron": (neuron, ["x", "w", "b"], [2.0, -3.0, 6.5]),
          "kinks": (kinks, ["alpha", "ŷ_1", "c"], [1.5, -0.75, 0.3]),
          "one node": (lambda *z: F.cross_entropy(z, 0), ["z_1", "z_2", "z_3"], [0.5, 0.25, -2.0])}


def made(name: str, numbers: Sequence[float] | None = None) -> Any:
    build, labels, first = GRAPHS[name]
    leaves = [Value(x, label=label) for x, label in zip(numbers or first, labels)]
    return build(*leaves), leaves


def opened(browser: Any, folder: Path, name: str = "cross-entropy", **context: Any) -> tuple[Reader, list[int]]:
    """The page, and which nodes the named leaves are."""
    root, leaves = made(name)
    order = topological(root)
    return Reader(browser, stepper(root).save(folder / "live.html"), **context), [
        next(i for i, node in enumerate(order) if node is leaf) for leaf in leaves]


def four(x: float) -> str:
    return f"{x + 0.0:.4g}".replace("-", "−")           # a zero has no sign


def same_as_engine(reader: Reader, name: str, numbers: Sequence[float]) -> None:
    """Every value and gradient on the page, in full and as shown, is the engine's at these numbers."""
    root, _ = made(name, numbers)
    order = topological(root)
    grads = gradients(order, root, 1.0)
    values, found = reader.read("value", len(order)), reader.read("grad", len(order))
    for i, node in enumerate(order):
        assert values[i] == pytest.approx(node.data, rel=1e-12, abs=1e-15)
        assert f"data {four(node.data)}" in reader.texts(i)
        assert (found[i] is None) == (node not in grads)
        if found[i] is not None:
            assert found[i] == pytest.approx(grads[node], rel=1e-11, abs=1e-14)
            assert f"grad {four(grads[node])}" in reader.texts(i)


@pytest.mark.parametrize("name", GRAPHS)
def test_a_number_that_is_changed_changes_all_that_depends_on_it(browser: Any, tmp_path: Path, name: str) -> None:
    reader, (_, second, third) = opened(browser, tmp_path, name)
    numbers = list(GRAPHS[name][2])
    reader.press("End")
    same_as_engine(reader, name, numbers)
    for typed in ("-1.25", "−0,5", "1e-3"):
        reader.put(second, typed)
        numbers[1] = float(typed.replace("−", "-").replace(",", "."))
        same_as_engine(reader, name, numbers)
    reader.page.focus(f"#n{third}")                     # on the picture: arrows, then digits
    reader.press("ArrowUp", 3)
    numbers[2] = reader.read("value", third + 1)[third]
    assert numbers[2] == pytest.approx(GRAPHS[name][2][2] + 0.3)
    reader.press("Shift+ArrowDown")
    numbers[2] -= 1.0
    same_as_engine(reader, name, numbers)
    reader.page.keyboard.type("0.625")
    numbers[2] = 0.625
    same_as_engine(reader, name, numbers)
    reader.done()


def test_the_explanation_follows(browser: Any, tmp_path: Path) -> None:
    reader, (x, w, _) = opened(browser, tmp_path, "neuron")
    reader.press("End")
    reader.put(w, "-4")
    reader.page.click(f"#n{x}")
    assert "= w = −4" in reader.panel()
    assert "x is a leaf: 2" in reader.panel()
    reader.page.click("#n2")
    assert "x · w = 2 · (−4) = −8" in reader.panel()
    reader.done()


def test_a_field_says_what_is_no_number_and_waits(browser: Any, tmp_path: Path) -> None:
    reader, (x, _, _) = opened(browser, tmp_path, "neuron")
    reader.press("End")
    reader.page.focus(f"#value{x}")
    reader.press("Control+a")
    for typed in ("abc", "0x10", "1..2"):
        reader.field(x).fill(typed)
        assert reader.field(x).get_attribute("aria-invalid") == "true"
        same_as_engine(reader, "neuron", GRAPHS["neuron"][2])
    reader.press("Enter")
    assert reader.field(x).input_value() == "2"
    reader.put(x, "inf")
    assert reader.read("value", 1 + x)[x] == "Infinity"
    assert "data inf" in reader.texts(x)
    reader.press("u")
    same_as_engine(reader, "neuron", GRAPHS["neuron"][2])
    reader.done()


def test_dragging_a_number(browser: Any, tmp_path: Path) -> None:
    reader, (x, w, _) = opened(browser, tmp_path, "neuron")
    reader.press("End")
    mouse = reader.page.mouse
    for what in (f"#n{x} text.drag", f"label[for=value{w}]"):
        box = reader.page.locator(what).bounding_box()
        mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        mouse.down()
        mouse.move(box["x"] + box["width"] / 2 + 25, box["y"] + box["height"] / 2, steps=5)
        mouse.up()
    same_as_engine(reader, "neuron", [2.25, -2.75, 6.5])
    assert reader.step() == (reader.step()[1],) * 2
    reader.press("u")                                   # each drag is one thing to undo
    same_as_engine(reader, "neuron", [2.25, -3.0, 6.5])
    reader.press("u")
    same_as_engine(reader, "neuron", [2.0, -3.0, 6.5])
    assert reader.page.is_disabled("#undo")
    reader.done()


def test_steps_down_undone_and_reset(browser: Any, tmp_path: Path) -> None:
    """A step takes α times its gradient from each leaf that has a name and is not held; the constant 2 stays."""
    reader, leaves = opened(browser, tmp_path, "neuron")
    reader.press("End")
    seen = [list(GRAPHS["neuron"][2])]

    def stepped(numbers: list[float], rate: float, held: Sequence[int] = ()) -> list[float]:
        root, nodes = made("neuron", numbers)
        root.backward()
        return [x if i in held else x - rate * node.grad for i, (x, node) in enumerate(zip(numbers, nodes))]

    for _ in range(3):
        reader.press("d")
        seen.append(stepped(seen[-1], 0.1))
        same_as_engine(reader, "neuron", seen[-1])
    assert reader.page.inner_text("#taken") == "after 3 steps"
    assert len(reader.page.query_selector_all("#curve .dot")) == 4
    reader.page.focus("#rate")
    reader.press("ArrowDown", 2)
    assert reader.page.input_value("#rate") == "0.02"
    reader.page.click(f"#value{leaves[0]} + button")
    reader.page.click("#down")
    seen.append(stepped(seen[-1], 0.02, [0]))
    same_as_engine(reader, "neuron", seen[-1])
    for _ in range(2):
        seen.pop()
        reader.press("u")
        same_as_engine(reader, "neuron", seen[-1])
    reader.press("r")
    same_as_engine(reader, "neuron", seen[0])
    assert reader.page.is_disabled("#reset")
    assert not reader.page.is_visible("#curve")
    reader.done()


def test_what_was_given_as_parameters_moves(browser: Any, tmp_path: Path) -> None:
    root, (x, w, b) = made("neuron")
    reader = Reader(browser, stepper(root, parameters=[w, b]).save(tmp_path / "live.html"))
    reader.press("End")
    reader.press("d")
    order = topological(root)
    values = reader.read("value", len(order))
    assert values[order.index(x)] == 2.0
    assert values[order.index(w)] != -3.0
    assert values[order.index(b)] != 6.5
    reader.done()


def test_a_copied_link_leads_to_the_same_numbers_and_step(browser: Any, tmp_path: Path) -> None:
    reader, (z1, z2, _) = opened(browser, tmp_path)
    reader.put(z2, "-1.5")
    reader.press("d", 2)
    reader.press("ArrowRight", 14)
    reader.page.click(f"#value{z1} + button")
    link, step = reader.kept(), reader.step()
    assert "z_2=-1." in link
    count = len(topological(made("cross-entropy")[0]))
    other = Reader(browser, link, viewport={"width": 390, "height": 780})
    other.page.wait_for_timeout(100)
    box, = [each for each in other.lit() if each[0] == "n"]
    assert inside(other, f"#{box}")
    assert other.page.locator(f"#{box}").bounding_box()["width"] > 60      # near enough to read
    for what in ("value", "grad"):
        assert other.read(what, count) == reader.read(what, count)
    assert other.step() == step
    assert other.page.get_attribute(f"#value{z1} + button", "aria-pressed") == "true"
    other.press("r")
    other.press("Home")
    other.page.click(f"#value{z1} + button")
    assert "#" not in other.kept()
    other.page.evaluate("location.hash = 'at=3&z_2=7&z_3=x'")
    other.page.wait_for_function("document.getElementById('count').textContent.startsWith('3 ')")
    assert other.read("value", count)[z2] == 7.0
    reader.done()
    other.done()


def inside(reader: Reader, what: str) -> bool:
    """Whether it is all in sight."""
    box, frame = (reader.page.locator(which).bounding_box() for which in (what, "#graph"))
    return all(box[at] >= frame[at] and box[at] + box[size] <= frame[at] + frame[size]
               for at, size in (("x", "width"), ("y", "height")))


@pytest.mark.parametrize("width", [390, 1280])
def test_the_picture_fits_and_can_be_zoomed_and_moved(browser: Any, tmp_path: Path, width: int) -> None:
    reader, _ = opened(browser, tmp_path, viewport={"width": width, "height": 780})
    count = len(topological(made("cross-entropy")[0]))
    result, view = f"#n{count - 1}", "document.querySelector('#graph svg').getAttribute('viewBox')"
    assert all(inside(reader, f"#n{i}") for i in range(count))
    fitted = reader.page.evaluate(view)
    wide = reader.page.locator(result).bounding_box()["width"]
    reader.press("+", 2)
    assert reader.page.locator(result).bounding_box()["width"] == pytest.approx(wide * 1.25 ** 2, rel=0.02)
    reader.press("-", 2)
    assert reader.page.locator(result).bounding_box()["width"] == pytest.approx(wide, rel=0.02)
    before = reader.page.locator(result).bounding_box()["x"]
    reader.press("Shift+ArrowRight")
    assert reader.page.locator(result).bounding_box()["x"] == pytest.approx(before - 60, abs=2)
    reader.press("f")
    assert reader.page.evaluate(view) == fitted
    frame = reader.page.locator("#graph").bounding_box()
    reader.page.mouse.move(frame["x"] + 20, frame["y"] + 20)
    reader.page.mouse.wheel(0, -300)
    reader.page.wait_for_function(f"{view} !== '{fitted}'")
    assert reader.page.locator(result).bounding_box()["width"] > wide
    at = reader.page.locator(result).bounding_box()["x"]
    reader.page.mouse.down()
    reader.page.mouse.move(frame["x"] + 70, frame["y"] + 50, steps=4)
    reader.page.mouse.up()
    assert reader.page.locator(result).bounding_box()["x"] == pytest.approx(at + 50, abs=2)
    for button, sign in (("closer", 1), ("farther", -1)):
        now = reader.page.locator(result).bounding_box()["width"]
        reader.page.click(f"#{button}")
        assert (reader.page.locator(result).bounding_box()["width"] - now) * sign > 0
    reader.page.click("#fit")
    assert reader.page.evaluate(view) == fitted
    for i in range(reader.step()[1] // 4):              # whatever a step is about is in sight
        reader.press("ArrowRight", 4)
        lit = reader.page.eval_on_selector_all("g.node.lit", "found => found.map(each => each.id)")
        here = [each for each in lit if each.startswith("n")]
        assert len(here) == 1, (i, lit)
        assert inside(reader, f"#{here[0]}"), (i, here)
        assert reader.page.evaluate("document.documentElement.scrollWidth") <= width
    reader.done()


def test_two_fingers_zoom_and_one_moves_the_picture(browser: Any, tmp_path: Path) -> None:
    reader, _ = opened(browser, tmp_path, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    hand = reader.context.new_cdp_session(reader.page)

    def slide(fingers: Sequence[tuple[float, float]], by: Sequence[tuple[float, float]], steps: int = 8) -> None:
        for k in range(steps + 1):
            points = [{"x": x + k * dx, "y": y + k * dy, "id": i} for i, ((x, y), (dx, dy)) in
                      enumerate(zip(fingers, by))]
            hand.send("Input.dispatchTouchEvent", {"type": "touchMove" if k else "touchStart", "touchPoints": points})
        hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def box() -> dict[str, float]:
        found: dict[str, float] = reader.page.locator("#n0").bounding_box()
        return found

    before = box()
    slide([(180, 200), (210, 200)], [(-6, 0), (6, 0)])
    closer = box()
    assert closer["width"] > 2 * before["width"]
    slide([(200, 200)], [(-5, 2)])
    moved = box()
    assert moved["width"] == pytest.approx(closer["width"])
    assert (moved["x"] - closer["x"], moved["y"] - closer["y"]) == pytest.approx((-40, 16), abs=12)
    slide([(100, 200), (290, 200)], [(8, 0), (-8, 0)])
    assert box()["width"] < 0.8 * moved["width"]
    reader.done()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_everybody_can_read_it(browser: Any, tmp_path: Path, scheme: str, width: int) -> None:
    """axe-core finds nothing, at the start, and at the end with a leaf explained after a step down."""
    reader, (z1, _, _) = opened(browser, tmp_path, color_scheme=scheme, viewport={"width": width, "height": 780})
    assert reader.violations() == []
    reader.press("d")
    reader.press("End")
    reader.page.click(f"#n{z1}")
    reader.press("p")
    assert reader.violations() == []
    assert "A graph of 14 nodes, from" in reader.page.get_attribute("#graph svg", "aria-label")
    assert reader.page.get_attribute(f"#n{z1}", "aria-label").startswith("z1, data ")
    reader.done()


def test_nothing_moves_by_itself_for_who_wants_that(browser: Any, tmp_path: Path) -> None:
    reader, _ = opened(browser, tmp_path, reduced_motion="reduce")
    assert reader.page.evaluate("getComputedStyle(document.querySelector('#n0 > path')).transitionDuration") == "0s"
    reader.done()


def test_names_are_set_as_mathematics_and_operands_have_sides(browser: Any, tmp_path: Path) -> None:
    reader, (alpha, y, _) = opened(browser, tmp_path, "kinks")
    reader.press("End")
    for i, base, low in ((alpha, "α", None), (y, "ŷ", "1")):
        assert reader.texts(i)[0] == base + (low or "")
        below = reader.page.query_selector(f"#n{i} tspan.low")
        assert (below.text_content() if below else None) == low
    root, _ = made("kinks")
    for i, node in enumerate(topological(root)):
        marks = [reader.page.locator(f"#e{i}_{j} .side").all_text_contents() for j in range(len(node.inputs))]
        ordered = node.op is not None and node.op.symbol in ("-", "/", "%") and len(node.inputs) == 2
        assert marks == ([["left"], ["right"]] if ordered else [[]] * len(node.inputs))
    reader.done()


def test_300_nodes_follow_a_change_within_50_milliseconds(browser: Any, tmp_path: Path) -> None:
    v = Value(0.5, label="x")
    while len(topological(v)) < 298:
        v = (v * 1.01 + 0.01).tanh() if len(topological(v)) % 7 else v + v
    reader = Reader(browser, stepper(v, max_nodes=310).save(tmp_path / "large.html"))
    reader.press("End")
    times = reader.page.evaluate("""() => [...Array(15)].map((_, n) => {
        const start = performance.now();
        change(0, .51 + n / 100);
        document.querySelector("svg").getBoundingClientRect();
        return performance.now() - start;
    })""")
    assert min(times) < 50, times                       # the least: what else the machine does is not the page's time
    reader.done()


def test_arrays_keep_their_numbers_and_the_page_says_why(browser: Any, tmp_path: Path) -> None:
    W = Tensor([[1.0, -2.0]], requires_grad=True, label="W")
    reader = Reader(browser, stepper((W * W).sum()).save(tmp_path / "fixed.html"))
    assert "only single numbers (Values) can be changed" in reader.panel()
    assert not reader.page.is_visible("#descent")
    assert not reader.page.is_visible("#numbers")
    assert reader.violations() == []
    reader.press("d")
    reader.press("End")
    assert reader.read("grad", 1) == [[[2.0, -4.0]]]
    reader.done()


def test_what_javascript_can_not_compute_keeps_its_numbers(browser: Any, tmp_path: Path) -> None:
    from autograd.core.op import TABLE
    from autograd.extend import elementwise
    try:
        op = elementwise("shaky", lambda x: math.gamma(x), lambda x: math.gamma(x), lambda out, x: out)
        root = Value.apply(op, Value(3.0, label="x")) * 2.0
    finally:
        TABLE.pop("shaky")
        del Value.shaky
    reader = Reader(browser, stepper(root).save(tmp_path / "fixed.html"))
    assert "The numbers here are fixed: shaky has no spelling for JavaScript." in reader.panel()
    reader.press("End")
    assert reader.read("value", 2) == [3.0, 2.0]
    assert reader.read("grad", 1) == [4.0]
    reader.done()


def test_the_page_as_text_is_what_is_written(tmp_path: Path) -> None:
    root, _ = made("neuron")
    assert stepper(root, tmp_path / "page.html").html == text_of_page(root)


def test_a_graph_with_numbers_beyond_all_bounds(browser: Any, tmp_path: Path) -> None:
    x = Value(math.inf, label="x")
    root = (x - x) * Value(-0.0, label="zero")
    reader = Reader(browser, stepper(root).save(tmp_path / "edges.html"))
    reader.press("End")
    count = len(topological(root))
    assert reader.read("value", count) == ["Infinity", "NaN", 0, "NaN"]
    assert "data nan" in reader.texts(1)
    reader.done()
