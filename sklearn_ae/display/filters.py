"""What the first layer looks for, and what the last one adds."""

import math
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted
from torch import nn

from ..core.types import Self
from ..networks.linear import Skip, Transposed
from ..networks.missing import Mask
from .axes import autoencoder_of, axes_for, method_of
from .cells import Layout, draw, figure_size, layout_of


class FiltersDisplay:
    """
    Weights of the first layer, a picture for each unit, those of large norm first.

    Or those of the last layer: what each unit adds to the reconstruction. It is made by
    `from_estimator`.

    Parameters
    ----------
    weights : ndarray of shape (n_units, ...)
        Pictures of the weights: (..., height, width), (..., height, width, 3), or of
        lines and bars (..., channels, n_points).
    kind : {"image", "line", "bar"}
        How they are drawn.

    Attributes
    ----------
    drawn_ : matplotlib.image.AxesImage or list of \
matplotlib.collections.LineCollection
        One image of all, or the lines or bars by channel.
    ax_ : matplotlib.axes.Axes
        What was drawn on.
    figure_ : matplotlib.figure.Figure
        Its figure.

    See Also
    --------
    TraversalDisplay : What the units of the code do.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import RBM
    >>> from sklearn_ae.display import FiltersDisplay
    >>> X, _ = load_digits(return_X_y=True)
    >>> rbm = RBM(16, max_epochs=5, random_state=0).fit(X)
    >>> display = FiltersDisplay.from_estimator(rbm, image_shape=(8, 8))
    >>> display.weights.shape
    (16, 8, 8)
    """

    def __init__(self, weights: np.ndarray, *, kind: str):
        self.weights, self.kind = weights, kind

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        part: str = "encoder",
        n_filters: int = 64,
        image_shape: tuple[int, ...] | None = None,
        ax: Any = None,
        **style: Any,
    ) -> Self:
        """
        Draw the first or the last layer of a fitted autoencoder.

        Parameters
        ----------
        estimator : estimator
            Fitted, with a ``network_`` whose first layer is linear or a convolution.
            Of a network with a linear path beside it, the network is meant.
        part : {"encoder", "decoder"}, default="encoder"
            Whether the first layer is meant, from the rows on, or the last one, which
            has to be linear and gives the rows.
        n_filters : int, default=64
            Number of units, at most; those with the largest norms.
        image_shape : tuple of int, default=None
            Shape of a row as an image. None: what the network knows of it.
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None: on new ones.
        **style : dict
            Passed to ``imshow``, or to ``LineCollection``.

        Returns
        -------
        FiltersDisplay
            The display.

        Raises
        ------
        ValueError
            If `part` is neither, `n_filters` is less than 1, or the network does not
            begin, or end, with such a layer.
        """
        check_is_fitted(estimator)
        check_scalar(n_filters, "n_filters", Integral, min_val=1)
        if part not in ("encoder", "decoder"):
            raise ValueError(
                f"The 'part' parameter must be 'encoder' or 'decoder'. Got {part!r}."
            )
        autoencoder = autoencoder_of(estimator)
        weights = outer_weights(autoencoder, part)
        norms = np.sqrt(np.square(weights).reshape(len(weights), -1).sum(1))
        weights = weights[np.argsort(-norms, kind="stable")[:n_filters]]
        if weights.ndim == 4:
            layout = Layout("image", weights.shape[1:])
        else:
            shape = getattr(autoencoder, "input_shape_", weights.shape[1:])
            layout = layout_of(shape, image_shape, autoencoder)
        return cls(layout.cells(weights), kind=layout.kind).plot(ax=ax, **style)

    def plot(self, ax: Any = None, **style: Any) -> Self:
        """
        Draw the weights.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None: on new ones.
        **style : dict
            Passed to ``imshow``, or to ``LineCollection``. Images are red where weights
            are positive, blue where they are negative.

        Returns
        -------
        FiltersDisplay
            The display.
        """
        n_columns = math.ceil(math.sqrt(len(self.weights)))
        missing = -len(self.weights) % n_columns
        blank = np.full((missing, *self.weights.shape[1:]), np.nan)
        cells = np.concatenate([self.weights, blank])
        cells = cells.reshape(-1, n_columns, *self.weights.shape[1:])
        ax = axes_for(self, ax, figure_size(cells, self.kind))
        if self.kind == "image":
            limit = np.abs(self.weights).max()
            style = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit} | style
        self.drawn_ = draw(ax, cells, self.kind, **style)
        return self


def outer_weights(autoencoder: Any, part: str) -> np.ndarray:
    """Find the weights that rows meet first or last; a linear path is passed over."""
    network = method_of(autoencoder, "network_")
    for module in network.modules():
        if isinstance(module, Skip):
            network = module.network
            break
    weights = [w.detach().cpu().numpy() for w in network.parameters()]
    convolves = any(w.ndim == 4 for w in weights)
    n_features = autoencoder.n_features_in_
    masked = any(isinstance(m, Mask) for m in autoencoder.network_.modules())
    n_inputs = 2 * n_features if masked else n_features  # the mask stands behind
    fitting = [
        w if w.ndim == 4 else w[:, :n_features]
        for w in weights
        if w.ndim == 4 or w.shape[1:] == (n_inputs,)
    ]
    if part == "decoder" and not is_tied(network):
        fitting = [w.T for w in weights[::-1] if w.ndim == 2 and len(w) == n_features]
        fitting = [] if convolves else fitting
    # Those of recurrent layers are as wide as their state, which tells of no column.
    reads_steps = any(isinstance(m, nn.RNNBase) for m in network.modules())
    if reads_steps or not fitting:
        raise ValueError(
            "FiltersDisplay needs a network whose first layer is linear or a"
            ' convolution, or with part="decoder" one whose last layer is linear, not'
            f" {type(network).__name__}."
        )
    return fitting[0]


def is_tied(network: nn.Module) -> bool:
    """Whether a network decodes by the weights of its encoder."""
    return any(isinstance(m, Transposed) for m in network.modules())
