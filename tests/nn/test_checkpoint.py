"""Checkpoints: every truncation and every flipped byte is an error or the right numbers; nothing is half loaded."""

from __future__ import annotations

import io
import math
import os
import pickle
import zipfile

import numpy as np
import pytest

import autograd.functional as F
import nn
from autograd import Tensor, Value
from tests.needs import needs

FORMATS = ["npz", "safetensors"]


@pytest.fixture(params=FORMATS)
def suffix(request):
    if request.param == "safetensors":
        needs("safetensors", "safetensors")
    return request.param


def model(seed: int = 0) -> nn.Sequential:
    nn.manual_seed(seed)
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Tanh(), nn.Linear(3, 2, dtype=np.float64))


def train(net: nn.Module, optimizer: nn.optim.Optimizer, steps: int = 3) -> None:
    x = np.random.default_rng(1).normal(size=(8, 2))
    for _ in range(steps):
        loss = F.cross_entropy(net(x), [0, 1] * 4)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def numbers(net: nn.Module, optimizer: nn.optim.Optimizer | None = None) -> dict[str, bytes]:
    arrays = dict(net.state_dict())
    if optimizer is not None:
        state = optimizer.state_dict()
        arrays |= {"optimizer/" + name: array for name, array in state["arrays"].items()}
        arrays |= {"steps": np.array(state["steps"]), "lr": np.array(state["options"]["lr"])}
    return {name: array.tobytes() for name, array in arrays.items()}


def test_a_run_goes_on_to_the_bit(tmp_path, suffix):
    one = model()
    first = nn.optim.AdamW(one.parameters(), lr=0.05)
    train(one, first)
    nn.save(tmp_path / f"run.{suffix}", one, first, step=3, loss=math.inf, note="é", shape=(1, 2))
    two = model(seed=9)
    second = nn.optim.AdamW(two.parameters())
    meta = nn.load(tmp_path / f"run.{suffix}", two, second)
    assert meta == {"step": 3, "loss": math.inf, "note": "é", "shape": [1, 2]}
    assert numbers(one, first) == numbers(two, second)
    train(one, first)
    train(two, second)
    assert numbers(one, first) == numbers(two, second)


def test_values_and_float32_too(tmp_path, suffix):
    for make in (lambda: nn.MLP(2, [3, 1]), lambda: nn.Linear(2, 2, dtype=np.float32)):
        one, two = make(), make()
        nn.save(tmp_path / f"x.{suffix}", one)
        assert nn.load(tmp_path / f"x.{suffix}", two) == {}
        assert numbers(one) == numbers(two)
        assert all(type(p.data) is float for p in two.parameters() if isinstance(p, Value))


def test_the_model_alone_from_a_checkpoint_with_an_optimiser(tmp_path, suffix):
    one, two = model(), model(1)
    optimizer = nn.optim.Adam(one.parameters())
    train(one, optimizer)
    nn.save(tmp_path / f"x.{suffix}", one, optimizer)
    nn.load(tmp_path / f"x.{suffix}", two)
    assert numbers(one) == numbers(two)


def small(tmp_path, suffix):
    """A checkpoint small enough to break at every byte."""
    one = nn.Linear(1, 2)
    optimizer = nn.optim.SGD(one.parameters(), lr=0.1, momentum=0.5)
    one.weight.grad, one.bias.grad = [[1.0], [2.0]], [3.0, 4.0]
    optimizer.step()
    path = tmp_path / f"small.{suffix}"
    nn.save(path, one, optimizer, step=1)
    return path, numbers(one, optimizer)


def attempt(path, content: bytes) -> dict[str, bytes] | None:
    """Load `content`; the numbers it gave, or None if it was refused with nothing changed."""
    path.write_bytes(content)
    two = nn.Linear(1, 2)
    optimizer = nn.optim.SGD(two.parameters(), lr=0.7)
    before = numbers(two, optimizer)
    refusal = ""
    try:
        meta = nn.load(path, two, optimizer)
    except nn.CheckpointError as error:
        refusal = str(error)
    if refusal:
        assert "\n" not in refusal
        assert str(path) in refusal
        assert numbers(two, optimizer) == before
        return None
    assert meta == {"step": 1}
    return numbers(two, optimizer)


def test_every_truncation_is_refused(tmp_path, suffix):
    path, _ = small(tmp_path, suffix)
    content = path.read_bytes()
    for length in range(len(content)):
        assert attempt(path, content[:length]) is None, length


@pytest.mark.parametrize("flip", [0x01, 0x20, 0xFF])
def test_every_flipped_byte_is_refused_or_harmless(tmp_path, suffix, flip):
    path, right = small(tmp_path, suffix)
    content = path.read_bytes()
    refused = 0
    for position in range(len(content)):
        broken = bytearray(content)
        broken[position] ^= flip
        result = attempt(path, bytes(broken))
        assert result is None or result == right, position
        refused += result is None
    assert refused > len(content) / 3               # most of the file matters


@pytest.mark.parametrize("content", [b"", b"PK", b"hello, world", bytes(1000), b"\x93NUMPY" + bytes(100),
                                     (2 ** 60).to_bytes(8, "little") + b"{}"])
def test_foreign_files(tmp_path, suffix, content):
    assert attempt(tmp_path / f"foreign.{suffix}", content) is None


def test_npz_from_elsewhere_has_no_checksum_and_is_refused(tmp_path):
    file = io.BytesIO()
    np.savez(file, weight=np.ones((2, 1)), bias=np.ones(2))
    assert attempt(tmp_path / "x.npz", file.getvalue()) is None


def test_pickles_are_never_executed(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "exploded"),)

    file = io.BytesIO()
    np.savez(file, weight=np.array([Bomb()], dtype=object))
    for content in (pickle.dumps(Bomb()), file.getvalue()):
        assert attempt(tmp_path / "bomb.npz", content) is None
    path, _ = small(tmp_path, "npz")
    with zipfile.ZipFile(path, "a") as archive, zipfile.ZipFile(file) as bomb:
        archive.writestr("bomb.npy", bomb.read("weight.npy"))
    assert attempt(path, path.read_bytes()) is None
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(("other", "message"), [
    (lambda: nn.Linear(1, 2, bias=False), "unexpected bias"),
    (lambda: nn.Sequential(nn.Linear(1, 2)), "missing 0.bias, 0.weight; unexpected bias, weight"),
    (lambda: nn.Linear(1, 3), r"float64 of shape \(2,.*, expected float64 of shape \(3,"),
    (lambda: nn.Linear(1, 2, dtype=np.float32), "is float64 of .*, expected float32"),
])
def test_a_model_it_does_not_fit(tmp_path, suffix, other, message):
    path, _ = small(tmp_path, suffix)
    net = other()
    before = numbers(net)
    with pytest.raises(nn.CheckpointError, match=message):
        nn.load(path, net)
    assert numbers(net) == before


@pytest.mark.parametrize("optimizer", [lambda p: nn.optim.Adam(p), lambda p: nn.optim.SGD(p[:1], lr=0.1)])
def test_an_optimiser_it_does_not_fit_leaves_the_model_alone(tmp_path, suffix, optimizer):
    path, _ = small(tmp_path, suffix)
    net = nn.Linear(1, 2)
    before = numbers(net)
    with pytest.raises(nn.CheckpointError, match="does not fit"):
        nn.load(path, net, optimizer(net.parameters()))
    assert numbers(net) == before


def test_no_optimiser_in_it(tmp_path, suffix):
    net = nn.Linear(1, 1)
    nn.save(tmp_path / f"x.{suffix}", net)
    with pytest.raises(nn.CheckpointError, match="no optimiser"):
        nn.load(tmp_path / f"x.{suffix}", net, nn.optim.SGD(net.parameters(), lr=0.1))


def test_a_file_that_is_not_there(tmp_path, suffix):
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / f"none.{suffix}", nn.Linear(1, 1))


# Writing.

@pytest.mark.parametrize("name", ["plain", "model.ckpt", "two.dots.npz", "model.npz", "space and é"])
def test_the_exact_path_and_nothing_else(tmp_path, name):
    net, other = nn.Linear(1, 1), nn.Linear(1, 1)
    nn.save(str(tmp_path / name), net)
    assert os.listdir(tmp_path) == [name]
    nn.load(tmp_path / name, other)
    assert numbers(net) == numbers(other)


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_crash_leaves_the_old_file(tmp_path, suffix, moment, monkeypatch):
    path, _ = small(tmp_path, suffix)
    old = path.read_bytes()

    def crash(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, moment, crash)
    with pytest.raises(KeyboardInterrupt):
        nn.save(path, nn.Linear(1, 2))
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == [path.name]


def test_through_a_link_to_the_file_it_names(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link.npz").symlink_to(tmp_path / "real" / "x.npz")
    nn.save(tmp_path / "link.npz", nn.Linear(1, 1))
    assert (tmp_path / "link.npz").is_symlink()
    assert os.listdir(tmp_path / "real") == ["x.npz"]


@pytest.mark.parametrize("bad", [object(), {1, 2}, b"bytes", Tensor(1.0)])
def test_meta_json_cannot_hold_writes_nothing(tmp_path, bad):
    with pytest.raises(TypeError, match="JSON"):
        nn.save(tmp_path / "x.npz", nn.Linear(1, 1), note=bad)
    assert os.listdir(tmp_path) == []


def test_numpys_numbers_in_meta(tmp_path):
    nn.save(tmp_path / "x.npz", nn.Linear(1, 1), loss=np.float64(0.1), sizes=np.arange(2))
    assert nn.load(tmp_path / "x.npz", nn.Linear(1, 1)) == {"loss": 0.1, "sizes": [0, 1]}


def test_the_same_state_gives_the_same_bytes(tmp_path, suffix):
    net = model()
    for name in ("a", "b"):
        nn.save(tmp_path / f"{name}.{suffix}", net, step=1)
    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_numpy_reads_npz(tmp_path):
    net = model()
    nn.save(tmp_path / "x.npz", net)
    with np.load(tmp_path / "x.npz", allow_pickle=False) as file:
        for name, array in net.state_dict().items():
            np.testing.assert_array_equal(file[name], array)


def test_weights_both_ways_with_pytorch_by_safetensors(tmp_path):
    torch = needs("torch", "parity")
    needs("safetensors", "safetensors")
    from safetensors.torch import load_file, save_file
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    theirs = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1)).double()
    save_file(theirs.state_dict(), tmp_path / "torch.safetensors")
    assert nn.load(tmp_path / "torch.safetensors", net) == {}
    x = np.random.default_rng(0).normal(size=(5, 2))
    np.testing.assert_allclose(net(x).numpy(), theirs(torch.tensor(x)).detach().numpy(), atol=1e-12)
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    nn.save(tmp_path / "ours.safetensors", net)
    theirs.load_state_dict(load_file(tmp_path / "ours.safetensors"))
    np.testing.assert_allclose(net(x).numpy(), theirs(torch.tensor(x)).detach().numpy(), atol=1e-12)


def test_safetensors_without_the_package_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "safetensors.numpy", None)
    with pytest.raises(ModuleNotFoundError, match=r"ninjagrad\[safetensors\]"):
        nn.save(tmp_path / "x.safetensors", nn.Linear(1, 1))
