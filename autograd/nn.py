"""A door: the package `nn` by PyTorch's path to it, as in `import autograd.nn as nn`.

Nothing in the engine knows it; it is opened when it is asked for.
"""

import sys
from typing import Any

import nn
from autograd import functional

sys.modules[f"{__name__}.functional"] = functional  # `import autograd.nn.functional as F`
sys.modules[f"{__name__}.utils"] = nn.optim         # `from autograd.nn.utils import clip_grad_norm_`


def __getattr__(name: str) -> Any:
    if name.startswith("__"):                       # no path: by it, `import autograd.nn.layers` would be a second copy
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return functional if name == "functional" else getattr(nn, name)


def __dir__() -> list[str]:
    return dir(nn)
