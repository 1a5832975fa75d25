"""Training: optimiser, early stopping, device. Only two files here know skorch."""

from .callbacks import Begin, Diverged, Freeze
from .fit import mean_loss, train
from .net import (
    OPTIMIZERS,
    Net,
    make_net,
    resolve_device,
    warn_of_interruption,
)

__all__ = [
    "OPTIMIZERS",
    "Begin",
    "Diverged",
    "Freeze",
    "Net",
    "make_net",
    "mean_loss",
    "resolve_device",
    "train",
    "warn_of_interruption",
]
