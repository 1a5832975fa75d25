"""Normal distributions over codes."""

import math
from typing import NamedTuple

import torch
from torch import Generator, Tensor

LOG_2PI = math.log(2 * math.pi)


class Normal(NamedTuple):
    """
    Normal distributions of independent code units, one for each row.

    Parameters
    ----------
    mean, log_variance : Tensor of shape (n_rows, n_components)
        Of each unit.
    """

    mean: Tensor
    log_variance: Tensor

    @property
    def std(self) -> Tensor:
        """Standard deviation of each unit."""
        return torch.exp(0.5 * self.log_variance)

    def draw(self, generator: Generator) -> Tensor:
        """Draw a code for each row, differentiable in mean and variance."""
        return self.at(standard_normal(self.mean.shape, self.mean, generator))

    def at(self, eps: Tensor) -> Tensor:
        """Give the codes that lie so many standard deviations from the mean."""
        return self.mean + self.std * eps

    def blurred(self, std: float) -> "Normal":
        """Give the distributions of noisy codes, (z + std eps) / sqrt(1 + std^2).

        Where codes follow the standard normal distribution, noisy ones do.
        """
        if std == 0:
            return self
        noise = self.mean.new_full((), std * std)
        log_variance = torch.logaddexp(self.log_variance, noise.log())
        return Normal(self.mean / (1 + noise).sqrt(), log_variance - noise.log1p())

    def log_density_at(self, eps: Tensor) -> Tensor:
        """Take the log density there, of shape (..., n_rows)."""
        return -0.5 * (eps.square() + self.log_variance + LOG_2PI).sum(-1)

    def log_densities(self, z: Tensor) -> Tensor:
        """Compare all codes with all rows, unit by unit: (n_codes, n_rows, width)."""
        squares = (z[:, None] - self.mean).square() * torch.exp(-self.log_variance)
        return -0.5 * (squares + self.log_variance + LOG_2PI)

    def kl_by_unit(self) -> Tensor:
        """Take the divergence of each unit from the standard normal distribution."""
        return 0.5 * (
            self.mean.square() + self.log_variance.exp() - self.log_variance - 1
        )


def standard_normal(size: tuple, like: Tensor, generator: Generator) -> Tensor:
    """Draw standard normal numbers, of the precision and on the device of `like`.

    They are drawn where the generator is: one of the CPU gives the same everywhere.
    """
    settings = {"device": generator.device, "dtype": like.dtype}
    return torch.randn(size, generator=generator, **settings).to(like.device)


def blur(z: Tensor, std: float, generator: Generator) -> Tensor:
    """Add noise to codes, as `Normal.blurred` does to their distributions."""
    if std == 0:
        return z
    noise = std * standard_normal(z.shape, z, generator)
    return (z + noise) / math.hypot(1, std)


def log_standard_normal(z: Tensor) -> Tensor:
    """Take the log density of codes under the standard normal distribution."""
    return -0.5 * (z.square() + LOG_2PI).sum(-1)


def covariance(q: Normal, with_spread: bool = True) -> Tensor:
    """Take the covariance of the means, or of the codes, of a batch."""
    centred = q.mean - q.mean.mean(0)
    matrix = centred.T @ centred / len(centred)
    if with_spread:
        matrix = matrix + q.log_variance.exp().mean(0).diag()
    return matrix
