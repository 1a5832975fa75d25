"""The importance weighted autoencoder."""

import math
from numbers import Integral
from typing import Any

import torch
from torch import Tensor

from ..core.objective import Batch
from ..core.params import Interval, estimator, param, shared_param
from .gaussians import standard_normal
from .posterior import Posterior
from .vae import VAE
from .variational import VariationalAutoencoder


@estimator
class IWAE(VariationalAutoencoder):
    r"""
    Importance weighted autoencoder: a VAE with a tighter bound.

    Of each row's several codes the better ones weigh more: it maximises

    .. math:: E_{z_1, \ldots, z_K \sim q(z \mid x)} \log \frac{1}{K} \sum_k
        \frac{p(x \mid z_k)\, p(z_k)}{q(z_k \mid x)},

    which rises from the VAE's bound to the log-likelihood with the number of codes
    [1]_. The encoder need not fit as closely, so that the decoder becomes the better
    model; `score_samples` is the VAE's bound, `log_likelihood` with `n_draws` codes the
    one trained on.

    See Also
    --------
    VAE : With one code a row.

    References
    ----------
    .. [1] Y. Burda, R. Grosse and R. Salakhutdinov, "Importance weighted autoencoders",
       International Conference on Learning Representations, 2016.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import IWAE
    >>> X, _ = load_digits(return_X_y=True)
    >>> iwae = IWAE(n_components=8, n_draws=3, max_epochs=5, random_state=0).fit(X)
    >>> iwae.log_likelihood(X, n_draws=3, random_state=0).shape
    (1797,)
    """

    n_draws: int = param(
        Interval(Integral, 1, None, closed="left"),
        default=5,
        doc="""\
        int
        Codes drawn for each row. Each is decoded: a step costs so many times as much.
        """,
    )
    prior: Any = shared_param(VAE, "prior")

    @staticmethod
    def objective(
        network: Posterior, batch: Batch, generator: torch.Generator, *, n_draws: int
    ) -> Tensor:
        """Give rows a high likelihood by the better ones of several codes."""
        q = network.posterior(batch.input)
        eps = standard_normal((n_draws, *q.mean.shape), q.mean, generator)
        weights = network.log_weights(batch, q, eps)
        return math.log(n_draws) - weights.logsumexp(0).mean()
