"""The k-sparse autoencoder."""

from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral, Real

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..core.base import BaseAutoencoder
from ..core.columns import CHUNK
from ..core.objective import Batch
from ..core.params import Interval, StrOptions, estimator, param, shared_param
from ..core.shared_params import NetworkParameters
from ..core.types import Network
from ..networks.linear import Linear
from ..networks.unit_columns import UnitColumns


class TopKCode(UnitColumns):
    """
    A network of whose code units the k largest of a row are kept, the others zero.

    Parameters
    ----------
    network : nn.Module
        With ``encode`` and ``decode``.
    n_components : int
        Width of the code.
    k : int
        Number of units kept in training.
    k_transform : int
        Number of units that a code keeps.
    """

    def __init__(self, network, n_components, k, k_transform):
        super().__init__(network, n_components)
        self.k, self.k_transform = k, k_transform
        start_transposed(network)
        self.register_buffer("rows_since_use", torch.zeros(n_components))

    def encode(self, x: Tensor) -> Tensor:
        """Map rows to codes."""
        return keep_largest(self.network.encode(x), self.k_transform)

    def dead(self, z: Tensor, dead_after: int) -> Tensor:
        """Tell which units no row has used for long, after a batch of codes."""
        if self.training:
            used = (z != 0).any(0)
            self.rows_since_use.add_(len(z)).masked_fill_(used, 0)
        return self.rows_since_use >= dead_after


@torch.no_grad()
def start_transposed(network: Network) -> None:
    """Let a linear encoder start as its decoder, transposed: fewer units die [2]_."""
    if isinstance(network, Linear):
        encoder, decoder = network.encode.weight, network.decode.weight
        if encoder.shape == decoder.T.shape:  # not where a target has other columns
            encoder.copy_(F.normalize(decoder, dim=0).T)


def keep_largest(activations: Tensor, k: int) -> Tensor:
    """Set all but the k largest entries of each row to zero."""
    largest, where = activations.topk(k, dim=1)
    return torch.zeros_like(activations).scatter(1, where, largest)


@estimator
class TopKAE(BaseAutoencoder):
    r"""
    The k-sparse autoencoder: exactly k code units of each row are not zero.

    The code is :math:`z = \mathrm{top}_k(f(x))`, the k largest outputs of the encoder
    with the others set to zero [1]_; the decoder's columns that read it have length
    one. Units that no row has used for a while ("dead") are revived as in [2]_: they
    are trained to explain what is left of the error,

    .. math:: \ell(x, g(z)) + \lambda \lVert (x - g(z)) - (g(z_\mathrm{dead}) - g(0))
        \rVert^2 / d

    where :math:`z_\mathrm{dead}` keeps the largest outputs among the dead units. There
    may be, and usually are, more code units than features.

    See Also
    --------
    SparseAE : As sparse on average, by a penalty.
    sklearn.decomposition.SparseCoder : Sparse codes in a given dictionary.

    References
    ----------
    .. [1] A. Makhzani and B. Frey, "k-sparse autoencoders", International Conference on
       Learning Representations, 2014.
    .. [2] L. Gao, T. Dupré la Tour, H. Tillman, G. Goh, R. Troll, A. Radford,
       I. Sutskever, J. Leike and J. Wu, "Scaling and evaluating sparse autoencoders",
       2024.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import TopKAE
    >>> X, _ = load_digits(return_X_y=True)
    >>> ae = TopKAE(200, k=10, max_epochs=20, random_state=0).fit(X)
    >>> {int(n) for n in (ae.transform(X) != 0).sum(axis=1)}
    {10}
    >>> ae.dead_fraction_ < 0.1
    True
    """

    _attribute_docs = """
    dead_fraction_ : float
        Share of the code units that are zero for every row of the training data."""

    k: str | int = param(
        StrOptions({"auto"}),
        Interval(Integral, 1, None, closed="left"),
        default="auto",
        doc="""\
        "auto" or int
        Number of code units that are not zero, at most `n_components_`. "auto" is a
        quarter of them.""",
    )
    k_transform: int | None = param(
        Interval(Integral, 1, None, closed="left"),
        None,
        default=None,
        doc="""\
        int or None
        Number of code units that `transform` keeps, at most `n_components_`. None is
        `k`. More than in training, such as twice as many, help a classifier [1]_.""",
    )
    revival: float = param(
        Interval(Real, 0, None, closed="left"),
        default=1 / 32,
        doc="""\
        float
        Weight of the dead units' own error, lambda. With
        ``loss="binary_crossentropy"``, whose logits are large beside what is left of
        the data, it brings hardly any unit back.""",
    )
    dead_after: int = param(
        Interval(Integral, 1, None, closed="left"),
        default=2000,
        doc="""\
        int
        Number of rows in training after which a unit that none of them used counts as
        dead.""",
    )
    hidden_layer_sizes: str | int | Sequence[int] = shared_param(
        NetworkParameters, "hidden_layer_sizes", default=()
    )
    skip: str | None = shared_param(NetworkParameters, "skip", default=None)

    @staticmethod
    def objective(
        network: TopKCode,
        batch: Batch,
        generator: torch.Generator,
        *,
        revival: float,
        dead_after: int,
    ) -> Tensor:
        """Rebuild the target from k units, the rest of the error from dead ones."""
        outputs = network.network.encode(batch.input)
        z = keep_largest(outputs, network.k)
        reconstruction = network.decode(z)
        loss = batch.error(reconstruction)
        dead = network.dead(z, dead_after)
        n_dead = int(dead.sum()) if network.training and revival else 0
        if n_dead == 0:
            return loss
        left = batch.target - batch.loss.expected(reconstruction, batch.target)
        z_dead = keep_largest(
            outputs.masked_fill(~dead, -torch.inf), min(n_dead, 4 * network.k)
        )
        explained = network.decode(z_dead) - network.decode(torch.zeros_like(z[:1]))
        squared = replace(batch.loss, function=F.mse_loss)
        return loss + revival * squared.mean(explained, left.detach())

    @staticmethod
    def equip(
        network: Network,
        n_features: int,
        n_components: int,
        *,
        k: str | int,
        k_transform: int | None,
    ) -> nn.Module:
        """Keep the largest outputs of the encoder."""
        if k == "auto":
            k = max(1, n_components // 4)
        kept = {"k": int(k), "k_transform": int(k_transform or k)}
        for name, number in kept.items():
            if number > n_components:
                raise ValueError(
                    f"{name}={number} code units cannot be kept of"
                    f" n_components_={n_components}. Lower {name}, or raise"
                    " n_components."
                )
        return TopKCode(network, n_components, **kept)

    def _report(self, x):
        used = torch.zeros(self.n_components_, dtype=torch.bool, device=x.device)
        for rows in x.split(CHUNK):
            used |= (self.network_.encode(rows) != 0).any(0)
        self.dead_fraction_ = float((~used).float().mean())
