"""Images as rows of a table: how their pixels are laid out."""

import math
from collections.abc import Sequence
from numbers import Integral
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ..core.warn import warn_user
from .unrolled import parts_at_rows


class Images(NamedTuple):
    """
    How images are flattened into rows.

    Parameters
    ----------
    channels, height, width : int
        Size of an image.
    channels_last : bool
        Whether the channels of a pixel are neighbours, in C order.
    """

    channels: int
    height: int
    width: int
    channels_last: bool = False

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of an image in the data."""
        if self.channels_last:
            return self.height, self.width, self.channels
        return self.channels, self.height, self.width

    @property
    def n_values(self) -> int:
        """Width of the rows."""
        return self.channels * self.height * self.width

    def from_rows(self, rows: Tensor) -> Tensor:
        """Give rows the shape (n_rows, channels, height, width)."""
        if self.channels_last:
            images = rows.reshape(-1, self.height, self.width, self.channels)
            return images.permute(0, 3, 1, 2)
        return rows.reshape(-1, self.channels, self.height, self.width)

    def to_rows(self, images: Tensor) -> Tensor:
        """Flatten such images."""
        if self.channels_last:
            images = images.permute(0, 2, 3, 1)
        return images.flatten(1)

    def units(self) -> np.ndarray:
        """Give the number of the channel that each column of the rows belongs to."""
        places = self.height * self.width
        if self.channels_last:
            return np.tile(np.arange(self.channels), places)
        return np.repeat(np.arange(self.channels), places)


class FromRows(nn.Module):
    """
    The first layer of a network of images.

    Parameters
    ----------
    images : Images
        Their layout.
    """

    def __init__(self, images: Images):
        super().__init__()
        self.images = images

    def forward(self, rows: Tensor) -> Tensor:
        """Give rows their shape, and the memory format that convolutions prefer."""
        images = self.images.from_rows(rows)
        return images.contiguous(memory_format=torch.channels_last)


def images_of(network: nn.Module) -> Images | None:
    """Find the layout of the images that a network takes, if it takes images."""
    layouts = (m.images for m in parts_at_rows(network) if isinstance(m, FromRows))
    return next(layouts, None)


class ToRows(nn.Module):
    """
    The last layer of a network of images.

    Parameters
    ----------
    images : Images
        Their layout.
    """

    def __init__(self, images: Images):
        super().__init__()
        self.images = images

    def forward(self, images: Tensor) -> Tensor:
        """Flatten."""
        return self.images.to_rows(images)


def input_images(
    n_features: int | tuple[int, ...],
    image_shape: Sequence[int] | None,
    channels_last: bool,
    n_halvings: int,
) -> Images:
    """
    Find the layout of images, by what is said of it or by the data alone.

    Parameters
    ----------
    n_features : int or tuple of int
        Width of the data, or shape of a row.
    image_shape, channels_last
        The parameters of `Conv`.
    n_halvings : int
        How often height and width are to be halved.

    Returns
    -------
    Images
        The layout.

    Raises
    ------
    ValueError
        If the shape is none of an image, does not fit the data, or is too small.
    """
    is_table = isinstance(n_features, Integral)
    shape = image_shape if image_shape is not None else n_features
    if is_table and image_shape is None:
        side = math.isqrt(n_features)
        if side**2 != n_features or not can_halve(side, n_halvings):
            return line_of_pixels(n_features, n_halvings)
        shape = side, side
    images = images_of_shape(shape, channels_last, "image_shape")
    if n_features not in (images.n_values, tuple(shape)):
        raise ValueError(
            f"image_shape={tuple(shape)} does not fit the data: it takes"
            f" {images.n_values} columns, or rows of that shape, and the data have"
            f" {n_features}."
        )
    if not can_halve(max(images.height, images.width), n_halvings):
        raise ValueError(
            f"Images of {images.height} x {images.width} pixels cannot be halved"
            f" {n_halvings} times: the 'channels' parameter, with a number for each"
            " block, is too long."
        )
    return images


def output_images(n_outputs: int | tuple[int, ...], images: Images) -> Images:
    """
    Find the layout of the images that a decoder gives.

    Parameters
    ----------
    n_outputs : int or tuple of int
        Width of the target, or shape of one of its rows. A width stands for images of
        as many pixels as those that come in.
    images : Images
        The latter.

    Returns
    -------
    Images
        The layout.

    Raises
    ------
    ValueError
        If the target is not made of such images.
    """
    if not isinstance(n_outputs, Integral):
        return images_of_shape(n_outputs, images.channels_last, "the shape of a target")
    n_channels, rest = divmod(n_outputs, images.height * images.width)
    if rest and images.height == 1:
        return Images(1, 1, n_outputs)
    if rest:
        raise ValueError(
            f"The target has {n_outputs} columns, which are no images of"
            f" {images.height} x {images.width} pixels. Give it the shape"
            " (n_samples, channels, height, width)."
        )
    return images._replace(channels=n_channels)


def images_of_shape(shape: Sequence[int], channels_last: bool, name: str) -> Images:
    """Take two numbers, height and width, or three of which one is the channels."""
    if len(shape) not in (2, 3) or not all(
        isinstance(n, Integral) and n >= 1 for n in shape
    ):
        raise ValueError(
            f"{name} must be (height, width), or (channels, height, width), or with"
            f" channels_last=True (height, width, channels). Got {shape!r}."
        )
    shape = tuple(int(n) for n in shape)  # torch knows no others
    if len(shape) == 2:
        return Images(1, *shape, channels_last)
    if channels_last:
        height, width, channels = shape
        suspicious = 1 < height <= 4 < min(width, channels)
    else:
        channels, height, width = shape
        suspicious = width <= 4 < min(channels, height)
    if suspicious:
        place, other = ("first", "False") if channels_last else ("last", "True")
        warn_user(
            f"Images of shape {shape} are taken as {channels} channels of {height} x"
            f" {width} pixels. If the channels stand {place}, say so:"
            f" channels_last={other}.",
        )
    return Images(channels, height, width, channels_last)


def line_of_pixels(n_pixels: int, n_halvings: int) -> Images:
    """Take a row for a line of pixels, for want of anything better."""
    warn_user(
        f"{n_pixels} columns are not the pixels of a square image that can be halved"
        f" {n_halvings} times: each row is taken as a line of pixels. If rows are"
        " images, give image_shape=(height, width).",
    )
    return Images(1, 1, n_pixels)


def can_halve(side: int, n_halvings: int) -> bool:
    """Whether the last of these halvings, rounded up, still finds two pixels."""
    return side > 2 ** (n_halvings - 1)
