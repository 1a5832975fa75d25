"""The normal distribution of rows with missing cells, and what it says of these."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .alike import MULTIPLE
from .missing import column_means

#: The distribution is fitted to this many rows at most, ...
MAX_ROWS = 2000
#: ... and of tables with more columns only means and deviations.
MAX_COLUMNS = 64
#: Weight of the prior that columns are independent, in rows, and each column's own
#: noise, as a share of its variance.
PRIOR_ROWS, NOISE = 10, 1e-3
#: Steps of expectation maximisation at most, and the change that ends them.
N_STEPS, TOL = 30, 3e-3
#: Rows at a time.
CHUNK = 256


class Gaussian(NamedTuple):
    """
    A normal distribution of rows.

    Parameters
    ----------
    mean, deviation : Tensor of shape (n_features,)
        Of the columns.
    correlation : Tensor of shape (n_features, n_features) or None
        None: the columns are independent.
    """

    mean: Tensor
    deviation: Tensor
    correlation: Tensor | None

    def fill(self, x: Tensor) -> Tensor:
        """Replace NaN by what is to be expected given the observed cells of the row."""
        missing = x.isnan()
        mean, deviation = self.mean.to(x), self.deviation.to(x)
        if self.correlation is None:
            return torch.where(missing, mean, x)
        # Missing columns that have to do with no other one: see `RowsAlike`.
        more = -x.shape[1] % MULTIPLE
        correlation = F.pad(self.correlation.to(x), (0, more, 0, more))
        rows = F.pad((x - mean) / deviation, (0, more), value=torch.nan)
        expected = expectation(rows, correlation)[0][:, : x.shape[1]]
        return torch.where(missing, mean + deviation * expected, x)


def fit_gaussian(x: Tensor) -> Gaussian:
    """
    Fit a normal distribution to the observed cells, by expectation maximisation.

    Parameters
    ----------
    x : Tensor of shape (n_rows, n_features)
        Rows; NaN where a cell is missing.

    Returns
    -------
    Gaussian
        In float64, with correlations up to `MAX_COLUMNS` columns, without beyond.
    """
    mean = column_means(x)
    few = np.random.RandomState(0).permutation(len(x))[:MAX_ROWS]
    x = x[torch.from_numpy(few).to(x.device)].double() - mean
    deviation = column_means(x.square()).sqrt()
    # A column that is constant, or not observed at all, tells nothing.
    deviation = torch.where(deviation > 0, deviation, 1)
    if x.shape[1] > MAX_COLUMNS:
        return Gaussian(mean, deviation, None)
    x = x / deviation
    prior = covariance = torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    for _ in range(N_STEPS):
        before = covariance
        parts = [expectation(rows, covariance) for rows in x.split(CHUNK)]
        rows = torch.cat([rows for rows, _ in parts])
        shift = rows.mean(0)
        x, rows, mean = x - shift, rows - shift, mean + deviation * shift
        scatter = rows.T @ rows + sum(unsure(*rest) for _, rest in parts)
        covariance = (scatter + PRIOR_ROWS * prior) / (len(x) + PRIOR_ROWS)
        covariance = covariance + NOISE * prior
        if (covariance - before).norm() < TOL * before.norm():
            break
    return Gaussian(mean, deviation, covariance)


def expectation(
    x: Tensor, covariance: Tensor
) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
    """Fill rows of mean zero; give the factors that this took, too."""
    missing = x.isnan()
    either = missing[:, :, None] | missing[:, None, :]
    apart = torch.diag_embed(missing.to(x))
    lower = torch.linalg.cholesky(covariance.masked_fill(either, 0) + apart)
    known = x.masked_fill(missing, 0)
    weights = torch.cholesky_solve(known[..., None], lower)[..., 0]
    filled = F.linear(weights, covariance)  # it is symmetric
    return torch.where(missing, filled, x), (lower, missing, covariance)


def unsure(lower: Tensor, missing: Tensor, covariance: Tensor) -> Tensor:
    """Sum up the covariances of cells given the observed ones of their rows."""
    known = covariance.masked_fill(missing[:, :, None], 0)
    known = torch.linalg.solve_triangular(lower, known, upper=False)
    left = covariance - known.mT @ known
    return torch.where(missing[:, :, None] & missing[:, None, :], left, 0).sum(0)
