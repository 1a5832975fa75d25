"""The denoising autoencoder: rebuild clean rows from corrupted ones."""

from collections.abc import Callable
from numbers import Real

import torch
from torch import Tensor

from ..core.base import BaseAutoencoder
from ..core.params import Interval, StrOptions, estimator, param
from .corruption import CORRUPTIONS


@estimator
class DenoisingAE(BaseAutoencoder):
    """Denoising."""

    noise: str | Callable[[Tensor, float, torch.Generator], Tensor] = param(
        "swap",
        StrOptions(set(CORRUPTIONS)),
        callable,
        doc="""\
        {"swap", "masking", "gaussian", "salt_and_pepper"} or callable
        How scaled rows are corrupted""",
    )
    noise_level: float = param(
        0.2,
        Interval(Real, 0, None, closed="left"),
        doc="""\
        float
        x""",
    )
    emphasis: tuple[float, float] | None = param(
        None,
        "array-like",
        None,
        doc="""\
        (alpha, beta) or None
        Weights""",
    )

    @staticmethod
    def objective(network, batch, generator, *, noise, noise_level, emphasis):
        """Rebuild the clean target from a corrupted input."""
        corrupt = CORRUPTIONS.get(noise, noise)
        corrupted = corrupt(batch.input, noise_level, generator)
        weight = None
        if emphasis is not None:
            weight = torch.where(corrupted != batch.input, *emphasis)
        return batch.error(network.decode(network.encode(corrupted)), weight)
