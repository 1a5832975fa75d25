"""
Missing values
==============

Measurements of wines of which some cells are lost. An autoencoder takes them as they
are; `AEImputer` fills them, and with a variational autoencoder says how sure it is.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_wine
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.preprocessing import StandardScaler

from sklearn_ae import AE, IWAE, AEImputer

# %%
# A fifth of the cells is hidden.

X = StandardScaler().fit_transform(load_wine().data)
hidden = np.random.RandomState(0).uniform(size=X.shape) < 0.2
holes = np.where(hidden, np.nan, X)

# %%
# NaN needs no preparation: codes of rows with gaps, and scores of what is observed.

ae = AE(2, max_epochs=50, random_state=0).fit(holes)
print(ae.transform(holes)[:3], ae.score(holes))

# %%
# How far from the truth the hidden cells are filled, in standard deviations.

imputers = {
    "mean": SimpleImputer(),
    "neighbours": KNNImputer(),
    "AEImputer": AEImputer(random_state=0),
}
errors = {}
for name, imputer in imputers.items():
    deviations = (imputer.fit_transform(holes) - X)[hidden]
    errors[name] = np.sqrt(np.mean(deviations**2))
    print(f"{name:>12} {errors[name]:.3f}")

# %%
# Draws of a variational autoencoder tell what cells may have been: their spread is
# large where little can be known.

iwae = IWAE(4, max_epochs=200, random_state=0)
imputer = AEImputer(iwae, n_imputations=50, random_state=0).fit(holes)
draws = imputer.draw(holes, random_state=0)[:, hidden]
some = np.argsort(draws.mean(0))[::10]

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
left.bar(errors.keys(), errors.values())
left.set_ylabel("error at hidden cells")
right.errorbar(
    draws.mean(0)[some],
    X[hidden][some],
    xerr=draws.std(0)[some],
    fmt="o",
    markersize=3,
    linewidth=0.7,
)
right.axline((0, 0), slope=1, color="0.7")
right.set(xlabel="50 draws: mean and standard deviation", ylabel="truth")
plt.show()
