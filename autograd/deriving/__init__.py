"""Derivations of gradients, as mathematics; see `derive`."""
