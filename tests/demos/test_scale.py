"""A step taken along as JAX code has the eager step's loss and gradients, whatever it is spread over."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from demos import scale
from tests.needs import needs

needs("jax", "jax")


def test_over_two_devices_it_is_the_eager_step(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "NETWORKS", {name: (network, 8) for name, (network, _) in scale.NETWORKS.items()})
    scale.main(["--out", str(tmp_path), "--devices", "2", "--runs", "1"])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    over_two = [line for line in lines if line[:2] == ["2", "cpu"]]
    eager = [line[-1] for line in lines if line[:1] == ["eager,"]]
    assert len(over_two) == len(scale.NETWORKS)
    for (*_, loss, off), expected in zip(over_two, eager):
        assert float(loss) == pytest.approx(float(expected), abs=1e-11)
        assert float(off) < 1e-14
    for name in scale.NETWORKS:
        imported = [node.names[0].name for node in ast.walk(ast.parse((tmp_path / f"{name}_jax.py").read_text()))
                    if isinstance(node, ast.Import)]
        assert set(imported) <= {"jax", "jax.numpy", "numpy"}


def test_a_process_that_fails_is_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                         monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "NETWORKS", {"makemore": (scale.makemore, 3)})      # 3 can't be cut in two
    scale.main(["--out", str(tmp_path), "--devices", "2", "--runs", "1"])
    assert "divisible" in " ".join(capsys.readouterr().out.split())
