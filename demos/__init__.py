"""Lessons that run: `python -m demos` for the main one and a list of the others."""
