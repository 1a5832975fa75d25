"""Scores speak of the reconstructions that a user gets."""

import pickle

import numpy as np
import pytest
from sklearn.metrics import r2_score

from sklearn_ae import AE, VAE, ContractiveAE, DenoisingAE, SparseAE, TopKAE

from ..conftest import fast


@pytest.mark.parametrize("cls", [AE, SparseAE, TopKAE])
@pytest.mark.parametrize("skip", ["pca", None])
def test_scores_are_of_reconstructions_where_columns_are_constant(cls, skip, rows):
    table = np.c_[rows, np.ones((len(rows), 20))]
    fitted = fast(cls, 3, skip=skip, scale="standard").fit(table)
    deviations = rows.std(0)
    errors = (fitted.reconstruct(table) - table)[:, : rows.shape[1]] / deviations
    np.testing.assert_allclose(
        fitted.score_samples(table), -np.square(errors).mean(1), rtol=1e-4
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
    assert not fitted.score_samples(table).any()


@pytest.mark.parametrize("cls", [ContractiveAE, VAE])
def test_training_counts_the_columns_that_varied_at_first(cls, rows):
    table = np.c_[rows, np.ones(len(rows))]
    fitted = fast(cls, 2).partial_fit(table)
    varies = [True] * rows.shape[1] + [False]
    assert fitted.net_.module_.loss.varies.tolist() == varies
    table[0, -1] = 2
    with pytest.warns(UserWarning, match="were constant in the first rows"):
        fitted.partial_fit(table)
    assert fitted.net_.module_.loss.varies.tolist() == varies
    scores = pickle.loads(pickle.dumps(fitted)).score_samples(table)
    np.testing.assert_array_equal(scores, fitted.score_samples(table))
    assert fast(cls, 2).fit(rows).net_.module_.loss.varies is None


@pytest.mark.parametrize("cls", [AE, DenoisingAE])
def test_training_that_rebuilds_only_goes_over_all_columns(cls, rows):
    table = np.c_[rows, np.ones(len(rows))]
    fitted = fast(cls, 2).partial_fit(table).partial_fit(table)
    assert fitted.net_.module_.loss.varies is None


def test_what_varies_is_known_on_the_device_of_the_network(rows):
    fitted = fast(ContractiveAE, 2).fit(np.c_[rows, np.ones(len(rows))])
    objective = fitted.net_.module_.to("meta")
    assert objective.loss.varies.device.type == "meta"
