"""Autoencoders as scikit-learn transformers."""

from .meta.stacked import StackedAE
from .meta.supervised import AEClassifier, AERegressor
from .variants.contractive import ContractiveAE
from .variants.convolutional import ConvAE
from .variants.denoising import DenoisingAE
from .variants.plain import AE
from .variants.rbm import RBM
from .variants.sparse import SparseAE
from .variants.topk import TopKAE

__version__ = "0.1.0"

__all__ = [
    "AE",
    "RBM",
    "AEClassifier",
    "AERegressor",
    "ContractiveAE",
    "ConvAE",
    "DenoisingAE",
    "SparseAE",
    "StackedAE",
    "TopKAE",
]
