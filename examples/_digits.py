"""Images of handwritten digits: those that scikit-learn ships, or MNIST."""

import os
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


def load():
    """
    Give images and labels, for training and for testing, and the shape of an image.

    If the environment variable SKLEARN_AE_DATA names a folder with ``mnist.npz`` (``X``
    of shape (70000, 784), ``y``; the last 10,000 rows are for testing), it is MNIST.
    """
    path = Path(os.environ.get("SKLEARN_AE_DATA", "")) / "mnist.npz"
    if path.exists():
        with np.load(path) as mnist:
            X, y = mnist["X"].astype(np.float32), mnist["y"]
        return X[:60_000], X[60_000:], y[:60_000], y[60_000:], (28, 28)
    X, y = load_digits(return_X_y=True)
    return *train_test_split(X, y, test_size=400, random_state=0, stratify=y), (8, 8)
