"""The denoising autoencoder."""

import math
from collections.abc import Callable
from functools import partial
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..core.base import BaseAutoencoder
from ..core.objective import Batch, only_rebuilds
from ..core.params import Interval, StrOptions, estimator, param
from ..core.types import Network
from ..networks.linear import has_path
from .corruption import (
    CORRUPTIONS,
    HIDING,
    IMAGE_CORRUPTIONS,
    corrupt,
    require_noise,
)
from .one_hot import one_hot_columns

#: How often noise is drawn to evaluate rows by the cells that it hides or corrupts.
N_DRAWS = 8


@estimator
class DenoisingAE(BaseAutoencoder):
    r"""
    Denoising autoencoder: a network that rebuilds clean rows from corrupted ones.

    Encoder :math:`f` and decoder :math:`g` minimise
    :math:`\ell(x, g(f(\tilde x)))` over random corruptions :math:`\tilde x` of the rows
    [1]_. To undo the corruption the code has to know how the columns hang together,
    which serves a classifier better than bare compression does. Rows are corrupted
    during training only.

    With ``skip="pca"`` and early stopping, the principal components that training
    starts at are kept unless it restores the corrupted cells of held-out rows better:
    unrelated columns can only be packed into a code, which serves no classifier. Not so
    if `emphasis` is given.

    See Also
    --------
    AE : Without corruption.
    sklearn.decomposition.PCA : The linear counterpart.

    References
    ----------
    .. [1] P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio and P.-A. Manzagol, "Stacked
       denoising autoencoders: Learning useful representations in a deep network with a
       local denoising criterion", Journal of Machine Learning Research, 2010.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import Pipeline
    >>> from sklearn_ae import DenoisingAE
    >>> X, y = load_digits(return_X_y=True)
    >>> ae = DenoisingAE(n_components=8, max_epochs=60, random_state=0)
    >>> clf = LogisticRegression(max_iter=2000)
    >>> model = Pipeline([("ae", ae), ("clf", clf)]).fit(X[:1000], y[:1000])
    >>> model.score(X[1000:], y[1000:]) > 0.9  # with PCA: 0.88
    True
    """

    # Held-out rows are corrupted only once each: a small gain on them may be luck.
    _caution_if_learnt_twice = 1

    noise: str | Callable[[Tensor, float, torch.Generator], Tensor] = param(
        StrOptions({*CORRUPTIONS, *HIDING, *IMAGE_CORRUPTIONS}),
        callable,
        default="swap",
        doc="""\
        {"swap", "masking", "gaussian", "salt_and_pepper", "missing", "pixels", \
"blocks", "shift"} or callable
        How scaled rows are corrupted. "swap" replaces cells by the same column of
        another row of the batch, and neighbouring columns that are one variable, of
        which each row has one and one alone, together; "masking" sets them to zero, a
        centred column's mean; "salt_and_pepper" to the column's smallest or largest
        value in the batch; "gaussian" adds normal noise to all cells; "missing" hides
        cells like those that are missing in data, and prepares the network for such.
        With a network of images "pixels" sets all channels of a pixel to zero
        ("masking" does it for each channel), "blocks" a square of each image, and
        "shift" moves images, or series that are images of one row. A callable maps
        (rows, noise_level, generator), a tensor of shape (n_rows, n_features), a float
        and a torch.Generator, to a new tensor of that shape.""",
    )
    noise_level: float = param(
        Interval(Real, 0, None, closed="left"),
        default=0.15,
        doc="""\
        float
        Probability that a cell is corrupted, at most 1; for "blocks" the share of the
        image; for "shift" the longest way, as a share of the image's sides; for
        "gaussian" the noise's standard deviation in scaled units.""",
    )
    emphasis: tuple[float, float] | None = param(
        "array-like",
        None,
        default=None,
        doc="""\
        (alpha, beta) or None
        Weights of the error at corrupted and at untouched cells [1]_; ``(1, 0)`` looks
        at corrupted cells only. Cells that were chosen count as corrupted even where
        they kept their value, as a zero does that is set to zero; by a callable, those
        that changed. None weighs all alike.""",
    )

    @staticmethod
    @only_rebuilds
    def objective(
        network: Network,
        batch: Batch,
        generator: torch.Generator,
        *,
        noise: str | Callable[[Tensor, float, torch.Generator], Tensor],
        noise_level: float,
        emphasis: tuple[float, float] | None,
    ) -> Tensor:
        """Rebuild the clean target from the code of a corrupted input."""
        if noise in tuple(HIDING) and not network.training:
            # Few cells are hidden at a time, and held-out rows are few.
            x, target = batch.input, batch.target
            x, target = x.repeat(N_DRAWS, 1), target.repeat(N_DRAWS, 1)
            batch = batch._replace(input=x, target=target)
        x, chosen = corrupt(batch.input, noise, noise_level, generator, network)
        output = network.decode(network.encode(x))
        if emphasis is None:
            return batch.error(output)
        if output.shape != x.shape:
            raise ValueError(
                "The 'emphasis' parameter needs a target with the columns of the data."
            )
        alpha, beta = map(float, emphasis)
        weight = torch.full_like(output, beta).masked_fill_(chosen, alpha)
        return batch.error(output, weight)

    def _second_opinion(self, network, rebuilds_anew):
        # A network can rebuild rows better than principal components do by packing
        # columns into its code that have nothing to do with each other. That restores
        # no cell, and no linear model can read such a code.
        if (
            rebuilds_anew
            and has_path(network)
            and self.noise_level
            and self.emphasis is None
        ):
            knobs = {"noise": self.noise, "noise_level": self.noise_level}
            return partial(restoration, **knobs)
        return None

    def _make_network(self, data, find, loss, seed):
        network = super()._make_network(data, find, loss, seed)
        if self.noise == "swap" and isinstance(data["input"], Tensor):
            network.register_buffer("one_hot", one_hot_columns(data["input"]))
        return network

    def _hides_by(self):
        return f"noise={self.noise!r}" if self.noise in tuple(HIDING) else None

    def _validate_params(self):
        super()._validate_params()
        require_noise(self)
        if self.emphasis is not None and not is_pair_of_weights(self.emphasis):
            raise ValueError(
                "The 'emphasis' parameter of DenoisingAE must be None or a pair"
                " (alpha, beta) of finite weights >= 0, one of them > 0."
                f" Got {self.emphasis!r} instead."
            )


def restoration(
    network: Network,
    batch: Batch,
    generator: torch.Generator,
    *,
    noise: str | Callable[[Tensor, float, torch.Generator], Tensor],
    noise_level: float,
) -> Tensor:
    """
    Take the error at corrupted cells alone: the others might as well be copied.

    Squares beyond one scaled unit count as in Huber's loss, so that a few
    outlying cells do not decide.
    """
    errors = []
    for _ in range(N_DRAWS):
        x, chosen = corrupt(batch.input, noise, noise_level, generator, network)
        output = network.decode(network.encode(x))
        cells = batch.loss.cells(output, batch.target)
        cells = torch.where(cells > 1, 2 * cells.clamp_min(1).sqrt() - 1, cells)
        errors.append((cells * chosen).mean())
    return torch.stack(errors).mean()


def is_pair_of_weights(pair: Any) -> bool:
    """Whether these are two numbers of which none is negative, and one positive."""
    # As objects: numbers and nothing else make an array of one dimension.
    pair = np.array(pair, dtype=object)
    are_weights = all(isinstance(w, Real) and 0 <= w < math.inf for w in pair.flat)
    return pair.shape == (2,) and are_weights and max(pair) > 0
