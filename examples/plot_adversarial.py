"""
A critic shapes the code
========================

An adversarial autoencoder needs no density of its prior: a critic that tells draws from
codes will do. So the prior may be anything, such as a flower of ten petals. Decoded
along the petals, it gives new digits.
"""

import matplotlib.pyplot as plt
import numpy as np
from _digits import load

from sklearn_ae import AdversarialAE
from sklearn_ae.display import LatentDisplay

X_train, X_test, _, y_test, shape = load()
ae = AdversarialAE(
    2,
    prior="gaussian_mixture",
    n_modes=10,
    adversarial_weight=1,
    hidden_layer_sizes=(128,),
    skip=None,
    max_epochs=200,
    early_stopping=False,
    random_state=0,
).fit(X_train)
print(
    f"The critic is right in {ae.critic_accuracy_:.0%} of the cases; half is a guess."
)

# %%
# Codes of rows that were not seen, and rows decoded along each petal, from the middle
# outwards.

angles = 2 * np.pi * np.arange(10) / 10
radii = np.linspace(0.4, 2.4, 8)
petals = np.stack([np.cos(angles), np.sin(angles)], 1)
codes = radii[:, None] * petals[:, None]

figure, axes = plt.subplots(1, 2, figsize=(10, 4.5), layout="constrained")
LatentDisplay.from_estimator(ae, X_test, y_test, ax=axes[0])
axes[0].legend(loc="center left", bbox_to_anchor=(1, 0.5), title="digit")
axes[0].set(title="codes")
rows = ae.inverse_transform(codes.reshape(-1, 2)).reshape(10, 8, *shape)
tiles = np.pad(rows, [(0, 0), (0, 0), (0, 1), (0, 1)]).swapaxes(1, 2)
tiles = tiles.reshape(10 * (shape[0] + 1), -1)
axes[1].imshow(tiles, cmap="gray_r", aspect="auto", vmin=0, vmax=X_train.max())
axes[1].set(xlabel="outwards", ylabel="petals", xticks=[], yticks=[], title="decoded")
plt.show()
