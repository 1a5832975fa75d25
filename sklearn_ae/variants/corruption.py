"""Corruptions of scaled rows: pure functions of the rows, a level and a generator.

Those of images get tensors of shape (n_rows, channels, height, width).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from ..core.signatures import require_takes
from ..core.types import Network
from ..networks.images import images_of
from .gaussians import standard_normal
from .one_hot import kept_together
from .uniform import uniform


class Corrupted(NamedTuple):
    """
    Rows or images, and which of their cells were chosen to be corrupted.

    Parameters
    ----------
    values : Tensor
        The rows.
    chosen : Tensor of bool
        Of the same shape, or one that broadcasts. A cell may be chosen and keep its
        value, as a zero does that is set to zero.
    """

    values: Tensor
    chosen: Tensor


def gaussian(x: Tensor, level: float, generator: Generator) -> Corrupted:
    """Add normal noise with a standard deviation of `level` scaled units."""
    noise = level * standard_normal(x.shape, x, generator)
    return Corrupted(x + noise, _all(x, level > 0))


def masking(x: Tensor, level: float, generator: Generator) -> Corrupted:
    """Set a share `level` of the cells to zero, the mean of centred columns."""
    chosen = uniform(x, generator) < level
    return Corrupted(x.masked_fill(chosen, 0), chosen)


def salt_and_pepper(x: Tensor, level: float, generator: Generator) -> Corrupted:
    """Set a share `level` of the cells to their column's extremes in the batch."""
    u = uniform(x, generator)
    low, high = x.nan_to_num(torch.inf).amin(0), x.nan_to_num(-torch.inf).amax(0)
    corrupted = torch.where(u < level, torch.where(u < level / 2, low, high), x)
    return Corrupted(torch.where(x.isnan(), x, corrupted), u < level)


def swap(
    x: Tensor, level: float, generator: Generator, one_hot: Tensor | None = None
) -> Corrupted:
    """
    Replace a share `level` of the cells by the same column of another row.

    Columns that are one variable are replaced together, from the same row: `one_hot`
    gives the first one for each. By themselves they would tell what is hidden.
    """
    n = len(x)
    if n == 1 or level == 0:
        return Corrupted(x, _all(x, False))
    u = uniform(x, generator) / level
    u = u if one_hot is None else u[:, one_hot]
    # Below 1 the same number is, once more, uniform: it picks the donor.
    ahead = 1 + (u.clamp(max=1) * (n - 1)).long().clamp_(max=n - 2)
    donors = (torch.arange(n, device=x.device)[:, None] + ahead) % n
    return Corrupted(torch.where(u < 1, x.gather(0, donors), x), u < 1)


def pixels(images: Tensor, level: float, generator: Generator) -> Corrupted:
    """Set a share `level` of the pixels to zero, in all channels."""
    chosen = uniform(images[:, :1], generator) < level
    return Corrupted(images.masked_fill(chosen, 0), chosen)


def blocks(images: Tensor, level: float, generator: Generator) -> Corrupted:
    """Set a square to zero that covers a share `level` of the image."""
    *_, height, width = images.shape
    area = level * height * width
    n_rows = min(round(area**0.5), height)
    n_columns = min(round(area / max(n_rows, 1)), width)
    n_rows = min(round(area / max(n_columns, 1)), height)
    settings = {"device": images.device, "dtype": torch.float32}
    u = torch.rand(2, len(images), 1, generator=generator, **settings)
    inside = [
        _within(u[0], n_rows, height)[:, None, :, None],
        _within(u[1], n_columns, width)[:, None, None, :],
    ]
    chosen = inside[0] & inside[1]
    return Corrupted(images.masked_fill(chosen, 0), chosen)


def shift(images: Tensor, level: float, generator: Generator) -> Corrupted:
    """Move each image by up to a share `level` of its sides; its edges are repeated."""
    if level == 0:
        return Corrupted(images, _all(images, False))
    like = {"dtype": images.dtype, "device": images.device}
    height, width = (torch.linspace(-1, 1, n, **like) for n in images.shape[2:])
    places = torch.stack(torch.meshgrid(width, height, indexing="xy"), -1)
    to_and_fro = 2 * uniform(images[:, 0, 0, :1].expand(-1, 2), generator) - 1
    moved = places + 2 * level * to_and_fro[:, None, None]
    moved = F.grid_sample(images, moved, padding_mode="border", align_corners=True)
    return Corrupted(moved, _all(images, True))


def missing(x: Tensor, level: float, generator: Generator) -> Corrupted:
    """Hide a share `level` of the cells: NaN."""
    chosen = uniform(x, generator) < level
    return Corrupted(x.masked_fill(chosen, torch.nan), chosen)


Corruption = Callable[[Tensor, float, Generator], Corrupted]
CORRUPTIONS: dict[str, Corruption] = {
    "gaussian": gaussian,
    "masking": masking,
    "salt_and_pepper": salt_and_pepper,
    "swap": swap,
}
#: For networks that read NaN.
HIDING: dict[str, Corruption] = {"missing": missing}
IMAGE_CORRUPTIONS: dict[str, Corruption] = {
    "pixels": pixels,
    "blocks": blocks,
    "shift": shift,
}


def corrupt(
    x: Tensor,
    noise: str | Callable[[Tensor, float, Generator], Tensor],
    level: float,
    generator: Generator,
    network: Network,
) -> Corrupted:
    """
    Corrupt rows by the estimators' parameters ``noise`` and ``noise_level``.

    Parameters
    ----------
    x : Tensor of shape (n_rows, n_features)
        The rows.
    noise : str or callable
        A name in one of the tables above, or a function that gives corrupted rows: the
        cells that it changes count as chosen.
    level : float
        How much.
    generator : Generator
        Source of random numbers.
    network : nn.Module
        The network that the rows are for; it knows the shape of images, and may know
        columns that are one variable.

    Returns
    -------
    Corrupted
        The rows, and which cells were chosen.

    Raises
    ------
    ValueError
        If only images can be corrupted like this, and the network takes others; or if
        a user's corruption gives anything but a new tensor like the rows.
    """
    if callable(noise):
        return _corrupted_by_user(x, noise, level, generator)
    if noise in IMAGE_CORRUPTIONS:
        return _corrupted_images(x, noise, level, generator, images_of(network))
    if noise == "swap":
        return swap(x, level, generator, kept_together(network))
    return (CORRUPTIONS | HIDING)[noise](x, level, generator)


def _corrupted_by_user(x, noise, level, generator):
    version = x._version
    result = noise(x, level, generator)
    if x._version > version:
        raise ValueError(
            "The 'noise' parameter must give new rows, but changed those that it got,"
            " which are also what the decoder is to give back. Let it begin with"
            " x = x.clone()."
        )
    wanted = f"a tensor of shape {tuple(x.shape)} and type {x.dtype}"
    if not isinstance(result, Tensor):
        raise ValueError(
            f"The 'noise' parameter must give {wanted}, but gave"
            f" {type(result).__name__}."
        )
    if (result.shape, result.dtype) != (x.shape, x.dtype):
        raise ValueError(
            f"The 'noise' parameter must give {wanted}, but gave shape"
            f" {tuple(result.shape)} and type {result.dtype}."
        )
    if result.isnan().any() and not x.isnan().any():
        raise ValueError(
            "The 'noise' parameter gave NaN. To hide cells use noise='missing', or give"
            " zero, a column's mean."
        )
    return Corrupted(result, result != x)


def _corrupted_images(x, noise, level, generator, layout):
    if layout is None:
        raise ValueError(
            f"The 'noise' parameter {noise!r} is for images, and needs a network that"
            " knows their shape, as network=networks.Conv(...) does."
        )
    images = layout.from_rows(x)
    values, chosen = IMAGE_CORRUPTIONS[noise](images, level, generator)
    return Corrupted(layout.to_rows(values), layout.to_rows(chosen.expand_as(images)))


def _within(u, size, total):
    """Mark `size` neighbours among `total`, at a place that `u` in [0, 1) chooses."""
    start = (u * (total - size + 1)).long()
    position = torch.arange(total, device=u.device)
    return (position >= start) & (position < start + size)


def require_noise(estimator: Any) -> None:
    """
    Check the parameters ``noise`` and ``noise_level`` of an estimator.

    Parameters
    ----------
    estimator : object
        With both.

    Raises
    ------
    ValueError
        If a callable takes other arguments, or a probability is above 1.
    """
    if callable(estimator.noise):
        require_takes(estimator.noise, "rows, noise_level, generator", "noise")
    probability = isinstance(estimator.noise, str) and estimator.noise != "gaussian"
    if probability and estimator.noise_level > 1:
        raise ValueError(
            f"The 'noise_level' parameter of {type(estimator).__name__} is a"
            f" probability with noise={estimator.noise!r}, at most 1. Got"
            f" {estimator.noise_level!r} instead."
        )


def _all(x, chosen):
    return torch.full((), chosen, device=x.device)
