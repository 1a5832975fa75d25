"""A network whose encoder sees a function of the rows."""

from collections.abc import Callable

from torch import Tensor, nn

from ..core.losses import identity


class Seeing(nn.Module):
    """
    A network whose encoder sees a function of the rows.

    Parameters
    ----------
    network : nn.Module
        With ``encode`` and ``decode``.
    seen : callable
        From rows to what is seen of them.
    """

    def __init__(self, network: nn.Module, seen: Callable[[Tensor], Tensor]):
        super().__init__()
        self.network, self.seen = network, seen

    def encode(self, x: Tensor) -> Tensor:
        """Map rows to codes."""
        return self.network.encode(self.seen(x))

    def decode(self, z: Tensor) -> Tensor:
        """Map codes to reconstructions."""
        return self.network.decode(z)


def seeing(network: nn.Module, seen: Callable[[Tensor], Tensor]) -> nn.Module:
    """Let a network's encoder see a function of the rows."""
    return network if seen is identity else Seeing(network, seen)
