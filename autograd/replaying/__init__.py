"""How a recorded graph is run again: what `replay` chooses among.

`flat` reads a graph of Values into arrays; `tapes` runs those number by number, `groups` many numbers at a time;
`batches` repeats a graph for many examples; `program` is the list of NumPy calls that `groups` and `arrays` (graphs of
Tensors) write.
"""
