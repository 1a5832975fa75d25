"""
What a logistic regression makes of 16 or 32 codes of MNIST.

Autoencoders keep what an image looks like, of which its class is a small part. They
keep more of it if they are asked not for the image but for the mean of its nearest
neighbours, as C.-C. M. Yeh et al. ("Representation learning by reconstructing
neighborhoods", 2018) do: 96 of 100 neighbours are of the image's class, and they share
little else. Moving the images by up to a pixel and hiding a fifth of the pixels helps
as much: in four copies of each image or, for the denoising autoencoder, anew each time.
No label is used before the regression. Settings were chosen by training on 50,000
images and looking at the other 10,000.

    SKLEARN_AE_DATA=folder python examples/experiments/linear_probe.py [arm ...]
"""

import sys
from functools import partial

import numpy as np
import torch
from _mnist import SIDE, load_mnist, minutes, moved_and_masked, print_row
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ae import VAE, AdversarialAE, DenoisingAE, WassersteinAE
from sklearn_ae.networks import Conv

COMMON = {
    "scale": None,
    "skip": None,
    "lr_schedule": "cosine",
    "early_stopping": False,
    "random_state": 0,
}
ENTROPY = {"loss": "binary_crossentropy"}
#: Trained on copies of the images that are moved already.
WIDE = {"n_components": 16, "hidden_layer_sizes": (512, 256), "max_epochs": 8}
ON_COPIES = {
    "VAE": VAE(**WIDE, likelihood="bernoulli", beta=0.1, **COMMON),
    "WassersteinAE": WassersteinAE(**WIDE, lambda_=0.1, **ENTROPY, **COMMON),
    "AdversarialAE": AdversarialAE(
        **WIDE, adversarial_weight=0.0003, **ENTROPY, **COMMON
    ),
}
N_COPIES = 4
moved = partial(moved_and_masked, reach=1)
ON_IMAGES = {
    "DenoisingAE, Conv": DenoisingAE(
        32,
        network=Conv(channels=(16, 32), image_shape=(SIDE, SIDE)),
        noise=moved,
        noise_level=0.2,
        batch_size=64,
        lr=3e-3,
        max_epochs=15,
        **ENTROPY,
        **COMMON,
    ),
}
CONTROLS = {f"PCA({k})": PCA(k, random_state=0) for k in (16, 32)}


def moved_copies(X):
    """Move and mask the images, several times each."""
    generator = torch.Generator().manual_seed(0)
    images = torch.from_numpy(X)
    copies = [moved(images, 0.2, generator) for _ in range(N_COPIES)]
    return torch.cat(copies).numpy()


def mean_neighbours(X, n_neighbors=5):
    """Average the nearest of the other images, by angles in a principal subspace."""
    Z = PCA(50, random_state=0).fit_transform(X)
    search = NearestNeighbors(n_neighbors=n_neighbors, metric="cosine").fit(Z)
    return X[search.kneighbors(return_distance=False)].mean(1)


def main(names):
    """Print the arms' accuracies, and those of PCA."""
    X, y, X_test, y_test = load_mnist()
    neighbours = mean_neighbours(X)
    encoders = CONTROLS | ON_COPIES | ON_IMAGES
    for name in names or encoders:
        encoder, row = encoders[name], {"encoder": name}
        with minutes(row):
            if name in CONTROLS:
                encoder.fit(X)
            elif name in ON_IMAGES:
                encoder.fit(X, target=neighbours)
            else:
                targets = np.tile(neighbours, (N_COPIES, 1))
                encoder.fit(moved_copies(X), target=targets)
        classifier = make_pipeline(
            StandardScaler(), LogisticRegression(max_iter=2000)
        ).fit(encoder.transform(X), y)
        accuracy = classifier.score(encoder.transform(X_test), y_test)
        row["test accuracy"] = round(accuracy, 4)
        print_row(row)


if __name__ == "__main__":
    main(sys.argv[1:])
