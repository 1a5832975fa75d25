"""Which columns of a table share a unit."""

import numpy as np

from .columns import ColumnStatistics, chunks

#: From so many columns on their ranges tell whether they share a unit ...
MANY = 10
#: ... and with fewer their noise, if its logarithm varies by at most this share of what
#: it does in columns that are standardised.
ALIKE = 0.6
#: What is added to correlations, so that copies of a column do no harm.
RIDGE = 1e-3


def groups_of(
    X: np.ndarray, columns: ColumnStatistics, units: np.ndarray | None
) -> list[np.ndarray]:
    """
    Select the columns of each unit that several share, constant ones left out.

    Parameters
    ----------
    X : ndarray or csr_matrix of shape (n_samples, n_features)
        The table.
    columns : ColumnStatistics
        Those of its columns.
    units : ndarray of shape (n_features,) or None
        A number for each column, the same for those of one unit. None: found out, for
        all columns together.

    Returns
    -------
    list of ndarray of bool, shape (n_features,)
        A mask for each group.
    """
    varies = columns.std > 0
    if units is not None:
        return [varies & (units == unit) for unit in np.unique(units[varies])]
    n_columns = varies.sum()
    if n_columns >= MANY:
        alike = ranges_are_alike(columns.range[varies])
    else:
        alike = n_columns > 1 and noise_is_alike(X, columns)
    return [varies] if alike else []


def ranges_are_alike(ranges: np.ndarray) -> bool:
    """Whether three out of four columns span at least half of the widest range."""
    return np.quantile(ranges, 0.25) >= ranges.max() / 2


def noise_is_alike(X: np.ndarray, columns: ColumnStatistics) -> bool:
    """
    Whether columns have more similar noise levels unscaled than standardised.

    Noise is what the other columns leave unexplained of one. Principal components are
    the best description of a table whose columns all have the same [1]_.

    References
    ----------
    .. [1] M. Tipping and C. Bishop, "Probabilistic principal component analysis",
       Journal of the Royal Statistical Society, 1999.
    """
    varies = columns.std > 0
    std, mean = columns.std[varies], columns.mean[varies]
    products, n_pairs = np.zeros((2, len(std), len(std)))
    for rows in chunks(X, varies):
        z = (rows - mean) / std
        observed = 1.0 - np.isnan(z)
        z = np.nan_to_num(z)
        products += z.T @ z
        n_pairs += observed.T @ observed
    correlation = products / np.maximum(n_pairs, 1) + RIDGE * np.eye(len(std))
    if np.linalg.eigvalsh(correlation)[0] <= 0:  # too few cells are observed
        return False
    standardised = -np.log(np.diag(np.linalg.inv(correlation))) / 2
    return np.std(standardised + np.log(std)) < ALIKE * np.std(standardised)
