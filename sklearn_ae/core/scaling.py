"""How inputs are brought to a common scale, and back."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import issparse
from sklearn.utils import gen_batches
from sklearn.utils.sparsefuncs import mean_variance_axis, min_max_axis

from .missing import holds_nan

#: Rows at a time: float64 intermediates stay small.
CHUNK = 1024


@dataclass(frozen=True)
class Scaling:
    """
    An affine map of each column; NaN remains NaN.

    Parameters
    ----------
    center : ndarray of shape (n_features,)
        What is subtracted.
    scale : ndarray of shape (n_features,)
        What is divided by; 0 marks a constant column, which becomes 0 whatever it
        holds, and comes back as its constant.
    mean : ndarray of shape (n_features,)
        What stands for a missing cell where only numbers will do.
    """

    center: np.ndarray
    scale: np.ndarray
    mean: np.ndarray

    @property
    def divisor(self) -> np.ndarray:
        """What is divided by; infinity makes constant columns 0."""
        return np.where(self.scale > 0, self.scale, np.inf)

    def apply(self, X: np.ndarray, dtype: str) -> np.ndarray:
        """Scale rows into a new array; in float64 unless float32 holds all digits."""
        offsets_are_small = np.all(np.abs(self.center) <= 16 * self.scale)
        in_place = np.can_cast(X.dtype, np.float32) and offsets_are_small
        work = np.dtype(dtype if in_place else np.float64)
        center = torch.from_numpy(self.center.astype(work))
        divisor = torch.from_numpy(self.divisor.astype(work))
        out = np.empty(X.shape, dtype)
        for rows in gen_batches(len(X), CHUNK):
            part = out[rows] if in_place else np.empty_like(out[rows], work)
            part[:] = X[rows]
            torch.from_numpy(part).sub_(center).div_(divisor)
            if not in_place:
                out[rows] = part
        return out

    def undo(self, Z: np.ndarray) -> np.ndarray:
        """Bring scaled rows back to the data's own units, in their own precision."""
        out = np.empty_like(Z)
        for rows in gen_batches(len(Z), CHUNK):
            out[rows] = Z[rows] * self.scale + self.center
        return out

    def fill(self, X: np.ndarray) -> np.ndarray:
        """Replace NaN by its column's mean in a copy of the rows, not scaled."""
        return np.where(np.isnan(X), self.mean.astype(X.dtype), X)


@dataclass(frozen=True)
class ColumnStatistics:
    """
    Mean, standard deviation, minimum and maximum of each column, in float64.

    They are of the observed cells, those that are not NaN, whose share is a fifth
    statistic. A column without any is constantly zero.
    """

    mean: np.ndarray
    std: np.ndarray
    low: np.ndarray
    high: np.ndarray
    observed: np.ndarray

    @property
    def range(self) -> np.ndarray:
        """Distance from minimum to maximum."""
        return self.high - self.low


def column_statistics(X: np.ndarray) -> ColumnStatistics:
    """Pass over the rows twice: the mean first, for the sake of large offsets."""
    moments = _sparse_moments if issparse(X) else _moments
    low, high, mean, variance, n_observed = moments(X)
    # A column that varies by its own rounding errors only is constant.
    variance[high - low <= 8 * np.finfo(np.float64).eps * np.abs(mean)] = 0
    observed = np.broadcast_to(n_observed / X.shape[0], mean.shape)
    return ColumnStatistics(mean, np.sqrt(variance), low, high, observed)


def _moments(X):
    if holds_nan(X):
        add, low, high = np.nansum, np.fmin.reduce(X), np.fmax.reduce(X)
        low, high = np.where(np.isnan(low), 0, [low, high])
        n_observed = sum((~np.isnan(chunk)).sum(0) for chunk in _chunks(X))
    else:
        add, low, high, n_observed = np.sum, X.min(0), X.max(0), len(X)
    low, high, n = low.astype(float), high.astype(float), np.maximum(n_observed, 1)
    mean = sum(add(chunk, 0) for chunk in _chunks(X)) / n
    mean = np.clip(mean, low, high)
    variance = sum(add(np.square(chunk - mean), 0) for chunk in _chunks(X)) / n
    return low, high, mean, variance, n_observed


def _sparse_moments(X):
    X = X.astype(np.float64)
    low, high = min_max_axis(X, axis=0)
    mean, variance = mean_variance_axis(X, axis=0)
    return low, high, np.clip(mean, low, high), variance, X.shape[0]


def column_means(X: np.ndarray) -> np.ndarray:
    """Average the observed cells of each column; 0 where there are none."""
    if issparse(X):
        return column_statistics(X).mean
    n = sum((~np.isnan(chunk)).sum(0) for chunk in _chunks(X))
    return sum(np.nansum(chunk, 0) for chunk in _chunks(X)) / np.maximum(n, 1)


def fit_scaling(
    X: np.ndarray, rule: str | None, units: np.ndarray | None = None
) -> Scaling:
    """
    Find the scaling of a table.

    Parameters
    ----------
    X : ndarray or csr_matrix of shape (n_samples, n_features)
        Finite numbers of any type, and NaN.
    rule : {"auto", "standard", "pareto", "minmax", "auto_minmax"} or None
        The estimators' parameter ``scale``. "auto_minmax" is "minmax", except that
        columns which share a unit keep one common range.
    units : ndarray of shape (n_features,), default=None
        A number for each column, the same for those that "auto" and "auto_minmax" take
        to share a unit: a channel of images, a variable of series. None: found out.

    Returns
    -------
    Scaling
        To be applied to these rows and to others.
    """
    if rule is None:
        return Scaling(np.zeros(X.shape[1]), np.ones(X.shape[1]), column_means(X))
    columns = column_statistics(X)
    varies = columns.std > 0
    groups = groups_of(columns, units) if rule in ("auto", "auto_minmax") else []
    if rule in ("minmax", "auto_minmax"):
        low, span = columns.low.copy(), columns.range
        for group in groups:
            low[group] = columns.low[group].min()
            span[group] = columns.high[group].max() - columns.low[group].min()
        return Scaling(low, np.where(varies, span, 0), columns.mean)
    scale = columns.std
    if rule == "pareto" and varies.any():
        # With the mean variance that standardised columns have.
        scale = np.sqrt(scale) * np.sqrt(scale[varies].mean())
    if rule == "auto":
        # A column that is nearly always the same must not be blown up where it is not.
        scale = np.maximum(scale, columns.range / 20)
        for group in groups:
            scale[group] = np.sqrt(np.mean(np.square(columns.std[group])))
    return Scaling(columns.mean, np.where(varies, scale, 0), columns.mean)


def groups_of(columns: ColumnStatistics, units: np.ndarray | None) -> list[np.ndarray]:
    """Select the columns of each unit that several share, constant ones left out."""
    varies = columns.std > 0
    if units is None:
        return [varies] if share_a_unit(columns) else []
    return [varies & (units == unit) for unit in np.unique(units[varies])]


def share_a_unit(columns: ColumnStatistics) -> bool:
    """
    Guess whether the columns are measurements of one kind: pixels, spectra, counts.

    They are if there are many, and three out of four span at least half of the widest
    one's range. Constant columns have no say.
    """
    spans = columns.range[columns.std > 0]
    return len(spans) >= 10 and np.quantile(spans, 0.25) >= spans.max() / 2


def _chunks(X: np.ndarray) -> Iterator[np.ndarray]:
    for rows in gen_batches(len(X), CHUNK):
        yield X[rows].astype(np.float64)
