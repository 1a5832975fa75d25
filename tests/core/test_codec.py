"""Scores speak of the reconstructions that a user gets."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from sklearn_ae import AE, SparseAE, TopKAE

from ..conftest import fast


@pytest.mark.parametrize("cls", [AE, SparseAE, TopKAE])
@pytest.mark.parametrize("skip", ["pca", None])
def test_scores_are_of_reconstructions_where_columns_are_constant(cls, skip, rows):
    table = np.c_[rows, np.ones((len(rows), 20))]
    fitted = fast(cls, 3, skip=skip, scale="standard").fit(table)
    n_columns, deviations = table.shape[1], rows.std(0)
    errors = (fitted.reconstruct(table) - table)[:, : rows.shape[1]] / deviations
    np.testing.assert_allclose(
        fitted.score_samples(table), -np.square(errors).sum(1) / n_columns, rtol=1e-4
    )
    rebuilt = fitted.reconstruct(table)[:, : rows.shape[1]]
    expected = r2_score(rows / deviations, rebuilt / deviations)
    assert fitted.score(table) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("cls", [AE, SparseAE, TopKAE])
def test_a_table_of_constants_is_rebuilt_and_the_score_says_so(cls):
    table = np.full((30, 4), 3.0)
    fitted = fast(cls, 2, skip=None).fit(table)
    np.testing.assert_array_equal(fitted.reconstruct(table), table)
    assert fitted.score(table) == 1
