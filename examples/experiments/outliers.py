"""
Outlier detection on six tables
===============================

`AEOutlierDetector` as it comes against the usual detectors, by the area under the ROC
curve. "dirty": fitted on all rows and asked for the same. "clean": fitted on a random
half of the normal rows, asked for the other half and the outliers. Five seeds, of the
split and of the detector. The row norm is the control that published autoencoder
detectors seldom beat. PyOD's autoencoder takes part where PyOD is installed.
"""

import importlib.util
import time

import numpy as np
from _archives import load_archive
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors
from sklearn.preprocessing import StandardScaler

from sklearn_ae import AEOutlierDetector

N_SEEDS = 5
TABLES = ["breastw", "ionosphere", "keel_segment0", "keel_vowel0", "satellite", "wdbc"]


def load(name):
    """Give a table, and which of its rows are outliers."""
    archive = load_archive(f"ad_{name}", "X and y (1 for an outlier)")
    return archive["X"], archive["y"]


def split(X, y, setting, seed):
    """Give the rows to fit, those to score, and which of these are outliers."""
    if setting == "dirty":
        return X, X, y
    normal = np.random.RandomState(seed).permutation(np.flatnonzero(y == 0))
    half = len(normal) // 2
    others = np.r_[normal[half:], np.flatnonzero(y == 1)]
    return X[normal[:half]], X[others], y[others]


def row_norm(train, test, seed):
    """Score rows by their length."""
    return np.square(test).sum(1)


def pca_reconstruction(train, test, seed):
    """Score rows by what principal components of 90 % of the variance leave out."""
    pca = PCA(0.9, svd_solver="full").fit(train)
    return np.square(test - pca.inverse_transform(pca.transform(test))).sum(1)


def mahalanobis(train, test, seed):
    """Score rows by their length in units of the spread in that direction."""
    pca = PCA(svd_solver="full").fit(train)
    real = pca.explained_variance_ > 1e-6 * pca.explained_variance_[0]
    codes = pca.transform(test)[:, real]
    return np.square(codes / np.sqrt(pca.explained_variance_[real])).sum(1)


def isolation_forest(train, test, seed):
    """Score rows by scikit-learn's isolation forest."""
    return -IsolationForest(random_state=seed).fit(train).score_samples(test)


def local_outlier_factor(train, test, seed):
    """Score rows by scikit-learn's local outlier factor."""
    if test is train:
        return -LocalOutlierFactor().fit(train).negative_outlier_factor_
    return -LocalOutlierFactor(novelty=True).fit(train).score_samples(test)


def nearest_neighbours(train, test, seed):
    """Score rows by the mean distance to five others."""
    search = NearestNeighbors(n_neighbors=5).fit(train)
    return search.kneighbors(None if test is train else test)[0].mean(1)


def pyod_autoencoder(train, test, seed):
    """Score rows by PyOD's autoencoder as it comes."""
    from pyod.models.auto_encoder import AutoEncoder

    model = AutoEncoder(random_state=seed, verbose=0).fit(train)
    return model.decision_function(test)


def ours(train, test, seed):
    """Score rows by this package's detector as it comes."""
    return -AEOutlierDetector(random_state=seed).fit(train).score_samples(test)


DETECTORS = {
    "row norm": row_norm,
    "PCA reconstruction": pca_reconstruction,
    "Mahalanobis": mahalanobis,
    "IsolationForest": isolation_forest,
    "LocalOutlierFactor": local_outlier_factor,
    "5 nearest neighbours": nearest_neighbours,
    "PyOD AutoEncoder": pyod_autoencoder,
    "AEOutlierDetector": ours,
}
if importlib.util.find_spec("pyod") is None:
    del DETECTORS["PyOD AutoEncoder"]

for setting in ("dirty", "clean"):
    print(f"{setting:<22}", *(f"{name.split('_')[-1]:>10}" for name in TABLES), "mean")
    for title, detect in DETECTORS.items():
        start, areas = time.perf_counter(), np.zeros((N_SEEDS, len(TABLES)))
        for j, name in enumerate(TABLES):
            X, y = load(name)
            for seed in range(N_SEEDS):
                train, test, truth = split(X, y, setting, seed)
                if detect is not ours:  # which scales by itself
                    scaler = StandardScaler().fit(train)
                    same = test is train
                    train = scaler.transform(train)
                    test = train if same else scaler.transform(test)
                areas[seed, j] = roc_auc_score(truth, detect(train, test, seed))
        minutes = (time.perf_counter() - start) / 60
        columns = " ".join(f"{area:10.3f}" for area in areas.mean(0))
        print(
            f"{title:<22} {columns} {areas.mean():.4f} (std of the seeds' means"
            f" {areas.mean(1).std():.4f}; {minutes:.1f} min)",
            flush=True,
        )
