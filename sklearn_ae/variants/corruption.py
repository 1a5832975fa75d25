"""Corruptions of scaled rows: pure functions of the rows, a level and a generator.

Those of images get tensors of shape (n_rows, channels, height, width).
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Generator, Tensor, nn

from ..networks.images import Images, images_of


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


def pixels(images: Tensor, level: float, generator: Generator) -> Tensor:
    """Set a share `level` of the pixels to zero, in all channels."""
    return images.masked_fill(_uniform(images[:, :1], generator) < level, 0)


def blocks(images: Tensor, level: float, generator: Generator) -> Tensor:
    """Set a square to zero that covers a share `level` of the image."""
    *_, height, width = images.shape
    area = level * height * width
    n_rows = min(round(area**0.5), height)
    n_columns = min(round(area / max(n_rows, 1)), width)
    n_rows = min(round(area / max(n_columns, 1)), height)
    u = torch.rand(2, len(images), 1, generator=generator, device=images.device)
    inside = [
        _within(u[0], n_rows, height)[:, None, :, None],
        _within(u[1], n_columns, width)[:, None, None, :],
    ]
    return images.masked_fill(inside[0] & inside[1], 0)


Corruption = Callable[[Tensor, float, Generator], Tensor]
CORRUPTIONS: dict[str, Corruption] = {
    "gaussian": gaussian,
    "masking": masking,
    "salt_and_pepper": salt_and_pepper,
    "swap": swap,
}
IMAGE_CORRUPTIONS: dict[str, Corruption] = {"pixels": pixels, "blocks": blocks}


def corruption_for(noise: str | Corruption, network: nn.Module) -> Corruption:
    """
    Find the corruption of rows that a name stands for.

    Parameters
    ----------
    noise : str or callable
        A name in `CORRUPTIONS` or `IMAGE_CORRUPTIONS`, or the corruption itself.
    network : nn.Module
        The network that the rows are for; it knows the shape of images.

    Returns
    -------
    callable
        The corruption.

    Raises
    ------
    ValueError
        If only images can be corrupted like this, and the network takes others.
    """
    if noise not in IMAGE_CORRUPTIONS:
        return CORRUPTIONS.get(noise, noise)
    layout = images_of(network)
    if layout is None:
        raise ValueError(
            f"The 'noise' parameter {noise!r} is for images, and needs a network that"
            " knows their shape, as network=networks.Conv(...) does."
        )
    return partial(_corrupt_images, IMAGE_CORRUPTIONS[noise], layout)


def _corrupt_images(
    corrupt: Corruption, layout: Images, x: Tensor, level: float, generator: Generator
) -> Tensor:
    return layout.to_rows(corrupt(layout.from_rows(x), level, generator))


def _within(u, size, total):
    """Mark `size` neighbours among `total`, at a place that `u` in [0, 1) chooses."""
    start = (u * (total - size + 1)).long()
    position = torch.arange(total, device=u.device)
    return (position >= start) & (position < start + size)


def _uniform(x, generator):
    return torch.rand(x.shape, generator=generator, device=x.device, dtype=x.dtype)


def _normal(x, generator):
    return torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)
