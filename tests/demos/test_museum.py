"""Every exhibit is broken, in one way, and the right engine beside it is right."""

import numpy as np
import pytest

from demos import museum
from demos.museum import EXHIBITS, Small, expected, first_wrong, got

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
    assert shown.count("← first wrong") == 1
    assert "broken" in shown
    assert "right" in shown


def test_the_whole_museum(capsys):
    museum.main([])
    assert capsys.readouterr().out.count("← first wrong") == len(EXHIBITS)
