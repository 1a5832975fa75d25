"""
A classifier trained on samples alone
=====================================

One VAE for each class of scikit-learn's digits learns from the training rows of that
class and draws 500 new ones. A classifier trained on these 5,000 samples is compared,
on held-out real rows, with the same classifier trained on the real rows.

``python examples/experiments/digits_samples.py``
"""

import time

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_ae import VAE

N_PER_CLASS = 500
CLASSIFIERS = {
    "logistic regression": make_pipeline(
        StandardScaler(), LogisticRegression(max_iter=5000)
    ),
    "support vectors": SVC(),
}


def drawn(X, y):
    """Draw rows of each class from a VAE of its own."""
    samples = [
        VAE(8, hidden_layer_sizes=(64,), max_epochs=100, random_state=0)
        .fit(X[y == label])
        .sample(N_PER_CLASS, random_state=0)
        for label in range(10)
    ]
    return np.concatenate(samples), np.repeat(np.arange(10), N_PER_CLASS)


def main():
    """Print accuracies for three splits."""
    X, y = load_digits(return_X_y=True)
    print("split | classifier | real rows | samples | share | seconds")
    for seed in range(3):
        start = time.perf_counter()
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, test_size=0.3, stratify=y, random_state=seed
        )
        samples = drawn(X_train, y_train)
        seconds = time.perf_counter() - start
        for name, classifier in CLASSIFIERS.items():
            real = classifier.fit(X_train, y_train).score(X_test, y_test)
            made = classifier.fit(*samples).score(X_test, y_test)
            cells = (f"{real:.3f}", f"{made:.3f}", f"{made / real:.3f}")
            print(seed, name, *cells, f"{seconds:.0f}", sep=" | ", flush=True)


if __name__ == "__main__":
    main()
