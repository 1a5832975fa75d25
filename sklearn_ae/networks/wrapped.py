"""Networks around networks, for what an objective needs besides encode and decode."""

from torch import Tensor, nn

from ..core.types import Network
from .linear import Skip


class Wrapped(nn.Module):
    """
    A network around another one; as it stands, it does the same.

    Parameters
    ----------
    network : nn.Module
        With ``encode`` and ``decode``.
    """

    def __init__(self, network: Network):
        super().__init__()
        self.network = network

    def encode(self, x: Tensor) -> Tensor:
        """Map rows to codes."""
        return self.network.encode(x)

    def decode(self, z: Tensor) -> Tensor:
        """Map codes to reconstructions."""
        return self.network.decode(z)


class NonlinearCode(Wrapped):
    """
    A network whose codes are no longer linear, or are read in another way.

    They may have more units than there are principal components.

    Parameters
    ----------
    network : nn.Module
        With ``encode`` and ``decode``.
    """

    def start_at(self, *principal: Tensor) -> None:
        """Start a linear path at the principal components, and nothing else."""
        for part in self.network.modules():
            if isinstance(part, Skip):
                part.start_at(*principal)
