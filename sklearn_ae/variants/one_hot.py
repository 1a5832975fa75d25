"""Columns that are one variable: the zeros and ones that stand for its categories."""

from bisect import bisect_left

import torch
from torch import Tensor, nn

from ..core.columns import CHUNK
from ..networks.unrolled import parts_at_rows


def one_hot_columns(x: Tensor) -> Tensor | None:
    """
    Find neighbouring columns of two values of which each row has one, and one alone.

    Parameters
    ----------
    x : Tensor of shape (n_rows, n_features)
        Rows, scaled or not. A column that holds NaN is a variable of its own.

    Returns
    -------
    Tensor of shape (n_features,) or None
        For each column the first one of its variable. None if each is a variable of
        its own.
    """
    n_rows, n_features = x.shape
    low, high = x.amin(0), x.amax(0)
    counts, has_two = torch.zeros_like(low, dtype=torch.long), low <= high
    for rows in x.split(CHUNK):
        # None in constant columns: categories that no row has may stand in between.
        ones = (rows == high) & (low < high)
        has_two &= (ones | (rows == low)).all(0)
        counts += ones.sum(0)
    # In columns of other values there are too many for any variable.
    counts = torch.where(has_two, counts, n_rows + 1)
    ends = [0, *counts.cumsum(0).tolist()]
    first, start = list(range(n_features)), 0
    while start < n_features:
        stop = bisect_left(ends, ends[start] + n_rows)
        if stop <= n_features and ends[stop] == ends[start] + n_rows:
            part = slice(start, stop)
            ones = (x[:, part] == high[part]) & (low < high)[part]
            if ones.sum(1).eq(1).all():
                first[start:stop] = [start] * (stop - start)
                start = stop - 1
        start += 1
    are_alone = first == list(range(n_features))
    return None if are_alone else torch.tensor(first, device=x.device)


def kept_together(network: nn.Module) -> Tensor | None:
    """Give what `one_hot_columns` found for a network, or for one inside of it."""
    found = (m.one_hot for m in parts_at_rows(network) if hasattr(m, "one_hot"))
    return next(found, None)
