"""Training: optimiser, early stopping, device.

Two files here know skorch, and no others: the net and its callbacks inherit from
skorch's, and would be one file of 700 lines.
"""

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
