"""Every exhibit is broken, in one way, and the right engine beside it is right."""

import os
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd.functional as F
from demos import museum, museum_page
from demos.bites import DIAMOND, smallest, walk
from demos.curves import STEPS, beside, text_plot, train, verdict
from demos.engines import (
    EXHIBITS,
    BreadthFirst,
    DepthFirst,
    Small,
    autograd_leaf,
    changed_code,
    expected,
    first_wrong,
    got,
)
from demos.museum_page import slug
from demos.ninja.exercises import EXERCISES

WRONG = {                                           # bug -> (the first wrong node, what it gets)
    "recursion without an order": ("a", 8.0),
    "= for +=": ("a", 2.0),
    "children in a set": ("a", 1.0),
    "no zero_grad": ("w", 11.0),
    "post-order run the wrong way": ("a", 0.0),
    "no sum over broadcast axes": ("b", np.ones((2, 3))),
    "the sign of relu's input lost": ("x", [1.0, 1.0]),
    "log(softmax) without the shift": ("z", [np.nan, -1.0]),
}


def test_all_the_classics_are_there():
    assert {exhibit.name for exhibit in EXHIBITS} == set(WRONG)


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda exhibit: exhibit.name)
def test_an_exhibit(exhibit, capsys):
    right, broken = expected(exhibit), got(exhibit)
    name, gradient = WRONG[exhibit.name]
    assert first_wrong(right, broken) == name
    np.testing.assert_allclose(broken[name], gradient)
    assert first_wrong(right, got(exhibit, Small)) == ""
    museum.main([str(EXHIBITS.index(exhibit) + 1)])
    shown = capsys.readouterr().out
    assert exhibit.name in shown
    assert shown.count("← first wrong") == 2        # on the exhibit's graph, and on the smallest
    assert "broken" in shown
    assert "right" in shown
    assert f"{'':10}> " in shown                    # the broken line and the right one are marked


def test_the_whole_museum(capsys):
    museum.main([])
    shown = capsys.readouterr().out
    assert shown.count("← first wrong") == 2 * len(EXHIBITS)
    assert shown.count("the loss of a small network") == len(EXHIBITS)
    assert "too early" in shown


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda exhibit: exhibit.name)
def test_the_broken_lines_are_those_of_the_exhibit(exhibit):
    mine, right = changed_code(exhibit.engine)
    assert any(line.startswith("! ") for line in mine + right)
    assert "".join(line[2:] for line in mine) != "".join(line[2:] for line in right)
    assert f"def {exhibit.method}" in "".join(mine)


@pytest.mark.parametrize("engine", [*(x.engine for x in EXHIBITS), DepthFirst, BreadthFirst], ids=lambda x: x.__name__)
def test_the_smallest_graph_is_one_where_the_right_engine_agrees_with_autograd_and_none_is_smaller(engine):
    bite = smallest(engine, Small)
    graph = bite.graph
    assert bite.wrong
    leaves = [autograd_leaf(x) for x in graph.leaves]
    nodes = list(leaves)
    for op, at in graph.ops:
        x = [nodes[i] for i in at]
        nodes.append({"add": lambda x, y: x + y, "mul": lambda x, y: x * y, "relu": lambda x: x.relu(),
                      "log_softmax": lambda x: F.log_softmax(x, -1)}[op](*x))
    nodes[-1].backward(np.ones(nodes[-1].shape))
    for node, right in zip(nodes, bite.right):
        np.testing.assert_allclose(node.grad.numpy(), right)
    with pytest.raises(LookupError, match="is right on all"):
        smallest(engine, Small, largest=len(graph.names) - 1)


def test_the_walks_hand_on_too_early_where_their_order_is_not_topological():
    depth, breadth, right = (walk(DIAMOND, engine, Small) for engine in (DepthFirst, BreadthFirst, Small))
    assert [(step.name, step.held, step.right) for step in depth if step.early] == [("c", 3.0, 5.0)]
    assert not [step for step in breadth + right if step.early]     # two sides of one length: going by breadth is right
    uneven = smallest(BreadthFirst, Small).graph
    assert [step.name for step in walk(uneven, BreadthFirst, Small) if step.early] == ["b"]
    assert not [step for step in walk(uneven, Small, Small) if step.early]
    assert sorted(step.name for step in depth) == sorted(step.name for step in right) == ["c", "d", "e", "f"]


def test_what_the_bugs_do_to_training():
    right = train(Small)
    assert len(right.losses) == STEPS
    assert right.losses[-1] < 0.02 < right.losses[0]
    assert not right.grown
    ends = {x.name: train(x.engine, x.name) for x in EXHIBITS}
    sentences = {name: verdict(train(Small, name), run) for name, run in ends.items()}
    assert "to nan after" in sentences["recursion without an order"]
    assert ends["= for +="].losses[-1] > 10 * right.losses[-1]
    assert "does not give the bug away" in sentences["children in a set"]
    assert ends["no zero_grad"].losses[-1] > 10 * right.losses[-1]
    assert "It does not move" in sentences["post-order run the wrong way"]
    assert ends["no sum over broadcast axes"].grown["b1"] == (40, 8)
    assert "looks like success" in sentences["no sum over broadcast axes"]
    assert ends["the sign of relu's input lost"].losses[-1] > 10 * right.losses[-1]
    assert "to nan before the first step" in sentences["log(softmax) without the shift"]


@pytest.mark.parametrize("room", [20, 47, 76, 116])
def test_curves_in_characters_fit(room):
    right, broken = train(Small).losses, [0.8, *[2.0] * 20, float("nan")]
    lines = beside(text_plot("right", right, right, room), text_plot("broken", broken, right, room), room)
    assert max(map(len, lines)) <= max(room, 20)
    text = "\n".join(lines)
    assert "•" in text
    assert "^" in text
    assert "!" in text


def test_the_page(tmp_path, capsys):
    museum.main(["--out", str(tmp_path / "new")])
    assert "museum.html" in capsys.readouterr().out
    text = (tmp_path / "new" / "museum.html").read_text("utf-8")
    assert "{{" not in text
    linked = re.findall(r'(?:src|href)="(?!#|data:)([^"]*)"', text)       # all it needs is in it, but for the steps
    assert linked == [f"museum_{slug(x)}.html" for x in EXHIBITS]
    assert all((tmp_path / "new" / name).is_file() for name in linked)
    parsed = ElementTree.fromstring(re.sub(r"^.*?(<body>.*</body>).*$", r"\1", text, flags=re.S))
    sections = parsed.findall("main/section")
    assert [x.get("id") for x in sections] == [*(slug(x) for x in EXHIBITS), "order"]
    for section in sections[:-1]:
        assert len(section.findall(".//polyline[@class='right']")) == 1
        assert len(section.findall(".//pre")) == 2
        assert section.findall(".//g/rect")
    (tmp_path / "museum_overwrites.html").touch()
    linked = museum_page.write(tmp_path, {"no-order": "steps.html"}).read_text("utf-8")
    assert re.findall(r'href="(\w+\.html)"', linked) == ["steps.html", "museum_overwrites.html"]


def test_each_exhibit_has_an_engine_to_be_mended():
    for number, exhibit in enumerate(EXHIBITS, 1):
        name = EXERCISES[int(museum.exercise(number).split()[-1])].file_name
        assert EXERCISES[number + 13].tests
        words = {"ChildrenInASet": "equal", "NoSumOverBroadcastAxes": "broadcast", "SignLost": "relu"}
        engine = exhibit.engine.__name__
        assert words.get(engine, slug(exhibit).replace("-", "_")) in name


def test_the_page_fits_a_phone_and_a_desk(tmp_path):
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright: pip install playwright")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        missing("there is no Chromium on the PATH")
    file = museum_page.write(tmp_path)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for width in (390, 1280):
            page = browser.new_page(viewport={"width": width, "height": 800})
            page.goto(file.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") == width
            too_wide = page.evaluate("[...document.querySelectorAll('.node')].filter(node => { const box = "
                                     "node.querySelector('rect').getBBox(); return [...node.querySelectorAll('text')]"
                                     ".some(text => text.getBBox().width > box.width) }).length")
            assert too_wide == 0                    # every text lies within its box
        browser.close()


def missing(what):
    """In CI nothing may be missing; elsewhere the test is left out."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def test_a_number_and_a_folder_together_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        museum.main(["3", "--out", str(tmp_path / "out")])
    assert "leave out the number 3" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
