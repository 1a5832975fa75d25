"""The VAE that charges for dependence between code units."""

from numbers import Real

import torch
from torch import Tensor

from ..core.objective import Batch
from ..core.params import Interval, StrOptions, estimator, param
from .gaussians import blur
from .posterior import Posterior
from .total_correlation import WEIGHTS, decompose
from .variational import VariationalAutoencoder


@estimator
class BetaTCVAE(VariationalAutoencoder):
    r"""
    Beta-TCVAE: a VAE whose code units are drawn apart, each to tell something else.

    The VAE's divergence from the prior has three parts: what codes tell about rows,
    the total correlation of the code units, and the divergence of each unit from the
    prior. The beta-VAE charges more for all of them, this one for the second alone
    [1]_. It minimises, in nats a row,

    .. math:: -E_q \log p(x \mid z) + \alpha\, I(x, z) +
        \beta\, KL(q(z) \,\|\, \textstyle\prod_j q(z_j)) +
        \gamma \sum_j KL(q(z_j) \,\|\, p(z_j)).

    The density of the codes of all rows is estimated from a batch. If codes carry more
    nats than the logarithm of the number of rows, they are so far apart that the
    estimate mistakes information for dependence. With `smoothing`, densities are those
    of codes to which noise was added, and which carry less. Independent noise adds no
    dependence, and leaves some wherever there is any.

    See Also
    --------
    VAE : With ``beta`` for all three.
    DIPVAE : Charges for correlations.

    References
    ----------
    .. [1] R. Chen, X. Li, R. Grosse and D. Duvenaud, "Isolating sources of
       disentanglement in variational autoencoders", Advances in Neural Information
       Processing Systems, 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import BetaTCVAE
    >>> X, _ = load_digits(return_X_y=True)
    >>> vae = BetaTCVAE(n_components=8, beta=2, max_epochs=5, random_state=0).fit(X)
    >>> vae.transform(X).shape
    (1797, 8)
    """

    alpha: float = param(
        Interval(Real, 0, None, closed="left"),
        default=1.0,
        doc="""\
        float
        Weight of the information.""",
    )
    beta: float = param(
        Interval(Real, 0, None, closed="left"),
        default=6.0,
        doc="""\
        float
        Weight of the total correlation.""",
    )
    gamma: float = param(
        Interval(Real, 0, None, closed="left"),
        default=1.0,
        doc="""\
        float
        Weight of the units' divergence from the prior.""",
    )
    estimator: str = param(
        StrOptions(set(WEIGHTS)),
        default="weighted",
        doc="""\
        {"weighted", "stratified"}
        How the density of the codes of all rows is estimated by a batch: with bias and
        little scatter, or the reverse. Large batches serve both.""",
    )
    smoothing: float = param(
        Interval(Real, 0, None, closed="left"),
        default=0.0,
        doc="""\
        float
        Standard deviation of the noise that codes get for these estimates, in units of
        the prior's. 0 is the paper's; with .3 code units that carry ten nats and more
        are drawn apart at hardly any cost in likelihood.""",
    )

    #: As many as in a batch: a few codes say little of their distribution.
    _n_together = 64

    @staticmethod
    def objective(
        network: Posterior,
        batch: Batch,
        generator: torch.Generator,
        *,
        alpha: float,
        beta: float,
        gamma: float,
        estimator: str,
        smoothing: float,
    ) -> Tensor:
        """Give rows a high likelihood by code units that are independent."""
        q = network.posterior(batch.input)
        z = q.draw(generator)
        noisy = blur(z, smoothing, generator)
        n_total = batch.n_total or len(z)
        parts = decompose(q.blurred(smoothing), noisy, n_total, estimator)
        # The whole has a closed form: only what is weighed otherwise is estimated.
        return (
            network.surprise(batch, z).mean()
            + alpha * network.divergence(q, z).mean()
            + (beta - alpha) * parts.total_correlation
            + (gamma - alpha) * parts.by_unit
        )
