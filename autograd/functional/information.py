"""Information theory: entropy, and how far one distribution is from another. Each formula serves both engines."""

from __future__ import annotations

from typing import Any

from autograd.core.op import TABLE
from autograd.functional.given import each, in_base, is_values, named_axis, sum_of, tensors, values

__all__ = ["entropy", "kl_divergence"]


def entropy(p: Any, dim: int = -1, base: float | None = None, keepdim: bool = False, **numpys: Any) -> Any:
    """H(p) = −Σ p log p along `dim`, in nats, or in bits with `base=2`; 0·log 0 counts as 0.

    >>> from autograd import Value
    >>> entropy([Value(0.5), Value(0.25), Value(0.25), Value(0.0)], base=2).data
    1.5
    """
    dim, keepdim = named_axis("entropy", dim, keepdim, **numpys)
    if is_values(p):
        return in_base(sum_of([-_xlogy(v, v) for v in values("entropy", p, dim)], dim, keepdim), base)
    x = tensors("entropy").tensor("entropy", p, dim)
    return in_base(0.0 - _xlogy(x, x).sum(dim, keepdim), base)          # what is certain has 0 bits, not -0


def kl_divergence(p: Any, q: Any, dim: int = -1, base: float | None = None, keepdim: bool = False,
                  **numpys: Any) -> Any:
    """KL(p‖q) = Σ p log(p/q) along `dim`: the bits (with `base=2`) wasted by coding events of p as if they were of q.

    Events of p that q holds impossible make it infinite. Cross-entropy is the entropy of p plus this.

    >>> from autograd import Value
    >>> kl_divergence([Value(1.0), Value(0.0)], [Value(0.5), Value(0.5)], base=2).data
    1.0
    """
    dim, keepdim = named_axis("kl_divergence", dim, keepdim, **numpys)
    if is_values(p) or is_values(q):
        if len(p) != len(q):
            raise ValueError(f"kl_divergence: got {len(p)} and {len(q)} probabilities; there must be as many of both")
        x, y = values("kl_divergence", p, dim), values("kl_divergence", q, dim)
    else:
        x, y = (tensors("kl_divergence").tensor("kl_divergence", t, dim) for t in (p, q))
    return in_base(sum_of(each(lambda x, y: _xlogy(x, x) - _xlogy(x, y), x, y), dim, keepdim), base)


_xlogy = TABLE["xlogy"]
