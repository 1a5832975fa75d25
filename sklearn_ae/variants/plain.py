"""The plain autoencoder."""

from numbers import Real

import numpy as np
import torch
from torch import Tensor

from ..core.base import BaseAutoencoder
from ..core.objective import Batch, only_rebuilds
from ..core.params import Interval, StrOptions, estimator, param, shared_param
from ..core.schedule import MIN_DECAY, auto_weight_decay
from ..core.shared_params import TrainingParameters
from ..core.types import Network
from ..networks.linear import Linear, TiedLinear, has_path


@estimator
class AE(BaseAutoencoder):
    r"""
    Autoencoder: a network that squeezes rows through a narrow code and rebuilds them.

    Encoder :math:`f` and decoder :math:`g` minimise the reconstruction error
    :math:`\ell(x, g(f(x)))`. A drop-in replacement for ``PCA``, which is its optimum
    without hidden layers [1]_: with the squared error and complete rows `fit` finds
    ``PCA(whiten=True)`` of the scaled columns then (with n for its n - 1 in variances),
    in closed form, after no epoch at all. The nonlinear one, trained as a whole, goes
    back to [2]_.

    See Also
    --------
    DenoisingAE : Rebuilds clean rows from corrupted ones; better ahead of a classifier.
    sklearn.decomposition.PCA : The linear counterpart.

    References
    ----------
    .. [1] P. Baldi and K. Hornik, "Neural networks and principal component analysis:
       Learning from examples without local minima", Neural Networks, 1989.
    .. [2] G. Hinton and R. Salakhutdinov, "Reducing the dimensionality of data with
       neural networks", Science, 2006.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import AE
    >>> X, _ = load_digits(return_X_y=True)
    >>> ae = AE(n_components=8, max_epochs=10, random_state=0).fit(X)
    >>> ae.transform(X).shape
    (1797, 8)
    >>> ae.inverse_transform(ae.transform(X)).shape
    (1797, 64)
    >>> ae.score(X) > 0.75  # PCA explains 0.67
    True
    >>> ae.sample(3, random_state=0).shape  # new digits
    (3, 64)
    """

    lr: float = shared_param(TrainingParameters, "lr", default=2e-3)
    weight_decay: str | float = param(
        StrOptions({"auto"}),
        Interval(Real, 0, None, closed="left"),
        default="auto",
        doc="""\
        "auto" or float
        Weight decay of the optimiser; with ``skip="pca"`` it pulls to PCA. "auto" is
        15 times the number of columns that vary over that of rows, at most 1, where
        "adamw" trains such a network with early stopping, and 0.0001 otherwise.""",
    )

    @staticmethod
    @only_rebuilds
    def objective(network: Network, batch: Batch, generator: torch.Generator) -> Tensor:
        """Rebuild the target from the code of the input."""
        return batch.error(network.decode(network.encode(batch.input)))

    def _weight_decay_for(self, network, n_rows):
        if self.weight_decay != "auto":
            return self.weight_decay
        if self.optimizer != "adamw" or not has_path(network):
            return MIN_DECAY
        return auto_weight_decay(n_rows, np.count_nonzero(self.scaling_.scale))

    def _is_solved(self, network):
        return (
            self._has_functions_of(AE)
            and isinstance(network, Linear | TiedLinear)
            and self.loss == "squared_error"
        )
