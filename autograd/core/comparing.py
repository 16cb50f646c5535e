"""What a comparison in a rule is where derivatives are recorded: a node, so that who runs them again compares anew.

Elsewhere a comparison is a truth value. These rows have no slope, and no method bears their names.
"""

from __future__ import annotations

from typing import Any

from autograd.core.op import elementwise
from autograd.core.ops import BETWEEN, INSIDE

__all__ = ["compared"]


def _spelled(sign: str) -> dict[str, str]:
    return {"numpy": f"np.where({{x}} {sign} {{y}}, 1.0, 0.0)", "jax": f"jnp.where({{x}} {sign} {{y}}, 1.0, 0.0)",
            "torch": f"torch.where({{x}} {sign} {{y}}, torch.ones((), dtype={{dtype}}), 0.0)"}


greater = elementwise("greater", lambda x, y: 1.0 * (x > y), lambda x, y: (x > y).astype(x.dtype),
                      lambda out, x, y: 0.0, lambda out, x, y: 0.0,
                      symbol=">", methods=(), domain=(BETWEEN, INSIDE), source=_spelled(">"))
greater_equal = elementwise("greater_equal", lambda x, y: 1.0 * (x >= y), lambda x, y: (x >= y).astype(x.dtype),
                            lambda out, x, y: 0.0, lambda out, x, y: 0.0,
                            symbol="≥", methods=(), domain=(BETWEEN, INSIDE), source=_spelled(">="))


def compared(sign: str, x: Any, y: Any) -> Any:
    """x and y, compared by the operator of that name: 1 where it holds, else 0."""
    if sign in ("__lt__", "__le__"):
        x, y = y, x
    if sign in ("__gt__", "__lt__"):
        return greater(x, y)
    if sign in ("__ge__", "__le__"):
        return greater_equal(x, y)
    equal = greater_equal(x, y) * greater_equal(y, x)
    return equal if sign == "__eq__" else 1.0 - equal
