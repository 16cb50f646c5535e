"""Lessons that run: `python -m demos` for the main one and a list of the others.

The package has two names: `demos` in a checkout, and `ninjagrad.demos` where it is installed, so that nobody finds a
package called demos among their own. This is why its modules import each other by relative names.
"""

import os

from .terminal import any_terminal

COMMAND = "python -m demos" if __name__ == "demos" else "ninjagrad"         # what a learner types to come here

# The demos' matrices are small: a second thread makes none of them faster, and where cores are shared it makes all of
# them slower. NumPy reads this once, when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

any_terminal()
