"""Numbers that remember: the table, the graph, `Value`. Needs no NumPy. Read ops, graph, value, in that order."""
