"""
Hidden cells: how close an imputer comes to them, beside scikit-learn's imputers
===============================================================================

Of six tables a share of the observed cells is hidden at random. What an imputer that
was fitted on the rest puts in their place is compared with the truth: the root of the
mean squared error, in standard deviations of the columns. Of the images of
``keel_satimage`` 1500 rows are used, for the sake of the trees.

Run it with the folder of the tables as SKLEARN_AE_DATA.
"""

import warnings

import numpy as np
from _archives import load_archive
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.preprocessing import StandardScaler

from sklearn_ae import AEImputer

TABLES = [
    "miss_HouseVotes84",
    "miss_PimaIndiansDiabetes2",
    "miss_Soybean",
    "keel_vehicle",
    "keel_satimage",
    "keel_segment",
]
SHARES = (0.2, 0.5)
N_SEEDS = 5
MAX_ROWS = 2500


def iterative(estimator, seed, max_iter):
    """Impute each column from the others, in turn."""
    return IterativeImputer(estimator, random_state=seed, max_iter=max_iter)


def trees(seed):
    """Make small forests."""
    return ExtraTreesRegressor(20, random_state=seed)


CONTROLS = {
    "mean": lambda seed: SimpleImputer(),
    "neighbours": lambda seed: KNNImputer(),
    "BayesianRidge": lambda seed: iterative(None, seed, 10),
    "ExtraTrees": lambda seed: iterative(trees(seed), seed, 5),
}


def load(name):
    """Load a table, in units of its columns' standard deviations."""
    X = load_archive(name, "X", allow_pickle=True)["X"].astype(float)
    X = X[:, np.nanstd(X, 0) > 0]
    if len(X) > MAX_ROWS:
        X = X[np.random.RandomState(0).permutation(len(X))[:1500]]
    return StandardScaler().fit_transform(X)


def hide(X, share, seed):
    """Give the table with a share of its observed cells hidden, and which these are."""
    hidden = ~np.isnan(X) & (np.random.RandomState(seed).rand(*X.shape) < share)
    return np.where(hidden, np.nan, X), hidden


def error(imputer, X, share, seed):
    """Take the root mean squared error at hidden cells."""
    given, hidden = hide(X, share, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        filled = imputer.fit_transform(given)
    return np.sqrt(np.mean((filled - X)[hidden] ** 2))


def main():
    """Print a row for each table and share: the mean over seeds, and its deviation."""
    imputers = CONTROLS | {"AEImputer": lambda seed: AEImputer(random_state=seed)}
    print("table", "share", *imputers, sep=" | ")
    for name in TABLES:
        X = load(name)
        for share in SHARES:
            cells = []
            for make in imputers.values():
                errors = [error(make(s), X, share, s) for s in range(N_SEEDS)]
                cells.append(f"{np.mean(errors):.3f} ± {np.std(errors):.3f}")
            print(name, share, *cells, sep=" | ", flush=True)


if __name__ == "__main__":
    main()
