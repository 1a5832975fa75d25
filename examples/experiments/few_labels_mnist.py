"""
A thousand labels on MNIST
==========================

The first 60,000 rows are for training, of which 1000 keep their label; the last 10,000
are for testing. VIME (Yoon et al., NeurIPS 2020) reports .924 in this setting, and .894
for a perceptron that learns from the thousand alone.

In fine-tuning images are moved by up to two pixels and a quarter of the pixels is
masked: a noise of one's own, that knows that rows are images. Arguments: the number of
epochs of pretraining, 6 unless given otherwise, and the number of draws of the labels,
3. The settings were chosen by the accuracy on rows of the training set without a label,
with a draw that is not among these.
"""

import sys
import time

import numpy as np
from _mnist import load_mnist, moved_and_masked
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from sklearn_ae import AEClassifier, DenoisingAE

N_LABELS = 1000

n_epochs, n_draws = (*map(int, sys.argv[1:]), *(6, 3)[len(sys.argv) - 1 :])
X, y, X_test, y_test = load_mnist()

# %%
# Pretraining sees no label: one autoencoder serves all draws of them.

autoencoder = DenoisingAE(
    128,
    hidden_layer_sizes=(1000, 1000),
    activation="relu",
    skip=None,
    scale=None,
    noise="masking",
    noise_level=0.4,
    batch_size=256,
    max_epochs=n_epochs,
    lr_schedule="cosine",
    early_stopping=False,
    random_state=0,
)
start = time.perf_counter()
autoencoder.fit(X)
print(f"pretraining: {(time.perf_counter() - start) / 60:.1f} min")

# %%
# Fine-tuning, with strong noise: prefit=True takes a copy of the autoencoder.

print("seed  logistic regression  AEClassifier  minutes")
for seed in range(n_draws):
    labelled, _ = train_test_split(
        np.arange(60_000), train_size=N_LABELS, stratify=y, random_state=seed
    )
    reference = LogisticRegression(C=0.1, max_iter=1000)
    reference.fit(X[labelled], y[labelled])
    start = time.perf_counter()
    model = AEClassifier(
        autoencoder,
        prefit=True,
        noise=moved_and_masked,
        noise_level=0.25,
        max_epochs=150,
        random_state=seed,
    )
    model.fit(X[labelled], y[labelled])
    minutes = (time.perf_counter() - start) / 60
    scores = reference.score(X_test, y_test), model.score(X_test, y_test)
    print(
        f"{seed:4d}  {scores[0]:19.4f}  {scores[1]:12.4f}  {minutes:7.1f}", flush=True
    )
