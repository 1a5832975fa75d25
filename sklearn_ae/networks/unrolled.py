"""Layers that were trained one by one, as one network."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ..core.scaling import Scaling


class Rescaled(nn.Module):
    """
    Multiply each column by its own factor and add its own offset; nothing is learnt.

    Parameters
    ----------
    factor, offset : ndarray of shape (n_columns,)
        What to multiply by and what to add.
    """

    def __init__(self, factor: np.ndarray, offset: np.ndarray):
        super().__init__()
        self.register_buffer("factor", torch.from_numpy(factor))
        self.register_buffer("offset", torch.from_numpy(offset))

    def forward(self, x: Tensor) -> Tensor:
        """Map rows."""
        return torch.addcmul(self.offset, x, self.factor)


class Layer(nn.Module):
    """
    A trained autoencoder between the codes of the layer below and its own.

    Parameters
    ----------
    network : nn.Module
        With ``encode`` and ``decode`` of scaled rows.
    scaling : Scaling
        Of the codes of the layer below.
    link : callable
        Maps the decoder's output to scaled rows.
    """

    def __init__(
        self,
        network: nn.Module,
        scaling: Scaling,
        link: Callable[[Tensor], Tensor],
    ):
        super().__init__()
        self.network, self.link = network, link
        self.scale = self.unscale = nn.Identity()
        center, scale, divisor = scaling.center, scaling.scale, scaling.divisor
        if np.any(center != 0) or np.any(scale != 1):
            self.scale = Rescaled(1 / divisor, -center / divisor)
            self.unscale = Rescaled(scale, center)

    def encode(self, x: Tensor) -> Tensor:
        """Map codes of the layer below to codes."""
        return self.network.encode(self.scale(x))

    def decode(self, z: Tensor) -> Tensor:
        """Map codes to codes of the layer below."""
        return self.unscale(self.link(self.network.decode(z)))


class Unrolled(nn.Module):
    """
    The encoders of all layers upwards, then their decoders downwards.

    Parameters
    ----------
    layers : sequence of Layer
        From the data to the code.
    widths : sequence of int
        Widths of their codes.
    all_codes : bool
        Whether ``encode`` gives the codes of all layers side by side. ``decode`` takes
        what ``encode`` gives, and uses the last layer's.
    """

    def __init__(self, layers: Sequence[Layer], widths: Sequence[int], all_codes: bool):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.all_codes, self.n_components = all_codes, widths[-1]
        self.n_encoded = sum(widths) if all_codes else widths[-1]

    def encode(self, x: Tensor) -> Tensor:
        """Map rows to codes."""
        codes = []
        for layer in self.layers:
            x = layer.encode(x)
            codes.append(x)
        return torch.cat(codes, 1) if self.all_codes else x

    def decode(self, z: Tensor) -> Tensor:
        """Map codes to reconstructions."""
        z = z[:, -self.n_components :]
        for layer in reversed(self.layers):
            z = layer.decode(z)
        return z


def parts_at_rows(network: nn.Module) -> Iterator[nn.Module]:
    """Walk the parts of a network that get rows: of a stack, those of its first layer.

    The others get codes, whatever they take these for.
    """
    stacks = (part for part in network.modules() if isinstance(part, Unrolled))
    stack = next(stacks, None)
    return (stack.layers[0] if stack else network).modules()
