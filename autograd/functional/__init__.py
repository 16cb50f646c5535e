"""Functions of logits, probabilities and targets, put together from ops: softmax, cross-entropy, entropy.

Everything takes a Tensor, or a list of Values, and answers in kind. Nothing is imported before it is wanted: of Values
these functions need no NumPy. Which module a function lives in stands in `_HOME`.

Notation: z logits, of shape (C,) or (N, C); p = softmax(z); y targets, as class indices or as probabilities. `dim` is
PyTorch's name for an axis and `keepdim` says whether it stays, as an axis of length 1; NumPy's `axis` and `keepdims`
are understood too.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from autograd.core.names import meant

if TYPE_CHECKING:                                   # for editors and type checkers; see __getattr__
    from autograd.functional.crossentropy import cross_entropy as cross_entropy
    from autograd.functional.crossentropy import cross_entropy_composite as cross_entropy_composite
    from autograd.functional.crossentropy import cross_entropy_gradient as cross_entropy_gradient
    from autograd.functional.crossentropy import nll_loss as nll_loss
    from autograd.functional.given import is_values as is_values
    from autograd.functional.information import entropy as entropy
    from autograd.functional.information import kl_divergence as kl_divergence
    from autograd.functional.layers import dropout as dropout
    from autograd.functional.layers import embedding as embedding
    from autograd.functional.layers import gelu as gelu
    from autograd.functional.layers import layer_norm as layer_norm
    from autograd.functional.layers import leaky_relu as leaky_relu
    from autograd.functional.layers import linear as linear
    from autograd.functional.layers import one_hot as one_hot
    from autograd.functional.layers import relu as relu
    from autograd.functional.layers import sigmoid as sigmoid
    from autograd.functional.layers import silu as silu
    from autograd.functional.layers import softplus as softplus
    from autograd.functional.layers import tanh as tanh
    from autograd.functional.losses import binary_cross_entropy as binary_cross_entropy
    from autograd.functional.losses import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
    from autograd.functional.losses import hinge_loss as hinge_loss
    from autograd.functional.losses import l1_loss as l1_loss
    from autograd.functional.losses import mse_loss as mse_loss
    from autograd.functional.losses import smooth_l1_loss as smooth_l1_loss
    from autograd.functional.probabilities import log_softmax as log_softmax
    from autograd.functional.probabilities import logsumexp as logsumexp
    from autograd.functional.probabilities import softmax as softmax

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "cross_entropy_composite",
           "cross_entropy_gradient", "dropout", "embedding", "entropy", "gelu", "hinge_loss", "kl_divergence",
           "l1_loss", "layer_norm", "leaky_relu", "linear", "log_softmax", "logsumexp", "mse_loss", "nll_loss",
           "one_hot", "relu", "sigmoid", "silu", "smooth_l1_loss", "softmax", "softplus", "tanh"]

_HOME = {
    **dict.fromkeys(["log_softmax", "logsumexp", "softmax"], "probabilities"),
    **dict.fromkeys(["cross_entropy", "cross_entropy_composite", "cross_entropy_gradient", "nll_loss"], "crossentropy"),
    **dict.fromkeys(["binary_cross_entropy", "binary_cross_entropy_with_logits", "hinge_loss", "l1_loss", "mse_loss",
                     "smooth_l1_loss"], "losses"),
    **dict.fromkeys(["entropy", "kl_divergence"], "information"),
    **dict.fromkeys(["dropout", "embedding", "gelu", "layer_norm", "leaky_relu", "linear", "one_hot", "relu",
                     "sigmoid", "silu", "softplus", "tanh"], "layers"),
    "is_values": "given",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'autograd.functional' has no {name!r}; it has "
                             f"{', '.join(__all__)}{meant(name, __all__)}")
    found = globals()[name] = getattr(import_module(f"autograd.functional.{_HOME[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
