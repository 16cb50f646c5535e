"""PyTorch's methods that a Tensor here has not, each with what to write instead.

They are not there: `hasattr` says no. Each name is a descriptor that only speaks when it is asked for, as a
`__getattr__` would make every attribute's look-up slower.
"""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["MISSING", "Missing"]

_REMEDIES = {
    "everything here is on the cpu; leave it out": "pin_memory is_cuda share_memory_",
    "the array is .numpy()": "storage untyped_storage data_ptr stride storage_offset element_size",
    "index it: t[indices], or t.gather(dim, index)": "index_select take masked_select",
    "use item assignment, t[indices] = values; or where() and concatenate()":
        "scatter scatter_ scatter_add scatter_add_ index_put index_put_ index_fill index_fill_ "
        "masked_scatter_ index_copy_",
    "NumPy has it for constants: np.nonzero(t.numpy())":
        "nonzero argwhere unique bincount median mode kthvalue quantile",
    "every node keeps its .grad, and .op and .inputs say where it came from; see also .contributions(g)":
        "register_hook retains_grad grad_fn",
    "write it with operators, or as an op of your own: autograd.extend":
        "addmm addmv addbmm baddbmm addcmul addcdiv lerp cross cumprod logcumsumexp cummax erfinv lgamma digamma "
        "renorm unfold matrix_power cholesky inverse det logdet svd qr solve pinverse",
    "write x = x.squeeze(), and so on": "detach_ squeeze_ unsqueeze_ t_",
}
MISSING = {name: remedy for remedy, names in _REMEDIES.items() for name in names.split()}


class Missing:
    """A name that is not there, and says what to write instead."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any) -> NoReturn:
        raise AttributeError(f"'Tensor' has no attribute {self.name!r}: it is outside the subset of PyTorch that is "
                             f"kept here; {MISSING[self.name]}")
