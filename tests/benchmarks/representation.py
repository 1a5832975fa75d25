"""
Accuracy of a logistic regression on codes, DenoisingAE against PCA, on many tables.

    SKLEARN_AE_DATA=folder python tests/benchmarks/representation.py [number of seeds]

A quarter of the columns as components, at most 32; means over splits of 75 and 25 %.
"""

import sys
import warnings

import numpy as np
from _tables import tables, width_for
from joblib import Parallel, delayed
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ae import DenoisingAE


def accuracies(X, y, seed):
    warnings.simplefilter("ignore")
    train, test, y_train, y_test = train_test_split(
        X, y, test_size=0.25, random_state=seed, stratify=y
    )
    k = min(width_for(X), len(train))
    return [
        make_pipeline(*steps, StandardScaler(), LogisticRegression(max_iter=2000))
        .fit(train, y_train)
        .score(test, y_test)
        for steps in (
            [PCA(k)],
            [StandardScaler(), PCA(k)],
            [DenoisingAE(k, random_state=seed)],
        )
    ]


def main():
    n_seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"{'table':<20} {'PCA':>7} {'std+PCA':>8} {'DenoisingAE':>12}")
    rows = []
    for name, (X, y) in tables(labelled=True).items():
        scores = Parallel(n_jobs=2)(
            delayed(accuracies)(X, y, seed) for seed in range(n_seeds)
        )
        raw, standard, ours = np.mean(scores, axis=0)
        rows.append((raw, standard, ours))
        print(f"{name:<20} {raw:>7.4f} {standard:>8.4f} {ours:>12.4f}", flush=True)
    raw, standard, ours = np.array(rows).T
    print(f"at least std+PCA: {np.mean(ours >= standard):.0%}")
    print(f"largest loss against std+PCA: {max(0, (standard - ours).max()):.4f}")
    print(f"better than both: {np.mean((ours > standard) & (ours > raw)):.0%}")


if __name__ == "__main__":
    main()
