"""
A variational autoencoder 784-512-2 on MNIST, with cross-entropy and with squared error.

An introductory article prints its losses in training after 50 epochs: 145.1 with the
cross-entropy and 36.7 with the squared error, each summed over the pixels, plus the
divergence in nats. A squared error that is not halved is the likelihood of a Gaussian
with a variance of one half. Here both are measured on test images, as averages of 16
codes a row, with the article's settings, and with a start at the principal components
and a step size that falls; with the posteriors that the encoder gives, and with those
refined by 50 gradient steps. As a control, the same of the mean image.

    SKLEARN_AE_DATA=folder python examples/experiments/article_variational.py [n_rows]

saves losses, codes, the plane of codes and samples as ``article_variational_*.png``.
"""

import math
import sys

import numpy as np
from _mnist import load_mnist, minutes, print_row, save

from sklearn_ae import VAE
from sklearn_ae.display import (
    LatentDisplay,
    LossCurveDisplay,
    ManifoldDisplay,
    ReconstructionDisplay,
)

COMMON = {
    "n_components": 2,
    "hidden_layer_sizes": (512,),
    "activation": "relu",
    "scale": None,
    "max_epochs": 50,
    "batch_size": 128,
    "early_stopping": False,
    "random_state": 0,
}
AS_PRINTED = {
    "skip": None,
    "optimizer": "adam",
    "weight_decay": 0,
    "lr_schedule": None,
}
LOSSES = {
    "cross-entropy": {"likelihood": "bernoulli"},
    "squared error": {"likelihood": "gaussian", "noise": math.sqrt(0.5)},
}
#: What the Gaussian's log-likelihood adds to the squared error, in nats a row.
CONSTANT = {"cross-entropy": 0.0, "squared error": 784 / 2 * math.log(math.pi)}

X, y, X_test, y_test = load_mnist(*map(int, sys.argv[1:]))

mean = X.mean(axis=0).clip(1e-6, 1 - 1e-6)
entropy = -(X_test * np.log(mean) + (1 - X_test) * np.log(1 - mean)).sum(1).mean()
squares = np.square(X_test - mean).sum(1).mean()
print_row({"model": "the mean image", "cross-entropy": round(float(entropy), 2)})
print_row({"model": "the mean image", "squared error": round(float(squares), 2)})

models = {}
for loss, likelihood in LOSSES.items():
    for start, settings in {"as printed": AS_PRINTED, "from PCA on": {}}.items():
        row = {"model": start}
        vae = VAE(**COMMON | {"lr_schedule": "cosine"} | settings | likelihood)
        with minutes(row):
            models[f"{loss}, {start}"] = vae.fit(X)
        for name, images in {"training": X[:10_000], "test": X_test}.items():
            for encoder, n in {"": 0, ", refined": 50}.items():
                bound = vae.score_samples(images, n_refinements=n).mean()
                total = -bound - CONSTANT[loss]
                row[f"{name} {loss} + divergence{encoder}"] = round(float(total), 2)
        print_row(row)

images = {"image_shape": (28, 28), "cmap": "gray_r"}
samples = {"data": X_test[:12]}
for name, vae in models.items():
    file = "article_variational_" + name.replace(", ", "_").replace(" ", "_")
    save(LossCurveDisplay.from_estimator(vae), file + "_loss")
    save(LatentDisplay.from_estimator(vae, X_test[:5000], y_test[:5000], s=3), file)
    save(ManifoldDisplay.from_estimator(vae, n_steps=15, **images), file + "_plane")
    samples[name] = vae.sample(12, random_state=0)
samples = ReconstructionDisplay.from_predictions(samples, **images)
save(samples, "article_variational_samples")
