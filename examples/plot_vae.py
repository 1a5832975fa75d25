"""
Variational autoencoders: samples, manifold, traversals
=======================================================

The code of a variational autoencoder follows a normal distribution, all rows together.
So new rows can be drawn, and the whole code can be looked at.
"""

import matplotlib.pyplot as plt
from _digits import load

from sklearn_ae import VAE
from sklearn_ae.display import (
    LatentDisplay,
    ManifoldDisplay,
    ReconstructionDisplay,
    TraversalDisplay,
)

X_train, X_test, _, y_test, shape = load()
images = {"image_shape": shape, "cmap": "gray_r"}
vae = VAE(2, max_epochs=60, random_state=0).fit(X_train)

# %%
# Two code units make a map. Each place of it is decoded to a digit.

ManifoldDisplay.from_estimator(vae, n_steps=14, **images)
plt.show()

# %%
# Where the digits lie in it.

LatentDisplay.from_estimator(vae, X_test, y_test)
plt.show()

# %%
# More units rebuild better. Some may find nothing to tell: they follow the prior, and
# are not active. Each line changes one unit.

wide = VAE(10, max_epochs=60, random_state=0).fit(X_train)
print(wide.active_units_, "of 10 units are active")
TraversalDisplay.from_estimator(wide, n_units=6, **images)
plt.show()

# %%
# New digits, drawn from the prior and decoded.

rows = {"data": X_test[:10]}
for name, model in {"2 units": vae, "10 units": wide}.items():
    rows[name] = model.sample(10, random_state=0)
ReconstructionDisplay.from_predictions(rows, **images)
plt.show()
