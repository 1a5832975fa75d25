"""
Sparse codes and their filters
==============================

More code units than pixels, of which only a few respond to a row. Then single units
stand for single strokes, whereas principal components are made of all pixels at once.
"""

import matplotlib.pyplot as plt
from _digits import load
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ae import AE, SparseAE, TopKAE
from sklearn_ae.display import FiltersDisplay

X_train, X_test, y_train, y_test, shape = load()
settings = {"hidden_layer_sizes": (), "max_epochs": 60, "random_state": 0}
models = {
    "AE(36), which is PCA": AE(36, **settings),
    "SparseAE(100)": SparseAE(100, **settings),
    "TopKAE(100, k=8)": TopKAE(100, k=8, **settings),
}

# %%
# How many units respond to a row, what share of the variance survives, and how well a
# logistic regression reads the code.

for name, model in models.items():
    codes = model.fit_transform(X_train)
    active = (abs(codes) > 0.1).sum(1).mean()
    clf = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    accuracy = clf.fit(codes, y_train).score(model.transform(X_test), y_test)
    print(
        f"{name:<22} {active:5.1f} units active, {model.score(X_test):.3f} explained,"
        f" accuracy {accuracy:.3f}"
    )
everything = make_pipeline(PCA(), LogisticRegression(max_iter=2000))
print("pixels:", round(everything.fit(X_train, y_train).score(X_test, y_test), 3))

# %%
# What each unit adds to the image, those of the largest norm first.

figure, axes = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
for ax, (name, model) in zip(axes, models.items(), strict=True):
    FiltersDisplay.from_estimator(
        model, part="decoder", n_filters=36, image_shape=shape, ax=ax
    )
    ax.set_title(name)
plt.show()
