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
    n_encoded : int or None
        Width of what the encoder gives, the code first. None: `n_components`.
    """

    def __init__(
        self, n_features: int, n_components: int, n_encoded: int | None = None
    ):
        super().__init__()
        self.encode = nn.Linear(n_features, n_encoded or n_components)
        self.decode = nn.Linear(n_components, n_features)

    @torch.no_grad()
    def start_at(self, mean, axes, deviations, offset, slope):
        """
        Take the principal components as weights; codes have unit variance.

        ``z = D^-1 P (x - mean)`` and ``r = offset + slope * P' D z``; whatever else
        the encoder gives starts at zero.

        Parameters
        ----------
        mean : Tensor of shape (n_features,)
            The average row.
        axes : Tensor of shape (n_axes, n_features)
            The principal axes, P.
        deviations : Tensor of shape (n_axes,)
            Standard deviation of the rows along each axis, the diagonal of D.
        offset, slope : Tensor of shape (n_features,)
            Bring the data's units to those of the decoder's output.
        """
        axes = axes[: self.decode.in_features]
        d = deviations[: len(axes), None]
        for parameter in self.parameters():
            parameter.zero_()
        self.encode.weight[: len(axes)] = axes / d
        self.encode.bias[: len(axes)] = -(axes / d) @ mean
        self.decode.weight[:, : len(axes)] = (d * axes * slope).T
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
