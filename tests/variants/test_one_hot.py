"""Columns that stand for the categories of one variable are found, and swapped so."""

import numpy as np
import pytest
import torch
from sklearn.preprocessing import OneHotEncoder

from sklearn_ae import AE, AEClassifier, DenoisingAE
from sklearn_ae.variants.corruption import corrupt
from sklearn_ae.variants.one_hot import one_hot_columns

from ..conftest import fast

random = np.random.RandomState(0)
NUMBER = random.normal(size=(200, 1))


def category(n, seed=0):
    """Draw a variable of so many categories, as zeros and ones."""
    drawn = np.random.RandomState(seed).randint(n, size=(200, 1))
    return OneHotEncoder(sparse_output=False).fit_transform(drawn)


NEVER, GAP = np.zeros((200, 2)), np.where(NUMBER > 2, np.nan, 0)


@pytest.mark.parametrize(
    ("parts", "first"),
    [
        ([category(3), NUMBER, category(2)], [0, 0, 0, 3, 4, 4]),
        ([category(3), category(4, seed=1)], [0, 0, 0, 3, 3, 3, 3]),
        ([category(3)[:, :1], NEVER, category(3)[:, 1:], NUMBER], [0] * 5 + [5]),
        ([1 - category(2), 7 * category(3)], [0, 0, 2, 2, 2]),
        ([category(2), GAP], [0, 0, 2]),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_categories_are_found(parts, first, dtype):
    X = np.hstack(parts)
    found = one_hot_columns(torch.from_numpy((X - 0.3) / 7).to(dtype))
    assert found.tolist() == first


@pytest.mark.parametrize(
    "parts",
    [
        [NUMBER, NUMBER],
        [category(3)[:, 1:], NUMBER],  # as with drop="first"
        [category(2)[:, :1], NUMBER, category(2)[:, 1:]],  # apart
        [random.uniform(size=(200, 30)) < 0.1],
        [NEVER],
    ],
)
def test_others_are_variables_of_their_own(parts):
    assert one_hot_columns(torch.from_numpy(np.hstack(parts) + 0.0)) is None


def test_categories_are_swapped_as_a_whole():
    X = np.hstack([NUMBER, category(4), category(2)])
    ae = fast(DenoisingAE, 2, scale=None).fit(X)
    x = torch.from_numpy(X)
    generator = torch.Generator().manual_seed(0)
    values, chosen = corrupt(x, "swap", 0.5, generator, ae.network_)
    assert values[:, 1:5].sum(1).eq(1).all()
    assert values[:, 5:].sum(1).eq(1).all()
    assert chosen.double().mean(0).numpy() == pytest.approx(0.5, abs=0.2)
    assert not torch.equal(chosen[:, 1], chosen[:, 5])
    assert any((values[:, k] != x[:, k]).any() for k in range(1, 5))


def test_it_is_known_in_fine_tuning_too():
    X = np.hstack([NUMBER, category(4)])
    model = AEClassifier(fast(DenoisingAE, 2), max_epochs=2, random_state=0)
    model.fit(X, X[:, 1]).predict(X)
    assert model.autoencoder_.network_.one_hot.tolist() == [0, 1, 1, 1, 1]


def test_unrelated_variables_are_left_to_principal_components():
    # Each column is told by its siblings, which is no reason to learn it.
    X = np.hstack([category(6, seed) for seed in range(4)])
    ae = DenoisingAE(4, random_state=0, max_epochs=100).fit(X)
    start = AE(4, hidden_layer_sizes=()).fit(X)
    np.testing.assert_allclose(ae.transform(X), start.transform(X), atol=1e-4)
