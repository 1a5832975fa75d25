"""Distributions that codes are drawn towards, and that samples are drawn from."""

import math
from collections.abc import Callable
from numbers import Integral

import torch
from sklearn.base import BaseEstimator
from torch import Generator, Tensor, nn

from .core.params import Interval, estimator, param
from .variants.gaussians import Normal, log_standard_normal, standard_normal

__all__ = ["Prior", "VampPrior"]

#: Codes drawn to find a prior's mean and variance.
N_DRAWS = 4096


class Prior(nn.Module):
    """
    Base of priors: a distribution of codes, perhaps with parameters that are learnt.

    One of your own needs `log_density` and `draw`. They get `posterior`, which
    maps scaled rows to the distributions of their codes, for priors that are made of
    these.

    Parameters
    ----------
    *args, **kwargs
        As of ``torch.nn.Module``.

    See Also
    --------
    VampPrior : Learnt as the mixture of some rows' posteriors.
    sklearn_ae.VAE : Takes as ``prior`` what builds one.

    Examples
    --------
    A mixture of normal distributions, whose means are learnt.

    >>> import math
    >>> import torch
    >>> from sklearn.base import BaseEstimator
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import VAE
    >>> from sklearn_ae.priors import Prior
    >>> class Mixture(Prior):
    ...     def __init__(self, n_parts, n_components):
    ...         super().__init__()
    ...         self.means = torch.nn.Parameter(torch.randn(n_parts, n_components))
    ...
    ...     def log_density(self, z, posterior):
    ...         parts = torch.distributions.Normal(self.means, 1).log_prob(z[:, None])
    ...         return parts.sum(-1).logsumexp(1) - math.log(len(self.means))
    ...
    ...     def draw(self, like, posterior, generator):
    ...         device, size = like.device, (len(like),)
    ...         part = torch.randint(
    ...             len(self.means), size, generator=generator, device=device
    ...         )
    ...         noise = torch.empty_like(like).normal_(generator=generator)
    ...         return self.means[part] + noise
    >>> class MixturePrior(BaseEstimator):
    ...     def __init__(self, n_parts=10):
    ...         self.n_parts = n_parts
    ...
    ...     def build(self, n_features, n_components):
    ...         return Mixture(self.n_parts, n_components)
    >>> X, _ = load_digits(return_X_y=True)
    >>> vae = VAE(2, prior=MixturePrior(5), max_epochs=3, random_state=0).fit(X)
    >>> vae.sample(4, random_state=0).shape
    (4, 64)
    """

    def log_density(self, z: Tensor, posterior: Callable) -> Tensor:
        """
        Take the log density of codes.

        Parameters
        ----------
        z : Tensor of shape (n_codes, n_components)
            The codes.
        posterior : callable
            Not needed by most.

        Returns
        -------
        Tensor of shape (n_codes,)
            In nats.
        """
        raise NotImplementedError("A prior has log_density(z, posterior).")

    def draw(self, like: Tensor, posterior: Callable, generator: Generator) -> Tensor:
        """
        Draw codes.

        Parameters
        ----------
        like : Tensor of shape (n_codes, n_components)
            Has the shape, precision and device that they are to have.
        posterior : callable
            Not needed by most.
        generator : torch.Generator
            The source of random numbers.

        Returns
        -------
        Tensor of shape (n_codes, n_components)
            The codes.
        """
        raise NotImplementedError("A prior has draw(like, posterior, generator).")

    def divergence(self, q: Normal, z: Tensor, posterior: Callable) -> Tensor:
        """
        Take the divergence of each row's codes from the prior; here by one draw.

        Parameters
        ----------
        q : Normal
            Distributions of the rows' codes.
        z : Tensor of shape (n_rows, n_components)
            A code drawn from each.
        posterior : callable
            Not needed by most.

        Returns
        -------
        Tensor of shape (n_rows,)
            In nats.
        """
        eps = (z - q.mean) / q.std
        density = self.log_density(z, posterior)
        if density.shape != z.shape[:1]:
            raise ValueError(
                f"{type(self).__name__}.log_density must give one value for each of"
                f" {len(z)} codes, but gave the shape {tuple(density.shape)}."
            )
        return q.log_density_at(eps) - density

    def moments(self, like: Tensor, posterior: Callable) -> tuple[Tensor, Tensor]:
        """
        Give mean and variance of each code unit; here of many draws.

        Parameters
        ----------
        like : Tensor of shape (n_codes, n_components)
            Has the width, precision and device of the codes.
        posterior : callable
            Not needed by most.

        Returns
        -------
        mean, variance : Tensor of shape (n_components,)
            Of the prior.
        """
        generator = Generator(like.device).manual_seed(0)
        wanted = like.new_empty(N_DRAWS, like.shape[1])
        codes = self.draw(wanted, posterior, generator)
        return codes.mean(0), codes.var(0, correction=0)

    def standardised(self, q: Normal, posterior: Callable) -> Normal:
        """
        Express posteriors in units of the prior's mean and deviation.

        Parameters
        ----------
        q : Normal
            Distributions of rows' codes.
        posterior : callable
            Not needed by most.

        Returns
        -------
        Normal
            Standard normal where they are like the prior.
        """
        mean, variance = self.moments(q.mean, posterior)
        centred = (q.mean - mean) / variance.sqrt()
        return Normal(centred, q.log_variance - variance.log())

    def start_from(self, x: Tensor, seed: int) -> None:
        """
        Take what the prior starts from out of the training rows; here nothing.

        Parameters
        ----------
        x : Tensor of shape (n_rows, n_features)
            Scaled rows.
        seed : int
            Of what is drawn.
        """


@torch.no_grad()
def require_draws(prior: Prior, like: Tensor, posterior: Callable) -> None:
    """Raise ValueError, before a long training, for a prior that draws no codes."""
    codes = prior.draw(like, posterior, Generator(like.device).manual_seed(0))
    shape = tuple(codes.shape) if isinstance(codes, Tensor) else type(codes).__name__
    if shape != like.shape:
        raise ValueError(
            f"{type(prior).__name__}.draw must give a tensor like the one that it gets,"
            f" here of shape {tuple(like.shape)}, but gave {shape}."
        )


class StandardNormal(Prior):
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


class PosteriorMixture(Prior):
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

    def log_density(self, z: Tensor, posterior: Callable) -> Tensor:
        """Take the log density of codes."""
        parts = posterior(self.pseudo_inputs).log_densities(z).sum(-1)
        return parts.logsumexp(1) - math.log(len(self.pseudo_inputs))

    def moments(self, like: Tensor, posterior: Callable) -> tuple[Tensor, Tensor]:
        """Give mean and variance of each code unit."""
        mean, log_variance = posterior(self.pseudo_inputs)
        return mean.mean(0), log_variance.exp().mean(0) + mean.var(0, correction=0)

    def draw(self, like: Tensor, posterior: Callable, generator: Generator) -> Tensor:
        """Draw codes, a tensor as `like`."""
        parts = posterior(self.pseudo_inputs)
        size, device = (len(like),), like.device
        index = torch.randint(len(parts.mean), size, generator=generator, device=device)
        return Normal(parts.mean[index], parts.log_variance[index]).draw(generator)

    @torch.no_grad()
    def start_from(self, x: Tensor, seed: int) -> None:
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

    def build(self, n_features: int, n_components: int) -> Prior:
        """
        Make the torch module.

        Parameters
        ----------
        n_features, n_components : int
            Width of the data and of the code.

        Returns
        -------
        Prior
            The prior.

        Raises
        ------
        ValueError
            If a hyperparameter is out of range.
        """
        self._validate_params()
        return PosteriorMixture(int(self.n_pseudo_inputs), n_features)
