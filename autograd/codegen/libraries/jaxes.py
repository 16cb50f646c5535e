"""How JAX spells what no row of the table says: as NumPy, but no array ever changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.codegen.libraries.numpys import NumPy

if TYPE_CHECKING:
    from autograd.codegen.page import Page

__all__ = ["Jax"]


class Jax(NumPy):
    name, title, prefix = "jax", "JAX", "jnp"
    immutable = True
    spelled = {what: text.replace("np.", "jnp.") for what, text in NumPy.spelled.items()}   # noqa: RUF012

    def zeros_for(self, name: str, usual: bool) -> str:
        return f"jnp.zeros_like({name})"

    def indexed(self, constant: bool) -> str:       # what is traced can't index what is NumPy's
        return "jnp.asarray({x})[{key}]" if constant else "{x}[{key}]"

    def into(self, page: Page, name: str, key: str, added: str, once: bool, zeros: str) -> list[str]:
        return [f"{name} = {zeros or name}.at[{key}].add({added})"]
