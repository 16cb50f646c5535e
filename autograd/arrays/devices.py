"""PyTorch's words for the machine: there is one device here, the computer's memory, and they say so."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

__all__ = ["backends", "check", "cuda", "device"]


class device(str):
    """`device("cpu")`, the only one there is; a text that equals "cpu".

    Raises:
        ValueError: for any other.
    """

    __slots__ = ()
    index: Any = None

    def __new__(cls, name: Any = "cpu", index: int | None = None) -> device:
        check("device", name)
        return super().__new__(cls, "cpu")

    @property
    def type(self) -> str:
        """"cpu"."""
        return str(self)

    def __repr__(self) -> str:
        return "device(type='cpu')"


def check(where: str, name: Any) -> None:
    """Raise ValueError for a device that is not here."""
    if name is not None and str(name) not in ("cpu", "cpu:0"):
        raise ValueError(f"{where}: there is no device {str(name)!r} here, only 'cpu', the computer's memory")


def _no(*_: Any) -> bool:
    return False


def _nothing(*_: Any) -> None:
    return None


cuda = SimpleNamespace(is_available=_no, device_count=lambda: 0, manual_seed=_nothing, manual_seed_all=_nothing,
                       empty_cache=_nothing, synchronize=_nothing)
backends = SimpleNamespace(mps=SimpleNamespace(is_available=_no, is_built=_no),
                           cudnn=SimpleNamespace(is_available=_no, deterministic=True, benchmark=False))
