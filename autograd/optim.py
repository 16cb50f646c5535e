"""A door: the optimisers of `nn.optim` by PyTorch's path to them, as `torch.optim.SGD` after `import autograd as torch`."""

import sys
from typing import Any

from nn import optim

sys.modules[f"{__name__}.lr_scheduler"] = optim     # where PyTorch keeps the schedules


def __getattr__(name: str) -> Any:
    if name.startswith("__"):                       # it is no package: `import autograd.nn.layers` would be a second copy
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return optim if name == "lr_scheduler" else getattr(optim, name)


def __dir__() -> list[str]:
    return dir(optim)
