"""A door: `nn.optim` by PyTorch's path to it, as `torch.optim.SGD` after `import autograd as torch`."""

import sys
from typing import Any

from nn import optim

sys.modules[f"{__name__}.lr_scheduler"] = optim     # where PyTorch keeps the schedules


def __getattr__(name: str) -> Any:
    if name.startswith("__"):                       # no path: by it, modules could be imported as a second copy
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return optim if name == "lr_scheduler" else getattr(optim, name)


def __dir__() -> list[str]:
    return dir(optim)
