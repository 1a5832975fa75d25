"""What is known of each column of a table."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import gen_batches
from sklearn.utils.sparsefuncs import mean_variance_axis, min_max_axis

from .missing import holds_nan

#: Rows at a time: float64 intermediates stay small ...
CHUNK = 1024
#: ... and so do wide rows, by fewer at a time. As float32 they take 64 MB: what is
#: freed of less than 32 MB stays with the process, in pieces.
CELLS = 2**24


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
    with np.errstate(over="ignore"):
        low, high, mean, variance, n_observed = moments(X)
        # A column that varies by its own rounding errors only is constant.
        variance[high - low <= 8 * np.finfo(np.float64).eps * np.abs(mean)] = 0
    observed = np.broadcast_to(n_observed / X.shape[0], mean.shape)
    return ColumnStatistics(mean, np.sqrt(variance), low, high, observed)


def _moments(X):
    if holds_nan(X):
        add, low, high = np.nansum, np.fmin.reduce(X), np.fmax.reduce(X)
        low, high = np.where(np.isnan(low), 0, [low, high])
        n_observed = sum((~np.isnan(chunk)).sum(0) for chunk in chunks(X))
    else:
        add, low, high, n_observed = np.sum, X.min(0), X.max(0), len(X)
    low, high, n = low.astype(float), high.astype(float), np.maximum(n_observed, 1)
    mean = sum(add(chunk, 0) for chunk in chunks(X)) / n
    mean = np.clip(mean, low, high)
    squares = (np.square(np.subtract(c, mean, out=c), out=c) for c in chunks(X))
    variance = sum(add(part, 0) for part in squares) / n
    return low, high, mean, variance, n_observed


def _sparse_moments(X):
    X = X.astype(np.float64)
    low, high = min_max_axis(X, axis=0)
    mean, variance = mean_variance_axis(X, axis=0)
    return low, high, np.clip(mean, low, high), variance, X.shape[0]


def at_a_time(n_columns: int, n_cells: int = CELLS) -> int:
    """Give how many rows of that width to take at a time, a multiple of 32."""
    return min(CHUNK, max(1, n_cells // (32 * n_columns)) * 32)


def chunks(X: np.ndarray, columns: Any = slice(None)) -> Iterator[np.ndarray]:
    """Copy a table's rows, or some columns of them, by portions in dense float64."""
    for rows in gen_batches(X.shape[0], at_a_time(X.shape[1])):
        part = X[rows][:, columns]
        dense = part.toarray() if issparse(part) else part
        # In one order: sums round as numbers lie in memory.
        yield dense.astype(np.float64, order="C")
