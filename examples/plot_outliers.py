"""
Digits that are none.
=====================

Outlier detection on images: zeros, ones and twos from scikit-learn's digits, some of
which are spoilt. They are made of digits, so that no pixel gives them away: the upper
half of one, the lower half of another. `AEOutlierDetector` is asked twice, with the
spoilt ones among the images that it is fitted on and without.
"""

import importlib.util

import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import LocalOutlierFactor

from sklearn_ae import AEOutlierDetector

digits, labels = load_digits(n_class=3, return_X_y=True)
known, seen, _, labels = train_test_split(digits, labels, test_size=0.5, random_state=0)
random = np.random.RandomState(0)
others = [random.choice(np.flatnonzero(labels != label)) for label in labels[:25]]
spoilt = np.hstack([seen[:25, :32], seen[others, 32:]])
images = np.r_[seen[25:], spoilt]
truth = np.r_[np.zeros(len(seen) - 25), np.ones(25)]

# %%
# Rows to fit, "dirty" and "clean"; the same images are judged. The area under the ROC
# curve is the share of pairs of a spoilt and a whole image that are ordered rightly.

detectors = {
    "IsolationForest": IsolationForest(random_state=0),
    "LocalOutlierFactor": LocalOutlierFactor(novelty=True),
    "AEOutlierDetector": AEOutlierDetector(random_state=0),
}
detectors["AEOutlierDetector"].set_params(contamination=25 / len(images))
print(f"{'':<20} {'dirty':>6} {'clean':>6}")
for name, detector in detectors.items():
    areas = [
        roc_auc_score(truth, -detector.fit(rows).score_samples(images))
        for rows in (images, known)
    ]
    print(f"{name:<20} {areas[0]:>6.3f} {areas[1]:>6.3f}")

# %%
# The ten images that are least like those of the clean half, and the ten that are most;
# spoilt ones have a red frame. Needs matplotlib.

scores = detectors["AEOutlierDetector"].score_samples(images)
order = np.argsort(scores)
print(f"{int(truth[order[:25]].sum())} of the 25 spoilt images are among the lowest 25")
if importlib.util.find_spec("matplotlib"):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 10, figsize=(8, 2))
    for axis, i in zip(axes.flat, np.r_[order[:10], order[:-11:-1]], strict=True):
        axis.imshow(images[i].reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
        axis.set(xticks=[], yticks=[])
        for side in axis.spines.values():
            side.set(edgecolor="red" if truth[i] else "black", linewidth=2)
    axes[0, 0].set_ylabel("lowest", rotation=0, ha="right", va="center")
    axes[1, 0].set_ylabel("highest", rotation=0, ha="right", va="center")
    plt.show()
