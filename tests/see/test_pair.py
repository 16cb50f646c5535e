"""Two backward passes side by side: the museum's pages in a real browser, by keyboard, against the museum's numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demos import museum
from demos.museum_page import slug
from demos.museum_pages import page, write_pages
from tests.see.browsing import Reader

NUMBERED = list(enumerate(museum.EXHIBITS, 1))


def sides(reader: Reader) -> dict[str, dict[int, tuple[list[str], Any]]]:
    """Of each side, each node's lines and its gradient."""
    found = reader.page.eval_on_selector_all(".node[data-grad]", """found => found.map(each =>
        [each.id, [...each.querySelectorAll("text")].map(text => text.textContent), each.dataset.grad])""")

    def read(x: Any) -> Any:
        return [read(y) for y in x] if isinstance(x, list) else float(x)

    return {mark: {int(name[3:]): (lines, np.array(read(json.loads(g)))) for name, lines, g in found if name[0] == mark}
            for mark in "wr"}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    files = write_pages(tmp_path)
    assert [file.name for file in files] == [f"museum_{slug(exhibit)}.html" for _, exhibit in NUMBERED]
    return files


def test_both_sides_end_at_the_museums_numbers_and_the_wrong_ones_are_marked(browser: Any, files: list[Path]) -> None:
    for file, (_, exhibit) in zip(files, NUMBERED):
        reader = Reader(browser, file)
        reader.press("End")
        right, wrong, found = museum.expected(exhibit), museum.got(exhibit), sides(reader)
        places = {lines[0]: i for i, (lines, _) in found["r"].items() if len(lines) == 3}
        assert places.keys() == right.keys()
        for name, i in places.items():
            fine = wrong[name].shape == right[name].shape and np.allclose(wrong[name], right[name])
            for mark, expected in (("r", right[name]), ("w", wrong[name])):
                lines, g = found[mark][i]
                np.testing.assert_allclose(g, expected, rtol=1e-12, err_msg=exhibit.name)
                assert lines[-1].startswith("grad ≠") == (not fine), exhibit.name
        assert any(lines[-1].startswith("grad ≠") for lines, _ in found["w"].values())
        reader.done()


def test_they_go_in_lock_step(browser: Any, files: list[Path]) -> None:
    """Of = for +=: the first piece arrives alike on both sides, the second replaces it on one."""
    reader = Reader(browser, files[1])
    reader.press("ArrowRight", 2)
    seen = []
    while True:
        seen.append((reader.page.inner_text("#w-event"), reader.page.inner_text("#r-event")))
        now, last = reader.step()
        if now == last:
            break
        reader.press("ArrowRight")
    about_a = [pair for pair in seen if " to a, " in pair[0]]
    assert [wrong.split("goes ")[1] for wrong, _ in about_a] == ["from 0 to 5.", "from 5 to 2."]
    assert [right.split("goes ")[1] for _, right in about_a] == ["from 0 to 5.", "from 5 to 7."]
    link = reader.page.url
    reader.press("Home")
    assert reader.step()[0] == 0
    other = Reader(browser, link)
    assert other.step() == (last, last)
    reader.done()
    other.done()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_everybody_can_read_it(browser: Any, tmp_path: Path, scheme: str, width: int) -> None:
    file = tmp_path / "pair.html"
    file.write_text(page(*NUMBERED[5]), encoding="utf-8")
    reader = Reader(browser, file, color_scheme=scheme, viewport={"width": width, "height": 780})
    reader.press("End")
    assert reader.violations() == []
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= width
    reader.done()
