"""Decoders whose linear maps of the code have columns of length one."""

import torch
from torch import Tensor, nn

from .dense import Transposed
from .wrapped import NonlinearCode


class UnitColumns(NonlinearCode):
    """
    A network whose codes are read by columns of unit length.

    Without it a penalty on codes is evaded by small codes and large weights. A decoder
    that starts with other layers than linear ones stays as it is.

    Parameters
    ----------
    network : nn.Module
        With ``encode`` and ``decode``.
    n_components : int
        Width of the code.
    """

    def __init__(self, network: nn.Module, n_components: int):
        super().__init__(network)
        # In a tuple: they are parts of the network and not registered once more.
        self.readers = tuple(code_readers(network, n_components))

    def decode(self, z: Tensor) -> Tensor:
        """Map codes to reconstructions."""
        if not self.readers:
            return self.network.decode(z)
        columns = torch.cat([layer.weight for layer in self.readers])
        return self.network.decode(z / columns.norm(dim=0).clamp_min(1e-12))


def code_readers(network: nn.Module, n_components: int) -> list[nn.Module]:
    """Find the linear layers that the code goes into, by decoding one."""
    readers = []
    like = next(network.parameters())
    z = torch.zeros(2, n_components, dtype=like.dtype, device=like.device)

    def note(layer, inputs):
        if inputs[0] is z:
            readers.append(layer)

    layers = [m for m in network.modules() if isinstance(m, nn.Linear | Transposed)]
    hooks = [layer.register_forward_pre_hook(note) for layer in layers]
    with torch.no_grad():
        network.decode(z)
    for hook in hooks:
        hook.remove()
    return readers
