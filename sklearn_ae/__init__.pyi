from .meta.imputer import AEImputer as AEImputer
from .meta.outliers import AEOutlierDetector as AEOutlierDetector
from .meta.stacked import StackedAE as StackedAE
from .meta.supervised import AEClassifier as AEClassifier
from .meta.supervised import AERegressor as AERegressor
from .variants.adversarial import AdversarialAE as AdversarialAE
from .variants.betatcvae import BetaTCVAE as BetaTCVAE
from .variants.contractive import ContractiveAE as ContractiveAE
from .variants.convolutional import ConvAE as ConvAE
from .variants.denoising import DenoisingAE as DenoisingAE
from .variants.dipvae import DIPVAE as DIPVAE
from .variants.factorvae import FactorVAE as FactorVAE
from .variants.infovae import InfoVAE as InfoVAE
from .variants.iwae import IWAE as IWAE
from .variants.plain import AE as AE
from .variants.quantized import VQVAE as VQVAE
from .variants.rbm import RBM as RBM
from .variants.recurrent import RecurrentAE as RecurrentAE
from .variants.regularized import RegularizedAE as RegularizedAE
from .variants.sparse import SparseAE as SparseAE
from .variants.topk import TopKAE as TopKAE
from .variants.vae import VAE as VAE
from .variants.wasserstein import WassersteinAE as WassersteinAE

__version__: str
