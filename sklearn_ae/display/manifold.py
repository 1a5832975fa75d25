"""What the decoder makes of a plane of codes."""

from typing import Any

import numpy as np

from ..core.types import ArrayLike, Self
from .axes import axes_for
from .cells import draw, figure_size
from .grids import decoded_cells, quantiles, typical_codes


class ManifoldDisplay:
    """
    The decoder over a grid of codes: two units vary, the others stay at their median.

    The grid follows quantiles of the codes that ``sample`` draws, from the prior of
    autoencoders that have one. It is made by `from_estimator`.

    Parameters
    ----------
    cells : ndarray of shape (n_steps, n_steps, ...)
        Pictures, as those of `ReconstructionDisplay`; the largest values of the second
        unit in the first line.
    kind : {"image", "line", "bar"}
        How they are drawn.
    units : tuple of two int
        The units that vary.
    values : ndarray of shape (n_steps, 2)
        Their values.

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
    LatentDisplay : Where the codes of rows lie in that plane.
    TraversalDisplay : For codes of more units.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import VAE
    >>> from sklearn_ae.display import ManifoldDisplay
    >>> X, _ = load_digits(return_X_y=True)
    >>> vae = VAE(2, max_epochs=5, random_state=0).fit(X)
    >>> display = ManifoldDisplay.from_estimator(vae, n_steps=6, image_shape=(8, 8))
    >>> display.cells.shape
    (6, 6, 8, 8)
    """

    def __init__(
        self,
        cells: np.ndarray,
        *,
        kind: str,
        units: tuple[int, int],
        values: np.ndarray,
    ):
        self.cells, self.kind, self.units, self.values = cells, kind, units, values

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        codes: ArrayLike | None = None,
        units: tuple[int, int] = (0, 1),
        n_steps: int = 12,
        image_shape: tuple[int, ...] | None = None,
        ax: Any = None,
        **style: Any,
    ) -> Self:
        """
        Decode a grid of codes and draw it.

        Parameters
        ----------
        estimator : estimator
            Fitted, with ``inverse_transform`` and codes of two units at least.
        codes : array-like of shape (n_samples, n_components), default=None
            Codes whose quantiles the grid follows. None: such as ``sample`` draws.
        units : tuple of two int, default=(0, 1)
            The units that vary, to the right and upwards.
        n_steps : int, default=12
            Number of values of each.
        image_shape : tuple of int, default=None
            Shape of a row as an image. None: what the network knows of it.
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None: on new ones.
        **style : dict
            Passed to ``imshow``, or to ``LineCollection``.

        Returns
        -------
        ManifoldDisplay
            The display.

        Raises
        ------
        ValueError
            If the codes have a single unit or not these, or the estimator cannot draw
            any.
        """
        autoencoder, codes = typical_codes(estimator, codes)
        if codes.shape[1] < 2:
            raise ValueError(
                "ManifoldDisplay needs codes of two units at least; TraversalDisplay"
                " shows those of one."
            )
        known = range(codes.shape[1])
        if len(units) != 2 or not all(unit in known for unit in units):
            raise ValueError(
                f"The 'units' parameter must be two of {codes.shape[1]} code units,"
                f" counted from 0. Got {units!r}."
            )
        steps = quantiles(codes, n_steps)[:, list(units)]
        grid = np.tile(np.median(codes, axis=0), (n_steps, n_steps, 1))
        grid[:, :, units[0]] = steps[:, 0]
        grid[:, :, units[1]] = steps[::-1, 1, None]
        cells, layout = decoded_cells(autoencoder, grid, image_shape)
        display = cls(cells, kind=layout.kind, units=tuple(units), values=steps)
        return display.plot(ax=ax, **style)

    def plot(self, ax: Any = None, **style: Any) -> Self:
        """
        Draw the grid.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None: on new ones.
        **style : dict
            Passed to ``imshow``, or to ``LineCollection``.

        Returns
        -------
        ManifoldDisplay
            The display.
        """
        ax = axes_for(self, ax, figure_size(self.cells, self.kind))
        names = [f"{value:.2g}" for value in self.values[::-1, 1]]
        self.drawn_ = draw(ax, self.cells, self.kind, names, **style)
        low, high = (f"{value:.2g}" for value in self.values[[0, -1], 0])
        ax.set(
            xlabel=f"Code unit {self.units[0]}, from {low} to {high}",
            ylabel=f"Code unit {self.units[1]}",
        )
        return self
