"""The vector-quantised autoencoder."""

from numbers import Integral, Real

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..core.base import BaseAutoencoder
from ..core.objective import Batch
from ..core.params import Interval, estimator, param
from ..core.products import in_one_way
from ..core.sampling import codes_of_some
from ..core.types import Network, Table
from .codebooks import Codebooks, Quantized, straight_through


@estimator
class VQVAE(BaseAutoencoder):
    r"""
    Vector-quantised autoencoder: codes made of entries of learnt codebooks.

    The encoder's output :math:`e` is cut into groups of `code_dim` units, each of which
    is replaced by the nearest of its `n_codes` code vectors; encoder and decoder
    minimise :math:`\ell(x, g(z)) + \beta \lVert e - z \rVert^2 / k` for the resulting
    code :math:`z` of width :math:`k`, whose gradient is handed to :math:`e` [1]_. A row
    is thus told by one index a group, `code_indices`: discrete, and small to store.
    `transform` gives :math:`z`.

    See Also
    --------
    AE : With continuous codes.
    sklearn.cluster.KMeans : Quantises rows as a whole.

    Notes
    -----
    Code vectors start as in k-means. Each is the running average of the encodings
    nearest to it; one that is hardly used starts anew at a random encoding of the
    batch. Each group has code vectors of its own, as its units have meanings of their
    own. With ``skip="pca"`` training starts at quantised principal components.
    `sample` replaces what it draws by the nearest code vectors.

    References
    ----------
    .. [1] A. van den Oord, O. Vinyals and K. Kavukcuoglu, "Neural discrete
       representation learning", Advances in Neural Information Processing Systems,
       2017.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import VQVAE
    >>> X, _ = load_digits(return_X_y=True)
    >>> ae = VQVAE(n_components=8, n_codes=16, max_epochs=10, random_state=0).fit(X)
    >>> ae.transform(X).shape
    (1797, 8)
    >>> ae.code_indices(X).shape  # 16 bits a row
    (1797, 4)
    >>> ae.score(X) > 0.5
    True
    """

    _attribute_docs = """
    perplexity_ : ndarray of shape (n_groups,)
        How many code vectors of each group are in use: exp of the entropy of their
        frequencies among the training rows, `n_codes` at most."""

    n_codes: int = param(
        Interval(Integral, 1, None, closed="left"),
        default=64,
        doc="""\
        int
        Number of code vectors of each group.""",
    )
    code_dim: int = param(
        Interval(Integral, 1, None, closed="left"),
        default=2,
        doc="""\
        int
        Code units in a group; the last group may have fewer. A row has
        ``ceil(n_components_ / code_dim)`` groups.""",
    )
    commitment: float = param(
        Interval(Real, 0, None, closed="left"),
        default=0.25,
        doc="""\
        float
        Weight of the distance between encodings and code vectors.""",
    )

    @staticmethod
    def equip(
        network: Network,
        n_features: int,
        n_components: int,
        *,
        n_codes: int,
        code_dim: int,
    ) -> nn.Module:
        """Add the codebooks."""
        return Quantized(network, Codebooks(n_components, code_dim, n_codes))

    @staticmethod
    def objective(
        network: Quantized,
        batch: Batch,
        generator: torch.Generator,
        *,
        commitment: float,
    ) -> Tensor:
        """Rebuild the target from the nearest code vectors, and stay near them."""
        encoding = network.network.encode(batch.input)
        books = network.codebooks
        groups = books.split(encoding.detach())
        if network.training:
            books.revive(groups, generator)
        index = books.nearest(groups)
        code = books.look_up(index)
        if network.training:
            books.follow(groups, index)
        output = network.decode(straight_through(code, encoding))
        return batch.error(output) + commitment * F.mse_loss(encoding, code)

    def _start_network(self, network, data, find, loss, seed):
        super()._start_network(network, data, find, loss, seed)
        x = data["input"]
        generator = torch.Generator(x.device).manual_seed(seed)
        with in_one_way():
            encodings = codes_of_some(x, network.network.encode)
            network.codebooks.start_from(encodings, generator)

    def code_indices(self, X: Table) -> np.ndarray:
        """
        Give the discrete codes of rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows in the units of the training data.

        Returns
        -------
        ndarray of shape (n_samples, n_groups)
            Of each group the index of its code vector, at least 0 and below `n_codes`.

        Raises
        ------
        ValueError
            If `X` is not a numeric table with the features seen during fit.
        """
        X = self._seen(X)
        codec = self._codec
        return codec.map(lambda rows: codec.network.indices(codec.scaled(rows)), X)

    def _report(self, x):
        network = self.network_
        index = codes_of_some(x, network.indices)
        share = F.one_hot(index, network.codebooks.n_codes).double().mean(0)
        self.perplexity_ = torch.special.entr(share).sum(1).exp().cpu().numpy()

    def _draw_codes(self, n_samples, random):
        codes = super()._draw_codes(n_samples, random)
        books = self.network_.codebooks
        return books.quantize(torch.from_numpy(codes).to(books.vectors)).cpu().numpy()
