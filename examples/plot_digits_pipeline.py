"""
An autoencoder in the place of PCA.
===================================

Handwritten digits, a logistic regression, and between them a representation that is
learnt without labels: PCA or a denoising autoencoder, as the grid search likes it.
Nothing but the name of the transformer changes.

With the environment variable ``SKLEARN_AE_DATA`` naming a folder that holds
``mnist.npz`` (``X`` of shape (70000, 784) and ``y``; the last 10,000 rows are the test
set), the same runs on full MNIST.
"""

import os
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, PredefinedSplit, StratifiedKFold
from sklearn.pipeline import Pipeline

from sklearn_ae import DenoisingAE

# %%
# The data: 1797 images of 8x8 pixels with 5-fold cross-validation, or 70,000 of 28x28
# with their usual split.

folder = os.environ.get("SKLEARN_AE_DATA")
if folder and (Path(folder) / "mnist.npz").exists():
    with np.load(Path(folder) / "mnist.npz") as mnist:
        X, y = mnist["X"], mnist["y"]
    cv = PredefinedSplit(np.where(np.arange(len(X)) < 60_000, -1, 0))
else:
    X, y = load_digits(return_X_y=True)
    cv = StratifiedKFold(5, shuffle=True, random_state=0)

# %%
# The pipeline takes raw pixels: the autoencoder scales them itself.

pipeline = Pipeline(
    [("ae", DenoisingAE(random_state=0)), ("clf", LogisticRegression(max_iter=2000))]
)
search = GridSearchCV(
    pipeline,
    {
        "ae": [PCA(random_state=0), DenoisingAE(random_state=0)],
        "ae__n_components": [8, 16, None],
    },
    cv=cv,
    n_jobs=2,
    refit=False,
).fit(X, y)

# %%
# Accuracy on rows that neither transformer nor classifier has seen. ``None`` keeps all
# components of PCA, which are the raw pixels turned round.

print(f"{'representation':<14} {'n_components':>12} {'accuracy':>9} {'fit [s]':>8}")
results = search.cv_results_
for params, accuracy, seconds in zip(
    results["params"],
    results["mean_test_score"],
    results["mean_fit_time"],
    strict=True,
):
    name = type(params["ae"]).__name__
    width = str(params["ae__n_components"])
    print(f"{name:<14} {width:>12} {accuracy:>9.4f} {seconds:>8.1f}")
