"""Exercises in backpropagation by hand, and a checker that says what is wrong: `python -m demos ninja`."""

from __future__ import annotations

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run the exercises' command line."""
    from .runner import main as run  # an exercise that imports the lesson needs no command line
    return run(arguments)
