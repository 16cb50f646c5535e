"""This project beside its peers: the same work, given to each."""
