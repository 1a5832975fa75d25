"""The variational autoencoder whose code units are made independent by a critic."""

from numbers import Real
from typing import Any

import torch
from torch import Generator, Tensor, nn

from ..core.objective import Batch
from ..core.params import Interval, estimator, param
from ..core.sampling import codes_of_some
from ..core.types import Network
from .critic import CriticParameters, shown_as
from .gaussians import Normal, blur, covariance
from .posterior import Posterior
from .variational import VariationalAutoencoder


@estimator
class FactorVAE(CriticParameters, VariationalAutoencoder):
    r"""
    Variational autoencoder whose code units are independent of each other.

    A penalty on the total correlation of the codes is added to the evidence lower
    bound, in nats a row,

    .. math:: \gamma\, KL\Bigl( q(z) \,\Big\|\, \prod_j q(z_j) \Bigr),

    so that each unit stands for a factor of its own, at less cost to the reconstruction
    than a large weight of the whole divergence (beta-VAE) has [1]_. The ratio of the
    two densities comes from a critic, which learns to tell codes from codes whose units
    have been shuffled among rows. `transform` gives the means of the codes.

    See Also
    --------
    VAE : Without the penalty.
    sklearn.decomposition.FastICA : The linear counterpart.

    Notes
    -----
    Training seeks an equilibrium, not a minimum, and the critic changes its mind. So
    that epochs can be compared, recorded losses, by which early stopping goes, use the
    total correlation of normal codes of the same covariance instead of the critic's
    estimate.

    References
    ----------
    .. [1] H. Kim and A. Mnih, "Disentangling by factorising", International Conference
       on Machine Learning, 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import FactorVAE
    >>> X, _ = load_digits(return_X_y=True)
    >>> vae = FactorVAE(n_components=8, max_epochs=10, random_state=0).fit(X)
    >>> vae.transform(X).shape
    (1797, 8)
    >>> vae.total_correlation_ < 1
    True
    """

    _attribute_docs = """\
    total_correlation_ : float
        Of the codes of the training rows, with the noise of `smoothing`, in nats, by
        the critic's estimate."""

    gamma: float = param(
        Interval(Real, 0, None, closed="left"),
        default=10.0,
        doc="""\
        float
        Weight of the total correlation.""",
    )
    smoothing: float = param(
        Interval(Real, 0, None, closed="left"),
        default=0.0,
        doc="""\
        float
        Standard deviation of the noise that codes get before the critic sees them, in
        units of the prior's. 0 is the paper's; with .3 code units that carry many nats
        are drawn apart at less cost in likelihood.""",
    )

    @staticmethod
    def equip(
        network: Network,
        n_features: int,
        n_components: int,
        *,
        likelihood: str,
        noise: str | float,
        prior: Any,
        critic_hidden_layer_sizes: Any,
        critic_lr: float,
    ) -> nn.Module:
        """Let the encoder give a distribution; add noise, prior and critic."""
        posterior = VariationalAutoencoder.equip(
            network,
            n_features,
            n_components,
            likelihood=likelihood,
            noise=noise,
            prior=prior,
        )
        return CriticParameters.equip(
            posterior,
            n_features,
            n_components,
            critic_hidden_layer_sizes=critic_hidden_layer_sizes,
            critic_lr=critic_lr,
        )

    @staticmethod
    def objective(
        network: Posterior,
        batch: Batch,
        generator: torch.Generator,
        *,
        gamma: float,
        smoothing: float,
    ) -> Tensor:
        """Give rows a high likelihood by codes whose units are independent."""
        q = network.posterior(batch.input)
        z = q.draw(generator)
        bound = (network.surprise(batch, z) + network.divergence(q, z)).mean()
        value = bound + gamma * normal_total_correlation(q.blurred(smoothing))
        if not network.training:
            return value
        noisy = blur(z, smoothing, generator)
        penalty = gamma * network.critic.held(noisy).mean()
        judgement = network.critic.loss(noisy, shuffled(noisy, generator))
        return shown_as(value, bound + penalty + judgement)

    def _report(self, x):
        super()._report(x)
        network = self.network_
        generator = Generator(x.device).manual_seed(0)

        def draw(rows):
            z = network.posterior(rows).draw(generator)
            return blur(z, self.smoothing, generator)

        z = codes_of_some(x, draw)
        self._report_critic(z, shuffled(z, generator), "gamma")
        self.total_correlation_ = network.critic(z).double().mean().item()


def shuffled(z: Tensor, generator: Generator) -> Tensor:
    """Permute each code unit among the rows by itself."""
    settings = {"generator": generator, "device": z.device, "dtype": torch.float32}
    return z.gather(0, torch.rand(z.shape, **settings).argsort(0))


def normal_total_correlation(q: Normal) -> Tensor:
    """Take the total correlation, in nats, of normal codes of the same covariance."""
    matrix = covariance(Normal(q.mean.double(), q.log_variance.double()))
    total = matrix.diagonal().log().sum() - matrix.logdet()
    return (total / 2).to(q.mean)
