"""Distributions that codes are drawn towards, and that samples are drawn from."""

import math
from collections.abc import Callable
from numbers import Integral

import torch
from sklearn.base import BaseEstimator
from torch import Generator, Tensor, nn

from .core.params import Interval, estimator, param
from .variants.gaussians import Normal, log_standard_normal, standard_normal

__all__ = ["VampPrior"]


class StandardNormal(nn.Module):
    """The standard normal distribution; `posterior` is not used."""

    def divergence(self, q: Normal, z: Tensor, posterior: Callable) -> Tensor:
        """Take the divergence of each row's codes from the prior, in nats."""
        return q.kl_by_unit().sum(-1)

    def log_density(self, z: Tensor, posterior: Callable) -> Tensor:
        """Take the log density of codes."""
        return log_standard_normal(z)

    def standardised(self, q: Normal, posterior: Callable) -> Normal:
        """Express posteriors in units of the prior's mean and deviation."""
        return q

    def draw(self, like: Tensor, posterior: Callable, generator: Generator) -> Tensor:
        """Draw codes, a tensor as `like`."""
        return standard_normal(like.shape, like, generator)

    def start_from(self, x: Tensor, seed: int):
        """Have nothing to start."""


class PosteriorMixture(nn.Module):
    """
    The mixture of the posteriors of learnt rows, the pseudo-inputs.

    Parameters
    ----------
    n_pseudo_inputs, n_features : int
        Number and width of the rows.
    """

    def __init__(self, n_pseudo_inputs: int, n_features: int):
        super().__init__()
        self.pseudo_inputs = nn.Parameter(torch.zeros(n_pseudo_inputs, n_features))

    def divergence(self, q: Normal, z: Tensor, posterior: Callable) -> Tensor:
        """Estimate the divergence of each row's codes from the prior by one draw."""
        eps = (z - q.mean) / q.std
        return q.log_density_at(eps) - self.log_density(z, posterior)

    def log_density(self, z: Tensor, posterior: Callable) -> Tensor:
        """Take the log density of codes."""
        parts = posterior(self.pseudo_inputs).log_densities(z).sum(-1)
        return parts.logsumexp(1) - math.log(len(self.pseudo_inputs))

    def standardised(self, q: Normal, posterior: Callable) -> Normal:
        """Express posteriors in units of the prior's mean and deviation."""
        mean, log_variance = posterior(self.pseudo_inputs)
        variance = log_variance.exp().mean(0) + mean.var(0, correction=0)
        center, spread = mean.mean(0), variance.sqrt()
        return Normal((q.mean - center) / spread, q.log_variance - variance.log())

    def draw(self, like: Tensor, posterior: Callable, generator: Generator) -> Tensor:
        """Draw codes, a tensor as `like`."""
        parts = posterior(self.pseudo_inputs)
        size, device = (len(like),), like.device
        index = torch.randint(len(parts.mean), size, generator=generator, device=device)
        return Normal(parts.mean[index], parts.log_variance[index]).draw(generator)

    @torch.no_grad()
    def start_from(self, x: Tensor, seed: int):
        """Take rows drawn at random as pseudo-inputs."""
        generator = Generator(x.device).manual_seed(seed)
        size = (len(self.pseudo_inputs),)
        index = torch.randint(len(x), size, generator=generator, device=x.device)
        self.pseudo_inputs.copy_(x[index])


@estimator
class VampPrior(BaseEstimator):
    """
    Specify a prior that is learnt: the mixture of the posteriors of some learnt rows.

    Codes need not look like one normal distribution then, so that the divergence costs
    less and samples are better [1]_. The rows, called pseudo-inputs, start at rows of
    the training data.

    See Also
    --------
    sklearn_ae.VAE : Takes it as ``prior``.

    References
    ----------
    .. [1] J. Tomczak and M. Welling, "VAE with a VampPrior", International Conference
       on Artificial Intelligence and Statistics, 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import VAE
    >>> from sklearn_ae.priors import VampPrior
    >>> X, _ = load_digits(return_X_y=True)
    >>> vae = VAE(2, prior=VampPrior(n_pseudo_inputs=10), max_epochs=3, random_state=0)
    >>> vae.fit(X).sample(5, random_state=0).shape
    (5, 64)
    """

    n_pseudo_inputs: int = param(
        Interval(Integral, 1, None, closed="left"),
        default=50,
        doc="""\
        int
        Number of the learnt rows, the components of the mixture. Each step of training
        encodes all of them.""",
        kw_only=False,
    )

    def build(self, n_features: int) -> nn.Module:
        """
        Make the torch module.

        Parameters
        ----------
        n_features : int
            Width of the data.

        Returns
        -------
        torch.nn.Module
            The prior.

        Raises
        ------
        ValueError
            If a hyperparameter is out of range.
        """
        self._validate_params()
        return PosteriorMixture(int(self.n_pseudo_inputs), n_features)
