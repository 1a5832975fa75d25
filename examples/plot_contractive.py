"""
Codes that hold still
=====================

A contractive autoencoder pays for every move of its code when the row moves. Moved
digits are then still close to where they were, in units of the distance between
different digits.
"""

import matplotlib.pyplot as plt
import numpy as np
from _digits import load

from sklearn_ae import AE, ContractiveAE
from sklearn_ae.display import LossCurveDisplay

X_train, X_test, _, _, shape = load()
settings = {"hidden_layer_sizes": (), "max_epochs": 80, "random_state": 0}
models = {
    "AE": AE(32, **settings),
    "contraction=0.01": ContractiveAE(100, contraction=0.01, **settings),
    "contraction=0.1": ContractiveAE(100, contraction=0.1, **settings),
    "contraction=1": ContractiveAE(100, contraction=1, **settings),
}
for model in models.values():
    model.fit(X_train)

# %%
# How far codes move when rows do, by noise of growing size.

random = np.random.RandomState(0)
levels = np.linspace(0, 1, 9)
noise = random.normal(size=X_test.shape) * X_test.std()


def displacement(model, level):
    """Give the mean distance that codes move, over that between two rows' codes."""
    codes, moved = model.transform(X_test), model.transform(X_test + level * noise)
    between = np.linalg.norm(codes - random.permutation(codes), axis=1).mean()
    return np.linalg.norm(moved - codes, axis=1).mean() / between


figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for name, model in models.items():
    moves = [displacement(model, level) for level in levels]
    axes[0].plot(levels, moves, marker=".", label=name)
    print(f"{name:<18} explains {model.score(X_test):.3f}, moves {moves[-1]:.3f}")
axes[0].set(xlabel="Noise over the pixels' standard deviation", ylabel="Move of codes")
axes[0].legend()
contractive = {name: model for name, model in models.items() if name != "AE"}
LossCurveDisplay.from_estimator(contractive, ax=axes[1])
plt.show()
