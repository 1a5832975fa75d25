"""The regularised autoencoder."""

from numbers import Real

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..core.base import BaseAutoencoder
from ..core.objective import Batch
from ..core.params import Interval, StrOptions, estimator, param
from ..core.types import Network
from ..networks.linear import Skip
from ..networks.wrapped import Wrapped
from .gaussians import standard_normal

#: Size of gains beside a linear path at which weights count by half.
SMALL_GAIN = 0.05


class DecoderWeights(Wrapped):
    """
    A network that knows which of its weight matrices the decoder uses.

    Parameters
    ----------
    network : nn.Module
        With ``encode`` and ``decode``.
    n_components : int
        Width of the code.
    """

    def __init__(self, network: Network, n_components: int):
        super().__init__(network)
        names, weights = zip(*network.named_parameters(), strict=True)
        output = network.decode(weights[0].new_zeros(2, n_components))
        used = torch.autograd.grad(output.sum(), weights, allow_unused=True)
        self.names = [
            name
            for name, weight, gradient in zip(names, weights, used, strict=True)
            if weight.ndim > 1 and gradient is not None
        ]
        skips = (n for n, part in network.named_modules() if isinstance(part, Skip))
        self.skip_name = next(skips, None)
        for i, weight in enumerate(self.decoder_weights()):
            self.register_buffer(f"direction{i}", torch.randn_like(weight[:, 0]))

    def decoder_weights(self) -> list[Tensor]:
        """List the weight matrices."""
        return [self.network.get_parameter(name).flatten(1) for name in self.names]

    def shares(self) -> list[Tensor | float]:
        """Tell how much of each counts: little beside a path while gains are small.

        These start at zero. Counted as a whole, weights would be gone before the gains
        let them matter.
        """
        if self.skip_name is None:
            return [1.0] * len(self.names)
        beside = f"{self.skip_name}.network.".lstrip(".")
        gain = self.network.get_submodule(self.skip_name).decode_gain.square().mean()
        share = gain / (gain + SMALL_GAIN**2)
        return [share if name.startswith(beside) else 1.0 for name in self.names]

    def spectral_norms(self) -> list[Tensor]:
        """Estimate their largest singular values, by a step of the power method."""
        norms = []
        for i, weight in enumerate(self.decoder_weights()):
            direction = self.get_buffer(f"direction{i}")
            if self.training:
                with torch.no_grad():
                    turned = weight @ (weight.T @ direction)
                    turned = F.normalize(turned, dim=0)
                    direction.copy_(torch.where(turned.any(), turned, direction))
            norms.append((weight.T @ F.normalize(direction, dim=0)).norm())
        return norms


def squared_weights(
    network: DecoderWeights, code: Tensor, output: Tensor, generator: torch.Generator
) -> Tensor:
    """Sum the decoder's squared weights, as far as they count."""
    weights = zip(network.decoder_weights(), network.shares(), strict=True)
    return sum(share * weight.square().sum() for weight, share in weights)


def squared_jacobian(
    network: DecoderWeights, code: Tensor, output: Tensor, generator: torch.Generator
) -> Tensor:
    """Estimate the decoder's squared Jacobian, by random directions of the output."""
    direction = standard_normal(output.shape, output, generator)
    (gradient,) = torch.autograd.grad(
        (direction * output).sum(), code, create_graph=network.training
    )
    return gradient.square().sum(1).mean()


def squared_spectral_norms(
    network: DecoderWeights, code: Tensor, output: Tensor, generator: torch.Generator
) -> Tensor:
    """Sum the squares of the decoder's spectral norms, as far as they count."""
    norms = zip(network.spectral_norms(), network.shares(), strict=True)
    return sum(share * norm.square() for norm, share in norms)


REGULARIZERS = {
    "l2": squared_weights,
    "gradient_penalty": squared_jacobian,
    "spectral_norm": squared_spectral_norms,
}


@estimator
class RegularizedAE(BaseAutoencoder):
    r"""
    Regularised autoencoder: small codes and a smooth decoder, for sampling.

    Encoder :math:`f` and decoder :math:`g` minimise, over the :math:`d` features,

    .. math:: \ell(x, g(z)) + \frac{1}{d} \left( \frac{\beta}{2} \lVert z \rVert^2
              + \lambda R(g) \right), \quad z = f(x).

    A variational autoencoder does the same by noise; without it, codes and
    reconstructions are sharp, and a mixture of Gaussians that `sample` fits to the
    codes afterwards takes the place of the prior [1]_.

    See Also
    --------
    AE : Without penalties; can be sampled from as well.
    AdversarialAE : Codes that follow a prior.

    Notes
    -----
    "spectral_norm" penalises the largest singular values of the decoder's weights, as
    [2]_, rather than divide the weights by them, as [1]_: divided, a decoder could not
    start at the principal components.

    References
    ----------
    .. [1] P. Ghosh, M. S. M. Sajjadi, A. Vergari, M. Black and B. Schoelkopf, "From
       variational to deterministic autoencoders", ICLR, 2020.
    .. [2] Y. Yoshida and T. Miyato, "Spectral norm regularization for improving the
       generalizability of deep learning", arXiv:1705.10941, 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import RegularizedAE
    >>> X, _ = load_digits(return_X_y=True)
    >>> ae = RegularizedAE(n_components=8, max_epochs=10, random_state=0).fit(X)
    >>> ae.sample(3, random_state=0).shape
    (3, 64)
    """

    regularizer: str = param(
        StrOptions(set(REGULARIZERS)),
        default="l2",
        doc="""\
        {"l2", "gradient_penalty", "spectral_norm"}
        What keeps the decoder smooth, *R*: the sum of its squared weights, the squared
        Frobenius norm of its Jacobian at the codes, or the sum of the squares of its
        weight matrices' largest singular values. Weights beside the linear path count
        for less while the gains that start at zero are small.""",
    )
    beta: float = param(
        Interval(Real, 0, None, closed="left"),
        default=0.1,
        doc="""\
        float
        Weight of the squared length of the codes.""",
    )
    lambda_: float = param(
        Interval(Real, 0, None, closed="left"),
        default=1e-3,
        doc="""\
        float
        Weight of the decoder's regulariser.""",
    )

    @staticmethod
    def equip(network: Network, n_features: int, n_components: int) -> nn.Module:
        """Find the decoder's weights."""
        return DecoderWeights(network, n_components)

    @staticmethod
    def objective(
        network: DecoderWeights,
        batch: Batch,
        generator: torch.Generator,
        *,
        regularizer: str,
        beta: float,
        lambda_: float,
    ) -> Tensor:
        """Rebuild the target from a short code by a smooth decoder."""
        code = network.encode(batch.input)
        output = network.decode(code)
        length = code.square().sum(1).mean()
        roughness = REGULARIZERS[regularizer](network, code, output, generator)
        penalty = beta / 2 * length + lambda_ * roughness
        return batch.error(output) + penalty / batch.loss.n_columns(batch.target)
