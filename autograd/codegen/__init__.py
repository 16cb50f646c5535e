"""`source`: a graph and its backward pass printed as code, for each library in its own spelling."""
