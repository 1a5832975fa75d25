"""Autoencoders as scikit-learn transformers."""

from .meta.stacked import StackedAE
from .variants.denoising import DenoisingAE
from .variants.plain import AE
from .variants.rbm import RBM

__version__ = "0.1.0"

__all__ = ["AE", "RBM", "DenoisingAE", "StackedAE"]
