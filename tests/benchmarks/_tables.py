"""The tables that quality is measured on: scikit-learn's, and those of a folder."""

import os
from pathlib import Path

import numpy as np
from sklearn import datasets

SHIPPED = ("digits", "breast_cancer", "wine", "iris", "diabetes", "linnerud")


def tables(labelled: bool) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """
    Load all tables, (X, y) by name.

    ``keel_*.npz`` are taken from the folder that SKLEARN_AE_DATA names, if it is set.
    """
    found = {}
    for name in SHIPPED:
        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        found[name] = (X, y)
    folder = os.environ.get("SKLEARN_AE_DATA")
    for path in sorted(Path(folder).glob("keel_*.npz")) if folder else ():
        with np.load(path) as table:
            found[path.stem] = (table["X"], table["y"])
    if labelled:
        del found["diabetes"], found["linnerud"]
    return found


def width_for(X: np.ndarray) -> int:
    """Give the code's width: a quarter of the columns, at most 32."""
    return min(-(-X.shape[1] // 4), 32)
