"""Lessons that run: `python -m demos` for the main one and a list of the others."""

import os

# The demos' matrices are small: a second thread makes none of them faster, and where cores are shared it makes all of
# them slower. NumPy reads this once, when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
