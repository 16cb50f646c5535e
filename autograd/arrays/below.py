"""The op softmax and its kin begin with: x less its largest, which counts as a constant."""

from __future__ import annotations

from autograd.arrays import structural as st

__all__ = ["BELOW", "SHIFTS"]


class _Shift(st.Structural):
    """An op that subtracts what counts as a constant. It stands in no table: its derivative is no derivative."""

    __slots__ = ()
    home = "autograd.arrays.below", "SHIFTS"


BELOW = st.introduced(_Shift(
    "below", lambda x, dim: x - x.max(axis=dim, keepdims=True), lambda g, out, x, dim: g, symbol="− max", methods=(),
    source={"numpy": "{x} - {x}.max({dim}, keepdims=True)", "torch": "{x} - {x}.amax({dim}, keepdim=True)",
            "jax": "{x} - {x}.max({dim}, keepdims=True)"},
    words="the gradient goes on as it is: the maximum counts as a constant, as softmax does not change with it"))
SHIFTS = {"below": BELOW}
