"""Autoencoders as scikit-learn transformers."""

from .variants.contractive import ContractiveAE
from .variants.denoising import DenoisingAE
from .variants.plain import AE
from .variants.sparse import SparseAE
from .variants.topk import TopKAE

__version__ = "0.1.0"

__all__ = ["AE", "ContractiveAE", "DenoisingAE", "SparseAE", "TopKAE"]
