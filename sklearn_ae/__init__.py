"""Autoencoders as scikit-learn transformers."""

from .variants.adversarial import AdversarialAE
from .variants.denoising import DenoisingAE
from .variants.factor import FactorVAE
from .variants.plain import AE
from .variants.quantized import VQVAE
from .variants.regularized import RegularizedAE
from .variants.vae import VAE

__version__ = "0.1.0"

__all__ = [
    "AE",
    "VAE",
    "VQVAE",
    "AdversarialAE",
    "DenoisingAE",
    "FactorVAE",
    "RegularizedAE",
]
