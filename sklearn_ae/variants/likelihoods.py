"""Observation models: how data scatter around what the decoder says."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from ..core.counts import (
    log_counts,
    log_counts_slope,
    log_counts_variance,
    log_profile,
    log_profile_slope,
    log_profile_variance,
    shares,
)
from ..core.losses import (
    Loss,
    bernoulli_error,
    logit_slope,
    not_negative,
    unit_interval,
)
from .gaussians import LOG_2PI, standard_normal
from .uniform import coins, uniform


@dataclass(frozen=True)
class Likelihood(Loss):
    """
    A loss that is the negative log-likelihood of a cell, in nats.

    Parameters
    ----------
    variance_at : callable or None
        Variance of an observation, as it is seen, whose mean is given. None: it has a
        standard deviation of its own, the noise; `function` is for a noise of 1.
    draw : callable or None
        ``(output, log_noise, generator) -> Tensor``: an observation of each cell. None:
        cells cannot be drawn one by one.
    """

    variance_at: Callable[[Tensor], Tensor] | None = None
    draw: Callable[[Tensor, Tensor, Generator], Tensor] | None = None

    @property
    def has_noise(self) -> bool:
        """Whether there is a noise to be learnt or set."""
        return self.variance_at is None

    def surprise(self, output: Tensor, target: Tensor, log_noise: Tensor) -> Tensor:
        """Take the negative log-likelihood of each row, a sum over cells that count."""
        if not self.has_noise:
            return self.cells(output, target).sum(-1)
        sharpness = torch.exp(-log_noise)

        def sharpened(output, target, reduction):
            return self.function(sharpness * output, sharpness * target, reduction)

        cells = self.cells(output, target, sharpened)
        n = target.shape[-1] if self.counts_all else self.counted(target).sum(-1)
        return cells.sum(-1) + n * log_noise


def gaussian(output: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Take the negative log density of a normal distribution of unit variance."""
    return 0.5 * (F.mse_loss(output, target, reduction=reduction) + LOG_2PI)


def continuous_bernoulli(
    output: Tensor, target: Tensor, reduction: str = "mean"
) -> Tensor:
    """Take the negative log density of an exponential distribution cut to [0, 1]."""
    cells = bernoulli_error(output, target, reduction="none")
    cells = cells - log_normaliser(output)
    return cells.mean() if reduction == "mean" else cells


def log_normaliser(logit: Tensor) -> Tensor:
    """Take ``log(logit / tanh(logit / 2))``, by its series where both are small."""
    small = logit.abs() < 0.1
    square = logit.square()
    series = math.log(2) + square / 12 - 7 / 1440 * square.square()
    safe = torch.where(small, torch.ones_like(logit), logit)
    return torch.where(small, series, torch.log(safe / torch.tanh(safe / 2)))


def continuous_mean(logit: Tensor) -> Tensor:
    """Take the mean of the cut exponential, ``1 / (1 - exp(-logit)) - 1 / logit``."""
    small = logit.abs() < 0.1
    safe = torch.where(small, torch.ones_like(logit), logit)
    series = 0.5 + logit / 12 - logit**3 / 720
    return torch.where(small, series, -1 / torch.expm1(-safe.clamp(-50, 50)) - 1 / safe)


def continuous_variance(mean: Tensor) -> Tensor:
    """Take the variance of the cut exponential with a mean."""
    return 1 / continuous_slope(mean)[1]


def continuous_slope(mean: Tensor) -> tuple[Tensor, Tensor]:
    """Linearise the inverse of `continuous_mean`, found by halving intervals."""
    mean = mean.clamp(0.02, 0.98)
    low, high = torch.full_like(mean, -64), torch.full_like(mean, 64)
    for _ in range(60):
        middle = (low + high) / 2
        below = continuous_mean(middle) < mean
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    logit = torch.where(low.abs() < 1e-2, torch.full_like(low, 1e-2), low)
    return low, 1 / (logit**-2 - 0.25 * torch.sinh(logit / 2) ** -2)


def poisson(output: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Take the negative log probability of counts, `output` being the log rate."""
    cells = output.exp() - target * output + torch.lgamma(target + 1)
    return cells.mean() if reduction == "mean" else cells


def multinomial(output: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Take the negative log probability of counts, given their sum, from logits."""
    total = target.sum(-1, keepdim=True).clamp_min(torch.finfo(target.dtype).tiny)
    # In proportion to the counts, so that a cell without any adds nothing.
    sum_part = torch.lgamma(total + 1) / total
    cells = torch.lgamma(target + 1) - target * (output.log_softmax(-1) + sum_part)
    return cells.mean() if reduction == "mean" else cells


def draw_gaussian(
    output: Tensor, log_noise: Tensor, generator: torch.Generator
) -> Tensor:
    """Add the noise."""
    return output + log_noise.exp() * standard_normal(output.shape, output, generator)


def draw_bernoulli(
    output: Tensor, log_noise: Tensor, generator: torch.Generator
) -> Tensor:
    """Toss coins."""
    return coins(torch.sigmoid(output), generator)


def draw_continuous(
    output: Tensor, log_noise: Tensor, generator: torch.Generator
) -> Tensor:
    """Invert the distribution function, on the side where it does not overflow."""
    rate = -output.abs().clamp_min(1e-4)
    drawn = torch.log1p(uniform(output, generator) * torch.expm1(rate)) / rate
    return torch.where(output < 0, drawn, 1 - drawn)


def draw_poisson(
    output: Tensor, log_noise: Tensor, generator: torch.Generator
) -> Tensor:
    """Draw counts."""
    return torch.poisson(output.exp(), generator=generator)


def bernoulli_variance(mean: Tensor) -> Tensor:
    """Take the variance of a coin."""
    return mean * (1 - mean)


LIKELIHOODS = {
    "gaussian": Likelihood(gaussian, draw=draw_gaussian),
    "bernoulli": Likelihood(
        bernoulli_error,
        link=torch.sigmoid,
        slope_at=logit_slope,
        check=unit_interval("likelihood='bernoulli'"),
        scale="auto_minmax",
        variance_at=bernoulli_variance,
        draw=draw_bernoulli,
    ),
    "continuous_bernoulli": Likelihood(
        continuous_bernoulli,
        link=continuous_mean,
        slope_at=continuous_slope,
        check=unit_interval("likelihood='continuous_bernoulli'"),
        scale="auto_minmax",
        variance_at=continuous_variance,
        draw=draw_continuous,
    ),
    "poisson": Likelihood(
        poisson,
        link=torch.exp,
        slope_at=log_counts_slope,
        check=not_negative("likelihood='poisson'"),
        scale=None,
        seen=log_counts,
        variance_at=log_counts_variance,
        draw=draw_poisson,
    ),
    "multinomial": Likelihood(
        multinomial,
        link=shares,
        slope_at=log_profile_slope,
        check=not_negative("likelihood='multinomial'"),
        scale=None,
        seen=log_profile,
        gives_shares=True,
        variance_at=log_profile_variance,
    ),
}
