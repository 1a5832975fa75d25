"""
Many rows, few labels
=====================

A hundred labels, and more than a thousand rows without. The autoencoder is pretrained
on all of them and then fine-tuned on those with a label; without the autoencoder there
are just the hundred.
"""

import matplotlib.pyplot as plt
from _digits import load
from sklearn.linear_model import LogisticRegression

from sklearn_ae import AEClassifier, DenoisingAE
from sklearn_ae.display import LatentDisplay

X_train, X_test, y_train, y_test, _ = load()
few = y_train.copy()
few[100:] = -1  # no label, as in sklearn.semi_supervised

# %%
# Where labels are few, no linear path, strong noise and a decoder that stays in the
# objective serve best.

ae = DenoisingAE(
    64, noise="masking", noise_level=0.5, skip=None, max_epochs=80, random_state=0
).fit(X_train)
classifier = AEClassifier(
    ae, prefit=True, reconstruction_weight=10, max_epochs=100, random_state=0
).fit(X_train, few)
alone = LogisticRegression(max_iter=2000).fit(X_train[:100], y_train[:100])
print("logistic regression on 100 rows:", round(alone.score(X_test, y_test), 3))
print("AEClassifier on all rows:", round(classifier.score(X_test, y_test), 3))

# %%
# Codes of rows that were not seen, before and after the labels.

figure, axes = plt.subplots(1, 2, figsize=(10, 4.5), layout="constrained")
for ax, model, name in (
    (axes[0], ae, "pretrained"),
    (axes[1], classifier, "fine-tuned with 100 labels"),
):
    LatentDisplay.from_estimator(model, X_test, y_test, ax=ax)
    ax.set(title=name, xlabel="", ylabel="")
    ax.get_legend().remove()
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right", title="digit")
plt.show()
