"""Arrays that remember: the ops that move numbers, and `Tensor`. The same engine as `core`, on NumPy."""
