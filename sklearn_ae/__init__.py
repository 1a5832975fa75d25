"""Autoencoders as scikit-learn transformers."""

from .meta.supervised import AEClassifier, AERegressor
from .variants.denoising import DenoisingAE
from .variants.plain import AE

__version__ = "0.1.0"

__all__ = ["AE", "AEClassifier", "AERegressor", "DenoisingAE"]
