"""The variational autoencoder."""

from numbers import Real
from typing import Any

import torch
from torch import Tensor

from ..core.objective import Batch
from ..core.params import HasMethods, Interval, StrOptions, estimator, param
from ..networks.linear import Linear
from .posterior import Posterior
from .variational import VariationalAutoencoder


@estimator
class VAE(VariationalAutoencoder):
    r"""
    Variational autoencoder: codes are distributions, and new rows can be drawn.

    The encoder gives a normal distribution :math:`q(z \mid x)` over codes, the decoder
    a distribution of rows. They maximise the evidence lower bound of the
    log-likelihood, in nats a row [1]_,

    .. math:: E_{q(z \mid x)} \log p(x \mid z) - \beta\, KL(q(z \mid x) \,\|\, p(z)).

    With :math:`\beta > 1` it is the beta-VAE, whose code units are less entangled [2]_.
    Without hidden layers and with the "gaussian" likelihood its optimum is
    probabilistic PCA, found in closed form then; with ``skip="pca"`` any training
    starts there. `transform` gives the means of the codes.

    See Also
    --------
    IWAE : Has a tighter bound.
    AE : Codes are points.
    sklearn.decomposition.PCA : The linear counterpart.

    References
    ----------
    .. [1] D. Kingma and M. Welling, "Auto-encoding variational Bayes", International
       Conference on Learning Representations, 2014.
    .. [2] I. Higgins, L. Matthey, A. Pal, C. Burgess, X. Glorot, M. Botvinick,
       S. Mohamed and A. Lerchner, "beta-VAE: Learning basic visual concepts with a
       constrained variational framework", International Conference on Learning
       Representations, 2017.
    .. [3] C. Burgess, I. Higgins, A. Pal, L. Matthey, N. Watters, G. Desjardins and
       A. Lerchner, "Understanding disentangling in beta-VAE", NIPS workshop on learning
       disentangled representations, 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import VAE
    >>> X, _ = load_digits(return_X_y=True)
    >>> vae = VAE(n_components=8, max_epochs=10, random_state=0).fit(X)
    >>> mean, std = vae.posterior(X)
    >>> mean.shape, std.shape
    ((1797, 8), (1797, 8))
    >>> vae.sample(10, random_state=0).shape
    (10, 64)
    >>> bound, tighter = vae.score_samples(X), vae.log_likelihood(X, random_state=0)
    >>> bool(bound.mean() < tighter.mean())
    True
    """

    beta: float = param(
        Interval(Real, 0, None, closed="left"),
        default=1.0,
        doc="""\
        float
        Weight of the divergence from the prior. If codes collapse, take less.""",
    )
    capacity: float | None = param(
        Interval(Real, 0, None, closed="left"),
        None,
        default=None,
        doc="""\
        float or None
        Nats that the code is to carry about a row: the divergence term becomes
        ``beta * abs(divergence - capacity)`` [3]_, where beta is the paper's gamma,
        1000. None is the usual bound.""",
    )
    kl_warmup: float = param(
        Interval(Real, 0, None, closed="left"),
        default=0.0,
        doc="""\
        float
        Epochs over which the weight of the divergence, or the capacity if there is one,
        rises from zero. Early stopping begins behind them; the validation loss has the
        full weight at all times.""",
    )
    prior: Any = param(
        StrOptions({"normal"}),
        HasMethods(["build"]),
        default="normal",
        doc="""\
        "normal", VampPrior or object
        What codes are drawn towards: the standard normal distribution, or an instance
        of `priors.VampPrior`, or one of your own whose ``build(n_features,
        n_components)`` gives a `priors.Prior`.""",
    )

    @staticmethod
    def objective(
        network: Posterior,
        batch: Batch,
        generator: torch.Generator,
        *,
        beta: float,
        capacity: float | None,
        kl_warmup: float,
    ) -> Tensor:
        """Give rows a high likelihood by codes that are distributed like the prior."""
        q = network.posterior(batch.input)
        z = q.draw(generator)
        divergence = network.divergence(q, z).mean()
        reached = share_reached(batch, kl_warmup)
        if capacity is None:
            penalty = beta * reached * divergence
        else:
            penalty = beta * (divergence - reached * capacity).abs()
        return network.surprise(batch, z).mean() + penalty

    @property
    def _n_warmup_epochs(self):
        return self.kl_warmup

    def _is_solved(self, network):
        return (
            self._has_functions_of(VAE)
            and isinstance(network.network, Linear)
            and self.likelihood == "gaussian"
            and self.prior == "normal"
            and self.beta == 1
            and self.capacity is None
        )


def share_reached(batch: Batch, n_epochs: float) -> Tensor | float:
    """Give the share of a warm-up that training has reached."""
    return torch.as_tensor(batch.epoch / n_epochs).clamp(max=1) if n_epochs else 1.0
