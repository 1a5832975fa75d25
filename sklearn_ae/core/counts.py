"""Counts: how far they lie from what a decoder says, and how an encoder sees them."""

import math

import torch
from torch import Tensor

#: A column's expected count, or its share of the typical one, is not less than this.
LEAST = 1e-3


def poisson_deviance(output: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Take half the deviance of counts, `output` being the log rate."""
    cells = output.exp() - target * output + torch.xlogy(target, target) - target
    return cells.mean() if reduction == "mean" else cells


def multinomial_deviance(
    output: Tensor, target: Tensor, reduction: str = "mean"
) -> Tensor:
    """
    Take half the deviance of counts whose sum is given, `output` being logits.

    It is that of Poisson rates with the row's sum; so no cell's part is negative.
    """
    total = target.sum(-1, keepdim=True).clamp_min(torch.finfo(target.dtype).tiny)
    log_rate = output.log_softmax(-1) + total.log()
    return poisson_deviance(log_rate, target, reduction)


def shares(output: Tensor) -> Tensor:
    """Map logits to the shares that columns have in a row's sum."""
    return output.softmax(-1)


def log_counts(counts: Tensor) -> Tensor:
    """Take ``log(1 + counts)``: few and many are seen alike well."""
    return torch.log1p(counts.clamp_min(0))


def log_counts_slope(mean: Tensor) -> tuple[Tensor, Tensor]:
    """Linearise the log rate as a function of `log_counts`, rare counts as ones."""
    offset = torch.expm1(mean).clamp_min(LEAST).log()
    return offset, -1 / torch.expm1(-mean.clamp_min(math.log(2)))


def log_counts_variance(mean: Tensor) -> Tensor:
    """Take about the variance of `log_counts`."""
    return torch.expm1(mean) * torch.exp(-2 * mean)


def log_profile(counts: Tensor) -> Tensor:
    """Take `log_counts` over their root mean square in the row: sums do not matter."""
    x = log_counts(counts)
    size = x.nan_to_num(0).square().mean(-1, keepdim=True).sqrt()
    return x / size.clamp_min(torch.finfo(x.dtype).tiny)


def log_profile_slope(mean: Tensor) -> tuple[Tensor, Tensor]:
    """Linearise logits by `log_profile`, treating rare columns as present.

    Cells that are there and alike have the value of one over the mean of all cells.
    """
    average = mean.mean().clamp_min(LEAST)
    offset = mean.clamp_min(LEAST * average).log()
    return offset, 1 / torch.maximum(mean, 1 / average)


def log_profile_variance(mean: Tensor) -> Tensor:
    """Take about the variance of `log_profile`: cells are there and alike, or not."""
    return mean * (1 / mean.mean().clamp_min(LEAST) - mean).clamp_min(0)
