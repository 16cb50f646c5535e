"""Neural networks on `autograd`: modules, layers, losses, optimisers, for scalar Values and for Tensors."""

from nn import optim
from nn.checkpoint import CheckpointError, load, save
from nn.layers import (
    GELU,
    MLP,
    BatchNorm1d,
    Dropout,
    Embedding,
    Flatten,
    Layer,
    LayerNorm,
    Linear,
    LogSoftmax,
    Neuron,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
    TensorMLP,
    manual_seed,
)
from nn.losses import BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, HingeLoss, MSELoss, NLLLoss
from nn.module import Module

__all__ = ["GELU", "MLP", "BCELoss", "BCEWithLogitsLoss", "BatchNorm1d", "CheckpointError", "CrossEntropyLoss",
           "Dropout", "Embedding", "Flatten", "HingeLoss", "Layer", "LayerNorm", "Linear", "LogSoftmax", "MSELoss",
           "Module", "NLLLoss", "Neuron", "ReLU", "Sequential", "Sigmoid", "Softmax", "Softplus", "Tanh", "TensorMLP",
           "load", "manual_seed", "optim", "save"]
