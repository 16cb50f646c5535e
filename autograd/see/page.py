"""A page that `stepper` made: shown in place in a notebook, written to a file where one asks for it."""

from __future__ import annotations

from pathlib import Path

from autograd.see.display import card, frame

__all__ = ["StepperPage"]

HEIGHT = 660                                        # pixels in a notebook, unless the page's content is higher


class StepperPage:
    """A page of HTML that needs nothing beside itself. In a notebook it shows itself.

    Attributes:
        html: its text.
        path: where it was written last; None before.
    """

    def __init__(self, html: str, about: str = "") -> None:
        self.html = html
        self.about = about
        self.path: Path | None = None

    def save(self, file: str | Path = "backprop.html") -> Path:
        """Write the page to `file`. Returns its path."""
        self.path = Path(file)
        self.path.write_text(self.html, encoding="utf-8")
        return self.path

    def _repr_html_(self) -> str:
        return card("", frame(self.html, HEIGHT))

    def __repr__(self) -> str:
        written = f"written to {self.path}" if self.path else ".save('backprop.html') writes it"
        return f"<StepperPage{': ' * bool(self.about)}{self.about}; {written}>"
