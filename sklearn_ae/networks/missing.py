"""How networks read rows with missing cells, which are NaN."""

import torch
from torch import Tensor, nn

from ..core.gaussian import Gaussian


class Fill(nn.Module):
    """
    Put in the place of NaN what a normal distribution says, given the rest of the row.

    Parameters
    ----------
    gaussian : Gaussian
        The distribution.
    """

    def __init__(self, gaussian: Gaussian):
        super().__init__()
        for name, value in gaussian._asdict().items():
            self.register_buffer(name, value)

    def forward(self, x: Tensor) -> Tensor:
        """Fill rows."""
        return Gaussian(self.mean, self.deviation, self.correlation).fill(x)


class Mask(Fill):
    """Fill likewise, and say beside it what was filled: columns of zeros and ones."""

    def forward(self, x: Tensor) -> Tensor:
        """Map rows to rows of twice the width."""
        return torch.cat([super().forward(x), x.isnan().to(x)], 1)


class Unmask(nn.Module):
    """Keep of what `Mask` gives the filled rows."""

    def forward(self, x: Tensor) -> Tensor:
        """Drop the mask."""
        return x[:, : x.shape[1] // 2]
