"""How NumPy spells what no row of the table says; and, as the first library, all that others may spell differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from autograd.codegen.text import DType, Shape, Text, as_tuple

if TYPE_CHECKING:
    from autograd.codegen.page import Page

__all__ = ["NumPy", "indices"]


class NumPy:
    """What a library calls things (`spelled`, with operands in braces), and what it wants of operands and keys."""

    name, title, prefix, imported = "numpy", "NumPy", "np", "import numpy as np"
    immutable = False                               # whether `+=` makes a new array
    keepdim = "keepdims=True"
    spelled: ClassVar[dict[str, str]] = {
        "expand": "np.broadcast_to({x}, {shape})", "permute": "{x}.transpose({dims})",
        "concatenate": "np.concatenate([{x}], {dim})", "cast": "{x}.astype({dtype})", "copy": "{x}.copy()",
        "largest": "{x}.max({arguments})", "logsumexp": "np.logaddexp.reduce({x}, {arguments})",
        "pick": "np.take_along_axis({x}, {at}, {dim})",
        "count": "np.count_nonzero({x})", "ones": "np.ones_like({x})", "constant": "{x}", "range": "np.arange({n})",
        "eye": "np.eye({classes}{dtype})[{labels}]", "index": "{x}[{key}]", "index_constant": "{x}[{key}]"}

    usual: tuple[str, ...] = ("float64",)                         # the dtypes that need not be mentioned

    def dtype(self, dtype: np.dtype[np.generic]) -> str:
        return f"{self.prefix}.{dtype.name}"

    def dtype_argument(self, dtype: DType) -> str:
        """A dtype as a last argument, where it is not what the library takes anyhow."""
        return "" if dtype is None or dtype.name in self.usual else f", dtype={self.dtype(dtype)}"

    def zeros(self, shape: Shape, dtype: DType) -> str:
        return f"{self.prefix}.zeros({as_tuple(shape)}{self.dtype_argument(dtype)})"

    def zeros_for(self, name: str, dtype: str) -> str:
        """Zeros for the gradient of `name`: floats, though integers be given for it."""
        return f"{self.prefix}.zeros({name}.shape)" if dtype == "float64" else f"{self.prefix}.zeros_like({name})"

    def one(self, root: Text, scalar: bool) -> Text:
        """The gradient of the root."""
        return root.page.operand(1.0) if scalar else root.like(self.spelled["ones"])

    def matrix(self, page: Page, numbers: list[Text], shape: Shape) -> Text:
        """The numbers as a matrix."""
        rows = [numbers[i: i + shape[1]] for i in range(0, len(numbers), shape[1])]
        return page.write(f"{self.prefix}.array([{{rows}}])", {"rows": rows}, shape, np.dtype(float))

    # Operands.

    def alike(self, inputs: list[Text]) -> list[Text]:
        """The operands of an operator."""
        return inputs

    def arguments(self, op: str, inputs: list[Text]) -> list[Text]:
        """The arguments of a function."""
        return inputs

    def shares(self, equal: Text, dtype: DType) -> Text:
        """What to divide by how many are equal."""
        return equal

    # Axes.

    def axes(self, x: Text, dim: Shape, keepdim: bool) -> str:
        """Which axes a sum goes over, as arguments."""
        keep = [self.keepdim] * keepdim
        if len(dim) == x.ndim:
            return ", ".join(keep)
        return ", ".join([str(dim[0]) if len(dim) == 1 and x.ndim > 1 else as_tuple(dim), *keep])

    def axis(self, dim: int, keepdim: bool) -> str:
        return ", ".join([str(dim), *[self.keepdim] * keepdim])

    # Indices.

    def key(self, key: object, shape: Shape) -> Any:
        """An index as the library takes it."""
        return key

    def into(self, page: Page, name: str, key: str, added: str, once: bool, zeros: str) -> list[str]:
        """The lines that add to places of the array `name`.

        Args:
            once: whether the key names every place at most once.
            zeros: what to make the array of, in the first line; empty if it is there.
        """
        lines = [f"{name} = {zeros}"] * bool(zeros)
        if once:
            return [*lines, f"{name}[{key}] {'=' if zeros else '+='} {added}"]
        return [*lines, self.add_at(page, name, key, added)]

    def add_at(self, page: Page, name: str, key: str, added: str) -> str:
        return f"{self.prefix}.add.at({name}, {indices(key)}, {added})"


def indices(key: str) -> str:
    """What stands between the brackets, as an argument."""
    return f"np.s_[{key}]" if ":" in key or "..." in key else f"({key})" if ", " in key or key[-1] == "," else key
