"""Weighted rows: a weight of two and a row given twice are the same."""

from itertools import pairwise

import numpy as np
from scipy.sparse import issparse

from ..core.types import CSR


def distinct_rows(
    X: np.ndarray | CSR, y: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """
    Merge equal rows, adding up their weights, in an order that the rows alone decide.

    Parameters
    ----------
    X : ndarray, csr_matrix or csr_array of shape (n_samples, n_features)
        The rows; sparse ones have one entry a cell, in the order of the columns.
    y : ndarray of shape (n_samples, ...)
        Their targets, numbers or NaN; rows with different ones stay apart.
    weight : ndarray of shape (n_samples,)
        Their weights; rows of weight zero are dropped.

    Returns
    -------
    index : ndarray of shape (n_distinct,)
        A row in `X` of each kind.
    weight : ndarray of shape (n_distinct,)
        Sum of the weights of its kind.
    """
    kept = np.flatnonzero(weight > 0)
    kind = (sparse_kinds if issparse(X) else kinds)(X[kept])
    # NaN is not equal to NaN.
    keys = np.column_stack([kind, np.nan_to_num(y[kept], nan=np.inf)])
    _, index, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return kept[index], np.bincount(inverse.ravel(), weights=weight[kept])


def kinds(rows: np.ndarray) -> np.ndarray:
    """Give each row a number, equal rows the same, in the order of their bytes."""
    rows = np.ascontiguousarray(rows + 0)  # makes -0.0 and 0.0 the same
    as_bytes = rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).ravel()
    return np.unique(as_bytes, return_inverse=True)[1].ravel()


def sparse_kinds(rows: CSR) -> np.ndarray:
    """Do so for sparse rows; a stored zero and no entry are the same."""
    rows = rows.copy()
    rows.eliminate_zeros()
    bounds = list(pairwise(rows.indptr))
    indices = rows.indices.astype(np.int64)
    names = np.empty(len(bounds), object)
    names[:] = [
        indices[start:stop].tobytes() + rows.data[start:stop].tobytes()
        for start, stop in bounds
    ]
    return np.unique(names, return_inverse=True)[1]
