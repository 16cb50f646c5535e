"""The GPT of scalars is the transformer it says it is, and its recordings train as the eager graph does."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import Value
from tests.needs import needs

needs("rich", "demos")

from demos import common, gpt  # noqa: E402

NAMES = [[0, 1, 2, 0], [0, 3, 3, 0], [0, 2, 1, 3, 0], [0, 4, 0], [0, 1, 1, 1, 0]]      # between two ends


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in {"WIDTH": 4, "HEADS": 2, "COMPARED": 3, "BATCH": 2, "LENGTHS": 2}.items():
        monkeypatch.setattr(gpt, name, size)


@pytest.fixture
def model() -> gpt.GPT:
    made = gpt.GPT(np.random.default_rng(0), letters=5, places=4)
    for w in made.parameters():
        w.data *= 8                                 # so that attention and ReLU have something to decide
    return made


def gradient(model: gpt.GPT) -> np.ndarray:
    return np.array([w.grad for w in model.parameters()])


def numpy_loss(model: gpt.GPT, weights: np.ndarray, name: list[int]) -> float:
    """The same transformer on whole arrays: a causal mask where the scalars have a memory."""
    parts, start = {}, 0
    for key in ("letter", "place", "query", "key", "value", "mix", "up", "down", "output"):
        rows, columns = len(getattr(model, key)), len(getattr(model, key)[0])
        parts[key] = weights[start: start + rows * columns].reshape(rows, columns)
        start += rows * columns
    assert start == len(weights)

    def normed(x):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5)

    T = len(name) - 1
    x = parts["letter"][name[:-1]] + parts["place"][:T]
    h = normed(x)
    q, k, v = ((h @ parts[key].T).reshape(T, 2, 2).swapaxes(0, 1) for key in ("query", "key", "value"))
    scores = np.where(np.tri(T, dtype=bool), q @ k.swapaxes(1, 2) / np.sqrt(2), -np.inf)
    attention = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    x = x + (attention @ v).swapaxes(0, 1).reshape(T, 4) @ parts["mix"].T
    x = x + np.maximum(normed(x) @ parts["up"].T, 0) @ parts["down"].T
    logits = normed(x) @ parts["output"].T
    return float((np.log(np.exp(logits).sum(1)) - logits[np.arange(T), name[1:]]).mean())


@pytest.mark.parametrize("name", NAMES)
def test_it_is_the_transformer_written_on_arrays(model: gpt.GPT, name: list[int]) -> None:
    loss = model.loss(name)
    weights = np.array([w.data for w in model.parameters()])
    assert loss.data == pytest.approx(numpy_loss(model, weights, name), rel=1e-12)
    loss.backward()
    direction = np.random.default_rng(1).normal(size=len(weights))
    ahead, behind = (numpy_loss(model, weights + h * direction, name) for h in (1e-6, -1e-6))
    assert gradient(model) @ direction == pytest.approx((ahead - behind) / 2e-6, rel=1e-6, abs=1e-8)


def test_a_letter_by_number_or_by_one_hot_row(model: gpt.GPT) -> None:
    name = NAMES[2]
    model.loss(name).backward()
    by_number = gradient(model)
    model.zero_grad()
    model.loss([[Value(float(i == letter)) for i in range(5)] for letter in name]).backward()
    np.testing.assert_allclose(gradient(model), by_number, rtol=1e-12, atol=1e-15)


def test_eager_and_replayed_training_agree(model: gpt.GPT) -> None:
    recordings = gpt.Recordings(model, [1, 2, 3])
    eagerly, replayed = nn.optim.Adam(model.parameters(), lr=0.01), nn.optim.Adam(recordings, lr=0.01)
    for name in NAMES * 3:
        model.zero_grad()
        loss = model.loss(name)
        loss.backward()
        assert recordings([name]) == pytest.approx(loss.data, rel=1e-12)
        np.testing.assert_allclose(recordings.gradient, gradient(model), rtol=1e-10, atol=1e-13)
        eagerly.step()
        replayed.step()
    before = [w.data for w in model.parameters()]
    recordings.sync()
    np.testing.assert_allclose([w.data for w in model.parameters()], before, rtol=1e-9, atol=1e-12)


def test_several_names_at_once(model: gpt.GPT) -> None:
    recordings = gpt.Recordings(model, [1, 2, 3])
    losses = []
    for name in NAMES:
        loss = model.loss(name)
        (loss / len(NAMES)).backward()
        losses.append(loss.data)
    assert recordings(NAMES) == pytest.approx(np.mean(losses), rel=1e-12)
    np.testing.assert_allclose(recordings.gradient, gradient(model), rtol=1e-10, atol=1e-13)
    assert recordings(NAMES, backward=False) == pytest.approx(np.mean(losses), rel=1e-12)


# The demo as it is run.

@pytest.fixture(scope="module")
def names_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "names.txt"
    rng = np.random.default_rng(0)
    path.write_text("\n".join("".join(rng.choice(list("abcd"), rng.integers(2, 5))) for _ in range(60)))
    return path


def run(out: Path, names_file: Path, *more: str) -> None:
    gpt.main(["--steps", "6", "--samples", "5", "--names", str(names_file), "--out", str(out), *more])


def test_it_prints_both_curves_and_names(tmp_path: Path, names_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    needs("matplotlib", "demos")
    run(tmp_path, names_file)
    text = capsys.readouterr().out
    rows = re.findall(r"^ +\d+  (\d\.\d+)  (\d\.\d+)  (\S+)$", text, re.MULTILINE)
    assert len(rows) == 3
    for eager, replayed, difference in rows:
        assert float(eager) == pytest.approx(float(replayed), rel=1e-12)
        assert float(difference) < 1e-12
    assert re.search(r"[\d.]+ ms eagerly, [\d.]+ ms replayed; \d+ times faster", text)
    assert "step 6/6" in text
    assert "of these 5 are new" in text
    assert (tmp_path / "gpt.png").read_bytes().startswith(b"\x89PNG")
    assert f"wrote {tmp_path / 'gpt.png'}" in text


def test_interrupted_and_resumed_it_comes_to_the_same_end(
        tmp_path: Path, names_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, names_file, "--no-plots")
    run(tmp_path, names_file, "--no-plots")
    texts = capsys.readouterr().out.split("knowing nothing")[1:]
    iterate = common.Run.__iter__

    def interrupted(self):
        for step in iterate(self):
            if step == 3:
                signal.raise_signal(signal.SIGINT)
            yield step

    with monkeypatch.context() as patch:
        patch.setattr(common.Run, "__iter__", interrupted)
        with pytest.raises(SystemExit) as exit_:
            run(tmp_path, names_file, "--no-plots")
    assert exit_.value.code == 130
    run(tmp_path, names_file, "--no-plots", "--resume", str(tmp_path / "gpt.npz"))
    texts.append(capsys.readouterr().out)
    ends = [text[text.index("step 6/6"):].splitlines()[:5] for text in texts]
    assert "held out" in ends[0][2]
    assert ends[0] == ends[1] == ends[2]
