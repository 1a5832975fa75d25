"""Corruptions of scaled rows: pure functions of the rows, a level and a generator."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor


def gaussian(x: Tensor, level: float, generator: Generator) -> Tensor:
    """Add normal noise with a standard deviation of `level` scaled units."""
    return x + level * _normal(x, generator)


def masking(x: Tensor, level: float, generator: Generator) -> Tensor:
    """Set a share `level` of the cells to zero, the mean of centred columns."""
    return x.masked_fill(_uniform(x, generator) < level, 0)


def salt_and_pepper(x: Tensor, level: float, generator: Generator) -> Tensor:
    """Set a share `level` of the cells to their column's extremes in the batch."""
    u = _uniform(x, generator)
    low, high = x.amin(0), x.amax(0)
    return torch.where(u < level, torch.where(u < level / 2, low, high), x)


def swap(x: Tensor, level: float, generator: Generator) -> Tensor:
    """Replace a share `level` of the cells by the same column of another row."""
    n = len(x)
    if n == 1 or level == 0:
        return x
    u = _uniform(x, generator) / level
    # Below 1 the same number is, once more, uniform: it picks the donor.
    ahead = 1 + (u.clamp(max=1) * (n - 1)).long().clamp_(max=n - 2)
    donors = (torch.arange(n, device=x.device)[:, None] + ahead) % n
    return torch.where(u < 1, x.gather(0, donors), x)


CORRUPTIONS: dict[str, Callable[[Tensor, float, Generator], Tensor]] = {
    "gaussian": gaussian,
    "masking": masking,
    "salt_and_pepper": salt_and_pepper,
    "swap": swap,
}


def corrupted(
    x: Tensor, noise: str | Callable, level: float, generator: Generator
) -> Tensor:
    """Corrupt rows by the estimators' parameters ``noise`` and ``noise_level``."""
    result = CORRUPTIONS.get(noise, noise)(x, level, generator)
    if result.shape != x.shape:
        raise ValueError(
            "The 'noise' parameter must give rows of the shape that it gets,"
            f" {tuple(x.shape)}, but gave {tuple(result.shape)}."
        )
    return result


def require_probability(estimator) -> None:
    """Refuse a ``noise_level`` above 1, except where it is a standard deviation."""
    probability = isinstance(estimator.noise, str) and estimator.noise != "gaussian"
    if probability and estimator.noise_level > 1:
        raise ValueError(
            f"The 'noise_level' parameter of {type(estimator).__name__} is a"
            f" probability with noise={estimator.noise!r}, at most 1. Got"
            f" {estimator.noise_level!r} instead."
        )


def _uniform(x, generator):
    return torch.rand(x.shape, generator=generator, device=x.device, dtype=x.dtype)


def _normal(x, generator):
    return torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)
