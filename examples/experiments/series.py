"""
Codes of short and long series ahead of a logistic regression, and those of PCA.

Three data sets of the UCR and UEA archives, with the split of the archives; 8 code
units each. Autoencoder, scaling of the codes and classifier see the training part only.
Needs ``ts_*.npz`` in the folder that SKLEARN_AE_DATA names.
"""

import os
import time
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RepeatedStratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_ae import DenoisingAE
from sklearn_ae.networks import Recurrent

NAMES = ("ItalyPowerDemand", "GunPoint", "BasicMotions")
N_SEEDS = 5


def load(name):
    """Give training and test part, series of shape (n, steps, features)."""
    data = np.load(Path(os.environ["SKLEARN_AE_DATA"]) / f"ts_{name}.npz")
    X, y, n_train = data["X"], data["y"], int(data["n_train"])
    X = np.atleast_3d(X) if X.ndim == 2 else X.transpose(0, 2, 1)
    return X[:n_train], y[:n_train], X[n_train:], y[n_train:]


def flat_pca():
    """Principal components of the flattened series."""
    return make_pipeline(FunctionTransformer(lambda X: X.reshape(len(X), -1)), PCA(8))


def autoencoder(seed):
    """Make the one for all three, chosen by cross-validation on the training parts."""
    return DenoisingAE(
        8,
        network=Recurrent(),
        noise="gaussian",
        noise_level=0.3,
        skip=None,
        lr=3e-3,
        lr_schedule="cosine",
        early_stopping=False,
        max_epochs=500,
        random_state=seed,
    )


def accuracy(codes, y, test_codes, test_y):
    """Choose the classifier's penalty on the training part; give the test accuracy."""
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=4, random_state=0)
    grid = {"logisticregression__C": [0.1, 1, 10, 100]}
    search = GridSearchCV(classifier, grid, cv=folds).fit(codes, y)
    return search.best_score_, search.score(test_codes, test_y)


def compare(name):
    """Print cross-validated and test accuracies of both."""
    X, y, test_X, test_y = load(name)
    pca = flat_pca().fit(X)
    print(f"{name}: {len(X)} series, {X.shape[1]} steps, {X.shape[2]} features")
    _, score = accuracy(pca.transform(X), y, pca.transform(test_X), test_y)
    print(f"  PCA          test {score:.4f}")
    start, results = time.perf_counter(), []
    for seed in range(N_SEEDS):
        ae = autoencoder(seed).fit(X)
        results.append(accuracy(ae.transform(X), y, ae.transform(test_X), test_y))
    seconds = (time.perf_counter() - start) / N_SEEDS
    (_, mean), (_, low), (_, high) = (
        f(results, axis=0) for f in (np.mean, np.min, np.max)
    )
    print(f"  autoencoder  test {mean:.4f} ({low:.4f} to {high:.4f}), {seconds:.0f} s")


if __name__ == "__main__":
    for name in NAMES:
        compare(name)
