"""The Wasserstein autoencoder."""

from numbers import Real

import torch
from torch import Tensor

from ..core.base import BaseAutoencoder
from ..core.objective import Batch
from ..core.params import Interval, estimator, param, shared_param
from ..core.sampling import PriorSampling
from ..core.types import Network
from .gaussians import standard_normal
from .infovae import InfoVAE
from .mmd import mmd


@estimator
class WassersteinAE(PriorSampling, BaseAutoencoder):
    r"""
    Wasserstein autoencoder: its codes, points, follow a normal distribution together.

    Encoder :math:`f` and decoder :math:`g` minimise the reconstruction error and the
    maximum mean discrepancy between the codes of a batch and the standard normal
    distribution [1]_,

    .. math:: \ell(x, g(f(x))) + \lambda\, MMD(f(x), p(z)),

    so that `sample` may decode normal numbers, and no single code is disturbed as in a
    VAE.

    See Also
    --------
    AdversarialAE : Has a critic in place of the discrepancy.
    InfoVAE : Its codes are distributions.
    AE : Without the discrepancy.

    References
    ----------
    .. [1] I. Tolstikhin, O. Bousquet, S. Gelly and B. Schoelkopf, "Wasserstein
       auto-encoders", International Conference on Learning Representations, 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import WassersteinAE
    >>> X, _ = load_digits(return_X_y=True)
    >>> wae = WassersteinAE(n_components=8, max_epochs=5, random_state=0).fit(X)
    >>> wae.sample(10, random_state=0).shape
    (10, 64)
    """

    lambda_: float = param(
        Interval(Real, 0, None, closed="left"),
        default=1.0,
        doc="""\
        float
        Weight of the discrepancy, which is at most 2. The reconstruction error is an
        average over the features; the paper's, a sum, goes with larger weights.""",
    )
    kernel: str = shared_param(InfoVAE, "kernel")

    #: As many as in a batch: a few codes say little of their distribution.
    _n_together = 64

    @staticmethod
    def objective(
        network: Network,
        batch: Batch,
        generator: torch.Generator,
        *,
        lambda_: float,
        kernel: str,
    ) -> Tensor:
        """Rebuild rows from codes that follow the prior all together."""
        z = network.encode(batch.input)
        from_prior = standard_normal(z.shape, z, generator)
        error = batch.error(network.decode(z))
        return error + lambda_ * mmd(z, from_prior, kernel)

    def _draw_codes(self, n_samples, random):
        return random.standard_normal((n_samples, self.n_components_))
