"""
Held-out reconstruction error of the default AE, over PCA's on the same scaling.

    SKLEARN_AE_DATA=folder python tests/benchmarks/reconstruction.py [number of seeds]

A quarter of the columns as components, at most 32; 80 % of the rows to train on.
"""

import sys

import numpy as np
from _tables import tables, width_for
from joblib import Parallel, delayed
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

from sklearn_ae import AE


def ratio(X, seed):
    train, test = train_test_split(X, test_size=0.2, random_state=seed)
    ae = AE(width_for(X), random_state=seed).fit(train)
    scaled_train, scaled_test = (ae.scaling_.apply(A, "float64") for A in (train, test))
    pca = PCA(min(width_for(X), *train.shape), random_state=seed).fit(scaled_train)
    error = scaled_test - pca.inverse_transform(pca.transform(scaled_test))
    own = scaled_test - ae.scaling_.apply(
        ae.reconstruct(test.astype(np.float64)), "float64"
    )
    return np.square(own).sum() / np.square(error).sum()


def main():
    n_seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    means = []
    for name, (X, _) in tables(labelled=False).items():
        ratios = Parallel(n_jobs=2)(delayed(ratio)(X, s) for s in range(n_seeds))
        means.append(np.mean(ratios))
        print(
            f"{name:<20} {X.shape[0]:>6} x {X.shape[1]:<4} {means[-1]:.3f}"
            f"  worst {max(ratios):.4f}",
            flush=True,
        )
    print(f"geometric mean {np.exp(np.mean(np.log(means))):.3f}")


if __name__ == "__main__":
    main()
