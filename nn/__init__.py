"""Neural networks on `autograd`: modules, layers, losses, optimisers, for scalar Values and for Tensors."""

from nn import optim
from nn.layers import MLP, Layer, Linear, Neuron, ReLU, Sequential, Sigmoid, Softmax, Tanh, manual_seed
from nn.losses import CrossEntropyLoss
from nn.module import Module

__all__ = ["MLP", "CrossEntropyLoss", "Layer", "Linear", "Module", "Neuron", "ReLU", "Sequential", "Sigmoid", "Softmax",
           "Tanh", "manual_seed", "optim"]
