"""Rows, and what comes back from their codes."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from scipy.sparse import issparse
from sklearn.utils.validation import check_is_fitted

from ..core.types import ArrayLike, Self, Table
from ..variants.corruption import corrupt
from .axes import autoencoder_of, axes_for, named
from .cells import draw, figure_size, in_bars, layout_of


class ReconstructionDisplay:
    """
    Rows above their reconstructions: images, or lines or bars where they are none.

    It is made by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    cells : ndarray of shape (n_lines, n_rows, ...)
        Pictures: (..., height, width), (..., height, width, 3), or of lines and bars
        (..., channels, n_points).
    kind : {"image", "line", "bar"}
        How they are drawn.
    names : list of str
        What stands beside the lines.

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
    TraversalDisplay : What each unit of the code does.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.decomposition import PCA
    >>> from sklearn_ae import AE
    >>> from sklearn_ae.display import ReconstructionDisplay
    >>> X, _ = load_digits(return_X_y=True)
    >>> models = [PCA(8).fit(X), AE(8, max_epochs=5, random_state=0).fit(X)]
    >>> display = ReconstructionDisplay.from_estimator(models, X, image_shape=(8, 8))
    >>> display.names
    ['data', 'PCA', 'AE']
    """

    def __init__(self, cells: np.ndarray, *, kind: str, names: list[str]):
        self.cells, self.kind, self.names = cells, kind, names

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Table,
        *,
        target: Table | None = None,
        corrupt: bool = False,
        n_rows: int = 10,
        image_shape: tuple[int, ...] | None = None,
        random_state: int = 0,
        ax: Any = None,
        **style: Any,
    ) -> Self:
        """
        Draw rows and what fitted estimators make of them, one below the other.

        Parameters
        ----------
        estimator : estimator, list or dict of them
            With ``reconstruct``, or with ``transform`` and ``inverse_transform`` as
            ``PCA``; those of a dict by their names.
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Rows, of which the first are drawn, unless those that come back have
            another shape.
        target : {array-like, sparse matrix}, default=None
            What the decoder is to give for them, as in ``fit``; drawn in a line of its
            own.
        corrupt : bool, default=False
            Whether each estimator with a ``noise_level``, such as `DenoisingAE`, gets
            rows that are corrupted as in its training, which are drawn too.
        n_rows : int, default=10
            Number of rows.
        image_shape : tuple of int, default=None
            Shape of a row as an image. None: what the network knows of it; rows that
            are no images are drawn as lines, or as bars, in scaled units, if their
            columns have units of their own.
        random_state : int, default=0
            Seed of the corruption.
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None: on new ones.
        **style : dict
            Passed to ``imshow``, or to ``LineCollection``.

        Returns
        -------
        ReconstructionDisplay
            The display.

        Raises
        ------
        ValueError
            If the rows do not have as many values as `image_shape`.
        """
        if issparse(X):
            X = (X if corrupt else X.tocsr()[:n_rows]).toarray()
        if issparse(target):
            target = target.tocsr()[:n_rows].toarray()
        lines, inputs = {"data": np.asarray(X[:n_rows])}, {"data"}
        estimators = named(estimator)
        for name, one in estimators.items():
            check_is_fitted(one)
            inner = autoencoder_of(one)
            if corrupt and hasattr(one, "noise_level"):
                of = f" for {name}" if len(estimators) > 1 else ""
                noisy = corrupted_rows(inner, one, np.asarray(X), random_state)
                lines["corrupted" + of] = noisy[:n_rows]
                inputs.add("corrupted" + of)
                rebuilt = inner._codec.reconstruct(flat(noisy[:n_rows]))
                lines[name] = rebuilt.reshape(-1, *inner.output_shape_)
            else:
                lines[name] = rebuilt_by(inner, X[:n_rows])
        if target is not None:
            lines["target"] = np.asarray(target)[:n_rows]
        first = next(iter(estimators.values()))
        return cls._of(lines, inputs, image_shape, first, ax, style)

    @classmethod
    def from_predictions(
        cls,
        lines: Mapping[str, ArrayLike],
        *,
        image_shape: tuple[int, ...] | None = None,
        estimator: Any = None,
        ax: Any = None,
        **style: Any,
    ) -> Self:
        """
        Draw rows that are at hand, one line of them below the other.

        Parameters
        ----------
        lines : dict of str to array-like of shape (n_rows, ...)
            Rows by what stands beside them; the same number in all lines.
        image_shape : tuple of int, default=None
            Shape of a row as an image. None: what the `estimator` knows of it.
        estimator : estimator, default=None
            A fitted one whose data they are.
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None: on new ones.
        **style : dict
            Passed to ``imshow``, or to ``LineCollection``.

        Returns
        -------
        ReconstructionDisplay
            The display.

        Raises
        ------
        ValueError
            If the rows do not have as many values as `image_shape`, or their shapes
            differ from line to line.
        """
        return cls._of(lines, (), image_shape, estimator, ax, style)

    @classmethod
    def _of(cls, lines, inputs, image_shape, estimator, ax, style):
        """Draw lines; of what an estimator takes only those that others are like."""
        lines = {name: np.asarray(rows) for name, rows in lines.items()}
        if not lines:
            raise ValueError("The 'lines' parameter must hold rows to draw.")
        cells, kinds = {}, []
        for name, rows in lines.items():
            of_input = name in inputs
            if of_input and image_shape and rows[0].size != math.prod(image_shape):
                continue
            layout = layout_of(rows.shape[1:], image_shape, estimator)
            cells[name] = layout.cells(in_bars(rows, layout, estimator, of_input))
            kinds.append(layout.kind)
        if len({one.ndim for one in cells.values()}) > 1:  # gray among colours
            cells = {name: in_colour(one) for name, one in cells.items()}
        shape = [*cells.values()][-1].shape
        cells = {
            name: one
            for name, one in cells.items()
            if one.shape == shape or name not in inputs
        }
        if any(one.shape != shape for one in cells.values()):
            shapes = {name: lines[name].shape for name in cells}
            raise ValueError(f"Rows of all lines must have one shape. Got {shapes}.")
        display = cls(np.stack([*cells.values()]), kind=kinds[-1], names=[*cells])
        return display.plot(ax=ax, **style)

    def plot(self, ax: Any = None, **style: Any) -> Self:
        """
        Draw the rows.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None: on new ones.
        **style : dict
            Passed to ``imshow``, or to ``LineCollection``. Images are gray, from the
            smallest to the largest value of the first line.

        Returns
        -------
        ReconstructionDisplay
            The display.
        """
        ax = axes_for(self, ax, figure_size(self.cells, self.kind, self.names))
        if self.kind == "image":
            data = self.cells[0]
            style = {"vmin": np.nanmin(data), "vmax": np.nanmax(data)} | style
        self.drawn_ = draw(ax, self.cells, self.kind, self.names, **style)
        return self


def rebuilt_by(estimator: Any, X: np.ndarray) -> np.ndarray:
    """Encode and decode rows."""
    if hasattr(estimator, "reconstruct"):
        return np.asarray(estimator.reconstruct(X))
    return np.asarray(estimator.inverse_transform(estimator.transform(X)))


def in_colour(images: np.ndarray) -> np.ndarray:
    """Give gray images three channels; colours stay as they are."""
    return images if images.ndim == 4 else np.repeat(images[..., None], 3, axis=-1)


def corrupted_rows(
    autoencoder: Any, said_by: Any, X: np.ndarray, seed: int
) -> np.ndarray:
    """Corrupt rows as an estimator does in training, all of them in one batch."""
    codec = autoencoder._codec
    generator = torch.Generator(autoencoder.net_.device).manual_seed(seed)
    noise, level = said_by.noise, said_by.noise_level
    rows = codec.scaled(flat(X))
    noisy, _ = corrupt(rows, noise, level, generator, codec.network)
    return codec.scaling.undo(noisy.cpu().numpy()).reshape(X.shape)


def flat(rows: np.ndarray) -> np.ndarray:
    """Make a table of rows of any shape."""
    return rows.reshape(len(rows), -1)
