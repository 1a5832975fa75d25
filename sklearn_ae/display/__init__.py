"""Pictures of autoencoders, in the form of scikit-learn's displays; need matplotlib."""

from .filters import FiltersDisplay
from .latent import LatentDisplay
from .loss_curve import LossCurveDisplay
from .manifold import ManifoldDisplay
from .reconstruction import ReconstructionDisplay
from .scores import ScoreDisplay
from .traversal import TraversalDisplay

__all__ = [
    "FiltersDisplay",
    "LatentDisplay",
    "LossCurveDisplay",
    "ManifoldDisplay",
    "ReconstructionDisplay",
    "ScoreDisplay",
    "TraversalDisplay",
]
