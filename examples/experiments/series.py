"""
Codes of short and long series ahead of a logistic regression, and those of PCA.

Three data sets of the UCR and UEA archives, with the split of the archives; 8 code
units each. Autoencoder, scaling of the codes and classifier see the training part only.
By cross-validation on it first, where the encoders too see only the series that the
classifier learns from; then on the test parts. Needs ``ts_*.npz`` in the folder that
SKLEARN_AE_DATA names.

    python examples/experiments/series.py [arm ...]
"""

import os
import sys
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RepeatedStratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_ae import DenoisingAE
from sklearn_ae.networks import Conv, Recurrent
from sklearn_ae.variants.corruption import shift

NAMES = ("ItalyPowerDemand", "GunPoint", "BasicMotions")
N_SEEDS = 3
FOLDS = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0)
COMMON = {
    "scale": None,
    "skip": None,
    "lr": 3e-3,
    "lr_schedule": "cosine",
    "early_stopping": False,
}


def load(name):
    """Give training and test part, series of shape (n, steps, features)."""
    data = np.load(Path(os.environ["SKLEARN_AE_DATA"]) / f"ts_{name}.npz")
    X, y, n_train = data["X"], data["y"], int(data["n_train"])
    X = np.atleast_3d(X) if X.ndim == 2 else X.transpose(0, 2, 1)
    return X[:n_train], y[:n_train], X[n_train:], y[n_train:]


def moved(rows, level, generator, n_steps):
    """Move series by up to a share `level`, stretch them by 0.1, add noise of 0.3."""
    series = shift(rows.unflatten(1, (-1, 1, n_steps)), level, generator).flatten(1)
    draw = {"generator": generator, "device": rows.device}
    stretched = series * (1 + 0.1 * torch.randn(len(rows), 1, **draw))
    return stretched + 0.3 * torch.randn(rows.shape, **draw)


def flat_pca(n_steps, seed):
    """Take principal components of the flattened series."""
    flatten = FunctionTransformer(lambda X: X.reshape(len(X), -1))
    return make_pipeline(flatten, PCA(8, svd_solver="full"))


def recurrent(n_steps, seed):
    """Remove noise by a recurrent network."""
    return DenoisingAE(
        8,
        network=Recurrent(),
        noise="gaussian",
        noise_level=0.3,
        max_epochs=500,
        random_state=seed,
        **COMMON,
    )


def convolutional(n_steps, seed):
    """Undo moves and noise by convolutions over time: images of one row."""
    ae = DenoisingAE(
        8,
        network=Conv(channels=(16, 32), kernel_size=5),
        noise=partial(moved, n_steps=n_steps),
        noise_level=0.05,
        max_epochs=300,
        random_state=seed,
        **COMMON,
    )
    lines = FunctionTransformer(lambda X: X.transpose(0, 2, 1)[:, :, None])
    return make_pipeline(lines, ae)


ARMS = {"PCA": flat_pca, "Conv": convolutional, "Recurrent": recurrent}


def accuracy(make, seed, train, y, test, test_y):
    """Choose scaling and penalty by cross-validation; give the test accuracy."""
    encoder = make(train.shape[1], seed).fit(train)
    classifier = Pipeline(
        [("scale", StandardScaler()), ("clf", LogisticRegression(max_iter=5000))]
    )
    grid = {"scale": [StandardScaler(), "passthrough"], "clf__C": [0.1, 1, 10, 100]}
    search = GridSearchCV(classifier, grid, cv=FOLDS)
    search.fit(encoder.transform(train), y)
    return search.score(encoder.transform(test), test_y)


def main(arms):
    """Print the accuracies."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    for arm in arms:
        for name in NAMES:
            X, y, test_X, test_y = load(name)
            start = time.process_time()
            inside = [
                accuracy(ARMS[arm], seed, X[a], y[a], X[b], y[b])
                for seed, (a, b) in enumerate(FOLDS.split(X, y))
            ]
            scores = [
                accuracy(ARMS[arm], seed, X, y, test_X, test_y)
                for seed in range(N_SEEDS)
            ]
            seconds = time.process_time() - start
            print(
                f"{arm}, {name}: cross-validation {np.mean(inside):.3f}, test"
                f" {np.mean(scores):.4f} ({min(scores):.4f}, {max(scores):.4f}),"
                f" {seconds:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:] or ARMS)
