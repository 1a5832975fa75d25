"""Uniform random numbers, and the coins that are tossed with them."""

import torch
from torch import Generator, Tensor


def uniform(like: Tensor, generator: Generator) -> Tensor:
    """Draw numbers in [0, 1), of the shape, the precision and the device of `like`."""
    return torch.rand(
        like.shape, generator=generator, device=like.device, dtype=like.dtype
    )


def coins(probability: Tensor, generator: Generator) -> Tensor:
    """Draw zeros and ones; zero where the probability of a one is not a number."""
    # torch.bernoulli stops the GPU there, before the diverged training is noticed.
    return (uniform(probability, generator) < probability).to(probability)
