"""Scores of rows, and the threshold below which they are outliers."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from ..core.types import ArrayLike, Self, Table
from .axes import axes_for, groups_of, legend, method_of


class ScoreDisplay:
    """
    Histogram of the scores of rows: the lower, the less like the training data.

    It is made by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,)
        The scores.
    y : ndarray of shape (n_samples,) or None
        Labels of the rows; each has a histogram of its own.
    threshold : float or None
        Scores below it mark outliers.

    Attributes
    ----------
    histograms_ : list of matplotlib.container.BarContainer or of list of \
matplotlib.patches.Polygon
        The histograms, by label.
    line_ : matplotlib.lines.Line2D or None
        The threshold.
    ax_ : matplotlib.axes.Axes
        What was drawn on.
    figure_ : matplotlib.figure.Figure
        Its figure.

    See Also
    --------
    ReconstructionDisplay : Why a row scores as it does.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import AE
    >>> from sklearn_ae.display import ScoreDisplay
    >>> X, _ = load_digits(return_X_y=True)
    >>> ae = AE(8, max_epochs=5, random_state=0).fit(X[:1000])
    >>> scores = ae.score_samples(X[:1000])
    >>> threshold = sorted(scores)[50]  # five in a hundred
    >>> display = ScoreDisplay.from_estimator(ae, X[1000:], threshold=threshold)
    >>> display.ax_.get_xlabel()
    'Score'
    """

    def __init__(
        self,
        scores: ArrayLike,
        y: ArrayLike | None = None,
        *,
        threshold: float | None = None,
    ):
        self.scores, self.y, self.threshold = scores, y, threshold

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Table,
        y: ArrayLike | None = None,
        *,
        target: Table | None = None,
        threshold: float | None = None,
        ax: Any = None,
        **hist_kw: Any,
    ) -> Self:
        """
        Draw the scores of rows.

        Parameters
        ----------
        estimator : estimator
            Fitted, with ``score_samples``: an autoencoder or an outlier detector.
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            The rows.
        y : array-like of shape (n_samples,), default=None
            Their labels, such as 1 for outliers.
        target : {array-like, sparse matrix}, default=None
            What the decoder is to give for the rows, where ``fit`` got one.
        threshold : float, default=None
            Scores below it mark outliers. None: the estimator's ``offset_``, if it has
            one.
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None: on new ones.
        **hist_kw : dict
            Passed to ``matplotlib.axes.Axes.hist``.

        Returns
        -------
        ScoreDisplay
            The display.

        Raises
        ------
        ValueError
            If the estimator has no ``score_samples``.
        """
        check_is_fitted(estimator)
        if threshold is None:
            threshold = getattr(estimator, "offset_", None)
        given = {} if target is None else {"target": target}
        scores = method_of(estimator, "score_samples")(X, **given)
        return cls.from_predictions(scores, y, threshold=threshold, ax=ax, **hist_kw)

    @classmethod
    def from_predictions(
        cls,
        scores: ArrayLike,
        y: ArrayLike | None = None,
        *,
        threshold: float | None = None,
        ax: Any = None,
        **hist_kw: Any,
    ) -> Self:
        """
        Draw scores.

        Parameters
        ----------
        scores : array-like of shape (n_samples,)
            The scores.
        y : array-like of shape (n_samples,), default=None
            Labels of the rows.
        threshold : float, default=None
            Scores below it mark outliers.
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None: on new ones.
        **hist_kw : dict
            Passed to ``matplotlib.axes.Axes.hist``.

        Returns
        -------
        ScoreDisplay
            The display.
        """
        check_consistent_length(scores, y)
        return cls(np.asarray(scores), y, threshold=threshold).plot(ax=ax, **hist_kw)

    def plot(self, ax: Any = None, **hist_kw: Any) -> Self:
        """
        Draw the histograms.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None: on new ones.
        **hist_kw : dict
            Passed to ``matplotlib.axes.Axes.hist``. There are 50 bins of the same width
            for all labels.

        Returns
        -------
        ScoreDisplay
            The display.
        """
        outside = ax is None
        ax = axes_for(self, ax)
        settings = {"bins": 50, "alpha": 0.6} | hist_kw
        settings["bins"] = np.histogram_bin_edges(self.scores, settings["bins"])
        self.histograms_ = [
            ax.hist(self.scores[rows], label=label, **settings)[-1]
            for label, rows in groups_of(self.y, len(self.scores))
        ]
        self.line_ = None
        if self.threshold is not None:
            style = {"color": "black", "linestyle": "--", "label": "threshold"}
            self.line_ = ax.axvline(self.threshold, **style)
        if self.y is not None or self.line_:
            legend(ax, outside=outside)
        ax.set(xlabel="Score", ylabel="Rows")
        return self
