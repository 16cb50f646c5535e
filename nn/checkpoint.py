"""Checkpoints: a model, its optimiser and a few facts in one file that is whole, verified, or refused.

`.npz` files are NumPy's, which `numpy.load` reads too; `.safetensors` files are the format of that name, which PyTorch
reads too. Nothing in either is ever executed. Every file carries a SHA-256 of all it says.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import os
import secrets
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nn.module import Module
from nn.optim import Optimizer

__all__ = ["CheckpointError", "load", "save"]

Facts = dict[str, Any]                              # what a file holds beside arrays, as JSON has it
Arrays = dict[str, np.ndarray]
FORMAT = "ninjagrad checkpoint 1"
_FACTS = "checkpoint.json"                          # what is not an array: meta, the optimiser's options, the checksum
_OPTIMIZER = "optimizer/"                           # what its arrays' names begin with


class CheckpointError(ValueError):
    """A file that is no checkpoint, is damaged, or does not fit the model or the optimiser."""


def save(path: str | os.PathLike[str], model: Module, optimizer: Optimizer | None = None, **meta: Any) -> None:
    """Write a checkpoint to exactly `path`: as safetensors if that is its suffix, else as npz.

    The file appears under its name only when it is complete and on disk, so a crash leaves the old file or the new one.

    Args:
        meta: anything JSON can hold, which `load` returns: the step, the loss, a generator's state.

    Raises:
        TypeError: for meta that JSON cannot hold.
        ValueError: for two parameters of one name, or a name that begins with "optimizer/" beside an optimiser.
        ModuleNotFoundError: for a `.safetensors` file without that package.

    >>> import tempfile; from nn import Linear
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/line.npz", Linear(1, 1), step=7)
    ...     load(f"{folder}/line.npz", Linear(1, 1))
    {'step': 7}
    """
    if not isinstance(model, Module):
        raise TypeError(f"save: got a {type(model).__name__}, expected a model, that is an nn.Module")
    arrays = {name: np.asarray(array, order="C") for name, array in model.state_dict().items()}
    for name in arrays:
        if "\0" in name or "\\" in name:           # which archives cut off, or take for a folder
            raise ValueError(f"save: the name {name!r} can't stand in a file; rename that parameter")
    facts: Facts = {"format": FORMAT, "meta": meta, "optimizer": None}
    if optimizer is not None:
        state = optimizer.state_dict()
        if clash := [name for name in arrays if name.startswith(_OPTIMIZER)]:
            raise ValueError(f"save: the name {clash[0]!r} begins as those of the optimiser's arrays do; rename it")
        state["parameters"] = _names(model, optimizer)
        arrays |= {_OPTIMIZER + name: array for name, array in state.pop("arrays").items()}
        facts["optimizer"] = state
    try:
        facts = json.loads(json.dumps(facts, default=_plain))
    except (TypeError, ValueError) as error:
        raise TypeError(f"save: meta must be what JSON can hold: {error}") from None
    facts["sha256"] = _digest(facts, arrays)
    write = _write_safetensors if _is_safetensors(path) else _write_npz
    _write_whole(path, write(arrays, facts))


def load(path: str | os.PathLike[str], model: Module, optimizer: Optimizer | None = None) -> Facts:
    """Read a checkpoint into `model` (and `optimizer`), and return its meta.

    All of it is read, verified and compared with the model before anything is changed. A `.safetensors` file from
    elsewhere, which has no checksum of ours, is read too, for the weights in it.

    Raises:
        CheckpointError: if the file is truncated, damaged or foreign, or does not fit.
        OSError: if it cannot be opened.
    """
    if not isinstance(model, Module):
        raise TypeError(f"load: got a {type(model).__name__}, expected a model, that is an nn.Module")
    content = Path(os.fsdecode(path)).read_bytes()
    try:
        arrays, facts = (_read_safetensors if _is_safetensors(path) else _read_npz)(content)
    except ModuleNotFoundError:
        raise
    except Exception as error:                      # whatever a damaged file makes the readers stumble over
        what = str(error) or type(error).__name__
        raise CheckpointError(f"load: {os.fspath(path)} is not a checkpoint, or is damaged: {what}") from None
    has_optimizer = facts["optimizer"] is not None
    own = {name: array for name, array in arrays.items() if not (has_optimizer and name.startswith(_OPTIMIZER))}
    take_over: list[Callable[[], None]] = []
    try:
        take_over.append(model.checked_state(own))
        if optimizer is not None:
            if not has_optimizer:
                raise ValueError("it holds no optimiser; leave `optimizer` out to load the model alone")
            if (there := facts["optimizer"].get("parameters")) != (here := _names(model, optimizer)) and there:
                raise ValueError(f"its optimiser updates {there}, in this order, and yours {here}; give yours the "
                                 "same parameters in the same order")
            inner = {name.removeprefix(_OPTIMIZER): array for name, array in arrays.items() if name not in own}
            take_over.append(optimizer.checked_state({**facts["optimizer"], "arrays": inner}))
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"load: {os.fspath(path)} does not fit: {error}") from None
    for take in take_over:
        take()
    meta: Facts = facts["meta"]
    return meta


def _names(model: Module, optimizer: Optimizer) -> list[str | None]:
    """What the model calls the parameters of its optimiser, in the optimiser's order."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return [names.get(id(owner)) for owner in optimizer.owners()]


def _is_safetensors(path: str | os.PathLike[str]) -> bool:
    return os.fsdecode(path).endswith(".safetensors")


def _plain(x: object) -> Any:
    """NumPy's numbers and arrays as JSON has them."""
    if isinstance(x, (np.generic, np.ndarray)):
        return x.tolist()
    raise TypeError(f"{x!r} of type {type(x).__name__}")


def _digest(facts: Facts, arrays: Arrays) -> str:
    """The checksum of all but itself: names, dtypes, shapes and bytes."""
    sha = hashlib.sha256()
    sha.update(json.dumps({**facts, "sha256": None}, sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        sha.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        sha.update(array.tobytes())
    return sha.hexdigest()


def _verified(arrays: Arrays, facts: Facts) -> tuple[Arrays, Facts]:
    if facts.get("format") != FORMAT:
        raise ValueError(f"its format is {facts.get('format')!r}, expected {FORMAT!r}")
    if facts.get("sha256") != _digest(facts, arrays):
        raise ValueError("its content does not agree with its checksum")
    return arrays, facts


def _write_npz(arrays: Arrays, facts: Facts) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(name + ".npy"), member.getvalue())     # no clock in the file: the same
        archive.writestr(zipfile.ZipInfo(_FACTS), json.dumps(facts))                # state gives the same bytes
    return file.getvalue()


def _read_npz(content: bytes) -> tuple[Arrays, Facts]:
    arrays = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        if _FACTS not in names:
            raise ValueError(f"there is no {_FACTS} in it; was it written by nn.save?")
        if len(set(names)) != len(names):
            raise ValueError("two of its members have one name")
        for name in names:
            if name != _FACTS:
                member = io.BytesIO(archive.read(name))
                arrays[name.removesuffix(".npy")] = np.lib.format.read_array(member, allow_pickle=False)
        facts = json.loads(archive.read(_FACTS))
    return _verified(arrays, facts)


def _write_safetensors(arrays: Arrays, facts: Facts) -> bytes:
    content: bytes = _safetensors().save(arrays, metadata={"checkpoint": json.dumps(facts)})
    return content


def _read_safetensors(content: bytes) -> tuple[Arrays, Facts]:
    arrays = _safetensors().load(content)
    size = int.from_bytes(content[:8], "little")    # the library's reader of bytes leaves the metadata out
    metadata = json.loads(content[8:8 + size]).get("__metadata__") or {}
    if "checkpoint" in metadata:
        return _verified(arrays, json.loads(metadata["checkpoint"]))
    return arrays, {"meta": {}, "optimizer": None}


def _safetensors() -> Any:
    try:
        return importlib.import_module("safetensors.numpy")
    except ModuleNotFoundError:
        raise ModuleNotFoundError('a .safetensors file needs the package safetensors: pip install "ninjagrad'
                                  '[safetensors]"; .npz files need nothing') from None


def _write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write beside `path`, then rename: whoever looks sees the old file or all of the new one."""
    target = Path(os.path.realpath(os.fsdecode(path)))      # through a link, to the file it names
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
