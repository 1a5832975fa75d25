"""The normal distribution of incomplete rows: expectations and maximum likelihood."""

import numpy as np
import pytest
import torch

from sklearn_ae.core import gaussian
from sklearn_ae.core.gaussian import Gaussian, fit_gaussian


@pytest.fixture
def exact(monkeypatch):
    """Let nothing but the data have a say."""
    monkeypatch.setattr(gaussian, "PRIOR_ROWS", 0)
    monkeypatch.setattr(gaussian, "NOISE", 0)
    monkeypatch.setattr(gaussian, "TOL", 1e-12)
    monkeypatch.setattr(gaussian, "N_STEPS", 300)


def covariance_of(fitted):
    return fitted.correlation * fitted.deviation * fitted.deviation[:, None]


def test_complete_rows_have_their_own_moments(rows, exact):
    fitted = fit_gaussian(torch.from_numpy(rows))
    np.testing.assert_allclose(fitted.mean, rows.mean(0))
    np.testing.assert_allclose(covariance_of(fitted), np.cov(rows.T, bias=True))


def test_one_column_with_gaps_has_the_moments_of_anderson(rows, exact):
    """Anderson (1957): the regression on the other column holds for all rows."""
    x, y = rows[:, 0], rows[:, 1].copy()
    y[x > np.median(x)] = np.nan
    slope, constant = np.polyfit(x[~np.isnan(y)], y[~np.isnan(y)], 1)
    residual = np.nanvar(y - constant - slope * x)
    expected = [
        [x.var(), slope * x.var()],
        [slope * x.var(), slope**2 * x.var() + residual],
    ]
    fitted = fit_gaussian(torch.from_numpy(np.c_[x, y]))
    np.testing.assert_allclose(fitted.mean, [x.mean(), constant + slope * x.mean()])
    np.testing.assert_allclose(covariance_of(fitted), expected, rtol=1e-6)


def test_missing_cells_are_filled_by_their_conditional_expectation(rows):
    mean, covariance = rows.mean(0), np.cov(rows.T)
    deviation = np.sqrt(covariance.diagonal())
    parts = (mean, deviation, covariance / np.outer(deviation, deviation))
    fill = Gaussian(*map(torch.from_numpy, parts)).fill
    row, known = rows[0].copy(), np.array([0, 2, 5])
    missing = np.setdiff1d(np.arange(6), known)
    row[missing] = np.nan
    weights = np.linalg.solve(
        covariance[np.ix_(known, known)], covariance[np.ix_(known, missing)]
    )
    filled = fill(torch.from_numpy(row)[None]).numpy()[0]
    np.testing.assert_array_equal(filled[known], rows[0][known])
    np.testing.assert_allclose(
        filled[missing], mean[missing] + (rows[0] - mean)[known] @ weights
    )


def test_wide_tables_are_filled_by_means(monkeypatch, rows):
    monkeypatch.setattr(gaussian, "MAX_COLUMNS", 5)
    holes = rows.copy()
    holes[::2, 1] = np.nan
    filled = fit_gaussian(torch.from_numpy(holes)).fill(torch.from_numpy(holes))
    np.testing.assert_allclose(filled[::2, 1], holes[1::2, 1].mean())


def test_columns_and_rows_without_observed_cells_take_means(rows):
    holes = np.c_[rows, np.full(120, np.nan), np.full(120, 7.0)]
    holes[3], holes[4, 7] = np.nan, np.nan
    fitted = fit_gaussian(torch.from_numpy(holes))
    filled = fitted.fill(torch.from_numpy(holes)).numpy()
    np.testing.assert_allclose(filled[3], fitted.mean)
    np.testing.assert_allclose(filled[:, 6], 0)
    np.testing.assert_allclose(filled[:, 7], 7)


@pytest.mark.parametrize("factor", [1e-30, 1e30])
def test_units_do_not_matter(rows, factor):
    holes = torch.from_numpy(np.where(rows > 3, np.nan, rows))
    expected = fit_gaussian(holes).fill(holes)
    found = fit_gaussian(factor * holes).fill(factor * holes) / factor
    torch.testing.assert_close(found, expected)
