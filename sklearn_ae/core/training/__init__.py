"""Training: optimiser, early stopping, device. The only package that knows skorch."""

from .callbacks import Begin, Freeze
from .fit import train
from .net import OPTIMIZERS, make_net, resolve_device

__all__ = [
    "OPTIMIZERS",
    "Begin",
    "Freeze",
    "make_net",
    "resolve_device",
    "train",
]
