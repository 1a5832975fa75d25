"""The sparse autoencoder."""

import math
from collections.abc import Sequence
from numbers import Real

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..core.base import BaseAutoencoder
from ..core.objective import Batch
from ..core.params import Interval, StrOptions, estimator, param, shared_param
from ..core.shared_params import NetworkParameters
from ..core.types import Network
from ..networks.unit_columns import UnitColumns
from ..networks.wrapped import NonlinearCode


class SparseCode(NonlinearCode):
    """
    A network with an activation behind the encoder, and a memory of its mean values.

    Parameters
    ----------
    network : nn.Module
        With ``encode`` and ``decode``.
    n_components : int
        Width of the code.
    activation : callable
        From the encoder's output to the code.
    offset : float
        Added to the encoder's output.
    """

    def __init__(self, network, n_components, activation, offset=0.0):
        super().__init__(network)
        self.activation, self.offset = activation, offset
        self.register_buffer("mean_activation", torch.full((n_components,), torch.nan))

    def encode(self, x: Tensor) -> Tensor:
        """Map rows to codes."""
        return self.activation(self.network.encode(x) + self.offset)

    def running_mean(self, z: Tensor, decay: float) -> Tensor:
        """
        Average the units' activations over this batch and those before.

        Its gradient is that of the batch's own mean, so that the step does not shrink
        with the weight of the batch.
        """
        batch_mean = z.mean(0)
        before = self.mean_activation.clone()
        before = torch.where(before.isnan(), batch_mean.detach(), before)
        if not self.training:
            return before
        mean = batch_mean + decay * (before - batch_mean).detach()
        self.mean_activation.copy_(mean.detach())
        return mean


def kl_penalty(network: SparseCode, z: Tensor, sparsity: float, decay: float) -> Tensor:
    """Sum over units the divergence of their mean activation from the one wanted."""
    p = network.running_mean(z, decay).clamp(1e-6, 1 - 1e-6)
    kl = sparsity * torch.log(sparsity / p)
    kl = kl + (1 - sparsity) * torch.log((1 - sparsity) / (1 - p))
    return kl.sum()


def l1_penalty(network: SparseCode, z: Tensor, sparsity: float, decay: float) -> Tensor:
    """Sum over units the mean size of their activations."""
    return z.abs().sum(1).mean()


#: What is added to the reconstruction error.
PENALTIES = {"kl": kl_penalty, "l1": l1_penalty}
STRENGTHS = {"kl": 0.1, "l1": 0.001}


@estimator
class SparseAE(BaseAutoencoder):
    r"""
    Sparse autoencoder: of many code units only a few respond to any one row.

    Minimises :math:`\ell(x, g(f(x)))` plus, with ``penalty="kl"`` [1]_,

    .. math:: \beta \sum_j \rho \log\frac{\rho}{\hat\rho_j}
        + (1 - \rho) \log\frac{1 - \rho}{1 - \hat\rho_j}

    for code units in (0, 1) whose mean activations :math:`\hat\rho_j`, running averages
    over mini-batches, are drawn to :math:`\rho`; with ``penalty="l1"``
    :math:`\beta \sum_j |z_j|`, averaged over rows, for code units that are 0 or more.
    There the code is decoded by columns of unit length, or else small codes and large
    weights would evade the penalty. There may be more code units than features.

    See Also
    --------
    TopKAE : Exactly k units respond.
    sklearn.decomposition.DictionaryLearning : Sparse codes of a linear model.

    References
    ----------
    .. [1] A. Ng, "Sparse autoencoder", CS294A lecture notes, Stanford University, 2011.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import SparseAE
    >>> X, _ = load_digits(return_X_y=True)
    >>> ae = SparseAE(100, sparsity=0.05, max_epochs=20, random_state=0).fit(X)
    >>> Z = ae.transform(X)
    >>> Z.shape
    (1797, 100)
    >>> bool((Z > 0.5).mean() < 0.1)
    True
    """

    penalty: str = param(
        StrOptions(set(PENALTIES)),
        default="kl",
        doc="""\
        {"kl", "l1"}
        What keeps the code sparse: "kl" draws the mean of logistic units to `sparsity`,
        "l1" makes the sum of rectified units small.""",
    )
    sparsity: float = param(
        Interval(Real, 0, 1, closed="neither"),
        default=0.05,
        doc="""\
        float
        Mean activation that "kl" draws each code unit to; "l1" has no use for it.""",
    )
    strength: str | float = param(
        StrOptions({"auto"}),
        Interval(Real, 0, None, closed="left"),
        default="auto",
        doc="""\
        "auto" or float
        Weight of the penalty beside the mean reconstruction error of a cell. "auto" is
        0.1 for "kl" and 0.001 for "l1".""",
    )
    decay: float = param(
        Interval(Real, 0, 1, closed="left"),
        default=0.9,
        doc="""\
        float
        Share of the former batches in the running average of the activations; 0 looks
        at the current batch only.""",
    )
    hidden_layer_sizes: str | int | Sequence[int] = shared_param(
        NetworkParameters, "hidden_layer_sizes", default=(256,)
    )
    skip: str | None = shared_param(NetworkParameters, "skip", default=None)

    @staticmethod
    def objective(
        network: SparseCode,
        batch: Batch,
        generator: torch.Generator,
        *,
        penalty: str,
        sparsity: float,
        strength: str | float,
        decay: float,
    ) -> Tensor:
        """Rebuild the target from a code that is costly to use."""
        z = network.encode(batch.input)
        if strength == "auto":
            strength = STRENGTHS[penalty]
        cost = PENALTIES[penalty](network, z, sparsity, decay)
        return batch.error(network.decode(z)) + strength * cost

    @staticmethod
    def equip(
        network: Network,
        n_features: int,
        n_components: int,
        *,
        penalty: str,
        sparsity: float,
    ) -> nn.Module:
        """Put the penalty's activation behind the encoder."""
        if penalty == "kl":  # logistic units start at the activation they are drawn to
            offset = math.log(sparsity / (1 - sparsity))
            return SparseCode(network, n_components, torch.sigmoid, offset)
        network = UnitColumns(network, n_components)
        return SparseCode(network, n_components, F.relu)
