"""The microscope: what it writes, and that its numbers are the engine's and the formula's."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from demos import cross_entropy as demo

FILES = ["cross_entropy.html", "cross_entropy_error.svg", "cross_entropy_graph.svg", "cross_entropy_steps.html"]


def test_it_writes_its_pictures_and_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demo.main(["--out", str(tmp_path / "out")])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES
    told = capsys.readouterr().out
    assert "∂L/∂z_2 = (−1.0000 through the numerator) + (0.2424 through the sum s) = −0.7576 = ŷ_2 − 1" in told
    page = (tmp_path / "out" / "cross_entropy.html").read_text(encoding="utf-8")
    assert "{{" not in page
    assert page.count("<article>") == 3
    assert not re.findall(r'(?:src|href)="https?:', page)
    for name in FILES[1:3]:
        assert ET.parse(tmp_path / "out" / name).getroot().tag.endswith("svg")


def test_without_plots(tmp_path: Path) -> None:
    demo.main(["--out", str(tmp_path), "--no-plots"])
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILES[0], *FILES[2:]]


def test_the_chain_cancels_into_softmax_minus_one_hot() -> None:
    e = np.exp(demo.LOGITS)
    p = e / e.sum()
    steps = demo.chain()
    np.testing.assert_allclose(steps["∂ŷ/∂z"], np.diag(p) - np.outer(p, p), rtol=1e-13, atol=1e-16)
    np.testing.assert_allclose(steps["∂ŷ/∂z"].sum(1), 0, atol=1e-16)
    np.testing.assert_allclose(steps["∂L/∂z"][0], p - demo.Y, rtol=1e-13)
    for column, y_hat, y in zip(demo.columns(demo.loss_graph()), p, demo.Y):
        assert [term["value"] for term in column["terms"]] == pytest.approx([-1.0, y_hat] if y else [y_hat], rel=1e-14)
        assert column["sum"] == pytest.approx(y_hat - y, rel=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_log_sum_exp_stays_exact_where_the_logarithm_of_a_softmax_does_not(dtype: type) -> None:
    size = np.geomspace(0.1, 1e4, 120)
    logits = np.concatenate([-size, size])
    epsilon = np.finfo(dtype).eps
    assert demo.errors(demo.stable, dtype, logits).max() < 2 * epsilon
    for way in (demo.naive, demo.shifted):
        error = demo.errors(way, dtype, logits)
        assert np.isinf(error).any()
        assert error[np.isfinite(error)].max() >= 1
