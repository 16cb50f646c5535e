"""PyTorch's `save` and `load`: tensors, and dicts and lists of them, in a file from which nothing is ever executed.

The file is NumPy's npz: an array for each tensor, and as JSON what lies around them. A whole model with its optimiser
goes more safely by `nn.save`, which checks what it loads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd.arrays.tensor import Tensor

__all__ = ["load", "save"]


def save(obj: Any, f: Any) -> None:
    """Write tensors, arrays, numbers, texts, and dicts and lists of them to a file: a path, or what can be written to.

    >>> import io; from autograd import load, tensor
    >>> file = io.BytesIO(); save({"w": tensor([1.0, 2.0]), "step": 3}, file); _ = file.seek(0)
    >>> load(file)
    {'w': tensor([1., 2.]), 'step': 3}
    """
    arrays: list[Any] = []
    text = json.dumps(_plain(obj, arrays))
    numbered = {str(i): array for i, array in enumerate(arrays)}
    if hasattr(f, "write"):
        np.savez(f, text=np.array(text), **numbered)
        return
    with open(f, "wb") as file:                     # exactly there: savez would add a suffix
        np.savez(file, text=np.array(text), **numbered)


def load(f: Any, map_location: Any = None, weights_only: bool = True) -> Any:
    """What `save` wrote. Raises ValueError for any other file, PyTorch's among them."""
    try:
        with np.load(f, allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        return _rebuilt(json.loads(arrays["text"].item()), arrays)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"load: this is no file that autograd.save wrote ({error}); of PyTorch's, hand on the arrays: "
                         "model.load_state_dict(torch_model.state_dict())") from None


def _plain(x: Any, arrays: list[Any]) -> Any:
    """x as JSON, its arrays put aside."""
    if isinstance(x, (Tensor, np.ndarray, np.generic)):
        leaf = isinstance(x, Tensor) and x.requires_grad
        arrays.append(np.asarray(x._data if isinstance(x, Tensor) else x))
        return {("leaf" if leaf else "tensor" if isinstance(x, Tensor) else "array"): len(arrays) - 1}
    if isinstance(x, Mapping):
        return {"dict": [[_plain(key, arrays), _plain(value, arrays)] for key, value in x.items()]}
    if isinstance(x, (list, tuple)):
        return {type(x).__name__ if type(x) in (list, tuple) else "list": [_plain(y, arrays) for y in x]}
    if x is None or isinstance(x, (bool, int, float, str)):
        return x
    raise TypeError(f"save: got a {type(x).__name__}, expected tensors, numbers, texts, and dicts and lists of them; "
                    "of a module, save its state_dict()")


def _rebuilt(x: Any, arrays: Mapping[str, Any]) -> Any:
    if not isinstance(x, dict):
        return x
    (kind, inside), = x.items()
    if kind == "dict":
        return {_rebuilt(key, arrays): _rebuilt(value, arrays) for key, value in inside}
    if kind in ("list", "tuple"):
        parts = [_rebuilt(y, arrays) for y in inside]
        return tuple(parts) if kind == "tuple" else parts
    array = arrays[str(inside)]
    return array if kind == "array" else Tensor(array, kind == "leaf", array.dtype)
