"""What the plain autoencoder decides for itself: how far to stay with PCA."""

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA

from sklearn_ae import AE


@pytest.fixture(scope="module")
def wine():
    X = load_wine().data
    return np.column_stack([X, np.full(len(X), 7.0)])


def decays(estimator):
    """Give the weight decays that an estimator was trained with, by parameter."""
    network = estimator.net_.module_.network
    by_weight = {
        weight: group["weight_decay"]
        for group in estimator.net_.optimizer_.param_groups
        for weight in group["params"]
    }
    return {name: by_weight[weight] for name, weight in network.named_parameters()}


def test_decay_is_by_columns_for_a_row_and_spares_the_linear_path(wine):
    found = decays(AE(4, max_epochs=1).fit(np.tile(wine, (3, 1))))
    # Of 14 columns one is constant.
    expected = 15 * 13 / (3 * 178)
    assert {v for name, v in found.items() if "path" not in name} == {expected}
    assert {v for name, v in found.items() if "path" in name} == {0}
    assert max(decays(AE(4, max_epochs=1).fit(wine[:20])).values()) == 1


def test_little_decay_where_there_is_no_way_back_to_pca(wine):
    for changed in (
        {"skip": None},
        {"optimizer": "adam"},
        {"optimizer": "sgd"},
        {"early_stopping": False},
    ):
        found = decays(AE(4, max_epochs=1, **changed).fit(wine))
        assert max(found.values()) == 1e-4, changed
    assert max(decays(AE(4).partial_fit(wine)).values()) == 1e-4


def test_a_decay_of_ones_own_is_taken(wine):
    found = decays(AE(4, max_epochs=1, weight_decay=0.3).fit(wine))
    assert set(found.values()) == {0, 0.3}


def test_strong_decay_leaves_pca(wine):
    X = (wine[:, :13] - wine[:, :13].mean(0)) / wine[:, :13].std(0)
    settings = {"scale": None, "early_stopping": False, "max_epochs": 100}
    free, held = (
        AE(2, weight_decay=decay, random_state=0, **settings).fit(X).score(X)
        for decay in (0, 300)
    )
    explained = PCA(2).fit(X).explained_variance_ratio_.sum()
    assert held == pytest.approx(explained, abs=0.01)
    assert free > explained + 0.1
