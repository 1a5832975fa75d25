"""
Topics of news: Reuters, eight classes, in 64 components
========================================================

TF-IDF of 5000 words, the given split. A logistic regression learns from components of a
truncated SVD and from codes of autoencoders, which get the same table; scaling and
regularisation are chosen for each by cross-validation on training texts. So that no
encoder is judged on texts that it has seen, everything is also learnt from two thirds
of the training texts and judged on the other third, three times.
"""

import time
import warnings

import numpy as np
from _sparse import load_sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
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
        "the same, Pareto": AE(64, hidden_layer_sizes=(), scale="pareto"),
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


def tables(train, test):
    """Give TF-IDF of both; rows have a mean square of one, as if standardised."""
    tfidf = TfidfTransformer(sublinear_tf=True).fit(train)
    return [np.sqrt(train.shape[1]) * tfidf.transform(part) for part in (train, test)]


def main():
    """Print the accuracies."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, rest = load_sparse("text_reuters_r8")
    y, n = rest["y"], int(rest["n_train"])
    folds = StratifiedKFold(3, shuffle=True, random_state=0).split(X[:n], y[:n])
    for title, splits in {
        "held-out training texts": folds,
        "test texts": [(np.arange(n), np.arange(n, len(y)))],
    }.items():
        scores, seconds, start = {}, {}, time.process_time()
        for a, b in splits:
            for name, train, test in representations(*tables(X[a], X[b])):
                score = CLASSIFIER.fit(train, y[a]).score(test, y[b])
                scores.setdefault(name, []).append(score)
                spent, start = time.process_time() - start, time.process_time()
                seconds[name] = seconds.get(name, 0) + spent
        for name, each in scores.items():
            mean, minutes = np.mean(each), seconds[name] / 60
            print(f"{title}: {name:<18} {mean:.4f}, {minutes:.1f} min", flush=True)


if __name__ == "__main__":
    main()
