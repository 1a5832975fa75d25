"""
A plain autoencoder 784-2-784 on MNIST, and a deep one.

An introductory article trains 784-2-784 by Adam, 1e-3, for 100 epochs of batches of
64, and prints a squared error a pixel of .0685 with tanh; its picture with relu shows
.0702. Both are worse than the mean image, .0673, and two principal components, .0560.
Here are the article's two networks, the same with tanh where training starts at the
principal components, and one with hidden layers; beside them the mean image, PCA, and
the regression of the image on two random features.

    SKLEARN_AE_DATA=folder python examples/experiments/article_plain.py [n_rows]

saves losses, reconstructions and codes as ``article_plain_*.png``.
"""

import sys

import numpy as np
from _mnist import error_of_a_pixel, load_mnist, minutes, print_row, save
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsClassifier

from sklearn_ae import AE
from sklearn_ae.display import LatentDisplay, LossCurveDisplay, ReconstructionDisplay
from sklearn_ae.networks import Dense

AS_PRINTED = {
    "skip": None,
    "optimizer": "adam",
    "lr": 1e-3,
    "weight_decay": 0,
    "lr_schedule": None,
    "early_stopping": False,
    "batch_size": 64,
    "max_epochs": 100,
}


def activations(name):
    """Specify 784-2-784 with an activation behind both layers."""
    return Dense((), code_activation=name, output_activation=name)


COMMON = {"scale": None, "random_state": 0}
MODELS = {
    "784-2-784, relu, as printed": AE(
        2, network=activations("relu"), **AS_PRINTED, **COMMON
    ),
    "784-2-784, tanh, as printed": AE(
        2, network=activations("tanh"), **AS_PRINTED, **COMMON
    ),
    "784-2-784, tanh, from PCA on": AE(
        2, network=activations("tanh"), lr=3e-3, max_epochs=40, **COMMON
    ),
    "784-512-256-2-256-512-784": AE(
        2,
        hidden_layer_sizes=(512, 256),
        lr=1e-3,
        lr_schedule="cosine",
        max_epochs=40,
        **COMMON,
    ),
}


X, y, X_test, y_test = load_mnist(*map(int, sys.argv[1:]))

pca = PCA(2, random_state=0).fit(X)
random = np.random.RandomState(0).normal(size=(784, 2)) / 28
features = [np.maximum(images @ random, 0) for images in (X, X_test)]
controls = {
    "the mean image": X.mean(axis=0),
    "two random features": LinearRegression().fit(features[0], X).predict(features[1]),
    "PCA(2)": pca.inverse_transform(pca.transform(X_test)),
}
for name, R in controls.items():
    print_row({"model": name, "test error a pixel": error_of_a_pixel(R, X_test)})
for name, ae in MODELS.items():
    row = {"model": name}
    with minutes(row):
        ae.fit(X)
    row["training error"] = error_of_a_pixel(ae.reconstruct(X), X)
    row["test error a pixel"] = error_of_a_pixel(ae.reconstruct(X_test), X_test)
    neighbours = KNeighborsClassifier(15).fit(ae.transform(X), y)
    row["accuracy of 15 neighbours"] = round(
        neighbours.score(ae.transform(X_test), y_test), 4
    )
    print_row(row)

save(LossCurveDisplay.from_estimator(MODELS), "article_plain_losses")
rows = ReconstructionDisplay.from_estimator(
    {"PCA(2)": pca, **MODELS}, X_test, image_shape=(28, 28), cmap="gray_r"
)
save(rows, "article_plain_reconstructions")
for name, model in {"pca": pca, "deep": MODELS["784-512-256-2-256-512-784"]}.items():
    codes = LatentDisplay.from_estimator(model, X_test[:5000], y_test[:5000], s=3)
    save(codes, f"article_plain_codes_{name}")
