"""How PyTorch spells what no row of the table says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from autograd.codegen.libraries.numpys import NumPy, indices
from autograd.codegen.text import DType, Shape, Text, as_tuple

if TYPE_CHECKING:
    from autograd.codegen.page import Page

__all__ = ["Torch"]

# What a module brings along that adds into places which a key may name more than once, where no one call does it.
_SCATTER = """\
def scatter(x, key, out):
    at = torch.arange(out.numel()).reshape(out.shape)[key]
    return out.reshape(-1).index_add(0, at.reshape(-1), x.expand(at.shape).reshape(-1)).reshape(out.shape)
"""


class Torch(NumPy):
    name, title, prefix, imported = "torch", "PyTorch", "torch", "import torch"
    keepdim = "keepdim=True"
    usual = ()
    spelled: ClassVar[dict[str, str]] = {
        "expand": "{x}.expand({shape})", "permute": "{x}.permute({dims})", "concatenate": "torch.cat([{x}], {dim})",
        "cast": "{x}.to({dtype})", "copy": "{x}.clone()", "largest": "{x}.amax({arguments})",
        "logsumexp": "torch.logsumexp({x}, {arguments})",
        "pick": "torch.take_along_dim({x}, {at}, {dim})", "count": "torch.count_nonzero({x})",
        "ones": "torch.ones_like({x})", "constant": "torch.from_numpy({x})", "range": "torch.arange({n})",
        "eye": "torch.eye({classes}{dtype})[{labels}]", "index": "{x}[{key}]", "index_constant": "{x}[{key}]"}

    def zeros_for(self, name: str, dtype: str) -> str:
        return f"torch.zeros_like({name})"

    def one(self, root: Text, scalar: bool) -> Text:
        return super().one(root, False)

    def matrix(self, page: Page, numbers: list[Text], shape: Shape) -> Text:
        tensors = [_tensor(x) if x.number else x for x in numbers]
        return page.write("torch.stack([{x}]).reshape({shape})", {"x": tensors, "shape": shape}, shape, np.dtype(float))

    # Operands. Functions want tensors; of truth values and a Python number PyTorch makes float32.

    def alike(self, inputs: list[Text]) -> list[Text]:
        if not any([x.number for x in inputs]):
            return inputs
        return [x.page.cast(x, np.float64) if not x.number and x.dtype == np.bool_ else x for x in inputs]

    def arguments(self, op: str, inputs: list[Text]) -> list[Text]:
        if op == "where":
            condition, *branches = inputs
            return [condition.like("torch.tensor({x})") if condition.number else condition,
                    *(map(_tensor, branches) if all([x.number for x in branches]) else branches)]
        like = next((x for x in inputs if not x.number), None)
        if like is None:
            return [_tensor(x) for x in inputs]
        if op == "clamp" and not inputs[0].number and all([x.number for x in inputs[1:]]):
            return inputs
        return [like.like("torch.full_like({x}, {number})", number=x) if x.number else x for x in inputs]

    def shares(self, equal: Text, dtype: DType) -> Text:    # quotients of integers would be float32
        return equal.page.cast(equal, dtype)

    # Axes and indices.

    def axes(self, x: Text, dim: Shape, keepdim: bool) -> str:
        if len(dim) == x.ndim and keepdim:          # PyTorch wants to be told the axes
            return ", ".join([str(dim[0]) if len(dim) == 1 and x.ndim > 1 else as_tuple(dim), self.keepdim])
        return super().axes(x, dim, keepdim)

    def key(self, key: object, shape: Shape) -> Any:
        """With a slice that runs backwards, which PyTorch has not, as an array of positions."""
        keys = key if type(key) is tuple else (key,)
        backwards = [i for i, k in enumerate(keys) if isinstance(k, slice) and (k.step or 1) < 0]
        if not backwards:
            return key
        if len(backwards) > 1 or not all(k is None or k is ... or isinstance(k, slice) for k in keys):
            raise TypeError("source: PyTorch has no slices with a negative step; index with arrays instead")
        at = backwards[0]
        axis = at - keys[:at].count(None)
        if ... in keys[:at]:
            axis = len(shape) - sum(k is not None for k in keys[at:])
        return (*keys[:at], np.arange(shape[axis])[keys[at]], *keys[at + 1:])

    def add_at(self, page: Page, name: str, key: str, added: str) -> str:
        at = indices(key)
        if "np.s_" not in at and "None" not in key:
            at = re.sub(r"(?<![\w.])-?\d+(?![\w)])", r"torch.tensor(\g<0>)", at if at != key else f"({key},)")
            return f"{name}.index_put_({at}, {added}, accumulate=True)"
        page.helpers["scatter"] = _SCATTER
        return f"{name} = scatter({added}, {at}, {name})"


def _tensor(x: Text) -> Text:
    return x.like("torch.tensor({x}, dtype=torch.float64)")
