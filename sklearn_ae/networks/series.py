"""Series as rows of a table: how their steps are laid out."""

from numbers import Integral
from typing import NamedTuple

import numpy as np
from torch import Tensor, nn

from ..core.warn import warn_user
from .unrolled import parts_at_rows


class Series(NamedTuple):
    """
    How series are flattened into rows: the features of a step are neighbours.

    Parameters
    ----------
    n_timesteps, n_features : int
        Number of steps, and of values at each.
    """

    n_timesteps: int
    n_features: int

    def from_rows(self, rows: Tensor) -> Tensor:
        """Give rows the shape (n_timesteps, n_rows, n_features)."""
        return rows.reshape(-1, *self).transpose(0, 1)

    def to_rows(self, steps: Tensor) -> Tensor:
        """Flatten such series."""
        return steps.transpose(0, 1).flatten(1)

    def units(self) -> np.ndarray:
        """Give the number of the feature that each column of the rows belongs to."""
        return np.tile(np.arange(self.n_features), self.n_timesteps)


def series_of(network: nn.Module) -> Series | None:
    """Find the layout of the series that a network takes, if it takes series."""
    layouts = (m.series for m in parts_at_rows(network) if hasattr(m, "series"))
    return next(layouts, None)


def input_series(n_features: int | tuple[int, ...], n_timesteps: int | None) -> Series:
    """
    Find the layout of series, by what is said of it or by the data alone.

    Parameters
    ----------
    n_features : int or tuple of int
        Width of the data, or shape of a row.
    n_timesteps : int or None
        The parameter of `Recurrent`.

    Returns
    -------
    Series
        The layout.

    Raises
    ------
    ValueError
        If rows are no series of that many steps, or of one step only.
    """
    if isinstance(n_features, Integral):
        steps = int(n_timesteps or n_features)  # torch knows no other numbers
        shape = steps, n_features // steps
        fits = n_features % steps == 0
    else:
        shape = n_features
        fits = len(shape) == 2 and n_timesteps in (None, shape[0])
    if not fits:
        raise ValueError(
            f"n_timesteps={n_timesteps} does not fit the data, whose rows have"
            f" n_features={n_features}: series are the rows of a table, of as many"
            " columns as steps times features, or an array of shape (n_samples,"
            " n_timesteps, n_features)."
        )
    if shape[0] < 2:
        raise ValueError(
            f"The rows, of n_features = {n_features}, are series of one step, in which"
            " there is no order to learn: give longer series, or another 'n_timesteps'"
            " parameter, or use the network 'dense'."
        )
    if shape[1] > 4 * shape[0] and n_timesteps is None:
        warn_user(
            f"Series of shape {tuple(shape)} are taken as {shape[0]} steps of"
            f" {shape[1]} features. If the steps stand last, turn them, by"
            f" X.transpose(0, 2, 1); if not, say so: n_timesteps={shape[0]}.",
        )
    return Series(*shape)


def output_series(n_outputs: int | tuple[int, ...], series: Series) -> Series:
    """
    Find the layout of the series that a decoder gives, of any number of steps.

    Parameters
    ----------
    n_outputs : int or tuple of int
        Width of the target, or shape of one of its rows. A width stands for series of
        as many features as those that come in.
    series : Series
        The latter.

    Returns
    -------
    Series
        The layout.

    Raises
    ------
    ValueError
        If the target is not made of such series.
    """
    if not isinstance(n_outputs, Integral):
        if len(n_outputs) == 2:
            return Series(*n_outputs)
    elif n_outputs % series.n_features == 0:
        return Series(n_outputs // series.n_features, series.n_features)
    raise ValueError(
        f"The target has rows of {n_outputs} values, which are no series of"
        f" {series.n_features} features. Give it the shape (n_samples, n_timesteps,"
        " n_features)."
    )
