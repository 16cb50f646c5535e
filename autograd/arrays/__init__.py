"""Arrays that remember: the ops that move numbers, and `Tensor`. The same engine as `core`, on NumPy.

Whichever module is imported first, `Tensor` is then complete, and so is the list of ops.
"""

from autograd.arrays import fused, tensor  # noqa: F401
