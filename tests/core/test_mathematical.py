"""Names as mathematics: one reading, four spellings that agree."""

from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.core.mathematical import GREEK, read

LETTERS = st.sampled_from([*"abwxyzhLWXY", *GREEK, *GREEK.values(), "loss", "logits"])
ACCENTS = st.sampled_from([("", ""), ("_hat", "\u0302"), ("_bar", "\u0304"), ("_tilde", "\u0303")])
INDICES = st.lists(st.integers(0, 120).map(str), max_size=2)


class Inner(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.held, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.held.append(tag)

    def handle_data(self, data):
        self.text += data


@given(LETTERS, ACCENTS, INDICES, st.integers(0, 2))
def test_a_name_is_taken_apart(letter, accent, indices, strokes):
    said, combining = accent
    for label in {letter + said + "".join(f"_{i}" for i in indices) + "'" * strokes,
                  letter + said + "".join(f"[{i}]" for i in indices) + "′" * strokes}:
        name = read(label)
        assert name.base == next((greek for greek, latin in GREEK.items() if latin == letter), letter)
        assert (name.accent, list(name.low), name.strokes) == (combining, indices, strokes)
        assert read(name.text) == name or len(indices) > 1 or len(letter) > 1       # what was written can be read again


@settings(max_examples=300)
@given(st.text(max_size=12))
def test_any_label_can_be_written(label):
    name = read(label)
    ET.fromstring(f"<math>{name.mathml}</math>" if name.mathml.isprintable() else "<math/>")
    inner = Inner(name.html)
    assert set(inner.held) <= {"i", "sub"}
    assert inner.text.startswith(name.letter)
    bare = name.latex.replace("\\{", "").replace("\\}", "")
    assert bare.count("{") == bare.count("}")


@pytest.mark.parametrize(("label", "text", "html"), [
    ("w21", "w₂₁", "<i>w</i><sub>21</sub>"), ("w[0][12]", "w₀,₁₂", "<i>w</i><sub>0,12</sub>"),
    ("yhat_1", "ŷ₁", "<i>ŷ</i><sub>1</sub>"), ("alpha", "α", "<i>α</i>"), ("h_out", "h_out", "<i>h</i><sub>out</sub>"),
    ("fc1.weight", "fc1.weight", "fc1.weight"), ("my label", "my label", "my label"), ("x'", "x′", "<i>x</i>′"),
    ("a<b", "a<b", "a&lt;b"),
])
def test_the_spellings(label, text, html):
    assert (read(label).text, read(label).html) == (text, html)
