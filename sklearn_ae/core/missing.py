"""Missing cells: NaN all the way from the table to the network and to the loss."""

import math

import numpy as np
import torch
from scipy.sparse import issparse
from torch import Tensor

from .shared_memory import as_tensor
from .types import CSR

#: Rows at a time, where all are passed over in float64.
CHUNK = 512


def holds_nan(X: np.ndarray | Tensor) -> bool:
    """Whether any cell is NaN; none of sparse tables is."""
    if isinstance(X, Tensor):
        return bool(X.sum().isnan() and X.isnan().any())
    return isinstance(X, np.ndarray) and not is_finite(X) and bool(np.isnan(X).any())


def is_finite(X: np.ndarray | CSR) -> bool:
    """Whether one sum tells that no cell is NaN or infinite."""
    if X.dtype.kind != "f":
        return True
    tensor = None if issparse(X) else as_tensor(X)
    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(X.sum() if tensor is None else tensor.sum())


def require_observed(X: np.ndarray, name: str) -> None:
    """Refuse a table of which nothing is known."""
    if holds_nan(X) and np.isnan(X).all():
        raise ValueError(
            f"All cells of {name} are NaN: at least one must be observed, better some"
            " in each row and column."
        )


def require_observed_rows(X: np.ndarray) -> None:
    """Refuse rows of which nothing is known."""
    if holds_nan(X) and (empty := np.isnan(X).all(1)).any():
        raise ValueError(
            f"X has {empty.sum()} row(s) of NaN only: at least one cell of each must be"
            " observed. Leave such rows out."
        )


def observed(x: Tensor) -> Tensor:
    """Give the cells that are not NaN, in one dimension; all as they are if none is."""
    return x[~x.isnan()] if holds_nan(x) else x


def column_means(x: Tensor) -> Tensor:
    """Average the observed cells of each column, in float64; 0 where there are none."""
    n = sum((~c.isnan()).sum(0) for c in x.split(CHUNK))
    return sum(c.double().nan_to_num(0).sum(0) for c in x.split(CHUNK)) / n.clamp_min(1)


def mean_filled(x: Tensor) -> Tensor:
    """Replace NaN by its column's mean; rows without any are returned as they are."""
    if not holds_nan(x):
        return x
    return torch.where(x.isnan(), column_means(x).to(x), x)
