"""
A convolutional autoencoder with 16 and 8 maps on MNIST, then with labels.

An introductory article trains it with the cross-entropy: 3 x 3 kernels, 2 x 2 pooling,
a code of all 392 values of the last feature maps. It prints a cross-entropy of .0705 a
pixel, and of the encoder with labels an accuracy of .99, that of its training images.
Here both are measured on test images. Pixels are no zeros and ones: the least
cross-entropy that there is, that of a perfect reconstruction, is .058. As controls, the
mean image, PCA with as many components, and the logistic regression of each pixel's
value on as many random features.

    SKLEARN_AE_DATA=folder python examples/experiments/article_convolutional.py [n_rows]

saves losses, reconstructions and codes as ``article_convolutional_*.png``.
"""

import sys
from functools import partial

import numpy as np
from _mnist import SIDE, load_mnist, minutes, moved_and_masked, print_row, save
from sklearn.decomposition import PCA

from sklearn_ae import AE, AEClassifier, ConvAE
from sklearn_ae.display import LatentDisplay, LossCurveDisplay, ReconstructionDisplay

TRAINING = {
    "skip": None,
    "loss": "binary_crossentropy",
    "scale": None,
    "lr_schedule": "cosine",
    "early_stopping": False,
    "random_state": 0,
}


def cross_entropy(R, X):
    """Average cross-entropies over pixels and images."""
    R = np.clip(R, 1e-6, 1 - 1e-6)
    return round(float(-(X * np.log(R) + (1 - X) * np.log(1 - R)).mean()), 4)


def random_features(n_components):
    """Make a function from images to random features."""
    maps = np.random.RandomState(0).normal(size=(SIDE**2, n_components)) / SIDE
    return lambda X: np.maximum(X @ maps, 0).astype(np.float32)


X, y, X_test, y_test = load_mnist(*map(int, sys.argv[1:]))

row = {"autoencoder": "ConvAE, 16 and 8 maps"}
ae = ConvAE(channels=(16, 8), lr=2e-2, batch_size=16, max_epochs=20, **TRAINING)
with minutes(row):
    ae.fit(X)
row["test cross-entropy a pixel"] = cross_entropy(ae.reconstruct(X_test), X_test)
print_row(row)

k = ae.n_components_
pca = PCA(k, random_state=0).fit(X)
features = random_features(k)
decoder = AE(k, hidden_layer_sizes=(), lr=1e-3, max_epochs=5, **TRAINING)
decoder.fit(features(X), target=X)
controls = {
    "a perfect reconstruction": X_test,
    "the mean image": X.mean(axis=0),
    f"PCA({k}), clipped": np.clip(
        pca.inverse_transform(pca.transform(X_test)), 1e-3, 1 - 1e-3
    ),
    f"{k} random features": decoder.reconstruct(features(X_test)),
}
for name, R in controls.items():
    row = {"control": name, "test cross-entropy a pixel": cross_entropy(R, X_test)}
    print_row(row)

row = {"classifier": "AEClassifier on its code"}
with minutes(row):
    classifier = AEClassifier(
        ae,
        prefit=True,
        noise=partial(moved_and_masked, reach=1),
        noise_level=0.01,
        lr=1e-2,
        batch_size=64,
        max_epochs=50,
        random_state=0,
    ).fit(X, y)
row["training accuracy"] = round(classifier.score(X, y), 4)
row["test accuracy"] = round(classifier.score(X_test, y_test), 4)
print_row(row)

save(LossCurveDisplay.from_estimator(ae), "article_convolutional_loss")
save(LossCurveDisplay.from_estimator(classifier), "article_convolutional_labels_loss")
rows = ReconstructionDisplay.from_estimator(
    {f"PCA({k})": pca, "ConvAE": ae}, X_test, image_shape=(SIDE, SIDE), cmap="gray_r"
)
save(rows, "article_convolutional_reconstructions")
for name, model in {"before": ae, "after": classifier}.items():
    codes = LatentDisplay.from_estimator(model, X_test[:5000], y_test[:5000], s=3)
    save(codes, f"article_convolutional_codes_{name}_labels")
