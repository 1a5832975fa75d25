"""Sparse tables: rows are made dense when they are asked for, a batch at a time."""

from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np
import torch
from scipy.sparse import csr_array, issparse, vstack
from scipy.sparse.linalg import LinearOperator
from sklearn.utils import gen_batches
from torch import Tensor

from .columns import ColumnStatistics, column_statistics
from .losses import identity
from .missing import CHUNK
from .scaling import Scaling, fit_scaling
from .types import CSR


class SparseRows:
    """
    The scaled rows of a sparse table, with what training needs of a tensor's interface.

    Parameters
    ----------
    table : csr_matrix or csr_array of shape (n_rows, n_features)
        The rows before scaling.
    scaling : Scaling
        Of the columns.
    dtype : str
        Precision of the scaled rows.
    device : torch.device
        Where they are wanted.
    """

    def __init__(
        self,
        table: CSR,
        scaling: Scaling,
        dtype: str,
        device: torch.device,
    ):
        self.table, self.scaling, self.device = table, scaling, device
        self._dtype = dtype

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return self.table.shape

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the scaled rows."""
        return getattr(torch, self._dtype)

    @cached_property
    def _columns(self) -> ColumnStatistics:
        return column_statistics(self.table)

    def __len__(self) -> int:
        return self.table.shape[0]

    def __getitem__(self, rows: slice | Tensor) -> Tensor:
        """Scale some rows, by a slice or by their indices."""
        rows = rows.cpu().numpy() if isinstance(rows, Tensor) else rows
        return self._scaled(self.table[rows].toarray())

    def subset(self, rows: np.ndarray) -> "SparseRows":
        """Keep some rows sparse, by a mask or by their indices."""
        return SparseRows(self.table[rows], self.scaling, self._dtype, self.device)

    def index_select(self, dim: int, index: Tensor) -> Tensor:
        """Scale the rows of these indices."""
        return self[index]

    def split(self, size: int) -> Iterator[Tensor]:
        """Scale all rows, by parts."""
        for rows in gen_batches(len(self), size):
            yield self[rows]

    def min(self) -> Tensor:
        """Give the smallest cell."""
        return self._scaled(self._columns.low[None]).min()

    def max(self) -> Tensor:
        """Give the largest cell."""
        return self._scaled(self._columns.high[None]).max()

    def mean(self, dim: int = 0) -> Tensor:
        """Give the average row."""
        return self._scaled(self._columns.mean[None])[0]

    def var(self, dim: int = 0, correction: int = 0) -> Tensor:
        """Give the variance of each column."""
        std = self._columns.std / self.scaling.divisor
        return torch.from_numpy(np.square(std)).to(self.device, self.dtype)

    def map(self, function: Callable[[Tensor], Tensor]) -> "SparseRows":
        """Apply to all rows a function that maps most zeros to zero."""
        parts = [csr_array(function(x).cpu().numpy()) for x in self.split(CHUNK)]
        table = vstack(parts, format="csr")
        return SparseRows(table, fit_scaling(table, None), self._dtype, self.device)

    def centred(self) -> "Centred":
        """Subtract the average row, without writing it down."""
        scale = 1 / self.scaling.divisor
        table = self.table.astype(np.float64).multiply(scale).tocsr()
        return Centred(table, self._columns.mean * scale)

    def _scaled(self, rows: np.ndarray) -> Tensor:
        scaled = self.scaling.apply(rows, self._dtype)
        return torch.from_numpy(scaled).to(self.device)


class Centred(LinearOperator):
    """
    Sparse rows minus a row that is not sparse: known by its products.

    Parameters
    ----------
    table : csr_matrix or csr_array of shape (n_rows, n_features)
        The rows.
    offset : ndarray of shape (n_features,)
        What is subtracted from each.
    """

    def __init__(self, table: CSR, offset: np.ndarray):
        super().__init__(np.float64, table.shape)
        self.table, self.offset = table, offset

    def _matmat(self, q):
        return self.table @ q - self.offset @ q

    def _rmatmat(self, q):
        return self.table.T @ q - np.outer(self.offset, q.sum(0))

    def _rmatvec(self, q):
        # Old versions of scipy do not fall back on the above.
        return self._rmatmat(q.reshape(-1, 1)).ravel()

    def covariance(self) -> np.ndarray:
        """Multiply columns with columns and average, the offset being the mean row."""
        squares = (self.table.T @ self.table).toarray() / self.shape[0]
        return squares - np.outer(self.offset, self.offset)

    def total_variance(self) -> float:
        """Sum up the variances of all columns, the offset being the mean row."""
        squares = np.square(self.table.data).sum() / self.shape[0]
        variance = squares - self.offset @ self.offset
        return variance if variance > 1e-12 * squares else 0.0  # else of rounding

    def gram(self) -> np.ndarray:
        """Multiply rows with rows."""
        shared = self.table @ self.offset
        products = (self.table @ self.table.T).toarray()
        return products - shared[:, None] - shared + self.offset @ self.offset


def scaled_rows(
    X: np.ndarray | CSR,
    scaling: Scaling,
    dtype: str,
    device: torch.device,
) -> Tensor | SparseRows:
    """Scale a table: now, or if it is sparse whenever rows are asked for."""
    if issparse(X):
        return SparseRows(X, scaling, dtype, device)
    return torch.from_numpy(scaling.apply(X, dtype)).to(device)


def mapped(
    function: Callable[[Tensor], Tensor], rows: Tensor | SparseRows
) -> Tensor | SparseRows:
    """Apply a function to rows of either kind."""
    if isinstance(rows, SparseRows) and function is not identity:
        return rows.map(function)
    return function(rows)


def subset(rows: Tensor | SparseRows, which: np.ndarray) -> Tensor | SparseRows:
    """Select rows of either kind, by a mask or by their indices."""
    if isinstance(rows, SparseRows):
        return rows.subset(which)
    return rows[torch.from_numpy(which).to(rows.device)]


def canonical(X: np.ndarray | CSR) -> np.ndarray | CSR:
    """Give a sparse table with one entry a cell; dense ones as they are."""
    if issparse(X) and not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return X
