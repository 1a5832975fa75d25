"""
Codes of short and long series ahead of a logistic regression, and those of PCA.

Three data sets of the UCR and UEA archives, with the split of the archives; 8 code
units each. Encoder, scaling of the codes and classifier are a pipeline; its settings
are searched by cross-validation on the training part, where the encoder too sees only
the series that the classifier learns from. "PCA or five Conv" leaves the encoder to
the search as well: PCA, unless the other one is better by a standard
error (Breiman et al., 1984). Needs ``ts_*.npz`` in the folder that SKLEARN_AE_DATA
names.

    python examples/experiments/series.py [arm ...]
"""

import sys
import time
import warnings
from functools import partial
from tempfile import TemporaryDirectory

import numpy as np
import torch
from _archives import load_archive
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RepeatedStratifiedKFold
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_ae import DenoisingAE
from sklearn_ae.networks import Conv, Recurrent
from sklearn_ae.variants.corruption import shift

NAMES = ("ItalyPowerDemand", "GunPoint", "BasicMotions")
N_SEEDS = 3
FOLDS = RepeatedStratifiedKFold(n_splits=5, n_repeats=4, random_state=0)
COMMON = {
    "scale": None,
    "skip": None,
    "lr": 3e-3,
    "lr_schedule": "cosine",
    "early_stopping": False,
}


def load(name):
    """Give training and test part, series of shape (n, steps, features)."""
    data = load_archive(f"ts_{name}", "X, y and n_train")
    X, y, n_train = data["X"], data["y"], int(data["n_train"])
    X = np.atleast_3d(X) if X.ndim == 2 else X.transpose(0, 2, 1)
    return X[:n_train], y[:n_train], X[n_train:], y[n_train:]


def flat(X):
    """Put all values of a series into one row."""
    return X.reshape(len(X), -1)


def as_lines(X):
    """Make series images of one row, with a channel for each feature."""
    return X.transpose(0, 2, 1)[:, :, None]


def moved(rows, level, generator, n_steps):
    """Move series by up to a share `level`, stretch them by 0.1, add noise of 0.3."""
    series, _ = shift(rows.unflatten(1, (-1, 1, n_steps)), level, generator)
    draw = {"generator": generator, "device": rows.device}
    stretched = series.flatten(1) * (1 + 0.1 * torch.randn(len(rows), 1, **draw))
    return stretched + 0.3 * torch.randn(rows.shape, **draw)


def flat_pca(n_steps, seed):
    """Take principal components of the flattened series."""
    return make_pipeline(FunctionTransformer(flat), PCA(8, svd_solver="full"))


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
    return DenoisingAE(
        8,
        network=Conv(channels=(16, 32), kernel_size=5),
        noise=partial(moved, n_steps=n_steps),
        noise_level=0.05,
        max_epochs=300,
        random_state=seed,
        **COMMON,
    )


def one(n_steps, seed):
    """Take one such network."""
    return make_pipeline(FunctionTransformer(as_lines), convolutional(n_steps, seed))


def five(n_steps, seed):
    """Take the principal components of the codes of five such networks."""
    networks = FeatureUnion(
        [(f"ae{i}", convolutional(n_steps, 5 * seed + i)) for i in range(5)]
    )
    lines = FunctionTransformer(as_lines)
    return make_pipeline(lines, networks, PCA(8, svd_solver="full"))


ARMS = {
    "PCA": [flat_pca],
    "Conv": [one],
    "five Conv": [five],
    "PCA or five Conv": [flat_pca, five],
    "Recurrent": [recurrent],
}


SCALES, PENALTIES = [StandardScaler(), "passthrough"], [0.1, 1, 10, 100]
N_SETTINGS = len(SCALES) * len(PENALTIES)


def search(encoders, folder):
    """Search encoder, scaling and penalty; a folder keeps what the encoders gave."""
    pipeline = Pipeline(
        [("encode", None), ("scale", None), ("clf", LogisticRegression(max_iter=5000))],
        memory=folder,
    )
    settings = {"scale": SCALES, "clf__C": PENALTIES}
    grid = [{"encode": [encoder], **settings} for encoder in encoders]
    return GridSearchCV(pipeline, grid, cv=FOLDS, refit=simplest)


def simplest(results):
    """Take the first encoder within a standard error of the best, at its best."""
    means, stds = results["mean_test_score"], results["std_test_score"]
    best = means.argmax()
    bar = means[best] - stds[best] / FOLDS.get_n_splits() ** 0.5
    by_encoder = means.reshape(-1, N_SETTINGS)
    first = np.argmax(by_encoder.max(1) >= bar)
    return first * N_SETTINGS + by_encoder[first].argmax()


def main(arms):
    """Print the accuracies."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    with TemporaryDirectory() as folder:
        for arm in arms:
            for name in NAMES:
                X, y, test_X, test_y = load(name)
                start = time.process_time()
                inside, scores, chosen = [], [], []
                for seed in range(N_SEEDS):
                    encoders = [make(X.shape[1], seed) for make in ARMS[arm]]
                    found = search(encoders, folder).fit(X, y)
                    inside.append(
                        found.cv_results_["mean_test_score"][found.best_index_]
                    )
                    scores.append(found.score(test_X, test_y))
                    chosen.append(ARMS[arm][found.best_index_ // N_SETTINGS].__name__)
                seconds = time.process_time() - start
                print(
                    f"{arm}, {name}: cross-validation {np.mean(inside):.3f}, test"
                    f" {np.mean(scores):.4f} ({min(scores):.4f}, {max(scores):.4f}),"
                    f" {', '.join(chosen)}, {seconds:.0f} s",
                    flush=True,
                )


if __name__ == "__main__":
    main(sys.argv[1:] or ARMS)
