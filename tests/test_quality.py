"""A few seconds of training beat PCA; targets of accuracy are for the benchmarks."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ae import AE, DenoisingAE

QUICK = {
    "hidden_layer_sizes": (128,),
    "max_epochs": 40,
    "n_iter_no_change": 20,
    "lr": 3e-3,
    "random_state": 0,
}


def held_out_error(x, rebuilt):
    return np.square(x - rebuilt).mean()


def test_digits_are_rebuilt_better_than_by_pca(digits):
    train, test = digits[::2], digits[1::2]
    pca = PCA(8).fit(train)
    linear = held_out_error(test, pca.inverse_transform(pca.transform(test)))
    ae = AE(8, **QUICK).fit(train)
    assert held_out_error(test, ae.reconstruct(test)) < 0.75 * linear


@pytest.mark.parametrize("max_epochs", [40, 80])
def test_training_that_is_short_leaves_its_start_behind(digits, max_epochs):
    train, test = digits[::2], digits[1::2]
    pca = PCA(8).fit(train)
    linear = held_out_error(test, pca.inverse_transform(pca.transform(test)))
    ae = AE(8, max_epochs=max_epochs, random_state=0).fit(train)
    assert held_out_error(test, ae.reconstruct(test)) < 0.9 * linear


@pytest.mark.parametrize("load", [load_wine, load_breast_cancer])
def test_small_tables_are_not_rebuilt_worse_than_by_pca(load):
    X = load().data
    X = X[np.random.RandomState(0).permutation(len(X))]
    scaler = StandardScaler().fit(X[::2])
    x = scaler.transform(X)
    pca = PCA(4).fit(x[::2])
    linear = held_out_error(x[1::2], pca.inverse_transform(pca.transform(x[1::2])))
    ae = AE(4, scale="standard", **QUICK).fit(X[::2])
    rebuilt = scaler.transform(ae.reconstruct(X[1::2]))
    assert held_out_error(x[1::2], rebuilt) <= 1.01 * linear


def test_a_gain_that_few_held_out_rows_are_not_sure_of_is_kept():
    wine = StandardScaler().fit_transform(load_wine().data)
    train, test = train_test_split(wine, test_size=0.2, random_state=0)
    pca = PCA(4).fit(train)
    linear = held_out_error(test, pca.inverse_transform(pca.transform(test)))
    ae = AE(4, scale=None, random_state=0).fit(train)
    assert held_out_error(test, ae.reconstruct(test)) < 0.95 * linear


def test_codes_serve_a_classifier_better_than_principal_components(digits):
    labels = load_digits().target
    scores = {
        name: make_pipeline(ae, StandardScaler(), LogisticRegression(max_iter=2000))
        .fit(digits[:1000], labels[:1000])
        .score(digits[1000:], labels[1000:])
        for name, ae in {"pca": PCA(8), "ae": DenoisingAE(8, **QUICK)}.items()
    }
    assert scores["ae"] > scores["pca"]
