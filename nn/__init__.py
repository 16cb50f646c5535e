"""Neural networks on `autograd`: modules, layers, losses, optimisers, for scalar Values and for Tensors.

Nothing is imported before it is wanted: what is made of Values alone needs no NumPy. `_HOME` says which module a name
lives in.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from autograd.core.names import meant

if TYPE_CHECKING:                                   # for editors and type checkers; see __getattr__
    from nn import init as init
    from nn import optim as optim
    from nn.activations import GELU as GELU
    from nn.activations import LogSoftmax as LogSoftmax
    from nn.activations import ReLU as ReLU
    from nn.activations import Sigmoid as Sigmoid
    from nn.activations import Softmax as Softmax
    from nn.activations import Softplus as Softplus
    from nn.activations import Tanh as Tanh
    from nn.checkpoint import CheckpointError as CheckpointError
    from nn.checkpoint import load as load
    from nn.checkpoint import save as save
    from nn.containers import ModuleDict as ModuleDict
    from nn.containers import ModuleList as ModuleList
    from nn.containers import Parameter as Parameter
    from nn.layers import BatchNorm1d as BatchNorm1d
    from nn.layers import Dropout as Dropout
    from nn.layers import Embedding as Embedding
    from nn.layers import Flatten as Flatten
    from nn.layers import Identity as Identity
    from nn.layers import LayerNorm as LayerNorm
    from nn.layers import Linear as Linear
    from nn.layers import Sequential as Sequential
    from nn.layers import TensorMLP as TensorMLP
    from nn.layers import manual_seed as manual_seed
    from nn.live import progress as progress
    from nn.losses import BCELoss as BCELoss
    from nn.losses import BCEWithLogitsLoss as BCEWithLogitsLoss
    from nn.losses import CrossEntropyLoss as CrossEntropyLoss
    from nn.losses import HingeLoss as HingeLoss
    from nn.losses import L1Loss as L1Loss
    from nn.losses import MSELoss as MSELoss
    from nn.losses import NLLLoss as NLLLoss
    from nn.losses import SmoothL1Loss as SmoothL1Loss
    from nn.module import Module as Module
    from nn.neurons import MLP as MLP
    from nn.neurons import Layer as Layer
    from nn.neurons import Neuron as Neuron

__all__ = ["GELU", "MLP", "BCELoss", "BCEWithLogitsLoss", "BatchNorm1d", "CheckpointError", "CrossEntropyLoss",
           "Dropout", "Embedding", "Flatten", "HingeLoss", "Identity", "L1Loss", "Layer", "LayerNorm", "Linear",
           "LogSoftmax", "MSELoss", "Module", "ModuleDict", "ModuleList", "NLLLoss", "Neuron", "Parameter", "ReLU",
           "Sequential", "Sigmoid", "SmoothL1Loss", "Softmax", "Softplus", "Tanh", "TensorMLP", "init", "load",
           "manual_seed", "optim", "progress", "save"]

_HOME = {
    **dict.fromkeys(["CheckpointError", "load", "save"], "checkpoint"),
    **dict.fromkeys(["GELU", "LogSoftmax", "ReLU", "Sigmoid", "Softmax", "Softplus", "Tanh"], "activations"),
    **dict.fromkeys(["MLP", "Layer", "Neuron"], "neurons"),
    **dict.fromkeys(["BatchNorm1d", "Dropout", "Embedding", "Flatten", "Identity", "LayerNorm", "Linear", "Sequential",
                     "TensorMLP", "manual_seed"], "layers"),
    **dict.fromkeys(["BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "HingeLoss", "L1Loss", "MSELoss", "NLLLoss",
                     "SmoothL1Loss"], "losses"),
    **dict.fromkeys(["Module"], "module"),
    **dict.fromkeys(["progress"], "live"),
    **dict.fromkeys(["ModuleDict", "ModuleList", "Parameter"], "containers"),
}


_INSTEAD = {                                        # how a name of PyTorch's begins -> what there is here
    ("Conv", "MaxPool", "AvgPool", "BatchNorm2d", "RNN", "LSTM", "GRU", "Transformer", "MultiheadAttention"):
        "it has layers for vectors and sequences of them: Linear, Embedding, BatchNorm1d, LayerNorm; dir(nn) lists all",
    ("DataLoader", "Dataset"):
        "a minibatch is an index: i = autograd.randint(0, len(X), (32,)), and then X[i], Y[i]",
    ("functional",): "write `import autograd.functional as F`",
    ("Parameter",): "a Tensor with requires_grad=True that a Module holds is a parameter",
}


def __getattr__(name: str) -> object:
    if name == "utils":                             # where PyTorch keeps clip_grad_norm_
        return import_module("nn.optim")
    if name not in __all__:
        remedy = next((words for names, words in _INSTEAD.items() if name.startswith(names)),
                      "dir(nn) lists what is in it")
        raise AttributeError(f"module 'nn' has no {name!r}; {remedy}{meant(name, __all__)}")
    try:
        module = import_module(f"nn.{_HOME.get(name, name)}")
    except ModuleNotFoundError as error:
        if error.name != "numpy":
            raise
        raise ImportError(f"nn.{name}: this needs NumPy: pip install numpy") from None
    found = globals()[name] = module if name in ("init", "optim") else getattr(module, name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
