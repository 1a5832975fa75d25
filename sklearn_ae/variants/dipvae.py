"""The VAE with a disentangled inferred prior."""

from numbers import Real

import torch
from torch import Tensor

from ..core.objective import Batch
from ..core.params import Interval, StrOptions, estimator, param
from .gaussians import covariance
from .posterior import Posterior
from .variational import VariationalAutoencoder


@estimator
class DIPVAE(VariationalAutoencoder):
    r"""
    DIP-VAE: a VAE whose code units are uncorrelated and of unit variance.

    To the bound of the VAE it adds a penalty on the covariance :math:`C` of the codes
    of a batch [1]_,

    .. math:: \lambda_{od} \sum_{i \ne j} C_{ij}^2 +
        \lambda_d \sum_i (C_{ii} - 1)^2.

    See Also
    --------
    VAE : Without the penalty.
    BetaTCVAE : Charges for dependence of any kind.

    References
    ----------
    .. [1] A. Kumar, P. Sattigeri and A. Balakrishnan, "Variational inference of
       disentangled latent concepts from unlabeled observations", International
       Conference on Learning Representations, 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import DIPVAE
    >>> X, _ = load_digits(return_X_y=True)
    >>> vae = DIPVAE(n_components=8, max_epochs=5, random_state=0).fit(X)
    >>> vae.transform(X).shape
    (1797, 8)
    """

    kind: str = param(
        StrOptions({"i", "ii"}),
        default="ii",
        doc="""\
        {"i", "ii"}
        Covariance of what: "i" of the posteriors' means, "ii" of the codes, the average
        variance of the posteriors included.""",
    )
    lambda_offdiag: float = param(
        Interval(Real, 0, None, closed="left"),
        default=10.0,
        doc="""\
        float
        Weight of the squared covariances.""",
    )
    lambda_diag: float | None = param(
        Interval(Real, 0, None, closed="left"),
        None,
        default=None,
        doc="""\
        float or None
        Weight of the variances' squared distances from 1. None is the paper's: with
        kind "i" ten times `lambda_offdiag`, with "ii" the same.""",
    )

    #: As many as in a batch: a few codes say little of their distribution.
    _n_together = 64

    @staticmethod
    def objective(
        network: Posterior,
        batch: Batch,
        generator: torch.Generator,
        *,
        kind: str,
        lambda_offdiag: float,
        lambda_diag: float | None,
    ) -> Tensor:
        """Give rows a high likelihood by code units that are not correlated."""
        q = network.posterior(batch.input)
        z = q.draw(generator)
        if lambda_diag is None:
            lambda_diag = lambda_offdiag * (10 if kind == "i" else 1)
        matrix = covariance(q, with_spread=kind == "ii")
        variances = matrix.diagonal()
        return (
            network.surprise(batch, z).mean()
            + network.divergence(q, z).mean()
            + lambda_offdiag * (matrix.square().sum() - variances.square().sum())
            + lambda_diag * (variances - 1).square().sum()
        )
