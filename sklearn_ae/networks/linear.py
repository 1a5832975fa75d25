"""The linear path: what PCA is among networks, alone or beside a nonlinear one."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Linear(nn.Module):
    """
    A linear encoder and decoder.

    Parameters
    ----------
    n_features, n_components : int
        Width of the data and of the code.
    n_encoded : int or None
        Width of what the encoder gives, the code first. None: `n_components`.
    n_outputs : int or None
        Width of what the decoder gives. None: `n_features`.
    """

    #: Beside it, another linear path would have nothing to add.
    needs_path = False

    def __init__(
        self,
        n_features: int,
        n_components: int,
        n_encoded: int | None = None,
        n_outputs: int | None = None,
    ):
        super().__init__()
        self.encode = nn.Linear(n_features, n_encoded or n_components)
        self.decode = nn.Linear(n_components, n_outputs or n_features)

    @torch.no_grad()
    def start_at(
        self, mean: Tensor, whitening: Tensor, offset: Tensor, loadings: Tensor
    ) -> None:
        """
        Take the principal components as weights; codes have unit variance.

        ``z = W (x - mean)`` and ``r = offset + L' z``; whatever else the encoder gives
        starts at zero.

        Parameters
        ----------
        mean : Tensor of shape (n_features,)
            The average row.
        whitening : Tensor of shape (n_axes, n_features)
            The principal axes over the rows' standard deviations along them, W.
        offset : Tensor of shape (n_outputs,)
            What the decoder gives for the average row.
        loadings : Tensor of shape (n_axes, n_outputs)
            What it adds per unit of each code, L.
        """
        start_encoder(self.encode, whitening, mean)
        self.decode.weight.zero_()
        self.decode.weight[:, : len(loadings)] = loadings.T
        self.decode.bias.copy_(offset)


class Transposed(nn.Module):
    """
    A linear layer with the weights of another one, transposed.

    Parameters
    ----------
    layer : nn.Linear
        The other one.
    n_in : int
        How many of its outputs are taken as inputs.
    """

    def __init__(self, layer: nn.Linear, n_in: int):
        super().__init__()
        self.layer, self.n_in = layer, n_in
        self.bias = nn.Parameter(torch.zeros(layer.in_features))

    @property
    def weight(self) -> Tensor:
        """The weights, of shape (n_out, n_in)."""
        return self.layer.weight[: self.n_in].T

    def forward(self, x: Tensor) -> Tensor:
        """Map back."""
        return F.linear(x, self.weight, self.bias)


class TiedLinear(nn.Module):
    """
    A linear encoder, and a decoder with its weights, transposed.

    Parameters
    ----------
    n_features, n_components, n_encoded : int
        As of `Linear`.
    """

    needs_path = False

    def __init__(self, n_features: int, n_components: int, n_encoded: int):
        super().__init__()
        self.encode = nn.Linear(n_features, n_encoded)
        self.decode = Transposed(self.encode, n_components)

    @torch.no_grad()
    def start_at(
        self, mean: Tensor, whitening: Tensor, offset: Tensor, loadings: Tensor
    ) -> None:
        """Take the principal axes as weights; codes have the variances along them."""
        start_encoder(self.encode, F.normalize(whitening, dim=1), mean)
        self.decode.bias.copy_(offset)


def start_encoder(encode: nn.Linear, axes: Tensor, mean: Tensor) -> None:
    """Let the first outputs be those of centred rows along axes, and others zero."""
    encode.weight.zero_()
    encode.bias.zero_()
    encode.weight[: len(axes)] = axes
    encode.bias[: len(axes)] = -axes @ mean


def has_path(network: nn.Module) -> bool:
    """Whether a network has a linear path beside it."""
    return any(isinstance(part, Skip) for part in network.modules())


class Skip(nn.Module):
    """
    A linear path beside a network: ``z = P(x - m) + f(x)``, ``r = m + P'z + g(z)``.

    A gain on each of the network's outputs starts at zero, so that the whole starts as
    PCA, with components ``P`` that give codes of unit variance. Weight decay leaves the
    path alone: it pulls the whole back to PCA, not to zero.

    Parameters
    ----------
    path : Linear
        The linear path.
    network : nn.Module
        Any module with ``encode`` and ``decode``.
    read : nn.Module, optional
        What comes before the path's encoder. None: nothing.
    """

    def __init__(self, path: Linear, network: nn.Module, read: nn.Module | None = None):
        super().__init__()
        self.path, self.network = path, network
        self.path.decay_ratio = 0
        self.read = read or nn.Identity()
        self.encode_gain = nn.Parameter(torch.zeros(path.encode.out_features))
        self.decode_gain = nn.Parameter(torch.zeros(path.decode.out_features))

    def encode(self, x: Tensor) -> Tensor:
        """Map rows to codes."""
        linear = self.path.encode(self.read(x))
        return linear + self.encode_gain * self.network.encode(x)

    def decode(self, z: Tensor) -> Tensor:
        """Map codes to reconstructions."""
        return self.path.decode(z) + self.decode_gain * self.network.decode(z)

    def start_at(self, *principal: Tensor) -> None:
        """Let the linear path start at the principal components."""
        self.path.start_at(*principal)
