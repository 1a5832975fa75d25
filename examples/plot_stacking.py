"""
Layers one by one.
==================

Three ways to a deep autoencoder of the handwritten digits, 64 pixels - 64 - 32 - 8
components: trained as a whole from random weights; of denoising layers, each trained on
the clean codes of the one below; and of restricted Boltzmann machines, a deep belief
network. The stacks are shown before and after fine-tuning.
"""

import importlib.util
import time

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ae import AE, RBM, DenoisingAE, StackedAE

X, y = load_digits(return_X_y=True)
order = np.random.RandomState(0).permutation(len(X))
train, test = order[:1200], order[1200:]

# %%
# A prototype serves all layers, or there is one for each: here a linear code on top of
# two machines, as Hinton and Salakhutdinov (2006) have it.

settings = {"max_epochs": 30, "random_state": 0}
stack = {"hidden_layer_sizes": (64, 32), **settings}
denoising = DenoisingAE(noise="masking", noise_level=0.25, max_epochs=30)
machines = [RBM(max_epochs=30), RBM(max_epochs=30), AE(max_epochs=30)]
models = {
    "PCA": PCA(8),
    "as a whole": AE(8, skip=None, **stack),
    "denoising layers": StackedAE(8, layer=denoising, fine_tune=False, **stack),
    "  fine-tuned": StackedAE(8, layer=denoising, **stack),
    "machines": StackedAE(8, layer=machines, fine_tune=False, **stack),
    "  fine-tuned ": StackedAE(8, layer=machines, **stack),
}

# %%
# On rows not seen: the share of variance that survives the code, and the accuracy of a
# logistic regression on it.

mean = X[train].mean(0)
rebuilt = {}
print(f"{'':<18} {'explained':>9} {'accuracy':>9} {'fit [s]':>8}")
for name, model in models.items():
    start = time.perf_counter()
    model.fit(X[train])
    seconds = time.perf_counter() - start
    rebuilt[name] = model.inverse_transform(model.transform(X[test]))
    error = np.square(rebuilt[name] - X[test]).sum() / np.square(X[test] - mean).sum()
    clf = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    clf.fit(model.transform(X[train]), y[train])
    accuracy = clf.score(model.transform(X[test]), y[test])
    print(f"{name:<18} {1 - error:>9.3f} {accuracy:>9.3f} {seconds:>8.1f}")

# %%
# What the digits look like after the narrow code; needs matplotlib.

if importlib.util.find_spec("matplotlib"):
    import matplotlib.pyplot as plt

    rows = {"digits": X[test]} | rebuilt
    figure, axes = plt.subplots(len(rows), 10, figsize=(8, 6))
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        line[0].set_ylabel(name.strip(), rotation=0, ha="right", va="center")
        for axis, image in zip(line, images, strict=False):
            axis.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
            axis.set(xticks=[], yticks=[])
    plt.show()
