"""What each unit of the code does."""

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_scalar

from ..core.types import ArrayLike, Self
from .axes import axes_for
from .cells import draw, figure_size
from .grids import decoded_cells, quantiles, typical_codes


class TraversalDisplay:
    """
    One line for each code unit, along which it alone varies.

    It goes through quantiles of the codes that ``sample`` draws. Units that change the
    decoded row most stand first. It is made by `from_estimator`.

    Parameters
    ----------
    cells : ndarray of shape (n_units, n_steps, ...)
        Pictures, as those of `ReconstructionDisplay`.
    kind : {"image", "line", "bar"}
        How they are drawn.
    units : ndarray of shape (n_units,)
        The units.

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
    ManifoldDisplay : Two units at a time.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import VAE
    >>> from sklearn_ae.display import TraversalDisplay
    >>> X, _ = load_digits(return_X_y=True)
    >>> vae = VAE(4, max_epochs=5, random_state=0).fit(X)
    >>> display = TraversalDisplay.from_estimator(vae, image_shape=(8, 8))
    >>> display.cells.shape
    (4, 9, 8, 8)
    """

    def __init__(self, cells: np.ndarray, *, kind: str, units: np.ndarray):
        self.cells, self.kind, self.units = cells, kind, units

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        start: ArrayLike | None = None,
        codes: ArrayLike | None = None,
        n_units: int = 10,
        n_steps: int = 9,
        image_shape: tuple[int, ...] | None = None,
        ax: Any = None,
        **style: Any,
    ) -> Self:
        """
        Decode codes of which one unit varies, and draw them.

        Parameters
        ----------
        estimator : estimator
            Fitted, with ``inverse_transform``.
        start : array-like of shape (n_components,), default=None
            The code from which single units depart. None: the median.
        codes : array-like of shape (n_samples, n_components), default=None
            Codes whose quantiles units go through. None: such as ``sample`` draws.
        n_units : int, default=10
            Number of units, at most; those that change the decoded row most.
        n_steps : int, default=9
            Number of values of each.
        image_shape : tuple of int, default=None
            Shape of a row as an image. None: what the network knows of it.
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None: on new ones.
        **style : dict
            Passed to ``imshow``, or to ``LineCollection``.

        Returns
        -------
        TraversalDisplay
            The display.

        Raises
        ------
        ValueError
            If the estimator cannot draw codes, or `start` is not one.
        """
        autoencoder, codes = typical_codes(estimator, codes)
        check_scalar(n_units, "n_units", Integral, min_val=1)
        start = np.median(codes, axis=0) if start is None else np.asarray(start)
        if start.shape != codes.shape[1:]:
            raise ValueError(
                f"The 'start' parameter must be a code of {codes.shape[1]} units. Got"
                f" shape {start.shape}."
            )
        steps = quantiles(codes, n_steps)
        units = np.arange(codes.shape[1])
        grid = np.tile(start, (len(units), n_steps, 1))
        grid[units, :, units] = steps.T
        cells, layout = decoded_cells(autoencoder, grid, image_shape)
        change = np.ptp(cells, axis=1).reshape(len(units), -1).sum(1)
        units = np.argsort(-change, kind="stable")[:n_units]
        return cls(cells[units], kind=layout.kind, units=units).plot(ax=ax, **style)

    def plot(self, ax: Any = None, **style: Any) -> Self:
        """
        Draw the lines.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None: on new ones.
        **style : dict
            Passed to ``imshow``, or to ``LineCollection``.

        Returns
        -------
        TraversalDisplay
            The display.
        """
        ax = axes_for(self, ax, figure_size(self.cells, self.kind))
        names = [f"unit {unit}" for unit in self.units]
        self.drawn_ = draw(ax, self.cells, self.kind, names, **style)
        ax.set_xlabel("from low to high values of the unit")
        return self
