"""Convolutional networks."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from numbers import Integral

import numpy as np
import torch
from sklearn.base import clone
from torch import Tensor, nn

from ..core.params import Interval, StrOptions, estimator, param, shared_param
from .dense import Dense, maker
from .images import FromRows, Images, ToRows, input_images, output_images
from .shaped import Shaped

#: Rows at a time where no gradients are needed: feature maps stay in the cache.
PART = 32


class ConvNet(nn.Module):
    """
    An encoder of images, and a decoder of images that need not be the same.

    Parameters
    ----------
    encoder, decoder : nn.Sequential
        The two halves.
    """

    def __init__(self, encoder: nn.Sequential, decoder: nn.Sequential):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        # Half the time of torch's own format: see docs/benchmarks.md.
        self.to(memory_format=torch.channels_last)

    def encode(self, x: Tensor) -> Tensor:
        """Map rows to codes."""
        return by_parts(self.encoder, x)

    def decode(self, z: Tensor) -> Tensor:
        """Map codes to reconstructions."""
        return by_parts(self.decoder, z)


def by_parts(network: nn.Module, rows: Tensor) -> Tensor:
    """Apply a network, to few rows at a time where no gradients are needed."""
    if torch.is_grad_enabled():
        return network(rows)
    return torch.cat([network(part) for part in rows.split(PART)])


class Crop(nn.Module):
    """
    Cut images at the lower and the right edge.

    Parameters
    ----------
    height, width : int
        What is left.
    """

    def __init__(self, height: int, width: int):
        super().__init__()
        self.height, self.width = height, width

    def forward(self, images: Tensor) -> Tensor:
        """Cut."""
        return images[..., : self.height, : self.width]


@estimator
class Conv(Shaped):
    """
    Specify a convolutional encoder and the decoder that mirrors it.

    Each block of the encoder is a convolution, a pooling that halves height and width
    (rounded up) and an activation; the decoder doubles them, and cuts off what the
    rounding added, so that images of any height and width come back. A linear map leads
    from the last feature maps to a code of `n_components`, and another one back. With
    ``n_components=None`` the flattened feature maps themselves are the code [1]_;
    ``skip="pca"`` has no effect then if they are as many as the data's values or more.

    Data are tables of flattened images, or arrays of shape (n_samples, height, width),
    (n_samples, channels, height, width) or, with `channels_last`, (n_samples, height,
    width, channels): nothing need be said of their shape then.

    See Also
    --------
    sklearn_ae.ConvAE : The plain autoencoder with this network.
    sklearn_ae.DenoisingAE : Takes it as ``network``.

    References
    ----------
    .. [1] J. Masci, U. Meier, D. Ciresan and J. Schmidhuber, "Stacked convolutional
       auto-encoders for hierarchical feature extraction", International Conference on
       Artificial Neural Networks, 2011.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import DenoisingAE
    >>> from sklearn_ae.networks import Conv
    >>> images = load_digits().images
    >>> ae = DenoisingAE(8, network=Conv(channels=(8, 16)), max_epochs=2)
    >>> ae.fit_transform(images).shape
    (1797, 8)
    >>> ae.reconstruct(images).shape
    (1797, 8, 8)
    """

    image_shape: Sequence[int] | None = param(
        "array-like",
        None,
        default=None,
        doc="""\
        tuple of int or None
        (height, width) or (channels, height, width) of the images that are the rows,
        in C order; with `channels_last` (height, width, channels). None takes it from
        arrays of images; of a table, a square number of columns is taken as square
        images of one channel, and any other, with a warning, as a line of pixels.""",
        kw_only=False,
    )
    channels: int | Sequence[int] = param(
        Interval(Integral, 1, None, closed="left"),
        "array-like",
        default=(32, 64),
        doc="""\
        int or array-like of int
        Number of feature maps of each block, from the image to the code.""",
    )
    kernel_size: int = param(
        Interval(Integral, 1, None, closed="left"),
        default=3,
        doc="""\
        int
        Height and width of the convolutions' kernels, an odd number.""",
    )
    pooling: str = param(
        StrOptions({"max", "stride"}),
        default="max",
        doc="""\
        {"max", "stride"}
        How a block halves the images: by the largest of 2 x 2 values, or by a
        convolution in steps of two.""",
    )
    upsampling: str = param(
        StrOptions({"nearest", "transposed"}),
        default="nearest",
        doc="""\
        {"nearest", "transposed"}
        How the decoder doubles them: by repeating pixels ahead of a convolution, or by
        a transposed convolution in steps of two.""",
    )
    activation: str | Callable[[], nn.Module] = shared_param(Dense, "activation")
    output_activation: str | Callable[[], nn.Module] = shared_param(
        Dense, "output_activation"
    )
    channels_last: bool = param(
        "boolean",
        default=False,
        doc="""\
        bool
        Whether images have the shape (height, width, channels).""",
    )

    def default_n_components(self, n_features: int | tuple[int, ...]) -> int:
        """
        Count the values of the last feature maps, the code that the network itself has.

        Parameters
        ----------
        n_features : int or tuple of int
            Width of the data, or shape of a row.

        Returns
        -------
        int
            Width of the code.

        Raises
        ------
        ValueError
            As `build`.
        """
        return math.prod(self._feature_maps(self._input_images(n_features))[-1])

    def build(
        self,
        n_features: int | tuple[int, ...],
        n_components: int,
        n_encoded: int | None = None,
        n_outputs: int | tuple[int, ...] | None = None,
    ) -> nn.Module:
        """
        Make the torch module.

        Parameters
        ----------
        n_features : int or tuple of int
            Width of the data, or shape of a row.
        n_components : int
            Width of the code; as many as the values of the last feature maps makes
            these the code.
        n_encoded : int, default=None
            Width of what the encoder gives, the code first. None: `n_components`.
        n_outputs : int or tuple of int, default=None
            Width or shape of what the decoder gives. None: `n_features`.

        Returns
        -------
        torch.nn.Module
            With ``encode``, (n_rows, n_features) -> (n_rows, n_encoded), and
            ``decode``, (n_rows, n_components) -> (n_rows, n_outputs), of flat rows.

        Raises
        ------
        ValueError
            If a hyperparameter is out of range, the images do not have the shape
            `image_shape`, or they are too small to be halved so often.
        """
        images, outputs = self._layouts(n_features, n_outputs)
        maps, output_maps = self._feature_maps(images), self._feature_maps(outputs)
        n_encoded = n_encoded or n_components
        n_maps, n_output_maps = math.prod(maps[-1]), math.prod(output_maps[-1])
        activation = maker(self.activation)

        encoder = [FromRows(images)]
        for before, after in pairwise(maps):
            encoder += [*self._halving(before, after), activation()]
        encoder.append(nn.Flatten())
        if not n_maps == n_components == n_encoded:
            encoder.append(nn.Linear(n_maps, n_encoded))

        decoder = []
        if n_output_maps != n_components:
            decoder += [nn.Linear(n_components, n_output_maps), activation()]
        decoder.append(nn.Unflatten(1, output_maps[-1]))
        for before, after in pairwise(output_maps[::-1]):
            decoder += [*self._doubling(before, after), activation()]
        last = maker(self.output_activation)
        decoder[-1:] = [last(), ToRows(outputs)]

        network = ConvNet(nn.Sequential(*encoder), nn.Sequential(*decoder))
        # Principal components would leave such a code nothing to learn.
        network.needs_path = not n_maps == n_components >= images.n_values
        network.multiply_adds = self._multiply_adds(
            maps, self.pooling == "stride"
        ) + self._multiply_adds(output_maps, self.upsampling == "transposed")
        return network

    def layers(
        self, n_features: int | tuple[int, ...], n_components: int
    ) -> list[tuple["Conv | Dense", int]]:
        """
        Cut the network into its layers, each a network by itself.

        Parameters
        ----------
        n_features : int or tuple of int
            Width of the data, or shape of a row.
        n_components : int
            Width of the code.

        Returns
        -------
        list of (specification, int)
            From the data to the code, a layer and the width of its code: the feature
            maps of each block, flattened, and a linear layer behind them unless these
            are the code.

        Raises
        ------
        ValueError
            As `build`.
        """
        self._validate_params()
        images = self._input_images(n_features)
        layers, shape = [], images.shape
        own = {"channels_last": images.channels_last}
        own["output_activation"] = self.output_activation
        for _, after in pairwise(self._feature_maps(images)):
            block = clone(self).set_params(image_shape=shape, channels=after[0], **own)
            layers.append((block, math.prod(after)))
            own = {"channels_last": False, "output_activation": self.activation}
            shape = after
        if n_components != layers[-1][1]:
            end = Dense((), output_activation=self.activation)
            layers.append((end, n_components))
        return layers

    def _input_images(self, n_features) -> Images:
        return input_images(
            n_features, self.image_shape, self.channels_last, len(self._channels())
        )

    def _layouts(self, n_features, n_outputs) -> tuple[Images, Images]:
        """Find the layout of the images that are read and of those that are written."""
        self._validate_params()
        images = self._input_images(n_features)
        return images, output_images(n_outputs, images) if n_outputs else images

    def _channels(self) -> list[int]:
        channels = np.atleast_1d(self.channels).tolist()
        if not channels or not all(type(n) is int and n >= 1 for n in channels):
            raise ValueError(
                "The 'channels' parameter must hold integers of at least 1, one for"
                f" each block. Got {self.channels!r} instead."
            )
        return channels

    def _feature_maps(self, images: Images) -> list[tuple[int, int, int]]:
        """List (channels, height, width) from the image to the last feature maps."""
        maps = [images[:3]]
        for n_channels in self._channels():
            _, height, width = maps[-1]
            maps.append((n_channels, -(-height // 2), -(-width // 2)))
        return maps

    def _halving(self, before, after) -> list[nn.Module]:
        sizes = before[0], after[0], self.kernel_size
        padding = self.kernel_size // 2
        if self.pooling == "stride":
            return [nn.Conv2d(*sizes, stride=2, padding=padding)]
        pool = nn.MaxPool2d(2, ceil_mode=True)
        return [nn.Conv2d(*sizes, padding=padding), pool]

    def _doubling(self, before, after) -> list[nn.Module]:
        sizes = before[0], after[0], self.kernel_size
        padding = self.kernel_size // 2
        doubled = 2 * before[1], 2 * before[2]
        if self.upsampling == "transposed":
            missing = after[1] - doubled[0] + 1, after[2] - doubled[1] + 1
            return [nn.ConvTranspose2d(*sizes, 2, padding, missing)]
        crop = [] if doubled == after[1:] else [Crop(*after[1:])]
        return [nn.Upsample(scale_factor=2), *crop, nn.Conv2d(*sizes, padding=padding)]

    def _multiply_adds(self, maps, in_steps: bool) -> int:
        """Count the multiply-adds of the convolutions between these feature maps."""
        return sum(
            large[0] * small[0] * self.kernel_size**2 * math.prod(places[1:])
            for large, small in pairwise(maps)
            for places in [small if in_steps else large]
        )

    def _validate_params(self):
        super()._validate_params()
        if self.kernel_size % 2 == 0:
            raise ValueError(
                "The 'kernel_size' parameter of Conv must be odd, so that kernels have"
                f" a centre. Got {self.kernel_size!r} instead."
            )
