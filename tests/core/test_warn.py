"""Warnings point to the line that the user wrote."""

import inspect
import warnings

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_ae import AE, VAE, AEClassifier, AEImputer, ConvAE, FactorVAE

from ..conftest import fast

X = np.random.RandomState(0).normal(size=(40, 5))
EMPTY = np.where(np.arange(5) == 2, np.nan, X)
COLLAPSING = {"skip": None, "noise": 1e4, "lr": 0.03, "max_epochs": 60}


WARNING = {
    "fit": lambda: fast(VAE, 2, **COLLAPSING).fit(X),
    "fit_transform": lambda: fast(VAE, 2, **COLLAPSING).fit_transform(X),
    "a variant's own report": lambda: fast(
        FactorVAE, 2, gamma=0, early_stopping=False, **COLLAPSING
    ).fit(X),
    "in a pipeline": lambda: make_pipeline(fast(VAE, 2, **COLLAPSING)).fit(X),
    "in a search": lambda: GridSearchCV(
        fast(VAE, **COLLAPSING), {"n_components": [2]}, cv=2
    ).fit(X),
    "in another estimator": lambda: AEClassifier(
        fast(VAE, 2, **COLLAPSING), max_epochs=1
    ).fit(X, X[:, 0] > 0),
    "of a network": lambda: fast(ConvAE, 2).fit(X),
    "of an imputer": lambda: AEImputer(fast(AE, 2)).fit(EMPTY),
}


@pytest.mark.parametrize("warn", WARNING.values(), ids=WARNING)
def test_a_warning_points_to_the_users_line(warn):
    lines, first = inspect.getsourcelines(warn)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn()
    assert caught
    for warning in caught:
        assert warning.filename == __file__
        assert first <= warning.lineno < first + len(lines)
