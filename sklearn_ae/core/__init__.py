"""What every autoencoder shares, and what a variant of your own is made of."""

from .base import BaseAutoencoder
from .losses import Loss
from .objective import Batch
from .params import (
    HasMethods,
    Interval,
    StrOptions,
    estimator,
    param,
    shared_param,
)
from .types import Network

__all__ = [
    "BaseAutoencoder",
    "Batch",
    "HasMethods",
    "Interval",
    "Loss",
    "Network",
    "StrOptions",
    "estimator",
    "param",
    "shared_param",
]
