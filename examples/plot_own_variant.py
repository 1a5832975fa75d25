"""
A variant of your own
=====================

A variant is its objective. This one is all of an autoencoder whose code units should be
uncorrelated, with whatever else comes with it: scaling, early stopping, persistence, a
place in pipelines and searches, and a constructor that is documented.
"""

from numbers import Real

import matplotlib.pyplot as plt
import torch
from _digits import load

from sklearn_ae import AE
from sklearn_ae.core import BaseAutoencoder, Interval, estimator, param

# %%
# The whole variant: its hyperparameter, with default, constraint and documentation; and
# the loss of a batch, as a function of network, batch and a source of random numbers.


@estimator
class DecorrelatedAE(BaseAutoencoder):
    """Autoencoder whose code units are uncorrelated."""

    # Correlations of a few rows say little.
    _n_together = 64

    strength: float = param(
        Interval(Real, 0, None, closed="left"),
        default=1.0,
        doc="""\
        float
        Weight of the squared correlations.""",
    )

    @staticmethod
    def objective(network, batch, generator, *, strength):
        """Rebuild the target from a code of uncorrelated units."""
        code = network.encode(batch.input)
        centred = code - code.mean(0)
        scaled = centred / centred.norm(dim=0).clamp_min(1e-6)
        correlation = scaled.T @ scaled
        penalty = (correlation - correlation.diag().diag()).square().mean()
        return batch.error(network.decode(code)) + strength * penalty


# %%
# It is an estimator like any other.

X_train, X_test, _, _, _ = load()
settings = {"skip": None, "lr": 1e-3, "max_epochs": 60, "random_state": 0}
models = {
    "AE": AE(8, **settings),
    "DecorrelatedAE": DecorrelatedAE(8, strength=1, **settings),
}
figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for ax, (name, model) in zip(axes, models.items(), strict=True):
    codes = torch.from_numpy(model.fit(X_train).transform(X_test))
    correlation = torch.corrcoef(codes.T).abs()
    image = ax.imshow(correlation, vmin=0, vmax=1, cmap="magma")
    ax.set(title=f"{name}, {model.score(X_test):.3f} explained", xlabel="Code unit")
axes[0].set_ylabel("Code unit")
figure.colorbar(image, ax=axes, label="Absolute correlation")
plt.show()
