"""Codes as points."""

from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from ..core.types import ArrayLike, Self, Table
from .axes import axes_for, groups_of, legend, method_of


class LatentDisplay:
    """
    Codes as points in the plane, coloured by label.

    Codes of more than two units are shown by their first two principal components,
    those of one by a histogram. It is made by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    codes : ndarray of shape (n_samples, 1) or (n_samples, 2)
        Positions.
    y : ndarray of shape (n_samples,) or None
        Labels or numbers.
    names : tuple of str
        What stands beside the axes.

    Attributes
    ----------
    scatters_ : list of matplotlib.collections.PathCollection
        The points, by label. Of one unit: the histograms.
    ax_ : matplotlib.axes.Axes
        What was drawn on.
    figure_ : matplotlib.figure.Figure
        Its figure.

    See Also
    --------
    ManifoldDisplay : What the decoder makes of a code of two units.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import AE
    >>> from sklearn_ae.display import LatentDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> ae = AE(2, max_epochs=5, random_state=0).fit(X)
    >>> display = LatentDisplay.from_estimator(ae, X, y)
    >>> len(display.scatters_)
    10
    """

    def __init__(
        self, codes: np.ndarray, y: np.ndarray | None = None, *, names: tuple[str, str]
    ):
        self.codes, self.y, self.names = codes, y, names

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Table,
        y: ArrayLike | None = None,
        *,
        ax: Any = None,
        **scatter_kw: Any,
    ) -> Self:
        """
        Draw the codes of rows.

        Parameters
        ----------
        estimator : estimator
            Fitted, with ``transform``.
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            The rows.
        y : array-like of shape (n_samples,), default=None
            Their labels, or numbers, which a colour bar explains.
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None: on new ones.
        **scatter_kw : dict
            Passed to ``matplotlib.axes.Axes.scatter``.

        Returns
        -------
        LatentDisplay
            The display.

        Raises
        ------
        ValueError
            If the estimator has no ``transform``.
        """
        check_is_fitted(estimator)
        codes = method_of(estimator, "transform")(X)
        return cls.from_predictions(codes, y, ax=ax, **scatter_kw)

    @classmethod
    def from_predictions(
        cls,
        codes: ArrayLike,
        y: ArrayLike | None = None,
        *,
        ax: Any = None,
        **scatter_kw: Any,
    ) -> Self:
        """
        Draw codes.

        Parameters
        ----------
        codes : array-like of shape (n_samples, n_components)
            The codes.
        y : array-like of shape (n_samples,), default=None
            Their labels, or numbers, which a colour bar explains.
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None: on new ones.
        **scatter_kw : dict
            Passed to ``matplotlib.axes.Axes.scatter``.

        Returns
        -------
        LatentDisplay
            The display.
        """
        codes = np.asarray(codes)
        names = "Code unit 0", "Code unit 1"
        if codes.shape[1] > 2 and len(codes) == 1:
            codes = codes[:, :2]  # a row by itself has no principal components
        elif codes.shape[1] > 2:
            pca = PCA(2, random_state=0).set_output(transform="default")
            codes = pca.fit_transform(codes)
            names = tuple(
                f"Principal component {i} of the codes ({share:.0%})"
                for i, share in enumerate(pca.explained_variance_ratio_)
            )
        if y is not None:
            y = np.asarray(y)
            check_consistent_length(codes, y)
        return cls(codes, y, names=names).plot(ax=ax, **scatter_kw)

    def plot(self, ax: Any = None, **scatter_kw: Any) -> Self:
        """
        Draw the codes.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None: on new ones.
        **scatter_kw : dict
            Passed to ``matplotlib.axes.Axes.scatter``, or to ``hist``.

        Returns
        -------
        LatentDisplay
            The display.
        """
        outside = ax is None
        ax = axes_for(self, ax)
        numbers = self.y is not None and type_of_target(self.y) == "continuous"
        groups = groups_of(None if numbers else self.y, len(self.codes))
        self.scatters_ = []
        if self.codes.shape[1] == 1:
            for label, rows in groups:
                settings = {"bins": 30, "alpha": 0.6, "label": label} | scatter_kw
                self.scatters_.append(ax.hist(self.codes[rows, 0], **settings)[-1])
            ax.set(xlabel=self.names[0], ylabel="Rows")
        else:
            settings = {"s": 8, "alpha": 0.7} | scatter_kw
            colours = colours_of(0 if self.y is None else len(np.unique(self.y)))
            for colour, (label, rows) in zip(colours, groups, strict=False):
                colour = {"c": self.y} if numbers else {"color": colour}
                points = ax.scatter(
                    *self.codes[rows].T, **(colour | {"label": label} | settings)
                )
                self.scatters_.append(points)
            ax.set(xlabel=self.names[0], ylabel=self.names[1])
            if numbers:
                self.figure_.colorbar(points, ax=ax)
        if self.y is not None and not numbers:
            legend(ax, outside=outside, markerscale=2)
        return self


def colours_of(n: int) -> Any:
    """Give a colour for each of n labels: ten or twenty that differ, or a range."""
    from matplotlib import colormaps

    if n > 20:
        return colormaps["nipy_spectral"](np.linspace(0.02, 0.95, n))
    return colormaps["tab10" if n <= 10 else "tab20"].colors
