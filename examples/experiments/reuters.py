"""
Topics of news: Reuters, eight classes, in 64 components
========================================================

TF-IDF of 5000 words, the given split. A logistic regression learns from components of a
truncated SVD and from codes of autoencoders, which get the same table; scaling and
regularisation are chosen for each by cross-validation on training texts.
"""

import time
import warnings

import numpy as np
from _sparse import load_sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ae import AE, DenoisingAE

CLASSIFIER = GridSearchCV(
    Pipeline([("scale", None), ("clf", LogisticRegression(max_iter=500))]),
    [
        {"clf__C": [1, 10, 100]},
        {"scale": [StandardScaler(with_mean=False)], "clf__C": [0.03, 0.1, 0.3, 1]},
    ],
    cv=3,
)


def representations(train, test):
    """Give what the classifier sees of the texts, by names."""
    models = {
        "TruncatedSVD(64)": TruncatedSVD(64, random_state=0),
        "AE(64), linear": AE(64, hidden_layer_sizes=(), scale=None),
        "DenoisingAE(64)": DenoisingAE(
            64,
            hidden_layer_sizes=(512,),
            noise="masking",
            noise_level=0.7,
            skip=None,
            scale=None,
            early_stopping=False,
            lr_schedule="cosine",
            max_epochs=25,
            random_state=0,
        ),
    }
    for name, model in models.items():
        yield name, model.fit_transform(train), model.transform(test)


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, rest = load_sparse("text_reuters_r8")
    n, y = int(rest["n_train"]), rest["y"]
    tfidf = TfidfTransformer(sublinear_tf=True).fit(X[:n])
    # Rows have a mean square of one, as standardised columns do.
    tables = [np.sqrt(X.shape[1]) * tfidf.transform(part) for part in (X[:n], X[n:])]
    start = time.process_time()
    for name, train, test in representations(*tables):
        search = CLASSIFIER.fit(train, y[:n])
        seconds, start = time.process_time() - start, time.process_time()
        print(
            f"{name:<18} cross-validation {search.best_score_:.4f}, test"
            f" {search.score(test, y[n:]):.4f}, {seconds / 60:.1f} min,"
            f" {search.best_params_}",
            flush=True,
        )


if __name__ == "__main__":
    main()
