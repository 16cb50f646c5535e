"""The table of operations, read off the engine: every row with its derivative, and every op that moves data.

`python -m demos op_table --write docs/OPS.md` puts it between that page's markers.
"""

from __future__ import annotations

import argparse

import autograd.functional.tensors  # noqa: F401  (it adds the fused cross-entropy)
from autograd.arrays.structural import STRUCTURAL
from autograd.core.nary import NARY
from autograd.core.op import TABLE, Op
from autograd.core.ops import FAMILIES
from autograd.core.symbols import text_of
from autograd.core.writing import names_of

from . import COMMAND as PROGRAM
from .pages import write_or_print

COMMAND = "python -m demos op_table --write docs/OPS.md"


def markdown() -> str:
    """The table as Markdown."""
    rows: list[tuple[str, Op]] = [*TABLE.items(), *((name, family(3.0)) for name, family in FAMILIES.items())]
    lines = ["| op | written | ∂out/∂x | ∂out/∂y |", "|---|---|---|---|"]
    for name, op in rows:
        names = names_of(op)
        partials = [text_of(partial, "out", *names) or "" for partial in op.partials]
        if len(partials) > 2:                       # nothing flows to a condition; bounds have a third column's worth
            partials = partials[1:] if name == "where" else [partials[0], "; ".join(partials[1:])]
        cells = [f"`{name}`", f"`{written(op, names)}`", *(f"`{partial}`" for partial in partials)]
        lines.append("| " + " | ".join(cells + [""] * (4 - len(cells))) + " |")
    moving = ", ".join(f"`{name}`" for name in STRUCTURAL)
    several = ", ".join(f"`{name}`" for name in NARY)
    return "\n".join([*lines, "", f"Of any number of Values: {several}. With a vector-Jacobian product of their own, "
                      f"for Tensors: {moving}."])


def written(op: Op, names: list[str]) -> str:
    """How the op looks in code."""
    if op.name == "power_by":
        return f"x {op.symbol[:2]} {op.symbol[2:]}"
    if op.name == "neg":
        return "-x"
    if len(names) == 2 and not op.symbol.isalpha():
        return f"x {op.symbol} y"
    return f"{op.name}({', '.join(names)})"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog=f"{PROGRAM} op_table", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    write_or_print(parser, arguments, "ops", COMMAND, markdown, f"the table of {len(TABLE) + len(FAMILIES)} rows")


if __name__ == "__main__":
    main()
