"""A network whose encoder sees a function of the rows."""

from collections.abc import Callable

from torch import Tensor, nn

from ..core.losses import identity


class Read(nn.Module):
    """
    A network whose encoder sees rows through a function.

    Parameters
    ----------
    network : nn.Module
        With ``encode`` and ``decode``.
    read : nn.Module or callable
        What comes before the encoder.
    """

    def __init__(self, network: nn.Module, read: Callable[[Tensor], Tensor]):
        super().__init__()
        self.network, self.read = network, read

    def encode(self, x: Tensor) -> Tensor:
        """Map rows to codes."""
        return self.network.encode(self.read(x))

    def decode(self, z: Tensor) -> Tensor:
        """Map codes to reconstructions."""
        return self.network.decode(z)


def reading(network: nn.Module, seen: Callable[[Tensor], Tensor]) -> nn.Module:
    """Let a network's encoder see a function of the rows, if it is not they."""
    return network if seen is identity else Read(network, seen)
