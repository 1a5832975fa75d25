"""Autoencoders as scikit-learn transformers."""

from .meta.imputer import AEImputer
from .meta.outliers import AEOutlierDetector
from .meta.stacked import StackedAE
from .meta.supervised import AEClassifier, AERegressor
from .variants.adversarial import AdversarialAE
from .variants.betatcvae import BetaTCVAE
from .variants.contractive import ContractiveAE
from .variants.convolutional import ConvAE
from .variants.denoising import DenoisingAE
from .variants.dipvae import DIPVAE
from .variants.factorvae import FactorVAE
from .variants.infovae import InfoVAE
from .variants.iwae import IWAE
from .variants.plain import AE
from .variants.quantized import VQVAE
from .variants.rbm import RBM
from .variants.recurrent import RecurrentAE
from .variants.regularized import RegularizedAE
from .variants.sparse import SparseAE
from .variants.topk import TopKAE
from .variants.vae import VAE
from .variants.wasserstein import WassersteinAE

__version__ = "0.1.0"

__all__ = [
    "AE",
    "DIPVAE",
    "IWAE",
    "RBM",
    "VAE",
    "VQVAE",
    "AEClassifier",
    "AEImputer",
    "AEOutlierDetector",
    "AERegressor",
    "AdversarialAE",
    "BetaTCVAE",
    "ContractiveAE",
    "ConvAE",
    "DenoisingAE",
    "FactorVAE",
    "InfoVAE",
    "RecurrentAE",
    "RegularizedAE",
    "SparseAE",
    "StackedAE",
    "TopKAE",
    "WassersteinAE",
]
