"""
What codes look like
====================

The same digits, two code units, and objectives that differ in what they ask of the
codes: nothing, to be small, to follow a normal distribution one by one or all together,
to be independent, to follow some other distribution, to be one of a few points.
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
# Without the linear path of ``skip="pca"`` codes are what the objective makes of them.

settings = {
    "hidden_layer_sizes": (128,),
    "skip": None,
    "lr": 3e-3,
    "max_epochs": 30,
    "early_stopping": False,
}
models = {
    "AE": AE(2, **settings),
    "RegularizedAE": RegularizedAE(2, **settings),
    "VAE": VAE(2, **settings),
    "IWAE": IWAE(2, n_draws=3, **settings),
    "BetaTCVAE": BetaTCVAE(2, **settings),
    "DIPVAE": DIPVAE(2, **settings),
    "FactorVAE": FactorVAE(2, **settings),
    "InfoVAE, alpha=1": InfoVAE(2, alpha=1, **settings),
    "WassersteinAE": WassersteinAE(2, **settings),
    "AdversarialAE": AdversarialAE(2, **settings),
    "AdversarialAE, mixture": AdversarialAE(
        2, prior="gaussian_mixture", adversarial_weight=1, **settings
    ),
    "VQVAE": VQVAE(2, n_codes=16, **settings),
}
figure, axes = plt.subplots(3, 4, figsize=(11, 8), layout="constrained")
for ax, (name, model) in zip(axes.flat, models.items(), strict=True):
    model.set_params(random_state=0).fit(X_train)
    LatentDisplay.from_estimator(model, X_test, y_test, ax=ax, s=4)
    ax.get_legend().remove()
    ax.set(title=name, xlabel="", ylabel="")
handles = axes[0, 0].get_legend_handles_labels()
figure.legend(*handles, loc="outside right", title="digit", markerscale=3)
plt.show()
