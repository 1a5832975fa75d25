"""
Layers one by one
=================

Three ways to a deep autoencoder of the handwritten digits, 64 pixels - 64 - 32 - 8
components: trained as a whole from random weights; of denoising layers, each trained on
the clean codes of the one below; and of restricted Boltzmann machines, a deep belief
network. The stacks are shown before and after fine-tuning.
"""

import time

import matplotlib.pyplot as plt
import numpy as np
from _digits import load
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ae import AE, RBM, DenoisingAE, StackedAE
from sklearn_ae.display import ReconstructionDisplay

X_train, X_test, y_train, y_test, shape = load()

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
    "denoising, fine-tuned": StackedAE(8, layer=denoising, **stack),
    "machines": StackedAE(8, layer=machines, fine_tune=False, **stack),
    "machines, fine-tuned": StackedAE(8, layer=machines, **stack),
}

# %%
# On rows not seen: the share of variance that survives the code, and the accuracy of a
# logistic regression on it.

mean = X_train.mean(0)
print(f"{'':<22} {'explained':>9} {'accuracy':>9} {'fit [s]':>8}")
for name, model in models.items():
    start = time.perf_counter()
    model.fit(X_train)
    seconds = time.perf_counter() - start
    rebuilt = model.inverse_transform(model.transform(X_test))
    error = np.square(rebuilt - X_test).sum() / np.square(X_test - mean).sum()
    clf = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    clf.fit(model.transform(X_train), y_train)
    accuracy = clf.score(model.transform(X_test), y_test)
    print(f"{name:<22} {1 - error:>9.3f} {accuracy:>9.3f} {seconds:>8.1f}")

# %%
# What the digits look like after the narrow code.

ReconstructionDisplay.from_estimator(models, X_test, image_shape=shape, cmap="gray_r")
plt.show()
