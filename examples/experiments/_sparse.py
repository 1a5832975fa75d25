"""Sparse data sets for the experiments."""

import os
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array


def load_sparse(name):
    """Give a sparse table and whatever else the file holds."""
    path = Path(os.environ.get("SKLEARN_AE_DATA", ".")) / f"{name}.npz"
    if not path.exists():
        raise SystemExit(
            f"There is no {path}: let the environment variable SKLEARN_AE_DATA name a"
            " folder with it; 'data', 'indices', 'indptr' and 'shape' make the table."
        )
    archive = dict(np.load(path))
    parts = [archive.pop(part) for part in ("data", "indices", "indptr")]
    return csr_array(tuple(parts), shape=archive.pop("shape")), archive
