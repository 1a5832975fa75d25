"""A network that stands for distributions: of codes given rows, and the reverse."""

import math

import torch
from torch import Generator, Tensor, nn

from ..core.columns import CHUNK
from ..core.objective import Batch
from ..networks.linear import Linear
from ..networks.wrapped import Wrapped
from .gaussians import Normal, standard_normal

#: A code unit that carries fewer nats is not active (Burda et al., 2016).
ACTIVE = 0.01
#: Log variances of codes stay between minus and plus this.
LIMIT = 20
#: A learnt noise is not less than this share of the data's spread, ...
LEAST_NOISE = 1e-3
#: ... and at the start noise has this share of a code unit's variance, between bounds.
SHARES = 1e-8, 1 - 1e-4


class Posterior(Wrapped):
    """
    A network whose encoder gives a normal distribution over codes.

    Parameters
    ----------
    network : nn.Module
        Its ``encode`` gives 2 * n_components values: the mean and what becomes the log
        variance.
    n_components : int
        Width of the code.
    prior : Prior
        Of the codes.
    noise : "learnt" or float
        Standard deviation of the observations, where they have one.
    """

    def __init__(self, network, n_components, prior, noise):
        super().__init__(network)
        self.n_components, self.prior = n_components, prior
        if noise == "learnt":
            self.raw_noise = nn.Parameter(torch.zeros(()))
        else:
            fixed = torch.tensor(math.log(noise), dtype=torch.float64)
            self.register_buffer("raw_noise", fixed)
        self.register_buffer("least_noise", torch.zeros(()))

    def encode(self, x: Tensor) -> Tensor:
        """Map rows to the mean of their codes."""
        return self.network.encode(x)[:, : self.n_components]

    def posterior(self, x: Tensor) -> Normal:
        """Map rows to the distributions of their codes."""
        mean, raw = self.network.encode(x).split(self.n_components, 1)
        return Normal(mean, LIMIT * torch.tanh(raw / LIMIT))

    @property
    def log_noise(self) -> Tensor:
        """Logarithm of the observations' standard deviation."""
        return torch.log(self.least_noise + self.raw_noise.exp())

    def surprise(self, batch: Batch, z: Tensor) -> Tensor:
        """Take minus the log-likelihood of each target row given its code, in nats."""
        return batch.loss.surprise(self.decode(z), batch.target, self.log_noise)

    def divergence(self, q: Normal, z: Tensor) -> Tensor:
        """Take the divergence of each row's codes from the prior, in nats."""
        return self.prior.divergence(q, z, self.posterior)

    def log_weights(self, batch: Batch, q: Normal, eps: Tensor) -> Tensor:
        """
        Compare the joint density of rows and codes with that of the codes.

        Parameters
        ----------
        batch : Batch
            The rows.
        q : Normal
            Their posteriors.
        eps : Tensor of shape (n_draws, n_rows or 1, n_components)
            The codes, in standard deviations from the posterior's mean.

        Returns
        -------
        Tensor of shape (n_draws, n_rows)
            ``log p(x | z) + log p(z) - log q(z | x)``, in nats. Their average is the
            evidence lower bound.
        """
        z = q.at(eps)
        flat = z.flatten(0, 1)
        output = self.decode(flat).unflatten(0, z.shape[:2])
        target = batch.target.expand_as(output)
        return (
            self.prior.log_density(flat, self.posterior).unflatten(0, z.shape[:2])
            - batch.loss.surprise(output, target, self.log_noise)
            - q.log_density_at(eps)
        )

    def count_active(self, x: Tensor) -> int:
        """Count the code units that carry more than `ACTIVE` nats a row."""
        nats = sum(
            self.prior.standardised(self.posterior(rows), self.posterior)
            .kl_by_unit()
            .sum(0)
            for rows in x.split(CHUNK)
        )
        return self.n_components - int((nats / len(x) <= ACTIVE).sum())

    @torch.no_grad()
    def start_noise(self, spread: float, noise: float) -> None:
        """
        Start a learnt noise.

        Parameters
        ----------
        spread : float
            Standard deviation of the data.
        noise : float
            Where to start.
        """
        if isinstance(self.raw_noise, nn.Parameter):
            least = LEAST_NOISE * (spread or 1)
            self.least_noise.fill_(least)
            self.raw_noise.fill_(math.log(max(noise - least, least)))

    @torch.no_grad()
    def start_as_ppca(
        self, path: Linear, variances: Tensor, noise: Tensor | None
    ) -> None:
        """
        Turn principal components on the linear path into probabilistic ones.

        With a code unit's axis of variance v and a noise variance s, the posterior
        given by the model of Tipping and Bishop (1999) has the variance s / v, and both
        the encoder's and the decoder's weights shrink by the root of 1 - s / v.

        Parameters
        ----------
        path : Linear
            Started at the principal components: its codes have unit variance.
        variances : Tensor of shape (n_axes,)
            Of the rows along the principal axes that the code has room for.
        noise : Tensor of shape () or None
            Variance of the observations. None: as the noise says.
        """
        if noise is None:
            noise = torch.exp(2 * self.log_noise)
        width = self.n_components
        share = (noise / variances).clamp(*SHARES)
        gain = path.encode.bias.new_ones(width)
        gain[: len(share)] = torch.sqrt(1 - share)
        path.encode.weight[:width] *= gain[:, None]
        path.encode.bias[:width] *= gain
        path.decode.weight *= gain
        raw = LIMIT * torch.atanh(share.log() / LIMIT)
        path.encode.bias[width : width + len(share)] = raw.to(path.encode.bias)


def fixed_draws(n_pairs: int, width: int, like: Tensor) -> Tensor:
    """Draw the same standard normal codes, on all devices, with their mirror images."""
    generator = Generator("cpu").manual_seed(0)
    size = (n_pairs, 1, width)
    half = standard_normal(size, like, generator)
    return torch.cat([half, -half])
