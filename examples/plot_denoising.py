"""
Cleaning noisy images
=====================

A denoising autoencoder learns to undo a corruption of its own making. Here it is
trained on clean digits with Gaussian noise, and then given noisy ones; principal
components, which keep the directions of most variance, are the reference.
"""

import matplotlib.pyplot as plt
import numpy as np
from _digits import load
from sklearn.decomposition import PCA

from sklearn_ae import AE, DenoisingAE
from sklearn_ae.display import ReconstructionDisplay

X_train, X_test, _, _, shape = load()
noise = 0.6 * X_train.std()
noisy = X_test + np.random.RandomState(0).normal(scale=noise, size=X_test.shape)

# %%
# ``noise_level`` is in scaled units, in which pixels that share a unit have a common
# standard deviation of one.

settings = {"max_epochs": 100, "random_state": 0}
models = {
    "PCA": PCA(16, random_state=0),
    "AE": AE(16, **settings),
    "DenoisingAE": DenoisingAE(16, noise="gaussian", noise_level=1, **settings),
}
errors = {"noisy": np.square(noisy - X_test).mean()}
for name, model in models.items():
    model.fit(X_train)
    rebuilt = model.inverse_transform(model.transform(noisy))
    errors[name] = np.square(rebuilt - X_test).mean()
for name, error in errors.items():
    print(f"{name:<12} {error / X_test.var():.3f} of the variance")

# %%
# The display shows what each makes of the noisy rows; the clean ones come last.

display = ReconstructionDisplay.from_estimator(
    models,
    noisy,
    target=X_test,
    image_shape=shape,
    cmap="gray_r",
    vmin=0,
    vmax=X_test.max(),
)
display.ax_.set_yticks(
    display.ax_.get_yticks(), ["noisy", "PCA", "AE", "DenoisingAE", "clean"]
)
plt.show()
