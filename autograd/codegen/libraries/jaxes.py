"""How JAX spells what no row of the table says: as NumPy, but no array ever changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from autograd.codegen.libraries.numpys import NumPy

if TYPE_CHECKING:
    from autograd.codegen.page import Page

__all__ = ["Jax"]


class Jax(NumPy):
    name, title, prefix, imported = "jax", "JAX", "jnp", "import jax.numpy as jnp"
    immutable = True
    spelled: ClassVar[dict[str, str]] = {
        **{what: text.replace("np.", "jnp.") for what, text in NumPy.spelled.items()},
        "range": "np.arange({n})",                  # what is known beforehand need not be traced
        "index_constant": "jnp.asarray({x})[{key}]"}        # what is traced can't index what is NumPy's

    def zeros_for(self, name: str, dtype: str) -> str:
        return f"jnp.zeros_like({name})"

    def into(self, page: Page, name: str, key: str, added: str, once: bool, zeros: str) -> list[str]:
        return [f"{name} = {zeros or name}.at[{key}].add({added})"]
