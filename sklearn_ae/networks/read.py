"""A network whose encoder sees a function of the rows."""

from collections.abc import Callable

from torch import Tensor

from ..core.types import Network
from .wrapped import Wrapped


class Read(Wrapped):
    """
    A network whose encoder sees rows through a function.

    Parameters
    ----------
    network : nn.Module
        With ``encode`` and ``decode``.
    read : nn.Module or callable
        What comes before the encoder.
    """

    def __init__(self, network: Network, read: Callable[[Tensor], Tensor]):
        super().__init__(network)
        self.read = read

    def encode(self, x: Tensor) -> Tensor:
        """Map rows to codes."""
        return self.network.encode(self.read(x))
