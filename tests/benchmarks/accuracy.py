"""
Accuracy of a logistic regression on codes of 8 components, raw data in.

    python tests/benchmarks/accuracy.py [number of seeds]

5-fold stratified cross-validation; the seed is that of the folds and of the network.
Seed 0 is the published figure, the others show how much of it is luck.
"""

import sys

from joblib import Parallel, delayed
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ae import AE, DenoisingAE


def accuracy(X, y, transformers, seed):
    model = make_pipeline(
        *transformers, StandardScaler(), LogisticRegression(max_iter=2000)
    )
    cv = StratifiedKFold(5, shuffle=True, random_state=seed)
    return cross_val_score(model, X, y, cv=cv).mean()


def main():
    n_seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    contenders = {
        "PCA(8)": lambda s: [PCA(8, random_state=s)],
        "StandardScaler + PCA(8)": lambda s: [
            StandardScaler(),
            PCA(8, random_state=s),
        ],
        "AE(8)": lambda s: [AE(8, random_state=s)],
        "DenoisingAE(8)": lambda s: [DenoisingAE(8, random_state=s)],
        "DenoisingAE()": lambda s: [DenoisingAE(random_state=s)],
        "raw": lambda s: [],
    }
    for load in (load_digits, load_breast_cancer, load_wine):
        X, y = load(return_X_y=True)
        for name, make in contenders.items():
            scores = Parallel(n_jobs=2)(
                delayed(accuracy)(X, y, make(seed), seed) for seed in range(n_seeds)
            )
            shown = "  ".join(f"{score:.4f}" for score in scores)
            print(f"{load.__name__[5:]:<14} {name:<24} {shown}", flush=True)


if __name__ == "__main__":
    main()
