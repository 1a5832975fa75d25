"""Training: optimiser, steps, early stopping.

Two files here know skorch, and no others: the net and its callbacks inherit from
skorch's, and would be one file of 700 lines.
"""

from .callbacks import Begin, Diverged, Freeze
from .fit import mean_loss, train
from .net import Net, make_net, warn_of_interruption
from .optimizers import OPTIMIZERS

__all__ = [
    "OPTIMIZERS",
    "Begin",
    "Diverged",
    "Freeze",
    "Net",
    "make_net",
    "mean_loss",
    "train",
    "warn_of_interruption",
]
