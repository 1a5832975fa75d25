"""The linear path: what PCA is among networks, alone or beside a nonlinear one."""

import torch
from torch import Tensor, nn


class Linear(nn.Module):
    """
    A linear encoder and decoder.

    Parameters
    ----------
    n_features, n_components : int
        Width of the data and of the code.
    """

    def __init__(self, n_features: int, n_components: int):
        super().__init__()
        self.encode = nn.Linear(n_features, n_components)
        self.decode = nn.Linear(n_components, n_features)

    @torch.no_grad()
    def start_at(self, mean: Tensor, axes: Tensor, offset: Tensor, slope: Tensor):
        """
        Take the principal components as weights.

        ``z = P (x - mean)`` and ``r = offset + slope * P' z``; code units beyond the
        number of axes start at zero.

        Parameters
        ----------
        mean : Tensor of shape (n_features,)
            The average row.
        axes : Tensor of shape (n_axes, n_features)
            The principal axes, P.
        offset, slope : Tensor of shape (n_features,)
            Bring the data's units to those of the decoder's output.
        """
        k = self.encode.out_features
        basis = torch.zeros(k, len(mean), dtype=mean.dtype, device=mean.device)
        basis[: min(k, len(axes))] = axes[:k]
        self.encode.weight.copy_(basis)
        self.encode.bias.copy_(-(basis @ mean))
        self.decode.weight.copy_((basis * slope).T)
        self.decode.bias.copy_(offset)


class Skip(nn.Module):
    """
    A linear path beside a network: ``z = P(x - m) + f(x)``, ``r = m + P'z + g(z)``.

    The network's output layers start at zero, so that the whole starts as PCA.

    Parameters
    ----------
    path : Linear
        The linear path.
    network : nn.Module
        Any module with ``encode`` and ``decode``.
    """

    def __init__(self, path: Linear, network: nn.Module):
        super().__init__()
        self.path, self.network = path, network
        self.encode_gain = nn.Parameter(torch.zeros(path.encode.out_features))
        self.decode_gain = nn.Parameter(torch.zeros(path.decode.out_features))

    def encode(self, x: Tensor) -> Tensor:
        """Map rows to codes."""
        return self.path.encode(x) + self.encode_gain * self.network.encode(x)

    def decode(self, z: Tensor) -> Tensor:
        """Map codes to reconstructions."""
        return self.path.decode(z) + self.decode_gain * self.network.decode(z)

    def start_at(self, *principal: Tensor):
        """Let the linear path start at the principal components."""
        self.path.start_at(*principal)
