"""
A hundred labels on the digits of scikit-learn
==============================================

Ten random splits of the 1797 digits: 1437 rows for training, of which 100 keep their
label, and 360 for testing. `AEClassifier` learns from all 1437; the logistic regression
from the hundred with a label, and the table has its best scaling and regularisation *by
test accuracy*: more than one can have without labels to choose by.
"""

import time
from itertools import product

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sklearn_ae import AEClassifier, DenoisingAE

N_SPLITS, N_LABELS = 10, 100

references = {
    f"LogisticRegression(C={C}) on {type(scaler).__name__}": make_pipeline(
        scaler, LogisticRegression(C=C, max_iter=5000)
    )
    for scaler, C in product([StandardScaler(), MinMaxScaler()], [0.1, 1, 10])
}
X, y = load_digits(return_X_y=True)
accuracy, seconds = {}, 0
for seed in range(N_SPLITS):
    train, test = train_test_split(
        np.arange(len(X)), test_size=360, stratify=y, random_state=seed
    )
    labelled, _ = train_test_split(
        train, train_size=N_LABELS, stratify=y[train], random_state=seed
    )
    for name, model in references.items():
        model.fit(X[labelled], y[labelled])
        accuracy.setdefault(name, []).append(model.score(X[test], y[test]))

    some = np.where(np.isin(train, labelled), y[train], -1)
    autoencoder = DenoisingAE(64, noise="masking", noise_level=0.5, skip=None)
    model = AEClassifier(
        autoencoder, reconstruction_weight=10, max_epochs=300, random_state=seed
    )
    start = time.perf_counter()
    model.fit(X[train], some)
    seconds += time.perf_counter() - start
    accuracy.setdefault("AEClassifier", []).append(model.score(X[test], y[test]))

print(f"{'mean':>6} {'std':>6} {'worst':>6}  of {N_SPLITS} splits")
for name, values in accuracy.items():
    print(f"{np.mean(values):6.4f} {np.std(values):6.4f} {min(values):6.4f}  {name}")
best = max(np.mean(values) for name, values in accuracy.items() if "Log" in name)
gain = 100 * (np.mean(accuracy["AEClassifier"]) - best)
print(f"{gain:.1f} points above the best reference; {seconds / N_SPLITS:.0f} s a fit")
