"""
What codes look like
====================

The same digits, two code units, and objectives that differ in what they ask of the
codes: nothing, to follow a normal distribution one by one or all together, to be
independent, to follow some other distribution, to be points of a grid.
"""

import matplotlib.pyplot as plt
from _digits import load

from sklearn_ae import (
    AE,
    DIPVAE,
    IWAE,
    VAE,
    VQVAE,
    AdversarialAE,
    BetaTCVAE,
    FactorVAE,
    InfoVAE,
    RegularizedAE,
    WassersteinAE,
)
from sklearn_ae.display import LatentDisplay

X_train, X_test, y_train, y_test, _ = load()

# %%
# Few epochs, for a first look.

settings = {"max_epochs": 25, "random_state": 0}
models = {
    "AE": AE(2, **settings),
    "RegularizedAE": RegularizedAE(2, **settings),
    "VAE": VAE(2, **settings),
    "IWAE": IWAE(2, **settings),
    "BetaTCVAE": BetaTCVAE(2, **settings),
    "DIPVAE": DIPVAE(2, **settings),
    "FactorVAE": FactorVAE(2, **settings),
    "InfoVAE": InfoVAE(2, **settings),
    "WassersteinAE": WassersteinAE(2, **settings),
    "AdversarialAE": AdversarialAE(2, **settings),
    "AdversarialAE, mixture": AdversarialAE(2, prior="gaussian_mixture", **settings),
    "VQVAE": VQVAE(2, n_codes=16, **settings),
}
figure, axes = plt.subplots(3, 4, figsize=(11, 8.5), layout="constrained")
for ax, (name, model) in zip(axes.flat, models.items(), strict=True):
    LatentDisplay.from_estimator(model.fit(X_train), X_test, y_test, ax=ax, s=4)
    ax.get_legend().remove()
    ax.set(title=name, xlabel="", ylabel="")
handles = axes[0, 0].get_legend_handles_labels()
figure.legend(*handles, loc="outside right", title="digit", markerscale=3)
plt.show()
