"""Autoencoders as scikit-learn transformers."""

from .variants.convolutional import ConvAE
from .variants.denoising import DenoisingAE
from .variants.plain import AE

__version__ = "0.1.0"

__all__ = ["AE", "ConvAE", "DenoisingAE"]
