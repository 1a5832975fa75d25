"""Weighted rows: a weight of two and a row given twice are the same."""

import numpy as np


def distinct_rows(X, y, weight):
    """
    Merge equal rows, adding up their weights, in an order that the rows alone decide.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        The rows.
    y : ndarray of shape (n_samples, ...)
        Their targets, numbers; rows with different ones stay apart.
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
    rows = np.ascontiguousarray(X[kept] + 0)  # makes -0.0 and 0.0 the same
    as_bytes = rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).ravel()
    kind = np.unique(as_bytes, return_inverse=True)[1].ravel()
    keys = np.column_stack([kind, y[kept]])
    _, index, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return kept[index], np.bincount(inverse.ravel(), weights=weight[kept])
