"""Numbers that remember: the table, the graph, `Value`. Needs no NumPy. Read ops, graph, value, in that order."""

from autograd.core import carrying as carrying  # with it, every node can be pickled
