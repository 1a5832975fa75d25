"""What specifications of networks for images and for series share."""

import numpy as np
from sklearn.base import BaseEstimator


class Shaped(BaseEstimator):
    """A specification that knows how columns are laid out: `_layouts` tells it."""

    #: Rows may have several dimensions.
    allow_nd = True

    def units(
        self,
        n_features: int | tuple[int, ...],
        n_outputs: int | tuple[int, ...] | None = None,
    ) -> np.ndarray:
        """
        Say which columns share a unit of measurement: those of a channel or feature.

        Parameters
        ----------
        n_features : int or tuple of int
            Width of the data, or shape of a row.
        n_outputs : int or tuple of int, default=None
            Width or shape of the rows whose columns are asked for. None: `n_features`.

        Returns
        -------
        ndarray of int, of the rows' width
            The number of the channel of images, or of the feature of series.

        Raises
        ------
        ValueError
            As `build`.
        """
        return self._layouts(n_features, n_outputs)[1].units()
