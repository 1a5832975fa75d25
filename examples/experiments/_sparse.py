"""Sparse data sets for the experiments."""

from _archives import load_archive
from scipy.sparse import csr_array


def load_sparse(name):
    """Give a sparse table and whatever else the file holds."""
    archive = dict(load_archive(name, "'data', 'indices', 'indptr' and 'shape'"))
    parts = [archive.pop(part) for part in ("data", "indices", "indptr")]
    return csr_array(tuple(parts), shape=archive.pop("shape")), archive
