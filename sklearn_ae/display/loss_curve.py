"""Losses by epoch."""

from typing import Any

from sklearn.utils.validation import check_is_fitted

from ..core.types import Self
from .axes import autoencoder_of, axes_for, named


class LossCurveDisplay:
    """
    Losses by epoch: of training, and of the rows that early stopping held out.

    It is made by `from_estimator`, or from the losses themselves.

    Parameters
    ----------
    losses : dict of str to tuple of two lists of float
        Training and validation losses of each estimator, by its name; the latter may be
        empty.

    Attributes
    ----------
    lines_ : list of matplotlib.lines.Line2D
        The curves: of each estimator the training's and, if there is one, the
        validation's.
    ax_ : matplotlib.axes.Axes
        What was drawn on.
    figure_ : matplotlib.figure.Figure
        Its figure.

    See Also
    --------
    ReconstructionDisplay : What the losses mean for single rows.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import AE
    >>> from sklearn_ae.display import LossCurveDisplay
    >>> X, _ = load_digits(return_X_y=True)
    >>> ae = AE(8, max_epochs=5, random_state=0).fit(X)
    >>> display = LossCurveDisplay.from_estimator(ae)
    >>> [line.get_label() for line in display.lines_]
    ['training', 'validation']
    """

    def __init__(self, losses: dict[str, tuple[list[float], list[float]]]):
        self.losses = losses

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None, **line_kw: Any) -> Self:
        """
        Draw the losses of fitted estimators.

        Parameters
        ----------
        estimator : estimator, list or dict of them
            With ``loss_curve_``, or around an autoencoder that has it; those of a dict
            by their names.
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None: on new ones.
        **line_kw : dict
            Passed to ``matplotlib.axes.Axes.plot``.

        Returns
        -------
        LossCurveDisplay
            The display.
        """
        losses = {}
        for name, one in named(estimator).items():
            check_is_fitted(one)
            if not hasattr(one, "loss_curve_"):
                one = autoencoder_of(one)
            losses[name] = one.loss_curve_, getattr(one, "validation_loss_curve_", [])
        return cls(losses).plot(ax=ax, **line_kw)

    def plot(self, ax: Any = None, **line_kw: Any) -> Self:
        """
        Draw the losses.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None: on new ones.
        **line_kw : dict
            Passed to ``matplotlib.axes.Axes.plot``.

        Returns
        -------
        LossCurveDisplay
            The display.
        """
        ax = axes_for(self, ax)
        self.lines_ = []
        for i, (name, curves) in enumerate(self.losses.items()):
            of = f" of {name}" if len(self.losses) > 1 else ""
            for curve, kind, style in zip(
                curves, ("training", "validation"), (":", "-"), strict=True
            ):
                if len(curve):
                    settings = {
                        "color": f"C{i}",
                        "linestyle": style,
                        "label": kind + of,
                    }
                    epochs = range(1, len(curve) + 1)
                    self.lines_ += ax.plot(epochs, curve, **(settings | line_kw))
        ax.set(xlabel="Epoch", ylabel="Loss")
        if ax.get_xscale() == "linear":
            ax.locator_params(axis="x", integer=True)
        if self.lines_:
            ax.legend(loc="best")
        return self
