"""How networks read rows with missing cells, which are NaN."""

import torch
from torch import Tensor, nn


class Fill(nn.Module):
    """
    Put a constant of each column in the place of NaN.

    Parameters
    ----------
    values : Tensor of shape (n_features,)
        The constants: the columns' means.
    """

    def __init__(self, values: Tensor):
        super().__init__()
        self.register_buffer("values", values)

    def forward(self, x: Tensor) -> Tensor:
        """Fill rows."""
        return torch.where(x.isnan(), self.values, x)


class Mask(Fill):
    """Fill likewise, and say beside it what was filled: columns of zeros and ones."""

    def forward(self, x: Tensor) -> Tensor:
        """Map rows to rows of twice the width."""
        return torch.cat([super().forward(x), x.isnan().to(x)], 1)


class Read(nn.Module):
    """
    A network whose encoder sees rows through a module.

    Parameters
    ----------
    network : nn.Module
        With ``encode`` and ``decode``.
    read : nn.Module
        What comes before the encoder.
    """

    def __init__(self, network: nn.Module, read: nn.Module):
        super().__init__()
        self.network, self.read = network, read

    def encode(self, x: Tensor) -> Tensor:
        """Map rows to codes."""
        return self.network.encode(self.read(x))

    def decode(self, z: Tensor) -> Tensor:
        """Map codes to reconstructions."""
        return self.network.decode(z)
