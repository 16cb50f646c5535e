"""What stands in a picture's boxes, as mathematics writes it: ŷ₁ = 0.7 and ∂L/∂ŷ₁ = −0.3."""

from __future__ import annotations

from collections.abc import Sequence

from autograd.core.mathematical import Name, read
from autograd.see.dot import Markup, as_typed, further
from autograd.see.telling import Line

__all__ = ["in_mathematics", "sign"]

SERIF = "Times New Roman,Times,Liberation Serif,Nimbus Roman,serif"


def in_mathematics(lines: Sequence[Line], name: str, root: str) -> list[Line]:
    """The lines on a node: its number after its name, and its gradient as ∂L/∂w where both have names."""
    facts = {kind: as_typed(sign(further(kind, text))) if kind in ("data", "grad") else text for kind, text in lines}
    data = facts["data"].removeprefix("data ")
    if name and "shape" not in facts:
        facts["name"] = Markup(f"{spelled(read(name))} = {data}")
        del facts["data"]
    elif name:
        facts["name"] = spelled(read(name))
    if name and root and "grad" in facts:
        small = [spelled(read(x), 13) for x in (root, name)]
        facts["grad"] = Markup(f"∂{small[0]}/∂{small[1]} = " + facts["grad"].removeprefix("grad "))
    return [(kind, text if kind == "shape" else Markup(text)) for kind, text in facts.items()]


def spelled(name: Name, size: int = 15) -> Markup:
    """A name: one letter in italics, and below it what belongs there.

    Digits below are characters of their own, which every viewer has. Words are lowered, which some viewers don't do.
    """
    digits = name.numbered and len(name.low) == 1
    letter = as_typed(name._replace(low=name.low if digits else (), strokes=0).text)
    shown = f"<I>{letter}</I>" if len(name.base) == 1 and name.base.isalpha() else letter
    if name.low and not digits:
        shown += f'<SUB><FONT POINT-SIZE="{size - 5}">{as_typed(",".join(name.low))}</FONT></SUB>'
    return Markup(f'<FONT FACE="{SERIF}" POINT-SIZE="{size}">{shown}{"′" * name.strokes}</FONT>')


def sign(text: str) -> str:
    """An op's symbol or a number with the signs of mathematics.

    >>> [sign(text) for text in ("*", "-", "**2", "tanh", "-0.5")]
    ['×', '−', '^2', 'tanh', '−0.5']
    """
    return text.replace("**", "^").replace("*", "×").replace("-", "−")
