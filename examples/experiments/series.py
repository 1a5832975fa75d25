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
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_ae import DenoisingAE
from sklearn_ae.networks import Recurrent

NAMES = ("ItalyPowerDemand", "GunPoint", "BasicMotions")
N_SEEDS = 3


def load(name):
    """Give training and test part, series of shape (n, steps, features)."""
    data = np.load(Path(os.environ["SKLEARN_AE_DATA"]) / f"ts_{name}.npz")
    X, y, n_train = data["X"], data["y"], int(data["n_train"])
    X = np.atleast_3d(X) if X.ndim == 2 else X.transpose(0, 2, 1)
    return X[:n_train], y[:n_train], X[n_train:], y[n_train:]


def flat_pca():
    """Principal components of the flattened series."""
    return make_pipeline(
        FunctionTransformer(lambda X: X.reshape(len(X), -1)), PCA(8, svd_solver="full")
    )


def autoencoder(seed):
    """Make the one for all three, chosen by cross-validation on the training parts."""
    return DenoisingAE(
        8,
        network=Recurrent(),
        scale=None,
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
    """Choose scaling and penalty by cross-validation; give the test accuracy."""
    classifier = Pipeline(
        [("scale", StandardScaler()), ("clf", LogisticRegression(max_iter=5000))]
    )
    grid = {"scale": [StandardScaler(), "passthrough"], "clf__C": [0.1, 1, 10, 100]}
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0)
    return (
        GridSearchCV(classifier, grid, cv=folds).fit(codes, y).score(test_codes, test_y)
    )


if __name__ == "__main__":
    results = {name: [] for name in NAMES}
    for seed in range(N_SEEDS):
        for name in NAMES:
            X, y, test_X, test_y = load(name)
            if seed == 0:
                pca = flat_pca().fit(X)
                score = accuracy(pca.transform(X), y, pca.transform(test_X), test_y)
                print(f"{name} {X.shape}: PCA {score:.4f}", flush=True)
            start = time.process_time()
            ae = autoencoder(seed).fit(X)
            seconds = time.process_time() - start
            score = accuracy(ae.transform(X), y, ae.transform(test_X), test_y)
            print(f"{name} seed {seed}: {score:.4f}, {seconds:.0f} s", flush=True)
            results[name].append(score)
    for name, scores in results.items():
        print(f"{name}: {np.mean(scores):.4f} ({min(scores):.4f}, {max(scores):.4f})")
