"""Images as rows of a table: how their pixels are laid out."""

import warnings
from typing import NamedTuple

import torch
from torch import Tensor, nn


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

    @classmethod
    def of_shape(cls, shape: tuple[int, ...], channels_last: bool) -> "Images":
        """Take (height, width), or three numbers of which one is the channels."""
        if len(shape) == 2:
            return cls(1, *shape, channels_last)
        if channels_last:
            height, width, channels = shape
        else:
            channels, height, width = shape
            if width <= 4 < min(channels, height):
                warnings.warn(
                    f"Images of shape {shape} are taken as {channels} channels of"
                    f" {height} x {width} pixels. If the channels stand last, say so:"
                    " channels_last=True.",
                    stacklevel=2,
                )
        return cls(channels, height, width, channels_last)

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
    layouts = (m.images for m in network.modules() if isinstance(m, FromRows))
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
